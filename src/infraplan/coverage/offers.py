"""Offers, and who can have them: pairs of positions, until a table is made of them.

A country has ten million rows of service, but few different offers. What is asked of an offer is asked once;
a row is two small numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan import tables
from infraplan.coverage.counting import find_categories, find_positions, make_categories
from infraplan.coverage.reliable import Bools, Smalls
from infraplan.tables import EVIDENCE, STATUSES

OFFER = (
    "operator",
    "technology",
    "down_mbps",
    "up_mbps",
    "status",
    "planned_by",
    "decided",
    "price_sek",
)
"""What an offer says; two that say the same are one."""

_SAME = ["status", "technology", "operator", "planned_by", "decided", "reliable"]
"""Of rows that agree in these, about the same premises, only the best is kept."""

_ALIKE = {"evidence": EVIDENCE[0], "observation": ""}
"""Text that is the same in all that is declared."""
_ROWS = 1 << 18
"""Rows that are grouped at a time."""
_TEXTS = [column.name for column in tables.SERVICE.columns if column.kind == "text"]


@dataclass(frozen=True)
class Offered:
    """Offers of one layer, and the premises that can have them.

    Attributes
    ----------
    offers
        One row an offer, with the columns of OFFER.
    offer, position, reliable
        A pair each: position of the offer, position of the premises, whether it is reliable there.
    """

    offers: pd.DataFrame
    offer: Smalls
    position: Smalls
    reliable: Bools


@dataclass(frozen=True)
class Declared:
    """Rows of service as pairs of positions, premises by premises: a column is laid out when it is asked for.

    Attributes
    ----------
    premises
        The ids of the premises, as categories.
    variants
        Each different offer, reliable or not, with the columns of OFFER and ``reliable``; text as categories.
    position, variant
        A row each: position of its premises, position of its variant.
    """

    premises: pd.CategoricalDtype
    variants: pd.DataFrame
    position: Smalls
    variant: Smalls

    def __len__(self) -> int:
        return len(self.position)

    def __getitem__(self, name: str) -> pd.Series:
        """Return a column of SERVICE."""
        if name == "premises_id":
            return pd.Series(pd.Categorical.from_codes(self.position, dtype=self.premises), copy=False)
        if name in _ALIKE:
            nothing = np.zeros(len(self), dtype=np.int8)
            return pd.Series(pd.Categorical.from_codes(nothing, pd.Index([_ALIKE[name]])), copy=False)
        if name == "distance_m":
            return pd.Series(np.full(len(self), np.nan), copy=False)
        return pd.Series(self.variants[name].array.take(self.variant), copy=False)

    def choose(self, technology: str) -> pd.DataFrame:
        """Return the rows of a technology as a table."""
        rows = (self.variants["technology"] == technology).to_numpy()[self.variant]
        chosen = replace(self, position=self.position[rows], variant=self.variant[rows])
        return _make_table({name: chosen[name] for name in tables.SERVICE.names})


def group_offers(table: pd.DataFrame, columns: Iterable[str]) -> tuple[pd.DataFrame, Smalls]:
    """Return the different offers of a table, in the order in which they come, and the offer of each row."""
    names = list(columns)
    # Some rows at a time: a list of millions holds a handful of offers.
    pieces = [
        _group(pd.DataFrame(table.iloc[start : start + _ROWS][names]))
        for start in range(0, max(len(table), 1), _ROWS)
    ]
    offers, code = _group(pd.concat([different for different, _ in pieces], ignore_index=True))
    starts = np.cumsum([0, *(len(different) for different, _ in pieces)])
    own = [code[start:][piece] for start, (_, piece) in zip(starts, pieces, strict=False)]
    return offers, np.concatenate(own)


def choose_best(premises_ids: pd.Index, parts: Sequence[Offered]) -> Declared:
    """Return the rows of declared service, premises by premises.

    Of the rows of the same premises, operator, technology, status, date and decision that are equally
    reliable only the best is kept: the greatest speed down, of these the greatest up, of these the cheapest.
    The others are no faults: an area inside an area says nothing new about a premises.
    """
    whose, filled = make_categories(premises_ids), [part for part in parts if len(part.offer)]
    if not filled:
        variants = pd.DataFrame(tables.empty(tables.SERVICE))[[*OFFER, "reliable"]]
        return Declared(whose, variants, np.empty(0, np.int32), np.empty(0, np.int32))
    variants, key = _tell_variants(filled, len(premises_ids))
    key.sort()
    position = (key // len(variants)).astype(np.int32)
    key -= position.astype(key.dtype) * len(variants)
    same = variants.groupby(_SAME, sort=False, observed=True).ngroup().to_numpy(dtype=np.int32)[key]
    best = np.ones(len(key), dtype=bool)
    best[1:] = (position[1:] != position[:-1]) | (same[1:] != same[:-1])
    variants = variants.astype({name: "category" for name in OFFER if name in _TEXTS})
    return Declared(whose, variants, position[best], key[best].astype(np.int32))


def stack(premises_ids: pd.Index, parts: Iterable[pd.DataFrame | Declared]) -> pd.DataFrame:
    """Put tables of service under each other; text becomes categories, also where it was not."""
    nothing: pd.DataFrame = tables.empty(tables.SERVICE)
    filled = [part for part in parts if len(part)]
    if not filled:
        return nothing
    return _make_table({name: _join(name, filled, premises_ids) for name in tables.SERVICE.names})


def _group(told: pd.DataFrame) -> tuple[pd.DataFrame, Smalls]:
    code = told.groupby(list(told.columns), sort=False, dropna=False, observed=True).ngroup().to_numpy()
    first = ~pd.Series(code).duplicated().to_numpy()
    return told[first].reset_index(drop=True), code.astype(np.int32)


def _tell_variants(parts: Sequence[Offered], premises: int) -> tuple[pd.DataFrame, NDArray[Any]]:
    """Return each different offer, reliable or not, the best first among the same; and a key for each pair.

    A pair's key is the position of its premises x the number of variants + the position of its variant.
    """
    offers, code = group_offers(pd.concat([part.offers for part in parts], ignore_index=True), OFFER)
    starts = np.cumsum([0, *(len(part.offers) for part in parts[:-1])])
    number = np.concatenate(
        [
            (code[start : start + len(part.offers)] * 2)[part.offer] + part.reliable
            for start, part in zip(starts, parts, strict=True)
        ]
    )
    occurs = np.zeros(2 * len(offers), dtype=bool)
    occurs[number] = True
    met = np.flatnonzero(occurs)
    variants = offers.iloc[met // 2].assign(reliable=(met % 2).astype(bool)).reset_index(drop=True)
    rank = pd.Categorical(variants["status"], categories=STATUSES)
    order = (
        variants.assign(status=rank, down_mbps=-variants["down_mbps"], up_mbps=-variants["up_mbps"])
        .sort_values([*_SAME, "down_mbps", "up_mbps", "price_sek"], kind="stable")
        .index.to_numpy()
    )
    place = np.empty(2 * len(offers), dtype=np.int32)
    place[met[order]] = np.arange(len(order))
    # Half as wide where that is enough, which it is for a country.
    width = np.int32 if premises * len(order) <= np.iinfo(np.int32).max else np.int64
    key: NDArray[Any] = np.concatenate([part.position for part in parts]).astype(width, copy=False)
    key *= len(order)
    key += place[number]
    return variants.iloc[order].reset_index(drop=True), key


def _make_table(columns: Mapping[str, object]) -> pd.DataFrame:
    """Return a table of service from its columns, without copying them: a country's are gigabytes."""
    return pd.DataFrame(columns, copy=False).rename_axis("row")


def _join(name: str, parts: Sequence[pd.DataFrame | Declared], premises_ids: pd.Index) -> object:
    """Return a column of several parts, the parts under each other."""
    columns = [part[name] for part in parts]
    if name == "premises_id":
        position = np.concatenate([find_positions(ids, premises_ids).astype(np.int32) for ids in columns])
        return pd.Categorical.from_codes(position, dtype=find_categories(columns[0], premises_ids))
    return _join_text(columns) if name in _TEXTS else np.concatenate([one.to_numpy() for one in columns])


def _join_text(parts: list[pd.Series]) -> pd.Categorical:
    """Return texts under each other, as categories: all that occur, in their order."""
    as_categories = [part.astype("category").cat for part in parts]
    categories = pd.Index(sorted({text for part in as_categories for text in part.categories}), dtype="str")
    codes = [
        categories.get_indexer(part.categories).astype(np.int32)[part.codes.to_numpy()]
        for part in as_categories
    ]
    return pd.Categorical.from_codes(np.concatenate(codes), categories=categories)
