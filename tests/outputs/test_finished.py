"""What can be made of a finished run: exports by level, comparisons, the map in another language."""

import dataclasses
import hashlib
import json
import shutil
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import Point, box

from infraplan import words
from infraplan.errors import OutputError
from infraplan.outputs import compare, export, read_edition, summary, write_map, write_results
from infraplan.outputs.export import FORMATS
from infraplan.outputs.small import HIDE
from infraplan.outputs.suppress import suppress_areas
from infraplan.planconfig import PlanGoal


@pytest.fixture(scope="module")
def out(results, tmp_path_factory):
    return write_results(results, tmp_path_factory.mktemp("out"), pack=False)


def test_public_holds_no_line_node_or_premises(out, tmp_path):
    paths = export(out, tmp_path, level="public", formats=["geojson", "csv", "gpkg"], pack=False)
    assert all("public" in path.name for path in paths)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in paths}
    layers = {str(name) for name, _ in pyogrio.list_layers(tmp_path / "infraplan_public.gpkg")}
    assert {"targets_public", "white_spot_areas_public", "corridors_public", "projects_public"} <= layers
    assert not {f"{name}_public" for name in ("routes", "premises", "white_spots", "rings", "risk")} & layers
    everything = b"".join(path.read_bytes() for path in paths)
    assert b"LineString" not in everything
    # The study: 100 households, 50 of them connected, 60 reached.
    assert "False,access,100.0,100,50,60,70,80,50.0,60,0.6,0.95,35" in (
        tmp_path / "targets_public.csv"
    ).read_text("utf-8")
    assert b"P00000" not in everything
    assert "Stadsnät".encode() not in everything


def test_an_export_says_its_level_beside(out, tmp_path):
    export(out, tmp_path, level="restricted", pack=False)
    about = json.loads((tmp_path / "export_restricted.json").read_text("utf-8"))
    assert about["level"] == "restricted"
    assert "Ledningskollen" in about["not_for_excavation"]
    assert {"white_spots_restricted.geojson", "routes_restricted.geojson"} <= set(about["files"])


def test_without_the_pack_there_are_layers_and_metadata_alone(out, tmp_path):
    names = {path.name for path in export(out, tmp_path / "bare", pack=False)}
    assert {"targets_public.csv", "corridors_public.geojson", "catalog_public.jsonld"} <= names
    assert not [name for name in names if name.endswith((".html", ".pdf", ".xlsx"))]
    whole = {path.name for path in export(out, tmp_path / "whole")}
    assert names < whole
    assert {"map_public.html", "report_public.html", "plan_public.xlsx"} <= whole


def test_equal_runs_give_equal_exports(out, tmp_path):
    once, again = (export(out, tmp_path / name, formats=["geojson", "gpkg"]) for name in ("a", "b"))
    assert [path.name for path in once] == [path.name for path in again]
    for first, second in zip(once, again, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_restricted_routes_say_where_and_when_and_no_more(out, tmp_path):
    export(out, tmp_path, level="restricted", pack=False)
    routes = gpd.read_file(tmp_path / "routes_restricted.geojson")
    assert set(routes["kind"]) == {"road"}
    assert not {"existing", "method", "cables", "cost_sek", "tail", "edge_id"} & set(routes.columns)
    assert not list(tmp_path.glob("fibre_lines*"))


def test_internal_is_everything(out, tmp_path):
    export(out, tmp_path, level="internal", formats=["parquet"], pack=False)
    assert len(gpd.read_parquet(tmp_path / "premises_internal.parquet")) == 24
    assert (tmp_path / "fibre_lines_internal.parquet").exists()


@pytest.mark.parametrize("name", FORMATS)
def test_every_layer_goes_into_every_format(out, tmp_path, name):
    paths = export(out, tmp_path, level="internal", formats=[name], pack=False)
    assert all(path.stat().st_size > 0 for path in paths)
    layers = {path.stem for path in paths}
    of_layers = {"faults_internal", "zones_internal", "targets_internal", "routes_internal"}
    together = {"gpkg": "infraplan_internal", "pmtiles": "infraplan_internal"}
    if name == "ofds":
        assert any(path.name.endswith(".ofds.json") for path in paths)
    else:
        assert together.get(name) in layers or of_layers <= layers


TARGETS = pd.DataFrame(
    [("t", "municipality", zone, unit, base, base, base / 10)
     for zone, bases in {"a": (3, 4, 7), "b": (50, 20, 70), "c": (9, 8, 17)}.items()
     for unit, base in zip(("households", "workplaces", "households+workplaces"), bases, strict=True)],
    columns=["target", "zone_kind", "zone_id", "unit", "base", "connected", "share"],
).assign(orderable=9, passed_estimated=9, planned=9, reached=9, missing=9)  # fmt: skip


def test_small_zones_go_and_the_next_smallest_too():
    found = HIDE["targets"](TARGETS)
    # a is small (3 and 4); c goes with it, or a could be had as the whole less b and c.
    assert found.groupby("zone_id")["suppressed"].all().to_dict() == {"a": True, "b": False, "c": True}
    assert found.loc[found["suppressed"], ["base", "connected", "share", "missing"]].isna().all(axis=None)
    assert list(found.loc[~found["suppressed"], "base"]) == [50, 20, 70]


def test_a_large_zone_goes_too_where_few_of_it_are_counted():
    few = TARGETS.assign(connected=TARGETS["connected"].where(TARGETS["base"] != 20, 2))
    # And c still goes with a, whose base is small: another target may show b, and all of them the same bases.
    assert HIDE["targets"](few).groupby("zone_id")["suppressed"].all().to_dict() == {
        "a": True, "b": True, "c": True,
    }  # fmt: skip


def test_areas_with_few_houses_lose_all_counts_and_their_shape():
    houses = [Point(810_123 + 5_000 * i, 7_400_456) for i in range(3)]
    areas = gpd.GeoDataFrame(
        {"premises": [4, 9, 9], "households": [8, 9, 9], "workplaces": [0, 0, 2]},
        geometry=[house.buffer(250) for house in houses],
        crs="EPSG:3006",
    )
    found = suppress_areas(areas)
    assert list(found["suppressed"]) == [True, False, True]
    assert found["households"].isna().tolist() == [True, False, True]
    assert found.geometry[0].equals(box(810_000, 7_400_000, 811_000, 7_401_000))
    assert found.geometry[1:].geom_equals(areas.geometry[1:]).all()


def test_what_there_is_not_is_told(out, tmp_path):
    for problem, call in {
        "no_such_level": lambda: export(out, tmp_path, level="secret"),
        "no_such_format": lambda: export(out, tmp_path, formats=["shp"]),
        "no_run": lambda: export(tmp_path / "nothing", tmp_path),
    }.items():
        with pytest.raises(OutputError) as caught:
            call()
        assert caught.value.key == problem
        assert "\n" not in str(caught.value)
        assert "\n" not in caught.value.say("sv")


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff", "[" * 100_000])
def test_a_broken_manifest_is_told_by_its_name(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text, "latin-1")
    with pytest.raises(OutputError, match=r"manifest\.json: the file is damaged"):
        compare(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("study", {}),
        ("started", "x"),
        ("inputs", [{"layer": "roads"}]),
        ("parameters", {"study": {}}),
        ("versions", None),
        ("totals", 3),
        ("outputs", {"plan.gpkg": "x"}),
    ],
)
def test_what_is_wrong_in_a_manifest_is_told(out, tmp_path, key, value):
    whole = json.loads((out / "manifest.json").read_text("utf-8"))
    file = tmp_path / "manifest.json"
    for changed in (whole | {key: value}, {name: part for name, part in whole.items() if name != key}):
        file.write_text(json.dumps(changed), "utf-8")
        with pytest.raises(OutputError, match=rf"manifest\.json: the file is damaged \({key}"):
            read_edition(tmp_path)


@pytest.mark.parametrize("file", ["plan.gpkg", "facts.parquet"])
def test_a_file_that_cannot_be_read_is_told_though_the_manifest_knows_it(out, tmp_path, file):
    shutil.copytree(out, tmp_path, dirs_exist_ok=True)
    (tmp_path / file).write_bytes(b"hello")
    whole = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    whole["outputs"][file] = {"sha256": hashlib.sha256(b"hello").hexdigest()}
    (tmp_path / "manifest.json").write_text(json.dumps(whole), "utf-8")
    with pytest.raises(OutputError, match=rf"{file} is no longer"):
        read_edition(tmp_path)


def test_plans_of_different_areas_are_not_set_side_by_side(out, tmp_path):
    shutil.copytree(out, tmp_path / "other")
    file = tmp_path / "other" / "manifest.json"
    whole = json.loads(file.read_text("utf-8"))
    whole["parameters"]["study"]["municipalities"] = ["2521"]
    file.write_text(json.dumps(whole), "utf-8")
    with pytest.raises(OutputError, match="2521"):
        write_map(out, tmp_path / "map.html", beside=file.parent)
    assert not (tmp_path / "map.html").exists()


def test_an_altered_file_is_told(results, tmp_path):
    out = write_results(results, tmp_path, pack=False)
    with (out / "plan.gpkg").open("ab") as package:
        package.write(b"mine")
    with pytest.raises(OutputError, match=r"plan\.gpkg is no longer"):
        read_edition(out)
    (out / "plan.gpkg").unlink()
    with pytest.raises(OutputError, match=r"lacks plan\.gpkg"):
        export(out, tmp_path / "x")


def test_the_map_in_another_language_is_the_map_of_a_study_in_it(build, out, tmp_path):
    path = write_map(out, tmp_path / "map.en.html", language="en")
    assert '<html lang="en">' in path.read_text("utf-8")
    again = write_map(out, tmp_path / "map.sv.html", language="sv")
    assert again.read_text("utf-8") == write_map(out, tmp_path / "map.html").read_text("utf-8")


def test_a_run_compared_with_itself_shows_no_change(out):
    found = compare(out, out)
    assert found.white_spots.empty
    assert (found.costs["difference"] == 0).all()
    assert found.settings.empty
    assert (found.targets["change"].abs() < 1e-9).all()
    assert found.sums.loc["before"].equals(found.sums.loc["after"])


def test_what_the_studies_differ_by_is_told(results, out, tmp_path):
    study = results.study.model_copy(
        update={
            "plan": PlanGoal(goal="budget", budget_sek=5_000_000, force=("P00001",)),
            "targets": results.study.targets[:-1],
        }
    )
    other = write_results(replace(results, study=study), tmp_path / "other", pack=False)
    found = compare(out, other).settings
    assert found.loc["plan.goal"].tolist() == [results.study.plan.goal, "budget"]
    assert found.loc["plan.budget_sek", "after"] == "5000000"
    assert found.loc["plan.force"].tolist() == ["[]", '["P00001"]']
    gone = results.study.targets[-1]
    assert found.loc[f"targets.{gone.name}.down_mbps"].tolist() == [f"{gone.down_mbps}", ""]
    assert "plan.budget_sek" in summary.comparison(compare(out, other), words.load("sv"))


def test_a_study_renamed_from_year_to_year_is_still_compared(build, out, tmp_path):
    found = compare(out, write_results(build(name="Provstudien 2027"), tmp_path, pack=False))
    of_study = found.targets[found.targets["zone_id"] == "study"]
    assert (of_study["change"] == 0).all()
    assert set(of_study["zone_name"]) == {"Provstudien 2027"}
    assert not found.targets.duplicated(["target", "zone_id", "unit"]).any()


def test_who_became_and_ceased_to_be_white(build, out, tmp_path):
    before = build()
    spots, premises = before.white_spots, before.premises
    # P00000 got service, P00002 was torn down, P00004 has one household more, P00001 lost its service.
    new = spots.iloc[[0]].set_axis(["P00001"]).rename_axis("premises_id").assign(households=0, workplaces=1)
    after_spots = pd.concat([new, spots.drop(["P00000", "P00002"])])
    after_spots.loc["P00004", "households"] += 1
    changed = dataclasses.replace(before, white_spots=after_spots, premises=premises.drop("P00002"))
    found = compare(out, write_results(changed, tmp_path, pack=False))
    assert found.white_spots[["change", "reason", "households", "workplaces"]].to_dict("index") == {
        "P00001": {"change": "became", "reason": "service", "households": 0, "workplaces": 1},
        "P00000": {"change": "ceased", "reason": "service", "households": -1, "workplaces": 0},
        "P00002": {"change": "ceased", "reason": "gone", "households": -3, "workplaces": 0},
        "P00004": {"change": "counts", "reason": "counts", "households": 1, "workplaces": 0},
    }
    assert found.sums.loc["after"].to_dict() == {
        "premises": len(after_spots),
        "households": int(after_spots["households"].sum()),
        "workplaces": int(after_spots["workplaces"].sum()),
    }
    json.dumps(found.totals)
