"""The modelled study: it sums to what is published, holds together, and comes out the same again."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from infraplan.demo import build
from infraplan.demo.norrbotten import read_norrbotten
from infraplan.errors import StudyError
from infraplan.layers.catalog import CATALOG


def fingerprint(table):
    plain = pd.DataFrame(table.drop(columns="geometry")).assign(
        shape=shapely.to_wkb(table.geometry.to_numpy(), hex=True)
    )
    return int(pd.util.hash_pandas_object(plain.astype("str")).sum())


def road_graph(roads):
    ends = [
        np.round(shapely.get_coordinates(shapely.get_point(roads.geometry.to_numpy(), i)), 2) for i in (0, -1)
    ]
    graph = nx.MultiGraph()
    for tail, head, length in zip(*ends, roads.length, strict=True):
        graph.add_edge(tuple(tail), tuple(head), length=length)
    return graph


def distance_to(points, others):
    tree = shapely.STRtree(others.to_numpy())
    return tree.query_nearest(points.to_numpy(), return_distance=True, all_matches=False)[1]


def access_share(tables):
    premises = tables["premises"]
    fast = tables["connected"].loc[tables["connected"]["down_mbps"] >= 100, "premises_id"]
    return premises.loc[premises.index.isin(fast), "households"].sum() / premises["households"].sum()


def test_dwellings_sum_to_the_published_figures(tables):
    premises = tables["premises"]
    assert premises["households"].sum() == 1_620
    assert (premises["kind"] == "single").sum() == 1_029
    assert (premises["kind"] == "holiday").sum() == 182
    assert premises["workplaces"].sum() == 324  # 0.20 for each household
    assert premises.loc[premises["kind"].isin(["holiday", "workplace", "public"]), "households"].sum() == 0
    assert (premises.loc[premises["kind"] == "multi", "households"] >= 2).all()


def test_access_is_the_published_share(tables):
    assert access_share(tables) == pytest.approx(0.55, abs=0.01)


def test_the_country_has_half_the_access_of_the_town(tables):
    premises, localities = tables["premises"], tables["localities"]
    large = localities[localities["population"] >= 200]
    town = premises.index.isin(premises.sjoin(large[["geometry"]]).index)
    served = premises.index.isin(tables["connected"]["premises_id"])
    shares = [
        premises["households"][part & served].sum() / premises["households"][part].sum()
        for part in (town, ~town)
    ]
    assert 0.3 < shares[1] / shares[0] < 0.7


@pytest.fixture(scope="module")
def gallivare():
    return build(municipality="2523")


def test_few_lie_near_fibre_without_having_it(gallivare):
    """In Gällivare 79.66 % were connected in 2022, and 85.26 % near the net: 5.6 percentage points more."""
    premises = gallivare["premises"]
    served = premises.index.isin(gallivare["connected"]["premises_id"])
    near = served | (distance_to(premises.geometry, gallivare["fibre_lines"].geometry) < 50)
    near |= distance_to(premises.geometry, gallivare["connected"].geometry) < 50
    shares = [premises["households"][part].sum() / premises["households"].sum() for part in (served, near)]
    assert shares[0] == pytest.approx(0.8453, abs=0.01)
    assert 0.03 < shares[1] - shares[0] < 0.09


def test_towns_are_about_as_wide_as_scb_says(gallivare, shared_data):
    theirs = pd.read_csv(shared_data / "norrbotten" / "tatorter_2020.csv").set_index("name")["area_ha"]
    listed = gallivare["localities"][gallivare["localities"].index.str.startswith("GN")]
    ours = listed.set_index("name").area / 10_000.0
    ratios = (ours / theirs).dropna()
    assert len(ratios) >= 2
    assert ratios.between(0.5, 1.3).all()


@pytest.mark.parametrize(
    "name",
    [
        "roads",
        "premises",
        "connected",
        "localities",
        "fibre_lines",
        "fibre_nodes",
        "footprints",
        "public_buildings",
        "service_points",
        "mobile_coverage",
        "planned_works",
        "municipalities",
    ],
)
def test_layers_keep_the_catalogue(tables, name):
    table, kind = tables[name].reset_index(), CATALOG[name]
    shapes = {"Point": "point", "LineString": "line", "Polygon": "area", "MultiPolygon": "area"}
    assert len(table)
    assert table.crs == "EPSG:3006"
    assert table.is_valid.all()
    assert not table.is_empty.any()
    assert {shapes[found] for found in table.geom_type} <= set(kind.shapes)
    # What a layer may lack gets its default when the folder is read.
    assert {field.name for field in kind.fields if field.required} <= set(table.columns)
    for field in kind.fields:
        if field.choices and field.name in table:
            assert set(table[field.name]) <= set(field.choices)
    if kind.key in table:
        assert table[kind.key].is_unique


def test_premises_lie_in_their_municipality(tables):
    border = read_norrbotten().municipalities.geometry["2513"]
    assert tables["premises"].covered_by(border).all()


def test_roads_are_connected_but_for_one_island_that_has_houses(tables):
    graph = road_graph(tables["roads"])
    parts = sorted(nx.connected_components(graph), key=len, reverse=True)
    lengths = [sum(d["length"] for *_, d in graph.subgraph(part).edges(data=True)) for part in parts]
    assert len(parts) == 2
    assert lengths[0] / sum(lengths) > 0.95
    island = shapely.MultiPoint(list(parts[1]))
    assert (tables["premises"].distance(island) < 700).sum() >= 3


def crossing_layers(roads):
    lines, layer = roads.geometry.to_numpy(), roads["layer"].to_numpy()
    one, two = shapely.STRtree(lines).query(lines, predicate="crosses")
    return set(zip(layer[one].tolist(), layer[two].tolist(), strict=True))


def test_roads_cross_without_meeting_only_on_bridges_and_in_tunnels(tables):
    roads = tables["roads"]
    assert crossing_layers(roads) == {(0, 1), (1, 0), (0, -1), (-1, 0)}
    assert roads.loc[roads["layer"] == 1, "bridge"].all()
    assert roads.loc[roads["layer"] == -1, "tunnel"].all()
    assert roads.length.min() > 0.01


@pytest.mark.parametrize("seed", [2, 77])
def test_where_places_lie_close_main_roads_are_passed_all_the_same(seed):
    assert crossing_layers(build(seed, "2581")["roads"]) == {(0, 1), (1, 0), (0, -1), (-1, 0)}


def test_some_premises_lie_far_from_any_road_and_most_beside_one(tables):
    away = distance_to(tables["premises"].geometry, tables["roads"].geometry)
    assert 5 <= (away > 500).sum() <= 40
    assert np.median(away) < 40
    assert away.min() > 5


def test_fibre_reaches_whom_it_serves(tables):
    connected = tables["connected"]
    served = tables["premises"].loc[connected["premises_id"]]
    assert connected["premises_id"].is_unique
    assert shapely.equals(served.geometry.to_numpy(), connected.geometry.to_numpy()).all()
    away = shapely.distance(served.geometry.to_numpy(), tables["fibre_lines"].union_all())
    assert np.quantile(away, 0.95) < 60
    assert set(connected["status"]) == {"connected", "orderable"}
    assert (
        nx.number_connected_components(
            nx.Graph(
                (a, b)
                for a, b in shapely.STRtree(tables["fibre_lines"].geometry.to_numpy())
                .query(tables["fibre_lines"].geometry.to_numpy(), predicate="intersects")
                .T
            )
        )
        == 1
    )


def test_public_buildings_stand_at_premises(tables):
    premises = tables["premises"]
    public = premises[premises["kind"] == "public"]
    assert len(public) == len(tables["public_buildings"])
    assert public.geometry.union_all().equals(tables["public_buildings"].geometry.union_all())
    assert (tables["public_buildings"]["kind"] == "town_hall").sum() == 1


def test_built_up_areas_do_not_overlap(tables):
    areas = tables["localities"]
    assert areas.area.sum() == pytest.approx(areas.union_all().area, rel=1e-6)
    assert "Överkalix" in set(areas["name"])


def test_planned_works_end_after_they_start(tables):
    works = tables["planned_works"]
    assert (pd.to_datetime(works["start"]) < pd.to_datetime(works["end"])).all()


def test_the_same_seed_gives_the_same_tables_and_another_seed_others(tables):
    again, other = build(seed=2026, municipality="2513"), build(seed=7, municipality="2513")
    assert {k: fingerprint(t) for k, t in again.items()} == {k: fingerprint(t) for k, t in tables.items()}
    assert fingerprint(other["premises"]) != fingerprint(tables["premises"])
    assert other["premises"]["households"].sum() == 1_620


def test_names_follow_the_language(tables):
    english = build(municipality="2513", language="en")
    assert " km north" in " ".join(english["localities"]["name"])
    assert "Kommunhus, Överkalix" in set(tables["public_buildings"]["name"])
    assert english["premises"].equals(tables["premises"])


def test_an_unknown_municipality_is_a_user_error():
    with pytest.raises(StudyError, match="municipality 0180"):
        build(municipality="0180")


@pytest.mark.parametrize("seed", [0, 1, 2**31])
def test_any_seed_makes_a_study(seed):
    tables = build(seed, "2506")
    assert tables["premises"]["households"].sum() == read_norrbotten().households("2506")
    assert access_share(tables) == pytest.approx(0.72, abs=0.01)


@pytest.mark.slow
def test_the_county_is_the_sum_of_its_municipalities(tables):
    whole, county = build(county=True), read_norrbotten()
    premises = whole["premises"]
    code = premises.index.str[:4]
    borders = county.municipalities.geometry.loc[code].to_numpy()
    assert shapely.covers(borders, premises.geometry.to_numpy()).all()
    assert premises["households"].groupby(code).sum().to_dict() == {
        c: county.households(c) for c in county.municipalities.index
    }
    for kind, figure in (("single", "small_houses_2014"), ("holiday", "holiday_homes_2014")):
        counted = (premises["kind"] == kind).groupby(code).sum()
        assert counted.to_dict() == county.municipalities[figure].to_dict()
    served = premises["households"].where(premises.index.isin(whole["connected"]["premises_id"]), 0)
    shares = served.groupby(code).sum() / premises["households"].groupby(code).sum()
    assert (shares - county.municipalities["share"]).abs().max() < 0.01
    assert 0.80 < served.sum() / premises["households"].sum() < 0.85
    assert all(table.is_valid.all() for table in whole.values())
    halls = whole["public_buildings"][whole["public_buildings"]["kind"] == "town_hall"]
    assert set(halls["name"]) == {f"Kommunhus, {name}" for name in county.municipalities["name"]}
    assert premises[code == "2513"].equals(tables["premises"])
    parts = sorted(nx.connected_components(road_graph(whole["roads"])), key=len)
    assert crossing_layers(whole["roads"]) == {(0, 1), (1, 0), (0, -1), (-1, 0)}
    assert len(parts) == 15, "the network, and an island in each municipality"
