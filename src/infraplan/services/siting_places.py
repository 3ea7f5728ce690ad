"""Where new places could be put, and which are there already."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import tables
from infraplan.config import Study
from infraplan.coverconfig import Siting
from infraplan.demand.places import Shapes
from infraplan.demand.placing import assign_municipality
from infraplan.demand.zonetable import name_nearest
from infraplan.layers import Layers
from infraplan.layers.public_kinds import is_protected
from infraplan.network.lines import Ints
from infraplan.network.noding import cluster
from infraplan.services.points import gather_points
from infraplan.services.roads import CarRoads

MOST_JUNCTIONS = 500
"""Of candidates along the roads: one junction a square, of squares that grow until there are so few."""
_SQUARE_M = 250.0
_JUNCTION = 3
"""Roads that meet there."""


def find_candidates(
    question: Siting, zones: gpd.GeoDataFrame, layers: Layers, roads: CarRoads, study: Study
) -> gpd.GeoDataFrame:
    """Return the places that will do, as points by id, with ``name`` and ``municipality``.

    Localities and other named places, each at its middle; public buildings (translated, never protected ones)
    and service points of the kinds asked for; nodes of fibre networks; or junctions of roads, one a square.
    Points of one kind of candidate within ``[services] place_m`` of each other are one. Where the study has
    municipalities only places inside of them will do.
    """
    found = {
        "localities": lambda: _localities(zones, question),
        "public_buildings": lambda: _rows(layers.get("public_buildings"), question),
        "service_points": lambda: _rows(layers.get("service_points"), question),
        "nodes": lambda: _rows(layers.get("fibre_nodes"), question),
        "roads": lambda: _junctions(roads),
    }[question.candidates]()
    rows = _locate(found.sort_index(), zones, study)
    if (zones["kind"] == "municipality").any():
        rows = rows[rows["municipality"] != ""]
    return _merge_places(rows, study)


def find_existing(
    question: Siting, zones: gpd.GeoDataFrame, layers: Layers, study: Study
) -> gpd.GeoDataFrame:
    """Return the places that are there already and stay: the first by id of points that are one place."""
    asked = study.services.model_copy(update={"kinds": question.existing})
    points, _ = gather_points(layers, zones, study.model_copy(update={"services": asked}))
    return _merge_places(gpd.GeoDataFrame(points[["name", "municipality", "geometry"]].sort_index()), study)


def name_places(points: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.Series:
    """Return the nearest named place of each point, where there is none its own name, else its id."""
    near = name_nearest(points.geometry.to_numpy(), zones)
    names = [a or b or c for a, b, c in zip(near, points["name"], points.index, strict=True)]
    return pd.Series(names, index=points.index, dtype="str")


def _localities(zones: gpd.GeoDataFrame, question: Siting) -> gpd.GeoDataFrame:
    rows = zones[zones["kind"].isin(question.candidate_kinds or ("locality", "place"))]
    rows = rows[rows["kind"].isin(["locality", "place"])]
    return _points(rows, rows["name"].to_numpy(object))


def _rows(table: gpd.GeoDataFrame | None, question: Siting) -> gpd.GeoDataFrame:
    """Return the rows of a layer of the kinds asked for; protected ones never."""
    if table is None:
        return _points(tables.empty(tables.SERVICE_POINTS), np.empty(0, object))
    shown = ~is_protected(table).to_numpy(bool)
    asked = question.candidate_kinds
    wanted = table["kind"].isin(asked).to_numpy() if asked else np.ones(len(table), np.bool_)
    rows = table[shown & wanted]
    return _points(rows, rows["name"].to_numpy(object) if "name" in rows else np.full(len(rows), "", object))


def _points(rows: gpd.GeoDataFrame, names: Shapes) -> gpd.GeoDataFrame:
    """Return a point a row: its middle where that lies inside, else a point that does."""
    shapes = rows.geometry.to_numpy()
    middles = shapely.centroid(shapes)
    points = np.where(shapely.intersects(shapes, middles), middles, shapely.point_on_surface(shapes))
    return gpd.GeoDataFrame(
        {"name": pd.Series(names, index=rows.index, dtype="str")},
        geometry=shapely.force_2d(points),
        crs=rows.crs,
        index=rows.index.astype("str"),
    )


def _junctions(roads: CarRoads) -> gpd.GeoDataFrame:
    """Return a junction a square: the one where most roads meet, of equal ones the most south-western."""
    graph = roads.graph
    degree = np.bincount(graph.tails, minlength=len(graph.nodes)) + np.bincount(
        graph.heads, minlength=len(graph.nodes)
    )
    on_ground = np.zeros(len(graph.nodes), np.bool_)
    on_ground[graph.tails[roads.stops]] = on_ground[graph.heads[roads.stops]] = True
    node = np.flatnonzero((degree >= _JUNCTION) & on_ground)
    xy = shapely.get_coordinates(graph.nodes.geometry.to_numpy()[node])
    order = np.lexsort((xy[:, 1], xy[:, 0], -degree[node]))
    node, xy = node[order], xy[order]
    first = _first_of_squares(xy, _SQUARE_M)
    size_m = _SQUARE_M
    while len(first) > MOST_JUNCTIONS:
        size_m *= 2
        first = _first_of_squares(xy, size_m)
    ids = [f"{x:.0f} {y:.0f}" for x, y in xy[first]]
    return gpd.GeoDataFrame(
        {"name": pd.Series("", index=ids, dtype="str")},
        geometry=shapely.points(xy[first]),
        crs=graph.nodes.crs,
        index=pd.Index(ids, dtype="str"),
    )


def _first_of_squares(xy: "np.typing.NDArray[np.float64]", size_m: float) -> Ints:
    square = np.floor(xy / size_m).astype(np.int64)
    _, first = np.unique(square, axis=0, return_index=True)
    return np.sort(first)


def _locate(rows: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    nobody: Shapes = np.empty(0, object)
    where = assign_municipality(rows.geometry, zones, nobody, study.demand)["municipality"]
    return rows.assign(municipality=where)


def _merge_places(rows: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return the first of the rows that are one place."""
    number, _ = cluster(shapely.get_coordinates(rows.geometry.to_numpy()), study.services.place_m)
    return rows[~pd.Series(number).duplicated().to_numpy()]
