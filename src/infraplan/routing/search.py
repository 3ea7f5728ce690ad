"""What a search knows, and the steps it is made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Literal

import numpy as np

from infraplan.routing.dual import Ascent, ascend, orient, start_ascent
from infraplan.routing.graph import Graph, Mask
from infraplan.routing.reduce import lift
from infraplan.routing.stage import (
    Stage,
    build,
    complete,
    improve,
    lift_all,
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
PASS_WORK = 300
"""Steps an edge of one pass of local search, measured in those of the ascent (about 4 ns)."""
BUILD_WORK = 80
"""The same of building a tree."""
_PASSES = 60
"""Of local search, at most; it ends after 5–20."""
_POOL = 12
"""Trees that are remembered."""
_CHUNK = 50_000_000
"""Steps of an ascent between two looks at the clock."""


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
    work = PASS_WORK * len(graph.costs)
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


def finish(search: Search, stage: Stage) -> None:
    """Take note of a tree that is fixed entirely: no other can be better."""
    search.offer(stage.fixed_cost, lift_all(stage, np.zeros(len(stage.graph.costs), np.bool_)))
    search.prove(min(search.best, stage.fixed_cost))


def is_joined(stage: Stage) -> bool:
    """Tell whether all terminals still hang together."""
    tree = complete(stage, np.zeros(len(stage.graph.costs), np.bool_))
    reached = np.zeros(len(stage.terminal), np.bool_)
    reached[stage.graph.tails[tree]] = True
    reached[stage.graph.heads[tree]] = True
    return bool(reached[stage.terminal].all()) and int(tree.sum()) == int(reached.sum()) - 1


def ascend_and_prune(search: Search, stage: Stage, ascent: Ascent) -> None:
    """Look for a tree among the edges that an ascent has used up, then improve it among all."""
    free = np.zeros(len(stage.graph.costs), np.bool_)
    free[stage.graph.edges[ascent.left == 0]] = True
    inner = restrict(stage, free)
    if inner.solved:
        tree = np.zeros(len(inner.graph.costs), np.bool_)
    else:
        if not search.may_go_on(BUILD_WORK * len(inner.graph.costs)):
            return
        tree = build(inner, inner.graph.costs, int(inner.terminals[0]))
        tree = climb_down(search, inner.graph, tree, inner.terminal)
    chosen = tree
    for trace in reversed(inner.traces[len(stage.traces) :]):
        chosen = lift(trace, chosen)
    find_tree(search, stage, chosen, share=1e-5)
