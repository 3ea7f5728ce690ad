"""Shapes made coarser: a band tells whereabouts a route goes, and not where."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, box

from infraplan.outputs.coarse import band_routes, generalise, join_coverage, snap_nodes

CRS = "EPSG:3006"
X, Y = 800_000.0, 7_400_000.0
LEAST_M = 100.0
"""What the rule promises: half of what can be guessed of a line from its band is at least so far from it."""


def make_routes(lines, *, kind="road", phase=1):
    rows = pd.DataFrame({"kind": kind, "phase": phase}, index=range(len(lines)))
    return gpd.GeoDataFrame(rows, geometry=list(lines), crs=CRS)


def find_middle(band):
    """Return the middle line of a band, by the Voronoi cells of its border."""
    border = shapely.get_coordinates(shapely.segmentize(band.boundary, 40.0))
    edges = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(border), only_edges=True))
    inside = band.buffer(-150.0)
    shapely.prepare(inside)
    return shapely.union_all(edges[shapely.contains(inside, edges)])


def measure_guess(band, lines):
    """Return how far the middle is from the lines, and the lines are from it: the medians, in metres."""
    true, guess = shapely.union_all(list(lines)), find_middle(band)
    points = [
        shapely.points(shapely.get_coordinates(shapely.segmentize(line, 25.0))) for line in (guess, true)
    ]
    return min(
        float(np.median(shapely.distance(points[0], true))),
        float(np.median(shapely.distance(points[1], guess))),
    )


def make_winding(seed, length=12_000.0):
    """Return a winding road and two that branch off it."""
    random = np.random.default_rng(seed)
    heading = np.cumsum(random.normal(0.0, 0.25, int(length / 100))) + random.uniform(0.0, 2.0 * np.pi)
    steps = 100.0 * np.column_stack([np.cos(heading), np.sin(heading)])
    trunk = np.array([X, Y]) + np.vstack([[0.0, 0.0], np.cumsum(steps, axis=0)])
    found = [LineString(trunk)]
    for at in (len(trunk) // 3, 2 * len(trunk) // 3):
        turn = heading[at] + random.choice([-1.0, 1.0]) * np.pi / 2.0
        found.append(LineString([trunk[at], trunk[at] + 2_500.0 * np.array([np.cos(turn), np.sin(turn)])]))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_middle_of_a_band_is_not_the_route(seed):
    lines = make_winding(seed)
    band = band_routes(make_routes(lines), {}, bytes([seed])).geometry.iloc[0]
    assert measure_guess(band, lines) >= LEAST_M
    # The measure does find what a plain buffer would tell.
    assert measure_guess(shapely.union_all(lines).buffer(250.0), lines) < 25.0


@pytest.mark.parametrize("degrees", range(0, 180, 15))
def test_a_long_straight_road_is_not_told_by_its_band_even_on_the_whole(degrees):
    turn = np.radians(degrees)
    along = np.linspace(-3_000.0, 3_000.0, 31)[:, np.newaxis]
    line = LineString(np.array([X + 5_000.0, Y + 5_000.0]) + along * [np.cos(turn), np.sin(turn)])
    band = band_routes(make_routes([line]), {}, b"key").geometry.iloc[0]
    assert measure_guess(band, [line]) >= LEAST_M
    # Nor by the straight line that fits the band best.
    places = shapely.get_coordinates(shapely.segmentize(find_middle(band), 25.0))
    middle = places.mean(axis=0)
    normal = np.array([-np.sin(turn), np.cos(turn)])
    assert abs((middle - [X + 5_000.0, Y + 5_000.0]) @ normal) >= LEAST_M


coordinate = st.floats(-8_000.0, 8_000.0).map(lambda value: round(value, 2))
corners = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6, unique=True)


@settings(max_examples=60)
@given(st.lists(corners, min_size=1, max_size=4), st.binary(min_size=1, max_size=8))
def test_a_route_lies_within_its_band_and_its_ends_are_not_those_of_the_band(shapes, secret):
    lines = [LineString([(X + x, Y + y) for x, y in places]) for places in shapes]
    bands = band_routes(make_routes(lines), {1: 2027}, secret)
    band = bands.geometry.iloc[0]
    assert bands.index.tolist() == [1]
    assert bands["year"].tolist() == [2027]
    assert band.is_valid
    assert shapely.union_all(lines).difference(band).length < 1e-6
    assert band.area >= 0.9 * 500.0 * max(line.envelope.length / 2.0 / np.sqrt(2.0) for line in lines)
    corners_ = shapely.get_coordinates(band)
    assert (corners_ % 25.0 == 0.0).all()


def test_only_the_secret_tells_to_which_side():
    routes = make_routes(make_winding(1))
    once, again = (band_routes(routes, {}, b"one").geometry.iloc[0] for _ in range(2))
    assert once.equals(again)
    assert len({band_routes(routes, {}, bytes([key])).geometry.iloc[0].wkb for key in range(8)}) == 8


def test_drops_and_what_is_there_already_cannot_be_told_from_a_band():
    trunk, drop = LineString([(X, Y), (X + 3_000, Y)]), LineString([(X + 3_000, Y), (X + 3_000, Y + 2_000)])
    both = gpd.GeoDataFrame(
        {"kind": ["road", "drop"], "phase": 1, "existing": ["new", "new"]}, geometry=[trunk, drop], crs=CRS
    )
    alone = band_routes(make_routes([trunk]), {}, b"key").geometry.iloc[0]
    assert band_routes(both, {}, b"key").geometry.iloc[0].equals(alone)
    leased = both.assign(existing=["leased_duct", "new"])
    assert band_routes(leased, {}, b"key").geometry.iloc[0].equals(alone)


def test_a_band_for_each_phase_and_none_without_routes():
    routes = make_routes(make_winding(2), phase=[1, 2, 2])
    bands = band_routes(routes, {1: 2027}, b"key")
    assert bands.index.tolist() == [1, 2]
    assert bands["year"].isna().tolist() == [False, True]
    assert set(bands["width_m"]) == {500.0}
    nothing = band_routes(routes.iloc[:0], {}, b"key")
    assert nothing.empty
    assert nothing.crs == CRS


def test_small_holes_of_a_band_are_filled():
    for side, holes in ((900.0, 0), (3_000.0, 1)):
        ring = box(X, Y, X + side, Y + side).exterior
        band = band_routes(make_routes([LineString(ring)]), {}, b"key").geometry.iloc[0]
        assert sum(len(part.interiors) for part in shapely.get_parts(band)) == holes


@settings(max_examples=60)
@given(st.lists(corners, min_size=1, max_size=4))
def test_generalised_lines_are_near_and_their_ends_still_meet(shapes):
    lines = [LineString([(X + x, Y + y) for x, y in places]) for places in shapes]
    found = generalise(make_routes(lines))
    assert set(found.index) <= set(range(len(lines)))
    for at, line in zip(found.index, found.geometry, strict=True):
        assert (shapely.get_coordinates(line) % 25.0 == 0.0).all()
        assert shapely.hausdorff_distance(line, lines[at]) < 25.0 + 25.0


@given(coordinate, coordinate)
def test_lines_that_met_still_meet(x, y):
    joint = (X + x, Y + y)
    lines = [LineString([(X - 20_000, Y), joint]), LineString([joint, (X + 20_000, Y + 99)])]
    found = generalise(make_routes(lines)).geometry
    assert found.iloc[0].touches(found.iloc[1])


def test_what_is_shorter_than_a_line_can_be_drawn_vanishes_without_a_fault():
    lines = [LineString([(X + 1, Y + 1), (X + 2, Y + 2)]), LineString([(X, Y), (X + 500, Y)]), None]
    found = generalise(make_routes(lines))
    assert found.index.tolist() == [1]
    several = MultiLineString([lines[1], LineString([(X, Y), (X, Y + 400)])])
    assert generalise(make_routes([several])).geometry.iloc[0].length == pytest.approx(900.0)


@given(st.floats(-1e6, 1e6), st.floats(6e6, 8e6))
def test_nodes_lie_on_a_grid_near_where_they_are(x, y):
    found = snap_nodes(gpd.GeoDataFrame(geometry=[Point(x, y)], crs=CRS)).geometry.iloc[0]
    assert found.x % 250.0 == 0.0
    assert found.y % 250.0 == 0.0
    assert found.distance(Point(x, y)) <= 250.0 / np.sqrt(2.0) + 1e-6


def test_coverage_has_no_borders_between_operators():
    squares = [box(X, Y, X + 10, Y + 10), box(X + 5, Y, X + 15, Y + 10), box(X, Y, X + 5, Y + 5)]
    table = gpd.GeoDataFrame(
        {"technology": ["4g", "4g", "5g"], "down_mbps": [30.0, 30.0, np.nan]}, geometry=squares, crs=CRS
    )
    found = join_coverage(table)
    assert found["technology"].tolist() == ["4g", "5g"]
    assert found.geometry.area.tolist() == [150.0, 25.0]
    assert join_coverage(table.iloc[:0]).empty
