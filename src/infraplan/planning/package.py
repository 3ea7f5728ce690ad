"""All that a council and a builder ask of a plan, beside the plan itself."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from infraplan.planning.model import Effort, Plan, Setting


@dataclass(frozen=True)
class Package:
    """Tables of the contracts of these names."""

    optics: pd.DataFrame


def build_package(plan: Plan, attachment, candidates, setting: Setting, *, rules=None, effort=None) -> Package:
    return Package(pd.DataFrame())
