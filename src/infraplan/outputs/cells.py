"""Table cells as plain JSON values, for every file that leaves the house as text."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

Plain = str | int | float | bool | None


def plain(value: Any) -> Plain:
    """Return a cell as JSON can hold it: missing and infinite as None, dates as ISO 8601, dicts and lists as JSON text.

    >>> plain(float("nan")) is None, plain(np.int64(3)), plain({"b": 1})
    (True, 3, '{"b": 1}')
    """
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, str):
        # A lone surrogate, as broken encodings leave behind, can be written to no UTF-8 file.
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
    return str(value)


def plain_column(values: Iterable[Any]) -> list[Plain]:
    """Return a column's cells as plain values."""
    return [plain(value) for value in values]


def plain_rows(table: pd.DataFrame, columns: Iterable[str]) -> list[dict[str, Plain]]:
    """Return a table's rows as plain dicts with the given columns, in their order."""
    names = list(columns)
    cells = [plain_column(table[name]) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]
