"""Planned works that end before they begin, and ducts that lie nowhere."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from infraplan.config import Study
from infraplan.layers.faults import describe
from infraplan.layers.read import Layers, read_layers
from infraplan.planconfig import Ducts
from infraplan.words import load

X, Y = 828_000, 7_288_000
LINE = shapely.LineString([(X, Y), (X + 500, Y)])


def write(folder: Path, shapes: list[shapely.LineString | None], **columns: list[object]) -> dict[str, Path]:
    path = folder / "rows.parquet"
    gpd.GeoDataFrame(columns, geometry=shapes, crs=3006).to_parquet(path)
    return {"path": path}


def test_a_work_that_ends_before_it_begins_is_set_aside_with_its_dates(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    dates = {"start": ["2027-05-01", "2027-05-01"], "end": ["2027-04-30", "2027-05-01"]}
    layers = read(planned_works=write(tmp_path, [LINE, shapely.reverse(LINE)], **dates, name=["A", "B"]))
    assert layers.tables["planned_works"]["name"].tolist() == ["B"]
    assert layers.counts.loc["planned_works"].tolist() == [2, 0, 0, 1, 1]
    said = describe(layers.faults, load("en")).iloc[0]
    assert (said["rule"], said["severity"], said["feature_id"]) == (
        "works_end_first",
        "error",
        "planned_works-1",
    )
    assert said["message"] == (
        "planned_works planned_works-1: the work ends (2027-04-30) before it begins (2027-05-01); the row is "
        "set aside."
    )
    assert said["remedy"] == "Mend the dates, or check in the study file that start and end are not mixed up."
    assert describe(layers.faults, load("sv"))["message"].iloc[0] == (
        "planned_works planned_works-1: arbetet slutar (2027-04-30) innan det börjar (2027-05-01); raden är "
        "lagd åt sidan."
    )


@pytest.mark.parametrize(
    ("start", "end", "used"),
    [
        ("2027", "2027", True),
        ("2027-05-01", "2027", True),  # a year alone is all of it
        ("2027", "2027-02-01", True),
        ("2027-05", "2027-05-03", True),
        ("2027-05-03", "2027-05", True),
        ("2028", "2027-12-31", False),
        ("2027-06", "2027-05-31", False),
        ("2027-06-01", "2027-05", False),
    ],
)
def test_years_and_months_alone_are_all_of_them(
    tmp_path: Path, read: Callable[..., Layers], start: str, end: str, used: bool
) -> None:
    layers = read(planned_works=write(tmp_path, [LINE], start=[start], end=[end]))
    assert len(layers.tables["planned_works"]) == used
    assert layers.faults["rule"].tolist() == ([] if used else ["works_end_first"])


def test_a_date_that_is_none_is_told_as_that_alone(tmp_path: Path, read: Callable[..., Layers]) -> None:
    layers = read(planned_works=write(tmp_path, [LINE], start=["2027-05-01"], end=["soon"]))
    assert sorted(layers.faults["rule"]) == ["missing_value", "not_a_date"]
    assert len(layers.tables["planned_works"]) == 0


def test_a_duct_without_a_place_is_set_aside_by_its_row(tmp_path: Path, read: Callable[..., Layers]) -> None:
    rows = write(tmp_path, [None, LINE], owner=["A", "B"], free_capacity=[1.0, 1.0])
    layers = read(ducts=rows)
    said = describe(layers.faults, load("en")).iloc[0]
    assert (said["rule"], said["severity"], said["feature_id"]) == ("missing_geometry", "error", "ducts-1")
    assert layers.tables["ducts"]["owner"].tolist() == ["B"]
    assert layers.counts.loc["ducts"].tolist() == [2, 0, 0, 1, 1]


def test_a_duct_whose_room_nobody_knows_is_told(
    tmp_path: Path, read: Callable[..., Layers], study: Callable[..., Study]
) -> None:
    rows = write(tmp_path, [LINE, shapely.reverse(LINE)], owner=["A", "B"], free_capacity=[None, 0.0])
    layers = read(ducts=rows)
    said = describe(layers.faults, load("en"))
    assert said[["rule", "severity", "feature_id"]].to_numpy().tolist() == [
        ["duct_room_unknown", "warning", "ducts-1"]
    ]
    assert said["message"].iloc[0] == (
        "ducts ducts-1: how many cables still fit is not stated, so the duct is not used."
    )
    assert layers.counts.loc["ducts"].tolist() == [2, 0, 0, 0, 2]
    said_by_the_study = study(ducts=rows).model_copy(update={"ducts": Ducts(unknown_room=2)})
    assert read_layers(said_by_the_study).faults.empty
