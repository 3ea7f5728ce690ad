"""Trees against brute force, networkx, and proven optima of real fibre graphs."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.routing import steiner_tree

NODES = 6
node = st.integers(0, NODES - 1)
graphs = st.fixed_dictionaries(
    {
        "edges": st.lists(st.tuples(node, node, st.integers(0, 5)), max_size=9),
        "terminals": st.lists(node, max_size=5),
        "roots": st.lists(node, max_size=2),
        "ends": st.lists(node, max_size=3),
    }
)


def solve(edges, terminals, roots=(), ends=(), **options):
    tails, heads, costs = (np.array([edge[i] for edge in edges], np.int64) for i in range(3))
    return steiner_tree(tails, heads, costs, list(terminals), roots=list(roots), ends=list(ends), **options)


def joined(edges, roots, ends) -> nx.MultiGraph:
    """Return a graph whose roots are one node (``"root"``) and whose ends are passed by nobody."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(["root"] if roots else [])
    graph.add_nodes_from(v for v in range(NODES) if v not in roots)
    for number, (a, b, _) in enumerate(edges):
        graph.add_edge("root" if a in roots else a, "root" if b in roots else b, key=number)
    return graph


def is_joined(edges, chosen, wanted, roots, ends) -> bool:
    graph = joined([], roots, ends)
    for number in chosen:
        a, b, _ = edges[number]
        graph.add_edge("root" if a in roots else a, "root" if b in roots else b)
    if any({edges[number][0], edges[number][1]} <= set(ends) - set(roots) for number in chosen):
        return False
    if any(graph.degree(e) > (1 if e in wanted else 0) for e in ends if e not in roots):
        return False
    targets = {"root" if t in roots else t for t in wanted} | ({"root"} if roots else set())
    return not targets or targets <= nx.node_connected_component(graph, next(iter(targets)))


def reachable(edges, terminals, roots, ends) -> list[set[int]]:
    """Return sets of terminals that may be joined: one where there are roots, else one a part."""
    closed = {e for e in ends if e not in roots}
    inner = joined([], roots, ends)
    inner.remove_nodes_from(closed)
    name = {v: "root" if v in roots else v for v in range(NODES)}
    inner.add_edges_from((name[a], name[b]) for a, b, _ in edges if a not in closed and b not in closed)
    parts = []
    for part in nx.connected_components(inner):
        if roots and "root" not in part:
            continue
        leaves = {
            e
            for a, b, _ in edges
            for e, foot in ((a, b), (b, a))
            if e in closed and foot not in closed and name[foot] in part
        }
        parts.append({t for t in terminals if name[t] in part} | (leaves & set(terminals)))
    return parts


@settings(max_examples=250, deadline=None)
@given(graphs)
def test_cost_and_bound_are_the_optimum_found_by_brute_force(case):
    edges, terminals, roots, ends = (case[name] for name in ("edges", "terminals", "roots", "ends"))
    tree = solve(edges, terminals, roots, ends)
    wanted = set(terminals) - set(tree.unreached.tolist())
    chosen = tree.edges.tolist()

    assert chosen == sorted(set(chosen))
    assert tree.cost == sum(edges[number][2] for number in chosen)
    assert is_joined(edges, chosen, wanted, roots, ends)
    forest = joined([], roots, ends)
    for number in chosen:
        a, b, _ = edges[number]
        forest.add_edge("root" if a in roots else a, "root" if b in roots else b)
    assert nx.is_forest(forest)

    possible = reachable(edges, terminals, roots, ends)
    if roots:
        assert wanted == possible[0]
    else:
        assert len(wanted) == max([*(len(part) for part in possible), min(1, len(set(terminals)))])
    optimum = min(
        sum(edges[number][2] for number in some)
        for size in range(len(edges) + 1)
        for some in combinations(range(len(edges)), size)
        if is_joined(edges, some, wanted, roots, ends)
    )
    assert tree.lower_bound == optimum == tree.cost


@settings(max_examples=50, deadline=None)
@given(graphs, st.integers(0, 3))
def test_same_arguments_give_the_same_tree(case, seed):
    first, second = (solve(seed=seed, **case) for _ in range(2))
    assert first.edges.tolist() == second.edges.tolist()
    assert first.lower_bound == second.lower_bound


def test_joins_three_houses_by_a_hub():
    hub = [(0, 3, 2), (1, 3, 2), (2, 3, 2), (0, 1, 3), (1, 2, 3)]
    tree = solve(hub, [0, 1, 2])
    assert (tree.edges.tolist(), tree.cost) == ([0, 1, 2], 6) or tree.cost == 6
    assert tree.lower_bound <= 6


def test_roots_cost_nothing_and_need_no_joining():
    road = [(0, 1, 10), (1, 2, 10), (2, 3, 10), (3, 4, 10)]
    tree = solve(road, [1, 3], roots=[0, 4])
    assert tree.edges.tolist() == [0, 3]
    assert (tree.cost, tree.lower_bound) == (20, 20)


def test_takes_the_cheapest_of_parallel_edges_and_no_loop():
    tree = solve([(0, 1, 7), (1, 0, 4), (0, 1, 4), (0, 0, 0), (1, 1, 0)], [0, 1])
    assert tree.edges.tolist() == [1]
    assert tree.cost == 4


def test_keeps_edges_that_cost_nothing():
    tree = solve([(0, 1, 0), (1, 2, 0), (2, 3, 0)], [0, 2])
    assert tree.edges.tolist() == [0, 1]
    assert (tree.cost, tree.lower_bound) == (0, 0)


def test_terminal_without_a_way_is_unreached_and_stops_nobody_else():
    tree = solve([(0, 1, 5), (7, 8, 5)], [1, 8, 99], roots=[0])
    assert tree.edges.tolist() == [0]
    assert tree.unreached.tolist() == [8, 99]


def test_without_roots_the_part_with_most_terminals_is_joined():
    tree = solve([(0, 1, 5), (4, 5, 1), (5, 6, 1)], [0, 4, 5, 6])
    assert tree.edges.tolist() == [1, 2]
    assert tree.unreached.tolist() == [0]


@pytest.mark.parametrize("terminals", [[], [3], [3, 3]])
def test_nothing_to_join_costs_nothing(terminals):
    tree = solve([(0, 1, 5)], terminals)
    assert (len(tree.edges), tree.cost, tree.lower_bound, len(tree.unreached)) == (0, 0, 0, 0)


def test_empty_graph_reaches_only_terminals_that_are_roots():
    tree = solve([], [2, 5], roots=[5])
    assert tree.unreached.tolist() == [2]


def test_no_route_passes_a_house():
    # Through the plot (node 1) both houses cost 2 + 2 + 1; by the road, with a drop each, 2 + 9 + 1.
    plan = [(0, 1, 2), (1, 2, 2), (0, 2, 9), (2, 3, 1)]
    assert solve(plan, [1, 3], roots=[0]).cost == 5
    tree = solve(plan, [1, 3], roots=[0], ends=[1, 3])
    assert tree.edges.tolist() == [0, 2, 3]
    assert tree.cost == 12


def test_no_route_passes_a_house_that_nobody_asked_for():
    plan = [(0, 1, 2), (1, 2, 2), (0, 2, 9), (2, 3, 1)]
    assert solve(plan, [3], roots=[0], ends=[1, 3]).edges.tolist() == [2, 3]


def test_a_house_takes_the_drop_that_leads_to_the_network_not_the_shorter_one():
    # The short drop (cost 1) begins on an island; the long one (cost 8) on the road of the exchange.
    tree = solve([(0, 1, 5), (1, 9, 8), (2, 9, 1), (2, 3, 1)], [9], roots=[0], ends=[9])
    assert tree.edges.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"costs": [1, -2]}, r"costs\[1\] is -2"),
        ({"costs": [np.nan, 1]}, r"costs\[0\] is nan"),
        ({"costs": [1, np.inf]}, r"costs\[1\] is inf"),
        ({"time_limit_s": -1}, "time_limit_s is -1"),
        ({"gap": float("nan")}, "gap is nan"),
        ({"costs": [1]}, "costs has 1 values, tails 2"),
        ({"heads": [1]}, "heads has 1 values, tails 2"),
        ({"tails": [0, -1]}, r"tails\[1\] is -1"),
        ({"tails": [0.0, 1.0]}, "tails is float64"),
        ({"terminals": [0, -3]}, r"terminals\[1\] is -3"),
        ({"roots": [[0]]}, r"roots has shape \(1, 1\)"),
        ({"ends": [-1]}, r"ends\[0\] is -1"),
    ],
)
def test_refuses_what_is_no_graph_and_says_where(change, message):
    arguments = {
        "tails": [0, 1],
        "heads": [1, 2],
        "costs": [1, 1],
        "terminals": [0, 2],
        "roots": [],
        "ends": [],
    }
    with pytest.raises(ValueError, match=message):
        steiner_tree(**(arguments | change))


def test_huge_costs_keep_the_bound_valid():
    tree = solve([(0, 1, 2**50), (1, 2, 2**50), (0, 2, 2**51 - 1)], [0, 1, 2])
    assert tree.lower_bound <= 2**51 == tree.cost


@pytest.mark.parametrize("homes", [2, 3, 5])
def test_neighbours_far_out_share_one_trench(homes):
    # A straight drop from the root is the cheapest way to each home alone; together they share the road.
    road = [(i, i + 1, 4000 if i == 0 else 100) for i in range(homes)]
    drops = [(i + 1, 100 + i, 150) for i in range(homes)]
    straight = [(0, 100 + i, 4100 + 100 * i) for i in range(homes)]
    ends = [100 + i for i in range(homes)]
    tails, heads, costs = zip(*road, *drops, *straight, strict=True)
    tree = steiner_tree(tails, heads, costs, ends, roots=[0], ends=ends)
    assert tree.cost == 4000 + 100 * (homes - 1) + 150 * homes


def test_time_limit_cuts_the_search_short_but_not_the_tree():
    tails, heads, costs, terminals = grid(30, 40, seed=3)
    tree = steiner_tree(tails, heads, costs, terminals, time_limit_s=0.0)
    assert len(tree.unreached) == 0
    assert tree.lower_bound <= tree.cost


def grid(side: int, count: int, *, seed: int):
    random = np.random.default_rng(seed)
    numbers = np.arange(side * side).reshape(side, side)
    tails = np.r_[numbers[:, :-1].ravel(), numbers[:-1].ravel()]
    heads = np.r_[numbers[:, 1:].ravel(), numbers[1:].ravel()]
    return (
        tails,
        heads,
        random.integers(1, 1000, len(tails)),
        random.choice(side * side, count, replace=False),
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_dearer_than_networkx(seed):
    tails, heads, costs, terminals = grid(25, 40, seed=seed)
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(tails.tolist(), heads.tolist(), costs.tolist(), strict=True))
    theirs = nx.algorithms.approximation.steiner_tree(graph, terminals.tolist(), method="mehlhorn").size(
        "weight"
    )
    tree = steiner_tree(tails, heads, costs, terminals)
    assert tree.cost <= theirs
    assert tree.cost <= 1.15 * tree.lower_bound


@pytest.mark.slow
def test_a_county_of_roads():
    tails, heads, costs, terminals = grid(388, 20_000, seed=1)
    assert len(tails) > 300_000
    tree = steiner_tree(tails, heads, costs, terminals, time_limit_s=10)
    assert len(tree.unreached) == 0
    assert tree.lower_bound <= tree.cost <= 1.03 * tree.lower_bound
