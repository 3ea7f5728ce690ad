"""Shortest paths: regions around many sources, and the trees that are built from them."""

from typing import NamedTuple

import numpy as np

from infraplan.routing.compiled import compiled, compiled_inner
from infraplan.routing.graph import FAR, NONE, Costs, Graph, Mask, Nodes
from infraplan.routing.heaps import find_group, pop, push

_CLOSE, _FAR_OFF, _SEARCHED = 1, 2, 3
"""Where a node waits, for this threshold or for a later one, or that it waits no more."""
_SLOW = 8
"""Thresholds rise faster where they let through less than this part of what waits, and slower where more than
this part is searched again."""


class Regions(NamedTuple):
    """For each node the nearest source, how far it is, and the next node and edge on the way; shapes (n,)."""

    away: Costs
    base: Nodes
    before: Nodes
    via: Nodes


@compiled
def find_regions(  # noqa: C901, PLR0912, PLR0915  (one kernel: its state would be its arguments)
    graph: Graph, sources: Nodes
) -> Regions:
    """Return the Voronoi regions of some sources: a search from all of them at once, threshold by threshold.

    Nodes nearer than the threshold are searched in the order in which they were met, some of them again,
    then the threshold is raised (Glover, Glover & Klingman 1984). That sweeps over the graph as it lies in
    memory, where a heap would jump between all sources.
    """
    starts, nodes, edges, weights = graph.starts, graph.nodes, graph.edges, graph.weights
    count = len(starts) - 1
    away = np.full(count, FAR, np.int64)
    base = np.full(count, NONE, np.int32)
    before = np.full(count, NONE, np.int32)
    via = np.full(count, NONE, np.int32)
    near = np.empty(count, np.int32)
    far = np.empty(count, np.int32)
    place = np.zeros(count, np.int8)
    for s in sources:
        away[s] = 0
        base[s] = s
    waiting = 0
    # Sources are not queued: most nodes of a finished tree are sources, and few others are near them.
    for s in sources:
        for p in range(starts[s], starts[s + 1]):
            y = nodes[p]
            if weights[p] < away[y]:
                away[y] = weights[p]
                base[y] = s
                before[y] = s
                via[y] = edges[p]
                if place[y] == 0:
                    place[y] = _FAR_OFF
                    far[waiting] = y
                    waiting += 1
    width = 0
    while waiting > 0:
        least = int(FAR)
        total = 0.0
        for i in range(waiting):
            least = min(least, int(away[far[i]]))
            total += away[far[i]]
        if width == 0:
            width = 1 + (int(total / waiting) - least) // _SLOW
        limit = least + width
        kept = 0
        size = 0
        for i in range(waiting):
            x = far[i]
            if away[x] >= limit:
                far[kept] = x
                kept += 1
            elif place[x] == _FAR_OFF:
                place[x] = _CLOSE
                near[size] = x
                size += 1
        if _SLOW * size < waiting:
            width = min(2 * width, int(FAR))
        waiting = kept
        first = 0
        done, again = 0, 0
        while size > 0:
            x = near[first]
            first = first + 1 if first + 1 < count else 0
            size -= 1
            done += 1
            place[x] = _SEARCHED
            key = away[x]
            for p in range(starts[x], starts[x + 1]):
                y = nodes[p]
                further = key + weights[p]
                if further >= away[y]:
                    continue
                away[y] = further
                base[y] = base[x]
                before[y] = x
                via[y] = edges[p]
                if further >= limit:
                    if place[y] != _FAR_OFF:
                        place[y] = _FAR_OFF
                        far[waiting] = y
                        waiting += 1
                elif place[y] != _CLOSE:
                    again += place[y] == _SEARCHED
                    place[y] = _CLOSE
                    last = first + size
                    near[last if last < count else last - count] = y
                    size += 1
        if _SLOW * again > done:
            width = max(width // 2, 1)
    return Regions(away, base, before, via)


@compiled
def prune(graph: Graph, chosen: Mask, terminal: Mask) -> None:
    """Take off, in place, the branches of a forest that lead to no terminal."""
    tails, heads = graph.tails, graph.heads
    count = len(graph.starts) - 1
    degree = np.zeros(count, np.int32)
    # The exclusive or of a node's edges is the edge itself once only one is left.
    mixed = np.zeros(count, np.int32)
    for e in range(len(tails)):
        if chosen[e]:
            degree[tails[e]] += 1
            degree[heads[e]] += 1
            mixed[tails[e]] ^= e
            mixed[heads[e]] ^= e
    for start in range(count):
        x = start
        while degree[x] == 1 and not terminal[x]:
            e = mixed[x]
            chosen[e] = False
            y = tails[e] + heads[e] - x
            degree[x] = 0
            degree[y] -= 1
            mixed[y] ^= e
            x = y


def rank(costs: Costs, usable: Mask) -> Costs:
    """Return the usable edges, the cheapest first."""
    picks = np.flatnonzero(usable)
    return np.asarray(picks[np.argsort(costs[picks], kind="stable")])


@compiled
def join(graph: Graph, picks: Costs) -> Mask:
    """Return a spanning forest of some edges, those that come first before others (Kruskal)."""
    tails, heads = graph.tails, graph.heads
    group = np.empty(len(graph.starts) - 1, np.int32)
    for x in range(len(group)):
        group[x] = x
    chosen = np.zeros(len(tails), np.bool_)
    for e in picks:
        a = find_group(group, tails[e])
        b = find_group(group, heads[e])
        if a != b:
            group[a] = b
            chosen[e] = True
    return chosen


def span(graph: Graph, usable: Mask, terminal: Mask) -> Mask:
    """Return a minimum spanning forest of the usable edges, pruned."""
    chosen = join(graph, rank(graph.costs, usable))
    prune(graph, chosen, terminal)
    return chosen


def span_nodes(graph: Graph, inside: Mask, terminal: Mask) -> Mask:
    """Return a pruned minimum spanning forest of the edges between some nodes."""
    return span(graph, inside[graph.tails] & inside[graph.heads], terminal)


def join_regions(graph: Graph, terminals: Nodes) -> Mask:
    """Return the nodes of Mehlhorn's tree (1988): the cheapest ways between the terminals' regions."""
    away, base, before, _ = find_regions(graph, terminals)
    tails, heads = graph.tails, graph.heads
    ways = away[tails] + graph.costs + away[heads]
    between = graph._replace(tails=base[tails], heads=base[heads])
    crossed = join(between, rank(ways, between.tails != between.heads))
    inside = np.zeros(len(base), np.bool_)
    inside[terminals] = True
    _climb(before, inside, np.concatenate([tails[crossed], heads[crossed]]))
    return inside


@compiled
def _climb(before: Nodes, inside: Mask, nodes: Nodes) -> None:
    """Take in some nodes and those on their ways, as far as these are not inside."""
    for node in nodes:
        x = node
        while not inside[x]:
            inside[x] = True
            x = before[x]


@compiled
def join_nearest(graph: Graph, terminal: Mask, start: int) -> Mask:
    """Return the nodes of Takahashi & Matsuyama's tree (1980): joined to it is always the nearest terminal.

    One search that goes on: nodes that enter the tree are at distance nought, and the search spreads from
    them anew.
    """
    starts, nodes, weights = graph.starts, graph.nodes, graph.weights
    count = len(starts) - 1
    away = np.full(count, FAR, np.int64)
    before = np.full(count, NONE, np.int32)
    inside = np.zeros(count, np.bool_)
    room = 2 * len(nodes) + count + 1
    keys = np.empty(room, np.int64)
    items = np.empty(room, np.int32)
    left = np.sum(terminal) - terminal[start]
    away[start] = 0
    inside[start] = True
    size = push(keys, items, 0, 0, start)
    while size > 0 and left > 0:
        key = keys[0]
        x = items[0]
        size = pop(keys, items, size)
        if key > away[x]:
            continue
        if terminal[x] and not inside[x]:
            left -= 1
            y = x
            while not inside[y]:
                inside[y] = True
                away[y] = 0
                size = push(keys, items, size, 0, y)
                y = before[y]
            continue
        for p in range(starts[x], starts[x + 1]):
            y = nodes[p]
            further = key + weights[p]
            if further < away[y]:
                away[y] = further
                before[y] = x
                if size >= room - 1:
                    size = _drop_old(keys, items, size, away)
                size = push(keys, items, size, further, y)
    return inside


@compiled_inner
def _drop_old(keys: Costs, items: Nodes, size: int, away: Costs) -> int:
    """Rebuild a full heap without outdated entries: at most one a node is left."""
    kept = 0
    for i in range(size):
        if keys[i] == away[items[i]]:
            key, item = keys[i], items[i]
            kept = push(keys, items, kept, key, item)
    return kept
