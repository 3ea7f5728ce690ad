"""Cells to text, numbers, yes or no, and dates: as files write them, in Swedish and English."""

import datetime as dt
import re
import unicodedata
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

# How files write that a number is not known; Statistics Sweden writes "..".
_BLANK = frozenset(
    {"", "null", "<null>", "na", "n/a", "#n/a", "#saknas!", "nan", "none", "-", "–", ".", ".."}
)
_YES = frozenset({"1", "-1", "ja", "j", "yes", "y", "true", "t", "sant", "x"})
_NO = frozenset({"0", "nej", "n", "no", "false", "f", "falskt"})
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f']+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
# 1.234.567 or 1,234.5: signs between thousands. A single 1.234 is a decimal number.
_GROUPED = re.compile(r"[+-]?\d{1,3}(?P<comma>[.,])\d{3}(((?P=comma)\d{3})+([.,]\d*)?|(?!(?P=comma))[.,]\d*)")
_DATE = re.compile(r"(\d{4})[-/.]?(\d{2})?[-/.]?(\d{2})?(?:[T ].*)?")


def cell_text(value: Any) -> str:
    """Write a cell as text: whole numbers without decimals, dates as ISO 8601, unknown as ''.

    >>> cell_text(2506.0), cell_text(" Älvsbyn "), cell_text(None), cell_text(True)
    ('2506', 'Älvsbyn', '', 'true')
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.replace("\x00", "")).strip()
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124  (NaN)
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return str(value)


def to_text(values: pd.Series) -> pd.Series:
    """Return a column as text, never missing."""
    codes, unique = pd.factorize(values, use_na_sentinel=True)
    words = np.array([*(cell_text(value) for value in unique), ""], dtype=object)
    return pd.Series(words[codes], index=values.index, dtype="str")


def is_blank(text: pd.Series) -> pd.Series:
    """Tell which cells of a text column stand for an unknown number."""
    return text.str.casefold().isin(_BLANK)


def to_numbers(values: pd.Series) -> pd.Series:
    """Return a column as floats; what is no finite number is NaN.

    >>> to_numbers(pd.Series(["7 343 210,5", "1.5", "-", "two"])).tolist()
    [7343210.5, 1.5, nan, nan]
    """
    if pdt.is_numeric_dtype(values):
        numbers = values.astype("float64")
    else:
        codes, unique = pd.factorize(to_text(values))
        numbers = pd.Series(
            np.array([to_number(text) for text in unique], dtype="float64")[codes], index=values.index
        )
    return numbers.where(np.isfinite(numbers))


def to_number(text: str) -> float:
    """Read a number with spaces between thousands, a decimal comma or point, and either minus sign.

    >>> to_number("7 343 210,5"), to_number("two")
    (7343210.5, nan)
    """
    text = _SPACES.sub("", text).replace("−", "-")
    if grouped := _GROUPED.fullmatch(text):
        text = text.replace(grouped["comma"], "")
    text = text.replace(",", ".")
    return float(text) if _NUMBER.fullmatch(text) else np.nan


def to_flags(text: pd.Series) -> pd.Series:
    """Return a text column as 1.0 (yes), 0.0 (no), NaN (neither)."""
    folded = text.str.casefold()
    return pd.Series(np.select([folded.isin(_YES), folded.isin(_NO)], [1.0, 0.0], np.nan), index=text.index)


def to_dates(text: pd.Series) -> pd.Series:
    """Return a text column as ISO 8601 dates (a year or month alone stays one), '' for what is none."""
    codes, unique = pd.factorize(text)
    return pd.Series(
        np.array([_date(word) for word in unique], dtype=object)[codes], index=text.index, dtype="str"
    )


def _date(text: str) -> str:
    found = _DATE.fullmatch(text)
    if not found:
        return ""
    parts = [part for part in found.groups() if part]
    try:
        dt.date(*(int(part) for part in [*parts, "1", "1"][:3]))
    except ValueError:
        return ""
    return "-".join(parts)
