"""Whom the plan's projects reach, by target and zone: what is counted after each project and each phase."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from infraplan.coverage.targets import count_missing
from infraplan.outputs.cells import plain, plain_rows
from infraplan.outputs.edition import Edition
from infraplan.outputs.rounding import shown_count, shown_share

_STATUSES = {
    "access": ("connected", "orderable"),
    "proximity": ("connected", "orderable", "passed_estimated"),
    "planned": ("connected", "orderable", "passed_estimated", "planned"),
}
"""What each numerator rule of a target counts, as the columns of what is known of premises begin."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Served:
    """Whom the plan serves, and of these whom each target misses today.

    Attributes
    ----------
    table
        A row a premises: households, workplaces, project_id, phase, and ``zones``, ids of those it lies in.
    misses
        By target, of each row, whether the target's rule does not count it yet; of targets for which that
        is not known there is none.
    targets
        Contract TARGETS.
    kinds
        Kinds of the zones in ``table``.
    """

    table: pd.DataFrame
    misses: dict[str, pd.Series]
    targets: pd.DataFrame
    kinds: list[str]

    def aims(self) -> Rows:
        """Return the rows of the targets of the whole study of which the effect is known."""
        rows = self.targets[(self.targets["zone_kind"] == "study") & _is_counted(self.targets)]
        return [dict(row) for _, row in rows.iterrows() if row["target"] in self.misses]

    def added(self, target: str, unit: str) -> pd.Series:
        """Return the units that each premises adds to what a target counts."""
        units = self.table[unit.split("+")].sum(axis=1)
        return units.where(self.misses[target], 0)


def find_served(edition: Edition) -> Served | None:
    """Return whom the plan serves; None where the edition does not tell it by premises."""
    served, premises = edition.table("served"), edition.table("premises")
    targets, projects = edition.table("targets"), edition.table("projects")
    needed = {"households", "workplaces", "project_id"}
    if not needed <= set(served.columns) or served.empty or targets.empty or "phase" not in projects:
        return None
    table = served[sorted(needed)].assign(phase=served["project_id"].map(projects["phase"]))
    kinds = [name for name in _ZONE_ID if name in premises]
    table["zones"] = [_zones_of(row) for row in plain_rows(premises.reindex(served.index), kinds)]
    misses = {
        target: found
        for target in targets["target"].unique()
        if (found := _missing(edition, target, served)) is not None
    }
    return Served(table, misses, targets, ["study", *kinds])


_ZONE_ID = {"municipality": "municipality", "locality": "locality", "settlement_class": "class"}
"""Columns of premises, and how the ids of such zones begin."""


def _zones_of(row: dict[str, Any]) -> list[str]:
    return ["study", *(f"{_ZONE_ID[kind]}:{code}" for kind, code in row.items() if code)]


def _missing(edition: Edition, target: str, served: pd.DataFrame) -> pd.Series | None:
    """Return which of the served a target misses today, or None where that cannot be told for sure.

    What is known of premises says it where its sum is what the target counts; else all of them are missing
    where the plan's effect says so.
    """
    rows = edition.table("targets")
    rows = rows[(rows["target"] == target) & (rows["zone_kind"] == "study")]
    reached = _reached(edition.table("facts"), rows)
    if reached is not None:
        return ~reached.reindex(served.index, fill_value=False)
    effect = edition.table("effect")
    if effect.empty or not {"target", "unit", "before", "after"} <= set(effect.columns):
        return None
    for row in effect[effect["target"] == target].to_dict("records"):
        if row["after"] - row["before"] == served[row["unit"].split("+")].sum().sum():
            return pd.Series([True] * len(served), index=served.index)
    return None


def _reached(facts: pd.DataFrame, rows: pd.DataFrame) -> pd.Series | None:
    """Return whom a target counts today by what is known of premises, None where the sums do not agree."""
    if rows.empty:
        return None
    first = rows.iloc[0]
    columns = [f"{status}_mbps" for status in _STATUSES[first["counts"]]]
    if not {*columns, "households", "workplaces"} <= set(facts.columns):
        return None
    reached = facts[columns].max(axis=1) >= first["down_mbps"]
    for row in rows.to_dict("records"):
        if facts.loc[reached, row["unit"].split("+")].sum().sum() != row["reached"]:
            return None
    return pd.Series(reached)


def count_queue(served: Served, aim: dict[str, Any], order: list[Any]) -> dict[str, Any]:
    """Return what a target counts of the whole study before, and after each project in order."""
    adds = served.added(aim["target"], aim["unit"]).groupby(served.table["project_id"]).sum()
    counts = [int(aim["reached"])]
    for project in order:
        counts.append(counts[-1] + int(adds.get(project, 0)))
    shares = [_share(aim, count) for count in counts]
    return {
        **{name: plain(aim[name]) for name in ("target", "unit", "base", "target_share")},
        "reached": counts,
        "share": [share for share, _ in shares],
        "met": [met for _, met in shares],
    }


def count_with(edition: Edition, ids: Collection[str]) -> Rows:
    """Return the share of each target of the whole study when these premises are served as well.

    Only targets that what is known of premises counts to the last are told.
    """
    facts, targets = edition.table("facts"), edition.table("targets")
    found: Rows = []
    for target in targets["target"].unique() if "target" in targets else ():
        rows = targets[(targets["target"] == target) & (targets["zone_kind"] == "study")]
        reached = _reached(facts, rows[_is_counted(rows)])
        if reached is None:
            continue
        fresh = facts[~reached & facts.index.isin(list(ids))]
        for aim in rows.to_dict("records"):
            share, _ = _share(aim, int(aim["reached"]) + int(fresh[aim["unit"].split("+")].sum().sum()))
            found.append({"target": target, "unit": aim["unit"], "share": share})
    return found


def _share(aim: dict[str, Any], reached: int) -> tuple[float | None, bool]:
    """Return the share that is shown, and whether the target is met with it."""
    base, asked = int(aim["base"]), float(aim["target_share"])
    if base == 0:
        return None, False
    met = count_missing(base, reached, asked) == 0
    return shown_share(reached / base, asked, met), met


def count_years(edition: Edition, served: Served | None) -> dict[str, Any]:
    """Return the years in which phases end, and the shares of zones then.

    ``complete`` names the targets, ``kinds`` the kinds of zones, of which one without a row stands as
    before; without the premises only the whole study's share after the last phase is known.
    """
    phases = edition.table("phases")
    if "year" not in phases or phases.empty:
        return {}
    years = phases["year"].sort_index()
    rows = _effect_rows(edition, int(years.iloc[-1])) if served is None else _phase_rows(served, years)
    names = ("zone_id", "target", "unit", "year", "reached", "share", "met")
    return {
        "years": sorted({int(year) for year in years}),
        "complete": sorted(served.misses) if served is not None else [],
        "kinds": served.kinds if served is not None else [],
        **{name: [row[name] for row in rows] for name in names},
    }


def _phase_rows(served: Served, years: pd.Series) -> Rows:
    """Return the zones in which a phase reaches somebody, with all that is reached by then."""
    spread = served.table[["phase", "zones"]].explode("zones")
    rows: Rows = []
    for target in served.misses:
        part = served.targets[served.targets["target"] == target]
        for unit in part["unit"].unique():
            adds = spread.assign(units=served.added(target, unit).reindex(spread.index))
            sums = adds.pivot_table("units", "zones", "phase", "sum", fill_value=0)
            totals = sums.reindex(columns=years.index, fill_value=0).cumsum(axis=1)
            for aim in part[(part["unit"] == unit) & _is_counted(part)].to_dict("records"):
                if aim["zone_id"] in totals.index:
                    rows += _zone_rows(aim, totals.loc[aim["zone_id"]], years)
    return rows


def _is_counted(targets: pd.DataFrame) -> pd.Series:
    """Return the rows whose counts the level may see."""
    return targets["base"].notna() & targets["reached"].notna()


def _zone_rows(aim: dict[str, Any], totals: pd.Series, years: pd.Series) -> Rows:
    rows = []
    for year, total in zip(years, totals, strict=True):
        reached = int(aim["reached"]) + int(total)
        share, met = _share(aim, reached)
        told = {name: aim[name] for name in ("zone_id", "target", "unit")}
        rows.append({**told, "year": int(year), "reached": reached, "share": share, "met": met})
    return rows


def _effect_rows(edition: Edition, year: int) -> Rows:
    effect = edition.table("effect")
    if effect.empty:
        return []
    names = ("target", "unit", "after", "share_after", "target_share", "met")
    if not set(names) <= set(effect.columns):
        return []
    return [
        {
            "zone_id": "study",
            "year": year,
            "met": bool(row["met"]),
            **{name: row[name] for name in ("target", "unit")},
            "reached": shown_count(row["after"]),
            "share": shown_share(row["share_after"], row["target_share"], row["met"]),
        }
        for row in plain_rows(effect, names)
    ]
