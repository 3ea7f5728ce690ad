"""Rules for rows: shapes that cannot be used are set aside, those that can be mended are, copies are found.

All rules look at whole rows of the file, so that rows in = left out + set aside + used; lines of several
parts become several features only when all rules have been asked.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import GeometryType
from shapely.geometry.base import BaseGeometry

from infraplan.layers.columns import COUNTS, Mapped
from infraplan.layers.kinds import LayerKind, Shape
from infraplan.layers.sieve import Mask, Sieve
from infraplan.layers.source import Shapes, keep
from infraplan.layers.task import Task

_POINT, _LINE, _AREA = range(3)  # dimensions
_DIMENSIONS: dict[Shape, int] = {"point": _POINT, "line": _LINE, "area": _AREA}
_SHELLS = (GeometryType.MULTIPOINT, GeometryType.MULTILINESTRING)
_SHAPE, _ID = "\0shape", "\0id"  # columns that no file has
_FARTHEST = 1e9  # the Earth is 4e7 m around
_PLACES = ("premises", "buildings", "addresses")
"""Layers whose rows may stand at a border."""
_WITHIN = ("premises", "buildings", "addresses", "population", "localities")
"""Layers of what is counted: nothing outside the municipalities belongs to the study."""


def check_presence(shapes: Shapes, sieve: Sieve, *, optional: Mask) -> None:
    """Set aside rows without a shape, or with coordinates that are no numbers.

    Parameters
    ----------
    optional
        Rows that say by an id where they belong and need no shape, shape (n,).
    """
    sieve.find("missing_geometry", np.asarray(shapely.is_missing(shapes)) & ~optional)
    sieve.find("empty_geometry", np.asarray(shapely.is_empty(shapes)))
    sieve.find("zero_coordinates", np.asarray((shapely.bounds(shapes) == 0).all(axis=1)))
    check_finite(shapes, sieve)


def check_finite(shapes: Shapes, sieve: Sieve) -> None:
    """Set aside rows with coordinates that are no numbers or beyond any CRS, as read or as projected."""
    coordinates, rows = shapely.get_coordinates(shapes, return_index=True)
    broken = np.zeros(len(shapes), dtype=bool)
    broken[rows[~(np.abs(coordinates) < _FARTHEST).all(axis=1)]] = True
    sieve.find("non_finite", broken)


def check_dates(mapped: Mapped, kind: LayerKind, sieve: Sieve) -> None:
    """Set aside works that end before they begin. A year or month alone is all of it."""
    if not {"start", "end"} <= {field.name for field in kind.fields}:
        return
    start, end = (mapped.frame[name].to_numpy(object) for name in ("start", "end"))
    pairs = list(zip(start, end, strict=True))
    first = [bool(a and b) and b[: len(a)] < a[: len(b)] for a, b in pairs]
    sieve.find("works_end_first", np.array(first, dtype=bool), start=start, end=end)


def check_rooms(mapped: Mapped, task: Task, sieve: Sieve) -> None:
    """Note ducts that do not say how many cables still fit, where the study does not say it for them."""
    if task.kind.name == "ducts" and not task.study.ducts.unknown_room:
        sieve.find("duct_room_unknown", mapped.frame["free_capacity"].isna().to_numpy(dtype=bool))


def mend_shapes(shapes: Shapes, kind: LayerKind, sieve: Sieve) -> Shapes:
    """Return shapes of the kinds that the layer takes, mended where that is safe; set aside the others."""
    shapes = keep(shapes, sieve.used)
    wanted = [_DIMENSIONS[shape] for shape in kind.shapes if shape in _DIMENSIONS]
    shapes = _mend_invalid(shapes, sieve)
    shapes = _take_parts(shapes, wanted, sieve)
    if _POINT in wanted and _AREA not in wanted:
        shapes = _replace(shapes, shapely.get_dimensions(shapes) == _AREA, "point_of_area", sieve)
    if any(field.name in COUNTS for field in kind.fields):
        shapes = _replace(shapes, _several_points(shapes), "one_point", sieve)
    strange = ~np.isin(shapely.get_dimensions(shapes), wanted) & ~np.asarray(shapely.is_missing(shapes))
    types = np.full(len(shapes), "", dtype=object)
    types[strange] = [shape.geom_type for shape in shapes[strange]]
    takes = ", ".join(shape for shape in kind.shapes if shape in _DIMENSIONS)
    sieve.find("wrong_shape", strange, found=types, wanted=takes)
    sieve.find("zero_length", (shapely.get_dimensions(shapes) == _LINE) & (shapely.length(shapes) == 0))
    return _unwrap(shapes)


def check_area(shapes: Shapes, task: Task, sieve: Sieve) -> None:
    """Set aside rows outside the study.

    What is counted must lie inside, premises at most beyond a border that may be coarse; what may lead there
    lies within a margin.
    """
    name, area = task.kind.name, task.area
    if area is None or name == "municipalities":
        return
    margin = 0.0 if name in _WITHIN else task.study.study.margin_m
    if name in _PLACES and task.rim is not None:
        limits, margin = task.rim, task.study.demand.border_m
    else:
        # A border of a hundred thousand corners is not needed to tell what lies 20 km away.
        limits = area.simplify(margin / 100).buffer(margin) if margin else area
    shapely.prepare(limits)
    outside = ~np.asarray(shapely.intersects(limits, shapes)) & ~np.asarray(shapely.is_missing(shapes))
    sieve.find("out_of_area", outside, margin_m=margin)


def find_duplicates(
    shapes: Shapes, mapped: Mapped, kind: LayerKind, compared: Sequence[str] | None, sieve: Sieve
) -> None:
    """Set aside copies: the same id and shape, or the same shape and attributes; lines in either direction.

    Rows that share an id but not a shape are kept: in Lantmäteriet's buildings they are pieces of one, which
    ``demand`` joins.

    Parameters
    ----------
    compared
        Columns in which copies agree; None for all, the id among them.
    """
    ids = mapped.ids.to_numpy(dtype=object)
    table = mapped.frame.assign(**{_SHAPE: _shape_numbers(shapes), _ID: ids})
    names = [*mapped.frame.columns, _ID] if compared is None else list(compared)
    alike = _first_alike(table[sieve.used & (ids != "")], [_ID, _SHAPE], len(table))
    sieve.find("duplicate_feature", alike >= 0, row=_row_numbers(alike))
    there = table[sieve.used & ~np.asarray(shapely.is_missing(shapes))]
    alike = _first_alike(there[there[_SHAPE].duplicated(keep=False)], [_SHAPE, *names], len(table))
    sieve.find("duplicate_geometry", alike >= 0, row=_row_numbers(alike))
    again = pd.Series(ids).where(sieve.used, "").duplicated().to_numpy(dtype=bool)
    sieve.find("piece_of_building" if kind.name == "buildings" else "duplicate_id", again & (ids != ""))


def explode(shapes: Shapes, *, counted: bool) -> tuple[NDArray[np.intp], Shapes]:
    """Return the simple shapes of several-part lines and points: the source row of each, and the shape.

    Areas stay as they are; so do points of rows that are counted.
    """
    dimensions = shapely.get_dimensions(shapes)
    several = (shapely.get_num_geometries(shapes) > 1) & (
        (dimensions == _LINE) | ((dimensions == _POINT) & (not counted))
    )
    if not several.any():
        return np.arange(len(shapes)), shapes
    parts, rows = shapely.get_parts(shapes[several], return_index=True)
    real = (shapely.get_dimensions(parts) != _LINE) | (shapely.length(parts) > 0)
    at = np.concatenate([np.flatnonzero(~several), np.flatnonzero(several)[rows[real]]])
    flat = np.concatenate([shapes[~several], parts[real]])
    order = np.argsort(at, kind="stable")
    return at[order], flat[order]


def _mend_invalid(shapes: Shapes, sieve: Sieve) -> Shapes:
    """Mend areas that cross themselves; what turns into something else by it cannot be mended."""
    broken = (shapely.get_dimensions(shapes) == _AREA) & ~np.asarray(shapely.is_valid(shapes))
    if not broken.any():
        return shapes
    reasons = np.full(len(shapes), "", dtype=object)
    reasons[broken] = [reason.partition("[")[0] for reason in shapely.is_valid_reason(shapes[broken])]
    mended = shapes.copy()
    mended[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    lost = broken & ((shapely.get_dimensions(mended) != _AREA) | np.asarray(shapely.is_empty(mended)))
    sieve.find("invalid_geometry", lost, reason=reasons)
    sieve.find("mended_geometry", broken & ~lost, reason=reasons)
    return mended


def _take_parts(shapes: Shapes, wanted: Sequence[int], sieve: Sieve) -> Shapes:
    """Keep of mixed collections the parts that the layer takes, those of most dimensions first."""
    mixed = shapely.get_type_id(shapes) == GeometryType.GEOMETRYCOLLECTION
    if not mixed.any():
        return shapes
    taken = shapes.copy()
    changed = np.zeros(len(shapes), dtype=bool)
    for row in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapely.get_parts(shapes[row]))
        for dimension in sorted(wanted, reverse=True):
            fit = parts[shapely.get_dimensions(parts) == dimension]
            if len(fit):
                taken[row] = _gather(fit, dimension)
                changed[row] = len(fit) < len(parts)
                break
    sieve.find("some_parts", changed)
    return taken


def _gather(parts: Shapes, dimension: int) -> BaseGeometry:
    make = (shapely.multipoints, shapely.multilinestrings, shapely.union_all)[dimension]
    return make(parts)


def _several_points(shapes: Shapes) -> Mask:
    return np.asarray((shapely.get_dimensions(shapes) == _POINT) & (shapely.get_num_geometries(shapes) > 1))


def _replace(shapes: Shapes, rows: Mask, rule: str, sieve: Sieve) -> Shapes:
    """Put a point in a shape's place: one inside the area, or of several the one nearest their middle."""
    rows = np.asarray(rows) & sieve.used
    if not rows.any():
        return shapes
    sieve.find(rule, rows)
    replaced = shapes.copy()
    replaced[rows] = shapely.point_on_surface(shapes[rows])
    return replaced


def _unwrap(shapes: Shapes) -> Shapes:
    """Take single parts out of their multi-part shells; the tables' contract lets areas keep theirs."""
    shells = np.isin(shapely.get_type_id(shapes), _SHELLS) & (shapely.get_num_geometries(shapes) == 1)
    bare = shapes.copy()
    bare[shells] = shapely.get_geometry(shapes[shells], 0)
    return bare


def _shape_numbers(shapes: Shapes) -> NDArray[np.intp]:
    """Return numbers, equal for equal shapes, whichever corner or end they begin at; shape (n,)."""
    numbers, _ = pd.factorize(shapely.to_wkb(shapely.normalize(shapes)))
    return np.asarray(numbers)


def _first_alike(table: pd.DataFrame, columns: list[str], count: int) -> NDArray[np.intp]:
    """Return for each row the position of the first that is equal to it, −1 for none; shape (count,)."""
    alike = np.full(count, -1, dtype=np.intp)
    if table.duplicated(columns).any():
        position = pd.Series(table.index.to_numpy(), index=table.index)
        first = position.groupby([table[column] for column in columns], dropna=False).transform("min")
        later = first.to_numpy() < position.to_numpy()
        alike[table.index[later]] = first[later]
    return alike


def _row_numbers(positions: NDArray[np.intp]) -> NDArray[np.object_]:
    numbers = np.full(len(positions), "", dtype=object)
    numbers[positions >= 0] = [str(position + 1) for position in positions[positions >= 0]]
    return numbers
