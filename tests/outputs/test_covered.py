"""What is known before any plan, written by itself: enough to be exported, and to be compared with later."""

from dataclasses import fields

import pandas as pd
import pyogrio
import pytest

from infraplan import tables
from infraplan.errors import OutputError
from infraplan.outputs import Covered, export, write_results
from infraplan.outputs.finished import open_run, read_earlier


@pytest.fixture(scope="module")
def covered(results):
    known = {part.name: getattr(results, part.name) for part in fields(Covered)}
    best = pd.DataFrame(
        {column.name: "" if column.kind == "text" else 0 for column in tables.BEST.columns},
        index=results.premises.index,
    )
    board = pd.DataFrame(
        [["study", "Testby", "study", "orderable", "households", False, 100.0, "all", 20, 10, 0.5]],
        columns=tables.SWITCHBOARD.names,
    ).rename_axis("row")
    known |= {"figures": {"switchboard": board}, "facts": results.premises.join(best)}
    return Covered(**known)


@pytest.fixture(scope="module")
def out(covered, tmp_path_factory):
    return write_results(covered, tmp_path_factory.mktemp("covered"), pack=False)


def test_it_leaves_no_plan(out, results):
    names = {path.name for path in out.iterdir()}
    assert {"coverage.gpkg", "facts.parquet", "targets.csv", "switchboard.csv", "manifest.json"} <= names
    assert not {"plan.gpkg", "routes.geojson"} & names
    assert not {f"{name}.csv" for name in results.plan_tables} & names
    layers = {str(name) for name, _ in pyogrio.list_layers(out / "coverage.gpkg")}
    assert {"premises", "targets", "switchboard", "white_spots", "layer_styles"} <= layers
    assert "routes" not in layers


def test_its_manifest_tells_what_it_is_made_of(out):
    manifest = open_run(out).manifest
    assert set(manifest["totals"]) == {"premises", "white_spots", "targets"}
    assert "cost_book" not in manifest
    assert manifest["outputs"]["coverage.gpkg"]["bytes"] > 0


def test_it_can_be_exported(out, tmp_path):
    names = {path.name for path in export(out, tmp_path, level="public", formats=["csv"])}
    assert {"targets_public.csv", "switchboard_public.csv", "white_spot_areas_public.csv"} <= names
    assert not any("premises" in name for name in names)


def test_a_later_study_can_compare_itself_with_it(out, covered):
    earlier = read_earlier(out)
    assert earlier.year == covered.study.study.year
    assert earlier.switchboard["reached"].tolist() == [10]
    assert earlier.facts.index.equals(covered.premises.index)
    assert "geometry" not in earlier.facts.columns
    assert earlier.definitions["passed_m"] == 50.0


def test_a_run_without_figures_is_no_earlier_run(results, tmp_path):
    out = write_results(results, tmp_path / "plain", pack=False)
    with pytest.raises(OutputError) as caught:
        read_earlier(out)
    assert caught.value.key == "run_lacks_file"


def test_a_folder_without_a_run_is_no_earlier_run(tmp_path):
    with pytest.raises(OutputError) as caught:
        read_earlier(tmp_path)
    assert caught.value.key == "no_run"
