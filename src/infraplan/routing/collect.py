"""Trees that collect prizes at one price of a prize: bounds, starts and what makes them better."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.routing.dual import measure
from infraplan.routing.graph import FAR, Costs, Graph, Mask, Nodes, find_twins, make_graph, with_costs
from infraplan.routing.polish import polish
from infraplan.routing.prize_kernels import ascend_prizes, keep_worthwhile, reach_free, wait_for_prizes
from infraplan.routing.prizes import Part
from infraplan.routing.regions import find_regions, join_nearest, span_nodes

_TURNS = 12
"""Rounds of inserting and improving, at most; nearly always two or three suffice."""
_SHARES = (0.3, 0.6, 1.0)
"""Of the profit of a free tree: what entering it may cost in its bound."""
_ROUGH = 1e-3
"""Share of its cost by which a pass must improve a tree of everything: it is where others begin."""
_FINE = 1e-5
"""The same for a tree that others follow."""
_LOOK_WORK = 150.0
"""Steps an edge of a search for shortest paths and what goes with it, as of ``Watch``."""
_CHUNK = 100_000_000
"""Steps of an ascent between two looks at the clock."""
_FEW = 60_000
"""Edges times prizes up to which every root of a free tree is tried in its bound."""


Going = Callable[[float], bool]
"""Counts some work and tells whether to go on."""


class Found(NamedTuple):
    """A tree in a part: its edges and nodes as masks, what it costs and collects as given."""

    chosen: Mask
    inside: Mask
    cost: float
    prize: float


class Bound(NamedTuple):
    """No tree's cost and lost prizes come to less.

    With the node from which that was proven, and what is left of arcs' costs (2m,) and of prizes (n,).
    """

    value: float
    root: int
    left: Costs
    rest: Costs


def take(part: Part, chosen: Mask, inside: Mask) -> Found:
    """Return a tree with its cost and prize summed from what was given."""
    return Found(chosen, inside, float(part.costs[chosen].sum()), float(part.prizes[inside].sum()))


def take_root(part: Part, root: int) -> Found:
    """Return the tree of the root alone."""
    inside = np.zeros(len(part.names), np.bool_)
    inside[root] = True
    return take(part, np.zeros(len(part.costs), np.bool_), inside)


def join_all(part: Part, root: int, may_go_on: Going) -> Found:
    """Return a cheap tree that collects every prize."""
    run = part.run
    terminal = part.prizes > 0
    terminal[root] = True
    inside = run(join_nearest)(part.graph, terminal, root)
    return span(part, root, inside, may_go_on, share=_ROUGH)


def span(part: Part, root: int, inside: Mask, may_go_on: Going, *, share: float = 0.0) -> Found:
    """Return a cheap tree that joins those of some nodes that have a prize, improved while that gains."""
    run = part.run
    terminal = inside & (part.prizes > 0)
    terminal[root] = True
    chosen = run(span_nodes)(part.graph, inside, terminal)
    if may_go_on(0.0):
        chosen = polish(run, part.graph, chosen, terminal, may_go_on=may_go_on, share=share)
    return take(part, *run(keep_worthwhile)(part.graph, chosen, root, _dear(part), _no_node(part)))


def _dear(part: Part) -> Costs:
    return np.where(part.prizes > 0, part.count_units(np.inf), 0)


def _no_node(part: Part) -> Mask:
    return np.zeros(len(part.names), np.bool_)


def choose_root(part: Part, multiplier: float, may_go_on: Going) -> int:
    """Return where to begin a free tree: the greatest prize in the best part of a tree of all, at no end."""
    if part.root >= 0:
        return part.root
    run = part.run
    start = int(np.argmax(np.where(part.ends, -1.0, part.prizes)))
    tree = join_all(part, start, may_go_on)
    units = part.count_units(multiplier)
    inside = run(keep_worthwhile)(part.graph, tree.chosen, start, units, ~part.ends)[1]
    return int(np.argmax(np.where(inside & ~part.ends, part.prizes, -1.0)))


def improve(part: Part, root: int, chosen: Mask, units: Costs, may_go_on: Going) -> Found:
    """Return a tree made better for prizes in whole units: prune, insert, exchange, until nothing gains."""
    run = part.run
    graph, least = part.graph, np.inf
    best = (np.zeros(len(part.costs), np.bool_), _no_node(part))
    for _ in range(_TURNS):
        kept, inside = run(keep_worthwhile)(graph, chosen, root, units, _no_node(part))
        value = int(graph.costs[kept].sum()) - int(units[inside].sum())
        if value >= least:
            break
        best, least = (kept, inside), value
        if not may_go_on(_LOOK_WORK * len(part.costs)):
            break
        wider = _insert(part, inside, units)
        terminal = wider & (units > 0)
        terminal[root] = True
        chosen = run(span_nodes)(graph, wider, terminal)
        chosen = polish(run, graph, chosen, terminal, may_go_on=may_go_on, share=_FINE)
    return take(part, *best)


def _insert(part: Part, inside: Mask, units: Costs) -> Mask:
    """Return the nodes of a tree and of the way to each prize that is worth more than its way."""
    regions = part.run(find_regions)(part.graph, np.flatnonzero(inside).astype(np.int32))
    wider = inside.copy()
    for start in np.flatnonzero(~inside & (units > regions.away)):
        x = start
        while not wider[x]:
            wider[x] = True
            x = regions.before[x]
    return wider


def trim_free(part: Part, root: int, tree: Found, units: Costs) -> Found:
    """Return the best part of a free tree, whether it holds the root or not, or the best single node."""
    run = part.run
    best = take(part, *run(keep_worthwhile)(part.graph, tree.chosen, root, units, ~part.ends))
    alone = take_root(part, int(np.argmax(part.prizes)))
    return min(best, alone, key=lambda found: found.cost - found.prize)


def find_start(part: Part, root: int, bound: Bound) -> Mask:
    """Return the edges of a tree on the nodes that the root reaches for nothing, after the proof."""
    run = part.run
    twins = run(find_twins)(part.graph.starts, part.graph.edges)
    inside = run(reach_free)(part.graph, bound.left, twins, bound.root)
    inside[root] = True
    terminal = inside & (part.prizes > 0)
    terminal[root] = True
    return run(span_nodes)(part.graph, inside, terminal)


def bound_rooted(part: Part, root: int, units: Costs, may_go_on: Going, *, begin: int | None = None) -> Bound:
    """Return a lower bound of cost and lost prizes of trees that hold the root.

    The proof may begin at any other node that surely is in the tree: each gives another bound.
    """
    begin = root if begin is None else begin
    must, units = part.must.copy(), units.copy()
    must[root] = True
    units[root] = units.max(initial=0) + int(part.graph.costs.sum()) if begin != root else 0
    bound, left, rest = _ascend(part, part.graph, begin, (units, must), may_go_on)
    return Bound(part.from_units(bound), begin, left, rest)


def _ascend(
    part: Part, graph: Graph, root: int, prizes: tuple[Costs, Mask], may_go_on: Going
) -> tuple[int, Costs, Costs]:
    """Return a bound in units, and what is left of arcs and prizes: an ascent is right wherever it ends."""
    run, (units, must) = part.run, prizes
    left, rest = graph.weights.copy(), units.copy()
    active = must & (rest > 0)
    active[root] = True
    keys, items, size = run(wait_for_prizes)(graph, root, rest)
    bound = 0
    while size > 0:
        size, step, work = run(ascend_prizes)(graph, (root, size, _CHUNK), left, rest, active, keys, items)
        bound += step
        if not may_go_on(work):
            break
    return bound, left, rest


def bound_free(part: Part, root: int, units: Costs, profit: int, may_go_on: Going) -> Bound:
    """Return a lower bound of cost and lost prizes of all trees, and what is left in the proof of one root.

    An artificial root is joined to all nodes by which a tree may begin, at some cost; a tree needs one of
    these edges, so whatever they cost is taken off the bound again (the multiplier of "one entry"). In small
    graphs every root in turn, without those tried before, gives another bound, often the better one. A single
    end is a tree as well.
    """
    entries = find_entries(part, units)
    joint = np.r_[units, 0], np.r_[part.must, False]
    value = max(
        _ascend(part, _enter(part, entries, cost), len(units), joint, may_go_on)[0] - cost
        for cost in (int(profit * share) for share in _SHARES)
    )
    if len(entries) * len(part.costs) <= _FEW:
        value = max(value, min(_bound_each(part, entries, units)))
    ends = units[part.ends]
    if len(ends):
        value = min(value, int(units.sum() - ends.max()))
    return bound_rooted(part, root, units, may_go_on)._replace(value=part.from_units(value))


def find_entries(part: Part, units: Costs) -> Nodes:
    """Return the nodes by which a tree may begin, greatest prize first: a prize, or beside an end."""
    graph = part.graph
    entry = part.prizes > 0
    at_end = part.ends[graph.tails] | part.ends[graph.heads]
    entry[graph.tails[at_end]] = True
    entry[graph.heads[at_end]] = True
    entries = np.flatnonzero(entry & ~part.ends)
    return entries[np.argsort(-units[entries], kind="stable")].astype(np.int32)


def _enter(part: Part, entries: Nodes, cost: int) -> Graph:
    """Return the graph with one node more, joined to all entries."""
    graph, new = part.graph, len(part.names)
    make = part.run(make_graph)
    tails, heads = np.r_[graph.tails, np.full(len(entries), new)], np.r_[graph.heads, entries]
    return make(new + 1, tails, heads, np.r_[graph.costs, np.full(len(entries), cost)])


def _bound_each(part: Part, entries: Nodes, units: Costs) -> Iterator[int]:
    """Yield bounds of trees that hold the first entry, the second but not the first, and so on."""
    costs, open_units, lost = part.graph.costs.copy(), units.copy(), 0
    nowhere = _no_node(part)
    for root in entries.tolist():
        graph = with_costs(part.graph, costs)
        bound = _ascend(part, graph, root, (open_units, nowhere), lambda _: True)[0]
        yield lost + bound
        costs[(part.graph.tails == root) | (part.graph.heads == root)] = np.int64(1) << 58
        lost += int(units[root])
        open_units[root] = 0


def narrow(part: Part, root: int, bound: Bound, value: float) -> tuple[Part, Mask]:
    """Return the part without what no tree below some value uses or leaves, and which edges stay.

    A tree that uses an arc pays for a way from the root to it and from there to a prize whatever is left of
    their costs, beyond the bound; one that leaves a prize pays whatever is left of that (reduced-cost
    fixing).
    """
    run = part.run
    graph, left = part.graph, bound.left
    twins = run(find_twins)(graph.starts, graph.edges)
    goals = part.prizes > 0
    goals[root] = True
    down = run(measure)(graph, left[twins], np.array([bound.root], np.int32))
    up = run(measure)(graph, left, np.flatnonzero(goals).astype(np.int32))
    owner = np.repeat(np.arange(len(part.names)), np.diff(graph.starts))
    far = np.int64(1) << 60
    price = np.minimum(down[graph.nodes], far) + left + np.minimum(up[owner], far)
    price[(down[graph.nodes] == FAR) | (up[owner] == FAR)] = far
    spare = (value - bound.value) * (1 + 1e-9) + 1e-9 * abs(value)
    keep = np.zeros(len(part.costs), np.bool_)
    keep[graph.edges[price / part.scale <= spare]] = True
    keep = stay_joined(part, root, keep)
    must = part.must | ((bound.rest / part.scale > spare) & (part.prizes > 0))
    must[root] = False
    return replace(restrict(part, keep), must=must), keep


def stay_joined(part: Part, root: int, keep: Mask) -> Mask:
    """Return the edges to keep without those that only a way through an end would lead to, shape (m,).

    What ends are raised by keeps ways out of them only while there is another way.
    """
    if not part.ends.any():
        return keep
    tails, heads = part.graph.tails, part.graph.heads
    inner = keep & ~part.ends[tails] & ~part.ends[heads]
    joined = coo_array((np.ones(inner.sum()), (tails[inner], heads[inner])), shape=2 * (len(part.names),))
    group = connected_components(joined, directed=False)[1]
    return np.asarray(keep & (group[np.where(part.ends[tails], heads, tails)] == group[root]))


def restrict(part: Part, keep: Mask) -> Part:
    """Return the part with some of its edges only; nodes keep their numbers."""
    graph = part.graph
    make = part.run(make_graph)
    small = make(len(part.names), graph.tails[keep], graph.heads[keep], graph.costs[keep])
    return replace(part, graph=small, origin=part.origin[keep], costs=part.costs[keep])
