"""Trees of trenches that are known edge by edge, and prices that anybody can add up."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from infraplan.config import Study, StudyInfo
from infraplan.costbook import CostBook
from infraplan.network.graph import bare_columns
from infraplan.planconfig import Design, Optics

CRS = "EPSG:3006"


@dataclass(frozen=True)
class Tree:
    routes: gpd.GeoDataFrame
    served: pd.DataFrame
    nodes: gpd.GeoDataFrame
    roots: np.ndarray


def price(base, unit="SEK/m", material=0.1, **more):
    line = {"low": base / 2, "base": base, "high": base * 2, "source": "a test", "year": 2026}
    return line | {"unit": unit, "material": material} | more


def percent(low, base, high):
    return {"low": low, "base": base, "high": high, "source": "a share", "year": 2026}


def make_book(**changed) -> CostBook:
    """A metre of trench 10, with its duct 11; a metre of cable 1, 2 or 4; low is half of it, high double."""
    each = "SEK each"
    return CostBook.model_validate(
        {
            "name": "test",
            "region": "nowhere",
            "year": 2026,
            "methods": {"verge": price(10)},
            "rules": [{"method": "verge"}],
            "crossings": [price(500, each, over="road")],
            "duct": price(1, material=0.8),
            "own_duct": price(3, material=0.0),
            "leased_duct": price(6, material=0.0),
            "cables": [price(p, material=0.7, fibres=f) for f, p in ((2, 1), (4, 2), (12, 4))],
            "cabinet": price(1000, each, 0.6),
            "chamber": price(300, each, 0.2),
            "splice": price(10, each, 0.1, guess=False),
            "connection": price(100, each, 0.4),
            "overheads": {"design": percent(5, 10, 20), "margin": percent(0, 10, 30)},
            "upkeep": percent(1, 2, 4),
            "radio_sector": price(1, each),
            "radio_premises": price(1, each),
            "satellite_premises": price(1, each),
        }
        | changed
    )


def make_study(optics=None, **design) -> Study:
    """Make a study with cabinets even for one premises, where nothing else is said."""
    info = StudyInfo(name="test", year=2026)
    dimensions = Design(**{"cabinet_least": 0} | design)
    return Study(study=info, design=dimensions, optics=optics or Optics())


def make_tree(roads, homes, *, roots=(0,)) -> Tree:
    """Make a tree of roads (tail, head, metres) and homes name: (road node, metres, households, workplaces).

    Road nodes come first, then a node for each home in turn.
    """
    count = 1 + max([*roots, *(max(t, h) for t, h, _ in roads), *(home[0] for home in homes.values())])
    drops = [(home[0], count + number, home[1]) for number, home in enumerate(homes.values())]
    ends = np.array([edge[:2] for edge in (*roads, *drops)], np.int64).reshape(-1, 2)
    kinds = ["road"] * len(roads) + ["drop"] * len(drops)
    points = np.array([[1000.0 * node, 10.0 * node % 70] for node in range(count + len(homes))])
    routes = gpd.GeoDataFrame(
        {
            "tail": ends[:, 0],
            "head": ends[:, 1],
            "length_m": np.array([edge[2] for edge in (*roads, *drops)], np.float64),
            **{
                name: pd.Series([""] * len(ends), dtype="str")
                for name in ("road_class", "surface", "road_id")
            },
            "level": np.zeros(len(ends), np.int64),
            "access": np.zeros(len(ends), np.bool_),
            **bare_columns(len(ends), "road"),
            "kind": pd.Series(kinds, dtype="str"),
            "method": pd.Series(["verge"] * len(ends), dtype="str"),
        },
        geometry=shapely.linestrings(points[ends]),
        crs=CRS,
    ).rename_axis("edge_id")
    nodes = gpd.GeoDataFrame(
        {
            "kind": pd.Series(["road"] * count + ["premises"] * len(homes), dtype="str"),
            "component": np.zeros(len(points), np.int64),
            "access": np.isin(np.arange(len(points)), roots),
        },
        geometry=shapely.points(points),
        crs=CRS,
    ).rename_axis("node_id")
    return Tree(routes, make_served(homes, count), nodes, np.array(roots, np.int64))


def make_served(homes, first) -> pd.DataFrame:
    index = pd.Index(list(homes), name="premises_id", dtype="str")
    return pd.DataFrame(
        {
            "node": np.arange(first, first + len(homes)),
            "households": np.array([home[2] for home in homes.values()], np.int64),
            "workplaces": np.array([home[3] for home in homes.values()], np.int64),
            "project_id": pd.Series("", index=index, dtype="str"),
        },
        index=index,
    )


def make_village() -> Tree:
    """Four homes, one of them without people.

    ::

        0 ─ 1000 ─ 1 ─ 500 ─ 2      homes a (30 m) and b (40 m) at 2, c (20 m) at 1, d (10 m) at 3
                   └── 700 ─ 3
    """
    homes = {"a": (2, 30, 1, 0), "b": (2, 40, 3, 1), "c": (1, 20, 0, 1), "d": (3, 10, 0, 0)}
    return make_tree([(0, 1, 1000), (1, 2, 500), (1, 3, 700)], homes)


@st.composite
def any_tree(draw) -> Tree:
    """Draw a forest on one root or several, its edges in any order and its roads in any direction."""
    count = draw(st.integers(1, 9))
    parents = [-1, *(draw(st.integers(-1, node - 1)) for node in range(1, count))]
    metres = st.integers(0, 3_000)
    roads = [
        (node, above, draw(metres)) if draw(st.booleans()) else (above, node, draw(metres))
        for node, above in enumerate(parents)
        if above >= 0
    ]
    home = st.tuples(st.integers(0, count - 1), st.integers(0, 2_500), st.integers(0, 5), st.integers(0, 2))
    homes = {f"h{number}": home for number, home in enumerate(draw(st.lists(home, max_size=12)))}
    tree = make_tree(roads, homes, roots=[node for node, above in enumerate(parents) if above < 0])
    order = draw(st.permutations(range(len(tree.routes))))
    return Tree(tree.routes.iloc[list(order)], tree.served, tree.nodes, tree.roots)


def climb(tree: Tree, node: int) -> list[tuple[int, int]]:
    """Return the way from a node to its root: positions of edges, and the node at which each is left."""
    edges = list(zip(tree.routes["tail"].tolist(), tree.routes["head"].tolist(), strict=True))
    above = {}
    seen = set(tree.roots.tolist())
    while len(above) < len(edges):
        for position, (one, other) in enumerate(edges):
            for child, parent in ((one, other), (other, one)):
                if parent in seen and child not in seen:
                    above[child] = (position, parent)
                    seen.add(child)
    way = []
    while node in above:
        way.append(above[node])
        node = above[node][1]
    return way
