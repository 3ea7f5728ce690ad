"""Maps for print, in the study's CRS: backdrop, layers, names, north arrow, scale bar, legend, credits.

Drawn with the palette of the map page. Text from data is drawn as it is, never as formula or markup.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10
from textwrap import wrap
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox
from numpy.typing import NDArray
from pyproj import CRS, Proj, Transformer

from infraplan.layers.studyfile import layer_of
from infraplan.outputs.edition import Edition
from infraplan.outputs.report.drawing import DPI, INK, MM_AN_INCH, QUIET, RULE, drawable, new_figure, to_png
from infraplan.outputs.styles import STYLES, Style
from infraplan.words import Words

Extent = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y in metres of the study's CRS."""

PAGE_MM = (166.0, 150.0)
"""A map as wide as the text, with room for its caption on the page."""
MOST_NAMES = 30
_MARKERS = {"circle": "o", "square": "s", "triangle": "^"}
_POINT_A_PIXEL = 0.75
_MARGIN = 0.04
_LEAST_M = 1_000.0
"""Side of the smallest extent: around a single house something is to be seen."""
_LEGEND_COLUMNS, _LEGEND_ROW_MM = 3, 4.6
_LEGEND_LETTERS = 34
_FOOT_ROW_MM = 3.2
_FOOT_LETTERS = 130
_BAR_PART = 0.28
"""Of the map's width that the scale bar takes at most."""
_BACKDROP = {
    "land": Style("area", "#8a8a8a", 0.8, "#f4f1ea"),
    "water": Style("area", "#9db9cf", 0.4, "#dce8f2"),
    "railways": Style("line", "#6d6d6d", 0.9, dash=(6, 2)),
    "roads": Style("line", "#b5aea2", 0.6),
    "main_roads": Style("line", "#9c968c", 1.4),
    "localities": Style("area", "#8a8a8a", 0.5, "#e6e0d4"),
}
_SIDES = (
    (0.0, 0.5, 1.0, 0.0),
    (1.0, 0.5, -1.0, 0.0),
    (0.5, 0.0, 0.0, 1.0),
    (0.5, 1.0, 0.0, -1.0),
    (0.0, 0.0, 0.7, 0.7),
    (0.0, 1.0, 0.7, -0.7),
    (1.0, 0.0, -0.7, 0.7),
    (1.0, 1.0, -0.7, -0.7),
)
"""Where a name may stand: what part of it lies left of and below its place, and how far off right and up."""
_OFF = 4.5 * DPI / 72.0
_SYMBOL = 1.5 * DPI / 72.0
_MOST_HIDDEN = 1
"""Symbols that a name may touch: in a village of houses there is no side without any."""
_MAIN_CLASSES = ("0", "1", "2", "3", "4")
_NAMED_KINDS = ("locality", "place")


@dataclass(frozen=True)
class MapLayer:
    """Shapes in the study's CRS, how they look, and what the legend calls them ("" leaves them out of it)."""

    shapes: gpd.GeoDataFrame
    style: Style
    label: str = ""


def styled(shapes: gpd.GeoDataFrame, name: str, label: str = "") -> MapLayer:
    """Return a layer that looks as on the map page."""
    return MapLayer(shapes, STYLES[name], label)


def draw_map(
    edition: Edition,
    layers: Sequence[MapLayer],
    *,
    words: Words,
    extent: Extent | None = None,
    size_mm: tuple[float, float] = PAGE_MM,
    names: gpd.GeoDataFrame | None = None,
    credits_line: str = "",
) -> bytes:
    """Return a map as PNG; equal editions give equal bytes.

    ``extent`` is what must be seen, the whole study where it is None; more is shown where the paper has
    another shape. ``names`` (a column ``name``, the most important first) are the study's localities and
    places where none are given. ``credits_line`` stands under the map, with its level.
    """
    shown = [layer for layer in layers if len(layer.shapes)]
    wanted = extent or extent_of(*_all_shapes(edition, shown))
    foot = _foot_lines(edition, words, credits_line)
    entries = list({layer.label: layer for layer in shown if layer.label}.values())
    with new_figure(size_mm) as figure:
        axes = _add_axes(figure, size_mm, wanted, rows=_legend_rows(entries), feet=len(foot))
        whole = _seen(axes)
        for layer in (*_backdrop(edition), *shown):
            _draw_layer(axes, layer, whole)
        _draw_scale_bar(axes, words)
        _draw_north(axes, edition.crs)
        _draw_names(figure, axes, find_names(edition) if names is None else names, shown)
        _draw_legend(figure, entries)
        _draw_foot(figure, size_mm, foot)
        return to_png(figure)


def extent_of(*tables: gpd.GeoDataFrame | None, margin: float = _MARGIN) -> Extent:
    """Return the extent of all shapes of the tables with a margin, at least a kilometre wide and high."""
    known = [table.total_bounds for table in tables if table is not None and len(table)]
    boxes = np.array([box for box in known if np.isfinite(box).all()]).reshape(-1, 4)
    if not len(boxes):
        return (0.0, 0.0, _LEAST_M, _LEAST_M)
    (left, bottom), (right, top) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    middle = (left + right) / 2.0, (bottom + top) / 2.0
    half = [max(side * (0.5 + margin), _LEAST_M / 2.0) for side in (right - left, top - bottom)]
    return (middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])


def find_names(edition: Edition) -> gpd.GeoDataFrame:
    """Return the study's localities and places, those with most inhabitants first."""
    zones = edition.zones
    zones = zones[zones["kind"].astype(str).isin(_NAMED_KINDS)]
    population = pd.to_numeric(zones["population"], errors="coerce").fillna(0.0)
    order = pd.DataFrame({"rank": zones["kind"].astype(str) != "locality", "people": -population})
    return zones.loc[order.sort_values(["rank", "people"], kind="stable").index]


def credit(edition: Edition, *names: str) -> str:
    """Return whom to thank for layers, with their licences, each once."""
    told = [
        f"{row['source']} ({row['licence']})" if row.get("licence") else str(row["source"])
        for row in edition.about["inputs"]
        if layer_of(row["layer"]) in names and row.get("source")
    ]
    return "; ".join(dict.fromkeys(told))


def round_length(longest_m: float) -> float:
    """Return the greatest length of the form 1, 2 or 5 times a power of ten that is not longer.

    >>> round_length(4_300.0), round_length(999.0), round_length(20.0)
    (2000.0, 500.0, 20.0)
    """
    # One power more and one less: the logarithm just below a power is rounded up to it.
    powers = [10.0 ** (floor(log10(longest_m)) + off) for off in (-1, 0)]
    return max(step * power for power in powers for step in (1.0, 2.0, 5.0) if step * power <= longest_m)


def _all_shapes(edition: Edition, layers: Iterable[MapLayer]) -> list[gpd.GeoDataFrame]:
    zones = edition.zones
    area = zones[zones["kind"].astype(str) == "study"]
    return [area] if len(area) else [layer.shapes for layer in layers]


def _backdrop(edition: Edition) -> list[MapLayer]:
    """Return the layers beneath: land, water, railways and roads, as far as the study has them."""
    zones = edition.zones
    kind = zones["kind"].astype(str)
    areas = zones.geom_type.isin(["Polygon", "MultiPolygon"])
    roads = edition.shapes("roads")
    found: dict[str, gpd.GeoDataFrame | None] = {
        "land": zones[areas & (kind == "municipality")],
        "water": edition.shapes("water"),
        "localities": zones[areas & (kind == "locality")],
        "railways": edition.shapes("railways"),
    }
    if roads is not None and "road_class" in roads:
        is_main = roads["road_class"].astype(str).isin(_MAIN_CLASSES)
        found |= {"roads": roads[~is_main], "main_roads": roads[is_main]}
    else:
        found["roads"] = roads
    return [MapLayer(shapes, _BACKDROP[name]) for name, shapes in found.items() if shapes is not None]


def _legend_rows(entries: Sequence[MapLayer]) -> int:
    return -(-len(entries) // _legend_columns(entries)) if entries else 0


def _legend_columns(entries: Sequence[MapLayer]) -> int:
    longest = max((len(entry.label) for entry in entries), default=0)
    return max(1, min(_LEGEND_COLUMNS, _LEGEND_COLUMNS * _LEGEND_LETTERS // max(longest, 1)))


def _foot_lines(edition: Edition, words: Words, credits_line: str) -> list[str]:
    """Return the lines under the map: its level and what it is not for, and whom to thank."""
    level = f"{words.text(f'document.level.{edition.level}')} {words.text('document.not_for_excavation')}"
    told = drawable(words.text("document.credits", credits=credits_line)) if credits_line else ""
    return [drawable(level), *wrap(told, _FOOT_LETTERS)]


def _add_axes(figure: Figure, size_mm: tuple[float, float], extent: Extent, *, rows: int, feet: int) -> Axes:
    """Place the map above legend and foot, and show at least the extent without stretching it."""
    below = rows * _LEGEND_ROW_MM + feet * _FOOT_ROW_MM + 3.0
    width, height = size_mm
    room = width - 1.0, height - below - 0.5
    axes = figure.add_axes((0.5 / width, below / height, room[0] / width, room[1] / height))
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


def _seen(axes: Axes) -> Extent:
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    return (left, bottom, right, top)


def _metres_a_pixel(axes: Axes) -> float:
    left, _, right, _ = _seen(axes)
    return float((right - left) / axes.bbox.width)


def _draw_layer(axes: Axes, layer: MapLayer, seen: Extent) -> None:
    """Draw what of a layer lies on the map, no finer than its pixels."""
    shapes = _drawable_shapes(layer)
    # In the order of the table, whatever order the tree answers in.
    found = shapes[np.sort(shapely.STRtree(shapes).query(shapely.box(*seen)))]
    if not len(found):
        return
    if layer.style.symbol in _MARKERS:
        _draw_points(axes, shapely.centroid(found), layer.style)
        return
    found = shapely.simplify(found, _metres_a_pixel(axes) / 2.0)
    if layer.style.symbol == "area":
        _draw_areas(axes, found, layer.style)
    else:
        _draw_lines(axes, found, layer.style)


def _drawable_shapes(layer: MapLayer) -> NDArray[Any]:
    """Return the shapes of a layer that are there and not empty."""
    shapes: NDArray[Any] = layer.shapes.geometry.to_numpy()
    known: NDArray[Any] = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    return known


def _draw_points(axes: Axes, points: NDArray[Any], style: Style) -> None:
    xy = shapely.get_coordinates(points)
    axes.scatter(
        xy[:, 0],
        xy[:, 1],
        s=(style.size * _POINT_A_PIXEL) ** 2,
        marker=_MARKERS[style.symbol],
        c=style.fill,
        alpha=style.opacity,
        edgecolors=style.stroke,
        linewidths=style.width * _POINT_A_PIXEL,
        zorder=5,
    )


def _draw_lines(axes: Axes, shapes: NDArray[Any], style: Style) -> None:
    parts = shapely.get_parts(shapely.get_parts(shapes))
    lines = [shapely.get_coordinates(part) for part in parts if shapely.length(part) > 0.0]
    width = style.width * _POINT_A_PIXEL
    if style.casing:
        axes.add_collection(LineCollection(lines, colors=style.casing, linewidths=width + 1.8, zorder=3))
    axes.add_collection(
        LineCollection(lines, colors=style.stroke, linewidths=width, linestyles=[_dashes(style)], zorder=3)
    )


def _dashes(style: Style) -> Any:
    """Return a dash as matplotlib counts it: in widths of the line."""
    return (0, tuple(part / style.width for part in style.dash)) if style.dash else "solid"


def _draw_areas(axes: Axes, shapes: NDArray[Any], style: Style) -> None:
    parts = shapely.get_parts(shapes)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    paths = [_to_path(part) for part in parts if not shapely.is_empty(part)]
    width = style.width * _POINT_A_PIXEL
    if style.fill:
        fill = PathCollection(paths, facecolors=style.fill, edgecolors="none", alpha=style.opacity, zorder=2)
        axes.add_collection(fill)
    axes.add_collection(
        PathCollection(paths, facecolors="none", edgecolors=style.stroke, linewidths=width, zorder=2)
    )


def _to_path(polygon: Any) -> Path:
    """Return a polygon with its holes as one path."""
    rings = [polygon.exterior, *polygon.interiors]
    corners = [shapely.get_coordinates(ring) for ring in rings]
    codes = []
    for ring in corners:
        code = np.full(len(ring), Path.LINETO, dtype=np.uint8)
        code[0], code[-1] = Path.MOVETO, Path.CLOSEPOLY
        codes.append(code)
    return Path(np.concatenate(corners), np.concatenate(codes))


def _draw_scale_bar(axes: Axes, words: Words) -> None:
    """Draw a bar of a round length at the lower left, with its length above it."""
    left, bottom, right, top = _seen(axes)
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
    _write(axes, x + length / 2.0, y + tick * 1.2, text, ha="center", va="bottom")


def _draw_north(axes: Axes, crs: str) -> None:
    """Draw an arrow to true north at the upper right: grid north is another one off the middle meridian."""
    left, bottom, right, top = _seen(axes)
    middle = (left + right) / 2.0, (bottom + top) / 2.0
    lon, lat = Transformer.from_crs(crs, CRS(crs).geodetic_crs, always_xy=True).transform(*middle)
    # How far grid north lies clockwise of true north, so that true north lies as far the other way.
    turn = np.radians(Proj(CRS(crs)).get_factors(lon, lat).meridian_convergence)
    size = 0.075 * (top - bottom)
    x, y = right - 0.045 * (right - left), top - 0.05 * (top - bottom) - size
    tip = x - size * np.sin(turn), y + size * np.cos(turn)
    axes.annotate(
        "",
        xy=tip,
        xytext=(x, y),
        zorder=8,
        arrowprops={"arrowstyle": "-|>,head_width=0.35,head_length=0.7", "color": INK, "lw": 1.6},
    )
    _write(axes, *tip, "N", ha="center", va="bottom", weight="bold")


def _draw_names(figure: Figure, axes: Axes, names: gpd.GeoDataFrame, layers: Sequence[MapLayer]) -> None:
    """Write names beside their places as long as there is room: none over another, none cut off."""
    room = _Room(axes, cast("Any", figure.canvas).get_renderer(), _marked(axes, layers))
    left, bottom, right, top = _seen(axes)
    written = 0
    for name, shape in zip(names["name"].astype(str), names.geometry, strict=True):
        if written >= MOST_NAMES:
            break
        if shape is None or shape.is_empty or not name.strip():
            continue
        point = shape.representative_point()
        if left < point.x < right and bottom < point.y < top:
            written += room.place((point.x, point.y), drawable(name))


def _marked(axes: Axes, layers: Iterable[MapLayer]) -> NDArray[np.float64]:
    """Return where on the picture point symbols stand, which names must not hide; shape (n, 2), pixels."""
    shapes = [_drawable_shapes(layer) for layer in layers if layer.style.symbol in _MARKERS]
    xy = [shapely.get_coordinates(shapely.centroid(found)) for found in shapes]
    points = np.concatenate([np.empty((0, 2)), *xy])
    return np.asarray(axes.transData.transform(points)) if len(points) else points


class _Room:
    """What of a map is still free for names."""

    def __init__(self, axes: Axes, renderer: Any, marks: NDArray[np.float64]) -> None:
        self._axes, self._renderer, self._marks = axes, renderer, marks
        self._inside = axes.get_window_extent(renderer)
        x, y, width, height = self._inside.bounds
        scale_bar = Bbox.from_bounds(x, y, 0.36 * width, 0.09 * height)
        north = Bbox.from_bounds(x + 0.9 * width, y + 0.84 * height, 0.1 * width, 0.16 * height)
        self._taken: list[Bbox] = [scale_bar, north]

    def place(self, point: tuple[float, float], name: str) -> bool:
        """Write a name at the side of its place where it hides least; nowhere where no side is free."""
        text = _write(self._axes, *point, name, size=7.0, zorder=9, ha="left", va="bottom")
        x, y = self._axes.transData.transform(point)
        own = text.get_window_extent(self._renderer)
        corners = [
            (x + dx * _OFF - ha * own.width, y + dy * _OFF - va * own.height) for ha, va, dx, dy in _SIDES
        ]
        boxes = [Bbox.from_bounds(*corner, own.width, own.height).padded(2.0) for corner in corners]
        found = [(self._hidden(box), i) for i, box in enumerate(boxes) if self._is_free(box)]
        hidden, best = min(found, default=(_MOST_HIDDEN + 1, 0))
        if hidden > _MOST_HIDDEN:
            text.remove()
            return False
        text.set_position(self._axes.transData.inverted().transform(corners[best]))
        self._taken.append(boxes[best])
        return True

    def _is_free(self, box: Bbox) -> bool:
        inside = self._inside
        whole = inside.x0 < box.x0 and box.x1 < inside.x1 and inside.y0 < box.y0 and box.y1 < inside.y1
        return whole and not any(box.overlaps(other) for other in self._taken)

    def _hidden(self, box: Bbox) -> int:
        """Count the symbols beneath a box."""
        x, y = self._marks[:, 0], self._marks[:, 1]
        reach = box.padded(_SYMBOL)
        return int(((reach.x0 < x) & (x < reach.x1) & (reach.y0 < y) & (y < reach.y1)).sum())


def _write(axes: Axes, x: float, y: float, text: str, **options: Any) -> Any:
    """Write text on the map with a white rim, as it is: a $ begins no formula."""
    rim = [withStroke(linewidth=2.2, foreground="white")]
    settings = {"size": 7.5, "color": INK, "zorder": 8, "parse_math": False, "path_effects": rim, **options}
    return axes.text(x, y, text, **settings)


def _draw_legend(figure: Figure, entries: Sequence[MapLayer]) -> None:
    if not entries:
        return
    height = figure.get_figheight()
    legend = figure.legend(
        [_handle(entry.style) for entry in entries],
        [drawable(entry.label) for entry in entries],
        loc="upper left",
        bbox_to_anchor=(0.0, _legend_top(figure, height)),
        ncols=_legend_columns(entries),
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


def _handle(style: Style) -> Any:
    """Return what the legend shows of a style."""
    width = style.width * _POINT_A_PIXEL
    if style.symbol == "area":
        return Patch(
            facecolor=style.fill or "none",
            edgecolor=style.stroke,
            linewidth=width,
            alpha=max(style.opacity, 0.4),
        )
    if style.symbol == "line":
        return Line2D([], [], color=style.stroke, linewidth=width, linestyle=_dashes(style))
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=_MARKERS[style.symbol],
        markersize=max(style.size, 5.0) * _POINT_A_PIXEL,
        markerfacecolor=style.fill,
        markeredgecolor=style.stroke,
        markeredgewidth=width,
    )


def _draw_foot(figure: Figure, size_mm: tuple[float, float], lines: Sequence[str]) -> None:
    width, height = size_mm
    for i, line in enumerate(reversed(lines)):
        y = (0.8 + i * _FOOT_ROW_MM) / height
        figure.text(1.0 / width, y, line, size=6.0, color=QUIET, va="bottom", parse_math=False)
