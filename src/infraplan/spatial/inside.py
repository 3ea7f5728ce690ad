"""Which areas each point lies in: an index of areas that is made once and asked often.

The border belongs to an area: the answer is that of shapely's ``intersects``, to which both ways of asking
leave what is hard to tell. A point without coordinates (NaN), or with such beyond 1e15, lies in no area, and
nothing lies in None and in empty areas. Areas must be valid: of others, the two ways may answer differently.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import ArrayLike

from infraplan.spatial.arrays import Floats, Ints, Shapes, as_points, find_placed, is_large

if TYPE_CHECKING:
    from infraplan.spatial.swift_areas import SwiftAreas

_AREAS = (-1, 3, 6)
"""shapely's numbers of nothing, polygons and polygons of several parts."""
_CORNERS = 2_000_000
"""From so many corners on shapely takes longer to prepare them than compiled code to be loaded."""
_OFTEN = 10
"""An area that is held against so many points is prepared for it."""


class AreaIndex:
    """Areas that are asked again and again: what makes the answers quick is made once, when first needed.

    Attributes
    ----------
    areas
        Polygons of one or several parts; positions in answers are positions here.
    """

    def __init__(self, areas: Shapes) -> None:
        self.areas = np.array(areas, dtype=object).ravel()
        if not np.isin(shapely.get_type_id(self.areas), _AREAS).all():
            raise ValueError("shapes that are no areas")

    def __len__(self) -> int:
        return len(self.areas)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The boxes of the areas."""
        return shapely.STRtree(self.areas)

    @cached_property
    def corners(self) -> int:
        """How many corners the areas have."""
        return int(shapely.get_num_coordinates(self.areas).sum())

    @cached_property
    def swift(self) -> "SwiftAreas":
        """The areas as compiled code takes them."""
        from infraplan.spatial.swift_areas import SwiftAreas  # noqa: PLC0415 (numba: only who needs it waits)

        return SwiftAreas(self.areas)


def build_index(areas: Shapes) -> AreaIndex:
    """Return an index of areas; raises ValueError for shapes that are no areas."""
    return AreaIndex(areas)


def find_pairs(index: AreaIndex, xy: ArrayLike) -> tuple[Ints, Ints]:
    """Return the positions of all pairs of a point and an area that it lies in, sorted.

    Parameters
    ----------
    xy
        Shape (points, 2).

    >>> index = build_index([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)])
    >>> point, area = find_pairs(index, [[0, 0], [2, 1], [9, 9]])
    >>> point.tolist(), area.tolist()
    ([0, 1, 1], [0, 0, 1])
    """
    return find_groups(index, xy, np.arange(len(index)))


def find_groups(index: AreaIndex, xy: ArrayLike, groups: ArrayLike) -> tuple[Ints, Ints]:
    """Return all pairs of a point and a group of areas that it lies in one of, sorted, without repeats.

    Pairs of points and areas are never listed: a country has hundreds of millions.

    Parameters
    ----------
    xy
        Shape (points, 2).
    groups
        The group of each area, whole numbers from 0; shape (areas,). Raises ValueError for others.

    >>> index = build_index([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)])
    >>> point, group = find_groups(index, [[0, 0], [2, 1], [9, 9]], [7, 7])
    >>> point.tolist(), group.tolist()
    ([0, 1], [7, 7])
    """
    points, group = as_points(xy), np.asarray(groups, dtype=np.int64)
    if group.shape != (len(index),) or (group < 0).any():
        raise ValueError("groups that are no whole numbers from 0, one an area")
    placed = find_placed(points)
    if not _asks_swift(index, len(placed)):
        return ask_groups(index, points, placed, group)
    point, found, unsure = index.swift.find_groups(points[placed], group)
    if not len(unsure):
        return placed[point], found
    hard = ask_groups(index, points, placed[unsure], group)
    point, found = np.concatenate([placed[point], hard[0]]), np.concatenate([found, hard[1]])
    order = np.lexsort((found, point))
    return point[order], found[order]


def find_best(index: AreaIndex, xy: ArrayLike, values: ArrayLike) -> Floats:
    """Return the greatest value of the areas that each point lies in, NaN for none.

    Parameters
    ----------
    xy
        Shape (points, 2).
    values
        The value of each area, shape (areas,); one that is NaN does not count. Raises ValueError for others.

    >>> index = build_index([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)])
    >>> find_best(index, [[0, 0], [2, 1], [9, 9]], [30.0, 100.0]).tolist()
    [30.0, 100.0, nan]
    """
    points, value = as_points(xy), np.asarray(values, dtype=np.float64)
    if value.shape != (len(index),):
        raise ValueError(f"values of shape {value.shape} for {len(index)} areas")
    placed = find_placed(points)
    best = np.full(len(points), np.nan)
    hard = placed
    if _asks_swift(index, len(placed)):
        best[placed], unsure = index.swift.find_best(points[placed], value)
        hard = placed[unsure]
    point, area = ask_pairs(index, points, hard)
    np.fmax.at(best, point, value[area])
    return best


def ask_pairs(index: AreaIndex, points: Floats, asked: Ints) -> tuple[Ints, Ints]:
    """Return what ``find_pairs`` does of some points, by shapely and in no order."""
    places = shapely.points(points[asked])
    place, area = index.tree.query(places)
    often = np.flatnonzero(np.bincount(area, minlength=len(index)) >= _OFTEN)
    shapely.prepare(index.areas[often])
    inside = shapely.intersects(index.areas[area], places[place])
    return asked[place[inside]].astype(np.int64), area[inside].astype(np.int64)


def ask_groups(index: AreaIndex, points: Floats, asked: Ints, group: Ints) -> tuple[Ints, Ints]:
    """Return what ``find_groups`` does of some points, by shapely."""
    point, area = ask_pairs(index, points, asked)
    pairs = np.unique(np.column_stack([point, group[area]]), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _asks_swift(index: AreaIndex, count: int) -> bool:
    """Return whether so many points ask compiled code."""
    return count > 0 and len(index) > 0 and (is_large(count) or index.corners >= _CORNERS)
