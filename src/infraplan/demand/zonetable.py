"""What the zones of all kinds have in common: their rows, and where two of a kind overlap."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike
from shapely.geometry.base import BaseGeometry

from infraplan.demand.places import Ints, Shapes, nearest

NOISE_M2 = 1.0
"""Neighbours whose common border is not the same line corner by corner overlap by less than this, …"""
_NOISE_M = 0.1
"""… or by less than this across, along a border of kilometres."""
_PREFIX = {"study": "", "settlement_class": "class:"}


def make_zones(
    codes: Sequence[str],
    names: Sequence[str],
    kind: str,
    shapes: Sequence[BaseGeometry],
    *,
    population: ArrayLike = np.nan,
) -> pd.DataFrame:
    """Return the zones of one kind, with ids that begin with it, and settlement unsaid."""
    prefix = _PREFIX.get(kind, f"{kind}:")
    return pd.DataFrame(
        {
            "name": pd.Series(list(names), dtype="str"),
            "kind": pd.Series([kind] * len(codes), dtype="str"),
            "population": np.broadcast_to(np.asarray(population, dtype="float64"), len(codes)),
            "settlement_class": pd.Series([""] * len(codes), dtype="str"),
            "class_known": True,
            "geometry": pd.Series(list(shapes), dtype="object"),
        }
    ).set_axis(pd.Index([prefix + code for code in codes], dtype="str", name="zone_id"))


def find_overlaps(zones: gpd.GeoDataFrame) -> tuple[Ints, Ints, Shapes]:
    """Return the positions of each two zones that overlap by more than noise, and what they share."""
    shapes = zones.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.intersection(shapes[one], shapes[other])
    area, around = shapely.area(shared), shapely.length(shared)
    real = (area > NOISE_M2) & (2 * area > _NOISE_M * around)
    order = np.lexsort((other[real], one[real]))
    return one[real][order], other[real][order], shared[real][order]


def name_nearest(shapes: Shapes, zones: gpd.GeoDataFrame) -> list[str]:
    """Return the locality or other named place nearest to each shape, "" where there is none."""
    places = zones[zones["kind"].isin(["locality", "place"]) & (zones["name"] != "")].sort_index()
    found = nearest(shapes, places.geometry.to_numpy(), reach_m=np.inf)
    return [str(name) for name in np.append(places["name"].to_numpy(object), "")[found]]
