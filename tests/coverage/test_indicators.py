"""A study's own indicators, breakdowns and the table of facts, against counting by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from infraplan import tables
from infraplan.config import Target
from infraplan.coverage.facts import build_facts
from infraplan.coverage.indicators import evaluate_indicators
from infraplan.coverage.spread import evaluate_spread
from infraplan.coverconfig import Breakdown, Indicator
from infraplan.demand import assign_zones
from infraplan.errors import StudyError

CRS = "EPSG:3006"


@pytest.fixture
def zones():
    rows = [
        ("study", "Testby", "study", box(0, 0, 40, 10)),
        ("municipality:2505", "A", "municipality", box(0, 0, 20, 10)),
        ("municipality:2506", "B", "municipality", box(20, 0, 40, 10)),
        ("municipality:2510", "C", "municipality", box(40, 0, 50, 10)),
        ("class:outside", "Utanför", "settlement_class", box(0, 0, 40, 10)),
    ]
    table = gpd.GeoDataFrame(rows, columns=["zone_id", "name", "kind", "geometry"], crs=CRS)
    return table.assign(population=np.nan).set_index("zone_id")


@pytest.fixture
def facts(premises):
    rows = premises(
        [Point(x, 5) for x in (1, 2, 3, 21, 22)],
        households=[1, 2, 4, 8, 16],
        workplaces=[0, 1, 0, 0, 2],
        municipality=["2505", "2505", "2505", "2506", "2506"],
    )
    best = {f"{status}_mbps": [0.0] * 5 for status in tables.STATUSES}
    return rows.assign(
        **best | {"connected_mbps": [1000.0, 0.0, 100.0, 0.0, 100.0], "planned_mbps": [0.0, 100.0, 0, 0, 0]},
        grocery_km=[1.0, 12.0, np.nan, 9.0, 30.0],
        operators=[1, 0, 2, 1, 0],
        town_km=[5.0, 20.0, 70.0, np.nan, 30.0],
    )


def indicate(facts, zones, study, found=None, **about):
    made = study(indicators=(Indicator(name="Mitt mått", **about),))
    table = evaluate_indicators(facts, found or {}, assign_zones(facts, zones), zones, made)
    tables.check(table, tables.INDICATORS)
    return table.set_index("zone_id")


def test_an_indicator_by_zone(facts, zones, study):
    found = indicate(facts, zones, study, rule="grocery_km <= 10", goal=0.25, purpose="Handla nära")
    numbers = found[["base", "reached", "unknown"]]
    assert numbers.loc["study"].tolist() == [31, 9, 4]
    assert numbers.loc["municipality:2505"].tolist() == [7, 1, 4]
    assert numbers.loc["municipality:2506"].tolist() == [24, 8, 0]
    assert numbers.loc["municipality:2510"].tolist() == [0, 0, 0]
    assert found["met"].to_dict() == {
        "study": True, "municipality:2505": False, "municipality:2506": True, "municipality:2510": False,
        "class:outside": True,
    }  # fmt: skip
    assert np.isnan(found.loc["municipality:2510", "share"])
    assert set(found["purpose"]) == {"Handla nära"}


def test_what_is_counted(facts, zones, study):
    of = {"rows": 5, "workplaces": 3, "households+workplaces": 34}
    for name, total in of.items():
        assert indicate(facts, zones, study, rule="1 < 2", of=name).loc["study", "base"] == total


def test_without_a_goal_nothing_is_met(facts, zones, study):
    found = indicate(facts, zones, study, rule="1 < 2")
    assert not found["met"].any()
    assert found["goal"].isna().all()


def test_other_tables_are_zoned_by_their_municipality(facts, zones, study):
    gaps = pd.DataFrame(
        {"municipality": ["2505", "2506", ""], "length_m": [100.5, 200.0, 50.0], "kind": "road"},
        index=pd.Index(["g1", "g2", "g3"], name="gap_id"),
    )
    found = indicate(
        facts, zones, study, {"mobile_gaps": gaps}, rule="length_m >= 150", of="length_m", table="mobile_gaps"
    )
    assert found["base"].to_dict() == {
        "study": 350.5, "municipality:2505": 100.5, "municipality:2506": 200.0, "municipality:2510": 0.0,
    }  # fmt: skip
    assert found.loc["study", "reached"] == 200.0


@pytest.mark.parametrize(
    ("about", "key", "said"),
    [
        ({"rule": "grocery_kn <= 10"}, "rule_no_column", "grocery_km"),
        ({"rule": "grocery_km <= 'x'"}, "rule_words_and_numbers", "Mitt mått"),
        ({"rule": "1 < 2", "of": "hushall"}, "rule_no_count", "households"),
        ({"rule": "1 < 2", "of": "municipality"}, "rule_no_count", "municipality"),
        ({"rule": "import os"}, "rule_unreadable", "import os"),
    ],
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_mistakes_name_the_indicator_and_the_remedy(facts, zones, study, about, key, said, language):
    with pytest.raises(StudyError) as caught:
        indicate(facts, zones, study, **about)
    assert caught.value.key == key
    assert said in caught.value.say(language)


def spread(facts, zones, layers, study, **settings):
    made = study(targets=(Target(name="Mål", down_mbps=100, share=0.9),), **settings)
    found = evaluate_spread(facts, assign_zones(facts, zones), layers(), made)
    tables.check(found, tables.SPREAD)
    return found


def test_a_target_by_the_way_to_town(facts, zones, layers, study):
    found = spread(facts, zones, layers, study)
    mine = found[(found["measure"] == "Mål") & (found["breakdown"] == "distance_to_town")].set_index("group")
    assert mine[["base", "reached"]].to_dict("index") == {
        "< 10": {"base": 1, "reached": 1},
        "10–30": {"base": 3, "reached": 0},
        "30–60": {"base": 18, "reached": 18},
        "≥ 60": {"base": 4, "reached": 4},
        "unknown": {"base": 8, "reached": 0},
    }
    whole = 23 / 34
    assert mine["behind"].to_dict() == pytest.approx(
        {"< 10": whole - 1, "10–30": whole, "30–60": whole - 1, "≥ 60": whole - 1, "unknown": whole}
    )


def test_the_spread_is_over_the_finest_zones(facts, zones, layers, study):
    found = spread(facts, zones, layers, study)
    row = found[(found["measure"] == "Mål") & (found["breakdown"] == "settlement_class")].iloc[0]
    # Municipality A: 5 of 8 reached; B: 18 of 26, which is most of what there is.
    assert (row["zones"], row["lowest"], row["highest"]) == (2, 5 / 8, 18 / 26)
    assert (row["p10"], row["median"]) == (5 / 8, 18 / 26)


def test_services_and_mobile_are_measures_too(facts, zones, layers, study):
    found = spread(facts, zones, layers, study)
    classes = found[found["breakdown"] == "settlement_class"].set_index("measure")
    assert classes.loc["groceries within 10 km", "reached"] == 9
    assert classes.loc["mobile, 10 Mbit/s", "reached"] == 13


def test_own_breakdowns_by_words_and_by_limits(facts, zones, layers, study):
    own = (
        Breakdown(name="Kommun", column="municipality"),
        Breakdown(name="Butik", column="grocery_km", limits=(10.0,)),
    )
    found = spread(facts, zones, layers, study, breakdowns=own)
    mine = found[found["measure"] == "Mål"]
    assert mine[mine["breakdown"] == "Kommun"].set_index("group")["base"].to_dict() == {"2505": 8, "2506": 26}
    assert mine[mine["breakdown"] == "Butik"].set_index("group")["base"].to_dict() == {
        "< 10": 9, "≥ 10": 21, "unknown": 4,
    }  # fmt: skip


def test_a_breakdown_by_what_a_zone_layer_brings(facts, zones, layer, layers, study):
    deso = layer("deso", [box(0, 0, 10, 10), box(10, 0, 40, 10)], code=["2505A1", "2506A1"])
    deso["share_65"] = ["0,4", "0,1"]
    own = (Breakdown(name="Äldre", column="deso.share_65", limits=(0.25,)),)
    more = gpd.GeoDataFrame(
        {"name": "", "kind": "deso", "population": np.nan},
        index=pd.Index(["deso:2505A1", "deso:2506A1"], name="zone_id"),
        geometry=deso.geometry.to_numpy(),
        crs=CRS,
    )
    found = evaluate_spread(
        facts,
        assign_zones(facts, gpd.GeoDataFrame(pd.concat([zones, more]), crs=CRS)),
        layers(deso=deso),
        study(targets=(Target(name="Mål", down_mbps=100, share=0.9),), breakdowns=own),
    )
    mine = found[(found["breakdown"] == "Äldre") & (found["measure"] == "Mål")].set_index("group")["base"]
    assert mine.to_dict() == {"< 0.25": 26, "≥ 0.25": 8}


@pytest.mark.parametrize("column", ["nothing", "deso.share", "ward.age", "premises.households"])
def test_a_breakdown_without_its_column_is_told(facts, zones, layers, study, column):
    with pytest.raises(StudyError) as caught:
        spread(facts, zones, layers, study, breakdowns=(Breakdown(name="Ålder", column=column),))
    assert caught.value.key == "breakdown_no_column"
    assert column in caught.value.say("sv")


def test_few_are_marked(facts, zones, layers, study):
    found = spread(facts, zones, layers, study)
    assert found.loc[found["base"] < 5, "suppressed"].all()
    assert not found.loc[found["base"] >= 5, "suppressed"].any()


def test_facts_put_all_tables_side_by_side(premises, zones):
    rows = premises([Point(1, 5), Point(21, 5)], ids=["a", "b"], municipality=["2505", "2506"])
    distances = pd.DataFrame(
        {
            "premises_id": ["b", "a"], "service": "grocery", "nearest_m": [2500.0, np.nan],
            "nearest_min": [3.0, np.nan], "second_m": [9000.0, np.nan],
        }
    )  # fmt: skip
    mobile = pd.DataFrame({"operators": [2]}, index=pd.Index(["b"], name="premises_id"))
    found = build_facts(
        rows, assign_zones(rows, zones), rows.iloc[:1], {"distances": distances, "mobile_premises": mobile}
    )
    assert found["white_spot"].tolist() == [True, False]
    assert found["grocery_km"].tolist() == pytest.approx([np.nan, 2.5], nan_ok=True)
    assert found["grocery_second_km"].tolist() == pytest.approx([np.nan, 9.0], nan_ok=True)
    assert found["operators"].tolist() == pytest.approx([np.nan, 2.0], nan_ok=True)
    assert found.geometry.equals(rows.geometry)


def test_protected_buildings_are_in_no_indicator(facts, zones, study):
    public = pd.DataFrame(
        {
            "municipality": ["2505", "2505", "2506"],
            "settlement_class": "outside",
            "kind": ["school", "protected_housing", "school"],
            "protected": [False, True, True],
        },
        index=pd.Index(["a", "b", "c"], name="building_id"),
    )
    found = indicate(facts, zones, study, {"public": public}, rule="kind != ''", of="rows", table="public")
    assert found["base"].to_dict() == {
        "study": 1, "municipality:2505": 1, "municipality:2506": 0, "municipality:2510": 0,
        "class:outside": 1,
    }  # fmt: skip


def test_what_nothing_is_known_of_is_no_measure(premises, zones, layers, study):
    rows = premises([Point(1, 5), Point(21, 5)], ids=["a", "b"], municipality=["2505", "2506"])
    distances = pd.DataFrame(
        {"premises_id": ["a", "b"], "service": "fuel", "nearest_m": np.nan, "nearest_min": np.nan,
         "second_m": np.nan, "reason": "no_service"}
    )  # fmt: skip
    membership = assign_zones(rows, zones)
    known = {"distances": distances, "mobile_premises": tables.empty(tables.MOBILE_PREMISES)}
    facts = build_facts(rows, membership, rows.iloc[:0], known)
    assert evaluate_spread(facts, membership, layers(), study()).empty
    # Nor is anybody without an operator because nobody said which there are.
    for rule in ("operator_names == ''", "operator_names != 'Telia'", "operator_names not in ['Telia']"):
        found = indicate(facts, zones, study, rule=rule)
        assert found.loc["study", ["base", "reached", "unknown"]].tolist() == [2, 0, 2]


def test_a_rule_about_services_of_which_nothing_is_known_says_so(premises, zones, layers, study):
    # As where a study has no roads: the columns are there, and empty.
    rows = premises([Point(1, 5), Point(21, 5)], ids=["a", "b"], municipality=["2505", "2506"])
    membership = assign_zones(rows, zones)
    known = {"distances": tables.empty(tables.DISTANCES)}
    facts = build_facts(rows, membership, rows.iloc[:0], known, services=("grocery", "town"))
    assert facts[["grocery_km", "grocery_min", "grocery_second_km", "town_km"]].isna().all(axis=None)
    found = indicate(facts, zones, study, rule="grocery_km <= 10")
    assert found.loc["study", ["base", "reached", "unknown"]].tolist() == [2, 0, 2]
    shown = evaluate_spread(
        facts, membership, layers(), study(indicators=(Indicator(name="a", rule="1 < 2"),))
    )
    assert set(shown["breakdown"]) == {"settlement_class"}
    with pytest.raises(StudyError) as caught:
        indicate(facts, zones, study, rule="grocers_km <= 10")
    assert "grocery_km" in caught.value.say("en")


def test_those_in_no_zone_are_no_zone(facts, zones, layers, study):
    facts = facts.assign(municipality=["2505", "2505", "", "2506", ""])
    found = spread(facts, zones, layers, study)
    row = found[(found["measure"] == "Mål") & (found["breakdown"] == "settlement_class")].iloc[0]
    assert (row["base"], row["zones"]) == (34, 2)
