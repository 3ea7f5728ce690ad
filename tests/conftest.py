"""Fixtures that all tests share."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real open data that lies beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"the real open data is not beside the checkout ({SHARED})")
    return SHARED
