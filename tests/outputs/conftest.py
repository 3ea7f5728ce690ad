"""A small made-up run: two municipalities side by side, white spots in each, one planned trench."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

from infraplan import tables
from infraplan.config import CostBook, Layer, PlanGoal, Study, StudyInfo, Target
from infraplan.layers.faults import faults, gather
from infraplan.layers.read import Layers
from infraplan.outputs.results import Results
from infraplan.planning.model import Plan

CRS = "EPSG:3006"
X, Y = 800_000.0, 7_400_000.0
"""A corner of the made-up land: in Norrbotten, so that degrees are what they are there."""


def make_table(
    contract: tables.Contract, key: list[Any], columns: dict[str, Any], shapes: list[Any] | None = None
) -> Any:
    """Return a table of a contract, checked."""
    index = pd.Index(key, name=contract.key) if key else tables.empty(contract, CRS).index
    frame = pd.DataFrame(columns, index=index)
    table = frame if shapes is None else gpd.GeoDataFrame(frame, geometry=shapes, crs=CRS)
    tables.check(table, contract)
    return table


def make_layer(columns: dict[str, Any], shapes: list[Any]) -> gpd.GeoDataFrame:
    """Return an input layer with feature ids 1, 2, …"""
    ids = pd.Index([str(i + 1) for i in range(len(shapes))], name="feature_id")
    return gpd.GeoDataFrame(columns, index=ids, geometry=shapes, crs=CRS)


def make_zones(municipalities: int, name: str) -> gpd.GeoDataFrame:
    """Return a study of 20 × 20 km municipalities in a row, each with a locality."""
    names = ["Västra Å", "Östra Ö", "Norra Ä"][:municipalities]
    squares = [box(X + 20_000 * i, Y, X + 20_000 * (i + 1), Y + 20_000) for i in range(municipalities)]
    towns = [
        Point(X + 20_000 * i + 6_000, Y + 8_000).buffer(1_500, quad_segs=4) for i in range(municipalities)
    ]
    whole = box(X, Y, X + 20_000 * municipalities, Y + 20_000)
    keys = [
        "study",
        *(f"municipality:{2500 + i}" for i in range(municipalities)),
        *(f"locality:T{i}" for i in range(municipalities)),
        "class:outside",
    ]
    return make_table(
        tables.ZONES,
        keys,
        {
            "name": [name, *names, *(f"{n} by" for n in names), "Utanför tätort och småort"],
            "kind": [
                "study",
                *["municipality"] * municipalities,
                *["locality"] * municipalities,
                "settlement_class",
            ],
            "population": [np.nan] * (1 + municipalities)
            + [900.0 - 100 * i for i in range(municipalities)]
            + [np.nan],
        },
        [whole, *squares, *towns, whole],
    )


def make_premises(municipalities: int, each: int) -> gpd.GeoDataFrame:
    """Return premises along a line in each municipality, the odd ones workplaces."""
    count = municipalities * each
    number = np.arange(count)
    return make_table(
        tables.PREMISES,
        [f"P{i:05d}" for i in number],
        {
            "households": np.where(number % 2 == 0, 1 + number % 4, 0),
            "workplaces": number % 2,
            "kind": np.where(number % 2 == 0, "single", "workplace"),
            "municipality": [str(2500 + i // each) for i in number],
            "locality": "",
            "settlement_class": "outside",
            "source": "premises",
            "vintage": "2026-01-15",
        },
        [
            Point(
                X + 20_000 * (i // each) + 5_000 + 700 * (i % each % 20),
                Y + 9_000 + 300 * (i % 7) + i % each // 20 * 5,
            )
            for i in number
        ],
    )


def make_targets(zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return two targets; zone number k has 100 - 10 k households (at least 4), half as many workplaces."""
    rows = []
    for target, asked, mbps in (("100 Mbit/s, 95 %", 0.95, 100.0), ("1 Gbit/s, 60 %", 0.60, 1000.0)):
        for number, (zone, row) in enumerate(zones.iterrows()):
            households = max(100 - 10 * number, 4)
            for unit, base in (
                ("households", households),
                ("workplaces", households // 2),
                ("households+workplaces", households + households // 2),
            ):
                connected, orderable = base * 5 // 10, base * 6 // 10
                passed, planned = base * 7 // 10, base * 8 // 10
                asked_for = int(np.ceil(asked * base))
                rows.append(
                    (
                        target,
                        zone,
                        row["name"],
                        row["kind"],
                        unit,
                        unit == "households+workplaces",
                        "access",
                        mbps,
                        base,
                        connected,
                        orderable,
                        passed,
                        planned,
                        50.0,
                        orderable,
                        orderable / base,
                        asked,
                        max(asked_for - orderable, 0),
                        orderable >= asked_for,
                    )
                )
    return make_table(
        tables.TARGETS,
        list(range(len(rows))),
        dict(zip(tables.TARGETS.names, map(list, zip(*rows, strict=True)), strict=True)),
    )


def make_plan(spots: gpd.GeoDataFrame) -> Plan:
    """Return a trench along the white spots with a drop to each; the last one is too far away."""
    reached, left = spots.iloc[:-1], spots.iloc[-1:]
    places = [(point.x, point.y) for point in reached.geometry]
    trunks = [LineString([(a[0], a[1] - 400), (b[0], b[1] - 400)]) for a, b in pairwise(places)]
    drops = [LineString([(x, y - 400), (x, y)]) for x, y in places]
    kinds = ["road"] * len(trunks) + ["drop"] * len(drops)
    length = np.array([line.length for line in trunks + drops])
    cost = np.where(np.array(kinds) == "road", 300, 180) * length
    count = len(kinds)
    columns = {
        "tail": np.arange(count),
        "head": np.arange(count) + 1,
        "kind": kinds,
        "length_m": length,
        "road_class": ["5"] * len(trunks) + [""] * len(drops),
        "surface": ["gravel"] * len(trunks) + [""] * len(drops),
        "method": ["plough" if i % 3 else "verge" for i in range(len(trunks))] + ["drop"] * len(drops),
        "existing": "new",
        "cost_low_sek": (0.7 * cost).astype("int64"),
        "cost_sek": cost.astype("int64"),
        "cost_high_sek": (1.5 * cost).astype("int64"),
        "project_id": "P1",
        "phase": np.ones(count, dtype="int64"),
    }
    return Plan(
        goal="all",
        routes=make_table(tables.ROUTES, list(range(count)), columns, trunks + drops),
        served=make_table(
            tables.SERVED,
            list(reached.index),
            {
                "node": np.arange(len(reached)),
                "households": reached["households"],
                "workplaces": reached["workplaces"],
                "project_id": "P1",
            },
        ),
        unserved=make_table(
            tables.UNSERVED,
            list(left.index),
            {
                "households": left["households"],
                "workplaces": left["workplaces"],
                "reason": "too_far",
                "distance_m": 812.5,
            },
        ),
        lower_bound_sek=int(0.98 * columns["cost_sek"].sum()),
        most_households=None,
        aim=None,
        reached_goal=True,
        method="steiner",
        ended="search",
    )


COPIED = ("households", "workplaces", "kind", "municipality", "locality", "settlement_class")
PRICE = {"low": 120, "base": 180, "high": 250, "unit": "SEK/m", "source": "test", "year": 2026}
BOOK = CostBook.model_validate(
    {
        "name": "test-2026",
        "region": "Test",
        "year": 2026,
        "methods": {"plough": PRICE, "verge": PRICE, "drop": PRICE},
        "rules": [{"method": "plough"}],
        "drop_method": "drop",
        "link_method": "plough",
        "connection": {**PRICE, "unit": "SEK each"},
    }
)


def make_layers(zones: gpd.GeoDataFrame, hostile: str, municipalities: int) -> Layers:
    """Return input layers: roads, fibre, public buildings, a shop, mobile coverage."""
    width = 20_000 * municipalities
    town = Point(X + 6_000, Y + 8_000)
    found = {
        "roads": make_layer(
            {"road_class": ["1", "5"], "surface": "gravel", "net": "motor", "name": "väg"},
            [
                LineString([(X, Y + 8_000), (X + width, Y + 8_200)]),
                LineString([(X + 6_000, Y), (X + 6_000, Y + 20_000)]),
            ],
        ),
        "fibre_lines": make_layer(
            {"operator": ["Stadsnät"], "kind": ["access"]},
            [LineString([(X, Y + 7_500), (X + 9_000, Y + 7_800)])],
        ),
        "public_buildings": make_layer(
            {
                "kind": ["school", "library"],
                "name": [hostile or "Byskolan", "Biblioteket"],
                "operator": "",
                "wifi": "unknown",
                "FID": [1, 1],
            },
            [town, Point(X + 6_400, Y + 8_300)],
        ),
        "service_points": make_layer(
            {"kind": ["grocery"], "name": ["Handlaren"], "operator": "", "wifi": "yes"},
            [Point(X + 5_600, Y + 7_600)],
        ),
        "mobile_coverage": make_layer(
            {
                "operator": ["Operatör A"],
                "technology": ["4g"],
                "use": ["roof"],
                "down_mbps": [np.nan],
                "dbm": [-95.0],
            },
            [town.buffer(6_000)],
        ),
    }
    names = pd.Index(["premises", *found], name="layer")
    sources = pd.DataFrame(
        {
            "path": [f"{name}.gpkg" for name in names],
            "sha256": "0" * 64,
            "bytes": 1000,
            "crs": CRS,
            "source": hostile or "Testkommunen",
            "licence": "CC0",
            "date": "2026-01-15",
            "level": "internal",
            "modelled": [name == "fibre_lines" for name in names],
            "assumption": ["fiber antas följa väg" if name == "fibre_lines" else "" for name in names],
            "defaults": [["wifi"]] * len(names),
        },
        index=names,
    )
    counts = pd.DataFrame(
        {"rows_in": 3, "left_out": 0, "repaired": 0, "set_aside": 1, "used": 2}, index=names
    )
    return Layers(tables=found, faults=tables.empty(tables.FAULTS, CRS), counts=counts, sources=sources)


def make_results(
    *,
    name: str = "Provstudien",
    language: str = "sv",
    municipalities: int = 2,
    each: int = 12,
    hostile: str = "",
    spot_step: int = 2,
) -> Results:
    """Return a whole run; every ``spot_step``-th premises is a white spot."""
    zones = make_zones(municipalities, hostile or name)
    premises = make_premises(municipalities, each)
    chosen = premises.iloc[::spot_step]
    number = [int(code) - 2500 for code in chosen["municipality"]]
    spots = make_table(
        tables.WHITE_SPOTS,
        list(chosen.index),
        {
            **{c: chosen[c] for c in COPIED},
            "best_down_mbps": 0.0,
            "rule": "too_slow",
            "white_spot_id": [f"W{i + 1}" for i in number],
            "eligible": "yes",
        },
        list(chosen.geometry),
    )
    groups = spots.groupby("white_spot_id")
    areas = make_table(
        tables.WHITE_SPOT_AREAS,
        [key for key, _ in groups],
        {
            "name": [hostile or f"Byn {key}" for key, _ in groups],
            "municipality": [g["municipality"].iloc[0] for _, g in groups],
            "premises": [len(g) for _, g in groups],
            "households": [int(g["households"].sum()) for _, g in groups],
            "workplaces": [int(g["workplaces"].sum()) for _, g in groups],
        },
        [g.union_all().convex_hull.buffer(400) for _, g in groups],
    )
    known = faults(
        "locality_size_unknown",
        "localities",
        severity="warning",
        feature_ids=["7", "=8"],
        shapes=[box(X, Y, X + 9, Y + 9), None],
        crs=CRS,
    )
    study = Study(
        study=StudyInfo(name=hostile or name, language=language, year=2026),
        layers={"fibre_lines": Layer(path="/somewhere/fibre_lines.gpkg", modelled=True)},
        targets=(
            Target(name="100 Mbit/s, 95 %", down_mbps=100, share=0.95),
            Target(name="1 Gbit/s, 60 %", down_mbps=1000, share=0.6),
        ),
        plan=PlanGoal(goal="all"),
        file="/somewhere/study.toml",
    )
    return Results(
        study=study,
        layers=make_layers(zones, hostile, municipalities),
        book=BOOK,
        zones=zones,
        premises=premises,
        service=tables.empty(tables.SERVICE),
        targets=make_targets(zones),
        white_spots=spots,
        white_spot_areas=areas,
        plan=make_plan(spots),
        faults=gather([known], CRS),
        started="2026-11-21T12:00:00+00:00",
        seconds={"read": 0.1},
    )


@pytest.fixture(scope="session")
def build() -> Callable[..., Results]:
    """Return the maker of made-up runs."""
    return make_results


@pytest.fixture(scope="session")
def results() -> Results:
    """Return the made-up run."""
    return make_results()
