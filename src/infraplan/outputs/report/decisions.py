"""The proposed decision: clauses that can be moved into the minutes, made from what the plan says.

No clause says who pays: what a municipality may pay is a matter of its own, so the clauses name what is
left to be financed.
"""

from collections.abc import Iterator

from infraplan.outputs.report.document import Bullets, Decision, Paragraph
from infraplan.outputs.report.findings import find_money
from infraplan.outputs.report.paper import Paper, Told, number, records


def propose(paper: Paper) -> Decision:
    """Return the proposed decision: to adopt the plan, or where there is none the survey."""
    body = paper.publication.get("body") or ""
    decider = paper.plain(body, otherwise=paper.say("reportdecision.council"))
    clauses = tuple(_of_plan(paper) if find_money(paper) else _of_survey(paper))
    return Decision(paper.say("reportdecision.intro", body=decider), clauses)


def _of_plan(paper: Paper) -> Iterator[str]:
    served, left = paper.plan["served"], paper.plan["unserved"]
    values = {name: paper.count(served[name]) for name in ("households", "workplaces")}
    yield paper.say("reportdecision.adopt", name=paper.place, **values)
    phases = paper.rows("phases", "year", "projects", "households", "cost_low_sek", "cost_high_sek")
    first = next(records(phases.reset_index().astype("object")), None)
    if first and None not in (number(first["projects"]), number(first["households"])):
        yield paper.say(
            "reportdecision.stage",
            number=str(first["phase"]),
            year=str(first["year"]),
            projects=int(first["projects"]),
            households=paper.count(first["households"]),
            range=paper.money_range(first["cost_low_sek"], first["cost_high_sek"]),
            prices=str(paper.price_year),
        )
    yield _say_support(paper)
    if left["households"]:
        yield paper.say("reportdecision.rest", households=paper.count(left["households"]))
    yield paper.say("reportdecision.report")


def _say_support(paper: Paper) -> str:
    """Tell to seek support, with how many buildings where the edition tells them."""
    rows = paper.rows("support", "eligible")
    eligible = number(rows["eligible"].sum(skipna=False)) if len(rows) else None
    if eligible:
        return paper.say("reportdecision.support", buildings=paper.count(eligible))
    return paper.say("reportdecision.finance")


def _of_survey(paper: Paper) -> Iterator[str]:
    yield paper.say("reportdecision.accept", name=paper.place)
    if paper.edition.about["totals"].get("white_spots", {}).get("premises") != 0:
        yield paper.say("reportdecision.make_plan")
    yield paper.say("reportdecision.check_data")
    yield paper.say("reportdecision.report")


def tell_decision(paper: Paper) -> Iterator[Told]:
    """Yield the proposed decision and the papers that it rests on."""
    yield propose(paper)
    yield Paragraph(paper.say("reportdecision.basis"))
    yield Bullets(tuple(list_basis(paper)))


def list_basis(paper: Paper) -> Iterator[str]:
    """Yield the papers that a decision rests on, the official's own first."""
    day = paper.day(paper.dated)
    yield paper.say("reportdecision.basis_memo", day=day)
    yield paper.say("reportdecision.basis_report", day=day)
    yield paper.say("reportdecision.basis_sheets", day=day)
