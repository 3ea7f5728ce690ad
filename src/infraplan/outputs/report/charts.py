"""Charts of a paper: cost curve, years, forecast, finance step by step, what costs hang on, bars of zones.

Each takes the numbers as the table beside it tells them and gives them back as drawn, so that picture and
table cannot differ. Shapes and hatching carry what colours do: they read in grey and without a legend of
colours alone.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from infraplan.outputs.report.drawing import INK, QUIET, RULE, drawable, new_figure, to_png
from infraplan.words import Words

SIZE_MM = (166.0, 88.0)
_ROW_MM, _FRAME_MM = 6.4, 22.0
"""Height of a bar with its name, and of all around the bars."""
MOST_BARS = 24
"""More of them are read in a table."""
_BLUE, _ORANGE, _GREY, _PALE = "#0072b2", "#d55e00", "#8c8c8c", "#c6dcec"
_NAME_LETTERS = 30
_SHARES = 100.0

Numbers = tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True)
class Drawn:
    """A chart as PNG, and its numbers by name as they are drawn."""

    picture: bytes
    numbers: Numbers


@dataclass(frozen=True)
class Point:
    """A share (0–1) in a year; ``after_break`` where the series before it is not comparable."""

    year: int
    share: float
    after_break: bool = False


@dataclass(frozen=True)
class Goal:
    """A share (0–1) asked for by a year."""

    year: int
    share: float


@dataclass(frozen=True)
class Band:
    """What a forecast reaches in a year at least and at most: shares (0–1)."""

    year: int
    low: float
    high: float


@dataclass(frozen=True)
class Swing:
    """What a cost is at the low and the high end of one assumption, in mnkr, beside its base."""

    name: str
    low: float
    high: float


def draw_cost_curve(
    steps: Sequence[tuple[float, float]],
    *,
    words: Words,
    target: float | None = None,
    chosen: float | None = None,
) -> Drawn:
    """Draw what shares cost, as steps: ``steps`` are a share (0–1) and all that it costs in mnkr.

    ``target`` is the share asked for, ``chosen`` the one that the plan reaches.
    """
    told = sorted(step for step in steps if isfinite(step[0]) and isfinite(step[1]))
    with _chart(words, SIZE_MM, across="share", up="mnkr") as (figure, axes):
        shares = [_SHARES * share for share, _ in told]
        axes.step(shares, [cost for _, cost in told], where="pre", color=_BLUE, lw=1.8, zorder=3)
        axes.set_ylim(bottom=0.0)
        _set_numbers(axes, words, axis="x")
        _set_numbers(axes, words, axis="y")
        for share, key, dash in ((target, "asked", "--"), (chosen, "reached", ":")):
            if share is not None and isfinite(share):
                said = words.text(f"document.chart.{key}", share=words.share(share))
                axes.axvline(_SHARES * share, color=INK, lw=1.1, ls=dash, label=said)
        _add_legend(figure, axes)
        return Drawn(to_png(figure), tuple((words.share(share), (cost,)) for share, cost in told))


def draw_years(
    points: Sequence[Point], *, words: Words, goals: Sequence[Goal] = (), bands: Sequence[Band] = ()
) -> Drawn:
    """Draw shares by year, gaps at breaks, goals as marks, and a forecast as a band, never as a line."""
    known = [point for point in sorted(points, key=lambda point: point.year) if isfinite(point.share)]
    told = [band for band in sorted(bands, key=lambda band: band.year) if isfinite(band.low + band.high)]
    with _chart(words, SIZE_MM, across="year", up="share") as (figure, axes):
        for i, run in enumerate(_unbroken(known)):
            said = "" if i else words.text("document.chart.known")
            shares = [_SHARES * point.share for point in run]
            axes.plot([point.year for point in run], shares, "o-", color=_BLUE, lw=1.8, ms=5, label=said)
        for point in known:
            if point.after_break:
                axes.axvline(
                    point.year - 0.5, color=_GREY, lw=1.0, ls=":", label=words.text("document.chart.break")
                )
        _draw_band(axes, told, words)
        for goal in goals:
            said = words.text("document.chart.goal", share=words.share(goal.share), year=str(goal.year))
            axes.plot([goal.year], [_SHARES * goal.share], "D", color=_ORANGE, mec=INK, ms=6, label=said)
        _frame_years(
            axes, [*(p.year for p in known), *(g.year for g in goals), *(b.year for b in told)], words
        )
        _add_legend(figure, axes)
        numbers = [(str(point.year), (point.share,)) for point in known]
        numbers += [(str(goal.year), (goal.share,)) for goal in goals]
        return Drawn(to_png(figure), (*numbers, *((str(band.year), (band.low, band.high)) for band in told)))


def draw_finance(steps: Sequence[tuple[str, float]], *, rest: str, words: Words) -> Drawn:
    """Draw how an amount is paid, step by step: the first is the whole, the others go off it.

    All in mnkr and positive; what is left is the last bar, named ``rest``.
    """
    bars, left = [], 0.0
    for i, (name, amount) in enumerate(steps):
        bars.append((name, 0.0, amount) if i == 0 else (name, left - amount, amount))
        left = round(amount if i == 0 else left - amount, 6)
    bars.append((rest, min(0.0, left), abs(left)))
    with _chart(words, _high(len(bars)), across="mnkr", up="") as (figure, axes):
        for row, (_, start, width) in enumerate(bars):
            is_sum = row in (0, len(bars) - 1)
            look: dict[str, Any] = {
                "color": _BLUE if is_sum else _PALE,
                "hatch": "" if is_sum else "///",
                "edgecolor": INK,
            }
            axes.barh(row, width, left=start, height=0.62, lw=0.6, **look)
        amounts = [*(amount if i == 0 else -amount for i, (_, amount) in enumerate(steps)), left]
        ends = [max(start + width, 0.0) for _, start, width in bars]
        _name_rows(axes, [name for name, *_ in bars])
        _write_ends(axes, ends, [words.number(amount, 1) for amount in amounts])
        axes.axvline(0.0, color=INK, lw=0.8)
        _set_numbers(axes, words, axis="x")
        return Drawn(
            to_png(figure), tuple(zip([name for name, *_ in bars], ((n,) for n in amounts), strict=True))
        )


def draw_tornado(swings: Sequence[Swing], *, base: float, words: Words) -> Drawn:
    """Draw what the cost hangs on, the widest first: low and high ends in mnkr on both sides of the base."""
    told = sorted(swings, key=lambda swing: swing.low - swing.high)[:MOST_BARS]
    with _chart(words, _high(len(told)), across="mnkr", up="") as (figure, axes):
        for row, swing in enumerate(told):
            low, high = min(swing.low, base), max(swing.high, base)
            axes.barh(row, base - low, left=low, height=0.62, color=_PALE, edgecolor=INK, lw=0.6, hatch="///")
            axes.barh(row, high - base, left=base, height=0.62, color=_ORANGE, edgecolor=INK, lw=0.6)
        axes.axvline(base, color=INK, lw=1.2)
        _name_rows(axes, [swing.name for swing in told])
        ends = [max(swing.high, base) for swing in told]
        _write_ends(axes, ends, [f"{words.number(s.low, 1)}–{words.number(s.high, 1)}" for s in told])
        _set_numbers(axes, words, axis="x")
        return Drawn(to_png(figure), tuple((swing.name, (swing.low, swing.high)) for swing in told))


def draw_bars(bars: Sequence[tuple[str, float]], *, words: Words, target: float | None = None) -> Drawn:
    """Draw shares (0–1) of zones, in their order; those below the target are hatched."""
    told = [(name, share) for name, share in bars if isfinite(share)][:MOST_BARS]
    with _chart(words, _high(len(told)), across="share", up="") as (figure, axes):
        for row, (_, share) in enumerate(told):
            is_met = target is None or share >= target
            look: dict[str, Any] = (
                {"color": _BLUE} if is_met else {"color": _PALE, "hatch": "///", "edgecolor": INK}
            )
            axes.barh(row, _SHARES * share, height=0.62, lw=0.6, **look)
        _name_rows(axes, [name for name, _ in told])
        _write_ends(axes, [_SHARES * share for _, share in told], [words.share(share) for _, share in told])
        axes.set_xlim(0.0, 112.0)
        if target is not None:
            said = words.text("document.chart.asked", share=words.share(target))
            axes.axvline(_SHARES * target, color=INK, lw=1.2, ls="--", label=said)
        _set_numbers(axes, words, axis="x")
        _add_legend(figure, axes)
        return Drawn(to_png(figure), tuple((name, (share,)) for name, share in told))


@contextmanager
def _chart(
    words: Words, size_mm: tuple[float, float], *, across: str, up: str
) -> Iterator[tuple[Figure, Axes]]:
    """Give an empty chart with its axes named."""
    with new_figure(size_mm) as figure:
        figure.set_layout_engine("constrained")
        axes = figure.add_subplot()
        axes.set_xlabel(words.text(f"document.chart.axis_{across}"), fontsize=8, color=QUIET)
        if up:
            axes.set_ylabel(words.text(f"document.chart.axis_{up}"), fontsize=8, color=QUIET)
        axes.tick_params(labelsize=8, colors=INK)
        axes.grid(axis="both" if up else "x", color="#dcdcdc", lw=0.6)
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_edgecolor(RULE)
        yield figure, axes


def _high(rows: int) -> tuple[float, float]:
    return SIZE_MM[0], _FRAME_MM + _ROW_MM * max(rows, 1)


def _set_numbers(axes: Axes, words: Words, *, axis: str) -> None:
    """Write the numbers of an axis as the language does."""
    scale = axes.xaxis if axis == "x" else axes.yaxis
    scale.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    scale.set_major_formatter(
        FuncFormatter(lambda value, _: words.number(value, 0 if value == int(value) else 1))
    )


def _unbroken(points: Sequence[Point]) -> list[list[Point]]:
    """Part a series where it is not comparable with what came before."""
    runs: list[list[Point]] = []
    for point in points:
        if not runs or point.after_break:
            runs.append([])
        runs[-1].append(point)
    return runs


def _draw_band(axes: Axes, bands: Sequence[Band], words: Words) -> None:
    if not bands:
        return
    years = [band.year for band in bands]
    low, high = [_SHARES * band.low for band in bands], [_SHARES * band.high for band in bands]
    said = words.text("document.chart.forecast")
    axes.fill_between(years, low, high, facecolor=_PALE, edgecolor=_BLUE, hatch="///", lw=0.8, label=said)


def _frame_years(axes: Axes, years: Sequence[int], words: Words) -> None:
    axes.set_ylim(0.0, 104.0)
    if years:
        axes.set_xlim(min(years) - 0.7, max(years) + 0.7)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    # Years are never grouped.
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    _set_numbers(axes, words, axis="y")


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Write names beside bars, the first on top, long ones cut."""
    told = [
        drawable(name if len(name) <= _NAME_LETTERS else f"{name[: _NAME_LETTERS - 1]}…") for name in names
    ]
    axes.set_yticks(range(len(told)), told, parse_math=False)
    axes.set_ylim(len(told) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _write_ends(axes: Axes, ends: Sequence[float], said: Sequence[str]) -> None:
    """Write each bar's number at its end, and make room for it."""
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    for row, (end, text) in enumerate(zip(ends, said, strict=True)):
        axes.annotate(
            text,
            (end, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK,
            bbox=ground,
        )
    left, right = axes.dataLim.intervalx
    if not isfinite(right - left):
        left, right = 0.0, 1.0
    room = (right - left) or 1.0
    axes.set_xlim(left - 0.04 * room if left else 0.0, right + 0.18 * room)


def _add_legend(figure: Figure, axes: Axes) -> None:
    """Name what is drawn, each once."""
    handles, labels = axes.get_legend_handles_labels()
    first: dict[str, Any] = {}
    for handle, label in zip(handles, labels, strict=True):
        first.setdefault(label, handle)
    if first:
        handles, labels = list(first.values()), list(first)
        figure.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=8, frameon=False)
