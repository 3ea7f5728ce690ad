"""Changing a route graph: edges cut along them, nodes and edges added. Node numbers stay."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.layers.geodesics import geodesic_lengths
from infraplan.network.graph import RouteGraph, bare_columns
from infraplan.network.lines import AT_START, GRID_M, Floats, Ints, Lines, cut_lines, spread


def split_edges(graph: RouteGraph, which: Ints, along: Floats, *, gap_m: float) -> tuple[RouteGraph, Ints]:
    """Cut edges at places along them.

    Prices come last: what crosses an edge, and what it costs, is asked of the pieces.

    Parameters
    ----------
    which, along
        Edge of each place, and its planar distance from the edge's start; shapes (k,). Not for drops, whose
        connection cannot be cut.
    gap_m
        Places nearer than this to each other or to an end of their edge become one node.

    Returns
    -------
    graph, nodes
        New nodes follow the old ones; ``nodes`` says where each place lies, shape (k,).
    """
    lines = graph.edges.geometry.to_numpy()
    kept, place_of = spread(which, along, shapely.length(lines), max(gap_m, GRID_M))
    points = shapely.line_interpolate_point(lines[which[kept]], along[kept])
    pieces, edge_of = cut_lines(lines, which[kept], along[kept], shapely.get_coordinates(points))
    count = len(graph.nodes)
    at_end = np.where(place_of == AT_START, graph.tails[which], graph.heads[which])
    nodes = np.where(place_of >= 0, count + place_of, at_end)
    edges = _cut_table(graph, pieces, edge_of)
    cut_edges = graph.edges.iloc[which[kept]]
    component = graph.nodes["component"].to_numpy()[cut_edges["tail"]]
    return replace(
        add_nodes(graph, points, "road", component, access=cut_edges["access"]), edges=edges
    ), nodes


def add_nodes(
    graph: RouteGraph,
    points: Lines,
    kind: str,
    component: Ints,
    *,
    access: NDArray[np.bool_] | pd.Series | bool,
) -> RouteGraph:
    """Return the graph with nodes added after the others."""
    if not len(points):
        return graph
    more = gpd.GeoDataFrame(
        {
            "kind": pd.Series([kind] * len(points), dtype="str"),
            "component": component,
            "access": np.broadcast_to(np.asarray(access), len(points)),
        },
        geometry=points,
        crs=graph.nodes.crs,
    )
    whole = pd.concat([graph.nodes, more], ignore_index=True)
    return replace(graph, nodes=whole.rename_axis("node_id"))


def add_links(graph: RouteGraph, tails: Ints, heads: Ints) -> RouteGraph:
    """Return the graph with links across country added."""
    return _add_edges(graph, tails, heads, "link")


def add_drops(graph: RouteGraph, tails: Ints, heads: Ints) -> RouteGraph:
    """Return the graph with drops from road nodes to premises added."""
    return _add_edges(graph, tails, heads, "drop")


def _add_edges(graph: RouteGraph, tails: Ints, heads: Ints, kind: str) -> RouteGraph:
    """Return the graph with straight edges between its nodes added."""
    if not len(tails):
        return graph
    count, lines = len(tails), _straight(graph, tails, heads)
    more = gpd.GeoDataFrame(
        {
            "tail": tails,
            "head": heads,
            "length_m": geodesic_lengths(lines, graph.edges.crs),
            "level": np.zeros(count, np.int64),
            "access": False,
            **{name: pd.Series([""] * count, dtype="str") for name in ("road_class", "surface", "road_id")},
            **bare_columns(count, kind),
        },
        geometry=lines,
        crs=graph.edges.crs,
    )
    whole = pd.concat([graph.edges, more], ignore_index=True)
    return replace(graph, edges=whole.rename_axis("edge_id"))


def _straight(graph: RouteGraph, tails: Ints, heads: Ints) -> Lines:
    """Return the straight lines between nodes."""
    places = shapely.get_coordinates(graph.nodes.geometry.to_numpy())
    return np.asarray(shapely.linestrings(np.stack([places[tails], places[heads]], axis=1)))


def _cut_table(graph: RouteGraph, pieces: Lines, edge_of: Ints) -> gpd.GeoDataFrame:
    """Return the table of edges with a row a piece; only edges that were cut get new lengths."""
    edges = graph.edges.iloc[edge_of].reset_index(drop=True)
    first = np.r_[True, edge_of[1:] != edge_of[:-1]][: len(edge_of)]
    last = np.r_[edge_of[1:] != edge_of[:-1], True][: len(edge_of)]
    node = len(graph.nodes) + np.arange(len(pieces)) - edge_of
    cut = np.flatnonzero(~(first & last))
    length_m = edges["length_m"].to_numpy().copy()
    length_m[cut] = geodesic_lengths(pieces[cut], graph.edges.crs)
    edges = edges.assign(
        tail=np.where(first, edges["tail"], node - 1),
        head=np.where(last, edges["head"], node),
        length_m=length_m,
    )
    return edges.set_geometry(gpd.GeoSeries(pieces, crs=graph.edges.crs)).rename_axis("edge_id")
