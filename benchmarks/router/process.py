"""Processes of their own: what one measures is not another's memory, nor its compiled kernels'."""

import hashlib
import multiprocessing
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from router.table import Figures

ROOT = Path(__file__).parents[2]
ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class FailedError(RuntimeError):
    """A measurement that ended without a result."""


def choose_cache() -> Path:
    """Have kernels kept in a folder of just these sources, and return it; one thread, too.

    A kernel's own file tells numba of changes, but not the files of those that it calls.
    """
    sources = sorted((ROOT / "src" / "infraplan" / "routing").glob("*.py"))
    name = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    folder = ROOT / ".benchmarks" / f"kernels-{name}"
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    return folder


def empty_cache(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def run_apart(work: Callable[..., Any], *arguments: Any, patience_s: float | None = None) -> Any:
    """Return what a function returns in a new process; None where that takes too long."""
    context = multiprocessing.get_context("spawn")
    mine, its = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(its, work, arguments))
    process.start()
    its.close()
    try:
        if not mine.poll(patience_s):
            process.kill()
            return None
        answer = mine.recv()
    except EOFError:
        process.join()
        msg = f"{work.__name__}{arguments} ended with {process.exitcode}"
        raise FailedError(msg) from None
    process.join()
    return answer


def _send(its: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    its.send(work(*arguments))


def run_compiled(work: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function returns in a new process in which nothing was compiled: else it is run again."""
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    kernels = -1
    while kernels != (kernels := count_kernels(folder)):
        answer = run_apart(work, *arguments)
    return answer


def count_kernels(folder: Path) -> int:
    return len(list(folder.rglob("*.nbc")))


def measure_memory() -> float:
    """Return the most memory that this process had, in MB (macOS counts bytes, Linux kB)."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


@dataclass
class Clock:
    """CPU seconds since it was made, and those to the first tree and the first bound; told by the solver.

    It ends the search when a tree costs less than ``below``, or with ``first`` when there are tree and bound.
    """

    below: float = -float("inf")
    first: bool = False
    begin: float = field(default_factory=time.process_time)
    figures: Figures = field(default_factory=dict)

    def __call__(self, best: float, bound: float, _: float) -> bool:
        """Note what is new, and tell whether that is enough."""
        used = time.process_time() - self.begin
        if best < float("inf"):
            self.figures.setdefault("tree", used)
        if bound > 0:
            self.figures.setdefault("bound", used)
        if best < self.below:
            self.figures.setdefault("better", used)
            return True
        return self.first and {"tree", "bound"} <= self.figures.keys()

    def stop(self) -> Figures:
        """Return all figures, and the memory."""
        return {**self.figures, "seconds": time.process_time() - self.begin, "memory": measure_memory()}
