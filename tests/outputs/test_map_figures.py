"""What the map page's controls are made of: rounded once, equal to tables, gone where a level hides it."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.outputs.edition import edition_of
from infraplan.outputs.maps.figures import DEFINITION, build_figures
from infraplan.outputs.maps.known import MOST_PREMISES, pack_known
from infraplan.outputs.maps.projects import order_projects, pack_projects
from infraplan.outputs.rounding import shown_share
from infraplan.words import load

SWITCH = {"counts": "connected", "unit": "households", "holiday_homes": False, "down_mbps": 100.0}


def numbers(edition):
    return {key: i for i, key in enumerate(edition.zones.index)}


def changed(edition, **tables):
    return replace(edition, tables={**edition.tables, **tables})


def without(edition, *names):
    return replace(edition, tables={key: table for key, table in edition.tables.items() if key not in names})


@pytest.fixture(scope="module")
def edition(results):
    return edition_of(results)


def make_switchboard(shares):
    """Return rows of two definitions a zone."""
    rows = [
        {
            **SWITCH,
            "technologies": name,
            "zone_id": zone,
            "zone_name": zone,
            "base": 1000,
            "reached": 1000 * share,
            "share": share,
        }
        for zone, share in shares.items()
        for name in ("wired", "all")
    ]
    return pd.DataFrame(rows)


def make_series(**change):
    row = {"zone_id": "study", "measure": "m", **SWITCH, "technologies": "all", "year": 2020, "share": 0.5}
    row |= {"bound": "exact", "base": 100.0, "reached": 50.0, "source": "PTS", "after_break": ""}
    return pd.DataFrame([row | change])


def test_the_switchboard_keeps_every_share_of_every_zone_in_its_place(edition):
    shares = {"study": 0.52366, "municipality:2500": 0.25, "somewhere:else": 0.9}
    found = build_figures(changed(edition, switchboard=make_switchboard(shares)), numbers(edition))
    board = found["switchboard"]
    assert set(board["definitions"]) == set(DEFINITION)
    assert board["definitions"]["technologies"] == ["wired", "all"]
    assert board["zones"] == [0, 1]
    assert board["share"] == [[0.524, 0.524], [0.25, 0.25]]
    assert board["reached"] == [[524, 524], [250, 250]]
    assert board["base"] == [[1000, 1000]] * 2


def test_a_definition_that_a_zone_lacks_is_a_gap_and_not_its_neighbour(edition):
    table = make_switchboard({"study": 0.5, "municipality:2500": 0.25}).drop(index=2)
    board = build_figures(changed(edition, switchboard=table), numbers(edition))["switchboard"]
    assert board["share"] == [[0.5, 0.5], [None, 0.25]]


@given(st.dictionaries(st.sampled_from(["study", "municipality:2500"]), st.floats(0, 1), min_size=1))
@settings(max_examples=25, deadline=None)
def test_shares_are_rounded_as_everywhere(edition, shares):
    board = build_figures(changed(edition, switchboard=make_switchboard(shares)), numbers(edition))[
        "switchboard"
    ]
    assert [row[0] for row in board["share"]] == [
        shown_share(shares[zone]) for zone in ("study", "municipality:2500") if zone in shares
    ]


def test_hidden_counts_stay_hidden(edition):
    table = make_switchboard({"study": 0.5}).assign(base=np.nan, reached=np.nan, share=np.nan)
    board = build_figures(changed(edition, switchboard=table), numbers(edition))["switchboard"]
    assert (board["share"], board["base"]) == ([[None, None]], [[None, None]])


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_was_computed_here_is_told_from_what_others_publish(edition, language):
    own = load(language).text("progress.own")
    table = pd.concat([make_series(), make_series(year=2026, source=own)], ignore_index=True)
    series = build_figures(changed(edition, series=table), numbers(edition))["series"]
    assert series["own"] == [False, True]
    assert series["year"] == [2020, 2026]


def test_an_endless_interval_is_told_from_an_unknown_one(edition):
    row = {**make_series().iloc[0], "target": "t", "target_share": 0.95, "last_year": 2026, "method": "trend"}
    table = pd.DataFrame(
        [row | {"latest_year": value, "pace": 0.01234} for value in (np.inf, np.nan, 2031.0)]
    )
    pace = build_figures(changed(edition, pace=table), numbers(edition))["pace"]
    assert pace["endless"] == [True, False, False]
    assert pace["latest_year"] == [None, None, 2031.0]
    assert pace["pace"] == [1.2] * 3


@pytest.mark.parametrize("name", ["switchboard", "series", "breaks", "pace"])
@pytest.mark.parametrize("table", [None, pd.DataFrame(), pd.DataFrame({"zone_id": ["study"]})])
def test_without_a_table_or_its_columns_there_is_nothing(edition, name, table):
    changed_ = without(edition, name) if table is None else changed(edition, **{name: table})
    assert not build_figures(changed_, numbers(edition))[name]


def test_the_lines_of_each_bill_sum_to_the_projects_costs(edition):
    found, projects = pack_projects(edition), edition.tables["projects"]
    assert set(found["bill"]) == set(projects.index)
    for project, lines in found["bill"].items():
        for name in ("cost_low_sek", "cost_sek", "cost_high_sek"):
            assert sum(line[name] for line in lines) == projects.loc[project, name]
            assert found["projects"][project][name] == projects.loc[project, name]


def test_what_follows_from_a_plan_stands_by_its_projects(edition):
    found = pack_projects(edition)
    first, second = edition.tables["projects"].index[:2]
    assert [row["name"] for row in found["permits"][first]] == ["Kalix älv", ""]
    assert [row["lead_time_weeks"] for row in found["permits"][first]] == [26, None]
    assert [row["in_time"] for row in found["works"][first]] == [True, False]
    assert second not in found["permits"]
    assert found["support"][first]["support_sek"] == edition.tables["support"].loc[first, "support_sek"]
    assert found["risk"][first]["first_phase_share"] == 0.9
    assert found["projects"][first]["year"] == 2027


@pytest.mark.parametrize(
    "name", ["bill", "permits", "codigging", "support", "risk", "phases", "served", "facts", "effect"]
)
def test_a_level_that_hides_a_table_has_the_rest(edition, name):
    found = pack_projects(without(edition, name))
    assert set(found["projects"]) == set(edition.tables["projects"].index)
    json.dumps(found, allow_nan=False)


def test_without_a_plan_there_is_nothing(edition):
    assert pack_projects(without(edition, "projects")) == {}


def make_projects(rows):
    names = ["phase", "cost_per_household_sek", "above"]
    return pd.DataFrame(rows, index=names).T.infer_objects()


def test_the_order_is_by_phase_then_price_and_a_feeder_comes_first():
    projects = make_projects(
        {
            "A": (1, 900.0, ""),
            "B": (1, 100.0, "A"),
            "C": (1, 300.0, ""),
            "D": (2, 1.0, ""),
            "E": (1, np.nan, ""),
        }
    )
    assert order_projects(projects) == ["A", "B", "C", "E", "D"]


@given(st.lists(st.tuples(st.integers(1, 3), st.floats(1, 1e6), st.integers(0, 9)), min_size=1, max_size=10))
@settings(max_examples=60, deadline=None)
def test_every_project_comes_once_and_after_its_feeder(rows):
    ids = [f"P{i}" for i in range(len(rows))]
    above = [ids[feeder] if feeder < i else "" for i, (_, _, feeder) in enumerate(rows)]
    order = order_projects(
        make_projects({key: (*row[:2], feeder) for key, row, feeder in zip(ids, rows, above, strict=True)})
    )
    assert sorted(order) == sorted(ids)
    assert all(
        not feeder or order.index(feeder) < order.index(key) for key, feeder in zip(ids, above, strict=True)
    )


def test_projects_that_feed_each_other_in_a_ring_do_not_hang():
    assert order_projects(make_projects({"A": (1, 1.0, "B"), "B": (1, 2.0, "A")})) == ["B", "A"]


def with_effect(edition, missing):
    """Return an edition whose target misses exactly whom the plan serves, or not quite."""
    targets, served = edition.tables["targets"], edition.tables["served"]
    goal = targets[(targets["zone_kind"] == "study") & targets["decides"]].iloc[0]
    adds = int(served[["households", "workplaces"]].sum().sum()) - missing
    targets = targets.assign(base=1000, reached=100)
    effect = edition.tables["effect"].assign(before=100, after=100 + adds, base=1000, target=goal["target"])
    return changed(edition, effect=effect, targets=targets)


def test_what_each_project_adds_sums_to_the_plans_effect(edition):
    sure = with_effect(edition, 0)
    found = pack_projects(sure)
    rows = [row for row in found["reach"] if row["unit"] == "households+workplaces"]
    assert len(rows) == 1
    assert rows[0]["reached"][0] == 100
    assert rows[0]["reached"][-1] == sure.tables["effect"]["after"].iloc[0]
    assert len(rows[0]["reached"]) == len(found["order"]) + 1
    assert rows[0]["reached"] == sorted(rows[0]["reached"])
    assert rows[0]["share"][-1] == shown_share(rows[0]["reached"][-1] / 1000, 0.95, met=False)


def test_zones_grow_by_whom_the_phases_serve_in_them(edition):
    found = pack_projects(with_effect(edition, 0))["years"]
    rows = pd.DataFrame({key: found[key] for key in ("zone_id", "unit", "year", "reached")})
    served = edition.tables["served"].join(edition.tables["premises"]["municipality"])
    for code, part in served.groupby("municipality"):
        mine = rows[(rows["zone_id"] == f"municipality:{code}") & (rows["unit"] == "households")]
        assert mine.sort_values("year")["reached"].iloc[-1] == 100 + part["households"].sum()
    assert found["years"] == sorted(edition.tables["phases"]["year"])
    assert {"study", "municipality", "settlement_class"} <= set(found["kinds"])


def test_where_it_is_not_known_whom_a_target_misses_nothing_is_made_up(edition):
    found = pack_projects(with_effect(edition, 3))
    assert found["reach"] == []
    assert found["years"]["zone_id"] == []
    assert found["years"]["complete"] == []


def test_without_premises_the_effect_tells_the_end_of_the_plan(edition):
    found = pack_projects(without(edition, "served", "premises", "facts"))["years"]
    effect = edition.tables["effect"].iloc[0]
    assert found["zone_id"] == ["study"]
    assert found["year"] == [edition.tables["phases"]["year"].max()]
    assert found["share"] == [shown_share(effect["share_after"], effect["target_share"], effect["met"])]


def test_a_target_that_is_missed_by_a_hair_is_not_shown_as_met(edition):
    tables = with_effect(edition, 0)
    targets = tables.tables["targets"].assign(base=2000, target_share=0.95)
    adds = int(tables.tables["served"][["households", "workplaces"]].sum().sum())
    effect = tables.tables["effect"].assign(before=1899 - adds, after=1899)
    found = pack_projects(changed(tables, targets=targets.assign(reached=1899 - adds), effect=effect))
    row = next(row for row in found["reach"] if row["unit"] == "households+workplaces")
    assert (row["share"][-1], row["met"][-1]) == (0.949, False)


def test_premises_can_be_looked_up_with_all_that_is_known(edition):
    found = pack_known(edition)["premises"]
    served = edition.tables["served"]
    place = found["id"].index(str(served.index[0]))
    assert found["count"] == len(edition.tables["premises"]) == len(found["geometry"]) / 2
    assert found["project_id"][place] == served["project_id"].iloc[0]
    assert found["technology"][place] == "fibre"
    assert found["unserved"][place] is None
    assert found["rule"][place] == "too_slow"
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("column", ["address", "ADRESS", "Gatuadress"])
def test_an_address_column_travels_along_whatever_it_is_called(edition, column):
    premises = edition.tables["premises"].assign(**{column: "Storgatan 1"})
    assert set(pack_known(changed(edition, premises=premises))["premises"]["address"]) == {"Storgatan 1"}


def test_too_many_premises_are_counted_and_left_out(edition):
    one = edition.tables["premises"]
    many = pd.concat([one] * (MOST_PREMISES // len(one) + 1))
    assert pack_known(changed(edition, premises=many))["premises"] == {"count": len(many), "id": []}


def test_without_premises_none_can_be_found(edition):
    assert pack_known(without(edition, "premises"))["premises"] is None


def test_a_street_is_found_once_in_each_place(edition):
    roads = edition.tables["roads"]
    known = pack_known(edition)["roads"]
    assert set(known["name"]) == {"väg"}
    assert len(known["place"]) == len(set(known["place"])) == len(known["geometry"]) / 2
    assert pack_known(changed(edition, roads=roads.assign(name="")))["roads"] is None
    assert pack_known(without(edition, "roads"))["roads"] is None
    numbered = pack_known(changed(edition, roads=roads.assign(name="", road_number="E10")))["roads"]
    assert set(numbered["name"]) == {"E10"}
