"""Protected housing: internal always, whatever a study says of the layer that it comes from."""

from typing import TypeVar

import pandas as pd

from infraplan.layers.public_kinds import is_protected

_Frame = TypeVar("_Frame", bound=pd.DataFrame)

__all__ = ["is_protected", "without_protected"]


def without_protected(table: _Frame) -> _Frame:
    """Return a table without the rows of protected buildings."""
    kept: _Frame = table[~is_protected(table)]
    return kept
