"""What the command line prints: small tables and sentences in the reader's language, and totals for ``--json``."""

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

import geopandas as gpd
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from infraplan.layers.faults import describe
from infraplan.layers.read import Layers
from infraplan.outputs.results import Results
from infraplan.words import Words

_WIDTH = 130
_LARGEST_AREAS = 10


def layers(read: Layers, words: Words) -> str:
    """Return a row a layer: rows in, left out by choice, set aside, repaired, used."""
    names = ("rows_in", "left_out", "set_aside", "repaired", "used")
    rows = [[layer, *(words.number(int(row[name])) for name in names)] for layer, row in read.counts.iterrows()]
    return _table(words, "layers", ["layer", *names], rows)


def targets(table: pd.DataFrame, words: Words) -> str:
    """Return a row a zone and target in the unit that decides it, for the whole study and its municipalities."""
    shown = table[table["decides"] & table["zone_kind"].isin(["study", "municipality"])]
    four = ("connected", "orderable", "passed_estimated", "planned")
    rows = [
        [
            str(row["target"]),
            str(row["zone_name"]),
            words.number(int(row["base"])),
            *(words.number(int(row[name])) for name in four),
            words.share(row["share"]) if row["base"] else "–",
            words.share(row["target_share"]),
            words.text("summary.met" if row["met"] else "summary.not_met"),
        ]
        for _, row in shown.iterrows()
    ]
    distance = words.number(float(table["passed_m"].iloc[0])) if len(table) else "–"
    heads = ["target", "zone", "base", *four, "share", "target_share", "met_head"]
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
    largest = areas.sort_values(["households", "premises"], ascending=False, kind="stable").head(_LARGEST_AREAS)
    rows = [
        [str(i), str(row["name"]), *(words.number(int(row[name])) for name in ("premises", "households", "workplaces"))]
        for i, row in largest.iterrows()
    ]
    return f"{said}\n{_table(words, 'areas', ['area', 'name', 'premises', 'households', 'workplaces'], rows)}"


def plan(results: Results, words: Words) -> str:
    """Return the plan in sentences that a council understands: what, for whom, the cost as a range, how sure."""
    made = results.plan
    lines = [white_spots(results.white_spots, results.white_spot_areas, words)]
    goal = results.study.plan
    lines.append(words.text(f"summary.goal_{made.goal}", target=goal.target or "", budget=goal.budget_sek or 0))
    lines.append(
        words.text(
            "summary.serves",
            premises=len(made.served),
            households=int(made.served["households"].sum()),
            workplaces=int(made.served["workplaces"].sum()),
        )
    )
    length = made.routes["length_m"].groupby(made.routes["kind"]).sum()
    lines.append(
        words.text(
            "summary.costs",
            base=made.cost_sek,
            low=made.cost_low_sek,
            high=made.cost_high_sek,
            book=results.book.name,
            road_km=words.number(length.get("road", 0.0) / 1000.0, 1),
            drop_km=words.number(length.get("drop", 0.0) / 1000.0, 1),
            link_km=words.number(length.get("link", 0.0) / 1000.0, 1),
        )
    )
    for reason, group in made.unserved.groupby("reason"):
        served = int(group["households"].sum())
        lines.append(words.text(f"summary.unserved_{reason}", premises=len(group), households=served))
    lines.append(bound(results, words))
    if not made.reached_goal:
        lines.append(words.text("summary.goal_out_of_reach"))
    lines += [*modelled(results.layers, words), words.text("summary.not_for_excavation")]
    return "\n".join(lines)


def bound(results: Results, words: Words) -> str:
    """Return how far from the cheapest possible the plan can be, in words."""
    gap = results.plan.gap
    if gap is None:
        return words.text("summary.no_bound")
    return words.text("summary.bound", gap=words.share(gap), bound=results.plan.lower_bound_sek)


def modelled(read: Layers, words: Words) -> list[str]:
    """Return a sentence that names the modelled layers, and one a stated assumption."""
    names = [str(name) for name in read.sources.index[read.sources["modelled"].astype(bool)]]
    said = [words.text("summary.modelled", layers=", ".join(names))] if names else []
    for layer, assumption in read.sources["assumption"].items():
        if assumption:
            said.append(words.text("summary.assumption", layer=layer, assumption=assumption))
    return said


def faults(table: gpd.GeoDataFrame, words: Words) -> str:
    """Return a row a layer and rule: how many, what (with the first feature as the example), and the remedy."""
    if table.empty:
        return words.text("summary.no_faults")
    order = {"error": 0, "repaired": 2, "warning": 1, "info": 3}
    groups = sorted(
        table.groupby(["layer", "rule", "severity"], sort=False), key=lambda item: (order[item[0][2]], item[0][0])
    )
    firsts = describe(gpd.GeoDataFrame(pd.concat([group.head(1) for _, group in groups]), geometry="geometry"), words)
    rows = [
        [words.text(f"summary.severity_{severity}"), layer, rule, words.number(len(group)), first.message, first.remedy]
        for ((layer, rule, severity), group), first in zip(groups, firsts.itertuples(), strict=True)
    ]
    return _table(words, "faults", ["severity", "layer", "rule", "count", "example", "remedy"], rows)


def totals(results: Results) -> dict[str, Any]:
    """Return the run's main figures, for programs."""
    made = results.plan
    return coverage_totals(results.premises, results.targets, results.white_spots) | {
        "plan": {
            "goal": made.goal,
            "premises": len(made.served),
            "households": int(made.served["households"].sum()),
            "workplaces": int(made.served["workplaces"].sum()),
            "unserved": {str(k): int(v) for k, v in made.unserved["reason"].value_counts(sort=False).items()},
            "cost_low_sek": made.cost_low_sek,
            "cost_sek": made.cost_sek,
            "cost_high_sek": made.cost_high_sek,
            "length_m": round(float(made.routes["length_m"].sum()), 1),
            "lower_bound_sek": made.lower_bound_sek,
            "gap": made.gap,
            "reached_goal": made.reached_goal,
            "method": made.method,
        },
        "seconds": results.seconds,
    }


def coverage_totals(premises: gpd.GeoDataFrame, table: pd.DataFrame, spots: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return premises, white spots and the study's own row of each target, for programs."""
    study = table[(table["zone_kind"] == "study") & table["decides"]]
    names = ["target", "unit", "base", "connected", "orderable", "passed_estimated", "planned", "reached", "missing"]
    return {
        "premises": _counts(premises),
        "white_spots": _counts(spots),
        "targets": [
            {name: row[name] for name in names} | {"share": row["share"] if row["base"] else None, "met": bool(row["met"])}
            for row in study.to_dict("records")
        ],
    }


def fault_totals(read: Layers, table: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return rows by layer and faults by rule, for programs."""
    return {
        "layers": {str(layer): {str(k): int(v) for k, v in row.items()} for layer, row in read.counts.iterrows()},
        "faults": [
            {"layer": layer, "rule": rule, "severity": severity, "count": int(count)}
            for (layer, rule, severity), count in table.groupby(["layer", "rule", "severity"]).size().items()
        ],
    }


def _counts(table: pd.DataFrame) -> dict[str, int]:
    return {
        "premises": len(table),
        "households": int(table["households"].sum()),
        "workplaces": int(table["workplaces"].sum()),
    }


def _table(words: Words, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]], **values: object) -> str:
    """Draw a table; columns of numbers stand to the right."""
    body = [list(row) for row in rows]
    drawn = Table(title=words.text(f"summary.title_{title}", **values), title_justify="left", box=SIMPLE_HEAD)
    for place, head in enumerate(heads):
        numeric = bool(body) and all(row[place][:1].isdigit() or row[place] == "–" for row in body)
        drawn.add_column(words.text(f"summary.head_{head}"), justify="right" if numeric else "left", overflow="fold")
    for row in body:
        drawn.add_row(*row)
    page = StringIO()
    Console(file=page, width=_WIDTH, no_color=True, markup=False, highlight=False, emoji=False).print(drawn)
    return "\n".join(line.rstrip() for line in page.getvalue().rstrip().splitlines())
