"""White spots drawn as areas that leave out their served neighbours."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from infraplan import tables
from infraplan.config import Study
from infraplan.demand.dasymetric import Floats
from infraplan.demand.places import Shapes
from infraplan.demand.zonetable import name_nearest

_QUARTER = 8
"""Corners of a quarter circle."""
_SAME_PLACE_M = 1e-3


def build_areas(
    white_spots: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, study: Study
) -> gpd.GeoDataFrame:
    """Return one area a chain of white spots.

    Half of ``gaps.chain_m`` around each white premises, so that a chain hangs together and different chains
    keep apart; without half of the way from each other premises to the nearest white one. So every white
    premises is inside, and no other, unless it lies in the very same place.
    """
    crs = study.study.crs
    if white_spots.empty:
        return tables.empty(tables.WHITE_SPOT_AREAS, crs)
    reach_m = study.gaps.chain_m / 2.0
    groups = white_spots.groupby("white_spot_id", sort=True)
    holes = _holes(white_spots, premises, reach_m)
    shapes = [_shape(group.geometry.to_numpy(), holes.get(str(name)), reach_m) for name, group in groups]
    table = (
        groups[["households", "workplaces"]]
        .sum()
        .assign(premises=groups.size().astype("int64"), municipality=_municipality(white_spots))
    )
    areas = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
    areas["name"] = name_areas(areas, zones)
    return areas[[*tables.WHITE_SPOT_AREAS.names, "geometry"]]


def _holes(white_spots: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, reach_m: float) -> dict[str, Shapes]:
    """Return the circles around other premises to be left out of each area."""
    others = premises[~premises.index.isin(white_spots.index)]
    if others.empty:
        return {}
    points = others.geometry.to_numpy()
    # In the very same place nothing can be kept apart: the area then holds both.
    away, white = cKDTree(_xy(white_spots)).query(_xy(others), distance_upper_bound=reach_m)
    near = (away > _SAME_PLACE_M) & np.isfinite(away)
    circles = pd.Series(shapely.buffer(points[near], away[near] / 2.0, quad_segs=_QUARTER))
    names = white_spots["white_spot_id"].to_numpy()[white[near]]
    return {str(name): group.to_numpy() for name, group in circles.groupby(names)}


def _shape(points: Shapes, holes: Shapes | None, reach_m: float) -> shapely.Geometry:
    # A union of circles: the buffer of a multipoint took a hundred times as long for a town.
    area = shapely.union_all(shapely.buffer(points, reach_m, quad_segs=_QUARTER))
    return area if holes is None else area.difference(shapely.union_all(holes))


def _municipality(white_spots: gpd.GeoDataFrame) -> pd.Series:
    """Return the municipality with most white premises of each area, the lowest code of equals."""
    counts = white_spots.groupby(["white_spot_id", "municipality"]).size().rename("count").reset_index()
    first = counts.sort_values(["white_spot_id", "count", "municipality"], ascending=[True, False, True])
    most: pd.Series = first.drop_duplicates("white_spot_id").set_index("white_spot_id")["municipality"]
    return most.astype("str")


def name_areas(areas: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.Series:
    """Return each area's nearest named place; without any, the municipality; without that, its own id."""
    near = name_nearest(areas.geometry.to_numpy(), zones)
    around = [zones["name"].get(f"municipality:{code}", "") for code in areas["municipality"]]
    names = [a or b or c for a, b, c in zip(near, around, areas.index, strict=True)]
    return pd.Series(names, index=areas.index, dtype="str")


def _xy(table: gpd.GeoDataFrame) -> Floats:
    return np.column_stack([table.geometry.x, table.geometry.y])
