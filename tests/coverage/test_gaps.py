"""White spots: the rule that decides each, its eligibility, its chain."""

import math

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point

from infraplan import tables
from infraplan.config import Gaps
from infraplan.coverage import find_white_spots, gaps

HOME = Point(700_000, 7_300_000)


def judge(premises, service, study, rows, gaps=None, **columns):
    """Return the white spots among premises a, which the service is about, and b, which has everything."""
    planned_by, technology = columns.pop("planned_by", ""), columns.pop("technology", "fibre")
    have = service(
        [*rows, ("b", 1000.0, "connected")],
        planned_by=[*[planned_by] * len(rows), ""],
        technology=[*[technology] * len(rows), "fibre"],
    )
    found = find_white_spots(
        premises([HOME, HOME], ids=["a", "b"], **columns), have, study(gaps=gaps or Gaps())
    )
    tables.check(found, tables.WHITE_SPOTS)
    assert set(found.index) <= {"a"}
    return found


@pytest.mark.parametrize(
    ("rows", "rule", "best"),
    [
        ([], "no_service", 0),
        ([("a", 100.0, "connected")], None, None),
        ([("a", 100.0, "orderable")], None, None),
        ([("a", 99.9, "connected")], "too_slow", 99.9),
        ([("a", np.nan, "connected")], "too_slow", 0),
        ([("a", 30.0, "connected"), ("a", 60.0, "orderable")], "too_slow", 60),
        ([("a", 1000.0, "passed_estimated")], None, None),
        ([("a", 50.0, "passed_estimated")], "no_service", 0),
        ([("a", 50.0, "planned")], "too_slow", 50),
        ([("a", 500.0, "planned")], "plan_undated", 500),
    ],
)
def test_rules(premises, service, study, rows, rule, best):
    found = judge(premises, service, study, rows)
    assert found["rule"].tolist() == ([rule] if rule else [])
    assert found["best_down_mbps"].tolist() == ([best] if rule else [])


@pytest.mark.parametrize(
    ("planned_by", "rule"),
    [
        ("2029-12-31", None),
        ("2030-01-01", "plan_too_late"),
        ("2026-01-01", None),
        ("2025-12-31", "plan_overdue"),
        ("2029", None),
        ("soon", "plan_undated"),
        ("", "plan_undated"),
    ],
)
def test_a_plan_counts_from_the_studys_year_until_the_end_of_the_third_after(
    premises, service, study, planned_by, rule
):
    found = judge(premises, service, study, [("a", 1000.0, "planned")], planned_by=planned_by)
    assert found["rule"].tolist() == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("technology", "rule"), [("satellite", "not_reliable"), ("mobile", "not_reliable"), ("fwa", None)]
)
def test_what_is_not_reliable_ends_no_white_spot(premises, service, study, technology, rule):
    found = judge(premises, service, study, [("a", 300.0, "connected")], technology=technology)
    assert found["rule"].tolist() == ([rule] if rule else [])


def test_reliable_is_what_the_row_says_whatever_its_technology(premises, service, study):
    have = service(
        [("a", 300.0, "connected"), ("b", 300.0, "connected")], technology="vdsl", reliable=[False, True]
    )
    found = find_white_spots(premises([HOME, HOME], ids=["a", "b"]), have, study())
    assert found["rule"].to_dict() == {"a": "not_reliable"}


@pytest.mark.parametrize(
    ("rows", "planned_by", "decided", "rule", "best"),
    [
        ([("a", 1000.0, "planned")], ["2027"], [False], "plan_undecided", 0),
        ([("a", 1000.0, "planned")], [""], [False], "plan_undecided", 0),
        ([("a", 1000.0, "planned")], ["2040"], [False], "plan_undecided", 0),
        # A plan that would be too slow, and that nobody decided, is nothing.
        ([("a", 30.0, "planned")], ["2027"], [False], "no_service", 0),
        # What nobody decided says more than what is decided for too late: it is nearer.
        ([("a", 1000.0, "planned")] * 2, ["2027", "2040"], [False, True], "plan_undecided", 1000),
        ([("a", 1000.0, "planned")] * 2, ["2027", "2027"], [False, True], None, None),
        ([("a", 1e3, "planned"), ("a", 9.0, "connected")], ["2027", ""], [False, True], "plan_undecided", 9),
    ],
)  # fmt: skip
def test_a_plan_counts_when_it_is_decided(premises, service, study, rows, planned_by, decided, rule, best):
    have = service(rows, planned_by=planned_by, decided=decided)
    found = find_white_spots(premises([HOME], ids=["a"]), have, study())
    assert found["rule"].tolist() == ([rule] if rule else [])
    assert found["best_down_mbps"].tolist() == ([best] if rule else [])


def decide(rows, gaps):
    """Return the rule and the best speed of one premises, from its rows, as the definition says it."""
    there = [r for r in rows if r["status"] in ("connected", "orderable")]
    plans = [r for r in rows if r["status"] == "planned"]
    decided = [r for r in plans if r["decided"]]
    passed = [r for r in rows if r["status"] == "passed_estimated"]
    best = max((r["down_mbps"] for r in there + decided if r["down_mbps"] > 0), default=0)

    def would_do(some):
        return [r for r in some if r["down_mbps"] >= 100 and r["reliable"]]

    years = [int(r["planned_by"][:4] or 0) for r in would_do(decided)]
    if would_do(there) or any(2026 <= year <= 2029 for year in years):
        return None, best
    if would_do(passed):
        return (None if gaps.passed_is_served else "passed_only"), best
    if any(not r["decided"] for r in would_do(plans)):
        return "plan_undecided", best
    for rule, holds in (
        ("plan_undated", 0 in years),
        ("plan_overdue", any(0 < year < 2026 for year in years)),
        ("plan_too_late", any(year > 2029 for year in years)),
        ("not_reliable", any(r["down_mbps"] >= 100 for r in there + decided)),
        ("too_slow", there + decided),
    ):
        if holds:
            return rule, best
    return "no_service", best


@pytest.mark.parametrize("seed", range(20))
def test_every_verdict_equals_the_definition(premises, service, study, seed):
    random = np.random.default_rng(seed)
    count = 60
    columns = {
        "planned_by": random.choice(["", "2025-12-31", "2026", "2029-12-31", "2030-01-01"], count),
        "decided": random.random(count) < 0.6,
        "reliable": random.random(count) < 0.6,
    }
    rows = list(
        zip(
            random.choice([*map(str, range(30)), "gone"], count),
            random.choice([math.nan, 30.0, 99.9, 100.0, 1000.0], count),
            random.choice(tables.STATUSES, count),
            strict=True,
        )
    )
    have = service(rows, **columns)
    gaps = Gaps(passed_is_served=bool(seed % 2))
    homes = premises([HOME] * 30)
    found = find_white_spots(homes, have, study(gaps=gaps))
    tables.check(found, tables.WHITE_SPOTS)
    expected = {
        home: decide(have[have["premises_id"] == home].to_dict("records"), gaps) for home in homes.index
    }
    made = dict(zip(found.index, zip(found["rule"], found["best_down_mbps"], strict=True), strict=True))
    assert made == {home: (rule, best) for home, (rule, best) in expected.items() if rule}
    as_categories = have.astype({"premises_id": pd.CategoricalDtype([*homes.index[::-1], "gone"])})
    as_categories = as_categories.astype({"status": "category", "planned_by": "category"})
    pd.testing.assert_frame_equal(found, find_white_spots(homes, as_categories, study(gaps=gaps)))


def test_passed_may_be_made_to_count_for_nothing(premises, service, study):
    gaps = Gaps(passed_is_served=False)
    found = judge(premises, service, study, [("a", 1000.0, "passed_estimated")], gaps)
    assert found[["rule", "best_down_mbps", "eligible"]].to_numpy().tolist() == [["passed_only", 0, "unsure"]]
    found = judge(
        premises, service, study, [("a", 1000.0, "passed_estimated")], gaps, settlement_class="locality"
    )
    assert found["eligible"].tolist() == ["no"]


@pytest.mark.parametrize(
    ("settlement", "known", "eligible"),
    [
        ("outside", True, "yes"),
        ("small_locality", True, "yes"),
        ("locality", True, "no"),
        ("locality", False, "unsure"),
        ("outside", False, "unsure"),
    ],
)
def test_eligibility(premises, service, study, settlement, known, eligible):
    found = judge(premises, service, study, [], settlement_class=settlement, settlement_known=known)
    assert found["eligible"].tolist() == [eligible]


def test_only_where_people_live_or_work_and_holiday_homes_on_request(premises, service, study):
    rows = premises(
        [HOME] * 4, ids=list("abcd"), households=[0, 0, 0, 1], workplaces=[0, 1, 0, 0],
        kind=["holiday", "workplace", "public", "single"],
    )  # fmt: skip
    assert find_white_spots(rows, service([]), study()).index.tolist() == ["b", "d"]
    assert find_white_spots(rows, service([]), study(gaps=Gaps(holiday_homes=True))).index.tolist() == [
        "a",
        "b",
        "d",
    ]


def test_no_premises_at_all(premises, service, study):
    tables.check(find_white_spots(premises([]), service([]), study()), tables.WHITE_SPOTS)


def test_chains_are_named_by_households_then_from_west_to_east(premises, service, study):
    rows = premises(
        [Point(x, 0) for x in (9000, 0, 500, 5000, 7000)], ids=list("abcde"), households=[2, 1, 1, 5, 2]
    )
    found = find_white_spots(rows, service([]), study())
    assert found["white_spot_id"].to_dict() == {
        "d": "W0001",
        "b": "W0002",
        "c": "W0002",
        "e": "W0003",
        "a": "W0004",
    }


def test_shapes_do_not_matter_to_the_order_of_ids(premises, service, study):
    random = np.random.default_rng(2)
    rows = premises(shapely.points(random.uniform(0, 20_000, (80, 2))), households=random.integers(1, 3, 80))
    straight = find_white_spots(rows, service([]), study())["white_spot_id"]
    shuffled = find_white_spots(rows.sample(frac=1, random_state=1), service([]), study())["white_spot_id"]
    assert straight.to_dict() == shuffled.to_dict()


@pytest.mark.parametrize("piece", [1, 2, 3])
def test_rows_are_judged_alike_some_at_a_time(monkeypatch, premises, service, study, piece):
    random = np.random.default_rng(4)
    rows = [
        (f"{random.integers(30)}", random.choice([30.0, 100.0, math.nan]), status)
        for status in random.choice(["connected", "orderable", "planned", "passed_estimated"], 90)
    ]
    have = service(
        rows,
        planned_by=random.choice(["", "2020-01-01", "2027-01-01", "2099-01-01"], 90),
        technology=random.choice(["fibre", "satellite"], 90),
        decided=random.random(90) < 0.7,
    )
    homes = premises([HOME] * 25)
    at_once = find_white_spots(homes, have, study())
    assert at_once["rule"].nunique() > 4
    monkeypatch.setattr(gaps, "_ROWS", piece)
    pd.testing.assert_frame_equal(find_white_spots(homes, have, study()), at_once)
