"""A network for a goal is the best that there is, and everybody is served or told why not."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from villages import attach, build, make_premises, make_village

from infraplan import tables
from infraplan.errors import PlanError
from infraplan.planning import Effort, Goal, draw_network, units


def draw(village, goal=None, budget_sek=None, **changed):
    attachment, premises = village
    return draw_network(attachment, premises.assign(**changed), goal or Goal(), network_budget_sek=budget_sek)


@pytest.fixture
def choices(village):
    """Every choice of premises that roads lead to: who they are, and what a network for just them costs."""
    attachment, premises = village
    return [
        (list(some), draw_network(attachment, premises.loc[list(some)], Goal()).network_sek)
        for size in range(6)
        for some in itertools.combinations("abcde", size)
    ]


def test_all_serves_everybody_who_can_be_reached_and_names_the_others(village):
    draft = draw(village)
    assert sorted(draft.served.index) == list("abcde")
    assert draft.unserved["reason"].to_dict() == {"f": "island"}
    # Roads 1 + 1 + 1 + 2 km at 10 a metre; drops of 100 m, d's 510 m either way, at 5; five connections.
    assert draft.network_sek == pytest.approx(50_000 + 4 * 500 + 510 * 5 + 500, rel=0.001)
    assert draft.bound <= draft.network_sek
    assert (draft.served["project_id"] == "").all()
    tables.check(draft.served, tables.SERVED)
    tables.check(draft.unserved, tables.UNSERVED)


def test_a_target_takes_the_cheapest_households_first(village):
    draft = draw(village, Goal("target", needed=5))
    assert sorted(draft.served.index) == ["a", "b"]
    assert (draft.bound, draft.ended) == (draft.network_sek, "optimal")
    assert set(draft.unserved["reason"]) == {"not_chosen", "island"}


def test_a_target_costs_the_least_that_any_choice_does(village, choices):
    premises = village[1]
    goals = itertools.product(["households", "households+workplaces"], range(1, 10))
    for unit, needed in [*goals, ("workplaces", 1)]:
        draft = draw(village, Goal("target", unit, needed))
        best = min(sek for who, sek in choices if units(premises.loc[who], unit).sum() >= needed)
        assert draft.network_sek == best == draft.bound


def test_a_budget_serves_the_most_households_that_any_choice_does(village, choices):
    for budget_sek in range(5_000, 60_000, 5_000):
        draft = draw(village, Goal("budget"), budget_sek)
        best = max(village[1].loc[who, "households"].sum() for who, sek in choices if sek <= budget_sek)
        assert draft.network_sek <= budget_sek
        # As many can be had for less: the cheapest of these is drawn.
        equal = [sek for who, sek in choices if village[1].loc[who, "households"].sum() == best]
        assert draft.network_sek == min(equal) <= budget_sek
        assert draft.served["households"].sum() == best == draft.bound


@pytest.mark.parametrize("forced", ["e", "ce", "abcde"])
def test_what_is_forced_is_in_the_cheapest_way_to_a_target(village, choices, forced):
    for needed in range(10):
        draft = draw(village, Goal("target", needed=needed, forced=frozenset(forced)))
        best = min(
            sek
            for who, sek in choices
            if set(forced) <= set(who) and village[1].loc[who, "households"].sum() >= needed
        )
        assert draft.network_sek == best
        assert draft.bound <= best
        assert set(forced) <= set(draft.served.index)


@pytest.mark.parametrize("forced", ["e", "ce"])
def test_what_is_forced_is_in_the_most_that_a_budget_serves(village, choices, forced):
    homes = village[1]["households"]
    enough = min(sek for who, sek in choices if set(forced) <= set(who))
    for budget_sek in range(enough, 60_000, 4_000):
        draft = draw(village, Goal("budget", forced=frozenset(forced)), budget_sek)
        fit = [who for who, sek in choices if set(forced) <= set(who) and sek <= budget_sek]
        assert set(forced) <= set(draft.served.index)
        assert draft.served["households"].sum() == max(homes.loc[who].sum() for who in fit) == draft.bound


def test_what_is_forced_over_the_budget_is_told_with_the_key(village):
    goal = Goal("budget", budget_sek=30_000, forced=frozenset("ce"))
    with pytest.raises(PlanError) as told:
        draw(village, goal, 30_000)
    assert str(told.value) == (
        "what [plan] force names (2 premises) costs more than the budget of SEK 30,000 allows. Raise [plan] "
        "budget_sek, or force less."
    )


def test_what_is_forced_and_out_of_reach_is_told_and_costs_nobody_else(village):
    draft = draw(village, Goal("budget", budget_sek=20_000, forced=frozenset("f")), 20_000)
    assert draft.unserved.loc["f", "reason"] == "island"
    assert "a" in draft.served.index


def test_who_is_counted_already_brings_a_target_no_further(village):
    goal = Goal("target", needed=5, forced=frozenset("e"), counted=frozenset("e"))
    assert sorted(draw(village, goal).served.index) == ["a", "b", "e"]
    assert sorted(draw(village, replace(goal, counted=frozenset())).served.index) == ["b", "e"]


@pytest.mark.parametrize("goal", [Goal(), Goal("target", needed=3), Goal("budget")])
def test_what_is_excluded_is_never_served_whoever_is_near(village, goal):
    budget_sek = 60_000 if goal.kind == "budget" else None
    draft = draw(village, replace(goal, excluded=frozenset("b")), budget_sek)
    assert draft.unserved.loc["b", "reason"] == "excluded"
    assert "a" in draft.served.index
    assert 8 not in [*draft.routes["tail"], *draft.routes["head"]]


def test_a_target_beyond_the_roads_goes_as_far_as_it_can(village):
    assert sorted(draw(village, Goal("target", needed=10)).served.index) == list("abcde")


def test_who_has_nothing_that_the_goal_counts_is_told_apart(village):
    draft = draw(village, Goal("budget"), 1, households=[1, 4, 0, 2, 1, 0])
    reasons = {**dict.fromkeys("abde", "over_budget"), "c": "not_counted", "f": "island"}
    assert draft.unserved["reason"].to_dict() == reasons


def test_who_no_road_is_near_is_in_the_list_with_the_distance(book):
    attachment, premises = make_village(book)
    far = attach(
        attachment.graph, attachment.node_of.drop("f").to_dict(), unattached={"f": ("too_far", 812.5)}
    )
    draft = draw((far, premises))
    assert draft.unserved.loc["f", ["reason", "distance_m"]].tolist() == ["too_far", 812.5]
    closed = attach(
        attachment.graph, attachment.node_of.drop("f").to_dict(), unattached={"f": ("no_go", np.nan)}
    )
    assert draw((closed, premises)).unserved.loc["f", "reason"] == "no_go"


def test_premises_at_the_existing_network_are_served_without_a_trench(village):
    attachment, premises = village
    joined = attach(attachment.graph, attachment.node_of.to_dict(), roots=[7])
    draft = draw((joined, premises.loc[["a"]]))
    assert draft.network_sek == 0
    assert list(draft.served.index) == ["a"]


def test_nobody_to_serve_is_an_empty_network(village):
    attachment, premises = village
    draft = draw((attachment, premises.iloc[:0]))
    assert (draft.network_sek, len(draft.served), len(draft.unserved)) == (0, 0, 0)


def test_no_network_to_start_from_is_an_error(village):
    attachment, premises = village
    with pytest.raises(PlanError, match="existing network to build from"):
        draw((replace(attachment, roots=np.array([], np.int64)), premises))


def test_the_search_ends_when_it_is_told_to(village):
    heard = []
    effort = Effort(progress=lambda best, bound, seconds: heard.append((best, bound, seconds)))
    draft = draw_network(*village, Goal("target", needed=5), effort=effort)
    assert heard
    assert all(0 <= bound <= best and seconds >= 0 for best, bound, seconds in heard)
    assert heard[-1][0] == draft.network_sek
    assert draw_network(*village, Goal(), effort=Effort(gap=1.0)).ended in {"gap", "optimal"}


def test_the_order_of_premises_changes_nothing(village):
    attachment, _ = village
    turned = draw((attachment, make_premises(attachment, dict.fromkeys("fedcba", (1, 0)))))
    plain = draw((attachment, make_premises(attachment, dict.fromkeys("abcdef", (1, 0)))))
    pd.testing.assert_frame_equal(plain.served.sort_index(), turned.served.sort_index())
    assert plain.routes.index.tolist() == turned.routes.index.tolist()


def test_units_add_up():
    table = pd.DataFrame({"households": [1, 2], "workplaces": [10, 20]})
    assert units(table, "households").tolist() == [1, 2]
    assert units(table, "households+workplaces").tolist() == [11, 22]
    assert Goal(unit="workplaces", counted=frozenset({0})).count_gain(table).tolist() == [0, 20]


def test_effort_grows_no_further_on_large_graphs():
    usual = Effort(gap=0.001, time_limit_s=9.0)
    assert usual.on(60_000) == usual
    # Of the time a network that is compared gets a part: there are eight of them and more.
    assert usual.to_compare(10_000, gap=0.0) == replace(usual, time_limit_s=9.0 / 8)
    assert usual.on(600_000).work == pytest.approx(0.1)
    some = usual.to_compare(600_000, gap=0.02)
    assert (some.gap, some.time_limit_s) == (0.02, 9.0 / 8)
    assert some.work == pytest.approx(1 / 60)
    assert replace(usual, work=0.5).on(600_000).work == pytest.approx(0.05)


def test_who_is_cut_off_by_closed_roads_alone_is_told_so(book):
    nodes = [(0, 0), (1, 0), (2, 0), (3, 0), (5, 5), (6, 5), (1, 0.1), (3, 0.1), (5, 5.1)]
    edges = [(0, 1, "road"), (2, 3, "road"), (4, 5, "road"), (1, 6, "drop"), (3, 7, "drop"), (4, 8, "drop")]
    graph = build(nodes, edges, {6, 7, 8}, book)
    attachment = attach(graph, {"a": 6, "b": 7, "c": 8})
    closed = pd.DataFrame({"tail": [1], "head": [2]})
    premises = make_premises(attachment, dict.fromkeys("abc", (1, 0)))
    draft = draw_network(replace(attachment, closed=closed), premises, Goal())
    assert draft.unserved["reason"].to_dict() == {"b": "no_go", "c": "island"}
    assert draw_network(attachment, premises, Goal()).unserved["reason"].to_dict() == {
        "b": "island",
        "c": "island",
    }
