"""What a file holds, without reading it all: layers, columns, a few rows, geometry, coordinate system."""

import csv
import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import pyogrio
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.errors import RasterioError

from infraplan.errors import LayerError
from infraplan.layers.files import OSM_SUFFIXES, RASTER_SUFFIXES, check_beginning
from infraplan.layers.gdal import reading_alone
from infraplan.layers.kinds import Shape
from infraplan.layers.ofds import is_ofds, read_parts
from infraplan.layers.osm import count_themes, read_header
from infraplan.layers.parse import cell_text
from infraplan.layers.raster import open_cells
from infraplan.layers.registers import is_register, read_register
from infraplan.layers.tabular import BOOK_SUFFIXES, TEXT_SUFFIXES
from infraplan.layers.vector import GDAL_SUFFIXES

ROWS = 5
"""Rows that are looked at."""
CELLS = 256
"""Cells a side to which a raster is thinned before its values are looked at."""
HEAD = 1_000_000
"""Characters of a JSON or text file that are looked at."""

GEONAMES_COLUMNS = 19
BARE_GEONAMES = ("(geonames)", "(19)")
"""What stands for the columns of a GeoNames dump, which has no header."""


class Unreadable(Exception):  # noqa: N818  (a finding, not an error of the programme)
    """What is wrong with a file, in the words of the library that tried to read it."""


@dataclass(frozen=True)
class Schema:
    """One layer, table, sheet or band of a file.

    Attributes
    ----------
    layer
        Its name in the file; the file's own where a file has but one.
    several
        Whether the file has more of them, so that the study must name it.
    samples
        Column -> its first values as text, blanks left out.
    themes
        Theme -> number of objects, of an OpenStreetMap file.
    date
        Where the file says of when it is.
    """

    path: Path
    layer: str
    several: bool = False
    columns: tuple[str, ...] = ()
    samples: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shape: Shape = "none"
    crs: CRS | None = None
    bounds: tuple[float, float, float, float] | None = None
    dtype: str = ""
    cells: frozenset[int] = frozenset()
    themes: dict[str, int] = field(default_factory=dict)
    date: dt.date | None = None


def read_schemas(path: Path) -> list[Schema]:
    """Look at what a file holds.

    Raises
    ------
    Unreadable
        The file cannot be read as what its name says that it is.
    """
    ending = path.suffix.casefold()
    try:
        check_beginning(path, ending)
        with warnings.catch_warnings(), reading_alone():
            # Whatever a library finds odd about a stranger's file is no news here.
            warnings.simplefilter("ignore")
            return list(READERS[ending](path))
    except _PROBLEMS as error:
        raise Unreadable(_one_line(error)) from error


def _read_vector(path: Path) -> Iterator[Schema]:
    yield from _read_datasets(path, [str(path)])


def _read_zip(path: Path) -> Iterator[Schema]:
    with zipfile.ZipFile(path) as archive:
        inside = [name for name in archive.namelist() if _is_data(name)]
    yield from _read_datasets(path, [f"/vsizip/{{{path}}}/{name}" for name in sorted(inside)])


def _is_data(name: str) -> bool:
    return Path(name).suffix.casefold() in GDAL_SUFFIXES and "__MACOSX" not in name


def _read_datasets(path: Path, datasets: Sequence[str]) -> Iterator[Schema]:
    found = [(dataset, str(name)) for dataset in datasets for name, _ in pyogrio.list_layers(dataset)]
    found = [(dataset, name) for dataset, name in found if name != "layer_styles"]
    if not found:
        raise Unreadable("no_layers")
    for dataset, name in found:
        info = pyogrio.read_info(dataset, layer=name)
        rows = pyogrio.read_dataframe(dataset, layer=name, max_features=ROWS)
        columns = tuple(map(str, info["fields"]))
        yield Schema(
            path=path,
            layer=name,
            several=len(found) > 1,
            columns=columns,
            samples={column: _samples(rows[column]) for column in columns},
            shape=_shape(str(info["geometry_type"]), rows),
            crs=_crs(info["crs"]),
            bounds=_bounds(info["total_bounds"]),
        )


def _read_table(path: Path) -> Iterator[Schema]:
    head = _head(path)
    first = head.split("\n", 1)[0]
    delimiter = max("\t;,|", key=first.count)
    rows = list(islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), ROWS + 1))
    if not rows or len(rows[0]) == 1:
        raise Unreadable("no_columns")
    if _is_bare_geonames(rows[0]):
        yield Schema(path=path, layer=path.stem, columns=BARE_GEONAMES)
        return
    yield _named(path, path.stem, rows[0], rows[1:])


def _read_sheets(path: Path) -> Iterator[Schema]:
    book = load_workbook(path, read_only=True, data_only=True)
    for sheet in book.worksheets:
        rows = [
            [cell_text(cell) for cell in row] for row in sheet.iter_rows(max_row=ROWS + 5, values_only=True)
        ]
        full = [row for row in rows if sum(map(bool, row)) > 1]
        if full:
            yield _named(path, sheet.title, full[0], full[1:], several=len(book.worksheets) > 1)
    book.close()


def _read_raster(path: Path) -> Iterator[Schema]:
    with open_cells(path) as source:
        height, width = min(CELLS, source.height), min(CELLS, source.width)
        thinned = source.read(1, out_shape=(height, width), masked=True).compressed()
        whole = np.issubdtype(thinned.dtype, np.integer)
        yield Schema(
            path=path,
            layer=path.stem,
            shape="raster",
            crs=_crs(source.crs.to_wkt() if source.crs else None),
            bounds=tuple(source.bounds),
            dtype=source.dtypes[0],
            cells=frozenset(map(int, np.unique(thinned))) if whole else frozenset(),
        )


def _read_osm(path: Path) -> Iterator[Schema]:
    themes = count_themes(path)
    bounds, date = read_header(path)
    yield Schema(path=path, layer=path.stem, themes=themes, crs=CRS.from_epsg(4326), bounds=bounds, date=date)


def _read_json(path: Path) -> Iterator[Schema]:
    """Tell a network package (OFDS) from GeoJSON by its outermost keys, and registers by how they begin."""
    head = _head(path)
    if re.search(r'"networks"\s*:\s*\[', head[:200]) or (
        '"networks"' in head and '"FeatureCollection"' not in head
    ):
        yield from _read_network(path, head)
        return
    if is_register(path):
        rows = read_register(path).frame
        yield _named(path, path.stem, list(rows.columns), rows.head(ROWS).to_numpy().tolist())
        return
    yield from _read_vector(path)


def _read_network(path: Path, head: str) -> Iterator[Schema]:
    """Tell what a package holds itself: nodes and spans are layers; without any it is named as what it is."""
    parts = read_parts(path) if is_ofds(path) else {}
    if not parts:
        names = tuple(name for name in ("networks", "nodes", "spans") if f'"{name}"' in head)
        yield Schema(path=path, layer=path.stem, columns=names)
    for part, source in parts.items():
        rows = source.frame.head(ROWS)
        yield Schema(
            path=path,
            layer=part,
            several=len(parts) > 1,
            columns=tuple(map(str, rows.columns)),
            samples={str(column): _samples(rows[column]) for column in rows},
            shape="line" if part == "spans" else "point",
            crs=source.crs,
        )


READERS = {
    **dict.fromkeys(set(GDAL_SUFFIXES) - {".json", ".zip"}, _read_vector),
    **dict.fromkeys(TEXT_SUFFIXES, _read_table),
    **dict.fromkeys(BOOK_SUFFIXES, _read_sheets),
    **dict.fromkeys(RASTER_SUFFIXES, _read_raster),
    **dict.fromkeys(OSM_SUFFIXES, _read_osm),
    ".zip": _read_zip,
    ".json": _read_json,
}
"""What reads the schemas of a format that the study's readers take."""

# All that the libraries say of a file that is not what its name says.
_PROBLEMS = (
    CRSError,
    DataLayerError,
    DataSourceError,
    InvalidFileException,
    KeyError,
    LayerError,
    OSError,
    ParseError,
    RasterioError,
    UnicodeError,
    csv.Error,
    zipfile.BadZipFile,
)


def _named(
    path: Path, layer: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, several: bool = False
) -> Schema:
    columns = tuple(name.strip() for name in header)
    cells = {name: [row[i] for row in rows if i < len(row)] for i, name in enumerate(columns) if name}
    samples = {name: _samples(values) for name, values in cells.items()}
    return Schema(
        path=path, layer=layer, several=several, columns=tuple(filter(None, columns)), samples=samples
    )


def _samples(values: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(cell_text, values)))[:ROWS]


def _head(path: Path) -> str:
    """Return the beginning of a text file, which is UTF-8 or what Windows wrote."""
    with path.open("rb") as file:
        content = file.read(HEAD)
    if b"\x00" in content:
        raise Unreadable("binary")
    if len(content) == HEAD:
        # Whole lines, lest a character be cut in two.
        content = content[: content.rfind(b"\n") + 1] or content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _is_bare_geonames(row: Sequence[str]) -> bool:
    return (
        len(row) == GEONAMES_COLUMNS and row[0].isdigit() and re.fullmatch(r"-?\d+\.\d+", row[4]) is not None
    )


def _shape(declared: str, rows: Any) -> Shape:
    kinds = set(rows.geom_type.dropna()) if hasattr(rows, "geom_type") else set()
    text = declared if declared not in {"None", "Unknown", "GeometryCollection"} else " ".join(sorted(kinds))
    shapes: dict[str, Shape] = {
        "Polygon": "area",
        "Surface": "area",
        "Line": "line",
        "Curve": "line",
        "Point": "point",
    }
    return next((shape for word, shape in shapes.items() if word in text), "none")


def _crs(text: str | None) -> CRS | None:
    return CRS.from_user_input(text) if text else None


def _bounds(total: Sequence[float] | None) -> tuple[float, float, float, float] | None:
    if total is None or not np.isfinite(total).all():
        return None
    west, south, east, north = map(float, total)
    return west, south, east, north


def _one_line(error: Exception) -> str:
    if isinstance(error, LayerError):
        return str(error.values.get("problem", error.key))
    return " ".join(str(error).split())[:200]
