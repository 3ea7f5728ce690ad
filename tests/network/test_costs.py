"""Every line of the bundled books, computed by hand once."""

import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.bundled import bundled
from infraplan.config import CostBook, MethodRule, Price
from infraplan.network.costs import MONEY, price, price_drops, price_links, price_stretches

BOOKS = ("norrland-2026", "neutral-2026")


def bundled_book(name: str) -> CostBook:
    return CostBook.model_validate(tomllib.loads(bundled("costs", f"{name}.toml").read_text("utf-8")))


def one(length_m, road_class, surface, book):
    return price([length_m], [road_class], [surface], book).iloc[0].tolist()


@pytest.mark.parametrize(
    ("road_class", "surface", "line"),
    [
        # 1 000 m of main road in its verge: 1 000 x 250, 350, 500
        ("0", "asphalt", ["verge", 250_000, 350_000, 500_000]),
        ("5", "gravel", ["verge", 250_000, 350_000, 500_000]),
        ("3", "unknown", ["verge", 250_000, 350_000, 500_000]),
        # a small gravel road, ploughed: 1 000 x 120, 180, 250
        ("6", "gravel", ["plough", 120_000, 180_000, 250_000]),
        ("9", "gravel", ["plough", 120_000, 180_000, 250_000]),
        # gravel of unknown class, dug: 1 000 x 500, 650, 900
        ("unknown", "gravel", ["gravel", 500_000, 650_000, 900_000]),
        # a street: 1 000 x 800, 1 200, 2 000
        ("7", "asphalt", ["asphalt", 800_000, 1_200_000, 2_000_000]),
        ("unknown", "asphalt", ["asphalt", 800_000, 1_200_000, 2_000_000]),
        # nothing known of the surface: the verge
        ("8", "unknown", ["verge", 250_000, 350_000, 500_000]),
        ("unknown", "unknown", ["verge", 250_000, 350_000, 500_000]),
    ],
)
def test_a_kilometre_of_each_road_in_norrland(road_class, surface, line):
    assert one(1000.0, road_class, surface, bundled_book("norrland-2026")) == line


@pytest.mark.parametrize(
    ("road_class", "surface", "line"),
    [
        ("0", "asphalt", ["asphalt", 800_000, 1_200_000, 2_000_000]),
        ("7", "gravel", ["gravel", 500_000, 650_000, 900_000]),
        ("4", "unknown", ["verge", 250_000, 350_000, 500_000]),
    ],
)
def test_a_kilometre_of_each_road_in_the_neutral_book(road_class, surface, line):
    assert one(1000.0, road_class, surface, bundled_book("neutral-2026")) == line


@pytest.mark.parametrize("name", BOOKS)
def test_a_drop_of_forty_metres_is_its_trench_and_one_connection(name):
    # 40 x 120 + 3 000, 40 x 180 + 6 000, 40 x 250 + 12 000
    assert price_drops([40.0], bundled_book(name)).iloc[0].tolist() == ["drop", 7_800, 13_200, 22_000]


@pytest.mark.parametrize("name", BOOKS)
def test_a_link_of_a_hundred_metres_is_dug_across_country(name):
    assert price_links([100.0], bundled_book(name)).iloc[0].tolist() == [
        "cross_country",
        25_000,
        40_000,
        50_000,
    ]


@pytest.mark.parametrize("name", BOOKS)
def test_every_price_of_a_bundled_book_says_that_it_is_a_guess_and_from_where(name):
    book = bundled_book(name)
    assert book.name == name
    assert book.year == 2026
    for line in (*book.methods.values(), book.connection):
        assert line.guess
        assert line.source.startswith("planning guess, to be replaced by tender prices")
        assert line.year == 2026
        assert line.low < line.base < line.high


@pytest.mark.parametrize("name", BOOKS)
def test_no_method_of_a_bundled_book_is_unused(name):
    book = bundled_book(name)
    assert set(book.methods) == {*(rule.method for rule in book.rules), book.drop_method, book.link_method}


@pytest.fixture
def half() -> CostBook:
    """Half a crown a metre."""
    line = Price(low=0.5, base=0.5, high=0.5, unit="SEK/m", source="a test", year=2026)
    rules = (MethodRule(road_class=("1",), method="a"), MethodRule(method="a"))
    return CostBook(
        name="half",
        region="",
        year=2026,
        methods={"a": line},
        rules=rules,
        drop_method="a",
        link_method="a",
        connection=line,
    )


def test_half_a_crown_is_rounded_up(half):
    assert price([1.0, 2.0, 3.0, 5.0], ["1"] * 4, ["gravel"] * 4, half)["cost_sek"].tolist() == [1, 1, 2, 3]


def test_no_edges_cost_nothing(book):
    assert price([], [], [], book).columns.tolist() == ["method", *MONEY]
    assert len(price_drops([], book)) == 0


@given(st.lists(st.floats(0.0, 3_000.0), min_size=1, max_size=8))
def test_stretches_add_up_to_the_whole_and_are_never_a_crown_off(lengths):
    book = bundled_book("norrland-2026")
    ends = np.cumsum([0.0, *lengths])
    whole = price_stretches([0.0], ends[-1:], ["plough"], book).iloc[0]
    parts = price_stretches(ends[:-1], ends[1:], ["plough"] * len(lengths), book)
    for name, rate in zip(MONEY, (120, 180, 250), strict=True):
        assert parts[name].sum() == whole[name]
        assert (abs(parts[name] - np.diff(ends) * rate) <= 1.0 + 1e-6).all()
