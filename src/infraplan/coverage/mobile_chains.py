"""Lines of one road joined end to end, so that places can be told in metres along the road."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from infraplan.coverage.mobile_maps import Bools, Floats, Ints, Shapes

_MM = 1_000
"""Ends in the same millimetre meet."""


@dataclass(frozen=True)
class Chains:
    """Where each line lies along its road; arrays of shape (lines,).

    Attributes
    ----------
    chain
        Number of the road, 0 … n − 1.
    begin_m
        Where the line begins along the road.
    turned
        Whether the line is drawn against the road.
    ends
        x, y of the road's start and end, shape (n, 4); the start is the western one, of equals the southern.
    """

    chain: Ints
    begin_m: Floats
    turned: Bools
    ends: Floats


def chain_lines(lines: Shapes, length_m: Floats, group: Ints) -> Chains:
    """Join lines of a group where exactly two of them meet end to end.

    Where three meet the road forks, and each of them is a road of its own. A ring starts at its first line.
    """
    tails, heads = (shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1))
    mate = _find_mates(tails, heads, group)
    chain = np.full(len(lines), -1, dtype=np.int64)
    begin_m, turned = np.zeros(len(lines)), np.zeros(len(lines), dtype=bool)
    ends: list[Floats] = []
    places = np.stack([tails, heads], axis=1)
    loose = np.flatnonzero(mate < 0)
    x, y = places.reshape(-1, 2)[loose].T
    # From the west first: so the loose end that a road is met by is its start.
    starts = loose[np.lexsort((loose, y, x))]
    for start in [*starts.tolist(), *range(0, 2 * len(lines), 2)]:
        if chain[start // 2] < 0:
            last = _walk(start, len(ends), mate, (chain, begin_m, turned), length_m)
            ends.append(np.r_[places[start // 2, start % 2], places[last // 2, last % 2]])
    return Chains(chain, begin_m, turned, np.reshape(ends, (-1, 4)))


def _find_mates(tails: Floats, heads: Floats, group: Ints) -> Ints:
    """Return the end that each end continues in, −1 for none; ends are numbered 2 × line, + 1 at its head."""
    xy = np.rint(np.stack([tails, heads], axis=1).reshape(-1, 2) * _MM).astype(np.int64)
    frame = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "group": np.repeat(group, 2)})
    node = frame.groupby(list(frame.columns)).ngroup().to_numpy()
    order = np.argsort(node, kind="stable")
    size = np.bincount(node)
    first = (np.cumsum(size) - size)[size == 2]  # noqa: PLR2004  (two ends make a way through)
    one, other = order[first], order[first + 1]
    # A line that ends where it starts is a ring of its own.
    apart = one // 2 != other // 2
    mate = np.full(len(node), -1, dtype=np.int64)
    mate[one[apart]], mate[other[apart]] = other[apart], one[apart]
    return mate


def _walk(start: int, number: int, mate: Ints, told: tuple[Ints, Floats, Bools], length_m: Floats) -> int:
    """Follow a road from an end, note where its lines lie, and return the end at which it ends."""
    chain, begin_m, turned = told
    end, along = start, 0.0
    while True:
        line = end // 2
        chain[line], begin_m[line], turned[line] = number, along, bool(end % 2)
        along += length_m[line]
        end ^= 1  # the line's other end
        following = int(mate[end])
        if following < 0 or chain[following // 2] >= 0:
            return end
        end = following
