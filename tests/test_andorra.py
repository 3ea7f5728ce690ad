"""The whole main job on a real place: Andorra, with an assumed fibre network along its primary roads."""

import json
import runpy
from pathlib import Path

import pytest
from pyproj import Geod

from infraplan import read_study, run

STUDY = Path(__file__).with_name("andorra.toml")
WALK = STUDY.parents[1] / "docs" / "andorra.md"


@pytest.fixture(scope="module")
def results(shared_data: Path, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("andorra")
    study = STUDY.read_text("utf-8").replace("{data}", (shared_data / "andorra").as_posix())
    study = study.replace("{tests}", STUDY.parent.as_posix())
    (folder / "study.toml").write_text(study, "utf-8")
    return run(read_study(folder / "study.toml"), folder / "result", pack=False), folder / "result"


@pytest.mark.slow
def test_the_numbers_are_those_of_the_place(results):
    found, _ = results
    counts = found.layers.counts
    assert counts.loc["buildings", "rows_in"] == 5031
    assert (found.zones["kind"] == "municipality").sum() == 7
    roads = found.layers.tables["roads"]
    kilometres = roads.to_crs(4326).geometry.map(_geodesic_km).sum()
    assert kilometres == pytest.approx(826, rel=0.02)
    assert (counts["rows_in"] == counts["left_out"] + counts["set_aside"] + counts["used"]).all()


@pytest.mark.slow
def test_the_plan_holds_and_says_what_it_assumes(results):
    found, out = results
    assert len(found.plan.served) > 1000
    assert found.plan.lower_bound_sek <= found.plan.cost_sek
    assert found.plan.cost_low_sek < found.plan.cost_sek < found.plan.cost_high_sek
    assert found.plan.reached_goal
    assert not set(found.plan.served.index) & set(found.plan.unserved.index)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert "Fibre is taken to lie along every primary road" in json.dumps(manifest, ensure_ascii=False)


@pytest.mark.slow
def test_closed_ground_is_left_alone_and_premises_beyond_it_say_so(results):
    found, _ = results
    closed = found.layers.tables["no_go"].query("kind == 'military'").geometry.union_all()
    assert found.plan.routes.intersection(closed).length.max() < 0.5
    assert (found.plan.unserved["reason"] == "no_go").any()
    assert (found.plan.routes["existing"] == "leased_duct").any()
    assert (found.plan.routes["cross_water"] > 0).any()


@pytest.mark.slow
def test_a_reader_can_follow_every_figure_from_the_study_to_the_last_table(results):
    _, out = results
    # Not imported: with tests/ on the path, tests/coverage would pass for the package of that name.
    walk = runpy.run_path(str(STUDY.with_name("andorra_walk.py")))
    assert walk["build"](out) == WALK.read_text("utf-8")


def _geodesic_km(line) -> float:
    return Geod(ellps="WGS84").geometry_length(line) / 1000.0
