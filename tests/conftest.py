"""Fixtures that all tests share, and which tests go together."""

import base64
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# A developer's runs look for new counter-examples each time; CI repeats the same ones, so that a change is
# judged by itself. A busy machine is no mistake of ours.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("developer", **_PATIENT)
settings.register_profile("ci", derandomize=True, **_PATIENT)
settings.load_profile("ci" if os.environ.get("CI") else "developer")

TOGETHER = ("tests/cli", "tests/demo", "tests/outputs/report/papers")
"""Folders whose files share a run that takes long: one worker makes it."""
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
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


@pytest.fixture(scope="session")
def white_dot() -> bytes:
    """Return the smallest picture."""
    return DOT


@pytest.fixture
def undrawn_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each map of a paper one white dot: it takes long to draw, and what it shows is not asked."""
    monkeypatch.setattr("infraplan.outputs.report.pictures.draw_map", lambda *_, **__: DOT)


class Together(LoadScopeScheduling):
    """Gives the tests of a file, or of a folder that shares a run, to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        return find_group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together:
    config.option.loadscopereorder = False  # the order is that of below
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left with it at the end."""
    slow = {find_group(item.nodeid) for item in items if is_slow(item)}
    items.sort(key=lambda item: find_group(item.nodeid) not in slow)


def find_group(nodeid: str) -> str:
    """Return the file of a test, or the folder whose files go together."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


def is_slow(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("slow", "browser"))
