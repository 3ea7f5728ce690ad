"""What a series and a target say about each other, in the reader's language."""

from collections.abc import Mapping
from math import isfinite, isnan
from typing import Any

from infraplan.config import Study
from infraplan.coverage.published_words import name_definition
from infraplan.coverage.series import Aim
from infraplan.tables import DEFINITION
from infraplan.words import Words, load

_NOISE = 1e-9  # of binary fractions
_STILL = 5e-5
"""A pace that is 0.00 percentage points a year when written."""
_SMALL = 1e-3
"""A pace below it is written with one more decimal."""


def say_outlook(row: Mapping[str, Any], aim: Aim, study: Study) -> str:
    """Say how a series goes towards a target.

    Parameters
    ----------
    row
        A row of PACE without its words, with ``slowing`` and the ``bound`` of its share.
    """
    words = load(study.study.language)
    parts = [_say_main(row, words, study)]
    if row["method"] != "reached":
        if row["slowing"]:
            parts.append(words.text("progress.slowing"))
        parts += _say_needed(row, words)
    other = _say_other(row, aim, words)
    return " ".join([*parts, *other])


def _say_main(row: Mapping[str, Any], words: Words, study: Study) -> str:
    """Say when the target is reached, and who is missing."""
    values = {
        "target": write_percent(row["target_share"], words),
        "share": words.text(f"published.bound.{row['bound']}", share=write_percent(row["share"], words)),
        "pace": _write_pace(row["pace"], words),
        "first": str(row["first_year"]),
        "last": str(row["last_year"]),
        "horizon": str(study.progress.horizon),
        "year": _write_year(row["reached_year"]),
        "interval": _say_interval(row, words),
        "missing": _say_missing(row, words),
    }
    return words.text(f"progress.outlook.{_choose(row, study.study.year)}", **values)


def _choose(row: Mapping[str, Any], this_year: int) -> str:
    """Return which sentence says it."""
    if row["method"] in ("reached", "too_short"):
        return str(row["method"])
    if abs(row["pace"]) < _STILL:
        return "still"
    if row["pace"] < 0:
        return "falling"
    if isnan(row["reached_year"]):
        return "never"
    return "overdue" if row["reached_year"] < this_year else "reaches"


def _say_interval(row: Mapping[str, Any], words: Words) -> str:
    if row["method"] in ("reached", "too_short"):
        return ""
    if row["method"] == "two_points":
        return words.text("progress.interval.two_points")
    earliest, latest = row["earliest_year"], row["latest_year"]
    if isnan(earliest):
        return ""
    if not isfinite(latest):
        return words.text("progress.interval.open", earliest=_write_year(earliest))
    if earliest == latest:
        return words.text("progress.interval.one", earliest=_write_year(earliest))
    span = {"earliest": _write_year(earliest), "latest": _write_year(latest)}
    return words.text("progress.interval.between", **span)


def _say_missing(row: Mapping[str, Any], words: Words) -> str:
    if isnan(row["missing"]):
        return ""
    unit = name_unit(row["unit"], words)
    return words.text("progress.missing", count=words.number(row["missing"]), unit=unit)


def _say_needed(row: Mapping[str, Any], words: Words) -> list[str]:
    if not isnan(row["needed_pace"]):
        needed = _write_pace(row["needed_pace"], words)
        return [words.text("progress.needed", year=str(row["target_year"]), pace=needed)]
    return [words.text("progress.past", year=str(row["target_year"]))] if row["target_year"] else []


def _say_other(row: Mapping[str, Any], aim: Aim, words: Words) -> list[str]:
    """Say how the target is counted where the series counts otherwise."""
    counted = tuple(row[column.name] for column in DEFINITION)
    if counted == aim.definition:
        return []
    named = name_definition(aim.definition, words, besides=counted)
    return [words.text("progress.other", definition=named)]


def say_break(row: Mapping[Any, Any], words: Words) -> str:
    """Say what breaks in a series.

    Parameters
    ----------
    row
        A figure with what ``find_breaks`` tells of it.
    """
    parts = []
    if row["kind"] == "source":
        parts.append(words.text("progress.break.source", before=row["source_before"], after=row["source"]))
    if row["kind"] == "definition":
        parts.append(words.text("progress.break.definition", settings=row["settings"]))
    if row["kind"] in ("source", "both", "base_jump") and abs(row["base_change"]) > _NOISE:
        parts.append(_say_base(row, words))
    if row["kind"] in ("source", "both", "share_fall") and abs(row["share_change"]) > _NOISE:
        way = "rises" if row["share_change"] > 0 else "falls"
        points = words.number(100.0 * abs(row["share_change"]), 1)
        parts.append(words.text(f"progress.break.share_{way}", points=points))
    listed = words.text("progress.break.and").join(parts)
    return words.text("progress.break.said", year=str(row["year"]), what=listed)


def name_unit(unit: str, words: Words) -> str:
    """Name what is counted; units where a publisher's measure is none of ours.

    >>> from infraplan.words import load
    >>> name_unit("workplaces", load("en")), name_unit("", load("en"))
    ('workplaces', 'units')
    """
    if not unit:
        return words.text("progress.units")
    return words.text(f"published.unit.{unit.replace('+', '_and_')}")


def write_percent(share: float, words: Words) -> str:
    """Write a share in per cent as prose does, with as many decimals as it has, at most two.

    >>> from infraplan.words import load
    >>> write_percent(0.999, load("sv")), write_percent(0.95, load("en"))
    ('99,9 procent', '95 per cent')
    """
    percent = 100.0 * share
    decimals = next((count for count in (0, 1) if abs(round(percent, count) - percent) < _NOISE), 2)
    return words.text("progress.percent", number=words.number(percent, decimals))


def _write_pace(pace: float, words: Words) -> str:
    return words.number(100.0 * pace, 2 if abs(pace) < _SMALL else 1)


def _write_year(year: float) -> str:
    return "" if isnan(year) else str(int(year))


def _say_base(row: Mapping[Any, Any], words: Words) -> str:
    way = "grows" if row["base_change"] > 0 else "shrinks"
    return words.text(
        f"progress.break.base_{way}",
        before=words.number(row["base_before"]),
        after=words.number(row["base"]),
        unit=name_unit(row["unit"], words),
        percent=words.number(100.0 * abs(row["base_change"]), 1),
    )
