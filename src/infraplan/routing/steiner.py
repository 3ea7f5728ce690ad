"""A cheap tree that joins terminals to each other or to what is there, and a proof of how cheap it is."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle, product
from math import fsum
from time import monotonic
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from infraplan.routing.arguments import check_options
from infraplan.routing.ascent import ascend
from infraplan.routing.ends import choose_drops, find_core, find_start
from infraplan.routing.problem import Floats, Ints, Problem, read_problem
from infraplan.routing.trees import improve, join_terminals

ASCENT_WORK = 12_000_000
"""Arcs looked at while proving the bound: about two seconds."""
RESTART_WORK = 150_000
"""Edges looked at in restarts, of which there are a few."""
_TURNS = 5
"""Of whatever is done again for as long as it gains: the first few gain nearly all."""
_MOVES = 10
"""Of the edges of ends, at most."""
_IDLE = 4
"""Moves without gain after which no other is tried."""
_PULL = 10.0
"""How much dearer an edge looks for what the proof left of its cost; 0.5–10 differ little."""


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
    compile_from: int = 2_000,
) -> Tree:
    """Find a cheap set of edges that joins every terminal to a root, or without roots to each other.

    Graphs of ``compile_from`` edges and more are reduced (Duin & Volgenant 1989), trees are improved by
    exchange of key paths and elimination of forks (Uchoa & Werneck 2010) and bred by disturbing costs and
    combining the best (Pajor, Uchoa & Werneck 2018); dual ascent (Wong 1984) proves the bound and which edges
    no better tree has. That is compiled when it is first used. Smaller graphs get the bound first, then trees
    by Mehlhorn's construction (1988), joined anew by way of their own forks, and a few restarts with
    disturbed costs.

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
    compile_from
        Edges from which the search is compiled when it is first used (about half a minute, kept for later
        runs): on fewer, numpy and scipy alone are done sooner.

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
    problem = read_problem(tails, heads, costs, terminals, roots=roots, ends=ends)
    deadline = np.inf if time_limit_s is None else begin + time_limit_s
    if len(problem.terminals) < 2:  # noqa: PLR2004  (one node is joined already)
        return _report(problem, costs, np.empty(0, np.int64), 0, "optimal")
    if len(problem.costs) >= compile_from:
        # numba takes its time to load: only who needs it waits for it.
        from infraplan.routing.large import solve_large  # noqa: PLC0415

        edges, bound, ended = solve_large(problem, seed=seed, gap=gap, deadline=deadline, progress=progress)
        return _report(problem, costs, edges, bound, ended)
    bound, left = ascend(problem, may_go_on=_allow(ASCENT_WORK // (2 * len(problem.costs)) + 1, deadline))
    edges = _find_tree(problem, left, seed, deadline)
    tree = _report(problem, costs, edges, bound, "search" if monotonic() < deadline else "time")
    if progress is not None:
        progress(tree.cost, tree.lower_bound, monotonic() - begin)
    return replace(tree, ended="gap") if tree.ended != "optimal" and tree.gap <= gap else tree


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


def _allow(rounds: int, deadline: float) -> Callable[[], bool]:
    """Return a function that says yes so many times, and no after the deadline."""
    left = iter(range(rounds))
    return lambda: next(left, None) is not None and (deadline == np.inf or monotonic() < deadline)


def _find_tree(problem: Problem, left: Floats, seed: int, deadline: float) -> Ints:
    """Return the best tree found in which every end has one edge."""
    drawn = problem.costs + _PULL * left

    def build(usable: Ints) -> Ints:
        trees = [
            improve(
                problem,
                join_terminals(problem, problem.terminals, usable, costs),
                usable,
                _allow(_TURNS, deadline),
            )
            for costs in (problem.costs, drawn)
        ]
        return min(trees, key=problem.price)

    usable = np.flatnonzero(~problem.at_end)
    if len(usable) < len(problem.costs):
        usable, edges = _choose_ends(problem, usable, drawn, build, deadline)
    else:
        edges = build(usable)
    return _restart(problem, edges, usable, seed, deadline)


def _choose_ends(
    problem: Problem, inner: Ints, drawn: Floats, build: Callable[[Ints], Ints], deadline: float
) -> tuple[Ints, Ints]:
    """Return usable edges, with one for each end, and the best tree found over them.

    Which edge an end should have depends on where the tree runs, and the tree on the edges: both are sought
    in turn. First each end is led to the root; then to the tree, and to those parts of it that others need as
    well, for as long as that gains.
    """
    usable = np.union1d(inner, choose_drops(problem, find_start(problem), drawn))
    edges = build(usable)
    may_go_on, idle = _allow(_MOVES, deadline), 0
    moves = cycle(product((1, 2, 3), (problem.costs, drawn)))
    while idle < _IDLE and may_go_on():
        least, costs = next(moves)
        other = np.union1d(inner, choose_drops(problem, find_core(problem, edges, least), costs))
        moved = build(other)
        better = problem.price(moved) < problem.price(edges)
        idle = 0 if better else idle + 1
        usable, edges = (other, moved) if better else (usable, edges)
    return usable, edges


def _restart(problem: Problem, edges: Ints, usable: Ints, seed: int, deadline: float) -> Ints:
    """Disturb the costs, join the two trees into one, and keep what is cheaper."""
    random = np.random.default_rng(seed)
    may_go_on = _allow(min(_TURNS, RESTART_WORK // len(problem.costs)), deadline)
    while may_go_on():
        disturbed = problem.costs * random.uniform(1.0, 1.2, len(problem.costs))
        both = np.union1d(edges, join_terminals(problem, problem.terminals, usable, disturbed))
        edges = improve(problem, edges, both, _allow(_TURNS, deadline))
        edges = improve(problem, edges, usable, _allow(_TURNS, deadline))
    return edges
