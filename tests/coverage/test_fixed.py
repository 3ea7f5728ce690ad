"""Service rows, against rules stated by hand and against a brute force."""

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from infraplan import tables
from infraplan.config import Coverage
from infraplan.coverage import evaluate_fixed
from infraplan.layers.faults import describe
from infraplan.layers.technology_rules import read_technology_rules
from infraplan.words import load

RULES = read_technology_rules("2026")


def evaluate(rows, found, study):
    result, faults = evaluate_fixed(rows, found, RULES, study)
    tables.check(result, tables.SERVICE)
    tables.check(faults, tables.FAULTS)
    for language in ("sv", "en"):
        describe(faults, load(language))
    return result, faults


def test_without_any_layer_there_is_no_service(premises, layers, study):
    service, faults = evaluate(premises([Point(0, 0)]), layers(), study())
    assert not len(service)
    assert not len(faults)


def test_without_premises_connections_are_unmatched(premises, layer, layers, study):
    found = layers(
        connected=layer("connected", [Point(0, 0)]),
        fibre_lines=layer("fibre_lines", [LineString([(0, 0), (1, 0)])]),
    )
    service, faults = evaluate(premises([]), found, study())
    assert not len(service)
    assert faults["rule"].tolist() == ["unmatched_connection"]


def test_connections_by_id_and_by_position(premises, layer, layers, study):
    rows = premises([Point(0, 0), Point(100, 0), Point(1000, 0)], ids=list("abc"))
    connected = layer(
        "connected",
        [Point(999, 0), Point(120, 0), Point(126, 0), None, None],
        premises_id=["a", "", "", "c", "nobody"],
        down_mbps=[np.nan, 250.0, 100.0, np.nan, 100.0],
        technology=["fibre", "fibre", "fibre", "vdsl", "fibre"],
        status=["connected", "orderable", "connected", "connected", "connected"],
        operator=list("VWXYZ"),
    )
    service, faults = evaluate(
        rows, layers(connected=connected), study(coverage=Coverage(match_m=25, passed_m=1))
    )
    found = service.set_index("premises_id")[
        ["operator", "technology", "down_mbps", "status", "evidence"]
    ].fillna(-1)
    assert found.to_dict("index") == {
        "a": {
            "operator": "V",
            "technology": "fibre",
            "down_mbps": 1000,
            "status": "connected",
            "evidence": "declared",
        },
        "b": {
            "operator": "W",
            "technology": "fibre",
            "down_mbps": 250,
            "status": "orderable",
            "evidence": "declared",
        },
        "c": {
            "operator": "Y",
            "technology": "vdsl",
            "down_mbps": -1,
            "status": "connected",
            "evidence": "declared",
        },
    }
    assert faults[["rule", "feature_id"]].to_numpy().tolist() == [
        ["unmatched_connection", "2"],
        ["unmatched_id", "4"],
        ["exchange_unknown", ""],
        ["speed_unknown", ""],
    ]


def test_a_match_at_the_very_distance_counts(premises, layer, layers, study):
    found = layers(connected=layer("connected", [Point(25, 0)]))
    service, _ = evaluate(premises([Point(0, 0)]), found, study())
    assert service["status"].tolist() == ["connected"]


def test_flats_in_one_place_take_its_connections_in_turn(premises, layer, layers, study):
    rows = premises([Point(0, 0)] * 3, ids=["c", "a", "b"])
    service, _ = evaluate(rows, layers(connected=layer("connected", [Point(1, 0)] * 2)), study())
    assert service.loc[service["status"] == "connected", "premises_id"].tolist() == ["a", "b"]
    assert service.loc[service["status"] == "passed_estimated", "premises_id"].tolist() == ["c"]


def test_connections_outside_the_study_are_counted_not_listed(premises, layer, layers, study):
    found = layers(
        area=box(-10, -10, 1000, 10), connected=layer("connected", [Point(500, 0), Point(5000, 0)])
    )
    _, faults = evaluate(premises([Point(0, 0)]), found, study())
    assert faults[["rule", "feature_id"]].to_numpy().tolist() == [
        ["unmatched_connection", "0"],
        ["outside_study", ""],
    ]


def test_footprints_as_areas_and_as_lists(premises, layer, layers, study):
    rows = premises([Point(0, 0), Point(10, 0), Point(50, 0)], ids=list("abc"))
    footprints = layer(
        "footprints",
        [box(-5, -5, 10, 5), box(-5, -5, 5, 5), Point(51, 0), None],
        premises_id=["", "", "", "b"],
        down_mbps=[100.0, 30.0, 1000.0, 50.0],
        technology=["fwa", "vdsl", "fibre", "cable"],
        status=["orderable", "connected", "planned", "orderable"],
        planned_by=["", "", "2028-06-30", "next year"],
    )
    service, faults = evaluate(rows, layers(footprints=footprints), study())
    found = service[["premises_id", "technology", "status", "planned_by"]].to_numpy().tolist()
    # On its edge counts as inside; a planned fibre passes nobody yet.
    assert sorted(found) == [
        ["a", "fwa", "orderable", ""],
        ["a", "vdsl", "connected", ""],
        ["b", "cable", "orderable", "next year"],
        ["b", "fwa", "orderable", ""],
        ["c", "fibre", "planned", "2028-06-30"],
    ]
    assert faults["rule"].tolist() == ["exchange_unknown", "plan_date_unreadable"]


def test_passed_by_line_node_and_neighbour(premises, layer, layers, study):
    rows = premises(
        [Point(0, 50), Point(0, 50.1), Point(200, 30), Point(500, 0), Point(540, 0)], ids=list("abcde")
    )
    found = layers(
        fibre_lines=layer("fibre_lines", [LineString([(-100, 0), (100, 0)])], operator=["line"]),
        fibre_nodes=layer("fibre_nodes", [Point(200, 0)], operator=["node"]),
        connected=layer("connected", [Point(500, 0)], operator=["home"]),
    )
    service, _ = evaluate(rows, found, study())
    passed = service[service["status"] == "passed_estimated"].set_index("premises_id")
    assert passed[["operator", "distance_m"]].to_dict("index") == {
        "a": {"operator": "line", "distance_m": 50},
        "c": {"operator": "node", "distance_m": 30},
        "e": {"operator": "home", "distance_m": 40},
    }
    assert set(passed["evidence"]) == {"modelled"}
    assert set(passed["down_mbps"]) == {1000}


def test_a_neighbour_connected_by_copper_passes_nobody(premises, layer, layers, study):
    connected = layer("connected", [Point(0, 0)], technology=["vdsl"], down_mbps=[50.0])
    service, _ = evaluate(premises([Point(0, 0), Point(10, 0)]), layers(connected=connected), study())
    assert service["premises_id"].tolist() == ["0"]


@pytest.mark.parametrize("seed", range(25))
def test_the_estimate_equals_a_brute_force(premises, layer, layers, study, seed):
    random = np.random.default_rng(seed)
    homes = shapely.points(random.integers(0, 300, (random.integers(1, 40), 2)))
    nodes = shapely.points(random.integers(0, 300, (random.integers(0, 4), 2)))
    lines = shapely.linestrings(random.integers(0, 300, (random.integers(0, 3), 3, 2)))
    passed_m = float(random.choice([0.0, 10.0, 20.0, 50.0]))
    wired = np.flatnonzero(random.random(len(homes)) < 0.1)
    found = layers(
        fibre_nodes=layer("fibre_nodes", nodes),
        fibre_lines=layer("fibre_lines", lines),
        connected=layer("connected", [None] * len(wired), premises_id=[str(i) for i in wired]),
    )
    service, _ = evaluate(premises(homes), found, study(coverage=Coverage(passed_m=passed_m)))
    fibre = [*nodes, *lines, *homes[wired]]
    away = {
        str(i): min((shape.distance(home) for shape in fibre), default=np.inf)
        for i, home in enumerate(homes)
        if i not in wired
    }
    passed = service[service["status"] == "passed_estimated"].set_index("premises_id")["distance_m"]
    assert passed.to_dict() == pytest.approx({name: d for name, d in away.items() if d <= passed_m})
