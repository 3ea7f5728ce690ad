"""What a run leaves, and that it is all or nothing."""

import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyogrio
import pytest

from infraplan import words
from infraplan.errors import OutputError
from infraplan.outputs import atomic, check_folder, compare, staged, write_faults, write_results, write_text
from infraplan.outputs.staging import SEALED

PLAN_FILES = {
    f"{name}.csv"
    for name in (
        "projects", "phases", "bill", "cabinets", "effect", "optics", "permits", "codigging", "support",
        "risk", "alternatives", "rings", "target_plans", "curve", "technology",
    )
}  # fmt: skip
PACK = {"map.html", "internal_map.html", "plan.xlsx"} | {
    f"{stem}.{ending}"
    for stem in ("report", "memo", "followup", "sheets", "internal_annex")
    for ending in ("html", "pdf")
}
FILES = PLAN_FILES | PACK | {
    "plan.gpkg",
    "white_spots.geojson", "white_spot_areas.geojson", "routes.geojson",
    "targets.csv", "faults.csv", "faults.geojson", "manifest.json",
}  # fmt: skip


DATA = FILES - PACK


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(results, tmp_path_factory):
    """Return a folder with all that a run leaves."""
    return write_results(results, tmp_path_factory.mktemp("whole") / "deep" / "out")


def test_a_run_leaves_exactly_its_files(whole):
    assert names(whole) == FILES


def test_without_the_pack_it_leaves_tables_and_layers(results, tmp_path):
    assert names(write_results(results, tmp_path, pack=False)) == DATA


def test_the_manifest_knows_every_file(whole):
    out = whole
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert set(manifest["outputs"]) == FILES - {"manifest.json"}
    for name, said in manifest["outputs"].items():
        assert said["sha256"] == sha256((out / name).read_bytes()).hexdigest()
        assert said["bytes"] == (out / name).stat().st_size


def test_totals_are_those_of_the_tables(results, tmp_path):
    manifest = json.loads((write_results(results, tmp_path, pack=False) / "manifest.json").read_text("utf-8"))
    totals = manifest["totals"]
    # 24 premises: the even ones hold 1 + n % 4 households (1, 3, 1, 3, …), the odd ones a workplace.
    assert totals["premises"] == {"premises": 24, "households": 24, "workplaces": 12}
    # Every second one is white: 12 of them, all the even ones.
    assert totals["white_spots"] == {"premises": 12, "households": 24, "workplaces": 0, "areas": 2}
    plan = totals["plan"]
    # Trenches and drops, 11 connections, 2 cabinets, and a tenth of each project on top, rounded up.
    built = results.plan.network_sek + 11 * 9_000 + 2 * 40_000
    assert 0 <= plan["cost_sek"] - built * 1.1 < 2
    assert sum(row["cost_sek"] for row in plan["bill"]) == plan["cost_sek"]
    assert sum(row["cost_sek"] for row in plan["phases"]) == plan["cost_sek"]
    assert plan["served"]["premises"] + plan["unserved"]["premises"] == 12
    assert sum(row["metres"] for row in plan["metres_by_method"]) == pytest.approx(plan["metres"], abs=0.2)
    assert manifest["counts"]["faults"] == 2
    assert manifest["counts"]["faults_without_place"] == 1
    study = [row for row in totals["targets"] if row["unit"] == "households" and row["down_mbps"] == 100]
    assert [
        (r["base"], r["connected"], r["orderable"], r["passed_estimated"], r["planned"]) for r in study
    ] == [(100, 50, 60, 70, 80)]


def test_the_manifest_says_nothing_about_the_machine(results, tmp_path):
    text = (write_results(results, tmp_path, pack=False) / "manifest.json").read_text("utf-8")
    assert "/somewhere" not in text
    assert str(tmp_path) not in text
    assert json.loads(text)["parameters"]["layers"]["fibre_lines"]["path"] == "fibre_lines.gpkg"


def test_the_same_results_give_the_same_bytes(whole, build, tmp_path):
    other = write_results(build(), tmp_path)
    for name in FILES:
        assert (whole / name).read_bytes() == (other / name).read_bytes(), name


def test_a_gpkg_opens_in_qgis_with_its_styles(results, tmp_path):
    path = write_results(results, tmp_path, pack=False) / "plan.gpkg"
    layers = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    assert layers["zones"] == layers["white_spot_areas"] == "MultiPolygon"
    assert layers["routes"] == "LineString"
    assert layers["targets"] is None
    assert {"premises", "white_spots", "public_buildings", "fibre_lines", "mobile_coverage", "faults"} <= set(
        layers
    )
    styles = pyogrio.read_dataframe(path, layer="layer_styles")
    assert list(styles.columns) == [
        "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column", "styleName", "styleQML",
        "styleSLD", "useAsDefault", "description", "owner", "ui", "update_time",
    ]  # fmt: skip
    assert set(styles["f_table_name"]) <= set(layers)
    assert {"routes", "projects", "cabinets", "rings", "alternatives"} <= set(styles["f_table_name"])
    assert styles["useAsDefault"].all()
    assert styles["styleQML"].str.startswith("<qgis").all()


def test_a_layer_without_rows_still_says_what_it_would_hold(results, tmp_path):
    plan = replace(
        results.plan, cabinets=results.plan.cabinets.iloc[:0], projects=results.plan.projects.iloc[:0]
    )
    nobody = replace(results, white_spots=results.white_spots.iloc[:0], plan=plan)
    path = write_results(nobody, tmp_path, pack=False) / "plan.gpkg"
    kinds = dict(pyogrio.list_layers(path))
    assert (kinds["white_spots"], kinds["zone_points"], kinds["cabinets"]) == ("Point", "Point", "Point")
    assert kinds["projects"] == "MultiLineString"
    assert kinds["bill"] is None


def test_a_users_column_may_have_any_name(results, tmp_path):
    path = write_results(results, tmp_path, pack=False) / "plan.gpkg"
    assert list(pyogrio.read_dataframe(path, layer="public_buildings")["FID_"]) == [1, 1]


def test_layers_in_the_gpkg_keep_rows_and_crs(results, tmp_path):
    path = write_results(results, tmp_path, pack=False) / "plan.gpkg"
    for layer, table in {
        "premises": results.premises,
        "routes": results.plan.routes,
        "faults": results.faults,
        "projects": results.plan.projects,
        "cabinets": results.plan.cabinets,
        "rings": results.package.rings,
    }.items():
        info = pyogrio.read_info(path, layer=layer)
        assert info["features"] == len(table)
        assert info["crs"] == "EPSG:3006"


def test_every_file_that_may_be_passed_on_alone_says_what_is_modelled(results, tmp_path):
    out = write_results(results, tmp_path / "out", pack=False)
    modelled = [str(i) for i in results.layers.sources.index[results.layers.sources["modelled"]]]
    assert modelled
    for name in ("white_spots", "white_spot_areas", "routes"):
        found = json.loads((out / f"{name}.geojson").read_text("utf-8"))
        assert found["modelled_layers"] == modelled
        assert "Ledningskollen" in found["not_for_excavation"]
    table = pd.read_csv(out / "targets.csv", encoding="utf-8-sig")
    assert set(table["modelled_layers"]) == {" ".join(modelled)}
    sources = pyogrio.read_dataframe(out / "plan.gpkg", layer="sources")
    assert sources.loc[sources["modelled"].astype(bool), "layer"].tolist() == modelled


def test_tables_hold_no_more_digits_than_mean_something(results, tmp_path):
    out = write_results(results, tmp_path / "out", pack=False)
    bill = pd.read_csv(out / "bill.csv", encoding="utf-8-sig", dtype="str")
    assert bill["quantity"].str.fullmatch(r"\d+(\.\d{1,2})?").all()
    assert pd.to_numeric(bill["cost_sek"]).sum() == results.plan.bill["cost_sek"].sum()
    exact = pyogrio.read_dataframe(out / "plan.gpkg", layer="bill")["quantity"]
    assert exact.tolist() == results.plan.bill["quantity"].tolist()


def test_faults_without_place_stay_in_the_table(results, tmp_path):
    out = write_faults(results.faults, "Inga fel.\n", tmp_path, words.load("sv"))
    assert names(out) == {"faults.csv", "faults.geojson", "summary.txt"}
    lines = (out / "faults.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 1 + 2
    assert "'=8" in lines[2]
    assert len(json.loads((out / "faults.geojson").read_text("utf-8"))["features"]) == 1


def test_a_failure_leaves_the_earlier_result(tmp_path):
    write_text(tmp_path / "a.txt", "before")
    with pytest.raises(ZeroDivisionError), staged(tmp_path) as staging:
        (staging / "a.txt").write_text(str(1 / 0))
    assert names(tmp_path) == {"a.txt"}
    assert (tmp_path / "a.txt").read_text() == "before"


def test_a_failure_leaves_no_folder_that_was_made_for_it(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "mine" / "a" / "b"):
        raise ZeroDivisionError
    assert names(tmp_path) == {"mine"}
    assert not list((tmp_path / "mine").iterdir())


HOLD = """
import sys, time
from pathlib import Path
from infraplan.outputs import staged
with staged(Path(sys.argv[1])) as staging:
    (staging / "a.txt").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Return a process that is writing into the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


def test_a_second_run_is_told_to_wait(tmp_path, holder):
    with pytest.raises(OutputError, match="another run is writing there"):
        write_text(tmp_path / "a.txt", "mine")
    assert not (tmp_path / "a.txt").exists()


def test_a_killed_run_is_swept_away_by_the_next(tmp_path, holder):
    write_text(tmp_path / "other" / "b.txt", "elsewhere")
    holder.kill()
    holder.wait()
    assert not (tmp_path / "a.txt").exists()
    write_text(tmp_path / "c.txt", "next")
    assert names(tmp_path) == {"c.txt", "other"}


@pytest.mark.parametrize("moved", [0, 1, 5, len(DATA) - 1])
def test_a_run_killed_while_its_files_move_is_finished_by_whoever_comes_next(build, tmp_path, moved):
    out = write_results(build(), tmp_path / "out", pack=False)
    new = write_results(build(name="Ny studie"), tmp_path / "new", pack=False)
    expected = {name: (new / name).read_bytes() for name in DATA}
    new.rename(out / SEALED)
    for name in sorted(DATA - {"manifest.json"})[:moved]:
        (out / SEALED / name).replace(out / name)
    assert compare(out, out).white_spots.empty
    assert {name: (out / name).read_bytes() for name in DATA} == expected
    assert names(out) == DATA


def test_a_folder_in_the_way_of_a_file_stops_all_of_them(tmp_path):
    write_text(tmp_path / "a.txt", "before")
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(OutputError, match=r"b\.txt"), staged(tmp_path) as staging:
        _ = [(staging / name).write_text("after") for name in ("a.txt", "b.txt")]
    assert (tmp_path / "a.txt").read_text() == "before"
    assert names(tmp_path) == {"a.txt", "b.txt"}


@pytest.mark.parametrize("error", [pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError])
@pytest.mark.parametrize(("free", "key"), [(0, "output_full"), (10**9, "cannot_write")])
def test_what_gdal_cannot_write_is_told(tmp_path, monkeypatch, error, free, key):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(OutputError) as caught, staged(tmp_path):
        raise error("no such table:\nroutes")
    assert caught.value.key == key
    assert "\n" not in str(caught.value)


def test_no_file_that_the_study_reads_is_written_over(results, tmp_path):
    mine = tmp_path / "routes.geojson"
    mine.write_text("mine")
    layers = results.study.layers
    roads = layers["fibre_lines"][0].model_copy(update={"path": mine})
    study = results.study.model_copy(update={"layers": {**layers, "fibre_lines": (roads,)}})
    with pytest.raises(OutputError, match=r"routes\.geojson.*\[layers\.fibre_lines\]"):
        write_results(replace(results, study=study), tmp_path, pack=False)
    assert names(tmp_path) == {"routes.geojson"}
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_file_in_the_way_is_told_in_one_line(results, tmp_path, language):
    (tmp_path / "out").write_text("a file")
    for folder in (tmp_path / "out", tmp_path / "out" / "below"):
        with pytest.raises(OutputError) as caught:
            write_results(results, folder, pack=False)
        assert caught.value.key == "output_not_folder"
        assert "\n" not in caught.value.say(language)


def test_a_folder_that_may_not_be_written_is_told(results, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError) as caught:
        write_results(results, tmp_path / "out", pack=False)
    assert caught.value.key == "output_forbidden"


def test_a_folder_is_checked_before_work_begins_and_nothing_is_made(tmp_path, monkeypatch):
    check_folder(tmp_path / "new" / "below")
    check_folder(tmp_path)
    assert names(tmp_path) == set()
    (tmp_path / "file").write_text("a file")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError) as caught:
            check_folder(folder)
        assert (caught.value.key, "file:" in caught.value.say("en")) == ("output_not_folder", True)
    asked = []
    monkeypatch.setattr("os.access", lambda path, _mode: asked.append(path))
    with pytest.raises(OutputError) as caught:
        check_folder(tmp_path / "new" / "below")
    assert caught.value.key == "output_forbidden"
    assert asked == [tmp_path], "the nearest folder that there is decides"


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path, monkeypatch):
    write_text(tmp_path / "a.txt", "before")

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError) as caught:
        write_text(tmp_path / "a.txt", "after")
    assert caught.value.key == "output_full"
    monkeypatch.undo()
    assert (tmp_path / "a.txt").read_text() == "before"


def test_one_file_takes_its_place_at_once(tmp_path):
    with atomic(tmp_path / "new" / "x.gpkg") as path:
        path.write_bytes(b"1")
        assert not (tmp_path / "new" / "x.gpkg").exists()
        assert path.name == "x.gpkg"
    assert names(tmp_path / "new") == {"x.gpkg"}
