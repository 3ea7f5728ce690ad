"""Networks that no single cut divides: rings where a tree had branches."""

from math import fsum

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.routing.arguments import check_amounts, check_nodes
from infraplan.routing.problem import Floats, Ints
from infraplan.routing.result import Watch, measure_gap
from infraplan.routing.ring_prove import solve
from infraplan.routing.ring_reduce import make_network
from infraplan.routing.ring_search import Search
from infraplan.routing.steiner import Progress, Tree

_WHOLE = 50
"""Bits for the sum of all costs in whole units."""


def two_connected(  # noqa: PLR0913  (one question, all in one place)
    tails: ArrayLike,
    heads: ArrayLike,
    costs: ArrayLike,
    nodes: ArrayLike,
    *,
    tree: ArrayLike | None = None,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tree:
    """Find a cheap network in which no single cut edge separates some nodes, and how little it can cost.

    Two edges at least cross every cut between two of the nodes. A dual ascent gives such cuts prices, which
    add up to a bound; in what it uses up lies a good network. That starts as a tree; every leaf is joined a
    second time, by the cheapest edges that cover all bridges on the way to it (Suurballe 1974); then each
    chain of edges is taken out in turn, and left out or exchanged for cheaper cover. What bound and network
    leave is a smaller graph, for which a linear programme of cuts, added as they are broken (Grötschel, Monma
    & Stoer 1992), draws the bound tighter and points to better networks. Proof by cases closes small gaps.

    The same arguments give the same network, unless a time limit or the caller cuts the search short. Without
    time limit the work is bounded: about 10 s for 10 000 edges.

    Parameters
    ----------
    tails, heads, costs
        The undirected graph: two nodes and the cost of each edge, shapes (m,). Costs are finite, whole or
        not. Parallel edges are two ways; loops are none.
    nodes
        Nodes to be joined twice.
    tree
        Positions of edges that are kept, as those of a ``Tree``: they belong to the network and to its cost.
        Nodes that they do not join are joined as well. Without it the network is chosen as a whole, and may
        be cheaper than any tree with its reinforcement.
    time_limit_s, gap, progress
        As in ``steiner_tree``.
    seed
        For all that is drawn by lot.

    Returns
    -------
    Tree
        The whole network with its cost. A bridge of the graph itself stays one: no network can do without.
        ``unreached``: nodes in other parts of the graph than the one that holds the most of them.

    Raises
    ------
    ValueError
        A cost is negative or not finite, a number of a node or of a tree's edge wrong, or lengths differ; the
        tree has an edge twice; a limit or gap is negative.

    Examples
    --------
    >>> ring = two_connected([0, 1, 2, 3, 0], [1, 2, 3, 0, 2], [1, 1, 1, 1, 9], [0, 2])
    >>> ring.edges.tolist(), ring.cost, ring.lower_bound
    ([0, 1, 2, 3], 4.0, 4.0)
    """
    watch = Watch(time_limit_s, gap, progress)
    tail, head, cost, wanted, kept = _check(tails, heads, costs, nodes, tree)
    joined, unreached = _choose_part(tail, head, wanted)
    if len(joined) < 2:  # noqa: PLR2004  (one node is joined already)
        value = fsum(cost[kept].tolist())
        return Tree(kept, value, value, 0.0, 0.0, unreached, "optimal")
    scale, whole = _choose_scale(cost)
    units = np.floor(cost * scale).astype(np.int64)
    units[kept] = 0
    network, forced = make_network(tail, head, units, joined, kept)
    paid = np.union1d(kept, forced)
    search = Search(watch, fsum(cost[paid].tolist()), scale, int(scale) if whole else 1, forced[:0])
    solve(search, network, seed)
    edges = np.union1d(paid, search.best)
    value = fsum(cost[edges].tolist())
    lower = min(search.base + search.bound / scale, value)
    return Tree(edges, value, lower, measure_gap(value, lower), 0.0, unreached, watch.close(value, lower))


def _choose_scale(cost: Floats) -> tuple[float, bool]:
    """Return how many whole units, a power of two, stand for one unit of cost, and if all costs are whole."""
    total = float(cost.sum())
    scale = float(2.0 ** np.clip(np.floor(_WHOLE - np.log2(total or 1.0)), -900, 900))
    return scale, scale >= 1.0 and bool(np.all(cost == np.floor(cost)))


def _check(
    tails: ArrayLike, heads: ArrayLike, costs: ArrayLike, nodes: ArrayLike, tree: ArrayLike | None
) -> tuple[Ints, Ints, Floats, Ints, Ints]:
    every = np.iinfo(np.int64).max
    tail, head = check_nodes("tails", tails, every), check_nodes("heads", heads, every)
    cost = check_amounts("costs", costs)
    for name, values in (("heads", head), ("costs", cost)):
        if len(values) != len(tail):
            msg = f"{name} has {len(values)} values, tails {len(tail)}: give one of each for an edge"
            raise ValueError(msg)
    kept = np.empty(0, np.int64) if tree is None else _check_edges(tree, len(tail))
    return tail, head, cost, np.unique(check_nodes("nodes", nodes, every)), kept


def _check_edges(tree: ArrayLike, count: int) -> Ints:
    """Return positions of edges, rising, or say which is none."""
    edges = np.asarray(tree)
    if edges.shape == (0,):
        return np.empty(0, np.int64)
    if edges.ndim != 1 or not np.issubdtype(edges.dtype, np.integer):
        msg = f"tree is {edges.dtype} of shape {edges.shape}: give positions of edges in one dimension"
        raise ValueError(msg)
    wrong = np.flatnonzero((edges < 0) | (edges >= count))
    if len(wrong):
        msg = f"tree[{wrong[0]}] is {edges[wrong[0]]}: edges are numbered from 0 to {count - 1}"
        raise ValueError(msg)
    kept, first = np.unique(edges, return_index=True)
    if len(kept) < len(edges):
        again = int(np.setdiff1d(np.arange(len(edges)), first)[0])
        msg = f"tree[{again}] is {edges[again]} once more: give each edge once"
        raise ValueError(msg)
    return kept.astype(np.int64)


def _choose_part(tail: Ints, head: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """Return the wanted nodes in the part of the graph that holds the most of them, and the others."""
    names = np.unique(np.r_[tail, head, wanted])
    rows, columns = np.searchsorted(names, tail), np.searchsorted(names, head)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(names), len(names)))
    part = connected_components(graph, directed=False)[1][np.searchsorted(names, wanted)]
    inside = part == (np.bincount(part).argmax() if len(part) else -1)
    return wanted[inside], wanted[~inside]
