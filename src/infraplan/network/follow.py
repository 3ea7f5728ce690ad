"""Where lines run along existing ones: an asset is reused where a trench follows it, not where it is near."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from infraplan.network.lines import GRID_M, Floats, Ints, Lines

_BLOCK = 100_000
"""Samples that are looked at together: it bounds the memory."""
_PIECE_M = 100.0
"""Long spans are looked up in pieces: the box around a slanting one would cover half a parish."""


@dataclass(frozen=True)
class Runs:
    """Stretches of lines that follow an asset, by line, start and asset; every array has shape (r,).

    Attributes
    ----------
    line, asset
        Rows of the line and of the asset that it follows.
    start_m, end_m
        Planar distances from the start of the line.
    share
        Part of the stretch, 0–1, that lies within the corridor and is parallel.
    """

    line: Ints
    start_m: Floats
    end_m: Floats
    asset: Ints
    share: Floats


def find_runs(
    lines: Lines,
    assets: Lines,
    *,
    corridor_m: float,
    min_share: float,
    min_run_m: float,
    turn_degrees: float = 30.0,
    step_m: float = 5.0,
) -> Runs:
    """Find the stretches of lines that run along an asset.

    Nearness says little: a duct that crosses a street lies near it too. Lines are therefore sampled at even
    distances, both ends included. A sample follows an asset that lies within the corridor, is as good as
    parallel at its nearest place, and has not ended more than half a step before; directions are those of
    chords a step long, so that neither a corner nor a trembling hand counts.

    A run goes from one following sample to another, at least ``min_run_m`` further on. It bridges gaps no
    longer than that, as long as ``min_share`` of its samples follow; a stretch with fewer is cut at its
    longest gaps until each part keeps the rule. A line shorter than ``min_run_m``, as between the junctions
    of a street, is a run from end to end where ``min_share`` of all its samples follow.

    Runs of one line and asset do not overlap; those of different assets may: the caller chooses. An asset
    drawn in pieces is several assets: merge them first.

    Parameters
    ----------
    lines, assets
        LineStrings in one plane, shapes (n,) and (a,).
    corridor_m
        Distance from the line within which an asset counts.
    min_share
        Part of a run's samples that must follow, 0–1.
    turn_degrees
        Greatest angle between line and asset, whichever way each is drawn.
    step_m
        Greatest distance between samples; the ends of runs are as sure as that.
    """
    road, known = _Axis.of(lines), _Pieces.of(assets)
    lengths = road.last - road.first
    steps = np.maximum(np.ceil(lengths / step_m), 1).astype(np.int64)
    near = np.unique(known.tree.query(lines, predicate="dwithin", distance=corridor_m)[0])
    found = [np.empty((3, 0), np.int64)]
    for line, number in _sample(near, steps + 1):
        ours = _Places(road, line, road.first[line] + lengths[line] * (number / steps[line]))
        sample, theirs = known.find_nearest(ours.find_xy(), corridor_m)
        follows = _run_along(ours.take(sample), theirs, turn_degrees, step_m)
        found.append(np.stack([line[sample], theirs.line, number[sample]])[:, follows])
    rows = np.concatenate(found, axis=1)
    line, asset, number = rows[:, np.lexsort((rows[2], rows[1], rows[0]))]
    short = lengths[line] < min_run_m
    whole = _find_whole(line[short], asset[short], steps, lengths, min_share)
    line, asset, number = line[~short], asset[~short], number[~short]
    return _sort(whole, _find_stretches(line, asset, number, lengths / steps, min_share, min_run_m))


def cut_places(runs: Runs, lengths: Floats) -> tuple[Ints, Floats]:
    """Return where to cut lines so that each run is a line of its own, as ``split.split_edges`` takes it.

    Parameters
    ----------
    lengths
        Planar length of each line, shape (n,).

    Returns
    -------
    which, along
        By line and along it, none twice and none at an end of its line; shapes (k,).
    """
    which, along = np.tile(runs.line, 2), np.r_[runs.start_m, runs.end_m]
    inside = (along > GRID_M) & (along < lengths[which] - GRID_M)
    which, along = np.unique(np.stack([which[inside], along[inside]]), axis=1)
    return which.astype(np.int64), along


@dataclass(frozen=True)
class _Axis:
    """Lines laid end to end on one axis, a metre apart: places on all of them are found in one look-up.

    ``at`` says where each vertex lies on it, ``owner`` its line, ``first`` and ``last`` where each line
    begins and ends.
    """

    xy: Floats
    owner: Ints
    at: Floats
    first: Floats
    last: Floats

    @classmethod
    def of(cls, lines: Lines) -> Self:
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        steps = np.where(owner[1:] == owner[:-1], np.hypot(*np.diff(xy, axis=0).T), 1.0)
        at = np.r_[0.0, np.cumsum(steps)]
        # An empty line begins and ends where the next begins; the last ones, at the end of all.
        first = np.searchsorted(owner, np.arange(len(lines)))
        last = np.maximum(np.searchsorted(owner, np.arange(len(lines)), side="right") - 1, first)
        ends = np.r_[at, at[-1]]
        return cls(xy, owner, at[: len(xy)], ends[first], ends[last])


@dataclass(frozen=True)
class _Places:
    """Places on lines: ``line`` of each, and where ``at`` it lies on their axis; shapes (k,)."""

    axis: _Axis
    line: Ints
    at: Floats

    def take(self, rows: Ints) -> "_Places":
        return _Places(self.axis, self.line[rows], self.at[rows])

    def find_xy(self, ahead_m: float = 0.0) -> Floats:
        """Return the coordinates so far ahead along the line, but not beyond its ends, shape (k, 2)."""
        at = np.clip(self.at + ahead_m, self.axis.first[self.line], self.axis.last[self.line])
        return np.stack([np.interp(at, self.axis.at, values) for values in self.axis.xy.T], axis=1)

    def find_directions(self, chord_m: float) -> Floats:
        """Return the unit vector along the line, shape (k, 2); zero where it turns back on itself."""
        chord = self.find_xy(chord_m / 2) - self.find_xy(-chord_m / 2)
        return np.asarray(chord / np.maximum(np.hypot(*chord.T), GRID_M)[:, None])

    def are_ends(self) -> NDArray[np.bool_]:
        """Tell which places are an end of their line."""
        before, after = self.at - self.axis.first[self.line], self.axis.last[self.line] - self.at
        return np.asarray(np.minimum(before, after) < GRID_M)


@dataclass(frozen=True)
class _Pieces:
    """The pieces of lines in a tree; ``start`` is the vertex on the axis at which each begins."""

    axis: _Axis
    start: Ints
    tree: shapely.STRtree

    @classmethod
    def of(cls, lines: Lines) -> Self:
        drawn = np.where(shapely.length(lines) > 0.0, lines, shapely.LineString())
        axis = _Axis.of(shapely.segmentize(drawn, _PIECE_M))
        start = np.flatnonzero((axis.owner[1:] == axis.owner[:-1]) & (np.diff(axis.at) > 0.0))
        ends = np.stack([axis.xy[start], axis.xy[start + 1]], axis=1)
        return cls(axis, start, shapely.STRtree(shapely.linestrings(ends)))

    def find_nearest(self, xy: Floats, reach_m: float) -> tuple[Ints, _Places]:
        """Return the nearest place of every line within reach of each sample, and the sample's row."""
        sample, piece = self.tree.query(shapely.points(xy), predicate="dwithin", distance=reach_m)
        start = self.start[piece]
        span, offset = self.axis.xy[start + 1] - self.axis.xy[start], xy[sample] - self.axis.xy[start]
        part = np.clip((offset * span).sum(axis=1) / (span**2).sum(axis=1), 0.0, 1.0)
        away_m = np.hypot(*(offset - part[:, None] * span).T)
        line, at = self.axis.owner[start], self.axis.at[start] + part * np.hypot(*span.T)
        order = np.lexsort((at, away_m, line, sample))
        first = order[_begins(sample[order], line[order])]
        return sample[first], _Places(self.axis, line[first], at[first])


def _sample(lines: Ints, counts: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Give the samples of lines block by block: the line of each, and its number along it."""
    blocks = np.cumsum(counts[lines]) // _BLOCK
    for rows in np.split(lines, np.flatnonzero(np.diff(blocks)) + 1) if len(lines) else ():
        line = np.repeat(rows, counts[rows])
        starts = np.cumsum(counts[rows]) - counts[rows]
        yield line, np.arange(len(line)) - np.repeat(starts, counts[rows])


def _run_along(ours: _Places, theirs: _Places, turn_degrees: float, step_m: float) -> NDArray[np.bool_]:
    """Tell which of our places have theirs beside them on a line of the same direction."""
    direction = theirs.find_directions(step_m)
    turn = np.abs((ours.find_directions(step_m) * direction).sum(axis=1))
    ahead_m = np.abs(((ours.find_xy() - theirs.find_xy()) * direction).sum(axis=1))
    beyond = theirs.are_ends() & (ahead_m > step_m / 2)
    return np.asarray((turn >= np.cos(np.radians(turn_degrees)) - 1e-9) & ~beyond)


def _find_whole(line: Ints, asset: Ints, steps: Ints, lengths: Floats, min_share: float) -> Runs:
    """Return the lines, all short, of which enough samples follow; a row a following sample."""
    first = np.flatnonzero(_begins(line, asset))
    line, asset, count = line[first], asset[first], np.diff(np.r_[first, len(line)])
    share = count / (steps[line] + 1)
    keep = share >= min_share
    line = line[keep]
    return Runs(line, np.zeros(len(line)), lengths[line], asset[keep], share[keep])


def _find_stretches(
    line: Ints, asset: Ints, number: Ints, spacing: Floats, min_share: float, min_run_m: float
) -> Runs:
    """Return the runs of long lines; a row a following sample, by line, asset and number."""
    gap = np.diff(number, prepend=0)
    begins = _begins(line, asset) | (gap * spacing[line] > min_run_m)
    while True:
        first = np.flatnonzero(begins)
        last = np.r_[first[1:], len(line)][: len(first)] - 1
        share = (last - first + 1) / (number[last] - number[first] + 1)
        thin = share < min_share
        if not thin.any():
            break
        # All gaps of the greatest width at once: the result is the same from either end of the line.
        inner = np.where(begins, 0, gap)
        widest = np.maximum.reduceat(inner, first)
        stretch = np.cumsum(begins) - 1
        begins |= thin[stretch] & (inner == widest[stretch])
    start_m, end_m = number[first] * spacing[line[first]], number[last] * spacing[line[first]]
    keep = end_m - start_m >= min_run_m - GRID_M
    first = first[keep]
    return Runs(line[first], start_m[keep], end_m[keep], asset[first], share[keep])


def _begins(line: Ints, asset: Ints) -> NDArray[np.bool_]:
    """Tell which rows, sorted, are the first of their line and asset."""
    new = (np.diff(line) != 0) | (np.diff(asset) != 0)
    return np.asarray(np.r_[True, new][: len(line)])


def _sort(*parts: Runs) -> Runs:
    """Return all runs by line, start and asset."""
    line, start_m, end_m, asset, share = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("line", "start_m", "end_m", "asset", "share")
    )
    order = np.lexsort((asset, start_m, line))
    return Runs(line[order], start_m[order], end_m[order], asset[order], share[order])
