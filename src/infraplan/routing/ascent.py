"""A proof of how little a tree can cost: dual ascent, many terminals at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra

from infraplan.routing.problem import Floats, Ints, Problem


@dataclass
class _Arcs:
    """Both directions of the edges, sorted by target, with what is left of their costs in whole units."""

    count: int
    source: Ints
    target: Ints
    edge: Ints
    left: Floats


def ascend(problem: Problem, *, may_go_on: Callable[[], bool]) -> tuple[int, Floats]:
    """Return a lower bound of the cost of any tree, and what its proof leaves of each edge's cost.

    Wong (1984): every set of nodes around a terminal that leaves out the root must be entered. Each set is
    given a price, no arc may be asked for more than its cost, and the prices add up to a bound, whenever one
    stops. Here the sets of many terminals grow at once: a node belongs to the terminal nearest in what is
    left of the costs, and each set grows until it would need a node of another. What one set uses are arcs
    into its own nodes, so none disturbs another.

    Costs are counted in whole units, rounded down: the bound holds, and the arithmetic is exact.
    """
    root, targets = problem.terminals[0], problem.terminals[1:]
    # Any distance times the number of terminals must be exact in floating point.
    unit = max(1.0, np.ceil(problem.costs.sum() * len(problem.terminals) / 2.0**52))
    arcs = _make_arcs(problem, unit)
    bound = 0
    while may_go_on():
        waiting, growing = _find_active(arcs, root, targets)
        if not len(waiting):
            break
        bound += _grow(arcs, root, waiting, growing)
    left = problem.costs.copy()
    np.minimum.at(left, arcs.edge, arcs.left * unit)
    return bound * int(unit), left


def _make_arcs(problem: Problem, unit: float) -> _Arcs:
    """Return the arcs that a tree from the root may use: none into the root, none out of another end."""
    root = problem.terminals[0]
    source, target = np.r_[problem.tails, problem.heads], np.r_[problem.heads, problem.tails]
    edge = np.tile(np.arange(len(problem.tails)), 2)
    useful = np.flatnonzero((target != root) & (~problem.ends[source] | (source == root)))
    useful = useful[np.argsort(target[useful], kind="stable")]
    edge = edge[useful]
    return _Arcs(problem.count, source[useful], target[useful], edge, np.floor(problem.costs[edge] / unit))


def _find_active(arcs: _Arcs, root: int, targets: Ints) -> tuple[Ints, Ints]:
    """Return terminals that the root does not reach for free yet, and those of them that may grow.

    Of terminals that reach each other for free there is one. Those grow that no other reaches for free; small
    groups come first.
    """
    free = np.flatnonzero(arcs.left == 0)
    free = free[np.argsort(arcs.source[free], kind="stable")]
    source, target = arcs.source[free], arcs.target[free]
    starts = np.r_[0, np.cumsum(np.bincount(source, minlength=arcs.count))]
    graph = csr_array((np.ones(len(free)), target, starts), shape=(arcs.count, arcs.count))
    group = connected_components(graph, directed=True, connection="strong")[1]
    waiting = targets[~_reach(graph, np.array([root]))[targets]]
    _, first = np.unique(group[waiting], return_index=True)
    waiting = waiting[first]
    held = np.zeros(group.max() + 1, bool)
    held[group[waiting]] = True
    behind = _reach(graph, target[held[group[source]] & (group[source] != group[target])])
    growing = waiting[~behind[waiting]]
    return waiting, growing[np.argsort(np.bincount(group)[group[growing]], kind="stable")]


def _reach(graph: csr_array, nodes: Ints) -> NDArray[np.bool_]:
    """Tell which nodes can be reached from some nodes."""
    count = graph.shape[0]
    starts = np.r_[graph.indptr, graph.indptr[-1] + len(nodes)]
    whole = csr_array(
        (np.ones(starts[-1]), np.r_[graph.indices, nodes], starts), shape=(count + 1, count + 1)
    )
    reached = np.zeros(count + 1, bool)
    reached[breadth_first_order(whole, count, directed=True, return_predecessors=False)] = True
    return reached[:count]


def _grow(arcs: _Arcs, root: int, waiting: Ints, growing: Ints) -> int:
    """Grow sets until they meet another, the root, or a waiting terminal; return what that adds."""
    rank, away = _find_regions(arcs, growing)
    free = _find_growth(arcs, rank, away, len(growing)) > 0
    growing = growing[free]
    rank, away = _find_regions(arcs, growing)
    growth = _find_growth(arcs, rank, away, len(growing))
    stops = np.r_[root, np.setdiff1d(waiting, growing)] if len(growing) > 1 else np.array([root])
    np.minimum.at(growth, rank[stops], away[stops])
    inner = np.isfinite(away[arcs.target])
    meets = rank[arcs.source] != rank[arcs.target]
    limit = growth[rank[arcs.target]]
    outer = np.where(meets, limit, np.minimum(away[arcs.source], limit))
    arcs.left -= np.where(inner, np.maximum(outer - np.minimum(away[arcs.target], limit), 0.0), 0.0)
    return int(growth.sum())


def _find_growth(arcs: _Arcs, rank: Ints, away: Floats, several: int) -> Floats:
    """Return how far each set can grow before an arc leads into it from a node of another."""
    meets = np.isfinite(away[arcs.target]) & (rank[arcs.source] != rank[arcs.target])
    growth = np.full(several, np.inf)
    np.minimum.at(growth, rank[arcs.target[meets]], arcs.left[meets] + away[arcs.target[meets]])
    return growth


def _find_regions(arcs: _Arcs, active: Ints) -> tuple[Ints, Floats]:
    """Return the active terminal nearest from each node, as its position, and the distance to it.

    One search from a node joined to all active terminals: distances are multiplied by their number, and a
    terminal's position added, so that the remainder of a distance tells to whom it leads.
    """
    several = len(active)
    starts = np.r_[0, np.cumsum(np.bincount(arcs.target, minlength=arcs.count)), len(arcs.target) + several]
    data = np.r_[arcs.left * several, np.arange(several, dtype=np.float64)]
    graph = csr_array((data, np.r_[arcs.source, active], starts), shape=(arcs.count + 1, arcs.count + 1))
    found = dijkstra(graph, indices=arcs.count)[: arcs.count]
    known = np.isfinite(found)
    away = np.full(arcs.count, np.inf)
    away[known] = found[known] // several
    rank = np.zeros(arcs.count, np.int64)
    rank[known] = (found[known] % several).astype(np.int64)
    return rank, away
