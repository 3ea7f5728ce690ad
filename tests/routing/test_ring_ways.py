"""Second ways against the cheapest flow of networkx, and by brute force."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import is_forest, twice_joined

from infraplan.routing import find_near, second_ways

NODES = 8
node = st.integers(0, NODES - 1)
edge_lists = st.lists(st.tuples(node, node, st.integers(0, 9)), max_size=18)


def split(edges):
    return [np.array([edge[i] for edge in edges], dtype) for i, dtype in enumerate((int, int, float))]


def solve(edges, tree, nodes, root=0):
    return second_ways(*split(edges), tree, nodes, root=root)


def grow(edges, order):
    """Return a tree of all that hangs together with node 0, by edges in an order, and its nodes."""
    forest = []
    for number in order:
        if is_forest(edges, [*forest, number]):
            forest.append(number)
    graph = nx.MultiGraph([edges[number][:2] for number in forest])
    graph.add_node(0)
    inside = nx.node_connected_component(graph, 0)
    return [number for number in forest if edges[number][0] in inside], sorted(inside)


def cheapest_pair(edges, tree, start):
    """Return what two ways without a common edge cost beyond the tree: a flow of two; None without them."""
    flow = nx.MultiDiGraph()
    flow.add_node(start, demand=-2)
    flow.add_node(0, demand=2)
    for number, (tail, head, cost) in enumerate(edges):
        weight = 0 if number in tree else cost
        flow.add_edge(tail, head, capacity=1, weight=weight)
        flow.add_edge(head, tail, capacity=1, weight=weight)
    try:
        return nx.network_simplex(flow)[0]
    except nx.NetworkXUnfeasible:
        return None


@settings(max_examples=150, deadline=None)
@given(edge_lists, st.data())
def test_no_pair_of_ways_is_cheaper_than_the_flow(edges, data):
    order = data.draw(st.permutations(range(len(edges))))
    tree, inside = grow(edges, order)
    for start, way in zip(inside, solve(edges, tree, inside), strict=True):
        if start == 0:
            assert way.tolist() == []
            continue
        best = cheapest_pair(edges, tree, start)
        assert (way is None) == (best is None)
        if way is not None:
            chosen = way.tolist()
            assert chosen == sorted(set(chosen) - set(tree))
            assert sum(edges[number][2] for number in chosen) == best
            assert twice_joined(edges, [*tree, *chosen], {start, 0})


def test_a_tree_alone_has_no_second_way():
    edges = [(0, 1, 1), (1, 2, 1), (1, 3, 1)]
    assert solve(edges, [0, 1, 2], [1, 2, 3]) == [None, None, None]


def test_a_ring_of_four_is_closed_by_its_last_edge_for_all():
    edges = [(0, 1, 5), (1, 2, 5), (2, 3, 5), (3, 0, 7)]
    ways = solve(edges, [0, 1, 2], [3, 2, 1, 2, 0])
    assert [way.tolist() for way in ways] == [[3], [3], [3], [3], []]


def test_a_second_way_may_run_backwards_along_the_first():
    # 0-1-2-3 is built. Two bypasses that overlap, 0-2 and 1-3: the pair is 0-2-1-3 and ... 1-2 in neither.
    edges = [(0, 1, 1), (1, 2, 1), (2, 3, 1), (0, 2, 4), (1, 3, 4), (0, 3, 9)]
    assert solve(edges, [0, 1, 2], [3])[0].tolist() == [3, 4]
    assert solve([*edges[:5], (0, 3, 7)], [0, 1, 2], [3])[0].tolist() == [5]


def test_the_far_side_of_a_bridge_has_none_even_if_it_is_a_ring_itself():
    edges = [(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 1, 1), (0, 4, 1), (4, 0, 2), (2, 2, 0)]
    assert solve(edges, [0, 1, 2, 4], [1, 2, 3]) == [None, None, None]
    assert solve(edges, [0, 1, 2, 4], [4])[0].tolist() == [5]


def test_parallel_edges_are_two_ways():
    assert solve([(0, 1, 1), (0, 1, 3), (0, 1, 2)], [0], [1])[0].tolist() == [2]


def test_nothing_asked_is_nothing_answered():
    assert solve([], [], []) == []
    assert solve([], [], [0])[0].tolist() == []


def test_a_compiled_search_finds_the_same_as_an_interpreted_one():
    random = np.random.default_rng(3)
    graph = nx.grid_2d_graph(24, 24)
    names = {name: number for number, name in enumerate(graph)}
    edges = [(names[a], names[b], int(random.integers(1, 50))) for a, b in graph.edges]
    tree, _ = grow(edges, random.permutation(len(edges)).tolist())
    assert len(edges) > 1000
    some = [100, 287, 575]
    for start, way in zip(some, solve(edges, tree, some), strict=True):
        assert sum(edges[number][2] for number in way) == cheapest_pair(edges, tree, start)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"nodes": [2]}, "does not join node 2"),
        ({"nodes": [7]}, "does not join node 7"),
        ({"tree": [5]}, r"tree\[0\] is 5"),
        ({"costs": [-1.0, 1.0, 1.0]}, r"costs\[0\]"),
        ({"costs": [0.5, 1.0, 1.0]}, r"costs\[0\] is 0.5"),
        ({"heads": [1, 1]}, "heads has 2"),
    ],
)
def test_what_cannot_be_is_refused(given, says):
    right = {"tails": [0, 2, 2], "heads": [1, 3, 3], "costs": [1.0, 1.0, 1.0], "tree": [0, 1], "nodes": [1]}
    with pytest.raises(ValueError, match=says):
        second_ways(*(right | given).values(), root=0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(node, node, st.integers(0, 9)), max_size=9), st.integers(0, 20), st.data())
def test_what_is_not_near_is_in_no_cheapest_set_within_reach(edges, reach, data):
    order = data.draw(st.permutations(range(len(edges))))
    tree, inside = grow(edges, order)
    near = find_near(*split(edges), tree, reach)
    assert near[tree].all()
    others = [number for number in range(len(edges)) if number not in tree]
    ways = [way for way in solve(edges, tree, inside) if way is not None]
    wanted = {start for start, way in zip(inside, solve(edges, tree, inside), strict=True) if way is not None}
    if not ways or not tree:
        return
    sets = (list(some) for size in range(len(others) + 1) for some in combinations(others, size))
    good = [some for some in sets if twice_joined(edges, [*tree, *some], wanted)]
    least = min(sum(edges[number][2] for number in some) for some in good)
    if least <= reach:
        minimal = [
            some
            for some in good
            if sum(edges[n][2] for n in some) == least and not any(set(other) < set(some) for other in good)
        ]
        assert minimal
        assert all(near[some].all() for some in minimal)


def test_nothing_is_near_no_tree():
    assert find_near([0, 1], [1, 2], [1, 1], [], 5).tolist() == [False, False]
    assert find_near([], [], [], [], 0).tolist() == []
