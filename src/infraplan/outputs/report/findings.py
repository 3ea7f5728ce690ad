"""What is found more than once in a paper, so that it is the same everywhere: goal, places, money."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from infraplan.outputs import rounding, summary
from infraplan.outputs.report.paper import DASH, Paper, Row, is_flag, number, records
from infraplan.outputs.sums import sum_plan

TARGET_COLUMNS = (
    "target", "unit", "decides", "counts", "down_mbps", "base", "reached", "share", "target_share",
    "missing", "met",
)  # fmt: skip
MONEY = ("cost_low_sek", "cost_sek", "cost_high_sek")
"""Columns of a cost: low, base, high."""
_COUNTED = ("households", "workplaces", "premises")
_GIGABIT = 1_000.0
_HALF = 0.5
_LEAST_DRAWS = 100
"""Fewer draws than this say nothing of eight cases of ten."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A target of the study in one unit, and how far the whole study is."""

    target: str
    unit: str
    counts: str
    down_mbps: float
    base: int
    reached: int
    share: float
    target_share: float
    missing: int
    met: bool

    @property
    def lacking(self) -> int:
        """Those whom the target's rule does not count."""
        return self.base - self.reached


def find_goal(paper: Paper, unit: str | None = None) -> Goal | None:
    """Return the target of the plan, or the study's first, in a unit or in the one that decides it.

    None where the edition does not tell: without targets, with nobody to count, or with counts blanked.
    """
    rows = paper.of_study("targets", *TARGET_COLUMNS)
    if rows.empty:
        return None
    asked = paper.parameters.get("plan", {}).get("target")
    name = asked if asked in set(rows["target"]) else rows["target"].iloc[0]
    for row in records(rows[rows["target"] == name]):
        if (unit is None and is_flag(row["decides"])) or row["unit"] == unit:
            return _make_goal(paper, row)
    return None


def find_goals(paper: Paper) -> list[Goal]:
    """Return all targets of the study, each in the unit that decides it."""
    rows = paper.of_study("targets", *TARGET_COLUMNS)
    found = [_make_goal(paper, row) for row in records(rows) if is_flag(row["decides"])]
    return [goal for goal in found if goal is not None]


def _make_goal(paper: Paper, row: Row) -> Goal | None:
    base, reached, missing = (rounding.shown_count(row[name]) for name in ("base", "reached", "missing"))
    share, asked, speed = (number(row[name]) for name in ("share", "target_share", "down_mbps"))
    if not base or None in (reached, missing, share, asked, speed):
        return None
    return Goal(
        target=paper.plain(row["target"]),
        unit=str(row["unit"]),
        counts=str(row["counts"]),
        down_mbps=speed or 0.0,
        base=base,
        reached=reached or 0,
        share=share or 0.0,
        target_share=asked or 0.0,
        missing=missing or 0,
        met=is_flag(row["met"]),
    )


def say_speed(paper: Paper, mbps: Any) -> str:
    """Write a speed: "100 Mbit/s", "1 Gbit/s"."""
    known = number(mbps)
    if known is None:
        return DASH
    if known >= _GIGABIT and known % _GIGABIT == 0:
        return paper.say("report.gbits", speed=paper.count(known / _GIGABIT))
    return paper.say("report.mbits", speed=paper.decimal(known, 0 if known == int(known) else 1))


def say_gap(paper: Paper, gap: float) -> str:
    """Say a proven distance as prose does, rounded up: what is said must be true."""
    told = summary.say_gap(gap, paper.words).rstrip("%").rstrip()
    return paper.say("document.phrase.percent", number=told)


def say_rule(paper: Paper, goal: Goal) -> str:
    """Say what a target counts, as it goes on from "lack": "access to at least 100 Mbit/s"."""
    return paper.say(f"report.rule_{goal.counts}", speed=say_speed(paper, goal.down_mbps))


@dataclass(frozen=True)
class Places:
    """White spots by the place nearest to them, most households first, and how many there are in all.

    ``table`` has households, workplaces and premises by name of the place, NaN where too few are told of.
    """

    table: pd.DataFrame
    areas: int
    households: int
    hidden: bool
    """Whether small counts are left out of some: they can then be larger than told."""

    @cached_property
    def half(self) -> int | None:
        """How many places, the largest first, hold half of the households; None where that is not told."""
        sums = self.table["households"].fillna(0).cumsum()
        enough = sums >= _HALF * self.households
        return int(enough.to_numpy().argmax()) + 1 if self.households and enough.any() else None


def find_places(paper: Paper) -> Places | None:
    """Return where white spots are; None where the edition has no areas of them, or there are none."""
    rows = paper.rows("white_spot_areas", "name", *_COUNTED)
    if rows.empty:
        return None
    named = rows.assign(name=[paper.plain(name) for name in rows["name"]])
    # With min_count a place whose areas are all blanked stays unknown.
    table = named.groupby("name", sort=False)[list(_COUNTED)].sum(min_count=1)
    table = table.sort_values(["households", "premises"], ascending=False, kind="stable", na_position="last")
    known = paper.edition.about["totals"].get("white_spots", {}).get("households")
    total = rounding.shown_count(known)
    if total is None:
        total = int(rows["households"].fillna(0).sum())
    return Places(table, len(rows), total, bool(rows[list(_COUNTED)].isna().any(axis=None)))


@dataclass(frozen=True, kw_only=True)
class Money:
    """What a plan costs in kronor, and what support and fees leave of it; None where it is not told."""

    low: float
    base: float
    high: float
    p10: float | None = None
    p90: float | None = None
    support: float | None = None
    fees: float | None = None
    left: float | None = None
    upkeep: float | None = None
    fee: float | None = None
    """Of one building, where it is the same for all."""


def find_money(paper: Paper) -> Money | None:
    """Return what the plan costs; None without a plan, or where it builds nothing."""
    plan = paper.plan
    cost = [number(plan.get(name)) for name in ("cost_low_sek", "cost_sek", "cost_high_sek")]
    if None in cost or not cost[1]:
        return None
    low, base, high = (value or 0.0 for value in cost)
    p10, p90 = _find_quantiles(paper)
    upkeep = _sum(paper, "projects", "upkeep_sek")
    return Money(low=low, base=base, high=high, p10=p10, p90=p90, upkeep=upkeep, **_find_support(paper))


def find_yearly_budget(paper: Paper) -> float | None:
    """Return what a year may cost at most; None where the study sets no limit.

    The table of phases tells it at every level, the study's own settings do not.
    """
    budgets = paper.rows("phases", "budget_sek")["budget_sek"]
    return number(budgets.max()) if len(budgets) else None


def _find_quantiles(paper: Paper) -> tuple[float | None, float | None]:
    draws = number(paper.parameters.get("risk", {}).get("draws")) or 0
    if draws < _LEAST_DRAWS:
        return None, None
    rows = paper.rows("risk", "p10_sek", "p90_sek")
    whole = rows.loc["plan"] if "plan" in rows.index else paper.plan
    return number(whole.get("p10_sek")), number(whole.get("p90_sek"))


def count_offers(paper: Paper) -> dict[str, Row]:
    """Return how many premises, households and workplaces each technology but fibre is for, by its name.

    From the table where the edition has it, else the sums that are told in its place.
    """
    given = paper.rows("technology", "technology", "households", "workplaces")
    found = sum_plan({"technology": given})["offers"]
    return found or paper.plan.get("offers") or {}


def _find_support(paper: Paper) -> dict[str, float | None]:
    rows = paper.rows("support", "buildings", "own_sek", "support_sek", "left_sek")
    if rows.empty:
        return {}
    paid = rows[rows["buildings"] > 0]
    fees = (paid["own_sek"] / paid["buildings"]).unique()
    sums = {
        name: _sum(paper, "support", f"{column}_sek")
        for name, column in (("support", "support"), ("fees", "own"), ("left", "left"))
    }
    return {**sums, "fee": number(fees[0]) if len(fees) == 1 else None}


def _sum(paper: Paper, table: str, column: str) -> float | None:
    """Return the sum of a column; None where the edition does not tell all of it."""
    rows = paper.rows(table, column)
    return None if rows.empty or rows[column].isna().any() else float(rows[column].sum())


def sum_items(bill: pd.DataFrame) -> pd.DataFrame:
    """Return the cost of each item of a bill; unknown where a part of it is not told."""
    items = bill.groupby("item")[list(MONEY)]
    sums = items.sum()
    return sums.where(items.count().eq(items.size(), axis=0))
