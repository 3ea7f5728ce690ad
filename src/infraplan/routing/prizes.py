"""What is asked of a tree that collects prizes: checked, and cut into parts that hang together."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.routing.arguments import check_amounts, check_edges, check_nodes
from infraplan.routing.graph import Costs, Graph, make_graph, with_costs
from infraplan.routing.plain import Runner, choose_runner
from infraplan.routing.problem import Floats, Ints, Mask

_WHOLE = 42
"""Bits for the sum of all costs in whole units: as many again are left for prizes of ends."""


@dataclass(frozen=True)
class Part:
    """A part of the graph in which a tree may lie; its nodes are numbered anew.

    Attributes
    ----------
    graph
        Edges in whole units; those of ends are dearer by ``toll``, so that no way leads through an end.
    names, origin
        Each node and edge as given.
    costs, prizes
        As given, shapes (m,) and (n,); a root's prize is collected anyway, and left out.
    root
        The node at which the tree begins, or −1 if it is free.
    ends
        Whether a node is the end of every path that touches it, shape (n,).
    must
        Whether a prize is surely collected by any tree that is looked for, shape (n,).
    scale
        Whole units in one unit of cost, a power of two.
    toll
        What the edges and the prizes of ends are raised by.
    run
        What is put around every kernel: a large part that was narrowed still has them compiled.
    """

    graph: Graph
    names: Ints
    origin: Ints
    costs: Floats
    prizes: Floats
    root: int
    ends: Mask
    must: Mask
    scale: float
    toll: int
    run: Runner

    @property
    def total(self) -> float:
        """All prizes together."""
        return float(self.prizes.sum())

    def count_units(self, multiplier: float) -> Costs:
        """Return the prizes in whole units, rounded down; none is more than any tree is worth."""
        cap = int(self.costs.sum() * self.scale) + 1 if self.costs.any() else 1 << _WHOLE
        units = np.zeros(len(self.prizes), np.int64)
        some = self.prizes > 0
        with np.errstate(over="ignore"):
            units[some] = np.minimum(self.prizes[some] * (multiplier * self.scale), cap)
        units[self.must] = cap
        return np.where(self.ends & (self.prizes > 0), units + self.toll, units)

    def without_tolls(self) -> Graph:
        """Return the graph at what its edges really cost."""
        at_end = self.ends[self.graph.tails] | self.ends[self.graph.heads]
        return with_costs(self.graph, self.graph.costs - np.where(at_end, self.toll, 0))

    def from_units(self, units: int) -> float:
        """Return a bound in whole units as a cost, without the tolls."""
        return (units - self.toll * int(np.sum(self.ends & (self.prizes > 0)))) / self.scale


@dataclass(frozen=True)
class Prizes:
    """All of it: parts, richest first (with roots there is one), and what no part can change.

    Attributes
    ----------
    parts
        Parts in which a tree may collect something.
    given
        The prize of the roots.
    total
        All prizes, whether they can be collected or not.
    whole_costs, whole_prizes
        Whether costs and prizes are whole numbers, so that bounds may be rounded.
    names
        Nodes with a prize, rising.
    roots
        Roots, rising.
    """

    parts: list[Part]
    given: float
    total: float
    whole_costs: bool
    whole_prizes: bool
    names: Ints
    roots: Ints

    @property
    def edges(self) -> int:
        """How many edges there are in all parts."""
        return sum(len(part.costs) for part in self.parts)


def read_prizes(
    tails: ArrayLike, heads: ArrayLike, costs: ArrayLike, prizes: ArrayLike, roots: ArrayLike, ends: ArrayLike
) -> Prizes:
    """Check the arguments and cut the graph into parts.

    Left out: loops, all but the cheapest of parallel edges, edges at ends without a prize or between two
    ends, parts without a prize, and with roots all parts that hold none.
    """
    prize = check_amounts("prizes", prizes)
    count = len(prize)
    tail, head, cost = check_edges(tails, heads, costs, count)
    root = np.unique(check_nodes("roots", roots, count))
    end = np.zeros(count, np.bool_)
    end[check_nodes("ends", ends, count)] = True
    end[root] = False
    given = float(prize[root].sum())
    open_prize = prize.copy()
    open_prize[root] = 0.0
    node = np.arange(count)
    node[root] = root[:1]
    parts = list(_cut(node[tail], node[head], cost, open_prize, root[:1], end))
    parts.sort(key=lambda part: -part.total)
    return Prizes(
        parts, given, float(prize.sum()), _whole(cost), _whole(prize), np.flatnonzero(prize > 0), root
    )


def _whole(values: Floats) -> bool:
    return bool(np.all(values == np.floor(values)) and values.sum() < 2.0**53)


def _cut(tail: Ints, head: Ints, cost: Floats, prize: Floats, root: Ints, end: Mask) -> Iterator[Part]:
    """Yield the parts; an end belongs to each part in which it has an edge."""
    count = len(prize)
    closed = end & (prize == 0)
    alive = np.flatnonzero((tail != head) & ~closed[tail] & ~closed[head] & ~(end[tail] & end[head]))
    edges = _cheapest(tail, head, cost, alive)
    tail, head, cost = tail[edges], head[edges], cost[edges]
    inner = ~(end[tail] | end[head])
    joined = coo_array((np.ones(inner.sum()), (tail[inner], head[inner])), shape=(count, count))
    part = connected_components(joined, directed=False)[1]
    of_edge = part[np.where(end[tail], head, tail)]
    order = np.argsort(of_edge, kind="stable")
    of_edge = of_edge[order]
    if len(root):
        chosen = order[of_edge == part[root[0]]]
        yield _make_part(tail, head, cost, edges, chosen, prize, root, end)
        return
    for chosen in np.split(order, np.flatnonzero(np.diff(of_edge)) + 1):
        if len(chosen) and (prize[tail[chosen]] + prize[head[chosen]]).any():
            yield _make_part(tail, head, cost, edges, chosen, prize, root, end)
    alone = prize.copy()
    alone[np.r_[tail, head]] = 0.0
    if alone.any():
        best = np.array([np.argmax(alone)])
        yield _make_part(tail, head, cost, edges, order[:0], prize, best, end)


def _make_part(
    tail: Ints,
    head: Ints,
    cost: Floats,
    origin: Ints,
    chosen: Ints,
    prize: Floats,
    root: Ints,
    end: Mask,
) -> Part:
    """Return a part of some edges, its nodes numbered anew, its costs counted in whole units."""
    chosen = np.sort(chosen)
    names = np.unique(np.r_[tail[chosen], head[chosen], root])
    costs = cost[chosen]
    most = float(costs.sum()) or float(prize[names].sum()) or 1.0
    scale = 2.0 ** np.clip(np.floor(_WHOLE - np.log2(most)), -900, 900)
    units = np.floor(costs * scale).astype(np.int64)
    ends = end[names]
    toll = int(units.sum()) + 1 if ends.any() else 0
    tails, heads = np.searchsorted(names, tail[chosen]), np.searchsorted(names, head[chosen])
    units += np.where(ends[tails] | ends[heads], toll, 0)
    run = choose_runner(len(chosen))
    graph = run(make_graph)(len(names), tails, heads, units)
    start = int(np.searchsorted(names, root[0])) if len(root) else -1
    return Part(
        graph,
        names,
        origin[chosen],
        costs,
        prize[names],
        start,
        ends,
        np.zeros(len(names), np.bool_),
        float(scale),
        toll,
        run,
    )


def _cheapest(tail: Ints, head: Ints, cost: Floats, edges: Ints) -> Ints:
    """Return those of the edges that are the cheapest, or first, between their two nodes."""
    low, high = np.minimum(tail, head)[edges], np.maximum(tail, head)[edges]
    order = np.lexsort((edges, cost[edges], high, low))
    low, high = low[order], high[order]
    new = np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])][: len(order)]
    return np.sort(edges[order[new]])
