"""Land by what covers it, counted in cells: window by window, never a whole raster at once.

The cells are those of the finest raster where it lies in the study's CRS, else squares of its size. A cell is
where its middle is: of a zone, of water, of an operator's area, of a cell of another raster.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely
from affine import Affine
from numpy.typing import NDArray

from infraplan.coverage.mobile_lines import find_cell_m
from infraplan.coverage.mobile_maps import Bools, Cells, Floats, Ints, Maps, Shapes
from infraplan.layers.mobile_rules import Ranks

WINDOW = 1_024
"""Cells a side that are looked at together."""
_LEAST_M = 10.0
"""Finer rasters are counted every so many metres: a county of 1 m cells would take a day."""


class Window(NamedTuple):
    """Middles of a window's cells: x of the columns, y of the rows, from the north."""

    x: Floats
    y: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return len(self.y), len(self.x)


class Edges(NamedTuple):
    """The edges of areas that are no level lines, for filling rows; shapes (edges,).

    ``low`` and ``high`` are y, ``turn`` is 1 for an edge up and −1 for one down.
    """

    low: Floats
    high: Floats
    x: Floats
    """At ``low``."""
    slope: Floats
    """Change of x a metre north."""
    turn: Ints
    owner: Ints
    """Position of the area."""


def count_cells(maps: Maps, zones: Shapes, water: Shapes) -> tuple[Ints, Floats, Ranks]:
    """Return land by zone and class of each map: zone, square metres, ranks of shape (keys, parts)."""
    edges = list_edges(np.concatenate([zones, water, maps.areas.areas]))
    counted: list[tuple[Ints, Floats, Ranks]] = []
    for window, cell_m2 in list_windows(maps, shapely.total_bounds(zones)):
        here = _take(edges, window)
        zone = _find_zones(here, window, len(zones))
        zone[_covers(here, window, len(zones), len(zones) + len(water))] = -1
        land = np.flatnonzero(zone.ravel() >= 0)
        if len(land):
            ranks = _rank(here, window, maps, land, len(zones) + len(water))
            counted.append(_count(zone.ravel()[land], ranks, cell_m2))
    nothing = np.empty(0, np.int64), np.empty(0), np.empty((len(maps.keys), 0), np.int8)
    zone, area_m2, ranks = (np.concatenate(part, axis=-1) for part in zip(nothing, *counted, strict=True))
    return _merge(zone, area_m2, ranks)


def list_windows(maps: Maps, bounds: Floats) -> Iterator[tuple[Window, float]]:
    """Yield the windows over a box, with the area of a cell."""
    left, top, width, height = _choose_grid(maps)
    columns = np.arange(np.floor((bounds[0] - left) / width), np.ceil((bounds[2] - left) / width))
    rows = np.arange(np.floor((top - bounds[3]) / height), np.ceil((top - bounds[1]) / height))
    for y in range(0, len(rows), WINDOW):
        for x in range(0, len(columns), WINDOW):
            yield (
                Window(
                    left + (columns[x : x + WINDOW] + 0.5) * width,
                    top - (rows[y : y + WINDOW] + 0.5) * height,
                ),
                width * height,
            )


def _choose_grid(maps: Maps) -> tuple[float, float, float, float]:
    """Return x and y of the upper left corner of a cell, and the width and height of cells."""
    sizes = [find_cell_m(layer.cells, maps.crs) for layer in maps.rasters]
    finest = maps.rasters[int(np.argmin(sizes))].cells
    place, size = finest.transform, max(min(sizes), _LEAST_M)
    if finest.crs == maps.crs and _is_upright(place):
        # Several cells together where they are finer than is counted.
        times = max(1, round(size / min(abs(place.a), abs(place.e))))
        return place.c, place.f, abs(place.a) * times, abs(place.e) * times
    return 0.0, 0.0, size, size


def _is_upright(place: Affine) -> bool:
    return place.b == 0 and place.d == 0 and place.a > 0 and place.e < 0


def list_edges(areas: Shapes) -> Edges:
    """Return the edges of areas."""
    parts, area = shapely.get_parts(shapely.orient_polygons(areas), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    tail = np.flatnonzero((ring[1:] == ring[:-1]) & (xy[1:, 1] != xy[:-1, 1]))
    start, end = xy[tail], xy[tail + 1]
    up = end[:, 1] > start[:, 1]
    low, high = np.where(up[:, None], start, end), np.where(up[:, None], end, start)
    return Edges(
        low[:, 1],
        high[:, 1],
        low[:, 0],
        (high[:, 0] - low[:, 0]) / (high[:, 1] - low[:, 1]),
        np.where(up, 1, -1).astype(np.int64),
        area[part[ring[tail]]].astype(np.int64),
    )


def _take(edges: Edges, window: Window) -> Edges:
    """Return the edges that decide anything in a window: at its height, and not right of it."""
    right = np.minimum(edges.x, edges.x + edges.slope * (edges.high - edges.low))
    near = (edges.high > window.y[-1]) & (edges.low <= window.y[0]) & (right <= window.x[-1])
    return Edges(*(values[near] for values in edges))


def cover(edges: Edges, window: Window, chosen: Bools) -> Bools:
    """Return which cells have their middle in some areas, shape of the window.

    Every row is walked from the west: each edge up or down that is passed counts one more or one less.
    """
    low, high, x, slope, turn = (edges.low, edges.high, edges.x, edges.slope, edges.turn)
    low, high, x, slope, turn = low[chosen], high[chosen], x[chosen], slope[chosen], turn[chosen]
    # Rows whose middle lies in [low, high): a corner belongs to one of its two edges.
    first = _first_row(window, high)
    count = np.maximum(_first_row(window, low) - first, 0)
    edge = np.repeat(np.arange(len(low)), count)
    row = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    passed = np.searchsorted(window.x, x[edge] + slope[edge] * (window.y[row] - low[edge]), side="left")
    inside = passed < len(window.x)
    cell = row[inside] * len(window.x) + passed[inside]
    turns = np.bincount(cell, turn[edge[inside]], minlength=len(window.x) * len(window.y))
    # Rings go round against the clock: the west side of an area is an edge down.
    found: Bools = np.cumsum(turns.reshape(window.shape), axis=1) < -_HALF
    return found


_HALF = 0.5


def _first_row(window: Window, y: Floats) -> Ints:
    """Return the first row whose middle lies south of each y."""
    rows = np.searchsorted(-window.y, -y, side="right")
    return rows.astype(np.int64)


def _find_zones(edges: Edges, window: Window, zones: int) -> NDArray[np.int64]:
    found = np.full(window.shape, -1, dtype=np.int64)
    for number in np.unique(edges.owner[edges.owner < zones])[::-1]:
        found[cover(edges, window, edges.owner == number)] = number
    return found


def _covers(edges: Edges, window: Window, first: int, last: int) -> Bools:
    return cover(edges, window, (edges.owner >= first) & (edges.owner < last))


def _rank(edges: Edges, window: Window, maps: Maps, land: Ints, first: int) -> Ranks:
    """Return the class of each map at the cells of a window that are land, shape (keys, cells)."""
    ranks = np.zeros((len(maps.keys), len(land)), dtype=np.int8)
    of = np.maximum(edges.owner - first, -1)  # −1, the last: zones and water
    key, rank = (np.append(values, -1)[of] for values in (maps.area_key, maps.area_rank))
    for number, level in sorted({*zip(key[of >= 0].tolist(), rank[of >= 0].tolist(), strict=True)}):
        covered = cover(edges, window, (key == number) & (rank == level)).ravel()[land]
        ranks[number] = np.maximum(ranks[number], covered * np.int8(level))
    for layer in maps.rasters:
        values = _look_up(layer.cells, window, maps).ravel()[land]
        ranks[layer.key] = np.maximum(ranks[layer.key], maps.rank_cells(layer, values))
    return ranks


def _look_up(cells: Cells, window: Window, maps: Maps) -> Floats:
    """Return the values of a raster at the middles of a window's cells, NaN where it has none."""
    place = cells.transform
    if cells.crs != maps.crs or place.b != 0 or place.d != 0:
        x, y = np.meshgrid(window.x, window.y)
        return cells.sample_at(x.ravel(), y.ravel(), maps.crs).reshape(window.shape)
    bounds = (window.x[0], window.y[-1], window.x[-1], window.y[0])
    values, corner = cells.window(bounds)
    found = np.full(window.shape, np.nan)
    column = np.floor((window.x - corner.c) / corner.a).astype(np.int64)
    row = np.floor((window.y - corner.f) / corner.e).astype(np.int64)
    columns = np.flatnonzero((column >= 0) & (column < values.shape[1]))
    rows = np.flatnonzero((row >= 0) & (row < values.shape[0]))
    if len(rows) and len(columns):
        found[np.ix_(rows, columns)] = values[np.ix_(row[rows], column[columns])]
    return found


def _count(zone: Ints, ranks: Ranks, cell_m2: float) -> tuple[Ints, Floats, Ranks]:
    return _merge(zone, np.full(len(zone), cell_m2), ranks)


def _merge(zone: Ints, area_m2: Floats, ranks: Ranks) -> tuple[Ints, Floats, Ranks]:
    """Add up what is of one zone and has the same class of each map."""
    code = zone
    for row in ranks:
        code = pd.factorize(code * 128 + row)[0].astype(np.int64)
    _, first, number = np.unique(code, return_index=True, return_inverse=True)
    sums = np.bincount(number, area_m2, minlength=len(first)).astype(np.float64)
    return zone[first], sums, ranks[:, first]
