"""CSV for machines that Excel opens too: comma, decimal point, UTF-8 with its mark, no live formulas."""

import csv
import io

import pandas as pd

from infraplan.outputs.cells import plain_rows

BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Also in full width, which some spreadsheets read alike."""


def to_csv(table: pd.DataFrame, columns: list[str] | None = None) -> str:
    """Return a table as CSV text without its index.

    Text that a spreadsheet would take for a formula gets an apostrophe before it; NUL, at which many readers
    stop, becomes the sign for what is no sign. Numbers are written as Python does, missing ones as nothing.
    """
    names = list(table.columns) if columns is None else columns
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\r\n")
    writer.writerow({name: _harmless(name) for name in names})
    for row in plain_rows(table, names):
        writer.writerow({name: _harmless(value) for name, value in row.items()})
    return BOM + out.getvalue()


def _harmless(value: object) -> object:
    """Defuse a text cell: https://owasp.org/www-community/attacks/CSV_Injection.

    >>> _harmless("=1+1"), _harmless(-1)
    ("'=1+1", -1)
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "\ufffd")
    return f"'{text}" if text.startswith(_FORMULA) else text
