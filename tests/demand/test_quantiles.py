import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.demand.quantiles import find_quantiles


@given(
    rows=st.lists(
        st.tuples(
            st.integers(-1, 2),
            st.sampled_from([0.0, 1.0, 1.5, 2.0, np.inf]),
            st.integers(0, 4),
        )
    ),
    per_cent=st.sampled_from([1, 10, 50, 90, 100]),
)
def test_quantiles_are_those_of_households_one_by_one(rows, per_cent):
    zone, values, weights = (np.array(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    found = find_quantiles(
        np.array(zone, np.int64), np.array(values, float), np.array(weights, np.int64), per_cent, count=3
    )
    for number in range(3):
        each = sorted(v for z, v, w in rows if z == number for _ in range(w))
        expected = each[-(-per_cent * len(each) // 100) - 1] if each else np.nan
        assert found[number] == expected or (np.isnan(found[number]) and np.isnan(expected))


@pytest.mark.parametrize("per_cent", [7, 10, 30, 70])
def test_a_share_that_falls_between_two_values_is_the_lower(per_cent):
    # 0.07 × 100 is more than 7 in floating point.
    values, group = np.arange(100.0), np.zeros(100, np.int64)
    for weights in (np.ones(100), np.ones(100, np.int64)):
        assert find_quantiles(group, values, weights, per_cent, count=1) == [per_cent - 1]


def test_weights_need_not_be_whole():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([0.3, 0.2, 0.3])
    assert find_quantiles(np.zeros(3, np.int64), values, weights, 50, count=1) == [2.0]


@given(st.lists(st.floats(0.001, 10.0), min_size=2, max_size=20), st.integers(1, 19))
def test_all_of_the_weight_is_never_beyond_its_group(weights, split):
    group = (np.arange(len(weights)) >= split).astype(np.int64)
    found = find_quantiles(group, np.arange(float(len(weights))), np.array(weights), 100, count=2)
    for number in np.unique(group):
        assert group[int(found[number])] == number
