"""A cheap tree that joins terminals to each other or to what is there, and a proof of how cheap it is."""

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum
from time import monotonic
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from infraplan.routing.arguments import check_limit, check_options
from infraplan.routing.problem import Ints, Problem, read_problem

SMALL = 2_000
"""Edges below which the interpreter is sooner than a compiler: a tree of given terminals takes few steps."""

Ended = Literal["optimal", "gap", "time", "search"]
Progress = Callable[[float, float, float], bool | None]


@dataclass(frozen=True)
class Tree:
    """What was chosen.

    Attributes
    ----------
    edges
        Positions of the chosen edges, rising, shape (k,).
    cost
        Sum of their costs; a whole number if all costs are of a whole type.
    lower_bound
        No tree that joins the same terminals costs less.
    gap
        By how much the cost exceeds the bound at most, as a share of the bound.
    prize
        What is collected: nothing, where no prizes are set.
    unreached
        Terminals, rising, that no edges lead to.
    ended
        Why the search ended: the cost is proven to be the lowest (``"optimal"``), the gap was small enough
        (``"gap"``), the time was over or the caller stopped it (``"time"``), or all was tried that is
        (``"search"``).
    """

    edges: Ints
    cost: float
    lower_bound: float
    gap: float
    prize: float
    unreached: Ints
    ended: Ended


def steiner_tree(  # noqa: PLR0913  (all but four are options)
    tails: ArrayLike,
    heads: ArrayLike,
    costs: ArrayLike,
    terminals: ArrayLike,
    *,
    roots: ArrayLike = (),
    ends: ArrayLike = (),
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    work: float = 1.0,
) -> Tree:
    """Find a cheap set of edges that joins every terminal to a root, or without roots to each other.

    The graph is reduced (Duin & Volgenant 1989), trees are improved by exchange of key paths and elimination
    of forks (Uchoa & Werneck 2010) and bred by disturbing costs and combining the best (Pajor, Uchoa &
    Werneck 2018); dual ascent (Wong 1984) proves the bound and which edges no better tree has. Kernels are
    compiled when they are first used, for about 15 seconds, and kept for later runs; graphs of fewer than
    2 000 edges wait for no compiler: there the interpreter goes the same steps.

    The same arguments give the same tree, unless a time limit or the caller cuts the search short. Without
    time limit the work is bounded: about 10 s for 100 000 nodes.

    Parameters
    ----------
    tails, heads, costs
        The undirected graph: two nodes and the cost of each edge, shapes (m,). Nodes are numbers from 0, with
        or without gaps; costs are from 0. Parallel edges, loops, zero costs and several parts are allowed.
        Costs that are not whole, or too large to be added up, are rounded down to multiples of a power of
        two, below a 10⁻⁹ of their sum, for the search and the bound; the cost is that of the given ones.
    terminals
        Nodes to be joined. Several times is once.
    roots
        Nodes that are joined already, at no cost: the network that is there.
    ends
        Nodes that no route may pass, as houses are: terminals among them get one edge each, others none. An
        edge between two of them is never used, not even where these two are all that is asked for.
    time_limit_s
        Seconds after which nothing further is tried.
    gap
        The search ends when the cost exceeds the bound by no more than this share of it.
    seed
        For all that is drawn by lot.
    progress
        Called often with the lowest cost and the highest bound so far and the seconds since the start; the
        search ends where it returns True.
    work
        Share of the steps that a search without time limit takes. The first tree takes what it takes.

    Returns
    -------
    Tree
        Without roots, where not all terminals hang together, the tree of the part that holds the most of
        them.

    Raises
    ------
    ValueError
        A cost is negative or not finite, a node's number negative, or lengths differ; a limit or gap is
        negative.
    """
    begin = monotonic()
    check_options(time_limit_s, gap, seed)
    check_limit("work", work)
    problem = read_problem(tails, heads, costs, terminals, roots=roots, ends=ends)
    deadline = np.inf if time_limit_s is None else begin + time_limit_s
    if len(problem.terminals) < 2:  # noqa: PLR2004  (one node is joined already)
        return _report(problem, costs, np.empty(0, np.int64), 0, "optimal")
    # numba takes its time to load: who only asks for help does not wait for it.
    from infraplan.routing.large import solve_large  # noqa: PLC0415
    from infraplan.routing.plain import choose_runner  # noqa: PLC0415

    run = choose_runner(len(problem.costs), SMALL)
    edges, bound, ended = run(solve_large)(
        problem, seed=seed, gap=gap, deadline=deadline, progress=progress, share=work
    )
    return _report(problem, costs, edges, bound, ended)


def _report(problem: Problem, costs: ArrayLike, edges: Ints, bound: int, ended: Ended) -> Tree:
    """Return the tree in terms of what was given."""
    given = np.asarray(costs)
    chosen = np.sort(problem.origin[edges])
    if problem.scale == 1 and not np.issubdtype(given.dtype, np.inexact):
        cost: float = int(given[chosen].sum(dtype=np.int64))
        lower: float = min(bound, cost)
    else:
        cost = fsum(given[chosen].tolist())
        lower = min(bound / problem.scale, cost)
        cost, lower = (int(value) if value == int(value) else value for value in (cost, lower))
    away = 0.0 if cost <= lower else (cost - lower) / lower if lower else float("inf")
    return Tree(chosen, cost, lower, away, 0, problem.unreached, "optimal" if away == 0 else ended)
