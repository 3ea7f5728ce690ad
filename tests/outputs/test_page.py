"""The map page as text: self-contained, the same each time, small."""

import json
import re
from dataclasses import replace
from hashlib import sha256

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from infraplan import tables, words
from infraplan.bundled import bundled
from infraplan.layers.read import Layers
from infraplan.outputs import compare, edition_of, maps, write_results
from infraplan.outputs.maps import inline, pack, payload
from infraplan.planning.package import CONTRACTS, Package

KEYS = {
    language: {key.removeprefix("map.") for key in words.load(language).entries if key.startswith("map.")}
    for language in words.LANGUAGES
}


def build_map(results, **options):
    return maps.build_map(edition_of(results), **options)


@pytest.fixture(scope="module")
def page(results):
    return build_map(results)


def test_no_link_leads_out_of_the_page(page):
    assert not re.search(r"<(script|link|img|iframe)[^>]*\s(src|href)=", page)
    assert not re.search(r"url\((?!data:|#)", page)


def test_the_policy_forbids_all_but_the_pages_own_scripts(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert "connect-src 'none'" in policy


def test_an_unknown_link_is_an_error():
    with pytest.raises(inline.UnknownAssetError, match="example"):
        inline.inline_assets('<script src="https://example.com/x.js"></script>')
    with pytest.raises(inline.UnknownAssetError):
        inline.inline_assets('<link rel="stylesheet" href="https://example.com/x.css">')


def test_vendored_files_are_as_their_checksums_say():
    folder = bundled("vendor", "leaflet-1.9.4")
    said = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines())
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {"SHA256SUMS"}
    assert set(said) == there
    assert all(sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in said.items())
    assert sum((folder / name).stat().st_size for name in there) < 250_000


def test_the_page_is_the_same_each_time(build):
    assert build_map(build()) == build_map(build())


def test_the_reader_may_zoom(page):
    assert re.findall(r'<meta name="viewport" content="([^"]+)"', page) == [
        "width=device-width, initial-scale=1"
    ]


def test_languages_have_the_same_keys_and_differ():
    assert KEYS["sv"] == KEYS["en"]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_rule_of_white_spots_reads_as_words(language):
    rules = set(tables.WHITE_SPOT_RULES)
    assert {f"rule.{rule}" for rule in rules} <= KEYS[language]


def test_the_script_asks_only_for_words_that_exist():
    folder = inline.Path(payload.__file__).parent
    script = "".join(path.read_text("utf-8") for path in folder.glob("*.js"))
    asked = set(re.findall(r'\bt\("([a-z_.]+)"', script))
    asked |= set(re.findall(r'data-t="([a-z_]+)"', (folder / "page.html").read_text("utf-8")))
    assert len(asked) > 60
    assert asked <= KEYS["sv"]


def test_hostile_words_stay_data(build):
    evil = "{{7*7}}</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    page = build_map(build(hostile=evil))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "49&lt;/script" not in page
    assert "<title>{{7*7}}&lt;/script&gt;" in page
    assert "<title>{{7*7}}&lt;/script&gt;" in build_map(build(hostile=evil), language="en")


@given(st.lists(st.tuples(st.floats(17, 24), st.floats(65, 69)), min_size=1, max_size=30))
def test_packed_points_come_back_to_a_metre(places):
    table = gpd.GeoDataFrame(geometry=[Point(*p) for p in places], crs="EPSG:4326")
    steps = np.array(pack.pack_points(table)).reshape(-1, 2)
    assert np.abs(np.cumsum(steps, axis=0) / pack.SCALE - np.array(places)).max() <= 0.5 / pack.SCALE + 1e-9


def test_simplifying_stops_at_the_budget_and_keeps_every_row():
    rng = np.random.default_rng(0)
    lines = [LineString(np.cumsum(rng.normal(0, 5, (500, 2)), axis=0)) for _ in range(20)]
    table = gpd.GeoDataFrame(geometry=lines, crs="EPSG:3006")
    thin = pack.simplify_to(table, 2_000)
    assert shapely.get_num_coordinates(thin.geometry.array).sum() <= 2_000
    assert len(thin) == 20
    assert not thin.is_empty.any()


def test_simplified_municipalities_still_share_their_border():
    wavy = [(100, y + 0.0) for y in range(0, 101, 5)]
    wavy = [(x + 3 * (i % 2), y) for i, (x, y) in enumerate(wavy)]
    west = shapely.Polygon([(0, 0), *wavy, (0, 100)])
    east = shapely.Polygon([*wavy, (200, 100), (200, 0)])
    table = gpd.GeoDataFrame(geometry=[west, east], crs="EPSG:3006")
    thin = pack.simplify_to(table, 12, coverage=True)
    assert shapely.area(shapely.intersection(*thin.geometry)) == 0
    assert thin.union_all().area == pytest.approx(table.union_all().area, rel=0.05)


@pytest.mark.parametrize(
    ("share", "target", "met", "shown"),
    [
        (0.9496, 0.95, False, 0.949),
        (0.9496, 0.94, True, 0.95),
        (0.5, 0.95, False, 0.5),
        (float("nan"), 0.9, True, None),
    ],
)
def test_a_share_never_looks_better_than_its_verdict(share, target, met, shown):
    assert payload.shown_share(share, target, met) == shown


def test_a_run_with_nothing_in_it_still_has_a_page(build, tmp_path):
    run = build()
    crs = "EPSG:3006"
    bare = replace(
        run,
        zones=run.zones.iloc[:1],
        targets=run.targets.iloc[:0],
        white_spots=tables.empty(tables.WHITE_SPOTS, crs),
        white_spot_areas=tables.empty(tables.WHITE_SPOT_AREAS, crs),
        plan=replace(
            run.plan,
            routes=tables.empty(tables.ROUTES, crs),
            served=run.plan.served.iloc[:0],
            cabinets=tables.empty(tables.CABINETS, crs),
            bill=tables.empty(tables.BILL),
            projects=tables.empty(tables.PROJECTS, crs),
            phases=tables.empty(tables.PHASES),
            network_bound_sek=None,
            lower_bound_sek=None,
        ),
        package=Package(**{name: tables.empty(contract, crs) for name, contract in CONTRACTS.items()}),
        layers=Layers({}, run.layers.faults, run.layers.counts.iloc[:0], run.layers.sources.iloc[:0]),
    )
    assert set(payload.build_payload(edition_of(bare))["layers"]) == {"study"}
    assert "payload" in build_map(bare)
    manifest = json.loads((write_results(bare, tmp_path) / "manifest.json").read_text("utf-8"))
    assert manifest["totals"]["plan"]["cost_sek"] == 0
    assert json.loads((tmp_path / "routes.geojson").read_text("utf-8"))["features"] == []
    assert compare(tmp_path, tmp_path).white_spots.empty


def test_the_important_roads_are_carried_first(build, monkeypatch):
    run = build()
    roads = run.layers.tables["roads"]
    monkeypatch.setitem(payload.VERTICES, "roads", 1)
    found = payload.build_payload(
        edition_of(replace(run, layers=replace(run.layers, tables={"roads": roads})))
    )["layers"]["roads"]
    assert found["columns"]["road_class"] == ["1"]


def test_odd_areas_are_packed():
    table = gpd.GeoDataFrame(
        geometry=[shapely.MultiPolygon([box(18, 66, 19, 67), box(20, 66, 21, 67)])], crs="EPSG:4326"
    )
    assert [len(part) for part in pack.pack_areas(table)[0]] == [1, 1]
