"""Offers and who can have them: the different ones, the best of the same, columns that are laid out late."""

import numpy as np
import pandas as pd
import pytest

from infraplan import tables
from infraplan.coverage import offers
from infraplan.coverage.offers import OFFER, Offered, choose_best, group_offers, stack

IDS = pd.Index([f"P{number}" for number in range(40)], dtype="str", name="premises_id")
NAN = float("nan")


def make_offers(rows):
    """Return offers of (operator, technology, down, up, status, planned_by, decided, price)."""
    texts = [name for name in OFFER if name in ("operator", "technology", "status", "planned_by")]
    return pd.DataFrame(rows, columns=list(OFFER)).astype(dict.fromkeys(texts, "str"))


def draw_part(random, count, *, premises=40):
    rows = [
        (
            random.choice(["A", "B"]),
            random.choice(["fibre", "fwa"]),
            random.choice([NAN, 30.0, 100.0]),
            random.choice([NAN, 10.0]),
            random.choice(["connected", "orderable", "planned"]),
            random.choice(["", "2027-01-01"]),
            bool(random.random() < 0.5),
            random.choice([NAN, 100.0]),
        )
        for _ in range(count)
    ]
    pairs = 5 * count
    return Offered(
        make_offers(rows),
        random.integers(0, count, pairs).astype(np.int32),
        random.integers(0, premises, pairs).astype(np.int32),
        random.random(pairs) < 0.5,
    )


def rank(row):
    """Rank the fastest down, then up, then the cheapest; what is not known comes last."""
    told = ((row.down_mbps, -1), (row.up_mbps, -1), (row.price_sek, 1))
    return tuple(np.inf if np.isnan(number) else number * sign for number, sign in told)


def walk(parts):
    """Return the best of each premises and kind of offer, from one pair after another."""
    best = {}
    for part in parts:
        for offer, position, reliable in zip(part.offer, part.position, part.reliable, strict=True):
            row = part.offers.iloc[offer]
            same = (
                position,
                row["status"],
                row["technology"],
                row["operator"],
                row["planned_by"],
                row["decided"],
            )
            told = tuple(row[name] for name in ("down_mbps", "up_mbps", "price_sek"))
            # The fastest down, then up, then the cheapest; what is not known comes last.
            rank = tuple(
                np.inf if np.isnan(n) else n * sign for n, sign in zip(told, (-1, -1, 1), strict=True)
            )
            key = (*same, bool(reliable))
            best[key] = min(best.get(key, rank), rank)
    return best


@pytest.mark.parametrize("piece", [1, 2, 7, 1000])
def test_different_offers_in_the_order_in_which_they_come(monkeypatch, piece):
    monkeypatch.setattr(offers, "_ROWS", piece)
    table = draw_part(np.random.default_rng(1), 60).offers.astype({"technology": "category"})
    different, code = group_offers(table, OFFER)
    assert not different.duplicated().any()
    pd.testing.assert_frame_equal(different.iloc[code].reset_index(drop=True), table)
    first = pd.Series(code).drop_duplicates()
    assert first.tolist() == list(range(len(different)))
    nothing, code = group_offers(table.iloc[:0], OFFER)
    assert (len(nothing), len(code)) == (0, 0)


@pytest.mark.parametrize("seed", range(6))
def test_of_the_same_the_best_is_kept(seed):
    random = np.random.default_rng(seed)
    parts = [draw_part(random, 30), draw_part(random, 8)]
    declared = choose_best(IDS, parts)
    found = {}
    for row, position in zip(stack(IDS, [declared]).itertuples(), declared.position, strict=True):
        key = (position, row.status, row.technology, row.operator, row.planned_by, row.decided, row.reliable)
        assert key not in found
        found[key] = rank(row)
    assert found == walk(parts)
    assert (np.diff(declared.position) >= 0).all()


def test_a_column_that_is_laid_out_late_is_that_of_the_table():
    declared = choose_best(IDS, [draw_part(np.random.default_rng(3), 30)])
    table = stack(IDS, [declared])
    tables.check(table, tables.SERVICE)
    for name in tables.SERVICE.names:
        assert declared[name].tolist() == table[name].tolist() or declared[name].isna().any(), name
    fibre = declared.choose("fibre")
    expected = table[table["technology"] == "fibre"].reset_index(drop=True).rename_axis("row")
    pd.testing.assert_frame_equal(fibre, expected, check_categorical=False)
    assert fibre["premises_id"].cat.categories.equals(IDS)


def test_many_premises_have_wider_keys():
    part = draw_part(np.random.default_rng(4), 30)
    narrow, wide = (offers._tell_variants([part], premises) for premises in (40, 2**30))
    assert (narrow[1].dtype, wide[1].dtype) == (np.int32, np.int64)
    assert np.array_equal(narrow[1], wide[1])


def test_nothing_is_a_table_too():
    declared = choose_best(IDS, [])
    assert len(declared) == 0
    tables.check(stack(IDS, [declared]), tables.SERVICE)
    tables.check(declared.choose("fibre"), tables.SERVICE)
    idle = draw_part(np.random.default_rng(5), 3)
    none = np.empty(0, np.int32)
    assert len(choose_best(IDS, [Offered(idle.offers, none, none, none.astype(bool))])) == 0


def test_ids_in_another_order_are_told_apart():
    declared = choose_best(IDS, [draw_part(np.random.default_rng(6), 10)])
    turned = stack(IDS[::-1], [stack(IDS, [declared]), declared])
    assert turned["premises_id"].tolist() == 2 * declared["premises_id"].tolist()
    assert turned["premises_id"].cat.categories.equals(IDS[::-1])
