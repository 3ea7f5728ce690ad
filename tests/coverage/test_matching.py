"""Whom the rows of a list are about, against rules stated by hand and a walk over all pairs."""

import numpy as np
import pytest
from shapely import Point

from infraplan.coverage.matching import match_premises


def walk(rows, premises, reach):
    """Return the premises of each row, by looking at all premises for each."""
    places = np.array([(point.x, point.y) for point in premises.geometry])
    turns, found = {}, []
    for name, point in zip(rows["premises_id"], rows.geometry, strict=True):
        if name in premises.index:
            found.append(premises.index.get_loc(name))
            continue
        away = np.sqrt(((places - [point.x, point.y]) ** 2).sum(axis=1))
        if not away.min() <= reach:
            found.append(-1)
            continue
        place = tuple(places[away.argmin()])
        there = sorted(np.flatnonzero((places == place).all(axis=1)), key=lambda i: premises.index[i])
        turn = turns[place] = turns.get(place, -1) + 1
        found.append(there[turn % len(there)])
    return found


@pytest.mark.parametrize("seed", range(20))
def test_the_match_equals_a_walk_over_all_pairs(premises, layer, seed):
    random = np.random.default_rng(seed)
    homes = premises(
        [Point(xy) for xy in random.integers(0, 6, (30, 2))],
        ids=[f"h{number:02}" for number in random.permutation(30)],
    )
    named = random.random(25) < 0.3
    names = np.where(named, [f"h{number:02}" for number in random.integers(0, 40, 25)], "")
    rows = layer("connected", [Point(xy) for xy in random.integers(0, 9, (25, 2))], premises_id=list(names))
    assert match_premises(rows, homes, reach_m=2.0).tolist() == walk(rows, homes, 2.0)


def test_rows_without_a_place_match_by_id_alone(premises, layer):
    rows = layer("connected", [None, Point(), None], premises_id=["b", "", "c"])
    assert match_premises(rows, premises([Point(0, 0), Point(1, 0)], ids=["a", "b"]), reach_m=9).tolist() == [
        1,
        -1,
        -1,
    ]


def test_nothing_matches_nobody(premises, layer):
    rows = layer("connected", [Point(0, 0)])
    assert match_premises(rows, premises([]), reach_m=9).tolist() == [-1]
    assert match_premises(rows.iloc[:0], premises([Point(0, 0)]), reach_m=9).tolist() == []
