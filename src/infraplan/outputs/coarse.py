"""Shapes as others may see them: bands for routes, generalised lines, nodes on a coarse grid."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

BAND_M = 500.0
"""Width of the band that stands for planned routes (250 m each side)."""
NODE_M = 250.0
"""Grid on which nodes are shown."""
LINE_M = 25.0
"""How far generalised lines may be from the true ones: half a millimetre at 1:50 000."""

_ASIDE_M = (125.0, 200.0)
"""By how much the middle of a band is moved aside: never so little that it tells the line, nor so much that
the band loses it: 200 + 10 + 15 + 25/√2 < 250."""
_CELL_M = 10_000.0
"""Stretches of like direction within a square of this side are moved alike, so that a long straight road is
not told by the mean of many movements."""
_LINE_STEP_M, _EDGE_STEP_M, _GRID_M = 10.0, 15.0, 25.0
"""How much routes and bands are simplified, and the grid of a band's corners."""
_HOLE_M2 = BAND_M**2
"""Smaller holes in a band are filled: their borders would tell bends."""


def band_routes(routes: gpd.GeoDataFrame, years: Mapping[Any, Any], secret: bytes) -> gpd.GeoDataFrame:
    """Return a band for the planned routes of each phase, from which their lines cannot be had back.

    Every straight piece of a route is moved aside by 125 to 200 m, at right angles to itself, to a side that
    ``secret`` decides for all pieces of like direction within 10 km; around it lies the band, 250 m to each
    side. So the middle of the band is not the route, and its ends are not where the route begins; but the
    route lies within it. Drops are not in it. What is dug and what lies in ducts that are there are not told
    apart, nor where the existing network begins.

    Parameters
    ----------
    routes
        Columns ``kind`` and ``phase`` of contract ROUTES, in a CRS in metres.
    years
        Year of each phase, where known.
    secret
        What nobody can guess who has not the internal inputs: the same run gives the same band, and a guessed
        route cannot be tested against it.
    """
    trenches = routes[routes["kind"] != "drop"]
    rows = [
        {"phase": phase, "year": years.get(phase), "geometry": _band(part.geometry.to_numpy(), secret)}
        for phase, part in sorted(trenches.groupby(trenches["phase"].astype("int64")))
    ]
    return gpd.GeoDataFrame(
        {
            "year": pd.array([row["year"] for row in rows], dtype="Int64"),
            "width_m": np.full(len(rows), BAND_M),
        },
        index=pd.Index([row["phase"] for row in rows], name="phase", dtype="int64"),
        geometry=[row["geometry"] for row in rows],
        crs=routes.crs,
    )


def _band(lines: Shapes, secret: bytes) -> shapely.Geometry:
    """Return the band of some lines as one shape."""
    pieces = _pieces(lines)
    moved = shapely.linestrings(pieces + _aside(pieces, secret)[:, np.newaxis, :])
    whole = shapely.union_all(shapely.buffer(moved, BAND_M / 2.0, quad_segs=4))
    whole = shapely.set_precision(shapely.simplify(_fill_holes(whole), _EDGE_STEP_M), _GRID_M)
    return shapely.normalize(shapely.make_valid(whole))


def _pieces(lines: Shapes) -> Floats:
    """Return the straight pieces of lines, each its two ends: shape (pieces, 2, 2)."""
    parts = shapely.get_parts(shapely.simplify(lines, _LINE_STEP_M))
    places, line = shapely.get_coordinates(parts, return_index=True)
    along = np.flatnonzero(line[1:] == line[:-1])
    found: Floats = np.stack([places[along], places[along + 1]], axis=1)
    return found


def _aside(pieces: Floats, secret: bytes) -> Floats:
    """Return how each piece is moved."""
    step = pieces[:, 1] - pieces[:, 0]
    length = np.hypot(*step.T)
    step = step / np.where(length > 0.0, length, 1.0)[:, np.newaxis]
    northward = np.abs(step[:, 1]) > np.abs(step[:, 0])
    # Pointing east of those that run north, and north of those that run east.
    normal = np.column_stack([-step[:, 1], step[:, 0]])
    flip = np.where(northward, normal[:, 0], normal[:, 1]) < 0.0
    normal[flip] *= -1.0
    cell = np.floor(pieces.mean(axis=1) / _CELL_M).astype(np.int64)
    keys, place = np.unique(np.column_stack([cell, northward]), axis=0, return_inverse=True)
    by = np.array([_draw(secret, ",".join(map(str, key))) for key in keys.tolist()])
    moved: Floats = normal * by.reshape(-1)[place.ravel()][:, np.newaxis]
    return moved


def _draw(secret: bytes, name: str) -> float:
    """Return by how much, and to which side, the pieces of a name are moved."""
    digest = hmac.new(secret, name.encode(), hashlib.sha256).digest()
    least, most = _ASIDE_M
    size = least + (most - least) * int.from_bytes(digest[1:5], "big") / 2.0**32
    return size if digest[0] % 2 else -size


def _fill_holes(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shape)
    return shapely.union_all([_filled(part) for part in parts])


def _filled(area: shapely.Polygon) -> shapely.Polygon:
    kept = [ring for ring in area.interiors if shapely.Polygon(ring).area >= _HOLE_M2]
    return shapely.Polygon(area.exterior, kept)


def generalise(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return lines as they would be drawn at 1:50 000, ends that met still meeting.

    They are simplified by 25 m, and their corners lie on a grid of 25 m; what is shorter than that vanishes.
    """
    lines = shapely.set_precision(shapely.simplify(table.geometry.to_numpy(), LINE_M), LINE_M)
    kept = table.set_geometry(gpd.GeoSeries(lines, index=table.index, crs=table.crs))
    return kept[~(kept.geometry.isna() | kept.geometry.is_empty)]


def snap_nodes(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return places on a grid of 250 m; of areas and lines their middle."""
    points = shapely.centroid(table.geometry.to_numpy())
    snapped = shapely.transform(points, lambda places: np.round(places / NODE_M) * NODE_M)
    return table.set_geometry(gpd.GeoSeries(snapped, index=table.index, crs=table.crs))


def join_coverage(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return coverage by technology, use and strength, so that borders between operators are gone."""
    by = [name for name in table.columns if name != table.geometry.name]
    if not by or table.empty:
        return table
    joined = table.dissolve(by=by, dropna=False, as_index=False, sort=True)
    return gpd.GeoDataFrame(joined[list(table.columns)], crs=table.crs).rename_axis("row")


COARSER: Mapping[str, Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]] = {
    "nodes": snap_nodes,
    "lines": generalise,
    "coverage": join_coverage,
}
"""By what the levels call it."""
