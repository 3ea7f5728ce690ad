"""Small counts blanked before tables leave the house, and what they could be worked out from with them."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

_Frame = TypeVar("_Frame", bound=pd.DataFrame)

SMALLEST_CELL = 5
"""Counts below this are not shown to the public: the habit of statistical offices."""

SQUARE_M = 1_000.0
"""Side of the square that stands for an area of few houses."""

AREA_COUNTS = ["premises", "households", "workplaces"]


def suppress_zones(
    table: pd.DataFrame,
    *,
    by: Sequence[str],
    counts: Sequence[str],
    base: str | None,
    also: Sequence[str] = (),
) -> pd.DataFrame:
    """Blank the counts of zones with a small one, and those from which it could be worked out.

    All rows of a zone in a group go together, for the third unit is the sum of two; where one zone of a kind,
    or of a municipality, is alone in being blanked, the smallest of the others goes too, for the whole is
    known.

    Parameters
    ----------
    by
        Columns that tell groups of comparable rows apart, such as the target; units are not among them.
    counts, base, also
        Columns with counts, the one of them that all are part of (None: there is none), and further columns
        to be blanked with them.
    """
    keys = [*by, "zone_kind", "zone_id"]
    numbers = table[list(counts)]
    size = numbers.sum(axis=1) if base is None else table[base]
    small = ((numbers > 0) & (numbers < SMALLEST_CELL)).any(axis=1)
    if base is not None:
        small |= size < SMALLEST_CELL
    zones = table[keys].assign(hidden=small, size=size).groupby(keys, sort=False, observed=True)
    found = zones.agg({"size": "min", "hidden": "any"})
    found = found.reset_index()
    for whole in (["zone_kind"], ["zone_kind", "within"]):
        found["hidden"] |= _find_partner(found.assign(within=_within(found)), [*by, *whole])
    hidden = table[keys].merge(found, on=keys, how="left")["hidden"]
    return blank(table, [*counts, *also], hidden.to_numpy(dtype=bool))


def _within(zones: pd.DataFrame) -> pd.Series:
    """Return the municipality whose total is the sum of zones, by the code that theirs begins with."""
    code = zones["zone_id"].str.partition(":")[2].str.extract(r"^(\d{4})", expand=False)
    return code.where(zones["zone_kind"].isin(["locality", "deso"])).fillna("")


def _find_partner(zones: pd.DataFrame, whole: Sequence[str]) -> pd.Series:
    """Return the smallest zone that is shown, of each whole in which one alone is hidden."""
    groups = zones.groupby(list(whole), sort=False, observed=True)
    alone = groups["hidden"].transform("sum") == 1
    shown = zones[alone & ~zones["hidden"]].sort_values("size", kind="stable")
    first = shown.index[~shown.duplicated(list(whole))]
    return pd.Series(zones.index.isin(first), index=zones.index)


def suppress_areas(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Blank all counts of an area where one of them is small but not nothing.

    The shape of an area of few houses goes too, for its middle is the house: it becomes the square of a
    kilometre, of the grid of the study's CRS, in which that middle lies.
    """
    counts = areas[AREA_COUNTS]
    small = ((counts > 0) & (counts < SMALLEST_CELL)).any(axis=1)
    shapes = areas.geometry.copy()
    few = areas["premises"] < SMALLEST_CELL
    corner = np.floor(shapely.get_coordinates(shapes[few].centroid) / SQUARE_M) * SQUARE_M
    shapes[few] = shapely.box(*corner.T, *(corner + SQUARE_M).T)
    return blank(areas.set_geometry(shapes), AREA_COUNTS, small.to_numpy(dtype=bool))


def blank(table: _Frame, columns: Iterable[str], rows: NDArray[np.bool_]) -> _Frame:
    """Return the table with cells blanked, and a column that says where."""
    # Nullable types: a count stays a whole number beside those that are blanked.
    blanked = {name: table[name].convert_dtypes().mask(rows) for name in columns}
    return table.assign(**blanked, suppressed=rows)
