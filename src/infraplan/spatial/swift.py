"""Nearest sites and lines for many points, by compiled code: the same answers as ``plain``.

All coordinates are finite, and such that their squares are.
"""

import numpy as np

from infraplan.spatial.arrays import Bools, Floats, Ints, find_nothing
from infraplan.spatial.cell_kernels import count_crowd, sweep_nearest, sweep_within
from infraplan.spatial.compiled import share_out
from infraplan.spatial.order_kernels import CURVE_BITS, Sorted, number_cells, number_curve, sort_keys, take
from infraplan.spatial.tree_kernels import Tree, build_tree, seek_nearest

_CROWD_ANY = 500
"""Sites in a cell from which a tree is quicker than looking at all of them, up to the first in reach …"""
_CROWD_ALL = 40
"""… and for the nearest."""
_CELLS = 1 << 30
_ALONG = 1 << 26
_FINEST = 1e-9
"""About the most cells, the most along an axis, and the least width as a share of coordinates: rounding moves
nothing by more than a millionth of a cell, …"""
_WIDER = 1.0 + 1e-6
"""… which is how much wider than the reach they are."""
_LEAST = 1e-150
"""Least width of a cell: what is nearer than this has a squared distance of nothing."""
_ROUNDING = 1e-14
"""Share of a segment's length by which rounding can put it nearer than its box."""


def sites_within(points: Floats, sites: Floats, reach: float) -> Bools:
    """Return whether any site is within reach of each point."""
    if (cells := _lay_cells(points, sites, reach, _CROWD_ANY)) is None:
        return nearest_sites(points, sites, reach)[0] >= 0
    found = np.zeros(len(points), dtype=np.bool_)
    share_out(sweep_within, len(cells[0].keys), *cells, square_reach(reach), found)
    return found


def nearest_sites(points: Floats, sites: Floats, reach: float) -> tuple[Ints, Floats]:
    """Return the nearest site within reach of each point and its distance; -1, NaN for none."""
    if (cells := _lay_cells(points, sites, reach, _CROWD_ALL)) is None:
        return nearest_segments(points, np.hstack([sites, sites]), np.arange(len(sites)), reach)
    found = find_nothing(len(points))
    share_out(sweep_nearest, len(cells[0].keys), *cells, reach, *found)
    return found


def _lay_cells(
    points: Floats, sites: Floats, reach: float, crowd: float
) -> tuple[Sorted, Sorted, int] | None:
    """Return points and sites, sorted by cells, and how many cells a row has.

    None where the cells would hold too many sites to look at all of them.
    """
    low, high = find_bounds(sites)
    extent = high - low
    least = (float(extent.max()) / _ALONG, float(np.sqrt(extent.prod() / _CELLS)))
    width = max(reach * _WIDER, *least, _FINEST * float(np.abs([low, high]).max()), _LEAST)
    if not np.isfinite(width):
        return None
    columns, rows = (extent / width).astype(np.int64).tolist()
    grid = (low - 1.5 * width, 1.0 / width, columns + 4, rows + 4)
    bits = (grid[2] * grid[3]).bit_length()
    site_cells = sort_keys(number_cells(sites, *grid), bits)
    if count_crowd(site_cells) > crowd:
        return None
    cells = sort_keys(number_cells(points, *grid), bits)
    return take(points, cells), take(sites, site_cells), grid[2]


def nearest_segments(points: Floats, ends: Floats, owner: Ints, reach: float) -> tuple[Ints, Floats]:
    """Return the owner of the segment nearest to each point and its distance; -1, NaN for none."""
    tree = grow_tree(ends, owner)
    order = sort_along(points, tree)
    found = find_nothing(len(points))
    slack = _ROUNDING * float(np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]).max())
    share_out(seek_nearest, len(order.keys), order, tree, slack, reach, *found)
    return found


def grow_tree(things: Floats, owner: Ints) -> Tree:
    """Return a tree of segments or boxes, at least one, shape (things, 4)."""
    middle = (things[:, :2] + things[:, 2:]) / 2.0
    bounds = np.concatenate(find_bounds(middle))
    return build_tree(things, owner, sort_keys(number_curve(middle, bounds), 2 * CURVE_BITS))


def sort_along(points: Floats, tree: Tree) -> Sorted:
    """Return points in the order in which a tree is asked best."""
    return take(points, sort_keys(number_curve(points, tree.boxes[-1]), 2 * CURVE_BITS))


def find_bounds(points: Floats) -> tuple[Floats, Floats]:
    """Return the lowest and the highest coordinates; by columns, which is ten times as quick as by rows."""
    return np.array([axis.min() for axis in points.T]), np.array([axis.max() for axis in points.T])


def square_reach(reach: float) -> float:
    """Return the greatest number whose rounded root is within reach."""
    square = reach * reach
    while np.sqrt(square) > reach:
        square = float(np.nextafter(square, 0.0))
    while np.sqrt(after := float(np.nextafter(square, np.inf))) <= reach:
        square = after
    return square
