"""Marginal curves on small trees, by hand and against every part of them."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lanes import make_network, make_premises, make_service, make_study, make_zones

from infraplan import tables
from infraplan.errors import PlanError
from infraplan.planning import curve
from infraplan.planning.curve import build_curve, price_premises
from infraplan.planning.reach import with_surcharge

RADIO, SATELLITE = 100.0, 60.0
"""Prices a unit: half of radio's is a tenth of a sector."""


@pytest.fixture(scope="module")
def priced(dear_book):
    """Return the book with prices for those who get no fibre, and 21 % on top of what is built."""
    prices = {"radio_premises": RADIO / 2, "radio_sector": 10 * RADIO / 2, "satellite_premises": SATELLITE}
    changed = {
        name: getattr(dear_book, name).model_copy(update={"low": base, "base": base, "high": base})
        for name, base in prices.items()
    }
    return dear_book.model_copy(update=changed)


def make_choice(*shares, **technology):
    return make_study(*shares, technology={"radio_per_sector": 10} | technology)


@pytest.fixture
def valley():
    """A road 0 – 1 – 2 – 3 from the existing network, 100 each; homes p4 at 1, p5 at 2, p6 and p7 at 3."""
    return make_network(
        [(0, 1, 100), (1, 2, 100), (2, 3, 100)], [(1, 4, 10), (2, 5, 10), (3, 6, 10), (3, 7, 30)]
    )


PEOPLE = {"p4": 10, "p5": 1, "p6": 4, "p7": 4, "p9": 81}


def test_the_curve_by_hand(valley, priced):
    table = build_curve(
        valley, make_premises(PEOPLE), make_service("p9"), make_zones(), make_choice(1.0), priced
    )
    tables.check(table, tables.CURVE)
    # p4 has 110 for 10 households, 11 each. All others pay together: 250 for 9 of them, 27.8 each.
    assert table["units"].tolist() == [10, 19]
    assert table["step_units"].tolist() == [10, 9]
    assert table["share"].tolist() == [0.91, 1.0]
    assert table["cost_sek"].tolist() == [with_surcharge(110, priced), with_surcharge(360, priced)]
    assert table["step_sek"].tolist() == [134, 436 - 134]
    assert table["per_unit_sek"].tolist() == pytest.approx([11 * 1.21, 250 / 9 * 1.21])


def test_bundles_within_one_per_cent_are_one_step(priced):
    """Five homes of one household each beside the network, among a thousand."""
    network = make_network([(0, 1, 0)], [(1, 2 + i, 100 * (1 + i)) for i in range(5)])
    premises = make_premises({**{f"p{2 + i}": 1 for i in range(5)}, "p99": 198, "p98": 3})
    table = build_curve(network, premises, make_service("p99"), make_zones(), make_choice(1.0), priced)
    # 198 of 206 have it, 96.1 %: one more is 96.6 %, three 97.6 %, five 98.5 %; p98 has no road.
    assert table["units"].tolist() == [1, 3, 5]
    assert table["step_sek"].tolist() == [121, 605, 1089]


def test_who_the_network_is_at_comes_first_for_nothing(priced):
    network = make_network([(0, 1, 100)], [(1, 2, 10), (0, 3, 7)], roots=(0, 2))
    premises = make_premises({"p2": 1, "p3": 1})
    table = build_curve(network, premises, make_service(), make_zones(), make_choice(1.0), priced)
    assert table["cost_sek"].tolist() == [0, with_surcharge(7, priced)]
    assert table["per_unit_sek"].tolist() == pytest.approx([0.0, 7 * 1.21])


def test_a_municipalitys_curve_is_of_its_part_of_the_studys_network(valley, priced):
    premises = make_premises(PEOPLE, municipality=["25", "25", "26", "26", "25"])
    table = build_curve(
        valley, premises, make_service("p9"), make_zones("25", "26", "99"), make_choice(1.0), priced
    )
    last = table.groupby("zone_id", sort=False).last()
    assert last["units"].to_dict() == {"study": 19, "municipality:25": 11, "municipality:26": 8}
    assert last["cost_sek"].tolist() == [with_surcharge(cost, priced) for cost in (360, 220, 340)]
    assert last["share"].tolist() == [1.0, 1.0, 1.0]
    assert table["share"].iloc[0] == 0.91


def test_people_whom_several_targets_ask_about_are_joined_once(valley, priced, monkeypatch):
    drawn = []
    real = curve.draw_network

    def heard(*args, **options):
        drawn.append(options["effort"].gap)
        return real(*args, **options)

    monkeypatch.setattr(curve, "draw_network", heard)
    study = make_choice(0.9, 1.0)
    table = build_curve(valley, make_premises(PEOPLE), make_service("p9"), make_zones(), study, priced)
    assert drawn == [0.005]
    assert table.groupby("target")["units"].max().tolist() == [19, 19]


def test_where_nobody_is_missing_or_nothing_is_asked_there_is_no_curve(valley, priced):
    everybody = make_service(*PEOPLE)
    for study, service in ((make_choice(1.0), everybody), (make_choice(), make_service())):
        table = build_curve(valley, make_premises(PEOPLE), service, make_zones(), study, priced)
        tables.check(table, tables.CURVE)
        assert table.empty


def test_without_an_existing_network_there_is_no_curve(priced):
    network = make_network([(0, 1, 100)], [(1, 2, 10)], roots=())
    with pytest.raises(PlanError):
        build_curve(network, make_premises({"p2": 1}), make_service(), make_zones(), make_choice(1.0), priced)


@pytest.mark.parametrize(
    ("technology", "instead"),
    [
        # Radio is 100 a unit; steps cost 50, 100 and 150.
        ({}, ["fibre", "fibre", "radio"]),
        ({"radio_mbps": 99}, ["fibre", "fibre", "fibre"]),
        ({"satellite_counts": True}, ["fibre", "satellite", "satellite"]),
        ({"satellite_counts": True, "satellite_mbps": 50}, ["fibre", "fibre", "radio"]),
        ({"radio_mbps": 99, "satellite_counts": True}, ["fibre", "satellite", "satellite"]),
        ({"radio_per_sector": 50}, ["fibre", "radio", "radio"]),
        ({"fibre_max_sek": 149}, ["fibre", "fibre", "radio"]),
        ({"fibre_max_sek": 150}, ["fibre", "fibre", "fibre"]),
        ({"fibre_max_sek": 20}, ["fibre", "fibre", "radio"]),
        ({"fibre_max_sek": 75, "radio_mbps": 99}, ["fibre", "none", "none"]),
    ],
)
def test_fibre_yields_to_what_meets_the_target_for_less(priced, technology, instead):
    study = make_choice(1.0, **technology)
    chosen = curve._choose_instead(pd.Series([50.0, 100.0, 150.0]), study.targets[0], study, priced)
    assert chosen.tolist() == instead


def test_a_premises_costs_what_its_bundle_does(valley, priced):
    candidates = make_premises(PEOPLE | {"p5": 0}).drop("p9")
    candidates.loc["nowhere"] = candidates.loc["p4"]
    price = price_premises(valley, candidates, priced)
    assert price.index.tolist() == candidates.index.tolist()
    assert price.name == "fibre_sek"
    assert price[["p4", "p6", "p7"]].tolist() == pytest.approx([11 * 1.21, 30 * 1.21, 30 * 1.21])
    assert price[["p5", "nowhere"]].isna().all()


def test_a_premises_at_the_network_costs_nothing(priced):
    network = make_network([(0, 1, 100)], [(1, 2, 10), (0, 3, 7)], roots=(0, 2))
    assert price_premises(network, make_premises({"p2": 1}), priced).to_dict() == {"p2": 0.0}


def test_prices_of_nobody(valley, priced):
    assert price_premises(valley, make_premises({"p9": 1}).iloc[:0], priced).empty


@st.composite
def valleys(draw):
    """Draw a tree of six roads, with up to five homes on it."""
    above = [draw(st.integers(0, node)) for node in range(5)]
    cost = st.integers(0, 40)
    roads = [(tail, node + 1, draw(cost)) for node, tail in enumerate(above)]
    feet = draw(st.lists(st.integers(0, 5), min_size=1, max_size=5))
    drops = [(foot, 6 + home, draw(cost)) for home, foot in enumerate(feet)]
    return roads, drops, [draw(st.integers(0, 5)) for _ in feet]


def list_parts(roads, drops, people):
    """Return units and cost of every choice of homes: each pays for its way to the network, once."""
    way = {head: (number, tail) for number, (tail, head, _) in enumerate([*roads, *drops])}
    costs = [cost for *_, cost in [*roads, *drops]]
    for size in range(len(drops) + 1):
        for some in itertools.combinations(range(len(drops)), size):
            used = set()
            for home in some:
                node = 6 + home
                while node:
                    number, node = way[node]
                    used.add(number)
            yield sum(people[home] for home in some), sum(costs[number] for number in used)


@settings(max_examples=100)
@given(valley=valleys())
def test_every_point_is_the_cheapest_part_of_the_tree_and_the_curve_is_convex(priced, valley):
    roads, drops, people = valley
    premises = make_premises({f"p{6 + home}": count for home, count in enumerate(people)})
    network = make_network(roads, drops)
    table = build_curve(network, premises, make_service(), make_zones(), make_choice(1.0), priced)
    parts = list(list_parts(roads, drops, people))
    for units, cost in zip(table["units"], table["cost_sek"], strict=True):
        assert cost == with_surcharge(min(c for u, c in parts if u >= units), priced)
    assert (np.diff(table["per_unit_sek"]) >= -1e-9).all()
    # No part of the tree lies below the line through the points.
    corners = [0, *table["units"]], [0, *table["cost_sek"]]
    assert all(1.21 * cost >= np.interp(units, *corners) - 2 for units, cost in parts)
    total = sum(people)
    assert table["units"].max() == total if total else table.empty
    if total:
        assert table["cost_sek"].max() == with_surcharge(min(c for u, c in parts if u == total), priced)
        assert table["share"].max() == 1.0
        price = price_premises(network, premises, priced, unit="households")
        whole = (price.fillna(0.0) * premises["households"]).sum()
        assert whole == pytest.approx(1.21 * min(c for u, c in parts if u == total))
