"""Premises and the existing network, joined to the roads."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.config import Network, Study
from infraplan.network.graph import RouteGraph
from infraplan.network.lines import Floats, Ints, Lines
from infraplan.network.split import add_drops, add_nodes, split_edges

_FIRST_REACH_M = 50.0
"""Where the search for roads begins; it doubles until enough are found: in towns that is soon."""


@dataclass(frozen=True)
class Attachment:
    """Premises on the graph.

    Attributes
    ----------
    graph
        With a node for each premises within reach, the drops that may lead to it, and road edges cut where
        drops begin.
    node_of
        Node of each premises within reach; index premises_id.
    unattached
        The other premises: reason (``too_far``, or ``no_go`` beside a closed road) and distance_m to the
        nearest road; index premises_id.
    roots
        Nodes where the existing network can be reached, shape (r,).
    closed
        Road edges that are not in the graph because nothing may be built there, with its node numbers.
    """

    graph: RouteGraph
    node_of: pd.Series
    unattached: pd.DataFrame
    roots: Ints
    closed: gpd.GeoDataFrame | None = None


def attach_premises(
    graph: RouteGraph,
    premises: gpd.GeoDataFrame,
    study: Study,
    *,
    closed: gpd.GeoDataFrame | None = None,
) -> Attachment:
    """Give every premises drops from the nearest places on several roads.

    A house with one fixed lead-in gets odd routes: it has up to ``[network] candidates`` drops, each from the
    nearest place of another road edge on the ground (no drop begins on a bridge or in a tunnel), each with
    its whole price. Where several parts of the network are within reach, the nearest road of each comes
    first, and that of the largest part before the others, so that no road island traps a premises.

    A premises is an end: a route that led through it would cross somebody's plot. Give its nodes to
    ``steiner_tree`` as ``ends``.

    Parameters
    ----------
    premises
        Index premises_id, points in the study's CRS.
    closed
        Road edges that may not be built along, as ``survey.cut_graph`` returns them: who is near no other
        road is unattached for their sake (``no_go``).
    """
    roads = find_ground(graph)
    points = premises.geometry.to_numpy()
    lines = graph.edges.geometry.to_numpy()[roads]
    component = graph.nodes["component"].to_numpy()[graph.tails[roads]]
    who, road = _find_candidates(points, lines, component, study.network)
    along = shapely.line_locate_point(lines[road], points[who])
    graph, foot = split_edges(graph, roads[road], along, gap_m=study.network.snap_m)
    _, once = np.unique(np.c_[who, foot], axis=0, return_index=True)
    who, foot = who[once], foot[once]

    attached, node = np.unique(who, return_inverse=True)
    node = len(graph.nodes) + node
    best = pd.Series(graph.nodes["component"].to_numpy()[foot]).groupby(who).min().to_numpy()
    graph = add_nodes(graph, points[attached], "premises", best, access=False)
    graph = add_drops(graph, foot, node)
    names = premises.index[attached].rename("premises_id")
    first = len(graph.nodes) - len(attached)
    return Attachment(
        graph,
        pd.Series(np.arange(first, len(graph.nodes)), index=names, name="node", dtype="int64"),
        _describe_unattached(premises.drop(premises.index[attached]), lines, closed, study.network),
        np.flatnonzero(graph.nodes["access"]),
        closed,
    )


def find_ground(graph: RouteGraph) -> Ints:
    """Return the edges along roads on the ground: no drop or link begins on a bridge or in a tunnel."""
    return np.flatnonzero((graph.edges["kind"] == "road") & (graph.edges["level"] == 0))


def find_nearest(points: Lines, lines: Lines) -> tuple[Ints, Floats]:
    """Return the line nearest to each point, and the planar distance to it; −1 and NaN without lines."""
    nearest, away_m = np.full(len(points), -1, np.int64), np.full(len(points), np.nan)
    if len(lines) and len(points):
        (who, line), distance = shapely.STRtree(lines).query_nearest(
            points, all_matches=False, return_distance=True
        )
        nearest[who], away_m[who] = line, distance
    return nearest, away_m


def round_metres(distance_m: float) -> int | str:
    """Return a distance as a report says it: "?" where there is no road on the ground to measure to."""
    return round(distance_m) if np.isfinite(distance_m) else "?"


def _find_candidates(points: Lines, lines: Lines, component: Ints, network: Network) -> tuple[Ints, Ints]:
    """Return premises and road edge of each place where a drop may begin, by premises and preference."""
    main = np.flatnonzero(component == 0)
    rest = np.flatnonzero(component != 0)
    who, near = _query_growing(points, lines[main], network)
    island_who, island_near = shapely.STRtree(lines[rest]).query(
        points, predicate="dwithin", distance=network.attach_m
    )
    who, road = np.r_[who, island_who], np.r_[main[near], rest[island_near]]
    distance = shapely.distance(points[who], lines[road])
    order = np.lexsort((road, distance, who))
    who, road, distance = who[order], road[order], distance[order]
    _, first = np.unique(np.c_[who, component[road]], axis=0, return_index=True)
    choice = np.full(len(who), 2)
    choice[first] = np.where(component[road[first]] == 0, 0, 1)
    order = np.lexsort((road, distance, choice, who))
    who, road = who[order], road[order]
    rank = np.arange(len(who)) - np.searchsorted(who, who)
    return who[rank < network.candidates], road[rank < network.candidates]


def _query_growing(points: Lines, lines: Lines, network: Network) -> tuple[Ints, Ints]:
    """Return pairs of points and lines: at least as many as asked for, or all within ``attach_m``."""
    tree = shapely.STRtree(lines)
    waiting = np.arange(len(points))
    found_who, found_line = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    reach_m = min(_FIRST_REACH_M, network.attach_m)
    while len(waiting):
        who, line = tree.query(points[waiting], predicate="dwithin", distance=reach_m)
        enough = np.bincount(who, minlength=len(waiting)) >= network.candidates
        done = enough if reach_m < network.attach_m else np.ones(len(waiting), bool)
        found_who.append(waiting[who[done[who]]])
        found_line.append(line[done[who]])
        waiting = waiting[~done]
        reach_m = min(2 * reach_m, network.attach_m)
    return np.concatenate(found_who), np.concatenate(found_line)


def _describe_unattached(
    premises: gpd.GeoDataFrame, lines: Lines, closed: gpd.GeoDataFrame | None, network: Network
) -> pd.DataFrame:
    points = premises.geometry.to_numpy()
    shut = np.empty(0, object) if closed is None else closed.geometry.to_numpy()
    beside_closed = find_nearest(points, shut)[1] <= network.attach_m
    reason = np.where(beside_closed, "no_go", "too_far")
    return pd.DataFrame(
        {
            "reason": pd.Series(reason, index=premises.index, dtype="str"),
            "distance_m": find_nearest(points, lines)[1],
        },
        index=premises.index.rename("premises_id"),
    )
