"""What a published share and a computed one say about each other, in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from infraplan.config import Study
from infraplan.tables import DEFINITION
from infraplan.words import Words, load

_MOST_DECIMALS = 2  # of a per cent in a sentence


def name_definition(definition: Sequence[Any], words: Words, *, besides: Sequence[Any] | None = None) -> str:
    """Name a definition by its parts, or only by those in which it differs from another.

    >>> from infraplan.words import load
    >>> parts = ("passed", "households", False, 100.0, "all")
    >>> name_definition(parts, load("en"), besides=("orderable", "households", False, 100.0, "all"))
    'homes passed'
    """
    named = dict(zip((column.name for column in DEFINITION), definition, strict=True))
    told = {
        "counts": words.text(f"published.counts.{named['counts']}"),
        "unit": words.text(f"published.unit.{str(named['unit']).replace('+', '_and_')}"),
        "holiday_homes": words.text(f"published.holiday_homes.{'yes' if named['holiday_homes'] else 'no'}"),
        "down_mbps": words.text("published.down_mbps.least", speed=float(named["down_mbps"])),
        "technologies": words.text(f"published.technologies.{named['technologies']}"),
    }
    same = [] if besides is None else [a == b for a, b in zip(definition, besides, strict=True)]
    return ", ".join(
        text for text, equal in zip(told.values(), same or [False] * len(told), strict=True) if not equal
    )


def say_verdict(row: Mapping[Any, Any], definition: Sequence[Any], other: Sequence[Any], study: Study) -> str:
    """Say what explains the difference of a row of COMPARED, with the definition that is nearest.

    Parameters
    ----------
    row
        The published figure with what COMPARED adds to it.
    definition, other
        The parts of the published definition, and of the nearest other one (empty for none).
    """
    words = load(study.study.language)
    decimals = _count_decimals(float(row["rounding"]))
    share = words.share(row["share"], decimals)
    unit = str(row["unit"] or "households").replace("+", "_and_")
    values = {
        "publisher": row["source"],
        "published": words.text(f"published.bound.{row['bound']}", share=share),
        "computed": words.share(row["computed"], max(1, decimals)),
        "points": words.number(100.0 * abs(row["difference"]), max(1, decimals)),
        "unit": words.text(f"published.unit.{unit}"),
        "their_base": words.number(row["base"]),
        "our_base": words.number(int(row["base_computed"])),
        "year": str(row["year"]),
        "our_year": str(study.study.year),
        "nearest": "",
    }
    if len(other):
        comparable = definition if row["counts"] else None
        named = name_definition(other, words, besides=comparable)
        near = words.share(row["nearest_share"], max(1, decimals))
        values["nearest"] = words.text("published.nearest", definition=named, share=near)
    said = str(row["verdict"])
    if said == "same" and row["year"] != study.study.year:
        said = "same_other_year"
    return words.text(f"published.{said}", **values)


def _count_decimals(rounding: float) -> int:
    """Return with how many decimals a share is published, in per cent, at most two."""
    if rounding <= 0:
        return _MOST_DECIMALS
    return int(np.clip(round(-np.log10(200.0 * rounding)), 0, _MOST_DECIMALS))
