"""What a run has found, as one value: all that the outputs are written from."""

from dataclasses import dataclass, fields
from functools import cached_property

import geopandas as gpd
import pandas as pd

from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.layers.read import Layers
from infraplan.planning.model import Plan
from infraplan.planning.package import Package
from infraplan.planning.technology import say_reason
from infraplan.words import load


@dataclass(frozen=True)
class Results:
    """Every stage's table, of the contracts in ``infraplan.tables``.

    ``faults`` are those of all stages; ``started`` and ``seconds`` (a stage each) come from the pipeline,
    which alone reads the clock.
    """

    study: Study
    layers: Layers
    book: CostBook
    zones: gpd.GeoDataFrame
    premises: gpd.GeoDataFrame
    service: pd.DataFrame
    targets: pd.DataFrame
    white_spots: gpd.GeoDataFrame
    white_spot_areas: gpd.GeoDataFrame
    plan: Plan
    package: Package
    faults: gpd.GeoDataFrame
    started: str
    seconds: dict[str, float]

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
