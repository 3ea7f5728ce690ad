"""Kernels for flows between nodes that are to be joined twice: cuts, their prices, and exchanges."""

from typing import NamedTuple

import numpy as np

from infraplan.routing.compiled import compiled
from infraplan.routing.graph import FAR, NONE, Costs, Graph, Mask, Nodes
from infraplan.routing.heaps import pop, push

_EAGER = 1.25
"""A cut is raised while it has at most so many times the edges of the next one."""
_AGAIN = 1 << 20
"""What an edge of the guiding network, after two, counts in a cut."""


class Flow(NamedTuple):
    """A flow from one node, and the search for more of it.

    Attributes
    ----------
    room
        The most that an edge takes, shape (m,).
    sent
        What it takes, from its tail to its head, shape (m,).
    used
        Edges that had some, with repetitions, shape (2m + 1,).
    queue, via, stamp
        Nodes reached by the last search, the edges by which, and by which search; shapes (n,).
    """

    room: Costs
    sent: Costs
    used: Nodes
    queue: Nodes
    via: Nodes
    stamp: Nodes


@compiled
def start_flow(room: Costs, count: int) -> Flow:
    """Return no flow in a graph of so many nodes."""
    return Flow(
        room,
        np.zeros(len(room), np.int64),
        np.empty(2 * len(room) + 1, np.int32),
        np.empty(count, np.int32),
        np.empty(count, np.int32),
        np.zeros(count, np.int32),
    )


@compiled
def reach(graph: Graph, flow: Flow, source: int, goals: Mask, turn: int) -> tuple[int, int]:
    """Search for the shortest way with room to any other goal: return it or −1, and how many were reached."""
    flow.queue[0] = source
    flow.stamp[source] = turn
    several = 1
    looked = 0
    while looked < several:
        x = flow.queue[looked]
        looked += 1
        for p in range(graph.starts[x], graph.starts[x + 1]):
            e = graph.edges[p]
            y = graph.nodes[p]
            sent = flow.sent[e] if graph.tails[e] == x else -flow.sent[e]
            if flow.room[e] <= sent or flow.stamp[y] == turn:
                continue
            flow.stamp[y] = turn
            flow.via[y] = e
            flow.queue[several] = y
            several += 1
            if goals[y]:
                return y, several
    return NONE, several


@compiled
def send(graph: Graph, flow: Flow, source: int, goal: int, most: int, used: int) -> tuple[int, int]:
    """Send what there is room for along the way that was found; return how much, and how many had some."""
    tails, sent = graph.tails, flow.sent
    step = most
    x = goal
    while x != source:
        e = flow.via[x]
        y = tails[e] + graph.heads[e] - x
        step = min(step, flow.room[e] - (sent[e] if tails[e] == y else -sent[e]))
        x = y
    while goal != source:
        e = flow.via[goal]
        y = tails[e] + graph.heads[e] - goal
        if used == len(flow.used):
            used = 0
            for f in np.flatnonzero(sent):
                flow.used[used] = f
                used += 1
        flow.used[used] = e
        used += 1
        sent[e] += step if tails[e] == y else -step
        goal = y
    return step, used


@compiled
def exchange(graph: Graph, chosen: Mask, chain: Nodes, one: int, other: int) -> bool:
    """Leave a chain out, in place, or put what is cheaper there, if either can be; tell whether it was.

    Its ends must stay joined twice, then all else does. Of two ways between them without the chain, the first
    is any on chosen edges, the second as in ``find_cover``: other chosen edges are free, those of the first
    can only be passed backwards. Where there is no first way, the chain leads to nothing that is wanted.
    """
    tails, starts, nodes, edges = graph.tails, graph.starts, graph.nodes, graph.edges
    count = len(starts) - 1
    limit = 0
    for e in chain:
        chosen[e] = False
        limit += graph.costs[e]
    if one == other:
        return True
    flow = start_flow(chosen.astype(np.int64), count)
    goals = np.zeros(count, np.bool_)
    goals[other] = True
    goal, _ = reach(graph, flow, one, goals, 1)
    if goal < 0:
        return True
    send(graph, flow, one, other, 1, 0)
    away = np.full(count, FAR, np.int64)
    via = flow.via
    keys = np.empty(len(nodes) + 1, np.int64)
    items = np.empty(len(nodes) + 1, np.int32)
    # What is reached for nothing more needs no heap, and most is.
    level = np.empty(len(nodes) + 1, np.int32)
    away[one] = 0
    level[0] = one
    waiting = 1
    size = 0
    while away[other] == FAR or size > 0 or waiting > 0:
        if waiting > 0:
            waiting -= 1
            x = level[waiting]
            key = away[x]
        elif size > 0:
            key = keys[0]
            x = items[0]
            size = pop(keys, items, size)
            if key > away[x]:
                continue
        else:
            break
        if x == other or key >= limit:
            break
        for p in range(starts[x], starts[x + 1]):
            e = edges[p]
            y = nodes[p]
            if chosen[e] and flow.sent[e] == (1 if tails[e] == x else -1):
                continue
            further = key if chosen[e] else key + graph.costs[e]
            if further >= away[y]:
                continue
            away[y] = further
            via[y] = e
            if further == key:
                level[waiting] = y
                waiting += 1
            else:
                size = push(keys, items, size, further, y)
    if away[other] > 0 and away[other] >= limit:
        for e in chain:
            chosen[e] = True
        return False
    x = other
    while x != one:
        e = via[x]
        chosen[e] = True
        x = tails[e] + graph.heads[e] - x
    return True


@compiled
def find_cuts(graph: Graph, room: Costs, wanted: Mask, start: int, need: int) -> tuple[Nodes, Nodes]:
    """Return cuts with too little room between wanted nodes and a start: where each ends, and their edges.

    From each wanted node flow is sent to any that is known to be joined well enough, by shortest ways
    (Edmonds & Karp 1972), until there is as much as needed. Where there is less, the nodes that could still
    be reached are one side of a cut; its edges are then widened, so that the next cut is another one.
    """
    count = len(wanted)
    flow = start_flow(room.copy(), count)
    joined = np.zeros(count, np.bool_)
    joined[start] = True
    found = np.empty(4 * len(room) + count, np.int32)
    ends = np.empty(len(found), np.int32)
    cuts = 0
    size = 0
    turn = 0
    for t in _list_near(graph, wanted, start):
        total = 0
        used = 0
        while total < need:
            turn += 1
            goal, several = reach(graph, flow, t, joined, turn)
            if goal >= 0:
                step, used = send(graph, flow, t, goal, need - total, used)
                total += step
                continue
            begin = size
            for i in range(several):
                x = flow.queue[i]
                for p in range(graph.starts[x], graph.starts[x + 1]):
                    if flow.stamp[graph.nodes[p]] != turn:
                        if size == len(found):
                            return ends[:cuts], found[:begin]
                        found[size] = graph.edges[p]
                        flow.room[graph.edges[p]] += need - total
                        size += 1
            if size == begin:
                break
            ends[cuts] = size
            cuts += 1
        for i in range(used):
            flow.sent[flow.used[i]] = 0
        joined[t] = True
    return ends[:cuts], found[:size]


@compiled
def _list_near(graph: Graph, wanted: Mask, start: int) -> Nodes:
    """Return the wanted nodes but the start, those that few edges lead to first."""
    flow = start_flow(np.ones(len(graph.tails), np.int64), len(wanted))
    _, several = reach(graph, flow, start, np.zeros(len(wanted), np.bool_), 1)
    order = flow.queue[1:several]
    return order[wanted[order]]


@compiled
def ascend_twice(
    graph: Graph, wanted: Mask, start: int, guide: Mask, most: int
) -> tuple[int, Costs, Nodes, Nodes]:
    """Return a lower bound, what is left of each edge's cost, and the cuts that were given a price.

    Dual ascent, as Wong's (1984) for trees: a cut around a wanted node that two used-up edges at most do not
    cross yet is given a price, until one more edge across it is used up. All networks have two edges there:
    the price counts twice, less what an edge that was used up before is overcharged, which nobody needs to
    take twice. A node is done when used-up edges lead to others that are not, or to the start, on two ways.
    Cuts with few edges come first, but those that a guiding network crosses more than twice wait: in a proof
    that it is the cheapest, none is. Of the cuts at most so many edges are returned, ends and edges.
    """
    starts, nodes, edges = graph.starts, graph.nodes, graph.edges
    count = len(wanted)
    left = graph.costs.copy()
    flow = start_flow((left <= 0).astype(np.int64), count)
    active = wanted.copy()
    active[start] = True
    size = 0
    keys = np.empty(count + 1, np.int64)
    items = np.empty(count + 1, np.int32)
    for t in range(count):
        if wanted[t] and t != start:
            size = push(keys, items, size, starts[t + 1] - starts[t], t)
    border = np.empty(len(edges), np.int32)
    found = np.empty(most, np.int32)
    ends = np.empty(most, np.int32)
    cuts = 0
    filled = 0
    bound = 0
    turn = 0
    while size > 0:
        t = int(items[0])
        size = pop(keys, items, size)
        total = 0
        used = 0
        while total < 2:  # noqa: PLR2004
            turn += 1
            goal, several = reach(graph, flow, t, active, turn)
            if goal >= 0:
                step, used = send(graph, flow, t, goal, 1, used)
                total += step
                continue
            wide = 0
            crossed = 0
            least = FAR
            for i in range(several):
                x = flow.queue[i]
                for p in range(starts[x], starts[x + 1]):
                    if flow.stamp[nodes[p]] != turn:
                        border[wide] = edges[p]
                        wide += 1
                        crossed += guide[edges[p]]
                        if left[edges[p]] > 0:
                            least = min(least, left[edges[p]])
            if least == FAR:
                break
            key = int(wide + _AGAIN * max(crossed - 2, 0))
            if size > 0 and key > _EAGER * keys[0]:
                size = push(keys, items, size, key, t)
                break
            bound += (2 - total) * int(least)
            if filled + wide <= most:
                found[filled : filled + wide] = border[:wide]
                filled += wide
                ends[cuts] = filled
                cuts += 1
            for i in range(wide):
                left[border[i]] -= least
                if left[border[i]] <= 0:
                    flow.room[border[i]] = 1
        else:
            active[t] = False
        for i in range(used):
            flow.sent[flow.used[i]] = 0
    return bound, left, ends[:cuts], found[:filled]
