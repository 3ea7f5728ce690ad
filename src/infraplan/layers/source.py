"""What one file holds before anything is asked of it: its columns, its shapes, its CRS."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from infraplan.errors import LayerError

Shapes: TypeAlias = NDArray[np.object_]
"""shapely geometries, None for a missing one; shape (n,)."""

_LISTED = 20


@dataclass(frozen=True)
class Source:
    """The rows of a file.

    Attributes
    ----------
    frame
        The columns as the file names them, without geometry; index 0…n−1.
    shapes
        Geometry in the file's CRS, flat (no heights); None where the file is a plain table.
    crs
        As the file says; None where it does not.
    remarks
        What the reader of the format complained about without giving up.
    ragged
        Rows of a text table with more cells than its header, shape (n,); None where there are none.
    left_out
        Rows of the file that the reader itself passed over, as no part of the theme asked for.
    told
        What the reader found odd about the whole file: rule and values of a fault.
    """

    frame: pd.DataFrame
    shapes: Shapes | None = None
    crs: CRS | None = None
    remarks: tuple[str, ...] = ()
    ragged: NDArray[np.bool_] | None = None
    left_out: int = 0
    told: tuple[tuple[str, dict[str, str]], ...] = ()


def keep(shapes: Shapes, rows: NDArray[np.bool_]) -> Shapes:
    """Return shapes with None in the place of all but some."""
    kept = shapes.copy()
    kept[~rows] = None
    return kept


def unreadable(path: Path, error: object) -> LayerError:
    """Return the error for a file that its format's reader gave up on."""
    problem = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return LayerError("unreadable_file", file=path, problem=problem[:200])


def listed(names: list[str]) -> str:
    """List names for an error, at most twenty of them."""
    more = f" … (+{len(names) - _LISTED})" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more if names else "–"


def closest(name: str, names: list[str]) -> str:
    """Return the name that is most like another, or ''."""
    folded = {other.casefold(): other for other in names}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return folded[found[0]] if found else ""


def choose_part(path: Path, parts: list[str], asked: str | None, name: str, head: str = "") -> str:
    """Return which layer, table or sheet of a file is meant.

    The one asked for; else the only one; else the one that is called like the study's layer. ``head`` is the
    file's table in the study, where it is not that of the layer.
    """
    key = f"{head or f'[layers.{name}]'} layer"
    folded = {part.casefold(): part for part in parts}
    if asked is not None:
        if asked.casefold() not in folded:
            raise LayerError("no_such_part", file=path, key=key, asked=asked, found=listed(parts))
        return asked if asked in parts else folded[asked.casefold()]
    if len(parts) == 1:
        return parts[0]
    if name in folded:
        return folded[name]
    raise LayerError("several_parts", file=path, key=key, found=listed(parts))
