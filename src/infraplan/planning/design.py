"""A tree of trenches to a dimensioned network: cabinets, fibres and cables, and what they make it cost.

Fibres are counted from the premises to the existing network. A drop holds the fibres of its premises, spare
ones with them; all of them end in the cabinet. From there on, point to point, each lit fibre has one of its
own; in a passive optical network one leads to a splitter for many. Where both kinds share a trench, they
share its cables, to which the study adds its spare fibres.
"""

from dataclasses import dataclass
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.network.costs import add_up, itemise
from infraplan.planconfig import Design
from infraplan.routing import Cabinets, Forest, grow_forest, path_sums, place_cabinets, sum_below
from infraplan.tables import MONEY

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_EXACT = 1_000_000
"""Shares are decimals, not the binary numbers next to them: read to so many parts."""


@dataclass(frozen=True)
class _Demand:
    """What is asked for at each node: premises, fibres in their drops, lit fibres, shapes (n,)."""

    premises: Ints
    drop: Ints
    lit: Ints


def design_network(
    routes: gpd.GeoDataFrame,
    served: pd.DataFrame,
    roots: Ints,
    nodes: gpd.GeoDataFrame,
    book: CostBook,
    study: Study,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Dimension a plan's network by ``[design]``.

    Parameters
    ----------
    routes
        Priced edges that are built (contract EDGES), a forest on the roots.
    served
        Contract SERVED: each premises at a node of the forest.
    roots
        Nodes where the existing network is joined, shape (r,).
    nodes
        Contract NODES, of the whole graph: no cabinet stands at premises.

    Returns
    -------
    routes
        Contract ROUTES, at the price of its cables and fibres.
    cabinets
        Contract CABINETS, from the roots to the leaves, chambers where fewer premises meet than
        ``cabinet_least``. Premises at a root need none.

    Raises
    ------
    ValueError
        The routes are no forest on the roots, or premises are not at it.
    """
    design = study.design
    forest = grow_forest(routes["tail"], routes["head"], roots, count=len(nodes))
    demand = _count_demand(find_nodes(served, forest), served, design, len(nodes))
    placed = place_cabinets(
        forest,
        routes["length_m"],
        np.where(forest.depth > 0, demand.premises, 0),
        most=design.cabinet_premises,
        reach_m=design.cabinet_m,
        closed=np.flatnonzero(nodes["kind"] == "premises"),
    )
    feeder = _count_feeder(placed, demand, design)
    needed = _count_fibres(forest, placed, demand, feeder)
    fibres = np.where(_find_drops(routes, forest), needed, _add_spare(needed, design))
    names = np.array([*(f"C{number:04d}" for number in range(1, len(placed.node) + 1)), ""], object)
    dimensioned = _fill_in(routes).assign(
        premises=sum_below(forest, demand.premises)[forest.child],
        fibres=fibres,
        cables=pd.Series(choose_cables(fibres, book), index=routes.index, dtype="str"),
        cabinet_id=pd.Series(names[placed.cabinet[forest.child]], index=routes.index, dtype="str"),
        joints=fibres * count_joints(routes, forest, design),
    )
    crowns = add_up(itemise(dimensioned, book, design), len(dimensioned))
    dimensioned = dimensioned.assign(**dict(zip(MONEY, crowns.T, strict=True)))
    cabinets = _list_cabinets(placed, names[:-1], _add_spare(feeder, design), nodes, design)
    return dimensioned, assign_cabinets(cabinets, dimensioned, roots)


def assign_cabinets(cabinets: gpd.GeoDataFrame, routes: pd.DataFrame, roots: Ints) -> gpd.GeoDataFrame:
    """Return cabinets with project and phase of the edge that feeds each; at a root, of the first edge there.

    Parameters
    ----------
    routes
        Contract ROUTES, a forest on the roots. Without projects as yet all are ``""`` and 0.
    """
    known = _fill_in(routes)
    node = cabinets["node"].to_numpy(np.int64)
    ends = np.concatenate([routes["tail"], routes["head"], roots, node, [0]]).astype(np.int64)
    forest = grow_forest(routes["tail"], routes["head"], roots, count=int(ends.max()) + 1)
    first = np.full(len(forest.parent), -1, np.int64)
    first[forest.parent[forest.child][::-1]] = np.arange(len(routes))[::-1]
    edge = np.where(forest.parent_edge[node] < 0, first[node], forest.parent_edge[node])
    project = np.append(known["project_id"].to_numpy(object), "")[edge]
    return cabinets.assign(
        project_id=pd.Series(project, index=cabinets.index, dtype="str"),
        phase=np.append(known["phase"].to_numpy(np.int64), 0)[edge],
    )


def find_overfull(routes: pd.DataFrame) -> pd.Index:
    """Return the edges (contract ROUTES) in ducts that are there and have no room for all their cables."""
    pieces = np.where(routes["cables"] == "", 0, routes["cables"].str.count(r"\+") + 1)
    return routes.index[(routes["existing"] != "new").to_numpy() & (pieces > routes["room"].to_numpy())]


def choose_cables(fibres: Ints, book: CostBook) -> NDArray[np.object_]:
    """Return the cables that hold so many fibres, as 192+48, largest first, ``""`` for none, shape (m,).

    The smallest single cable that holds them; beyond the largest as many of these as can be filled, and the
    smallest that holds the rest. Where more fibres are dearer this is the cheapest single cable; two smaller
    ones would at some prices be cheaper still, but ask for room in two ducts.
    """
    sizes = np.array([cable.fibres for cable in book.cables])
    numbers, which = np.unique(fibres, return_inverse=True)
    names = []
    for number in numbers.tolist():
        whole, rest = divmod(number, int(sizes[-1]))
        last = [int(sizes[np.searchsorted(sizes, rest)])] if rest else []
        names.append("+".join(map(str, [int(sizes[-1])] * whole + last)))
    return np.array(names, object)[which]


def count_joints(routes: pd.DataFrame, forest: Forest, design: Design) -> Ints:
    """Return how often each fibre in an edge is spliced onto the next cable, shape (m,).

    Cables are thought to end at every full ``cable_m`` from the root; those of drops at every full one from
    where the drop begins.
    """
    length = routes["length_m"].to_numpy(np.float64)
    away = path_sums(forest, length)
    drop = _find_drops(routes, forest)
    begin = np.where(drop, 0.0, away[forest.parent[forest.child]])
    end = np.where(drop, length, away[forest.child])
    return np.asarray(np.floor(end / design.cable_m) - np.floor(begin / design.cable_m), np.int64)


def find_nodes(served: pd.DataFrame, forest: Forest) -> Ints:
    """Return the node of each of the served, shape (p,).

    Raises
    ------
    ValueError
        No route leads to one of them.
    """
    node = served["node"].to_numpy(np.int64)
    inside = (node >= 0) & (node < len(forest.depth))
    inside[inside] = forest.depth[node[inside]] >= 0
    if not inside.all():
        raise ValueError(f"premises {served.index[~inside][0]!r} are served, but no route leads to them")
    return node


def _fill_in(routes: pd.DataFrame) -> pd.DataFrame:
    """Return routes with the columns of projects and phases, empty where there are none as yet."""
    columns: dict[str, pd.Series] = {
        "project_id": pd.Series("", index=routes.index, dtype="str"),
        "phase": pd.Series(0, index=routes.index, dtype="int64"),
    }
    return routes.assign(**{name: column for name, column in columns.items() if name not in routes})


def _find_drops(routes: pd.DataFrame, forest: Forest) -> Mask:
    """Tell which edges lead down to premises and no further."""
    return np.asarray((routes["kind"] == "drop").to_numpy() & (routes["head"].to_numpy() == forest.child))


def _count_demand(node: Ints, served: pd.DataFrame, design: Design, count: int) -> _Demand:
    units = (served["households"] + served["workplaces"]).to_numpy(np.int64)
    premises, drop, lit = np.zeros((3, count), np.int64)
    np.add.at(premises, node, 1)
    np.add.at(drop, node, np.maximum(design.fibres_per_premises, units))
    np.add.at(lit, node, np.maximum(1, units))
    return _Demand(premises, drop, lit)


def _count_feeder(placed: Cabinets, demand: _Demand, design: Design) -> Ints:
    """Return the fibres that each cabinet needs towards the root, shape (k,)."""
    lit = np.zeros(len(placed.node), np.int64)
    has = np.flatnonzero(placed.cabinet >= 0)
    np.add.at(lit, placed.cabinet[has], demand.lit[has])
    return -(-lit // design.split) if design.architecture == "gpon" else lit


def _count_fibres(forest: Forest, placed: Cabinets, demand: _Demand, feeder: Ints) -> Ints:
    """Return the fibres that each edge needs, shape (m,): those of drops end where their cabinet's begin."""
    change = demand.drop.copy()
    has = np.flatnonzero(placed.cabinet >= 0)
    np.subtract.at(change, placed.node[placed.cabinet[has]], demand.drop[has])
    np.add.at(change, placed.node, feeder)
    return np.asarray(sum_below(forest, change)[forest.child], np.int64)


def _add_spare(fibres: Ints, design: Design) -> Ints:
    """Return fibres with the spare ones: whole fibres, rounded up."""
    spare = Fraction(design.spare).limit_denominator(_EXACT)
    return fibres - (-fibres * spare.numerator) // spare.denominator


def _list_cabinets(
    placed: Cabinets, names: NDArray[np.object_], fibres_in: Ints, nodes: gpd.GeoDataFrame, design: Design
) -> gpd.GeoDataFrame:
    longest = np.zeros(len(placed.node))
    has = np.flatnonzero(placed.cabinet >= 0)
    np.maximum.at(longest, placed.cabinet[has], placed.distance_m[has])
    index = pd.Index(names, name="cabinet_id", dtype="str")
    return gpd.GeoDataFrame(
        {
            "kind": pd.Series(
                np.where(placed.load < design.cabinet_least, "chamber", "cabinet"), index=index, dtype="str"
            ),
            "node": placed.node,
            "premises": placed.load,
            "fibres_in": fibres_in,
            "longest_m": longest,
            "too_far": longest > design.cabinet_m,
        },
        index=index,
        geometry=nodes.geometry.to_numpy()[placed.node],
        crs=nodes.crs,
    )
