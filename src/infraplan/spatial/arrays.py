"""Arrays as the engine takes them: checked once, whole and writeable, so that each kernel has one form."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Shapes = NDArray[Any]

LARGE = 100_000
"""From so many points on compiled code is worth it: loading it takes as long as this many take without."""

FARTHEST_M = 1e15
"""Beyond this coordinates are those of nothing on Earth: their squares soon are no numbers."""


def as_points(xy: ArrayLike) -> Floats:
    """Return coordinates as an array of shape (points, 2); raises ValueError for any other shape."""
    points = np.require(xy, np.float64, ["C", "A", "W"])
    if not points.size:
        return np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:  # noqa: PLR2004
        raise ValueError(f"coordinates of shape {points.shape}, not (points, 2)")
    return points


def find_placed(points: Floats) -> Ints:
    """Return the positions of the points that lie somewhere: both coordinates are numbers of this Earth."""
    near = np.abs(points) <= FARTHEST_M
    return np.flatnonzero(near[:, 0] & near[:, 1])


def is_large(count: int) -> bool:
    """Return whether so many points ask for compiled code."""
    return count >= LARGE


def check_reach(reach_m: float) -> float:
    """Return a reach; raises ValueError for one that is negative or no number."""
    if not reach_m >= 0:
        raise ValueError(f"a reach of {reach_m} m")
    return float(reach_m)


def first_of_each(keys: Ints) -> Ints:
    """Return the positions at which each run of equal keys begins."""
    return np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.empty(0, np.int64)


def find_nothing(count: int) -> tuple[Ints, Floats]:
    """Return the answer of points that are near nothing: positions -1 and distances NaN."""
    return np.full(count, -1, dtype=np.int64), np.full(count, np.nan)
