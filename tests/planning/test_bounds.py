"""No bound lies above the best plan: every network of small villages is dimensioned and billed."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from trees import percent, price
from villages import (
    EACH,
    all_plans,
    any_village,
    attach,
    build,
    make_premises,
    make_setting,
    make_study,
    plain_book,
)

from infraplan.planning import Effort, Goal, draw_network, make_plan
from infraplan.planning.bounds import bound_whole

TENTHS = {"design": percent(5, 10, 20), "margin": percent(0, 10, 30)}
BOOKS = {
    "plain": plain_book(),
    "overheads": plain_book(overheads=TENTHS),
    # Cables are most of what a metre costs, and each fibre as dear as the next: the bound has no room.
    "fibres": plain_book(
        methods={"verge": price(0.1), "plough": price(0.1)},
        duct=price(0),
        own_duct=price(0),
        leased_duct=price(0.1),
        cables=[price(10.0 * fibres, fibres=fibres) for fibres in (1, 2, 4, 8, 16, 32)],
        connection=price(0, EACH),
        cabinet=price(0, EACH),
        chamber=price(0, EACH),
    ),
    # Ducts that are there are free: metres cost next to nothing.
    "free": plain_book(own_duct=price(0), cables=[price(0, fibres=1), price(3, fibres=4)]),
}
UNITS = st.sampled_from(["households", "workplaces", "households+workplaces"])


def draw_goal(draw, premises):
    unit = draw(UNITS)
    forced = draw(st.sets(st.sampled_from(sorted(premises.index)), max_size=1))
    excluded = draw(st.sets(st.sampled_from(sorted(premises.index)), max_size=1)) - forced
    counted = forced if draw(st.booleans()) else set()
    kind = draw(st.sampled_from(["all", "target"]))
    return Goal(
        kind=kind,
        unit=unit,
        needed=draw(st.integers(0, 12)) if kind == "target" else None,
        forced=frozenset(forced),
        excluded=frozenset(excluded),
        counted=frozenset(counted) if kind == "target" else frozenset(),
    )


def list_plans(attachment, premises, setting, goal, plan):
    """Return the cost of the network and of the whole of all plans that reach as much as this one."""
    most = int(goal.count_gain(plan.served).sum())
    must = set(plan.served.index) if goal.needed is None else goal.forced & set(plan.served.index)

    def reaches(who):
        gain = int(goal.count_gain(premises.loc[who]).sum())
        return must <= set(who) and not goal.excluded & set(who) and gain >= min(goal.needed or 0, most)

    return np.array(
        [costs for _, *costs in all_plans(attachment, premises, setting, reaches)], dtype=np.int64
    )


@pytest.mark.parametrize("name", BOOKS)
@settings(max_examples=6)
@given(data=st.data())
def test_bounds_lie_below_the_best_network_and_the_best_plan(name, data):
    book = BOOKS[name]
    attachment, premises, setting = data.draw(any_village(book))
    goal = draw_goal(data.draw, premises)
    plan = make_plan(attachment, premises, goal, setting, effort=Effort())
    plans = list_plans(attachment, premises, setting, goal, plan)
    least_network, least_whole = plans.min(axis=0)
    assert plan.network_bound_sek <= least_network <= plan.network_sek
    assert plan.lower_bound_sek <= least_whole <= plan.cost_sek
    # What is said of any plan that is no dearer than this one holds for the best, whatever this one costs.
    first = draw_network(attachment, premises, goal)
    for cost_sek in (least_whole, plan.cost_sek, 2 * plan.cost_sek):
        assert bound_whole(first, int(cost_sek), premises, attachment, goal, setting) <= least_whole


@settings(max_examples=6)
@given(data=st.data())
def test_no_plan_within_a_budget_serves_more_than_its_bound(data):
    book = BOOKS["overheads"]
    attachment, premises, setting = data.draw(any_village(book))
    plans = list(all_plans(attachment, premises, setting))
    costs = sorted(whole for _, _, whole in plans)
    assume(costs[-1] > 1)
    budget_sek = data.draw(st.integers(1, costs[-1] + 10))
    plan = make_plan(attachment, premises, Goal("budget", budget_sek=budget_sek), setting)
    best = max(premises["households"].loc[who].sum() for who, _, whole in plans if whole <= budget_sek)
    assert plan.cost_sek <= budget_sek
    assert plan.served["households"].sum() <= best <= plan.most_households


@pytest.fixture
def long_road():
    """Return a road of ten kilometres with twenty homes at its end."""
    book = BOOKS["fibres"]
    nodes = [(0, 0), (10, 0), *((10, 0.01 * n) for n in range(1, 21))]
    edges = [(0, 1, "road"), *((1, n, "drop") for n in range(2, 22))]
    attachment = attach(build(nodes, edges, set(range(2, 22)), book), {f"h{n}": n for n in range(2, 22)})
    premises = make_premises(attachment, {f"h{n}": (1, 0) for n in range(2, 22)})
    return attachment, premises, book


@pytest.mark.parametrize(("architecture", "share"), [("p2p", 0.9), ("gpon", 0.2)])
def test_fibres_that_every_plan_needs_are_most_of_the_bound(long_road, architecture, share):
    attachment, premises, book = long_road
    setting = make_setting(premises, book, make_study(design={"architecture": architecture, "spare": 0.6}))
    plan = make_plan(attachment, premises, Goal(), setting)
    # 20 fibres and 12 spare ones point to point, 1 and 1 behind a splitter of 32: filled to the last.
    assert plan.routes["fibres"].iloc[0] == {"p2p": 32, "gpon": 2}[architecture]
    assert share * plan.cost_sek < plan.lower_bound_sek < plan.cost_sek
    # There is no other plan: what is said of all is said of this one.
    first = draw_network(attachment, premises, Goal())
    whole = bound_whole(first, plan.cost_sek, premises, attachment, Goal(), setting)
    assert whole == plan.lower_bound_sek


def test_a_cabinet_for_every_so_many_premises_is_in_the_bound(long_road):
    attachment, premises, _ = long_road
    book = plain_book()
    setting = make_setting(premises, book, make_study(design={"cabinet_premises": 4}))
    first = draw_network(attachment, premises, Goal())
    # Twenty premises, five chambers at least; beside them next to nothing but the network.
    bound = bound_whole(first, first.network_sek, premises, attachment, Goal(), setting)
    assert bound >= first.bound + 5 * 300
    some = Goal("target", needed=9)
    few = draw_network(attachment, premises, some)
    assert bound_whole(few, few.network_sek, premises, attachment, some, setting) >= few.bound + 3 * 300
    nobody = Goal("target", needed=0)
    none = draw_network(attachment, premises, nobody)
    assert bound_whole(none, 0, premises, attachment, nobody, setting) == 0
