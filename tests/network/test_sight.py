"""Line of sight against closed forms, a plain loop, and the mountains of Andorra."""

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from infraplan.layers.raster import read_raster
from infraplan.network import sight
from infraplan.network.sight import choose_mast, find_sight

CRS = "EPSG:3006"
ORIGIN = (500_000.0, 7_300_000.0)
CELL_M = 10.0
AIR = {"mast_height_m": 20.0, "premises_height_m": 20.0, "frequency_ghz": 3.5}
OPTICAL = {"clearance": 0.0, "earth_factor": 1e12}
"""Neither Fresnel zone nor bulge: what is left is geometry."""
COLUMNS = ["mast", "premises_id", "distance_m", "clear", "margin_m", "known"]


@pytest.fixture(scope="session")
def make_terrain(tmp_path_factory):
    """Return a function that makes a raster of cells whose lower left corner is the origin."""
    folder, number = tmp_path_factory.mktemp("terrain"), itertools.count()

    def make(cells, cell_m=CELL_M, nodata=-9999.0):
        cells = np.asarray(cells, dtype="float32")
        path = folder / f"{next(number)}.tif"
        profile = {"driver": "GTiff", "height": cells.shape[0], "width": cells.shape[1], "count": 1}
        top = ORIGIN[1] + cells.shape[0] * cell_m
        place = Affine(cell_m, 0, ORIGIN[0], 0, -cell_m, top)
        with rasterio.open(
            path, "w", **profile, dtype="float32", crs=CRS, nodata=nodata, transform=place
        ) as file:
            file.write(cells, 1)
        return read_raster(path)

    return make


def points(name="premises_id", crs=CRS, **places) -> gpd.GeoDataFrame:
    xy = np.array(list(places.values()), float).reshape(-1, 2) + ORIGIN
    index = pd.Index(list(places), name=name, dtype="str")
    return gpd.GeoDataFrame(index=index, geometry=gpd.points_from_xy(*xy.T), crs=crs)


def look(terrain, mast, home, **options):
    """Return the only row for one mast and one premises."""
    table = find_sight(
        points("mast", m=mast), points(p=home), terrain, **{"range_m": 1e6, **AIR, **OPTICAL, **options}
    )
    return table.loc[0]


def plain_margin(ground, start, end, *, step_m, frequency_ghz, clearance, earth_factor):
    """Return the margin of one pair by the textbook, place by place; ``ground(x, y)``; ends with heights."""
    (x0, y0, up0), (x1, y1, up1) = start, end
    distance = math.dist((x0, y0), (x1, y1))
    parts = max(2, math.ceil(distance / step_m))
    low, high = ground(x0, y0) + up0, ground(x1, y1) + up1
    wavelength = 0.299792458 / frequency_ghz
    margins = []
    for number in range(1, parts):
        d1, d2 = distance * number / parts, distance * (parts - number) / parts
        share = number / parts
        ray = low + (high - low) * share
        bulge = d1 * d2 / (2 * earth_factor * 6_371_000)
        zone = math.sqrt(wavelength * d1 * d2 / (d1 + d2)) if distance else 0.0
        height = ground(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
        margins.append(ray - height - bulge - clearance * zone)
    return math.nan if any(map(math.isnan, margins)) else min(margins)


def test_over_a_calm_sea_the_bulge_alone_ends_the_sight(make_terrain):
    sea = make_terrain(np.zeros((2, 40)), cell_m=1_000.0)
    # The radio horizon of textbooks: 4.12 km x (sqrt(10 m) + sqrt(10 m)) = 26.06 km.
    horizon_m = 4_122 * 2 * math.sqrt(10)
    options = {"mast_height_m": 10, "premises_height_m": 10, "earth_factor": 4 / 3, "step_m": horizon_m}
    near = look(sea, (100, 500), (100 + 0.999 * horizon_m, 500), **options)
    far = look(sea, (100, 500), (100 + 1.001 * horizon_m, 500), **options)
    assert (near["clear"], far["clear"], far["known"]) == (True, False, True)
    # 10 m - (20 km)² / (8 x 4/3 x 6 371 km)
    at = look(sea, (100, 500), (20_100, 500), **options)
    assert at["margin_m"] == pytest.approx(10 - 5.886046, abs=1e-6)
    assert at["distance_m"] == 20_000.0


@pytest.mark.parametrize(("up", "down"), [(30.0, 5.0), (60.0, 1.5), (5.0, 30.0)])
def test_the_horizon_of_unequal_antennas_is_the_sum_of_theirs(make_terrain, up, down):
    sea = make_terrain(np.zeros((2, 60)), cell_m=1_000.0)
    horizon_m = 4_122 * (math.sqrt(up) + math.sqrt(down))
    seen = [
        look(
            sea,
            (100, 500),
            (100 + share * horizon_m, 500),
            mast_height_m=up,
            premises_height_m=down,
            earth_factor=4 / 3,
            step_m=50.0,
        )["clear"]
        for share in (0.995, 1.005)
    ]
    assert seen == [True, False]


@pytest.mark.parametrize(("height", "margin"), [(119.0, 1.0), (119.75, 0.25), (120.25, -0.25), (121.0, -1.0)])
def test_a_ridge_just_below_the_ray_lets_it_pass_and_just_above_it_does_not(make_terrain, height, margin):
    cells = np.full((3, 41), 100.0)
    cells[:, 20] = height
    row = look(make_terrain(cells), (5, 15), (405, 15))
    assert row["margin_m"] == pytest.approx(margin, abs=1e-6)
    assert row["clear"] == (margin >= 0)
    assert row["known"]


def test_a_ridge_is_measured_against_the_slope_of_the_ray(make_terrain):
    cells = np.full((3, 41), 100.0)
    cells[:, 10] = 133.0
    row = look(make_terrain(cells), (5, 15), (405, 15), mast_height_m=40.0, premises_height_m=20.0)
    # A quarter of the way down from 140 m to 120 m: 135 m.
    assert row["margin_m"] == pytest.approx(2.0, abs=1e-6)


def test_the_ends_themselves_are_no_obstacles(make_terrain):
    row = look(make_terrain([[50.0] + [0.0] * 9 + [50.0]]), (5, 5), (105, 5), mast_height_m=0.0)
    assert row["clear"]
    # At the first cell after the mast the ray has risen 2 m from its foot.
    assert row["margin_m"] == pytest.approx(52.0, abs=1e-6)


def test_six_tenths_of_the_fresnel_zone_must_be_free(make_terrain):
    plain = make_terrain(np.zeros((2, 201)))
    options = {"frequency_ghz": 5.8, "clearance": 0.6, "step_m": 1_000.0}
    # The textbook's radius in the middle of 2 km: 17.32 x sqrt(2 / (4 x 5.8)) = 5.085 m.
    row = look(plain, (5, 5), (2_005, 5), **options)
    assert row["margin_m"] == pytest.approx(20 - 0.6 * 5.085, abs=0.002)
    low = {"mast_height_m": 3.04, "premises_height_m": 3.04}
    assert not look(plain, (5, 5), (2_005, 5), **options, **low)["clear"]
    assert look(plain, (5, 5), (2_005, 5), **{**options, "clearance": 0.59}, **low)["clear"]


def test_without_elevation_nothing_is_known_nor_clear():
    row = look(None, (0, 0), (100, 0))
    assert (row["known"], row["clear"]) == (False, False)
    assert np.isnan(row["margin_m"])


@pytest.mark.parametrize("void", [-9999.0, np.nan, np.inf, -np.inf, -32768.0, 65_535.0])
@pytest.mark.parametrize("column", [0, 20, 40])
def test_a_void_in_the_profile_or_below_an_end_is_never_free(make_terrain, void, column):
    cells = np.zeros((3, 41))
    cells[1, column] = void
    terrain = make_terrain(cells)
    row = look(terrain, (5, 15), (405, 15))
    assert (row["known"], row["clear"], np.isnan(row["margin_m"])) == (False, False, True)
    beside = look(terrain, (5, 25), (405, 25))
    assert (beside["known"], beside["clear"]) == (True, True)


def test_a_void_in_a_profile_that_is_blocked_leaves_it_unknown(make_terrain):
    cells = np.zeros((1, 41))
    cells[0, 10], cells[0, 20] = 500.0, -9999.0
    row = look(make_terrain(cells), (5, 5), (405, 5))
    assert (row["known"], row["clear"]) == (False, False)


def test_beyond_the_raster_nothing_is_known(make_terrain):
    terrain = make_terrain(np.zeros((3, 3)))
    assert not look(terrain, (5, 5), (100, 5))["known"]
    assert not look(terrain, (100, 5), (5, 5))["known"]
    assert not look(terrain, (-5_000, 5), (5_000, 5))["known"]


def test_a_mast_at_the_premises_is_seen(make_terrain):
    row = look(make_terrain(np.full((3, 3), 7.0)), (15, 15), (15, 15), clearance=0.6, mast_height_m=30.0)
    assert (row["distance_m"], row["clear"], row["known"]) == (0.0, True, True)
    # Half-way down from 30 m to 20 m.
    assert row["margin_m"] == pytest.approx(25.0)


def test_a_ray_that_touches_what_must_be_free_is_clear(make_terrain):
    row = look(make_terrain([[7.0]]), (5, 5), (5, 5), mast_height_m=0.0, premises_height_m=0.0)
    assert (row["margin_m"], row["clear"]) == (0.0, True)


def test_a_mast_has_its_own_height_where_it_is_a_number(make_terrain):
    masts = points("mast", a=(5, 5), b=(5, 5), c=(5, 5))
    terrain, home = make_terrain(np.zeros((1, 3))), points(p=(25, 5))
    masts["height_m"] = [40.0, np.nan, np.inf]
    options = {**AIR, **OPTICAL, "range_m": 100.0, "step_m": 10.0}
    assert find_sight(masts, home, terrain, **options)["margin_m"].tolist() == pytest.approx([30, 20, 20])
    masts["height_m"] = pd.array(["40", "", "tall"], dtype="str")
    assert find_sight(masts, home, terrain, **options)["margin_m"].tolist() == pytest.approx([30, 20, 20])


def test_the_step_is_a_cell_unless_given(make_terrain):
    cells = np.zeros((1, 101))
    cells[0, 41] = 99.0
    terrain = make_terrain(cells)
    assert not look(terrain, (5, 5), (1_005, 5))["clear"]
    assert look(terrain, (5, 5), (1_005, 5), step_m=20.0)["clear"]


def test_pairs_are_those_within_range_by_mast_and_premises(make_terrain):
    masts = points("mast", far=(0, 0), near=(300, 0))
    homes = points(b=(400, 0), a=(100, 0), c=(0, 1e5))
    table = find_sight(masts, homes, make_terrain(np.zeros((1, 60))), range_m=300.0, **AIR)
    assert table.columns.tolist() == COLUMNS
    assert table[["mast", "premises_id", "distance_m"]].to_numpy().tolist() == [
        ["far", "a", 100.0],
        ["near", "b", 100.0],
        ["near", "a", 200.0],
    ]
    assert find_sight(masts, homes, None, range_m=99.9, **AIR).empty


def test_nothing_in_gives_an_empty_table_of_the_same_columns(make_terrain):
    terrain = make_terrain(np.zeros((3, 3)))
    full = find_sight(points("mast", m=(5, 5)), points(p=(25, 5)), terrain, range_m=100.0, **AIR)
    nowhere = points(p=(5, 5))
    nowhere.loc["p", "geometry"] = None
    for masts, homes in [
        (points("mast"), points(p=(5, 5))),
        (points("mast", m=(5, 5)), points()),
        (points("mast", m=(5, 5)), nowhere),
        (nowhere, points(p=(5, 5))),
    ]:
        table = find_sight(masts, homes, terrain, range_m=100.0, **AIR)
        assert table.empty
        assert table.dtypes.to_dict() == full.dtypes.to_dict()
        assert choose_mast(table).columns.tolist() == ["mast", "distance_m", "margin_m"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("range_m", -1.0),
        ("range_m", np.nan),
        ("range_m", np.inf),
        ("mast_height_m", np.nan),
        ("premises_height_m", -2.0),
        ("clearance", -0.1),
        ("frequency_ghz", 0.0),
        ("earth_factor", 0.0),
        ("step_m", 0.0),
        ("step_m", np.nan),
    ],
)
def test_options_out_of_range_are_named(name, value):
    with pytest.raises(ValueError, match=f"{name} is out of range"):
        look(None, (0, 0), (1, 1), **{name: value})


def test_masts_in_another_crs_are_no_neighbours():
    with pytest.raises(ValueError, match="EPSG:3021"):
        find_sight(points("mast", "EPSG:3021", m=(0, 0)), points(p=(0, 0)), None, range_m=1.0, **AIR)


def scatter(seed, count, reach_m):
    places = np.random.default_rng(seed).uniform(0, reach_m, (count, 2))
    return {f"p{number:02}": tuple(place) for number, place in enumerate(places)}


hills = st.builds(
    lambda seed, rough: np.random.default_rng(seed).normal(0, rough, (24, 30)).cumsum(0).cumsum(1),
    st.integers(0, 999),
    st.floats(0.0, 2.0),
)
seeds = st.integers(0, 999)


@given(cells=hills, seed=seeds, step=st.floats(3.0, 90.0), void=st.booleans())
def test_the_margin_is_that_of_the_plain_loop(make_terrain, cells, seed, step, void):
    cells = cells.astype("float32")
    if void:
        cells[10:12, 8:20] = np.nan
    masts, homes = points("mast", **scatter(seed, 4, 240)), points(**scatter(seed + 1, 6, 240))
    options = {"frequency_ghz": 3.5, "clearance": 0.6, "earth_factor": 4 / 3, "step_m": step}
    heights = {"mast_height_m": 25.0, "premises_height_m": 4.0}
    table = find_sight(masts, homes, make_terrain(cells), range_m=1e3, **heights, **options)

    def ground(x, y):
        column, row = int((x - ORIGIN[0]) // CELL_M), int((ORIGIN[1] + 240 - y) // CELL_M)
        return float(cells[row, column])

    expected = [
        plain_margin(ground, (mast.x, mast.y, 25.0), (home.x, home.y, 4.0), **options)
        for mast, home in itertools.product(masts.geometry, homes.geometry)
    ]
    np.testing.assert_allclose(table["margin_m"], expected, rtol=0, atol=1e-6)
    assert (table["clear"] == (table["margin_m"] >= 0)).all()
    assert (table["known"] == ~np.isnan(expected)).all()


@given(cells=hills, seed=seeds)
def test_there_and_back_is_the_same(make_terrain, cells, seed):
    here, there = scatter(seed, 4, 240), scatter(seed + 1, 5, 240)
    terrain, options = make_terrain(cells), {"range_m": 200.0, **AIR}
    out = find_sight(points("mast", **here), points(**there), terrain, **options, step_m=7.0)
    back = find_sight(points("mast", **there), points(**here), terrain, **options, step_m=7.0)
    turned = back.rename(columns={"mast": "premises_id", "premises_id": "mast"})
    keys = ["mast", "premises_id"]
    pd.testing.assert_frame_equal(
        out.set_index(keys).sort_index(), turned.set_index(keys).sort_index(), check_exact=True
    )


@given(cells=hills, seed=seeds, low=st.floats(0, 50), more=st.floats(0, 50))
def test_raising_the_mast_never_loses_sight(make_terrain, cells, seed, low, more):
    masts, homes = points("mast", **scatter(seed, 4, 240)), points(**scatter(seed + 1, 6, 240))
    terrain, options = make_terrain(cells), {**AIR, "range_m": 1e3}
    before = find_sight(masts, homes, terrain, **{**options, "mast_height_m": low})
    after = find_sight(masts, homes, terrain, **{**options, "mast_height_m": low + more})
    assert (after["margin_m"] >= before["margin_m"]).all()
    assert not (before["clear"] & ~after["clear"]).any()


@given(seed=seeds, reach=st.floats(0, 300), more=st.floats(0, 300))
def test_a_longer_range_never_loses_pairs(seed, reach, more):
    masts, homes = points("mast", **scatter(seed, 4, 240)), points(**scatter(seed + 1, 6, 240))
    short = find_sight(masts, homes, None, range_m=reach, **AIR)
    long = find_sight(masts, homes, None, range_m=reach + more, **AIR)
    keys = ["mast", "premises_id", "distance_m"]
    assert set(short[keys].itertuples(index=False)) <= set(long[keys].itertuples(index=False))
    assert (short["distance_m"] <= reach * (1 + 1e-12)).all()


@pytest.mark.parametrize("size", [1, 7, 40])
def test_what_is_looked_up_at_once_changes_nothing(make_terrain, monkeypatch, size):
    cells = np.random.default_rng(1).normal(0, 1, (24, 30)).cumsum(0).cumsum(1)
    masts, homes = points("mast", **scatter(3, 4, 240)), points(**scatter(4, 9, 240))
    terrain, options = make_terrain(cells), {**AIR, "range_m": 1e3}
    whole = find_sight(masts, homes, terrain, **options)
    monkeypatch.setattr(sight, "_CHUNK", size)
    pd.testing.assert_frame_equal(find_sight(masts, homes, terrain, **options), whole)


def test_the_nearest_clear_mast_is_chosen():
    rows = [
        ("near", "a", 100.0, False, -1.0, True),
        ("void", "a", 200.0, False, np.nan, False),
        ("far", "a", 900.0, True, 3.0, True),
        ("mid", "a", 500.0, True, 2.0, True),
        ("z", "b", 400.0, True, 9.0, True),
        ("y", "b", 400.0, True, 1.0, True),
        ("near", "c", 100.0, False, -1.0, True),
    ]
    chosen = choose_mast(pd.DataFrame(rows, columns=COLUMNS))
    assert chosen.index.name == "premises_id"
    assert chosen.reset_index().to_numpy().tolist() == [["a", "mid", 500.0, 2.0], ["b", "y", 400.0, 1.0]]


def test_over_the_mountains_of_andorra(shared_data):
    raster = read_raster(shared_data / "andorra" / "andorra_srtm90.tif")
    crs, rng = "EPSG:25831", np.random.default_rng(7)
    corner = np.array([374_000.0, 4_702_000.0])
    masts, homes = (
        gpd.GeoDataFrame(
            index=pd.Index([f"{name}{number}" for number in range(count)], name=name, dtype="str"),
            geometry=gpd.points_from_xy(*(corner + rng.uniform(0, 18_000, (count, 2))).T),
            crs=crs,
        )
        for name, count in (("mast", 12), ("premises_id", 30))
    )
    options = {"frequency_ghz": 5.8, "clearance": 0.6, "earth_factor": 4 / 3, "step_m": 60.0}
    table = find_sight(
        masts, homes, raster, range_m=6_000.0, mast_height_m=30.0, premises_height_m=5.0, **options
    )
    with rasterio.open(raster.path) as file:
        cells = file.read(1)
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def ground(x, y):
        lon, lat = to_degrees.transform(x, y)
        value = cells[int((42.680416666666666 - lat) * 1_200), int((lon - 1.3795833333333334) * 1_200)]
        return math.nan if value == -32768 else float(value)

    expected = {
        (mast, home): plain_margin(ground, (a.x, a.y, 30.0), (b.x, b.y, 5.0), **options)
        for mast, a in masts.geometry.items()
        for home, b in homes.geometry.items()
        if a.distance(b) <= 6_000.0
    }
    found = table.set_index(["mast", "premises_id"])["margin_m"]
    assert found.index.tolist() == list(expected)
    np.testing.assert_allclose(found, list(expected.values()), rtol=0, atol=1e-6)
    # In the mountains few see far, but some do.
    assert 0 < table["clear"].sum() < len(table) / 2
    assert set(choose_mast(table)["mast"]) <= set(masts.index)


def test_the_step_over_a_raster_in_degrees_is_the_shorter_side_of_its_cells(shared_data):
    raster = read_raster(shared_data / "andorra" / "andorra_srtm90.tif")
    # A twelve-hundredth of a degree of longitude at 42.55° north, and a profile of 20.5 of them.
    side_m = 6_378_137 * math.radians(1 / 1_200) * math.cos(math.radians(42.55))
    xy = np.array([[380_000.0, 4_711_900.0], [380_000.0 + 20.5 * side_m, 4_711_900.0]])
    ends = gpd.GeoDataFrame(
        index=pd.Index(["m", "p"], dtype="str"), geometry=gpd.points_from_xy(*xy.T), crs="EPSG:25831"
    )
    options = {**AIR, "range_m": 1e4}
    default, same, finer = (
        find_sight(ends.loc[["m"]], ends.loc[["p"]], raster, **options, step_m=step)["margin_m"].item()
        for step in (None, side_m, side_m * 0.9)
    )
    assert default == same
    assert default != finer
