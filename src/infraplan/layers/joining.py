"""Several files of one layer under each other: ids that stay apart, copies that are found, one table."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pandas.api import types as pdt

from infraplan.layers.columns import Mapped
from infraplan.layers.kinds import LayerKind
from infraplan.layers.parse import to_text
from infraplan.layers.sieve import Mask, Sieve
from infraplan.layers.source import Shapes
from infraplan.layers.studyfile import StudyFile

Digests = NDArray[np.uint64]
"""A number a row, the same for equal rows; shape (n,)."""


def _none() -> pd.Index:
    return pd.Index([], dtype=object)


@dataclass(frozen=True)
class Earlier:
    """What the files of a layer hold that have been read so far.

    Attributes
    ----------
    ids
        Of their rows.
    names
        Of their features: a row of several parts is several.
    features, rows
        Digests of id and shape, and of whole rows.
    """

    ids: pd.Index = field(default_factory=_none)
    names: pd.Index = field(default_factory=_none)
    features: Digests = field(default_factory=lambda: np.empty(0, np.uint64))
    rows: Digests = field(default_factory=lambda: np.empty(0, np.uint64))

    def joined(self, names: pd.Index, ids: pd.Series) -> "Earlier":
        """Return the same with another file's used rows."""
        return replace(
            self,
            ids=self.ids.append(pd.Index(ids, dtype=object)),
            names=self.names.append(pd.Index(names, dtype=object)),
        )


@dataclass(frozen=True)
class Copies:
    """Digests of a file's rows, to be held against those of other files."""

    features: Digests = field(default_factory=lambda: np.empty(0, np.uint64))
    rows: Digests = field(default_factory=lambda: np.empty(0, np.uint64))

    def add_to(self, earlier: Earlier, used: Mask) -> Earlier:
        """Return what earlier files hold with the used rows of this one."""
        if not len(self.rows):
            return earlier
        return replace(
            earlier,
            features=np.concatenate([earlier.features, self.features[used]]),
            rows=np.concatenate([earlier.rows, self.rows[used]]),
        )


def find_copies(
    shapes: Shapes,
    mapped: Mapped,
    compared: Sequence[str] | None,
    *,
    file: StudyFile,
    earlier: Earlier,
    sieve: Sieve,
) -> Copies:
    """Set aside rows that an earlier file of the layer has too, and note ids that it uses for another thing.

    A copy has the same id and shape, or the same shape and attributes. Rows without a shape are no copies.

    Parameters
    ----------
    compared
        Columns in which copies agree; None for all, the id among them.
    """
    if file.of == 1:
        return Copies()
    ids = mapped.ids.to_numpy(dtype=object)
    outlines = pd.util.hash_array(np.asarray(shapely.to_wkb(shapely.normalize(shapes)), dtype=object))
    there = ~np.asarray(shapely.is_missing(shapes))
    columns = sorted(mapped.frame.columns) if compared is None else list(compared)
    table = mapped.frame[columns].apply(_comparable)
    if compared is None:
        table = table.assign(id=mapped.ids)
    heads = pd.util.hash_array(np.array([" ".join(table.columns)], dtype=object))
    cells = pd.util.hash_pandas_object(table, index=False).to_numpy(np.uint64)
    named = (ids != "") & there
    copies = Copies(
        features=np.where(named, _mix(outlines, pd.util.hash_array(ids)), np.uint64(0)),
        rows=np.where(there, _mix(outlines, _mix(cells, heads)), np.uint64(0)),
    )
    again = _among(copies.features, earlier.features) | _among(copies.rows, earlier.rows)
    sieve.find("copy_of_earlier_file", again)
    sieve.find("duplicate_id", np.asarray(_are_in(mapped.ids, earlier.ids)) & (ids != ""))
    return copies


def _mix(one: NDArray[Any], other: NDArray[Any]) -> Digests:
    return np.asarray(one * np.uint64(31) + other, np.uint64)


def _among(digests: Digests, known: Digests) -> Mask:
    return np.isin(digests, known) & (digests > 0)


def _comparable(cells: pd.Series) -> pd.Series:
    """Return a column so that what is equal in two files is equal: 7 is 7.0."""
    number = pdt.is_numeric_dtype(cells) and not pdt.is_bool_dtype(cells)
    return cells.astype("float64") if number else to_text(cells)


def _are_in(ids: pd.Series, taken: pd.Index) -> Mask:
    # Plain objects are looked up in one table that is made once; texts of pandas' own kind one by one.
    return np.asarray(taken.get_indexer(pd.Index(ids, dtype=object)) >= 0)


def tell_apart(ids: pd.Series, *, taken: pd.Index | None = None, tail: str = "") -> pd.Series:
    """Return ids with the later ones of equals numbered (A, A#2, A#3), those that are taken with a tail."""
    while True:
        again = np.zeros(len(ids), dtype=bool) if taken is None else _are_in(ids, taken)
        if again.any():
            ids = ids.where(~again, ids + tail)
        elif ids.duplicated().any():
            copy = ids.groupby(ids).cumcount() + 1
            ids = ids.where(copy == 1, ids + "#" + copy.astype("str"))
        else:
            return ids


def join_tables(tables: Sequence[gpd.GeoDataFrame], kind: LayerKind) -> gpd.GeoDataFrame:
    """Put the tables of a layer's files under each other.

    What travels along beside the catalogue's columns is empty where a file lacks it, and text where files do
    not agree on what it is.
    """
    if len(tables) == 1:
        return tables[0]
    ours = {field.name for field in kind.fields} | {"geometry"}
    others = [name for table in tables for name in table.columns if name not in ours]
    words = {name for name in others if not _alike([table.get(name) for table in tables])}
    parts = [_with_text(table, words) for table in tables]
    joined = gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=tables[0].crs)
    joined.index.name = tables[0].index.name
    return joined[[name for name in joined.columns if name != "geometry"] + ["geometry"]]


def _alike(columns: Sequence[pd.Series | None]) -> bool:
    """Tell whether a column's cells can stand under each other as they are."""
    there = [column for column in columns if column is not None]
    numbers = all(pdt.is_numeric_dtype(column) and not pdt.is_bool_dtype(column) for column in there)
    same = len({column.dtype for column in there}) == 1
    return numbers or (same and len(there) == len(columns))


def _with_text(table: gpd.GeoDataFrame, words: set[str]) -> gpd.GeoDataFrame:
    empty = pd.Series("", index=table.index, dtype="str")
    return table.assign(**{name: to_text(table[name]) if name in table else empty for name in sorted(words)})
