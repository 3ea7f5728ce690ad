"""White spots to a plan: where to dig, for whom, for a goal.

Everybody who can be reached (*all*) is a Steiner tree, the cheapest way to a target a quota tree, the most
households for a budget a budget tree: each comes with a bound, so that a plan says how far it can be from the
best one.
"""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from infraplan import routing
from infraplan.errors import PlanError
from infraplan.network.graph import RouteGraph
from infraplan.planning.model import Plan

Ints = NDArray[np.int64]

METHOD = "Steiner, quota or budget tree along roads by local search, with a bound by dual ascent"


@dataclass(frozen=True)
class Effort:
    """How long to look for a better plan.

    Attributes
    ----------
    gap
        The search ends when the plan is proven to be no further than this share from the best possible.
    time_limit_s
        Seconds after which the best plan so far is taken; None leaves it at a fixed amount of work, so that
        the same study gives the same plan on any machine.
    progress
        Told of the best value, the bound and the seconds so far; it ends the search by answering True.
    """

    gap: float = 0.0
    time_limit_s: float | None = None
    progress: routing.Progress | None = None


def make_plan(
    graph: RouteGraph,
    node_of: pd.Series,
    roots: Ints,
    candidates: pd.DataFrame,
    *,
    unattached: pd.DataFrame,
    aim: tuple[str, int] | None = None,
    budget_sek: int | None = None,
    effort: Effort | None = None,
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
    effort
        When to stop looking for a better plan.

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
    attached = node_of.loc[node_of.index.intersection(candidates.index, sort=True)]
    unit, needed = aim or ("households", None)
    worth = units(candidates.loc[attached.index], unit)
    tree = _find_tree(graph, roots, attached, worth, needed, budget_sek, effort or Effort())
    routes = _routes(graph, tree.edges)
    chosen = attached[attached.isin([*routes["tail"], *routes["head"], *roots.tolist()])]
    reason = pd.Series(
        "not_chosen" if budget_sek is None else "over_budget", index=attached.index, dtype="str"
    )
    reason[worth == 0] = "not_counted"
    reason[~attached.isin(_reach(graph, roots))] = "island"
    served = _served(routes, chosen, candidates)
    return Plan(
        goal="target" if aim else "budget" if budget_sek is not None else "all",
        routes=routes,
        served=served,
        unserved=_unserved(candidates, unattached, chosen.index, reason),
        lower_bound_sek=ceil(tree.lower_bound) if budget_sek is None else None,
        most_households=floor(tree.lower_bound) if budget_sek is not None else None,
        aim=needed,
        reached_goal=needed is None or int(units(served, unit).sum()) >= needed,
        method=METHOD,
        ended=tree.ended,
    )


def units(table: pd.DataFrame, unit: str) -> pd.Series:
    """Return how many units (households, workplaces, or both) each premises has."""
    return sum(
        (table[name] for name in unit.split("+")), start=pd.Series(0, index=table.index, dtype="int64")
    )


def _find_tree(
    graph: RouteGraph,
    roots: Ints,
    node_of: pd.Series,
    worth: pd.Series,
    needed: int | None,
    budget_sek: int | None,
    effort: Effort,
) -> routing.Tree:
    """Route so that each premises is a leaf with one drop: no trench runs through anybody's plot."""
    homes = node_of.to_numpy(np.int64)
    prizes = np.zeros(len(graph.nodes), np.int64)
    np.add.at(prizes, homes, worth.to_numpy(np.int64))
    network = graph.tails, graph.heads, graph.costs
    plots = np.flatnonzero(graph.nodes["kind"] == "premises")
    options: dict[str, Any] = {
        "roots": roots,
        "ends": plots,
        "gap": effort.gap,
        "time_limit_s": effort.time_limit_s,
        "progress": effort.progress,
    }
    if budget_sek is not None:
        return routing.budget_tree(*network, prizes, budget_sek, **options)
    if needed is not None:
        return routing.quota_tree(*network, prizes, needed, **options)
    return routing.steiner_tree(*network, homes, **options)


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


def _reach(graph: RouteGraph, roots: Ints) -> Ints:
    """Return the nodes that some way leads to from the existing network, over nobody's plot."""
    edges = graph.edges
    drop = (edges["kind"] == "drop").to_numpy()
    joined = sparse.coo_array(
        (np.ones(int((~drop).sum())), (graph.tails[~drop], graph.heads[~drop])),
        shape=(len(graph.nodes), len(graph.nodes)),
    )
    _, part = csgraph.connected_components(joined, directed=False)
    met = np.isin(part, part[roots])
    # A drop begins on a road and ends at the premises; a splice may lie at a premises itself.
    met[graph.heads[drop & met[graph.tails]]] = True
    return np.flatnonzero(met)


def _unserved(
    candidates: pd.DataFrame, unattached: pd.DataFrame, chosen: pd.Index, reason: pd.Series
) -> pd.DataFrame:
    """Return those who are left out: the attached with their reason, all others as too far away."""
    left = candidates.index.difference(chosen, sort=False)
    return pd.DataFrame(
        {
            "households": candidates.loc[left, "households"],
            "workplaces": candidates.loc[left, "workplaces"],
            "reason": reason.reindex(left).fillna("too_far").astype("str"),
            "distance_m": unattached["distance_m"].reindex(left).astype("float64"),
        },
        index=left.rename("premises_id"),
    )
