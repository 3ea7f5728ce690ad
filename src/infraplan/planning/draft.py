"""White spots to a network: where to dig, for whom, for a goal.

Everybody who can be reached (*all*) is a Steiner tree, the cheapest way to a target a quota tree, the most
households for a budget a budget tree: each comes with a bound, so that a plan says how far it can be from the
best one.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from infraplan import routing
from infraplan.errors import PlanError
from infraplan.network import Attachment
from infraplan.network.graph import RouteGraph
from infraplan.planning.model import Draft, Effort, Goal

Ints = NDArray[np.int64]

METHOD = "Steiner, quota or budget tree along roads by local search, with a bound by dual ascent"


def draw_network(
    attachment: Attachment,
    candidates: pd.DataFrame,
    goal: Goal,
    *,
    network_budget_sek: int | None = None,
    effort: Effort | None = None,
) -> Draft:
    """Route trenches to the candidates for a goal.

    Parameters
    ----------
    attachment
        The priced graph with drops, how premises meet it, and where it can be joined to what is there.
    candidates
        Premises that the goal asks about: index ``premises_id``, ``households`` and ``workplaces``.
    network_budget_sek
        For a budget: the most that the network may cost, which is less than the whole investment.
    effort
        When to stop looking for a better network.

    Returns
    -------
    Draft
        Every candidate is in ``served`` or in ``unserved``, with the reason.

    Raises
    ------
    PlanError
        There is no existing network to start from, or the budget is too small for what is forced.
    """
    graph, roots = attachment.graph, attachment.roots
    if not len(roots):
        raise PlanError("no_roots")
    asked = candidates[~candidates.index.isin(goal.excluded)]
    attached = attachment.node_of.loc[attachment.node_of.index.intersection(asked.index, sort=True)]
    worth = goal.count_gain(asked.loc[attached.index])
    tree, bound = _find_tree(attachment, attached, worth, goal, network_budget_sek, effort or Effort())
    routes = graph.edges.loc[tree.edges]
    chosen = attached[attached.isin([*routes["tail"], *routes["head"], *roots.tolist()])]
    reason = pd.Series(
        "over_budget" if goal.kind == "budget" else "not_chosen", index=candidates.index, dtype="str"
    )
    reason[worth.index[worth == 0]] = "not_counted"
    cut_off = attached.index[~attached.isin(_reach(graph, roots))]
    reason[cut_off] = "island"
    # What would be reached if closed roads could be built along is cut off by these alone.
    reason[cut_off[attached[cut_off].isin(_reach(graph, roots, attachment.closed))]] = "no_go"
    reason[candidates.index.difference(attached.index)] = "too_far"
    told = attachment.unattached["reason"]
    reason.update(told[told.index.isin(candidates.index)])
    reason[candidates.index.isin(goal.excluded)] = "excluded"
    return Draft(
        routes=routes,
        served=_served(chosen, candidates),
        unserved=_unserved(candidates, attachment.unattached, chosen.index, reason),
        bound=bound,
        ended=tree.ended,
    )


def units(table: pd.DataFrame, unit: str) -> pd.Series:
    """Return how many units (households, workplaces, or both) each premises has."""
    return Goal(unit=unit).count_gain(table)


def _find_tree(
    attachment: Attachment,
    node_of: pd.Series,
    worth: pd.Series,
    goal: Goal,
    budget_sek: int | None,
    effort: Effort,
) -> tuple[routing.Tree, float]:
    """Route so that each premises is a leaf with one drop: no trench runs through anybody's plot.

    What is forced has a prize above all others together: no tree that leaves it out can be better.
    """
    graph = attachment.graph
    homes = node_of.to_numpy(np.int64)
    forced = node_of.index.isin(goal.forced) & np.isin(homes, _reach(graph, attachment.roots))
    must = (int(worth.sum()) + 1) * int(forced.sum())
    prizes = np.zeros(len(graph.nodes), np.int64)
    np.add.at(prizes, homes, worth.to_numpy(np.int64) + np.where(forced, int(worth.sum()) + 1, 0))
    network = graph.tails, graph.heads, graph.costs
    options: dict[str, Any] = {
        "roots": attachment.roots,
        "ends": np.flatnonzero(graph.nodes["kind"] == "premises"),
        "gap": effort.gap,
        "time_limit_s": effort.time_limit_s,
        "progress": effort.progress,
        "work": effort.work,
    }
    if budget_sek is not None:
        tree = routing.budget_tree(*network, prizes, budget_sek, **options)
        if tree.prize < must:
            raise PlanError("forced_over_budget", budget=goal.budget_sek, count=int(forced.sum()))
        # First the most households, then the cheapest way to as many.
        cheaper = routing.quota_tree(*network, prizes, tree.prize, **options)
        better = cheaper if cheaper.prize >= tree.prize and cheaper.cost < tree.cost else tree
        return replace(better, ended=tree.ended), tree.lower_bound - must
    if goal.needed is not None:
        tree = routing.quota_tree(*network, prizes, goal.needed + must, **options)
        return tree, tree.lower_bound
    tree = routing.steiner_tree(*network, homes, **options)
    return tree, tree.lower_bound


def _served(node_of: pd.Series, candidates: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "node": node_of.astype("int64"),
            "households": candidates.loc[node_of.index, "households"],
            "workplaces": candidates.loc[node_of.index, "workplaces"],
            "project_id": pd.Series("", index=node_of.index, dtype="str"),
        },
        index=node_of.index.rename("premises_id"),
    )


def _reach(graph: RouteGraph, roots: Ints, closed: pd.DataFrame | None = None) -> Ints:
    """Return the nodes that some way leads to from the existing network, over nobody's plot.

    With ``closed`` ways along closed roads count as well.
    """
    drop = (graph.edges["kind"] == "drop").to_numpy()
    more = graph.edges[:0] if closed is None else closed
    ends = [np.r_[mine[~drop], more[name]] for name, mine in (("tail", graph.tails), ("head", graph.heads))]
    joined = sparse.coo_array((np.ones(len(ends[0])), ends), shape=(len(graph.nodes), len(graph.nodes)))
    _, part = csgraph.connected_components(joined, directed=False)
    met = np.isin(part, part[roots])
    # A drop begins on a road and ends at the premises; a splice may lie at a premises itself.
    met[graph.heads[drop & met[graph.tails]]] = True
    return np.flatnonzero(met)


def _unserved(
    candidates: pd.DataFrame, unattached: pd.DataFrame, chosen: pd.Index, reason: pd.Series
) -> pd.DataFrame:
    left = candidates.index.difference(chosen, sort=False)
    return pd.DataFrame(
        {
            "households": candidates.loc[left, "households"],
            "workplaces": candidates.loc[left, "workplaces"],
            "reason": reason.loc[left],
            "distance_m": unattached["distance_m"].reindex(left).astype("float64"),
        },
        index=left.rename("premises_id"),
    )
