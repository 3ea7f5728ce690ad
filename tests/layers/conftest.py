"""Small studies written to disk, for the tests of reading."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from infraplan.config import Layer, Study, StudyInfo
from infraplan.layers.faults import describe
from infraplan.layers.read import Layers, read_layers
from infraplan.words import load


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """Return a layer of two municipalities, 20 km squares beside each other: 2580 and 2581."""
    squares = [
        shapely.box(818_000, 7_278_000, 838_000, 7_298_000),
        shapely.box(838_000, 7_278_000, 858_000, 7_298_000),
    ]
    path = tmp_path / "municipalities.gpkg"
    names = {"code": ["2580", "2581"], "name": ["Luleå", "Piteå"]}
    gpd.GeoDataFrame(names, geometry=squares, crs=3006).to_file(path)
    return path


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., Study]:
    """Return a maker of studies: study(roads={"path": …}, crs="EPSG:3006")."""

    def make(crs: str = "EPSG:3006", municipalities_studied: tuple[str, ...] = (), **layers: Any) -> Study:
        info = StudyInfo(name="t", year=2026, crs=crs, municipalities=municipalities_studied)
        read = {
            name: [Layer.model_validate(one) for one in (layer if isinstance(layer, list) else [layer])]
            for name, layer in layers.items()
        }
        return Study(study=info, layers=read, file=tmp_path / "study.toml")

    return make


@pytest.fixture
def read(study: Callable[..., Study]) -> Callable[..., Layers]:
    """Return a reader: read(roads={"path": …}); counts are held to add up, faults to have sentences."""

    def go(*, strict: bool = True, **layers: Any) -> Layers:
        result = read_layers(study(**layers), strict=strict)
        counts = result.counts
        assert (counts["rows_in"] == counts["left_out"] + counts["set_aside"] + counts["used"]).all()
        for language in ("en", "sv"):
            said = describe(result.faults, load(language))
            assert (said[["message", "remedy"]] != "").all(axis=None)
        return result

    return go
