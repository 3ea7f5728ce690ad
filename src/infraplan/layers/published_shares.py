"""Cells of published tables to shares: 0,88, 88 %, >99, and what says that there is no figure."""

import re

import numpy as np
import pandas as pd

from infraplan.layers.parse import is_blank
from infraplan.layers.published_layouts import read_published_rules

CELL = ("number", "bound", "decimals", "percent")
"""What ``read_share`` tells of a cell."""

_FEW = 0.1  # of a column's numbers, up to which those of the other scale are slips
_SHARES_END = 2.0  # from here on a number was meant in per cent; 1.2 can be either
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f']+")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d{1,2}))?", re.ASCII)


def read_share(text: str) -> tuple[float, str, int, bool]:
    """Read a cell: its number, exact, above or below, its decimals, and whether it says per cent.

    >>> read_share("88,05 %"), read_share(">99"), read_share("-")[0]
    ((88.05, 'exact', 2, True), (99.0, 'above', 0, False), nan)
    """
    words = read_published_rules().words
    rest, bound = " ".join(text.casefold().split()), "exact"
    signs = [("above", sign) for sign in words.above] + [("below", sign) for sign in words.below]
    side = next(((side, sign) for side, sign in signs if rest.startswith(sign)), None)
    if side is not None:
        bound, rest = side[0], rest.removeprefix(side[1])
    rest = _SPACES.sub("", rest).replace("\u2212", "-").replace(",", ".")
    percent = rest.endswith(("%", "procent"))
    found = _NUMBER.fullmatch(rest.removesuffix("%").removesuffix("procent"))
    if found is None:
        return np.nan, "exact", 0, False
    decimals = len(found[1] or found[2] or "") - int(found[3] or 0)
    return float(found[0]), bound, max(0, decimals), percent


def is_missing(text: pd.Series) -> pd.Series:
    """Tell which cells say that there is no figure."""
    return is_blank(text) | text.str.casefold().isin(read_published_rules().words.missing)


def is_percent(cells: pd.DataFrame) -> pd.Series:
    """Tell which cells are in per cent, whatever the others of their column: 88 %, >99 and <1."""
    return cells["percent"] | ((cells["bound"] != "exact") & (cells["number"] >= 1))


def find_scale(cells: pd.DataFrame) -> float:
    """Return by what the numbers of a measure are to be divided: 1, or 100 for per cent; NaN where unclear.

    All up to 1 are shares; most above 1 are per cent, where some reach 2. A tenth of the other scale are
    slips (of shares), or small (of per cent); with more than that nobody can tell.
    """
    numbers = cells.loc[~is_percent(cells) & (cells["number"] > 0), "number"]
    over = float((numbers > 1).mean()) if len(numbers) else 0.0
    if over <= _FEW or numbers.max() < _SHARES_END:
        return 1.0
    return 100.0 if over >= 1.0 - _FEW else np.nan
