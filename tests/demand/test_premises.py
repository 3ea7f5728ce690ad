"""Premises from whatever there is: rows in are rows used or set aside."""

import datetime as dt

import numpy as np
import pytest
from shapely import Point, box

from infraplan import tables
from infraplan.config import Demand, Layer
from infraplan.demand import build_premises, build_zones
from infraplan.errors import StudyError
from infraplan.layers.faults import describe
from infraplan.words import load


def build(found, study):
    zones, _ = build_zones(found, study)
    premises, faults = build_premises(found, zones, study)
    tables.check(premises, tables.PREMISES, crs="EPSG:3006")
    tables.check(faults, tables.FAULTS)
    for language in ("sv", "en"):
        describe(faults, load(language))
    return premises, faults


def rule(faults, name):
    return faults[faults["rule"] == name]


def test_a_premises_table_is_taken_as_it_is(layer, layers, study):
    shapes = [Point(0, 0), box(10, 10, 20, 20)]
    rows = layer(
        "premises",
        shapes,
        ids=["b", "a"],
        households=[2.0, 0.0],
        workplaces=[0.0, 3.0],
        kind=["multi", "workplace"],
    )
    about = {"premises": Layer(path="p.csv", date=dt.date(2026, 1, 15))}
    premises, _ = build(layers(premises=rows), study(layers=about))
    assert list(premises.index) == ["a", "b"]
    assert premises.loc["a", ["households", "workplaces", "kind", "source", "vintage"]].tolist() == [
        0, 3, "workplace", "premises", "2026-01-15",
    ]  # fmt: skip
    assert shapes[1].contains(premises.geometry["a"])


def test_nothing_to_make_premises_of_is_the_users_error(layer, layers, study):
    found = layers(municipalities=layer("municipalities", [box(0, 0, 1, 1)], code=["01"]))
    zones, _ = build_zones(found, study())
    with pytest.raises(StudyError, match=r"\[layers.buildings\]"):
        build_premises(found, zones, study())


def test_buildings_addresses_garages_and_pieces(layer, layers, study):
    buildings = layer(
        "buildings",
        [
            box(0, 0, 10, 10),
            box(100, 0, 120, 10),
            box(120, 0, 150, 10),
            box(300, 0, 305, 5),
            box(500, 0, 510, 10),
        ],
        ids=["house", "flats", "flats#2", "garage", "cabin"],
        kind=["single", "multi", "multi", "none", "holiday"],
    )
    addresses = layer(
        "addresses",
        [Point(5, 5), Point(105, 5), Point(145, 5), Point(110, 14), Point(302, 2), Point(700, 0)],
        ids=range(6),
        households=[np.nan, 4, 5, 6, np.nan, 1],
    )
    premises, faults = build(layers(buildings=buildings, addresses=addresses), study())
    assert list(premises.index) == ["address:4", "address:5", "cabin", "flats", "house"]
    # The flats have the addresses within, and the one by the wall (4 m away).
    assert premises["households"].to_dict() == {
        "address:4": 1,
        "address:5": 1,
        "cabin": 0,
        "flats": 15,
        "house": 1,
    }
    assert rule(faults, "not_premises")["values"].tolist() == [{"count": 1}]
    assumed = rule(faults, "assumed_households").set_index("layer")["values"].to_dict()
    assert assumed == {"addresses": {"count": 1, "total": 1}, "buildings": {"count": 2, "total": 1}}
    assert box(120, 0, 150, 10).contains(premises.geometry["flats"])


@pytest.mark.parametrize("with_addresses", [True, False])
def test_nothing_but_garages(layer, layers, study, with_addresses):
    found = {"buildings": layer("buildings", [box(0, 0, 10, 10)], kind=["none"])}
    if with_addresses:
        found["addresses"] = layer("addresses", [Point(5, 5)], ids=["A"])
    premises, faults = build(layers(**found), study())
    assert list(premises.index) == (["address:A"] if with_addresses else [])
    assert rule(faults, "not_premises")["values"].tolist() == [{"count": 1}]


def test_an_address_between_two_buildings_belongs_to_the_nearer(layer, layers, study):
    buildings = layer("buildings", [box(0, 0, 10, 10), box(16, 0, 26, 10)], ids=["a", "b"])
    addresses = layer("addresses", [Point(14, 5)], households=[7.0])
    premises, _ = build(layers(buildings=buildings, addresses=addresses), study())
    assert premises["households"].to_dict() == {"a": 1, "b": 7}


def test_counts_repeated_on_pieces_are_not_added(layer, layers, study):
    buildings = layer(
        "buildings", [box(0, 0, 1, 1), box(5, 0, 6, 1)], ids=["x", "x#2"], households=[6.0, 6.0]
    )
    premises, _ = build(layers(buildings=buildings), study())
    assert premises["households"].to_dict() == {"x": 6}


def test_addresses_alone_keep_their_ids(layer, layers, study):
    premises, _ = build(
        layers(addresses=layer("addresses", [Point(0, 0), Point(0, 0)], ids=["1", "2"])), study()
    )
    assert premises["households"].to_dict() == {"1": 1, "2": 1}


def test_assumptions_by_kind(layer, layers, study):
    kinds = ["single", "multi", "holiday", "workplace", "public"]
    buildings = layer("buildings", [box(i * 50, 0, i * 50 + 10, 10) for i in range(5)], ids=kinds, kind=kinds)
    premises, _ = build(layers(buildings=buildings), study())
    assert premises["households"].to_dict() == {
        "single": 1,
        "multi": 8,
        "holiday": 0,
        "workplace": 0,
        "public": 0,
    }
    assert premises["workplaces"].to_dict() == {
        "single": 0,
        "multi": 0,
        "holiday": 0,
        "workplace": 1,
        "public": 1,
    }


def test_fractions_are_rounded_and_said(layer, layers, study):
    premises, faults = build(
        layers(premises=layer("premises", [Point(0, 0)], households=[1.5], workplaces=[0.0])), study()
    )
    assert premises["households"].tolist() == [2]
    assert rule(faults, "fraction_rounded")["values"].tolist() == [{"count": 1, "column": "households"}]


def test_people_are_shared_out_by_floor_to_those_that_live_there(layer, layers, study):
    buildings = layer(
        "buildings",
        [box(0, 0, 10, 10), box(20, 0, 40, 10), box(50, 0, 60, 10), box(1000, 0, 1010, 10)],
        ids=["small", "large", "cabin", "lone cabin"],
        kind=["single", "single", "holiday", "holiday"],
    )
    zones = layer("population", [box(-5, -5, 100, 100), box(990, -5, 1100, 100)], population=[9.0, 3.0])
    found = layers(buildings=buildings, population=zones)
    premises, faults = build(found, study(demand=Demand(persons_per_household=1.5)))
    assert premises["households"].to_dict() == {"small": 2, "large": 4, "cabin": 0, "lone cabin": 2}
    assert not len(rule(faults, "assumed_households"))


def test_stated_households_stand_and_only_the_rest_is_shared(layer, layers, study):
    shapes = [Point(0, 0), Point(1, 0), Point(2, 0), Point(50, 0)]
    rows = layer("premises", shapes, ids=list("abcd"), households=[3.0, np.nan, np.nan, 9.0])
    zones = layer("population", [box(-1, -1, 3, 1), box(40, -1, 60, 1)], households=[7.0, 2.0])
    premises, faults = build(layers(premises=rows, population=zones), study())
    assert premises["households"].to_dict() == {"a": 3, "b": 2, "c": 2, "d": 9}
    assert rule(faults, "zone_total_differs")["values"].tolist() == [{"count": 1, "zones": 2, "premises": 9}]


def test_zones_without_premises_and_premises_without_zone_add_up(layer, layers, study):
    rows = layer("premises", [Point(0, 0), Point(500, 0)])
    zones = layer(
        "population", [box(-1, -1, 1, 1), box(100, 0, 101, 1)], ids=["here", "empty"], households=[4.0, 6.0]
    )
    premises, faults = build(layers(premises=rows, population=zones), study())
    lost = rule(faults, "zone_without_premises")
    assert lost["feature_id"].tolist() == ["empty"]
    assert premises["households"].sum() + lost["values"].iloc[0]["total"] == 10
    assert rule(faults, "outside_population")["values"].tolist() == [{"count": 1}]


def test_of_overlapping_zones_the_first_wins(layer, layers, study):
    rows = layer("premises", [Point(0, 0), Point(10, 0)])
    zones = layer(
        "population", [box(-1, -1, 1, 1), box(-2, -2, 11, 2)], ids=["first", "second"], households=[4.0, 6.0]
    )
    premises, faults = build(layers(premises=rows, population=zones), study())
    assert premises["households"].tolist() == [4, 6]
    assert rule(faults, "overlapping_population")[["feature_id", "values"]].to_numpy().tolist() == [
        ["second", {"count": 1}]
    ]


def test_zones_that_share_a_border_do_not_overlap(layer, layers, study):
    zones = layer("population", [box(0, 0, 10, 10), box(10, 0, 20, 10)], households=[3.0, 0.0])
    premises, faults = build(layers(premises=layer("premises", [Point(10, 5)]), population=zones), study())
    assert premises["households"].tolist() == [3]
    assert not len(rule(faults, "overlapping_population"))


def test_places_known_as_points_reach_only_so_far(layer, layers, study):
    rows = layer("premises", [Point(0, 0), Point(900, 0), Point(2500, 0)], ids=list("abc"))
    places = layer(
        "population", [Point(100, 0), Point(1000, 0), Point(300, 0)], population=[10.0, 20.0, np.nan]
    )
    demand = Demand(point_reach_m=1000, persons_per_household=1)
    premises, faults = build(layers(premises=rows, population=places), study(demand=demand))
    assert premises["households"].to_dict() == {"a": 10, "b": 20, "c": 0}
    assert rule(faults, "population_unknown")["values"].tolist() == [{"count": 1}]


def test_workplaces_of_zones_go_to_places_of_work(layer, layers, study):
    rows = layer("premises", [Point(0, 0), Point(1, 0), Point(50, 0)], kind=["single", "public", "single"])
    zones = layer("population", [box(-1, -1, 2, 1), box(40, -1, 60, 1)], workplaces=[5.0, 2.0])
    premises, _ = build(layers(premises=rows, population=zones), study())
    assert premises["workplaces"].tolist() == [0, 5, 2]


def test_the_order_of_the_file_does_not_matter(layer, layers, study):
    random = np.random.default_rng(3)
    shapes = [Point(x, y) for x, y in random.uniform(0, 100, (40, 2))]
    zones = layer("population", [box(0, 0, 100, 100)], population=[333.0])
    rows = layer("premises", shapes, ids=random.permutation(40))
    straight, _ = build(layers(premises=rows, population=zones), study())
    shuffled, _ = build(layers(premises=rows.sample(frac=1, random_state=1), population=zones), study())
    assert straight.equals(shuffled)


def municipal(layer):
    return layer("municipalities", [box(10, 0, 20, 10), box(0, 0, 10, 10)], code=["02", "01"])


def test_municipality_by_border_rule(layer, layers, study):
    shapes = [Point(5, 5), Point(10, 5), Point(20.5, 5), Point(500, 5)]
    rows = layer("premises", shapes, ids=list("abcd"), households=1.0, workplaces=0.0)
    premises, faults = build(
        layers(premises=rows, municipalities=municipal(layer)), study(demand=Demand(border_m=1))
    )
    assert premises["municipality"].to_dict() == {"a": "01", "b": "01", "c": "02", "d": ""}
    assert rule(faults, "near_border")[["feature_id", "values"]].to_numpy().tolist() == [
        ["c", {"municipality": "02"}]
    ]
    assert rule(faults, "outside_municipalities")["feature_id"].tolist() == ["d"]


def test_premises_outside_the_named_municipalities_are_left_out_after_the_sharing(layer, layers, study):
    rows = layer("premises", [Point(5, 5), Point(15, 5)], ids=["in", "out"])
    zones = layer("population", [box(0, 0, 20, 10)], households=[8.0])
    found = layers(premises=rows, municipalities=municipal(layer), population=zones)
    premises, faults = build(found, study(municipalities=("01",), demand=Demand(border_m=1)))
    assert premises["households"].to_dict() == {"in": 4}
    assert rule(faults, "outside_study")["values"].tolist() == [{"count": 1}]


def test_the_border_rule_takes_nobody_from_a_neighbour(layer, layers, study):
    rows = layer("premises", [Point(5, 5), Point(10.5, 5), Point(-0.5, 5)], ids=list("abc"), households=1.0)
    found = layers(premises=rows, municipalities=municipal(layer))
    premises, faults = build(found, study(municipalities=("01",), demand=Demand(border_m=1)))
    assert premises["municipality"].to_dict() == {"a": "01", "c": "01"}
    assert rule(faults, "near_border")["feature_id"].tolist() == ["c"]


def test_a_study_changes_one_assumption_and_keeps_the_others(layer, layers, study):
    demand = Demand(kinds={"multi": {"households": 20}})
    assert demand.kinds.multi.dwelling_m2 == 68
    rows = layer("premises", [Point(0, 0), Point(1, 0)], kind=["multi", "single"])
    premises, _ = build(layers(premises=rows), study(demand=demand))
    assert premises["households"].tolist() == [20, 1]


def test_settlement_by_area_beats_points_and_large_beats_small(layer, layers, study):
    rows = layer(
        "premises",
        [Point(5, 5), Point(50, 50), Point(5000, 5000)],
        ids=list("abc"),
        households=1.0,
        workplaces=0.0,
    )
    shapes = [box(0, 0, 10, 10), box(0, 0, 100, 100), Point(5, 5)]
    places = layer("localities", shapes, code=["L", "S", "P"], population=[300.0, 60.0, 9000.0])
    premises, _ = build(layers(premises=rows, localities=places), study())
    assert premises["locality"].to_dict() == {"a": "L", "b": "S", "c": ""}
    assert premises["settlement_class"].to_dict() == {"a": "locality", "b": "small_locality", "c": "outside"}
    assert premises["settlement_known"].all()


def test_localities_as_points_leave_doubt_around_their_rim(layer, layers, study):
    # 1000 inhabitants: 179.8 ha, a radius of 756 m.
    at = [0, 300, 700, 800, 1400, 1600]
    rows = layer("premises", [Point(x, 0) for x in at], households=1.0, workplaces=0.0)
    places = layer("localities", [Point(0, 0)], code=["A"], population=[1000.0])
    premises, _ = build(layers(premises=rows, localities=places), study())
    assert premises["settlement_class"].tolist() == ["locality"] * 3 + ["outside"] * 3
    assert premises["settlement_known"].tolist() == [True, True, False, False, False, True]


def test_the_nearest_of_several_points_wins(layer, layers, study):
    rows = layer("premises", [Point(0, 0)], households=1.0, workplaces=0.0)
    places = layer(
        "localities", [Point(700, 0), Point(100, 0)], code=["far", "near"], population=[99_000.0, 300.0]
    )
    premises, _ = build(layers(premises=rows, localities=places), study())
    assert premises["locality"].tolist() == ["near"]


def test_localities_elsewhere_tell_that_there_are_none_here(layer, layers, study):
    rows = layer("premises", [Point(0, 0)], households=1.0, workplaces=0.0)
    places = layer(
        "localities", [box(9e5, 0, 9.1e5, 1), Point(8e5, 0)], code=["A", "B"], population=[900.0, 900.0]
    )
    premises, _ = build(layers(premises=rows, localities=places), study())
    assert premises["settlement_class"].tolist() == ["outside"]
    assert premises["settlement_known"].tolist() == [True]


def test_without_localities_nobody_knows(layer, layers, study):
    premises, _ = build(
        layers(premises=layer("premises", [Point(0, 0)], households=1.0, workplaces=0.0)), study()
    )
    assert premises["settlement_class"].tolist() == ["outside"]
    assert premises["settlement_known"].tolist() == [False]
