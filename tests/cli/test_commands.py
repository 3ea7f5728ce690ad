import json
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from infraplan import tables, words
from infraplan.outputs import region
from infraplan.outputs.edition import read_edition

PLAN_FILES = {
    f"{name}.csv"
    for name in (
        "projects", "phases", "bill", "cabinets", "effect", "optics", "permits", "codigging", "support",
        "risk", "alternatives", "rings", "target_plans", "curve", "technology",
    )
}  # fmt: skip
FIGURES = {f"{name}.csv" for name in tables.FIGURES if name not in tables.BY_PREMISES}
COVERED = FIGURES | {
    "white_spots.geojson",
    "white_spot_areas.geojson",
    "mobile_gaps.geojson",
    "targets.csv",
    "facts.parquet",
    "faults.csv",
    "faults.geojson",
    "manifest.json",
}
"""What is left of a run without a plan, beside its package of layers."""
PACK = {"map.html", "internal_map.html", "plan.xlsx"} | {
    f"{stem}.{ending}"
    for stem in ("report", "memo", "followup", "sheets", "internal_annex")
    for ending in ("html", "pdf")
}
FILES = COVERED | PLAN_FILES | PACK | {"routes.geojson", "plan.gpkg"}
SECTIONS = {
    "switchboard", "official", "state_aid", "compared", "mobile",
    "mobile_operators", "gaps", "measured", "public", "services",
    "closures", "siting", "indicators", "spread",
}  # fmt: skip
"""Tables that the demo has something to say in: one year makes no pace and no change."""


COMMANDS = (
    "demo", "run", "check", "coverage", "plan", "map", "report", "export", "region", "compare", "init",
)  # fmt: skip


def visible(folder) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_help_names_every_command_without_loading_geodata():
    script = (
        "import sys; sys.argv = ['infraplan', '--help']\n"
        "from infraplan.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'pandas', 'geopandas', 'shapely', 'numpy', 'pydantic', 'folium', 'babel'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for command in COMMANDS:
        assert f"  {command} " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_help_has_an_example(infraplan, command):
    answer = infraplan(command, "--help")
    assert answer.code == 0
    assert f"Example: infraplan {command}" in answer.out


@pytest.mark.slow
def test_demo_writes_a_study_runs_it_and_says_where_the_map_is(demo, demo_said):
    assert str(demo / "result/map.html") in demo_said.replace("\n", "")
    assert visible(demo / "result") == FILES
    assert "Modelled, not real" in demo_said
    assert "projects.csv" in demo_said
    assert "Cost by item" not in demo_said


@pytest.mark.slow
def test_papers_are_written_again_in_the_other_language(infraplan, demo, undrawn_maps, tmp_path):
    answer = infraplan("report", demo / "result", "--language", "sv", "-o", tmp_path)
    assert answer.code == 0, answer.err
    assert visible(tmp_path) == PACK - {"map.html", "internal_map.html", "plan.xlsx"}
    assert 'lang="sv"' in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.slow
def test_studies_become_a_region(infraplan, demo, tmp_path, monkeypatch):
    shutil.copytree(demo / "result", tmp_path / "again")
    asked = ("region", demo / "result", tmp_path / "again", "--name", "Two", "-o", tmp_path / "region")
    answer = infraplan(*asked)
    assert answer.code == 0, answer.err
    assert "1,354 buildings in two studies" in answer.out
    # Joined once, told twice.
    joined = read_edition(tmp_path / "region")
    monkeypatch.setattr(region, "write_region", lambda *_, **__: joined)
    said = json.loads(infraplan(*asked, "--json").out)
    assert {row["kind"] for row in said["seams"]} >= {"same_premises", "same_municipality", "same_trench"}
    assert {row["zone_name"] for row in said["region"]} == {"Överkalix"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--level", "secret"), "secret"),
        (("--language", "fi"), "fi"),
        (("--tiles", "http://example.com/{z}/{x}/{y}.png", "--credit", "x"), "https"),
        (("--tiles", "https://example.com/{z}/{x}/{y}.png"), "example.com"),
    ],
)
def test_a_map_that_cannot_be_is_told(infraplan, demo, arguments, said):
    answer = infraplan("map", demo / "result", *arguments)
    assert answer.code in (1, 2)
    assert said in answer.err


@pytest.mark.slow
def test_check_writes_the_faults_and_prints_a_row_a_layer(infraplan, demo, tmp_path):
    answer = infraplan("check", demo, "-o", tmp_path / "check")
    assert answer.code == 0, answer.err
    assert {"faults.csv", "faults.geojson", "summary.txt"} == visible(tmp_path / "check")
    assert "Rows by layer" in answer.out


@pytest.mark.slow
def test_coverage_and_plan_write_nothing_and_tell_the_same(infraplan, demo):
    before = {path: path.stat().st_mtime_ns for path in demo.rglob("*")}
    said = json.loads(infraplan("coverage", demo, "--json").out)
    planned = infraplan("plan", demo)
    assert planned.code == 0, planned.err
    assert {path: path.stat().st_mtime_ns for path in demo.rglob("*")} == before
    assert (
        said["white_spots"]
        == json.loads((demo / "result/manifest.json").read_text("utf-8"))["totals"]["white_spots"]
    )
    check_figures(said)
    for title in (
        "Cost by item",
        "Projects",
        "Phases",
        "The cheapest way to each target",
        "What the last per",
    ):
        assert f"\n{title}" in planned.out
    for start in ("Technology", "Optical budget", "Support"):
        assert f"\n{start}" in planned.out


def check_figures(said) -> None:
    """Hold the figures that the command prints for machines against each other."""
    figures, homes = said["figures"], said["premises"]["households"]
    (wired,) = [
        row
        for row in figures["switchboard"]
        if (row["counts"], row["unit"], row["down_mbps"], row["technologies"], row["holiday_homes"])
        == ("orderable", "households", 100.0, "wired", False)
    ]
    assert wired["base"] == homes
    assert wired["share"] == wired["reached"] / homes
    assert sum(row["households"] for row in figures["state_aid"]) == homes
    (shop,) = figures["indicators"]
    assert (shop["indicator"], shop["base"], shop["goal"]) == ("Shop and work from home", homes, 0.8)
    calls = {
        row["operator"]: row["share"]
        for row in figures["mobile"]
        if (row["use"], row["level"], row["of"]) == ("hand", "call", "homes") and not row["technology"]
    }
    assert 0.9 < max(share for name, share in calls.items() if name) <= calls[""] <= 1.0
    groceries = [row for row in figures["service_shares"] if row["service"] == "grocery"]
    near = [row["within"] for row in sorted(groceries, key=lambda row: row["within_km"])]
    assert near == sorted(near)
    assert 0 < near[0] < near[-1] <= homes - groceries[0]["unreached"]


@pytest.mark.slow
def test_coverage_tells_each_definition_in_the_studys_language(infraplan, demo, tmp_path):
    """The demo's own is English, which the README shows."""
    folder = tmp_path / "study"
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("result", ".*"))
    study = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(study.replace('language = "en"', 'language = "sv"'), "utf-8")
    answer = infraplan("coverage", folder, "-o", tmp_path / "out", "--no-pack")
    assert answer.code == 0, answer.err
    speech = words.load("sv")
    titles = {
        name for name in title_keys(speech) if f"\n{speech.text(f'figures.title_{name}')}\n" in answer.out
    }
    assert titles == SECTIONS
    assert "nan" not in re.findall(r"\w+", answer.out)
    assert visible(tmp_path / "out") == COVERED | {"coverage.gpkg"}
    assert str(tmp_path / "out") in answer.out.replace("\n", "")
    white = speech.text("figures.colour_white")
    (row,) = [line for line in answer.out.splitlines() if line.split()[:1] == [white]]
    colours = pd.read_csv(tmp_path / "out" / "state_aid.csv").set_index(["zone_id", "colour"])
    assert speech.number(colours.loc[("study", "white"), "households"]) in row


def title_keys(speech) -> list[str]:
    start = "figures.title_"
    return [key.removeprefix(start) for key in speech.entries if key.startswith(start)]


@pytest.mark.slow
def test_a_time_limit_takes_the_best_plan_so_far(infraplan, demo):
    plan = json.loads(infraplan("plan", demo, "--time-limit", "0.001", "--json").out)["plan"]
    assert plan["search_ended"] in {"time", "optimal", "gap"}
    assert 0 < plan["lower_bound_sek"] <= plan["cost_sek"]
    assert plan["reached_goal"]


@pytest.mark.parametrize("seconds", ["0", "-1", "soon"])
def test_a_time_limit_that_is_none_is_refused(infraplan, demo, seconds):
    answer = infraplan("plan", demo, "--time-limit", seconds)
    assert answer.code == 2
    assert "--time-limit" in answer.err


@pytest.mark.slow
def test_map_export_and_compare_work_on_a_finished_run(infraplan, demo, tmp_path):
    english = infraplan("map", demo / "result", "--language", "en", "--file", tmp_path / "en.html")
    assert english.code == 0, english.err
    assert '<html lang="en"' in (tmp_path / "en.html").read_text("utf-8")
    exported = infraplan(
        "export", demo / "result", "-o", tmp_path / "public", "--format", "geojson", "--format", "csv"
    )
    assert exported.code == 0, exported.err
    assert len(exported.out.split()) >= 2
    same = infraplan("compare", demo / "result", demo / "result", "--json")
    assert same.code == 0, same.err
    assert json.loads(same.out)["bridge"]["total"]["price_sek"] == 0
    told = infraplan("compare", demo / "result", demo / "result")
    assert "Whom the plan reaches" in told.out
    assert "Projects that changed" not in told.out


@pytest.mark.slow
def test_init_writes_a_study_that_runs_and_run_prints_json_alone(infraplan, demo, tmp_path):
    for path in demo.iterdir():
        if path.is_file() and path.name != "study.toml":
            shutil.copy(path, tmp_path)
    answer = infraplan("init", tmp_path, "--name", "Mine", "--year", 2026)
    assert answer.code == 0, answer.err
    assert infraplan("init", tmp_path).code == 1
    checked = infraplan("check", tmp_path)
    assert checked.code == 0, checked.err + checked.out
    answer = infraplan("run", tmp_path, "-o", tmp_path / "out", "--json", "--no-pack")
    assert answer.code == 0, answer.err
    totals = json.loads(answer.out)
    assert totals["premises"]["households"] > 1000
    assert totals["plan"]["cost_low_sek"] <= totals["plan"]["cost_sek"] <= totals["plan"]["cost_high_sek"]
    assert {"plan.gpkg", "routes.geojson", "manifest.json"} <= visible(tmp_path / "out") <= FILES - PACK


def test_a_usage_error_is_exit_code_two(infraplan):
    assert infraplan("run").code == 2
    assert infraplan("demo", "--seed", "many").code == 2


def test_a_target_without_any_layer_of_networks_is_not_measured(infraplan, tmp_path):
    premises = "premises_id,x,y,households\n" + "\n".join(
        f"p{i},{700000 + 90 * i},7400000,1" for i in range(9)
    )
    (tmp_path / "premises.csv").write_text(premises, "utf-8")
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "Only people"\nyear = 2026\nlanguage = "en"\n'
        '[layers.premises]\npath = "premises.csv"\ncrs = "EPSG:3006"\n',
        "utf-8",
    )
    found = json.loads(infraplan("coverage", tmp_path, "--json").out)["figures"]["official"]
    assert {row["measure"] for row in found} >= {"fixed", "mobile_roads"}
    assert not any(row["measured"] for row in found)
