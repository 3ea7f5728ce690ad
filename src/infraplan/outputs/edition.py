"""What a run tells, as one value of plain tables: map, report, workbook and data files are all made of it.

It comes from a run that has just ended or from the folder of a finished one, and ``outputs.redact`` makes of
it what others may see: whatever is made of that holds nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import pandas as pd

from infraplan import words
from infraplan.config import LayerName, Level
from infraplan.layers.faults import describe
from infraplan.outputs import manifest
from infraplan.outputs.finished import Run, open_run
from infraplan.outputs.protected import without_protected
from infraplan.outputs.results import Covered, Results
from infraplan.outputs.staging import FACTS
from infraplan.words import Language

INPUTS: tuple[LayerName, ...] = (
    "roads",
    "railways",
    "water",
    "exchanges",
    "mobile_coverage",
    "masts",
    "measurements",
    "public_buildings",
    "service_points",
    "fibre_lines",
    "fibre_nodes",
    "ducts",
    "planned_works",
    "no_go",
    "protected",
    "heritage",
    "reindeer",
    "observations",
)
"""Layers of the study that a planner wants beside the results."""

_AREAS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, kw_only=True)
class Edition:
    """A run's tables at one level of secrecy, and what is said of them.

    ``about`` is the manifest without the list of files; ``tables`` have the names of the layers of plan.gpkg,
    with ``facts`` (a row a premises) and ``protected_buildings`` beside them where there are any. Shapes are
    in the study's CRS.
    """

    about: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    level: Level

    @property
    def study(self) -> Mapping[str, Any]:
        """``[study]``: name, year, crs, language."""
        return cast("Mapping[str, Any]", self.about["parameters"]["study"])

    @property
    def language(self) -> Language:
        """The language of the study."""
        return cast("Language", self.study["language"])

    @property
    def crs(self) -> str:
        """The projected CRS of all shapes."""
        return str(self.study["crs"])

    @property
    def has_plan(self) -> bool:
        """Whether the run went as far as a plan."""
        return "plan" in self.about["totals"]

    def table(self, name: str) -> pd.DataFrame:
        """Return a table; one without rows and columns where the run has none of that name."""
        found = self.tables.get(name)
        return pd.DataFrame() if found is None else found

    def shapes(self, name: str) -> gpd.GeoDataFrame | None:
        """Return a table with shapes, or None where the run has none of that name or it has no rows."""
        found = self.tables.get(name)
        return found if isinstance(found, gpd.GeoDataFrame) and len(found) else None

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        """All zones in one table, those with an area first; made once, and nobody changes it."""
        parts = [found for name in ("zones", "zone_points") if (found := self.shapes(name)) is not None]
        if not parts:
            return gpd.GeoDataFrame({"name": [], "kind": [], "population": []}, geometry=[], crs=self.crs)
        return gpd.GeoDataFrame(pd.concat(parts), crs=self.crs)


def edition_of(results: Covered) -> Edition:
    """Return the edition of a run that has just ended: all that it found, whatever its inputs' levels."""
    return Edition(about=manifest.describe_run(results), tables=_gather(results), level="internal")


def read_edition(folder: Path) -> Edition:
    """Return the edition of the finished run in a folder: all that it found.

    Raises
    ------
    OutputError
        The folder holds no run, one of another version, or files that were changed since.
    """
    run = open_run(folder)
    about = {key: value for key, value in run.manifest.items() if key != "outputs"}
    return Edition(about=about, tables=_read(run), level="internal")


def _read(run: Run) -> dict[str, pd.DataFrame]:
    tables = {name: run.layer(name) for name in run.layers}
    if FACTS in run.manifest["outputs"]:
        tables["facts"] = run.facts()
    return tables


def _gather(results: Covered) -> dict[str, pd.DataFrame]:
    """Return the tables by name, zones known as points apart from those with an area."""
    is_area = results.zones.geom_type.isin(_AREAS)
    tables: dict[str, pd.DataFrame] = {
        "zones": results.zones[is_area],
        "zone_points": results.zones[~is_area],
    }
    for name in INPUTS:
        if isinstance(table := results.layers.get(name), gpd.GeoDataFrame):
            tables[_NAMED.get(name, name)] = without_protected(table) if "kind" in table else table
    tables |= {
        "premises": results.premises,
        "white_spot_areas": results.white_spot_areas,
        "white_spots": results.white_spots,
        **results.open_figures,
        "faults": describe(results.faults, words.load(results.study.study.language)),
        "targets": results.targets,
        "sources": results.layers.sources,
    }
    if len(results.protected):
        tables["protected_buildings"] = results.protected
    if results.facts is not None:
        tables["facts"] = results.facts
    if not isinstance(results, Results):
        return tables
    return tables | {
        "routes": results.plan.routes,
        **results.plan_tables,
        "served": results.plan.served,
        "unserved": results.plan.unserved,
    }


_NAMED = {"protected": "protected_nature"}
"""Names of layers that would be read as something else beside the results."""
