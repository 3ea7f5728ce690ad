"""What maps and charts share: figures without matplotlib's global state, and the letters that fonts have."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from infraplan.outputs.report.document import clean

DPI = 200
MM_AN_INCH = 25.4
INK, QUIET, RULE = "#1b1b1b", "#4a4a4a", "#8a8a8a"
_MISSING = "\ufffd"


@contextmanager
def new_figure(size_mm: tuple[float, float]) -> Iterator[Figure]:
    """Give a figure of a size, drawn by matplotlib's defaults whatever the machine's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        figure = Figure(
            figsize=(size_mm[0] / MM_AN_INCH, size_mm[1] / MM_AN_INCH), dpi=DPI, facecolor="white"
        )
        FigureCanvasAgg(figure)
        yield figure


def to_png(figure: Figure) -> bytes:
    """Return a figure as PNG; equal figures give equal bytes."""
    out = BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


@cache
def find_fonts() -> Path:
    """Return the folder of the DejaVu fonts that come with matplotlib."""
    return Path(mpl.get_data_path()) / "fonts" / "ttf"


def drawable(text: str) -> str:
    r"""Replace the letters that DejaVu Sans lacks: no picture warns of them, and PDF/UA allows none.

    >>> drawable("Bállásvárri \u65e5")
    'Bállásvárri \ufffd'
    """
    known = _letters()
    return "".join(letter if ord(letter) in known else _MISSING for letter in clean(text))


@cache
def _letters() -> frozenset[int]:
    charmap = FT2Font(str(find_fonts() / "DejaVuSans.ttf")).get_charmap()
    return frozenset(charmap) | {ord("\n"), ord("\t")}
