"""Cells: official ids known from elsewhere, round trips, edges, and what has no cell."""

import math
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from infraplan.demand.grids import (
    COARSER,
    SQUARES,
    assign_cells,
    cell_shapes,
    find_coarser,
    number_cells,
)
from infraplan.errors import StudyError
from infraplan.layers.squares import squares

SWEREF = "EPSG:3006"
LAEA = "EPSG:3035"
GRIDS = [*SQUARES, "h3"]


def points(xy, crs=SWEREF):
    return gpd.GeoSeries(shapely.points(np.reshape(np.asarray(xy, dtype=float), (-1, 2))), crs=crs)


# --- ids known from elsewhere


def test_ids_of_dalarna_are_those_of_scb(shared_data):
    rows = pd.read_csv(
        shared_data / "dalarna" / "population_1km_2025.csv", encoding="utf-8-sig", dtype={"rutid": str}
    )
    centres = points(rows[["e", "n"]])
    assert assign_cells(centres, "sweref_1km").tolist() == rows["rutid"].tolist()
    ours = cell_shapes(rows["rutid"], "sweref_1km", SWEREF)
    assert ours.geom_equals(squares(rows["rutid"])).all()
    quarter = assign_cells(centres, "sweref_250m")
    assert find_coarser(quarter, "sweref_250m").tolist() == rows["rutid"].tolist()


@pytest.mark.parametrize(
    ("lon", "lat", "kilometre", "hectare"),
    [
        # By the formulas of EPSG 9820 on GRS 80 (see the test below), no call of PROJ.
        (18.0686, 59.3293, "1kmN4051E4780", None),
        (10.0, 52.0, "1kmN3210E4321", "100mN32100E43210"),
    ],
)
def test_codes_of_known_points_in_epsg_3035(lon, lat, kilometre, hectare):
    east, north = equal_area(lon, lat)
    at = gpd.GeoSeries.from_xy([lon], [lat], crs="EPSG:4258")
    by_hand = f"1kmN{math.floor(north / 1000 + 1e-9):04d}E{math.floor(east / 1000 + 1e-9):04d}"
    assert assign_cells(at, "laea_1km").tolist() == [by_hand] == [kilometre]
    by_hand = f"100mN{math.floor(north / 100 + 1e-9):05d}E{math.floor(east / 100 + 1e-9):05d}"
    assert assign_cells(at, "laea_100m").tolist() == [by_hand]
    assert hectare in (None, by_hand)


def equal_area(lon, lat):
    """Return east and north in EPSG:3035 by the formulas of IOGP guidance note 7-2, 3.4.2 (EPSG 9820)."""
    a, f = 6_378_137.0, 1 / 298.257222101
    e = math.sqrt(2 * f - f * f)

    def q(phi):
        s = math.sin(phi)
        return (1 - e * e) * (s / (1 - (e * s) ** 2) - math.log((1 - e * s) / (1 + e * s)) / (2 * e))

    phi, phi0, delta = math.radians(lat), math.radians(52), math.radians(lon - 10)
    beta, beta0 = math.asin(q(phi) / q(math.pi / 2)), math.asin(q(phi0) / q(math.pi / 2))
    r = a * math.sqrt(q(math.pi / 2) / 2)
    d = a * math.cos(phi0) / math.sqrt(1 - (e * math.sin(phi0)) ** 2) / (r * math.cos(beta0))
    b = r * math.sqrt(
        2 / (1 + math.sin(beta0) * math.sin(beta) + math.cos(beta0) * math.cos(beta) * math.cos(delta))
    )
    east = 4_321_000 + b * d * math.cos(beta) * math.sin(delta)
    north = 3_210_000 + b / d * (
        math.cos(beta0) * math.sin(beta) - math.sin(beta0) * math.cos(beta) * math.cos(delta)
    )
    return east, north


def test_codes_are_written_as_eurostat_writes_them():
    # The numbers are north and east of the lower left corner in sides of a cell.
    codes = pd.Series(["1kmN2599E4695"])
    assert cell_shapes(codes, "laea_1km", LAEA)[0].bounds == (4_695_000, 2_599_000, 4_696_000, 2_600_000)
    codes = pd.Series(["100mN48573E46012"])
    assert cell_shapes(codes, "laea_100m", LAEA)[0].bounds == (4_601_200, 4_857_300, 4_601_300, 4_857_400)
    assert find_coarser(codes, "laea_100m").tolist() == ["1kmN4857E4601"]


def test_hexagons_are_those_of_the_library():
    h3 = pytest.importorskip("h3")
    lon, lat = [22.1547, 18.0686, 0.0, -179.9999], [65.5848, 59.3293, 0.0, -89.9]
    at = gpd.GeoSeries.from_xy(lon, lat, crs="EPSG:4326")
    for resolution in (0, 8, 15):
        expected = [h3.latlng_to_cell(a, o, resolution) for o, a in zip(lon, lat, strict=True)]
        assert assign_cells(at, "h3", resolution=resolution).tolist() == expected
    # The Brandenburg Gate, as Snowflake documents its H3_LATLNG_TO_CELL_STRING.
    gate = gpd.GeoSeries.from_xy([13.377704], [52.516262], crs="EPSG:4326")
    assert assign_cells(gate, "h3").tolist() == ["881f1d4887fffff"]


# --- points to cells and back


@pytest.mark.parametrize("grid", GRIDS)
def test_each_point_lies_in_the_shape_of_its_cell(grid):
    random = np.random.default_rng(3)
    at = points(random.uniform([300_000, 6_150_000], [900_000, 7_650_000], (400, 2)))
    ids = assign_cells(at, grid)
    shapes = cell_shapes(ids, grid, SWEREF)
    assert shapes.crs == SWEREF
    assert shapes.is_valid.all()
    # The edges of transformed cells are straight: by millimetres beside the true ones.
    assert shapes.buffer(0.01).contains(at).all()
    centres = gpd.GeoSeries(shapes.representative_point())
    assert assign_cells(centres, grid).tolist() == ids.tolist()


@pytest.mark.parametrize("grid", list(SQUARES))
@given(
    corner=st.tuples(st.integers(0, 3_999), st.integers(0, 39_999)),
    step=st.tuples(*[st.sampled_from([0.0, 1e-3, 0.5, 1.0 - 1e-5])] * 2),
)
def test_cells_hold_their_lower_and_left_edges(grid, corner, step):
    size, unit = SQUARES[grid].size_m, SQUARES[grid].unit_m
    x, y = ((c + s) * size for c, s in zip(corner, step, strict=True))
    east, north = (c * size // unit for c in corner)
    expected = SQUARES[grid].written.format(east=east, north=north)
    if not (east * unit < SQUARES[grid].most_m[0] and north * unit < SQUARES[grid].most_m[1]):
        expected = ""
    at = points([(x, y)], SQUARES[grid].crs)
    assert assign_cells(at, grid).tolist() == [expected]
    if expected:
        box = shapely.box(corner[0] * size, corner[1] * size, (corner[0] + 1) * size, (corner[1] + 1) * size)
        assert cell_shapes(pd.Series([expected]), grid, SQUARES[grid].crs)[0].equals(box)


@pytest.mark.parametrize("grid", list(COARSER))
@given(st.lists(st.tuples(st.floats(0, 9e5), st.floats(0, 9e6)), min_size=1, max_size=20))
def test_small_squares_make_up_large_ones(grid, xy):
    at = points(xy, SQUARES[grid].crs)
    assert find_coarser(assign_cells(at, grid), grid).tolist() == assign_cells(at, COARSER[grid]).tolist()


@pytest.mark.parametrize("grid", ["laea_100m", "laea_1km"])
def test_edges_hold_through_another_crs(grid):
    # Through SWEREF and back a corner moves by up to a quarter of a millimetre.
    size = SQUARES[grid].size_m
    random = np.random.default_rng(1)
    corner = random.integers(
        [4_400_000 // size, 3_600_000 // size], [5_000_000 // size, 5_000_000 // size], (2000, 2)
    )
    there = Transformer.from_crs(LAEA, SWEREF, always_xy=True).transform(*(corner.T * size))
    unit = SQUARES[grid].unit_m
    expected = [
        SQUARES[grid].written.format(east=e * size // unit, north=n * size // unit)
        for e, n in corner.tolist()
    ]
    assert assign_cells(points(np.column_stack(there)), grid).tolist() == expected


@pytest.mark.parametrize("grid", GRIDS)
def test_numbers_and_ids_agree_and_ids_are_sorted(grid):
    random = np.random.default_rng(4)
    xy = random.uniform([600_000, 6_990_000], [612_000, 7_012_000], (300, 2))
    at = points(np.vstack([xy, xy, [(np.nan, np.nan)]]))
    cell, ids = number_cells(at, grid)
    assert ids.tolist() == sorted(set(ids))
    assert cell[-1] == -1
    assert cell[:300].tolist() == cell[300:600].tolist()
    assert ids[cell[:600]].tolist() == assign_cells(at, grid)[:600].tolist()
    assert set(cell[:600].tolist()) == set(range(len(ids)))


# --- what has no cell


@pytest.mark.parametrize("grid", list(SQUARES))
def test_beyond_what_ids_can_say_there_is_no_cell(grid):
    most = SQUARES[grid].most_m
    size = SQUARES[grid].size_m
    at = points(
        [(-1e-3, 5), (5, -1e-3), (most[0], 5), (5, most[1]), (1e300, 5), (np.inf, 5), (0, 0),
         (most[0] - 1e-3, most[1] - 1e-3)],
        SQUARES[grid].crs,
    )  # fmt: skip
    found = assign_cells(at, grid)
    assert found[:6].tolist() == [""] * 6
    assert "" not in found[6:].tolist()
    last = cell_shapes(found, grid, SQUARES[grid].crs)[7]
    assert last.bounds == (most[0] - size, most[1] - size, *most)


@pytest.mark.parametrize("grid", GRIDS)
def test_missing_and_empty_points_lie_in_none(grid):
    at = gpd.GeoSeries(
        [None, shapely.Point(), shapely.Point(600_000, 7_000_000)], index=list("abc"), crs=SWEREF
    )
    found = assign_cells(at, grid)
    assert found.index.tolist() == list("abc")
    assert (found == "").tolist() == [True, True, False]
    assert assign_cells(at[:0], grid).tolist() == []
    assert cell_shapes(found, grid, SWEREF).isna().tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("grid", "strange"),
    [
        ("sweref_1km", ["", "abc", "352000686000", "35200068600000", "3520006860000 "]),
        ("laea_1km", ["", "100mN48573E46012", "1kmN259E4695", "1kmE4695N2599"]),
        ("laea_100m", ["1kmN2599E4695", "100mN4857E4601"]),
        ("h3", ["", "zz", "8928308280ffff0", "0", "-1", "ffffffffffffffff"]),
    ],
)
def test_what_is_no_id_has_no_shape(grid, strange):
    assert cell_shapes(pd.Series(strange, dtype="str"), grid, SWEREF).isna().all()


def test_without_the_library_of_hexagons_the_error_says_what_to_do(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "h3"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "h3", None)
    with pytest.raises(StudyError, match="pip install"):
        assign_cells(points([(600_000, 7_000_000)]), "h3")
    with pytest.raises(StudyError, match="pip install"):
        cell_shapes(pd.Series(["8928308280fffff"]), "h3", SWEREF)
    assert assign_cells(points([(600_000, 7_000_000)]), "sweref_1km").tolist() == ["6000007000000"]


# --- how far straight edges lie from true ones


@pytest.mark.parametrize(("grid", "most_m"), [("laea_1km", 0.005), ("laea_100m", 0.0001)])
def test_four_corners_suffice(grid, most_m):
    random = np.random.default_rng(6)
    at = gpd.GeoSeries.from_xy(random.uniform(10.5, 24.2, 100), random.uniform(55.3, 69.1, 100), crs=4326)
    ids = assign_cells(at, grid)
    straight = cell_shapes(ids, grid, SWEREF)
    bent = gpd.GeoSeries(cell_shapes(ids, grid, LAEA).segmentize(SQUARES[grid].size_m / 20), crs=LAEA)
    beside = shapely.hausdorff_distance(straight.exterior.to_numpy(), bent.to_crs(SWEREF).exterior.to_numpy())
    assert 0 < beside.max() < most_m


@pytest.mark.parametrize(("resolution", "most_m"), [(4, 1.0), (8, 0.001)])
def test_straight_edges_of_hexagons_lie_close_to_great_circles(resolution, most_m):
    h3 = pytest.importorskip("h3")
    random = np.random.default_rng(6)
    at = gpd.GeoSeries.from_xy(random.uniform(11, 24, 40), random.uniform(55.3, 69, 40), crs="EPSG:4326")
    ids = assign_cells(at, "h3", resolution=resolution)
    straight = cell_shapes(ids, "h3", SWEREF).exterior.to_numpy()
    bent = [shapely.LinearRing(great_circles(h3.cell_to_boundary(cell))) for cell in ids]
    true = gpd.GeoSeries(bent, crs="EPSG:4326").to_crs(SWEREF).to_numpy()
    assert shapely.hausdorff_distance(straight, true).max() < most_m


def great_circles(corners, steps=20):
    """Return (lon, lat) along the great circles between corners (lat, lon)."""
    lat, lon = np.radians(np.array(corners)).T
    at = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    part = np.linspace(0, 1, steps, endpoint=False)[:, None]
    along = np.vstack([a * (1 - part) + b * part for a, b in zip(at, np.roll(at, -1, axis=0), strict=True)])
    along /= np.linalg.norm(along, axis=1)[:, None]
    return np.degrees(np.column_stack([np.arctan2(along[:, 1], along[:, 0]), np.arcsin(along[:, 2])]))
