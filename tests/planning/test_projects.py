"""Projects hang together, keep the limits, and add up to the plan."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point

from infraplan import tables
from infraplan.config import Study
from infraplan.layers.books import read_cost_book
from infraplan.network.graph import bare_columns
from infraplan.planning.projects import build_projects, place_served, share_cabinets, split_projects

CRS = "EPSG:3006"


def make_study(**projects):
    return Study.model_validate({"study": {"name": "Test", "year": 2026}, "projects": projects})


def make_routes(edges, places, costs=10):
    """Make routes of (tail, head) between places in metres."""
    count = len(edges)
    text = {"road_class": "7", "surface": "gravel", "project_id": "", "cables": "2"}
    columns = bare_columns(count, "road") | {
        "tail": [t for t, _ in edges],
        "head": [h for _, h in edges],
        **{name: pd.Series([value] * count, dtype="str") for name, value in text.items()},
        "phase": np.ones(count, np.int64),
        "premises": np.zeros(count, np.int64),
        "fibres": np.zeros(count, np.int64),
    }
    lines = [LineString([places[t], places[h]]) for t, h in edges]
    routes = gpd.GeoDataFrame(columns, geometry=lines, crs=CRS).rename_axis("edge_id")
    prices = {name: np.broadcast_to(costs, count).astype(np.int64) for name in tables.MONEY}
    return routes.assign(length_m=routes.geometry.length, **prices)


def make_served(nodes, households=1):
    """Make served premises h0, h1, … at nodes."""
    return pd.DataFrame(
        {
            "node": np.array(nodes, np.int64),
            "households": np.broadcast_to(households, len(nodes)).astype(np.int64),
            "workplaces": np.zeros(len(nodes), np.int64),
            "project_id": pd.Series([""] * len(nodes), dtype="str").to_numpy(),
        },
        index=pd.Index([f"h{n}" for n in range(len(nodes))], dtype="str", name="premises_id"),
    )


def make_premises(served, places, municipality="2514", kind="single"):
    columns = {"municipality": municipality, "kind": kind}
    return gpd.GeoDataFrame(
        {name: pd.Series(value, index=served.index, dtype="str") for name, value in columns.items()},
        geometry=[Point(places[n]) for n in served["node"]],
        crs=CRS,
    )


def split(routes, served, roots, premises, *, surcharge=0.0, **limits):
    limits = {"max_premises": 300, "max_sek": 10**9, "min_premises": 0} | limits
    done, above = split_projects(routes, served, roots, premises, make_study(**limits), surcharge=surcharge)
    return done["project_id"].tolist(), above


@pytest.fixture
def comb():
    """A road with a home after each kilometre, begun at node 0; homes are nodes 10 to 14."""
    places = {n: (1000.0 * n, 0.0) for n in range(6)} | {9 + n: (1000.0 * n, 100.0) for n in range(1, 6)}
    edges = [(n, n + 1) for n in range(5)] + [(n, 9 + n) for n in range(1, 6)]
    served = make_served(range(10, 15))
    return make_routes(edges, places), served, make_premises(served, places), places


def test_what_is_small_enough_is_one_project(comb):
    routes, served, premises, _ = comb
    names, above = split(routes, served, [0], premises)
    assert set(names) == {"P0001"}
    assert above.to_dict("index") == {"P0001": {"above": "", "over_limit": False}}


def test_a_road_is_cut_from_its_far_end(comb):
    routes, served, premises, _ = comb
    names, above = split(routes, served, [0], premises, max_premises=2)
    assert names == [f"P000{n}" for n in (1, 2, 2, 3, 3, 1, 2, 2, 3, 3)]
    assert above["above"].tolist() == ["", "P0001", "P0002"]
    placed = place_served(routes.assign(project_id=names), served, [0])
    assert placed.tolist() == [f"P000{n}" for n in (1, 2, 2, 3, 3)]


def test_kronor_are_weighed_with_design_and_margin(comb):
    routes, served, premises, _ = comb
    assert len(split(routes, served, [0], premises, max_sek=100)[1]) == 1
    assert len(split(routes, served, [0], premises, max_sek=100, surcharge=0.01)[1]) == 2


def test_what_cannot_be_cut_is_said_to_be_over_the_limit(comb):
    routes, _, _, places = comb
    crowd = make_served([10, 11, 12, 13, 14, 14, 14])
    names, above = split(routes, crowd, [0], make_premises(crowd, places), max_premises=2)
    assert above.index[above["over_limit"]].tolist() == [names[9]]
    assert names.count(names[9]) == 1


def test_premises_at_a_root_are_in_no_project(comb):
    routes, served, premises, _ = comb
    served = served.assign(node=[0, *range(11, 15)])
    names, _ = split(routes, served, [0], premises)
    assert place_served(routes.assign(project_id=names), served, [0, 77]).tolist() == ["", *["P0001"] * 4]
    served = served.assign(node=[77, *range(11, 15)])
    assert place_served(routes.assign(project_id=names), served, [0, 77]).tolist() == ["", *["P0001"] * 4]


def scattered(municipality, xs, **limits):
    """Split homes that each hang on the existing network alone, at places along a line."""
    places = {2 * n: (float(x), 0.0) for n, x in enumerate(xs)}
    places |= {2 * n + 1: (float(x), 50.0) for n, x in enumerate(xs)}
    routes = make_routes([(2 * n, 2 * n + 1) for n in range(len(xs))], places)
    served = make_served([2 * n + 1 for n in range(len(xs))])
    premises = make_premises(served, places, municipality)
    return split(routes, served, list(range(0, 2 * len(xs), 2)), premises, **limits)


def test_scattered_small_ones_are_joined_with_the_nearest_of_their_municipality():
    names, above = scattered(["A", "A", "A", "A", "B"], [0, 100, 1000, 1090, 50], min_premises=2)
    assert names == ["P0001", "P0001", "P0002", "P0002", "P0003"]
    assert above["above"].tolist() == ["", "", ""]


def test_scattered_small_ones_are_joined_within_the_limits_only():
    names, _ = scattered(["A"] * 5, [0, 1, 2, 3, 4], min_premises=5, max_premises=3)
    assert sorted(map(names.count, set(names))) == [2, 3]
    names, _ = scattered(["A"] * 4, [0, 1, 2, 3], min_premises=4, max_sek=20)
    assert sorted(map(names.count, set(names))) == [2, 2]


def test_no_routes_no_projects():
    places = {0: (0.0, 0.0)}
    served = make_served([0])
    routes = make_routes([], places).set_crs(CRS, allow_override=True)
    premises = make_premises(served, places)
    names, above = split(routes, served, [0], premises)
    assert names == []
    assert above.empty
    assert place_served(routes, served, [0]).tolist() == [""]
    args = served, tables.empty(tables.BILL), premises, tables.empty(tables.ZONES, CRS)
    projects = build_projects(
        routes, *args, tables.empty(tables.PERMITS), above, read_cost_book("norrland-2026")
    )
    tables.check(projects, tables.PROJECTS, crs=CRS)


def share(serves, at, above, roots=(0, 1)):
    """Share cabinets: what each serves as project ids, and its node."""
    pairs = [(name, project) for name, projects in serves.items() for project in projects.split()]
    routes = pd.DataFrame([*pairs, ("", "P0001")], columns=["cabinet_id", "project_id"], dtype="str")
    index = pd.Index(list(serves), dtype="str", name="cabinet_id")
    nodes = [Point(node, 0) for node in at]
    cabinets = gpd.GeoDataFrame({"node": at, "project_id": "P0009"}, index=index, geometry=nodes, crs=CRS)
    table = pd.DataFrame({"above": above}).astype("str").rename_axis("project_id")
    boxes, fed = share_cabinets(cabinets, routes, roots, table)
    return boxes["project_id"].to_dict(), {name: over for name, over in fed["above"].items() if over}


def test_a_cabinet_at_the_existing_network_is_built_by_the_first_that_it_serves():
    above = {"P0001": "", "P0002": "", "P0003": "", "P0004": "P0002"}
    assert share({"C1": "P0004 P0003"}, [0], above) == ({"C1": "P0002"}, {"P0003": "P0002", "P0004": "P0002"})
    assert share({"C1": "P0003", "C2": "P0001"}, [0, 1], above)[0] == {"C1": "P0003", "C2": "P0001"}
    # Further down it belongs to the edge that feeds it, as was said before.
    assert share({"C1": "P0002 P0004"}, [7], above) == ({"C1": "P0009"}, {"P0004": "P0002"})


def test_projects_that_share_several_cabinets_wait_for_one_of_them_and_never_for_each_other():
    above = {"P0001": "", "P0002": "", "P0003": ""}
    ring = {"C1": "P0003 P0002", "C2": "P0001 P0003", "C3": "P0002 P0001"}
    assert share(ring, [0, 1, 0], above) == (
        dict.fromkeys(ring, "P0001"),
        {"P0002": "P0001", "P0003": "P0001"},
    )


def test_routes_that_hang_on_nothing_are_refused(comb):
    routes, served, premises, _ = comb
    with pytest.raises(ValueError, match="hang on no root"):
        split(routes, served, [77], premises)


@st.composite
def plans(draw):
    """Return routes on several roots with a home at each leaf, served, roots, premises and limits."""
    count, several = draw(st.integers(2, 25)), draw(st.integers(1, 4))
    up = [draw(st.integers(0, n - 1)) for n in range(several, several + count)]
    edges = [(u, n) if draw(st.booleans()) else (n, u) for n, u in enumerate(up, several)]
    places = {
        n: (float(draw(st.integers(0, 900))), float(draw(st.integers(0, 900))))
        for n in range(several + count)
    }
    leaves = sorted(set(range(several, several + count)) - set(up))
    nodes = leaves + draw(st.lists(st.sampled_from(leaves), max_size=3))
    served = make_served(nodes, draw(st.lists(st.integers(0, 3), min_size=len(nodes), max_size=len(nodes))))
    codes = draw(st.lists(st.sampled_from(["A", "B"]), min_size=len(nodes), max_size=len(nodes)))
    costs = draw(st.lists(st.integers(1, 9), min_size=count, max_size=count))
    limits = {
        "max_premises": draw(st.integers(1, 8)),
        "max_sek": draw(st.integers(5, 60)),
        "min_premises": draw(st.integers(0, 5)),
    }
    premises = make_premises(served, places, codes)
    return make_routes(edges, places, costs), served, list(range(several)), premises, limits


@given(plans())
def test_projects_hang_together_keep_the_limits_and_are_fed_by_what_is_above(plan):
    routes, served, roots, premises, limits = plan
    names, above = split(routes, served, roots, premises, **limits)
    routes = routes.assign(project_id=names)
    served = served.assign(project_id=place_served(routes, served, roots))
    assert set(names) == set(above.index)
    project_of = {}
    graph = nx.Graph(zip(routes["tail"], routes["head"], strict=True))
    graph.add_edges_from(("root", root) for root in roots if root in graph)
    for lower, upper in nx.bfs_predecessors(graph, "root"):
        mine = routes[routes["tail"].isin([lower, upper]) & routes["head"].isin([lower, upper])]
        project_of[lower] = mine["project_id"].iloc[0] if len(mine) else ""
        if len(mine) and project_of[lower] != project_of[upper]:
            assert above["above"][project_of[lower]] == project_of[upper]
    assert served["project_id"].tolist() == [project_of[node] for node in served["node"]]
    for name, mine in routes.groupby("project_id"):
        homes, sek = int((served["project_id"] == name).sum()), int(mine["cost_sek"].sum())
        over = homes > limits["max_premises"] or sek > limits["max_sek"]
        assert above["over_limit"][name] == over
        assert not over or len(mine) == 1
        parts = list(nx.connected_components(nx.Graph(zip(mine["tail"], mine["head"], strict=True))))
        assert len(parts) == 1 or (above["above"][name] == "" and all(part & set(roots) for part in parts))


@given(plans())
def test_ids_go_downwards_by_premises_and_do_not_hang_on_the_order_of_rows(plan):
    routes, served, roots, premises, limits = plan
    names, above = split(routes, served, roots, premises, **limits)
    assert list(above.index) == [f"P{n:04d}" for n in range(1, len(above) + 1)]
    assert (above["above"] < above.index).all()
    placed = place_served(routes.assign(project_id=names), served, roots).value_counts()
    first = placed.reindex(above.index[above["above"] == ""], fill_value=0)
    assert first.is_monotonic_decreasing
    again, turned = split(routes.iloc[::-1], served.iloc[::-1], roots[::-1], premises, **limits)
    assert again == names[::-1]
    pd.testing.assert_frame_equal(turned, above)


@pytest.fixture
def described(comb):
    """Two projects, the second with the last two homes; what is known of them, and their table."""
    routes, served, premises, _ = comb
    names = ["P0001"] * 3 + ["P0002"] * 2 + ["P0001"] * 3 + ["P0002"] * 2
    routes = routes.assign(
        project_id=pd.Series(names, dtype="str"),
        kind=pd.Series(["road"] * 4 + ["link"] + ["drop"] * 5, dtype="str"),
        existing=pd.Series(["own_duct", *["new"] * 9], dtype="str"),
        areas=pd.Series(["a1", "", "", "a1 a2", *[""] * 6], dtype="str"),
    )
    served = served.assign(
        project_id=["P0001"] * 3 + ["P0002"] * 2, households=[1, 2, 0, 0, 0], workplaces=[0, 0, 3, 1, 0]
    )
    premises = premises.assign(
        kind=["single", "multi", "public", "public", "holiday"], municipality=["A", "B", "A", "A", "B"]
    )
    bill = pd.DataFrame(
        {
            "project_id": ["P0001", "P0001", "P0002"],
            "cost_low_sek": [90, 10, 40],
            "cost_sek": [150, 11, 49],
            "cost_high_sek": [300, 15, 80],
        }
    )
    permits = pd.DataFrame(
        [
            ("P0002", "nature_reserve", "dispensation"),
            ("P0002", "nature_reserve", "dispensation"),
            ("P0002", "heritage", "permission"),
            ("P0002", "reindeer", ""),
        ],
        columns=["project_id", "kind", "permit"],
    )
    zones = gpd.GeoDataFrame(
        {"name": ["Nära", "Borta", "Staden"], "kind": ["place", "place", "municipality"]},
        index=["place:1", "place:2", "municipality:A"],
        geometry=[Point(2000, 500), Point(4600, 100), Point(0, 0).buffer(10)],
        crs=CRS,
    )
    above = pd.DataFrame(
        {"above": ["", "P0001"], "over_limit": [False, True]},
        index=pd.Index(["P0001", "P0002"], dtype="str", name="project_id"),
    )
    return routes, served, bill, premises, zones, permits, above


def test_a_project_adds_up_what_is_in_it(described):
    book = read_cost_book("norrland-2026")
    projects = build_projects(*described, book)
    tables.check(projects, tables.PROJECTS, crs=CRS)
    upkeep = book.upkeep.base / 100
    first, second = projects.drop(columns="geometry").to_dict("records")
    assert first == {
        "name": "Nära",
        "municipality": "B",
        "above": "",
        "phase": 1,
        "premises": 3,
        "households": 3,
        "workplaces": 3,
        "public_buildings": 1,
        "road_m": 2000.0,
        "drop_m": 300.0,
        "link_m": 0.0,
        "reused_m": 1000.0,
        # Its duct lies in an area too, where nothing is dug.
        "permit_m": 0.0,
        "permits": 0,
        "cost_low_sek": 100,
        "cost_sek": 161,
        "cost_high_sek": 315,
        "cost_per_household_sek": pytest.approx(161 / 3),
        "upkeep_sek": round(161 * upkeep),
        "over_limit": False,
    }
    assert np.isnan(second.pop("cost_per_household_sek"))
    wanted = {"name": "Borta", "municipality": "A", "above": "P0001", "public_buildings": 1, "permits": 2}
    metres = {"road_m": 1000.0, "drop_m": 200.0, "link_m": 1000.0, "reused_m": 0.0, "permit_m": 1000.0}
    assert {**second, **wanted, **metres, "over_limit": True, "cost_sek": 49} == second
    assert shapely.equals(
        projects.geometry.iloc[1], shapely.union_all(described[0].geometry[[3, 4, 8, 9]].to_numpy())
    )


def test_a_project_that_serves_nobody_is_where_the_one_below_it_is(described):
    routes, served, bill, premises, zones, permits, above = described
    served = served[served["project_id"] == "P0002"]
    projects = build_projects(
        routes, served, bill, premises, zones, permits, above, read_cost_book("norrland-2026")
    )
    tables.check(projects, tables.PROJECTS, crs=CRS)
    assert projects["municipality"].tolist() == ["A", "A"]
    assert projects["premises"].tolist() == [0, 2]
    assert projects["name"].tolist() == ["Nära", "Borta"]
