"""What a plan is asked, what routing answers, and what a plan is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd

from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.layers.read import Layers

if TYPE_CHECKING:
    # The independent check knows what a plan is, and nothing of the solver.
    from infraplan.routing import Ended, Progress

GoalKind = Literal["all", "target", "budget"]

_MOST, _COMPARED = 60_000, 10_000
"""Edges above which a search for the plan, and for a network to compare with it, takes no more steps."""

_NETWORKS = 8
"""Networks that are compared with a plan at least: each gets its part of a time limit."""


@dataclass(frozen=True)
class Goal:
    """What a plan is to do.

    Attributes
    ----------
    kind
        all: everybody who is asked about; target: the cheapest way to ``needed`` units; budget: the most
        households for ``budget_sek``.
    unit
        What is counted: households, workplaces or households+workplaces.
    needed
        For a target: how many more units than are there.
    budget_sek
        For a budget: what the whole investment may cost.
    forced, excluded
        Premises that must, and that must not, be served.
    """

    kind: GoalKind = "all"
    unit: str = "households"
    needed: int | None = None
    budget_sek: int | None = None
    forced: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    counted: frozenset[str] = frozenset()
    """Forced premises that the target's rule counts already: serving them brings it no further."""

    def count_gain(self, table: pd.DataFrame) -> pd.Series:
        """Return how many units each of some premises brings the goal."""
        none = pd.Series(0, index=table.index, dtype="int64")
        gain = sum((table[name] for name in self.unit.split("+")), start=none)
        return gain.where(~gain.index.isin(self.counted), 0)


@dataclass(frozen=True)
class Setting:
    """What every plan of a study is made on.

    Attributes
    ----------
    layers
        The study's input.
    premises, zones, service, white_spots
        Contracts of these names: all of the study.
    areas
        As ``network.find_areas`` returns them.
    """

    layers: Layers
    premises: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    service: pd.DataFrame
    white_spots: gpd.GeoDataFrame
    areas: gpd.GeoDataFrame
    book: CostBook
    study: Study


@dataclass(frozen=True)
class Effort:
    """How long to look for a better plan.

    Attributes
    ----------
    gap
        The search ends when the plan is proven to be no further than this share from the best possible.
    time_limit_s
        Seconds after which the best plan so far is taken; None leaves it at a fixed amount of work, so that
        the same study gives the same plan on any machine.
    progress
        Told of the best value, the bound and the seconds so far; it ends the search by answering True.
    work
        Share of that fixed amount that is done.
    """

    gap: float = 0.0
    time_limit_s: float | None = None
    progress: Progress | None = None
    work: float = 1.0

    def on(self, edges: int) -> Effort:
        """Return the effort for the plan itself on a graph of so many edges.

        The fixed amount of work grows with the graph. Above ``_MOST`` edges it stays what it is there, so
        that a county's plan takes minutes.
        """
        return replace(self, work=self.work * min(1.0, _MOST / max(edges, 1)))

    def to_compare(self, edges: int, *, gap: float) -> Effort:
        """Return the effort for a network that is compared, not built, on a graph of so many edges.

        It ends at a gap of its own, and above ``_COMPARED`` edges the work does not grow with the graph:
        there are many such networks, which together are not to take longer than the plan. Of a time limit
        each gets a part.
        """
        share = min(1.0, _COMPARED / max(edges, 1))
        limit = None if self.time_limit_s is None else self.time_limit_s / _NETWORKS
        return Effort(gap=max(self.gap, gap), time_limit_s=limit, work=self.work * share)


@dataclass(frozen=True)
class Draft:
    """What routing answers: edges, who is served, and how good that is.

    Attributes
    ----------
    routes
        Rows of the graph's edges that are built.
    served, unserved
        Contracts SERVED (project_id empty as yet) and UNSERVED.
    bound
        No network for the goal costs less; for a budget: no network within it serves more households.
    ended
        As in ``routing.Tree``.
    """

    routes: gpd.GeoDataFrame
    served: pd.DataFrame
    unserved: pd.DataFrame
    bound: float
    ended: Ended

    @property
    def network_sek(self) -> int:
        """What its edges cost: what routing made as little as it could."""
        return int(self.routes["cost_sek"].sum())


@dataclass(frozen=True)
class Plan:
    """Where to dig, for whom, at what cost.

    Attributes
    ----------
    goal
        What it was asked.
    routes, served, unserved, cabinets, bill, projects, phases
        Contracts of these names: every premises that the goal asked about is served or unserved, every edge
        is in one project, every krona in one row of the bill.
    network_sek
        The part of the cost that routing decides: trenches, ducts, crossings, drops, the smallest cables.
    network_bound_sek
        No network for the same goal costs less; None for a budget.
    lower_bound_sek
        No plan for the same goal costs less in all; None for a budget.
    most_households
        For a budget: no plan within it serves more; None for other goals.
    reached_goal
        Whether the plan does what was asked: a target may be out of reach of any road.
    method
        The name of the method, for the manifest and the report.
    ended
        Why the search for a better plan ended, as in ``routing.Tree``.
    """

    goal: Goal
    routes: gpd.GeoDataFrame
    served: pd.DataFrame
    unserved: pd.DataFrame
    cabinets: gpd.GeoDataFrame
    bill: pd.DataFrame
    projects: gpd.GeoDataFrame
    phases: pd.DataFrame
    network_sek: int
    network_bound_sek: int | None
    lower_bound_sek: int | None
    most_households: int | None
    reached_goal: bool
    method: str
    ended: Ended
    overfull: tuple[str, ...] = field(default=())
    """Ducts that the first network asked more of than they hold: dug anew where that was so."""

    @property
    def cost_sek(self) -> int:
        """Base cost of all that is built, with design and margin."""
        return int(self.bill["cost_sek"].sum())

    @property
    def cost_low_sek(self) -> int:
        """Low cost."""
        return int(self.bill["cost_low_sek"].sum())

    @property
    def cost_high_sek(self) -> int:
        """High cost."""
        return int(self.bill["cost_high_sek"].sum())

    @property
    def gap(self) -> float | None:
        """How far the whole cost is at most from the least possible, as a share; None if nothing is proven.

        For a budget: so many households short of the most.
        """
        if self.most_households is not None:
            short = self.most_households - int(self.served["households"].sum())
            return short / self.most_households if short else 0.0
        return _excess(self.cost_sek, self.lower_bound_sek)

    @property
    def network_gap(self) -> float | None:
        """The same of the part that routing decides; for a budget as ``gap``."""
        if self.most_households is not None:
            return self.gap
        return _excess(self.network_sek, self.network_bound_sek)


def _excess(cost: int, bound: int | None) -> float | None:
    if cost == bound:
        return 0.0
    return cost / bound - 1.0 if bound else None
