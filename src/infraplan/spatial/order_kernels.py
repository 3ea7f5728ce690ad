"""Kernels that sort points along a curve or by cells: what is asked in turn then lies together."""

from typing import NamedTuple

import numpy as np

from infraplan.spatial.arrays import Floats, Ints
from infraplan.spatial.compiled import compiled

POSITION = (1 << 32) - 1
"""The bits of a sorted key that hold a position; the key is above them."""
CURVE_BITS = 15
"""Bits of a Hilbert curve along each axis."""

_DIGIT = 11


class Sorted(NamedTuple):
    """Points in the order of their keys.

    Attributes
    ----------
    keys
        Rising; the lower 32 bits are the point's own position.
    xy
        Where each is, shape (points, 2).
    """

    keys: Ints
    xy: Floats


@compiled
def sort_keys(keys: Ints, bits: int) -> Ints:
    """Return keys of so many bits, at most 31, sorted and with their positions, without the negative ones."""
    placed = np.flatnonzero(keys >= 0)
    here, there = np.empty(len(placed), np.int64), np.empty(len(placed), np.int64)
    for i, position in enumerate(placed):
        here[i] = keys[position] << 32 | position
    starts = np.empty(1 << _DIGIT, np.int64)
    for shift in range(32, 32 + bits, _DIGIT):
        starts[:] = 0
        for packed in here:
            starts[packed >> shift & ((1 << _DIGIT) - 1)] += 1
        total = 0
        for digit in range(len(starts)):
            total, starts[digit] = total + starts[digit], total
        for packed in here:
            place = packed >> shift & ((1 << _DIGIT) - 1)
            there[starts[place]] = packed
            starts[place] += 1
        here, there = there, here
    return here


@compiled
def number_cells(points: Floats, corner: Floats, inverse: float, columns: int, rows: int) -> Ints:
    """Return the cell of each point, row by row from a corner; -1 outside, and where a point is nowhere."""
    cells = np.empty(len(points), np.int64)
    for i in range(len(points)):
        column, row = (points[i, 0] - corner[0]) * inverse, (points[i, 1] - corner[1]) * inverse
        inside = column >= 0.0 and column < columns and row >= 0.0 and row < rows
        cells[i] = int(row) * columns + int(column) if inside else -1
    return cells


@compiled
def number_curve(points: Floats, bounds: Floats) -> Ints:
    """Return the place of each point on a Hilbert curve through some bounds; -1 for points that are nowhere.

    Points outside the bounds count as on their border.
    """
    side = 1 << CURVE_BITS
    across = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    scale = (side - 1) / across if across > 0.0 else 0.0
    places = np.empty(len(points), np.int64)
    for i in range(len(points)):
        if not (np.isfinite(points[i, 0]) and np.isfinite(points[i, 1])):
            places[i] = -1
            continue
        x = int((min(max(points[i, 0], bounds[0]), bounds[2]) - bounds[0]) * scale)
        y = int((min(max(points[i, 1], bounds[1]), bounds[3]) - bounds[1]) * scale)
        place = 0
        half = side >> 1
        while half > 0:
            right, upper = (x & half) > 0, (y & half) > 0
            place += half * half * ((3 * right) ^ upper)
            if not upper:
                if right:
                    x, y = side - 1 - x, side - 1 - y
                x, y = y, x
            half >>= 1
        places[i] = place
    return places


@compiled
def take(points: Floats, keys: Ints) -> Sorted:
    """Return points in the order of sorted keys."""
    taken = np.empty((len(keys), 2))
    for i in range(len(keys)):
        position = keys[i] & POSITION
        taken[i, 0], taken[i, 1] = points[position]
    return Sorted(keys, taken)
