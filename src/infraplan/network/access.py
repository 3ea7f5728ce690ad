"""Where new fibre can be joined to what is there."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from infraplan.config import LayerName, Study
from infraplan.errors import PlanError
from infraplan.layers.faults import faults, gather
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.layers.read import Layers
from infraplan.network.graph import RouteGraph
from infraplan.network.lines import GRID_M, Ints, Lines
from infraplan.network.snap import find_ground, find_nearest, round_metres
from infraplan.network.split import add_links, add_nodes, split_edges

_INSIDE = 0.99
"""A circle drawn with corners lies up to half a per cent inside the true one."""


def add_access(
    graph: RouteGraph, layers: Layers, premises: gpd.GeoDataFrame, study: Study
) -> tuple[RouteGraph, gpd.GeoDataFrame]:
    """Mark where the existing network can be reached from the roads; return the graph with that, and faults.

    Roads within ``[network] access_m`` of fibre lines and nodes can be spliced onto them anywhere: road edges
    are cut where they come within that distance and leave it, and the nodes and edges inside are marked
    ``access``, as are the nodes that later cuts put on such edges. Fibre nodes further away are joined by a
    link across country where ``bridge_m`` allows one as long (``access_linked``), else reported
    (``access_far``), as are such fibre lines.

    Where that gives no access, the network is taken to be extended from the places on the road nearest to
    fibre customers who are ``connected`` (``access_from_connected``).

    Parameters
    ----------
    premises
        Contract PREMISES: where customers are whom the list names without a position.

    Raises
    ------
    PlanError
        There is no existing network near the roads.
    """
    names: tuple[LayerName, ...] = ("fibre_lines", "fibre_nodes")
    found, fibre = [], [np.empty(0, object)]
    for name in names:
        table = layers.get(name)
        if table is not None:
            graph, far = _join_far(graph, name, table, study)
            found.append(far)
            fibre.append(table.geometry.to_numpy())
    graph = _mark_near(graph, np.concatenate(fibre), study)
    if not graph.nodes["access"].any():
        graph, assumed = _mark_connected(graph, _find_connected(layers, premises), study)
        found.append(assumed)
    if not graph.nodes["access"].any():
        raise PlanError("no_fibre_to_start_from", study=study.file or study.study.name)
    return graph, gather(found, graph.nodes.crs)


def _mark_near(graph: RouteGraph, fibre: Lines, study: Study) -> RouteGraph:
    """Cut roads where they come near the fibre, and mark what lies near it."""
    reach_m = study.network.access_m
    roads = np.flatnonzero(graph.edges["kind"] == "road")
    lines = graph.edges.geometry.to_numpy()[roads]
    thing, road = shapely.STRtree(lines).query(fibre, predicate="dwithin", distance=reach_m)
    zones = shapely.buffer(fibre, reach_m)
    # Roads that lie near one thing all along are left whole: in towns that is most of them.
    shapely.prepare(zones)
    covered = np.isin(road, road[shapely.covers(zones[thing], lines[road])])
    road, thing = road[~covered], thing[~covered]
    inside, pair = shapely.get_parts(shapely.intersection(lines[road], zones[thing]), return_index=True)
    runs = (shapely.get_type_id(inside) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(inside)
    border = shapely.get_point(np.repeat(inside[runs], 2), np.tile([0, -1], runs.sum()))
    road = np.repeat(road[pair[runs]], 2)
    tree = shapely.STRtree(fibre)
    outer = np.ones(len(border), bool)
    outer[tree.query(border, predicate="dwithin", distance=_INSIDE * reach_m)[0]] = False
    along = shapely.line_locate_point(lines[road[outer]], border[outer])
    graph, _ = split_edges(graph, roads[road[outer]], along, gap_m=study.network.snap_m)

    def near(shapes: Lines) -> NDArray[np.bool_]:
        found = np.zeros(len(shapes), bool)
        found[tree.query(shapes, predicate="dwithin", distance=reach_m + GRID_M)[0]] = True
        return found

    middle = shapely.line_interpolate_point(graph.edges.geometry.to_numpy(), 0.5, normalized=True)
    nodes = graph.nodes["access"] | (near(graph.nodes.geometry.to_numpy()) & (graph.nodes["kind"] == "road"))
    edges = near(middle) & (graph.edges["kind"] == "road")
    return replace(graph, nodes=graph.nodes.assign(access=nodes), edges=graph.edges.assign(access=edges))


def _join_far(
    graph: RouteGraph, layer: LayerName, table: gpd.GeoDataFrame, study: Study
) -> tuple[RouteGraph, gpd.GeoDataFrame]:
    """Link fibre nodes that lie far from roads, where that is allowed; report what stays out of reach."""
    reach_m = study.network.access_m
    shapes = table.geometry.to_numpy()
    ground = find_ground(graph)
    _, away = find_nearest(shapes, graph.edges.geometry.to_numpy()[ground])
    far = np.flatnonzero(~(away <= reach_m))
    linked = np.empty(0, np.int64)
    if layer == "fibre_nodes":
        graph, linked = _link_nodes(graph, shapes, far[np.isfinite(away[far])], study)

    def report(rule: str, severity: str, rows: Ints) -> gpd.GeoDataFrame:
        return faults(
            rule,
            layer,
            severity=severity,
            feature_ids=list(table.index[rows].astype("str")),
            shapes=list(shapes[rows]),
            crs=table.crs,
            values=[{"distance_m": round_metres(away[row]), "access_m": round(reach_m)} for row in rows],
        )

    lost = np.setdiff1d(far, linked)
    return graph, gather(
        [report("access_linked", "info", linked), report("access_far", "warning", lost)], table.crs
    )


def _link_nodes(graph: RouteGraph, points: Lines, rows: Ints, study: Study) -> tuple[RouteGraph, Ints]:
    """Link those of the rows' points that are near enough to a road; return the graph and these rows."""
    ground = find_ground(graph)
    lines = graph.edges.geometry.to_numpy()
    edge = ground[find_nearest(points[rows], lines[ground])[0]]
    line = lines[edge]
    length_m = geodesic_lengths(shapely.shortest_line(points[rows], line), graph.edges.crs)
    near = length_m <= study.network.bridge_m - study.network.snap_m
    rows, edge = rows[near], edge[near]
    along = shapely.line_locate_point(line[near], points[rows])
    graph, foot = split_edges(graph, edge, along, gap_m=study.network.snap_m)
    component = graph.nodes["component"].to_numpy()[foot]
    node = len(graph.nodes) + np.arange(len(rows))
    graph = add_nodes(graph, points[rows], "road", component, access=True)
    return add_links(graph, foot, node), rows


def _mark_connected(graph: RouteGraph, points: Lines, study: Study) -> tuple[RouteGraph, gpd.GeoDataFrame]:
    """Mark the places on the road nearest to those who have fibre already."""
    ground = find_ground(graph)
    lines = graph.edges.geometry.to_numpy()[ground]
    nearest, away = find_nearest(points, lines)
    near = away <= study.network.attach_m
    points, edge = points[near], nearest[near]
    along = shapely.line_locate_point(lines[edge], points)
    graph, foot = split_edges(graph, ground[edge], along, gap_m=study.network.snap_m)
    access = graph.nodes["access"].to_numpy().copy()
    access[foot] = True
    values = {"count": len(points)}
    note = faults("access_from_connected", "connected", severity="info", values=values, crs=graph.nodes.crs)
    return replace(graph, nodes=graph.nodes.assign(access=access)), note.iloc[: len(points)]


def _find_connected(layers: Layers, premises: gpd.GeoDataFrame) -> Lines:
    """Return where customers with fibre are: as the list says, or as the premises that it names lie."""
    connected = layers.get("connected")
    if connected is None:
        return np.empty(0, object)
    fibre = connected[(connected["technology"] == "fibre") & (connected["status"] == "connected")]
    missing = fibre.geometry.isna() | fibre.geometry.is_empty
    named = premises.index.intersection(fibre.loc[missing, "premises_id"])
    placed = shapely.centroid(fibre.geometry[~missing].to_numpy())
    return np.concatenate([placed, premises.geometry.loc[named].to_numpy()])
