import inspect
import re

import pytest

from infraplan import errors, words

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.InfraplanError)]


def test_the_docstring_draws_the_tree_as_it_is():
    drawn = set(re.findall(r"\b(\w*Error)\b(?= \(| {2,}|\n)", inspect.getdoc(errors)))
    assert {c.__name__ for c in CLASSES} <= drawn


@pytest.mark.parametrize("error", [c for c in CLASSES if c is not errors.InfraplanError])
def test_each_is_also_what_a_caller_would_catch(error):
    assert issubclass(error, ValueError | OSError)


def test_an_error_speaks_both_languages():
    error = errors.StudyError("missing_study", file="a.toml")
    assert "no such study file" in str(error)
    assert "ingen sådan studiefil" in error.say("sv")
    assert error.values == {"file": "a.toml"}


def test_every_error_names_a_remedy_in_one_line():
    for key, sentence in words.load("en").entries.items():
        if key.startswith("errors."):
            assert "\n" not in sentence
            assert len(sentence) > 30
