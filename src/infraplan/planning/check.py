"""An independent check of a plan, from scratch: it shares no code with the planner or the solver.

Plain loops over plain values, on purpose: what is checked here must be readable at a glance.
"""

from collections import Counter

import geopandas as gpd
import pyproj

from infraplan.config import CostBook
from infraplan.network.graph import RouteGraph
from infraplan.planning.model import Plan

_TOUCH_M = 0.01


def check_plan(
    plan: Plan,
    graph: RouteGraph,
    roots: list[int],
    premises: gpd.GeoDataFrame,
    book: CostBook,
    *,
    aim: tuple[str, int] | None = None,
    budget_sek: int | None = None,
    bridge_m: float = 0.0,
) -> list[str]:
    """Return what is wrong with a plan, a sentence a mistake; nothing when it holds.

    Checked: everybody is served or unserved, once, with the households that the premises table says; every
    served premises lies at its node, which reaches a node of the existing network over edges of the plan, by
    one drop; edges are those of the graph, each once, without circles; they begin and end where their nodes
    lie; costs follow from length and cost book to the crown an edge; what the plan says of its goal is true,
    its budget is kept, and its bound is on the right side of its cost or its households.

    Parameters
    ----------
    roots
        Nodes where the existing network can be reached.
    premises
        Those that the goal asks about (contract PREMISES).
    aim
        For a target: the unit and how many more of it are needed.
    budget_sek, bridge_m
        The most that the plan, and the longest that a link, may be.
    """
    wrong = _wrong_counts(plan, premises)
    wrong += _wrong_places(plan, graph, premises)
    wrong += _wrong_edges(plan, graph, bridge_m)
    wrong += _wrong_costs(plan, book)
    wrong += _wrong_ways(plan, roots)
    wrong += _wrong_goal(plan, aim, budget_sek)
    return wrong


def _wrong_goal(plan: Plan, aim: tuple[str, int] | None, budget_sek: int | None) -> list[str]:
    wrong = []
    if budget_sek is not None and plan.cost_sek > budget_sek:
        wrong.append(f"the plan costs {plan.cost_sek} SEK, the budget is {budget_sek}")
    if plan.lower_bound_sek is not None and plan.lower_bound_sek > plan.cost_sek:
        wrong.append(f"the plan costs {plan.cost_sek} SEK, less than its bound of {plan.lower_bound_sek}")
    homes = int(plan.served["households"].sum())
    if plan.most_households is not None and plan.most_households < homes:
        wrong.append(f"the plan serves {homes} households, more than its bound of {plan.most_households}")
    if aim is not None:
        unit, needed = aim
        served = sum(int(plan.served[name].sum()) for name in unit.split("+"))
        if plan.reached_goal != (served >= needed):
            said = "reached" if plan.reached_goal else "missed"
            wrong.append(
                f"the plan says that its goal is {said}: {needed} {unit} are needed, {served} served"
            )
    return wrong


def _wrong_places(plan: Plan, graph: RouteGraph, premises: gpd.GeoDataFrame) -> list[str]:
    wrong = []
    for i, node in plan.served["node"].items():
        if i in premises.index:
            home, end = premises.geometry[i], graph.nodes.geometry[node]
            if abs(home.x - end.x) > _TOUCH_M or abs(home.y - end.y) > _TOUCH_M:
                wrong.append(f"premises {i} does not lie at node {node}")
    return wrong


def _wrong_counts(plan: Plan, premises: gpd.GeoDataFrame) -> list[str]:
    wrong = []
    counted = Counter([*plan.served.index, *plan.unserved.index])
    wrong += [f"premises {i} is counted {n} times" for i, n in counted.items() if n > 1]
    wrong += [f"premises {i} is in no list" for i in premises.index if i not in counted]
    known = set(premises.index)
    wrong += [f"premises {i} was never asked about" for i in counted if i not in known]
    for name in ("households", "workplaces"):
        asked = premises[name].to_dict()
        for table in (plan.served, plan.unserved):
            wrong += [
                f"premises {i} has {n} {name}, not {asked.get(i)}"
                for i, n in table[name].items()
                if n != asked.get(i)
            ]
    return wrong


def _wrong_edges(plan: Plan, graph: RouteGraph, bridge_m: float) -> list[str]:
    wrong = [f"edge {i} is built {n} times" for i, n in Counter(plan.routes.index).items() if n > 1]
    place = {node: (point.x, point.y) for node, point in graph.nodes.geometry.items()}
    theirs = {
        i: (t, h, c)
        for i, t, h, c in zip(graph.edges.index, graph.tails, graph.heads, graph.costs, strict=True)
    }
    columns = ("tail", "head", "cost_sek", "kind", "length_m", "geometry")
    for edge, tail, head, cost, kind, length, line in plan.routes[list(columns)].itertuples(name=None):
        if theirs.get(edge) != (tail, head, cost):
            wrong.append(f"edge {edge} is not the graph's")
        for node, (x, y) in ((tail, line.coords[0][:2]), (head, line.coords[-1][:2])):
            if abs(place[node][0] - x) > _TOUCH_M or abs(place[node][1] - y) > _TOUCH_M:
                wrong.append(f"edge {edge} does not end at node {node}")
        if kind == "link" and length > bridge_m:
            wrong.append(f"edge {edge} is a link of {length:.0f} m, {bridge_m:.0f} m are allowed")
    return wrong


def _wrong_costs(plan: Plan, book: CostBook) -> list[str]:
    wrong = []
    geod = pyproj.Geod(ellps="GRS80")
    lonlat = plan.routes.geometry.to_crs(4326)
    columns = zip(
        plan.routes.index,
        lonlat,
        plan.routes["length_m"],
        plan.routes["kind"],
        plan.routes["method"],
        plan.routes["existing"],
        plan.routes["cost_low_sek"],
        plan.routes["cost_sek"],
        plan.routes["cost_high_sek"],
        strict=True,
    )
    for edge, line, length, kind, method, existing, *costs in columns:
        if abs(geod.geometry_length(line) - length) > 0.01 + 0.0001 * length:
            wrong.append(f"edge {edge} is {geod.geometry_length(line):.2f} m, not {length:.2f} m")
        price, each = book.methods.get(method), book.connection
        if price is None or existing != "new":
            wrong.append(f"edge {edge} has no price for method {method!r}")
            continue
        for name, cost in zip(("low", "base", "high"), costs, strict=True):
            due = length * getattr(price, name) + (getattr(each, name) if kind == "drop" else 0.0)
            # A road cut in pieces keeps its whole price: each piece may be a crown off.
            if abs(due - cost) > 1.0:
                wrong.append(f"edge {edge} costs {cost} SEK ({name}), {due:.1f} are due")
    return wrong


def _wrong_ways(plan: Plan, roots: list[int]) -> list[str]:
    """Walk the plan from the existing network, an edge at a time."""
    wrong = []
    at: dict[int, list[tuple[int, int]]] = {}
    drops: Counter[int] = Counter()
    for edge, tail, head, kind in plan.routes[["tail", "head", "kind"]].itertuples(name=None):
        at.setdefault(tail, []).append((edge, head))
        at.setdefault(head, []).append((edge, tail))
        if kind == "drop":
            drops.update((tail, head))
    existing = set(roots)
    reached, walked, todo = set(existing), set(), list(existing)
    while todo:
        for edge, other in at.get(todo.pop(), ()):
            if edge in walked:
                continue
            walked.add(edge)
            if other in reached:
                wrong.append(f"edge {edge} closes a circle: it serves nobody")
            else:
                reached.add(other)
                todo.append(other)
    wrong += [f"edge {edge} hangs on no existing network" for edge in plan.routes.index if edge not in walked]
    for premises, node in plan.served["node"].items():
        if node not in reached:
            wrong.append(f"premises {premises} reaches no existing node")
        if node not in existing and (drops[node] != 1 or len(at.get(node, ())) != 1):
            trenches = len(at.get(node, ()))
            wrong.append(f"premises {premises} has {drops[node]} drops and {trenches} trenches, not one drop")
    return wrong
