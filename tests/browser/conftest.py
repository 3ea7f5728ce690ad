"""A real Chromium without network, and pages of made-up runs in it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from infraplan.outputs import edition_of
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps import Tiles, build_map


def load(path: Path) -> ModuleType:
    """Import a file that lies beside the tests."""
    spec = spec_from_file_location(f"browser_{path.stem}", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HERE = Path(__file__).parent
make_results = load(HERE.parent / "outputs" / "conftest.py").make_results
find_browser = load(HERE / "install.py").find_browser


def as_it_is(edition: Edition) -> Edition:
    """Return the edition of a run that a test does not change."""
    return edition


def make_page(
    change: Callable[[Edition], Edition],
    tiles: Tiles | None,
    plan: dict[str, object],
    options: dict[str, object],
) -> str:
    """Return the map of a run; one that many tests open is made once."""
    if change is as_it_is and not tiles and not plan:
        return usual_page(tuple(sorted(options.items())))
    run = make_results(**options)
    return build_map(change(edition_of(replace(run, plan=replace(run.plan, **plan)))), tiles=tiles)


@cache
def usual_page(options: tuple[tuple[str, object], ...]) -> str:
    """Return the map of a made-up run as it is."""
    return build_map(edition_of(make_results(**dict(options))))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Chromium; without one these tests fail, and say how to get it: ``make browser``."""
    with sync_playwright() as playwright:
        # As root, as in most containers, Chromium has no sandbox; the pages are our own.
        found = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def results() -> object:
    """Return the run of which pages are made."""
    return make_results()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Return a function that opens the map of a run.

    Afterwards no request and no complaint may be left in its ``trouble``.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    context.set_offline(True)
    trouble: list[str] = []

    def open_map(
        *,
        plan: dict[str, object] | None = None,
        change: Callable[[Edition], Edition] = as_it_is,
        address: str = "",
        tiles: Tiles | None = None,
        **options: object,
    ) -> Page:
        path = tmp_path / "map.html"
        path.write_text(make_page(change, tiles, plan or {}, options), encoding="utf-8")
        page = context.new_page()
        page.on(
            "request",
            lambda request: (
                trouble.append(request.url) if request.url.partition("#")[0] != path.as_uri() else None
            ),
        )
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri() + (f"#{address}" if address else ""))
        page.locator("html[data-ready]").wait_for()
        return page

    open_map.trouble = trouble
    yield open_map
    context.close()
    assert trouble == []
