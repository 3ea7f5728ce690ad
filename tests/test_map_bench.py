"""The benchmark of the map page: the county that it draws, and how a page is judged."""

import numpy as np
import pytest
from map_bench import find_dense, judge
from map_data import TINY, make_country_edition, make_county, make_polygons

from infraplan.outputs.maps.premises import pack_premises
from infraplan.tables import STATUSES


@pytest.fixture(scope="module")
def county():
    return make_county(TINY)


def test_a_county_is_the_same_each_time(county):
    again = make_county(TINY)
    assert again.table("facts").equals(county.table("facts"))
    assert again.table("routes").equals(county.table("routes"))


def test_a_county_has_what_is_said(county):
    assert (county.zones["kind"] == "municipality").sum() == 14
    assert len(county.table("premises")) == TINY.premises
    assert county.table("facts")["households"].sum() == TINY.households
    assert len(county.table("public_buildings")) == TINY.public
    assert county.table("routes")["length_m"].sum() > 1e6
    routes = county.shapes("routes")
    assert routes.length.sum() == pytest.approx(routes["length_m"].sum())


def test_figures_of_the_targets_are_those_of_the_premises(county):
    facts, targets = county.table("facts"), county.table("targets")
    row = targets[(targets["zone_kind"] == "study") & (targets["unit"] == "households")].iloc[0]
    fast = np.logical_or(*(facts[f"{name}_mbps"] >= row["down_mbps"] for name in STATUSES[:2]))
    assert row["reached"] == facts.loc[fast, "households"].sum()
    assert 0.1 < row["share"] < 0.9


def test_a_country_is_packed_and_its_densest_place_is_in_it():
    edition = make_country_edition(20_000)
    assert pack_premises(edition)["count"] == 20_000
    north, east = find_dense(edition)
    assert 55 < north < 70
    assert 10 < east < 25


def test_polygons_are_apart_and_bend():
    polygons = make_polygons(50)
    assert len(polygons) == 50
    assert polygons.is_valid.all()
    assert polygons.area.sum() == pytest.approx(polygons.union_all().area)
    assert polygons.geometry.count_coordinates().mean() > 15


@pytest.mark.parametrize(
    ("found", "limit", "said"),
    [(1.234, 2.0, "1.2 (≤ 2)"), (3.0, 2.0, "**3.0** (≤ 2)"), (250.4, 1_000, "250 (≤ 1000)")],
)
def test_a_figure_names_its_limit_and_is_marked_beyond_it(found, limit, said):
    assert judge(found, limit) == said
