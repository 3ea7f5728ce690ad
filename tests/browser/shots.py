"""Pictures of pages, to be looked at: kept in CI, or where INFRAPLAN_SHOTS names a folder."""

import os
from pathlib import Path

from playwright.sync_api import Page


def folder() -> Path | None:
    """Return where pictures go, or None where nobody asked for any."""
    named = os.environ.get("INFRAPLAN_SHOTS")
    if named:
        return Path(named)
    return Path(__file__).parents[2] / "screenshots" if os.environ.get("CI") else None


def save_shot(page: Page, name: str) -> Path | None:
    """Write a picture of the window."""
    into = folder()
    if into is None:
        return None
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{name}.png"
    page.screenshot(path=path)
    return path
