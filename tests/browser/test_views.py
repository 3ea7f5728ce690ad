"""The pages of the map: their layers and sections, in both languages, at every level, with little data."""

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from infraplan.outputs.maps import Tiles

pytestmark = pytest.mark.browser

SPEC = spec_from_file_location("browser_shots", Path(__file__).with_name("shots.py"))
shots = module_from_spec(SPEC)
SPEC.loader.exec_module(shots)

VIEWS = {
    "spots": ("#areas", {"white_spots", "white_spot_areas"}),
    "progress": ("#zones-details", {"zones"}),
    "plan": ("#plan", {"routes", "drops", "white_spots"}),
    "mobile": ("#mobile", {"mobile_coverage"}),
    "public": ("#services", {"public", "service_points"}),
}
SHEET = """let sheet;
window.infraplanMap.eachLayer((layer) => { if (layer.sheetId === 'map') sheet = layer; });
const shown = sheet.layers.filter((layer) => layer.shown);
const { width, height } = sheet.canvas;
const copy = Object.assign(document.createElement('canvas'), { width, height });
const brush = copy.getContext('2d', { willReadFrequently: true });
const read = () => {
  brush.clearRect(0, 0, width, height);
  brush.drawImage(sheet.canvas, 0, 0);
  return brush.getImageData(0, 0, width, height).data;
};"""
SHOWN = f"(() => {{ {SHEET} return shown.map(({{ id }}) => id); }})()"
DRAWN = f"""(id) => {{
  // Whether a layer that is shown paints anything.
  {SHEET}
  shown.find((layer) => layer.id === id)?.paint(brush, sheet.view);
  return brush.getImageData(0, 0, width, height).data.some((byte) => byte);
}}"""
ORANGE = f"""(() => {{
  // How many pixels have the very colour of white spots.
  {SHEET}
  const data = read();
  let count = 0;
  for (let i = 0; i < data.length; i += 4) count += data[i] === 213 && data[i + 1] === 94 && !data[i + 2];
  return count;
}})()"""
REDRAWN = f"""(() => {{
  // How many bytes the map has, and how many differ much when all of it is drawn again.
  {SHEET}
  const before = read();
  sheet._draw();
  let wrong = 0;
  read().forEach((byte, i) => {{ wrong += Math.abs(byte - before[i]) > 40; }});
  return [before.length, wrong];
}})()"""
NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
HEADINGS = """[...document.querySelectorAll('h1, h2, h3')].filter((node) => node.offsetParent)
  .map((node) => Number(node.tagName[1]))"""
EMPTY = """[...document.querySelectorAll('#panel section')]
  .filter((section) => section.offsetHeight && !section.innerText.trim()).map((section) => section.id)"""
SMALL = """[...document.querySelectorAll('#panel :is(button, select, summary, input)')]
  .filter((node) => node.offsetParent).map((node) => [node, node.getBoundingClientRect()])
  // WCAG 2.2, success criterion 2.5.8; a box is pressed by its label too.
  .filter(([node, box]) => Math.min(box.width, box.height) < (node.type === 'checkbox' ? 20 : 23.5))
  .map(([node, box]) => [node.id || node.dataset.key || node.textContent, box.width, box.height])"""

CUT = """[...document.querySelectorAll('#panel, #panel *')]
  .filter((node) => node.clientWidth > 1 && node.tagName !== 'INPUT' && !node.closest('.scroll'))
  .filter((node) => getComputedStyle(node).display !== 'inline')
  .filter((node) => node.scrollWidth > node.clientWidth + 1
    || (getComputedStyle(node).overflowY === 'hidden' && node.scrollHeight > node.clientHeight + 1))
  .map((node) => node.id || node.className || node.tagName)"""

OVERLAPS = """(() => {
  const boxes = [...document.querySelectorAll('.place')].filter((node) => !node.hidden)
    .map((node) => node.getBoundingClientRect());
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a, b))).length;
})()"""


def with_figures(edition):
    """Give an edition what the pages about mobile coverage, buildings and services tell."""
    name = edition.study["name"]
    place = {"zone_id": "study", "zone_name": name, "zone_kind": "study"}
    what = {"technology": "", "use": "hand", "level": "data_10", "road_class": "", "unit": "count"}
    shares = {"": 0.99444, "Operatör A": 0.9, "Operatör B": float("nan")}
    mobile = [
        {
            **place,
            **what,
            "operator": operator,
            "of": "homes",
            "base": 1620.0,
            "reached": 1600.0,
            "share": share,
        }
        for operator, share in shares.items()
    ]
    operators = [
        {**place, **what, "of": "homes", "operators": count, "amount": 810.0, "share": 0.5}
        for count in (0, 2)
    ]
    public = [{**place, "kind": "school", "buildings": 2, "fibre": 1, "fibre_orderable": 2, "share": 0.5}]
    services = [
        {**place, "service": "grocery", "within_km": km, "households": 100, "within": 45, "unreached": 17}
        | {"share": share, "median_km": 2.66, "p90_km": 24.2, "furthest_km": 50.5}
        for km, share in ((2.0, 0.453), (5.0, 0.562))
    ]
    tables = {
        "mobile": mobile,
        "mobile_operators": operators,
        "public_shares": public,
        "service_shares": services,
    }
    made = {key: pd.DataFrame(rows) for key, rows in tables.items()}
    return replace(edition, tables={**edition.tables, **made})


def without(*names):
    def change(edition):
        return replace(edition, tables={k: v for k, v in edition.tables.items() if k not in names})

    return change


def views_of(page):
    return [
        key.removeprefix("view-")
        for key in page.evaluate("[...document.querySelectorAll('#views button')].map((b) => b.dataset.key)")
    ]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_each_page_shows_its_layers_and_its_section(open_page, language):
    page = open_page(language=language, change=with_figures, municipalities=3)
    assert views_of(page) == list(VIEWS)
    findings = []
    for view, (section, layers) in VIEWS.items():
        page.locator(f"[data-key=view-{view}]").click()
        assert page.locator("#views [aria-current=page]").get_attribute("data-key") == f"view-{view}"
        assert page.locator(section).is_visible()
        shown = [name for name, (place, _) in VIEWS.items() if page.locator(place).is_visible()]
        assert set(shown) - {view} <= {"progress"}, "figures of targets stand on two pages"
        assert layers <= set(page.evaluate(SHOWN))
        for layer in layers:
            assert page.evaluate(DRAWN, layer), layer
            assert page.locator(f"#layer-{layer}").is_checked()
        assert page.locator("#layers label").count() > 2
        assert page.evaluate(EMPTY) == []
        findings.append(page.locator("#finding").inner_text())
        shots.save_shot(page, f"map-{view}-{language}")
    # The first two pages are about the target; each of the others says what it found itself.
    assert len(set(findings)) == 4, findings


@pytest.mark.parametrize(("met", "said"), [(True, "Målet nås då."), (False, "Målet nås inte ens då.")])
def test_the_page_of_the_plan_says_whether_the_target_is_met(open_page, met, said):
    def aimed(edition):
        totals = edition.about["totals"]
        plan = {**totals["plan"], "goal": "target", "reached_goal": met}
        return replace(edition, about={**edition.about, "totals": {**totals, "plan": plan}})

    page = open_page(change=aimed, address="view=plan")
    assert page.locator("#finding").inner_text().startswith("Planen når ")
    assert page.locator("#finding").inner_text().endswith(f"). {said}")


def test_a_page_of_the_address_is_opened(open_page):
    page = open_page(change=with_figures, address="view=mobile")
    assert page.locator("#mobile").is_visible()
    assert page.evaluate(DRAWN, "mobile_coverage")
    assert "white_spots" not in page.evaluate(SHOWN)


@pytest.mark.parametrize("address", ["view=nothing", "view=", "view=%3Cimg%20src=x%3E", "view=constructor"])
def test_a_page_that_is_not_there_is_not_opened(open_page, address):
    assert (
        open_page(address=address).locator("#views [aria-current=page]").get_attribute("data-key")
        == "view-spots"
    )


def test_what_a_study_has_nothing_for_is_not_offered(open_page):
    none = (
        "mobile_coverage",
        "public_buildings",
        "public",
        "service_points",
        "white_spots",
        "white_spot_areas",
    )
    page = open_page(change=without(*none))
    assert views_of(page) == ["progress", "plan"]


def test_a_run_without_plan_and_targets_has_its_pages(open_page):
    def bare(edition):
        about = {
            **edition.about,
            "totals": {key: value for key, value in edition.about["totals"].items() if key != "plan"},
        }
        names = ("targets", "routes", "projects", "served", "cabinets", "bill", "phases")
        return replace(without(*names)(edition), about=about)

    page = open_page(change=bare)
    assert views_of(page) == ["spots", "mobile", "public"]
    assert page.locator("#finding").inner_text() == "Studien har inget mål."
    assert not page.locator("#targets-section").is_visible()


def test_what_may_not_be_seen_is_said_and_drawn_as_bands(open_page):
    def public(edition):
        bands = gpd.GeoDataFrame(
            {"phase": [1]}, geometry=[edition.shapes("routes").buffer(250).union_all()], crs=edition.crs
        )
        targets = edition.table("targets").astype(
            dict.fromkeys(["base", "connected", "orderable", "reached"], "float64")
        )
        hidden = targets["zone_kind"] == "locality"
        targets.loc[hidden, ["base", "connected", "orderable", "reached", "share"]] = float("nan")
        cut = without("routes", "white_spots", "premises", "facts", "served", "fibre_lines")(
            with_figures(edition)
        )
        few = {
            "white_spot_areas": (["premises", "households", "workplaces"], slice(1, None)),
            "projects": (["workplaces"], slice(0, 1)),
            "public_shares": (["buildings", "fibre", "fibre_orderable", "share"], slice(None)),
        }
        hidden = {name: cut.tables[name].copy() for name in few}
        for name, (columns, rows) in few.items():
            hidden[name][columns] = hidden[name][columns].astype("float64")
            hidden[name].loc[hidden[name].index[rows], columns] = float("nan")
        west, south, east, _ = edition.zones.total_bounds
        middle = (west + east) / 2
        hidden["cells"] = gpd.GeoDataFrame(
            {
                "grid": "sweref_1km",
                "code": "1",
                "down_mbps": 100.0,
                "units": [np.nan, 20.0],
                "orderable": [np.nan, 19.0],
            },
            geometry=[shapely.box(x, south, x + 5_000, south + 5_000) for x in (west, middle)],
            crs=edition.crs,
        )
        inputs = [{**row, "source": "", "level": "internal"} for row in edition.about["inputs"]]
        about = {**edition.about, "inputs": inputs}
        tables = {**cut.tables, **hidden, "corridors": bands, "targets": targets}
        return replace(cut, level="public", about=about, tables=tables)

    page = open_page(change=public)
    assert "Nivå: öppen." in page.locator("#notices").inner_text()
    sources = page.locator("#sources").inner_text()
    assert "källan visas inte på den här nivån" in sources
    assert "Källa saknas" not in sources
    # Rows of dashes say nothing: one sentence says how many there are.
    assert page.locator("#areas tbody tr").count() == 1
    assert "till, med för få för att visas" in page.locator("#areas").inner_text()
    page.locator("[data-key=view-public]").click()
    assert "antalet är för litet för att visas" in page.locator("#services").inner_text()
    assert "uppgift saknas" not in page.locator("#layers").inner_text()
    page.locator("[data-key=view-plan]").click()
    page.locator("#budget").fill("1")
    assert "är inte med i antalen" in page.locator("#budget-said").inner_text()
    assert "vilka stråk som ryms" in page.locator("#budget-said").inner_text()
    page.locator("#budget-clear").click()
    assert "är inte med i antalen" not in page.locator("#budget-said").inner_text()
    assert page.evaluate(DRAWN, "corridors")
    page.locator("[data-key=view-progress]").click()
    # Where no premises may be told, squares tell what there is within a municipality.
    assert page.evaluate(DRAWN, "cells")
    assert "kan beställa minst 100 Mbit/s" in page.locator("#layers").inner_text()
    page.evaluate("document.getElementById('zones-details').open = true")
    page.locator("#zone-kind").select_option("locality")
    said = page.locator("#zones-table").inner_text()
    assert "för få för att visas" in said
    assert "för få för att visas" in page.locator("#layers .nobody").last.inner_text()
    assert "NaN" not in page.locator("body").inner_text()


def test_what_is_modelled_takes_no_more_than_a_line_before_it_is_asked_for(open_page):
    def modelled(edition):
        inputs = [{**row, "modelled": True} for row in edition.about["inputs"]]
        return replace(edition, about={**edition.about, "inputs": inputs})

    page = open_page(change=modelled)
    warning = page.locator("#notices .warning")
    assert warning.locator("strong").inner_text() == "Modellerade data, inte verkliga: 6 av 6 lager."
    assert not warning.locator("ul").is_visible()
    warning.locator("summary").click()
    assert warning.locator("li").count() == 6
    assert "fiber antas följa väg" in warning.inner_text()


def test_opacity_is_set_layer_by_layer(open_page):
    page = open_page()
    slider = page.get_by_role("slider", name="Täckning på kartan: Vita fläckar (byggnader)")
    assert slider.input_value() == "100"
    assert page.evaluate(ORANGE) > 10
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.evaluate(NEXT_FRAME)
    assert page.evaluate(ORANGE) == 0
    # What comes back is as faded as it went.
    box = page.locator("#layer-white_spots")
    box.uncheck()
    box.check()
    page.evaluate(NEXT_FRAME)
    assert page.evaluate(ORANGE) == 0
    assert slider.input_value() == "50"


def test_figures_of_mobile_coverage_are_told_by_operator(open_page):
    page = open_page(change=with_figures, address="view=mobile")
    said = "99,4\u00a0% av bostäderna har täckning för data, 10 Mbit/s, enligt operatörerna."
    assert page.locator("#finding").inner_text() == said
    rows = page.locator("#mobile table").first.locator("tbody tr")
    assert rows.count() == 1
    assert rows.first.inner_text().split("\t")[1:] == ["99,4\u00a0%", "90,0\u00a0%", "–"]
    assert "uppgiven av operatörerna" in page.locator("#mobile").inner_text()
    assert page.locator("#mobile table").nth(1).locator("thead th").all_inner_texts()[1:] == ["0", "2"]


def test_the_map_shows_the_coverage_that_is_asked_for(open_page):
    def with_levels(edition):
        edition = with_figures(edition)
        mobile = edition.table("mobile")
        tables = {
            "mobile": pd.concat([mobile, mobile.assign(level="data_100")]),
            "mobile_coverage": edition.shapes("mobile_coverage").assign(down_mbps=30.0),
        }
        return replace(edition, tables={**edition.tables, **tables})

    page = open_page(change=with_levels, address="view=mobile")
    assert "data, 10 Mbit/s" in page.locator("#layers .meaning").inner_text()
    assert page.evaluate(DRAWN, "mobile_coverage")
    page.locator("#mobile-level").select_option("data_100")
    assert "data, 100 Mbit/s" in page.locator("#layers .meaning").inner_text()
    assert not page.evaluate(DRAWN, "mobile_coverage")


def test_buildings_and_services_are_told(open_page):
    page = open_page(change=with_figures, address="view=public")
    said = "Längst är det till dagligvarubutik: halva antalet hushåll har högst 2,7\u00a0km dit."
    assert page.locator("#finding").inner_text() == said
    tables = page.locator("#services table")
    assert tables.nth(0).locator("tbody tr").first.inner_text().split("\t") == [
        "skola",
        "2",
        "1",
        "2",
        "50,0\u00a0%",
    ]
    assert tables.nth(1).locator("tbody tr").first.inner_text().split("\t") == [
        "dagligvarubutik",
        "45\u00a0%",
        "56\u00a0%",
        "2,7\u00a0km",
    ]
    assert "17 hushåll når ingen" in page.locator("#services").inner_text()


def test_everything_on_the_map_is_in_a_table_and_leads_to_its_place(open_page):
    page = open_page(each=260, spot_step=1)
    page.locator("#objects-details summary").click()
    page.locator("#objects-layer").select_option("white_spots")
    rows = page.locator("#objects tbody tr")
    assert rows.count() == 100
    page.get_by_role("button", name="Visa 100 till").click()
    assert rows.count() == 200
    zoom = page.evaluate("window.infraplanMap.getZoom()")
    rows.nth(150).locator("button").click()
    assert page.evaluate("window.infraplanMap.getZoom()") > zoom
    assert page.locator(".leaflet-popup-content h3").inner_text() == "Vit fläck"


def test_zones_are_compared_in_bars_that_the_table_repeats(open_page):
    page = open_page(municipalities=3, address="view=progress")
    page.evaluate("document.getElementById('zones-details').open = true")
    bars = page.locator("#zones-chart .bars b").all_inner_texts()
    cells = page.locator("#zones-table tbody tr td:last-child").all_inner_texts()
    assert len(bars) == 3
    assert [cell.strip() for cell in cells] == bars
    assert "95,0\u00a0%" in page.locator("#zones-chart figcaption").inner_text()


def test_a_move_paints_the_same_as_a_fresh_look(open_page):
    # Only the strips that came into the window are painted: they must fit to what was there.
    page = open_page(municipalities=3, each=40, address="view=plan")
    page.evaluate("window.infraplanMap.setZoom(10, { animate: false }) && 0")
    page.evaluate("window.infraplanMap.panBy([137, -61], { animate: false }) && 0")
    painted, wrong = page.evaluate(REDRAWN)
    assert painted > 1_000_000
    assert wrong < 200


TRACED = f"""([geometry, zoom]) => {{
  // What is traced of a line's parts in a window of 1000 pixels round its first place.
  {SHEET}
  const {{ constructor }} = sheet.layers.find((layer) => layer.parts).parts[0].shapes;
  const shapes = new constructor({{ shape: 'line', columns: {{}}, geometry: [geometry] }});
  const scale = 2 ** zoom, traced = [], all = [];
  const corner = {{ x: shapes.xy[0] * scale - 500, y: shapes.xy[1] * scale - 500 }};
  const box = [corner.x, corner.y, corner.x + 1000, corner.y + 1000].map((edge) => edge / scale);
  const pen = {{
    moveTo(x, y) {{ traced.push([[x, y]]); }},
    lineTo(x, y) {{ traced.at(-1).push([x, y]); }},
  }};
  shapes.trace(pen, 0, {{ corner, scale, zoom, box }}, 0);
  for (let i = 0; i < geometry[0].length; i += 2) {{
    all.push([shapes.xy[i] * scale - corner.x, shapes.xy[i + 1] * scale - corner.y]);
  }}
  return [traced, all];
}}"""


@pytest.mark.parametrize("zoom", [3, 9, 12])
def test_only_what_can_be_seen_of_a_line_is_traced(open_page, zoom):
    page = open_page()
    random = np.random.default_rng(5)
    bends = random.integers((-150, -300), (450, 300), (800, 2))
    bends[0] = 2_205_000, 6_660_000
    far = [-12_000_000, 6_900_000, 400, 300]
    traced, places = page.evaluate(TRACED, [[bends.ravel().tolist(), far], zoom])
    assert len(traced) == 1
    drawn, line = shapely.LineString(traced[0]), shapely.LineString(places)
    assert drawn.hausdorff_distance(line) < 0.34
    assert len(traced[0]) < {3: 200, 9: 700, 12: 801}[zoom]


def test_of_lines_in_the_same_pixel_one_is_traced(open_page):
    page = open_page()
    x, y = np.meshgrid(np.arange(2_205_000, 2_205_600, 30), np.arange(6_660_000, 6_660_600, 30))
    streets = [
        [east, north, 20, 20] for east, north in zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)
    ]
    far, near = (page.evaluate(TRACED, [streets, zoom])[0] for zoom in (5, 14))
    # A tenth of a pixel across, which may lie on the border of four.
    assert 1 <= len(far) <= 4
    assert len(near) == len(streets)


@pytest.mark.parametrize("east_m", [-450, 450])
def test_a_name_stands_beside_a_route_where_there_is_room(open_page, east_m):
    place = []

    def with_a_route_beside(edition):
        town = edition.zones[edition.zones["kind"] == "locality"].sort_values("population").iloc[-1]
        middle = town.geometry.representative_point()
        x, y = middle.x + east_m, middle.y
        line = shapely.LineString([(x, y - 9_000), (x, y + 9_000)])
        routes = (
            edition.shapes("routes").iloc[:1].assign(kind="road").set_geometry([line], crs=edition.zones.crs)
        )
        lonlat = gpd.GeoSeries([middle, shapely.Point(x, y)], crs=routes.crs).to_crs("EPSG:4326")
        place.extend([town["name"], lonlat.iloc[0].y, lonlat.iloc[0].x, lonlat.iloc[1].coords[0]])
        return replace(edition, tables={**edition.tables, "routes": routes})

    page = open_page(change=with_a_route_beside, address="view=plan")
    name, lat, lon, beside = place
    page.evaluate(f"window.infraplanMap.setView([{lat}, {lon}], 12, {{ animate: false }}) && 0")
    box = page.locator(".place:not([hidden])", has_text=name).first.bounding_box()
    at = page.evaluate(
        """([lon, lat]) => window.infraplanMap.latLngToContainerPoint([lat, lon]).x
        + document.querySelector('#folium_map').getBoundingClientRect().x""",
        beside,
    )
    assert not box["x"] < at < box["x"] + box["width"]


def test_headings_go_down_one_step_at_a_time(open_page):
    page = open_page(change=with_figures)
    for view in VIEWS:
        page.locator(f"[data-key=view-{view}]").click()
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        levels = page.evaluate(HEADINGS)
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_what_is_pressed_is_large_enough(open_page):
    page = open_page(change=with_figures)
    for view in VIEWS:
        page.locator(f"[data-key=view-{view}]").click()
        assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("view", ["spots", "plan", "mobile"])
def test_text_twice_as_large_is_not_cut_off(open_page, view):
    page = open_page(change=with_figures, address=f"view={view}")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert page.evaluate(CUT) == []
    page.wait_for_timeout(200)
    assert page.evaluate(OVERLAPS) == 0
    shots.save_shot(page, f"map-{view}-200-percent")


def test_less_motion_is_no_motion(open_page):
    page = open_page()
    page.emulate_media(reduced_motion="reduce")
    page.locator("[data-key=view-plan]").click()
    moving = "document.getAnimations().filter((a) => a.playState === 'running').length"
    assert page.evaluate(moving) == 0


def test_a_background_is_fetched_from_its_host_alone_and_named(open_page):
    tiles = Tiles(url="https://tiles.example.org/{z}/{x}/{y}.png", attribution="<i>Somebody</i>")
    page = open_page(tiles=tiles)
    page.wait_for_timeout(300)
    assert "hämtar sin bakgrund från tiles.example.org" in page.locator("#notices").inner_text()
    assert "<i>Somebody</i>" in page.locator(".leaflet-control-attribution").inner_text()
    asked = [text for text in open_page.trouble if text.startswith("https://")]
    assert asked
    assert all(text.startswith("https://tiles.example.org/") for text in asked)
    # There is no network here: what was asked for did not come.
    assert all("ERR_INTERNET_DISCONNECTED" in text or text in asked for text in open_page.trouble)
    open_page.trouble.clear()
