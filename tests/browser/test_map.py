"""The map page in a real browser: offline, in both languages, by keyboard, with hostile names."""

import re
import tomllib

import geopandas as gpd
import pytest

from infraplan.bundled import bundled
from infraplan.outputs.summary import say_gap
from infraplan.words import load

pytestmark = pytest.mark.browser

SIGHT = """() => {
  // What a reader sees or hears: text, and the labels of controls.
  const texts = document.body.innerText.split('\\n').map((text) => text.trim()).filter(Boolean);
  const named = [...document.querySelectorAll('[aria-label],[title]')];
  return [...texts, ...named.flatMap((node) => [node.ariaLabel, node.title]).filter(Boolean), document.title];
}"""
ORANGE = """() => {
  // How many pixels of the map have the colour of white spots.
  const shown = document.querySelector('#folium_map canvas[data-sheet=map]');
  if (!shown) return 0;
  const copy = Object.assign(document.createElement('canvas'), { width: shown.width, height: shown.height });
  const brush = copy.getContext('2d', { willReadFrequently: true });
  brush.drawImage(shown, 0, 0);
  const bytes = brush.getImageData(0, 0, copy.width, copy.height).data;
  let count = 0;
  for (let i = 0; i < bytes.length; i += 4) count += bytes[i] === 213 && bytes[i + 1] === 94 && !bytes[i + 2];
  return count;
}"""
TO_PIXEL = """([lat, lon]) => {
  const map = window.infraplanMap;
  map.setView([lat, lon], 14, { animate: false });
  const point = map.latLngToContainerPoint([lat, lon]), box = map.getContainer().getBoundingClientRect();
  return [box.x + point.x, box.y + point.y];
}"""
OVERLAPS = """() => {
  const shown = [...document.querySelectorAll('.place')].filter((node) => !node.hidden);
  const boxes = shown.map((node) => node.getBoundingClientRect());
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return [boxes.length, boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a, b))).length];
}"""
TOO_WIDE = """() => [...document.querySelectorAll('#panel, #panel *')]
  .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 1)
  // A box that is scrolled by keyboard, and a field of one line, may hold more than they show.
  .filter((node) => node.tagName !== 'INPUT' && !node.closest('.scroll[tabindex]'))
  .filter((node) => getComputedStyle(node).display !== 'inline')
  .map((node) => node.id || node.tagName)"""
POOR_CONTRAST = """() => {
  // WCAG 2.1, success criterion 1.4.3: at least 4.5 to 1.
  const curve = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).map((v) => curve(v / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.endsWith(', 0)')) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const speaks = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  return [...document.querySelectorAll('#panel *')].filter(speaks).filter((node) => {
    const both = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    return (both[0] + 0.05) / (both[1] + 0.05) < 4.5;
  }).map((node) => node.textContent);
}"""
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
FOCUSED = "(() => { const at = document.activeElement; return at.id || at.dataset.key || at.className; })()"
INJECT = "document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.hit = 1\">')"
ZOOM = "window.infraplanMap.getZoom()"


def wait_until(page, expression):
    """Ask the page until it says yes; Playwright's own waiting needs eval, which the policy forbids."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}")


def words(language):
    """Return the sentences of a language that have no gap, without the words that both languages share."""

    def flatten(table):
        for value in table.values():
            yield from flatten(value) if isinstance(value, dict) else [value]

    return set(flatten(tomllib.loads(bundled("words", language, "map.toml").read_text("utf-8"))))


def test_the_page_opens_without_network(open_page):
    page = open_page()
    policy = page.locator('meta[http-equiv="Content-Security-Policy"]').get_attribute("content")
    assert "default-src 'none'" in policy
    assert open_page.trouble == []
    answer = "fetch('https://example.com').then(() => 'let through', () => 'stopped')"
    assert page.evaluate(answer) == "stopped"
    page.wait_for_timeout(200)
    assert all("Content Security Policy" in text for text in open_page.trouble)
    open_page.trouble.clear()


@pytest.mark.parametrize(
    ("language", "plan", "said"),
    [
        ("en", {"lower_bound_sek": 0}, "How far the plan is from the best possible is not proven"),
        ("en", {"most_households": 10**6}, "reaches more than 1,000,000 households"),
        ("sv", {"most_households": 10**6, "ended": "time"}, "Sökningen avbröts innan allt var prövat"),
    ],
)
def test_the_panel_says_how_far_the_plan_is_from_the_best(open_page, language, plan, said):
    assert said in open_page(language=language, plan=plan, address="view=plan").locator("#plan").inner_text()


@pytest.mark.parametrize("gap", [0.25, 0.0031, 0.00042, 0.00001])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_panel_and_the_last_lines_tell_the_same_distance(open_page, results, language, gap):
    bound = round(results.plan.cost_sek / (1 + gap))
    told = say_gap(results.plan.cost_sek / bound - 1, load(language))
    page = open_page(language=language, plan={"lower_bound_sek": bound}, address="view=plan")
    assert f" {told} " in page.locator("#plan").inner_text()


def test_script_that_is_not_the_pages_own_is_stopped(open_page):
    page = open_page()
    page.evaluate(INJECT)
    page.wait_for_timeout(200)
    assert page.evaluate("window.hit") is None
    assert len(open_page.trouble) == 1
    assert "Content Security Policy" in open_page.trouble.pop()


@pytest.mark.parametrize(("language", "other"), [("sv", "en"), ("en", "sv")])
def test_the_switch_changes_every_text(open_page, language, other):
    page = open_page(language=language)
    page.evaluate(OPEN_ALL)

    def foreign(mine, theirs):
        own, strange = words(mine), words(theirs) - words(mine)
        return [text for text in page.evaluate(SIGHT) if text in strange and text not in own]

    def lang():
        return page.evaluate("document.documentElement.lang")

    # The button itself is in the language that it leads to.
    names = {"sv": "Svenska", "en": "English"}
    assert lang() == language
    assert set(foreign(language, other)) == {names[other]}
    page.get_by_role("button", name=names[other]).click()
    assert lang() == other
    page.evaluate(OPEN_ALL)
    assert set(foreign(other, language)) == {names[language]}
    texts = page.evaluate(SIGHT)
    assert not [text for text in texts if re.search(r"\{\w+\}|undefined|NaN|\bnull\b", text)]


def test_numbers_are_written_as_the_language_does(open_page):
    page = open_page(language="sv")
    assert "90 (60,0\u00a0%)" in page.locator("#figures").inner_text()
    page.get_by_role("button", name="English").click()
    assert "90 (60.0%)" in page.locator("#figures").inner_text()


def test_the_four_numbers_stand_side_by_side(open_page):
    page = open_page()
    page.locator("#unit").select_option("households")
    assert page.locator("#figures .figure b").all_inner_texts() == [
        f"{n} ({n},0\u00a0%)" for n in (50, 60, 70, 80)
    ]
    assert "ej nått" in page.locator("#figures").inner_text()
    # The mark of the target leaves the number above its bar alone.
    bar, mark = (page.locator(f"#figures .bar{part}").first.bounding_box() for part in ("", " u"))
    assert bar["y"] <= mark["y"] < bar["y"] + bar["height"] < mark["y"] + mark["height"]
    page.locator("#target").select_option("1 Gbit/s, 60 %")
    page.locator("#unit").select_option("households")
    assert "nått 60,0\u00a0%, målet är 60,0\u00a0%." in page.locator("#figures").inner_text()
    assert page.locator("#finding").inner_text().startswith("Målet ”1 Gbit/s, 60 %” är nått.")


def test_a_checkbox_hides_and_shows_its_layer(open_page):
    page = open_page()
    box = page.get_by_role("checkbox", name="Vita fläckar (byggnader)")
    before = page.evaluate(ORANGE)
    assert before > 2
    box.uncheck()
    wait_until(page, f"({ORANGE})() === 0")
    box.check()
    wait_until(page, f"({ORANGE})() > 2")


def test_what_the_legend_names_is_there_to_be_seen(open_page):
    page = open_page()
    page.evaluate(OPEN_ALL)
    labels = page.locator("#layers label").all_inner_texts()
    wanted = {"Vita fläckar (byggnader)", "Planerad fiber", "Befintlig fiber", "Serviceställen", "Premises"}
    assert wanted - {"Premises"} <= set(labels)
    assert len(labels) == len(set(labels)) >= 11
    # All but the names have a sign, and those of premises stand in a legend of their own.
    without = page.evaluate(
        "[...document.querySelectorAll('#layers .layer')].filter((line) => !line.querySelector('svg'))"
        ".map((line) => line.querySelector('input').id)"
    )
    assert set(without) <= {"layer-names", "layer-premises"}


def test_the_municipality_select_zooms_and_filters(open_page):
    page = open_page()
    zoom = page.evaluate(ZOOM)
    assert page.locator("#areas tbody tr").count() == 2
    page.get_by_label("Visa", exact=True).select_option("Östra Ö")
    assert page.evaluate(ZOOM) > zoom
    assert page.locator("#areas tbody tr").all_inner_texts()[0].startswith("Byn W2")
    assert page.locator("#areas tbody tr").count() == 1
    assert page.locator("#finding").inner_text().startswith("Östra Ö:")
    assert page.locator("#status").text_content() == "Kartan visar Östra Ö."
    assert "Planen gäller hela studien, inte bara Östra Ö." in page.locator("#plan").text_content()
    page.get_by_label("Visa", exact=True).select_option("Hela studien")
    assert page.evaluate(ZOOM) == zoom
    assert "Planen gäller hela studien" not in page.locator("#plan").text_content()


def test_there_is_a_way_back_from_a_locality(open_page):
    page = open_page(municipalities=1)
    page.evaluate(OPEN_ALL)
    page.get_by_role("button", name="Västra Å by").click()
    chosen = page.get_by_label("Visa", exact=True)
    assert chosen.evaluate("(select) => select.selectedOptions[0].text") == "Västra Å by"
    chosen.select_option("Hela studien")
    assert not page.locator("#finding").inner_text().startswith("Västra Å by")


def test_a_single_municipality_bears_the_names_of_its_localities_from_afar(open_page):
    page = open_page(municipalities=1)
    page.evaluate("window.infraplanMap.setZoom(7, { animate: false }) && 0")
    wait_until(page, "[...document.querySelectorAll('.place')].some((name) => !name.hidden)")


def test_paper_shows_what_is_counted_and_drawn(open_page):
    page = open_page()
    page.get_by_role("checkbox", name="Vita fläckar (byggnader)").uncheck()
    page.emulate_media(media="print")
    assert page.locator("#unit").is_visible()
    assert page.locator("#layers").get_by_text("Befintlig fiber", exact=True).is_visible()
    assert not page.locator("#layers").get_by_text("Vita fläckar (byggnader)", exact=True).is_visible()


def test_without_script_there_are_the_notices_alone(open_page, browser, tmp_path):
    open_page()
    bare = browser.new_context(java_script_enabled=False, offline=True).new_page()
    bare.goto((tmp_path / "map.html").as_uri())
    read = bare.locator("body").inner_text()
    bare.context.close()
    assert "Kartan kräver JavaScript" in read
    assert "Nivå: intern" in read
    assert "Ledningskollen" in read
    assert not {"Planen", "Andel mot mål"} & set(read.splitlines())


def test_one_municipality_is_no_choice_but_its_localities_are(open_page):
    page = open_page(municipalities=1)
    labels = "[...document.querySelectorAll('#municipality optgroup')].map((group) => group.label)"
    assert page.evaluate(labels) == ["Tätorter och småorter", "Bebyggelseklasser"]


def test_an_area_in_the_table_opens_on_the_map(open_page):
    page = open_page()
    page.get_by_role("button", name="Byn W1").click()
    assert page.locator(".leaflet-popup-content h3").inner_text() == "Byn W1"
    told = page.locator("#selected-section").inner_text()
    assert told.count("Byn W1") == 1
    assert "Byggnader" in told
    # On the map it is named; its numbers stand in one place.
    assert page.locator(".leaflet-popup-content table").count() == 0


def test_a_spot_on_the_map_tells_its_numbers(open_page, results):
    page = open_page()
    [place] = gpd.GeoSeries([results.white_spots.geometry["P00004"]], crs="EPSG:3006").to_crs(4326)
    page.mouse.click(*page.evaluate(TO_PIXEL, [place.y, place.x]))
    page.locator(".leaflet-popup-content").wait_for()
    told = page.locator("#selected-section").inner_text()
    assert "P00004" in told
    assert "Stödberättigad" in told
    assert "det som finns är för långsamt" in told


def test_hostile_names_are_shown_as_they_are(open_page):
    evil = "{{7*7}} ${7*7} <img src=x onerror=alert(1)></script><script>alert(1)</script>"
    page = open_page(hostile=evil)
    assert page.title() == evil
    assert page.locator("h1").inner_text() == evil
    page.evaluate(OPEN_ALL)
    assert evil in page.locator("#areas").inner_text()
    page.locator("#layer-public").check()
    page.locator("#objects-layer").select_option("public")
    assert evil in page.locator("#objects").inner_text()
    assert evil in page.locator("#sources").inner_text()
    assert evil in page.locator(".leaflet-control-attribution").inner_text()
    page.locator("#areas button").first.click()
    assert page.locator(".leaflet-popup-content h3").inner_text() == evil
    assert page.locator("img[src=x]").count() == 0


def test_everything_is_reached_by_keyboard(open_page):
    page = open_page()
    reached = []
    for _ in range(70):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    assert reached[0] == "skip"
    for wanted in (
        "language",
        "municipality",
        "target",
        "unit",
        "layer-white_spots",
        "area-W1",
        "folium_map",
        "leaflet-control-attribution leaflet-control",
    ):
        assert wanted in reached, wanted


def test_the_skip_link_leads_to_the_map_and_arrows_move_it(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.evaluate("document.getElementById('folium_map').focus()")
    before = page.evaluate("window.infraplanMap.getCenter().lng")
    page.keyboard.press("ArrowRight")
    wait_until(page, f"window.infraplanMap.getCenter().lng > {before}")


def test_names_stand_clear_of_each_other(open_page):
    page = open_page(municipalities=3)
    overlaps = page.evaluate(OVERLAPS)
    assert overlaps[0] >= 3
    assert overlaps[1] == 0


@pytest.mark.parametrize("width", [400, 1280])
def test_nothing_is_cut_off_at_the_side(open_page, width):
    page = open_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.evaluate(OPEN_ALL)
    wide = page.evaluate(TOO_WIDE)
    assert wide == []


def test_text_has_contrast(open_page):
    page = open_page()
    poor = page.evaluate(POOR_CONTRAST)
    assert poor == []


def test_the_plan_is_told_by_item_phase_and_project(open_page, results):
    page = open_page(address="view=plan", language="en")
    page.evaluate(OPEN_ALL)
    items, phases, projects = (page.locator("#plan table").nth(i).locator("tbody tr") for i in range(3))
    cost = f"{results.plan.cost_sek / 1000:,.0f}"
    assert items.last.inner_text().split() == ["Total", cost]
    assert items.first.inner_text().startswith("Laying")
    assert phases.count() == 2
    assert phases.first.inner_text().split()[:2] == ["1", "(2027)"]
    assert projects.count() == 2
    assert "12" in projects.first.inner_text()


def test_a_project_in_the_table_leads_to_its_routes(open_page):
    page = open_page(address="view=plan")
    page.evaluate(OPEN_ALL)
    zoom = page.evaluate(ZOOM)
    page.get_by_role("button", name="Byn P0002", exact=True).click()
    assert page.evaluate(ZOOM) > zoom
    assert page.locator("#status").text_content() == "Kartan visar Byn P0002."
    # The second project's routes are in the second municipality, east of 20 km.
    assert page.evaluate("window.infraplanMap.getCenter().lng") > 22.0


@pytest.mark.slow
def test_a_county_opens_fast(open_page):
    page = open_page(municipalities=3, each=25_000, spot_step=5)
    assert page.locator("label[for=layer-white_spots] + .count").text_content() == "15\u00a0000"
    # Four seconds on a machine of its own; the tests run on busy ones.
    assert page.evaluate("performance.timing.domComplete - performance.timing.navigationStart") < 12_000
