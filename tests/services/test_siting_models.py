"""The numbers of siting against all subsets."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.services.siting_models import choose_sites, cover_all, drop_dominated, merge_rows
from infraplan.services.siting_search import (
    Pairs,
    choose_greedily,
    drop_useless,
    exchange,
    find_value,
    fix_sites,
    prove_by_lagrange,
)

MOST = 120_000


@st.composite
def problems(draw, greatest=9):
    """Draw gains of at most 7 sites for at most 8 rows; rows without any are left out, as in a study."""
    sites, rows = draw(st.integers(1, 7)), draw(st.integers(1, 8))
    cell = st.integers(0, greatest) if greatest > 1 else st.sampled_from([0, 0, 1])
    table = np.array(draw(st.lists(cell, min_size=sites * rows, max_size=sites * rows)), np.int64)
    table = table.reshape(sites, rows)
    return make_pairs(table[:, table.any(axis=0)], draw)


def make_pairs(table, draw=None):
    site, row = np.nonzero(table)
    weight = np.array([draw(st.integers(1, 5)) if draw else 1 for _ in range(table.shape[1])], np.int64)
    return Pairs(site, row, table[site, row], weight, len(table))


def find_best(pairs, places):
    """Return the greatest value of all subsets, from the definition."""
    table = np.zeros((pairs.sites, len(pairs.weight)), np.int64)
    table[pairs.site, pairs.row] = pairs.gain
    subsets = (list(some) for size in range(1, places + 1) for some in combinations(range(pairs.sites), size))
    return max((int(table[some].max(axis=0) @ pairs.weight) for some in subsets), default=0)


@pytest.mark.parametrize("most", [MOST, 12, 0], ids=["exact", "core", "bound"])
@pytest.mark.parametrize("greatest", [9, 1], ids=["median", "coverage"])
@given(data=st.data(), places=st.integers(1, 5))
@settings(max_examples=40)
def test_no_subset_is_better_than_the_bound_and_none_than_the_answer_where_it_fits(
    data, places, most, greatest
):
    pairs = data.draw(problems(greatest))
    choice, _ = choose_sites(pairs, places, most=most)
    best = find_best(pairs, places)
    assert choice.value == find_value(pairs, choice.chosen)
    assert len(choice.chosen) <= places
    assert choice.value <= best <= choice.bound
    if most == MOST:
        assert choice.value == choice.bound == best
    again, _ = choose_sites(pairs, places, most=most)
    assert again.chosen.tolist() == choice.chosen.tolist()


@given(problems(), st.integers(1, 4))
@settings(max_examples=60)
def test_what_lagrange_rules_out_no_better_choice_has(pairs, places):
    chosen = choose_greedily(pairs, places)
    value = find_value(pairs, chosen)
    bound, met = prove_by_lagrange(pairs, places, chosen)
    assert bound.most >= find_best(pairs, places)
    assert find_value(pairs, met) >= value
    sure, others = fix_sites(pairs, places, bound, value)
    for size in range(1, min(places, pairs.sites) + 1):
        for some in combinations(range(pairs.sites), size):
            if find_value(pairs, np.array(some, np.int64)) > value:
                # Fewer sites can be filled up with any.
                assert set(some) <= set(sure) | set(others)
                assert size < places or set(sure) <= set(some)


@given(problems(), st.integers(1, 4))
@settings(max_examples=60)
def test_exchange_ends_where_no_exchange_helps(pairs, places):
    chosen = exchange(pairs, choose_greedily(pairs, places))
    value = find_value(pairs, chosen)
    for out in chosen:
        for site in range(pairs.sites):
            other = np.unique(np.r_[chosen[chosen != out], site])
            assert find_value(pairs, other) <= value


@given(problems(1))
@settings(max_examples=60)
def test_a_cover_has_the_fewest_sites(pairs):
    choice = cover_all(pairs)
    rows = [set(pairs.site[pairs.row == row].tolist()) for row in range(len(pairs.weight))]

    def covers(some):
        return all(row & set(some) for row in rows)

    assert covers(choice.chosen.tolist())
    fewest = next(
        size
        for size in range(pairs.sites + 1)
        if any(covers(some) for some in combinations(range(pairs.sites), size))
    )
    assert len(choice.chosen) == choice.value == choice.bound == fewest


@given(problems(2), st.integers(1, 4))
@settings(max_examples=60)
def test_rows_alike_are_one_and_the_best_stays_the_best(pairs, places):
    merged = merge_rows(pairs)
    assert merged.weight.sum() == pairs.weight.sum()
    for size in range(pairs.sites + 1):
        for some in combinations(range(pairs.sites), size):
            chosen = np.array(some, np.int64)
            assert find_value(merged, chosen) == find_value(pairs, chosen)
    ones = pairs._replace(gain=np.ones_like(pairs.gain))
    assert find_best(drop_dominated(ones), places) == find_best(ones, places)


def test_of_two_sites_alike_the_first_is_chosen_and_the_second_adds_nothing():
    pairs = make_pairs(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]]))
    assert choose_sites(pairs, 1)[0].chosen.tolist() == [0]
    assert choose_sites(pairs, 3)[0].chosen.tolist() == [0, 2]
    assert drop_useless(pairs, np.array([0, 1, 2])).tolist() == [0, 2]
    assert cover_all(pairs).chosen.tolist() == [0, 2]


def test_greedy_alone_would_take_the_middle():
    # Three rows each side, a middle site that serves two of both: the two ends serve all six.
    table = np.array([[1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1]])
    pairs = make_pairs(table)
    assert 1 in choose_greedily(pairs, 2)
    choice, _ = choose_sites(pairs, 2)
    assert choice.chosen.tolist() == [0, 2]
    assert choice.value == choice.bound == 6


def test_no_pairs_is_no_site():
    pairs = Pairs(*(np.empty(0, np.int64) for _ in range(4)), sites=3)
    choice, _ = choose_sites(pairs, 2)
    assert (choice.chosen.tolist(), choice.value, choice.bound) == ([], 0, 0.0)
    assert len(cover_all(pairs).chosen) == 0


def test_a_hundred_sites_are_proven_best():
    random = np.random.default_rng(3)
    places = random.random((100, 2))
    homes = random.random((600, 2))
    away = np.rint(1e6 * np.hypot(*(places[:, None] - homes[None]).T).T).astype(np.int64)
    gain = np.maximum(150_000 - away, 0)
    pairs = make_pairs(gain[:, gain.any(axis=0)])
    choice, proof = choose_sites(pairs, 8, most=1_000)
    assert proof is not None
    whole, none = choose_sites(pairs, 8)
    assert none is None
    assert whole.value == whole.bound
    assert choice.value <= whole.value <= choice.bound
    assert choice.bound <= 1.02 * choice.value
