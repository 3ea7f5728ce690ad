"""The search for a tree that keeps to a quota or a budget: price by price, by cuts, then prize by prize."""

from dataclasses import replace
from math import inf
from time import monotonic

import numpy as np

from infraplan.routing.cases import branch, settle
from infraplan.routing.choice import Limits, choose_rooted
from infraplan.routing.collect import (
    Found,
    bound_free,
    bound_rooted,
    choose_root,
    find_start,
    improve,
    join_all,
    restrict,
    stay_joined,
    take,
    take_root,
)
from infraplan.routing.cuts import prove_by_cuts
from infraplan.routing.goal import Goal, Search, fix, is_enough, offer, prove, repair, report
from infraplan.routing.prize_kernels import keep_worthwhile
from infraplan.routing.prizes import Part, Prizes
from infraplan.routing.regions import find_regions
from infraplan.routing.result import Watch, limit_work
from infraplan.routing.steiner import steiner_tree

_CUT = 8_000
"""Edges that are left, up to which the linear programme of cuts proves more."""
_CUT_SHARE = 0.7
"""Of the time or work that is left: for that."""
_STEPS = 14
"""Prices tried with a proof, at most."""
_NEAR = 1.004
"""Prices so near each other that no third is tried between them."""
_ANCHORS = 8
"""Nodes in turn that a free tree keeps."""
_IDLE = 12
"""Disturbed searches in a row without gain after which there is no other."""
_REFINE_WORK = 16_000
"""Steps an edge of a search for Steiner trees, if there is no time limit."""
_REFINED = 2
"""Prices, beside each other, at which the search for Steiner trees proves more."""
_SHARE = 0.4
"""Of the time or work that is left: for one of these searches."""


def solve_part(part: Part, goal: Goal, seed: int, watch: Watch, problem: Prizes) -> Search:
    """Search one part: all of it first, then price by price, then disturbed prices around the best."""
    root = choose_root(part, np.inf, watch.may_go_on)
    part, root = _require(part, root, goal)
    everything = join_all(part, root, watch.may_go_on)
    # A tree of everything has any quota, a root alone is within any budget.
    start = everything if goal.quota is not None else take_root(part, root)
    bound = 0.0 if goal.quota is not None else -part.total
    whole = problem.whole_costs if goal.quota is not None else problem.whole_prizes
    search = Search(part, root, goal, watch, start, bound, problem.given, whole)
    search.pool.append(everything)
    alone = root if part.root >= 0 else int(np.argmax(part.prizes))
    for tree in (everything, take_root(part, root), take_root(part, alone)):
        offer(search, tree)
    if goal.quota is None and goal.holds(everything):
        return search
    if part.total == goal.quota:
        _join_everything(search, seed)
        return search
    multiplier = _search_price(search, everything)
    if part.root >= 0 and len(search.part.costs) <= _CUT:
        _disturb(search, multiplier, seed)
        prove_by_cuts(search, _CUT_SHARE)
    if part.root >= 0:
        for _ in range(_REFINED):
            multiplier *= _NEAR if _refine(search, multiplier, seed) else 1 / _NEAR
    _disturb(search, multiplier, seed)
    if part.root >= 0:
        branch(search, multiplier)
        return search
    # What a tree is trimmed to depends on the node that it keeps.
    for anchor in np.argsort(np.where(part.ends, 0.0, -part.prizes), kind="stable")[:_ANCHORS]:
        if watch.may_go_on():
            offer(search, repair(search, everything, int(anchor)))
    return search


def _search_price(search: Search, everything: Found) -> float:
    """Return the price at which the tree that pays best would just do, by bisection, with a proof at each."""
    part, watch = search.part, search.watch
    multiplier, low, high, stride = _guess(search, everything), 0.0, inf, 1.03
    if part.root < 0:
        # Begin in what a slightly lower price would leave.
        search.root = choose_root(part, multiplier / 1.03, watch.may_go_on)
        offer(search, take_root(part, search.root))
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
    return multiplier


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
        low, high = (low, middle) if is_enough(search.goal, tree) else (middle, high)
    return high


def _require(part: Part, root: int, goal: Goal) -> tuple[Part, int]:
    """Return the part with what a quota surely needs or a budget can reach, and where its tree begins."""
    if goal.quota is None:
        return (part if part.root < 0 else settle(_reach(part, goal.budget), root, goal)[0]), root
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
    return restrict(part, stay_joined(part, part.root, nearest / part.scale <= budget))


def _join_everything(search: Search, seed: int) -> None:
    """Find a tree of all prizes: there is nothing to choose, so all of them are terminals."""
    watch = search.watch
    if search.part.root >= 0:
        proof = bound_rooted(search.part, search.root, search.part.count_units(inf), watch.may_go_on)
        prove(search, proof.value)
        fix(search, proof, inf)
        if len(search.part.costs) <= _CUT:
            prove_by_cuts(search, _CUT_SHARE)
        report(search)
        if watch.ended is not None:
            return
    part = search.part
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
        work=min(max(watch.work, 0.0) / limit_work(len(part.costs)), 1.0),
    )
    chosen = np.zeros(len(part.costs), np.bool_)
    chosen[tree.edges] = True
    inside = part.prizes > 0
    inside[part.graph.tails[chosen]] = True
    inside[part.graph.heads[chosen]] = True
    prove(search, tree.lower_bound)
    offer(search, take(part, chosen, inside))
    watch.ended = tree.ended


def _step(search: Search, multiplier: float) -> bool:
    """Prove a bound at one price, find trees there, and tell whether the price can fall."""
    part, root, goal, going = search.part, search.root, search.goal, search.watch.may_go_on
    units = part.count_units(multiplier)
    if part.root < 0:
        profit = (
            multiplier * search.best.prize - search.best.cost if np.isfinite(multiplier) else part.costs.sum()
        )
        proof = bound_free(part, root, units, int(np.clip(profit * part.scale, 0, units.sum())), going)
    else:
        proof = bound_rooted(part, root, units, going)
    prove(search, goal.bound(part, proof.value, multiplier))
    best = improve(part, root, find_start(part, root, proof), units, going)
    search.pool.append(best)
    offer(search, repair(search, best))
    if part.root >= 0:
        fix(search, proof, multiplier)
    report(search)
    return is_enough(goal, best)


def _refine(search: Search, multiplier: float, seed: int) -> bool:
    """Prove more at a price, and find a better tree there, by the search for Steiner trees.

    Tell whether the price should rise.
    """
    watch, goal, part = search.watch, search.goal, search.part
    if not watch.may_go_on():
        return True

    def tell(_: float, bound: float) -> bool:
        prove(search, goal.bound(part, bound, multiplier))
        report(search)
        return search.bound >= goal.rate(search.best)[0] or not watch.may_go_on()

    now, work = monotonic(), min(_SHARE * watch.work, _REFINE_WORK * len(part.costs))
    deadline = inf if watch.deadline == inf else now + _SHARE * max(watch.deadline - now, 0.0)
    units = part.count_units(multiplier)
    tree, _ = choose_rooted(
        part, search.root, units, Limits(deadline, seed, tell, int(work)), search.pool[-1]
    )
    watch.may_go_on(work)
    tree = improve(part, search.root, tree.chosen, units, watch.may_go_on)
    search.pool.append(tree)
    offer(search, repair(search, tree))
    return not is_enough(goal, tree)


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
        idle = 0 if offer(search, repair(search, tree)) else idle + 1
