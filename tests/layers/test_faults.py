from typing import get_args

import pytest

from infraplan.layers.faults import describe, faults
from infraplan.words import Language, load


@pytest.mark.parametrize("language", get_args(Language))
def test_every_error_says_what_is_wrong_and_then_what_to_do(language: Language) -> None:
    entries = load(language).entries
    said = {key: text for key, text in entries.items() if key.startswith("errors.")}
    assert said
    assert {key: text for key, text in said.items() if text.count(". ") != 1} == {}


def test_an_error_about_a_layer_is_parted_into_problem_and_remedy() -> None:
    table = faults("empty_file", "roads", severity="error", values={"file": "a. b/r.gpkg"})
    [row] = describe(table, load("en")).itertuples()
    assert row.message == "a. b/r.gpkg: the file is empty."
    assert row.remedy == "Fetch it again, or take the layer out of the study."
