"""Areas that tile a plane, made to fit together before they are simplified together."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

_GRID_M = 0.01
"""Corners no further apart are one: registers write centimetres."""
_SLIVER_M = 20.0
"""A gap no wider than this is a fault of drawing, not land of nobody."""
_MOST_LOST = 0.01
"""Of its area; who would lose or gain more does not share borders but lies upon another."""


def make_coverage(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return a table whose areas share their borders exactly; None where they lie upon each other.

    Small overlaps go to the area that comes first, narrow gaps to the nearest: what is left when registers of
    different detail are put together. Only what is drawn is changed by it, no figure.
    """
    shapes = np.asarray(table.geometry.array, dtype=object)
    if len(shapes) < 2 or shapely.coverage_is_valid(shapes):  # noqa: PLR2004  (one has no neighbour)
        return table
    fitted = _share_out(shapely.make_valid(shapely.set_precision(shapes, _GRID_M)))
    before, after = shapely.area(shapes), shapely.area(fitted)
    moved = np.abs(after - before) > _MOST_LOST * before + _SLIVER_M**2
    if moved.any() or not shapely.coverage_is_valid(fitted):
        return None
    return table.set_geometry(gpd.GeoSeries(fitted, index=table.index, crs=table.crs))


def _share_out(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Cut the plane along all borders, and give each piece to one of the areas."""
    lines = shapely.union_all(shapely.boundary(shapes), grid_size=_GRID_M)
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    owner = _owners(pieces, shapes)
    return np.array(
        [
            shapely.coverage_union_all(pieces[owner == i]) if (owner == i).any() else shape
            for i, shape in enumerate(shapes)
        ],
        dtype=object,
    )


def _owners(pieces: NDArray[np.object_], shapes: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return for each piece the number of the area that it goes to, −1 for a hole that is nobody's."""
    tree, inside = shapely.STRtree(shapes), shapely.point_on_surface(pieces)
    piece, area = tree.query(inside, predicate="intersects")
    owner = np.full(len(pieces), len(shapes), dtype=np.int64)
    np.minimum.at(owner, piece, area)
    free = owner == len(shapes)
    # A long strip is about as wide as twice its area by its length around.
    narrow = free & (2.0 * shapely.area(pieces) <= _SLIVER_M * shapely.length(pieces) / 2.0)
    owner[free] = -1
    if narrow.any():
        owner[narrow] = tree.nearest(inside[narrow])
    return owner
