"""An order of nodes and edges in which what is near in the graph is near in memory."""

from typing import NamedTuple

import numpy as np

from infraplan.routing.compiled import compiled
from infraplan.routing.graph import NONE, Graph, Mask, Nodes, make_graph

_BLOCK = 512
"""Nodes that one search takes before the next begins at its rim: they fit into a processor's first cache."""


class Ordered(NamedTuple):
    """A graph with other numbers: its terminals, and for each of its edges the number before, shape (m,)."""

    graph: Graph
    terminal: Mask
    edges: Nodes


def order_graph(graph: Graph, terminal: Mask) -> Ordered:
    """Return the graph with nodes numbered block by block, and edges as their nodes are.

    Searches that spread over a graph whose numbers say nothing of where a node lies wait for memory at every
    step; here a block is a piece of the graph, numbered breadth first, and its neighbours are the next ones.
    """
    number, edges = _walk(graph, _BLOCK)
    moved = np.empty_like(terminal)
    moved[number] = terminal
    ordered = make_graph(
        len(number), number[graph.tails[edges]], number[graph.heads[edges]], graph.costs[edges]
    )
    return Ordered(ordered, moved, edges)


@compiled
def _walk(graph: Graph, block: int) -> tuple[Nodes, Nodes]:
    """Return a new number for each node and the edges in their new order."""
    starts, nodes, edges = graph.starts, graph.nodes, graph.edges
    count = len(starts) - 1
    number = np.full(count, NONE, np.int32)
    order = np.empty(len(graph.tails), np.int32)
    listed = np.zeros(len(graph.tails), np.bool_)
    # A node is on the rim once for each block that ends before it.
    rim = np.empty(len(nodes) + count, np.int32)
    queue = np.empty(count, np.int32)
    queued = np.zeros(count, np.bool_)
    several = 0
    ordered = 0
    for first in range(count):
        rim[0] = first
        begin, end = 0, 1
        while begin < end:
            queue[0] = rim[begin]
            begin += 1
            if number[queue[0]] >= 0:
                continue
            queued[queue[0]] = True
            size = 1
            done = 0
            while done < size:
                x = queue[done]
                done += 1
                if done > block:
                    queued[x] = False
                    rim[end] = x
                    end += 1
                    continue
                number[x] = several
                several += 1
                for p in range(starts[x], starts[x + 1]):
                    if not listed[edges[p]]:
                        listed[edges[p]] = True
                        order[ordered] = edges[p]
                        ordered += 1
                    y = nodes[p]
                    if not queued[y]:
                        queued[y] = True
                        queue[size] = y
                        size += 1
    return number, order
