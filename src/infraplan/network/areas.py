"""Areas that trenches avoid or need a permit in: what they are, where lines enter them, which lie in them."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.config import LayerName, Study
from infraplan.layers.area_rules import OTHER, AreaRule, AreaRules
from infraplan.layers.faults import faults, gather
from infraplan.layers.joining import tell_apart
from infraplan.layers.read import Layers
from infraplan.network.lines import GRID_M, Floats, Ints, Lines, cut_lines, spread

AREA_LAYERS: tuple[LayerName, ...] = ("no_go", "protected", "heritage", "reindeer")
TOUCH_M = 0.01
"""Parts of a line no longer than this count for nothing: drops that only reach over a border."""
_STRETCH = 32
"""Segments of a border looked at together: whole borders of reserves reach past thousands of roads."""
_COLUMNS = {
    "kind": "str",
    "name": "str",
    "hard": "bool",
    "factor": "float64",
    "permit_sv": "str",
    "permit_en": "str",
    "authority": "str",
    "lead_time_weeks": "float64",
    "source_rule": "str",
}


def find_areas(layers: Layers, rules: AreaRules, study: Study) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Gather the areas of all layers, each with what its kind's rule says of it.

    A factor or permit of the row's own goes before the rule's: with a factor it may be crossed, whatever the
    rule says. Kinds without a rule follow that for other kinds. Points and lines reach as far around them as
    they are uncertain.

    Returns
    -------
    areas
        Index ``area_id`` (layer:feature_id, its spaces as ``_``); columns kind, name, hard (nothing may be
        laid there), factor (NaN where hard), permit_sv, permit_en, authority, lead_time_weeks (NaN where not
        known) and source_rule (where the rule is from), with areas as geometry.
    faults
        Contract FAULTS: ``area_kind_unknown``, ``area_without_extent``.
    """
    parts, found = [_no_areas(study.study.crs)], []
    for layer in AREA_LAYERS:
        table = layers.get(layer)
        if table is not None:
            placed = _spread_around(table)
            kept = placed[~placed.geometry.is_empty.to_numpy()]
            found += _find_faults(layer, kept, rules, without_extent=len(table) - len(kept))
            parts.append(_judge(layer, kept, rules))
    filled = [part for part in parts if len(part)] or parts[:1]
    whole = pd.concat(filled)
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=study.study.crs), gather(found, study.study.crs)


def cut_places(lines: Lines, areas: gpd.GeoDataFrame) -> tuple[Ints, Floats]:
    """Find where lines enter or leave areas.

    Where a line only touches an area, or follows its border, it neither enters nor leaves.

    Parameters
    ----------
    lines
        LineStrings in the areas' CRS, shape (n,).
    areas
        As ``find_areas`` returns them.

    Returns
    -------
    which, along
        Line of each place, and its planar distance from the line's start, in order; shapes (k,).
    """
    shapes = areas.geometry.to_numpy()
    line, area, along = _find_borders(lines, shapes)
    if not len(line):
        return line, along
    # A line is parted where it meets an area's border; a place counts where what is on its sides differs.
    pair = np.cumsum(np.r_[True, (np.diff(line) != 0) | (np.diff(area) != 0)]) - 1
    first, last = np.r_[True, np.diff(pair) > 0], np.r_[np.diff(pair) > 0, True]
    before = np.where(first, 0.0, np.r_[0.0, along[:-1]])
    after = np.where(last, shapely.length(lines[line]), np.r_[along[1:], 0.0])
    tail = _lies_in(shapely.line_interpolate_point(lines[line], (before + along) / 2), shapes, area)
    head = _lies_in(shapely.line_interpolate_point(lines[line], (along + after) / 2), shapes, area)
    changes = tail != head
    line, along = line[changes], along[changes]
    order = np.lexsort((along, line))
    line, along = line[order], along[order]
    # Areas that share a border are left and entered at one place.
    new = np.r_[True, (np.diff(line) != 0) | (np.diff(along) > GRID_M)][: len(line)]
    return line[new], along[new]


def assign_areas(
    lines: Lines, areas: gpd.GeoDataFrame, *, cut: NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """Tell which areas lines lie in, and what that makes of them.

    Parameters
    ----------
    lines
        LineStrings in the areas' CRS, shape (n,).
    areas
        As ``find_areas`` returns them.
    cut
        Lines that were cut at ``cut_places``, shape (n,): they lie where their middle lies, for what is left
        on the other side of a border is a sliver. The others, such as drops, lie in all areas that a part
        longer than a centimetre lies in. None: all were cut.

    Returns
    -------
    DataFrame
        A row a line, 0…n−1: ``blocked``, whether it lies in a hard area; ``factor``, the largest of the soft
        areas that it lies in, 1 in none, weighted by length where it lies in them with a part; ``areas``, the
        ids of the soft areas that it lies in, sorted and parted by spaces.
    """
    shapes = areas.geometry.to_numpy()
    pieces, line_of = lines, np.arange(len(lines))
    if cut is not None:
        pieces, line_of = _part(lines, areas, ~cut)
    lengths = shapely.length(pieces)
    area, piece = _find_inside(shapely.line_interpolate_point(pieces, 0.5, normalized=True), shapes)
    whole = np.bincount(line_of, minlength=len(lines))[line_of] == 1
    counts = whole[piece] | (lengths[piece] > TOUCH_M)
    area, piece = area[counts], piece[counts]
    hard = areas["hard"].to_numpy(bool)[area]
    blocked = np.zeros(len(lines), bool)
    blocked[line_of[piece[hard]]] = True
    soft_area, soft_piece = area[~hard], piece[~hard]
    factor = np.ones(len(pieces))
    np.maximum.at(factor, soft_piece, areas["factor"].to_numpy(np.float64)[soft_area])
    return pd.DataFrame(
        {
            "blocked": blocked,
            "factor": _weigh(factor, lengths, line_of, whole),
            "areas": _join_ids(areas.index.to_numpy(object), soft_area, line_of[soft_piece], len(lines)),
        }
    )


# What the areas are


def _spread_around(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table with areas in the place of points and lines, empty where they reach nowhere."""
    shapes = table.geometry.to_numpy()
    thin = np.flatnonzero(shapely.get_dimensions(shapes) < 2)  # noqa: PLR2004  (what has no extent)
    if not len(thin):
        return table
    areas = shapes.copy()
    areas[thin] = shapely.buffer(shapes[thin], table["uncertainty_m"].to_numpy(np.float64)[thin])
    return table.set_geometry(gpd.GeoSeries(areas, index=table.index, crs=table.crs))


def _judge(layer: LayerName, table: gpd.GeoDataFrame, rules: AreaRules) -> gpd.GeoDataFrame:
    """Return the rows of a layer as areas, each by the rule of its kind."""
    rule = [rules.kinds.get(kind, rules.kinds[OTHER]) for kind in table["kind"]]
    said = pd.DataFrame(
        [its.model_dump() for its in rule], index=table.index, columns=list(AreaRule.model_fields)
    )
    own, permit = table["factor"], table["permit"]
    hard = own.isna() & said["hard"].astype(bool)
    columns = {
        "kind": table["kind"],
        "name": table["name"],
        "hard": hard,
        "factor": own.fillna(said["factor"]).mask(hard),
        **{name: said[name].where(permit == "", permit) for name in ("permit_sv", "permit_en")},
        **{name: said[name] for name in ("authority", "lead_time_weeks")},
        "source_rule": said["source"],
    }
    index = pd.Index(f"{layer}:" + _join_words(table.index), name="area_id", dtype="str")
    frame = pd.DataFrame(columns).astype(_COLUMNS).set_axis(index)
    return gpd.GeoDataFrame(frame, geometry=table.geometry.to_numpy(), crs=table.crs)


def _join_words(names: pd.Index) -> pd.Series:
    """Return names without spaces, for these part the areas of an edge."""
    return tell_apart(pd.Series(names, dtype="str").str.split().str.join("_"))


def _no_areas(crs: str) -> gpd.GeoDataFrame:
    index = pd.Index([], name="area_id", dtype="str")
    frame = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in _COLUMNS.items()}).set_axis(index)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], index=index, crs=crs))


def _find_faults(
    layer: LayerName, table: gpd.GeoDataFrame, rules: AreaRules, *, without_extent: int
) -> list[gpd.GeoDataFrame]:
    counts = table["kind"].value_counts()
    strange = counts[[kind not in rules.kinds for kind in counts.index]].sort_index()
    known = ", ".join(rules.kinds)
    values = [{"kind": kind, "count": int(count), "known": known} for kind, count in strange.items()]
    names = [""] * len(values)
    found = [faults("area_kind_unknown", layer, severity="warning", feature_ids=names, values=values)]
    if without_extent:
        count = {"count": without_extent}
        found.append(faults("area_without_extent", layer, severity="warning", values=count))
    return found


# Where lines meet them


def _find_borders(lines: Lines, shapes: Lines) -> tuple[Ints, Ints, Floats]:
    """Return line, area and distance along of all places where a line meets a border, in this order.

    Places at the ends of lines are left out, and of places on one spot all but one.
    """
    borders, area_of = _stretches(shapes)
    border, line = shapely.STRtree(lines).query(borders, predicate="intersects")
    shared = shapely.intersection(lines[line], borders[border])
    places, pair = shapely.get_coordinates(shared, return_index=True)
    line, area = line[pair].astype(np.int64), area_of[border[pair]]
    along = shapely.line_locate_point(lines[line], shapely.points(places))
    inner = (along > GRID_M) & (along < shapely.length(lines[line]) - GRID_M)
    line, area, along = line[inner], area[inner], along[inner]
    order = np.lexsort((along, area, line))
    line, area, along = line[order], area[order], along[order]
    new = np.r_[True, (np.diff(line) != 0) | (np.diff(area) != 0) | (np.diff(along) > GRID_M)][: len(line)]
    return line[new], area[new], along[new]


def _stretches(shapes: Lines) -> tuple[Lines, Ints]:
    """Return the borders of areas in stretches, and the area of each."""
    rings, area = shapely.get_parts(shapely.boundary(shapes), return_index=True)
    if not len(rings):
        return rings, area.astype(np.int64)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    first, last = np.r_[True, np.diff(ring) > 0], np.r_[np.diff(ring) > 0, True]
    at = np.arange(len(xy)) - np.maximum.accumulate(np.where(first, np.arange(len(xy)), 0))
    seam = (at % _STRETCH == 0) & ~first & ~last
    # A vertex where two stretches meet belongs to both.
    rows = np.repeat(np.arange(len(xy)), 1 + seam)
    starts = np.r_[True, np.diff(ring[rows]) > 0] | np.r_[False, np.diff(rows) == 0]
    pieces = shapely.linestrings(xy[rows], indices=np.cumsum(starts) - 1)
    return pieces, area[ring[rows][starts]].astype(np.int64)


def _lies_in(points: Lines, shapes: Lines, area: Ints) -> NDArray[np.bool_]:
    """Tell which points lie in their area, off its border; shapes (k,), (areas,), (k,)."""
    shapely.prepare(shapes)
    inside = shapely.contains_properly(shapes[area], points)
    return np.asarray(inside & ~_on_border(points, shapes, area, np.arange(len(points))))


def _find_inside(points: Lines, shapes: Lines) -> tuple[Ints, Ints]:
    """Return the pairs of areas and points that lie in them, off their border."""
    area, point = shapely.STRtree(points).query(shapes, predicate="contains_properly")
    off = ~_on_border(points, shapes, area, point)
    return area[off].astype(np.int64), point[off].astype(np.int64)


def _on_border(points: Lines, shapes: Lines, area: Ints, point: Ints) -> NDArray[np.bool_]:
    """Tell for pairs of areas and points whether the point lies on the area's border, shape (pairs,).

    There it lies outside: roads are often the border of what is protected.
    """
    borders, area_of = _stretches(shapes)
    border, near = shapely.STRtree(points).query(borders, predicate="dwithin", distance=GRID_M)
    return np.isin(area * len(points) + point, area_of[border] * len(points) + near)


# What lines become


def _part(lines: Lines, areas: gpd.GeoDataFrame, rows: NDArray[np.bool_]) -> tuple[Lines, Ints]:
    """Cut some of the lines where they enter and leave areas; return the pieces of all, and their lines."""
    some = np.flatnonzero(rows)
    which, along = cut_places(lines[some], areas)
    kept, _ = spread(some[which], along, shapely.length(lines), GRID_M)
    which, along = some[which[kept]], along[kept]
    places = shapely.get_coordinates(shapely.line_interpolate_point(lines[which], along))
    return cut_lines(lines, which, along, places)


def _weigh(factor: Floats, lengths: Floats, line_of: Ints, whole: NDArray[np.bool_]) -> Floats:
    """Return the mean factor of the pieces of each line, by length; ``whole``: the only piece of one."""
    # Lines of no length still have a factor.
    weights = np.maximum(lengths, GRID_M)
    mean = np.bincount(line_of, weights * factor) / np.bincount(line_of, weights)
    mean[line_of[whole]] = factor[whole]
    return np.asarray(mean, np.float64)


def _join_ids(ids: NDArray[np.object_], area: Ints, line: Ints, count: int) -> pd.Series:
    """Return the ids of the areas of each line, sorted, each once, parted by spaces."""
    by_name = np.argsort(ids)
    rank = np.empty(len(ids), np.int64)
    rank[by_name] = np.arange(len(ids))
    line, at = np.divmod(np.unique(line * len(ids) + rank[area]), max(len(ids), 1))
    names = ids[by_name[at]].tolist()
    ends = np.searchsorted(line, np.arange(count + 1)).tolist()
    return pd.Series([" ".join(names[start:stop]) for start, stop in pairwise(ends)], dtype="str")
