"""Lengths on the ellipsoid.

The plane of a projection is up to 0.2 % too long or too short at the edge of its zone (SWEREF 99 TM in
Haparanda): lengths that become money or shares are therefore never planar. Geodesics by Karney (2013), as in
PROJ.
"""

from typing import Any, TypeAlias

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

Lines: TypeAlias = NDArray[np.object_]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


def geodesic_lengths(lines: Lines, crs: Any) -> Floats:
    """Return the length of each line on the ellipsoid of its CRS, in metres, shape (n,)."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    tails = np.flatnonzero(owner[1:] == owner[:-1])
    steps = geodesic_steps(xy, tails, crs)
    return np.bincount(owner[tails], weights=steps, minlength=len(lines)).astype(np.float64)


def geodesic_steps(xy: Floats, tails: Ints, crs: Any) -> Floats:
    """Return the metres from some places to the one that follows each, shape (tails,).

    Parameters
    ----------
    xy
        Places in the plane of the CRS, shape (n, 2).
    tails
        Positions of those from which is measured, each with another behind it.
    """
    source = pyproj.CRS.from_user_input(crs)
    to_degrees = pyproj.Transformer.from_crs(source, source.geodetic_crs, always_xy=True)
    lon, lat = to_degrees.transform(xy[:, 0], xy[:, 1])
    geod = source.get_geod()
    assert geod is not None  # noqa: S101  (every projected CRS has an ellipsoid)
    _, _, steps = geod.inv(lon[tails], lat[tails], lon[tails + 1], lat[tails + 1])
    return np.asarray(steps, dtype=np.float64)
