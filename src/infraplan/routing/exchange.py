"""Local search: key-path exchange and key-vertex elimination (Uchoa & Werneck 2010) in one pass.

Key nodes of a tree are its terminals and forks; key paths run between them. A path may be exchanged for a
cheaper way between the two parts that it joins, and a fork that is no terminal may be removed with all its
paths where its parts can be joined for less.

The nodes of the tree are the sources of Voronoi regions. The cheapest way between two parts crosses the
border between two regions. Borders of a subtree lie in a mergeable heap, from which those that lie within it
are dropped for good. Where inner nodes of removed paths lose their regions, the regions around take them over
(``repair``): those borders are looked at one by one.

All moves that gain are found for the tree as it is; those that do not disturb each other are made at once, by
Kruskal's algorithm over what is kept and what is added, and as the last resort over what is removed: nothing
can fall apart.
"""

import numpy as np

from infraplan.routing.compiled import compiled, compiled_inner
from infraplan.routing.graph import NONE, Costs, Graph, Mask, Nodes
from infraplan.routing.heaps import find_group, merge, pop, push
from infraplan.routing.keypaths import Moves, Work, add_way, find_part, free, repair, start_work
from infraplan.routing.regions import join, prune, rank


@compiled_inner
def _exchange(  # noqa: C901, PLR0915  (one kernel: its state would be its arguments)
    graph: Graph, work: Work, x: int, stamp: int, at: tuple[int, int, int, int]
) -> tuple[int, int, int, int, int, int]:
    """Try to exchange the key path above x; return the counts of moves, its cost, and the inner heap."""
    tree, regions, borders, patch, moves = work.tree, work.regions, work.borders, work.patch, work.moves
    tails, heads, first = graph.tails, graph.heads, tree.first
    keys, left, right = borders.keys, borders.left, borders.right
    base, new_base, away, new_away = regions.base, patch.regions.base, regions.away, patch.regions.away
    number, removed, added, bases = at
    several = 0
    cost = 0
    inner = NONE
    y = x
    begin = removed
    while True:
        cost += graph.costs[tree.up[y]]
        moves.removed[removed] = tree.up[y]
        removed += 1
        y = tree.parent[y]
        if tree.key[y]:
            break
        several = free(work.members, patch, y, stamp, several)
        inner = merge(inner, borders.top[y], keys, left, right)
    low, high = first[x], tree.last[x]
    best = cost
    edge = NONE
    top = borders.top[x]
    while top >= 0 and keys[top >> 1] < best:
        e = borders.edges[top >> 1]
        a, b = base[tails[e]], base[heads[e]]
        if patch.removed[a] != stamp and patch.removed[b] != stamp:
            within = low <= first[a] < high
            if within != (low <= first[b] < high):
                best = keys[top >> 1]
                edge = e
                break
        top = merge(left[top], right[top], keys, left, right)
    borders.top[x] = top
    repair(graph, regions, patch, stamp, several, best)
    for i in range(several):
        z = patch.nodes[i]
        a = new_base[z]
        if a < 0:
            continue
        within = low <= first[a] < high
        for p in range(graph.starts[z], graph.starts[z + 1]):
            y = graph.nodes[p]
            own = patch.mark[y] == stamp
            b = new_base[y] if own else base[y]
            if b < 0 or within == (low <= first[b] < high):
                continue
            way = new_away[z] + graph.weights[p] + (new_away[y] if own else away[y])
            if way < best:
                best = way
                edge = graph.edges[p]
    if edge >= 0:
        more, attached = add_way(graph, regions, patch, moves, stamp, edge, added, bases)
        if more >= 0:
            moves.gain[number] = cost - best
            number += 1
            moves.removed_to[number] = removed
            moves.added_to[number] = more
            moves.bases_to[number] = attached
            return number, removed, more, attached, cost, inner
    return number, begin, added, bases, cost, inner


@compiled_inner
def _eliminate(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917  (as above)
    graph: Graph,
    work: Work,
    x: int,
    stamp: int,
    at: tuple[int, int, int, int],
    children: Nodes,
    several: int,
    cost: int,
    group: Nodes,
) -> tuple[int, int, int, int]:
    """Try to remove fork x; return the counts of moves.

    ``cost`` is that of the key paths to its children, whose parts, and the rest, are to be joined for less.
    """
    tree, regions, borders, patch, moves = work.tree, work.regions, work.borders, work.patch, work.moves
    tails, heads, first, last = graph.tails, graph.heads, tree.first, tree.last
    keys, left, right = borders.keys, borders.left, borders.right
    base, new_base, away, new_away = regions.base, patch.regions.base, regions.away, patch.regions.away
    ways, edges = patch.keys, patch.items
    number, removed, added, bases = at
    begin = removed
    freed = free(work.members, patch, x, stamp, 0)
    for i in range(several + 1):
        y = x if i == several else children[i]
        while True:
            if i == several:
                cost += graph.costs[tree.up[y]]
            moves.removed[removed] = tree.up[y]
            removed += 1
            y = tree.parent[y]
            if tree.key[y]:
                break
            freed = free(work.members, patch, y, stamp, freed)
    repair(graph, regions, patch, stamp, freed, cost)
    # Ways that may join two parts, in the heap that the repair has left empty.
    found = 0
    for i in range(several):
        child = children[i]
        low, high = first[child], last[child]
        top = borders.top[child]
        while top >= 0 and keys[top >> 1] < cost:
            e = borders.edges[top >> 1]
            a, b = base[tails[e]], base[heads[e]]
            outer = False
            if patch.removed[a] != stamp and patch.removed[b] != stamp:
                within = low <= first[a] < high
                if within != (low <= first[b] < high) and found < len(edges):
                    found = push(ways, edges, found, keys[top >> 1], e)
                    outer = find_part(first, last, children, several, b if within else a) == several
            if outer:
                break
            top = merge(left[top], right[top], keys, left, right)
        borders.top[child] = top
    for i in range(freed):
        z = patch.nodes[i]
        a = new_base[z]
        if a < 0:
            continue
        part = find_part(first, last, children, several, a)
        for p in range(graph.starts[z], graph.starts[z + 1]):
            y = graph.nodes[p]
            own = patch.mark[y] == stamp
            b = new_base[y] if own else base[y]
            if b < 0 or (own and y < z):
                continue
            way = new_away[z] + graph.weights[p] + (new_away[y] if own else away[y])
            if way < cost and found < len(edges) and part != find_part(first, last, children, several, b):
                found = push(ways, edges, found, way, graph.edges[p])
    for i in range(several + 1):
        group[i] = i
    missing = several
    spent = 0
    more = added
    attached = bases
    while found > 0 and missing > 0:
        way = ways[0]
        e = edges[0]
        found = pop(ways, edges, found)
        y, z = tails[e], heads[e]
        a = new_base[y] if patch.mark[y] == stamp else base[y]
        b = new_base[z] if patch.mark[z] == stamp else base[z]
        a = find_group(group, find_part(first, last, children, several, a))
        b = find_group(group, find_part(first, last, children, several, b))
        if a == b:
            continue
        spent += way
        if spent >= cost:
            break
        more, attached = add_way(graph, regions, patch, moves, stamp, e, more, attached)
        if more < 0:
            break
        group[a] = b
        missing -= 1
    if missing > 0:
        return number, begin, added, bases
    moves.gain[number] = cost - spent
    moves.fork[number] = x
    number += 1
    moves.removed_to[number] = removed
    moves.added_to[number] = more
    moves.bases_to[number] = attached
    return number, removed, more, attached


@compiled
def _find_moves(graph: Graph, work: Work, terminal: Mask) -> int:
    """Go through the tree from below and record each move that gains; return how many."""
    tree, borders = work.tree, work.borders
    key, tops, keys, left, right = tree.key, borders.top, borders.keys, borders.left, borders.right
    count = len(graph.starts) - 1
    below = np.full(count, NONE, np.int32)
    beside = np.full(count, NONE, np.int32)
    cost_above = np.zeros(count, np.int64)
    children = np.empty(count, np.int32)
    group = np.empty(count + 1, np.int32)
    at = (0, 0, 0, 0)
    stamp = 0
    for i in range(len(tree.order) - 1, -1, -1):
        x = tree.order[i]
        if not key[x]:
            continue
        several = 0
        cost = 0
        # Nodes come in reversed preorder: each list of children, last in first, is in preorder.
        y = below[x]
        while y >= 0:
            children[several] = y
            several += 1
            cost += cost_above[y]
            y = beside[y]
        if i > 0 and not terminal[x]:
            stamp += 1
            at = _eliminate(graph, work, x, stamp, at, children, several, cost, group)
        for j in range(several):
            tops[x] = merge(tops[x], tops[children[j]], keys, left, right)
        if i == 0:
            break
        stamp += 1
        number, removed, added, bases, cost, inner = _exchange(graph, work, x, stamp, at)
        at = (number, removed, added, bases)
        cost_above[x] = cost
        tops[x] = merge(tops[x], inner, keys, left, right)
        y = tree.parent[x]
        while not key[y]:
            y = tree.parent[y]
        beside[x] = below[y]
        below[y] = x
    return at[0]


@compiled
def _choose_moves(  # noqa: C901  (as above)
    graph: Graph, key: Mask, moves: Moves, picks: Costs
) -> tuple[Mask, Mask]:
    """Return what to remove and to add for those of some moves, by turns, that do not disturb each other."""
    tails, heads = graph.tails, graph.heads
    count = len(key)
    removed = np.zeros(len(tails), np.bool_)
    added = np.zeros(len(tails), np.bool_)
    gone = np.zeros(count, np.bool_)
    used = np.zeros(count, np.bool_)
    for i in picks:
        good = moves.fork[i] < 0 or not used[moves.fork[i]]
        for j in range(moves.removed_to[i], moves.removed_to[i + 1]):
            e = moves.removed[j]
            a, b = tails[e], heads[e]
            if removed[e] or (used[a] and not key[a]) or (used[b] and not key[b]):
                good = False
                break
        for j in range(moves.bases_to[i], moves.bases_to[i + 1]):
            good = good and not gone[moves.bases[j]]
        # One cheap way may be what many moves gain by: only the first of them does.
        for j in range(moves.added_to[i], moves.added_to[i + 1]):
            good = good and not added[moves.added[j]]
        if not good:
            continue
        for j in range(moves.removed_to[i], moves.removed_to[i + 1]):
            e = moves.removed[j]
            removed[e] = True
            for x in (tails[e], heads[e]):
                gone[x] = gone[x] or not key[x]
        if moves.fork[i] >= 0:
            gone[moves.fork[i]] = True
        for j in range(moves.bases_to[i], moves.bases_to[i + 1]):
            used[moves.bases[j]] = True
        for j in range(moves.added_to[i], moves.added_to[i + 1]):
            added[moves.added[j]] = True
    return removed, added


def _make_moves(graph: Graph, chosen: Mask, removed: Mask, added: Mask, terminal: Mask) -> Mask:
    """Return the tree after some moves: Kruskal over what stays and comes, then over what goes."""
    first = rank(graph.costs, added | (chosen & ~removed))
    better = join(graph, np.concatenate([first, rank(graph.costs, chosen & removed)]))
    prune(graph, better, terminal)
    return better


def improve_once(graph: Graph, chosen: Mask, terminal: Mask) -> tuple[Mask, int]:
    """Return a tree after one pass and what that gains: nought if no move does.

    ``chosen`` is a tree without branches that lead to no terminal, and there are two terminals or more.
    """
    work = start_work(graph, chosen, terminal)
    number = _find_moves(graph, work, terminal)
    picks = np.argsort(-work.moves.gain[:number], kind="stable")
    before = int(graph.costs[chosen].sum())
    while len(picks):
        removed, added = _choose_moves(graph, work.tree.key, work.moves, picks)
        better = _make_moves(graph, chosen, removed, added, terminal)
        gain = before - int(graph.costs[better].sum())
        if gain > 0:
            return better, gain
        # Moves that gain one by one may not together; the best alone does.
        picks = picks[: 1 if len(picks) > 1 else 0]
    return chosen, 0
