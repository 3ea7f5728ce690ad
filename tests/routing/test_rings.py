"""Networks that no single cut divides, against brute force and networkx."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import Groups, best_twice_joined, is_forest, joins, price, read_instance, twice_joined

from infraplan.routing import two_connected

NODES = 9
node = st.integers(0, NODES - 1)
edge_lists = st.lists(st.tuples(node, node, st.integers(0, 6)), max_size=14)
some_nodes = st.lists(node, max_size=5)


def solve(edges, nodes, **options):
    tails, heads, costs = (np.array([edge[i] for edge in edges], dtype) for i, dtype in enumerate("iid"))
    return two_connected(tails, heads, costs, nodes, **options)


@st.composite
def ring_graphs(draw):
    """Return a ring of up to nine nodes and some chords, so that there is a choice to make."""
    count = draw(st.integers(4, NODES))
    costs = st.integers(0, 9)
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), costs)
    ring = [(x, (x + 1) % count, draw(costs)) for x in range(count)]
    return ring + draw(st.lists(pair, min_size=2, max_size=13 - count))


@st.composite
def trees(draw, edges):
    """Return edges that join what hangs together, in an order of their own, and perhaps one more."""
    tree = []
    for number in draw(st.permutations(range(len(edges)))):
        if is_forest(edges, [*tree, number]):
            tree.append(number)
    others = sorted(set(range(len(edges))) - set(tree))
    return tree + (draw(st.lists(st.sampled_from(others), max_size=1)) if others else [])


@settings(max_examples=150, deadline=None)
@given(edge_lists | ring_graphs(), some_nodes)
def test_bound_and_network_enclose_the_optimum(edges, nodes):
    tree = solve(edges, nodes)
    wanted = set(nodes) - set(tree.unreached.tolist())
    chosen = tree.edges.tolist()
    assert chosen == sorted(set(chosen))
    assert tree.cost == price(edges, chosen)
    assert twice_joined(edges, chosen, wanted)
    optimum = best_twice_joined(edges, wanted)
    assert tree.lower_bound <= optimum <= tree.cost
    assert tree.cost == optimum


@settings(max_examples=100, deadline=None)
@given(edge_lists | ring_graphs(), some_nodes, st.data())
def test_a_tree_or_a_part_of_it_that_is_kept_stays_and_is_paid_for(edges, nodes, data):
    kept = data.draw(trees(edges))
    kept = kept[: data.draw(st.integers(0, len(kept)))]
    tree = solve(edges, nodes, tree=kept)
    wanted = set(nodes) - set(tree.unreached.tolist())
    chosen = tree.edges.tolist()
    assert set(kept) <= set(chosen)
    assert tree.cost == price(edges, chosen)
    assert twice_joined(edges, chosen, wanted)
    optimum = best_twice_joined(edges, wanted, kept)
    assert tree.lower_bound <= optimum <= tree.cost
    assert tree.cost == optimum


@pytest.mark.parametrize("seed", [1, 4, pytest.param(7, marks=pytest.mark.slow)])
def test_no_dearer_than_the_augmentation_of_networkx(seed):
    graph = nx.gnm_random_graph(30, 70, seed=seed)
    graph = nx.compose(graph, nx.cycle_graph(30))
    random = np.random.default_rng(seed)
    edges = [(a, b, int(random.integers(1, 50))) for a, b in graph.edges]
    plain = nx.Graph()
    plain.add_weighted_edges_from(edges)
    spanning = nx.minimum_spanning_tree(plain)
    kept = [number for number, (a, b, _) in enumerate(edges) if spanning.has_edge(a, b)]
    avail = [edge for number, edge in enumerate(edges) if number not in kept]
    theirs = sum(plain.edges[edge]["weight"] for edge in nx.k_edge_augmentation(spanning, 2, avail=avail))
    tree = solve(edges, range(30), tree=kept)
    assert twice_joined(edges, tree.edges.tolist(), range(30))
    assert tree.lower_bound <= tree.cost <= theirs + price(edges, kept)
    assert solve(edges, range(30)).cost <= tree.cost


@pytest.mark.parametrize("kept", [False, True])
def test_small_planar_graphs_are_proven_optimal(kept):
    edges = planar_graph(60, seed=3)
    nodes = list(range(0, 60, 4))
    tree = nearest_tree(edges) if kept else None
    ring = solve(edges, nodes, tree=tree)
    assert twice_joined(edges, ring.edges.tolist(), nodes)
    assert ring.cost == ring.lower_bound == price(edges, ring.edges.tolist())
    assert ring.ended == "optimal"
    # Another order of nodes and edges is another search, but there is only one optimum.
    name = np.random.default_rng(5).permutation(60)
    other = solve([(name[b], name[a], c) for a, b, c in edges], name[nodes], tree=tree, seed=9)
    assert other.cost == ring.cost


def planar_graph(count, seed):
    """Return points in a square, each joined to its five nearest."""
    points = np.random.default_rng(seed).random((count, 2)) * 1000
    length = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    near = np.argsort(length, axis=1)[:, 1:6]
    pairs = sorted({(min(a, b), max(a, b)) for a in range(count) for b in near[a].tolist()})
    return [(a, b, round(length[a, b])) for a, b in pairs]


def nearest_tree(edges):
    """Return a minimum spanning tree (Kruskal)."""
    groups = Groups()
    order = sorted(range(len(edges)), key=lambda number: edges[number][2])
    return [number for number in order if groups.join(*edges[number][:2])]


@pytest.mark.parametrize(
    ("edges", "nodes", "expected"),
    [
        ([(0, 1, 3), (0, 1, 2), (1, 0, 4)], [0, 1], [0, 1]),
        ([(0, 1, 3), (0, 0, 0), (1, 1, 1)], [0, 1], [0]),
        ([(0, 1, 0), (1, 2, 0), (0, 2, 0), (2, 3, 1)], [0, 1, 2, 3], [0, 1, 2, 3]),
        ([(0, 1, 1), (1, 2, 1), (2, 0, 1), (3, 4, 1)], [0, 2, 3], [0, 1, 2]),
        (
            [(0, 1, 1), (1, 2, 1), (2, 0, 1), (2, 3, 5), (3, 4, 1), (4, 5, 1), (5, 3, 1)],
            [0, 4],
            list(range(7)),
        ),
        ([(0, 1, 1), (1, 2, 1), (2, 0, 1)], [1], []),
        ([(0, 1, 1)], [], []),
        ([], [3], []),
        ([], [], []),
        ([(7, 900_000, 2), (900_000, 7, 3)], [7, 900_000], [0, 1]),
    ],
)
def test_odd_graphs_have_a_right_answer(edges, nodes, expected):
    ring = solve(edges, nodes)
    assert ring.edges.tolist() == expected
    assert ring.cost == ring.lower_bound == price(edges, expected)


def test_costs_of_any_size_are_summed_as_given():
    costs = [0.1, 0.2, 0.3, 1e-9, 1e9, 0.7]
    edges = [
        (a, b, c) for (a, b), c in zip([(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (1, 3)], costs, strict=True)
    ]
    ring = solve(edges, [0, 1, 2, 3])
    assert ring.edges.tolist() == [0, 1, 2, 3]
    assert ring.cost == pytest.approx(price(edges, [0, 1, 2, 3]), abs=1e-15)
    # The search counts in whole multiples of a 2**-49th of all costs together.
    assert ring.cost - 6 * sum(costs) * 2.0**-49 <= ring.lower_bound <= ring.cost


SQUARE = [(0, 1, 1), (1, 2, 1), (2, 3, 1), (3, 0, 1)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tree": [0, 1, 4]}, r"tree\[2\] is 4"),
        ({"tree": [0, -1]}, r"tree\[1\] is -1"),
        ({"tree": [2, 0, 2]}, r"tree\[2\] is 2"),
        ({"tree": [0.5]}, "tree is float64"),
        ({"tree": [[0]]}, "tree .*shape"),
        ({"nodes": [0, -2]}, r"nodes\[1\] is -2"),
        ({"costs": [1, 1, np.nan, 1]}, r"costs\[2\] is nan"),
        ({"costs": [1, -1, 1, 1]}, r"costs\[1\] is -1"),
        ({"costs": [1, 1]}, "costs has 2 values"),
        ({"heads": [1, 2, 3]}, "heads has 3 values"),
        ({"tails": [0, 1, -2, 3]}, r"tails\[2\] is -2"),
        ({"time_limit_s": -1.0}, "time_limit_s is -1"),
        ({"gap": -0.1}, "gap is -0.1"),
    ],
)
def test_what_is_wrong_is_named(options, words):
    tails, heads, costs = zip(*SQUARE, strict=True)
    given = {"tails": tails, "heads": heads, "costs": costs, "nodes": [0, 2], **options}
    with pytest.raises(ValueError, match=words):
        two_connected(**given)


def test_the_search_ends_when_it_is_told_to():
    edges = planar_graph(300, seed=8)
    nodes = range(0, 300, 2)
    seen = []
    stopped = solve(edges, nodes, progress=lambda *state: bool(seen.append(state)) or len(seen) >= 3)
    assert len(seen) >= 3
    assert all(bound <= best for best, bound, _ in seen)
    assert stopped.cost <= seen[-1][0]
    assert twice_joined(edges, solve(edges, nodes, time_limit_s=0.0).edges.tolist(), nodes)
    near = solve(edges, nodes, gap=0.5)
    assert near.gap <= 0.5
    assert near.ended in {"gap", "optimal"}


def test_the_same_seed_gives_the_same_network():
    edges = planar_graph(60, seed=4)
    one, other = (solve(edges, range(0, 60, 3), seed=2) for _ in range(2))
    assert one.edges.tolist() == other.edges.tolist()
    assert one.lower_bound == other.lower_bound


def test_ring_of_a_real_fibre_graph(shared_data):
    tails, heads, costs, terminals = read_instance(shared_data / "steiner/pace2018_track3_009.gr.gz")
    edges = list(zip(tails, heads, costs, strict=True))
    tree = two_connected(tails, heads, costs, terminals[:12])
    assert price(edges, tree.edges.tolist()) == tree.cost
    assert joins(edges, tree.edges.tolist(), terminals[:12])
    assert tree.lower_bound <= tree.cost <= 1.02 * tree.lower_bound
