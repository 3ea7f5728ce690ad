"""How far households have to service, by zone: shares within distances, medians, the furthest."""

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.demand.membership import name_zones
from infraplan.demand.quantiles import find_quantiles
from infraplan.network.lines import Ints
from infraplan.services.distance import REASONS, Ways

M_PER_KM = 1_000.0
_HALF, _MOST = 50, 90
"""Per cent of the households."""


def count_shares(
    ways: dict[str, Ways],
    premises: gpd.GeoDataFrame,
    membership: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    study: Study,
) -> pd.DataFrame:
    """Return how many households of each zone have each service within each distance of the study.

    Households that cannot reach it by road are in the base and within no distance: medians count them as
    further away than all others, and are NaN where they fall on them. Of services without a point nothing is
    known: they have no rows.

    Parameters
    ----------
    ways
        From ``find_distances``, of the premises.
    membership
        From ``demand.assign_zones``.

    Returns
    -------
    DataFrame
        Contract SERVICE_SHARES: zones in their order, in each the services, in each the distances.
    """
    households = premises["households"].to_numpy(np.int64)
    lived_in = np.flatnonzero(households > 0)
    parts = [
        _count(found, service, households, lived_in, membership[kind], study.services.within_km)
        for kind in membership.columns
        for service, found in ways.items()
        if not (found.reason == REASONS.index("no_service")).any()
    ]
    nothing: pd.DataFrame = tables.empty(tables.SERVICE_SHARES)
    counted = pd.concat(parts, ignore_index=True) if parts else nothing
    if not len(counted):
        return nothing
    order = np.lexsort((np.arange(len(counted)), zones.index.get_indexer(counted["zone_id"])))
    named = name_zones(pd.Index(counted["zone_id"]), zones)
    whole = pd.concat([named.set_axis(counted.index), counted.drop(columns="zone_id")], axis=1).iloc[order]
    return whole[nothing.columns].reset_index(drop=True).rename_axis("row")


def _count(
    ways: Ways,
    service: str,
    households: Ints,
    lived_in: Ints,
    member: pd.Series,
    within_km: tuple[float, ...],
) -> pd.DataFrame:
    """Return a row a zone of a kind and distance, for one service."""
    ids, zone = member.cat.categories, member.cat.codes.to_numpy()[lived_in].astype(np.int64)
    count, weights = len(ids), households[lived_in]
    known = ~np.isnan(ways.metres[lived_in, 0])
    km = np.where(known, ways.metres[lived_in, 0] / M_PER_KM, np.inf)
    minutes = np.where(known, ways.minutes[lived_in, 0], np.inf)

    def add_up(chosen: "np.typing.NDArray[np.bool_]") -> Ints:
        sums = np.bincount(zone[chosen] + 1, weights[chosen], minlength=count + 1)
        return sums[1:].astype(np.int64)

    furthest = np.full(count + 1, -np.inf)
    np.maximum.at(furthest, zone[known], km[known])
    of_zone = pd.DataFrame(
        {
            "zone_id": pd.Series(ids, dtype="str"),
            "service": pd.Series([service] * count, dtype="str"),
            "households": add_up(np.ones(len(zone), np.bool_)),
            "unreached": add_up(~known),
            "median_km": find_quantiles(zone, km, weights, _HALF, count=count),
            "p90_km": find_quantiles(zone, km, weights, _MOST, count=count),
            "furthest_km": furthest[:count],
            "median_min": find_quantiles(zone, minutes, weights, _HALF, count=count),
        }
    ).replace([np.inf, -np.inf], np.nan)
    rows = of_zone.loc[np.repeat(np.arange(count), len(within_km))].reset_index(drop=True)
    within = np.stack([add_up(km <= limit) for limit in within_km], axis=1).ravel()
    share = (within / rows["households"]).where(rows["households"] > 0)
    return rows.assign(within_km=np.tile(within_km, count), within=within, share=share)
