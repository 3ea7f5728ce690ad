"""The check finds every kind of mistake that is put into a plan that holds."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from shapely import LineString, transform

from infraplan.planning import check_plan, make_plan


@pytest.fixture
def right(village, nobody, book):
    graph, node_of, roots, candidates = village
    plan = make_plan(graph, node_of, roots, candidates, unattached=nobody)
    return plan, graph, candidates, book


def found(right, *, aim=None, budget_sek=None, bridge_m=0.0, **changes) -> str:
    plan, graph, candidates, book = right
    plan = dataclasses.replace(plan, **changes)
    goal = {"aim": aim, "budget_sek": budget_sek, "bridge_m": bridge_m}
    return "; ".join(check_plan(plan, graph, [0], candidates, book, **goal))


def test_a_right_plan_has_nothing_wrong(right):
    assert found(right) == ""


def test_somebody_counted_twice(right):
    plan = right[0]
    assert "premises a is counted 2 times" in found(
        right, served=pd.concat([plan.served, plan.served.loc[["a"]]])
    )


def test_somebody_left_out(right):
    assert "premises a is in no list" in found(right, served=right[0].served.drop("a"))


def test_somebody_nobody_asked_about(right):
    assert "premises z was never asked about" in found(right, served=right[0].served.rename(index={"a": "z"}))


def test_households_from_nowhere(right):
    served = right[0].served.copy()
    served.loc["a", "households"] += 1
    assert "premises a has 2 households, not 1" in found(right, served=served)


@pytest.mark.parametrize("edge", [0, 1, 5])
def test_a_missing_trench_leaves_somebody_unreached(right, edge):
    assert "reaches no existing node" in found(right, routes=right[0].routes.drop(edge))


def test_a_second_drop_is_a_way_through_somebodys_plot(right):
    plan, graph, *_ = right
    other = next(i for i in (8, 9) if i not in plan.routes.index)
    extra = graph.edges.loc[[other]].assign(project_id="P0001", phase=1)
    said = found(right, routes=pd.concat([plan.routes, extra]))
    assert "2 drops" in said
    assert "closes a circle" in said


def test_a_price_that_does_not_follow_from_the_book(right):
    routes = right[0].routes.copy()
    routes.loc[0, "cost_high_sek"] += 2
    assert "edge 0 costs" in found(right, routes=routes)


def test_an_edge_that_is_cheaper_than_the_graphs(right):
    routes = right[0].routes.copy()
    routes.loc[0, "cost_sek"] -= 2
    assert "edge 0 is not the graph's" in found(right, routes=routes)


def test_a_length_that_the_ground_does_not_have(right):
    routes = right[0].routes.copy()
    routes.loc[0, "length_m"] *= 1.05
    assert "edge 0 is 1000" in found(right, routes=routes).replace("999", "1000").replace("1001", "1000")


def test_a_line_that_ends_elsewhere(right):
    routes = right[0].routes.copy()
    routes.loc[[0], "geometry"] = transform(routes.loc[0, "geometry"], lambda xy: np.add(xy, (0, 5)))
    assert "edge 0 does not end at node 0" in found(right, routes=routes)


def test_a_link_longer_than_the_study_allows(right):
    routes = right[0].routes.copy()
    routes.loc[0, "kind"] = "link"
    assert "edge 0 is a link of" in found(right, routes=routes)
    assert "is a link of" not in found(right, routes=routes, bridge_m=2000)


def test_a_trench_that_hangs_in_the_air(right):
    plan, graph, *_ = right
    lost = graph.edges.loc[[4]].assign(project_id="P0002", phase=1)
    assert "edge 4 hangs on no existing network" in found(right, routes=pd.concat([plan.routes, lost]))


def test_a_method_that_the_book_does_not_price(right):
    routes = right[0].routes.copy()
    routes.loc[0, "method"] = "magic"
    assert "edge 0 has no price for method 'magic'" in found(right, routes=routes)


def test_homes_that_are_mixed_up(right):
    served = right[0].served.copy()
    served.loc[["a", "b"], "node"] = served.loc[["b", "a"], "node"].to_numpy()
    said = found(right, served=served)
    assert "premises a does not lie at node 8" in said
    assert "premises b does not lie at node 7" in said


def test_a_goal_that_is_missed_but_said_to_be_reached(right):
    assert found(right, aim=("households", 9)) == ""
    assert found(right, aim=("households+workplaces", 10)) == ""
    assert "goal is reached: 10 households are needed, 9 served" in found(right, aim=("households", 10))
    assert "goal is missed" in found(right, aim=("households", 9), reached_goal=False)


def test_a_bound_above_the_cost(right):
    assert "less than its bound" in found(right, lower_bound_sek=right[0].cost_sek + 1)


def test_more_than_the_budget(right):
    assert "the budget is 5" in found(right, budget_sek=5)


def test_geometry_is_a_line(right):
    assert all(isinstance(line, LineString) for line in right[0].routes.geometry)
