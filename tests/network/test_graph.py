"""From roads to a priced graph, and cutting it without losing a crown."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan import tables
from infraplan.config import Study, StudyInfo
from infraplan.errors import PlanError
from infraplan.layers.faults import describe
from infraplan.network.graph import build_graph, number_parts
from infraplan.network.split import split_edges
from infraplan.words import load


def test_a_crossing_becomes_four_edges(make_roads, make_study):
    roads = make_roads(
        [(-500, 0), (500, 0)], {"at": [(0, -500), (0, 500)], "road_class": "2", "surface": "asphalt"}
    )
    graph, faults = build_graph(roads, make_study())
    assert len(faults) == 0
    assert graph.edges["road_id"].tolist() == ["r0", "r0", "r1", "r1"]
    # 500 m in the plane are 500.2 m on the ground here (scale 0.9996).
    assert graph.edges["length_m"].to_numpy() == pytest.approx(500.2, abs=0.01)
    assert graph.edges["surface"].tolist() == ["gravel", "gravel", "asphalt", "asphalt"]
    assert set(graph.nodes["kind"]) == {"road"}
    assert not graph.nodes["access"].any()
    assert graph.to_networkx().number_of_edges() == 4


def test_every_edge_begins_and_ends_where_its_nodes_lie(make_roads, make_study):
    graph, _ = build_graph(make_roads([(0, 0), (9, 0)], [(4, -4), (4, 4), (8, 4), (8, -4)]), make_study())
    lines, points = graph.edges.geometry.to_numpy(), graph.nodes.geometry.to_numpy()
    assert shapely.equals(shapely.get_point(lines, 0), points[graph.tails]).all()
    assert shapely.equals(shapely.get_point(lines, -1), points[graph.heads]).all()


def test_the_longest_part_is_number_zero(make_roads, make_study):
    graph, _ = build_graph(
        make_roads([(0, 0), (10, 0)], [(0, 99), (90, 99)], [(0, 50), (40, 50)]), make_study()
    )
    component = graph.nodes["component"].to_numpy()[graph.tails]
    assert component.tolist() == [2, 0, 1]


def test_parts_without_edges_come_last():
    assert number_parts(4, np.array([2]), np.array([3]), np.array([5.0])).tolist() == [1, 2, 0, 0]


def test_no_roads_raise_with_the_remedy(make_roads, make_study):
    for roads in (make_roads([(0, 0), (9, 9)]).iloc[:0], make_roads([(0, 0), (0.01, 0)])):
        with pytest.raises(PlanError, match=r"Add \[layers\.roads\]"):
            build_graph(roads, make_study())


def test_an_end_that_misses_a_road_is_lengthened_and_reported(make_roads, make_study):
    roads = make_roads([(-50, 0), (50, 0)], [(0, 80), (0, 1.5)])
    graph, faults = build_graph(roads, make_study(dangle_m=2.0))
    assert len(graph.edges) == 3
    assert graph.nodes["component"].max() == 0
    assert graph.edges["length_m"].iloc[2] == pytest.approx(80.0 * 1.0004, abs=0.01)
    assert set(graph.edges["kind"]) == {"road"}
    fault = faults.iloc[0]
    assert (fault["rule"], fault["severity"], fault["feature_id"]) == ("dangling_end", "repaired", "r1")
    assert fault["values"] == {"gap_cm": 150}
    assert (fault.geometry.x, fault.geometry.y) == (500_000.0, 7_300_001.5)


def test_two_ends_that_miss_each_other_meet_once(make_roads, make_study):
    graph, faults = build_graph(make_roads([(0, 0), (50, 0)], [(51, 0), (99, 0)]), make_study())
    assert len(graph.edges) == 2
    assert len(faults) == 1
    assert graph.edges["length_m"].sum() == pytest.approx(99 * 1.0004, abs=0.01)


@pytest.mark.parametrize(
    "other",
    [
        {"at": [(-50, 0), (50, 0)], "bridge": True},  # a road that ends beneath a bridge
        [(-50, -1.0), (50, -1.0)],  # further than dangle_m
    ],
)
def test_ends_that_rightly_miss_stay_loose(make_roads, make_study, other):
    graph, faults = build_graph(make_roads(other, [(0, 80), (0, 1.5)]), make_study(dangle_m=2.0))
    assert len(graph.edges) == 2
    assert len(faults) == 0


def test_a_stub_beside_the_road_it_leaves_makes_no_loop(make_roads, make_study):
    graph, faults = build_graph(make_roads([(-50, 0), (50, 0)], [(0, 0), (0, 1.5)]), make_study(dangle_m=2.0))
    assert (len(graph.edges), len(faults)) == (3, 0)


def test_a_road_that_is_a_point_is_left_out_and_said_so(make_roads, make_study):
    _, faults = build_graph(make_roads([(0, 0), (90, 0)], [(0, 5), (0.02, 5)]), make_study())
    assert faults["rule"].tolist() == ["road_too_short"]
    assert "r1" in describe(faults, load("sv"))["message"].iloc[0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 1), st.floats(0.0, 700.0)), max_size=9), min_size=1, max_size=3
    )
)
def test_cutting_again_and_again_keeps_length(make_roads, make_study, rounds):
    whole, _ = build_graph(make_roads([(0, 0), (400, 0), (400, 300)], [(0, 9), (0, 400)]), make_study())
    graph = whole
    for cuts in rounds:
        road = np.array([edge for edge, _ in cuts], np.int64)
        edge = np.array(
            [np.flatnonzero(graph.edges["road_id"] == f"r{number}")[0] for number in road], np.int64
        )
        length = shapely.length(graph.edges.geometry.to_numpy())[edge]
        along = np.minimum(np.array([place for _, place in cuts]), length)
        wanted = shapely.line_interpolate_point(graph.edges.geometry.to_numpy()[edge], along)
        graph, nodes = split_edges(graph, edge, along, gap_m=0.05)
        assert (shapely.distance(graph.nodes.geometry.to_numpy()[nodes], wanted) <= 0.5).all()
    by_road = graph.edges.groupby("road_id")
    assert by_road["length_m"].sum().to_numpy() == pytest.approx(whole.edges["length_m"].to_numpy(), abs=1e-6)
    assert graph.nodes.iloc[: len(whole.nodes)].equals(whole.nodes)


DRIVEN = (
    *(
        "motorway",
        "trunk",
        "primary",
        "secondary",
        "tertiary",
        "unclassified",
        "residential",
        "living_street",
    ),
    *("service", "track", "motorway_link", "trunk_link", "primary_link", "secondary_link", "tertiary_link"),
    *("raceway", "rest_area"),
)


@pytest.fixture(scope="session")
def andorra(shared_data) -> gpd.GeoDataFrame:
    roads = pyogrio.read_dataframe(shared_data / "andorra/andorra_layers.gpkg", layer="roads")
    roads = roads[roads["highway"].isin(DRIVEN)].to_crs("EPSG:25831").set_index("osm_id", drop=False)
    return roads.assign(
        road_class=roads["highway"]
        .map({"trunk": "1", "primary": "2", "secondary": "3", "tertiary": "5"})
        .fillna("7"),
        surface=pd.Series(
            np.where(roads["highway"] == "track", "gravel", "asphalt"), index=roads.index, dtype="str"
        ),
        bridge=roads["bridge"].eq("yes").fillna(value=False).astype(bool),
        tunnel=roads["tunnel"].eq("yes").fillna(value=False).astype(bool),
        layer=0,
    )


def test_andorra_has_826_kilometres_of_road_that_hang_together(andorra):
    study = Study(study=StudyInfo(name="Andorra", crs="EPSG:25831", year=2021))
    graph, _ = build_graph(andorra, study)
    tables.check(graph.edges, tables.EDGES, crs="EPSG:25831")
    length_m = graph.edges["length_m"]
    assert length_m.sum() == pytest.approx(826_000, rel=0.005)
    main = graph.nodes["component"].to_numpy()[graph.tails] == 0
    assert length_m[main].sum() / length_m.sum() == pytest.approx(0.975, abs=0.01)


def test_in_andorra_nothing_joins_what_it_passes_over_or_under(andorra):
    study = Study(study=StudyInfo(name="Andorra", crs="EPSG:25831", year=2021))
    graph, _ = build_graph(andorra, study)
    lines, level = graph.edges.geometry.to_numpy(), graph.edges["level"].to_numpy()
    first, second = shapely.STRtree(lines).query(lines, predicate="crosses")
    assert len(first) > 50
    assert (level[first] != level[second]).all()
