"""Statistics Sweden's squares: from the id of a square to the square.

The id is 13 digits: easting (6) and northing (7) of the lower left corner in SWEREF 99 TM. The INSPIRE form
spells out the size: ``SE_CRS3006RES1000mN6133000E394000``. Both rules: SCB open data; the same 13 digits name
250 m squares in Pipos.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.errors import LayerError

CRS = "EPSG:3006"
SIZES_M = (250, 1000)
# The box of all squares of Sweden (Pipos.GeoLib, Sweden.cs).
EAST = (181_750, 1_086_500)
NORTH = (6_090_250, 7_689_500)
ENOUGH = 8
"""So many ids that are all multiples of 1 000 m are no 250 m squares: by chance 1 in 16 of those is one."""

_INSPIRE = r"RES(?P<size>\d+)mN(?P<north>\d{7})E(?P<east>\d{6,7})$"
_DIGITS = r"^(?P<east>\d{6})(?P<north>\d{7})(?:\.0)?$"
_RT90 = r"^\d{14}(?:\.0)?$"


def squares(ids: pd.Series, *, sizes: pd.Series | None = None, file: str | Path = "–") -> gpd.GeoSeries:
    """Return the square of each id.

    Parameters
    ----------
    ids
        13 digits (text or numbers) or the INSPIRE form.
    sizes
        Side of each square in metres, as text or numbers, where the table says (``rutstorl``). Otherwise
        ids off the kilometre tell 250 m, and many on it tell 1 km.
    file
        Where the ids are from, for the error.

    Returns
    -------
    GeoSeries
        Squares in EPSG:3006 on the index of ``ids``; None where the id is none, or lies outside Sweden.

    Raises
    ------
    LayerError
        The ids are 14 digits (RT 90), or nothing tells the size of the squares.
    """
    text = _text(ids)
    if text.str.match(_RT90).any():
        raise LayerError("squares_rt90", file=file, id=text[text.str.match(_RT90)].iloc[0])
    inspire, digits = text.str.extract(_INSPIRE), text.str.extract(_DIGITS)
    east = pd.to_numeric(inspire["east"].fillna(digits["east"])).astype("float64")
    north = pd.to_numeric(inspire["north"].fillna(digits["north"])).astype("float64")
    inside = east.between(*EAST) & north.between(*NORTH)
    size = _sizes(east[inside], north[inside], _said(inspire["size"], sizes)[inside], file)
    shapes = np.full(len(ids), None, dtype="object")
    shapes[inside.to_numpy()] = shapely.box(
        east[inside], north[inside], east[inside] + size, north[inside] + size
    )
    return gpd.GeoSeries(shapes, index=ids.index, crs=CRS)


def _text(ids: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(ids):
        ids = ids.astype("Int64")
    return ids.astype("str").fillna("").str.strip()


def _said(inspire: pd.Series, sizes: pd.Series | None) -> pd.Series:
    """Return the sizes that are stated, NaN elsewhere."""
    said = pd.to_numeric(inspire).astype("float64")
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
