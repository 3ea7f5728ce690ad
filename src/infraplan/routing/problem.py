"""What is asked of the router, checked and cut down to what can matter."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.routing.arguments import check_edges, check_nodes

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_FEW = 1_000
"""Numbers of nodes that may be unused however few there are."""
_BITS = 52
"""Of a sum of whole costs: floating point is exact so far."""


@dataclass(frozen=True)
class Problem:
    """A Steiner problem in a simple graph in which all terminals can be joined.

    Attributes
    ----------
    count
        Nodes are 0…count−1; all roots are one node.
    tails, heads, costs
        Edges without loops and parallels, shape (m,).
    origin
        Position of each edge among those given, shape (m,).
    terminals
        Nodes to be joined, the root first where there is one, shape (k,).
    ends
        Whether a node is the end of every path that touches it, shape (count,).
    unreached
        Terminals as given that no tree can join, rising.
    scale
        How many units of ``costs`` make one of those given, a power of two.
    """

    count: int
    tails: Ints
    heads: Ints
    costs: Floats
    origin: Ints
    terminals: Ints
    ends: Mask
    unreached: Ints
    scale: float = 1.0

    @property
    def at_end(self) -> Mask:
        """Whether each edge touches an end, shape (m,)."""
        return np.asarray(self.ends[self.tails] | self.ends[self.heads])


def read_problem(
    tails: ArrayLike,
    heads: ArrayLike,
    costs: ArrayLike,
    terminals: ArrayLike,
    *,
    roots: ArrayLike,
    ends: ArrayLike,
) -> Problem:
    """Check the arguments of ``steiner_tree`` and make a problem of them.

    Left out: loops, all but the cheapest of parallel edges, edges at ends that are no terminals or that join
    two ends, and every part of the graph that holds no root (without roots: that does not hold the most
    terminals).
    """
    tail, head, cost = check_edges(tails, heads, costs)
    wanted, root, end = (
        list_distinct(check_nodes(name, values))
        for name, values in (("terminals", terminals), ("roots", roots), ("ends", ends))
    )
    scale = _choose_scale(cost, int(np.isin(wanted, end).sum()))
    problem = _reduce(tail, head, np.floor(cost * scale), wanted, root, end[~np.isin(end, root)])
    return replace(problem, scale=scale)


def list_distinct(nodes: Ints) -> Ints:
    """Return each number once, rising; numbers without large gaps are not sorted for that."""
    if not len(nodes) or nodes.max() > 4 * len(nodes) + _FEW:
        return np.unique(nodes)
    found = np.zeros(int(nodes.max()) + 1, bool)
    found[nodes] = True
    return np.flatnonzero(found)


def _choose_scale(cost: Floats, ends: int) -> float:
    """Return a power of two by which costs are multiplied before they are rounded down to whole units.

    One, where they are whole and small enough. Costs of ends are raised by more than all costs together: the
    sum of that, and the search's own disturbances, must fit into a whole number of 62 bits.
    """
    most = 2.0 ** (_BITS - np.ceil(np.log2(ends + 2)))
    total = float(cost.sum())
    if total <= most and bool((cost == np.floor(cost)).all()):
        return 1.0
    return float(2.0 ** min(np.floor(np.log2(most) - np.log2(total)), 1000.0))


def _reduce(tail: Ints, head: Ints, cost: Floats, wanted: Ints, root: Ints, end: Ints) -> Problem:
    names = list_distinct(np.concatenate([tail, head, wanted, root]))
    node = np.arange(len(names))
    if len(names) and names[-1] >= len(names):
        end = end[np.isin(end, names)]
        tail, head, wanted, root, end = (_number(names, nodes) for nodes in (tail, head, wanted, root, end))
    end = end[end < len(names)]
    first = root[:1]
    node[root] = first if len(root) else 0
    terminal, ends = np.zeros((2, len(names)), bool)
    terminal[wanted] = True
    ends[end] = True
    tail, head = node[tail], node[head]
    closed = ends & ~terminal
    alive = (tail != head) & ~closed[tail] & ~closed[head] & ~(ends[tail] & ends[head])
    edges = _cheapest(tail, head, cost, np.flatnonzero(alive))
    tail, head, cost = tail[edges], head[edges], cost[edges]
    targets = list_distinct(node[terminal])
    reached, inside = _choose_part(len(names), tail, head, targets, first, ends)
    met = np.zeros(len(names), bool)
    met[reached] = True
    lost = terminal & ~met[node]
    met[first] = False
    joined = np.r_[first, np.flatnonzero(met)]
    return Problem(
        len(names), tail[inside], head[inside], cost[inside], edges[inside], joined, ends, names[lost]
    )


def _number(names: Ints, nodes: Ints) -> Ints:
    """Return the positions of nodes among the rising names that they are all among."""
    if names[-1] > 4 * len(names) + _FEW:
        return np.searchsorted(names, nodes)
    number = np.zeros(int(names[-1]) + 1, np.int64)
    number[names] = np.arange(len(names))
    return np.asarray(number[nodes])


def _cheapest(tail: Ints, head: Ints, cost: Floats, edges: Ints) -> Ints:
    """Return those of the edges that are the cheapest, or first, between their two nodes."""
    tail, head = tail[edges], head[edges]
    pair = np.minimum(tail, head) * (np.maximum(tail, head).max(initial=0) + 1) + np.maximum(tail, head)
    rising = np.sort(pair)
    if not (rising[1:] == rising[:-1]).any():
        return edges
    order = np.lexsort((cost[edges], pair))
    return np.sort(edges[order[np.r_[True, pair[order[1:]] != pair[order[:-1]]]]])


def _choose_part(
    count: int, tail: Ints, head: Ints, targets: Ints, root: Ints, ends: Mask
) -> tuple[Ints, Mask]:
    """Return the targets that can be joined without passing an end, and which edges are there."""
    at_end = ends[tail] | ends[head]
    inner = coo_array((np.ones((~at_end).sum()), (tail[~at_end], head[~at_end])), shape=(count, count))
    part = connected_components(inner, directed=False)[1]
    inside_of = part[np.where(ends[tail], head, tail)]
    leaf = np.where(ends[tail], tail, head)[at_end]
    plain = targets[~ends[targets]]
    member = np.r_[np.c_[plain, part[plain]], np.c_[targets, part[targets]], np.c_[leaf, inside_of[at_end]]]
    member = np.stack(np.divmod(np.unique(member[:, 0] * (count + 1) + member[:, 1]), count + 1), axis=1)
    chosen = part[root[0]] if len(root) else np.bincount(member[:, 1]).argmax() if len(member) else -1
    return np.intersect1d(member[member[:, 1] == chosen, 0], targets, assume_unique=True), inside_of == chosen
