"""Rasters as a study reads them: which band, what the cells mean, and what is odd about them."""

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning

from infraplan.errors import LayerError
from infraplan.layers.raster import TILE, Mosaic, Raster, read_raster

CORNER = Affine(100, 0, 820_000, 0, -100, 7_290_000)
TELIA = {"operator": {"*": "Telia"}}


def put(path, *bands, crs="EPSG:3006", nodata=None, transform=CORNER, scale=None, names=(), **options):
    cells = np.asarray(bands)
    count, height, width = cells.shape
    shape = {"count": count, "height": height, "width": width, "dtype": cells.dtype}
    with rasterio.open(
        path, "w", driver="GTiff", crs=crs, transform=transform, nodata=nodata, **shape, **options
    ) as file:
        file.write(cells)
        if scale:
            file.scales, file.offsets = ([value] * count for value in scale)
        for number, name in enumerate(names, start=1):
            file.set_band_description(number, name)
    return path


@pytest.fixture
def mobile(tmp_path, read):
    """Return a function that reads cells as a mobile raster: the raster, and its faults by rule."""

    def go(*bands, columns=None, values=None, told=None, **how):
        path = put(tmp_path / "m.tif", *bands, **how)
        layer = {"path": path, "columns": columns or {}, "values": TELIA | (values or {}), **(told or {})}
        layers = read(mobile_coverage=layer)
        (raster,) = layers.rasters["mobile_coverage"]
        return raster, layers.faults.set_index("rule")

    return go


def sample(raster, *places):
    """Return the values in the middle of cells given by row and column."""
    rows, columns = np.array(places, dtype=float).T + 0.5
    x, y = raster.transform @ (columns, rows)
    return raster.sample_at(np.asarray(x), np.asarray(y), raster.crs).tolist()


# Whose it is and what it holds


def test_a_mobile_raster_says_whose_it_is_and_what_it_holds(mobile):
    raster, faults = mobile(
        np.array([[-80, -120]], dtype="int16"),
        nodata=-999,
        columns={"dbm": "1"},
        values={"technology": {"*": "5g"}, "use": {"*": "car"}},
    )
    assert raster.holds == "dbm"
    assert raster.stated == {"operator": "Telia", "technology": "5g", "use": "car"}
    assert sample(raster, (0, 0), (0, 1)) == [-80, -120]
    assert faults.empty


def test_what_is_not_stated_is_as_the_catalogue_says(mobile):
    raster, _ = mobile(np.ones((1, 1), dtype="uint8"), nodata=0, columns={"down_mbps": "1"})
    assert raster.stated == {"operator": "Telia", "technology": "", "use": "hand"}


@pytest.mark.parametrize(
    ("layer", "parts"),
    [
        ({"columns": {"dbm": "1"}}, ["[layers.mobile_coverage] values.operator", '{ "*" = "…" }']),
        ({"values": TELIA}, ["[layers.mobile_coverage] columns", '{ dbm = "1" }', '{ down_mbps = "1" }']),
        (
            {"values": TELIA, "columns": {"dbm": "1", "down_mbps": "2"}},
            ["both", "[[layers.mobile_coverage]]"],
        ),
        ({"values": TELIA, "columns": {"dbm": "3"}}, ["no band '3'", "1 RSRP, 2 speed"]),
        ({"values": TELIA, "columns": {"dbm": "0"}}, ["no band '0'"]),
        ({"values": TELIA | {"down_mbps": {"1": "much"}}}, ["1 = much", "numbers"]),
        ({"values": TELIA | {"down_mbps": {"good": 10}}}, ["good = 10", "values.down_mbps"]),
    ],
)
def test_what_it_does_not_say_is_an_error_with_the_line_to_write(tmp_path, read, layer, parts):
    path = put(tmp_path / "m.tif", [[1]], [[2]], names=("RSRP", "speed"))
    with pytest.raises(LayerError) as caught:
        read(mobile_coverage={"path": path, **layer})
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in caught.value.say("sv")


def test_one_of_several_files_is_named_by_its_number(tmp_path, read):
    path = put(tmp_path / "m.tif", [[1]])
    fine = {"path": path, "values": TELIA, "columns": {"dbm": "1"}}
    with pytest.raises(LayerError, match=r"\[\[layers\.mobile_coverage\]\] 2 values\.operator"):
        read(mobile_coverage=[fine, {"path": path, "columns": {"dbm": "1"}}])


@pytest.mark.parametrize("band", ["2", "speed"])
def test_a_band_is_named_by_number_or_name(mobile, band):
    cells = np.array([[7]], dtype="uint8"), np.array([[9]], dtype="uint8")
    raster, _ = mobile(*cells, names=("RSRP", "speed"), columns={"down_mbps": band})
    assert raster.band == 2
    assert sample(raster, (0, 0)) == [9]


def test_the_band_of_ground_and_elevation_can_be_named_too(tmp_path, read):
    path = put(tmp_path / "g.tif", [[1]], [[2]])
    layers = read(
        ground={"path": path, "columns": {"class": "2"}, "values": {"class": {"2": "rock"}}},
        elevation={"path": path, "columns": {"elevation": "2"}},
    )
    assert sample(layers.rasters["ground"][0], (0, 0)) == [2]
    assert sample(layers.rasters["elevation"][0], (0, 0)) == [2]


# What cells mean


def test_classes_become_speeds_and_others_are_no_data_and_said(mobile):
    cells = np.array([[1, 2, 9, 0]], dtype="uint8")
    raster, faults = mobile(cells, nodata=0, values={"down_mbps": {"1": 10, "2": "30"}})
    assert raster.holds == "down_mbps"
    assert sample(raster, (0, 0), (0, 1)) == [10, 30]
    assert np.isnan(sample(raster, (0, 2), (0, 3))).all()
    assert faults.loc["raster_cells_unnamed", "severity"] == "warning"
    assert faults.loc["raster_cells_unnamed", "values"] == {
        "column": "down_mbps",
        "low": "0",
        "high": "1e+06",
        "count": 1,
        "total": 3,
        "found": "9",
    }


def test_a_star_stands_for_all_other_cells_but_not_for_none(mobile):
    cells = np.array([[1, 9, 0]], dtype="uint8")
    raster, faults = mobile(cells, nodata=0, values={"down_mbps": {"1": 100, "*": 10}})
    assert sample(raster, (0, 0), (0, 1)) == [100, 10]
    assert np.isnan(sample(raster, (0, 2))).all()
    assert faults.empty


def test_a_value_that_the_cells_cannot_have_means_nothing(mobile):
    # -9999 in eight bits would be 241.
    raster, _ = mobile(np.array([[241, 1]], dtype="uint8"), values={"down_mbps": {"-9999": 500, "1": 10}})
    assert np.isnan(sample(raster, (0, 0))).all()
    assert sample(raster, (0, 1)) == [10]


def test_decimal_cells_are_named_as_they_are_written(mobile):
    cells = np.array([[0.1, 2.5]], dtype="float32")
    raster, _ = mobile(cells, values={"down_mbps": {"0,1": 1, "2.5": 2}})
    assert sample(raster, (0, 0), (0, 1)) == [1, 2]


def test_the_files_own_scale_is_used(mobile):
    raster, faults = mobile(
        np.array([[40, 0]], dtype="uint8"), nodata=0, scale=(0.5, -140.0), columns={"dbm": "1"}
    )
    assert sample(raster, (0, 0)) == [-120]
    assert np.isnan(sample(raster, (0, 1))).all()
    assert faults.empty


def test_heights_are_scaled_and_codes_are_not(tmp_path, read):
    path = put(tmp_path / "g.tif", np.array([[40]], dtype="uint8"), scale=(0.1, 0.0))
    layers = read(ground={"path": path, "values": {"class": {"40": "rock"}}}, elevation={"path": path})
    assert sample(layers.rasters["ground"][0], (0, 0)) == [40]
    assert sample(layers.rasters["elevation"][0], (0, 0)) == pytest.approx([4.0])


@pytest.mark.parametrize(
    ("column", "cells", "strange", "severity"),
    [
        ("dbm", [[-80.0, 40.0]], [(0, 1)], "warning"),
        ("dbm", [[80.0, 95.0]], [(0, 0), (0, 1)], "error"),
        ("dbm", [[-80.0, 0.0]], [(0, 1)], "warning"),
        ("dbm", [[-9999.0, -80.0]], [(0, 0)], "warning"),
        ("down_mbps", [[10.0, -5.0]], [(0, 1)], "warning"),
        ("down_mbps", [[-100.0, -90.0]], [(0, 0), (0, 1)], "error"),
        ("down_mbps", [[3e38, 10.0]], [(0, 0)], "warning"),
    ],
)
def test_what_cannot_be_counts_as_no_data_and_is_said(mobile, column, cells, strange, severity):
    raster, faults = mobile(np.array(cells, dtype="float32"), columns={column: "1"})
    fault = faults.loc["raster_cells_impossible"]
    assert (fault["severity"], fault["values"]["count"]) == (severity, len(strange))
    assert np.isnan(sample(raster, *strange)).all()
    there = raster.window(raster.bounds)[0]
    assert np.isnan(there).sum() == len(strange)


def test_classes_of_ground_that_nobody_names_are_said(tmp_path, read):
    path = put(tmp_path / "g.tif", np.array([[1, 7], [7, 8]], dtype="uint8"), nodata=0)
    faults = read(ground={"path": path, "values": {"class": {"1": "rock"}}}).faults
    [row] = faults.to_dict("records")
    assert (row["rule"], row["layer"], row["severity"]) == ("raster_cells_unnamed", "ground", "warning")
    assert (row["values"]["count"], row["values"]["found"]) == (3, "7, 8")


def test_without_a_void_value_it_is_said_that_every_cell_counts(mobile):
    raster, faults = mobile(np.array([[0, 5]], dtype="uint8"), columns={"down_mbps": "1"})
    assert sample(raster, (0, 0)) == [0]
    assert faults.loc["raster_no_nodata", "severity"] == "info"


def test_nan_can_be_the_void_value(mobile):
    raster, faults = mobile(
        np.array([[np.nan, 5.0]], dtype="float32"), nodata=np.nan, columns={"down_mbps": "1"}
    )
    assert np.isnan(sample(raster, (0, 0))).all()
    assert sample(raster, (0, 1)) == [5]
    assert faults.empty


def test_complex_cells_are_refused(tmp_path, read):
    path = put(tmp_path / "m.tif", np.ones((1, 1), dtype="complex64"))
    with pytest.raises(LayerError, match="complex64"):
        read(elevation={"path": path})


# Where cells lie


def test_a_raster_without_a_crs_needs_one_of_the_study(tmp_path, read):
    path = put(tmp_path / "m.tif", [[1]], crs=None)
    with pytest.raises(LayerError, match="crs ="):
        read(elevation={"path": path})
    assert read(elevation={"path": path, "crs": "EPSG:3021"}).sources.loc["elevation", "crs"] == "EPSG:3021"


def test_a_raster_without_a_place_is_refused(tmp_path, read):
    with pytest.warns(NotGeoreferencedWarning):
        path = put(tmp_path / "m.tif", [[1]], crs=None, transform=Affine.identity())
    with pytest.raises(LayerError, match=r"\.tfw"):
        read(elevation={"path": path, "crs": "EPSG:3006"})


TURNED = Affine.translation(820_000, 7_290_000) @ Affine.rotation(30) @ Affine.scale(100, -100)
UPWARDS = Affine(100, 0, 820_000, 0, 100, 7_280_000)


@pytest.mark.parametrize("crs", ["EPSG:3006", "EPSG:4326", "EPSG:25834"])
@pytest.mark.parametrize("transform", [CORNER, TURNED, UPWARDS])
def test_lookups_are_those_of_rasterio(tmp_path, crs, transform):
    """Places of the study's CRS in rasters of another, turned or upside down."""
    random = np.random.default_rng(1)
    if crs == "EPSG:4326":
        # Degrees: about a hundred metres a cell.
        away = Affine.translation(-transform.c, -transform.f)
        transform = Affine.translation(22.0, 65.6) @ Affine.scale(1e-5) @ away @ transform
    elif crs == "EPSG:25834":
        transform = Affine.translation(-300_000, 0) @ transform
    cells = random.integers(1, 200, (40, 50), dtype="uint8")
    path = put(tmp_path / "m.tif", cells, crs=crs, transform=transform)
    raster = read_raster(path)
    columns, rows = random.uniform(-5, 55, 300), random.uniform(-5, 45, 300)
    x, y = transform @ (columns, rows)
    there = gpd.GeoSeries(shapely.points(x, y), crs=crs).to_crs("EPSG:3006")
    found = raster.sample(there)
    back = there.to_crs(crs)
    with rasterio.open(path) as source:
        expected = [value[0] for value in source.sample(zip(back.x, back.y, strict=True))]
    outside = found.isna().to_numpy()
    assert 20 < outside.sum() < 200
    assert found.fillna(0).tolist() == [float(value) for value in expected]


@settings(max_examples=15)
@given(data=st.data())
def test_windows_are_the_whole_in_pieces(tmp_path_factory, data):
    """Every cell that touches the box comes once, where it lies; oracle: all cells at once."""
    height, width = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 30))
    cells = np.arange(height * width, dtype="int32").reshape(height, width)
    transform = data.draw(st.sampled_from([CORNER, TURNED, UPWARDS]))
    raster = read_raster(put(tmp_path_factory.mktemp("r") / "m.tif", cells, transform=transform))
    west, south, east, north = raster.bounds
    x = sorted(data.draw(st.lists(st.floats(west - 500, east + 500), min_size=2, max_size=2)))
    y = sorted(data.draw(st.lists(st.floats(south - 500, north + 500), min_size=2, max_size=2)))
    box = (x[0], y[0], x[1], y[1])
    whole, place = raster.window(box)
    seen = {}
    for part, corner in raster.windows(box, data.draw(st.integers(1, 12))):
        for (row, column), value in np.ndenumerate(part):
            middle = corner @ (column + 0.5, row + 0.5)
            assert value not in seen
            seen[value] = middle
            own = transform @ (value % width + 0.5, value // width + 0.5)
            assert middle == pytest.approx(own, abs=1e-3)
    assert sorted(seen) == sorted(whole.ravel())
    touched = {
        value
        for value in cells.ravel().tolist()
        if shapely.box(*box)
        .buffer(-1e-3)
        .intersects(shapely.Polygon([transform @ (value % width + i, value // width + j) for i, j in SQUARE]))
    }
    assert touched <= set(seen)
    if whole.size:
        assert place @ (0.5, 0.5) == pytest.approx(seen[whole[0, 0]])


SQUARE = [(0, 0), (1, 0), (1, 1), (0, 1)]


def test_all_windows_cover_the_raster(tmp_path):
    cells = np.ones((30, 20), dtype="uint8")
    raster = read_raster(put(tmp_path / "m.tif", cells))
    parts = [part.shape for part, _ in raster.windows(size=16)]
    assert parts == [(16, 16), (16, 4), (14, 16), (14, 4)]


def test_no_raster_is_read_whole(tmp_path, read, monkeypatch):
    """A country of cells fits in no memory: whatever is asked, one window is read at a time."""
    cells = np.full((TILE * 9, TILE * 3), 10, dtype="uint8")
    cells[-1, -1] = 99
    path = put(tmp_path / "m.tif", cells, nodata=0, tiled=True, compress="deflate")
    sizes = []
    real = Raster._read

    def watched(self, window):
        sizes.append((window.height, window.width))
        return real(self, window)

    monkeypatch.setattr(Raster, "_read", watched)
    layers = read(mobile_coverage={"path": path, "columns": {"down_mbps": "1"}, "values": TELIA})
    (raster,) = layers.rasters["mobile_coverage"]
    assert len(sizes) == 21
    assert sum(part.sum() for part, _ in raster.windows()) == 10 * (cells.size - 1) + 99
    assert sample(raster, (0, 0), (TILE * 9 - 1, TILE * 3 - 1)) == [10, 99]
    assert max(max(size) for size in sizes) <= TILE


# Several of one layer


def test_of_several_rasters_the_first_with_data_tells(tmp_path, read):
    """Tiles that overlap, one in another CRS: oracle is a loop over the rasters."""
    first = put(tmp_path / "a.tif", np.array([[1, 0], [0, 0]], dtype="uint8"), nodata=0)
    second = put(tmp_path / "b.tif", np.array([[5, 6], [0, 8]], dtype="uint8"), nodata=0)
    wide = put(
        tmp_path / "c.tif",
        np.full((90, 90), 9, dtype="uint8"),
        transform=Affine(1e-3, 0, 21.95, 0, -1e-3, 65.65),
        crs="EPSG:4326",
    )
    layers = read(elevation=[{"path": first}, {"path": second}, {"path": wide}])
    rasters = layers.rasters["elevation"]
    assert [raster.path.name for raster in rasters] == ["a.tif", "b.tif", "c.tif"]
    assert list(layers.sources.index) == ["elevation", "elevation 2", "elevation 3"]
    middles = np.array([CORNER @ (column + 0.5, row + 0.5) for row in (0, 1) for column in (0, 1)])
    mosaic = layers.mosaic("elevation")
    assert isinstance(mosaic, Mosaic)
    x, y = np.append(middles[:, 0], 0.0), np.append(middles[:, 1], 0.0)
    found = mosaic.sample_at(x, y, rasters[0].crs)
    expected = []
    for place in zip(x, y, strict=True):
        each = [raster.sample_at(*(np.array([v]) for v in place), rasters[0].crs)[0] for raster in rasters]
        expected.append(next((value for value in each if not np.isnan(value)), np.nan))
    np.testing.assert_array_equal(found, expected)
    assert layers.mosaic("ground") is None


def test_areas_and_rasters_of_mobile_coverage_stand_side_by_side(tmp_path, read):
    path = put(tmp_path / "m.tif", np.ones((2, 2), dtype="uint8"), nodata=0)
    areas = tmp_path / "a.gpkg"
    gpd.GeoDataFrame(
        {"operator": ["Tre"], "down_mbps": [10.0]},
        geometry=[shapely.box(820_000, 7_280_000, 821_000, 7_281_000)],
        crs=3006,
    ).to_file(areas)
    layers = read(
        mobile_coverage=[
            {"path": path, "columns": {"down_mbps": "1"}, "values": TELIA},
            {"path": areas},
        ]
    )
    assert layers.tables["mobile_coverage"]["operator"].tolist() == ["Tre"]
    assert [raster.stated["operator"] for raster in layers.rasters["mobile_coverage"]] == ["Telia"]
    assert list(layers.counts.index) == ["mobile_coverage 2"]
    assert list(layers.sources.index) == ["mobile_coverage", "mobile_coverage 2"]
