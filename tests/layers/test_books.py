import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.costbook import SINGLE_PRICES, CostBook, Price
from infraplan.errors import InfraplanError, StudyError
from infraplan.layers import read_cost_book

BOOKS = ("norrland-2026", "neutral-2026")
PRICED = 'low = 1\nbase = 2\nhigh = 3\nsource = "tender"\nyear = 2026\n'
SINGLE = "".join(f"[{name}]\n{PRICED}" for name in SINGLE_PRICES)
BOOK = f"""name = "own"
region = "Pajala"
year = 2026
[index]
name = "prices"
source = "by hand"
guess = false
values = {{ 2012 = 80.0, 2026 = 120.0, 2030 = 130.0 }}
[methods.plough]
{PRICED}[[rules]]
surface = ["gravel"]
method = "plough"
[[rules]]
method = "plough"
[[crossings]]
over = "railway"
{PRICED}[[cables]]
fibres = 12
{PRICED}[[cables]]
fibres = 96
{PRICED}{SINGLE}[overheads.design]
{PRICED}[overheads.margin]
{PRICED}[upkeep]
{PRICED}"""


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def amend(place: str, old: str, new: str) -> str:
    """Return the book with a line changed below a heading."""
    head, found, rest = BOOK.partition(place)
    assert found
    assert old in rest
    return head + found + rest.replace(old, new, 1)


def complaint(folder: Path, text: str, **options: int) -> str:
    path = write(folder, text)
    with pytest.raises(StudyError) as caught:
        read_cost_book(path, **options)
    for language in ("en", "sv"):
        assert "\n" not in caught.value.say(language)
        assert caught.value.say(language).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_book_is_read_by_path_and_relative_to_the_study(tmp_path: Path) -> None:
    path = write(tmp_path, BOOK)
    assert read_cost_book(path).methods["plough"].base == 2
    assert read_cost_book("own.toml", relative_to=tmp_path) == read_cost_book(str(path))


@pytest.mark.parametrize("name", ["norland", "../costs/norrland-2026.toml", ""])
def test_an_unknown_book_lists_those_that_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="norrland-2026"):
        read_cost_book(name, relative_to=tmp_path)


# What is wrong, and what the one line that tells it names: place, value, remedy.
MISTAKES = [
    (amend("[methods.plough]", "low = 1", "low = 5"), ["[methods.plough]", "low 5, base 2", "rising order"]),
    (amend("[duct]", "low = 1", "low = -1"), ["[duct] low = -1", "≥ 0"]),
    (amend("[duct]", "high = 3", "high = inf"), ["[duct] high", "Write a number"]),
    (amend("[duct]", "base = 2", 'base = "two"'), ["[duct] base = 'two'", "Write a number"]),
    (amend("[methods.plough]", 'source = "tender"\n', ""), ["[methods.plough] source is missing"]),
    (amend("[cabinet]", '"tender"', '"  "'), ["[cabinet] source is missing or empty"]),
    (amend("[[cables]]", "year = 2026\n", ""), ["[[cables]] 1 year is missing"]),
    (amend("[duct]", "year = 2026", 'year = "early"'), ["[duct] year", "a whole number"]),
    (amend("[duct]", "year = 2026", 'year = 2026\nunit = "EUR/m"'), ["[duct] unit", "one of: SEK/m"]),
    (amend("[duct]", "year = 2026", "year = 2026\nmaterial = 30"), ["[duct] material = 30", "0.3 for 30 %"]),
    (amend("[duct]", "year = 2026", "year = 2026\nmateriel = 0.3"), ["[duct] materiel", "Write 'material'"]),
    (BOOK.replace("year = 2026\n", "year = 2026\nyaer = 2026\n", 1), ["yaer", "Write 'year'"]),
    (BOOK.replace('region = "Pajala"\n', ""), ["region is missing"]),
    (BOOK.replace(f"[duct]\n{PRICED}", ""), ["[duct] is missing"]),
    (BOOK.replace(f"[overheads.margin]\n{PRICED}", ""), ["[overheads.margin] is missing"]),
    (amend("[[crossings]]", '"railway"', '"fence"'), ["[[crossings]] 1 over", "'fence'", "power_line"]),
    (
        amend("[[crossings]]", 'over = "railway"', 'over = "railway"\nroad_class = ["7"]'),
        ["[[crossings]] 1", "over = 'railway'", 'write over = "road"'],
    ),
    (
        amend("[[crossings]]", 'over = "railway"', 'over = "road"\nroad_class = "7"'),
        ["[[crossings]] 1 road_class = '7'", "Write a list"],
    ),
    (
        amend("[[rules]]", 'method = "plough"', 'method = "saw"'),
        ["[[rules]] 1 method = 'saw'", "[methods.saw]"],
    ),
    (amend("[[rules]]", '"gravel"', '"gravvel"'), ["[[rules]] 1 surface", "'gravvel'", "'gravel'"]),
    (
        amend("[[rules]]", '[[rules]]\nmethod = "plough"', '[[rules]]\npoles = true\nmethod = "plough"'),
        ["last of [[rules]]", "only a method"],
    ),
    (
        "rules = []\n" + re.sub(r"\[\[rules\]\]\n(surface.*\n)?method.*\n", "", BOOK),
        ["[rules] is missing or empty"],
    ),
    (amend("[[cables]]", "fibres = 12", "fibres = 192"), ["[[cables]]", "rising number of fibres"]),
    (amend("[[cables]]", "fibres = 12", "fibres = 96"), ["[[cables]]", "each number once"]),
    (amend("[[cables]]", "fibres = 12", "fibres = 0"), ["[[cables]] 1 fibres = 0", "> 0"]),
    (amend("[index]", "2012 = 80.0", "2012 = 0.0"), ["[index] values.2012 = 0.0", "> 0"]),
    (amend("[index]", "2012 = 80.0", "early = 80.0"), ["[index] values.early", "a whole number"]),
    (amend("[index]", 'source = "by hand"\n', ""), ["[index] source is missing"]),
    (amend("name", "[methods.plough]\n", "[methods]\nplough = 3\n[methods.verge]\n"), ["[methods.plough]"]),
    ("", ["name is missing or empty"]),
    ("name: own", ["line 1", "TOML"]),
    ("= 1", ["line 1", "TOML"]),
]


@pytest.mark.parametrize(("text", "parts"), MISTAKES)
def test_mistakes_in_a_book_are_told_in_one_line(tmp_path: Path, text: str, parts: list[str]) -> None:
    said = complaint(tmp_path, text)
    for part in parts:
        assert part in said


@given(st.text(max_size=200) | st.sampled_from(BOOK.split("\n")).map(lambda line: BOOK.replace(line, "", 1)))
def test_no_book_brings_down_more_than_itself(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = write(tmp_path_factory.mktemp("book"), text)
    with suppress(InfraplanError):
        assert read_cost_book(path).name == "own"


# Prices of other years. The index says 80 in 2012, 120 in 2026 and 130 in 2030.
OLD = amend("[duct]", "year = 2026", "year = 2012").replace("low = 1\nbase = 2", "low = 1.01\nbase = 2.03")


def amounts(price: Price) -> list[float]:
    return [price.low, price.base, price.high]


def test_a_price_of_another_year_is_moved_to_the_money_of_the_books_year(tmp_path: Path) -> None:
    book = read_cost_book(write(tmp_path, OLD))
    # 1.01 × 1.5 = 1.515 and 2.03 × 1.5 = 3.045, half an öre each: up.
    assert amounts(book.duct) == [1.52, 3.05, 4.5]
    assert (book.duct.year, book.duct.money_year, book.duct.origin) == (2012, 2026, "tender (2012 → 2026)")
    assert amounts(book.own_duct) == [1.01, 2.03, 3]
    assert (book.own_duct.money, book.own_duct.origin) == (None, "tender (2026)")
    assert book.year == 2026


def test_a_book_is_read_in_another_years_money(tmp_path: Path) -> None:
    book = read_cost_book(write(tmp_path, OLD), year=2030)
    # 1.01 × 130 / 80 = 1.64125, 2.03 × 130 / 80 = 3.29875, 3 × 130 / 80 = 4.875
    assert amounts(book.duct) == [1.64, 3.3, 4.88]
    assert book.duct.origin == "tender (2012 → 2030)"
    # 1.01 × 130 / 120 = 1.0942, 2.03 × 130 / 120 = 2.1992, 3 × 130 / 120 = 3.25
    for price in (book.methods["plough"], book.crossings[0], *book.cables, book.satellite_premises):
        assert amounts(price) == [1.09, 2.2, 3.25]
        assert price.origin == "tender (2026 → 2030)"
    assert book.year == 2030


def test_per_cents_are_nobodys_money(tmp_path: Path) -> None:
    book = read_cost_book(write(tmp_path, BOOK), year=2030)
    assert [(p.low, p.base, p.high) for p in (*vars(book.overheads).values(), book.upkeep)] == [(1, 2, 3)] * 3


def test_a_source_may_state_its_price_in_later_money(tmp_path: Path) -> None:
    text = amend("[duct]", "year = 2026", "year = 1999\nmoney = 2012")
    duct = read_cost_book(write(tmp_path, text)).duct
    assert amounts(duct) == [1.5, 3, 4.5]
    assert duct.origin == "tender (1999 → 2026)"
    stated = read_cost_book(write(tmp_path, text.replace("money = 2012", "money = 2026"))).duct
    assert (amounts(stated), stated.origin) == ([1, 2, 3], "tender (1999 → 2026)")


def test_what_an_estimated_index_moves_is_a_guess(tmp_path: Path) -> None:
    sure = OLD.replace("year = 2012", "year = 2012\nguess = false").replace("tender", "tender no. 7")
    assert not read_cost_book(write(tmp_path, sure)).duct.guess
    estimated = sure.replace('source = "by hand"\nguess = false', 'source = "by hand"\nguess = true')
    assert read_cost_book(write(tmp_path, estimated)).duct.guess


def test_a_moved_book_is_a_book_and_moves_no_further(tmp_path: Path) -> None:
    book = read_cost_book(write(tmp_path, OLD))
    assert CostBook.model_validate(book.model_dump()) == book


INDEXED = re.compile(r"\[index\]\n.*\n.*\n.*\n.*\n")


@pytest.mark.parametrize(
    ("text", "year", "parts"),
    [
        # the source's year is lacking, the wanted year, both; no index at all; in each kind of table
        (OLD.replace("year = 2012", "year = 2011"), None, ["[duct] year = 2011", "2026", "Add 2011 ="]),
        (BOOK, 2031, ["[methods.plough] year = 2026", "money of 2031", "[index.values] lacks 2031"]),
        (OLD.replace("2026 = 120.0, ", ""), None, ["[duct] year = 2012", "lacks 2026", "money = 2026"]),
        (INDEXED.sub("", OLD), None, ["[duct] year = 2012", "no index", "Add [index]", "money = 2026"]),
        (INDEXED.sub("", BOOK), 2030, ["[methods.plough] year = 2026", "no index"]),
        (amend("[[crossings]]", "year = 2026", "year = 1"), None, ["[[crossings]] 1 year = 1 ", "Add 1 ="]),
        (
            amend("fibres = 96", "year = 2026", "year = 2000"),
            None,
            ["[[cables]] 2 year = 2000", "lacks 2000"],
        ),
        (amend("[splice]", "year = 2026", "year = 2012\nmoney = 2013"), None, ["[splice] money = 2013"]),
    ],
)
def test_a_year_that_the_index_lacks(tmp_path: Path, text: str, year: int | None, parts: list[str]) -> None:
    said = complaint(tmp_path, text, **({} if year is None else {"year": year}))
    for part in parts:
        assert part in said


def test_a_book_without_index_serves_its_own_year(tmp_path: Path) -> None:
    assert read_cost_book(write(tmp_path, INDEXED.sub("", BOOK))).index is None


# The bundled books.


@pytest.mark.parametrize("name", BOOKS)
def test_a_bundled_book_prices_all_that_a_plan_may_need(name: str) -> None:
    book = read_cost_book(name)
    assert (book.name, book.year) == (name, 2026)
    asked = {"plough", "verge", "gravel", "asphalt", "micro_trench", "rock", "aerial", "lake_cable"}
    assert asked <= book.methods.keys()
    assert {method for method, price in book.methods.items() if not price.duct} == {"aerial", "lake_cable"}
    assert {crossing.over for crossing in book.crossings} == {"road", "railway", "water", "power_line"}
    assert book.crossings[-1].road_class == "any"
    assert [cable.fibres for cable in book.cables] == [2, 12, 24, 48, 96, 192]
    keys = [key for key, _ in book.prices()]
    assert len(set(keys)) == len(keys) == len(book.methods) + 5 + 6 + len(SINGLE_PRICES) + 3


@pytest.mark.parametrize("name", BOOKS)
def test_every_number_of_a_bundled_book_says_from_where_it_is_and_that_it_is_a_guess(name: str) -> None:
    book = read_cost_book(name)
    for key, price in book.prices():
        assert price.guess, key
        assert price.source.startswith("planning guess, to be replaced by tender prices; "), key
        assert price.low <= price.base <= price.high, key
        assert price.low < price.high, key
        assert 2000 < price.year <= 2026, key
    prices = [price for _, price in book.prices() if isinstance(price, Price)]
    assert {price.money_year for price in prices} == {2026}
    assert book.index is not None
    assert book.index.guess
    assert "estimates" in book.index.source


@pytest.mark.parametrize("name", BOOKS)
def test_the_index_is_used_and_moves_as_by_hand(name: str) -> None:
    book = read_cost_book(name)
    # Consumer prices, 1980 = 100: 303.46 in 2010, 422.0 estimated for 2026. 4 × 422.0 / 303.46 = 5.5625…
    assert amounts(book.duct) == [4.17, 5.56, 8.34]
    # 10 000 × 422.0 / 303.46 = 13 906.28
    assert amounts(book.crossings[3]) == [6953.14, 13906.28, 27812.56]
    old = {key: price for key, price in book.prices() if price.year == 2010}
    assert {"duct", "splice", "crossings.4", *(f"cables.{n}" for n in (2, 12, 24, 48))} <= old.keys()
    assert all("blendafiber.se" in price.source and "undated" in price.source for price in old.values())


# A metre with duct and smallest cable, as the working ranges for 2025–2026 have it.
RANGES = {
    "plough": (120, 250),
    "verge": (250, 500),
    "gravel": (500, 900),
    "asphalt": (800, 2_000),
    "micro_trench": (250, 600),
    "aerial": (60, 200),
    "lake_cable": (150, 400),
    "cross_country": (250, 500),
    "drop": (120, 250),
}


@pytest.mark.parametrize("name", BOOKS)
@pytest.mark.parametrize(("method", "limits"), RANGES.items())
def test_metres_with_duct_and_cable_are_the_working_ranges(
    name: str, method: str, limits: tuple[int, int]
) -> None:
    book = read_cost_book(name)
    laid = [book.methods[method], book.cables[0], *([book.duct] if book.methods[method].duct else [])]
    for end, limit in zip(("low", "high"), limits, strict=True):
        assert abs(sum(getattr(price, end) for price in laid) - limit) <= 0.5


@pytest.mark.parametrize("name", BOOKS)
def test_rock_is_twice_the_verge_and_a_drop_comes_to_its_working_range(name: str) -> None:
    book = read_cost_book(name)
    assert amounts(book.methods["rock"]) == [2 * price for price in amounts(book.methods["verge"])]
    metre = [book.methods["drop"], book.duct, book.cables[0]]
    near = 20 * sum(p.low for p in metre) + book.connection.low + 4 * book.splice.low
    far = 50 * sum(p.high for p in metre) + book.connection.high + 4 * book.splice.high
    assert 5_000 <= near < far <= 25_000
