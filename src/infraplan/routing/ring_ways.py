"""The cheapest second way from nodes of a tree to its root: what makes a branch a ring."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from infraplan.routing.arguments import check_edges, check_limit, check_nodes
from infraplan.routing.graph import FAR, NONE, Graph, Mask, make_graph
from infraplan.routing.plain import Runner, choose_runner
from infraplan.routing.problem import Floats, Ints
from infraplan.routing.ring_kernels import Descent, descend, find_cover


def second_ways(
    tails: ArrayLike,
    heads: ArrayLike,
    costs: ArrayLike,
    tree: ArrayLike,
    nodes: ArrayLike,
    *,
    root: int,
) -> list[Ints | None]:
    """Find for each node the cheapest edges with which two ways lead from it to the root, no edge in both.

    The tree is there already and free. Its way to the root is the cheapest first one; the second is a
    shortest path that passes the first only backwards, which undoes it there, so that the two together are
    the cheapest pair (Suurballe 1974). Edges that are passed both ways are in neither of the two, so that it
    makes no difference that edges have no direction.

    Parameters
    ----------
    tails, heads, costs
        The undirected graph: two nodes and the cost of each edge, whole numbers from 0, shapes (m,).
    tree
        Positions of the tree's edges.
    nodes
        Nodes that it joins to the root, shape (k,).

    Returns
    -------
    list of arrays or None
        For each node the positions of edges beyond the tree, rising, none for the root itself; None where the
        graph has no second way: some edge is then in every one.

    Raises
    ------
    ValueError
        The tree does not join a node to the root, a number is wrong, or lengths differ.

    Examples
    --------
    >>> ways = second_ways([0, 1, 2, 0, 2], [1, 2, 3, 2, 4], [1, 1, 7, 7, 1], [0, 1], [1, 2], root=0)
    >>> [way.tolist() for way in ways]
    [[3], [3]]
    """
    tail, head, amounts = check_edges(tails, heads, costs)
    cost = _check_whole(amounts)
    wanted = check_nodes("nodes", nodes)
    kept = np.zeros(len(tail), np.bool_)
    kept[check_nodes("tree", tree, len(tail))] = True
    names, at = np.unique(np.r_[root, tail, head, wanted], return_inverse=True)
    start, tail, head, wanted = at[0], *np.split(at[1:], [len(tail), 2 * len(tail)])
    run = choose_runner(len(tail))
    graph = run(make_graph)(len(names), tail, head, cost)
    reached = _search(run, graph, kept, start).first
    if (reached[wanted] == NONE).any():
        lost = names[wanted[np.argmax(reached[wanted] == NONE)]]
        raise ValueError(f"the tree does not join node {lost} to the root, {root}")
    possible = _find_block(run, graph, start)
    # What is not in the root's block is in no second way, nor in the way of one.
    inside = np.flatnonzero(possible[tail] & possible[head])
    block = run(make_graph)(len(names), tail[inside], head[inside], cost[inside])
    found: dict[int, Ints | None] = {
        x: inside[_find_way(run, block, kept[inside], x, start)] if possible[x] else None
        for x in np.unique(wanted).tolist()
    }
    return [found[x] for x in wanted.tolist()]


def find_near(tails: ArrayLike, heads: ArrayLike, costs: ArrayLike, tree: ArrayLike, reach: float) -> Mask:
    """Tell which edges lie on a way from the tree back to it that costs no more than a sum, shape (m,).

    No other edge is of use in a set of further edges that costs no more in all. The tree's own are told too.

    Examples
    --------
    >>> find_near([0, 0, 2, 0], [1, 2, 1, 3], [1, 2, 3, 4], [0], 6).tolist()
    [True, True, True, False]
    """
    tail, head, cost = check_edges(tails, heads, costs)
    check_limit("reach", reach)
    near = np.zeros(len(tail), np.bool_)
    near[check_nodes("tree", tree, len(tail))] = True
    on_tree = np.zeros(int(np.r_[tail, head, -1].max()) + 1, np.bool_)
    on_tree[tail[near]] = on_tree[head[near]] = True
    away = _measure_from(on_tree, tail, head, cost, reach)
    return np.asarray(near | (away[tail] + cost + away[head] <= reach))


def _check_whole(costs: Floats) -> Ints:
    broken = np.flatnonzero(costs != np.floor(costs))
    if len(broken):
        raise ValueError(f"costs[{broken[0]}] is {costs[broken[0]]}: give whole numbers")
    return costs.astype(np.int64)


def _find_way(run: Runner, graph: Graph, tree: Mask, start: int, root: int) -> Ints:
    """Return the edges beyond the tree on the second way, which there is."""
    found = _search(run, graph, tree, start)
    _, way = run(find_cover)(graph, tree, found, start, root, int(FAR))
    return np.sort(way.astype(np.int64))


def _search(run: Runner, graph: Graph, chosen: Mask, start: int) -> Descent:
    return run(descend)(graph, chosen, np.zeros(len(graph.starts) - 1, np.bool_), start)


def _find_block(run: Runner, graph: Graph, root: int) -> Mask:
    """Tell which nodes hang together with the root by two ways that share no edge, shape (n,)."""
    whole = np.ones(len(graph.tails), np.bool_)
    found = _search(run, graph, whole, root)
    whole[found.up[found.cut]] = False
    count = len(graph.starts) - 1
    joined = coo_array(
        (np.ones(int(whole.sum()), np.int8), (graph.tails[whole], graph.heads[whole])), shape=(count, count)
    )
    part = connected_components(joined, directed=False)[1]
    return np.asarray(part == part[root])


def _measure_from(source: Mask, tail: Ints, head: Ints, cost: Floats, reach: float) -> Floats:
    """Return how far each node is from the nearest source, infinity beyond reach, shape (n,)."""
    # All sources are node 0; of parallel edges the cheapest counts, which a sparse matrix would add up.
    number = np.where(source, 0, np.cumsum(~source))
    low, high = np.minimum(number[tail], number[head]), np.maximum(number[tail], number[head])
    order = np.lexsort((cost, high, low))
    low, high, cost = low[order], high[order], cost[order]
    first = (low != high) & np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)][: len(low)]
    count = int((~source).sum()) + 1
    matrix = csr_array((cost[first], (low[first], high[first])), shape=(count, count))
    return np.asarray(dijkstra(matrix, directed=False, indices=0, limit=reach))[number]
