"""What stands below a printed map: its legend, its level, and whom to thank."""

from collections.abc import Sequence
from textwrap import wrap

from matplotlib.figure import Figure

from infraplan.outputs.edition import Edition
from infraplan.outputs.report.drawing import MM_AN_INCH, QUIET, drawable
from infraplan.outputs.report.map_layers import MapLayer, sign_of
from infraplan.words import Words

_LEGEND_ROW_MM, _FOOT_ROW_MM = 4.6, 3.2
_LEGEND_LETTERS, _SIGN_LETTERS = 0.64, 6
_FOOT_LETTERS = 0.78
"""Letters a millimetre of the map's width, and those that a sign takes."""


def measure_below(entries: Sequence[MapLayer], lines: Sequence[str], width_mm: float) -> float:
    """Return how high legend and foot are together, in mm."""
    rows = -(-len(entries) // _columns(entries, width_mm))
    return rows * _LEGEND_ROW_MM + len(lines) * _FOOT_ROW_MM + 3.0


def _columns(entries: Sequence[MapLayer], width_mm: float) -> int:
    """Return how many entries of a legend have room beside each other."""
    longest = max((len(entry.label) for entry in entries), default=0)
    return max(1, int(width_mm * _LEGEND_LETTERS) // (longest + _SIGN_LETTERS))


def foot_lines(edition: Edition, words: Words, credits_line: str, *, width_mm: float) -> list[str]:
    """Return the lines under the map: its level and what it is not for, and whom to thank."""
    letters = int(width_mm * _FOOT_LETTERS)
    level = f"{words.text(f'document.level.{edition.level}')} {words.text('document.not_for_excavation')}"
    told = drawable(words.text("document.credits", credits=credits_line)) if credits_line else ""
    return [*wrap(drawable(level), letters), *wrap(told, letters)]


def draw_legend(figure: Figure, entries: Sequence[MapLayer], *, width_mm: float) -> None:
    """Draw the legend below the map, as many entries beside each other as have room."""
    if not entries:
        return
    height = figure.get_figheight()
    legend = figure.legend(
        [sign_of(entry) for entry in entries],
        [drawable(entry.label) for entry in entries],
        loc="upper left",
        bbox_to_anchor=(0.0, _legend_top(figure, height)),
        ncols=_columns(entries, width_mm),
        frameon=False,
        fontsize=7.5,
        borderaxespad=0.2,
        columnspacing=1.2,
        labelspacing=0.35,
        handlelength=2.2,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _legend_top(figure: Figure, height_in: float) -> float:
    below: float = figure.axes[0].get_position().y0
    return below - 0.5 / MM_AN_INCH / height_in


def draw_foot(figure: Figure, size_mm: tuple[float, float], lines: Sequence[str]) -> None:
    """Write the lines at the lower edge."""
    width, height = size_mm
    for i, line in enumerate(reversed(lines)):
        y = (0.8 + i * _FOOT_ROW_MM) / height
        figure.text(1.0 / width, y, line, size=6.0, color=QUIET, va="bottom", parse_math=False)
