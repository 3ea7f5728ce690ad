"""Trees that collect prizes, against brute force."""

import numpy as np
import pytest
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

from infraplan.routing import budget_tree, plain, prize_collecting_tree, quota_tree

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


def road():
    return [0, 1, 2], [1, 2, 3], [2.5, 0.0, 1.0]


@pytest.mark.parametrize(
    ("quota", "edges"),
    [(0, []), (4, [0]), (6, [0, 1]), (12, [0, 1, 2]), (13, [0, 1, 2]), (np.inf, [0, 1, 2])],
)
def test_quota_of_nothing_everything_and_more(quota, edges):
    tree = quota_tree(*road(), [1, 4, 1, 6, 9], quota, roots=[0])
    assert tree.edges.tolist() == edges
    assert tree.unreached.tolist() == [4]


@pytest.mark.parametrize(("budget", "prize"), [(0, 1), (2.4, 1), (2.5, 6), (np.inf, 12)])
def test_budget_of_nothing_and_without_end(budget, prize):
    tree = budget_tree(*road(), [1, 4, 1, 6, 9], budget, roots=[0])
    assert (tree.prize, tree.lower_bound, tree.ended) == (prize, prize, "optimal")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"costs": [1, -2]}, r"costs\[1\] is -2"),
        ({"prizes": [0, np.nan, 1]}, r"prizes\[1\] is nan"),
        ({"heads": [1, 3]}, r"heads\[1\] is 3"),
        ({"costs": [1]}, "costs has 1 values, tails 2"),
        ({"quota": -1}, "quota is -1"),
        ({"roots": [7]}, r"roots\[0\] is 7"),
        ({"gap": -0.1}, r"gap is -0\.1"),
    ],
)
def test_refuses_what_is_no_question_and_says_where(change, message):
    arguments = {"tails": [0, 1], "heads": [1, 2], "costs": [1, 1], "prizes": [0, 1, 1], "quota": 1}
    with pytest.raises(ValueError, match=message):
        quota_tree(**(arguments | change))


def test_interpreter_and_compiler_give_the_same_tree(monkeypatch):
    random = np.random.default_rng(5)
    number = np.arange(225).reshape(15, 15)
    tails = np.r_[number[:, :-1].ravel(), number[:-1].ravel()]
    heads = np.r_[number[:, 1:].ravel(), number[1:].ravel()]
    costs = random.integers(1, 100, len(tails))
    prizes = np.where(random.random(225) < 0.2, random.integers(1, 9, 225), 0)
    slow = quota_tree(tails, heads, costs, prizes, 0.8 * prizes.sum(), roots=[0])
    monkeypatch.setattr(plain, "SMALL", 0)
    fast = quota_tree(tails, heads, costs, prizes, 0.8 * prizes.sum(), roots=[0])
    assert slow.edges.tolist() == fast.edges.tolist()
    assert (slow.cost, slow.lower_bound) == (fast.cost, fast.lower_bound)
