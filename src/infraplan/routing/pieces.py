"""A plan's tree cut into connected pieces that are no greater than they may be: stages, contracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infraplan.routing.arguments import check_amounts
from infraplan.routing.forest import NONE, Forest, check_length
from infraplan.routing.problem import Floats, Ints

_LOOK_BACK = 32
"""Pieces at one node among which another finds its place: without end, a star would take its square."""


@dataclass(frozen=True)
class Split:
    """Connected pieces of a forest; each edge is in one.

    Attributes
    ----------
    piece
        The piece of each edge, shape (m,).
    above
        The piece through which each is fed, a lower number, or −1 where it begins at a root, shape (p,).
    top
        The node at which each piece begins, shape (p,).
    weight
        The sums over each piece's edges, shape (k, p).
    oversized
        Pieces heavier than a limit: one edge each, that alone is.
    """

    piece: Ints
    above: Ints
    top: Ints
    weight: Floats
    oversized: Ints


def split(
    forest: Forest,
    weights: Sequence[ArrayLike] | NDArray[Any],
    limits: ArrayLike,
    *,
    least: ArrayLike | None = None,
) -> Split:
    """Cut a forest into few connected pieces, each within the limits.

    From the leaves to the roots (after Kundu & Misra 1977): the pieces that meet at a node are joined, the
    heaviest first, each to the first that has room; the lightest that comes of it goes on along the edge
    above, if that fits. Then pieces that fall short are joined to the lightest piece that they touch and fit
    with. Pieces that begin at different roots stay apart.

    Parameters
    ----------
    forest
        The plan's tree.
    weights
        Of each edge in k measures, shape (k, m): premises, say, each counted at the edge that ends at it, and
        kronor.
    limits
        The most that a piece may weigh in each measure, above 0, inf for as much as there is, shape (k,).
    least
        What a piece should weigh at least in each measure, where the limits allow it, shape (k,).

    Raises
    ------
    ValueError
        A weight is negative or not finite, a limit is not above 0, or shapes differ.

    Examples
    --------
    >>> from infraplan.routing import grow_forest
    >>> road = grow_forest([0, 1, 2, 1], [1, 2, 3, 4], [0], count=5)
    >>> cut = split(road, [[1, 1, 1, 1]], [3])
    >>> cut.piece.tolist(), cut.above.tolist(), cut.weight.tolist()
    ([0, 1, 1, 1], [-1, 0], [[1.0, 3.0]])
    """
    weight, most = _read(forest, weights, limits)
    pieces = _Pieces(weight, most)
    _cut(forest, pieces)
    piece, top = _number(forest, pieces.list_all())
    if least is not None:
        floor = _check_bounds("least", least, len(weight))
        pieces = _Pieces(_sum_up(weight, piece, len(top)), most)
        _join_small(_find_above(forest, piece, top), top, pieces, floor)
        piece, top = _number(forest, pieces.list_all()[piece])
    total = _sum_up(weight, piece, len(top))
    oversized = np.flatnonzero((total > most[:, None]).any(axis=0))
    return Split(piece, _find_above(forest, piece, top), top, total, oversized)


class _Pieces:
    """Pieces that are being joined: each goes by one of the members that it was made of."""

    def __init__(self, weights: Floats, limits: Floats) -> None:
        self.weight: list[list[float]] = weights.T.tolist()
        self.limits: list[float] = limits.tolist()
        self.into = list(range(weights.shape[1]))

    def find(self, member: int) -> int:
        """Return the piece of a member, halving the way to it."""
        into = self.into
        while into[member] != member:
            into[member] = into[into[member]]
            member = into[member]
        return member

    def list_all(self) -> Ints:
        """Return the piece of every member."""
        return np.array([self.find(member) for member in range(len(self.into))], np.int64)

    def fit(self, one: int, other: int) -> bool:
        """Tell whether two pieces together are within the limits."""
        # A plain loop: this is asked for every edge, and a generator takes twice as long.
        for a, b, most in zip(self.weight[one], self.weight[other], self.limits, strict=True):
            if a + b > most:
                return False
        return True

    def join(self, one: int, other: int) -> None:
        """Make a piece part of another."""
        self.into[other] = one
        self.weight[one] = [a + b for a, b in zip(self.weight[one], self.weight[other], strict=True)]

    def rate(self, piece: int) -> float:
        """Return how much of what it may weigh a piece weighs, where that is most."""
        return max((a / most for a, most in zip(self.weight[piece], self.limits, strict=True)), default=0.0)

    def falls_short(self, piece: int, least: list[float]) -> bool:
        """Tell whether a piece weighs less than it should in some measure."""
        return any(a < floor for a, floor in zip(self.weight[piece], least, strict=True))


def _cut(forest: Forest, pieces: _Pieces) -> None:
    """Join edges, each at first a piece alone, from the leaves to the roots."""
    parent, parent_edge = forest.parent.tolist(), forest.parent_edge.tolist()
    met: list[list[int]] = [[] for _ in parent]
    for x in reversed(forest.order.tolist()):
        goes_on, edge = _pack(met[x], pieces), parent_edge[x]
        if edge < 0:
            continue
        if goes_on != NONE and pieces.fit(edge, goes_on):
            pieces.join(edge, goes_on)
        met[parent[x]].append(edge)


def _pack(met: list[int], pieces: _Pieces) -> int:
    """Join the pieces that meet at a node where they fit, and return the lightest then, −1 for none."""
    bins: list[int] = []
    for piece in sorted(met, key=lambda piece: (-pieces.rate(piece), piece)) if len(met) > 1 else met:
        room = next((other for other in bins[-_LOOK_BACK:] if pieces.fit(other, piece)), None)
        if room is None:
            bins.append(piece)
        else:
            pieces.join(room, piece)
    return min(bins, key=lambda piece: (pieces.rate(piece), piece), default=NONE)


def _join_small(above: Ints, top: Ints, pieces: _Pieces, least: Floats) -> None:
    """Join pieces that fall short, from the leaves up, to the lightest that they touch and fit with."""
    begins: dict[int, list[int]] = {}
    below: list[list[int]] = [[] for _ in above]
    tops, fed_by, floor = top.tolist(), above.tolist(), least.tolist()
    for piece, node in enumerate(tops):
        begins.setdefault(node, []).append(piece)
        if fed_by[piece] >= 0:
            below[fed_by[piece]].append(piece)
    for piece in reversed(range(len(tops))):
        while pieces.find(piece) == piece and pieces.falls_short(piece, floor):
            feeder = fed_by[piece : piece + 1] if fed_by[piece] >= 0 else []
            touched = feeder + begins[tops[piece]][-_LOOK_BACK:] + below[piece][-_LOOK_BACK:]
            near = {pieces.find(other) for other in touched} - {piece}
            fitting = [other for other in near if pieces.fit(piece, other)]
            if not fitting:
                break
            other = min(fitting, key=lambda other: (pieces.rate(other), other))
            # Numbers rise from the roots: the joint piece begins where the lower number does.
            keep, gone = min(piece, other), max(piece, other)
            pieces.join(keep, gone)
            below[keep] += below[gone]


def _number(forest: Forest, label: Ints) -> tuple[Ints, Ints]:
    """Return pieces numbered from the roots to the leaves, and the node at which each begins."""
    rank = forest.rank
    piece = np.unique(label, return_inverse=True)[1]
    several = int(piece.max(initial=-1)) + 1
    upper, first = np.full((2, several), len(rank), np.int64)
    np.minimum.at(upper, piece, rank[forest.parent[forest.child]])
    np.minimum.at(first, piece, rank[forest.child])
    order = np.lexsort((first, upper))
    number = np.empty(several, np.int64)
    number[order] = np.arange(several)
    return number[piece], forest.order[upper[order]]


def _find_above(forest: Forest, piece: Ints, top: Ints) -> Ints:
    """Return the piece of the edge above each piece, −1 at a root."""
    edge = forest.parent_edge[top]
    return np.where(edge >= 0, np.r_[piece, NONE][edge], NONE)


def _sum_up(weights: Floats, piece: Ints, several: int) -> Floats:
    return np.array([np.bincount(piece, row, several) for row in weights]).reshape(len(weights), several)


def _read(
    forest: Forest, weights: Sequence[ArrayLike] | NDArray[Any], limits: ArrayLike
) -> tuple[Floats, Floats]:
    """Return checked weights and limits, shapes (k, m) and (k,)."""
    rows = [check_amounts(f"weights[{number}]", row) for number, row in enumerate(weights)]
    for number, row in enumerate(rows):
        check_length(f"weights[{number}]", row, len(forest.child), "the forest's edges")
    most = _check_bounds("limits", limits, len(rows))
    if not (most > 0).all():
        raise ValueError(f"limits[{np.argmin(most > 0)}] is 0: give numbers above 0")
    return np.array(rows, np.float64).reshape(len(rows), len(forest.child)), most


def _check_bounds(name: str, values: ArrayLike, several: int) -> Floats:
    """Return bounds of each measure, numbers from 0; infinity is one."""
    array = np.asarray(values, np.float64)
    check_length(name, array, several, "the rows of weights")
    if not (array >= 0).all():
        wrong = int(np.argmin(array >= 0))
        raise ValueError(f"{name}[{wrong}] is {array[wrong]}: give numbers from 0")
    return array
