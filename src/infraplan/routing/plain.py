"""Kernels run by the interpreter: what a small graph needs before any compiler would be done."""

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, Protocol, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

SMALL = 1_000
"""Edges below which the interpreter is sooner than a compiler."""


class Runner(Protocol):
    """What is put around a kernel: it returns one that does the same."""

    def __call__(self, function: Function, /) -> Function:
        """Return the kernel, or its like."""
        ...


def choose_runner(edges: int, small: int | None = None) -> Runner:
    """Return what is to be put around every kernel, for a graph of so many edges as given."""
    return interpret if edges < (SMALL if small is None else small) else _leave


def _leave(function: Function, /) -> Function:
    return function


def interpret(function: Function, /) -> Function:
    """Return the same function with no compiled kernel in it, however deep: same steps, same answer."""
    return cast("Function", _interpret(function))


@cache
def _interpret(function: Any) -> Any:
    plain = getattr(function, "py_func", function)
    if not isinstance(plain, FunctionType):
        return function
    names = plain.__globals__
    inner = {name: names[name] for name in plain.__code__.co_names if name in names}
    swapped = {name: _interpret(value) for name, value in inner.items() if _is_ours(value)}
    if plain is function and all(swapped[name] is inner[name] for name in swapped):
        return function
    copy = FunctionType(
        plain.__code__, {**names, **swapped}, plain.__name__, plain.__defaults__, plain.__closure__
    )
    copy.__kwdefaults__ = plain.__kwdefaults__
    return copy


def _is_ours(value: Any) -> bool:
    function = getattr(value, "py_func", value)
    return isinstance(function, FunctionType) and function.__module__.startswith(__package__ or "")
