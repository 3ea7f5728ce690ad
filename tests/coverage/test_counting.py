"""Rows to positions, statuses to ranks, premises to groups: against plain dictionaries."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.coverage import counting
from infraplan.coverage.counting import find_positions, group_premises, rank_statuses, sum_groups, translate

ids = st.text(alphabet="aåb'é0 ", max_size=3)


@given(
    known=st.lists(ids, unique=True, max_size=8), asked=st.lists(ids, max_size=12), categorical=st.booleans()
)
def test_positions_are_those_of_a_dictionary(known, asked, categorical):
    premises = pd.Index(known, dtype="str", name="premises_id")
    values = pd.Series(asked, dtype="str")
    found = find_positions(values.astype("category") if categorical else values, premises)
    place = {name: position for position, name in enumerate(known)}
    assert found.tolist() == [place.get(name, -1) for name in asked]


def test_positions_of_texts_of_any_make():
    premises = pd.Index(["a", "b"], dtype=object)
    assert find_positions(pd.Series(["b", "x", "a"], dtype=object), premises).tolist() == [1, -1, 0]
    assert find_positions(pd.Series([], dtype=object), premises).tolist() == []


def test_positions_in_pieces_of_a_column_that_was_put_together():
    premises = pd.Index(["a", "b", "c"], dtype="str")
    parts = [pd.Series(part, dtype="str") for part in (["c", "x"], [], ["a", "c"])]
    assert find_positions(pd.concat(parts, ignore_index=True), premises).tolist() == [2, -1, 0, 2]


def test_categories_that_are_the_premises_are_their_own_positions():
    premises = pd.Index(["b", "a", "c"], dtype="str")
    values = pd.Series(pd.Categorical.from_codes([2, 0, 0, 1], categories=premises))
    assert find_positions(values, premises).tolist() == [2, 0, 0, 1]


def test_ranks_are_positions_of_statuses_but_for_undecided_plans():
    statuses = ["planned", "planned", "connected", "orderable", "passed_estimated", "connected"]
    service = pd.DataFrame({"status": statuses, "decided": [True, False, False, True, False, True]})
    expected = [3, 4, 0, 1, 2, 0]
    assert rank_statuses(service).tolist() == expected
    assert rank_statuses(service.astype({"status": "category"})).tolist() == expected
    assert rank_statuses(service.iloc[:0]).tolist() == []


def test_each_different_text_is_asked_about_once():
    asked = []
    values = pd.Series(["x", "yy", "x", "", "yy"], dtype="str")
    assert translate(values, lambda text: asked.append(text) or len(text)).tolist() == [1, 2, 1, 0, 2]
    assert asked == ["x", "yy", ""]


def make_membership(columns):
    """Make membership of lists of codes, -1 for no zone, each with as many zones as it is told."""
    return pd.DataFrame(
        {
            f"kind{i}": pd.Categorical.from_codes(codes, categories=[f"{i}:{zone}" for zone in range(size)])
            for i, (codes, size) in enumerate(columns)
        }
    )


@given(
    rows=st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 1), st.integers(0, 3)), max_size=20),
    patterned=st.booleans(),
)
def test_groups_are_the_different_rows(rows, patterned):
    membership = make_membership([([row[0] for row in rows], 3), ([row[1] for row in rows], 2)])
    pattern = np.array([row[2] for row in rows], dtype=np.int64) if patterned else None
    group, first = group_premises(membership, pattern)
    keys = [row if patterned else row[:2] for row in rows]
    assert [keys[position] for position in first] == list(dict.fromkeys(keys))
    assert [keys[first[number]] for number in group] == keys
    assert all(keys.index(keys[position]) == position for position in first)


def test_more_combinations_of_zones_than_a_number_holds():
    size, kinds = 5_000, 8
    assert float(size) ** kinds > np.iinfo(np.int64).max
    random = np.random.default_rng(2)
    drawn = random.integers(-1, size, (60, kinds))
    codes = drawn[random.integers(0, 60, 300)]
    group, first = group_premises(make_membership([(codes[:, kind], size) for kind in range(kinds)]))
    assert len(first) == len({tuple(row) for row in codes.tolist()})
    assert (codes[first][group] == codes).all()


@pytest.mark.parametrize("count", [3, 5])
def test_sums_of_groups(count):
    sums = sum_groups(np.array([2, 0, 2]), count, [np.array([1, 2, 3]), np.array([10, 20, 30])])
    assert sums.tolist() == [[2, 20], [0, 0], [4, 40], *[[0, 0]] * (count - 3)]
    assert sums.dtype == np.int64


@pytest.mark.parametrize("piece", [1, 3, 100])
def test_the_greatest_value_of_rows_that_count(monkeypatch, piece):
    monkeypatch.setattr(counting, "_ROWS", piece)
    values, position = np.array([5.0, 7.0, 9.0, 1.0, -3.0]), np.array([0, 2, 2, -1, 3])
    rows = np.array([True, True, False, False, True])
    found = counting.find_greatest(values, position, rows, 4, least=0.0)
    assert found.tolist() == [5.0, 0.0, 7.0, 0.0]
    assert counting.find_greatest(values[:0], position[:0], rows[:0], 2, least=-1.0).tolist() == [-1.0, -1.0]


def test_categories_of_premises_are_theirs_in_their_order():
    premises = pd.Index(["b", "a"], dtype="str", name="premises_id")
    made = counting.make_categories(premises)
    assert made.categories.tolist() == ["b", "a"]
    ids = pd.Series(pd.Categorical.from_codes([1, 0], dtype=made))
    assert counting.find_categories(ids, premises) is ids.dtype
    assert counting.find_categories(ids, premises[::-1]).categories.tolist() == ["a", "b"]
    assert counting.find_categories(pd.Series(["a"]), premises).categories.tolist() == ["b", "a"]
    with pytest.raises(ValueError, match="unique"):
        counting.make_categories(pd.Index(["a", "a"], dtype="str"))
