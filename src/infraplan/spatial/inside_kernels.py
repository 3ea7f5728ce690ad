"""Kernels that hold many points, sorted along a curve, against the areas of a tree."""

import numpy as np
from numpy.typing import NDArray

from infraplan.spatial.arrays import Bools, Ints
from infraplan.spatial.compiled import compiled
from infraplan.spatial.order_kernels import POSITION, Sorted
from infraplan.spatial.ring_kernels import IN, UNSURE, Parts, locate
from infraplan.spatial.tree_kernels import FAN, Tree

_BLOCK = 128
"""Points in a row that look up the tree together, if they lie near enough to each other …"""
_MANY = 48
"""… for the tree to name no more parts than this; else fewer do."""
_LEVEL = 40

Numbers = NDArray[np.int32]


@compiled
def look_up(points: Sorted, first: int, last: int, tree: Tree, near: Ints) -> tuple[int, int]:
    """Put the parts whose boxes come near some points into ``near``; return the end, and how many."""
    size = _BLOCK
    while True:
        end = min(first + size, last)
        left = right = points.xy[first, 0]
        low = high = points.xy[first, 1]
        for i in range(first + 1, end):
            x, y = points.xy[i]
            left, right, low, high = min(left, x), max(right, x), min(low, y), max(high, y)
        count = overlap(tree, (left, low, right, high), near)
        if count <= _MANY or size == 1:
            return end, count
        size //= 4 if size > 2 else 2  # noqa: PLR2004


@compiled
def overlap(tree: Tree, box: tuple[float, float, float, float], near: Ints) -> int:
    """Put the things whose boxes meet a box into ``near``, and return how many there are."""
    left, low, right, high = box
    levels = len(tree.starts) - 1
    stack = np.empty(FAN * (levels + 1), np.int64)
    stack[0] = levels << _LEVEL
    depth, count = 1, 0
    while depth > 0:
        depth -= 1
        level = stack[depth] >> _LEVEL
        node = stack[depth] & ((1 << _LEVEL) - 1)
        if level == levels:
            begin, end = 0, 1
        else:
            below = tree.starts[level] - tree.starts[level - 1] if level > 0 else len(tree.things)
            begin, end = FAN * node, min(FAN * node + FAN, below)
        boxes = tree.boxes[tree.starts[level - 1] :] if level > 0 else tree.things
        for child in range(begin, end):
            other = boxes[child]
            if other[0] <= right and other[2] >= left and other[1] <= high and other[3] >= low:
                if level > 0:
                    stack[depth] = (level - 1) << _LEVEL | child
                    depth += 1
                else:
                    near[count] = child
                    count += 1
    return count


@compiled
def count_boxes(first: int, last: int, points: Sorted, tree: Tree, most: int, room: Ints) -> None:
    """Tell in how many boxes of parts some points lie, ``most`` at most; one place after their own."""
    near = np.empty(len(tree.things), np.int64)
    i = first
    while i < last:
        end, count = look_up(points, i, last, tree, near)
        for j in range(i, end):
            x, y = points.xy[j]
            boxes = 0
            for k in range(count):
                box = tree.things[near[k]]
                boxes += box[0] <= x <= box[2] and box[1] <= y <= box[3]
            room[(points.keys[j] & POSITION) + 1] = min(boxes, most)
        i = end


@compiled
def list_groups(
    first: int, last: int, points: Sorted, tree: Tree, parts: Parts, group: Ints, starts: Ints, found: Numbers
) -> None:
    """List the groups of the parts that some points lie in, rising, each where its ``starts`` says.

    What is left of a point's room is filled with -1; all of it with -2 and less where its answer is unsure.
    """
    near = np.empty(len(tree.things), np.int64)
    stamp = np.full(group.max() + 1, -1)
    i = first
    while i < last:
        end, count = look_up(points, i, last, tree, near)
        for j in range(i, end):
            x, y = points.xy[j]
            position = points.keys[j] & POSITION
            begin = place = starts[position]
            unsure = False
            for k in range(count):
                box = tree.things[near[k]]
                if not (box[0] <= x <= box[2] and box[1] <= y <= box[3]):
                    continue
                part = tree.owner[near[k]]
                mine = group[part]
                if stamp[mine] == j:
                    continue
                answer = locate(parts, part, x, y)
                if answer == IN:
                    stamp[mine] = j
                    at = place
                    while at > begin and found[at - 1] > mine:
                        found[at] = found[at - 1]
                        at -= 1
                    found[at] = mine
                    place += 1
                elif answer == UNSURE:
                    unsure = True
                    break
            if unsure:
                found[begin : starts[position + 1]] = -2
            else:
                found[place : starts[position + 1]] = -1
        i = end


@compiled
def seek_best(
    first: int, last: int, points: Sorted, tree: Tree, parts: Parts, rank: Ints, best: Ints, unsure: Bools
) -> None:
    """Find the lowest rank of the parts that some points lie in; negative ranks do not count."""
    near = np.empty(len(tree.things), np.int64)
    i = first
    while i < last:
        end, count = look_up(points, i, last, tree, near)
        ranked = 0
        for k in range(count):
            mine = rank[tree.owner[near[k]]]
            if mine >= 0:
                near[ranked] = mine << 32 | near[k]
                ranked += 1
        near[:ranked].sort()
        for j in range(i, end):
            x, y = points.xy[j]
            for k in range(ranked):
                thing = near[k] & POSITION
                box = tree.things[thing]
                if not (box[0] <= x <= box[2] and box[1] <= y <= box[3]):
                    continue
                answer = locate(parts, tree.owner[thing], x, y)
                if answer == IN:
                    best[points.keys[j] & POSITION] = near[k] >> 32
                    break
                if answer == UNSURE:
                    unsure[points.keys[j] & POSITION] = True
                    break
        i = end


@compiled
def gather(starts: Ints, found: Numbers, point: Ints, group: Ints) -> int:
    """Write what was listed as pairs, and return how many there are."""
    count = 0
    for i in range(len(starts) - 1):
        for place in range(starts[i], starts[i + 1]):
            if found[place] < 0:
                break
            point[count], group[count] = i, found[place]
            count += 1
    return count
