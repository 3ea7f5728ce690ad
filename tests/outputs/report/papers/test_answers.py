"""Each number on the page of answers, reckoned anew from other tables than those that it is told from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infraplan.outputs.report import pdf, pictures
from infraplan.outputs.report.answers import answer
from infraplan.outputs.report.content import build_report
from infraplan.outputs.report.decisions import propose
from infraplan.outputs.report.document import Answers, Decision, PageBreak
from infraplan.outputs.report.drawing import new_figure, to_png
from infraplan.outputs.report.paper import make_paper
from infraplan.words import load

QUESTIONS = ("lacking", "reach", "where", "cost", "payers", "order", "left_out", "sure", "decide")


def answers(edition, language="sv"):
    found = answer(make_paper(edition, language)).items
    assert len(found) == len(QUESTIONS)
    return dict(zip(QUESTIONS, found, strict=True))


def spaced(text):
    return text.replace("\xa0", " ")


def test_those_who_lack_are_those_with_nothing_connected_or_orderable(demo):
    facts = demo.table("facts")
    reached = facts[["connected_mbps", "orderable_mbps"]].max(axis=1) >= 100
    lacking, base = int(facts.loc[~reached, "households"].sum()), int(facts["households"].sum())
    told = answers(demo)["lacking"]
    assert spaced(told.figure) == f"{lacking} hushåll"
    share = f"{100 * lacking / base:.1f}".replace(".", ",")
    assert f"{lacking} av {base:,} hushåll ({share} procent)".replace(",", " ", 1) in spaced(told.text)
    white = int(demo.table("white_spots")["households"].sum())
    assert f"finns {white} hushåll" in spaced(told.text)


def test_the_share_of_the_goal_is_the_one_of_the_manifest_never_rounded_up_to_it(demo):
    goal = demo.about["parameters"]["plan"]["target"]
    row = next(r for r in demo.about["totals"]["targets"] if r["target"] == goal and r["decides"])
    facts, served = demo.table("facts"), demo.table("served")
    units = facts["households"] + facts["workplaces"]
    reached = facts[["connected_mbps", "orderable_mbps"]].max(axis=1) >= 100
    assert row["reached"] == units[reached].sum()
    told = answers(demo)["reach"]
    assert told.figure == load("sv").share(round(units[reached].sum() / units.sum(), 3))
    assert f"Ytterligare {row['missing']} hushåll och arbetsställen behövs" in spaced(told.text)
    after = (
        units[reached].sum() + units.reindex(served.index)[~reached.reindex(served.index)].sum()
    ) / units.sum()
    assert f"blir andelen {100 * after:.1f}".replace(".", ",") in spaced(told.text)


def test_half_of_the_households_are_at_the_places_that_it_says(demo):
    spots, areas = demo.table("white_spots"), demo.table("white_spot_areas")
    by_place = spots["households"].groupby(spots["white_spot_id"].map(areas["name"])).sum()
    largest = np.sort(by_place.to_numpy())[::-1]
    half = int(np.argmax(largest.cumsum() >= largest.sum() / 2)) + 1
    told = answers(demo)["where"]
    assert spaced(told.figure) == f"{half} platser"
    assert f"av {len(by_place)} platser" in spaced(told.text)
    assert by_place.idxmax() in told.text


def test_the_cost_is_the_sum_of_the_bill(demo):
    bill = demo.table("bill")
    low, base, high = (bill[name].sum() / 1e6 for name in ("cost_low_sek", "cost_sek", "cost_high_sek"))
    told = answers(demo)["cost"]
    assert spaced(told.figure) == f"{np.floor(low):.0f}–{np.ceil(high):.0f} miljoner kronor"
    assert f"{base:.0f} miljoner kronor" in spaced(told.text)
    served = demo.table("served")
    assert (
        f"får {served['households'].sum()} hushåll och {served['workplaces'].sum()} arbetsställen"
        in spaced(told.text)
    )


def test_what_is_left_is_what_support_and_fees_leave_of_the_bill(demo):
    support = demo.table("support")
    left = demo.table("bill")["cost_sek"].sum() - support["support_sek"].sum() - support["own_sek"].sum()
    told = answers(demo)["payers"]
    assert told.figure == f"{left / 1e6:.1f} mnkr återstår".replace(".", ",")
    assert "Hushållet betalar 10 000 kronor" in spaced(told.text)


def test_the_order_is_that_of_the_projects(demo):
    projects, told = demo.table("projects"), answers(demo)["order"]
    stages = projects["phase"].nunique()
    assert spaced(told.figure) == (f"{stages} etapp" if stages == 1 else f"{stages} etapper")
    assert f"{len(projects)} projekt" in spaced(told.text)
    assert str(demo.table("phases")["year"].iloc[0]) in told.text


def test_those_left_out_are_the_unserved_with_what_they_are_offered(demo):
    left, told = demo.table("unserved"), answers(demo)["left_out"]
    assert told.figure == f"{left['households'].sum()} hushåll"
    technology = demo.table("technology")["technology"]
    for name, said in (("satellite", "satellit"), ("radio", "fast trådlös anslutning")):
        count = int((technology == name).sum())
        assert (f"{said} ({count} byggnad" in spaced(told.text)) == (count > 0)


def test_how_sure_the_figures_are_is_eight_cases_of_ten(demo):
    plan, told = demo.table("risk").loc["plan"], answers(demo)["sure"]
    low, high = np.floor(plan["p10_sek"] / 1e6), np.ceil(plan["p90_sek"] / 1e6)
    assert spaced(told.figure) == f"{low:.0f}–{high:.0f} miljoner kronor"
    modelled = sum(row["modelled"] for row in demo.about["inputs"])
    assert f"{len(demo.about['inputs'])} lager är {modelled} modellerade" in spaced(told.text)


def test_the_last_answer_counts_the_clauses(demo):
    clauses = propose(make_paper(demo, "sv")).clauses
    assert 3 <= len(clauses) <= 5
    assert answers(demo)["decide"].figure == f"{len(clauses)} beslutspunkter"
    assert all(clause.startswith("att ") for clause in clauses)


def draw_blank(size_mm):
    with new_figure(size_mm) as figure:
        return to_png(figure)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("kind", ["demo", "public", "covered"])
def test_questions_answers_and_decision_fit_on_one_page(kind, language, request, undrawn, monkeypatch):
    # As large as it is drawn: room is what is asked for.
    monkeypatch.setattr(pictures, "draw_map", lambda *_, size_mm, **__: draw_blank(size_mm))
    report = build_report(request.getfixturevalue(kind), language=language)
    breaks = [i for i, block in enumerate(report.blocks) if isinstance(block, PageBreak)]
    page = report.blocks[breaks[0] + 1 : breaks[1]]
    assert [type(block) for block in page[1:]] == [Answers, Decision]
    assert page[1].beside.size_mm == pytest.approx(pictures.ANSWERS_MM, abs=0.5)
    alone = replace(report, blocks=page, contents=False, facts=(), subject="")
    assert len(pdf.draw_pages(alone)) == 1


def test_without_a_plan_the_answers_say_that_there_is_none(covered):
    told = answers(covered)
    words = load("sv")
    for name in ("cost", "payers", "order", "left_out"):
        assert (told[name].figure, told[name].text) == ("–", words.text(f"reportanswers.unknown_{name}"))
    assert told["lacking"].figure != "–"
    assert "utbyggnadsplan" in " ".join(propose(make_paper(covered, "sv")).clauses)


def test_where_small_numbers_are_hidden_the_places_are_still_named(public):
    assert public.table("white_spot_areas")["households"].isna().any()
    told = answers(public)["where"]
    assert spaced(told.figure) == f"{len(public.table('white_spot_areas'))} områden"
    assert str(pd.Series(public.table("white_spot_areas")["name"]).iloc[0]) in told.text


def test_nothing_known_gives_nine_answers_that_say_so(demo):
    empty = replace(demo, tables={}, about={**demo.about, "inputs": [], "totals": {}})
    told = answers(empty)
    assert [a.figure for a in told.values()][:8] == ["–"] * 8
