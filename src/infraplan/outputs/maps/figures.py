"""Shares by definition and by year, as the map page's controls need them: rounded here, once, for good."""

from collections.abc import Mapping
from math import isinf
from typing import Any

import pandas as pd

from infraplan.outputs.cells import plain_column
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.known import pack_known
from infraplan.outputs.rounding import shown_count, shown_points, shown_share
from infraplan.words import LANGUAGES, load

DEFINITION = ("counts", "unit", "holiday_homes", "down_mbps", "technologies")
"""The columns that tell one definition of a share from another."""

_SERIES = (*("zone", "measure"), *DEFINITION, *("year", "share", "bound", "base", "reached"))
_BREAKS = (*("zone", "measure"), *DEFINITION, *("year", "kind", "base_change", "share_change"))
_PACE = (
    *("zone", "measure", "target", "target_share", "target_year", "first_year", "last_year"),
    *("years", "share", "missing", "pace", "needed_pace", "method"),
    *("reached_year", "earliest_year", "latest_year"),
)

Columns = dict[str, list[Any]]


def build_figures(edition: Edition, zone_number: Mapping[str, int]) -> dict[str, Any]:
    """Return the figures of the page's controls: definitions, years, outlook, and what can be searched for.

    ``zone_number`` is the place of each zone in the page's list; rows of other zones are left out. What a
    level may not see is not in its edition, and then the control that would show it is not on the page.
    """
    return {
        "switchboard": _switchboard(edition.table("switchboard"), zone_number),
        "series": _series(edition.table("series"), zone_number),
        "breaks": _breaks(edition.table("breaks"), zone_number),
        "pace": _pace(edition.table("pace"), zone_number),
        "known": pack_known(edition),
    }


def _switchboard(table: pd.DataFrame, zone_number: Mapping[str, int]) -> dict[str, Any] | None:
    """Return definitions, and a row of shares, counts and bases a zone in their order."""
    if not {"zone_id", *DEFINITION, "share"} <= set(table.columns):
        return None
    rows = table[table["zone_id"].isin(list(zone_number))]
    if rows.empty:
        return None
    rows = rows.assign(
        zone=rows["zone_id"].map(zone_number), shown=pd.Series(map(shown_share, rows["share"]), rows.index)
    )
    names = list(DEFINITION)
    definitions = rows[names].drop_duplicates().reset_index(drop=True)
    place = rows.merge(definitions.reset_index(names="definition"), on=names)
    zones = sorted(place["zone"].unique().tolist())
    grid = place.drop_duplicates(["zone", "definition"]).set_index(["zone", "definition"])
    wanted = pd.MultiIndex.from_product([zones, range(len(definitions))])
    found = grid.reindex(wanted)

    def by_zone(column: str) -> list[list[Any]]:
        cells = _cells(found, column)
        return [cells[i : i + len(definitions)] for i in range(0, len(cells), len(definitions))]

    return {
        "definitions": {name: plain_column(definitions[name]) for name in names},
        "zones": zones,
        "share": by_zone("shown"),
        "reached": by_zone("reached"),
        "base": by_zone("base"),
    }


def _cells(table: pd.DataFrame, column: str) -> list[Any]:
    if column not in table:
        return [None] * len(table)
    if column == "shown":
        return plain_column(table[column].astype("float64"))
    return [shown_count(value) for value in table[column]]


def _series(table: pd.DataFrame, zone_number: Mapping[str, int]) -> Columns:
    """Return every yearly share; ``own`` tells what was computed here from what others publish."""
    rows = _in_zones(table, zone_number, needs=("year", "share"))
    if rows.empty:
        return {}
    mine = {load(language).text("progress.own") for language in LANGUAGES}
    columns = _columns(rows, (*_SERIES, "source", "after_break"))
    columns["share"] = [shown_share(share) for share in rows["share"]]
    columns["own"] = [source in mine for source in columns.get("source", [""] * len(rows))]
    return columns


def _breaks(table: pd.DataFrame, zone_number: Mapping[str, int]) -> Columns:
    rows = _in_zones(table, zone_number, needs=("year", "kind"))
    if rows.empty:
        return {}
    columns = _columns(rows, _BREAKS)
    # Both are told in the page as per cent and percentage points.
    columns["base_change"] = [shown_share(change) for change in columns.get("base_change", [])]
    columns["share_change"] = [shown_points(change) for change in columns.get("share_change", [])]
    return columns


def _pace(table: pd.DataFrame, zone_number: Mapping[str, int]) -> Columns:
    """Return the outlooks; ``endless`` tells an interval without upper end from one that is not known."""
    rows = _in_zones(table, zone_number, needs=("target", "last_year", "share", "method"))
    if rows.empty:
        return {}
    columns = _columns(rows, (*_PACE, *DEFINITION))
    columns["share"] = [shown_share(share) for share in rows["share"]]
    for name in ("pace", "needed_pace"):
        columns[name] = [shown_points(change) for change in columns.get(name, [])]
    columns["endless"] = [isinf(year) for year in rows.get("latest_year", pd.Series(0.0, rows.index))]
    return columns


def _in_zones(table: pd.DataFrame, zone_number: Mapping[str, int], *, needs: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of zones that the page lists, with their number; none where a needed column is gone."""
    if not {"zone_id", *needs} <= set(table.columns):
        return pd.DataFrame()
    rows = table[table["zone_id"].isin(list(zone_number))]
    return rows.assign(zone=rows["zone_id"].map(zone_number).astype("int64"))


def _columns(table: pd.DataFrame, names: tuple[str, ...]) -> Columns:
    return {name: plain_column(table[name]) for name in names if name in table}
