"""Offers, and who can have them: pairs of positions, until a table is made of them.

A country has ten million rows of service, but few different offers. What is asked of an offer is asked once;
a row is two small numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan import tables
from infraplan.coverage.counting import find_positions
from infraplan.coverage.reliable import Bools
from infraplan.demand.places import Ints
from infraplan.tables import EVIDENCE, STATUSES

Smalls = NDArray[np.int32]

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
    offer: Ints
    position: Ints
    reliable: Bools


def group_offers(table: pd.DataFrame, columns: Iterable[str]) -> tuple[pd.DataFrame, Ints]:
    """Return the different offers of a table, in the order in which they come, and the offer of each row."""
    told = pd.DataFrame(table[list(columns)])
    code = told.groupby(list(columns), sort=False, dropna=False, observed=True).ngroup().to_numpy()
    first = ~pd.Series(code).duplicated().to_numpy()
    return told[first].reset_index(drop=True), code.astype(np.int64)


def build_service(premises_ids: pd.Index, parts: list[Offered]) -> pd.DataFrame:
    """Return the rows of declared service, premises by premises.

    Of the rows of the same premises, operator, technology, status, date and decision that are equally
    reliable only the best is kept: the greatest speed down, of these the greatest up, of these the cheapest.
    The others are no faults: an area inside an area says nothing new about a premises.

    Returns
    -------
    DataFrame
        SERVICE, with text as categories; those of ``premises_id`` are the premises.
    """
    parts = [part for part in parts if len(part.offer)]
    if not parts:
        nothing: pd.DataFrame = tables.empty(tables.SERVICE)
        return nothing
    variants, key = _tell_variants(parts)
    key.sort()
    position = key // len(variants)
    variant = (key - position * len(variants)).astype(np.int32)
    same = variants.groupby(_SAME, sort=False, observed=True).ngroup().to_numpy(dtype=np.int32)[variant]
    best = np.ones(len(key), dtype=bool)
    best[1:] = (position[1:] != position[:-1]) | (same[1:] != same[:-1])
    return _lay_out(premises_ids, position[best], variants, variant[best])


def stack(premises_ids: pd.Index, parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of service under each other; text becomes categories, also where it was not."""
    nothing: pd.DataFrame = tables.empty(tables.SERVICE)
    filled = [part for part in parts if len(part)]
    if not filled:
        return nothing
    columns: dict[str, object] = {
        name: _join_text([part[name] for part in filled])
        if name in _TEXTS
        else np.concatenate([part[name].to_numpy() for part in filled])
        for name in tables.SERVICE.names
        if name != "premises_id"
    }
    position = np.concatenate([find_positions(part["premises_id"], premises_ids) for part in filled])
    columns["premises_id"] = pd.Categorical.from_codes(position, premises_ids)
    return _make_table(columns)


def _tell_variants(parts: list[Offered]) -> tuple[pd.DataFrame, Ints]:
    """Return each different offer, reliable or not, the best first among the same; and a key for each pair.

    A pair's key is the position of its premises x the number of variants + the position of its variant.
    """
    offers, code = group_offers(pd.concat([part.offers for part in parts], ignore_index=True), OFFER)
    starts = np.cumsum([0, *(len(part.offers) for part in parts[:-1])])
    number = np.concatenate(
        [
            (code[start : start + len(part.offers)].astype(np.int32) * 2)[part.offer] + part.reliable
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
    key = np.concatenate([part.position for part in parts]) * len(order)
    key += place[number]
    return variants.iloc[order].reset_index(drop=True), key


def _lay_out(premises_ids: pd.Index, position: Ints, variants: pd.DataFrame, variant: Smalls) -> pd.DataFrame:
    nothing = np.zeros(len(position), dtype=np.int8)
    same = {
        "evidence": pd.Categorical.from_codes(nothing, pd.Index(EVIDENCE[:1])),
        "observation": pd.Categorical.from_codes(nothing, pd.Index([""])),
        "distance_m": np.full(len(position), np.nan),
    }
    told = {
        name: (variants[name].astype("category") if name in _TEXTS else variants[name]).array.take(variant)
        for name in (*OFFER, "reliable")
    }
    whose = {"premises_id": pd.Categorical.from_codes(position, premises_ids)}
    return _make_table(whose | told | same)


def _make_table(columns: Mapping[str, object]) -> pd.DataFrame:
    """Return a table of service from its columns, without copying them: a country's are gigabytes."""
    table = pd.DataFrame({name: columns[name] for name in tables.SERVICE.names}, copy=False)
    return table.rename_axis("row")


def _join_text(parts: list[pd.Series]) -> pd.Categorical:
    """Return texts under each other, as categories: all that occur, in their order."""
    as_categories = [part.astype("category").cat for part in parts]
    categories = pd.Index(sorted({text for part in as_categories for text in part.categories}), dtype="str")
    codes = [
        categories.get_indexer(part.categories).astype(np.int32)[part.codes.to_numpy()]
        for part in as_categories
    ]
    return pd.Categorical.from_codes(np.concatenate(codes), categories=categories)
