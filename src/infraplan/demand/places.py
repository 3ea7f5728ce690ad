"""Which area a point lies in, and what lies nearest to it: positions in, positions out."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Shapes = NDArray[Any]

_TOUCH_M = 1e-9
"""A reach of nothing still finds what is in the very same place."""


def find_inside(points: Shapes, areas: Shapes) -> tuple[Ints, Ints]:
    """Return the positions of all pairs of a point and an area that it lies in or on the border of, sorted.

    The areas question a tree of the points: each is prepared once, which is what makes this fast for areas
    with many corners (a tree of the areas asked by each point is not).
    """
    area, point = shapely.STRtree(points).query(areas, predicate="intersects")
    order = np.lexsort((area, point))
    return point[order], area[order]


def first_inside(points: Shapes, areas: Shapes) -> Ints:
    """Return the position of the first area that each point lies in, -1 for none."""
    return first_of_each(*find_inside(points, areas), count=len(points))


def nearest(points: Shapes, shapes: Shapes, *, reach_m: float) -> Ints:
    """Return the position of the nearest shape within reach of each point, first of equals, -1 for none."""
    tree = shapely.STRtree(shapes)
    point, shape = tree.query_nearest(points, max_distance=max(reach_m, _TOUCH_M), all_matches=True)
    order = np.lexsort((shape, point))
    return first_of_each(point[order], shape[order], count=len(points))


def first_of_each(keys: Ints, values: Ints, *, count: int) -> Ints:
    """Return the first value of each key 0 … count - 1, -1 where a key has none; keys are sorted."""
    found = np.full(count, -1, dtype=np.int64)
    key, first = np.unique(keys, return_index=True)
    found[key] = values[first]
    return found
