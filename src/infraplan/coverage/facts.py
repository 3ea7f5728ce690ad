"""What is known of each premises in one row: what own indicators and breakdowns are asked of."""

from collections.abc import Iterable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

_WAYS = {"km": ("nearest_m", 1_000.0), "min": ("nearest_min", 1.0), "second_km": ("second_m", 1_000.0)}
"""What is told of the way to a service -> a column of DISTANCES, and by what it is divided."""
_ZONES = ("deso", "district", "area")
"""Kinds of zones whose code is no column of the premises yet."""


def build_facts(
    premises: gpd.GeoDataFrame,
    membership: pd.DataFrame,
    white_spots: gpd.GeoDataFrame,
    tables: Mapping[str, pd.DataFrame],
    *,
    services: Iterable[str] = (),
) -> gpd.GeoDataFrame:
    """Return the premises with what the tables of a row or more a premises know of them.

    Parameters
    ----------
    tables
        By name, those that there are: ``best``, ``mobile_premises``, ``distances``.
    services
        Asked about, whether or not distances to them are known: a rule may name them.

    Returns
    -------
    GeoDataFrame
        The columns of PREMISES; the codes of further zones (``deso``, …); ``white_spot``; the columns of BEST
        and MOBILE_PREMISES; for each service ``grocery_km``, ``grocery_min``, ``grocery_second_km``, … NaN
        where there is no way, or where nothing is known of any.
    """
    parts: list[pd.DataFrame] = [pd.DataFrame(premises.drop(columns=premises.geometry.name))]
    parts.append(
        pd.DataFrame({kind: _codes(membership[kind]) for kind in _ZONES if kind in membership.columns})
    )
    parts.append(pd.DataFrame({"white_spot": premises.index.isin(white_spots.index)}, index=premises.index))
    parts += [tables[name].reindex(premises.index) for name in ("best", "mobile_premises") if name in tables]
    if "distances" in tables:
        parts.append(_widen(tables["distances"], premises.index, services))
    facts = pd.concat([part for part in parts if len(part.columns)], axis=1)
    return gpd.GeoDataFrame(facts, geometry=premises.geometry, crs=premises.crs)


def _codes(zones: pd.Series) -> pd.Series:
    """Return the codes of zones, ``""`` for none."""
    return zones.astype("str").str.partition(":")[2].fillna("").astype("str")


def _widen(distances: pd.DataFrame, premises_ids: pd.Index, services: Iterable[str]) -> pd.DataFrame:
    """Return three columns a service of a table with a row a premises and service, and for ``services``."""
    columns = {
        f"{service}_{name}": np.full(len(premises_ids), np.nan) for service in services for name in _WAYS
    }
    for service, rows in distances.groupby("service", sort=False, observed=True):
        place = premises_ids.get_indexer(pd.Index(rows["premises_id"]))
        for name, (source, unit) in _WAYS.items():
            values = np.full(len(premises_ids), np.nan)
            values[place[place >= 0]] = rows[source].to_numpy()[place >= 0] / unit
            columns[f"{service}_{name}"] = values
    return pd.DataFrame(columns, index=premises_ids)
