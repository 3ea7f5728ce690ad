"""Lines that look like roads, and the noding that makes a network of them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from infraplan.demo.norrbotten import CRS, Array

Lines = NDArray[np.object_]
Ints = NDArray[np.int64]

CM = 2
"""Decimals of all coordinates: junctions share their point to the centimetre."""


def wander(course: Array, rng: np.random.Generator, *, step_m: float, rough: float = 0.09) -> Array:
    """Draw a winding line through points, shape (k, 2), that lie far apart.

    Each leg is bent by the displacement of midpoints, at ever smaller scales down to ``step_m``, then has its
    corners cut twice. The given points stay on the line.
    """
    legs = [_smooth(_displace(leg, rng, step_m, rough)) for leg in _bend(course)]
    return np.round(np.concatenate([legs[0][:1], *(leg[1:] for leg in legs)]), CM)


def _bend(course: Array) -> list[Array]:
    """Return each leg as points of a curve that does not break at the given points (cubic Hermite)."""
    tangents = np.gradient(course, axis=0)
    t = np.linspace(0.0, 1.0, 5)[:, None]
    start, end = 2 * t**3 - 3 * t**2 + 1, 3 * t**2 - 2 * t**3
    out, into = t**3 - 2 * t**2 + t, t**3 - t**2
    legs = []
    for i in range(len(course) - 1):
        reach = np.linalg.norm(course[i + 1] - course[i])
        here, there = (0.6 * reach * v / max(float(np.linalg.norm(v)), 1.0) for v in tangents[i : i + 2])
        legs.append(start * course[i] + out * here + into * there + end * course[i + 1])
    return legs


def _displace(line: Array, rng: np.random.Generator, step_m: float, rough: float) -> Array:
    while True:
        runs = np.diff(line, axis=0)
        lengths = np.hypot(*runs.T)
        if lengths.max() <= step_m:
            return line
        normals = np.column_stack([-runs[:, 1], runs[:, 0]])
        shift = np.clip(rng.normal(0.0, rough, (len(runs), 1)), -2.5 * rough, 2.5 * rough)
        middles = (line[:-1] + line[1:]) / 2 + normals * shift
        line = np.insert(line, np.arange(1, len(line)), middles, axis=0)


def _smooth(line: Array) -> Array:
    for _ in range(2):
        cuts = np.stack(
            [0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]], axis=1
        ).reshape(-1, 2)
        line = np.concatenate([line[:1], cuts[1:-1], line[-1:]])
    return line


def road_table(lines: Lines | list[shapely.LineString], **columns: object) -> gpd.GeoDataFrame:
    """Return a table of roads: the catalogue's columns, ``use`` (what it was drawn as), ``place`` (or −1)."""
    defaults = {
        "road_class": "9",
        "surface": "gravel",
        "bridge": False,
        "tunnel": False,
        "layer": 0,
        "name": "",
        "use": "side",
        "place": -1,
    }
    geometry = gpd.GeoSeries(np.asarray(lines, dtype=object), crs=CRS)
    return gpd.GeoDataFrame({**defaults, **columns}, geometry=geometry, index=geometry.index)


def stack(tables: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Put tables of roads under each other, numbered anew; empty ones do no harm."""
    filled = [table for table in tables if len(table)]
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=CRS)


def find_crossings(lines: Lines, free: NDArray[np.bool_]) -> tuple[Ints, Array]:
    """Find where ``free`` lines (at ground level) cross: line numbers and points, two rows a crossing."""
    tree = shapely.STRtree(lines)
    one, two = tree.query(lines, predicate="crosses")
    keep = (one < two) & free[one] & free[two]
    one, two = one[keep], two[keep]
    parts, pair = shapely.get_parts(shapely.intersection(lines[one], lines[two]), return_index=True)
    dots = shapely.get_type_id(parts) == 0
    xy = np.round(shapely.get_coordinates(parts[dots]), CM)
    pair = pair[dots]
    return np.concatenate([one[pair], two[pair]]), np.concatenate([xy, xy])


def insert_points(lines: Lines, which: Ints, xy: Array) -> Lines:
    """Return the lines with points, shape (n, 2), put in as vertices; ``which`` names the line of each."""
    old, owner = shapely.get_coordinates(lines, return_index=True)
    run = np.hypot(*np.diff(old, axis=0, prepend=old[:1]).T)
    first = np.searchsorted(owner, np.arange(len(lines)))
    walked = np.cumsum(run)
    walked -= walked[first][owner]
    along = shapely.line_locate_point(lines[which], shapely.points(xy))
    whole, line = np.concatenate([old, xy]), np.concatenate([owner, which])
    order = np.lexsort((np.concatenate([walked, along]), line))
    whole, line = whole[order], line[order]
    repeated = np.append(False, (line[1:] == line[:-1]) & (whole[1:] == whole[:-1]).all(axis=1))
    made: Lines = shapely.linestrings(whole[~repeated], indices=line[~repeated])
    return made


def number_points(xy: Array) -> Ints:
    """Give points numbers, equal ones (to the centimetre) the same."""
    whole = np.round(xy * 10**CM).astype(np.int64)
    numbers: Ints = np.unique((whole[:, 0] << 32) + whole[:, 1], return_inverse=True)[1]
    return numbers


def split_lines(lines: Lines, cuts: Array | None = None) -> tuple[Lines, Ints]:
    """Split lines at every vertex that another line shares, at line ends that touch, and at ``cuts``.

    Returns the pieces, and the line that each is from.
    """
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    number = number_points(xy if cuts is None else np.concatenate([xy, cuts]))
    joint = np.zeros(number.max() + 1, dtype=bool)
    joint[number[len(xy) :]] = True
    number = number[: len(xy)]
    start = np.append(True, owner[1:] != owner[:-1])
    end = np.append(start[1:], True)
    joint[number[start | end]] = True
    joint |= np.bincount(number, minlength=len(joint)) > 1
    cut = joint[number] & ~start & ~end
    source = np.repeat(np.arange(len(xy)), 1 + cut)
    second = np.append(False, source[1:] == source[:-1])
    piece = np.cumsum(start[source] | second) - 1
    pieces = shapely.linestrings(xy[source], indices=piece)
    return pieces, owner[source[np.unique(piece, return_index=True)[1]]]


def split_roads(roads: gpd.GeoDataFrame, cuts: Array | None = None) -> gpd.GeoDataFrame:
    """Return a table of roads, each row split at its junctions."""
    pieces, owner = split_lines(roads.geometry.to_numpy(), cuts)
    rest = roads.drop(columns="geometry").iloc[owner].reset_index(drop=True)
    return gpd.GeoDataFrame(rest, geometry=gpd.GeoSeries(pieces, crs=CRS))


def node_roads(
    roads: gpd.GeoDataFrame, which: Ints | None = None, xy: Array | None = None
) -> gpd.GeoDataFrame:
    """Return the roads with a common vertex where two cross at ground level, and at given points of some."""
    lines = roads.geometry.to_numpy()
    if which is not None and xy is not None:
        lines = insert_points(lines, which, xy)
    lines = insert_points(lines, *find_crossings(lines, (roads["layer"] == 0).to_numpy()))
    return roads.set_geometry(gpd.GeoSeries(lines, index=roads.index, crs=CRS))


def find_parts(lines: Lines) -> Ints:
    """Find the connected part that each line belongs to, by number; lines meet where they share a vertex."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    points = number_points(xy)
    size = len(lines) + int(points.max()) + 1
    graph = coo_array((np.ones(len(points)), (owner, len(lines) + points)), shape=(size, size))
    parts: Ints = connected_components(graph, directed=False)[1][: len(lines)].astype(np.int64)
    return parts


def join_loose(
    roads: gpd.GeoDataFrame, anchored: NDArray[np.bool_], fixed: NDArray[np.bool_]
) -> gpd.GeoDataFrame:
    """Return links, vertex to vertex, that tie each loose part to one with an ``anchored`` road.

    ``fixed`` roads anchor what they touch, but no link ends on them.
    """
    lines = roads.geometry.to_numpy()
    part = find_parts(lines)
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    held = np.isin(part, part[anchored])[owner]
    loose, free = np.flatnonzero(~held), np.flatnonzero(held & ~fixed[owner])
    away, near = cKDTree(xy[free]).query(xy[loose])
    best = pd.Series(away).groupby(part[owner[loose]]).idxmin().to_numpy(np.int64)
    ends = np.stack([xy[loose[best]], xy[free[near[best]]]], axis=1)
    return road_table(
        shapely.linestrings(ends), place=roads["place"].to_numpy()[owner[loose[best]]], use="link"
    )


def merge_lines(lines: Lines) -> Lines:
    """Return the lines with those that only continue each other made into one."""
    merged: Lines = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    return merged
