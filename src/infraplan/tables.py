"""The contract of every table that crosses a stage, as data; ``check`` holds a table against it.

All geometry is in the study's projected CRS; lengths that become money are geodesic. Text is never missing:
an unknown text is ``""``; an unknown number is NaN.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
from pandas.api import types as pdt

from infraplan.errors import TableError

Kind = Literal["int", "float", "text", "bool", "any"]

SETTLEMENT_CLASSES = ("locality", "small_locality", "outside")
PREMISES_KINDS = ("single", "multi", "holiday", "workplace", "public")
STATUSES = ("connected", "orderable", "passed_estimated", "planned")
EVIDENCE = ("declared", "modelled", "measured", "observed")
WHITE_SPOT_RULES = (
    "passed_only",
    "plan_undated",
    "plan_overdue",
    "plan_too_late",
    "not_reliable",
    "too_slow",
    "no_service",
)
ELIGIBLE = ("yes", "no", "unsure")
UNITS = ("households", "workplaces", "households+workplaces")
EXISTING = ("own_duct", "leased_duct", "new")
EDGE_KINDS = ("road", "drop", "link")
SEVERITIES = ("error", "repaired", "warning", "info")


@dataclass(frozen=True)
class Column:
    """One column: its kind, unit, meaning, and the values that it may take."""

    name: str
    kind: Kind
    about: str
    unit: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
    """What a table must be: ``key`` names the index, ``geometry`` the types allowed (none: a plain table)."""

    name: str
    key: str
    columns: tuple[Column, ...]
    geometry: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Column names in order, without geometry."""
        return [column.name for column in self.columns]


_POINT = ("Point",)
_LINE = ("LineString",)
_AREA = ("Polygon", "MultiPolygon")

_HOUSEHOLDS = Column("households", "int", "permanent dwellings at the premises")
_WORKPLACES = Column("workplaces", "int", "fixed places of business (arbetsställen)")
_PREMISES_KIND = Column("kind", "text", "what the premises is", choices=PREMISES_KINDS)
_MUNICIPALITY = Column("municipality", "text", "code of the municipality, empty outside all")
_LOCALITY = Column("locality", "text", "code of the locality, empty outside all")
_SETTLEMENT = Column("settlement_class", "text", "SCB's classes", choices=SETTLEMENT_CLASSES)
_COSTS = (
    Column("cost_low_sek", "int", "low estimate", "SEK"),
    Column("cost_sek", "int", "base estimate", "SEK"),
    Column("cost_high_sek", "int", "high estimate", "SEK"),
)

PREMISES = Contract(
    "premises",
    "premises_id",
    (
        _HOUSEHOLDS,
        _WORKPLACES,
        _PREMISES_KIND,
        _MUNICIPALITY,
        _LOCALITY,
        _SETTLEMENT,
        Column("source", "text", "layer that the row comes from"),
        Column("vintage", "text", "date of that layer, ISO 8601"),
    ),
    _POINT,
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
        Column("planned_by", "text", "date of a decided plan, ISO 8601"),
        Column("distance_m", "float", "to the infrastructure, where status is passed_estimated", "m"),
    ),
)

ZONES = Contract(
    "zones",
    "zone_id",
    (
        Column("name", "text", "as the source writes it"),
        Column("kind", "text", "study, municipality, locality, settlement_class, or place for a name only"),
        Column("population", "float", "inhabitants, where the source says", "persons"),
    ),
    (*_AREA, *_POINT),
)

TARGETS = Contract(
    "targets",
    "row",
    (
        Column("target", "text", "name of the target in the study"),
        Column("zone_id", "text", "the zone"),
        Column("zone_name", "text", "its name"),
        Column("zone_kind", "text", "study, municipality, locality or settlement_class"),
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
        _HOUSEHOLDS,
        _WORKPLACES,
        _PREMISES_KIND,
        _MUNICIPALITY,
        _LOCALITY,
        _SETTLEMENT,
        Column("best_down_mbps", "float", "best that is there or decided, 0 for nothing", "Mbit/s"),
        Column("rule", "text", "the rule that decided", choices=WHITE_SPOT_RULES),
        Column("white_spot_id", "text", "the white-spot area that it belongs to"),
        Column("eligible", "text", "for public support", choices=ELIGIBLE),
    ),
    _POINT,
)

WHITE_SPOT_AREAS = Contract(
    "white_spot_areas",
    "white_spot_id",
    (
        Column("name", "text", "the nearest named place"),
        _MUNICIPALITY,
        Column("premises", "int", "white premises in it"),
        _HOUSEHOLDS,
        _WORKPLACES,
    ),
    _AREA,
)

NODES = Contract(
    "nodes",
    "node_id",
    (
        Column("kind", "text", "road, or premises for the end of a drop", choices=("road", "premises")),
        Column("component", "int", "number of the connected part, 0 the longest"),
        Column("access", "bool", "whether the existing network can be joined there"),
    ),
    _POINT,
)

_TRENCH = (
    Column("tail", "int", "node_id"),
    Column("head", "int", "node_id"),
    Column("kind", "text", "along a road, a drop to premises, or a bridge link", choices=EDGE_KINDS),
    Column("length_m", "float", "geodesic", "m"),
    Column("road_class", "text", "functional class 0–9 of the road, empty off road"),
    Column("surface", "text", "asphalt, gravel or unknown; empty off road"),
    Column("method", "text", "laying method of the cost book"),
    Column("existing", "text", "what is there already", choices=EXISTING),
    *_COSTS,
)

EDGES = Contract(
    "edges",
    "edge_id",
    (
        *_TRENCH,
        Column("road_id", "text", "the road that it follows, empty off road"),
        Column("level", "int", "0 on the ground, above it on bridges, below it in tunnels"),
        Column("from_m", "float", "where it begins along the edge that it was cut from", "m"),
        Column("to_m", "float", "where it ends there: pieces keep the price of the whole to the crown", "m"),
        Column("access", "bool", "whether the existing network can be joined all along it"),
    ),
    _LINE,
)

ROUTES = Contract(
    "routes",
    "edge_id",
    (
        *_TRENCH,
        Column("project_id", "text", "the project that the edge belongs to"),
        Column("phase", "int", "1 is first"),
    ),
    _LINE,
)

SERVED = Contract(
    "served",
    "premises_id",
    (
        Column("node", "int", "node_id of the premises in the graph"),
        _HOUSEHOLDS,
        _WORKPLACES,
        Column("project_id", "text", "the project that serves it"),
    ),
)

UNSERVED = Contract(
    "unserved",
    "premises_id",
    (
        _HOUSEHOLDS,
        _WORKPLACES,
        Column(
            "reason",
            "text",
            "too_far, island, not_chosen, over_budget or not_counted (nothing that the goal counts)",
        ),
        Column("distance_m", "float", "to the nearest road, where known", "m"),
    ),
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
)


def check(table: pd.DataFrame, contract: Contract, *, crs: Any = None) -> None:
    """Hold a table against its contract.

    Faults' geometry may be missing; every other table's may not. Further columns are allowed: they travel
    along.

    Raises
    ------
    TableError
        The first rule that is broken, by name.
    """
    if table.index.name != contract.key:
        _fail(contract, f"its index is {table.index.name!r}, not {contract.key!r}")
    kind: Kind = "int" if contract.key in _COUNTED else "text"
    if len(table) and not _IS[kind](table.index):
        _fail(contract, f"its keys are {table.index.dtype}, not {kind}")
    if not table.index.is_unique:
        _fail(contract, f"key {table.index[table.index.duplicated()][0]!r} occurs twice")
    for column in contract.columns:
        if column.name not in table.columns:
            _fail(contract, f"column {column.name!r} is missing")
        _check_column(table[column.name], column, contract)
    if contract.geometry:
        _check_geometry(table, contract, crs)


def empty(contract: Contract, crs: Any = None) -> gpd.GeoDataFrame:
    """Return a table of the contract without rows: a GeoDataFrame, or a DataFrame without geometry."""
    dtypes: dict[Kind, str] = {
        "int": "int64",
        "float": "float64",
        "text": "str",
        "bool": "bool",
        "any": "object",
    }
    columns = {c.name: pd.Series(dtype=dtypes[c.kind]) for c in contract.columns}
    index = pd.Index([], name=contract.key, dtype="int64" if contract.key in _COUNTED else "str")
    frame = pd.DataFrame(columns).set_axis(index)
    return (
        gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], index=index, crs=crs))
        if contract.geometry
        else frame
    )


_COUNTED = {"row", "edge_id", "node_id"}

_IS: Mapping[Kind, Callable[[Any], bool]] = {
    "int": pdt.is_integer_dtype,
    "float": pdt.is_float_dtype,
    "text": pdt.is_string_dtype,
    "bool": pdt.is_bool_dtype,
    "any": lambda _: True,
}


def _check_column(values: pd.Series, column: Column, contract: Contract) -> None:
    if len(values) and not _IS[column.kind](values):
        _fail(contract, f"column {column.name!r} is {values.dtype}, not {column.kind}")
    if column.kind == "text" and values.isna().any():
        _fail(contract, f"column {column.name!r} has missing text")
    if column.choices:
        strange = set(values.unique()) - set(column.choices)
        if strange:
            _fail(contract, f"column {column.name!r} has {min(strange)!r}, not one of {column.choices}")


def _check_geometry(table: pd.DataFrame, contract: Contract, crs: Any) -> None:
    if not isinstance(table, gpd.GeoDataFrame):
        _fail(contract, "it has no geometry")
    shapes = table.geometry
    if contract is not FAULTS and (shapes.isna() | shapes.is_empty).any():
        _fail(contract, "a geometry is missing or empty")
    strange = set(shapes.dropna().geom_type) - set(contract.geometry)
    if strange:
        _fail(contract, f"it has a {min(strange)}")
    if crs is not None and table.crs != crs:
        _fail(contract, f"its CRS is {table.crs}, not {crs}")


def _fail(contract: Contract, problem: str) -> None:
    raise TableError("table_contract", table=contract.name, problem=problem)
