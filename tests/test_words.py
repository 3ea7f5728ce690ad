import ast
import re
import string
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infraplan.bundled import bundled
from infraplan.words import LANGUAGES, Words, load, round_half

SOURCE = Path(__file__).parents[1] / "src" / "infraplan"
DATA = bundled()


def names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_keys():
    assert load("sv").entries.keys() == load("en").entries.keys()


@pytest.mark.parametrize("key", sorted(load("en").entries))
def test_both_languages_name_the_same_values(key):
    swedish, english = load("sv").entries[key], load("en").entries[key]
    assert names(swedish) == names(english)
    assert swedish.strip()
    assert "\n" not in english


def test_every_error_key_that_the_code_raises_has_a_sentence():
    raised = set()
    for path in SOURCE.rglob("*.py"):
        raised |= set(re.findall(r"\b\w*Error\(\s*\"([a-z0-9_]+)\"", path.read_text("utf-8")))
    assert len(raised) > 5
    assert {f"errors.{key}" for key in raised} <= load("en").entries.keys()


def test_every_sentence_is_said_somewhere():
    constants, patterns = set(), []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants |= {node.value, node.value.replace("+", "_and_")}
            elif isinstance(node, ast.JoinedStr):
                patterns.append(re.compile("".join(literal_or_any(part) for part in node.values)))
    pages = [path for ending in ("js", "html") for path in SOURCE.rglob(f"*.{ending}")]
    constants |= {text for path in pages for text in re.findall(r'"([\w.]+)"', path.read_text("utf-8"))}
    others = (*pages, *(path for path in DATA.rglob("*.toml") if "words" not in path.parts))
    spoken = {word for path in others for word in re.findall(r"\w+", path.read_text("utf-8"))}
    spoken |= {word for text in constants for word in re.findall(r"\w+", text)}

    def is_said(key: str) -> bool:
        """Whether the code has the key, or a pattern that it fits with what the code or its data name."""
        if key in constants:
            return True
        fits = [found.groups() for pattern in patterns if (found := pattern.fullmatch(key))]
        return any(set(re.findall(r"\w+", " ".join(names))) <= spoken for names in fits)

    assert not [key for key in load("en").entries if not any(map(is_said, ways_to_ask(key)))]


def literal_or_any(part: ast.expr) -> str:
    return re.escape(part.value) if isinstance(part, ast.Constant) else "(.+)"


def ways_to_ask(key: str) -> Iterator[str]:
    """Name a key as the code may: errors and faults by their rule, the map's script without ``map``."""
    area, _, rest = key.partition(".")
    yield key
    if area in ("errors", "faults", "map", "mappoints", "maptools", "mapshare"):
        yield rest.removesuffix(".message").removesuffix(".remedy")


def test_numbers_are_written_as_each_language_does():
    assert load("sv").number(1234567.891, 1) == "1\u00a0234\u00a0567,9"
    assert load("en").number(1234567.891, 1) == "1,234,567.9"
    assert load("sv").share(0.2134) == "21,3\u00a0%"
    assert load("sv").number(-1234) == "\u22121\u00a0234"
    assert load("en").number(-1234) == "-1,234"
    assert load("en").share(0.2134) == "21.3%"


def test_a_sentence_puts_values_in_as_they_are():
    words = Words("en", {"a.b": "{name}: {count}"})
    assert words.text("a.b", name="{7*7} <b>", count=12345) == "{7*7} <b>: 12,345"


def test_a_sentence_chooses_between_one_and_many():
    words = Words("en", {"a.b": "{count:# row is|# rows are} left of {all}, and {all:it goes|they go}."})
    assert words.text("a.b", count=1, all=2) == "1 row is left of 2, and they go."
    assert words.text("a.b", count=1_001, all="1") == "1,001 rows are left of 1, and it goes."


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_and_many_are_two_ways(language):
    ways = [
        spec
        for sentence in load(language).entries.values()
        for _, name, spec, _ in string.Formatter().parse(sentence)
        if name and spec
    ]
    assert len(ways) > 10
    assert all(spec.count("|") == 1 for spec in ways)


def test_an_unknown_key_is_our_mistake():
    with pytest.raises(KeyError):
        load("en").text("no.such.key")


def test_all_languages_load():
    assert set(LANGUAGES) == {"sv", "en"}
    assert all(load(language).language == language for language in LANGUAGES)


@given(
    value=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15),
    decimals=st.integers(-3, 6),
    power=st.integers(-6, 2),
)
@example(value=0.0625, decimals=1, power=2)
@example(value=1.005, decimals=2, power=0)
@example(value=-0.04, decimals=1, power=0)
def test_halves_of_the_number_as_it_is_written_go_away_from_nought(value, decimals, power):
    exact = Context(prec=700, rounding=ROUND_HALF_UP)
    written = Decimal(repr(value)).scaleb(power, exact)
    rounded = round_half(value, decimals, power=power)
    assert rounded == written.quantize(Decimal(1).scaleb(-decimals), context=exact)
    assert rounded or not rounded.is_signed()


@pytest.mark.parametrize(
    ("value", "decimals", "said"),
    [
        (0.5, 0, "1"),
        (2.5, 0, "3"),
        (-0.5, 0, "-1"),
        (-0.04, 1, "0.0"),
        (1234.5, 0, "1,235"),
    ],
)
def test_numbers_are_written_as_they_are_rounded(value, decimals, said):
    assert load("en").number(value, decimals) == said


def test_shares_are_rounded_as_shares_and_not_as_their_hundredfold():
    assert load("en").share(0.285, 0) == "29%"
    assert load("en").share(0.0625) == "6.3%"
