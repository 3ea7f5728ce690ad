"""What ``steiner_tree`` promises on odd graphs, against brute force and dynamic programming."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import (
    OPTIMA,
    best_steiner,
    best_steiner_of_few,
    ends_are_leaves,
    every_tree,
    is_forest,
    joins,
    price,
    read_instance,
)

from infraplan.routing import steiner_tree

NODES = 9
node = st.integers(0, NODES - 1)
nodes = st.lists(node, max_size=5)
edge_lists = st.lists(st.tuples(node, node, st.integers(0, 6)), max_size=16)


def solve(edges, terminals, roots=(), ends=(), **options):
    tails, heads, costs = (np.array([edge[i] for edge in edges], np.int64) for i in range(3))
    return steiner_tree(tails, heads, costs, list(terminals), roots=list(roots), ends=list(ends), **options)


def road_graph(side: int, seed: int, *, scale: int = 100) -> list[tuple[int, int, int]]:
    """Return a grid with a fifth of its edges gone."""
    random = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    pairs = np.r_[
        np.c_[number[:, :-1].ravel(), number[:, 1:].ravel()], np.c_[number[:-1].ravel(), number[1:].ravel()]
    ]
    pairs = pairs[random.random(len(pairs)) < 0.8]
    costs = random.integers(1, scale, len(pairs))
    return [(int(a), int(b), int(c)) for (a, b), c in zip(pairs, costs, strict=True)]


@settings(max_examples=150, deadline=None)
@given(edge_lists, nodes, st.lists(node, max_size=3), st.lists(node, max_size=3))
def test_bound_and_tree_enclose_the_optimum(edges, terminals, roots, ends):
    tree = solve(edges, terminals, roots, ends)
    wanted = set(terminals) - set(tree.unreached.tolist())
    chosen = tree.edges.tolist()
    optimum = best_steiner(every_tree(NODES, edges, roots, ends), wanted)
    assert chosen == sorted(set(chosen))
    assert is_forest(edges, chosen, roots)
    assert joins(edges, chosen, wanted, roots)
    assert ends_are_leaves(edges, chosen, ends, roots)
    assert tree.cost == price(edges, chosen)
    assert tree.lower_bound == optimum == tree.cost


@settings(max_examples=50, deadline=None)
@given(edge_lists, nodes, st.lists(node, max_size=3), st.permutations(range(NODES)), st.integers(1, 5))
def test_names_of_nodes_do_not_change_which_terminals_are_joined(edges, terminals, roots, names, step):
    plain = solve(edges, terminals, roots)
    name = [3 + step * n for n in names]
    other = solve(
        [(name[a], name[b], c) for a, b, c in edges], [name[t] for t in terminals], [name[r] for r in roots]
    )
    if roots:
        assert sorted(name[t] for t in plain.unreached.tolist()) == other.unreached.tolist()
    if not plain.unreached.size:
        optimum = best_steiner(every_tree(NODES, edges, roots), set(terminals))
        assert other.lower_bound == optimum == other.cost


@pytest.mark.parametrize("seed", range(3))
def test_few_terminals_against_dynamic_programming(seed):
    edges = road_graph(6, seed)
    random = np.random.default_rng(seed)
    for several in (2, 5, 8):
        terminals = random.choice(36, several, replace=False).tolist()
        tree = solve(edges, terminals)
        if not tree.unreached.size:
            optimum = best_steiner_of_few(36, edges, terminals)
            assert tree.lower_bound == optimum == tree.cost


def test_relabelled_nodes_of_a_town_cost_the_same():
    edges = road_graph(20, 1)
    random = np.random.default_rng(2)
    terminals = random.choice(400, 40, replace=False).tolist()
    name = random.permutation(400).tolist()
    one = solve(edges, terminals)
    other = solve([(name[b], name[a], c) for a, b, c in edges], [name[t] for t in terminals])
    assert len(one.unreached) == len(other.unreached)
    assert one.cost == one.lower_bound == other.cost == other.lower_bound


def test_longer_limit_is_never_worse():
    edges = road_graph(30, 4)
    terminals = np.random.default_rng(3).choice(900, 90, replace=False).tolist()
    trees = [solve(edges, terminals, time_limit_s=limit) for limit in (0.0, 0.3, 2.0, None)]
    assert all(later.cost <= sooner.cost for sooner, later in pairwise(trees))
    assert len({tuple(tree.unreached) for tree in trees}) == 1


def test_ties_everywhere_give_a_cheapest_tree():
    edges = [(a, b, 1) for a in range(7) for b in range(a)]
    tree = solve(edges, [0, 2, 4, 6])
    assert (tree.cost, tree.lower_bound) == (3, 3)


@pytest.mark.parametrize(
    ("edges", "terminals", "roots", "expected"),
    [
        ([(0, 1, 5), (0, 1, 3), (1, 0, 4)], [0, 1], [], [1]),
        ([(0, 0, 0), (0, 1, 2), (1, 1, 9)], [0, 1], [], [1]),
        ([(0, 1, 0), (1, 2, 0), (0, 2, 0), (2, 3, 1)], [0, 3], [], None),
        ([(0, 1, 1), (3, 4, 1)], [0, 1, 7], [0], [0]),
        ([(0, 1, 1)], [], [0], []),
        ([(0, 1, 1)], [], [0, 1], []),
        ([(0, 1, 1)], [1], [1], []),
        ([], [], [], []),
        ([], [4], [], []),
        ([(0, 1, 4), (1, 2, 4), (3, 2, 1)], [2], [0, 3], [2]),
    ],
)
def test_odd_graphs_have_a_right_answer(edges, terminals, roots, expected):
    tree = solve(edges, terminals, roots)
    if expected is not None:
        assert tree.edges.tolist() == expected
    wanted = set(terminals) - set(tree.unreached.tolist())
    assert joins(edges, tree.edges.tolist(), wanted, roots)
    assert tree.cost == tree.lower_bound == price(edges, tree.edges.tolist())


def test_islands_are_reported_whatever_their_number():
    edges = [(3 * part, 3 * part + 1, 1) for part in range(40)] + [(0, 119, 2)]
    tree = solve(edges, [1, 119, *range(3, 100, 3)], [0])
    assert tree.edges.tolist() == [0, 40]
    assert tree.unreached.tolist() == list(range(3, 100, 3))


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMA)
def test_real_instances_enclose_their_proven_optima(name, shared_data):
    tails, heads, costs, terminals = read_instance(shared_data / f"steiner/pace2018_track3_{name}.gr.gz")
    tree = steiner_tree(tails, heads, costs, terminals, time_limit_s=2.0)
    edges = list(zip(tails, heads, costs, strict=True))
    assert joins(edges, tree.edges.tolist(), terminals)
    assert price(edges, tree.edges.tolist()) == tree.cost
    assert tree.lower_bound <= OPTIMA[name] <= tree.cost
