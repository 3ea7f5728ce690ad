from pathlib import Path

import pytest

from infraplan.bundled import bundled
from infraplan.errors import StudyError
from infraplan.layers.catalog import TECHNOLOGIES
from infraplan.layers.sourced import Rule
from infraplan.layers.technology_rules import read_technology_rules

TEXT = bundled("rules", "technologies-2026.toml").read_text("utf-8")


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_bundled_rules_are_of_the_catalogues_technologies_and_say_where_they_are_from():
    rules = read_technology_rules("2026")
    parts = {name: part for name, part in rules if isinstance(part, Rule)}
    assert tuple(parts) == TECHNOLOGIES
    assert {name for name, part in parts.items() if part.guess} == {"unknown"}
    assert all("http" in part.source for part in parts.values() if not part.guess)
    assert all(part.say("sv") != part.say("en") for part in parts.values())


def test_what_the_bundled_rules_say():
    rules = read_technology_rules("2026")
    assert rules.wired == {"fibre", "cable", "vdsl", "adsl"}
    assert rules.reliable == {"fibre", "cable", "fwa"}
    assert rules.within_m == {"vdsl": 500.0}
    assert rules.most_mbps == {"adsl": 24.0}


def test_rules_are_read_by_path_and_relative_to_the_study(tmp_path: Path):
    path = write(tmp_path, TEXT.replace("within_m = 500", "within_m = 800"))
    assert read_technology_rules(path).within_m == {"vdsl": 800.0}
    assert read_technology_rules("own.toml", relative_to=tmp_path) == read_technology_rules(str(path))
    without = write(tmp_path, TEXT.replace("within_m = 500\n", ""))
    assert "vdsl" in read_technology_rules(without).reliable


@pytest.mark.parametrize("name", ["2025", "technologies-2026", "../rules/technologies-2026.toml", ""])
def test_unknown_rules_list_those_that_there_are(name: str, tmp_path: Path):
    with pytest.raises(StudyError, match=r"one of: 2026\.$"):
        read_technology_rules(name, relative_to=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("[fibre]", "[fiber]", ["'fiber'", "Write 'fibre'"]),
        ("[satellite]", "[starlink]", ["'starlink'", "satellite"]),
        ("within_m = 500", "within_m = 0", ["[vdsl] within_m", "> 0"]),
        ("within_m = 500", 'within_m = "near"', ["[vdsl] within_m", "near"]),
        ("within_m = 500", "within = 500", ["within", "Write 'within_m'"]),
        ("most_mbps = 24", "most_mbps = 24\nwithin_m = 100", ["[adsl]", "within_m", "reliable = true"]),
        ("most_mbps = 24", "most_mbps = -1", ["most_mbps", "> 0"]),
        ("wired = true\n", "", ["[fibre] wired is missing"]),
        ("reliable = true", 'reliable = "mostly"', ["[fibre] reliable", "mostly"]),
        ("name =", "= 1", ["TOML"]),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, old: str, new: str, parts: list[str]):
    assert old in TEXT
    with pytest.raises(StudyError) as caught:
        read_technology_rules(write(tmp_path, TEXT.replace(old, new, 1)))
    for language in ("en", "sv"):
        assert "\n" not in caught.value.say(language)
    for part in parts:
        assert part in str(caught.value)


def test_a_technology_may_not_be_left_out(tmp_path: Path):
    head, _, _ = TEXT.partition("[unknown]")
    with pytest.raises(StudyError, match=r"\[unknown\] is missing"):
        read_technology_rules(write(tmp_path, head))
