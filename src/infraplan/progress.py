"""What a terminal shows while a run goes on: a line for each stage, and a bar for the search for a plan."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import log
from types import FrameType
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.progress_bar import ProgressBar
from rich.text import Text

from infraplan.routing.result import measure_gap
from infraplan.words import Words

_CLOSED = 1e-4
"""A proven distance at which the bar is full."""
_LONG_S = 3.0
"""Seconds of search after which a word on how to end it is in place."""


class Show(NamedTuple):
    """Who is told when a stage begins, and how the search goes (``routing.Progress``)."""

    stage: Callable[[str], None]
    search: Callable[[float, float, float], bool]


@contextmanager
def show(words: Words, *, quiet: bool) -> Iterator[Show]:
    """Show on standard error which stage runs: bars on a terminal, nothing in a pipe.

    While the search runs, the first Ctrl-C ends it with the best plan so far; the next one ends the run.
    """
    if quiet or not sys.stderr.isatty():
        yield Show(lambda _stage: None, lambda _best, _bound, _seconds: False)
        return
    with _bars() as bars, _interrupts() as interrupts:

        def stage(name: str) -> None:
            _finish(bars)
            bars.add_task(words.text(f"cli.stages.{name}"), total=None, note="", search=name == "plan")
            interrupts.watch(on=name == "plan")

        def search(best: float, bound: float, seconds: float) -> bool:
            gap = measure_gap(best, bound)
            note = words.text("cli.search", gap=words.share(gap, 2)) if gap < 1 else ""
            if seconds > _LONG_S and not interrupts.told:
                bars.console.print(words.text("cli.search_ends"))
                interrupts.told = True
            bars.update(bars.task_ids[-1], total=1.0, completed=closed(gap), note=note)
            return interrupts.caught

        yield Show(stage, search)
        _finish(bars)


def closed(gap: float) -> float:
    """Return how much of the bar a proven distance fills: each tenth of the distance the same length."""
    return 1.0 if gap <= _CLOSED else max(0.0, log(gap) / log(_CLOSED))


class _Interrupts:
    """Takes note of a first Ctrl-C where it is asked to; any other goes its usual way."""

    def __init__(self) -> None:
        self.caught = self.told = False
        self._usual = signal.getsignal(signal.SIGINT)

    def watch(self, *, on: bool) -> None:
        signal.signal(signal.SIGINT, self._note if on else self._usual)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.caught = True
        self.watch(on=False)


@contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    interrupts = _Interrupts()
    try:
        yield interrupts
    finally:
        interrupts.watch(on=False)


class _SearchBar(BarColumn):
    """A bar for the search only: nothing else knows how far it is."""

    def render(self, task: Task) -> ProgressBar | Text:  # type: ignore[override]
        return super().render(task) if task.fields["search"] and task.total else Text()


def _bars() -> Progress:
    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        _SearchBar(bar_width=16),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _finish(bars: Progress) -> None:
    for task in bars.task_ids:
        bars.update(task, total=1, completed=1)
