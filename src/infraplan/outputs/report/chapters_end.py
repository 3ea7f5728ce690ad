"""What follows from it all, how it is followed up, how it was calculated, and what words mean."""

from collections.abc import Iterable, Iterator

from infraplan.layers.studyfile import layer_of
from infraplan.outputs.report.document import (
    Answers,
    Block,
    Bullets,
    Decision,
    Note,
    Paragraph,
    Picture,
    Table,
    Terms,
)
from infraplan.outputs.report.findings import find_goal, find_goals, find_money, say_rule, say_speed
from infraplan.outputs.report.omitted import missing
from infraplan.outputs.report.paper import (
    DASH,
    STUDY,
    Paper,
    Told,
    is_flag,
    is_modelled,
    is_true,
    make_table,
    number,
    records,
)

_SCHOOL = "school"
_SEVERITIES = ("error", "warning", "repaired", "info")
TERMS = (
    "absolute_proximity",
    "access",
    "access_network",
    "backbone_between",
    "broadband",
    "connected",
    "connection_fee",
    "demarcation",
    "deso",
    "ducting",
    "fwa",
    "handhole",
    "homes_passed",
    "household",
    "locality",
    "left_to_finance",
    "mnkr",
    "outside",
    "percentage_point",
    "redundancy",
    "ring",
    "satellite",
    "sensitivity",
    "shared_trench",
    "small_locality",
    "standard_value",
    "street_cabinet",
    "support",
    "uncertainty_interval",
    "white_spot",
    "workplace",
)
"""Terms that are explained where the text uses them: ``reportterms``."""


def tell_consequences(paper: Paper) -> Iterator[Told]:
    """Yield what the study can say of consequences; the rest is named, for the municipality to judge."""
    rows = [row for row in (_rural(paper), _children(paper), _far(paper), _nature(paper)) if row]
    if rows:
        yield make_table(paper, "reportend.consequences", ["area", "finding"], rows, text=["finding"])
    else:
        yield missing(paper, "consequences")
    yield missing(paper, "equality", "municipality")
    yield missing(paper, "organisation", "municipality")
    yield missing(paper, "security", "municipality")


def _rural(paper: Paper) -> list[str] | None:
    """Tell how far those outside localities are behind, by the plan's target."""
    rows = paper.rows("targets", "zone_id", "decides", "share", "target")
    rows = rows[is_true(rows["decides"])]
    shares = {row["zone_id"]: row for row in reversed(list(records(rows)))}
    outside, whole = (shares.get(zone, {}).get("share") for zone in ("class:outside", STUDY))
    goal = find_goal(paper)
    if goal is None or number(outside) is None or number(whole) is None:
        return None
    values = {
        "outside": paper.percent(outside),
        "whole": paper.percent(whole),
        "rule": say_rule(paper, goal),
    }
    return [paper.say("reportend.area_rural"), paper.say("reportend.rural", **values)]


def _children(paper: Paper) -> list[str] | None:
    rows = paper.of_study("service_shares", "service", "within_km", "households", "within")
    rows = rows[(rows["service"] == _SCHOOL) & rows["within"].notna()]
    if rows.empty:
        return None
    far = float(paper.parameters.get("services", {}).get("far_km", rows["within_km"].max()))
    row = rows.iloc[int((rows["within_km"] - far).abs().to_numpy().argmin())]
    beyond = paper.of_all(row["households"] - row["within"], row["households"], "households")
    told = paper.say("reportend.children", beyond=beyond, km=paper.decimal(row["within_km"], 0))
    return [paper.say("reportend.area_children"), told]


def _far(paper: Paper) -> list[str] | None:
    rows = paper.rows("digital", "households", "can")
    if rows.empty:
        return None
    cannot = rows.loc[~is_true(rows["can"]), "households"].sum()
    told = paper.say("reportend.elderly", cannot=paper.count(cannot))
    return [paper.say("reportend.area_elderly"), told]


def _nature(paper: Paper) -> list[str] | None:
    metres = number(paper.plan.get("metres"))
    rows = paper.rows("projects", "permit_m", "reused_m")
    if not metres or rows.empty:
        return None
    told = paper.say(
        "reportend.nature",
        km=paper.km(metres),
        care=paper.km(rows["permit_m"].sum()),
        reused=paper.km(rows["reused_m"].sum()),
    )
    return [paper.say("reportend.area_nature"), told]


def tell_followup(paper: Paper) -> Iterator[Told]:
    """Yield the indicators that are reported each April."""
    effect = {
        row["target"]: row
        for row in records(paper.rows("effect", "target", "share_after", "target_share", "met"))
    }
    rows = []
    for goal in find_goals(paper):
        after = effect.get(goal.target)
        told = DASH
        if after is not None:
            met = is_flag(after["met"])
            told = paper.share(after["share_after"], after["target_share"], met)
        shares = (paper.share(goal.share, goal.target_share, goal.met), told, paper.share(goal.target_share))
        rows.append(
            [goal.target, *shares, paper.say("reportend.own_calculation"), paper.say("reportend.april")]
        )
    own = paper.of_study("indicators", "indicator", "share", "goal", "met")
    for row in records(own):
        met = is_flag(row["met"])
        shares = (paper.share(row["share"], row["goal"], met), DASH, paper.share(row["goal"]))
        rows.append(
            [
                paper.plain(row["indicator"]),
                *shares,
                paper.say("reportend.own_calculation"),
                paper.say("reportend.april"),
            ]
        )
    money = find_money(paper)
    if money is not None:
        rows.append(
            [
                paper.say("reportend.spent"),
                paper.mnkr(0),
                paper.mnkr(money.base),
                DASH,
                paper.say("reportend.accounts"),
                paper.say("reportend.april"),
            ]
        )
    if not rows:
        yield missing(paper, "targets")
        return
    yield Paragraph(paper.say("reportend.followup_intro"))
    heads = ["indicator", "now", "planned", "goal", "source", "month"]
    yield make_table(paper, "reportend.indicators", heads, rows, text=["source", "month"])
    yield Paragraph(paper.say("reportend.followup_deviation"))


def tell_method(paper: Paper) -> Iterator[Told]:
    """Yield data with dates and licences, the method in short, faults found, and versions."""
    yield from _tell_data(paper)
    gaps = paper.parameters.get("gaps", {})
    years = paper.letters(int(gaps.get("plan_years") or 0))
    values = {"speed": say_speed(paper, gaps.get("down_mbps")), "years": years}
    yield Paragraph(paper.say("reportend.method_access"))
    passed = paper.say("reportstate.white_spot_passed") if gaps.get("passed_is_served") else ""
    yield Paragraph(f"{paper.say('reportend.method_white_spots', **values)} {passed}".strip())
    for part in ("network", "services"):
        yield Paragraph(paper.say(f"reportend.method_{part}"))
    if paper.edition.has_plan:
        yield Paragraph(paper.say("reportend.method_plan"))
        book = paper.edition.about.get("cost_book") or {}
        if book:
            yield Paragraph(
                paper.say("reportend.method_book", name=paper.plain(book["name"]), year=str(paper.price_year))
            )
    yield from _tell_faults(paper)
    versions = paper.edition.about.get("versions") or {}
    named = [f"{name} {version}" for name, version in versions.items()]
    yield Paragraph(paper.say("reportend.versions", versions=", ".join(named)))
    yield Note("warning", paper.say("report.not_for_excavation"))


def _tell_data(paper: Paper) -> Iterator[Told]:
    """Yield a row a layer and a row a published table."""
    rows = [
        [
            paper.layer(layer_of(str(row["layer"]))),
            paper.plain(row.get("source"), otherwise=DASH),
            paper.plain(row.get("date"), otherwise=DASH),
            paper.plain(row.get("licence"), otherwise=DASH),
            paper.say("report.yes" if is_modelled(row) else "report.no"),
        ]
        for row in paper.inputs
    ]
    rows += [
        [
            paper.plain(row.get("name")),
            paper.plain(row.get("source"), otherwise=DASH),
            DASH,
            paper.plain(row.get("licence"), otherwise=DASH),
            paper.say("report.no"),
        ]
        for row in paper.edition.about.get("published") or []
    ]
    if not rows:
        yield missing(paper, "inputs")
        return
    heads = ["layer", "source", "date", "licence", "modelled"]
    yield make_table(paper, "reportend.data", heads, rows, text=heads)


def _tell_faults(paper: Paper) -> Iterator[Told]:
    """Yield how many faults were found in the data, by what became of them."""
    counts = (paper.edition.about.get("counts") or {}).get("faults_by_severity")
    if counts is None:
        yield missing(paper, "faults")
        return
    if not sum(counts.values()):
        yield Paragraph(paper.say("reportend.no_faults"))
        return
    rows = [
        [paper.say(f"reportend.severity_{severity}"), paper.count(counts.get(severity, 0))]
        for severity in _SEVERITIES
    ]
    yield make_table(paper, "reportend.faults", ["severity", "count"], rows)


def tell_terms(paper: Paper, blocks: Iterable[Block]) -> Iterator[Told]:
    """Yield what the terms mean that these blocks use."""
    text = " ".join(texts_of(blocks)).casefold()
    used = [
        (paper.say(f"reportterms.{key}.word"), paper.say(f"reportterms.{key}.means"))
        for key in TERMS
        if any(form in text for form in paper.say(f"reportterms.{key}.forms").casefold().split("|"))
    ]
    if used:
        yield Terms(tuple(sorted(used, key=lambda pair: _in_order(pair[0]))))


def _in_order(word: str) -> list[int]:
    """Return where a word stands in the alphabet, å ä ö after z."""
    return ["abcdefghijklmnopqrstuvwxyzåäö".find(letter) for letter in word.casefold()]


def texts_of(blocks: Iterable[Block]) -> Iterator[str]:
    """Yield all text of blocks, a sentence, head or cell each."""
    for block in blocks:
        if isinstance(block, Table):
            yield from (block.title, block.unit_note, block.source)
            yield from (column.head for column in block.columns)
            yield from (cell for row in block.rows for cell in row)
        elif isinstance(block, Picture):
            yield from (block.title, block.alt, block.says, block.credits)
            yield from texts_of([block.table])
        elif isinstance(block, Decision):
            yield from (block.intro, *block.clauses)
        elif isinstance(block, Bullets):
            yield from block.items
        elif isinstance(block, Answers):
            for answer in block.items:
                yield from (answer.question, answer.figure, answer.text)
        else:
            yield from _texts_of_rest(block)


def _texts_of_rest(block: Block) -> Iterator[str]:
    if items := getattr(block, "items", None):
        for first, last in items:
            yield from (first, last)
    elif text := getattr(block, "text", ""):
        yield str(text)


def tell_annexes(paper: Paper) -> Iterator[Told]:
    """Yield what stands beside the report."""
    names = ["sheets", "followup", "memo"] + (["internal"] if paper.edition.level == "internal" else [])
    yield Bullets(tuple(paper.say(f"reportend.annex_{name}") for name in names))
