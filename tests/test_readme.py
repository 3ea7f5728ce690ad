"""What the README shows is what happens."""

import re
import shutil
from pathlib import Path

import pytest

from infraplan import cli, words
from infraplan.demo import write
from infraplan.outputs import summary
from infraplan.outputs import write as write_module

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("readme") / "my-files", language="en").parent


@pytest.mark.slow
def test_the_commands_run_as_written(folder, undrawn_maps, tmp_path, monkeypatch, capsys):
    """Every ``infraplan`` line of the README, in order, on files named as there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-files").mkdir()
    for path in folder.glob("*.fgb"):
        shutil.copy(path, tmp_path / "my-files")
    lines = re.findall(r"^\.venv/bin/(infraplan .*?)(?:\s+#.*)?$", README, flags=re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        monkeypatch.setattr("sys.argv", [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', line)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code, capsys.readouterr().err
    assert (tmp_path / "my-files/result/map.html").is_file()


@pytest.mark.slow
def test_the_python_example_runs_and_the_demos_last_lines_are_those_shown(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(write_module, "write_pack", lambda *_: None)  # the commands write it
    shutil.copytree(folder, tmp_path / "my-files")
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names = {}
    exec(compile(example, "README.md", "exec"), names)  # noqa: S102  (our own text)
    assert (tmp_path / "my-files/result/manifest.json").is_file()
    said = summary.plan(names["results"], words.load("en")).splitlines()
    shown = re.search(r"```text\n(.*?)```", README, flags=re.DOTALL)[1].splitlines()
    assert [line for line in shown if line not in said] == []


def test_every_link_leads_somewhere():
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            assert target.startswith("http") or (page.parent / target).exists(), f"{page.name}: {target}"
