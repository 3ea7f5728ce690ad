"""Nine questions of those who decide, a number and a sentence each."""

from collections.abc import Callable

from infraplan.outputs.report import pictures
from infraplan.outputs.report.decisions import propose
from infraplan.outputs.report.document import Answer, Answers, Map
from infraplan.outputs.report.findings import (
    count_offers,
    find_goal,
    find_money,
    find_places,
    find_yearly_budget,
    say_gap,
    say_rule,
)
from infraplan.outputs.report.paper import DASH, Paper, is_flag, is_modelled, make_table, number, records

_NAMED = 3


def answer(paper: Paper) -> Answers:
    """Return the nine questions with their answers; where a study cannot tell, the answer says so."""
    return Answers(tuple(_answer(paper, name, find) for name, find in _QUESTIONS.items()), _map(paper))


def _map(paper: Paper) -> Map | None:
    """Return the small map of white spots and of where the plan builds; None where neither has shapes."""
    picture = pictures.draw_answers(paper)
    if picture is None:
        return None
    places, served = find_places(paper), paper.plan.get("served") or {}
    white = (paper.edition.about["totals"].get("white_spots") or {}).get("households")
    has_plan = bool(number(served.get("households")))
    values = {
        "place": paper.place,
        "areas": paper.count(places.areas if places else 0),
        "white": paper.count(white),
        "served": paper.count(served.get("households")),
        "workplaces": paper.count(served.get("workplaces")),
    }
    key = "plan" if has_plan else "areas" if number(white) is None else "spots"
    title = paper.say(f"reportmaps.answers.title_{key}", **values)
    said = [paper.say(f"reportmaps.answers.says_{'plan' if has_plan else 'spots'}", **values)]
    if places:
        names = list(places.table.index[:_NAMED])
        most = pictures.name_counts(paper, names, places.table["households"])
        said.append(paper.say("reportmaps.answers.most", places=most))
    rows = [("areas", values["areas"]), ("white", values["white"])]
    rows += [("served", values["served"]), ("workplaces", values["workplaces"])] if has_plan else []
    told = [[paper.say(f"reportmaps.answers.row_{name}"), count] for name, count in rows]
    return Map(
        id="map-answers",
        title=title,
        alt=paper.say("reportmaps.answers.alt", finding=title, **values),
        says=" ".join(said),
        table=make_table(paper, "reportmaps.answers", ["what", "count"], told, title=title),
        picture=picture,
    )


def _answer(paper: Paper, name: str, find: Callable[[Paper], tuple[str, str] | None]) -> Answer:
    question = paper.say(f"reportanswers.question_{name}")
    figure, text = find(paper) or (DASH, paper.say(f"reportanswers.unknown_{name}"))
    return Answer(question, figure, text)


def _lacking(paper: Paper) -> tuple[str, str] | None:
    goal = find_goal(paper, "households") or find_goal(paper)
    if goal is None:
        return None
    spots = paper.edition.about["totals"].get("white_spots") or {}
    values = {"lacking": paper.of_all(goal.lacking, goal.base, goal.unit), "rule": say_rule(paper, goal)}
    text = paper.say("reportanswers.lacking", **values)
    if number(spots.get("households")) is not None:
        passed = "_passed" if paper.parameters.get("gaps", {}).get("passed_is_served") else ""
        white = paper.say(f"reportanswers.white_spots{passed}", households=paper.count(spots["households"]))
        text = f"{text} {white}"
    return f"{paper.count(goal.lacking)} {paper.unit(goal.unit)}", text


def _reach(paper: Paper) -> tuple[str, str] | None:
    goal = find_goal(paper)
    if goal is None:
        return None
    values = {
        "target": goal.target,
        "share": paper.percent(goal.share, goal.target_share, goal.met),
        "asked": paper.percent(goal.target_share),
        "missing": paper.count(goal.missing),
        "unit": paper.unit(goal.unit),
    }
    text = paper.say("reportanswers.goal_met" if goal.met else "reportanswers.goal_not_met", **values)
    for row in records(
        paper.rows("effect", "target", "share_after", "target_share", "met", "before", "after")
    ):
        if paper.plain(row["target"]) == goal.target and row["after"] > row["before"]:
            met = is_flag(row["met"])
            share = paper.percent(row["share_after"], row["target_share"], met)
            text += " " + paper.say(
                "reportanswers.with_plan_met" if met else "reportanswers.with_plan", share=share
            )
    return paper.share(goal.share, goal.target_share, goal.met), text


def _where(paper: Paper) -> tuple[str, str] | None:
    places = find_places(paper)
    if places is None:
        return None
    largest = paper.listed([str(name) for name in places.table.index[:_NAMED]])
    if places.half is None:
        figure = paper.say("reportanswers.areas", count=places.areas)
        return figure, paper.say("reportanswers.where_unknown", places=largest)
    values = {"half": paper.letters(places.half), "all": paper.count(len(places.table)), "places": largest}
    key = "where_one" if places.half == 1 else "where"
    figure = paper.say("reportanswers.places", count=places.half)
    return figure, paper.say(f"reportanswers.{key}", **values)


def _cost(paper: Paper) -> tuple[str, str] | None:
    money = find_money(paper)
    if money is None:
        return None
    served = paper.plan["served"]
    values = {
        "range": paper.money_range(money.low, money.high),
        "base": paper.money(money.base),
        "year": str(paper.price_year),
        "households": paper.count(served["households"]),
        "workplaces": paper.count(served["workplaces"]),
    }
    return values["range"], paper.say("reportanswers.cost", **values)


def _payers(paper: Paper) -> tuple[str, str] | None:
    money = find_money(paper)
    if money is None or money.left is None:
        return None
    values = {
        "support": paper.money(money.support),
        "fees": paper.money(money.fees),
        "left": paper.money(money.left),
    }
    text = paper.say("reportanswers.payers", **values)
    if money.fee is not None:
        text += " " + paper.say("reportanswers.household", fee=paper.sek(money.fee))
    return paper.say("reportanswers.left", left=paper.mnkr(money.left)), text


def _order(paper: Paper) -> tuple[str, str] | None:
    phases = paper.rows("phases", "year", "projects")
    served = paper.plan.get("served") or {}
    if phases.empty or not served.get("premises"):
        return None
    years = phases["year"].astype(int)
    values = {
        "first": str(years.min()),
        "last": str(years.max()),
        "projects": paper.count(phases["projects"].sum(skipna=False)),
    }
    unlimited = find_yearly_budget(paper) is None
    key = "order_many" if len(phases) > 1 else "order_unlimited" if unlimited else "order_one"
    figure = paper.say("reportanswers.stages", count=len(phases))
    return figure, paper.say(f"reportanswers.{key}", stages=paper.letters(len(phases)), **values)


def _left_out(paper: Paper) -> tuple[str, str] | None:
    left = paper.plan.get("unserved")
    if left is None:
        return None
    figure = f"{paper.count(left['households'])} {paper.unit('households')}"
    if not left["premises"]:
        return figure, paper.say("reportanswers.nobody_left")
    others = count_offers(paper)
    if not others:
        return figure, paper.say("reportanswers.left_unknown", buildings=paper.count(left["premises"]))
    offers = [
        paper.say(f"reportanswers.offer_{name}", count=others[name]["premises"])
        for name in ("radio", "satellite", "none")
        if name in others
    ]
    text = paper.say("reportanswers.left_out", offers=paper.listed(offers))
    return figure, text


def _sure(paper: Paper) -> tuple[str, str] | None:
    inputs = paper.inputs
    modelled = sum(map(is_modelled, inputs))
    money = find_money(paper)
    said = (
        [paper.say("reportanswers.modelled", count=paper.letters(modelled), all=paper.letters(len(inputs)))]
        if modelled
        else []
    )
    if money is None:
        figure = paper.say("reportanswers.layers", count=modelled, all=len(inputs))
        return (figure, " ".join([*said, paper.say("reportanswers.declared")])) if inputs else None
    if money.p10 is not None and money.p90 is not None:
        figure = paper.money_range(money.p10, money.p90)
        said.append(paper.say("reportanswers.eight_of_ten", range=figure))
    else:
        ends = {"down": 1.0 - money.low / money.base, "up": money.high / money.base - 1.0}
        told = {name: paper.decimal(100.0 * end, 0) for name, end in ends.items()}
        figure = paper.say("reportanswers.span_figure", **told)
        said.append(paper.say("reportanswers.span", **told))
    gap = number(paper.plan.get("gap"))
    if gap:
        said.append(paper.say("reportanswers.gap", gap=say_gap(paper, gap)))
    elif gap is not None:
        said.append(paper.say("reportanswers.proven"))
    return figure, " ".join(said)


def _decide(paper: Paper) -> tuple[str, str] | None:
    decision = propose(paper)
    figure = paper.say("reportanswers.clauses", count=len(decision.clauses))
    return figure, paper.say(
        "reportanswers.decide_plan" if find_money(paper) else "reportanswers.decide_survey"
    )


_QUESTIONS: dict[str, Callable[[Paper], tuple[str, str] | None]] = {
    "lacking": _lacking,
    "reach": _reach,
    "where": _where,
    "cost": _cost,
    "payers": _payers,
    "order": _order,
    "left_out": _left_out,
    "sure": _sure,
    "decide": _decide,
}
