"""What public support may pay of each project, what those who are connected pay, and what is left."""

import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.layers.support_rules import PaysFor, SupportRules
from infraplan.network.lines import Ints

_ON_TOP = {"design", "margin"}
_EXACT = 1e-6
"""Crowns by which a share of whole kronor may fall short of what it is: computers have no tenths."""


def apply_support(
    bill: pd.DataFrame,
    projects: pd.DataFrame,
    routes: pd.DataFrame,
    served: pd.DataFrame,
    white_spots: pd.DataFrame,
    rules: SupportRules,
) -> pd.DataFrame:
    """Part each project's cost into fees, support and what is left to finance.

    The eligible cost is the part of the project that the rules pay for, times the share of its buildings that
    are eligible. Everybody who is connected pays the fee, whether eligible or not. Support is the least of
    its share of the eligible cost, its ceiling times the eligible buildings, and what the fees leave;
    ``rule`` names the rule of ``rules`` that decided: ``share``, ``ceiling``, ``need``, or ``eligible`` where
    no building is. It is the most that the rules give, not what an application will get.

    Parameters
    ----------
    bill, projects, routes, served, white_spots
        Contracts BILL, PROJECTS, ROUTES, SERVED and WHITE_SPOTS. Served premises that are no white spot are
        not eligible.

    Returns
    -------
    DataFrame
        Contract SUPPORT, whole kronor: ``own_sek + support_sek + left_sek`` is the project's cost.
    """
    each = pd.Index(projects.index, name="project_id")
    status = white_spots["eligible"].reindex(served.index).fillna("no")
    buildings, unsure, eligible = (
        _total(pd.Series(counts, served.index), served["project_id"], each)
        for counts in (True, status == "unsure", status.isin(rules.eligible.counts))
    )
    cost = _total(bill["cost_sek"], bill["project_id"], each)
    eligible_sek = _paid_for(bill, routes, rules.pays_for, each) * eligible // np.maximum(buildings, 1)
    own = np.minimum(rules.fee.taken_sek * buildings, cost)
    limits = {"share": np.floor(rules.share.most * eligible_sek + _EXACT).astype(np.int64)}
    if rules.ceiling.most_sek is not None:
        limits["ceiling"] = rules.ceiling.most_sek * eligible
    limits["need"] = np.where(eligible > 0, cost - own, 0)
    least = np.argmin(list(limits.values()), axis=0)
    support = np.min(list(limits.values()), axis=0)
    rule = np.where(eligible > 0, np.array([*limits])[least], "eligible")
    table = pd.DataFrame(
        {
            "buildings": buildings,
            "eligible": eligible,
            "unsure": unsure,
            "eligible_sek": eligible_sek,
            "own_sek": own,
            "support_sek": support,
            "left_sek": cost - own - support,
            "per_building_sek": support / np.where(eligible > 0, eligible, np.nan),
            "rule": pd.Series(rule, each, dtype="str"),
        },
        index=each,
    )
    listed = int(white_spots["eligible"].isin(rules.eligible.counts).sum())
    return table.assign(flagged=spread_priorities(table, rules, listed=listed))[tables.SUPPORT.names]


def spread_priorities(support: pd.DataFrame, rules: SupportRules, *, listed: int) -> pd.Series:
    """Tell how many buildings of each project a region can flag with effect, spread as evenly as can be.

    In one project more than ``priority.most_buildings`` add nothing: PTS advises to spread them.

    Parameters
    ----------
    support
        Contract SUPPORT.
    listed
        Buildings on the whole list, of which ``priority.most_listed`` may be flagged.

    Returns
    -------
    Series
        Buildings a project; of the odd ones left over, one each goes to the first projects that have more.
    """
    most = np.minimum(support["eligible"].to_numpy(np.int64), rules.priority.most_buildings)
    allowed = int(rules.priority.most_listed * listed + _EXACT)
    levels = np.minimum(most, np.arange(rules.priority.most_buildings + 1)[:, None])
    given = levels[np.flatnonzero(levels.sum(axis=1) <= allowed)[-1]].copy()
    more = np.flatnonzero(most > given)[: allowed - int(given.sum())]
    given[more] += 1
    return pd.Series(given, support.index, name="priorities")


def _paid_for(bill: pd.DataFrame, routes: pd.DataFrame, rule: PaysFor, each: pd.Index) -> Ints:
    """Return the part of each project's cost that support is for, rounded down, shape (projects,)."""
    edges = routes[routes["kind"].isin(rule.edges)]
    paid = _total(edges["cost_sek"], edges["project_id"], each)
    # Splices at premises stand on their drops: where those count, they are paid for with them.
    of_edges = (bill["item"] == "splice") & (bill["detail"] == "drop")
    own = bill[bill["item"].isin(set(rule.items) - _ON_TOP) & ~of_edges]
    paid = paid + _total(own["cost_sek"], own["project_id"], each)
    surcharge = bill[bill["item"].isin(_ON_TOP & set(rule.items))]
    on_top = _total(surcharge["cost_sek"], surcharge["project_id"], each)
    bare = bill[~bill["item"].isin(_ON_TOP)]
    built = _total(bare["cost_sek"], bare["project_id"], each)
    return np.asarray(paid + on_top * paid // np.maximum(built, 1))


def _total(values: pd.Series, project: pd.Series, each: pd.Index) -> Ints:
    """Return the sum of whole values of each project, 0 for those without, shape (projects,)."""
    sums = values.astype("int64").groupby(project).sum()
    return np.asarray(sums.reindex(each, fill_value=0), np.int64)
