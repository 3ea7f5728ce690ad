"""Which input layers there are: geometry, columns with their defaults, and what is required.

This is the contract between a study's files and the stages. A column that a file lacks gets its default, and
the run says so; what else a file carries travels along.
"""

from collections.abc import Mapping

from infraplan.config import LayerName
from infraplan.layers.kinds import Field, LayerKind

_NAN = float("nan")
# Slips, not limits of what can be: more people than Sweden has (10.6 million, SCB 2025), a terabit a second.
_MOST = 11_000_000
_FASTEST = 1_000_000
_SPEEDS = (
    Field("down_mbps", "float", "Mbit/s towards the premises", _NAN, minimum=0, maximum=_FASTEST),
    Field("up_mbps", "float", "Mbit/s from the premises", _NAN, minimum=0, maximum=_FASTEST),
)
_OPERATOR = Field("operator", "text", "who runs it", "")
_NAME = Field("name", "text", "name", "")
_KIND = Field("kind", "text", "what it is", required=True)
_ONEWAY = {
    **dict.fromkeys(("yes", "true", "1"), "forward"),
    **dict.fromkeys(("-1", "reverse"), "backward"),
    **dict.fromkeys(("no", "false", "0", "reversible", "alternating"), "both"),
}
_PRICE = Field("price_sek", "float", "SEK that the customer pays to be connected", _NAN, minimum=0)
_EXCHANGE = Field("exchange_m", "float", "metres of copper to the exchange", _NAN, minimum=0)
_CODED = (
    Field("code", "text", "code of the area", required=True),
    _NAME,
    Field("population", "float", "inhabitants", _NAN, minimum=0, maximum=_MOST),
)
_MOBILE = (
    Field("technology", "text", "4g, 5g, …", ""),
    Field("use", "text", "hand, car or roof", "hand", choices=("hand", "car", "roof")),
    Field("down_mbps", "float", "Mbit/s", _NAN, minimum=0, maximum=_FASTEST),
    Field("dbm", "float", "signal strength", _NAN, minimum=-200, maximum=0),
)
_WIFI = Field("wifi", "text", "public Wi-Fi: yes, no or unknown", "unknown", choices=("yes", "no", "unknown"))
_PREMISES_ID = Field("premises_id", "text", "the premises, where the list says", "")
_AREA = (
    _KIND,
    _NAME,
    Field("factor", "float", "cost factor, in place of the rule's", _NAN, minimum=1),
    Field("permit", "text", "permit that is needed, in place of the rule's", ""),
)
_COUNTS = (
    Field("households", "float", "permanent dwellings", _NAN, minimum=0, maximum=_MOST),
    Field("workplaces", "float", "fixed places of business", _NAN, minimum=0, maximum=_MOST),
)

TECHNOLOGIES = ("fibre", "cable", "vdsl", "adsl", "fwa", "mobile", "satellite", "unknown")

OBSERVATIONS = ("", "no_service", "too_slow", "service", "line", "no_mobile", "mobile")
"""What an observation can say: of fixed service, of a fibre line, of mobile coverage."""

_SAID = {
    **dict.fromkeys(("inget bredband", "ingen uppkoppling", "no broadband"), "no_service"),
    **dict.fromkeys(("för långsamt", "långsamt", "too slow"), "too_slow"),
    **dict.fromkeys(("bredband", "bredband finns", "broadband"), "service"),
    **dict.fromkeys(("ledning", "ledning finns", "fiberledning"), "line"),
    # Coverage is of mobile networks first of all (Tillväxtverket).
    **dict.fromkeys(("ingen täckning", "ingen mobiltäckning", "no coverage"), "no_mobile"),
    **dict.fromkeys(("täckning", "mobiltäckning", "coverage"), "mobile"),
}

CATALOG: Mapping[LayerName, LayerKind] = {
    kind.name: kind
    for kind in (
        LayerKind(
            "premises",
            ("point", "area"),
            (
                *_COUNTS,
                Field(
                    "kind",
                    "text",
                    "single, multi, holiday, workplace or public",
                    "single",
                    choices=("single", "multi", "holiday", "workplace", "public"),
                ),
            ),
            key="premises_id",
        ),
        LayerKind(
            "buildings",
            ("area", "point"),
            (
                *_COUNTS,
                Field(
                    "kind",
                    "text",
                    "single, multi, holiday, workplace, public, or none for no premises",
                    "single",
                    choices=("single", "multi", "holiday", "workplace", "public", "none"),
                ),
                Field("levels", "float", "storeys", _NAN, minimum=0, maximum=200),
                _NAME,
            ),
            key="building_id",
            theme="buildings",
        ),
        LayerKind(
            "addresses",
            ("point",),
            (
                *_COUNTS,
                Field("street", "text", "street or area", ""),
                Field("number", "text", "number", ""),
                Field("postcode", "text", "post code", ""),
            ),
            key="address_id",
            theme="addresses",
        ),
        LayerKind(
            "population",
            ("area", "point"),
            (Field("population", "float", "inhabitants", _NAN, minimum=0, maximum=_MOST), *_COUNTS, _NAME),
            key="zone_id",
            theme="places",
        ),
        LayerKind(
            "municipalities",
            ("area",),
            (Field("code", "text", "municipality code, four digits in Sweden", required=True), _NAME),
            key="code",
            theme="admin",
        ),
        LayerKind(
            "localities",
            ("area", "point"),
            (
                Field("code", "text", "locality code", ""),
                _NAME,
                Field("population", "float", "inhabitants", _NAN, minimum=0, maximum=_MOST),
                Field(
                    "settlement_class",
                    "text",
                    "locality or small_locality; where empty, the population decides",
                    "",
                    choices=("", "locality", "small_locality"),
                ),
            ),
            key="code",
            theme="places",
        ),
        LayerKind("deso", ("area",), _CODED, key="code"),
        LayerKind("districts", ("area",), _CODED, key="code"),
        LayerKind(
            "areas", ("area",), (*_CODED, Field("kind", "text", "kind of area, by the user", "")), key="code"
        ),
        LayerKind(
            "roads",
            ("line",),
            (
                Field(
                    "road_class",
                    "text",
                    "functional class, 0 most important, 9 least",
                    "unknown",
                    choices=(*"0123456789", "unknown"),
                ),
                Field("surface", "text", "what is dug", "unknown", choices=("asphalt", "gravel", "unknown")),
                Field("bridge", "bool", "carried over something", default=False),
                Field("tunnel", "bool", "carried under something", default=False),
                Field("layer", "int", "level of crossing, 0 the ground", 0, minimum=-10, maximum=10),
                Field("net", "text", "who travels on it", "motor", choices=("motor", "cycle", "foot")),
                Field("speed_kmh", "float", "highest speed allowed", _NAN, minimum=1, maximum=200),
                Field("road_number", "text", "E10, 97, BD 392, …", ""),
                Field(
                    "oneway",
                    "text",
                    "which way cars may go, as the line is drawn",
                    "both",
                    choices=("both", "forward", "backward"),
                    synonyms=_ONEWAY,
                ),
                _NAME,
            ),
            key="road_id",
            theme="roads",
        ),
        LayerKind(
            "connected",
            ("point", "none"),
            (
                _PREMISES_ID,
                *_SPEEDS,
                _PRICE,
                _EXCHANGE,
                Field("technology", "text", "by what", "fibre", choices=TECHNOLOGIES),
                _OPERATOR,
                Field(
                    "status",
                    "text",
                    "connected or orderable",
                    "connected",
                    choices=("connected", "orderable"),
                ),
            ),
        ),
        LayerKind(
            "fibre_lines",
            ("line",),
            (
                _OPERATOR,
                Field("kind", "text", "kind of line", "access"),
                Field("capacity", "float", "fibres", _NAN, minimum=0),
            ),
        ),
        LayerKind(
            "fibre_nodes",
            ("point",),
            (
                _OPERATOR,
                Field("kind", "text", "kind of node", "node"),
                Field("capacity", "float", "fibres", _NAN, minimum=0),
            ),
        ),
        LayerKind(
            "footprints",
            ("area", "point", "none"),
            (
                _PREMISES_ID,
                Field(
                    "down_mbps",
                    "float",
                    "Mbit/s towards the premises",
                    required=True,
                    minimum=0,
                    maximum=_FASTEST,
                ),
                Field("up_mbps", "float", "Mbit/s from the premises", _NAN, minimum=0),
                Field("technology", "text", "by what", "unknown", choices=TECHNOLOGIES),
                _OPERATOR,
                Field(
                    "status",
                    "text",
                    "what the footprint says",
                    "orderable",
                    choices=("connected", "orderable", "passed_estimated", "planned"),
                ),
                Field("planned_by", "text", "date of a plan, ISO 8601", ""),
                Field("decided", "bool", "whether a plan is decided", default=True),
                Field("decision", "text", "who decided it, and when", ""),
                _PRICE,
                _EXCHANGE,
            ),
        ),
        LayerKind("exchanges", ("point",), (_OPERATOR, _NAME)),
        LayerKind(
            "mobile_coverage",
            ("area", "raster"),
            (
                Field("operator", "text", "who", required=True),
                *_MOBILE,
            ),
        ),
        LayerKind(
            "measurements",
            ("point",),
            (
                Field("date", "text", "when, ISO 8601", required=True),
                Field("operator", "text", "whose network", required=True),
                *_MOBILE,
                Field("no_service", "bool", "nothing could be measured", default=False),
                Field("source", "text", "drive test, speed test by the public, …", ""),
            ),
            key="measurement_id",
        ),
        LayerKind(
            "masts",
            ("point",),
            (_OPERATOR, _NAME, Field("kind", "text", "kind of mast", "mast")),
            theme="masts",
        ),
        LayerKind(
            "power_lines",
            ("line",),
            (
                _OPERATOR,
                Field("kind", "text", "kind of line", "line"),
                Field("voltage", "text", "volt, as the source writes it", ""),
            ),
            theme="power_lines",
        ),
        LayerKind(
            "railways", ("line",), (Field("kind", "text", "kind of railway", "rail"), _NAME), theme="railways"
        ),
        LayerKind(
            "water", ("line", "area"), (Field("kind", "text", "kind of water", "water"), _NAME), theme="water"
        ),
        LayerKind(
            "public_buildings",
            ("point", "area"),
            (
                _KIND,
                _NAME,
                _OPERATOR,
                _PREMISES_ID,
                Field("protected", "bool", "protected housing: internal always", default=False, doubt=True),
                _WIFI,
            ),
            key="building_id",
            theme="public_buildings",
        ),
        LayerKind(
            "service_points",
            ("point", "area"),
            (
                _KIND,
                _NAME,
                _OPERATOR,
                _WIFI,
            ),
            key="point_id",
            theme="service_points",
        ),
        LayerKind(
            "ducts",
            ("line",),
            (
                Field("owner", "text", "who owns it", ""),
                Field("free_capacity", "float", "cables that still fit", _NAN, minimum=0),
                Field("price_sek_m", "float", "rent, SEK a metre", _NAN, minimum=0),
                Field("own", "bool", "whether it is the builder's own", default=False),
            ),
            key="duct_id",
        ),
        LayerKind(
            "planned_works",
            ("line", "area"),
            (
                Field("start", "text", "date, ISO 8601", required=True),
                Field("end", "text", "date, ISO 8601", required=True),
                Field("kind", "text", "kind of work", ""),
                Field("contact", "text", "whom to call", ""),
                _NAME,
                Field(
                    "share",
                    "float",
                    "share of the trench's price that is left to pay where it is dug together",
                    _NAN,
                    minimum=0,
                    maximum=1,
                ),
            ),
            key="works_id",
        ),
        LayerKind("no_go", ("area",), _AREA),
        LayerKind("protected", ("area",), _AREA),
        LayerKind(
            "heritage",
            ("area", "point", "line"),
            (
                *_AREA,
                Field(
                    "uncertainty_m",
                    "float",
                    "how far around a point or line it may lie",
                    0,
                    minimum=0,
                    maximum=1_000,
                ),
            ),
        ),
        LayerKind("reindeer", ("area",), _AREA),
        LayerKind("ground", ("area", "raster"), (Field("class", "text", "kind of ground", required=True),)),
        LayerKind("elevation", ("raster",), ()),
        LayerKind(
            "observations",
            ("point", "line", "none"),
            (
                Field("date", "text", "when, ISO 8601", required=True),
                Field("author", "text", "who says so", required=True),
                Field("says", "text", "what was seen", "", choices=OBSERVATIONS, synonyms=_SAID),
                _PREMISES_ID,
                _OPERATOR,
                Field("technology", "text", "by what; empty for any", ""),
                *_SPEEDS,
                Field("evidence", "text", "photograph, measurement, …", ""),
                Field("confirmed", "bool", "whether it has been checked", default=False),
                Field("confirmed_by", "text", "by whom", ""),
            ),
            key="observation_id",
        ),
    )
}
