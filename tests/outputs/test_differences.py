"""Two plans side by side: every sum adds up, and each figure is what a hand or plain loops come to."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan import tables
from infraplan.errors import OutputError
from infraplan.outputs import compare, write_results
from infraplan.outputs.differences import (
    Side,
    add_up_served,
    bridge_costs,
    compare_served,
    match_projects,
)


def make_served(rows):
    """Make SERVED from premises: (project, households, workplaces)."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["project_id", "households", "workplaces"])
    table = table.astype({"project_id": "str", "households": "int64", "workplaces": "int64"})
    return table.assign(node=np.arange(len(table))).rename_axis("premises_id")


def make_side(served, left=(), *, others=(), phases=(), costs=(), bill=None) -> Side:
    """Make a plan; ``left`` is premises: reason, and ``others`` are premises that it is not asked about."""
    people, dropped = make_served(served), dict(left)
    unserved = pd.DataFrame({"reason": pd.Series(dropped, dtype="str")}).rename_axis("premises_id")
    groups = people[people["project_id"] != ""].groupby("project_id")
    projects = groups[["households", "workplaces"]].sum().assign(premises=groups.size())
    names = pd.Series(projects.index, index=projects.index)
    projects = projects.assign(
        name="Byn " + names,
        phase=names.map(dict(phases)).fillna(1).astype("int64"),
        cost_sek=names.map(dict(costs)).fillna(0).astype("int64"),
    )
    ids = pd.Index([*people.index, *dropped, *others], dtype="str")
    return Side(ids, people, unserved, projects, make_bill([]) if bill is None else bill)


def make_bill(rows):
    """Make what is read of a BILL from (project, item, detail, quantity, price, cost)."""
    names = ["project_id", "item", "detail", "quantity", "price", "cost_sek"]
    table = pd.DataFrame(rows, columns=names)
    return table.astype(dict(zip(names, ["str"] * 3 + ["float64"] * 2 + ["int64"], strict=True)))


BEFORE = make_side(
    {
        "a": ("P0001", 2, 0),
        "b": ("P0001", 1, 1),
        "c": ("P0002", 1, 0),
        "d": ("P0002", 3, 0),
        "e": ("P0001", 1, 0),
        "f": ("P0001", 1, 0),
        "g": ("P0003", 4, 0),
    },
    {"h": "over_budget", "i": "too_far"},
    others=["k"],
    phases={"P0002": 2},
    costs={"P0001": 500, "P0002": 300, "P0003": 90},
)
AFTER = make_side(
    # The village of P0001 goes under P0002 now, a year later; c has moved there, and d's has grown.
    {
        "a": ("P0002", 2, 0),
        "b": ("P0002", 1, 1),
        "c": ("P0002", 1, 0),
        "d": ("P0001", 5, 0),
        "h": ("P0001", 2, 0),
        "k": ("P0001", 1, 0),
        "z": ("P0004", 1, 2),
    },
    {"e": "not_chosen"},
    others=["f", "i"],
    phases={"P0002": 2, "P0001": 2},
    costs={"P0002": 450, "P0001": 600, "P0004": 70},
)


def test_projects_are_matched_by_the_premises_that_they_share():
    found = match_projects(BEFORE, AFTER)
    assert found[["project_before", "project_after", "shared", "change"]].to_numpy().tolist() == [
        # P0001 and the new P0002 share a and b; P0002 shares c with that one too, but d with P0001.
        ["P0001", "P0002", 2, "changed"],
        ["P0002", "P0001", 1, "changed"],
        ["P0003", "", 0, "gone"],
        ["", "P0004", 0, "new"],
    ]
    assert found[["name_before", "name_after", "cost_sek_before", "cost_sek_after"]].to_numpy().tolist() == [
        ["Byn P0001", "Byn P0002", 500, 450],
        ["Byn P0002", "Byn P0001", 300, 600],
        ["Byn P0003", "", 90, 0],
        ["", "Byn P0004", 0, 70],
    ]
    assert list(found["phase_after"]) == [2, 2, 0, 1]


def test_everybody_whose_place_changed_is_told_with_the_reason():
    found = compare_served(BEFORE, AFTER, match_projects(BEFORE, AFTER))
    told = found[["change", "reason", "detail", "households", "workplaces"]]
    assert {name: tuple(row) for name, row in zip(told.index, told.to_numpy().tolist(), strict=True)} == {
        "a": ("moved", "phase", "", 0, 0),
        "b": ("moved", "phase", "", 0, 0),
        "c": ("moved", "project", "", 0, 0),
        "d": ("counts", "counts", "", 2, 0),
        "e": ("went", "left_out", "not_chosen", -1, 0),
        "f": ("went", "service", "", -1, 0),
        "g": ("went", "gone", "", -4, 0),
        "h": ("came", "chosen", "over_budget", 2, 0),
        "k": ("came", "candidate", "", 1, 0),
        "z": ("came", "new", "", 1, 2),
    }
    assert tuple(found.loc["c", ["project_before", "project_after"]]) == ("P0002", "P0002")
    assert tuple(found.loc["z", ["phase_before", "phase_after"]]) == (0, 1)
    sums = add_up_served(BEFORE, found)
    assert sums.to_numpy().tolist() == [[7, 13, 1], [3, 4, 2], [-3, -6, 0], [0, 2, 0], [7, 13, 3]]


def test_a_project_that_comes_later_with_others_has_moved_in_both_ways():
    before = make_side({"a": ("P1", 1, 0), "b": ("P1", 1, 0), "c": ("P2", 1, 0)})
    after = make_side({"a": ("P1", 1, 0), "b": ("P1", 1, 0), "c": ("P1", 1, 0)}, phases={"P1": 3})
    found = compare_served(before, after, match_projects(before, after))
    assert found["reason"].to_dict() == {"a": "phase", "b": "phase", "c": "both"}


ids = st.sampled_from("abcdefghijkl")
counts = st.tuples(st.sampled_from(["P1", "P2", "P3", ""]), st.integers(0, 5), st.integers(0, 2))


@st.composite
def sides(draw):
    served = draw(st.dictionaries(ids, counts, max_size=10))
    reasons = st.sampled_from(["too_far", "over_budget"])
    left = {k: v for k, v in draw(st.dictionaries(ids, reasons, max_size=4)).items() if k not in served}
    others = set(draw(st.sets(ids))) - set(served) - set(left)
    phases = draw(st.dictionaries(st.sampled_from(["P1", "P2", "P3"]), st.integers(1, 3)))
    return make_side(served, left, others=sorted(others), phases=phases)


@given(sides(), sides())
def test_the_served_add_up_and_are_as_plain_loops_tell(before, after):
    projects = match_projects(before, after)
    found = compare_served(before, after, projects)
    sums = add_up_served(before, found)
    assert sums.iloc[:4].sum().tolist() == sums.loc["after"].tolist()
    assert sums.loc["after"].tolist() == [
        len(after.served),
        after.served["households"].sum(),
        after.served["workplaces"].sum(),
    ]
    one, other = before.served.to_dict("index"), after.served.to_dict("index")
    assert set(found.index[found["change"] == "came"]) == set(other) - set(one)
    assert set(found.index[found["change"] == "went"]) == set(one) - set(other)
    for name, row in found.iterrows():
        if row["change"] in ("came", "went"):
            missing = before if row["change"] == "came" else after
            state = 0 if name in missing.unserved.index else 1 if name in missing.people else 2
            told = {"came": ("chosen", "candidate", "new"), "went": ("left_out", "service", "gone")}
            assert row["reason"] == told[row["change"]][state]
            assert row["detail"] == (missing.unserved["reason"].get(name, ""))
    partner = dict(zip(projects["project_before"], projects["project_after"], strict=True)) | {"": ""}
    for name in set(one) & set(other):
        elsewhere = partner[one[name]["project_id"]] != other[name]["project_id"]
        phases = [
            plan.projects["phase"].get(plan.served.loc[name, "project_id"], 1) for plan in (before, after)
        ]
        moved = elsewhere or phases[0] != phases[1]
        assert (name in found.index and found.loc[name, "change"] == "moved") == moved


@given(sides(), sides())
def test_every_project_stands_once_and_pairs_share_most_first(before, after):
    found = match_projects(before, after)
    for side, plan in (("before", before), ("after", after)):
        names = [name for name in found[f"project_{side}"] if name]
        assert sorted(names) == sorted(plan.projects.index)
        assert (found[f"households_{side}"].sum()) == plan.projects["households"].sum()
    both = before.served.index.intersection(after.served.index)
    shared = Counter(
        zip(before.served.loc[both, "project_id"], after.served.loc[both, "project_id"], strict=True)
    )
    pairs = dict(
        zip(zip(found["project_before"], found["project_after"], strict=True), found["shared"], strict=True)
    )
    for (one, other), count in shared.items():
        if one and other and (one, other) not in pairs:
            # Not a pair: one of the two has a partner that it shares as many premises with, or more.
            rivals = [n for (a, b), n in pairs.items() if (a == one) != (b == other) and a and b]
            assert max(rivals) >= count
    assert all(count == shared[pair] for pair, count in pairs.items() if all(pair))


def test_the_bridge_of_costs_is_what_a_hand_comes_to():
    before = make_bill(
        [
            ("P1", "trench", "plough", 100.0, 20.0, 2_000),
            ("P2", "trench", "plough", 50.0, 20.0, 1_000),
            ("P1", "trench", "verge", 10.0, 100.0, 1_000),
            ("P1", "cabinet", "", 1.0, 500.0, 500),
            ("P1", "leased_duct", "", 30.0, np.nan, 90),
            ("P1", "design", "", 10.0, np.nan, 359),
            ("P2", "design", "", 10.0, np.nan, 100),
        ]
    )
    after = make_bill(
        [
            ("P9", "trench", "plough", 120.0, 25.0, 3_000),
            ("P9", "trench", "asphalt", 10.0, 300.0, 3_000),
            ("P9", "cabinet", "", 2.0, 500.0, 1_000),
            ("P9", "leased_duct", "", 30.0, np.nan, 120),
            ("P9", "design", "", 10.0, np.nan, 712),
        ]
    )
    found = bridge_costs(before, after)
    # Ploughed: 150 m that cost 5 kr more each; then 30 m less at 25 kr, verge gone, asphalt new.
    # Built at the second prices would be 4 590 + 750 = 5 340 of 7 120, and so its design 534 of 712.
    assert found.T.to_dict("list") == {
        "trench": [4_000, 750, 1_250, 6_000],
        "leased_duct": [90, 0, 30, 120],
        "cabinet": [500, 0, 500, 1_000],
        "design": [459, 75, 178, 712],
        "total": [5_049, 825, 1_958, 7_832],
    }


def test_a_share_on_top_that_changed_is_a_price():
    rows = [("P1", "trench", "plough", 100.0, 20.0, 2_000)]
    before = make_bill(
        [*rows, ("P1", "design", "", 10.0, np.nan, 200), ("P1", "margin", "", 5.0, np.nan, 110)]
    )
    after = make_bill(
        [*rows, ("P1", "design", "", 20.0, np.nan, 400), ("P1", "margin", "", 5.0, np.nan, 120)]
    )
    found = bridge_costs(before, after)
    assert found["price_sek"].to_dict() == {"trench": 0, "design": 200, "margin": 10, "total": 210}
    assert (found["quantity_sek"] == 0).all()


lines = st.lists(
    st.tuples(
        st.sampled_from(["P1", "P2"]),
        st.sampled_from(["trench", "cable", "cabinet"]),
        st.sampled_from(["", "12", "96"]),
        st.integers(0, 1_000).map(float),
        st.sampled_from([0.0, 5.5, 20.0, np.nan]),
        st.integers(0, 10**6),
    ),
    max_size=8,
)


def with_top(rows, shares):
    """Add design and margin to rows of a bill, by project and rounded up."""
    found = list(rows)
    for name, share in zip(("design", "margin"), shares, strict=True):
        for project in sorted({row[0] for row in rows}):
            base = sum(row[5] for row in found if row[0] == project and (name == "margin" or row[1] != name))
            found.append((project, name, "", float(share), np.nan, -(-base * share // 100)))
    return make_bill(found)


@given(lines, lines, st.tuples(st.integers(0, 20), st.integers(0, 20)), st.integers(0, 20))
def test_every_bridge_adds_up_to_the_crown(one, other, shares, more):
    before, after = with_top(one, shares), with_top(other, (more, shares[1]))
    found = bridge_costs(before, after)
    assert (found["before_sek"] + found["price_sek"] + found["quantity_sek"] == found["after_sek"]).all()
    items = found.drop(index="total")
    assert items.sum().tolist() == found.loc["total"].tolist()
    assert found.loc["total", "before_sek"] == before["cost_sek"].sum()
    assert found.loc["total", "after_sek"] == after["cost_sek"].sum()
    for item, row in items.iterrows():
        assert row["before_sek"] == before.loc[before["item"] == item, "cost_sek"].sum()


@given(lines, st.tuples(st.integers(0, 20), st.integers(0, 20)))
def test_the_same_bill_twice_has_no_effect(rows, shares):
    found = bridge_costs(with_top(rows, shares), with_top(rows, shares))
    assert (found[["price_sek", "quantity_sek"]] == 0).all(axis=None)


@given(
    st.lists(st.integers(1, 3_000), min_size=1, max_size=6),
    st.floats(1, 900),
    st.floats(1, 900),
    st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_where_the_cost_book_alone_differs_all_is_price(metres, was, now, shares):
    def bill(price):
        # Each project's cost is rounded for itself, so that they are no whole multiple of the price.
        rows = [
            (f"P{i}", "trench", "plough", m / 3, price, round(price * m / 3)) for i, m in enumerate(metres)
        ]
        return with_top([*rows, ("P0", "cabinet", "", 1.0, 2 * price, round(2 * price))], shares)

    before, after = bill(was), bill(now)
    found = bridge_costs(before, after)
    assert (found["quantity_sek"] == 0).all()
    assert found.loc["total", "price_sek"] == after["cost_sek"].sum() - before["cost_sek"].sum()


def test_runs_that_differ_are_compared_from_their_files(build, results, tmp_path):
    before = write_results(results, tmp_path / "before", pack=False)
    same = compare(before, before)
    assert same.served.empty
    assert (same.projects["change"] == "same").all()
    assert (same.bridge[["price_sek", "quantity_sek"]] == 0).all(axis=None)
    assert (same.bridge.index == ["trench", "connection", "cabinet", "design", "total"]).all()

    # A connection costs 1 000 more, and the first home is left out for lack of money.
    plan = results.plan
    bill = plan.bill.copy()
    rows = bill["item"] == "connection"
    bill.loc[rows, "price"] += 1_000.0
    bill.loc[rows, "quantity"] -= [1.0, 0.0]
    bill.loc[rows, "cost_sek"] = (bill.loc[rows, "quantity"] * bill.loc[rows, "price"]).astype("int64")
    gone = plan.served.iloc[:1]
    unserved = pd.concat([plan.unserved, gone.assign(reason="over_budget", distance_m=np.nan)])
    changed = replace(plan, bill=bill, served=plan.served.iloc[1:], unserved=unserved[plan.unserved.columns])
    found = compare(before, write_results(replace(results, plan=changed), tmp_path / "after", pack=False))
    assert found.served[["change", "reason", "detail"]].to_numpy().tolist() == [
        ["went", "left_out", "over_budget"]
    ]
    assert found.bridge.loc["connection"].tolist() == [99_000, 11_000, -10_000, 100_000]
    assert found.bridge.loc["design", ["price_sek", "quantity_sek"]].sum() == 0
    assert found.bridge.loc["total", "after_sek"] == bill["cost_sek"].sum()
    told = json.loads(json.dumps(found.totals))
    assert told["reasons"] == [
        {"change": "went", "reason": "left_out", "detail": "over_budget", "premises": 1, "households": -1,
         "workplaces": 0},
    ]  # fmt: skip
    assert told["premises"][0]["premises_id"] == "P00000"
    assert told["served"]["after"]["premises"] == 10
    assert {row["change"] for row in told["projects"]} <= {"same", "changed"}


def test_a_run_without_a_plan_is_compared(results, tmp_path):
    bare = replace(
        results.plan,
        routes=results.plan.routes.iloc[:0],
        served=results.plan.served.iloc[:0],
        bill=tables.empty(tables.BILL),
        projects=results.plan.projects.iloc[:0],
        unserved=results.plan.unserved.iloc[:0],
    )
    one = write_results(results, tmp_path / "one", pack=False)
    none = write_results(replace(results, plan=bare), tmp_path / "none", pack=False)
    assert compare(none, none).bridge.to_numpy().tolist() == [[0, 0, 0, 0]]
    built = compare(none, one)
    assert set(built.served["reason"]) == {"candidate"}
    assert built.bridge.loc["total"].tolist() == [0, 0, results.plan.cost_sek, results.plan.cost_sek]
    assert (compare(one, none).projects["change"] == "gone").all()


def test_a_run_of_an_earlier_version_is_told(results, tmp_path, monkeypatch):
    monkeypatch.setattr(type(results), "plan_tables", property(lambda _self: {}))
    old = write_results(results, tmp_path, pack=False)
    with pytest.raises(OutputError) as caught:
        compare(old, old)
    assert caught.value.key == "other_version"
