"""Every cost line, computed by hand: the book below is made for mental arithmetic."""

import re
from fractions import Fraction
from math import floor, isnan, nan
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from infraplan import tables
from infraplan.config import Design
from infraplan.costbook import CostBook
from infraplan.errors import TableError
from infraplan.layers import read_cost_book
from infraplan.network.costs import add_up, choose_methods, itemise, price_edges, to_crowns
from infraplan.network.graph import bare_columns
from infraplan.tables import EDGES, MONEY

BOOKS = ("norrland-2026", "neutral-2026")
DESIGN = Design(fibres_per_premises=2)


def price(low: float, base: float, high: float, **more: object) -> dict[str, object]:
    return {"low": low, "base": base, "high": high, "source": "a test", "year": 2026} | more


BOOK = CostBook.model_validate(
    {
        "name": "by hand",
        "region": "",
        "year": 2026,
        "methods": {
            "plough": price(100, 150, 200, material=0.1),
            "verge": price(200, 300, 400),
            "asphalt": price(800, 1_000, 2_000),
            "rock": price(400, 600, 800),
            "aerial": price(50, 100, 150, duct=False),
            "lake_cable": price(100, 200, 300, duct=False),
            "drop": price(80, 120, 160),
        },
        "rules": [
            {"poles": True, "method": "aerial"},
            {"kind": ["drop", "link"], "ground": ["water"], "method": "lake_cable"},
            {"ground": ["rock"], "method": "rock"},
            {"kind": ["drop"], "method": "drop"},
            {"slope_percent": 20, "method": "rock"},
            {"road_class": ["6", "7"], "surface": ["gravel"], "method": "plough"},
            {"surface": ["asphalt"], "slope_percent": 5, "method": "asphalt"},
            {"method": "verge"},
        ],
        "crossings": [
            price(40_000, 80_000, 200_000, over="railway", material=0.2),
            price(8_000, 20_000, 60_000, over="water"),
            price(0, 1_000, 3_000, over="power_line"),
            price(7_000, 14_000, 30_000, over="road", road_class=["0", "1", "2"]),
            price(5_000, 6_000, 7_000, over="road", road_class=["2", "4"]),
            price(1_500, 3_000, 6_000, over="road", road_class=["9"]),
        ],
        "duct": price(6, 10, 14, material=0.8),
        "own_duct": price(2, 4, 8),
        "leased_duct": price(40, 80, 150),
        "cables": [
            price(5, 8, 11, fibres=12, material=0.7),
            price(20, 30, 40, fibres=96, material=0.7),
            price(30, 50, 60, fibres=192, material=0.7),
        ],
        "cabinet": price(15_000, 30_000, 60_000),
        "chamber": price(4_000, 8_000, 16_000),
        "splice": price(60, 100, 180),
        "connection": price(2_000, 5_000, 10_000, material=0.4),
        "overheads": {"design": price(5, 10, 15), "margin": price(0, 20, 30)},
        "upkeep": price(1, 2, 4),
        "radio_sector": price(1, 1, 1),
        "radio_premises": price(1, 1, 1),
        "satellite_premises": price(1, 1, 1),
    }
)


def edges(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Return edges as a survey leaves them: roads of class 3 without surface but for what the rows say."""
    usual = {
        **{name: column[0] for name, column in bare_columns(1, "road").items()},
        "tail": 0,
        "head": 1,
        "length_m": 100.0,
        "level": 0,
        "access": False,
        "road_class": "3",
        "surface": "unknown",
        "road_id": "r",
    }
    columns = {
        name: pd.Series([row.get(name, value) for row in rows], dtype=DTYPES.get(type(value)))
        for name, value in usual.items()
    }
    lines = [LineString([(0, n), (100, n)]) for n in range(len(rows))]
    index = pd.RangeIndex(len(rows), name="edge_id")
    return gpd.GeoDataFrame(columns, geometry=lines, crs="EPSG:3006").set_axis(index)


DTYPES = {str: "str", bool: "bool", int: "int64", np.bool_: "bool", np.int64: "int64", float: "float64"}


def bill(*rows: dict[str, object]) -> dict[tuple[str, str], list[list[int]]]:
    """Return what itemising edges says, priced first: (item, detail) -> low, base, high an edge."""
    priced = price_edges(edges(*rows), BOOK, DESIGN)
    tables.check(priced, EDGES)
    return {(item.name, item.detail): item.crowns.tolist() for item in itemise(priced, BOOK, DESIGN)}


CABLE = {("cable", "12"): [[500, 800, 1_100]]}  # 100 m × 5, 8, 11
DUCT = {("duct", ""): [[600, 1_000, 1_400]]}  # 100 m × 6, 10, 14
VERGE = {("trench", "verge"): [[20_000, 30_000, 40_000]], **DUCT, **CABLE}  # 100 m × 200, 300, 400


@pytest.mark.parametrize(
    ("row", "method", "reason", "trench", "duct"),
    [
        # 100 m of each
        ({}, "verge", "default", [20_000, 30_000, 40_000], True),
        (
            {"road_class": "7", "surface": "gravel"},
            "plough",
            "road_class=7 surface=gravel",
            [10_000, 15_000, 20_000],
            True,
        ),
        (
            {"surface": "asphalt", "slope": 7.5},
            "asphalt",
            "surface=asphalt slope_percent>=5",
            [80_000, 100_000, 200_000],
            True,
        ),
        ({"ground": "rock"}, "rock", "ground=rock", [40_000, 60_000, 80_000], True),
        ({"poles": True}, "aerial", "poles=True", [5_000, 10_000, 15_000], False),
        (
            {"kind": "link", "ground": "water", "road_class": "", "surface": ""},
            "lake_cable",
            "kind=link ground=water",
            [10_000, 20_000, 30_000],
            False,
        ),
        ({"kind": "drop", "road_class": ""}, "drop", "kind=drop", [8_000, 12_000, 16_000], True),
    ],
)
def test_a_hundred_metres_of_each_method(row, method, reason, trench, duct):
    items = bill(row)
    assert items.pop(("trench", method)) == [trench]
    assert items.pop(("cable", "12")) == CABLE["cable", "12"]
    assert items.pop(("duct", ""), None) == (DUCT["duct", ""] if duct else None)
    if row.get("kind") != "drop":
        assert not items
    chosen = choose_methods(edges(row), BOOK)
    assert chosen[["method", "reason"]].to_numpy().tolist() == [[method, reason]]


def test_the_first_rule_that_fits_decides():
    rows = [
        {"poles": True, "ground": "rock", "kind": "drop"},  # all of three rules
        {"ground": "rock", "kind": "drop"},
        {"kind": "drop", "slope": 90.0},
        {"road_class": "6", "surface": "gravel", "slope": 90.0},
        {"road_class": "8", "surface": "gravel"},  # only half of a rule
        {"ground": "water"},  # a road is no lake
    ]
    methods = choose_methods(edges(*rows), BOOK)["method"].tolist()
    assert methods == ["aerial", "rock", "drop", "rock", "verge", "verge"]


@pytest.mark.parametrize(
    ("slope", "method", "reason"),
    [
        (nan, "verge", "default"),
        (-30.0, "verge", "default"),
        (4.999, "verge", "default"),
        (5.0, "asphalt", "surface=asphalt slope_percent>=5"),
        (19.999, "asphalt", "surface=asphalt slope_percent>=5"),
        (20.0, "rock", "slope_percent>=20"),
        (np.inf, "rock", "slope_percent>=20"),
    ],
)
def test_a_rule_fits_from_its_slope_upwards_and_an_unknown_slope_is_none(slope, method, reason):
    chosen = choose_methods(edges({"surface": "asphalt", "slope": slope}), BOOK)
    assert chosen[["method", "reason"]].to_numpy().tolist() == [[method, reason]]


def test_the_works_of_others_leave_a_share_of_the_trench_and_all_of_the_duct():
    items = bill({"works_id": "w", "works_share": 0.6})
    # 100 × 200, 300, 400 × 0.6
    assert items == {("trench", "verge 60 %"): [[12_000, 18_000, 24_000]], **DUCT, **CABLE}
    free = bill({"works_id": "w", "works_share": 0.0})
    assert free == {("trench", "verge 0 %"): [[0, 0, 0]], **DUCT, **CABLE}


def test_what_hangs_on_poles_or_lies_in_a_lake_shares_nobodys_trench():
    works = {"works_id": "w", "works_share": 0.6}
    lake = {"kind": "link", "ground": "water"}
    priced = price_edges(edges(*({**row, **works} for row in ({"poles": True}, lake, {}))), BOOK, DESIGN)
    alone = price_edges(edges({"poles": True}, lake, {}), BOOK, DESIGN)
    assert priced["works_id"].tolist() == ["", "", "w"]
    assert priced["works_share"].tolist() == [1.0, 1.0, 0.6]
    assert (priced["cost_sek"] == alone["cost_sek"]).tolist() == [True, True, False]


def test_care_in_areas_makes_the_trench_dearer_and_nothing_else():
    # a quarter more of 100 × 200, 300, 400
    items = bill({"areas": "a", "factor": 1.25})
    assert items == VERGE | {("soft_area", "verge"): [[5_000, 7_500, 10_000]]}
    # and of what is left to pay where others dig: 100 × 200, 300, 400 × 0.6 × 0.25
    items = bill({"areas": "a", "factor": 1.25, "works_share": 0.6})
    assert items["soft_area", "verge 60 %"] == [[3_000, 4_500, 6_000]]


def test_a_duct_of_ones_own_costs_its_drawing_in_and_the_cable():
    # 100 × 2, 4, 8
    items = bill({"existing": "own_duct", "duct_id": "d1", "room": 2, "areas": "a", "factor": 2.0})
    assert items == {("own_duct", ""): [[200, 400, 800]], **CABLE}
    priced = price_edges(edges({"existing": "own_duct", "duct_id": "d1"}), BOOK, DESIGN)
    assert priced[["method", "reason"]].to_numpy().tolist() == [["", "duct_id=d1"]]
    assert priced[list(MONEY)].to_numpy().tolist() == [[700, 1_200, 1_900]]


def test_a_leased_duct_costs_its_owners_price_or_the_books():
    leased = {"existing": "leased_duct", "duct_id": "d"}
    items = bill(leased, leased | {"rent_sek_m": 12.5}, leased | {"rent_sek_m": 0.0})
    assert items.pop(("leased_duct", "")) == [[4_000, 8_000, 15_000]]  # 100 × 40, 80, 150
    assert items.pop(("leased_duct", "12.5")) == [[1_250, 1_250, 1_250]]
    assert items.pop(("leased_duct", "0")) == [[0, 0, 0]]
    assert list(items) == [("cable", "12")]


def test_a_named_rent_is_no_guess_and_its_source_is_the_layer():
    leased = {"existing": "leased_duct", "duct_id": "d"}
    priced = price_edges(edges(leased, leased | {"rent_sek_m": 12.5}), BOOK, DESIGN)
    items = {item.detail: item for item in itemise(priced, BOOK, DESIGN) if item.name == "leased_duct"}
    assert (items[""].guess, items[""].source) == (True, "a test (2026)")
    assert (items["12.5"].guess, items["12.5"].source) == (False, "ducts: price_sek_m (2026)")


@pytest.mark.parametrize(
    ("row", "existing"),
    [
        # digging 300 + 10 a metre at base prices, the cable apart
        ({"rent_sek_m": 310.0}, "leased_duct"),
        ({"rent_sek_m": 310.02}, "new"),
        # others dig: 300 × 0.2 + 10 = 70, below the book's 80
        ({"works_share": 0.2}, "new"),
        ({"works_share": 0.25}, "leased_duct"),
        # 350 a metre, but digging needs a crossing of 80 000
        ({"rent_sek_m": 350.0, "cross_railway": 1}, "leased_duct"),
    ],
)
def test_a_duct_dearer_than_digging_is_left_alone(row, existing):
    row = {"existing": "leased_duct", "duct_id": "d", "room": 3} | row
    priced = price_edges(edges(row, {}), BOOK, DESIGN)
    tables.check(priced, EDGES)
    assert priced["existing"].tolist() == [existing, "new"]
    left = existing == "new"
    assert priced["duct_id"].tolist() == ["" if left else "d", ""]
    assert priced["room"].tolist() == [0 if left else 3, 0]
    assert priced["method"].tolist() == ["verge" if left else "", "verge"]
    assert isnan(priced["rent_sek_m"].iloc[0]) == (left or "rent_sek_m" not in row)


@pytest.mark.parametrize(
    ("cables", "due"),
    [
        ("12", {"12": [500, 800, 1_100]}),
        ("96", {"96": [2_000, 3_000, 4_000]}),
        ("192", {"192": [3_000, 5_000, 6_000]}),
        ("96+12", {"12": [500, 800, 1_100], "96": [2_000, 3_000, 4_000]}),
        ("96+96+12", {"12": [500, 800, 1_100], "96": [4_000, 6_000, 8_000]}),
        ("", {}),
    ],
)
def test_routes_carry_the_cables_that_they_name(cables, due):
    routes = price_edges(edges({}), BOOK, DESIGN).assign(cables=pd.Series([cables], dtype="str"))
    found = {item.detail: item for item in itemise(routes, BOOK, DESIGN) if item.name == "cable"}
    assert {size: item.crowns[0].tolist() for size, item in found.items()} == due
    assert all(item.quantity.tolist() == [100.0 * cables.split("+").count(s)] for s, item in found.items())


def test_a_cable_that_the_book_lacks_is_no_free_cable():
    routes = edges({}).assign(cables=pd.Series(["12+24"], dtype="str"))
    with pytest.raises(TableError, match="no cable '24'"):
        itemise(routes, BOOK, DESIGN)


@pytest.mark.parametrize(
    ("row", "detail", "due"),
    [
        ({"cross_railway": 1}, "railway", [40_000, 80_000, 200_000]),
        ({"cross_water": 2}, "water", [16_000, 40_000, 120_000]),
        ({"cross_power_line": 3}, "power_line", [0, 3_000, 9_000]),
        ({"cross_road": 1, "crossed_class": "0"}, "road 0-2", [7_000, 14_000, 30_000]),
        ({"cross_road": 1, "crossed_class": "2"}, "road 0-2", [7_000, 14_000, 30_000]),  # the first of two
        ({"cross_road": 2, "crossed_class": "4"}, "road 2,4", [10_000, 12_000, 14_000]),
        ({"cross_road": 1, "crossed_class": "9"}, "road 9", [1_500, 3_000, 6_000]),
    ],
)
def test_each_crossing_costs_its_own_price_beside_the_metres(row, detail, due):
    assert bill(row) == VERGE | {("crossing", detail): [due]}


def test_what_no_crossing_of_the_book_fits_is_free():
    assert bill({"cross_road": 1, "crossed_class": "5"}) == VERGE
    assert bill({"cross_road": 0, "crossed_class": "0"}) == VERGE


@pytest.mark.parametrize(
    "row",
    [
        {"existing": "own_duct", "duct_id": "d"},
        {"existing": "leased_duct", "duct_id": "d"},
        {"poles": True},
        {"kind": "link", "ground": "water"},
    ],
)
def test_only_what_is_dug_pays_for_crossings(row):
    over = {"cross_road": 1, "cross_railway": 1, "cross_water": 1, "cross_power_line": 1}
    assert bill(row | over | {"crossed_class": "0"}) == bill(row)


def test_a_drop_has_a_connection_and_both_ends_of_its_fibres_spliced():
    items = bill({"kind": "drop", "length_m": 40.0}, {})
    assert items["connection", ""] == [[2_000, 5_000, 10_000]]
    assert items["splice", "drop"] == [[240, 400, 720]]  # 2 ends × 2 fibres × 60, 100, 180
    # 40 × (80 + 6 + 5) + 2 240, 40 × (120 + 10 + 8) + 5 400, 40 × (160 + 14 + 11) + 10 720
    priced = price_edges(edges({"kind": "drop", "length_m": 40.0}), BOOK, DESIGN)
    assert priced[list(MONEY)].to_numpy().tolist() == [[5_880, 10_920, 18_120]]


def test_a_drop_whose_fibres_are_counted_has_those_spliced():
    routes = price_edges(edges({"kind": "drop"}, {}), BOOK, DESIGN).assign(fibres=[9, 48])
    [splice] = [item for item in itemise(routes, BOOK, DESIGN) if item.name == "splice"]
    assert splice.edge.tolist() == [0]
    assert splice.quantity.tolist() == [18.0]
    assert splice.crowns.tolist() == [[1_080, 1_800, 3_240]]


def test_items_say_unit_price_material_and_source():
    rows = {"works_share": 0.5, "cross_railway": 1}
    items = {item.name: item for item in itemise(price_edges(edges(rows), BOOK, DESIGN), BOOK, DESIGN)}
    assert {name: item.unit for name, item in items.items()} == {
        "trench": "m",
        "duct": "m",
        "cable": "m",
        "crossing": "each",
    }
    assert items["trench"].price.tolist() == [100.0, 150.0, 200.0]
    assert {name: item.material for name, item in items.items()} == {
        "trench": 0.3,
        "duct": 0.8,
        "cable": 0.7,
        "crossing": 0.2,
    }
    assert all(item.guess and item.source == "a test (2026)" for item in items.values())


def test_an_item_of_a_moved_price_names_both_years():
    book = read_cost_book("norrland-2026")
    items = {item.name: item for item in itemise(price_edges(edges({}), book, DESIGN), book, DESIGN)}
    assert items["duct"].source.endswith("(2010 → 2026)")
    assert items["trench"].source.endswith("(2026)")
    assert "→" not in items["trench"].source


@pytest.mark.parametrize(
    ("amount", "crowns"),
    [(0.0, 0), (0.499, 0), (0.5, 1), (1.5, 2), (2.5, 3), (100 * 0.285, 29), (1e9 + 0.5, 10**9 + 1)],
)
def test_half_a_crown_is_rounded_up(amount, crowns):
    assert to_crowns([amount]).tolist() == [crowns]


def test_each_item_of_each_edge_is_rounded_alone():
    # 0.05 m: trench 10, 15, 20; duct 0.3, 0.5, 0.7; cable 0.25, 0.4, 0.55
    priced = price_edges(edges({"length_m": 0.05}, {"length_m": 0.05}), BOOK, DESIGN)
    assert priced[list(MONEY)].to_numpy().tolist() == [[10, 16, 22]] * 2


def test_no_edges_have_no_items_and_keep_their_columns():
    priced = price_edges(edges(), BOOK, DESIGN)
    assert len(priced) == 0
    assert itemise(priced, BOOK, DESIGN) == []
    assert itemise(priced.assign(cables="", fibres=0), BOOK, DESIGN) == []
    assert add_up([], 0).shape == (0, 3)
    assert add_up([], 2).tolist() == [[0, 0, 0]] * 2


def test_pricing_changes_no_argument():
    table = edges({"existing": "leased_duct", "duct_id": "d", "rent_sek_m": 999.0}, {"kind": "drop"})
    before = table.copy()
    price_edges(table, BOOK, DESIGN)
    pd.testing.assert_frame_equal(table, before)


# The bundled books, a kilometre at a time. In 2026 money a metre of duct is 4.17, 5.56, 8.34 and of the
# smallest cable 7.30, 9.73, 14.60: 11 470, 15 290, 22 940 a kilometre.


@pytest.mark.parametrize(
    ("name", "row", "method", "due"),
    [
        ("norrland-2026", {}, "verge", [250_470, 350_290, 499_940]),
        ("norrland-2026", {"surface": "asphalt"}, "verge", [250_470, 350_290, 499_940]),
        (
            "norrland-2026",
            {"road_class": "7", "surface": "gravel"},
            "plough",
            [120_470, 180_290, 249_940],
        ),
        (
            "norrland-2026",
            {"road_class": "unknown", "surface": "gravel"},
            "gravel",
            [500_470, 650_290, 899_940],
        ),
        (
            "norrland-2026",
            {"road_class": "7", "surface": "asphalt"},
            "asphalt",
            [800_470, 1_200_290, 1_999_940],
        ),
        ("norrland-2026", {"road_class": "unknown"}, "verge", [250_470, 350_290, 499_940]),
        ("norrland-2026", {"ground": "rock"}, "rock", [489_470, 685_290, 976_940]),
        ("norrland-2026", {"slope": 25.0}, "rock", [489_470, 685_290, 976_940]),
        ("norrland-2026", {"poles": True}, "aerial", [60_300, 129_730, 199_600]),
        ("norrland-2026", {"kind": "link"}, "cross_country", [250_470, 400_290, 499_940]),
        ("norrland-2026", {"kind": "link", "ground": "water"}, "lake_cable", [150_300, 259_730, 399_600]),
        ("neutral-2026", {"surface": "asphalt"}, "asphalt", [800_470, 1_200_290, 1_999_940]),
        ("neutral-2026", {"road_class": "7", "surface": "gravel"}, "gravel", [500_470, 650_290, 899_940]),
        ("neutral-2026", {}, "verge", [250_470, 350_290, 499_940]),
    ],
)
def test_a_kilometre_of_each_method_of_the_bundled_books(name, row, method, due):
    priced = price_edges(edges(row | {"length_m": 1_000.0}), read_cost_book(name), DESIGN)
    assert priced["method"].tolist() == [method]
    assert priced[list(MONEY)].to_numpy().tolist() == [due]


@pytest.mark.parametrize("name", BOOKS)
def test_a_drop_of_forty_metres_of_the_bundled_books(name):
    priced = price_edges(edges({"kind": "drop", "length_m": 40.0}), read_cost_book(name), DESIGN)
    # trench 40 × 109, 165, 227 = 4 360, 6 600, 9 080; duct 40 × 4.17, 5.56, 8.34 = 167, 222, 334;
    # cable 40 × 7.30, 9.73, 14.60 = 292, 389, 584; connection 2 500, 5 500, 11 000;
    # splices 4 × 69.53, 104.30, 173.83 = 278, 417, 695
    assert priced[list(MONEY)].to_numpy().tolist() == [[7_597, 13_128, 21_693]]


EXAMPLE = {
    "length_m": 1_240.0,
    "road_class": "7",
    "surface": "gravel",
    "works_id": "water main",
    "works_share": 0.6,
    "areas": "a",
    "factor": 1.2,
    "cross_water": 1,
}


def test_the_example_of_the_docs_is_what_the_code_reckons():
    text = (Path(__file__).parents[2] / "docs" / "method.md").read_text("utf-8")
    section = text.partition("\n## Prices\n")[2].partition("\n## ")[0]
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in section.split("\n") if line[:1] == "|"][2:]
    told = {name: [int(amount.replace(" ", "")) for amount in amounts] for name, _, *amounts in rows}
    book = read_cost_book("norrland-2026")
    route = price_edges(edges(EXAMPLE), book, DESIGN).assign(cables=pd.Series(["12"], dtype="str"))
    items = itemise(route, book, DESIGN)
    due = {item.name: item.crowns[0].tolist() for item in items}
    assert told == due | {"sum": add_up(items, 1)[0].tolist()}
    # The middle column is reckoned too: its numbers, read as written, give the base amount.
    for name, how, _, base, _ in rows[:-1]:
        factors = how.partition(", which is ")[0].replace(" m", "").split(" × ")
        amount = np.prod([float(factor.replace(" ", "")) for factor in factors])
        assert to_crowns([amount])[0] == int(base.replace(" ", "")), name
    for item, price_2010 in ((book.duct, 4), (book.cables[1], 10)):
        assert f"{item.base:g}, which is {price_2010} of 2010 × 422.0 / 303.46 " in section
        assert item.base == round(price_2010 * 422.0 / 303.46, 2)
    points = book.index.model_dump()["values"]
    assert (points[2026], points[2010]) == (422.0, 303.46)


# Any edges at all, against an edge reckoned alone, in fractions.

ROWS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["road", "drop", "link"]),
        "length_m": st.integers(0, 300_000).map(lambda cm: cm / 100),
        "road_class": st.sampled_from([*"0123456789", "unknown", ""]),
        "surface": st.sampled_from(["asphalt", "gravel", "unknown", ""]),
        "ground": st.sampled_from(["rock", "till", "water", "unknown"]),
        "slope": st.sampled_from([nan, 0.0, 4.9, 5.0, 20.0, 60.0]),
        "poles": st.booleans(),
        "existing": st.sampled_from(["new", "new", "own_duct", "leased_duct"]),
        "rent_sek_m": st.sampled_from([nan, 0.0, 12.5, 310.0, 900.0]),
        "works_share": st.sampled_from([1.0, 1.0, 0.6, 0.1, 0.0]),
        "factor": st.sampled_from([1.0, 1.0, 1.2, 1.5, 3.0]),
        "cross_road": st.integers(0, 2),
        "cross_railway": st.integers(0, 1),
        "cross_water": st.integers(0, 3),
        "cross_power_line": st.integers(0, 1),
        "crossed_class": st.sampled_from([*"012459", "unknown"]),
    }
)


def exact(value: float) -> Fraction:
    return Fraction(str(value))


def reckon(row: dict, existing: str, end: str) -> int:
    """Return what an edge costs, from the book's own words and item by item."""

    def cost(quantity: Fraction | int, name: str) -> int:
        found = BOOK.methods.get(name) or getattr(BOOK, name)
        return half_up(quantity * exact(getattr(found, end)))

    length, total, crossed = exact(row["length_m"]), 0, False
    if existing == "new":
        method = next(rule.method for rule in BOOK.rules if fits(rule, row))
        share = exact(row["works_share"]) if BOOK.methods[method].duct else 1
        total += cost(length * share, method)
        total += cost(length * share * (exact(row["factor"]) - 1), method)
        if crossed := BOOK.methods[method].duct:
            total += cost(length, "duct")
    elif existing == "leased_duct" and not isnan(row["rent_sek_m"]):
        total += half_up(length * exact(row["rent_sek_m"]))
    else:
        total += cost(length, existing)
    total += half_up(length * exact(getattr(BOOK.cables[0], end)))
    for over in ("road", "railway", "water", "power_line") if crossed else ():
        fitting = [
            crossing
            for crossing in BOOK.crossings
            if crossing.over == over
            and (crossing.road_class == "any" or row["crossed_class"] in crossing.road_class)
        ]
        total += row[f"cross_{over}"] * int(getattr(fitting[0], end)) if fitting else 0
    if row["kind"] == "drop":
        total += cost(1, "connection") + cost(4, "splice")
    return total


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def fits(rule, row: dict) -> bool:
    for name in ("kind", "road_class", "surface", "ground"):
        if getattr(rule, name) != "any" and row[name] not in getattr(rule, name):
            return False
    if rule.slope_percent and not row["slope"] >= rule.slope_percent:
        return False
    return rule.poles is None or rule.poles == row["poles"]


@given(st.lists(ROWS, max_size=6))
def test_any_edges_cost_what_each_costs_alone(rows):
    priced = price_edges(edges(*rows), BOOK, DESIGN)
    tables.check(priced, EDGES)
    for row, existing, *costs in zip(
        rows, priced["existing"], *(priced[name] for name in MONEY), strict=True
    ):
        cheaper = reckon(row, "new", "base") < reckon(row, row["existing"], "base")
        assert existing == ("new" if cheaper else row["existing"])
        assert costs == [reckon(row, existing, end) for end in ("low", "base", "high")]


@settings(max_examples=40)
@given(st.lists(ROWS, max_size=6))
def test_items_add_up_to_the_columns_whatever_they_are_added_by(rows):
    priced = price_edges(edges(*rows), BOOK, DESIGN)
    items = itemise(priced, BOOK, DESIGN)
    assert (add_up(items, len(priced)) == priced[list(MONEY)].to_numpy()).all()
    assert sum(item.crowns[:, 1].sum() for item in items) == priced["cost_sek"].sum()
    assert len({(item.name, item.detail) for item in items}) == len(items)
    assert (priced["cost_low_sek"] <= priced["cost_sek"]).all()
    assert (priced["cost_sek"] <= priced["cost_high_sek"]).all()


@settings(max_examples=40)
@given(st.lists(ROWS, min_size=1, max_size=6))
def test_twice_the_length_is_twice_the_metres_and_no_more_pieces(rows):
    priced = price_edges(edges(*rows), BOOK, DESIGN)
    once = itemise(priced, BOOK, DESIGN)
    twice = itemise(priced.assign(length_m=2 * priced["length_m"]), BOOK, DESIGN)
    assert [(item.name, item.detail) for item in once] == [(item.name, item.detail) for item in twice]
    for short, long in zip(once, twice, strict=True):
        if short.unit == "each":
            assert (short.crowns == long.crowns).all()
        else:
            assert (abs(long.crowns - 2 * short.crowns) <= 1).all()


def test_design_and_margin_come_on_top_of_each_other():
    # 1.10 × 1.20 − 1
    assert BOOK.surcharge == pytest.approx(0.32)
