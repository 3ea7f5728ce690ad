"""What a run has found, as one value each with and without a plan: all that outputs are written from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

import geopandas as gpd
import pandas as pd

from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.layers.read import Layers
from infraplan.outputs.protected import is_protected, without_protected
from infraplan.planning.model import Plan
from infraplan.planning.package import Package
from infraplan.planning.technology import say_reason
from infraplan.tables import BY_PREMISES
from infraplan.words import load


@dataclass(frozen=True, kw_only=True)
class Covered:
    """What is known before any plan: every table of the contracts in ``infraplan.tables``.

    ``faults`` are those of all stages; ``started`` and ``seconds`` (a stage each) come from the pipeline,
    which alone reads the clock.
    """

    study: Study
    layers: Layers
    zones: gpd.GeoDataFrame
    premises: gpd.GeoDataFrame
    service: pd.DataFrame
    targets: pd.DataFrame
    white_spots: gpd.GeoDataFrame
    white_spot_areas: gpd.GeoDataFrame
    faults: gpd.GeoDataFrame
    started: str
    seconds: dict[str, float]
    figures: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Tables of the contracts in ``tables.FIGURES``, by their names."""
    facts: gpd.GeoDataFrame | None = None
    """All that is known of each premises, a row each."""

    @property
    def open_figures(self) -> dict[str, pd.DataFrame]:
        """Return the figures that are files of their own, without protected buildings."""
        return {
            name: without_protected(table) for name, table in self.figures.items() if name not in BY_PREMISES
        }

    @property
    def protected(self) -> pd.DataFrame:
        """Return the public buildings that are protected: for internal use only."""
        public = self.figures.get("public")
        return pd.DataFrame() if public is None else public[is_protected(public)]


@dataclass(frozen=True, kw_only=True)
class Results(Covered):
    """What a run has found: what is known before any plan, and the plan with all that follows from it."""

    book: CostBook
    plan: Plan
    package: Package

    @property
    def plan_tables(self) -> dict[str, pd.DataFrame]:
        """The plan's tables by the names of their contracts, beside its routes and whom it serves."""
        plan, package = self.plan, self.package
        made = {
            "projects": plan.projects,
            "phases": plan.phases,
            "bill": plan.bill,
            "cabinets": plan.cabinets,
        }
        return made | {part.name: getattr(package, part.name) for part in fields(package)} | self._told

    @cached_property
    def _told(self) -> dict[str, pd.DataFrame]:
        """The technology of each premises with the reason in words, said once for all files."""
        speech, table = load(self.study.study.language), self.package.technology
        names = ["reason", "fibre_sek", "price_sek", "distance_m"]
        rows = (dict(zip(names, row, strict=True)) for row in table[names].itertuples(index=False, name=None))
        told = [say_reason(row, speech) for row in rows]
        return {"technology": table.assign(said=pd.Series(told, index=table.index, dtype="str"))}
