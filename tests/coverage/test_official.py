"""Official targets against the switchboard and mobile coverage, by hand and one by one."""

import math
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from infraplan import tables
from infraplan.config import Study, StudyInfo
from infraplan.coverage.official import evaluate_official
from infraplan.coverage.switchboard import evaluate_switchboard
from infraplan.demand import assign_zones
from infraplan.layers.official_targets import (
    FixedTarget,
    MobileTarget,
    OfficialTargets,
    read_official_targets,
)

SAID = {"sv": "mål", "en": "target", "why_sv": "varför", "why_en": "why", "source": "s", "source_year": 2020}
FIXED = {"year": 2025, "share": 0.95, "counts": "orderable", "unit": "households+workplaces",
         "holiday_homes": False, "down_mbps": 100, "technologies": "all"}  # fmt: skip
MOBILE = {"year": 2023, "share": 1.0, "level": "data_10", "use": ("hand",)}
SWEDISH = Study(study=StudyInfo(name="Test", year=2026, language="sv"))


def fixed(name, **changes):
    return FixedTarget(id=name, **(FIXED | SAID | changes))


def mobile(name, measure="mobile_places", **changes):
    of = {"of": ("homes",)} if measure == "mobile_places" else {}
    return MobileTarget(id=name, measure=measure, **(MOBILE | SAID | of | changes))


def targets(*rows):
    return OfficialTargets(
        name="own",
        year=2026,
        fixed=tuple(row for row in rows if isinstance(row, FixedTarget)),
        mobile=tuple(row for row in rows if isinstance(row, MobileTarget)),
    )


def make_zones():
    ids = ["study", "municipality:1", "municipality:2", "municipality:3"]
    kinds = ["study", *["municipality"] * 3]
    frame = pd.DataFrame({"name": ["All", "One", "Two", "Three"], "kind": kinds, "population": np.nan})
    frame.index = pd.Index(ids, dtype="str", name="zone_id")
    return gpd.GeoDataFrame(frame, geometry=[box(0, 0, 1, 1)] * 4, crs="EPSG:3006")


def make_mobile(rows):
    """Make MOBILE of (zone_id, of, base, reached), of any operator and technology, 10 Mbit/s in hand."""
    zones = make_zones()
    parts = [
        {
            "zone_id": zone_id, "zone_name": zones["name"][zone_id], "zone_kind": zones["kind"][zone_id],
            "operator": "", "technology": "", "use": "hand", "level": "data_10", "of": of, "road_class": "",
            "unit": "m" if of in {"roads", "railways"} else "count", "base": float(base),
            "reached": float(reached), "share": reached / base if base else math.nan, **more,
        }
        for zone_id, of, base, reached, more in [(*row, {})[:5] for row in rows]
    ]  # fmt: skip
    frame = pd.DataFrame(parts).rename_axis("row")
    tables.check(frame, tables.MOBILE)
    return frame


@pytest.fixture
def switchboard(premises, service):
    """Return the switchboard of ten homes in one municipality, a workplace and a holiday home in another."""
    rows = premises(
        [Point(0, 0)] * 12,
        households=[1] * 10 + [0, 0],
        workplaces=[0] * 10 + [1, 0],
        kind=["single"] * 10 + ["workplace", "holiday"],
        municipality=["1"] * 10 + ["2", "2"],
    )
    have = service(
        [(str(i), 100.0, "connected") for i in range(8)]
        + [("8", 1000.0, "passed_estimated"), ("10", 1000.0, "orderable")],
        technology=["fibre"] * 7 + ["fwa"] * 3,
    )
    zones = make_zones()
    return evaluate_switchboard(rows, have, assign_zones(rows, zones), zones, frozenset({"fibre"}))


def test_the_same_zone_is_held_against_each_target_as_it_is_counted(switchboard):
    official = targets(
        fixed("access"),
        fixed("wired", technologies="wired"),
        fixed("near", counts="passed", unit="households", year=2020),
        fixed("fast", counts="passed", down_mbps=1000),
        fixed("holiday", holiday_homes=True),
        fixed("half", share=0.5),
    )
    made = evaluate_official(switchboard, None, official, make_zones(), SWEDISH)
    tables.check(made, tables.OFFICIAL)
    study = made[made["zone_id"] == "study"].set_index("target")
    assert list(study.index) == ["near", "access", "wired", "fast", "holiday", "half"]
    assert study[["base", "reached", "missing", "met"]].to_dict("index") == {
        "near": {"base": 10, "reached": 9, "missing": 1, "met": False},
        "access": {"base": 11, "reached": 9, "missing": 2, "met": False},
        "wired": {"base": 11, "reached": 7, "missing": 4, "met": False},
        "fast": {"base": 11, "reached": 2, "missing": 9, "met": False},
        "holiday": {"base": 12, "reached": 9, "missing": 3, "met": False},
        "half": {"base": 11, "reached": 9, "missing": 0, "met": True},
    }
    assert study["share"].tolist() == [9 / 10, 9 / 11, 7 / 11, 2 / 11, 9 / 12, 9 / 11]
    assert study["measured"].all()
    assert study["zone_name"].eq("All").all()
    columns = ["year", "measure", "counts", "unit", "down_mbps", "technologies", "use"]
    combination = [2025, "fixed", "passed", "households+workplaces", 1000.0, "all", ""]
    assert study.loc["fast", columns].tolist() == combination


def test_a_zone_without_any_has_no_share_and_is_not_met_but_misses_nothing(switchboard):
    made = evaluate_official(switchboard, None, targets(fixed("a")), make_zones(), SWEDISH)
    assert made["zone_id"].tolist() == ["study", "municipality:1", "municipality:2", "municipality:3"]
    [empty] = made[made["zone_id"] == "municipality:3"].to_dict("records")
    assert (empty["base"], empty["reached"], empty["missing"], empty["met"]) == (0, 0, 0, False)
    assert math.isnan(empty["share"])
    assert empty["measured"]


def test_bundled_targets_equal_the_switchboard_row_that_they_name(switchboard):
    official = read_official_targets("sweden")
    made = evaluate_official(switchboard, None, official, make_zones(), SWEDISH)
    tables.check(made, tables.OFFICIAL)
    for target in official.fixed:
        for row in made[made["target"] == target.id].itertuples():
            same = switchboard[
                (switchboard["zone_id"] == row.zone_id)
                & (switchboard["counts"] == target.counts)
                & (switchboard["unit"] == target.unit)
                & (switchboard["holiday_homes"] == target.holiday_homes)
                & (switchboard["down_mbps"] == target.down_mbps)
                & (switchboard["technologies"] == target.technologies)
            ]
            [(base, reached)] = same[["base", "reached"]].itertuples(index=False, name=None)
            assert (row.base, row.reached) == (base, reached)
            needed = max(0, math.ceil(Fraction(str(target.share)) * base) - reached)
            assert (row.missing, row.met) == (needed, base > 0 and needed == 0)
            assert (row.said, row.why, row.source, row.guess) == (
                target.sv, target.why_sv, target.source, target.guess,
            )  # fmt: skip


@pytest.mark.parametrize("covered", [None, [], [("study", "public_buildings", 5, 5)]])
def test_what_the_study_has_no_data_for_is_there_and_says_so(switchboard, covered):
    table = covered if covered is None else make_mobile(covered) if covered else tables.empty(tables.MOBILE)
    official = read_official_targets("sweden")
    made = evaluate_official(switchboard, table, official, make_zones(), SWEDISH)
    tables.check(made, tables.OFFICIAL)
    silent = made[~made["measured"]]
    assert silent["target"].tolist() == [
        target.id for target in official.in_order if target in official.mobile
    ]
    assert silent["zone_id"].eq("study").all()
    assert silent["share"].isna().all()
    assert not silent["met"].any()
    assert silent["said"].str.len().gt(0).all()
    assert set(made["target"]) == {target.id for target in official.in_order}


def test_the_study_s_language_is_spoken(switchboard, study):
    for language, said, why in (("sv", "mål", "varför"), ("en", "target", "why")):
        own = study().model_copy(update={"study": StudyInfo(name="T", year=2026, language=language)})
        made = evaluate_official(switchboard, None, targets(fixed("a"), mobile("b")), make_zones(), own)
        assert set(made["said"]) == {said}
        assert set(made["why"]) == {why}


def test_places_are_put_together_and_named(switchboard):
    table = make_mobile(
        [("study", "homes", 90, 80), ("study", "holiday_homes", 10, 5), ("municipality:2", "homes", 4, 4),
         ("study", "public_buildings", 100, 0), ("study", "area", 100, 0)]
    )  # fmt: skip
    asked = mobile("m", of=("homes", "workplaces", "holiday_homes"), share=0.9)
    made = evaluate_official(switchboard, table, targets(asked), make_zones(), SWEDISH)
    tables.check(made, tables.OFFICIAL)
    assert made[["zone_id", "base", "reached", "missing", "met"]].to_numpy().tolist() == [
        ["study", 100, 85, 5, False],
        ["municipality:2", 4, 4, 0, True],
    ]
    assert made["share"].tolist() == [0.85, 1.0]
    # There are no workplaces in the data: the unit does not claim them.
    assert made["unit"].tolist() == ["homes+holiday_homes"] * 2
    assert made["holiday_homes"].all()
    assert made["down_mbps"].isna().all()


@pytest.mark.parametrize(
    "other",
    [{"operator": "A"}, {"technology": "4g"}, {"use": "car"}, {"level": "call"}, {"level": "data_30"}],
)
def test_only_the_target_s_own_class_use_and_technology_count(switchboard, other):
    table = make_mobile([("study", "homes", 10, 10, other)])
    made = evaluate_official(switchboard, table, targets(mobile("m")), make_zones(), SWEDISH)
    assert not made["measured"].any()
    both = make_mobile([("study", "homes", 10, 10, other), ("study", "homes", 10, 3)])
    made = evaluate_official(switchboard, both, targets(mobile("m")), make_zones(), SWEDISH)
    assert made[["base", "reached"]].to_numpy().tolist() == [[10, 3]]


def test_of_several_uses_the_first_that_the_maps_tell_of_counts(switchboard):
    official = targets(mobile("m", use=("car", "hand")), mobile("n", use=("roof", "car")))
    hand, car = ("study", "homes", 10, 3), ("study", "homes", 10, 6, {"use": "car"})
    for rows, expected in (
        ([hand], [("hand", 3, True), ("roof", 0, False)]),
        ([hand, car], [("car", 6, True), ("car", 6, True)]),
    ):
        made = evaluate_official(switchboard, make_mobile(rows), official, make_zones(), SWEDISH)
        assert list(made[["use", "reached", "measured"]].itertuples(index=False, name=None)) == expected


def test_a_technology_of_its_own_and_classes_of_roads(switchboard):
    table = make_mobile(
        [("study", "homes", 10, 7, {"technology": "5g"}), ("study", "homes", 10, 9),
         ("study", "roads", 1000, 900), ("study", "roads", 300, 300, {"road_class": "1"}),
         ("study", "roads", 700, 600, {"road_class": "9"}), ("study", "railways", 0, 0)]
    )  # fmt: skip
    official = targets(
        mobile("5g", technology="5g"),
        mobile("all", "mobile_roads"),
        mobile("some", "mobile_roads", road_classes=("1", "2")),
        mobile("rail", "mobile_railways"),
    )
    made = evaluate_official(switchboard, table, official, make_zones(), SWEDISH).set_index("target")
    columns = ["base", "reached", "missing", "met", "unit", "technologies", "measured"]
    assert made[columns].to_dict("list") == {
        "base": [10, 1000, 300, 0],
        "reached": [7, 900, 300, 0],
        "missing": [3, 100, 0, 0],
        "met": [False, False, True, False],
        "unit": ["homes", "m", "m", "m"],
        "technologies": ["5g", "", "", ""],
        "measured": [True] * 4,
    }
    assert math.isnan(made["share"]["rail"])


@pytest.mark.parametrize(
    ("base", "reached", "share", "missing"),
    [
        (1000.4, 1000.4, 1.0, 0),
        (1000.4, 1000.1, 1.0, 1),  # nothing is rounded away
        (1000.0, 950.0, 0.95, 0),
        (1000.0, 949.99, 0.95, 1),
        (0.3 + 0.6, 0.9, 1.0, 0),  # what arithmetic adds is no metre of road
        (2_500.0, 100.0, 0.5, 1_150),
    ],
)
def test_metres_missing_are_whole_and_enough(switchboard, base, reached, share, missing):
    table = make_mobile([("study", "roads", base, reached)])
    official = targets(mobile("r", "mobile_roads", share=share))
    [row] = evaluate_official(switchboard, table, official, make_zones(), SWEDISH).to_dict("records")
    assert (row["missing"], row["met"]) == (missing, missing == 0)
    assert (row["base"], row["reached"]) == (round(base), round(reached))
    assert row["share"] == reached / base


def test_targets_are_in_the_order_of_their_years(switchboard):
    table = make_mobile([("study", "homes", 10, 7)])
    official = targets(fixed("a"), fixed("b", year=2020), mobile("m"), mobile("n", use=("car",)))
    made = evaluate_official(switchboard, table, official, make_zones(), SWEDISH)
    assert made["target"].unique().tolist() == ["b", "m", "n", "a"]
    assert made["year"].is_monotonic_increasing


def test_no_targets_make_an_empty_table(switchboard):
    made = evaluate_official(switchboard, None, targets(), make_zones(), SWEDISH)
    tables.check(made, tables.OFFICIAL)
    assert not len(made)
