"""The official's memorandum (tjänsteskrivelse): two pages in the order in which boards read them."""

from collections.abc import Iterator

from infraplan.outputs.edition import Edition
from infraplan.outputs.report.content import make_document, tell_modelled
from infraplan.outputs.report.decisions import list_basis, propose
from infraplan.outputs.report.document import Block, Bullets, Document, Heading, Paragraph
from infraplan.outputs.report.findings import find_goal, find_money, find_places, say_rule
from infraplan.outputs.report.paper import Paper, is_true, make_paper, number
from infraplan.words import Language

_NAMED = 3


def build_memo(edition: Edition, *, language: Language | None = None) -> Document:
    """Return the memorandum of an edition, in its study's language where none is asked for."""
    paper = make_paper(edition, language)
    blocks: list[Block] = [
        *_head(paper, "summary"),
        *_tell_summary(paper),
        *_head(paper, "proposal"),
        propose(paper),
        *_head(paper, "basis"),
        Bullets(tuple(list_basis(paper))),
        *_head(paper, "matter"),
        *_tell_matter(paper),
        *_head(paper, "judgement"),
        *_tell_judgement(paper),
        *_head(paper, "economy"),
        *_tell_economy(paper),
        *_head(paper, "consequences"),
        Paragraph(paper.say("reportmemo.consequences_rest")),
        *_head(paper, "sent_to"),
        Bullets((paper.say("reportmemo.sent_board"), paper.say("reportmemo.sent_region"))),
    ]
    return make_document(
        paper, "memo", paper.say("reportmemo.title", name=paper.place), blocks, contents=False
    )


def _head(paper: Paper, name: str) -> Iterator[Block]:
    yield Heading(1, paper.say(f"reportmemo.head_{name}"), name.replace("_", "-"))


def _tell_summary(paper: Paper) -> Iterator[Block]:
    """Yield what has happened and why, not the proposal."""
    goal, money = find_goal(paper), find_money(paper)
    said = [paper.say("reportmemo.survey", name=paper.place)]
    if goal is not None:
        lacking = paper.of_all(goal.lacking, goal.base, goal.unit)
        said.append(paper.say("reportmemo.lacking", lacking=lacking, rule=say_rule(paper, goal)))
    if money is not None:
        served = paper.plan["served"]
        said.append(
            paper.say(
                "reportmemo.plan",
                households=paper.count(served["households"]),
                workplaces=paper.count(served["workplaces"]),
                range=paper.money_range(money.low, money.high),
                year=str(paper.price_year),
            )
        )
    yield Paragraph(" ".join(said))
    yield from tell_modelled(paper)


def _tell_matter(paper: Paper) -> Iterator[Block]:
    goal, places = find_goal(paper), find_places(paper)
    yield Paragraph(paper.say("reportmemo.background"))
    if goal is not None:
        yield Paragraph(
            paper.say(
                "reportstate.goal_met" if goal.met else "reportstate.goal_not_met",
                target=goal.target,
                share=paper.percent(goal.share, goal.target_share, goal.met),
                asked=paper.percent(goal.target_share),
                missing=paper.count(goal.missing),
                unit=paper.unit(goal.unit),
            )
        )
    if places is not None:
        names = paper.listed([str(name) for name in places.table.index[:_NAMED]])
        count = paper.count(places.households)
        yield Paragraph(
            paper.say("reportmemo.where", households=count, all=paper.count(len(places.table)), places=names)
        )


def _tell_judgement(paper: Paper) -> Iterator[Block]:
    """Yield what is weighed: to do nothing, the plan, whom it leaves, and what else was looked at."""
    if find_money(paper) is None:
        yield Paragraph(paper.say("reportmemo.judgement_survey"))
        return
    left = paper.plan["unserved"]
    yield Paragraph(paper.say("reportmemo.judgement_plan", households=paper.count(left["households"])))
    others = paper.rows("alternatives", "dearer").drop(index="plan", errors="ignore")
    if len(others):
        least, most = (paper.percent(others["dearer"].agg(which)) for which in ("min", "max"))
        yield Paragraph(
            paper.say("reportmemo.alternatives", count=paper.letters(len(others)), least=least, most=most)
            if len(others) > 1
            else paper.say("reportmemo.alternative", least=least)
        )


def _tell_economy(paper: Paper) -> Iterator[Block]:
    money = find_money(paper)
    if money is None:
        yield Paragraph(paper.say("reportmemo.economy_none"))
        return
    values = {
        "base": paper.money(money.base),
        "range": paper.money_range(money.low, money.high),
        "year": str(paper.price_year),
    }
    yield Paragraph(paper.say("reportmoney.investment", **values))
    if money.left is not None:
        sums = {name: paper.money(getattr(money, name)) for name in ("support", "fees", "left")}
        said = [paper.say("reportanswers.payers", **sums)]
        if money.fee is not None:
            said.append(paper.say("reportanswers.household", fee=paper.sek(money.fee)))
        yield Paragraph(" ".join(said))
    if money.upkeep is not None:
        yield Paragraph(paper.say("reportmemo.upkeep", upkeep=paper.money(money.upkeep)))
    bill = paper.rows("bill", "guess")
    if len(bill) and is_true(bill["guess"]).any():
        yield Paragraph(paper.say("reportmoney.guess_warning"))
    if number(paper.plan.get("gap")) is not None:
        yield Paragraph(paper.say("reportmemo.proven"))
