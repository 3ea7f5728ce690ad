"""What trenches are dug in, and how steep it is: soils and land cover, and the elevation, along lines."""

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from infraplan.layers.parse import cell_text
from infraplan.layers.read import Layers
from infraplan.network.lines import GRID_M, Floats, Ints, Lines

if TYPE_CHECKING:
    from affine import Affine

    # rasterio is loaded only where there are rasters.
    from infraplan.layers.raster import Mosaic, Raster

GROUNDS = ("rock", "till", "coarse", "fine", "clay", "peat", "fill", "water", "ice", "unknown")
"""Classes of ground; a line that has as much of two is of the first."""
_UNKNOWN = GROUNDS.index("unknown")
_LOWEST_M, _HIGHEST_M = -500.0, 9_000.0
"""Between the Dead Sea's shore and Everest. What lies beyond is a void that the file does not declare."""


def cut_places(
    lines: Lines, layers: Layers, *, step_m: float = 25.0, run_m: float = 100.0
) -> tuple[Ints, Floats]:
    """Find where the ground along lines changes.

    The class of ground is looked up in the middle of each step. A run of one class that is shorter than
    ``run_m`` takes the class of the longer of its neighbours, the shortest of a line first: nobody changes
    the machine for it, and maps of soils are not drawn so finely.

    Parameters
    ----------
    lines
        LineStrings in the study's CRS, shape (n,).
    layers
        Layer ``ground``: areas, and rasters whose cells the study gives classes, where areas say nothing.
        Without it nothing changes.
    step_m
        Longest step; each line is parted in equal ones.

    Returns
    -------
    which, along
        Line of each place, and its planar distance from the line's start, in order; shapes (k,).
    """
    _, mixed = _settle(lines, layers)
    lines = lines[mixed]
    lengths = shapely.length(lines)
    counts = _count_steps(lengths, step_m)
    ground = _find_ground(lines, counts, layers)
    if ground is None:
        return np.empty(0, np.int64), np.empty(0)
    line = np.repeat(np.arange(len(lines)), counts)
    number, start = _find_runs(ground, line, lengths / counts, run_m)
    inner = start > 0
    return mixed[number[inner]], start[inner]


def assign_ground(
    lines: Lines, layers: Layers, *, step_m: float = 25.0, run_m: float = 100.0
) -> pd.DataFrame:
    """Tell the ground that each line lies in for the most part, and how steep it is.

    Parameters
    ----------
    lines
        LineStrings in the study's CRS, shape (n,).
    layers
        Layers ``ground`` (see ``cut_places``) and ``elevation`` (rasters, in metres).
    step_m
        Longest step between places that are looked up.
    run_m
        Length over which the gradient is a mean; that of the line where it is shorter.

    Returns
    -------
    DataFrame
        A row a line, 0…n−1: ``ground``, one of ``GROUNDS``, "unknown" where the layer says nothing; and
        ``slope``, the steepest mean gradient in per cent, NaN where voids leave no such run with both its
        ends known. Heights are interpolated between the middles of four cells.
    """
    counts = _count_steps(shapely.length(lines), step_m)
    most, mixed = _settle(lines, layers)
    ground = _find_ground(lines[mixed], counts[mixed], layers)
    if ground is not None:
        line = np.repeat(np.arange(len(mixed)), counts[mixed])
        votes = np.bincount(line * len(GROUNDS) + ground, minlength=len(mixed) * len(GROUNDS))
        most[mixed] = votes.reshape(-1, len(GROUNDS)).argmax(axis=1)
    return pd.DataFrame(
        {
            "ground": pd.Series(np.array(GROUNDS, dtype=object)[most], dtype="str"),
            "slope": _find_slopes(lines, counts, layers, run_m),
        }
    )


def _count_steps(lengths: Floats, step_m: float) -> Ints:
    return np.asarray(np.maximum(1, np.ceil(lengths / step_m - GRID_M)), np.int64)


def _place(lines: Lines, line: Ints, share: Floats) -> Floats:
    """Return places at shares of the length of lines, shape (k, 2)."""
    return np.asarray(
        shapely.get_coordinates(shapely.line_interpolate_point(lines[line], share, normalized=True))
    )


def _count_within(counts: Ints) -> Ints:
    """Return 0, 1, … within each of several groups of some size."""
    return np.asarray(np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts), np.int64)


# Classes of ground


def _settle(lines: Lines, layers: Layers) -> tuple[Ints, Ints]:
    """Return the class of each line that lies within one area or beside all, and which lines are others.

    In a county nine in ten lines are settled so: only on the others places are looked up. Beside areas a
    raster may still tell.
    """
    most = np.full(len(lines), _UNKNOWN)
    table = layers.get("ground")
    if table is None or "ground" in layers.rasters:
        return most, np.arange(len(lines))
    shapes, tree = table.geometry.to_numpy(), shapely.STRtree(lines)
    met = np.bincount(tree.query(shapes, predicate="intersects")[1], minlength=len(lines))
    within, held = tree.query(shapes, predicate="covers")
    alone = met[held] == 1
    most[held[alone]] = _code(table["class"])[within[alone]]
    met[held[alone]] = 0
    return most, np.flatnonzero(met)


def _find_ground(lines: Lines, counts: Ints, layers: Layers) -> Ints | None:
    """Return the class in the middle of each step of each line, as a position in ``GROUNDS``."""
    table, rasters = layers.get("ground"), layers.rasters.get("ground", ())
    if (table is None and not rasters) or not len(lines):
        return None
    line = np.repeat(np.arange(len(lines)), counts)
    places = _place(lines, line, (_count_within(counts) + 0.5) / counts[line])
    found = np.full(len(places), _UNKNOWN) if table is None else _classes_of_areas(places, table)
    for raster in rasters:
        silent = np.flatnonzero(found == _UNKNOWN)
        found[silent] = _classes_of_cells(places[silent], raster, layers.faults.crs)
    return found


def _classes_of_areas(places: Floats, table: gpd.GeoDataFrame) -> Ints:
    """Return the class of the area at each place; of several the first that is known."""
    codes = _code(table["class"])
    area, place = shapely.STRtree(shapely.points(places)).query(
        table.geometry.to_numpy(), predicate="intersects"
    )
    order = np.lexsort((area, codes[area] == _UNKNOWN, place))
    met, first = np.unique(place[order], return_index=True)
    found = np.full(len(places), _UNKNOWN)
    found[met] = codes[area[order[first]]]
    return found


def _classes_of_cells(places: Floats, raster: "Raster", crs: CRS) -> Ints:
    """Return the class that the study gives to the cell at each place."""
    cells = raster.sample_at(places[:, 0], places[:, 1], crs)
    meaning = {cell_text(theirs): str(ours) for theirs, ours in raster.meanings.get("class", {}).items()}
    which, values = pd.factorize(cells)
    said = [meaning.get(cell_text(value), meaning.get("*", "")) for value in values]
    # The last is for places without a cell, which factorize numbers −1.
    return np.asarray(_code(pd.Series([*said, ""], dtype="str"))[which])


def _code(classes: pd.Series) -> Ints:
    return np.asarray(
        classes.map({name: code for code, name in enumerate(GROUNDS)}).fillna(_UNKNOWN), np.int64
    )


def _find_runs(ground: Ints, line: Ints, step: Floats, run_m: float) -> tuple[Ints, Floats]:
    """Return the line and the start of each run of one class, none shorter than ``run_m`` beside another."""
    runs = pd.DataFrame({"line": line, "ground": ground, "metres": step[line]})
    runs, done = _merge(runs), []
    while len(runs):
        alone = ~runs["line"].duplicated(keep=False)
        short = runs["line"].isin(runs["line"][~alone & (runs["metres"] < run_m)])
        done.append(runs[~short])
        runs = _merge(_give_way(runs[short].reset_index(drop=True)))
    whole = pd.concat(done).sort_values("line", kind="stable") if done else runs
    before = whole.groupby("line")["metres"].cumsum() - whole["metres"]
    first = ~whole["line"].duplicated()
    return whole["line"].to_numpy(np.int64), before.mask(first, 0.0).to_numpy(np.float64)


def _merge(runs: pd.DataFrame) -> pd.DataFrame:
    """Make one run of those that follow each other on a line and are of one class."""
    line, ground = runs["line"].to_numpy(), runs["ground"].to_numpy()
    first = np.flatnonzero(np.r_[True, (np.diff(line) != 0) | (np.diff(ground) != 0)][: len(runs)])
    metres = np.add.reduceat(runs["metres"].to_numpy(), first) if len(first) else np.empty(0)
    return pd.DataFrame({"line": line[first], "ground": ground[first], "metres": metres})


def _give_way(runs: pd.DataFrame) -> pd.DataFrame:
    """Let the shortest run of each line take the class of the longer of its neighbours."""
    by_line = runs.groupby("line")
    # Lengths that are sums of the same steps differ in their last digits.
    shortest = runs["metres"].round(6).groupby(runs["line"]).idxmin().to_numpy()
    before, after = by_line["metres"].shift(1, fill_value=-1.0), by_line["metres"].shift(-1, fill_value=-1.0)
    earlier = (before.round(6) >= after.round(6)).to_numpy()[shortest]
    ground = runs["ground"].to_numpy().copy()
    ground[shortest] = ground[shortest + np.where(earlier, -1, 1)]
    return runs.assign(ground=ground)


# Slopes


def _find_slopes(lines: Lines, counts: Ints, layers: Layers, run_m: float) -> Floats:
    """Return the steepest mean gradient over a run along each line, in per cent."""
    elevation = layers.mosaic("elevation")
    if elevation is None or not len(lines):
        return np.full(len(lines), np.nan)
    posts = counts + 1
    line, number = np.repeat(np.arange(len(lines)), posts), _count_within(posts)
    places = _place(lines, line, number / counts[line])
    heights = _find_heights(places, elevation, layers.faults.crs)
    step = np.maximum(shapely.length(lines) / counts, GRID_M)
    reach = np.clip(np.rint(run_m / step), 1, counts).astype(np.int64)[line]
    far = np.minimum(np.arange(len(line)) + reach, len(line) - 1)
    gradient = 100.0 * np.abs(heights[far] - heights) / (reach * step[line])
    gradient[number + reach > counts[line]] = np.nan
    return np.asarray(np.fmax.reduceat(gradient, np.cumsum(posts) - posts), np.float64)


def _find_heights(places: Floats, elevation: "Mosaic", crs: CRS) -> Floats:
    """Return the height of each place, by the first raster that has one; NaN where none has."""
    heights = np.full(len(places), np.nan)
    for raster in elevation.rasters:
        silent = np.flatnonzero(np.isnan(heights))
        heights[silent] = _interpolate(places[silent], raster, elevation, crs)
    return heights


def _interpolate(places: Floats, raster: "Raster", elevation: "Mosaic", crs: CRS) -> Floats:
    """Interpolate heights between the middles of the four cells around each place, of those that are known.

    Without it a short line over the border of two coarse cells would climb a cliff. Beyond the raster's edge
    the cells are those of the next. NaN where the cell that the place lies in is void.
    """
    x, y = Transformer.from_crs(crs, raster.crs, always_xy=True).transform(places[:, 0], places[:, 1])
    columns, rows = _move(~raster.transform, np.asarray(x), np.asarray(y))
    column, row = np.floor(columns - 0.5), np.floor(rows - 0.5)
    right, down = columns - 0.5 - column, rows - 0.5 - row
    weights = np.stack([(1 - right) * (1 - down), (1 - right) * down, right * (1 - down), right * down])
    middle_x = np.concatenate([column, column, column + 1, column + 1]) + 0.5
    middle_y = np.concatenate([row, row + 1, row, row + 1]) + 0.5
    at = _move(raster.transform, middle_x, middle_y)
    cells = elevation.sample_at(*at, raster.crs).reshape(4, -1)
    known = (cells >= _LOWEST_M) & (cells <= _HIGHEST_M)
    weight = np.where(known, weights, 0.0)
    total = weight.sum(axis=0)
    own = np.take_along_axis(known, weights.argmax(axis=0)[None], axis=0)[0]
    heights = np.where(known, cells, 0.0)
    return np.where(own, (weight * heights).sum(axis=0) / np.where(total > 0, total, 1.0), np.nan)


def _move(transform: "Affine", x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return places between the cells of a raster and its CRS, by its transform or the inverse of it."""
    return (
        transform.a * x + transform.b * y + transform.c,
        transform.d * x + transform.e * y + transform.f,
    )
