from collections.abc import Callable
from pathlib import Path
from typing import get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from infraplan.config import Layer, LayerName, Study, StudyInfo
from infraplan.layers.read import Layers, read_layers
from infraplan.layers.rules import explode
from infraplan.layers.sieve import RULES
from infraplan.tables import FAULTS, SEVERITIES, check
from infraplan.words import LANGUAGES, load

X, Y = 828_000, 7_288_000


def line(*corners: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X + x, Y + y) for x, y in corners])


def square(x: float = 0, y: float = 0, side: float = 10) -> shapely.Polygon:
    return shapely.box(X + x, Y + y, X + x + side, Y + y + side)


BOWTIE = shapely.Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
SPIKE = shapely.Polygon([(X, Y), (X + 10, Y), (X, Y)])


def write(folder: Path, shapes: list[BaseGeometry | None], **columns: list[object]) -> Path:
    path = folder / "t.parquet"
    gpd.GeoDataFrame({"n": range(len(shapes)), **columns}, geometry=shapes, crs=3006).to_parquet(path)
    return path


def rules(layers: Layers) -> list[tuple[str, str]]:
    return list(zip(layers.faults["rule"], layers.faults["feature_id"], strict=True))


def test_every_rule_has_a_sentence_and_a_known_severity() -> None:
    for rule, meaning in RULES.items():
        assert meaning.severity in SEVERITIES
        for language in LANGUAGES:
            for part in ("message", "remedy"):
                assert load(language).entries[f"faults.{rule}.{part}"]


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        (None, "missing_geometry"),
        (shapely.Point(), "empty_geometry"),
        (shapely.Point(np.nan, Y), "non_finite"),
        (shapely.Point(np.inf, Y), "non_finite"),
        (line((0, 0), (1, 1)), "wrong_shape"),
        (shapely.GeometryCollection([line((0, 0), (1, 1))]), "wrong_shape"),
        (SPIKE, "invalid_geometry"),
    ],
)
def test_points_that_cannot_be_used(
    tmp_path: Path, read: Callable[..., Layers], shape: BaseGeometry | None, rule: str
) -> None:
    layers = read(masts={"path": write(tmp_path, [shapely.Point(X, Y), shape])})
    assert rules(layers) == [(rule, "masts-2")]
    assert layers.counts.loc["masts"].tolist() == [2, 0, 0, 1, 1]
    check(layers.faults, FAULTS, crs="EPSG:3006")


def test_areas_become_points_where_the_layer_takes_points(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    layers = read(masts={"path": write(tmp_path, [square()])})
    assert rules(layers) == [("point_of_area", "masts-1")]
    assert square().contains(layers.tables["masts"].geometry.iloc[0])


def test_areas_that_cross_themselves_are_mended(tmp_path: Path, read: Callable[..., Layers]) -> None:
    layers = read(buildings={"path": write(tmp_path, [BOWTIE, square(20), SPIKE])})
    assert rules(layers) == [("invalid_geometry", "buildings-3"), ("mended_geometry", "buildings-1")]
    assert layers.tables["buildings"].is_valid.all()
    assert layers.tables["buildings"].area.tolist() == [50, 100]
    assert layers.counts.loc["buildings"].tolist() == [3, 0, 1, 1, 2]


def test_lines_without_length_and_of_several_parts(tmp_path: Path, read: Callable[..., Layers]) -> None:
    several = shapely.MultiLineString([line((0, 0), (5, 0)), line((9, 9), (9, 9)), line((0, 5), (7, 5))])
    single = shapely.MultiLineString([line((0, 9), (3, 9))])
    path = write(tmp_path, [line((1, 1), (1, 1)), several, single], road_id=["a", "b", "c"])
    layers = read(roads={"path": path})
    assert rules(layers) == [("zero_length", "a")]
    assert layers.tables["roads"].length.to_dict() == {"b/1": 5, "b/2": 7, "c": 3}
    assert set(layers.tables["roads"].geom_type) == {"LineString"}
    assert layers.counts.loc["roads"].tolist() == [3, 0, 0, 1, 2]


def test_several_points_are_several_masts_but_one_premises(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    path = write(tmp_path, [shapely.MultiPoint([(X, Y), (X + 4, Y), (X + 10, Y)])], households=[3])
    layers = read(masts={"path": path}, premises={"path": path})
    assert list(layers.tables["masts"].index) == ["masts-1/1", "masts-1/2", "masts-1/3"]
    assert layers.tables["premises"].geometry.tolist() == [shapely.Point(X + 4, Y)]
    assert rules(layers) == [("one_point", "premises-1")]


def test_mixed_collections_give_the_parts_that_fit(tmp_path: Path, read: Callable[..., Layers]) -> None:
    mixed = shapely.GeometryCollection([shapely.Point(X, Y), square(), square(30), line((0, 0), (1, 0))])
    path = write(tmp_path, [mixed])
    layers = read(buildings={"path": path}, roads={"path": path}, masts={"path": path})
    assert layers.tables["buildings"].area.tolist() == [200]
    assert layers.tables["roads"].length.tolist() == [1]
    assert layers.tables["masts"].geom_type.tolist() == ["Point"]
    assert {rule for rule, _ in rules(layers)} == {"some_parts"}


def test_identity(tmp_path: Path, read: Callable[..., Layers]) -> None:
    ids = ["A", "A", "A", "B", "", "A#2", "C"]
    shapes = [square(), square(), square(20), square(40), square(60), square(80), square(100)]
    path = write(tmp_path, shapes, building_id=ids, levels=[1, 2, 1, 1, 1, 1, 1])
    layers = read(buildings={"path": path})
    assert list(layers.tables["buildings"].index) == ["A", "A#2", "B", "buildings-5", "A#2#2", "C"]
    assert rules(layers) == [("duplicate_feature", "A"), ("piece_of_building", "A#2")]
    assert layers.faults["values"].iloc[0]["row"] == "1"
    assert layers.counts.loc["buildings"].tolist() == [7, 0, 0, 1, 6]


def test_an_unusable_row_does_not_take_the_id(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, [None, shapely.Point(X, Y)], premises_id=["A", "A"])
    assert list(read(premises={"path": path}).tables["premises"].index) == ["A"]


def test_roads_drawn_twice_in_either_direction(tmp_path: Path, read: Callable[..., Layers]) -> None:
    shapes = [line((0, 0), (5, 0)), line((5, 0), (0, 0)), line((0, 0), (5, 0)), line((0, 0), (6, 0))]
    path = write(tmp_path, shapes, road_class=["1", "1", "2", "1"], road_id=["a", "b", "c", "d"])
    layers = read(roads={"path": path})
    assert rules(layers) == [("duplicate_geometry", "b")]
    assert list(layers.tables["roads"].index) == ["a", "c", "d"]


def test_premises_may_share_a_place_unless_they_say_just_the_same(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    table = pd.DataFrame(
        {"x": [X] * 4, "y": [Y] * 4, "households": [1, 1, 2, np.nan], "flat": ["a", "a", "a", "a"]}
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    layers = read(premises={"path": tmp_path / "t.csv", "crs": "EPSG:3006"})
    assert rules(layers) == [("duplicate_geometry", "premises-2")]
    table.assign(premises_id=["p", "q", "r", "s"]).to_csv(tmp_path / "t.csv", index=False)
    assert read(premises={"path": tmp_path / "t.csv", "crs": "EPSG:3006"}).faults.empty


def test_the_area_holds_premises_strictly_and_roads_with_a_margin(
    tmp_path: Path, read: Callable[..., Layers], area: Path
) -> None:
    steps = [0, 15_000, 50_000]  # south of the border, which is 10 km south of Y
    places = write(tmp_path, [shapely.Point(X, Y - 9_000 - step) for step in steps])
    roads = tmp_path / "r.parquet"
    lines = [line((0, -9_000 - step), (10, -9_000 - step)) for step in steps]
    gpd.GeoDataFrame(geometry=lines, crs=3006).to_parquet(roads)
    layers = read(municipalities={"path": area}, premises={"path": places}, roads={"path": roads})
    assert list(layers.tables["premises"].index) == ["premises-1"]
    assert list(layers.tables["roads"].index) == ["roads-1", "roads-2"]
    assert set(layers.faults["rule"]) == {"out_of_area"}
    assert set(layers.faults["severity"]) == {"info"}


def test_premises_stand_at_a_coarse_border_but_not_in_another_municipality(
    tmp_path: Path, read: Callable[..., Layers], area: Path
) -> None:
    south = [shapely.Point(X, 7_278_000 - step) for step in (150, 250)]
    east = [shapely.Point(838_000 + step, Y) for step in (-50, 50)]
    places = write(tmp_path, [*south, *east])
    layers = read(municipalities_studied=("2580",), municipalities={"path": area}, premises={"path": places})
    assert list(layers.tables["premises"].index) == ["premises-1", "premises-3"]
    assert rules(layers) == [("out_of_area", "premises-2"), ("out_of_area", "premises-4")]
    assert layers.faults["values"].tolist() == [{"margin_m": 200.0}] * 2


def test_exploding_keeps_the_order_of_rows() -> None:
    shapes = np.array(
        [line((0, 0), (1, 0)), shapely.MultiLineString([line((0, 1), (1, 1)), line((0, 2), (1, 2))])]
    )
    at, parts = explode(shapes[[1, 0]], counted=False)
    assert at.tolist() == [0, 0, 1]
    assert [part.coords[0][1] - Y for part in parts] == [1, 2, 0]


NUMBERS = st.sampled_from([0.0, 1.0, 5.0, 9e6, -3e6, 1e300, np.inf])
CORNERS = st.tuples(NUMBERS, NUMBERS).map(lambda xy: (X + xy[0], Y + xy[1]))
POINTS = CORNERS.map(shapely.Point)
LINES = st.lists(CORNERS, min_size=2, max_size=4).map(shapely.LineString)
AREAS = st.lists(CORNERS, min_size=3, max_size=5).map(shapely.Polygon)
SIMPLE = POINTS | LINES | AREAS
SHAPES = (
    st.none()
    | SIMPLE
    | st.lists(SIMPLE, max_size=3).map(shapely.GeometryCollection)
    | st.lists(LINES, max_size=3).map(shapely.MultiLineString)
    | st.lists(AREAS, max_size=3).map(shapely.MultiPolygon)
    | st.lists(POINTS, max_size=3).map(shapely.MultiPoint)
)
CELLS = st.sampled_from([None, "", "1", "-1", "2,5", "x", "1e9", "A", "Ja", "2026-01-01"])
LAYERS = [name for name in get_args(LayerName) if name not in ("elevation", "municipalities")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    name=st.sampled_from(LAYERS),
    rows=st.lists(st.tuples(SHAPES, CELLS, CELLS, st.sampled_from(["a", "b", ""])), min_size=1, max_size=8),
    kept=st.sampled_from([["a"], ["a", "b", ""], []]),
    within=st.booleans(),
)
def test_rows_in_are_rows_left_out_set_aside_and_used(
    tmp_path: Path,
    area: Path,
    name: LayerName,
    rows: list[tuple[BaseGeometry | None, str | None, str | None, str]],
    kept: list[str],
    within: bool,
) -> None:
    shapes, first, second, flag = (list(cells) for cells in zip(*rows, strict=True))
    names = ["households", "kind", "operator", "down_mbps", "start", "end", "code", "class", "date", "author"]
    columns = {column: pd.Series(first if i % 2 else second, dtype="str") for i, column in enumerate(names)}
    ids = pd.Series(second, dtype="str")
    keys = dict.fromkeys(["premises_id", "building_id", "road_id", "address_id", "zone_id"], ids)
    path = tmp_path / "t.parquet"
    table = gpd.GeoDataFrame({"flag": flag, **columns, **keys}, geometry=shapes, crs=3006)
    table.to_parquet(path)
    layer = Layer(path=path, where={"flag": tuple(kept)})
    layers: dict[LayerName, Layer] = {name: layer}
    if within:
        layers["municipalities"] = Layer(path=area)
    result = read_layers(Study(study=StudyInfo(name="t", year=2026), layers=layers), strict=False)
    check(result.faults, FAULTS, crs="EPSG:3006")
    if name not in result.tables:
        assert ((result.faults["layer"] == name) & (result.faults["feature_id"] == "")).any()
        return
    row, found = result.counts.loc[name], result.tables[name]
    assert row["rows_in"] == len(rows)
    assert row["left_out"] == sum(cell not in kept for cell in flag)
    assert row["rows_in"] == row["left_out"] + row["set_aside"] + row["used"]
    broken = result.faults.loc[result.faults["layer"] == name, "rule"]
    assert sum(rule in RULES and RULES[rule].sets_aside for rule in broken) == row["set_aside"]
    assert found.index.is_unique
    assert found.index.str.replace(r"/\d+$", "", regex=True).nunique() == row["used"]
    assert found.geometry.dropna().is_valid.all()
    assert np.isfinite(shapely.get_coordinates(found.geometry)).all()
