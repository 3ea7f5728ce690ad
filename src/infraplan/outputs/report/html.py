"""Papers as one HTML file that asks for nothing: no script, no request, pictures and styles within."""

import base64
import hashlib
from collections.abc import Callable
from functools import partial
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from infraplan import words
from infraplan.outputs.report.document import Chart, Document, Map, Table, clean, is_png
from infraplan.words import Words

_PIXELS_A_MM = 96 / 25.4


def build_html(document: Document) -> str:
    """Return a paper as an HTML page; equal papers give equal pages.

    Its content security policy lets nothing in but pictures within the page and this one style sheet. All
    text is escaped by the template.
    """
    style = _own("report.css")
    # The CSP names the style by its hash: a style attribute or element from elsewhere is not applied.
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    speech = words.load(document.language)
    # Not through a loader: the folder may be in a zip file.
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_finalize)
    page = environment.from_string(_own("report.html")).render(
        doc=document,
        blocks=[(type(block).__name__, block) for block in document.blocks],
        style=Markup(style),  # noqa: S704  (our own file)
        style_hash=f"sha256-{digest}",
        say=_speaker(speech),
        caption=partial(_caption, document, speech),
        source_of=_source,
        pixels=_pixels,
    )
    return page + "\n"


def _finalize(value: object) -> object:
    """Take from text what no page may hold; markup of ours stays as it is."""
    return clean(value) if type(value) is str else value


def _speaker(speech: Words) -> Callable[..., str]:
    def say(key: str, **values: object) -> str:
        return speech.text(f"document.{key}", **values)

    return say


def _caption(document: Document, speech: Words, block: Table | Map | Chart) -> str:
    label = document.labels[block.id]
    return speech.text("document.caption", label=label[:1].upper() + label[1:], title=block.title)


def _source(block: Map | Chart) -> str:
    kind = "png" if is_png(block.picture) else "svg+xml"
    return f"data:image/{kind};base64,{base64.b64encode(block.picture).decode('ascii')}"


def _pixels(block: Map | Chart) -> tuple[int, int]:
    width, height = block.size_mm
    return round(width * _PIXELS_A_MM), round(height * _PIXELS_A_MM)


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")
