import itertools
import time
from io import BytesIO

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infraplan.outputs.report.document import Column, Paragraph
from infraplan.outputs.report.pdf import _lay_out, build_pdf, draw_pages

HEADS = {f"/H{level}" for level in range(1, 7)}


def elements(pdf):
    """Yield the structure elements of a PDF in reading order."""
    waiting = [pdf.Root.StructTreeRoot]
    while waiting:
        element = waiting.pop(0)
        if "/S" in element:
            yield element
        children = element.get("/K", [])
        children = children if isinstance(children, pikepdf.Array) else [children]
        waiting[:0] = [child for child in children if isinstance(child, pikepdf.Dictionary)]


def descend(element):
    """Return the kinds of all elements within one."""
    found, waiting = [], [element]
    while waiting:
        children = waiting.pop().get("/K", [])
        children = children if isinstance(children, pikepdf.Array) else [children]
        for child in children:
            if isinstance(child, pikepdf.Dictionary) and "/S" in child:
                found.append(str(child.S))
                waiting.append(child)
    return found


@pytest.fixture(scope="module")
def made(make_paper):
    return build_pdf(make_paper())


@pytest.fixture
def pdf(made):
    with pikepdf.open(BytesIO(made)) as opened:
        yield opened


def test_equal_papers_give_equal_bytes(make_paper, made):
    assert build_pdf(make_paper()) == made


def test_it_is_made_quickly(make_paper):
    start = time.perf_counter()
    build_pdf(make_paper())
    assert time.perf_counter() - start < 5.0


def test_it_says_that_it_is_tagged_in_which_language_and_what_it_is_called(pdf):
    assert bool(pdf.Root.MarkInfo.Marked)
    assert str(pdf.Root.Lang) == "sv-SE"
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    with pdf.open_metadata() as about:
        assert about["pdfuaid:part"] == "1"
        assert about["dc:title"] == "Bredband i Pajala"
        assert about["dc:creator"] == ["Pajala kommun"]
        assert about["xmp:CreateDate"].startswith("2026-11-21")


def test_every_picture_has_an_alternative_text(pdf, hostile):
    figures = [element for element in elements(pdf) if element.S == "/Figure"]
    assert len(figures) == 2
    # An alternative text is no drawn one, but letters without glyphs are replaced in it as everywhere.
    assert str(figures[0].Alt).startswith("<img src=x onerror=alert(1)> {{7*7}} #panic() $x$ *a* _b_ `c`")
    assert str(figures[1].Alt) == "Karta över Pajala: 412 hushåll saknar bredband."


def test_every_table_has_heads_of_its_columns(pdf):
    tables = [descend(element) for element in elements(pdf) if element.S == "/Table"]
    assert len(tables) == 4
    assert sorted(table.count("/TH") for table in tables) == [3, 3, 3, 12]
    assert all("/Caption" in table or table.count("/TD") for table in tables)
    scopes = {
        str(element.A.Scope if isinstance(element.A, pikepdf.Dictionary) else element.A[0].Scope)
        for element in elements(pdf)
        if element.S == "/TH" and "/A" in element
    }
    assert scopes == {"/Column"}


def test_headings_go_down_one_level_at_a_time_and_are_bookmarks(pdf):
    levels = [int(str(element.S)[2]) for element in elements(pdf) if str(element.S) in HEADS]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    with pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
    assert titles[0] == "Svar på en sida"
    assert titles[1].startswith("Läget <img")


def test_all_text_is_tagged_or_an_artifact_and_tabs_follow_the_structure(pdf):
    for page in pdf.pages:
        depth = 0
        for operands, operator in pikepdf.parse_content_stream(page):
            if str(operator) in ("BDC", "BMC"):
                depth += 1
            elif str(operator) == "EMC":
                depth -= 1
            elif str(operator) in ("Tj", "TJ", "Do"):
                assert depth > 0, operands
        assert page.get("/Tabs", "/S") == "/S"
        assert "/StructParents" in page


def test_all_fonts_are_embedded_with_their_letters(pdf):
    fonts = [
        font
        for item in pdf.objects
        if isinstance(item, pikepdf.Dictionary)
        for font in [item]
        if font.get("/Type") == "/Font"
    ]
    inner = [font.DescendantFonts[0] if "/DescendantFonts" in font else font for font in fonts]
    described = [font.FontDescriptor for font in inner if "/FontDescriptor" in font]
    assert len(described) >= 3
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(font.keys()) for font in described)
    assert all("/ToUnicode" in font for font in fonts if "/DescendantFonts" in font)
    names = {str(font.FontName).split("+")[-1] for font in described}
    assert {name.split("-")[0] for name in names} <= {"LibertinusSerif", "DejaVuSans"}


def test_no_page_asks_for_anything(made):
    for dangerous in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile"):
        assert dangerous not in made


def test_every_kind_of_block_comes_on_a_page_and_pages_have_a_size_to_read(make_paper):
    pages = draw_pages(make_paper())
    sizes = [(int.from_bytes(page[16:20]), int.from_bytes(page[20:24])) for page in pages]
    # The wide table lies, all else stands.
    assert {width > height for width, height in sizes} == {True, False}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_both_languages_say_which_they_are(make_document, language):
    with pikepdf.open(BytesIO(build_pdf(make_document(language=language)))) as pdf:
        assert str(pdf.Root.Lang).startswith(language)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(text=st.text(min_size=1).filter(str.strip))
def test_whatever_a_text_holds_the_paper_can_be_made(make_document, make_table, text):
    table = make_table(rows=((f"x{text}", text, "1"),), totals=0)
    made = build_pdf(make_document(Paragraph(text), table, title=f"x{text}", subject=text, author=text))
    assert made.startswith(b"%PDF-")


def test_a_narrow_table_stands_and_a_wide_one_lies(make_table):
    assert _lay_out(make_table()) == (False, 9.0, [None] * 3)
    heads = (Column("Namn", "text"), *(Column(f"Kolumn {i}") for i in range(14)))
    wide, size, widths = _lay_out(
        make_table(columns=heads, rows=(("a", *["1\u00a0234\u00a0567"] * 14),), totals=0)
    )
    assert wide
    assert size <= 9.0
    assert len(widths) == 15


def test_a_long_text_gets_what_numbers_leave(make_table):
    rows = (("Kort", "En lång förklaring som går över flera rader " * 4, "1\u00a0234"),)
    columns = (Column("Namn", "text"), Column("Skäl", "text"), Column("Antal"))
    wide, size, widths = _lay_out(make_table(columns=columns, rows=rows, totals=0))
    assert (wide, size) == (False, 9.0)
    assert widths == [None] * 3 or widths[1] > widths[0] + widths[2]
