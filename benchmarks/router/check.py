"""Whether an answer is one: priced and joined anew, by code that shares nothing with the solver."""

from collections.abc import Iterable

import networkx as nx
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from router.instances import Floats, Graph, Households, Ints


class WrongAnswerError(AssertionError):
    """An answer that costs something else than it says, or does not join what it says."""


class Groups:
    """Nodes that hang together, after some were joined."""

    def __init__(self) -> None:
        self.above: dict[int, int] = {}

    def find(self, node: int) -> int:
        """Return the node that stands for a node's group."""
        while self.above.setdefault(node, node) != node:
            self.above[node] = self.above[self.above[node]]
            node = self.above[node]
        return node

    def join(self, one: int, other: int) -> bool:
        """Join two groups; tell whether they were two."""
        a, b = self.find(one), self.find(other)
        self.above[a] = b
        return a != b

    def count(self, nodes: Iterable[int]) -> int:
        """Return in how many groups some nodes are."""
        return len({self.find(node) for node in nodes})


def require(holds: bool, fault: str) -> None:  # noqa: FBT001  (a statement and what it means if it is wrong)
    if not holds:
        raise WrongAnswerError(fault)


def check_price(edges: Ints, chosen: Ints, cost: float) -> None:
    require(len(np.unique(chosen)) == len(chosen), "an edge is there twice")
    require(sum(edges[chosen, 2].tolist()) == cost, "the cost is not that of the edges")


def join_forest(edges: Ints, chosen: Ints, roots: Ints | tuple[int, ...] = ()) -> Groups:
    """Return what hangs together by some edges, roots being one node; fail where they close a ring."""
    groups = Groups()
    for root in np.asarray(roots).tolist():
        groups.join(int(roots[0]), root)
    for tail, head in edges[chosen, :2].tolist():
        require(groups.join(tail, head), "a cycle")
    return groups


def find_unreachable(graph: Graph) -> Ints:
    """Return the terminals outside the part of the graph that holds the most of them."""
    count = int(max(graph.edges[:, :2].max(), graph.terminals.max())) + 1
    ones = coo_array((np.ones(len(graph.edges)), graph.edges[:, :2].T), shape=(count, count))
    part = connected_components(ones, directed=False)[1][graph.terminals]
    return np.sort(graph.terminals[part != np.bincount(part).argmax()])


def check_tree(graph: Graph, chosen: Ints, cost: float, unreached: Ints) -> None:
    """Fail unless edges are a tree of this cost over all terminals that can be joined."""
    check_price(graph.edges, chosen, cost)
    groups = join_forest(graph.edges, chosen)
    require(np.array_equal(unreached, find_unreachable(graph)), "other terminals are out of reach")
    wanted = np.setdiff1d(graph.terminals, unreached).tolist()
    require(groups.count(wanted) <= 1, "a terminal is not joined")


def check_prizes(
    graph: Graph, worth: Floats, households: Households, chosen: Ints, cost: float, prize: float
) -> None:
    """Fail unless edges are a tree from the roots that costs and collects so much."""
    check_price(graph.edges, chosen, cost)
    roots = households.roots
    groups = join_forest(graph.edges, chosen, roots)
    nodes = np.union1d(graph.edges[chosen, :2], roots)
    require(groups.count(nodes.tolist()) == 1, "an edge is not joined to the roots")
    require(abs(worth[nodes].sum() - prize) <= 1e-9 * max(prize, 1.0), "the prize is not that of the nodes")


def check_ring(graph: Graph, chosen: Ints, cost: float) -> None:
    """Fail unless edges of this cost join all terminals so that no single cut divides them.

    Excused are edges that divide the whole graph as well.
    """
    check_price(graph.edges, chosen, cost)
    whole, network = nx.MultiGraph(), nx.MultiGraph()
    whole.add_edges_from(graph.edges[:, :2].tolist())
    network.add_edges_from(graph.edges[chosen, :2].tolist())
    excused = {frozenset(edge) for edge in nx.bridges(whole)}
    bridges = {frozenset(edge) for edge in nx.bridges(network)} - excused
    groups = Groups()
    for tail, head in graph.edges[chosen, :2].tolist():
        if frozenset((tail, head)) not in bridges:
            groups.join(tail, head)
    require(groups.count(graph.terminals.tolist()) <= 1, "a single cut divides the terminals")


def check_bound(cost: float, bound: float, optimum: float | None) -> None:
    """Fail unless the bound is no more than the least cost, and that no more than the cost."""
    least = bound if optimum is None else optimum
    require(bound <= least * (1 + 1e-12), "the bound is above the optimum")
    require(least <= cost * (1 + 1e-12), "the cost is below the optimum")
