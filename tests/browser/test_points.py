"""Premises on the map page: squares that lose nobody, signs where they stand apart, a legend that is true."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image, ImageColor

from infraplan.outputs import edition_of
from infraplan.outputs.maps import build_map
from infraplan.outputs.maps.premises import CLASSES, SHARE_COLOURS
from infraplan.tables import STATUSES

pytestmark = pytest.mark.browser

FIND = """
const layers = [];
infraplanMap.eachLayer((layer) => layers.push(layer));
const sheet = layers.find((layer) => layer.sheetId === 'map');
const points = sheet.layers.find((layer) => layer.id === 'premises');
const marks = (zoom, box = [0, 0, 256, 256]) => {
  const found = [];
  points.marks({ zoom, box }, (mark) => found.push(mark));
  return found;
};
const signs = (zoom, box) => marks(zoom, box).filter((mark) => mark.class != null);
"""
COUNT = 1_500
COLOURS = """(() => {
  // Of each colour that the layer paints, how many pixels.
  const { width, height } = sheet.canvas, found = {};
  const brush = Object.assign(document.createElement('canvas'), { width, height })
    .getContext('2d', { willReadFrequently: true });
  points.paint(brush, sheet.view);
  const { data } = brush.getImageData(0, 0, width, height);
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 255) continue;
    const colour = '#' + [0, 1, 2].map((k) => data[i + k].toString(16).padStart(2, '0')).join('');
    found[colour] = (found[colour] ?? 0) + 1;
  }
  return found;
})()"""


def make_facts(premises):
    """Return a village of 1 500 premises in streets of 30 m, and a hundred houses strewn around it."""
    random = np.random.default_rng(3)
    corner = premises.total_bounds[:2] + 500.0
    streets = corner + 30.0 * np.stack(np.meshgrid(np.arange(35), np.arange(40)), axis=-1).reshape(-1, 2)
    xy = np.concatenate([streets, corner + random.uniform(0, 9_000, (COUNT - len(streets), 2))])
    columns = {f"{name}_mbps": random.choice([0.0, 30.0, 100.0, 1_000.0], COUNT) for name in STATUSES}
    columns |= {
        "households": random.integers(0, 5, COUNT),
        "workplaces": random.integers(0, 2, COUNT),
        "white_spot": random.random(COUNT) < 0.5,
    }
    index = pd.Index([f"F{number:04d}" for number in range(COUNT)], name="premises_id")
    return gpd.GeoDataFrame(columns, index=index, geometry=shapely.points(xy), crs=premises.crs)


@pytest.fixture(scope="module")
def facts(results):
    return make_facts(results.premises)


@pytest.fixture
def open_points(browser, tmp_path, results, facts):
    """Return a function that opens the page of a run with premises and shows these."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    context.set_offline(True)
    trouble = []

    def show(*, language="en", tables=None, fragment="#view=progress"):
        edition = edition_of(results)
        edition = replace(edition, tables={**edition.tables, "facts": facts, **(tables or {})})
        path = tmp_path / "map.html"
        path.write_text(build_map(edition, language=language), encoding="utf-8")
        page = context.new_page()
        page.on(
            "request",
            lambda request: None if request.url.startswith(path.as_uri()) else trouble.append(request.url),
        )
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(path.as_uri() + fragment)
        page.locator("html[data-ready]").wait_for()
        if edition.shapes("facts") is not None and "progress" in fragment:
            wait_until(page, "points.at")
        return page

    yield show
    context.close()
    assert trouble == []


def ask(page, expression):
    return page.evaluate(f"(() => {{ {FIND} return {expression}; }})()")


def wait_until(page, expression):
    for _ in range(200):
        if ask(page, f"Boolean({expression})"):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}")


def look_at(page, facts, zoom, *, row=0):
    """Show the map around a premises, drawn."""
    place = facts.geometry.iloc[[row]].to_crs("EPSG:4326").iloc[0]
    page.evaluate(f"infraplanMap.setView([{place.y}, {place.x}], {zoom}, {{ animate: false }})")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def count_reached(facts, speed, counts):
    fast = [facts[f"{name}_mbps"] >= speed for name in STATUSES]
    return np.logical_or.reduce(fast[: {"access": 2, "proximity": 3, "planned": 4}[counts]])


def test_squares_hold_everybody_once_at_every_zoom(open_points, facts):
    page = open_points()
    chosen = page.evaluate("document.querySelector('#unit').value")
    weight = facts[chosen.split("+")].sum(axis=1)
    sums = ask(
        page,
        """[...Array(15).keys()].map((i) => marks(4 + i).reduce(([all, reached, count], mark) => [
          all + mark.all, reached + Math.round((mark.share ?? 0) * mark.all), count + mark.to - mark.from],
          [0, 0, 0]))""",
    )
    reached = weight[count_reached(facts, 100.0, "access")].sum()
    assert sums == [[weight.sum(), reached, COUNT]] * 15


@pytest.mark.parametrize("unit", ["households", "workplaces", "households+workplaces"])
def test_the_sums_follow_the_target_and_the_unit(open_points, facts, unit):
    page = open_points()
    page.locator("#target").select_option("1 Gbit/s, 60 %")
    page.locator("#unit").select_option(unit)
    weight = facts[unit.split("+")].sum(axis=1)
    (mark,) = ask(
        page, "[marks(4).reduce((all, mark) => [all[0] + mark.all, all[1] + mark.share * mark.all], [0, 0])]"
    )
    assert mark == pytest.approx([weight.sum(), weight[count_reached(facts, 1_000.0, "access")].sum()])


def test_the_share_of_a_square_is_that_of_a_count(open_points, facts):
    page = open_points()
    page.locator("#unit").select_option("households")
    corners = ask(page, "marks(9).map((mark) => [mark.x, mark.y, mark.all, mark.share])")
    lonlat = facts.to_crs("EPSG:4326").get_coordinates()
    x = 256 * (lonlat["x"] / 360 + 0.5)
    y = 256 * (0.5 - np.log(np.tan(np.pi / 4 + np.radians(lonlat["y"]) / 2)) / (2 * np.pi))
    side = 16 / 2**9
    reached = count_reached(facts, 100.0, "access")
    assert len(corners) > 5
    for middle_x, middle_y, households, share in corners:
        here = ((x - middle_x).abs() <= side / 2) & ((y - middle_y).abs() <= side / 2)
        expected = facts.loc[here, "households"].sum()
        assert households == expected
        assert share == (
            pytest.approx(facts.loc[here & reached, "households"].sum() / expected) if expected else None
        )


def test_marks_never_lie_over_each_other(open_points, facts):
    page = open_points()
    for zoom in (9, 13.5, 16, 18):
        look_at(page, facts, zoom, row=700)
        places = (
            np.array(ask(page, f"marks({zoom}, sheet.view.box).map((mark) => [mark.x, mark.y])")) * 2**zoom
        )
        far = np.abs(places[:, None] - places[None]).max(axis=2)
        far[np.diag_indices(len(far))] = np.inf
        assert far.min() >= 8 - 1e-6, zoom


def test_premises_stand_apart_up_close_each_in_its_place(open_points, facts):
    page = open_points()
    zoom = ask(page, "points.packed.signs_zoom")
    assert 13 <= zoom <= 17
    assert ask(page, f"signs({zoom - 1}).length") == 0
    apart = ask(
        page,
        "signs(17).map((mark) => [mark.x, mark.y, points.row(mark)])",
    )
    assert len(apart) > 0.9 * COUNT
    lonlat = facts.to_crs("EPSG:4326").get_coordinates()
    for x, y, row in apart[:: len(apart) // 60]:
        own = facts.loc[row["id"]]
        assert (row["households"], row["workplaces"]) == (own["households"], own["workplaces"])
        steps = [own[f"{name}_mbps"] >= 100.0 for name in STATUSES] + [False, own["white_spot"], True]
        assert row["class"] == CLASSES[steps.index(True)].key
        pixels = 256 * 2**17 * abs(lonlat.loc[row["id"], "x"] / 360 + 0.5 - x / 256)
        assert pixels <= 4.01
        assert y < 256


def test_the_legend_has_the_colours_and_signs_of_the_map(open_points, facts):
    page = open_points()
    legend = page.locator(".premises-legend")
    told = legend.locator("path").evaluate_all("(paths) => paths.map((path) => path.getAttribute('fill'))")
    assert told[:5] == list(SHARE_COLOURS)
    look_at(page, facts, 11)
    drawn = ask(page, COLOURS)
    seen = set(ask(page, "marks(11, sheet.view.box).map((mark) => points.colour(mark.share))"))
    assert len(seen) > 2
    assert seen <= set(told)
    assert all(drawn.get(colour, 0) > 5 for colour in seen)
    look_at(page, facts, 17, row=700)
    drawn = ask(page, COLOURS)
    shown = ask(
        page,
        "[...new Set(signs(17, sheet.view.box).map((mark) => mark.class))]",
    )
    assert len(shown) > 3
    for place in shown:
        row = CLASSES[place]
        assert drawn.get(row.fill or row.stroke, 0) > 5, row.key
        assert (row.fill or "none") in told


@pytest.mark.parametrize(("language", "said"), [("sv", "Byggnader"), ("en", "Premises")])
def test_the_layer_is_named_counted_faded_and_hidden(open_points, facts, language, said):
    page = open_points(language=language)
    line = page.locator(".layer", has=page.locator("#layer-premises"))
    assert said in line.inner_text()
    assert "500" in line.inner_text()
    page.locator('[data-key="opacity-premises"]').evaluate(
        "(slider) => { slider.value = 40; slider.dispatchEvent(new Event('input')); }"
    )
    assert ask(page, "points.opacity") == 0.4
    page.locator("#layer-premises").uncheck()
    assert not ask(page, "points.shown")
    assert page.locator(".premises-legend").count() == 0
    page.locator("#layer-premises").check()
    wait_until(page, "points?.at")
    look_at(page, facts, 12)
    assert sum(ask(page, COLOURS).values()) > 100


def test_enter_and_a_click_tell_of_the_nearest(open_points, facts):
    page = open_points()
    look_at(page, facts, 17, row=700)
    page.locator("#folium_map").focus()
    page.keyboard.press("Enter")
    assert "F0700" in page.locator("#selected-section").inner_text()
    page.keyboard.press("Escape")
    look_at(page, facts, 12, row=700)
    box = page.locator("#folium_map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    told = page.locator(".leaflet-popup-content").inner_text()
    count = int(told.split()[0])
    assert count > 1
    row = ask(page, "points.nearest()")
    assert row["premises"] == count
    assert sum(part["premises"] for part in row["classes"]) == count
    assert sum(part["households"] for part in row["classes"]) == row["households"]


def test_a_page_of_a_lower_level_has_no_premises(open_points):
    page = open_points(tables={"facts": pd.DataFrame(), "premises": pd.DataFrame()})
    assert page.locator("#layer-premises").count() == 0
    assert not ask(page, "Boolean(points)")


def test_hostile_ids_stay_text(open_points, facts):
    evil = "<img src=x onerror=alert(1)>"
    page = open_points(tables={"facts": facts.iloc[:1].set_axis(pd.Index([evil], name="premises_id"))})
    look_at(page, facts, 17)
    page.locator("#folium_map").focus()
    page.keyboard.press("Enter")
    assert evil in page.locator("#selected-section").inner_text()
    assert json.dumps(evil)[1:-1] in json.dumps(ask(page, "points.ids"))


def test_too_many_to_tell_all_of_are_found_by_their_id(open_points, facts, monkeypatch):
    monkeypatch.setattr("infraplan.outputs.maps.known.MOST_PREMISES", 1)
    page = open_points(fragment="#view=plan")
    assert "beginning of their id" in page.locator("#search-hint").inner_text()
    page.locator("#search").fill("f07")
    page.locator("#search-list li").nth(11).wait_for()
    assert page.locator("#search-list li").first.inner_text().split()[0] == "F0700"
    page.keyboard.press("Enter")
    place = facts.geometry.iloc[[700]].to_crs("EPSG:4326").iloc[0]
    centre = page.evaluate("(({ lat, lng }) => [lng, lat])(infraplanMap.getCenter())")
    assert centre == pytest.approx([place.x, place.y], abs=1e-4)
    assert "F0700" in page.locator("#selected-section").inner_text()


def test_a_picture_explains_the_colours_of_premises(open_points):
    page = open_points()
    page.evaluate("document.querySelector('#tool-picture').open = true")

    def colours():
        with page.expect_download() as waiting:
            page.locator("#picture-button").click()
        picture = Image.open(waiting.value.path()).convert("RGB")
        below = 2 * int(page.locator("#folium_map").bounding_box()["height"] + 100)
        legend = picture.crop((0, below, picture.width, picture.height))
        return {colour for _, colour in legend.getcolors(2**24)}

    shares, sign = {ImageColor.getrgb(colour) for colour in SHARE_COLOURS}, ImageColor.getrgb(CLASSES[0].fill)
    assert shares <= colours()
    # Signs of single ones where there are any.
    assert sign not in colours()
    page.evaluate("infraplanMap.setZoom(18, { animate: false }) && 0")
    assert shares | {sign} <= colours()
