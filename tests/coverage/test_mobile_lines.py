"""Pieces of lines, against exact intersections and against cells drawn as squares."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from infraplan.coverage import mobile_lines
from infraplan.coverage.mobile_lines import cut_lines, list_steps
from infraplan.coverage.mobile_maps import best_of
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.spatial import build_index

X, Y = 700_000.0, 7_300_000.0
WHOLE = box(X - 50_000, Y - 50_000, X + 50_000, Y + 50_000)


def at(*xy):
    return [(X + x, Y + y) for x, y in xy]


def cut(lines, maps, zones=(WHOLE,), step_m=50.0):
    return cut_lines(np.array(lines, dtype=object), maps, build_index(list(zones)), step_m=step_m)


def planar(pieces, count, chosen):
    return np.bincount(pieces.line, (pieces.end_at - pieces.start_at) * chosen, minlength=count)


def random_areas(random, count):
    centres = random.random((count, 2)) * 1_000
    corners = random.integers(3, 9, count)
    return [
        shapely.convex_hull(shapely.multipoints(at(*(centre + random.normal(0, 150, (n, 2))))))
        for centre, n in zip(centres, corners, strict=True)
    ]


def random_lines(random, count):
    return [LineString(at(*(random.random((random.integers(2, 12), 2)) * 1_000))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(8))
def test_pieces_are_as_long_as_what_lies_inside_and_outside(maps, seed):
    random = np.random.default_rng(seed)
    shapes, lines = random_areas(random, 12), random_lines(random, 25)
    who = random.choice(["A", "B"], 12)
    speed = random.choice([5.0, 10.0, 30.0, 100.0], 12)
    found = maps(shapes, operator=who, technology="4g", down_mbps=speed)
    pieces = cut(lines, found)
    for operator in ("", "A", "B"):
        for rank, level in enumerate((0, 10, 30, 100), 1):
            chosen = (speed >= level) & ((who == operator) | (operator == ""))
            union = shapely.union_all(np.array(shapes)[chosen])
            covered = best_of(pieces.ranks, found.select("hand", operator=operator)) >= rank
            expected = shapely.length(shapely.intersection(lines, union))
            assert planar(pieces, 25, covered) == pytest.approx(expected, abs=1e-6)
            expected = shapely.length(shapely.difference(lines, union))
            assert planar(pieces, 25, ~covered) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_covered_and_uncovered_metres_are_the_road_to_a_millimetre(maps, seed):
    random = np.random.default_rng(seed)
    lines = random_lines(random, 40)
    pieces = cut(lines, maps(random_areas(random, 20), operator="A", down_mbps=30))
    geod = pyproj.Geod(ellps="GRS80")
    to_degrees = pyproj.Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True)
    for number, line in enumerate(lines):
        own = pieces.line == number
        whole = geod.line_length(*to_degrees.transform(*line.xy))
        assert pieces.length_m[own].sum() == pytest.approx(whole, abs=1e-3)
        starts, ends = pieces.start_m[own], pieces.end_m[own]
        assert starts[0] == 0
        assert ends[-1] == pytest.approx(whole, abs=1e-6)
        assert (starts[1:] == ends[:-1]).all()
        assert (ends > starts).all()
    assert geodesic_lengths(np.array(lines), "EPSG:3006").sum() == pytest.approx(
        pieces.length_m.sum(), abs=1e-3
    )


@pytest.mark.parametrize("seed", range(4))
def test_dense_sampling_says_the_same_as_each_piece(maps, seed):
    random = np.random.default_rng(seed)
    shapes, lines = random_areas(random, 15), random_lines(random, 10)
    pieces = cut(lines, maps(shapes, operator="A", down_mbps=30))
    union = shapely.union_all(shapes)
    for number, line in enumerate(lines):
        own = np.flatnonzero(pieces.line == number)
        places = np.sort(random.random(300)) * line.length
        of = own[np.searchsorted(pieces.start_at[own], places, side="right") - 1]
        points = shapely.line_interpolate_point(line, places)
        clear = shapely.distance(points, union.boundary) > 1e-6
        covered = shapely.intersects(points, union)
        assert (covered == (pieces.ranks[0, of] > 0))[clear].all()


def test_ends_corners_borders_and_lines_that_go_back(maps):
    square = box(*at((100, 0))[0], *at((200, 100))[0])
    lines = [
        LineString(at((0, 50), (100, 50))),  # ends on the border
        LineString(at((0, 0), (300, 0))),  # runs along the border
        LineString(at((0, 200), (200, 0))),  # from corner to corner, its end on the border
        LineString(at((0, 50), (150, 50), (0, 50))),  # goes back on itself
        LineString(at((150, 50), (160, 50))),  # inside
        LineString(at((0, 150), (300, 150))),  # outside
        LineString(at((50, 20), (150, 20), (150, 80), (50, 80), (50, 20))),  # a ring
    ]
    pieces = cut(lines, maps([square], operator="A", down_mbps=30))
    covered = pieces.ranks[0] > 0
    assert planar(pieces, 7, covered) == pytest.approx([0, 100, 100 * 2**0.5, 100, 10, 0, 160])
    assert np.bincount(pieces.line).tolist() == [1, 3, 2, 3, 1, 1, 3]


def test_areas_with_holes_and_parts_and_neighbours_without_a_gap(maps):
    shell = Polygon(
        at((0, 0), (300, 0), (300, 100), (0, 100)), [at((100, 10), (200, 10), (200, 90), (100, 90))]
    )
    parts = MultiPolygon(
        [box(*at((400, 0))[0], *at((500, 100))[0]), box(*at((600, 0))[0], *at((700, 100))[0])]
    )
    fits = box(*at((100, 10))[0], *at((200, 90))[0])
    line = LineString(at((-100, 50), (800, 50)))
    pieces = cut([line], maps([shell, parts], operator="A", down_mbps=30))
    assert pieces.start_at.tolist() == pytest.approx([0, 100, 200, 300, 400, 500, 600, 700, 800])
    pieces = cut([line], maps([shell, fits], operator="A", down_mbps=30))
    assert pieces.end_at.tolist() == pytest.approx([100, 400, 900])


def test_the_order_and_the_parting_of_areas_change_nothing(maps):
    random = np.random.default_rng(5)
    shapes, lines = random_areas(random, 12), random_lines(random, 10)
    left = box(X - 5_000, Y - 5_000, X + 500, Y + 5_000)
    halves = [*shapely.intersection(shapes, left), *shapely.difference(shapes, left)]
    halves = [half for half in halves if half.area]
    one = cut(lines, maps(shapes, operator="A", down_mbps=30))
    for others in (shapes[::-1], shapes + shapes, halves):
        other = cut(lines, maps(others, operator="A", down_mbps=30))
        assert (other.line == one.line).all()
        assert other.end_m == pytest.approx(one.end_m, abs=1e-6)
        assert (other.ranks == one.ranks).all()


def test_zones_part_lines_and_what_lies_outside_is_left_out(maps):
    zones = [
        box(X, Y, X + 100, Y + 100),
        box(X + 100, Y, X + 250, Y + 100),
        box(X + 200, Y, X + 300, Y + 100),
    ]
    line = LineString(at((-50, 50), (350, 50)))
    pieces = cut([line, LineString(at((0, 500), (9, 500)))], maps([WHOLE], operator="A"), zones)
    assert pieces.zone.tolist() == [0, 1, 2]  # of two zones around a piece the first
    assert pieces.start_at == pytest.approx([50, 150, 300])
    assert pieces.end_at == pytest.approx([150, 300, 350])


def test_batches_are_joined(maps, monkeypatch):
    random = np.random.default_rng(3)
    found, lines = maps(random_areas(random, 10), operator="A", down_mbps=30), random_lines(random, 12)
    whole = cut(lines, found)
    monkeypatch.setattr(mobile_lines, "_BATCH", 5)
    parts = cut(lines, found)
    assert (whole.line == parts.line).all()
    assert whole.end_m == pytest.approx(parts.end_m, abs=1e-6)
    assert (whole.ranks == parts.ranks).all()


def test_long_borders_are_cut_into_chains_that_are_the_border():
    areas = [
        Point(0, 0).buffer(10, quad_segs=100),
        box(0, 0, 1, 1),
        MultiPolygon([box(5, 5, 6, 6), box(7, 7, 8, 8)]),
    ]
    chains = mobile_lines._chain_borders(np.array(areas, dtype=object))
    assert shapely.get_num_coordinates(chains).max() == mobile_lines._CHAIN + 1
    assert len(chains) == 7 + 1 + 2
    border = shapely.union_all(shapely.boundary(areas))
    assert shapely.union_all(chains).symmetric_difference(border).length == pytest.approx(0, abs=1e-9)
    assert shapely.length(chains).sum() == pytest.approx(shapely.length(areas).sum())
    assert not len(mobile_lines._chain_borders(np.array([], dtype=object)))


@pytest.mark.parametrize("seed", range(4))
def test_cells_of_a_raster_cut_like_squares(maps, raster, seed):
    random = np.random.default_rng(seed)
    cells = random.choice([-9999.0, 0.0, 5.0, 12.0, 40.0], (20, 20))
    found = maps([], [raster(cells, (X, Y + 1_000), 50.0)])
    lines = random_lines(random, 20)
    pieces = cut(lines, found)
    row, column = np.indices((20, 20))
    squares = shapely.box(X + 50 * column, Y + 950 - 50 * row, X + 50 * column + 50, Y + 1_000 - 50 * row)
    for rank, level in enumerate((1, 10, 30, 100), 1):
        expected = shapely.length(shapely.intersection(lines, shapely.union_all(squares[cells >= level])))
        assert planar(pieces, 20, pieces.ranks[0] >= rank) == pytest.approx(expected, abs=1e-6)


def test_a_raster_in_another_crs_cuts_where_its_cells_lie(maps, raster):
    there = pyproj.Transformer.from_crs("EPSG:3006", "EPSG:3016", always_xy=True)
    x, y = there.transform(X, Y)
    random = np.random.default_rng(1)
    cells = random.choice([0.0, 12.0], (40, 40))
    corner = (round(x, -2) - 1_000, round(y, -2) + 1_000)
    pieces = cut(
        lines := [LineString(at((-600, -500), (700, 300)))],
        maps([], [raster(cells, corner, 60.0, crs="EPSG:3016")]),
    )
    row, column = np.indices((40, 40))
    squares = shapely.box(
        corner[0] + 60 * column, corner[1] - 60 * row - 60, corner[0] + 60 * column + 60, corner[1] - 60 * row
    )
    own = shapely.segmentize(shapely.union_all(squares[cells > 0]), 5.0)
    back = pyproj.Transformer.from_crs("EPSG:3016", "EPSG:3006", always_xy=True)
    area = shapely.transform(own, lambda xy: np.column_stack(back.transform(*xy.T)))
    expected = shapely.length(shapely.intersection(lines, area))
    assert planar(pieces, 1, pieces.ranks[0] > 0) == pytest.approx(expected, abs=0.05)


def test_smaller_cells_are_looked_up_every_step(maps, raster):
    cells = np.where(np.arange(1_000) < 333, 12.0, 0.0)[None, :] * np.ones((10, 1))
    found = maps([], [raster(cells, (X, Y + 10), 1.0)])
    lines = [LineString(at((0, 5), (1_000, 5))), LineString(at((7, 2), (1_000, 2)))]
    pieces = cut(lines, found, step_m=50.0)
    # Pieces of 50 m from the start of each line are as their middle is: at 333 m it turns.
    assert pieces.end_at == pytest.approx([350, 1_000, 350, 993])
    exact = cut(lines, found, step_m=1.0)
    assert exact.end_at == pytest.approx([333, 1_000, 326, 993])


def test_a_turned_raster(maps, raster):
    found = raster([[12.0, 0.0], [0.0, 0.0]], (0, 0), 100.0)
    turned = (
        type(found.transform).translation(X, Y)
        @ type(found.transform).rotation(45)
        @ type(found.transform).scale(100, -100)
    )
    object.__setattr__(found, "transform", turned)
    object.__setattr__(found, "bounds", (X, Y - 200, X + 300, Y + 200))
    pieces = cut([LineString(at((-50, 0.5), (250, 0.5)))], maps([], [found]))
    covered = pieces.ranks[0] > 0
    side = 100 * 2**0.5
    assert (pieces.end_at - pieces.start_at)[covered].sum() == pytest.approx(side - 1.0)


def test_areas_and_rasters_of_one_operator_the_better_counts(maps, raster):
    cells = raster([[40.0, 40.0, 5.0, 5.0]], (X, Y + 50), 50.0, operator="A")
    area = box(X + 50, Y, X + 150, Y + 50)
    found = maps([area], [cells], operator="A", technology="4g", down_mbps=12)
    assert len(found.keys) == 1
    pieces = cut([LineString(at((-50, 25), (250, 25)))], found)
    assert pieces.ranks.tolist() == [[0, 3, 2, 1, 0]]
    assert pieces.end_at == pytest.approx([50, 150, 200, 250, 300])


def test_nothing_to_cut(maps):
    pieces = cut([], maps([WHOLE], operator="A"))
    assert len(pieces.line) == 0
    assert pieces.ranks.shape == (1, 0)
    assert cut([LineString(at((0, 0), (1, 1)))], maps([WHOLE], operator="A"), zones=()).line.size == 0


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=8))
def test_steps_measure_every_line(places):
    lines = [LineString([(X + 10 * x, Y + 10 * y) for x, y in places]), LineString(at((0, 0), (0, 10)))]
    steps = list_steps(np.array(lines), "EPSG:3006")
    assert steps.at[steps.last] - steps.at[steps.first] == pytest.approx(shapely.length(lines))
    assert steps.line.tolist() == [0] * (len(places) - 1) + [1]
