"""The study folder: readable, repeatable, and never at the cost of somebody's files."""

import pytest

from infraplan.demo import write
from infraplan.errors import OutputError
from infraplan.layers import read_layers, read_study


@pytest.fixture(scope="session")
def study_file(tmp_path_factory):
    return write(tmp_path_factory.mktemp("demo") / "overkalix")


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_study_reads_without_a_fault(study_file):
    study = read_study(study_file)
    layers = read_layers(study)
    assert study.study.name == "Överkalix 2026 (modellerad demo)"
    assert layers.faults.empty
    assert (layers.counts["used"] == layers.counts["rows_in"]).all()
    assert layers.tables["premises"]["households"].sum() == 1_620


def test_every_layer_says_where_it_is_from_and_what_is_modelled(study_file):
    study = read_study(study_file)
    for name, (layer,) in study.layers.items():
        assert layer.source, name
        assert layer.licence, name
        assert layer.date, name
        assert layer.assumption, name
        assert layer.modelled == (name != "municipalities")
    assert "1 620 hushåll" in study.layers["premises"][0].assumption.replace("\u00a0", " ")
    assert "55,0" in study.layers["connected"][0].assumption
    assert "publicerat 2020" in study.layers["connected"][0].assumption
    assert study.layers["premises"][0].level == "internal"


def test_targets_are_the_national_ones_and_the_plan_aims_at_one(study_file):
    study = read_study(study_file)
    rules = [(target.down_mbps, target.share, target.counts) for target in study.targets]
    assert rules == [
        (100, 0.95, "access"),
        (1000, 0.98, "proximity"),
        (100, 0.999, "proximity"),
        (30, 1.0, "proximity"),
    ]
    assert all(target.source.startswith("https://") for target in study.targets)
    assert study.plan_target == study.targets[0]


def test_the_same_seed_gives_the_same_bytes(study_file, tmp_path):
    again = write(tmp_path / "again")
    assert files(again.parent) == files(study_file.parent)


def test_a_demo_is_written_over_and_other_files_in_it_stay(tmp_path):
    folder = tmp_path / "demo"
    write(folder)
    (folder / "result").mkdir()
    (folder / "notes.txt").write_text("mine", "utf-8")
    write(folder, municipality="2506", language="en")
    assert read_study(folder / "study.toml").study.name == "Arjeplog 2026 (modelled demo)"
    assert (folder / "notes.txt").read_text("utf-8") == "mine"
    assert (folder / "result").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_an_empty_folder_will_do(tmp_path):
    assert write(tmp_path) == tmp_path / "study.toml"


def test_a_folder_may_be_named_in_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert write("demo") == tmp_path / "demo" / "study.toml"


@pytest.mark.parametrize("name", ["thesis.docx", "study.toml"])
def test_a_folder_with_other_files_is_refused(tmp_path, name):
    (tmp_path / name).write_text("[study]\nname = 'mine'\n", "utf-8")
    with pytest.raises(OutputError, match="no demo study"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_refused(tmp_path):
    (tmp_path / "demo").write_text("", "utf-8")
    with pytest.raises(OutputError, match="is a file"):
        write(tmp_path / "demo")


def test_a_failure_leaves_the_earlier_study_as_it_was(tmp_path, monkeypatch):
    folder = tmp_path / "demo"
    write(folder)
    before = files(folder)

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("infraplan.demo.folder._write_layer", fail)
    with pytest.raises(OutputError, match="No space left on device"):
        write(folder, seed=1)
    assert files(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_folder_that_cannot_be_made_is_a_user_error(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(OutputError, match="could not be written"):
        write(tmp_path / "file" / "demo")
