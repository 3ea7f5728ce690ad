"""What no plan for a goal can cost less than, in all.

Routing bounds the network at the price of its smallest cables. Every plan pays more than that: at least so
many cabinets, and cables for all the fibres that it leads to the existing network, whichever way.
"""

from math import ceil, floor

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from infraplan.network import Attachment, RouteGraph
from infraplan.network.lines import Floats, Ints
from infraplan.planning.model import Draft, Goal, Setting


def bound_whole(
    first: Draft,
    cost_sek: int,
    candidates: pd.DataFrame,
    attachment: Attachment,
    goal: Goal,
    setting: Setting,
) -> int:
    """Return a cost that no plan for the goal stays below, design and margin with it.

    Any plan costs at least: the bound of its network; a cabinet or chamber for every so many premises; and
    for its fibres more than the smallest cable holds. Each lit fibre runs at least the shortest way to the
    existing network, its drop apart, and of a cable's price at least ``_per_fibre`` is owed to each fibre and
    metre. Where the goal leaves a choice, the premises that ask least are counted.

    Parameters
    ----------
    first
        The first network drawn, whose question asked the least.
    cost_sek
        Of the plan: none that is dearer is looked for, which bounds its metres.
    candidates
        Premises that the goal asks about.
    """
    book, design = setting.book, setting.study.design
    asked = _choose_least(first, candidates, attachment, goal)
    boxes = ceil(_fewest(first, candidates, attachment, goal) / design.cabinet_premises)
    box_sek = min(book.cabinet.base, book.chamber.base)
    share = 1 if design.architecture == "p2p" else 1 / design.split
    fibre_m = float((asked["away_m"] * asked["lit"]).sum()) * share * (1 + design.spare)
    price = _per_fibre(setting)
    # Edges with fewer fibres than the smallest cable holds owe nothing more; kronor are rounded at each edge.
    metres, edges = _most_trench(attachment.graph, cost_sek / (1 + book.surcharge) - boxes * box_sek)
    fibres = max(price * (fibre_m - book.cables[0].fibres * metres) - edges, 0.0)
    return floor((first.bound + boxes * box_sek + fibres) * (1 + book.surcharge))


def _choose_least(first: Draft, candidates: pd.DataFrame, attachment: Attachment, goal: Goal) -> pd.DataFrame:
    """Return the premises that any plan serves at least: lit fibres, and metres to where drops begin."""
    everybody = attachment.node_of.loc[attachment.node_of.index.intersection(candidates.index)]
    away_m = _measure_feet(attachment.graph, attachment.roots)[everybody.to_numpy(np.int64)]
    people = candidates.loc[everybody.index]
    table = pd.DataFrame(
        {
            "lit": np.maximum(people["households"] + people["workplaces"], 1),
            "away_m": np.where(np.isfinite(away_m), away_m, 0.0),
            "worth": goal.count_gain(people),
        },
        index=everybody.index,
    )
    if goal.needed is None:
        return table.loc[first.served.index]
    # A fractional knapsack: units by how little fibre they ask for, the last premises left out.
    table = table[table["worth"] > 0]
    each = table["away_m"] * table["lit"] / table["worth"]
    table = table.loc[each.sort_values(kind="stable").index]
    needed = min(goal.needed, int(goal.count_gain(first.served).sum()))
    return table[table["worth"].cumsum() <= needed]


def _fewest(first: Draft, candidates: pd.DataFrame, attachment: Attachment, goal: Goal) -> int:
    """Return how many drops any plan for the goal has at least."""
    joined = int(attachment.node_of.isin(attachment.roots).sum())
    if goal.needed is None or not len(candidates):
        return max(len(first.served) - joined, 0)
    most = np.cumsum(np.sort(goal.count_gain(candidates).to_numpy())[::-1])
    needed = min(goal.needed, int(goal.count_gain(first.served).sum()))
    fewest = int(np.searchsorted(most, needed)) + 1 if needed > 0 else 0
    return max(fewest - joined, 0)


def _measure_feet(graph: RouteGraph, roots: Ints) -> Floats:
    """Return for each premises node the shortest way from the nearest foot of its drops, shape (n,).

    The drop itself is left out: its fibres get no spare ones beyond those that it has.
    """
    away_m = _measure_away(graph, roots)
    drop = (graph.edges["kind"] == "drop").to_numpy()
    feet = np.full(len(away_m), np.inf)
    np.minimum.at(feet, graph.heads[drop], away_m[graph.tails[drop]])
    return np.where(away_m > 0, feet, 0.0)


def _measure_away(graph: RouteGraph, roots: Ints) -> Floats:
    """Return the shortest way from each node to the existing network in metres, inf for none, shape (n,)."""
    count = len(graph.nodes)
    length = np.maximum(graph.edges["length_m"].to_numpy(np.float64), 1e-9)
    # scipy adds parallel edges up: only the shortest of them counts.
    ends = np.sort(np.stack([graph.tails, graph.heads]), axis=0)
    order = np.lexsort((length, ends[1], ends[0]))
    first = order[np.unique(ends[:, order], axis=1, return_index=True)[1]]
    ways = sparse.coo_array((length[first], (ends[0, first], ends[1, first])), shape=(count, count)).tocsr()
    return np.asarray(csgraph.dijkstra(ways, directed=False, indices=roots, min_only=True))


def _per_fibre(setting: Setting) -> float:
    """Return the most that every fibre beyond the smallest cable adds to a metre of cable, at least.

    The steepest line from the smallest cable's price that stays below the price of any number of fibres;
    beyond the largest cable the next begins: there each fibre costs its share of the largest at least.
    """
    sizes = np.array([cable.fibres for cable in setting.book.cables])
    prices = np.array([cable.base for cable in setting.book.cables])
    fibres = np.r_[sizes[1:], sizes[-1] + sizes]
    price = np.r_[prices[1:], prices[-1] + prices]
    slopes = np.r_[(price - prices[0]) / (fibres - sizes[0]), prices[-1] / sizes[-1]]
    return max(float(slopes.min()), 0.0)


def _most_trench(graph: RouteGraph, built_sek: float) -> tuple[float, int]:
    """Return how many metres of trench, drops apart, a sum buys at the most, and how many edges."""
    trench = (graph.edges["kind"] != "drop").to_numpy()
    cost, length = graph.costs[trench], graph.edges["length_m"].to_numpy(np.float64)[trench]
    edges = int(np.searchsorted(np.cumsum(np.sort(cost)), built_sek, side="right"))
    # The cheapest a metre first; of what is free, all.
    order = np.argsort(cost / np.maximum(length, 1e-9), kind="stable")
    spent = np.r_[0, np.cumsum(cost[order])]
    metres = np.interp(max(built_sek, 0.0), *_rising(spent, np.r_[0.0, np.cumsum(length[order])]))
    return float(metres), edges


def _rising(spent: Ints, metres: Floats) -> tuple[Ints, Floats]:
    """Return the most metres for each sum, sums once and rising."""
    last = np.r_[np.diff(spent) > 0, True]
    return spent[last], metres[last]
