"""One file of a study to a source: which reader, and whether the file is what its name says."""

import glob
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from infraplan.config import Layer, LayerName
from infraplan.errors import LayerError
from infraplan.layers.catalog import CATALOG
from infraplan.layers.coordinates import HEADER_WORDS
from infraplan.layers.ofds import is_ofds, read_ofds
from infraplan.layers.registers import is_register, read_register
from infraplan.layers.source import Source, unreadable
from infraplan.layers.studyfile import StudyFile
from infraplan.layers.tabular import BOOK_SUFFIXES, TEXT_SUFFIXES, fold, read_text_table, read_workbook
from infraplan.layers.vector import GDAL_SUFFIXES, read_parquet, read_vector

PARQUET_SUFFIXES = (".parquet", ".geoparquet")
OSM_SUFFIXES = (".pbf", ".osm")
RASTER_SUFFIXES = (".tif", ".tiff", ".vrt", ".asc", ".img")

_SUFFIXES = (*GDAL_SUFFIXES, *PARQUET_SUFFIXES, *TEXT_SUFFIXES, *BOOK_SUFFIXES, *OSM_SUFFIXES)

_COMPANY = (".dbf", ".shx")  # what a shapefile is not whole without

# How files of a format begin. GDAL goes by content alone, and some of what it knows fetches from elsewhere.
_BEGINNINGS = {
    ".gpkg": (b"SQLite format 3\x00",),
    ".fgb": (b"fgb",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".parquet": (b"PAR1",),
    ".geoparquet": (b"PAR1",),
    ".zip": (b"PK",),
    ".xlsx": (b"PK",),
    ".xlsm": (b"PK",),
    ".geojson": (b"{", b"["),
    ".json": (b"{", b"["),
    ".geojsonl": (b"{",),
    ".geojsons": (b"{",),
    ".ndjson": (b"{",),
}
_PADDING = b"\xef\xbb\xbf\x1e \t\r\n"  # byte-order mark, record separator, white space


def read_source(file: StudyFile) -> Source:
    """Read the file of a layer as it is.

    Raises
    ------
    LayerError
        The file cannot be read, is not what its name says, or is of no format that we read.
    """
    name, layer, path = file.name, file.layer, file.layer.path
    suffix = path.suffix.casefold()
    key = f"{file.head} path"
    if path.is_dir() and suffix != ".gdb":
        raise LayerError("is_a_folder", file=path, key=key)
    if suffix not in _SUFFIXES:
        raise LayerError(
            "unknown_format", file=path, key=key, suffix=suffix or "–", found=" ".join(_SUFFIXES)
        )
    check_beginning(path, suffix)
    _check_company(path, suffix)
    if suffix in OSM_SUFFIXES:
        return _read_osm(file)
    if suffix in TEXT_SUFFIXES:
        return read_text_table(path, wanted=_wanted(name, layer), encoding=layer.encoding)
    if suffix in BOOK_SUFFIXES:
        return read_workbook(path, name=name, head=file.head, part=layer.layer, wanted=_wanted(name, layer))
    if suffix in PARQUET_SUFFIXES:
        return read_parquet(path)
    if suffix in (".json", ".geojson") and is_ofds(path):
        return _read_ofds(file)
    return (
        read_register(path)
        if suffix == ".json" and is_register(path)
        else read_vector(path, name=name, head=file.head, part=layer.layer, encoding=layer.encoding)
    )


def _read_ofds(file: StudyFile) -> Source:
    """Read the part of a network that a layer is of; a study that chooses by status gets all."""
    return read_ofds(
        file.layer.path,
        points="line" not in CATALOG[file.name].shapes,
        name=file.name,
        head=file.head,
        part=file.layer.layer,
        every="status" in map(str.casefold, file.layer.where),
    )


def is_raster(name: LayerName, path: Path) -> bool:
    """Tell whether a layer's file is to be read as cells."""
    shapes = CATALOG[name].shapes
    return "raster" in shapes and (len(shapes) == 1 or path.suffix.casefold() in RASTER_SUFFIXES)


def checksum(path: Path) -> tuple[str, int]:
    """Return SHA-256 and size in bytes of what a path stands for.

    A shapefile is several files, and a geodatabase a folder: their members are taken in order of name.
    """
    members = [path]
    if path.is_dir():
        members = sorted(member for member in path.rglob("*") if member.is_file())
    elif path.suffix.casefold() == ".shp":
        members = sorted(path.parent.glob(f"{path.stem}.*"))
    total = hashlib.sha256()
    for member in members:
        with member.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                total.update(chunk)
    return total.hexdigest(), sum(member.stat().st_size for member in members)


def check_beginning(path: Path, suffix: str) -> None:
    """Refuse a file that does not begin as its name says, before GDAL makes something else of it.

    Raises
    ------
    LayerError
        The file is empty, a folder, or something else.
    """
    if path.is_dir():
        if suffix != ".gdb":
            raise LayerError("is_a_folder", file=path, key="path")
        return
    try:
        with path.open("rb") as stream:
            beginning = stream.read(64)
    except OSError as error:
        raise unreadable(path, error.strerror or error) from error
    if not beginning:
        raise LayerError("empty_file", file=path)
    expected = _BEGINNINGS.get(suffix, ())
    if suffix == ".gdb":
        raise LayerError("not_what_it_says", file=path, suffix=suffix)
    text = beginning.lstrip(_PADDING) if "json" in suffix else beginning
    if expected and not text.startswith(expected):
        raise LayerError("not_what_it_says", file=path, suffix=suffix)


def _check_company(path: Path, suffix: str) -> None:
    """Refuse a shapefile without its columns or its index: GDAL reads what is left as if that were all."""
    beside = {other.suffix.casefold() for other in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    missing = [part for part in _COMPANY if part not in beside]
    if suffix == ".shp" and missing:
        raise LayerError("shapefile_lacks", file=path, missing=missing[0])


def _wanted(name: LayerName, layer: Layer) -> frozenset[str]:
    """Return the folded names by which a header row is known."""
    kind = CATALOG[name]
    known = [*layer.columns.values(), *layer.where, *(field.name for field in kind.fields), kind.key]
    return HEADER_WORDS | {fold(word) for word in known if word}


def _read_osm(file: StudyFile) -> Source:
    from infraplan.layers.osm import read_osm  # noqa: PLC0415  (pyosmium is loaded only for OSM files)

    kind, layer = CATALOG[file.name], file.layer
    theme = layer.theme or kind.theme
    if not theme:
        raise LayerError("needs_theme", file=layer.path, key=f"{file.head} theme")
    table = read_osm(layer.path, theme)
    # An OSM file names its things itself.
    if kind.key and kind.key not in table.columns:
        table = table.rename(columns={"osm_id": kind.key})
    frame = pd.DataFrame(table.drop(columns=table.geometry.name)).reset_index(drop=True)
    left_out = sum(table.attrs.get("left_out", {}).values())
    return Source(frame, np.asarray(table.geometry, dtype=object), table.crs, left_out=left_out)
