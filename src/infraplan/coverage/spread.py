"""Every measure by group: not only the mean, but who is behind and how far zones lie apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan import tables, words
from infraplan.config import Study, Target
from infraplan.coverage.indicators import count_amounts
from infraplan.coverconfig import Breakdown
from infraplan.demand.coded import zone_facts
from infraplan.demand.quantiles import find_quantiles
from infraplan.errors import StudyError
from infraplan.layers import Layers
from infraplan.layers.parse import to_numbers
from infraplan.tables import STATUSES

Floats = NDArray[np.float64]

TOWN = "town_km"
"""Column of facts with the way to the nearest town."""
_FINER = ("deso", "district", "area", "locality", "municipality")
"""Kinds of zones over which a group's spread is told, the finest first."""
_LAST = {"access": "orderable", "proximity": "passed_estimated", "planned": "planned"}
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Measure:
    """What is broken down: how much each premises counts, and how much of it is reached."""

    name: str
    base: Floats
    reached: Floats


@dataclass(frozen=True)
class Groups:
    """A breakdown: the group of each premises, by position in ``names``."""

    name: str
    names: tuple[str, ...]
    of: NDArray[np.int64]


def evaluate_spread(
    facts: gpd.GeoDataFrame, membership: pd.DataFrame, layers: Layers, study: Study
) -> pd.DataFrame:
    """Return each measure in each group of each breakdown.

    Measures are the study's targets, its indicators about premises, each service within ``services.far_km``
    and mobile coverage; groups are settlement classes, ways to the nearest town, and the study's own. The
    spread is told over the zones of the finest kind that the study has: shares of them, weighted by what is
    counted there.

    Returns
    -------
    DataFrame
        Contract SPREAD. Whoever lies in no group is in ``unknown``.

    Raises
    ------
    StudyError
        A breakdown names a column that nothing has.
    """
    kind = next(
        (kind for kind in _FINER[_FINER.index(study.fairness.finest) :] if kind in membership.columns), None
    )
    finest = np.zeros(len(facts), np.int64)
    if kind is not None:
        finest = membership[kind].cat.codes.to_numpy().astype(np.int64)
    grouped = list(_group(facts, membership, layers, study))
    rows = [
        row
        for measure in _measure(facts, study)
        for groups in grouped
        for row in _break_down(measure, groups, finest, study.zones.least)
    ]
    if not rows:
        nothing: pd.DataFrame = tables.empty(tables.SPREAD)
        return nothing
    return pd.DataFrame(rows, columns=tables.SPREAD.names).rename_axis("row")


def _measure(facts: gpd.GeoDataFrame, study: Study) -> Iterator[Measure]:
    """Yield the measures that the facts allow."""
    homes, speech = facts["households"].to_numpy(dtype="float64"), words.load(study.study.language)
    for target in study.targets:
        base = facts[target.of.split("+")].sum(axis=1).to_numpy(dtype="float64")
        yield Measure(target.name, base, np.where(_is_reached(facts, target), base, 0.0))
    for indicator in study.indicators:
        if indicator.table == "premises":
            amounts = count_amounts(indicator, facts, study)
            yield Measure(indicator.name, amounts["base"].to_numpy(), amounts["reached"].to_numpy())
    far = study.services.far_km
    for service in study.services.kinds:
        # Of a service without a point nothing is known: that is no share of nothing.
        if _is_known(facts, f"{service}_km"):
            said = speech.entries.get(f"figures.service_{service}", service)
            name = speech.text("figures.within_service", service=said, km=far)
            yield Measure(name, homes, np.where(facts[f"{service}_km"] <= far, homes, 0.0))
    if _is_known(facts, "operators"):
        said = speech.entries.get(f"figures.level_{study.mobile.level}", study.mobile.level)
        name = speech.text("figures.mobile_level", level=said)
        yield Measure(name, homes, np.where(facts["operators"] > 0, homes, 0.0))


def _is_known(facts: gpd.GeoDataFrame, column: str) -> bool:
    """Tell whether a column says anything of anybody."""
    return column in facts.columns and bool(facts[column].notna().any())


def _is_reached(facts: gpd.GeoDataFrame, target: Target) -> NDArray[np.bool_]:
    statuses = STATUSES[: STATUSES.index(_LAST[target.counts]) + 1]
    speeds = facts[[f"{status}_mbps" for status in statuses]].to_numpy(dtype="float64")
    reached: NDArray[np.bool_] = (speeds >= target.down_mbps).any(axis=1)
    return reached


def _group(
    facts: gpd.GeoDataFrame, membership: pd.DataFrame, layers: Layers, study: Study
) -> Iterator[Groups]:
    """Yield the breakdowns: the usual ones, then the study's own."""
    yield _group_words("settlement_class", facts["settlement_class"])
    if _is_known(facts, TOWN):
        yield _group_numbers("distance_to_town", facts[TOWN].to_numpy("float64"), study.fairness.town_km)
    told = zone_facts(layers) if study.breakdowns else {}
    for own in study.breakdowns:
        values = _find_values(own, facts, membership, told, study)
        if own.limits:
            yield _group_numbers(own.name, to_numbers(values).to_numpy(dtype="float64"), own.limits)
        else:
            yield _group_words(own.name, values.astype("str"))


def _find_values(
    own: Breakdown,
    facts: gpd.GeoDataFrame,
    membership: pd.DataFrame,
    told: Mapping[str, pd.DataFrame],
    study: Study,
) -> pd.Series:
    """Return a breakdown's column: of the facts, or of the zone that each premises lies in."""
    if own.column in facts.columns:
        values: pd.Series = facts[own.column]
        return values
    kind, _, column = own.column.partition(".")
    if kind not in membership.columns or column not in told.get(kind, pd.DataFrame()).columns:
        file = str(study.file or study.study.name)
        raise StudyError("breakdown_no_column", file=file, name=own.name, column=own.column)
    found: pd.Series = membership[kind].astype("str").map(told[kind][column])
    return found


def _group_words(name: str, values: pd.Series) -> Groups:
    groups = values.where(values.notna() & (values != ""), _UNKNOWN)
    of, names = pd.factorize(groups, sort=True)
    return Groups(name, tuple(map(str, names)), of.astype(np.int64))


def _group_numbers(name: str, values: Floats, limits: Sequence[float]) -> Groups:
    """Group numbers by limits, each the least of the group above it."""
    edges = sorted(set(limits))
    names = [
        f"< {edges[0]:g}",
        *(f"{low:g}–{high:g}" for low, high in pairwise(edges)),
        f"≥ {edges[-1]:g}",
        _UNKNOWN,
    ]
    of = np.searchsorted(edges, values, side="right")
    return Groups(name, tuple(names), np.where(np.isnan(values), len(names) - 1, of).astype(np.int64))


def _break_down(
    measure: Measure, groups: Groups, finest: NDArray[np.int64], least: int
) -> Iterator[tuple[object, ...]]:
    """Yield a row a group that somebody is in."""
    width = int(finest.max(initial=0)) + 2
    cell = groups.of * width + finest + 1
    shape = (len(groups.names), width)
    count = shape[0] * shape[1]
    base: Floats = np.bincount(cell, measure.base, minlength=count).reshape(shape).astype(np.float64)
    reached: Floats = np.bincount(cell, measure.reached, minlength=count).reshape(shape).astype(np.float64)
    whole = reached.sum() / base.sum() if base.sum() > 0 else np.nan
    held = base > 0
    group = np.nonzero(held)[0]
    shares = reached[held] / base[held]
    tenth, median = (
        find_quantiles(group, shares, base[held], per_cent, count=len(base)) for per_cent in (10, 50)
    )
    for number, name in enumerate(groups.names):
        its_base, its_reached, its_shares = base[number], reached[number], shares[group == number]
        total = its_base.sum()
        if total <= 0:
            continue
        share = its_reached.sum() / total
        yield (
            measure.name,
            groups.name,
            name,
            float(total),
            float(its_reached.sum()),
            float(share),
            float(whole - share),
            # The first place is of those in no zone.
            int((its_base[1:] > 0).sum()),
            float(its_shares.min()),
            float(tenth[number]),
            float(median[number]),
            float(its_shares.max()),
            bool(total < least),
        )
