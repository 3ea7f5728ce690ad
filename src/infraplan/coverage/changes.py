"""A change between two years split by what brought it: building, new premises, definitions, corrections."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan import tables
from infraplan.config import Study, Target
from infraplan.coverage.counting import find_positions
from infraplan.coverage.published import PARTS
from infraplan.coverage.series import COUNTS_OF, OWN_KINDS
from infraplan.demand.membership import name_zones
from infraplan.demand.places import Ints
from infraplan.tables import CHANGED, COUNTS, STATUSES

ORDER = ("start", "corrections", "new_premises", "built", "definition", "end")
"""Parts in the order in which they are taken.

First the earlier data are put right, then premises come and go, then networks are built, and last the
definition moves: after each step there are people somewhere, some of whom are reached.
"""

Bools = NDArray[np.bool_]


def split_change(
    before: pd.DataFrame,
    redone: pd.DataFrame,
    now: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    study: Study,
    *,
    from_year: int,
) -> pd.DataFrame:
    """Split the change of each target in each zone since an earlier run into what brought it.

    Of premises in both runs, what is counted at them and where is put right first (``corrections``, with
    reached ones that no longer are); those that are reached now and were not are ``built``, counted as today.
    So what is built adds no base, and the municipalities add up to the study. Premises that came or went are
    ``new_premises``. What the same premises and data make of other definitions is ``definition``.

    Parameters
    ----------
    before, redone, now
        By premises_id: ``households``, ``workplaces``, ``municipality``, ``settlement_class`` (codes), and
        the best speed of each status (``connected_mbps``, …). The earlier run as it was; today's premises and
        data by its definitions; today's by today's.
    zones
        ZONES: the study, municipalities and settlement classes are told of.
    study
        For its targets, and the year of this run.
    from_year
        Year of the earlier run.

    Returns
    -------
    DataFrame
        CHANGED, the parts in the order ``ORDER``: start and all reasons add up to end. The share of a reason
        is what the share changes by when it is taken in that order. A step to nobody changes no share, the
        step back all of it; where the start or the end counts nobody there is no change of the share (NaN).
    """
    nothing: pd.DataFrame = tables.empty(CHANGED)
    asked = zones.index[zones["kind"].isin(OWN_KINDS)]
    if not study.targets or not len(asked):
        return nothing
    runs = _Runs(*(_State(table, asked) for table in (before, redone, now)))
    parts = [
        _describe(runs.split(target), target, name_zones(asked, zones)).assign(
            from_year=from_year, to_year=study.study.year
        )
        for target in study.targets
    ]
    return pd.concat(parts, ignore_index=True)[nothing.columns].rename_axis("row")


class _State:
    """Premises as a run has them: in which zones, how many, how fast."""

    def __init__(self, table: pd.DataFrame, zones: pd.Index) -> None:
        self.table = table
        columns = {"municipality": "municipality", "settlement_class": "class"}
        self._zones = [_find_zones(table[column], prefix, zones) for column, prefix in columns.items()]
        self._zones.append(np.full(len(table), zones.get_indexer(pd.Index(["study"]))[0]))
        self._count = len(zones)

    def count_units(self, target: Target) -> Ints:
        """Return how many of the target's units there are at each premises."""
        units: Ints = self.table[target.of.split("+")].sum(axis=1).to_numpy(dtype=np.int64)
        return units

    def find_reached(self, target: Target) -> Bools:
        """Return which premises the target counts."""
        last = COUNTS.index(COUNTS_OF[target.counts])
        columns = [f"{status}_mbps" for status in STATUSES[: last + 1]]
        fast: Bools = (self.table[columns] >= target.down_mbps).any(axis=1).to_numpy(dtype=np.bool_)
        return fast

    def sum(self, units: Ints, reached: Bools, rows: Bools) -> Ints:
        """Return what rows have by zone: all, and those reached; of shape (zones, 2)."""
        amounts = [units * rows, units * (rows & reached)]
        total = np.zeros((self._count, len(amounts)), dtype=np.int64)
        for zone in self._zones:
            for column, amount in enumerate(amounts):
                # Zone -1, of none, is counted in a place of its own, which is then cut off.
                sums = np.bincount(zone + 1, weights=amount, minlength=self._count + 1)[1:]
                total[:, column] += sums.astype(np.int64)
        return total


def _find_zones(codes: pd.Series, prefix: str, zones: pd.Index) -> Ints:
    """Return the position of the zone that each code is of, -1 for none."""
    place, met = pd.factorize(codes)
    known = zones.get_indexer(pd.Index([f"{prefix}:{code}" for code in met], dtype="object"))
    return np.append(known, -1)[place]


@dataclass(frozen=True)
class _Runs:
    """The earlier run, today's premises by its definitions, and today's."""

    before: _State
    redone: _State
    now: _State

    def split(self, target: Target) -> Mapping[str, Ints]:
        """Return the base and those reached of each part, of shape (zones, 2)."""
        position = find_positions(pd.Series(self.redone.table.index), self.before.table.index)
        kept = position >= 0
        gone = np.ones(len(self.before.table), dtype=np.bool_)
        gone[position[kept]] = False
        old, new, today = (state.count_units(target) for state in (self.before, self.redone, self.now))
        was, has, gets = (state.find_reached(target) for state in (self.before, self.redone, self.now))
        # Position -1, of none, is the last.
        had = np.append(was, False)[position]
        every = [np.ones(len(units), dtype=np.bool_) for units in (old, new, today)]
        start = self.before.sum(old, was, every[0])
        end = self.now.sum(today, gets, every[2])
        right = self.redone.sum(new, has & had, kept) - self.before.sum(old, was, ~gone)
        moved = self.redone.sum(new, has, ~kept) - self.before.sum(old, was, gone)
        built = self.redone.sum(new, has & ~had, kept) * np.array([0, 1])
        definition = end - self.redone.sum(new, has, every[1])
        return dict(zip(ORDER, (start, right, moved, built, definition, end), strict=True))


def _describe(parts: Mapping[str, Ints], target: Target, named: pd.DataFrame) -> pd.DataFrame:
    """Return a row a zone and part."""
    points = _split_share(parts)
    definition: tuple[Any, ...] = (COUNTS_OF[target.counts], target.of, False, target.down_mbps, "all")
    rows = [
        named.assign(part=part, base=parts[part][:, 0], reached=parts[part][:, 1], share_points=points[part])
        for part in ORDER
    ]
    table = pd.concat(rows).sort_index(kind="stable")
    return table.assign(measure=target.name, **dict(zip(PARTS, definition, strict=True)))


def _split_share(parts: Mapping[str, Ints]) -> Mapping[str, NDArray[np.float64]]:
    """Return the share at the start and the end, and what each reason changes it by."""
    points = {"start": _share(parts["start"]), "end": _share(parts["end"])}
    known = ~np.isnan(points["start"]) & ~np.isnan(points["end"])
    amounts, share = parts["start"], points["start"]
    for reason in ORDER[1:-1]:
        amounts = amounts + parts[reason]
        after = np.where(amounts[:, 0] > 0, _share(amounts), share)
        points[reason] = np.where(known, after - share, np.nan)
        share = after
    return points


def _share(amounts: Ints) -> NDArray[np.float64]:
    base = amounts[:, 0]
    shares: NDArray[np.float64] = np.where(base > 0, amounts[:, 1] / np.maximum(base, 1), np.nan)
    return shares
