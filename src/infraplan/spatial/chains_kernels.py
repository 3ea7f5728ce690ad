"""Kernels that gather points to chains: cell by cell, of cells in which all points are near each other."""

import numpy as np

from infraplan.spatial.arrays import Floats, Ints
from infraplan.spatial.compiled import compiled
from infraplan.spatial.tree_kernels import measure_box


@compiled
def find_root(roots: Ints, cell: int) -> int:
    """Return what a cell's chain is named by, and shorten the way to it."""
    while roots[cell] != cell:
        roots[cell] = roots[roots[cell]]
        cell = roots[cell]
    return cell


@compiled
def bound_cells(points: Floats, starts: Ints) -> Floats:
    """Return the box of each cell's points, as least x and y, greatest x and y; shape (cells, 4)."""
    boxes = np.empty((len(starts) - 1, 4))
    for cell in range(len(boxes)):
        left = right = points[starts[cell], 0]
        low = high = points[starts[cell], 1]
        for i in range(starts[cell] + 1, starts[cell + 1]):
            x, y = points[i]
            left, right, low, high = min(left, x), max(right, x), min(low, y), max(high, y)
        boxes[cell] = (left, low, right, high)
    return boxes


@compiled
def meet(points: Floats, starts: Ints, boxes: Floats, one: int, other: int, limit: float) -> bool:
    """Return whether any points of two cells are so near that their squared distance is within a limit."""
    box, far = boxes[one], boxes[other]
    dx = max(far[0] - box[2], 0.0, box[0] - far[2])
    dy = max(far[1] - box[3], 0.0, box[1] - far[3])
    if dx * dx + dy * dy > limit:
        return False
    for i in range(starts[one], starts[one + 1]):
        x, y = points[i]
        if measure_box(x, y, far) > limit:
            continue
        for j in range(starts[other], starts[other + 1]):
            dx, dy = x - points[j, 0], y - points[j, 1]
            if dx * dx + dy * dy <= limit:
                return True
    return False


@compiled
def join_cells(points: Floats, starts: Ints, cells: Ints, columns: int, limit: float) -> Ints:
    """Return for each cell the first cell of its chain.

    Parameters
    ----------
    points
        Cell by cell; those of a cell are within the limit of each other, and of none beyond the second cell.
    starts
        Where each cell's points begin, and the end; shape (cells + 1,).
    cells
        The number of each cell, row by row, rising. A row ends with two columns or more in which none is.
    columns
        In a row.
    limit
        Of the squared distance.
    """
    count = len(cells)
    boxes = bound_cells(points, starts)
    roots = np.arange(count)
    begins = np.zeros(3, np.int64)
    for cell in range(count):
        for up in range(3):
            middle = cells[cell] + up * columns
            k = max(begins[up], cell + 1)
            while k < count and cells[k] < middle - 2:
                k += 1
            begins[up] = k
            while k < count and cells[k] <= middle + 2:
                one, other = find_root(roots, cell), find_root(roots, k)
                if one != other and meet(points, starts, boxes, cell, k, limit):
                    roots[max(one, other)] = min(one, other)
                k += 1
    for cell in range(count):
        roots[cell] = find_root(roots, cell)
    return roots


@compiled
def find_western(points: Floats, starts: Ints, roots: Ints) -> Floats:
    """Return the westernmost point of each chain, of several the southernmost, where its first cell is."""
    found = np.full((len(roots), 2), np.inf)
    for cell in range(len(roots)):
        best = found[roots[cell]]
        for i in range(starts[cell], starts[cell + 1]):
            x, y = points[i]
            if x < best[0] or (x == best[0] and y < best[1]):
                best[0], best[1] = x, y
    return found
