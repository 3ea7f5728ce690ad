"""Contracts of fixed coverage: definitions side by side, official targets, state aid, published tables."""

from dataclasses import replace

from infraplan.tables.contract import AREA, Column, Contract
from infraplan.tables.coverage import STATUSES, UNITS

COUNTS = ("connected", "orderable", "passed", "planned")
"""What is counted, each with all before it: the statuses of SERVICE as definitions."""
WIRED = ("wired", "all")
SPEEDS_MBPS = (30.0, 100.0, 1_000.0)
"""Speeds of the switchboard."""
COLOURS = ("white", "grey", "black")
VERDICTS = ("same", "near", "other_definition", "other_base", "other_year", "unexplained", "not_computed")

ZONE = (
    Column("zone_id", "text", "the zone"),
    Column("zone_name", "text", "its name"),
    Column("zone_kind", "text", "kind of zone, as in zones"),
)
DEFINITION = (
    Column("counts", "text", "what is counted, with all before it", choices=COUNTS),
    Column("unit", "text", "of what", choices=UNITS),
    Column("holiday_homes", "bool", "whether each holiday home counts as a household"),
    Column("down_mbps", "float", "least speed", "Mbit/s"),
    Column("technologies", "text", "wired only, or all", choices=WIRED),
)
PUBLISHED_DEFINITION = tuple(
    replace(column, choices=(*column.choices, "")) if column.choices else column for column in DEFINITION
)
"""Of published figures: texts are empty and the speed is 0 where it is none of ours, as of mobile."""
RESULT = (
    Column("base", "int", "all in the zone"),
    Column("reached", "int", "those that the definition counts"),
    Column("share", "float", "reached / base, NaN where base is 0"),
)

BEST = Contract(
    "best",
    "premises_id",
    (
        *(
            column
            for status in STATUSES
            for column in (
                Column(f"{status}_mbps", "float", f"best speed that is {status}, 0 for none", "Mbit/s"),
                Column(f"{status}_up_mbps", "float", "its speed upwards", "Mbit/s"),
                Column(f"{status}_technology", "text", "by what, empty for none"),
                Column(f"{status}_operator", "text", "whose, empty for none"),
            )
        ),
        Column("reliable_mbps", "float", "best reliable speed that is connected or orderable", "Mbit/s"),
        Column("networks", "int", "independent networks of the state-aid speed, there or planned in time"),
        Column("colour", "text", "state-aid colour", choices=COLOURS),
    ),
)

SWITCHBOARD = Contract("switchboard", "row", (*ZONE, *DEFINITION, *RESULT))

OFFICIAL = Contract(
    "official",
    "row",
    (
        Column("target", "text", "id of the target in the rule file"),
        Column("year", "int", "by when"),
        *ZONE,
        Column("measure", "text", "fixed, mobile_places, mobile_roads or mobile_railways"),
        Column("counts", "text", "what is counted; of mobile targets the class of coverage"),
        Column("unit", "text", "of what"),
        Column("holiday_homes", "bool", "whether each holiday home counts as a household"),
        Column("down_mbps", "float", "least speed, NaN where the target names none", "Mbit/s"),
        Column("technologies", "text", "wired or all; of mobile targets 4g, 5g, …, empty for any"),
        Column("use", "text", "of mobile targets in hand, in car, with roof antenna; empty for fixed"),
        *RESULT,
        Column("target_share", "float", "share asked for"),
        Column("missing", "int", "still to be reached"),
        Column("met", "bool", "whether it is met"),
        Column("measured", "bool", "False where the study has no data for it"),
        Column("said", "text", "the target in the reader's language"),
        Column("why", "text", "why this combination is what it means"),
        Column("source", "text", "where it is written"),
        Column("guess", "bool", "whether the combination is our reading, not said by the source"),
    ),
)

STATE_AID = Contract(
    "state_aid",
    "row",
    (
        *ZONE,
        Column("colour", "text", "white: no network, grey: one, black: several", choices=COLOURS),
        Column("down_mbps", "float", "least speed of a network that counts", "Mbit/s"),
        Column("premises", "int", "premises of that colour"),
        Column("households", "int", "permanent dwellings"),
        Column("workplaces", "int", "fixed places of business"),
    ),
)

CELLS = Contract(
    "cells",
    "cell_id",
    (
        Column("grid", "text", "the grid: sweref_1km, sweref_250m, laea_1km, laea_100m, h3"),
        Column("code", "text", "official id of the cell in its grid"),
        Column("municipality", "text", "where most of its households are"),
        Column("premises", "int", "premises in it"),
        Column("households", "int", "permanent dwellings"),
        Column("workplaces", "int", "fixed places of business"),
        Column("units", "int", "households and workplaces together"),
        Column("down_mbps", "float", "speed that the four numbers are of", "Mbit/s"),
        *(
            Column(name, "int", f"households and workplaces {name} or surer")
            for name in ("connected", "orderable", "passed", "planned")
        ),
        Column("white_spots", "int", "premises that are white spots"),
        Column("suppressed", "bool", "too few to be published"),
    ),
    AREA,
)

PUBLISHED = Contract(
    "published",
    "row",
    (
        Column("table", "text", "name of the published table in the study"),
        Column("zone_kind", "text", "municipality, county or nation"),
        Column("zone_code", "text", "code of the zone"),
        Column("zone_name", "text", "as published"),
        Column("year", "int", "year of the figures"),
        Column("measure", "text", "as the publisher calls it"),
        *PUBLISHED_DEFINITION,
        Column("share", "float", "published share, NaN where the cell has none"),
        Column("bound", "text", "exact, above (>99) or below (<1)", choices=("exact", "above", "below")),
        Column("base", "float", "households or workplaces counted, NaN where not published"),
        Column("source", "text", "who published it"),
    ),
)

COMPARED = Contract(
    "compared",
    "row",
    (
        Column("table", "text", "name of the published table in the study"),
        *ZONE,
        Column("year", "int", "year of the published figure"),
        Column("measure", "text", "as the publisher calls it"),
        *PUBLISHED_DEFINITION,
        Column("published", "float", "published share"),
        Column("bound", "text", "exact, above or below"),
        Column("computed", "float", "the same definition as computed here"),
        Column("difference", "float", "computed - published"),
        Column("nearest", "text", "of the other definitions the one whose share is nearest"),
        Column("nearest_share", "float", "its share"),
        Column("base_published", "float", "counted by the publisher"),
        Column("base_computed", "int", "counted here"),
        Column("verdict", "text", "what explains the difference", choices=VERDICTS),
        Column("said", "text", "the explanation in the reader's language"),
    ),
)

OBSERVED = Contract(
    "observed",
    "row",
    (
        Column("observation_id", "text", "the observation"),
        Column("premises_id", "text", "premises that it is about, empty for none"),
        Column("date", "text", "when, ISO 8601"),
        Column("author", "text", "who says so"),
        Column("says", "text", "what was seen"),
        Column("evidence", "text", "photograph, measurement, …"),
        Column("confirmed", "bool", "whether it has been checked"),
        Column("operator", "text", "whose offer it is held against, empty for none"),
        Column("technology", "text", "of that offer"),
        Column("down_mbps", "float", "of that offer", "Mbit/s"),
        Column("status", "text", "of that offer, empty for none"),
        Column("agrees", "text", "whether declared data say the same", choices=("yes", "no", "silent")),
        Column("effect", "text", "on the result", choices=("none", "adds", "withdraws")),
    ),
)
