"""Layers, premises and service made by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine

from infraplan import tables
from infraplan.config import Study, StudyInfo
from infraplan.coverage.mobile_maps import build_maps
from infraplan.layers import Layers
from infraplan.layers.catalog import CATALOG
from infraplan.layers.mobile_rules import read_mobile_rules
from infraplan.layers.raster import read_raster

CRS = "EPSG:3006"
DTYPES = {"text": "str", "float": "float64", "int": "int64", "bool": "bool"}


def fill(names_kinds, index, columns):
    return pd.DataFrame(
        {
            name: pd.Series(columns.get(name, default), index=index, dtype=DTYPES[kind])
            for name, kind, default in names_kinds
        },
        index=index,
    )


@pytest.fixture
def layer():
    def build(name, shapes, ids=None, **columns):
        index = pd.Index([str(i) for i in (range(len(shapes)) if ids is None else ids)], dtype="str")
        fields = [(f.name, f.kind, "" if f.default is None else f.default) for f in CATALOG[name].fields]
        return gpd.GeoDataFrame(fill(fields, index, columns), geometry=list(shapes), crs=CRS)

    return build


@pytest.fixture
def layers():
    def build(area=None, **named):
        nothing = tables.empty(tables.FAULTS, CRS)
        return Layers(tables=named, faults=nothing, counts=pd.DataFrame(), sources=pd.DataFrame(), area=area)

    return build


@pytest.fixture
def premises():
    """Return premises of one household each, outside all localities, unless told otherwise."""
    defaults = {"households": 1, "workplaces": 0, "kind": "single", "settlement_class": "outside"}

    def build(shapes, ids=None, **columns):
        index = pd.Index(
            [str(i) for i in (range(len(shapes)) if ids is None else ids)], dtype="str", name="premises_id"
        )
        fields = [(c.name, c.kind, defaults.get(c.name, "")) for c in tables.PREMISES.columns]
        frame = fill(fields, index, columns)
        if "settlement_known" in columns:
            frame["settlement_known"] = columns["settlement_known"]
        return gpd.GeoDataFrame(frame, geometry=list(shapes), crs=CRS)

    return build


@pytest.fixture
def service():
    """Return service from rows of (premises_id, down_mbps, status), with further columns by name."""
    defaults = {"technology": "fibre", "evidence": "declared", "decided": True}

    def build(rows, **columns):
        index = pd.RangeIndex(len(rows), name="row")
        given = dict(zip(("premises_id", "down_mbps", "status"), zip(*rows, strict=True), strict=False))
        given |= columns
        if "reliable" not in columns:
            technology = given.get("technology", "fibre")
            technologies = [technology] * len(rows) if isinstance(technology, str) else technology
            given["reliable"] = [name in ("fibre", "cable", "vdsl", "fwa") for name in technologies]
        fields = [
            (c.name, c.kind, defaults.get(c.name, "" if c.kind == "text" else float("nan")))
            for c in tables.SERVICE.columns
        ]
        return fill(
            fields, index, {name: list(v) if isinstance(v, tuple) else v for name, v in given.items()}
        )

    return build


@pytest.fixture
def study():
    def build(**changes):
        return Study(study=StudyInfo(name="Test", year=2026, language="en"), **changes)

    return build


@pytest.fixture
def zones():
    """Return zones from rows of (kind, code, shape); ids, names and order as ``build_zones`` has them."""
    prefix = {"study": "study", "settlement_class": "class:"}

    def build(rows):
        ids = [prefix.get(kind, f"{kind}:") + code for kind, code, _ in rows]
        frame = pd.DataFrame(
            {
                "name": pd.Series([code or "Test" for _, code, _ in rows], dtype="str"),
                "kind": pd.Series([kind for kind, _, _ in rows], dtype="str"),
                "population": float("nan"),
            }
        ).set_axis(pd.Index(ids, dtype="str", name="zone_id"))
        return gpd.GeoDataFrame(frame, geometry=[shape for _, _, shape in rows], crs=CRS)

    return build


@pytest.fixture
def raster(tmp_path):
    """Return a raster of cells from the upper left corner, north first."""

    def build(cells, corner=(0.0, 0.0), size=50.0, *, crs=CRS, nodata=-9999.0, holds="down_mbps", **stated):
        path = tmp_path / f"raster{len(list(tmp_path.iterdir()))}.tif"
        cells = np.asarray(cells, dtype="float32")
        profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": crs, "nodata": nodata}
        place = Affine(size, 0.0, corner[0], 0.0, -size, corner[1])
        with rasterio.open(
            path, "w", width=cells.shape[1], height=cells.shape[0], transform=place, **profile
        ) as file:
            file.write(cells, 1)
        said = {"operator": "R", "technology": "4g", "use": "hand"} | stated
        return read_raster(path, holds=holds, stated=said)

    return build


@pytest.fixture
def maps(layer, layers, study):
    """Return the declared maps of areas and rasters."""

    def build(shapes, rasters=(), **columns):
        given = {"mobile_coverage": layer("mobile_coverage", shapes, **columns)} if len(shapes) else {}
        found = layers(**given)
        object.__setattr__(found, "rasters", {"mobile_coverage": tuple(rasters)})
        return build_maps(found, read_mobile_rules("2026"), study())[0]

    return build
