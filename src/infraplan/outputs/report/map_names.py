"""Names on a printed map: beside their places, the most important first, none over another or over a mark."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from infraplan.outputs.report.drawing import DPI, drawable
from infraplan.outputs.report.map_frame import metres_a_pixel, seen, write
from infraplan.outputs.report.map_layers import MARKERS, MapLayer, drawable_shapes

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
_CROWDED = 100
"""Symbols on a map from which a name may touch one: in a village of houses there is no side without any."""
_STEP = 8.0
"""Pixels between the places of a line at which is asked whether a name hides it."""
_MOST_COVERED = 10
"""Of them that a name may hide: a route that is crossed is still seen, one that is written over is not."""


def draw_names(
    figure: Figure, axes: Axes, names: gpd.GeoDataFrame, layers: Sequence[MapLayer], *, most: int
) -> list[Bbox]:
    """Write at most so many names beside their places, as long as there is room, and return where they stand.

    None lies over another or is cut off; none hides symbols, or more of a line or an edge than it crosses.
    """
    renderer = cast("Any", figure.canvas).get_renderer()
    room = _Room(axes, renderer, find_marks(axes, layers), _find_lines(axes, layers))
    left, bottom, right, top = seen(axes)
    for name, shape in zip(names["name"].astype(str), names.geometry, strict=True):
        if len(room.names) >= most:
            break
        if shape is None or shape.is_empty or not name.strip():
            continue
        point = shape.representative_point()
        if left < point.x < right and bottom < point.y < top:
            room.place((point.x, point.y), drawable(name))
    return room.names


def find_marks(axes: Axes, layers: Iterable[MapLayer]) -> NDArray[np.float64]:
    """Return where on the picture point symbols stand, which names must not hide; shape (n, 2), pixels."""
    shapes = [drawable_shapes(layer) for layer in layers if layer.style.symbol in MARKERS]
    xy = [shapely.get_coordinates(shapely.centroid(found)) for found in shapes]
    points = np.concatenate([np.empty((0, 2)), *xy])
    return np.asarray(axes.transData.transform(points)) if len(points) else points


def _find_lines(axes: Axes, layers: Iterable[MapLayer]) -> NDArray[np.float64]:
    """Return places along lines and edges of areas, evenly far apart on the picture; shape (n, 2), pixels."""
    step = _STEP * metres_a_pixel(axes)
    found = [np.empty((0, 2))]
    for layer in layers:
        if layer.style.symbol in MARKERS:
            continue
        parts = shapely.get_parts(shapely.get_parts(drawable_shapes(layer)))
        edges = np.where(shapely.get_dimensions(parts) == 2, shapely.boundary(parts), parts)  # noqa: PLR2004  (areas)
        lines = edges[shapely.get_dimensions(edges) == 1]
        lines = shapely.get_parts(shapely.clip_by_rect(lines, *seen(axes)))
        lengths = shapely.length(lines)
        counts = np.maximum(1, np.ceil(lengths / step)).astype(np.int64)
        along = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        places = shapely.line_interpolate_point(np.repeat(lines, counts), along * step)
        found.append(shapely.get_coordinates(places[~shapely.is_empty(places)]))
    points = np.concatenate(found)
    return np.asarray(axes.transData.transform(points)) if len(points) else points


class _Room:
    """What of a map is still free for names."""

    def __init__(
        self, axes: Axes, renderer: Any, marks: NDArray[np.float64], lines: NDArray[np.float64]
    ) -> None:
        self._axes, self._renderer, self._marks, self._lines = axes, renderer, marks, lines
        self._most_marks = 1 if len(marks) > _CROWDED else 0
        self.names: list[Bbox] = []
        self._inside = axes.get_window_extent(renderer)
        x, y, width, height = self._inside.bounds
        scale_bar = Bbox.from_bounds(x, y, 0.36 * width, 0.09 * height)
        north = Bbox.from_bounds(x + 0.9 * width, y + 0.84 * height, 0.1 * width, 0.16 * height)
        self._taken: list[Bbox] = [scale_bar, north]

    def place(self, point: tuple[float, float], name: str) -> None:
        """Write a name at the side of its place where it hides least; nowhere where no side is free."""
        text = write(self._axes, *point, name, size=7.0, zorder=9, ha="left", va="bottom")
        x, y = self._axes.transData.transform(point)
        own = text.get_window_extent(self._renderer)
        corners = [
            (x + dx * _OFF - ha * own.width, y + dy * _OFF - va * own.height) for ha, va, dx, dy in _SIDES
        ]
        boxes = [Bbox.from_bounds(*corner, own.width, own.height).padded(2.0) for corner in corners]
        found = [(*self._hidden(box), i) for i, box in enumerate(boxes) if self._is_free(box)]
        found = [side for side in found if side[0] <= self._most_marks and side[1] <= _MOST_COVERED]
        if not found:
            text.remove()
            return
        best = min(found)[-1]
        text.set_position(self._axes.transData.inverted().transform(corners[best]))
        self._taken.append(boxes[best])
        self.names.append(boxes[best])

    def _is_free(self, box: Bbox) -> bool:
        inside = self._inside
        whole = inside.x0 < box.x0 and box.x1 < inside.x1 and inside.y0 < box.y0 and box.y1 < inside.y1
        return whole and not any(box.overlaps(other) for other in self._taken)

    def _hidden(self, box: Bbox) -> tuple[int, int]:
        """Count the symbols beneath a box, and the places of lines."""
        return _count(box.padded(_SYMBOL), self._marks), _count(box, self._lines)


def _count(box: Bbox, points: NDArray[np.float64]) -> int:
    x, y = points[:, 0], points[:, 1]
    return int(((box.x0 < x) & (x < box.x1) & (box.y0 < y) & (y < box.y1)).sum())
