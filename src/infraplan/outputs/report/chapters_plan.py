"""What the plan builds, in what order, what it costs to go further, and whom it does not reach."""

from collections.abc import Iterator

import pandas as pd

from infraplan.outputs.report import pictures
from infraplan.outputs.report.document import Bullets, Chart, Map, Note, Paragraph
from infraplan.outputs.report.findings import count_offers, find_goal, find_yearly_budget, say_speed
from infraplan.outputs.report.omitted import missing
from infraplan.outputs.report.paper import (
    DASH,
    MOST_ROWS,
    STUDY,
    Paper,
    Told,
    is_true,
    make_table,
    number,
    records,
)
from infraplan.outputs.summary import UNSERVED_REASONS

_COUNTED = ("premises", "households", "workplaces")
_MONEY = ("cost_low_sek", "cost_sek", "cost_high_sek")
_LENGTHS = ("road_m", "drop_m", "link_m")
_BANDS = 8
"""Rows of the table of the cost curve."""


def tell_measures(paper: Paper) -> Iterator[Told]:
    """Yield what is built: stages, projects, criteria, and what the last per cents cost."""
    served = paper.plan.get("served")
    if not served:
        yield missing(paper, "plan")
        return
    if not served["premises"]:
        yield Paragraph(paper.say("reportplan.nothing_to_build"))
        return
    goal = paper.parameters.get("plan", {})
    yield Paragraph(
        paper.say(
            f"reportplan.goal_{paper.plan['goal']}",
            target=paper.plain(goal.get("target") or ""),
            budget=paper.money(goal.get("budget_sek")),
        )
    )
    yield Paragraph(paper.say("reportplan.reaches", **{name: paper.count(served[name]) for name in _COUNTED}))
    yield from _tell_stages(paper)
    yield from _tell_projects(paper)
    yield from _tell_criteria(paper)
    yield from _tell_curve(paper)
    yield from _tell_optics(paper)


def _tell_stages(paper: Paper) -> Iterator[Told]:
    rows = paper.rows("phases", "year", "projects", *_COUNTED, *_MONEY, "trench_m")
    if rows.empty:
        yield missing(paper, "phases")
        return
    told = [
        [
            paper.say("reportplan.stage", number=str(phase)),
            str(row["year"]),
            *(paper.count(row[name]) for name in ("projects", *_COUNTED)),
            paper.km(row["trench_m"]),
            *(paper.mnkr(row[name]) for name in _MONEY),
        ]
        for phase, row in rows.astype("object").iterrows()
    ]
    if len(told) > 1:
        sums = rows.sum(min_count=len(rows))
        told.append(
            [
                paper.say("reportplan.total"),
                DASH,
                *(paper.count(sums[name]) for name in ("projects", *_COUNTED)),
                paper.km(sums["trench_m"]),
                *(paper.mnkr(sums[name]) for name in _MONEY),
            ]
        )
    heads = [
        "stage",
        "year",
        "projects",
        "buildings",
        "households",
        "workplaces",
        "km",
        "low",
        "base",
        "high",
    ]
    table = make_table(
        paper,
        "reportplan.stages",
        heads,
        told,
        note=paper.say("reportplan.price_year", year=str(paper.price_year)),
        totals=1 if len(rows) > 1 else 0,
    )
    finding = paper.say(
        "reportplan.stages.one" if len(rows) == 1 else "reportplan.stages.many",
        households=paper.count(paper.plan["served"]["households"]),
        stages=paper.letters(len(rows)),
        year=str(rows["year"].iloc[-1]),
    )
    picture = pictures.draw_stages(paper)
    if picture is None:
        yield table
        return
    yield Map(
        id="map-stages",
        title=finding,
        alt=paper.say(
            "reportplan.stages.alt", finding=finding, km=paper.km(rows["trench_m"].sum(skipna=False))
        ),
        says=paper.say("reportplan.stages.says", places=pictures.name_projects(paper)),
        table=table,
        picture=picture,
    )


def _tell_projects(paper: Paper) -> Iterator[Told]:
    rows = paper.rows("projects", "name", "phase", *_COUNTED, *_MONEY)
    if rows.empty:
        yield missing(paper, "projects")
        return
    a_household = rows["cost_sek"] / rows["households"].where(rows["households"] > 0)
    order = rows.assign(a_household=a_household).sort_values(["phase", "a_household"], kind="stable")
    years, lengths = paper.rows("phases", "year")["year"], set(_LENGTHS) <= set(rows.columns)
    told = [
        [
            paper.say("reportplan.project", name=paper.plain(row["name"]), id=str(key)),
            f"{row['phase']} ({years[row['phase']]})" if row["phase"] in years.index else str(row["phase"]),
            *(paper.count(row[name]) for name in ("premises", "households")),
            *([paper.km(sum(row[name] for name in _LENGTHS))] if lengths else []),
            *(paper.tkr(row[name]) for name in _MONEY),
            paper.tkr(row["a_household"]),
        ]
        for key, row in order.head(MOST_ROWS).astype({"phase": "object"}).iterrows()
    ]
    left = len(order) - len(told)
    lengths_head = ["km"] if lengths else []
    heads = [
        "project",
        "stage",
        "buildings",
        "households",
        *lengths_head,
        "low",
        "base",
        "high",
        "a_household",
    ]
    notes = [paper.say("reportplan.price_year", year=str(paper.price_year))]
    if left:
        notes.append(paper.say("reportplan.more_projects", count=left))
    yield make_table(paper, "reportplan.projects", heads, told, note=" ".join(notes), text=["stage"])


def _tell_criteria(paper: Paper) -> Iterator[Told]:
    budget = find_yearly_budget(paper)
    yield Paragraph(paper.say("reportplan.criteria"))
    items = ["criterion_yield", "criterion_feed", "criterion_budget" if budget else "criterion_no_budget"]
    values = {"budget": paper.money(budget)}
    yield Bullets(tuple(paper.say(f"reportplan.{item}", **values) for item in items))
    yield Paragraph(paper.say("reportplan.criteria_political"))


def _tell_curve(paper: Paper) -> Iterator[Told]:
    """Yield what each further per cent costs."""
    rows = paper.rows("curve", "target", "zone_id", "share", "step_units", "step_sek", "cost_sek")
    rows = rows[rows["zone_id"] == STUDY]
    asked = paper.parameters.get("plan", {}).get("target")
    names = list(dict.fromkeys(rows["target"]))
    rows = rows[rows["target"] == (asked if asked in names else next(iter(names), ""))]
    rows = rows[rows["share"].notna()]
    if rows.empty:
        yield missing(paper, "curve")
        return
    # Equal parts of the way from today's share to all, as the chart's own axis has them.
    start, end = float(rows["share"].min()), float(rows["share"].max())
    bands = (
        pd.cut(rows["share"], _BANDS, include_lowest=True, labels=False) if end > start else rows["share"] * 0
    )
    told = []
    for _, part in rows.groupby(bands, sort=True):
        units = part["step_units"].sum()
        told.append(
            [
                paper.share(part["share"].max()),
                paper.count(units),
                paper.tkr(part["step_sek"].sum() / units if units else None),
                paper.mnkr(part["cost_sek"].max()),
            ]
        )
    note = paper.say("reportplan.curve.note", year=str(paper.price_year))
    table = make_table(paper, "reportplan.curve", ["share", "units", "a_unit", "in_all"], told, note=note)
    values = {
        "target": paper.plain(rows["target"].iloc[0]),
        "first": told[0][2],
        "last": told[-1][2],
        "share": paper.percent(end),
    }
    goal = find_goal(paper)
    after = [row["share_after"] for row in records(paper.rows("effect", "target", "share_after"))
             if paper.plain(row["target"]) == values["target"]]  # fmt: skip
    asked_share = goal.target_share if goal and goal.target == values["target"] else None
    picture = pictures.draw_curve(paper, rows, target=asked_share, chosen=number(after[0]) if after else None)
    yield Chart(
        id="chart-curve",
        title=paper.say("reportplan.curve.finding", **values),
        alt=paper.say("reportplan.curve.alt", **values),
        says=paper.say("reportplan.curve.says", **values),
        table=table,
        picture=picture,
    )


def _tell_optics(paper: Paper) -> Iterator[Told]:
    rows = paper.rows("optics", "ok")
    if rows.empty:
        yield missing(paper, "optics")
        return
    short = int((~is_true(rows["ok"])).sum())
    if short:
        yield Note("warning", paper.say("reportplan.optics_short", count=short, all=paper.count(len(rows))))


def tell_unreached(paper: Paper) -> Iterator[Told]:
    """Yield whom the plan does not reach, why, and what they are offered instead."""
    left = paper.plan.get("unserved")
    if left is None:
        yield missing(paper, "unserved")
        return
    if not left["premises"]:
        yield Paragraph(paper.say("reportplan.all_reached"))
        return
    yield Paragraph(paper.say("reportplan.left", **{name: paper.count(left[name]) for name in _COUNTED}))
    yield from tell_instead(paper)
    if paper.edition.level != "internal":
        yield Paragraph(paper.say("reportplan.left_inside"))


def tell_instead(paper: Paper) -> Iterator[Told]:
    """Yield why the plan does not reach all, what those are offered, and where they live."""
    yield from _tell_reasons(paper)
    yield from _tell_offers(paper)
    yield from _tell_left_places(paper)


def _tell_reasons(paper: Paper) -> Iterator[Told]:
    reasons = paper.plan.get("unserved_by_reason")
    if not reasons:
        yield missing(paper, "unserved_reasons")
        return
    rows = [
        [paper.say(f"reportplan.reason_{reason}"), *(paper.count(reasons[reason][name]) for name in _COUNTED)]
        for reason in UNSERVED_REASONS
        if reason in reasons
    ]
    heads = ["reason", "buildings", "households", "workplaces"]
    yield make_table(paper, "reportplan.unserved", heads, rows)


def _tell_offers(paper: Paper) -> Iterator[Told]:
    """Yield what those are offered whom fibre does not reach."""
    columns = ("technology", "households", "workplaces", "price_sek", "down_mbps", "meets")
    rows = paper.rows("technology", *columns)
    rows = rows[rows["technology"] != "fibre"]
    if rows.empty:
        yield from _tell_counts_offered(paper)
        return
    told = []
    for technology, part in rows.groupby("technology", sort=True):
        speeds = part["down_mbps"].dropna()
        told.append(
            [
                paper.say(f"reportplan.instead.{technology}"),
                paper.count(len(part)),
                *(paper.count(part[name].sum()) for name in ("households", "workplaces")),
                say_speed(paper, speeds.min()) if len(speeds) and speeds.min() > 0 else DASH,
                paper.tkr(part["price_sek"].sum()),
                paper.count(int(is_true(part["meets"]).sum())),
            ]
        )
    heads = ["technology", "buildings", "households", "workplaces", "speed", "cost", "meets"]
    note = paper.say("reportplan.instead.note", year=str(paper.price_year))
    yield make_table(paper, "reportplan.instead", heads, told, note=note)


def _tell_counts_offered(paper: Paper) -> Iterator[Told]:
    """Yield how many are offered what, where the edition tells no more than that."""
    offers = count_offers(paper)
    if not offers:
        yield missing(paper, "technology")
        return
    told = [
        [paper.say(f"reportplan.instead.{name}"), *(paper.count(counts[unit]) for unit in _COUNTED)]
        for name, counts in offers.items()
    ]
    shown = sum(counts["premises"] for counts in offers.values())
    all_shown = shown == paper.plan["unserved"]["premises"]
    note = "" if all_shown else paper.say("reportplan.instead.few")
    yield make_table(
        paper, "reportplan.instead", ["technology", "buildings", "households", "workplaces"], told, note=note
    )


def _tell_left_places(paper: Paper) -> Iterator[Told]:
    """Yield in which places those live whom the plan does not reach, where the edition tells of premises."""
    left = paper.rows("unserved", "households", "workplaces", "reason")
    spots = paper.rows("white_spots", "white_spot_id")
    areas = paper.rows("white_spot_areas", "name")
    if left.empty or spots.empty or areas.empty:
        yield missing(paper, "unserved_places")
        return
    names = spots["white_spot_id"].map(areas["name"]).reindex(left.index)
    named = left.assign(place=[paper.plain(name) for name in names])
    named = named[names.notna().to_numpy()]
    places = named.groupby("place", sort=False)
    sums = places[["households", "workplaces"]].sum().join(places.size().rename("premises"))
    reasons = places["reason"].agg(lambda part: part.value_counts().index[0])
    offered = paper.rows("technology", "technology")["technology"].reindex(named.index)
    instead = offered.groupby(named["place"], sort=False).agg(
        lambda part: part.value_counts().index[0] if part.notna().any() else ""
    )
    sums = sums.sort_values(["households", "premises"], ascending=False, kind="stable").head(MOST_ROWS)
    rows = [
        [
            place,
            *(paper.count(row[name]) for name in ("premises", "households", "workplaces")),
            paper.say(f"reportplan.reason_{reasons[place]}"),
            paper.say(f"reportplan.instead.{instead[place]}") if instead[place] else DASH,
        ]
        for place, row in zip(sums.index.astype(str), records(sums), strict=True)
    ]
    if not rows:
        yield missing(paper, "unserved_places")
        return
    heads = ["place", "buildings", "households", "workplaces", "reason", "offer"]
    yield make_table(paper, "reportplan.left_places", heads, rows, text=["reason", "offer"])
