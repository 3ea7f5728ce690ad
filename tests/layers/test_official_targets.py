"""Official targets as a rule file: what the bundled one says, and every mistake of one's own."""

from pathlib import Path

import pytest

from infraplan.bundled import bundled
from infraplan.errors import StudyError
from infraplan.layers.mobile_rules import read_mobile_rules
from infraplan.layers.official_targets import read_official_targets

TEXT = bundled("rules", "targets-sweden.toml").read_text("utf-8")


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, "utf-8")
    return path


def test_each_target_of_fixed_networks_is_the_combination_that_its_source_counts():
    found = {
        target.id: (
            target.year, target.share, target.counts, target.unit, target.holiday_homes, target.down_mbps,
            target.technologies,
        )
        for target in read_official_targets("sweden").fixed
    }  # fmt: skip
    both = "households+workplaces"
    assert found == {
        "2020-100": (2020, 0.95, "orderable", both, False, 100, "all"),
        "2025-1000": (2025, 0.98, "passed", both, False, 1000, "all"),
        "2025-100": (2025, 0.999, "passed", both, False, 100, "all"),
        "2025-30": (2025, 1.0, "passed", both, False, 30, "all"),
        "eu-2030-gigabit": (2030, 1.0, "passed", "households", False, 1000, "all"),
        "strategy-2030-areas": (2030, 1.0, "passed", both, True, 100, "all"),
    }


def test_each_target_of_mobile_networks_names_a_class_that_the_bundled_rules_have():
    levels = read_mobile_rules("2026").level_ids
    mobile = read_official_targets("sweden", levels=levels).mobile
    assert {
        target.id: (target.measure, target.things, target.technology, target.use) for target in mobile
    } == {
        "2023-places": ("mobile_places", ("homes", "workplaces", "holiday_homes"), "", ("hand",)),
        "2023-roads": ("mobile_roads", ("roads",), "", ("hand",)),
        "2023-railways": ("mobile_railways", ("railways",), "", ("hand",)),
        "eu-2030-5g": ("mobile_places", ("homes",), "5g", ("hand",)),
        "strategy-2030-roads": ("mobile_roads", ("roads",), "", ("car", "hand")),
        "strategy-2030-railways": ("mobile_railways", ("railways",), "", ("car", "hand")),
    }
    assert all(target.guess for target in mobile)


def test_every_target_is_told_in_both_languages_with_its_reason_and_source():
    targets = read_official_targets("sweden").in_order
    assert [target.year for target in targets] == sorted(target.year for target in targets)
    for target in targets:
        assert target.say("sv") != target.say("en")
        assert target.explain("sv") != target.explain("en")
        assert "http" in target.source
        assert str(target.year) in target.say("sv")
        assert str(target.year) in target.say("en")


def test_targets_are_read_by_path_and_relative_to_the_study(tmp_path: Path):
    path = write(tmp_path, TEXT.replace("share = 0.95", "share = 0.9"))
    assert read_official_targets(path).fixed[0].share == 0.9
    assert read_official_targets("own.toml", relative_to=tmp_path) == read_official_targets(str(path))


def test_a_file_may_hold_no_targets(tmp_path: Path):
    assert read_official_targets(write(tmp_path, 'name = "none"\nyear = 2026')).in_order == ()


@pytest.mark.parametrize("name", ["norway", "targets-sweden", "../rules/targets-sweden.toml", ""])
def test_unknown_targets_list_those_that_there_are(name: str, tmp_path: Path):
    with pytest.raises(StudyError, match=r"one of: sweden\.$"):
        read_official_targets(name, relative_to=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("down_mbps = 100\n", "down_mbps = 50\n", ["[[fixed]] 1 down_mbps", "50", "30, 100, 1000"]),
        ("down_mbps = 100\n", "down_mbps = nan\n", ["[[fixed]] 1 down_mbps", "nan", "30, 100, 1000"]),
        ('counts = "orderable"', 'counts = "orderabel"', ["[[fixed]] 1 counts", "Write 'orderable'"]),
        ('counts = "orderable"', 'counts = "x"', ["[[fixed]] 1 counts", "connected, orderable, passed"]),
        ('technologies = "all"', 'technologies = "fibre"', ["[[fixed]] 1 technologies", "wired, all"]),
        ('unit = "households+workplaces"', 'unit = "premises"', ["[[fixed]] 1 unit", "workplaces"]),
        (
            'unit = "households"\nholiday_homes = false',
            'unit = "workplaces"\nholiday_homes = true',
            ["[[fixed]] 5", "holiday_homes = false"],
        ),
        ("share = 0.95", "share = 95", ["[[fixed]] 1 share", "0.95"]),
        ("share = 0.95", "share = 0", ["[[fixed]] 1 share", "> 0"]),
        ("year = 2020\n", "", ["[[fixed]] 1 year is missing"]),
        ("holiday_homes = false\n", "", ["[[fixed]] 1 holiday_homes is missing"]),
        ('id = "2025-100"', 'id = "2020-100"', ["2020-100"]),
        ('id = "2023-roads"', 'id = "2020-100"', ["2020-100"]),
        ('use = ["hand"]', 'use = ["pocket"]', ["[[mobile]] 1 use", "hand, car, roof"]),
        ('use = ["hand"]', 'use = "hand"', ["[[mobile]] 1 use", "list"]),
        ('use = ["hand"]', "use = []", ["[[mobile]] 1 use is missing"]),
        ('of = ["homes", ', 'of = ["homs", ', ["[[mobile]] 1 of", "homes"]),
        ('of = ["homes"]\n', "", ["[[mobile]] 4", "which places"]),
        (
            'measure = "mobile_roads"',
            'measure = "mobile_roads"\nof = ["homes"]',
            ["[[mobile]] 2", "'of'", "mobile_places", "mobile_roads"],
        ),
        (
            'measure = "mobile_railways"',
            'measure = "mobile_railways"\nroad_classes = ["1"]',
            ["[[mobile]] 3", "'road_classes'", "mobile_roads"],
        ),
        ('level = "data_10"', 'level = "data_11"', ["[[mobile]] 1 level", "data_11", "call, data_10"]),
        ("\n[[mobile]]", "\n[[moblie]]", ["moblie", "Write 'mobile'"]),
        ("name =", "= 1", ["TOML"]),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_one_line(tmp_path: Path, old: str, new: str, parts: list[str]):
    assert old in TEXT
    with pytest.raises(StudyError) as caught:
        read_official_targets(
            write(tmp_path, TEXT.replace(old, new, 1)), levels=("call", "data_10", "data_30")
        )
    for language in ("en", "sv"):
        assert "\n" not in caught.value.say(language)
        assert "own.toml" in caught.value.say(language)
    for part in parts:
        assert part in str(caught.value)


def test_a_class_of_coverage_is_not_checked_where_none_are_known(tmp_path: Path):
    own = write(tmp_path, TEXT.replace('level = "data_10"', 'level = "data_11"', 1))
    assert read_official_targets(own).mobile[0].level == "data_11"
