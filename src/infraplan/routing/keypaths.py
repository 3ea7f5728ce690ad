"""What local search knows of a tree: key paths, the regions around it and their borders, moves."""

from typing import NamedTuple

import numpy as np

from infraplan.routing.compiled import compiled, compiled_inner
from infraplan.routing.graph import FAR, NONE, Costs, Graph, Mask, Nodes
from infraplan.routing.heaps import merge, pop, push
from infraplan.routing.regions import Regions, find_regions


class Rooted(NamedTuple):
    """A tree in preorder: node x and all below it are ``order[first[x]:last[x]]``."""

    order: Nodes
    parent: Nodes
    up: Nodes
    first: Nodes
    last: Nodes
    key: Mask


class Borders(NamedTuple):
    """Edges between regions with what crossing them costs, and a skew heap of them for each base."""

    edges: Nodes
    keys: Costs
    left: Nodes
    right: Nodes
    top: Nodes


class Patch(NamedTuple):
    """Nodes that lost their region, and where they would belong instead (``regions``), for one move."""

    nodes: Nodes
    mark: Nodes
    removed: Nodes
    regions: Regions
    keys: Costs
    items: Nodes


class Members(NamedTuple):
    """The nodes of each region as linked lists."""

    top: Nodes
    after: Nodes


class Moves(NamedTuple):
    """What could be changed: gains, and where the edges and attachments of each move begin and end."""

    gain: Costs
    fork: Nodes
    removed_to: Costs
    added_to: Costs
    bases_to: Costs
    removed: Nodes
    added: Nodes
    bases: Nodes


class Work(NamedTuple):
    """Everything that a pass knows, apart from the graph."""

    tree: Rooted
    regions: Regions
    members: Members
    borders: Borders
    patch: Patch
    moves: Moves


@compiled
def root_tree(graph: Graph, chosen: Mask, terminal: Mask, root: int) -> Rooted:
    """Return a tree in preorder from its root."""
    starts, nodes, edges = graph.starts, graph.nodes, graph.edges
    count = len(starts) - 1
    parent = np.full(count, NONE, np.int32)
    up = np.full(count, NONE, np.int32)
    first = np.full(count, NONE, np.int32)
    last = np.zeros(count, np.int32)
    key = np.zeros(count, np.bool_)
    order = np.empty(count, np.int32)
    stack = np.empty(count, np.int32)
    stack[0] = root
    size = 1
    several = 0
    while size > 0:
        size -= 1
        x = stack[size]
        first[x] = several
        order[several] = x
        several += 1
        degree = 0
        for p in range(starts[x], starts[x + 1]):
            if chosen[edges[p]]:
                degree += 1
                if edges[p] != up[x]:
                    y = nodes[p]
                    parent[y] = x
                    up[y] = edges[p]
                    stack[size] = y
                    size += 1
        key[x] = terminal[x] or degree > 2 or x == root  # noqa: PLR2004
    for i in range(several - 1, -1, -1):
        x = order[i]
        last[x] = max(last[x], i + 1)
        if i > 0:
            last[parent[x]] = max(last[parent[x]], last[x])
    return Rooted(order[:several], parent, up, first, last, key)


@compiled
def _list_members(base: Nodes) -> Members:
    count = len(base)
    top = np.full(count, NONE, np.int32)
    after = np.full(count, NONE, np.int32)
    for x in range(count):
        b = base[x]
        if b >= 0:
            after[x] = top[b]
            top[b] = x
    return Members(top, after)


@compiled
def _find_borders(graph: Graph, regions: Regions) -> Borders:
    tails, heads, base, away = graph.tails, graph.heads, regions.base, regions.away
    several = 0
    for e in range(len(tails)):
        if base[tails[e]] != base[heads[e]]:
            several += 1
    edges = np.empty(several, np.int32)
    keys = np.empty(several, np.int64)
    left = np.full(2 * several, NONE, np.int32)
    right = np.full(2 * several, NONE, np.int32)
    top = np.full(len(base), NONE, np.int32)
    several = 0
    for e in range(len(tails)):
        a, b = base[tails[e]], base[heads[e]]
        if a != b:
            edges[several] = e
            keys[several] = away[tails[e]] + graph.costs[e] + away[heads[e]]
            top[a] = merge(top[a], 2 * several, keys, left, right)
            top[b] = merge(top[b], 2 * several + 1, keys, left, right)
            several += 1
    return Borders(edges, keys, left, right, top)


def start_work(graph: Graph, chosen: Mask, terminal: Mask) -> Work:
    """Return what a pass of local search begins with."""
    count = len(graph.starts) - 1
    tree = root_tree(graph, chosen, terminal, int(terminal.argmax()))
    regions = find_regions(graph, tree.order)
    several = len(tree.order)
    patch = Patch(
        np.empty(count, np.int32),
        np.zeros(count, np.int32),
        np.zeros(count, np.int32),
        Regions(
            np.full(count, FAR, np.int64),
            np.full(count, NONE, np.int32),
            np.full(count, NONE, np.int32),
            np.full(count, NONE, np.int32),
        ),
        np.empty(len(graph.nodes) + 1, np.int64),
        np.empty(len(graph.nodes) + 1, np.int32),
    )
    room = 4 * count + 64
    moves = Moves(
        np.zeros(2 * several + 1, np.int64),
        np.full(2 * several + 1, NONE, np.int32),
        np.zeros(2 * several + 2, np.int64),
        np.zeros(2 * several + 2, np.int64),
        np.zeros(2 * several + 2, np.int64),
        np.empty(3 * several + 1, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
    )
    return Work(tree, regions, _list_members(regions.base), _find_borders(graph, regions), patch, moves)


@compiled_inner
def free(members: Members, patch: Patch, x: int, stamp: int, several: int) -> int:
    """Take a node of the tree away: all of its region is without base. Return how many nodes are."""
    away, base = patch.regions.away, patch.regions.base
    patch.removed[x] = stamp
    y = members.top[x]
    while y >= 0:
        patch.nodes[several] = y
        patch.mark[y] = stamp
        away[y] = FAR
        base[y] = NONE
        several += 1
        y = members.after[y]
    return several


@compiled_inner
def repair(graph: Graph, regions: Regions, patch: Patch, stamp: int, several: int, limit: int) -> None:
    """Give the nodes without base to the regions around, up to a distance that can matter."""
    starts, nodes, edges, weights = graph.starts, graph.nodes, graph.edges, graph.weights
    mark, keys, items = patch.mark, patch.keys, patch.items
    away, base, before, via = patch.regions
    size = 0
    for i in range(several):
        x = patch.nodes[i]
        for p in range(starts[x], starts[x + 1]):
            y = nodes[p]
            if mark[y] != stamp and regions.base[y] >= 0:
                further = regions.away[y] + weights[p]
                if further < away[x] and further < limit:
                    away[x] = further
                    base[x] = regions.base[y]
                    before[x] = y
                    via[x] = edges[p]
        if away[x] < FAR:
            size = push(keys, items, size, away[x], x)
    while size > 0:
        key = keys[0]
        x = items[0]
        size = pop(keys, items, size)
        if key > away[x]:
            continue
        for p in range(starts[x], starts[x + 1]):
            y = nodes[p]
            further = key + weights[p]
            if mark[y] == stamp and further < away[y] and further < limit:
                away[y] = further
                base[y] = base[x]
                before[y] = x
                via[y] = edges[p]
                size = push(keys, items, size, further, y)


@compiled_inner
def add_way(
    graph: Graph, regions: Regions, patch: Patch, moves: Moves, stamp: int, e: int, added: int, bases: int
) -> tuple[int, int]:
    """Record an edge and the ways from both its ends to the tree; return −1 where there is no room left."""
    new, mark = moves.added, patch.mark
    if bases + 2 > len(moves.bases) or added >= len(new):
        return NONE, bases
    new[added] = e
    added += 1
    for side in range(2):
        x = graph.tails[e] if side == 0 else graph.heads[e]
        while True:
            own = mark[x] == stamp
            before = patch.regions.before[x] if own else regions.before[x]
            if before < 0:
                break
            if added >= len(new):
                return NONE, bases
            new[added] = patch.regions.via[x] if own else regions.via[x]
            added += 1
            x = before
        moves.bases[bases] = x
        bases += 1
    return added, bases


@compiled_inner
def find_part(first: Nodes, last: Nodes, children: Nodes, several: int, base: int) -> int:
    """Return below which of the children, which are in preorder, a node lies; their number if below none."""
    place = first[base]
    low, high = 0, several
    while low < high:
        middle = (low + high) >> 1
        if first[children[middle]] <= place:
            low = middle + 1
        else:
            high = middle
    if low > 0 and place < last[children[low - 1]]:
        return low - 1
    return several
