"""Few points are asked by shapely, many by compiled code: the answers are the same."""

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon, box

from infraplan.demand import places


@pytest.fixture
def ask(monkeypatch):
    """Return what asks both ways, and gives the answer that both give."""

    def both(function, *arguments, **options):
        answers = []
        for large in (10**9, 0):
            monkeypatch.setattr(places, "_LARGE", large)
            answers.append(np.asarray(function(*arguments, **options)))
        assert np.array_equal(*answers)
        return answers[0].tolist()

    return both


POINTS = np.array([Point(0, 0), Point(5, 5), Point(10, 5), None, Point(), Point(99, 0)], object)


def test_areas_of_points(ask):
    areas = np.array([box(0, 0, 10, 10), box(10, 0, 20, 10), None, Polygon()], object)
    assert ask(places.find_inside, POINTS, areas) == [[0, 1, 2, 2], [0, 0, 0, 1]]
    assert ask(places.first_inside, POINTS, areas) == [0, 0, 0, -1, -1, -1]


@pytest.mark.parametrize(
    ("shapes", "found"),
    [
        ([Point(0, 5), Point(5, 0), Point(104, 0)], [0, 0, -1, -1, -1, 2]),
        ([LineString([(0, 5), (20, 5)]), LineString([(0, 5), (104, 0)])], [1, 0, 0, -1, -1, 1]),
        ([box(0, 0, 1, 1), Point(10, 5)], [0, 1, 1, -1, -1, -1]),
    ],
)
def test_the_nearest_of_points_lines_and_mixtures(ask, shapes, found):
    assert ask(places.nearest, POINTS, np.array(shapes, object), reach_m=5.0) == found


def test_a_reach_of_nothing_finds_what_is_in_the_same_place(ask):
    assert ask(places.nearest, POINTS[:2], np.array([Point(5, 5)], object), reach_m=0.0) == [-1, 0]


@pytest.mark.parametrize("seed", range(10))
def test_both_ways_agree(ask, seed):
    random = np.random.default_rng(seed)
    points = shapely.points(random.integers(0, 20, (60, 2)))
    areas = shapely.buffer(shapely.points(random.integers(0, 20, (8, 2))), random.uniform(1, 6, 8))
    ask(places.find_inside, points, areas)
    ask(places.nearest, points, shapely.points(random.integers(0, 20, (8, 2))), reach_m=4.0)
    ask(places.nearest, points, shapely.linestrings(random.integers(0, 20, (8, 3, 2))), reach_m=4.0)
