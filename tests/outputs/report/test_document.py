import dataclasses

import pytest

from infraplan.outputs import edition_of
from infraplan.outputs.report.document import (
    Answer,
    Answers,
    Bullets,
    Chart,
    Column,
    Decision,
    Document,
    Heading,
    Map,
    Note,
    Omitted,
    Paragraph,
    Table,
    Terms,
    clean,
)
from infraplan.outputs.report.internal import build_internal_annex
from infraplan.outputs.report.write import PAPERS
from infraplan.words import LANGUAGES, load


@pytest.mark.parametrize("kind", [Map, Chart])
@pytest.mark.parametrize("missing", ["title", "alt", "says"])
@pytest.mark.parametrize("nothing", ["", "  \n"])
def test_no_picture_without_title_alternative_text_and_what_it_shows(make_map, kind, missing, nothing):
    with pytest.raises(ValueError, match=missing):
        make_map(kind=kind, **{missing: nothing})


@pytest.mark.parametrize("kind", [Map, Chart])
@pytest.mark.parametrize("left_out", ["title", "alt", "says", "table", "picture"])
def test_no_picture_is_made_where_a_part_is_not_given(make_map, kind, left_out):
    whole = make_map(kind=kind)
    parts = {part.name: getattr(whole, part.name) for part in dataclasses.fields(whole)}
    del parts[left_out]
    with pytest.raises(TypeError, match=left_out):
        kind(**parts)


def test_no_picture_without_a_table_of_its_numbers(make_map, make_table):
    with pytest.raises(ValueError, match="table of its numbers"):
        make_map(table=None)
    with pytest.raises(ValueError, match="has rows"):
        make_table(rows=(), totals=0)


@pytest.mark.parametrize(
    "says", ["Här syns tre byar.", "kartan visar tre byar.", "Diagrammet visar kostnaden."]
)
def test_what_a_map_says_begins_as_it_should(make_map, says):
    with pytest.raises(ValueError, match="Kartan visar"):
        make_map(says=says)


def test_what_a_map_says_is_in_the_language_of_its_paper(make_map, make_document):
    english = make_map(says="The map shows three villages.")
    with pytest.raises(ValueError, match="Kartan visar"):
        make_document(english)
    assert make_document(english, language="en").pictures == [english]


def test_a_title_states_a_finding(make_map):
    with pytest.raises(ValueError, match="finding"):
        make_map(title="Vita fläckar")


@pytest.mark.parametrize("picture", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg>", b"<html>"])
def test_a_picture_is_a_png_or_an_svg(make_map, picture):
    with pytest.raises(ValueError, match="PNG or an SVG"):
        make_map(picture=picture)


def test_a_picture_tells_its_size(make_map, png):
    width, height = make_map(picture=png).size_mm
    assert (width, height) == (pytest.approx(101.6, abs=0.1), pytest.approx(50.8, abs=0.1))
    svg = b'<?xml version="1.0"?><svg viewBox="0 0 1 1" width="72pt" height="36pt"></svg>'
    assert make_map(picture=svg).size_mm == (pytest.approx(25.4), pytest.approx(12.7))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rows": (("a", "1"),)}, "fills all columns"),
        ({"rows": ((" ", "1", "2"),)}, "names its row"),
        ({"columns": ()}, "columns"),
        ({"columns": (Column(""), Column("a"), Column("b"))}, "head 0"),
        ({"totals": 4}, "sums"),
        ({"totals": -1}, "sums"),
        ({"title": ""}, "title"),
        ({"id": "Two words"}, "id"),
        ({"id": ""}, "id"),
    ],
)
def test_a_broken_table_cannot_be_made(make_table, changes, said):
    with pytest.raises(ValueError, match=said):
        make_table(**changes)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Bullets(()),
        lambda: Bullets(("",)),
        lambda: Terms(()),
        lambda: Terms((("", "x"),)),
        lambda: Answers(()),
        lambda: Answer("Hur många?", "", "x"),
        lambda: Omitted(()),
        lambda: Omitted((("Mobil", ""),)),
        lambda: Decision("Fullmäktige beslutar", ()),
        lambda: Decision("Fullmäktige beslutar", ("att", " ")),
        lambda: Note("info", ""),
        lambda: Paragraph(" "),
        lambda: Heading(0, "a", "a"),
        lambda: Heading(5, "a", "a"),
        lambda: Heading(1, "", "a"),
    ],
)
def test_no_block_is_empty(make):
    with pytest.raises(ValueError, match=":"):
        make()


def test_all_that_is_pointed_to_is_there(make_document, make_map):
    with pytest.raises(ValueError, match="nowhere"):
        make_document(Paragraph("Text.", see=("nowhere",)))
    paper = make_document(make_map(), Paragraph("Text.", see=("map-places",)))
    assert paper.labels == {"map-places": "karta 1"}


def test_ids_are_unique_those_of_tables_below_pictures_too(make_document, make_map, make_table):
    with pytest.raises(ValueError, match="map-places-numbers"):
        make_document(make_map(), make_table("map-places-numbers"))


def test_headings_go_down_one_level_at_a_time(make_document):
    with pytest.raises(ValueError, match="one level"):
        make_document(Heading(1, "Ett", "one"), Heading(3, "Tre", "three"))
    with pytest.raises(ValueError, match="one level"):
        make_document(Heading(2, "Två", "two"))
    deep = [Heading(level, "x", f"h{i}") for i, level in enumerate((1, 2, 3, 4, 1, 2))]
    assert [heading.level for heading in make_document(*deep).headings] == [1, 2, 3, 4, 1, 2]


def test_each_kind_is_numbered_on_its_own(make_document, make_map, make_table):
    paper = make_document(
        Heading(1, "Läget", "state"),
        make_table(),
        make_map(),
        make_map("chart-one", Chart),
        make_table("table-two"),
        language="sv",
    )
    assert paper.labels == {
        "state": "”Läget”",
        "table-places": "tabell 1",
        "map-places": "karta 1",
        "chart-one": "diagram 1",
        "table-two": "tabell 2",
    }


def test_a_paper_cannot_be_changed(paper):
    assert isinstance(paper, Document)
    with pytest.raises(dataclasses.FrozenInstanceError):
        paper.title = "x"
    assert isinstance(paper.blocks, tuple)
    assert all(isinstance(block.rows, tuple) for block in paper.blocks if isinstance(block, Table))


def test_letters_that_no_file_may_hold_are_replaced():
    assert clean("a\x00b\ud800c\x1b") == "a\ufffdb\ufffdc\ufffd"
    assert clean("áčđŋšŧž åäö\n\t😀") == "áčđŋšŧž åäö\n\t😀"


@pytest.fixture(params=[*PAPERS, "internal_annex"])
def build(request):
    return PAPERS.get(request.param, build_internal_annex)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_picture_of_every_paper_has_its_four_things(results, build, language):
    paper = build(edition_of(results), language=language)
    words = load(language)
    for picture in paper.pictures:
        assert len(picture.title.split()) >= 3
        assert not picture.title.endswith(".")
        assert any(letter.isdigit() for letter in picture.alt)
        assert picture.says.startswith(words.text(picture.shows))
        assert picture.says != picture.alt
        assert picture.table.rows
    assert paper.language == language
