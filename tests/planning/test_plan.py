import dataclasses
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infraplan import tables
from infraplan.errors import PlanError
from infraplan.planning import check_plan, make_plan
from infraplan.planning.forest import hang, prune_to_budget, prune_to_target
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
    assert plan.lower_bound_sek is None
    assert plan.gap is None
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


@pytest.mark.parametrize(("sparing", "left"), [(False, 5), (True, 7)])
def test_a_sparing_cut_leaves_a_trunk_where_smaller_branches_can_go(sparing, left):
    # A trunk of 60 with four homes at 10 each, 25 a home in all; and five homes at 20. 40 are too much.
    parent, costs = [0, 1, 1, 1, 1, 0, 0, 0, 0, 0], np.array([60, 10, 10, 10, 10, 20, 20, 20, 20, 20])
    forest = hang(np.array(parent), np.arange(1, 11), np.arange(10), np.array([0]), 11)
    homes = (forest.nodes != 1).astype(np.int64)
    stays = prune_to_budget(forest, costs[forest.edge], homes, most_sek=160, sparing=sparing)
    assert homes[stays].sum() == left
    assert costs[forest.edge][stays].sum() <= 160


def test_a_budget_comes_near_the_best_on_a_small_tree(village, nobody):
    """Every choice of premises, by hand: the most households for the money."""
    graph, node_of, roots, candidates = village
    choices = [
        (
            candidates.loc[list(some), "households"].sum(),
            make_plan(graph, node_of, roots, part, unattached=nobody),
        )
        for size in range(1, 6)
        for some in itertools.combinations("abcde", size)
        for part in [candidates.loc[list(some)]]
    ]
    for budget_sek in range(10_000, 60_000, 5_000):
        plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, budget_sek=budget_sek)
        best = max((homes for homes, made in choices if made.cost_sek <= budget_sek), default=0)
        assert best - 1 <= plan.served["households"].sum() <= best


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


@st.composite
def trees(draw: st.DrawFn):
    size = draw(st.integers(2, 9))
    parent = [draw(st.integers(0, i - 1)) for i in range(1, size)]
    costs = draw(st.lists(st.integers(0, 20), min_size=size - 1, max_size=size - 1))
    weights = draw(st.lists(st.integers(0, 5), min_size=size - 1, max_size=size - 1))
    return parent, np.array(costs), np.array(weights)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(tree=trees(), share=st.floats(0, 1), sparing=st.booleans())
def test_pruning_keeps_a_rooted_tree_and_its_promise(tree, share, sparing):
    parent, costs, weights = tree
    tails, heads = np.array(parent), np.arange(1, len(parent) + 1)
    forest = hang(tails, heads, np.arange(len(parent)), np.array([0]), len(parent) + 1)
    cost, weight = costs[forest.edge], weights[forest.nodes - 1]

    least = int(share * weights.sum())
    stays = prune_to_target(forest, cost, weight, least=least)
    assert weight[stays].sum() >= least
    assert all(stays[p] for p, s in zip(forest.parent, stays, strict=True) if s and p >= 0)
    assert not any(_can_go(forest, cost, weight, stays, i, least) for i in np.flatnonzero(stays))

    most = int(share * costs.sum())
    stays = prune_to_budget(forest, cost, weight, most_sek=most, sparing=sparing)
    assert cost[stays].sum() <= most
    assert all(stays[p] for p, s in zip(forest.parent, stays, strict=True) if s and p >= 0)


def _can_go(forest, cost, weight, stays, top, least) -> bool:
    """Whether a branch could still be cut: recomputed from the parents alone."""
    branch = {int(top)}
    for i in range(int(top) + 1, len(forest.nodes)):
        if stays[i] and int(forest.parent[i]) in branch:
            branch.add(i)
    return int(weight[stays].sum()) - sum(int(weight[i]) for i in branch) >= least


def test_the_greedy_target_is_near_the_best_on_a_small_tree(village, nobody):
    """Every choice of premises, by hand: the cheapest that reaches the aim."""
    graph, node_of, roots, candidates = village
    for aim in range(1, 10):
        plan = make_plan(graph, node_of, roots, candidates, unattached=nobody, aim=("households", aim))
        best = min(
            make_plan(graph, node_of, roots, candidates.loc[list(some)], unattached=nobody).cost_sek
            for size in range(1, 6)
            for some in itertools.combinations("abcde", size)
            if candidates.loc[list(some), "households"].sum() >= aim
        )
        assert best <= plan.cost_sek <= 1.6 * best
