"""Contracts of what several studies tell together: the progress of their municipalities, and their seams."""

from infraplan.tables.contract import LINES, POINT, Column, Contract
from infraplan.tables.coverage import UNITS

SEAMS = Contract(
    "seams",
    "seam_id",
    (
        Column(
            "kind",
            "text",
            "what does not fit together",
            choices=("route_stops", "same_trench", "same_premises", "same_municipality", "other_year"),
        ),
        Column("study", "text", "the study that it is seen from"),
        Column("other", "text", "the study on the other side"),
        Column("feature_id", "text", "the thing in the study"),
        Column("other_id", "text", "the thing in the other study, empty where there is none"),
        Column("metres", "float", "how far apart, or how long together; NaN where it is no length", "m"),
        Column("premises", "int", "premises on the other side that it concerns"),
        Column("said", "text", "what it means and what to do, in the region's language"),
    ),
    geometry=(*POINT, *LINES),
    gaps=True,
)

REGION = Contract(
    "region",
    "row",
    (
        Column("study", "text", "name of the study"),
        Column("year", "int", "year of the study"),
        Column("zone_id", "text", "the municipality"),
        Column("zone_name", "text", "its name"),
        Column("target", "text", "name of the target"),
        Column("unit", "text", "what it counts", choices=UNITS),
        Column("decides", "bool", "whether this unit decides the target"),
        Column("base", "float", "all in the municipality"),
        Column("reached", "float", "those that the target's rule counts"),
        Column("share", "float", "reached / base, NaN where base is 0"),
        Column("target_share", "float", "share asked for"),
        Column("missing", "float", "units missing to it"),
        Column("met", "bool", "whether it is met"),
        Column("with_plan", "float", "reached, and whom the study's plan serves; NaN without a plan"),
        Column("share_with_plan", "float", "with_plan / base"),
        Column("white_spots", "int", "premises that are white spots"),
        Column("cost_sek", "float", "of the plan's projects there, base; NaN without a plan", "SEK"),
    ),
)
"""A row a municipality, target and unit."""
