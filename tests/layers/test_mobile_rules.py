from pathlib import Path

import numpy as np
import pytest

from infraplan.bundled import bundled
from infraplan.errors import StudyError
from infraplan.layers.mobile_rules import read_mobile_rules

TEXT = bundled("rules", "mobile-2026.toml").read_text("utf-8")


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_bundled_rules_say_what_was_found_and_what_was_not():
    rules = read_mobile_rules("2026")
    assert [level.id for level in rules.levels if level.guess] == ["data_100"]
    assert all(technology.guess for technology in rules.technologies.values())
    assert rules.uses.guess
    assert rules.emergency.guess
    assert not rules.declared.guess
    stated = [
        rules.declared,
        rules.undeclared,
        rules.emergency,
        rules.uses,
        *rules.levels,
        *rules.technologies.values(),
    ]
    assert all("http" in rule.source for rule in stated if not rule.guess)
    assert all(rule.say("sv") != rule.say("en") for rule in stated)


def test_rules_are_read_by_path_and_relative_to_the_study(tmp_path: Path):
    path = write(tmp_path, TEXT.replace("down_mbps = 100", "down_mbps = 50"))
    assert read_mobile_rules(path).speeds.tolist() == [0, 0, 10, 30, 50]
    assert read_mobile_rules("own.toml", relative_to=tmp_path) == read_mobile_rules(str(path))


@pytest.mark.parametrize("name", ["2025", "mobile-2026", "../rules/mobile-2026.toml", ""])
def test_unknown_rules_list_those_that_there_are(name: str, tmp_path: Path):
    with pytest.raises(StudyError, match=r"one of: 2026\.$"):
        read_mobile_rules(name, relative_to=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("down_mbps = 30", "down_mbps = 5", ["do not grow"]),
        ("down_mbps = 30", "down_mbps = 10", ["do not grow"]),
        ("down_mbps = 0", "down_mbps = 1", ["do not grow"]),
        ('id = "data_30"', 'id = "data_10"', ["do not grow"]),
        ("down_mbps = 30", "down_mbps = -30", ["≥ 0"]),
        ('level = "call"', 'level = "speech"', ["'speech'", "call, data_10"]),
        ("data_10 = -83", "data_11 = -83", ["'data_11'"]),
        ("data_10 = -83", "data_10 = -120", ["3g", "strong"]),
        ("call = -87", "call = 87", ["dbm.call", "< 0"]),
        ('car = ["roof"]', 'car = ["rof"]', ["Write 'roof'"]),
        ('car = ["roof"]', 'bike = ["roof"]', ["bike"]),
        ("[emergency]", "[emergencies]", ["Write 'emergency'"]),
        ("year = 2022", 'year = "then"', ["whole number"]),
        ("name =", "= 1", ["TOML"]),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, old: str, new: str, parts: list[str]):
    assert old in TEXT
    with pytest.raises(StudyError) as caught:
        read_mobile_rules(write(tmp_path, TEXT.replace(old, new, 1)))
    for language in ("en", "sv"):
        assert "\n" not in caught.value.say(language)
    for part in parts:
        assert part in str(caught.value)


def test_a_class_implies_those_before_it_and_nothing_is_nothing():
    rules = read_mobile_rules("2026")
    speeds = np.array([np.nan, -1, 0, 1e-9, 9.99, 10, 29.9, 30, 99, 100, 1e6])
    assert rules.rank_speed(speeds).tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    signal = np.array([np.nan, -300, -200, -116.1, -116, -110, -102, -96, -1, 0, 255])
    assert rules.rank_signal(signal, "4g").tolist() == [0, 0, 0, 0, 1, 2, 3, 4, 4, 0, 0]
    assert rules.rank_signal(np.array([-200.0, -106, -83, -1]), "3g").tolist() == [0, 1, 2, 2]
    assert rules.rank_signal(np.array([-90.0]), "6g").tolist() == [0]


def test_technologies_by_their_other_names():
    rules = read_mobile_rules("2026")
    named = [rules.name_technology(text) for text in ("4G", "lte", "NR", " Gsm", "6G", "")]
    assert named == ["4g", "4g", "5g", "2g", "6g", ""]


def test_a_class_left_out_is_never_told_from_the_signal(tmp_path: Path):
    text = TEXT.replace("dbm = { call = -87 }", "dbm = { data_30 = -87 }")
    rules = read_mobile_rules(write(tmp_path, text))
    assert rules.rank_signal(np.array([-88.0, -87]), "2g").tolist() == [0, 3]


def test_uses_imply_each_other_along_a_chain(tmp_path: Path):
    text = TEXT.replace('{ hand = ["car", "roof"], car = ["roof"] }', '{ hand = ["car"], car = ["roof"] }')
    rules = read_mobile_rules(write(tmp_path, text))
    assert set(rules.find_stand_ins("roof")) == {"roof", "car", "hand"}
    assert set(rules.find_stand_ins("hand")) == {"hand"}
    text = TEXT.replace('{ hand = ["car", "roof"], car = ["roof"] }', '{ hand = ["car"], car = ["hand"] }')
    rules = read_mobile_rules(write(tmp_path, text))
    assert set(rules.find_stand_ins("hand")) == {"hand", "car"}
