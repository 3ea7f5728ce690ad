"""What changed between two plans, so that every sum adds up: who is served, what it costs, which projects."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan.tables import ITEMS

COUNTS = ["households", "workplaces"]
TOTAL = "total"
_COMPARED = ["premises", *COUNTS, "cost_sek", "phase"]
"""Of projects, beside their names."""
_ON_TOP = ("design", "margin")
_SAME = 1e-9
"""Relative: quantities that differ by less are the same, added up in another order."""


@dataclass(frozen=True)
class Side:
    """One of two plans, as its run wrote it: contracts SERVED, UNSERVED, PROJECTS and BILL.

    ``people`` are the ids of all premises of the run.
    """

    people: pd.Index
    served: pd.DataFrame
    unserved: pd.DataFrame
    projects: pd.DataFrame
    bill: pd.DataFrame


def match_projects(before: Side, after: Side) -> pd.DataFrame:
    """Set the projects of two plans side by side: ids are given anew in each run, so premises tell.

    The two projects that share most premises go together, then of the others those that share most, and so
    on; of equals those with the first ids.

    Returns
    -------
    DataFrame
        A row a pair, and one a project without a partner, its other side ``""`` or 0: ``project``,
        ``name``, ``premises``, ``households``, ``workplaces``, ``cost_sek`` and ``phase``, each with
        ``_before`` and ``_after``; ``shared`` premises; ``change``: same, changed, gone or new.
    """
    pairs = pd.DataFrame(
        {
            "before": before.served["project_id"],
            "after": after.served["project_id"].reindex(before.served.index),
        }
    ).dropna()
    shared = pairs[(pairs != "").all(axis=1)].value_counts().rename("shared").reset_index()
    shared = shared.sort_values(
        ["shared", "before", "after"], ascending=[False, True, True], kind="stable", ignore_index=True
    )
    partners: dict[str, tuple[str, int]] = {}
    taken: set[str] = set()
    for one, other, count in shared.itertuples(index=False):
        if one not in partners and other not in taken:
            partners[one] = (other, int(count))
            taken.add(other)
    rows = [(name, *partners.get(name, ("", 0))) for name in before.projects.index]
    rows += [("", name, 0) for name in after.projects.index if name not in taken]
    table = pd.DataFrame(rows, columns=["project_before", "project_after", "shared"])
    for side, plan in (("before", before), ("after", after)):
        known = plan.projects.reindex(table[f"project_{side}"])
        for name in ("name", "premises", *COUNTS, "cost_sek", "phase"):
            values = known[name].reset_index(drop=True)
            table[f"{name}_{side}"] = (
                values.fillna("") if name == "name" else values.fillna(0).astype("int64")
            )
    return table.assign(change=_tell_change(table))


def _tell_change(table: pd.DataFrame) -> NDArray[np.str_]:
    alike = np.logical_and.reduce(
        [
            table[f"{name}_before"] == table[f"{name}_after"]
            for name in ("premises", *COUNTS, "cost_sek", "phase")
        ]
    )
    alike &= table["shared"] == table["premises_before"]
    return np.select(
        [table["project_after"] == "", table["project_before"] == "", alike],
        ["gone", "new", "same"],
        "changed",
    )


def compare_served(before: Side, after: Side, projects: pd.DataFrame) -> pd.DataFrame:
    """List the premises whose place in the plan changed, and why.

    Parameters
    ----------
    projects
        From ``match_projects``: a project that goes under another id is no other project.

    Returns
    -------
    DataFrame
        By ``premises_id``. ``change``: came or went, moved (served in both, in another project or phase), or
        counts (served in both, by other counts). ``reason`` of those that came: new (not in the first run at
        all), candidate (the first plan was not asked about them), chosen (it left them out); of those that
        went: gone (not in the second run), service (the second plan is not asked about them, as when they
        have been connected), left_out; of those that moved: project, phase or both. ``detail``: for chosen
        and left_out the reason of UNSERVED. ``project_`` and ``phase_``, ``before`` and ``after``: ``""`` and
        0 where not served. ``households`` and ``workplaces``: what is added to the sums of the served.
    """
    everybody = before.served.index.union(after.served.index)
    table = pd.DataFrame(index=everybody.rename("premises_id"))
    for side, plan in (("before", before), ("after", after)):
        table[f"project_{side}"] = _fill(plan.served["project_id"].reindex(everybody))
        phase = table[f"project_{side}"].map(plan.projects["phase"]).fillna(1).astype("int64")
        table[f"phase_{side}"] = phase.where(everybody.isin(plan.served.index), 0)
    for name in COUNTS:
        one, other = (plan.served[name].reindex(everybody, fill_value=0) for plan in (before, after))
        table[name] = (other - one).astype("int64")
    was, still = everybody.isin(before.served.index), everybody.isin(after.served.index)
    partner = projects.set_index("project_before")["project_after"]
    partner = partner[partner.index != ""]
    elsewhere = _fill(table["project_before"].map(partner)) != table["project_after"]
    later = table["phase_before"] != table["phase_after"]
    recounted = (table[COUNTS] != 0).any(axis=1)
    table["change"] = np.select(
        [~was, ~still, elsewhere | later, recounted], ["came", "went", "moved", "counts"], ""
    )
    why = {
        "came": _tell_why(everybody, before, "new", "candidate", "chosen"),
        "went": _tell_why(everybody, after, "gone", "service", "left_out"),
        "moved": np.select([elsewhere & later, later], ["both", "phase"], "project"),
    }
    table["reason"] = np.select([table["change"] == name for name in why], list(why.values()), "counts")
    told = {"chosen": before.unserved, "left_out": after.unserved}
    details = [_fill(plan["reason"].reindex(everybody)) for plan in told.values()]
    table["detail"] = np.select([table["reason"] == name for name in told], details, "")
    order = ["change", "reason", "detail", "project_before", "project_after", "phase_before", "phase_after"]
    return table.loc[table["change"] != "", [*order, *COUNTS]]


def _tell_why(ids: pd.Index, other: Side, absent: str, unasked: str, left: str) -> NDArray[np.str_]:
    """Tell why premises are not served in the other plan."""
    return np.select([ids.isin(other.unserved.index), ids.isin(other.people)], [left, unasked], absent)


def add_up_served(before: Side, changes: pd.DataFrame) -> pd.DataFrame:
    """Return rows before, came, went, counts and after, of which the first four add up to the last.

    ``counts`` are the households and workplaces that those served in both plans gained or lost.
    """
    whole = {"before": (len(before.served), *before.served[COUNTS].sum())}
    signs = {"came": 1, "went": -1, "counts": 0}
    kind = changes["change"].replace("moved", "counts")
    for name, sign in signs.items():
        rows = changes[kind == name]
        whole[name] = (sign * len(rows), *rows[COUNTS].sum())
    sums = pd.DataFrame.from_dict(whole, orient="index", columns=["premises", *COUNTS])
    sums.loc["after"] = sums.sum()
    return sums.astype("int64")


def _fill(text: pd.Series) -> pd.Series:
    """Return text with ``""`` for what is missing, as all of it may be."""
    return text.astype("object").fillna("").astype("str")


def bridge_costs(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Tell how much of what two bills differ by is prices, and how much quantities.

    The price effect is what the first bill's quantities would cost more at the second one's prices; the
    quantity effect is the rest, at the second one's prices. What has no single price, or stands in one bill
    alone, is all quantity. Design and margin follow what they are a share of; a share that changed is a
    price.

    Parameters
    ----------
    before, after
        Contract BILL.

    Returns
    -------
    DataFrame
        By ``item`` in the order of the bill, then ``total``: ``before_sek``, ``price_sek``, ``quantity_sek``
        and ``after_sek`` in whole kronor, base estimates; the first three add up to the last.
    """
    lines = _gather(before).add_suffix("_before").join(_gather(after).add_suffix("_after"), how="outer")
    for name in ("cost_sek_before", "cost_sek_after"):
        lines[name] = lines[name].fillna(0).astype("int64")
    lines["price_sek"] = _find_price_effect(lines)
    sums = lines.groupby(level="item")[["cost_sek_before", "price_sek", "cost_sek_after"]].sum()
    sums = sums.rename(columns={"cost_sek_before": "before_sek", "cost_sek_after": "after_sek"})
    sums = sums.reindex([name for name in ITEMS if name in sums.index])
    for name in [name for name in _ON_TOP if name in sums.index]:
        share = lines.xs(name, level="item").iloc[0]
        same = bool(share["share_before"] == share["share_after"])
        at = list(sums.index).index(name)
        sums.loc[name, "price_sek"] = _follow(sums[:at], sums.iloc[at], same=same)
    sums.loc[TOTAL] = sums.sum()
    sums["quantity_sek"] = sums["after_sek"] - sums["before_sek"] - sums["price_sek"]
    return sums[["before_sek", "price_sek", "quantity_sek", "after_sek"]].astype("int64").rename_axis("item")


def _gather(bill: pd.DataFrame) -> pd.DataFrame:
    """Return quantity, price and cost of each item and detail; the price NaN where there are several."""
    rows = bill.assign(detail=_fill(bill["detail"])).groupby(["item", "detail"])
    lowest, highest = rows["price"].min(), rows["price"].max()
    known = (lowest == highest) & (rows["price"].count() == rows.size())
    sums = rows[["quantity", "cost_sek"]].sum()
    return sums.assign(price=lowest.where(known), share=rows["quantity"].first())


def _find_price_effect(lines: pd.DataFrame) -> pd.Series:
    """Return what each line's first quantity costs more at the second price, in whole kronor."""
    was, now = lines["price_before"], lines["price_after"]
    cost, other = lines["cost_sek_before"], lines["cost_sek_after"]
    # Where prices alone differ, all is price: whole kronor of many edges do not follow a price exactly.
    same = np.isclose(lines["quantity_before"], lines["quantity_after"], rtol=_SAME, atol=_SAME)
    moved = np.where(was > 0, cost * (now / was.where(was > 0)), lines["quantity_before"] * now)
    effect = np.where(same, other - cost, np.rint(moved) - cost)
    changed = was.notna() & now.notna() & (was != now)
    return pd.Series(np.where(changed, effect, 0), lines.index).fillna(0).astype("int64")


def _follow(items: pd.DataFrame, on_top: pd.Series, *, same: bool) -> int:
    """Return how prices change what comes on top of items, as the same share of them or another one."""
    was, change, now = (int(items[name].sum()) for name in ("before_sek", "price_sek", "after_sek"))
    if not was or not now or (same and not change):
        return 0
    return round(int(on_top["after_sek"]) * (was + change) / now) - int(on_top["before_sek"])
