"""The compiled search behind ``steiner_tree``: a problem in, the edges of a tree and a bound out."""

from math import ceil, inf, log2

import numpy as np

from infraplan.routing.graph import make_graph
from infraplan.routing.order import order_graph
from infraplan.routing.problem import Ints, Problem
from infraplan.routing.regions import prune
from infraplan.routing.search import MOST_WORK, UNLIMITED, WORK_PER_EDGE, Ended, Progress, Search
from infraplan.routing.solve import solve

_ROOM = 62
"""Bits that sums of costs may have."""
_DISTURBED = 8
"""Bits that disturbances add to costs, where there is room."""


def solve_large(
    problem: Problem,
    *,
    seed: int,
    gap: float,
    deadline: float,
    progress: Progress | None,
    work: int | None = None,
    share: float = 1.0,
    start: Ints | None = None,
) -> tuple[Ints, int, Ended]:
    """Return the edges of a tree, a bound of its cost and why the search ended.

    A tree that is known may be given to start with, and how many steps there may be at most, or which share
    of the usual ones.

    Edges at ends are made dearer by more than all edges cost together. Each end that is a terminal pays that
    once, and a route that passed an end would pay it twice more: none does, and the cost less those tolls is
    exact, as is the bound.
    """
    toll = int(problem.costs.sum()) + 1
    leaves = int(problem.ends[problem.terminals].sum())
    costs = problem.costs.astype(np.int64) + np.where(problem.at_end, toll, 0)
    shift = toll * leaves
    spare = _ROOM - 1 - ceil(log2(shift + 2 * toll))
    given = np.zeros(problem.count, np.bool_)
    given[problem.terminals] = True
    graph, terminal, origin = order_graph(
        make_graph(problem.count, problem.tails, problem.heads, costs), given
    )
    search = Search(
        deadline=deadline,
        gap=gap,
        work=(work or int(min(share * min(WORK_PER_EDGE * len(costs), MOST_WORK), UNLIMITED)))
        if deadline == inf
        else UNLIMITED,
        progress=progress,
        shift=shift,
        unit=problem.scale,
    )
    if start is not None:
        known = np.isin(origin, start)
        search.offer(int(costs[start].sum()), known)
    solve(search, graph, terminal, seed=seed, high=toll, bits=min(_DISTURBED, spare))
    best = search.pool[0][1].copy()
    prune(graph, best, terminal)
    return origin[best].astype(np.int64), max(search.bound - shift, 0), search.ended()
