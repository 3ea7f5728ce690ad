"""Shares against targets, by zone: four numbers side by side, each holding the one before it."""

from fractions import Fraction
from math import ceil

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study, Target
from infraplan.demand.dasymetric import Ints
from infraplan.tables import STATUSES, UNITS

_LAST_COUNTED = {"access": "orderable", "proximity": "passed_estimated", "planned": "planned"}
"""The least sure status that a target's rule counts; all surer ones count too."""

_COLUMN_OF = {"municipality": "municipality", "locality": "locality", "settlement_class": "settlement_class"}
"""Zone kind -> the column of premises with the zone's code; the study holds all premises."""


def find_reached(premises: gpd.GeoDataFrame, service: pd.DataFrame, target: Target) -> pd.Series:
    """Return whether a target's rule counts each premises: fast enough, and sure enough.

    Access is connected or orderable, proximity also estimated as passed, planned also planned.
    """
    return _rank(premises, service, target) <= STATUSES.index(_LAST_COUNTED[target.counts])


def evaluate_targets(
    premises: gpd.GeoDataFrame, service: pd.DataFrame, zones: gpd.GeoDataFrame, study: Study
) -> pd.DataFrame:
    """Return each target in each zone, counted in households, in workplaces and in both.

    A zone without any of the unit has no share and has not met its target, but misses nothing.
    """
    parts = [
        _describe(_count(premises, _rank(premises, service, target), zones), target, study)
        for target in study.targets
    ]
    nothing: pd.DataFrame = tables.empty(tables.TARGETS)
    return pd.concat(parts, ignore_index=True)[nothing.columns].rename_axis("row") if parts else nothing


def find_missing(premises: gpd.GeoDataFrame, service: pd.DataFrame, target: Target) -> tuple[pd.Index, int]:
    """Return the premises whose units a target's rule does not count yet, and how many it still needs."""
    reached = find_reached(premises, service, target)
    units = premises[target.of.split("+")].sum(axis=1)
    needed = count_missing(int(units.sum()), int(units[reached].sum()), target.share)
    return premises.index[~reached & (units > 0)], needed


def count_missing(base: int, reached: int, share: float) -> int:
    """Return how many more must be reached for a share of a base.

    The share is taken as it is written: 0.95 of 20 is 19, whatever 0.95 is in binary.

    >>> count_missing(20, 18, 0.95)
    1
    """
    return max(0, ceil(Fraction(str(share)) * base) - reached)


def _rank(premises: gpd.GeoDataFrame, service: pd.DataFrame, target: Target) -> pd.Series:
    """Return each premises' surest status at the target's speed, a position in STATUSES; past it for none."""
    fast = service[service["down_mbps"] >= target.down_mbps]
    rank = (
        fast["status"].map({status: position for position, status in enumerate(STATUSES)}).astype("float64")
    )
    best: pd.Series = rank.groupby(fast["premises_id"]).min().reindex(premises.index)
    return best.fillna(len(STATUSES)).astype("int64")


def _count(premises: gpd.GeoDataFrame, rank: pd.Series, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a row a zone and unit, in the order of the zones: the four numbers, and the base."""
    amounts = premises[["households", "workplaces"]].assign(rank=rank)
    amounts["households+workplaces"] = amounts["households"] + amounts["workplaces"]
    names = [*STATUSES, "base"]
    every = pd.MultiIndex.from_product([UNITS, range(len(names))])
    parts: list[pd.DataFrame] = []
    for kind, of_kind in zones[zones["kind"].isin(["study", *_COLUMN_OF])].groupby("kind", sort=False):
        column = _COLUMN_OF.get(str(kind))
        amounts["code"] = premises[column] if column else ""
        codes = of_kind.index.str.partition(":").get_level_values(2)
        sums = amounts.pivot_table(index="code", columns="rank", values=list(UNITS), aggfunc="sum")
        sums = sums.reindex(index=codes, columns=every).fillna(0).astype("int64").set_axis(of_kind.index)
        for unit in UNITS:
            numbers = sums[unit].cumsum(axis=1).set_axis(names, axis=1)
            parts.append(numbers.assign(unit=unit, zone_name=of_kind["name"], zone_kind=kind))
    counted = pd.concat(parts).rename_axis("zone_id").reset_index()
    order: Ints = np.lexsort((counted["unit"].map(UNITS.index), zones.index.get_indexer(counted["zone_id"])))
    return counted.iloc[order]


def _describe(counted: pd.DataFrame, target: Target, study: Study) -> pd.DataFrame:
    """Hold the numbers against a target."""
    base, reached = counted["base"], counted[_LAST_COUNTED[target.counts]]
    missing = [count_missing(b, r, target.share) for b, r in zip(base, reached, strict=True)]
    return counted.assign(
        target=target.name,
        decides=counted["unit"] == target.of,
        counts=target.counts,
        down_mbps=target.down_mbps,
        passed_m=study.coverage.passed_m,
        reached=reached,
        share=(reached / base).where(base > 0),
        target_share=target.share,
        missing=missing,
        met=(base > 0) & (np.array(missing) == 0),
    )
