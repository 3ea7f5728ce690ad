"""Trees that collect prizes where they are worth it (the prize-collecting Steiner tree)."""

from time import monotonic

import numpy as np
from numpy.typing import ArrayLike

from infraplan.routing.arguments import check_options
from infraplan.routing.choice import Limits, choose_free, choose_rooted
from infraplan.routing.collect import Found, choose_root, trim_free
from infraplan.routing.prizes import Part, Prizes, read_prizes
from infraplan.routing.problem import Ints
from infraplan.routing.result import Watch, measure_gap
from infraplan.routing.steiner import Progress, Tree

_ENTRIES = 4
"""Times that a free tree is sought at the price of an entry that the best one gains, at most."""


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

    The question is turned into one for a Steiner tree (after Ljubic et al. 2006): each prize is an end that
    is joined, or left at its worth. So all that ``steiner_tree`` knows serves here. A free tree is first
    sought from one node, then from all at once, of which each may be entered at what the best tree gains:
    what is then proven holds for trees with one entry.

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
    check_options(time_limit_s, gap, seed)
    problem = read_prizes(tails, heads, costs, prizes, roots, ends)
    watch = Watch(time_limit_s, gap, progress)
    best, bound, where = 0.0, 0.0, None
    rest = problem.total - problem.given
    for part in problem.parts:
        # No tree gains more than all there is.
        if where is not None and part.total <= -best:
            break
        away = (rest - part.total, rest + best, 0.0 if len(problem.parts) > 1 else np.inf)
        tree, value = _solve(part, seed, watch, away)
        bound = min(bound, value - part.total)
        if tree.cost - tree.prize < best or where is None:
            best, where = tree.cost - tree.prize, (part, tree)
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
    return Tree(
        edges, cost, abs(float(bound)), float(gap), float(prize), unreached, watch.close(value, bound)
    )


def list_unreached(problem: Prizes, where: tuple[Part, Found] | None) -> Ints:
    """Return the nodes with a prize that no edges of the part lead to."""
    part = where[0] if where is not None else problem.parts[0] if problem.parts else None
    reached = problem.roots if part is None else np.r_[problem.roots, part.names]
    return np.setdiff1d(problem.names, reached)


def _solve(part: Part, seed: int, watch: Watch, away: tuple[float, float, float]) -> tuple[Found, float]:
    """Return a tree in a part, and a lower bound of the cost and lost prizes of all trees in it.

    Away from the part are: prizes that are lost then, the value of the best tree, and the highest bound that
    may be told of.
    """
    lost, known, most = away
    units = part.count_units(1.0)

    def tell(value: float, bound: float) -> bool:
        watch.report(min(lost + value, known), min(lost + bound, most))
        return not watch.may_go_on()

    if part.root >= 0:
        return choose_rooted(part, part.root, units, Limits(watch.deadline, seed, tell))
    root = choose_root(part, 1.0, watch.may_go_on)
    middle = watch.deadline if watch.deadline == np.inf else (monotonic() + watch.deadline) / 2
    tree = choose_rooted(part, root, units, Limits(middle, seed, lambda value, _: tell(value, 0.0)))[0]
    best, bound = trim_free(part, root, tree, units), 0.0
    for _ in range(_ENTRIES):
        found, value = choose_free(part, units, best, Limits(watch.deadline, seed, tell))
        bound = max(bound, value)
        if found.cost - found.prize >= best.cost - best.prize or not watch.may_go_on():
            break
        best = found
    return best, bound
