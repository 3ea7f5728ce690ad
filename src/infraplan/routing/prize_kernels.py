"""Kernels for trees that may leave terminals out and lose their prizes instead."""

import numpy as np
from numpy.typing import NDArray

from infraplan.routing.compiled import compiled
from infraplan.routing.graph import FAR, NONE, Costs, Graph, Mask, Nodes
from infraplan.routing.heaps import pop, push

Floats = NDArray[np.float64]

_EAGER = 5
"""Quarters of the smallest waiting cut that a growing one may reach before it has to wait itself."""


@compiled
def wait_for_prizes(graph: Graph, root: int, rest: Costs) -> tuple[Costs, Nodes, int]:
    """Return the heap of nodes with a prize, those with the fewest arcs first, and its size."""
    count = len(graph.starts) - 1
    keys = np.empty(count + 1, np.int64)
    items = np.empty(count + 1, np.int32)
    size = 0
    for t in range(count):
        if rest[t] > 0 and t != root:
            size = push(keys, items, size, graph.starts[t + 1] - graph.starts[t], t)
    return keys, items, size


@compiled
def ascend_prizes(
    graph: Graph,
    numbers: tuple[int, int, int],
    left: Costs,
    rest: Costs,
    active: Mask,
    keys: Costs,
    items: Nodes,
) -> tuple[int, int, int]:
    """Raise a lower bound of cost plus lost prizes; return the size of the heap then, the bound and the work.

    The numbers are the root, the size of the heap and the work after which to stop. In place are worked on
    what is left of each arc's cost and of each prize, and which nodes must be led to and are not yet.

    Wong's dual ascent (1984) on the directed graph in which every prize node hangs a terminal that the root
    also reaches by an arc at the prize: not collected (Ljubic et al. 2006). That arc lies in every cut around
    its terminal, so it needs no arc: what is left of the prize falls with the cut's price, and at nought the
    terminal is done; so it is where a prize that must be collected leads to it, as that one goes on for both.
    Small cuts go first (Pajor, Uchoa & Werneck 2018).
    """
    starts, nodes = graph.starts, graph.nodes
    root, size, work = numbers
    count = len(starts) - 1
    bound = 0
    looked = 0
    seen = np.zeros(count, np.int32)
    stamp = 0
    inside = np.empty(count, np.int32)
    cut = np.empty(len(nodes), np.int64)
    while size > 0 and looked < work:
        t = items[0]
        size = pop(keys, items, size)
        stamp += 1
        seen[t] = stamp
        inside[0] = t
        grown = 1
        done = 0
        several = 0
        finished = False
        while not finished:
            # Take in what reaches the set for free, and note the arcs into it that cost something.
            while done < grown and not finished:
                x = inside[done]
                done += 1
                looked += starts[x + 1] - starts[x]
                for p in range(starts[x], starts[x + 1]):
                    y = nodes[p]
                    if seen[y] == stamp:
                        continue
                    if left[p] > 0:
                        cut[several] = p
                        several += 1
                    elif active[y]:
                        finished = True
                        break
                    else:
                        seen[y] = stamp
                        inside[grown] = y
                        grown += 1
            if finished:
                break
            looked += 2 * several
            kept = 0
            step = rest[t]
            for i in range(several):
                p = cut[i]
                if seen[nodes[p]] != stamp:
                    cut[kept] = p
                    kept += 1
                    step = min(step, left[p])
            several = kept
            if size > 0 and 4 * several > _EAGER * keys[0]:
                size = push(keys, items, size, several, t)
                break
            bound += step
            rest[t] -= step
            finished = rest[t] == 0
            kept = 0
            for i in range(several):
                p = cut[i]
                left[p] -= step
                if left[p] > 0:
                    cut[kept] = p
                    kept += 1
                    continue
                y = nodes[p]
                if active[y] and y != t:
                    finished = True
                elif seen[y] != stamp:
                    seen[y] = stamp
                    inside[grown] = y
                    grown += 1
            several = kept
        if finished:
            active[t] = t == root
    return size, bound, looked


@compiled
def reach_free(graph: Graph, left: Costs, twins: NDArray[np.int64], root: int) -> Mask:
    """Tell which nodes the root reaches over arcs of which nothing is left."""
    starts, nodes = graph.starts, graph.nodes
    count = len(starts) - 1
    reached = np.zeros(count, np.bool_)
    queue = np.empty(count, np.int32)
    reached[root] = True
    queue[0] = root
    size = 1
    done = 0
    while done < size:
        x = queue[done]
        done += 1
        for p in range(starts[x], starts[x + 1]):
            y = nodes[p]
            if not reached[y] and left[twins[p]] == 0:
                reached[y] = True
                queue[size] = y
                size += 1
    return reached


@compiled
def order_tree(graph: Graph, chosen: Mask, root: int) -> tuple[Nodes, Nodes]:
    """Return the nodes of the root's tree from the root on, and by node the edge towards the root."""
    starts, nodes, edges = graph.starts, graph.nodes, graph.edges
    count = len(starts) - 1
    via = np.full(count, NONE, np.int32)
    order = np.empty(count, np.int32)
    order[0] = root
    size = 1
    done = 0
    while done < size:
        x = order[done]
        done += 1
        for p in range(starts[x], starts[x + 1]):
            e = edges[p]
            if chosen[e] and e != via[x]:
                via[nodes[p]] = e
                order[size] = nodes[p]
                size += 1
    return order[:size], via


@compiled
def keep_worthwhile(graph: Graph, chosen: Mask, root: int, prizes: Costs, tops: Mask) -> tuple[Mask, Mask]:
    """Return the edges and nodes of the best part of a tree: the most prize less cost.

    By dynamic programming from the leaves: a branch stays if it is worth its first edge. The part holds the
    root, or begins at one of the tops if that is better.
    """
    count = len(graph.starts) - 1
    order, via = order_tree(graph, chosen, root)
    worth = np.zeros(count, np.int64)
    for i in range(len(order) - 1, -1, -1):
        x = order[i]
        worth[x] += prizes[x]
        e = via[x]
        if e >= 0 and worth[x] > graph.costs[e]:
            worth[graph.tails[e] + graph.heads[e] - x] += worth[x] - graph.costs[e]
    top = root
    for x in order:
        if tops[x] and worth[x] > worth[top]:
            top = x
    kept = np.zeros(len(graph.tails), np.bool_)
    inside = np.zeros(count, np.bool_)
    inside[top] = True
    for x in order:
        e = via[x]
        if e >= 0 and x != top and worth[x] > graph.costs[e] and inside[graph.tails[e] + graph.heads[e] - x]:
            inside[x] = True
            kept[e] = True
    return kept, inside


@compiled
def shed_branches(
    graph: Graph, chosen: Mask, root: int, weights: Floats, spare: float, over: int
) -> tuple[Mask, Mask]:
    """Take branches off a tree, dearest by weight first, and return what stays: edges and nodes.

    A branch runs from a leaf to the first node that has a weight or a fork, or to the root. Only branches of
    no more weight than is spare come off; it ends when none is left that may, or (if over is more than
    nought) when the cost has fallen by that much.
    """
    tails, heads = graph.tails, graph.heads
    count = len(graph.starts) - 1
    order, via = order_tree(graph, chosen, root)
    kept = np.zeros(len(tails), np.bool_)
    inside = np.zeros(count, np.bool_)
    degree = np.zeros(count, np.int32)
    for x in order:
        inside[x] = True
        if via[x] >= 0:
            kept[via[x]] = True
            degree[x] += 1
            degree[tails[via[x]] + heads[via[x]] - x] += 1
    # Where a branch ends, by leaf, and the branches that end at a node: the exclusive or of their leaves + 1.
    lengths = np.zeros(count, np.int64)
    stops = np.arange(count).astype(np.int32)
    tips = np.zeros(count, np.int32)
    keys = np.empty(3 * len(order) + 1, np.int64)
    items = np.empty(3 * len(order) + 1, np.int32)
    size = 0
    waiting = np.empty(len(order), np.int32)
    several = 0
    for x in order:
        if degree[x] == 1 and x != root:
            waiting[several] = x
            several += 1
    saved = 0
    while over <= 0 or saved < over:
        # Follow the branches of new leaves, or of those that have further to go now.
        while several > 0:
            several -= 1
            leaf = waiting[several]
            x = stops[leaf]
            while x == leaf or (degree[x] == 2 and x != root and weights[x] == 0):  # noqa: PLR2004
                lengths[leaf] += graph.costs[via[x]]
                x = tails[via[x]] + heads[via[x]] - x
            stops[leaf] = x
            tips[x] ^= leaf + 1
            size = push(keys, items, size, -_rate(lengths[leaf], weights[leaf]), leaf)
        if size == 0:
            break
        key = keys[0]
        leaf = items[0]
        size = pop(keys, items, size)
        if not inside[leaf] or key != -_rate(lengths[leaf], weights[leaf]) or weights[leaf] > spare:
            continue
        spare -= weights[leaf]
        saved += lengths[leaf]
        top = stops[leaf]
        x = leaf
        while x != top:
            kept[via[x]] = False
            inside[x] = False
            x = tails[via[x]] + heads[via[x]] - x
        degree[top] -= 1
        tips[top] ^= leaf + 1
        if top == root:
            continue
        if degree[top] == 1:
            waiting[0] = top
            several = 1
        elif degree[top] == 2 and weights[top] == 0 and tips[top] > 0:  # noqa: PLR2004
            waiting[0] = tips[top] - 1
            several = 1
            tips[top] = 0
    return kept, inside


@compiled
def _rate(cost: int, weight: float) -> int:
    """Return cost by weight as a key for a heap."""
    # The least weights would divide beyond what a number holds.
    return int(min(1024.0 * cost / max(weight, 1e-250), 1e18)) if weight > 0 else 1 << 60


@compiled
def grow_tree(graph: Graph, inside: Mask, ends: Mask, weights: Floats, need: float, spend: int) -> Mask:
    """Lead paths from a tree to further nodes, most weight by cost first, and return its nodes then.

    It ends when so much weight as is needed has come in, or when nothing can be reached for what may be
    spent. One search that goes on, from the paths as they join the tree, and never through an end.
    """
    starts, nodes, arcs = graph.starts, graph.nodes, graph.weights
    count = len(starts) - 1
    inside = inside.copy()
    away = np.full(count, FAR, np.int64)
    before = np.full(count, NONE, np.int32)
    room = 2 * len(nodes) + count + 1
    keys = np.empty(room, np.int64)
    items = np.empty(room, np.int32)
    size = 0
    for x in range(count):
        if inside[x]:
            away[x] = 0
            size = push(keys, items, size, 0, x)
    near = np.empty(3 * count + 1, np.int64)
    goals = np.empty(3 * count + 1, np.int32)
    several = 0
    while need > 0:
        if several > 2 * count:
            several = 0
            for x in range(count):
                if weights[x] > 0 and not inside[x] and away[x] <= spend:
                    several = push(near, goals, several, _rate(away[x], min(weights[x], need)), x)
        while size > 0:
            key = keys[0]
            x = items[0]
            size = pop(keys, items, size)
            if key > away[x]:
                continue
            if weights[x] > 0 and not inside[x]:
                several = push(near, goals, several, _rate(key, min(weights[x], need)), x)
            if ends[x]:
                continue
            for p in range(starts[x], starts[x + 1]):
                further = key + arcs[p]
                if further < away[nodes[p]] and further <= spend:
                    away[nodes[p]] = further
                    before[nodes[p]] = x
                    size = push(keys, items, size, further, nodes[p])
        if several == 0:
            break
        key = near[0]
        x = goals[0]
        several = pop(near, goals, several)
        if inside[x] or away[x] > spend:
            continue
        now = _rate(away[x], min(weights[x], need))
        if key < now:
            # Less is needed by now, so that it counts for less.
            several = push(near, goals, several, now, x)
        if key != now:
            continue
        spend -= away[x]
        while not inside[x]:
            inside[x] = True
            need -= weights[x]
            away[x] = 0
            size = push(keys, items, size, 0, x)
            x = before[x]
    return inside


@compiled
def fold_leaves(graph: Graph, foldable: Mask, prizes: Costs) -> tuple[Costs, Nodes, Nodes, int]:
    """Take off leaves, one after another, and add what each gains to the prize of the node that it hangs on.

    Return the prizes then, the leaves in their order, the edge of each (−1 − edge where the leaf is not worth
    it), and what every tree pays for them at least: the lesser of prize and edge. A node of each part must
    not be foldable.
    """
    starts, nodes, edges, weights = graph.starts, graph.nodes, graph.edges, graph.weights
    count = len(starts) - 1
    prizes = prizes.copy()
    degree = np.diff(starts)
    gone = np.zeros(count, np.bool_)
    order = np.empty(count, np.int32)
    via = np.empty(count, np.int32)
    size = 0
    paid = 0
    for x in range(count):
        if degree[x] == 1 and foldable[x]:
            order[size] = x
            size += 1
    done = 0
    while done < size:
        x = order[done]
        gone[x] = True
        for p in range(starts[x], starts[x + 1]):
            y = nodes[p]
            if gone[y]:
                continue
            gain = prizes[x] - weights[p]
            via[done] = edges[p] if gain > 0 else -1 - edges[p]
            paid += min(prizes[x], weights[p])
            prizes[y] += max(gain, 0)
            degree[y] -= 1
            if degree[y] == 1 and foldable[y]:
                order[size] = y
                size += 1
        prizes[x] = 0
        done += 1
    return prizes, order[:size], via[:size], paid


@compiled
def hang_leaves(graph: Graph, order: Nodes, via: Nodes, chosen: Mask, inside: Mask) -> None:
    """Give a tree, in place, the leaves that are worth it, the last that was taken off first."""
    for i in range(len(order) - 1, -1, -1):
        e = via[i]
        if e >= 0 and inside[graph.tails[e] + graph.heads[e] - order[i]]:
            inside[order[i]] = True
            chosen[e] = True
