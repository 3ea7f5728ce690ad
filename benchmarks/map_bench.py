"""Measure the map page in headless Chromium, offline: a county, a country of premises, and plain folium.

``python benchmarks/map_bench.py`` prints two tables; ``--only county,country,polygons`` some of their rows,
``--size tiny`` shows that the measurement works. Each page is opened ``--runs`` times; the median counts.

Ready is from opening the file until the page says so and has drawn its premises; the worst frame is the
longest time between two, while the map is dragged and zoomed by script; the longest task is that of the
page's thread meanwhile, in CPU time, which other work on the machine does not lengthen; a redraw is the CPU
time of all that this thread does to show another place.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NamedTuple

import folium
import numpy as np
from map_data import FULL, TINY, make_country_edition, make_county, make_polygon_edition
from measure import peak_mb
from playwright.sync_api import Browser, Page, sync_playwright

from infraplan.outputs.edition import Edition
from infraplan.outputs.maps import build_map
from infraplan.outputs.maps.inline import LEAFLET_CSS, LEAFLET_JS, inline_assets

VIEWPORT = {"width": 1280, "height": 900}
SECONDS = 120
COUNTRY = {"full": 5_000_000, "tiny": 20_000}
POLYGONS = {"full": 10_000, "tiny": 200}
SMALLER, SOONER = 1 / 5, 1 / 10
"""Of plain folium: the file, and a redraw."""

WATCH = """
(() => {
  // The map is drawn when its premises have their places; pages without premises are ready when they say so.
  const drawn = () => {
    let found = true;
    window.infraplanMap?.eachLayer(({ layers }) => {
      if (layers) found = layers.every(({ id, shown, at }) => id !== 'premises' || !shown || at);
    });
    return found;
  };
  const leaflet = () => document.querySelector('.leaflet-interactive');
  const look = () => {
    const ready = window.infraplanMap || document.querySelector('#payload')
      ? document.documentElement?.dataset.ready && drawn() : document.readyState === 'complete' && leaflet();
    if (ready) requestAnimationFrame(() => setTimeout(() => { window.readyAt = performance.now(); }));
    else requestAnimationFrame(look);
  };
  look();
})();
"""
FIND_MAP = """() => {
  window.benchMap = window.infraplanMap ?? Object.values(window).find((value) => value instanceof L.Map);
}"""
SHOW = """for (const id of ['routes', 'public', 'premises']) {
  const box = document.querySelector(`#layer-${id}`);
  if (box && !box.checked) box.click();
}"""
WATCH_FRAMES = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const count = (now) => { window.frames_ms.push(now - last); last = now; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""
DRAGS = ((300, 0), (0, 250), (-500, 0), (0, -450), (200, 200))
WHEEL = (-120, -120, -120, 120, 120, 120)
REDRAW = """async () => {
  const map = window.benchMap, zoom = map.getZoom(), { lat, lng } = map.getCenter();
  const settle = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (let i = 0; i < COUNT; i += 1) {
    map.setView([lat, lng], zoom + (i % 2 ? 0 : 1), { animate: false });
    await settle();
  }
}"""


class Found(NamedTuple):
    """What was measured of a page."""

    file_mb: float
    ready_s: float
    worst_ms: float
    task_ms: float
    redraw_ms: float
    dense_ms: float


def open_page(browser: Browser, path: Path, fragment: str) -> Page:
    """Return a page that is open and ready."""
    context = browser.new_context(viewport=VIEWPORT)
    context.set_offline(True)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(path.as_uri() + fragment, timeout=SECONDS * 1_000, wait_until="commit")
    wait_until(page, "window.readyAt")
    page.evaluate(FIND_MAP)
    return page


def wait_until(page: Page, expression: str) -> None:
    """Ask until the page says yes: Playwright's own waiting needs eval, which the page's policy forbids."""
    end = time.monotonic() + SECONDS
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never true: {expression}"
        page.wait_for_timeout(50)


def measure(browser: Browser, path: Path, fragment: str, dense: tuple[float, float] | None) -> Found:
    """Open a page and measure it."""
    page = open_page(browser, path, fragment)
    try:
        ready = page.evaluate("window.readyAt") / 1_000
        page.evaluate(SHOW)
        page.wait_for_timeout(500)
        browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
        worst = drag_and_zoom(page)
        task = find_longest_task(browser.stop_tracing())
        redraw = measure_redraw(page, 10)
        dense_ms = float("nan") if dense is None else measure_dense(page, dense)
    finally:
        page.context.close()
    return Found(path.stat().st_size / 1e6, ready, worst, task, redraw, dense_ms)


def drag_and_zoom(page: Page) -> float:
    """Drag the map about and turn the wheel; return the longest time between two frames, in milliseconds."""
    page.evaluate(WATCH_FRAMES)
    box = page.locator(".leaflet-container").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for right, down in DRAGS:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + right, y + down, steps=20)
        page.mouse.up()
        page.wait_for_timeout(400)
    page.mouse.move(x, y)
    for turn in WHEEL:
        page.mouse.wheel(0, turn)
        page.wait_for_timeout(600)
    return float(page.evaluate("Math.max(...window.frames_ms)"))


def find_longest_task(trace: bytes) -> float:
    """Return the CPU milliseconds of the longest task of the page's main thread."""
    events = json.loads(trace)["traceEvents"]
    named = [row for row in events if row["name"] == "thread_name"]
    main = {(row["pid"], row["tid"]) for row in named if row["args"]["name"] == "CrRendererMain"}
    painted = Counter((row["pid"], row["tid"]) for row in events if row["name"] == "FireAnimationFrame")
    busiest = max(main & set(painted), key=lambda thread: painted[thread])
    tasks = [row for row in events if (row["pid"], row["tid"]) == busiest and row["name"].endswith("RunTask")]
    return float(max(row.get("tdur", 0) for row in tasks)) / 1_000.0


def measure_redraw(page: Page, count: int) -> float:
    """Return the milliseconds that the page's thread works to show another view."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(row["value"] for row in metrics if row["name"] == "TaskDuration"))

    page.evaluate(REDRAW.replace("COUNT", "2"))
    before = busy()
    page.evaluate(REDRAW.replace("COUNT", str(count)))
    return 1_000.0 * (busy() - before) / count


def measure_dense(page: Page, place: tuple[float, float]) -> float:
    """Return the longest time to show a dense place, complete, at any zoom from a region to its streets."""
    script = """async ([place, zoom]) => {
      const start = performance.now();
      window.benchMap.setView(place, zoom, { animate: false });
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - start;
    }"""
    return float(max(page.evaluate(script, [place, zoom]) for zoom in (9, 11, 12, 13, 14, 15, 16, 18)))


def repeat(
    browser: Browser, path: Path, runs: int, *, fragment: str = "", dense: tuple[float, float] | None = None
) -> Found:
    """Return the median of each figure."""
    found = [measure(browser, path, fragment, dense) for _ in range(runs)]
    return Found(*(statistics.median(column) for column in zip(*found, strict=True)))


def write_page(edition: Edition, path: Path) -> float:
    """Build a page and return the seconds that it took."""
    begin = time.perf_counter()
    path.write_text(build_map(edition), encoding="utf-8")
    return time.perf_counter() - begin


def write_folium(edition: Edition, path: Path) -> None:
    """Write the areas as folium's users do; only its links are replaced by files, as there is no network."""
    areas = edition.shapes("white_spot_areas")
    assert areas is not None
    areas = areas.to_crs("EPSG:4326")
    west, south, east, north = areas.total_bounds
    page = folium.Map(location=((south + north) / 2, (west + east) / 2), zoom_start=8, tiles=None)
    folium.GeoJson(areas.reset_index()).add_to(page)
    page.fit_bounds([(south, west), (north, east)])
    wanted = [(name, url) for name, url in page.default_js if "leaflet.js" in url]
    page.default_js, page.default_css = wanted, [row for row in page.default_css if "leaflet.css" in row[1]]
    html = page.get_root().render().replace(wanted[0][1], LEAFLET_JS)
    for _, url in page.default_css:
        html = html.replace(url, LEAFLET_CSS)
    path.write_text(inline_assets(html), encoding="utf-8")


def judge(found: float, limit: float) -> str:
    """Return a figure with its limit, and whether it was kept.

    >>> judge(1.234, 2.0), judge(3.0, 2.0)
    ('1.2 (≤ 2)', '**3.0** (≤ 2)')
    """
    text = f"{found:.1f}" if found < 100 else f"{found:.0f}"
    return f"{text if found <= limit else f'**{text}**'} (≤ {limit:g})"


def measure_county(browser: Browser, folder: Path, size: str, runs: int) -> str:
    edition = make_county(FULL if size == "full" else TINY)
    seconds = write_page(edition, folder / "county.html")
    found = repeat(browser, folder / "county.html", runs, fragment="#view=progress")
    people, routes = edition.table("facts")["households"].sum(), edition.table("routes")
    work = (
        f"county: {people} households on {len(edition.table('facts'))} premises, 14 municipalities, "
        f"{routes['length_m'].sum() / 1e3:.0f} km of routes, "
        f"{len(edition.table('public_buildings'))} public buildings"
    )
    limits = (4, 2, 100)
    cells = [judge(value, limit) for value, limit in zip(found[:3], limits, strict=True)]
    cells += [f"{found.task_ms:.0f}", f"{found.redraw_ms:.1f}", "", f"{seconds:.1f} s"]
    return f"| {work} | {' | '.join(cells)} |"


def measure_country(browser: Browser, folder: Path, size: str, runs: int) -> str:
    edition = make_country_edition(COUNTRY[size])
    place = find_dense(edition)
    seconds = write_page(edition, folder / "country.html")
    peak = peak_mb(resource.getrusage(resource.RUSAGE_SELF))
    found = repeat(browser, folder / "country.html", runs, fragment="#view=progress", dense=place)
    cells = [
        judge(found.file_mb, 20),
        judge(found.ready_s, 6),
        f"{found.worst_ms:.0f}",
        f"{found.task_ms:.0f}",
        f"{found.redraw_ms:.1f}",
    ]
    cells += [judge(found.dense_ms, 1_000), f"{seconds:.1f} s, {peak:.0f} MB with its tables"]
    return f"| {COUNTRY[size]} premises in one file | {' | '.join(cells)} |"


def find_dense(edition: Edition) -> tuple[float, float]:
    """Return the latitude and longitude of the kilometre with the most premises."""
    facts = edition.shapes("facts")
    assert facts is not None
    _, square, count = np.unique(
        facts.get_coordinates().to_numpy() // 1_000.0, axis=0, return_inverse=True, return_counts=True
    )
    first = int(np.flatnonzero(square.ravel() == count.argmax())[0])
    here = facts.iloc[[first]].to_crs("EPSG:4326").geometry.iloc[0]
    return here.y, here.x


def measure_polygons(browser: Browser, folder: Path, size: str, runs: int) -> Iterator[str]:
    edition = make_polygon_edition(POLYGONS[size])
    write_page(edition, folder / "ours.html")
    write_folium(edition, folder / "folium.html")
    theirs = repeat(browser, folder / "folium.html", runs)
    ours = repeat(browser, folder / "ours.html", runs, fragment="#view=spots")
    for name, found in (("plain folium", theirs), ("infraplan", ours)):
        yield (
            f"| {POLYGONS[size]} polygons, {name} | {found.file_mb:.2f} | {found.ready_s:.2f} | "
            f"{found.worst_ms:.0f} | {found.task_ms:.0f} | {found.redraw_ms:.1f} | |"
        )
    file, redraw = ours.file_mb / theirs.file_mb, ours.redraw_ms / theirs.redraw_ms
    verdict = "met" if file <= SMALLER and redraw <= SOONER else "**missed**"
    yield f"| ratio (targets {SMALLER:g} and {SOONER:g}) | {file:.3f} | | | | {redraw:.3f} | {verdict} |"


HEAD = (
    "| page | file MB | ready s | worst frame ms | longest task CPU ms | redraw CPU ms | dense view ms "
    "| built in |\n"
    "|---|---|---|---|---|---|---|---|"
)
HEAD_POLYGONS = (
    "| page | file MB | ready s | worst frame ms | longest task CPU ms | redraw CPU ms | verdict |\n"
    "|---|---|---|---|---|---|---|"
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give the browser that the tests use."""
    path = Path(__file__).parents[1] / "tests" / "browser" / "install.py"
    spec = spec_from_file_location("browser_install", path)
    assert spec is not None
    assert spec.loader is not None
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=module.find_browser(), args=["--no-sandbox"])
        yield browser
        browser.close()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--size", choices=("full", "tiny"), default="full")
    parser.add_argument("--only", default="county,country,polygons")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    chosen = options.only.split(",")
    with chromium() as browser, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"Chromium {browser.version}, folium {folium.__version__}, Python {sys.version.split()[0]}\n")
        if {"county", "country"} & set(chosen):
            print(HEAD)
        for work, function in (("county", measure_county), ("country", measure_country)):
            if work in chosen:
                print(function(browser, folder, options.size, options.runs), flush=True)
        if "polygons" in chosen:
            print(f"\n{HEAD_POLYGONS}")
            for row in measure_polygons(browser, folder, options.size, options.runs):
                print(row, flush=True)


if __name__ == "__main__":
    main()
