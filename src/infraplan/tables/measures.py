"""Contracts of a study's own indicators, and of measures broken down to see the spread."""

from infraplan.tables.contract import Column, Contract
from infraplan.tables.fixed import ZONE

INDICATORS = Contract(
    "indicators",
    "row",
    (
        Column("indicator", "text", "name in the user's words"),
        Column("purpose", "text", "what it is for"),
        *ZONE,
        Column("table", "text", "table that its rule is asked of"),
        Column("of", "text", "what is counted: a column of the table, or rows"),
        Column("base", "float", "all in the zone"),
        Column("reached", "float", "those that the rule holds for"),
        Column("unknown", "float", "those that the rule cannot be asked of"),
        Column("share", "float", "reached / base, NaN where base is 0"),
        Column("goal", "float", "share asked for, NaN for none"),
        Column("met", "bool", "whether the goal is met"),
    ),
)

SPREAD = Contract(
    "spread",
    "row",
    (
        Column("measure", "text", "a target, an indicator, a service within reach, or mobile coverage"),
        Column("breakdown", "text", "by what: settlement_class, distance_to_town, or a study's own"),
        Column("group", "text", "the class of it"),
        Column("base", "float", "all in the group"),
        Column("reached", "float", "those reached"),
        Column("share", "float", "reached / base, NaN where base is 0"),
        Column("behind", "float", "share of the whole study - share: how far the group is behind"),
        Column("zones", "int", "zones of the finest kind that hold some of the group"),
        Column("lowest", "float", "lowest share of a zone in the group"),
        Column("p10", "float", "a tenth of the base lives in zones with at most so much"),
        Column("median", "float", "half of it does"),
        Column("highest", "float", "highest share of a zone in the group"),
        Column("suppressed", "bool", "too few to be published"),
    ),
)
