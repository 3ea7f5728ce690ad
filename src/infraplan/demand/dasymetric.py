"""Totals of zones shared out over premises in whole numbers, every zone's total kept to the last unit."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_DECIMALS = 9
_NOISE = 10.0**-_DECIMALS
"""A quota this close to a whole number, relatively, may be it: doubles err by 1e-16 an operation."""


def share_out(zone_totals: ArrayLike, zone_of: ArrayLike, weights: ArrayLike, *, seed: int) -> Ints:
    """Share the total of each zone out over its members by weight.

    Largest remainder (Hamilton): everybody gets the whole part of the quota total x weight / weights of the
    zone; what is left goes, one each, to the largest fractions. Ties go to the larger weight, then by lot.
    Members of a zone without any weight share equally; the total of a zone without members is not shared out.

    Parameters
    ----------
    zone_totals
        Whole numbers, not negative; shape (zones,).
    zone_of
        Position of the zone of each member, -1 for none; shape (members,).
    weights
        Finite and not negative; shape (members,).
    seed
        Of the lot.

    Returns
    -------
    Whole numbers, shape (members,); 0 for members of no zone.

    Raises
    ------
    ValueError
        A total or a weight is negative or not finite.

    Examples
    --------
    >>> share_out([10], [0, 0, 0, -1], [3.0, 2.0, 1.0, 9.0], seed=0)
    array([5, 3, 2, 0])
    """
    totals = np.asarray(zone_totals, dtype=np.int64)
    zones = np.asarray(zone_of, dtype=np.int64)
    sizes = np.asarray(weights, dtype=np.float64)
    if (totals < 0).any() or (sizes < 0).any() or not np.isfinite(sizes).all():
        msg = "totals and weights must be finite and not negative"
        raise ValueError(msg)
    given = np.zeros(len(zones), dtype=np.int64)
    inside = np.flatnonzero(zones >= 0)
    given[inside] = _largest_remainder(totals, zones[inside], sizes[inside], np.random.default_rng(seed))
    return given


def count_households(population: ArrayLike, *, persons_per_household: float, seed: int) -> Ints:
    """Turn the inhabitants of zones into households, so that their sum is the rounded sum of all.

    >>> count_households([3, 3, 3], persons_per_household=2.0, seed=0).sum()
    np.int64(5)
    """
    persons = np.asarray(population, dtype=np.float64)
    total = int(np.floor(persons.sum() / persons_per_household + 0.5))
    return share_out([total], np.zeros(len(persons), dtype=np.int64), persons, seed=seed)


def _largest_remainder(totals: Ints, zones: Ints, weights: Floats, lot: np.random.Generator) -> Ints:
    shares = _shares(zones, weights, len(totals))
    quota = totals[zones] * shares
    # Rounding noise must never hand out more than there is; what this holds back is the largest remainder.
    whole = np.maximum(np.floor(quota - _NOISE * np.maximum(quota, 1.0)), 0.0).astype(np.int64)
    left = totals - np.bincount(zones, whole, minlength=len(totals)).astype(np.int64)
    # Fractions that differ by noise only are equal, or the order of the rows would choose between them.
    fraction = np.round(quota - whole, _DECIMALS)
    order = np.lexsort((lot.random(len(zones)), -weights, -fraction, zones))
    members = np.bincount(zones, minlength=len(totals))
    first = np.cumsum(members) - members
    rank = np.empty(len(zones), dtype=np.int64)
    rank[order] = np.arange(len(zones)) - first[zones[order]]
    return whole + (rank < left[zones])


def _shares(zones: Ints, weights: Floats, count: int) -> Floats:
    """Return each member's part of its zone, equal where a zone has no weight."""
    largest = np.zeros(count)
    np.maximum.at(largest, zones, weights)
    peak = largest[zones]
    scaled = np.divide(weights, peak, out=np.ones_like(weights), where=peak > 0)
    sums = np.bincount(zones, scaled, minlength=count)
    return scaled / sums[zones]
