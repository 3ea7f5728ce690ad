"""What the map page sets side by side: today, the plan, its alternatives, another run of the same area."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.config import Level
from infraplan.outputs.cells import plain_column, plain_rows
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.pack import pack_areas, pack_lines, pack_points, simplify_to
from infraplan.outputs.maps.reach import count_with
from infraplan.outputs.redact import redact
from infraplan.outputs.rounding import shown_share
from infraplan.tables import EFFECT

ALTERNATIVE_VERTICES = 40_000
"""How many vertices all alternatives together have in the page at most."""
BESIDE_VERTICES = 40_000

_LEVELS: tuple[Level, ...] = ("public", "restricted", "internal")
_REACH_M = 0.05
"""A drop ends in the place of its premises; shapes are written to the centimetre at worst."""
_MONEY = ("cost_low_sek", "cost_sek", "cost_high_sek")
_ALTERNATIVE = ("id", "aim", *_MONEY, "households", "workplaces", "trench_m")
_SIDE = ("aim", *_MONEY, "premises", "households", "workplaces", "trench_m")

Packed = dict[str, Any]


def pack_sides(edition: Edition) -> dict[str, Any]:
    """Return what the plan and each alternative cost and whom they reach, ready for JSON.

    ``sides`` is a row each; costs in it are without cabinets and larger cables, as in the table of
    alternatives. ``reached`` is a number a white spot, in the order of their ids in UTF-16: bit k is set
    where side k reaches it. Whom an alternative reaches is read from where its lines end, and only told
    where that makes as many premises as the table counts.
    """
    found = edition.shapes("alternatives")
    alternatives = found if found is not None else gpd.GeoDataFrame(geometry=[], crs=edition.crs)
    others = alternatives[alternatives.index != "plan"]
    spots = edition.shapes("white_spots")
    reached = [_served(edition), *_reached_by(edition, others)]
    return {
        "sides": _sides(edition, alternatives, others, reached),
        "reached": [] if spots is None else _masks(list(map(str, spots.index)), reached),
        "effect": _effect(edition),
        "layers": _filled({"alternatives": _pack_shapes(others, ALTERNATIVE_VERTICES, _ALTERNATIVE)}),
    }


def pack_beside(edition: Edition, *, level: Level | None = None) -> dict[str, Any]:
    """Return what another run shows when it is set beside a map's own, ready for JSON.

    ``level`` is that of the page, which may not hold more than it says: the other run is shown as the level
    may see it.
    """
    if level is not None and _LEVELS.index(edition.level) > _LEVELS.index(level):
        edition = redact(edition, level)
    spots = edition.shapes("white_spots")
    plan = edition.about["totals"].get("plan")
    return {
        "name": edition.study["name"],
        "year": str(edition.study["year"]),
        "started": edition.about["started"][:10],
        "level": edition.level,
        "plan": None if plan is None else _totals(plan),
        "targets": _targets(edition),
        "effect": _effect(edition),
        "layers": _filled(
            {
                "beside_lines": _pack_shapes(_built(edition), BESIDE_VERTICES),
                "beside_spots": _pack_spots(spots, _served(edition)),
            }
        ),
    }


def _sides(
    edition: Edition,
    alternatives: gpd.GeoDataFrame,
    others: gpd.GeoDataFrame,
    reached: Sequence[frozenset[str] | None],
) -> list[dict[str, Any]]:
    """Return a row a side, the plan first; ``told`` is whether it is known whom it reaches.

    ``shares`` are those of the targets with an alternative; with the plan they stand in its effect.
    """
    first = alternatives[alternatives.index == "plan"]
    rows = [{"id": "plan", **(_rows(first, _SIDE) or [{}])[0]}]
    rows += [{"id": str(key), **row} for key, row in zip(others.index, _rows(others, _SIDE), strict=True)]
    return [
        {
            **row,
            "told": ids is not None,
            "shares": [] if ids is None or row["id"] == "plan" else count_with(edition, ids),
        }
        for row, ids in zip(rows, reached, strict=True)
    ]


def _masks(spots: list[str], reached: Sequence[frozenset[str] | None]) -> list[int]:
    # Scripts sort text by its UTF-16 units.
    ordered = sorted(spots, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    known = [(side, ids) for side, ids in enumerate(reached) if ids is not None]
    return [sum(1 << side for side, ids in known if key in ids) for key in ordered]


def _served(edition: Edition) -> frozenset[str] | None:
    """Return the premises that the plan reaches, or None where the edition does not tell."""
    return frozenset(map(str, edition.table("served").index)) if "served" in edition.tables else None


def _reached_by(edition: Edition, alternatives: gpd.GeoDataFrame) -> list[frozenset[str] | None]:
    places = edition.shapes("premises")
    if places is None or "premises" not in alternatives:
        return [None] * len(alternatives)
    points = np.asarray(places.geometry.representative_point().array, dtype=object)
    ids = np.asarray(places.index.astype("str"), dtype=object)
    found = [ids[_touched(points, shape)] for shape in alternatives.geometry]
    return [
        frozenset(near) if len(near) == count else None
        for near, count in zip(found, alternatives["premises"], strict=True)
    ]


def _touched(points: NDArray[np.object_], lines: Any) -> NDArray[np.int64]:
    """Return the positions of the points in which a line ends."""
    parts = shapely.get_parts(lines)
    if not (shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING).all():
        return np.empty(0, np.int64)
    ends = np.concatenate([shapely.get_point(parts, 0), shapely.get_point(parts, -1)])
    near = shapely.STRtree(ends).query(points, predicate="dwithin", distance=_REACH_M)[0]
    return np.unique(near).astype(np.int64)


def _effect(edition: Edition) -> list[dict[str, Any]]:
    """Return the share of each target before and after the plan, rounded for good."""
    table = edition.table("effect")
    if not {"target", "unit", "share_before", "share_after", "target_share", "met"} <= set(table):
        return []
    return [
        {
            **row,
            "share_before": shown_share(row["share_before"], row["target_share"], _is_met(row)),
            "share_after": shown_share(row["share_after"], row["target_share"], row["met"]),
        }
        for row in _rows(table, EFFECT.names)
    ]


def _is_met(row: Mapping[str, Any]) -> bool:
    return row["share_before"] is not None and row["share_before"] >= row["target_share"]


def _targets(edition: Edition) -> list[dict[str, Any]]:
    """Return the rows of the whole study, each share rounded for good."""
    table = edition.table("targets")
    if not {"zone_kind", "share", "target_share", "met"} <= set(table):
        return []
    names = ("target", "unit", "decides", "base", "reached", "share", "target_share", "missing", "met")
    return [
        {**row, "share": shown_share(row["share"], row["target_share"], row["met"])}
        for row in _rows(table[table["zone_kind"] == "study"], names)
    ]


def _totals(plan: Mapping[str, Any]) -> dict[str, Any]:
    names = (*_MONEY, "metres", "served")
    return {name: plan[name] for name in names if name in plan}


def _built(edition: Edition) -> gpd.GeoDataFrame | None:
    """Return what the plan builds: its routes, or the bands in their place at a level that hides them."""
    routes = edition.shapes("routes")
    return routes if routes is not None else edition.shapes("corridors")


def _pack_shapes(table: gpd.GeoDataFrame | None, vertices: int, columns: Sequence[str] = ("id",)) -> Packed:
    """Pack lines or areas; stretches of a network, which nobody asks about one by one, become one."""
    if table is None or table.empty:
        return {"count": 0}
    if table.index.name == "edge_id":
        parts = shapely.get_parts(np.asarray(table.geometry.array, dtype=object))
        merged = shapely.line_merge(shapely.multilinestrings(parts))
        table = gpd.GeoDataFrame({"id": [""]}, geometry=[merged], crs=table.crs)
    else:
        table = table.assign(id=table.index.astype("str"))
    is_area = table.geom_type.isin(["Polygon", "MultiPolygon"]).all()
    thin = simplify_to(table, vertices)
    return {
        "count": len(thin),
        "shape": "area" if is_area else "line",
        "geometry": pack_areas(thin) if is_area else pack_lines(thin),
        "columns": {name: plain_column(thin[name]) for name in columns if name in thin},
    }


def _pack_spots(spots: gpd.GeoDataFrame | None, served: frozenset[str] | None) -> Packed:
    if spots is None:
        return {"count": 0}
    near = spots.iloc[spots.geometry.representative_point().hilbert_distance().argsort(kind="stable")]
    places = near.set_geometry(near.geometry.representative_point())
    reached = [int(str(key) in (served or ())) for key in near.index]
    return {
        "count": len(near),
        "shape": "point",
        "geometry": pack_points(places),
        "columns": {"reached": reached},
    }


def _filled(layers: Mapping[str, Packed]) -> dict[str, Packed]:
    return {name: layer for name, layer in layers.items() if layer["count"]}


def _rows(table: pd.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return rows as plain values, with those of the columns that the table has."""
    return plain_rows(pd.DataFrame(table), [name for name in names if name in table])
