"""Service rows, against rules stated by hand and against a brute force."""

import math

import numpy as np
import pandas as pd
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


def test_offers_that_are_too_dear_are_set_aside_and_named(premises, layer, layers, study):
    rows = premises([Point(0, 0), Point(100, 0)], ids=["a", "b"])
    footprints = layer(
        "footprints",
        [box(-5, -5, 5, 5), None, None, None, None],
        premises_id=["", "a", "b", "b", "b"],
        down_mbps=1000.0,
        technology="cable",
        price_sek=[40_000.5, 40_000.0, 90_000.0, 90_000.0, np.nan],
        status=["orderable", "orderable", "planned", "connected", "orderable"],
    )
    connected = layer(
        "connected",
        [None] * 2,
        premises_id=["a", "b"],
        status=["orderable", "connected"],
        price_sek=[99_000.0, 99_000.0],
    )
    service, faults = evaluate(rows, layers(connected=connected, footprints=footprints), study())
    dear = faults[faults["rule"] == "order_too_dear"]
    assert dear[["layer", "feature_id", "severity"]].to_numpy().tolist() == [
        ["connected", "0", "warning"],
        ["footprints", "0", "warning"],
    ]
    assert dear["values"].tolist() == [
        {"price": 99_000.0, "limit": 40_000.0},
        {"price": 40_000.5, "limit": 40_000.0},
    ]
    told = service[service["technology"] == "cable"][["premises_id", "status", "price_sek"]].fillna(-1)
    assert told.to_numpy().tolist() == [
        ["a", "orderable", 40_000.0],
        ["b", "connected", 90_000.0],
        ["b", "orderable", -1],
        ["b", "planned", 90_000.0],
    ]
    assert len(service) == 5


def test_a_layer_of_nothing_but_dear_offers(premises, layer, layers, study):
    footprints = layer("footprints", [box(-5, -5, 5, 5)], down_mbps=100.0, price_sek=50_000.0)
    service, faults = evaluate(premises([Point(0, 0)]), layers(footprints=footprints), study())
    assert not len(service)
    assert faults["rule"].tolist() == ["order_too_dear"]
    service, faults = evaluate(
        premises([Point(0, 0)]), layers(footprints=footprints), study(coverage=Coverage(order_max_sek=50_000))
    )
    assert len(service) == 1
    assert not len(faults)


def test_a_plan_that_is_not_decided_keeps_its_row_and_what_is_there_needs_no_decision(
    premises, layer, layers, study
):
    footprints = layer(
        "footprints", [None] * 4, premises_id="a", down_mbps=1000.0, technology="cable",
        status=["planned", "planned", "planned", "orderable"], decided=[False, True, True, False],
        planned_by=["2028", "2028", "2029", ""],
    )  # fmt: skip
    service, _ = evaluate(premises([Point(0, 0)], ids=["a"]), layers(footprints=footprints), study())
    assert service[["status", "planned_by", "decided"]].to_numpy().tolist() == [
        ["orderable", "", True],
        ["planned", "2028", False],
        ["planned", "2028", True],
        ["planned", "2029", True],
    ]


def test_of_the_same_offer_the_fastest_is_kept_and_of_the_reliable_too(premises, layer, layers, study):
    footprints = layer(
        "footprints", [None] * 7, premises_id="a", technology=["fwa"] * 5 + ["vdsl"] * 2, operator="A",
        down_mbps=[100.0, 300.0, 300.0, np.nan, 300.0, 200.0, 50.0],
        up_mbps=[np.nan, 10.0, 50.0, 90.0, 50.0, np.nan, np.nan],
        price_sek=[1.0, 1.0, 9.0, 1.0, 5.0, np.nan, np.nan],
        exchange_m=[np.nan] * 5 + [501.0, 500.0],
    )  # fmt: skip
    service, _ = evaluate(premises([Point(0, 0)], ids=["a"]), layers(footprints=footprints), study())
    told = service[["technology", "down_mbps", "up_mbps", "price_sek", "reliable"]].fillna(-1)
    assert told.to_numpy().tolist() == [
        ["fwa", 300.0, 50.0, 5.0, True],
        ["vdsl", 200.0, -1, -1, False],
        ["vdsl", 50.0, -1, -1, True],
    ]


@pytest.mark.parametrize(
    ("technology", "reliable"),
    [("fibre", True), ("cable", True), ("fwa", True), ("adsl", False), ("mobile", False),
     ("satellite", False), ("unknown", False)],
)  # fmt: skip
def test_reliable_by_technology_alone(premises, layer, layers, study, technology, reliable):
    footprints = layer("footprints", [box(-5, -5, 5, 5)], down_mbps=20.0, technology=technology)
    service, faults = evaluate(premises([Point(0, 0)]), layers(footprints=footprints), study())
    assert service["reliable"].tolist() == [reliable]
    assert not len(faults)


def test_vdsl_is_reliable_within_reach_of_an_exchange_of_its_network(premises, layer, layers, study):
    rows = premises([Point(0, 0), Point(500, 0), Point(500.1, 0), Point(0, 5000)], ids=list("abcd"))
    offered = layer(
        "footprints", [box(-1, -1, 9000, 9000)] * 4, down_mbps=100.0, technology="vdsl",
        operator=["A", "B", "C", ""],
    )  # fmt: skip
    found = layers(
        footprints=offered,
        exchanges=layer("exchanges", [Point(0, 0), Point(0, 4600)], operator=["Skanova", ""]),
    )
    networks = {"A": "Skanova"}
    service, faults = evaluate(rows, found, study(coverage=Coverage(networks=networks)))
    near = service[service["reliable"]].groupby("operator", observed=True)["premises_id"].agg("".join)
    # A uses Skanova's exchanges; B and C may only use the one of nobody; who names no operator may use all.
    assert near.to_dict() == {"": "abd", "A": "abd", "B": "d", "C": "d"}
    assert not len(faults)
    only = layers(footprints=offered, exchanges=layer("exchanges", [Point(0, 0)], operator=["Skanova"]))
    service, faults = evaluate(rows, only, study(coverage=Coverage(networks=networks)))
    assert set(service.loc[service["reliable"], "operator"]) == {"A", ""}
    assert faults[["rule", "severity"]].to_numpy().tolist() == [["exchange_unknown", "info"]]
    assert faults["values"].item() == {"count": 8}


def test_the_stated_length_of_copper_goes_before_the_straight_line(premises, layer, layers, study):
    connected = layer(
        "connected", [None] * 2, premises_id=["a", "b"], technology="vdsl", down_mbps=100.0,
        exchange_m=[900.0, np.nan],
    )  # fmt: skip
    found = layers(connected=connected, exchanges=layer("exchanges", [Point(0, 0)]))
    service, _ = evaluate(premises([Point(0, 0)] * 2, ids=["a", "b"]), found, study())
    assert service[["premises_id", "reliable"]].to_numpy().tolist() == [["a", False], ["b", True]]


def test_speeds_that_a_technology_cannot_give_are_told_and_used(premises, layer, layers, study):
    connected = layer(
        "connected", [None] * 3, premises_id="a", technology=["adsl", "adsl", "fibre"],
        down_mbps=[24.0, 25.0, 9_000.0], operator=list("ABC"),
    )  # fmt: skip
    service, faults = evaluate(premises([Point(0, 0)], ids=["a"]), layers(connected=connected), study())
    assert faults[["rule", "feature_id"]].to_numpy().tolist() == [["speed_beyond_technology", "1"]]
    assert faults["values"].item() == {"technology": "adsl", "speed": 25.0, "most": 24.0}
    assert sorted(service["down_mbps"]) == [24.0, 25.0, 9_000.0]


def test_networks_of_operators_that_nobody_has_are_told(premises, layer, layers, study):
    connected = layer("connected", [None], premises_id="0", operator="Bynät")
    asked = study(coverage=Coverage(networks={"Bynat": "Net", "Bynät": "Net", "Zq": "Net"}))
    _, faults = evaluate(premises([Point(0, 0)]), layers(connected=connected), asked)
    assert faults["rule"].tolist() == ["network_operator_unknown"] * 2
    assert faults["values"].tolist() == [
        {"operator": "Bynat", "near": "Bynät"},
        {"operator": "Zq", "near": "–"},
    ]


def test_areas_without_premises_are_counted(premises, layer, layers, study):
    shapes = [box(100, 0, 101, 1), box(-1, -1, 1, 1), box(200, 0, 201, 1)]
    footprints = layer("footprints", shapes, down_mbps=[30.0, 50.0, 30.0], technology="cable")
    service, faults = evaluate(premises([Point(0, 0)]), layers(footprints=footprints), study())
    assert service["down_mbps"].tolist() == [50.0]
    assert faults["rule"].tolist() == ["footprint_without_premises"]
    assert faults["values"].item() == {"count": 2}


SAID = ("operator", "technology", "status", "planned_by", "decided", "price_sek", "down_mbps", "up_mbps")


def draw(random, count):
    """Return random columns of offers."""
    return {
        "operator": random.choice(["", "A", "B"], count),
        "technology": random.choice(["cable", "vdsl", "mobile"], count),
        "status": random.choice(["connected", "orderable", "planned"], count),
        "planned_by": random.choice(["", "2028"], count),
        "decided": random.random(count) < 0.7,
        "price_sek": random.choice([np.nan, 1_000.0, 50_000.0], count, p=[0.4, 0.4, 0.2]),
        "down_mbps": random.choice([np.nan, 30.0, 100.0], count, p=[0.1, 0.5, 0.4]),
        "up_mbps": random.choice([np.nan, 10.0], count),
        "exchange_m": random.choice([np.nan, 300.0, 800.0], count),
    }


def walk(homes, footprints, exchanges):
    """Return who has which offer, row by row, and what becomes of each row of the layer."""
    offers, fate = {}, {"used": 0, "dear": 0, "unmatched": 0, "idle": 0}
    met = {}
    for row in footprints.to_dict("records"):
        if row["status"] == "orderable" and row["price_sek"] > 40_000:
            fate["dear"] += 1
            continue
        decided = row["decided"] or row["status"] != "planned"
        area = row["geometry"] is not None
        if area:
            theirs = [name for name, place in homes.items() if row["geometry"].intersects(place)]
        else:
            theirs = [name for name in homes if name == row["premises_id"]]
            fate["used" if theirs else "unmatched"] += 1
        for name in theirs:
            near = row["exchange_m"] <= 500
            if math.isnan(row["exchange_m"]):
                near = any(homes[name].distance(exchange) <= 500 for exchange in exchanges)
            reliable = row["technology"] == "cable" or (row["technology"] == "vdsl" and near)
            key = (
                name,
                row["operator"],
                row["technology"],
                row["status"],
                row["planned_by"],
                decided,
                reliable,
            )
            speed = [-1 if math.isnan(row[x]) else row[x] for x in ("down_mbps", "up_mbps")]
            price = math.inf if math.isnan(row["price_sek"]) else row["price_sek"]
            offers.setdefault(key, []).append((-speed[0], -speed[1], price))
        if area:
            same = str([*(row[name] for name in SAID if name != "decided"), decided, row["exchange_m"]])
            met.setdefault(same, []).append(bool(theirs))
    for group in met.values():
        fate["used" if any(group) else "idle"] += len(group)
    return {key: min(rows) for key, rows in offers.items()}, fate


@pytest.mark.parametrize("seed", range(25))
def test_footprints_equal_a_walk_over_rows_and_premises(premises, layer, layers, study, seed):
    random = np.random.default_rng(seed)
    places = shapely.points(random.integers(0, 20, (12, 2)) * 100.0)
    rows = premises(places)
    corner, size = random.integers(0, 20, (14, 2)) * 100.0, random.integers(0, 8, (14, 2)) * 100.0
    areas = shapely.box(*corner.T, *(corner + size + 1).T)
    names = ["", *rows.index[:6], "nobody"]
    lists = random.choice(names[1:], 8)
    footprints = layer(
        "footprints", [*areas, *[None] * 8], premises_id=[*[""] * 14, *lists], **draw(random, 22)
    )
    exchanges = shapely.points(random.integers(0, 20, (random.integers(0, 3), 2)) * 100.0)
    found = layers(footprints=footprints, exchanges=layer("exchanges", exchanges))
    service, faults = evaluate(rows, found, study())
    expected, fate = walk(dict(zip(rows.index, places, strict=True)), footprints, exchanges)
    keys = ["premises_id", "operator", "technology", "status", "planned_by", "decided", "reliable"]
    service = service.astype(dict.fromkeys(keys[:5], "str"))
    assert not service.duplicated(keys).any()
    made = {
        tuple(row[:7]): (*(-speed for speed in row[7:9]), row[9])
        for row in service[[*keys, "down_mbps", "up_mbps", "price_sek"]]
        .fillna({"down_mbps": -1, "up_mbps": -1, "price_sek": math.inf})
        .itertuples(index=False, name=None)
    }
    assert made == expected
    # Rows in = rows matched + faults.
    told = faults.groupby("rule")["values"].agg(list).to_dict()
    counted = {
        rule: sum(value["count"] for value in values) for rule, values in told.items() if "count" in values[0]
    }
    assert len(told.get("order_too_dear", [])) == fate["dear"]
    assert len(told.get("unmatched_id", [])) == fate["unmatched"]
    assert counted.get("footprint_without_premises", 0) == fate["idle"]
    assert sum(fate.values()) == len(footprints)


@pytest.mark.parametrize("text", [True, False])
def test_text_that_few_words_make_up_is_kept_as_categories(premises, layer, layers, study, text):
    found = layers(
        connected=layer("connected", [Point(0, 0)]), fibre_nodes=layer("fibre_nodes", [Point(0, 0)])
    )
    rows = premises([Point(0, 0), Point(1, 0)] if text else [Point(0, 0)])
    service, _ = evaluate(rows, found, study())
    kinds = {column.name: column.kind for column in tables.SERVICE.columns}
    assert all(
        isinstance(service[name].dtype, pd.CategoricalDtype) == (kinds[name] == "text") for name in kinds
    )
    assert service["premises_id"].cat.categories.equals(rows.index)
