"""Contracts of who is there, what they can have, and who misses."""

from infraplan.tables.contract import AREA, POINT, Column, Contract

SETTLEMENT_CLASSES = ("locality", "small_locality", "outside")
PREMISES_KINDS = ("single", "multi", "holiday", "workplace", "public")
STATUSES = ("connected", "orderable", "passed_estimated", "planned")
EVIDENCE = ("declared", "modelled", "measured", "observed")
WHITE_SPOT_RULES = (
    "passed_only",
    "plan_undecided",
    "plan_undated",
    "plan_overdue",
    "plan_too_late",
    "not_reliable",
    "too_slow",
    "no_service",
)
ELIGIBLE = ("yes", "no", "unsure")
UNITS = ("households", "workplaces", "households+workplaces")
SEVERITIES = ("error", "repaired", "warning", "info")

HOUSEHOLDS = Column("households", "int", "permanent dwellings at the premises")
WORKPLACES = Column("workplaces", "int", "fixed places of business (arbetsställen)")
PREMISES_KIND = Column("kind", "text", "what the premises is", choices=PREMISES_KINDS)
MUNICIPALITY = Column("municipality", "text", "code of the municipality, empty outside all")
LOCALITY = Column("locality", "text", "code of the locality, empty outside all")
SETTLEMENT = Column("settlement_class", "text", "SCB's classes", choices=SETTLEMENT_CLASSES)
PREMISES = Contract(
    "premises",
    "premises_id",
    (
        HOUSEHOLDS,
        WORKPLACES,
        PREMISES_KIND,
        MUNICIPALITY,
        LOCALITY,
        SETTLEMENT,
        Column("source", "text", "layer that the row comes from"),
        Column("vintage", "text", "date of that layer, ISO 8601"),
    ),
    POINT,
)

SERVICE = Contract(
    "service",
    "row",
    (
        Column("premises_id", "text", "the premises served"),
        Column("operator", "text", "who"),
        Column("technology", "text", "fibre, cable, vdsl, fwa, …"),
        Column("down_mbps", "float", "towards the premises", "Mbit/s"),
        Column("up_mbps", "float", "from the premises", "Mbit/s"),
        Column("status", "text", "how sure it is that it can be had", choices=STATUSES),
        Column("evidence", "text", "where the statement comes from", choices=EVIDENCE),
        Column("planned_by", "text", "date of a plan, ISO 8601"),
        Column("decided", "bool", "whether a plan is decided; True for what is there"),
        Column("reliable", "bool", "whether the technology rules take it as reliable at this speed"),
        Column("price_sek", "float", "what the customer pays to be connected", "SEK"),
        Column("distance_m", "float", "to the infrastructure, where status is passed_estimated", "m"),
        Column("observation", "text", "confirmed observation that the row comes from, empty for none"),
    ),
)

ZONES = Contract(
    "zones",
    "zone_id",
    (
        Column("name", "text", "as the source writes it"),
        Column(
            "kind",
            "text",
            "study, municipality, locality, settlement_class, deso, district, area, or place for a name only",
        ),
        Column("population", "float", "inhabitants, where the source says", "persons"),
    ),
    (*AREA, *POINT),
)

TARGETS = Contract(
    "targets",
    "row",
    (
        Column("target", "text", "name of the target in the study"),
        Column("zone_id", "text", "the zone"),
        Column("zone_name", "text", "its name"),
        Column("zone_kind", "text", "kind of zone, as in zones"),
        Column("unit", "text", "what is counted", choices=UNITS),
        Column("decides", "bool", "whether the target is set in this unit"),
        Column("counts", "text", "numerator rule of the target: access, proximity or planned"),
        Column("down_mbps", "float", "speed of the target", "Mbit/s"),
        Column("base", "int", "all in the zone"),
        Column("connected", "int", "connected"),
        Column("orderable", "int", "connected or orderable"),
        Column("passed_estimated", "int", "the same or estimated as passed"),
        Column("planned", "int", "the same or planned"),
        Column("passed_m", "float", "distance used in the estimate", "m"),
        Column("reached", "int", "those that the target's rule counts"),
        Column("share", "float", "reached / base, NaN where base is 0"),
        Column("target_share", "float", "share asked for"),
        Column("missing", "int", "still to be reached"),
        Column("met", "bool", "whether the target is met"),
    ),
)

WHITE_SPOTS = Contract(
    "white_spots",
    "premises_id",
    (
        HOUSEHOLDS,
        WORKPLACES,
        PREMISES_KIND,
        MUNICIPALITY,
        LOCALITY,
        SETTLEMENT,
        Column("best_down_mbps", "float", "best that is there or decided, 0 for nothing", "Mbit/s"),
        Column("rule", "text", "the rule that decided", choices=WHITE_SPOT_RULES),
        Column("white_spot_id", "text", "the white-spot area that it belongs to"),
        Column("eligible", "text", "for public support", choices=ELIGIBLE),
    ),
    POINT,
)

WHITE_SPOT_AREAS = Contract(
    "white_spot_areas",
    "white_spot_id",
    (
        Column("name", "text", "the nearest named place"),
        MUNICIPALITY,
        Column("premises", "int", "white premises in it"),
        HOUSEHOLDS,
        WORKPLACES,
    ),
    AREA,
)

FAULTS = Contract(
    "faults",
    "row",
    (
        Column("rule", "text", "stable id of the rule"),
        Column("severity", "text", "what became of the row", choices=SEVERITIES),
        Column("layer", "text", "layer of the study"),
        Column("feature_id", "text", "row in that layer, empty for the whole layer"),
        Column("values", "any", "dict with what the message names"),
    ),
    ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"),
    gaps=True,
)
