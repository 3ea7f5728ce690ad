"""Networks that no single cut divides: rings where a tree had branches."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.routing.arguments import check_amounts, check_nodes
from infraplan.routing.dual import ascend, start_ascent
from infraplan.routing.graph import FAR, Graph, Mask, Nodes, find_twins, make_graph, with_costs
from infraplan.routing.plain import choose_runner
from infraplan.routing.problem import Floats, Ints
from infraplan.routing.regions import span
from infraplan.routing.result import Watch, measure_gap
from infraplan.routing.ring_kernels import Descent, ascend_cuts, descend, find_chain, find_cover, find_needed
from infraplan.routing.steiner import Progress, Tree, steiner_tree

_WHOLE = 50
"""Bits for the sum of all costs in whole units."""
_WORK = 1 << 50
"""Of the dual ascent: no limit."""
_STARTS = 4
"""Orders in which bridges are covered."""
_EDGES_LOOKED_AT = 100_000
"""In rounds of disturbing, of which there are 4 at least and 50 at most without gain."""


@dataclass(frozen=True)
class Network:
    """A graph in which whatever is wanted can be joined twice.

    Attributes
    ----------
    graph
        Edges in whole units. A bridge that every network needs is there twice, for nothing.
    origin
        Edges as given, or −1 for the second of a bridge, shape (m,).
    given
        Edges of the tree that is to be kept, shape (m,).
    wanted
        Nodes to be joined twice, shape (n,).
    start
        One of them.
    """

    graph: Graph
    origin: Ints
    given: Mask
    wanted: Mask
    start: int


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

    It starts as a tree. Every leaf is joined a second time, by the cheapest edges that cover all bridges on
    the way to it (Suurballe 1974); then each chain of edges is taken out in turn, and left out or exchanged
    for cheaper cover. The bound is a dual ascent from the nodes to one of them and back: a network without
    bridges can be made one-way so that both are there (Robbins 1939). With a tree that is kept, it is a dual
    ascent over the sides of its bridges.

    Parameters
    ----------
    tails, heads, costs
        The undirected graph: two nodes and the cost of each edge, shapes (m,). Costs are finite, whole or
        not. Parallel edges are two ways; loops are none.
    nodes
        Nodes to be joined twice.
    tree
        Positions of edges that are kept: they belong to the network and to its cost. Without it the network
        is chosen as a whole, and may be cheaper than any tree with its reinforcement.
    time_limit_s, gap, progress
        As in ``steiner_tree``.
    seed
        For the order in which bridges are covered.

    Returns
    -------
    Tree
        The whole network with its cost. A bridge of the graph itself stays one: no network can do without.
        ``unreached``: nodes in other parts of the graph than the one that holds the most of them.

    Raises
    ------
    ValueError
        A cost is negative or not finite, a number of a node or of a tree's edge wrong, or lengths differ.

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
        value = float(cost[kept].sum())
        return Tree(kept, value, value, 0.0, 0.0, unreached, "optimal")
    scale = 2.0 ** np.clip(np.floor(_WHOLE - np.log2(float(cost.sum()) or 1.0)), -900, 900)
    free = cost.copy()
    free[kept] = 0.0
    limit = watch.left_s()
    base = steiner_tree(tail, head, free, joined, time_limit_s=None if limit is None else limit / 3).edges
    network, forced = _prepare(tail, head, np.floor(cost * scale).astype(np.int64), joined, kept)
    run = choose_runner(len(network.origin))
    begin = np.isin(network.origin, np.r_[base, kept, -1])
    needed = _find_needed(network, run(_cover)(network, begin, np.random.default_rng(seed)))
    fixed = float(cost[np.unique(np.r_[kept, forced, network.origin[needed & (network.origin >= 0)]])].sum())
    bound = fixed + _bound(network, needed) / scale
    best: Ints = np.empty(0, np.int64)
    least = np.inf
    for chosen in run(_search)(network, begin, watch, seed):
        edges = np.union1d(network.origin[chosen & (network.origin >= 0)], np.r_[kept, forced])
        value = float(cost[edges].sum())
        if value < least:
            best, least = edges, value
        watch.report(least, min(bound, least))
    bound -= 1e-12 * bound
    if np.all(cost == np.floor(cost)):
        bound = float(np.ceil(bound - 1e-7))
    bound = min(bound, least)
    return Tree(best, least, bound, measure_gap(least, bound), 0.0, unreached, watch.close(least, bound))


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
    kept = np.asarray([] if tree is None else tree)
    kept = check_nodes("tree", kept, len(tail))
    return tail, head, cost, np.unique(check_nodes("nodes", nodes, every)), np.unique(kept)


def _choose_part(tail: Ints, head: Ints, wanted: Ints) -> tuple[Ints, Ints]:
    """Return the wanted nodes in the part of the graph that holds the most of them, and the others."""
    names = np.unique(np.r_[tail, head, wanted])
    rows, columns = np.searchsorted(names, tail), np.searchsorted(names, head)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(names), len(names)))
    part = connected_components(graph, directed=False)[1][np.searchsorted(names, wanted)]
    inside = part == (np.bincount(part).argmax() if len(part) else -1)
    return wanted[inside], wanted[~inside]


def _prepare(tail: Ints, head: Ints, units: Ints, joined: Ints, kept: Ints) -> tuple[Network, Ints]:
    """Return the graph, nodes numbered anew, and the bridges of the graph that all networks need."""
    origin = np.flatnonzero(tail != head)
    names = np.unique(np.r_[tail, head])
    tails, heads = np.searchsorted(names, tail[origin]), np.searchsorted(names, head[origin])
    wanted = np.isin(names, joined)
    run = choose_runner(len(origin))
    graph = run(make_graph)(len(names), tails, heads, units[origin])
    # Begin in the tree that is kept, where there is one: its bridges are seen from there.
    touched = np.isin(names, np.r_[tail[kept], head[kept]])
    start = int(np.argmax(wanted.astype(int) + (wanted & touched)))
    found = run(descend)(graph, np.ones(len(origin), np.bool_), wanted, start)
    forced = found.up[_find_separating(found, start)]
    costs = units[origin].copy()
    costs[forced] = 0
    doubled = run(make_graph)(
        len(names), np.r_[tails, tails[forced]], np.r_[heads, heads[forced]], np.r_[costs, costs[forced]]
    )
    all_origins = np.r_[origin, np.full(len(forced), -1)]
    given = np.isin(all_origins, np.r_[kept, -1]) if len(kept) else np.zeros(len(all_origins), np.bool_)
    return Network(doubled, all_origins, given, wanted, start), origin[forced]


def _find_separating(found: Descent, start: int) -> Ints:
    """Return the nodes whose edge upwards is a bridge between wanted nodes, as they were reached."""
    below = found.below[found.order]
    return np.asarray(found.order[found.cut[found.order] & (below > 0) & (below < found.below[start])])


def _find_needed(network: Network, chosen: Mask) -> Mask:
    """Return the edges, among those of some network, that every network needs."""
    run = choose_runner(len(network.origin))
    return np.asarray(run(find_needed)(network.graph, chosen, network.wanted, network.start))


def _bound(network: Network, needed: Mask) -> int:
    """Return a lower bound of the network's cost beyond what is given and what all networks need."""
    graph = with_costs(network.graph, np.where(needed, 0, network.graph.costs))
    run = choose_runner(len(network.origin))
    if network.given.any():
        found = run(descend)(graph, network.given, network.wanted, network.start)
        return int(run(ascend_cuts)(graph, network.given, found, found.below[network.start]))
    nodes = np.flatnonzero(network.wanted).astype(np.int32)
    there, _ = run(ascend)(graph, run(start_ascent)(graph, nodes, network.start), _WORK)
    # What is left of an edge for the way there is left for the way back, but the other way round.
    left = there.left[run(find_twins)(graph.starts, graph.edges)]
    back, _ = run(ascend)(graph, run(start_ascent)(graph, nodes, network.start, left=left), _WORK)
    return there.bound + back.bound


def _search(network: Network, begin: Mask, watch: Watch, seed: int) -> Iterator[Mask]:
    """Yield networks: from several orders of covering at disturbed costs, then without some of the best."""
    random = np.random.default_rng(seed)
    best = _improve(network, _cover(network, begin, random), watch)
    yield best
    idle, turn = 0, 1
    rounds = int(np.clip(_EDGES_LOOKED_AT // len(begin), 4, 50))
    while idle < rounds and watch.may_go_on():
        start = begin
        if turn >= _STARTS:
            start = best & ((random.random(len(best)) >= random.uniform(0.02, 0.3)) | network.given)
            start |= network.origin < 0
            start = _join(network, start, best)
        noise = random.lognormal(0.0, random.uniform(0.0, 0.8), len(best))
        disturbed = with_costs(network.graph, (network.graph.costs * noise).astype(np.int64))
        covered = _cover(replace(network, graph=disturbed), start, random)
        other = _improve(network, covered, watch)
        gain = int(network.graph.costs[best].sum() - network.graph.costs[other].sum())
        best, idle = (other, 0 if gain > 0 else idle + 1) if gain >= 0 else (best, idle + 1)
        turn += 1
        yield best


def _join(network: Network, chosen: Mask, other: Mask) -> Mask:
    """Return chosen edges and as many of some other network as it takes to join what that joins."""
    run = choose_runner(len(chosen))
    graph = with_costs(network.graph, np.where(chosen, 0, network.graph.costs))
    every = np.ones(len(network.wanted), np.bool_)
    return np.asarray(chosen | run(span)(graph, chosen | other, every))


def _cover(network: Network, chosen: Mask, random: np.random.Generator) -> Mask:
    """Return a network with all bridges between wanted nodes covered, one leaf after another."""
    chosen = chosen.copy()
    while True:
        found = descend(network.graph, chosen, network.wanted, network.start)
        separating = _find_separating(found, network.start)
        if not len(separating):
            return chosen
        # A leaf is a bridge with none below: the next one begins after all that is below it.
        first, last = found.first[separating], found.last[separating]
        leaves = separating[np.r_[first[1:] >= last[:-1], True]]
        below = int(random.choice(leaves))
        inside = found.order[found.first[below] : found.last[below]]
        goal = int(inside[np.argmax(network.wanted[inside])])
        _, way = find_cover(network.graph, chosen, found, network.start, goal, int(FAR))
        chosen[way] = True


def _improve(network: Network, chosen: Mask, watch: Watch) -> Mask:
    """Leave out or exchange chains of edges for as long as that gains."""
    graph, chosen = network.graph, chosen.copy()
    fixed = network.wanted.copy()
    fixed[graph.tails[network.given]] = True
    fixed[graph.heads[network.given]] = True
    gained = True
    while gained and watch.may_go_on():
        gained = False
        looked = network.given | (network.origin < 0)
        for e in np.argsort(-graph.costs, kind="stable"):
            if looked[e] or not chosen[e]:
                continue
            chain, one, other = find_chain(graph, chosen, fixed, e)
            looked[chain] = True
            gained = _exchange(network, chosen, chain, one, other) or gained
    return chosen


def _exchange(network: Network, chosen: Mask, chain: Nodes, one: int, other: int) -> bool:
    """Leave a chain out, or put what is cheaper in its place, if either can be; tell whether it was."""
    graph, wanted = network.graph, network.wanted
    chosen[chain] = False
    found = descend(graph, chosen, wanted, network.start)
    if found.below[network.start] == wanted.sum() and not len(_find_separating(found, network.start)):
        return True
    found = descend(graph, chosen, wanted, one)
    if one != other and found.first[other] >= 0:
        cost, way = find_cover(graph, chosen, found, one, other, int(graph.costs[chain].sum()))
        if cost >= 0:
            chosen[way] = True
            return True
    chosen[chain] = True
    return False
