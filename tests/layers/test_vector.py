import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from infraplan.errors import LayerError
from infraplan.layers.read import Layers
from infraplan.layers.schemas import read_schemas
from infraplan.layers.source import Source
from infraplan.layers.vector import read_parquet, read_vector

NAMES = ["Överkalix", "Ålloluokta", "Ärla"]


def roads(crs: int | None = 3006) -> gpd.GeoDataFrame:
    lines = [shapely.LineString([(828_000, 7_288_000 + i), (828_100, 7_288_000 + i)]) for i in range(3)]
    return gpd.GeoDataFrame({"namn": NAMES, "klass": [1, 2, 9]}, geometry=lines, crs=crs)


def write_zip(folder: Path, **members: Path) -> Path:
    path = folder / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, outer in members.items():
            for member in outer.parent.glob(f"{outer.stem}.*"):
                archive.write(member, f"{inner}/{member.name}")
    return path


def write(folder: Path, suffix: str) -> Path:
    path = folder / f"t{suffix}"
    if suffix in (".parquet", ".geoparquet"):
        roads().to_parquet(path)
    elif suffix in (".geojson", ".json"):
        roads().to_crs(4326).to_file(path, driver="GeoJSON")
    elif suffix in (".geojsonl", ".ndjson"):
        roads().to_crs(4326).to_file(path, driver="GeoJSONSeq")
    elif suffix == ".gdb":
        roads().astype({"klass": "int32"}).to_file(path, driver="OpenFileGDB")
    elif suffix == ".zip":
        roads().to_file(folder / "inner.shp", encoding="utf-8")
        path = write_zip(folder, sub=folder / "inner.shp")
    elif suffix == ".fgb":
        roads().to_file(path, SPATIAL_INDEX="NO")  # the index sorts rows by place
    else:
        roads().to_file(path)
    return path


FORMATS = (
    ".gpkg",
    ".geojson",
    ".json",
    ".geojsonl",
    ".ndjson",
    ".shp",
    ".fgb",
    ".gdb",
    ".zip",
    ".parquet",
    ".geoparquet",
)


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_rows(tmp_path: Path, read: Callable[..., Layers], suffix: str) -> None:
    layer = {"path": write(tmp_path, suffix), "columns": {"name": "namn", "road_class": "klass"}}
    layers = read(roads=layer)
    table = layers.tables["roads"]
    assert table["name"].tolist() == NAMES
    assert table["road_class"].tolist() == ["1", "2", "9"]
    assert table.length.to_numpy() == pytest.approx(100, abs=0.01)
    assert table.crs == "EPSG:3006"
    assert list(table.index) == ["roads-1", "roads-2", "roads-3"]
    assert layers.faults.empty
    assert len(layers.sources.loc["roads", "sha256"]) == 64


@pytest.mark.parametrize("look", [lambda path: read_vector(path, name="roads"), read_schemas])
def test_nothing_is_left_beside_what_is_read(tmp_path: Path, look: Callable[[Path], object]) -> None:
    """As GDAL does where a GeoPackage says something of itself as a whole."""
    path = tmp_path / "roads.gpkg"
    pyogrio.write_dataframe(roads(), path, dataset_metadata={"about": "the owner's own words"})
    assert look(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("encoding", "cpg"), [("cp1252", True), ("ISO-8859-1", False), ("utf-8", True)])
def test_shapefiles_keep_their_swedish_letters(tmp_path: Path, encoding: str, cpg: bool) -> None:
    roads().to_file(tmp_path / "t.shp", encoding=encoding)
    if not cpg:
        (tmp_path / "t.cpg").unlink()
    assert read_vector(tmp_path / "t.shp", name="roads").frame["namn"].tolist() == NAMES


def test_garbled_letters_are_pointed_out(tmp_path: Path, read: Callable[..., Layers]) -> None:
    roads().to_file(tmp_path / "t.shp", encoding="utf-8")
    (tmp_path / "t.cpg").write_text("ISO-8859-1")
    faults = read(roads={"path": tmp_path / "t.shp"}).faults
    assert faults["rule"].tolist() == ["garbled_text"]
    assert read(roads={"path": tmp_path / "t.shp", "encoding": "utf-8"}).faults.empty


def test_which_layer_of_a_file_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "t.gpkg"
    for layer in ("vagar", "Roads"):
        roads().to_file(path, layer=layer)
    assert len(read_vector(path, name="roads").frame) == 3
    assert len(read_vector(path, name="ducts", part="VAGAR").frame) == 3
    with pytest.raises(LayerError, match=r"several layers.*vagar, Roads.*\[layers.ducts\] layer"):
        read_vector(path, name="ducts")
    with pytest.raises(LayerError, match=r"'vägar'.*vagar, Roads"):
        read_vector(path, name="ducts", part="vägar")


def test_tables_and_styles_beside_one_map_layer_do_not_hide_it(tmp_path: Path) -> None:
    path = tmp_path / "t.gpkg"
    roads().to_file(path, layer="vagar")
    for table in ("layer_styles", "lookup"):
        pd.DataFrame({"a": [1]}).pipe(gpd.GeoDataFrame).to_file(path, layer=table)
    assert len(read_vector(path, name="ducts").frame) == 3


def test_a_zip_of_several_files(tmp_path: Path) -> None:
    for name in ("a", "roads"):
        roads().to_file(tmp_path / f"{name}.shp", encoding="utf-8")
    path = write_zip(tmp_path, x=tmp_path / "a.shp", y=tmp_path / "roads.shp")
    assert read_vector(path, name="roads").frame["namn"].tolist() == NAMES
    with pytest.raises(LayerError, match="a, roads"):
        read_vector(path, name="ducts")
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(LayerError, match="no map layer"):
        read_vector(empty, name="roads")


def source_of(path: Path) -> Source:
    return read_parquet(path) if path.suffix == ".parquet" else read_vector(path, name="roads")


@pytest.mark.parametrize("suffix", FORMATS)
def test_folders_may_have_any_name(tmp_path: Path, read: Callable[..., Layers], suffix: str) -> None:
    folder = tmp_path / "Åre #1 & {x} 100% (kopia)"
    folder.mkdir()
    assert read(roads={"path": write(folder, suffix)}).counts.loc["roads", "used"] == 3


def test_heights_are_left_behind(tmp_path: Path) -> None:
    high = gpd.GeoDataFrame(geometry=[shapely.Point(1, 2, 3)], crs=3006)
    high.to_file(tmp_path / "t.gpkg")
    high.to_parquet(tmp_path / "t.parquet")
    for name in ("t.gpkg", "t.parquet"):
        shapes = source_of(tmp_path / name).shapes
        assert shapes is not None
        assert shapely.to_wkt(shapes).tolist() == ["POINT (1 2)"]


def test_nested_cells_become_text(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = tmp_path / "t.geojson"
    point = '{"type":"Point","coordinates":[22.1,65.6]}'
    feature = '{"type":"Feature","properties":{"l":%s,"o":{"a":1}},"geometry":' + point + "}"
    path.write_text(
        '{"type":"FeatureCollection","features":[' + feature % "[1,2]" + "," + feature % "null" + "]}"
    )
    table = read(masts={"path": path}).tables["masts"]
    assert table["o"].tolist() == ["{'a': 1}"] * 2


def test_columns_with_names_that_are_taken(tmp_path: Path, read: Callable[..., Layers]) -> None:
    table = (
        roads()
        .assign(index=[1, 2, 3], feature_id=["x", "y", "z"], NAME="loud", kind="k")
        .rename_geometry("geom")
    )
    table["geometry"] = "words"
    table.to_file(tmp_path / "t.gpkg")
    layer = {"path": tmp_path / "t.gpkg", "columns": {"name": "namn", "operator": "kind"}}
    result = read(fibre_lines=layer).tables["fibre_lines"]
    assert result.geometry.length.tolist() == [100, 100, 100]
    assert result["index"].tolist() == [1, 2, 3]
    assert result["feature_id_file"].tolist() == ["x", "y", "z"]
    assert result["name"].tolist() == NAMES
    assert result["operator"].tolist() == ["k"] * 3
    assert result["kind"].tolist() == ["access"] * 3


def test_plain_parquet_with_coordinates(tmp_path: Path, read: Callable[..., Layers]) -> None:
    pd.DataFrame({"lon": [22.15], "lat": [65.58], "namn": ["å"]}).to_parquet(tmp_path / "t.parquet")
    assert len(read(masts={"path": tmp_path / "t.parquet"}).tables["masts"]) == 1


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb", ".parquet"])
def test_layers_without_rows_are_read(tmp_path: Path, read: Callable[..., Layers], suffix: str) -> None:
    path, none = tmp_path / f"t{suffix}", roads().iloc[:0]
    if suffix == ".parquet":
        none.to_parquet(path)
    else:
        none.to_file(path)
    layers = read(roads={"path": path})
    assert layers.counts.loc["roads"].tolist() == [0, 0, 0, 0, 0]
    assert layers.tables["roads"].crs == "EPSG:3006"
    assert layers.get("roads") is None


def test_no_features_at_all_lack_no_column(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = tmp_path / "t.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    assert read(observations={"path": path}).counts.loc["observations", "rows_in"] == 0


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb", ".zip", ".parquet"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_truncated_files_are_refused_or_counted(
    tmp_path: Path, read: Callable[..., Layers], suffix: str, share: float
) -> None:
    path = write(tmp_path, suffix)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    try:
        layers = read(roads={"path": path})
    except LayerError:
        return
    assert layers.counts.loc["roads", "used"] < 3
    assert not layers.faults.empty


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".fgb", ".zip", ".parquet", ".geojson", ".xlsx"])
def test_text_under_another_name_is_refused(tmp_path: Path, read: Callable[..., Layers], suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_text("id;x;y\n1;2;3\n")
    with pytest.raises(LayerError, match=f"not {suffix}"):
        read(roads={"path": path})


@pytest.mark.parametrize("content", [b"{}", b"{", b"[1]", b'{"type": "Point"}', b"\xef\xbb\xbf{\xff}"])
def test_json_that_is_no_map_is_refused(tmp_path: Path, read: Callable[..., Layers], content: bytes) -> None:
    path = tmp_path / "t.geojson"
    path.write_bytes(content)
    with pytest.raises(LayerError, match=r"t\.geojson"):
        read(roads={"path": path})


def test_folders_and_formats_that_are_not_read(tmp_path: Path, read: Callable[..., Layers]) -> None:
    folder = r"is a folder, not a file.* under \[layers.roads\] path"
    for name, message in (("a.gpkg", folder), ("b.gdb", "cannot be read"), ("c", folder)):
        (tmp_path / name).mkdir()
        with pytest.raises(LayerError, match=message):
            read(roads={"path": tmp_path / name})
    for name, message in (
        ("d.dwg", r"'\.dwg'.*\.gpkg.*\[layers.roads\] path"),
        ("e.gdb", "content is not .gdb"),
    ):
        (tmp_path / name).write_bytes(b"AC1027")
        with pytest.raises(LayerError, match=message):
            read(roads={"path": tmp_path / name})


def test_a_geopackage_whose_rows_are_damaged(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, ".gpkg")
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER IF EXISTS rtree_t_geom_update1")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("UPDATE t SET geom = X'4750000100' WHERE fid = 2")
    connection.commit()
    connection.close()
    layers = read(roads={"path": path})
    assert layers.counts.loc["roads", "used"] == 2
    assert "missing_geometry" in layers.faults["rule"].tolist()


def test_a_shapefile_is_summed_with_its_sidecars(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, ".shp")
    before = read(roads={"path": path}).sources.loc["roads"]
    shutil.copy(tmp_path / "t.dbf", tmp_path / "t.bak")
    after = read(roads={"path": path}).sources.loc["roads"]
    assert before["sha256"] != after["sha256"]
    assert before["path"] == "t.shp"
    assert before["bytes"] < after["bytes"]


@pytest.mark.parametrize("missing", [".dbf", ".shx"])
def test_a_shapefile_that_lacks_a_part_is_refused(
    tmp_path: Path, read: Callable[..., Layers], missing: str
) -> None:
    path = write(tmp_path, ".shp")
    path.with_suffix(missing).unlink()
    with pytest.raises(LayerError, match=rf"t\.shp: the shapefile lacks its file \{missing}"):
        read(roads={"path": path})
