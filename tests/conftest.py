"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real open data beside the checkout; CI may not go without."""
    if not SHARED.is_dir():
        missing = f"the real open data is not beside the checkout ({SHARED})"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return SHARED
