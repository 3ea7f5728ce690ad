"""The search for a cheap tree and for its proof, in a graph of any size."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Literal

import numpy as np

from infraplan.routing.dual import Ascent, ascend, orient, price_edges, start_ascent
from infraplan.routing.graph import Costs, Graph, Mask, with_costs
from infraplan.routing.reduce import find_needless, lift, project_prices
from infraplan.routing.regions import join_regions, span_nodes
from infraplan.routing.stage import (
    Stage,
    build,
    complete,
    disturb,
    improve,
    lift_all,
    project_all,
    restrict,
)

Progress = Callable[[float, float, float], bool | None]
Ended = Literal["optimal", "gap", "time", "search"]

WORK_PER_EDGE = 16_000
"""Steps of a search without time limit; about 10 s for 100 000 nodes."""
MOST_WORK = 6_000_000_000
"""Steps of any search without time limit."""
UNLIMITED = 1 << 62
"""Steps of a search that has a time limit."""
_PASS_WORK = 300
"""Steps an edge of one pass of local search, measured in those of the ascent (about 4 ns)."""
_BUILD_WORK = 80
"""The same of building a tree."""
_PASSES = 60
"""Of local search, at most; it ends after 5–20."""
_POOL = 12
"""Trees that are remembered."""
_CHUNK = 50_000_000
"""Steps of an ascent between two looks at the clock."""
_ROUNDS = 3
"""Ascents before the restarts."""
_TURNS = 4
"""Restarts before the next ascent; more and more where none finds a better tree."""
_WORTH = 0.98
"""Share of edges that a reduction must leave at most, to pay for renumbering the rest."""
_HALVINGS = 6
"""Times that the union of some trees is reduced."""
_SHRUNK = 0.9
"""Share of its edges that must be left at most to try again."""
_TRIES = 3
"""Trees at disturbed costs in a union that reductions do not settle."""


@dataclass
class Search:
    """What is known so far, and how long the search may go on.

    Trees are masks of the first graph's edges. ``shift`` is part of every tree's cost and of the bound, and
    unknown to the caller, whose costs are in units of ``unit`` of ours.
    """

    deadline: float
    gap: float
    work: int
    progress: Progress | None
    shift: int = 0
    unit: float = 1.0
    begin: float = field(default_factory=monotonic)
    best: int = 1 << 62
    bound: int = 0
    pool: list[tuple[int, Mask]] = field(default_factory=list)
    stopped: bool = False

    def may_go_on(self, work: int = 0) -> bool:
        """Count some work and tell whether there is a reason and time to go on."""
        self.work -= work
        self.report()
        return not self.stopped and self.work > 0 and not self.is_late() and not self.is_close()

    def is_late(self) -> bool:
        """Tell whether the time is over."""
        return self.deadline < inf and monotonic() >= self.deadline

    def is_close(self) -> bool:
        """Tell whether the best tree is as near the bound as was asked for."""
        return self.best - self.bound <= self.gap * max(self.bound - self.shift, 0)

    def offer(self, cost: int, tree: Mask) -> bool:
        """Keep a tree if it is among the best; tell whether it is the best."""
        better = cost < self.best
        if all(cost != known for known, _ in self.pool):
            self.pool = sorted([*self.pool, (cost, tree)], key=lambda one: one[0])[:_POOL]
        if better:
            self.best = cost
            self.report()
        return better

    def prove(self, bound: int) -> None:
        """Take note of a bound."""
        if bound > self.bound:
            self.bound = min(bound, self.best)
            self.report()

    def report(self) -> None:
        """Tell how far the search has come, and hear whether it should stop."""
        if self.progress is not None and self.pool:
            best, bound = ((value - self.shift) / self.unit for value in (self.best, self.bound))
            answer = self.progress(best, max(bound, 0.0), monotonic() - self.begin)
            self.stopped = self.stopped or answer is True

    def ended(self) -> Ended:
        """Tell why the search ended."""
        if self.best <= self.bound:
            return "optimal"
        if self.is_close():
            return "gap"
        return "time" if self.is_late() or self.stopped else "search"


def climb_down(search: Search, graph: Graph, chosen: Mask, terminal: Mask, *, share: float = 0.0) -> Mask:
    """Repeat local search while a pass gains more than a share of the tree's cost."""
    work = _PASS_WORK * len(graph.costs)
    for _ in range(_PASSES):
        if not search.may_go_on(work):
            break
        chosen, gain = improve(graph, chosen, terminal)
        if gain <= share * float(graph.costs[chosen].sum()):
            break
    return chosen


def find_tree(search: Search, stage: Stage, chosen: Mask, *, share: float = 0.0) -> Mask:
    """Improve a tree of a stage and offer it."""
    chosen = climb_down(search, stage.graph, chosen, stage.terminal, share=share)
    search.offer(stage.price(chosen), lift_all(stage, chosen))
    return chosen


def run_ascent(search: Search, stage: Stage, root: int, guide: Mask | None = None) -> Ascent:
    """Run a dual ascent as far as time allows and take note of its bound; a tree may guide it."""
    arcs = None if guide is None else orient(stage.graph, guide, stage.terminal, root)
    ascent = start_ascent(stage.graph, stage.terminals, root, guide=arcs)
    while True:
        ascent, work = ascend(stage.graph, ascent, _CHUNK)
        if not search.may_go_on(work) or ascent.size == 0:
            search.prove(ascent.bound + stage.fixed_cost)
            return ascent


def solve(search: Search, graph: Graph, terminal: Mask, *, seed: int, high: int, bits: int) -> None:
    """Find a cheap tree of a connected graph with two terminals or more.

    Parameters
    ----------
    search
        Holds the trees and the bound that are found, and says when to stop.
    graph, terminal
        The problem.
    seed
        For roots and disturbances.
    high
        What the edges at ends cost more than they do.
    bits
        By so many bits costs may grow.
    """
    random = np.random.default_rng(seed)
    stage = restrict(Stage(graph, terminal, 0, ()))
    if stage.solved:
        _finish(search, stage)
        return
    first = span_nodes(stage.graph, join_regions(stage.graph, stage.terminals), stage.terminal)
    search.offer(stage.price(first), lift_all(stage, first))
    stage = _drop_needless(search, stage, 40)
    if not stage.solved and search.may_go_on(_BUILD_WORK * len(stage.graph.costs)):
        start = build(stage, stage.graph.costs, int(stage.terminals[0]))
        find_tree(search, stage, start, share=1e-4)
    stage, prices = _begin(search, stage, random)
    turns, known = _TURNS, search.best
    while not stage.solved and search.may_go_on():
        _restart(search, stage, prices, random, (high, bits, turns))
        # What an ascent proves depends on its guide: another pays once the best tree is another.
        if search.best < known and search.may_go_on():
            stage, prices = _prove_and_fix(search, stage, random)
            known = search.best
        else:
            turns += turns // 2
    if stage.solved:
        _finish(search, stage)


def _begin(search: Search, stage: Stage, random: np.random.Generator) -> tuple[Stage, Costs]:
    """Alternate ascents from several roots, trees over what they leave free, and reductions."""
    prices = stage.graph.costs
    for turn in range(_ROUNDS):
        if stage.solved or not search.may_go_on():
            break
        known, size = search.best, len(stage.graph.costs)
        stage, prices = _prove_and_fix(search, stage, random, guided=turn > 0)
        if search.best == known and len(stage.graph.costs) == size:
            break
    return stage, prices


def _prove_and_fix(
    search: Search, stage: Stage, random: np.random.Generator, *, guided: bool = True
) -> tuple[Stage, Costs]:
    """Run an ascent, look for a tree where it ends, and drop the edges of which it says that none is better.

    Return the stage and what each edge costs beyond the bound.
    """
    terminals = stage.terminals
    guide = project_all(stage, search.pool[0][1]) if guided else None
    ascent = run_ascent(search, stage, int(random.choice(terminals)), guide)
    if not search.may_go_on():
        return stage, stage.graph.costs
    prices = price_edges(stage.graph, ascent, terminals)
    _ascend_and_prune(search, stage, ascent)
    keep = prices + (ascent.bound + stage.fixed_cost) <= search.best
    if keep.mean() > _WORTH:
        return stage, prices
    smaller = restrict(stage, keep)
    if smaller.solved:
        return smaller, prices
    if not _is_joined(smaller):
        search.prove(search.best)
        return stage, prices
    prices = project_prices(smaller.traces[-1], prices)
    size = len(smaller.graph.costs)
    needless = find_needless(smaller.graph, smaller.terminal, 100)
    if search.may_go_on(100 * size) and needless.mean() > 1 - _WORTH:
        smaller = restrict(smaller, ~needless)
        prices = project_prices(smaller.traces[-1], prices)
    return smaller, prices


def _drop_needless(search: Search, stage: Stage, steps: int) -> Stage:
    """Return the stage without the edges that the bottleneck test finds needless."""
    if stage.solved or not search.may_go_on(100 * len(stage.graph.costs)):
        return stage
    return restrict(stage, ~find_needless(stage.graph, stage.terminal, steps))


def _finish(search: Search, stage: Stage) -> None:
    """Take note of a tree that is fixed entirely: no other can be better."""
    search.offer(stage.fixed_cost, lift_all(stage, np.zeros(len(stage.graph.costs), np.bool_)))
    search.prove(min(search.best, stage.fixed_cost))


def _is_joined(stage: Stage) -> bool:
    """Tell whether all terminals still hang together."""
    tree = complete(stage, np.zeros(len(stage.graph.costs), np.bool_))
    reached = np.zeros(len(stage.terminal), np.bool_)
    reached[stage.graph.tails[tree]] = True
    reached[stage.graph.heads[tree]] = True
    return bool(reached[stage.terminal].all()) and int(tree.sum()) == int(reached.sum()) - 1


def _ascend_and_prune(search: Search, stage: Stage, ascent: Ascent) -> None:
    """Look for a tree among the edges that an ascent has used up, then improve it among all."""
    free = np.zeros(len(stage.graph.costs), np.bool_)
    free[stage.graph.edges[ascent.left == 0]] = True
    inner = restrict(stage, free)
    if inner.solved:
        tree = np.zeros(len(inner.graph.costs), np.bool_)
    else:
        if not search.may_go_on(_BUILD_WORK * len(inner.graph.costs)):
            return
        tree = build(inner, inner.graph.costs, int(inner.terminals[0]))
        tree = climb_down(search, inner.graph, tree, inner.terminal)
    chosen = tree
    for trace in reversed(inner.traces[len(stage.traces) :]):
        chosen = lift(trace, chosen)
    find_tree(search, stage, chosen, share=1e-5)


def _restart(
    search: Search, stage: Stage, prices: Costs, random: np.random.Generator, numbers: tuple[int, int, int]
) -> None:
    """Make trees at disturbed costs, by turns from nothing and from the best, and combine them with it."""
    high, bits, turns = numbers
    for turn in range(turns):
        if not search.may_go_on(len(stage.graph.costs)):
            break
        known = [project_all(stage, tree) for _, tree in search.pool]
        core = _choose_core(stage, prices, known, random)
        if core.solved:
            break
        start = project_all(core, search.pool[0][1]) if turn % 2 else None
        new = _try_disturbed(search, core, random, (high, bits), start)
        picks = random.choice(len(known), min(len(known), int(random.integers(0, 4))), replace=False)
        union = np.logical_or.reduce([known[0], project_all(stage, new), *(known[pick] for pick in picks)])
        before = search.best
        _combine(search, restrict(stage, union), random, (high, bits))
        if search.best < before:
            find_tree(search, stage, project_all(stage, search.pool[0][1]))


def _choose_core(stage: Stage, prices: Costs, trees: list[Mask], random: np.random.Generator) -> Stage:
    """Return the stage with those edges only that known trees use or that the ascent finds cheap."""
    wanted = int(random.uniform(1.5, 4.0) * max(tree.sum() for tree in trees))
    keep = np.logical_or.reduce(trees)
    if wanted < len(prices):
        keep |= prices <= np.partition(prices, wanted)[wanted]
        return restrict(stage, keep)
    return restrict(stage)


def _try_disturbed(
    search: Search,
    stage: Stage,
    random: np.random.Generator,
    numbers: tuple[int, int],
    start: Mask | None = None,
) -> Mask:
    """Improve a tree at disturbed costs, then at costs ever nearer the true ones, and offer it.

    Without start it is built at disturbed costs too. It is returned as edges of the first graph.
    """
    graph, terminal = stage.graph, stage.terminal
    factors = (random.random(len(graph.costs)) * random.uniform(0.05, 0.5) * (1 << numbers[1])).astype(
        np.int64
    )
    tree = start
    if tree is None:
        search.may_go_on(_BUILD_WORK * len(graph.costs))
        tree = build(stage, disturb(graph.costs, *numbers, factors), int(random.choice(stage.terminals)))
    for share in (1, 2):
        disturbed = with_costs(graph, disturb(graph.costs, *numbers, factors // share))
        if search.may_go_on(_PASS_WORK * len(graph.costs)):
            tree, _ = improve(disturbed, tree, terminal)
    return lift_all(stage, find_tree(search, stage, tree, share=1e-6))


def _combine(search: Search, union: Stage, random: np.random.Generator, numbers: tuple[int, int]) -> None:
    """Look for a better tree among the edges of some known ones, which are few.

    What an ascent on them rules out leaves fewer still, often none: then no combination is better.
    """
    for _ in range(_HALVINGS):
        if union.solved or not search.may_go_on():
            break
        ascent = start_ascent(union.graph, union.terminals, int(random.choice(union.terminals)))
        ascent, work = ascend(union.graph, ascent, UNLIMITED)
        if not search.may_go_on(work):
            return
        _ascend_and_prune(search, union, ascent)
        prices = price_edges(union.graph, ascent, union.terminals)
        smaller = restrict(union, prices + (ascent.bound + union.fixed_cost) < search.best)
        if not smaller.solved and not _is_joined(smaller):
            return
        small = len(smaller.graph.costs) < _SHRUNK * len(union.graph.costs)
        union = smaller
        if not small:
            break
    if union.solved:
        search.offer(union.fixed_cost, lift_all(union, np.zeros(len(union.graph.costs), np.bool_)))
        return
    for _ in range(_TRIES):
        if search.may_go_on():
            _try_disturbed(search, union, random, numbers)
