"""Observations against declared offers: what each says, what confirmed ones change, and that sums agree."""

import math

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Point

from infraplan import tables
from infraplan.config import Coverage, Gaps
from infraplan.coverage import find_white_spots
from infraplan.coverage.about import find_about
from infraplan.coverage.observations import apply_observations
from infraplan.layers.faults import describe
from infraplan.layers.technology_rules import read_technology_rules
from infraplan.words import load

RULES = read_technology_rules("2026")
TOLD = ["observation_id", "premises_id", "operator", "down_mbps", "status", "agrees", "effect"]


@pytest.fixture
def observe(layer, layers, study):
    """Return service, observed and faults of observations given by their columns."""

    def build(service, premises, shapes, asked=None, others=None, **columns):
        columns = {"date": "2026-05-01", "author": "Anna", "confirmed": True} | columns
        ids = [f"o{number}" for number in range(1, len(shapes) + 1)]
        table = layer("observations", shapes, ids=ids, **columns)
        found = layers(observations=table, **(others or {}))
        after, observed, faults = apply_observations(service, premises, found, RULES, asked or study())
        tables.check(after, tables.SERVICE)
        tables.check(observed, tables.OBSERVED)
        tables.check(faults, tables.FAULTS)
        for language in ("sv", "en"):
            describe(faults, load(language))
        check_sums(service, after, observed)
        return after, observed, faults

    return build


def key(rows):
    """Return what tells rows of service apart, each as often as it occurs."""
    columns = rows[["premises_id", "operator", "technology", "status", "down_mbps", "observation"]]
    return sorted(columns.astype(str).itertuples(index=False, name=None))


def check_sums(before, after, observed):
    """Hold the rows before and after against what OBSERVED says was withdrawn and added."""
    added = after[after["evidence"] == "observed"]
    kept = after[after["evidence"] != "observed"]
    withdrawn = observed[observed["effect"] == "withdraws"]
    offers = withdrawn[["premises_id", "operator", "technology", "status", "down_mbps"]].drop_duplicates()
    assert len(before) == len(after) + len(offers) - len(added)
    gone = sorted((*row, "") for row in offers.astype(str).itertuples(index=False, name=None))
    assert sorted(key(kept) + gone) == key(before)


@pytest.fixture
def homes(premises):
    return premises([Point(0, 0), Point(100, 0)], ids=["a", "b"])


def test_without_observations_nothing_changes(homes, service, layers, study):
    have = service([("a", 100.0, "connected")])
    after, observed, faults = apply_observations(have, homes, layers(), RULES, study())
    assert after is have
    tables.check(observed, tables.OBSERVED)
    assert not len(observed)
    assert not len(faults)


def test_one_that_is_not_confirmed_changes_nothing(homes, service, observe):
    have = service([("a", 100.0, "connected")], operator=["A"])
    after, observed, faults = observe(have, homes, [Point(3, 0)], says="no_service", confirmed=False)
    assert after is have
    assert observed[TOLD].to_numpy().tolist() == [["o1", "a", "A", 100.0, "connected", "no", "none"]]
    assert not len(faults)


def test_no_service_withdraws_what_is_there_of_whom_it_names(homes, service, observe, study):
    have = service(
        [("a", 100.0, "connected"), ("a", 1000.0, "orderable"), ("a", 30.0, "orderable"),
         ("a", 1000.0, "planned"), ("a", 1000.0, "passed_estimated"), ("b", 100.0, "connected")],
        operator=["A", "A", "B", "A", "A", "A"],
        technology=["vdsl", "fibre", "vdsl", "fibre", "fibre", "fibre"],
        evidence=["declared"] * 4 + ["modelled", "declared"],
    )  # fmt: skip
    after, observed, _ = observe(have, homes, [None], says="no_service", premises_id="a", operator=" a ")
    assert after[["operator", "status", "premises_id"]].to_numpy().tolist() == [
        ["B", "orderable", "a"],
        ["A", "planned", "a"],
        ["A", "passed_estimated", "a"],
        ["A", "connected", "b"],
    ]
    assert observed[["status", "agrees", "effect"]].to_numpy().tolist() == [
        ["connected", "no", "withdraws"],
        ["orderable", "no", "withdraws"],
    ]
    after, _, _ = observe(have, homes, [None], says="no_service", premises_id="a", technology="VDSL")
    assert after["technology"].tolist() == ["fibre"] * 4
    after, observed, _ = observe(have, homes, [None], says="no_service", premises_id="a", operator="Z")
    assert len(after) == len(have)
    assert observed[TOLD[1:]].fillna(-1).to_numpy().tolist() == [["a", "", -1, "", "yes", "none"]]
    # What is withdrawn makes a white spot, unless fibre is estimated to pass and that counts.
    after, _, _ = observe(have, homes, [None], says="no_service", premises_id="a")
    strict = study(gaps=Gaps(passed_is_served=False, plan_years=0))
    assert find_white_spots(homes, after, strict)["rule"].to_dict() == {"a": "passed_only"}


def test_too_slow_puts_the_measured_speed_in_the_place_of_what_was_claimed(homes, service, observe):
    have = service(
        [("a", 100.0, "connected"), ("a", 30.0, "orderable"), ("a", math.nan, "orderable")],
        operator=["A", "B", "C"],
        technology=["vdsl", "vdsl", "adsl"],
        price_sek=[1.0, 2.0, 3.0],
        reliable=[True, True, False],
    )
    after, observed, _ = observe(
        have, homes, [None], says="too_slow", premises_id="a", down_mbps=30.0, up_mbps=5.0
    )
    assert observed[TOLD[2:]].fillna(-1).to_numpy().tolist() == [
        ["A", 100.0, "connected", "no", "withdraws"],
        ["B", 30.0, "orderable", "yes", "none"],
        ["C", -1, "orderable", "silent", "none"],
    ]
    new = after[after["observation"] == "o1"].iloc[0]
    assert new[["operator", "down_mbps", "up_mbps", "status", "evidence", "reliable"]].tolist() == [
        "A", 30.0, 5.0, "connected", "observed", True,
    ]  # fmt: skip
    assert not (after["down_mbps"] == 100).any()


def test_too_slow_without_a_speed_changes_nothing_and_is_told(homes, service, observe):
    have = service([("a", 100.0, "connected")], operator=["A"])
    after, observed, faults = observe(have, homes, [Point(0, 0)], says="too_slow")
    assert after is have
    assert observed["agrees"].tolist() == ["silent"]
    assert faults[["rule", "feature_id"]].to_numpy().tolist() == [["observation_without_speed", "o1"]]
    _, observed, _ = observe(service([]), homes, [Point(0, 0)], says="too_slow", down_mbps=3.0)
    assert observed[["agrees", "effect"]].to_numpy().tolist() == [["silent", "none"]]


@pytest.mark.parametrize(
    ("declared", "said", "agrees", "added"),
    [
        (None, 100.0, "no", 100.0),
        (30.0, 100.0, "no", 100.0),
        (100.0, 100.0, "yes", None),
        (1000.0, 100.0, "yes", None),
        (100.0, math.nan, "yes", None),
        (math.nan, 100.0, "silent", 100.0),
        (None, math.nan, "no", 1000.0),
    ],
)
def test_service_that_is_seen_is_added_where_nobody_declares_as_much(
    homes, service, observe, declared, said, agrees, added
):
    have = service([] if declared is None else [("a", declared, "connected")], operator="A")
    after, observed, _ = observe(
        have, homes, [Point(3, 0)], says="service", technology="fibre", operator="A", down_mbps=said
    )
    assert observed["agrees"].tolist() == [agrees]
    new = after[after["evidence"] == "observed"]
    told = ["premises_id", "operator", "technology", "status", "observation", "reliable", "decided"]
    assert new[told].to_numpy().tolist() == (
        [] if added is None else [["a", "A", "fibre", "connected", "o1", True, True]]
    )
    assert new["down_mbps"].tolist() == ([] if added is None else [added])
    assert len(after) == len(have) + len(new)


def test_one_offer_that_says_as_much_is_enough(homes, service, observe):
    have = service([("a", 30.0, "connected"), ("a", 1000.0, "orderable")], operator=["A", "B"])
    after, observed, _ = observe(have, homes, [Point(0, 0)], says="service", down_mbps=100.0)
    assert observed[["agrees", "effect"]].to_numpy().tolist() == [["no", "none"], ["yes", "none"]]
    assert after is have


def test_service_of_no_technology_is_not_reliable_and_that_is_told(homes, service, observe):
    after, _, faults = observe(service([]), homes, [Point(0, 0)], says="service", down_mbps=500.0)
    assert after[["technology", "reliable", "down_mbps"]].to_numpy().tolist() == [["unknown", False, 500.0]]
    assert faults["rule"].tolist() == ["observation_without_technology"]


def test_observed_vdsl_is_reliable_near_its_exchange(homes, service, observe, layer):
    others = {"exchanges": layer("exchanges", [Point(550, 0)])}
    after, _, _ = observe(
        service([]), homes, [None, None], others=others, says="service", technology="vdsl",
        premises_id=["a", "b"], down_mbps=100.0,
    )  # fmt: skip
    assert after[["premises_id", "reliable"]].to_numpy().tolist() == [["a", False], ["b", True]]


def test_a_line_passes_all_within_reach(premises, service, observe, study):
    homes = premises([Point(0, 50), Point(30, 40), Point(60, 50.01), Point(900, 0)], ids=list("abcd"))
    have = service(
        [("b", 1000.0, "passed_estimated"), ("d", 1000.0, "connected")], evidence=["modelled", "declared"]
    )
    after, observed, _ = observe(
        have,
        homes,
        [LineString([(-10, 0), (100, 0)]), None],
        says="line",
        premises_id=["", "d"],
        operator="By",
    )
    new = after[after["observation"] == "o1"]
    assert new[["premises_id", "operator", "technology", "status", "down_mbps"]].to_numpy().tolist() == [
        ["a", "By", "fibre", "passed_estimated", 1000.0],
        ["b", "By", "fibre", "passed_estimated", 1000.0],
    ]
    assert new["distance_m"].tolist() == [50.0, 40.0]
    # The other operator's fibre does not say the same as a line of By's.
    assert observed[["premises_id", "agrees", "effect"]].to_numpy().tolist() == [
        ["a", "no", "adds"], ["b", "no", "adds"], ["d", "no", "adds"],
    ]  # fmt: skip
    assert math.isnan(after.loc[after["observation"] == "o2", "distance_m"].item())
    _, observed, _ = observe(have, homes, [None], says="line", premises_id="d")
    assert observed[["agrees", "effect"]].to_numpy().tolist() == [["yes", "none"]]
    reach = study(coverage=Coverage(observed_m=40))
    _, observed, _ = observe(have, homes, [LineString([(-10, 0), (100, 0)])], reach, says="line")
    assert observed["premises_id"].tolist() == ["b"]


def test_mobile_observations_concern_no_offer(homes, service, observe):
    have = service([("a", 100.0, "connected")])
    after, observed, faults = observe(
        have, homes, [Point(0, 0), None, Point(5000, 0)],
        says=["no_mobile", "mobile", "no_mobile"], premises_id=["", "a", ""], technology=["5g+", "", ""],
    )  # fmt: skip
    assert after is have
    assert not len(faults)
    assert observed[["premises_id", "agrees", "effect", "status"]].to_numpy().tolist() == [
        ["", "silent", "none", ""],
        ["a", "silent", "none", ""],
        ["", "silent", "none", ""],
    ]


def test_each_fault_names_its_observation_and_keeps_it_from_counting(homes, service, observe):
    have = service([("a", 100.0, "connected")])
    after, observed, faults = observe(
        have,
        homes,
        [Point(0, 0), Point(5000, 0), None, Point(0, 0), Point(0, 0)],
        says=["", "no_service", "no_service", "no_service", "no_service"],
        premises_id=["", "", "nobody", "", ""],
        date=["2026", "2026", "2026", "2027-01-01", "2026-12-31"],
        technology=["", "", "", "", "fiber"],
    )
    assert after is have
    assert faults[["rule", "feature_id"]].to_numpy().tolist() == [
        ["observation_of_nothing", "o1"],
        ["observation_nowhere", "o2"],
        ["observation_nowhere", "o3"],
        ["observation_in_future", "o4"],
        ["observation_technology_unknown", "o5"],
    ]
    assert faults["values"].iloc[4] == {"technology": "fiber", "near": "fibre"}
    assert observed[["observation_id", "premises_id", "agrees", "effect"]].to_numpy().tolist() == [
        ["o1", "", "silent", "none"],
        ["o2", "", "silent", "none"],
        ["o3", "", "silent", "none"],
        ["o4", "a", "no", "none"],
        ["o5", "a", "silent", "none"],
    ]


def test_two_that_withdraw_the_same_offer_withdraw_it_once(homes, service, observe):
    have = service([("a", 100.0, "connected"), ("b", 100.0, "connected")])
    after, observed, _ = observe(
        have, homes, [None] * 3, premises_id="a",
        says=["no_service", "no_service", "too_slow"], down_mbps=[math.nan, math.nan, 20.0],
    )  # fmt: skip
    assert observed["effect"].tolist() == ["withdraws"] * 3
    assert after[["premises_id", "down_mbps"]].to_numpy().tolist() == [["b", 100.0], ["a", 20.0]]


@pytest.mark.parametrize("seed", range(20))
def test_whom_an_observation_is_about_equals_a_brute_force(premises, layer, seed):
    random = np.random.default_rng(seed)
    homes = premises(shapely.points(random.integers(0, 40, (30, 2)) * 5.0))
    shapes = [
        *shapely.points(random.integers(-20, 220, (8, 2))),
        *shapely.linestrings(random.integers(0, 200, (4, 3, 2))),
        None,
    ]
    ids = random.choice(["", "", "3", "nobody"], len(shapes))
    placed = random.random(len(shapes)) < 0.8
    reach_m = float(random.choice([0.0, 10.0, 25.0, 1000.0]))
    table = layer("observations", shapes, premises_id=list(ids))
    observation, position = find_about(table, homes, placed, reach_m=reach_m)
    places = homes.geometry.to_numpy()
    expected = []
    for row, (shape, name) in enumerate(zip(shapes, ids, strict=True)):
        if name == "3":
            expected.append((row, 3))
        elif placed[row] and shape is not None:
            away = shapely.distance(places, shape)
            if shape.geom_type == "LineString":
                expected += [(row, at) for at in np.flatnonzero(away <= reach_m)]
            elif away.min() <= reach_m:
                first = places[away.argmin()]
                nearest = [at for at in range(len(places)) if places[at].equals(first)]
                expected += [(row, at) for at in nearest]
    assert list(zip(observation, position, strict=True)) == expected


def by_hand(have, said, counts):
    """Return what becomes of a premises' offers: rows that stay, rows that are added."""
    left, added = set(range(len(have))), []
    for one, counted in zip(said, counts, strict=True):
        mine = [
            row for row, offer in enumerate(have)
            if one["operator"] in ("", offer["operator"]) and one["technology"] in ("", offer["technology"])
            and offer["status"] in ("connected", "orderable")
        ]  # fmt: skip
        if not counted:
            continue
        if one["says"] == "no_service":
            left -= set(mine)
        elif one["says"] == "too_slow":
            slow = [row for row in mine if have[row]["down_mbps"] > one["down_mbps"]]
            left -= set(slow)
            added += [(have[row]["status"], one["down_mbps"]) for row in slow]
        elif one["says"] == "service":
            same = [row for row in mine if not have[row]["down_mbps"] < one["down_mbps"]]
            if not same:
                added.append(("connected", one["down_mbps"]))
    return [(have[row]["status"], have[row]["down_mbps"]) for row in left] + added


@pytest.mark.parametrize("seed", range(20))
def test_what_stays_equals_a_walk_over_the_observations(homes, service, observe, seed):
    random = np.random.default_rng(seed)
    names = {"operator": ["A", "B"], "technology": ["fibre", "vdsl"]}
    have = pd.DataFrame(
        {
            "down_mbps": random.choice([10.0, 30.0, 100.0], 6),
            "status": random.choice(["connected", "orderable", "planned", "passed_estimated"], 6),
            **{name: random.choice(values, 6) for name, values in names.items()},
        }
    ).drop_duplicates()
    said = pd.DataFrame(
        {
            "says": random.choice(["no_service", "too_slow", "service", "mobile", ""], 4),
            "down_mbps": random.choice([10.0, 30.0, 50.0], 4),
            "confirmed": random.random(4) < 0.8,
            **{name: random.choice(["", *values], 4) for name, values in names.items()},
        }
    )  # fmt: skip
    columns = {name: have[name].tolist() for name in names}
    rows = [("a", down, status) for down, status in zip(have["down_mbps"], have["status"], strict=True)]
    after, _, _ = observe(
        service(rows, **columns), homes, [None] * 4, premises_id="a",
        **{name: said[name].tolist() for name in said},
    )  # fmt: skip
    expected = by_hand(have.to_dict("records"), said.to_dict("records"), said["confirmed"])
    found = zip(after["status"].astype("str"), after["down_mbps"], strict=True)
    assert sorted(found) == sorted(expected)
