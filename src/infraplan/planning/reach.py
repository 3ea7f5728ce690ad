"""What each target takes at the least: in the whole study, and in each of its municipalities on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from infraplan import routing, tables
from infraplan.config import Study, Target
from infraplan.costbook import CostBook
from infraplan.coverage import count_missing, find_reached
from infraplan.errors import PlanError
from infraplan.network import Attachment
from infraplan.network.lines import Floats, Ints
from infraplan.planning.draft import units
from infraplan.planning.model import Effort, Plan
from infraplan.tables import MONEY

Mask = NDArray[np.bool_]
Level = Literal["low", "base", "high"]

LEVELS: tuple[Level, ...] = ("low", "base", "high")
"""Of the columns MONEY."""
STUDY = "study"
"""The zone that holds everybody."""

GAP = 0.01
"""How far from the best is near enough where a network is compared, not built."""
_NEAR = 1.5
"""How much further than the existing network may be what is near: with 1, many trees end where it ends."""


class Zone(NamedTuple):
    """The study or a municipality: its id and name, and which premises lie in it, shape (n,)."""

    zone_id: str
    name: str
    inside: Mask


class Question(NamedTuple):
    """What is asked of routing: the cheapest way to so many units of those who miss them."""

    unit: str
    missing: tuple[str, ...]
    needed: int


class Answer(NamedTuple):
    """What routing answers: units and premises reached, crowns of the network, and at least how many."""

    units: int
    premises: int
    network_sek: int
    bound_sek: int


_NOTHING = Answer(0, 0, 0, 0)


def plan_targets(
    attachment: Attachment,
    premises: gpd.GeoDataFrame,
    service: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    study: Study,
    book: CostBook,
    *,
    effort: Effort | None = None,
    plan: Plan | None = None,
) -> pd.DataFrame:
    """Find the cheapest way to each target in the whole study and, as if it were alone, in each municipality.

    A municipality may use roads and existing networks of its neighbours; what they build for their own share
    is not counted on, so that the municipalities together can be dearer than the study. What the study's plan
    forces or excludes is not asked about here, nor when is built what: planned works are shared wherever a
    way follows them.

    Parameters
    ----------
    attachment
        The priced graph, with drops for everybody whom a target asks about.
    premises, service, zones
        Contracts of these names.
    effort
        ``gap`` is not taken to be below one per cent; ``time_limit_s``, where there is one, is shared by all
        questions.
    plan
        The study's own plan: where its goal is one of the targets, it is the answer to that.

    Returns
    -------
    DataFrame
        Contract TARGET_PLANS: a row a target and zone. The costs are those of the network, with design and
        margin, at the price of its smallest cables. What is out of reach is the way to as much as roads lead
        to, and its bound is of that.

    Raises
    ------
    PlanError
        There is no existing network to start from.
    """
    if not len(attachment.roots):
        raise PlanError("no_roots")
    parts = list_zones(zones, premises)
    asked = [
        _ask(target, zone, premises, reached)
        for target in study.targets
        for reached in [find_reached(premises, service, target).to_numpy()]
        for zone in parts
    ]
    nothing: pd.DataFrame = tables.empty(tables.TARGET_PLANS)
    if not asked:
        return nothing
    questions = [question for question, _ in asked]
    known = _take_from(plan, asked, study)
    answers = _answer(dict.fromkeys(questions), attachment, premises, known, effort or Effort())
    rows = [row | _tell(question, answers[question], book) for question, row in asked]
    return pd.DataFrame(rows).astype(nothing.dtypes.to_dict())[nothing.columns].rename_axis("row")


def list_zones(zones: gpd.GeoDataFrame, premises: gpd.GeoDataFrame) -> list[Zone]:
    """Return the study, and its municipalities in the order of the zones."""
    found = []
    for zone_id, kind, name in zip(zones.index, zones["kind"], zones["name"], strict=True):
        if kind == "study":
            found.append(Zone(zone_id, name, np.ones(len(premises), np.bool_)))
        elif kind == "municipality":
            code = zone_id.partition(":")[2]
            found.append(Zone(zone_id, name, (premises["municipality"] == code).to_numpy()))
    return found


def with_surcharge(network_sek: float, book: CostBook, level: Level = "base") -> int:
    """Return what a network costs with design and margin, rounded up."""
    # Rounded sums may lie a hair above the crown that they are.
    return ceil(round(network_sek * (1 + book.surcharge_at(level)), 6))


def price_network(edges: pd.DataFrame, book: CostBook) -> dict[str, int]:
    """Return low, base and high of what some edges cost together, each with design and margin of its kind."""
    return {
        name: with_surcharge(int(edges[name].sum()), book, level)
        for name, level in zip(MONEY, LEVELS, strict=True)
    }


def _ask(
    target: Target, zone: Zone, premises: gpd.GeoDataFrame, reached: Mask
) -> tuple[Question, dict[str, Any]]:
    """Return what a target asks in a zone, and what is known before it is answered."""
    worth = units(premises, target.of).to_numpy()
    base, there = int(worth[zone.inside].sum()), int(worth[zone.inside & reached].sum())
    needed = count_missing(base, there, target.share)
    missing = premises.index[zone.inside & ~reached & (worth > 0)]
    return Question(target.of, tuple(missing), needed), {
        "target": target.name,
        "zone_id": zone.zone_id,
        "zone_name": zone.name,
        "unit": target.of,
        "target_share": target.share,
        "base": base,
        "reached": there,
        "needed": needed,
    }


def _tell(question: Question, answer: Answer, book: CostBook) -> dict[str, Any]:
    cost = with_surcharge(answer.network_sek, book)
    result = "can_be_met" if answer.units >= question.needed else "out_of_reach"
    return {
        "served": answer.units,
        "premises": answer.premises,
        "cost_sek": cost,
        "lower_bound_sek": floor(round(answer.bound_sek * (1 + book.surcharge), 6)),
        "cost_per_unit_sek": cost / answer.units if answer.units else np.nan,
        "result": result if question.needed else "met",
    }


def _take_from(
    plan: Plan | None, asked: Sequence[tuple[Question, dict[str, Any]]], study: Study
) -> dict[Question, Answer]:
    """Return what the plan itself answers: the question of its target in the whole study, without wishes."""
    target = study.plan_target
    if plan is None or target is None or plan.goal.forced or plan.goal.excluded:
        return {}
    answer = Answer(
        int(units(plan.served, target.of).sum()),
        len(plan.served),
        plan.network_sek,
        plan.network_bound_sek or 0,
    )
    return {
        question: answer
        for question, row in asked
        if row["target"] == target.name and row["zone_id"] == STUDY and question.needed
    }


def _answer(
    questions: Mapping[Question, None],
    attachment: Attachment,
    premises: gpd.GeoDataFrame,
    known: Mapping[Question, Answer],
    effort: Effort,
) -> dict[Question, Answer]:
    """Answer each question once."""
    found = {question: _NOTHING for question in questions if not question.needed} | dict(known)
    waiting = [question for question in questions if question not in found]
    if not waiting:
        return found
    ways = _read_ways(attachment)
    ease = effort.to_compare(len(attachment.graph.edges), gap=GAP)
    options = {
        "gap": ease.gap,
        "time_limit_s": None if ease.time_limit_s is None else ease.time_limit_s / len(waiting),
        "work": ease.work,
    }
    for question in waiting:
        people = premises.loc[attachment.node_of.index.intersection(list(question.missing), sort=True)]
        node = attachment.node_of.loc[people.index].to_numpy(np.int64)
        found[question] = _find_cheapest(
            ways, node, units(people, question.unit).to_numpy(), question.needed, options
        )
    return found


@dataclass(frozen=True)
class _Ways:
    """The graph as routing sees it.

    Attributes
    ----------
    tails, heads, costs
        Its edges, shape (m,).
    root, end
        Whether the existing network can be joined at a node, and whether no way leads through it, shape (n,).
    arcs
        The price of each step towards the existing network, seen from its end: shape (n, n).
    away
        The price of the cheapest way to the existing network, inf without any, shape (n,).
    """

    tails: Ints
    heads: Ints
    costs: Ints
    root: Mask
    end: Mask
    arcs: sparse.csr_array
    away: Floats


def _read_ways(attachment: Attachment) -> _Ways:
    graph, count = attachment.graph, len(attachment.graph.nodes)
    root = np.zeros(count, np.bool_)
    root[attachment.roots] = True
    end = (graph.nodes["kind"] == "premises").to_numpy() & ~root
    tails, heads, costs = graph.tails, graph.heads, graph.costs
    one, other, price = np.r_[tails, heads], np.r_[heads, tails], np.r_[costs, costs]
    # From the existing network outwards: out of no premises, and the cheapest of parallel edges.
    open_ = np.flatnonzero(~end[one])
    order = open_[np.lexsort((price[open_], other[open_], one[open_]))]
    pairs = np.c_[one[order], other[order]]
    order = order[np.r_[True, (pairs[1:] != pairs[:-1]).any(axis=1)][: len(order)]]
    outwards = sparse.csr_array(
        (price[order].astype(np.float64), (one[order], other[order])), shape=(count, count)
    )
    away = csgraph.dijkstra(outwards, indices=attachment.roots, min_only=True)
    return _Ways(tails, heads, costs, root, end, outwards.T.tocsr(), away)


def _find_cheapest(ways: _Ways, node: Ints, worth: Ints, needed: int, options: Mapping[str, Any]) -> Answer:
    """Find the cheapest way to so many units, or to as many as roads lead to.

    Only what lies near those who are missing is searched. The bound is still true for the whole graph:
    wherever an edge leaves what is near, it is let join the existing network for nothing, which makes no tree
    dearer. If the tree found that way does not do so, it is a tree of the whole graph; else another is sought
    within what is near, where everybody's cheapest way lies.
    """
    within = np.isfinite(ways.away[node])
    node, worth = node[within], worth[within]
    if not len(node):
        return _NOTHING
    near = _find_near(ways, node)
    closed = ways.end.copy()
    closed[node] = False
    usable = ~closed[ways.tails] & ~closed[ways.heads]
    edges = np.flatnonzero(usable & (near[ways.tails] | near[ways.heads]))
    chosen, bound = _grow(ways, edges, ways.root | ~near, (node, worth, needed), options)
    if not (near[ways.tails[chosen]] & near[ways.heads[chosen]]).all():
        inner = edges[near[ways.tails[edges]] & near[ways.heads[edges]]]
        chosen, _ = _grow(ways, inner, ways.root, (node, worth, needed), options)
    met = ways.root.copy()
    met[ways.tails[chosen]] = True
    met[ways.heads[chosen]] = True
    cost = int(ways.costs[chosen].sum())
    return Answer(int(worth[met[node]].sum()), int(met[node].sum()), cost, min(bound, cost))


def _find_near(ways: _Ways, node: Ints) -> Mask:
    """Return the nodes not much further from somebody than the existing network is from them, shape (n,).

    One search from a node that stands before all premises, the nearer the further theirs is from the network.
    """
    first, count, arcs = np.unique(node), len(ways.away), ways.arcs
    reach = _NEAR * ways.away[first]
    most = float(reach.max())
    before = sparse.csr_array(
        (
            np.r_[arcs.data, most - reach],
            np.r_[arcs.indices, first],
            np.r_[arcs.indptr, arcs.indptr[-1] + len(first)],
        ),
        shape=(count + 1, count + 1),
    )
    return np.asarray(csgraph.dijkstra(before, indices=count, limit=most)[:count] <= most)


def _grow(
    ways: _Ways, edges: Ints, root: Mask, wanted: tuple[Ints, Ints, int], options: Mapping[str, Any]
) -> tuple[Ints, int]:
    """Return the edges of a cheap tree for a quota within some edges, and how little such a tree can cost."""
    node, worth, needed = wanted
    tails, heads = ways.tails[edges], ways.heads[edges]
    names = np.unique(np.r_[tails, heads, node])
    prizes = np.zeros(len(names), np.int64)
    np.add.at(prizes, np.searchsorted(names, node), worth)
    tree = routing.quota_tree(
        np.searchsorted(names, tails),
        np.searchsorted(names, heads),
        ways.costs[edges],
        prizes,
        needed,
        roots=np.flatnonzero(root[names]),
        ends=np.flatnonzero(ways.end[names]),
        **options,
    )
    return edges[tree.edges], ceil(round(tree.lower_bound, 6))
