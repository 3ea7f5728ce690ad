"""Lines as arrays: places along them, and cutting many of them at once."""

import numpy as np
import shapely
from numpy.typing import NDArray

Lines = NDArray[np.object_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GRID_M = 0.001
"""Coordinates are told apart to the millimetre: below that lies the noise of computing with them."""
AT_START, AT_END = -1, -2
"""What ``spread`` says of a place that falls to an end of its line."""


def cut_lines(lines: Lines, which: Ints, along: Floats, places: Floats) -> tuple[Lines, Ints]:
    """Cut lines at places along them.

    Parameters
    ----------
    lines
        LineStrings, shape (n,).
    which, along, places
        Line of each cut, its planar distance from the line's start, and its coordinates; shapes (k,), (k,),
        (k, 2). Cuts lie within their line, not at its ends, and no two on the same spot of a line: ``spread``
        sees to that.

    Returns
    -------
    pieces, line_of
        LineStrings in the order of the lines and along them, and the line that each was; shapes (n + k,).
    """
    if not len(which):
        return lines, np.arange(len(lines))
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    at = _measure(xy, owner)
    cut = np.r_[np.zeros(len(xy), bool), np.ones(len(which), bool)]
    xy, owner, at = np.vstack([xy, places]), np.r_[owner, which], np.r_[at, along]
    order = np.lexsort((at, owner))
    xy, owner, at, cut = xy[order], owner[order], at[order], cut[order]
    xy, owner, cut = (values[~_twins(owner, at, cut)] for values in (xy, owner, cut))
    rows = np.repeat(np.arange(len(xy)), 1 + cut)
    starts = np.r_[True, owner[rows][1:] != owner[rows][:-1]] | np.r_[False, rows[1:] == rows[:-1]]
    return shapely.linestrings(xy[rows], indices=np.cumsum(starts) - 1), owner[rows][starts]


def spread(which: Ints, along: Floats, lengths: Floats, gap_m: float) -> tuple[Ints, Ints]:
    """Gather places along lines so that none is nearer than ``gap_m`` to the next or to an end of its line.

    Returns
    -------
    kept, place_of
        Positions of the cuts to make; and for each place that of its cut among ``kept``, or −1 where it falls
        to the start of its line, −2 to its end.
    """
    beyond = along >= lengths[which] - gap_m
    place_of = np.where(along <= gap_m, AT_START, np.where(beyond, AT_END, 0)).astype(np.int64)
    inner = np.flatnonzero(place_of == 0)
    inner = inner[np.lexsort((along[inner], which[inner]))]
    new = np.r_[True, (np.diff(which[inner]) != 0) | (np.diff(along[inner]) > gap_m)][: len(inner)]
    place_of[inner] = np.cumsum(new) - 1
    return inner[new], place_of


def _measure(xy: Floats, owner: Ints) -> Floats:
    """Return the planar distance of each vertex from the start of its line."""
    steps = np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)]
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    steps[starts] = 0.0
    total = np.cumsum(steps)
    return np.asarray(total - np.repeat(total[starts], np.diff(np.r_[starts, len(xy)])))


def _twins(owner: Ints, at: Floats, cut: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which vertices a cut replaces, because it lies on them."""
    near = (owner[1:] == owner[:-1]) & (np.diff(at) < GRID_M / 2)
    beside_cut = np.r_[False, near & cut[:-1]] | np.r_[near & cut[1:], False]
    return np.asarray(beside_cut & ~cut)
