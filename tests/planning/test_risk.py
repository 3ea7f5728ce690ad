"""Costs drawn anew: within low and high, together or apart, and the order that follows from them."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan import tables
from infraplan.config import Study
from infraplan.planning.phases import assign_phases
from infraplan.planning.risk import draw_costs, draw_ranks, sample_costs


def make_study(budget_sek=None, **risk):
    phases = {} if budget_sek is None else {"budget_sek_per_year": budget_sek}
    return Study.model_validate({"study": {"name": "Test", "year": 2026}, "phases": phases, "risk": risk})


def make_bill(rows):
    """Make a bill of (project, item, detail, low, base, high)."""
    columns = ["project_id", "item", "detail", "cost_low_sek", "cost_sek", "cost_high_sek"]
    bill = pd.DataFrame(rows, columns=columns).rename_axis("row")
    return bill.assign(price=bill["cost_sek"].astype("float64"))


def make_projects(bill, above=None):
    costs = bill.groupby("project_id")["cost_sek"].sum()
    return pd.DataFrame({"above": "", "cost_sek": costs} | ({} if above is None else {"above": above}))


def sample(bill, *, gain=None, above=None, study=None):
    projects = make_projects(bill, above)
    gains = pd.Series(1.0 if gain is None else gain, projects.index)
    risk = sample_costs(bill, projects, study or make_study(), gain=gains)
    tables.check(risk, tables.RISK)
    return risk


def triangle(share, low, base, high):
    """Return the closed form of a triangle's quantile."""
    part = (base - low) / (high - low)
    if share < part:
        return low + sqrt(share * (high - low) * (base - low))
    return high - sqrt((1 - share) * (high - low) * (high - base))


def test_one_price_has_the_quantiles_of_its_triangle():
    bill = make_bill([("P0001", "trench", "verge", 100_000, 200_000, 500_000)])
    risk = sample(bill, study=make_study(draws=100_000))
    assert risk.index.tolist() == ["P0001", "plan"]
    for name, share in (("p10_sek", 0.1), ("p50_sek", 0.5), ("p90_sek", 0.9)):
        assert risk[name].tolist() == pytest.approx(
            [triangle(share, 100_000, 200_000, 500_000)] * 2, rel=0.01
        )


def two_prices(correlation):
    bill = make_bill(
        [
            ("P0001", "trench", "verge", 0, 500_000, 1_000_000),
            ("P0002", "trench", "rock", 0, 500_000, 1_000_000),
        ]
    )
    return draw_costs(bill, pd.Index(["P0001", "P0002"]), make_study(draws=40_000, correlation=correlation))


def test_apart_prices_even_out():
    one, other = two_prices(0.0).T
    # The variance of a triangle from 0 to 1 around a half is 1/24, and that of independent sums their sum.
    assert one.var() == pytest.approx(1e12 / 24, rel=0.03)
    assert (one + other).var() == pytest.approx(2e12 / 24, rel=0.03)


def test_fully_together_prices_are_one():
    one, other = two_prices(1.0).T
    assert np.array_equal(one, other)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6, 0.9])
def test_ranks_are_uniform_and_move_together_as_asked(correlation):
    one, other = draw_ranks(50_000, 2, correlation, seed=1).T
    assert np.quantile(one, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.01)
    # Spearman's of a Gaussian copula.
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(6 / np.pi * np.arcsin(correlation / 2), abs=0.015)


def test_sure_prices_are_sure_costs():
    rows = [("P0001", "trench", "verge", 1_003, 1_003, 1_003), ("P0002", "cable", "12", 77, 77, 77)]
    rows += [("P0001", "design", "", 81, 81, 81), ("P0001", "margin", "", 109, 109, 109)]
    risk = sample(make_bill(rows))
    for name in ("p10_sek", "p50_sek", "p90_sek"):
        assert risk[name].tolist() == [1_193, 77, 1_270]
    assert (risk["rank_low"] == risk["rank"]).all()
    assert (risk["rank_high"] == risk["rank"]).all()


def test_a_price_of_nothing_that_may_cost_something_is_drawn():
    risk = sample(make_bill([("P0001", "leased_duct", "", 0, 0, 1_000_000)]), study=make_study(draws=50_000))
    assert risk["p50_sek"]["P0001"] == pytest.approx(triangle(0.5, 0, 0, 1_000_000), rel=0.02)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("trench", "verge"), ("trench", "verge"), True),
        (("trench", "verge"), ("trench", "verge 60 %"), True),
        (("trench", "verge"), ("soft_area", "verge"), True),
        (("splice", "drop"), ("splice", "cabinet"), True),
        (("trench", "verge"), ("trench", "rock"), False),
        (("trench", "deep plough"), ("soft_area", "deep plough 0.5 %"), True),
        (("trench", "deep plough"), ("trench", "deep rock"), False),
        (("cable", "12"), ("cable", "96"), False),
        (("crossing", "road"), ("crossing", "road 0-4"), False),
        (("duct", ""), ("own_duct", ""), False),
    ],
)
def test_what_has_one_price_is_drawn_once(one, other, same):
    bill = make_bill([("P0001", *one, 10, 20, 40), ("P0002", *other, 100, 200, 400)])
    for known in (bill, bill.assign(price=np.nan)):
        costs = draw_costs(known, pd.Index(["P0001", "P0002"]), make_study(correlation=0.0))
        assert np.allclose(10 * costs[:, 0], costs[:, 1]) == same


def test_rows_whose_price_differs_have_their_own_triangle():
    bill = make_bill([("P0001", "leased_duct", "", 10, 10, 40), ("P0002", "leased_duct", "", 10, 40, 40)])
    own = draw_costs(bill.assign(price=np.nan), pd.Index(["P0001", "P0002"]), make_study(draws=50_000))
    assert own.mean(axis=0) == pytest.approx([20.0, 30.0], rel=0.01)


def test_design_and_margin_multiply_what_is_drawn():
    rows = [("P0001", "trench", "verge", 1_000, 2_000, 4_000)]
    plain = draw_costs(make_bill(rows), pd.Index(["P0001"]), make_study())
    rows += [("P0001", "design", "", 100, 200, 400), ("P0001", "margin", "", 220, 440, 880)]
    topped = draw_costs(make_bill(rows), pd.Index(["P0001"]), make_study())
    # Ten and twenty per cent, whatever is drawn: the other draws move, their spread does not.
    assert np.quantile(topped, [0.1, 0.5, 0.9]) == pytest.approx(1.32 * np.quantile(plain, [0.1, 0.5, 0.9]))
    unsure = make_bill([*rows[:1], ("P0001", "design", "", 0, 200, 1_600)])
    assert draw_costs(unsure, pd.Index(["P0001"]), make_study(correlation=1.0)).std() > plain.std() * 1.2


amounts = st.lists(st.integers(0, 10_000), min_size=3, max_size=3).map(sorted)
bill_rows = st.tuples(
    st.sampled_from(["P0001", "P0002", "P0003"]),
    st.sampled_from([("trench", "verge"), ("trench", "rock"), ("soft_area", "rock 60 %"), ("cable", "12")]),
    amounts,
).map(lambda row: (row[0], *row[1], *row[2]))


@given(st.lists(bill_rows, min_size=1, max_size=12), st.floats(0, 1))
def test_costs_stay_within_low_and_high(rows, correlation):
    bill = make_bill(rows)
    risk = sample(bill, study=make_study(draws=50, correlation=correlation))
    sums = bill.groupby("project_id")[list(tables.MONEY)].sum()
    sums.loc["plan"] = sums.sum()
    assert (sums["cost_low_sek"] <= risk["p10_sek"]).all()
    assert (risk["p10_sek"] <= risk["p50_sek"]).all()
    assert (risk["p50_sek"] <= risk["p90_sek"]).all()
    assert (risk["p90_sek"] <= sums["cost_high_sek"]).all()


@given(st.lists(bill_rows, min_size=1, max_size=12), st.integers(2, 9))
def test_more_of_everything_costs_as_much_more(rows, times):
    bill = make_bill(rows)
    more = bill.assign(**{name: times * bill[name] for name in tables.MONEY})
    names = pd.Index(["P0001", "P0002", "P0003"])
    once, often = (draw_costs(table, names, make_study(draws=50)) for table in (bill, more))
    assert np.allclose(times * once, often, atol=1e-4)
    assert (often >= once).all()


def test_projects_with_the_same_prices_keep_their_order():
    rows = [(f"P000{n}", "trench", "verge", 100 * n, 200 * n, 400 * n) for n in range(1, 6)]
    rows += [(f"P000{n}", "cable", "12", 10 * n, 20 * n, 40 * n) for n in range(1, 6)]
    risk = sample(make_bill(rows), gain=[1, 4, 3, 1, 5])
    # By cost a unit: 1, 2/4, 3/3, 4, 5/5 – of equals the lowest id.
    assert risk["rank"].tolist() == [2, 1, 3, 5, 4, 0]
    assert risk["rank_low"].tolist() == risk["rank_high"].tolist() == risk["rank"].tolist()


def test_projects_at_other_prices_change_places():
    bill = make_bill([("P0001", "trench", "verge", 10, 50, 90), ("P0002", "trench", "rock", 10, 51, 92)])
    risk = sample(bill, study=make_study(correlation=0.0))
    assert risk["rank"].tolist() == [1, 2, 0]
    assert risk["rank_low"].tolist() == [1, 1, 0]
    assert risk["rank_high"].tolist() == [2, 2, 0]


def test_what_gives_nothing_ranks_last():
    bill = make_bill([("P0001", "trench", "verge", 1, 1, 1), ("P0002", "trench", "verge", 9, 9, 9)])
    assert sample(bill, gain=[0, 1])["rank"].tolist() == [2, 1, 0]


def test_without_a_budget_all_is_always_in_the_first_phase():
    bill = make_bill([("P0001", "trench", "verge", 1, 2, 3), ("P0002", "trench", "rock", 1, 2, 3)])
    assert sample(bill)["first_phase_share"].tolist() == [1.0, 1.0, 1.0]


def test_the_first_phase_is_chosen_anew_in_each_draw():
    # The cheaper of two equals is built first, at random; behind the first one hangs a third.
    bill = make_bill(
        [
            ("P0001", "trench", "verge", 10, 50, 90),
            ("P0002", "trench", "rock", 10, 50, 90),
            ("P0003", "cable", "12", 100, 100, 100),
        ]
    )
    study = make_study(90, correlation=0.0, draws=500)
    share = sample(bill, above=["", "", "P0001"], gain=[2, 2, 1], study=study)["first_phase_share"]
    costs = draw_costs(bill, pd.Index(["P0001", "P0002", "P0003"]), study)
    both = costs[:, :2].sum(axis=1) <= 90
    assert share["P0001"] == ((costs[:, 0] < costs[:, 1]) | both).mean()
    assert share["P0002"] == ((costs[:, 0] > costs[:, 1]) | both).mean()
    assert 0.3 < share["P0001"] < 0.9
    assert share[["P0003", "plan"]].tolist() == [0.0, 0.0]


def test_at_sure_prices_the_first_phase_is_that_of_the_plan():
    random = np.random.default_rng(3)
    costs = random.integers(1, 30, 12)
    bill = make_bill([(f"P{n:04d}", "trench", "verge", c, c, c) for n, c in enumerate(costs, 1)])
    above = [f"P{random.integers(1, n):04d}" if n > 5 else "" for n in range(1, 13)]
    gain, study = random.integers(0, 9, 12), make_study(60)
    projects = make_projects(bill, above)
    phase = assign_phases(projects, study, gain=pd.Series(gain, projects.index))
    risk = sample(bill, gain=gain, above=above, study=study)
    assert 0 < (phase == 1).sum() < 12
    assert risk["first_phase_share"].tolist() == [*(phase == 1).astype(float), 0.0]


def test_the_order_of_rows_does_not_matter_and_the_seed_does():
    rows = [("P0001", "trench", "verge", 10, 20, 50), ("P0002", "trench", "rock", 10, 20, 60)]
    rows += [("P0001", "cable", "12", 1, 2, 5), ("P0002", "design", "", 1, 2, 9)]
    bill = make_bill(rows)
    projects, gain = make_projects(bill), pd.Series({"P0001": 3, "P0002": 4})
    straight = sample_costs(bill, projects, make_study(25), gain=gain)
    turned = sample_costs(bill.iloc[::-1], projects.iloc[::-1], make_study(25), gain=gain)
    pd.testing.assert_frame_equal(turned.sort_index(), straight.sort_index())
    other = sample_costs(bill, projects, make_study(25, seed=1), gain=gain)
    assert not other.equals(straight)


def test_no_projects_leave_the_plan_alone():
    projects = tables.empty(tables.PROJECTS)
    bill = tables.empty(tables.BILL)
    risk = sample_costs(bill, projects, make_study(10), gain=pd.Series(dtype="float64"))
    tables.check(risk, tables.RISK)
    assert risk.loc["plan"].tolist() == [0, 0, 0, 1.0, 0, 0, 0]
