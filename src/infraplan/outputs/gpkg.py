"""plan.gpkg and coverage.gpkg: every layer in the study's CRS, with styles that QGIS takes up by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from infraplan.outputs.cells import plain_column
from infraplan.outputs.edition import Edition
from infraplan.outputs.qml import to_qml
from infraplan.outputs.styles import STYLES

_WITHOUT_ROWS = {
    "zones": "MultiPolygon",
    "zone_points": "Point",
    "premises": "Point",
    "white_spot_areas": "MultiPolygon",
    "white_spots": "Point",
    "routes": "LineString",
    "cabinets": "Point",
    "projects": "MultiLineString",
    "alternatives": "MultiLineString",
    "rings": "MultiLineString",
    "cells": "MultiPolygon",
    "mobile_white_spots": "Point",
    "mobile_gaps": "LineString",
    "disagreements": "Point",
    "public": "Point",
    "digital": "Point",
    "siting": "Point",
}
"""What a layer would hold: QGIS gives a style only to a layer that knows its kind."""


_ELSEWHERE = ("facts", "protected_buildings")
"""Tables that are files of their own."""


def write_gpkg(edition: Edition, path: Path) -> None:
    """Write an edition's layers; the same edition gives the same bytes on the same versions."""
    tables = {name: table for name, table in edition.tables.items() if name not in _ELSEWHERE}
    year = int(edition.study["year"])
    with _dated(f"{year}-01-01T00:00:00.000Z"):
        for name, table in tables.items():
            write_layer(table, path, name)
        _write_styles(
            {name: table for name, table in tables.items() if name in STYLES},
            path,
            int(edition.study["year"]),
        )


def write_layer(table: pd.DataFrame, path: Path, name: str) -> None:
    """Add a table, with its index as a column, to a GeoPackage."""
    tidy = _tidy(table)
    kind = _geometry_of(tidy, name) if isinstance(tidy, gpd.GeoDataFrame) else {}
    pyogrio.write_dataframe(tidy, path, layer=name, driver="GPKG", append=path.exists(), **kind)


def _geometry_of(table: gpd.GeoDataFrame, name: str) -> dict[str, object]:
    kinds = set(table.geom_type.dropna())
    if not kinds:
        return {"geometry_type": _WITHOUT_ROWS.get(name, "Unknown")}
    if kinds <= {"Polygon", "MultiPolygon"}:
        return {"geometry_type": "MultiPolygon", "promote_to_multi": True}
    if kinds == {"LineString", "MultiLineString"}:
        return {"geometry_type": "MultiLineString", "promote_to_multi": True}
    return {"geometry_type": kinds.pop() if len(kinds) == 1 else "Unknown", "promote_to_multi": False}


def _tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with names and cells that SQLite can hold: users' columns travel along."""
    geometry = table.geometry.name if isinstance(table, gpd.GeoDataFrame) else None
    key = "feature_id" if table.index.name is None else str(table.index.name)
    taken = {"fid", "geom", "geometry", "ogc_fid", key.lower()}
    names = {}
    for column in table.columns:
        name = str(column)
        while column != geometry and name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        names[column] = name
    flat = table.rename(columns=names).reset_index(names=key)
    for column in flat.columns:
        if column != geometry and flat[column].dtype == object:
            flat[column] = pd.Series(
                [None if cell is None else str(cell) for cell in plain_column(flat[column])], dtype="str"
            )
    return flat


def _write_styles(tables: dict[str, pd.DataFrame], path: Path, year: int) -> None:
    """Write the table in which QGIS keeps styles: its columns and their order are QGIS's own."""
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": name,
            "f_geometry_column": "geom",
            "styleName": name,
            "styleQML": to_qml(STYLES[name]),
            "styleSLD": "",
            "useAsDefault": True,
            "description": "infraplan",
            "owner": "",
            "ui": "",
            "update_time": pd.Timestamp(year, 1, 1),
        }
        for name in tables
    ]
    pyogrio.write_dataframe(
        pd.DataFrame(rows),
        path,
        layer="layer_styles",
        driver="GPKG",
        append=True,
        layer_options={"FID": "id"},
    )


@contextmanager
def _dated(stamp: str) -> Iterator[None]:
    """Let GDAL write this as the date of change, not the clock's."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
