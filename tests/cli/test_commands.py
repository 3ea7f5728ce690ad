import json
import shutil
import subprocess
import sys

import pytest

PLAN_FILES = {
    f"{name}.csv"
    for name in (
        "projects", "phases", "bill", "cabinets", "effect", "optics", "permits", "codigging", "support",
        "risk", "alternatives", "rings", "target_plans", "curve", "technology",
    )
}  # fmt: skip
FILES = PLAN_FILES | {
    "map.html",
    "white_spots.geojson",
    "white_spot_areas.geojson",
    "routes.geojson",
    "targets.csv",
    "plan.gpkg",
    "faults.csv",
    "faults.geojson",
    "manifest.json",
}


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
    for command in ("demo", "run", "check", "coverage", "plan", "map", "export", "compare", "init"):
        assert f"  {command} " in done.stdout


@pytest.mark.parametrize(
    "command", ["demo", "run", "check", "coverage", "plan", "map", "export", "compare", "init"]
)
def test_every_commands_help_has_an_example(infraplan, command):
    answer = infraplan(command, "--help")
    assert answer.code == 0
    assert f"Example: infraplan {command}" in answer.out


@pytest.mark.slow
def test_demo_writes_a_study_runs_it_and_says_where_the_map_is(infraplan, tmp_path):
    answer = infraplan("demo", tmp_path / "d")
    assert answer.code == 0, answer.err
    assert str(tmp_path / "d/result/map.html") in answer.out.replace("\n", "")
    assert visible(tmp_path / "d/result") == FILES
    assert "Modelled, not real" in answer.out
    assert "projects.csv" in answer.out
    assert "Cost by item" not in answer.out


@pytest.mark.slow
def test_run_prints_json_alone_on_standard_output(infraplan, demo, tmp_path):
    answer = infraplan("run", demo, "-o", tmp_path / "out", "--json")
    assert answer.code == 0, answer.err
    totals = json.loads(answer.out)
    assert totals["premises"]["households"] > 1000
    assert totals["plan"]["cost_low_sek"] <= totals["plan"]["cost_sek"] <= totals["plan"]["cost_high_sek"]
    assert visible(tmp_path / "out") == FILES


@pytest.mark.slow
def test_check_writes_the_faults_and_prints_a_row_a_layer(infraplan, demo, tmp_path):
    answer = infraplan("check", demo, "-o", tmp_path / "check")
    assert answer.code == 0, answer.err
    assert {"faults.csv", "faults.geojson", "summary.txt"} == visible(tmp_path / "check")
    assert "Rows by layer" in answer.out


@pytest.mark.slow
def test_coverage_and_plan_write_nothing(infraplan, demo):
    before = {path: path.stat().st_mtime_ns for path in demo.rglob("*")}
    said = json.loads(infraplan("coverage", demo, "--json").out)
    planned = json.loads(infraplan("plan", demo, "--json").out)
    assert said["white_spots"] == planned["white_spots"]
    assert {path: path.stat().st_mtime_ns for path in demo.rglob("*")} == before


@pytest.mark.slow
def test_plan_prints_all_that_there_is_to_say(infraplan, demo):
    answer = infraplan("plan", demo)
    assert answer.code == 0, answer.err
    for title in (
        "Cost by item",
        "Projects",
        "Phases",
        "The cheapest way to each target",
        "What the last per",
    ):
        assert f"\n{title}" in answer.out
    for start in ("Technology", "Optical budget", "Support"):
        assert f"\n{start}" in answer.out


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
def test_init_writes_a_study_that_runs(infraplan, demo, tmp_path):
    for path in demo.iterdir():
        if path.is_file() and path.name != "study.toml":
            shutil.copy(path, tmp_path)
    answer = infraplan("init", tmp_path, "--name", "Mine", "--year", 2026)
    assert answer.code == 0, answer.err
    assert infraplan("init", tmp_path).code == 1
    checked = infraplan("check", tmp_path)
    assert checked.code == 0, checked.err + checked.out
    assert infraplan("run", tmp_path).code == 0


def test_a_usage_error_is_exit_code_two(infraplan):
    assert infraplan("run").code == 2
    assert infraplan("demo", "--seed", "many").code == 2
