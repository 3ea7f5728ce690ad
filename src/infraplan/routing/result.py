"""When a search ends, and how far its answer may be from the best one."""

from math import inf
from time import monotonic

from infraplan.routing.arguments import check_options
from infraplan.routing.plain import SMALL
from infraplan.routing.steiner import Ended, Progress

_WORK = 2_000_000_000
"""Steps of any search without time limit, of about 4 ns."""
_WORK_PER_EDGE = 30_000
"""Steps an edge more: about a minute for 250 000 edges."""
_PLAIN = 1_000_000, 5_000
"""Both where the interpreter takes the steps."""


def limit_work(edges: int) -> int:
    """Return how many steps a search without time limit may take in a graph of so many edges."""
    some, each = (_WORK, _WORK_PER_EDGE) if edges >= SMALL else _PLAIN
    return some + each * edges


class Watch:
    """Tells a search when to end, and its caller how far it is.

    Without time limit the work is limited, which does not depend on the machine.
    """

    def __init__(
        self, time_limit_s: float | None, gap: float, progress: Progress | None, *, work: float = inf
    ) -> None:
        check_options(time_limit_s, gap)
        self.begin = monotonic()
        self.deadline = inf if time_limit_s is None else self.begin + time_limit_s
        self.gap = gap
        self.progress = progress
        self.ended: Ended | None = None
        self.work = work if time_limit_s is None else inf

    def report(self, best: float, bound: float) -> None:
        """Say what was found."""
        if self.progress is not None and self.progress(best, bound, monotonic() - self.begin):
            self.ended = "time"
        if self.ended is None and measure_gap(best, bound) <= self.gap:
            self.ended = "optimal" if best == bound else "gap"

    def may_go_on(self, work: float = 0.0) -> bool:
        """Count some work and tell whether there is time and reason to go on."""
        self.work -= work
        if self.ended is None and self.deadline < inf and monotonic() >= self.deadline:
            self.ended = "time"
        return self.ended is None and self.work > 0

    def left_s(self) -> float | None:
        """Return the seconds that are left, None for no limit."""
        return None if self.deadline == inf else max(self.deadline - monotonic(), 0.0)

    def close(self, best: float, bound: float) -> Ended:
        """Say why the search ended."""
        return "optimal" if best == bound else self.ended or "search"


def measure_gap(value: float, bound: float) -> float:
    """Return how far a value is from its bound, as a share of the bound."""
    if value == bound:
        return 0.0
    return abs(value - bound) / abs(bound) if bound else float("inf")
