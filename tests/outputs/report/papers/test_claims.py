"""What papers claim is so: what an edition hides is told as hidden, never as nought or as not there."""

from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from infraplan.outputs.report.answers import answer
from infraplan.outputs.report.chapters_end import texts_of
from infraplan.outputs.report.content import build_report
from infraplan.outputs.report.document import Map, Omitted, Paragraph, Table
from infraplan.outputs.report.internal import build_internal_annex
from infraplan.outputs.report.memo import build_memo
from infraplan.outputs.report.paper import make_paper
from infraplan.outputs.report.sheets import build_sheets
from infraplan.words import load

pytestmark = pytest.mark.usefixtures("undrawn")


def spaced(text):
    return text.replace("\xa0", " ")


def tables(document):
    found = [b if isinstance(b, Table) else getattr(b, "table", None) for b in document.blocks]
    return {table.id: table for table in found if table is not None}


def maps(document):
    return {block.id: block for block in document.blocks if isinstance(block, Map)}


def text(document):
    return spaced("\n".join(texts_of(document.blocks)))


@pytest.fixture(scope="module")
def sheets(public):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infraplan.outputs.report.pictures.draw_place", lambda *_: b"\x89PNG")
        patch.setattr("infraplan.outputs.report.document.Map.__post_init__", lambda _: None)
        return build_sheets(public, language="sv")


def test_a_sheet_without_lines_of_projects_tells_the_stages_whose_corridors_pass(public, sheets):
    corridors, areas = public.table("corridors"), public.table("white_spot_areas")
    year = public.table("phases")["year"].iloc[0]
    told = list(maps(sheets).values())
    assert told
    for sheet in told:
        name = sheet.table.title.removeprefix("Siffror för ")
        built = corridors.intersects(areas.loc[areas["name"] == name].union_all()).any()
        assert (f"i etapp 1 ({year})" in sheet.says) == built
        assert ("bygger ingen fiber här" in sheet.says) != built


def test_a_sheet_that_knows_nothing_of_the_plan_does_not_say_that_nothing_is_built(public):
    bare = {name: table for name, table in public.tables.items() if name != "corridors"}
    said = text(build_sheets(replace(public, tables=bare), language="sv"))
    assert "Om planen bygger fiber här visas inte." in said
    assert "bygger ingen fiber" not in said


def test_no_sheet_puts_a_dash_into_a_sentence(sheets):
    hidden = [sheet for sheet in maps(sheets).values() if sheet.table.rows[0][1] == "–"]
    assert hidden
    for sheet in hidden:
        assert "visas inte" in sheet.title
        assert "– " not in sheet.says + sheet.alt + sheet.title


def test_squares_that_are_hidden_are_no_squares_without_broadband(public, report_of):
    found = maps(report_of("public"))["map-state"]
    rows = {row[0]: row[1:] for row in found.table.rows}
    shown = sum(int(count) for name, (count, _) in rows.items() if name != "För få för att visas")
    assert f"i {rows['Ingen'][0]} av {shown} rutor som visas" in spaced(found.title)
    hidden, people = rows["För få för att visas"]
    assert int(hidden) > 0
    assert people == "–"
    assert f"I ytterligare {hidden} rutor" in spaced(found.says)
    cells = public.table("cells")
    coarse = cells[cells["grid"] == cells["grid"].value_counts().idxmin()]
    assert isinstance(coarse, gpd.GeoDataFrame)
    assert shown + int(hidden) <= len(coarse)


def test_the_table_of_places_has_no_row_that_tells_nothing(public, report_of):
    table = maps(report_of("public"))["map-where"].table
    assert table.rows
    assert all(set(row[1:]) != {"–"} for row in table.rows)
    places = public.table("white_spot_areas")["name"].nunique()
    assert f"Vid ytterligare {places - len(table.rows)} platser" in spaced(table.unit_note)


def test_white_spots_are_said_to_leave_out_those_with_fibre_beside_them(demo, report_of):
    assert demo.about["parameters"]["gaps"]["passed_is_served"]
    assert text(report_of("demo")).count("Den som bedöms ha fiber i absolut närhet räknas inte") == 2
    parameters = demo.about["parameters"]
    gaps = {**parameters["gaps"], "passed_is_served": False}
    about = {**demo.about, "parameters": {**parameters, "gaps": gaps}}
    memo = text(build_memo(replace(demo, about=about), language="sv"))
    assert "hushåll i vita fläckar, som behöver" not in memo


def test_each_target_says_whom_it_counts(demo, report_of):
    found = tables(report_of("demo"))
    official = demo.table("official")
    kinds = {"orderable": "tillgång", "passed": "tillgång eller absolut närhet"}
    study = official[(official["zone_kind"] == "study") & (official["measure"] == "fixed")]
    told = [row[2] for row in found["reportstate-official"].rows if ": " in row[2]]
    assert [row.split(": ")[1] for row in told] == [kinds[counts] for counts in study["counts"]]
    own = {row[0]: row[1] for row in found["reportstate-effect"].rows}
    goal = demo.about["parameters"]["plan"]["target"]
    assert own[goal] == "hushåll och arbetsställen: tillgång"
    ways = found["reportmoney-targets"]
    assert {row[0]: row[1] for row in ways.rows} == own
    assert "så många som vägarna medger" in ways.unit_note


def test_projects_stand_in_the_order_of_the_workbook(demo, report_of):
    projects = demo.table("projects").sort_values(["phase", "cost_per_household_sek"], kind="stable")
    told = [
        row[0].rsplit("(", 1)[1].rstrip(")") for row in tables(report_of("demo"))["reportplan-projects"].rows
    ]
    assert told == list(projects.index[: len(told)])
    paper = make_paper(demo, "sv")
    each = [row[-1] for row in tables(report_of("demo"))["reportplan-projects"].rows]
    assert each == [paper.tkr(sek) for sek in projects["cost_per_household_sek"][: len(each)]]


def test_fees_are_said_to_take_all_to_join(demo, report_of):
    served = demo.about["totals"]["plan"]["served"]["premises"]
    assert f"alla {served} byggnader i planen antas ansluta sig" in text(report_of("demo"))


def test_without_a_decision_what_is_decided_already_is_still_built(demo, report_of):
    goal = demo.about["parameters"]["plan"]["target"]
    rows = demo.table("targets")
    row = rows[(rows["zone_kind"] == "study") & (rows["target"] == goal) & rows["decides"].astype(bool)].iloc[
        0
    ]
    more = int(row["planned"] - row["passed_estimated"])
    assert f"nå ytterligare {more} hushåll och arbetsställen" in text(report_of("demo"))


def test_who_is_left_out_and_why_stands_in_the_internal_annex(demo, report_of):
    assert "står i den interna bilagan" in " ".join(
        block.text for block in report_of("public").blocks if isinstance(block, Paragraph)
    )
    found = tables(build_internal_annex(demo, language="sv"))
    assert sum(int(row[1]) for row in found["reportplan-unserved"].rows) == len(demo.table("unserved"))
    assert "reportplan-instead" in found


def test_the_timetable_goes_from_the_decision_to_what_is_handed_over(demo, report_of):
    rows = tables(report_of("demo"))["reportplan-steps"].rows
    years = demo.table("phases")["year"]
    assert [row[1] for row in rows] == sorted(row[1] for row in rows)
    assert rows[0][:2] == ("Beslut om planen", str(years.iloc[0] - 1))
    assert rows[-1][1] == str(years.iloc[-1])
    assert all("–" not in row for row in rows)


def test_what_is_left_out_is_told_reason_by_reason():
    found = Omitted((("A", "Ingen plan."), ("B", "Räknas inte."), ("C", "Ingen plan.")))
    assert found.by_reason == (("Ingen plan.", "A; C"), ("Räknas inte.", "B"))


def test_the_answer_on_certainty_is_not_the_cost_again(public):
    plan = public.about["totals"]["plan"]
    down, up = (abs(plan[name] / plan["cost_sek"] - 1) for name in ("cost_low_sek", "cost_high_sek"))
    untried = {name: value for name, value in plan.items() if name not in ("p10_sek", "p90_sek")}
    bare = replace(public, about={**public.about, "totals": {**public.about["totals"], "plan": untried}})
    items = answer(make_paper(bare, "sv")).items
    assert spaced(items[7].figure) == f"−{100 * down:.0f} till +{100 * up:.0f} procent"
    assert load("sv").text("reportanswers.question_sure") == items[7].question


def test_shapes_of_corridors_are_areas(public):
    """What the sheets lean on: a stage passes where its corridor does."""
    assert all(
        isinstance(shape, shapely.Polygon | shapely.MultiPolygon)
        for shape in public.table("corridors").geometry
    )


def order(edition):
    """Return the answer to the sixth question: in what order it is built."""
    return spaced(answer(make_paper(edition, "sv")).items[5].text)


def test_a_yearly_budget_is_told_to_all_and_none_is_said_to_leave_open_how_long_building_takes(
    public, report_of
):
    assert spaced(text(report_of("public"))).count("om det hinner byggas på ett år är inte prövat") == 1
    assert "ingen gräns per år" in order(public)
    phases = public.table("phases").assign(budget_sek=20e6)
    limited = replace(public, tables={**public.tables, "phases": phases})
    assert "ingen gräns" not in order(limited)
    assert "Varje år får kosta högst 20 miljoner kronor" in spaced(text(build_report(limited)))


def test_the_map_of_services_says_in_its_title_what_it_shows(report_of):
    told = maps(report_of("public"))["map-services"]
    assert told.title.startswith("Serviceställen finns vid Svartbyn")
    assert "Längre än 10 km till en dagligvarubutik har" in spaced(told.says)


def test_the_public_is_told_what_those_not_reached_are_offered_and_the_range_of_the_cost(public, report_of):
    left, told = public.about["totals"]["plan"]["unserved"], tables(report_of("public"))["reportplan-instead"]
    assert [row[1:] for row in told.rows] == [
        tuple(str(left[name]) for name in ("premises", "households", "workplaces"))
    ]
    assert not told.unit_note
    paper = make_paper(public, "sv")
    ends = [public.about["totals"]["plan"][name] for name in ("p10_sek", "p90_sek")]
    assert f"i åtta fall av tio {spaced(paper.money_range(*ends))}" in text(report_of("public"))
    some = {"satellite": {"premises": left["premises"] - 9, "households": 60, "workplaces": 12}}
    plan = {**public.about["totals"]["plan"], "offers": some}
    few = replace(public, about={**public.about, "totals": {**public.about["totals"], "plan": plan}})
    assert (
        tables(build_report(few))["reportplan-instead"].unit_note == "Lösningar för få byggnader visas inte."
    )
