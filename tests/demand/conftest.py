"""Layers made by hand: the columns of the catalogue, with their defaults where a test does not care."""

import geopandas as gpd
import pandas as pd
import pytest

from infraplan import tables
from infraplan.config import Demand, Study, StudyInfo
from infraplan.layers import Layers
from infraplan.layers.catalog import CATALOG

CRS = "EPSG:3006"
DTYPES = {"text": "str", "float": "float64", "int": "int64", "bool": "bool"}


def make_layer(layer, shapes, ids=None, **columns):
    index = pd.Index([str(i) for i in (range(len(shapes)) if ids is None else ids)], dtype="str")
    frame = pd.DataFrame(index=index)
    for field in CATALOG[layer].fields:
        default = "" if field.default is None else field.default
        frame[field.name] = pd.Series(columns.get(field.name, default), index=index, dtype=DTYPES[field.kind])
    return gpd.GeoDataFrame(frame, geometry=list(shapes), crs=CRS)


@pytest.fixture
def layer():
    return make_layer


@pytest.fixture
def layers():
    def build(area=None, **named):
        nothing = tables.empty(tables.FAULTS, CRS)
        return Layers(tables=named, faults=nothing, counts=pd.DataFrame(), sources=pd.DataFrame(), area=area)

    return build


@pytest.fixture
def study():
    def build(municipalities=(), demand=None, **changes):
        info = StudyInfo(name="Test", year=2026, language="en", municipalities=municipalities)
        return Study(study=info, demand=demand or Demand(), **changes)

    return build
