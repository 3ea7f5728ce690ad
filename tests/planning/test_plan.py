"""From a goal to a whole plan: dimensioned, cut, phased, billed, within its budget, right by the check."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from villages import PLANE, attach, build, make_premises, make_setting, make_study, make_village

from infraplan import tables
from infraplan.errors import PlanError
from infraplan.network.costs import price_edges
from infraplan.network.graph import RouteGraph
from infraplan.planning import Goal, check_plan, make_plan

CONTRACTS = {
    "routes": tables.ROUTES,
    "served": tables.SERVED,
    "unserved": tables.UNSERVED,
    "cabinets": tables.CABINETS,
    "bill": tables.BILL,
    "projects": tables.PROJECTS,
    "phases": tables.PHASES,
}


def make(village, book, goal=None, **sections):
    """Make a plan and hold it against its contracts and the independent check."""
    attachment, premises = village
    setting = make_setting(premises, book, make_study(**sections))
    plan = make_plan(attachment, premises, goal or Goal(), setting)
    for name, contract in CONTRACTS.items():
        tables.check(getattr(plan, name), contract)
    assert check_plan(plan, attachment, premises, setting) == []
    return plan


def test_a_plan_for_all_adds_up(village, book):
    plan = make(village, book)
    # From 0 to 1 and on to 2 run 10 lit fibres, 13 with the spare ones: a cable for 48, 3 a metre dearer than
    # the smallest, on 2 km. The cabinet of all five costs 1 000.
    assert plan.cost_sek - plan.network_sek - 1_000 == pytest.approx(2_000 / PLANE * 3, abs=2)
    assert (plan.cost_low_sek, plan.cost_high_sek) == (
        pytest.approx(plan.cost_sek / 2, abs=20),
        pytest.approx(plan.cost_sek * 2, abs=20),
    )
    assert plan.network_bound_sek == plan.network_sek
    assert plan.network_bound_sek < plan.lower_bound_sek <= plan.cost_sek
    assert (plan.network_gap, plan.reached_goal, plan.overfull) == (0.0, True, ())
    assert plan.gap == pytest.approx(plan.cost_sek / plan.lower_bound_sek - 1)
    assert plan.most_households is None


def test_design_and_margin_come_on_top(village, book, dear_book):
    plain, dear = make(village, book), make(village, dear_book)
    assert dear.network_sek == plain.network_sek
    assert plain.cost_sek * 1.21 <= dear.cost_sek <= plain.cost_sek * 1.21 + 2
    assert dear.cost_low_sek == pytest.approx(plain.cost_low_sek * 1.05, abs=2)
    assert dear.cost_high_sek == pytest.approx(plain.cost_high_sek * 1.2 * 1.3, abs=2)
    assert dear.lower_bound_sek == pytest.approx(plain.lower_bound_sek * 1.21, abs=2)


def test_a_cabinet_that_branches_share_is_built_with_the_first_of_them(book):
    nodes = [(0, 0), (1, 0), (0, 1), (1, 0.1), (1, -0.1), (0.1, 1), (-0.1, 1)]
    edges = [(0, 1, "road"), (0, 2, "road"), (1, 3, "drop"), (1, 4, "drop"), (2, 5, "drop"), (2, 6, "drop")]
    attachment = attach(build(nodes, edges, {3, 4, 5, 6}, book), dict(zip("abcd", range(3, 7), strict=True)))
    village = attachment, make_premises(attachment, dict.fromkeys("abcd", (1, 0)))
    limits = {"projects": {"max_premises": 2, "min_premises": 0}, "phases": {"budget_sek_per_year": 20_000}}
    plan = make(village, book, **limits)
    # The branch without the cabinet would be the cheaper one, and could not be connected.
    assert plan.cabinets[["node", "premises", "project_id", "phase"]].to_numpy().tolist() == [
        [0, 4, "P0001", 1]
    ]
    assert plan.projects["phase"].to_dict() == {"P0001": 1, "P0002": 2}
    assert plan.projects["above"].tolist() == ["", "P0001"]


def test_a_target_that_is_met_digs_nothing(village, book):
    plan = make(village, book, Goal("target", needed=0))
    assert (plan.cost_sek, len(plan.served), plan.gap) == (0, 0, 0.0)
    assert plan.reached_goal


def test_a_target_beyond_the_roads_says_so(village, book):
    assert not make(village, book, Goal("target", needed=10)).reached_goal
    assert make(village, book, Goal("target", needed=9)).reached_goal


def test_who_is_counted_already_does_not_reach_the_target(village, book):
    goal = Goal("target", needed=9, forced=frozenset("e"), counted=frozenset("e"))
    assert not make(village, book, goal).reached_goal
    assert make(village, book, replace(goal, needed=8)).reached_goal


@pytest.mark.parametrize("budget_sek", [1, 13_000, 20_000, 30_000, 45_000, 75_000, 10**9])
def test_a_budget_holds_cabinets_cables_design_and_margin(village, dear_book, budget_sek):
    plan = make(village, dear_book, Goal("budget", budget_sek=budget_sek))
    assert plan.cost_sek <= budget_sek
    homes = int(plan.served["households"].sum())
    assert homes <= plan.most_households
    less = make(village, dear_book, Goal("budget", budget_sek=max(1, budget_sek // 2)))
    assert less.served["households"].sum() <= homes
    assert (plan.lower_bound_sek, plan.network_bound_sek) == (None, None)


def test_a_budget_for_everything_serves_all_and_one_below_its_bound_does_not(village, dear_book):
    plan = make(village, dear_book)
    # Networks that cost the same ask for different cables: a twentieth more is enough for any of them.
    enough = int(1.05 * plan.cost_sek)
    assert len(make(village, dear_book, Goal("budget", budget_sek=enough)).served) == 5
    assert len(make(village, dear_book, Goal("budget", budget_sek=plan.lower_bound_sek - 1)).served) < 5


def test_a_budget_that_the_network_keeps_and_the_whole_does_not(village, dear_book):
    # b's network alone is 20 600, far from it; with a chamber 20 900, and 21 per cent on top.
    enough = make(village, dear_book, Goal("target", needed=5)).cost_sek
    plan = make(village, dear_book, Goal("budget", budget_sek=enough - 1))
    assert plan.network_sek < enough / 1.21
    assert plan.cost_sek < enough


def test_what_is_forced_is_served_within_a_budget_or_the_plan_is_refused(village, dear_book):
    goal = Goal("budget", budget_sek=60_000, forced=frozenset("e"))
    assert "e" in make(village, dear_book, goal).served.index
    # Roads and drop of e alone are 40 600; a chamber and 21 per cent on top of them make 49 489.
    for budget_sek in (40_000, 45_000):
        with pytest.raises(PlanError, match=r"force names \(1 premises\) costs more than the budget"):
            make(village, dear_book, replace(goal, budget_sek=budget_sek))


def test_a_duct_without_room_for_all_cables_is_dug_anew_and_named(book):
    # Ten lit fibres and three spare ones: with cables for 4 that is four of them.
    small = book.model_copy(update={"cables": book.cables[:1]})
    own = {"existing": "own_duct", "duct_id": "D1", "room": 3}
    leased = {"existing": "leased_duct", "duct_id": "D2", "room": 4}
    plan = make(make_village(small, ducts={0: own, 1: leased}), small)
    assert plan.overfull == ("D1",)
    assert plan.routes["existing"].loc[[0, 1]].tolist() == ["new", "leased_duct"]
    assert plan.routes["duct_id"].loc[[0, 1]].tolist() == ["", "D2"]
    assert plan.routes.loc[0, "method"] == "verge"
    # What the first network was told: 2 a metre in the own duct, not 10.
    assert plan.network_sek - plan.network_bound_sek == pytest.approx(8 * 1_000 / PLANE, abs=1)
    roomy = make(make_village(small, ducts={0: own | {"room": 4}, 1: leased}), small)
    assert roomy.overfull == ()
    assert roomy.network_sek == roomy.network_bound_sek


def test_ducts_full_one_after_the_other_are_dug_where_they_are_in_the_end(book):
    # Sixteen ducts side by side with room for one cable of four each, every one a little dearer to rent.
    small = book.model_copy(update={"cables": book.cables[:1]})
    attachment, premises = make_village(small)
    edges = attachment.graph.edges
    duct = edges.loc[[0]].assign(existing="leased_duct", room=1)
    ducts = [duct.assign(duct_id=f"D{n:02}", rent_sek_m=1.0 + n / 10) for n in range(16)]
    table = pd.concat([*ducts, edges.drop(index=0)], ignore_index=True).rename_axis("edge_id")
    table = gpd.GeoDataFrame(table.astype({"existing": "str", "duct_id": "str"}))
    graph = RouteGraph(attachment.graph.nodes, price_edges(table, small, make_study().design))
    plan = make((replace(attachment, graph=graph), premises), small)
    assert plan.overfull == ("D00", "D01", "D02", "D03", "D04")
    assert plan.routes.loc[4, ["existing", "method", "duct_id"]].tolist() == ["new", "verge", ""]


def test_projects_are_fed_before_they_are_built_and_a_trunk_may_serve_nobody(book):
    attachment, _ = make_village(book)
    # Nobody lives along the trunk: b and e at its end, in projects of one premises each.
    premises = make_premises(attachment, {"c": (3, 0), "e": (1, 0)})
    projects = {"max_premises": 1, "max_sek": 25_000, "min_premises": 0}
    plan = make((attachment, premises), book, projects=projects, phases={"budget_sek_per_year": 25_000})
    assert len(plan.projects) >= 3
    assert (plan.projects["premises"] == 0).any()
    assert plan.phases["year"].tolist() == [2027 + n for n in range(len(plan.phases))]
    assert plan.phases["cost_sek"].sum() == plan.cost_sek


def test_nobody_to_serve_is_an_empty_plan(village, book):
    attachment, premises = village
    plan = make((attachment, premises.iloc[:0]), book)
    assert (plan.cost_sek, len(plan.projects), len(plan.phases)) == (0, 0, 0)


def test_a_bound_says_how_far_the_best_is(village, book):
    plan = make(village, book, Goal("budget", budget_sek=25_000))
    homes = int(plan.served["households"].sum())
    assert replace(plan, most_households=homes * 2).gap == 0.5
    assert replace(plan, most_households=0, served=plan.served.iloc[:0]).gap == 0.0


def test_a_bound_of_nothing_says_nothing_of_a_plan_that_costs(village, book):
    plan = make(village, book)
    assert replace(plan, lower_bound_sek=0).gap is None
    assert replace(plan, lower_bound_sek=plan.cost_sek).gap == 0.0
    assert replace(plan, lower_bound_sek=0, bill=plan.bill.iloc[:0]).gap == 0.0


@pytest.mark.parametrize(("year", "share"), [(2027, 0.6), (2031, 1.0)])
def test_only_works_that_a_phase_meets_in_time_are_dug_with(book, year, share):
    nodes = [(0, 0), (1, 0), (1, 0.1)]
    graph = build(nodes, [(0, 1, "road"), (1, 2, "drop")], {2}, book)
    edges = graph.edges.assign(works_id=pd.Series(["w", ""], dtype="str"), works_share=[0.6, 1.0])
    shared = RouteGraph(graph.nodes, price_edges(edges, book, make_study().design))
    attachment = attach(shared, {"a": 2})
    premises = make_premises(attachment, {"a": (1, 0)})
    text = {"start": f"{year}-01-01", "end": f"{year}-12-31", "kind": "water", "name": "", "contact": ""}
    works = gpd.GeoDataFrame(
        {name: pd.Series([value], index=["w"], dtype="str") for name, value in text.items()} | {"share": 0.6},
        geometry=[graph.edges.geometry.iloc[0]],
        crs=graph.edges.crs,
    )
    setting = make_setting(premises, book, make_study())
    setting = replace(setting, layers=replace(setting.layers, tables={"planned_works": works}))
    plan = make_plan(attachment, premises, Goal(), setting)
    assert check_plan(plan, attachment, premises, setting) == []
    assert plan.routes["works_share"].tolist() == [share, 1.0]
    assert plan.routes["works_id"].tolist() == ["w", ""]
    assert plan.phases["year"].tolist() == [2027]
