from pathlib import Path

import pytest

from infraplan.bundled import bundled
from infraplan.errors import StudyError
from infraplan.layers.sourced import Rule
from infraplan.layers.state_aid_rules import read_state_aid_rules

TEXT = bundled("rules", "state-aid-eu-2023.toml").read_text("utf-8")


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_bundled_rules_are_unverified_and_say_so():
    rules = read_state_aid_rules("eu-2023")
    parts = [part for _, part in rules if isinstance(part, Rule)]
    assert len(parts) == 4
    assert all(part.guess and "2023/C 36/01" in part.source for part in parts)
    assert all(part.say("sv") != part.say("en") for part in parts)
    assert "passed_estimated" not in rules.counts.statuses
    assert rules.counts.reliable_only


def test_rules_are_read_by_path_and_relative_to_the_study(tmp_path: Path):
    path = write(tmp_path, TEXT.replace("years = 3", "years = 2"))
    assert read_state_aid_rules(path).horizon.years == 2
    assert read_state_aid_rules("own.toml", relative_to=tmp_path) == read_state_aid_rules(str(path))


@pytest.mark.parametrize("name", ["eu-2013", "state-aid-eu-2023", "../rules/state-aid-eu-2023.toml", ""])
def test_unknown_rules_list_those_that_there_are(name: str, tmp_path: Path):
    with pytest.raises(StudyError, match=r"one of: eu-2023\.$"):
        read_state_aid_rules(name, relative_to=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("down_mbps = 100", "down_mbps = 0", ["[speed] down_mbps", "> 0"]),
        ('"orderable", ', '"ordered", ', ["ordered", "Write 'orderable'"]),
        ('["connected", "orderable", "planned"]', "[]", ["statuses is missing or empty"]),
        ("years = 3", "years = 2.5", ["[horizon] years", "2.5"]),
        ("years = 3", "years = -1", ["[horizon] years"]),
        ("black_from = 2", "black_from = 1", ["[colours] black_from", "2"]),
        ("[horizon]", "[horison]", ["Write 'horizon'"]),
        ("name =", "= 1", ["TOML"]),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, old: str, new: str, parts: list[str]):
    assert old in TEXT
    with pytest.raises(StudyError) as caught:
        read_state_aid_rules(write(tmp_path, TEXT.replace(old, new, 1)))
    for language in ("en", "sv"):
        assert "\n" not in caught.value.say(language)
    for part in parts:
        assert part in str(caught.value)
