import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from infraplan import tables
from infraplan.errors import TableError

CONTRACTS = [value for value in vars(tables).values() if isinstance(value, tables.Contract)]


def premises() -> gpd.GeoDataFrame:
    frame = pd.DataFrame(
        {
            "households": [1, 2],
            "workplaces": [0, 1],
            "kind": ["single", "multi"],
            "municipality": ["2513", ""],
            "locality": ["", ""],
            "settlement_class": ["outside", "locality"],
            "source": ["premises", "premises"],
            "vintage": ["2026-01-15", ""],
        },
        index=pd.Index(["a", "b"], name="premises_id"),
    )
    return gpd.GeoDataFrame(frame, geometry=[Point(0, 0), Point(1, 1)], crs=3006)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_an_empty_table_keeps_its_contract(contract):
    tables.check(tables.empty(contract, "EPSG:3006"), contract, crs="EPSG:3006")


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_contracts_name_every_column_once_and_say_what_it_is(contract):
    assert len(set(contract.names)) == len(contract.names)
    assert all(column.about for column in contract.columns)


def test_a_right_table_passes_and_may_carry_more():
    tables.check(premises().assign(theirs=7), tables.PREMISES, crs=3006)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.rename_axis("id"), "index is 'id'"),
        (lambda t: t.set_axis(pd.Index(["a", "a"], name="premises_id")), "'a' occurs twice"),
        (lambda t: t.set_axis(pd.Index([1, 2], name="premises_id")), "keys are int64, not text"),
        (lambda t: t.drop(columns="households"), "'households' is missing"),
        (lambda t: t.assign(households=[1.0, np.nan]), "'households' is float64"),
        (lambda t: t.assign(kind=["single", "castle"]), "'castle'"),
        (lambda t: t.assign(source=pd.Series(["x", None], index=t.index, dtype="str")), "missing text"),
        (lambda t: t.set_geometry([Point(), Point(1, 1)], crs=3006), "missing or empty"),
        (lambda t: t.set_geometry([None, Point(1, 1)], crs=3006), "missing or empty"),
        (lambda t: t.set_geometry([LineString([(0, 0), (1, 1)]), Point(1, 1)], crs=3006), "LineString"),
        (lambda t: t.to_crs(4326), "CRS"),
        (lambda t: pd.DataFrame(t.drop(columns="geometry")), "no geometry"),
    ],
)
def test_a_broken_rule_is_named(change, said):
    with pytest.raises(TableError, match="premises") as error:
        tables.check(change(premises()), tables.PREMISES, crs=3006)
    assert said in str(error.value)


def test_columns_are_values():
    with pytest.raises(dataclasses.FrozenInstanceError):
        tables.PREMISES.name = "other"
