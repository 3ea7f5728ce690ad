"""Line of sight over terrain: which mast a premises can see."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from infraplan.layers.raster import Mosaic, Raster
from infraplan.network.lines import Floats, Ints

_LIGHT_M_S = 299_792_458.0
_EARTH_M = 6_371_000.0
"""Mean radius of the Earth."""
_LOWEST_M, _HIGHEST_M = -500.0, 9_000.0
"""Between the Dead Sea's shore and Everest. What lies beyond is a void that the file does not declare."""
_CHUNK = 500_000
"""Places looked up at once: what they take stays below 100 MB, and a lone mast's cells are read few times."""


@dataclass(frozen=True)
class _Air:
    """What a ray needs free below it."""

    wavelength_m: float
    clearance: float
    radius_m: float

    def needs_m(self, shares: Floats, distance_m: Floats) -> Floats:
        """Return the Earth's bulge and the part of the Fresnel zone; ``shares`` is d1·d2 / (d1+d2)²."""
        bulge = shares * distance_m**2 / (2.0 * self.radius_m)
        return bulge + self.clearance * np.sqrt(self.wavelength_m * shares * distance_m)


@dataclass(frozen=True)
class _Terrain:
    """Elevation, asked in the CRS of the study."""

    raster: Raster | Mosaic
    crs: CRS

    def heights_m(self, x: Floats, y: Floats) -> Floats:
        """Return metres above the sea, NaN where they are not known; shapes (n,)."""
        heights = self.raster.sample_at(x, y, self.crs)
        return np.where((heights >= _LOWEST_M) & (heights <= _HIGHEST_M), heights, np.nan)

    def find_cell_m(self, x: float, y: float) -> float:
        """Return the shorter side of a cell around a place, to the millimetre; infinite without any."""
        there = Transformer.from_crs(self.crs, self.raster.crs, always_xy=True)
        east, north = there.transform(x, y)
        cell = self.raster.transform
        corners = east + np.array([0.0, cell.a, cell.b]), north + np.array([0.0, cell.d, cell.e])
        here = np.column_stack(there.transform(*corners, direction="INVERSE"))
        side_m = np.hypot(*(here[1:] - here[0]).T).min()
        return max(round(float(side_m), 3), 0.001) if np.isfinite(side_m) else np.inf


def find_sight(  # noqa: PLR0913  (all but three are options)
    masts: gpd.GeoDataFrame,
    premises: gpd.GeoDataFrame,
    elevation: Raster | Mosaic | None,
    *,
    range_m: float,
    mast_height_m: float,
    premises_height_m: float,
    frequency_ghz: float,
    clearance: float = 0.6,
    earth_factor: float = 4 / 3,
    step_m: float | None = None,
) -> pd.DataFrame:
    """Tell for every mast and premises within range whether the terrain leaves the ray between them free.

    The ray is straight from antenna to antenna. Over each sampled place between the ends (there is always one
    in the middle; the ends themselves are no obstacles) it must clear the terrain, the Earth's bulge
    d1·d2 / (2·k·R) and ``clearance`` of the first Fresnel zone's radius √(λ·d1·d2 / (d1+d2)), with distances
    d1 and d2 to the ends, wavelength λ, the Earth's radius R = 6 371 km and its factor k for the bending of
    the ray in the air. Source: ITU-R P.526, propagation by diffraction; with 0.6 of the first zone free, the
    loss is that of free space.

    Terrain is what the raster holds, by nearest cell: a ground model knows neither forest nor houses.
    Distances are planar: up to 0.2 % off in SWEREF 99 TM.

    Parameters
    ----------
    masts
        Points in the premises' CRS; height_m, where there is such a column and a number in it, is the
        antenna's height over the ground in metres instead of ``mast_height_m``.
    premises
        Index premises_id, points in a projected CRS in metres.
    elevation
        Metres above the sea; None where the terrain is not known.
    range_m
        Longest distance, itself allowed.
    clearance
        Share of the first Fresnel zone's radius that must be free; 0 asks for optical sight alone.
    earth_factor
        k; 4/3 in a standard atmosphere.
    step_m
        Longest step between sampled places; the side of a cell of the raster unless given.

    Returns
    -------
    DataFrame
        One row a pair, by mast and premises in their order: mast (its label), premises_id, distance_m; clear;
        margin_m, the least free height beyond what must be free, negative where blocked; known. Where the
        raster is silent about any place of a profile, margin_m is NaN, known and clear are False: the unknown
        is never taken for free.

    Raises
    ------
    ValueError
        An option is out of its range, or the CRS differ.
    """
    heights = {"mast_height_m": mast_height_m, "premises_height_m": premises_height_m}
    _check({"range_m": range_m, "clearance": clearance, **heights})
    _check({"frequency_ghz": frequency_ghz, "earth_factor": earth_factor}, positive=True)
    if step_m is not None:
        _check({"step_m": step_m}, positive=True)
    if masts.crs != premises.crs:
        msg = f"masts are in {masts.crs}, premises in {premises.crs}"
        raise ValueError(msg)
    mast, home = _find_pairs(masts, premises, range_m)
    starts = _place(masts, _read_heights(masts, mast_height_m))[mast]
    ends = _place(premises, np.full(len(premises), premises_height_m))[home]
    margin_m = np.full(len(mast), np.nan)
    if elevation is not None:
        air = _Air(_LIGHT_M_S / (frequency_ghz * 1e9), clearance, earth_factor * _EARTH_M)
        margin_m = _find_margins(starts, ends, _Terrain(elevation, masts.crs), air, step_m)
    return pd.DataFrame(
        {
            "mast": masts.index[mast],
            "premises_id": premises.index[home],
            "distance_m": np.hypot(*(starts - ends)[:, :2].T),
            "clear": margin_m >= 0.0,
            "margin_m": margin_m,
            "known": np.isfinite(margin_m),
        },
        index=pd.RangeIndex(len(mast), name="row"),
    )


def choose_mast(sight: pd.DataFrame) -> pd.DataFrame:
    """Return the nearest mast in clear sight of each premises that has any; of equals the first label.

    Returns
    -------
    DataFrame
        Index premises_id, sorted; mast, distance_m, margin_m.

    Examples
    --------
    >>> sight = pd.DataFrame(
    ...     {
    ...         "mast": ["hill", "town", "town"],
    ...         "premises_id": ["a", "a", "b"],
    ...         "distance_m": [3_000.0, 2_000.0, 900.0],
    ...         "clear": [True, True, False],
    ...         "margin_m": [4.0, 1.5, -2.0],
    ...         "known": True,
    ...     }
    ... )
    >>> choose_mast(sight)
                 mast  distance_m  margin_m
    premises_id
    a            town      2000.0       1.5
    """
    clear = sight[sight["clear"]].sort_values(["premises_id", "distance_m", "mast"])
    nearest = clear.drop_duplicates("premises_id").set_index("premises_id")
    return nearest[["mast", "distance_m", "margin_m"]]


def _check(options: dict[str, float], *, positive: bool = False) -> None:
    """Raise for options that are negative or without bound; 0 itself is none of the ``positive``."""
    for name, value in options.items():
        if not 0.0 <= value < np.inf or (positive and value == 0.0):
            msg = f"{name} is out of range: {value}"
            raise ValueError(msg)


def _find_pairs(masts: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, range_m: float) -> tuple[Ints, Ints]:
    """Return positions of masts and premises within range, by mast: so neighbours are looked up together."""
    tree = shapely.STRtree(premises.geometry.to_numpy())
    mast, home = tree.query(masts.geometry.to_numpy(), predicate="dwithin", distance=range_m)
    order = np.lexsort((home, mast))
    return mast[order], home[order]


def _read_heights(masts: gpd.GeoDataFrame, default_m: float) -> Floats:
    if "height_m" not in masts:
        return np.full(len(masts), default_m)
    given = pd.to_numeric(masts["height_m"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(given), given, default_m)


def _place(points: gpd.GeoDataFrame, height_m: Floats) -> Floats:
    """Return x, y and height over the ground of each antenna, shape (n, 3)."""
    shapes = points.geometry.to_numpy()
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes), height_m])


def _find_margins(starts: Floats, ends: Floats, terrain: _Terrain, air: _Air, step_m: float | None) -> Floats:
    """Return the least free height of each profile beyond what the ray needs, NaN where it is not known.

    Parameters
    ----------
    starts, ends
        Antennas: x, y, height over the ground; shapes (n, 3).
    """
    margin_m = np.full(len(starts), np.nan)
    starts, ends = (
        np.column_stack([xyz[:, :2], xyz[:, 2] + terrain.heights_m(*xyz[:, :2].T)]) for xyz in (starts, ends)
    )
    # Where the ground at an end is not known, nothing between needs to be looked up.
    known = np.flatnonzero(np.isfinite(starts[:, 2] + ends[:, 2]))
    if not len(known):
        return margin_m
    step_m = step_m or terrain.find_cell_m(*starts[known, :2].mean(axis=0))
    parts = np.ceil(np.hypot(*(ends - starts)[known, :2].T) / step_m).astype(np.int64).clip(2)
    for chunk in _cut(parts - 1):
        rows = known[chunk]
        margin_m[rows] = _measure(starts[rows], ends[rows], parts[chunk], terrain, air)
    return margin_m


def _cut(sizes: Ints) -> Iterator[slice]:
    """Cut profiles of these sizes into runs of about as many places as are looked up at once."""
    run = np.cumsum(sizes) // _CHUNK
    edges = np.flatnonzero(np.r_[True, run[1:] != run[:-1], True])
    return (slice(first, last) for first, last in pairwise(edges.tolist()))


def _measure(starts: Floats, ends: Floats, parts: Ints, terrain: _Terrain, air: _Air) -> Floats:
    """Return the least free height beyond what the ray needs along profiles of so many equal parts."""
    first = np.cumsum(parts - 1) - (parts - 1)
    which = np.repeat(np.arange(len(parts)), parts - 1)
    number, whole = np.arange(len(which)) - first[which] + 1, parts[which]
    # Both shares are divided, none subtracted: there and back are then the same to the last bit.
    ahead, behind = number / whole, (whole - number) / whole
    x, y, ray = (
        behind * start[which] + ahead * end[which] for start, end in zip(starts.T, ends.T, strict=True)
    )
    distance_m = np.hypot(*(ends - starts)[:, :2].T)
    free = ray - terrain.heights_m(x, y) - air.needs_m(ahead * behind, distance_m[which])
    return np.minimum.reduceat(free, first)
