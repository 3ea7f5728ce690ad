"""Road islands that no existing fibre can reach: linked across country where a study allows it."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from infraplan.config import Study
from infraplan.layers.faults import faults, gather
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.network.graph import RouteGraph, number_parts
from infraplan.network.lines import Floats, Ints
from infraplan.network.snap import Attachment, find_ground
from infraplan.network.split import add_links, split_edges


def bridge_islands(attachment: Attachment, study: Study) -> tuple[RouteGraph, gpd.GeoDataFrame]:
    """Link road islands that hold premises to parts with access, by the shortest straight links.

    A link is an edge of kind ``link``, never longer than ``[network]
    bridge_m``, and never from a bridge or tunnel. An island may be reached by way of others. Premises that
    some other drop joins to a part with access need no link.

    Returns
    -------
    graph, faults
        The graph, its nodes numbered as before; ``island_linked`` for each link, and ``island_cut_off`` for
        each island that still keeps premises from being reached.
    """
    graph, found = attachment.graph, []
    if study.network.bridge_m > 0:
        edges, along = _find_links(graph, attachment.roots, study)
        graph, nodes = split_edges(graph, edges.ravel(), along.ravel(), gap_m=study.network.snap_m)
        tails, heads = nodes.reshape(2, -1)
        first = len(graph.edges)
        graph = _number_anew(add_links(graph, tails, heads))
        found.append(_report_links(graph, first))
    return graph, gather([*found, _report_stranded(graph, attachment.roots, study)], graph.nodes.crs)


def _find_stranded(graph: RouteGraph, roots: Ints) -> pd.DataFrame:
    """Return node and part of every drop of premises whose drops all begin in parts without access."""
    drops = np.flatnonzero(graph.edges["kind"] == "drop")
    part = graph.nodes["component"].to_numpy()
    table = pd.DataFrame({"node": graph.heads[drops], "part": part[graph.tails[drops]]})
    saved = table["part"].isin(part[roots]).groupby(table["node"]).transform("any").astype(bool)
    return table[~saved]


def _find_links(graph: RouteGraph, roots: Ints, study: Study) -> tuple[Ints, Floats]:
    """Return two edges, and the place along each, for every link that is needed; shapes (2, k)."""
    part = graph.nodes["component"].to_numpy()
    group = np.where(np.isin(part, part[roots]), 0, part + 1)
    ground = find_ground(graph)
    first, second = _find_neighbours(graph, ground, group[graph.tails[ground]], study)
    shortest = shapely.shortest_line(*(graph.edges.geometry.to_numpy()[side] for side in (first, second)))
    length_m = geodesic_lengths(shortest, graph.edges.crs)
    # Each end may move by snap_m when it becomes a node.
    near = np.flatnonzero(length_m <= study.network.bridge_m - 2 * study.network.snap_m)
    near = near[np.argsort(length_m[near], kind="stable")]
    low, high = np.sort([group[graph.tails[first[near]]], group[graph.tails[second[near]]]], axis=0)
    needed = _find_stranded(graph, roots)["part"].unique() + 1
    chosen = near[_walk_back(low, high, group.max() + 1, needed)]
    edges = np.stack([first[chosen], second[chosen]])
    ends = np.stack([shapely.get_point(shortest[chosen], end) for end in (0, -1)])
    return edges, shapely.line_locate_point(graph.edges.geometry.to_numpy()[edges], ends)


def _find_neighbours(graph: RouteGraph, ground: Ints, group: Ints, study: Study) -> tuple[Ints, Ints]:
    """Return the nearest pair of edges for every two groups within reach of each other."""
    lines = graph.edges.geometry.to_numpy()[ground]
    islands = np.flatnonzero(group != 0)
    mine, other = shapely.STRtree(lines).query(
        lines[islands], predicate="dwithin", distance=study.network.bridge_m
    )
    mine = islands[mine]
    apart = group[mine] != group[other]
    mine, other = mine[apart], other[apart]
    order = np.argsort(shapely.distance(lines[mine], lines[other]), kind="stable")
    mine, other = mine[order], other[order]
    _, best = np.unique(np.sort([group[mine], group[other]], axis=0), axis=1, return_index=True)
    return ground[mine[best]], ground[other[best]]


def _walk_back(low: Ints, high: Ints, count: int, needed: Ints) -> Ints:
    """Return which links, given shortest first, lead from needed groups to group 0 in a spanning tree."""
    ranks = coo_array((np.arange(1.0, len(low) + 1), (low, high)), shape=(count, count))
    tree = minimum_spanning_tree(ranks.tocsr())
    _, before = breadth_first_order(tree, 0, directed=False)
    link_of = {(int(a), int(b)): number for number, (a, b) in enumerate(zip(low, high, strict=True))}
    chosen = set()
    for start in needed:
        here = int(start)
        while before[here] >= 0:
            there = int(before[here])
            chosen.add(link_of[min(here, there), max(here, there)])
            here = there
    return np.array(sorted(chosen), np.int64)


def _number_anew(graph: RouteGraph) -> RouteGraph:
    """Return the graph, its parts numbered anew: premises join nothing, and lie in the largest in reach."""
    drop = (graph.edges["kind"] == "drop").to_numpy()
    part = number_parts(
        len(graph.nodes), graph.tails[~drop], graph.heads[~drop], graph.edges["length_m"].to_numpy()[~drop]
    )
    part[graph.heads[drop]] = len(graph.nodes)
    np.minimum.at(part, graph.heads[drop], part[graph.tails[drop]])
    return replace(graph, nodes=graph.nodes.assign(component=part))


def _report_links(graph: RouteGraph, first: int) -> gpd.GeoDataFrame:
    links = graph.edges.iloc[first:]
    values = [{"length_m": round(length)} for length in links["length_m"]]
    return faults(
        "island_linked",
        "roads",
        severity="info",
        feature_ids=[""] * len(links),
        shapes=list(links.geometry),
        crs=graph.edges.crs,
        values=values,
    )


def _report_stranded(graph: RouteGraph, roots: Ints, study: Study) -> gpd.GeoDataFrame:
    """Return a fault for each part without access, with the premises that no other part can serve."""
    stranded = _find_stranded(graph, roots).groupby("node", as_index=False)["part"].min()
    points = graph.nodes.geometry.loc[stranded["node"]].to_numpy()
    parts, row, counts = np.unique(stranded["part"], return_inverse=True, return_counts=True)
    return faults(
        "island_cut_off",
        "roads",
        severity="error",
        feature_ids=[""] * len(parts),
        shapes=[shapely.multipoints(points[row == number]) for number in range(len(parts))],
        crs=graph.nodes.crs,
        values=[
            {"island": str(part), "count": int(count), "bridge_m": round(study.network.bridge_m)}
            for part, count in zip(parts, counts, strict=True)
        ],
    )
