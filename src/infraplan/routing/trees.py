"""Trees from shortest paths: Mehlhorn's construction, and what makes it cheaper."""

from collections.abc import Callable

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, dijkstra, minimum_spanning_tree

from infraplan.routing.problem import Floats, Ints, Mask, Problem

_NO_NODE = -9999
"""scipy's word for a node without predecessor."""


def join_terminals(problem: Problem, seeds: Ints, usable: Ints, costs: Floats | None = None) -> Ints:
    """Return the edges, rising, of a tree over the problem's terminals by way of seeds.

    Mehlhorn (1988): the regions nearest to each seed, the cheapest path across each border between two of
    them, a minimum spanning tree of those paths, another of all nodes on its paths, and no leaf that is not
    asked for.

    Parameters
    ----------
    problem
        What is to be joined.
    seeds
        Nodes from which paths are sought: the terminals and any others.
    usable
        Edges that may be used; they join all terminals.
    costs
        Used for finding paths, instead of the problem's; the last spanning tree is by the problem's own.
    """
    cost = problem.costs[usable] if costs is None else costs[usable]
    tails, heads = problem.tails[usable], problem.heads[usable]
    graph = adjacency(problem.count, tails, heads, cost)
    distance, before, region = dijkstra(graph, indices=seeds, min_only=True, return_predecessors=True)
    border = np.flatnonzero(
        (region[tails] != region[heads]) & (region[tails] != _NO_NODE) & (region[heads] != _NO_NODE)
    )
    tail, head = tails[border], heads[border]
    paths = distance[tail] + cost[border] + distance[head]
    crossed = border[spanning_edges(problem.count, region[tail], region[head], paths)]
    nodes = climb(before, np.r_[tails[crossed], heads[crossed], problem.terminals])
    within = usable[nodes[tails] & nodes[heads]]
    return prune(problem, within)


def prune(problem: Problem, edges: Ints) -> Ints:
    """Return the cheapest spanning tree of some edges, without what leads to no terminal, rising."""
    if len(problem.terminals) < 2:  # noqa: PLR2004  (one node is joined already)
        return np.empty(0, np.int64)
    kept = edges[
        spanning_edges(problem.count, problem.tails[edges], problem.heads[edges], problem.costs[edges])
    ]
    tails, heads = problem.tails[kept], problem.heads[kept]
    graph = adjacency(problem.count, tails, heads, np.ones(len(kept)))
    before = breadth_first_order(graph, problem.terminals[0], directed=True)[1]
    needed = climb(before, problem.terminals)
    child = np.where(before[heads] == tails, heads, tails)
    return np.sort(kept[needed[child]])


def improve(problem: Problem, edges: Ints, usable: Ints, may_go_on: Callable[[], bool]) -> Ints:
    """Join the terminals anew by way of the tree's own forks, for as long as that makes it cheaper."""
    best = problem.price(edges)
    while may_go_on():
        degree = np.bincount(np.r_[problem.tails[edges], problem.heads[edges]], minlength=problem.count)
        forks = np.flatnonzero(degree > 2)  # noqa: PLR2004
        other = join_terminals(problem, np.union1d(problem.terminals, forks), usable)
        cost = problem.price(other)
        if cost >= best:
            break
        edges, best = other, cost
    return edges


def measure_from(problem: Problem, usable: Ints, nodes: Ints, costs: Floats) -> Floats:
    """Return the cost of the way over usable edges from each node to the nearest of some nodes."""
    graph = adjacency(problem.count, problem.tails[usable], problem.heads[usable], costs[usable])
    return np.asarray(dijkstra(graph, indices=nodes, min_only=True))


def spanning_edges(count: int, tails: Ints, heads: Ints, costs: Floats) -> Ints:
    """Return positions of the edges of a minimum spanning forest; parallel edges and zero costs are allowed.

    scipy adds up parallel edges and drops those of cost zero: it is given the cheapest of each pair, and
    ranks from 1.
    """
    order = np.argsort(costs, kind="stable")
    low, high = np.minimum(tails, heads)[order], np.maximum(tails, heads)[order]
    _, first = np.unique(low * np.int64(count) + high, return_index=True)
    ranks = coo_array((first + 1.0, (low[first], high[first])), shape=(count, count))
    return np.asarray(order[minimum_spanning_tree(ranks.tocsr()).data.astype(np.int64) - 1])


def adjacency(count: int, tails: Ints, heads: Ints, costs: Floats) -> csr_array:
    """Return a symmetric matrix of a simple graph that keeps its zero costs."""
    rows, columns = np.r_[tails, heads], np.r_[heads, tails]
    order = np.argsort(rows, kind="stable")
    starts = np.r_[0, np.cumsum(np.bincount(rows, minlength=count))]
    return csr_array((np.r_[costs, costs][order], columns[order], starts), shape=(count, count))


def climb(before: Ints, nodes: Ints) -> Mask:
    """Tell which nodes lie on the way from some nodes back to where their paths began.

    ``before`` names each node's predecessor. The ways are climbed in steps that double: long roads cost no
    more.
    """
    jump = np.where(before == _NO_NODE, np.arange(len(before)), before)
    on_way = np.zeros(len(before), bool)
    on_way[nodes] = True
    while True:
        on_way[jump[on_way]] = True
        further = jump[jump]
        if np.array_equal(further, jump):
            return on_way
        jump = further
