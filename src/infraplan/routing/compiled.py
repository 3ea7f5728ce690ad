"""Kernels: functions of numbers and arrays that numba compiles when they are first called."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from numba import types
from numba.core.registry import CPUDispatcher

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a kernel when it is first called, and keep the machine code beside the module.

    numba checks a kernel's own module for changes, not those it calls from: after a change to one that others
    call, remove the ``.nbi`` files of ``__pycache__``. Where no folder can be written, each process compiles.
    """
    return _make_kernel(_Kernel, function)


def compiled_inner(function: Function) -> Function:
    """Compile a kernel that only other kernels call: from elsewhere it is interpreted."""
    return _make_kernel(_Inner, function, no_cpython_wrapper=True)


class _Kernel(CPUDispatcher):
    """A function as numba compiles it, but only once for whole numbers of all widths.

    numba would compile it anew for each mixture of widths and constants with which other kernels call it.
    """

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Return how another kernel calls this one: with wide numbers, to which it converts what it has."""
        wide = [types.int64 if isinstance(kind, types.Integer) else _drop_value(kind) for kind in args]
        template, signature, _, _ = super().get_call_template(wide, kws)
        return template, signature, args, kws


class _Inner(_Kernel):
    """A kernel without what a call from the interpreter needs, which takes as long to compile as itself."""

    def __call__(self, *args: Any) -> Any:
        """Run the function as it is written."""
        return self.py_func(*args)


def _drop_value(kind: Any) -> Any:
    """Return a type without the value that a constant has."""
    return types.unliteral(kind)  # type: ignore[no-untyped-call]


def _make_kernel(kind: type[_Kernel], function: Function, **options: bool) -> Function:
    kernel = kind(
        py_func=function,
        targetoptions={"nopython": True, "error_model": "numpy", "no_cfunc_wrapper": True, **options},
    )
    with suppress(RuntimeError):
        kernel.enable_caching()
    return cast("Function", kernel)
