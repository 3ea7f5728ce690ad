"""What a change between two years is made of: each reason by hand, all against a count by premises."""

import math
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage import split_change
from infraplan.coverage.targets import evaluate_targets
from infraplan.demand import assign_zones

REASONS = ["corrections", "new_premises", "built", "definition"]
PARTS = ["start", *REASONS, "end"]
STATUSES = ("connected", "orderable", "passed_estimated", "planned")
TARGETS = [
    {"name": "access", "down_mbps": 100, "share": 0.95},
    {"name": "near", "down_mbps": 100, "share": 0.95, "counts": "proximity", "of": "households"},
    {"name": "planned", "down_mbps": 30, "share": 0.95, "counts": "planned", "of": "workplaces"},
]


def make_study(*targets):
    about = {"name": "Test", "year": 2026}
    return Study.model_validate({"study": about, "targets": list(targets or TARGETS[:1])})


def make_zones(*ids):
    kinds = {"study": "study", "municipality": "municipality", "class": "settlement_class", "deso": "deso"}
    frame = {"name": list(ids), "kind": [kinds[i.partition(":")[0]] for i in ids], "population": np.nan}
    index = pd.Index(ids, dtype="str", name="zone_id")
    return gpd.GeoDataFrame(frame, index=index, geometry=[shapely.box(0, 0, 1, 1)] * len(ids), crs=3006)


ZONES = make_zones("study", "municipality:1", "municipality:2", "class:locality", "class:outside", "deso:A")


def house(households=1, connected=0.0, municipality="1", settlement="outside", workplaces=0, **speeds):
    """Return a premises as a run has it."""
    best = {f"{status}_mbps": 0.0 for status in STATUSES} | {"connected_mbps": connected} | speeds
    return {
        "households": households,
        "workplaces": workplaces,
        "kind": "single",
        "municipality": municipality,
        "locality": "",
        "settlement_class": settlement,
    } | best


def state(houses):
    index = pd.Index(list(houses), dtype="str", name="premises_id")
    columns = list(house())
    frame = pd.DataFrame(list(houses.values()), index=index, columns=columns)
    texts = ["kind", "municipality", "locality", "settlement_class"]
    numbers = {name: "float64" for name in columns if name.endswith("_mbps")}
    return frame.astype(
        dict.fromkeys(texts, "str") | {"households": "int64", "workplaces": "int64"} | numbers
    )


def split(before, redone, now=None, study=None, zones=ZONES):
    states = [state(houses) for houses in (before, redone, redone if now is None else now)]
    made = split_change(*states, zones, study or make_study(), from_year=2024)
    tables.check(made, tables.CHANGED)
    return made


def tell(made, zone="study", target="access"):
    """Return part -> (base, reached) of what is not nothing."""
    rows = made[(made["zone_id"] == zone) & (made["measure"] == target)]
    assert rows["part"].tolist() == PARTS
    told = dict(zip(rows["part"], zip(rows["base"], rows["reached"], strict=True), strict=True))
    return {part: numbers for part, numbers in told.items() if part in ("start", "end") or numbers != (0, 0)}


FAST = 100.0

ONE_REASON = [
    ("nothing", {"a": house(2, FAST)}, {"a": house(2, FAST)}, {}),
    ("built", {"a": house(2)}, {"a": house(2, FAST)}, {"built": (0, 2)}),
    ("faster, not fast", {"a": house(2)}, {"a": house(2, 99.9)}, {}),
    ("an unknown speed", {"a": house(2, math.nan)}, {"a": house(2, FAST)}, {"built": (0, 2)}),
    ("new and reached", {}, {"a": house(2, FAST)}, {"new_premises": (2, 2)}),
    ("new and not", {}, {"a": house(2)}, {"new_premises": (2, 0)}),
    ("gone", {"a": house(2, FAST)}, {}, {"new_premises": (-2, -2)}),
    ("another for one", {"a": house(2, FAST)}, {"b": house(3)}, {"new_premises": (1, -2)}),
    ("more households", {"a": house(2)}, {"a": house(5)}, {"corrections": (3, 0)}),
    ("fewer, reached", {"a": house(5, FAST)}, {"a": house(2, FAST)}, {"corrections": (-3, -3)}),
    ("workplaces too", {"a": house(5, FAST)}, {"a": house(5, FAST, workplaces=1)}, {"corrections": (1, 1)}),
    ("no longer reached", {"a": house(2, FAST)}, {"a": house(2)}, {"corrections": (0, -2)}),
    ("no longer, and fewer", {"a": house(5, FAST)}, {"a": house(2)}, {"corrections": (-3, -5)}),
    # Two at once: its households are put right first, then all of today's are reached.
    ("built, and more", {"a": house(2)}, {"a": house(5, FAST)}, {"corrections": (3, 0), "built": (0, 5)}),
    ("orderable", {"a": house(2)}, {"a": house(2, orderable_mbps=FAST)}, {"built": (0, 2)}),
    ("only planned", {"a": house(2)}, {"a": house(2, planned_mbps=FAST)}, {}),
]


@pytest.mark.parametrize(
    ("before", "after", "reasons"), [case[1:] for case in ONE_REASON], ids=[case[0] for case in ONE_REASON]
)
def test_a_reason(before, after, reasons):
    told = tell(split(before, after))
    assert {part: numbers for part, numbers in told.items() if part in REASONS} == reasons


def test_the_definition_is_what_today_differs_from_today_by_the_earlier_ones():
    before, redone = {"a": house(2), "b": house(3)}, {"a": house(2, FAST), "b": house(3)}
    now = {"a": house(2, FAST), "b": house(4, FAST)}
    assert tell(split(before, redone, now)) == {
        "start": (5, 0),
        "built": (0, 2),
        "definition": (1, 4),
        "end": (6, 6),
    }


def test_a_premises_that_moves_leaves_one_municipality_for_another():
    made = split({"a": house(2, FAST), "b": house(1)}, {"a": house(2, FAST, "2"), "b": house(1)})
    assert tell(made) == {"start": (3, 2), "end": (3, 2)}
    assert tell(made, "municipality:1") == {"start": (3, 2), "corrections": (-2, -2), "end": (1, 0)}
    assert tell(made, "municipality:2") == {"start": (0, 0), "corrections": (2, 2), "end": (2, 2)}


def test_what_is_built_is_built_where_the_premises_is_today():
    made = split({"a": house(2)}, {"a": house(2, FAST, "2", "locality")})
    assert tell(made)["built"] == (0, 2)
    assert tell(made, "municipality:2") == {
        "start": (0, 0),
        "corrections": (2, 0),
        "built": (0, 2),
        "end": (2, 2),
    }
    assert tell(made, "municipality:1") == {"start": (2, 0), "corrections": (-2, 0), "end": (0, 0)}
    assert tell(made, "class:locality")["built"] == (0, 2)
    assert "built" not in tell(made, "class:outside")


def test_premises_outside_all_municipalities_count_in_the_study():
    made = split({"a": house(2, municipality="")}, {"a": house(2, FAST, municipality="9")})
    assert tell(made) == {"start": (2, 0), "built": (0, 2), "end": (2, 2)}
    assert tell(made, "municipality:1") == {"start": (0, 0), "end": (0, 0)}


def test_each_target_counts_what_it_counts():
    slow = house(2, 30.0, workplaces=3)
    near = house(2, 30.0, workplaces=3, passed_estimated_mbps=FAST)
    made = split({"a": slow}, {"a": near}, study=make_study(*TARGETS))
    assert tell(made, target="access") == {"start": (5, 0), "end": (5, 0)}
    assert tell(made, target="near") == {"start": (2, 0), "built": (0, 2), "end": (2, 2)}
    assert tell(made, target="planned") == {"start": (3, 3), "end": (3, 3)}
    first = made.drop_duplicates("measure").set_index("measure")
    assert first.loc["near", ["counts", "unit", "holiday_homes", "down_mbps", "technologies"]].tolist() == [
        "passed",
        "households",
        False,
        100.0,
        "all",
    ]
    assert set(made["from_year"]) == {2024}
    assert set(made["to_year"]) == {2026}


def test_only_zones_that_are_compared_are_told_in_the_order_of_zones():
    made = split({"a": house()}, {"a": house()})
    assert made["zone_id"].unique().tolist() == list(ZONES.index[:5])
    assert made["zone_kind"].unique().tolist() == ["study", "municipality", "settlement_class"]


def points(made, zone="study"):
    return made[made["zone_id"] == zone].set_index("part")["share_points"]


def test_points_of_the_share_by_hand():
    before = {"a": house(4, FAST), "b": house(4), "c": house(2)}
    redone = {"a": house(4, FAST), "b": house(6, FAST), "d": house(8)}
    now = {"a": house(4, FAST), "b": house(6, FAST), "d": house(8, FAST)}
    # 4/10; b put right: 4/12; c gone and d new: 4/18; b built: 10/18; d by definition: 18/18.
    steps = [4 / 10, 4 / 12, 4 / 18, 10 / 18, 18 / 18]
    told = points(split(before, redone, now))
    assert told["start"] == steps[0]
    assert told["end"] == steps[-1]
    assert told[REASONS].tolist() == pytest.approx(np.diff(steps).tolist(), abs=1e-15)


def test_a_zone_that_counted_nobody_has_no_change_of_the_share():
    made = split({}, {"a": house(2, FAST)})
    told = points(made)
    assert told["end"] == 1.0
    assert told[["start", *REASONS]].isna().all()
    gone = points(split({"a": house(2, FAST)}, {}))
    assert gone["start"] == 1.0
    assert gone[[*REASONS, "end"]].isna().all()
    assert points(made, "municipality:2").isna().all()


def test_a_zone_that_is_emptied_on_the_way_adds_up_all_the_same():
    # The only premises of municipality 1 moves away, and another is built there.
    told = points(split({"a": house(2, FAST)}, {"a": house(2, FAST, "2"), "b": house(3)}), "municipality:1")
    assert told.tolist() == [1.0, 0.0, -1.0, 0.0, 0.0, 0.0]


def test_nothing_comes_of_nothing():
    without_targets = Study.model_validate({"study": {"name": "Test", "year": 2026}})
    assert split({"a": house()}, {"a": house()}, study=without_targets).empty
    assert split({}, {}, zones=ZONES[ZONES["kind"] == "deso"]).empty
    none = split({}, {})
    assert (none[["base", "reached"]] == 0).all(axis=None)
    assert len(none) == 5 * len(PARTS)


def test_text_may_be_categories_and_the_arguments_are_left_alone():
    before, redone = (
        state({"a": house(2), "b": house(1, FAST, "2")}),
        state({"a": house(2, FAST), "c": house(3)}),
    )
    kept = [before.copy(), redone.copy()]
    plain = split_change(before, redone, redone, ZONES, make_study(), from_year=2024)
    texts = dict.fromkeys(["kind", "municipality", "locality", "settlement_class"], "category")
    as_categories = split_change(
        before.astype(texts), redone.astype(texts), redone.astype(texts), ZONES, make_study(), from_year=2024
    )
    pd.testing.assert_frame_equal(plain, as_categories)
    for table, copy in zip((before, redone), kept, strict=True):
        pd.testing.assert_frame_equal(table, copy)


# Against a count by premises

houses = st.builds(
    house,
    households=st.integers(0, 3),
    workplaces=st.integers(0, 2),
    connected=st.sampled_from([0.0, 30.0, 100.0, math.nan]),
    municipality=st.sampled_from(["1", "2", "9", ""]),
    settlement=st.sampled_from(["locality", "outside"]),
    orderable_mbps=st.sampled_from([0.0, 100.0]),
    passed_estimated_mbps=st.sampled_from([0.0, 1_000.0]),
    planned_mbps=st.sampled_from([0.0, 50.0]),
)
populations = st.dictionaries(st.sampled_from("abcdefgh"), houses, max_size=8)


def count_by_hand(before, redone, now, zone, target):
    """Return part -> [base, reached], each premises asked by itself."""
    last = {"access": 2, "proximity": 3, "planned": 4}[target.counts]

    def look(houses, name):
        it = houses.get(name)
        if it is None:
            return SimpleNamespace(there=False, inside=0, units=0, reached=False)
        zones = ("study", f"municipality:{it['municipality']}", f"class:{it['settlement_class']}")
        units = sum(it[unit] for unit in target.of.split("+"))
        reached = any(it[f"{status}_mbps"] >= target.down_mbps for status in STATUSES[:last])
        return SimpleNamespace(there=True, inside=int(zone in zones), units=units, reached=reached)

    found = {part: [0, 0] for part in PARTS}

    def add(part, base, reached):
        found[part][0] += base
        found[part][1] += reached

    for name in {*before, *redone, *now}:
        old, new, today = (look(houses, name) for houses in (before, redone, now))
        was, has, gets = (it.inside * it.units for it in (old, new, today))
        add("start", was, was * old.reached)
        add("end", gets, gets * today.reached)
        add("definition", gets - has, gets * today.reached - has * new.reached)
        if not (old.there and new.there):
            add("new_premises", has - was, has * new.reached - was * old.reached)
        elif new.reached and not old.reached:
            add("built", 0, has)
            add("corrections", has - was, 0)
        else:
            add("corrections", has - was, has * new.reached - was * old.reached)
    return found


@settings(max_examples=25, deadline=None)
@given(populations, populations, populations)
@example({}, {}, {})
def test_every_premises_is_in_the_part_that_a_count_by_hand_puts_it_in(before, redone, now):
    study = make_study(*TARGETS)
    made = split(before, redone, now, study)
    told = made[["measure", "zone_id", "part", "base", "reached"]].itertuples(index=False, name=None)
    found = {(target, zone, part): [base, reached] for target, zone, part, base, reached in told}
    assert found == {
        (target.name, zone, part): numbers
        for target in study.targets
        for zone in ZONES.index[:5]
        for part, numbers in count_by_hand(before, redone, now, zone, target).items()
    }
    check_sums(made)


def check_sums(made):
    """Start and reasons are the end, to the last unit, with people at each step; and so are the points."""
    base, reached, points = (
        made[name].to_numpy().reshape(-1, len(PARTS)) for name in ("base", "reached", "share_points")
    )
    for numbers in (base, reached):
        assert (numbers[:, :-1].sum(axis=1) == numbers[:, -1]).all()
    steps, gained = base[:, :-1].cumsum(axis=1), reached[:, :-1].cumsum(axis=1)
    assert (gained >= 0).all()
    assert (gained <= steps).all()
    assert (base[:, PARTS.index("built")] == 0).all()
    counted = (base[:, 0] > 0) & (base[:, -1] > 0)
    assert points[counted, :-1].sum(axis=1) == pytest.approx(points[counted, -1], abs=1e-12)
    assert np.isnan(points[~counted, 1:-1]).all()


@settings(max_examples=20, deadline=None)
@given(populations, populations)
def test_the_classes_add_up_to_the_study_part_by_part(before, after):
    made = split(before, after)
    classes = made[made["zone_kind"] == "settlement_class"].groupby("part")[["base", "reached"]].sum()
    study = made[made["zone_id"] == "study"].set_index("part")[["base", "reached"]]
    pd.testing.assert_frame_equal(classes.loc[PARTS], study, check_names=False)


@settings(max_examples=12, deadline=None)
@given(populations, populations)
def test_backwards_undoes_what_came_and_went(before, after):
    there, back = split(before, after), split(after, before)
    for made in (there, back):
        check_sums(made)
    moves = [made[made["part"] == "new_premises"][["base", "reached"]].to_numpy() for made in (there, back)]
    assert (moves[0] == -moves[1]).all()


def test_start_and_end_are_the_targets_of_the_two_runs(premises, service):
    rng = np.random.default_rng(3)
    count = 300
    ids = [f"p{number}" for number in range(count)]
    rows = premises(
        [shapely.Point(0, 0)] * count,
        ids=ids,
        households=rng.integers(0, 4, count),
        workplaces=rng.integers(0, 2, count),
        municipality=rng.choice(["1", "2", "9"], count),
        settlement_class=rng.choice(["locality", "outside"], count),
    )
    have = service(
        list(
            zip(rng.choice(ids, 500), rng.choice([30.0, 100.0], 500), rng.choice(STATUSES, 500), strict=True)
        )
    )
    study = make_study(*TARGETS)
    best = have.pivot_table(index="premises_id", columns="status", values="down_mbps", aggfunc="max")
    speeds = best.reindex(index=rows.index, columns=list(STATUSES)).fillna(0.0).add_suffix("_mbps")
    now = pd.DataFrame(rows.drop(columns="geometry")).join(speeds)
    made = split_change(now, now, now, ZONES, study, from_year=2024)
    assert (made.loc[made["part"].isin(REASONS), ["base", "reached"]] == 0).all(axis=None)
    targets = evaluate_targets(rows, have, assign_zones(rows, ZONES), ZONES, study)
    wanted = targets[targets["decides"]].set_index(["target", "zone_id"])[["base", "reached", "share"]]
    for part in ("start", "end"):
        ours = made[made["part"] == part].set_index(["measure", "zone_id"])
        told = ours[["base", "reached", "share_points"]].set_axis(["base", "reached", "share"], axis=1)
        pd.testing.assert_frame_equal(told, wanted.loc[told.index], check_names=False)
