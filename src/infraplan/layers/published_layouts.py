"""Published tables as they are laid out, to one row a figure, still as text; what columns mean is data."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from infraplan.bundled import bundled
from infraplan.coverconfig import Counts, Measure, Published, Unit
from infraplan.errors import LayerError
from infraplan.frozen import Frozen, Positive, Said, Share
from infraplan.layers.parse import to_numbers
from infraplan.layers.source import listed
from infraplan.layers.tabular import BOOK_SUFFIXES, TEXT_SUFFIXES, fold, list_sheets, read_cells
from infraplan.layers.tomlfile import build, read_toml

COLUMNS = ("row", "zone_code", "zone_name", "year", "part", "base", "measure", "cell")
"""Of the figures of a sheet: the row below the header, then what the file writes."""
OURS = ("zone_code", "zone_name", "year", "part", "base", "measure", "share")
"""Columns that a study can name under ``columns``."""
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

_LOOKED_AT = 30  # rows in which the header is looked for
_HALF = 0.5  # of a column's cells that are numbers, from which it holds figures


class Words(Frozen):
    """``[words]``: how tables write things that are no numbers."""

    whole: tuple[str, ...]
    parts: tuple[str, ...]
    nation: tuple[str, ...]
    endings: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]
    missing: tuple[str, ...]


class Sheet(Frozen):
    """``[[sheets]]``: a sheet that a layout is found by, and what it counts."""

    layout: Literal["pts_technology"]
    name: str
    unit: Unit


class Known(Frozen):
    """``[[measures]]``: how a measure is called, and the definition of ours that it is."""

    pattern: str
    counts: Counts
    technologies: Literal["wired", "all"]
    down_mbps: Positive | None = None
    why: str
    source: Said
    guess: bool = False


class Near(Frozen):
    """``[near]``: how near two shares say the same."""

    share: Share
    source: str
    year: int
    guess: bool


class PublishedRules(Frozen):
    """What is known of published tables (``data/presets/published.toml``)."""

    columns: dict[str, tuple[str, ...]]
    words: Words
    units: dict[str, tuple[str, ...]]
    sheets: tuple[Sheet, ...]
    measures: tuple[Known, ...]
    near: Near


@dataclass(frozen=True)
class Figures:
    """The figures of one sheet.

    Attributes
    ----------
    frame
        A row a figure, text in the columns of ``COLUMNS``.
    unit
        What the sheet counts, ``""`` where it does not say.
    """

    frame: pd.DataFrame
    unit: str = ""


@cache
def read_published_rules() -> PublishedRules:
    """Return what is known of published tables.

    >>> read_published_rules().near.share
    0.01
    """
    path = bundled("presets", "published.toml")
    return build(PublishedRules, read_toml(path), path)


def read_figures(table: Published) -> Iterator[Figures]:
    """Yield the figures of a published table, sheet by sheet.

    Raises
    ------
    LayerError
        The file cannot be read, has no such sheet or column, or does not say of which year it is.
    """
    if table.path.suffix.casefold() not in (*TEXT_SUFFIXES, *BOOK_SUFFIXES):
        values = {"suffix": table.path.suffix or "–", "found": " ".join((*TEXT_SUFFIXES, *BOOK_SUFFIXES))}
        raise LayerError("unknown_format", file=table.path, key=_key(table, "path"), **values)
    for sheet, unit in _find_sheets(table):
        grid = read_cells(table.path, part=sheet)
        two = table.layout == "pts_mobile" and _find_years(grid) > 0
        frame = _read_two_headers(grid, table) if two else _read_plain(grid, table)
        yield Figures(frame[list(COLUMNS)].reset_index(drop=True), unit)


def find_definition(name: str, unit: str, table: Published) -> Measure | None:
    """Return the definition that a measure is: as the study says, else as is known; None for no such.

    Parameters
    ----------
    unit
        What the sheet counts, ``""`` where it does not say.
    """
    mapped = {fold(theirs): measure for theirs, measure in table.measures.items()}
    if fold(name) in mapped:
        return mapped[fold(name)]
    rules, small = read_published_rules(), " ".join(name.casefold().split())
    if table.layout == "pts_mobile" or any(part in small for part in rules.words.parts):
        return None
    for known in rules.measures:
        found = re.fullmatch(known.pattern, small)
        speed = _speed(found, known) if found else None
        if speed:
            said = {"counts": known.counts, "technologies": known.technologies, "down_mbps": speed}
            return Measure.model_validate({**said, "unit": unit or _unit(small, rules)})
    return None


def _speed(found: re.Match[str], known: Known) -> float | None:
    named = found.groupdict()
    if named.get("speed"):
        return float(named["speed"]) * (1_000.0 if named["scale"] == "g" else 1.0)
    return known.down_mbps


def _unit(name: str, rules: PublishedRules) -> str:
    """Return what a measure counts, by its name; households where it does not say."""
    units = [unit for unit, words in rules.units.items() if any(word in name for word in words)]
    return "+".join(units) or "households"


def _key(table: Published, name: str) -> str:
    return f'[[published]] "{table.name}" {name}'


# Sheets


def _find_sheets(table: Published) -> list[tuple[str | None, str]]:
    """Return the sheets to read, with what each counts: the one asked for, those known, or the only one."""
    if table.path.suffix.casefold() in TEXT_SUFFIXES:
        return [(None, "")]
    names = list_sheets(table.path)
    known = {fold(s.name): s.unit for s in read_published_rules().sheets if s.layout == table.layout}
    if table.sheet is not None:
        asked = next((name for name in names if fold(name) == fold(table.sheet or "")), None)
        if asked is None:
            values = {"key": _key(table, "sheet"), "asked": table.sheet, "found": listed(names)}
            raise LayerError("no_such_part", file=table.path, **values)
        return [(asked, known.get(fold(asked), ""))]
    found: list[tuple[str | None, str]] = [(name, known[fold(name)]) for name in names if fold(name) in known]
    if not found and len(names) == 1:
        found = [(names[0], "")]
    if not found:
        raise LayerError("several_parts", file=table.path, key=_key(table, "sheet"), found=listed(names))
    return found


# A row a zone and year


def _read_plain(grid: pd.DataFrame, table: Published) -> pd.DataFrame:
    """Read a table with one header: a column a measure, or a column a year, or a row a figure."""
    header = _find_header(grid, table)
    frame = _with_header(grid, header, table)
    found = _find_columns([str(name) for name in frame.columns], table)
    text = pd.DataFrame({ours: frame[theirs] for ours, theirs in found.items()}, index=frame.index)
    rest = [str(name) for name in frame.columns if name not in found.values()]
    years = [] if "year" in found else [name for name in rest if YEAR.fullmatch(name)]
    if "zone_code" not in found and "zone_name" not in found:
        raise _missing(table, "zone_code", frame)
    if "year" not in found and not years:
        text["year"] = _find_year(grid.head(header), table, frame)
    if years:
        text = text.drop(columns="share", errors="ignore")
        if "measure" not in found:
            text["measure"] = _only_measure(table)
        return _complete(_melt(frame, text, years).rename(columns={"of": "year"}))
    if "share" in found:
        text = text.rename(columns={"share": "cell"})
        if "measure" not in found:
            text["measure"] = _only_measure(table, found["share"])
        return _complete(text)
    figures = [name for name in rest if _holds_figures(name, frame[name], table)]
    if not figures:
        raise _missing(table, "share", frame)
    return _complete(_melt(frame, text, figures).rename(columns={"of": "measure"}))


def _find_year(title: pd.DataFrame, table: Published, frame: pd.DataFrame) -> str:
    """Return the only year that the rows above the header name, else the table's own name.

    Raises
    ------
    LayerError
        Neither names one year.
    """
    above = " ".join(title.to_numpy(dtype=object).ravel())
    for words in (above, table.name):
        years = set(YEAR.findall(words))
        if len(years) == 1:
            return str(years.pop())
    raise _missing(table, "year", frame)


def _melt(frame: pd.DataFrame, text: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return a row a cell of some columns, in the order of the file: row by row."""
    parts = [text.assign(cell=frame[name], of=name) for name in names]
    return pd.concat(parts).sort_index(kind="stable")


def _complete(text: pd.DataFrame) -> pd.DataFrame:
    """Return figures with all columns; what the file lacks is empty."""
    return text.rename_axis("row").reset_index().reindex(columns=COLUMNS, fill_value="")


def _only_measure(table: Published, column: str = "") -> str:
    """Return how a table of one measure calls it: as the study maps it, as its column, or as itself."""
    if len(table.measures) == 1:
        return next(iter(table.measures))
    known = [name for name in (column, table.name) if name and find_definition(name, "", table)]
    if not known:
        raise LayerError("published_without_measure", file=table.path, key=_key(table, "measures"))
    return known[0]


def _holds_figures(name: str, cells: pd.Series, table: Published) -> bool:
    """Tell whether a column is a measure: it is known as one, or most of what it holds are numbers."""
    if find_definition(name, "", table) is not None:
        return True
    filled = cells[cells != ""].str.replace(r"[<>=≥≤%\s]", "", regex=True)
    return bool(len(filled)) and float(to_numbers(filled).notna().mean()) >= _HALF


def _find_columns(names: list[str], table: Published) -> dict[str, str]:
    """Return ours -> theirs: as the study says, else as is known.

    Raises
    ------
    LayerError
        The study names a column that the file does not have.
    """
    found: dict[str, str] = {}
    folded = {fold(name): name for name in reversed(names)}
    for ours, theirs in table.columns.items():
        if ours not in OURS:
            values = {"key": _key(table, "columns"), "name": ours, "found": ", ".join(OURS)}
            raise LayerError("published_column", file=table.path, **values)
        if fold(theirs) not in folded:
            values = {"key": _key(table, f"columns.{ours}"), "asked": theirs, "found": listed(names)}
            raise LayerError("no_such_column", file=table.path, **values)
        found[ours] = folded[fold(theirs)]
    # A study that says by which column its zones are known means that one alone.
    zoned = {"zone_code", "zone_name"} & found.keys()
    for ours, known in read_published_rules().columns.items():
        if ours in found or (zoned and ours.startswith("zone_")):
            continue
        if ours == "part" and table.layout != "pts_technology":
            continue
        theirs = next((folded[fold(name)] for name in known if fold(name) in folded), "")
        if theirs and theirs not in found.values():
            found[ours] = theirs
    return found


def _find_header(grid: pd.DataFrame, table: Published) -> int:
    """Return the row with most of the names that are known; the first where none is."""
    known = [name for names in read_published_rules().columns.values() for name in names]
    wanted = {fold(name) for name in (*known, *table.columns.values(), *table.measures)}
    cells = grid.head(_LOOKED_AT).map(lambda cell: fold(cell) in wanted or bool(YEAR.fullmatch(cell)))
    hits = cells.to_numpy(dtype=bool).sum(axis=1)
    return int(np.argmax(hits))


def _with_header(grid: pd.DataFrame, header: int, table: Published) -> pd.DataFrame:
    """Return the rows below a header, numbered from 1; names that repeat are no columns of their own."""
    names = [" ".join(name.split()) for name in grid.iloc[header]]
    rows = grid.iloc[header + 1 :].set_axis(names, axis=1)
    rows = rows.loc[:, [bool(name) for name in names] & ~pd.Index(names).duplicated()]
    if rows.empty:
        raise LayerError("empty_file", file=table.path)
    return rows.set_axis(pd.RangeIndex(1, len(rows) + 1), axis=0)


def _missing(table: Published, column: str, frame: pd.DataFrame) -> LayerError:
    values = {"key": _key(table, "columns"), "column": column, "found": listed(list(map(str, frame.columns)))}
    return LayerError("missing_column", file=table.path, **values)


# Two header rows: the measure, and below it the year


def _find_years(grid: pd.DataFrame) -> int:
    """Return the first row with a year in a cell of its own, -1 for none."""
    head = grid.head(_LOOKED_AT).map(lambda cell: bool(YEAR.fullmatch(cell))).to_numpy(dtype=bool)
    found = np.flatnonzero(head.any(axis=1))
    return int(found[0]) if len(found) else -1


def _read_two_headers(grid: pd.DataFrame, table: Published) -> pd.DataFrame:
    """Read a table whose second header row is of years; a measure stands over the first of its years."""
    below = _find_years(grid)
    of_year = grid.iloc[below].map(lambda cell: bool(YEAR.fullmatch(cell))).to_numpy(dtype=bool)
    above = grid.iloc[below - 1].where(pd.Series(of_year, index=grid.columns), "")
    measures = above.replace("", np.nan).ffill().fillna("")
    labels = [
        "" if dated else " ".join((over or under).split())
        for over, under, dated in zip(grid.iloc[below - 1], grid.iloc[below], of_year, strict=True)
    ]
    rows = grid.iloc[below + 1 :].set_axis(pd.RangeIndex(1, len(grid) - below), axis=0)
    if rows.empty:
        raise LayerError("empty_file", file=table.path)
    text = _zones_before(rows, labels, int(np.argmax(of_year)), table)
    years = grid.iloc[below].to_list()
    parts = [
        text.assign(year=str(years[i]), cell=rows.iloc[:, i], measure=" ".join(measures.iloc[i].split()))
        for i in map(int, np.flatnonzero(of_year))
    ]
    return _complete(pd.concat(parts).sort_index(kind="stable"))


def _zones_before(rows: pd.DataFrame, labels: list[str], first: int, table: Published) -> pd.DataFrame:
    """Return code and name of the zones: by the header; else, of the first columns, digits are codes."""
    found = _find_columns([label for label in labels if label], table)
    text = {ours: rows.iloc[:, labels.index(theirs)] for ours, theirs in found.items()}
    if not {"zone_code", "zone_name"} & text.keys():
        for i in range(first):
            digits = rows.iloc[:, i].str.fullmatch(r"\d+").mean() >= _HALF
            text.setdefault("zone_code" if digits else "zone_name", rows.iloc[:, i])
    if not {"zone_code", "zone_name"} & text.keys():
        raise _missing(table, "zone_code", rows.head(1))
    return pd.DataFrame(text, index=rows.index)
