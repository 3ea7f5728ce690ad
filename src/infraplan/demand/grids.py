"""Squares and hexagons that figures are given for: from points to the official ids of cells, and back.

SWEREF 99 TM: 13 digits, easting (6) and northing (7) of the lower left corner (SCB, ``layers.squares``).
EPSG:3035: northing and easting of the lower left corner in sides of a cell, ``1kmN2599E4695``,
``100mN25991E46952`` (GEOSTAT 2011; regulation (EU) 2018/1799 writes the same corner in metres, as in
``CRS3035RES1000mN2599000E4695000``). H3: the index in hexadecimal, with the library h3.
"""

import importlib
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from infraplan.coverconfig import Grid
from infraplan.demand.dasymetric import Floats
from infraplan.demand.places import Ints
from infraplan.errors import StudyError

_LONLAT = "EPSG:4326"
_DECIMALS = 3
"""Of a metre, in coordinates that were transformed: PROJ errs by up to a quarter of a millimetre there and
back between SWEREF 99 TM and EPSG:3035, and what lay on an edge shall still do so."""
_LIMIT = 1_000_000
"""Of rows and columns: no grid here has so many, and two of them fit one whole number."""


@dataclass(frozen=True)
class Squares:
    """A grid of squares: how long a side is, where ids are valid, and how they are written."""

    crs: str
    size_m: int
    pattern: str
    """Of an id, with the groups ``east`` and ``north``."""
    written: str
    """How an id is written of east and north, both in ``unit_m``."""
    unit_m: int
    most_m: tuple[int, int]
    """East and north below which the digits of an id suffice; no square begins below zero."""


_METRES = r"^(?P<east>\d{6})(?P<north>\d{7})$", "{east:06d}{north:07d}"
SQUARES: dict[Grid, Squares] = {
    "sweref_1km": Squares("EPSG:3006", 1_000, *_METRES, unit_m=1, most_m=(1_000_000, 10_000_000)),
    "sweref_250m": Squares("EPSG:3006", 250, *_METRES, unit_m=1, most_m=(1_000_000, 10_000_000)),
    "laea_1km": Squares(
        "EPSG:3035",
        1_000,
        r"^1kmN(?P<north>\d{4})E(?P<east>\d{4})$",
        "1kmN{north:04d}E{east:04d}",
        unit_m=1_000,
        most_m=(10_000_000, 10_000_000),
    ),
    "laea_100m": Squares(
        "EPSG:3035",
        100,
        r"^100mN(?P<north>\d{5})E(?P<east>\d{5})$",
        "100mN{north:05d}E{east:05d}",
        unit_m=100,
        most_m=(10_000_000, 10_000_000),
    ),
}
COARSER: dict[Grid, Grid] = {"sweref_250m": "sweref_1km", "laea_100m": "laea_1km"}
"""Grid -> the grid whose squares are made of its squares."""


def assign_cells(points: gpd.GeoSeries, grid: Grid, *, resolution: int = 8) -> pd.Series:
    """Return the id of the cell that each point lies in, ``""`` for none.

    Squares hold their lower and left edges: a point on an edge belongs to the cell to its north or east.
    Missing and empty points, and points where the grid has no ids (west or south of its origin, or further
    away than its digits reach), lie in none.

    Parameters
    ----------
    points
        In any CRS.
    resolution
        Of H3, 0–15.

    Raises
    ------
    StudyError
        The grid is H3, and its library is not installed.

    Examples
    --------
    >>> assign_cells(gpd.GeoSeries.from_xy([352_999.9], [6_861_000], crs=3006), "sweref_1km").tolist()
    ['3520006861000']
    """
    cell, ids = number_cells(points, grid, resolution=resolution)
    return pd.Series(ids.append(pd.Index([""], dtype="str")).take(cell), index=points.index, name=grid)


def number_cells(points: gpd.GeoSeries, grid: Grid, *, resolution: int = 8) -> tuple[Ints, pd.Index]:
    """Return the position of each point's cell among the ids, -1 for none, and the ids, sorted.

    As ``assign_cells``, for millions of points: an id is written once a cell.
    """
    if grid == "h3":
        return _number_hexagons(points, resolution)
    squares = SQUARES[grid]
    x, y = _project(points, squares.crs)
    with np.errstate(invalid="ignore"):
        column, row = np.floor(x / squares.size_m), np.floor(y / squares.size_m)
        inside = (column >= 0) & (row >= 0) & (x < squares.most_m[0]) & (y < squares.most_m[1])
    key = np.full(len(points), -1, dtype=np.int64)
    key[inside] = column[inside].astype(np.int64) * _LIMIT + row[inside].astype(np.int64)
    place, met = pd.factorize(np.where(inside, key, -1), sort=True)
    none = int(len(met) > 0 and met[0] < 0)
    units = squares.size_m // squares.unit_m
    east, north = np.divmod(met[none:], _LIMIT)
    written = [
        squares.written.format(east=e, north=n)
        for e, n in zip((east * units).tolist(), (north * units).tolist(), strict=True)
    ]
    # By column, then row, zero-padded: for SWEREF that is the order of the ids too; for EPSG:3035 it is not.
    return _sort_ids(place.astype(np.int64) - none, written)


def cell_shapes(ids: pd.Series, grid: Grid, crs: Any) -> gpd.GeoSeries:
    """Return the shape of each cell in a CRS, None for what is no id of the grid.

    Only corners are transformed, so that neighbours share their edges exactly. In SWEREF 99 TM within Sweden
    the edges of 1 km squares of EPSG:3035 then lie at most 5 mm beside the true ones; those of H3 less than a
    millimetre at resolution 8 and less than a metre at 4, further at coarser ones.

    Raises
    ------
    StudyError
        The grid is H3, and its library is not installed.
    """
    if grid == "h3":
        return _hexagons(ids, crs)
    squares = SQUARES[grid]
    corner = ids.astype("str").str.extract(squares.pattern).astype("float64") * squares.unit_m
    known = corner["east"].notna().to_numpy()
    west, south = corner["east"].to_numpy()[known], corner["north"].to_numpy()[known]
    east, north = west + squares.size_m, south + squares.size_m
    x = np.column_stack([west, east, east, west, west])
    y = np.column_stack([south, south, north, north, south])
    shapes = np.full(len(ids), None, dtype=object)
    shapes[known] = _polygons(x, y, squares.crs, crs)
    return gpd.GeoSeries(shapes, index=ids.index, crs=crs)


def find_coarser(ids: pd.Series, grid: Grid) -> pd.Series:
    """Return the id of the larger square that each square is a part of; for grids in ``COARSER``.

    >>> find_coarser(pd.Series(["100mN48573E46012"]), "laea_100m").tolist()
    ['1kmN4857E4601']
    """
    fine, coarse = SQUARES[grid], SQUARES[COARSER[grid]]
    corner = ids.str.extract(fine.pattern).astype("int64") * fine.unit_m
    begin = corner // coarse.size_m * (coarse.size_m // coarse.unit_m)
    written = [
        coarse.written.format(east=east, north=north)
        for east, north in zip(begin["east"].tolist(), begin["north"].tolist(), strict=True)
    ]
    return pd.Series(written, index=ids.index, dtype="str")


def _project(points: gpd.GeoSeries, crs: str) -> tuple[Floats, Floats]:
    """Return the coordinates of points in a CRS, not finite where a point has none there."""
    shapes = points.to_numpy()
    # GEOS throws an error at the coordinates of an empty point.
    shapes = np.where(shapely.is_empty(shapes), None, shapes)
    x, y = shapely.get_x(shapes), shapely.get_y(shapes)
    if points.crs == crs:
        return x, y
    x, y = Transformer.from_crs(points.crs, crs, always_xy=True).transform(x, y)
    return (x, y) if crs == _LONLAT else (np.round(x, _DECIMALS), np.round(y, _DECIMALS))


def _sort_ids(place: Ints, written: list[str]) -> tuple[Ints, pd.Index]:
    """Return places among the ids in the order of text, and the ids so."""
    ids = pd.Index(written, dtype="str")
    order = np.argsort(ids.to_numpy(dtype=object), kind="stable")
    rank = np.empty(len(ids) + 1, dtype=np.int64)
    rank[order] = np.arange(len(ids))
    rank[-1] = -1
    return rank[place], ids.take(order)


def _polygons(x: Floats, y: Floats, crs: str, wanted: Any) -> NDArray[Any]:
    """Return a polygon a row of corners, transformed."""
    if wanted != crs:
        x, y = Transformer.from_crs(crs, wanted, always_xy=True).transform(x, y)
    polygons: NDArray[Any] = shapely.polygons(np.stack([x, y], axis=-1))
    return polygons


def _load_h3() -> Any:
    """Return the library of hexagons, which only studies that ask for them need."""
    try:
        return importlib.import_module("h3.api.basic_int")
    except ModuleNotFoundError as error:
        raise StudyError("no_h3") from error


def _number_hexagons(points: gpd.GeoSeries, resolution: int) -> tuple[Ints, pd.Index]:
    h3 = _load_h3()
    lon, lat = _project(points, _LONLAT)
    inside = np.isfinite(lon) & np.isfinite(lat)
    # There is no call for many points at once; two a microsecond will do.
    found = [
        h3.latlng_to_cell(*at, resolution)
        for at in zip(lat[inside].tolist(), lon[inside].tolist(), strict=True)
    ]
    place, met = pd.factorize(np.array(found, dtype=np.int64))
    cell = np.full(len(points), -1, dtype=np.int64)
    cell[inside] = place
    return _sort_ids(cell, [h3.int_to_str(number) for number in met.tolist()])


def _hexagons(ids: pd.Series, crs: Any) -> gpd.GeoSeries:
    h3 = _load_h3()
    numbers = [_read_hexagon(str(cell), h3) for cell in ids]
    rings = [h3.cell_to_boundary(number) for number in numbers if number]
    ring = np.repeat(np.arange(len(rings)), [len(corners) for corners in rings])
    lat, lon = np.array([corner for corners in rings for corner in corners], dtype=float).reshape(-1, 2).T
    x, y = Transformer.from_crs(_LONLAT, crs, always_xy=True).transform(lon, lat)
    shapes = np.full(len(ids), None, dtype=object)
    shapes[np.array(numbers, dtype=np.int64) > 0] = shapely.polygons(
        shapely.linearrings(np.column_stack([x, y]), indices=ring)
    )
    return gpd.GeoSeries(shapes, index=ids.index, crs=crs)


def _read_hexagon(text: str, h3: Any) -> int:
    """Return the number of a cell, 0 for what is none."""
    try:
        number = h3.str_to_int(text)
    except (ValueError, OverflowError):
        return 0
    return number if h3.is_valid_cell(number) else 0
