"""A graph cut down to what a network without bridges may use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.routing.graph import Graph, Mask, make_graph, take_nodes
from infraplan.routing.plain import Runner, choose_runner
from infraplan.routing.problem import Ints
from infraplan.routing.ring_kernels import Descent, descend

_TWICE = 2
"""Ways between two nodes that can be of use, and ends of a chain."""


@dataclass(frozen=True)
class Network:
    """A graph in which whatever is wanted can be joined twice.

    Attributes
    ----------
    graph
        Edges in whole units, each of one or more edges in a row.
    member
        Which edge each of those given belongs to, or −1, shape (edges given,).
    given
        Edges that are kept, shape (m,).
    wanted
        Nodes to be joined twice, shape (n,).
    start
        One of them.
    run
        What is put around every kernel.
    """

    graph: Graph
    member: Ints
    given: Mask
    wanted: Mask
    start: int
    run: Runner

    def lift(self, chosen: Mask) -> Ints:
        """Return chosen edges as positions of those given, rising."""
        return np.flatnonzero(np.r_[chosen, False][self.member])

    def project(self, edges: Ints) -> Mask:
        """Return the edges to which some of those given belong, shape (m,)."""
        chosen = np.zeros(len(self.given) + 1, np.bool_)
        chosen[self.member[edges]] = True
        return chosen[:-1]


def make_network(tails: Ints, heads: Ints, units: Ints, wanted: Ints, kept: Ints) -> tuple[Network, Ints]:
    """Return what matters of a graph in which the wanted nodes, two at least, hang together.

    Bridges that part wanted nodes are in every network and no fault: their ends are made one node. They are
    returned as well.
    """
    names = np.unique(np.r_[tails, heads])
    tail, head = np.searchsorted(names, tails), np.searchsorted(names, heads)
    run = choose_runner(len(tails))
    want = np.isin(names, wanted)
    given = np.zeros(len(tails), np.bool_)
    given[kept] = True
    graph = run(make_graph)(len(names), tail, head, units)
    # Begin in the tree that is kept, where there is one: its bridges are seen from there.
    start = int(np.argmax(want.astype(int) + (want & take_nodes(graph, given))))
    found = run(descend)(graph, np.ones(len(tails), np.bool_), want, start)
    forced = found.up[find_separating(found, start)].astype(np.int64)
    group = _group(len(names), tail[forced], head[forced])
    merged = np.zeros(group.max() + 1, np.bool_)
    merged[group[want]] = True
    graph = run(make_graph)(len(merged), group[tail], group[head], units)
    whole = Network(graph, np.arange(len(tails)), given, merged, int(group[start]), run)
    return restrict(whole, np.ones(len(tails), np.bool_)), forced


def find_separating(found: Descent, start: int) -> Ints:
    """Return the nodes whose edge upwards is a bridge between wanted nodes, as they were reached."""
    below = found.below[found.order]
    return np.asarray(found.order[found.cut[found.order] & (below > 0) & (below < found.below[start])])


def restrict(network: Network, keep: Mask) -> Network:
    """Return the network with only some of its edges, and smaller where no choice is lost.

    Dropped are loops, all that hangs on bridges, and all but the two cheapest of parallel edges; edges in a
    row become one. Edges that are kept are paid for: none is dropped that could be of use.
    """
    size = -1
    keep = keep | network.given
    while size != len(network.given):
        size = len(network.given)
        network = _contract(network, _drop_parallels(network, _drop_bridges(network, keep)))
        keep = np.ones(len(network.given), np.bool_)
    return network


def _drop_bridges(network: Network, keep: Mask) -> Mask:
    graph = network.graph
    keep = keep & (graph.tails != graph.heads)
    found = network.run(descend)(graph, keep, network.wanted, network.start)
    keep[found.up[found.cut]] = False
    part = _group(len(network.wanted), graph.tails[keep], graph.heads[keep])
    return np.asarray(keep & (part[graph.tails] == part[network.start]))


def _drop_parallels(network: Network, keep: Mask) -> Mask:
    graph, edges = network.graph, np.flatnonzero(keep)
    low = np.minimum(graph.tails, graph.heads)[edges]
    high = np.maximum(graph.tails, graph.heads)[edges]
    order = np.lexsort((edges, graph.costs[edges], ~network.given[edges], high, low))
    low, high, edges = low[order], high[order], edges[order]
    third = (low[_TWICE:] == low[:-_TWICE]) & (high[_TWICE:] == high[:-_TWICE])
    needless = edges[_TWICE:][third]
    keep[needless[~network.given[needless]]] = False
    return keep


def _contract(network: Network, keep: Mask) -> Network:
    """Return the network of chains: nodes inside are not wanted and have two edges, both given or neither."""
    graph, edges = network.graph, np.flatnonzero(keep)
    ends = np.c_[graph.tails[edges], graph.heads[edges]]
    given = network.given[edges]
    count = len(network.wanted)
    degree, several = (np.bincount(ends[some].ravel(), minlength=count) for some in (slice(None), given))
    inner = ~network.wanted & (degree == _TWICE) & (several != 1)
    nodes, rows = ends.ravel(), np.repeat(np.arange(len(edges)), _TWICE)
    inside = inner[nodes]
    pairs = rows[inside][np.argsort(nodes[inside], kind="stable")].reshape(-1, _TWICE)
    chain = _group(len(edges), pairs[:, 0], pairs[:, 1])
    total = chain.max() + 1 if len(edges) else 0
    outer = nodes[~inside][np.argsort(chain[rows[~inside]], kind="stable")].reshape(-1, _TWICE)
    costs = np.zeros(total, np.int64)
    np.add.at(costs, chain, graph.costs[edges])
    names = np.unique(np.r_[outer.ravel(), network.start])
    tails, heads = np.searchsorted(names, outer).T
    number = np.full(len(keep) + 1, -1)
    number[edges] = chain
    new_given = np.zeros(total, np.bool_)
    new_given[chain[given]] = True
    return Network(
        network.run(make_graph)(len(names), tails, heads, costs),
        number[network.member],
        new_given,
        network.wanted[names],
        int(np.searchsorted(names, network.start)),
        network.run,
    )


def _group(count: int, tails: NDArray[np.integer], heads: NDArray[np.integer]) -> Ints:
    """Return the part of a graph in which each node lies, shape (count,)."""
    joined = coo_array((np.ones(len(tails)), (tails, heads)), shape=(count, count))
    return np.asarray(connected_components(joined, directed=False)[1], np.int64)
