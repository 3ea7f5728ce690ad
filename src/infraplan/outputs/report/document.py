"""What a paper for a council is made of, before it is a page or a PDF: frozen blocks that check themselves.

Text is plain everywhere: whoever writes the paper escapes it for HTML or hands it to Typst as data. A map or
chart without a title, an alternative text, a paragraph that says what it shows and a table of the same
numbers cannot be made: what stands in a picture alone is hidden from those who do not see it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from struct import unpack
from typing import Literal

from infraplan import words
from infraplan.config import Level
from infraplan.words import Language

Align = Literal["text", "number"]
NoteKind = Literal["info", "modelled", "warning"]
Kind = Literal["table", "map", "chart"]
KINDS: tuple[Kind, ...] = ("table", "map", "chart")
"""Each numbered on its own: Table 1, Map 1, Chart 1."""

DEEPEST = 4
"""Level of headings below which a reader loses the way."""
_PNG, _SVG = b"\x89PNG\r\n\x1a\n", b"<svg"
_HEAD = 1_024
"""Bytes in which the root element of an SVG, or what a PNG says of its size, must begin."""
_PNG_HEADER = 33
_PIXELS_A_METRE = 3_780
"""Of a screen, for a PNG that does not say."""
_MM_A_POINT = 25.4 / 72.0
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FEWEST_WORDS = 3
"""Of a title that states a finding: somebody, a verb, something."""
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    r"""Replace the characters that neither XML nor a font knows, as broken encodings leave them behind.

    >>> clean("Aareavaara\x00")
    'Aareavaara\ufffd'
    """
    return _UNPRINTABLE.sub("\ufffd", text)


@dataclass(frozen=True)
class Heading:
    """A heading below the title: level 1 is a chapter."""

    level: int
    text: str
    id: str

    def __post_init__(self) -> None:
        _check(1 <= self.level <= DEEPEST, "a heading's level lies between 1 and 4", self.id)
        _check_texts(self.id, text=self.text)
        _check_id(self.id)


@dataclass(frozen=True)
class Paragraph:
    """Running text; ``see`` are ids of tables, maps, charts and headings that it points to at its end."""

    text: str
    see: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_texts("paragraph", text=self.text)


@dataclass(frozen=True)
class Bullets:
    """A list, numbered where the order matters."""

    items: tuple[str, ...]
    numbered: bool = False

    def __post_init__(self) -> None:
        _check(bool(self.items), "a list has items", "list")
        _check_texts("list", **{f"item {i}": item for i, item in enumerate(self.items)})


@dataclass(frozen=True)
class Terms:
    """Words and what they mean."""

    items: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        _check(bool(self.items), "a list of terms has terms", "terms")
        _check_texts("terms", **{f"term {i}": term for i, (term, _) in enumerate(self.items)})


@dataclass(frozen=True)
class Column:
    """A column of a table: its head with the unit in it, and on which side its cells stand."""

    head: str
    align: Align = "number"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of cells that are written already; the first column names the rows.

    One row of heads and no cell over several: that is what a screen reader can read out. ``unit_note`` says
    what holds for all cells (the price year, what is counted), ``source`` where they come from. The rows
    from ``-totals`` on are sums of those above.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    unit_note: str = ""
    source: str = ""
    totals: int = 0

    def __post_init__(self) -> None:
        _check_id(self.id)
        _check_texts(self.id, title=self.title)
        _check(bool(self.columns), "a table has columns", self.id)
        _check_texts(self.id, **{f"head {i}": column.head for i, column in enumerate(self.columns)})
        _check(bool(self.rows), "a table has rows", self.id)
        _check(all(len(row) == len(self.columns) for row in self.rows), "a row fills all columns", self.id)
        _check(all(row[0].strip() for row in self.rows), "the first cell names its row", self.id)
        _check(0 <= self.totals <= len(self.rows), "as many rows at most are sums as there are", self.id)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture, and the four things that it may not be without: see Map and Chart.

    ``picture`` is the bytes of a PNG or an SVG; ``alt`` one or two sentences with the main number; ``says``
    the paragraph that tells what it shows, with names of places; ``table`` the same classes and numbers.
    """

    id: str
    title: str
    alt: str
    says: str
    table: Table
    picture: bytes = field(repr=False)
    credits: str = ""

    shows = ""
    """Key of the words with which ``says`` begins."""

    def __post_init__(self) -> None:
        _check_id(self.id)
        _check_texts(self.id, title=self.title, alt=self.alt, says=self.says)
        _check(len(self.title.split()) >= _FEWEST_WORDS, "a title states the finding, with a verb", self.id)
        _check(isinstance(self.table, Table), "a picture has a table of its numbers", self.id)
        starts = [words.load(language).text(self.shows) for language in words.LANGUAGES]
        _check(self.says.startswith(tuple(starts)), f"what it says begins with one of {starts}", self.id)
        _check(self.size_mm != (0.0, 0.0), "a picture is a PNG or an SVG that tells its size", self.id)

    @cached_property
    def size_mm(self) -> tuple[float, float]:
        """How large the picture wants to be; zeros where its bytes are none of a PNG or an SVG."""
        if is_png(self.picture):
            return _size_png(self.picture)
        return _size_svg(self.picture) if is_svg(self.picture) else (0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Map(Picture):
    """A map; ``says`` begins with "The map shows"."""

    shows = "document.map_shows"


@dataclass(frozen=True, kw_only=True)
class Chart(Picture):
    """A chart; ``says`` begins with "The chart shows"."""

    shows = "document.chart_shows"


@dataclass(frozen=True)
class Note:
    """A sentence that stands apart: what is modelled, what to take care of."""

    kind: NoteKind
    text: str

    def __post_init__(self) -> None:
        _check_texts("note", text=self.text)


@dataclass(frozen=True)
class Decision:
    """Proposed decisions, clause by clause, that can be moved into the minutes unchanged.

    ``intro`` says who decides ("Kommunfullmäktige beslutar"), each clause begins with "att" ("to").
    """

    intro: str
    clauses: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_texts(
            "decision", intro=self.intro, **{f"clause {i}": said for i, said in enumerate(self.clauses)}
        )
        _check(bool(self.clauses), "a decision has clauses", "decision")


@dataclass(frozen=True)
class Answer:
    """A question, the number that answers it (as it is written, "412 hushåll"), and a sentence."""

    question: str
    figure: str
    text: str

    def __post_init__(self) -> None:
        _check_texts("answer", question=self.question, figure=self.figure, text=self.text)


@dataclass(frozen=True)
class Answers:
    """The questions of those who decide, each with its answer, and a small map beside the first of them."""

    items: tuple[Answer, ...]
    beside: Map | None = None

    def __post_init__(self) -> None:
        _check(bool(self.items), "answers are some", "answers")


@dataclass(frozen=True)
class Omitted:
    """What the paper does not tell, and why: a row each."""

    items: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        _check(bool(self.items), "what is left out is named", "omitted")
        for what, why in self.items:
            _check_texts("omitted", what=what, why=why)

    @property
    def by_reason(self) -> tuple[tuple[str, str], ...]:
        """Each reason once, in the order in which it is first given, with all that is left out for it."""
        found: dict[str, list[str]] = {}
        for what, why in self.items:
            found.setdefault(why, []).append(what)
        return tuple((why, "; ".join(names)) for why, names in found.items())


@dataclass(frozen=True)
class PageBreak:
    """A new page in print."""


Block = (
    Heading
    | Paragraph
    | Bullets
    | Terms
    | Table
    | Map
    | Chart
    | Note
    | Decision
    | Answers
    | Omitted
    | PageBreak
)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A paper: a title, what is known of it (``facts``: name and value), and its blocks in order.

    ``dated`` is the day of the run, never today. Ids are unique, headings go down one level at a time, all
    that is pointed to is there, and what pictures say begins as the language has it.
    """

    title: str
    language: Language
    level: Level
    dated: date
    blocks: tuple[Block, ...]
    subject: str = ""
    author: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    contents: bool = True
    """Whether it begins with a list of its chapters."""

    def __post_init__(self) -> None:
        _check_texts("document", title=self.title)
        _check_texts("document", **{f"fact {i}": name for i, (name, _) in enumerate(self.facts)})
        ids = list(self._ids())
        twice = sorted({key for key in ids if ids.count(key) > 1})
        _check(not twice, f"ids are unique, and these are not: {twice}", self.title)
        pointed = {key for block in self.blocks if isinstance(block, Paragraph) for key in block.see}
        lost = sorted(pointed - self.labels.keys())
        _check(not lost, f"what is pointed to is there, and these are not: {lost}", self.title)
        self._check_levels()
        self._check_speech()

    @property
    def headings(self) -> Sequence[Heading]:
        """All headings in order."""
        return [block for block in self.blocks if isinstance(block, Heading)]

    @property
    def pictures(self) -> Sequence[Map | Chart]:
        """All maps and charts in order."""
        return [block for block in self._numbered() if isinstance(block, Map | Chart)]

    @cached_property
    def labels(self) -> dict[str, str]:
        """What each table, map, chart and heading is called where the text points to it, by id."""
        speech = words.load(self.language)
        counted = dict.fromkeys(KINDS, 0)
        told: dict[str, str] = {}
        for block in self.blocks:
            if isinstance(block, Heading):
                told[block.id] = f"”{block.text}”" if self.language == "sv" else f"“{block.text}”"
        for numbered in self._numbered():
            kind = kind_of(numbered)
            counted[kind] += 1
            told[numbered.id] = speech.text(f"document.{kind}_number", number=str(counted[kind]))
        return told

    def _numbered(self) -> Iterator[Table | Map | Chart]:
        """Yield all tables, maps and charts in order, the map beside the answers too."""
        for block in self.blocks:
            if isinstance(block, Table | Map | Chart):
                yield block
            elif isinstance(block, Answers) and block.beside:
                yield block.beside

    def _ids(self) -> Iterator[str]:
        for block in (*self.headings, *self._numbered()):
            yield block.id
            if isinstance(block, Map | Chart):
                yield block.table.id

    def _check_levels(self) -> None:
        before = 0
        for heading in self.headings:
            _check(heading.level <= before + 1, "headings go down one level at a time", heading.id)
            before = heading.level

    def _check_speech(self) -> None:
        speech = words.load(self.language)
        for picture in self.pictures:
            start = speech.text(picture.shows)
            _check(picture.says.startswith(start), f"what it says begins with {start!r}", picture.id)


def kind_of(block: Table | Map | Chart) -> Kind:
    """Return as what a block is counted."""
    if isinstance(block, Table):
        return "table"
    return "map" if isinstance(block, Map) else "chart"


def is_png(picture: bytes) -> bool:
    """Whether these are the bytes of a PNG."""
    return picture.startswith(_PNG)


def is_svg(picture: bytes) -> bool:
    """Whether these are the bytes of an SVG."""
    return _SVG in picture[:_HEAD]


def _size_png(picture: bytes) -> tuple[float, float]:
    """Read how large a PNG is: its pixels, and its pixels a metre where it says them."""
    if len(picture) < _PNG_HEADER:
        return 0.0, 0.0
    columns, rows = unpack(">II", picture[16:24])
    at = picture.find(b"pHYs", _PNG_HEADER, _HEAD)
    a_metre = unpack(">I", picture[at + 4 : at + 8])[0] if at > 0 else 0
    mm = 1_000.0 / (a_metre or _PIXELS_A_METRE)
    return columns * mm, rows * mm


def _size_svg(picture: bytes) -> tuple[float, float]:
    """Read how large an SVG is from the width and height of its root element, in points."""
    root = picture[picture.index(_SVG) :].partition(b">")[0].decode("utf-8", "replace")
    sides = [re.search(rf'\s{name}="([0-9.]+)pt"', root) for name in ("width", "height")]
    width, height = (float(side.group(1)) * _MM_A_POINT if side else 0.0 for side in sides)
    return width, height


def _check(holds: bool, rule: str, where: str) -> None:  # noqa: FBT001  (a condition, as assert has it)
    """Raise where a rule of ours is broken: the papers are made by code, and a mistake there is no user's."""
    if not holds:
        raise ValueError(f"{where}: {rule}")


def _check_id(key: str) -> None:
    _check(bool(_ID.fullmatch(key)), "an id has small letters, digits and single hyphens", repr(key))


def _check_texts(where: str, /, **texts: str) -> None:
    for name, text in texts.items():
        _check(bool(text.strip()), f"{name} is missing", where)
