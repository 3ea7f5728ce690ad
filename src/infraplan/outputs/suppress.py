"""Small counts blanked before tables leave the house, and what they could be worked out from with them."""

from collections.abc import Collection, Iterable, Sequence
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
    apart: Sequence[str] = (),
    hidden: Collection[str] = (),
    least: int = SMALLEST_CELL,
) -> pd.DataFrame:
    """Blank the counts of zones with a small one, and those from which it could be worked out.

    All rows of a zone in a group go together, for the third unit is the sum of two; where one zone of a kind,
    or of a municipality, is alone in being blanked, the smallest of the others goes too, for the whole is
    known. Groups tell of the same bases: a zone with a small one, and its partner, are blanked in all groups,
    or what one group shows would give away what another hides.

    Parameters
    ----------
    by
        Columns that tell groups of comparable rows apart, such as the target; units are not among them.
    counts, base, also
        Columns with counts, the one of them that all are part of (None: there is none), and further columns
        to be blanked with them.
    apart
        Those of ``by`` whose groups have bases of their own.
    hidden
        Zones that are blanked in any case: those of ``find_small_zones`` in another table of the same people.
    least
        Counts below this are small.
    """
    keys = [*by, "zone_kind", "zone_id"]
    numbers = table[list(counts)]
    size = numbers.sum(axis=1) if base is None else table[base]
    small = ((numbers > 0) & (numbers < least)).any(axis=1) | table["zone_id"].isin(list(hidden))
    if base is not None:
        small |= _find_small(table.assign(size=size), apart, least)
    zones = table[keys].assign(hidden=small, size=size).groupby(keys, sort=False, observed=True)
    found = _add_partners(zones.agg({"size": "min", "hidden": "any"}).reset_index(), by)
    told = table[keys].merge(found, on=keys, how="left")["hidden"]
    return blank(table, [*counts, *also], told.to_numpy(dtype=bool))


def find_small_zones(
    table: pd.DataFrame, *, base: str = "base", least: int = SMALLEST_CELL
) -> frozenset[str]:
    """Return the zones with a base that is small, and those from whose it could be worked out."""
    small = _find_small(table.assign(size=table[base]), (), least)
    return frozenset(table.loc[small, "zone_id"].astype("str"))


def _find_small(table: pd.DataFrame, apart: Sequence[str], least: int) -> pd.Series:
    """Return which rows are of zones with a small ``size`` in any row, or of their partners.

    A unit of which there are none anywhere hides nobody: a study that knows no workplaces has 0 of them in
    every zone.
    """
    keys = [*apart, "zone_kind", "zone_id"]
    known = table
    if "unit" in table:
        most = table.groupby("unit", observed=True)["size"].transform("max")
        known = table[(most > 0) | (table["size"].max() == 0)]
    zones = known.groupby(keys, sort=False, observed=True)["size"].min().reset_index()
    found = _add_partners(zones.assign(hidden=zones["size"] < least), apart)
    told = table[keys].merge(found, on=keys, how="left")["hidden"]
    return told.set_axis(table.index).astype(bool)


def _add_partners(zones: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return zones with those ``hidden`` too without which one that is alone could be worked out."""
    for whole in (["zone_kind"], ["zone_kind", "within"]):
        zones = zones.assign(within=_within(zones))
        zones = zones.assign(hidden=zones["hidden"] | _find_partner(zones, [*by, *whole]))
    return zones.drop(columns="within")


def _within(zones: pd.DataFrame) -> pd.Series:
    """Return the municipality whose total is the sum of zones, by the code that theirs begins with."""
    code = zones["zone_id"].astype("str").str.extract(r"^[^:]*:(\d{4})", expand=False)
    return code.where(zones["zone_kind"].isin(["locality", "deso"])).fillna("")


def _find_partner(zones: pd.DataFrame, whole: Sequence[str]) -> pd.Series:
    """Return the smallest zone that is shown, of each whole in which one alone is hidden."""
    groups = zones.groupby(list(whole), sort=False, observed=True)
    alone = groups["hidden"].transform("sum") == 1
    shown = zones[alone & ~zones["hidden"]].sort_values("size", kind="stable")
    first = shown.index[~shown.duplicated(list(whole))]
    return pd.Series(zones.index.isin(first), index=zones.index)


def suppress_areas(areas: gpd.GeoDataFrame, *, least: int = SMALLEST_CELL) -> gpd.GeoDataFrame:
    """Blank all counts of an area where one of them is small but not nothing.

    The shape of an area of few houses goes too, for its middle is the house: it becomes the square of a
    kilometre, of the grid of the study's CRS, in which that middle lies.
    """
    counts = areas[AREA_COUNTS]
    small = ((counts > 0) & (counts < least)).any(axis=1)
    shapes = areas.geometry.copy()
    few = areas["premises"] < least
    corner = np.floor(shapely.get_coordinates(shapes[few].centroid) / SQUARE_M) * SQUARE_M
    shapes[few] = shapely.box(*corner.T, *(corner + SQUARE_M).T)
    return blank(areas.set_geometry(shapes), AREA_COUNTS, small.to_numpy(dtype=bool))


def blank(table: _Frame, columns: Iterable[str], rows: NDArray[np.bool_]) -> _Frame:
    """Return the table with cells blanked, and a column that says where."""
    # Nullable types: a count stays a whole number beside those that are blanked.
    blanked = {name: table[name].convert_dtypes().mask(rows) for name in columns}
    return table.assign(**blanked, suppressed=rows)
