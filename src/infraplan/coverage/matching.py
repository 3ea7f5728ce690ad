"""Which premises the rows of an operator's list are about: by id where they say one, else by position."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import spatial
from infraplan.coverage.counting import find_positions
from infraplan.demand.dasymetric import Floats
from infraplan.demand.places import Ints

_POINT = 0
"""shapely's number of points."""


def match_premises(table: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, *, reach_m: float) -> Ints:
    """Return the position of the premises of each row, -1 for none.

    A row without a known ``premises_id`` belongs to the nearest premises within reach, of equally near ones
    to the first. Premises in the very same place, such as flats, take the rows there in turn, in the order of
    their ids.
    """
    found = find_positions(table["premises_id"], premises.index)
    shapes = table.geometry.to_numpy()
    placed = np.flatnonzero((found < 0) & (shapely.get_type_id(shapes) == _POINT) & ~shapely.is_empty(shapes))
    if not len(placed) or not len(premises):
        return found
    xy = shapely.get_coordinates(premises.geometry.to_numpy())
    nearest, _ = spatial.find_nearest(shapely.get_coordinates(shapes[placed]), xy, reach_m)
    near = nearest >= 0
    found[placed[near]] = _take_turns(nearest[near], xy, premises.index)
    return found


def _take_turns(found: Ints, xy: Floats, ids: pd.Index) -> Ints:
    """Return whose turn it is, of those in the very same place as what each row found."""
    # A place as one number: a country's five million pairs would have to be sorted.
    places = np.ascontiguousarray(xy + 0.0).view(np.complex128).ravel()
    place = pd.factorize(places)[0]
    size = np.bincount(place)
    several = np.flatnonzero(size[place] > 1)
    # Those who share a place, place by place and by id; most have a place of their own.
    by_id = several[ids[several].argsort()]
    residents = by_id[np.argsort(place[by_id], kind="stable")]
    shared = np.where(size > 1, size, 0)
    first = np.cumsum(shared) - shared
    turns = np.flatnonzero(size[place[found]] > 1)
    at = place[found[turns]]
    turn = pd.Series(at).groupby(at).cumcount().to_numpy()
    whose = found.copy()
    whose[turns] = residents[first[at] + turn % size[at]]
    return whose
