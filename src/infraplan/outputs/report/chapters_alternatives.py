"""What happens without a decision, what else was looked at, and what each target would take."""

from collections.abc import Iterator

from infraplan.outputs.report.chapters_goals import say_whom
from infraplan.outputs.report.document import Paragraph
from infraplan.outputs.report.findings import find_goal, find_money, say_rule
from infraplan.outputs.report.omitted import missing
from infraplan.outputs.report.paper import DASH, Paper, Told, is_true, make_table, number, records

_PLAN = "plan"


def tell_alternatives(paper: Paper) -> Iterator[Told]:
    """Yield what happens without a decision, the plan, other plans, and what each target would take."""
    if find_money(paper) is None:
        yield missing(paper, "alternatives")
        return
    goal = find_goal(paper)
    if goal is not None:
        yield Paragraph(
            paper.say(
                "reportmoney.nothing",
                lacking=paper.of_all(goal.lacking, goal.base, goal.unit),
                rule=say_rule(paper, goal),
                planned=_say_planned(paper, goal.target),
            )
        )
    yield from _tell_plans(paper)
    yield from _tell_targets(paper)
    yield missing(paper, "time_risk", "never")


def _say_planned(paper: Paper, target: str) -> str:
    """Say what is decided already, which comes without a decision of the municipality's."""
    rows = paper.of_study("targets", "target", "unit", "decides", "passed_estimated", "planned")
    rows = rows[(rows["target"] == target) & is_true(rows["decides"])]
    if rows.empty or number(rows["planned"].iloc[0]) is None:
        return ""
    more = number(rows["planned"].iloc[0] - rows["passed_estimated"].iloc[0])
    return (
        paper.say("reportmoney.decided", more=paper.count(more), unit=paper.unit(str(rows["unit"].iloc[0])))
        if more
        else paper.say("reportmoney.none_decided")
    )


def _tell_plans(paper: Paper) -> Iterator[Told]:
    rows = paper.rows("alternatives", "aim", "dearer", "premises", "households", "trench_m", "cost_sek")
    if rows.empty:
        yield missing(paper, "alternatives")
        return
    care = [paper.count(0)] if "permit_m" in rows else []
    told = [
        [
            paper.say("reportmoney.nothing_row"),
            *[paper.count(0)] * 2,
            *[paper.km(0)],
            paper.mnkr(0),
            DASH,
            *care,
        ]
    ]
    told += [
        [
            paper.say("reportmoney.plan_row")
            if key == _PLAN
            else _name_alternative(paper, str(key), str(row["aim"])),
            *(paper.count(row[name]) for name in ("premises", "households")),
            paper.km(row["trench_m"]),
            paper.mnkr(row["cost_sek"]),
            DASH if key == _PLAN else paper.share(row["dearer"]),
            *([paper.count(row["permit_m"])] if care else []),
        ]
        for key, row in rows.iterrows()
    ]
    heads = ["plan", "buildings", "households", "km", "cost", "dearer", *(["permit"] if care else [])]
    note = paper.say("reportmoney.alternatives.note", year=str(paper.price_year))
    yield make_table(paper, "reportmoney.alternatives", heads, told, note=note)
    if len(rows) == 1:
        within = number(paper.parameters.get("alternatives", {}).get("within"))
        yield Paragraph(paper.say("reportmoney.no_other", within=paper.percent(within)))


def _name_alternative(paper: Paper, key: str, aim: str) -> str:
    return paper.say("reportmoney.alternative", name=key, aim=paper.say(f"plan.aim.{aim}"))


def _tell_targets(paper: Paper) -> Iterator[Told]:
    """Yield the cheapest way to each target."""
    columns = (
        "target",
        "zone_id",
        "unit",
        "target_share",
        "needed",
        "premises",
        "cost_sek",
        "cost_per_unit_sek",
        "result",
    )
    rows = paper.rows("target_plans", *columns)
    rows = rows[rows["zone_id"] == "study"]
    if rows.empty:
        yield missing(paper, "target_plans")
        return
    told = [
        [
            target := paper.plain(row["target"]),
            say_whom(paper, target, str(row["unit"])),
            *(paper.count(row[name]) for name in ("needed", "premises")),
            paper.mnkr(row["cost_sek"]),
            paper.tkr(row["cost_per_unit_sek"]),
            paper.say(f"plan.result_{row['result']}"),
        ]
        for row in records(rows)
    ]
    heads = ["target", "unit", "needed", "buildings", "cost", "a_unit", "result"]
    note = paper.say("reportmoney.targets.note", year=str(paper.price_year))
    if (rows["result"] == "out_of_reach").any():
        note += " " + paper.say("reportmoney.targets.beyond")
    yield make_table(paper, "reportmoney.targets", heads, told, note=note, text=["unit", "result"])
