"""What a second way costs: the cheapest ring for each important node of a plan, and for all at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan import routing, tables
from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.layers.public_kinds import is_protected
from infraplan.network.graph import RouteGraph
from infraplan.network.lines import Ints
from infraplan.planning.reach import price_network

FIBRE_NODE, CABINET, ALL = "fibre_node", "cabinet", "all"
"""Kinds of rings beside the kinds of public buildings."""
Mask = NDArray[np.bool_]

_NONE = -1
_MOST_EDGES = 6_000
"""Beyond the plan, that the ring of all is chosen from: a few seconds' work."""
_HALVES = 5
"""How often the view is halved until it holds no more than those."""


@dataclass(frozen=True)
class _Asked:
    """From where second ways lead.

    Attributes
    ----------
    node, begin
        What is important, and where its second way begins, shapes (k,).
    between
        Whether that is from its piece of the existing network to another one, shape (k,).
    piece
        The piece of the existing network at each node, −1 elsewhere, shape (n,).
    """

    node: Ints
    begin: Ints
    between: Mask
    piece: Ints

    def take(self, rows: Mask) -> Self:
        """Return some of them, shape (k,)."""
        return replace(self, node=self.node[rows], begin=self.begin[rows], between=self.between[rows])


@dataclass(frozen=True)
class _Net:
    """Where second ways may run: the graph with the existing network as one node, and over nobody's plot.

    Attributes
    ----------
    name
        The net's node at each node of the graph, shape (n,).
    root
        The existing network's.
    tails, heads, costs
        The net's edges; what the plan builds costs nothing; shapes (m,).
    edge
        Their edge_id, −1 for what joins a piece of the existing network to the rest of it, shape (m,).
    tree
        Positions of what is there.
    """

    name: Ints
    root: int
    tails: Ints
    heads: Ints
    costs: Ints
    edge: Ints
    tree: Ints


def find_important(
    graph: RouteGraph,
    routes: gpd.GeoDataFrame,
    served: pd.DataFrame,
    cabinets: gpd.GeoDataFrame,
    roots: Ints,
    fibre_nodes: gpd.GeoDataFrame | None,
    public_buildings: gpd.GeoDataFrame | None,
    study: Study,
) -> pd.DataFrame:
    """Find the nodes for which ``[rings]`` asks a second way.

    Parameters
    ----------
    graph, routes, served, cabinets
        The graph, and the contracts ROUTES, SERVED and CABINETS of the plan on it.
    roots
        Nodes where the existing network can be joined, shape (r,).
    fibre_nodes, public_buildings
        The layers of these names, where the study has them.

    Returns
    -------
    DataFrame
        ``node``, ``kind`` and ``name``: fibre nodes at whose place the plan starts, cabinets with many
        premises behind them, vital public buildings whose nearest premises are served; in this order.
    """
    rings = study.rings
    forest = routing.grow_forest(routes["tail"], routes["head"], roots, count=len(graph.nodes))
    behind = _count_below(forest, served)[cabinets["node"].to_numpy(np.int64)]
    large = cabinets[behind >= rings.cabinet_premises]
    found = [_name_rows(large["node"].to_numpy(np.int64), CABINET, large.index.to_numpy(object))]
    if fibre_nodes is not None and rings.nodes:
        starts = np.intersect1d(roots, routes[["tail", "head"]].to_numpy())
        # Places are told apart to snap_m, so that cuts lie off their true place by no more.
        near, row = _match(graph, starts, fibre_nodes, study.network.access_m + study.network.snap_m)
        told = fibre_nodes.iloc[row]
        names = np.where(told["operator"] == "", told.index, told["operator"])
        found.insert(0, _name_rows(near, FIBRE_NODE, names).drop_duplicates("node"))
    if public_buildings is not None:
        vital = public_buildings[public_buildings["kind"].isin(rings.kinds) & ~is_protected(public_buildings)]
        homes = np.union1d(served["node"], np.flatnonzero(graph.nodes["kind"] == "premises"))
        near, row = _match(graph, homes.astype(np.int64), vital, rings.premises_m)
        there = np.isin(near, served["node"])
        told = vital.iloc[row[there]]
        found.append(_name_rows(near[there], told["kind"].to_numpy(object), told["name"].to_numpy(object)))
    return pd.concat(found, ignore_index=True)


def price_rings(
    graph: RouteGraph,
    routes: gpd.GeoDataFrame,
    served: pd.DataFrame,
    roots: Ints,
    important: pd.DataFrame,
    book: CostBook,
    study: Study,
) -> gpd.GeoDataFrame:
    """Price the cheapest second way from each important node to the existing network, and from all at once.

    Two ways share no edge; what the plan builds is there already and free, and only what it lacks is priced,
    design and margin with it, at the smallest cable. The existing network is one node, wherever it is met.
    For a fibre node the second way leads from the piece of the existing network that it belongs to, as far
    as the roads tell, to another piece: its own way into the network is not known. Premises have one drop:
    their second way begins at its road. No way leads over a plot.

    The cheapest pairs are exact (``routing.second_ways``); the ring of all is the cheapest found by
    ``routing.two_connected``, never dearer than the single ones together, whose trenches it may share. On
    large graphs it is looked for near the plan alone.

    Parameters
    ----------
    graph, routes, served
        The graph, and the contracts ROUTES and SERVED of the plan on it.
    roots
        Nodes where the existing network can be joined, shape (r,).
    important
        As ``find_important`` returns it.

    Returns
    -------
    GeoDataFrame
        Contract RINGS: a row each, then ``all`` of those that are possible, with node −1. A node in the
        existing network has its ring at no cost, and no geometry.
    """
    if important.empty:
        return gpd.GeoDataFrame(tables.empty(tables.RINGS, graph.edges.crs))
    tail, head = (routes[name].to_numpy(np.int64) for name in ("tail", "head"))
    forest = routing.grow_forest(tail, head, roots, count=len(graph.nodes))
    asked = _ask(graph, routes, roots, important, forest)
    ways = _find_ways(graph, routes, asked)
    some = asked.take(np.array([way is not None for way in ways]))
    there = [way for way in ways if way is not None]
    every = _join_all(graph, routes, some, there, study.plan.gap) if there else None
    ring_ids = [*(f"R{number:04d}" for number in range(1, len(ways) + 1)), ALL]
    table = pd.DataFrame(
        [_measure(graph.edges, way, book) for way in (*ways, every)],
        index=pd.Index(ring_ids, name="ring_id", dtype="str"),
    ).assign(
        kind=np.array([*important["kind"], ALL], dtype=object),
        name=np.array([*important["name"], ""], dtype=object),
        node=np.r_[asked.node, _NONE],
        premises=_count_behind(forest, served, asked, some),
    )
    table = table.astype({"kind": "str", "name": "str"})[[*tables.RINGS.names, "geometry"]]
    return gpd.GeoDataFrame(table, geometry="geometry", crs=graph.edges.crs)


def _name_rows(nodes: Ints, kinds: Any, names: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"node": nodes, "kind": kinds, "name": names}, index=range(len(nodes)))
    return frame.astype({"kind": "str", "name": "str"})


def _match(graph: RouteGraph, nodes: Ints, things: gpd.GeoDataFrame, reach_m: float) -> tuple[Ints, Ints]:
    """Return the nearest of some nodes to each thing within reach, and the thing's row, shapes (k,)."""
    places = graph.nodes.geometry.to_numpy()[nodes]
    row, place = shapely.STRtree(places).query_nearest(
        things.geometry.to_numpy(), max_distance=reach_m, all_matches=False
    )
    return nodes[place], row.astype(np.int64)


def _ask(
    graph: RouteGraph,
    routes: gpd.GeoDataFrame,
    roots: Ints,
    important: pd.DataFrame,
    forest: routing.Forest,
) -> _Asked:
    node = important["node"].to_numpy(np.int64)
    on_drop = np.r_[(routes["kind"] == "drop").to_numpy(), False][forest.parent_edge[node]]
    met = np.zeros(len(graph.nodes), np.bool_)
    met[roots] = True
    joined = graph.edges["access"].to_numpy(np.bool_) & met[graph.tails] & met[graph.heads]
    pairs = coo_array(
        (np.ones(int(joined.sum()), np.int8), (graph.tails[joined], graph.heads[joined])),
        shape=(len(met), len(met)),
    )
    piece = np.where(met, connected_components(pairs, directed=False)[1], _NONE).astype(np.int64)
    between = (important["kind"] == FIBRE_NODE).to_numpy() & met[node]
    return _Asked(node, np.where(on_drop, forest.parent[node], node), between, piece)


def _make_net(graph: RouteGraph, routes: gpd.GeoDataFrame, asked: _Asked) -> _Net:
    """Return the net in which pieces of the existing network that are asked for have nodes of their own.

    Each is joined to the rest of the existing network once, for nothing: whatever is joined twice to such a
    piece is then joined twice to the rest, if the piece is.
    """
    root = len(graph.nodes)
    apart = np.unique(asked.piece[asked.node[asked.between]])
    place = np.searchsorted(apart, asked.piece)
    own = np.isin(asked.piece, apart)
    name = np.where(asked.piece == _NONE, np.arange(root), np.where(own, root + 1 + place, root))
    built = np.isin(np.arange(len(graph.edges)), routes.index.to_numpy())
    usable = np.flatnonzero(built | (graph.edges["kind"] != "drop").to_numpy())
    free = np.r_[built[usable], np.ones(len(apart), np.bool_)]
    costs = np.r_[graph.costs[usable], np.zeros(len(apart), np.int64)]
    return _Net(
        name=name,
        root=root,
        tails=np.r_[name[graph.tails[usable]], root + 1 + np.arange(len(apart))],
        heads=np.r_[name[graph.heads[usable]], np.full(len(apart), root)],
        costs=np.where(free, 0, costs),
        edge=np.r_[usable, np.full(len(apart), _NONE)],
        tree=np.flatnonzero(free),
    )


def _find_ways(graph: RouteGraph, routes: gpd.GeoDataFrame, asked: _Asked) -> list[Ints | None]:
    """Return the edges of each second way, by edge_id; None where there is none."""
    found: dict[int, Ints | None] = {}
    for rows in (asked.between, ~asked.between):
        some = asked.take(rows)
        net = _make_net(graph, routes, some)
        ways = routing.second_ways(
            net.tails, net.heads, net.costs, net.tree, net.name[some.begin], root=net.root
        )
        edges = [None if way is None else net.edge[way] for way in ways]
        found |= dict(zip(np.flatnonzero(rows).tolist(), edges, strict=True))
    return [found[row] for row in range(len(rows))]


def _join_all(
    graph: RouteGraph, routes: gpd.GeoDataFrame, asked: _Asked, ways: Sequence[Ints], gap: float
) -> Ints:
    """Return the edges of a cheap network in which all that is asked for is joined twice, by edge_id."""
    net = _make_net(graph, routes, asked)
    single = np.flatnonzero(np.isin(net.edge, np.concatenate(ways)))
    near = np.zeros(len(net.edge), np.bool_)
    near[single] = near[net.tree] = True
    spent = [int(graph.costs[way].sum()) for way in ways]
    # All that can be in a cheapest network; or else as much of what lies near the plan as can be looked at.
    for reach in (sum(spent), *(max(spent) / 2**halves for halves in range(_HALVES))):
        choice = near | routing.find_near(net.tails, net.heads, net.costs, net.tree, reach)
        if choice.sum() - len(net.tree) <= _MOST_EDGES:
            near = choice
            break
    part = np.flatnonzero(near)
    found = routing.two_connected(
        net.tails[part],
        net.heads[part],
        net.costs[part],
        np.r_[net.name[asked.begin], net.root],
        tree=np.searchsorted(part, net.tree),
        gap=gap,
    )
    best = np.setdiff1d(part[found.edges], net.tree)
    return net.edge[best if net.costs[best].sum() <= net.costs[single].sum() else single]


def _measure(edges: gpd.GeoDataFrame, way: Ints | None, book: CostBook) -> dict[str, Any]:
    """Return what a second way has of its own: trench, cost with design and margin, geometry."""
    chosen = edges.iloc[[] if way is None else way]
    lines = shapely.multilinestrings(chosen.geometry.to_numpy())
    return {
        "trench_m": float(chosen["length_m"].where(chosen["existing"] == "new", 0.0).sum()),
        **price_network(chosen, book),
        "possible": way is not None,
        "geometry": shapely.line_merge(lines) if len(chosen) else None,
    }


def _count_behind(forest: routing.Forest, served: pd.DataFrame, asked: _Asked, some: _Asked) -> Ints:
    """Return the premises behind each node asked for, and behind some of them together, shape (k + 1,).

    Behind a piece of the existing network are all that the plan feeds through its roots.
    """
    below = _count_below(forest, served)
    of_piece = np.bincount(
        asked.piece + 1, weights=np.where(asked.piece == _NONE, 0, below), minlength=asked.piece.max() + 2
    )
    behind = np.where(asked.between, of_piece[asked.piece[asked.node] + 1], below[asked.node])
    homes = np.bincount(served["node"].to_numpy(np.int64), minlength=len(forest.parent))
    fed = np.isin(asked.piece, some.piece[some.node[some.between]])
    fed[some.node] = True
    parent, flags = forest.parent.tolist(), fed.tolist()
    for x in forest.order.tolist():
        flags[x] = flags[x] or (parent[x] >= 0 and flags[parent[x]])
    return np.asarray(np.r_[behind, homes[np.array(flags, np.bool_)].sum()], np.int64)


def _count_below(forest: routing.Forest, served: pd.DataFrame) -> Ints:
    """Return the premises that the plan serves at each node and below it, shape (n,)."""
    homes = np.bincount(served["node"].to_numpy(np.int64), minlength=len(forest.parent))
    return np.asarray(routing.sum_below(forest, homes), np.int64)
