"""Proof by cases: a fork is in the tree or it is not, and what dual ascent says of both."""

import heapq

import numpy as np

from infraplan.routing.dual import ascend, price_edges, start_ascent
from infraplan.routing.regions import span_nodes
from infraplan.routing.search import UNLIMITED, Search, ascend_and_prune, is_joined
from infraplan.routing.stage import Stage, lift_all, project_all, restrict

_ROOTS = 3
"""Ascents in a case, from different roots."""


def prove_by_cases(search: Search, stage: Stage, random: np.random.Generator, cases: int) -> None:
    """Raise the bound by branching on nodes (Duin 1993), the case with the lowest bound first.

    Every case is reduced as far as the best tree allows; it is closed when nothing better can be in it. The
    bound is the lowest of those that are open.
    """
    number = 0
    first = _bound_case(search, stage, search.bound, random)
    waiting = [] if first is None else [(first[0], number, first[1])]
    while waiting and cases > 0 and search.may_go_on(100 * len(waiting[0][2].graph.costs)):
        bound, _, case = heapq.heappop(waiting)
        search.prove(bound)
        if bound >= search.best:
            break
        cases -= 1
        node = _choose_node(search, case)
        for child in (_with_node(case, node), _without_node(case, node)):
            found = _bound_case(search, child, bound, random)
            if found is not None:
                number += 1
                heapq.heappush(waiting, (found[0], number, found[1]))
        if not search.may_go_on():
            return
        search.prove(waiting[0][0] if waiting else search.best)


def _with_node(stage: Stage, node: int) -> Stage:
    terminal = stage.terminal.copy()
    terminal[node] = True
    return stage._replace(terminal=terminal)


def _without_node(stage: Stage, node: int) -> Stage:
    return restrict(stage, (stage.graph.tails != node) & (stage.graph.heads != node))


def _choose_node(search: Search, stage: Stage) -> int:
    """Return the node that is no terminal and has the most edges, in the best tree and then in the graph."""
    tree = project_all(stage, search.pool[0][1])
    ends = np.concatenate([stage.graph.tails[tree], stage.graph.heads[tree]])
    inside = np.bincount(ends, minlength=len(stage.terminal))
    degree = np.diff(stage.graph.starts)
    score = np.where(stage.terminal, -1, inside * (int(degree.max()) + 1) + degree)
    return int(score.argmax())


def _bound_case(  # noqa: PLR0911  (a case may be closed at each step)
    search: Search, stage: Stage, bound: int, random: np.random.Generator
) -> tuple[int, Stage] | None:
    """Return a bound of the trees of a case that may be better than the best, and the case reduced.

    None where there is no such tree.
    """
    for _ in range(_ROOTS):
        if stage.solved:
            _finish_case(search, stage)
            return None
        if not is_joined(stage):
            return None
        ascent = start_ascent(stage.graph, stage.terminals, int(random.choice(stage.terminals)))
        ascent, _ = ascend(stage.graph, ascent, UNLIMITED)
        bound = max(bound, ascent.bound + stage.fixed_cost)
        if bound >= search.best:
            return None
        ascend_and_prune(search, stage, ascent)
        prices = price_edges(stage.graph, ascent, stage.terminals)
        keep = prices + (ascent.bound + stage.fixed_cost) < search.best
        stage = restrict(stage, keep)
    if stage.solved:
        _finish_case(search, stage)
        return None
    if not is_joined(stage):
        return None
    if stage.terminal.all():
        tree = span_nodes(stage.graph, stage.terminal, stage.terminal)
        search.offer(stage.price(tree), lift_all(stage, tree))
        return None
    return bound, stage


def _finish_case(search: Search, stage: Stage) -> None:
    """Offer the only tree that is left."""
    search.offer(stage.fixed_cost, lift_all(stage, np.zeros(len(stage.graph.costs), np.bool_)))
