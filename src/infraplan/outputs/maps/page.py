"""The page itself: folium's map, our panel and script, the data and both languages, made one offline file."""

import json
import re
from dataclasses import asdict
from html import escape
from importlib.resources import files
from typing import Any

import folium
from branca.element import MacroElement
from folium.template import Template

from infraplan import words
from infraplan.outputs import styles
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.inline import (
    LEAFLET_CSS,
    LEAFLET_JS,
    content_policy,
    escape_script,
    inline_assets,
)
from infraplan.outputs.maps.pack import compress, expand
from infraplan.outputs.maps.payload import build_payload
from infraplan.outputs.maps.tiles import Tiles
from infraplan.words import Language

_SCRIPT_PARTS = (
    *("words", "sheet", "shapes", "told", "points", "layers", "names"),
    *("search", "details", "years", "switchboard", "budget"),
    *("split", "measure", "download", "picture"),
    *("views", "mobile", "services", "objects", "panel", "link", "start"),
)
"""In this order: what a part does at once uses earlier parts alone, what it does when called all of them."""
_WORD_AREAS = ("map.", "mappoints.", "maptools.", "mapshare.")
_STYLE_PARTS = ("page", "tools", "share")
_VIEWPORT = re.compile(r'<meta name="viewport".*?/>', re.DOTALL)


class _Planner(MacroElement):
    """Puts marks where our own parts go.

    branca takes what a macro gives for a Jinja template once more: no text of ours or the user's may pass
    through it, so all of it is put in place of the marks when folium is done.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "window.infraplanMap = {{ this._parent.get_name() }};\n/*infraplan:script*/"
        "{% endmacro %}"
    )


def build_map(
    edition: Edition,
    *,
    language: Language | None = None,
    beside: Edition | None = None,
    tiles: Tiles | None = None,
) -> str:
    """Return the map page of an edition as HTML; equal editions give equal pages.

    ``language`` comes first; the study's where none is named. The page holds both. ``beside`` is another
    edition of the same area, to compare with. Only with ``tiles`` does the page fetch anything.
    """
    payload = build_payload(edition, beside=beside, tiles=tiles)
    return render(compress(payload), language or edition.language, tiles=tiles)


def render(payload: str, language: Language, *, tiles: Tiles | None = None) -> str:
    """Return the whole page around a packed payload."""
    page = expand(payload)
    title = page["study"]["name"]
    html, name = _folium_page()
    html = inline_assets(html).replace(name, "folium_map")
    html = _VIEWPORT.sub('<meta name="viewport" content="width=device-width, initial-scale=1">', html)
    head = f"<title>{escape(title)}</title>\n<style>{_styles()}</style>"
    dictionaries = _dictionaries()
    panel = _own("page.html").replace("<!--title-->", escape(title))
    panel = panel.replace("<!--notices-->", _notices(page, dictionaries[language]))
    data = (
        f'<script type="text/plain" id="payload">{payload}</script>\n'
        f'<script type="application/json" id="words">{_as_json(dictionaries)}</script>\n'
        f'<script type="application/json" id="palette">{_as_json(_palette())}</script>'
    )
    html = html.replace("<html>", f'<html lang="{language}">', 1)
    html = html.replace("<body>", f"<body>\n{panel}\n<main>", 1)
    html = html.replace("</body>", f"</main>\n{data}", 1).replace("</html>", "</body>\n</html>")
    html = html.replace("/*infraplan:script*/", escape_script(_script()), 1)
    rules = content_policy(html, tiles.host if tiles else "")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{rules}">'
    return html.replace("<head>", f'<head>\n<meta charset="utf-8">\n{policy}\n{head}', 1)


def _folium_page() -> tuple[str, str]:
    """Return folium's page with Leaflet alone, and the random name of the map in it."""
    page = folium.Map(location=(0.0, 0.0), zoom_start=2, tiles=None, zoom_control=False, prefer_canvas=True)
    page.default_js = [("leaflet", LEAFLET_JS)]
    page.default_css = [("leaflet_css", LEAFLET_CSS)]
    page.add_child(_Planner())  # type: ignore[no-untyped-call]  # branca states no types
    return page.get_root().render(), page.get_name()


def _notices(page: dict[str, Any], texts: dict[str, str]) -> str:
    """Return what must be read even where no script runs: what is modelled, what assumed, what it is for."""
    layers = dict.fromkeys(source["layer"] for source in page["sources"] if source["modelled"])
    modelled = [texts[f"input.{layer}"] for layer in layers]
    assumed = [
        f"{texts['input.' + source['layer']]}: {source['assumption']}"
        for source in page["sources"]
        if source["assumption"]
    ]
    said = [("notice", texts["no_script"])]
    said += [("warning", texts["modelled"].format(layers=", ".join(modelled)))] if modelled else []
    said += [("notice", f"{texts['level.' + page['level']]} {texts['not_for_excavation']}")]
    said += [("small", sentence) for sentence in assumed]
    return "".join(f'<p class="{kind}">{escape(sentence)}</p>' for kind, sentence in said)


def _script() -> str:
    """Return our script in one piece, so that its parts share their names with nobody else."""
    parts = "\n".join(_own(f"{part}.js") for part in _SCRIPT_PARTS)
    return f'(async () => {{\n"use strict";\n{parts}}})();'


def _styles() -> str:
    return "".join(_own(f"{part}.css") for part in _STYLE_PARTS)


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _dictionaries() -> dict[str, dict[str, str]]:
    # What the page says itself, and the words of the bill.
    starts = {
        **dict.fromkeys(_WORD_AREAS, ""),
        "bill.item_": "item.",
        "bill.unit_": "bill_unit.",
        "bill.detail_": "bill_detail.",
        "technology.": "technology.",
        "plan.aim.": "aim.",
    }
    return {
        language: {
            name + key.removeprefix(start): text
            for key, text in sorted(words.load(language).entries.items())
            for start, name in starts.items()
            if key.startswith(start)
        }
        for language in words.LANGUAGES
    }


def _palette() -> dict[str, Any]:
    return {
        "styles": {name: asdict(style) for name, style in styles.STYLES.items()},
        "breaks": styles.SHARE_BREAKS,
        "ramp": styles.SHARE_COLOURS,
        "none": styles.NO_SHARE,
        "met": styles.MET,
        "not_met": styles.NOT_MET,
    }


def _as_json(value: object) -> str:
    # In JSON every "<" can be written as an escape, which leaves nothing for the HTML parser to find.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
