"""What the reader does with the map: compares, measures, downloads, prints and passes it on."""

import csv
import io
import json
import random
import re
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode

import geopandas as gpd
import pikepdf
import pytest
from PIL import Image
from pyproj import Geod
from shapely.geometry import shape

from infraplan.outputs import edition_of
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps import build_map
from infraplan.outputs.rounding import shown_share

pytestmark = pytest.mark.browser

GEOD = Geod(ellps="WGS84")
_spec = spec_from_file_location("made_up_runs", Path(__file__).parents[1] / "outputs" / "conftest.py")
_runs = module_from_spec(_spec)
_spec.loader.exec_module(_runs)
make_run = _runs.make_results
ORANGE = """(sheet) => {
  // How many pixels of a canvas have the colour of white spots, inside what its pane lets through.
  const shown = document.querySelector(`canvas[data-sheet="${sheet}"]`);
  if (!shown) return 0;
  const copy = Object.assign(document.createElement('canvas'), { width: shown.width, height: shown.height });
  const brush = copy.getContext('2d', { willReadFrequently: true });
  brush.drawImage(shown, 0, 0);
  const bytes = brush.getImageData(0, 0, copy.width, copy.height).data;
  let count = 0;
  for (let i = 0; i < bytes.length; i += 4) count += bytes[i] === 213 && bytes[i + 1] === 94 && !bytes[i + 2];
  return count;
}"""
PAINTED = ORANGE.replace("bytes[i] === 213 && bytes[i + 1] === 94 && !bytes[i + 2]", "bytes[i + 3] > 0")
CENTRE = """(() => {
  const map = window.infraplanMap, at = map.getCenter();
  return [at.lat, at.lng, map.getZoom()];
})()"""
PLACE = """([x, y]) => {
  const at = window.infraplanMap.containerPointToLatLng([x, y]);
  return [at.lng, at.lat];
}"""
PRINTED = """window.print = () => {
  const [box, canvas] = ['#folium_map', 'canvas[data-sheet=map]']
    .map((name) => document.querySelector(name).getBoundingClientRect());
  window.printed = [box.width, box.height, canvas.width];
}"""
CLIPBOARD = """(kind) => Object.defineProperty(navigator, 'clipboard', {
  configurable: true,
  value: kind === 'none' ? undefined : {
    writeText(text) {
      if (kind === 'denied') return Promise.reject(new Error('denied'));
      window.copied = text;
      return Promise.resolve();
    },
  },
})"""
MARKED = """(() => {
  const at = document.activeElement;
  return at.value.slice(at.selectionStart, at.selectionEnd);
})()"""
HASH = "location.hash"
LAYER_NAMES = "[...document.querySelectorAll('#layers input[type=checkbox]')].map((box) => box.id.slice(6))"


@pytest.fixture(scope="module")
def make_page():
    """Return a function that returns the map of a run or an edition, made once for all tests."""
    made = {}

    def make(run, beside, language):
        key = (id(run), id(beside), language)
        if key not in made:
            edition, other = (to_edition(one) for one in (run, beside))
            # Runs are kept beside their page, so that no other one gets the id of one that is gone.
            made[key] = build_map(edition, beside=other, language=language), run, beside
        return made[key][0]

    return make


@pytest.fixture
def show(browser, make_page, tmp_path):
    """Return a function that opens the map of a run or an edition, at an address; nothing may go wrong."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.set_default_timeout(10_000)
    context.set_offline(True)
    trouble = []

    def open_map(run, *, address="", beside=None, language=None):
        path = tmp_path / "map.html"
        path.write_text(make_page(run, beside, language), encoding="utf-8")
        return open_file(path, address)

    def open_file(path, address=""):
        page = context.new_page()
        page.on(
            "request", lambda request: trouble.append(request.url) if is_fetched(request.url, path) else None
        )
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(path.as_uri() + address)
        page.locator("html[data-ready]").wait_for()
        return page

    open_map.file = open_file
    open_map.context = context
    yield open_map
    context.close()
    assert trouble == []


def to_edition(run):
    return run if run is None or isinstance(run, Edition) else edition_of(run)


def is_fetched(url, path):
    return url.partition("#")[0] != path.as_uri() and not url.startswith(("data:", "blob:"))


def wait_until(page, expression, argument=None):
    for _ in range(200):
        if page.evaluate(expression, argument):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}")


def open_tool(page, name):
    page.evaluate(f"document.getElementById('tool-{name}').open = true")


def look_at_the_plan(page):
    """Turn on what the tests look at, whatever page the map opens on."""
    turn(page, "white_spots", "routes", "drops", "zones")


def turn(page, *names, on=True):
    """Turn layers on or off; without names all of them."""
    for name in names or page.evaluate(LAYER_NAMES):
        page.evaluate(
            "([id, on]) => { const box = document.getElementById(id); if (box.checked !== on) box.click(); }",
            [f"layer-{name}", on],
        )


def cells(page, table):
    return [
        [cell.strip() for cell in row.locator("th, td").all_inner_texts()]
        for row in page.locator(f"{table} tbody tr").all()
    ]


# ---- before and after ----


def start_split(page, left="today", right="plan"):
    open_tool(page, "split")
    page.locator("#split-on").check()
    page.locator("#split-left").select_option(left)
    page.locator("#split-right").select_option(right)


def test_the_sides_are_today_the_plan_its_alternatives_and_the_other_run(show, results):
    page = show(results, beside=results, language="en")
    open_tool(page, "split")
    texts = page.locator("#split-left option").all_inner_texts()
    values = page.locator("#split-left option").evaluate_all("(all) => all.map((one) => one.value)")
    assert values == ["today", "plan", "A1", "beside"]
    assert texts[:2] == ["Today", "The plan"]
    assert texts[2].startswith("Alternative A1: ")
    assert texts[3].startswith(results.study.study.name)
    assert page.locator("#split-frame").is_hidden()


def test_white_spots_that_the_plan_reaches_vanish_on_its_side(show, results):
    page = show(results)
    look_at_the_plan(page)
    assert page.evaluate(ORANGE, "map") > 0
    start_split(page)
    wait_until(page, f"() => ({ORANGE})('split-left') > 0")
    today, planned = page.evaluate(ORANGE, "split-left"), page.evaluate(ORANGE, "split-right")
    served, spots = len(results.plan.served), len(results.white_spots)
    # Each spot has about as many pixels as any other.
    assert planned / today == pytest.approx((spots - served) / spots, abs=0.1)
    assert page.evaluate(ORANGE, "map") == 0
    page.locator("#split-right").select_option("today")
    wait_until(page, f"() => ({ORANGE})('split-right') > {planned}")
    page.locator("#split-on").uncheck()
    assert page.locator("canvas[data-sheet=split-left]").count() == 0
    assert page.evaluate(ORANGE, "map") > 0


def test_where_no_single_spots_are_told_their_areas_stand_on_both_sides(show, results):
    edition = edition_of(results)
    bare = {name: table for name, table in edition.tables.items() if name not in ("white_spots", "premises")}
    page = show(replace(edition, tables=bare), address="#view=plan")
    start_split(page)
    wait_until(page, f"() => ({PAINTED})('split-left') > 100")
    left, right = (page.evaluate(PAINTED, f"split-{side}") for side in ("left", "right"))
    assert right > left  # There the plan is, too.
    assert "Vita fläckar kvar" not in page.locator("#split-numbers").inner_text()


def test_the_handle_moves_the_line_by_keyboard_and_by_pointer(show, results):
    page = show(results, language="en")
    start_split(page)
    clip = "(side) => document.querySelector(`.leaflet-split-${side}-pane`).style.clipPath"
    handle = page.get_by_label("Line between the two sides of the map")
    assert handle.input_value() == "50"
    before = [page.evaluate(clip, side) for side in ("left", "right")]
    handle.focus()
    centre = page.evaluate(CENTRE)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert handle.input_value() == "53"
    assert page.evaluate(CENTRE) == centre
    after = [page.evaluate(clip, side) for side in ("left", "right")]
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert (
        handle.get_attribute("aria-valuetext")
        == "53% from the left edge: Today to the left, The plan to the right"
    )
    frame = page.locator("#split-frame").bounding_box()
    y = frame["y"] + frame["height"] / 2
    page.mouse.move(frame["x"] + 0.53 * frame["width"], y)
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.25 * frame["width"], y, steps=5)
    page.mouse.up()
    assert int(handle.input_value()) == pytest.approx(25, abs=2)
    line = page.locator("#split-line").bounding_box()
    assert line["x"] + line["width"] / 2 - frame["x"] == pytest.approx(
        frame["width"] * int(handle.input_value()) / 100, abs=3
    )
    # The map itself stands still, and can still be moved beside the handle.
    assert page.evaluate(CENTRE) == centre


def test_the_sides_stay_apart_when_the_map_moves(show, results):
    page = show(results)
    start_split(page)
    page.evaluate("window.infraplanMap.panBy([137, 61], { animate: false })")
    corner = page.evaluate(
        "(() => { const p = window.infraplanMap.containerPointToLayerPoint([0, 0]); return [p.x, p.y]; })()"
    )
    clip = page.evaluate("document.querySelector('.leaflet-split-left-pane').style.clipPath")
    first = [float(part) for part in re.findall(r"(-?[\d.]+)px", clip)[:2]]
    assert first == pytest.approx(corner, abs=1)


def test_the_numbers_of_both_sides_are_those_of_the_tables(show, results):
    page = show(results, language="en")
    start_split(page)
    plan, served = results.plan, results.plan.served
    effect = results.package.effect.iloc[0]
    today = results.targets[
        (results.targets["target"] == effect["target"])
        & results.targets["decides"]
        & (results.targets["zone_kind"] == "study")
    ].iloc[0]
    found = {row[0]: row[1:] for row in cells(page, "#split-numbers")}
    assert found["Households reached"] == ["–", f"{served['households'].sum():,}"]
    assert found["Workplaces reached"] == ["–", f"{served['workplaces'].sum():,}"]
    assert found["White spots left (buildings)"] == [
        str(len(results.white_spots)),
        str(len(results.white_spots) - len(served)),
    ]
    assert found["Cost (base)"][0] == "–"
    assert money(found["Cost (base)"][1]) == pytest.approx(plan.cost_sek, rel=0.05)
    shares = [shown_share(today["share"], today["target_share"], today["met"]),
              shown_share(effect["share_after"], effect["target_share"], effect["met"])]  # fmt: skip
    assert found[f"Share reached, target “{effect['target']}”"] == [f"{100 * share:.1f}%" for share in shares]


def test_beside_an_alternative_costs_are_of_the_same_things(show, results):
    page = show(results, language="en")
    start_split(page, "plan", "A1")
    found = {row[0]: row[1:] for row in cells(page, "#split-numbers")}
    costs = results.package.alternatives["cost_sek"]
    assert [money(text) for text in found["Cost (base)"]] == pytest.approx(list(costs), rel=0.05)
    assert "without cabinets" in page.locator("#split-numbers").inner_text()
    assert page.locator("#split-right-name").inner_text() == "Alternative A1: less in sensitive areas"
    page.locator("#split-right").select_option("today")
    assert "without cabinets" not in page.locator("#split-numbers").inner_text()


def money(text):
    number, million = re.search(r"([\d.,]+)", text)[1].replace(",", ""), "million" in text
    return float(number) * (1e6 if million else 1)


def test_another_run_is_told_with_its_own_numbers(show, results):
    other = make_run(name="Andra körningen")
    page = show(results, beside=other, language="en")
    start_split(page, "plan", "beside")
    assert "Andra körningen" in page.locator("#split-right-name").inner_text()
    found = {row[0]: row[1:] for row in cells(page, "#split-numbers")}
    assert money(found["Cost (base)"][1]) == pytest.approx(other.plan.cost_sek, rel=0.05)
    assert found["White spots left (buildings)"][0] == found["White spots left (buildings)"][1]
    wait_until(page, f"() => ({ORANGE})('split-right') > 0")


# ---- distances ----


def point_at(page, x, y):
    """Return where on earth a place in the map's window is."""
    return page.evaluate(PLACE, [x, y])


def length_of(text):
    number, unit = re.match(r"([\d.,\u00a0\s]+?)\s*(k?m)\b", text).groups()
    return float(number.replace(",", "")) * (1000 if unit == "km" else 1)


def test_clicks_measure_the_way_over_the_ground_and_open_no_box(show, results):
    page = show(results, language="en")
    look_at_the_plan(page)
    open_tool(page, "measure")
    button = page.locator("#measure-on")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    places = [(300, 300), (500, 420), (350, 600)]
    for x, y in places:
        page.locator("#folium_map").click(position={"x": x, "y": y})
    truth = GEOD.line_length(*zip(*(point_at(page, x, y) for x, y in places), strict=True))
    said = page.locator("#measured").inner_text()
    assert length_of(said) == pytest.approx(truth, rel=0.001)
    assert said.endswith("Points: 3.")
    assert page.locator(".leaflet-popup").count() == 0
    page.locator("#measure-undo").click()
    assert length_of(page.locator("#measured").inner_text()) == pytest.approx(
        GEOD.line_length(*zip(*(point_at(page, x, y) for x, y in places[:2]), strict=True)), rel=0.001
    )
    page.locator("#measure-clear").click()
    assert page.locator("#measured").inner_text() == "Nothing is measured."
    assert button.get_attribute("aria-pressed") == "false"
    assert page.locator("canvas[data-sheet=ruler]").count() == 0
    # Undoing nothing is no fault.
    page.evaluate("document.getElementById('measure-undo').click()")
    assert page.locator("#measured").inner_text() == "Nothing is measured."


def test_dragging_while_measuring_moves_the_map(show, results):
    page = show(results, language="en")
    open_tool(page, "measure")
    page.locator("#measure-on").click()
    before = page.evaluate(CENTRE)
    box = page.locator("#folium_map").bounding_box()
    page.mouse.move(box["x"] + 400, box["y"] + 400)
    page.mouse.down()
    page.mouse.move(box["x"] + 250, box["y"] + 350, steps=6)
    page.mouse.up()
    assert page.evaluate(CENTRE) != before
    assert page.locator("#measured").inner_text() == "Choose the first point."


def test_distances_are_measured_by_keyboard_alone(show, results):
    page = show(results, language="en")
    open_tool(page, "measure")
    page.locator("#measure-centre").focus()
    page.keyboard.press("Enter")
    first = page.evaluate(CENTRE)
    page.locator("#folium_map").focus()
    page.keyboard.press("ArrowRight")
    wait_until(page, f"() => window.infraplanMap.getCenter().lng > {first[1]}")
    page.wait_for_timeout(400)
    page.keyboard.press("Enter")
    second = page.evaluate(CENTRE)
    truth = GEOD.line_length([first[1], second[1]], [first[0], second[0]])
    assert length_of(page.locator("#measured").inner_text()) == pytest.approx(truth, rel=0.002)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((66.33, 22.8), (66.35, 23.9)),
        ((66.33, 22.8), (67.93, 22.8)),
        ((55.3, 13.4), (69.06, 20.55)),
        ((0.0, 0.0), (0.0, 1.0)),
        ((0.0, 0.0), (0.3, 179.9)),
        ((-70.0, 170.0), (70.0, -10.0)),
    ],
)
def test_lengths_are_those_of_the_ellipsoid(show, results, start, end):
    page = show(results, language="en")
    open_tool(page, "measure")
    for lat, lon in (start, end):
        page.evaluate(f"window.infraplanMap.setView([{lat}, {lon}], 12, {{ animate: false }})")
        page.locator("#measure-centre").click()
    truth = GEOD.line_length([start[1], end[1]], [start[0], end[0]])
    assert length_of(page.locator("#measured").inner_text()) == pytest.approx(truth, rel=0.005)


# ---- downloads ----


def downloaded(page, layer, ending):
    open_tool(page, "download")
    page.locator("#download-layer").select_option(layer)
    page.locator("#download-format").select_option(ending)
    with page.expect_download() as waiting:
        page.locator("#download-button").click()
    path = Path(waiting.value.path())
    assert waiting.value.suggested_filename.endswith(f".{ending}")
    return path.read_bytes().decode("utf-8")


def offered(page):
    open_tool(page, "download")
    page.locator("#download-layer").focus()
    return page.locator("#download-layer option").evaluate_all("(all) => all.map((one) => one.value)")


def test_white_spots_come_down_as_geojson_with_all_of_their_table(show, results):
    page = show(results, language="en")
    look_at_the_plan(page)
    found = json.loads(downloaded(page, "white_spots", "geojson"))
    assert found["type"] == "FeatureCollection"
    assert "crs" not in found
    assert found["level"] == edition_of(results).level
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"])
    assert "excavation" in found["not_for_excavation"]
    assert found["simplified"] is False
    assert {feature["geometry"]["type"] for feature in found["features"]} == {"Point"}
    assert all(next(iter(feature["properties"])) == "premises_id" for feature in found["features"])
    table = results.white_spots.to_crs("EPSG:4326")
    read = gpd.GeoDataFrame.from_features(found["features"], crs="EPSG:4326").set_index("premises_id")
    assert set(read.index) == set(table.index)
    read = read.loc[table.index]
    for column in ("households", "workplaces", "rule", "eligible", "settlement_class"):
        assert read[column].tolist() == table[column].tolist(), column
    near = read.geometry.to_crs(results.study.study.crs).distance(results.white_spots.geometry)
    assert near.max() < 1.5


def test_premises_come_down_each_with_its_class(show, results):
    page = show(results, language="en")
    open_tool(page, "download")
    turn(page, "premises")
    wait_until(page, "() => Boolean(document.querySelector('#download-layer option[value=premises]'))")
    found = json.loads(downloaded(page, "premises", "geojson"))["features"]
    read = gpd.GeoDataFrame.from_features(found, crs="EPSG:4326").set_index("premises_id")
    table = results.premises
    assert set(read.index) == set(table.index)
    read = read.loc[table.index]
    assert read["households"].tolist() == table["households"].tolist()
    assert read["workplaces"].tolist() == table["workplaces"].tolist()
    assert (read.geometry.to_crs(table.crs).distance(table.geometry) < 2.0).all()
    in_plan = set(read.index[read["class"] == "in_plan"])
    assert in_plan == set(results.plan.served.index)


def test_every_layer_that_is_shown_comes_down_with_one_kind_of_shape(show, results):
    page = show(results, language="en")
    turn(page)
    names = offered(page)
    assert {"zones", "white_spots", "routes"} <= set(names)
    for name in names:
        found = json.loads(downloaded(page, name, "geojson"))
        kinds = {feature["geometry"]["type"] for feature in found["features"]}
        assert len(kinds) == 1, name
        assert kinds <= {"Point", "MultiLineString", "MultiPolygon"}
        assert found["simplified"] == (kinds != {"Point"})
        assert found["features"], name
        for feature in found["features"]:
            geometry = shape(feature["geometry"])
            west, south, east, north = geometry.bounds
            assert 10 < west <= east < 30, name
            assert 55 < south <= north < 70, name
            for part in geometry.geoms if kinds == {"MultiPolygon"} else ():
                assert part.exterior.is_ccw
                assert not any(ring.is_ccw for ring in part.interiors)
                assert part.exterior.is_closed
        keys = [feature["id"] for feature in found["features"]]
        assert len(set(keys)) == len(keys), name
        left = page.locator("#download-note").inner_text()
        assert ("are left out" in left) == (name == "water") == ("are left out" in found["note"]), name


def test_zones_come_down_with_the_figures_of_the_chosen_target(show, results):
    page = show(results, language="en")
    look_at_the_plan(page)
    page.locator("#target").select_option("1 Gbit/s, 60 %")
    page.locator("#unit").select_option("households")
    found = json.loads(downloaded(page, "zones", "geojson"))
    table = results.targets[
        (results.targets["target"] == "1 Gbit/s, 60 %") & (results.targets["unit"] == "households")
    ]
    table = table.set_index("zone_id")
    for feature in found["features"]:
        row, told = table.loc[feature["id"]], feature["properties"]
        assert (told["base"], told["reached"], told["missing"]) == (
            row["base"],
            row["reached"],
            row["missing"],
        )
        assert told["share"] == shown_share(row["share"], row["target_share"], row["met"])


def test_csv_is_a_table_with_the_key_first(show, results):
    page = show(results, language="sv")
    look_at_the_plan(page)
    text = downloaded(page, "white_spots", "csv")
    assert text.startswith("\ufeffpremises_id,")
    assert text.count("\r\n") == len(results.white_spots) + 1
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    table = results.white_spots
    assert {row["premises_id"]: float(row["households"]) for row in rows} == table["households"].astype(
        float
    ).to_dict()
    assert all("grävning" in row["note"] and row["level"] and row["date"] for row in rows)
    places = table.to_crs("EPSG:4326").geometry
    for row in rows:
        assert float(row["lon"]) == pytest.approx(places[row["premises_id"]].x, abs=1e-5)
        assert float(row["lat"]) == pytest.approx(places[row["premises_id"]].y, abs=1e-5)


@pytest.mark.parametrize("evil", ["=1+1", "@sum(a1)", '+"a,b"', "-2\nx", "\uff1dcmd()"])
def test_formulas_in_names_stay_text(show, evil):
    page = show(make_run(hostile=evil))
    turn(page)
    text = downloaded(page, "white_spot_areas", "csv")
    names = [row["name"] for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))]
    assert f"'{evil}" in names
    assert not [name for name in names if name.startswith(evil[0])]


def test_only_what_is_shown_is_offered(show, results):
    page = show(results)
    look_at_the_plan(page)
    assert "white_spots" in offered(page)
    turn(page, "white_spots", on=False)
    assert "white_spots" not in offered(page)


# ---- picture and paper ----


def picture(page):
    open_tool(page, "picture")
    with page.expect_download() as waiting:
        page.locator("#picture-button").click()
    assert waiting.value.suggested_filename.endswith(".png")
    return Image.open(waiting.value.path()).convert("RGB")


def count_colour(image, colour, box=None):
    found = (image.crop(box) if box else image).getcolors(maxcolors=2**24)
    return sum(count for count, seen in found if seen == colour)


def test_the_picture_holds_map_title_legend_and_credits(show, results):
    page = show(results)
    look_at_the_plan(page)
    found = picture(page)
    frame = page.locator("#folium_map").bounding_box()
    assert found.width == 2 * (round(frame["width"]) + 32)
    assert found.height > 2 * (frame["height"] + 100)
    assert count_colour(found, (213, 94, 0)) > 20
    ink = (27, 27, 27)
    # Something is written above the map and below it.
    assert count_colour(found, ink, (0, 0, found.width, 70)) > 100
    assert count_colour(found, ink, (0, found.height - 300, found.width, found.height)) > 100


def test_the_picture_holds_what_the_map_shows(show, results):
    page = show(results)
    look_at_the_plan(page)
    turn(page, "white_spots", on=False)
    assert count_colour(picture(page), (213, 94, 0)) == 0


def test_the_picture_of_two_sides_cuts_where_the_line_is(show, results):
    page = show(results)
    look_at_the_plan(page)
    start_split(page, "today", "plan")

    def orange(at):
        page.locator("#split-handle").fill(at)
        page.wait_for_timeout(200)
        found = picture(page)
        # The legend below the map has a sign of that colour too.
        return count_colour(found, (213, 94, 0), (0, 0, found.width, int(0.75 * found.height)))

    today, planned = orange("100"), orange("0")
    assert today > 20
    assert planned < today / 3


def test_a_picture_is_the_same_on_a_sharper_screen(browser, show, results, tmp_path):
    page = show(results)
    look_at_the_plan(page)
    one = picture(page).size
    context = browser.new_context(viewport={"width": 1280, "height": 900}, device_scale_factor=2)
    sharp = context.new_page()
    sharp.goto((tmp_path / "map.html").as_uri())
    sharp.locator("html[data-ready]").wait_for()
    look_at_the_plan(sharp)
    assert picture(sharp).size == one
    context.close()


def test_print_lays_the_map_out_on_paper_and_puts_it_back(show, results):
    page = show(results)
    open_tool(page, "picture")
    before = page.evaluate(CENTRE)
    page.evaluate(PRINTED)
    page.locator("#print-button").click()
    wait_until(page, "() => Boolean(window.printed)")
    wide, high, canvas = page.evaluate("window.printed")
    millimetre = 96 / 25.4
    assert wide == pytest.approx(186 * millimetre, abs=2)
    assert high == pytest.approx(140 * millimetre, abs=2)
    assert canvas >= wide
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(CENTRE) == pytest.approx(before, abs=1e-9)
    assert page.locator("#folium_map").bounding_box()["height"] > 800


def test_paper_has_map_legend_and_tables_but_no_controls(show, results, tmp_path):
    page = show(results, language="en")
    look_at_the_plan(page)
    path = tmp_path / "map.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    with pikepdf.open(path) as document:
        width, height = (float(side) for side in document.pages[0].mediabox[2:])
        assert (round(width), round(height)) == (595, 842)
        assert 1 <= len(document.pages) <= 12
        # The map is there, as lines or as a picture: it has been empty.
        drawn = [str(row.operator) for row in pikepdf.parse_content_stream(document.pages[0])]
        pictures = [int(image.Width) for image in document.pages[0].get_images().values()]
        assert sum(name in ("l", "c") for name in drawn) > 100 or max(pictures, default=0) > 600
    page.emulate_media(media="print")
    assert page.locator("#tools-section").is_hidden()
    assert page.locator("#split-handle").is_hidden()
    assert page.locator("#layers").is_visible()
    assert page.locator("#figures").is_visible()
    # Below the last line is nothing that could begin a page of its own.
    low = page.evaluate(
        "['about', 'sources-section'].map((id) => document.getElementById(id).getBoundingClientRect().bottom)"
    )
    assert low[0] == pytest.approx(low[1])
    assert page.evaluate("getComputedStyle(document.getElementById('about')).marginBottom") == "0px"
    assert page.locator("#budget").is_hidden()


# ---- the link ----


def address_of(page):
    """Return what the address keeps, when it has been written."""
    page.wait_for_timeout(500)
    return page.evaluate(HASH)


def test_a_link_opens_the_same_view(show, results, tmp_path):
    page = show(results)
    page.locator("#language").click()
    page.locator("#target").select_option("1 Gbit/s, 60 %")
    page.locator("#unit").select_option("households")
    page.locator("#municipality").select_option(label="Östra Ö")
    look_at_the_plan(page)
    turn(page, "white_spots", on=False)
    start_split(page, "plan", "A1")
    page.locator("#split-handle").fill("31")
    page.evaluate("window.infraplanMap.setView([66.60, 22.05], 11.5, { animate: false })")
    said = address_of(page)
    again = show.file(tmp_path / "map.html", said)
    assert again.evaluate("document.documentElement.lang") == "en"
    assert again.locator("#target").input_value() == "1 Gbit/s, 60 %"
    assert again.locator("#unit").input_value() == "households"
    assert again.locator("#municipality option:checked").inner_text() == "Östra Ö"
    assert not again.locator("#layer-white_spots").is_checked()
    assert again.locator("#layer-routes").is_checked()
    assert [again.locator(f"#split-{side}").input_value() for side in ("left", "right")] == ["plan", "A1"]
    assert again.locator("#split-handle").input_value() == "31"
    assert again.locator("#split-frame").is_visible()
    # The map stands at whole pixels: at this zoom a half one is so many degrees of longitude.
    half = 360 / 256 / 2**11.5 / 2
    assert again.evaluate(CENTRE) == pytest.approx([66.60, 22.05, 11.5], abs=half)
    assert address_of(again) == said


def test_opacity_travels_with_the_link(show, results, tmp_path):
    page = show(results)
    look_at_the_plan(page)
    said = parse_qs(address_of(page).removeprefix("#"))
    said["layers"] = ["zones:0.4~white_spots"]
    again = show.file(tmp_path / "map.html", "#" + urlencode(said, doseq=True))
    sliders = [
        again.locator(f'[data-key="opacity-{name}"]').input_value() for name in ("zones", "white_spots")
    ]
    assert sliders == ["40", "100"]
    assert not again.locator("#layer-routes").is_checked()


MORE_KEYS = ("split", "zone", "year", "budget", "selected", "language", "unit", "target")
HOSTILE = [
    "#",
    "#=",
    "#&&&",
    "#folium_map",
    "#%",
    "#%E0%A4%A",
    "#zone=%00&at=NaN~NaN~NaN",
    "#at=66.6~22~Infinity",
    "#at=1e999~0~0",
    "#at=-89~170~3",
    "#at=66.6",
    "#at=66.6~22.0~99",
    "#zone=__proto__&target=constructor&unit=toString&view=hasOwnProperty&language=__proto__",
    "#__proto__=1&constructor=2&toString=3",
    "#layers=__proto__~constructor:2~zones:-1~zones:9~:::~~",
    "#split=today~plan~101",
    "#split=today~__proto__~50",
    "#split=~~",
    "#split=plan",
    "#split=today~plan~-5",
    "#language=de&zone=municipality:9999&target=Gone&unit=cars",
    "#target=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&zone=%3Cscript%3E",
    "#budget=-1&year=99999&selected=__proto__&place=%3Cb%3E",
    "#layers=" + "a" * 20_000,
    "#" + "&".join(f"k{i}=v" for i in range(2_000)),
]


@pytest.mark.parametrize("address", HOSTILE, ids=range(len(HOSTILE)))
def test_an_address_that_does_not_fit_is_left_out(show, results, address):
    page = show(results, address=address)
    assert page.locator("#title").inner_text() == results.study.study.name
    assert page.evaluate("document.documentElement.lang") == "sv"
    lat, lng, zoom = page.evaluate(CENTRE)
    assert 66 < lat < 67.2
    assert 21 < lng < 23
    assert 0 <= zoom <= 18
    assert page.locator("#split-frame").is_hidden()
    assert page.locator("img[src=x]").count() == 0


def test_addresses_at_random_open_the_page(show, results, tmp_path):
    page = show(results)
    kept = [*parse_qs(address_of(page).removeprefix("#")), *MORE_KEYS]
    chance = random.Random(7)
    pieces = [
        "~",
        ":",
        "-1",
        "0",
        "1e9",
        "plan",
        "today",
        "A1",
        "zones",
        "study",
        "municipality:2500",
        "é",
        "\u2028",
        "'",
        '"',
        "<b>",
        "\\",
        "%",
        "66.5",
        "22",
        "P0001",
        "white_spots",
    ]
    for _ in range(12):
        said = "&".join(
            f"{chance.choice(kept)}={quote(''.join(chance.choices(pieces, k=chance.randint(0, 6))))}"
            for _ in range(8)
        )
        again = show.file(tmp_path / "map.html", f"#{said}")
        texts = again.locator("#panel").inner_text()
        assert not re.search(r"undefined|NaN|\bnull\b|\[object", texts), said
        assert address_of(again).startswith("#"), said
        again.close()


def test_the_skip_link_leaves_the_address_alone(show, results):
    page = show(results)
    said = address_of(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "folium_map"
    assert address_of(page) == said


def test_another_link_in_the_same_window_is_followed(show, results):
    page = show(results)
    with page.expect_navigation(wait_until="load"):
        page.evaluate("location.hash = '#language=en'")
    page.locator("html[data-ready]").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"


def test_the_link_is_copied_or_marked_to_be_copied(show, results):
    page = show(results, language="en")
    open_tool(page, "link")
    # As on municipal computers: the clipboard is kept from pages that are files.
    page.evaluate(CLIPBOARD, "denied")
    page.locator("#link-button").click()
    wait_until(page, "() => document.getElementById('status').textContent.includes('Ctrl+C')")
    field = page.locator("#link-text")
    assert page.evaluate(MARKED) == field.input_value()
    assert field.input_value().startswith("file://")
    page.evaluate(CLIPBOARD, "given")
    page.locator("#link-button").click()
    wait_until(page, "() => document.getElementById('status').textContent === 'The link is copied.'")
    assert page.evaluate("window.copied") == field.input_value()
    page.evaluate(CLIPBOARD, "none")
    page.locator("#link-button").click()
    wait_until(page, "() => document.getElementById('status').textContent.includes('Ctrl+C')")


def test_a_run_without_a_plan_has_nothing_to_compare(show, results):
    edition = edition_of(results)
    names = ("zones", "zone_points", "targets", "white_spots", "white_spot_areas", "sources")
    totals = {key: value for key, value in edition.about["totals"].items() if key != "plan"}
    bare = replace(
        edition,
        about={**edition.about, "totals": totals},
        tables={key: table for key, table in edition.tables.items() if key in names},
    )
    page = show(bare, address="#split=today~plan~50")
    assert page.locator("#tool-split").is_hidden()
    assert page.locator("#split-frame").is_hidden()
    assert json.loads(downloaded(page, "white_spots", "geojson"))["features"]
