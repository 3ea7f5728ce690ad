"""What the next per cent costs: from the cheapest household to the last one, and where fibre should yield.

One network is drawn to everybody whom a target misses. Its nested best parts (``routing.peel``) are the way
in which it would be built if the cheapest units came first: each part costs least, of all parts of that
network, for as many units.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import routing, tables
from infraplan.config import Study, Target
from infraplan.costbook import CostBook
from infraplan.coverage import find_reached
from infraplan.network import Attachment
from infraplan.network.lines import Ints
from infraplan.planning.draft import draw_network, units
from infraplan.planning.model import Effort, Goal
from infraplan.planning.reach import list_zones, with_surcharge

_GAP = 0.005
"""How far from the best is near enough for the network whose parts are priced."""


def build_curve(
    attachment: Attachment,
    premises: gpd.GeoDataFrame,
    service: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    study: Study,
    book: CostBook,
    *,
    effort: Effort | None = None,
) -> pd.DataFrame:
    """Build the marginal cost curve of each target, in the whole study and in each municipality.

    A step ends at a whole per cent of all who are there, or before it: bundles of households that only pay
    together are not divided. The price of a unit never falls from one step to the next. A municipality's
    curve is of its part of the study's network.

    Where a step's price a unit is above the limit, fibre yields. The limit is the price of the cheapest other
    technology that meets the target's speed, or ``[technology] fibre_max_sek`` where that is higher: radio,
    of which everybody takes equipment and an equal share of a full sector, or satellite, where the study
    counts it. Where no other technology meets the target, fibre yields only above ``fibre_max_sek``, and to
    none.

    Parameters
    ----------
    attachment
        The priced graph, with drops for everybody whom a target asks about.
    premises, service, zones
        Contracts of these names.
    effort
        ``gap`` is not taken to be below half a per cent.

    Returns
    -------
    DataFrame
        Contract CURVE: target by target, zone by zone, from the cheapest step on; those whom no road leads
        to are in none.

    Raises
    ------
    PlanError
        There is no existing network to start from.
    """
    trees: dict[tuple[str, ...], _Tree] = {}
    curves: list[pd.DataFrame] = []
    for target in study.targets:
        reached, worth = find_reached(premises, service, target), units(premises, target.of)
        missing = premises.index[~reached & (worth > 0)]
        who = tuple(missing)
        if who not in trees:
            trees[who] = _draw(attachment, premises.loc[missing], effort)
        for zone in list_zones(zones, premises):
            inside = worth[zone.inside]
            there = int(inside[reached[zone.inside]].sum())
            steps = _cut_steps(_list_bundles(trees[who], inside), int(inside.sum()), there, book)
            instead = _choose_instead(steps["per_unit_sek"], target, study, book)
            curves.append(steps.assign(target=target.name, zone_id=zone.zone_id, instead=instead))
    nothing: pd.DataFrame = tables.empty(tables.CURVE)
    if not curves:
        return nothing
    whole = pd.concat(curves, ignore_index=True)[nothing.columns]
    return whole.astype(nothing.dtypes.to_dict()).rename_axis("row")


def price_premises(
    attachment: Attachment,
    candidates: pd.DataFrame,
    book: CostBook,
    *,
    unit: str = "households+workplaces",
    effort: Effort | None = None,
) -> pd.Series:
    """Return what fibre to each candidate costs a unit, with design and margin: the price of its bundle.

    One network is drawn to all candidates; a bundle are those who pay together for what they share. Prices
    times units add up to what the network costs.

    Parameters
    ----------
    candidates
        Index ``premises_id``, ``households`` and ``workplaces``.

    Returns
    -------
    Series
        ``fibre_sek`` by candidate: 0 where the existing network is at the house, NaN where no road leads, or
        nothing is there that counts.
    """
    tree = _draw(attachment, candidates, effort)
    worth = units(candidates, unit).reindex(tree.node.index)
    enters = tree.peel(worth).enters
    edge = tree.forest.parent_edge[tree.node.to_numpy(np.int64)]
    price = np.where(edge < 0, 0.0, np.r_[enters, np.nan][edge]) * (1 + book.surcharge)
    price[~np.isfinite(price) | (worth == 0)] = np.nan
    return pd.Series(price, index=tree.node.index).reindex(candidates.index).rename("fibre_sek")


@dataclass(frozen=True)
class _Tree:
    """A network that was drawn, its nodes numbered anew.

    Attributes
    ----------
    tails, heads, costs
        Its edges, shape (m,).
    roots
        Where it hangs on the existing network.
    node
        Of each premises that it reaches.
    forest
        The same, rooted.
    """

    tails: Ints
    heads: Ints
    costs: Ints
    roots: Ints
    node: pd.Series
    forest: routing.Forest

    def peel(self, worth: pd.Series) -> routing.Peeling:
        """Return its nested best parts; ``worth`` is that of its premises, in their order."""
        prizes = np.zeros(len(self.forest.parent), np.int64)
        np.add.at(prizes, self.node.to_numpy(np.int64), worth.to_numpy(np.int64))
        return routing.peel(self.forest, self.costs, prizes)

    def cut(self, some: pd.Index) -> "_Tree":
        """Return the part that leads to some of its premises."""
        node = self.node.loc[some]
        above, edge_of = self.forest.parent.tolist(), self.forest.parent_edge.tolist()
        edges: set[int] = set()
        for start in node.tolist():
            x = start
            while above[x] >= 0 and edge_of[x] not in edges:
                edges.add(edge_of[x])
                x = above[x]
        kept = np.array(sorted(edges), np.int64)
        return _plant(self.tails[kept], self.heads[kept], self.costs[kept], self.roots, node)


def _draw(attachment: Attachment, candidates: pd.DataFrame, effort: Effort | None) -> _Tree:
    """Draw a network to all candidates that roads lead to."""
    some = (effort or Effort()).to_compare(len(attachment.graph.edges), gap=_GAP)
    draft = draw_network(attachment, candidates, Goal("all"), effort=some)
    tails, heads, costs = (draft.routes[name].to_numpy(np.int64) for name in ("tail", "head", "cost_sek"))
    return _plant(tails, heads, costs, attachment.roots, draft.served["node"])


def _plant(tails: Ints, heads: Ints, costs: Ints, roots: Ints, node: pd.Series) -> _Tree:
    """Root some edges, their nodes and those of premises numbered anew."""
    names = np.unique(np.r_[tails, heads, node.to_numpy(np.int64)])
    tails, heads = np.searchsorted(names, tails), np.searchsorted(names, heads)
    roots = np.flatnonzero(np.isin(names, roots))
    forest = routing.grow_forest(tails, heads, roots, count=len(names))
    place = pd.Series(np.searchsorted(names, node.to_numpy(np.int64)), index=node.index)
    return _Tree(tails, heads, costs, roots, place, forest)


def _list_bundles(tree: _Tree, worth: pd.Series) -> pd.DataFrame:
    """Return units and cost of the bundles that lead to premises of some worth, the cheapest unit first.

    What the existing network is at already comes first, for nothing.
    """
    some = worth[worth > 0]
    some = some.loc[some.index.intersection(tree.node.index)]
    peeling = tree.cut(some.index).peel(some)
    found = pd.DataFrame({"units": np.r_[peeling.given, peeling.prize], "cost": np.r_[0.0, peeling.cost]})
    return found[found["units"] > 0]


def _cut_steps(bundles: pd.DataFrame, base: int, reached: int, book: CostBook) -> pd.DataFrame:
    """Gather bundles into steps of one per cent of the base, and price them."""
    total = bundles.cumsum()
    gained = total["units"].round().astype("int64").to_numpy()
    # The whole per cent at or before which each bundle ends.
    percent = -(-100 * (reached + gained) // max(base, 1))
    last = np.append(percent[1:] != percent[:-1], True)[: len(percent)]
    gained, cost = gained[last], total["cost"].to_numpy(np.float64)[last]
    whole = np.array([with_surcharge(value, book) for value in cost], np.int64)
    step = np.diff(gained, prepend=0)
    return pd.DataFrame(
        {
            "share": (reached + gained) / max(base, 1),
            "units": gained,
            "cost_sek": whole,
            "step_units": step,
            "step_sek": np.diff(whole, prepend=0),
            "per_unit_sek": np.diff(cost, prepend=0.0) * (1 + book.surcharge) / step,
        }
    )


def _choose_instead(per_unit_sek: pd.Series, target: Target, study: Study, book: CostBook) -> pd.Series:
    """Return which technology is cheaper at each price a unit, as ``build_curve`` tells."""
    others = sorted((price, name) for name, price in _price_others(target, study, book))
    limit, rival = others[0] if others else (np.inf, "none")
    most = study.technology.fibre_max_sek
    if most is not None:
        limit = max(limit, float(most)) if others else float(most)
    return pd.Series(np.where(per_unit_sek > limit, rival, "fibre"), index=per_unit_sek.index, dtype="str")


def _price_others(target: Target, study: Study, book: CostBook) -> Iterator[tuple[str, float]]:
    """Yield the technologies that meet a target's speed, and what equipment costs a unit."""
    choice = study.technology
    if choice.radio_mbps >= target.down_mbps:
        yield "radio", book.radio_premises.base + book.radio_sector.base / choice.radio_per_sector
    if choice.satellite_counts and choice.satellite_mbps >= target.down_mbps:
        yield "satellite", book.satellite_premises.base
