"""Kernels of a tree of boxes over things sorted along a curve: eight to a box, eight boxes to the next."""

from typing import NamedTuple

import numpy as np

from infraplan.spatial.arrays import Floats, Ints
from infraplan.spatial.compiled import compiled
from infraplan.spatial.order_kernels import POSITION, Sorted

FAN = 8
_LEVEL = 40
"""On the stack a box is its number, with its level above these bits."""


class Tree(NamedTuple):
    """Boxes of boxes of things.

    Attributes
    ----------
    things
        What the tree is of, as x, y, x, y: segments from end to end, or boxes; shape (things, 4).
    owner
        Whose each is, shape (things,).
    boxes
        Least x and y, greatest x and y; the lowest level first, shape (boxes, 4).
    starts
        Where each level begins, and the end; shape (levels + 1,).
    """

    things: Floats
    owner: Ints
    boxes: Floats
    starts: Ints


@compiled
def build_tree(things: Floats, owners: Ints, keys: Ints) -> Tree:
    """Return a tree of things, at least one, with their owners, in the order of sorted keys."""
    count = len(keys)
    starts = np.zeros(32, np.int64)
    levels = 0
    size = count
    while size > 1 or levels == 0:
        size = (size + FAN - 1) // FAN
        starts[levels + 1] = starts[levels] + size
        levels += 1
    ordered, owner = np.empty((count, 4)), np.empty(count, np.int64)
    boxes = np.empty((starts[levels], 4))
    boxes[:, :2] = np.inf
    boxes[:, 2:] = -np.inf
    for i in range(count):
        position = keys[i] & POSITION
        ordered[i], owner[i] = things[position], owners[position]
        box = boxes[i // FAN]
        for axis in range(2):
            one, other = ordered[i, axis], ordered[i, axis + 2]
            box[axis] = min(box[axis], one, other)
            box[axis + 2] = max(box[axis + 2], one, other)
    for level in range(1, levels):
        for i in range(starts[level] - starts[level - 1]):
            lower, box = boxes[starts[level - 1] + i], boxes[starts[level] + i // FAN]
            for axis in range(2):
                box[axis] = min(box[axis], lower[axis])
                box[axis + 2] = max(box[axis + 2], lower[axis + 2])
    return Tree(ordered, owner, boxes, starts[: levels + 1].copy())


@compiled
def measure(x: float, y: float, segment: Floats) -> float:
    """Return the distance of a point to a segment, by the formula of GEOS."""
    ax, ay, bx, by = segment
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    along = ((x - ax) * dx + (y - ay) * dy) / square if square > 0.0 else 0.0
    if along <= 0.0:
        return float(np.sqrt((x - ax) * (x - ax) + (y - ay) * (y - ay)))
    if along >= 1.0:
        return float(np.sqrt((x - bx) * (x - bx) + (y - by) * (y - by)))
    return float(np.abs(((ay - y) * dx - (ax - x) * dy) / square) * np.sqrt(square))


@compiled
def measure_box(x: float, y: float, box: Floats) -> float:
    """Return the squared distance of a point to a box given by two opposite corners."""
    dx = max(min(box[0], box[2]) - x, 0.0, x - max(box[0], box[2]))
    dy = max(min(box[1], box[3]) - y, 0.0, y - max(box[1], box[3]))
    return float(dx * dx + dy * dy)


@compiled
def seek_nearest(
    first: int,
    last: int,
    points: Sorted,
    tree: Tree,
    slack: float,
    reach: float,
    found: Ints,
    distance: Floats,
) -> None:
    """Find what is nearest within reach of some sorted points, the lowest owner of equally near segments.

    ``slack`` is by how much rounding can put a segment nearer than its box. ``found`` and ``distance`` are
    told by the points' own positions, and only where there is one.
    """
    levels = len(tree.starts) - 1
    count = len(tree.things)
    stack = np.empty(FAN * (levels + 1), np.int64)
    near = np.empty(FAN)
    last_found = -1
    for i in range(first, last):
        x, y = points.xy[i]
        best, nearest = reach, -1
        # What was nearest to the point before is near this one too.
        if last_found >= 0:
            away = measure(x, y, tree.things[last_found])
            if away <= best:
                best, nearest = away, tree.owner[last_found]
        bound = best * (1.0 + 1e-14) + slack
        limit = bound * bound * (1.0 + 1e-15) + 1e-300
        stack[0] = (levels - 1) << _LEVEL
        depth = 1
        while depth > 0:
            depth -= 1
            level = stack[depth] >> _LEVEL
            node = stack[depth] & ((1 << _LEVEL) - 1)
            if measure_box(x, y, tree.boxes[tree.starts[level] + node]) > limit:
                continue
            if level > 0:
                base = tree.starts[level - 1]
                begin, end = FAN * node, min(FAN * node + FAN, tree.starts[level] - base)
                closest = begin
                for child in range(begin, end):
                    near[child - begin] = measure_box(x, y, tree.boxes[base + child])
                    if near[child - begin] < near[closest - begin]:
                        closest = child
                for child in range(begin, end):
                    if child != closest and near[child - begin] <= limit:
                        stack[depth] = (level - 1) << _LEVEL | child
                        depth += 1
                if near[closest - begin] <= limit:
                    stack[depth] = (level - 1) << _LEVEL | closest
                    depth += 1
                continue
            for k in range(FAN * node, min(FAN * node + FAN, count)):
                if measure_box(x, y, tree.things[k]) > limit:
                    continue
                away = measure(x, y, tree.things[k])
                mine = tree.owner[k]
                if away < best or (away == best and (nearest < 0 or mine < nearest)):
                    best, nearest, last_found = away, mine, k
                    bound = best * (1.0 + 1e-14) + slack
                    limit = bound * bound * (1.0 + 1e-15) + 1e-300
        if nearest >= 0:
            found[points.keys[i] & POSITION] = nearest
            distance[points.keys[i] & POSITION] = best
