"""The check finds every kind of mistake that is put into a plan that holds."""

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box, transform
from trees import percent, price
from villages import CRS, EACH, ORIGIN, attach, build, make_premises, make_setting, make_study, plain_book

from infraplan.costbook import CostBook
from infraplan.planning import Goal, check_plan, make_plan

STUDY = {
    "projects": {"max_premises": 2, "min_premises": 1, "max_sek": 60_000},
    "phases": {"budget_sek_per_year": 18_000},
    "network": {"bridge_m": 1_500.0},
    "design": {"cabinet_least": 2, "cabinet_m": 900.0},
}


@pytest.fixture(scope="module")
def book() -> CostBook:
    """A book in which everything costs something."""
    return plain_book(
        methods={"verge": price(8), "plough": price(3), "air": price(2, duct=False)},
        rules=[
            {"method": "air", "poles": True},
            {"method": "plough", "kind": ["drop", "link"]},
            {"method": "verge"},
        ],
        crossings=[price(500, EACH, over="road", road_class=["0", "1"]), price(90, EACH, over="water")],
        splice=price(3, EACH),
        overheads={"design": percent(5, 10, 20), "margin": percent(0, 10, 30)},
    )


@pytest.fixture(scope="module")
def right(book):
    """A valley in several projects and phases, with a duct, poles, shared works, care, crossings and a link.

    ::

        0 ── 1 ── 2 ── 3 ── 4 ┄┄ 5      a at 1, b at 2 (two drops), c and d at 3, e at 4, f and g at 5
    """
    nodes = [(n, 0) for n in range(6)]
    homes = [(1, 0.1), (2, 0.1), (3, 0.1), (3, -0.2), (4, 0.1), (5, 0.1), (5, -0.1)]
    edges = [
        (0, 1, "road", {"existing": "leased_duct", "duct_id": "D1", "room": 1, "rent_sek_m": 2.5}),
        (1, 2, "road", {"existing": "own_duct", "duct_id": "D2", "room": 2}),
        (
            2,
            3,
            "road",
            {"works_id": "W", "works_share": 0.4, "factor": 1.5, "areas": "protected:soft", "cross_water": 2},
        ),
        (3, 4, "road", {"poles": True, "cross_water": 1}),
        (4, 5, "link", {"cross_road": 1, "crossed_class": "1"}),
    ]
    feet = [(1, 6), (2, 7), (3, 8), (3, 9), (4, 10), (5, 11), (5, 12), (1, 7), (0, 6)]
    edges += [(*ends, "drop", {}) for ends in feet]
    study = make_study(**STUDY)
    graph = build([*nodes, *homes], edges, set(range(6, 13)), book, study)
    attachment = attach(graph, {name: 6 + number for number, name in enumerate("abcdefg")})
    people = {name: (n % 3, n % 2) for n, name in enumerate("abcdefgx")}
    premises = make_premises(attachment, people)
    goal = Goal("target", needed=6, forced=frozenset("g"))
    x, y = ORIGIN
    soft = {"kind": ["nature_reserve"], "name": [""], "factor": [1.5], "permit": [""]}
    reserve = gpd.GeoDataFrame(soft, index=["soft"], geometry=[box(x + 2e3, y - 9, x + 3e3, y + 9)], crs=CRS)
    setting = make_setting(premises, book, study, protected=reserve)
    plan = make_plan(attachment, premises, goal, setting)
    assert len(plan.projects) > 2
    assert len(plan.phases) > 1
    return plan, attachment, premises, setting


def found(right, *, setting=None, **changes) -> str:
    """Return what the check says of a plan with changes."""
    plan, attachment, premises, given = right
    return "; ".join(check_plan(replace(plan, **changes), attachment, premises, setting or given))


def change(table, row, **values):
    changed = table.copy()
    for name, value in values.items():
        changed.loc[row, name] = value
    return changed


def test_a_right_plan_has_nothing_wrong(right):
    assert found(right) == ""


# Cabinets


def test_a_cabinet_that_comes_later_than_what_ends_in_it(right):
    plan = right[0]
    assert plan.cabinets["phase"].min() == 1
    said = found(right, cabinets=plan.cabinets.assign(phase=9))
    assert re.search(r"edge \d+ is dug in phase 1, before its cabinet C0001", said)


def test_a_cabinet_that_is_none(right):
    plan = right[0]
    assert "which is none" in found(right, cabinets=plan.cabinets.drop("C0001"))


# Who is served


def test_somebody_counted_twice(right):
    served = right[0].served
    assert "premises g is counted 2 times" in found(right, served=pd.concat([served, served.loc[["g"]]]))


def test_somebody_both_served_and_not(right):
    plan = right[0]
    both = pd.concat([plan.unserved, plan.served.loc[["g"], ["households", "workplaces"]].assign(reason="")])
    assert "premises g is counted 2 times" in found(right, unserved=both)


def test_somebody_left_out(right):
    assert "premises g is in no list" in found(right, served=right[0].served.drop("g"))


def test_somebody_nobody_asked_about(right):
    assert "premises z was never asked about" in found(right, served=right[0].served.rename({"g": "z"}))


@pytest.mark.parametrize("name", ["households", "workplaces"])
def test_people_from_nowhere(right, name):
    served = change(right[0].served, "g", **{name: 7})
    assert f"premises g has 7 {name}" in found(right, served=served)
    left = right[0].unserved.index[0]
    assert f"premises {left} has 7 {name}" in found(
        right, unserved=change(right[0].unserved, left, **{name: 7})
    )


def test_what_is_excluded_and_served(right):
    goal = replace(right[0].goal, excluded=frozenset("f"))
    assert "premises f is excluded, and served" in found(right, goal=goal)


def test_what_is_forced_and_left_out(right):
    left = right[0].unserved.assign(reason="not_chosen")
    goal = replace(right[0].goal, forced=frozenset("x"))
    assert "premises x is forced, and left out (not_chosen)" in found(right, goal=goal, unserved=left)
    assert "premises x" not in found(right, goal=goal, unserved=left.assign(reason="too_far"))


def test_homes_that_are_mixed_up(right):
    served = right[0].served
    nodes = served.loc[["g", "f"], "node"].to_numpy()
    mixed = change(served, "f", node=nodes[0])
    said = found(right, served=change(mixed, "g", node=nodes[1]))
    assert f"premises f does not lie at node {nodes[0]}" in said
    assert f"premises g does not lie at node {nodes[1]}" in said


def test_a_node_that_is_not_there(right):
    assert "premises g does not lie at node 99" in found(right, served=change(right[0].served, "g", node=99))


# Edges


@pytest.mark.parametrize("edge", [0, 2, 4, 10])
def test_a_missing_trench_leaves_somebody_unreached(right, edge):
    assert "reaches no existing node" in found(right, routes=right[0].routes.drop(edge))


def test_an_edge_twice(right):
    routes = right[0].routes
    said = found(right, routes=pd.concat([routes, routes.loc[[2]]]))
    assert "edge 2 is built 2 times" in said
    assert "edge 2 closes a circle" not in said


def test_a_second_drop_closes_a_circle_over_somebodys_plot(right):
    plan, attachment, *_ = right
    spare = next(edge for edge in (6, 12) if edge not in plan.routes.index)
    like = plan.routes.loc[[next(edge for edge in (6, 12) if edge in plan.routes.index)]]
    extra = attachment.graph.edges.loc[[spare]]
    for name in like.columns.difference(extra.columns):
        extra = extra.assign(**{name: like[name].iloc[0]})
    said = found(right, routes=pd.concat([plan.routes, extra]))
    assert "premises b has 2 drops and 2 trenches, not one drop" in said
    assert "closes a circle: it serves nobody" in said


def test_an_edge_that_is_not_the_graphs(right):
    assert "edge 2 is not the graph's" in found(right, routes=change(right[0].routes, 2, head=4))
    assert "edge 2 is not the graph's" in found(right, routes=change(right[0].routes, 2, kind="link"))
    said = found(right, routes=right[0].routes.rename(index={2: 77}))
    assert "edge 77 is not the graph's" in said


def test_a_length_that_the_ground_does_not_have(right):
    routes = right[0].routes
    assert re.search(
        r"edge 2 is 1000\.\d\d m, not 1050", found(right, routes=change(routes, 2, length_m=1050.0))
    )


def test_a_line_that_ends_elsewhere(right):
    routes = right[0].routes.copy()
    routes.loc[[2], "geometry"] = transform(routes.loc[2, "geometry"], lambda xy: np.add(xy, (0, 5)))
    assert "edge 2 does not end at node 2" in found(right, routes=routes)


def test_a_trench_that_hangs_in_the_air(right):
    routes = right[0].routes
    said = found(right, routes=routes.drop(3))
    assert "edge 4 hangs on no existing network" in said


def test_a_link_longer_than_the_study_allows(right):
    setting = replace(right[3], study=make_study(**STUDY | {"network": {"bridge_m": 900.0}}))
    assert "edge 4 is a link of 1000 m, 900 m are allowed" in found(right, setting=setting)


@pytest.mark.parametrize(
    ("kind", "edge", "at"), [("road", 2, (2.4, 0)), ("link", 4, (4.5, 0)), ("drop", 10, (5, 0.05))]
)
def test_a_no_go_that_is_crossed(right, kind, edge, at):
    assert right[0].routes.loc[edge, "kind"] == kind
    x, y = ORIGIN[0] + 1000 * at[0], ORIGIN[1] + 1000 * at[1]
    areas = gpd.GeoDataFrame(
        {"hard": [True, False]},
        index=pd.Index(["no_go:1", "protected:1"], name="area_id"),
        geometry=[box(x - 20, y - 20, x + 20, y + 20), box(ORIGIN[0], ORIGIN[1] - 1, x, y + 1)],
        crs=CRS,
    )
    said = found(right, setting=replace(right[3], areas=areas))
    assert said == f"edge {edge} crosses no_go:1 for 40.0 m: no-go"
    # What only touches a border, or follows it, is not inside.
    beside = areas.loc[["no_go:1"]].translate(20 if kind == "drop" else 0, 0 if kind == "drop" else 20)
    assert found(right, setting=replace(right[3], areas=areas.loc[["no_go:1"]].set_geometry(beside))) == ""


# Fibres, cables, ducts


def test_a_duct_over_its_room(right):
    said = found(right, routes=change(right[0].routes, 0, room=0))
    assert "edge 0 puts 1 cables into duct D1, which has room for 0" in said


def test_cables_that_do_not_hold_the_fibres(right):
    assert "fibres in cables 4" in found(right, routes=change(right[0].routes, 0, cables="4"))
    assert "fibres in cables 96" in found(right, routes=change(right[0].routes, 0, cables="96"))
    assert "fibres in cables" in found(right, routes=change(right[0].routes, 0, cables=""))


def test_too_few_fibres(right):
    assert "edge 0 has 1 fibres" in found(right, routes=change(right[0].routes, 0, fibres=1))


def test_a_splitter_needs_fewer_fibres_than_a_fibre_each(right):
    plan, attachment, premises, setting = right
    passive = replace(
        setting, study=make_study(**STUDY | {"design": STUDY["design"] | {"architecture": "gpon"}})
    )
    plan = make_plan(attachment, premises, plan.goal, passive)
    assert check_plan(plan, attachment, premises, passive) == []
    assert "are lit" in "; ".join(check_plan(plan, attachment, premises, setting))


def test_premises_miscounted_along_an_edge(right):
    assert re.search(
        r"edge 0 leads to \d premises, not 99", found(right, routes=change(right[0].routes, 0, premises=99))
    )


# Money

LEVELS = [("cost_low_sek", "low"), ("cost_sek", "base"), ("cost_high_sek", "high")]


@pytest.mark.parametrize(("column", "level"), LEVELS)
@pytest.mark.parametrize("edge", [0, 1, 2, 3, 4, 10])
def test_an_edge_that_is_a_crown_off(right, column, level, edge):
    routes = right[0].routes
    routes = change(routes, edge, **{column: routes.loc[edge, column] + 1})
    assert re.search(rf"edge {edge} costs \d+ SEK \({level}\), \d+ are due", found(right, routes=routes))


@pytest.mark.parametrize(("column", "level"), LEVELS)
@pytest.mark.parametrize(
    ("item", "said"),
    [
        *(
            (item, "are billed for its edges")
            for item in ("trench", "cable", "crossing", "splice", "soft_area")
        ),
        ("cabinet", "cabinet costs"),
        ("chamber", "chamber costs"),
        ("design", "design costs"),
        ("margin", "margin costs"),
    ],
)
def test_a_row_of_the_bill_that_is_a_crown_off(right, item, said, column, level):
    bill = right[0].bill
    row = bill.index[bill["item"] == item][0]
    bill = change(bill, row, **{column: bill.loc[row, column] - 1})
    assert re.search(
        rf"project P\d+: .*{said}.*\({level}\)|project P\d+: \d+ SEK \({level}\) {said}",
        found(right, bill=bill),
    )


@pytest.mark.parametrize("name", ["material_sek", "labour_sek"])
def test_material_and_labour_that_are_not_the_cost(right, name):
    bill = right[0].bill
    assert "bill 0: material and labour are not its cost" in found(
        right, bill=change(bill, 0, **{name: bill.loc[0, name] + 1})
    )


def test_a_row_of_the_bill_that_is_missing(right):
    bill = right[0].bill
    project = bill["project_id"].iloc[-1]
    assert "the bill's projects are not those of the routes" in found(
        right, bill=bill[bill["project_id"] != project]
    )
    assert "are billed for its edges" in found(right, bill=bill[bill["item"] != "duct"])


def test_a_method_that_the_book_does_not_price(right):
    said = found(right, routes=change(right[0].routes, 2, method="magic"))
    assert "edge 2 has no price for method 'magic'" in said


# Projects and phases


@pytest.mark.parametrize(
    "name",
    ["premises", "households", "workplaces", "public_buildings", "cost_low_sek", "cost_sek", "cost_high_sek"],
)
def test_a_project_that_is_one_off(right, name):
    projects = right[0].projects
    project = projects.index[0]
    due = projects.loc[project, name]
    said = found(right, projects=change(projects, project, **{name: due + 1}))
    assert f"project {project} says {due + 1} {name}, {due} are due" in said


@pytest.mark.parametrize(
    "name", ["premises", "households", "workplaces", "cost_low_sek", "cost_sek", "cost_high_sek"]
)
def test_a_phase_that_is_one_off(right, name):
    phases = right[0].phases
    due = phases.loc[1, name]
    assert f"phase 1 says {due + 1} {name}, {due} are due" in found(
        right, phases=change(phases, 1, **{name: due + 1})
    )


def test_an_edge_in_no_project(right):
    assert "edge 2 is in project , which is none" in found(
        right, routes=change(right[0].routes, 2, project_id="")
    )


def test_a_project_that_is_built_before_the_one_that_feeds_it(right):
    plan = right[0]
    below = plan.projects.index[(plan.projects["above"] != "").to_numpy()][-1]
    above = plan.projects.loc[below, "above"]
    late = {
        name: change(table, table.index[(table["project_id"] == above).to_numpy()], phase=9)
        for name, table in (("routes", plan.routes), ("bill", plan.bill), ("cabinets", plan.cabinets))
    }
    said = found(right, projects=change(plan.projects, above, phase=9), **late)
    assert f"project {below} is built before {above}, which feeds it" in said
    assert re.search(r"edge \d+ is dug in phase \d, before edge \d+, which feeds it", said)


def test_a_project_that_says_that_another_feeds_it(right):
    projects = right[0].projects
    below = projects.index[(projects["above"] != "").to_numpy()][-1]
    assert f"project {below} is fed through" in found(right, projects=change(projects, below, above=""))
    assert f"project {below} is fed through P9, which is none" in found(
        right, projects=change(projects, below, above="P9")
    )


def test_premises_in_the_project_of_others(right):
    served = right[0].served
    other = next(name for name in right[0].projects.index if name != served.loc["g", "project_id"])
    assert "premises g is in project" in found(right, served=change(served, "g", project_id=other))


@pytest.mark.parametrize(("table", "name"), [("routes", "edge"), ("bill", "bill"), ("cabinets", "cabinet")])
def test_a_phase_that_is_not_the_projects(right, table, name):
    rows = getattr(right[0], table)
    said = found(right, **{table: change(rows, rows.index[0], phase=7)})
    assert f"{name} {rows.index[0]} is in phase 7, its project" in said


# Goals and bounds


def test_more_than_the_budget(right):
    goal = replace(right[0].goal, budget_sek=5)
    assert f"the plan costs {right[0].cost_sek} SEK, the budget is 5" in found(right, goal=goal)


def test_a_bound_above_the_cost(right):
    plan = right[0]
    assert "the plan costs" in found(right, lower_bound_sek=plan.cost_sek + 1)
    assert "less than its bound" in found(right, network_bound_sek=plan.network_sek + 1)
    assert found(right, lower_bound_sek=plan.cost_sek, network_bound_sek=plan.network_sek) == ""


def test_more_households_than_the_bound(right):
    homes = int(right[0].served["households"].sum())
    assert f"the plan serves {homes} households, more than its bound of {homes - 1}" in found(
        right, most_households=homes - 1
    )


def test_a_goal_said_to_be_reached_that_is_not_and_the_other_way_round(right):
    plan = right[0]
    homes = int(plan.served["households"].sum())
    goal = replace(plan.goal, needed=homes + 1)
    assert f"goal is reached: {homes + 1} households are needed, {homes} served" in found(right, goal=goal)
    assert found(right, goal=goal, reached_goal=False) == ""
    assert "goal is missed" in found(right, reached_goal=False)
    counted = replace(plan.goal, needed=homes, counted=frozenset("f"))
    assert "goal is reached" in found(right, goal=counted)
