"""The search for a network without bridges and for its proof: ascents, rounds of cuts, then cases."""

import heapq
from dataclasses import dataclass, replace
from itertools import count
from math import inf

import numpy as np

from infraplan.routing.graph import Mask
from infraplan.routing.plain import interpret
from infraplan.routing.problem import Floats, Ints
from infraplan.routing.ring_cuts import Answer, Rows, begin_rows, move_rows, separate, solve_rows
from infraplan.routing.ring_kernels import descend
from infraplan.routing.ring_reduce import Network, find_separating
from infraplan.routing.ring_search import Search, narrow, run_ascent, try_edges

_ASCENTS = 4
"""Dual ascents, each towards another node."""
_ENTRIES = 1_000_000
"""Of the first rows, at most."""
_ROUNDS = 80
"""Of cuts for the whole network, at most."""
_STALL = 8
"""Rounds of cuts that must gain something."""
_GAIN = 1e-4
"""What they must gain, as a share of the bound."""
_SHRUNK = 0.95
"""Share of its edges that a network keeps at most where renumbering it pays."""
_CASES, _PLAIN_CASES = 400, 100
"""Cases at most, of kernels and of the interpreter."""
_PARTIAL = 250
"""Edges of which the programme takes a part, at most, where cases are tried: more make too many."""
_CASE_ROUNDS = 3
"""Of cuts for a case."""
_OFTEN = 3
"""Rounds from one network to the next."""
_HALVINGS = 4
"""Of the way from a point that breaks no cut to the answer."""
_IDLE = 12
"""Disturbed networks without gain after which no other is tried, and fewer of large ones."""
_EDGES_LOOKED_AT = 40_000
"""In disturbed networks without gain."""
_STEPS = 300_000_000
"""Of the solver, times edges, without a time limit."""
_DECIDED = 1e-6
"""How near to nought or one a share is whole."""


def solve(search: Search, network: Network, seed: int) -> None:
    """Find a cheap network and a bound, for as long as there is time and reason."""
    if network.wanted.sum() < 2:  # noqa: PLR2004  (what is paid joins all of them)
        search.offer(network, np.zeros(len(network.given), np.bool_))
        search.prove(0)
        return
    random = np.random.default_rng(seed)
    network = _begin(search, network, random)
    proof = run_ascent(search, network, network.start, _ENTRIES)
    search.prove(proof.bound)
    program = Program(search, network, begin_rows(network, proof.ends, proof.edges), random)
    while program.tighten():
        before = len(program.network.given)
        _disturb_until_idle(search, program.network, random)
        program.narrow()
        if len(program.network.given) > _SHRUNK * before:
            break
    program.prove_by_cases()
    _disturb_until_idle(search, program.network, random)


def _begin(search: Search, network: Network, random: np.random.Generator) -> Network:
    """Return the network narrowed by dual ascents; among the edges that each uses up lies a good network."""
    start = network.start
    for _ in range(_ASCENTS):
        proof = run_ascent(search, network, start)
        search.prove(proof.bound)
        weights = random.lognormal(0.0, 0.2, len(network.given))
        try_edges(search, network, proof.spare <= 0, weights, random)
        if not search.may_go_on():
            break
        network = narrow(search, network, proof.bound, proof.spare)
        start = int(random.choice(np.flatnonzero(network.wanted)))
    return network


def _disturb_until_idle(search: Search, network: Network, random: np.random.Generator) -> None:
    """Take edges out of the best network, join and cover what is left anew, and improve it; and again."""
    idle = 0
    most = int(np.clip(_EDGES_LOOKED_AT // max(len(network.given), 1), 3, _IDLE))
    while idle < most and search.may_go_on():
        least = search.least
        best = network.project(search.best)
        noise = random.lognormal(0.0, random.uniform(0.0, 0.8), len(best))
        out = random.random(len(best)) < random.uniform(0.02, 0.3)
        try_edges(search, network, np.ones(len(best), np.bool_), np.where(best & ~out, 0.0, noise), random)
        idle = 0 if search.least < least else idle + 1


@dataclass(frozen=True, order=True)
class _Case:
    """Limits of the edges, and what all networks within them cost at least."""

    bound: int
    number: int
    limits: tuple[Ints, Ints]


class Program:
    """A linear programme of the network's cuts that grows by those that its answers break."""

    def __init__(self, search: Search, network: Network, rows: Rows, random: np.random.Generator) -> None:
        self.search = search
        self.network = network
        self.rows = rows
        self.random = random
        self.steps = _STEPS if search.watch.left_s() is None else inf
        self.answer: Answer | None = None
        self.center: Floats | None = None

    def solve(self, low: Ints, high: Ints) -> Answer | None:
        """Return the answer between some limits of the edges, None where there is none in time."""
        if self.steps < 0 or not self.search.may_go_on():
            return None
        answer = solve_rows(self.network.graph.costs, self.rows, low, high, self.search.watch.left_s())
        self.steps -= (100 + (0 if answer is None else answer.steps)) * len(low)
        return answer

    def tighten(self) -> bool:
        """Add cuts for as long as that gains; tell whether there is an answer and reason to go on."""
        history: list[int] = []
        for turn in range(_ROUNDS):
            given = self.network.given
            found = self.solve(given.astype(np.int64), np.ones(len(given), np.int64))
            if found is None:
                return False
            self.answer = found
            self.search.prove(found.bound)
            if not history or found.bound > max(history):
                self.rows = self.rows.take(found.tight)
            history.append(found.bound)
            new = self._separate(found.shares)
            if turn % _OFTEN == 0 or not len(new.needs):
                weights = 1.0 - found.shares
                try_edges(self.search, self.network, found.shares > _DECIDED, weights, self.random)
            self.rows = self.rows.join(new)
            if not len(new.needs) or not self.search.may_go_on():
                break
            if not self.narrow() and turn >= _STALL and history[-1] - history[-_STALL] < _GAIN * history[-1]:
                break
        return self.search.may_go_on()

    def _separate(self, shares: Floats) -> Rows:
        """Return cuts that the answer breaks, those first that lie well inside (Ben-Ameur & Neto 2007).

        Looked at is the middle between the answer and a point that breaks no cut, at first the best network;
        it becomes that point itself if it breaks none.
        """
        if self.center is None:
            self.center = self.network.project(self.search.best).astype(np.float64)
        for _ in range(_HALVINGS):
            middle = (self.center + shares) / 2.0
            new = separate(self.network, middle)
            if len(new.needs):
                return new
            self.center = middle
        return separate(self.network, shares)

    def narrow(self) -> bool:
        """Drop the edges that the last answer rules out, if they are many; tell whether."""
        if self.answer is None or not self.search.may_go_on():
            return False
        smaller = narrow(self.search, self.network, self.answer.bound, self.answer.spare)
        if len(smaller.given) > _SHRUNK * len(self.network.given):
            return False
        self.rows = move_rows(self.rows, self.network, smaller)
        self.network, self.answer, self.center = smaller, None, None
        return True

    def prove_by_cases(self) -> None:
        """Let an edge of which a part is taken be in the network or not, the most promising case first."""
        every = np.ones(len(self.network.given), np.int64)
        if self.answer is not None and _is_partial(self.answer.shares).sum() > _PARTIAL:
            return
        costs = self.network.graph.costs
        most = 2 * len(self.rows.needs)
        cases = _PLAIN_CASES if self.network.run is interpret else _CASES
        heap = [_Case(self.search.bound, 0, (self.network.given.astype(np.int64), every))]
        number = 0
        while heap and number < cases and not self.search.rules_out(heap[0].bound):
            case = heap[0]
            case, shares = self._settle(case, most)
            partly = np.where(_find_open(case, shares), np.minimum(shares, 1.0 - shares), 0.0) * costs
            if self.search.rules_out(case.bound):
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
            self.search.prove(heap[0].bound if heap else self.search.least)

    def _settle(self, case: _Case, most: int) -> tuple[_Case, Floats]:
        """Return a case with its bound and what that decides, and the shares, nought if it has no answer."""
        shares = np.zeros(len(self.network.given))
        for turn in count():
            found = self.solve(*case.limits)
            if found is None:
                bound = case.bound if _is_joined(self.network, case.limits[1]) else self.search.least
                return replace(case, bound=bound), np.zeros(len(self.network.given))
            shares = found.shares
            case = self._narrow_case(case, found)
            if self.search.rules_out(case.bound):
                break
            if len(self.rows.needs) > most:
                self.rows = self.rows.take(found.tight)
            new = separate(self.network, found.shares)
            left = bool(_find_open(case, found.shares).any())
            self.rows = self.rows.join(new)
            if left and (turn >= _CASE_ROUNDS or not len(new.needs)):
                break
            if not len(new.needs) and not _is_partial(found.shares).any():
                self.search.offer(self.network, found.shares > _DECIDED)
                break
        return case, shares

    def _narrow_case(self, case: _Case, found: Answer) -> _Case:
        """Return the case with the bound of an answer, and without choices that this rules out."""
        low, high = case.limits
        off = self.search.rules_out(found.bound + np.maximum(found.spare, 0))
        on = self.search.rules_out(found.bound + np.maximum(-found.spare, 0))
        limits = np.where(on, high, low), np.where(off, low, high)
        return _Case(max(case.bound, found.bound), case.number, limits)


def _is_partial(shares: Floats) -> Mask:
    """Tell which edges are neither taken nor left, shape (m,)."""
    return np.asarray((shares > _DECIDED) & (shares < 1.0 - _DECIDED))


def _find_open(case: _Case, shares: Floats) -> Mask:
    """Tell which edges are neither taken nor left, and the case leaves open, shape (m,)."""
    return np.asarray(_is_partial(shares) & (case.limits[0] < case.limits[1]))


def _is_joined(network: Network, high: Ints) -> bool:
    """Tell whether the edges that a case leaves join all wanted nodes twice."""
    found = network.run(descend)(network.graph, high > 0, network.wanted, network.start)
    joined = found.below[network.start] == network.wanted.sum()
    return bool(joined) and not len(find_separating(found, network.start))
