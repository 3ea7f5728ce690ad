"""The report: the same in both languages, honest about what is missing, in the words of the glossary."""

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infraplan.outputs import write_results
from infraplan.outputs.edition import edition_of, read_edition
from infraplan.outputs.report.chapters_end import TERMS, texts_of
from infraplan.outputs.report.content import CHAPTERS, build_report
from infraplan.outputs.report.document import (
    Answers,
    Bullets,
    Decision,
    Map,
    Note,
    Omitted,
    Paragraph,
    Picture,
    Table,
    Terms,
)
from infraplan.outputs.report.html import build_html
from infraplan.outputs.report.paper import make_paper, make_table
from infraplan.words import load

pytestmark = pytest.mark.usefixtures("undrawn")

HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} #panic() $x$ *a* _b_ \x00 \U0001f600"
GONE = {
    "targets": "targets", "switchboard": "switchboard", "cells": "cells", "official": "official",
    "effect": "effect", "white_spot_areas": "white_spot_areas", "mobile": "mobile",
    "mobile_gaps": "mobile_gaps",
    "mobile_white_spots": "mobile_white_spots", "measured": "measured", "service_shares": "service_shares",
    "digital": "digital", "public_shares": "public_shares", "phases": "phases", "projects": "projects",
    "curve": "curve", "optics": "optics", "technology": "technology", "unserved": "unserved_places",
    "rings": "rings", "codigging": "codigging", "support": "support", "bill": "bill",
    "alternatives": "alternatives", "target_plans": "target_plans", "risk": "risk",
}  # fmt: skip
"""What is named as missing where a table is."""


def omitted(document):
    return {what for block in document.blocks if isinstance(block, Omitted) for what, _ in block.items}


def all_text(document):
    facts = [f"{name}: {value}" for name, value in document.facts]
    return "\n".join([document.title, document.subject, *facts, *texts_of(document.blocks)])


def sentences_of(document):
    """Return all running text, a sentence each."""
    for block in document.blocks:
        texts = []
        if isinstance(block, Picture):
            texts = [block.title, block.alt, block.says]
        elif isinstance(block, Answers):
            texts = [text for answer in block.items for text in (answer.question, answer.text)]
        elif isinstance(block, Decision):
            texts = [block.intro, *block.clauses]
        elif isinstance(block, Bullets):
            texts = list(block.items)
        elif isinstance(block, Paragraph | Note):
            texts = [block.text]
        for text in texts:
            yield from re.split(r"(?<=[.!?]) ", text)


def shape(document):
    """Return what blocks there are, with the size of their tables."""
    told = []
    for block in document.blocks:
        table = block if isinstance(block, Table) else getattr(block, "table", None)
        size = (len(table.columns), len(table.rows)) if table else None
        told.append((type(block).__name__, getattr(block, "id", ""), size))
    # Terms are those that the text of a language uses.
    return [item for item in told if item[0] != "Terms"]


@pytest.mark.parametrize("kind", ["demo", "public", "covered"])
def test_both_languages_have_the_same_blocks(kind, report_of):
    assert shape(report_of(kind, "sv")) == shape(report_of(kind, "en"))


def test_the_language_is_the_studys_where_none_is_asked_for(demo):
    assert build_report(demo).language == demo.language == "sv"


def test_the_same_edition_gives_the_same_report(demo, report_of):
    assert build_report(demo) == report_of("demo")


def test_a_run_and_its_folder_give_the_same_report(results, tmp_path):
    write_results(results, tmp_path / "out", pack=False)
    assert build_report(edition_of(results)) == build_report(read_edition(tmp_path / "out"))


def test_all_chapters_are_there_in_order(report_of):
    report = report_of("demo")
    chapters = [heading.id for heading in report.headings if heading.level == 1]
    expected = ["answers", *CHAPTERS, "terms", "annexes"]
    assert chapters == [name for name in expected if name in chapters]
    # The demo crosses no area that asks for a permit.
    assert set(expected) - set(chapters) == {"permits"}
    assert load("sv").text("reportmissing.what.permits") in omitted(report)


def test_a_chapter_that_asks_for_no_changed_table_is_told_as_before(demo, report_with):
    """What the tests below lean on."""
    fewer = demo.table("bill").iloc[2:]
    told = report_with(bill=fewer)
    assert told == build_report(replace(demo, tables={**demo.tables, "bill": fewer}))
    assert told != report_with()


@pytest.mark.parametrize("table", sorted(GONE))
def test_a_table_that_is_missing_is_named(table, report_of, report_with):
    named = load("sv").text(f"reportmissing.what.{GONE[table]}")
    assert named not in omitted(report_of("demo"))
    assert named in omitted(report_with(**{table: None}))


@pytest.mark.parametrize("table", sorted(GONE))
def test_a_report_is_built_whichever_column_is_missing(table, demo, report_with):
    found = demo.table(table)
    for column in found.columns.drop("geometry", errors="ignore"):
        assert report_with(**{table: found.drop(columns=column)}).blocks


@pytest.mark.parametrize("table", sorted(GONE))
def test_counts_that_are_hidden_are_dashes(table, demo, report_with):
    found = demo.table(table).copy()
    numbers = [
        name for name in found.select_dtypes("number").columns if name not in ("down_mbps", "year", "phase")
    ]
    found[numbers] = found[numbers].astype("float64")
    found.loc[:, numbers] = float("nan")
    report = report_with(**{table: found})
    assert "nan" not in re.findall(r"\bnan\b", all_text(report))


def test_a_report_without_a_plan_says_so_and_proposes_a_survey(report_of):
    report = report_of("covered")
    text = all_text(report)
    assert "Studien har ingen plan." in text
    assert "godkänna kartläggningen" in text
    assert not {"measures", "money", "alternatives"} & {heading.id for heading in report.headings}


def test_a_report_of_nothing_at_all_is_still_one(demo):
    about = {**demo.about, "inputs": [], "published": [], "totals": {}, "counts": {}}
    report = build_report(replace(demo, tables={}, about=about))
    assert len(omitted(report)) > 10


@pytest.mark.parametrize("language", ["sv", "en"])
def test_names_from_data_are_only_text(build, language):
    edition = edition_of(build(hostile=HOSTILE))
    page = build_html(build_report(edition, language=language))
    assert "<img src=x" not in page
    assert "{{7*7}}" in page
    assert "\x00" not in page


@given(name=st.text(max_size=40))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_can_stand_in_a_report(name, results):
    edition = edition_of(results)
    areas = edition.table("white_spot_areas").assign(name=name)
    report = build_report(replace(edition, tables={**edition.tables, "white_spot_areas": areas}))
    assert report.blocks


def test_what_is_modelled_stands_on_the_first_page(report_of):
    first = report_of("demo").blocks[0]
    assert isinstance(first, Note)
    assert first.kind == "modelled"
    assert "befintlig fiber" in first.text


def test_every_picture_says_what_it_shows_with_a_number_and_a_table(report_of):
    pictures = report_of("demo").pictures
    assert {picture.id for picture in pictures} >= {
        "map-state", "map-where", "map-mobile", "map-services", "map-stages",
        "chart-curve", "chart-finance", "chart-tornado",
    }  # fmt: skip
    for picture in pictures:
        assert re.search(r"\d|två|tre|fyra|fem|sex|sju|åtta|nio|tio|elva|tolv", picture.alt), picture.id
        assert picture.table.rows
        if isinstance(picture, Map):
            assert picture.says.startswith("Kartan visar")


FORBIDDEN = {
    "tillgänglighet without saying which (trap 2)": r"(?<!digital )tillgänglighet",
    "servicepunkt (trap 3)": r"servicepunkt",
    "vårdcentral (trap 4)": r"vårdcentral",
    "glesbygd in statistics (trap 5)": r"glesbygd",
    "felmarginal (trap 6)": r"felmarginal|konfidensintervall",
    "stamnät (trap 7)": r"stamnät|stomnät",
    "homes passed alone (trap 8)": r"(?<!\()homes passed",
    "one täckning for all (trap 1)": r"\bbredbandstäckning\b|\btäckningsgrad\b",
    "kommunen betalar (trap 10)": r"kommunen (ska )?betala|medfinansier",
    "wrong abbreviations of money (trap 11)": r"\bmkr\b|msek|\bkkr\b|\bmkr\.|\bmsek\b",
    "abbreviations in prose": r"\bt\.? ?ex\b|\bexkl\b|\bbl\.? ?a\b|\bca\b|\bosv\b|\binkl\b|\bdvs\b",
    "officialese": r"avseende|erhålla|föreligg|medelst|implementera|beakta|penetration|kluster",
    "officialese of money": r"\bcapex\b|\bopex\b|\bnpv\b|roll-out",
}


@pytest.mark.parametrize("trap", FORBIDDEN)
@pytest.mark.parametrize("kind", ["demo", "public", "covered"])
def test_the_swedish_falls_into_no_trap(kind, trap, report_of):
    text = all_text(report_of(kind))
    assert not re.findall(FORBIDDEN[trap], text, re.IGNORECASE)


def test_no_node_ring_or_single_point_stands_in_the_open_report(public, demo, report_of):
    """Trap 12."""
    text = all_text(report_of("public"))
    assert not re.search(r"felpunkt|kapacitet", text, re.IGNORECASE)
    for name in demo.table("rings")["name"]:
        assert not name or name not in text or name in set(public.table("public")["name"])


def test_three_counts_have_a_column_each_with_its_unit(report_of):
    """Traps 1 and 9."""
    table = next(
        b for b in report_of("demo").blocks if isinstance(b, Table) and b.id == "reportstate-classes"
    )
    heads = [column.head for column in table.columns]
    for name in ("Anslutna", "Tillgång", "Absolut närhet"):
        assert f"{name}, antal hushåll" in heads
        assert f"{name}, andel" in heads


def test_every_number_in_a_table_has_its_unit_in_the_head(report_of):
    unit = re.compile(
        r"antal|andel|mnkr|tkr|kronor|km|meter|år|procent|veckor|etapp|värde|mål|utfall|omfattning"
        r"|totalt|täckt|dyrare|läge|med planen|lägsta hastighet",
        re.IGNORECASE,
    )
    for block in report_of("demo").blocks:
        table = block if isinstance(block, Table) else getattr(block, "table", None)
        for column in table.columns if table else ():
            assert column.align == "text" or unit.search(column.head), (table.id, column.head)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("kind", ["demo", "public", "covered"])
def test_no_sentence_begins_with_a_digit(kind, language, report_of):
    for sentence in sentences_of(report_of(kind, language)):
        assert not sentence[:1].isdigit(), sentence


@pytest.mark.parametrize("kind", ["demo", "public", "covered"])
def test_no_english_stands_in_the_swedish_report(kind, report_of):
    text = all_text(report_of(kind))
    swedish = load("sv").entries
    for key, said in load("en").entries.items():
        fixed = max(re.split(r"\{[^}]*\}", said), key=len).strip(" .,;:")
        if key.startswith("report") and len(fixed.split()) > 2 and fixed not in swedish[key]:
            assert fixed not in text, key


def test_prose_writes_procent_and_tables_the_sign(report_of):
    report = report_of("demo")
    assert not [s for s in sentences_of(report) if re.search(r"\d\s?%", s) and "Mbit/s, 9" not in s]
    cells = [cell for b in report.blocks if isinstance(b, Table) for row in b.rows for cell in row]
    assert not [cell for cell in cells if re.search(r"\d%", cell) and "Mbit/s" not in cell]


def test_terms_are_those_that_the_text_uses(report_of):
    report = report_of("demo")
    told = {word for block in report.blocks if isinstance(block, Terms) for word, _ in block.items}
    words = load("sv")
    assert 10 < len(told) < len(TERMS)
    text = all_text(
        replace(report, blocks=tuple(b for b in report.blocks if not isinstance(b, Terms)))
    ).casefold()
    for key in TERMS:
        used = any(form in text for form in words.text(f"reportterms.{key}.forms").split("|"))
        assert (words.text(f"reportterms.{key}.word") in told) == used


def test_money_in_one_table_has_one_unit_and_its_year(report_of):
    for block in report_of("demo").blocks:
        table = block if isinstance(block, Table) else getattr(block, "table", None)
        heads = [column.head for column in table.columns] if table else []
        money = [head for head in heads if re.search(r"mnkr|tkr|, kronor", head)]
        if money and table.id != "reportend-indicators":
            assert "års priser" in table.unit_note + table.title, table.id


def test_the_share_of_the_goal_is_the_same_everywhere(demo, report_of):
    report = report_of("demo")
    goal = demo.about["parameters"]["plan"]["target"]
    tables = {b.id: b for b in report.blocks if isinstance(b, Table)}
    before = next(row[2] for row in tables["reportstate-effect"].rows if row[0] == goal)
    now = next(row[1] for row in tables["reportend-indicators"].rows if row[0] == goal)
    figure = next(b for b in report.blocks if isinstance(b, Answers)).items[1].figure
    assert before == now == figure


def test_sums_stand_under_their_columns(demo, report_of):
    report = report_of("demo")
    items = next(b for b in report.blocks if isinstance(b, Table) and b.id == "reportmoney-items")
    assert items.rows[-1][2] == make_paper(demo, "sv").mnkr(demo.table("bill")["cost_sek"].sum())


def test_prices_say_which_roads_are_crossed_and_what_a_shared_trench_costs(report_of):
    prices = next(
        b for b in report_of("demo").blocks if isinstance(b, Table) and b.id == "reportmoney-prices"
    )
    names = [row[0] for row in prices.rows]
    assert "Korsning: väg, funktionell vägklass 0–5" in names
    assert any(name.endswith(", delat schakt till 60\u00a0% av priset") for name in names), names


def test_a_dash_in_a_table_is_explained(demo):
    paper = make_paper(demo, "sv")
    table = make_table(paper, "reportend.faults", ["severity", "count"], [["a", "–"], ["b", "1"]])
    assert paper.say("report.dash") in table.unit_note
    assert (
        paper.say("report.dash")
        not in make_table(paper, "reportend.faults", ["severity", "count"], [["a", "1"]]).unit_note
    )
