"""Of protected housing nothing is told: not where it is, what it is called, nor which row it is."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from infraplan.layers.faults import describe
from infraplan.layers.public_kinds import is_protected
from infraplan.layers.read import Layers
from infraplan.words import load

X, Y = 828_000, 7_288_000
_COLUMNS = ("building_id", "kind", "name", "protected", "wifi")


@pytest.fixture
def buildings(tmp_path: Path) -> Callable[..., dict[str, Path]]:
    def write(*rows: tuple[str, ...], shapes: list[shapely.Geometry | None] | None = None) -> dict[str, Path]:
        path = tmp_path / "buildings.gpkg"
        cells = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
        points = shapes or [shapely.Point(X + 10 * n, Y) for n in range(len(rows))]
        gpd.GeoDataFrame(cells, geometry=points, crs=3006).to_file(path)
        return {"path": path}

    return write


def test_a_flag_that_nobody_understands_protects(
    read: Callable[..., Layers], buildings: Callable[..., dict[str, Path]]
) -> None:
    rows = [
        ("a", "library", "A", "kanske", ""),
        ("b", "library", "B", "", ""),
        ("c", "library", "C", "nej", ""),
    ]
    table = read(public_buildings=buildings(*rows)).tables["public_buildings"]
    assert table["protected"].tolist() == [True, False, False]


@pytest.mark.parametrize(
    "row",
    [
        ("secret", "Kvinnojour", "Hidden", "", "perhaps"),
        ("secret", "care_home", "Hidden", "ja", "perhaps"),
        ("secret", "", "Hidden", "ja", ""),
        ("secret", "skyddat boende", "Hidden", "kanske", ""),
        ("secret", "skyddat boendde", "Hidden", "", "perhaps"),
    ],
)
def test_faults_of_protected_rows_are_counted_and_not_shown(
    read: Callable[..., Layers], buildings: Callable[..., dict[str, Path]], row: tuple[str, ...]
) -> None:
    open_row = ("open", "school", "Shown", "", "perhaps")
    found = read(public_buildings=buildings(row, open_row)).faults
    assert found["rule"].tolist() == ["unknown_value", "protected_faulty"]
    assert found["feature_id"].tolist() == ["open", ""]
    assert found.geometry.iloc[-1] is None
    for language in ("sv", "en"):
        said = describe(found, load(language)).to_csv()
        assert "secret" not in said
        assert "Hidden" not in said


def test_protected_rows_that_are_set_aside_are_counted(
    read: Callable[..., Layers], buildings: Callable[..., dict[str, Path]]
) -> None:
    rows = [("secret", "kvinnojour", "Hidden", "", "")] * 2 + [("open", "school", "Shown", "", "")]
    shapes = [shapely.Point(X, Y), None, shapely.Point(X + 50, Y)]
    layers = read(public_buildings=buildings(*rows, shapes=shapes))
    assert layers.counts.loc["public_buildings", ["rows_in", "set_aside", "used"]].tolist() == [3, 1, 2]
    assert layers.faults["values"].tolist() == [{"count": 1, "aside": 1}]


def test_service_points_are_hidden_too_and_other_layers_tell_all(
    read: Callable[..., Layers], buildings: Callable[..., dict[str, Path]]
) -> None:
    rows = [("secret", "kvinnojour", "Hidden", "", "perhaps"), ("b", "shop", "B", "", "")]
    source = buildings(*rows) | {"columns": {"point_id": "building_id"}}
    assert read(service_points=source).faults["feature_id"].tolist() == [""]
    assert read(masts=buildings(*rows, shapes=[None, shapely.Point(X, Y)])).faults["feature_id"].tolist() == [
        "masts-1"
    ]


@pytest.mark.parametrize(
    ("kind", "protected"),
    [
        ("protected housing", True),
        ("Skyddat boende (Norrbotten)", True),
        ("kvinojour", True),
        ("refugee site", False),
        ("refugee camp", False),
        ("stödboende", False),
        ("boende", False),
        ("school", False),
        ("", False),
    ],
)
def test_kinds_that_may_mean_protected_housing(kind: str, protected: bool) -> None:
    table = gpd.GeoDataFrame({"kind": [kind]}, geometry=[shapely.Point(X, Y)])
    assert is_protected(table).tolist() == [protected]
