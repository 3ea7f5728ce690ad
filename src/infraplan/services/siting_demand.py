"""A question of siting as numbers: what each candidate would add for each premises, or square of premises."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from infraplan.coverconfig import Siting
from infraplan.network.lines import Floats, Ints, Lines
from infraplan.services.roads import MM_PER_M
from infraplan.services.shares import M_PER_KM
from infraplan.services.siting_search import Bound, Pairs
from infraplan.services.siting_ways import WayFinder

MOST_PAIRS = 6_000_000
"""Pairs of premises and candidates above which premises are put together by squares."""
_SQUARE_M = 250.0
"""The first size of squares; it doubles until they are few enough."""


class Demand(NamedTuple):
    """Who is to be served: positions among the finder's origins, and weights above nought; shapes (n,)."""

    at: Ints
    weight: Ints


@dataclass(frozen=True)
class Problem:
    """What candidates add to what is there.

    Attributes
    ----------
    pairs
        Millimetres that ways become shorter, or ones for what comes within reach.
    without
        What there is without any: weighted millimetres of all ways, or the weight within reach.
    base
        Way of each origin without any candidate, in mm: what gains are counted from; shape (origins,).
    unreachable
        Weight that no place can reach, or none within reach where all shall be reached; it is left out.
    square_m
        Size of the squares that demand is taken together by, 0 for none.
    group
        Row of ``pairs`` that each origin belongs to, −1 for none; shape (origins,).
    """

    pairs: Pairs
    without: int
    base: Floats
    unreachable: int
    square_m: float
    group: Ints


def make_problem(
    question: Siting,
    finder: WayFinder,
    demand: Demand,
    points: tuple[Lines, Lines],
    *,
    most_pairs: float = MOST_PAIRS,
) -> Problem:
    """Return a question as gains.

    Parameters
    ----------
    points
        Of the places that are there, and of the candidates.
    most_pairs
        Above it squares stand for premises; never where all shall be reached.
    """
    existing, candidates = points
    base = np.full(finder.origins, np.inf)
    for ways in finder.find(existing):
        base = np.minimum(base, ways.mm.min(axis=0))
    most = np.inf if question.method == "all" else most_pairs
    rows = _Rows(demand.at, demand.weight, np.arange(len(demand.at)))
    size_m = 0.0
    # Where nothing is there, all candidates are better for all.
    while question.method == "p_median" and np.isinf(base).all() and len(rows.at) * len(candidates) > most:
        size_m = size_m * 2 or _SQUARE_M
        rows = _gather_squares(finder, demand, size_m)
    while (found := _collect(question, finder, (demand, rows), (base, candidates), most)) is None:
        size_m = size_m * 2 or _SQUARE_M
        rows = _gather_squares(finder, demand, size_m)
    return _finish(question, (demand, rows), base, found, size_m)


class _Rows(NamedTuple):
    """Origins that stand for demand, how much of it, and which row all demand belongs to."""

    at: Ints
    weight: Ints
    of: Ints


class _Found(NamedTuple):
    """Pairs of a candidate and a row that it would serve better, with the way.

    ``reached`` tells what of the demand any place reaches, ``longest`` is the longest way met.
    """

    site: Ints
    row: Ints
    mm: Floats
    reached: NDArray[np.bool_]
    longest: float
    sites: int


def reach_mm(question: Siting) -> float:
    """Return the greatest way that counts as within reach; where ways shall be short, any."""
    return np.inf if question.method == "p_median" else question.reach_km * M_PER_KM * MM_PER_M


def _collect(
    question: Siting,
    finder: WayFinder,
    asked: tuple[Demand, _Rows],
    places: tuple[Floats, Lines],
    most: float,
) -> _Found | None:
    """Return the pairs, None where there are more than so many."""
    (demand, rows), (base, candidates) = asked, places
    limit, short = reach_mm(question), question.method == "p_median"
    own = base[rows.at]
    reached = np.isfinite(base[demand.at]) & (base[demand.at] <= limit)
    longest = float(np.max(base[np.isfinite(base)], initial=0.0))
    empty = np.empty(0, np.int64)
    parts, count = [(empty, empty, np.empty(0))], 0
    for ways in finder.find(candidates, limit_mm=limit):
        mm = ways.mm[:, demand.at]
        longest = max(longest, float(np.max(mm[np.isfinite(mm)], initial=0.0)))
        reached |= (np.isfinite(mm) & (mm <= limit)).any(axis=0)
        mm = ways.mm[:, rows.at]
        # Who is within reach already gains nothing.
        site, row = np.nonzero(mm < own if short else (mm <= limit) & (own > limit))
        count += len(site)
        if count > most:
            return None
        parts.append((site + ways.first, row, mm[site, row]))
    site, row, way = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Found(site, row, way, reached, longest, len(candidates))


def _finish(
    question: Siting, asked: tuple[Demand, _Rows], base: Floats, found: _Found, size_m: float
) -> Problem:
    """Return gains from ways: who has none counts as having the longest way met, and a millimetre."""
    demand, rows = asked
    served, row = np.unique(found.row, return_inverse=True)
    position = np.full(len(rows.at), -1, np.int64)
    position[served] = np.arange(len(served))
    group = np.full(len(base), -1, np.int64)
    group[demand.at] = position[rows.of]
    if question.method == "p_median":
        base = np.where(np.isinf(base), found.longest + 1.0, base)
        gain = np.rint(base[rows.at][found.row] - found.mm).astype(np.int64)
        without = int(np.rint(base[demand.at][found.reached]).astype(np.int64) @ demand.weight[found.reached])
    else:
        gain = np.ones(len(found.row), np.int64)
        without = int(demand.weight[base[demand.at] <= reach_mm(question)].sum())
    pairs = Pairs(found.site, row.astype(np.int64), gain, rows.weight[served], found.sites)
    unreachable = 0 if question.method == "coverage" else int(demand.weight[~found.reached].sum())
    return Problem(pairs, without, base, unreachable, size_m, group)


def _gather_squares(finder: WayFinder, demand: Demand, size_m: float) -> _Rows:
    """Return for each square the premises nearest to the middle of its demand, the first of equals."""
    xy = shapely.get_coordinates(finder.points[demand.at])
    _, number = np.unique(np.floor(xy / size_m).astype(np.int64), axis=0, return_inverse=True)
    number = number.ravel()
    weight = np.bincount(number, demand.weight)
    middle = np.stack([np.bincount(number, demand.weight * xy[:, axis]) / weight for axis in (0, 1)], axis=1)
    away = np.hypot(*(xy - middle[number]).T)
    order = np.lexsort((np.arange(len(number)), away, number))
    _, first = np.unique(number[order], return_index=True)
    return _Rows(demand.at[order[first]], weight.astype(np.int64), number.astype(np.int64))


def bound_all(
    question: Siting,
    finder: WayFinder,
    demand: Demand,
    problem: Problem,
    *,
    chosen: Ints,
    proof: Bound | None,
    points: Lines,
) -> tuple[int, float]:
    """Return what a choice gives to all premises, and what none can exceed, by the prices of squares.

    Lagrange's bound holds whatever the prices are: a premises pays its part of what its square does.
    """
    limit = reach_mm(question)
    own = problem.base[demand.at]
    part = problem.group[demand.at]
    price = np.zeros(len(demand.at))
    if proof is not None:
        each = proof.prices / problem.pairs.weight
        price[part >= 0] = (each[part] * demand.weight)[part >= 0]
    worth = np.zeros(problem.pairs.sites)
    best = np.zeros(len(demand.at))
    for ways in finder.find(points, limit_mm=limit):
        mm = ways.mm[:, demand.at]
        if question.method == "p_median":
            gain = np.maximum(np.where(np.isfinite(mm), own - mm, 0.0), 0.0)
        else:
            gain = ((mm <= limit) & (own > limit)).astype(np.float64)
        gain *= demand.weight
        sites = ways.first + np.arange(len(mm))
        worth[sites] = np.maximum(gain - price, 0.0).sum(axis=1)
        best = np.maximum(best, gain[np.isin(sites, chosen)].max(axis=0, initial=0.0))
    most = float(price.sum() + np.sort(worth)[::-1][: question.places].sum())
    return int(best.sum()), most
