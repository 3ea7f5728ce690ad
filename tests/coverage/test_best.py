"""The best of each status and the state-aid colour, against a walk over each premises' rows."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from infraplan import tables
from infraplan.config import Coverage, Study, StudyInfo
from infraplan.coverage.best import find_best
from infraplan.coverage.state_aid import count_colours
from infraplan.demand.membership import assign_zones
from infraplan.layers.state_aid_rules import StateAidRules, read_state_aid_rules

RULES = read_state_aid_rules("eu-2023")
COLOURS = {"white": 0, "grey": 1, "black": 2}


def find(premises, service, study, rules=RULES):
    best = find_best(premises, service, rules, study)
    tables.check(best, tables.BEST)
    assert best.index.equals(premises.index)
    return best


def change(rules, section, **values):
    part = getattr(rules, section).model_copy(update=values)
    return StateAidRules(**dict(rules) | {section: part})


def test_without_service_everybody_is_white(premises, service, study):
    best = find(premises([Point(0, 0)] * 2), service([]), study())
    assert best["colour"].tolist() == ["white"] * 2
    assert best["networks"].tolist() == [0, 0]
    assert best[["connected_mbps", "connected_up_mbps", "reliable_mbps"]].to_numpy().tolist() == [[0] * 3] * 2
    assert best[["planned_technology", "planned_operator"]].to_numpy().tolist() == [["", ""]] * 2


def test_without_premises_there_is_nobody(premises, service, study):
    assert not len(find(premises([]), service([("x", 100.0, "connected")]), study()))


def test_ties_go_by_speed_up_then_technology_then_operator(premises, service, study):
    rows = service(
        [("a", 100.0, "connected")] * 5 + [("a", math.nan, "connected")],
        up_mbps=[10.0, 50.0, 50.0, 50.0, math.nan, 1000.0],
        technology=["cable", "fwa", "fibre", "fibre", "adsl", "cable"],
        operator=["A", "A", "C", "B", "A", "A"],
    )
    best = find(premises([Point(0, 0)], ids=["a"]), rows, study()).iloc[0]
    told = ["connected_mbps", "connected_up_mbps", "connected_technology", "connected_operator"]
    assert best[told].tolist() == [100.0, 50.0, "fibre", "B"]


def test_an_unknown_speed_is_nothing_to_count_on_but_something_is_there(premises, service, study):
    rows = service([("a", math.nan, "connected")], technology=["adsl"], operator=["A"])
    best = find(premises([Point(0, 0)], ids=["a"]), rows, study()).iloc[0]
    assert best[["connected_mbps", "connected_technology", "reliable_mbps"]].tolist() == [0.0, "adsl", 0.0]
    assert math.isnan(best["connected_up_mbps"])


def test_a_plan_that_nobody_decided_is_no_best(premises, service, study):
    rows = service(
        [("a", 1000.0, "planned"), ("a", 300.0, "planned")],
        decided=[False, True],
        planned_by=["2027", "2040"],
    )
    best = find(premises([Point(0, 0)], ids=["a"]), rows, study()).iloc[0]
    # The decided one comes after the horizon: it is the best that is planned, and no network.
    assert best[["planned_mbps", "networks"]].tolist() == [300.0, 0]


@pytest.mark.parametrize(
    ("rows", "columns", "networks"),
    [
        ([("a", 100.0, "connected")], {}, 1),
        ([("a", 99.9, "connected")], {}, 0),
        ([("a", 1000.0, "passed_estimated")], {}, 0),
        ([("a", 1000.0, "orderable")], {"technology": ["satellite"]}, 0),
        # Two operators on one open network are one; a third with a network of its own makes two.
        ([("a", 100.0, "connected"), ("a", 100.0, "orderable")], {"operator": ["A", "B"]}, 1),
        ([("a", 100.0, "connected"), ("a", 100.0, "orderable")], {"operator": ["A", "C"]}, 2),
        ([("a", 100.0, "connected"), ("a", 100.0, "orderable")], {"operator": ["A", "Net"]}, 1),
        # All who are not named are one, beside those who are.
        ([("a", 100.0, "connected"), ("a", 100.0, "orderable")], {"technology": ["fibre", "cable"]}, 1),
        ([("a", 100.0, "connected"), ("a", 100.0, "orderable")], {"operator": ["A", ""]}, 2),
        ([("a", 100.0, "planned")], {"planned_by": ["2026-01-01"]}, 1),
        ([("a", 100.0, "planned")], {"planned_by": ["2029-12-31"]}, 1),
        ([("a", 100.0, "planned")], {"planned_by": ["2030-01-01"]}, 0),
        ([("a", 100.0, "planned")], {"planned_by": ["2025-12-31"]}, 0),
        ([("a", 100.0, "planned")], {"planned_by": [""]}, 0),
        ([("a", 100.0, "planned")], {"planned_by": ["2027"], "decided": [False]}, 0),
        ([("elsewhere", 100.0, "connected")], {}, 0),
    ],
)
def test_which_networks_count(premises, service, study, rows, columns, networks):
    asked = study(coverage=Coverage(networks={"A": "Net", "B": "Net"}))
    best = find(premises([Point(0, 0)], ids=["a"]), service(rows, **columns), asked).iloc[0]
    assert best["networks"] == networks
    assert COLOURS[best["colour"]] == min(networks, 2)


def test_the_rules_decide(premises, service, study):
    home = premises([Point(0, 0)], ids=["a"])
    rows = service(
        [("a", 100.0, "connected"), ("a", 30.0, "passed_estimated"), ("a", 100.0, "planned")],
        operator=["A", "B", "C"],
        technology=["satellite", "fibre", "fibre"],
        planned_by=["", "", "2030"],
    )

    def networks(rules):
        return find(home, rows, study(), rules)["networks"].item()

    assert networks(RULES) == 0
    assert networks(change(RULES, "horizon", years=4)) == 1
    assert networks(change(RULES, "counts", reliable_only=False)) == 1
    slow = change(RULES, "speed", down_mbps=30.0)
    assert networks(slow) == 0
    assert networks(change(slow, "counts", statuses=("passed_estimated",))) == 1
    three = service([("a", 100.0, "connected")] * 2, operator=["A", "B"])
    grey = find(home, three, study(), change(RULES, "colours", black_from=3))
    assert grey[["networks", "colour"]].to_numpy().tolist() == [[2, "grey"]]


def test_a_study_can_say_whose_the_nameless_are(premises, service, study):
    rows = service([("a", 100.0, "connected")] * 2, operator=["", "A"])
    asked = study(coverage=Coverage(networks={"": "A"}))
    assert find(premises([Point(0, 0)], ids=["a"]), rows, asked)["networks"].item() == 1


offer = st.tuples(
    st.sampled_from(["0", "1", "2", "gone"]),
    st.sampled_from([math.nan, 0.0, 30.0, 100.0, 1000.0]),
    st.sampled_from(tables.STATUSES),
    st.sampled_from([math.nan, 10.0, 100.0]),
    st.sampled_from(["fibre", "cable", "satellite"]),
    st.sampled_from(["", "A", "B", "C", "Ö"]),
    st.sampled_from(["", "2024", "2027-05-01", "2031", "soon"]),
    st.booleans(),
    st.booleans(),
)
NAMES = (
    "premises_id", "down_mbps", "status", "up_mbps", "technology", "operator", "planned_by", "decided",
    "reliable",
)  # fmt: skip
NETWORKS = {"A": "Net", "B": "Net", "C": "C"}


def by_hand(rows, home):
    """Return one premises' row of BEST, by looking at each row of service."""
    mine = [row for row in rows if row["premises_id"] == home]
    told = {}
    for status in tables.STATUSES:
        have = [r for r in mine if r["status"] == status and (r["decided"] or status != "planned")]

        def quality(row):
            speeds = [-1 if math.isnan(row[name]) else row[name] for name in ("down_mbps", "up_mbps")]
            return (-speeds[0], -speeds[1], row["technology"], row["operator"])

        first = min(have, key=quality, default=None)
        down = 0.0 if first is None or math.isnan(first["down_mbps"]) else first["down_mbps"]
        told |= {
            f"{status}_mbps": down,
            f"{status}_up_mbps": first["up_mbps"] if first else 0.0,
            f"{status}_technology": first["technology"] if first else "",
            f"{status}_operator": first["operator"] if first else "",
        }
    there = [r for r in mine if r["status"] in ("connected", "orderable")]
    told["reliable_mbps"] = max(
        (r["down_mbps"] for r in there if r["reliable"] and r["down_mbps"] > 0), default=0
    )
    planned = [
        r for r in mine
        if r["status"] == "planned" and r["decided"] and r["planned_by"] == "2027-05-01"
    ]  # fmt: skip
    count = {
        NETWORKS.get(r["operator"], r["operator"])
        for r in there + planned
        if r["reliable"] and r["down_mbps"] >= 100
    }
    told["networks"] = len(count)
    told["colour"] = tables.COLOURS[min(len(count), 2)]
    return told


@settings(deadline=None, max_examples=40)
@given(rows=st.lists(offer, max_size=12), categories=st.booleans())
def test_the_best_equals_a_look_at_each_row(rows, categories):
    table = pd.DataFrame(rows, columns=NAMES).assign(evidence="declared", observation="", price_sek=np.nan)
    table = table.assign(distance_m=np.nan).rename_axis("row")
    texts = {column.name: "str" for column in tables.SERVICE.columns if column.kind == "text"}
    numbers = {"down_mbps": "float64", "up_mbps": "float64", "decided": "bool", "reliable": "bool"}
    table = table.astype(texts | numbers)
    if categories:
        table = table.astype(dict.fromkeys(texts, "category"))
    ids = pd.Index(["0", "1", "2"], dtype="str", name="premises_id")
    homes = gpd.GeoDataFrame({"households": 1}, index=ids, geometry=[Point(0, 0)] * 3, crs="EPSG:3006")
    best = find(homes, table, make_study())
    expected = pd.DataFrame([by_hand(table.to_dict("records"), home) for home in ids], index=ids)
    kinds = {"text": "str", "float": "float64", "int": "int64"}
    as_said = {column.name: kinds[column.kind] for column in tables.BEST.columns}
    pd.testing.assert_frame_equal(best.astype(as_said), expected[tables.BEST.names].astype(as_said))


def make_study():
    return Study(study=StudyInfo(name="Test", year=2026, language="en"), coverage=Coverage(networks=NETWORKS))


def test_colours_by_zone(premises, service, study):
    rows = premises(
        [Point(0, 0)] * 5,
        ids=list("abcde"),
        households=[1, 2, 3, 4, 0],
        workplaces=[0, 0, 1, 0, 0],
        kind=["single"] * 4 + ["holiday"],
        municipality=["2505", "2505", "2506", "", "2506"],
    )
    have = service(
        [
            ("a", 100.0, "connected"),
            ("a", 100.0, "orderable"),
            ("b", 100.0, "orderable"),
            ("c", 100.0, "orderable"),
        ],
        operator=list("ABAC"),
    )
    ids = ["study", "municipality:2505", "municipality:2506", "municipality:2510"]
    zones = gpd.GeoDataFrame(
        {
            "name": ["All", "Arvidsjaur", "Arjeplog", "Jokkmokk"],
            "kind": ["study"] + ["municipality"] * 3,
            "population": np.nan,
        },
        index=pd.Index(ids, dtype="str", name="zone_id"),
        geometry=[shapely.box(-1, -1, 1, 1)] * 4,
        crs="EPSG:3006",
    )
    best = find(rows, have, study())
    counted = count_colours(rows, best, assign_zones(rows, zones), zones, RULES)
    tables.check(counted, tables.STATE_AID)
    assert set(counted["down_mbps"]) == {100.0}
    assert counted[["zone_id", "colour", "premises", "households", "workplaces"]].to_numpy().tolist() == [
        ["study", "white", 2, 4, 0],
        ["study", "grey", 2, 5, 1],
        ["study", "black", 1, 1, 0],
        ["municipality:2505", "white", 0, 0, 0],
        ["municipality:2505", "grey", 1, 2, 0],
        ["municipality:2505", "black", 1, 1, 0],
        ["municipality:2506", "white", 1, 0, 0],
        ["municipality:2506", "grey", 1, 3, 1],
        ["municipality:2506", "black", 0, 0, 0],
        ["municipality:2510", "white", 0, 0, 0],
        ["municipality:2510", "grey", 0, 0, 0],
        ["municipality:2510", "black", 0, 0, 0],
    ]
    assert counted["zone_name"].tolist()[3] == "Arvidsjaur"
