"""Changing a route graph: edges cut along them, nodes and edges added. Node numbers stay."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.config import CostBook
from infraplan.network.costs import MONEY, price_drops, price_links, price_stretches
from infraplan.network.graph import RouteGraph
from infraplan.network.lines import AT_START, GRID_M, Floats, Ints, Lines, cut_lines, geodesic_lengths, spread


def split_edges(
    graph: RouteGraph, which: Ints, along: Floats, book: CostBook, *, gap_m: float
) -> tuple[RouteGraph, Ints]:
    """Cut edges at places along them.

    The pieces' lengths and costs add up to those of the edge, to the crown (``costs.price_stretches``).

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
    edges = _cut_table(graph, pieces, edge_of, book)
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


def add_links(graph: RouteGraph, tails: Ints, heads: Ints, book: CostBook) -> RouteGraph:
    """Return the graph with links across country added."""
    length_m = geodesic_lengths(_straight(graph, tails, heads), graph.edges.crs)
    return _add_edges(graph, tails, heads, "link", price_links(length_m, book).assign(length_m=length_m))


def add_drops(graph: RouteGraph, tails: Ints, heads: Ints, book: CostBook) -> RouteGraph:
    """Return the graph with drops from road nodes to premises added."""
    length_m = geodesic_lengths(_straight(graph, tails, heads), graph.edges.crs)
    return _add_edges(graph, tails, heads, "drop", price_drops(length_m, book).assign(length_m=length_m))


def _add_edges(graph: RouteGraph, tails: Ints, heads: Ints, kind: str, priced: pd.DataFrame) -> RouteGraph:
    """Return the graph with straight edges between its nodes added; ``priced`` has ``length_m`` too."""
    if not len(tails):
        return graph
    text = {"kind": kind, "road_class": "", "surface": "", "existing": "new", "road_id": ""}
    more = gpd.GeoDataFrame(
        {
            "tail": tails,
            "head": heads,
            "level": np.zeros(len(tails), np.int64),
            "from_m": 0.0,
            "to_m": priced["length_m"].to_numpy(),
            "access": False,
            **{name: pd.Series([value] * len(tails), dtype="str") for name, value in text.items()},
            **{name: priced[name].to_numpy() for name in ("length_m", "method", *MONEY)},
        },
        geometry=_straight(graph, tails, heads),
        crs=graph.edges.crs,
    ).astype({"method": "str"})
    whole = pd.concat([graph.edges, more], ignore_index=True)
    return replace(graph, edges=whole.rename_axis("edge_id"))


def _straight(graph: RouteGraph, tails: Ints, heads: Ints) -> Lines:
    """Return the straight lines between nodes."""
    places = shapely.get_coordinates(graph.nodes.geometry.to_numpy())
    return np.asarray(shapely.linestrings(np.stack([places[tails], places[heads]], axis=1)))


def _cut_table(graph: RouteGraph, pieces: Lines, edge_of: Ints, book: CostBook) -> gpd.GeoDataFrame:
    """Return the table of edges with a row a piece; only edges that were cut get new lengths and prices."""
    edges = graph.edges.iloc[edge_of].reset_index(drop=True)
    first = np.r_[True, edge_of[1:] != edge_of[:-1]]
    last = np.r_[edge_of[1:] != edge_of[:-1], True]
    node = len(graph.nodes) + np.arange(len(pieces)) - edge_of
    tails = np.where(first, edges["tail"], node - 1)
    heads = np.where(last, edges["head"], node)
    cut = np.flatnonzero(~(first & last))
    edges = edges.assign(tail=tails, head=heads).set_geometry(gpd.GeoSeries(pieces, crs=graph.edges.crs))
    starts, stops = _measure_pieces(edges.iloc[cut], edge_of[cut])
    priced = price_stretches(starts, stops, edges["method"].iloc[cut], book)
    values = {"from_m": starts, "to_m": stops, "length_m": stops - starts, **{n: priced[n] for n in MONEY}}
    for name, value in values.items():
        column = edges[name].to_numpy().copy()
        column[cut] = value
        edges[name] = column
    return edges.rename_axis("edge_id")


def _measure_pieces(pieces: gpd.GeoDataFrame, edge_of: Ints) -> tuple[Floats, Floats]:
    """Return where each piece begins and ends along its road: the edge's length, shared out as theirs."""
    geodesic = pd.Series(geodesic_lengths(pieces.geometry.to_numpy(), pieces.crs))
    by_edge = geodesic.groupby(edge_of)
    share = (by_edge.cumsum() / by_edge.transform("sum")).to_numpy()
    begin, end = pieces["from_m"].to_numpy(), pieces["to_m"].to_numpy()
    last = np.r_[edge_of[1:] != edge_of[:-1], True][: len(edge_of)]
    stops = np.where(last, end, begin + (end - begin) * share)
    first = np.r_[True, edge_of[1:] != edge_of[:-1]][: len(edge_of)]
    return np.where(first, begin, np.r_[0.0, stops[:-1]][: len(stops)]), stops
