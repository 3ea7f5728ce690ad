"""Networks that no single cut divides, against brute force and networkx."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import best_twice_joined, is_forest, joins, price, read_instance, twice_joined

from infraplan.routing import two_connected

NODES = 9
node = st.integers(0, NODES - 1)
edge_lists = st.lists(st.tuples(node, node, st.integers(0, 6)), max_size=14)
dense_lists = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 6)), max_size=12)
some_nodes = st.lists(node, max_size=5)


def solve(edges, nodes, **options):
    tails, heads, costs = (np.array([edge[i] for edge in edges], dtype) for i, dtype in enumerate("iif"))
    return two_connected(tails, heads, costs, nodes, **options)


def draw_tree(data, edges, nodes):
    """Return edges that join what hangs together, in an order of their own, and a few that close rings."""
    tree = []
    for number in data.draw(st.permutations(range(len(edges)))):
        if is_forest(edges, [*tree, number]):
            tree.append(number)
    return tree + data.draw(st.lists(st.sampled_from(sorted(set(range(len(edges))) - set(tree)) or [None]), max_size=1).map(lambda few: [one for one in few if one is not None]))


@settings(max_examples=150, deadline=None)
@given(edge_lists | dense_lists, some_nodes)
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
@given(edge_lists | dense_lists, some_nodes, st.data())
def test_a_tree_that_is_kept_stays_and_is_paid_for(edges, nodes, data):
    kept = draw_tree(data, edges, nodes)
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


def test_ring_of_a_real_fibre_graph(shared_data):
    tails, heads, costs, terminals = read_instance(shared_data / "steiner/pace2018_track3_009.gr.gz")
    edges = list(zip(tails, heads, costs, strict=True))
    tree = two_connected(tails, heads, costs, terminals[:12])
    assert price(edges, tree.edges.tolist()) == tree.cost
    assert joins(edges, tree.edges.tolist(), terminals[:12])
    assert tree.lower_bound <= tree.cost <= 2 * tree.lower_bound
