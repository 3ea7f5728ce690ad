"""What a plan is."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd


@dataclass(frozen=True)
class Plan:
    """Where to dig, for whom, at what cost.

    Attributes
    ----------
    goal
        all, target or budget.
    routes
        Contract ROUTES: the edges of the network graph that are built, whole kronor each.
    served, unserved
        Contracts SERVED and UNSERVED: every premises that the goal asked about is in exactly one.
    lower_bound_sek
        No plan that reaches the same goal on this graph can cost less; None where no bound is proven.
    aim
        Units that the goal asked for, where it is a target: what is needed beyond what is there; None
        otherwise.
    reached_goal
        Whether the plan does what was asked: a target may be out of reach of any road.
    method
        The name of the method, for the manifest and the report.
    """

    goal: str
    routes: gpd.GeoDataFrame
    served: pd.DataFrame
    unserved: pd.DataFrame
    lower_bound_sek: int | None
    aim: int | None
    reached_goal: bool
    method: str

    @property
    def cost_sek(self) -> int:
        """Base cost."""
        return int(self.routes["cost_sek"].sum())

    @property
    def cost_low_sek(self) -> int:
        """Low cost."""
        return int(self.routes["cost_low_sek"].sum())

    @property
    def cost_high_sek(self) -> int:
        """High cost."""
        return int(self.routes["cost_high_sek"].sum())

    @property
    def gap(self) -> float | None:
        """The plan is at most this share dearer than the cheapest possible; None where nothing is proven."""
        if self.cost_sek == self.lower_bound_sek:
            return 0.0
        return self.cost_sek / self.lower_bound_sek - 1.0 if self.lower_bound_sek else None
