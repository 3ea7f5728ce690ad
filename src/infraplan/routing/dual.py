"""Dual ascent (Wong 1984): a lower bound, and what is left of the cost of every arc."""

from typing import NamedTuple

import numpy as np

from infraplan.routing.compiled import compiled
from infraplan.routing.graph import FAR, Costs, Graph, Mask, Nodes, find_twins
from infraplan.routing.heaps import pop, push
from infraplan.routing.keypaths import root_tree

_NODE = 32
"""Bits of a key below the size of the border: of sets with as many arcs the first in memory is the next."""
_AGAIN = 1 << 20
"""What an arc of the guiding tree, after the first, counts in a border."""


class Ascent(NamedTuple):
    """A dual ascent under way. The arrays are worked on in place.

    Attributes
    ----------
    root
        The node from which all terminals are to be reached.
    guide
        Arcs of a tree from the root, shape (2m,). Sets that it enters more than once wait: in a proof that a
        tree is best, every set is entered once.
    left
        What is left of each arc's cost, shape (2m,): the arc of x towards y stands for the way from y to x.
    active
        Terminals whose set still grows, shape (n,).
    keys, items, size
        The heap of active terminals, those with the fewest arcs into their set first.
    bound
        What the sets have been given so far: no tree costs less.
    """

    root: int
    guide: Mask
    left: Costs
    active: Mask
    keys: Costs
    items: Nodes
    size: int
    bound: int


def start_ascent(
    graph: Graph,
    terminals: Nodes,
    root: int,
    *,
    guide: Mask | None = None,
    left: Costs | None = None,
) -> Ascent:
    """Return an ascent before its first step, on the graph's costs or on other costs of its arcs."""
    targets = np.unique(terminals[terminals != root]).astype(np.int32)
    active = np.zeros(len(graph.starts) - 1, np.bool_)
    active[targets] = True
    degree = np.diff(graph.starts)[targets]
    order = np.argsort(degree, kind="stable")
    keys = np.zeros(len(targets) + 2, np.int64)
    items = np.zeros(len(targets) + 2, np.int32)
    keys[: len(targets)] = (degree[order].astype(np.int64) << _NODE) + targets[order]
    items[: len(targets)] = targets[order]
    begin = (graph.weights if left is None else left).copy()
    drawn = np.zeros(len(graph.nodes), np.bool_) if guide is None else guide
    return Ascent(root, drawn, begin, active, keys, items, len(targets), 0)


def ascend(graph: Graph, ascent: Ascent, work: int) -> tuple[Ascent, int]:
    """Go on until the ascent is finished (its size is 0) or so many arcs were looked at; return how many."""
    size, bound, done = _ascend(
        graph,
        (ascent.root, ascent.size, work),
        ascent.guide,
        ascent.left,
        ascent.active,
        ascent.keys,
        ascent.items,
    )
    return ascent._replace(size=size, bound=ascent.bound + bound), done


def orient(graph: Graph, chosen: Mask, terminal: Mask, root: int) -> Mask:
    """Return the arcs of a tree that lead away from its root, shape (2m,)."""
    up = root_tree(graph, chosen, terminal, root).up
    return np.asarray(np.repeat(up, np.diff(graph.starts)) == graph.edges)


@compiled
def _ascend(  # noqa: C901, PLR0912, PLR0915  (one kernel: its state would be its arguments)
    graph: Graph,
    numbers: tuple[int, int, int],
    guide: Mask,
    left: Costs,
    active: Mask,
    keys: Costs,
    items: Nodes,
) -> tuple[int, int, int]:
    """Raise sets, smallest border first (Pajor, Uchoa & Werneck 2018), and return size, bound and work."""
    root, size, work = numbers
    starts, nodes = graph.starts, graph.nodes
    count = len(starts) - 1
    stamp = np.zeros(count, np.int32)
    turn = 0
    members = np.empty(count, np.int32)
    cut = np.empty(len(nodes), np.int64)
    bound = 0
    done = 0
    while size > 0 and done < work:
        t = int(items[0])
        size = pop(keys, items, size)
        turn += 1
        members[0] = t
        stamp[t] = turn
        several = 1
        looked = 0
        border = 0
        joined = False
        while True:
            # The set takes in all from which it can be reached for free.
            while looked < several and not joined:
                x = members[looked]
                looked += 1
                for p in range(starts[x], starts[x + 1]):
                    y = nodes[p]
                    if stamp[y] == turn:
                        continue
                    if left[p] > 0:
                        cut[border] = p
                        border += 1
                    elif y == root or active[y]:
                        joined = True
                        break
                    else:
                        stamp[y] = turn
                        members[several] = y
                        several += 1
                done += starts[x + 1] - starts[x]
            if joined:
                break
            kept = 0
            crossed = 0
            least = FAR
            for i in range(border):
                p = cut[i]
                if stamp[nodes[p]] != turn:
                    cut[kept] = p
                    kept += 1
                    least = min(least, left[p])
                    crossed += guide[p]
            done += 2 * border
            border = kept
            if border == 0:
                joined = True
                break
            key = int(border + _AGAIN * max(crossed - 1, 0))
            if size > 0 and key > keys[0] >> _NODE:
                size = push(keys, items, size, (key << _NODE) + t, t)
                break
            bound += int(least)
            kept = 0
            for i in range(border):
                p = cut[i]
                left[p] -= least
                if left[p] > 0:
                    cut[kept] = p
                    kept += 1
                    continue
                y = nodes[p]
                if y == root or active[y]:
                    joined = True
                elif stamp[y] != turn:
                    stamp[y] = turn
                    members[several] = y
                    several += 1
            border = kept
            if joined:
                break
        if joined:
            active[t] = False
    return size, bound, done


def price_edges(graph: Graph, ascent: Ascent, terminals: Nodes) -> Costs:
    """Return for each edge what any tree that uses it costs at least, beyond the bound, shape (m,).

    A tree that uses an arc has a path from the root to the arc and one from there to a terminal, and pays for
    both what the ascent has left of their costs.
    """
    twins = find_twins(graph.starts, graph.edges)
    roots = np.array([ascent.root], np.int32)
    down = measure(graph, ascent.left[twins], roots)
    up = measure(graph, ascent.left, terminals[terminals != ascent.root])
    return _price_edges(graph, ascent.left, down, up)


@compiled
def _price_edges(graph: Graph, left: Costs, down: Costs, up: Costs) -> Costs:
    prices = np.full(len(graph.tails), FAR, np.int64)
    for x in range(len(graph.starts) - 1):
        for p in range(graph.starts[x], graph.starts[x + 1]):
            y = graph.nodes[p]
            if up[x] < FAR and down[y] < FAR:
                prices[graph.edges[p]] = min(prices[graph.edges[p]], down[y] + left[p] + up[x])
    return prices


@compiled
def measure(graph: Graph, costs: Costs, sources: Nodes) -> Costs:
    """Return the distance of each node from some sources where each arc has its own cost (Dijkstra)."""
    starts, nodes = graph.starts, graph.nodes
    away = np.full(len(starts) - 1, FAR, np.int64)
    keys = np.empty(len(nodes) + len(sources) + 1, np.int64)
    items = np.empty(len(nodes) + len(sources) + 1, np.int32)
    size = 0
    for s in sources:
        away[s] = 0
        size = push(keys, items, size, 0, s)
    while size > 0:
        key = keys[0]
        x = items[0]
        size = pop(keys, items, size)
        if key > away[x]:
            continue
        for p in range(starts[x], starts[x + 1]):
            further = key + costs[p]
            if further < away[nodes[p]]:
                away[nodes[p]] = further
                size = push(keys, items, size, further, nodes[p])
    return away
