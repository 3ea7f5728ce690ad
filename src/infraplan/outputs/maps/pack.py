"""Geometry small enough to travel in a page: simplified to a budget, integers, each a step from the last."""

import base64
import gzip
import json
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

SCALE = 100_000
"""Steps a degree: about 1 m north, 0.4 m east in Norrbotten; a screen at the closest zoom shows no more."""
_FINEST_M = 1.0
_COARSEST_M = 2_000.0

Steps = list[int]


def pack_points(table: gpd.GeoDataFrame) -> Steps:
    """Return a table's points, lon and lat in turn, each as the step from the one before."""
    return _steps(shapely.get_coordinates(_to_degrees(table)))


def pack_lines(table: gpd.GeoDataFrame) -> list[list[Steps]]:
    """Return each row's lines; every line starts from nought."""
    return [
        [_steps(shapely.get_coordinates(line)) for line in shapely.get_parts(shape)]
        for shape in _to_degrees(table)
    ]


def pack_areas(table: gpd.GeoDataFrame) -> list[list[list[Steps]]]:
    """Return each row's polygons, each its rings, the exterior first and the holes turning the other way.

    Any number of them can then be filled in one stroke of the brush.
    """
    return [
        [
            [_steps(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part)]
            for part in shapely.get_parts(shape)
        ]
        for shape in shapely.orient_polygons(_to_degrees(table))
    ]


def simplify_to(table: gpd.GeoDataFrame, vertices: int, *, coverage: bool = False) -> gpd.GeoDataFrame:
    """Simplify a table's shapes, no more than it takes to have at most so many vertices.

    ``coverage`` keeps shared borders shared, of areas that ``areas.make_coverage`` has made to fit together:
    simplified one by one they would gape and overlap.
    """
    shapes = np.asarray(table.geometry.array, dtype=object)
    tolerance = _FINEST_M
    thinner = _simplify(shapes, tolerance, coverage=coverage)
    while shapely.get_num_coordinates(thinner).sum() > vertices and tolerance < _COARSEST_M:
        tolerance *= 2.0
        thinner = _simplify(shapes, tolerance, coverage=coverage)
    return table.set_geometry(gpd.GeoSeries(thinner, index=table.index, crs=table.crs))


def compress(payload: dict[str, Any]) -> str:
    """Return a payload as gzipped JSON in base64; the same payload always gives the same text."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")


def expand(text: str) -> dict[str, Any]:
    """Return the payload that ``compress`` made a text of."""
    payload: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(text)))
    return payload


def _simplify(shapes: NDArray[np.object_], tolerance: float, *, coverage: bool) -> NDArray[np.object_]:
    found = shapely.coverage_simplify(shapes, tolerance) if coverage else shapely.simplify(shapes, tolerance)
    return np.where(shapely.is_empty(found), shapes, found)


def _to_degrees(table: gpd.GeoDataFrame) -> NDArray[np.object_]:
    return np.asarray(table.geometry.to_crs("EPSG:4326").array, dtype=object)


def _steps(degrees: NDArray[np.float64]) -> Steps:
    whole = np.round(degrees * SCALE).astype(np.int64)
    steps: Steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)).ravel().tolist()
    return steps
