"""Medians and other quantiles of weighted values, group by group."""

import numpy as np
from numpy.typing import NDArray

from infraplan.demand.places import Floats, Ints


def find_quantiles(
    group: Ints, values: Floats, weights: NDArray[np.number], per_cent: int, *, count: int
) -> Floats:
    """Return the smallest value of each group that a share of its weight does not exceed.

    Parameters
    ----------
    group
        Number of each value's group, 0 … count − 1, or below 0 for none; shape (n,).
    values
        Of an infinite one nothing is known but that it is larger than all.
    weights
        From 0; no sum of whole ones is rounded.
    per_cent
        1 … 100.

    Returns
    -------
    array
        Shape (count,), infinite where the share falls on such a value, NaN for groups without weight.

    Examples
    --------
    >>> find_quantiles(np.array([0, 0, 0]), np.array([5.0, 1.0, 3.0]), np.array([1, 1, 2]), 50, count=2)
    array([ 3., nan])
    """
    kept = np.flatnonzero((group >= 0) & (weights > 0))
    order = kept[np.lexsort((values[kept], group[kept]))]
    total = np.r_[0, np.cumsum(weights[order])]
    begin, end = (np.searchsorted(group[order], np.arange(count), side) for side in ("left", "right"))
    wanted = total[begin] + per_cent * (total[end] - total[begin]) / 100
    # Sums of weights that are not whole may be rounded beyond their group.
    at = np.clip(np.searchsorted(total, wanted) - 1, begin, end - 1)
    found = np.full(count, np.nan)
    there = end > begin
    found[there] = values[order][at[there]]
    return found
