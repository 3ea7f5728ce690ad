from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from infraplan.config import Layer, Study, StudyInfo
from infraplan.errors import InfraplanError, LayerError
from infraplan.layers.read import Layers, read_layers
from infraplan.layers.tabular import fold, read_text_table, read_workbook

CSV = "id;namn;x;y\n1;Överkalix;828000,5;7288000\n2;Älvsbyn;829000;7 289 000,25\n"
ROWS = [["1", "Överkalix", "828000,5", "7288000"], ["2", "Älvsbyn", "829000", "7 289 000,25"]]


def write(folder: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def cells(path: Path) -> list[list[str]]:
    return read_text_table(path).frame.to_numpy().tolist()


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        CSV.encode("utf-8-sig"),
        CSV.encode("utf-16"),
        b"\xfe\xff" + CSV.encode("utf-16-be"),
        CSV.encode("cp1252"),
        CSV.replace("\n", "\r\n").encode(),
        CSV.replace("\n", "\r").encode(),
        CSV.replace(";", "\t").encode(),
        CSV.replace(";", "|").encode(),
        CSV.replace(",", ".").replace(";", ",").encode(),
        ("sep=;\n" + CSV).encode(),
        ("\n\n" + CSV + "\n;;;\n").encode(),
        CSV.replace("\n", ";\n").encode(),
        ("Utdrag 2026\nKälla: oss\n\n" + CSV).encode(),
        "".join('"' + line.replace(";", '";"') + '"\n' for line in CSV.splitlines()).encode(),
    ],
)
def test_a_table_is_the_same_however_it_was_saved(tmp_path: Path, content: bytes) -> None:
    source = read_text_table(write(tmp_path, content))
    found = [[cell.replace(".", ",") for cell in row] for row in source.frame.to_numpy().tolist()]
    assert found == ROWS
    assert list(source.frame.columns) == ["id", "namn", "x", "y"]
    assert source.ragged is not None
    assert not source.ragged.any()


def test_encoding_as_stated(tmp_path: Path) -> None:
    path = write(tmp_path, CSV.encode("cp850"))
    assert read_text_table(path, encoding="cp850").frame["namn"].tolist() == ["Överkalix", "Älvsbyn"]
    for encoding in ("utf-8", "no-such-thing"):
        with pytest.raises(LayerError, match=encoding):
            read_text_table(path, encoding=encoding)


def test_headers_that_repeat_are_missing_or_are_no_words(tmp_path: Path) -> None:
    frame = read_text_table(write(tmp_path, "a;a;;2026;a_2\n1;2;3;4;5\n")).frame
    assert list(frame.columns) == ["a", "a_2", "column_3", "2026", "a_2_2"]
    assert frame.iloc[0].tolist() == ["1", "2", "3", "4", "5"]


def test_a_quoted_cell_may_hold_the_delimiter_and_new_lines(tmp_path: Path) -> None:
    assert cells(write(tmp_path, 'a;b\n"x;y";"two\nlines"\n"say ""hi""";2\n')) == [
        ["x;y", "two\nlines"],
        ['say "hi"', "2"],
    ]


@pytest.mark.parametrize("extra", ["4", "4;5;6"])
def test_rows_with_too_many_cells_are_marked_and_the_others_kept(tmp_path: Path, extra: str) -> None:
    source = read_text_table(write(tmp_path, "a;b;c\n1;2;3\n" + "7;8;9\n" * 30 + f"1;2;3;{extra}\n5;6\n"))
    assert source.ragged is not None
    assert source.ragged.tolist() == [False] * 31 + [True, False]
    assert source.frame.iloc[-1].tolist() == ["5", "6", ""]


def test_a_table_of_one_column(tmp_path: Path) -> None:
    assert cells(write(tmp_path, "premises_id\na\nb\n")) == [["a"], ["b"]]


@pytest.mark.slow
def test_a_table_of_ten_thousand_columns(tmp_path: Path) -> None:
    wide = ",".join(f"c{i}" for i in range(10_000)) + "\n" + ",".join(["1"] * 10_000) + "\n"
    assert read_text_table(write(tmp_path, wide)).frame.shape == (1, 10_000)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  ;  ;\n", b"\xef\xbb\xbf"])
def test_nothing_but_white_is_an_empty_file(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(LayerError, match="empty"):
        read_text_table(write(tmp_path, content))


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="not text"):
        read_text_table(write(tmp_path, "a;b\n1;\x00\n"))
    with pytest.raises(LayerError, match="cannot be read"):
        read_text_table(tmp_path)


def test_folding_takes_case_dots_and_signs() -> None:
    assert fold(" Öst-koordinat (E) ") == "ostkoordinate"
    assert fold("ExtLen") == fold("ext_len") == "extlen"


def book(folder: Path, **sheets: list[list[object]]) -> Path:
    path = folder / "t.xlsx"
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def test_a_sheet_is_read_with_its_types_as_text(tmp_path: Path) -> None:
    stamp = pd.Timestamp("2026-01-15").to_pydatetime()
    path = book(
        tmp_path, A=[["kod", "tal", "ja", "dag"], ["0380", 2506.0, True, stamp], [None, 1.5, None, None]]
    )
    frame = read_workbook(path, name="premises").frame
    assert frame.to_numpy().tolist() == [["0380", "2506", "true", "2026-01-15"], ["", "1.5", "", ""]]


def test_the_header_is_found_under_titles_and_merged_cells(tmp_path: Path) -> None:
    rows = [
        [None],
        ["Anslutna 2026", None, None],
        [None],
        ["Fastighet", "E", "N"],
        ["A 1:1", 1, 2],
        [None],
        ["A 1:2", 3, 4],
    ]
    path = book(tmp_path, A=rows)
    workbook = openpyxl.load_workbook(path)
    workbook["A"].merge_cells("A2:C2")
    workbook.save(path)
    frame = read_workbook(path, name="connected", wanted=frozenset({"e", "n"})).frame
    assert list(frame.columns) == ["Fastighet", "E", "N"]
    assert frame.to_numpy().tolist() == [["A 1:1", "1", "2"], ["A 1:2", "3", "4"]]


def test_which_sheet_is_meant(tmp_path: Path) -> None:
    path = book(tmp_path, Info=[["läs mig"]], Connected=[["a"], [1]])
    assert read_workbook(path, name="connected").frame.shape == (1, 1)
    assert read_workbook(path, name="roads", part="info").frame.shape == (0, 1)
    with pytest.raises(LayerError, match=r"Info, Connected.*layers.roads. layer"):
        read_workbook(path, name="roads")
    with pytest.raises(LayerError, match=r"'Blad1'.*Info, Connected"):
        read_workbook(path, name="roads", part="Blad1")


def test_formulas_without_values_are_refused_and_named(tmp_path: Path) -> None:
    path = book(tmp_path, A=[["a", "b"], [1, "=A2*2"]], B=[["a"], [1]])
    with pytest.raises(LayerError, match="A!B2"):
        read_workbook(path, name="premises", part="A")
    assert read_workbook(path, name="premises", part="B").frame.to_numpy().tolist() == [["1"]]


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"PK", b"a;b\n1;2\n"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(LayerError, match="cannot be read"):
        read_workbook(write(tmp_path, content, "t.xlsx"), name="premises")


def test_an_empty_sheet_is_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="empty"):
        read_workbook(book(tmp_path, A=[]), name="premises")


@pytest.mark.parametrize(
    "header",
    [
        "x,y",
        "E,N",
        "e,n",
        "Easting,Northing",
        "Sweref99 E,Sweref99 N",
        "SWEREF99TM_E,SWEREF99TM_N",
        "X-koordinat,Y-koordinat",
    ],
)
def test_columns_that_say_that_they_are_coordinates(
    tmp_path: Path, read: Callable[..., Layers], header: str
) -> None:
    path = write(tmp_path, f"id,{header},namn\na,828000,7288000,Luleå\n")
    point = read(premises={"path": path, "crs": "EPSG:3006"}).tables["premises"].geometry.iloc[0]
    assert (point.x, point.y) == (828000, 7288000)


@pytest.mark.parametrize(
    "header", ["lon,lat", "Longitude,Latitude", "WGS84 long,WGS84 lat", "longitud,latitud"]
)
def test_longitude_and_latitude_need_no_crs(tmp_path: Path, read: Callable[..., Layers], header: str) -> None:
    table = read(premises={"path": write(tmp_path, f"{header}\n22.15,65.58\n")}).tables["premises"]
    assert table.to_crs(4326).geometry.iloc[0].x == pytest.approx(22.15)


def test_named_columns_go_before_recognised_ones(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, "x;y;öst;norr\n1;2;828000;7288000\n")
    layer = {"path": path, "crs": "EPSG:3006", "columns": {"x": "Öst", "y": "NORR"}}
    assert read(premises=layer).tables["premises"].geometry.iloc[0].x == 828000


def test_wkt_makes_lines(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(
        tmp_path, "geometry;namn\nLINESTRING (828000 7288000, 828100 7288000);a\nLINESTRING (1;b\n;c\n"
    )
    layers = read(roads={"path": path, "crs": "EPSG:3006"})
    assert layers.tables["roads"].length.tolist() == [100]
    assert layers.faults["rule"].tolist() == ["missing_geometry"] * 2


def test_a_list_without_coordinates_is_enough_where_it_names_premises(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    layers = read(connected={"path": write(tmp_path, "premises_id\na\n\nb\n")})
    assert layers.tables["connected"]["premises_id"].tolist() == ["a", "b"]
    assert layers.tables["connected"].geometry.isna().all()
    with pytest.raises(
        LayerError, match=r"where the rows are.*layers.connected. columns.*premises_id.*fastighet"
    ):
        read(connected={"path": write(tmp_path, "fastighet\na\n")})


def test_squares_of_statistics_sweden(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, "rutid,rutstorl,beftotalt\n8280007288000,1000,17\n9,1000,3\n")
    layers = read(population={"path": path, "columns": {"population": "beftotalt"}})
    table = layers.tables["population"]
    assert table.geometry.iloc[0].bounds == (828000, 7288000, 829000, 7289000)
    assert table["population"].tolist() == [17]
    assert layers.faults["rule"].tolist() == ["no_such_square"]


NASTY = st.text(
    alphabet=st.sampled_from(list("aåÖx;,\t|\"'\n\r0123456789.-eE \u00a0\x1f\x85\u2028=")), max_size=120
)


@example('a;b\n"')
@example('"')
@example("x,y\n1e308,1e308\n")
@example("x,y\n828000,7288000\n7288000,828000\n")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    NASTY.map(str.encode)
    | st.binary(max_size=120)
    | NASTY.map(lambda text: ("x,y,households\n" + text).encode())
)
def test_no_text_brings_down_the_reader(tmp_path: Path, content: bytes | str) -> None:
    path = write(tmp_path, content)
    layer = Layer(path=path, crs="EPSG:3006")
    study = Study(study=StudyInfo(name="t", year=2026), layers={"premises": layer})
    try:
        layers = read_layers(study)
    except InfraplanError:
        return
    [row] = layers.counts.to_dict("records")
    assert row["rows_in"] == row["left_out"] + row["set_aside"] + row["used"]
    assert len(layers.tables["premises"]) == row["used"]
