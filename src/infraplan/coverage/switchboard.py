"""The definition switchboard: every way to count who has broadband, of every zone, side by side, in one pass.

The same zone is at 88 % or 97 % depending on what is counted. A definition is what is counted (connected,
orderable, passed, planned, each with all before it), of what (households, workplaces, both, with holiday
homes or without), from which speed, by which technologies.
"""

from collections.abc import Sequence
from itertools import product
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.coverage.counting import (
    UNRANKED,
    Bytes,
    find_positions,
    group_premises,
    rank_statuses,
    sum_groups,
    translate,
)
from infraplan.demand.membership import name_zones, sum_by_zone
from infraplan.demand.places import Ints
from infraplan.tables import COUNTS, DEFINITION, SPEEDS_MBPS, SWITCHBOARD, UNITS, WIRED

UNITS_COUNTED = (
    ("households", False),
    ("households", True),
    ("workplaces", False),
    ("households+workplaces", False),
    ("households+workplaces", True),
)
"""Unit, and whether holiday homes count as households: for workplaces alone there is nothing to choose."""

_ROWS = 1 << 20
"""Rows of service taken at a time."""
_GROUPS = 1 << 17
"""Groups of premises taken at a time: some 130 MB where each lies in zones of its own."""


def evaluate_switchboard(
    premises: gpd.GeoDataFrame,
    service: pd.DataFrame,
    membership: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    technologies: frozenset[str],
) -> pd.DataFrame:
    """Return the share that each definition reaches in each zone.

    A holiday home is a premises of that kind. Where holiday homes count, one without households counts as one
    household; one with households does so already, since somebody is registered there. Plans count when they
    are decided. A row without a speed, or of a premises that is not in the table, counts for nothing.

    Parameters
    ----------
    premises, service, zones
        The tables PREMISES, SERVICE and ZONES.
    membership
        From ``demand.assign_zones``.
    technologies
        Those that are wired, of the technology rules.

    Returns
    -------
    DataFrame
        SWITCHBOARD: zones in the order of ``sum_by_zone``, each with its 120 definitions; text as categories.
    """
    digits = _rate(premises.index, service, technologies)
    pattern = np.ravel_multi_index(tuple(digits.T), (len(SPEEDS_MBPS) + 1,) * digits.shape[1])
    group, first = group_premises(membership, pattern)
    amounts = sum_groups(group, len(first), _amounts(premises))
    sums = _sum_zones(membership.iloc[first], amounts, digits[first])
    return _describe(sums, zones)


def rank_definitions(switchboard: pd.DataFrame, zone_id: str) -> pd.DataFrame:
    """Return all definitions of a zone from the least share to the greatest.

    It shows why one says 88 % of a zone and another 97 %. Definitions of the same share keep the order of the
    switchboard; those without a base come last.
    """
    rows = switchboard.loc[switchboard["zone_id"] == zone_id, [*_DEFINITION, "base", "reached", "share"]]
    return rows.sort_values("share", kind="stable", na_position="last")


_DEFINITION = [column.name for column in DEFINITION]
_SHAPE = (len(COUNTS), len(WIRED))
_OF_A_UNIT = [(counts, speed, wired) for counts, speed, wired in product(COUNTS, SPEEDS_MBPS, WIRED)]
"""Definitions of one unit, in the order of the table."""


def _rate(premises: pd.Index, service: pd.DataFrame, technologies: frozenset[str]) -> Bytes:
    """Return how many of the speeds each premises reaches, of shape (premises, counts x technologies).

    Each count holds those before it, and all technologies hold the wired ones.
    """
    position = find_positions(service["premises_id"], premises)
    rank = rank_statuses(service)
    wireless = translate(service["technology"], lambda technology: technology not in technologies)
    speed = service["down_mbps"].to_numpy()
    best = np.zeros((len(premises), *_SHAPE), dtype=np.int8)
    flat = best.reshape(-1)
    for start in range(0, len(service), _ROWS):
        rows = slice(start, start + _ROWS)
        counts = (position[rows] >= 0) & (rank[rows] < UNRANKED)
        # An unknown speed reaches none: comparing it is never true.
        reached = sum((speed[rows] >= limit).astype(np.int8) for limit in SPEEDS_MBPS)
        place = (position[rows] * len(COUNTS) + rank[rows]) * len(WIRED) + wireless[rows]
        np.maximum.at(flat, place[counts], cast("Bytes", reached)[counts])
    np.maximum.accumulate(best, axis=1, out=best)
    np.maximum.accumulate(best, axis=2, out=best)
    return best.reshape(len(premises), len(COUNTS) * len(WIRED))


def _amounts(premises: gpd.GeoDataFrame) -> list[Ints]:
    """Return what each premises counts as, of each unit of UNITS_COUNTED."""
    households, workplaces = (
        premises[name].to_numpy(dtype=np.int64) for name in ("households", "workplaces")
    )
    holiday = ((premises["kind"] == "holiday").to_numpy() & (households == 0)).astype(np.int64)
    parts = {"households": households, "workplaces": workplaces}
    return [
        sum((parts[part] for part in unit.split("+")), holiday * with_holiday)
        for unit, with_holiday in UNITS_COUNTED
    ]


def _sum_zones(members: pd.DataFrame, amounts: Ints, digits: Bytes) -> pd.DataFrame:
    """Return a row a zone: of each unit what there is in all, then what each definition counts of it.

    Rows are groups of premises of the same zones and digits: first those of the same zones are put together.
    """
    total = None
    for start in range(0, max(len(members), 1), _GROUPS):
        rows = slice(start, start + _GROUPS)
        group, first = group_premises(members.iloc[rows])
        counted = _count(group, len(first), amounts[rows], digits[rows])
        sums = sum_by_zone(
            members.iloc[rows].iloc[first], pd.DataFrame(counted, index=members.index[rows][first])
        )
        total = sums if total is None else total + sums
    return cast("pd.DataFrame", total)


def _count(group: Ints, count: int, amounts: Ints, digits: Bytes) -> Ints:
    """Return each group's base and counts, of shape (groups, units x (1 + definitions of a unit))."""
    units, speeds = amounts.shape[1], len(SPEEDS_MBPS)
    numbers = np.empty((count, units, *_SHAPE, speeds + 1), dtype=np.int64)
    for digit, (counts, wired) in enumerate(np.ndindex(_SHAPE)):
        exactly = sum_groups(group * (speeds + 1) + digits[:, digit], count * (speeds + 1), list(amounts.T))
        exactly = exactly.reshape(count, speeds + 1, units).swapaxes(1, 2)
        # Whoever reaches a speed reaches the lower ones; all reach the lowest digit, which is the base.
        numbers[:, :, counts, wired] = exactly[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    base = numbers[:, :, 0, 0, :1]
    reached = numbers[..., 1:].swapaxes(3, 4).reshape(count, units, len(_OF_A_UNIT))
    return np.concatenate([base, reached], axis=2).reshape(count, units * (1 + len(_OF_A_UNIT)))


def _describe(sums: pd.DataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Lay the sums of each zone under each other, with the definition and the share of each."""
    numbers = sums.to_numpy().reshape(-1, len(UNITS_COUNTED), 1 + len(_OF_A_UNIT))
    base, reached = numbers[:, :, :1], numbers[:, :, 1:]
    definitions = [(*of_unit, *rest) for of_unit, rest in product(UNITS_COUNTED, _OF_A_UNIT)]
    unit, holiday_homes, counts, speed, wired = zip(*definitions, strict=True)
    zone = np.repeat(np.arange(len(sums)), len(definitions))
    named = name_zones(sums.index, zones).astype("category")
    columns = {name: named[name].array.take(zone) for name in named.columns} | {
        "counts": _repeat(counts, COUNTS, len(sums)),
        "unit": _repeat(unit, UNITS, len(sums)),
        "holiday_homes": np.tile(holiday_homes, len(sums)),
        "down_mbps": np.tile(speed, len(sums)),
        "technologies": _repeat(wired, WIRED, len(sums)),
        "base": np.broadcast_to(base, reached.shape).reshape(-1),
        "reached": reached.reshape(-1),
    }
    table = pd.DataFrame(columns).rename_axis("row")
    table["share"] = (table["reached"] / table["base"]).where(table["base"] > 0)
    return table[SWITCHBOARD.names]


def _repeat(texts: Sequence[str], choices: Sequence[str], times: int) -> pd.api.extensions.ExtensionArray:
    codes = np.tile([choices.index(text) for text in texts], times)
    return pd.Categorical.from_codes(codes, categories=pd.Index(choices))
