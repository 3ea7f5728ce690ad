"""Text tables and workbooks to frames of text, however they were saved."""

import csv
import io
import itertools
import re
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import pandas as pd

from infraplan.errors import LayerError
from infraplan.layers.parse import cell_text
from infraplan.layers.source import Source, choose_part, unreadable

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
BOOK_SUFFIXES = (".xlsx", ".xlsm")

_DELIMITERS = ";\t,|"
_NO_DELIMITER = "\x1f"
_LOOKED_AT = 20  # rows in which the header is looked for
_SAMPLE = 65_536  # characters in which the delimiter is looked for
_BROKEN_BOOK = (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, EOFError, ParseError)
_UNSAVED_FORMULA = re.compile(rb"</f>\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")


def read_text_table(
    path: Path, *, wanted: frozenset[str] = frozenset(), encoding: str | None = None
) -> Source:
    """Read CSV, TSV or the like: encoding, delimiter and header row are found out.

    Parameters
    ----------
    wanted
        Folded column names (``fold``) by which the header row is known.

    Raises
    ------
    LayerError
        The file is no text, or no table.
    """
    try:
        text = _decode(path, path.read_bytes(), encoding)
    except OSError as error:
        raise unreadable(path, error) from error
    first, _, rest = text.partition("\n")
    if told := re.fullmatch(r"\s*sep=(.)\s*", first):
        return _table(path, _parse(path, rest, told[1]), wanted)
    return _table(path, _parse(path, text, _find_delimiter(text)), wanted)


def read_workbook(
    path: Path, *, name: str, head: str = "", part: str | None = None, wanted: frozenset[str] = frozenset()
) -> Source:
    """Read one sheet of an XLSX workbook; ``name`` and ``head`` as ``vector.read_vector`` has them.

    Raises
    ------
    LayerError
        The workbook cannot be read, does not say which sheet is meant, or has formulas without values.
    """
    try:
        grid = _read_sheet(path, name, part, head)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, EOFError, ParseError) as error:
        if isinstance(error, LayerError):
            raise
        raise unreadable(path, error) from error
    return _table(path, grid, wanted)


def list_sheets(path: Path) -> list[str]:
    """Return the names of a workbook's sheets.

    Raises
    ------
    LayerError
        The workbook cannot be read.
    """
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            book = load_workbook(path, read_only=True)
        try:
            return [sheet.title for sheet in book.worksheets]
        finally:
            book.close()
    except _BROKEN_BOOK as error:
        raise unreadable(path, error) from error


def read_cells(path: Path, *, part: str | None = None) -> pd.DataFrame:
    """Read all cells of a text table or a sheet as text, without a header; rows without text are none.

    Raises
    ------
    LayerError
        The file cannot be read, is empty, or does not say which sheet is meant.
    """
    try:
        if path.suffix.casefold() in BOOK_SUFFIXES:
            grid = _read_sheet(path, "", part, "")
        else:
            text = _decode(path, path.read_bytes(), None)
            grid = _parse(path, text, _find_delimiter(text))
    except LayerError:
        raise
    except _BROKEN_BOOK as error:
        raise unreadable(path, error) from error
    grid = grid.apply(lambda cells: cells.str.strip())
    full: pd.DataFrame = grid[(grid != "").any(axis=1)]
    if full.empty:
        raise LayerError("empty_file", file=path)
    return full.reset_index(drop=True)


def fold(name: str) -> str:
    """Return a column's name without case, accents' dots, spaces and signs.

    >>> fold("SHAPE_Length"), fold("Öst koordinat (m)")
    ('shapelength', 'ostkoordinatm')
    """
    return re.sub(r"[^0-9a-z]", "", name.casefold().translate(str.maketrans("åäöé", "aaoe")))


def _decode(path: Path, raw: bytes, encoding: str | None) -> str:
    """Turn bytes into text: as told, else by byte-order mark, else UTF-8, else the old Windows code page."""
    if encoding is not None:
        tries = [encoding]
    elif raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        tries = ["utf-16"]
    else:
        tries = ["utf-8-sig", "cp1252", "latin-1"]
    for attempt in tries:
        try:
            text = raw.decode(attempt)
        except (UnicodeError, LookupError):
            continue
        if "\x00" in text:
            raise LayerError("not_a_table", file=path)
        return text
    raise LayerError("wrong_encoding_stated", file=path, encoding=tries[0])


def _find_delimiter(text: str) -> str:
    """Return the sign that parts most of the first rows into equally many cells, the more the better."""
    best, delimiter = (0, 0), _NO_DELIMITER
    for candidate in _DELIMITERS:
        widths = Counter(len(row) for row in _first_rows(text, candidate) if len(row) > 1)
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        if (rows, width) > best:
            best, delimiter = (rows, width), candidate
    return delimiter


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    for row in csv.reader(io.StringIO(text[:_SAMPLE], newline=""), delimiter=delimiter):
        if any(cell.strip(_DELIMITERS + " ") for cell in row):
            rows.append(row)
        if len(rows) == _LOOKED_AT:
            break
    return rows


def _parse(path: Path, text: str, delimiter: str) -> pd.DataFrame:
    """Part a text into cells; what a row has over and above the header goes into a last column."""
    width = max((len(row) for row in _first_rows(text, delimiter)), default=0)
    if width == 0:
        raise LayerError("empty_file", file=path)
    options: dict[str, Any] = {
        "sep": delimiter,
        "header": None,
        "names": list(range(width + 1)),
        "index_col": False,
        "dtype": str,
        "keep_default_na": False,
    }
    try:
        try:
            grid = pd.read_csv(io.StringIO(text), **options, low_memory=False)
        except pd.errors.ParserError:
            grid = pd.read_csv(
                io.StringIO(text), **options, engine="python", on_bad_lines=lambda cells: _cut(cells, width)
            )
    except (pd.errors.ParserError, csv.Error, ValueError) as error:
        raise unreadable(path, error) from error
    return pd.DataFrame(grid.fillna(""))


def _cut(cells: list[str], width: int) -> list[str]:
    return [*cells[:width], " ".join(cells[width:])]


def _table(path: Path, grid: pd.DataFrame, wanted: frozenset[str]) -> Source:
    """Take the header from a grid of text; rows without any text are none."""
    grid = grid.apply(lambda cells: cells.str.strip())
    filled = (grid != "").to_numpy()
    full = np.flatnonzero(filled.any(axis=1))
    grid, filled = grid.iloc[full], filled[full]
    if grid.empty:
        raise LayerError("empty_file", file=path)
    header = _find_header(grid.iloc[:_LOOKED_AT].to_numpy(dtype=object), wanted)
    rows, filled = grid.iloc[header + 1 :], filled[header + 1 :]
    named = np.flatnonzero((grid.iloc[header] != "").to_numpy())
    width = max(int(named.max(initial=0)) + 1, 1)
    names = _column_names([cell_text(name) for name in grid.iloc[header, :width]])
    frame = rows.iloc[:, :width].set_axis(names, axis=1).reset_index(drop=True)
    return Source(frame, ragged=np.asarray(filled[:, width:].any(axis=1)))


def _find_header(rows: np.ndarray, wanted: frozenset[str]) -> int:
    """Return the row with most of the wanted names; without any, the first half as full as the fullest."""
    hits = [sum(fold(cell) in wanted for cell in row if cell) for row in rows]
    if max(hits) > 0:
        return hits.index(max(hits))
    cells = [sum(bool(cell) for cell in row) for row in rows]
    return next(i for i, count in enumerate(cells) if 2 * count >= max(cells))


def _column_names(cells: list[str]) -> list[str]:
    """Return names that are all there and all different."""
    names: dict[str, None] = {}
    for number, cell in enumerate(cells, start=1):
        base = " ".join(cell.split()) or f"column_{number}"
        copies = (f"{base}_{copy}" for copy in itertools.count(2))
        names[base if base not in names else next(copy for copy in copies if copy not in names)] = None
    return list(names)


def _read_sheet(path: Path, name: str, part: str | None, head: str) -> pd.DataFrame:
    from openpyxl import load_workbook  # noqa: PLC0415  (0.2 s that a study without workbooks need not pay)

    with warnings.catch_warnings():
        # openpyxl warns of styles and drop-down lists that it leaves out; cells are all that is wanted.
        warnings.simplefilter("ignore", UserWarning)
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            sheets = {sheet.title: sheet for sheet in book.worksheets}
            chosen = choose_part(path, list(sheets), part, name, head)
            sheets[chosen].reset_dimensions()
            rows = [[cell_text(cell) for cell in row] for row in sheets[chosen].iter_rows(values_only=True)]
        finally:
            book.close()
    if _has_unsaved_formulas(path):
        _refuse_unsaved_formulas(path, chosen, rows)
    width = max((len(row) for row in rows), default=0)
    return pd.DataFrame([row + [""] * (width - len(row)) for row in rows], dtype="str")


def _has_unsaved_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(_UNSAVED_FORMULA.search(archive.read(name)) for name in sheets)


def _refuse_unsaved_formulas(path: Path, sheet: str, rows: list[list[str]]) -> None:
    """Refuse a sheet whose formulas carry no value: a program wrote them, and nothing has calculated them."""
    from openpyxl import load_workbook  # noqa: PLC0415

    book = load_workbook(path, read_only=True)
    try:
        for row, texts in zip(book[sheet].iter_rows(), rows, strict=False):
            for cell, text in zip(row, texts, strict=False):
                if cell.data_type == "f" and not text:
                    raise LayerError("unsaved_formula", file=path, cell=f"{sheet}!{cell.coordinate}")
    finally:
        book.close()
