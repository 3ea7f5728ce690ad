"""The search for a tree that keeps to a quota or a budget: price by price, then prize by prize."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from time import monotonic

import numpy as np

from infraplan.routing.collect import (
    Bound,
    Found,
    bound_free,
    bound_rooted,
    choose_root,
    find_start,
    improve,
    join_all,
    narrow,
    restrict,
    span,
    take,
    take_root,
)
from infraplan.routing.graph import FAR
from infraplan.routing.large import solve_large
from infraplan.routing.prize_kernels import grow_tree, keep_worthwhile, shed_branches
from infraplan.routing.prizes import Part, Prizes
from infraplan.routing.problem import read_problem
from infraplan.routing.regions import find_regions
from infraplan.routing.result import Watch
from infraplan.routing.steiner import steiner_tree

_STEPS = 14
"""Prices tried with a proof, at most."""
_NEAR = 1.002
"""Prices so near each other that no third is tried between them."""
_IDLE = 12
"""Disturbed searches in a row without gain after which there is no other."""
_CLOSING_S = 1.0
"""Seconds for a branch in which all is decided, if time is limited."""
_LOOKS = 4
"""Prices tried in a branch."""
_BRANCHES = 600
"""Branches looked into, at most: many where trees are small, and of use only there."""
_ROUNDS = 4
"""Of filling up and trimming."""


@dataclass(frozen=True)
class Goal:
    """What a tree must keep to: collect at least a quota, or cost no more than a budget."""

    quota: float | None
    budget: float

    def holds(self, tree: Found) -> bool:
        """Tell whether a tree will do."""
        return tree.cost <= self.budget if self.quota is None else tree.prize >= self.quota

    def rate(self, tree: Found) -> tuple[float, float]:
        """Return what is to be as little as possible: cost, or what the tree fails to collect."""
        return (tree.cost, -tree.prize) if self.quota is not None else (-tree.prize, tree.cost)

    def bound(self, part: Part, proof: float, multiplier: float) -> float:
        """Return what cost must be at least, or minus what prizes can be at most, by a proof at one price.

        Lagrange: any tree's cost plus the multiplied prizes that it leaves is at least what was proven.
        """
        if self.quota is not None:
            return proof - multiplier * (part.total - self.quota) if self.quota < part.total else proof
        return (proof - self.budget) / multiplier - part.total

    def reach(self, part: Part, best: Found, multiplier: float) -> float:
        """Return what a better tree's cost and multiplied lost prizes come to at most."""
        if self.quota is not None:
            return best.cost + (multiplier * (part.total - self.quota) if self.quota < part.total else 0.0)
        return self.budget + multiplier * (part.total - best.prize)


@dataclass
class Search:
    """A part under search: it narrows as proofs and trees come closer."""

    part: Part
    root: int
    goal: Goal
    watch: Watch
    best: Found
    bound: float
    given: float
    pool: list[Found] = field(default_factory=list)


def solve_part(part: Part, goal: Goal, seed: int, watch: Watch, problem: Prizes) -> Search:
    """Search one part: all of it first, then price by price, then disturbed prices around the best."""
    root = choose_root(part, np.inf)
    part, root = _require(part, root, goal)
    everything = join_all(part, root)
    # A tree of everything has any quota, a root alone is within any budget.
    start = everything if goal.quota is not None else take_root(part, root)
    bound = 0.0 if goal.quota is not None else -part.total
    search = Search(part, root, goal, watch, start, bound, problem.given)
    search.pool.append(everything)
    alone = root if part.root >= 0 else int(np.argmax(part.prizes))
    for tree in (everything, take_root(part, root), take_root(part, alone)):
        _offer(search, tree)
    if goal.quota is None and goal.holds(everything):
        return search
    if part.total == goal.quota:
        _join_everything(search, seed)
        return search
    multiplier, low, high, stride = _guess(search, everything), 0.0, np.inf, 1.2
    if part.root < 0:
        # Begin in what a slightly lower price would leave.
        search.root = choose_root(part, multiplier / 1.03)
        _offer(search, take_root(part, search.root))
    for _ in range(_STEPS):
        enough = _step(search, multiplier)
        low, high = (low, multiplier) if enough else (multiplier, high)
        if not watch.may_go_on() or high / max(low, 1e-300) < _NEAR:
            break
        if low == 0.0 or np.isinf(high):
            multiplier, stride = (
                (multiplier / stride if enough else multiplier * stride),
                min(stride**2, 64.0),
            )
        else:
            multiplier = float(np.sqrt(low * high))
    _disturb(search, multiplier, seed)
    if part.root >= 0:
        _branch(search, multiplier)
    return search


def _guess(search: Search, everything: Found) -> float:
    """Return the price at which the best part of a tree of everything would just do, or just not."""
    part, run = search.part, search.part.run
    nowhere = np.zeros(len(part.names), np.bool_)
    most = float(part.costs.sum()) / max(float(part.prizes[part.prizes > 0].min()), 1e-300)
    low, high = (most * 2.0**-40 if most > 0 else 1e-300), max(float(most), 1e-300)
    while high / low > 1.01:  # noqa: PLR2004
        middle = float(np.sqrt(low * high))
        units = part.count_units(middle)
        tree = take(part, *run(keep_worthwhile)(part.graph, everything.chosen, search.root, units, nowhere))
        low, high = (low, middle) if _is_enough(search.goal, tree) else (middle, high)
    return high


def _is_enough(goal: Goal, tree: Found) -> bool:
    """Tell whether a price can fall: the tree has its quota, or costs more than the budget."""
    return tree.prize >= goal.quota if goal.quota is not None else tree.cost > goal.budget


def _require(part: Part, root: int, goal: Goal) -> tuple[Part, int]:
    """Return the part with what a quota surely needs or a budget can reach, and where its tree begins."""
    if goal.quota is None:
        return (part if part.root < 0 else _settle(_reach(part, goal.budget), root, goal)[0]), root
    # No quota without the prizes that are more than may be left.
    must = part.prizes > (part.total - goal.quota) * (1 + 1e-9)
    if part.root < 0 and (must & ~part.ends).any():
        # A tree that surely holds a node may as well begin there.
        root = int(np.argmax(np.where(must & ~part.ends, part.prizes, -1.0)))
        part = replace(part, root=root)
    must[root] = False
    return replace(part, must=must), root


def _reach(part: Part, budget: float) -> Part:
    """Return the part without edges that are too far from the root for a budget."""
    graph = part.without_tolls()
    away = part.run(find_regions)(graph, np.array([part.root], np.int32)).away
    nearest = np.minimum(away[graph.tails], away[graph.heads]) + graph.costs
    return restrict(part, nearest / part.scale <= budget)


def _join_everything(search: Search, seed: int) -> None:
    """Find a tree of all prizes: there is nothing to choose, so all of them are terminals."""
    part, watch = search.part, search.watch
    roots = [part.root] if part.root >= 0 else []
    tree = steiner_tree(
        part.graph.tails,
        part.graph.heads,
        part.costs,
        np.flatnonzero(part.prizes > 0),
        roots=roots,
        ends=np.flatnonzero(part.ends),
        time_limit_s=watch.left_s(),
        gap=watch.gap,
        seed=seed,
        progress=watch.progress,
    )
    chosen = np.zeros(len(part.costs), np.bool_)
    chosen[tree.edges] = True
    inside = part.prizes > 0
    inside[part.graph.tails[chosen]] = True
    inside[part.graph.heads[chosen]] = True
    search.bound = tree.lower_bound
    _offer(search, take(part, chosen, inside))
    watch.ended = tree.ended


def _step(search: Search, multiplier: float) -> bool:
    """Prove a bound at one price, find trees there, and tell whether the price can fall."""
    part, root, goal = search.part, search.root, search.goal
    units = part.count_units(multiplier)
    if part.root < 0:
        profit = (
            multiplier * search.best.prize - search.best.cost if np.isfinite(multiplier) else part.costs.sum()
        )
        proof = bound_free(part, root, units, int(np.clip(profit * part.scale, 0, units.sum())))
    else:
        proof = bound_rooted(part, root, units)
        for begin in _choose_begins(part, len(search.pool)):
            if not search.watch.may_go_on():
                break
            search.bound = max(search.bound, goal.bound(part, proof.value, multiplier))
            _narrow(search, proof, multiplier)
            part = search.part
            other = bound_rooted(part, root, units, begin)
            proof = other if other.value > proof.value else bound_rooted(part, root, units)
    search.bound = max(search.bound, goal.bound(part, proof.value, multiplier))
    starts = [find_start(part, root, proof), *(tree.chosen for tree in search.pool[-2:])]
    trees = []
    for start in starts:
        trees.append(improve(part, root, start, units, search.watch.may_go_on))
        if not search.watch.may_go_on():
            break
    worth = multiplier if np.isfinite(multiplier) else part.costs.sum() + 1.0
    best = min(trees, key=lambda tree: tree.cost - worth * tree.prize)
    search.pool.append(best)
    for tree in trees:
        _offer(search, _repair(search, tree))
    if part.root >= 0:
        _narrow(search, proof, multiplier)
    _report(search)
    return _is_enough(goal, best)


def _choose_begins(part: Part, turn: int) -> list[int]:
    """Return a node or two, others every time, that surely are in the tree: a proof may begin there."""
    sure = np.flatnonzero(part.must & ~part.ends)
    return [int(sure[(turn * 7919 + shift) % len(sure)]) for shift in (0, 3571)] if len(sure) else []


def _narrow(search: Search, proof: Bound, multiplier: float) -> None:
    """Drop the edges that no better tree uses from the part, the best tree and the others."""
    limit = search.goal.reach(search.part, search.best, multiplier)
    part, keep = narrow(search.part, search.root, proof, limit)
    if not search.goal.holds(search.best) or search.best.chosen[~keep].any():
        return
    search.part = part
    search.best = search.best._replace(chosen=search.best.chosen[keep])
    search.pool = [tree._replace(chosen=tree.chosen[keep]) for tree in search.pool]


def _offer(search: Search, tree: Found) -> bool:
    """Keep a tree that will do if it is the best so far; tell whether it is."""
    goal = search.goal
    if not goal.holds(tree) or (goal.holds(search.best) and goal.rate(tree) >= goal.rate(search.best)):
        return False
    search.best = tree
    _report(search)
    return True


def _report(search: Search) -> None:
    value = search.goal.rate(search.best)[0]
    if search.goal.quota is None:
        search.watch.report(search.given - value, search.given - search.bound)
    else:
        search.watch.report(value, min(search.bound, value))


def _repair(search: Search, tree: Found) -> Found:
    """Fill a tree up or trim it until it will do and nothing more can go, or come."""
    part, goal = search.part, search.goal
    root = search.root if part.root >= 0 else _pick_inside(part, tree)
    bare, run = part.without_tolls(), part.run
    for _ in range(_ROUNDS):
        before = tree
        if goal.quota is None:
            over = int(np.ceil((tree.cost - goal.budget) * part.scale))
            if over > 0:
                shed = run(shed_branches)(bare, tree.chosen, root, part.prizes, np.inf, over)
                tree = take(part, *shed)
            spend = int(min((goal.budget - tree.cost) * part.scale, float(int(FAR) >> 1)))
            inside = run(grow_tree)(bare, tree.inside, part.ends, part.prizes, np.inf, max(spend, 0))
            wider = span(part, root, inside)
            tree = wider if goal.holds(wider) else tree
        else:
            need = goal.quota - tree.prize
            if need > 0:
                inside = run(grow_tree)(bare, tree.inside, part.ends, part.prizes, need, int(FAR) >> 1)
                tree = span(part, root, inside)
            spare = tree.prize - goal.quota
            if spare >= 0:
                kept, inside = run(shed_branches)(bare, tree.chosen, root, part.prizes, spare, 0)
                tree = span(part, root, inside) if kept.sum() < tree.chosen.sum() else tree
        if goal.rate(tree) == goal.rate(before):
            break
    return tree


def _pick_inside(part: Part, tree: Found) -> int:
    """Return the node of a free tree that is never taken off it: the greatest prize at no end."""
    return int(np.argmax(np.where(tree.inside & ~part.ends, part.prizes, -1.0)))


def _disturb(search: Search, multiplier: float, seed: int) -> None:
    """Search at disturbed prices, from the best tree and from a wider one, until that has long not gained."""
    random = np.random.default_rng(seed)
    idle = 0
    while idle < _IDLE and search.watch.may_go_on():
        part = search.part
        worth = multiplier * random.lognormal(0.0, 0.1)
        units = (part.count_units(worth) * random.lognormal(0.0, 0.2, len(part.names))).astype(np.int64)
        start = search.best if idle % 2 else search.pool[random.integers(len(search.pool))]
        tree = improve(part, search.root, start.chosen, units, search.watch.may_go_on)
        idle = 0 if _offer(search, _repair(search, tree)) else idle + 1


def _branch(search: Search, multiplier: float) -> None:
    """Close the gap that no price closes: decide prize by prize, greatest first, most promising branch first.

    A prize is either surely collected, or does not count. Both halves have bounds of their own, and the least
    bound of all open branches is one for everything.
    """
    heap = [(search.bound, 0, search.part, multiplier)]
    closed = np.inf
    for number in range(1, _BRANCHES + 1):
        value = search.goal.rate(search.best)[0]
        least = min([closed, value, *(entry[0] for entry in heap[:1])])
        search.bound = max(search.bound, least)
        _report(search)
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
    edges, units, _ = part.run(solve_large)(problem, seed=0, gap=0.0, deadline=deadline, progress=None)
    edges = problem.origin[edges]
    lower = units / problem.scale
    chosen = np.isin(search.part.origin, part.origin[edges])
    inside = np.zeros(len(part.names), np.bool_)
    inside[search.root] = True
    inside[part.graph.tails[edges]] = True
    inside[part.graph.heads[edges]] = True
    _offer(search, _repair(search, take(search.part, chosen, inside)))
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


def _settle(part: Part, root: int, goal: Goal) -> tuple[Part, bool]:
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
        part, possible = _settle(part, root, goal)
        if not possible:
            return np.inf, part, price
        units = part.count_units(price)
        begin = [root, *_choose_begins(part, turn), root][turn % 2]
        proof = bound_rooted(part, root, units, begin)
        bound = goal.bound(part, proof.value, price)
        if bound > best:
            best, its_price = bound, price
        if best >= goal.rate(search.best)[0]:
            break
        tree = improve(part, root, find_start(part, root, proof), units, search.watch.may_go_on)
        chosen = np.isin(search.part.origin, part.origin[tree.chosen])
        _offer(search, _repair(search, take(search.part, chosen, tree.inside)))
        part = narrow(part, root, proof, goal.reach(part, search.best, price))[0]
        enough = _is_enough(goal, take(part, np.isin(part.origin, search.part.origin[chosen]), tree.inside))
        step = step if enough_before in (None, enough) else 1 + (step - 1) / 2
        enough_before = enough
        price = price / step if enough else price * step
    return best, part, its_price
