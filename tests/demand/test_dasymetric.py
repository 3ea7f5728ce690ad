"""Sharing out in whole numbers, against properties that need no knowledge of how it is done."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.demand import count_households, share_out


@st.composite
def problems(draw):
    zones = draw(st.integers(1, 5))
    members = draw(st.integers(0, 30))
    totals = draw(st.lists(st.integers(0, 10_000), min_size=zones, max_size=zones))
    zone_of = draw(st.lists(st.integers(-1, zones - 1), min_size=members, max_size=members))
    weight = st.one_of(st.integers(0, 9).map(float), st.floats(0, 1e12, allow_nan=False))
    weights = draw(st.lists(weight, min_size=members, max_size=members))
    return totals, np.array(zone_of, dtype=int), np.array(weights), draw(st.integers(0, 99))


@settings(deadline=None)
@given(problems())
def test_every_zone_that_has_members_keeps_its_total(problem):
    totals, zone_of, weights, seed = problem
    given_out = share_out(totals, zone_of, weights, seed=seed)
    assert (given_out >= 0).all()
    assert (given_out[zone_of < 0] == 0).all()
    for zone, total in enumerate(totals):
        inside = zone_of == zone
        assert given_out[inside].sum() == (total if inside.any() else 0)


@settings(deadline=None)
@given(problems())
def test_more_weight_never_gets_less(problem):
    totals, zone_of, weights, seed = problem
    given_out = share_out(totals, zone_of, weights, seed=seed)
    for zone in range(len(totals)):
        inside = np.flatnonzero(zone_of == zone)
        order = inside[np.argsort(weights[inside], kind="stable")]
        heavier = weights[order][1:] > weights[order][:-1]
        assert (np.diff(given_out[order])[heavier] >= 0).all()


@settings(deadline=None)
@given(problems())
def test_nobody_is_a_whole_unit_from_the_exact_quota(problem):
    totals, zone_of, weights, seed = problem
    given_out = share_out(totals, zone_of, weights, seed=seed)
    for zone, total in enumerate(totals):
        inside = np.flatnonzero(zone_of == zone)
        exact = [Fraction(weights[i]) for i in inside]
        whole = sum(exact) or None
        for i, weight in zip(inside, exact, strict=True):
            quota = total * (weight / whole if whole else Fraction(1, len(inside)))
            assert abs(int(given_out[i]) - float(quota)) < 1 + 1e-6


@settings(deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_members_does_not_matter_but_for_equals(problem, random):
    totals, zone_of, weights, seed = problem
    order = list(range(len(zone_of)))
    random.shuffle(order)
    straight = share_out(totals, zone_of, weights, seed=seed)
    shuffled = share_out(totals, zone_of[order], weights[order], seed=seed)
    as_set = lambda numbers, zones, sizes: sorted(zip(zones, sizes, numbers, strict=True))  # noqa: E731
    assert as_set(straight, zone_of, weights) == as_set(shuffled, zone_of[order], weights[order])


def test_hamilton_by_hand():
    # 7 x (5, 3, 1) / 9 = 3.89, 2.33, 0.78: whole parts 3, 2, 0, and the two left go to the largest fractions.
    assert share_out([7], [0, 0, 0], [5.0, 3.0, 1.0], seed=0).tolist() == [4, 2, 1]


def test_the_lot_decides_between_equals_and_the_seed_decides_the_lot():
    draws = [tuple(share_out([1], [0] * 5, [1.0] * 5, seed=seed)) for seed in range(40)]
    assert len(set(draws)) == 5
    assert draws[3] == tuple(share_out([1], [0] * 5, [1.0] * 5, seed=3))


def test_a_zone_without_weight_shares_equally():
    assert share_out([6], [0, 0, 0], [0.0, 0.0, 0.0], seed=0).tolist() == [2, 2, 2]


def test_nothing_at_all():
    assert share_out([], [], [], seed=0).tolist() == []
    assert share_out([5], [], [], seed=0).tolist() == []


@pytest.mark.parametrize(
    ("totals", "weights"), [([-1], [1.0]), ([1], [-1.0]), ([1], [np.nan]), ([1], [np.inf])]
)
def test_impossible_numbers_are_refused(totals, weights):
    with pytest.raises(ValueError, match="finite"):
        share_out(totals, [0], weights, seed=0)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5000), max_size=60), st.floats(1.0, 4.0))
def test_households_sum_to_the_rounded_quotient(population, persons):
    households = count_households(population, persons_per_household=persons, seed=1)
    assert households.sum() == int(np.floor(sum(population) / persons + 0.5))
    assert (np.abs(households - np.array(population) / persons) < 1 + 1e-9).all()
