"""What is set side by side: today, the plan, its alternatives, another run."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, box

from infraplan.outputs import edition_of
from infraplan.outputs.maps import beside
from infraplan.outputs.maps.pack import SCALE


@pytest.fixture
def edition(results):
    return edition_of(results)


def without(edition, *names):
    return replace(edition, tables={key: table for key, table in edition.tables.items() if key not in names})


def with_table(edition, name, table):
    return replace(edition, tables={**edition.tables, name: table})


def spots_of(edition, found, side):
    """Return the white spots that a side reaches, as the page reads them."""
    ids = sorted(map(str, edition.table("white_spots").index))
    return {key for key, mask in zip(ids, found["reached"], strict=True) if mask >> side & 1}


def test_the_plan_reaches_whom_it_serves(edition):
    found = beside.pack_sides(edition)
    assert found["sides"][0]["id"] == "plan"
    assert found["sides"][0]["told"]
    assert spots_of(edition, found, 0) == set(edition.table("served").index)


def test_an_alternative_reaches_where_its_lines_end(edition):
    found = beside.pack_sides(edition)
    table = edition.table("alternatives")
    assert [side["id"] for side in found["sides"]] == list(table.index)
    assert [side["cost_sek"] for side in found["sides"]] == list(table["cost_sek"])
    assert found["sides"][1]["told"]
    # The made-up alternative runs where the plan does.
    assert spots_of(edition, found, 1) == spots_of(edition, found, 0)


def test_an_alternative_is_told_by_the_share_of_each_target_that_its_premises_count(edition):
    premises, served = edition.table("premises"), edition.table("served")
    # Every third is connected, some of them among those that the plan and its alternative serve.
    facts = pd.DataFrame(premises[["households", "workplaces"]]).assign(orderable_mbps=0.0)
    facts["connected_mbps"] = np.where(np.arange(len(facts)) % 3 == 0, 1000.0, 0.0)
    facts = facts.assign(passed_estimated_mbps=0.0, planned_mbps=0.0)
    connected = facts["connected_mbps"] > 0
    targets = edition.table("targets")
    today = [int(facts.loc[connected, unit.split("+")].sum().sum()) for unit in targets["unit"]]
    whole = [int(facts[unit.split("+")].sum().sum()) for unit in targets["unit"]]
    counted = with_table(edition, "targets", targets.assign(reached=today, base=whole))
    shares = beside.pack_sides(with_table(counted, "facts", facts))["sides"][1]["shares"]
    study = targets[targets["zone_kind"] == "study"]
    assert [(row["target"], row["unit"]) for row in shares] == list(
        zip(study["target"], study["unit"], strict=True)
    )
    for row in shares:
        units = facts[row["unit"].split("+")].sum(axis=1)
        after = units[connected | facts.index.isin(served.index)].sum()
        assert row["share"] == pytest.approx(after / units.sum(), abs=0.0011)
    # Where the premises do not sum to what a target counts, nothing is said of it.
    assert beside.pack_sides(with_table(edition, "facts", facts))["sides"][1]["shares"] == []


def test_an_alternative_without_a_drop_does_not_reach_its_premises(edition):
    table = edition.table("alternatives").copy()
    served = edition.table("served")
    last = edition.table("premises").geometry[served.index[-1]]
    lines = [line for line in shapely.get_parts(table.geometry["A1"]) if line.distance(last) > 1.0]
    table.loc["A1", "geometry"] = MultiLineString(lines)
    table.loc["A1", "premises"] = len(served) - 1
    found = beside.pack_sides(with_table(edition, "alternatives", table))
    assert found["sides"][1]["told"]
    assert spots_of(edition, found, 0) - spots_of(edition, found, 1) == {served.index[-1]}


def test_what_does_not_add_up_is_not_told(edition):
    table = edition.table("alternatives").copy()
    table.loc["A1", "premises"] += 1
    found = beside.pack_sides(with_table(edition, "alternatives", table))
    assert [side["told"] for side in found["sides"]] == [True, False]
    assert spots_of(edition, found, 1) == set()


def test_bands_in_the_place_of_lines_tell_no_premises(edition):
    table = edition.table("alternatives").copy()
    table["geometry"] = table.geometry.buffer(500)
    found = beside.pack_sides(with_table(edition, "alternatives", table))
    assert [side["told"] for side in found["sides"]] == [True, False]
    assert found["layers"]["alternatives"]["shape"] == "area"


@pytest.mark.parametrize(
    "gone",
    [
        ("alternatives",),
        ("served",),
        ("premises",),
        ("white_spots",),
        ("effect",),
        ("alternatives", "served", "premises", "white_spots", "effect", "routes", "targets"),
    ],
)
def test_an_edition_of_a_lower_level_is_packed_too(edition, gone):
    bare = without(edition, *gone)
    found = beside.pack_sides(bare)
    other = beside.pack_beside(bare)
    json.dumps([found, other], allow_nan=False)
    assert found["sides"][0]["id"] == "plan"
    assert bool(found["effect"]) == ("effect" not in gone)
    assert len(found["reached"]) == len(bare.table("white_spots"))
    assert ("beside_lines" in other["layers"]) == ("routes" not in gone)
    assert found["sides"][0]["told"] == ("served" not in gone)


@pytest.mark.parametrize("column", ["premises", "cost_sek", "aim", "households"])
def test_a_column_that_is_missing_is_left_out(edition, column):
    table = edition.table("alternatives").drop(columns=column)
    found = beside.pack_sides(with_table(edition, "alternatives", table))
    assert len(found["sides"]) == 2
    assert column not in found["sides"][1]


def test_shares_are_rounded_once_and_never_up_to_an_unmet_target(edition):
    table = edition.table("effect").copy()
    table[["share_before", "share_after", "target_share", "met"]] = [0.9499999, 0.94996, 0.95, False]
    found = beside.pack_sides(with_table(edition, "effect", table))["effect"][0]
    assert (found["share_before"], found["share_after"]) == (0.949, 0.949)


def test_another_run_is_told_with_its_network_and_the_white_spots_it_leaves(edition):
    found = beside.pack_beside(edition)
    assert found["name"] == edition.study["name"]
    assert found["plan"]["cost_sek"] == edition.about["totals"]["plan"]["cost_sek"]
    spots = found["layers"]["beside_spots"]
    assert spots["count"] == len(edition.table("white_spots"))
    assert spots["columns"]["reached"].count(1) == len(edition.table("served"))
    assert found["layers"]["beside_lines"]["count"] == 1
    assert {row["target"] for row in found["targets"]} == set(edition.table("targets")["target"])
    assert all(set(row) >= {"share", "base", "met"} for row in found["targets"])


def test_the_packed_network_is_where_the_routes_are(edition):
    packed = beside.pack_beside(edition)["layers"]["beside_lines"]
    places = np.concatenate(
        [
            np.cumsum(np.array(line).reshape(-1, 2), axis=0) / SCALE
            for row in packed["geometry"]
            for line in row
        ]
    )
    routes = edition.shapes("routes").to_crs("EPSG:4326")
    assert np.abs(places.min(axis=0) - routes.total_bounds[:2]).max() < 2e-5
    assert np.abs(places.max(axis=0) - routes.total_bounds[2:]).max() < 2e-5


def test_a_run_of_coverage_alone_has_white_spots_and_no_plan(edition):
    about = {**edition.about, "totals": {k: v for k, v in edition.about["totals"].items() if k != "plan"}}
    found = beside.pack_beside(replace(without(edition, "routes", "served", "effect"), about=about))
    assert found["plan"] is None
    assert set(found["layers"]) == {"beside_spots"}
    assert not any(found["layers"]["beside_spots"]["columns"]["reached"])


def test_bands_take_the_place_of_routes(edition):
    bands = gpd.GeoDataFrame(
        {"phase": [1]}, geometry=[box(800_000, 7_400_000, 801_000, 7_401_000)], crs=edition.crs
    )
    found = beside.pack_beside(with_table(without(edition, "routes"), "corridors", bands))
    assert found["layers"]["beside_lines"]["shape"] == "area"


def test_another_run_is_shown_as_the_level_of_the_page_may_see_it(edition, monkeypatch):
    asked = []

    def redact(one, level):
        asked.append(level)
        return replace(without(one, "routes", "white_spots"), level=level)

    monkeypatch.setattr(beside, "redact", redact)
    internal = replace(edition, level="internal")
    assert beside.pack_beside(internal, level="public")["layers"] == {}
    assert beside.pack_beside(internal, level="public")["level"] == "public"
    assert beside.pack_beside(internal, level="internal")["layers"]
    assert beside.pack_beside(replace(edition, level="public"), level="restricted")["level"] == "public"
    assert asked == ["public", "public"]


def test_packing_is_the_same_each_time(build):
    first, second = (edition_of(build()) for _ in range(2))
    assert json.dumps(beside.pack_sides(first)) == json.dumps(beside.pack_sides(second))
    assert json.dumps(beside.pack_beside(first)) == json.dumps(beside.pack_beside(second))


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=25, unique=True),
    st.data(),
)
def test_premises_are_reached_where_a_line_ends_and_nowhere_else(places, data):
    ends = data.draw(st.lists(st.sampled_from(places), unique=True, max_size=len(places)))
    # Lines come from far outside, and pass premises on their way without ending there.
    lines = MultiLineString(
        [LineString([(-100.0, -1000.0 - i), (float(x), float(y))]) for i, (x, y) in enumerate(ends)]
    )
    points = np.array([Point(float(x), float(y)) for x, y in places], dtype=object)
    assert set(beside._touched(points, lines)) == {places.index(end) for end in ends}


@given(
    st.lists(st.text(min_size=1, max_size=4), unique=True, min_size=1, max_size=12),
    st.lists(st.lists(st.integers(0, 11)), max_size=40),
)
def test_masks_tell_every_side_apart(ids, sides):
    reached = [frozenset(ids[i] for i in side if i < len(ids)) for side in sides]
    masks = beside._masks(ids, reached)
    ordered = sorted(ids, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    for key, mask in zip(ordered, masks, strict=True):
        assert [bool(mask >> side & 1) for side in range(len(sides))] == [key in side for side in reached]


def test_ids_of_another_type_are_read_back_alike(edition):
    table = edition.table("served")
    again = pd.DataFrame(table).set_index(table.index.astype(object))
    assert beside.pack_sides(with_table(edition, "served", again)) == beside.pack_sides(edition)
