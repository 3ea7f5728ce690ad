"""Where digital service would replace the longest journeys, and whether it can."""

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.config import Study
from infraplan.services.shares import M_PER_KM
from infraplan.tables import TOWN

_UNKNOWN = -1
_NO_SERVICE = "no_service"


def find_digital(
    premises: gpd.GeoDataFrame,
    distances: pd.DataFrame,
    best: pd.DataFrame,
    mobile_premises: pd.DataFrame | None,
    study: Study,
) -> gpd.GeoDataFrame:
    """Return the premises where people live who have far to some service, with what they are served by.

    Far is further than ``[services] far_km`` by road, or not to be reached by road at all; services of which
    the study has no point are far from nobody, and those of ``[services] not_digital``, and towns, are left
    out: no connection replaces that journey. Digital service can replace the journey where a reliable fixed
    speed of ``[services] digital_mbps`` is there or can be ordered; mobile coverage stands beside it.

    Parameters
    ----------
    distances
        Contract DISTANCES.
    best
        Contract BEST.
    mobile_premises
        Contract MOBILE_PREMISES, None where the study knows nothing of mobile coverage.

    Returns
    -------
    GeoDataFrame
        Contract DIGITAL, by need: those first who cannot, then by the longest journey (who can reach none
        first), by how many services are far, by households.
    """
    service = distances["service"].astype("str")
    taken_along = service.isin([TOWN, *study.services.not_digital])
    asked = distances[((distances["reason"] != _NO_SERVICE) & ~taken_along).to_numpy()]
    row = premises.index.get_indexer(pd.Index(asked["premises_id"].astype("str")))
    km = asked["nearest_m"].to_numpy() / M_PER_KM
    lived_in = (premises["households"] > 0).to_numpy()
    far = np.flatnonzero(~(km <= study.services.far_km) & lived_in[row])
    row, length = row[far], np.where(np.isnan(km[far]), np.inf, km[far])
    names = asked["service"].astype("str").to_numpy(object)[far]
    # The first of equally far services counts: they come in the study's order.
    order = np.lexsort((np.arange(len(row)), -length, row))
    who, first = np.unique(row[order], return_index=True)
    chosen = premises.iloc[who]
    fixed = best["reliable_mbps"].reindex(chosen.index).fillna(0.0).to_numpy(np.float64)
    table = gpd.GeoDataFrame(
        {
            **{name: chosen[name] for name in ("municipality", "settlement_class", "households")},
            "service": pd.Series(names[order][first], index=chosen.index, dtype="str"),
            "nearest_km": length[order][first],
            "services_far": np.bincount(row, minlength=len(premises))[who],
            "fixed_mbps": fixed,
            "mobile_operators": _count_operators(mobile_premises, chosen.index),
            "can": fixed >= study.services.digital_mbps,
        },
        geometry=chosen.geometry,
        crs=premises.crs,
    )
    need = (-table["households"], -table["services_far"], -table["nearest_km"], table["can"])
    table = table.iloc[np.lexsort((table.index.to_numpy(object), *need))]
    return table.assign(nearest_km=table["nearest_km"].replace(np.inf, np.nan)).rename_axis("premises_id")


def _count_operators(mobile: pd.DataFrame | None, ids: pd.Index) -> pd.Series:
    if mobile is None:
        return pd.Series(_UNKNOWN, index=ids, dtype="int64")
    return mobile["operators"].reindex(ids).fillna(_UNKNOWN).astype("int64")
