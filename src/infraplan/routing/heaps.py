"""Two heaps in plain arrays: a binary one for searches, and skew heaps that can be merged."""

import numpy as np
from numpy.typing import NDArray

from infraplan.routing.compiled import compiled_inner
from infraplan.routing.graph import Costs, Nodes


@compiled_inner
def push(keys: Costs, items: Nodes, size: int, key: int, item: int) -> int:
    """Add an item to a binary heap and return the new size; items may be in it several times."""
    i = size
    while i > 0:
        above = (i - 1) >> 1
        if keys[above] <= key:
            break
        keys[i] = keys[above]
        items[i] = items[above]
        i = above
    keys[i] = key
    items[i] = item
    return size + 1


@compiled_inner
def pop(keys: Costs, items: Nodes, size: int) -> int:
    """Remove the first of a binary heap, which the caller has read, and return the new size."""
    size -= 1
    key = keys[size]
    item = items[size]
    i = 0
    while True:
        below = 2 * i + 1
        if below >= size:
            break
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[i] = keys[below]
        items[i] = items[below]
        i = below
    keys[i] = key
    items[i] = item
    return size


@compiled_inner
def merge(a: int, b: int, keys: Costs, left: Nodes, right: Nodes) -> int:
    """Merge two skew heaps (Sleator & Tarjan 1986) of entries and return the first entry.

    Entry ``i`` stands for border ``i >> 1``, whose key is ``keys[i >> 1]``: each border lies in two heaps.
    """
    if a < 0:
        return b
    if b < 0:
        return a
    if keys[b >> 1] < keys[a >> 1]:
        a, b = b, a
    top = a
    slot = a
    rest = right[a]
    right[a] = left[a]
    while rest >= 0:
        if keys[b >> 1] < keys[rest >> 1]:
            rest, b = b, rest
        left[slot] = rest
        slot = rest
        following = right[rest]
        right[rest] = left[rest]
        rest = following
    left[slot] = b
    return top


@compiled_inner
def find_group(parent: NDArray[np.int32], x: int) -> int:
    """Return the representative of x in a union-find forest, halving the way to it."""
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x
