"""Trees that may leave prizes, as Steiner trees in which each prize is an end that is joined or left."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.routing.collect import Found, find_entries, take, trim_free
from infraplan.routing.graph import FAR, Costs, Mask, Nodes
from infraplan.routing.large import solve_large
from infraplan.routing.prize_kernels import fold_leaves, hang_leaves
from infraplan.routing.prizes import Part
from infraplan.routing.problem import Ints, Problem, read_problem
from infraplan.routing.regions import find_regions


class Limits(NamedTuple):
    """When a search ends: at a time of ``time.monotonic``, or when what it tells is answered with True.

    Without a time, so many steps are taken at most.
    It tells the value of its best tree, and a bound of all trees' values, both with the prizes left.
    """

    deadline: float
    seed: int
    tell: Callable[[float, float], bool]
    work: int | None = None


class Question(NamedTuple):
    """A part after leaves were folded into the nodes that they hang on.

    Attributes
    ----------
    units
        What prizes are worth then, shape (n,).
    keep
        Edges that are left, shape (m,).
    order, via
        The leaves as they were folded and the edge of each, as of ``fold_leaves``.
    paid
        What every tree pays for the leaves at least.
    """

    units: Costs
    keep: Mask
    order: Nodes
    via: Nodes
    paid: int


def choose_rooted(
    part: Part, root: int, units: Costs, limits: Limits, known: Found | None = None
) -> tuple[Found, float]:
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
    known
        A tree to start with.
    """
    away = part.run(find_regions)(part.graph, np.array([root], np.int32)).away
    near = away < FAR
    foldable = near.copy()
    foldable[root] = False
    question = _fold(part, np.where(near, units, 0), foldable)
    question.units[root] = 0
    sure = np.flatnonzero((question.units > 0) & (question.units >= away))
    problem = _build(part, question, sure, (root, np.array([root]), _most(question)))
    lost = int(_worth(part, units)[~near].sum()) + question.paid - _most(question)
    start = None
    if known is not None and known.inside[sure].all():
        start = np.flatnonzero(_restate(part, question, known, sure)[problem.origin])
    tree, bound = _solve(part, problem, (question, root, lost), limits, start)
    return tree, (bound + lost) / part.scale


def choose_free(part: Part, units: Costs, known: Found, limits: Limits) -> tuple[Found, float]:
    """Return a tree, and a bound of the cost and lost prizes of all trees.

    A further node is joined to the prizes at their worth, and to all entries, nodes by which a tree may
    begin, at what the known tree gains. A tree needs one of these edges, so what one costs is taken off the
    bound again; and where no tree gains more than the known one, two never pay for two entries. A single end
    is a tree as well.
    """
    gain = int(units[known.inside].sum()) - int(part.graph.costs[known.chosen].sum())
    question, entry, nowhere = _fold(part, units, part.ends), max(gain, 0), len(part.names)
    entries = find_entries(part, units).astype(np.int64)
    problem = _build(part, question, entries[:0], (nowhere, entries, entry))
    forest, bound = _solve(part, problem, (question, nowhere, question.paid - entry), limits)
    value = (bound + question.paid - entry) / part.scale
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


def _fold(part: Part, units: Costs, foldable: Mask) -> Question:
    folded, order, via, paid = part.run(fold_leaves)(part.graph, foldable, units)
    keep = np.ones(len(part.costs), np.bool_)
    keep[np.where(via < 0, -1 - via, via)] = False
    tolls = part.toll * int(np.sum(part.ends[order] & (units[order] > 0)))
    return Question(folded, keep, order, via, paid - tolls)


def _most(question: Question) -> int:
    """Return more than any open prize is worth."""
    return int(question.units.max(initial=0)) + 1


def _list_open(part: Part, question: Question, sure: Ints) -> tuple[Ints, Ints]:
    """Return the prizes that may be left: at nodes that get one more for it, and at ends."""
    open_prizes = question.units > 0
    open_prizes[sure] = False
    return np.flatnonzero(open_prizes & ~part.ends), np.flatnonzero(open_prizes & part.ends)


def _restate(part: Part, question: Question, known: Found, sure: Ints) -> Mask:
    """Return which edges a known tree has of those that ``_build`` makes, with the one of the root."""
    own, end = _list_open(part, question, sure)
    left = ~known.inside[np.r_[own, end]]
    return np.asarray(np.r_[known.chosen, known.inside[own], left, True])


def _build(part: Part, question: Question, sure: Ints, entry: tuple[int, Ints, int]) -> Problem:
    """Return the Steiner problem: edges of the part, then those of prizes, then those of entries.

    What leads to prizes that are left is a node of its own: a search that comes past the root would look at
    every prize there.
    """
    root, entries, cost = entry
    graph, units = part.without_tolls(), _worth(part, question.units)
    hub = len(part.names)
    own, end = _list_open(part, question, sure)
    new = hub + 1 + np.arange(len(own))
    leaf = np.r_[new, end]
    tails = np.r_[graph.tails, new, leaf, entries]
    heads = np.r_[graph.heads, own, np.full(len(leaf) + len(entries), hub)]
    costs = np.r_[
        graph.costs, np.zeros(len(own), np.int64), units[own], units[end], np.full(len(entries), cost)
    ]
    kept = np.flatnonzero(np.r_[question.keep, np.ones(len(costs) - len(question.keep), np.bool_)])
    problem = read_problem(
        tails[kept],
        heads[kept],
        costs[kept],
        np.r_[sure, leaf, hub],
        roots=[root],
        ends=np.r_[np.flatnonzero(part.ends), new],
    )
    return replace(problem, origin=kept[problem.origin])


def _solve(
    part: Part,
    problem: Problem,
    place: tuple[Question, int, int],
    limits: Limits,
    start: Ints | None = None,
) -> tuple[Found, float]:
    """Return the edges and nodes in the part of a Steiner tree, and a bound of its cost in units."""
    question, root, lost = place
    chosen, inside = np.zeros(len(part.costs), np.bool_), np.zeros(len(part.names), np.bool_)
    inside[root : root + 1] = True
    bound = 0.0
    if len(problem.terminals) > 1:

        def tell(value: float, bound: float, _: float) -> bool:
            return limits.tell((value + lost) / part.scale, (bound + lost) / part.scale)

        edges, units, _ = part.run(solve_large)(
            problem,
            seed=limits.seed,
            gap=0.0,
            deadline=limits.deadline,
            progress=tell,
            work=limits.work,
            start=start,
        )
        bound = units / problem.scale
        edges = problem.origin[edges]
        chosen[edges[edges < len(chosen)]] = True
    inside[part.graph.tails[chosen]] = True
    inside[part.graph.heads[chosen]] = True
    part.run(hang_leaves)(part.graph, question.order, question.via, chosen, inside)
    return take(part, chosen, inside), bound
