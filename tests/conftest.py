"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A developer's runs look for new counter-examples each time; CI repeats the same ones, so that a change is
# judged by itself. A busy machine is no mistake of ours.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("developer", **_PATIENT)
settings.register_profile("ci", derandomize=True, **_PATIENT)
settings.load_profile("ci" if os.environ.get("CI") else "developer")

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
