"""Trees that may leave prizes, as Steiner trees in which each prize is an end that is joined or left."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.routing.collect import Found, find_entries, take, trim_free
from infraplan.routing.graph import FAR, Costs
from infraplan.routing.large import solve_large
from infraplan.routing.prizes import Part
from infraplan.routing.problem import Ints, Problem, read_problem
from infraplan.routing.regions import find_regions


class Limits(NamedTuple):
    """When a search ends: at a time of ``time.monotonic``, or when what it tells is answered with True.

    It tells the value of its best tree, and a bound of all trees' values, both with the prizes left.
    """

    deadline: float
    seed: int
    tell: Callable[[float, float], bool]


def choose_rooted(part: Part, root: int, units: Costs, limits: Limits) -> tuple[Found, float]:
    """Return a tree that holds the root, and a bound of the cost and lost prizes of all such trees.

    Every prize gets a node of its own that no way leads through, joined to its place for nothing and to the
    root at its worth: a Steiner tree of these takes the one edge or the other, collected or left (the
    transformation of Ljubic et al. 2006, undirected). A prize that is worth the way from the root is surely
    collected, and an end with a prize needs no further node.

    Parameters
    ----------
    part, root
        Where to look.
    units
        What prizes are worth, as of ``Part.count_units``, shape (n,).
    limits
        When to end.
    """
    away = part.run(find_regions)(part.graph, np.array([root], np.int32)).away
    far = away == FAR
    lost = int(_worth(part, units)[far].sum())
    sure = (units > 0) & ((units >= away) | part.must) & ~far
    sure[root] = False
    open_prizes = np.flatnonzero((units > 0) & ~sure & ~far & (np.arange(len(units)) != root))
    problem = _build(part, units, (open_prizes, np.flatnonzero(sure), root), ())
    tree, bound = _solve(part, problem, root, lost, limits)
    return tree, (bound + lost) / part.scale


def choose_free(part: Part, units: Costs, known: Found, limits: Limits) -> tuple[Found, float]:
    """Return a tree, and a bound of the cost and lost prizes of all trees.

    A further node is joined to the prizes at their worth, and to all entries, nodes by which a tree may
    begin, at what the known tree gains. A tree needs one of these edges, so what one costs is taken off the
    bound again; and where no tree gains more than the known one, two never pay for two entries. A single end
    is a tree as well.
    """
    gain = int(units[known.inside].sum()) - int(part.graph.costs[known.chosen].sum())
    inside, root = np.flatnonzero(units > 0), len(part.names)
    entries = find_entries(part, units).astype(np.int64)
    problem = _build(part, units, (inside, inside[:0], root), (entries, max(gain, 0)))
    forest, bound = _solve(part, problem, root, -max(gain, 0), limits)
    value = (bound - max(gain, 0)) / part.scale
    if part.ends.any():
        value = min(value, part.total - float(part.prizes[part.ends].max()))
    return min(
        (trim_free(part, node, forest, units) for node in _list_tops(part, forest)),
        key=lambda tree: tree.cost - tree.prize,
        default=known,
    ), value


def _list_tops(part: Part, forest: Found) -> list[int]:
    """Return a node of each tree of a forest."""
    tails, heads = part.graph.tails[forest.chosen], part.graph.heads[forest.chosen]
    count = len(part.names)
    group = connected_components(coo_array((np.ones(len(tails)), (tails, heads)), shape=(count, count)))[1]
    inner = np.flatnonzero(forest.inside & ~part.ends)
    return [int(node) for node in inner[np.unique(group[inner], return_index=True)[1]]]


def _worth(part: Part, units: Costs) -> Costs:
    """Return the units without what prizes of ends are raised by."""
    return units - np.where(part.ends & (units > 0), part.toll, 0)


def _build(
    part: Part, units: Costs, nodes: tuple[Ints, Ints, int], entry: tuple[Ints, int] | tuple[()]
) -> Problem:
    """Return the Steiner problem: first the edges of the part, then those of prizes, then the entries'."""
    open_prizes, sure, root = nodes
    graph = part.without_tolls()
    own = open_prizes[~part.ends[open_prizes]]
    new = max(len(part.names), root + 1) + np.arange(len(own))
    leaf = np.r_[new, open_prizes[part.ends[open_prizes]]]
    place = np.r_[own, open_prizes[part.ends[open_prizes]]]
    worth = _worth(part, units)[place]
    entries, cost = entry or (own[:0], 0)
    tails = np.r_[graph.tails, own, np.full(len(leaf) + len(entries), root)]
    heads = np.r_[graph.heads, new, leaf, entries]
    costs = np.r_[graph.costs, np.zeros(len(own), np.int64), worth, np.full(len(entries), cost)]
    ends = np.r_[np.flatnonzero(part.ends), new]
    return read_problem(tails, heads, costs, np.r_[sure, leaf], roots=[root], ends=ends)


def _solve(part: Part, problem: Problem, root: int, lost: int, limits: Limits) -> tuple[Found, float]:
    """Return the edges and nodes in the part of a Steiner tree, and a bound of its cost in units."""
    chosen, inside = np.zeros(len(part.costs), np.bool_), np.zeros(len(part.names), np.bool_)
    inside[root : root + 1] = True
    bound = 0.0
    if len(problem.terminals) > 1:

        def tell(value: float, bound: float, _: float) -> bool:
            return limits.tell((value + lost) / part.scale, (bound + lost) / part.scale)

        edges, units, _ = part.run(solve_large)(
            problem, seed=limits.seed, gap=0.0, deadline=limits.deadline, progress=tell
        )
        bound = units / problem.scale
        edges = problem.origin[edges]
        chosen[edges[edges < len(chosen)]] = True
    inside[part.graph.tails[chosen]] = True
    inside[part.graph.heads[chosen]] = True
    return take(part, chosen, inside), bound
