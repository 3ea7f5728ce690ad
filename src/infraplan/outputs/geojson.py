"""GeoJSON by RFC 7946: WGS 84, no crs member, counter-clockwise exteriors, one geometry type a file."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from infraplan.outputs.cells import plain, plain_rows

WGS84 = "EPSG:4326"
DECIMALS = 6
"""Of a degree: 0.1 m, finer than any input."""


def to_geojson(
    table: gpd.GeoDataFrame, *, columns: list[str] | None = None, about: Mapping[str, Any] | None = None
) -> str:
    """Return a table as a FeatureCollection, the index as feature ids and first property.

    ``about`` says where the whole file is from, as foreign members of the collection (RFC 7946, 6.1).
    Polygons become MultiPolygons, so that a file of areas has one geometry type. Rows without geometry are
    left out: the manifest counts them.
    """
    head = json.dumps({"type": "FeatureCollection", **(about or {})}, ensure_ascii=False, allow_nan=False)
    return f'{head[:-1]}, "features": [\n' + ",\n".join(to_features(table, columns=columns)) + "\n]}\n"


def to_features(table: gpd.GeoDataFrame, *, columns: list[str] | None = None) -> Iterator[str]:
    """Yield a table's rows as Features; those without geometry are left out."""
    placed = table[~(table.geometry.isna() | table.geometry.is_empty)]
    names = [c for c in placed.columns if c != placed.geometry.name] if columns is None else columns
    key = str(placed.index.name or "id")
    rows = plain_rows(pd.DataFrame(placed), names)
    shapes = shapely.to_geojson(to_wgs84(placed))
    for identity, row, shape in zip(placed.index, rows, shapes, strict=True):
        yield _feature(plain(identity), {key: plain(identity), **row}, shape)


def to_sequence(table: gpd.GeoDataFrame) -> Iterator[str]:
    """Yield a table as a GeoJSON text sequence (RFC 8142): a record separator, a Feature, a line feed.

    Whoever reads it needs to hold no more than a line of it.
    """
    for feature in to_features(table):
        yield f"\x1e{feature}\n"


def to_points(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table with a point on each geometry in its place; missing geometry stays missing."""
    points = table.geometry.copy()
    there = ~(points.isna() | points.is_empty)
    points[there] = points[there].representative_point()
    return table.set_geometry(points)


def _feature(identity: object, properties: dict[str, object], shape: str) -> str:
    feature = {"type": "Feature", "id": identity, "properties": properties}
    head = json.dumps(feature, ensure_ascii=False, allow_nan=False)
    return f'{head[:-1]}, "geometry": {shape}}}'


def to_wgs84(table: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return a table's shapes in degrees of WGS 84 as RFC 7946 wants them, areas as MultiPolygons."""
    shapes = np.array(table.geometry.to_crs(WGS84).array, dtype=object)
    is_area = np.isin(shapely.get_type_id(shapes), (3, 6))
    # Snapping keeps areas valid where plain rounding could make rings cross; too small ones are only rounded.
    snapped = shapely.set_precision(shapes[is_area], 10.0**-DECIMALS)
    areas = np.where(shapely.is_empty(snapped), shapes[is_area], snapped)
    shapes[is_area] = [_to_multi(area) for area in shapely.orient_polygons(areas)]
    rounded: NDArray[np.object_] = shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS))
    # A line of a few centimetres would shrink to one place, which is no line.
    is_gone = (shapely.get_dimensions(shapes) == 1) & (shapely.length(rounded) == 0)
    rounded[is_gone] = shapes[is_gone]
    return rounded


def _to_multi(area: BaseGeometry) -> BaseGeometry:
    return area if area.geom_type == "MultiPolygon" else shapely.MultiPolygon([area])
