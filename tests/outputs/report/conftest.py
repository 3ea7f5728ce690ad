from datetime import date
from io import BytesIO

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from infraplan.outputs.report.document import (
    Answer,
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
)

HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} #panic() $x$ *a* _b_ `c` @d \\ \x00 \U0001f600 日本 áčđŋšŧž"


def draw_png(width_in=4.0, height_in=2.0) -> bytes:
    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)
    figure.add_subplot().plot([0, 1], [0, 1])
    out = BytesIO()
    figure.savefig(out, format="png", dpi=100, metadata={"Software": None})
    return out.getvalue()


PNG = draw_png()


def _make_table(key="table-places", **changes) -> Table:
    return Table(
        **{
            "id": key,
            "title": "De största platserna utan snabbt bredband",
            "columns": (Column("Plats", "text"), Column("Hushåll, antal"), Column("Kostnad, tkr")),
            "rows": (
                ("Aareavaara", "45", "1\u00a0234"),
                ("Överkalix", "12", "345"),
                ("Summa", "57", "1\u00a0579"),
            ),
            "totals": 1,
            "unit_note": "2026 års priser",
            "source": "Kommunens egna uppgifter",
        }
        | changes
    )


def _make_map(key="map-places", kind=Map, **changes):
    says = "Kartan visar var de bor." if kind is Map else "Diagrammet visar kostnaden."
    return kind(
        **{
            "id": key,
            "title": "Hälften av hushållen bor i sju byar",
            "alt": "Karta över Pajala: 412 hushåll saknar bredband.",
            "says": says,
            "table": _make_table(f"{key}-numbers"),
            "picture": PNG,
            "credits": "Lantmäteriet, CC0",
        }
        | changes
    )


def _make_document(*blocks, **changes) -> Document:
    return Document(
        **{
            "title": "Bredband i Pajala",
            "language": "sv",
            "level": "public",
            "dated": date(2026, 11, 21),
            "blocks": blocks or (Paragraph("Text."),),
        }
        | changes
    )


def _make_paper() -> Document:
    """A paper with a block of every kind, and hostile text in each."""
    wide = _make_table(
        "table-wide",
        title="En bred tabell",
        columns=(Column("Namn", "text"), *(Column(f"Långt kolumnhuvud nummer {i}, mnkr") for i in range(11))),
        rows=tuple((f"Rad {i}", *["1\u00a0234\u00a0567"] * 11) for i in range(40)),
        totals=0,
    )
    return _make_document(
        Heading(1, "Svar på en sida", "answers"),
        Answers(
            (Answer("Hur många saknar snabbt bredband?", "412 hushåll", f"Av 1\u00a0930. {HOSTILE}"),) * 3
        ),
        PageBreak(),
        Heading(1, f"Läget {HOSTILE}", "situation"),
        Heading(2, "Var", "where"),
        Paragraph(f"Text {HOSTILE}", see=("map-places", "table-wide", "situation")),
        Bullets((HOSTILE, "Två")),
        Bullets(("Ett", "Två"), numbered=True),
        _make_map(alt=HOSTILE, title=f"Kartan visar {HOSTILE}"),
        _make_map("chart-cost", Chart),
        wide,
        _make_table(rows=((HOSTILE, "1", "2"),), totals=0),
        Note("modelled", f"Modellerat. {HOSTILE}"),
        Decision("Kommunfullmäktige beslutar", ("att anta planen,", f"att {HOSTILE}.")),
        Omitted((("Mobiltäckning", f"Inga uppgifter. {HOSTILE}"),)),
        Terms((("fiber", f"glas {HOSTILE}"),)),
        facts=(("Diarienummer", "KS 2026/123"), ("Dataläge", HOSTILE)),
        subject=f"Underlag {HOSTILE}",
        author="Pajala kommun",
    )


@pytest.fixture
def paper() -> Document:
    return _make_paper()


@pytest.fixture(scope="session")
def make_paper():
    return _make_paper


@pytest.fixture(scope="session")
def make_table():
    return _make_table


@pytest.fixture(scope="session")
def make_map():
    return _make_map


@pytest.fixture(scope="session")
def make_document():
    return _make_document


@pytest.fixture(scope="session")
def hostile() -> str:
    return HOSTILE


@pytest.fixture(scope="session")
def png() -> bytes:
    return PNG
