"""Which premises an observation is about: those that it names, or those at the place where it was made."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import spatial
from infraplan.coverage.reliable import Bools
from infraplan.demand.dasymetric import Floats
from infraplan.demand.places import Ints


def find_about(
    observations: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, placed: Bools, *, reach_m: float
) -> tuple[Ints, Ints]:
    """Return the positions of all pairs of an observation and a premises that it is about, sorted.

    An observation that names premises of the study is about them alone. Otherwise, where ``placed`` allows
    it, a point is about the nearest premises within reach and all others in the very same place, such as
    flats, which nothing tells apart; a line is about all premises within reach of it.

    Parameters
    ----------
    placed
        Whether the place of each observation tells whom it is about, shape (observations,).
    """
    named = premises.index.get_indexer(observations["premises_id"])
    by_id = np.flatnonzero(named >= 0)
    dimension = shapely.get_dimensions(observations.geometry.to_numpy())
    asked = placed & (named < 0) & ~shapely.is_empty(observations.geometry.to_numpy())
    xy = shapely.get_coordinates(premises.geometry.to_numpy())
    parts = [np.column_stack([by_id, named[by_id]])]
    for rows, find in ((asked & (dimension == 0), _around_points), (asked & (dimension == 1), _along_lines)):
        at = np.flatnonzero(rows)
        if len(at) and len(xy):
            observation, position = find(observations.geometry.to_numpy()[at], xy, reach_m)
            parts.append(np.column_stack([at[observation], position]))
    pairs = np.concatenate(parts).astype(np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return pairs[:, 0], pairs[:, 1]


def _around_points(points: np.ndarray, xy: Floats, reach_m: float) -> tuple[Ints, Ints]:
    nearest, _ = spatial.find_nearest(shapely.get_coordinates(points), xy, reach_m)
    observation = np.flatnonzero(nearest >= 0)
    places = xy[nearest[observation]]
    # Few premises share an easting with one of these: only they are compared.
    near = np.flatnonzero(np.isin(xy[:, 0], places[:, 0]))
    asked = pd.DataFrame({"x": places[:, 0], "y": places[:, 1], "observation": observation})
    there = pd.DataFrame({"x": xy[near, 0], "y": xy[near, 1], "position": near})
    pairs = asked.merge(there, on=["x", "y"])
    return pairs["observation"].to_numpy(), pairs["position"].to_numpy()


def _along_lines(lines: np.ndarray, xy: Floats, reach_m: float) -> tuple[Ints, Ints]:
    west, south, east, north = shapely.total_bounds(lines) + np.array([-1, -1, 1, 1]) * (reach_m + 1.0)
    x, y = xy.T
    near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
    tree = shapely.STRtree(shapely.points(xy[near]))
    observation, point = tree.query(lines, predicate="dwithin", distance=reach_m)
    return observation, near[point]
