"""Layers of a finished run for others to have: what may be seen at each level, in the formats that they use.

What is left out follows the open-data act 2022:818, and MSB on overviews of utility networks: existing lines,
nodes and whose they are do not leave the house.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

import geopandas as gpd
import pandas as pd
import pyogrio

from infraplan.config import Level
from infraplan.errors import OutputError
from infraplan.outputs.delimited import to_csv
from infraplan.outputs.finished import Run, open_run
from infraplan.outputs.geojson import to_geojson, to_points
from infraplan.outputs.gpkg import write_layer
from infraplan.outputs.manifest import checksum
from infraplan.outputs.small import hide_figures
from infraplan.outputs.staging import staged
from infraplan.outputs.suppress import SMALLEST_CELL
from infraplan.tables import FIGURES, TARGETS, WHITE_SPOT_AREAS, WHITE_SPOTS

FIGURES_SHOWN = (
    "official",
    "switchboard",
    "state_aid",
    "cells",
    "compared",
    "series",
    "breaks",
    "pace",
    "changes",
    "mobile",
    "mobile_operators",
    "public_shares",
    "service_shares",
    "indicators",
    "spread",
)
PUBLIC = ("targets", "white_spot_areas", *FIGURES_SHOWN)
RESTRICTED = (*PUBLIC, "white_spots", "routes", "mobile_gaps", "public")
SHOWN = {
    **{table.name: (*table.names, "geometry") for table in (TARGETS, WHITE_SPOT_AREAS, WHITE_SPOTS)},
    **{name: (*FIGURES[name].names, "geometry") for name in (*FIGURES_SHOWN, "mobile_gaps")},
    "public": ("kind", "name", "municipality", "settlement_class", "wifi", "geometry"),
    "routes": (
        "kind",
        "length_m",
        "road_class",
        "surface",
        "ground",
        "slope",
        "project_id",
        "phase",
        "geometry",
    ),
}
"""Columns that may leave the house, by layer; no other layer or column does.

Of routes not their prices either: a cheap metre tells where somebody's duct lies, as would how it is laid,
what is there and what it holds; nor how many depend on it, nor areas that may be secret, nor what it crosses.
"""

TOLD_OF_ANY = ("mobile", "mobile_gaps")
"""Tables whose rows name operators: only those of any operator leave the house."""


def export(
    out_folder: Path, destination: Path, *, level: str = "public", formats: Iterable[str] = ("geojson",)
) -> list[Path]:
    """Write a finished run's layers for a level of secrecy, and say so in each name; return the paths.

    *public* holds shares and areas of white spots, with counts below five (or the study's ``zones.least``)
    suppressed, areas of fewer houses shown as a square of a kilometre, and no lines, nodes or premises;
    *restricted* adds white spots and routes, without any column that tells what is in the ground or whose it
    is; *internal* is everything. Tables without geometry become CSV where the format needs geometry. A JSON
    file beside says level, sources and checksums.

    Raises
    ------
    OutputError
        No run in ``out_folder``, a level or format that there is not, or a destination that cannot be
        written.
    """
    formats = tuple(dict.fromkeys(formats))
    if level not in get_args(Level):
        raise OutputError("no_such_level", level=level, found=", ".join(get_args(Level)))
    for name in formats:
        if name not in FORMATS:
            raise OutputError("no_such_format", format=name, found=", ".join(FORMATS))
    run = open_run(out_folder)
    tables = {name: table for name, table in select(run, level).items() if len(table)}
    destination = Path(destination)
    with staged(destination) as staging:
        for name in formats:
            for layer, table in tables.items():
                FORMATS[name](table, staging, f"{layer}_{level}", level)
        names = sorted(path.name for path in staging.iterdir())
        about = f"export_{level}.json"
        (staging / about).write_text(_describe(run, staging, level, names), "utf-8")
    return [destination / name for name in (*names, about)]


def select(run: Run, level: str) -> dict[str, pd.DataFrame]:
    """Return the layers that a level may see, as it may see them."""
    if level == "internal":
        return {name: run.layer(name) for name in run.layers}
    shown = PUBLIC if level == "public" else RESTRICTED
    tables = {name: run.layer(name) for name in shown if name in run.layers}
    tables = {
        name: table[[column for column in table.columns if column in SHOWN[name]]]
        for name, table in tables.items()
    }
    tables = {
        name: table[table["operator"].fillna("") == ""] if name in TOLD_OF_ANY else table
        for name, table in tables.items()
    }
    return hide_figures(tables, least=_least(run)) if level == "public" else tables


def _least(run: Run) -> int:
    """Return the count below which nothing is shown: the study's own where it is stricter."""
    zones = run.manifest["parameters"].get("zones", {})
    return max(SMALLEST_CELL, int(zones.get("least", SMALLEST_CELL)))


def _to_geojson(table: pd.DataFrame, folder: Path, stem: str, level: str) -> None:
    if not isinstance(table, gpd.GeoDataFrame):
        _to_csv(table, folder, stem, level)
        return
    (folder / f"{stem}.geojson").write_text(to_geojson(_alike(table)), encoding="utf-8", newline="")


def _alike(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return faults, whose places are of all kinds, as points: a file has one geometry type."""
    kinds = {str(kind).removeprefix("Multi") for kind in table.geom_type.dropna()}
    return table if len(kinds) < 2 else to_points(table)  # noqa: PLR2004


def _to_csv(table: pd.DataFrame, folder: Path, stem: str, _level: str) -> None:
    flat = pd.DataFrame(table.reset_index())
    if isinstance(table, gpd.GeoDataFrame):
        flat = flat.drop(columns="geometry").assign(wkt=table.geometry.to_wkt().to_numpy())
    (folder / f"{stem}.csv").write_text(to_csv(flat), encoding="utf-8", newline="")


def _to_gpkg(table: pd.DataFrame, folder: Path, stem: str, level: str) -> None:
    write_layer(table, folder / f"infraplan_{level}.gpkg", stem)


def _to_fgb(table: pd.DataFrame, folder: Path, stem: str, level: str) -> None:
    if not isinstance(table, gpd.GeoDataFrame):
        _to_csv(table, folder, stem, level)
        return
    placed = table[~(table.geometry.isna() | table.geometry.is_empty)].reset_index()
    pyogrio.write_dataframe(placed, folder / f"{stem}.fgb", driver="FlatGeobuf")


def _to_parquet(table: pd.DataFrame, folder: Path, stem: str, _level: str) -> None:
    table.reset_index().to_parquet(folder / f"{stem}.parquet", index=False)


FORMATS: dict[str, Callable[[pd.DataFrame, Path, str, str], None]] = {
    "geojson": _to_geojson,
    "gpkg": _to_gpkg,
    "fgb": _to_fgb,
    "parquet": _to_parquet,
    "csv": _to_csv,
}


def _source(row: dict[str, Any], level: str) -> dict[str, Any]:
    """Return what may be said of an input: its owner's own words only where the level allows the layer."""
    named = ("layer", "licence", "date", "modelled")
    order = get_args(Level)
    told = order.index(row["level"]) <= order.index(level)
    return {key: row.get(key) for key in (*named, *(("source", "assumption") if told else ()))}


def _describe(run: Run, folder: Path, level: str, names: list[str]) -> str:
    manifest = run.manifest
    about = {
        "study": manifest["study"],
        "level": level,
        "crs": manifest["parameters"]["study"]["crs"],
        "not_for_excavation": manifest["not_for_excavation"],
        "suppressed_below": _least(run) if level == "public" else None,
        "infraplan": manifest["versions"]["infraplan"],
        "run_started": manifest["started"],
        "sources": [_source(row, level) for row in manifest["inputs"]],
        "files": {name: checksum(folder / name) for name in names},
    }
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"
