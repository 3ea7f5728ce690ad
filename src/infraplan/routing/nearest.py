"""The nearest sources along the edges of a graph, by whole numbers: exact, with ties to the lowest number."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.routing.arguments import Ints, check_edges, check_nodes
from infraplan.routing.graph import FAR, NONE, Costs, Mask, Nodes
from infraplan.routing.nearest_kernels import label_nodes, label_places
from infraplan.routing.plain import choose_runner


class Streets(NamedTuple):
    """Edges that may be gone one way or both, n nodes and m edges.

    Attributes
    ----------
    tails, heads, costs, forward, backward
        The edges: two nodes, whole cost, whether it may be gone from tail to head, and back; shape (m,).
    starts, nodes, edges
        Arcs that lead to node x are ``starts[x]:starts[x + 1]``: from which node, along which edge.
    """

    tails: Nodes
    heads: Nodes
    costs: Costs
    forward: Mask
    backward: Mask
    starts: NDArray[np.int64]
    nodes: Nodes
    edges: Nodes


class Places(NamedTuple):
    """Places beside edges: the edge, how far along it from its tail, and how far from it; shapes (p,).

    All in whole units of the edges' cost; ``along`` is at most the cost of the edge.
    """

    edges: Ints
    along: Ints
    away: Ints


class Search(NamedTuple):
    """A finished search: of what every node knows, all places can be told.

    Attributes
    ----------
    keys
        Of each node the smallest cost x ``several`` + source, ``FAR`` for none; shape (n, k).
    starts, along, rest
        Targets on edge e are ``starts[e]:starts[e + 1]``: how far along it, and the key of what follows.
    """

    streets: Streets
    several: int
    keys: Costs
    starts: NDArray[np.int64]
    along: Costs
    rest: Costs


class Nearest(NamedTuple):
    """The nearest sources of nodes or places, nearest first: numbers and costs, shapes (n, k).

    −1 and ``FAR`` where fewer can be reached.
    """

    sources: Ints
    costs: Ints


def make_streets(
    count: int,
    tails: ArrayLike,
    heads: ArrayLike,
    costs: ArrayLike,
    *,
    forward: ArrayLike | None = None,
    backward: ArrayLike | None = None,
) -> Streets:
    """Return streets of ``count`` nodes; without ``forward`` and ``backward`` all may be gone both ways.

    Raises
    ------
    ValueError
        A number is wrong, a cost is not whole, or lengths differ.
    """
    tail, head, amounts = check_edges(tails, heads, costs, count)
    if (amounts != np.floor(amounts)).any() or (amounts >= FAR).any():
        raise ValueError("costs are not whole numbers below 2 ** 62: ties could not be told")
    ahead, back = (np.ones(len(tail), np.bool_) if way is None else _check_ways(way, len(tail))
                   for way in (forward, backward))  # fmt: skip
    edge = np.r_[np.flatnonzero(ahead), np.flatnonzero(back)]
    to = np.r_[head[ahead], tail[back]]
    order = np.argsort(to, kind="stable")
    starts = np.r_[0, np.cumsum(np.bincount(to, minlength=count))].astype(np.int64)
    nodes = np.r_[tail[ahead], head[back]][order]
    return Streets(
        tail.astype(np.int32),
        head.astype(np.int32),
        amounts.astype(np.int64),
        ahead,
        back,
        starts,
        nodes.astype(np.int32),
        edge[order].astype(np.int32),
    )


def find_parts(streets: Streets) -> Ints:
    """Return the part of each node: within a part one can go from everywhere to everywhere and back.

    Numbered by the lowest node of each, shape (n,).
    """
    count = len(streets.starts) - 1
    to = np.repeat(np.arange(count), np.diff(streets.starts))
    joined = coo_array((np.ones(len(to), np.int8), (streets.nodes, to)), shape=(count, count))
    _, label = connected_components(joined, directed=True, connection="strong")
    _, first, part = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(rank[part])


def search_nearest(
    streets: Streets, targets: Places, sources: ArrayLike, *, k: int = 2, small: int | None = None
) -> Search:
    """Search for the ``k`` nearest different sources of every node.

    Dijkstra's search from all targets at once, against the way that edges are gone; each node keeps the ``k``
    cheapest labels of different sources. That is enough: whatever is among the ``k`` of a node is among those
    of the next node on its way. Of equally near sources the lowest number is the nearer one.

    Parameters
    ----------
    targets, sources
        Places at which sources can be had, and the number of each one's source, from 0; a source may be had
        at several places.
    small
        Streets of fewer edges are searched by the interpreter; for tests.

    Raises
    ------
    ValueError
        A place lies beyond its edge, a number is wrong, or costs are so large that sums would overflow.
    """
    of = check_nodes("sources", sources)
    _check_places("targets", targets, streets)
    if len(of) != len(targets.edges):
        raise ValueError(f"sources has {len(of)} values, targets {len(targets.edges)}: give one of each")
    if k < 1:
        raise ValueError(f"k is {k}: ask for at least one")
    several = int(of.max(initial=0)) + 1
    _check_room(streets, targets, several)
    keys = np.full((len(streets.starts) - 1, k), FAR, np.int64)
    arcs = (streets.starts, streets.nodes, streets.costs[streets.edges])
    run = choose_runner(len(streets.tails), small)
    run(label_nodes)(*arcs, _enter_ends(streets, targets, of, several), (keys, several))
    order = np.argsort(targets.edges, kind="stable")
    on_edge = np.bincount(targets.edges, minlength=len(streets.tails))
    starts = np.r_[0, np.cumsum(on_edge)].astype(np.int64)
    rest = (targets.away * several + of)[order]
    return Search(streets, several, keys, starts, targets.along[order], rest)


def find_at_nodes(search: Search) -> Nearest:
    """Return the nearest sources of every node."""
    return _part_keys(search.keys, search.several)


def find_at_places(search: Search, places: Places, *, small: int | None = None) -> Nearest:
    """Return the nearest sources of places: by the ends of their edge, or along it where a target lies there.

    Raises
    ------
    ValueError
        A place lies beyond its edge, or a number is wrong.
    """
    streets, several = search.streets, search.several
    _check_places("places", places, streets)
    _check_room(streets, places, several)
    edges = (streets.tails, streets.heads, streets.forward, streets.backward, streets.costs)
    found = np.full((len(places.edges), search.keys.shape[1]), FAR, np.int64)
    run = choose_runner(len(places.edges), small)
    run(label_places)(
        (search.keys, several),
        edges,
        (search.starts, search.along, search.rest),
        (places.edges.astype(np.int32), places.along, places.away),
        found,
    )
    return _part_keys(found, several)


def find_nearest(
    streets: Streets, targets: Places, sources: ArrayLike, origins: Places, *, k: int = 2
) -> Nearest:
    """Find the ``k`` nearest different sources from places along the edges: ``search_nearest``, then read.

    Examples
    --------
    A street of 10 with a shop at 2 and another at its end, and a house at 5, 1 beside the street:

    >>> street = make_streets(2, [0], [1], [10])
    >>> shops = Places(np.array([0, 0]), np.array([2, 10]), np.array([0, 0]))
    >>> found = find_nearest(street, shops, [0, 1], Places(np.array([0]), np.array([5]), np.array([1])))
    >>> found.sources.tolist(), found.costs.tolist()
    ([[0, 1]], [[4, 6]])
    """
    return find_at_places(search_nearest(streets, targets, sources, k=k), origins)


def _enter_ends(streets: Streets, targets: Places, sources: Ints, several: int) -> tuple[Nodes, Costs]:
    """Return nodes from which a target's edge is gone to it, and their keys."""
    edge, along = targets.edges, targets.along
    left = streets.costs[edge] - along
    # At an end of its edge a place is that node, whichever way the edge may be gone.
    ahead = streets.forward[edge] | (along == 0)
    back = streets.backward[edge] | ((left == 0) & (along > 0))
    nodes = np.r_[streets.tails[edge[ahead]], streets.heads[edge[back]]]
    costs = np.r_[(along + targets.away)[ahead], (left + targets.away)[back]]
    keys = costs * several + np.r_[sources[ahead], sources[back]]
    return nodes.astype(np.int32), keys


def _part_keys(keys: Costs, several: int) -> Nearest:
    known = keys < FAR
    return Nearest(np.where(known, keys % several, NONE), np.where(known, keys // several, FAR))


def _check_ways(values: ArrayLike, count: int) -> Mask:
    array = np.asarray(values)
    if array.shape != (count,) or array.dtype != np.bool_:
        raise ValueError(f"forward and backward are {array.shape} {array.dtype}: give {count} yes or no")
    return array


def _check_places(name: str, places: Places, streets: Streets) -> None:
    """Refuse places that are on no edge, or beyond its end."""
    check_nodes(name, places.edges, len(streets.tails))
    for column, values in (("along", places.along), ("away", places.away)):
        if len(check_nodes(f"{name}.{column}", values)) != len(places.edges):
            raise ValueError(f"{name}.{column} has {len(values)} values, edges {len(places.edges)}")
    beyond = np.flatnonzero(places.along > streets.costs[places.edges])
    if len(beyond):
        raise ValueError(f"{name}.along[{beyond[0]}] lies beyond the end of its edge")


def _check_room(streets: Streets, places: Places, several: int) -> None:
    """Refuse costs whose sums would not fit beside the number of a source."""
    total = float(streets.costs.sum(dtype=np.float64)) + 2.0 * float(places.away.max(initial=0))
    if total * several >= float(FAR):
        raise ValueError(f"costs add up to {total:.3g}, too large for {several} sources: use a larger unit")
