"""What every format's writer is given: an edition's tables, where to write, and how files are called."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd

from infraplan.outputs.about import describe
from infraplan.outputs.edition import Edition
from infraplan.outputs.geojson import to_points

ELSEWHERE = ("facts", "protected_buildings")
"""Tables that are files of their own: the first lies beside the results, the second in no other file."""

WHOLE = "infraplan"
"""What files are called that hold all layers."""

_KINDS = {
    **dict.fromkeys(("Point", "MultiPoint"), "points"),
    **dict.fromkeys(("LineString", "MultiLineString", "LinearRing"), "lines"),
    **dict.fromkeys(("Polygon", "MultiPolygon"), "areas"),
}
_TO_POINTS = ("faults",)
"""Tables whose rows are about places of every kind: what matters is where, so a point tells as much."""

Written: TypeAlias = dict[str, list[Path]]
"""Layer -> the files that hold it."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """An edition to be written into a folder in one format."""

    edition: Edition
    folder: Path
    stem: str

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables that have rows and are handed on at all."""
        return {
            name: table for name, table in self.edition.tables.items() if len(table) and name not in ELSEWHERE
        }

    @property
    def about(self) -> dict[str, Any]:
        """What every file says of itself: study, level, dates of its sources, what is modelled."""
        return describe(self.edition)

    def name(self, layer: str) -> str:
        """Return the name that a layer has in files, without ending."""
        return self.stem.format(layer=layer, level=self.edition.level)

    def path(self, layer: str, ending: str) -> Path:
        """Return where a layer's file lies; ``ending`` has its dot."""
        return self.folder / f"{self.name(layer)}{ending}"


Writer: TypeAlias = Callable[[Job], Written]


def split_kinds(name: str, table: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return a table as one table a kind of geometry, named by it where there are several.

    Rows without geometry are in none of them. Parts of a collection are kept apart by what they are.
    """
    placed = table[~(table.geometry.isna() | table.geometry.is_empty)]
    if name in _TO_POINTS:
        return {name: to_points(placed)}
    if (placed.geom_type == "GeometryCollection").any():
        placed = placed.explode(index_parts=False)
    kinds = placed.geom_type.map(_KINDS)
    found = [kind for kind in ("points", "lines", "areas") if (kinds == kind).any()]
    if len(found) < 2:  # noqa: PLR2004
        return {name: placed}
    return {f"{name}_{kind}": placed[kinds == kind] for kind in found}
