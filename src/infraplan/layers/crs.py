"""The CRS doctor: a CRS is read, never guessed; where it cannot be right, the likely one is named.

A CRS is judged by where it would put the rows: inside the study's municipalities, or, before those are known,
inside the area that the study's own CRS is made for.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from infraplan.layers.source import Shapes

Points: TypeAlias = NDArray[np.float64]
"""East, north (or longitude, latitude) of each row, NaN where it has none; shape (n, 2)."""

WGS84 = "EPSG:4326"

# What Swedish, Norwegian and Finnish files come in, likeliest first. Codes and names: EPSG database v11.022.
_CANDIDATES = (
    WGS84,
    "EPSG:3006",
    *(f"EPSG:{code}" for code in range(3007, 3019)),
    "EPSG:3021",
    *(f"EPSG:{code}" for code in (3019, 3020, 3022, 3023, 3024)),
    "EPSG:3857",
    *(f"EPSG:{code}" for code in range(25832, 25836)),
    "EPSG:3067",
)
# RT 90 2.5 gon V was used nationwide, whatever its own entry says; that of SWEREF 99 TM is all of Sweden.
_SAME_AREA = {"EPSG:3021": "EPSG:3006"}
_AROUND = 0.5  # degrees by which areas are widened: nearby is no mistake
_MOST = 0.5  # share of the rows that a CRS must explain to be named
_SAMPLE = 1_000  # rows that a guess looks at
_NAMED = 8  # systems named where several would do


@dataclass(frozen=True)
class Region:
    """Where a study's rows can lie: a box in degrees, WGS 84."""

    west: float
    south: float
    east: float
    north: float
    studied: bool = True
    """Whether this is where the study lies, rather than all that its CRS is made for."""

    def holds(self, lonlat: Points) -> NDArray[np.bool_]:
        """Tell which points lie in the box, shape (n,)."""
        lon, lat = lonlat[:, 0], lonlat[:, 1]
        return np.asarray((self.west <= lon) & (lon <= self.east) & (self.south <= lat) & (lat <= self.north))


@dataclass(frozen=True)
class Guess:
    """A CRS that would put rows where they belong."""

    crs: str
    swap: bool

    @property
    def name(self) -> str:
        """The system's name, as in 'SWEREF99 TM'."""
        return CRS.from_user_input(self.crs).name

    @property
    def line(self) -> str:
        """What to write in the study file."""
        return f'crs = "{self.crs}"' + (", swap = true" if self.swap else "")


def find_region(study_crs: str, area: BaseGeometry | None) -> Region | None:
    """Return where rows can lie; None where nothing tells."""
    crs = CRS.from_user_input(study_crs)
    if area is not None:
        bounds = Transformer.from_crs(crs, WGS84, always_xy=True).transform_bounds(*area.bounds)
    elif crs.area_of_use is not None:
        bounds = crs.area_of_use.bounds
    else:
        return None
    west, south, east, north = bounds
    edges = west - _AROUND, south - _AROUND, east + _AROUND, north + _AROUND
    return Region(*edges, studied=area is not None)


def usable(crs: CRS | None) -> CRS | None:
    """Return a file's CRS with its official definition, or None where it says nothing ('undefined')."""
    if crs is None or not (crs.is_projected or crs.is_geographic):
        return None
    # An Esri .prj has no code and may lack the datum shift: the database's own entry has both.
    code = crs.to_epsg(min_confidence=70)
    return CRS.from_epsg(code) if code else crs


def centres(shapes: Shapes) -> Points:
    """Return the middle of each shape's box, shape (n, 2)."""
    bounds = shapely.bounds(shapes)
    return np.column_stack([(bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2])


def to_lonlat(points: Points, crs: Any, *, swap: bool = False) -> Points:
    """Return points in WGS 84; infinite where the CRS has no such place."""
    x, y = (points[:, 1], points[:, 0]) if swap else (points[:, 0], points[:, 1])
    lon, lat = Transformer.from_crs(crs, WGS84, always_xy=True).transform(x, y)
    return np.column_stack([lon, lat])


def overlaps(shapes: Shapes, crs: CRS, region: Region) -> bool:
    """Tell whether a large shape reaches into the region, though its middle may lie outside."""
    if not (shapely.get_dimensions(shapes) > 0).any():
        return False
    box = Transformer.from_crs(WGS84, crs, always_xy=True).transform_bounds(
        region.west, region.south, region.east, region.north
    )
    return bool(np.isfinite(box).all() and shapely.intersects(shapely.box(*box), shapes).any())


def guess(points: Points, region: Region, *, study_crs: str, besides: CRS | None = None) -> list[Guess]:
    """Return the systems that would put most rows into the region, the likeliest first.

    Among those that put equally many there, the nearest to the study's middle comes first where that is
    known, then the more common.
    """
    points = points[np.isfinite(points).all(axis=1)]
    points = points[:: 1 + len(points) // _SAMPLE]
    middle = np.array([(region.west + region.east) / 2, (region.south + region.north) / 2])
    found: list[tuple[float, float, int, Guess]] = []
    candidates = dict.fromkeys((study_crs, *_CANDIDATES))
    for rank, (swap, code) in enumerate((swap, code) for swap in (False, True) for code in candidates):
        if besides is not None and not swap and CRS.from_user_input(code) == besides:
            continue
        lonlat = to_lonlat(points, code, swap=swap)
        inside = region.holds(lonlat) & _area_of(code).holds(lonlat)
        if len(points) and inside.mean() >= _MOST:
            away = np.abs(np.median(lonlat[inside], axis=0) - middle).max() if region.studied else 0.0
            found.append((-round(float(inside.mean()), 1), round(float(away), 1), rank, Guess(code, swap)))
    return [entry[3] for entry in sorted(found, key=lambda entry: entry[:3])][:_NAMED]


def explain_each(points: Points, region: Region, crs: CRS) -> NDArray[np.object_]:
    """Return for each row outside the region what it could be instead ('' for nothing), shape (n,).

    Only the everyday slips of single rows are tried: axes swapped, degrees among metres, SWEREF 99 TM.
    """
    labels = np.full(len(points), "", dtype=object)
    slips = (
        (crs.to_string(), True),
        (WGS84, False),
        (WGS84, True),
        ("EPSG:3006", False),
        ("EPSG:3006", True),
    )
    for code, swap in slips:
        fits = region.holds(to_lonlat(points, code, swap=swap)) & (labels == "")
        labels[fits] = Guess(code, swap).line
    return labels


def _area_of(code: str) -> Region:
    area = CRS.from_user_input(_SAME_AREA.get(code, code)).area_of_use
    west, south, east, north = area.bounds if area else (-180.0, -90.0, 180.0, 90.0)
    return Region(west - _AROUND, south - _AROUND, east + _AROUND, north + _AROUND)
