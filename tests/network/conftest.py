"""Roads that can be drawn on a napkin, and prices that can be added up by hand."""

import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from infraplan.bundled import bundled
from infraplan.config import Network, Study, StudyInfo
from infraplan.costbook import CostBook
from infraplan.layers.read import Layers
from infraplan.tables import FAULTS, empty

CRS = "EPSG:3006"
ORIGIN = (500_000.0, 7_300_000.0)
"""On the central meridian of SWEREF 99 TM, where the plane is 0.04 % short."""


def bundled_book(name: str) -> CostBook:
    return CostBook.model_validate(tomllib.loads(bundled("costs", f"{name}.toml").read_text("utf-8")))


@pytest.fixture(scope="session")
def book() -> CostBook:
    return bundled_book("norrland-2026")


@pytest.fixture(scope="session")
def make_roads():
    """Return a function that makes roads of metre coordinates, or of dicts with ``at`` and columns."""

    def make(*lines, crs=CRS) -> gpd.GeoDataFrame:
        rows = [line if isinstance(line, dict) else {"at": line} for line in lines]
        default = {
            "road_class": "7",
            "surface": "gravel",
            "bridge": False,
            "tunnel": False,
            "layer": 0,
            "net": "motor",
        }
        table = pd.DataFrame([default | {k: v for k, v in row.items() if k != "at"} for row in rows])
        shapes = [LineString(np.array(row["at"]) + ORIGIN) for row in rows]
        index = pd.Index([f"r{number}" for number in range(len(rows))], name="road_id", dtype="str")
        return gpd.GeoDataFrame(table.set_axis(index), geometry=gpd.GeoSeries(shapes, index=index), crs=crs)

    return make


@pytest.fixture(scope="session")
def make_points():
    def make(**places) -> gpd.GeoDataFrame:
        index = pd.Index(list(places), name="premises_id", dtype="str")
        shapes = [Point(np.array(place, float) + ORIGIN) for place in places.values()]
        return gpd.GeoDataFrame({"kind": ["single"] * len(index)}, index=index, geometry=shapes, crs=CRS)

    return make


@pytest.fixture(scope="session")
def make_study():
    def make(**network) -> Study:
        return Study(study=StudyInfo(name="test", year=2026), network=Network(**network))

    return make


@pytest.fixture(scope="session")
def make_layers():
    def make(**tables) -> Layers:
        return Layers(tables=tables, faults=empty(FAULTS, CRS), counts=pd.DataFrame(), sources=pd.DataFrame())

    return make
