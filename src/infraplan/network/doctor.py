"""The network doctor: what is wrong with the roads, before anybody plans on them."""

import geopandas as gpd
import numpy as np
import shapely

from infraplan.config import Study
from infraplan.layers.faults import faults, gather
from infraplan.network.graph import RouteGraph, build_graph
from infraplan.network.lines import Ints
from infraplan.network.snap import find_ground, find_nearest, round_metres


def check_network(roads: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return all that is wrong with roads, and with where premises lie along them.

    Returns
    -------
    GeoDataFrame
        Contract FAULTS: what ``build_graph`` repairs (``dangling_end``, ``road_too_short``), and what
        ``check_graph`` finds.

    Raises
    ------
    PlanError
        There are no roads.
    """
    graph, repaired = build_graph(roads, study)
    return gather([repaired, check_graph(graph, premises, study)], roads.crs)


def check_graph(graph: RouteGraph, premises: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return a fault ``island`` for each road island, ``premises_far`` for each premises too far from roads.

    An island is every part of the network but the longest. Its premises are those whose nearest road it is.
    """
    ground = find_ground(graph)
    lines = graph.edges.geometry.to_numpy()[ground]
    nearest, away_m = find_nearest(premises.geometry.to_numpy(), lines)
    near = away_m <= study.network.attach_m
    part = graph.nodes["component"].to_numpy()[graph.tails]
    on_part = np.bincount(part[ground[nearest[near]]], minlength=part.max() + 1)
    far = premises[~near]
    too_far = faults(
        "premises_far",
        "premises",
        severity="warning",
        feature_ids=list(far.index),
        shapes=list(far.geometry),
        crs=premises.crs,
        values=[
            {"distance": round_metres(distance), "attach_m": round(study.network.attach_m)}
            for distance in away_m[~near]
        ],
    )
    return gather([_report_islands(graph, part, on_part), too_far], graph.edges.crs)


def _report_islands(graph: RouteGraph, part: Ints, premises: Ints) -> gpd.GeoDataFrame:
    order = np.argsort(part, kind="stable")
    parts, start = np.unique(part[order], return_index=True)
    groups = np.split(order, start[1:])
    lines, length_m = graph.edges.geometry.to_numpy(), graph.edges["length_m"].to_numpy()
    islands = [(int(number), rows) for number, rows in zip(parts, groups, strict=True) if number > 0]
    return faults(
        "island",
        "roads",
        severity="warning",
        feature_ids=[graph.edges["road_id"].iloc[rows[0]] for _, rows in islands],
        shapes=[shapely.multilinestrings(list(lines[rows])) for _, rows in islands],
        crs=graph.edges.crs,
        values=[
            {"island": str(number), "length_m": round(length_m[rows].sum()), "count": int(premises[number])}
            for number, rows in islands
        ],
    )
