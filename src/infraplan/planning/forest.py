"""A tree of trenches as a rooted forest, and the pruning of its dearest branches.

Arrays only; node and edge numbers are those of the route graph.
"""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Forest:
    """Edges hung under the roots they are reached from.

    Attributes
    ----------
    nodes
        Nodes of the forest in breadth-first order, roots left out, shape (k,).
    parent
        For each of ``nodes`` the position in ``nodes`` of the node above it, −1 under a root, shape (k,).
    edge
        For each of ``nodes`` the edge to the node above it, shape (k,).
    """

    nodes: Ints
    parent: Ints
    edge: Ints


def hang(tails: Ints, heads: Ints, edges: Ints, roots: Ints, node_count: int) -> Forest:
    """Hang a forest's edges under its roots; edges that no root reaches are left out.

    Breadth first from a super-root that stands for all roots, since the existing network is one network.
    """
    place = np.full(node_count, -1, np.int64)
    place[roots] = 0
    others = np.setdiff1d(np.concatenate([tails[edges], heads[edges]]), roots)
    place[others] = np.arange(1, len(others) + 1)
    size = len(others) + 1
    low, high = place[tails[edges]], place[heads[edges]]
    numbers = sparse.coo_array((np.arange(1, len(edges) + 1), (low, high)), shape=(size, size)).tocsr()
    order, above = csgraph.breadth_first_order(numbers, 0, directed=False)
    order = order[1:].astype(np.int64)
    above_of = above.astype(np.int64)[order]
    rank = np.full(size, -1, np.int64)
    rank[order] = np.arange(len(order))
    edge_between = {
        (min(a, b), max(a, b)): e for a, b, e in zip(low.tolist(), high.tolist(), edges.tolist(), strict=True)
    }
    up = [edge_between[min(a, b), max(a, b)] for a, b in zip(order.tolist(), above_of.tolist(), strict=True)]
    return Forest(others[order - 1], np.where(above_of == 0, -1, rank[above_of]), np.array(up, np.int64))


def prune(
    forest: Forest, costs: Ints, weights: Ints, *, least: int = 0, most_sek: int | None = None
) -> NDArray[np.bool_]:
    """Cut the dearest branches per unit until no more may go, and return what stays, shape (k,).

    A branch is a node with all below it and its edge upwards. With ``most_sek`` branches go until what
    stays costs no
    more than that; without it they go as long as at least ``least`` units stay. A greedy rule: good where the
    tree already follows the villages, with no proof of how far from the best.

    Parameters
    ----------
    costs
        Cost of the edge above each of the forest's nodes, shape (k,).
    weights
        Units at each of the forest's nodes, shape (k,).
    """
    parent = forest.parent.tolist()
    cost, weight, below = _branches(parent, costs.tolist(), weights.tolist())
    total_cost, total_weight = int(costs.sum()), int(weights.sum())
    stays = np.ones(len(parent), dtype=bool)
    heap = [(_rank(cost[i], weight[i]), i) for i in range(len(parent))]
    heapq.heapify(heap)
    while heap and (most_sek is None or total_cost > most_sek):
        rank, i = heapq.heappop(heap)
        if not stays[i]:
            continue
        # A cut makes the branches around it cheaper per unit, never dearer: an old rank is mended when it
        # comes up.
        if rank != _rank(cost[i], weight[i]):
            heapq.heappush(heap, (_rank(cost[i], weight[i]), i))
            continue
        if most_sek is None and total_weight - weight[i] < least:
            continue
        total_cost -= cost[i]
        total_weight -= weight[i]
        stays[_branch(i, below, stays)] = False
        above = parent[i]
        while above >= 0:
            cost[above] -= cost[i]
            weight[above] -= weight[i]
            above = parent[above]
    return stays


def _branches(
    parent: list[int], costs: list[int], weights: list[int]
) -> tuple[list[int], list[int], list[list[int]]]:
    """Return cost and weight of each node's whole branch, and the nodes right below it."""
    cost, weight = list(costs), list(weights)
    below: list[list[int]] = [[] for _ in parent]
    for i in range(len(parent) - 1, -1, -1):
        if parent[i] >= 0:
            cost[parent[i]] += cost[i]
            weight[parent[i]] += weight[i]
            below[parent[i]].append(i)
    return cost, weight, below


def _rank(cost: int, weight: int) -> tuple[float, int]:
    """Order branches by falling cost per unit; those that serve nobody first, the dearest of them first."""
    return (-np.inf if weight == 0 else -cost / weight, -cost)


def _branch(top: int, below: list[list[int]], stays: NDArray[np.bool_]) -> list[int]:
    """Return the node and all that still hangs below it."""
    found, todo = [], [top]
    while todo:
        node = todo.pop()
        found.append(node)
        todo.extend(child for child in below[node] if stays[child])
    return found
