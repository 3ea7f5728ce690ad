"""What is built when: the projects that give most for the money first, none before the one that feeds it.

Without a budget the best order is known: the set of projects, closed upwards, that gives most a krona comes
first, then the best of the rest, and so on (Sidney 1975; for trees Horn 1972, which ``routing.peel`` does). A
yearly budget cuts that order into phases, and each phase is a knapsack: it is filled greedily, by what a
krona gives, from what still fits. That is a rule that a council can retrace, not a proven optimum.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan import routing, tables
from infraplan.config import Study

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_UNITS = ["premises", "households", "workplaces"]
_BUILT = -1.0
"""What a krona gives where nothing can be had for it."""


@dataclass(frozen=True)
class Queue:
    """Projects that are not built yet, and which must be built with each. Made by ``make_queue``.

    Attributes
    ----------
    waits
        Which projects these are, shape (u,): positions in the order of their ids.
    forest
        They as edges: each leads to the node after its position, from that of the project above it; node 0
        is the existing network, and nodes of built projects are roots too.
    needs
        Whether project i cannot be built without j, itself included, shape (u, u).
    """

    waits: Ints
    forest: routing.Forest
    needs: Mask


def assign_phases(projects: pd.DataFrame, study: Study, *, gain: pd.Series) -> pd.Series:
    """Put each project into a phase, one a year, within the yearly budget.

    Again and again the bundle is taken that gives most a krona of those that fit into what is left of the
    phase's budget; when none fits, the next phase begins. A bundle is a project with all above it that are
    not built yet, alone or with those below it that make it give most. Where the best bundle of all is dearer
    than a whole year's budget, it is begun from the top at the start of a phase; a project that is dearer
    alone has the phase for itself. Of equals those that fit come first, then the lowest ``project_id``.

    Parameters
    ----------
    projects
        Contract PROJECTS; ``above`` and ``cost_sek`` are read.
    gain
        What each project gives, in households or the target's unit; index ``project_id``. One that it does
        not name gives nothing.

    Returns
    -------
    Series
        The phase of each project, from 1; without a yearly budget 1 for all.

    Raises
    ------
    ValueError
        Projects are above each other in a circle, one is fed through none of them, or a gain is negative.

    Examples
    --------
    >>> from infraplan.config import Study
    >>> study = Study.model_validate(
    ...     {"study": {"name": "A", "year": 2026}, "phases": {"budget_sek_per_year": 100}}
    ... )
    >>> projects = pd.DataFrame({"above": ["", "P1", ""], "cost_sek": [60, 40, 50]}, ["P1", "P2", "P3"])
    >>> assign_phases(projects, study, gain=pd.Series([1, 30, 9], projects.index)).to_dict()
    {'P1': 1, 'P2': 1, 'P3': 2}
    """
    ordered = projects.sort_index()
    budget_sek = study.phases.budget_sek_per_year
    phase = np.zeros(len(ordered), np.int64)
    if budget_sek is None:
        phase[:] = 1
    costs = ordered["cost_sek"].to_numpy(np.int64)
    gains = gain.reindex(ordered.index, fill_value=0).to_numpy(np.float64)
    above = find_above(ordered["above"])
    while budget_sek is not None and not phase.all():
        queue = make_queue(above, phase > 0)
        chosen = fill_phase(queue, costs[queue.waits], gains[queue.waits], budget_sek)
        phase[queue.waits[chosen]] = phase.max() + 1
    return pd.Series(phase, index=ordered.index, name="phase").reindex(projects.index)


def build_phases(projects: pd.DataFrame, routes: gpd.GeoDataFrame, study: Study) -> pd.DataFrame:
    """Return one row a phase (contract PHASES) of projects whose phases are known.

    Parameters
    ----------
    projects
        Contract PROJECTS.
    routes
        Contract ROUTES; each edge is in one project, so that no trench is opened twice.
    """
    if projects.empty:
        return pd.DataFrame(tables.empty(tables.PHASES))
    first = study.first_build_year
    groups = projects.groupby("phase", sort=True)
    table = groups[[*_UNITS, *tables.MONEY]].sum()
    dug = routes[routes["existing"] == "new"]
    metres = dug["length_m"].groupby(dug["project_id"].map(projects["phase"])).sum()
    budget_sek = study.phases.budget_sek_per_year
    budget = np.full(len(table), np.nan if budget_sek is None else float(budget_sek))
    table = table.assign(
        year=first + table.index.to_numpy(np.int64) - 1,
        projects=groups.size().astype("int64"),
        budget_sek=budget,
        left_sek=budget - table["cost_sek"],
        trench_m=metres.reindex(table.index, fill_value=0.0).astype("float64"),
    )
    return table[tables.PHASES.names]


def find_above(above: pd.Series) -> Ints:
    """Return the position of the project above each, −1 at the existing network, shape (n,)."""
    position = above.index.get_indexer(pd.Index(above))
    lost = above[(position < 0) & (above != "").to_numpy()]
    if len(lost):
        raise ValueError(f"project {lost.index[0]} is fed through {lost.iloc[0]}, which is no project")
    return position.astype(np.int64)


def make_queue(above: Ints, built: Mask) -> Queue:
    """Return the projects that are not built yet, in the order of their ids.

    Parameters
    ----------
    above, built
        Position of the project above each, −1 for none, and which are built, shapes (n,).
    """
    waits = np.flatnonzero(~built)
    roots = np.r_[0, np.flatnonzero(built) + 1]
    forest = routing.grow_forest(above[waits] + 1, waits + 1, roots, count=len(above) + 1)
    place = np.full(len(above) + 1, -1)
    place[waits + 1] = np.arange(len(waits))
    needs = np.eye(len(waits), dtype=np.bool_)
    for node in forest.order.tolist():
        upper = forest.parent[node]
        if upper >= 0 and place[upper] >= 0:
            needs[place[node]] |= needs[place[upper]]
    return Queue(waits, forest, needs)


def fill_phase(queue: Queue, costs: Floats | Ints, gains: Floats, budget_sek: float) -> Mask:
    """Choose what is built in the next phase, as ``assign_phases`` says.

    Parameters
    ----------
    costs, gains
        Of the projects in the queue, shapes (u,).

    Returns
    -------
    ndarray
        Whether each is built in this phase, shape (u,); always at least one.
    """
    bundles = np.vstack([queue.needs, _list_best(queue, costs, gains)])
    # By project, for what is built is taken out of every bundle that holds it.
    holds = np.ascontiguousarray(bundles.T)
    amounts = np.vstack([costs, gains, np.ones(len(costs))]).astype(np.float64)
    left = np.ones(len(costs), np.bool_)
    # Not @: waking its threads takes many times as long as these sums, which uncertain costs need often.
    sums: Floats = np.einsum("au,ub->ab", amounts, holds)
    take = _begin(queue, bundles, sums, budget_sek)
    while take.any():
        left &= ~take
        sums -= amounts[:, take] @ holds[take]
        worth = _rate(sums)
        worth[sums[0] > budget_sek - costs[~left].sum()] = _BUILT
        best = int(np.argmax(worth))
        take = bundles[best] & left & (worth[best] > _BUILT)
    return ~left


def _list_best(queue: Queue, costs: Floats | Ints, gains: Floats) -> Mask:
    """Return the bundles of the best order, each with all that it cannot be built without, shape (b, u)."""
    prizes = np.zeros(len(queue.forest.parent))
    prizes[queue.forest.child] = gains
    peeling = routing.peel(queue.forest, costs, prizes)
    # By their lowest project, so that of equal bundles that one comes first.
    names = pd.unique(peeling.bundle[peeling.bundle >= 0])
    found = [queue.needs[peeling.bundle == name].any(axis=0) for name in names]
    return np.array(found, np.bool_).reshape(len(found), len(costs))


def _begin(queue: Queue, bundles: Mask, sums: Floats, budget_sek: float) -> Mask:
    """Return what a phase begins with: the best bundle of all, or the first project of it, shape (u,)."""
    worth = _rate(sums)
    equals, fits = worth == worth.max(), sums[0] <= budget_sek
    both = equals & fits
    best = int(np.argmax(both if both.any() else equals))
    begun: Mask = bundles[best]
    if not fits[best]:
        # Nothing of this bundle can be built without the one that needs no other.
        needs = queue.needs[begun]
        begun = needs[np.argmin(needs.sum(axis=1))]
    return begun


def _rate(sums: Floats) -> Floats:
    """Return what a krona of each bundle gives, of what is left in it: cost, gain and count, shape (3, b)."""
    cost, gain, count = sums
    worth: Floats = np.where(count > 0, np.inf, _BUILT)
    np.divide(gain, cost, out=worth, where=(cost > 0) & (count > 0))
    return worth
