"""Tables as CSV and Parquet."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from infraplan.outputs.delimited import to_csv
from infraplan.outputs.exchange.job import Job, Written
from infraplan.outputs.gpkg import flatten, tidy


def write_csv(job: Job) -> Written:
    """Write each layer as CSV, shapes as well-known text in the study's CRS."""
    return {name: [write_table(job, name, table)] for name, table in job.tables.items()}


def write_table(job: Job, name: str, table: pd.DataFrame) -> Path:
    """Write one layer as CSV."""
    flat = pd.DataFrame(flatten(table))
    if isinstance(table, gpd.GeoDataFrame):
        flat = flat.drop(columns=table.geometry.name).assign(wkt=table.geometry.to_wkt().to_numpy())
    path = job.path(name, ".csv")
    path.write_text(to_csv(flat), encoding="utf-8", newline="")
    return path


def write_parquet(job: Job) -> Written:
    """Write each layer as Parquet: GeoParquet 1.1 with boxes to read by, where it has shapes."""
    return {name: [_write_parquet(job, name, table)] for name, table in job.tables.items()}


def _write_parquet(job: Job, name: str, table: pd.DataFrame) -> Path:
    path = job.path(name, ".parquet")
    flat = tidy(table)
    if isinstance(flat, gpd.GeoDataFrame):
        flat.to_parquet(
            path, index=False, compression="zstd", schema_version="1.1.0", write_covering_bbox=True
        )
    else:
        flat.to_parquet(path, index=False, compression="zstd")
    _tell(path, job)
    return path


def _tell(path: Path, job: Job) -> None:
    """Say in the file's own metadata what it is."""
    table: pa.Table = pq.read_table(path)
    said = {b"infraplan": json.dumps(job.about, ensure_ascii=False).encode()}
    pq.write_table(
        table.replace_schema_metadata({**(table.schema.metadata or {}), **said}), path, compression="zstd"
    )
