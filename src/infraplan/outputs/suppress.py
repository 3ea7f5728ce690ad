"""Small counts blanked before tables leave the house, and what they could be worked out from with them."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

_Frame = TypeVar("_Frame", bound=pd.DataFrame)
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

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
    """Blank all counts of an area where one is small but not nothing, and what they could be had from.

    The sum of all areas is known. The shape of an area of few houses goes too, for
    its middle is the house: it becomes the square of a kilometre, of the grid of the study's CRS, in which
    that middle lies.
    """
    counts: Floats = areas[AREA_COUNTS].astype("float64").to_numpy()
    small = _few(counts, least)
    _hide_more(small, counts, np.arange(len(counts)), least)
    shapes = areas.geometry.copy()
    few = (areas["premises"] < least).to_numpy(dtype=bool)
    corner = np.floor(shapely.get_coordinates(shapes[few].centroid) / SQUARE_M) * SQUARE_M
    shapes[few] = shapely.box(*corner.T, *(corner + SQUARE_M).T)
    return blank(areas.set_geometry(shapes), AREA_COUNTS, small)


def find_secret(
    counts: pd.DataFrame,
    groups: pd.Series,
    *,
    least: int = SMALLEST_CELL,
    hidden: Bools | None = None,
) -> tuple[Bools, frozenset[Any], bool]:
    """Return which rows must be hidden, which groups' sums, and whether the sum of all can then be known.

    Hidden are small counts, and the smallest of the others until each hidden one could be anything from one
    to ``least - 1`` for all that the sum of its group tells. A group in which that cannot be is hidden, with
    all its rows, as is one whose sum is small; and then the smallest other groups, until the sum of all tells
    nothing of them.

    Parameters
    ----------
    counts
        Counts, a column each; a row is hidden in all of them.
    groups
        The group of each row, of which the sums are known as well.
    hidden
        Rows that are hidden in any case.
    """
    values: Floats = counts.astype("float64").fillna(0.0).to_numpy()
    code, names = pd.factorize(groups)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, code, values)
    rows: Bools = _few(values, least) | (hidden if hidden is not None else np.False_)
    wholes = _few(sums, least)
    for number in range(len(names)):
        inside = np.flatnonzero(code == number)
        wholes[number] |= not _hide_more(rows, values, inside, least)
    rows |= wholes[code]
    others = [number for number in np.argsort(sums.sum(axis=1), kind="stable") if not wholes[number]]
    while not _is_secret(values[wholes[code]], values, least):
        if not others:
            return rows, frozenset(names[wholes]), False
        wholes[others.pop(0)] = True
        rows |= wholes[code]
    return rows, frozenset(names[wholes]), True


def _few(values: Floats, least: int) -> Bools:
    found: Bools = np.logical_or.reduce((values > 0) & (values < least), axis=1)
    return found


def _is_secret(told: Floats, of: Floats, least: int) -> bool:
    """Tell whether each of some hidden rows could be ``least - 1`` for all that their sums tell.

    The sum of the rows that they are ``of`` is not known itself where it is small.
    """
    sums, whole = told.sum(axis=0), of.sum(axis=0)
    room = sums - (told > 0).sum(axis=0) >= least - 2
    return not len(told) or (len(told) > 1 and bool((room | (sums == 0) | (whole < least)).all()))


def _hide_more(rows: Bools, values: Floats, inside: Ints, least: int) -> bool:
    """Hide the smallest rows of a group until those hidden keep their secret; return whether they do."""
    shown = inside[~rows[inside] & (values[inside].sum(axis=1) > 0)]
    others = list(shown[np.argsort(values[shown].sum(axis=1), kind="stable")])
    while not _is_secret(values[inside[rows[inside]]], values[inside], least):
        if not others:
            return False
        rows[others.pop(0)] = True
    return True


def blank(table: _Frame, columns: Iterable[str], rows: NDArray[np.bool_]) -> _Frame:
    """Return the table with cells blanked, and a column that says where."""
    blanked = {name: _mask(table[name], rows) for name in columns}
    return table.assign(**blanked, suppressed=rows)


def _mask(column: pd.Series, rows: Bools) -> pd.Series:
    """Return a column without some cells; a count stays a whole number beside those that are blanked."""
    known = column if column.dtype.kind == "f" else column.convert_dtypes()
    return known.mask(rows)
