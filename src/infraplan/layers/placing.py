"""A source's rows to shapes in the study's CRS; what cannot lie where it is put is named, never moved."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from infraplan.errors import LayerError
from infraplan.layers import crs as doctor
from infraplan.layers.coordinates import find_places
from infraplan.layers.rules import check_finite, check_presence
from infraplan.layers.sieve import Mask, Sieve
from infraplan.layers.source import Shapes, Source, keep, listed
from infraplan.layers.task import Task

_FEW = 0.05  # share of the rows inside the study below which a layer's CRS is doubted
_WGS84_BY_DEFAULT = (".geojson", ".json", ".geojsonl", ".ndjson")


@dataclass(frozen=True)
class Located:
    """Where rows lie, before it is asked whether they can: shapes in the file's CRS."""

    shapes: Shapes
    crs: CRS | None
    contradicted: CRS | None = None
    """What the file says its CRS is, where the study says otherwise."""
    strange: NDArray[np.object_] | None = None
    """Ids of squares that are none, "" for the others, shape (n,)."""


def locate(source: Source, task: Task, columns: Mapping[str, str]) -> Located:
    """Return the shapes of a source, from its geometry or its coordinate columns, and their CRS.

    Raises
    ------
    LayerError
        The layer needs coordinates, and the file has none.
    """
    layer, strange = task.layer, None
    if source.shapes is not None:
        shapes, said = source.shapes, doctor.usable(source.crs)
    elif placed := find_places(source.frame, task, columns):
        shapes, said, strange = placed.shapes, placed.crs, placed.strange
    elif "none" in task.kind.shapes and "premises_id" in columns:
        shapes, said = np.full(len(source.frame), None, dtype=object), None
    else:
        key = "no_whereabouts" if "none" in task.kind.shapes else "no_coordinates"
        raise task.error(key, "columns", found=listed(list(source.frame.columns)))
    if layer.swap:
        shapes = shapely.transform(shapes, lambda places: places[:, ::-1])
    if layer.crs is None:
        return Located(shapes, said, strange=strange)
    stated = CRS.from_user_input(layer.crs)
    by_default = layer.path.suffix.casefold() in _WGS84_BY_DEFAULT and said == CRS.from_epsg(4326)
    return Located(shapes, stated, None if by_default or said == stated else said, strange)


def project(located: Located, task: Task, sieve: Sieve, *, optional: Mask) -> Shapes:
    """Return shapes in the study's CRS, None for rows set aside: those without a place, or far from any.

    Parameters
    ----------
    optional
        Rows that may do without a place, shape (n,).

    Raises
    ------
    LayerError
        The CRS is unknown, or puts every row where the study is not.
    """
    if located.strange is not None:
        sieve.find("no_such_square", located.strange != "", value=located.strange)
    check_presence(located.shapes, sieve, optional=optional)
    shapes = keep(located.shapes, sieve.used)
    points = doctor.centres(shapes)
    if np.isnan(points).all():
        return shapes
    if located.crs is None:
        raise _unknown_crs(points, task)
    if task.region is not None:
        _find_strays(shapes, points, located.crs, task, task.region, sieve)
    moved = gpd.GeoSeries(keep(shapes, sieve.used), crs=located.crs).to_crs(task.crs).to_numpy()
    check_finite(moved, sieve)
    return keep(moved, sieve.used)


def move(located: Located, rows: Mask, crs: str) -> Shapes:
    """Return the areas of some rows in another CRS, mended: as a backdrop, of which nothing is counted."""
    shapes = gpd.GeoSeries(located.shapes[rows], crs=located.crs).dropna()
    return np.asarray((shapes.to_crs(crs) if len(shapes) else shapes).make_valid(), dtype=object)


def _find_strays(
    shapes: Shapes, points: doctor.Points, crs: CRS, task: Task, region: doctor.Region, sieve: Sieve
) -> None:
    """Set aside rows far outside that would lie inside with their axes swapped, or in another system.

    Where that goes for all but a few, it is the layer's CRS that is wrong.
    """
    there = ~np.isnan(points).any(axis=1)
    lonlat = doctor.to_lonlat(points, crs)
    inside = region.holds(lonlat)
    if inside.sum() < _FEW * there.sum():
        if guesses := doctor.guess(points, region, study_crs=task.crs, besides=crs):
            raise task.error("crs_impossible", crs=crs.to_string(), likely=_named(guesses))
        if not inside.any() and not doctor.overlaps(shapes, crs, region):
            lon, lat = _middle(lonlat[there])
            raise task.error("elsewhere", crs=crs.to_string(), lon=f"{lon:.2f}", lat=f"{lat:.2f}")
    outside = there & ~inside
    likely, x, y = (np.full(len(points), "", dtype=object) for _ in range(3))
    likely[outside] = doctor.explain_each(points[outside], region, crs)
    x[outside], y[outside] = ([f"{value:.9g}" for value in points[outside, axis]] for axis in (0, 1))
    sieve.find("other_crs", likely != "", likely=likely, x=x, y=y)


def _middle(lonlat: doctor.Points) -> tuple[float, float]:
    real = lonlat[np.isfinite(lonlat).all(axis=1)]
    lon, lat = np.median(real, axis=0) if len(real) else (np.nan, np.nan)
    return float(lon), float(lat)


def _unknown_crs(points: doctor.Points, task: Task) -> LayerError:
    guesses = doctor.guess(points, task.region, study_crs=task.crs) if task.region else []
    return task.error("no_crs_likely", likely=_named(guesses)) if guesses else task.error("no_crs")


def _named(guesses: list[doctor.Guess]) -> str:
    """Name all systems that would do, so that nobody takes the first on trust."""
    return "; ".join(f"{guess.line} ({guess.name})" for guess in guesses)
