"""Trees that collect prizes where there is little to choose, or too much: against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import best_budget, best_prize, best_quota, collected, every_tree, joins, price, touched

from infraplan.routing import budget_tree, prize_collecting_tree, quota_tree

NODES = 9
node = st.integers(0, NODES - 1)
amount = st.one_of(st.just(0.0), st.just(1.0), st.floats(0.001, 1000.0), st.sampled_from([1e-9, 1e9, 1e12]))
cases = st.fixed_dictionaries(
    {
        "edges": st.lists(st.tuples(node, node, amount), max_size=13),
        "prizes": st.lists(amount, min_size=NODES, max_size=NODES),
        "roots": st.lists(node, max_size=2),
        "ends": st.lists(node, max_size=3),
    }
)
NEAR = 1e-9


def parts(case):
    edges, prizes, roots, ends = (case[name] for name in ("edges", "prizes", "roots", "ends"))
    tails, heads = (np.array([edge[i] for edge in edges], int) for i in range(2))
    costs = np.array([edge[2] for edge in edges], float)
    return (
        (tails, heads, costs, prizes),
        {"roots": roots, "ends": ends},
        every_tree(NODES, edges, roots, ends),
    )


def at_most(one, other, scale):
    """Tell whether one is no more than the other, but for rounding of sums of that scale."""
    return one <= other + NEAR * scale


@settings(max_examples=120, deadline=None)
@given(cases)
def test_prizes_of_any_size_enclose_the_optimum(case):
    arguments, options, trees = parts(case)
    tree = prize_collecting_tree(*arguments, **options)
    optimum, total = best_prize(trees, case["prizes"]), sum(case["prizes"])
    scale = total + arguments[2].sum()
    value = tree.cost + total - tree.prize
    assert at_most(tree.lower_bound, optimum, scale)
    assert at_most(optimum, value, scale)
    assert at_most(value, optimum, scale)


@settings(max_examples=80, deadline=None)
@given(cases, st.floats(0, 1))
def test_quotas_of_any_size_enclose_the_optimum(case, share):
    arguments, options, trees = parts(case)
    reachable = max(collected(nodes, case["prizes"]) for nodes in trees)
    quota = share * reachable
    tree = quota_tree(*arguments, quota, **options)
    optimum, scale = best_quota(trees, case["prizes"], quota * (1 - NEAR)), arguments[2].sum()
    assert at_most(quota, tree.prize, sum(case["prizes"]))
    assert at_most(tree.lower_bound, best_quota(trees, case["prizes"], quota), scale)
    assert at_most(optimum, tree.cost, scale)


@settings(max_examples=80, deadline=None)
@given(cases, st.floats(0, 1))
def test_budgets_of_any_size_enclose_the_optimum(case, share):
    arguments, options, trees = parts(case)
    budget = share * arguments[2].sum()
    tree = budget_tree(*arguments, budget, **options)
    total = sum(case["prizes"])
    assert tree.cost <= budget
    assert at_most(tree.prize, best_budget(trees, case["prizes"], budget * (1 + NEAR)), total)
    assert at_most(best_budget(trees, case["prizes"], budget), tree.lower_bound, total)


ROAD = ([0, 1, 2], [1, 2, 3], [2, 9, 1])


@pytest.mark.parametrize("roots", [[], [0], [0, 3]])
@pytest.mark.parametrize("prizes", [[0, 0, 0, 0], [5, 0, 0, 0]])
def test_where_nothing_is_to_be_had_nothing_is_built(roots, prizes):
    for tree in (
        prize_collecting_tree(*ROAD, prizes, roots=roots),
        quota_tree(*ROAD, prizes, sum(prizes), roots=roots),
        budget_tree(*ROAD, prizes, 100, roots=roots),
    ):
        assert tree.edges.tolist() == []
        assert (tree.cost, tree.prize, tree.ended) == (0, sum(prizes), "optimal")


@pytest.mark.parametrize("roots", [[], [0]])
def test_a_node_alone_is_a_tree(roots):
    nothing = np.empty(0, int)
    for tree in (
        prize_collecting_tree(nothing, nothing, nothing, [3], roots=roots),
        quota_tree(nothing, nothing, nothing, [3], 3, roots=roots),
        budget_tree(nothing, nothing, nothing, [3], 0, roots=roots),
    ):
        assert (tree.cost, tree.prize, tree.gap, tree.ended) == (0, 3, 0, "optimal")


def test_no_nodes_no_tree():
    nothing = np.empty(0, int)
    assert prize_collecting_tree(nothing, nothing, nothing, nothing).prize == 0
    assert quota_tree(nothing, nothing, nothing, nothing, 5).cost == 0
    assert budget_tree(nothing, nothing, nothing, nothing, 5).lower_bound == 0


def test_everything_is_free():
    tree = budget_tree(*ROAD[:2], [0, 0, 0], [0, 5, 0, 7], 0, roots=[0])
    assert (tree.prize, tree.lower_bound) == (12, 12)
    assert quota_tree(*ROAD[:2], [0, 0, 0], [0, 5, 0, 7], 12, roots=[0]).cost == 0


@pytest.mark.parametrize(("worth", "edges"), [(1e15, [0, 1, 2]), (1e-6, [])])
def test_prizes_huge_or_nothing_against_costs(worth, edges):
    tree = prize_collecting_tree(*ROAD, [0, 0, 0, worth], roots=[0])
    assert (tree.edges.tolist(), tree.ended) == (edges, "optimal")
    value = 12 if edges else worth
    assert value - NEAR * sum(ROAD[2]) <= tree.lower_bound <= value


def test_islands_are_left_and_reported():
    tree = quota_tree([0, 2], [1, 3], [1, 1], [0, 5, 0, 7], 12, roots=[0])
    assert (tree.edges.tolist(), tree.prize, tree.unreached.tolist()) == ([0], 5, [3])
    free = prize_collecting_tree([0, 2], [1, 3], [1, 1], [3, 3, 4, 4])
    assert (free.edges.tolist(), free.prize, free.lower_bound) == ([1], 8, 7)


def test_ties_cost_what_they_must():
    edges = [(a, b, 1) for a in range(7) for b in range(a)]
    columns = [[edge[i] for edge in edges] for i in range(3)]
    tree = quota_tree(*columns, [1] * 7, 5, roots=[0])
    assert (tree.cost, tree.lower_bound, tree.prize) == (4, 4, 5)
    assert budget_tree(*columns, [1] * 7, 3, roots=[0]).prize == 4


def test_roots_are_joined_and_collected():
    tree = prize_collecting_tree(*ROAD, [1, 1, 1, 8], roots=[0, 2])
    assert (tree.edges.tolist(), tree.prize, tree.lower_bound) == ([2], 10, 2)
    assert joins(list(zip(*ROAD, strict=True)), tree.edges.tolist(), [0, 2, 3], [0, 2])
    assert price(list(zip(*ROAD, strict=True)), tree.edges.tolist()) == tree.cost
    assert touched(list(zip(*ROAD, strict=True)), tree.edges.tolist()) == {2, 3}


@pytest.mark.parametrize("budget", [0, 0.5, 2])
def test_no_way_leads_through_a_house_when_all_else_is_too_dear(budget):
    # Node 2 hangs on the root by an edge that costs 3, and by a house (0) for nothing.
    tree = budget_tree([0, 0, 1], [1, 2, 2], [0, 0, 3], [1, 0, 1], budget, roots=[1], ends=[0])
    assert (tree.edges.tolist(), tree.prize, tree.lower_bound) == ([0], 1, 1)
