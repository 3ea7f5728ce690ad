"""Premises, existing fibre and road islands, joined to roads on a napkin."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point

from infraplan import tables
from infraplan.errors import PlanError
from infraplan.layers.faults import describe
from infraplan.network import add_access, attach_premises, bridge_islands, build_graph, check_network
from infraplan.routing import steiner_tree
from infraplan.words import load

CRS = "EPSG:3006"
ORIGIN = (500_000.0, 7_300_000.0)
ROAD = [(0, 0), (1000, 0)]
ISLAND = [(0, 300), (400, 300)]


def fibre(*shapes, **columns) -> gpd.GeoDataFrame:
    moved = [shapely.transform(shape, lambda xy: xy + ORIGIN) for shape in shapes]
    index = pd.Index([f"f{number}" for number in range(len(shapes))], dtype="str")
    return gpd.GeoDataFrame({"operator": "", **columns}, index=index, geometry=moved, crs=CRS)


def drops_of(attachment, name):
    edges = attachment.graph.edges
    return edges[(edges["kind"] == "drop") & (edges["head"] == attachment.node_of[name])]


@pytest.fixture
def village(make_roads, make_points, make_study):
    """A road, a side road from its middle, a house between them, one on the road, one far away."""
    study = make_study(candidates=3, attach_m=500.0)
    graph, _ = build_graph(make_roads(ROAD, [(500, 0), (500, 400)]), study)
    return graph, attach_premises(graph, make_points(corner=(460, 30), on=(800, 0), far=(0, 2000)), study)


def test_a_house_has_a_drop_from_the_nearest_place_of_each_near_road_edge(village):
    graph, attachment = village
    drops = drops_of(attachment, "corner")
    places = shapely.get_coordinates(shapely.get_point(drops.geometry.to_numpy(), 0)) - ORIGIN
    # 30 m to the road's first half, 40 m to the side road, 50 m to the junction where the second half begins.
    assert sorted(places.round(6).tolist()) == [[460.0, 0.0], [500.0, 0.0], [500.0, 30.0]]
    assert sorted(drops["length_m"].round(1)) == [30.0, 40.0, 50.0]
    roads = attachment.graph.edges.query("kind == 'road'")
    assert roads["length_m"].sum() == pytest.approx(graph.edges["length_m"].sum(), abs=1e-6)


def test_drops_are_off_the_road(village):
    drop = drops_of(village[1], "corner").sort_values("length_m").iloc[0]
    assert (drop["road_class"], drop["surface"], drop["length_m"]) == (
        "",
        "",
        pytest.approx(30.012, abs=1e-3),
    )


def test_a_house_on_the_road_has_a_drop_of_no_length(village):
    assert drops_of(village[1], "on")["length_m"].min() == 0.0


def test_a_house_too_far_from_any_road_is_reported_with_its_distance(village):
    attachment = village[1]
    assert attachment.node_of.index.tolist() == ["corner", "on"]
    assert attachment.unattached["reason"].to_dict() == {"far": "too_far"}
    # To the end of the side road: the square root of 500² + 1 600².
    assert attachment.unattached["distance_m"].tolist() == pytest.approx([1676.305], abs=0.001)


def test_the_attached_graph_keeps_its_contracts(village):
    graph = village[1].graph
    tables.check(graph.nodes, tables.NODES, crs=CRS)
    tables.check(graph.edges, tables.EDGES, crs=CRS)
    assert graph.nodes["kind"].value_counts().to_dict()["premises"] == 2
    assert set(graph.nodes["kind"].iloc[village[1].node_of]) == {"premises"}


def test_a_house_beside_a_road_island_keeps_a_drop_from_the_main_road(make_roads, make_points, make_study):
    study = make_study(candidates=2, attach_m=500.0)
    graph, _ = build_graph(make_roads(ROAD, ISLAND, [(0, 310), (400, 310)]), study)
    attachment = attach_premises(graph, make_points(a=(200, 299)), study)
    component = attachment.graph.nodes["component"]
    assert sorted(component.loc[drops_of(attachment, "a")["tail"]]) == [0, 1]
    assert component.loc[attachment.node_of["a"]] == 0
    only_one = attach_premises(graph, make_points(a=(200, 299)), make_study(candidates=1))
    assert component.loc[drops_of(only_one, "a")["tail"]].tolist() == [0]


def test_no_drop_begins_on_a_bridge_or_in_a_tunnel(make_roads, make_points, make_study):
    roads = make_roads(
        ROAD, {"at": [(400, 10), (600, 10)], "bridge": True}, {"at": [(400, 12), (600, 12)], "tunnel": True}
    )
    graph, _ = build_graph(roads, make_study())
    attachment = attach_premises(graph, make_points(a=(500, 11)), make_study())
    assert drops_of(attachment, "a")["length_m"].round(1).tolist() == [11.0]


def test_houses_are_attached_in_any_number_and_order(make_roads, make_points, make_study):
    graph, _ = build_graph(make_roads(ROAD), make_study())
    assert len(attach_premises(graph, make_points(), make_study()).node_of) == 0
    first = attach_premises(graph, make_points(a=(100, 9), b=(900, 9)), make_study())
    second = attach_premises(graph, make_points(b=(900, 9), a=(100, 9)), make_study())
    assert first.graph.edges["length_m"].sum() == pytest.approx(second.graph.edges["length_m"].sum())


def test_houses_at_one_place_share_the_node_on_the_road_but_not_the_drop(make_roads, make_points, make_study):
    graph, _ = build_graph(make_roads(ROAD), make_study())
    attachment = attach_premises(graph, make_points(a=(100, 9), b=(100, 9)), make_study())
    assert len(attachment.graph.edges) == 2 + 2
    assert len(attachment.graph.nodes) == 3 + 2


def test_no_plan_runs_through_a_house(make_roads, make_points, make_study):
    # Two streets end 20 m apart on both sides of house a; by road it is 2 km from one to the other.
    streets = make_roads([(0, 0), (500, 0)], [(0, 0), (0, 400), (500, 400), (500, 40)])
    study = make_study()
    graph, _ = build_graph(streets, study)
    attachment = attach_premises(graph, make_points(a=(500, 20), b=(500, 100)), study)
    graph, house = attachment.graph, attachment.node_of
    root = int(np.argmin(graph.nodes.geometry.x + graph.nodes.geometry.y))
    tree = steiner_tree(graph.tails, graph.heads, graph.edges["length_m"], house, roots=[root], ends=house)
    drops = graph.edges.loc[tree.edges].query("kind == 'drop'")
    assert drops["head"].tolist() == sorted(house)
    assert len(tree.unreached) == 0


def test_roads_along_fibre_are_access_and_cut_where_it_leaves(
    make_roads, make_layers, make_points, make_study
):
    graph, _ = build_graph(make_roads(ROAD), make_study(access_m=30.0))
    layers = make_layers(fibre_lines=fibre(LineString([(200, 10), (600, 10)])))
    found, faults = add_access(graph, layers, make_points(), make_study(access_m=30.0))
    # sqrt(30² - 10²) = 28.3 m before 200 and beyond 600; a circle drawn with corners is a little smaller.
    x = found.nodes.geometry.x[found.nodes["access"]] - ORIGIN[0]
    assert sorted(x) == pytest.approx([171.7, 628.3], abs=0.3)
    assert found.edges["access"].tolist() == [False, True, False]
    assert found.edges["length_m"].sum() == pytest.approx(graph.edges["length_m"].sum())
    assert len(faults) == 0


def test_a_drop_from_a_road_along_fibre_begins_at_a_root(make_roads, make_points, make_layers, make_study):
    graph, _ = build_graph(make_roads(ROAD), make_study())
    graph, _ = add_access(
        graph,
        make_layers(fibre_lines=fibre(LineString([(200, 0), (600, 0)]))),
        make_points(),
        make_study(),
    )
    attachment = attach_premises(graph, make_points(a=(400, 40), b=(900, 40)), make_study())
    assert drops_of(attachment, "a")["tail"].isin(attachment.roots).any()
    nearest = drops_of(attachment, "b").sort_values("length_m").iloc[0]
    assert nearest["tail"] not in attachment.roots
    assert len(attachment.roots) == 3


def test_fibre_that_crosses_a_road_gives_access_where_no_node_was(
    make_roads, make_layers, make_points, make_study
):
    graph, _ = build_graph(make_roads(ROAD), make_study())
    found, _ = add_access(
        graph,
        make_layers(fibre_lines=fibre(LineString([(300, -900), (300, 900)]))),
        make_points(),
        make_study(),
    )
    assert found.edges["access"].tolist() == [False, True, False]


def test_a_fibre_node_far_from_roads_is_linked_only_where_the_study_allows_it(
    make_roads, make_layers, make_points, make_study
):
    graph, _ = build_graph(make_roads(ROAD), make_study())
    layers = make_layers(fibre_nodes=fibre(Point(300, 80), Point(500, 0)))
    found, faults = add_access(graph, layers, make_points(), make_study())
    assert faults["rule"].tolist() == ["access_far"]
    assert "link" not in set(found.edges["kind"])
    found, faults = add_access(graph, layers, make_points(), make_study(bridge_m=100.0))
    link = found.edges.query("kind == 'link'").iloc[0]
    assert faults["rule"].tolist() == ["access_linked"]
    assert link["length_m"] == pytest.approx(80.032, abs=1e-3)
    assert found.nodes["access"].loc[link["head"]]


def test_where_every_road_is_a_bridge_nothing_can_start(make_roads, make_layers, make_points, make_study):
    graph, _ = build_graph(make_roads({"at": ROAD, "bridge": True}), make_study())
    layers = make_layers(fibre_nodes=fibre(Point(0, 900)))
    with pytest.raises(PlanError, match=r"nothing to build from"):
        add_access(graph, layers, make_points(), make_study())


def test_without_fibre_layers_the_network_begins_at_connected_premises(
    make_roads, make_layers, make_points, make_study
):
    graph, _ = build_graph(make_roads(ROAD), make_study())
    columns = {"technology": ["fibre", "vdsl", "fibre"], "status": "connected", "premises_id": ["", "", "p"]}
    connected = fibre(Point(250, 40), Point(700, 40), Point(0, 0), **columns)
    connected.geometry = [*connected.geometry.iloc[:2], None]
    premises = make_points(p=(900, 10), q=(100, 10))
    found, faults = add_access(graph, make_layers(connected=connected), premises, make_study())
    x = found.nodes.geometry.x[found.nodes["access"]] - ORIGIN[0]
    assert sorted(x) == pytest.approx([250.0, 900.0])
    assert faults["rule"].tolist() == ["access_from_connected"]
    assert faults["values"].iloc[0] == {"count": 2}


@pytest.mark.parametrize("tables_", [{}, {"fibre_nodes": fibre(Point(0, 9000))}])
def test_no_network_at_all_is_an_error_with_the_remedy(
    make_roads, make_layers, make_points, make_study, tables_
):
    graph, _ = build_graph(make_roads(ROAD), make_study())
    with pytest.raises(PlanError, match=r"Add \[layers\.fibre_nodes\]"):
        add_access(graph, make_layers(**tables_), make_points(), make_study())


@pytest.fixture
def archipelago(make_roads, make_points, make_layers, make_study):
    """The main road, and 300 m north an island with a house; 50 m beyond it another, with two."""

    def attach(**network):
        study = make_study(attach_m=60.0, **network)
        graph, _ = build_graph(make_roads(ROAD, ISLAND, [(0, 350), (300, 350)]), study)
        graph, _ = add_access(graph, make_layers(fibre_nodes=fibre(Point(0, 0))), make_points(), study)
        places = {"main": (900, 9), "near": (350, 290), "b": (100, 370), "c": (200, 370)}
        attachment = attach_premises(graph, make_points(**places), study)
        return attachment, *bridge_islands(attachment, study)

    return attach


def test_islands_are_linked_by_way_of_each_other(archipelago):
    attachment, graph, faults = archipelago(bridge_m=320.0)
    links = graph.edges.query("kind == 'link'")
    assert sorted(links["length_m"].round(1)) == [50.0, 300.1]
    assert links["length_m"].sum() == pytest.approx(350.14, abs=0.01)
    assert faults["rule"].tolist() == ["island_linked", "island_linked"]
    tree = steiner_tree(
        graph.tails,
        graph.heads,
        graph.costs,
        attachment.node_of,
        roots=attachment.roots,
        ends=attachment.node_of,
    )
    assert len(tree.unreached) == 0
    assert graph.nodes["component"].max() == 0


def test_islands_out_of_reach_are_reported_with_their_premises(archipelago):
    for allowed in (0.0, 60.0, 299.0):
        _, graph, faults = archipelago(bridge_m=allowed)
        assert set(faults["rule"]) == {"island_cut_off"}
        assert "link" not in set(graph.edges["kind"])
        assert sum(values["count"] for values in faults["values"]) == 3
        assert set(faults.geometry.geom_type) == {"MultiPoint"}


def test_no_island_no_link(village, make_study):
    attachment = village[1]
    roots = np.flatnonzero(attachment.graph.nodes["kind"] == "road")[:1]
    graph, faults = bridge_islands(
        type(attachment)(attachment.graph, attachment.node_of, attachment.unattached, roots),
        make_study(bridge_m=500.0),
    )
    assert len(graph.edges) == len(attachment.graph.edges)
    assert len(faults) == 0


def test_the_doctor_finds_islands_gaps_and_premises_far_away(make_roads, make_points, make_study):
    roads = make_roads(ROAD, ISLAND, [(0, -80), (0, -1.5)])
    faults = check_network(roads, make_points(a=(200, 290), b=(0, 3000)), make_study())
    assert sorted(faults["rule"]) == ["dangling_end", "island", "premises_far"]
    island = faults.set_index("rule").loc["island"]
    assert island["values"] == {"island": "1", "length_m": 400, "count": 1}
    far = faults.set_index("rule").loc["premises_far"]
    assert (far["feature_id"], far["values"]["distance"]) == ("b", 2700)


def test_the_doctor_says_so_in_both_languages(make_roads, make_points, make_study):
    faults = check_network(make_roads(ROAD, ISLAND), make_points(a=(200, 290), b=(0, 3000)), make_study())
    swedish, english = describe(faults, load("sv")), describe(faults, load("en"))
    assert swedish["message"].iloc[0].startswith("vägö 1, 400 m väg med 1 byggnader")
    assert (
        english["message"].iloc[1]
        == "premises b lies 2,700 m from the nearest road; at most 500 m can be reached."
    )


def test_the_doctor_needs_no_premises(make_roads, make_points, make_study):
    assert len(check_network(make_roads(ROAD), make_points(), make_study())) == 0
