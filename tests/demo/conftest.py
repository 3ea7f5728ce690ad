"""The modelled study, built once for all tests of it."""

import pytest

from infraplan.demo import build


@pytest.fixture(scope="session")
def tables():
    """Return Överkalix; tests must not change it."""
    return build(seed=2026, municipality="2513")
