"""What lies under, beside and across each stretch, on roads that can be drawn on a napkin."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiPolygon, box, transform

from infraplan.config import Study, StudyInfo
from infraplan.errors import PlanError
from infraplan.layers.area_rules import read_area_rules
from infraplan.network import attach_premises, build_graph, cut_graph, find_areas, survey, take_out
from infraplan.planconfig import Ducts, Poles, Works
from infraplan.tables import EDGES, check

CRS = "EPSG:3006"
X, Y = 500_000.0, 7_300_000.0
PLANE = 0.9996
"""On the central meridian a metre in the plane of SWEREF 99 TM is 1 / 0.9996 m on the ground."""
ROAD = [(0, 0), (1000, 0)]
WAY_ROUND = [(0, 0), (0, 300), (1000, 300), (1000, 0)]


def move(shape):
    return transform(shape, lambda xy: np.add(xy, (X, Y)))


def table(name, *rows, **default):
    """Make a layer from rows with ``at``: a list of corners, or a shape."""
    default = {"kind": "", "name": "", **default}
    index = pd.Index([row.get("id", f"{name}-{n}") for n, row in enumerate(rows, 1)], dtype="str")
    shapes = [row["at"] if hasattr(row["at"], "area") else LineString(row["at"]) for row in rows]
    values = [default | {k: v for k, v in row.items() if k not in ("at", "id")} for row in rows]
    return gpd.GeoDataFrame(pd.DataFrame(values).set_axis(index), geometry=[move(s) for s in shapes], crs=CRS)


def ducts(*rows):
    return table("ducts", *rows, free_capacity=np.nan, price_sek_m=np.nan, own=False, owner="")


def works(*rows):
    return table("works", *rows, start="2027-05-01", end="2028-05-01", share=np.nan, contact="")


def areas(*rows):
    return table("areas", *rows, factor=np.nan, permit="")


@pytest.fixture
def look(make_roads, make_points, make_layers):
    """Return a function from roads, homes and layers to the surveyed attachment, by the order of the line."""

    def go(*roads, homes=None, turned=False, **given):
        sections = {name: given.pop(name) for name in ("ducts_", "poles_", "works_") if name in given}
        rules = {"ducts_": Ducts, "poles_": Poles, "works_": Works}
        made = {name[:-1]: rules[name](**values) for name, values in sections.items()}
        study = Study(study=StudyInfo(name="test", year=2026), **made)
        layers = make_layers(**(dict(reversed(given.items())) if turned else given))
        found, _ = find_areas(layers, read_area_rules("areas-2026"), study)
        graph, _ = build_graph(make_roads(*roads), study)
        graph, closed = cut_graph(graph, layers, found, study)
        premises = make_points(**(homes or {}))
        return survey(attach_premises(graph, premises, study, closed=closed), layers, found, study)

    return go


def roads_of(attachment) -> gpd.GeoDataFrame:
    """Return the road edges from west to east, with where each begins and ends in metres."""
    edges = attachment.graph.edges
    edges = edges[edges["kind"] == "road"]
    bounds = edges.geometry.bounds
    edges = edges.assign(west=(bounds["minx"] - X).round(), east=(bounds["maxx"] - X).round())
    return edges.sort_values(["west", "east"])


def spans(attachment, **having) -> list[tuple[float, float]]:
    edges = roads_of(attachment)
    for name, value in having.items():
        edges = edges[edges[name] == value]
    return list(zip(edges["west"], edges["east"], strict=True))


# Areas where nothing may be built


def test_a_closed_area_takes_the_road_in_it_out_and_leaves_what_is_beyond_an_island(look):
    found = look(
        ROAD,
        homes={"near": (200, 20), "far": (900, 20)},
        no_go=areas({"at": box(400, -9, 600, 9), "kind": "no_go"}),
    )
    assert spans(found) == [(0, 200), (200, 400), (600, 900), (900, 1000)]
    part = found.graph.nodes["component"].loc[found.node_of]
    assert len(set(part)) == 2
    assert found.unattached.empty


def test_another_way_round_a_closed_area_keeps_what_is_beyond(look):
    found = look(
        ROAD, WAY_ROUND, homes={"far": (900, 20)}, no_go=areas({"at": box(400, -9, 600, 9), "kind": "no_go"})
    )
    assert len(set(found.graph.nodes["component"].loc[found.graph.edges["tail"]])) == 1


def test_all_roads_in_closed_areas_are_an_error_with_a_remedy(look):
    with pytest.raises(
        PlanError, match=r"every road lies in an area where nothing may be built\. Mend the layers"
    ):
        look(ROAD, no_go=areas({"at": box(-9, -9, 1009, 9), "kind": "no_go"}))


def test_a_road_along_a_closed_areas_border_stays(look):
    assert spans(look(ROAD, no_go=areas({"at": box(-9, 0, 1009, 90), "kind": "no_go"}))) == [(0, 1000)]


def test_drops_through_closed_areas_vanish_and_who_has_no_other_is_told(look):
    wall = areas({"at": box(450, 10, 700, 20), "kind": "no_go"})
    homes = {"open": (200, 50), "shut": (600, 50), "free": (600, -50)}
    found = look(ROAD, homes=homes, no_go=wall)
    assert sorted(found.node_of.index) == ["free", "open"]
    assert found.unattached["reason"].to_dict() == {"shut": "no_go"}
    heads = found.graph.edges.loc[found.graph.edges["kind"] == "drop", "head"]
    assert set(heads) == set(found.node_of)


def test_a_second_drop_round_a_closed_area_is_enough(look):
    wall = areas({"at": box(450, 10, 700, 20), "kind": "no_go"})
    found = look(ROAD, [(700, 0), (700, 200)], homes={"shut": (660, 50)}, no_go=wall)
    assert list(found.node_of.index) == ["shut"]
    drops = found.graph.edges[found.graph.edges["kind"] == "drop"]
    assert len(drops) == 1
    assert drops["length_m"].iloc[0] == pytest.approx(40 / PLANE)


def test_premises_far_from_roads_keep_their_reason_beside_those_shut_in(look):
    wall = areas({"at": box(450, 10, 700, 20), "kind": "no_go"})
    found = look(ROAD, homes={"shut": (600, 50), "lost": (600, 5000)}, no_go=wall)
    assert found.unattached["reason"].to_dict() == {"lost": "too_far", "shut": "no_go"}
    assert found.unattached["distance_m"].notna().to_dict() == {"lost": True, "shut": False}


# Areas that ask for care


def test_soft_areas_cut_the_road_and_the_dearest_counts(look):
    care = areas(
        {"at": box(200, -9, 600, 9), "kind": "nature_reserve", "factor": 1.5},
        {"at": box(400, -9, 800, 9), "kind": "nature_reserve", "factor": 2.0},
    )
    edges = roads_of(look(ROAD, protected=care))
    assert edges["east"].tolist() == [200, 400, 600, 800, 1000]
    assert edges["factor"].tolist() == [1.0, 1.5, 2.0, 2.0, 1.0]
    one, two = "protected:areas-1", "protected:areas-2"
    assert edges["areas"].tolist() == ["", one, f"{one} {two}", two, ""]


def test_a_drop_lies_in_soft_areas_with_a_part(look):
    care = areas({"at": box(400, 25, 600, 90), "kind": "nature_reserve", "factor": 2.0})
    edges = look(ROAD, homes={"a": (500, 50)}, protected=care).graph.edges
    drop = edges[edges["kind"] == "drop"].iloc[0]
    assert (drop["areas"], drop["factor"]) == ("protected:areas-1", pytest.approx(1.5))


# Ducts and poles


def test_a_duct_along_the_road_is_reused_as_far_as_it_runs(look):
    edges = look(
        ROAD, ducts=ducts({"at": [(300, 5), (800, 5)], "id": "D", "free_capacity": 2.9, "price_sek_m": 4.0})
    )
    found = roads_of(edges)
    assert found["existing"].tolist() == ["new", "leased_duct", "new"]
    assert found["duct_id"].tolist() == ["", "D", ""]
    assert found["room"].tolist() == [0, 2, 0]
    assert found["rent_sek_m"].fillna(-1).tolist() == [-1, 4, -1]
    # Places along a run are sure to half a step of five metres.
    assert found["west"].iloc[1] == pytest.approx(300, abs=5)
    assert found["east"].iloc[1] == pytest.approx(800, abs=5)


def test_a_duct_that_crosses_or_lies_apart_is_none(look):
    rows = [{"at": [(500, -300), (500, 300)]}, {"at": [(0, 40), (1000, 40)]}]
    found = look(ROAD, ducts=ducts(*(row | {"free_capacity": 9} for row in rows)))
    assert spans(found, existing="new") == [(0, 1000)]


@pytest.mark.parametrize(
    ("capacity", "unknown", "room"), [(0, 5, None), (0.9, 5, None), (np.nan, 0, None), (np.nan, 3, 3)]
)
def test_a_duct_without_room_is_none_and_what_is_not_said_is_the_studys(look, capacity, unknown, room):
    found = look(
        ROAD,
        ducts=ducts({"at": [(0, 5), (1000, 5)], "free_capacity": capacity}),
        ducts_={"unknown_room": unknown},
    )
    assert roads_of(found)["room"].tolist() == [room or 0]
    assert roads_of(found)["existing"].tolist() == ["leased_duct" if room else "new"]


def test_of_several_ducts_ones_own_comes_first_then_the_cheapest_then_the_roomiest(look):
    along = {"at": [(0, 5), (1000, 5)], "free_capacity": 2}
    rows = [
        {"id": "dear", "price_sek_m": 9.0},
        {"id": "cheap", "price_sek_m": 1.0},
        {"id": "roomy", "price_sek_m": 1.0, "free_capacity": 7},
        {"id": "untold"},
        {"id": "own", "own": True, "price_sek_m": 20.0},
    ]
    for order in (rows, rows[::-1]):
        left = list(order)
        for best in ("own", "roomy", "cheap", "dear", "untold"):
            found = roads_of(look(ROAD, ducts=ducts(*(along | row for row in left))))
            assert found["duct_id"].tolist() == [best]
            assert found["existing"].tolist() == ["own_duct" if best == "own" else "leased_duct"]
            left = [row for row in left if row["id"] != best]


def test_poles_count_only_where_they_may_be_used(look):
    line = table("power_lines", {"at": [(0, 20), (1000, 20)]}, voltage="", operator="")
    assert roads_of(look(ROAD, power_lines=line))["poles"].tolist() == [False]
    assert roads_of(look(ROAD, power_lines=line, poles_={"use": True}))["poles"].tolist() == [True]
    apart = table("power_lines", {"at": [(0, 50), (1000, 50)]}, voltage="", operator="")
    assert roads_of(look(ROAD, power_lines=apart, poles_={"use": True}))["poles"].tolist() == [False]


def test_drops_follow_nothing(look):
    along = [(500, 0), (500, 200)]
    found = look(
        ROAD,
        homes={"a": (500, 200)},
        ducts=ducts({"at": along, "free_capacity": 5}),
        planned_works=works({"at": along}),
    )
    drop = found.graph.edges[found.graph.edges["kind"] == "drop"].iloc[0]
    assert (drop["existing"], drop["works_id"], drop["works_share"]) == ("new", "", 1.0)


# Planned works


@pytest.mark.parametrize(
    ("start", "end", "when", "counts"),
    [
        ("2025-01-01", "2025-12-31", {}, False),
        ("2025-01-01", "2026-01-01", {}, True),
        ("2031-12-31", "2033-01-01", {}, True),
        ("2032-01-01", "2033-01-01", {}, False),
        ("2027", "2027", {"from_year": 2028}, False),
        ("2027", "2028", {"from_year": 2028}, True),
        ("2029", "2030", {"to_year": 2028}, False),
    ],
)
def test_works_count_within_the_years_that_are_built_in(look, start, end, when, counts):
    along = works({"at": ROAD, "id": "W", "start": start, "end": end})
    found = roads_of(look(ROAD, planned_works=along, works_=when))
    assert found["works_id"].tolist() == ["W" if counts else ""]
    assert found["works_share"].tolist() == [0.6 if counts else 1.0]


def test_the_share_is_the_layers_or_the_studys_and_the_least_counts(look):
    rows = [{"at": ROAD, "id": "told", "share": 0.3}, {"at": ROAD, "id": "untold"}]
    for order in (rows, rows[::-1]):
        for default, best in ((0.5, "told"), (0.2, "untold")):
            found = roads_of(look(ROAD, planned_works=works(*order), works_={"share": default}))
            assert found["works_id"].tolist() == [best]
            assert found["works_share"].tolist() == [min(default, 0.3)]


def test_works_that_are_areas_hold_the_roads_in_them_and_end_at_their_border(look):
    square = box(400, -200, 700, 200)
    found = look(ROAD, [(500, 0), (500, 150)], planned_works=works({"at": square, "id": "W", "share": 0.5}))
    assert spans(found, works_id="W") == [(400, 500), (500, 500), (500, 700)]
    assert spans(found, works_id="") == [(0, 400), (700, 1000)]
    assert set(found.graph.edges["works_share"]) == {0.5, 1.0}


def test_a_road_along_the_outside_of_a_works_area_is_not_in_it(look):
    # Within the corridor for lines, but beside the area.
    found = look(ROAD, planned_works=works({"at": box(0, 5, 1000, 200)}))
    assert spans(found, works_id="") == [(0, 1000)]


def test_works_of_both_shapes_and_of_several_parts_are_all_seen(look):
    parts = MultiPolygon([box(0, -9, 100, 9), box(200, -9, 300, 9)])
    rows = [{"at": parts, "id": "A", "share": 0.5}, {"at": [(600, 0), (900, 0)], "id": "L"}]
    for order in (rows, rows[::-1]):
        found = look(ROAD, planned_works=works(*order))
        assert spans(found, works_id="A") == [(0, 100), (200, 300)]
        assert spans(found, works_id="L") == [(600, 900)]


# What is crossed


def test_crossings_are_counted_and_named_by_the_road_that_is_left(look):
    main = {"at": [(0, 0), (1000, 0)], "road_class": "2"}
    brook = table("water", {"at": [(300, -300), (300, 300)]})
    homes = {"a": (500, 50), "b": (600, 50), "c": (700, -50)}
    edges = look(main, homes=homes, water=brook).graph.edges
    assert edges.loc[edges["kind"] == "road", "cross_water"].sum() == 1
    assert set(edges.loc[edges["kind"] == "road", "crossed_class"]) == {""}
    drops = edges[edges["kind"] == "drop"].sort_values("head")
    # The trench lies where most premises are.
    assert drops["cross_road"].tolist() == [0, 0, 1]
    assert drops["crossed_class"].tolist() == ["", "", "2"]


@pytest.mark.parametrize("turned", [False, True])
def test_at_a_junction_the_road_of_the_lowest_edge_is_crossed(look, turned):
    rows = [{"at": [(0, 0), (500, 0)], "road_class": "1"}, {"at": [(500, 0), (500, -300)], "road_class": "8"}]
    found = look(*(rows[::-1] if turned else rows), homes={"a": (530, 40), "b": (100, -50), "c": (200, -50)})
    edges = found.graph.edges
    junction = edges[(edges["kind"] == "drop") & (edges["head"] == found.node_of["a"])]
    first = edges[
        (edges["kind"] == "road") & edges[["tail", "head"]].isin([junction["tail"].iloc[0]]).any(axis=1)
    ]
    said = junction["crossed_class"].iloc[0]
    assert said == (first["road_class"].iloc[0] if junction["cross_road"].iloc[0] else "")


# All together


def everything():
    return {
        "no_go": areas({"at": box(820, -9, 850, 9), "kind": "no_go"}),
        "protected": areas({"at": box(150, -9, 450, 9), "kind": "nature_reserve", "factor": 1.5}),
        "ground": table(
            "ground",
            {"at": box(-9, -400, 500, 400), "class": "rock"},
            {"at": box(500, -400, 1009, 400), "class": "peat"},
        ),
        "ducts": ducts({"at": [(0, 5), (400, 5)], "free_capacity": 3}),
        "planned_works": works({"at": [(300, -5), (700, -5)]}, {"at": box(650, -99, 760, 99), "share": 0.2}),
        "power_lines": table("power_lines", {"at": [(0, 20), (600, 20)]}, voltage="", operator=""),
        "water": table("water", {"at": [(550, -300), (550, 300)]}),
        "railways": table("railways", {"at": [(250, -300), (250, 300)]}),
    }


def test_cutting_and_asking_changes_no_length_and_keeps_the_contract(look):
    layers = everything()
    closed = layers.pop("no_go")
    found = look(ROAD, WAY_ROUND, homes={"a": (500, 40)}, poles_={"use": True}, **layers)
    edges = found.graph.edges
    check(edges, EDGES, crs=CRS)
    assert edges.loc[edges["kind"] == "road", "length_m"].sum() == pytest.approx(2_600 / PLANE, rel=1e-6)
    assert len(edges) > 10
    less = look(
        ROAD, WAY_ROUND, homes={"a": (500, 40)}, poles_={"use": True}, no_go=closed, **layers
    ).graph.edges
    assert less.loc[less["kind"] == "road", "length_m"].sum() == pytest.approx(2_570 / PLANE, rel=1e-6)


def test_the_order_of_layers_does_not_matter(look):
    homes = {"a": (500, 40), "b": (700, -30)}
    one = look(ROAD, WAY_ROUND, homes=homes, poles_={"use": True}, **everything())
    other = look(ROAD, WAY_ROUND, homes=homes, poles_={"use": True}, turned=True, **everything())
    pd.testing.assert_frame_equal(one.graph.edges, other.graph.edges)
    pd.testing.assert_series_equal(one.node_of, other.node_of)


def test_nothing_around_leaves_the_road_as_it_is(look):
    edges = look(ROAD).graph.edges
    assert len(edges) == 1
    row = edges.iloc[0]
    assert (row["ground"], row["areas"], row["factor"], row["existing"]) == ("unknown", "", 1.0, "new")


def test_taking_out_nothing_or_everything(look):
    graph = look(ROAD, homes={"a": (500, 40)}).graph
    assert take_out(graph, np.zeros(len(graph.edges), bool)) is graph
    none = take_out(graph, np.ones(len(graph.edges), bool))
    assert len(none.edges) == 0
    assert len(none.nodes) == len(graph.nodes)


def test_arguments_stay_as_they_are(look, make_layers):
    found = look(ROAD, homes={"a": (500, 40)})
    before = found.graph.edges.copy()
    study = Study(study=StudyInfo(name="test", year=2026))
    layers = make_layers(planned_works=works({"at": ROAD}))
    none, _ = find_areas(layers, read_area_rules("areas-2026"), study)
    survey(replace(found), layers, none, study)
    pd.testing.assert_frame_equal(found.graph.edges, before)
