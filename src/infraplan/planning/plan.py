"""White spots to a plan: where to dig, for whom, for a goal.

The goal *all* is a Steiner tree over everybody who can be reached. *Target* and *budget* start from that
tree, cut its dearest branches per unit (``forest``), route anew to those who are left, and spend what a
budget has over on the cheapest ones within reach. These two are heuristics and carry no bound.
"""

import sys
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from infraplan.errors import PlanError
from infraplan.network.graph import RouteGraph
from infraplan.planning.forest import hang, prune_to_budget, prune_to_target
from infraplan.planning.model import Plan
from infraplan.routing import Tree, steiner_tree

Ints = NDArray[np.int64]

_COMPILE_FROM = sys.maxsize
"""Plans are drawn by the plain search: a first plan must not wait half a minute for a compiler."""
METHOD = (
    "Steiner tree along roads with a bound by dual ascent; target and budget by pruning the dearest branches"
)


def make_plan(
    graph: RouteGraph,
    node_of: pd.Series,
    roots: Ints,
    candidates: pd.DataFrame,
    *,
    unattached: pd.DataFrame,
    aim: tuple[str, int] | None = None,
    budget_sek: int | None = None,
) -> Plan:
    """Plan trenches to the candidates for a goal.

    Parameters
    ----------
    graph
        The route graph with drops.
    node_of
        Graph node of each candidate that a drop reaches; index ``premises_id``.
    roots
        Nodes where new fibre can be spliced onto the existing network, shape (r,).
    candidates
        Premises that the goal asks about: index ``premises_id``, ``households`` and ``workplaces``.
    unattached
        Candidates that no drop reaches: index ``premises_id``, ``reason`` and ``distance_m``.
    aim
        For a target: the unit (``households``, ``workplaces`` or ``households+workplaces``) and how many
        more are needed. The cheapest way found to that many.
    budget_sek
        For a budget: the most that the plan may cost. The most households found for it.

    Returns
    -------
    Plan
        Every candidate is in ``served`` or in ``unserved``, with the reason.

    Raises
    ------
    PlanError
        There is no existing network to start from.
    """
    if not len(roots):
        raise PlanError("no_roots")
    everybody = node_of.index.intersection(candidates.index, sort=True)
    draft, tree = _route(graph, node_of.loc[everybody], roots)
    reached = draft.node_of.index
    bound: int | None = int(tree.lower_bound)
    if aim is not None or budget_sek is not None:
        draft, bound = _choose(graph, roots, draft, candidates, aim, budget_sek), None
    routes = _routes(graph, draft.edges)
    chosen = draft.node_of.index
    return Plan(
        goal="target" if aim else "budget" if budget_sek is not None else "all",
        routes=routes,
        served=_served(routes, draft.node_of, candidates),
        unserved=_unserved(
            candidates, unattached, everybody, reached, chosen, over_budget=budget_sek is not None
        ),
        lower_bound_sek=bound,
        aim=aim[1] if aim else None,
        reached_goal=aim is None or int(units(candidates.loc[chosen], aim[0]).sum()) >= aim[1],
        method=METHOD,
    )


@dataclass(frozen=True)
class _Draft:
    """Premises with their nodes, and the edges that serve them."""

    node_of: pd.Series
    edges: Ints
    cost_sek: int


def units(table: pd.DataFrame, unit: str) -> pd.Series:
    """Return how many units (households, workplaces, or both) each premises has."""
    return sum(
        (table[name] for name in unit.split("+")), start=pd.Series(0, index=table.index, dtype="int64")
    )


def _choose(
    graph: RouteGraph,
    roots: Ints,
    whole: _Draft,
    candidates: pd.DataFrame,
    aim: tuple[str, int] | None,
    budget_sek: int | None,
) -> _Draft:
    """Return a draft for those who are worth serving for a target or a budget."""
    unit, needed = aim or ("households", 0)
    weights = units(candidates.loc[whole.node_of.index], unit)
    forest = hang(graph.tails, graph.heads, whole.edges, roots, len(graph.nodes))
    at_node = np.zeros(len(graph.nodes), np.int64)
    np.add.at(at_node, whole.node_of.to_numpy(np.int64), weights.to_numpy(np.int64))
    tree = forest, graph.costs[forest.edge], at_node[forest.nodes]

    def keep(stays: NDArray[np.bool_]) -> _Draft:
        chosen = whole.node_of[whole.node_of.isin(forest.nodes[stays]) & (weights > 0)]
        kept = np.sort(forest.edge[stays])
        pruned = _Draft(chosen, kept, int(graph.costs[kept].sum()))
        return min(pruned, _route(graph, chosen, roots)[0], key=lambda draft: draft.cost_sek)

    if budget_sek is None:
        return keep(prune_to_target(*tree, least=needed))
    spend = partial(
        _spend_the_rest, graph, roots, node_of=whole.node_of, weights=weights, budget_sek=budget_sek
    )
    drafts = [
        spend(keep(prune_to_budget(*tree, most_sek=budget_sek, sparing=sparing))) for sparing in (False, True)
    ]
    return max(drafts, key=lambda draft: (int(weights[draft.node_of.index].sum()), -draft.cost_sek))


def _spend_the_rest(
    graph: RouteGraph, roots: Ints, draft: _Draft, *, node_of: pd.Series, weights: pd.Series, budget_sek: int
) -> _Draft:
    """Add premises whose path from the plan costs least per household, as long as the money lasts.

    Each round routes anew, so paths that neighbours share are paid once. A tree of more premises may still
    cost more than their paths: then the better half of them is tried. It ends when a round adds nobody.
    """
    while True:
        rest = node_of[~node_of.index.isin(draft.node_of.index) & (weights > 0)]
        price = _price_paths(graph, draft.edges, roots)[rest.to_numpy(np.int64)]
        by_value = np.argsort(price / weights.loc[rest.index].to_numpy(), kind="stable")
        more = by_value[np.cumsum(price[by_value]) <= budget_sek - draft.cost_sek]
        while len(more):
            wider, _ = _route(graph, pd.concat([draft.node_of, rest.iloc[np.sort(more)]]).sort_index(), roots)
            if wider.cost_sek <= budget_sek:
                break
            more = more[: len(more) // 2]
        if not len(more):
            return draft
        draft = wider


def _price_paths(graph: RouteGraph, edges: Ints, roots: Ints) -> NDArray[np.float64]:
    """Return what the cheapest path from some edges or roots to each premises costs in SEK, shape (n,).

    Infinite where there is no path, and for all other nodes. No path leads over anybody's plot.
    """
    size = len(graph.nodes)
    drop = (graph.edges["kind"] == "drop").to_numpy()
    inner, built = np.flatnonzero(~drop), edges[~drop[edges]]
    low, high = np.minimum(graph.tails, graph.heads)[inner], np.maximum(graph.tails, graph.heads)[inner]
    # Of parallel edges the cheapest counts: a sparse matrix would add them up.
    order = np.lexsort((graph.costs[inner], high, low))
    _, first = np.unique(np.c_[low, high][order], axis=0, return_index=True)
    row, column, cost = (values[order[first]] for values in (low, high, graph.costs[inner]))
    matrix = sparse.csr_array((cost.astype(np.float64), (row, column)), shape=(size, size))
    sources = np.unique(np.concatenate([graph.tails[built], graph.heads[built], roots]))
    away = csgraph.dijkstra(matrix, directed=False, indices=sources, min_only=True)
    price = np.full(size, np.inf)
    np.minimum.at(price, graph.heads[drop], away[graph.tails[drop]] + graph.costs[drop])
    return price


def _route(graph: RouteGraph, node_of: pd.Series, roots: Ints) -> tuple[_Draft, Tree]:
    """Route so that each premises is a leaf with one drop: no trench runs through anybody's plot."""
    plots = np.flatnonzero(graph.nodes["kind"] == "premises")
    tree = steiner_tree(
        graph.tails,
        graph.heads,
        graph.costs,
        node_of.to_numpy(np.int64),
        roots=roots,
        ends=plots,
        compile_from=_COMPILE_FROM,
    )
    reached = node_of[~node_of.isin(tree.unreached)]
    return _Draft(reached, tree.edges, int(tree.cost)), tree


def _routes(graph: RouteGraph, edges: Ints) -> gpd.GeoDataFrame:
    """Return the edges that are built, each with its project: what hangs together, largest first."""
    built = graph.edges.loc[edges]
    joined = sparse.coo_array(
        (np.ones(len(built)), (built["tail"], built["head"])), shape=(len(graph.nodes), len(graph.nodes))
    )
    _, part_of_node = csgraph.connected_components(joined, directed=False)
    part = pd.Series(part_of_node[built["tail"].to_numpy()], index=built.index)
    by_cost = built["cost_sek"].groupby(part).sum().sort_values(ascending=False, kind="stable")
    name = pd.Series(
        [f"P{number:04d}" for number in range(1, len(by_cost) + 1)], index=by_cost.index, dtype="str"
    )
    return built.assign(project_id=part.map(name).astype("str"), phase=np.ones(len(built), np.int64))


def _served(routes: gpd.GeoDataFrame, node_of: pd.Series, candidates: pd.DataFrame) -> pd.DataFrame:
    ends = pd.concat([routes.set_index("tail")["project_id"], routes.set_index("head")["project_id"]])
    project = ends[~ends.index.duplicated()]
    return pd.DataFrame(
        {
            "node": node_of.astype("int64"),
            "households": candidates.loc[node_of.index, "households"],
            "workplaces": candidates.loc[node_of.index, "workplaces"],
            "project_id": node_of.map(project).fillna("").astype("str"),
        },
        index=node_of.index.rename("premises_id"),
    )


def _unserved(
    candidates: pd.DataFrame,
    unattached: pd.DataFrame,
    attached: pd.Index,
    reached: pd.Index,
    chosen: pd.Index,
    *,
    over_budget: bool,
) -> pd.DataFrame:
    left = candidates.index.difference(chosen, sort=False)
    reason = pd.Series("too_far", index=left, dtype="str")
    reason[left.isin(attached)] = "island"
    reason[left.isin(reached)] = "over_budget" if over_budget else "not_chosen"
    known = unattached["distance_m"].reindex(left)
    return pd.DataFrame(
        {
            "households": candidates.loc[left, "households"],
            "workplaces": candidates.loc[left, "workplaces"],
            "reason": reason,
            "distance_m": known.astype("float64"),
        },
        index=left.rename("premises_id"),
    )
