"""The benchmark of the coverage stage: the country that it reads, and how a size is judged."""

import numpy as np
import pytest
from stage import COUNTRY, SMALL, Case, Clock, render, run_stage
from stage_data import MUNICIPALITIES, Mix, read_country, write_country

from infraplan import tables
from infraplan.layers.catalog import CATALOG


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("country")
    write_country(20_000, Mix(60, 200, 0.7), folder)
    return read_country(folder)


def test_a_country_keeps_the_contracts(made):
    tables.check(made.premises, tables.PREMISES, crs="EPSG:3006")
    tables.check(made.zones, tables.ZONES, crs="EPSG:3006")
    for name, table in made.layers.tables.items():
        assert [field.name for field in CATALOG[name].fields] == list(table.columns.drop("geometry")), name
        assert table.index.dtype == "str"
    assert made.premises["municipality"].nunique() == MUNICIPALITIES


def test_shares_are_those_that_are_said(made):
    homes = made.premises["kind"] != "workplace"
    assert homes.mean() == pytest.approx(0.9, abs=0.01)
    listed = made.layers.tables["connected"]
    assert (listed["status"] == "connected").sum() / len(made.premises) == pytest.approx(0.42, abs=0.04)
    assert not listed["premises_id"].duplicated().any()
    assert set(made.layers.tables["footprints"]["technology"]) == {"vdsl", "fwa", "cable"}


def test_all_of_the_stage_is_run(made):
    clock = Clock()
    found = run_stage(made, clock)
    assert 1.5 < found["rows"] / found["premises"] < 3
    assert 0 < found["chains"] < found["white_spots"] < found["premises"]
    assert found["definitions"] == 120 * len(made.zones)
    assert list(clock.took) == [
        "service",
        "zones",
        "targets",
        "switchboard",
        "official",
        "best",
        "state aid",
        "white spots",
    ]


@pytest.mark.parametrize(
    ("case", "wall", "cpu", "peak", "usual", "verdict"),
    [
        (Case(COUNTRY, "sweden"), 60.0, 20.0, 4_000, 4.0, "met"),
        (Case(COUNTRY, "sweden"), 60.1, 20.0, 4_000, 4.0, "**missed**"),
        (Case(COUNTRY, "sweden"), 60.0, 20.0, 4_001, 4.0, "**missed**"),
        (Case(COUNTRY, "sweden"), 60.0, 20.1, 4_000, 4.0, "**missed**"),
        (Case(SMALL, "sweden"), 1.0, 1.0, 700, np.inf, "met"),
        (Case(COUNTRY, "deep", has_target=False), 99.0, 99.0, 9_000, 4.0, "stress, no target"),
    ],
)
def test_a_size_is_held_against_time_memory_and_the_small_size(case, wall, cpu, peak, usual, verdict):
    found = {
        "rows": 10,
        "took": {"a": (wall - 0.5, cpu - 0.2), "b": (0.5, 0.2)},
        "peak_mb": peak,
        "before_mb": 2,
    }
    row = render(case, found, usual)
    assert f"| {wall:.1f} | {cpu:.1f} |" in row
    assert f" {peak} (2) | {verdict} |" in row
