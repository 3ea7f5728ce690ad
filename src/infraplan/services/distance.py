"""Road distance and time from premises to the nearest and the second nearest place of each service."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan import tables
from infraplan.config import Study
from infraplan.demand.grids import cell_shapes, number_cells
from infraplan.network.lines import Floats, Ints, Lines
from infraplan.routing import Search, find_at_nodes, find_at_places, search_nearest
from infraplan.services.roads import (
    MM_PER_M,
    MS_PER_S,
    CarRoads,
    Stops,
    find_stops,
    make_places,
    take_stops,
)

Reason = Literal["", "too_far_from_road", "island", "no_service"]
REASONS: tuple[Reason, ...] = ("", "too_far_from_road", "island", "no_service")
_NONE, _TOO_FAR, _ISLAND, _NO_SERVICE = range(len(REASONS))
_GRID: Literal["sweref_250m"] = "sweref_250m"
_S_PER_MIN = 60.0


class Ways(NamedTuple):
    """Ways from origins to the nearest and second nearest place of a service.

    Attributes
    ----------
    place
        Position of each among the places, −1 for none, shape (n, 2).
    metres, minutes
        Shape (n, 2), NaN for none.
    reason
        Position in REASONS, shape (n,).
    past
        Whether the way begins at another road than the nearest, shape (n,).
    """

    place: Ints
    metres: Floats
    minutes: Floats
    reason: NDArray[np.int8]
    past: NDArray[np.bool_]


@dataclass(frozen=True)
class Origins:
    """Where ways begin: at each premises, or in the middle of the square that it lies in.

    Attributes
    ----------
    points
        Shape (n,).
    of
        Position among them of each premises, shape (p,).
    """

    points: Lines
    of: Ints


def find_origins(premises: gpd.GeoDataFrame, study: Study) -> Origins:
    """Return where ways begin: as Pipos does, in squares of 250 m where ``[services] from_squares`` says so.

    Squares of SWEREF 99 TM in which premises lie; who lies outside of the grid begins at home.
    """
    points = premises.geometry.to_numpy()
    if not study.services.from_squares:
        return Origins(points, np.arange(len(points)))
    cell, ids = number_cells(premises.geometry, _GRID)
    middles = shapely.centroid(cell_shapes(ids.to_series(), _GRID, premises.crs).to_numpy())
    outside = np.flatnonzero(cell < 0)
    of = cell.copy()
    of[outside] = len(ids) + np.arange(len(outside))
    return Origins(np.concatenate([middles, points[outside]]), of)


def find_distances(
    premises: gpd.GeoDataFrame, places: gpd.GeoDataFrame, roads: CarRoads, study: Study
) -> tuple[pd.DataFrame, dict[str, Ways]]:
    """Return the distance from each premises to each service by road.

    A way goes straight to the nearest place on a road from which the service can be reached, along the roads
    that cars use, and straight on from where the service meets them; the straight ways are part of it. A
    service meets the roads at the nearest place, and at the nearest place of the longest part of the network
    within ``[services] attach_m``, so that no yard drawn apart cuts it off. Nothing meets them on a bridge
    or in a tunnel.

    ``nearest_id`` and ``second_id`` are by distance. ``nearest_min`` and ``second_min`` are the least times
    to any place of the service and to any other: a search of its own, which may end at other places. The
    second is what is nearest if the first closes: where its roads lead nowhere else, the way begins at the
    nearest road that does.

    Returns
    -------
    distances
        Contract DISTANCES: service after service in the study's order, in each the premises in theirs.
    ways
        The same as numbers, for each service of all premises, with positions in ``places``.
    """
    origins = find_origins(premises, study)
    stops = find_stops(origins.points, roads, study.services.attach_m)
    joined = join_places(places.geometry.to_numpy(), roads, study.services.attach_m)
    service = places["service"].to_numpy(object)
    count, ways = len(origins.points), {}
    for name in study.services.kinds:
        of_service = take_stops(joined, np.flatnonzero(service[joined.point] == name))
        ways[name] = _take(_find_ways(count, stops, of_service, roads), origins.of)
    return _make_table(premises, places, ways), ways


def join_places(points: Lines, roads: CarRoads, reach_m: float) -> Stops:
    """Return where service meets the roads: the nearest place, and the nearest of the longest part."""
    stops = find_stops(points, roads, reach_m)
    longest = np.lexsort((-roads.part_mm[stops.part], stops.point))
    rows = np.unique(np.r_[_first_rows(stops.point), longest[_first_rows(stops.point[longest])]])
    return take_stops(stops, rows)


def _find_ways(count: int, stops: Stops, joined: Stops, roads: CarRoads) -> Ways:
    """Return the ways from the stops of ``count`` origins to those of the places of one service."""
    if not len(joined.point):
        return _no_ways(count, _NO_SERVICE)
    by_distance, by_time = (
        search_nearest(streets, make_places(joined, roads, minutes=minutes), joined.point)
        for streets, minutes in ((roads.metres, False), (roads.minutes, True))
    )
    reach, only = _reach_of_parts(by_distance, roads)
    first = _choose(stops, reach[stops.part] > 0)
    lone = reach[stops.part[first]] == 1
    second = first.copy()
    second[lone] = _choose_others(stops, first[lone], reach, only)
    whole = _no_ways(count, _TOO_FAR)
    whole.reason[stops.point] = _ISLAND
    whole.reason[stops.point[first]] = _NONE
    whole.past[stops.point[first]] = ~np.isin(first, _first_rows(stops.point))
    who = stops.point[first]
    whole.place[who], mm = _read(by_distance, stops, first, second, roads)
    _, ms = _read(by_time, stops, first, second, roads)
    whole.metres[who] = mm / MM_PER_M
    whole.minutes[who] = ms / MS_PER_S / _S_PER_MIN
    return whole


def _reach_of_parts(search: Search, roads: CarRoads) -> tuple[Ints, Ints]:
    """Return how many places each part of the network reaches, 2 for more, and the first; shapes (parts,).

    Everywhere within a part can be driven to: all its nodes reach the same.
    """
    _, node = np.unique(roads.part, return_index=True)
    found = find_at_nodes(search).sources[node]
    # Only of a part that reaches one place is it asked which.
    return (found >= 0).sum(axis=1), found[:, 0]


def _choose(stops: Stops, will_do: NDArray[np.bool_]) -> Ints:
    """Return the nearest stop that will do of each point that has one."""
    rows = np.flatnonzero(will_do)
    return rows[_first_rows(stops.point[rows])]


def _choose_others(stops: Stops, first: Ints, reach: Ints, only: Ints) -> Ints:
    """Return the nearest stops that reach another place than the only one of the first stops, −1 for none."""
    barred = np.full(int(stops.point.max(initial=-1)) + 1, -1)
    barred[stops.point[first]] = only[stops.part[first]]
    mine = barred[stops.point]
    part = stops.part
    rows = _choose(stops, (mine >= 0) & ((reach[part] > 1) | ((reach[part] == 1) & (only[part] != mine))))
    other = np.full(len(barred), -1)
    other[stops.point[rows]] = rows
    return other[stops.point[first]]


def _read(search: Search, stops: Stops, first: Ints, second: Ints, roads: CarRoads) -> tuple[Ints, Floats]:
    """Return nearest and second nearest place and cost from some stops; −1 and NaN for none."""
    minutes = search.streets is roads.minutes
    source, cost = find_at_places(search, make_places(take_stops(stops, first), roads, minutes=minutes))
    moved = np.flatnonzero((second >= 0) & (second != first))
    others = take_stops(stops, second[moved])
    other, further = find_at_places(search, make_places(others, roads, minutes=minutes))
    # Beside the only place of the first stop, whose way may also begin here.
    column = (other[:, 0] == source[moved, 0]).astype(np.int64)
    source[moved, 1] = other[np.arange(len(moved)), column]
    cost[moved, 1] = further[np.arange(len(moved)), column]
    return source, np.where(source >= 0, cost, np.nan)


def _first_rows(sorted_keys: Ints) -> Ints:
    """Return the first row of each key."""
    return np.flatnonzero(np.r_[True, np.diff(sorted_keys) != 0][: len(sorted_keys)])


def _no_ways(count: int, reason: int) -> Ways:
    return Ways(
        np.full((count, 2), -1, np.int64),
        np.full((count, 2), np.nan),
        np.full((count, 2), np.nan),
        np.full(count, reason, np.int8),
        np.zeros(count, np.bool_),
    )


def _take(ways: Ways, of: Ints) -> Ways:
    place, metres, minutes, reason, past = ways
    return Ways(place[of], metres[of], minutes[of], reason[of], past[of])


def _make_table(premises: gpd.GeoDataFrame, places: gpd.GeoDataFrame, ways: dict[str, Ways]) -> pd.DataFrame:
    """Put services under each other; texts are categories, for there are millions of rows."""
    if not ways or not len(premises):
        nothing: pd.DataFrame = tables.empty(tables.DISTANCES)
        return nothing
    count = len(premises)
    place, metres, minutes = (
        np.concatenate([getattr(found, name) for found in ways.values()])
        for name in ("place", "metres", "minutes")
    )
    reason = np.concatenate([found.reason for found in ways.values()]).astype(np.int64)
    ids = ["", *places.index]
    table = pd.DataFrame(
        {
            "premises_id": _name(np.tile(np.arange(count), len(ways)), premises.index),
            "service": _name(np.repeat(np.arange(len(ways)), count), ways),
            "nearest_id": _name(place[:, 0] + 1, ids),
            "nearest_m": metres[:, 0],
            "nearest_min": minutes[:, 0],
            "second_id": _name(place[:, 1] + 1, ids),
            "second_m": metres[:, 1],
            "second_min": minutes[:, 1],
            "reason": _name(reason, REASONS),
        }
    )
    return table.rename_axis("row")


def _name(codes: Ints, names: Iterable[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(list(names), dtype="str"))
