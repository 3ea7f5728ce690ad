"""The tree of a finished plan, rooted: which way is up, and sums along it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

from infraplan.routing.arguments import check_amounts, check_nodes
from infraplan.routing.problem import Floats, Ints

NONE = -1
"""No node, no edge, as in ``graph``, whose import waits for a compiler."""
_NAMED = 10
"""Edges that an error names, at most."""


@dataclass(frozen=True)
class Forest:
    """Trees that hang on roots; several may hang on one. Made by ``grow_forest``.

    All roots are thought to hang on one root above them, at no cost. A node that is no root and at no edge
    is not in the forest: it has no place in ``order``, and −1 elsewhere.

    Attributes
    ----------
    parent, parent_edge
        The next node towards the root and the position of the edge to it, −1 for a root, shape (n,).
    order
        The nodes of the forest, the nearer to a root (in edges) the sooner, shape (k,).
    depth
        Edges between a node and its root, shape (n,).
    root
        Where each node's tree begins, shape (n,).
    child
        The lower node of each edge, shape (m,): ``parent_edge[child]`` counts from 0 to m−1.
    """

    parent: Ints
    parent_edge: Ints
    order: Ints
    depth: Ints
    root: Ints
    child: Ints

    @property
    def rank(self) -> Ints:
        """The place of each node in ``order``, −1 outside the forest, shape (n,)."""
        rank = np.full(len(self.parent), NONE, np.int64)
        rank[self.order] = np.arange(len(self.order))
        return rank


def grow_forest(tails: ArrayLike, heads: ArrayLike, roots: ArrayLike, *, count: int) -> Forest:
    """Return the forest of some edges, seen from its roots.

    Parameters
    ----------
    tails, heads
        The two nodes of each edge in any order, shapes (m,). Nodes are 0…count−1.
    roots
        Where the trees begin, in the network that is there.
    count
        How many nodes there are, whether the edges touch them or not.

    Raises
    ------
    ValueError
        Edges hang on no root or close a circle (roots are one node): the message names their positions. A
        node's number is wrong, or lengths differ.

    Examples
    --------
    >>> forest = grow_forest([2, 0, 3], [0, 1, 2], [3], count=5)
    >>> forest.parent.tolist(), forest.depth.tolist(), forest.order.tolist()
    ([2, 0, 3, -1, -1], [2, 3, 1, 0, -1], [3, 2, 0, 1])
    """
    tail, head = check_nodes("tails", tails, count), check_nodes("heads", heads, count)
    check_length("heads", head, len(tail), "tails")
    order, parent = _walk(tail, head, np.unique(check_nodes("roots", roots, count)), count)
    child = np.where(parent[head] == tail, head, np.where(parent[tail] == head, tail, NONE))
    reached = np.zeros(count, np.bool_)
    reached[order] = True
    _refuse_edges(~reached[tail], "hang on no root")
    # Of parallel edges the first leads to the child.
    first = np.zeros(len(child), np.bool_)
    first[np.unique(child, return_index=True)[1]] = True
    _refuse_edges(~first | (child == NONE), "close a circle")
    parent_edge = np.full(count, NONE, np.int64)
    parent_edge[child] = np.arange(len(child))
    return Forest(parent, parent_edge, order, *_measure(order, parent), child)


def sum_below(forest: Forest, values: ArrayLike) -> NDArray[Any]:
    """Return for each node the sum of the values of all nodes in its subtree, itself included, shape (n,).

    Whole numbers stay whole. A node outside the forest keeps its value.

    Examples
    --------
    >>> sum_below(grow_forest([0, 1, 1], [1, 2, 3], [0], count=4), [0, 1, 5, 7]).tolist()
    [13, 13, 5, 7]
    """
    given = np.asarray(values)
    check_length("values", given, len(forest.parent), "the forest's nodes")
    sums = given.tolist()
    parent = forest.parent.tolist()
    for x in reversed(forest.order.tolist()):
        if parent[x] >= 0:
            sums[parent[x]] += sums[x]
    return np.array(sums, np.int64 if given.dtype.kind in "biu" else np.float64)


def path_sums(forest: Forest, lengths: ArrayLike) -> Floats:
    """Return how far each node is from its root along the tree, NaN outside the forest, shape (n,).

    Examples
    --------
    >>> path_sums(grow_forest([0, 1, 1], [1, 2, 3], [0], count=4), [10.0, 2.5, 1.0]).tolist()
    [0.0, 10.0, 12.5, 11.0]
    """
    length = check_amounts("lengths", lengths)
    check_length("lengths", length, len(forest.child), "the forest's edges")
    parent, edge, along = forest.parent.tolist(), forest.parent_edge.tolist(), length.tolist()
    away = [np.nan] * len(parent)
    for x in forest.order.tolist():
        away[x] = away[parent[x]] + along[edge[x]] if parent[x] >= 0 else 0.0
    return np.array(away, np.float64)


def number_depth_first(forest: Forest) -> tuple[Ints, Ints]:
    """Return numbers by which each subtree is a row without gaps, and how many nodes it has, shapes (n,).

    The subtree of node x are the nodes with numbers from ``number[x]`` to ``number[x] + size[x] − 1``;
    outside the forest both are −1.
    """
    size = sum_below(forest, np.ones(len(forest.parent), np.int64))
    parent, sizes = forest.parent.tolist(), size.tolist()
    number, free, begin = [NONE] * len(parent), [NONE] * len(parent), 0
    for x in forest.order.tolist():
        above = parent[x]
        if above >= 0:
            number[x] = free[above]
            free[above] += sizes[x]
        else:
            number[x] = begin
            begin += sizes[x]
        free[x] = number[x] + 1
    numbers = np.array(number, np.int64)
    return numbers, np.where(numbers < 0, NONE, size)


def check_length(name: str, values: Sequence[Any] | NDArray[Any], length: int, of: str) -> None:
    """Refuse a row that is longer or shorter than what it is about."""
    shape = np.shape(values)
    if shape != (length,):
        raise ValueError(f"{name} has shape {shape}: give one value for each of {of}, shape ({length},)")


def _walk(tail: Ints, head: Ints, roots: Ints, count: int) -> tuple[Ints, Ints]:
    """Return the nodes breadth first from the roots, and the node from which each was reached, or −1."""
    above = np.full(len(roots), count)
    one, other = np.r_[tail, above], np.r_[head, roots]
    # Both ways, so that the order is by a node's number and not by an edge's direction.
    arcs = coo_array(
        (np.ones(2 * len(one), np.int8), (np.r_[one, other], np.r_[other, one])), shape=(count + 1, count + 1)
    )
    order, before = breadth_first_order(arcs.tocsr(), count)
    parent = np.where((before < 0) | (before == count), NONE, before)[:count]
    return order[1:].astype(np.int64), parent.astype(np.int64)


def _refuse_edges(wrong: NDArray[np.bool_], what: str) -> None:
    positions = np.flatnonzero(wrong)
    if len(positions):
        named = ", ".join(map(str, positions[:_NAMED].tolist()))
        more = f" and {len(positions) - _NAMED} more" if len(positions) > _NAMED else ""
        raise ValueError(f"edges at positions {named}{more} {what}: give the edges of a tree")


def _measure(order: Ints, parent: Ints) -> tuple[Ints, Ints]:
    """Return depth and root of each node."""
    above = parent.tolist()
    depth, root = [NONE] * len(above), [NONE] * len(above)
    for x in order.tolist():
        if above[x] >= 0:
            depth[x], root[x] = depth[above[x]] + 1, root[above[x]]
        else:
            depth[x], root[x] = 0, x
    return np.array(depth, np.int64), np.array(root, np.int64)
