"""Files of rules are looked at before a study is run, with all else that can be wrong."""

import pytest

from infraplan.bundled import bundled
from infraplan.config import Study
from infraplan.layers.faults import describe
from infraplan.pipeline import check
from infraplan.words import load


def look(tmp_path, **sections):
    about = {"name": "T", "year": 2026, "language": "sv"}
    study = Study.model_validate({"study": about, "file": tmp_path / "study.toml"} | sections)
    found = describe(check(study)[1], load("sv"))
    return found[found["layer"] == "rules"]


def test_the_bundled_rules_are_sound(tmp_path):
    assert look(tmp_path).empty


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"coverage": {"technologies": "nix.toml"}}, "technologies"),
        ({"coverage": {"state_aid": "nix"}}, "eu-2023"),
        ({"coverage": {"official": "nix"}}, "sweden"),
        ({"mobile": {"rules": "nix"}}, "2026"),
        ({"areas": {"rules": "nix"}}, "areas-2026"),
        ({"costs": {"book": "nix"}}, "norrland-2026"),
        ({"support": {"rules": "nix"}}, "pts-2023"),
    ],
)
def test_rules_that_are_not_there_are_found(tmp_path, sections, said):
    found = look(tmp_path, **sections)
    assert found["severity"].tolist() == ["error"]
    assert said in " ".join([*found["message"], *found["remedy"]])


def test_misspelt_keys_of_several_files_are_found_at_once(tmp_path):
    for name, key in (("technologies-2026", "reliable ="), ("state-aid-eu-2023", "black_from =")):
        text = bundled("rules", f"{name}.toml").read_text("utf-8")
        (tmp_path / f"{name}.toml").write_text(text.replace(key, f"x{key}", 1), "utf-8")
    own = {"technologies": "technologies-2026.toml", "state_aid": "state-aid-eu-2023.toml"}
    found = look(tmp_path, coverage=own)
    assert ["xreliable" in said for said in found["message"]] == [True, False]
    assert ["xblack_from" in said for said in found["message"]] == [False, True]
