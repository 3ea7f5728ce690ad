"""Both ways of asking the engine."""

import pytest

from infraplan.spatial import arrays, inside


@pytest.fixture(params=["plain", "swift"])
def way(request, monkeypatch):
    """Ask everything without compiled code, or everything by it."""
    monkeypatch.setattr(arrays, "LARGE", 0 if request.param == "swift" else 10**9)
    monkeypatch.setattr(inside, "_CORNERS", 10**9)
    return request.param
