"""Which premises the rows of an operator's list are about: by id where they say one, else by position."""

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from infraplan.demand.dasymetric import Floats
from infraplan.demand.places import Ints


def match_premises(table: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, *, reach_m: float) -> Ints:
    """Return the position of the premises of each row, -1 for none.

    A row without a known ``premises_id`` belongs to the nearest premises within reach. Premises in the very
    same place, such as flats, take the rows there in turn, in the order of their ids.
    """
    found: Ints = premises.index.get_indexer(table["premises_id"]).astype(np.int64)
    shapes = table.geometry
    placed = np.flatnonzero(
        (found < 0) & (shapes.geom_type == "Point").to_numpy() & ~shapes.is_empty.to_numpy()
    )
    if not len(placed) or not len(premises):
        return found
    sites, site_of = np.unique(_coordinates(premises.geometry), axis=0, return_inverse=True)
    residents, first, size = _residents(premises.index, site_of, len(sites))
    reach = np.nextafter(reach_m, np.inf)
    _, site = cKDTree(sites).query(_coordinates(shapes.iloc[placed]), distance_upper_bound=reach)
    near = site < len(sites)
    placed, site = placed[near], site[near]
    turn = pd.Series(site).groupby(site).cumcount().to_numpy()
    found[placed] = residents[first[site] + turn % size[site]]
    return found


def _residents(ids: pd.Index, site_of: Ints, count: int) -> tuple[Ints, Ints, Ints]:
    """Return premises by site and id, with where each site begins and how many it has."""
    residents = np.lexsort((ids.argsort().argsort(), site_of))
    size = np.bincount(site_of, minlength=count)
    return residents, np.cumsum(size) - size, size


def _coordinates(points: gpd.GeoSeries) -> Floats:
    return np.column_stack([points.x, points.y])
