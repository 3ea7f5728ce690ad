"""A graph as the kernels see it: edges, and for every node its arcs in a row."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infraplan.routing.compiled import compiled

Nodes = NDArray[np.int32]
Costs = NDArray[np.int64]
Mask = NDArray[np.bool_]

FAR = np.int64(1) << np.int64(62)
"""Further than any distance."""
NONE = -1
"""No node, no edge."""


class Graph(NamedTuple):
    """An undirected graph of n nodes and m edges, with whole costs from 0.

    Attributes
    ----------
    tails, heads, costs
        The edges, shape (m,).
    starts
        Arcs of node x are ``starts[x]:starts[x + 1]``, shape (n + 1,).
    nodes, edges, weights
        Where an arc leads, the edge it runs along and its cost, shape (2m,). An arc of x stands for the way
        from x where distances are measured, and for the way into x in the dual ascent.
    """

    tails: Nodes
    heads: Nodes
    costs: Costs
    starts: NDArray[np.int64]
    nodes: Nodes
    edges: Nodes
    weights: Costs


def make_graph(count: int, tails: ArrayLike, heads: ArrayLike, costs: ArrayLike) -> Graph:
    """Return the graph of some edges; nodes are 0…count−1, arcs of a node in the order of its edges."""
    tail, head = (np.ascontiguousarray(nodes, np.int32) for nodes in (tails, heads))
    cost = np.ascontiguousarray(costs, np.int64)
    starts, nodes, edges = _sort_arcs(count, tail, head)
    return Graph(tail, head, cost, starts, nodes, edges, cost[edges])


def with_costs(graph: Graph, costs: Costs) -> Graph:
    """Return the same graph with other costs."""
    return graph._replace(costs=costs, weights=costs[graph.edges])


def take_nodes(graph: Graph, chosen: Mask) -> Mask:
    """Tell which nodes some edges touch, shape (n,)."""
    touched = np.zeros(len(graph.starts) - 1, np.bool_)
    touched[graph.tails[chosen]] = True
    touched[graph.heads[chosen]] = True
    return touched


@compiled
def _sort_arcs(count: int, tails: Nodes, heads: Nodes) -> tuple[NDArray[np.int64], Nodes, Nodes]:
    starts = np.zeros(count + 1, np.int64)
    for e in range(len(tails)):
        starts[tails[e] + 1] += 1
        starts[heads[e] + 1] += 1
    for x in range(count):
        starts[x + 1] += starts[x]
    place = starts[:-1].copy()
    nodes = np.empty(2 * len(tails), np.int32)
    edges = np.empty(2 * len(tails), np.int32)
    for e in range(len(tails)):
        a, b = tails[e], heads[e]
        nodes[place[a]] = b
        edges[place[a]] = e
        place[a] += 1
        nodes[place[b]] = a
        edges[place[b]] = e
        place[b] += 1
    return starts, nodes, edges


@compiled
def find_twins(starts: NDArray[np.int64], edges: Nodes) -> NDArray[np.int64]:  # noqa: ARG001  (as in a Graph)
    """Return for each arc the arc of the same edge at its other end, shape (2m,)."""
    first = np.full(len(edges) // 2, -1, np.int64)
    twins = np.empty(len(edges), np.int64)
    for p in range(len(edges)):
        e = edges[p]
        if first[e] < 0:
            first[e] = p
        else:
            twins[p] = first[e]
            twins[first[e]] = p
    return twins
