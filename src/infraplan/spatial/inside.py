"""Which areas each point lies in: an index of areas that is made once and asked often.

The border belongs to an area: the answer is that of shapely's ``intersects``. A point whose coordinates are
not finite lies in none. None and empty areas hold nothing.
"""

import numpy as np
import shapely
from numpy.typing import ArrayLike

from infraplan.spatial.arrays import Floats, Ints, Shapes, as_points, find_placed

_AREAS = (-1, 3, 6)
"""shapely's numbers of nothing, polygons and multi-polygons."""


class AreaIndex:
    """Areas that are asked again and again.

    Attributes
    ----------
    areas
        Polygons of one or several parts, valid; positions in answers are positions here.
    """

    def __init__(self, areas: Shapes) -> None:
        self.areas = np.asarray(areas, dtype=object)
        if not np.isin(shapely.get_type_id(self.areas), _AREAS).all():
            raise ValueError("shapes that are no areas")

    def __len__(self) -> int:
        return len(self.areas)


def build_index(areas: Shapes) -> AreaIndex:
    """Return an index of areas; raises ValueError for shapes that are no areas."""
    return AreaIndex(areas)


def find_pairs(index: AreaIndex, xy: ArrayLike) -> tuple[Ints, Ints]:
    """Return the positions of all pairs of a point and an area that it lies in, sorted.

    >>> index = build_index([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)])
    >>> point, area = find_pairs(index, [[0, 0], [2, 1], [9, 9]])
    >>> point.tolist(), area.tolist()
    ([0, 1, 1], [0, 0, 1])
    """
    points = as_points(xy)
    placed = find_placed(points)
    area, point = shapely.STRtree(shapely.points(points[placed])).query(index.areas, predicate="intersects")
    order = np.lexsort((area, point))
    return placed[point[order]].astype(np.int64), area[order].astype(np.int64)


def find_groups(index: AreaIndex, xy: ArrayLike, groups: ArrayLike) -> tuple[Ints, Ints]:
    """Return all pairs of a point and a group of areas that it lies in one of, sorted, without repeats.

    Parameters
    ----------
    groups
        The group of each area, whole numbers from 0.
    """
    group = np.asarray(groups, dtype=np.int64)
    point, area = find_pairs(index, xy)
    pairs = np.unique(np.column_stack([point, group[area]]), axis=0)
    return pairs[:, 0], pairs[:, 1]


def find_best(index: AreaIndex, xy: ArrayLike, values: ArrayLike) -> Floats:
    """Return the greatest value of the areas that each point lies in, NaN for none.

    Parameters
    ----------
    values
        The value of each area; one without (NaN) does not count.
    """
    value = np.asarray(values, dtype=np.float64)
    best = np.full(len(as_points(xy)), np.nan)
    point, area = find_pairs(index, xy)
    np.fmax.at(best, point, value[area])
    return best
