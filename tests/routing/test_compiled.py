"""Kernels: what the compiler makes of them."""

import numba
import numpy as np
import pytest

from infraplan.routing.compiled import compiled, compiled_inner


@pytest.fixture
def kernels(monkeypatch, tmp_path):
    """Return a kernel and an inner one that it calls; no machine code of them is kept."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))

    @compiled_inner
    def add(total, value):
        return total + value

    @compiled
    def add_all(few, many):
        total = 0
        for value in few:
            total = add(total, value)
        for value in many:
            total = add(value, total)
        return add(total, 1)

    return add_all, add


def test_numbers_of_all_widths_share_one_kernel_that_is_wide(kernels):
    add_all, add = kernels
    most = np.iinfo(np.int32).max
    few, many = np.array([most, most], np.int32), np.array([3, 1 << 40], np.int64)
    assert add_all(few, many) == 2 * most + 3 + (1 << 40) + 1
    assert len(add.signatures) == 1


def test_an_inner_kernel_called_from_elsewhere_is_interpreted(kernels):
    add_all, add = kernels
    assert add_all(np.array([1], np.int32), np.array([2])) == 4
    assert add("a", "b") == "ab"
