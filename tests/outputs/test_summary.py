from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan import words
from infraplan.outputs.summary import bound, plan, say_gap
from infraplan.planning import Goal

EN, SV = words.load("en"), words.load("sv")


@pytest.mark.parametrize(
    ("gap", "en", "sv"),
    [
        (0.2, "20.0%", "20,0\u00a0%"),
        (0.00301, "0.4%", "0,4\u00a0%"),
        (0.003, "0.3%", "0,3\u00a0%"),
        (0.00042, "0.05%", "0,05\u00a0%"),
        (0.0000001, "0.001%", "0,001\u00a0%"),
    ],
)
def test_a_proven_distance_is_rounded_up(gap, en, sv):
    assert say_gap(gap, EN) == en
    assert say_gap(gap, SV) == sv


@given(st.floats(1e-9, 0.5))
def test_no_distance_is_told_smaller_than_it_is(gap):
    told = float(say_gap(gap, EN).removesuffix("%")) / 100
    assert gap - 1e-11 <= told <= gap * 1.1 + 0.00101


def test_the_last_lines_say_how_far_the_best_can_be(results):
    cost, network = results.plan.cost_sek, results.plan.network_sek
    made = replace(results.plan, lower_bound_sek=cost, network_bound_sek=network)
    part, whole = bound(made, EN)
    assert whole == "No cheaper plan exists under these assumptions: this is proven."
    assert "No cheaper network of trenches and drops exists under these assumptions: this is proven." in part
    made = replace(results.plan, lower_bound_sek=int(cost / 1.003), network_bound_sek=int(network / 1.002))
    part, whole = bound(made, EN)
    assert "at most 0.4% dearer than the cheapest possible" in whole
    assert "at most 0.3% dearer than the cheapest possible" in part
    part, whole = bound(made, SV)
    assert "högst 0,4\u00a0% dyrare än den billigaste möjliga" in whole
    assert "högst 0,3\u00a0% dyrare än det billigaste möjliga" in part
    assert "not proven" in bound(replace(made, lower_bound_sek=0), EN)[-1]
    assert "stopped before all was tried" in bound(replace(made, ended="time"), EN)[2]


def test_a_budget_says_how_many_more_any_plan_could_reach(results):
    homes = int(results.plan.served["households"].sum())
    goal = Goal("budget", budget_sek=10_000_000)
    made = replace(results.plan, goal=goal, lower_bound_sek=None, most_households=2 * homes)
    (said,) = bound(made, EN)
    assert f"no plan within the budget reaches more than {2 * homes} households" in said.lower()
    assert "at most 50.0% short" in said
    (said,) = bound(replace(made, most_households=homes), SV)
    assert said == "Ingen plan inom budgeten når fler hushåll under dessa antaganden: det är bevisat."
    assert said in plan(replace(results, plan=replace(made, most_households=homes)), SV)


def test_a_run_without_anybody_to_reach_says_that_there_is_nothing_to_build(results):
    nobody = replace(
        results.plan, served=results.plan.served.iloc[:0], unserved=results.plan.unserved.iloc[:0]
    )
    some = plan(results, EN)
    assert "nothing to build" not in some
    assert "The largest white-spot areas" in some
    empty = replace(
        results,
        plan=nobody,
        white_spots=results.white_spots.iloc[:0],
        white_spot_areas=results.white_spot_areas.iloc[:0],
    )
    told = plan(empty, EN)
    assert "There is nothing to build" in told
    assert "The largest white-spot areas" not in told


def test_ducts_that_are_there_are_no_trench(results):
    routes = results.plan.routes.copy()
    first = routes.index[routes["kind"] == "road"][0]
    routes["existing"] = "new"
    routes.loc[first, ["existing", "length_m"]] = ["own_duct", 12_345.6]
    told = plan(replace(results, plan=replace(results.plan, routes=routes)), EN)
    assert "In ducts that are there, without a trench: 12.3 km." in told
    roads = routes.loc[(routes["kind"] == "road") & (routes["existing"] == "new"), "length_m"].sum()
    assert f"Trench: {EN.number(roads / 1000, 1)} km along roads" in told


def test_what_must_be_built_but_cannot_be_reached_is_named(results):
    left = str(results.plan.unserved.index[0])
    forced = replace(results.plan, goal=replace(results.plan.goal, forced=frozenset({left, "served"})))
    assert "Must be built" not in plan(results, EN)
    told = plan(replace(results, plan=forced), EN)
    assert f"Must be built as the study says, but cannot be reached: 1 premises (the first: {left})." in told
