"""The council report: answers on one page, the proposed decision, the chapters, and what is not told."""

from collections.abc import Callable, Iterator, Mapping

from infraplan.layers.studyfile import layer_of
from infraplan.outputs.edition import Edition
from infraplan.outputs.report.answers import answer
from infraplan.outputs.report.chapters_alternatives import tell_alternatives
from infraplan.outputs.report.chapters_delivery import tell_delivery, tell_permits, tell_robust
from infraplan.outputs.report.chapters_end import (
    tell_annexes,
    tell_consequences,
    tell_followup,
    tell_method,
    tell_terms,
)
from infraplan.outputs.report.chapters_goals import tell_goals
from infraplan.outputs.report.chapters_money import tell_money
from infraplan.outputs.report.chapters_places import tell_mobile, tell_services
from infraplan.outputs.report.chapters_plan import tell_measures, tell_unreached
from infraplan.outputs.report.chapters_state import tell_state, tell_where, tell_why
from infraplan.outputs.report.chapters_uncertainty import tell_uncertainty
from infraplan.outputs.report.decisions import propose, tell_decision
from infraplan.outputs.report.document import Block, Document, Heading, Note, PageBreak
from infraplan.outputs.report.omitted import tell_omitted
from infraplan.outputs.report.paper import DASH, Missing, Paper, Told, is_modelled, make_paper
from infraplan.words import Language

Chapter = Callable[[Paper], Iterator[Told]]
CHAPTERS: dict[str, Chapter] = {
    "decision": tell_decision,
    "why": tell_why,
    "state": tell_state,
    "goals": tell_goals,
    "where": tell_where,
    "mobile": tell_mobile,
    "services": tell_services,
    "measures": tell_measures,
    "unreached": tell_unreached,
    "money": tell_money,
    "alternatives": tell_alternatives,
    "uncertainty": tell_uncertainty,
    "permits": tell_permits,
    "robust": tell_robust,
    "consequences": tell_consequences,
    "delivery": tell_delivery,
    "followup": tell_followup,
    "method": tell_method,
}
"""In the order of the report, each with what tells it."""


def build_report(edition: Edition, *, language: Language | None = None) -> Document:
    """Return the report of an edition, in its study's language where none is asked for.

    What the edition has no data for is left out, and named with the reason at the end of the chapter on how
    things were calculated.
    """
    paper = make_paper(edition, language)
    blocks: list[Block] = [*tell_modelled(paper), PageBreak(), *_tell_answers(paper), PageBreak()]
    found, left_out = tell_all(paper, CHAPTERS, "report.chapter.")
    blocks += found
    blocks += _tell_end(paper, blocks, left_out)
    has_plan = bool(paper.plan.get("served", {}).get("premises"))
    title = paper.say("report.title" if has_plan else "report.title_coverage", name=paper.place)
    return make_document(paper, "report", title, blocks)


def _tell_answers(paper: Paper) -> Iterator[Block]:
    """Yield what fits on one page: questions, answers, and what is to be decided."""
    yield make_heading(paper, "answers")
    yield answer(paper)
    yield propose(paper)


def tell_modelled(paper: Paper) -> Iterator[Block]:
    """Yield which data are modelled rather than real, where any are."""
    named = dict.fromkeys(layer_of(str(row["layer"])) for row in paper.inputs if is_modelled(row))
    if named:
        layers = paper.listed([paper.layer(name) for name in named])
        yield Note("modelled", paper.say("report.modelled", layers=layers))


def _tell_end(paper: Paper, blocks: list[Block], left_out: list[Missing]) -> list[Block]:
    """Return what is left out, the terms that were used, and the annexes."""
    end: list[Block] = []
    omitted = tell_omitted(paper, left_out)
    if omitted is not None:
        end += [Heading(2, paper.say("reportmissing.heading"), "omitted"), omitted]
    terms = [item for item in tell_terms(paper, [*blocks, *end]) if not isinstance(item, Missing)]
    if terms:
        end += [make_heading(paper, "terms"), *terms]
    annexes = [item for item in tell_annexes(paper) if not isinstance(item, Missing)]
    return [*end, make_heading(paper, "annexes"), *annexes]


def tell_all(paper: Paper, chapters: Mapping[str, Chapter], key: str) -> tuple[list[Block], list[Missing]]:
    """Return the chapters that have something to tell, each below its heading, and what is left out.

    ``key`` begins the words of the headings.
    """
    blocks: list[Block] = []
    left_out: list[Missing] = []
    for name, tell in chapters.items():
        told = list(tell(paper))
        found = [item for item in told if not isinstance(item, Missing)]
        left_out += [item for item in told if isinstance(item, Missing)]
        if found:
            blocks += [Heading(1, paper.say(f"{key}{name}"), name), *found]
    return blocks, left_out


def make_heading(paper: Paper, name: str) -> Heading:
    """Return the heading of a chapter."""
    return Heading(1, paper.say(f"report.chapter.{name}"), name)


def make_document(
    paper: Paper, kind: str, title: str, blocks: list[Block], *, contents: bool = True
) -> Document:
    """Return a paper of blocks with what is known of it: number, body, responsible, dates, version."""
    return Document(
        title=title,
        language=paper.words.language,
        level=paper.edition.level,
        dated=paper.dated,
        blocks=tuple(blocks),
        subject=paper.say(f"report.subject_{kind}"),
        author=paper.publication.get("publisher") or "",
        facts=tuple(_list_facts(paper, kind, title)),
        contents=contents,
    )


def _list_facts(paper: Paper, kind: str, title: str) -> Iterator[tuple[str, str]]:
    about, publication = paper.edition.about, paper.publication
    dates = sorted({str(row["date"]) for row in paper.inputs if row.get("date")})
    data = (
        paper.say("report.data_between", first=dates[0], last=dates[-1]) if len(dates) > 1 else "".join(dates)
    )
    facts = {
        "name": title,
        "study": paper.name,
        "type": paper.say(f"report.type_{kind}"),
        "case": publication.get("case") or "",
        "body": publication.get("body") or "",
        "author": publication.get("author") or "",
        "version": paper.say("report.version", day=paper.day(paper.dated)),
        "data": data,
        "until": paper.say("report.until", year=str(paper.dated.year + 1)),
        "program": f"infraplan {(about.get('versions') or {}).get('infraplan', DASH)}",
        "level": paper.say(f"report.level_{paper.edition.level}"),
    }
    for name, value in facts.items():
        yield paper.say(f"report.fact_{name}"), paper.plain(value, otherwise=paper.say("report.not_given"))
