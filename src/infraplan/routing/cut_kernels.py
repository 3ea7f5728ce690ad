"""Kernels for cuts of a network with a root: flows to what is to be reached."""

import numpy as np
from numpy.typing import NDArray

from infraplan.routing.compiled import compiled
from infraplan.routing.graph import NONE, Costs, Graph, Nodes


@compiled
def find_short(
    graph: Graph,
    twins: NDArray[np.int64],
    room: Costs,
    targets: Nodes,
    needs: Costs,
    numbers: tuple[int, int],
) -> tuple[Nodes, Nodes, Nodes, int]:
    """Return cuts with too little room: whose each is, where it ends, their arcs, and the work.

    From each target, those that need most first, ways are sought backwards to the root or to a target that
    is known to get as much, the shortest first (Edmonds & Karp 1972). Where there are no more, the nodes
    that were reached are the inner side of a cut ("back cuts", Koch & Martin 1998); its arcs are then
    widened, so that the next cut is another one.

    Parameters
    ----------
    graph, twins
        The arc of x towards y stands for the way from y to x; the arc of the same edge at y.
    room
        The most that each arc takes, shape (2m,).
    targets, needs
        What is to be reached, and how much each needs, shapes (k,).
    numbers
        The root, and the number of arcs after which to stop.
    """
    starts, nodes = graph.starts, graph.nodes
    root, most = numbers
    count = len(starts) - 1
    room = room.copy()
    sent = np.zeros(len(nodes), np.int64)
    used = np.empty(len(nodes), np.int64)
    listed = np.zeros(len(nodes), np.bool_)
    queue = np.empty(count, np.int32)
    via = np.empty(count, np.int64)
    stamp = np.zeros(count, np.int32)
    joined = np.zeros(count, np.bool_)
    joined[root] = True
    found = np.empty(most + len(nodes), np.int32)
    ends = np.empty(most + len(nodes), np.int32)
    owner = np.empty(most + len(nodes), np.int32)
    turn = 0
    work = 0
    size = 0
    cuts = 0
    for i in range(len(targets)):
        t = targets[i]
        need = needs[i]
        total = 0
        many = 0
        while total < need and size < most:
            turn += 1
            stamp[t] = turn
            queue[0] = t
            reached = 1
            looked = 0
            goal = NONE
            while looked < reached and goal < 0:
                x = queue[looked]
                looked += 1
                work += starts[x + 1] - starts[x]
                for p in range(starts[x], starts[x + 1]):
                    y = nodes[p]
                    if stamp[y] == turn or (room[p] <= sent[p] and sent[twins[p]] <= 0):
                        continue
                    stamp[y] = turn
                    via[y] = p
                    queue[reached] = y
                    reached += 1
                    if joined[y]:
                        goal = y
                        break
            if goal >= 0:
                step = need - total
                x = goal
                while x != t:
                    p = via[x]
                    step = min(step, room[p] - sent[p] + sent[twins[p]])
                    x = nodes[twins[p]]
                x = goal
                while x != t:
                    p = via[x]
                    q = twins[p]
                    back = min(step, sent[q])
                    sent[q] -= back
                    sent[p] += step - back
                    if not listed[p]:
                        listed[p] = True
                        used[many] = p
                        many += 1
                    x = nodes[q]
                total += step
                continue
            begin = size
            for j in range(reached):
                x = queue[j]
                for p in range(starts[x], starts[x + 1]):
                    if stamp[nodes[p]] != turn:
                        found[size] = p
                        size += 1
                        room[p] += need - total
            owner[cuts] = t
            ends[cuts] = size
            cuts += size > begin
            break
        for j in range(many):
            sent[used[j]] = 0
            listed[used[j]] = False
        joined[t] = total >= need
    return owner[:cuts], ends[:cuts], found[:size], work
