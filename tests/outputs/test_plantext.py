"""What is printed of a plan: the figures of its tables, in words of either language."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from infraplan import tables, words
from infraplan.config import Study
from infraplan.outputs import compare, plantext, summary, write_results
from infraplan.outputs.textable import draw
from infraplan.planconfig import Alternatives, PlanGoal, Risk
from infraplan.planning import alternatives, optics
from infraplan.planning.package import CONTRACTS, Package

EN, SV = words.load("en"), words.load("sv")


def change(results, **tables_of_package):
    return replace(results, package=replace(results.package, **tables_of_package))


def cells(text: str, row: str) -> list[str]:
    """Return the cells of a printed table's row that begins with some word."""
    (line,) = [line for line in text.splitlines() if line.strip().startswith(row)]
    return re.split(r"\s{2,}", line.strip())


def test_items_add_up_to_the_whole(results):
    text = plantext.items(results.plan, EN)
    assert cells(text, "Connection") == ["Connection of premises", "69", "99", "149", "25", "74"]
    total = cells(text, "Total")
    assert total[2] == EN.number(results.plan.cost_sek / 1000)
    assert list(re.findall(r"^  (\w+)", text, re.MULTILINE)) == [
        "Item", "Laying", "Connection", "Street", "Design", "Total",
    ]  # fmt: skip


def test_projects_stand_by_phase_and_the_rest_is_counted(results):
    text = plantext.projects(results.plan, SV)
    assert cells(text, "P0001")[:6] == ["P0001", "Byn P0001", "1", "6", "12", "0"]
    many = pd.concat([results.plan.projects] * 13)
    many.index = pd.Index([f"P{i:04d}" for i in range(26)], name="project_id")
    many["over_limit"] = many.index == "P0003"
    text = plantext.projects(replace(results.plan, projects=many, overfull=("D7",)), SV)
    assert len(re.findall(r"^  P\d{4} ", text, re.MULTILINE)) == plantext.MOST_PROJECTS
    assert "… och 6 till, i projects.csv." in text
    assert "inte att dela: P0003." in text
    assert "D7" in text.splitlines()[-1]


def test_phases_tell_their_year_budget_and_what_is_left(results):
    cost = int(results.plan.phases["cost_sek"].iloc[0])
    told = cells(plantext.phases(results.plan, EN), "1 ")
    assert told[1] == "2027"
    assert told[5:8] == [EN.number(cost / 1000), "10,000", EN.number((10_000_000 - cost) / 1000)]
    unlimited = results.plan.phases.assign(budget_sek=float("nan"), left_sek=float("nan"))
    assert cells(plantext.phases(replace(results.plan, phases=unlimited), EN), "1 ")[6:8] == ["–", "–"]


def test_targets_are_told_for_municipalities_where_there_are_several(build, results):
    assert plantext.targets(results, EN).count("Västra Å") == 2
    assert "out of reach of any road" in plantext.targets(results, EN)
    assert "Västra Å" not in plantext.targets(build(municipalities=1), EN)
    # 150 households and workplaces, 90 reached: 95 % are 143, so that 53 are missing.
    text = plantext.targets(results, EN)
    assert cells(text, "100 Mbit/s, 95 %   Prov")[2:] == [
        "53",
        "2,650",
        "50",
        "can be met",
    ]


def test_the_curve_is_told_by_five_per_cent_with_where_fibre_yields(results):
    (text,) = plantext.curves(results, EN)
    # Five steps of a per cent at 10, 20, … 50 thousand.
    assert cells(text, "65.0%") == ["65.0%", "5", "30.0", "–"]
    assert cells(text, "100.0%") == ["100.0%", "5", "380.0", "fixed wireless"]
    assert text.endswith("Beyond 98.0%, fixed wireless is cheaper than fibre, where it can be had.")


def test_only_the_curve_of_the_plans_own_target_is_told_where_it_has_one(results):
    def ask(target):
        goal = PlanGoal(goal="target", target=target)
        study = results.study.model_copy(update={"plan": goal})
        return list(plantext.curves(replace(results, study=study), EN))

    assert len(ask("100 Mbit/s, 95 %")) == 1
    assert ask("1 Gbit/s, 60 %") == []


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        (
            ["fibre"] * 40,
            "No other technology that meets the target is cheaper than fibre, all the way",
        ),
        (["fibre"] * 30 + ["none"] * 10, "Beyond 90.0%, fibre costs more than the study allows"),
        (["satellite"] * 40, "For all who are left, satellite is cheaper than fibre, where it can be had."),
        (["none"] * 40, "For all who are left, fibre costs more than the study allows"),
    ],
)
def test_where_fibre_yields_is_said_in_every_case(results, instead, said):
    (text,) = plantext.curves(change(results, curve=results.package.curve.assign(instead=instead)), EN)
    assert said in text


def test_support_is_the_sum_of_the_projects(results):
    table = results.package.support
    said = plantext.support(results, EN)
    assert f"SEK {EN.number(table['support_sek'].sum() / 1e6, 1)} million by the rules pts-2023" in said
    assert "11 eligible premises" in said
    assert plantext.support(change(results, support=table.iloc[:0]), EN) == ""


def test_permits_tell_the_longest_lead_time_that_is_known(results):
    told = plantext.permits(results, SV)
    assert told.startswith("Tillstånd och samråd: 2 att söka, områden: 2, schakt i dem: 0,8 km")
    assert "26 veckor" in told
    known = results.package.permits
    assert "not known" in plantext.permits(change(results, permits=known.iloc[1:]), EN)
    assert "No known area" in plantext.permits(change(results, permits=known.assign(permit="")), EN)


def test_works_to_dig_with_are_told_with_whom_to_call(results):
    text = plantext.codigging(results, EN)
    assert cells(text, "VA-ledning") == [
        "VA-ledning", "Tekniska kontoret", "2027-05-01–2027-09-30", "640", "77", "yes",
    ]  # fmt: skip
    assert cells(text, "Elkabel")[-1] == "no"
    assert "the saving is not counted in the plan" in text.splitlines()[-1]
    meets = results.package.codigging.assign(in_time=True)
    assert "not counted" not in plantext.codigging(change(results, codigging=meets), EN)


def test_alternatives_are_a_line_each_or_said_to_be_none(results):
    text = plantext.alternatives(results, SV).splitlines()
    assert text[1] == (
        "A1 (mindre i känsliga områden): 6,0\u00a0% dyrare, 23\u00a0% av schaktet går på annan plats, "
        "820 m mindre i känsliga områden, 2 färre korsningar."
    )
    alone = change(results, alternatives=results.package.alternatives.iloc[:1])
    assert plantext.alternatives(alone, EN).endswith("plan that is at most 10% dearer was found.")
    unasked = Study(study=results.study.study, alternatives=Alternatives(count=0))
    assert plantext.alternatives(replace(alone, study=unasked), EN) == ""


@pytest.mark.parametrize(("dearer", "said"), [(0.0004, "as dear"), (-0.02, "2.0% cheaper")])
def test_an_alternative_may_be_as_dear_or_cheaper(results, dearer, said):
    table = results.package.alternatives.assign(dearer=dearer)
    assert said in plantext.alternatives(change(results, alternatives=table), EN)


def test_an_alternative_that_reaches_fewer_says_so(results):
    """Cheaper because it leaves people out is not cheaper."""
    table = results.package.alternatives.copy()
    table.loc["A1", ["dearer", "households", "workplaces"]] -= [0.2, 16, 1]
    (_, told) = plantext.alternatives(change(results, alternatives=table), EN).splitlines()
    assert "14.0% cheaper" in told
    assert ", 16 fewer households, 1 fewer workplaces, 820 m less" in told


def test_a_range_of_few_draws_is_not_told(results):
    assert plantext.tell_range(results, EN)
    study = results.study.model_copy(update={"risk": Risk(draws=99)})
    assert plantext.tell_range(replace(results, study=study), EN) == ""


def test_every_aim_gain_and_loss_has_words():
    for speech in (EN, SV):
        assert {f"plan.gain.{name}" for name in alternatives._BETTER} <= speech.entries.keys()
        assert {f"plan.breaks.{name}" for name in optics._PARTS} <= speech.entries.keys()
        assert {f"bill.item_{name}" for name in tables.ITEMS} <= speech.entries.keys()
        assert {f"technology.{name}" for name in tables.TECHNOLOGIES_PLANNED} <= speech.entries.keys()


def test_a_second_way_that_there_is_not_is_said(results):
    text = plantext.rings(results, EN)
    assert cells(text, "street cabinet") == ["street cabinet", "C0001", "11", "1,200", "360"]
    assert cells(text, "health centre")[-1] == "there is no second way"
    strange = results.package.rings.assign(kind="observatory")
    assert "observatory" in plantext.rings(change(results, rings=strange), EN)


def test_the_optical_budget_says_how_many_break_it_and_by_what(results):
    assert plantext.optics(results, EN) == (
        "Optical budget: 3 of 11 premises break it (1000BASE-BX10), by up to 0.5 dB. "
        "Most is lost in the fibre (the distance). "
        "They need a node nearer to them, or equipment of longer reach ([optics])."
    )
    kept = change(results, optics=results.package.optics.iloc[:8])
    assert "with at least 0.1 dB left" in plantext.optics(kept, EN)


def test_technology_counts_everybody_and_tells_what_is_in_sight(results):
    assert plantext.technology(results, EN) == (
        "Technology, premises: 11 fibre, 1 satellite. Of those with satellite 1 have no mast within reach. "
        "Of those with fixed wireless or satellite, 1 do not get the target's speed."
    )
    table = results.package.technology.copy()
    table.loc[table.index[-4:], "technology"] = ["radio", "satellite", "satellite", "satellite"]
    table.loc[table.index[-4:], "reason"] = [
        "too_dear in_sight", "over_budget no_sight", "no_road no_sight", "no_go no_elevation",
    ]  # fmt: skip
    table.loc[table.index[-4:], "meets"] = True
    said = plantext.technology(change(results, technology=table), EN)
    assert "8 fibre, 1 fixed wireless, 3 satellite." in said
    assert "satellite 2 have no line of sight to a mast, 1 lie where no elevation is known." in said
    assert "speed" not in said


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_gap_is_left_in_what_is_printed(results, language):
    speech = words.load(language)
    text = f"{summary.plan(results, speech)}\n{plantext.tell_tables(results, speech)}"
    assert not re.search(r"\{\w*\}|\bnan\b|None", text)
    assert len(text.splitlines()) < 100


def test_a_plan_of_nothing_leaves_only_its_main_lines(results):
    plan = results.plan
    bare = replace(
        plan,
        routes=plan.routes.iloc[:0],
        served=plan.served.iloc[:0],
        bill=plan.bill.iloc[:0],
        projects=plan.projects.iloc[:0],
        phases=plan.phases.iloc[:0],
    )
    nothing = Package(**{name: tables.empty(contract, "EPSG:3006") for name, contract in CONTRACTS.items()})
    run = replace(results, plan=bare, package=nothing)
    assert plantext.tell_tables(run, EN) == ""
    assert plantext.tell_range(run, EN) == ""
    assert "How sure" not in summary.plan(run, EN)


def test_a_users_brackets_are_no_markup():
    table = draw(EN, "t", ["plan.name"], [["[bold]x[/bold] :smile:"]])
    assert "[bold]x[/bold] :smile:" in table


def test_two_runs_are_told_with_their_bridge_and_projects(build, results, tmp_path):
    before = write_results(results, tmp_path / "before", pack=False)
    after = write_results(build(spot_step=3), tmp_path / "after", pack=False)
    found = compare(before, after)
    for speech in (EN, SV):
        text = summary.comparison(found, speech)
        assert not re.search(r"\{\w*\}|\bnan\b|None", text)
    total = cells(summary.comparison(found, EN), "Total")
    ends = found.bridge.loc["total", ["before_sek", "after_sek"]]
    assert [total[1], total[-1]] == [EN.number(int(n)) for n in ends]
    same = summary.comparison(compare(before, before), EN)
    assert "Projects that changed" not in same
    assert "Those whose place" not in same
