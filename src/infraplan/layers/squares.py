"""Squares of statistics: from the id of a square to the square.

Sweden: 13 digits, easting (6) and northing (7) of the lower left corner in SWEREF 99 TM (SCB open data; the
same 13 digits name 250 m squares in Pipos). Europe: northing and easting of that corner in sides of a square,
EPSG:3035, as in ``1kmN2599E4695`` (GEOSTAT 2011; the EEA writes ``1kmE4695N2599``). The INSPIRE form of both
grids spells it out in metres: ``SE_CRS3006RES1000mN6133000E394000``, ``CRS3035RES1000mN2599000E4695000``
(regulation (EU) 2018/1799, article 3).
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.errors import LayerError

CRS = "EPSG:3006"
EUROPE = "EPSG:3035"
SIZES_M = (250, 1000)
_BOXES = {
    CRS: ((181_750, 1_086_500), (6_090_250, 7_689_500)),
    EUROPE: ((900_000, 7_400_000), (900_000, 5_500_000)),
}
"""Where squares begin, east and north: all of Sweden (Pipos.GeoLib, Sweden.cs), and the grid of regulation
(EU) 2018/1799, article 3."""
ENOUGH = 8
"""So many ids that are all multiples of 1 000 m are no 250 m squares: by chance 1 in 16 of those is one."""

_LOOKED_AT = 100
"""Cells of a column in which ids are looked for."""

_INSPIRE = (
    r"^(?:[A-Z]{2}_)?CRS(?P<crs>3006|3035)RES(?P<size>[0-9]{2,6})m"
    r"N(?P<north>[0-9]{6,7})E(?P<east>[0-9]{6,7})$"
)
_SHORT = (
    r"^(?P<size>[0-9]{1,3})(?P<unit>k?m)"
    r"(?:N(?P<north>[0-9]{2,6})E(?P<east>[0-9]{2,6})|E(?P<east_first>[0-9]{2,6})N(?P<north_last>[0-9]{2,6}))$"
)
_DIGITS = r"^(?P<east>[0-9]{6})(?P<north>[0-9]{7})(?:\.0)?$"
_RT90 = r"^[0-9]{14}(?:\.0)?$"


def squares(ids: pd.Series, *, sizes: pd.Series | None = None, file: str | Path = "–") -> gpd.GeoSeries:
    """Return the square of each id.

    Parameters
    ----------
    ids
        In any of the forms above, all of one grid.
    sizes
        Side of each square in metres, as text or numbers, where the table says (``rutstorl``) and the id does
        not. Otherwise ids off the kilometre tell 250 m, and many on it tell 1 km.
    file
        Where the ids are from, for the error.

    Returns
    -------
    GeoSeries
        Squares in EPSG:3006 or EPSG:3035 on the index of ``ids``; None where the id is none, has its corner
        off the grid, or lies outside Sweden or Europe.

    Raises
    ------
    LayerError
        The ids are 14 digits (RT 90), are of two grids, or nothing tells the size of the squares.
    """
    text = _text(ids)
    if text.str.match(_RT90).any():
        raise LayerError("squares_rt90", file=file, id=text[text.str.match(_RT90)].iloc[0])
    corners = _corners(text)
    crs = _one_grid(corners["crs"], text, file)
    easts, norths = _BOXES[crs]
    inside = corners["east"].between(*easts) & corners["north"].between(*norths)
    inside &= corners["size"].isna() | (
        (corners[["east", "north"]].mod(corners["size"], axis=0) == 0).all(axis=1)
    )
    east, north = corners.loc[inside, "east"], corners.loc[inside, "north"]
    size = _sizes(east, north, _said(corners["size"], sizes)[inside], file)
    shapes = np.full(len(ids), None, dtype="object")
    shapes[inside.to_numpy()] = shapely.box(east, north, east + size, north + size)
    return gpd.GeoSeries(shapes, index=ids.index, crs=crs)


def look_like_squares(ids: pd.Series) -> bool:
    """Tell whether the first cells of a column hold ids of squares, of any grid that squares have had."""
    text = _text(ids)
    text = text[text != ""].head(_LOOKED_AT)
    return bool((_corners(text)["crs"].notna() | text.str.match(_RT90)).any())


def _corners(text: pd.Series) -> pd.DataFrame:
    """Return ``east`` and ``north`` of the corner and, where the id says, ``size``, in metres; ``crs``."""
    inspire, short, digits = (text.str.extract(pattern) for pattern in (_INSPIRE, _SHORT, _DIGITS))
    side = _metres(short["size"]) * np.where(short["unit"] == "km", 1000.0, 1.0)
    # In the short form coordinates count sides.
    east = _metres(short["east"]).fillna(_metres(short["east_first"])) * side
    north = _metres(short["north"]).fillna(_metres(short["north_last"])) * side
    crs = np.select(
        [
            _metres(digits["east"]).notna() | (inspire["crs"] == "3006"),
            (inspire["crs"] == "3035") | side.notna(),
        ],
        [CRS, EUROPE],
        "",
    )
    return pd.DataFrame(
        {
            "east": _metres(inspire["east"]).fillna(_metres(digits["east"])).fillna(east),
            "north": _metres(inspire["north"]).fillna(_metres(digits["north"])).fillna(north),
            "size": _metres(inspire["size"]).fillna(side),
            "crs": pd.Series(crs, index=text.index, dtype="str").where(crs != ""),
        }
    )


def _metres(digits: pd.Series) -> pd.Series:
    return pd.to_numeric(digits).astype("float64")


def _one_grid(crs: pd.Series, text: pd.Series, file: str | Path) -> str:
    """Return the CRS of all ids that are any."""
    found = crs.dropna().drop_duplicates()
    if len(found) > 1:
        first, second = text[found.index]
        raise LayerError("squares_mixed", file=file, one=first, other=second)
    return str(found.iloc[0]) if len(found) else CRS


def _text(ids: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(ids):
        ids = ids.astype("Int64")
    return ids.astype("str").fillna("").str.strip()


def _said(said: pd.Series, sizes: pd.Series | None) -> pd.Series:
    """Return the sizes that ids or table state, NaN elsewhere."""
    if sizes is None:
        return said
    stated = pd.to_numeric(sizes.astype("str").str.extract(r"(\d+)", expand=False)).astype("float64")
    return said.fillna(stated)


def _sizes(east: pd.Series, north: pd.Series, said: pd.Series, file: str | Path) -> pd.Series:
    """Fill in the sizes that nobody states."""
    unsaid = said.isna()
    if not unsaid.any():
        return said
    on_kilometre = (east[unsaid] % SIZES_M[1] == 0) & (north[unsaid] % SIZES_M[1] == 0)
    if not on_kilometre.all():
        return said.fillna(SIZES_M[0])
    if len(on_kilometre) < ENOUGH:
        raise LayerError("squares_size", file=file)
    return said.fillna(SIZES_M[1])
