"""Land by what covers it, against unions drawn by shapely and against every cell asked by itself."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer
from shapely import MultiPolygon, Polygon, box

from infraplan.coverage import mobile_area, mobile_cells
from infraplan.coverage.mobile_area import measure_land
from infraplan.coverage.mobile_cells import Window, cover, list_edges, list_windows
from infraplan.coverage.mobile_maps import best_of
from infraplan.spatial import build_index

X, Y = 700_000.0, 7_300_000.0


def square(x, y, size_x=1_000.0, size_y=1_000.0):
    return box(X + x, Y + y, X + x + size_x, Y + y + size_y)


def measure(maps, zones, water=()):
    return measure_land(maps, build_index(list(zones)), np.array(list(water), dtype=object))


def random_areas(random, count, size=300):
    centres = random.random((count, 2)) * 2_000
    return [
        shapely.convex_hull(shapely.multipoints(random.normal(centre + np.array([X, Y]), size, (6, 2))))
        for centre in centres
    ]


ZONES = [square(0, 0, 1_000, 2_000), square(1_000, 0, 1_000, 2_000)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("corners", [10, 60, 10_000])
def test_faces_are_the_areas_of_unions(maps, monkeypatch, seed, corners):
    monkeypatch.setattr(mobile_area, "_CORNERS", corners)
    random = np.random.default_rng(seed)
    shapes, water = random_areas(random, 12), random_areas(random, 4, 80)
    who, speed = random.choice(["A", "B"], 12), random.choice([5.0, 10.0, 100.0], 12)
    found = maps(shapes, operator=who, down_mbps=speed)
    land = measure(found, ZONES, water)
    wet = shapely.union_all(water)
    for number, zone in enumerate(ZONES):
        dry = zone - wet
        own = land.zone == number
        assert land.area_m2[own].sum() == pytest.approx(dry.area, rel=1e-9)
        for operator in ("", "A", "B"):
            for rank, level in ((1, 0), (2, 10), (4, 100)):
                chosen = (speed >= level) & ((who == operator) | (operator == ""))
                covered = best_of(land.ranks, found.select("hand", operator=operator)) >= rank
                expected = (shapely.union_all(np.array(shapes)[chosen]) & dry).area
                assert land.area_m2[own & covered].sum() == pytest.approx(expected, abs=1e-3)


def test_faces_of_areas_that_touch_overlap_and_are_the_same(maps):
    shapes = [square(0, 0), square(1_000, 0), square(500, 500), square(500, 500)]
    found = maps(shapes, operator=["A", "A", "A", "B"], down_mbps=10)
    land = measure(found, ZONES)
    amounts = {
        tuple(column): land.area_m2[(column == land.ranks.T).all(axis=1)].sum()
        for column in np.unique(land.ranks.T, axis=0)
    }
    assert amounts == pytest.approx({(0, 0): 1_500_000, (2, 0): 1_500_000, (2, 2): 1_000_000})


def test_holes_and_parts_are_drawn(maps):
    ring = square(100, 100) - square(300, 300, 100, 100)
    parts = MultiPolygon([square(1_200, 0, 100, 100), square(1_400, 0, 100, 100)])
    land = measure(maps([ring, parts], operator="A", down_mbps=10), ZONES)
    reached = [land.area_m2[(land.zone == zone) & (land.ranks[0] > 0)].sum() for zone in (0, 1)]
    assert reached == pytest.approx([900 * 1_000 - 10_000, 100 * 1_000 + 20_000])


def test_of_overlapping_zones_the_first_counts_and_no_land_is_lost(maps):
    zones = [square(0, 0), square(500, 0)]
    land = measure(maps([square(0, 0)], operator="A"), zones)
    assert np.bincount(land.zone, land.area_m2) == pytest.approx([1_000_000, 500_000])
    assert measure(maps([square(0, 0)], operator="A"), []).area_m2.size == 0


@pytest.mark.parametrize("seed", range(5))
def test_cells_are_counted_one_by_one(maps, raster, monkeypatch, seed):
    monkeypatch.setattr(mobile_cells, "WINDOW", 7)
    random = np.random.default_rng(seed)
    cells = random.choice([-9999.0, 5.0, 12.0, 200.0], (30, 25))
    shapes, water = random_areas(random, 6), random_areas(random, 3, 80)
    speed, who = random.choice([10.0, 30.0], 6), random.choice(["R", "B"], 6)
    found = maps(
        shapes, [raster(cells, (X + 130, Y + 2_110), 70.0)], operator=who, technology="4g", down_mbps=speed
    )
    zones = [*random_areas(random, 3, 500), square(0, 0)]
    land = measure(found, zones, water)
    # Every cell of a grid in line with the raster, asked by itself.
    x, y = (
        values.ravel()
        for values in np.meshgrid(X + 165 + 70 * np.arange(-60, 60), Y + 2_075 - 70 * np.arange(-60, 90))
    )
    zone = np.full(len(x), -1)
    for number in range(3, -1, -1):
        zone[shapely.contains_xy(zones[number], x, y)] = number
    zone[shapely.contains_xy(shapely.union_all(water), x, y)] = -1
    column, row = np.floor((x - X - 130) / 70).astype(int), np.floor((Y + 2_110 - y) / 70).astype(int)
    inside = (column >= 0) & (column < 25) & (row >= 0) & (row < 30)
    for operator in ("R", "B", ""):
        best = np.zeros(len(x))
        for shape, name, value in zip(shapes, who, speed, strict=True):
            if operator in ("", name):
                best = np.fmax(best, np.where(shapely.contains_xy(shape, x, y), value, 0))
        if operator != "B":
            best[inside] = np.fmax(best[inside], cells[row[inside], column[inside]])
        for rank, level in ((1, 1), (2, 10), (3, 30), (4, 100)):
            covered = best_of(land.ranks, found.select("hand", operator=operator)) >= rank
            counted = np.bincount(land.zone[covered], land.area_m2[covered], minlength=4)
            expected = np.bincount(zone[(zone >= 0) & (best >= level)], minlength=4) * 4_900.0
            assert counted == pytest.approx(expected)


def test_the_size_of_windows_changes_nothing(maps, raster, monkeypatch):
    random = np.random.default_rng(2)
    found = maps(
        random_areas(random, 4),
        [raster(random.choice([5.0, 12.0], (40, 40)), (X, Y + 2_000), 50.0)],
        operator="A",
    )
    whole = measure(found, ZONES)
    monkeypatch.setattr(mobile_cells, "WINDOW", 3)
    parts = measure(found, ZONES)

    def keyed(land):
        return dict(zip(map(tuple, np.r_[[land.zone], land.ranks].T.tolist()), land.area_m2, strict=True))

    assert keyed(whole) == keyed(parts)


def test_a_raster_that_ends_before_the_study_covers_nothing_beyond(maps, raster):
    found = maps([], [raster(np.full((10, 10), 12.0), (X + 500, Y + 1_000), 50.0)])
    land = measure(found, ZONES)
    assert land.area_m2.sum() == 4_000_000
    assert land.area_m2[land.ranks[0] > 0].sum() == 250_000


def test_rasters_of_other_grids_and_crs_are_looked_up_at_the_finest_cells(maps, raster):
    there = Transformer.from_crs("EPSG:3006", "EPSG:3016", always_xy=True)
    x, y = there.transform(X, Y)
    coarse = raster(np.full((30, 30), 40.0), (x - 2_000, y + 4_000), 200.0, crs="EPSG:3016", operator="B")
    fine = raster(np.full((10, 10), 12.0), (X, Y + 250), 25.0, operator="A")
    found = maps([], [coarse, fine])
    assert next(list_windows(found, shapely.total_bounds(ZONES)))[1] == 625
    land = measure(found, ZONES)
    assert land.area_m2.sum() == 4_000_000
    by_operator = [
        land.area_m2[best_of(land.ranks, found.select("hand", operator=o)) > 0].sum() for o in "AB"
    ]
    assert by_operator == [62_500, 4_000_000]


def test_very_fine_rasters_are_counted_every_ten_metres(maps, raster):
    found = maps([], [raster(np.full((40, 40), 12.0), (X, Y + 100), 2.5)])
    land = measure(found, [square(0, 0, 100, 100)])
    assert land.area_m2.sum() == 10_000
    assert next(list_windows(found, np.array([X, Y, X + 100, Y + 100])))[1] == 100


def test_a_raster_of_degrees(maps, raster):
    to_degrees = Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(X, Y)
    found = maps([], [raster(np.full((200, 200), 12.0), (lon - 0.01, lat + 0.06), 0.0005, crs="EPSG:4326")])
    land = measure(found, ZONES)
    assert land.area_m2[land.ranks[0] > 0].sum() == land.area_m2.sum() == pytest.approx(4e6, rel=0.05)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=7, unique=True),
    st.floats(0.01, 0.99),
)
def test_rows_are_filled_as_points_are_asked(places, shift):
    shape = shapely.convex_hull(shapely.multipoints(places))
    if shape.geom_type != "Polygon":
        return
    shapes = np.array([shape, Polygon([(2, 2), (6, 2), (6, 6)])])
    middles = np.arange(10) + shift
    window = Window(middles, middles[::-1])
    x, y = np.meshgrid(window.x, window.y)
    found = cover(list_edges(shapes), window, np.ones(len(list_edges(shapes).owner), dtype=bool))
    union = shapely.union_all(shapes)
    clear = shapely.distance(shapely.points(x, y), union.boundary) > 1e-9
    assert (found == shapely.contains_xy(union, x, y))[clear].all()


def test_squares_side_by_side_share_no_cell_and_miss_none():
    shapes = np.array([box(0, 0, 2, 2), box(2, 0, 4, 2), box(0, 2, 4, 4)])
    edges = list_edges(shapes)
    window = Window(np.arange(5.0), np.arange(5.0)[::-1])  # middles on the borders
    counts = sum(cover(edges, window, edges.owner == number).astype(int) for number in range(3))
    assert counts.sum() == 16
    assert counts.max() == 1
