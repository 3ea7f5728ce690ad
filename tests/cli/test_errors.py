"""Every mistake of a user ends in one line that names the file, the key and the remedy: exit code 1,
nothing half written."""

import logging
import os
import re
import shutil

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def study(demo, tmp_path):
    """Return a copy of the demo study without results, and a function that edits its study file."""
    folder = tmp_path / "study"
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("result", ".*"))

    def edit(pattern: str, replacement: str) -> None:
        file = folder / "study.toml"
        text, count = re.subn(
            pattern, replacement, file.read_text("utf-8"), count=1, flags=re.MULTILINE | re.DOTALL
        )
        assert count == 1, f"the study has no {pattern}"
        file.write_text(text, "utf-8")

    return folder, edit


def fails(answer, *said: str) -> None:
    assert answer.code == 1, answer.out + answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err
    assert len(answer.err.strip().splitlines()) == 1, answer.err
    for word in said:
        assert word in answer.err, answer.err


@pytest.mark.parametrize(
    ("command", "option", "word"),
    [
        ("export", "--level", "Public"),
        ("export", "--format", "shape"),
        ("map", "--level", "secret"),
        ("map", "--language", "no"),
        ("report", "--language", "no"),
    ],
)
def test_a_word_that_an_option_does_not_know_is_told_before_anything_is_read(
    infraplan, tmp_path, command, option, word
):
    answer = infraplan(command, tmp_path, option, word)
    assert answer.code == 2
    assert option in answer.err
    assert word in answer.err
    assert not list(tmp_path.iterdir())


def test_what_is_not_written_is_told(infraplan, demo, tmp_path, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    answer = infraplan("export", demo / "result", "--format", "ofds", "--no-pack", "-o", tmp_path / "å b")
    assert answer.code == 0, answer.err
    assert "Inget nät skrevs" in answer.err or "No network was written" in answer.err
    assert {path.name for path in (tmp_path / "å b").iterdir()} == {
        "catalog_public.jsonld",
        "export_public.json",
    }


def drop_layer(name: str) -> tuple[str, str]:
    return rf"^\[layers\.{name}\]\n.*?(?=^\[)", ""


def test_no_such_study(infraplan, tmp_path):
    fails(infraplan("run", tmp_path / "no.toml"), "no.toml", "infraplan init")


def test_a_missing_file(infraplan, study):
    folder, _ = study
    for path in folder.glob("roads.*"):
        path.unlink()
    fails(infraplan("run", folder), "study.toml", "roads")
    assert not (folder / "result").exists()


@pytest.mark.parametrize(
    ("pattern", "replacement", "said"),
    [
        (r"^share = [\d.]+", "share = 95", ("share", "0.95")),
        (r"^crs = .*?$", 'crs = "EPSG:999999"', ("crs", "EPSG:999999")),
        (r"^crs = .*?$", 'crs = "EPSG:4326"', ("crs", "4326")),
        (r"^year = \d+", "yaer = 2026", ("yaer", "year")),
        (r"^\[layers\.roads\]", "[layers.rods]", ("rods", "roads")),
        (r"^\[layers\.roads\]$", '[layers.roads]\ncolumns = { name = "GATA" }', ("GATA", "name")),
        (r"^municipalities = .*?$", 'municipalities = ["9999"]', ("9999", "2513")),
        (r"^\[study\]$", "[study", ("study.toml",)),
        (*drop_layer("roads"), ("roads",)),
        (r"^\[plan\]$", '[costs]\nbook = "no-such-book"\n[plan]', ("no-such-book", "norrland-2026")),
    ],
)
def test_a_mistake_in_the_study_file(infraplan, study, pattern, replacement, said):
    folder, edit = study
    edit(pattern, replacement)
    fails(infraplan("run", folder), *said)
    assert not (folder / "result" / "manifest.json").exists()


def test_no_fibre_at_all(infraplan, study):
    folder, edit = study
    for name in ("fibre_lines", "fibre_nodes", "connected"):
        edit(*drop_layer(name))
    fails(infraplan("run", folder), "fibre")


@pytest.mark.skipif(os.name != "posix", reason="folders are locked in another way elsewhere")
@pytest.mark.parametrize("command", ["run", "coverage"])
def test_an_unwritable_folder_is_told_before_anything_is_read(infraplan, study, monkeypatch, command):
    folder, _ = study
    (folder / "taken").write_text("a file, no folder")
    monkeypatch.setattr("infraplan.pipeline.read_layers", lambda _study: pytest.fail("layers are read"))
    fails(infraplan(command, folder, "-o", folder / "taken"), "taken")


def test_an_error_speaks_swedish_where_the_terminal_does(infraplan, study, monkeypatch):
    monkeypatch.setenv("INFRAPLAN_LANGUAGE", "sv")
    folder, edit = study
    edit(r"^\[study\]$", "[study")
    fails(infraplan("run", folder), "inte TOML")


def test_check_says_why_each_layer_is_out_where_none_is_left(infraplan, tmp_path):
    (tmp_path / "p.csv").write_text("lon,lat\n1.52,42.51\n")
    text = '[study]\nname = "a"\nyear = 2026\nlanguage = "en"\n[layers.premises]\npath = "p.csv"\n'
    (tmp_path / "study.toml").write_text(text)
    answer = infraplan("check", tmp_path)
    assert answer.code == 1
    assert "elsewhere" in answer.out
    assert "longitude 1.52, latitude 42.51" in (tmp_path / "check" / "faults.csv").read_text("utf-8")
