"""The best places, by search and by Lagrange: numbers only.

Every question is one of gains: a choice of sites gives each row the greatest gain of the sites chosen. Where
ways shall be short a gain is what is saved of the way that a row has without; where many shall be reached it
is one. Gains and weights are whole numbers, and all sums are exact below 2 ** 53.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_WORK = 1_500_000_000
"""Pairs that a proof may look at in all: what it proves does not depend on the machine."""
_STEPS = 400
_FIRST_STEP = 2.0
"""Of what Polyak's rule takes."""
_PATIENCE = 12
"""Steps without a better bound after which they are halved."""
_SMALLEST_STEP = 1e-4


class Pairs(NamedTuple):
    """What sites give to rows: pairs of a site and a row with a gain above nought, no pair twice.

    Attributes
    ----------
    site, row, gain
        Shapes (p,), sorted by site, then row.
    weight
        Of each row, above nought; shape (rows,).
    sites
        How many sites there are.
    """

    site: Ints
    row: Ints
    gain: Ints
    weight: Ints
    sites: int


class Bound(NamedTuple):
    """What no choice can exceed, and the prices of rows that prove it, in whole units; shape (rows,)."""

    most: int
    prices: Ints


def take_pairs(pairs: Pairs, kept: NDArray[np.bool_]) -> Pairs:
    """Return some of the pairs, with all sites and rows."""
    return pairs._replace(site=pairs.site[kept], row=pairs.row[kept], gain=pairs.gain[kept])


def find_value(pairs: Pairs, chosen: Ints) -> int:
    """Return the weighted gain of a choice."""
    return int(pairs.weight @ _best_gains(pairs, chosen))


def remove_gains(pairs: Pairs, chosen: Ints) -> Pairs:
    """Return what sites would add to a choice that stays."""
    left = pairs.gain - _best_gains(pairs, chosen)[pairs.row]
    return take_pairs(pairs._replace(gain=left), left > 0)


def choose_greedily(pairs: Pairs, places: int) -> Ints:
    """Return sites chosen one after the other, each the one that adds most, while any adds something."""
    best = np.zeros(len(pairs.weight), np.int64)
    chosen: list[int] = []
    for _ in range(min(places, pairs.sites)):
        added = _sum_by(pairs.site, pairs, np.maximum(pairs.gain - best[pairs.row], 0), pairs.sites)
        site = int(np.argmax(added)) if len(added) else 0
        if not len(added) or added[site] <= 0:
            break
        chosen.append(site)
        own = slice(*np.searchsorted(pairs.site, [site, site + 1]))
        best[pairs.row[own]] = np.maximum(best[pairs.row[own]], pairs.gain[own])
    return np.array(sorted(chosen), np.int64)


def exchange(pairs: Pairs, chosen: Ints) -> Ints:
    """Return a choice that no exchange of one of its sites for another makes better.

    Vertex substitution (Teitz and Bart, 1968); what each exchange brings is told from the best and second
    best of each row (Resende and Werneck, 2007). The best exchange is made; of equal ones that of the lowest
    number of the site that comes in, then of the one that goes.
    """
    current = chosen.copy()
    while len(current):
        brought = _weigh_exchanges(pairs, current)
        brought[current] = -1.0
        coming, going = divmod(int(np.argmax(brought)), len(current))
        if brought[coming, going] <= 0:
            break
        current[going] = coming
        current.sort()
    return current


def _weigh_exchanges(pairs: Pairs, chosen: Ints) -> Floats:
    """Return what taking a site in for each of the chosen brings, shape (sites, chosen)."""
    first, second, holder = _best_two(pairs, chosen)
    weight, count = pairs.weight, len(chosen)
    held = holder >= 0
    loss = np.bincount(
        holder[held], (weight * (first - second))[held].astype(np.float64), minlength=count
    ).astype(np.float64)
    added = _sum_by(pairs.site, pairs, np.maximum(pairs.gain - first[pairs.row], 0), pairs.sites)
    # Who loses the nearest has the one that comes in instead of the second, where that is better.
    kept = np.minimum(pairs.gain, first[pairs.row]) - second[pairs.row]
    some = np.flatnonzero((kept > 0) & held[pairs.row])
    cell = pairs.site[some] * count + holder[pairs.row[some]]
    saved = np.bincount(
        cell, (kept[some] * weight[pairs.row[some]]).astype(np.float64), minlength=pairs.sites * count
    )
    brought: Floats = added[:, None] - loss[None, :] + saved.reshape(pairs.sites, count)
    return brought


def drop_useless(pairs: Pairs, chosen: Ints) -> Ints:
    """Return a choice without the sites that add nothing to the others, the last ones first."""
    kept = chosen
    value = find_value(pairs, chosen)
    for site in chosen[::-1]:
        without = kept[kept != site]
        if find_value(pairs, without) == value:
            kept = without
    return kept


def prove_by_lagrange(pairs: Pairs, places: int, chosen: Ints, *, enough: int = 0) -> tuple[Bound, Ints]:
    """Return what no choice of so many sites can exceed, and the best choice met on the way.

    It ends when the bound proves the choice, when the bound does not improve any more, when it has looked at
    so many pairs that it must, or when the sites in doubt have no more pairs than is ``enough``.

    That each row is given to one site at most is priced instead of asked (Cornuéjols, Fisher and Nemhauser,
    1977), and the prices are improved by subgradients. The bound is added up in whole numbers at the best
    prices, cut to whole units.
    """
    gain = (pairs.gain * pairs.weight[pairs.row]).astype(np.float64)
    first, second, _ = _best_two(pairs, chosen)
    best, value = chosen, int(pairs.weight @ first)
    # Between the two prices at which a row would have one of the chosen and both.
    prices = (first + second) * pairs.weight / 2.0
    kept, least, factor, waited = prices, np.inf, _FIRST_STEP, 0
    size = np.bincount(pairs.site, minlength=pairs.sites)
    for _ in range(min(_STEPS, _WORK // max(len(gain), 1))):
        taken = gain > prices[pairs.row]
        worth = np.bincount(
            pairs.site[taken], (gain - prices[pairs.row])[taken], minlength=pairs.sites
        ).astype(np.float64)
        top = np.sort(np.argsort(-worth, kind="stable")[:places])
        bound = float(prices.sum() + worth[top].sum())
        if bound < least * (1.0 - 1e-7):
            least, kept, waited = bound, prices, 0
            in_doubt = bound - worth[top].min(initial=np.inf) + worth > value
            if size[in_doubt].sum() <= enough:
                break
        else:
            waited += 1
        met = find_value(pairs, top)
        if met > value:
            best, value = top, met
        inside = np.zeros(pairs.sites, np.bool_)
        inside[top] = True
        slope = 1.0 - np.bincount(pairs.row[taken & inside[pairs.site]], minlength=len(pairs.weight))
        # A price of nought does not fall.
        slope[(prices <= 0) & (slope > 0)] = 0.0
        # Prices are as large as weights: steps in proportion to them take a tenth of the turns.
        scaled = slope * pairs.weight
        norm = float(slope @ scaled)
        if norm == 0.0 or least - value < 1.0 or factor < _SMALLEST_STEP:
            break
        if waited >= _PATIENCE:
            factor, waited, prices = factor / 2.0, 0, kept
            continue
        prices = np.maximum(prices - factor * (bound - value) / norm * scaled, 0.0)
    whole = np.floor(kept).astype(np.int64)
    most = whole.sum() + np.sort(find_worth(pairs, whole))[::-1][:places].sum()
    return Bound(int(most), whole), best


def find_worth(pairs: Pairs, prices: Ints) -> Ints:
    """Return what each site is worth beyond the prices of the rows, in whole units; shape (sites,)."""
    left = np.maximum(pairs.gain * pairs.weight[pairs.row] - prices[pairs.row], 0)
    return np.bincount(pairs.site, left.astype(np.float64), minlength=pairs.sites).astype(np.int64)


def fix_sites(pairs: Pairs, places: int, bound: Bound, value: int) -> tuple[Ints, Ints]:
    """Return the sites that every choice better than a value has, and those that it may have beside them.

    What a bound would be with a site forced out, or in, follows from what the sites are worth.
    """
    worth = find_worth(pairs, bound.prices)
    order = np.argsort(-worth, kind="stable")
    top, rest = order[:places], order[places:]
    weakest, strongest = int(worth[top].min(initial=bound.most)), int(worth[rest].max(initial=0))
    sure = top[bound.most - worth[top] + strongest <= value]
    others = np.r_[np.setdiff1d(top, sure), rest[bound.most - weakest + worth[rest] > value]]
    return np.sort(sure), np.sort(others)


def _best_gains(pairs: Pairs, chosen: Ints) -> Ints:
    return _best_two(pairs, chosen)[0]


def _best_two(pairs: Pairs, chosen: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the greatest and second greatest gain of each row, and which of the chosen gives the first."""
    count = len(pairs.weight)
    first, second = np.zeros(count, np.int64), np.zeros(count, np.int64)
    holder = np.full(count, -1, np.int64)
    for place, site in enumerate(chosen):
        own = slice(*np.searchsorted(pairs.site, [site, site + 1]))
        row, gain = pairs.row[own], pairs.gain[own]
        better = gain > first[row]
        second[row] = np.where(better, first[row], np.maximum(second[row], gain))
        first[row[better]] = gain[better]
        holder[row[better]] = place
    return first, second, holder


def _sum_by(key: Ints, pairs: Pairs, gain: Ints, count: int) -> Floats:
    weighted = (gain * pairs.weight[pairs.row]).astype(np.float64)
    return np.bincount(key, weighted, minlength=count).astype(np.float64)
