"""Winding lines, and the noding that makes a network of them."""

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from infraplan.demo.lines import (
    find_parts,
    insert_points,
    join_loose,
    node_roads,
    road_table,
    split_lines,
    split_roads,
    wander,
)
from infraplan.demo.places import apportion


def lines(*wkt):
    return np.array([shapely.from_wkt(text) for text in wkt], dtype=object)


@given(
    seed=st.integers(0, 2**32 - 1),
    corners=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=2, unique=True),
)
def test_a_winding_line_keeps_its_points_and_its_step(seed, corners):
    course = np.array(corners, dtype=float) * 1_000.0
    line = wander(course, np.random.default_rng(seed), step_m=600.0)
    assert set(map(tuple, course)) <= set(map(tuple, line))
    assert tuple(line[0]) == tuple(course[0])
    assert tuple(line[-1]) == tuple(course[-1])
    assert np.hypot(*np.diff(line, axis=0).T).max() <= 600.0


def test_a_cross_becomes_four_pieces_that_share_the_junction():
    roads = split_roads(node_roads(road_table(lines("LINESTRING (0 0, 10 10)", "LINESTRING (0 10, 10 0)"))))
    assert sorted(roads.length.round(6)) == pytest.approx([50**0.5] * 4)
    assert (
        sum(
            shapely.Point(5, 5) in (p, q)
            for p, q in zip(
                roads.geometry.interpolate(0), roads.geometry.interpolate(1, normalized=True), strict=True
            )
        )
        == 4
    )


def test_a_bridge_is_not_joined_to_the_road_below():
    roads = road_table(lines("LINESTRING (0 0, 10 10)", "LINESTRING (0 10, 10 0)"), layer=[0, 1])
    assert len(split_roads(node_roads(roads))) == 2


def test_a_road_that_begins_on_another_splits_it():
    roads = road_table(lines("LINESTRING (0 0, 10 0)", "LINESTRING (4 0, 4 5)"))
    noded = split_roads(node_roads(roads, np.array([0]), np.array([[4.0, 0.0]])))
    assert sorted(noded.length) == [4.0, 5.0, 6.0]


def test_points_are_put_in_where_they_lie_and_once():
    (line,) = insert_points(
        lines("LINESTRING (0 0, 10 0)"), np.array([0, 0, 0]), np.array([[7.0, 0], [2.0, 0], [7.0, 0]])
    )
    assert shapely.get_coordinates(line).tolist() == [[0, 0], [2, 0], [7, 0], [10, 0]]


def test_splitting_loses_no_length_and_knows_its_lines():
    given_lines = lines("LINESTRING (0 0, 5 0, 10 0)", "LINESTRING (5 0, 5 9)", "LINESTRING (20 0, 20 7)")
    pieces, owner = split_lines(given_lines)
    assert np.bincount(owner, shapely.length(pieces)).tolist() == [10.0, 9.0, 7.0]
    assert np.bincount(owner).tolist() == [2, 1, 1]


def test_parts_are_those_of_networkx():
    rng = np.random.default_rng(3)
    corners = rng.integers(0, 12, (60, 2, 2)).astype(float)
    corners = corners[(corners[:, 0] != corners[:, 1]).any(axis=1)]
    graph = nx.Graph((tuple(a), tuple(b)) for a, b in corners)
    expected = {node: k for k, part in enumerate(nx.connected_components(graph)) for node in part}
    parts = find_parts(shapely.linestrings(corners))
    assert (
        len({(p, expected[tuple(a)]) for p, (a, _) in zip(parts, corners, strict=True)})
        == len(set(parts))
        == len(set(expected.values()))
    )


def test_loose_parts_are_joined_to_what_is_anchored_but_not_at_fixed_roads():
    roads = road_table(lines("LINESTRING (0 0, 10 0)", "LINESTRING (13 0, 20 0)", "LINESTRING (0 8, 3 8)"))
    anchored, free = np.array([True, False, False]), np.zeros(3, dtype=bool)
    assert sorted(join_loose(roads, anchored, free).length) == [3.0, 8.0]
    assert join_loose(roads.iloc[:1], anchored[:1], free[:1]).empty
    near_fixed = road_table(
        lines("LINESTRING (0 0, 10 0)", "LINESTRING (10 0, 10 5)", "LINESTRING (10 6, 10 9)")
    )
    assert join_loose(
        near_fixed, np.array([True, True, False]), np.array([False, True, False])
    ).length.tolist() == [6.0]


@given(total=st.integers(0, 10_000), weights=st.lists(st.floats(0.0, 1e6), min_size=1, max_size=40))
def test_apportioning_gives_away_everything_fairly(total, weights):
    exact = np.array(weights)
    shares = apportion(total, exact)
    assert shares.sum() == total
    if exact.sum() > 0:
        assert (np.abs(shares - total * exact / exact.sum()) < 1.0 + 1e-6).all()
