"""What a solver gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from infraplan.routing.problem import Ints

Ending = Literal["optimal", "gap", "searched", "time limit", "stopped"]
Progress = Callable[[float, float, float], bool | None]
"""Told of the best value, the bound and the seconds so far; the search ends where it answers True."""


@dataclass(frozen=True)
class PrizeTree:
    """A tree that collects prizes, or a network that holds more than joining needs.

    Attributes
    ----------
    edges
        Positions of the chosen edges, rising, shape (k,).
    cost
        Sum of their costs.
    lower_bound
        What nothing better can pass: see the function that was asked.
    gap
        How far the answer may be from the best one, as a share of the bound: 0.003 is 0.3 %.
    prize
        Sum of the prizes of the nodes that the tree holds.
    unreached
        Nodes that were asked for or have a prize, and that no edges lead to, rising.
    ended
        Why the search ended: proven optimal, near enough, nothing left to try, out of time, or told to stop.
    """

    edges: Ints
    cost: float
    lower_bound: float
    gap: float
    prize: float
    unreached: Ints
    ended: Ending


class Watch:
    """Tells a search when to end, and its caller how far it is."""

    def __init__(self, time_limit_s: float | None, gap: float, progress: Progress | None) -> None:
        self.begin = monotonic()
        self.limit = float("inf") if time_limit_s is None else time_limit_s
        self.gap = gap
        self.progress = progress
        self.ended: Ending | None = None

    def report(self, best: float, bound: float) -> None:
        """Say what was found."""
        if self.progress is not None and self.progress(best, bound, monotonic() - self.begin):
            self.ended = "stopped"
        if self.ended is None and measure_gap(best, bound) <= self.gap:
            self.ended = "optimal" if best == bound else "gap"

    def may_go_on(self) -> bool:
        """Tell whether there is time and reason to go on."""
        if self.ended is None and monotonic() - self.begin >= self.limit:
            self.ended = "time limit"
        return self.ended is None

    def close(self, best: float, bound: float) -> Ending:
        """Say why the search ended."""
        return "optimal" if best == bound else self.ended or "searched"


def measure_gap(value: float, bound: float) -> float:
    """Return how far a value is from its bound, as a share of the bound."""
    if value == bound:
        return 0.0
    return abs(value - bound) / abs(bound) if bound else float("inf")
