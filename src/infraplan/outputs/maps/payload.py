"""What the map page knows, as plain data: figures, tables and packed layers, no word of any language."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from infraplan.layers.studyfile import layer_of
from infraplan.outputs.cells import plain, plain_column, plain_rows
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.pack import pack_areas, pack_lines, pack_points, simplify_to
from infraplan.outputs.maps.tiles import Tiles
from infraplan.outputs.rounding import shown_share

VERTICES = {
    "zones": 25_000,
    "localities": 15_000,
    "roads": 60_000,
    "mobile_coverage": 30_000,
    "white_spot_areas": 40_000,
    "fibre_lines": 40_000,
    "routes": 60_000,
    "drops": 40_000,
}
"""How many vertices of a layer the page carries at most: together about 1.5 MB."""

_AREAS = ("Polygon", "MultiPolygon")
_LINES = ("LineString", "MultiLineString")
_COSTS = ["cost_low_sek", "cost_sek", "cost_high_sek"]
_NAMED = ("municipality", "locality", "place")
_ROAD_CLASSES = (*"0123456789", "unknown")

Packed = dict[str, Any]


def build_payload(
    edition: Edition, *, beside: Edition | None = None, tiles: Tiles | None = None
) -> dict[str, Any]:
    """Return all that the page shows, ready for JSON."""
    about, zones = edition.about, edition.zones
    projects = edition.shapes("projects")
    return {
        "study": {
            **{key: edition.study[key] for key in ("name", "language", "crs")},
            "year": str(edition.study["year"]),
        },
        "level": edition.level,
        "started": about["started"][:10],
        "sources": _sources(about["inputs"]),
        "undrawn": about["undrawn"],
        "tiles": None if tiles is None else {**asdict(tiles), "host": tiles.host},
        "zones": _zones(zones),
        "targets": _targets(edition.table("targets"), zones),
        "projects": [] if projects is None else _projects(projects),
        "totals": {key: value for key, value in about["totals"].items() if key != "targets"},
        "book": _book(about.get("cost_book")),
        "layers": {name: layer for name, layer in _layers(edition).items() if layer["count"]},
    }


def _book(book: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if book is None:
        return None
    guess = any(price["guess"] for price in book["methods"].values())
    return {"name": book["name"], "year": str(book["year"]), "guess": guess}


def _sources(inputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = ("source", "licence", "date", "level", "modelled", "assumption")
    return [{"layer": layer_of(row["layer"]), **{name: row[name] for name in names}} for row in inputs]


def _zones(zones: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    boxes = zones.geometry.to_crs("EPSG:4326").bounds.round(5)
    rows = plain_rows(pd.DataFrame(zones), ["name", "kind", "population"])
    return [
        {"id": str(key), **row, "box": box}
        for key, row, box in zip(zones.index, rows, boxes.to_numpy().tolist(), strict=True)
    ]


def _projects(projects: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the projects' rows by phase, the cheapest a household first, each with its box on the map."""
    table = projects.sort_values(["phase", "cost_per_household_sek"], kind="stable")
    boxes = table.geometry.to_crs("EPSG:4326").bounds.round(5)
    names = ("name", "phase", "households", "workplaces", "cost_sek", "cost_per_household_sek")
    return [
        {"id": str(key), **row, "box": box}
        for key, row, box in zip(
            table.index, plain_rows(pd.DataFrame(table), names), boxes.to_numpy().tolist(), strict=True
        )
    ]


def _targets(targets: pd.DataFrame, zones: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the targets' rows: the zone by its number in the page's list, the share rounded for good."""
    number = {key: i for i, key in enumerate(zones.index)}
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
    return [
        {"zone": number[zone], "share": share, **row}
        for zone, share, row in zip(targets["zone_id"], shares, plain_rows(targets, names), strict=True)
        if zone in number
    ]


def _layers(edition: Edition) -> Mapping[str, Packed]:
    zones = edition.zones
    number = pd.Series(range(len(zones)), index=zones.index, name="zone")
    is_area = zones.geom_type.isin(_AREAS)
    trunks, drops = (_of_kind(edition.shapes("routes"), drop=flag) for flag in (False, True))
    return {
        "land": _areas(
            "zones", zones[is_area & (zones["kind"] == "municipality")].join(number), ["zone"], shared=True
        ),
        "study": _areas("zones", zones[is_area & (zones["kind"] == "study")].join(number), ["zone"]),
        "localities": _areas(
            "localities", zones[is_area & (zones["kind"] == "locality")].join(number), ["zone"]
        ),
        "places": _places(zones),
        "roads": _roads(edition.shapes("roads")),
        "mobile_coverage": _mobile(edition.shapes("mobile_coverage")),
        "white_spot_areas": _areas(
            "white_spot_areas",
            edition.shapes("white_spot_areas"),
            ["id", "name", "municipality", "premises", "households", "workplaces"],
        ),
        "fibre_lines": _grouped("fibre_lines", edition.shapes("fibre_lines"), ["operator", "kind"]),
        "routes": _grouped(
            "routes", trunks, ["project_id", "phase", "existing", "method"], add=["length_m", *_COSTS]
        ),
        "drops": _grouped("drops", drops, ["project_id", "phase"], add=["length_m", *_COSTS]),
        "white_spots": _points(
            edition.shapes("white_spots"),
            ["id", "households", "workplaces", "best_down_mbps", "rule", "eligible", "settlement_class"],
        ),
        "service_points": _points(edition.shapes("service_points"), ["kind", "name", "wifi"]),
        "public_buildings": _points(edition.shapes("public_buildings"), ["kind", "name", "wifi"]),
    }


def _of_kind(routes: gpd.GeoDataFrame | None, *, drop: bool) -> gpd.GeoDataFrame | None:
    return None if routes is None else routes[(routes["kind"] == "drop") == drop]


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
    thin = simplify_to(_with_id(table), VERTICES[name], coverage=shared)
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
    groups = table.groupby(by, sort=True)
    sums = groups[add].sum() if add else groups[[by[0]]].first()[[]]
    shapes = [
        shapely.line_merge(shapely.multilinestrings(shapely.get_parts(g.geometry.array))) for _, g in groups
    ]
    merged = gpd.GeoDataFrame(sums.reset_index(), geometry=shapes, crs=table.crs)
    return _lines(name, merged, [*by, *(add or [])]) | {"count": len(table)}


def _lines(name: str, table: gpd.GeoDataFrame, columns: list[str]) -> Packed:
    thin = simplify_to(table, VERTICES[name])
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


def _mobile(table: gpd.GeoDataFrame | None) -> Packed:
    areas = None if table is None else table[table.geom_type.isin(_AREAS)]
    return _areas("mobile_coverage", areas, ["operator", "technology", "use", "down_mbps"])


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
    return {name: [plain(cell) for cell in table[name]] for name in names}
