"""Small route graphs with prices that anybody can add up."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Geod
from shapely import LineString, Point

from infraplan.config import CostBook
from infraplan.network.graph import RouteGraph

CRS = "EPSG:3006"
ORIGIN = (800_000.0, 7_400_000.0)


def price(base: float, unit: str = "SEK/m") -> dict[str, object]:
    return {"low": base / 2, "base": base, "high": base * 2, "unit": unit, "source": "a test", "year": 2026}


@pytest.fixture(scope="session")
def book() -> CostBook:
    """Ten kronor a metre along roads, five for a drop, and 100 for a connection."""
    return CostBook.model_validate(
        {
            "name": "test",
            "region": "nowhere",
            "year": 2026,
            "methods": {"verge": price(10), "plough": price(5)},
            "rules": [{"method": "verge"}],
            "drop_method": "plough",
            "link_method": "plough",
            "connection": price(100, "SEK each"),
        }
    )


def build(nodes: list[tuple[float, float]], edges: list[tuple[int, int, str]], homes: set[int]) -> RouteGraph:
    """Build a graph from kilometre coordinates; an edge is (tail, head, kind)."""
    points = [Point(ORIGIN[0] + 1000 * x, ORIGIN[1] + 1000 * y) for x, y in nodes]
    table = gpd.GeoDataFrame(
        {
            "kind": pd.Series(
                ["premises" if i in homes else "road" for i in range(len(points))], dtype="str"
            ),
            "component": np.zeros(len(points), np.int64),
            "access": False,
        },
        geometry=points,
        crs=CRS,
    ).rename_axis("node_id")
    lines = gpd.GeoSeries([LineString([points[t], points[h]]) for t, h, _ in edges], crs=CRS)
    length = lines.to_crs(4326).map(Geod(ellps="GRS80").geometry_length).astype("float64")
    kinds = pd.Series([kind for _, _, kind in edges], dtype="str")
    rate = np.where(kinds == "road", 10.0, 5.0)
    fee = np.where(kinds == "drop", 100.0, 0.0)
    cost = {
        name: np.round(length * rate * k + fee * k).astype(np.int64)
        for name, k in (("low", 0.5), ("base", 1.0), ("high", 2.0))
    }
    columns = {
        "tail": np.array([t for t, _, _ in edges], np.int64),
        "head": np.array([h for _, h, _ in edges], np.int64),
        "kind": kinds,
        "length_m": length,
        "road_class": pd.Series(["7"] * len(edges), dtype="str"),
        "surface": pd.Series(["gravel"] * len(edges), dtype="str"),
        "method": pd.Series(np.where(kinds == "road", "verge", "plough"), dtype="str"),
        "existing": pd.Series(["new"] * len(edges), dtype="str"),
        "cost_low_sek": cost["low"],
        "cost_sek": cost["base"],
        "cost_high_sek": cost["high"],
        "road_id": pd.Series([""] * len(edges), dtype="str"),
        "level": np.zeros(len(edges), np.int64),
        "from_m": 0.0,
        "to_m": length,
        "access": False,
    }
    return RouteGraph(table, gpd.GeoDataFrame(columns, geometry=lines, crs=CRS).rename_axis("edge_id"))


@pytest.fixture
def village() -> tuple[RouteGraph, pd.Series, np.ndarray, gpd.GeoDataFrame]:
    """A road of three kilometres from the exchange (node 0), a side road, five homes, and one on an island.

    ::

        0 ── 1 ── 2 ── 3      homes a at 1, b at 2, c and d at 3 (d has a drop to 2 as well), e on side road
        2 ── 4
                  │
                  4           f at 5 ── 6, which no road joins
    """
    nodes = [(0, 0), (1, 0), (2, 0), (3, 0), (2, 2), (9, 9), (9, 8)]
    homes = {7: (1, 0.1), 8: (2, -0.1), 9: (3, 0.1), 10: (2.5, -0.1), 11: (2.1, 2), 12: (9.1, 9)}
    nodes += list(homes.values())
    edges = [(0, 1, "road"), (1, 2, "road"), (2, 3, "road"), (2, 4, "road"), (5, 6, "road")]
    edges += [
        (1, 7, "drop"),
        (2, 8, "drop"),
        (3, 9, "drop"),
        (3, 10, "drop"),
        (2, 10, "drop"),
        (4, 11, "drop"),
        (5, 12, "drop"),
    ]
    names = pd.Index(list("abcdef"), name="premises_id")
    node_of = pd.Series([7, 8, 9, 10, 11, 12], index=names)
    graph = build(nodes, edges, set(homes))
    candidates = gpd.GeoDataFrame(
        {"households": [1, 4, 1, 2, 1, 1], "workplaces": [0, 0, 1, 0, 0, 0]},
        index=names,
        geometry=graph.nodes.geometry.loc[node_of].to_numpy(),
        crs=CRS,
    )
    return graph, node_of, np.array([0]), candidates


@pytest.fixture
def nobody() -> pd.DataFrame:
    """No candidate is out of reach of a road."""
    frame = pd.DataFrame({"reason": pd.Series(dtype="str"), "distance_m": pd.Series(dtype="float64")})
    return frame.set_axis(pd.Index([], name="premises_id", dtype="str"))
