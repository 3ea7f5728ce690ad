"""Other plans for the same goal that a council can choose: clearly different, and not much dearer."""

from collections.abc import Iterator
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.costbook import CostBook
from infraplan.errors import PlanError
from infraplan.network import Attachment
from infraplan.network.lines import Floats
from infraplan.planning.draft import draw_network
from infraplan.planning.model import Draft, Effort, Plan, Setting
from infraplan.planning.reach import price_network
from infraplan.tables import ALTERNATIVES, CROSSED

_LARGE = 60_000
"""Edges from which only the mildest of each kind of change is tried."""
_GAP = 0.02
"""Good enough for a plan that is compared, not built as it is."""
_CARE = 3.0
"""How much dearer trenches in soft areas, and crossings, are made to look for plans with fewer of them."""
_ALONE = 1.15
"""The same for trenches that are neither reused nor shared."""
_ELSEWHERE = (1.25, 1.6, 2.5)
"""The same for the trenches of the plan itself, and of the alternatives found so far."""
_METRES = 100.0
"""Fewer metres than this are no gain worth a word."""
_BETTER = {
    "cost_sek": -1,
    "permit_m": -1,
    "crossings": -1,
    "reused_m": 1,
    "shared_m": 1,
    "premises": 1,
    "households": 1,
    "workplaces": 1,
    "trench_m": -1,
}
"""Which way each figure is better."""


def find_alternatives(
    plan: Plan,
    attachment: Attachment,
    candidates: pd.DataFrame,
    setting: Setting,
    *,
    effort: Effort | None = None,
) -> gpd.GeoDataFrame:
    """Look for plans that differ from the plan and from each other, each for the same goal.

    Prices are changed to favour something: less in areas that ask for care, fewer crossings, more that is
    reused or dug together, other roads than the plan's. The network is drawn anew at those prices and judged
    at the true ones. It is kept if it is within ``[alternatives] within`` of the plan's cost (of a budget's
    households) and at least ``differs`` of its trench, drops apart, lies elsewhere than the trench of every
    one kept before. At most six networks are drawn, on graphs of more than 60 000 edges four.

    Returns
    -------
    GeoDataFrame
        Contract ALTERNATIVES: the plan itself as ``plan``, then ``A1`` and on, as many as there are. Costs
        are those of networks at the smallest cables, with design and margin, so that they compare. Trench,
        crossings, and metres in areas or dug together are of what is dug: not of ducts that are there.
    """
    wish = setting.study.alternatives
    graph = attachment.graph
    own = Draft(plan.routes, plan.served, plan.unserved, 0.0, plan.ended)
    kept = [("plan", replace(own, routes=graph.edges.loc[_find_edges(plan, graph.edges)]))]
    ease = (effort or Effort()).to_compare(len(graph.edges), gap=_GAP)
    budget = plan.network_sek if plan.goal.budget_sek is not None else None
    for aim, prices in _change_prices(attachment, kept):
        if len(kept) > wish.count:
            break
        changed = replace(graph, edges=graph.edges.assign(cost_sek=prices))
        try:
            draft = draw_network(
                replace(attachment, graph=changed),
                candidates,
                plan.goal,
                network_budget_sek=budget,
                effort=ease,
            )
        except PlanError:
            # What is forced no longer fits into a budget at these prices.
            continue
        draft = replace(draft, routes=graph.edges.loc[draft.routes.index])
        if _is_near(draft, kept[0][1], wish.within) and all(
            _share_elsewhere(draft, other) >= wish.differs for _, other in kept
        ):
            kept.append((aim, draft))
    return _describe(kept, setting.book)


def _find_edges(plan: Plan, edges: gpd.GeoDataFrame) -> pd.Index:
    found: pd.Index = plan.routes.index.intersection(edges.index, sort=False)
    return found


def _change_prices(
    attachment: Attachment, kept: list[tuple[str, Draft]]
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield aims with prices that favour them; only what the plan has can be had less of."""
    edges = attachment.graph.edges
    cost = edges["cost_sek"].to_numpy(np.float64)
    routes = kept[0][1].routes
    soft = (edges["areas"] != "").to_numpy()
    crosses = edges[[*CROSSED]].sum(axis=1).to_numpy() > 0
    given = ((edges["existing"] != "new") | (edges["works_share"] < 1.0)).to_numpy()
    if (routes["areas"] != "").any():
        yield "care", _round(np.where(soft, _CARE * cost, cost))
    if routes[[*CROSSED]].to_numpy().any():
        yield "crossings", _round(np.where(crosses, _CARE * cost, cost))
    if given.any() and not given.all():
        yield "together", _round(np.where(given, cost, _ALONE * cost))
    for factor in _ELSEWHERE[: 1 if len(edges) > _LARGE else None]:
        trench = np.zeros(len(edges), np.bool_)
        for _, draft in kept:
            trench[draft.routes.index[draft.routes["kind"] != "drop"]] = True
        yield "elsewhere", _round(np.where(trench, factor * cost, cost))


def _round(prices: Floats) -> NDArray[np.int64]:
    return np.asarray(np.rint(prices), np.int64)


def _is_near(draft: Draft, plan: Draft, within: float) -> bool:
    """Tell whether an alternative costs little more, and serves little fewer."""
    homes, theirs = (int(one.served["households"].sum()) for one in (plan, draft))
    return draft.network_sek <= (1 + within) * plan.network_sek and theirs >= (1 - within) * homes


def _share_elsewhere(draft: Draft, other: Draft) -> float:
    """Return the share of a network's trench, drops apart, that another does not have."""
    trench = draft.routes[draft.routes["kind"] != "drop"]["length_m"]
    total = float(trench.sum())
    return float(trench[~trench.index.isin(other.routes.index)].sum()) / total if total else 0.0


def _describe(kept: list[tuple[str, Draft]], book: CostBook) -> gpd.GeoDataFrame:
    plan = kept[0][1]
    rows = [_measure(aim, draft, plan, book) for aim, draft in kept]
    names = ["plan", *(f"A{number}" for number in range(1, len(rows)))]
    table = pd.DataFrame(rows, index=pd.Index(names, name="alternative_id", dtype="str"))
    table["gains"] = [_say_gains(row, rows[0]) for row in rows]
    text = {"aim": "str", "gains": "str"}
    shapes = [shapely.MultiLineString(list(draft.routes.geometry)) for _, draft in kept]
    found = gpd.GeoDataFrame(table.astype(text), geometry=shapes, crs=plan.routes.crs)
    # A plan without any trench has no shape, and nothing to choose between.
    return gpd.GeoDataFrame(found[~found.geometry.is_empty][[*ALTERNATIVES.names, found.geometry.name]])


def _measure(aim: str, draft: Draft, plan: Draft, book: CostBook) -> dict[str, object]:
    new = (draft.routes["existing"] == "new").to_numpy()
    dug, reused = draft.routes[new], draft.routes[~new]
    length = dug["length_m"]
    return {
        "aim": aim,
        **price_network(draft.routes, book),
        "dearer": draft.network_sek / plan.network_sek - 1.0 if plan.network_sek else 0.0,
        "elsewhere": _share_elsewhere(draft, plan),
        "premises": len(draft.served),
        "households": int(draft.served["households"].sum()),
        "workplaces": int(draft.served["workplaces"].sum()),
        "trench_m": float(length.sum()),
        "permit_m": float(length[dug["areas"] != ""].sum()),
        "crossings": int(dug[[*CROSSED]].to_numpy().sum()),
        "reused_m": float(reused["length_m"].sum()),
        "shared_m": float(length[dug["works_share"] < 1.0].sum()),
    }


def _say_gains(row: dict[str, object], plan: dict[str, object]) -> str:
    """Return what is better than in the plan, as name=difference."""
    differences = {name: float(str(row[name])) - float(str(plan[name])) for name in _BETTER}
    return " ".join(
        f"{name}={difference:+.0f}"
        for name, difference in differences.items()
        if difference * _BETTER[name] >= (_METRES if name.endswith("_m") else 1.0)
    )
