"""Trees for a quota or a budget: the price of a prize is sought at which the answer just does."""

import numpy as np
from numpy.typing import ArrayLike

from infraplan.routing.arguments import check_limit, check_options
from infraplan.routing.goal import Goal
from infraplan.routing.limits import solve_part
from infraplan.routing.prize import state
from infraplan.routing.prizes import read_prizes
from infraplan.routing.result import Watch, limit_work
from infraplan.routing.steiner import Progress, Tree


def quota_tree(  # noqa: PLR0913  (one question, all in one place)
    tails: ArrayLike,
    heads: ArrayLike,
    costs: ArrayLike,
    prizes: ArrayLike,
    quota: float,
    *,
    roots: ArrayLike = (),
    ends: ArrayLike = (),
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    work: float = 1.0,
) -> Tree:
    """Find a cheap tree that collects at least a quota of prizes, and how little such a tree can cost.

    Prizes are worth a price each; the price is sought at which the tree that pays best collects just the
    quota. At every price a dual ascent bounds what any tree must cost (Lagrangian relaxation), and removes
    edges that no better tree can use. Trees are filled up or trimmed until they hold the quota exactly.

    Parameters
    ----------
    tails, heads, costs, prizes, roots, ends, time_limit_s, gap, seed, progress
        As in ``prize_collecting_tree``.
    quota
        What the tree is to collect at least. If there is less within reach, all that is within reach (without
        roots: in the richest part) is collected.
    work
        Share of the steps that a search without time limit takes, of about 4 ns: 2 000 000 000, and 30 000 an
        edge. The first tree and its bound take what they take.

    Returns
    -------
    Tree
        ``lower_bound`` and ``gap`` are about the cost.

    Raises
    ------
    ValueError
        As ``prize_collecting_tree``; or the quota is negative or no number.

    Examples
    --------
    >>> road = [0, 1, 2], [1, 2, 3], [2, 9, 1]
    >>> tree = quota_tree(*road, [0, 5, 0, 7], 7, roots=[0])
    >>> tree.edges.tolist(), tree.cost, tree.prize
    ([0, 1, 2], 12.0, 12.0)
    """
    check_limit("quota", quota)
    check_options(time_limit_s, gap, seed)
    check_limit("work", work)
    problem = read_prizes(tails, heads, costs, prizes, roots, ends)
    watch = Watch(time_limit_s, gap, progress, work=work * limit_work(problem.edges))
    most = max((part.total for part in problem.parts), default=0.0)
    wanted = min((np.ceil(quota) if problem.whole_prizes else quota) - problem.given, most)
    if wanted <= 0:
        return state(problem, None, 0.0, 0.0, watch, whole=False)
    answers = [
        solve_part(part, Goal(wanted, np.inf), seed, watch, problem)
        for part in problem.parts
        if part.total >= wanted
    ]
    best = min(answers, key=lambda search: search.best.cost)
    bound = min(search.bound for search in answers)
    return state(problem, (best.part, best.best), best.best.cost, bound, watch, whole=problem.whole_costs)


def budget_tree(  # noqa: PLR0913  (one question, all in one place)
    tails: ArrayLike,
    heads: ArrayLike,
    costs: ArrayLike,
    prizes: ArrayLike,
    budget: float,
    *,
    roots: ArrayLike = (),
    ends: ArrayLike = (),
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    work: float = 1.0,
) -> Tree:
    """Find a tree that collects much within a budget, and how much any tree can collect within it.

    As ``quota_tree``, with the price sought at which the tree that pays best costs just the budget.

    Parameters
    ----------
    tails, heads, costs, prizes, roots, ends, time_limit_s, gap, seed, progress
        As in ``prize_collecting_tree``.
    budget
        What the tree may cost at most; infinity is no limit.
    work
        As in ``quota_tree``.

    Returns
    -------
    Tree
        ``lower_bound`` is an upper bound here: no tree within the budget collects more.

    Raises
    ------
    ValueError
        As ``prize_collecting_tree``; or the budget is negative or no number.

    Examples
    --------
    >>> tree = budget_tree([0, 1, 2], [1, 2, 3], [2, 9, 1], [0, 5, 0, 7], 11, roots=[0])
    >>> tree.edges.tolist(), tree.cost, tree.prize
    ([0], 2.0, 5.0)
    """
    check_limit("budget", budget)
    check_options(time_limit_s, gap, seed)
    check_limit("work", work)
    problem = read_prizes(tails, heads, costs, prizes, roots, ends)
    watch = Watch(time_limit_s, gap, progress, work=work * limit_work(problem.edges))
    spend = np.floor(budget) if problem.whole_costs else budget
    answers = [solve_part(part, Goal(None, spend), seed, watch, problem) for part in problem.parts]
    best = min(answers, key=lambda search: search.goal.rate(search.best), default=None)
    if best is None:
        return state(problem, None, -problem.given, -problem.given, watch, whole=False, lowest=-np.inf)
    bound = min(search.bound for search in answers) - problem.given
    value = -best.best.prize - problem.given
    return state(
        problem,
        (best.part, best.best),
        value,
        bound,
        watch,
        whole=problem.whole_prizes,
        lowest=-problem.total,
    )
