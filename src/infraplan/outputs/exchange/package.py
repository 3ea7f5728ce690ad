"""Layers by GDAL: one GeoPackage for all of them, a FlatGeobuf for each."""

import json
from pathlib import Path

import geopandas as gpd
import pyogrio

from infraplan.outputs import gpkg
from infraplan.outputs.exchange.flat import write_table
from infraplan.outputs.exchange.job import WHOLE, Job, Written, split_kinds


def write_package(job: Job) -> Written:
    """Write all layers into one GeoPackage in the study's CRS, with styles for QGIS."""
    if not job.tables:
        return {}
    path = job.path(WHOLE, ".gpkg")
    gpkg.write_package(job.edition, job.tables, path, about=job.about, named=job.name)
    return {name: [path] for name in job.tables}


def write_flatgeobuf(job: Job) -> Written:
    """Write each layer as FlatGeobuf with its spatial index, in the study's CRS."""
    written: Written = {}
    for name, table in job.tables.items():
        if not isinstance(table, gpd.GeoDataFrame):
            written[name] = [write_table(job, name, table)]
            continue
        parts = split_kinds(name, table)
        written[name] = [_write(job, part, rows) for part, rows in parts.items() if len(rows)]
    return written


def _write(job: Job, name: str, table: gpd.GeoDataFrame) -> Path:
    path = job.path(name, ".fgb")
    pyogrio.write_dataframe(
        gpkg.tidy(table),
        path,
        driver="FlatGeobuf",
        layer=job.name(name),
        layer_options={"DESCRIPTION": json.dumps(job.about, ensure_ascii=False)},
    )
    return path
