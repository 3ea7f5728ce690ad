"""Roads and drops by hand, each at its own price, with premises, zones and targets to go with them."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point

from infraplan.config import Study, StudyInfo, Target
from infraplan.network.graph import RouteGraph, bare_columns
from infraplan.network.snap import Attachment

CRS = "EPSG:3006"


def make_network(roads, drops, roots=(0,)):
    """Make an attachment from roads and drops (tail, head, cost); heads of drops are premises p4, p5, …"""
    homes = sorted({head for _, head, _ in drops})
    count = max(max(edge[:2]) for edge in [*roads, *drops]) + 1
    kind = ["premises" if node in homes else "road" for node in range(count)]
    nodes = gpd.GeoDataFrame(
        {"kind": pd.Series(kind, dtype="str"), "component": 0, "access": False},
        geometry=[Point(500_000 + node, 7_300_000) for node in range(count)],
        crs=CRS,
    ).rename_axis("node_id")
    table = pd.DataFrame([*roads, *drops], columns=["tail", "head", "cost_sek"]).astype("int64")
    columns = bare_columns(len(table), "road") | {
        "kind": pd.Series(["road"] * len(roads) + ["drop"] * len(drops), dtype="str"),
        **{name: table[name] for name in table},
        **{name: pd.Series([""] * len(table), dtype="str") for name in ("road_class", "surface", "road_id")},
        "length_m": 1.0,
        "level": 0,
        "access": False,
    }
    lines = [LineString([(0, 0), (1, 1)])] * len(table)
    edges = gpd.GeoDataFrame(columns, geometry=lines, crs=CRS).rename_axis("edge_id")
    names = pd.Index([f"p{node}" for node in homes], name="premises_id", dtype="str")
    unattached = pd.DataFrame({"reason": pd.Series(dtype="str"), "distance_m": pd.Series(dtype="float64")})
    return Attachment(
        RouteGraph(nodes, edges),
        pd.Series(homes, index=names, name="node", dtype="int64"),
        unattached.set_axis(pd.Index([], name="premises_id", dtype="str")),
        np.array(sorted(roots), np.int64),
    )


def make_premises(households, municipality="", workplaces=0):
    """Make premises from households by name; a municipality is given to all, or to each."""
    index = pd.Index(list(households), name="premises_id", dtype="str")
    return gpd.GeoDataFrame(
        {
            "households": pd.Series(households, index=index, dtype="int64"),
            "workplaces": pd.Series(workplaces, index=index, dtype="int64"),
            "municipality": pd.Series(municipality, index=index, dtype="str"),
        },
        geometry=[Point(0, 0)] * len(index),
        crs=CRS,
    )


def make_zones(*codes):
    ids = ["study", *(f"municipality:{code}" for code in codes), "class:outside"]
    kinds = ["study", *("municipality" for _ in codes), "settlement_class"]
    names = ["Everything", *(f"Town {code}" for code in codes), "Outside"]
    table = pd.DataFrame({"name": names, "kind": kinds}, dtype="str")
    return table.set_axis(pd.Index(ids, name="zone_id", dtype="str"))


def make_service(*served):
    row = {"operator": "", "technology": "fibre", "down_mbps": 1000.0, "status": "connected", "decided": True}
    table = pd.DataFrame([{"premises_id": name} | row for name in served], columns=["premises_id", *row])
    texts = ("premises_id", "operator", "technology", "status")
    return table.astype(dict.fromkeys(texts, "str") | {"down_mbps": "float64", "decided": "bool"})


def make_study(*shares, of="households", **sections):
    targets = tuple(
        Target(name=f"{share:.0%}", down_mbps=100, share=share, counts="access", of=of) for share in shares
    )
    return Study(study=StudyInfo(name="test", year=2026), targets=targets, **sections)
