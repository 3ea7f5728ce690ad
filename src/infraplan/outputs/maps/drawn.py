"""What the page draws, packed: one entry a layer, without any word of a language."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from infraplan.outputs.cells import plain_column
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.areas import make_coverage
from infraplan.outputs.maps.pack import pack_areas, pack_lines, pack_points, simplify_to
from infraplan.outputs.rounding import shown_share

VERTICES = {
    "zones": 25_000,
    "localities": 15_000,
    "parts": 40_000,
    "cells": 60_000,
    "water": 40_000,
    "streams": 30_000,
    "railways": 10_000,
    "roads": 60_000,
    "mobile_coverage": 30_000,
    "care": 20_000,
    "planned_works": 10_000,
    "corridors": 30_000,
    "white_spot_areas": 40_000,
    "fibre_lines": 40_000,
    "ducts": 30_000,
    "routes": 60_000,
    "drops": 40_000,
    "mobile_gaps": 20_000,
    "rings": 10_000,
}
"""How many vertices of a layer the page carries at most: together about 1.5 MB."""

_CORNERS = 10
"""Of an area on average, however many there are: with fewer, ten thousand would be triangles."""

PARTS = ("deso", "district", "area")
"""Kinds of zones, beside municipalities, that tile a plane or nearly so."""

_AREAS = ("Polygon", "MultiPolygon")
_LINES = ("LineString", "MultiLineString")
_COSTS = ["cost_low_sek", "cost_sek", "cost_high_sek"]
_NAMED = ("municipality", "locality", "place")
_ROAD_CLASSES = (*"0123456789", "unknown")
_CARE = ("no_go", "protected_nature", "heritage", "reindeer")
_COUNTS = ["households", "workplaces"]
_POINTS = {
    "white_spots": ["id", *_COUNTS, "best_down_mbps", "rule", "eligible", "settlement_class"],
    "mobile_white_spots": ["id", *_COUNTS, "best_mbps", "emergency"],
    "service_points": ["id", "kind", "name", "wifi", "operator"],
    "public": ["id", "kind", "name", "operator", "connection", "down_mbps", "wifi"],
    "siting": ["id", "name", "problem", "rank", "existing", "households", "median_km"],
    "cabinets": ["id", "kind", "project_id", "phase", "premises"],
    "masts": ["name", "operator"],
    "digital": ["id", "households", "service", "nearest_km", "can"],
    "disagreements": ["id", "date", "operator", "technology", "level", "declared", "measured"],
}
"""Layers of points, and what a click on each tells."""

Packed = dict[str, Any]


def build_layers(edition: Edition) -> tuple[dict[str, Packed], list[str]]:
    """Return the packed layers that have anything, and the names of those whose borders do not fit together.

    Areas that tile a plane keep their shared borders shared; where they overlap too much for that, each is
    simplified for itself.
    """
    zones, apart = _zones(edition)
    found = {
        **zones,
        "places": _places(edition.zones),
        **_backdrop(edition),
        **_findings(edition),
        **_plan(edition),
        **{name: _points(_shapes(edition, name), columns) for name, columns in _POINTS.items()},
    }
    return {name: layer for name, layer in found.items() if layer["count"]}, apart


def _shapes(edition: Edition, name: str) -> gpd.GeoDataFrame | None:
    found = edition.shapes(name)
    # A study without figures still has its list of buildings, though not what they are connected by.
    return edition.shapes("public_buildings") if found is None and name == "public" else found


def _zones(edition: Edition) -> tuple[dict[str, Packed], list[str]]:
    zones = edition.zones
    numbered = zones.assign(zone=range(len(zones)))[zones.geom_type.isin(_AREAS)]
    kinds = {"land": "municipality", **{f"zones_{kind}": kind for kind in PARTS}}
    found, apart = {}, []
    for name, kind in kinds.items():
        table = gpd.GeoDataFrame(numbered[numbered["kind"] == kind])
        tiled = make_coverage(table)
        if tiled is None:
            apart.append(name)
        budget = "zones" if name == "land" else "parts"
        found[name] = _areas(budget, table if tiled is None else tiled, ["zone"], shared=tiled is not None)
    found["study"] = _areas("zones", numbered[numbered["kind"] == "study"], ["zone"])
    found["localities"] = _areas("localities", numbered[numbered["kind"] == "locality"], ["zone"])
    return found, apart


def _backdrop(edition: Edition) -> dict[str, Packed]:
    water, works = edition.shapes("water"), edition.shapes("planned_works")
    told = ["name", "kind", "start", "end", "contact"]
    return {
        "water": _areas("water", _only(water, _AREAS), ["name"]),
        "streams": _grouped("streams", _only(water, _LINES), ["kind"]),
        "railways": _grouped("railways", _only(edition.shapes("railways"), _LINES), ["kind"]),
        "roads": _roads(edition.shapes("roads")),
        **{name: _areas("care", _only(edition.shapes(name), _AREAS), ["kind", "name"]) for name in _CARE},
        "planned_works": _lines("planned_works", _only(works, _LINES), told),
        "planned_works_areas": _areas("planned_works", _only(works, _AREAS), told),
        "fibre_lines": _grouped("fibre_lines", edition.shapes("fibre_lines"), ["operator", "kind"]),
        "ducts": _grouped("ducts", edition.shapes("ducts"), ["owner", "own"]),
    }


def _findings(edition: Edition) -> dict[str, Packed]:
    cells = edition.shapes("cells")
    coverage = ["operator", "technology", "use", "down_mbps"]
    spots = ["id", "name", "municipality", "premises", *_COUNTS]
    gaps = [
        "id",
        "kind",
        "road_number",
        "name",
        "operator",
        "length_m",
        "from_place",
        "to_place",
        "emergency",
    ]
    return {
        "cells": {"count": 0} if cells is None else _cells(cells),
        "mobile_coverage": _areas(
            "mobile_coverage", _only(edition.shapes("mobile_coverage"), _AREAS), coverage
        ),
        "mobile_gaps": _lines("mobile_gaps", _only(edition.shapes("mobile_gaps"), _LINES), gaps),
        "white_spot_areas": _areas("white_spot_areas", edition.shapes("white_spot_areas"), spots),
    }


def _cells(cells: gpd.GeoDataFrame) -> Packed:
    """Pack the squares of the coarsest grid: those of several would lie upon each other."""
    size = cells.geometry.area.groupby(cells["grid"]).median() if "grid" in cells else pd.Series([0.0])
    table = cells[cells["grid"] == size.idxmax()] if "grid" in cells else cells
    told = table.rename(columns={"passed": "passed_estimated", "units": "base"})
    base, reached = (
        told.get(name, pd.Series(float("nan"), index=told.index)) for name in ("base", "orderable")
    )
    told["share"] = [shown_share(share) for share in reached / base.where(base > 0)]
    columns = ["code", "down_mbps", "base", "connected", "orderable", "passed_estimated", "planned", "share"]
    return _areas("cells", told, columns)


def _plan(edition: Edition) -> dict[str, Packed]:
    trunks, drops = (_of_kind(edition.shapes("routes"), drop=flag) for flag in (False, True))
    rings = _only(edition.shapes("rings"), _LINES)
    sums = ["length_m", *_COSTS]
    return {
        "routes": _grouped("routes", trunks, ["project_id", "phase", "existing", "method"], add=sums),
        "drops": _grouped("drops", drops, ["project_id", "phase"], add=sums),
        "corridors": _areas("corridors", _only(edition.shapes("corridors"), _AREAS), ["project_id", "phase"]),
        "rings": _lines("rings", rings, ["id", "kind", "name", "trench_m", "cost_sek"]),
    }


def _only(table: gpd.GeoDataFrame | None, kinds: Sequence[str]) -> gpd.GeoDataFrame | None:
    return None if table is None else gpd.GeoDataFrame(table[table.geom_type.isin(kinds)])


def _of_kind(routes: gpd.GeoDataFrame | None, *, drop: bool) -> gpd.GeoDataFrame | None:
    if routes is None or "kind" not in routes:
        return None if drop else routes
    return gpd.GeoDataFrame(routes[(routes["kind"] == "drop") == drop])


def _points(table: gpd.GeoDataFrame | None, columns: list[str]) -> Packed:
    if table is None or table.empty:
        return {"count": 0}
    table = _with_id(table)
    # Along a curve that fills the plane, steps are small and pack well.
    near = table.iloc[table.geometry.representative_point().hilbert_distance().argsort(kind="stable")]
    places = near.set_geometry(near.geometry.representative_point())
    return {
        "count": len(near),
        "shape": "point",
        "geometry": pack_points(places),
        "columns": _columns(near, columns),
    }


def _areas(name: str, table: gpd.GeoDataFrame | None, columns: list[str], *, shared: bool = False) -> Packed:
    if table is None or table.empty:
        return {"count": 0}
    thin = simplify_to(_with_id(table), max(VERTICES[name], _CORNERS * len(table)), coverage=shared)
    return {
        "count": len(thin),
        "shape": "area",
        "geometry": pack_areas(thin),
        "columns": _columns(thin, columns),
    }


def _grouped(
    name: str, table: gpd.GeoDataFrame | None, by: list[str], add: list[str] | None = None
) -> Packed:
    """Pack lines, those that agree on ``by`` as one: tens of thousands of clickable lines would crawl."""
    if table is None or table.empty:
        return {"count": 0}
    by, add = ([column for column in names or [] if column in table] for names in (by, add))
    if not by:
        table, by = table.assign(all=""), ["all"]
    groups = table.groupby(by, sort=True, dropna=False)
    sums = groups[add].sum() if add else groups[[by[0]]].first()[[]]
    shapes = [
        shapely.line_merge(shapely.multilinestrings(shapely.get_parts(g.geometry.array))) for _, g in groups
    ]
    merged = gpd.GeoDataFrame(sums.reset_index(), geometry=shapes, crs=table.crs)
    return _lines(name, merged, [*by, *add]) | {"count": len(table)}


def _lines(name: str, table: gpd.GeoDataFrame | None, columns: list[str]) -> Packed:
    if table is None or table.empty:
        return {"count": 0}
    thin = simplify_to(table if "id" in table else _with_id(table), VERTICES[name])
    return {
        "count": len(thin),
        "shape": "line",
        "geometry": pack_lines(thin),
        "columns": _columns(thin, columns),
    }


def _roads(roads: gpd.GeoDataFrame | None) -> Packed:
    """Pack the backdrop's roads, the main classes first, as many classes as the page can carry."""
    if roads is None:
        return {"count": 0}
    motor = roads[(roads["net"] == "motor") & roads.geom_type.isin(_LINES)]
    size = pd.Series(shapely.get_num_coordinates(motor.geometry.array), index=motor.index)
    running = size.groupby(motor["road_class"]).sum().reindex(list(_ROAD_CLASSES), fill_value=0).cumsum()
    # Lines shrink to about a third when simplified; the most important class is always there.
    carried = running[running.le(3 * VERTICES["roads"]) | running.eq(running[running > 0].min())].index
    return _grouped("roads", motor[motor["road_class"].isin(carried)], ["road_class"])


def _places(zones: gpd.GeoDataFrame) -> Packed:
    """Pack what bears a name by importance: municipalities, localities by population, other places."""
    named = zones[zones["kind"].isin(_NAMED) & (zones["name"] != "")]
    rank = named.assign(first=named["kind"].map(_NAMED.index)).sort_values(
        ["first", "population"], ascending=[True, False], kind="stable"
    )
    if rank.empty:
        return {"count": 0}
    number = pd.Series(range(len(zones)), index=zones.index)
    places = rank.set_geometry(rank.geometry.representative_point())
    return {
        "count": len(rank),
        "shape": "point",
        "geometry": pack_points(places),
        "columns": {"zone": plain_column(number[rank.index])},
    }


def _with_id(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return table.assign(id=table.index.astype("str"))


def _columns(table: pd.DataFrame, names: list[str]) -> dict[str, list[Any]]:
    return {name: plain_column(table[name]) for name in names if name in table}
