"""What the pages say of study files, functions, rules and printed lines is what is there."""

import importlib
import inspect
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

from infraplan import cli
from infraplan.config import Study
from infraplan.coverconfig import Siting
from infraplan.demo import write
from infraplan.layers.catalog import CATALOG
from infraplan.layers.official_targets import read_official_targets
from infraplan.outputs.write import PROTECTED
from infraplan.tables import BY_PREMISES, FIGURES

DOCS = Path(__file__).parents[1] / "docs"
DESIGN = (DOCS / "design.md").read_text("utf-8")
METHOD = (DOCS / "method.md").read_text("utf-8")
README = (DOCS.parent / "README.md").read_text("utf-8")
INFO = {"name": "Page", "year": 2026}
STAGES = [
    *("layers", "spatial", "demand", "network", "coverage", "routing", "services", "planning"),
    *("figures", "outputs"),
]


def read_blocks(page: str) -> list[dict[str, object]]:
    return [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)]


@pytest.mark.parametrize("page", [DESIGN, README], ids=["design", "README"])
def test_every_study_that_a_page_shows_can_be_read(page):
    blocks = read_blocks(page)
    assert blocks
    for block in blocks:
        Study.model_validate({"study": INFO} | block)


def test_the_defaults_that_the_design_shows_are_those_of_a_study():
    shown = next(block for block in read_blocks(DESIGN) if "coverage" in block)
    usual = Study.model_validate({"study": INFO})
    assert Study.model_validate({"study": INFO} | shown) == usual
    for section, keys in shown.items():
        assert set(keys) == set(type(getattr(usual, section)).model_fields), section


def test_the_questions_of_siting_that_the_design_shows_have_the_defaults_it_names():
    usual = Siting(name="any")
    assert (usual.method, usual.places, usual.candidates) == ("p_median", 1, "localities")
    assert (usual.reach_km, usual.candidate_kinds, usual.weight) == (10.0, (), "households")


def find_functions() -> dict[str, list[list[str]]]:
    """Return the parameters of the public functions of the stages, by name; a few stages share one."""
    found: dict[str, list[list[str]]] = {}
    for stage in STAGES:
        package = importlib.import_module(f"infraplan.{stage}")
        parts = [package]
        if hasattr(package, "__path__"):
            parts += [
                importlib.import_module(part.name)
                for part in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
                if "kernels" not in part.name and not part.name.endswith(("__main__", "compiled", "swift"))
            ]
        for part in parts:
            for name, function in inspect.getmembers(part, inspect.isfunction):
                if not name.startswith("_"):
                    found.setdefault(name, []).append(list(inspect.signature(function).parameters))
    return found


def test_functions_have_the_parameters_that_the_design_shows():
    known = find_functions()
    section = DESIGN[DESIGN.index("## What crosses the stages") : DESIGN.index("## Input layers")]
    for name, inside in re.findall(r"`(\w+)\(([^()`…]+(?:\(\)[^()`…]*)?)\)[^`]*`", section):
        parameters = [part.split("=")[0].strip() for part in inside.split(",") if part.strip() != "*"]
        assert parameters in known.get(name, []), name


def test_the_design_names_every_file_of_figures():
    files = {f"`{name}.csv`" for name in FIGURES if name not in BY_PREMISES} | {f"`{PROTECTED}`"}
    assert {file for file in files if file not in DESIGN} == set()


def test_the_design_names_every_layer():
    assert [name for name in CATALOG if f"`{name}`" not in DESIGN] == []


def test_the_method_tells_each_official_target_as_it_is_counted():
    official = read_official_targets("sweden")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", METHOD, flags=re.MULTILINE))
    assert list(rows) == [target.id for target in official.in_order]
    for target in official.in_order:
        assert f"{100 * target.share:g} %" in rows[target.id]
        assert rows[target.id].endswith("our reading" if target.guess else "said")


@pytest.mark.slow
def test_the_lines_of_coverage_that_the_readme_shows_are_printed(tmp_path, monkeypatch, capsys):
    study = write(tmp_path / "my-files", language="en").parent
    section = README[README.index("## Coverage that can be signed") : README.index("## From Python")]
    shown = re.search(r"```text\n(.*?)```", section, flags=re.DOTALL)[1].splitlines()
    monkeypatch.setattr("sys.argv", ["infraplan", "coverage", str(study), "--quiet"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    printed = capsys.readouterr().out.splitlines()
    assert not end.value.code
    assert [line for line in shown if line not in printed] == []
