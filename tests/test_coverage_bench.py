"""The coverage benchmark: the made country, and how a row is judged."""

import numpy as np
import pytest
import shapely
from coverage_bench import Row, join_cells, measure
from coverage_data import make_country, make_coverage

from infraplan.spatial import find_within


@pytest.fixture(scope="module")
def country():
    return make_country(20_000)


def test_a_country_is_the_same_each_time(country):
    again = make_country(20_000)
    assert np.array_equal(country.xy, again.xy)
    assert np.array_equal(country.connected, again.connected)
    assert shapely.equals_exact(country.fibre, again.fibre).all()


def test_premises_are_in_clusters_and_some_are_connected(country):
    assert country.xy.shape == (20_000, 2)
    assert 0.35 < country.connected.mean() < 0.45
    strewn = np.random.default_rng(0).uniform(country.xy.min(axis=0), country.xy.max(axis=0), (20_000, 2))
    near = [find_within(xy[::2], xy[1::2], 50.0).mean() for xy in (country.xy, strewn)]
    assert near[0] > 10 * near[1]


def test_areas_are_valid_rough_and_have_holes(country):
    areas, speed = make_coverage(country, 20, 500)
    assert shapely.is_valid(areas).all()
    assert (shapely.get_num_interior_rings(areas) >= 10).all()
    assert (shapely.length(areas) > 3 * np.sqrt(np.pi * shapely.area(areas))).all()
    assert set(speed) <= {10.0, 30.0, 100.0, 300.0}


def test_the_question_to_duckdb_is_the_same(country):
    pytest.importorskip("duckdb")
    expected = find_within(country.xy, country.xy[country.connected], 50.0)
    assert np.array_equal(join_cells(country)(), expected)


@pytest.mark.parametrize(
    ("row", "ends"),
    [
        (Row("a", "b", 0.1, 2.0, 12), "| 2.00 | 20 | 12 | met |"),
        (Row("a", "b", 0.1, 0.5, 12, "odd"), "| 0.50 | 5 | 12 | **missed**: odd |"),
        (Row("a", "b", 0.1, None, 12, "not installed"), "| | | 12 | skipped: not installed |"),
    ],
)
def test_a_row_names_its_verdict(row, ends):
    assert row.render().startswith("| a | 0.100 | b |")
    assert row.render().endswith(ends)


def test_the_median_of_runs_counts_and_the_answer_is_kept():
    turns = iter(range(4))
    seconds, answer = measure(lambda: next(turns), 3)
    assert seconds >= 0
    assert answer == 3
