"""Protected housing: internal always, whatever a study says of the layer that it comes from."""

from typing import TypeVar

import pandas as pd

_Frame = TypeVar("_Frame", bound=pd.DataFrame)

_KIND = "protected_housing"


def is_protected(table: pd.DataFrame) -> pd.Series:
    """Return which rows of a table are protected buildings, by flag or by kind."""
    found = pd.Series(data=False, index=table.index)
    if "protected" in table.columns:
        found |= table["protected"].astype(bool)
    if "kind" in table.columns:
        found |= table["kind"] == _KIND
    return found


def without_protected(table: _Frame) -> _Frame:
    """Return a table without the rows of protected buildings."""
    kept: _Frame = table[~is_protected(table)]
    return kept
