"""Two finished runs side by side: what became of the targets, of whom, at what cost."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.errors import OutputError
from infraplan.outputs.cells import plain_rows
from infraplan.outputs.differences import (
    Side,
    add_up_served,
    bridge_costs,
    compare_served,
    match_projects,
)
from infraplan.outputs.finished import Run, open_run

_KEY = ["target", "zone_id", "zone_kind", "unit"]
_FIGURES = ["base", "reached", "share", "missing", "met"]
_ABOUT = ("study", "layers")
"""Parts of a study that are names and places, or told by the checksums of files."""
_DIGITS = 8
_COUNTS = ["premises", "households", "workplaces"]


@dataclass(frozen=True)
class Comparison:
    """What changed from one run to another.

    Attributes
    ----------
    targets
        A row a zone, target and unit of either run: ``base``, ``reached``, ``share``, ``missing`` and ``met``
        with ``_before`` and ``_after``, and ``change`` of the share in percentage points; missing where one
        run lacks the row.
    white_spots
        A row a premises (index ``premises_id``) that became or ceased to be a white spot, or whose counts
        changed: ``change`` (became, ceased, counts), ``reason`` (new, gone, service, counts), ``households``
        and ``workplaces``: what is added to the sums, negative for those that ceased.
    sums
        Rows before, became, ceased, counts, after over premises, households and workplaces; the first four
        add up to the last.
    costs
        Rows cost_low_sek, cost_sek, cost_high_sek and metres: before, after and difference.
    served, served_sums
        Premises whose place in the plan changed and why, as ``differences.compare_served`` lists them, and
        the sums that they change.
    bridge
        From the first cost to the second by item, as ``differences.bridge_costs`` parts it.
    projects
        The projects side by side, as ``differences.match_projects`` matches them.
    settings
        What the studies themselves differ by: ``before`` and ``after`` as text, by key of the study file;
        of a layer's file the first digits of its checksum.
    effect
        Rows by target: its share with each plan, ``before`` and ``after``, ``change`` in percentage points.
    """

    targets: pd.DataFrame
    white_spots: pd.DataFrame
    sums: pd.DataFrame
    costs: pd.DataFrame
    served: pd.DataFrame
    served_sums: pd.DataFrame
    bridge: pd.DataFrame
    projects: pd.DataFrame
    settings: pd.DataFrame
    effect: pd.DataFrame

    @property
    def reasons(self) -> pd.DataFrame:
        """How many premises changed their place in the plan, by change, reason and detail."""
        groups = self.served.groupby(["change", "reason", "detail"], sort=True)
        counts = groups.size().rename("premises").to_frame().join(groups[_COUNTS[1:]].sum())
        return counts.reset_index()

    @property
    def totals(self) -> dict[str, Any]:
        """All that is known of the whole study and of the plans, for programs."""
        study = self.targets[self.targets["zone_kind"] == "study"]
        return {
            "settings": self.settings.to_dict("index"),
            "targets": plain_rows(study, study.columns),
            "effect": plain_rows(self.effect, self.effect.columns),
            "white_spots": self.sums.to_dict("index"),
            "plan": self.costs.to_dict("index"),
            "served": self.served_sums.to_dict("index"),
            "reasons": plain_rows(self.reasons, self.reasons.columns),
            "bridge": self.bridge.to_dict("index"),
            "projects": plain_rows(self.projects, self.projects.columns),
            "premises": plain_rows(self.served.reset_index(), ["premises_id", *self.served.columns]),
        }


def compare(before: Path, after: Path) -> Comparison:
    """Compare two finished runs.

    Raises
    ------
    OutputError
        A folder holds no run, one of an earlier version, or its files are not as the run wrote them.
    """
    one, other = open_run(before), open_run(after)
    spots_before, spots_after = _indexed(one, "white_spots"), _indexed(other, "white_spots")
    people = _indexed(one, "premises").index, _indexed(other, "premises").index
    spots = _compare_spots(spots_before, spots_after, *people)
    plans = _read_plan(one, people[0]), _read_plan(other, people[1])
    projects = match_projects(*plans)
    served = compare_served(*plans, projects)
    return Comparison(
        targets=_compare_targets(one.layer("targets"), other.layer("targets")),
        white_spots=spots,
        sums=_add_up(spots_before, spots),
        costs=_compare_costs(one, other),
        served=served,
        served_sums=add_up_served(plans[0], served),
        bridge=bridge_costs(plans[0].bill, plans[1].bill),
        projects=projects,
        settings=_compare_settings(one, other),
        effect=_compare_effect(one, other),
    )


def _compare_effect(before: Run, after: Run) -> pd.DataFrame:
    """Set side by side what share each target would have with each plan."""
    key = ["target", "unit"]
    one, other = (run.layer("effect")[[*key, "share_after"]] for run in (before, after))
    both = one.merge(other, on=key, how="outer", suffixes=("_one", "_other"), sort=False)
    both = both.rename(columns={"share_after_one": "before", "share_after_other": "after"})
    return both.assign(change=100.0 * (both["after"] - both["before"]))


def _compare_settings(before: Run, after: Run) -> pd.DataFrame:
    """Return what differs between two studies; what is written about a layer changes no figure."""
    one, other = _list_settings(before), _list_settings(after)
    rows = {
        key: (one.get(key, ""), other.get(key, ""))
        for key in dict.fromkeys([*one, *other])
        if one.get(key, "") != other.get(key, "")
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["before", "after"], dtype="str")
    return table.rename_axis("setting")


def _list_settings(run: Run) -> dict[str, str]:
    parts = {name: part for name, part in run.manifest["parameters"].items() if name not in _ABOUT}
    named = {target["name"]: target for target in parts.pop("targets", [])}
    told = dict(_flatten("", parts | {"targets": named}))
    return told | {f"layers.{one['layer']}": one["sha256"][:_DIGITS] for one in run.manifest["inputs"]}


def _flatten(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield keys as a study file has them, parted by dots, with their values as text."""
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _flatten(f"{prefix}.{name}" if prefix else name, part)
    else:
        told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield prefix, "" if value is None else told


def _read_plan(run: Run, people: pd.Index) -> Side:
    names = ("served", "unserved", "projects", "bill")
    return Side(people, *(_indexed(run, name) for name in names))


def _indexed(run: Run, layer: str) -> pd.DataFrame:
    if layer not in run.layers:
        raise OutputError("other_version", folder=run.folder)
    table = run.layer(layer)
    if not table.index.is_unique:
        raise OutputError("run_altered", folder=run.folder, file="plan.gpkg")
    return table


def _compare_targets(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Set the targets side by side: a zone keeps its id where its name changes, as a study's does by year."""
    columns = [*_KEY, "zone_name", *_FIGURES]
    rows = pd.concat([after[_KEY], before[_KEY]]).drop_duplicates()
    both = rows.merge(before[columns], on=_KEY, how="left").merge(
        after[columns], on=_KEY, how="left", suffixes=("_before", "_after")
    )
    return both.assign(
        zone_name=both.pop("zone_name_after").fillna(both.pop("zone_name_before")),
        change=100.0 * (both["share_after"] - both["share_before"]),
    )


def _compare_spots(
    before: pd.DataFrame, after: pd.DataFrame, people_before: pd.Index, people_after: pd.Index
) -> pd.DataFrame:
    counts = ["households", "workplaces"]
    became = after.loc[after.index.difference(before.index), counts]
    ceased = -before.loc[before.index.difference(after.index), counts]
    stayed = before.index.intersection(after.index)
    differ = after.loc[stayed, counts] - before.loc[stayed, counts]
    differ = differ[(differ != 0).any(axis=1)]
    parts = [
        became.assign(change="became", reason=_reason(became.index, people_before, "new")),
        ceased.assign(change="ceased", reason=_reason(ceased.index, people_after, "gone")),
        differ.assign(change="counts", reason="counts"),
    ]
    return pd.concat(parts)[["change", "reason", *counts]].rename_axis("premises_id")


def _reason(ids: pd.Index, known: pd.Index, otherwise: str) -> list[str]:
    """Tell whether service changed, or the premises are not in the other run at all."""
    return ["service" if there else otherwise for there in ids.isin(known)]


def _add_up(before: pd.DataFrame, spots: pd.DataFrame) -> pd.DataFrame:
    signs = {"became": 1, "ceased": -1, "counts": 0}
    rows = {"before": (len(before), before["households"].sum(), before["workplaces"].sum())}
    for change, sign in signs.items():
        found = spots[spots["change"] == change]
        rows[change] = (sign * len(found), found["households"].sum(), found["workplaces"].sum())
    sums = pd.DataFrame.from_dict(rows, orient="index", columns=_COUNTS)
    sums.loc["after"] = sums.sum()
    return sums.astype("int64")


def _compare_costs(before: Run, after: Run) -> pd.DataFrame:
    names = ["cost_low_sek", "cost_sek", "cost_high_sek", "metres"]
    plans = (before.manifest["totals"]["plan"], after.manifest["totals"]["plan"])
    table = pd.DataFrame(
        {"before": [plans[0][n] for n in names], "after": [plans[1][n] for n in names]}, index=names
    )
    return table.assign(difference=table["after"] - table["before"])
