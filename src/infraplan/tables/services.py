"""Contracts of public buildings, distances to service, closures, digital service, and siting."""

from infraplan.tables.contract import POINT, Column, Contract
from infraplan.tables.coverage import MUNICIPALITY, SETTLEMENT
from infraplan.tables.fixed import ZONE

PUBLIC_KINDS = (
    "school",
    "university",
    "kindergarten",
    "health_centre",
    "hospital",
    "care_home",
    "group_home",
    "asylum_housing",
    "youth_home",
    "prison",
    "library",
    "town_hall",
    "fire_station",
    "water_works",
    "public_housing",
    "multi_dwelling",
    "protected_housing",
    "other",
)
HOUSING = (
    "care_home",
    "group_home",
    "asylum_housing",
    "youth_home",
    "prison",
    "public_housing",
    "protected_housing",
)
"""Public buildings in which people live: the regional agenda asks for fibre to all of them."""
CONNECTIONS = ("fibre", "other", "none", "unknown")

PUBLIC = Contract(
    "public",
    "building_id",
    (
        Column("kind", "text", "what it is", choices=PUBLIC_KINDS),
        Column("name", "text", "its name"),
        Column("operator", "text", "who runs it"),
        MUNICIPALITY,
        SETTLEMENT,
        Column("premises_id", "text", "the premises that it is, empty where none lies there"),
        Column("households", "int", "dwellings in it, where known"),
        Column("connection", "text", "what it is connected by", choices=CONNECTIONS),
        Column("down_mbps", "float", "best connected speed, NaN for unknown", "Mbit/s"),
        Column("orderable", "text", "best that can be ordered", choices=CONNECTIONS),
        Column("wifi", "text", "whether there is public Wi-Fi", choices=("yes", "no", "unknown")),
        Column("fixed_operators", "text", "operators of fixed networks that reach it, by comma"),
        Column("mobile_operators", "text", "operators of mobile networks that reach it, by comma"),
        Column("protected", "bool", "protected: internal always, whatever the study says"),
        Column("without_fibre", "bool", "on the list of public housing and blocks of flats without fibre"),
        Column("source", "text", "layer that the row comes from"),
    ),
    POINT,
)

PUBLIC_SHARES = Contract(
    "public_shares",
    "row",
    (
        *ZONE,
        Column("kind", "text", "kind of building; housing and multi_dwelling are the agenda's lists"),
        Column("buildings", "int", "buildings"),
        Column("fibre", "int", "connected by fibre"),
        Column("fibre_orderable", "int", "connected by fibre, or can order it"),
        Column("wifi", "int", "with public Wi-Fi"),
        Column("wifi_unknown", "int", "of which it is not known"),
        Column("mobile", "int", "reached by at least one mobile operator at the study's level"),
        Column("share", "float", "fibre / buildings, NaN where the connection of none is known"),
    ),
)

SERVICE_POINTS = Contract(
    "service_points",
    "point_id",
    (
        Column("service", "text", "what can be had there"),
        Column("name", "text", "its name"),
        Column("operator", "text", "who runs it"),
        MUNICIPALITY,
        Column("place_id", "text", "the first point of that service at the same place: itself, or another"),
        Column("source", "text", "layer that the row comes from"),
    ),
    POINT,
)

DISTANCES = Contract(
    "distances",
    "row",
    (
        Column("premises_id", "text", "from where"),
        Column("service", "text", "to what"),
        Column("nearest_id", "text", "nearest by road, empty for none that can be reached"),
        Column("nearest_m", "float", "along the road", "m"),
        Column("nearest_min", "float", "by car", "min"),
        Column("second_id", "text", "second nearest"),
        Column("second_m", "float", "along the road", "m"),
        Column("second_min", "float", "by car", "min"),
        Column("reason", "text", "why there is none: too_far_from_road, island, no_service, or empty"),
    ),
)

SERVICE_SHARES = Contract(
    "service_shares",
    "row",
    (
        *ZONE,
        Column("service", "text", "to what"),
        Column("within_km", "float", "at most so far by road", "km"),
        Column("households", "int", "households in the zone"),
        Column("within", "int", "of which so near"),
        Column("unreached", "int", "of which cannot reach any by road"),
        Column("share", "float", "within / households, NaN where there are none"),
        Column("median_km", "float", "half of the households have at most so far", "km"),
        Column("p90_km", "float", "nine of ten have at most so far", "km"),
        Column("furthest_km", "float", "the furthest that can reach one", "km"),
        Column("median_min", "float", "the median by time", "min"),
    ),
)

CLOSURES = Contract(
    "closures",
    "row",
    (
        Column("service", "text", "kind of service"),
        Column("point_id", "text", "the service point"),
        Column("name", "text", "its name"),
        MUNICIPALITY,
        Column("premises", "int", "premises in its catchment"),
        Column("households", "int", "households in its catchment"),
        Column("median_added_km", "float", "added way to the second nearest, a median of households", "km"),
        Column("most_added_km", "float", "the longest added way", "km"),
        Column("household_km", "float", "added ways of all households together", "km"),
        Column("stranded", "int", "households that could then reach none"),
        Column("beyond_km", "float", "distance that the next column counts", "km"),
        Column("newly_beyond", "int", "households that would then have further than that"),
        Column("hit_hardest", "text", "the premises that lose most, by comma"),
    ),
)

DIGITAL = Contract(
    "digital",
    "premises_id",
    (
        MUNICIPALITY,
        SETTLEMENT,
        Column("households", "int", "households"),
        Column("service", "text", "the service furthest away"),
        Column("nearest_km", "float", "by road", "km"),
        Column("services_far", "int", "services further away than the study's limit"),
        Column("fixed_mbps", "float", "best reliable speed, 0 for none", "Mbit/s"),
        Column("mobile_operators", "int", "operators at the study's level, -1 where unknown"),
        Column("can", "bool", "whether digital service could replace the journey"),
    ),
    POINT,
)

SITING = Contract(
    "siting",
    "row",
    (
        Column("problem", "text", "name of the question in the study"),
        Column(
            "method",
            "text",
            "shortest ways, most within reach, or fewest for all",
            choices=("p_median", "coverage", "all"),
        ),
        Column("rank", "int", "place in the list of sites, most households first"),
        Column("site_id", "text", "the place chosen"),
        Column("name", "text", "nearest named place"),
        MUNICIPALITY,
        Column("existing", "bool", "whether it was there before"),
        Column("households", "int", "households whose nearest it is"),
        Column("median_km", "float", "half of them have at most so far", "km"),
        Column("furthest_km", "float", "the furthest of them", "km"),
        Column("objective", "float", "of the whole answer: household-km, or households within reach"),
        Column("bound", "float", "best that any answer can be"),
        Column("gap", "float", "relative distance to that bound; 0 is proven best"),
    ),
    POINT,
)
