"""A workbook's sheets: typed columns, text that is never a formula, formulas that carry their value.

A formula is written with the value that it comes to, so that a preview which computes nothing shows what
Excel does. Text from data is written as text whatever it looks like.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any, Literal, Self

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from infraplan.outputs.cells import plain

Kind = Literal["text", "count", "sek", "metres", "share", "year", "number"]

MOST_ROWS = 1_048_575
"""A sheet's rows less its head."""
_LONGEST = 32_767
"""Characters in a cell."""
_FORMATS: Mapping[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "sek": "#,##0",
    "metres": "#,##0",
    "share": "0.0%",
    "year": "0",
    "number": "#,##0.##",
}
_WIDEST, _NARROWEST = 60, 9
_CUT = " …"
_UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot hold."""


@dataclass(frozen=True)
class Formula:
    """What a cell computes, and what that is with today's numbers."""

    text: str
    value: float | str


Cell = str | float | bool | Formula | None


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its head as the reader sees it, with its unit, and what its cells are."""

    head: str
    kind: Kind
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Sheet:
    """A sheet that is one table: ``name`` on its tab, ``table`` as formulas know it."""

    name: str
    table: str
    title: str
    columns: tuple[Column, ...]

    @property
    def rows(self) -> int:
        """How many rows the table has, all of them."""
        return len(self.columns[0].cells) if self.columns else 0

    def place(self, head: str) -> str:
        """Return the column's letter."""
        return str(xl_col_to_name([column.head for column in self.columns].index(head)))

    def range(self, head: str) -> str:
        """Return the cells of a column, as another sheet's formula names them."""
        letter = self.place(head)
        return f"'{self.name}'!${letter}${FIRST_ROW + 1}:${letter}${FIRST_ROW + self.shown}"

    @property
    def shown(self) -> int:
        """How many rows fit into a sheet below the title; a table has at least one."""
        return max(1, min(self.rows, MOST_ROWS - FIRST_ROW))


FIRST_ROW = 3
"""Rows above the first of a table: title, note, head."""


class Book:
    """A workbook that is being written; equal sheets give equal bytes.

    Use it as a context: the file is complete when it ends.
    """

    def __init__(self, path: Path, *, title: str, subject: str, made: datetime) -> None:
        self._book: Any = xlsxwriter.Workbook(
            path, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        self._book.set_properties(
            {
                "title": speakable(title),
                "subject": speakable(subject),
                "comments": "infraplan",
                "created": made,
            }
        )
        self._styles: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    def style(self, name: str) -> Any:
        """Return a format: that of a kind of cell, or of what a page is made of."""
        if name not in self._styles:
            self._styles[name] = self._book.add_format(_LOOKS[name])
        return self._styles[name]

    def add_page(self, name: str, *, widths: Sequence[float]) -> Any:
        """Add a sheet that is no table."""
        page = self._book.add_worksheet(name)
        for i, width in enumerate(widths):
            page.set_column(i, i, width)
        page.hide_gridlines(2)
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        return page

    def add_sheet(self, sheet: Sheet, note: str) -> None:
        """Add a table: title and note above, head that stays in view, filters, widths that fit."""
        page = self._book.add_worksheet(sheet.name)
        page.write_string(0, 0, speakable(sheet.title), self.style("title"))
        page.write_string(1, 0, speakable(note), self.style("note"))
        last = FIRST_ROW + sheet.shown - 1
        page.add_table(
            FIRST_ROW - 1,
            0,
            last,
            len(sheet.columns) - 1,
            {
                "name": sheet.table,
                "style": "Table Style Light 1",
                "columns": [{"header": speakable(column.head)} for column in sheet.columns],
            },
        )
        for place, column in enumerate(sheet.columns):
            page.write_string(FIRST_ROW - 1, place, speakable(column.head), self.style("head"))
            page.set_column(place, place, _width(column))
            for row, cell in enumerate(column.cells[: sheet.shown]):
                self.put(page, FIRST_ROW + row, place, cell, column.kind)
        page.freeze_panes(FIRST_ROW, 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(FIRST_ROW - 1)

    def put(self, page: Any, row: int, place: int, cell: Cell, kind: str) -> None:
        """Write one cell by what it is; None leaves it empty."""
        style = self.style(kind)
        if isinstance(cell, Formula):
            page.write_formula(row, place, cell.text, style, cell.value)
            return
        value = plain(cell)
        if value is None:
            page.write_blank(row, place, None, style)
        elif isinstance(value, str):
            page.write_string(row, place, speakable(value), style)
        elif isinstance(value, bool):
            page.write_boolean(row, place, value, style)
        elif isfinite(value):
            page.write_number(row, place, value, style)


def speakable(text: str) -> str:
    r"""Return a text as a cell can hold it: without characters that XML forbids, cut where it is too long.

    >>> speakable("a\x00b")
    'a�b'
    """
    clean = _UNSPEAKABLE.sub("\ufffd", str(plain(text)))
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - len(_CUT)] + _CUT


def _width(column: Column) -> float:
    """Return a width in characters: the longest cell's, within reason; the head may break over lines."""
    longest = max(map(len, _said(column)), default=0)
    head = max(map(len, re.split(r"[\s-]", column.head)), default=0)
    return float(min(_WIDEST, max(_NARROWEST, longest + 2, head + 2)))


def _said(column: Column) -> Iterable[str]:
    for cell in column.cells[:500]:
        value = cell.value if isinstance(cell, Formula) else cell
        if isinstance(value, float) and isfinite(value) and column.kind != "share":
            yield f"{value:,.0f}"
        else:
            yield "" if value is None else str(value)[:_WIDEST]


_HEAD = {"bold": True, "text_wrap": True, "valign": "top"}
_LOOKS: Mapping[str, Mapping[str, Any]] = {
    **{kind: {"num_format": pattern, "valign": "top"} for kind, pattern in _FORMATS.items()},
    "title": {"bold": True, "font_size": 14},
    "section": {"bold": True, "font_size": 12, "bottom": 1},
    "note": {"italic": True, "font_color": "#444444"},
    "warning": {"bold": True, "font_color": "#7a2f00", "text_wrap": True, "valign": "top"},
    "head": {**_HEAD, "bg_color": "#dbe7f3", "border": 1},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "input": {"num_format": "#,##0", "bg_color": "#fff2cc", "border": 1, "locked": False},
    "input_share": {"num_format": "0.0%", "bg_color": "#fff2cc", "border": 1, "locked": False},
}
