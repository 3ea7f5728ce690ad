"""Plan the golden village anew and write what comes of it: ``python tests/planning/golden/refresh.py``.

Look at the difference (git diff) before it is committed: each line is a figure that a council would read.
"""

import shutil
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point, box, transform

from infraplan.layers import read_cost_book
from infraplan.layers.study import read_study
from infraplan.pipeline import run_coverage, run_plan

HERE = Path(__file__).parent
ORIGIN = (500_000.0, 7_300_000.0)
STUDY = """
[study]
name = "Golden"
language = "en"
year = 2026
[layers.municipalities]
path = "municipalities.parquet"
[layers.premises]
path = "premises.parquet"
[layers.roads]
path = "roads.parquet"
[layers.fibre_nodes]
path = "fibre_nodes.parquet"
[layers.connected]
path = "connected.parquet"
[layers.no_go]
path = "no_go.parquet"
[layers.protected]
path = "protected.parquet"
[layers.ducts]
path = "ducts.parquet"
[layers.planned_works]
path = "planned_works.parquet"
[layers.water]
path = "water.parquet"
[layers.masts]
path = "masts.parquet"
[[targets]]
name = "nine of ten"
down_mbps = 100
share = 0.9
of = "households"
[costs]
book = "book.toml"
[projects]
max_premises = 6
min_premises = 2
[phases]
budget_sek_per_year = 700_000
[design]
cabinet_premises = 6
cabinet_least = 4
"""
TABLES = ("routes", "served", "unserved", "cabinets", "bill", "projects", "phases")
PACKAGE = (
    "optics",
    "permits",
    "codigging",
    "support",
    "risk",
    "alternatives",
    "rings",
    "target_plans",
    "curve",
    "technology",
)


def write_study(folder: Path) -> Path:
    """Write the study of the golden village into a folder.

    ::

        n            1000,800 ──── soft ──── 2000,800
        o                │                      │
        r             full duct                 │
        t                │                      │     river
        h   0 ─ duct ─ 1000 ─ closed area ─── 2000 ── planned works ── 3000
    """
    roads = {
        "west": ([(0, 0), (1000, 0)], "3"),
        "closed": ([(1000, 0), (2000, 0)], "3"),
        "east": ([(2000, 0), (3000, 0)], "3"),
        "north": ([(1000, 0), (1000, 800), (2000, 800), (2000, 0)], "8"),
    }
    homes = {
        "west-1": (300, 30, 1, 0, "single"),
        "west-2": (700, -40, 2, 0, "single"),
        "north-1": (980, 300, 1, 0, "single"),
        "north-2": (1030, 600, 1, 1, "single"),
        "north-3": (1500, 830, 1, 0, "single"),
        "north-4": (1970, 500, 0, 1, "public"),
        "east-1": (2200, 25, 1, 0, "single"),
        "east-2": (2300, 25, 6, 0, "multi"),
        "east-3": (2400, 35, 1, 0, "single"),
        "east-4": (2800, -30, 1, 0, "single"),
        "east-5": (2950, 30, 0, 0, "holiday"),
        "lost": (2500, 4000, 1, 0, "single"),
        "joined": (50, -20, 2, 0, "single"),
    }
    years = {"start": ["2027-03-01"], "end": ["2027-10-31"]}
    layers = {
        "municipalities": ([box(-5e3, -5e3, 9e3, 9e3)], {"code": ["2580"], "name": ["Luleå"]}),
        "premises": (
            [Point(home[:2]) for home in homes.values()],
            {
                "premises_id": list(homes),
                "households": [home[2] for home in homes.values()],
                "workplaces": [home[3] for home in homes.values()],
                "kind": [home[4] for home in homes.values()],
            },
        ),
        "roads": (
            [LineString(at) for at, _ in roads.values()],
            {
                "road_id": list(roads),
                "road_class": [rank for _, rank in roads.values()],
                "surface": "gravel",
            },
        ),
        "fibre_nodes": ([Point(0, 5)], {"kind": ["node"]}),
        "connected": ([Point(50, -20)], {"down_mbps": [1000.0]}),
        "no_go": ([box(1400, -50, 1600, 50)], {"kind": ["no_go"], "name": ["Firing range"]}),
        "protected": (
            [box(1300, 700, 1700, 900)],
            {"kind": ["nature_reserve"], "name": ["Mire"], "factor": [1.5]},
        ),
        "ducts": (
            [LineString([(0, 4), (1000, 4)]), LineString([(1004, 0), (1004, 800)])],
            {"free_capacity": [3, 0], "price_sek_m": [25.0, np.nan], "owner": ["Region", "Region"]},
        ),
        "planned_works": (
            [LineString([(2000, -5), (3000, -5)])],
            years | {"name": ["Water main"], "contact": ["council"], "share": [0.5], "kind": ["water"]},
        ),
        "water": ([LineString([(2500, -900), (2500, 900)])], {"name": ["River"], "kind": ["river"]}),
        "masts": ([Point(2500, 3000)], {"name": ["Hill"]}),
    }
    for name, (shapes, columns) in layers.items():
        placed = [transform(shape, lambda xy: np.add(xy, ORIGIN)) for shape in shapes]
        gpd.GeoDataFrame(columns, geometry=placed, crs=3006).to_parquet(folder / f"{name}.parquet")
    shutil.copy(HERE / "book.toml", folder)
    file = folder / "study.toml"
    file.write_text(STUDY, encoding="utf-8")
    return file


def plan_village(folder: Path) -> dict[str, str]:
    """Run the village from files to its tables; return them as CSV by name."""
    study = read_study(write_study(folder))
    book = read_cost_book(study.costs.book, relative_to=folder)
    plan, package, _ = run_plan(study, run_coverage(study), book)
    told = {name: getattr(plan, name) for name in TABLES} | {name: getattr(package, name) for name in PACKAGE}
    # What is drawn at random is compared to the thousand.
    told["risk"] = told["risk"].assign(
        **{name: told["risk"][name].round(-3) for name in ("p10_sek", "p50_sek", "p90_sek")},
        first_phase_share=told["risk"]["first_phase_share"].round(1),
    )
    head = {"goal": plan.goal.kind, "cost_sek": plan.cost_sek, "network_sek": plan.network_sek}
    head |= {"network_bound_sek": plan.network_bound_sek, "lower_bound_sek": plan.lower_bound_sek}
    told["plan"] = pd.DataFrame({"value": head}).rename_axis("name")
    return {name: to_text(table) for name, table in told.items()}


def to_text(table: pd.DataFrame) -> str:
    """Write a table without its geometry as CSV, floats to six digits."""
    bare = pd.DataFrame(table.drop(columns=[name for name in ("geometry",) if name in table]))
    return bare.to_csv(float_format="%.6g", lineterminator="\n")


def refresh() -> None:
    """Write all tables beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in plan_village(Path(folder)).items():
            (HERE / f"{name}.csv").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    refresh()
