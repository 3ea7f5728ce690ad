"""Areas that many points are held against by compiled code."""

import numpy as np
import shapely

from infraplan.spatial.arrays import FARTHEST_M, Bools, Floats, Ints
from infraplan.spatial.arrays import Shapes as Areas
from infraplan.spatial.compiled import share_out
from infraplan.spatial.inside_kernels import count_boxes, gather, list_groups, seek_best
from infraplan.spatial.ring_kernels import (
    Parts,
    Shapes,
    count_edges,
    fill_cells,
    fill_slabs,
    find_boxes,
    lay_grids,
)
from infraplan.spatial.swift import grow_tree, sort_along

_AT_ONCE = 1 << 19
"""Points that are asked at once: what they find has room in memory."""


class SwiftAreas:
    """Areas cut into slabs and cells, in a tree.

    Attributes
    ----------
    owner
        The area that each part is of, shape (parts,).
    parts, tree
        Parts of areas, and their boxes; None where no area has any.
    """

    def __init__(self, areas: Areas) -> None:
        polygons, owner = shapely.get_parts(areas, return_index=True)
        filled = ~shapely.is_empty(polygons)
        self.owner: Ints = owner[filled].astype(np.int64)
        self.parts = _cut(polygons[filled])
        self.tree = (
            grow_tree(self.parts.shapes.boxes, np.arange(len(self.owner))) if len(self.owner) else None
        )

    def find_groups(self, points: Floats, group: Ints) -> tuple[Ints, Ints, Ints]:
        """Return pairs of points and groups, sorted, of all points but some, and these."""
        names, number = np.unique(group, return_inverse=True)
        numbers = number[self.owner]
        pieces = [self._list(points, first, numbers) for first in range(0, len(points), _AT_ONCE)]
        point, found, unsure = (np.concatenate(arrays) for arrays in zip(*pieces, strict=True))
        return point, names[found], unsure

    def find_best(self, points: Floats, value: Floats) -> tuple[Floats, Bools]:
        """Return the greatest value that each point lies in, and of which points it is unsure."""
        best, unsure = np.full(len(points), -1), np.zeros(len(points), dtype=np.bool_)
        # Equal values have equal ranks; the highest has 0.
        values, rank = np.unique(-value[self.owner], return_inverse=True)
        rank[np.isnan(value[self.owner])] = -1
        if self.tree is not None:
            order = sort_along(points, self.tree)
            share_out(seek_best, len(order.keys), order, self.tree, self.parts, rank, best, unsure)
        return np.where(best >= 0, -np.append(values, np.nan)[best], np.nan), unsure

    def _list(self, points: Floats, first: int, numbers: Ints) -> tuple[Ints, Ints, Ints]:
        some = points[first : first + _AT_ONCE]
        if self.tree is None:
            return (np.empty(0, np.int64),) * 3
        order = sort_along(some, self.tree)
        starts = np.zeros(len(some) + 1, dtype=np.int64)
        share_out(count_boxes, len(some), order, self.tree, numbers.max() + 1, starts)
        np.cumsum(starts, out=starts)
        found = np.empty(starts[-1], dtype=np.int32)
        share_out(list_groups, len(some), order, self.tree, self.parts, numbers, starts, found)
        point, listed = np.empty(len(found), np.int64), np.empty(len(found), np.int64)
        count = gather(starts, found, point, listed)
        begins = starts[:-1][starts[1:] > starts[:-1]]
        unsure = np.flatnonzero(starts[1:] > starts[:-1])[found[begins] < -1]
        return point[:count] + first, listed[:count], unsure + first


def _cut(polygons: Areas) -> Parts:
    """Return polygons cut into slabs and cells."""
    if len(polygons):
        _, xy, (rings, parts) = shapely.to_ragged_array(polygons, include_z=False)
    else:
        xy, rings, parts = np.empty((0, 2)), np.zeros(1), np.zeros(1)
    if not (np.abs(xy) <= FARTHEST_M).all():
        raise ValueError("areas without coordinates, or far beyond the Earth")
    rings, parts = rings.astype(np.int64), parts.astype(np.int64)
    corners = np.require(xy, np.float64, ["C", "W"])
    shapes = Shapes(corners, rings, parts, find_boxes(corners, rings, parts))
    grids = lay_grids(shapes)
    starts = np.zeros(grids.slabs[-1] + 1, dtype=np.int64)
    share_out(count_edges, len(polygons), shapes, grids, starts)
    np.cumsum(starts, out=starts)
    edges = np.empty(starts[-1], dtype=np.int32)
    cut = Parts(shapes, grids, starts, edges, np.empty(grids.cells[-1], dtype=np.uint8))
    share_out(fill_slabs, len(polygons), cut)
    share_out(fill_cells, len(polygons), cut)
    return cut
