"""What lies under, beside and across each stretch: where edges are cut for it, and what each is then told."""

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.config import Study
from infraplan.errors import PlanError
from infraplan.layers.dates import read_years
from infraplan.layers.read import Layers
from infraplan.network import areas as area_borders
from infraplan.network import follow, ground
from infraplan.network.crossings import count_crossings
from infraplan.network.graph import RouteGraph, number_parts
from infraplan.network.lines import Ints, Lines
from infraplan.network.snap import Attachment, find_ground
from infraplan.network.split import split_edges
from infraplan.planconfig import Follow

Mask = NDArray[np.bool_]

_SLIVER_M = 1.0
"""Cuts nearer than this to each other become one: borders of two layers seldom agree to the metre."""
_YEARS = 5
"""How far ahead planned works are looked for, where the study does not say."""


def cut_graph(
    graph: RouteGraph, layers: Layers, areas: gpd.GeoDataFrame, study: Study
) -> tuple[RouteGraph, gpd.GeoDataFrame]:
    """Cut road edges wherever what decides their price changes, and take out those that may not be built.

    That is at borders of areas, where the ground changes, and where ducts, poles and planned works begin and
    end along them, or around them.

    Parameters
    ----------
    areas
        As ``areas.find_areas`` returns them.

    Returns
    -------
    graph, closed
        The graph without the edges in closed areas, and these, with the numbers of their nodes in it.

    Raises
    ------
    PlanError
        Every road lies where nothing may be built.
    """
    # Borders are kept to the centimetre: nothing may lie in a closed area, not even a sliver.
    which, along = area_borders.cut_places(graph.edges.geometry.to_numpy(), areas)
    graph, _ = split_edges(graph, which, along, gap_m=study.network.snap_m)
    blocked = area_borders.assign_areas(graph.edges.geometry.to_numpy(), areas)["blocked"].to_numpy()
    if blocked.all() and len(blocked):
        raise PlanError("all_blocked", study=study.file or study.study.name)
    closed = gpd.GeoDataFrame(graph.edges[blocked])
    graph = take_out(graph, blocked)
    lines = graph.edges.geometry.to_numpy()
    lengths = shapely.length(lines)
    places = [ground.cut_places(lines, layers)]
    places += [follow.cut_places(runs, lengths) for _, runs, _ in _follow_all(lines, layers, study)]
    works = _timely_works(layers, study)
    if works is not None:
        places.append(area_borders.cut_places(lines, works[_are_areas(works)]))
    which, along = (np.concatenate(part) for part in zip(*places, strict=True))
    graph, _ = split_edges(graph, which.astype(np.int64), along, gap_m=_SLIVER_M)
    return graph, closed


def survey(attachment: Attachment, layers: Layers, areas: gpd.GeoDataFrame, study: Study) -> Attachment:
    """Tell every edge what lies under, beside and across it, and take out drops and links in closed areas.

    Premises that lose their last drop so join the unattached, with the reason ``no_go``.
    """
    graph = attachment.graph
    lines = graph.edges.geometry.to_numpy()
    inside = area_borders.assign_areas(lines, areas, cut=(graph.edges["kind"] == "road").to_numpy())
    graph = replace(
        graph,
        edges=graph.edges.assign(
            areas=inside["areas"].to_numpy(),
            factor=inside["factor"].to_numpy(),
            **_columns(ground.assign_ground(lines, layers)),
            **_columns(count_crossings(graph, layers)),
        ),
    )
    edges = graph.edges.assign(crossed_class=_name_crossed(graph))
    graph = replace(graph, edges=_assign_followed(edges, layers, study))
    return _detach(replace(attachment, graph=take_out(graph, inside["blocked"].to_numpy())))


def take_out(graph: RouteGraph, gone: Mask) -> RouteGraph:
    """Return the graph without some edges, shape (m,), its parts numbered anew; nodes stay."""
    if not gone.any():
        return graph
    edges = graph.edges[~gone].reset_index(drop=True).rename_axis("edge_id")
    road = (edges["kind"] != "drop").to_numpy()
    tails, heads = edges["tail"].to_numpy(np.int64), edges["head"].to_numpy(np.int64)
    part = number_parts(len(graph.nodes), tails[road], heads[road], edges["length_m"].to_numpy()[road])
    # Premises join nothing: they lie in the largest part that a drop leads to.
    ends = heads[~road]
    part[ends] = len(graph.nodes)
    np.minimum.at(part, ends, part[tails[~road]])
    return RouteGraph(graph.nodes.assign(component=part), edges)


def _columns(table: pd.DataFrame) -> dict[str, NDArray[np.generic]]:
    return {str(name): table[name].to_numpy() for name in table.columns}


def _follow_all(
    lines: Lines, layers: Layers, study: Study
) -> list[tuple[str, follow.Runs, gpd.GeoDataFrame]]:
    """Return what may be followed, by layer: the runs of all lines along it, and its rows."""
    asked: list[tuple[str, gpd.GeoDataFrame | None, Follow]] = [
        ("ducts", _usable_ducts(layers, study), study.ducts),
        ("power_lines", layers.get("power_lines") if study.poles.use else None, study.poles),
        ("planned_works", _timely_works(layers, study), study.works),
    ]
    return [
        (name, _follow(lines, table, rule), table)
        for name, table, rule in asked
        if table is not None and len(table)
    ]


def _follow(lines: Lines, table: gpd.GeoDataFrame, rule: Follow) -> follow.Runs:
    """Return the runs of lines along those rows of a table that are lines."""
    shapes = table.geometry.to_numpy()
    parts, row = shapely.get_parts(np.where(_are_areas(table), None, shapes), return_index=True)
    runs = follow.find_runs(
        lines,
        parts,
        corridor_m=rule.corridor_m,
        min_share=rule.min_share,
        min_run_m=rule.min_run_m,
        turn_degrees=rule.turn_degrees,
    )
    return replace(runs, asset=row[runs.asset])


def _are_areas(table: gpd.GeoDataFrame) -> Mask:
    return np.asarray(shapely.get_dimensions(table.geometry.to_numpy()) > 1)


def _find_around(lines: Lines, table: gpd.GeoDataFrame) -> tuple[Ints, Ints]:
    """Return the pairs of lines and areas of a table in which more than half of the line lies."""
    areas = np.flatnonzero(_are_areas(table))
    shapes = table.geometry.to_numpy()[areas]
    area, line = shapely.STRtree(lines).query(shapes, predicate="intersects")
    inside_m = shapely.length(shapely.intersection(lines[line], shapes[area]))
    most = inside_m > shapely.length(lines[line]) / 2
    return line[most].astype(np.int64), areas[area[most]]


def _usable_ducts(layers: Layers, study: Study) -> gpd.GeoDataFrame | None:
    """Return the ducts that have room for a cable, with the number of cables as ``room``."""
    ducts = layers.get("ducts")
    if ducts is None:
        return None
    room = ducts["free_capacity"].fillna(study.ducts.unknown_room)
    ducts = ducts.assign(room=np.floor(room.to_numpy(np.float64)).astype(np.int64))
    return gpd.GeoDataFrame(ducts[ducts["room"] > 0])


def _timely_works(layers: Layers, study: Study) -> gpd.GeoDataFrame | None:
    """Return the planned works within the years that the study builds in, with the share left to pay."""
    works = layers.get("planned_works")
    if works is None:
        return None
    first = study.works.from_year if study.works.from_year is not None else study.study.year
    last = study.works.to_year if study.works.to_year is not None else study.study.year + _YEARS
    in_time = (read_years(works["end"]) >= first) & (read_years(works["start"]) <= last)
    share = works["share"].fillna(study.works.share)
    return gpd.GeoDataFrame(works.assign(works_share=share)[in_time])


def _assign_followed(edges: gpd.GeoDataFrame, layers: Layers, study: Study) -> gpd.GeoDataFrame:
    """Return the edges with the duct, the poles and the planned works that road edges follow or lie in."""
    roads = np.flatnonzero(edges["kind"] == "road")
    lines = edges.geometry.to_numpy()[roads]
    for name, runs, table in _follow_all(lines, layers, study):
        share = (runs.end_m - runs.start_m) / np.maximum(shapely.length(lines[runs.line]), _SLIVER_M)
        rule = {"ducts": study.ducts, "power_lines": study.poles, "planned_works": study.works}[name]
        kept = share >= rule.min_share
        line, asset = roads[runs.line[kept]], runs.asset[kept]
        if name == "ducts":
            edges = _assign_ducts(edges, line, table.iloc[asset])
        elif name == "power_lines":
            edges = edges.assign(poles=edges.index.isin(edges.index[line]))
        else:
            around, within = _find_around(lines, table)
            line, asset = np.r_[line, roads[around]], np.r_[asset, within]
            edges = _assign_works(edges, line, table.iloc[asset])
    return edges


def _assign_ducts(edges: gpd.GeoDataFrame, line: Ints, ducts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each edge one duct: one of the builder's own before a leased one, the cheapest, the roomiest."""
    rent = ducts["price_sek_m"].to_numpy(np.float64)
    keys = [~ducts["own"].to_numpy(bool), np.nan_to_num(rent, nan=np.inf), -ducts["room"].to_numpy()]
    first = _first_of(line, keys)
    chosen = ducts.iloc[first]
    values = {
        "existing": np.where(chosen["own"], "own_duct", "leased_duct"),
        "duct_id": chosen.index.astype("str"),
        "rent_sek_m": rent[first],
        "room": chosen["room"].to_numpy(np.int64),
    }
    return _put(edges, line[first], values)


def _assign_works(edges: gpd.GeoDataFrame, line: Ints, works: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each edge the works that leave the least to pay."""
    share = works["works_share"].to_numpy(np.float64)
    first = _first_of(line, [share])
    names = works.index[first].astype("str")
    return _put(edges, line[first], {"works_id": names, "works_share": share[first]})


def _first_of(line: Ints, keys: Sequence[NDArray[np.generic]]) -> Ints:
    """Return the position of the first choice for each line, by keys, the foremost first."""
    order = np.lexsort((*reversed(keys), line))
    return np.asarray(order[np.unique(line[order], return_index=True)[1]])


def _put(edges: gpd.GeoDataFrame, rows: Ints, values: dict[str, object]) -> gpd.GeoDataFrame:
    """Return the edges with other values in some rows."""
    changed = {}
    for name, value in values.items():
        column = edges[name].to_numpy(object if edges[name].dtype == "str" else None).copy()
        column[rows] = np.asarray(value, column.dtype)
        changed[name] = pd.Series(column, index=edges.index, dtype=edges[name].dtype)
    return edges.assign(**changed)


def _name_crossed(graph: RouteGraph) -> pd.Series:
    """Return the functional class of the road that each drop or link crosses: that of the road it leaves.

    Where several roads meet that is the one of the lowest-numbered edge, as for the crossing itself.
    """
    edges = graph.edges
    road = (edges["kind"] == "road").to_numpy()
    ground = find_ground(graph)[::-1]
    at_node = np.full(len(graph.nodes), "", dtype=object)
    ends = np.stack([graph.tails[ground], graph.heads[ground]], axis=1).ravel()
    at_node[ends] = np.repeat(edges["road_class"].to_numpy(object)[ground], 2)
    crosses = (edges["cross_road"] > 0).to_numpy()
    return pd.Series(np.where(~road & crosses, at_node[graph.tails], ""), index=edges.index, dtype="str")


def _detach(attachment: Attachment) -> Attachment:
    """Move premises that no drop leads to any longer to the unattached."""
    graph, node_of = attachment.graph, attachment.node_of
    ends = graph.heads[(graph.edges["kind"] == "drop").to_numpy()]
    lost = node_of[~node_of.isin([*ends, *attachment.roots])]
    if lost.empty:
        return attachment
    reason = pd.Series("no_go", index=lost.index, dtype="str")
    gone = pd.DataFrame({"reason": reason, "distance_m": np.nan}, index=lost.index)
    return replace(
        attachment,
        node_of=node_of.drop(lost.index),
        unattached=pd.concat([attachment.unattached, gone]),
    )
