"""Rules for areas: the bundled ones are whole, and mistakes in one's own are told in one line."""

from pathlib import Path

import pytest

from infraplan.errors import StudyError
from infraplan.layers.area_rules import read_area_rules
from infraplan.layers.presets import load_presets

OWN = """
name = "own"
year = 2026
[kinds.meadow]
hard = false
factor = 1.25
permit_sv = "Samråd"
permit_en = "Consultation"
authority = "kommunen"
lead_time_weeks = 8
source = "county board, letter of 2026-03-01"
year = 2026
guess = false
[kinds.other]
hard = true
permit_sv = "Fråga"
permit_en = "Ask"
source = "ours"
year = 2026
"""
KINDS = {
    "nature_reserve",
    "national_park",
    "natura_2000",
    "water_protection",
    "habitat_protection",
    "heritage",
    "possible_heritage",
    "cultural_reserve",
    "reindeer",
    "shore_protection",
    "military",
    "airport",
    "other",
}


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_bundled_rules_name_the_usual_kinds_and_call_every_factor_a_guess() -> None:
    rules = read_area_rules("areas-2026")
    assert set(rules.kinds) >= KINDS
    assert all(rule.guess and rule.source for rule in rules.kinds.values())
    assert {name for name, rule in rules.kinds.items() if rule.lead_time_weeks} == {"key_habitat", "wetland"}


def test_every_kind_that_a_preset_gives_has_a_rule() -> None:
    rules = read_area_rules("areas-2026")
    layers = {"no_go", "protected", "heritage", "reindeer"}
    presets = [preset for preset in load_presets() if preset.layer in layers]
    given = {kind for preset in presets for kind in preset.values.get("kind", {}).values()}
    assert len(given) > 10
    assert given <= set(rules.kinds)


def test_rules_of_ones_own_are_read_by_path_and_relative_to_the_study(tmp_path: Path) -> None:
    path = write(tmp_path, OWN)
    rule = read_area_rules("own.toml", relative_to=tmp_path).kinds["meadow"]
    assert (rule.hard, rule.factor, rule.lead_time_weeks, rule.guess) == (False, 1.25, 8.0, False)
    assert read_area_rules(path) == read_area_rules(str(path))
    assert read_area_rules(path).kinds["other"].lead_time_weeks is None


@pytest.mark.parametrize("name", ["areas-2025", "../presets/osm", "", "missing.toml"])
def test_unknown_rules_list_those_that_there_are(name: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="areas-2026") as caught:
        read_area_rules(name, relative_to=tmp_path)
    assert "support" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("factor = 1.25", "factor = -1", ["meadow.factor = -1", "≥ 1"]),
        ("factor = 1.25", "factor = 0.9", ["meadow.factor = 0.9", "≥ 1"]),
        ("factor = 1.25", "factor = inf", ["meadow.factor", "a number"]),
        ("factor = 1.25", 'factor = "dear"', ["meadow.factor", "a number"]),
        ("hard = false", "hard = 3", ["meadow.hard", "true or false"]),
        ('source = "county board, letter of 2026-03-01"\n', "", ["meadow.source is missing"]),
        ('source = "ours"', 'source = ""', ["other.source is missing or empty"]),
        ('permit_sv = "Samråd"\n', "", ["meadow.permit_sv is missing"]),
        ("lead_time_weeks = 8", "lead_time_weeks = 0", ["meadow.lead_time_weeks = 0", "> 0"]),
        ("lead_time_weeks", "lead_time_week", ["lead_time_week", "Write 'lead_time_weeks'"]),
        ("[kinds.other]", "[kinds.others]", ["no rule", "[kinds.other]"]),
        ("[kinds.meadow]", "[kind.meadow]", ["kind", "Write 'kinds'"]),
        ("name =", "= 1", ["line 2", "TOML"]),
    ],
)
def test_mistakes_in_rules_are_told_in_one_line(tmp_path: Path, old: str, new: str, parts: list[str]) -> None:
    path = write(tmp_path, OWN.replace(old, new, 1))
    with pytest.raises(StudyError) as caught:
        read_area_rules(path)
    for language in ("en", "sv"):
        assert "\n" not in caught.value.say(language)
    for part in [str(path), *parts]:
        assert part in str(caught.value)
