"""The compiled search on graphs of 2 000 edges and more, and its kernels on graphs that can be enumerated."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import OPTIMA, best_steiner, ends_are_leaves, every_tree, is_forest, joins, price, read_instance

from infraplan.routing import large, steiner, steiner_tree

NODES = 9
node = st.integers(0, NODES - 1)


def grid(side: int, count: int, *, seed: int):
    random = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    tails = np.r_[number[:, :-1].ravel(), number[:-1].ravel()]
    heads = np.r_[number[:, 1:].ravel(), number[1:].ravel()]
    return (
        tails,
        heads,
        random.integers(1, 1000, len(tails)),
        random.choice(side * side, count, replace=False),
    )


def with_houses(side: int, houses: int, *, seed: int):
    """Return a grid, and houses beside it that have three drops each."""
    tails, heads, costs, _ = grid(side, 1, seed=seed)
    random = np.random.default_rng(seed)
    plots = side * side + np.arange(houses)
    feet = random.integers(0, side * side, (houses, 3))
    drops = random.integers(1, 1500, houses * 3)
    return np.r_[tails, np.repeat(plots, 3)], np.r_[heads, feet.ravel()], np.r_[costs, drops], plots


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(node, node, st.integers(0, 6)), max_size=16),
    st.lists(node, max_size=5),
    st.lists(node, max_size=3),
    st.lists(node, max_size=3),
)
def test_kernels_find_and_prove_optima_of_small_graphs(edges, terminals, roots, ends):
    graph = [np.array([edge[i] for edge in edges], np.int64) for i in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steiner, "SMALL", 0)
        tree = steiner_tree(*graph, terminals, roots=roots, ends=ends)
    wanted = set(terminals) - set(tree.unreached.tolist())
    chosen = tree.edges.tolist()
    optimum = best_steiner(every_tree(NODES, edges, roots, ends), wanted)
    assert is_forest(edges, chosen, roots)
    assert joins(edges, chosen, wanted, roots)
    assert ends_are_leaves(edges, chosen, ends, roots)
    assert tree.cost == price(edges, chosen)
    assert (tree.cost, tree.lower_bound, tree.ended) == (optimum, optimum, "optimal")
    other = steiner_tree(*graph, terminals, roots=roots, ends=ends)
    assert other.edges.tolist() == chosen


@pytest.mark.parametrize("seed", range(3))
def test_never_dearer_than_networkx_and_within_a_few_per_cent_of_the_bound(seed):
    tails, heads, costs, terminals = grid(40, 120, seed=seed)
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(tails.tolist(), heads.tolist(), costs.tolist(), strict=True))
    theirs = nx.algorithms.approximation.steiner_tree(graph, terminals.tolist(), method="mehlhorn")
    tree = steiner_tree(tails, heads, costs, terminals)
    assert tree.cost <= theirs.size("weight")
    assert tree.gap <= 0.02


def test_houses_stay_leaves_and_the_bound_holds():
    tails, heads, costs, plots = with_houses(40, 200, seed=2)
    tree = steiner_tree(tails, heads, costs, plots, roots=[5, 900], ends=plots)
    edges = np.c_[tails, heads, costs].tolist()
    assert ends_are_leaves(edges, tree.edges.tolist(), plots.tolist(), [5, 900])
    assert joins(edges, tree.edges.tolist(), set(plots.tolist()), [5, 900])
    assert tree.lower_bound <= tree.cost <= 1.02 * tree.lower_bound
    free = steiner_tree(tails, heads, costs, plots, roots=[5, 900])
    assert free.lower_bound <= tree.cost


def test_same_arguments_give_the_same_tree():
    first, second = (steiner_tree(*grid(40, 100, seed=4), seed=3) for _ in range(2))
    assert first.edges.tolist() == second.edges.tolist()
    assert first.lower_bound == second.lower_bound


def relabel(case, *, seed: int):
    """Return the same problem with other numbers for nodes, and edges in another order and direction."""
    tails, heads, costs, terminals = case
    random = np.random.default_rng(seed)
    number = random.permutation(max(tails.max(), heads.max()) + 1)
    order = random.permutation(len(tails))
    turned = random.random(len(tails)) < 0.5
    one, other = number[tails[order]], number[heads[order]]
    return (
        np.where(turned, other, one),
        np.where(turned, one, other),
        costs[order],
        random.permutation(number[terminals]),
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_proven_optimum_costs_the_same_under_other_numbers(seed):
    case = grid(34, 8, seed=seed)
    trees = [steiner_tree(*case), *(steiner_tree(*relabel(case, seed=other)) for other in range(3))]
    proven = [tree.cost for tree in trees if tree.ended == "optimal"]
    assert len(proven) > 1
    assert len(set(proven)) == 1
    assert all(tree.lower_bound <= proven[0] <= tree.cost for tree in trees)


def test_other_numbers_give_nearly_the_same_cost_within_each_others_bounds(monkeypatch):
    # Five times the usual work, lest chance decides what is found.
    monkeypatch.setattr(large, "WORK_PER_EDGE", 5 * large.WORK_PER_EDGE)
    case = grid(50, 150, seed=9)
    first, second = steiner_tree(*case), steiner_tree(*relabel(case, seed=1))
    assert max(first.lower_bound, second.lower_bound) <= min(first.cost, second.cost)
    assert first.cost == pytest.approx(second.cost, rel=1e-3)


@pytest.mark.parametrize("seed", range(2))
def test_a_longer_search_never_costs_more_nor_proves_less(seed):
    case = grid(60, 200, seed=seed)

    def search(calls):
        left = iter(range(calls))
        return steiner_tree(*case, progress=lambda *_: next(left, None) is None)

    trees = [search(calls) for calls in (1, 3, 10, 30, 100)]
    assert all(later.cost <= sooner.cost for sooner, later in pairwise(trees))
    assert all(later.lower_bound >= sooner.lower_bound for sooner, later in pairwise(trees))
    assert trees[-1].cost < trees[0].cost


def test_costs_in_fractions_give_the_same_tree():
    tails, heads, costs, terminals = grid(40, 100, seed=5)
    whole = steiner_tree(tails, heads, costs, terminals)
    tenth = steiner_tree(tails, heads, costs / 10, terminals)
    assert tenth.cost == pytest.approx(whole.cost / 10, rel=2e-3)
    assert tenth.lower_bound <= whole.cost / 10
    assert tenth.cost == pytest.approx((costs / 10)[tenth.edges].sum())


def test_progress_is_told_falling_costs_and_rising_bounds_and_may_stop():
    told = []

    def progress(best, bound, seconds):
        told.append((best, bound, seconds))
        return len(told) > 20

    tree = steiner_tree(*grid(60, 200, seed=6), progress=progress)
    best, bound, seconds = np.array(told).T
    assert (np.diff(best) <= 0).all()
    assert (np.diff(bound) >= 0).all()
    assert (np.diff(seconds) >= 0).all()
    assert tree.ended == "time"
    assert (tree.cost, tree.lower_bound) == (best.min(), bound.max())


def test_a_gap_that_will_do_ends_the_search():
    tree = steiner_tree(*grid(60, 200, seed=7), gap=0.05)
    assert tree.ended == "gap"
    assert 0 < tree.gap <= 0.05


def test_no_time_still_gives_a_tree():
    tree = steiner_tree(*grid(60, 200, seed=8), time_limit_s=0.0)
    assert tree.ended == "time"
    assert tree.lower_bound <= tree.cost


@pytest.mark.slow
@pytest.mark.parametrize("name", ["009", "067", "121", "129"])
def test_real_fibre_graphs_within_a_hundredth_of_a_per_cent(name, shared_data):
    tree = steiner_tree(*read_instance(shared_data / f"steiner/pace2018_track3_{name}.gr.gz"))
    assert tree.lower_bound <= OPTIMA[name] <= tree.cost <= 1.0001 * OPTIMA[name]
    assert tree.lower_bound >= 0.996 * OPTIMA[name]


def rows_of_houses(count: int, along: int, out: int):
    """Return houses in a row, each joined to the next, and each to a root of its own."""
    house = np.arange(count)
    tails, heads = np.r_[house[:-1], house], np.r_[house[1:], count + house]
    return tails, heads, np.r_[np.full(count - 1, along), np.full(count, out)], house, count + house


@pytest.mark.parametrize(("along", "out", "least"), [(1, 2, 1_501), (5, 2, 3_000), (2, 7, 3_005)])
def test_thousands_of_roots_are_one_network(along, out, least):
    tails, heads, costs, houses, roots = rows_of_houses(1_500, along, out)
    for work in (1.0, 0.01, np.inf):
        tree = steiner_tree(tails, heads, costs, houses, roots=roots, work=work)
        assert tree.lower_bound <= least == tree.cost
    assert tree.ended == "optimal"


def test_less_work_gives_a_tree_as_sure_and_never_a_better_bound():
    tails, heads, costs, terminals = grid(50, 400, seed=3)
    whole, some = (steiner_tree(tails, heads, costs, terminals, work=work) for work in (1.0, 0.02))
    edges = list(zip(tails.tolist(), heads.tolist(), costs.tolist(), strict=True))
    assert joins(edges, some.edges, terminals)
    assert is_forest(edges, some.edges)
    assert some.lower_bound <= whole.lower_bound <= whole.cost <= some.cost
