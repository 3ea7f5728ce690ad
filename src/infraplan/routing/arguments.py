"""What callers give, checked: a ``ValueError`` names the argument and the first position that is wrong."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_MOST = np.iinfo(np.int64).max


def check_edges(
    tails: ArrayLike, heads: ArrayLike, costs: ArrayLike, count: int | None = None
) -> tuple[Ints, Ints, Floats]:
    """Return the two nodes and the cost of each edge, shapes (m,)."""
    tail, head = check_nodes("tails", tails, count), check_nodes("heads", heads, count)
    cost = check_amounts("costs", costs)
    for name, values in (("heads", head), ("costs", cost)):
        if len(values) != len(tail):
            raise ValueError(
                f"{name} has {len(values)} values, tails {len(tail)}: give one of each for an edge"
            )
    return tail, head, cost


def check_nodes(name: str, values: ArrayLike, count: int | None = None) -> Ints:
    """Return numbers of nodes, below a count where there is one, shape (k,)."""
    array = _read(name, values, "give integers, the numbers of nodes")
    if len(array) and array.dtype.kind == "f":
        raise ValueError(f"{name} is {array.dtype}: give integers, the numbers of nodes")
    wrong = np.flatnonzero((array < 0) | (array > (_MOST if count is None else count - 1)))
    if len(wrong):
        last = "" if count is None else f" to {count - 1}"
        raise ValueError(f"{name}[{wrong[0]}] is {array[wrong[0]]}: nodes are numbered from 0{last}")
    return array.astype(np.int64)


def check_amounts(name: str, values: ArrayLike) -> Floats:
    """Return costs or prizes, finite numbers from 0, shape (k,)."""
    array = _read(name, values, "give finite numbers from 0").astype(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if len(wrong):
        raise ValueError(f"{name}[{wrong[0]}] is {array[wrong[0]]}: {name} are finite numbers from 0")
    return array


def check_limit(name: str, value: Any) -> None:
    """Refuse what is no number from 0; infinity is one."""
    array = _make_array(name, value)
    if array.ndim or array.dtype.kind not in "iuf" or not array >= 0:
        raise ValueError(f"{name} is {value}: give a number from 0")


def check_options(time_limit_s: Any, gap: Any, seed: Any = 0) -> None:
    """Refuse options by which no search can end, or begin."""
    if time_limit_s is not None:
        check_limit("time_limit_s", time_limit_s)
    check_limit("gap", gap)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed is {seed}: give an integer from 0")


def _read(name: str, values: ArrayLike, ask: str) -> NDArray[Any]:
    """Return numbers in a row; truth values, texts and other objects are none."""
    array = _make_array(name, values)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}: give one dimension")
    if len(array) and array.dtype.kind not in "iuf":
        items: list[Any] = list(values) if isinstance(values, list | tuple) else array.tolist()
        wrong = next((i for i, item in enumerate(items) if not _is_number(item)), 0)
        raise ValueError(f"{name}[{wrong}] is {items[wrong]!r}: {ask}")
    return array


def _make_array(name: str, values: Any) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"{name} is no row of numbers: {error}") from error


def _is_number(item: Any) -> bool:
    return isinstance(item, int | float | np.integer | np.floating) and not isinstance(item, bool)
