"""The studies' plans beside each other: phases by year, sums, no bound for the whole."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from infraplan.outputs.cells import plain_rows
from infraplan.outputs.edition import Edition

PHASED = ("routes", "projects", "cabinets", "bill", "permits", "codigging")
"""Tables with the number of a phase, which each study counts from its own first year."""

_SUMS = (
    "cost_low_sek",
    "cost_sek",
    "cost_high_sek",
    "network_sek",
    "metres",
    "projects",
    "forced",
    "excluded",
)
_COUNTS = ("premises", "households", "workplaces")


def number_phases(parts: Mapping[str, Edition]) -> dict[tuple[str, int], int]:
    """Return the region's number of each study's phase: phases built in the same year are one."""
    years = {
        (mark, phase): int(year)
        for mark, part in parts.items()
        if "year" in part.table("phases")
        for phase, year in zip(part.table("phases").index.tolist(), part.table("phases")["year"], strict=True)
    }
    order = {year: i for i, year in enumerate(sorted(set(years.values())), 1)}
    return {key: order[year] for key, year in years.items()}


def join_plans(parts: Mapping[str, Edition], tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return what the plans come to together, none where no study has one.

    Each plan has been held against its own bound; a plan made for all at once could be cheaper, so the whole
    has none.
    """
    plans = [part.about["totals"]["plan"] for part in parts.values() if part.has_plan]
    if not plans:
        return {}
    told = {name: sum(plan.get(name) or 0 for plan in plans) for name in _SUMS}
    goals = {plan["goal"] for plan in plans}
    return {
        "plan": told
        | {
            "goal": goals.pop() if len(goals) == 1 else "several",
            "method": plans[0].get("method"),
            "aim": None,
            "reached_goal": all(plan["reached_goal"] for plan in plans),
            **dict.fromkeys(
                ("network_bound_sek", "network_gap", "lower_bound_sek", "most_households", "gap")
            ),
            "search_ended": "optimal" if all(plan["search_ended"] == "optimal" for plan in plans) else "time",
            "metres": round(told["metres"], 1),
            "metres_by_method": _add(plans, "metres_by_method", ("existing", "method")),
            "bill": _add(plans, "bill", ("item",)),
            "phases": _phases(tables.get("phases")),
            "overfull_ducts": [name for plan in plans for name in plan.get("overfull_ducts", [])],
            "served": _count([plan.get("served", {}) for plan in plans]),
            "unserved": _count([plan.get("unserved", {}) for plan in plans]),
            "unserved_by_reason": _reasons(plans),
            "effect": [],
        }
    }


def _add(plans: list[dict[str, Any]], name: str, by: tuple[str, ...]) -> list[dict[str, Any]]:
    rows = [row for plan in plans for row in plan.get(name, [])]
    if not rows:
        return []
    sums = pd.DataFrame(rows).groupby(list(by), sort=False).sum().reset_index()
    return plain_rows(sums, list(sums.columns))


def sum_phases(phases: pd.DataFrame) -> pd.DataFrame:
    """Return a row a phase of the region; one that a study sets no budget for has none."""
    groups = phases.groupby(level=0)
    sums = groups.agg({name: "first" if name == "year" else "sum" for name in phases.columns})
    for name in ("budget_sek", "left_sek"):
        if name in sums:
            sums[name] = groups[name].agg(lambda values: values.sum(min_count=len(values)))
    return sums


def _phases(phases: pd.DataFrame | None) -> list[dict[str, Any]]:
    if phases is None or not len(phases):
        return []
    told = phases.rename_axis("phase").reset_index()
    return plain_rows(told, list(told.columns))


def _count(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {name: sum(row.get(name) or 0 for row in rows) for name in _COUNTS}


def _reasons(plans: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    reasons = dict.fromkeys(reason for plan in plans for reason in plan.get("unserved_by_reason", {}))
    return {
        reason: _count([plan.get("unserved_by_reason", {}).get(reason, {}) for plan in plans])
        for reason in reasons
    }
