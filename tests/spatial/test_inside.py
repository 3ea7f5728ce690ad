"""Which areas points lie in, against shapely asked of each pair; few and many points get the same answers."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from infraplan.spatial import build_index, find_best, find_groups, find_pairs
from infraplan.spatial.swift_areas import SwiftAreas

CORNER = np.array([400_000.0, 7_200_000.0])


def brute(areas, points):
    """Return all pairs, each asked of shapely without preparation."""
    inside = shapely.intersects(shapely.points(points)[:, None], np.asarray(areas, object)[None])
    return np.nonzero(inside)


def assert_right(areas, points, groups=None, values=None):
    """Hold all three answers against the brute force."""
    point, area = brute(areas, points)
    index = build_index(areas)
    groups = np.arange(len(areas)) % 3 if groups is None else np.asarray(groups)
    values = np.array([np.nan, 10.0, 30.0, 30.0])[np.arange(len(areas)) % 4] if values is None else values
    for _ in range(2):
        assert np.array_equal(find_pairs(index, points), (point, area))
        expected = sorted({(int(p), int(groups[a])) for p, a in zip(point, area, strict=True)})
        assert list(zip(*find_groups(index, points, groups), strict=True)) == expected
        best = np.full(len(points), np.nan)
        np.fmax.at(best, point, np.asarray(values)[area])
        assert np.array_equal(find_best(index, points, values), best, equal_nan=True)


def look_closely(areas):
    """Return points where answers are hard: corners, middles of edges, and what is next to them."""
    corners = shapely.get_coordinates(areas)
    middles = (corners[:-1] + corners[1:]) / 2
    hard = np.concatenate([corners, middles, np.roll(corners, 1, axis=0) * [1, 0] + corners * [0, 1]])
    return np.concatenate([hard, np.nextafter(hard, np.inf), np.nextafter(hard, -np.inf)])


def star(random, corners, centre=(0.0, 0.0), radius=100.0):
    """Return an area with a rough border and a hole, seen from its centre."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    away = radius * random.uniform(0.4, 1.0, corners)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    return Polygon(centre + circle * away[:, None], [centre + circle[:: max(1, corners // 9)] * radius * 0.3])


SQUARE = [(0, 0), (9, 0), (9, 9), (0, 9)]
HARD = {
    "touching": [box(0, 0, 2, 2), box(2, 0, 4, 2), box(2, 2, 4, 4), box(0, 0, 4, 4)],
    "parts": [MultiPolygon([box(0, 0, 2, 2), box(2, 2, 4, 4), box(6, 0, 7, 9)]), box(1, 1, 3, 3)],
    "holes": [
        Polygon(
            [(0, 0), (9, 0), (9, 9), (0, 9)], [[(1, 1), (1, 4), (4, 4), (4, 1)], [(4, 4), (8, 5), (6, 8)]]
        ),
        Polygon(SQUARE, [[(0, 0), (3, 1), (1, 3)]]),
    ],
    "nothing": [None, Polygon(), MultiPolygon(), box(0, 0, 1, 1)],
    "slivers": [
        Polygon([(0, 0), (1000, 1e-9), (1000, 2e-9)]),
        Polygon([(0, 0), (1000, 333.3), (500, 166.65000001)]),
        box(3, 0, np.nextafter(3, 4), 1000),
    ],
    "steps": [Polygon([(0, 0), (3, 0), (3, 1), (2, 1), (2, 2), (1, 2), (1, 3), (0, 3)])],
    "oblique": [Polygon([(0, 0), (7, 3), (4, 10), (-3, 7)]), Polygon([(0, 0), (1, 3), (3, 1)])],
    "collinear": [Polygon([(0, 0), (1, 0), (2, 0), (3, 0), (3, 3), (2, 2), (1, 1)])],
    "deep": [Polygon([(0, 0, 5), (9, 0, 5), (9, 9, 5)])],
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("shift", [0.0, 0.1, 6_200_000.3])
def test_hard_places(way, name, shift):
    areas = [area and shapely.transform(area, lambda xy: xy + shift) for area in HARD[name]]
    lattice = np.stack(np.meshgrid(np.arange(-1, 11, 0.5), np.arange(-1, 11, 0.5)), -1).reshape(-1, 2)
    assert_right(areas, np.concatenate([lattice + shift, look_closely(np.array(areas, object))]))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("corners", [5, 40, 3000])
def test_rough_areas(way, seed, corners):
    random = np.random.default_rng(seed)
    areas = [star(random, corners, CORNER + random.normal(0, 60, 2)) for _ in range(5)]
    points = CORNER + random.uniform(-200, 200, (1500, 2))
    assert_right(areas, np.concatenate([points, look_closely(np.array(areas[:2]))[:1500]]))


def test_long_edges_beside_short_ones(way):
    random = np.random.default_rng(1)
    turn = np.linspace(0, np.pi, 2000)
    rough = np.column_stack([np.cos(turn), np.sin(turn)]) * random.uniform(0.8, 1.0, (2000, 1)) * 1000
    for far in ([(-4000.0, -3000.0), (5000.0, -2500.0)], [(-50_000.0, 1.0), (40.0, -70_000.0)]):
        area = Polygon(np.concatenate([rough, far]))
        west, south, east, north = area.bounds
        spread = random.uniform((west, south), (east, north), (3000, 2))
        along = np.linspace(0, 1, 500)[:, None]
        edge = far[0] + along * (np.array(far[1]) - far[0])
        assert_right([area], np.concatenate([spread, *(edge - [[0.0, down]] for down in (0.0, 1e-9, 1.0))]))


@given(
    corners=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=12),
    scale=st.sampled_from([1.0, 0.1, 1e-7, 1e5]),
    shift=st.sampled_from([0.0, 0.3, 6.2e6]),
)
@settings(max_examples=150)
def test_compiled_answers_are_those_of_shapely_or_unsure(corners, scale, shift):
    valid = shapely.make_valid(Polygon(np.array(corners) * scale + shift))
    areas = np.array([part for part in shapely.get_parts([valid]) if part.geom_type == "Polygon"], object)
    areas = areas[shapely.is_valid(areas)]
    lattice = np.stack(np.meshgrid(np.arange(-1, 11), np.arange(-1, 11)), -1).reshape(-1, 2) * scale + shift
    points = np.concatenate([lattice, lattice + scale / 2, look_closely(areas)])
    point, area, unsure = SwiftAreas(areas).find_groups(points, np.arange(len(areas)))
    expected = np.column_stack(brute(areas, points))
    sure = ~np.isin(expected[:, 0], unsure)
    assert np.column_stack([point, area]).tolist() == expected[sure].tolist()
    # Far from the border nothing is unsure.
    border = shapely.union_all(shapely.boundary(areas))
    assert not (shapely.distance(shapely.points(points[unsure]), border) > 1e-6 * scale + 1e-12 * shift).any()


def test_upright_and_level_borders_leave_no_doubt():
    grid = [box(x, y, x + 1, y + 1) for x in range(5) for y in range(5)]
    points = np.stack(np.meshgrid(np.arange(-1, 7, 0.25), np.arange(-1, 7, 0.25)), -1).reshape(-1, 2)
    swift = SwiftAreas(np.array(grid))
    assert not len(swift.find_groups(points, np.arange(25))[2])
    assert not swift.find_best(points, np.arange(25.0))[1].any()


def test_many_areas_far_apart_and_in_one_place(way):
    random = np.random.default_rng(2)
    apart = shapely.buffer(shapely.points(random.uniform(0, 1e6, (3000, 2))), 500, quad_segs=2)
    heap = shapely.buffer(shapely.points(random.normal(5e5, 30, (200, 2))), 50, quad_segs=2)
    points = np.concatenate([random.uniform(0, 1e6, (500, 2)), random.normal(5e5, 60, (500, 2))])
    assert_right(np.concatenate([apart, heap]), points)


def test_points_beyond_one_turn_are_told_apart(monkeypatch):
    monkeypatch.setattr("infraplan.spatial.swift_areas._AT_ONCE", 7)
    areas = np.array([box(0, 0, 5, 5), box(3, 3, 9, 9), Polygon([(0, 0), (7, 3), (3, 7)])])
    points = np.random.default_rng(3).integers(0, 10, (50, 2)).astype(float)
    point, area, unsure = SwiftAreas(areas).find_groups(points, np.arange(3))
    expected = np.column_stack(brute(areas, points))
    assert np.column_stack([point, area]).tolist() == expected[~np.isin(expected[:, 0], unsure)].tolist()


def test_a_comb_is_not_cut_into_more_pieces_than_it_has_edges():
    teeth = np.arange(20_000.0)
    comb = Polygon([*zip(teeth, 1000.0 * (teeth % 2), strict=True), (20_000.0, -1.0), (-1.0, -1.0)])
    parts = SwiftAreas(np.array([comb])).parts
    assert len(parts.edges) < 6 * len(parts.shapes.xy)
    assert len(parts.states) < 6 * len(parts.shapes.xy)


def test_who_is_nowhere_lies_in_no_area(way):
    points = [[np.nan, 0.5], [0.5, np.inf], [0.5, 0.5], [1e300, 0.5]]
    index = build_index([box(0, 0, 1, 1)])
    assert [array.tolist() for array in find_pairs(index, points)] == [[2], [0]]
    assert np.isnan(find_best(index, points, [5.0])).tolist() == [True, True, False, True]


def test_nothing_lies_in_nothing(way):
    for areas in ([], [None, Polygon()], [box(0, 0, 1, 1)]):
        index = build_index(areas)
        assert len(index) == len(areas)
        for points in ([], [[9.0, 9.0]], [[np.nan, 0.0]]):
            assert [len(array) for array in find_pairs(index, points)] == [0, 0]
            assert [len(array) for array in find_groups(index, points, [4] * len(areas))] == [0, 0]
            assert np.isnan(find_best(index, points, [1.0] * len(areas))).tolist() == [True] * len(points)


def test_groups_and_values_of_all_sizes(way):
    areas = [box(0, 0, 4, 4), box(1, 1, 3, 3), box(2, 2, 6, 6)]
    points = [[1.5, 1.5], [2.5, 2.5], [5.0, 5.0]]
    groups = [2**40, 0, 2**40]
    assert [array.tolist() for array in find_groups(build_index(areas), points, groups)] == [
        [0, 0, 1, 1, 2],
        [0, 2**40, 0, 2**40, 2**40],
    ]
    values = [-np.inf, 0.0, -5.0]
    assert find_best(build_index(areas), points, values).tolist() == [0.0, 0.0, -5.0]


def test_what_is_no_area_no_group_or_no_value_is_refused():
    for wrong in (Point(0, 0), shapely.LineString([(0, 0), (1, 1)]), shapely.GeometryCollection()):
        with pytest.raises(ValueError, match="no areas"):
            build_index([wrong])
    index = build_index([box(0, 0, 1, 1)])
    for groups in ([-1], [0, 1]):
        with pytest.raises(ValueError, match="groups"):
            find_groups(index, [[0, 0]], groups)
    with pytest.raises(ValueError, match="values"):
        find_best(index, [[0, 0]], [1.0, 2.0])
    with pytest.raises(ValueError, match="shape"):
        find_pairs(index, [[0, 0, 0]])
    with pytest.raises(ValueError, match="coordinates"):
        SwiftAreas(np.array([Polygon([(0, 0), (1e16, 0), (0, 1)])]))


def test_an_index_keeps_what_it_made(way):
    index = build_index([box(0, 0, 1, 1)])
    find_pairs(index, [[0.5, 0.5]])
    kept = index.swift if way == "swift" else index.tree
    find_best(index, [[0.5, 0.5]], [1.0])
    assert (index.swift if way == "swift" else index.tree) is kept
