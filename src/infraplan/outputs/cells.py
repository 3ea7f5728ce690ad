"""Table cells as plain JSON values, for every file that leaves the house as text."""

import json
from collections.abc import Iterable
from datetime import date
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

Plain = str | int | float | bool | None


def plain(value: Any) -> Plain:
    """Return a cell as JSON can hold it.

    Missing and infinite become None, dates ISO 8601, dicts and lists JSON text.

    >>> plain(float("nan")) is None, plain(np.int64(3)), plain({"b": 1})
    (True, 3, '{"b": 1}')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if (
        value is None
        or value is pd.NaT
        or value is pd.NA
        or (isinstance(value, float) and not isfinite(value))
    ):
        return None
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list | tuple):
        value = json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
    # A lone surrogate, as broken encodings leave behind, can be written to no UTF-8 file.
    return str(value).encode("utf-8", "replace").decode("utf-8")


def plain_column(values: Iterable[Any]) -> list[Plain]:
    """Return a column's cells as plain values: numbers all at once, equal texts once."""
    if isinstance(values, pd.Series):
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biu":
            numbers: list[Plain] = values.tolist()
            return numbers
        if isinstance(values.dtype, np.dtype) and values.dtype.kind == "f":
            return [value if isfinite(value) else None for value in values.tolist()]
        if values.dtype == "str":
            code, texts = pd.factorize(values)
            # The last is for missing text, which factorize numbers −1.
            told = [*map(plain, texts), None]
            return [told[i] for i in code.tolist()]
    return [plain(value) for value in values]


def plain_rows(table: pd.DataFrame, columns: Iterable[Any]) -> list[dict[str, Plain]]:
    """Return a table's rows as plain dicts with the given columns, in their order."""
    cells = {str(name): plain_column(table[name]) for name in columns}
    return [{name: column[i] for name, column in cells.items()} for i in range(len(table))]
