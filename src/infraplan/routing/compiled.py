"""Kernels: functions of numbers and arrays that numba compiles when they are first called."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a kernel when it is first called, and keep the machine code beside the module.

    numba checks a kernel's own module for changes, not those it calls from: after a change to one that others
    call, remove the ``.nbi`` files of ``__pycache__``. Where no folder can be written, each process compiles.
    """
    try:
        kernel = njit(cache=True, error_model="numpy")(function)
    except RuntimeError:
        kernel = njit(error_model="numpy")(function)
    return cast("Function", kernel)
