"""Phases give most for the money first, and never build what nothing leads to."""

from fractions import Fraction
from itertools import chain, combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString

from infraplan import tables
from infraplan.config import Study
from infraplan.planning.phases import assign_phases, build_phases


def make_study(budget_sek=None, **phases):
    budget = {} if budget_sek is None else {"budget_sek_per_year": budget_sek}
    return Study.model_validate({"study": {"name": "Test", "year": 2026}, "phases": budget | phases})


def make_projects(rows):
    """Make projects from (above, cost)."""
    index = pd.Index([f"P{n:04d}" for n in range(1, len(rows) + 1)], dtype="str", name="project_id")
    above = pd.Series([f"P{a:04d}" if a else "" for a, _ in rows], index=index, dtype="str")
    return pd.DataFrame({"above": above, "cost_sek": [int(cost) for _, cost in rows]}, index=index)


def assign(rows, gains, budget_sek, **phases):
    projects = make_projects(rows)
    phase = assign_phases(projects, make_study(budget_sek, **phases), gain=pd.Series(gains, projects.index))
    return phase.tolist()


@st.composite
def trees(draw, most=7):
    """Return (above, cost) by number from 1, and gains."""
    count = draw(st.integers(1, most))
    rows = [(draw(st.integers(0, n)), draw(st.integers(1, 12))) for n in range(count)]
    return rows, draw(st.lists(st.integers(0, 12), min_size=count, max_size=count))


def closed_sets(rows, without=frozenset()):
    """Return all sets of projects, built after some others, that nothing outside leads to."""
    rest = [n for n in range(1, len(rows) + 1) if n not in without]
    for some in chain.from_iterable(combinations(rest, k) for k in range(1, len(rest) + 1)):
        if all(rows[n - 1][0] in {0, *some, *without} for n in some):
            yield frozenset(some)


def test_without_a_budget_all_is_one_phase():
    assert assign([(0, 5), (1, 7)], [1, 1], None) == [1, 1]


def test_what_gives_most_a_krona_comes_first_and_what_still_fits_is_taken():
    # 9/3, 8/4, 1/2 a krona: the second does not fit beside the first, the third does.
    assert assign([(0, 3), (0, 4), (0, 2)], [9, 8, 1], 6) == [1, 2, 1]


def test_of_equals_the_lowest_id_comes_first():
    assert assign([(0, 4), (0, 4), (0, 4)], [2, 2, 2], 4) == [1, 2, 3]
    # But one that fits into a year before one that does not.
    assert assign([(0, 8), (0, 4)], [4, 2], 4) == [2, 1]


def test_a_poor_trunk_is_built_for_the_rich_branch_behind_it():
    # Alone the first gives nothing; with its two branches 20 for 6, more than 10 for 4.
    assert assign([(0, 4), (1, 1), (1, 1), (0, 4)], [0, 10, 10, 10], 6) == [1, 1, 1, 2]


def test_the_best_bundle_is_begun_even_where_it_takes_years():
    # Trunk and branch (100 for 14) are dearer than a year; the small ones do not put them off for ever.
    rows = [(0, 7), (1, 7), *[(0, 10)] * 3]
    assert assign(rows, [0, 100, 1, 1, 1], 10) == [1, 2, 3, 4, 5]


def test_a_project_dearer_than_a_year_has_a_phase_of_its_own_when_its_turn_comes():
    # By what a krona gives: 3 (dear), 2, 1.
    assert assign([(0, 30), (0, 5), (0, 5)], [90, 10, 5], 10) == [1, 2, 2]
    assert assign([(0, 30), (0, 5), (0, 5)], [9, 10, 5], 10) == [2, 1, 1]


def test_what_gives_nothing_is_built_too_and_what_costs_nothing_first():
    assert assign([(0, 5), (0, 5), (0, 0)], [0, 1, 0], 5) == [2, 1, 1]


def test_a_project_without_a_gain_gives_nothing_and_gains_of_no_project_are_left():
    projects = make_projects([(0, 5), (0, 5)])
    gain = pd.Series({"": 9, "P0002": 1})
    assert assign_phases(projects, make_study(5), gain=gain).tolist() == [2, 1]


def test_no_projects_no_phases():
    projects = make_projects([])
    assert assign_phases(projects, make_study(10), gain=pd.Series(dtype="float64")).empty
    phases = build_phases(tables.empty(tables.PROJECTS), tables.empty(tables.ROUTES), make_study(10))
    tables.check(phases, tables.PHASES)


@pytest.mark.parametrize("rows", [[(2, 1), (1, 1)], [(1, 1)], [(7, 1)]])
def test_projects_that_nothing_feeds_are_refused(rows):
    with pytest.raises(ValueError, match=r"hang on no root|close a circle|no project"):
        assign(rows, [1] * len(rows), 5)


@pytest.mark.parametrize("gain", [-1.0, np.nan])
def test_gains_are_numbers_from_0(gain):
    with pytest.raises(ValueError, match="prizes"):
        assign([(0, 1), (0, 1)], [gain, 1.0], 1)


def test_the_order_of_rows_does_not_matter():
    rows, gains = [(0, 4), (1, 3), (0, 5), (3, 2), (0, 6)], [1, 9, 4, 4, 7]
    projects, study = make_projects(rows), make_study(8)
    gain = pd.Series(gains, projects.index)
    straight = assign_phases(projects, study, gain=gain)
    mixed = assign_phases(projects.iloc[[3, 1, 4, 0, 2]], study, gain=gain)
    assert mixed.index.tolist() == projects.index[[3, 1, 4, 0, 2]].tolist()
    assert mixed.sort_index().tolist() == straight.tolist()


@given(trees(most=12), st.integers(1, 40))
def test_each_project_once_none_before_what_feeds_it_and_the_budget_kept(tree, budget_sek):
    rows, gains = tree
    phase = assign(rows, gains, budget_sek)
    assert sorted(set(phase)) == list(range(1, max(phase) + 1))
    for (above, _), own in zip(rows, phase, strict=True):
        assert not above or phase[above - 1] <= own
    for number in set(phase):
        costs = [cost for (_, cost), own in zip(rows, phase, strict=True) if own == number]
        assert sum(costs) <= budget_sek or len(costs) == 1


@given(trees(most=12), st.integers(1, 40))
def test_nothing_that_could_be_built_waits_where_money_is_left(tree, budget_sek):
    rows, gains = tree
    phase = assign(rows, gains, budget_sek)
    for (above, cost), own in zip(rows, phase, strict=True):
        for earlier in range(phase[above - 1] if above else 1, own):
            spent = sum(c for (_, c), p in zip(rows, phase, strict=True) if p == earlier)
            assert spent + cost > budget_sek


@given(trees())
def test_with_money_for_it_a_phase_is_the_best_that_can_be_had(tree):
    """Brute force over all closed sets: where the budget does not matter the order is Sidney's."""
    rows, gains = tree
    built = frozenset()
    while len(built) < len(rows) and any(g for n, g in enumerate(gains, 1) if n not in built):
        worth = {
            some: Fraction(sum(gains[n - 1] for n in some), sum(rows[n - 1][1] for n in some))
            for some in closed_sets(rows, built)
        }
        best = max(worth.values())
        # Of best sets the union is one too.
        union = frozenset().union(*(some for some, value in worth.items() if value == best))
        left = [n for n in range(1, len(rows) + 1) if n not in built]
        names = {n: i for i, n in enumerate(left, 1)}
        rest = [(names.get(rows[n - 1][0], 0), rows[n - 1][1]) for n in left]
        money = sum(rows[n - 1][1] for n in union)
        phase = assign(rest, [gains[n - 1] for n in left], money)
        assert {n for n, own in zip(left, phase, strict=True) if own == 1} == union
        built |= union


def test_a_phase_adds_up_its_projects():
    projects = tables.empty(tables.PROJECTS).reindex(pd.Index(["P0001", "P0002", "P0003"], name="project_id"))
    projects = projects.assign(
        phase=[1, 2, 1],
        premises=[3, 4, 5],
        households=[2, 3, 4],
        workplaces=[1, 1, 1],
        cost_low_sek=[10, 20, 30],
        cost_sek=[20, 70, 40],
        cost_high_sek=[40, 80, 90],
    )
    routes = gpd.GeoDataFrame(
        {
            "project_id": ["P0001", "P0001", "P0002", "P0003"],
            "existing": ["new", "own_duct", "new", "new"],
            "length_m": [100.0, 50.0, 30.0, 7.0],
        },
        geometry=[LineString([(0, 0), (1, 1)])] * 4,
    )
    phases = build_phases(projects, routes, make_study(65))
    tables.check(phases, tables.PHASES)
    assert phases.to_dict("list") == {
        "year": [2027, 2028],
        "projects": [2, 1],
        "premises": [8, 4],
        "households": [6, 3],
        "workplaces": [2, 1],
        "cost_low_sek": [40, 20],
        "cost_sek": [60, 70],
        "cost_high_sek": [130, 80],
        "budget_sek": [65.0, 65.0],
        "left_sek": [5.0, -5.0],
        "trench_m": [107.0, 30.0],
    }
    free = build_phases(projects.assign(phase=1), routes, make_study(first_year=2030))
    assert free["year"].tolist() == [2030]
    assert free[["budget_sek", "left_sek"]].isna().all(axis=None)
