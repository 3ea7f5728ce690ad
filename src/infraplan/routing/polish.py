"""Local search until no move gains."""

from collections.abc import Callable

import numpy as np

from infraplan.routing.exchange import improve_once
from infraplan.routing.graph import Graph, Mask
from infraplan.routing.plain import Runner

_PASSES = 40
"""At most; the first few gain nearly all."""
_PASS_WORK = 300.0
"""Steps an edge of one pass, as of ``Watch``."""


def polish(
    run: Runner,
    graph: Graph,
    chosen: Mask,
    terminal: Mask,
    *,
    may_go_on: Callable[[float], bool] = lambda _: True,
    share: float = 0.0,
) -> Mask:
    """Return a tree over the same terminals that no single move makes cheaper by more than a share."""
    if np.sum(terminal) < 2:  # noqa: PLR2004  (one node is joined already)
        return np.zeros(len(chosen), np.bool_)
    for _ in range(_PASSES):
        chosen, gain = run(improve_once)(graph, chosen, terminal)
        if gain <= share * float(graph.costs[chosen].sum()) or not may_go_on(_PASS_WORK * len(graph.costs)):
            break
    return chosen
