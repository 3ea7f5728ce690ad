"""Coverage in short, as the command line prints it: definitions, targets, state aid, published, years."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import pandas as pd

from infraplan.coverage.switchboard import UNITS_COUNTED, rank_definitions
from infraplan.outputs.rounding import shown_count, shown_share
from infraplan.outputs.textable import draw
from infraplan.tables import COLOURS, COUNTS, DEFINITION
from infraplan.words import Words

Figures = Mapping[str, pd.DataFrame]

MOST_ROWS = 12
_SEVERAL = 2
_STUDY = "study"
_RANGED_MBPS = 100.0
"""Speed of which the least and the greatest share are told."""
_COLUMNS = {
    "wired_30": (30.0, "wired"),
    "wired_100": (100.0, "wired"),
    "wired_1000": (1_000.0, "wired"),
    "all_30": (30.0, "all"),
    "all_100": (100.0, "all"),
    "all_1000": (1_000.0, "all"),
}
"""Of the switchboard's table, by head."""


def tell_coverage(figures: Figures, words: Words) -> str:
    """Return what there is to say of fixed coverage and of the years, a paragraph or table each."""
    told = (
        switchboard(figures, words),
        extremes(figures, words),
        official(figures, words),
        municipalities(figures, words),
        state_aid(figures, words),
        compared(figures, words),
        *breaks(figures),
        pace(figures, words),
        changes(figures, words),
        observed(figures, words),
    )
    return "\n\n".join(text for text in told if text)


def table(
    words: Words,
    title: str,
    heads: Sequence[str],
    rows: list[list[str]],
    *,
    named: Mapping[str, str] | None = None,
) -> str:
    """Draw a table of figures, nothing where it has no rows.

    ``named`` are heads that have no words of their own, such as a study's distances, with what they say.
    """
    if not rows:
        return ""
    entries = {f"figures.head_{head}": said for head, said in (named or {}).items()}
    told = Words(words.language, {**words.entries, **entries})
    return draw(told, words.text(f"figures.title_{title}"), [f"figures.{head}" for head in heads], rows)


def share(value: float, words: Words) -> str:
    """Write a share in per cent, a dash where there is none."""
    return words.share(value) if isfinite(value) else "–"


def share_of_goal(row: Mapping[Any, Any], goal: str, words: Words) -> str:
    """Write a share in per cent, never rounded up to a goal that is not met; a dash where there is none."""
    shown = shown_share(row["share"], row[goal], row["met"])
    return "–" if shown is None else words.share(shown)


def count(value: float, words: Words) -> str:
    """Write a whole number, a dash where there is none."""
    shown = shown_count(value)
    return "–" if shown is None else words.number(shown)


def of_study(figures: Figures, name: str) -> pd.DataFrame:
    """Return the rows of a table that are about the whole study; none where the table is not there."""
    found = figures.get(name)
    return pd.DataFrame() if found is None or found.empty else found[found["zone_kind"] == _STUDY]


def say_definition(row: Mapping[Any, Any], words: Words) -> str:
    """Name one definition of the switchboard in a few words."""
    unit = words.text(f"figures.unit_{str(row['unit']).replace('+', '_and_')}")
    holiday = words.text("figures.with_holiday") if row["holiday_homes"] else ""
    return words.text(
        "figures.definition",
        counts=words.text(f"figures.counts_{row['counts']}"),
        unit=f"{unit}{holiday}",
        speed=words.number(row["down_mbps"]),
        technologies=words.text(f"figures.technologies_{row['technologies']}"),
    )


def switchboard(figures: Figures, words: Words) -> str:
    """Return each definition's share of the whole study, a column a speed and kind of technology."""
    rows = of_study(figures, "switchboard")
    if rows.empty:
        return ""
    shares = rows.set_index([column.name for column in DEFINITION])["share"]
    drawn = [
        [
            words.text(f"figures.counts_{counts}"),
            words.text(f"figures.unit_{unit.replace('+', '_and_')}")
            + (words.text("figures.with_holiday") if holiday else ""),
            *(
                share(float(shares.get((counts, unit, holiday, *column), float("nan"))), words)
                for column in _COLUMNS.values()
            ),
        ]
        for counts in COUNTS
        for unit, holiday in UNITS_COUNTED
    ]
    return table(words, "switchboard", ("counts", "unit", *_COLUMNS), drawn)


def extremes(figures: Figures, words: Words) -> str:
    """Return by which definition the study's share is the least, and by which the greatest."""
    rows = of_study(figures, "switchboard")
    if rows.empty:
        return ""
    rows = rank_definitions(rows[rows["down_mbps"] == _RANGED_MBPS], _STUDY).dropna(subset="share")
    if rows.empty:
        return ""
    ranked = rows.to_dict("records")
    least, most = ranked[0], ranked[-1]
    return words.text(
        "figures.extremes",
        speed=words.number(_RANGED_MBPS),
        least=words.share(least["share"]),
        most=words.share(most["share"]),
        first=say_definition(least, words),
        last=say_definition(most, words),
    )


def official(figures: Figures, words: Words) -> str:
    """Return the official targets for the whole study, with what each of them means."""
    rows = of_study(figures, "official")
    drawn = [
        [
            str(row["year"]),
            row["said"],
            words.text(f"figures.measure_{row['measure']}")
            if row["measure"] != "fixed"
            else say_definition(row, words),
            share_of_goal(row, "target_share", words) if row["measured"] else "–",
            words.share(row["target_share"]),
            _say_missing(row, words) if row["measured"] else "–",
            words.text(f"figures.{'met' if row['met'] else 'not_met'}")
            if row["measured"]
            else words.text("figures.no_data"),
        ]
        for row in rows.to_dict("records")
    ]
    return table(words, "official", ("year", "target", "means", "share", "asked", "missing", "result"), drawn)


def municipalities(figures: Figures, words: Words) -> str:
    """Return each municipality's share of the official targets of fixed coverage, where there are several."""
    rows = figures.get("official")
    if rows is None or rows.empty:
        return ""
    rows = rows[(rows["zone_kind"] == "municipality") & (rows["measure"] == "fixed") & rows["measured"]]
    if rows["zone_id"].nunique() < _SEVERAL:
        return ""
    targets = rows.drop_duplicates("target").to_dict("records")
    named = {
        f"target_{number}": f"{row['year']}: {words.number(row['down_mbps'])}"
        for number, row in enumerate(targets)
    }
    drawn = []
    for _, part in rows.groupby("zone_id", sort=False, observed=True):
        by_target = {row["target"]: row for row in part.to_dict("records")}
        shares = [
            share_of_goal(by_target[row["target"]], "target_share", words)
            if row["target"] in by_target
            else "–"
            for row in targets
        ]
        drawn.append([part["zone_name"].iloc[0], *shares])
    return table(words, "municipalities", ("zone", *named), drawn, named=named)


def _say_missing(row: Mapping[Any, Any], words: Words) -> str:
    """Write what is missing: of roads and railways kilometres, of all else how many."""
    if row["measure"] in ("mobile_roads", "mobile_railways"):
        return words.text("figures.km", km=words.number(row["missing"] / 1_000, 1))
    return count(row["missing"], words)


def state_aid(figures: Figures, words: Words) -> str:
    """Return how many there are of each state-aid colour."""
    rows = of_study(figures, "state_aid")
    if rows.empty:
        return ""
    by_colour = rows.set_index("colour")
    drawn = [
        [words.text(f"figures.colour_{colour}")]
        + [count(by_colour[name][colour], words) for name in ("premises", "households", "workplaces")]
        for colour in COLOURS
        if colour in by_colour.index
    ]
    return table(words, "state_aid", ("colour", "premises", "households", "workplaces"), drawn)


def compared(figures: Figures, words: Words) -> str:
    """Return the latest published shares beside the computed ones, the largest differences first.

    Older years of the same measure are in the file: beside figures of today they explain nothing.
    """
    rows = figures.get("compared")
    if rows is None or rows.empty:
        return ""
    newest = rows.groupby(["table", "zone_id", "measure"])["year"].transform("max")
    rows = rows[rows["year"] == newest]
    order = rows["difference"].abs().sort_values(ascending=False, na_position="last", kind="stable").index
    drawn = [
        [
            row["zone_name"],
            str(row["year"]),
            row["measure"],
            _SIGNS.get(row["bound"], "") + share(row["published"], words),
            share(row["computed"], words),
            row["said"],
        ]
        for row in rows.loc[order].head(MOST_ROWS).to_dict("records")
    ]
    return table(words, "compared", ("zone", "year", "measure", "published", "computed", "verdict"), drawn)


_SHOWN = ("study", "municipality")
"""Kinds of zones whose years are told in short."""
_SIGNS = {"above": "> ", "below": "< "}
"""Of published bounds, before their share."""


def breaks(figures: Figures) -> Iterator[str]:
    """Yield where series of the study and its municipalities break, a line for those that do alike."""
    found = figures.get("breaks")
    if found is None or found.empty:
        return
    rows = found[found["zone_kind"].isin(_SHOWN)]
    alike = rows.groupby(["zone_id", "zone_name", "said"], sort=False)["measure"]
    lines = [f"{zone} ({', '.join(measures)}): {said}" for (_, zone, said), measures in alike]
    if lines:
        yield "\n".join(lines[:MOST_ROWS])


def pace(figures: Figures, words: Words) -> str:
    """Return when each target is reached at today's pace, for the study and its municipalities."""
    rows = figures.get("pace")
    if rows is None or rows.empty:
        return ""
    rows = rows[rows["zone_kind"].isin(_SHOWN)]
    told = rows[~rows["method"].isin(["too_short"])]
    if told.empty:
        return words.text("figures.pace_too_short") if len(rows) else ""
    # An official target is often one of the study's own too.
    shown = told.drop_duplicates(["zone_id", "counts", "unit", "down_mbps", "target_share", "last_year"])
    shown = shown.head(MOST_ROWS)
    drawn = [
        [
            row["zone_name"],
            row["target"],
            f"{row['first_year']}–{row['last_year']}",
            share(row["share"], words),
            count(row["missing"], words),
            _points(row["pace"], words),
            _points(row["needed_pace"], words),
            row["said"],
        ]
        for row in shown.to_dict("records")
    ]
    heads = ("zone", "target", "years", "share", "missing", "pace", "needed_pace", "outlook")
    return table(words, "pace", heads, drawn)


def _points(value: float, words: Words) -> str:
    return words.number(100.0 * value, 1) if isfinite(value) else "–"


def changes(figures: Figures, words: Words) -> str:
    """Return what the change since an earlier run consists of, for the whole study."""
    rows = of_study(figures, "changes")
    drawn = [
        [
            row["measure"],
            words.text(f"figures.part_{row['part']}", year=str(row[_YEAR_OF.get(row["part"], "to_year")])),
            words.number(row["base"]),
            words.number(row["reached"]),
            _points(row["share_points"], words),
        ]
        for row in rows.to_dict("records")
    ]
    return table(words, "changes", ("measure", "part", "base", "reached", "points"), drawn)


_YEAR_OF = {"start": "from_year"}


def observed(figures: Figures, words: Words) -> str:
    """Return what local observations say, against declared data."""
    rows = figures.get("observed")
    if rows is None or rows.empty:
        return ""
    first = rows.drop_duplicates("observation_id")
    against = rows[rows["agrees"] == "no"]["observation_id"].nunique()
    changed = rows[rows["effect"] != "none"]["observation_id"].nunique()
    return words.text(
        "figures.observed",
        count=len(first),
        confirmed=int(first["confirmed"].sum()),
        against=against,
        changed=changed,
    )
