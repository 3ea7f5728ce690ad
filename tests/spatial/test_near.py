"""What lies nearest, against a brute force; few and many points get the same answers, to the last bit."""

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LinearRing, LineString, MultiLineString, Point

from infraplan.spatial import find_nearest, find_nearest_line, find_within, plain, swift
from infraplan.spatial.near import cut_lines

NOWHERE = [[np.nan, 0.0], [0.0, np.inf], [-np.inf, np.nan], [1e16, 0.0], [0.0, -1e300]]


def brute(points, sites, reach):
    """Return the nearest site of each point and its distance, by measuring all pairs."""
    return choose(np.sqrt(((points[:, None] - sites[None]) ** 2).sum(axis=2)), reach)


def choose(away, reach):
    """Return the first of the least of each row, and this."""
    away = np.column_stack([away, np.full(len(away), np.inf)])
    least = away.min(axis=1)
    found = (least <= reach) & np.isfinite(least)
    return np.where(found, away.argmin(axis=1), -1), np.where(found, least, np.nan)


def assert_same(answer, expected):
    assert np.array_equal(answer[0], expected[0])
    assert np.array_equal(answer[1], expected[1], equal_nan=True)


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("reach", [0.0, 1.0, 5.0, np.inf])
def test_the_nearest_equals_a_brute_force(way, seed, reach):
    random = np.random.default_rng(seed)
    points, sites = (random.integers(0, 12, (random.integers(0, 40), 2)).astype(float) for _ in range(2))
    expected = brute(points, sites, reach)
    assert_same(find_nearest(points, sites, reach), expected)
    assert np.array_equal(find_within(points, sites, reach), expected[0] >= 0)


COORDINATE = st.one_of(
    st.integers(-20, 20).map(float),
    st.floats(-1e3, 1e3),
    st.floats(6.2e6, 6.2e6 + 1e-6),
    st.floats(-1e15, 1e15),
    st.sampled_from([5e-324, 1e-170, -1e-162, 0.1, 0.3, -0.0]),
)
PLACES = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=25)
REACH = st.one_of(
    st.integers(0, 20).map(float), st.floats(0, 1e4), st.sampled_from([np.inf, 1e-9, 0.2, 1e-300])
)


@given(points=PLACES, sites=PLACES, reach=REACH)
@settings(max_examples=150)
def test_all_ways_to_the_nearest_agree(points, sites, reach):
    points, sites = np.array(points), np.array(sites)
    expected = brute(points, sites, reach)
    assert_same(plain.nearest_sites(points, sites, reach), expected)
    assert_same(swift.nearest_sites(points, sites, reach), expected)
    ends = np.hstack([sites, sites])
    assert_same(swift.nearest_segments(points, ends, np.arange(len(sites)), reach), expected)
    assert np.array_equal(swift.sites_within(points, sites, reach), expected[0] >= 0)


@given(points=PLACES, ends=st.lists(st.tuples(*[COORDINATE] * 4), min_size=1, max_size=25), reach=REACH)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_all_ways_to_the_nearest_segment_agree(points, ends, reach):
    points, ends = np.array(points), np.array(ends)
    owner = np.arange(len(ends)) % 7
    away = [plain.measure_segments(points, np.broadcast_to(end, (len(points), 4))) for end in ends]
    lines = [
        np.min([one for one, whose in zip(away, owner, strict=True) if whose == line], axis=0)
        for line in range(min(7, len(ends)))
    ]
    expected = choose(np.column_stack(lines), reach)
    assert_same(swift.nearest_segments(points, ends, owner, reach), expected)


@pytest.mark.parametrize("seed", range(10))
def test_lines_are_as_far_away_as_shapely_says(way, seed):
    random = np.random.default_rng(seed)
    corner = np.array([400_000.0, 7_200_000.0])
    points = corner + random.normal(0, 1000, (80, 2))
    lines = np.array(
        [LineString(corner + random.normal(0, 1000, (random.integers(2, 6), 2))) for _ in range(20)], object
    )
    reach = float(random.choice([50.0, 300.0, np.inf]))
    expected = choose(shapely.distance(shapely.points(points)[:, None], lines), reach)
    assert_same(find_nearest_line(points, lines, reach), expected)


def test_lines_of_all_kinds(way):
    lines = [
        None,
        LineString(),
        MultiLineString([[(0, 0), (10, 0)], [(0, 50), (10, 50)]]),
        LinearRing([(20, 0), (30, 0), (30, 10), (20, 10)]),
        LineString([(40, 5), (40, 5)]),
        LineString([(0, 0, 7), (10, 0, 7)]),
    ]
    points = [(5, 3), (5, 47), (25, 5), (40, 8), (70, 70), (20, 5)]
    line, distance = find_nearest_line(points, lines, 5.0)
    assert line.tolist() == [2, 2, 3, 4, -1, 3]
    assert distance.tolist()[:4] == [3.0, 3.0, 5.0, 3.0]
    with pytest.raises(ValueError, match="no lines"):
        find_nearest_line(points, [Point(0, 0)], 5.0)


def test_what_is_at_the_very_reach_is_within_and_what_is_a_bit_farther_is_not(way):
    sites = np.array([[0.1, 0.2]])
    for step in ([3.0, 4.0], [0.7, 0.1], [1e-3, 1e-4], [50.0, 0.0]):
        point = sites + step
        reach = float(np.sqrt(((point - sites) ** 2).sum()))
        assert find_within(point, sites, reach).all()
        assert find_nearest(point, sites, reach)[1].tolist() == [reach]
        less = float(np.nextafter(reach, 0))
        assert not find_within(point, sites, less).any()
        assert find_nearest(point, sites, less)[0].tolist() == [-1]


def test_who_is_nowhere_finds_nothing_and_is_not_found(way):
    points = np.array([*NOWHERE, [0.0, 0.0], [3.0, 4.0]])
    sites = np.array([*NOWHERE, [0.0, 0.0]])
    site, distance = find_nearest(points, sites, np.inf)
    assert site.tolist() == [-1] * 5 + [5, 5]
    assert distance[5:].tolist() == [0.0, 5.0]
    assert find_within(points, sites, np.inf).tolist() == [False] * 5 + [True] * 2
    assert find_within(points, NOWHERE, np.inf).tolist() == [False] * 7
    line = [LineString([(1e16, 0), (1e16, 1)]), LineString([(0, 0), (1, 0)])]
    assert find_nearest_line(points, line, np.inf)[0].tolist() == [-1] * 5 + [1, 1]


def test_nothing_is_near_nothing(way):
    nothing, some = np.empty((0, 2)), np.zeros((3, 2))
    assert find_within(nothing, some, 1.0).tolist() == []
    assert find_within(some, [], 1.0).tolist() == [False] * 3
    assert find_nearest(some, nothing, 1.0)[0].tolist() == [-1] * 3
    assert find_nearest_line(some, [], 1.0)[0].tolist() == [-1] * 3
    assert find_nearest_line(nothing, [LineString([(0, 0), (1, 1)])], 1.0)[1].tolist() == []


@pytest.mark.parametrize("reach", [-1.0, np.nan, -np.inf])
def test_a_reach_is_no_less_than_nothing(reach):
    for find, others in ((find_within, [[0, 0]]), (find_nearest, [[0, 0]]), (find_nearest_line, [])):
        with pytest.raises(ValueError, match="reach"):
            find([[0, 0]], others, reach)


def test_coordinates_come_in_pairs():
    with pytest.raises(ValueError, match="shape"):
        find_within([[0, 0, 0]], [[0, 0]], 1.0)
    with pytest.raises(ValueError, match="shape"):
        find_nearest([0, 0], [[0, 0]], 1.0)


def test_arguments_stay_as_they_are_whatever_they_are_made_of(way):
    points, sites = np.arange(20, dtype=np.int32).reshape(10, 2), np.asfortranarray(np.eye(2) * 3)
    for array in (points, sites):
        array.flags.writeable = False
    before = points.copy(), sites.copy()
    assert_same(find_nearest(points, sites, 5.0), brute(points.astype(float), sites, 5.0))
    assert np.array_equal(points, before[0])
    assert np.array_equal(sites, before[1])


def test_a_crowd_in_one_cell_is_left_to_the_tree():
    random = np.random.default_rng(0)
    points, sites = random.random((300, 2)) * 30, random.random((2000, 2)) * 9
    for reach in (2.0, 10.0):
        expected = brute(points, sites, reach)
        assert_same(swift.nearest_sites(points, sites, reach), expected)
        assert np.array_equal(swift.sites_within(points, sites, reach), expected[0] >= 0)
    assert swift._lay_cells(points, sites, 10.0, 500) is None


def test_the_greatest_square_within_reach():
    for reach in [0.0, 5e-324, 1e-170, 0.1, 1 / 3, 50.0, 1e7, 1e150]:
        square = swift.square_reach(reach)
        assert np.sqrt(square) <= reach < np.sqrt(np.nextafter(square, np.inf))


def test_lines_are_cut_in_their_order():
    lines = [
        LineString([(0, 0), (1, 0), (1, 1)]),
        None,
        MultiLineString([[(5, 5), (6, 6)], [(7, 7), (8, 8)]]),
    ]
    ends, owner = cut_lines(lines)
    assert ends.tolist() == [[0, 0, 1, 0], [1, 0, 1, 1], [5, 5, 6, 6], [7, 7, 8, 8]]
    assert owner.tolist() == [0, 0, 2, 2]
