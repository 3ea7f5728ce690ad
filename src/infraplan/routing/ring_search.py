"""Networks without bridges: built by covering leaves, improved chain by chain, and bounded by dual ascent."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from infraplan.routing.graph import FAR, Costs, Mask, Nodes, take_nodes, with_costs
from infraplan.routing.problem import Floats, Ints
from infraplan.routing.regions import find_regions, join_nearest, span_nodes
from infraplan.routing.result import Watch
from infraplan.routing.ring_flow_kernels import ascend_twice, exchange
from infraplan.routing.ring_kernels import descend, find_chain, find_cover
from infraplan.routing.ring_reduce import Network, find_separating, restrict

_AT_ONCE = 8
"""Of so many leaves one is covered before the bridges are looked for again."""


@dataclass
class Search:
    """What is known so far, in whole units without what every network has to pay.

    Attributes
    ----------
    watch
        Says when to stop.
    base, scale
        What every network pays, and whole units in one unit of cost.
    step
        Costs are multiples of it, from the base on.
    best, least
        The cheapest network as positions of the edges given, and its cost.
    bound
        No network costs less.
    """

    watch: Watch
    base: float
    scale: float
    step: int
    best: Ints
    least: int = int(FAR)
    bound: int = 0

    def offer(self, network: Network, chosen: Mask) -> bool:
        """Keep a network if it is the cheapest; tell whether it is."""
        cost = int(network.graph.costs[chosen].sum())
        if cost >= self.least:
            return False
        self.best, self.least = network.lift(chosen), cost
        self.report()
        return True

    def prove(self, bound: int) -> None:
        """Take note of a bound."""
        bound = min(-(-bound // self.step) * self.step, self.least)
        if bound > self.bound:
            self.bound = bound
            self.report()

    def rules_out(self, bound: Any) -> Any:
        """Tell whether what costs so much at least cannot be cheaper than the best."""
        return bound > self.least - self.step

    def report(self) -> None:
        """Tell how far the search has come, once there is a network."""
        if self.least == FAR:
            return
        least, bound = (self.base + units / self.scale for units in (self.least, self.bound))
        self.watch.report(least, min(least, bound))

    def may_go_on(self) -> bool:
        """Tell whether there is time and reason to go on."""
        return self.bound < self.least and self.watch.may_go_on()


@dataclass(frozen=True)
class Proof:
    """What a dual ascent leaves: a bound, spare costs, shape (m,), and its cuts as ends and edges."""

    bound: int
    spare: Costs
    ends: Nodes
    edges: Nodes


def run_ascent(search: Search, network: Network, start: int, room: int = 0) -> Proof:
    """Run a dual ascent towards some wanted node, guided by the best network; keep so many edges of cuts."""
    guide = network.project(search.best)
    return Proof(*network.run(ascend_twice)(network.graph, network.wanted, start, guide, room))


def price_edges(network: Network, spare: Costs) -> Costs:
    """Return for each edge what a network that needs it costs at least, beyond the bound, shape (m,).

    In a network without needless edges each edge lies on a way between wanted nodes, or what is kept, that
    passes no edge twice; for all of it the proof has left some costs to be paid.
    """
    spare = np.maximum(spare, 0)
    ends = network.wanted | take_nodes(network.graph, network.given)
    sources = np.flatnonzero(ends).astype(np.int32)
    away = network.run(find_regions)(with_costs(network.graph, spare), sources).away
    prices = np.minimum(away[network.graph.tails], FAR // 4) + np.minimum(away[network.graph.heads], FAR // 4)
    return np.asarray(np.where(network.given, 0, prices + spare))


def narrow(search: Search, network: Network, bound: int, spare: Costs) -> Network:
    """Return the network without the edges that no cheaper one needs; if none can be, take note of it."""
    keep = ~search.rules_out(price_edges(network, spare) + bound) | network.given
    smaller = restrict(network, keep)
    if smaller.wanted.sum() < network.wanted.sum():
        search.prove(search.least)
        return network
    return smaller


def build(network: Network, drawn: Costs, random: np.random.Generator) -> Mask:
    """Return a network that is cheap at other costs: a tree, then cover for its leaves."""
    other = replace(network, graph=with_costs(network.graph, np.where(network.given, 0, drawn)))
    inside = network.run(join_nearest)(other.graph, network.wanted, network.start)
    ends = network.wanted | take_nodes(network.graph, network.given)
    inside |= take_nodes(network.graph, network.given)
    tree = network.run(span_nodes)(other.graph, inside, ends)
    return cover(other, network.given | tree, random)


def cover(network: Network, chosen: Mask, random: np.random.Generator) -> Mask:
    """Return a network with all bridges between wanted nodes covered, one leaf after another."""
    chosen = chosen.copy()
    while True:
        found = network.run(descend)(network.graph, chosen, network.wanted, network.start)
        separating = find_separating(found, network.start)
        if not len(separating):
            return chosen
        # A leaf is a bridge with none below: the next one begins after all that is below it.
        first, last = found.first[separating], found.last[separating]
        leaves = separating[np.r_[first[1:] >= last[:-1], True]]
        # Of many leaves some are covered at once: what covers one is free for the next.
        for below in random.choice(leaves, 1 + len(leaves) // _AT_ONCE, replace=False):
            inside = found.order[found.first[below] : found.last[below]]
            goal = int(inside[np.argmax(network.wanted[inside])])
            _, way = network.run(find_cover)(network.graph, chosen, found, network.start, goal, int(FAR))
            chosen[way] = True


def improve(search: Search, network: Network, chosen: Mask) -> Mask:
    """Leave out or exchange chains of edges for as long as that gains."""
    graph, chosen = network.graph, chosen.copy()
    fixed = network.wanted | take_nodes(graph, network.given)
    gained = True
    while gained:
        gained = False
        looked = network.given.copy()
        for e in np.argsort(-graph.costs, kind="stable"):
            if looked[e] or not chosen[e]:
                continue
            if not search.may_go_on():
                return chosen
            chain, one, other = network.run(find_chain)(graph, chosen, fixed, e)
            looked[chain] = True
            gained = network.run(exchange)(graph, chosen, chain, one, other) or gained
    return chosen


def try_edges(
    search: Search, network: Network, keep: Mask, weights: Floats, random: np.random.Generator
) -> None:
    """Look for a network among some edges and those of the best, at costs that are weighted at first."""
    known = network.project(search.best)
    inner = restrict(network, keep | known)
    some = np.flatnonzero(inner.member >= 0)
    share = np.ones(len(inner.given))
    share[inner.member[some]] = weights[network.member[some]]
    drawn = (inner.graph.costs * share).astype(np.int64)
    search.offer(inner, improve(search, inner, build(inner, drawn, random)))
