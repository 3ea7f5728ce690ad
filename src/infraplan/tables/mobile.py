"""Contracts of mobile coverage: shares, how many operators, stretches without, declared against measured."""

from infraplan.tables.contract import LINE, POINT, Column, Contract
from infraplan.tables.coverage import (
    HOUSEHOLDS,
    LOCALITY,
    MUNICIPALITY,
    PREMISES_KIND,
    SETTLEMENT,
    WORKPLACES,
)
from infraplan.tables.fixed import ZONE

USES = ("hand", "car", "roof")
COVERED = ("homes", "workplaces", "holiday_homes", "public_buildings", "roads", "railways", "area")
"""What coverage is a share of: counts, metres of road and railway, square metres of land."""
EMERGENCY = ("no_call", "other_operator")

_SERVED = (
    Column("technology", "text", "4g, 5g, …; empty for any"),
    Column("use", "text", "in hand, in car, with roof antenna", choices=USES),
    Column("level", "text", "class of coverage in the rule file: call, data_10, …"),
)
_OF = (
    Column("of", "text", "what is covered", choices=COVERED),
    Column("road_class", "text", "of roads, empty for all and for what is no road"),
)

MOBILE = Contract(
    "mobile",
    "row",
    (
        *ZONE,
        Column("operator", "text", "whose, empty for any"),
        *_SERVED,
        *_OF,
        Column("unit", "text", "what is counted", choices=("count", "m", "m2")),
        Column("base", "float", "all in the zone"),
        Column("reached", "float", "those with coverage"),
        Column("share", "float", "reached / base, NaN where base is 0"),
    ),
)

MOBILE_OPERATORS = Contract(
    "mobile_operators",
    "row",
    (
        *ZONE,
        *_SERVED,
        *_OF,
        Column("operators", "int", "how many operators cover it"),
        Column("amount", "float", "how much has exactly so many"),
        Column("share", "float", "of all in the zone, NaN where there is none"),
    ),
)

MOBILE_PREMISES = Contract(
    "mobile_premises",
    "premises_id",
    (
        Column("operators", "int", "operators with the study's level in its use"),
        Column("operator_names", "text", "which they are, by comma"),
        Column("call_operators", "int", "operators with which a call can be made"),
        Column("mobile_mbps", "float", "best declared speed of any operator in the study's use", "Mbit/s"),
    ),
)

MOBILE_WHITE_SPOTS = Contract(
    "mobile_white_spots",
    "premises_id",
    (
        HOUSEHOLDS,
        WORKPLACES,
        PREMISES_KIND,
        MUNICIPALITY,
        LOCALITY,
        SETTLEMENT,
        Column("best_mbps", "float", "best declared of any operator, 0 for nothing", "Mbit/s"),
        Column("call_operators", "int", "operators with which a call can be made"),
        Column("emergency", "text", "whether an emergency call goes through", choices=EMERGENCY),
    ),
    POINT,
)

MOBILE_GAPS = Contract(
    "mobile_gaps",
    "gap_id",
    (
        Column("kind", "text", "road or railway", choices=("road", "railway")),
        Column("road_number", "text", "as the source writes it, empty where it does not"),
        Column("name", "text", "its name"),
        Column("road_class", "text", "functional class, empty for a railway"),
        Column("operator", "text", "whose coverage is missing, empty for that of all"),
        Column("from_m", "float", "along the road, from the end that road_from names", "m"),
        Column("to_m", "float", "along the road", "m"),
        Column("length_m", "float", "geodesic length", "m"),
        Column("from_place", "text", "nearest named place of the stretch's one end"),
        Column("to_place", "text", "nearest named place of its other end"),
        Column("road_from", "text", "nearest named place of the road's end from which metres are counted"),
        Column("road_to", "text", "nearest named place of the road's other end"),
        MUNICIPALITY,
        Column("emergency", "text", "no_call: no operator at all", choices=EMERGENCY),
        Column("to_call_m", "float", "furthest along the road to where a call can be made", "m"),
        Column("no_call_m", "float", "how much of it is without a call from any operator", "m"),
    ),
    LINE,
)

MEASURED = Contract(
    "measured",
    "row",
    (
        *ZONE,
        Column("operator", "text", "whose, empty for all"),
        Column("technology", "text", "empty for any"),
        Column("level", "text", "class of coverage that both are held against"),
        Column("both", "int", "map says yes, measured yes"),
        Column("map_only", "int", "map says yes, measured no"),
        Column("measured_only", "int", "map says no, measured yes"),
        Column("neither", "int", "both say no"),
        Column("agreement", "float", "both + neither of all, NaN without measurements"),
        Column("wrong_yes", "float", "map_only of what the map says yes to, NaN where it never does"),
    ),
)

DISAGREEMENTS = Contract(
    "disagreements",
    "measurement_id",
    (
        Column("date", "text", "when, ISO 8601"),
        Column("operator", "text", "whose"),
        Column("technology", "text", "as measured"),
        Column("level", "text", "class of coverage"),
        Column("declared", "bool", "what the map says"),
        Column("measured", "bool", "what was measured"),
        Column("measured_mbps", "float", "speed that was measured", "Mbit/s"),
        Column("measured_dbm", "float", "signal that was measured", "dBm"),
        MUNICIPALITY,
    ),
    POINT,
)
