"""The frame of a printed map: extent without stretching, scale bar, arrow to true north, text with a rim."""

from math import floor, log10
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from pyproj import CRS, Proj, Transformer

from infraplan.outputs.report.drawing import DPI, INK, MM_AN_INCH, RULE
from infraplan.words import Words

Extent = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y in metres of the study's CRS."""

_LETTER_MM = 4.0
_BAR_PART = 0.28
"""Of the map's width that the scale bar takes at most."""


def add_axes(figure: Figure, size_mm: tuple[float, float], extent: Extent, *, below_mm: float) -> Axes:
    """Place the map above what stands below it, and show at least the extent without stretching it."""
    width, height = size_mm
    room = width - 1.0, height - below_mm - 0.5
    axes = figure.add_axes((0.5 / width, below_mm / height, room[0] / width, room[1] / height))
    left, bottom, right, top = extent
    metres_a_mm = max((right - left) / room[0], (top - bottom) / room[1])
    half = metres_a_mm * room[0] / 2.0, metres_a_mm * room[1] / 2.0
    middle = (left + right) / 2.0, (bottom + top) / 2.0
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_edgecolor(RULE)
        spine.set_linewidth(0.6)
    return axes


def seen(axes: Axes) -> Extent:
    """Return what a map shows."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    return (left, bottom, right, top)


def metres_a_pixel(axes: Axes) -> float:
    """Return how long a pixel is on the ground."""
    left, _, right, _ = seen(axes)
    return float((right - left) / axes.bbox.width)


def round_length(longest_m: float) -> float:
    """Return the greatest length of the form 1, 2 or 5 times a power of ten that is not longer.

    >>> round_length(4_300.0), round_length(999.0), round_length(20.0)
    (2000.0, 500.0, 20.0)
    """
    # One power more and one less: the logarithm just below a power is rounded up to it.
    powers = [10.0 ** (floor(log10(longest_m)) + off) for off in (-1, 0)]
    return max(step * power for power in powers for step in (1.0, 2.0, 5.0) if step * power <= longest_m)


def draw_scale_bar(axes: Axes, words: Words) -> None:
    """Draw a bar of a round length at the lower left, with its length above it."""
    left, bottom, right, top = seen(axes)
    length = round_length((right - left) * _BAR_PART)
    x, y = left + 0.03 * (right - left), bottom + 0.03 * (top - bottom)
    halo = [withStroke(linewidth=5.0, foreground="white")]
    tick = 0.012 * (top - bottom)
    axes.plot(
        [x, x, x + length, x + length],
        [y + tick, y, y, y + tick],
        color=INK,
        lw=1.6,
        zorder=8,
        path_effects=halo,
    )
    km = length / 1_000.0
    text = f"{words.number(km)} km" if km >= 1.0 else f"{words.number(length)} m"
    write(axes, x + length / 2.0, y + tick * 1.2, text, ha="center", va="bottom")


def draw_north(axes: Axes, crs: str) -> None:
    """Draw an arrow to true north at the upper right: grid north is another one off the middle meridian."""
    left, bottom, right, top = seen(axes)
    middle = (left + right) / 2.0, (bottom + top) / 2.0
    lon, lat = Transformer.from_crs(crs, CRS(crs).geodetic_crs, always_xy=True).transform(*middle)
    # How far grid north lies clockwise of true north, so that true north lies as far the other way.
    turn = np.radians(Proj(CRS(crs)).get_factors(lon, lat).meridian_convergence)
    size = 0.075 * (top - bottom)
    # On a small map too there is room for the letter above the tip.
    room = max(0.05 * (top - bottom), _LETTER_MM / MM_AN_INCH * DPI * metres_a_pixel(axes))
    x, y = right - 0.045 * (right - left), top - room - size
    tip = x - size * np.sin(turn), y + size * np.cos(turn)
    axes.annotate(
        "",
        xy=tip,
        xytext=(x, y),
        zorder=8,
        arrowprops={"arrowstyle": "-|>,head_width=0.35,head_length=0.7", "color": INK, "lw": 1.6},
    )
    write(axes, *tip, "N", ha="center", va="bottom", weight="bold")


def write(axes: Axes, x: float, y: float, text: str, **options: Any) -> Any:
    """Write text on the map with a white rim, as it is: a $ begins no formula."""
    rim = [withStroke(linewidth=2.2, foreground="white")]
    settings = {"size": 7.5, "color": INK, "zorder": 8, "parse_math": False, "path_effects": rim, **options}
    return axes.text(x, y, text, **settings)
