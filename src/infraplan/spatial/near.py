"""What lies nearest, and whether anything lies within reach.

A distance is sqrt(dx² + dy²), each step rounded as IEEE 754 says; to a segment it is the formula of GEOS.
What lies at exactly the reach is within it. Of equally near ones the lowest position counts. A point or a
site without coordinates (NaN), or with such beyond 1e15, lies nowhere: it finds nothing and is not found.

Few points are asked by the trees of scipy and shapely, many by compiled code. Both give the same answer, to
the last bit of each distance.
"""

import numpy as np
import shapely
from numpy.typing import ArrayLike

from infraplan.spatial import plain
from infraplan.spatial.arrays import (
    FARTHEST_M,
    Bools,
    Floats,
    Ints,
    Shapes,
    as_points,
    check_reach,
    find_nothing,
    find_placed,
    is_large,
)

_LINES = (-1, 1, 2, 5)
"""shapely's numbers of nothing, lines, rings and lines of several parts."""


def find_within(xy: ArrayLike, sites: ArrayLike, reach_m: float) -> Bools:
    """Return whether any site lies within reach of each point.

    Parameters
    ----------
    xy, sites
        Shapes (points, 2) and (sites, 2), metres.
    reach_m
        Itself within reach; infinite for any distance. Raises ValueError where negative.

    >>> find_within([[0, 0], [0, 50], [0, 50.1]], [[0, 0]], 50.0).tolist()
    [True, True, False]
    """
    points, targets, reach = as_points(xy), as_points(sites), check_reach(reach_m)
    asked, offered = find_placed(points), find_placed(targets)
    if not is_large(len(asked) + len(offered)) or not (len(asked) and len(offered)):
        return find_nearest(points, targets, reach)[0] >= 0
    from infraplan.spatial import swift  # noqa: PLC0415 (numba: only who needs it waits)

    found = np.zeros(len(points), dtype=np.bool_)
    found[asked] = swift.sites_within(_pick(points, asked), _pick(targets, offered), reach)
    return found


def find_nearest(xy: ArrayLike, sites: ArrayLike, reach_m: float) -> tuple[Ints, Floats]:
    """Return the position of the nearest site within reach of each point and its distance; -1, NaN for none.

    Parameters
    ----------
    xy, sites
        Shapes (points, 2) and (sites, 2), metres.
    reach_m
        Itself within reach; infinite for any distance. Raises ValueError where negative.

    >>> site, distance_m = find_nearest([[0, 0], [9, 0]], [[3, 4], [4, 3]], 5.0)
    >>> site.tolist(), distance_m.tolist()
    ([0, -1], [5.0, nan])
    """
    points, targets, reach = as_points(xy), as_points(sites), check_reach(reach_m)
    asked, offered = find_placed(points), find_placed(targets)
    if not (len(asked) and len(offered)):
        return find_nothing(len(points))
    nearest = plain.nearest_sites
    if is_large(len(asked) + len(offered)):
        from infraplan.spatial import swift  # noqa: PLC0415

        nearest = swift.nearest_sites
    site, distance = nearest(_pick(points, asked), _pick(targets, offered), reach)
    return _put(len(points), asked, np.where(site >= 0, offered[site], -1), distance)


def find_nearest_line(xy: ArrayLike, lines: Shapes, reach_m: float) -> tuple[Ints, Floats]:
    """Return the position of the nearest line within reach of each point and its distance; -1, NaN for none.

    Parameters
    ----------
    xy
        Shape (points, 2), metres.
    lines
        Lines of one or several parts; None and empty ones are near nothing. Raises ValueError for others.
    reach_m
        Itself within reach; infinite for any distance. Raises ValueError where negative.

    >>> line, distance_m = find_nearest_line([[5, 3]], [shapely.LineString([(0, 0), (10, 0)])], 3.0)
    >>> line.tolist(), distance_m.tolist()
    ([0], [3.0])
    """
    points, reach = as_points(xy), check_reach(reach_m)
    ends, owner = cut_lines(lines)
    asked = find_placed(points)
    if not (len(asked) and len(ends)):
        return find_nothing(len(points))
    nearest = plain.nearest_segments
    if is_large(len(asked) + len(ends)):
        from infraplan.spatial import swift  # noqa: PLC0415

        nearest = swift.nearest_segments
    return _put(len(points), asked, *nearest(_pick(points, asked), ends, owner, reach))


def cut_lines(lines: Shapes) -> tuple[Floats, Ints]:
    """Return the segments of lines, shape (segments, 4) as x, y, x, y, and the line that each is of."""
    shapes = np.asarray(lines, dtype=object)
    kind = shapely.get_type_id(shapes)
    if not np.isin(kind, _LINES).all():
        raise ValueError("shapes that are no lines")
    parts, line = shapely.get_parts(shapes, return_index=True)
    corners, part = shapely.get_coordinates(parts, return_index=True)
    tail = np.flatnonzero(part[1:] == part[:-1])
    ends = np.concatenate([corners[tail], corners[tail + 1]], axis=1)
    placed = (np.abs(ends) <= FARTHEST_M).all(axis=1)
    return ends[placed], line[part[tail]][placed].astype(np.int64)


def _pick(points: Floats, positions: Ints) -> Floats:
    return points if len(positions) == len(points) else points[positions]


def _put(count: int, asked: Ints, found: Ints, distance: Floats) -> tuple[Ints, Floats]:
    """Return answers at the positions of those who asked, and nothing at the others."""
    if len(asked) == count:
        return found, distance
    answer = find_nothing(count)
    answer[0][asked], answer[1][asked] = found, distance
    return answer
