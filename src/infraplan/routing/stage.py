"""A reduced problem and the way back to the graph it came from."""

from typing import NamedTuple

import numpy as np

from infraplan.routing.exchange import improve_once
from infraplan.routing.graph import Costs, Graph, Mask, Nodes, with_costs
from infraplan.routing.reduce import Trace, lift, project, shrink
from infraplan.routing.regions import join_nearest, span_nodes


class Stage(NamedTuple):
    """A graph with its terminals, after some reductions of another one.

    Attributes
    ----------
    graph, terminal
        What is left to solve.
    fixed_cost
        What the edges cost that belong to the tree already.
    traces
        The reductions, in the order in which they were made.
    """

    graph: Graph
    terminal: Mask
    fixed_cost: int
    traces: tuple[Trace, ...]

    @property
    def terminals(self) -> Nodes:
        """The terminals' nodes, rising."""
        return np.flatnonzero(self.terminal).astype(np.int32)

    @property
    def solved(self) -> bool:
        """Whether nothing is left to join."""
        return int(self.terminal.sum()) < 2  # noqa: PLR2004

    def price(self, chosen: Mask) -> int:
        """Return what a tree costs, with all that is fixed."""
        return int(self.graph.costs[chosen].sum()) + self.fixed_cost


def restrict(stage: Stage, keep: Mask | None = None) -> Stage:
    """Return the stage with only some of its edges, and smaller where that makes choices plain."""
    graph, terminal, fixed, trace = shrink(stage.graph, stage.terminal, keep)
    return Stage(graph, terminal, stage.fixed_cost + fixed, (*stage.traces, trace))


def lift_all(stage: Stage, chosen: Mask) -> Mask:
    """Return a tree of the stage as edges of the first graph."""
    for trace in reversed(stage.traces):
        chosen = lift(trace, chosen)
    return chosen


def project_all(stage: Stage, chosen: Mask) -> Mask:
    """Return what is left of a tree of the first graph, completed to a tree where edges are gone."""
    for trace in stage.traces:
        chosen = project(trace, chosen)
    return complete(stage, chosen)


def complete(stage: Stage, chosen: Mask) -> Mask:
    """Return a tree over some edges and what else it needs."""
    return build(stage, np.where(chosen, 0, stage.graph.costs), int(stage.terminals[0]))


def build(stage: Stage, costs: Costs, start: int) -> Mask:
    """Return Takahashi & Matsuyama's tree for other costs; its nodes are joined at least true cost."""
    drawn = with_costs(stage.graph, costs)
    return span_nodes(stage.graph, join_nearest(drawn, stage.terminal, start), stage.terminal)


def improve(graph: Graph, chosen: Mask, terminal: Mask) -> tuple[Mask, int]:
    """Make one pass of local search; a tree that is empty stays so."""
    if not chosen.any():
        return chosen, 0
    return improve_once(graph, chosen, terminal)


def disturb(costs: Costs, high: int, bits: int, factors: Costs) -> Costs:
    """Return costs × (2**bits + factors); whole multiples of ``high``, which stand for ends, × 2**bits."""
    ends, rest = np.divmod(costs, high)
    return np.asarray((rest * ((1 << bits) + factors)) + ((ends * high) << bits))
