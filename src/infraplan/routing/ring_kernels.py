"""Kernels for networks that no single cut may divide."""

from typing import NamedTuple

import numpy as np

from infraplan.routing.compiled import compiled
from infraplan.routing.graph import FAR, NONE, Graph, Mask, Nodes
from infraplan.routing.heaps import pop, push


class Descent(NamedTuple):
    """A depth-first search of some edges, shapes (n,).

    Attributes
    ----------
    order
        Nodes as they were reached, shape (nodes reached,).
    first, last
        Node x and all below it are ``order[first[x]:last[x]]``; −1 where the search did not come.
    up
        Edge by which a node was reached.
    cut
        Whether that edge is a bridge: no other leads below.
    below
        Wanted nodes at or below a node.
    """

    order: Nodes
    first: Nodes
    last: Nodes
    up: Nodes
    cut: Mask
    below: Nodes


@compiled
def descend(graph: Graph, chosen: Mask, wanted: Mask, start: int) -> Descent:
    """Search the chosen edges depth first and find their bridges (Tarjan 1974)."""
    starts, nodes, edges = graph.starts, graph.nodes, graph.edges
    count = len(starts) - 1
    first = np.full(count, NONE, np.int32)
    last = np.full(count, NONE, np.int32)
    low = np.zeros(count, np.int32)
    up = np.full(count, NONE, np.int32)
    cut = np.zeros(count, np.bool_)
    below = np.zeros(count, np.int32)
    order = np.empty(count, np.int32)
    place = starts[:-1].copy()
    stack = np.empty(count, np.int32)
    stack[0] = start
    first[start] = 0
    below[start] = wanted[start]
    order[0] = start
    several = 1
    size = 1
    while size > 0:
        x = stack[size - 1]
        if place[x] < starts[x + 1]:
            p = place[x]
            place[x] += 1
            e = edges[p]
            if not chosen[e] or e == up[x]:
                continue
            y = nodes[p]
            if first[y] >= 0:
                low[x] = min(low[x], first[y])
                continue
            up[y] = e
            first[y] = several
            low[y] = several
            below[y] = wanted[y]
            order[several] = y
            several += 1
            stack[size] = y
            size += 1
            continue
        size -= 1
        last[x] = several
        if size > 0:
            y = stack[size - 1]
            low[y] = min(low[y], low[x])
            cut[x] = low[x] == first[x]
            below[y] += below[x]
    return Descent(order[:several], first, last, up, cut, below)


@compiled
def find_cover(
    graph: Graph, chosen: Mask, found: Descent, start: int, goal: int, limit: int
) -> tuple[int, Nodes]:
    """Return the cheapest edges after which no bridge parts two nodes, and what they cost; −1 beyond a limit.

    As in Suurballe's algorithm (1974): a second way is sought from the start, on which chosen edges are free,
    but bridges between the two can only be passed backwards. Other edges that it uses cover every bridge.
    """
    starts, nodes, edges, weights = graph.starts, graph.nodes, graph.edges, graph.weights
    count = len(starts) - 1
    away = np.full(count, FAR, np.int64)
    via = np.full(count, NONE, np.int32)
    keys = np.empty(len(nodes) + 1, np.int64)
    items = np.empty(len(nodes) + 1, np.int32)
    away[start] = 0
    size = push(keys, items, 0, 0, start)
    while size > 0:
        key = keys[0]
        x = items[0]
        size = pop(keys, items, size)
        if key > away[x]:
            continue
        if x == goal or key >= limit:
            break
        for p in range(starts[x], starts[x + 1]):
            e = edges[p]
            y = nodes[p]
            further = key if chosen[e] else key + weights[p]
            if further >= away[y]:
                continue
            down = chosen[e] and found.up[y] == e and found.cut[y]
            if down and found.first[goal] >= found.first[y] and found.first[goal] < found.last[y]:
                continue
            away[y] = further
            via[y] = e
            size = push(keys, items, size, further, y)
    if away[goal] >= limit:
        return -1, np.empty(0, np.int32)
    way = np.empty(count, np.int32)
    several = 0
    x = goal
    while x != start:
        e = via[x]
        if not chosen[e]:
            way[several] = e
            several += 1
        x = graph.tails[e] + graph.heads[e] - x
    return away[goal], way[:several]


@compiled
def find_chain(graph: Graph, chosen: Mask, fixed: Mask, e: int) -> tuple[Nodes, int, int]:
    """Return the edges in a row with one, and the nodes at both ends; no fork or fixed node is inside."""
    starts, nodes, edges = graph.starts, graph.nodes, graph.edges
    chain = np.empty(len(starts), np.int32)
    chain[0] = e
    several = 1
    ends = np.empty(2, np.int64)
    for side in range(2):
        last = e
        x = graph.tails[e] if side == 0 else graph.heads[e]
        while not fixed[x]:
            degree = 0
            other = NONE
            for p in range(starts[x], starts[x + 1]):
                if chosen[edges[p]]:
                    degree += 1
                    if edges[p] != last:
                        other = p
            if degree != 2 or edges[other] == e:  # noqa: PLR2004
                break
            last = edges[other]
            x = nodes[other]
            chain[several] = last
            several += 1
        ends[side] = x
    return chain[:several], ends[0], ends[1]
