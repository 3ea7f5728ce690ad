"""Where a plan's tree needs cabinets: few, each near enough to what it serves and not too full."""

from bisect import bisect_left, insort
from dataclasses import dataclass
from heapq import heappop, heappush
from math import ceil

import numpy as np
from numpy.typing import ArrayLike

from infraplan.routing.arguments import check_amounts, check_limit, check_nodes
from infraplan.routing.forest import NONE, Forest, check_length, number_depth_first, path_sums
from infraplan.routing.problem import Floats, Ints, Mask

_LOOK_BACK = 4
"""Cabinets at one node that premises may still be given to, as the next ones along the tree are begun."""
_MISSES = 32
"""Premises that find no room in cabinets placed for others until no more are tried."""

Waiting = list[tuple[int, int, int]]
"""A heap of nodes that no cabinet serves yet: how deep the last one may stand (negative), number, node."""


@dataclass(frozen=True)
class Cabinets:
    """Cabinets on nodes of a forest, and what each serves.

    Attributes
    ----------
    node
        Where each cabinet stands, from the roots to the leaves; several may stand on one, shape (k,).
    load
        The premises that each serves, shape (k,).
    cabinet
        The cabinet that serves each node's premises, −1 for none, shape (n,).
    distance_m
        From each node with a cabinet to it along the tree, else NaN, shape (n,).
    too_far
        Nodes with premises that no open node on their way to a root is near enough to. The next open one
        serves them; where there is none, or for nodes outside the forest, no cabinet does.
    too_many
        Nodes with more premises than a cabinet takes: each has one alone.
    """

    node: Ints
    load: Ints
    cabinet: Ints
    distance_m: Floats
    too_far: Ints
    too_many: Ints


def place_cabinets(
    forest: Forest,
    lengths: ArrayLike,
    demand: ArrayLike,
    *,
    most: float,
    reach_m: float,
    closed: ArrayLike = (),
) -> Cabinets:
    """Place few cabinets so that each node's premises have one on their way to the root.

    From the leaves to the roots: a cabinet is placed where some premises would be too far from any further
    up, so as near to the root as they allow, and takes all that wait below it, those first that cannot wait
    long. For the distance alone no fewer cabinets serve all. Then each is let down to the lowest open node
    above all that it serves: there the premises have the shortest ways to it.

    Parameters
    ----------
    forest
        The plan's tree.
    lengths
        Of each edge in metres, shape (m,).
    demand
        Premises at each node, whole numbers, shape (n,). Those of a node have the same cabinet.
    most
        Premises that a cabinet takes, from 1; inf for any number.
    reach_m
        Metres along the tree between premises and their cabinet, at most; inf for any distance.
    closed
        Nodes that bear no cabinet, as those of premises.

    Raises
    ------
    ValueError
        A length, demand or option is wrong, or lengths differ.

    Examples
    --------
    >>> from infraplan.routing import grow_forest
    >>> road = grow_forest([0, 1, 2, 2], [1, 2, 3, 4], [0], count=5)
    >>> homes, lengths = [0, 0, 0, 1, 1], [500, 400, 30, 40]
    >>> placed = place_cabinets(road, lengths, homes, most=48, reach_m=450, closed=[3, 4])
    >>> placed.node.tolist(), placed.cabinet.tolist(), placed.distance_m.tolist()
    ([2], [-1, -1, -1, 0, 0], [nan, nan, nan, 30.0, 40.0])
    """
    away, premises = path_sums(forest, lengths), _read_demand(forest, demand)
    _check_options(most, reach_m)
    is_open = forest.depth >= 0
    is_open[check_nodes("closed", closed, len(is_open))] = False
    number, size = number_depth_first(forest)
    last, far = _find_last(forest, (number, away), premises > 0, is_open, reach_m)
    groups = _fill(forest, number, last, premises, most)
    node = _let_down(forest, number, size, is_open, groups)
    first = np.array([number[nodes].min() for nodes in groups], np.int64)
    order = np.lexsort((first, forest.rank[node]))
    cabinet = np.full(len(premises), NONE, np.int64)
    for new, old in enumerate(order.tolist()):
        cabinet[groups[old]] = new
    node, served = node[order], cabinet >= 0
    load = np.zeros(len(node), np.int64)
    np.add.at(load, cabinet[served], premises[served])
    distance = np.where(served, away - np.r_[away[node], np.nan][cabinet], np.nan)
    too_many = np.flatnonzero(served & (premises > most))
    return Cabinets(node, load, cabinet, distance, np.flatnonzero(far), too_many)


def _read_demand(forest: Forest, demand: ArrayLike) -> Ints:
    premises = check_amounts("demand", demand)
    check_length("demand", premises, len(forest.parent), "the forest's nodes")
    broken = np.flatnonzero(premises != np.floor(premises))
    if len(broken):
        raise ValueError(f"demand[{broken[0]}] is {premises[broken[0]]}: premises are whole numbers")
    return premises.astype(np.int64)


def _check_options(most: float, reach_m: float) -> None:
    check_limit("most", most)
    check_limit("reach_m", reach_m)
    if most < 1:
        raise ValueError(f"most is {most}: a cabinet takes one of the premises at least")


def _find_last(
    forest: Forest, walk: tuple[Ints, Floats], wanted: Mask, is_open: Mask, reach_m: float
) -> tuple[Ints, Mask]:
    """Return the node next to the root that may serve each wanted one, −1 for none, and which are too far.

    The open nodes between a root and the node at hand stand in a row, as nodes are visited depth first.
    """
    number, away = walk
    path: list[int] = []
    path_m: list[float] = []
    last, far = np.full(len(wanted), NONE, np.int64), wanted.copy()
    opens = [0] * len(wanted)
    parent, metres = forest.parent.tolist(), away.tolist()
    inside = np.flatnonzero(number >= 0)
    for x in inside[np.argsort(number[inside])].tolist():
        before = opens[parent[x]] if parent[x] >= 0 else 0
        if is_open[x]:
            path[before:], path_m[before:] = [x], [metres[x]]
        opens[x] = before + bool(is_open[x])
        if wanted[x] and opens[x]:
            place = _find_first_near(path_m, opens[x], metres[x], reach_m)
            far[x] = place == opens[x]
            last[x] = path[min(place, opens[x] - 1)]
    return last, far


def _find_first_near(path_m: list[float], count: int, here_m: float, reach_m: float) -> int:
    """Return the first of some rising distances that is near enough, or their count."""
    return bisect_left(path_m, True, 0, count, key=lambda metres: here_m - metres <= reach_m)  # noqa: FBT003


def _fill(forest: Forest, number: Ints, last: Ints, premises: Ints, most: float) -> list[list[int]]:
    """Return the nodes that each cabinet serves, from the leaves to the roots."""
    groups: list[list[int]] = []
    parent, depth, name = forest.parent.tolist(), forest.depth.tolist(), number.tolist()
    latest, several = last.tolist(), premises.tolist()
    waiting: list[Waiting] = [[] for _ in parent]
    for x in reversed(forest.order.tolist()):
        heap = waiting[x]
        if latest[x] >= 0:
            heappush(heap, (-depth[latest[x]], name[x], x))
        if heap and -heap[0][0] == depth[x]:
            groups += _serve(heap, depth[x], several, most)
        if heap:
            waiting[parent[x]] = _meld(waiting[parent[x]], heap)
        waiting[x] = []
    return groups


def _serve(heap: Waiting, depth: int, premises: list[int], most: float) -> list[list[int]]:
    """Return cabinets for all that can wait no longer, filled with what could."""
    due: list[int] = []
    while heap and -heap[0][0] == depth:
        due.append(heappop(heap)[2])
    groups = _pack(due, premises, most)
    room = [most - sum(premises[x] for x in group) for group in groups]
    free = [group for group in range(len(groups)) if room[group] > 0]
    missed: Waiting = []
    while heap and free and len(missed) < _MISSES:
        entry = heappop(heap)
        several = premises[entry[2]]
        found = next((group for group in free if several <= room[group]), None)
        if found is None:
            missed.append(entry)
            continue
        groups[found].append(entry[2])
        room[found] -= several
        if not room[found]:
            free.remove(found)
    for entry in missed:
        heappush(heap, entry)
    return groups


def _pack(nodes: list[int], premises: list[int], most: float) -> list[list[int]]:
    """Return few groups of nodes: runs along the tree, unless a less tidy way makes fewer."""
    fewest = max(1, ceil(sum(premises[x] for x in nodes) / most))
    best = _pack_in_order(nodes, premises, most, 1)
    if len(best) > fewest:
        best = min(best, _pack_in_order(nodes, premises, most, _LOOK_BACK), key=len)
    if len(best) > fewest:
        best = min(best, _pack_best(nodes, premises, most), key=len)
    return best


def _pack_in_order(nodes: list[int], premises: list[int], most: float, look_back: int) -> list[list[int]]:
    """Put each node into the first of the latest groups that has room, or into a new one."""
    groups: list[list[int]] = []
    room: list[float] = []
    for x in nodes:
        begin = max(len(groups) - look_back, 0)
        found = next((g for g in range(begin, len(groups)) if premises[x] <= room[g]), None)
        if found is None:
            groups.append([x])
            room.append(most - premises[x])
        else:
            groups[found].append(x)
            room[found] -= premises[x]
    return groups


def _pack_best(nodes: list[int], premises: list[int], most: float) -> list[list[int]]:
    """Put each node, the heaviest first, into the group that it fills best, or into a new one."""
    groups: list[list[int]] = []
    rooms: list[tuple[float, int]] = []
    for x in sorted(nodes, key=lambda x: -premises[x]):
        place = bisect_left(rooms, (premises[x], NONE))
        room, group = rooms.pop(place) if place < len(rooms) else (most, len(groups))
        if group == len(groups):
            groups.append([])
        groups[group].append(x)
        insort(rooms, (room - premises[x], group))
    return groups


def _meld(one: Waiting, other: Waiting) -> Waiting:
    """Return a heap of two, of which the smaller is poured into the larger."""
    large, small = (one, other) if len(one) >= len(other) else (other, one)
    for entry in small:
        heappush(large, entry)
    return large


def _let_down(forest: Forest, number: Ints, size: Ints, is_open: Mask, groups: list[list[int]]) -> Ints:
    """Return the lowest open node above all nodes of each group.

    The first and the last of a group in depth-first order have the same nodes in common above them as all;
    from the first, jumps of falling powers of two lead to the last node that is not above both.
    """
    at = np.full(len(number), NONE, np.int64)
    at[number[forest.order]] = forest.order
    names = [number[nodes] for nodes in groups]
    node = at[np.array([name.min() for name in names], np.int64)]
    end = np.array([name.max() for name in names], np.int64)
    jumps = [forest.parent]
    for _ in range(int(forest.depth.max(initial=0)).bit_length()):
        jumps.append(np.where(jumps[-1] >= 0, jumps[-1][jumps[-1]], NONE))
    for jump in reversed(jumps):
        higher = jump[node]
        short = (higher >= 0) & (number[higher] + size[higher] <= end)
        node = np.where(short, higher, node)
    node = np.where(number[node] + size[node] <= end, forest.parent[node], node)
    nearest = np.where(is_open, np.arange(len(at)), NONE)
    for x in forest.order[~is_open[forest.order]].tolist():
        nearest[x] = nearest[forest.parent[x]] if forest.parent[x] >= 0 else NONE
    return nearest[node]
