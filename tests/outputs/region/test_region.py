"""Studies side by side: everything is kept, sums add up, and what does not fit is found."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

from infraplan import tables
from infraplan.errors import OutputError
from infraplan.outputs import Edition, edition_of, export, read_edition, write_results
from infraplan.outputs.region import join, tell_region, write_region
from infraplan.outputs.region.join import OF_ONE_PLAN
from infraplan.outputs.region.progress import build_progress
from infraplan.outputs.region.seams import find_seams
from infraplan.words import LANGUAGES, load

EAST = 40_000.0
"""The made-up study is two municipalities of 20 km in a row: the next begins where it ends."""


def move(edition, name, *, year=None, east=EAST):
    """Return an edition as that of the neighbours to the east, who call their municipalities otherwise."""
    found = {}
    for key, table in edition.tables.items():
        own = table
        if isinstance(table, gpd.GeoDataFrame):
            own = table.set_geometry(table.geometry.translate(xoff=east))
        if key in ("premises", "white_spots", "served", "unserved", "technology", "optics"):
            own = own.set_axis(pd.Index([f"E{i}" for i in own.index], name=own.index.name))
        if key in ("zones", "zone_points"):
            keys = [_rename(zone) for zone in own.index]
            own = own.set_axis(pd.Index(keys, name=own.index.name))
        if "zone_id" in own:
            own = own.assign(zone_id=[_rename(zone) for zone in own["zone_id"]])
        if "municipality" in own:
            own = own.assign(
                municipality=[str(int(code) + 50) if code else "" for code in own["municipality"]]
            )
        found[key] = own
    study = {**edition.study, "name": name, **({"year": year} if year else {})}
    about = {**edition.about, "study": name, "parameters": {**edition.about["parameters"], "study": study}}
    return replace(edition, about=about, tables=found)


def _rename(zone):
    kind, _, code = zone.partition(":")
    return (
        f"{kind}:{int(code) + 50}" if kind == "municipality" else f"{zone}E" if kind == "locality" else zone
    )


@pytest.fixture(scope="module")
def west(results):
    return edition_of(results)


@pytest.fixture(scope="module")
def east(west):
    return move(west, "Östra studien")


@pytest.fixture(scope="module")
def region(west, east):
    return join([west, east], name="Länet")


def test_no_row_is_lost(region, west, east):
    for name in west.tables:
        if name in (*OF_ONE_PLAN, "zones", "targets", "switchboard", "phases", "sources", "cells"):
            continue
        assert len(region.edition.table(name)) == len(west.table(name)) + len(east.table(name)), name


def test_the_whole_is_the_sum_of_its_parts(region, west):
    whole = region.edition.table("targets")
    whole = whole[whole["zone_kind"] == "study"]
    part = west.table("targets")
    part = part[part["zone_kind"] == "study"]
    assert len(whole) == len(part) > 0
    for name in ("base", "connected", "orderable", "passed_estimated", "planned", "reached"):
        assert whole[name].tolist() == (2 * part[name]).tolist()
    assert whole["share"].tolist() == pytest.approx(part["share"].tolist())
    assert (whole["met"] == (whole["missing"] == 0)).all()
    assert set(whole["zone_name"]) == {"Länet"}


def test_a_square_at_the_border_is_counted_once_with_the_people_of_both(west, east):
    names = (
        "premises",
        "households",
        "workplaces",
        "units",
        "connected",
        "orderable",
        "passed",
        "planned",
        "white_spots",
    )
    cells = gpd.GeoDataFrame(
        {"grid": "sweref_1km", "code": ["1", "2"], "municipality": ["2500", "2500"], "down_mbps": 100.0}
        | {name: [4, 6] for name in names}
        | {"suppressed": False},
        index=pd.Index(["sweref_1km:1", "sweref_1km:2"], name="cell_id"),
        geometry=[box(0, 0, 1_000, 1_000), box(1_000, 0, 2_000, 1_000)],
        crs=west.crs,
    )
    theirs = cells.iloc[1:].assign(municipality="2550", **dict.fromkeys(names, 7))
    parts = [
        replace(part, tables={**part.tables, "cells": table})
        for part, table in ((west, cells), (east, theirs))
    ]
    found = join(parts, name="Länet").edition.table("cells")
    assert sorted(found["code"]) == ["1", "2"]
    shared = found[found["code"] == "2"].iloc[0]
    assert shared["households"] == 13
    assert shared["municipality"] == "2550"
    assert found["premises"].sum() == 17


def test_municipalities_keep_their_rows(region, west, east):
    rows = region.edition.table("targets")
    found = rows[rows["zone_kind"] == "municipality"]
    assert len(found) == sum(
        (part.table("targets")["zone_kind"] == "municipality").sum() for part in (west, east)
    )


def test_keys_are_unique_and_still_lead_to_their_rows(region):
    edition = region.edition
    for name, table in edition.tables.items():
        if table.index.name not in (None, "row", "phase"):
            assert table.index.is_unique, name
    projects = edition.table("projects").index
    for name in ("routes", "bill", "served", "cabinets"):
        assert set(edition.table(name)["project_id"]) <= set(projects) | {""}, name
    areas = edition.table("white_spot_areas").index
    assert set(edition.table("white_spots")["white_spot_id"]) <= set(areas)


def test_totals_are_sums_and_claim_no_bound(region, west):
    told, part = (edition.about["totals"] for edition in (region.edition, west))
    assert told["premises"]["households"] == 2 * part["premises"]["households"]
    assert told["plan"]["cost_sek"] == 2 * part["plan"]["cost_sek"]
    assert told["plan"]["served"]["premises"] == 2 * part["plan"]["served"]["premises"]
    assert sum(row["cost_sek"] for row in told["plan"]["bill"]) == 2 * sum(
        row["cost_sek"] for row in part["plan"]["bill"]
    )
    assert told["plan"]["lower_bound_sek"] is None
    assert told["plan"]["gap"] is None


def test_phases_of_one_year_are_one(west, east):
    later = east.table("phases").assign(year=east.table("phases")["year"] + 1)
    whole = join([west, replace(east, tables={**east.tables, "phases": later})], name="Länet").edition
    years = sorted({*west.table("phases")["year"], *later["year"]})
    assert whole.table("phases")["year"].tolist() == years
    assert whole.table("phases")["cost_sek"].sum() == 2 * west.table("phases")["cost_sek"].sum()
    assert set(whole.table("routes")["phase"]) <= set(whole.table("phases").index)


def test_another_crs_comes_along(west, east):
    moved = {
        name: table.to_crs("EPSG:3018") if isinstance(table, gpd.GeoDataFrame) else table
        for name, table in east.tables.items()
    }
    study = {**east.study, "crs": "EPSG:3018"}
    about = {**east.about, "parameters": {**east.about["parameters"], "study": study}}
    whole = join([west, replace(east, tables=moved, about=about)], name="Länet").edition
    plain = join([west, east], name="Länet").edition
    assert whole.shapes("premises").geom_equals_exact(plain.shapes("premises"), 0.01).all()


def test_a_region_of_one_is_none(west):
    with pytest.raises(OutputError) as caught:
        join([west], name="Länet")
    assert caught.value.key == "region_too_few"


def test_a_study_without_plan_joins(west, east):
    of_plan = ("projects", "phases", "bill", "routes", "cabinets", "permits", "codigging")
    bare = {name: table for name, table in east.tables.items() if name not in of_plan}
    totals = {key: value for key, value in east.about["totals"].items() if key != "plan"}
    region = join([west, replace(east, tables=bare, about={**east.about, "totals": totals})], name="Länet")
    assert region.edition.about["totals"]["plan"]["cost_sek"] == west.about["totals"]["plan"]["cost_sek"]
    progress = build_progress(region.parts)
    assert progress["with_plan"].isna().sum() == len(progress) / 2


def test_progress_has_each_municipality_and_what_the_plan_adds(region, west):
    progress = build_progress(region.parts)
    tables.check(progress, tables.REGION)
    assert progress["zone_id"].nunique() == 4
    assert (progress["with_plan"] >= progress["reached"]).all()
    assert (progress["with_plan"] <= progress["base"]).all()
    spots = progress.drop_duplicates("zone_id")["white_spots"].sum()
    assert spots == 2 * len(west.table("white_spots"))
    money = progress.drop_duplicates("zone_id")["cost_sek"].sum()
    assert money == 2 * west.table("projects")["cost_sek"].sum()


def test_the_same_study_twice_is_all_seams(west):
    again = move(west, "Igen", east=0.0)
    seams = find_seams(
        {
            "A": west,
            "B": replace(
                again,
                tables={**again.tables, "premises": west.table("premises"), "zones": west.table("zones")},
            ),
        },
        language="en",
    )
    count = seams["kind"].value_counts()
    assert count["same_premises"] == len(west.table("premises"))
    assert count["same_municipality"] == 2
    assert count["same_trench"] >= 1


def test_studies_far_apart_have_no_seams(west):
    far = move(west, "Långt bort", east=10 * EAST)
    seams = find_seams({"A": west, "B": far}, language="en")
    assert len(seams) == 0
    tables.check(seams, tables.SEAMS)


def test_studies_of_two_years_are_told(west):
    seams = find_seams({"A": west, "B": move(west, "B", year=2030, east=10 * EAST)}, language="sv")
    assert seams["kind"].tolist() == ["other_year"]
    assert "2030" in seams["said"].iloc[0]


def small(name, left, routes, spots=(), fibre=()):
    """Return an edition of a square of 10 km from x = left, with trenches and white spots."""
    crs = "EPSG:3006"

    def shapes(letter, parts, **columns):
        ids = pd.Index([f"{letter}{i}" for i in range(len(parts))], name="key")
        return gpd.GeoDataFrame(columns, index=ids, geometry=list(parts), crs=crs)

    found = {
        "zones": gpd.GeoDataFrame(
            {"name": [name], "kind": ["study"], "population": [np.nan]},
            index=pd.Index(["study"], name="zone_id"),
            geometry=[box(left, 0, left + 10_000, 10_000)],
            crs=crs,
        ),
        "routes": shapes("R", routes, kind=["trench"] * len(routes)),
        "white_spots": shapes("W", spots),
        "fibre_lines": shapes("F", fibre),
    }
    about = {"parameters": {"study": {"name": name, "year": 2026, "crs": crs, "language": "en"}}}
    return Edition(about=about, tables=found, level="internal")


START = LineString([(0, 5_000), (1_000, 5_000)])
"""Fibre that is there, from which the trench begins."""


@pytest.mark.parametrize(
    ("end", "spots", "routes", "expected"),
    [
        (9_900, [Point(10_500, 5_000)], [], ["route_stops"]),
        (9_900, [Point(16_000, 5_000)], [], ["route_stops"]),  # It serves nobody: it stops all the same.
        (9_000, [Point(10_500, 5_000)], [], []),  # A kilometre before the border is not at it.
        (9_900, [], [LineString([(9_905, 5_000), (9_905, 9_000)])], []),  # It meets the neighbour's own.
    ],
)
def test_a_trench_that_stops_at_a_border_is_found(end, spots, routes, expected):
    one = small("West", 0, [LineString([(1_000, 5_000), (end, 5_000)])], fibre=[START])
    other = small("East", 10_000, routes, spots)
    seams = find_seams({"A": one, "B": other}, language="en")
    stops = seams[(seams["kind"] == "route_stops") & (seams["study"] == "West")]
    assert stops["kind"].tolist() == expected
    if expected:
        assert stops.geometry.iloc[0].equals(Point(end, 5_000))
        near = sum(spot.distance(Point(end, 5_000)) <= 2_000 for spot in spots)
        assert stops["premises"].iloc[0] == near


def test_two_trenches_along_one_road_are_one_stretch():
    one = small("West", 0, [LineString([(5_000, 5_000), (12_000, 5_000)])])
    other = small("East", 10_000, [LineString([(9_000, 5_008), (15_000, 5_008)])])
    seams = find_seams({"A": one, "B": other}, language="en")
    both = seams[seams["kind"] == "same_trench"]
    assert len(both) == 1
    # From 9 000 to 12 000, with the half circle of the buffer before it.
    assert both["metres"].iloc[0] == pytest.approx(3_000 + np.sqrt(15**2 - 8**2), abs=1)


def test_trenches_that_cross_share_nothing():
    one = small("West", 0, [LineString([(5_000, 5_000), (12_000, 5_000)])])
    other = small("East", 10_000, [LineString([(11_000, 1_000), (11_000, 9_000)])])
    assert "same_trench" not in set(find_seams({"A": one, "B": other}, language="en")["kind"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_can_be_told(region, language):
    words = load(language)
    seams = find_seams(region.parts, language=language)
    text = tell_region(build_progress(region.parts), seams, words)
    assert "Västra Å" in text
    assert words.text("region.title") in text


def test_a_region_without_targets_says_so(region):
    nothing = build_progress({})
    assert "no targets" in tell_region(nothing, tables.empty(tables.SEAMS, "EPSG:3006"), load("en"))


@pytest.fixture(scope="module")
def folders(build, tmp_path_factory):
    home = tmp_path_factory.mktemp("studies")
    return [write_results(build(), home / name, pack=False) for name in ("a", "b")]


def test_what_it_leaves_is_a_run_that_can_be_exported(folders, tmp_path):
    out = tmp_path / "region"
    edition = write_region(folders, out, name="Länet <b>")
    there = {path.name for path in out.iterdir()}
    assert {
        "map.html",
        "internal_map.html",
        "region.csv",
        "region.xlsx",
        "seams.csv",
        "seams.geojson",
        "plan.gpkg",
    } <= there
    assert json.loads((out / "manifest.json").read_text("utf-8"))["study"] == "Länet <b>"
    again = read_edition(out)
    assert len(again.table("seams")) == len(edition.table("seams")) > 0
    assert export(out, tmp_path / "public", formats=["csv"])


@pytest.mark.parametrize("key", ["region_twice", "region_into_study", "no_run"])
def test_what_cannot_be_joined_is_told(folders, tmp_path, key):
    asked = {
        "region_twice": ([folders[0], folders[0]], tmp_path / "x"),
        "region_into_study": (folders, folders[1]),
        "no_run": ([folders[0], tmp_path / "nothing"], tmp_path / "x"),
    }[key]
    with pytest.raises(OutputError) as caught:
        write_region(*asked, name="Länet")
    assert caught.value.key == key
    assert "\n" not in caught.value.say("sv")
