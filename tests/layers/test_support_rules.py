from pathlib import Path

import pytest

from infraplan.bundled import bundled
from infraplan.errors import StudyError
from infraplan.layers.sourced import Rule
from infraplan.layers.support_rules import read_support_rules

TEXT = bundled("rules", "support-pts-2023.toml").read_text("utf-8")


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_bundled_rules_say_what_was_found_and_what_was_not():
    rules = read_support_rules("pts-2023")
    parts = {name: part for name, part in rules if isinstance(part, Rule)}
    assert rules.name == "pts-2023"
    assert {name for name, part in parts.items() if part.guess} == {
        "pays_for",
        "apportioned",
        "share",
        "ceiling",
    }
    assert rules.fee.most_sek is None
    assert rules.ceiling.most_sek is None
    assert all("http" in part.source for part in parts.values() if not part.guess)
    assert all(part.say("sv") != part.say("en") for part in parts.values())


def test_rules_are_read_by_path_and_relative_to_the_study(tmp_path: Path):
    path = write(tmp_path, TEXT.replace("most = 0.7", "most = 0.5"))
    assert read_support_rules(path).share.most == 0.5
    assert read_support_rules("own.toml", relative_to=tmp_path) == read_support_rules(str(path))


@pytest.mark.parametrize("name", ["pts-2022", "support-pts-2023", "../rules/support-pts-2023.toml", ""])
def test_unknown_rules_list_those_that_there_are(name: str, tmp_path: Path):
    with pytest.raises(StudyError, match=r"one of: pts-2023\.$"):
        read_support_rules(name, relative_to=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("taken_sek = 10000", "taken_sek = 9000", ["[fee]", "9000", "from least_sek to most_sek"]),
        ("taken_sek = 10000", "taken_sek = 10000\nmost_sek = 5000", ["[fee]", "10000"]),
        ("most = 0.7", "most = 70", ["share", "0.7"]),
        ('counts = ["yes"]', 'counts = ["ye"]', ["counts", "Write 'yes'"]),
        ('counts = ["yes"]', "counts = []", ["counts is missing or empty"]),
        ('"cabinet", ', '"router", ', ["router", "cabinet"]),
        ("[ceiling]", "[cieling]", ["Write 'ceiling'"]),
        ("rebate = 0.02", "rebate = 0", ["rebate", "> 0"]),
        ('source = "not found"', 'source = ""', ["source is missing or empty"]),
        ("name =", "= 1", ["TOML"]),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, old: str, new: str, parts: list[str]):
    assert old in TEXT
    with pytest.raises(StudyError) as caught:
        read_support_rules(write(tmp_path, TEXT.replace(old, new, 1)))
    for language in ("en", "sv"):
        assert "\n" not in caught.value.say(language)
    for part in parts:
        assert part in str(caught.value)
