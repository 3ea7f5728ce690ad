"""Kernels of the nearest sources: Dijkstra's search with several labels a node, each of another source."""

import numpy as np
from numpy.typing import NDArray

from infraplan.routing.compiled import compiled, compiled_inner
from infraplan.routing.graph import FAR, Costs, Mask, Nodes
from infraplan.routing.heaps import pop, push


@compiled_inner
def enter(row: Costs, key: int, several: int) -> bool:
    """Put a key among the smallest of a row, one a source, and tell whether it is there now.

    A key is cost x ``several`` + source, so that of equal costs the lowest source is the smallest key.
    """
    source = key % several
    last = len(row) - 1
    at = last
    for i in range(len(row)):
        if row[i] == FAR:
            at = i
            break
        if row[i] % several == source:
            if row[i] <= key:
                return False
            at = i
            break
    else:
        if row[last] <= key:
            return False
    while at > 0 and row[at - 1] > key:
        row[at] = row[at - 1]
        at -= 1
    row[at] = key
    return True


@compiled
def label_nodes(
    starts: NDArray[np.int64],
    nodes: Nodes,
    weights: Costs,
    entries: tuple[Nodes, Costs],
    labels: tuple[Costs, int],
) -> None:
    """Fill the labels of nodes: the smallest keys of different sources, by what it costs to get there.

    Parameters
    ----------
    starts, nodes, weights
        For each node the arcs that lead to it: from where, and at what cost.
    entries
        Nodes from which a source can be had, and with which key; shapes (e,).
    labels
        FAR everywhere, shape (n, k), which is filled; and the number of sources.
    """
    row, several = labels
    entry_nodes, entry_keys = entries
    most = len(entry_nodes) + row.shape[1] * len(nodes)
    keys = np.empty(most, np.int64)
    items = np.empty(most, np.int32)
    size = 0
    for i in range(len(entry_nodes)):
        x = entry_nodes[i]
        if enter(row[x], entry_keys[i], several):
            size = push(keys, items, size, entry_keys[i], x)
    while size > 0:
        key = keys[0]
        x = items[0]
        size = pop(keys, items, size)
        valid = False
        for i in range(row.shape[1]):
            valid = valid or row[x, i] == key
        if not valid:
            continue
        for p in range(starts[x], starts[x + 1]):
            y = nodes[p]
            further = key + weights[p] * several
            if enter(row[y], further, several):
                size = push(keys, items, size, further, y)


@compiled
def label_places(
    labels: tuple[Costs, int],
    edges: tuple[Nodes, Nodes, Mask, Mask, Costs],
    targets: tuple[NDArray[np.int64], Costs, Costs],
    places: tuple[Nodes, Costs, Costs],
    found: Costs,
) -> None:
    """Fill the labels of places along edges from those of the edges' ends and of the targets between.

    Parameters
    ----------
    labels
        Of the nodes, shape (n, k), and the number of sources.
    edges
        Tail, head, whether it may be gone forward, and backward, and its cost; shapes (m,).
    targets
        Those on edge e are ``starts[e]:starts[e + 1]``; how far along the edge, and the key of what follows.
    places
        Edge of each, how far along it, and the cost of the way there; shapes (p,).
    found
        FAR everywhere, shape (p, k), which is filled.
    """
    row, several = labels
    tails, heads, forward, backward, costs = edges
    starts, target_along, target_keys = targets
    place_edges, place_along, place_away = places
    for i in range(len(place_edges)):
        e = place_edges[i]
        along = place_along[i]
        away = place_away[i]
        # At an end of its edge a place is that node, whichever way the edge may be gone.
        if backward[e] or along == 0:
            for j in range(row.shape[1]):
                key = row[tails[e], j]
                if key < FAR:
                    enter(found[i], key + (along + away) * several, several)
        if forward[e] or 0 < along == costs[e]:
            for j in range(row.shape[1]):
                key = row[heads[e], j]
                if key < FAR:
                    enter(found[i], key + (costs[e] - along + away) * several, several)
        for t in range(starts[e], starts[e + 1]):
            step = target_along[t] - along
            if step == 0 or (step > 0 and forward[e]) or (step < 0 and backward[e]):
                enter(found[i], target_keys[t] + (abs(step) + away) * several, several)
