import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from geopandas.testing import assert_geodataframe_equal

from infraplan.config import Study
from infraplan.errors import LayerError, MissingFileError, StudyError
from infraplan.layers import read_layers
from infraplan.layers.catalog import CATALOG
from infraplan.layers.faults import describe
from infraplan.layers.read import Layers
from infraplan.words import load

X, Y = 828_000, 7_288_000


@pytest.fixture
def masts(tmp_path: Path) -> Path:
    path = tmp_path / "masts.gpkg"
    gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=shapely.points([(X, Y), (X + 1, Y)]), crs=3006).to_file(
        path
    )
    return path


def test_the_union_of_the_municipalities_is_the_area(read: Callable[..., Layers], area: Path) -> None:
    layers = read(municipalities={"path": area})
    assert layers.area is not None
    assert layers.area.bounds == (818_000, 7_278_000, 858_000, 7_298_000)
    assert list(layers.tables["municipalities"].index) == ["2580", "2581"]
    assert layers.tables["municipalities"]["code"].tolist() == ["2580", "2581"]


def test_only_the_municipalities_studied_are_used(
    read: Callable[..., Layers], area: Path, masts: Path
) -> None:
    layers = read(municipalities_studied=("2581",), municipalities={"path": area}, premises={"path": masts})
    assert layers.area is not None
    assert layers.area.bounds[0] == 838_000
    assert layers.counts.loc["municipalities"].tolist() == [2, 1, 0, 0, 1]
    assert layers.get("premises") is None
    assert layers.faults["rule"].tolist() == ["out_of_area"] * 2


def test_a_municipality_that_is_not_there_is_named_with_those_that_are(
    study: Callable[..., Study], area: Path
) -> None:
    value = study(municipalities_studied=("2581", "9999"), municipalities={"path": area})
    with pytest.raises(StudyError, match=r"'9999'.*2580, 2581"):
        read_layers(value)
    faults = read_layers(value, strict=False).faults
    assert faults["rule"].tolist() == ["no_such_municipality"]


def test_leading_zeros_that_a_spreadsheet_dropped_come_back(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    path = tmp_path / "m.parquet"
    square = shapely.box(X, Y, X + 1000, Y + 1000)
    gpd.GeoDataFrame({"code": [380]}, geometry=[square], crs=3006).to_parquet(path)
    layers = read(municipalities_studied=("380",), municipalities={"path": path})
    assert list(layers.tables["municipalities"].index) == ["0380"]
    assert layers.faults["rule"].tolist() == ["leading_zero"]
    abroad = read(crs="EPSG:3067", municipalities={"path": path})
    assert list(abroad.tables["municipalities"].index) == ["380"]


def test_an_area_of_nothing_is_an_error(tmp_path: Path, read: Callable[..., Layers], area: Path) -> None:
    with pytest.raises(StudyError, match="covers nothing"):
        read(municipalities={"path": area, "where": {"name": ["Kiruna"]}})


def test_missing_files_are_told_before_anything_is_read(
    tmp_path: Path, study: Callable[..., Study], masts: Path
) -> None:
    told: list[str] = []
    value = study(fibre_nodes={"path": masts}, masts={"path": tmp_path / "nowhere.gpkg"})
    with pytest.raises(MissingFileError, match=r"\[layers.masts\] path = '.*nowhere.gpkg'"):
        read_layers(value, report=lambda name, _done, _all: told.append(name))
    assert told == []
    layers = read_layers(value, report=lambda *step: told.append(step), strict=False)
    assert told == [("fibre_nodes", 0, 2), ("masts", 1, 2)]
    assert set(layers.tables) == {"fibre_nodes"}
    for language in ("en", "sv"):
        [message] = describe(layers.faults, load(language))["message"]
        assert "[layers.masts] path" in message


def test_sources_say_where_each_figure_comes_from(
    tmp_path: Path, read: Callable[..., Layers], masts: Path
) -> None:
    told = {"source": "us", "licence": "CC0", "date": date(2026, 1, 15), "level": "public", "modelled": True}
    row = read(masts={"path": masts, "assumption": "all stand", **told}).sources.loc["masts"]
    assert row["sha256"] == hashlib.sha256(masts.read_bytes()).hexdigest()
    assert row["bytes"] == masts.stat().st_size
    expected = {
        **told,
        "date": "2026-01-15",
        "path": "masts.gpkg",
        "crs": "EPSG:3006",
        "assumption": "all stand",
    }
    assert row.drop(["sha256", "bytes"]).to_dict() == {**expected, "defaults": ("operator", "kind")}


@pytest.mark.parametrize("name", [kind.name for kind in CATALOG.values() if "point" in kind.shapes])
def test_every_layer_has_the_columns_of_its_catalogue(
    tmp_path: Path, read: Callable[..., Layers], name: str
) -> None:
    kinds = {"text": "x", "float": 1.0, "int": 1, "bool": True}
    fields = next(kind for kind in CATALOG.values() if kind.name == name).fields
    required = {field.name: [kinds[field.kind]] for field in fields if field.required}
    if "date" in required:
        required["date"] = ["2026-01-01"]
    path = tmp_path / "t.parquet"
    gpd.GeoDataFrame({"n": [1], **required}, geometry=[shapely.Point(X, Y)], crs=3006).to_parquet(path)
    layers = read(**{name: {"path": path}})
    assert layers.faults.empty
    table = layers.tables[name]
    assert list(table.columns) == [*(field.name for field in fields), "n", "geometry"]
    dtypes = {"text": "str", "float": "float64", "int": "int64", "bool": "bool"}
    assert {field.name: str(table[field.name].dtype) for field in fields} == {
        f.name: dtypes[f.kind] for f in fields
    }


def test_rasters_are_described_and_left_in_their_files(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = tmp_path / "dem.tif"
    transform = Affine(50, 0, X, 0, -50, Y)
    shape = {"width": 2, "height": 3, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", crs="EPSG:3006", transform=transform, **shape) as target:
        target.write(np.ones((1, 3, 2), dtype="float32"))
    layers = read(elevation={"path": path}, ground={"path": path, "values": {"class": {"1": "rock"}}})
    assert set(layers.rasters) == {"elevation", "ground"}
    assert [raster.meanings for (raster,) in layers.rasters.values()] == [{"class": {"1": "rock"}}, {}]
    assert layers.sources.loc["elevation", "crs"] == "EPSG:3006"
    assert layers.counts.empty
    with pytest.raises(LayerError, match=r"'\.tif'"):
        read(roads={"path": path})


def test_rasters_of_no_use_are_told(tmp_path: Path, read: Callable[..., Layers], area: Path) -> None:
    path = tmp_path / "far.tif"
    transform = Affine(50, 0, 0, 0, -50, 0)
    shape = {"width": 2, "height": 3, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", crs="EPSG:3006", transform=transform, **shape) as target:
        target.write(np.ones((1, 3, 2), dtype="float32"))
    faults = read(municipalities={"path": area}, ground={"path": path}).faults
    told = faults[["rule", "layer", "severity"]].to_numpy().tolist()
    assert ["ground_without_classes", "ground", "warning"] in told
    assert ["raster_elsewhere", "ground", "warning"] in told


def test_a_study_without_layers_has_none(read: Callable[..., Layers]) -> None:
    layers = read()
    assert layers.tables == {}
    assert layers.counts.empty
    assert layers.sources.empty
    assert layers.faults.empty
    assert layers.area is None


def test_reading_leaves_the_study_as_it_was(study: Callable[..., Study], masts: Path) -> None:
    value = study(masts={"path": masts})
    before = value.model_dump()
    first, second = read_layers(value), read_layers(value)
    assert value.model_dump() == before
    assert_geodataframe_equal(first.tables["masts"], second.tables["masts"])
