"""The search for a network without bridges and for its proof: ascents, rounds of cuts, then cases."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from infraplan.routing.problem import Floats, Ints
from infraplan.routing.ring_cuts import Answer, Rows, begin_rows, move_rows, separate, solve_rows
from infraplan.routing.ring_kernels import descend
from infraplan.routing.ring_reduce import Network, find_separating
from infraplan.routing.ring_search import Search, narrow, run_ascent, try_edges

_ASCENTS = 4
"""Dual ascents, each towards another node."""
_ENTRIES = 300_000
"""Of the first rows, at most."""
_ROUNDS = 80
"""Of cuts for the whole network, at most."""
_STALL = 8
"""Rounds of cuts that must gain something."""
_GAIN = 1e-4
"""What they must gain, as a share of the bound."""
_SHRUNK = 0.95
"""Share of its edges that a network keeps at most where renumbering it pays."""
_CASES = 400
"""Cases at most."""
_CASE_ROUNDS = 3
"""Of cuts for a case."""
_OFTEN = 3
"""Rounds from one network to the next."""
_IDLE = 12
"""Disturbed networks without gain after which no other is tried, and fewer of large ones."""
_EDGES_LOOKED_AT = 40_000
"""In disturbed networks without gain."""
_STEPS = 200_000_000
"""Of the solver, times edges, without a time limit."""
_DECIDED = 1e-6
"""How near to nought or one a share is whole."""

Solve = Callable[[Network, Rows, Ints, Ints], Answer | None]


def solve(search: Search, network: Network, seed: int) -> None:
    """Find a cheap network and a bound, for as long as there is time and reason."""
    if network.wanted.sum() < 2:  # noqa: PLR2004  (what is paid joins all of them)
        search.offer(network, np.zeros(len(network.given), np.bool_))
        search.prove(0)
        return
    random = np.random.default_rng(seed)
    network = _begin(search, network, random)
    allowance = [_STEPS]

    def answer(network: Network, rows: Rows, low: Ints, high: Ints) -> Answer | None:
        if allowance[0] < 0 or not search.may_go_on():
            return None
        found = solve_rows(network.graph.costs, rows, low, high, search.watch.left_s())
        allowance[0] -= (100 + (0 if found is None else found.steps)) * len(low)
        return found

    network, rows = _tighten(search, network, random, answer)
    if search.may_go_on() and len(network.given):
        _prove_by_cases(search, network, rows, answer)
    idle = 0
    most = int(np.clip(_EDGES_LOOKED_AT // max(len(network.given), 1), 1, _IDLE))
    while idle < most and search.may_go_on():
        least = search.least
        _disturb(search, network, random)
        idle = 0 if search.least < least else idle + 1


def _begin(search: Search, network: Network, random: np.random.Generator) -> Network:
    """Return the network narrowed by dual ascents; among the edges that each uses up lies a good network."""
    start = network.start
    for _ in range(_ASCENTS):
        proof = run_ascent(network, start)
        weights = random.lognormal(0.0, 0.2, len(network.given))
        try_edges(search, network, proof.spare <= 0, weights, random)
        search.prove(proof.bound)
        if not search.may_go_on():
            break
        network = narrow(search, network, proof.bound, proof.spare)
        start = int(random.choice(np.flatnonzero(network.wanted)))
    return network


def _disturb(search: Search, network: Network, random: np.random.Generator) -> None:
    """Take some edges out of the best network, join and cover what is left anew, and improve it."""
    best = network.project(search.best)
    noise = random.lognormal(0.0, random.uniform(0.0, 0.8), len(best))
    out = random.random(len(best)) < random.uniform(0.02, 0.3)
    try_edges(search, network, np.ones(len(best), np.bool_), np.where(best & ~out, 0.0, noise), random)


def _tighten(
    search: Search, network: Network, random: np.random.Generator, solve: Solve
) -> tuple[Network, Rows]:
    """Add cuts that the answers break, for as long as that gains; return what is left, and the rows."""
    proof = run_ascent(network, network.start, _ENTRIES)
    rows = begin_rows(network, proof.ends, proof.edges)
    history: list[int] = []
    for turn in range(_ROUNDS):
        found = solve(network, rows, network.given.astype(np.int64), np.ones(len(network.given), np.int64))
        if found is None:
            break
        if turn % _OFTEN == 0:
            try_edges(search, network, found.shares > _DECIDED, 1.0 - found.shares, random)
        if not history or found.bound > max(history):
            rows = rows.take(found.tight)
        history.append(found.bound)
        search.prove(found.bound)
        new = separate(network, found.shares)
        if not len(new.needs) or not search.may_go_on():
            break
        rows = rows.join(new)
        smaller = narrow(search, network, found.bound, found.spare)
        if len(smaller.given) < _SHRUNK * len(network.given):
            rows, network = move_rows(rows, network, smaller), smaller
        elif len(history) > _STALL and history[-1] - history[-_STALL] < _GAIN * history[-1]:
            break
    return network, rows


@dataclass(frozen=True, order=True)
class _Case:
    """Limits of the edges, and what all networks within them cost at least."""

    bound: int
    number: int
    limits: tuple[Ints, Ints]


def _prove_by_cases(search: Search, network: Network, rows: Rows, solve: Solve) -> None:
    """Let an edge of which a part is taken be in the network or not, the most promising case first."""
    every = np.ones(len(network.given), np.int64)
    heap = [_Case(search.bound, 0, (network.given.astype(np.int64), every))]
    number = 0
    while heap and number < _CASES and not search.rules_out(heap[0].bound):
        case = heap[0]
        case, shares, rows = _settle(search, network, rows, case, solve)
        partly = np.empty(0) if shares is None else np.minimum(shares, 1.0 - shares) * network.graph.costs
        if search.rules_out(case.bound):
            heapq.heappop(heap)
        elif not (partly > 0).any():
            # Nothing is left to decide, but it is not ruled out: this is as far as the bound can come.
            heapq.heapreplace(heap, case)
            break
        else:
            heapq.heappop(heap)
            edge = int(np.argmax(partly))
            for limit in (0, 1):
                number += 1
                limits = case.limits[0].copy(), case.limits[1].copy()
                limits[1 - limit][edge] = limit
                heapq.heappush(heap, _Case(case.bound, number, limits))
        search.prove(heap[0].bound if heap else search.least)


def _settle(
    search: Search, network: Network, rows: Rows, case: _Case, solve: Solve
) -> tuple[_Case, Floats | None, Rows]:
    """Return a case with its bound and what that decides, the shares that are left partial, and more rows."""
    shares = None
    for turn in count():
        low, high = case.limits
        found = solve(network, rows, low, high)
        if found is None:
            bound = case.bound if _is_joined(network, high) else search.least
            return replace(case, bound=bound), None, rows
        shares = np.where(np.minimum(found.shares, 1.0 - found.shares) > _DECIDED, found.shares, np.round(found.shares))
        off, on = (search.rules_out(found.bound + np.maximum(spare, 0)) for spare in (found.spare, -found.spare))
        limits = np.where(on, high, low), np.where(off, low, high)
        case = _Case(max(case.bound, found.bound), case.number, limits)
        if search.rules_out(case.bound):
            break
        new = separate(network, found.shares)
        partial = bool(((shares > 0) & (shares < 1)).any())
        if not len(new.needs):
            if not partial:
                search.offer(network, shares > 0.5)
            break
        rows = rows.join(new)
        if turn >= _CASE_ROUNDS and partial:
            break
    return case, shares, rows


def _is_joined(network: Network, high: Ints) -> bool:
    """Tell whether the edges that a case leaves join all wanted nodes twice."""
    found = network.run(descend)(network.graph, high > 0, network.wanted, network.start)
    joined = found.below[network.start] == network.wanted.sum()
    return bool(joined) and not len(find_separating(found, network.start))
