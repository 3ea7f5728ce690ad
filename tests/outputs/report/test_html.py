import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infraplan.outputs.report.document import Heading, Note, Paragraph
from infraplan.outputs.report.html import build_html

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """All tags with their attributes in order, text by the tag that it stands in, and whether they nest."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self.open = [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    def said(self, tag):
        return [text for name, text in self.texts if name == tag]


@pytest.fixture
def page(paper):
    return Page(build_html(paper))


def test_equal_papers_give_equal_pages(paper):
    assert build_html(paper) == build_html(paper)


def test_the_page_asks_for_nothing(paper, page):
    html = build_html(paper)
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; img-src data:;")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    names = {name for name, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "form"}
    assert not [attrs for _, attrs in page.tags if "style" in attrs or any(a.startswith("on") for a in attrs)]
    assert "http:" not in html.replace("http-equiv", "")
    assert "url(" not in style
    assert all(img["src"].startswith("data:image/png;base64,") for img in page.all("img"))


def test_hostile_text_is_shown_as_it_is(paper, page, hostile):
    shown = hostile.replace("\x00", "\ufffd")
    assert not [img for img in page.all("img") if "onerror" in img]
    spoken = "".join(text for _, text in page.texts)
    # In heading, contents, paragraph, list, cell, note, clause, what is left out, term, answers, facts.
    assert spoken.count(shown) >= 12
    assert next(img["alt"] for img in page.all("img")) == shown
    assert "49" not in spoken


def test_language_title_and_headings_in_order(paper, page):
    assert page.all("html") == [{"lang": "sv"}]
    assert page.said("title") == ["Bredband i Pajala"]
    levels = [int(name[1]) for name, _ in page.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_all_links_lead_somewhere(page):
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [a["href"] for a in page.all("a")]
    assert links[0] == "#content"
    assert {link.removeprefix("#") for link in links} <= set(ids)
    labelled = [attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs]
    assert labelled
    assert set(labelled) <= set(ids)


def test_tables_have_captions_and_heads_of_columns_and_rows(paper, page):
    tables = page.all("table")
    assert len(tables) == len(page.all("caption")) == 4
    scopes = [th["scope"] for th in page.all("th")]
    assert scopes.count("col") == 3 * 3 + 12
    assert scopes.count("row") == 3 + 3 + 40 + 1
    assert len(scopes) == scopes.count("col") + scopes.count("row")


def test_pictures_have_their_four_things(paper, page):
    assert len(page.all("figure")) == len(page.all("figcaption")) == len(page.all("img")) == 2
    assert all(img["alt"] and int(img["width"]) > 0 for img in page.all("img"))
    said = " ".join(page.said("p"))
    assert all(picture.says in said for picture in paper.pictures)
    assert "Siffrorna i diagram 1." in " ".join(page.said("caption"))


def test_the_level_stands_on_the_page(make_document):
    for level, said in (("public", "öppen"), ("restricted", "begränsad"), ("internal", "får inte spridas")):
        html = build_html(make_document(level=level))
        assert html.count(said) == 2
        assert "Får inte användas som underlag för grävning." in html


def test_an_english_paper_has_no_swedish_words(make_document, make_map):
    picture = make_map(title="Half live here", alt="Map.", says="The map shows it.")
    html = build_html(
        make_document(
            Heading(1, "State", "state"),
            picture,
            Note("warning", "Take care."),
            Paragraph("Text.", see=("map-places",)),
            title="Broadband",
            language="en",
            facts=(("Case", "1"),),
        )
    )
    assert not re.findall(r"\b(Nivå|Innehåll|Källa|Kartunderlag|Se|och|Hoppa|Viktigt|tabell|karta)\b", html)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(text=st.text(min_size=1).filter(str.strip))
def test_whatever_a_text_holds_the_page_shows_it(make_document, text):
    html = build_html(make_document(Paragraph(f"x{text}"), title=f"x{text}"))
    html.encode("utf-8")
    page = Page(html)
    assert [name for name, _ in page.tags if name == "p"] == ["p"] * 3


LUMINANCE = (0.2126, 0.7152, 0.0722)


def contrast(one: str, two: str) -> float:
    lights = []
    for colour in (one, two):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(sum(w * part for w, part in zip(LUMINANCE, linear, strict=True)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_all_colours_of_text_stand_out(paper):
    style = re.search(r"<style>(.*?)</style>", build_html(paper), re.DOTALL).group(1)
    named = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", style))
    texts = {named[name] for name in re.findall(r"[; {]color: var\(--([a-z]+)\)", style)}
    texts |= set(re.findall(r"[; {]color: (#[0-9a-f]{6})", style))
    assert len(texts) >= 4
    assert all(contrast(text, ground) >= 4.5 for text in texts for ground in ("#ffffff", named["pale"]))
