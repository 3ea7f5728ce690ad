"""Papers as PDF/UA-1: tagged, with language and title, every picture with an alternative text.

Typst sets the paper from a template of ours and the blocks as JSON: text from data never becomes markup. No
font of the machine is used, so that equal papers give equal bytes wherever they are made.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import typst

from infraplan import words
from infraplan.outputs.report.document import (
    Answers,
    Bullets,
    Chart,
    Column,
    Decision,
    Document,
    Heading,
    Map,
    Note,
    Omitted,
    PageBreak,
    Paragraph,
    Table,
    Terms,
    is_png,
    kind_of,
)
from infraplan.outputs.report.drawing import drawable, find_fonts
from infraplan.words import Words

Blocks = dict[str, Any]

_REGIONS = {"sv": "SE", "en": "GB"}
_TEMPLATE = "report.typ"

_TEXT_PT, _WIDE_PT = 470.0, 717.0
"""Width of the text on a page upright and lying."""
_TEXT_MM, _PICTURE_MM = 166.0, 190.0
"""Width of the text, and the height that a picture may have."""
_SIZES = (9.0, 8.0, 7.0)
"""Of a table's letters, in points: as large as it can be."""
_EM = 0.53
"""Width of a letter, in parts of its size: what is set bold is wider than the average."""
_PADDING_PT = 9.0
_BESIDE = 7
"""Answers that stand beside the small map."""
_LONGEST_WORD, _LONGEST_CELL = 14, 44
"""Letters from which words are hyphenated and cells broken."""


def build_pdf(document: Document) -> bytes:
    """Return a paper as PDF/UA-1; equal papers give equal bytes."""
    return _compile(document, "pdf")[0]


def draw_pages(document: Document) -> list[bytes]:
    """Return the pages of a paper as PNG, to be looked at."""
    return _compile(document, "png")


def _compile(document: Document, form: Literal["pdf", "png"]) -> list[bytes]:
    with TemporaryDirectory(prefix="infraplan-") as name:
        folder = Path(name)
        _write(document, folder)
        made: bytes | list[bytes] = typst.compile(
            folder / _TEMPLATE,
            root=folder,
            format=form,
            font_paths=[find_fonts()],
            ignore_system_fonts=True,
            pdf_standards=["ua-1"] if form == "pdf" else [],
            timestamp=0,
        )
    return [made] if isinstance(made, bytes) else list(made)


def _write(document: Document, folder: Path) -> None:
    """Write the template, what it reads, and the pictures."""
    template = files(__package__).joinpath(_TEMPLATE).read_text("utf-8")
    (folder / _TEMPLATE).write_text(template, "utf-8")
    told = json.dumps(_tell(document), ensure_ascii=False)
    (folder / "document.json").write_text(told, "utf-8")
    for picture in document.pictures:
        (folder / _file(picture)).write_bytes(picture.picture)


def _file(picture: Map | Chart) -> str:
    return f"{picture.id}.{'png' if is_png(picture.picture) else 'svg'}"


def _tell(document: Document) -> Blocks:
    """Return all that the template shows, ready for JSON, without letters that no font has."""
    speech = words.load(document.language)
    running = (
        f"{speech.text(f'document.level.{document.level}')} {speech.text('document.not_for_excavation')}"
    )
    told: Blocks = {
        "title": document.title,
        "subject": document.subject,
        "author": document.author,
        "lang": document.language,
        "region": _REGIONS[document.language],
        "dated": [document.dated.year, document.dated.month, document.dated.day],
        "facts": document.facts,
        "contents": speech.text("document.contents") if document.contents else "",
        "running": running,
        "page": speech.text("document.page", page="{page}", pages="{pages}"),
        "longest-word": _LONGEST_WORD,
        "see": speech.text("document.see"),
        "and": speech.text("document.and"),
        "blocks": [_TELLERS[type(block)](block, document, speech) for block in document.blocks],
    }
    drawn: Blocks = _drawn(told)
    return drawn


def _heading(block: Heading, _: Document, __: Words) -> Blocks:
    return {"type": "heading", "level": block.level, "text": block.text, "id": block.id}


def _paragraph(block: Paragraph, document: Document, _: Words) -> Blocks:
    see = [(key, document.labels[key]) for key in block.see]
    return {"type": "paragraph", "text": block.text, "see": see}


def _bullets(block: Bullets, _: Document, __: Words) -> Blocks:
    return {"type": "bullets", "items": block.items, "numbered": block.numbered}


def _terms(block: Terms, _: Document, __: Words) -> Blocks:
    return {"type": "terms", "items": block.items}


def _table(block: Table, document: Document, speech: Words) -> Blocks:
    return {
        "type": "table",
        **_captioned(block, _caption(block.title, document.labels[block.id], speech), speech),
    }


def _picture(block: Map | Chart, document: Document, speech: Words) -> Blocks:
    label = document.labels[block.id]
    numbers = speech.text("document.numbers_of", label=label, title=block.table.title)
    width, height = _fit(block)
    return {
        "type": "picture",
        "kind": kind_of(block),
        "id": block.id,
        "caption": _caption(block.title, label, speech),
        "file": _file(block),
        "alt": block.alt,
        "width": width,
        "height": height,
        "credits": speech.text("document.credits", credits=block.credits) if block.credits else "",
        "says": block.says,
        "table": _captioned(block.table, numbers, speech),
    }


def _note(block: Note, _: Document, speech: Words) -> Blocks:
    return {"type": "note", "head": speech.text(f"document.note.{block.kind}"), "text": block.text}


def _decision(block: Decision, _: Document, __: Words) -> Blocks:
    return {"type": "decision", "intro": block.intro, "clauses": block.clauses}


def _answers(block: Answers, document: Document, speech: Words) -> Blocks:
    items = [{"question": item.question, "figure": item.figure, "text": item.text} for item in block.items]
    beside = _picture(block.beside, document, speech) if block.beside else None
    return {"type": "answers", "items": items, "beside": beside, "beside-first": _BESIDE}


def _omitted(block: Omitted, _: Document, __: Words) -> Blocks:
    return {"type": "omitted", "items": block.by_reason}


def _page_break(_: PageBreak, __: Document, ___: Words) -> Blocks:
    return {"type": "pagebreak"}


_TELLERS: dict[type, Callable[[Any, Document, Words], Blocks]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Bullets: _bullets,
    Terms: _terms,
    Table: _table,
    Map: _picture,
    Chart: _picture,
    Note: _note,
    Decision: _decision,
    Answers: _answers,
    Omitted: _omitted,
    PageBreak: _page_break,
}


def _caption(title: str, label: str, speech: Words) -> str:
    """Return what stands above a table or picture: its number and its title."""
    return speech.text("document.caption", label=label[:1].upper() + label[1:], title=title)


def _captioned(table: Table, caption: str, speech: Words) -> Blocks:
    wide, size, widths = _lay_out(table)
    return {
        "id": table.id,
        "caption": caption,
        "heads": [column.head for column in table.columns],
        "aligns": [column.align for column in table.columns],
        "rows": table.rows,
        "totals": table.totals,
        "unit": table.unit_note,
        "source": speech.text("document.source", source=table.source) if table.source else "",
        "wide": wide,
        "size": size,
        "widths": widths,
    }


def _fit(block: Map | Chart) -> tuple[float, float]:
    """Return a picture's size in mm: as large as it wants to be, but no larger than its place."""
    width, height = block.size_mm
    scale = min(1.0, _TEXT_MM / width, _PICTURE_MM / height)
    return round(width * scale, 2), round(height * scale, 2)


def _lay_out(table: Table) -> tuple[bool, float, list[float | None]]:
    """Return whether a table needs a page lying, how large its letters are, and the parts of its columns.

    A column is None where all columns have room as they are.
    """
    cells = list(zip(*table.rows, strict=True))
    least = [_least(column, cells[i]) for i, column in enumerate(table.columns)]
    most = [max(_most(column, cells[i]), least[i]) for i, column in enumerate(table.columns)]
    places = [(wide, size) for wide in (False, True) for size in _SIZES[: 2 if not wide else None]]
    for wide, size in places:
        room = ((_WIDE_PT if wide else _TEXT_PT) - _PADDING_PT * len(cells)) / (size * _EM)
        if sum(most) <= room:
            return wide, size, [None] * len(cells)
        if sum(least) <= room or (wide, size) == places[-1]:
            break
    return wide, size, _share_out(room, least, most)


def _share_out(room: float, least: Sequence[int], most: Sequence[int]) -> list[float | None]:
    """Give each column what it needs, and what is left to those that want more."""
    spare = max(0.0, room - sum(least))
    wanted = max(1, sum(most) - sum(least))
    return [
        round(need + spare * (want - need) / wanted + _PADDING_PT / 4.5, 2)
        for need, want in zip(least, most, strict=True)
    ]


def _least(column: Column, cells: Iterable[str]) -> int:
    """Count the letters of the longest piece that may not be broken."""
    words_of_head = (min(len(word), _LONGEST_WORD) for word in column.head.split(" "))
    if column.align == "number":
        return max(*map(len, cells), *words_of_head, 1)
    pieces = (
        min(len(piece), _LONGEST_WORD)
        for cell in cells
        for piece in ([cell] if len(cell) <= _LONGEST_WORD else cell.split(" "))
    )
    return max(*words_of_head, *pieces, 1)


def _most(column: Column, cells: Iterable[str]) -> int:
    """Count the letters of the longest cell, of which long texts and heads may be broken."""
    return min(max(*map(len, cells), len(column.head), 1), _LONGEST_CELL)


def _drawn(value: Any) -> Any:
    """Replace the letters that no font has, in all strings within."""
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, dict):
        return {key: _drawn(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_drawn(inner) for inner in value]
    return value
