"""A plan in short, as the command line prints it: what costs what, when, for whom, and what else there is."""

from collections.abc import Iterator
from math import ceil, isnan

import pandas as pd

from infraplan.outputs.results import Results
from infraplan.outputs.textable import draw
from infraplan.planning import Plan
from infraplan.planning.technology import name_technology
from infraplan.tables import ITEMS, MONEY, TECHNOLOGIES_PLANNED
from infraplan.words import Words

MOST_PROJECTS = 20
_MOST_WORKS = 10
_FEW = 5
_STEP = 5
"""Per cent of all, in which the curve is told."""
_STUDY = "study"
_PLAN = "plan"
_UNSEEN = ("no_mast", "no_sight", "no_elevation")
"""Why somebody cannot have radio."""
_COUNTED = ("premises", "households", "workplaces")
_LEAST_DRAWS = 100
"""Fewer draws than this say nothing of eight cases of ten."""


def tell_range(results: Results, words: Words) -> str:
    """Return between what the plan's cost lies in eight cases of ten; nothing where that is not known.

    With few draws it is not: their quantiles are little more than single draws.
    """
    risk = results.package.risk
    few = results.study.risk.draws < _LEAST_DRAWS
    if few or _PLAN not in risk.index or not results.plan.cost_sek:
        return ""
    low, high = (words.number(float(risk[name][_PLAN]) / 1e6, 1) for name in ("p10_sek", "p90_sek"))
    return words.text("plan.range", low=low, high=high)


def tell_tables(results: Results, words: Words) -> str:
    """Return all that there is to say of a plan beside its main lines, a paragraph or table each."""
    told = (
        items(results.plan, words),
        projects(results.plan, words),
        phases(results.plan, words),
        targets(results, words),
        *curves(results, words),
        rings(results, words),
        codigging(results, words),
        alternatives(results, words),
        *_tell_sentences(results, words),
    )
    return "\n\n".join(text for text in told if text)


def _tell_sentences(results: Results, words: Words) -> Iterator[str]:
    yield "\n".join(text for tell in (support, permits, technology, optics) if (text := tell(results, words)))


def items(plan: Plan, words: Words) -> str:
    """Return the cost of each item of the bill, material and labour apart."""
    if plan.bill.empty:
        return ""
    columns = [*MONEY, "material_sek", "labour_sek"]
    sums = plan.bill.groupby("item")[columns].sum()
    sums = sums.reindex([item for item in ITEMS if item in sums.index])
    rows = [
        [words.text(f"bill.item_{item}"), *(_tkr(value, words) for value in row)]
        for item, row in zip(sums.index, sums.to_numpy().tolist(), strict=True)
    ]
    rows.append([words.text("plan.total"), *(_tkr(int(value), words) for value in sums.sum())])
    heads = [f"plan.{head}" for head in ("item", "low", "base", "high", "material", "labour")]
    return draw(words, words.text("plan.title_items"), heads, rows)


def projects(plan: Plan, words: Words) -> str:
    """Return a row a project in the order in which they are built, the cheapest a household first."""
    table = plan.projects.sort_values(["phase", "cost_per_household_sek"], kind="stable")
    if table.empty:
        return ""
    rows = [
        [
            str(name),
            row["name"],
            words.number(int(row["phase"])),
            *(words.number(int(row[count])) for count in ("premises", "households", "workplaces")),
            _tkr(row["cost_sek"], words),
            _tkr(row["cost_per_household_sek"], words),
        ]
        for name, row in table.head(MOST_PROJECTS).iterrows()
    ]
    names = ("project", "name", "phase", "premises", "households", "workplaces", "cost", "per_household")
    told = [draw(words, words.text("plan.title_projects"), [f"plan.{name}" for name in names], rows)]
    if len(table) > MOST_PROJECTS:
        told.append(words.text("plan.more_projects", count=len(table) - MOST_PROJECTS))
    if table["over_limit"].any():
        told.append(words.text("plan.over_limit", names=", ".join(table.index[table["over_limit"]])))
    if plan.overfull:
        first = ", ".join(plan.overfull[:_FEW])
        told.append(words.text("plan.overfull", count=len(plan.overfull), names=first))
    return "\n".join(told)


def phases(plan: Plan, words: Words) -> str:
    """Return a row a phase, with what of its budget is left."""
    if plan.phases.empty:
        return ""
    rows = [
        [
            words.number(int(str(phase))),
            str(row["year"]),
            *(words.number(int(row[count])) for count in ("projects", "households", "workplaces")),
            *(_tkr(row[name], words) for name in ("cost_sek", "budget_sek", "left_sek")),
            words.number(row["trench_m"] / 1000, 1),
        ]
        for phase, row in plan.phases.astype({"year": "object"}).iterrows()
    ]
    names = ("phase", "year", "projects", "households", "workplaces", "cost", "budget", "left", "trench_km")
    return draw(words, words.text("plan.title_phases"), [f"plan.{name}" for name in names], rows)


def targets(results: Results, words: Words) -> str:
    """Return what each target takes in the study, and in its municipalities where there are several."""
    table = results.package.target_plans
    if table["zone_id"].nunique() <= 2:  # noqa: PLR2004  (the study and its only municipality)
        table = table[table["zone_id"] == _STUDY]
    if table.empty:
        return ""
    rows = [
        [
            row["target"],
            row["zone_name"],
            words.number(int(row["needed"])),
            _tkr(row["cost_sek"], words),
            _tkr(row["cost_per_unit_sek"], words),
            words.text(f"plan.result_{row['result']}"),
        ]
        for _, row in table.iterrows()
    ]
    names = ("target", "zone", "needed", "cost", "per_unit", "result")
    return draw(words, words.text("plan.title_targets"), [f"plan.{name}" for name in names], rows)


def curves(results: Results, words: Words) -> Iterator[str]:
    """Yield what each five per cent cost, and where fibre yields, of the plan's target or all."""
    table, asked = results.package.curve, results.study.plan.target
    table = table if asked is None else table[table["target"] == asked]
    for target, steps in table[table["zone_id"] == _STUDY].groupby("target", sort=False):
        mark = (steps["share"] * 100 / _STEP).round(6).map(ceil) * _STEP
        bands = steps.groupby(mark)
        rows = [
            [
                words.share(min(up_to / 100, float(band["share"].max())), 1),
                words.number(int(band["step_units"].sum())),
                words.number(band["step_sek"].sum() / band["step_units"].sum() / 1000, 1),
                _name_instead(band["instead"], words),
            ]
            for up_to, band in bands
        ]
        title = words.text("plan.title_curve", target=str(target))
        heads = [f"plan.{head}" for head in ("up_to", "units", "price_tkr", "instead")]
        yield f"{draw(words, title, heads, rows)}\n{_say_where_fibre_yields(steps, words)}"


def _name_instead(instead: pd.Series, words: Words) -> str:
    others = instead[instead != "fibre"].unique()
    return ", ".join(name_technology(name, words) for name in others) or "–"


def _say_where_fibre_yields(steps: pd.DataFrame, words: Words) -> str:
    fibre = steps["instead"] == "fibre"
    if fibre.all():
        return words.text("plan.curve.never", share=words.share(float(steps["share"].max())))
    before = steps.loc[fibre, "share"]
    instead = str(steps.loc[~fibre, "instead"].iloc[0])
    key = ("too_dear" if instead == "none" else "yields", "at_once" if before.empty else "later")
    named = name_technology(instead, words)
    return words.text(f"plan.curve.{key[0]}.{key[1]}", share=words.share(float(before.max())), instead=named)


def support(results: Results, words: Words) -> str:
    """Return what support, fees and others would pay in all."""
    table, rules = results.package.support, results.study.support.rules
    if table.empty or rules is None:
        return ""
    money = {name: words.number(table[f"{name}_sek"].sum() / 1e6, 1) for name in ("support", "own", "left")}
    counts = {name: int(table[name].sum()) for name in ("eligible", "unsure")}
    return words.text("plan.support", rules=rules, **money, **counts)


def permits(results: Results, words: Words) -> str:
    """Return how many permits the plan needs, and how long the slowest takes."""
    table = results.package.permits
    asked = table[table["permit"] != ""]
    if asked.empty:
        return words.text("plan.no_permits") if len(results.plan.routes) else ""
    weeks = asked["lead_time_weeks"].max()
    values = {
        "permits": int(results.plan.projects["permits"].sum()),
        "areas": asked["area_id"].nunique(),
        "km": words.number(results.plan.projects["permit_m"].sum() / 1000, 1),
    }
    if pd.isna(weeks):
        return words.text("plan.permits_untimed", **values)
    return words.text("plan.permits", weeks=words.number(float(weeks)), **values)


def codigging(results: Results, words: Words) -> str:
    """Return the works with which most is saved, with whom to call."""
    table = results.package.codigging
    if table.empty:
        return ""
    told = table.groupby("works_id", sort=False)[["name", "contact", "start", "end"]].first()
    whole = told.join(table.groupby("works_id")[["metres", "saved_sek"]].sum())
    whole = whole.join(table.groupby("works_id")["in_time"].any())
    rows = [
        [
            row["name"] or str(works),
            row["contact"] or "–",
            "–".join((row["start"], row["end"])) if row["start"] or row["end"] else "–",
            words.number(row["metres"]),
            _tkr(row["saved_sek"], words),
            words.text("plan.answer.yes" if row["in_time"] else "plan.answer.no"),
        ]
        for works, row in whole.sort_values("saved_sek", ascending=False).head(_MOST_WORKS).iterrows()
    ]
    heads = [f"plan.{head}" for head in ("works", "contact", "when", "metres", "saved", "in_time")]
    drawn = draw(words, words.text("plan.title_codigging"), heads, rows)
    return drawn if table["in_time"].all() else f"{drawn}\n{words.text('plan.not_in_time')}"


def technology(results: Results, words: Words) -> str:
    """Return how many premises get fibre, how many something else, and whom no mast can see."""
    table = results.package.technology
    if table.empty:
        return ""
    given = table["technology"].value_counts()
    named = [
        f"{words.number(int(given[name]))} {name_technology(name, words)}"
        for name in TECHNOLOGIES_PLANNED
        if name in given
    ]
    said = [words.text("plan.technology", given=", ".join(named))]
    # The last of the reasons tells why it is not radio.
    why = table.loc[table["technology"] == "satellite", "reason"].str.split().str[-1].value_counts()
    unseen = [words.text(f"plan.unseen.{name}", count=int(why[name])) for name in _UNSEEN if name in why]
    if unseen:
        said.append(words.text("plan.technology_unseen", unseen=", ".join(unseen)))
    short = int((table["technology"].isin(["radio", "satellite"]) & ~table["meets"]).sum())
    if short:
        said.append(words.text("plan.technology_short", count=short))
    return " ".join(said)


def alternatives(results: Results, words: Words) -> str:
    """Return a line a plan that differs: how much dearer, how much elsewhere, its losses and gains."""
    table = results.package.alternatives
    others = table.drop(index=_PLAN, errors="ignore")
    wish = results.study.alternatives
    if others.empty:
        within = words.share(wish.within, 0)
        return (
            words.text("plan.no_alternative", within=within) if wish.count and results.plan.cost_sek else ""
        )
    lines = [
        words.text(
            "plan.alternative",
            name=str(name),
            aim=words.text(f"plan.aim.{row['aim']}"),
            cost=_say_dearer(row["dearer"], words),
            elsewhere=words.share(row["elsewhere"], 0),
            losses="".join(f", {loss}" for loss in _name_losses(row, table.loc[_PLAN], words)),
            gains="".join(f", {gain}" for gain in _name_gains(row["gains"], words)),
        )
        for name, row in others.iterrows()
    ]
    return "\n".join([words.text("plan.alternatives"), *lines])


def _say_dearer(share: float, words: Words) -> str:
    told = words.share(abs(share), 1)
    if told == words.share(0.0, 1):
        return words.text("plan.as_dear")
    return words.text("plan.dearer" if share > 0 else "plan.cheaper", share=told)


def _name_gains(gains: str, words: Words) -> Iterator[str]:
    for gain in gains.split():
        name, _, amount = gain.partition("=")
        yield words.text(f"plan.gain.{name}", amount=abs(int(amount)))


def _name_losses(row: pd.Series, plan: pd.Series, words: Words) -> Iterator[str]:
    """Name who is reached by the plan and not by another: cheaper is no gain where fewer are reached."""
    for name in _COUNTED:
        if (fewer := int(plan[name]) - int(row[name])) > 0:
            yield words.text(f"plan.loss.{name}", amount=fewer)


def rings(results: Results, words: Words) -> str:
    """Return what a second way to each important node costs."""
    table = results.package.rings
    if table.empty:
        return ""
    rows = [
        [
            _name_kind(row["kind"], words),
            row["name"],
            words.number(int(row["premises"])) if row["premises"] else "–",
            words.number(row["trench_m"]) if row["possible"] else "–",
            _say_ring(row, words),
        ]
        for _, row in table.iterrows()
    ]
    heads = [f"plan.{head}" for head in ("kind", "called", "behind", "metres", "cost_tkr")]
    return draw(words, words.text("plan.title_rings"), heads, rows)


def _say_ring(row: pd.Series, words: Words) -> str:
    if not row["possible"]:
        return words.text("plan.no_way")
    return _tkr(row["cost_sek"], words) if row["cost_sek"] else words.text("plan.two_ways")


def _name_kind(kind: str, words: Words) -> str:
    """Name what a ring leads to; a kind of building that only the study's files know, as it is."""
    keys = [key for key in (f"plan.ring.{kind}", f"map.kind.{kind}") if key in words.entries]
    return words.text(keys[0]) if keys else kind


def optics(results: Results, words: Words) -> str:
    """Return whether the light reaches everybody, and where it does not, by how much and why."""
    table, study = results.package.optics, results.study
    equipment = study.optics.settle(study.design.architecture).equipment
    if table.empty:
        return ""
    least = float(table["left_db"].min())
    broken = table[~table["ok"]]
    if broken.empty:
        return words.text("plan.optics_ok", equipment=equipment, left=words.number(max(least, 0.0), 1))
    parts = [words.text(f"plan.breaks.{part}") for part in broken["breaks"].value_counts().index]
    return words.text(
        "plan.optics_broken",
        count=len(broken),
        all=len(table),
        equipment=equipment,
        over=words.number(-least, 1),
        parts=", ".join(parts),
    )


def _tkr(sek: float, words: Words) -> str:
    """Write an amount in thousands of kronor."""
    return "–" if isnan(sek) else words.number(sek / 1000, 0)
