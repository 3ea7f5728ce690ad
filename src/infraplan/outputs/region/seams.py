"""Where studies side by side do not fit together: found from their shapes, for people to settle."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan import words
from infraplan.outputs.edition import Edition
from infraplan.tables import SEAMS, check, empty
from infraplan.words import Words

NEAR_M = 500.0
"""A trench that ends so near to the neighbour's area could have gone on into it."""
FAR_M = 2_000.0
"""How far beyond the end the neighbour's white spots are counted."""
SAME_M = 1.0
"""Premises of two studies no further apart than this are one: a register's rounding, not a judgement."""
BESIDE_M = 15.0
"""Trenches no further apart run along the same road."""
LEAST_M = 100.0
"""Shorter stretches side by side are a crossing, not a trench in common."""

Rows = Iterator[dict[str, Any]]


def find_seams(parts: Mapping[str, Edition], *, language: words.Language) -> gpd.GeoDataFrame:
    """Return the seams between studies (contract SEAMS), whose shapes are all in one CRS.

    Found are trenches that end near the neighbour's area without meeting its network, trenches of two
    studies along the same road, premises and municipalities that are in two studies, and studies of different
    years.
    """
    speech = words.load(language)
    crs = next(iter(parts.values())).crs
    rows = [
        row
        for one, other in permutations(parts, 2)
        for row in _between(parts[one], parts[other], first=list(parts).index(one) < list(parts).index(other))
    ]
    if not rows:
        return empty(SEAMS, crs)
    table = gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)
    told = table.assign(said=[_say(row, speech) for row in rows])
    keys = pd.Index([f"E{i:04d}" for i in range(1, len(told) + 1)], name=SEAMS.key)
    found = told[[*SEAMS.names, "geometry"]].set_axis(keys)
    check(found, SEAMS, crs=crs)
    return found


def _say(row: Mapping[str, Any], speech: Words) -> str:
    values = {name: row[name] for name in ("study", "other", "feature_id", "other_id", "premises")}
    metres = row["metres"]
    return speech.text(f"region.seam.{row['kind']}", metres=max(metres, 0.0), **values)


def _between(one: Edition, other: Edition, *, first: bool) -> Rows:
    """Return the seams of a study towards another; those that are the same from both sides only once."""
    yield from _stops(one, other)
    if first:
        yield from _same_municipality(one, other)
        yield from _other_year(one, other)
        yield from _same_premises(one, other)
        yield from _same_trench(one, other)


def _row(kind: str, one: Edition, other: Edition, shape: Any, **more: Any) -> dict[str, Any]:
    known = {"feature_id": "", "other_id": "", "metres": float("nan"), "premises": 0} | more
    return {
        "kind": kind,
        "study": one.study["name"],
        "other": other.study["name"],
        **known,
        "geometry": shape,
    }


def _stops(one: Edition, other: Edition) -> Rows:
    """Return the ends of a study's trenches that could go on into the neighbour's area, and meet nothing.

    An end that serves a house is one only where the neighbour has a network or white spots not far beyond;
    one that serves nobody always is.
    """
    ends, area = _ends(one), _area(other)
    if not len(ends) or area is None:
        return
    near = ends[shapely.distance(ends.geometry.array, area) <= NEAR_M]
    met = _network(other)
    spots = other.shapes("white_spots")
    for key, point, serves in zip(near.index, near.geometry, near["serves"], strict=True):
        apart = float(shapely.distance(point, met)) if met is not None else float("nan")
        close = 0 if spots is None else int((shapely.distance(spots.geometry.array, point) <= FAR_M).sum())
        goes_on = close > 0 or apart <= FAR_M or not serves
        if goes_on and not apart <= BESIDE_M:
            yield _row("route_stops", one, other, point, feature_id=str(key), metres=apart, premises=close)


def _ends(edition: Edition) -> gpd.GeoDataFrame:
    """Return where a study's trenches end, by the edge that ends there, and whether a drop begins there.

    Where a trench meets what is there already it begins.
    """
    routes = edition.shapes("routes")
    if routes is None:
        return gpd.GeoDataFrame({"serves": []}, geometry=[], crs=edition.crs)
    is_drop = (routes["kind"] == "drop").to_numpy()
    lines = routes[~is_drop].geometry.explode()
    points = np.concatenate([shapely.get_point(lines.array, place) for place in (0, -1)])
    _, inverse, count = np.unique(
        np.round(shapely.get_coordinates(points), 2), axis=0, return_inverse=True, return_counts=True
    )
    alone = count[inverse.ravel()] == 1
    ends = gpd.GeoDataFrame(index=np.tile(lines.index, 2)[alone], geometry=points[alone], crs=edition.crs)
    ends["serves"] = _near(ends, [routes.geometry.array[is_drop]], SAME_M)
    there = [
        table.geometry.array
        for name in ("fibre_lines", "fibre_nodes")
        if (table := edition.shapes(name)) is not None
    ]
    return gpd.GeoDataFrame(ends[~_near(ends, there, BESIDE_M)])


def _near(points: gpd.GeoDataFrame, shapes: Sequence[Any], metres: float) -> NDArray[np.bool_]:
    """Return which points lie within some metres of any shape."""
    near = np.zeros(len(points), dtype=bool)
    for part in shapes:
        found, _ = shapely.STRtree(part).query(points.geometry.array, predicate="dwithin", distance=metres)
        near[found] = True
    return near


def _network(edition: Edition) -> Any | None:
    """Return all lines of a study, there and planned, as one shape; None where it has none."""
    tables = [table for name in ("routes", "fibre_lines") if (table := edition.shapes(name)) is not None]
    return shapely.union_all(np.concatenate([table.geometry.array for table in tables])) if tables else None


def _same_municipality(one: Edition, other: Edition) -> Rows:
    mine, yours = (_municipalities(edition) for edition in (one, other))
    for key in mine.index.intersection(yours.index):
        yield _row(
            "same_municipality",
            one,
            other,
            mine.geometry[key].representative_point(),
            feature_id=str(mine["name"][key]),
            other_id=str(yours["name"][key]),
        )


def _other_year(one: Edition, other: Edition) -> Rows:
    mine, yours = (str(edition.study["year"]) for edition in (one, other))
    if mine != yours:
        yield _row("other_year", one, other, None, feature_id=mine, other_id=yours)


def _same_premises(one: Edition, other: Edition) -> Rows:
    """Return premises that both studies have: by their id, or at the same place."""
    mine, yours = one.shapes("premises"), other.shapes("premises")
    if mine is None or yours is None:
        return
    found = dict.fromkeys((str(key), str(key)) for key in mine.index.intersection(yours.index))
    tree = shapely.STRtree(yours.geometry.array)
    left, right = tree.query(mine.geometry.array, predicate="dwithin", distance=SAME_M)
    found |= dict.fromkeys(zip(map(str, mine.index[left]), map(str, yours.index[right]), strict=True))
    for key, twin in found:
        place = mine.geometry[key]
        apart = float(place.distance(yours.geometry[twin]))
        yield _row(
            "same_premises", one, other, place, feature_id=key, other_id=twin, metres=apart, premises=1
        )


def _same_trench(one: Edition, other: Edition) -> Rows:
    """Return stretches along which both studies dig."""
    mine, yours = one.shapes("routes"), other.shapes("routes")
    if mine is None or yours is None:
        return
    mine, yours = (table[table["kind"] != "drop"] if "kind" in table else table for table in (mine, yours))
    left, right = shapely.STRtree(yours.geometry.array).query(
        mine.geometry.array, predicate="dwithin", distance=BESIDE_M
    )
    if not len(left):
        return
    near: NDArray[np.object_] = yours.geometry.array[np.unique(right)].buffer(BESIDE_M)
    both = shapely.intersection(
        shapely.union_all(mine.geometry.array[np.unique(left)]), shapely.union_all(near)
    )
    for stretch in shapely.get_parts(shapely.line_merge(_lines_of(both))):
        if stretch.length >= LEAST_M:
            yield _row("same_trench", one, other, stretch, metres=float(stretch.length))


def _lines_of(shape: Any) -> Any:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "LineString"]
    return shapely.multilinestrings(parts) if parts else shapely.MultiLineString()


def _area(edition: Edition) -> Any | None:
    zones = edition.shapes("zones")
    found = None if zones is None else zones[zones["kind"] == "study"]
    return None if found is None or not len(found) else shapely.union_all(found.geometry.array)


def _municipalities(edition: Edition) -> gpd.GeoDataFrame:
    zones = edition.zones
    return zones[zones["kind"] == "municipality"]
