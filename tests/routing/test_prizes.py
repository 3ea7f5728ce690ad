"""Trees that collect prizes, against brute force."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import (
    best_budget,
    best_prize,
    best_quota,
    collected,
    ends_are_leaves,
    every_tree,
    is_forest,
    joins,
    price,
    touched,
)

from infraplan.routing import budget_tree, prize_collecting_tree, quota_tree

NODES = 8
node = st.integers(0, NODES - 1)
cases = st.fixed_dictionaries(
    {
        "edges": st.lists(st.tuples(node, node, st.integers(0, 6)), max_size=14),
        "prizes": st.lists(st.integers(0, 6), min_size=NODES, max_size=NODES),
        "roots": st.lists(node, max_size=2),
        "ends": st.lists(node, max_size=3),
    }
)


def columns(edges):
    return tuple(np.array([edge[i] for edge in edges], dtype) for i, dtype in enumerate((int, int, float)))


def check(tree, edges, prizes, roots, ends):
    """Check what every tree must be; return the nodes that it holds."""
    chosen = tree.edges.tolist()
    assert chosen == sorted(set(chosen))
    assert is_forest(edges, chosen, roots)
    nodes = touched(edges, chosen) | set(roots)
    assert joins(edges, chosen, nodes, roots)
    assert ends_are_leaves(edges, chosen, ends, roots)
    assert tree.cost == price(edges, chosen)
    if chosen or roots:
        assert tree.prize == collected(nodes, prizes)
    else:
        assert tree.prize in [0, *prizes]
    return nodes


@settings(max_examples=200, deadline=None)
@given(cases)
def test_prize_collecting_bound_and_tree_enclose_the_optimum(case):
    edges, prizes, roots, ends = (case[name] for name in ("edges", "prizes", "roots", "ends"))
    tree = prize_collecting_tree(*columns(edges), prizes, roots=roots, ends=ends)
    check(tree, edges, prizes, roots, ends)
    optimum = best_prize(every_tree(NODES, edges, roots, ends), prizes)
    value = tree.cost + sum(prizes) - tree.prize
    assert tree.lower_bound <= optimum <= value
    assert value <= 1.5 * optimum + 1


@settings(max_examples=200, deadline=None)
@given(cases, st.integers(0, 30))
def test_quota_bound_and_tree_enclose_the_optimum(case, quota):
    edges, prizes, roots, ends = (case[name] for name in ("edges", "prizes", "roots", "ends"))
    tree = quota_tree(*columns(edges), prizes, quota, roots=roots, ends=ends)
    check(tree, edges, prizes, roots, ends)
    trees = every_tree(NODES, edges, roots, ends)
    reachable = max(collected(nodes, prizes) for nodes in trees)
    optimum = best_quota(trees, prizes, min(quota, reachable))
    assert tree.prize >= min(quota, reachable)
    assert tree.lower_bound <= optimum <= tree.cost
    assert tree.cost <= 1.5 * optimum + 1


@settings(max_examples=200, deadline=None)
@given(cases, st.integers(0, 20))
def test_budget_bound_and_tree_enclose_the_optimum(case, budget):
    edges, prizes, roots, ends = (case[name] for name in ("edges", "prizes", "roots", "ends"))
    tree = budget_tree(*columns(edges), prizes, budget, roots=roots, ends=ends)
    check(tree, edges, prizes, roots, ends)
    optimum = best_budget(every_tree(NODES, edges, roots, ends), prizes, budget)
    assert tree.cost <= budget
    assert tree.prize <= optimum <= tree.lower_bound
    assert tree.prize >= 0.6 * optimum - 1
