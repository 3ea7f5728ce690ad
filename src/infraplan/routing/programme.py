"""The linear programme of cuts for what reductions left of a Steiner problem."""

from dataclasses import replace
from math import floor, inf
from time import monotonic

import numpy as np

from infraplan.routing.collect import take
from infraplan.routing.cuts import prove_by_cuts
from infraplan.routing.goal import Goal
from infraplan.routing.goal import Search as Question
from infraplan.routing.plain import Runner
from infraplan.routing.prizes import read_prizes
from infraplan.routing.result import Watch
from infraplan.routing.search import Search
from infraplan.routing.stage import Stage, lift_all, project_all

_SHARE = 0.7
"""Of the time or work that is left."""


def prove_by_programme(search: Search, stage: Stage, run: Runner) -> None:
    """Prove more about a stage in which no edge is at an end, and find better trees on the way.

    To join terminals is to collect prizes of which none may be left: see ``prove_by_cuts``.
    """
    graph = stage.graph
    wanted = stage.terminal.astype(np.float64)
    asked = read_prizes(graph.tails, graph.heads, graph.costs, wanted, stage.terminals[:1], ())
    part = replace(asked.parts[0], must=asked.parts[0].prizes > 0, run=run)
    known = project_all(stage, search.pool[0][1])[part.origin]
    inside = part.prizes > 0
    inside[part.graph.tails[known]] = True
    inside[part.graph.heads[known]] = True

    def tell(_best: float, bound: float, _seconds: float) -> bool:
        search.prove(floor(bound) + stage.fixed_cost)
        return not search.may_go_on()

    left_s = None if search.deadline == inf else _SHARE * max(search.deadline - monotonic(), 0.0)
    watch = Watch(left_s, 0.0, tell, work=_SHARE * search.work)
    question = Question(
        part, part.root, Goal(part.total, inf), watch, take(part, known, inside), 0.0, 0.0, asked.whole_costs
    )
    prove_by_cuts(question, 1.0)
    search.may_go_on(0 if watch.work == inf else int(_SHARE * search.work - watch.work))
    tree = np.zeros(len(graph.costs), np.bool_)
    tree[question.part.origin[question.best.chosen]] = True
    search.offer(stage.price(tree), lift_all(stage, tree))
    search.prove(floor(question.bound) + stage.fixed_cost)
