"""Kernels: loops over arrays that numba compiles once for a machine, run by two threads side by side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

_THREADS = 2
_PIECES = 16
"""Pieces of the work: who is done first takes the next."""


def compiled(function: Function) -> Function:
    """Compile a kernel when it is first called, and keep the machine code beside the module.

    Sums and products are rounded one by one, as numpy does: that is what makes both paths equal. numba checks
    a kernel's own module for changes, not those it calls from: after a change to one that others call, remove
    the ``.nbi`` files of ``__pycache__``. Where no folder can be written, each process compiles.
    """
    kernel = njit(nogil=True, error_model="numpy")(function)
    with suppress(RuntimeError):
        kernel.enable_caching()
    return cast("Function", kernel)


def share_out(kernel: Callable[..., None], count: int, *arguments: Any) -> None:
    """Call ``kernel(first, last, *arguments)`` for pieces of 0 … count - 1; each writes to its own places."""
    limits = [count * piece // _PIECES for piece in range(_PIECES + 1)]
    with ThreadPoolExecutor(_THREADS) as pool:
        tasks = [pool.submit(kernel, first, last, *arguments) for first, last in pairwise(limits)]
    for task in tasks:
        task.result()
