"""Which area a point lies in, and what lies nearest to it: positions in, positions out."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from infraplan import spatial

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[Any]

_TOUCH_M = 1e-9
"""A reach of nothing still finds what is in the very same place."""
_LARGE = 100_000
"""So many points are asked by compiled code, which gives the same answers."""
_POINT, _LINES, _AREAS = (0,), (1, 2, 5), (3, 6)
"""shapely's numbers of points, lines and areas."""


def find_inside(points: Shapes, areas: Shapes) -> tuple[Ints, Ints]:
    """Return the positions of all pairs of a point and an area that it lies in or on the border of, sorted.

    The areas question a tree of the points: each is prepared once, which is what makes this fast for areas
    with many corners (a tree of the areas asked by each point is not).
    """
    if len(points) >= _LARGE and _are(points, _POINT) and _are(areas, _AREAS):
        return spatial.find_pairs(spatial.build_index(areas), coordinates(points))
    area, point = shapely.STRtree(points).query(areas, predicate="intersects")
    order = np.lexsort((area, point))
    return point[order], area[order]


def first_inside(points: Shapes, areas: Shapes) -> Ints:
    """Return the position of the first area that each point lies in, -1 for none."""
    return first_of_each(*find_inside(points, areas), count=len(points))


def nearest(points: Shapes, shapes: Shapes, *, reach_m: float) -> Ints:
    """Return the position of the nearest shape within reach of each point, first of equals, -1 for none."""
    reach = max(reach_m, _TOUCH_M)
    if len(points) >= _LARGE and _are(points, _POINT):
        if _are(shapes, _POINT):
            return spatial.find_nearest(coordinates(points), coordinates(shapes), reach)[0]
        if _are(shapes, _LINES):
            return spatial.find_nearest_line(coordinates(points), shapes, reach)[0]
    tree = shapely.STRtree(shapes)
    point, shape = tree.query_nearest(points, max_distance=reach, all_matches=True)
    order = np.lexsort((shape, point))
    return first_of_each(point[order], shape[order], count=len(points))


def first_of_each(keys: Ints, values: Ints, *, count: int) -> Ints:
    """Return the first value of each key 0 … count - 1, -1 where a key has none; keys are sorted."""
    found = np.full(count, -1, dtype=np.int64)
    key, first = np.unique(keys, return_index=True)
    found[key] = values[first]
    return found


def coordinates(points: Shapes) -> Floats:
    """Return the coordinates of points, shape (points, 2); NaN for None and empty ones."""
    found, point = shapely.get_coordinates(points, return_index=True)
    xy = np.full((len(points), 2), np.nan)
    xy[point] = found
    return xy


def _are(shapes: Shapes, kinds: tuple[int, ...]) -> bool:
    """Return whether all shapes are of some kinds, or None."""
    return bool(np.isin(shapely.get_type_id(shapes), (-1, *kinds)).all())
