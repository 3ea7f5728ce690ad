"""Nearest sites and lines by the trees of scipy and shapely: for few points, and the reference for many.

The trees only name candidates, with room for another way of rounding; then each distance is measured by the
formula that the compiled code has too.
"""

import numpy as np
import shapely
from scipy.spatial import cKDTree

from infraplan.spatial.arrays import Floats, Ints, find_nothing, first_of_each

_CLOSE = 1e-9
"""Candidates that another way of rounding could put before the nearest, as a share and in metres."""
_LEAST = 1e-150
"""A tree does not find what lies at its limit, and squares it: so no limit may square to nothing."""


def nearest_sites(points: Floats, sites: Floats, reach: float) -> tuple[Ints, Floats]:
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


def nearest_segments(points: Floats, ends: Floats, owner: Ints, reach: float) -> tuple[Ints, Floats]:
    """Return nearest lines by a tree of their segments."""
    shapes = shapely.points(points)
    tree = shapely.STRtree(shapely.linestrings(ends.reshape(-1, 2, 2)))
    limit = reach * (1 + _CLOSE) + _CLOSE
    (point, _), away = tree.query_nearest(shapes, max_distance=limit, return_distance=True, all_matches=False)
    near, segment = tree.query(shapes[point], predicate="dwithin", distance=away * (1 + _CLOSE) + _CLOSE)
    asked = point[near]
    return _choose(len(points), asked, owner[segment], measure_segments(points[asked], ends[segment]), reach)


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


def _choose(count: int, point: Ints, offered: Ints, distance: Floats, reach: float) -> tuple[Ints, Floats]:
    """Return the nearest of what is offered to each point, the lowest position of equals."""
    found, away = find_nothing(count)
    within = np.flatnonzero(distance <= reach)
    order = within[np.lexsort((offered[within], distance[within], point[within]))]
    best = order[first_of_each(point[order])]
    found[point[best]] = offered[best]
    away[point[best]] = distance[best]
    return found, away
