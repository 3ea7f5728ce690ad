"""What the public is told in sums only: the bill, permits by kind, support, offers, the range of the cost."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

_DUCTS = {"own_duct": "duct", "leased_duct": "duct"}
"""Items that would tell that there are ducts, and what each is told as."""
_PERMIT = ["kind", "permit", "authority", "lead_time_weeks", "source"]


def fold_ducts(bill: pd.DataFrame) -> pd.DataFrame:
    """Return a bill whose ducts are told alike, new or there already: a row for each project and item."""
    if "item" not in bill:
        return bill
    by = [name for name in ("project_id", "phase", "item") if name in bill]
    return _sum(bill.assign(item=bill["item"].replace(_DUCTS)), by)


def sum_public(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return tables with those summed of which single rows would tell of places."""
    found = dict(tables)
    if "item" in found.get("bill", ()):
        found["bill"] = _sum(found["bill"], ["item"])
    if set(_PERMIT) <= set(found.get("permits", ())):
        found["permits"] = _sum(found["permits"], _PERMIT)
    if len(support := found.get("support", pd.DataFrame())):
        found["support"] = _sum_support(support)
    return found


def _sum(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the sums of a table's numbers, a row a group in the order in which groups are met."""
    numbers = [name for name in table.select_dtypes("number").columns if name not in by]
    sums = table.groupby(by, sort=False, dropna=False)[numbers].sum().reset_index()
    return sums[[name for name in table.columns if name in sums]].rename_axis("row")


def _sum_support(support: pd.DataFrame) -> pd.DataFrame:
    """Return the support of the whole plan as the row of a project called plan."""
    numbers = support.select_dtypes("number").drop(columns="per_building_sek", errors="ignore")
    whole = numbers.sum().to_frame().T.astype(numbers.dtypes.to_dict())
    if {"per_building_sek"} <= set(support) and {"support_sek", "eligible"} <= set(whole):
        eligible = whole["eligible"].where(whole["eligible"] > 0, np.nan)
        whole["per_building_sek"] = whole["support_sek"] / eligible
    return whole.set_axis(pd.Index(["plan"], name="project_id"))


def sum_plan(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return what is told of the whole plan from tables that stay in the house.

    ``offers``: premises, households and workplaces that each technology but fibre is for, by its name;
    ``p10_sek`` and ``p90_sek``: what the plan costs at most in one case of ten, and in nine. Each is left out
    where its table is not there.
    """
    found: dict[str, Any] = {}
    given = tables.get("technology", pd.DataFrame())
    if {"technology", "households", "workplaces"} <= set(given):
        others = given[given["technology"] != "fibre"].groupby("technology", sort=True, observed=True)
        found["offers"] = {
            str(name): {
                "premises": len(part),
                "households": int(part["households"].sum()),
                "workplaces": int(part["workplaces"].sum()),
            }
            for name, part in others
        }
    risk = tables.get("risk", pd.DataFrame())
    whole = risk[risk.index == "plan"]
    if {"p10_sek", "p90_sek"} <= set(risk) and len(whole) == 1 and whole.notna().all(axis=None):
        found |= {name: int(whole[name].iloc[0]) for name in ("p10_sek", "p90_sek")}
    return found
