"""Land by what covers it: exactly from areas, by counting cells where there are rasters too.

Land is what lies in the zones and in no area of the layer ``water``. Square metres are those of the study's
plane: shares hardly feel that its scale differs by some tenths of a per cent.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely
from shapely import GeometryType

from infraplan.coverage.mobile_cells import count_cells
from infraplan.coverage.mobile_maps import Floats, Ints, Maps, Shapes
from infraplan.layers.mobile_rules import Ranks
from infraplan.spatial import AreaIndex

_CORNERS = 10_000
"""Corners of the areas in a box beyond which it is halved: drawing faces takes more than linear time."""
_LEAST_M = 100.0
"""Boxes are not halved below this."""


class Land(NamedTuple):
    """Parts of the land in no order; shapes (parts,), of ranks (keys, parts)."""

    zone: Ints
    area_m2: Floats
    ranks: Ranks


def measure_land(maps: Maps, zones: AreaIndex, water: Shapes) -> Land:
    """Return the land inside the zones, by zone and class of each map.

    Parameters
    ----------
    zones
        Areas that the land is parted by; of several around a place the first counts.
    water
        Areas that are no land.
    """
    nothing = Land(np.empty(0, np.int64), np.empty(0), np.empty((len(maps.keys), 0), np.int8))
    if not len(zones):
        return nothing
    if maps.rasters:
        return Land(*count_cells(maps, zones.areas, water))
    parts = list(_find_faces(maps, zones.areas, water))
    return Land(*(np.concatenate(columns, axis=-1) for columns in zip(nothing, *parts, strict=True)))


def _find_faces(maps: Maps, zones: Shapes, water: Shapes) -> Iterator[Land]:
    """Yield the faces that all borders together draw, box by box."""
    shapes = np.concatenate([zones, water, maps.areas.areas])
    parts, shape = shapely.get_parts(shapes, return_index=True)
    boxes = [(shapely.total_bounds(zones), parts, shape)]
    while boxes:
        bounds, parts, shape = boxes.pop()
        parts, shape = _clip(parts, shape, bounds)
        if not (shape < len(zones)).any():
            continue
        sides = bounds[2:] - bounds[:2]
        if shapely.get_num_coordinates(parts).sum() > _CORNERS and sides.max() > _LEAST_M:
            boxes += [(half, parts, shape) for half in _halve(bounds)]
        else:
            yield _measure_faces(parts, shape, bounds, maps, (len(zones), len(water)))


def _halve(bounds: Floats) -> list[Floats]:
    axis = int(np.argmax(bounds[2:] - bounds[:2]))
    middle = (bounds[axis] + bounds[axis + 2]) / 2
    low, high = bounds.copy(), bounds.copy()
    low[axis + 2] = high[axis] = middle
    return [low, high]


def _clip(parts: Shapes, shape: Ints, bounds: Floats) -> tuple[Shapes, Ints]:
    """Return the parts of polygons in a box, with the shape that each is of."""
    box = shapely.box(*bounds)
    near = np.flatnonzero(shapely.intersects(box, parts))
    cut, own = shapely.get_parts(shapely.intersection(parts[near], box), return_index=True)
    is_area = shapely.get_type_id(cut) == GeometryType.POLYGON
    return cut[is_area], shape[near][own[is_area]]


def _measure_faces(parts: Shapes, shape: Ints, bounds: Floats, maps: Maps, counts: tuple[int, int]) -> Land:
    """Return the faces in a box that are land of a zone; ``counts``: how many zones and waters come first."""
    lines = shapely.union_all(np.append(shapely.boundary(parts), shapely.boundary(shapely.box(*bounds))))
    faces = shapely.get_parts(shapely.polygonize([lines]))
    part, face = shapely.STRtree(shapely.point_on_surface(faces)).query(parts, predicate="intersects")
    of, (zones, waters) = shape[part], counts
    zone = np.full(len(faces), zones, dtype=np.int64)
    is_zone, is_water, is_map = of < zones, (of >= zones) & (of < zones + waters), of >= zones + waters
    np.minimum.at(zone, face[is_zone], of[is_zone])
    zone[face[is_water]] = zones
    ranks = np.zeros((len(maps.keys), len(faces)), dtype=np.int8)
    area = of[is_map] - zones - waters
    np.maximum.at(ranks, (maps.area_key[area], face[is_map]), maps.area_rank[area])
    land = zone < zones
    return Land(zone[land], shapely.area(faces[land]), ranks[:, land])
