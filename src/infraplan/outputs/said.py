"""What is said of a run at a level of secrecy: keys that are named, and nothing else."""

from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import Any

import pandas as pd

from infraplan.config import Level
from infraplan.outputs.cells import plain_rows
from infraplan.outputs.levels import allows, load_levels, pick
from infraplan.outputs.suppress import find_secret

_INPUT = ("layer", "licence", "date", "level", "modelled")
_OWN_WORDS = ("source", "assumption")
_RULES = (("coverage", "official"), ("support", "rules"))
"""Parameters that name a bundled file, or the path of one's own."""
_COUNTED = ("premises", "households", "workplaces")
_COSTS = ("cost_low_sek", "cost_sek", "cost_high_sek", "material_sek", "labour_sek")

About = dict[str, Any]


def redact_about(
    about: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], *, level: Level, least: int
) -> About:
    """Return what a level is told of a run: keys of the manifest that are named, and sums of its tables.

    Paths, checksums and exclusions of the study are none of them: a checksum alone can confirm a guess.

    Parameters
    ----------
    tables
        What the level is shown: the sums are made of them.
    least
        Counts below this are not told to the public.
    """
    found: About = pick(about, load_levels().about.shown(level))
    for section, key in _RULES:
        part = found.get("parameters", {}).get(section, {})
        if key in part:
            # What rules are called is no secret, where somebody keeps their own is.
            part[key] = PureWindowsPath(part[key]).name
    book = about.get("cost_book")
    if book:
        found["cost_book"] = {**found.get("cost_book", {}), "guess": _is_guess(book)}
    shown = {row["layer"] for row in about.get("inputs", ()) if allows(level, row["level"])}
    return {
        **found,
        "level": level,
        "totals": _totals(found.get("totals", {}), about, tables, least if level == "public" else 0),
        "inputs": [_input(row, told=row["layer"] in shown) for row in about.get("inputs", ())],
        "undrawn": [name for name in about.get("undrawn", ()) if name in shown],
    }


def _input(row: Mapping[str, Any], *, told: bool) -> About:
    """Return what is said of an input: its owner's own words only where the level allows the layer."""
    named = {name: row.get(name) for name in _INPUT}
    return named | {name: row.get(name, "") if told else "" for name in _OWN_WORDS}


def _is_guess(book: Mapping[str, Any]) -> bool:
    """Tell whether a price of the book is a guess: its methods say so, or the book once redacted."""
    if "methods" not in book:
        return bool(book.get("guess"))
    return any(price.get("guess") for price in book["methods"].values())


def _totals(told: About, about: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], least: int) -> About:
    """Return the totals that are told, those of tables made anew of what is shown of them."""
    found = {
        name: _mask(part, least) if name in ("premises", "white_spots") else part
        for name, part in told.items()
    }
    rows = about.get("totals", {}).get("targets")
    if rows is not None:
        found["targets"] = _target_rows(rows, tables.get("targets", pd.DataFrame()))
    if "plan" in found:
        found["plan"] = _plan(found["plan"], tables, least)
    return found


def _mask(counts: Mapping[str, Any], least: int) -> About:
    """Return counts without those that are small."""
    return {
        name: None if name in _COUNTED and value is not None and 0 < value < least else value
        for name, value in counts.items()
    }


def _target_rows(rows: list[dict[str, Any]], targets: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the targets of the whole study as the table shows them, with the keys that the run told."""
    if "zone_kind" not in targets or not rows:
        return []
    names = [name for name in rows[0] if name in targets]
    return plain_rows(targets[targets["zone_kind"] == "study"], names)


def _plan(plan: About, tables: Mapping[str, pd.DataFrame], least: int) -> About:
    """Return what is said of the plan, its sums made of the tables."""
    counts: About = {name: _mask(plan[name], least) for name in ("served", "unserved") if name in plan}
    if "offers" in plan:
        counts["offers"] = _hide_offers(plan["offers"], least)
    phases, effect, bill = (tables.get(name, pd.DataFrame()) for name in ("phases", "effect", "bill"))
    costs = [name for name in _COSTS if name in bill]
    items = bill.groupby("item", sort=False)[costs].sum().reset_index() if "item" in bill else bill[[]]
    return {
        **plan,
        **counts,
        "phases": plain_rows(phases.reset_index(), ["phase", *phases.columns]) if len(phases) else [],
        "bill": plain_rows(items, items.columns),
        "effect": plain_rows(effect, effect.columns),
    }


def _hide_offers(offers: Mapping[str, About], least: int) -> About:
    """Return the technologies that are for enough people, without those that the sum of all would tell."""
    counts = pd.DataFrame(
        {name: [row[name] for row in offers.values()] for name in _COUNTED}, index=list(offers)
    )
    hidden, _, safe = find_secret(counts, pd.Series("plan", index=counts.index), least=least)
    return {name: offers[name] for name in counts.index[~hidden]} if safe else {}
