"""What lies nearest, and whether anything lies within reach.

A distance is sqrt(dx² + dy²), each step rounded as IEEE 754 says; to a segment it is the formula of GEOS.
What lies at exactly the reach is within it. Of equally near ones the lowest position counts. A point or a
site whose coordinates are not finite lies nowhere: it finds nothing and is never found.
"""

import numpy as np
import shapely
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from infraplan.spatial.arrays import (
    Bools,
    Floats,
    Ints,
    Shapes,
    as_points,
    check_reach,
    find_placed,
    first_of_each,
)

_CLOSE = 1e-9
"""Candidates that another way of rounding could put before the nearest, as a share and in metres."""
_LEAST = 1e-150
"""A tree does not find what lies at its limit, and squares it: so no limit may square to nothing."""


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
    return find_nearest(xy, sites, reach_m)[0] >= 0


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
    found = _nothing(len(points))
    if len(asked) and len(offered):
        site, distance = _ask_tree(points[asked], targets[offered], reach)
        found[0][asked] = np.where(site >= 0, offered[site], -1)
        found[1][asked] = distance
    return found


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
    found = _nothing(len(points))
    if len(asked) and len(ends):
        line, distance = _ask_segments(points[asked], ends, owner, reach)
        found[0][asked] = line
        found[1][asked] = distance
    return found


def cut_lines(lines: Shapes) -> tuple[Floats, Ints]:
    """Return the segments of lines, shape (segments, 4) as x, y, x, y, and the line that each is of."""
    shapes = np.asarray(lines, dtype=object)
    kind = shapely.get_type_id(shapes)
    if not np.isin(kind, (-1, 1, 2, 5)).all():
        raise ValueError("shapes that are no lines")
    parts, line = shapely.get_parts(shapes, return_index=True)
    corners, part = shapely.get_coordinates(parts, return_index=True)
    tail = np.flatnonzero(part[1:] == part[:-1])
    ends = np.concatenate([corners[tail], corners[tail + 1]], axis=1)
    placed = np.isfinite(ends).all(axis=1)
    return ends[placed], line[part[tail]][placed].astype(np.int64)


def measure_segments(points: Floats, ends: Floats) -> Floats:
    """Return the distance of each point to the segment of the same position, by the formula of GEOS."""
    x, y = points.T
    ax, ay, bx, by = ends.T
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    whole = np.where(square > 0, square, 1.0)
    along = np.where(square > 0, ((x - ax) * dx + (y - ay) * dy) / whole, 0.0)
    away = np.abs(((ay - y) * dx - (ax - x) * dy) / whole) * np.sqrt(whole)
    to_tail = np.sqrt((x - ax) * (x - ax) + (y - ay) * (y - ay))
    to_head = np.sqrt((x - bx) * (x - bx) + (y - by) * (y - by))
    distance: Floats = np.where(along <= 0, to_tail, np.where(along >= 1, to_head, away))
    return distance


def _nothing(count: int) -> tuple[Ints, Floats]:
    return np.full(count, -1, dtype=np.int64), np.full(count, np.nan)


def _ask_tree(points: Floats, sites: Floats, reach: float) -> tuple[Ints, Floats]:
    """Return nearest sites by a tree, which itself takes any of equally near ones."""
    places, first = np.unique(sites, axis=0, return_index=True)
    tree = cKDTree(places)
    limit = reach * (1 + _CLOSE) + _LEAST
    away, place = tree.query(points, k=2, distance_upper_bound=limit)
    # All that could be nearest: where a second place is as near, or nearly so, more may be.
    point = np.flatnonzero(np.isfinite(away[:, 0]))
    several = away[point, 1] <= away[point, 0] * (1 + _CLOSE)
    alone, shared = point[~several], point[several]
    around = tree.query_ball_point(points[shared], away[shared, 0] * (1 + _CLOSE))
    asked = np.concatenate([alone, np.repeat(shared, [len(one) for one in around])])
    offered = np.concatenate([place[alone, 0], *around]).astype(np.int64)
    distance = np.sqrt(((points[asked] - places[offered]) ** 2).sum(axis=1))
    return _choose(len(points), asked, first[offered], distance, reach)


def _ask_segments(points: Floats, ends: Floats, owner: Ints, reach: float) -> tuple[Ints, Floats]:
    """Return nearest lines by a tree of their segments."""
    shapes = shapely.points(points)
    tree = shapely.STRtree(shapely.linestrings(ends.reshape(-1, 2, 2)))
    limit = reach * (1 + _CLOSE) + _CLOSE
    (point, _), away = tree.query_nearest(shapes, max_distance=limit, return_distance=True, all_matches=False)
    near, segment = tree.query(shapes[point], predicate="dwithin", distance=away * (1 + _CLOSE) + _CLOSE)
    asked = point[near]
    return _choose(len(points), asked, owner[segment], measure_segments(points[asked], ends[segment]), reach)


def _choose(count: int, point: Ints, offered: Ints, distance: Floats, reach: float) -> tuple[Ints, Floats]:
    """Return the nearest of what is offered to each point, the lowest position of equals."""
    found, away = _nothing(count)
    within = np.flatnonzero(distance <= reach)
    order = within[np.lexsort((offered[within], distance[within], point[within]))]
    best = order[first_of_each(point[order])]
    found[point[best]] = offered[best]
    away[point[best]] = distance[best]
    return found, away
