"""Fees, support and what is left, added up by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from infraplan import pipeline, tables
from infraplan.config import Study
from infraplan.layers.support_rules import SupportRules, read_support_rules
from infraplan.planning.support import apply_support, spread_priorities

RULES = read_support_rules("pts-2023")


def change(**parts: dict[str, object]) -> SupportRules:
    """Return the bundled rules with other values in some of their parts."""
    said = RULES.model_dump()
    return SupportRules.model_validate(said | {name: said[name] | part for name, part in parts.items()})


def make_bill(**projects: dict[str, int]) -> pd.DataFrame:
    """Make a bill of crowns by item; what stands after a colon is the detail."""
    rows = [
        {"project_id": project, "item": item.split(":")[0], "detail": item.partition(":")[2], "cost_sek": sek}
        for project, items in projects.items()
        for item, sek in items.items()
    ]
    return pd.DataFrame(rows, columns=["project_id", "item", "detail", "cost_sek"]).rename_axis("row")


def make_routes(**projects: dict[str, int]) -> pd.DataFrame:
    rows = [(project, kind, sek) for project, kinds in projects.items() for kind, sek in kinds.items()]
    return pd.DataFrame(rows, columns=["project_id", "kind", "cost_sek"]).rename_axis("edge_id")


def make_served(**projects: str) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Make premises of projects, a letter each: yes, no or unsure, and o for no white spot at all."""
    said = [(project, letter) for project, letters in projects.items() for letter in letters]
    index = pd.Index([f"p{number}" for number in range(len(said))], name="premises_id", dtype="str")
    served = pd.DataFrame({"project_id": [project for project, _ in said]}, index, dtype="str")
    words = {"y": "yes", "n": "no", "u": "unsure"}
    status = pd.Series([words.get(letter, "") for _, letter in said], index, dtype="str")
    white = gpd.GeoDataFrame({"eligible": status}, geometry=[Point(0, 0)] * len(said), crs="EPSG:3006")
    return served, white[status != ""]


def support(bill, routes, rules=RULES, **letters) -> pd.DataFrame:
    projects = pd.DataFrame(index=pd.Index(list(letters), name="project_id", dtype="str"))
    table = apply_support(bill, projects, routes, *make_served(**letters), rules)
    tables.check(table, tables.SUPPORT)
    return table


# A village: roads for 600 000, a link for 60 000, drops for 120 000 with connection and splices in them, a
# cabinet for 15 000, splices in it for 5 000: built for 800 000. Design is 10 % of that, margin 10 % of both.
ITEMS = {"trench": 640_000, "duct": 40_000, "cable": 50_000, "connection": 40_000, "splice:drop": 10_000}
ITEMS |= {"cabinet": 15_000, "splice:cabinet": 5_000, "design": 80_000, "margin": 88_000}
EDGES = {"road": 600_000, "link": 60_000, "drop": 120_000}


def test_a_village_by_hand():
    table = support(make_bill(A=ITEMS), make_routes(A=EDGES), A="yyyyyyuo")
    row = table.loc["A"].to_dict()
    assert (row["buildings"], row["eligible"], row["unsure"]) == (8, 6, 1)
    # (660 000 + 15 000 + 5 000) of 800 000 is 85 %, and so much of design: 680 000 + 68 000; 6 of 8 eligible
    assert row["eligible_sek"] == 748_000 * 6 // 8 == 561_000
    # all eight pay 10 000; 70 % of 561 000; the rest of 968 000
    assert (row["own_sek"], row["support_sek"], row["left_sek"]) == (80_000, 392_700, 495_300)
    assert row["per_building_sek"] == 392_700 / 6
    assert row["rule"] == "share"


def test_where_the_unsure_count_they_are_eligible_and_still_told_apart():
    rules = change(eligible={"counts": ("yes", "unsure")})
    row = support(make_bill(A=ITEMS), make_routes(A=EDGES), rules, A="yyyyyyuo").loc["A"]
    assert (row["eligible"], row["unsure"], row["eligible_sek"]) == (7, 1, 748_000 * 7 // 8)


@pytest.mark.parametrize(
    ("pays_for", "sek"),
    [
        # nothing on top, no piece beside the trench
        ({"edges": ("road", "link"), "items": ()}, 660_000),
        ({"edges": ("road",), "items": ("design",)}, 660_000),
        # everything: the whole of the project
        (
            {"edges": ("road", "link", "drop"), "items": ("cabinet", "splice", "design", "margin")},
            968_000,
        ),
        ({"edges": ("drop",), "items": ("splice",)}, 125_000),
        ({"edges": (), "items": ("design",)}, 0),
    ],
)
def test_what_support_is_for_is_a_matter_of_the_rules(pays_for, sek):
    table = support(make_bill(A=ITEMS), make_routes(A=EDGES), change(pays_for=pays_for), A="yy")
    assert table["eligible_sek"].tolist() == [sek]


def test_a_ceiling_a_building_limits_support_only_where_there_is_one():
    rules = change(ceiling={"most_sek": 50_000})
    row = support(make_bill(A=ITEMS), make_routes(A=EDGES), rules, A="yyyyyyuo").loc["A"]
    assert (row["support_sek"], row["rule"]) == (300_000, "ceiling")
    high = change(ceiling={"most_sek": 65_450})
    row = support(make_bill(A=ITEMS), make_routes(A=EDGES), high, A="yyyyyyuo").loc["A"]
    assert (row["support_sek"], row["rule"]) == (392_700, "share")


def test_support_ends_where_nothing_is_left_to_finance():
    rules = change(share={"most": 1.0}, fee={"taken_sek": 50_000})
    row = support(make_bill(A=ITEMS), make_routes(A=EDGES), rules, A="yyyyyyyy").loc["A"]
    assert (row["own_sek"], row["support_sek"], row["left_sek"]) == (400_000, 568_000, 0)
    assert row["rule"] == "need"


def test_fees_are_never_more_than_the_project_costs():
    table = support(make_bill(A={"trench": 15_000}), make_routes(A={"road": 15_000}), A="yy")
    assert table[["own_sek", "support_sek", "left_sek"]].to_numpy().tolist() == [[15_000, 0, 0]]
    assert table["rule"].tolist() == ["need"]


def test_without_an_eligible_building_there_is_no_support():
    table = support(make_bill(A=ITEMS, B=ITEMS), make_routes(A=EDGES, B=EDGES), A="no", B="y")
    assert table["support_sek"].tolist() == [0, 523_600]
    assert table["left_sek"].tolist() == [948_000, 434_400]
    assert table["rule"].tolist() == ["eligible", "share"]
    assert np.isnan(table["per_building_sek"].iloc[0])


def test_a_project_without_a_bill_and_no_project_at_all_are_no_trouble():
    nothing = support(make_bill(), make_routes(), A="")
    assert nothing[["buildings", "own_sek", "support_sek", "left_sek"]].to_numpy().tolist() == [[0, 0, 0, 0]]
    assert support(make_bill(), make_routes()).empty


def test_seventy_per_cent_is_a_whole_number_where_it_is_one():
    rules = change(share={"most": 0.57}, fee={"taken_sek": 0, "least_sek": 0})
    table = support(make_bill(A={"trench": 100}), make_routes(A={"road": 100}), rules, A="y")
    assert table["support_sek"].tolist() == [57]


amounts = st.integers(0, 3_000_000)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(amounts, amounts, amounts, st.text("yuno", max_size=9)), min_size=1, max_size=4),
    st.integers(0, 200_000),
    st.none() | st.integers(0, 200_000),
    st.floats(0.0, 1.0),
)
def test_the_parts_add_up_to_the_cost_and_none_is_below_nothing(rows, fee, ceiling, share):
    rules = change(
        fee={"least_sek": 0, "taken_sek": fee}, ceiling={"most_sek": ceiling}, share={"most": share}
    )
    said = {f"P{number}": row for number, row in enumerate(rows)}
    items = {name: {"trench": road + drop, "design": more} for name, (road, drop, more, _) in said.items()}
    edges = {name: {"road": road, "drop": drop} for name, (road, drop, _, _) in said.items()}
    letters = {name: row[3] for name, row in said.items()}
    table = support(make_bill(**items), make_routes(**edges), rules, **letters)
    parts = table[["own_sek", "support_sek", "left_sek"]]
    assert parts.sum(axis=1).tolist() == [sum(row[:3]) for row in rows]
    assert (parts >= 0).all(axis=None)
    assert (table["support_sek"] <= share * table["eligible_sek"] + 1e-3).all()
    assert (table["eligible_sek"] <= parts.sum(axis=1)).all()
    assert (table["eligible"] + table["unsure"] <= table["buildings"]).all()


def flag(eligible: list[int], listed: int) -> list[int]:
    index = pd.Index([f"P{number}" for number in range(len(eligible))], name="project_id", dtype="str")
    table = pd.DataFrame({"eligible": eligible}, index)
    return spread_priorities(table, RULES, listed=listed).tolist()


def test_priorities_are_spread_and_none_is_wasted():
    assert flag([40, 3, 10], 1000) == [25, 3, 10]  # 300 may be flagged, beyond 25 in one they add nothing
    assert flag([40, 3, 10], 53) == [6, 3, 6]  # 15 of 53
    assert flag([40, 3, 10], 57) == [7, 3, 7]  # 17 of 57
    assert flag([40, 3, 10], 54) == [7, 3, 6]  # 16 of 54: the odd one to the first that has more
    assert flag([40, 0], 3) == [0, 0]
    assert flag([], 10) == []


@given(st.lists(st.integers(0, 60), max_size=6), st.integers(0, 500))
def test_as_many_are_flagged_as_help_and_no_project_could_give_one_to_a_poorer(eligible, listed):
    given_ = flag(eligible, listed)
    most = [min(25, n) for n in eligible]
    assert sum(given_) == min(sum(most), listed * 3 // 10)
    assert all(g <= m for g, m in zip(given_, most, strict=True))
    poorer = [g for g, m in zip(given_, most, strict=True) if g < m]
    assert not poorer or max(given_) - min(poorer) <= 1


def test_a_study_can_do_without_support():
    study = {"study": {"name": "Test", "year": 2026}, "support": {"rules": ""}}
    assert pipeline._support_rules(Study.model_validate(study)) is None
    assert pipeline._support_rules(Study.model_validate({"study": study["study"]})).name == "pts-2023"
