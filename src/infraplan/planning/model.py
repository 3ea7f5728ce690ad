"""What a plan is."""

from dataclasses import dataclass
from typing import Literal

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
        No plan that reaches the same goal on this graph can cost less; None for a budget.
    most_households
        For a budget: no plan within it on this graph can serve more; None for other goals.
    aim
        Units that the goal asked for, where it is a target: what is needed beyond what is there; None
        otherwise.
    reached_goal
        Whether the plan does what was asked: a target may be out of reach of any road.
    method
        The name of the method, for the manifest and the report.
    ended
        Why the search for a better plan ended: ``optimal``, ``gap``, ``time`` or ``search``, as in
        ``routing.Tree``.
    """

    goal: str
    routes: gpd.GeoDataFrame
    served: pd.DataFrame
    unserved: pd.DataFrame
    lower_bound_sek: int | None
    most_households: int | None
    aim: int | None
    reached_goal: bool
    method: str
    ended: Literal["optimal", "gap", "time", "search"]

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
        """How far the plan is at most from the best possible, as a share; None where nothing is proven.

        So much dearer than the lower bound or, for a budget, so many households short of the most.
        """
        if self.most_households is not None:
            short = self.most_households - int(self.served["households"].sum())
            return short / self.most_households if short else 0.0
        if self.cost_sek == self.lower_bound_sek:
            return 0.0
        return self.cost_sek / self.lower_bound_sek - 1.0 if self.lower_bound_sek else None
