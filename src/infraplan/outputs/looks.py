"""How each layer looks in QGIS: the styles of the map page, in classes where the map has classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import pandas as pd

from infraplan import words
from infraplan.outputs.edition import Edition
from infraplan.outputs.rounding import shown_share
from infraplan.outputs.styles import NO_SHARE, SHARE_BREAKS, SHARE_COLOURS, STYLES, Style
from infraplan.words import Language, Words

ZONE_SHARES = "zone_shares"
"""Zones with the share of the study's first target, which the map page opens with."""

_NOBODY = -1.0
"""Stands for a share that nobody is counted for: QGIS draws no feature whose value is missing."""
_DASHES = ((8, 5), (4, 4), (2, 3), (10, 3, 2, 3), (1, 4))
"""Of the phases: the first as on the map."""


@dataclass(frozen=True)
class Class:
    """Features drawn in one way: of a value, or of a range of values."""

    label: str
    style: Style
    value: str | int = ""
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True)
class Look:
    """How QGIS draws a layer.

    Attributes
    ----------
    kind
        ``single`` (``style`` for all), ``categories`` (by value) or ``ranges``.
    by
        Column or QGIS expression that the classes are of.
    classes
        A value belongs to the first range that has it; what no category has is drawn as ``style``.
    label
        Column that is written beside each feature.
    """

    style: Style
    kind: Literal["single", "categories", "ranges"] = "single"
    by: str = ""
    classes: tuple[Class, ...] = ()
    label: str = ""
    columns: tuple[str, ...] = ()
    """Columns that ``by`` needs."""


def zone_shares(edition: Edition) -> gpd.GeoDataFrame | None:
    """Return zones that have an area with the first target's share, the largest below the others.

    None where the edition has no zones or no targets.
    """
    zones, targets = edition.shapes("zones"), edition.table("targets")
    wanted = {"target", "zone_id", "decides", "share", "target_share", "met"}
    if zones is None or not wanted <= set(targets.columns):
        return None
    first = targets[targets["decides"].astype("bool")]
    if first.empty:
        return None
    first = first[first["target"] == first["target"].iloc[0]].drop_duplicates("zone_id").set_index("zone_id")
    shares = [shown_share(*row) for row in first[["share", "target_share", "met"]].itertuples(index=False)]
    known = pd.DataFrame(
        {"target": first["target"], "share": pd.Series(shares, index=first.index, dtype="float")}
    )
    names = [name for name in ("name", "kind") if name in zones]
    drawn = zones[[*names, zones.geometry.name]].join(known, how="inner")
    return drawn.loc[drawn.area.sort_values(ascending=False, kind="stable").index] if len(drawn) else None


def look_of(name: str, table: gpd.GeoDataFrame, language: Language) -> Look | None:
    """Return how a layer is drawn, None where the map has no style for it.

    Classes need columns: a layer that lacks them, as at a level that may not see them, is drawn as one.
    """
    if name not in _STYLED:
        return None
    look = _CLASSED[name](table, words.load(language)) if name in _CLASSED else Look(_STYLED[name])
    if not set(look.columns) <= set(table.columns):
        look = Look(_STYLED[name])
    label = _LABELLED.get(name, "")
    return replace(look, label=label) if label in table.columns else look


def _shares(look: str, by: str, columns: tuple[str, ...], speech: Words) -> Look:
    """Return the map's ramp of shares, the highest first: a share at a break belongs above it."""
    area = STYLES[look]
    limits = (0.0, *SHARE_BREAKS, 1.0)
    classes = [
        Class(_say_range(low, high, speech), replace(area, fill=colour), low=low, high=high)
        for low, high, colour in zip(limits[:-1], limits[1:], SHARE_COLOURS, strict=True)
    ]
    nobody = Class(
        speech.text("exchange.legend.nobody"), replace(area, fill=NO_SHARE), low=_NOBODY, high=_NOBODY
    )
    return Look(area, "ranges", by, (*reversed(classes), nobody), columns=columns)


def _say_range(low: float, high: float, speech: Words) -> str:
    shown = {"low": speech.share(low, 0), "high": speech.share(high, 0)}
    if low == 0:
        return speech.text("exchange.legend.below", high=shown["high"])
    if high == 1:
        return speech.text("exchange.legend.from", low=shown["low"])
    return speech.text("exchange.legend.between", **shown)


def _zone_shares(_table: gpd.GeoDataFrame, speech: Words) -> Look:
    return _shares("zones", f'coalesce("share", {_NOBODY:g})', ("share",), speech)


def _cells(_table: gpd.GeoDataFrame, speech: Words) -> Look:
    share = f'coalesce("orderable" / nullif("units", 0), {_NOBODY:g})'
    return _shares("zones", share, ("orderable", "units"), speech)


def _routes(table: gpd.GeoDataFrame, speech: Words) -> Look:
    """Return one dash a phase; lines to single properties thinner, whatever their phase."""
    phases = sorted(set(table["phase"].dropna().astype("int"))) if "phase" in table else []
    style = STYLES["routes"]
    classes = [
        Class(
            speech.text("exchange.legend.road", phase=str(phase)),
            replace(style, dash=_DASHES[place % len(_DASHES)]),
            value=str(phase),
        )
        for place, phase in enumerate(phases)
    ]
    drop = Class(speech.text("exchange.legend.drop"), STYLES["drops"], value="drop")
    by = """CASE WHEN "kind" = 'drop' THEN 'drop' ELSE to_string("phase") END"""
    return Look(style, "categories", by, (*classes, drop), columns=("kind", "phase"))


def _public(_table: gpd.GeoDataFrame, speech: Words) -> Look:
    """Return a shape as well as a fill a connection, so that it is told in grey too."""
    style = STYLES["public_buildings"]
    drawn = {
        "fibre": style,
        "other": replace(style, symbol="triangle", fill=STYLES["alternatives"].stroke, stroke="#000000"),
        "none": replace(style, symbol="circle", fill=STYLES["white_spots"].fill, stroke="#000000"),
        "unknown": replace(style, symbol="circle", fill=NO_SHARE, stroke="#000000"),
    }
    return _categories("connection", drawn, style, speech)


def _gaps(_table: gpd.GeoDataFrame, speech: Words) -> Look:
    style = _STYLED["mobile_gaps"]
    drawn = {"other_operator": replace(style, dash=(6, 3)), "no_call": style}
    return _categories("emergency", drawn, style, speech)


def _siting(_table: gpd.GeoDataFrame, speech: Words) -> Look:
    style = STYLES["service_points"]
    drawn = {"existing": replace(style, fill=NO_SHARE), "new": style}
    by = """CASE WHEN "existing" THEN 'existing' ELSE 'new' END"""
    return replace(_categories(by, drawn, style, speech), columns=("existing",))


def _disagreements(_table: gpd.GeoDataFrame, speech: Words) -> Look:
    style = _STYLED["disagreements"]
    drawn = {
        "map_only": style,
        "measured_only": replace(style, symbol="triangle", fill=STYLES["rings"].stroke),
    }
    by = """CASE WHEN "declared" THEN 'map_only' ELSE 'measured_only' END"""
    return replace(_categories(by, drawn, style, speech), columns=("declared",))


def _rings(_table: gpd.GeoDataFrame, speech: Words) -> Look:
    style = STYLES["rings"]
    drawn = {"possible": style, "impossible": replace(style, stroke=STYLES["white_spots"].stroke)}
    by = """CASE WHEN "possible" THEN 'possible' ELSE 'impossible' END"""
    return replace(_categories(by, drawn, style, speech), columns=("possible",))


def _categories(by: str, drawn: Mapping[str, Style], rest: Style, speech: Words) -> Look:
    classes = [
        Class(speech.text(f"exchange.legend.{value}"), style, value=value) for value, style in drawn.items()
    ]
    return Look(rest, "categories", by, tuple(classes), columns=(by,))


_POINT = STYLES["white_spots"]
_STYLED: Mapping[str, Style] = STYLES | {
    ZONE_SHARES: STYLES["zones"],
    "zone_points": replace(_POINT, stroke=STYLES["zones"].stroke, fill=STYLES["zones"].fill),
    "cells": STYLES["zones"],
    "public": STYLES["public_buildings"],
    "mobile_gaps": Style("line", _POINT.fill, 4.0, casing="#ffffff"),
    "mobile_white_spots": replace(_POINT, symbol="triangle"),
    "disagreements": replace(_POINT, symbol="square"),
    "siting": STYLES["service_points"],
    "digital": replace(STYLES["premises"], size=5.0),
    "masts": replace(STYLES["service_points"], fill=STYLES["mobile_coverage"].fill),
    "exchanges": replace(
        STYLES["fibre_nodes"], fill=STYLES["fibre_nodes"].stroke, stroke=STYLES["fibre_nodes"].fill
    ),
    "ducts": replace(STYLES["fibre_lines"], dash=(6, 2)),
    "observations": replace(_POINT, symbol="square", fill="#f0e442", stroke="#000000"),
    "measurements": replace(_POINT, fill="#56b4e9", stroke="#000000"),
}
_CLASSED: Mapping[str, Callable[[gpd.GeoDataFrame, Words], Look]] = {
    ZONE_SHARES: _zone_shares,
    "cells": _cells,
    "routes": _routes,
    "public": _public,
    "mobile_gaps": _gaps,
    "siting": _siting,
    "disagreements": _disagreements,
    "rings": _rings,
}
_LABELLED: Mapping[str, str] = {
    ZONE_SHARES: "name",
    "zone_points": "name",
    "localities": "name",
    "projects": "name",
}
