"""Compile the kernels now, so that the first plan need not wait: ``python -m infraplan.routing``."""

import numpy as np

from infraplan.routing import (
    Places,
    Progress,
    budget_tree,
    find_nearest,
    make_streets,
    prize_collecting_tree,
    quota_tree,
    steiner_tree,
    two_connected,
)

_SIDE = 40
"""Junctions along a side of a square of streets, each third with a house: enough to be compiled for."""
_CALLS = 12
"""Reports of each search, after which it ends: by then it has been through all that it does."""


def main() -> None:
    """Solve one small problem of each kind."""
    number = np.arange(_SIDE * _SIDE).reshape(_SIDE, _SIDE)
    along, across = number[:, :-1].ravel(), number[:-1].ravel()
    streets = np.c_[np.r_[along, across], np.r_[along + 1, across + _SIDE]]
    houses = number.ravel()[::3]
    ends = _SIDE * _SIDE + np.arange(len(houses))
    tails, heads = np.r_[streets, np.c_[houses, ends]].T
    costs = np.random.default_rng(0).integers(1, 1000, len(tails))
    prizes = np.zeros(ends[-1] + 1, np.int64)
    prizes[ends] = 1 + np.arange(len(ends)) % 3
    graph, network = (tails, heads, costs), {"roots": number[0], "ends": ends}
    steiner_tree(*graph, ends, progress=_stop_after(_CALLS), **network)
    quota_tree(*graph, prizes, 0.8 * prizes.sum(), progress=_stop_after(_CALLS), **network)
    budget_tree(*graph, prizes, 0.3 * costs.sum(), progress=_stop_after(_CALLS), **network)
    prize_collecting_tree(*graph, prizes * 300, progress=_stop_after(_CALLS), **network)
    two_connected(*graph, houses[::5], progress=_stop_after(_CALLS))
    edges, zeros = np.arange(len(tails)), np.zeros(len(tails), np.int64)
    everywhere = Places(edges, zeros, zeros)
    find_nearest(make_streets(len(prizes), *graph), everywhere, edges, everywhere)


def _stop_after(calls: int) -> Progress:
    left = iter(range(calls))
    return lambda _best, _bound, _seconds: next(left, None) is None


if __name__ == "__main__":
    main()
