"""The linear programme of directed cuts: its bounds whatever its solver says, and what it proves."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import (
    best_budget,
    best_quota,
    collected,
    ends_are_leaves,
    every_tree,
    is_forest,
    joins,
    price,
    touched,
)
from scipy.sparse import csr_array

from infraplan.routing import budget_tree, cuts, limits, plain, quota_tree, result
from infraplan.routing.linear import add_rows, solve_programme, start_programme, weigh


@st.composite
def questions(draw):
    """Return count, edges, prizes, roots and ends of a small graph with some prizes."""
    count = draw(st.integers(2, 7))
    node = st.integers(0, count - 1)
    cost = st.integers(0, 20) | st.floats(0.0, 20.0).map(lambda value: round(value, 3))
    edges = draw(st.lists(st.tuples(node, node, cost), min_size=1, max_size=16))
    prizes = draw(st.lists(st.sampled_from([0, 0, 1, 2, 5, 2.5]), min_size=count, max_size=count))
    roots = draw(st.lists(node, min_size=1, max_size=2, unique=True))
    ends = draw(st.lists(node, max_size=3, unique=True))
    return count, edges, prizes, roots, ends


@contextmanager
def only_cuts(factor=1.0, size=0.0):
    """Leave all proofs to the linear programme, whose solver tells prices changed at random."""
    random = np.random.default_rng(7)

    def lie(*args, **options):
        answer = solve_programme(*args, **options)
        noise = random.normal(0.0, size, len(answer.prices)) if size else 0.0
        return replace(answer, prices=answer.prices * factor + noise, first=answer.first * factor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "prove", lambda *_: None)
        patch.setattr(limits, "fix", lambda *_: None)
        patch.setattr(limits, "_disturb", lambda *_: None)
        patch.setattr(limits, "branch", lambda *_: None)
        patch.setattr(cuts, "solve_programme", lie)
        yield


def columns(edges):
    return tuple(list(column) for column in zip(*edges, strict=True))


def check(tree, question):
    """Check that a tree is one, and is what it is said to be."""
    _, edges, prizes, roots, ends = question
    chosen = tree.edges.tolist()
    nodes = touched(edges, chosen) | set(roots)
    assert is_forest(edges, chosen, roots)
    assert joins(edges, chosen, nodes, roots)
    assert ends_are_leaves(edges, chosen, ends, roots)
    assert price(edges, chosen) == pytest.approx(tree.cost)
    assert collected(nodes, prizes) == pytest.approx(tree.prize)


def enclose_quota(question, share, *, exact):
    count, edges, prizes, roots, ends = question
    trees = every_tree(count, edges, roots, ends)
    quota = share * max(collected(nodes, prizes) for nodes in trees)
    least = best_quota(trees, prizes, quota)
    tree = quota_tree(*columns(edges), prizes, quota, roots=roots, ends=ends)
    check(tree, question)
    assert tree.lower_bound <= least * (1 + 1e-9) + 1e-9
    assert tree.cost >= least - 1e-9
    if exact:
        assert tree.lower_bound == pytest.approx(least, rel=1e-5, abs=1e-6)


def enclose_budget(question, share, *, exact):
    count, edges, prizes, roots, ends = question
    trees = every_tree(count, edges, roots, ends)
    budget = share * max(trees.values())
    most = best_budget(trees, prizes, budget)
    tree = budget_tree(*columns(edges), prizes, budget, roots=roots, ends=ends)
    check(tree, question)
    assert tree.cost <= budget
    assert tree.lower_bound >= most - 1e-9
    assert tree.prize <= most + 1e-9
    if exact:
        assert tree.lower_bound == pytest.approx(most, rel=1e-5, abs=1e-6)


shares = st.sampled_from([0.2, 0.5, 0.8, 0.95])
lies = st.sampled_from(
    [(0.7, 0.0), (1.3, 0.0), (-1.0, 0.0), (1.0, 0.01), (1.0, 1.0), (1e12, 0.0), (np.nan, 0.0)]
)


@given(questions(), shares)
def test_cuts_alone_prove_the_least_cost_of_a_quota(question, share):
    with only_cuts():
        enclose_quota(question, share, exact=True)


@given(questions(), shares)
def test_cuts_alone_prove_the_greatest_prize_of_a_budget(question, share):
    with only_cuts():
        enclose_budget(question, share, exact=True)


@given(questions(), shares, lies)
def test_whatever_the_solver_says_bounds_hold(question, share, lie):
    with only_cuts(*lie):
        enclose_quota(question, share, exact=False)
        enclose_budget(question, share, exact=False)


@pytest.fixture
def municipality():
    """Yield roads in a grid with gaps, and houses beside them that two or three edges lead to."""
    random = np.random.default_rng(3)
    width, houses = 20, 100
    places = np.arange(width * width).reshape(width, width)
    pairs = np.r_[
        np.c_[places[:, 1:].ravel(), places[:, :-1].ravel()], np.c_[places[1:].ravel(), places[:-1].ravel()]
    ]
    pairs = pairs[random.random(len(pairs)) < 0.95]
    costs = random.integers(20, 200, len(pairs))
    near = pairs[random.integers(len(pairs), size=houses)]
    further = np.minimum(near[:, 0] + width + 1, width * width - 1)
    house = width * width + np.arange(houses)
    prizes = np.zeros(width * width + houses)
    prizes[house] = random.integers(1, 4, houses)
    tails = np.r_[pairs[:, 0], house, house, house]
    heads = np.r_[pairs[:, 1], near.T.ravel(), further]
    drops = random.integers(5, 60, 3 * houses)
    with pytest.MonkeyPatch.context() as patch:
        # Compiled, and with as much work, as it would be at a municipality's real size.
        patch.setattr(plain, "SMALL", 1000)
        patch.setattr(result, "SMALL", 1000)
        yield (tails, heads, np.r_[costs, drops], prizes), [0, 1, 2], house


def test_a_quota_of_a_municipality_is_proven_within_a_thousandth(municipality):
    graph, roots, ends = municipality
    quota = int(0.8 * graph[3].sum())
    tree = quota_tree(*graph, quota, roots=roots, ends=ends, gap=1e-3)
    assert tree.prize >= quota
    assert tree.gap <= 1e-3


def test_same_answer_of_a_municipality_again(municipality):
    graph, roots, ends = municipality
    one, other = (budget_tree(*graph, 6000, roots=roots, ends=ends, gap=0.05) for _ in range(2))
    assert one.cost <= 6000
    assert one.gap <= 0.05
    assert one.edges.tolist() == other.edges.tolist()
    assert one.lower_bound == other.lower_bound


def test_rows_are_solved_and_weighed_as_by_hand():
    # The least of 2x + 3y with x + y at least one, and three at most, of which x uses one.
    programme = start_programme(
        np.array([2.0, 3.0]), np.zeros(2, np.int8), np.ones(2, np.int8), np.array([1.0, 0.0])
    )
    add_rows(programme, csr_array(np.array([[1, 1]])), np.array([1.0]), np.array([np.inf]))
    low, high = np.zeros(2, np.int8), np.ones(2, np.int8)
    free = solve_programme(programme, low, high, np.inf, steps=100)
    tight = solve_programme(programme, low, high, 0.25, steps=100)
    nothing = solve_programme(programme, low, low, np.inf, steps=100)
    assert (free.ended, free.value, free.shares.tolist()) == ("best", 2.0, [1.0, 0.0])
    assert (tight.ended, tight.value, tight.shares.tolist()) == ("best", 2.75, [0.25, 0.75])
    assert (tight.prices.tolist(), tight.first) == ([3.0], -1.0)
    assert nothing.ended == "none"
    whole = np.array([2, 3])
    bound, spare = weigh(programme, whole, np.array([2.9]), low, high)
    assert (bound, spare.tolist()) == (2, [0, 1])
    bound, spare = weigh(programme, whole, np.array([3.0]), low, high)
    assert (bound, spare.tolist()) == (2, [-1, 0])
    assert weigh(programme, whole, np.array([-5.0]), low, high)[0] == 0
    assert weigh(programme, whole, np.array([np.nan]), low, high) is None
