"""How small counts are hidden in what the public is told of a plan."""

from collections.abc import Iterable, Mapping

import pandas as pd

from infraplan.outputs.suppress import SMALLEST_CELL, Bools, blank, find_secret, suppress_zones

_PEOPLE = ("premises", "households")
_COSTS = ("cost_low_sek", "cost_sek", "cost_high_sek", "cost_per_household_sek")
_SERVED = ("premises", "households", "workplaces")
_BY_COUNT = ("bill", "support", "alternatives")
"""Tables whose money or numbers tell how many the whole plan serves."""

Tables = dict[str, pd.DataFrame]


def hide_plan(tables: Mapping[str, pd.DataFrame], *, least: int = SMALLEST_CELL) -> Tables:
    """Return the tables of a plan with small counts blanked, and what they could be worked out from.

    The sums of the plan and of its phases are known: a project, or a phase, that is alone in being hidden
    takes the smallest other with it. Costs go with counts of premises or households, for they tell them.
    Where a plan is so small that its own sum is hidden, nothing is told that leans on it.
    """
    found = _hide_projects(dict(tables), least)
    for name, hide in (("target_plans", _hide_target_plans), ("effect", _hide_effect), ("curve", _thin)):
        if name in found and len(found[name]):
            found[name] = hide(found[name], least)
    return found


def _hide_projects(tables: Tables, least: int) -> Tables:
    """Return tables with small projects and phases blanked; of a small plan, without any that would tell."""
    without = {name: part for name, part in tables.items() if name not in ("projects", "phases", *_BY_COUNT)}
    projects = tables.get("projects")
    # What cannot be held against its parts is not told either.
    if projects is None or not {"phase", *_SERVED} <= set(projects):
        return without
    phase = projects["phase"]
    hidden, wholes, safe = find_secret(projects[list(_PEOPLE)], phase, least=least)
    shut, shut_wholes, shut_safe = find_secret(projects[["workplaces"]], phase, least=least, hidden=hidden)
    if not (safe and shut_safe) or _is_small(projects[list(_SERVED)].sum(), least):
        return without
    tables["projects"] = _blank(projects, hidden, shut)
    if (phases := tables.get("phases")) is not None:
        rows = [phases.index.isin(list(found)) for found in (wholes, wholes | shut_wholes)]
        tables["phases"] = _blank(phases, *rows)
    return tables


def _blank(table: pd.DataFrame, hidden: Bools, shut: Bools) -> pd.DataFrame:
    """Return a table without the workplaces of some rows, and without all counts and costs of others."""
    found = blank(table, _of(table, ["workplaces"]), shut)
    found = blank(found, _of(table, [*_PEOPLE, *_COSTS, "left_sek", "trench_m"]), hidden)
    return found.assign(suppressed=hidden | shut)


def _of(table: pd.DataFrame, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in table]


def _is_small(counts: pd.Series, least: int) -> bool:
    return bool(((counts > 0) & (counts < least)).any())


def _hide_target_plans(table: pd.DataFrame, least: int) -> pd.DataFrame:
    """Hide what it takes to reach a target in zones where few are counted, or few are still to be reached."""
    counts = _of(table, ["base", "reached", "needed", "served", "premises"])
    kind = table["zone_id"].astype("str").str.partition(":")[0]
    asked = {"by": ("target", "unit"), "counts": counts, "also": _of(table, _TAKEN)}
    found = suppress_zones(table.assign(zone_kind=kind), base=None, least=least, **asked)
    return found.drop(columns="zone_kind")


_TAKEN = ("cost_sek", "lower_bound_sek", "cost_per_unit_sek")


def _hide_effect(table: pd.DataFrame, least: int) -> pd.DataFrame:
    """Hide the effect where few are counted, few gain, or few are left."""
    base, before, after = (table[name] for name in ("base", "before", "after"))
    told = pd.DataFrame({"base": base, "before": before, "gain": after - before, "left": base - after})
    rows = ((told > 0) & (told < least)).any(axis=1).to_numpy(dtype=bool)
    return blank(table, _of(table, ["base", "before", "after", "share_before", "share_after"]), rows)


def _thin(curve: pd.DataFrame, least: int) -> pd.DataFrame:
    """Return curves whose steps are put together until each adds at least ``least`` units."""
    by = ["target", "zone_id"]
    kept = [_thin_one(part, least) for _, part in curve.groupby(by, sort=False)]
    found = pd.concat(kept) if kept else curve
    return found.set_axis(pd.RangeIndex(len(found), name="row"))


def _thin_one(curve: pd.DataFrame, least: int) -> pd.DataFrame:
    rows, last = [], 0.0
    for place, units in enumerate(curve["units"]):
        if units - last >= least:
            rows.append(place)
            last = float(units)
    found = curve.iloc[rows]
    units = found["units"].diff().fillna(found["units"])
    sek = found["cost_sek"].diff().fillna(found["cost_sek"])
    steps = {"step_units": units.astype("int64"), "step_sek": sek.astype("int64")}
    return found.assign(**steps, per_unit_sek=(sek / units).astype("float64"))
