"""From a goal to a plan: a network drawn, dimensioned, cut into projects and phases, and billed."""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, floor

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.costbook import CostBook
from infraplan.errors import PlanError
from infraplan.network import Attachment
from infraplan.network.costs import price_edges
from infraplan.planconfig import Design
from infraplan.planning.bill import build_bill
from infraplan.planning.bounds import bound_whole
from infraplan.planning.design import assign_cabinets, design_network, find_overfull
from infraplan.planning.draft import METHOD, draw_network
from infraplan.planning.model import Draft, Effort, Goal, Plan, Setting
from infraplan.planning.permits import find_late, list_permits
from infraplan.planning.phases import assign_phases, build_phases
from infraplan.planning.projects import build_projects, place_served, share_cabinets, split_projects

_TRIES = 8
"""Networks that are drawn until the whole keeps a budget, and until no duct holds more than it can."""
_NOISE = 1e-6
"""Of a bound that is a sum of many numbers, in kronor."""
DUG = {"existing": "new", "duct_id": "", "room": 0, "rent_sek_m": np.nan}
"""What becomes of an edge whose duct is too full."""
_MORE = 1.1
"""How much more comes off a network the first time than the plan is over its budget."""


def make_plan(
    attachment: Attachment,
    candidates: pd.DataFrame,
    goal: Goal,
    setting: Setting,
    *,
    effort: Effort | None = None,
) -> Plan:
    """Plan for a goal.

    The network is drawn at the price of its smallest cables. Then cabinets and cables follow from whom it
    serves, and design and margin from what is built. Where a reused duct would have to hold more cables than
    it has room for, the network is drawn anew with a trench there; where the whole is dearer than the budget,
    with less for the network.

    Parameters
    ----------
    attachment, candidates
        As in ``draw_network``.

    Returns
    -------
    Plan
        Its bounds are those of the first network drawn, of which the least was asked.

    Raises
    ------
    PlanError
        As ``draw_network``; or no network was found that keeps the budget.
    """
    book = setting.book
    room = None if goal.budget_sek is None else _network_share(goal.budget_sek, 1, book)
    given, first = attachment, None
    effort = (effort or Effort()).on(len(attachment.graph.edges))
    overfull: list[str] = []
    for attempt in range(_TRIES):
        draft = draw_network(attachment, candidates, goal, network_budget_sek=room, effort=effort)
        first = first or draft
        routes, _ = _dimension(draft, attachment, setting)
        full = find_overfull(routes)
        if len(full):
            overfull += sorted(set(routes.loc[full, "duct_id"]))
            attachment = reprice(attachment, full, DUG, book, setting.study.design)
            if attempt < _TRIES // 2:
                continue
            # Enough looked for another way: a trench is dug where the ducts are.
            draft = replace(draft, routes=attachment.graph.edges.loc[draft.routes.index])
        draft, plan = _settle(draft, attachment, goal, setting)
        if goal.budget_sek is None or room is None or plan.cost_sek <= goal.budget_sek:
            plan = replace(plan, network_sek=draft.network_sek, overfull=tuple(dict.fromkeys(overfull)))
            return _put_bounds(plan, first, candidates, given, setting)
        # What is over comes off the network, each time more of it: cabinets and cables do not shrink evenly.
        over = (plan.cost_sek - goal.budget_sek) / (1 + book.surcharge)
        room = max(draft.network_sek - ceil(_MORE * 2**attempt * over) - 1, 0)
    raise PlanError("no_plan_in_budget", budget=goal.budget_sek or 0)


def _settle(draft: Draft, attachment: Attachment, goal: Goal, setting: Setting) -> tuple[Draft, Plan]:
    """Finish a network, and pay whole trenches where its phases miss the works to dig with.

    Prices decide phases, and phases what is shared: what one round finds too late stays unshared, so that it
    ends.
    """
    works = setting.layers.get("planned_works")
    while True:
        routes, cabinets = _dimension(draft, attachment, setting)
        plan = _finish(replace(draft, routes=routes), cabinets, attachment, goal, setting)
        if works is None:
            return draft, plan
        late = find_late(plan.routes, works, first_year=setting.study.first_build_year)
        if late.empty:
            return draft, plan
        attachment = reprice(attachment, late, {"works_share": 1.0}, setting.book, setting.study.design)
        draft = replace(draft, routes=attachment.graph.edges.loc[draft.routes.index])


def _network_share(budget_sek: int, cabinets: int, book: CostBook) -> int:
    """Return the most that a network with so many cabinets may cost within a budget."""
    box_sek = min(book.cabinet.base, book.chamber.base)
    return max(floor(budget_sek / (1 + book.surcharge) - cabinets * box_sek), 0)


def _dimension(
    draft: Draft, attachment: Attachment, setting: Setting
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    nodes = attachment.graph.nodes
    return design_network(draft.routes, draft.served, attachment.roots, nodes, setting.book, setting.study)


def _finish(
    draft: Draft, cabinets: gpd.GeoDataFrame, attachment: Attachment, goal: Goal, setting: Setting
) -> Plan:
    """Cut a dimensioned network into projects and phases, and bill it."""
    book, study = setting.book, setting.study
    routes, above = split_projects(
        draft.routes, draft.served, attachment.roots, setting.premises, study, surcharge=book.surcharge
    )
    routes = routes.assign(phase=np.ones(len(routes), np.int64))
    served = draft.served.assign(project_id=place_served(routes, draft.served, attachment.roots))
    cabinets = assign_cabinets(cabinets, routes, attachment.roots)
    cabinets, above = share_cabinets(cabinets, routes, attachment.roots, above)
    bill = build_bill(routes, cabinets, book, study)
    permits = list_permits(routes, setting.areas, book, study)
    projects = build_projects(routes, served, bill, setting.premises, setting.zones, permits, above, book)
    gain = goal.count_gain(served).groupby(served["project_id"]).sum()
    # A project that only leads to others serves nobody itself.
    phase = assign_phases(projects, study, gain=gain.reindex(projects.index, fill_value=0))
    projects, routes, cabinets, bill = (
        table.assign(phase=_phase_of(table, phase)) for table in (projects, routes, cabinets, bill)
    )
    return Plan(
        goal=goal,
        routes=gpd.GeoDataFrame(routes),
        served=served,
        unserved=draft.unserved,
        cabinets=gpd.GeoDataFrame(cabinets),
        bill=bill,
        projects=gpd.GeoDataFrame(projects),
        phases=build_phases(projects, routes, study),
        network_sek=draft.network_sek,
        network_bound_sek=None,
        lower_bound_sek=None,
        most_households=None,
        reached_goal=goal.needed is None or int(goal.count_gain(served).sum()) >= goal.needed,
        method=METHOD,
        ended=draft.ended,
    )


def _phase_of(table: pd.DataFrame, phase: pd.Series) -> pd.Series:
    project = table.index.to_series() if table.index.name == "project_id" else table["project_id"]
    return project.map(phase).fillna(1).astype("int64")


def _put_bounds(
    plan: Plan, first: Draft, candidates: pd.DataFrame, attachment: Attachment, setting: Setting
) -> Plan:
    """Return the plan with what no plan can do better than, by the first network drawn."""
    if plan.goal.kind == "budget":
        return replace(plan, most_households=floor(first.bound + _NOISE))
    whole = bound_whole(first, plan.cost_sek, candidates, attachment, plan.goal, setting)
    return replace(
        plan, network_bound_sek=ceil(first.bound - _NOISE), lower_bound_sek=min(whole, plan.cost_sek)
    )


def reprice(
    attachment: Attachment, edges: pd.Index, changes: Mapping[str, object], book: CostBook, design: Design
) -> Attachment:
    """Return the attachment with other values for some edges, and the prices that follow from them."""
    table = attachment.graph.edges
    kinds = {name: table[name].dtype for name in changes}
    changed = gpd.GeoDataFrame(table.loc[edges].assign(**changes).astype(kinds))
    priced = price_edges(changed, book, design)
    columns = {
        name: table[name].where(~table.index.isin(edges), priced[name].reindex(table.index))
        for name in priced.columns
        if name != priced.geometry.name
    }
    whole = table.assign(**{name: column.astype(table[name].dtype) for name, column in columns.items()})
    return replace(attachment, graph=replace(attachment.graph, edges=whole))
