"""Smaller graphs with the same cheapest trees, and the way back from them."""

from typing import NamedTuple

import numpy as np

from infraplan.routing.compiled import compiled, compiled_inner
from infraplan.routing.graph import FAR, NONE, Costs, Graph, Mask, Nodes, make_graph
from infraplan.routing.heaps import pop, push


class Trace(NamedTuple):
    """How the edges of a reduced graph stand for those of the graph before.

    Attributes
    ----------
    kept
        Edges of the graph before that were looked at: the first ``len(kept)`` of the pieces.
    first, second
        The two pieces of which each further piece was put together, shape (pieces,); −1 for the kept.
    fixed
        Pieces that belong to a cheapest tree, in any case.
    edges
        The piece of each edge of the reduced graph.
    whole
        Edges in the graph before.
    """

    kept: Nodes
    first: Nodes
    second: Nodes
    fixed: Nodes
    edges: Nodes
    whole: int


class Reduced(NamedTuple):
    """A reduced graph, its terminals as a mask, what the fixed edges cost, and the way back."""

    graph: Graph
    terminal: Mask
    fixed_cost: int
    trace: Trace


def shrink(graph: Graph, terminal: Mask, keep: Mask | None = None) -> Reduced:
    """Return the graph without the edges that are not to be kept, contracted where the choice is plain.

    Parts that no terminal needs, nodes of degree one, chains, and terminals whose cheapest edge surely
    belongs to a cheapest tree: it leads to another terminal, or near one (Duin & Volgenant 1989).
    """
    whole = len(graph.costs)
    kept = (np.arange(whole) if keep is None else np.flatnonzero(keep)).astype(np.int32)
    tails, heads, costs, first, second, alive, fixed, terminals = _contract(
        graph.tails[kept], graph.heads[kept], graph.costs[kept], terminal
    )
    edges = np.flatnonzero(alive)
    inside = terminals.copy()
    inside[tails[edges]] = True
    inside[heads[edges]] = True
    number = np.cumsum(inside) - 1
    small = make_graph(int(inside.sum()), number[tails[edges]], number[heads[edges]], costs[edges])
    held = np.flatnonzero(fixed).astype(np.int32)
    trace = Trace(kept, first, second, held, edges.astype(np.int32), whole)
    return Reduced(small, terminals[inside], int(costs[held].sum()), trace)


def lift(trace: Trace, chosen: Mask) -> Mask:
    """Return the edges of the graph before that a choice in the reduced graph stands for."""
    pieces = np.zeros(len(trace.first), np.bool_)
    pieces[trace.edges[chosen]] = True
    pieces[trace.fixed] = True
    _open(pieces, trace.first, trace.second, len(trace.kept))
    before = np.zeros(trace.whole, np.bool_)
    before[trace.kept[pieces[: len(trace.kept)]]] = True
    return before


def project(trace: Trace, chosen: Mask) -> Mask:
    """Return the edges of the reduced graph that a choice in the graph before holds entirely."""
    pieces = np.zeros(len(trace.first), np.bool_)
    pieces[: len(trace.kept)] = chosen[trace.kept]
    _close(pieces, trace.first, trace.second, len(trace.kept))
    return np.asarray(pieces[trace.edges])


def project_prices(trace: Trace, prices: Costs) -> Costs:
    """Return for each edge of the reduced graph the highest price of its pieces."""
    pieces = np.zeros(len(trace.first), np.int64)
    pieces[: len(trace.kept)] = prices[trace.kept]
    _raise(pieces, trace.first, trace.second, len(trace.kept))
    return np.asarray(pieces[trace.edges])


@compiled
def _raise(pieces: Costs, first: Nodes, second: Nodes, kept: int) -> None:
    for e in range(kept, len(pieces)):
        pieces[e] = max(pieces[first[e]], pieces[second[e]])


@compiled
def _open(pieces: Mask, first: Nodes, second: Nodes, kept: int) -> None:
    for e in range(len(pieces) - 1, kept - 1, -1):
        if pieces[e]:
            pieces[first[e]] = True
            pieces[second[e]] = True


@compiled
def _close(pieces: Mask, first: Nodes, second: Nodes, kept: int) -> None:
    for e in range(kept, len(pieces)):
        pieces[e] = pieces[first[e]] and pieces[second[e]]


@compiled_inner
def _find_edge(x: int, y: int, tails: Nodes, heads: Nodes, alive: Mask, top: Nodes, after: Nodes) -> int:
    """Return the living edge between x and y, or −1; dead edges on the way leave the list of x."""
    slot = top[x]
    last = NONE
    while slot >= 0:
        e = int(slot) >> 1
        if not alive[e]:
            if last < 0:
                top[x] = after[slot]
            else:
                after[last] = after[slot]
        else:
            if tails[e] + heads[e] - x == y:
                return e
            last = slot
        slot = after[slot]
    return NONE


@compiled_inner
def _find_plain(
    x: int, tails: Nodes, heads: Nodes, costs: Costs, alive: Mask, top: Nodes, after: Nodes, terminal: Mask
) -> int:
    """Return the edge of terminal x that belongs to some cheapest tree, or −1 if that is not plain."""
    best = NONE
    other = FAR
    slot = top[x]
    while slot >= 0:
        e = slot >> 1
        if alive[e]:
            if best < 0 or costs[e] < costs[best]:
                if best >= 0:
                    other = costs[best]
                best = e
            elif costs[e] < other:
                other = costs[e]
        slot = after[slot]
    if best < 0 or other == FAR:
        return best
    y = tails[best] + heads[best] - x
    if terminal[y]:
        return best
    slot = top[y]
    seen = 0
    # A hub is not searched to the end, lest its terminals cost the square of their number.
    while slot >= 0 and seen < 64:  # noqa: PLR2004
        seen += 1
        e = slot >> 1
        z = tails[e] + heads[e] - y
        if alive[e] and z != x and terminal[z] and costs[best] + costs[e] <= other:
            return best
        slot = after[slot]
    return NONE


@compiled
def _contract(  # noqa: C901, PLR0912, PLR0915  (one kernel: its state would be its arguments)
    tails0: Nodes, heads0: Nodes, costs0: Costs, terminal0: Mask
) -> tuple[Nodes, Nodes, Costs, Nodes, Nodes, Mask, Mask, Mask]:
    """Contract what is plain, from a list of nodes to look at, until nothing is left to do.

    Each step is right for the graph as it is then, so that ties do no harm. Slots ``2e`` and ``2e + 1`` of
    edge e hang in the linked lists of its tail and head.
    """
    several = len(tails0)
    count = len(terminal0)
    room = several + count
    tails = np.empty(room, np.int32)
    heads = np.empty(room, np.int32)
    costs = np.empty(room, np.int64)
    first = np.full(room, NONE, np.int32)
    second = np.full(room, NONE, np.int32)
    alive = np.zeros(room, np.bool_)
    fixed = np.zeros(room, np.bool_)
    terminal = terminal0.copy()
    targets = 0
    top = np.full(count, NONE, np.int32)
    after = np.full(2 * room, NONE, np.int32)
    degree = np.zeros(count, np.int32)
    for e in range(several):
        a, b = tails0[e], heads0[e]
        tails[e] = a
        heads[e] = b
        costs[e] = costs0[e]
        if a != b:
            alive[e] = True
            after[2 * e] = top[a]
            top[a] = 2 * e
            after[2 * e + 1] = top[b]
            top[b] = 2 * e + 1
            degree[a] += 1
            degree[b] += 1
    waiting = np.empty(count, np.int32)
    queued = np.ones(count, np.bool_)
    for x in range(count):
        waiting[count - 1 - x] = x
        targets += terminal[x]
    size = count
    while size > 0:
        size -= 1
        x = waiting[size]
        queued[x] = False
        changed = NONE
        also = NONE
        if degree[x] == 0:
            continue
        if terminal[x]:
            if targets < 2 or degree[x] > 16:  # noqa: PLR2004
                continue
            e = _find_plain(x, tails, heads, costs, alive, top, after, terminal)
            if e < 0:
                continue
            y = tails[e] + heads[e] - x
            fixed[e] = True
            alive[e] = False
            degree[y] -= 1
            if terminal[y]:
                targets -= 1
            terminal[y] = True
            terminal[x] = False
            # The other edges of x become edges of y.
            slot = top[x]
            while slot >= 0:
                e = slot >> 1
                following = after[slot]
                if alive[e]:
                    z = tails[e] + heads[e] - x
                    twin = NONE
                    if degree[y] <= degree[z]:
                        twin = _find_edge(y, z, tails, heads, alive, top, after)
                    else:
                        twin = _find_edge(z, y, tails, heads, alive, top, after)
                    if twin >= 0 and costs[twin] <= costs[e]:
                        alive[e] = False
                        degree[z] -= 1
                    else:
                        if twin >= 0:
                            alive[twin] = False
                            degree[z] -= 1
                            degree[y] -= 1
                        if tails[e] == x:
                            tails[e] = y
                        else:
                            heads[e] = y
                        after[slot] = top[y]
                        top[y] = slot
                        degree[y] += 1
                    if not queued[z]:
                        queued[z] = True
                        waiting[size] = z
                        size += 1
                slot = following
            top[x] = NONE
            degree[x] = 0
            changed = y
        elif degree[x] == 1:
            slot = top[x]
            while not alive[slot >> 1]:
                slot = after[slot]
            e = slot >> 1
            alive[e] = False
            degree[x] = 0
            changed = tails[e] + heads[e] - x
            degree[changed] -= 1
        elif degree[x] == 2:  # noqa: PLR2004
            slot = top[x]
            while not alive[slot >> 1]:
                slot = after[slot]
            e = slot >> 1
            slot = after[slot]
            while not alive[slot >> 1]:
                slot = after[slot]
            f = slot >> 1
            a = tails[e] + heads[e] - x
            b = tails[f] + heads[f] - x
            alive[e] = False
            alive[f] = False
            degree[x] = 0
            joint = costs[e] + costs[f]
            twin = NONE
            if a != b:
                if degree[a] <= degree[b]:
                    twin = _find_edge(a, b, tails, heads, alive, top, after)
                else:
                    twin = _find_edge(b, a, tails, heads, alive, top, after)
            if a == b or (twin >= 0 and costs[twin] <= joint):
                degree[a] -= 1
                degree[b] -= 1
            else:
                if twin >= 0:
                    alive[twin] = False
                    degree[a] -= 1
                    degree[b] -= 1
                tails[several] = a
                heads[several] = b
                costs[several] = joint
                first[several] = e
                second[several] = f
                alive[several] = True
                after[2 * several] = top[a]
                top[a] = 2 * several
                after[2 * several + 1] = top[b]
                top[b] = 2 * several + 1
                several += 1
            changed = a
            also = b
        if changed >= 0 and not queued[changed]:
            queued[changed] = True
            waiting[size] = changed
            size += 1
        if also >= 0 and not queued[also]:
            queued[also] = True
            waiting[size] = also
            size += 1
    return (
        tails[:several],
        heads[:several],
        costs[:several],
        first[:several],
        second[:several],
        alive[:several],
        fixed[:several],
        terminal,
    )


@compiled
def find_needless(  # noqa: C901, PLR0912  (one kernel)
    graph: Graph, terminal: Mask, steps: int
) -> Mask:
    """Tell which edges some cheapest tree does without: the bottleneck ("special distance") test.

    An edge is needless where its ends are joined by another path on which no stretch between terminals costs
    more (Duin & Volgenant 1989). One bounded search an edge; what was found needless is not used again.
    """
    starts, nodes, edges, weights = graph.starts, graph.nodes, graph.edges, graph.weights
    count = len(starts) - 1
    away = np.full(count, FAR, np.int64)
    needless = np.zeros(len(graph.tails), np.bool_)
    room = 16 * steps + 64
    keys = np.empty(room, np.int64)
    items = np.empty(room, np.int32)
    touched = np.empty(room, np.int32)
    for e in range(len(graph.tails)):
        limit = graph.costs[e]
        goal = graph.heads[e]
        away[graph.tails[e]] = 0
        touched[0] = graph.tails[e]
        seen = 1
        size = push(keys, items, 0, 0, graph.tails[e])
        taken = 0
        while size > 0 and taken < steps and not needless[e]:
            key = keys[0]
            x = items[0]
            size = pop(keys, items, size)
            if key > away[x]:
                continue
            taken += 1
            if starts[x + 1] - starts[x] > room:
                # From the network that is there thousands of ways lead on: look for it from the other end.
                for p in range(starts[goal], starts[goal + 1]):
                    if (
                        nodes[p] == x
                        and key + weights[p] <= limit
                        and edges[p] != e
                        and not needless[edges[p]]
                    ):
                        needless[e] = True
                        break
                continue
            for p in range(starts[x], starts[x + 1]):
                further = key + weights[p]
                if further > limit or edges[p] == e or needless[edges[p]]:
                    continue
                y = nodes[p]
                if y == goal:
                    needless[e] = True
                    break
                if terminal[y]:
                    further = 0
                if further < away[y] and size < room - 1 and seen < room - 1:
                    if away[y] == FAR:
                        touched[seen] = y
                        seen += 1
                    away[y] = further
                    size = push(keys, items, size, further, y)
        for i in range(seen):
            away[touched[i]] = FAR
    return needless
