"""Everybody can use the map page: axe-core finds nothing, the keyboard reaches all, languages are whole."""

import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from infraplan import words
from infraplan.outputs.maps import page as map_page

pytestmark = pytest.mark.browser

VENDOR = Path(__file__).parent / "vendor" / "axe-core-4.14.1"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SIZES = {"desktop": (1280, 900), "narrow": (760, 900), "text at 200 %": (640, 450)}
"""Of the window in CSS pixels: at 200 %, a window of 1280 × 900 has 640 × 450."""

OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
RUN_AXE = """async (tags) => {
  const asked = { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] };
  const found = await axe.run(document, asked);
  return found.violations.map((one) => ({
    rule: one.id, help: one.help,
    nodes: one.nodes.slice(0, 5).map((node) => [
      node.target.join(' '), node.failureSummary, node.html.slice(0, 200)]),
  }));
}"""
VIEWS = "document.querySelectorAll('#views button').length"
FOCUS = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const name = at.id || at.dataset.key || at.className || at.tagName;
  return { name, tag: at.tagName, width: box.width, height: box.height, body: at === document.body };
}"""
RING = """() => {
  const style = getComputedStyle(document.activeElement);
  return [style.outlineStyle, parseFloat(style.outlineWidth)];
}"""
FOCUSABLE = """() => {
  const seen = (node) => node.checkVisibility({ visibilityProperty: true });
  const all = document.querySelectorAll('a[href], button, input, select, summary, [tabindex]');
  const open = [...all].filter((node) => seen(node) && !node.disabled && node.tabIndex >= 0);
  return open.map((at) => at.id || at.dataset.key || at.className || at.tagName);
}"""
TEXTS = """() => {
  // What is read or heard: every text that is shown, and the names and descriptions of controls.
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!node.parentElement.closest('script, style, noscript')) found.push(node.data);
  }
  const named = ['aria-label', 'title', 'placeholder', 'aria-valuetext', 'alt'];
  for (const node of document.querySelectorAll(named.map((name) => `[${name}]`).join())) {
    found.push(...named.map((name) => node.getAttribute(name)));
  }
  const tidy = (text) => (text ?? '').replace(/\\s+/g, ' ').trim();
  return [...found, document.title].map(tidy).filter(Boolean);
}"""


@cache
def axe():
    return (VENDOR / "axe.min.js").read_text("utf-8")


def violations(page):
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(axe())
    return page.evaluate(RUN_AXE, list(TAGS))


def choose_view(page, number):
    page.evaluate(f"document.querySelectorAll('#views button')[{number}].click()")
    page.evaluate(OPEN_ALL)


def start_tools(page):
    """Start what changes the map while it is on."""
    page.evaluate("document.getElementById('split-on').click()")
    page.evaluate("document.getElementById('measure-on').click()")
    page.evaluate("document.getElementById('measure-centre').click()")


def test_axe_is_as_its_checksums_say():
    said = dict(reversed(line.split()) for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
    assert set(said) == {path.name for path in VENDOR.iterdir()} - {"SHA256SUMS"}
    assert all(sha256((VENDOR / name).read_bytes()).hexdigest() == digest for name, digest in said.items())


@pytest.mark.parametrize(("language", "size"), [*(("sv", size) for size in SIZES), ("en", "desktop")])
def test_axe_finds_nothing_on_any_page(open_page, language, size):
    page = open_page(language=language)
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    found = {}
    for number in range(page.evaluate(VIEWS)):
        choose_view(page, number)
        found |= {f"{number} {one['rule']}": one for one in violations(page)}
    start_tools(page)
    found |= {f"tools {one['rule']}": one for one in violations(page)}
    page.evaluate("document.querySelector('#areas button, #objects-section button')?.click()")
    found |= {f"popup {one['rule']}": one for one in violations(page)}
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def test_axe_would_find_what_is_wrong(open_page):
    page = open_page()
    page.evaluate("document.querySelector('label[for=target]').remove()")
    page.evaluate("document.getElementById('title').style.color = '#bbbbbb'")
    assert {"select-name", "color-contrast"} <= {one["rule"] for one in violations(page)}


def test_tab_goes_through_every_control_and_out_again(open_page):
    page = open_page(language="en")
    page.evaluate(OPEN_ALL)
    start_tools(page)
    wanted = page.evaluate(FOCUSABLE)
    reached = []
    for _ in range(len(wanted) + 20):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at["body"]:
            break
        # What has the focus must be seen, but for the skip link, which shows itself.
        assert at["width"] > 0, at
        assert at["height"] > 0, at
        reached.append(at["name"])
    else:
        pytest.fail(f"the focus is trapped at {reached[-3:]}")
    assert reached[0] == "skip"
    assert not [name for name in wanted if name not in reached]
    for name in (
        "language",
        "target",
        "unit",
        "split-handle",
        "measure-centre",
        "download-button",
        "link-button",
        "folium_map",
    ):
        assert name in reached, name
    # And back: no control holds the focus in that direction either.
    for _ in range(len(reached) + 20):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(FOCUS)["name"] == "skip":
            break
    else:
        pytest.fail("the way back is shut")


def test_a_ring_shows_where_the_focus_is(open_page):
    page = open_page()
    page.evaluate(OPEN_ALL)
    for _ in range(25):
        page.keyboard.press("Tab")
        style, width = page.evaluate(RING)
        assert style != "none", page.evaluate(FOCUS)
        assert width >= 2


def test_objects_are_chosen_from_tables_by_keyboard(open_page):
    page = open_page(language="en")
    page.evaluate(OPEN_ALL)
    page.locator("#areas button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup-content h3").count() == 1
    assert page.locator("#status").text_content().startswith("The map shows")


@pytest.mark.parametrize(
    ("language", "name"), [("sv", "Stäng rutan på kartan"), ("en", "Close the box on the map")]
)
def test_what_a_click_tells_is_closed_by_a_button_of_the_pages_language(open_page, language, name):
    page = open_page(language=language)
    page.evaluate(OPEN_ALL)
    told = page.locator(".leaflet-popup-content")
    for key in ("Enter", "Space", "Escape"):
        page.locator("#areas button").first.click()
        told.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press(key)
        told.wait_for(state="detached")
        assert page.evaluate("document.activeElement.id") == "folium_map"
    assert page.locator("a[href='#close']").count() == 0


def test_the_map_moves_and_zooms_by_keyboard(open_page):
    page = open_page()
    page.evaluate("document.getElementById('folium_map').focus()")
    lng, zoom = page.evaluate("[window.infraplanMap.getCenter().lng, window.infraplanMap.getZoom()]")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(500)
    page.keyboard.press("+")
    page.wait_for_timeout(600)
    now = page.evaluate("[window.infraplanMap.getCenter().lng, window.infraplanMap.getZoom()]")
    assert now[0] < lng
    assert now[1] > zoom


# ---- two whole languages ----


def patterns(texts):
    """Return each sentence as a pattern: what stands in a gap is of the data, or another sentence."""
    for text in texts:
        parts = re.split(r"\{\w+\}", re.sub(r"\s+", " ", text).strip())
        yield re.compile(".+?".join(map(re.escape, parts)))


def is_telling(text):
    """Whether a sentence can be told apart from data: words of letters outside its gaps."""
    return len(re.findall(r"[^\W\d_]{3,}", re.sub(r"\{\w+\}", "", text))) >= 1


def strange_sentences(own, other):
    """Return the other language's sentences that this one cannot say."""
    mine = set(own.values())
    return [
        other[key]
        for key in other
        if own[key] != other[key] and other[key] not in mine and is_telling(other[key])
    ]


@pytest.mark.parametrize(("language", "other"), [("sv", "en"), ("en", "sv")])
def test_no_page_says_a_word_of_the_other_language(open_page, language, other):
    page = open_page(language=language)
    dictionaries = map_page._dictionaries()
    strange = [
        pattern
        for pattern in patterns(strange_sentences(dictionaries[language], dictionaries[other]))
        if not re.fullmatch(r"(\.\+\?)*", pattern.pattern)
    ]
    own = list(patterns(filter(is_telling, dictionaries[language].values())))
    found = {}
    for number in range(page.evaluate(VIEWS)):
        choose_view(page, number)
        if number == 0:
            start_tools(page)
        for text in page.evaluate(TEXTS):
            said = [pattern.pattern for pattern in strange if pattern.fullmatch(text)]
            if said and not any(pattern.fullmatch(text) for pattern in own):
                found[text] = said
    # The button that leads to the other language is named in it.
    assert set(found) <= {dictionaries[other]["language_name"]}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_gap_and_no_value_of_the_script_is_left_in_a_text(open_page, language):
    page = open_page(language=language)
    for number in range(page.evaluate(VIEWS)):
        choose_view(page, number)
        start_tools(page)
        wrong = [
            t
            for t in page.evaluate(TEXTS)
            if re.search(r"\{\w+\}|\bundefined\b|\bNaN\b|\bnull\b|\[object", t)
        ]
        assert not wrong


def test_no_key_is_missing_in_either_language():
    found = map_page._dictionaries()
    assert found["sv"].keys() == found["en"].keys()
    script = map_page._script()
    asked = set(re.findall(r'\bt\("([a-z][\w.]*)"', script))
    asked |= set(re.findall(r'"data-t": "([a-z][\w.]*)"', script))
    asked |= set(re.findall(r'data-t="([a-z][\w.]*)"', map_page._own("page.html")))
    assert len(asked) > 100
    assert not asked - found["sv"].keys()


def test_areas_of_words_share_no_key():
    # All areas reach the page without their names: equal keys would hide each other.
    for language in words.LANGUAGES:
        entries = words.load(language).entries
        short = [key.partition(".")[2] for key in entries if key.startswith(map_page._WORD_AREAS)]
        assert len(short) == len(set(short)), sorted({key for key in short if short.count(key) > 1})
