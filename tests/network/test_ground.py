"""Ground and slopes along lines: drawn by hand, and random cells held against plain loops."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer
from scipy.interpolate import RegularGridInterpolator
from shapely import LineString, box

from infraplan.config import Layer, Study, StudyInfo
from infraplan.layers.raster import read_raster
from infraplan.layers.read import read_layers
from infraplan.network.ground import GROUNDS, assign_ground, cut_places

CRS = "EPSG:3006"
X, Y = 500_000.0, 7_300_000.0
"""North-west corner of the rasters, on the central meridian."""
CLASSES = {"1": "rock", "2": "till", "3": "peat", "7": "no such ground"}


def road(*places):
    return LineString(np.add(places, (X, Y)))


def lines(*shapes):
    return np.array(shapes, dtype=object)


def put(path, cells, *, size=25.0, crs=CRS, nodata=None, transform=None):
    cells = np.asarray(cells)
    shape = {"height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype}
    place = transform or Affine(size, 0, X, 0, -size, Y)
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=place, nodata=nodata, **shape) as file:
        file.write(cells, 1)
    return path


@pytest.fixture
def with_raster(make_layers, tmp_path):
    """Return a function that makes layers of a raster of ground or elevation."""

    def make(name, cells, *, meanings=None, **how):
        path = put(tmp_path / f"{name}.tif", cells, **how)
        meanings = {"class": CLASSES} if meanings is None else meanings
        return replace(make_layers(), rasters={name: (read_raster(path, meanings=meanings),)})

    return make


def soils(*rows):
    table = {"class": pd.Series([name for name, _ in rows], dtype="str")}
    shapes = [shapely.affinity.translate(shape, X, Y) for _, shape in rows]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=CRS)


# Where the ground changes


def test_a_line_is_cut_where_the_ground_changes(make_layers):
    layers = make_layers(ground=soils(("rock", box(0, -9, 400, 9)), ("till", box(400, -9, 1000, 9))))
    which, along = cut_places(lines(road((0, 50), (9, 50)), road((1000, 0), (0, 0))), layers)
    assert which.tolist() == [1]
    assert along.tolist() == pytest.approx([600])
    assert which.dtype == np.int64
    told = assign_ground(
        lines(road((0, 0), (1000, 0)), road((0, 0), (600, 0)), road((0, 50), (9, 50))), layers
    )
    assert told["ground"].tolist() == ["till", "rock", "unknown"]
    assert told["slope"].isna().all()


def test_short_runs_take_the_ground_of_the_longer_neighbour(make_layers):
    strip = [("rock", 0, 300), ("peat", 300, 350), ("till", 350, 800), ("clay", 800, 875)]
    layers = make_layers(ground=soils(*((name, box(a, -9, b, 9)) for name, a, b in strip)))
    whole = road((0, 0), (875, 0))
    assert cut_places(lines(whole), layers)[1].tolist() == pytest.approx([300])
    # Nothing is too short where every run counts.
    assert cut_places(lines(whole), layers, run_m=0)[1].tolist() == pytest.approx([300, 350, 800])
    # A line that is too short for two runs is one.
    assert cut_places(lines(road((275, 0), (325, 0))), layers)[0].tolist() == []


def test_of_areas_on_top_of_each_other_the_first_that_is_known_counts(make_layers):
    rows = [("unknown", box(0, -9, 300, 9)), ("peat", box(100, -9, 300, 9)), ("rock", box(0, -9, 300, 9))]
    layers = make_layers(ground=soils(*rows))
    parts = lines(road((0, 0), (90, 0)), road((110, 0), (300, 0)))
    assert assign_ground(parts, layers)["ground"].tolist() == ["rock", "peat"]


def test_words_that_are_no_class_are_unknown(make_layers):
    layers = make_layers(ground=soils(("93", box(0, -9, 300, 9)), ("", box(300, -9, 600, 9))))
    assert assign_ground(lines(road((0, 0), (600, 0))), layers)["ground"].tolist() == ["unknown"]
    assert len(cut_places(lines(road((0, 0), (600, 0))), layers)[0]) == 0


def test_of_two_that_a_line_has_as_much_of_the_first_class_is_told(make_layers):
    layers = make_layers(ground=soils(("till", box(0, -9, 50, 9)), ("rock", box(50, -9, 100, 9))))
    assert assign_ground(lines(road((0, 0), (100, 0))), layers)["ground"].tolist() == ["rock"]


def test_cells_mean_what_the_study_says(with_raster):
    layers = with_raster("ground", np.array([[1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 7, 7, 7, 7, 9, 9]], "uint8"))
    whole = road((0, -10), (400, -10))
    assert cut_places(lines(whole), layers)[1].tolist() == pytest.approx([125, 250])
    parts = lines(road((0, -10), (125, -10)), road((125, -10), (250, -10)), road((250, -10), (400, -10)))
    assert assign_ground(parts, layers)["ground"].tolist() == ["rock", "till", "unknown"]


def test_every_other_cell_may_mean_one_thing_but_no_cell_means_nothing(with_raster):
    cells = np.array([[1, 1, 1, 1, 5, 6, 5, 6, 0, 0, 0, 0]], "uint8")
    layers = with_raster("ground", cells, nodata=0, meanings={"class": {"1": "rock", "*": "till"}})
    parts = lines(*(road((at, -10), (at + 100, -10)) for at in (0, 100, 200, 300)))
    assert assign_ground(parts, layers)["ground"].tolist() == ["rock", "till", "unknown", "unknown"]


def test_cells_without_a_meaning_are_unknown(with_raster):
    layers = with_raster("ground", np.ones((1, 9), "uint8"), meanings={})
    assert assign_ground(lines(road((0, -10), (200, -10))), layers)["ground"].tolist() == ["unknown"]


def plain_runs(classes, step, run_m):
    """Merge the shortest run into the longer of its neighbours, one at a time."""
    runs = []
    for name in classes:
        if runs and runs[-1][0] == name:
            runs[-1][1] += 1
        else:
            runs.append([name, 1])
    while len(runs) > 1 and min(count for _, count in runs) * step < run_m:
        at = min(range(len(runs)), key=lambda number: runs[number][1])
        before = runs[at - 1][1] if at else -1
        after = runs[at + 1][1] if at + 1 < len(runs) else -1
        runs[at][0] = runs[at - 1 if before >= after else at + 1][0]
        merged = [runs[0]]
        for name, count in runs[1:]:
            if merged[-1][0] == name:
                merged[-1][1] += count
            else:
                merged.append([name, count])
        runs = merged
    return [step * count for count in np.cumsum([count for _, count in runs])[:-1]]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("run_m", [0.0, 60.0, 100.0, 1_000.0])
def test_runs_are_those_of_plain_loops(with_raster, seed, run_m):
    rng = np.random.default_rng(seed)
    rows, columns = 20, 40
    cells = np.repeat(rng.choice([1, 2, 3, 0], (rows, columns), p=[0.4, 0.3, 0.2, 0.1]), 2, axis=1).astype(
        "uint8"
    )
    layers = with_raster("ground", cells, nodata=0)
    counts = rng.integers(1, 2 * columns, rows)
    roads = lines(
        *(road((0, -25 * row - 12), (25 * count, -25 * row - 12)) for row, count in enumerate(counts))
    )
    which, along = cut_places(roads, layers, run_m=run_m)
    for row, count in enumerate(counts):
        assert along[which == row] == pytest.approx(plain_runs(cells[row, :count].tolist(), 25.0, run_m))


@pytest.mark.parametrize("seed", range(3))
def test_most_of_a_line_is_told_as_plain_counting_does(with_raster, seed):
    rng = np.random.default_rng(seed)
    cells = rng.integers(1, 4, (10, 40)).astype("uint8")
    layers = with_raster("ground", cells)
    counts = rng.integers(1, 40, 10)
    roads = lines(
        *(road((0, -25 * row - 12), (25 * count, -25 * row - 12)) for row, count in enumerate(counts))
    )
    names = [[CLASSES[str(cell)] for cell in cells[row, :count]] for row, count in enumerate(counts)]
    most = [max(GROUNDS, key=of.count) for of in names]
    assert assign_ground(roads, layers)["ground"].tolist() == most


def test_a_raster_may_be_in_another_system(with_raster):
    west, north = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(X, Y)
    size = 0.005
    cells = np.array([[1, 2]], "uint8")
    place = Affine(size, 0, west, 0, -size, north + size / 2)
    layers = with_raster("ground", cells, crs="EPSG:4326", transform=place)
    border, _ = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(west + size, north)
    which, along = cut_places(lines(road((1, 0), (440, 0))), layers)
    assert which.tolist() == [0]
    # Classes are looked up in the middle of each step of 25 m.
    assert along[0] == pytest.approx(border - X - 1, abs=13)


def test_the_ground_of_a_study_file_reaches_the_lines(tmp_path):
    path = put(tmp_path / "nmd.tif", np.full((4, 4), 2, "uint8"))
    layer = Layer(path=path, values={"class": {"2": "peat"}})
    layers = read_layers(Study(study=StudyInfo(name="t", year=2026), layers={"ground": layer}))
    assert assign_ground(lines(road((5, -50), (90, -50))), layers)["ground"].tolist() == ["peat"]


# Slopes


def plane(rows, columns, east, south, size=50.0):
    """Return cells of a plane that rises eastwards and southwards, in metres a metre."""
    y, x = np.mgrid[:rows, :columns] + 0.5
    return (100 + east * size * x + south * size * y).astype("float64")


def test_a_plane_is_as_steep_as_it_is(with_raster):
    layers = with_raster("elevation", plane(40, 40, 0.10, 0.05), size=50.0)
    roads = lines(
        road((100, -500), (900, -500)),
        road((900, -500), (100, -500)),
        road((500, -100), (500, -900)),
        road((500, -500), (510, -500)),
        road((100, -100), (400, -500)),
        road((100, -500), (400, -500), (400, -520), (100, -520)),
    )
    slopes = assign_ground(roads, layers)["slope"].tolist()
    assert slopes[:5] == pytest.approx([10, 10, 5, 10, 10 * 0.6 + 5 * 0.8])
    assert slopes[5] == pytest.approx(10)


def test_the_steepest_run_decides(with_raster):
    cells = np.zeros((20, 60))
    cells[:, 30:] = np.minimum(np.arange(30) * 5.0, 50)  # 10 cells of 5 m in 50 m, then level
    layers = with_raster("elevation", cells, size=50.0)
    up = assign_ground(lines(road((100, -500), (2900, -500))), layers, run_m=200)
    assert up["slope"].tolist() == pytest.approx([10])
    # A run longer than the hill is less steep.
    assert assign_ground(lines(road((100, -500), (2900, -500))), layers, run_m=1000)["slope"][0] < 6


def test_a_short_line_over_the_border_of_two_cells_climbs_no_cliff(with_raster):
    cells = np.array([[0, 0, 5, 5], [0, 0, 5, 5]], "float32")
    layers = with_raster("elevation", cells, size=50.0)
    short = assign_ground(lines(road((99, -50), (101, -50))), layers)["slope"]
    assert short.tolist() == pytest.approx([10])


@pytest.mark.parametrize("seed", range(3))
def test_slopes_are_those_of_plain_loops(with_raster, seed):
    rng = np.random.default_rng(seed)
    cells = rng.uniform(0, 40, (30, 30))
    layers = with_raster("elevation", cells, size=50.0)
    middles = np.arange(30) * 50 + 25.0
    height = RegularGridInterpolator((middles, middles), cells)
    roads = [road(*np.c_[rng.uniform(30, 1470, 4), -rng.uniform(30, 1470, 4)]) for _ in range(20)]
    roads.append(road((100, -100), (130, -100)))
    slopes = assign_ground(lines(*roads), layers)["slope"]
    for number, line in enumerate(roads):
        count = int(np.ceil(line.length / 25))
        step = line.length / count
        posts = [line.interpolate(step * at) for at in range(count + 1)]
        heights = [float(height((Y - post.y, post.x - X))) for post in posts]
        reach = min(round(100 / step), count)
        rises = [abs(heights[at + reach] - heights[at]) for at in range(count + 1 - reach)]
        assert slopes[number] == pytest.approx(100 * max(rises) / (reach * step))


@pytest.mark.parametrize("void", [-9999.0, -32768.0, 1e20, np.nan])
def test_where_voids_hinder_there_is_no_slope(with_raster, void):
    cells = plane(20, 40, 0.1, 0.0)
    cells[:, :20] = void
    layers = with_raster("elevation", cells, size=50.0)
    roads = lines(
        road((100, -500), (900, -500)),  # in the void
        road((100, -500), (1900, -500)),  # out of it
        road((970, -500), (1030, -500)),  # from it to what is known
        road((1100, -500), (1900, -500)),
        road((2050, -500), (2500, -500)),  # beyond the raster
    )
    slopes = assign_ground(roads, layers)["slope"].to_numpy()
    assert slopes == pytest.approx([np.nan, 10, np.nan, 10, np.nan], nan_ok=True)


def test_elevation_may_be_in_another_system(with_raster):
    west, north = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(X, Y)
    cells = np.tile(np.arange(40) * 4.0, (40, 1))
    size = 0.001  # about 45.5 m eastwards here
    layers = with_raster(
        "elevation", cells, crs="EPSG:4326", transform=Affine(size, 0, west, 0, -size, north + 20 * size)
    )
    east, _ = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(west + size, north)
    slope = assign_ground(lines(road((200, 0), (1200, 0))), layers)["slope"][0]
    assert slope == pytest.approx(100 * 4 / (east - X), rel=0.01)


def test_without_layers_nothing_is_known_and_nothing_cut(make_layers):
    for layers in (make_layers(), make_layers(ground=soils())):
        roads = lines(road((0, 0), (500, 0)), road((0, 0), (1e-4, 0)))
        assert [len(part) for part in cut_places(roads, layers)] == [0, 0]
        told = assign_ground(roads, layers)
        assert told["ground"].tolist() == ["unknown", "unknown"]
        assert told["slope"].isna().all()


def test_no_lines_have_no_rows(make_layers, with_raster):
    soil = make_layers(ground=soils(("rock", box(0, 0, 9, 9))))
    height = with_raster("elevation", plane(4, 4, 0.1, 0.0))
    for layers in (make_layers(), soil, replace(soil, rasters=height.rasters)):
        assert [len(part) for part in cut_places(lines(), layers)] == [0, 0]
        told = assign_ground(lines(), layers)
        assert told.columns.tolist() == ["ground", "slope"]
        assert told.empty


def test_a_line_of_no_length_is_level(with_raster):
    layers = with_raster("elevation", plane(20, 20, 0.1, 0.0), size=50.0)
    assert assign_ground(lines(road((300, -300), (300, -300))), layers)["slope"].tolist() == [0]


def test_the_roads_of_andorra_climb(shared_data):
    folder = shared_data / "andorra"
    layers = {
        "roads": Layer(path=folder / "andorra_layers.gpkg", layer="roads"),
        "elevation": Layer(path=folder / "andorra_srtm90.tif"),
    }
    study = Study(study=StudyInfo(name="Andorra", year=2026, crs="EPSG:25831"), layers=layers)
    read = read_layers(study)
    roads = read.tables["roads"].geometry.to_numpy()
    told = assign_ground(roads, read)
    long = shapely.length(roads) > 100
    slopes = told["slope"][long]
    # A country of mountains: roads hairpin across cells of 90 m, so the steepest hundred metres are steep.
    assert slopes.notna().mean() > 0.99
    assert 8 < slopes.median() < 25
    assert slopes.max() < 120
    assert set(told["ground"]) == {"unknown"}
