"""A small made-up run: two municipalities side by side, white spots in each, one planned trench."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiLineString, Point, box

from infraplan import tables
from infraplan.config import Layer, PlanGoal, Study, StudyInfo, Target
from infraplan.layers import read_cost_book
from infraplan.layers.faults import faults, gather
from infraplan.layers.read import Layers
from infraplan.network.graph import bare_columns
from infraplan.outputs.results import Results
from infraplan.planning import Goal, Package, Plan

CRS = "EPSG:3006"
BOOK = read_cost_book("norrland-2026")
MONEY = list(tables.MONEY)
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


PRICES = {"plough": 300, "verge": 300, "drop": 180}
"""Kronor a metre; a connection is 9 000, a cabinet 40 000; low is 0.7 and high 1.5 of all."""


def make_routes(reached: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a trench along premises with a drop to each; node i is below the i-th, n + i in it."""
    count, places = len(reached), [(point.x, point.y) for point in reached.geometry]
    trunks = [LineString([(a[0], a[1] - 400), (b[0], b[1] - 400)]) for a, b in pairwise(places)]
    drops = [LineString([(x, y - 400), (x, y)]) for x, y in places]
    kinds = ["road"] * len(trunks) + ["drop"] * len(drops)
    methods = ["plough" if i % 3 else "verge" for i in range(len(trunks))] + ["drop"] * len(drops)
    length = np.array([line.length for line in trunks + drops])
    cost = (np.array([PRICES[method] for method in methods]) * length).astype("int64")
    project = [f"P{int(code) - 2499:04d}" for code in reached["municipality"]]
    ends = np.arange(count)
    columns = {
        **bare_columns(len(kinds), "road"),
        "tail": np.concatenate([ends[:-1], ends]),
        "head": np.concatenate([ends[1:], count + ends]),
        "kind": kinds,
        "length_m": length,
        "road_class": ["5"] * len(trunks) + [""] * len(drops),
        "surface": ["gravel"] * len(trunks) + [""] * len(drops),
        "method": methods,
        **make_range(cost),
        "project_id": project[1:] + project,
        "phase": [int(name[1:]) for name in project[1:] + project],
        "premises": np.concatenate([count - 1 - ends[:-1], np.ones(count, np.int64)]),
        "fibres": np.concatenate([2 * (count - 1 - ends[:-1]), np.full(count, 2)]),
        "cables": "12",
        "cabinet_id": "C0001",
        "joints": np.zeros(len(kinds), np.int64),
    }
    return make_table(tables.ROUTES, list(range(len(kinds))), columns, trunks + drops)


def make_range(cost: Any) -> dict[str, Any]:
    """Return low, base and high of whole kronor."""
    base = np.asarray(cost, np.int64)
    return dict(zip(MONEY, (base * 7 // 10, base, base * 3 // 2), strict=True))


def make_bill(routes: gpd.GeoDataFrame, served: pd.DataFrame) -> pd.DataFrame:
    """Return what the projects cost: trenches as the routes, connections, a cabinet each, a tenth on top."""
    rows: list[tuple[str, str, str, str, float, float, int]] = []
    for (project, method), part in routes.groupby(["project_id", "method"]):
        price = float(PRICES[method])
        rows.append((project, "trench", method, "m", part["length_m"].sum(), price, part["cost_sek"].sum()))
    for project, part in served.groupby("project_id"):
        rows.append((project, "connection", "", "each", float(len(part)), 9_000.0, 9_000 * len(part)))
        rows.append((project, "cabinet", "", "each", 1.0, 40_000.0, 40_000))
        built = sum(row[6] for row in rows if row[0] == project)
        rows.append((project, "design", "", "%", 10.0, np.nan, -(-built // 10)))
    rows.sort(key=lambda row: (row[0], tables.ITEMS.index(row[1]), row[2]))
    names = ("project_id", "item", "detail", "unit", "quantity", "price", "cost_sek")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    material = np.array(columns["cost_sek"]) // 4
    columns |= {
        **make_range(columns["cost_sek"]),
        "phase": [int(name[1:]) for name in columns["project_id"]],
        "material_sek": material,
        "labour_sek": columns["cost_sek"] - material,
        "source": "a tender (2026)",
        "guess": False,
    }
    return make_table(tables.BILL, list(range(len(rows))), columns)


def make_projects(routes: gpd.GeoDataFrame, served: pd.DataFrame, bill: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return one project a municipality, the first feeding the second, and so on."""
    names = sorted(set(bill["project_id"]))
    people = served.groupby("project_id")[["households", "workplaces"]].sum()
    metres = routes.pivot_table("length_m", "project_id", "kind", "sum", fill_value=0.0)
    costs = bill.groupby("project_id")[MONEY].sum()
    columns = {
        "name": [f"Byn {name}" for name in names],
        "municipality": [str(2499 + int(name[1:])) for name in names],
        "above": ["", *names[:-1]][: len(names)],
        "phase": [int(name[1:]) for name in names],
        "premises": served.groupby("project_id").size(),
        **people,
        "public_buildings": 0,
        "road_m": metres["road"],
        "drop_m": metres["drop"],
        "link_m": 0.0,
        "reused_m": 0.0,
        "permit_m": [832.0, *[0.0] * len(names)][: len(names)],
        "permits": [2, *[0] * len(names)][: len(names)],
        **costs,
        "cost_per_household_sek": costs["cost_sek"] / people["households"],
        "upkeep_sek": costs["cost_sek"] // 50,
        "over_limit": False,
    }
    shapes = [MultiLineString(list(routes.geometry[routes["project_id"] == name])) for name in names]
    return make_table(tables.PROJECTS, names, columns, shapes)


def make_phases(projects: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return one phase a project, each with ten millions to spend."""
    columns = {
        "year": 2026 + projects["phase"].to_numpy(),
        "projects": 1,
        **{name: projects[name].to_numpy() for name in ("premises", "households", "workplaces", *MONEY)},
        "budget_sek": 10e6,
        "left_sek": 10e6 - projects["cost_sek"].to_numpy(),
        "trench_m": projects["road_m"].to_numpy() + projects["drop_m"].to_numpy(),
    }
    return make_table(tables.PHASES, list(projects["phase"]), columns)


def make_plan(spots: gpd.GeoDataFrame) -> Plan:
    """Return a plan for all white spots but the last one, which is too far away."""
    reached, left = spots.iloc[:-1], spots.iloc[-1:]
    routes, count = make_routes(reached), len(reached)
    served = make_table(
        tables.SERVED,
        list(reached.index),
        {
            "node": count + np.arange(count),
            "households": reached["households"],
            "workplaces": reached["workplaces"],
            "project_id": [f"P{int(code) - 2499:04d}" for code in reached["municipality"]],
        },
    )
    bill = make_bill(routes, served)
    projects = make_projects(routes, served, bill)
    corners = [shape.geoms[0].coords[0] if shape.geom_type != "LineString" else shape.coords[0]
               for shape in projects.geometry]  # fmt: skip
    cabinets = make_table(
        tables.CABINETS,
        [f"C{number + 1:04d}" for number in range(len(projects))],
        {
            "kind": "cabinet",
            "node": np.arange(len(projects)),
            "project_id": list(projects.index),
            "phase": projects["phase"].to_numpy(),
            "premises": projects["premises"].to_numpy(),
            "fibres_in": 2 * projects["premises"].to_numpy(),
            "longest_m": 2_345.0,
            "too_far": False,
        },
        [Point(corner) for corner in corners],
    )
    network = int(routes["cost_sek"].sum())
    return Plan(
        goal=Goal(),
        routes=routes,
        served=served,
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
        cabinets=cabinets,
        bill=bill,
        projects=projects,
        phases=make_phases(projects),
        network_sek=network,
        network_bound_sek=int(0.98 * network),
        lower_bound_sek=int(0.97 * bill["cost_sek"].sum()),
        most_households=None,
        reached_goal=True,
        method="steiner",
        ended="search",
    )


def make_package(plan: Plan, zones: gpd.GeoDataFrame, targets: pd.DataFrame) -> Package:
    """Return a row or a few of everything that follows from a plan."""
    projects, served = plan.projects, plan.served
    names = list(projects.index)
    cost = projects["cost_sek"].to_numpy()
    goal = targets[(targets["zone_kind"] == "study") & targets["decides"]].iloc[0]
    after = int(goal["reached"] + served["households"].sum() + served["workplaces"].sum())
    return Package(
        effect=make_table(
            tables.EFFECT,
            [0],
            {
                "target": goal["target"],
                "unit": goal["unit"],
                "base": int(goal["base"]),
                "before": int(goal["reached"]),
                "after": min(after, int(goal["base"])),
                "share_before": goal["reached"] / goal["base"],
                "share_after": min(after, int(goal["base"])) / goal["base"],
                "target_share": goal["target_share"],
                "met": False,
            },
        ),
        optics=make_table(
            tables.OPTICS,
            list(served.index),
            {
                "cabinet_id": "C0001",
                "distance_m": 1_000.0 + 500.0 * np.arange(len(served)),
                "splices": 4,
                "loss_db": 9.0 + 0.2 * np.arange(len(served)),
                "left_db": 1.5 - 0.2 * np.arange(len(served)),
                "ok": np.arange(len(served)) <= 7,
                "breaks": np.where(np.arange(len(served)) <= 7, "", "fibre"),
            },
        ),
        permits=make_table(
            tables.PERMITS,
            [0, 1],
            {
                "project_id": names[0],
                "phase": 1,
                "area_id": ["protected:1", "heritage:1"],
                "kind": ["natura2000", "ancient_monument"],
                "name": ["Kalix älv", ""],
                "metres": [820.0, 12.0],
                "extra_sek": [41_000, 900],
                "permit": ["Tillstånd enligt 7 kap. 28 a § miljöbalken", "Tillstånd enligt kulturmiljölagen"],
                "authority": "Länsstyrelsen",
                "lead_time_weeks": [26.0, np.nan],
                "source": "a law",
            },
        ),
        codigging=make_table(
            tables.CODIGGING,
            [0, 1],
            {
                "project_id": names[0],
                "phase": 1,
                "works_id": ["1", "2"],
                "name": ["VA-ledning", "Elkabel"],
                "contact": ["Tekniska kontoret", ""],
                "start": "2027-05-01",
                "end": ["2027-09-30", "2030-09-30"],
                "metres": [640.0, 100.0],
                "saved_sek": [76_800, 12_000],
                "in_time": [True, False],
            },
        ),
        support=make_table(
            tables.SUPPORT,
            names,
            {
                "buildings": projects["premises"],
                "eligible": projects["premises"],
                "unsure": 0,
                "eligible_sek": cost,
                "own_sek": 20_000 * projects["premises"],
                "support_sek": cost // 2,
                "left_sek": cost - cost // 2 - 20_000 * projects["premises"],
                "per_building_sek": cost // 2 / projects["premises"],
                "rule": "share",
                "flagged": 0,
            },
        ),
        risk=make_table(
            tables.RISK,
            [*names, "plan"],
            {
                "p10_sek": np.array([*(cost * 9 // 10), plan.cost_sek * 9 // 10]),
                "p50_sek": np.array([*cost, plan.cost_sek]),
                "p90_sek": np.array([*(cost * 6 // 5), plan.cost_sek * 6 // 5]),
                "first_phase_share": [*([0.9] + [0.1] * len(names))[: len(names)], 0.0],
                "rank": [*range(1, len(names) + 1), 0],
                "rank_low": [*range(1, len(names) + 1), 0],
                "rank_high": [*range(1, len(names) + 1), 0],
            },
        ),
        alternatives=make_alternatives(plan),
        rings=make_rings(plan),
        target_plans=make_target_plans(zones, targets),
        curve=make_curve(targets),
        technology=make_technology(plan),
    )


def make_alternatives(plan: Plan) -> gpd.GeoDataFrame:
    """Return the plan, and one with fewer metres of permits that is 6 % dearer."""
    trench = float(plan.routes["length_m"].sum())
    return make_table(
        tables.ALTERNATIVES,
        ["plan", "A1"],
        {
            "aim": ["plan", "care"],
            **make_range([1_000_000, 1_060_000]),
            "dearer": [0.0, 0.06],
            "elsewhere": [0.0, 0.23],
            "premises": len(plan.served),
            "households": int(plan.served["households"].sum()),
            "workplaces": int(plan.served["workplaces"].sum()),
            "trench_m": [trench, trench + 900.0],
            "permit_m": [832.0, 12.0],
            "crossings": [5, 3],
            "reused_m": 0.0,
            "shared_m": 740.0,
            "gains": ["", "permit_m=-820 crossings=-2"],
        },
        [MultiLineString(list(plan.routes.geometry))] * 2,
    )


def make_rings(plan: Plan) -> gpd.GeoDataFrame:
    """Return a second way to a cabinet, one that there is not, and both together."""
    line = plan.routes.geometry.iloc[0]
    return make_table(
        tables.RINGS,
        ["R1", "R2", "all"],
        {
            "kind": ["cabinet", "health_centre", "all"],
            "name": ["C0001", "Hälsocentralen", ""],
            "node": [0, 1, -1],
            "premises": [len(plan.served), 2, 0],
            "trench_m": [1_200.0, 0.0, 1_200.0],
            **make_range([360_000, 0, 360_000]),
            "possible": [True, False, True],
        },
        [line, None, line],
    )


def make_target_plans(zones: gpd.GeoDataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Return what each target takes, at 50 000 kronor a unit; the last zone of each is out of reach."""
    rows = targets[targets["decides"] & targets["zone_kind"].isin(["study", "municipality"])]
    needed = rows["missing"].to_numpy()
    last = (rows["zone_id"] == rows["zone_id"].iloc[-1]).to_numpy() & (needed > 0)
    return make_table(
        tables.TARGET_PLANS,
        list(range(len(rows))),
        {
            **{name: list(rows[name]) for name in ("target", "zone_id", "zone_name", "unit", "target_share")},
            **{name: rows[name].to_numpy() for name in ("base", "reached")},
            "needed": needed,
            "served": np.where(last, needed - 1, needed),
            "premises": needed,
            "cost_sek": 50_000 * needed,
            "lower_bound_sek": 49_000 * needed,
            "cost_per_unit_sek": np.where(needed > 0, 50_000.0, np.nan),
            "result": np.where(last, "out_of_reach", np.where(needed > 0, "can_be_met", "met")),
        },
    )


def make_curve(targets: pd.DataFrame) -> pd.DataFrame:
    """Return a curve of the first target from 60 to 100 %, each per cent dearer than the last."""
    steps = np.arange(1, 41)
    price = 10_000.0 * steps
    return make_table(
        tables.CURVE,
        list(range(len(steps))),
        {
            "target": targets["target"].iloc[0],
            "zone_id": "study",
            "share": (60 + steps) / 100,
            "units": steps,
            "cost_sek": np.cumsum(price).astype("int64"),
            "step_units": 1,
            "step_sek": price.astype("int64"),
            "per_unit_sek": price,
            "instead": ["radio" if step > 38 else "fibre" for step in steps],
        },
    )


def make_technology(plan: Plan) -> pd.DataFrame:
    """Return fibre for the served, and satellite for those who are not reached."""
    people = pd.concat([plan.served, plan.unserved])[["households", "workplaces"]]
    fibre = people.index.isin(plan.served.index)
    return make_table(
        tables.TECHNOLOGY,
        list(people.index),
        {
            **people,
            "technology": np.where(fibre, "fibre", "satellite"),
            "reason": np.where(fibre, "planned", "no_road no_mast"),
            "fibre_sek": np.where(fibre, 60_000.0, np.nan),
            "mast_id": "",
            "distance_m": np.nan,
            "price_sek": np.where(fibre, 60_000, 5_000),
            "down_mbps": np.where(fibre, 1_000.0, 100.0),
            "meets": fibre,
        },
    )


COPIED = ("households", "workplaces", "kind", "municipality", "locality", "settlement_class")


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
    targets, plan = make_targets(zones), make_plan(spots)
    return Results(
        study=study,
        layers=make_layers(zones, hostile, municipalities),
        book=BOOK,
        zones=zones,
        premises=premises,
        service=tables.empty(tables.SERVICE),
        targets=targets,
        white_spots=spots,
        white_spot_areas=areas,
        plan=plan,
        package=make_package(plan, zones, targets),
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
