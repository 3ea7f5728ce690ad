"""plan.gpkg and coverage.gpkg: every layer in the study's CRS, with styles that QGIS takes up by itself."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from pandas.api import types as pdt

from infraplan.layers.gdal import gdal_set
from infraplan.outputs.about import describe
from infraplan.outputs.cells import plain, plain_column
from infraplan.outputs.edition import Edition
from infraplan.outputs.looks import ZONE_SHARES, Look, look_of, zone_shares
from infraplan.outputs.qml import to_qml

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

_VERSION = {"VERSION": "1.3"}
"""Of the GeoPackage standard: QGIS 3.22 warns of every layer of a later one."""
_NUL = str.maketrans({"\0": "\ufffd"})
"""GDAL takes text as C does: all that follows a NUL would be lost."""


def write_gpkg(edition: Edition, path: Path) -> None:
    """Write an edition's layers; the same edition gives the same bytes on the same versions."""
    tables = {name: table for name, table in edition.tables.items() if name not in _ELSEWHERE}
    write_package(edition, tables, path, about=describe(edition))


def write_package(
    edition: Edition,
    tables: dict[str, pd.DataFrame],
    path: Path,
    *,
    about: Mapping[str, Any] | None = None,
    named: Callable[[str], str] = str,
) -> None:
    """Write some of an edition's tables, with the styles in which QGIS opens them.

    Beside the zones stands a layer of their shares, ``looks.ZONE_SHARES``, as the map shows them.

    Parameters
    ----------
    about
        What the package says of itself, as its metadata.
    named
        From a table to the name of its layer.
    """
    year = int(edition.study["year"])
    shares: dict[str, pd.DataFrame] = {} if (found := zone_shares(edition)) is None else {ZONE_SHARES: found}
    # The date of change is not the clock's. Nothing waits for the disk after each layer: a file that is not
    # whole is never moved to where a reader would find it.
    with gdal_set(OGR_CURRENT_DATE=f"{year}-01-01T00:00:00.000Z", OGR_SQLITE_SYNCHRONOUS="OFF"):
        for name, table in (tables | shares).items():
            write_layer(table, path, named(name), kind_of=name, about=None if path.exists() else about)
        looks = {
            named(name): look
            for name, table in (tables | shares).items()
            if isinstance(table, gpd.GeoDataFrame) and (look := look_of(name, table, edition.language))
        }
        _write_styles(looks, path, year)


def write_layer(
    table: pd.DataFrame,
    path: Path,
    name: str,
    *,
    kind_of: str = "",
    about: Mapping[str, Any] | None = None,
) -> None:
    """Add a table, with its index as a column, to a GeoPackage.

    ``kind_of`` is the table whose kind of geometry it has where it has no rows: without, it is ``name``.
    """
    flat = tidy(table)
    kind = _geometry_of(flat, kind_of or name) if isinstance(flat, gpd.GeoDataFrame) else {}
    said = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in (about or {}).items()
    }
    pyogrio.write_dataframe(
        flat,
        path,
        layer=name,
        driver="GPKG",
        append=path.exists(),
        dataset_metadata=said or None,
        **kind,
        **_VERSION,
    )


def _geometry_of(table: gpd.GeoDataFrame, name: str) -> dict[str, object]:
    kinds = set(table.geom_type.dropna())
    if not kinds:
        return {"geometry_type": _WITHOUT_ROWS.get(name, "Unknown")}
    if kinds <= {"Polygon", "MultiPolygon"}:
        return {"geometry_type": "MultiPolygon", "promote_to_multi": True}
    if kinds == {"LineString", "MultiLineString"}:
        return {"geometry_type": "MultiLineString", "promote_to_multi": True}
    return {"geometry_type": kinds.pop() if len(kinds) == 1 else "Unknown", "promote_to_multi": False}


def flatten(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with its index as first column, and no two columns of one name in any case.

    Users' columns travel along, whatever they are called.
    """
    geometry = table.geometry.name if isinstance(table, gpd.GeoDataFrame) else None
    key = "feature_id" if table.index.name is None else str(table.index.name)
    taken = {"fid", "geom", "geometry", "ogc_fid", key.lower()}
    names = []
    for column in table.columns:
        name = str(plain(str(column)))
        while column != geometry and name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        names.append(column if column == geometry else name)
    return table.set_axis(names, axis="columns").reset_index(names=key)


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with names and cells that SQLite, FlatGeobuf and Parquet can hold."""
    geometry = table.geometry.name if isinstance(table, gpd.GeoDataFrame) else None
    flat = flatten(table)
    for column in flat.columns:
        if column != geometry and not _is_plain(flat[column]):
            cells = plain_column(flat[column])
            flat[column] = pd.Series(
                [None if cell is None else str(cell).translate(_NUL) for cell in cells],
                index=flat.index,
                dtype="str",
            )
    return flat


def _is_plain(values: pd.Series) -> bool:
    return (
        pdt.is_bool_dtype(values.dtype)
        or pdt.is_numeric_dtype(values.dtype)
        or pdt.is_datetime64_dtype(values.dtype)
    )


def _write_styles(looks: Mapping[str, Look], path: Path, year: int) -> None:
    """Write the table in which QGIS keeps styles: its columns and their order are QGIS's own."""
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": name,
            "f_geometry_column": "geom",
            "styleName": name,
            "styleQML": to_qml(look),
            "styleSLD": "",
            "useAsDefault": True,
            "description": "infraplan",
            "owner": "",
            "ui": "",
            "update_time": pd.Timestamp(year, 1, 1),
        }
        for name, look in looks.items()
    ]
    if not rows:
        return
    pyogrio.write_dataframe(
        pd.DataFrame(rows),
        path,
        layer="layer_styles",
        driver="GPKG",
        append=True,
        layer_options={"FID": "id"},
    )
