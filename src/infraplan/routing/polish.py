"""Local search until no move gains."""

import numpy as np

from infraplan.routing.exchange import improve_once
from infraplan.routing.graph import Graph, Mask
from infraplan.routing.plain import Runner

_PASSES = 40
"""At most; the first few gain nearly all."""


def polish(run: Runner, graph: Graph, chosen: Mask, terminal: Mask) -> Mask:
    """Return a tree over the same terminals that no single move makes cheaper."""
    if np.sum(terminal) < 2:  # noqa: PLR2004  (one node is joined already)
        return np.zeros(len(chosen), np.bool_)
    for _ in range(_PASSES):
        chosen, gain = run(improve_once)(graph, chosen, terminal)
        if gain == 0:
            break
    return chosen
