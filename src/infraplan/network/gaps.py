"""Road ends that miss another road by a step or two: lengthened until they meet it, and reported."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from infraplan.layers.faults import faults
from infraplan.network.lines import GRID_M, Floats, Ints, Lines, cut_lines, spread
from infraplan.network.noding import join_ends, meets_line

_CM = 100


def close_gaps(
    segments: gpd.GeoDataFrame, *, dangle_m: float, snap_m: float
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Lengthen every loose end to the nearest road within ``dangle_m``, if both may meet there.

    The missing metres belong to the road then, and are priced as it is. Stubs no longer than ``dangle_m``
    stay as they are: they lie near the road that they leave.

    Parameters
    ----------
    segments
        As ``node_roads`` returns them.

    Returns
    -------
    segments, faults
        The segments with the gaps closed, and a fault ``dangling_end`` for each, where the end was.
    """
    snap_m = max(snap_m, GRID_M)
    lines = segments.geometry.to_numpy().copy()
    owner, at_start, line, goals = _find_gaps(segments, dangle_m, snap_m)
    loose = shapely.get_point(lines[owner], np.where(at_start, 0, -1))
    gaps_m = shapely.distance(loose, shapely.points(goals))
    for number, first, goal in zip(owner, at_start, goals, strict=True):
        xy = shapely.get_coordinates(lines[number])
        lines[number] = shapely.linestrings(np.vstack([goal, xy] if first else [xy, goal]))
    along = shapely.line_locate_point(lines[line], shapely.points(goals))
    kept, _ = spread(line, along, shapely.length(lines), snap_m)
    pieces, line_of = cut_lines(lines, line[kept], along[kept], goals[kept])
    closed = segments.iloc[line_of].set_geometry(
        gpd.GeoSeries(pieces, index=segments.index[line_of], crs=segments.crs)
    )
    found = faults(
        "dangling_end",
        "roads",
        severity="repaired",
        feature_ids=list(segments["road_id"].iloc[owner]),
        shapes=list(loose),
        crs=segments.crs,
        values=[{"gap_cm": round(_CM * gap)} for gap in gaps_m],
    )
    return join_ends(closed, snap_m), found


def _find_gaps(
    segments: gpd.GeoDataFrame, dangle_m: float, snap_m: float
) -> tuple[Ints, NDArray[np.bool_], Ints, Floats]:
    """Return the line of each loose end, whether it is its start, the line that it misses, and where."""
    lines, levels = segments.geometry.to_numpy(), segments["level"].to_numpy()
    node = np.concatenate([segments["tail"], segments["head"]])
    long = np.tile(shapely.length(lines) > dangle_m, 2)
    loose = np.flatnonzero((np.bincount(node)[node] == 1) & long) if len(node) else node
    owner, at_start = loose % len(lines), loose < len(lines)
    ends = shapely.get_point(lines[owner], np.where(at_start, 0, -1))
    end, line = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=dangle_m)
    fits = (owner[end] != line) & meets_line(levels[owner[end]], levels[line])
    end, line = end[fits], line[fits]
    nearest = np.lexsort((line, shapely.distance(ends[end], lines[line]), end))
    _, first = np.unique(end[nearest], return_index=True)
    end, line = end[nearest[first]], line[nearest[first]]
    goals = _meet(lines[line], ends[end], snap_m)
    once = _first_of_pairs(shapely.get_coordinates(ends[end]), goals)
    return owner[end[once]], at_start[end[once]], line[once], goals[once]


def _meet(lines: Lines, ends: Lines, snap_m: float) -> Floats:
    """Return the place of each line nearest to an end; the line's own end, where that is near."""
    along, length = shapely.line_locate_point(lines, ends), shapely.length(lines)
    along = np.where(along <= snap_m, 0.0, np.where(along >= length - snap_m, length, along))
    return np.asarray(shapely.get_coordinates(shapely.line_interpolate_point(lines, along)))


def _first_of_pairs(places: Floats, goals: Floats) -> Ints:
    """Return which gaps to close where two loose ends may each be the other's goal: the first of both."""
    cells = np.rint(np.vstack([places, goals]) / GRID_M).astype(np.int64)
    _, name = np.unique(cells, axis=0, return_inverse=True)
    pairs = np.sort(name.reshape(2, -1), axis=0)
    _, first = np.unique(pairs, axis=1, return_index=True)
    return np.sort(first)
