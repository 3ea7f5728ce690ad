"""What the command line prints: small tables and sentences in the reader's language."""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.layers.faults import describe
from infraplan.layers.read import Layers
from infraplan.layers.studyfile import layer_of
from infraplan.outputs.compare import Comparison
from infraplan.outputs.plantext import optics, tell_range
from infraplan.outputs.results import Results
from infraplan.outputs.rounding import shown_share
from infraplan.outputs.textable import draw
from infraplan.planning import Plan
from infraplan.words import Words

_LARGEST_AREAS = 10
_MANY_ASSUMPTIONS = 3
"""More than this are pointed to rather than listed."""
UNSERVED_REASONS = ("excluded", "not_chosen", "over_budget", "not_counted", "no_go", "island", "too_far")
"""In the order in which they are told: by choice first, then by force."""
_COUNTED = ("premises", "households", "workplaces")
_SIDES = ("before", "after")
_MOST_PROJECTS = 20
_ROUGH, _FINE = 0.001, 0.0001
"""Shares from which a proven distance is told to a tenth, and to a hundredth, of a per cent."""


def layers(read: Layers, words: Words) -> str:
    """Return a row a layer: rows in, left out by choice, set aside, repaired, used."""
    names = ("rows_in", "left_out", "set_aside", "repaired", "used")
    rows = [
        [str(layer), *(words.number(int(row[name])) for name in names)]
        for layer, row in read.counts.iterrows()
    ]
    return _table(words, "layers", ["layer", *names], rows)


def targets(table: pd.DataFrame, words: Words) -> str:
    """Return a row a zone and target in the unit that decides it, for the study and its municipalities."""
    several = len(set(table.loc[table["zone_kind"] == "municipality", "zone_id"])) > 1
    kinds = ["study", "municipality"] if several else ["study"]
    shown = table[table["decides"] & table["zone_kind"].isin(kinds)]
    zone = ["zone"] if several else []
    four = ("connected", "orderable", "passed_estimated", "planned")
    rows = [
        [
            str(row["target"]),
            *([str(row["zone_name"])] if several else []),
            words.number(int(row["base"])),
            *(words.number(int(row[name])) for name in four),
            _share(shown_share(row["share"], row["target_share"], row["met"]), words),
            words.share(row["target_share"]),
            words.text("summary.met" if row["met"] else "summary.not_met") if row["base"] else "–",
        ]
        for _, row in shown.iterrows()
    ]
    distance = words.number(float(table["passed_m"].iloc[0])) if len(table) else "–"
    heads = ["target", *zone, "base", *four, "share", "target_share", "met_head"]
    return _table(words, "targets", heads, rows, distance=distance)


def white_spots(spots: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, words: Words) -> str:
    """Return how many white spots there are, and the largest areas of them."""
    said = words.text(
        "summary.white_spots",
        premises=len(spots),
        households=int(spots["households"].sum()),
        workplaces=int(spots["workplaces"].sum()),
        areas=len(areas),
    )
    if areas.empty:
        return said
    largest = areas.sort_values(["households", "premises"], ascending=False, kind="stable").head(
        _LARGEST_AREAS
    )
    rows = [
        [
            str(i),
            str(row["name"]),
            *(words.number(int(row[name])) for name in ("premises", "households", "workplaces")),
        ]
        for i, row in largest.iterrows()
    ]
    return f"{said}\n{_table(words, 'areas', ['area', 'name', 'premises', 'households', 'workplaces'], rows)}"


def plan(results: Results, words: Words) -> str:
    """Return the plan in sentences that a council understands: what, for whom, at what cost, how sure."""
    made = results.plan
    lines = [white_spots(results.white_spots, results.white_spot_areas, words)]
    goal = results.study.plan
    lines.append(
        words.text(f"summary.goal_{made.goal.kind}", target=goal.target or "", budget=goal.budget_sek or 0)
    )
    lines.append(
        words.text(
            "summary.serves",
            premises=len(made.served),
            households=int(made.served["households"].sum()),
            workplaces=int(made.served["workplaces"].sum()),
        )
    )
    if made.served.empty and made.unserved.empty:
        lines.append(words.text("summary.nothing_to_build"))
    lines += _say_effect(results, words)
    new = made.routes[made.routes["existing"] == "new"]
    length = new["length_m"].groupby(new["kind"]).sum()
    lines.append(
        words.text(
            "summary.costs",
            base=words.number(made.cost_sek / 1e6, 1),
            low=words.number(made.cost_low_sek / 1e6, 1),
            high=words.number(made.cost_high_sek / 1e6, 1),
            book=results.book.name,
            road_km=words.number(length.get("road", 0.0) / 1000.0, 1),
            drop_km=words.number(length.get("drop", 0.0) / 1000.0, 1),
            link_km=words.number(length.get("link", 0.0) / 1000.0, 1),
        )
    )
    if len(new) < len(made.routes):
        reused = made.routes["length_m"].drop(new.index).sum()
        lines.append(words.text("summary.reused", km=words.number(reused / 1000.0, 1)))
    lines += [told] if (told := tell_range(results, words)) else []
    for reason in UNSERVED_REASONS:
        group = made.unserved[made.unserved["reason"] == reason]
        left = int(group["households"].sum())
        if len(group):
            values = {"premises": len(group), "households": left, "attach_m": results.study.network.attach_m}
            lines.append(words.text(f"summary.unserved_{reason}", **values))
    forced = made.unserved.index[made.unserved.index.isin(made.goal.forced)]
    if len(forced):
        lines.append(words.text("summary.forced_unreached", premises=len(forced), first=str(forced[0])))
    if made.cost_sek or made.most_households:
        lines += bound(made, words)
    if not made.reached_goal:
        lines.append(words.text("summary.goal_out_of_reach"))
    if not results.package.optics["ok"].all():
        lines.append(optics(results, words))
    lines += [*modelled(results.layers, words), words.text("summary.not_for_excavation")]
    return "\n".join(lines)


def _say_effect(results: Results, words: Words) -> list[str]:
    """Return for each target what share it has with the plan."""
    return [
        words.text(
            "summary.effect",
            target=str(row["target"]),
            before=_share(row["share_before"], words),
            after=_share(shown_share(row["share_after"], row["target_share"], row["met"]), words),
            result=words.text("summary.met" if row["met"] else "summary.not_met"),
        )
        for _, row in results.package.effect.iterrows()
        if row["base"] and row["after"] > row["before"]
    ]


def bound(plan: Plan, words: Words) -> list[str]:
    """Return how far the plan can be from the best possible, in words, and why the search for it ended."""
    said = [words.text(f"summary.ended_{plan.ended}")] if plan.ended == "time" else []
    if plan.gap is None:
        return [words.text("summary.no_bound"), *said]
    values = {"gap": say_gap(plan.gap, words)}
    if plan.most_households is not None:
        key, values["most"] = "bound_budget", words.number(plan.most_households)
    else:
        key, values["bound"] = "bound", words.number((plan.lower_bound_sek or 0) / 1e6, 1)
    told = words.text(f"summary.{key}_proven" if plan.gap == 0.0 else f"summary.{key}", **values)
    return [*_say_network(plan, words), told, *said]


def _say_network(plan: Plan, words: Words) -> list[str]:
    """Return what routing alone decided, and how good that is."""
    if plan.network_gap is None or plan.most_households is not None:
        return []
    cost = words.text("summary.million", amount=words.number(plan.network_sek / 1e6, 1))
    key = "network_proven" if plan.network_gap == 0.0 else "network"
    return [words.text(f"summary.{key}", network=cost, gap=say_gap(plan.network_gap, words))]


def say_gap(gap: float, words: Words) -> str:
    """Return a proven distance in per cent, rounded up: what is said must be true."""
    digits = 1 if gap >= _ROUGH else 2 if gap >= _FINE else 3
    return words.share(ceil(round(gap * 10 ** (digits + 2), 6)) / 10 ** (digits + 2), digits)


def modelled(read: Layers, words: Words) -> list[str]:
    """Return a sentence that names the modelled layers, and one on what is assumed."""
    names = dict.fromkeys(map(layer_of, read.sources.index[read.sources["modelled"].astype(bool)]))
    listed = ", ".join(words.text(f"map.input.{name}") for name in names)
    said = [words.text("summary.modelled", layers=listed)] if names else []
    assumed = read.sources.loc[read.sources["assumption"] != "", "assumption"]
    if len(assumed) > _MANY_ASSUMPTIONS:
        return [*said, words.text("summary.assumptions", count=len(assumed))]
    return said + [
        words.text("summary.assumption", layer=words.text(f"map.input.{layer}"), assumption=text)
        for layer, text in zip(map(layer_of, assumed.index), assumed, strict=True)
    ]


def faults(table: gpd.GeoDataFrame, words: Words) -> str:
    """Return a row a layer and rule: how many, the first as an example, and the remedy."""
    if table.empty:
        return words.text("summary.no_faults")
    order = {"error": 0, "repaired": 2, "warning": 1, "info": 3}
    groups = sorted(
        table.groupby(["layer", "rule", "severity"], sort=False),
        key=lambda item: (order[item[0][2]], item[0][0]),
    )
    firsts = describe(
        gpd.GeoDataFrame(pd.concat([group.head(1) for _, group in groups]), geometry="geometry"), words
    )
    rows = [
        [
            words.text(f"summary.severity_{severity}"),
            layer,
            rule,
            words.number(len(group)),
            first.message,
            first.remedy,
        ]
        for ((layer, rule, severity), group), first in zip(groups, firsts.itertuples(), strict=True)
    ]
    return _table(words, "faults", ["severity", "layer", "rule", "count", "example", "remedy"], rows)


def fault_totals(read: Layers, table: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return rows by layer and faults by rule, for programs."""
    return {
        "layers": {
            str(layer): {str(k): int(v) for k, v in row.items()} for layer, row in read.counts.iterrows()
        },
        "faults": [
            {"layer": layer, "rule": rule, "severity": severity, "count": int(count)}
            for (layer, rule, severity), count in table.groupby(["layer", "rule", "severity"]).size().items()
        ],
    }


def comparison(found: Comparison, words: Words) -> str:
    """Return what differs between two finished runs: shares, white spots, whom the plan serves, its cost."""
    study = found.targets[found.targets["zone_kind"] == "study"]
    shares = _tell_shares(study, ("share_before", "share_after"), words)
    effect = _tell_shares(found.effect, ("before", "after"), words)
    counted = ["change", "premises", "households", "workplaces"]
    costs = _numbers(found.costs, words, "")
    bridge = [
        [words.text("plan.total" if item == "total" else f"bill.item_{item}"), *amounts]
        for item, *amounts in _numbers(found.bridge, words, None)
    ]
    return "\n\n".join(
        (
            *_compare_settings(found.settings, words),
            _table(words, "compared_targets", ["target", "unit", "before", "after", "change_points"], shares),
            _table(words, "compared_effect", ["target", "unit", "before", "after", "change_points"], effect),
            _table(words, "compared_spots", counted, _numbers(found.sums, words, "spots_")),
            _table(words, "compared_served", counted, _numbers(found.served_sums, words, "served_")),
            *_compare_reasons(found.reasons, words),
            _table(words, "compared_costs", ["cost", "before", "after", "change"], costs),
            _table(words, "compared_bridge", ["item", "before", "prices", "quantities", "after"], bridge),
            *_compare_projects(found.projects, words),
        )
    )


def _tell_shares(table: pd.DataFrame, sides: Sequence[str], words: Words) -> list[list[str]]:
    return [
        [
            str(row["target"]),
            words.text(f"summary.unit_{str(row['unit']).replace('+', '_and_')}"),
            *(words.share(row[name]) if pd.notna(row[name]) else "–" for name in sides),
            words.number(row["change"], 1) if pd.notna(row["change"]) else "–",
        ]
        for _, row in table.iterrows()
    ]


def _compare_settings(settings: pd.DataFrame, words: Words) -> list[str]:
    if settings.empty:
        return []
    rows = [[str(key), row["before"] or "–", row["after"] or "–"] for key, row in settings.iterrows()]
    return [_table(words, "compared_settings", ["setting", *_SIDES], rows)]


def _numbers(table: pd.DataFrame, words: Words, prefix: str | None) -> list[list[str]]:
    """Return rows of numbers, each named by the words of its key, or by the key where there is no prefix."""
    return [
        [
            str(name) if prefix is None else words.text(f"summary.{prefix}{name}"),
            *(words.number(float(n)) for n in row),
        ]
        for name, row in table.iterrows()
    ]


def _compare_reasons(reasons: pd.DataFrame, words: Words) -> list[str]:
    if reasons.empty:
        return []
    rows = [
        [
            words.text(f"summary.served_{row['change']}"),
            words.text(f"summary.why_{row['reason']}"),
            words.text(f"summary.left_{row['detail']}") if row["detail"] else "",
            words.number((-1 if row["change"] == "went" else 1) * int(row["premises"])),
            *(words.number(int(row[name])) for name in ("households", "workplaces")),
        ]
        for _, row in reasons.iterrows()
    ]
    return [_table(words, "compared_reasons", ["change", "why", "left", *_COUNTED], rows)]


def _compare_projects(projects: pd.DataFrame, words: Words) -> list[str]:
    """Return the projects that changed most in cost, each beside what became of it."""
    table = projects[projects["change"] != "same"]
    if table.empty:
        return []
    size = (table["cost_sek_after"] - table["cost_sek_before"]).abs()
    largest = table.loc[size.sort_values(ascending=False, kind="stable").index].head(_MOST_PROJECTS)
    rows = [
        [
            words.text(f"summary.project_{row['change']}"),
            *(f"{row[f'project_{side}']} {row[f'name_{side}']}".strip() for side in _SIDES),
            *(words.number(row[f"cost_sek_{side}"] / 1000) for side in _SIDES),
            *(words.number(int(row[f"households_{side}"])) for side in _SIDES),
            *(words.number(int(row[f"phase_{side}"])) if row[f"phase_{side}"] else "–" for side in _SIDES),
        ]
        for _, row in largest.iterrows()
    ]
    names = ("before", "after", "cost_before", "cost_after", "homes_before", "homes_after")
    told = _table(words, "compared_projects", ["change", *names, "phase_before", "phase_after"], rows)
    more = len(table) - len(largest)
    return ["\n".join([told, *([words.text("summary.more_rows", count=more)] if more else [])])]


def _share(share: float | None, words: Words) -> str:
    return "–" if share is None or pd.isna(share) else words.share(share)


def _table(
    words: Words, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], **values: object
) -> str:
    said = words.text(f"summary.title_{title}", **values)
    return draw(words, said, [f"summary.{head}" for head in heads], rows)
