"""Other plans: clearly elsewhere, hardly dearer, and told by what they dig."""

import pytest
from villages import PLANE, attach, build, make_premises, make_setting, make_study, plain_book

from infraplan import tables
from infraplan.planning import Goal, make_plan
from infraplan.planning.alternatives import find_alternatives

AREA = {"areas": "protected:soft", "factor": 1.0}
WORKS = {"works_id": "W", "works_share": 0.5}


def make_ways(book, *ways, study=None):
    """Two homes at the far end of several ways of a kilometre, each of two edges with what they hold.

    ::

        0 ── 2, 3, … ── 1      homes a and b at 1
    """
    nodes = [(0, 0), (1, 0), *((0.5, 0.02 * number) for number in range(len(ways)))]
    edges = [(*ends, "road", way) for n, way in enumerate(ways) for ends in ((0, n + 2), (n + 2, 1))]
    first = len(nodes)
    drops = [(1, first, "drop"), (1, first + 1, "drop")]
    homes = {first: (1, 0.05), first + 1: (1, -0.05)}
    graph = build([*nodes, *homes.values()], [*edges, *drops], set(homes), book, study)
    attachment = attach(graph, dict(zip("ab", homes, strict=True)))
    return attachment, make_premises(attachment, dict.fromkeys("ab", (1, 0)))


def find(book, *ways, **wish):
    study = make_study(alternatives=wish)
    attachment, premises = make_ways(book, *ways, study=study)
    setting = make_setting(premises, book, study)
    plan = make_plan(attachment, premises, Goal(), setting)
    found = find_alternatives(plan, attachment, premises, setting)
    tables.check(found, tables.ALTERNATIVES)
    return plan, found


@pytest.fixture(scope="module")
def book():
    return plain_book()


def test_ways_of_nearly_the_same_price_are_told_and_dear_ones_are_not(book):
    dear = {"factor": 2.0}
    plan, found = find(book, {}, {}, dear, within=0.1, differs=0.5)
    assert found["aim"].to_dict() == {"plan": "plan", "A1": "elsewhere"}
    assert {0, 1} <= set(plan.routes.index)
    # The second way is forty metres longer than the straight one, and all of it lies elsewhere.
    assert 0 < found["dearer"]["A1"] < 0.01
    assert found["elsewhere"].tolist() == [0.0, 1.0]
    assert len(find(book, {}, {}, dear, within=1.0, differs=0.5)[1]) == 3
    assert find(book, {}, {}, dear, count=0)[1].index.tolist() == ["plan"]


def test_costs_are_those_of_the_network_at_three_levels(dear_book):
    plan, found = find(dear_book, {}, {})
    low, base, high = (int(found[name]["plan"]) for name in tables.MONEY)
    assert base == -(-plan.network_sek * 121 // 100)
    assert (low, high) == (
        pytest.approx(base / 2 / 1.21 * 1.05, abs=2),
        pytest.approx(base * 2 * 1.56 / 1.21, abs=3),
    )


def test_what_lies_in_a_duct_is_not_dug(book):
    """Through an area, beside works and over a stream: no permit, nobody to dig with, and nothing to bore."""
    duct = {"existing": "own_duct", "duct_id": "D", "room": 2, **AREA, **WORKS, "cross_water": 1}
    _, found = find(book, duct, {})
    plan = found.loc["plan"]
    assert plan["reused_m"] == pytest.approx(1_000 / PLANE, rel=0.01)
    assert plan["trench_m"] == pytest.approx(100 / PLANE, rel=0.01)
    assert plan[["permit_m", "shared_m", "crossings"]].tolist() == [0, 0, 0]


def test_a_plan_that_builds_nothing_has_no_other(book):
    study = make_study(alternatives={})
    attachment, premises = make_ways(book, {}, {}, study=study)
    setting = make_setting(premises, book, study)
    plan = make_plan(attachment, premises, Goal("budget", budget_sek=1), setting)
    assert plan.routes.empty
    found = find_alternatives(plan, attachment, premises, setting)
    assert found.empty
    tables.check(found, tables.ALTERNATIVES)


def test_what_is_dug_with_others_is_counted_where_its_price_is_shared(book):
    shared, late = (find(book, WORKS | said, {})[1].loc["plan"] for said in ({}, {"works_share": 1.0}))
    assert shared["shared_m"] == pytest.approx(1_000 / PLANE, rel=0.01)
    assert (late["shared_m"], late["trench_m"]) == (0, shared["trench_m"])
