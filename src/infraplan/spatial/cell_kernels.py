"""Kernels for sites in reach of points, both sorted by square cells at least as wide as the reach."""

import numpy as np

from infraplan.spatial.arrays import Bools, Floats, Ints
from infraplan.spatial.compiled import compiled
from infraplan.spatial.order_kernels import POSITION, Sorted


@compiled
def count_crowd(cells: Ints) -> float:
    """Return how many sites lie in the cell of a site, on average over the sites."""
    total = run = 0
    for i in range(len(cells)):
        run = run + 1 if i and cells[i] >> 32 == cells[i - 1] >> 32 else 1
        total += 2 * run - 1
    return total / max(len(cells), 1)


@compiled
def seek(cells: Ints, cell: int, low: int) -> int:
    """Return the first site from ``low`` on that lies in a cell or after it."""
    high = len(cells)
    while low < high:
        middle = (low + high) >> 1
        if cells[middle] >> 32 < cell:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def sweep_within(
    first: int,
    last: int,
    points: Sorted,
    sites: Sorted,
    columns: int,
    limit: float,
    found: Bools,
) -> None:
    """Tell of some sorted points whether any site is so near that its squared distance is within a limit.

    ``found`` is told by the points' own positions.
    """
    begins = np.zeros(3, np.int64)
    count = len(sites.keys)
    row = -1
    for i in range(first, last):
        cell = points.keys[i] >> 32
        if cell // columns != row:
            row = cell // columns
            for side in range(3):
                begins[side] = seek(sites.keys, cell + (side - 1) * columns - 1, begins[side])
        x, y = points.xy[i]
        hit = False
        for turn in range(3):
            side = (1, 0, 2)[turn]
            middle = cell + (side - 1) * columns
            k = begins[side]
            while k < count and sites.keys[k] >> 32 < middle - 1:
                k += 1
            begins[side] = k
            while k < count and sites.keys[k] >> 32 <= middle + 1:
                dx, dy = x - sites.xy[k, 0], y - sites.xy[k, 1]
                if dx * dx + dy * dy <= limit:
                    hit = True
                    break
                k += 1
            if hit:
                break
        found[points.keys[i] & POSITION] = hit


@compiled
def sweep_nearest(
    first: int,
    last: int,
    points: Sorted,
    sites: Sorted,
    columns: int,
    reach: float,
    found: Ints,
    distance: Floats,
) -> None:
    """Find the nearest site within reach of some sorted points, the lowest position of equals.

    ``found`` and ``distance`` are told by the points' own positions, and only where there is one.
    """
    begins = np.zeros(3, np.int64)
    count = len(sites.keys)
    row = -1
    for i in range(first, last):
        cell = points.keys[i] >> 32
        if cell // columns != row:
            row = cell // columns
            for side in range(3):
                begins[side] = seek(sites.keys, cell + (side - 1) * columns - 1, begins[side])
        x, y = points.xy[i]
        best, nearest = reach, -1
        # Different squares can have the same root: the roots decide.
        limit = best * best * (1.0 + 1e-15) + 1e-300
        for turn in range(3):
            side = (1, 0, 2)[turn]
            middle = cell + (side - 1) * columns
            k = begins[side]
            while k < count and sites.keys[k] >> 32 < middle - 1:
                k += 1
            begins[side] = k
            while k < count and sites.keys[k] >> 32 <= middle + 1:
                dx, dy = x - sites.xy[k, 0], y - sites.xy[k, 1]
                square = dx * dx + dy * dy
                if square <= limit:
                    away = np.sqrt(square)
                    site = sites.keys[k] & POSITION
                    if away < best or (away == best and (nearest < 0 or site < nearest)):
                        best, nearest = away, site
                        limit = best * best * (1.0 + 1e-15) + 1e-300
                k += 1
        if nearest >= 0:
            found[points.keys[i] & POSITION] = nearest
            distance[points.keys[i] & POSITION] = best
