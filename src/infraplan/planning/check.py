"""An independent check of a plan, from scratch: it shares no code with the planner, the prices or the solver.

Plain loops over plain values, on purpose: what is checked here must be readable at a glance. Money is checked
in ``check_money``.
"""

from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from infraplan.network.graph import RouteGraph
from infraplan.network.snap import Attachment
from infraplan.planning.check_money import wrong_bill, wrong_edge_costs, wrong_projects
from infraplan.planning.model import Goal, Plan, Setting

_TOUCH_M = 0.01
_INSIDE_M = 0.5
"""A road that lies in a closed area for no more than this only touches it: cuts at its border are as exact as
nodes are. Drops and links are not cut."""


def check_plan(plan: Plan, attachment: Attachment, candidates: pd.DataFrame, setting: Setting) -> list[str]:
    """Return what is wrong with a plan, a sentence a mistake; nothing when it holds.

    Checked: everybody asked about is served or unserved, once, with the households that the premises table
    says, what is forced is served and what is excluded is not; every served premises lies at its node, which
    reaches a node of the existing network over edges of the plan, by one drop; edges are those of the graph,
    each once, without circles, out of closed areas; cables hold the fibres, and ducts the cables; costs
    follow from the cost book to the crown, an edge and in all; each edge is in one project, which is fed by
    one that is built no later; what the plan says of its goal is true, its budget is kept, and its bound is
    on the right side of its cost or its households.

    Parameters
    ----------
    candidates
        Those that the goal asks about, with households and workplaces.
    """
    graph, roots = attachment.graph, [int(node) for node in attachment.roots]
    premises = setting.premises.loc[candidates.index]
    wrong = _wrong_counts(plan, premises)
    wrong += _wrong_wishes(plan)
    wrong += _wrong_places(plan, graph, premises)
    wrong += _wrong_edges(plan, graph, setting.study.network.bridge_m)
    wrong += _wrong_areas(plan, setting.areas)
    wrong += _wrong_ways(plan, roots)
    wrong += _wrong_fibres(plan, roots, setting)
    wrong += wrong_edge_costs(plan.routes, setting.book)
    wrong += wrong_bill(plan, setting.book)
    wrong += wrong_projects(plan, premises)
    wrong += _wrong_order(plan, roots)
    wrong += _wrong_goal(plan, plan.goal)
    return wrong


def _wrong_wishes(plan: Plan) -> list[str]:
    served, excluded = set(plan.served.index), plan.goal.excluded
    wrong = [f"premises {i} is excluded, and served" for i in sorted(excluded & served)]
    out_of_reach = ("too_far", "island", "no_go")
    for i, reason in plan.unserved["reason"].items():
        if i in plan.goal.forced and reason not in out_of_reach:
            wrong.append(f"premises {i} is forced, and left out ({reason})")
    return wrong


def _wrong_goal(plan: Plan, goal: Goal) -> list[str]:
    wrong = []
    if goal.budget_sek is not None and plan.cost_sek > goal.budget_sek:
        wrong.append(f"the plan costs {plan.cost_sek} SEK, the budget is {goal.budget_sek}")
    for name, cost, bound in (
        ("plan", plan.cost_sek, plan.lower_bound_sek),
        ("network", plan.network_sek, plan.network_bound_sek),
    ):
        if bound is not None and bound > cost:
            wrong.append(f"the {name} costs {cost} SEK, less than its bound of {bound}")
    homes = int(plan.served["households"].sum())
    if plan.most_households is not None and plan.most_households < homes:
        wrong.append(f"the plan serves {homes} households, more than its bound of {plan.most_households}")
    if goal.needed is not None:
        counts = plan.served[~plan.served.index.isin(goal.counted)]
        served = sum(int(counts[name].sum()) for name in goal.unit.split("+"))
        if plan.reached_goal != (served >= goal.needed):
            said = "reached" if plan.reached_goal else "missed"
            asked = f"{goal.needed} {goal.unit} are needed, {served} served"
            wrong.append(f"the plan says that its goal is {said}: {asked}")
    return wrong


def _wrong_areas(plan: Plan, areas: gpd.GeoDataFrame) -> list[str]:
    """Look for trenches in areas where nothing may be built."""
    wrong = []
    for name, area in areas.geometry[areas["hard"].astype(bool)].items():
        # A road that is the area's border lies outside.
        inner = area.buffer(-_TOUCH_M)
        for edge in plan.routes.sindex.query(inner, predicate="intersects"):
            inside = plan.routes.geometry.iloc[edge].intersection(inner).length
            if inside > (_INSIDE_M if plan.routes["kind"].iloc[edge] == "road" else _TOUCH_M):
                wrong.append(f"edge {plan.routes.index[edge]} crosses {name} for {inside:.1f} m: no-go")
    return wrong


def _wrong_fibres(plan: Plan, roots: list[int], setting: Setting) -> list[str]:
    """Count premises and lit fibres from the leaves to the roots, and hold cables and ducts against them."""
    wrong = []
    design, sizes = setting.study.design, {cable.fibres for cable in setting.book.cables}
    homes = dict.fromkeys([*plan.routes["tail"], *plan.routes["head"]], 0)
    lit = dict(homes)
    for node, households, workplaces in plan.served[["node", "households", "workplaces"]].itertuples(
        index=False, name=None
    ):
        homes[node] = homes.get(node, 0) + 1
        lit[node] = lit.get(node, 0) + max(households + workplaces, 1)
    columns = ["tail", "head", "premises", "fibres", "cables", "existing", "room", "duct_id"]
    rows, names = plan.routes[columns].to_dict("records"), plan.routes.index
    for position, below in reversed(_walk(plan, roots)):
        row, edge = rows[position], names[position]
        above = row["tail"] if row["head"] == below else row["head"]
        homes[above] += homes[below]
        lit[above] += lit[below]
        if row["premises"] != homes[below]:
            wrong.append(f"edge {edge} leads to {homes[below]} premises, not {row['premises']}")
        needed = lit[below] if design.architecture == "p2p" else -(-lit[below] // design.split)
        if row["fibres"] < needed:
            wrong.append(f"edge {edge} has {row['fibres']} fibres, {needed} are lit")
        cables = [int(size) for size in row["cables"].split("+") if size]
        if sum(cables) < row["fibres"] or not set(cables) <= sizes:
            wrong.append(f"edge {edge} has {row['fibres']} fibres in cables {row['cables']}")
        if row["existing"] != "new" and len(cables) > row["room"]:
            wrong.append(
                f"edge {edge} puts {len(cables)} cables into duct {row['duct_id']}, which has room for "
                f"{row['room']}"
            )
    return wrong


def _wrong_order(plan: Plan, roots: list[int]) -> list[str]:
    """Look for trenches dug before the one that they hang on, and for premises in another's project."""
    wrong = []
    rows = list(zip(plan.routes.index, plan.routes["project_id"], plan.routes["phase"], strict=True))
    ends = list(zip(plan.routes["tail"], plan.routes["head"], strict=True))
    feeds = {}
    for position, below in _walk(plan, roots):
        edge, project, phase = feeds[below] = rows[position]
        tail, head = ends[position]
        upper = feeds.get(tail if head == below else head)
        if upper is not None and upper[2] > phase:
            wrong.append(f"edge {edge} is dug in phase {phase}, before edge {upper[0]}, which feeds it")
        if upper is not None and upper[1] != project:
            above = plan.projects["above"].get(project)
            if above != upper[1]:
                wrong.append(f"project {project} is fed through {upper[1]}, it says {above!r}")
    wrong += _wrong_cabinets(plan)
    for i, node, project in plan.served[["node", "project_id"]].itertuples(name=None):
        due = feeds[node][1] if node in feeds else ""
        if project != due:
            wrong.append(f"premises {i} is in project {project!r}, its trench in {due!r}")
    return wrong


def _wrong_cabinets(plan: Plan) -> list[str]:
    """Look for trenches that are dug before the cabinet in which their fibres end, or that end in none."""
    wrong = []
    built = plan.cabinets["phase"].to_dict()
    for edge, cabinet, phase in plan.routes[["cabinet_id", "phase"]].itertuples(name=None):
        if cabinet and cabinet not in built:
            wrong.append(f"edge {edge} ends in cabinet {cabinet}, which is none")
        elif cabinet and built[cabinet] > phase:
            wrong.append(f"edge {edge} is dug in phase {phase}, before its cabinet {cabinet}")
    return wrong


def _walk(plan: Plan, roots: list[int]) -> list[tuple[int, int]]:
    """Return each edge's position and lower node, from the roots to the leaves."""
    at: dict[int, list[tuple[int, int]]] = {}
    ends = zip(plan.routes["tail"], plan.routes["head"], strict=True)
    for position, (tail, head) in enumerate(ends):
        at.setdefault(tail, []).append((position, head))
        at.setdefault(head, []).append((position, tail))
    seen, order, todo = set(roots), [], list(roots)
    for node in todo:
        for position, other in at.get(node, ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
                order.append((position, other))
    return order


def _wrong_places(plan: Plan, graph: RouteGraph, premises: gpd.GeoDataFrame) -> list[str]:
    wrong = []
    homes = {i: (point.x, point.y) for i, point in premises.geometry.items()}
    ends = {node: (point.x, point.y) for node, point in graph.nodes.geometry.items()}
    for i, node in plan.served["node"].items():
        if i in homes:
            home, end = homes[i], ends.get(node, (np.inf, np.inf))
            if abs(home[0] - end[0]) > _TOUCH_M or abs(home[1] - end[1]) > _TOUCH_M:
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
    geod = pyproj.Geod(ellps="GRS80")
    lonlat = plan.routes.geometry.to_crs(4326)
    theirs = dict(
        zip(graph.edges.index, zip(graph.tails, graph.heads, graph.edges["kind"], strict=True), strict=True)
    )
    columns = ("tail", "head", "kind", "length_m", "geometry")
    rows = plan.routes[list(columns)].itertuples(name=None)
    for (edge, tail, head, kind, length, line), degrees in zip(rows, lonlat, strict=True):
        if theirs.get(edge) != (tail, head, kind):
            wrong.append(f"edge {edge} is not the graph's")
        true = geod.geometry_length(degrees)
        if abs(true - length) > _TOUCH_M + 0.0001 * length:
            wrong.append(f"edge {edge} is {true:.2f} m, not {length:.2f} m")
        for node, (x, y) in ((tail, line.coords[0][:2]), (head, line.coords[-1][:2])):
            end = place.get(node, (np.inf, np.inf))
            if abs(end[0] - x) > _TOUCH_M or abs(end[1] - y) > _TOUCH_M:
                wrong.append(f"edge {edge} does not end at node {node}")
        if kind == "link" and length > bridge_m:
            wrong.append(f"edge {edge} is a link of {length:.0f} m, {bridge_m:.0f} m are allowed")
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
