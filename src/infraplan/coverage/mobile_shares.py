"""Shares of what is covered, by operator, technology, use and class of coverage, in each zone.

Premises, pieces of road, parts of the land: all are amounts in a zone with one class of each map. They are
gathered by what they have in common, so that each figure is a sum over few rows, whatever their number.

To keep the tables of a size that is read, not every combination is in them:

- the study: every operator and technology, in every use that is declared;
- municipalities and settlement classes: each operator, and each technology of any operator, in the study's
  use; any operator in the other uses;
- localities, DeSO, districts and areas: each operator, in the study's use.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.mobile_maps import Bools, Floats, Ints, Maps, best_of
from infraplan.coverconfig import Use
from infraplan.demand.membership import name_zones
from infraplan.layers.mobile_rules import Ranks

_MIDDLE = ("municipality", "settlement_class")
_UNITS = [{"roads": "m", "railways": "m", "area": "m2"}.get(of, "count") for of in tables.COVERED]


class Series(NamedTuple):
    """One combination that figures are given for; empty is any."""

    operator: str
    technology: str
    use: Use


@dataclass(frozen=True)
class Tally:
    """Amounts with what they have in common; arrays of shape (rows,).

    Attributes
    ----------
    zone
        Id of the zone.
    of, road_class
        What is counted, as in MOBILE.
    profile
        Position among the profiles of ``ranks``.
    amount
        How much.
    ranks
        Class of each map, shape (keys, profiles).
    """

    zone: pd.Categorical
    of: pd.Categorical
    road_class: pd.Categorical
    profile: Ints
    amount: Floats
    ranks: Ranks


class Part(NamedTuple):
    """Amounts of one kind of thing before they are gathered; arrays of shape (places,)."""

    of: str
    zone: pd.Categorical
    """Zone of one kind, NaN for none."""
    profile: Ints
    amount: Floats
    road_class: pd.Series | None = None


def gather_tally(parts: Iterable[Part], ranks: Ranks, zones: gpd.GeoDataFrame) -> Tally:
    """Put parts under each other, those of the same zone and kind and class of each map added up.

    Amounts of 0 and places in no zone are left out.
    """
    nothing = pd.DataFrame({name: np.empty(0, np.int64) for name in _KEYED}).assign(amount=np.empty(0))
    rows = pd.concat([nothing, *(_gather(part, zones) for part in parts)], ignore_index=True)
    rows = rows.groupby(_KEYED)["amount"].sum().reset_index()
    return Tally(
        pd.Categorical.from_codes(rows["zone"], categories=zones.index),
        _tell(rows["of"], _OF),
        _tell(rows["road_class"], _CLASSES),
        rows["profile"].to_numpy(dtype=np.int64),
        rows["amount"].to_numpy(),
        ranks,
    )


_KEYED = ["zone", "of", "road_class", "profile"]
_OF = pd.Index(tables.COVERED, dtype="str")
_CLASSES = pd.Index(["", *"0123456789", "unknown"], dtype="str")


def _tell(codes: pd.Series, texts: pd.Index) -> pd.Categorical:
    """Return texts by their position: long tables keep few different ones as categories."""
    told: pd.Categorical = pd.Categorical.from_codes(codes.to_numpy(dtype="int64"), categories=texts)
    return told


def _gather(part: Part, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the sums of one part."""
    # Of many zones few are of the part's kind: their numbers are looked up once.
    zone = np.append(zones.index.get_indexer(part.zone.categories), -1)[part.zone.codes]
    kept = np.flatnonzero((zone >= 0) & (part.amount > 0))
    frame = pd.DataFrame({"zone": zone[kept], "of": tables.COVERED.index(part.of), "road_class": 0})
    if part.road_class is not None:
        frame["road_class"] = pd.Categorical(part.road_class, categories=_CLASSES).codes[kept]
    frame = frame.assign(profile=part.profile[kept], amount=part.amount[kept].astype("float64"))
    return frame.groupby(_KEYED)["amount"].sum().reset_index()


def find_profiles(ranks: Sequence[Ranks], keys: int) -> tuple[Ranks, list[Ints]]:
    """Return the different columns of several tables of classes, and which each column is."""
    own = [_factorize(table) for table in ranks]
    distinct = [table[:, first] for table, (_, first) in zip(ranks, own, strict=True)]
    joined = np.concatenate([np.empty((keys, 0), np.int8), *distinct], axis=1)
    number, first = _factorize(joined)
    begins = np.cumsum([0, *(table.shape[1] for table in distinct)])
    return joined[:, first], [number[begin + code] for begin, (code, _) in zip(begins[:-1], own, strict=True)]


def _factorize(ranks: Ranks) -> tuple[Ints, Ints]:
    """Return the number of each column among the different ones, and where each of those is first."""
    code = np.zeros(ranks.shape[1], dtype=np.int64)
    for row in ranks:
        # Row by row: numbers of many maps together would not fit in 64 bits.
        code = pd.factorize(code * (_MOST + 1) + row)[0].astype(np.int64)
    first = np.unique(code, return_index=True)[1]
    return code, first.astype(np.int64)


_MOST = np.iinfo(np.int8).max


def build_shares(tally: Tally, maps: Maps, zones: gpd.GeoDataFrame, study: Study) -> pd.DataFrame:
    """Return MOBILE: what is covered of each thing, without rows of which there is nothing."""
    tier = _find_tiers(tally, zones)
    parts = []
    chosen: dict[tuple[int, ...], tuple[Bools, pd.DataFrame, Ints]] = {}
    for series, tiers in _list_series(maps, study):
        if tiers not in chosen:
            rows = np.isin(tier, tiers)
            chosen[tiers] = rows, *_group(tally, rows)
        rows, group, number = chosen[tiers]
        best = best_of(
            tally.ranks, maps.select(series.use, operator=series.operator, technology=series.technology)
        )
        base = np.bincount(number, tally.amount[rows], minlength=len(group))
        for rank, level in enumerate(maps.rules.level_ids, 1):
            covered = tally.amount[rows] * (best >= rank)[tally.profile[rows]]
            reached = np.bincount(number, covered, minlength=len(group))
            parts.append(group.assign(**series._asdict(), level=level, base=base, reached=reached))
    found = _finish(parts, zones, tables.MOBILE)
    return found.assign(share=found["reached"] / found["base"])[tables.MOBILE.names]


def count_operators(tally: Tally, maps: Maps, zones: gpd.GeoDataFrame, study: Study) -> pd.DataFrame:
    """Return MOBILE_OPERATORS: how much is covered by exactly so many operators, 0 among them.

    The study for every technology and use; municipalities and settlement classes for every technology in the
    study's use; other zones for any technology, in the study's use at its class.
    """
    tier = _find_tiers(tally, zones)
    parts = []
    for series, tiers in _list_counted(maps, study):
        counts = _count(tally.ranks, maps, series)
        for rank, level in enumerate(maps.rules.level_ids, 1):
            kept = [number for number in tiers if number < _FINE or level == study.mobile.level]
            rows = np.isin(tier, kept)
            operators = counts[rank - 1][tally.profile[rows]]
            group, number = _group(tally, rows, operators=operators)
            amount = np.bincount(number, tally.amount[rows], minlength=len(group))
            parts.append(
                group.assign(technology=series.technology, use=series.use, level=level, amount=amount)
            )
    found = _finish(parts, zones, tables.MOBILE_OPERATORS)
    keyed = ["zone_id", "technology", "use", "level", "of", "road_class"]
    whole = found.groupby(keyed, observed=True)["amount"].transform("sum")
    return found.assign(share=found["amount"] / whole)[tables.MOBILE_OPERATORS.names]


def count_at(ranks: Ranks, maps: Maps, rank: int, use: Use, *, technology: str = "") -> Ints:
    """Return how many operators give a class at places, shape (places,)."""
    counts = np.zeros(ranks.shape[1], dtype=np.int64)
    for operator in maps.operators:
        counts += best_of(ranks, maps.select(use, operator=operator, technology=technology)) >= rank
    return counts


def _count(ranks: Ranks, maps: Maps, series: Series) -> list[Ints]:
    levels = range(1, len(maps.rules.levels) + 1)
    return [count_at(ranks, maps, rank, series.use, technology=series.technology) for rank in levels]


_WHOLE, _MIDDLING, _FINE = range(3)


def _find_tiers(tally: Tally, zones: gpd.GeoDataFrame) -> Ints:
    """Return how much is told of the zone of each row."""
    kinds = zones["kind"].to_numpy()
    of_zone = np.select([kinds == "study", np.isin(kinds, _MIDDLE)], [_WHOLE, _MIDDLING], _FINE)
    return np.asarray(of_zone[tally.zone.codes], dtype=np.int64)


def _list_series(maps: Maps, study: Study) -> Iterator[tuple[Series, tuple[int, ...]]]:
    """Yield each combination with the tiers of zones that it is told of."""
    for use in maps.uses(study.mobile.use):
        asked = use == study.mobile.use
        for operator in ("", *maps.operators):
            for technology in ("", *maps.technologies):
                middling = (asked and not (operator and technology)) or not (operator or technology)
                yield Series(operator, technology, use), _choose(middling, asked and not technology)


def _list_counted(maps: Maps, study: Study) -> Iterator[tuple[Series, tuple[int, ...]]]:
    for use in maps.uses(study.mobile.use):
        asked = use == study.mobile.use
        for technology in ("", *maps.technologies):
            yield Series("", technology, use), _choose(asked, asked and not technology)


def _choose(*told: bool) -> tuple[int, ...]:
    """Return the tiers of zones: the whole study, and those next of which a combination is told."""
    return (_WHOLE, *(tier for tier, is_told in zip((_MIDDLING, _FINE), told, strict=True) if is_told))


def _group(tally: Tally, rows: Bools, **more: Ints) -> tuple[pd.DataFrame, Ints]:
    """Return the different zones and things of some rows, and which each row is about."""
    frame = pd.DataFrame(
        {
            "zone": tally.zone.codes[rows],
            "of": tally.of.codes[rows],
            "road_class": tally.road_class.codes[rows],
            **more,
        }
    )
    number: Ints = frame.groupby(list(frame.columns), sort=True).ngroup().to_numpy().astype(np.int64)
    return frame.drop_duplicates().sort_values(list(frame.columns)).reset_index(drop=True), number


def _finish(
    parts: Sequence[pd.DataFrame], zones: gpd.GeoDataFrame, contract: tables.Contract
) -> pd.DataFrame:
    """Put parts under each other, in words, in the order of the zones."""
    if not parts:
        nothing: pd.DataFrame = tables.empty(contract)
        return nothing
    whole = pd.concat(parts, ignore_index=True)
    whole = whole.sort_values("zone", kind="stable", ignore_index=True)
    told: dict[str, Any] = {
        "of": _tell(whole["of"], _OF),
        "road_class": _tell(whole["road_class"], _CLASSES),
    }
    told["unit"] = pd.Categorical(whole["of"].map(dict(enumerate(_UNITS))), categories=["count", "m", "m2"])
    series = [name for name in Series._fields if name in whole] + ["level"]
    named = name_zones(zones.index[whole["zone"].to_numpy()], zones)
    told |= {str(name): pd.Categorical(column) for name, column in (*named.items(), *whole[series].items())}
    finished: pd.DataFrame = whole.assign(**told).rename_axis("row")
    return finished
