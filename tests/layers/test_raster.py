from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning
from shapely import Point

from infraplan.errors import LayerError
from infraplan.layers.raster import read_raster

CELLS = np.array([[1, 2, 3], [4, -1, 6]], dtype="int16")
CORNER = Affine(10, 0, 700_000, 0, -10, 7_500_020)


def write(path: Path, cells=CELLS, *, crs="EPSG:3006", nodata=-1, transform=CORNER):
    profile = {
        "driver": "GTiff",
        "height": cells.shape[0],
        "width": cells.shape[1],
        "count": 1,
        "dtype": cells.dtype,
    }
    with rasterio.open(path, "w", **profile, crs=crs, nodata=nodata, transform=transform) as file:
        file.write(cells, 1)
    return path


def points(*places, crs="EPSG:3006"):
    return gpd.GeoSeries([Point(place) if place else None for place in places], crs=crs)


def test_a_raster_is_described_without_its_cells(tmp_path):
    raster = read_raster(write(tmp_path / "a.tif"))
    assert (raster.shape, raster.nodata, raster.dtype) == ((2, 3), -1, "int16")
    assert raster.bounds == (700_000, 7_500_000, 700_030, 7_500_020)
    assert raster.crs == "EPSG:3006"


def test_a_point_gets_the_cell_that_it_lies_in(tmp_path):
    raster = read_raster(write(tmp_path / "a.tif"))
    values = raster.sample(points((700_001, 7_500_019), (700_029, 7_500_001), (700_010, 7_500_015)))
    assert values.tolist() == [1, 6, 2]


def test_voids_missing_points_and_the_outside_are_nan(tmp_path):
    raster = read_raster(write(tmp_path / "a.tif"))
    values = raster.sample(
        points((700_015, 7_500_005), (699_999, 7_500_005), (700_031, 7_500_005), None, (0, 0))
    )
    assert values.isna().all()


def test_without_a_void_value_every_cell_counts(tmp_path):
    raster = read_raster(write(tmp_path / "a.tif", nodata=None))
    assert raster.nodata is None
    assert raster.sample(points((700_015, 7_500_005))).tolist() == [-1]


def test_nan_cells_are_nan(tmp_path):
    cells = np.array([[1.5, np.nan]], dtype="float32")
    raster = read_raster(write(tmp_path / "a.tif", cells, nodata=None))
    values = raster.sample(points((700_005, 7_500_015), (700_015, 7_500_015)))
    assert values.iloc[0] == 1.5
    assert np.isnan(values.iloc[1])


def test_points_of_another_crs_are_reprojected(tmp_path):
    raster = read_raster(write(tmp_path / "a.tif"))
    there = points((700_025, 7_500_015)).to_crs("EPSG:4326")
    assert raster.sample(there).tolist() == [3]


def test_values_stay_on_the_index_of_the_points(tmp_path):
    raster = read_raster(write(tmp_path / "a.tif"))
    there = points((700_025, 7_500_015), (700_005, 7_500_015)).set_axis(["b", "a"])
    assert raster.sample(there).to_dict() == {"b": 3, "a": 1}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_windows_see_what_the_whole_raster_holds(tmp_path_factory, seed):
    random = np.random.default_rng(seed)
    cells = random.integers(0, 9, size=(600, 1100)).astype("int16")
    raster = read_raster(write(tmp_path_factory.mktemp("r") / "a.tif", cells, nodata=0))
    rows, columns = random.integers(0, 600, 50), random.integers(0, 1100, 50)
    there = points(*zip(700_005 + 10.0 * columns, 7_500_015 - 10.0 * rows, strict=True))
    expected = np.where(cells[rows, columns] == 0, np.nan, cells[rows, columns])
    np.testing.assert_array_equal(raster.sample(there), expected)


def test_coordinates_are_looked_up_like_points(tmp_path):
    raster = read_raster(write(tmp_path / "a.tif"))
    there = points((700_025, 7_500_015), (700_001, 7_500_001)).to_crs("EPSG:4326")
    x, y = np.r_[there.x, 20.0, np.nan], np.r_[there.y, 95.0, 66.0]
    # No latitude is 95 degrees.
    np.testing.assert_array_equal(raster.sample_at(x, y, there.crs), [3, 4, np.nan, np.nan])
    assert raster.sample_at(np.empty(0), np.empty(0), raster.crs).shape == (0,)


def test_a_window_is_the_cells_that_touch_the_box(tmp_path):
    raster = read_raster(write(tmp_path / "a.tif"))
    cells, transform = raster.window((700_011, 7_500_001, 700_029, 7_500_019))
    np.testing.assert_array_equal(cells, [[2, 3], [np.nan, 6]])
    assert transform @ (0, 0) == (700_010, 7_500_020)


def test_a_window_beyond_the_raster_is_cut_or_empty(tmp_path):
    raster = read_raster(write(tmp_path / "a.tif"))
    assert raster.window((0, 0, 1e9, 1e9))[0].shape == (2, 3)
    assert raster.window((0, 0, 1, 1))[0].size == 0


def test_a_raster_without_crs_takes_that_of_the_study(tmp_path):
    path = write(tmp_path / "a.tif", crs=None)
    with pytest.raises(LayerError, match=r"a\.tif: .*crs = "):
        read_raster(path)
    assert read_raster(path, crs="EPSG:3006").crs == "EPSG:3006"
    with pytest.raises(LayerError, match="EPSG:99"):
        read_raster(path, crs="EPSG:99")


def test_a_raster_that_lies_nowhere_is_said(tmp_path):
    path = tmp_path / "a.tif"
    with pytest.warns(NotGeoreferencedWarning):
        write(path, crs=None, transform=Affine.identity())
    with pytest.raises(LayerError, match="where its cells lie"):
        read_raster(path, crs="EPSG:3006")


def test_a_file_that_fetches_its_cells_from_elsewhere_is_no_raster(tmp_path):
    path = tmp_path / "a.tif"
    source = "<SimpleSource><SourceFilename>/vsicurl/http://127.0.0.1:9/a.tif</SourceFilename></SimpleSource>"
    band = f'<VRTRasterBand dataType="Byte" band="1">{source}</VRTRasterBand>'
    path.write_text(f'<VRTDataset rasterXSize="1" rasterYSize="1">{band}</VRTDataset>')
    with pytest.raises(LayerError, match=r"a\.tif"):
        read_raster(path)


@pytest.mark.parametrize("content", [b"", b"\x00\x01" * 500, b"II*\x00\x08\x00\x00\x00"])
def test_what_is_no_raster_is_said_in_one_line(tmp_path, content):
    path = tmp_path / "bad.tif"
    path.write_bytes(content)
    with pytest.raises(LayerError, match=r"bad\.tif") as caught:
        read_raster(path)
    assert "\n" not in str(caught.value)
    assert "\n" not in caught.value.say("sv")


def test_a_truncated_raster_is_said_when_its_cells_are_read(tmp_path):
    whole = write(tmp_path / "a.tif", np.random.default_rng(0).integers(0, 99, (300, 300)).astype("int16"))
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[:20_000])
    with pytest.raises(LayerError, match=r"cut\.tif"):
        read_raster(cut).window((0, 0, 1e9, 1e9))


def test_the_mountains_of_andorra(shared_data):
    raster = read_raster(shared_data / "andorra" / "andorra_srtm90.tif")
    cells, _ = raster.window(raster.bounds)
    assert cells.shape == (336, 528)
    # Beyond the border the ground goes on, up to Pica d'Estats (3 143 m).
    assert 700 < np.nanmin(cells) < 840
    assert 2_942 < np.nanmax(cells) < 3_143
    assert np.isnan(cells).mean() == pytest.approx(0.003, abs=0.0005)
    # The capital's square lies at 1 013 m or so.
    assert raster.sample(points((1.5218, 42.5063), crs="EPSG:4326")).iloc[0] == pytest.approx(1_013, abs=40)
