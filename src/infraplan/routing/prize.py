"""Trees that collect prizes where they are worth it (the prize-collecting Steiner tree)."""

import numpy as np
from numpy.typing import ArrayLike

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
    take_root,
    trim_free,
)
from infraplan.routing.graph import Costs, Mask
from infraplan.routing.prizes import Part, Prizes, read_prizes
from infraplan.routing.problem import Ints
from infraplan.routing.result import Watch, measure_gap
from infraplan.routing.steiner import Progress, Tree

_RESTARTS = 8
"""Proofs from other roots, and starts from disturbed prizes."""


def prize_collecting_tree(  # noqa: PLR0913  (one question, all in one place)
    tails: ArrayLike,
    heads: ArrayLike,
    costs: ArrayLike,
    prizes: ArrayLike,
    *,
    roots: ArrayLike = (),
    ends: ArrayLike = (),
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tree:
    """Find a tree whose cost and the prizes that it leaves come to little, and how little they can come to.

    The bound is a dual ascent on the graph with an arc from the root to each prize at its worth: "not
    collected" (Ljubic et al. 2006). Trees start from what the ascent made free and from a tree of all prizes;
    they are pruned by dynamic programming, widened and improved by local search in turn.

    Parameters
    ----------
    tails, heads, costs
        The undirected graph: two nodes and the cost of each edge, shapes (m,). Nodes are 0…n−1. Costs are
        finite, whole or not. Parallel edges, loops, zero costs and several parts are allowed.
    prizes
        What each node is worth, shape (n,).
    roots
        Nodes of the network that is there: joined already, their prizes collected. Without roots the tree is
        free to lie where it pays best, or nowhere.
    ends
        Nodes that no route may pass, as houses are: those with a prize get one edge at most, others none.
    time_limit_s, gap
        When to end: after so many seconds, or when the answer is surely so near the best one.
    seed
        For the disturbed prizes.
    progress
        Told of the best value, the bound and the seconds so far; it ends the search by answering True.

    Returns
    -------
    Tree
        ``lower_bound`` and ``gap`` are about cost plus all prizes not collected.

    Raises
    ------
    ValueError
        A cost or prize is negative or not finite, a node's number wrong, or lengths differ.

    Examples
    --------
    >>> tree = prize_collecting_tree([0, 1, 2], [1, 2, 3], [2, 9, 1], [0, 5, 0, 7], roots=[0])
    >>> tree.edges.tolist(), tree.cost, tree.prize, tree.lower_bound
    ([0], 2.0, 5.0, 9.0)
    """
    problem = read_prizes(tails, heads, costs, prizes, roots, ends)
    watch = Watch(time_limit_s, gap, progress)
    best, bound, where = 0.0, 0.0, None
    for number, part in enumerate(problem.parts):
        part, tree, value = _solve(part, seed, watch if number == 0 else Watch(time_limit_s, gap, None))  # noqa: PLW2901
        bound = min(bound, value - part.total)
        if tree.cost - tree.prize < best or where is None:
            best, where = tree.cost - tree.prize, (part, tree)
    rest = problem.total - problem.given
    whole = problem.whole_costs and problem.whole_prizes
    return state(problem, where, rest + best, rest + bound, watch, whole=whole)


def state(
    problem: Prizes,
    where: tuple[Part, Found] | None,
    value: float,
    bound: float,
    watch: Watch,
    *,
    whole: bool,
    lowest: float = 0.0,
) -> Tree:
    """Return the answer in terms of what was given; a lower bound of whole numbers is a whole number."""
    # Proofs are exact but for the last product and sum.
    bound -= 1e-12 * abs(bound)
    if whole:
        bound = float(np.ceil(bound - 1e-7))
    bound = min(max(bound, lowest), value)
    edges, cost, prize = np.empty(0, np.int64), 0.0, problem.given
    if where is not None:
        part, tree = where
        edges, cost, prize = np.sort(part.origin[tree.chosen]), tree.cost, prize + tree.prize
    gap = measure_gap(value, bound)
    unreached = list_unreached(problem, where)
    return Tree(edges, cost, abs(bound), gap, prize, unreached, watch.close(value, bound))


def list_unreached(problem: Prizes, where: tuple[Part, Found] | None) -> Ints:
    """Return the nodes with a prize that no edges of the part lead to."""
    part = where[0] if where is not None else problem.parts[0] if problem.parts else None
    reached = problem.roots if part is None else np.r_[problem.roots, part.names]
    return np.setdiff1d(problem.names, reached)


def _solve(part: Part, seed: int, watch: Watch) -> tuple[Part, Found, float]:
    """Return a part, perhaps narrowed, a tree in it, and a lower bound of its cost and lost prizes."""
    root, units = choose_root(part, 1.0), part.count_units(1.0)

    def offer(best: Found, start: Mask) -> Found:
        other = improve(part, root, start, units, watch.may_go_on)
        other = other if part.root >= 0 else trim_free(part, root, other, units)
        best = min(best, other, key=lambda tree: tree.cost - tree.prize)
        value = _rate(part, best)
        watch.report(value, min(proven, value))
        return best

    best = take_root(part, root)
    bound = _prove(part, root, best, units)
    proven = bound.value
    best = offer(best, find_start(part, root, bound))
    wide = join_all(part, root).chosen
    best = offer(best, wide)
    if part.root < 0:
        proven = max(proven, _prove(part, root, best, units).value)
    random = np.random.default_rng(seed)
    for _ in range(_RESTARTS):
        if not watch.may_go_on() or proven >= _rate(part, best):
            break
        if part.root >= 0:
            part, keep = narrow(part, root, bound, _rate(part, best))
            best, wide = best._replace(chosen=best.chosen[keep]), wide[keep]
            units = part.count_units(1.0)
            sure = np.r_[root, np.flatnonzero(part.must & ~part.ends)]
            bound = bound_rooted(part, root, units, int(random.choice(sure)))
            proven = max(proven, bound.value)
            best = offer(best, find_start(part, root, bound))
        best = offer(best, improve(part, root, wide, _disturb(units, random), watch.may_go_on).chosen)
    return part, best, proven


def _rate(part: Part, tree: Found) -> float:
    return tree.cost + part.total - tree.prize


def _disturb(units: Costs, random: np.random.Generator) -> Costs:
    return np.asarray((units * random.lognormal(0.0, 0.3, len(units))).astype(np.int64))


def _prove(part: Part, root: int, best: Found, units: Costs) -> Bound:
    if part.root >= 0:
        return bound_rooted(part, root, units)
    profit = int(np.clip((best.prize - best.cost) * part.scale, 0, units.sum()))
    return bound_free(part, root, units, profit)
