"""Roads and railways cut where declared coverage begins and ends.

At borders of areas exactly; at the sides of a raster's cells exactly, or every ``mobile.step_m`` where the
cells are smaller than that. Each piece then has one class of each map: that of its middle.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from infraplan.coverage.mobile_maps import Cells, Floats, Ints, Maps, Shapes, first_area
from infraplan.layers.geodesics import geodesic_steps
from infraplan.layers.mobile_rules import Ranks
from infraplan.spatial import AreaIndex

_BATCH = 20_000
"""Lines that are cut at once."""
_CHAIN = 64
"""Steps of a border that are looked at as one."""
_NOISE_M = 1e-6
"""Cuts nearer than this to each other are one."""
_NEARLY = 0.99
"""Cells of 50 m are a little more or less than 50 m in the plane of another projection."""


@dataclass(frozen=True)
class Pieces:
    """Pieces of lines inside the study, in the order of the lines and along them; arrays of shape (pieces,).

    Attributes
    ----------
    line
        Position of the line.
    start_m, end_m
        Along the line from its start, geodesic. Within a step of the line the geodesic metres are shared out
        by the plane, so that the pieces of a line are as long as the line.
    start_at, end_at
        The same places in the plane.
    zone
        Position of the zone that it lies in.
    ranks
        Class of each map, shape (keys, pieces).
    """

    line: Ints
    start_m: Floats
    end_m: Floats
    start_at: Floats
    end_at: Floats
    zone: Ints
    ranks: Ranks

    @property
    def length_m(self) -> Floats:
        """Geodesic length of each."""
        return self.end_m - self.start_m


@dataclass(frozen=True)
class Steps:
    """The straight steps of a batch of lines, one after the other along a common measure.

    Attributes
    ----------
    ends
        x, y of the start, x, y of the end, shape (steps, 4).
    line
        The line of each.
    at, at_m
        Where each step starts in the plane and on the ellipsoid, and at last where the last one ends; shapes
        (steps + 1,).
    first, last
        First step of each line, and the one behind its last.
    """

    ends: Floats
    line: Ints
    at: Floats
    at_m: Floats
    first: Ints
    last: Ints


def cut_lines(lines: Shapes, maps: Maps, zones: AreaIndex, *, step_m: float) -> Pieces:
    """Return the pieces of lines inside the zones.

    Parameters
    ----------
    lines
        LineStrings in the study's CRS, shape (n,).
    zones
        Areas that the lines are parted by; of several around a piece the first counts.
    step_m
        How far apart places are looked up in rasters whose cells are smaller.
    """
    borders = shapely.STRtree(_chain_borders(np.concatenate([maps.areas.areas, zones.areas])))
    parts = [
        _cut_batch(lines[begin : begin + _BATCH], begin, borders, maps, zones, step_m)
        for begin in range(0, len(lines), _BATCH)
    ]
    none, nowhere = np.empty(0, np.int64), np.empty(0)
    nothing = Pieces(none, nowhere, nowhere, nowhere, nowhere, none, np.empty((len(maps.keys), 0), np.int8))
    joined = {
        field.name: np.concatenate([getattr(part, field.name) for part in (nothing, *parts)], axis=-1)
        for field in fields(Pieces)
    }
    return Pieces(**joined)


def list_steps(lines: Shapes, crs: Any) -> Steps:
    """Return the straight steps of lines."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    tail = np.flatnonzero(owner[1:] == owner[:-1])
    ends = np.concatenate([xy[tail], xy[tail + 1]], axis=1)
    count = np.bincount(owner[tail], minlength=len(lines))
    last = np.cumsum(count)
    return Steps(
        ends=ends,
        line=owner[tail].astype(np.int64),
        at=np.r_[0.0, np.cumsum(np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]))],
        at_m=np.r_[0.0, np.cumsum(geodesic_steps(xy, tail, crs))],
        first=last - count,
        last=last,
    )


def place_along(steps: Steps, at: Floats, line: Ints) -> Floats:
    """Return the coordinates of places of lines along the common measure, shape (places, 2)."""
    # Where one line ends and the next begins the measure is the same: the line decides.
    step = np.searchsorted(steps.at, at, side="right") - 1
    step = np.clip(step, steps.first[line], steps.last[line] - 1)
    size = steps.at[step + 1] - steps.at[step]
    share = ((at - steps.at[step]) / np.where(size > 0, size, 1.0))[:, None]
    return np.asarray(steps.ends[step, :2] * (1 - share) + steps.ends[step, 2:] * share)


def _cut_batch(
    lines: Shapes, begin: int, borders: shapely.STRtree, maps: Maps, zones: AreaIndex, step_m: float
) -> Pieces:
    steps = list_steps(lines, maps.crs)
    cuts = [*_cut_at_borders(lines, steps, borders), *_cut_at_cells(steps, maps, step_m)]
    at, line = _sort_cuts(steps, np.concatenate([np.empty(0), *cuts]))
    piece = np.flatnonzero(line[1:] == line[:-1])
    start, end, line = at[piece], at[piece + 1], line[piece]
    middles = place_along(steps, (start + end) / 2, line)
    zone = first_area(zones, middles)
    inside = np.flatnonzero(zone >= 0)
    start, end, line, zone = start[inside], end[inside], line[inside], zone[inside]
    ranks = maps.find_ranks(middles[inside])
    same = (line[1:] == line[:-1]) & (zone[1:] == zone[:-1]) & (start[1:] == end[:-1])
    same &= (ranks[:, 1:] == ranks[:, :-1]).all(axis=0)
    first = np.flatnonzero(np.r_[True, ~same][: len(line)])
    last = np.r_[first[1:] - 1, len(line) - 1][: len(first)]
    line, start, end = line[first], start[first], end[last]
    origin, origin_m = steps.at[steps.first[line]], steps.at_m[steps.first[line]]
    start_m, end_m = (np.interp(place, steps.at, steps.at_m) - origin_m for place in (start, end))
    return Pieces(line + begin, start_m, end_m, start - origin, end - origin, zone[first], ranks[:, first])


def _sort_cuts(steps: Steps, cuts: Floats) -> tuple[Floats, Ints]:
    """Return the places where pieces begin and end, with the line of each; no two in the same place."""
    used = np.flatnonzero(steps.last > steps.first)
    starts, ends = steps.at[steps.first[used]], steps.at[steps.last[used]]
    # A cut belongs to the line on whose part of the measure it lies; at its ends it is none.
    of = np.clip(np.searchsorted(starts, cuts, side="right") - 1, 0, None)
    inner = (cuts > starts[of] + _NOISE_M) & (cuts < ends[of] - _NOISE_M) if len(cuts) else cuts > 0
    at = np.r_[starts, cuts[inner], ends]
    line = np.r_[used, used[of[inner]], used]
    order = np.lexsort((at, line))
    at, line = at[order], line[order]
    apart = np.r_[True, (line[1:] != line[:-1]) | (np.diff(at) >= _NOISE_M)][: len(at)]
    return at[apart], line[apart]


def _chain_borders(areas: Shapes) -> Shapes:
    """Return the borders of areas as lines of few steps: a coast of a million is never asked as a whole."""
    rings = shapely.get_rings(shapely.get_parts(areas)) if len(areas) else areas
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    tail = np.flatnonzero(ring[1:] == ring[:-1])
    if not len(tail):
        return np.empty(0, dtype=object)
    number = tail - np.searchsorted(ring, ring[tail])
    opens = (number % _CHAIN == 0).astype(np.int64)
    chain = np.cumsum(opens) - 1
    closes = np.r_[opens[1:] == 1, True]
    rows = np.repeat(tail, 1 + closes)
    ends = np.r_[False, rows[1:] == rows[:-1]]
    chains: Shapes = shapely.linestrings(xy[rows + ends], indices=np.repeat(chain, 1 + closes))
    return chains


def _cut_at_borders(lines: Shapes, steps: Steps, borders: shapely.STRtree) -> Iterator[Floats]:
    """Yield where lines meet borders, along the common measure."""
    hit = np.unique(borders.query(lines, predicate="intersects")[0])
    crossed = np.zeros(len(lines), dtype=bool)
    crossed[hit] = True
    asked = np.flatnonzero(crossed[steps.line] & (np.diff(steps.at) > 0))
    shapes = shapely.linestrings(steps.ends[asked].reshape(-1, 2, 2))
    step, border = borders.query(shapes, predicate="intersects")
    meeting = shapely.intersection(shapes[step], borders.geometries[border])
    xy, pair = shapely.get_coordinates(meeting, return_index=True)
    number = asked[step[pair]]
    away = xy - steps.ends[number, :2]
    yield steps.at[number] + np.clip(np.hypot(away[:, 0], away[:, 1]), 0, np.diff(steps.at)[number])


def _cut_at_cells(steps: Steps, maps: Maps, step_m: float) -> Iterator[Floats]:
    """Yield where the class of a raster may change."""
    grids = {(layer.cells.crs, layer.cells.transform): layer.cells for layer in maps.rasters}
    sizes = [find_cell_m(cells, maps.crs) for cells in grids.values()]
    for cells, size in zip(grids.values(), sizes, strict=True):
        if size >= step_m * _NEARLY:
            start, end = (_to_cells(steps.ends[:, at : at + 2], cells, maps) for at in (0, 2))
            for axis in (0, 1):
                yield _cross(start[:, axis], end[:, axis], steps)
    if any(size < step_m * _NEARLY for size in sizes):
        begin, end_at = steps.at[steps.first], steps.at[steps.last]
        count = np.ceil((end_at - begin) / step_m).astype(np.int64)
        number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        yield np.repeat(begin, count) + number * step_m


def find_cell_m(cells: Cells, crs: CRS) -> float:
    """Return the shorter side of a raster's middle cell, in metres of the study's plane."""
    row, column = (size // 2 for size in cells.shape)
    corners = [cells.transform @ place for place in ((column, row), (column + 1, row), (column, row + 1))]
    x, y = Transformer.from_crs(cells.crs, crs, always_xy=True).transform(*np.array(corners).T)
    return float(np.hypot(x[1:] - x[0], y[1:] - y[0]).min())


def _to_cells(xy: Floats, cells: Cells, maps: Maps) -> Floats:
    """Return places counted in cells: columns and rows from the raster's corner, shape (places, 2)."""
    x, y = xy.T
    if cells.crs != maps.crs:
        x, y = Transformer.from_crs(maps.crs, cells.crs, always_xy=True).transform(x, y)
    inverse = ~cells.transform
    return np.column_stack(
        [inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f]
    )


def _cross(start: Floats, end: Floats, steps: Steps) -> Floats:
    """Return where steps cross whole numbers of cells along one axis."""
    known = np.isfinite(start) & np.isfinite(end)
    low = np.where(known, np.minimum(start, end), 0.0)
    high = np.where(known, np.maximum(start, end), 0.0)
    first = np.floor(low).astype(np.int64) + 1
    count = np.maximum(np.ceil(high).astype(np.int64) - first, 0)
    step = np.repeat(np.arange(len(start)), count)
    side = first[step] + np.arange(len(step)) - np.repeat(np.cumsum(count) - count, count)
    share = (side - start[step]) / (end[step] - start[step])
    return np.asarray(steps.at[step] + share * np.diff(steps.at)[step])
