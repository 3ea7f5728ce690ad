"""The whole main job on a real place: Andorra from OpenStreetMap, with an assumed fibre network along its
primary roads."""

import json
from pathlib import Path

import pytest
from pyproj import Geod

from infraplan import read_study, run

STUDY = """
[study]
name = "Andorra 2021"
crs = "EPSG:25831"
language = "en"
year = 2021

[layers.municipalities]
path = "{pbf}"
columns = {{ code = "ref" }}
where = {{ admin_level = ["7"] }}
source = "OpenStreetMap contributors"
licence = "ODbL 1.0"
date = 2021-10-28
level = "public"

[layers.buildings]
path = "{pbf}"
source = "OpenStreetMap contributors"
licence = "ODbL 1.0"
date = 2021-10-28
level = "public"

[layers.addresses]
path = "{pbf}"
source = "OpenStreetMap contributors"
licence = "ODbL 1.0"
date = 2021-10-28
level = "public"

[layers.roads]
path = "{pbf}"
where = {{ net = ["motor"] }}
source = "OpenStreetMap contributors"
licence = "ODbL 1.0"
date = 2021-10-28
level = "public"

[layers.localities]
path = "{pbf}"
source = "OpenStreetMap contributors"
licence = "ODbL 1.0"
date = 2021-10-28
level = "public"

[layers.public_buildings]
path = "{pbf}"
source = "OpenStreetMap contributors"
licence = "ODbL 1.0"
date = 2021-10-28
level = "public"

[layers.fibre_lines]
path = "{pbf}"
theme = "roads"
where = {{ highway = ["primary", "trunk"] }}
source = "assumed by the test"
licence = "ODbL 1.0"
modelled = true
assumption = "Fibre is taken to lie along every primary road; Andorra's real network is not in the study."

[layers.elevation]
path = "{elevation}"
source = "SRTM, NASA/USGS"
licence = "public domain"
level = "public"

[[targets]]
name = "100 Mbit/s, 95 %"
down_mbps = 100
share = 0.95
counts = "proximity"

[costs]
book = "neutral-2026"
[plan]
goal = "all"
"""


@pytest.fixture(scope="module")
def results(shared_data: Path, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("andorra")
    files = {
        "pbf": shared_data / "andorra/andorra.osm.pbf",
        "elevation": shared_data / "andorra/andorra_srtm90.tif",
    }
    (folder / "study.toml").write_text(STUDY.format(**{k: v.as_posix() for k, v in files.items()}), "utf-8")
    return run(read_study(folder / "study.toml"), folder / "result"), folder / "result"


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
    assert set(found.plan.served.index) | set(found.plan.unserved.index) == set(found.white_spots.index)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert "Fibre is taken to lie along every primary road" in json.dumps(manifest, ensure_ascii=False)
    assert "Fibre is taken to lie along every primary road" in (out / "map.html").read_text("utf-8")


def _geodesic_km(line) -> float:
    return Geod(ellps="WGS84").geometry_length(line) / 1000.0
