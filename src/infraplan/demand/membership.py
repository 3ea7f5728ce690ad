"""Which zone of each kind each premises lies in, and amounts summed by zone: by code, fast for millions."""

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.demand.coded import CODED
from infraplan.demand.places import Ints, first_inside
from infraplan.layers.faults import faults, gather
from infraplan.tables import ZONE

_COLUMN_OF = {"municipality": "municipality", "locality": "locality", "settlement_class": "settlement_class"}
"""Zone kind -> the column of premises that holds the zone's code."""
_KINDS = ("study", *_COLUMN_OF, *CODED)
"""Kinds of zones with members, in the order of figures; a place only lends its name."""


def assign_zones(premises: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the zone of each kind that each premises lies in.

    Municipality, locality and settlement class are what the premises say. Other zones are looked up by where
    the premises lie; of several around it the first by id counts, and a border belongs to both its sides.

    Returns
    -------
    DataFrame
        Index premises_id, one categorical column a kind that ``zones`` has, its categories the zone_ids of
        that kind in the order of ``zones``; NaN where a premises lies in none.
    """
    kinds = [kind for kind in _KINDS if (zones["kind"] == kind).any()]
    return pd.DataFrame(
        {kind: _assign(premises, zones[zones["kind"] == kind], kind) for kind in kinds}, index=premises.index
    )


def find_unplaced(premises: gpd.GeoDataFrame, membership: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a fault for each kind of zone with a layer of its own that some premises lie in none of.

    Municipalities report theirs as premises are made; most premises lie in no locality.
    """
    parts = []
    for kind, layer in CODED.items():
        outside = membership[kind].isna() if kind in membership.columns else pd.Series(dtype=bool)
        if outside.any():
            households = int(premises["households"].to_numpy()[outside].sum())
            values = {"count": int(outside.sum()), "households": households}
            parts.append(faults("outside_zones", layer, severity="info", values=values))
    return gather(parts, premises.crs)


def sum_by_zone(membership: pd.DataFrame, amounts: pd.DataFrame) -> pd.DataFrame:
    """Return the amounts of premises summed by zone.

    Parameters
    ----------
    membership
        From ``assign_zones``.
    amounts
        Numbers on the same index. Sums are exact for whole numbers that together stay below 2 ** 53; an
        unknown amount makes its zone's sum unknown.

    Returns
    -------
    DataFrame
        Index zone_id: every zone, also those without premises, kind after kind; whole numbers and yes or no
        become int64, others float64.
    """
    parts = [_sum(membership[kind], amounts) for kind in membership.columns]
    sums = pd.concat(parts) if parts else amounts.iloc[:0]
    return sums.set_axis(pd.Index(sums.index, dtype="str", name="zone_id"))


def name_zones(zone_ids: pd.Index, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return ``zone_id``, ``zone_name`` and ``zone_kind`` of each id, in the order of the ids."""
    found = pd.DataFrame(zones.loc[zone_ids, ["name", "kind"]]).reset_index()
    return found.set_axis([column.name for column in ZONE], axis=1)


def _assign(premises: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, kind: str) -> pd.Categorical:
    if kind == "study":
        codes: Ints = np.zeros(len(premises), dtype=np.int64)
    elif kind in _COLUMN_OF:
        codes = _find_codes(premises[_COLUMN_OF[kind]], rows)
    else:
        order = np.argsort(rows.index.to_numpy(dtype=object))
        found = first_inside(premises.geometry.to_numpy(), rows.geometry.to_numpy()[order])
        codes = np.append(order, -1)[found]
    return pd.Categorical.from_codes(codes, categories=rows.index)


def _find_codes(values: pd.Series, rows: gpd.GeoDataFrame) -> Ints:
    """Return the position of the zone that each value is the code of, -1 for none."""
    # Each different code is looked up once: there are hundreds of them, and millions of premises.
    positions, met = pd.factorize(values)
    zone = rows.index.str.partition(":").get_level_values(2).get_indexer(met)
    return np.append(zone, -1)[positions]


def _sum(zone: pd.Series, amounts: pd.DataFrame) -> pd.DataFrame:
    zone_ids = zone.cat.categories
    # Members of no zone are counted in a place of their own, which is then cut off.
    place, count = zone.cat.codes.to_numpy().astype(np.int64) + 1, len(zone_ids)
    sums = {}
    for name, values in amounts.items():
        whole = values.dtype.kind in "biu"
        total = np.bincount(place, values.to_numpy(dtype="float64"), minlength=count + 1)[1:]
        sums[name] = total.astype(np.int64) if whole else total
    return pd.DataFrame(sums, index=zone_ids, columns=amounts.columns)
