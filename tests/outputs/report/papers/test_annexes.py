"""Memorandum, follow-up, map sheets and internal annex."""

from dataclasses import replace

import pytest

from infraplan.errors import OutputError
from infraplan.outputs.edition import edition_of
from infraplan.outputs.redact import redact
from infraplan.outputs.report import pdf
from infraplan.outputs.report.document import Decision, Map, Omitted, Table
from infraplan.outputs.report.followup import build_followup
from infraplan.outputs.report.html import build_html
from infraplan.outputs.report.internal import build_internal_annex
from infraplan.outputs.report.memo import build_memo
from infraplan.outputs.report.sheets import MOST_SHEETS, build_sheets
from infraplan.outputs.report.write import PAPERS, write_internal_annex, write_reports
from infraplan.words import load

HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} #panic() $x$"
ANNEXES = {"memo": build_memo, "followup": build_followup, "sheets": build_sheets}


def tables(document):
    found = [b if isinstance(b, Table) else getattr(b, "table", None) for b in document.blocks]
    return {table.id: table for table in found if table is not None}


def shape(document):
    return [(type(b).__name__, getattr(b, "id", "")) for b in document.blocks]


def plain(cell):
    return int(cell.replace("\xa0", ""))


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("kind", ["demo", "public", "covered"])
@pytest.mark.parametrize("name", ANNEXES)
def test_both_languages_have_the_same_blocks(kind, name, request):
    edition = request.getfixturevalue(kind)
    swedish, english = (ANNEXES[name](edition, language=language) for language in ("sv", "en"))
    assert shape(swedish) == shape(english)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("kind", ["demo", "public", "covered"])
def test_a_memorandum_has_two_pages_at_most(kind, language, request):
    memo = build_memo(request.getfixturevalue(kind), language=language)
    assert len(pdf.draw_pages(memo)) <= 2
    assert sum(isinstance(block, Decision) for block in memo.blocks) == 1


def test_the_memorandum_has_the_parts_that_boards_read(demo):
    heads = [heading.text for heading in build_memo(demo, language="sv").headings]
    assert heads[:6] == [
        "Sammanfattning", "Förslag till beslut", "Beslutsunderlag", "Beskrivning av ärendet", "Bedömning",
        "Ekonomiska konsekvenser",
    ]  # fmt: skip


def test_the_follow_up_tells_each_municipality(build):
    edition = edition_of(build(municipalities=3))
    followup = build_followup(edition)
    # The made-up run has no figures by definition: they are named, not filled.
    assert any(isinstance(block, Omitted) for block in followup.blocks)
    assert "reportannex-list" in tables(followup)


def test_the_follow_up_counts_all_white_spots_that_may_be_on_the_list(demo):
    rows = tables(build_followup(demo, language="sv"))["reportannex-list"].rows
    spots = demo.table("white_spots")
    listed = spots[spots["eligible"] != "no"]
    assert sum(plain(row[2]) for row in rows) == len(listed)
    assert sum(plain(row[3]) for row in rows) == listed["households"].sum()


def test_the_follow_up_has_the_shares_of_the_switchboard(demo):
    found = tables(build_followup(demo, language="sv"))["reportannex-fixed"]
    board = demo.table("switchboard")
    asked = board[
        (board["zone_kind"] == "municipality")
        & (board["unit"] == "households")
        & ~board["holiday_homes"].astype(bool)
        & (board["down_mbps"] == 100)
        & (board["technologies"] == "all")
    ].set_index("counts")
    shares = [
        load("sv").share(round(asked["share"][name], 3))
        for name in ("connected", "orderable", "passed", "planned")
    ]
    assert list(found.rows[0][3:]) == shares


def test_confirmed_observations_add_to_the_list_and_strike_from_it(demo):
    rows = tables(build_followup(demo, language="sv"))["reportannex-changes"].rows
    observed = demo.table("observed")
    changing = observed[(observed["effect"] != "none") & (observed["premises_id"] != "")]
    assert {row[0] for row in rows} == set(changing["premises_id"])
    words = load("sv")
    for row in rows:
        effect = changing.loc[changing["premises_id"] == row[0], "effect"].iloc[0]
        assert row[1] == words.text("reportannex.strike" if effect == "adds" else "reportannex.add")


@pytest.mark.usefixtures("undrawn")
def test_there_is_a_sheet_for_each_of_the_largest_places(demo):
    sheets = build_sheets(demo, language="sv")
    overview = tables(sheets)["reportannex-overview"].rows
    assert sum(plain(row[1]) for row in overview) == demo.table("white_spots")["households"].sum()
    maps = [block for block in sheets.blocks if isinstance(block, Map)]
    assert len(maps) == min(MOST_SHEETS, len(overview))
    for sheet, row in zip(maps, overview, strict=False):
        assert row[0] in sheet.title
        assert f"{row[1]} hushåll" in sheet.says
        assert sheet.table.rows[0][1] == row[1]


@pytest.mark.usefixtures("undrawn")
def test_a_study_without_white_spots_says_so_in_place_of_sheets(demo):
    none = {**demo.tables, "white_spot_areas": demo.table("white_spot_areas").iloc[:0]}
    sheets = build_sheets(replace(demo, tables=none))
    assert not [block for block in sheets.blocks if isinstance(block, Map)]
    assert any(isinstance(block, Omitted) for block in sheets.blocks)


@pytest.mark.usefixtures("undrawn")
def test_the_internal_annex_tells_rings_risk_stretches_and_cabinets(demo):
    found = tables(build_internal_annex(demo, language="sv"))
    assert len(found["reportannex-rings"].rows) == len(demo.table("rings"))
    assert len(found["reportannex-risk"].rows) == len(demo.table("risk"))
    routes = demo.table("routes")
    most = routes.loc[routes["kind"] != "drop", "premises"].max()
    assert plain(found["reportannex-single"].rows[0][1]) == most
    assert len(found["reportannex-cabinets"].rows) == (demo.table("cabinets")["kind"] == "cabinet").sum()


@pytest.mark.parametrize("level", ["public", "restricted"])
def test_the_internal_annex_is_refused_to_others(demo, level, tmp_path):
    edition = redact(demo, level)
    with pytest.raises(OutputError, match=level):
        build_internal_annex(edition)
    with pytest.raises(OutputError):
        write_internal_annex(edition, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("language", ["sv", "en"])
def test_names_from_data_are_only_text(build, language):
    edition = edition_of(build(hostile=HOSTILE))
    for make in (*ANNEXES.values(), build_internal_annex):
        page = build_html(make(edition, language=language))
        assert "<img src=x" not in page


@pytest.mark.usefixtures("undrawn")
def test_protected_buildings_are_told_only_inside_and_without_a_place(demo):
    protected = (
        demo.table("public").head(2).assign(protected=True, kind="protected_housing", name="Hemlig gata 1")
    )
    edition = replace(demo, tables={**demo.tables, "protected_buildings": protected})
    inside = build_html(build_internal_annex(edition))
    assert "skyddat boende" in inside
    assert "Hemlig gata" not in inside
    for make in PAPERS.values():
        assert "Hemlig gata" not in build_html(make(edition))


def test_all_papers_are_written_as_page_and_pdf(results, tmp_path):
    edition = edition_of(results)
    written = write_reports(edition, tmp_path)
    assert sorted(path.name for path in written) == sorted(
        f"{stem}.{end}" for stem in PAPERS for end in ("html", "pdf")
    )
    assert all(path.stat().st_size > 1_000 for path in written)
    assert {path.name for path in write_internal_annex(edition, tmp_path)} == {
        "internal_annex.html",
        "internal_annex.pdf",
    }
