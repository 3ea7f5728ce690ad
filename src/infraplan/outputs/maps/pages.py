"""Figures of the pages about mobile coverage, and about public buildings and services, by column."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from infraplan.outputs.cells import plain_column
from infraplan.outputs.edition import Edition
from infraplan.outputs.rounding import shown_number, shown_share

_WIDE = ("study", "municipality")
"""Kinds of zones for which each operator, and each class of road, is told; for the others all together."""
_MOBILE = ("technology", "use", "level", "of", "unit", "operator", "road_class", "base", "reached")
_OPERATORS = ("technology", "use", "level", "of", "operators", "amount")
_PUBLIC = ("kind", "buildings", "fibre", "fibre_orderable", "wifi", "wifi_unknown", "mobile")
_SERVICES = (
    "service",
    "within_km",
    "households",
    "within",
    "unreached",
    "median_km",
    "p90_km",
    "furthest_km",
)

Columns = dict[str, list[Any]]


def build_pages(edition: Edition, number: Mapping[str, int]) -> dict[str, Columns]:
    """Return the tables that there are; each row's zone is its number in the page's list."""
    operators = edition.table("mobile_operators")
    if "road_class" in operators:
        operators = operators[operators["road_class"].fillna("") == ""]
    found = {
        "mobile": _pack(_told(edition.table("mobile")), _MOBILE, number),
        "operators": _pack(operators, _OPERATORS, number),
        "public": _pack(edition.table("public_shares"), _PUBLIC, number),
        "services": _pack(edition.table("service_shares"), _SERVICES, number),
    }
    return {name: columns for name, columns in found.items() if columns.get("zone")}


def _told(mobile: pd.DataFrame) -> pd.DataFrame:
    """Return what the page can carry: of a county's hundreds of zones, each operator would be megabytes."""
    if not {"zone_kind", "operator", "road_class"} <= set(mobile.columns):
        return mobile
    plain = (mobile["operator"].fillna("") == "") & (mobile["road_class"].fillna("") == "")
    return mobile[plain | mobile["zone_kind"].isin(_WIDE)]


def _pack(table: pd.DataFrame, names: tuple[str, ...], number: Mapping[str, int]) -> Columns:
    if "zone_id" not in table:
        return {}
    here = table[table["zone_id"].isin(list(number))]
    columns: Columns = {"zone": [number[zone] for zone in here["zone_id"]]}
    columns |= {name: plain_column(_digits(here[name])) for name in names if name in here}
    if "share" in here:
        columns["share"] = [shown_share(share) for share in here["share"]]
    return columns


def _digits(column: pd.Series) -> pd.Series:
    """Round to what is shown: a tenth of a kilometre, whole metres and square metres."""
    if column.dtype != "float64":
        return column
    digits = 1 if column.name in {"median_km", "p90_km", "furthest_km"} else 0
    return column.map(lambda value: shown_number(value, digits)).astype("float64")
