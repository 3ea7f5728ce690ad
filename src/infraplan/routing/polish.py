"""Local search until no move gains."""

import numpy as np

from infraplan.routing.exchange import improve_once
from infraplan.routing.graph import Graph, Mask
from infraplan.routing.plain import choose_runner

_PASSES = 40
"""At most; the first few gain nearly all."""


def polish(graph: Graph, chosen: Mask, terminal: Mask) -> Mask:
    """Return a tree over the same terminals that no single move makes cheaper."""
    run = choose_runner(len(graph.costs))
    if np.sum(terminal) < 2:  # noqa: PLR2004  (one node is joined already)
        return np.zeros(len(chosen), np.bool_)
    for _ in range(_PASSES):
        chosen, gain = run(improve_once)(graph, chosen, terminal)
        if gain == 0:
            break
    return chosen
