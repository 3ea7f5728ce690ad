"""A made country as a study has it: its layers, premises and zones, left as Parquet files and read again.

``python benchmarks/stage_data.py PREMISES MIX FOLDER`` makes it in a process of its own, so that making it
counts neither as time nor as memory of the stage that is measured.
"""

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from coverage_data import Bools, Country, Floats, make_country, make_coverage

from infraplan import tables
from infraplan.config import LayerName
from infraplan.layers import Layers
from infraplan.layers.catalog import CATALOG

CRS = "EPSG:3006"
MUNICIPALITIES = 290
EXCHANGES = 3_000
ORDERABLE = 0.6
"""Of those beside fibre that are not connected, so many can order it; the others are estimated as passed."""
RADIO = ("Radionät Norr", "Radionät Syd", "Mobilnät")


class Mix(NamedTuple):
    """Coverage areas: how many, of how many corners, how deep on average over the whole country."""

    areas: int
    corners: int
    deep: float


MIXES = {"sweden": Mix(500, 2_000, 0.7), "deep": Mix(2_000, 10_000, 8.0)}
"""Sweden: cable, VDSL and a few operators of fixed radio besides fibre, which makes two rows of service a
premises. Deep is a stress: no country is like that."""


class Made(NamedTuple):
    """What the stage is given."""

    layers: Layers
    premises: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame


def write_country(count: int, mix: Mix, folder: Path) -> None:
    """Make a country and leave it in a folder."""
    random = np.random.default_rng(count)
    country = make_country(count)
    ids = np.array([f"P{number:07d}" for number in range(count)])
    # Municipalities are strips of about equally many premises.
    cuts = np.quantile(country.xy[:, 0], np.linspace(0, 1, MUNICIPALITIES + 1))
    codes = np.array([f"{number + 1000}" for number in range(MUNICIPALITIES)])
    strip = np.clip(np.searchsorted(cuts, country.xy[:, 0], side="right") - 1, 0, MUNICIPALITIES - 1)
    premises = make_premises(random, country.xy, codes[strip]).assign(premises_id=ids)
    premises.to_parquet(folder / "premises.parquet", index=False)
    rest = ~country.connected & country.beside_fibre
    orderable = rest & (random.random(count) < ORDERABLE)
    connected = make_list(ids, country.connected, orderable).rename_axis("id").reset_index()
    connected.to_parquet(folder / "connected.parquet")
    areas, speed = make_coverage(country, mix.areas, mix.corners, deep=mix.deep)
    make_footprints(areas, speed).to_parquet(folder / "footprints.parquet")
    lines = fill("fibre_lines", len(country.fibre), operator="Stadsnät")
    gpd.GeoDataFrame(lines, geometry=country.fibre, crs=CRS).to_parquet(folder / "fibre_lines.parquet")
    sites = shapely.points(country.xy[random.integers(0, count, EXCHANGES)])
    exchanges = gpd.GeoDataFrame(fill("exchanges", EXCHANGES, operator="Kopparnät"), geometry=sites, crs=CRS)
    exchanges.to_parquet(folder / "exchanges.parquet")
    make_zones(country, cuts, codes).to_parquet(folder / "zones.parquet")


def make_premises(random: np.random.Generator, xy: Floats, codes: Any) -> pd.DataFrame:
    """Return nine homes in ten, of which one in ten is a block of flats and one in ten a holiday home."""
    count = len(xy)
    kind = random.choice(["single", "multi", "holiday", "workplace"], count, p=[0.71, 0.09, 0.1, 0.1])
    return pd.DataFrame(
        {
            "households": np.select([kind == "single", kind == "multi"], [1, 9], 0),
            "workplaces": (kind == "workplace").astype(np.int64),
            "kind": kind,
            "municipality": codes,
            "locality": "",
            "settlement_class": np.where(random.random(count) < 0.87, "locality", "outside"),
            "source": "premises",
            "vintage": "2026-01-01",
            "x": xy[:, 0],
            "y": xy[:, 1],
        }
    )


def make_list(ids: Any, connected: Bools, orderable: Bools) -> pd.DataFrame:
    """Return the list of who has fibre and who can order it."""
    rows = np.flatnonzero(connected | orderable)
    return fill(
        "connected",
        len(rows),
        premises_id=ids[rows],
        down_mbps=1000.0,
        up_mbps=1000.0,
        operator="Stadsnät",
        status=np.where(connected[rows], "connected", "orderable"),
    )


def make_footprints(areas: Any, speed: Floats) -> gpd.GeoDataFrame:
    """Return copper where it is slowest, cable where it is fastest, radio between; each tenth is a plan."""
    number = np.arange(len(areas))
    copper, cable, plan = speed == 10, speed == 300, number % 10 == 9
    radio = np.array(RADIO)[number % len(RADIO)]
    table = fill(
        "footprints",
        len(areas),
        down_mbps=np.where(copper, 60.0, speed),
        technology=np.select([copper, cable], ["vdsl", "cable"], "fwa"),
        operator=np.select([copper, cable], ["Kopparnät", "Kabelnät"], radio),
        status=np.where(plan, "planned", "orderable"),
        planned_by=np.where(plan, "2028-12-31", ""),
        decided=number % 20 != 9,
    )
    return gpd.GeoDataFrame(table, geometry=areas, crs=CRS)


def make_zones(country: Country, cuts: Floats, codes: Any) -> gpd.GeoDataFrame:
    """Return the country, its municipalities and two settlement classes: premises say which they are of."""
    low, high = country.xy.min(axis=0) - 1_000, country.xy.max(axis=0) + 1_000
    edges = [low[0], *cuts[1:-1], high[0]]
    strips = [shapely.box(a, low[1], b, high[1]) for a, b in pairwise(edges)]
    area = shapely.box(*low, *high)
    ids = ["study", *(f"municipality:{code}" for code in codes), "class:locality", "class:outside"]
    return gpd.GeoDataFrame(
        {
            "name": ["Landet", *(f"Kommun {code}" for code in codes), "Tätort", "Utanför"],
            "kind": ["study", *["municipality"] * len(codes), *["settlement_class"] * 2],
            "population": np.nan,
        },
        geometry=[area, *strips, area, area],
        crs=CRS,
        index=pd.Index(ids, name="zone_id"),
    )


def fill(name: LayerName, count: int, **columns: Any) -> pd.DataFrame:
    """Return a layer's columns, those that are not given at their defaults, and ids as text."""
    kinds = {"text": "str", "float": "float64", "int": "int64", "bool": "bool"}
    ids = pd.RangeIndex(count).astype("str")
    table = {}
    for field in CATALOG[name].fields:
        value = columns.get(field.name, "" if field.default is None else field.default)
        table[field.name] = pd.Series(value, index=ids, dtype=kinds[field.kind])
    return pd.DataFrame(table)


def read_country(folder: Path) -> Made:
    """Read a country as the readers of a study leave it: text as text, premises as points."""
    premises = read_columns(folder / "premises.parquet").set_index("premises_id")
    points = shapely.points(premises.pop("x").to_numpy(), premises.pop("y").to_numpy())
    connected = read_columns(folder / "connected.parquet").set_index("id")
    named: dict[LayerName, gpd.GeoDataFrame] = {
        "connected": gpd.GeoDataFrame(connected, geometry=[None] * len(connected), crs=CRS),
        "footprints": gpd.read_parquet(folder / "footprints.parquet"),
        "fibre_lines": gpd.read_parquet(folder / "fibre_lines.parquet"),
        "exchanges": gpd.read_parquet(folder / "exchanges.parquet"),
    }
    layers = Layers(
        tables=named,
        faults=tables.empty(tables.FAULTS, CRS),
        counts=pd.DataFrame(),
        sources=pd.DataFrame(),
    )
    zones = gpd.read_parquet(folder / "zones.parquet")
    # What is left of reading would else count as memory of the stage.
    pa.default_memory_pool().release_unused()
    return Made(layers, gpd.GeoDataFrame(premises, geometry=points, crs=CRS), zones)


def read_columns(path: Path) -> pd.DataFrame:
    """Read a table column by column."""
    file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    columns = {name: file.read([name], use_threads=False)[name].to_pandas() for name in names}
    return pd.DataFrame(columns, copy=False)


if __name__ == "__main__":
    write_country(int(sys.argv[1]), MIXES[sys.argv[2]], Path(sys.argv[3]))
