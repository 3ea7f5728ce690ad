"""Each project of a plan for the map page: what it costs line by line, and what building in order reaches."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from infraplan.outputs.cells import plain, plain_rows
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.reach import count_queue, count_years, find_served
from infraplan.outputs.rounding import shown_count, shown_m, shown_number, shown_sek, shown_share

_MONEY = ("cost_low_sek", "cost_sek", "cost_high_sek")
_WHOLE = ("premises", "households", "workplaces", "public_buildings", "permits")
_METRES = ("road_m", "drop_m", "link_m", "reused_m", "permit_m")
_LINES = ("item", "detail", "unit", "quantity", "price", *_MONEY, "source", "guess")
_PERMITS = ("name", "kind", "metres", "permit", "authority", "lead_time_weeks", "extra_sek")
_WORKS = ("name", "contact", "start", "end", "metres", "saved_sek", "in_time")
_SUPPORT = ("buildings", "eligible", "unsure", "eligible_sek", "own_sek", "support_sek", "left_sek")
_RISK = ("p10_sek", "p90_sek", "first_phase_share")

Rows = list[dict[str, Any]]


def pack_projects(edition: Edition) -> dict[str, Any]:
    """Return the projects by id, the order in which they are built, and the shares that each phase brings.

    ``order`` is the plan's own: phase by phase, in a phase the cheapest a household first, and none before
    the project that feeds it. The lines of a project's bill sum to its costs.
    Without a plan there is nothing.
    """
    projects = edition.table("projects")
    if projects.empty:
        return {}
    order = order_projects(projects)
    served = find_served(edition)
    return {
        "projects": {str(key): _project(edition, key, row) for key, row in projects.iterrows()},
        "bill": _by_project(edition.table("bill"), _LINES),
        "permits": _by_project(edition.table("permits"), _PERMITS),
        "works": _by_project(edition.table("codigging"), _WORKS),
        "support": _by_id(edition.table("support"), _SUPPORT),
        "risk": _by_id(edition.table("risk"), _RISK),
        "order": [str(key) for key in order],
        "reach": [] if served is None else [count_queue(served, row, order) for row in served.aims()],
        "years": count_years(edition, served),
    }


def order_projects(projects: pd.DataFrame) -> list[Any]:
    """Return the ids in the order of building: by phase, then by cost a household, the feeding one first.

    Projects without households come last in their phase; of equals the lowest id is first.
    """
    above = projects["above"].to_dict() if "above" in projects else {}
    cost = projects.get("cost_per_household_sek", pd.Series(0.0, projects.index)).fillna(float("inf"))
    phase = projects.get("phase", pd.Series(1, projects.index))
    ranked = sorted(projects.index, key=lambda key: (phase[key], cost[key], str(key)))
    found: dict[Any, None] = {}
    for key in ranked:
        chain = [key]
        while (feeder := above.get(chain[-1], "")) in above and feeder not in found and feeder not in chain:
            chain.append(feeder)
        found |= dict.fromkeys(reversed(chain))
    return list(found)


def _project(edition: Edition, key: Any, row: pd.Series) -> dict[str, Any]:
    phases = edition.table("phases")
    year = phases["year"].get(row["phase"]) if "year" in phases and "phase" in row else None
    return {
        **{name: plain(row[name]) for name in ("name", "municipality", "above", "phase") if name in row},
        "id": str(key),
        "year": plain(year),
        **{name: shown_count(row[name]) for name in _WHOLE if name in row},
        **{name: shown_m(row[name]) for name in _METRES if name in row},
        **{
            name: shown_sek(row[name])
            for name in (*_MONEY, "cost_per_household_sek", "upkeep_sek")
            if name in row
        },
        "over_limit": bool(row.get("over_limit", False)),
    }


def _by_project(table: pd.DataFrame, names: tuple[str, ...]) -> dict[str, Rows]:
    """Return the rows of each project, in the table's order."""
    if "project_id" not in table:
        return {}
    rows = plain_rows(table, [name for name in names if name in table])
    found: dict[str, Rows] = {}
    for project, row in zip(table["project_id"], rows, strict=True):
        found.setdefault(str(project), []).append(_rounded(row))
    return found


def _by_id(table: pd.DataFrame, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    rows = plain_rows(table, [name for name in names if name in table])
    return {str(key): _rounded(row) for key, row in zip(table.index, rows, strict=True)}


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Round money to kronor, lengths to metres, quantities and prices as the bill is written."""
    ways: dict[str, Callable[[Any], Any]] = {
        "metres": shown_m,
        "first_phase_share": shown_share,
        "lead_time_weeks": shown_count,
    }
    for name, value in row.items():
        if name.endswith("_sek"):
            row[name] = shown_sek(value)
        elif name in ways:
            row[name] = ways[name](value)
        elif name in ("quantity", "price") and value is not None:
            row[name] = shown_number(value, 2)
    return row
