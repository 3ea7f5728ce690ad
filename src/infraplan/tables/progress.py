"""Contracts of targets over the years: series, breaks, pace, and what changed between two runs."""

from infraplan.tables.contract import Column, Contract
from infraplan.tables.fixed import PUBLISHED_DEFINITION, ZONE

BREAKS = ("base_jump", "share_fall", "both", "definition", "source")
CHANGES = ("built", "new_premises", "definition", "corrections")

_SERIES = (*ZONE, Column("measure", "text", "name of the series"), *PUBLISHED_DEFINITION)

SERIES = Contract(
    "series",
    "row",
    (
        *_SERIES,
        Column("year", "int", "year of the figure"),
        Column("share", "float", "share reached"),
        Column("bound", "text", "exact, above (>99) or below (<1)", choices=("exact", "above", "below")),
        Column("base", "float", "households or workplaces counted, NaN where not published"),
        Column("reached", "float", "share x base, NaN where the base is unknown"),
        Column("source", "text", "published table, or the study's own run"),
        Column("after_break", "text", "kind of break between this year and the one before, empty for none"),
    ),
)

BROKEN = Contract(
    "breaks",
    "row",
    (
        *_SERIES,
        Column("year", "int", "first year after the break"),
        Column("kind", "text", "what breaks", choices=BREAKS),
        Column("base_change", "float", "relative change of the base, NaN where unknown"),
        Column("share_change", "float", "change of the share"),
        Column("said", "text", "the break in the reader's language"),
    ),
)

PACE = Contract(
    "pace",
    "row",
    (
        *_SERIES,
        Column("target", "text", "name of the target"),
        Column("target_share", "float", "share asked for"),
        Column("target_year", "int", "by when, 0 where the target names no year"),
        Column("first_year", "int", "first year of the stretch without a break"),
        Column("last_year", "int", "last year"),
        Column("years", "int", "figures in that stretch"),
        Column("share", "float", "share in the last year"),
        Column("missing", "float", "households or workplaces still missing, NaN without a base"),
        Column("pace", "float", "change of the share a year"),
        Column("reached_year", "float", "year in which the target is reached at today's pace, NaN for never"),
        Column("earliest_year", "float", "low end of the 80 % interval, NaN for unknown"),
        Column("latest_year", "float", "high end of the 80 % interval, inf for never"),
        Column("needed_pace", "float", "change a year that would reach it in time, NaN without a year"),
        Column("method", "text", "how: trend, two_points, too_short or reached"),
        Column("said", "text", "the outlook in the reader's language"),
    ),
)

CHANGED = Contract(
    "changes",
    "row",
    (
        *_SERIES,
        Column("from_year", "int", "year of the earlier run"),
        Column("to_year", "int", "year of this run"),
        Column("part", "text", "start, a reason, or end", choices=("start", *CHANGES, "end")),
        Column("base", "int", "households or workplaces; of a reason the change"),
        Column("reached", "int", "reached; of a reason the change"),
        Column("share_points", "float", "share, of a reason its part of the change: they add up"),
    ),
)
