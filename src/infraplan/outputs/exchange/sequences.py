"""GeoJSON (RFC 7946), and sequences of it (RFC 8142) for layers that are too long for one value."""

import logging
from pathlib import Path

import geopandas as gpd

from infraplan import words
from infraplan.outputs.exchange.flat import write_table
from infraplan.outputs.exchange.job import Job, Written, split_kinds
from infraplan.outputs.geojson import to_geojson, to_sequence

LARGE = 100_000
"""Features from which on a layer is written as a sequence: a reader of one value must hold all of it."""

_log = logging.getLogger(__name__)


def write_geojson(job: Job) -> Written:
    """Write each layer as GeoJSON, those of more than ``LARGE`` features as a sequence."""
    return _write(job, large=LARGE)


def write_sequences(job: Job) -> Written:
    """Write each layer as a GeoJSON text sequence."""
    return _write(job, large=0)


def _write(job: Job, *, large: int) -> Written:
    written: Written = {}
    for name, table in job.tables.items():
        if not isinstance(table, gpd.GeoDataFrame):
            written[name] = [write_table(job, name, table)]
            continue
        parts = split_kinds(name, table)
        written[name] = [
            _write_part(job, part, rows, large=large) for part, rows in parts.items() if len(rows)
        ]
    return written


def _write_part(job: Job, name: str, table: gpd.GeoDataFrame, *, large: int) -> Path:
    if len(table) <= large:
        path = job.path(name, ".geojson")
        path.write_text(to_geojson(table, about=job.about), encoding="utf-8", newline="")
        return path
    path = job.path(name, ".geojsons")
    if large:
        speech = words.load(job.edition.language)
        told = speech.text("exchange.told.sequence", file=path.name, count=speech.number(len(table)))
        _log.warning("%s", told)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(to_sequence(table))
    return path
