"""Road lines to segments that meet only at their ends, where the roads themselves meet."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from infraplan.network.lines import GRID_M, Floats, Ints, Lines, cut_lines, spread


def node_roads(roads: gpd.GeoDataFrame, *, snap_m: float) -> gpd.GeoDataFrame:
    """Cut roads into segments at every place where they meet at the same grade.

    A road's level is its ``layer``; where that is 0, a bridge is 1 and a tunnel −1. Lines join

    - where their ends lie within ``snap_m`` of each other, whatever their levels;
    - where they cross, overlap or share a vertex, if their levels are the same;
    - where the end of one lies on another, if their levels are the same, or if it is a bridge or tunnel that
      comes down to the ground. Any other end on a line of another level joins it only where nothing of its
      own level is met: it would hang loose otherwise.

    Levels are forgotten once ends meet: two ends of a bridge's parts, exactly above a crossing on the ground,
    join it.

    Parameters
    ----------
    roads
        The catalog's columns of ``roads``; the index is the road's id. LineStrings or MultiLineStrings.
    snap_m
        What lies closer than this is one place; never less than a millimetre.

    Returns
    -------
    GeoDataFrame
        The roads' columns with road_id, level, and tail and head: the numbers of the segment's end nodes,
        0…n−1. Equal nodes have equal coordinates. Roads shorter than ``snap_m`` leave no segment.
    """
    snap_m = max(snap_m, GRID_M)
    whole = _simple_lines(roads, snap_m)
    lines, levels = whole.geometry.to_numpy(), whole["level"].to_numpy()
    which, places = (
        np.concatenate(parts)
        for parts in zip(_find_crossings(lines, levels), _find_junctions(lines, levels, snap_m), strict=True)
    )
    along = shapely.line_locate_point(lines[which], shapely.points(places))
    kept, _ = spread(which, along, shapely.length(lines), snap_m)
    pieces, line_of = cut_lines(lines, which[kept], along[kept], places[kept])
    segments = whole.iloc[line_of].set_geometry(
        gpd.GeoSeries(pieces, index=whole.index[line_of], crs=roads.crs)
    )
    return join_ends(segments, snap_m)


def find_levels(roads: pd.DataFrame) -> Ints:
    """Return the level of each road: its layer, or 1 for a bridge and −1 for a tunnel that has none."""
    layer = roads["layer"].to_numpy(np.int64)
    guess = np.where(roads["bridge"], 1, np.where(roads["tunnel"], -1, 0))
    return np.where(layer != 0, layer, guess)


def meets_line(of_end: Ints, of_line: Ints) -> NDArray[np.bool_]:
    """Tell whether an end may join the inside of a line: same level, or a bridge that reaches the ground."""
    return np.asarray((of_end == of_line) | ((of_end != 0) & (of_line == 0)))


def cluster(places: Floats, reach_m: float) -> tuple[Ints, Floats]:
    """Return each place's cluster, and each cluster's place, its first; shapes (n,), (clusters, 2)."""
    cells = np.rint(places / GRID_M).astype(np.int64)
    _, first, same = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    pairs = (
        cKDTree(places[first]).query_pairs(reach_m, output_type="ndarray")
        if len(first)
        else np.empty((0, 2), int)
    )
    near = coo_array(
        (np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(first), len(first))
    )
    labels = connected_components(near, directed=False)[1][same.ravel()]
    _, start, number = np.unique(labels, return_index=True, return_inverse=True)
    return number.astype(np.int64), places[start]


def _simple_lines(roads: gpd.GeoDataFrame, snap_m: float) -> gpd.GeoDataFrame:
    """Return single plane lines that do not cross themselves, numbered anew."""
    table = roads.assign(road_id=roads.index.astype("str"), level=find_levels(roads))
    shapes = shapely.force_2d(table.geometry.to_numpy())
    knotted = ~shapely.is_simple(shapes)
    shapes[knotted] = shapely.node(shapes[knotted])
    parts, row = shapely.get_parts(shapes, return_index=True)
    long = shapely.length(parts) > snap_m
    table = table.iloc[row[long]].reset_index(drop=True)
    return table.set_geometry(gpd.GeoSeries(parts[long], crs=roads.crs))


def _find_crossings(lines: Lines, levels: Ints) -> tuple[Ints, Floats]:
    """Find where lines of one level cross, touch or begin to overlap, as cuts of both."""
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    wanted = (first < second) & (levels[first] == levels[second])
    first, second = first[wanted], second[wanted]
    shared, pair = shapely.get_parts(shapely.intersection(lines[first], lines[second]), return_index=True)
    along = shapely.get_type_id(shared) == shapely.GeometryType.LINESTRING
    runs = _merge_runs(shared[along], pair[along])
    ends = shapely.get_coordinates(shapely.get_point(runs[0], [[0], [-1]]).ravel())
    places = np.vstack([shapely.get_coordinates(shared[~along]), ends])
    pair = np.r_[pair[~along], runs[1], runs[1]]
    return np.r_[first[pair], second[pair]], np.vstack([places, places])


def _merge_runs(pieces: Lines, pair: Ints) -> tuple[Lines, Ints]:
    """Join the pieces that two lines have in common, so that only the ends of an overlap become nodes."""
    if not len(pieces):
        return pieces, pair
    pairs, row = np.unique(pair, return_inverse=True)
    runs, which = shapely.get_parts(
        shapely.line_merge(shapely.multilinestrings(pieces, indices=row)), return_index=True
    )
    return runs, pairs[which]


def _find_junctions(lines: Lines, levels: Ints, snap_m: float) -> tuple[Ints, Floats]:
    """Find ends that lie on the inside of another line and join it, as cuts of that line."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end, line = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=snap_m)
    other = end % len(lines) != line
    end, line = end[other], line[other]
    of_end, of_line = levels[end % len(lines)], levels[line]
    held = np.bincount(end[of_end == of_line], minlength=len(ends)) > 0
    joins = meets_line(of_end, of_line) | ~held[end]
    return line[joins], shapely.get_coordinates(ends[end[joins]])


def join_ends(segments: gpd.GeoDataFrame, snap_m: float) -> gpd.GeoDataFrame:
    """Give segments their end nodes and move their ends there; leave out those that shrink to a node."""
    xy, owner = shapely.get_coordinates(segments.geometry, return_index=True)
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])[: len(segments)]
    stops = np.r_[starts[1:], len(xy)][: len(segments)] - 1
    node, places = cluster(xy[np.r_[starts, stops]], snap_m)
    xy[np.r_[starts, stops]] = places[node]
    moved = shapely.set_coordinates(segments.geometry.to_numpy().copy(), xy)
    tail, head = np.split(node, 2)
    alive = (tail != head) | (shapely.length(moved) > snap_m)
    _, ends = np.unique(np.r_[tail[alive], head[alive]], return_inverse=True)
    tail, head = np.split(ends.astype(np.int64), 2)
    kept = segments.set_geometry(gpd.GeoSeries(moved, index=segments.index, crs=segments.crs))[alive]
    return kept.assign(tail=tail, head=head).reset_index(drop=True)
