"""Shares against targets, against a count row by row."""

import math
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from infraplan import tables
from infraplan.config import Coverage, Target
from infraplan.coverage import count_missing, find_missing, find_reached
from infraplan.coverage.switchboard import evaluate_switchboard
from infraplan.coverage.targets import evaluate_targets as evaluate_with_members
from infraplan.demand import assign_zones

CRS = "EPSG:3006"
ORDER = ["connected", "orderable", "passed_estimated", "planned"]


def make_zones(*ids):
    kinds = {
        "study": "study",
        "municipality": "municipality",
        "locality": "locality",
        "class": "settlement_class",
        "place": "place",
    } | {kind: kind for kind in ("deso", "district", "area")}
    frame = pd.DataFrame(
        {
            "name": [f"name of {i}" for i in ids],
            "kind": [kinds[i.split(":")[0]] for i in ids],
            "population": np.nan,
        }
    )
    frame.index = pd.Index(list(ids), dtype="str", name="zone_id")
    return gpd.GeoDataFrame(frame, geometry=[box(0, 0, 1, 1)] * len(ids), crs=CRS)


def evaluate_targets(rows, have, zones, study):
    return evaluate_with_members(rows, have, assign_zones(rows, zones), zones, study)


def test_four_numbers_by_hand(premises, service, study):
    rows = premises(
        [Point(0, 0)] * 6, ids=list("abcdef"), households=[1, 2, 3, 4, 5, 6], workplaces=[1, 0, 0, 0, 0, 1]
    )
    have = service(
        [("a", 100.0, "connected"), ("b", 1000.0, "orderable"), ("c", 100.0, "passed_estimated"),
         ("d", 100.0, "planned"),
         ("e", 99.9, "connected"), ("f", math.nan, "connected"), ("a", 100.0, "planned"),
         ("gone", 100.0, "connected")]
    )  # fmt: skip
    target = Target(name="t", down_mbps=100, share=0.4, counts="proximity", of="households")
    made = evaluate_targets(
        rows, have, make_zones("study"), study(targets=(target,), coverage=Coverage(passed_m=40))
    )
    tables.check(made, tables.TARGETS)
    first = made.iloc[0].to_dict()
    assert {name: first[name] for name in (*ORDER, "base", "reached", "missing", "passed_m")} == {
        "connected": 1, "orderable": 3, "passed_estimated": 6, "planned": 10, "base": 21,
        "reached": 6, "missing": 3, "passed_m": 40,
    }  # fmt: skip
    assert first["share"] == pytest.approx(6 / 21)
    assert made["unit"].tolist() == ["households", "workplaces", "households+workplaces"]
    assert made["decides"].tolist() == [True, False, False]
    assert made["base"].tolist() == [21, 2, 23]
    assert made["met"].tolist() == [False, True, False]


def test_an_empty_zone_has_no_share_and_is_not_met_but_misses_nothing(premises, service, study):
    rows = premises([Point(0, 0)], municipality=["01"])
    zones = make_zones("study", "municipality:01", "municipality:02")
    target = Target(name="t", down_mbps=100, share=0.95)
    made = evaluate_targets(rows, service([("0", 100.0, "connected")]), zones, study(targets=(target,)))
    empty = made[made["zone_id"] == "municipality:02"]
    assert (empty["base"] == 0).all()
    assert empty["share"].isna().all()
    assert not empty["met"].any()
    assert (empty["missing"] == 0).all()


def test_nothing_to_count_makes_empty_but_whole_tables(premises, service, study):
    target = Target(name="t", down_mbps=100, share=0.95)
    nobody = evaluate_targets(premises([]), service([]), make_zones("study"), study(targets=(target,)))
    tables.check(nobody, tables.TARGETS)
    assert nobody["base"].tolist() == [0, 0, 0]
    no_targets = evaluate_targets(premises([Point(0, 0)]), service([]), make_zones("study"), study())
    tables.check(no_targets, tables.TARGETS)
    assert not len(no_targets)
    assert find_reached(premises([Point(0, 0)]), service([]), target).tolist() == [False]


def test_a_plan_counts_when_it_is_decided(premises, service, study):
    rows = premises([Point(0, 0)] * 4, ids=list("abcd"))
    have = service(
        [("a", 100.0, "planned"), ("b", 100.0, "planned"), ("c", 100.0, "planned"), ("c", 100.0, "planned"),
         ("d", 100.0, "connected")],
        decided=[True, False, False, True, False],
    )  # fmt: skip
    target = Target(name="t", down_mbps=100, share=0.5, counts="planned", of="households")
    made = evaluate_targets(rows, have, make_zones("study"), study(targets=(target,)))
    assert made.loc[0, [*ORDER, "base", "reached"]].tolist() == [1, 1, 1, 3, 4, 3]
    # What is there is there, whatever the column of plans says.
    assert find_reached(rows, have, target).to_dict() == {"a": True, "b": False, "c": True, "d": True}
    missing, needed = find_missing(rows, have, target)
    assert (list(missing), needed) == (["b"], 0)


def test_zones_of_every_kind(premises, service, study):
    rows = premises(
        [Point(0.5, 0.5), Point(1.5, 0.5), Point(8, 8)], ids=list("abc"), households=[1, 2, 4], workplaces=1
    )
    zones = make_zones("deso:1", "study", "district:1", "area:x", "area:far")
    zones.geometry = [box(*corners) for corners in
                      [(0, 0, 1, 1), (0, 0, 9, 9), (1, 0, 2, 1), (0, 0, 2, 1), (20, 20, 21, 21)]]  # fmt: skip
    target = Target(name="t", down_mbps=100, share=0.95, of="households")
    have = service([("a", 100.0, "connected"), ("c", 100.0, "orderable")])
    made = evaluate_targets(rows, have, zones, study(targets=(target,)))
    tables.check(made, tables.TARGETS)
    households = made[made["unit"] == "households"]
    assert households[["zone_id", "zone_kind", "base", "connected", "reached"]].to_numpy().tolist() == [
        ["deso:1", "deso", 1, 1, 1],
        ["study", "study", 7, 1, 5],
        ["district:1", "district", 2, 0, 0],
        ["area:x", "area", 3, 1, 1],
        ["area:far", "area", 0, 0, 0],
    ]


def test_targets_agree_with_the_switchboard(premises, service, study):
    random = np.random.default_rng(5)
    n = 60
    rows = premises(
        [Point(0, 0)] * n,
        households=random.integers(0, 5, n),
        workplaces=random.integers(0, 3, n),
        kind=random.choice(["single", "holiday"], n),
        municipality=random.choice(["", "01", "02"], n),
    )
    have = service(
        [(str(random.integers(0, n)), float(random.choice([30, 100, 1000])), str(random.choice(ORDER)))
         for _ in range(90)],
        decided=random.random(90) < 0.5,
    )  # fmt: skip
    zones = make_zones("study", "municipality:01", "municipality:02", "municipality:03")
    own = study(
        targets=tuple(
            Target(name=f"{counts} {speed}", down_mbps=speed, share=0.9, counts=counts)
            for counts in ("access", "proximity", "planned")
            for speed in (30, 100, 1000)
        )
    )
    made = evaluate_targets(rows, have, zones, own)
    board = evaluate_switchboard(rows, have, assign_zones(rows, zones), zones, frozenset())
    board = board[(board["technologies"] == "all") & ~board["holiday_homes"]]
    counts = {"access": "orderable", "proximity": "passed", "planned": "planned"}
    keys = ["zone_id", "unit", "counts", "down_mbps"]
    both = made.assign(counts=made["counts"].map(counts))[[*keys, "base", "reached", "share"]].merge(
        board.astype({"zone_id": "str", "unit": "str", "counts": "str"})[[*keys, "base", "reached", "share"]],
        on=keys,
        validate="1:1",
    )
    assert len(both) == len(made) == 9 * 4 * 3
    for name in ("base", "reached", "share"):
        np.testing.assert_array_equal(both[f"{name}_x"], both[f"{name}_y"])
    assert both["reached_x"].nunique() > 20


def brute_force(rows, offers, zones, target):
    """Count one by one, in the order zone, unit."""
    limit = {"access": 2, "proximity": 3, "planned": 4}[target.counts]
    for zone_id, zone in zones[zones["kind"] != "place"].iterrows():
        code = zone_id.partition(":")[2]
        inside = [i for i, home in rows.iterrows() if not code or home[zone["kind"]] == code]
        for parts in (["households"], ["workplaces"], ["households", "workplaces"]):
            amount = rows[parts].sum(axis=1).to_dict()
            ok = [
                sum(amount[i] for i in inside if has(offers, i, target.down_mbps, ORDER[:n]))
                for n in (1, 2, 3, 4)
            ]
            base, reached = sum(amount[i] for i in inside), ok[limit - 1]
            missing = max(0, math.ceil(Fraction(str(target.share)) * base) - reached)
            yield [zone_id, "+".join(parts), base, *ok, reached, missing, base > 0 and missing == 0]


def has(offers, home, speed, statuses):
    return any(i == home and mbps >= speed and status in statuses for i, mbps, status in offers)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("counts", ["access", "proximity", "planned"])
def test_targets_equal_a_brute_force(premises, service, study, seed, counts):
    random = np.random.default_rng(seed)
    n = 30
    rows = premises(
        [Point(0, 0)] * n,
        households=random.integers(0, 5, n),
        workplaces=random.integers(0, 3, n),
        municipality=random.choice(["", "01", "02"], n),
        locality=random.choice(["", "X", "y:z"], n),
        settlement_class=random.choice(["locality", "small_locality", "outside"], n),
    )
    homes = [str(i) for i in random.integers(0, n, 40)]
    speeds = [float(speed) for speed in random.choice([30, 100, 1000, np.nan], 40)]
    offers = list(zip(homes, speeds, map(str, random.choice(ORDER, 40)), strict=True))
    have = service(offers)
    zones = make_zones(
        "study",
        "class:outside",
        "municipality:02",
        "municipality:01",
        "place:P",
        "locality:X",
        "class:locality",
    )
    target = Target(
        name="t", down_mbps=100, share=float(random.choice([0.5, 0.95, 0.999, 1.0])), counts=counts
    )
    made = evaluate_targets(rows, have, zones, study(targets=(target,)))
    columns = ["zone_id", "unit", "base", *ORDER, "reached", "missing", "met"]
    assert made[columns].to_numpy().tolist() == list(brute_force(rows, offers, zones, target))
    reached = find_reached(rows, have, target)
    assert made.loc[0, "reached"] == rows.loc[reached, "households"].sum()


@pytest.mark.parametrize(
    ("base", "reached", "share", "missing"),
    [(20, 18, 0.95, 1), (20, 19, 0.95, 0), (1000, 0, 0.999, 999), (3, 0, 0.333, 1), (10, 10, 0.1, 0),
     (0, 0, 1.0, 0),
     (100, 28, 0.29, 1), (100, 0, 0.07, 7), (50, 0, 0.14, 7), (10_000_000, 0, 1e-7, 1)],
)  # fmt: skip
def test_what_is_missing_is_exact(base, reached, share, missing):
    assert count_missing(base, reached, share) == missing


@settings(deadline=None)
@given(st.integers(0, 10**7), st.integers(1, 1000), st.integers(0, 10**7))
def test_what_is_missing_is_just_enough(base, mille, reached):
    missing = count_missing(base, reached, mille / 1000)
    assert 1000 * (reached + missing) >= mille * base
    assert missing == 0 or 1000 * (reached + missing - 1) < mille * base
