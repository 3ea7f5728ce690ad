"""Kernels: compiled ahead for all that is asked, and shared out without a gap."""

import numpy as np
import pytest
import shapely
from numba.core.registry import CPUDispatcher

from infraplan.spatial import (
    __main__,
    arrays,
    build_index,
    cell_kernels,
    chains_kernels,
    find_best,
    find_groups,
    find_nearest,
    find_nearest_line,
    find_within,
    inside_kernels,
    label_chains,
    order_kernels,
    ring_kernels,
    tree_kernels,
)
from infraplan.spatial.compiled import share_out

MODULES = (cell_kernels, chains_kernels, inside_kernels, order_kernels, ring_kernels, tree_kernels)


def count_forms():
    """Return for how many forms of its arguments each kernel is compiled."""
    return {
        name: len(kernel.signatures)
        for module in MODULES
        for name, kernel in vars(module).items()
        if isinstance(kernel, CPUDispatcher)
    }


def test_nothing_is_left_to_compile_when_users_ask(monkeypatch):
    __main__.main()
    before = count_forms()
    # Kernels that come from the disk bring those that they call with them: these count none.
    assert max(before.values()) == 1
    monkeypatch.setattr(arrays, "LARGE", 0)
    fixed = np.asfortranarray(np.arange(40.0).reshape(20, 2))
    fixed.flags.writeable = False
    lines = [shapely.LineString([(0, 0, 1), (9, 9, 1)]), shapely.MultiLineString()]
    index = build_index([shapely.box(0, 0, 9, 9), shapely.Point(3, 3).buffer(2), None])
    for points in (fixed, fixed.tolist(), fixed.astype(np.float32), np.concatenate([fixed, [[np.nan, 0]]])):
        find_within(points, fixed, 3)
        find_nearest(points, fixed[::2], np.float32(3.0))
        find_nearest(points, fixed, np.inf)
        find_nearest_line(points, lines, 3.0)
        find_groups(index, points, np.array([0, 1, 1], np.int8))
        find_best(index, points, [1, 2, 3])
        label_chains(points, 3)
    assert count_forms() == before


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 1000])
def test_pieces_leave_out_and_repeat_nothing(count):
    seen = np.zeros(count, np.int64)

    def mark(first, last, by):
        seen[first:last] += by

    share_out(mark, count, 2)
    assert (seen == 2).all()


def test_what_goes_wrong_in_a_piece_is_told():
    def fail(first, last):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        share_out(fail, 10)


@pytest.mark.parametrize("bits", [1, 11, 12, 31])
def test_keys_are_sorted_as_numpy_does(bits):
    random = np.random.default_rng(bits)
    keys = random.integers(-1, 1 << bits, 5000)
    ordered = order_kernels.sort_keys(keys, bits)
    positions = np.argsort(keys, kind="stable")[(keys < 0).sum() :]
    assert np.array_equal(ordered & order_kernels.POSITION, positions)
    assert np.array_equal(ordered >> 32, keys[positions])


def test_a_curve_goes_through_each_square_once_and_never_jumps():
    side = 1 << 4
    middle = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) + 0.5
    bounds = np.array([0.0, 0.0, (1 << order_kernels.CURVE_BITS) - 1, side])
    places = order_kernels.number_curve(middle, bounds)
    walk = middle[np.argsort(places)]
    assert len(set(places.tolist())) == side * side
    assert (np.abs(np.diff(walk, axis=0)).sum(axis=1) == 1).all()
