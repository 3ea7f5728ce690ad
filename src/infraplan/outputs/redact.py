"""What may be published: an edition at a level of secrecy, without a trace of what the level may not see.

Follows the open-data act 2022:818, the secrecy of networks and risk analyses (OSL 15:2, 18:8, 18:13), and MSB
on overviews of utility networks. Which layer, column and key is seen from which level on stands in
``data/rules/levels-2026.toml``; ``docs/publishing.md`` tells why.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.config import Level
from infraplan.errors import OutputError
from infraplan.layers.public_kinds import is_protected
from infraplan.layers.studyfile import layer_of
from infraplan.outputs.coarse import COARSER, band_routes
from infraplan.outputs.edition import Edition
from infraplan.outputs.levels import LEVELS, Shown, allows, load_levels, strictest
from infraplan.outputs.said import redact_about
from infraplan.outputs.small import HIDE, hide_figures
from infraplan.outputs.smallplan import hide_plan
from infraplan.outputs.sums import fold_ducts, sum_plan, sum_public
from infraplan.outputs.suppress import SMALLEST_CELL
from infraplan.tables import FIGURES, TARGETS, Contract

REDACTED = "redacted"
"""Key of ``Edition.about``: the level that an edition was redacted to."""

_NEEDED: Mapping[str, Contract] = {
    "targets": TARGETS,
    **{name: FIGURES[name] for name in FIGURES if name in (*HIDE, "cells")},
}
"""Tables that small counts are hidden in by several of their columns together."""
_OWN_AREAS = "area"
"""Kind of the zones that are the study's own: they follow the level of its layer ``areas``."""

Tables = dict[str, pd.DataFrame]


def redact(edition: Edition, level: Level) -> Edition:
    """Return an edition as a level may see it.

    *internal* is everything. *restricted* has the plan's lines as at 1:50 000 and nodes on a grid of 250 m;
    *public* figures by area, totals and bands for routes, with small counts hidden. Whatever the levels do
    not name is left out, in tables and in what is said of the run. Redacting again changes nothing.

    Raises
    ------
    OutputError
        There is no such level, or the edition was redacted to a lower one: what is gone does not come back.
    """
    if level not in LEVELS:
        raise OutputError("no_such_level", level=level, found=", ".join(LEVELS))
    before: Level = edition.about.get(REDACTED, "internal")
    if not allows(before, level):
        raise OutputError("level_raised", before=before, level=level)
    if level == "internal":
        return replace(edition, level=level)
    tables = _select(edition, level)
    if before == "internal":
        tables = _coarsen(tables, edition)
    if level == "public" != before:
        tables = _hide(sum_public(tables), least_shown(edition))
    tables = {name: _shapes_last(table) for name, table in tables.items()}
    told = edition.about if before != "internal" else _with_sums(edition)
    about = redact_about(told, tables, level=level, least=least_shown(edition))
    return Edition(about={**about, REDACTED: level}, tables=tables, level=level)


def least_shown(edition: Edition) -> int:
    """Return the count below which nothing is shown to the public: the study's own where it is stricter."""
    zones = edition.about["parameters"].get("zones") or {}
    return max(SMALLEST_CELL, int(zones.get("least", SMALLEST_CELL)))


def _with_sums(edition: Edition) -> dict[str, Any]:
    """Return what is said of a run, with the sums of those of the plan's tables that stay in the house."""
    totals = edition.about.get("totals", {})
    if "plan" not in totals:
        return dict(edition.about)
    plan = {**totals["plan"], **sum_plan(edition.tables)}
    return {**edition.about, "totals": {**totals, "plan": plan}}


def _select(edition: Edition, level: Level) -> Tables:
    """Return the layers, rows and columns that a level sees, as they are."""
    levels, owned = load_levels(), _input_levels(edition.about)
    tables = {}
    for name, table in edition.tables.items():
        shown = levels.of(name)
        known = REDACTED in edition.about or name != "corridors"
        if known and _is_allowed(shown, owned, level):
            part = _rows(table, shown, own_areas=allows(level, owned.get("areas", "internal")))
            part = _columns(part, shown, level, again=REDACTED in edition.about)
            if len(part.columns):
                tables[name] = _told_sources(part, level) if name == "sources" else part
    return tables


def _input_levels(about: Mapping[str, Any]) -> dict[str, Level]:
    """Return the level of each input layer, the strictest of its files."""
    found: dict[str, list[Level]] = {}
    for row in about.get("inputs", ()):
        found.setdefault(layer_of(str(row["layer"])), []).append(row["level"])
    return {name: strictest(levels) for name, levels in found.items()}


def _is_allowed(shown: Shown, owned: Mapping[str, Level], level: Level) -> bool:
    """Tell whether those who own the inputs that a layer repeats let the level see it."""
    if not shown.follows:
        return True
    return allows(level, strictest(owned[name] for name in shown.follows if name in owned))


def _rows(table: pd.DataFrame, shown: Shown, *, own_areas: bool) -> pd.DataFrame:
    """Return the rows that are shown below internal; where what they are told by is missing, none."""
    kept = pd.Series(data=True, index=table.index)
    for name, values in shown.rows.items():
        kept &= table[name].astype("object").fillna("").isin(values) if name in table else False
    if {"kind", "protected"} <= set(table.columns):
        kept &= ~is_protected(table)
    for name in ("zone_kind", "kind"):
        if name in table and not own_areas and (name == "zone_kind" or table.index.name == "zone_id"):
            kept &= table[name].astype("object") != _OWN_AREAS
    return table.loc[kept.to_numpy(dtype=bool)]


def _columns(table: pd.DataFrame, shown: Shown, level: Level, *, again: bool) -> pd.DataFrame:
    """Return the columns that a level sees as a table that remembers nothing of the others.

    A key that is not seen becomes a running number, and so do row numbers: their gaps would tell what is
    gone.
    """
    shape = _shape_name(table)
    added = {"suppressed"} if again else set()
    names = [name for name in table.columns if name not in (shape, "geometry")]
    names = [name for name in names if name in added or allows(level, shown.lowest(name))]
    key = table.index.name
    seen = isinstance(key, str) and key != "row" and allows(level, shown.lowest(key))
    index = pd.Index(list(table.index), name=key) if seen else pd.RangeIndex(len(table), name="row")
    columns = {str(name): _forget(table[name]).set_axis(index) for name in names}
    plain = pd.DataFrame(columns, index=index)
    if shape is None or not allows(level, shown.lowest("geometry")):
        return plain
    found: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=list(table[shape]), crs=table[shape].crs)
    return found


def _shapes_last(table: pd.DataFrame) -> pd.DataFrame:
    shape = _shape_name(table)
    return table if shape is None else table[[*(name for name in table.columns if name != shape), shape]]


def _shape_name(table: pd.DataFrame) -> str | None:
    """Return what the column of a table's shapes is called, None where it has none."""
    name = table.active_geometry_name if isinstance(table, gpd.GeoDataFrame) else None
    return str(name) if name in table.columns else None


def _forget(column: pd.Series) -> pd.Series:
    """Return a column without what it remembers of other rows: categories, attributes."""
    values = column.astype("object").array if isinstance(column.dtype, pd.CategoricalDtype) else column.array
    found = pd.Series(values, index=column.index, copy=True)
    return found.infer_objects() if found.dtype == object else found


def _told_sources(sources: pd.DataFrame, level: Level) -> pd.DataFrame:
    """Return the sources, each owner's own words only where the level allows the layer."""
    hidden = ~sources["level"].map(lambda lowest: allows(level, lowest)).to_numpy(dtype=bool)
    words = {name: sources[name].mask(hidden, "") for name in ("source", "assumption") if name in sources}
    return sources.assign(**words)


def _coarsen(tables: Tables, edition: Edition) -> Tables:
    """Return tables with their shapes made coarser, ducts told alike, and bands for the routes."""
    levels = load_levels()
    found = {}
    for name, table in tables.items():
        coarser = COARSER.get(levels.of(name).shapes)
        found[name] = coarser(table) if coarser and isinstance(table, gpd.GeoDataFrame) else table
    if "bill" in found:
        found["bill"] = fold_ducts(found["bill"])
    routes = edition.shapes("routes")
    if routes is not None and {"kind", "phase"} <= set(routes.columns):
        phases = edition.table("phases")
        years = (
            dict(zip(phases.index.tolist(), phases["year"].tolist(), strict=True)) if "year" in phases else {}
        )
        found["corridors"] = band_routes(routes, years, _secret(edition))
    return found


def _secret(edition: Edition) -> bytes:
    """Return what only those know who have all inputs: their checksums."""
    known = sorted((str(row["layer"]), str(row.get("sha256"))) for row in edition.about.get("inputs", ()))
    return hashlib.sha256(json.dumps([edition.about.get("study"), known]).encode()).digest()


def _hide(tables: Tables, least: int) -> Tables:
    """Return tables with small counts hidden; one that lacks what they are hidden by is left out."""
    whole = {name: table for name, table in tables.items() if name not in _NEEDED or _is_whole(table, name)}
    return hide_plan(hide_figures(whole, least=least), least=least)


def _is_whole(table: pd.DataFrame, name: str) -> bool:
    shown = load_levels().of(name)
    return {column for column in _NEEDED[name].names if shown.lowest(column) == "public"} <= set(
        table.columns
    )
