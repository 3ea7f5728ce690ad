"""Second ways on graphs that fit on a napkin, and against the flows of networkx."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import best_twice_joined
from shapely import LineString, Point, box

from infraplan import tables
from infraplan.config import Network, Study, StudyInfo
from infraplan.costbook import CostBook
from infraplan.layers import read_cost_book
from infraplan.network.graph import RouteGraph, bare_columns
from infraplan.planconfig import Rings
from infraplan.planning.rings import find_important, price_rings

CRS = "EPSG:3006"
X, Y = 500_000.0, 7_300_000.0


@pytest.fixture(scope="module")
def book() -> CostBook:
    """Design and margin are ten per cent each, of all before: 21 % in all; at low nothing, at high 44 %."""
    given_ = read_cost_book("norrland-2026")
    tenth = given_.overheads.design.model_copy(update={"low": 0.0, "base": 10.0, "high": 20.0})
    overheads = given_.overheads.model_copy(update={"design": tenth, "margin": tenth})
    return given_.model_copy(update={"overheads": overheads})


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(study=StudyInfo(name="test", year=2026), network=Network(access_m=30.0, snap_m=0.0))


def make_graph(*edges, homes=(), at=None) -> RouteGraph:
    """Make a graph of edges (tail, head, crowns) or (tail, head, crowns, kind); low is half, high double."""
    count = 1 + max(max(edge[:2]) for edge in edges)
    at = at or {}
    points = [
        Point(X + at.get(i, (100.0 * i, 0))[0], Y + at.get(i, (0, 7.0 * i * i))[1]) for i in range(count)
    ]
    nodes = {"kind": pd.Series(["premises" if i in homes else "road" for i in range(count)], dtype="str")}
    nodes |= {"component": np.zeros(count, np.int64), "access": np.zeros(count, np.bool_)}
    kinds = [(*edge, "road")[3] for edge in edges]
    crowns = np.array([edge[2] for edge in edges], np.int64)
    table = {
        **bare_columns(len(edges), "road"),
        "tail": np.array([edge[0] for edge in edges]),
        "head": np.array([edge[1] for edge in edges]),
        "kind": pd.Series([kind if kind in tables.EDGE_KINDS else "road" for kind in kinds], dtype="str"),
        "access": np.array([kind == "access" for kind in kinds]),
        "existing": pd.Series(["own_duct" if kind == "duct" else "new" for kind in kinds], dtype="str"),
        "length_m": crowns / 10.0,
        "cost_low_sek": crowns // 2,
        "cost_sek": crowns,
        "cost_high_sek": 2 * crowns,
        "level": np.zeros(len(edges), np.int64),
        **{name: pd.Series([""] * len(edges), dtype="str") for name in ("road_class", "surface", "road_id")},
    }
    lines = [LineString([points[edge[0]], points[edge[1]]]) for edge in edges]
    return RouteGraph(
        gpd.GeoDataFrame(nodes, geometry=points, crs=CRS).rename_axis("node_id"),
        gpd.GeoDataFrame(table, geometry=lines, crs=CRS).rename_axis("edge_id"),
    )


def serve(*nodes: int) -> pd.DataFrame:
    names = pd.Index([f"p{node}" for node in nodes], name="premises_id", dtype="str")
    return pd.DataFrame({"node": np.array(nodes, np.int64)}, names)


def ask(*nodes: int, kind: str = "cabinet") -> pd.DataFrame:
    words = {"kind": [kind] * len(nodes), "name": [f"c{node}" for node in nodes]}
    return pd.DataFrame({"node": np.array(nodes, np.int64), **words}).astype({"kind": "str", "name": "str"})


def price(graph, built, important, book, study, *, roots=(0,), served=()) -> gpd.GeoDataFrame:
    routes = graph.edges.loc[list(built)]
    rings = price_rings(graph, routes, serve(*served), np.array(roots), important, book, study)
    tables.check(rings, tables.RINGS, crs=CRS)
    return rings


def show(rings: gpd.GeoDataFrame, *names: str) -> list[list[object]]:
    return rings[list(names)].to_numpy(object).tolist()


# A ring of four roads; three are built, node 2 lies furthest. Homes hang at nodes 1, 2 and 2.
SQUARE = [(0, 1, 1000), (1, 2, 1000), (3, 2, 500), (0, 3, 300)]
DROPS = [(1, 4, 50, "drop"), (2, 5, 50, "drop"), (2, 6, 50, "drop")]


def test_a_ring_of_four_is_closed_by_what_the_plan_lacks(book, study):
    graph = make_graph(*SQUARE, *DROPS, homes={4, 5, 6})
    rings = price(graph, [0, 1, 4, 5, 6], ask(2), book, study, served=(4, 5, 6))
    assert rings.index.tolist() == ["R0001", "all"]
    # 500 and 300 are missing: 800 x 1.21, half of them alone, and double x 1.44
    row = ["cabinet", "c2", 2, 2, 80.0, 400, 968, 2304, True]
    assert show(rings, *tables.RINGS.names) == [row, ["all", "", -1, *row[3:]]]
    assert rings.geometry.iloc[0].equals(graph.edges.geometry[[2, 3]].union_all())
    assert rings.geom_type.tolist() == ["LineString", "LineString"]


def test_premises_have_one_drop_and_their_second_way_begins_at_the_road(book, study):
    graph = make_graph(*SQUARE, *DROPS, homes={4, 5, 6})
    rings = price(graph, [0, 1, 4, 5, 6], ask(5, kind="hospital"), book, study, served=(4, 5, 6))
    assert show(rings, "node", "premises", "cost_sek") == [[5, 1, 968], [-1, 1, 968]]


def test_a_tree_alone_has_no_ring(book, study):
    graph = make_graph((0, 1, 10), (1, 2, 10), (1, 3, 10))
    rings = price(graph, [0, 1, 2], ask(2, 3), book, study, served=(2, 3))
    assert rings["possible"].tolist() == [False] * 3
    assert rings.geometry.isna().all()
    assert rings[["trench_m", *tables.MONEY]].to_numpy().sum() == 0
    assert rings["premises"].tolist() == [1, 1, 0]


def test_no_way_leads_over_a_plot_that_has_two_candidate_drops(book, study):
    # Home 3 could be reached from 1 and from 2; only the drop from 1 is built.
    graph = make_graph((0, 1, 100), (1, 3, 10, "drop"), (2, 3, 10, "drop"), (0, 2, 100), homes={3})
    assert price(graph, [0, 1], ask(1), book, study)["possible"].tolist() == [False, False]


def test_all_at_once_share_their_trenches(book, study):
    # Two branches of a star, whose ends are far from the root but near each other.
    edges = [(0, 1, 100), (0, 2, 100), (1, 3, 30), (2, 3, 30), (3, 0, 90)]
    rings = price(make_graph(*edges), [0, 1], ask(1, 2), book, study)
    # each by 3 to the other branch: 60; together the same trench serves both
    assert rings["cost_sek"].tolist() == [73, 73, 73]


def test_all_at_once_may_be_another_ring_than_any_single_one(book, study):
    edges = [(0, 1, 9), (0, 2, 9), (0, 3, 9), (1, 0, 50), (2, 0, 50), (3, 0, 50)]
    spokes = [(1, 4, 49), (2, 4, 49), (3, 4, 49)]
    rings = price(make_graph(*edges, *spokes), [0, 1, 2], ask(1, 2, 3), book, study)
    # alone 50 each (60.5 with design and margin), 150 in all; a star of three spokes is 147
    assert rings["cost_sek"].tolist() == [61, 61, 61, 178]
    assert rings["trench_m"].tolist() == pytest.approx([5.0, 5.0, 5.0, 14.7])


def test_the_existing_network_is_one_node_and_what_lies_in_it_has_its_ring(book, study):
    graph = make_graph((0, 1, 100), (1, 2, 40))
    rings = price(graph, [0], ask(1, 0), book, study, roots=(0, 2), served=(1,))
    assert rings["cost_sek"].tolist() == [49, 0, 49]
    assert rings["possible"].all()
    assert rings.geometry.isna().tolist() == [False, True, False]
    assert rings["premises"].tolist() == [1, 1, 1]


def test_a_fibre_node_is_joined_with_another_piece_of_the_existing_network(book, study):
    # The network can be joined at 0 and 1, which hang together, and at 3, far off; home at 2.
    edges = [(0, 1, 10, "access"), (1, 2, 100), (2, 3, 70), (0, 3, 60)]
    graph = make_graph(*edges)
    rings = price(graph, [1], ask(1, kind="fibre_node"), book, study, roots=(0, 1, 3), served=(2,))
    # not by 0, which fails with it, nor for nothing: straight from 0, as its piece is one node
    assert show(rings, "cost_sek", "premises") == [[73, 1], [73, 1]]
    alone = price(graph, [1], ask(1, kind="fibre_node"), book, study, roots=(0, 1), served=(2,))
    assert alone["possible"].tolist() == [False, False]


def test_the_plan_itself_may_join_two_pieces_with_little_more(book, study):
    # Trees from 0 and from 3 end at 1 and 2, which lie ten kronor apart.
    graph = make_graph((0, 1, 500), (3, 2, 500), (1, 2, 10), (0, 3, 90))
    both = pd.concat([ask(0, kind="fibre_node"), ask(1)], ignore_index=True)
    rings = price(graph, [0, 1], both, book, study, roots=(0, 3), served=(1, 2))
    assert rings["cost_sek"].tolist() == [13, 13, 13]
    assert rings["premises"].tolist() == [1, 1, 1]


def test_ducts_that_are_there_are_no_trench(book, study):
    graph = make_graph((0, 1, 100), (0, 2, 50, "duct"), (2, 1, 30))
    assert price(graph, [0], ask(1), book, study)["trench_m"].tolist() == [3.0, 3.0]


def test_nothing_important_has_no_rings(book, study):
    assert price(make_graph((0, 1, 10)), [0], ask(), book, study).empty


def test_where_too_much_lies_near_the_single_ways_still_share_their_trenches(book, study, monkeypatch):
    monkeypatch.setattr("infraplan.planning.rings._MOST_EDGES", 0)
    edges = [(0, 1, 9), (0, 2, 9), (0, 3, 9), (1, 0, 50), (2, 0, 50), (3, 0, 50)]
    spokes = [(1, 4, 49), (2, 4, 49), (3, 4, 49)]
    rings = price(make_graph(*edges, *spokes), [0, 1, 2], ask(1, 2, 3), book, study)
    assert rings["cost_sek"].tolist() == [61, 61, 61, 182]
    star = make_graph((0, 1, 100), (0, 2, 100), (1, 3, 30), (2, 3, 30), (3, 0, 90))
    assert price(star, [0, 1], ask(1, 2), book, study)["cost_sek"].tolist() == [73, 73, 73]


def flow_of_two(edges, tree, start):
    """Return what two ways from a node to node 0 cost beyond a tree, by a flow; None without them."""
    flow = nx.MultiDiGraph()
    flow.add_node(start, demand=-2)
    flow.add_node(0, demand=2)
    for number, (a, b, cost) in enumerate(edges):
        for tail, head in ((a, b), (b, a)):
            flow.add_edge(tail, head, capacity=1, weight=0 if number in tree else cost)
    try:
        return nx.network_simplex(flow)[0]
    except nx.NetworkXUnfeasible:
        return None


node = st.integers(0, 6)
edge_lists = st.lists(
    st.tuples(node, node, st.integers(1, 9).map(lambda n: 100 * n)), min_size=3, max_size=11
)


@settings(max_examples=60, deadline=None)
@given(edge_lists, st.booleans(), st.data())
def test_each_ring_costs_what_a_flow_of_two_does_and_all_what_brute_force_finds(
    book, study, edges, two, data
):
    roots = [0, 1] if two else [0]
    edges = [(a, b, cost) for a, b, cost in edges if a != b and not {a, b} <= set(roots)]
    merged = [(*(0 if x in roots else x for x in (a, b)), cost) for a, b, cost in edges]
    ranked = nx.MultiGraph()
    ranked.add_node(0)
    rank = data.draw(st.permutations(range(len(edges))))
    ranked.add_edges_from((a, b, n, {"weight": rank[n]}) for n, (a, b, _) in enumerate(merged))
    part = ranked.subgraph(nx.node_connected_component(ranked, 0))
    tree = [key for _, _, key, _ in nx.minimum_spanning_edges(part, keys=True, data=True)]
    inside = sorted(set(part) - {0})
    if not inside:
        return
    rings = price(make_graph(*edges), tree, ask(*inside), book, study, roots=roots)
    best = [flow_of_two(merged, tree, start) for start in inside]
    free = [(a, b, 0 if n in tree else cost) for n, (a, b, cost) in enumerate(merged)]
    wanted = {start for start, cost in zip(inside, best, strict=True) if cost is not None}
    best.append(best_twice_joined(free, {0, *wanted}, tree) if wanted else None)
    assert rings["possible"].tolist() == [cost is not None for cost in best]
    assert rings["cost_sek"].tolist() == [round(1.21 * (cost or 0)) for cost in best]


def make_points(**rows) -> gpd.GeoDataFrame:
    """Make a layer of points or areas: id = (place, column = value)."""
    table = pd.DataFrame([columns for _, columns in rows.values()]).fillna("").astype("str")
    index = pd.Index(list(rows), dtype="str")
    shapes = [
        box(*(np.add(p, (X, Y, X, Y)))) if len(p) == 4 else Point(p[0] + X, p[1] + Y)
        for p, _ in rows.values()
    ]
    return gpd.GeoDataFrame(table.set_axis(index), geometry=shapes, crs=CRS)


def make_cabinets(**rows: tuple[int, int]) -> gpd.GeoDataFrame:
    table = pd.DataFrame(list(rows.values()), columns=["node", "premises"])
    index = pd.Index(list(rows), name="cabinet_id", dtype="str")
    return gpd.GeoDataFrame(table.set_axis(index), geometry=[Point(X, Y)] * len(rows), crs=CRS)


AT = {0: (0, 0), 1: (1000, 0), 2: (2000, 0), 3: (1000, 40), 4: (2000, 40), 5: (2000, 45)}
STREET = [(0, 1, 10), (1, 2, 10), (1, 3, 1, "drop"), (2, 4, 1, "drop"), (2, 5, 1, "drop")]


def find(
    study, *, cabinets=None, fibre=None, public=None, roots=(0, 2), served=(3, 4), built=(0, 2)
) -> pd.DataFrame:
    graph = make_graph(*STREET, homes={3, 4, 5}, at=AT)
    some = make_cabinets() if cabinets is None else cabinets
    routes = graph.edges.loc[list(built)]
    return find_important(graph, routes, serve(*served), some, np.array(roots), fibre, public, study)


def test_vital_buildings_are_those_of_the_named_kinds_in_served_premises(study):
    public = make_points(
        a=((1000, 60), {"kind": "hospital", "name": "Lasarettet"}),
        b=((990, 80, 1010, 120), {"kind": "police", "name": ""}),
        c=((1000, 41), {"kind": "library", "name": "Biblioteket"}),
        d=((1000, 95), {"kind": "town_hall", "name": "55 m away"}),
        e=((2000, 41), {"kind": "water_works", "name": "Vattenverket"}),
        f=((2000, 44), {"kind": "hospital", "name": "in the house next door, which is not served"}),
    )
    assert show(find(study, public=public), "node", "kind", "name") == [
        [3, "hospital", "Lasarettet"],
        [3, "police", ""],
        [4, "water_works", "Vattenverket"],
    ]
    secret = public.assign(protected=public["name"] == "Lasarettet")
    assert find(study, public=secret)["name"].tolist() == ["", "Vattenverket"]
    none = study.model_copy(update={"rings": Rings(kinds=())})
    assert find(none, public=public).empty


def test_cabinets_are_important_by_the_premises_behind_them(study):
    # C1 serves one home itself, and the way to the other leads past it.
    cabinets = make_cabinets(C1=(1, 1), C2=(2, 1))
    asked = study.model_copy(update={"rings": Rings(cabinet_premises=2)})
    found = find(asked, cabinets=cabinets, roots=(0,), built=(0, 1, 2, 3))
    assert show(found, "node", "kind", "name") == [[1, "cabinet", "C1"]]


def test_fibre_nodes_are_important_where_the_plan_starts_from_them(study):
    fibre = make_points(
        f1=((10, 20), {"operator": "Stadsnätet"}),
        f2=((0, 31), {"operator": "31 m away"}),
        f3=((2000, 0), {"operator": "where the plan does not start"}),
        f4=((0, 0), {"operator": "at the same place as the first"}),
    )
    assert show(find(study, fibre=fibre), "node", "kind", "name") == [[0, "fibre_node", "Stadsnätet"]]
    unnamed = make_points(f9=((0, 0), {"operator": ""}))
    assert find(study, fibre=unnamed)["name"].tolist() == ["f9"]
    without = study.model_copy(update={"rings": Rings(nodes=False)})
    assert find(without, fibre=fibre).empty


def test_nothing_at_all_is_important_without_layers(study):
    found = find(study, served=())
    assert found.empty
    assert found.columns.tolist() == ["node", "kind", "name"]
    empty = make_points().assign(kind=pd.Series(dtype="str"), name=pd.Series(dtype="str"))
    assert find(study, served=(), public=empty).empty
