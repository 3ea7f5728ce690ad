"""Proof by cases: a prize is surely collected, or does not count."""

from collections.abc import Iterator
from dataclasses import replace
from heapq import heappop, heappush
from time import monotonic

import numpy as np

from infraplan.routing.collect import bound_rooted, find_start, improve, narrow, take
from infraplan.routing.goal import Goal, Search, is_enough, offer, prove, repair, report, tighten
from infraplan.routing.large import solve_large
from infraplan.routing.prizes import Part
from infraplan.routing.problem import read_problem

_CLOSING_S = 1.0
"""Seconds for a branch in which all is decided, if time is limited."""
_CLOSING_WORK = 2_000
"""Steps an edge for it, if work is."""
_LOOKS = 4
"""Prices tried in a branch."""
_BRANCHES = 600
"""Branches looked into, at most: many where trees are small, and of use only there."""


def choose_begins(part: Part, turn: int) -> list[int]:
    """Return a node or two, others every time, that surely are in the tree: a proof may begin there."""
    sure = np.flatnonzero(part.must & ~part.ends)
    return [int(sure[(turn * 7919 + shift) % len(sure)]) for shift in (0, 3571)] if len(sure) else []


def branch(search: Search, multiplier: float) -> None:
    """Close the gap that no price closes: decide prize by prize, greatest first, most promising branch first.

    A prize is either surely collected, or does not count. Both halves have bounds of their own, and the least
    bound of all open branches is one for everything.
    """
    heap = [(search.bound, 0, search.part, multiplier)]
    closed = np.inf
    for number in range(1, _BRANCHES + 1):
        value = search.goal.rate(search.best)[0]
        least = min([closed, value, *(entry[0] for entry in heap[:1])])
        prove(search, least)
        report(search)
        if not heap or search.bound >= min(value, closed) or not search.watch.may_go_on():
            return
        bound, _, part, price = heappop(heap)
        open_prizes = np.where(part.must, 0.0, part.prizes)
        open_prizes[np.diff(part.graph.starts) == 0] = 0.0
        if not open_prizes.any():
            closed = min(closed, _close(search, part, bound))
            continue
        for side, child in enumerate(_split(part, search.goal, search.root, int(np.argmax(open_prizes)))):
            found, narrowed, its_price = _look_into(search, child, price)
            found = tighten(search, found)
            if max(found, bound) < search.goal.rate(search.best)[0]:
                heappush(heap, (max(found, bound), 2 * number + side, narrowed, its_price))


def _close(search: Search, part: Part, bound: float) -> float:
    """Return a bound of a branch in which all is decided: a Steiner tree of what must be collected."""
    problem = read_problem(
        part.graph.tails,
        part.graph.heads,
        part.costs,
        np.flatnonzero(part.must),
        roots=[search.root],
        ends=np.flatnonzero(part.ends),
    )
    left = search.watch.left_s()
    if len(problem.unreached):
        return np.inf
    if len(problem.terminals) < 2:  # noqa: PLR2004  (one node is joined already)
        return bound
    deadline = np.inf if left is None else monotonic() + min(left, _CLOSING_S)
    work = _CLOSING_WORK * len(problem.costs)
    search.watch.may_go_on(work)
    edges, units, _ = part.run(solve_large)(
        problem, seed=0, gap=0.0, deadline=deadline, progress=None, work=work
    )
    edges = problem.origin[edges]
    lower = units / problem.scale
    chosen = np.isin(search.part.origin, part.origin[edges])
    inside = np.zeros(len(part.names), np.bool_)
    inside[search.root] = True
    inside[part.graph.tails[edges]] = True
    inside[part.graph.heads[edges]] = True
    offer(search, repair(search, take(search.part, chosen, inside)))
    if search.goal.quota is not None:
        return max(bound, lower)
    return max(bound, -part.total) if lower <= search.goal.budget else np.inf


def _split(part: Part, goal: Goal, root: int, node: int) -> Iterator[Part]:
    """Yield a part in which a prize must be collected and, where that can do, one in which it is none."""
    must, prizes = part.must.copy(), part.prizes.copy()
    must[node] = True
    yield replace(part, must=must)
    prizes[node] = 0.0
    if goal.quota is None:
        yield replace(part, prizes=prizes)
    elif prizes.sum() >= goal.quota * (1 - 1e-9):
        must = part.must | (prizes > max(prizes.sum() - goal.quota, 0.0) * (1 + 1e-9))
        must[[root, node]] = part.must[[root, node]]
        yield replace(part, prizes=prizes, must=must)


def settle(part: Part, root: int, goal: Goal) -> tuple[Part, bool]:
    """Return a branch without prizes that no edge leads to, with all that follows, and whether it can do."""
    alone = (np.diff(part.graph.starts) == 0) & (part.prizes > 0)
    alone[root] = False
    if (alone & part.must).any():
        return part, False
    prizes = np.where(alone, 0.0, part.prizes)
    if goal.quota is None:
        return replace(part, prizes=prizes), True
    spare = float(prizes.sum()) - goal.quota
    must = part.must | (prizes > max(spare, 0.0) * (1 + 1e-9))
    must[root] = False
    return replace(part, prizes=prizes, must=must), spare >= -1e-9 * goal.quota


def _look_into(search: Search, part: Part, price: float) -> tuple[float, Part, float]:
    """Return the best bound of a branch from a few prices, the branch narrowed, and that price."""
    root, goal = search.root, search.goal
    best, its_price, step = -np.inf, price, 1.15
    enough_before = None
    for turn in range(_LOOKS):
        if turn and not search.watch.may_go_on():
            break
        part, possible = settle(part, root, goal)
        if not possible:
            return np.inf, part, price
        units = part.count_units(price)
        begin = [root, *choose_begins(part, turn), root][turn % 2]
        proof = bound_rooted(part, root, units, search.watch.may_go_on, begin=begin)
        bound = tighten(search, goal.bound(part, proof.value, price))
        if bound > best:
            best, its_price = bound, price
        if best >= goal.rate(search.best)[0]:
            break
        tree = improve(part, root, find_start(part, root, proof), units, search.watch.may_go_on)
        chosen = np.isin(search.part.origin, part.origin[tree.chosen])
        offer(search, repair(search, take(search.part, chosen, tree.inside)))
        part = narrow(part, root, proof, goal.reach(part, search.best, price))[0]
        enough = is_enough(goal, take(part, np.isin(part.origin, search.part.origin[chosen]), tree.inside))
        step = step if enough_before in (None, enough) else 1 + (step - 1) / 2
        enough_before = enough
        price = price / step if enough else price * step
    return best, part, its_price
