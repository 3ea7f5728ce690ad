"""A tree of trenches as a rooted forest, and the pruning of its dearest branches.

Arrays only; node and edge numbers are those of the route graph.
"""

import heapq
from collections.abc import Iterator
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


@dataclass
class _Branches:
    """What still stands of a forest; a branch is a node with all below it and its edge upwards."""

    parent: list[int]
    below: list[list[int]]
    cost: list[int]
    weight: list[int]
    stays: NDArray[np.bool_]
    total_cost: int
    total_weight: int

    def cut(self, top: int) -> None:
        """Take a branch away."""
        todo = [top]
        while todo:
            node = todo.pop()
            self.stays[node] = False
            todo.extend(child for child in self.below[node] if self.stays[child])
        cost, weight = self.cost[top], self.weight[top]
        self.total_cost -= cost
        self.total_weight -= weight
        above = self.parent[top]
        while above >= 0:
            self.cost[above] -= cost
            self.weight[above] -= weight
            above = self.parent[above]


def prune_to_target(forest: Forest, costs: Ints, weights: Ints, *, least: int) -> NDArray[np.bool_]:
    """Cut the dearest branches per unit as long as at least ``least`` units stay; return what stays.

    A greedy rule: good where the tree already follows the villages, with no proof of how far from the best.

    Parameters
    ----------
    costs
        Cost in SEK of the edge above each of the forest's nodes, shape (k,).
    weights
        Units at each of the forest's nodes, shape (k,).

    Returns
    -------
    Whether each of the forest's nodes stays, shape (k,).
    """
    branches = _gather_branches(forest, costs, weights)
    for branch in _dearest_first(branches):
        if branches.total_weight - branches.weight[branch] >= least:
            branches.cut(branch)
    return branches.stays


def prune_to_budget(
    forest: Forest, costs: Ints, weights: Ints, *, most_sek: int, sparing: bool
) -> NDArray[np.bool_]:
    """Cut the dearest branches per unit until the rest costs no more than ``most_sek``; return what stays.

    Neither way is always the better one. A ``sparing`` cut never takes more money's worth than it must: a
    trunk whose villages are dear together stays while smaller branches can go. The other takes it, and leaves
    money over for those near what stays. Parameters and result otherwise as for ``prune_to_target``.
    """
    branches = _gather_branches(forest, costs, weights)
    for branch in _dearest_first(branches):
        excess = branches.total_cost - most_sek
        if excess <= 0:
            break
        if not sparing or branches.cost[branch] <= excess:
            branches.cut(branch)
    while (excess := branches.total_cost - most_sek) > 0:
        left = np.flatnonzero(branches.stays).tolist()
        enough = [i for i in left if branches.cost[i] >= excess]
        branches.cut(
            min(enough, key=lambda i: (branches.weight[i], branches.cost[i]))
            if enough
            else max(left, key=lambda i: branches.cost[i])
        )
    return branches.stays


def _gather_branches(forest: Forest, costs: Ints, weights: Ints) -> _Branches:
    parent, cost, weight = forest.parent.tolist(), costs.tolist(), weights.tolist()
    below: list[list[int]] = [[] for _ in parent]
    for i in range(len(parent) - 1, -1, -1):
        if parent[i] >= 0:
            cost[parent[i]] += cost[i]
            weight[parent[i]] += weight[i]
            below[parent[i]].append(i)
    stays = np.ones(len(parent), dtype=bool)
    return _Branches(parent, below, cost, weight, stays, int(costs.sum()), int(weights.sum()))


def _dearest_first(branches: _Branches) -> Iterator[int]:
    """Name every branch that stands when its turn comes, by falling cost per unit."""
    heap = [(_rank(*pair), i) for i, pair in enumerate(zip(branches.cost, branches.weight, strict=True))]
    heapq.heapify(heap)
    while heap:
        rank, i = heapq.heappop(heap)
        if not branches.stays[i]:
            continue
        # A cut makes the branches around it cheaper per unit, never dearer: an old rank is mended when it
        # comes up.
        now = _rank(branches.cost[i], branches.weight[i])
        if rank == now:
            yield i
        else:
            heapq.heappush(heap, (now, i))


def _rank(cost: int, weight: int) -> tuple[float, int]:
    """Order branches by falling cost per unit; those that serve nobody first, the dearest of them first."""
    return (-np.inf if weight == 0 else -cost / weight, -cost)
