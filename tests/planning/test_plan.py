import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest

from infraplan import tables
from infraplan.errors import PlanError
from infraplan.planning import Effort, check_plan, make_plan
from infraplan.planning.plan import units


def test_all_serves_everybody_who_can_be_reached_and_names_the_others(village, nobody, book):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of, roots, candidates, unattached=nobody)
    assert sorted(plan.served.index) == list("abcde")
    assert plan.unserved["reason"].to_dict() == {"f": "island"}
    # Roads 1 + 1 + 1 + 2 km at 10 kr/m; drops of 100 m, d's shorter way is 510 m either way, at 5 kr/m; 5
    # connections.
    assert plan.cost_sek == pytest.approx(50_000 + 4 * 500 + 510 * 5 + 500, rel=0.002)
    assert plan.lower_bound_sek <= plan.cost_sek
    assert 0 <= plan.gap < 1
    assert plan.reached_goal
    tables.check(plan.routes, tables.ROUTES)
    tables.check(plan.served, tables.SERVED)
    tables.check(plan.unserved, tables.UNSERVED)
    assert check_plan(plan, graph, [0], candidates, book) == []


def test_a_target_takes_the_cheapest_households_first(village, nobody, book):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, aim=("households", 5))
    assert sorted(plan.served.index) == ["a", "b"]
    assert plan.lower_bound_sek == plan.cost_sek
    assert (plan.gap, plan.ended) == (0.0, "optimal")
    assert (plan.goal, plan.aim, plan.reached_goal) == ("target", 5, True)
    assert set(plan.unserved["reason"]) == {"not_chosen", "island"}
    assert check_plan(plan, graph, [0], candidates, book) == []


def test_a_target_beyond_the_roads_goes_as_far_as_it_can_and_says_so(village, nobody):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, aim=("households", 10))
    assert sorted(plan.served.index) == list("abcde")
    assert not plan.reached_goal


def test_a_target_that_is_met_digs_nothing(village, nobody, book):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, aim=("households", 0))
    assert plan.cost_sek == 0
    assert plan.served.empty
    assert check_plan(plan, graph, [0], candidates, book) == []


@pytest.mark.parametrize("budget_sek", [1, 10_600, 15_000, 25_000, 38_000, 60_000, 10**9])
def test_a_budget_is_kept_and_more_money_never_serves_fewer(village, nobody, book, budget_sek):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, budget_sek=budget_sek)
    assert plan.cost_sek <= budget_sek
    assert check_plan(plan, graph, [0], candidates, book, budget_sek=budget_sek) == []
    less = make_plan(graph, node_of, roots, candidates, unattached=nobody, budget_sek=max(1, budget_sek // 2))
    assert less.served["households"].sum() <= plan.served["households"].sum()


def test_a_budget_for_everything_serves_all(village, nobody):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, budget_sek=10**9)
    assert sorted(plan.served.index) == list("abcde")


@pytest.fixture
def choices(village, nobody):
    """Every choice of premises that roads lead to: who they are, and the plan for just them."""
    graph, node_of, roots, candidates = village
    return [
        (
            candidates.loc[list(some), ["households", "workplaces"]].sum(),
            make_plan(graph, node_of, roots, candidates.loc[list(some)], unattached=nobody).cost_sek,
        )
        for size in range(6)
        for some in itertools.combinations("abcde", size)
    ]


def test_a_budget_serves_the_most_households_that_any_choice_does(village, nobody, choices):
    graph, node_of, roots, candidates = village
    for budget_sek in range(5_000, 60_000, 5_000):
        plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, budget_sek=budget_sek)
        best = max(who["households"] for who, cost in choices if cost <= budget_sek)
        assert plan.served["households"].sum() == best == plan.most_households
        assert (plan.lower_bound_sek, plan.gap, plan.ended) == (None, 0.0, "optimal")


def test_a_target_costs_the_least_that_any_choice_does(village, nobody, choices):
    graph, node_of, roots, candidates = village
    aims = [*itertools.product(["households", "households+workplaces"], range(1, 10)), ("workplaces", 1)]
    for unit, aim in aims:
        plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, aim=(unit, aim))
        best = min(cost for who, cost in choices if who[unit.split("+")].sum() >= aim)
        assert plan.cost_sek == best == plan.lower_bound_sek


def test_who_has_nothing_that_the_budget_counts_is_told_apart(village, nobody):
    graph, node_of, roots, candidates = village
    idle = candidates.assign(households=[1, 4, 0, 2, 1, 0])
    plan = make_plan(graph, node_of, roots, idle, unattached=nobody, budget_sek=1)
    assert plan.unserved["reason"].to_dict() == {
        **dict.fromkeys("abde", "over_budget"),
        "c": "not_counted",
        "f": "island",
    }


def test_the_search_ends_when_it_is_told_to(village, nobody):
    graph, node_of, roots, candidates = village
    heard = []
    effort = Effort(progress=lambda best, bound, seconds: heard.append((best, bound, seconds)))
    plan = make_plan(
        graph, node_of, roots, candidates, unattached=nobody, aim=("households", 5), effort=effort
    )
    assert heard
    assert all(0 <= bound <= best and seconds >= 0 for best, bound, seconds in heard)
    assert heard[-1][0] == plan.cost_sek
    near = make_plan(graph, node_of, roots, candidates, unattached=nobody, effort=Effort(gap=1.0))
    assert near.ended in {"gap", "optimal"}
    assert near.gap <= 1.0


def test_a_bound_says_how_far_the_best_is(village, nobody):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, budget_sek=25_000)
    homes = int(plan.served["households"].sum())
    assert dataclasses.replace(plan, most_households=homes * 2).gap == 0.5
    assert dataclasses.replace(plan, most_households=0, served=plan.served.iloc[:0]).gap == 0.0


def test_a_bound_of_nothing_says_nothing_of_a_plan_that_costs(village, nobody):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of, roots, candidates, unattached=nobody)
    assert dataclasses.replace(plan, lower_bound_sek=0).gap is None
    assert dataclasses.replace(plan, lower_bound_sek=plan.cost_sek).gap == 0.0
    assert dataclasses.replace(plan, lower_bound_sek=0, routes=plan.routes.iloc[:0]).gap == 0.0


def test_nobody_to_serve_is_an_empty_plan(village, nobody, book):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of.iloc[:0], roots, candidates.iloc[:0], unattached=nobody)
    assert plan.cost_sek == 0
    assert check_plan(plan, graph, [0], candidates.iloc[:0], book) == []


def test_no_network_to_start_from_is_an_error(village, nobody):
    graph, node_of, _, candidates = village
    with pytest.raises(PlanError, match="existing network to build from"):
        make_plan(graph, node_of, np.array([], np.int64), candidates, unattached=nobody)


def test_who_no_road_is_near_is_in_the_list_with_the_distance(village):
    graph, node_of, roots, candidates = village
    far = pd.DataFrame(
        {"reason": ["too_far"], "distance_m": [812.5]}, index=pd.Index(["f"], name="premises_id")
    )
    plan = make_plan(graph, node_of.drop("f"), roots, candidates, unattached=far)
    assert plan.unserved.loc["f", ["reason", "distance_m"]].tolist() == ["too_far", 812.5]


def test_units_add_up():
    table = pd.DataFrame({"households": [1, 2], "workplaces": [10, 20]})
    assert units(table, "households").tolist() == [1, 2]
    assert units(table, "households+workplaces").tolist() == [11, 22]
