"""Search, what is chosen, years, definitions and budget on the map page, in a real browser."""

import runpy
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infraplan.outputs import edition_of
from infraplan.outputs.maps import build_map
from infraplan.words import load

pytestmark = pytest.mark.browser

make_results = runpy.run_path(str(Path(__file__).parents[1] / "outputs" / "conftest.py"))["make_results"]


@cache
def edition_for(**options):
    """Return the edition of a made-up run; it is never changed."""
    return edition_of(make_results(**options))


HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}"
FOCUSED = "document.activeElement.id || document.activeElement.dataset.key"
SWITCH = {"holiday_homes": False, "down_mbps": 100.0, "technologies": "all"}
BOTH = "households+workplaces"


def make_series(zones, target="100 Mbit/s, 95 %"):
    """Return what PTS publishes of two municipalities, and the study's own run."""
    rows = [
        {
            "zone_id": zone,
            "year": year,
            "share": share,
            "source": "PTS",
            "measure": "at_100",
            "bound": "exact",
        }
        for zone, shares in zones.items()
        for year, share in shares.items()
    ]
    table = pd.DataFrame(rows)
    return table.assign(
        counts="orderable",
        unit=BOTH,
        **SWITCH,
        base=100.0,
        reached=100 * table["share"],
        after_break="",
        zone_name="",
    )


SERIES = make_series(
    {"study": {2020: 0.2, 2022: 0.4, 2024: 0.5}, "municipality:2500": {2020: 0.1, 2022: 0.35}}
)
PACE = pd.DataFrame(
    [
        {
            "zone_id": "study",
            "measure": "at_100",
            "counts": "orderable",
            "unit": BOTH,
            **SWITCH,
            "target": "100 Mbit/s, 95 %",
            "target_share": 0.95,
            "target_year": 2030,
            "first_year": 2020,
            "last_year": 2024,
            "years": 3,
            "share": 0.5,
            "missing": 45.0,
            "pace": 0.075,
            "reached_year": 2030.0,
            "earliest_year": 2028.0,
            "latest_year": 2035.0,
            "needed_pace": 0.075,
            "method": "trend",
        }
    ]
)
BREAKS = SERIES.iloc[[1]].assign(kind="base_jump", base_change=0.3, share_change=0.2)


def make_switchboard(shares):
    """Return shares of four numbers by speed; of zones, how many have the first."""
    rows = [
        {"zone_id": zone, "counts": counts, "unit": unit, **SWITCH, "down_mbps": mbps, "base": 1000}
        | {"share": share * (0.9 if mbps > 100 else 1.0) + 0.05 * more, "reached": 1000 * share}
        for zone, share in shares.items()
        for more, counts in enumerate(("connected", "orderable", "passed", "planned"))
        for unit in ("households", "workplaces", BOTH)
        for mbps in (100.0, 1000.0)
    ]
    return pd.DataFrame(rows)


BOARD = make_switchboard({"study": 0.5, "municipality:2500": 0.1, "municipality:2501": 0.8})


@pytest.fixture
def open_tools(browser, tmp_path):
    """Return a function that opens the page of a made-up run with more tables, or without some."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    context.set_offline(True)
    trouble = []

    def open_map(*, tables=None, without=(), address="", view="", **options):
        edition = edition_for(**options)
        kept = {name: table for name, table in edition.tables.items() if name not in without}
        edition = replace(edition, tables={**kept, **(tables or {})})
        path = tmp_path / "map.html"
        path.write_text(build_map(edition), encoding="utf-8")
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.goto(path.as_uri() + address)
        page.locator("html[data-ready]").wait_for()
        if view:
            page.locator(f'[data-key="view-{view}"]').click()
        return page

    yield open_map
    context.close()
    assert trouble == []


def with_effect(**options):
    """Return targets and effect by which the first target misses exactly whom the plan serves."""
    edition = edition_for(**options)
    adds = int(edition.tables["served"][["households", "workplaces"]].sum().sum())
    targets = edition.tables["targets"].assign(base=100, reached=40, share=0.4)
    effect = edition.tables["effect"].assign(before=40, after=40 + adds, base=100)
    return {"targets": targets, "effect": effect}


def options_of(page):
    return page.locator("#search-list [role=option] span").all_inner_texts()


def zone_colours(page):
    """Return by municipality the share that colours it, as its name on the map says it."""
    return page.evaluate(
        """() => {
      const names = [...document.querySelectorAll('.place')].map((node) => node.innerText.split('\\n'));
      return Object.fromEntries(names.filter(([, share]) => share));
    }"""
    )


def digits(text):
    return int("".join(sign for sign in text if sign.isdigit()))


def wait_for_hash(page, text, *, there=True):
    """Wait until the address holds a text, or does not hold it."""
    for _ in range(100):
        if (text in page.evaluate("location.hash")) == there:
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{text} in {page.evaluate('location.hash')}: never {there}")


# ---- search ----


def test_the_search_finds_what_has_a_name_or_an_id_and_goes_there(open_tools):
    page = open_tools()
    page.fill("#search", "östra")
    assert options_of(page) == ["Östra Ö", "Östra Ö by"]
    assert page.locator("#search").get_attribute("aria-expanded") == "true"
    assert "2" in page.inner_text("#tools-status")
    page.keyboard.press("ArrowDown")
    assert page.locator("#search").get_attribute("aria-activedescendant") == "option-0"
    page.keyboard.press("ArrowDown")
    assert page.locator("#option-1").get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    assert page.locator("#search").get_attribute("aria-expanded") == "false"
    assert page.inner_text("#selected-heading") == "Östra Ö by"
    assert page.evaluate(FOCUSED) == "selected-heading"


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("ostra", "Östra Ö"),
        ("VÄSTRA", "Västra Å"),
        ("bysk", "Byskolan"),
        ("W2", "Byn W2, W2"),
        ("P0002", "Byn P0002, P0002"),
        ("P00004", "P00004"),
        ("väg", "väg, "),
        ("handl", "Handlaren"),
    ],
)
def test_every_kind_of_thing_is_found_with_or_without_dots(open_tools, asked, first):
    page = open_tools()
    page.fill("#search", asked)
    assert options_of(page)[0].startswith(first)


def test_what_is_written_with_dots_comes_before_what_is_not(open_tools):
    page = open_tools()
    page.fill("#search", "ö")
    assert options_of(page)[0].startswith("Ö")
    page.fill("#search", "o")
    assert "Östra Ö" in options_of(page)


def test_the_search_by_keyboard_can_be_left_and_emptied(open_tools):
    page = open_tools()
    page.fill("#search", "zzz")
    assert page.inner_text("#search-hint") == load("sv").text("maptools.found_none")
    assert page.locator("#search-list").is_hidden()
    page.fill("#search", "by")
    page.keyboard.press("Escape")
    assert page.locator("#search-list").is_hidden()
    assert page.input_value("#search") == "by"
    page.keyboard.press("Escape")
    assert page.input_value("#search") == ""


def test_a_premises_is_found_by_its_address_and_tells_which_project_reaches_it(open_tools):
    premises = edition_for().tables["premises"]
    premises = premises.assign(ADRESS=[f"Storgatan {i}" for i in range(len(premises))])
    page = open_tools(tables={"premises": premises})
    page.fill("#search", "storgatan 4")
    page.keyboard.press("Enter")
    section = page.inner_text("#selected-section")
    assert "Storgatan 4" in page.inner_text("#selected-heading")
    assert "P00004" in section
    assert "Byn P0001, P0001" in section
    assert load("sv").text("technology.reason_planned") in section
    assert page.evaluate("window.infraplanMap.getZoom()") >= 16
    assert page.locator(".ring").is_visible()
    page.locator('[data-key="to-project-P0001"]').click()
    assert "P0001" in page.inner_text("#selected-heading")
    assert page.locator(".ring").count() == 0


# ---- what is chosen ----


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_project_is_told_to_the_last_line_of_its_cost(open_tools, results, language):
    bill = edition_for(language=language).tables["bill"].copy()
    bill.loc[2, "detail"] = "verge 60 %"
    bill.loc[4, ["item", "detail"]] = "crossing", "road 0-5"
    page = open_tools(language=language, tables={"bill": bill})
    page.fill("#search", "P0001")
    page.locator("#option-0", has_text="Byn P0001").click()
    words, project = load(language), results.plan.projects.loc["P0001"]
    rows = page.locator("#selected-section table").first.locator("tbody tr")
    cells = [row.locator("td").all_inner_texts() for row in rows.all()]
    numbers = [[digits(cell) for cell in row] for row in cells]
    lines = results.plan.bill[results.plan.bill["project_id"] == "P0001"]
    assert len(numbers) == len(lines) + 1
    assert [sum(column) for column in zip(*numbers[:-1], strict=True)] == numbers[-1]
    assert numbers[-1] == [project[name] for name in ("cost_low_sek", "cost_sek", "cost_high_sek")]
    # What it is and costs comes first, though all of it is longer than the panel.
    assert page.evaluate("document.getElementById('selected-section').offsetHeight > innerHeight / 2")
    assert 0 <= page.locator("#selected-heading").bounding_box()["y"] < 900
    said = page.inner_text("#selected-section")
    assert words.text("bill.item_connection") in said
    assert words.text("bill.detail_classes", classes="0–5") in said
    assert words.text("bill.detail_share", share=words.share(0.6, 0)) in said
    assert "Kalix älv" in page.locator("#selected-section").text_content()


def test_without_prices_only_totals_are_told(open_tools):
    page = open_tools(without=("bill", "support", "risk", "permits", "codigging"))
    page.fill("#search", "P0002")
    page.keyboard.press("Enter")
    assert page.locator("#selected-section table").count() == 0
    assert "kronor" in page.inner_text("#selected-section")


def test_what_is_chosen_can_be_closed_and_the_reading_goes_back(open_tools):
    page = open_tools()
    page.fill("#search", "byskolan")
    page.keyboard.press("Enter")
    assert page.inner_text("#selected-heading") == "Byskolan"
    page.keyboard.press("Escape")
    assert page.locator("#selected-section").is_hidden()
    assert page.evaluate(FOCUSED) == "search"


def test_a_click_on_the_map_tells_the_same_in_the_panel(open_tools):
    page = open_tools()
    place = page.evaluate(
        """() => {
      const map = window.infraplanMap;
      map.setZoom(map.getZoom() + 3, { animate: false });
      const box = map.getContainer().getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2];
    }"""
    )
    page.fill("#search", "P00004")
    page.keyboard.press("Enter")
    page.locator('[data-key="close-selected"]').click()
    page.wait_for_timeout(300)
    page.mouse.click(*place)
    page.locator("#selected-heading").wait_for()
    assert "P00004" in page.inner_text("#selected-section")


def test_the_address_brings_back_what_was_chosen(open_tools):
    page = open_tools(address="#selected=projects.P0002")
    assert "P0002" in page.inner_text("#selected-heading")
    page = open_tools(address="#selected=zones.municipality:2501")
    assert page.inner_text("#selected-heading") == "Östra Ö"


@pytest.mark.parametrize(
    "text", ["projects.none", "zones.", "<img>.x", "premises.P99999", "constructor.x", "projects.__proto__"]
)
def test_an_address_that_names_nothing_chooses_nothing(open_tools, text):
    assert open_tools(address=f"#selected={text}").locator("#selected-section").is_hidden()


# ---- years ----


def test_the_slider_colours_the_zones_by_the_share_of_its_year(open_tools):
    page = open_tools(tables={"series": SERIES}, view="progress")
    assert page.locator("#year").get_attribute("max") == "5"
    assert page.locator("#year").get_attribute("aria-valuetext") == "2026 (nu)"
    assert zone_colours(page)["Västra Å"].startswith("59") or zone_colours(page)["Västra Å"].startswith("60")
    page.locator("#year").focus()
    page.keyboard.press("Home")
    assert page.locator("#year").get_attribute("aria-valuetext") == "2020"
    assert page.evaluate(FOCUSED) == "year"
    assert zone_colours(page) == {"Västra Å": "10,0\xa0%"}
    page.keyboard.press("ArrowRight")
    assert zone_colours(page) == {"Västra Å": "35,0\xa0%"}
    assert "40,0" in page.inner_text("#years-said")
    wait_for_hash(page, "year=2022")


def test_what_is_published_of_the_one_municipality_is_said_of_the_study(open_tools):
    published = make_series({"municipality:2500": {2020: 0.1, 2022: 0.35}}).assign(down_mbps=30.0)
    page = open_tools(tables={"series": published}, view="progress", municipalities=1)
    named = page.locator("#series option").last
    assert named.inner_text() == "PTS: + beställbara, hushåll och arbetsställen, minst 30 Mbit/s"
    page.locator("#series").select_option(named.get_attribute("value"))
    assert "Hela studien har 35,0\u00a0%." in page.inner_text("#years-said")


def test_the_address_brings_back_the_year(open_tools):
    page = open_tools(tables={"series": SERIES}, address="#view=progress&year=2022")
    assert page.locator("#year").get_attribute("aria-valuetext") == "2022"
    page = open_tools(tables={"series": SERIES}, address="#view=progress&year=1999")
    assert page.locator("#year").get_attribute("aria-valuetext") == "2026 (nu)"


def test_playback_runs_from_the_first_year_to_the_last_and_stops(open_tools):
    page = open_tools(tables={"series": SERIES}, view="progress")
    page.clock.install(time=0)
    page.clock.pause_at(1_000_000)
    words = load("sv")
    page.locator("#play").click()
    assert page.inner_text("#play") == words.text("maptools.pause")
    seen = [page.locator("#year").get_attribute("aria-valuetext")]
    for _ in range(5):
        page.clock.run_for(1_250)
        seen.append(page.locator("#year").get_attribute("aria-valuetext"))
    assert seen == ["2020", "2022", "2024", "2026 (nu)", "2027 (med planen)", "2028 (med planen)"]
    assert page.inner_text("#play") == words.text("maptools.play")
    page.clock.run_for(10_000)
    assert page.locator("#year").get_attribute("aria-valuetext") == "2028 (med planen)"


def test_playback_can_be_paused_and_is_slower_where_less_motion_is_asked_for(open_tools):
    page = open_tools(tables={"series": SERIES}, view="progress")
    page.emulate_media(reduced_motion="reduce")
    page.clock.install(time=0)
    page.clock.pause_at(1_000_000)
    page.locator("#play").click()
    page.clock.run_for(1_250)
    assert page.locator("#year").get_attribute("aria-valuetext") == "2020"
    page.clock.run_for(2_500)
    assert page.locator("#year").get_attribute("aria-valuetext") == "2022"
    page.locator("#play").click()
    page.clock.run_for(10_000)
    assert page.locator("#year").get_attribute("aria-valuetext") == "2022"


def test_a_plan_adds_the_years_of_its_phases(open_tools):
    page = open_tools(tables=with_effect(), view="progress")
    page.locator("#year").focus()
    page.keyboard.press("End")
    assert page.locator("#year").get_attribute("aria-valuetext") == "2028 (med planen)"
    served = page.locator("#years-body table tbody tr").last.text_content()
    assert load("sv").text("maptools.point.plan") in served
    assert page.locator(".chart .mark.plan").count() >= 2


def test_the_chart_tells_published_from_computed_forecast_and_breaks(open_tools):
    page = open_tools(tables={"series": SERIES, "pace": PACE, "breaks": BREAKS}, view="progress")
    assert page.locator("#years-body figure > svg .mark.published").count() == 3
    assert page.locator("#years-body figure > svg .mark.computed").count() == 1
    assert page.locator("#years-body figure > svg .asked").count() == 1
    assert page.locator("#years-body figure > svg .band").count() == 1
    assert page.locator("#years-body figure > svg .ahead").count() == 1
    assert page.locator("#years-body figure > svg .broken").count() == 1
    said = page.inner_text("#years-body")
    assert "7,5 procentenheter" in said
    assert "2028–2035" in said
    assert load("sv").text("maptools.break.base_jump") in said
    table = page.locator("#years-table").text_content()
    assert all(text in table for text in ("2020", "20,0\xa0%", "publicerat", "PTS", "egen beräkning"))


def test_the_line_is_cut_where_the_series_breaks(open_tools):
    broken = SERIES.assign(after_break=["", "base_jump", "", "", ""])
    page = open_tools(tables={"series": broken}, view="progress")
    path = page.locator("#years-body figure > svg .line.published").get_attribute("d")
    assert path.count("M") == 2
    assert "2022 *" in page.locator("#years-table").text_content()


def test_every_interval_is_told_as_it_is(open_tools):
    endless = PACE.assign(latest_year=np.inf)
    said = open_tools(tables={"series": SERIES, "pace": endless}, view="progress").inner_text("#years-body")
    assert "tidigast 2028" in said
    never = PACE.assign(reached_year=np.nan, earliest_year=np.nan, latest_year=np.nan)
    said = open_tools(tables={"series": SERIES, "pace": never}, view="progress").inner_text("#years-body")
    assert load("sv").text("maptools.interval_unknown") in said


# ---- definitions ----


def test_a_definition_colours_the_zones_until_it_is_turned_off(open_tools):
    page = open_tools(tables={"switchboard": BOARD}, view="progress")
    before = zone_colours(page)
    assert page.locator("#switchboard-body .definition").count() == 4
    assert page.locator("#switchboard-body .definition span").first.inner_text() == "Anslutna"
    page.locator('[data-key="colour-connected"]').click()
    assert zone_colours(page) == {"Västra Å": "10,0\xa0%", "Östra Ö": "80,0\xa0%"}
    assert page.locator('[data-key="colour-connected"]').get_attribute("aria-pressed") == "true"
    assert page.evaluate(FOCUSED) == "colour-connected"
    page.locator("#switch-down_mbps").select_option("1000")
    assert zone_colours(page) == {"Västra Å": "9,0\xa0%", "Östra Ö": "72,0\xa0%"}
    wait_for_hash(page, "definition=connected")
    page.keyboard.press("Tab")
    page.locator('[data-key="colour-connected"]').focus()
    page.keyboard.press("Enter")
    assert zone_colours(page) == before


def test_the_address_brings_back_the_definition(open_tools):
    page = open_tools(
        tables={"switchboard": BOARD},
        address="#view=progress&definition=planned~households~false~1000~all",
    )
    assert page.locator('[data-key="colour-planned"]').get_attribute("aria-pressed") == "true"
    assert page.input_value("#switch-unit") == "households"
    page = open_tools(tables={"switchboard": BOARD}, address="#view=progress&definition=nonsense")
    assert page.locator("[aria-pressed=true].colour").count() == 0


def test_all_definitions_stand_in_a_table_of_the_chosen_zone(open_tools):
    page = open_tools(tables={"switchboard": BOARD}, view="progress")
    page.locator("#definitions summary").click()
    assert page.locator("#definitions tbody tr").count() == 6
    page.fill("#search", "västra å")
    page.keyboard.press("Enter")
    assert "10,0\xa0%" in page.inner_text("#definitions")
    assert page.locator("#definitions").get_attribute("open") is not None


def test_only_one_thing_colours_the_map_at_a_time(open_tools):
    page = open_tools(tables={"switchboard": BOARD, "series": SERIES}, view="progress")
    page.locator('[data-key="colour-passed"]').click()
    page.locator("#year").focus()
    page.keyboard.press("Home")
    assert page.locator("[aria-pressed=true].colour").count() == 0
    assert zone_colours(page) == {"Västra Å": "10,0\xa0%"}


# ---- budget ----


def test_the_budget_pays_for_projects_in_order_and_fades_the_others(open_tools, results):
    page = open_tools(tables=with_effect(), view="plan")
    costs = results.plan.projects["cost_sek"]
    slider = page.locator("#budget")
    assert slider.get_attribute("max") == "2"
    slider.focus()
    page.keyboard.press("ArrowLeft")
    said = page.inner_text("#budget-said")
    assert said.startswith("1 av 2 projekt")
    assert str(int(results.plan.projects["households"].iloc[0])) in said
    assert page.evaluate(FOCUSED) == "budget"
    wait_for_hash(page, "budget=1")
    page.locator("#budget-table summary").click()
    lines = page.locator("#budget-table tbody tr")
    assert [line.get_attribute("class") for line in lines.all()] == ["chosen", None]
    assert digits(lines.first.locator("td").last.inner_text()) == round(costs.iloc[0] / 1000)
    served = results.plan.served
    first = served[served["project_id"] == "P0001"][["households", "workplaces"]].sum().sum()
    assert f"{40 + first} (" in page.inner_text("#budget-body .figure")


def test_an_amount_pays_for_the_longest_beginning_that_fits(open_tools, results):
    page = open_tools(view="plan")
    costs = results.plan.projects["cost_sek"].to_list()
    for millions, count in (
        (sum(costs) / 1e6, 2),
        (costs[0] / 1e6, 1),
        (costs[0] / 1e6 - 0.001, 0),
        (1e9, 2),
    ):
        page.fill("#budget-amount", f"{millions:.6f}".replace(".", ","))
        page.keyboard.press("Enter")
        assert page.inner_text("#budget-said").startswith(f"{count} av 2 ")
    page.fill("#budget-amount", "")
    page.keyboard.press("Enter")
    page.fill("#budget-amount", "mycket")
    page.keyboard.press("Enter")
    assert page.inner_text("#tools-status") == load("sv").text("maptools.budget_no_number")
    assert page.inner_text("#budget-said").startswith("2 av 2 ")


def test_the_address_brings_back_the_budget(open_tools):
    page = open_tools(address="#view=plan&budget=1")
    assert page.inner_text("#budget-said").startswith("1 av 2 ")
    page.locator("#budget-clear").click()
    assert page.inner_text("#budget-said").startswith("2 av 2 ")
    wait_for_hash(page, "budget=", there=False)
    page = open_tools(address="#view=plan&budget=-1")
    assert page.inner_text("#budget-said").startswith("2 av 2 ")


# ---- all of them ----


def test_without_their_tables_the_controls_are_gone(open_tools):
    page = open_tools(without=("projects", "bill", "premises", "roads", "phases"))
    for view in ("progress", "plan", "spots"):
        page.locator(f'[data-key="view-{view}"]').click()
        for section in ("switchboard", "budget", "years"):
            assert page.locator(f"#{section}-section").is_hidden(), (view, section)
    page.fill("#search", "östra")
    assert options_of(page) == ["Östra Ö", "Östra Ö by"]


def test_hostile_names_are_shown_as_they_are(open_tools):
    series = SERIES.assign(source=HOSTILE, measure=HOSTILE)
    other = series.assign(down_mbps=30.0)
    page = open_tools(
        hostile=HOSTILE, tables={"series": pd.concat([series, other]), "switchboard": BOARD}, view="progress"
    )
    page.fill("#search", "img")
    assert HOSTILE in options_of(page)[0]
    page.keyboard.press("Enter")
    assert HOSTILE in page.inner_text("#selected-heading")
    assert HOSTILE in page.locator("#years-section").text_content()
    page.locator("#series").select_option(index=1)
    assert page.locator("#panel img").count() == 0


@pytest.mark.parametrize("view", ["progress", "plan"])
def test_both_languages_say_all_of_it(open_tools, view):
    tables = {"series": SERIES, "pace": PACE, "breaks": BREAKS, "switchboard": BOARD}
    page = open_tools(tables=tables, view=view)
    page.fill("#search", "P0001")
    page.keyboard.press("Enter")
    page.locator("#language").click()
    swedish = {
        text
        for key, text in load("sv").entries.items()
        if key.startswith("maptools.") and "{" not in text and len(text) > 7
    }
    english = {text for key, text in load("en").entries.items() if key.startswith("maptools.")}
    shown = set(page.inner_text("#panel").split("\n"))
    assert not shown & (swedish - english)
    assert "undefined" not in page.inner_text("#panel")
    assert page.locator("#selected-heading").is_visible()
