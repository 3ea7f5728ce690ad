"""Public buildings as the study's layer has them, with kinds in the words of this package."""

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches

import geopandas as gpd
import pandas as pd

from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.layers.public_kinds import fold, is_protected, read_public_kinds
from infraplan.tables import PUBLIC_KINDS

_LAYER = "public_buildings"
_OTHER = "other"
_ALIKE = 0.75
"""Words that share so much, by ``difflib``, may be one misspelt."""
_COMPARED = 50
_NAMED = 20
"""So many unknown kinds are compared with the known ones, and named: a wrong column has thousands."""


def find_kinds(kinds: pd.Series) -> pd.Series:
    """Return what kind of public building each text means, ``""`` where nobody knows.

    >>> find_kinds(pd.Series(["Hälsocentral", "school", "servicepunkt (vård)", "rymdbas"])).tolist()
    ['health_centre', 'school', 'other', '']
    """
    known = read_public_kinds().known
    texts = kinds.astype("str")
    found = {text: known.get(fold(text), "") for text in texts.unique()}
    return texts.map(found).astype("str")


def translate_buildings(layers: Layers) -> tuple[Layers, gpd.GeoDataFrame]:
    """Return layers whose public buildings are of the kinds of ``PUBLIC_KINDS``, and what was not known.

    A kind that nobody knows, and one that means two things, becomes ``other``. A building whose kind may mean
    protected housing is protected, whether the list says so or not. Nothing is told of protected buildings
    but how many there are.

    Returns
    -------
    layers
        The same, with another table of public buildings.
    faults
        Contract FAULTS.
    """
    table = layers.get("public_buildings")
    if table is None:
        return layers, gather([], None)
    found = find_kinds(table["kind"])
    protected = is_protected(table)
    told = gather(_report(table["kind"].astype("str")[(found == "") & ~protected]), table.crs)
    kinds = found.where(found != "", _OTHER)
    translated = table.assign(kind=kinds, protected=protected)
    return replace(layers, tables={**layers.tables, "public_buildings": translated}), told


def _report(unknown: pd.Series) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is told of kinds that are not known: with the nearest that is, else all together."""
    words = read_public_kinds()
    counts = unknown.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    plain: list[str] = []
    total = 0
    for place, (text, count) in enumerate(counts.items()):
        kind = str(text)
        values = {"kind": kind, "count": int(count)}
        near = _find_near(fold(kind), words.known) if place < _COMPARED else ""
        if fold(kind) in words.doubtful:
            yield faults("public_kind_ambiguous", _LAYER, severity="warning", values=values)
        elif near:
            yield faults("public_kind_near", _LAYER, severity="warning", values=values | {"near": near})
        else:
            plain.append(f"{kind} ({count})")
            total += int(count)
    if plain:
        named = ", ".join(plain[:_NAMED]) + (", …" if len(plain) > _NAMED else "")
        yield faults(
            "public_kind_unknown", _LAYER, severity="warning", values={"count": total, "kinds": named}
        )


def _find_near(text: str, known: dict[str, str]) -> str:
    near = get_close_matches(text, known, n=1, cutoff=_ALIKE)
    return known[near[0]] if near else ""


def sort_kinds(kinds: pd.Series) -> list[str]:
    """Return the kinds that occur, in the order of ``tables.PUBLIC_KINDS``."""
    there = set(kinds)
    return [kind for kind in PUBLIC_KINDS if kind in there]
