"""What a run has found, as one value: all that the outputs are written from."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.layers.read import Layers
from infraplan.planning.model import Plan


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
    faults: gpd.GeoDataFrame
    started: str
    seconds: dict[str, float]
