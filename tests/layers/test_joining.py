"""Several files of one layer: each as its operator delivers it, under each other as one table."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.config import Layer, Study, StudyInfo
from infraplan.errors import InfraplanError, LayerError, MissingFileError, StudyError
from infraplan.layers import read_layers, read_study
from infraplan.layers.catalog import CATALOG
from infraplan.layers.joining import join_tables, tell_apart
from infraplan.layers.read import Layers

X, Y = 820_000, 7_280_000
HEAD = '[study]\nname = "Piteå"\nyear = 2026\n'


def squares(*places: int, size: int = 100) -> list[shapely.Polygon]:
    return [shapely.box(X + 200 * at, Y, X + 200 * at + size, Y + size) for at in places]


def put(path: Path, shapes: list[Any], *, crs: int = 3006, **columns: list[Any]) -> Path:
    gpd.GeoDataFrame(columns or {"n": range(len(shapes))}, geometry=shapes, crs=3006).to_crs(crs).to_file(
        path
    )
    return path


# The study file


def test_one_table_and_several_are_both_a_list_of_files(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(
        HEAD
        + '[layers.roads]\npath = "r.gpkg"\n'
        + '[[layers.footprints]]\npath = "a.gpkg"\ncolumns = { down_mbps = "A" }\n'
        + '[[layers.footprints]]\npath = "b.gpkg"\n',
        "utf-8",
    )
    study = read_study(file)
    assert [layer.path.name for layer in study.layers["roads"]] == ["r.gpkg"]
    assert [layer.path for layer in study.layers["footprints"]] == [tmp_path / "a.gpkg", tmp_path / "b.gpkg"]
    assert [layer.columns for layer in study.layers["footprints"]] == [{"down_mbps": "A"}, {}]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[[layers.roads]]\npath = "a"\n[[layers.roads]]\npath = 3', "[[layers.roads]] 2 path"),
        ('[[layers.roads]]\npath = "a"\n[[layers.roads]]\n', "[[layers.roads]] 2 path is missing"),
        ('[[layers.roads]]\npth = "a"', "[[layers.roads]] 1 pth"),
        ('[layers.roads]\npath = "a"\nlevel = "secret"', "[layers.roads] level"),
        ('[[layers.roads]]\npath = "a"\n[[layers.roads]]\npath = "b"\nwhere = { A = 1 }', "2 where.A"),
        ('[[layers.roads]]\npath = "a"\n[[layers.roads]]\npath = "b"\ncrs = "X"', "[[layers.roads]] 2 crs"),
        (
            '[[layers.roads]]\npath = "a"\n[[layers.roads]]\npath = "b"\ncolumns = { road_clas = "A" }',
            "[[layers.roads]] 2 columns",
        ),
        ("[layers]\nroads = []", "[layers.roads]"),
        ("[layers]\nroads = 3", "[layers.roads] = 3"),
        ("[layers]\nroads = [3]", "[[layers.roads]] 1 = 3"),
    ],
)
def test_mistakes_name_the_table_that_they_stand_in(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "study.toml"
    file.write_text(HEAD + text, "utf-8")
    with pytest.raises(StudyError) as caught:
        read_study(file)
    assert key in str(caught.value)


def test_a_file_that_is_not_there_is_named_by_its_table(tmp_path: Path) -> None:
    put(tmp_path / "a.gpkg", squares(0), down_mbps=[100])
    file = tmp_path / "study.toml"
    file.write_text(
        HEAD + '[[layers.footprints]]\npath = "a.gpkg"\n[[layers.footprints]]\npath = "b.gpkg"', "utf-8"
    )
    study = read_study(file)
    with pytest.raises(MissingFileError, match=r"\[\[layers\.footprints\]\] 2 path"):
        read_layers(study)
    layers = read_layers(study, strict=False)
    assert list(layers.counts.index) == ["footprints"]
    [fault] = layers.faults.to_dict("records")
    assert (fault["rule"], fault["layer"], fault["severity"]) == ("missing_file", "footprints 2", "error")


@pytest.mark.parametrize(
    ("layer", "key"),
    [
        ({"columns": {"down_mbps": "SPEED"}}, "[[layers.footprints]] 2 columns.down_mbps"),
        ({"where": {"STATUS": ("x",)}}, "[[layers.footprints]] 2 where"),
        ({"layer": "other"}, "[[layers.footprints]] 2 layer"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_by_its_table(
    tmp_path: Path, read: Callable[..., Layers], layer: dict[str, Any], key: str
) -> None:
    path = put(tmp_path / "a.gpkg", squares(0), down_mbps=[100])
    other = put(tmp_path / "b.gpkg", squares(1), down_mbps=[100])
    with pytest.raises(LayerError) as caught:
        read(footprints=[{"path": path}, {"path": other, **layer}])
    assert key in str(caught.value)


def test_an_xlsx_and_an_osm_file_name_their_table_too(tmp_path: Path, read: Callable[..., Layers]) -> None:
    book = tmp_path / "b.xlsx"
    with pd.ExcelWriter(book) as writer:
        for sheet in ("one", "two"):
            pd.DataFrame({"e": [X], "n": [Y]}).to_excel(writer, sheet_name=sheet, index=False)
    path = put(tmp_path / "a.gpkg", [shapely.Point(X, Y)])
    with pytest.raises(LayerError, match=r"\[\[layers\.masts\]\] 2 layer"):
        read(masts=[{"path": path}, {"path": book}])
    with pytest.raises(LayerError, match=r"\[\[layers\.masts\]\] 2 layer"):
        read(masts=[{"path": path}, {"path": book, "layer": "three"}])
    pbf = tmp_path / "o.osm.pbf"
    pbf.write_bytes(b"x")
    with pytest.raises(LayerError, match=r"\[\[layers\.ducts\]\] 2 theme"):
        read(
            ducts=[
                {"path": put(tmp_path / "d.gpkg", [shapely.LineString([(X, Y), (X, Y + 9)])])},
                {"path": pbf},
            ]
        )


# One table


def test_each_operator_delivers_its_own_file(tmp_path: Path, read: Callable[..., Layers]) -> None:
    """Other columns, another CRS, other words, other facts: each file as its table says."""
    one = put(tmp_path / "one.gpkg", squares(0, 1, 2), SPEED=[100, 1000, 0], STATE=["on", "on", "off"])
    two = put(tmp_path / "two.geojson", squares(3, 4), crs=4326, down_mbps=[30, -1], note=["x", "y"])
    layers = read(
        footprints=[
            {
                "path": one,
                "values": {"operator": {"*": "A"}, "technology": {"*": "fibre"}},
                "columns": {"down_mbps": "SPEED"},
                "where": {"STATE": ["on"]},
                "level": "public",
                "source": "A AB",
            },
            {"path": two, "level": "restricted", "modelled": True, "date": "2026-01-15"},
        ]
    )
    table = layers.tables["footprints"]
    assert list(table.index) == ["footprints-1", "footprints-2", "footprints-2-1"]
    assert table["operator"].tolist() == ["A", "A", ""]
    assert table["down_mbps"].tolist() == [100, 1000, 30]
    assert table["technology"].tolist() == ["fibre", "fibre", "unknown"]
    assert table["note"].tolist() == ["", "", "x"]
    assert table.crs == "EPSG:3006"
    expected = gpd.GeoSeries(squares(0, 1, 3), crs=3006)
    assert table.geometry.reset_index(drop=True).geom_equals_exact(expected, 0.01).all()
    assert layers.counts.loc["footprints"].tolist() == [3, 1, 0, 0, 2]
    assert layers.counts.loc["footprints 2"].tolist() == [2, 0, 0, 1, 1]
    told = layers.sources[["path", "level", "modelled", "date", "source", "crs"]].to_numpy().tolist()
    assert told == [
        ["one.gpkg", "public", False, "", "A AB", "EPSG:3006"],
        ["two.geojson", "restricted", True, "2026-01-15", "", "EPSG:4326"],
    ]
    assert layers.sources.loc["footprints 2", "defaults"] != layers.sources.loc["footprints", "defaults"]
    assert layers.faults[["rule", "layer", "feature_id"]].to_numpy().tolist() == [
        ["beyond_limit", "footprints 2", "footprints-2-2"],
        ["missing_value", "footprints 2", "footprints-2-2"],
    ]


def test_ids_of_different_files_stay_apart(tmp_path: Path, read: Callable[..., Layers]) -> None:
    """Two registers number their buildings from 1: they are no pieces of one."""
    one = put(tmp_path / "1.gpkg", squares(0, 1, 2), building_id=["1", "2", "2"])
    two = put(tmp_path / "2.gpkg", squares(5, 6, 7), building_id=["1", "2", "3"])
    three = put(tmp_path / "3.gpkg", squares(8, 9), building_id=["1", "1"])
    layers = read(buildings=[{"path": one}, {"path": two}, {"path": three}])
    assert list(layers.tables["buildings"].index) == ["1", "2", "2#2", "1@2", "2@2", "3", "1@3", "1@3#2"]
    again = layers.faults[layers.faults["rule"] == "duplicate_id"]
    assert again[["layer", "feature_id"]].to_numpy().tolist() == [
        ["buildings 2", "1@2"],
        ["buildings 2", "2@2"],
        ["buildings 3", "1@3"],
        ["buildings 3", "1@3#2"],
    ]


def test_parts_of_lines_stay_apart_too(tmp_path: Path, read: Callable[..., Layers]) -> None:
    line = shapely.MultiLineString([[(X, Y), (X + 9, Y)], [(X + 50, Y), (X + 60, Y)]])
    one = put(tmp_path / "1.gpkg", [line], road_id=["a"])
    two = put(tmp_path / "2.gpkg", [shapely.affinity.translate(line, 0, 100)], road_id=["a"])
    three = put(tmp_path / "3.gpkg", [shapely.affinity.translate(line.geoms[0], 0, 200)], road_id=["a/1"])
    table = read(roads=[{"path": path} for path in (one, two, three)]).tables["roads"]
    assert list(table.index) == ["a/1", "a/2", "a@2/1", "a@2/2", "a/1@3"]


def test_a_row_that_an_earlier_file_has_is_used_once(tmp_path: Path, read: Callable[..., Layers]) -> None:
    """Deliveries overlap at their borders: a thing is not counted twice, but two things are two."""
    one = put(tmp_path / "1.gpkg", squares(0, 1, 2), zone_id=["a", "b", ""], population=[1, 2, 3])
    two = put(tmp_path / "2.gpkg", squares(1, 2, 2, 3), zone_id=["b", "", "", "a"], population=[9, 3, 4, 1])
    layers = read(population=[{"path": one}, {"path": two}])
    # b has the same id and place, the third is the same in all; the others differ in people or place.
    assert layers.tables["population"]["population"].tolist() == [1, 2, 3, 4, 1]
    assert layers.counts.loc["population 2"].tolist() == [4, 0, 0, 2, 2]
    copies = layers.faults[layers.faults["rule"] == "copy_of_earlier_file"]
    assert copies["feature_id"].tolist() == ["b", "population-2-2"]


def test_two_operators_at_one_place_are_two(tmp_path: Path, read: Callable[..., Layers]) -> None:
    one = put(tmp_path / "1.gpkg", squares(0), down_mbps=[100])
    two = put(tmp_path / "2.gpkg", squares(0), down_mbps=[100])
    named = [{"path": path, "values": {"operator": {"*": name}}} for path, name in ((one, "A"), (two, "B"))]
    assert read(footprints=named).tables["footprints"]["operator"].tolist() == ["A", "B"]


def test_roads_are_copies_whatever_they_are_called(tmp_path: Path, read: Callable[..., Layers]) -> None:
    line = shapely.LineString([(X, Y), (X + 90, Y)])
    one = put(tmp_path / "1.gpkg", [line], road_id=["a"], name=["Storgatan"])
    two = put(tmp_path / "2.gpkg", [line.reverse()], road_id=["b"], namn=["E4"])
    assert len(read(roads=[{"path": one}, {"path": two}]).tables["roads"]) == 1


def test_a_file_given_twice_is_told(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = put(tmp_path / "1.gpkg", squares(0, 1), down_mbps=[10, 20], OTHER=[1, 2])
    twin = tmp_path / "twin.gpkg"
    twin.write_bytes(path.read_bytes())
    layers = read(footprints=[{"path": path}, {"path": twin}])
    [fault] = layers.faults[layers.faults["rule"] == "file_twice"].to_dict("records")
    assert (fault["layer"], fault["severity"]) == ("footprints 2", "warning")
    assert fault["values"] == {"path": "twin.gpkg", "other": "footprints"}
    assert layers.counts["used"].tolist() == [2, 0]
    # Two readings of one file are two things.
    other = read(footprints=[{"path": path}, {"path": path, "columns": {"down_mbps": "OTHER"}}])
    assert other.faults.empty
    assert other.counts["used"].tolist() == [2, 2]


def test_municipalities_of_several_files_are_one_area(tmp_path: Path, read: Callable[..., Layers]) -> None:
    boxes = [shapely.box(X + 20_000 * at, Y, X + 20_000 * (at + 1), Y + 20_000) for at in range(4)]
    one = put(tmp_path / "1.gpkg", boxes[:2], code=["2501", "2502"])
    two = put(tmp_path / "2.gpkg", boxes[2:], code=["2503", "2504"])
    files = [{"path": one}, {"path": two}]
    layers = read(municipalities=files, municipalities_studied=("2502", "2503"))
    assert list(layers.tables["municipalities"].index) == ["2502", "2503"]
    assert layers.area is not None
    assert layers.area.equals(shapely.union_all(boxes[1:3]))
    assert layers.counts["left_out"].tolist() == [1, 1]
    with pytest.raises(StudyError, match=r"2599.*2501, 2502, 2503, 2504"):
        read(municipalities=files, municipalities_studied=("2599",))
    premises = put(tmp_path / "p.gpkg", [box.centroid for box in boxes], households=[1, 1, 1, 1])
    layers = read(municipalities=files, municipalities_studied=("2502",), premises={"path": premises})
    assert layers.counts.loc["premises", "used"] == 1


def test_one_bad_file_of_several_leaves_the_others(tmp_path: Path, read: Callable[..., Layers]) -> None:
    one = put(tmp_path / "1.gpkg", squares(0), down_mbps=[10])
    bad = tmp_path / "bad.gpkg"
    bad.write_bytes(b"not a geopackage")
    three = put(tmp_path / "3.gpkg", squares(1), down_mbps=[20])
    layers = read(footprints=[{"path": one}, {"path": bad}, {"path": three}], strict=False)
    assert layers.tables["footprints"]["down_mbps"].tolist() == [10, 20]
    assert list(layers.sources.index) == ["footprints", "footprints 3"]
    assert layers.faults["layer"].tolist() == ["footprints 2"]


def test_every_file_is_reported(tmp_path: Path, study: Callable[..., Study]) -> None:
    one = put(tmp_path / "1.gpkg", squares(0), down_mbps=[10])
    two = put(tmp_path / "2.gpkg", squares(1), down_mbps=[10])
    told: list[tuple[str, int, int]] = []
    read_layers(study(footprints=[{"path": one}, {"path": two}]), report=lambda *what: told.append(what))
    assert told == [("footprints", 0, 2), ("footprints 2", 1, 2)]


def test_connected_lists_without_places_are_joined(tmp_path: Path, read: Callable[..., Layers]) -> None:
    for name, ids in (("a", "A1\nA2"), ("b", "A2\nB1")):
        (tmp_path / f"{name}.csv").write_text(f"premises_id\n{ids}\n", "utf-8")
    table = read(connected=[{"path": tmp_path / "a.csv"}, {"path": tmp_path / "b.csv"}]).tables["connected"]
    assert table["premises_id"].tolist() == ["A1", "A2", "A2", "B1"]
    assert table.index.is_unique
    assert table.geometry.isna().all()


@settings(max_examples=15)
@given(data=st.data())
def test_a_table_cut_into_files_is_the_table(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever the cut, the same rows come out, in the same order, each under an id of its own."""
    count = data.draw(st.integers(1, 12))
    ids = data.draw(st.lists(st.sampled_from(["", "a", "b", "a#2", "a@2"]), min_size=count, max_size=count))
    cuts = sorted(data.draw(st.lists(st.integers(1, count), max_size=3)))
    folder = tmp_path_factory.mktemp("cut")
    frame = gpd.GeoDataFrame(
        {"zone_id": ids, "population": range(count)}, geometry=squares(*range(count)), crs=3006
    )
    parts = [frame.iloc[a:b] for a, b in zip([0, *cuts], [*cuts, count], strict=True) if b > a]
    paths = []
    for number, part in enumerate(parts):
        paths.append(folder / f"{number}.parquet")
        part.to_parquet(paths[-1])
    files = [Layer(path=path) for path in paths]
    layers = read_layers(Study(study=StudyInfo(name="t", year=2026), layers={"population": files}))
    table = layers.tables["population"]
    assert table["population"].tolist() == list(range(count))
    assert table.index.is_unique
    assert table.geometry.geom_equals(frame.set_axis(table.index).geometry).all()
    assert layers.counts["rows_in"].tolist() == [len(part) for part in parts]


@given(
    st.lists(st.sampled_from(["A", "A#2", "A@2", "B", "A@2#2"]), max_size=8),
    st.sets(st.sampled_from(["A", "A#2", "A@2", "A@2#2", "B@2"])),
)
def test_ids_that_are_told_apart_differ_from_each_other_and_from_those_taken(
    ids: list[str], taken: set[str]
) -> None:
    told = tell_apart(pd.Series(ids, dtype="str"), taken=pd.Index(sorted(taken), dtype=object), tail="@2")
    assert told.is_unique
    assert not set(told) & taken
    assert all(name.startswith(of) for name, of in zip(told, ids, strict=True))
    first = {of: told[at] for at, of in reversed(list(enumerate(ids)))}
    assert all(name == of for of, name in first.items() if of not in taken and of in ("A", "B"))


def test_columns_that_travel_along_agree(tmp_path: Path) -> None:
    """Numbers stay numbers; what one file lacks, or another has of another kind, becomes text."""

    def table(name: str, **columns: Any) -> gpd.GeoDataFrame:
        point = [shapely.Point(X, Y)]
        return gpd.GeoDataFrame(columns, geometry=point, index=pd.Index([name], name="feature_id"), crs=3006)

    one = table("a", kind=["mast"], height=[10], code=[7], flag=[True], only=["x"])
    two = table("b", kind=["mast"], height=[2.5], code=["seven"], sure=[False])
    joined = join_tables([one, two], CATALOG["masts"])
    assert joined["height"].tolist() == [10.0, 2.5]
    assert joined["code"].tolist() == ["7", "seven"]
    assert joined["only"].tolist() == ["x", ""]
    assert joined["flag"].tolist() == ["true", ""]
    assert joined["sure"].tolist() == ["", "false"]
    assert joined.columns[-1] == "geometry"
    assert joined.index.name == "feature_id"


@given(st.binary(max_size=60), st.binary(max_size=60))
@settings(max_examples=20)
def test_hostile_files_beside_each_other_are_answered(
    tmp_path_factory: pytest.TempPathFactory, one: bytes, two: bytes
) -> None:
    folder = tmp_path_factory.mktemp("h")
    for name, content in (("a.csv", one), ("b.csv", two)):
        (folder / name).write_bytes(content)
    files = [Layer(path=folder / name, crs="EPSG:3006") for name in ("a.csv", "b.csv")]
    study = Study(study=StudyInfo(name="t", year=2026), layers={"premises": files})
    layers = read_layers(study, strict=False)
    assert set(layers.counts.index) | set(layers.faults["layer"]) >= {"premises", "premises 2"}
    with pytest.raises(InfraplanError) if len(layers.counts) < len(files) else nullcontext():
        read_layers(study)
