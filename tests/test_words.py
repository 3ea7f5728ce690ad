import re
import string
from pathlib import Path

import pytest

from infraplan.words import LANGUAGES, Words, load

SOURCE = Path(__file__).parents[1] / "src" / "infraplan"


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


def test_numbers_are_written_as_each_language_does():
    assert load("sv").number(1234567.891, 1) == "1\u00a0234\u00a0567,9"
    assert load("en").number(1234567.891, 1) == "1,234,567.9"
    assert load("sv").share(0.2134) == "21,3\u00a0%"
    assert load("en").share(0.2134) == "21.3%"


def test_a_sentence_puts_values_in_as_they_are():
    words = Words("en", {"a.b": "{name}: {count}"})
    assert words.text("a.b", name="{7*7} <b>", count=12345) == "{7*7} <b>: 12,345"


def test_an_unknown_key_is_our_mistake():
    with pytest.raises(KeyError):
        load("en").text("no.such.key")


def test_all_languages_load():
    assert set(LANGUAGES) == {"sv", "en"}
    assert all(load(language).language == language for language in LANGUAGES)
