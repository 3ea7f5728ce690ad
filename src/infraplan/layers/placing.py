"""A source's rows to shapes in the study's CRS; what cannot lie where its CRS puts it is named, never moved."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from infraplan.config import Layer, Study
from infraplan.errors import LayerError
from infraplan.layers import crs as doctor
from infraplan.layers.catalog import LayerKind
from infraplan.layers.coordinates import find_places
from infraplan.layers.rules import check_finite, check_presence
from infraplan.layers.sieve import Mask, Sieve
from infraplan.layers.source import Shapes, Source, listed

_DEFAULTS_TO_WGS84 = (".geojson", ".json", ".geojsonl", ".ndjson")


@dataclass(frozen=True)
class Located:
    """Where rows lie, before it is asked whether they can: shapes in the file's CRS, and what the file said of it."""

    shapes: Shapes
    crs: CRS | None
    contradicts: str = ""
    """The CRS that the file states and the study does not believe."""


def locate(source: Source, layer: Layer, kind: LayerKind, columns: Mapping[str, str]) -> Located:
    """Return the shapes of a source, from its geometry or its coordinate columns, and their CRS.

    Raises
    ------
    LayerError
        The layer needs coordinates, and the file has none.
    """
    if source.shapes is not None:
        shapes, said = source.shapes, doctor.usable(source.crs)
    elif placed := find_places(source.frame, layer, kind, columns):
        shapes, said = placed.shapes, placed.crs
    elif "none" in kind.shapes and "premises_id" in columns:
        shapes, said = np.full(len(source.frame), None, dtype=object), None
    else:
        values = {"file": layer.path, "key": f"[layers.{kind.name}] columns"}
        raise LayerError("no_coordinates", **values, found=listed(list(source.frame.columns)))
    if layer.swap:
        shapes = shapely.transform(shapes, lambda places: places[:, ::-1])
    if layer.crs is None:
        return Located(shapes, said)
    stated = CRS.from_user_input(layer.crs)
    by_default = layer.path.suffix.casefold() in _DEFAULTS_TO_WGS84 and said == CRS.from_epsg(4326)
    doubted = said is not None and said != stated and not by_default
    return Located(shapes, stated, said.to_string() if doubted and said else "")


def project(
    located: Located,
    layer: Layer,
    kind: LayerKind,
    study: Study,
    sieve: Sieve,
    *,
    region: doctor.Region | None,
    optional: Mask,
) -> Shapes:
    """Return shapes in the study's CRS, None for rows set aside because they have no place, or an impossible one.

    Raises
    ------
    LayerError
        The CRS is unknown, or puts every row where the study is not.
    """
    shapes = located.shapes
    check_presence(shapes, sieve, optional=optional)
    shapes = np.where(sieve.used, shapes, None)
    points = doctor.centres(shapes)
    there = np.isfinite(points).all(axis=1)
    if not there.any():
        return shapes
    if located.crs is None:
        raise _no_crs(points, layer, kind, study, region)
    if region is not None:
        if not doctor.any_inside(shapes, points, located.crs, region):
            raise _impossible(points, located.crs, layer, kind, study, region)
        outside = there & ~region.holds(doctor.to_lonlat(points, located.crs))
        likely = np.full(len(points), "", dtype=object)
        likely[outside] = doctor.explain_each(points[outside], region, located.crs)
        sieve.find(
            "other_crs", likely != "", likely=likely, x=_coordinate(points[:, 0]), y=_coordinate(points[:, 1])
        )
    moved = (
        gpd.GeoSeries(np.where(sieve.used, shapes, None), crs=located.crs).to_crs(study.study.crs).to_numpy()
    )
    check_finite(moved, sieve)
    return np.where(sieve.used, moved, None)


def _coordinate(values: np.ndarray) -> np.ndarray:
    return np.array(
        [f"{value:.6g}" if abs(value) < 1000 else f"{value:.0f}" for value in values], dtype=object
    )  # noqa: PLR2004


def _no_crs(
    points: doctor.Points, layer: Layer, kind: LayerKind, study: Study, region: doctor.Region | None
) -> LayerError:
    values = {"file": layer.path, "key": f"[layers.{kind.name}]"}
    guesses = doctor.guess(points, region, study_crs=study.study.crs) if region else []
    if not guesses:
        return LayerError("no_crs", **values)
    return LayerError(
        "no_crs_likely", **values, line=guesses[0].line, name=guesses[0].name, **_others(guesses)
    )


def _impossible(
    points: doctor.Points, crs: CRS, layer: Layer, kind: LayerKind, study: Study, region: doctor.Region
) -> LayerError:
    values = {"file": layer.path, "key": f"[layers.{kind.name}]", "crs": crs.to_string()}
    guesses = doctor.guess(points, region, study_crs=study.study.crs, besides=crs)
    if not guesses:
        lonlat = doctor.to_lonlat(points, crs)
        lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
        middle = np.median(lonlat, axis=0) if len(lonlat) else np.array([np.nan, np.nan])
        return LayerError("elsewhere", **values, lon=f"{middle[0]:.2f}", lat=f"{middle[1]:.2f}")
    return LayerError(
        "crs_impossible", **values, line=guesses[0].line, name=guesses[0].name, **_others(guesses)
    )


def _others(guesses: list[doctor.Guess]) -> dict[str, str]:
    """Name the other systems that would do, so that nobody takes the first on trust."""
    return {"others": "; ".join(f"{other.line} ({other.name})" for other in guesses[1:]) or "–"}
