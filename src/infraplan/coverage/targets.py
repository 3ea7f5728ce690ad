"""Shares against targets, by zone: four numbers side by side, each holding the one before it."""

from fractions import Fraction
from math import ceil

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study, Target
from infraplan.coverage.counting import Bytes, find_positions, group_premises, rank_statuses, sum_groups
from infraplan.demand.membership import name_zones, sum_by_zone
from infraplan.demand.places import Ints
from infraplan.tables import STATUSES, UNITS

LAST_COUNTED = {"access": "orderable", "proximity": "passed_estimated", "planned": "planned"}
"""The least sure status that a target's rule counts; all surer ones count too."""


def find_reached(premises: gpd.GeoDataFrame, service: pd.DataFrame, target: Target) -> pd.Series:
    """Return whether a target's rule counts each premises: fast enough, and sure enough.

    Access is connected or orderable, proximity also estimated as passed, planned also planned and decided.
    """
    rank = _Ranks(premises.index, service).at(target.down_mbps)
    return pd.Series(rank <= STATUSES.index(LAST_COUNTED[target.counts]), index=premises.index)


def evaluate_targets(
    premises: gpd.GeoDataFrame,
    service: pd.DataFrame,
    membership: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    study: Study,
) -> pd.DataFrame:
    """Return each target in each zone, counted in households, in workplaces and in both.

    A zone without any of the unit has no share and has not met its target, but misses nothing. Plans count
    where they are decided. Rows of service of premises that are not in the table count for nothing.

    Parameters
    ----------
    premises, service, zones
        The tables PREMISES, SERVICE and ZONES.
    membership
        From ``demand.assign_zones``: the zones of every kind that there is one of, in the order of ``zones``.
    study
        For its targets, and the distance of its estimate.
    """
    nothing: pd.DataFrame = tables.empty(tables.TARGETS)
    if not study.targets:
        return nothing
    ranks = _Ranks(premises.index, service)
    group, first = group_premises(membership)
    units = [premises[name].to_numpy(dtype=np.int64) for name in ("households", "workplaces")]
    parts = []
    for target in study.targets:
        # One place a group and rank: the last rank of a group is what nothing counts.
        place = group * len(_NUMBERS) + ranks.at(target.down_mbps)
        sums = sum_groups(place, len(first) * len(_NUMBERS), units)
        by_rank = sums.reshape(len(first), len(_NUMBERS), 2).cumsum(axis=1)
        parts.append(_describe(_count(by_rank, membership.iloc[first], zones), target, study))
    return pd.concat(parts, ignore_index=True)[nothing.columns].rename_axis("row")


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


_NUMBERS = (*STATUSES, "base")


class _Ranks:
    """The surest status of each premises at any speed; rows of service are looked up once."""

    def __init__(self, premises: pd.Index, service: pd.DataFrame) -> None:
        self._count = len(premises)
        self._position = find_positions(service["premises_id"], premises)
        self._rank = rank_statuses(service)
        self._speed = service["down_mbps"].to_numpy()

    def at(self, down_mbps: float) -> Bytes:
        """Return a position in STATUSES for each premises; past the last for none."""
        best = np.full(self._count, len(STATUSES), dtype=np.int8)
        # An unknown speed is never fast enough.
        fast = (self._speed >= down_mbps) & (self._position >= 0)
        np.minimum.at(best, self._position[fast], self._rank[fast])
        return best


def _count(by_rank: Ints, members: pd.DataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a row a zone and unit, in the order of the zones: the four numbers, and the base."""
    households, workplaces = by_rank[:, :, 0], by_rank[:, :, 1]
    every = np.hstack([households, workplaces, households + workplaces])
    sums = sum_by_zone(members, pd.DataFrame(every, index=members.index))
    sums = sums.loc[zones.index[zones.index.isin(sums.index)]]
    numbers = pd.DataFrame(sums.to_numpy().reshape(-1, len(_NUMBERS)), columns=list(_NUMBERS))
    named = name_zones(sums.index.repeat(len(UNITS)), zones)
    return pd.concat([named, numbers], axis=1).assign(unit=np.tile(UNITS, len(sums)))


def _describe(counted: pd.DataFrame, target: Target, study: Study) -> pd.DataFrame:
    """Hold the numbers against a target."""
    base, reached = counted["base"], counted[LAST_COUNTED[target.counts]]
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
