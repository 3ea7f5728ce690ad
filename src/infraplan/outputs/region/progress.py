"""How far each municipality of a region has come."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from infraplan.coverage.targets import LAST_COUNTED
from infraplan.outputs.edition import Edition
from infraplan.tables import REGION, STATUSES, check, empty


def build_progress(parts: Mapping[str, Edition]) -> pd.DataFrame:
    """Return a row a municipality, target and unit (contract REGION), the furthest behind first.

    ``with_plan`` counts whom the study's plan serves and the target's rule does not count yet; what it costs
    there is the sum of the projects that lie in the municipality.
    """
    rows = [row for part in parts.values() for row in _rows(part)]
    if not rows:
        return pd.DataFrame(empty(REGION).drop(columns="geometry", errors="ignore"))
    table = pd.DataFrame(rows)[REGION.names]
    order = table.assign(
        asked=table["target"].map({name: i for i, name in enumerate(table["target"].unique())})
    )
    sorted_ = order.sort_values(
        ["asked", "decides", "share", "zone_name"], ascending=[True, False, True, True]
    )
    found = sorted_.drop(columns="asked").reset_index(drop=True).rename_axis(REGION.key)
    check(found, REGION)
    return found


def _rows(part: Edition) -> Iterator[dict[str, Any]]:
    targets = part.table("targets")
    if not len(targets):
        return
    served, white, cost = _served(part), _white(part), _cost(part)
    for row in targets[targets["zone_kind"] == "municipality"].to_dict("records"):
        code = str(row["zone_id"]).removeprefix("municipality:")
        gained = sum(served.get((code, row["target"]), {}).get(unit, 0.0) for unit in row["unit"].split("+"))
        with_plan = float(row["reached"] + gained) if part.has_plan else np.nan
        yield {
            "study": part.study["name"],
            "year": int(part.study["year"]),
            **{name: row[name] for name in _KEPT},
            "base": float(row["base"]),
            "reached": float(row["reached"]),
            "missing": float(row["missing"]),
            "with_plan": with_plan,
            "share_with_plan": float(with_plan / row["base"]) if row["base"] else np.nan,
            "white_spots": white.get(code, 0),
            "cost_sek": cost.get(code, 0.0) if part.has_plan else np.nan,
        }


_KEPT = ("zone_id", "zone_name", "target", "unit", "decides", "share", "target_share", "met")


def _served(part: Edition) -> dict[tuple[str, str], dict[str, float]]:
    """Return whom the plan serves and a target does not count yet, by municipality and target."""
    served, facts = part.table("served"), part.table("facts")
    if not len(served) or "municipality" not in facts:
        return {}
    there = facts.loc[facts.index.intersection(served.index)]
    passed_mbps = part.about["parameters"]["coverage"]["passed_mbps"]
    asked = part.table("targets").drop_duplicates("target")[["target", "counts", "down_mbps"]]
    found = {}
    for target, counts, down in asked.itertuples(index=False, name=None):
        statuses = STATUSES[: STATUSES.index(LAST_COUNTED[counts]) + 1]
        has = (there[[f"{status}_mbps" for status in statuses]] >= down).any(axis=1)
        gained = there[~has & (passed_mbps >= down)]
        for code, row in gained.groupby("municipality")[["households", "workplaces"]].sum().iterrows():
            found[str(code), str(target)] = row.to_dict()
    return found


def _white(part: Edition) -> dict[str, int]:
    spots = part.table("white_spots")
    if "municipality" not in spots:
        return {}
    return {str(code): int(count) for code, count in spots["municipality"].value_counts().items()}


def _cost(part: Edition) -> dict[str, float]:
    projects = part.table("projects")
    if not {"municipality", "cost_sek"} <= set(projects):
        return {}
    sums = projects.groupby("municipality")["cost_sek"].sum()
    return {str(code): float(cost) for code, cost in sums.items()}
