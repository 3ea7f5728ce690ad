"""Points gathered to chains: two are in one chain when steps of limited length lead from one to the other.

A step's length is sqrt(dx² + dy²), each step rounded as IEEE 754 says; the longest step is itself allowed.
All pairs within reach, of which a town has hundreds of millions, are never listed. Few points are gathered
along a triangulation of scipy, many by compiled code. Both give the same answer.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay

from infraplan.spatial.arrays import (
    FARTHEST_M,
    Floats,
    Ints,
    as_points,
    check_reach,
    find_placed,
    first_of_each,
    is_large,
)

_CORNERS = 3
_FLAT_M = 1e-3
"""Places on a line, to within a millimetre, span no triangle."""
_ANYWHERE_M = 3 * FARTHEST_M
"""Longer than the way between any two points."""
_CELL = 0.7071
"""Side of a cell, as a share of the step: a little less than what makes its diagonal as long as the step."""
_ALONG = 1 << 26
_LEAST = 1e-150
"""The most cells along an axis, and the least side of one: rounding moves nothing by more than a millionth of
a cell."""
_BESIDE = 2
"""Cells on each side that a step can reach."""


def label_chains(xy: ArrayLike, step_m: float) -> Ints:
    """Return the chain of each point (single linkage); -1 for points that lie nowhere.

    Chains are numbered from 0 by their westernmost point, from west to east; of points as far west the
    southernmost counts.

    Parameters
    ----------
    xy
        Shape (points, 2), metres.
    step_m
        Longest step, itself allowed. Raises ValueError where negative.

    >>> label_chains([[900.0, 0.0], [0.0, 0.0], [400.0, 0.0], [400.0, 0.0], [901.0, 0.0]], 500.0).tolist()
    [0, 0, 0, 0, 0]
    """
    points, step = as_points(xy), check_reach(step_m)
    placed = find_placed(points)
    chain = np.full(len(points), -1, dtype=np.int64)
    if step >= _ANYWHERE_M:
        chain[placed] = 0
    elif len(placed):
        gather = gather_many if is_large(len(placed)) and _has_cells(points[placed], step) else gather_few
        chain[placed] = gather(points[placed], step)
    return chain


def _has_cells(points: Floats, step: float) -> bool:
    """Return whether cells are so few that each point's is known."""
    side = _CELL * step
    return side >= _LEAST and float(np.ptp(points, axis=0).max()) / side < _ALONG


def gather_many(points: Floats, step: float) -> Ints:
    """Gather cell by cell: within a cell all are near each other, so that only cells need be joined."""
    from infraplan.spatial.chains_kernels import find_western, join_cells  # noqa: PLC0415 (numba)
    from infraplan.spatial.order_kernels import number_cells  # noqa: PLC0415
    from infraplan.spatial.swift import find_bounds, square_reach  # noqa: PLC0415

    low, high = find_bounds(points)
    side = _CELL * step
    columns, rows = ((high - low) / side).astype(np.int64) + 1 + _BESIDE
    numbers = number_cells(points, low, 1.0 / side, int(columns), int(rows))
    order = np.argsort(numbers)
    ordered, numbers = points[order], numbers[order]
    first = first_of_each(numbers)
    starts = np.append(first, len(points))
    roots = join_cells(ordered, starts, numbers[first], int(columns), square_reach(step))
    of_cell = _number_chains(roots, find_western(ordered, starts, roots))
    chain = np.empty(len(points), dtype=np.int64)
    chain[order] = np.repeat(of_cell, np.diff(starts))
    return chain


def _number_chains(roots: Ints, western: Floats) -> Ints:
    """Return the chain of each cell by number, from west to east."""
    is_root = np.flatnonzero(roots == np.arange(len(roots)))
    number = np.empty(len(roots), dtype=np.int64)
    number[is_root[np.lexsort((western[is_root, 1], western[is_root, 0]))]] = np.arange(len(is_root))
    return number[roots]


def gather_few(points: Floats, step: float) -> Ints:
    """Gather along a triangulation, which holds the shortest tree that spans all points."""
    places, place_of = np.unique(points, axis=0, return_inverse=True)
    tail, head = _list_steps(places).T
    short = np.sqrt(((places[tail] - places[head]) ** 2).sum(axis=1)) <= step
    tail, head = tail[short], head[short]
    links = coo_array((np.ones(len(tail)), (tail, head)), shape=(len(places), len(places)))
    # Places are sorted from west to east, and components numbered in the order of their first place.
    _, chain = connected_components(links, directed=False)
    return np.asarray(chain, dtype=np.int64)[place_of]


def _list_steps(places: Floats) -> Ints:
    """Return pairs of neighbours among different places, shape (steps, 2)."""
    if len(places) <= _CORNERS:
        return np.column_stack(np.triu_indices(len(places), k=1)).astype(np.int64)
    centred = places - places.mean(axis=0)
    _, spread, directions = np.linalg.svd(centred, full_matrices=False)
    if spread[1] < _FLAT_M:
        along = np.argsort(centred @ directions[0], kind="stable")
        return np.column_stack([along[:-1], along[1:]])
    made = Delaunay(centred)
    corners = made.simplices
    # Places too close for the triangulation to tell apart are merged into one of them: keep them with it.
    merged = made.coplanar[:, [0, 2]]
    steps = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]], merged])
    return steps.astype(np.int64)
