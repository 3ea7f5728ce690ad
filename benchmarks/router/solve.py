"""What runs in a process of its own: one answer, its figures, and the check that it is one."""

import time
from typing import Any

import networkx as nx
import numpy as np

from infraplan.routing import budget_tree, prize_collecting_tree, quota_tree, steiner_tree, two_connected
from router.check import check_bound, check_prizes, check_ring, check_tree, require
from router.instances import (
    OPTIMA,
    PRIZE_OPTIMA,
    Graph,
    Households,
    Ints,
    crop,
    draw_graph,
    draw_households,
    make_towns,
    read_graph,
)
from router.process import Clock
from router.table import Figures

QUOTA, BUDGET = 0.95, 0.5
CROPPED = 1_500
"""Nodes of a real graph that are reinforced."""


def warm_up(works: tuple[str, ...], seconds: float | None = 1.0) -> float:
    """Run the compiled search of each kind on a small graph; return its CPU seconds."""
    begin = time.process_time()
    graph = make_towns(31, 120, towns=2)
    households = draw_households(graph)
    for work in works:
        if work == "tree":
            steiner_tree(*graph.edges.T, graph.terminals, time_limit_s=seconds)
        elif work == "rings":
            for kept in (None, steiner_tree(*graph.edges.T, graph.terminals, time_limit_s=seconds).edges):
                two_connected(*graph.edges.T, graph.terminals, tree=kept, time_limit_s=seconds)
        else:
            solve_prizes(work, graph, households, 2e6, time_limit_s=seconds)
    return time.process_time() - begin


def measure_loading(works: tuple[str, ...]) -> float:
    """Return the CPU seconds that kernels take to be compiled or loaded: of a first search over a second."""
    first, second = warm_up(works, None), warm_up(works, None)
    return first - second


def measure_gap(value: float, bound: float) -> float:
    """Return how far a value is from a bound or an optimum, in % of that."""
    return 0.0 if value == bound else 100 * abs(value - bound) / abs(bound) if bound else float("inf")


def find_tree(name: str, seconds: float) -> Figures:
    """Measure a Steiner tree of a graph."""
    warm_up(("tree",))
    graph = read_graph(name)
    clock = Clock()
    tree = steiner_tree(*graph.edges.T, graph.terminals, time_limit_s=seconds, progress=clock)
    return clock.stop() | rate_tree(name, graph, tree)


def rate_tree(name: str, graph: Graph, tree: Any) -> Figures:
    """Check a Steiner tree, and return its cost and how far it is from the bound and the optimum."""
    check_tree(graph, tree.edges, tree.cost, tree.unreached)
    check_bound(tree.cost, tree.lower_bound, OPTIMA.get(name))
    figures = {"cost": tree.cost, "certificate": measure_gap(tree.cost, tree.lower_bound)}
    if name in OPTIMA:
        figures["gap"] = measure_gap(tree.cost, OPTIMA[name])
    return figures


def find_better(name: str, below: float) -> Figures:
    """Measure how soon a tree costs less than another: ``better``, CPU seconds."""
    warm_up(("tree",))
    graph = read_graph(name)
    clock = Clock(below=below)
    tree = steiner_tree(*graph.edges.T, graph.terminals, time_limit_s=120.0, progress=clock)
    figures = clock.stop() | rate_tree(name, graph, tree)
    require(tree.cost < below, "the tree is not as good as the solver said")
    return figures


def find_first(name: str, turns: int = 3) -> Figures:
    """Measure the first tree and the first bound, as the least of some turns."""
    warm_up(("tree",))
    graph = read_graph(name)
    spent: list[Figures] = []
    for _ in range(turns):
        clock = Clock(first=True)
        tree = steiner_tree(*graph.edges.T, graph.terminals, time_limit_s=600.0, progress=clock)
        spent.append(clock.stop())
    check_tree(graph, tree.edges, tree.cost, tree.unreached)
    least = {figure: min(one[figure] for one in spent) for figure in ("tree", "bound")}
    return {**least, "memory": spent[-1]["memory"], "edges": len(graph.edges)}


def run_networkx(name: str) -> Figures:
    """Measure networkx's Steiner tree (Mehlhorn's), of the part that holds the most terminals."""
    graph = read_graph(name)
    network = make_network(graph.edges)
    terminals = set(graph.terminals.tolist())
    part = max(nx.connected_components(network), key=lambda nodes: len(terminals & nodes))
    network = network.subgraph(part).copy()
    clock = Clock()
    tree = nx.algorithms.approximation.steiner_tree(network, list(terminals & part), method="mehlhorn")
    return {**clock.stop(), "cost": tree.size("weight")}


def make_network(edges: Ints) -> nx.Graph:
    """Return a network with the cheapest of parallel edges: the last to be added."""
    network = nx.Graph()
    network.add_weighted_edges_from(edges[np.argsort(-edges[:, 2], kind="stable")].tolist())
    return network


def find_prizes(work: str, name: str, seconds: float) -> Figures:
    """Measure a tree for prizes, a quota or a budget; its gap is known where the optimum is."""
    warm_up((work,))
    graph = read_graph(name)
    households = draw_households(graph)
    clock = Clock()
    tree, worth = solve_prizes(work, graph, households, OPTIMA[name], time_limit_s=seconds, progress=clock)
    figures = clock.stop()
    check_prizes(graph, worth, households, tree.edges, tree.cost, tree.prize)
    left = worth.sum() - tree.prize
    figures["cost"] = tree.cost
    if work == "budget":
        require(tree.cost <= BUDGET * OPTIMA[name], "the budget is exceeded")
        require(tree.prize <= tree.lower_bound, "the prize is above its bound")
        return figures | {"certificate": measure_gap(tree.prize, tree.lower_bound)}
    if work == "quota":
        require(tree.prize >= QUOTA * worth.sum(), "the quota is missed")
        check_bound(tree.cost, tree.lower_bound, None)
        return figures | {"certificate": measure_gap(tree.cost, tree.lower_bound)}
    value, known = tree.cost + left, PRIZE_OPTIMA.get(name)
    check_bound(value, tree.lower_bound, known)
    figures["certificate"] = measure_gap(value, tree.lower_bound)
    return figures | ({"gap": measure_gap(value, known)} if known else {})


def solve_prizes(work: str, graph: Graph, households: Households, cost: float, **options: Any) -> Any:
    """Return a tree and what each node is worth to it; joining all terminals costs about ``cost``.

    Prizes come to that cost in all, a budget to half of it.
    """
    counts, roots = households
    if work == "quota":
        return quota_tree(*graph.edges.T, counts, QUOTA * counts.sum(), roots=roots, **options), counts
    if work == "budget":
        return budget_tree(*graph.edges.T, counts, BUDGET * cost, roots=roots, **options), counts
    worth = np.round(counts * (cost / counts.sum()))
    return prize_collecting_tree(*graph.edges.T, worth, roots=roots, **options), worth


def find_ring(name: str, seconds: float) -> Figures:
    """Measure a network that no single cut divides its terminals in, chosen as a whole."""
    warm_up(("rings",))
    graph = read_graph(name)
    clock = Clock()
    ring = two_connected(*graph.edges.T, graph.terminals, time_limit_s=seconds, progress=clock)
    return clock.stop() | rate_ring(graph, ring)


def reinforce(graph: Graph, seconds: float) -> Figures:
    """Measure the reinforcement of a spanning tree; ``value``: the cost of both to networkx's.

    All nodes are to be joined twice, and all edges outside the tree are candidates, for both. Memory is not
    told: most is networkx's.
    """
    network = make_network(graph.edges)
    tree = nx.minimum_spanning_tree(network)
    clock = Clock()
    theirs = augment(network, tree)
    spent = clock.stop()["seconds"]
    kept = find_edges(graph.edges, tree)
    clock = Clock()
    ring = two_connected(*graph.edges.T, graph.terminals, tree=kept, time_limit_s=seconds, progress=clock)
    figures = clock.stop() | rate_ring(graph, ring)
    require(set(kept) <= set(ring.edges), "the tree is not kept")
    del figures["memory"]
    return figures | {"value": ring.cost / theirs, "theirs": theirs, "spent": spent}


def augment(network: nx.Graph, tree: nx.Graph) -> float:
    """Return what a spanning tree costs with networkx's reinforcement of it."""
    rest = [edge for edge in network.edges(data="weight") if not tree.has_edge(*edge[:2])]
    chosen = nx.k_edge_augmentation(nx.Graph(tree.edges), 2, avail=rest)
    return tree.size("weight") + sum(network.edges[edge]["weight"] for edge in chosen)


def find_edges(edges: Ints, tree: nx.Graph) -> Ints:
    """Return the positions of a tree's edges, the cheapest of parallel ones, rising."""
    order = np.argsort(-edges[:, 2], kind="stable").tolist()
    place = {frozenset(edges[number, :2].tolist()): number for number in order}
    return np.sort([place[frozenset(edge)] for edge in tree.edges])


def rate_ring(graph: Graph, ring: Any) -> Figures:
    """Check a network without a single cut, and return its cost and how far it is from the bound."""
    check_ring(graph, ring.edges, ring.cost)
    check_bound(ring.cost, ring.lower_bound, None)
    return {"cost": ring.cost, "certificate": measure_gap(ring.cost, ring.lower_bound)}


def find_reinforcement(name: str, seconds: float) -> Figures:
    """Measure the reinforcement of a part of a real graph: networkx takes long for the whole."""
    warm_up(("rings",))
    return reinforce(crop(read_graph(name), CROPPED), seconds)


def find_reinforcements(count: int, seconds: float) -> Figures:
    """Measure graphs drawn by lot: the worst of each figure, and all seconds."""
    warm_up(("rings",))
    every = [reinforce(draw_graph(20 * (seed + 1), seed), seconds) for seed in range(count)]
    worst = {figure: max(one[figure] for one in every) for figure in ("value", "certificate")}
    return worst | {"seconds": sum(one["seconds"] for one in every)}
