from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.outputs.report import phrases
from infraplan.words import LANGUAGES, load

SV, EN = load("sv"), load("en")
NAN = float("nan")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (phrases.percent(0.2134, SV), "21,3 procent"),
        (phrases.percent(0.2134, EN), "21.3 per cent"),
        (phrases.percent(0.94996, SV, target=0.95, met=False), "94,9 procent"),
        (phrases.percent(NAN, SV), "–"),
        (phrases.percent_range(0.9780, 0.9830, SV), "97,8–98,3 procent"),
        (phrases.percent_range(0.5, 0.5, EN), "50.0 per cent"),
        (phrases.percent_range(NAN, 0.5, EN), "–"),
        (phrases.points(0.042, SV), "4,2 procentenheter"),
        (phrases.points(-0.042, SV), "−4,2 procentenheter"),
        (phrases.points(0.042, EN), "4.2 percentage points"),
        (phrases.points(None, EN), "–"),
        (phrases.part_of(412, 1930, "hushåll", SV), "412 av 1 930 hushåll (21,3 procent)"),
        (phrases.part_of(0, 0, "hushåll", SV), "0 av 0 hushåll"),
        (phrases.part_of(NAN, 5, "hushåll", SV), "–"),
        (phrases.money(22_500, SV), "22 500 kronor"),
        (phrases.money(340_499, SV), "340 000 kronor"),
        (phrases.money(63_249_000, SV, year=2026), "drygt 63 miljoner kronor (2026 års priser)"),
        (phrases.money(62_994_637, SV), "knappt 63 miljoner kronor"),
        (phrases.money(1_000_000, SV), "en miljon kronor"),
        (phrases.money(3_100_000, SV), "3,1 miljoner kronor"),
        (phrases.money(200_400_000, EN, year=2026), "just over SEK 200 million (2026 prices)"),
        (phrases.money(NAN, EN), "–"),
        (phrases.money_range(38e6, 52e6, SV, year=2026), "38–52 miljoner kronor (2026 års priser)"),
        (phrases.money_range(39_552_652, 105_053_135, EN), "SEK 39–106 million"),
        (phrases.money_range(240_300, 780_000, SV), "200 000–800 000 kronor"),
        (phrases.money_range(5e6, 5e6, SV), "5 miljoner kronor"),
        (phrases.money_range(NAN, 5e6, SV), "–"),
        (phrases.day(date(2026, 11, 21), SV), "21 november 2026"),
        (phrases.day(date(2026, 5, 1), EN), "1 May 2026"),
        (phrases.letters(1, SV), "en"),
        (phrases.letters(1, SV, neuter=True), "ett"),
        (phrases.letters(12, SV), "tolv"),
        (phrases.letters(13, SV), "13"),
        (phrases.letters(0, EN), "0"),
        (phrases.open_sentence("7 byar saknar fiber.", SV), "Sju byar saknar fiber."),
        (phrases.open_sentence("1 930 hushåll.", SV), "Totalt 1 930 hushåll."),
        (phrases.open_sentence("1,930 households.", EN), "In all, 1,930 households."),
        (phrases.open_sentence("Byar: 7.", SV), "Byar: 7."),
        (phrases.open_sentence("", SV), ""),
    ],
)
def test_numbers_are_said_as_authorities_write_them(said, expected):
    assert plain(said) == expected


@pytest.mark.parametrize(
    "said", [phrases.money(63e6, SV), phrases.percent(0.5, SV), phrases.part_of(1234, 5678, "hushåll", SV)]
)
def test_no_number_is_parted_from_its_unit_at_the_end_of_a_line(said):
    broken = said.split(" ")
    assert not any(one[-1:].isdigit() and two[:1].isdigit() for one, two in pairwise(broken))
    assert not broken[-1].startswith(("procent", "miljoner"))


@given(text=st.text(), number=st.integers(0, 10**9), language=st.sampled_from(LANGUAGES))
def test_no_sentence_begins_with_digits(text, number, language):
    for sentence in (
        text,
        f"{number} {text}",
        f"  {number}{text}",
        f"{load(language).number(number)} {text}",
    ):
        assert not phrases.open_sentence(sentence, load(language)).lstrip()[:1].isdigit()


@given(text=st.text(alphabet=st.characters(exclude_categories=["Nd", "No", "Nl"])))
def test_a_sentence_that_begins_with_words_stays_as_it_is(text):
    assert phrases.open_sentence(text, SV) == text


@given(
    sek=st.floats(-1e13, 1e13) | st.sampled_from([NAN, float("inf"), float("-inf")]),
    language=st.sampled_from(LANGUAGES),
)
def test_money_never_looks_like_a_program_wrote_it(sek, language):
    said = phrases.money(sek, load(language))
    assert not {"nan", "inf", "e+"} & set(said.split())
    assert "MSEK" not in said
    assert "mkr" not in said


@given(days=st.integers(0, 40_000))
def test_a_day_tells_its_whole_year(days):
    told = date(1990, 1, 1) + timedelta(days)
    assert phrases.day(told, SV).endswith(f" {told.year}")
    assert phrases.day(told, EN).startswith(f"{told.day} ")
