"""What the map page knows, as plain data: figures, tables and packed layers, no word of any language."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan.layers.studyfile import layer_of
from infraplan.outputs.cells import plain_rows
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.beside import pack_beside, pack_sides
from infraplan.outputs.maps.drawn import build_layers
from infraplan.outputs.maps.figures import build_figures
from infraplan.outputs.maps.pages import build_pages
from infraplan.outputs.maps.premises import pack_premises
from infraplan.outputs.maps.projects import pack_projects
from infraplan.outputs.maps.tiles import Tiles
from infraplan.outputs.rounding import shown_share

_FIGURES = ("connected", "orderable", "passed_estimated", "planned")


def build_payload(
    edition: Edition, *, beside: Edition | None = None, tiles: Tiles | None = None
) -> dict[str, Any]:
    """Return all that the page shows, ready for JSON; ``beside`` is what it is compared with."""
    about, zones = edition.about, edition.zones
    layers, apart = build_layers(edition)
    number = {str(key): i for i, key in enumerate(zones.index)}
    projects = edition.shapes("projects")
    return {
        "study": {
            **{key: edition.study[key] for key in ("name", "language", "crs")},
            "year": str(edition.study["year"]),
        },
        "level": edition.level,
        "started": about["started"][:10],
        "sources": _sources(about["inputs"]),
        "undrawn": list(about.get("undrawn", [])),
        "tiles": None if tiles is None else {**asdict(tiles), "host": tiles.host},
        "zones": _zones(zones),
        "targets": _targets(edition.table("targets"), number),
        "projects": [] if projects is None else _projects(projects),
        "totals": {key: value for key, value in about["totals"].items() if key != "targets"},
        "book": _book(about.get("cost_book")),
        "pages": build_pages(edition, number),
        "premises": pack_premises(edition),
        "figures": build_figures(edition, number),
        "project_items": pack_projects(edition),
        "sides": pack_sides(edition),
        "beside": None if beside is None else pack_beside(beside, level=edition.level),
        "layers": layers,
        "apart": apart,
    }


def _book(book: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if book is None:
        return None
    guess = bool(book.get("guess")) or any(price["guess"] for price in book.get("methods", {}).values())
    return {"name": book.get("name"), "year": str(book.get("year")), "guess": guess}


def _sources(inputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = ("source", "licence", "date", "level", "modelled", "assumption")
    return [{"layer": layer_of(row["layer"]), **{name: row.get(name) for name in names}} for row in inputs]


def _zones(zones: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    boxes = zones.geometry.to_crs("EPSG:4326").bounds.round(5)
    rows = plain_rows(pd.DataFrame(zones), ["name", "kind", "population"])
    return [
        {"id": str(key), **row, "box": box}
        for key, row, box in zip(zones.index, rows, boxes.to_numpy().tolist(), strict=True)
    ]


def _projects(projects: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the projects' rows by phase, the cheapest a household first, each with its box on the map."""
    order = [name for name in ("phase", "cost_per_household_sek") if name in projects]
    table = projects.sort_values(order, kind="stable") if order else projects
    boxes = table.geometry.to_crs("EPSG:4326").bounds.round(5)
    told = ("name", "phase", "households", "workplaces", "cost_sek", "cost_per_household_sek")
    names = [name for name in told if name in projects]
    return [
        {"id": str(key), **row, "box": box}
        for key, row, box in zip(
            table.index, plain_rows(pd.DataFrame(table), names), boxes.to_numpy().tolist(), strict=True
        )
    ]


def _targets(targets: pd.DataFrame, number: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the targets' rows: the zone by its number in the page's list, the share rounded for good.

    What may not be shown has no base.
    """
    if "zone_id" not in targets:
        return []
    names = (
        "target",
        "unit",
        "decides",
        "counts",
        "down_mbps",
        "base",
        "connected",
        "orderable",
        "passed_estimated",
        "planned",
        "passed_m",
        "reached",
        "target_share",
        "missing",
        "met",
    )
    shares = [
        shown_share(*row)
        for row in zip(targets["share"], targets["target_share"], targets["met"], strict=True)
    ]
    rows = plain_rows(targets, [name for name in names if name in targets])
    return [
        {"zone": number[zone], "share": share, "shares": _shares_of(row), **row}
        for zone, share, row in zip(targets["zone_id"], shares, rows, strict=True)
        if zone in number
    ]


def _shares_of(row: Mapping[str, Any]) -> list[float | None]:
    """Return the shares connected, orderable, passed and planned, as they are shown."""
    base = row.get("base")
    counted = [row.get(name) for name in _FIGURES]
    return [shown_share(count / base) if base and count is not None else None for count in counted]
