"""The fault table: what could not be used or had to be repaired, by rule, with the feature and the remedy."""

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from infraplan import tables
from infraplan.words import Words


def faults(
    rule: str,
    layer: str,
    *,
    severity: str,
    feature_ids: Sequence[str] = ("",),
    shapes: Sequence[BaseGeometry | None] | None = None,
    crs: Any = None,
    values: dict[str, Any] | Sequence[dict[str, Any]] | None = None,
) -> gpd.GeoDataFrame:
    """Return the faults of one rule, a row a feature.

    ``values`` fill the rule's sentence (``data/words/*/faults.toml``): one dict for all rows, or one a row.
    """
    count = len(feature_ids)
    rows = [values or {}] * count if values is None or isinstance(values, dict) else list(values)
    frame = pd.DataFrame(
        {
            "rule": pd.Series([rule] * count, dtype="str"),
            "severity": pd.Series([severity] * count, dtype="str"),
            "layer": pd.Series([layer] * count, dtype="str"),
            "feature_id": pd.Series([str(i) for i in feature_ids], dtype="str"),
            "values": pd.Series(rows, dtype="object"),
        }
    )
    frame.index.name = "row"
    geometry = gpd.GeoSeries([None] * count if shapes is None else list(shapes), index=frame.index, crs=crs)
    return gpd.GeoDataFrame(frame, geometry=geometry)


def gather(parts: Iterable[gpd.GeoDataFrame], crs: Any) -> gpd.GeoDataFrame:
    """Put fault tables under each other, in the study's CRS."""
    found = [
        part if part.crs == crs else part.set_crs(crs) if part.crs is None else part.to_crs(crs)
        for part in parts
        if len(part)
    ]
    if not found:
        return tables.empty(tables.FAULTS, crs)
    whole = pd.concat(found, ignore_index=True)
    whole.index.name = "row"
    return gpd.GeoDataFrame(whole, geometry="geometry", crs=crs)


def describe(table: gpd.GeoDataFrame, words: Words) -> gpd.GeoDataFrame:
    """Return the faults with ``message`` and ``remedy`` in a language, for those who read them.

    Errors about whole layers say both in one line, the one that stops a run; here they are parted.
    """
    columns = (table["rule"], table["layer"], table["feature_id"], table["values"])
    said = [_say(words, *row) for row in zip(*columns, strict=True)]
    sentences = pd.DataFrame(said, columns=["message", "remedy"], index=table.index, dtype="str")
    return table.drop(columns="values").assign(message=sentences["message"], remedy=sentences["remedy"])


def _say(words: Words, rule: str, layer: str, feature_id: str, values: dict[str, Any]) -> tuple[str, str]:
    if f"faults.{rule}.message" not in words.entries:
        problem, remedy = words.entries[f"errors.{rule}"].split(". ", maxsplit=1)
        parts = Words(words.language, {"problem": f"{problem}.", "remedy": remedy})
        return parts.text("problem", **values), parts.text("remedy", **values)
    named = {"layer": layer, "feature_id": feature_id, **values}
    return words.text(f"faults.{rule}.message", **named), words.text(f"faults.{rule}.remedy", **named)
