"""What is lost if a place of service closes: who has it as the nearest, and how far they then have."""

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.demand.quantiles import find_quantiles
from infraplan.network.lines import Floats, Ints
from infraplan.services.distance import Ways
from infraplan.services.roads import MM_PER_M
from infraplan.services.shares import M_PER_KM

_HALF = 50
_LISTED = 5
"""So many premises are named that lose most."""


def evaluate_closures(
    ways: dict[str, Ways], premises: gpd.GeoDataFrame, places: gpd.GeoDataFrame, study: Study
) -> pd.DataFrame:
    """Return what closing each place would mean, all others staying.

    A place's catchment is whose nearest it is. They then have as far as to the second nearest, or reach none:
    those are stranded, and further away than all others. Newly beyond are households that have at most
    ``[services] far_km`` now and not then, stranded ones among them. What is added is counted for those who
    still reach one.

    Parameters
    ----------
    ways
        From ``find_distances``, with positions in ``places``.

    Returns
    -------
    DataFrame
        Contract CLOSURES: services in the study's order, in each the places that cost households the longest
        added ways first. Several points at one place close together. Places outside of the study that are
        nearest for nobody are left out.
    """
    parts = [
        _close(found, premises, places[places["service"] == service], places, study.services.far_km)
        for service, found in ways.items()
        if service != tables.TOWN
    ]
    nothing: pd.DataFrame = tables.empty(tables.CLOSURES)
    if not any(map(len, parts)):
        return nothing
    whole = pd.concat(parts, ignore_index=True)
    return whole[nothing.columns].rename_axis("row")


def _close(
    ways: Ways, premises: gpd.GeoDataFrame, rows: gpd.GeoDataFrame, places: gpd.GeoDataFrame, far_km: float
) -> pd.DataFrame:
    """Return the closures of one service."""
    count = len(rows)
    number = np.full(len(places) + 1, -1)
    number[places.index.get_indexer(rows.index)] = np.arange(count)
    who = np.flatnonzero(ways.place[:, 0] >= 0)
    of = number[ways.place[who, 0]]
    households = premises["households"].to_numpy(np.int64)[who]
    now, then = ways.metres[who].T / M_PER_KM
    # Of whole millimetres: who loses the same loses equally.
    added = np.rint((then - now) * M_PER_KM * MM_PER_M) / MM_PER_M / M_PER_KM
    added = np.where(np.isnan(then), np.inf, added)
    stays = np.isfinite(added)

    def add_up(amounts: Ints) -> Ints:
        return np.bincount(of, amounts, minlength=count).astype(np.int64)

    further = np.bincount(of[stays], households[stays] * added[stays], minlength=count).astype(np.float64)

    most = np.full(count, -np.inf)
    np.maximum.at(most, of[stays], added[stays])
    beyond = (now <= far_km) & ~(then <= far_km)
    table = pd.DataFrame(
        {
            "service": rows["service"].to_numpy(),
            "point_id": rows.index.to_numpy(),
            "name": rows["name"].to_numpy(),
            "municipality": rows["municipality"].to_numpy(),
            "premises": np.bincount(of, minlength=count),
            "households": add_up(households),
            "median_added_km": find_quantiles(of, added, households, _HALF, count=count),
            "most_added_km": most,
            "household_km": further,
            "stranded": add_up(households * ~stays),
            "beyond_km": far_km,
            "newly_beyond": add_up(households * beyond),
            "hit_hardest": _list_hardest(of, added, households, premises.index.to_numpy(object)[who], count),
        }
    ).replace([np.inf, -np.inf], np.nan)
    table = table[(table["premises"] > 0) | (table["municipality"] != "")]
    order = np.lexsort((table["point_id"], -table["stranded"], -table["household_km"]))
    return table.iloc[order]


def _list_hardest(of: Ints, added: Floats, households: Ints, ids: object, count: int) -> pd.Series:
    """Return for each place those that lose most: stranded ones first, of equals the most households."""
    names = np.asarray(ids, dtype=object)
    order = np.lexsort((names, -households, -added, of))
    rank = np.arange(len(order)) - np.searchsorted(of[order], of[order])
    listed = order[rank < _LISTED]
    joined = pd.Series(names[listed], dtype="object").groupby(of[listed]).agg(", ".join)
    return joined.reindex(range(count), fill_value="").astype("str")
