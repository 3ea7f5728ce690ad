"""Roads, premises and service points made by hand, in metres from a place on the central meridian."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from infraplan import tables
from infraplan.config import Study, StudyInfo
from infraplan.coverconfig import Services
from infraplan.demand import assign_zones, build_zones
from infraplan.layers import Layers
from infraplan.layers.catalog import CATALOG
from infraplan.services import evaluate_services

CRS = "EPSG:3006"
ORIGIN = np.array([500_000.0, 7_300_000.0])
DTYPES = {"text": "str", "float": "float64", "int": "int64", "bool": "bool"}
STRETCH = 1 / 0.9996
"""The plane of SWEREF 99 TM is so much too short here: a metre of it is more on the ground."""


def move(shape):
    return shapely.transform(shape, lambda xy: xy + ORIGIN)


def fill(fields, index, columns):
    return pd.DataFrame(
        {
            name: pd.Series(columns.get(name, default), index=index, dtype=DTYPES[kind])
            for name, kind, default in fields
        },
        index=index,
    )


def make_layer(name, shapes, ids=None, /, **columns):
    """Return a layer with the catalogue's columns; shapes in metres from the origin."""
    index = pd.Index([str(i) for i in (range(len(shapes)) if ids is None else ids)], dtype="str")
    fields = [(f.name, f.kind, "" if f.default is None else f.default) for f in CATALOG[name].fields]
    return gpd.GeoDataFrame(fill(fields, index, columns), geometry=[move(s) for s in shapes], crs=CRS)


def make_lines(*lines):
    return [shapely.LineString(line) for line in lines]


def make_layers(**named):
    nothing = tables.empty(tables.FAULTS, CRS)
    return Layers(tables=named, faults=nothing, counts=pd.DataFrame(), sources=pd.DataFrame())


def make_points(kinds, xy, ids=None, **columns):
    return make_layer("service_points", [shapely.Point(p) for p in xy], ids, kind=list(kinds), **columns)


def make_premises(xy, ids=None, **columns):
    """Return premises of one household each, outside all localities, unless told otherwise."""
    defaults = {"households": 1, "workplaces": 0, "kind": "single", "settlement_class": "outside"}
    names = [f"h{i}" for i in range(len(xy))] if ids is None else ids
    index = pd.Index(names, dtype="str", name="premises_id")
    fields = [(c.name, c.kind, defaults.get(c.name, "")) for c in tables.PREMISES.columns]
    shapes = [move(shapely.Point(p)) for p in xy]
    return gpd.GeoDataFrame(fill(fields, index, columns), geometry=shapes, crs=CRS)


def make_study(kinds=("grocery",), **services):
    info = StudyInfo(name="Test", year=2026, language="en")
    return Study(study=info, services=Services(kinds=kinds, **services))


def make_zones(layers, study, premises):
    zones, _ = build_zones(make_layers(premises=premises, **layers.tables), study)
    return zones, assign_zones(premises, zones)


@pytest.fixture(scope="session")
def make():
    """Return the functions that make input."""
    return SimpleNamespace(
        crs=CRS,
        stretch=STRETCH,
        layer=make_layer,
        lines=make_lines,
        layers=make_layers,
        points=make_points,
        premises=make_premises,
        study=make_study,
        zones=make_zones,
        move=move,
    )


@pytest.fixture(scope="session")
def evaluate():
    """Return a function that evaluates the services of roads, points and premises."""

    def run(layers, premises, study):
        zones, membership = make_zones(layers, study, premises)
        found = evaluate_services(premises, membership, zones, layers, study)
        for name in ("distances", "service_shares", "closures", "service_points"):
            tables.check(getattr(found, name), getattr(tables, name.upper()), crs=CRS)
        tables.check(found.faults, tables.FAULTS, crs=CRS)
        return found

    return run
