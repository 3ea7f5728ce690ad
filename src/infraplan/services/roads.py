"""The roads that cars use, as numbers to search, and the places on them from which points are reached."""

from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.config import Study
from infraplan.coverconfig import RoadClass, Services
from infraplan.errors import PlanError
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.network import RouteGraph, build_graph
from infraplan.network.lines import Floats, Ints, Lines
from infraplan.network.snap import find_ground
from infraplan.routing import Places, Streets, find_parts, make_streets

Bools = NDArray[np.bool_]

MM_PER_M = 1_000.0
MS_PER_S = 1_000.0
_S_PER_H, _M_PER_KM = 3_600.0, 1_000.0
_SLOWEST: RoadClass = "9"
"""The way between a point and its road is driven as the least of roads are."""
_TOUCH_M = 1e-9
"""A reach of nothing still finds what is in the very same place."""
_MIDDLE = (0.49, 0.51)
"""Two places of an edge that tell which way it runs along its road: its ends may be crossings of the road."""


@dataclass(frozen=True)
class CarRoads:
    """The roads that cars use.

    Attributes
    ----------
    graph
        Noded as for trenches: a bridge does not join what it crosses, lengths are geodesic.
    metres, minutes
        The same streets with costs in whole millimetres, and in whole milliseconds.
    part, part_mm
        Part of each node within which one can drive everywhere and back, shape (n,); and how long the roads
        of each part are together.
    stops
        Edges on the ground inside of a part, on which a way can begin and end, shape (s,).
    beside_kmh
        Speed on the way between a point and its road.
    """

    graph: RouteGraph
    metres: Streets
    minutes: Streets
    part: Ints
    part_mm: Ints
    stops: Ints
    beside_kmh: float


class Stops(NamedTuple):
    """Where points meet the roads: for each part of the network within reach the nearest place on it.

    Sorted by point, nearest first; shapes (k,). ``share`` is how far along the edge, from 0 to 1; ``away_m``
    the straight way to it, on the ellipsoid.
    """

    point: Ints
    edge: Ints
    share: Floats
    away_m: Floats
    part: Ints


def build_roads(layers: Layers, study: Study) -> tuple[CarRoads | None, gpd.GeoDataFrame]:
    """Return the roads that cars use, None where there are none, and the faults found on the way.

    ``roads`` whose net is motor, at the speed that they say, else at the study's for their class, and one way
    where they are. Ends that miss a road are joined to it as for trenches.

    Returns
    -------
    roads
        None without any road on which one can drive there and back.
    faults
        Contract FAULTS: ``service_no_roads``, ``service_no_way_back``, or how many ends were joined and how
        many roads left out as too short (``service_roads_mended``); the network doctor tells which.
    """
    table = layers.get("roads")
    table = None if table is None else table[table["net"] == "motor"]
    nothing = faults("service_no_roads", "roads", severity="info")
    if table is None or not len(table):
        return None, nothing
    # Numbers for names: an edge finds its road by position.
    table = table.set_axis(pd.Index(np.arange(len(table)).astype("str"), dtype="str"))
    try:
        graph, mended = build_graph(table, study)
    except PlanError:
        return None, nothing
    roads = make_roads(graph, table, study.services)
    if not len(roads.stops):
        return None, faults("service_no_way_back", "roads", severity="warning")
    return roads, _count_mended(mended, study)


def make_roads(graph: RouteGraph, table: gpd.GeoDataFrame, services: Services) -> CarRoads:
    """Return a graph as numbers to search.

    Parameters
    ----------
    table
        The roads that the graph was built of; their positions, as text, are the ``road_id`` of its edges.
    """
    of = table.iloc[graph.edges["road_id"].astype("int64").to_numpy()]
    length_m = graph.edges["length_m"].to_numpy()
    forward, backward = _find_ways(graph, of)
    seconds = length_m / (find_speeds_kmh(of, services) * _M_PER_KM / _S_PER_H)
    metres, minutes = (
        make_streets(
            len(graph.nodes), graph.tails, graph.heads, np.rint(costs), forward=forward, backward=backward
        )
        for costs in (length_m * MM_PER_M, seconds * MS_PER_S)
    )
    part = find_parts(metres)
    inside = part[graph.tails] == part[graph.heads]
    # Of whole millimetres: parts of the same length are equally long.
    part_mm = np.bincount(part[graph.tails[inside]], metres.costs[inside], minlength=len(part))
    ground = find_ground(graph)
    stops, beside_kmh = ground[inside[ground]], services.speed_kmh[_SLOWEST]
    return CarRoads(graph, metres, minutes, part, part_mm.astype(np.int64), stops, beside_kmh)


def find_speeds_kmh(roads: pd.DataFrame, services: Services) -> Floats:
    """Return the speed on each road: what it says, else the study's for its class; shape (n,)."""
    speeds: dict[str, float] = dict(services.speed_kmh.items())
    by_class = roads["road_class"].map(speeds).to_numpy(np.float64)
    stated = roads["speed_kmh"].to_numpy(np.float64)
    return np.where(np.isnan(stated), by_class, stated)


def find_stops(points: Lines, roads: CarRoads, reach_m: float) -> Stops:
    """Return where each point meets the roads, the nearest place of each part of the network within reach.

    Like drops to premises: where several parts are near, none of them, as a yard whose roads are drawn apart,
    traps a point. Which of them counts is for the asker to say; of equally near roads the first does.

    Parameters
    ----------
    points
        Points in the study's CRS, shape (p,).
    """
    lines = roads.graph.edges.geometry.to_numpy()
    part = roads.part[roads.graph.tails[roads.stops]]
    order = np.argsort(part, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(part[order]) != 0][: len(order)])
    xy = shapely.get_coordinates(points)
    by_x = np.argsort(xy[:, 0], kind="stable")
    empty = np.empty(0, np.int64)
    found = [(empty, empty)]
    for edges in np.split(roads.stops[order], starts[1:]):
        who = _find_near(xy, by_x, lines[edges], reach_m)
        near, line = _query_first(points[who], lines[edges], reach_m)
        found.append((who[near], edges[line]))
    point, edge = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return _measure(point, edge, points, roads)


def take_stops(stops: Stops, rows: Ints) -> Stops:
    """Return some of the stops."""
    point, edge, share, away_m, part = stops
    return Stops(point[rows], edge[rows], share[rows], away_m[rows], part[rows])


def make_places(stops: Stops, roads: CarRoads, *, minutes: bool) -> Places:
    """Return stops as places on the streets, in whole millimetres, or in milliseconds."""
    streets = roads.minutes if minutes else roads.metres
    a_metre = _S_PER_H / _M_PER_KM / roads.beside_kmh * MS_PER_S if minutes else MM_PER_M
    along = np.rint(stops.share * streets.costs[stops.edge]).astype(np.int64)
    return Places(stops.edge, along, np.rint(stops.away_m * a_metre).astype(np.int64))


def _find_ways(graph: RouteGraph, of: gpd.GeoDataFrame) -> tuple[Bools, Bools]:
    """Tell which edges may be driven from tail to head, and back."""
    oneway = of["oneway"].to_numpy(object)
    forward, backward = oneway != "backward", oneway != "forward"
    single = np.flatnonzero(forward != backward)
    # Noding may have turned an edge round: a road that crosses itself is taken apart.
    edges, lines = graph.edges.geometry.to_numpy()[single], of.geometry.to_numpy()[single]
    first, then = (
        shapely.line_locate_point(lines, shapely.line_interpolate_point(edges, share, normalized=True))
        for share in _MIDDLE
    )
    turned = single[first > then]
    forward[turned], backward[turned] = backward[turned], forward[turned]
    return np.asarray(forward, np.bool_), np.asarray(backward, np.bool_)


def _find_near(xy: Floats, by_x: Ints, lines: Lines, reach_m: float) -> Ints:
    """Return the points in the box around some lines, widened by the reach."""
    west, south, east, north = shapely.total_bounds(lines)
    ordered = xy[by_x, 0]
    first, last = np.searchsorted(ordered, west - reach_m), np.searchsorted(ordered, east + reach_m, "right")
    strip = by_x[first:last]
    y = xy[strip, 1]
    return np.sort(strip[(y >= south - reach_m) & (y <= north + reach_m)])


def _query_first(points: Lines, lines: Lines, reach_m: float) -> tuple[Ints, Ints]:
    """Return each point within reach of a line and its nearest line, of equally near ones the first."""
    if not len(points):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    point, line = shapely.STRtree(lines).query_nearest(
        points, max_distance=max(reach_m, _TOUCH_M), all_matches=True
    )
    order = np.lexsort((line, point))
    point, first = np.unique(point[order], return_index=True)
    return point, line[order][first]


def _measure(point: Ints, edge: Ints, points: Lines, roads: CarRoads) -> Stops:
    """Return stops in order: by point, then by how far away they are, then by edge."""
    lines = roads.graph.edges.geometry.to_numpy()
    share = shapely.line_locate_point(lines[edge], points[point], normalized=True)
    feet = shapely.line_interpolate_point(lines[edge], share, normalized=True)
    ends = np.stack([shapely.get_coordinates(points[point]), shapely.get_coordinates(feet)], axis=1)
    away_m = geodesic_lengths(shapely.linestrings(ends), roads.graph.edges.crs) if len(point) else share
    order = np.lexsort((edge, shapely.distance(points[point], lines[edge]), point))
    part = roads.part[roads.graph.tails[edge]]
    return Stops(point[order], edge[order], share[order], away_m[order], part[order])


def _count_mended(mended: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    ends = int((mended["rule"] == "dangling_end").sum())
    short = len(mended) - ends
    found = faults("service_roads_mended", "roads", severity="info", values={"ends": ends, "short": short})
    return gather([found.iloc[: int(len(mended) > 0)]], study.study.crs)


def find_far_points(places: gpd.GeoDataFrame, roads: CarRoads, study: Study) -> gpd.GeoDataFrame:
    """Return a fault for each place of service that is too far from any road to be reached."""
    lines = roads.graph.edges.geometry.to_numpy()[roads.stops]
    points = places.geometry.to_numpy()
    near, _ = _query_first(points, lines, study.services.attach_m)
    far = places.drop(places.index[near])
    return faults(
        "service_point_far",
        "service_points",
        severity="warning",
        feature_ids=list(far.index),
        shapes=list(far.geometry),
        crs=places.crs,
        values={"attach_m": round(study.services.attach_m)},
    )
