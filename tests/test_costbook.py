import pytest
from pydantic import ValidationError

from infraplan.costbook import SINGLE_PRICES, CostBook, MethodRule, MetrePrice

PRICE = {"low": 1, "base": 2, "high": 3, "source": "a guess", "year": 2026}
BOOK = {
    "name": "b",
    "region": "r",
    "year": 2026,
    "methods": {"verge": PRICE},
    "rules": [{"method": "verge"}],
    "cables": [PRICE | {"fibres": 12}, PRICE | {"fibres": 24}],
    "overheads": {"design": PRICE | {"base": 1.5}, "margin": PRICE},
    "upkeep": PRICE,
    **dict.fromkeys(SINGLE_PRICES, PRICE),
}


def test_a_cost_book_reads():
    book = CostBook.model_validate(BOOK)
    assert book.methods["verge"].base == 2
    assert (book.duct.unit, book.cabinet.unit, book.upkeep.unit) == ("SEK/m", "SEK each", "%")
    assert book.crossings == ()
    # 1.015 × 1.02 − 1
    assert book.surcharge == pytest.approx(0.0353)


def test_every_price_of_a_book_is_told_with_its_key():
    book = CostBook.model_validate(BOOK | {"crossings": [PRICE | {"over": "water"}]})
    told = dict(book.prices())
    assert list(told)[:4] == ["methods.verge", "crossings.1", "cables.12", "cables.24"]
    assert set(SINGLE_PRICES) < told.keys()
    assert list(told)[-3:] == ["overheads.design", "overheads.margin", "upkeep"]
    assert told["cables.24"] is book.cables[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rules": [{"method": "plough"}]}, "rule 1: method 'plough' has no price"),
        ({"rules": [{"method": "verge", "surface": ["gravel"]}]}, "last rule"),
        ({"rules": []}, "rules"),
        ({"methods": {"verge": PRICE | {"low": 9}}}, "must not fall"),
        ({"methods": {"verge": PRICE | {"base": 9}}}, "must not fall"),
        ({"cables": []}, "cables"),
        ({"cables": [PRICE | {"fibres": 24}, PRICE | {"fibres": 12}]}, "rising number of fibres"),
        ({"crossings": [PRICE | {"over": "water", "road_class": ["1"]}]}, "only roads have a road_class"),
        ({"upkeep": PRICE | {"unit": "SEK"}}, "upkeep.unit"),
    ],
)
def test_a_cost_book_with_a_hole_is_refused(changes, said):
    with pytest.raises(ValidationError) as error:
        CostBook.model_validate(BOOK | changes)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "named",
    [
        {"kind": ["drop"]},
        {"road_class": ["7"]},
        {"surface": ["gravel"]},
        {"ground": ["rock"]},
        {"slope_percent": 1},
        {"poles": True},
        {"poles": False},
    ],
)
def test_a_rule_that_names_anything_is_not_open(named):
    assert not MethodRule.model_validate(named | {"method": "verge"}).is_open
    assert MethodRule(method="verge").is_open


def test_a_price_is_a_guess_until_somebody_says_otherwise():
    assert MetrePrice.model_validate(PRICE).guess


def test_a_price_says_whose_money_it_is():
    price = MetrePrice.model_validate(PRICE)
    assert (price.money_year, price.origin) == (2026, "a guess (2026)")
    moved = price.model_copy(update={"money": 2030})
    assert (moved.money_year, moved.origin) == (2030, "a guess (2026 → 2030)")


def test_a_larger_cable_that_is_cheaper_is_refused():
    cables = [PRICE | {"fibres": 12}, PRICE | {"fibres": 24, "low": 0}]
    with pytest.raises(ValidationError, match="a cable of 24 fibres is cheaper than one of 12"):
        CostBook.model_validate(BOOK | {"cables": cables})
