"""The map page as text: self-contained, the same each time, small."""

import json
import re
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from infraplan import tables, words
from infraplan.bundled import bundled
from infraplan.errors import OutputError
from infraplan.layers.read import Layers
from infraplan.outputs import compare, edition_of, maps, styles, write_results
from infraplan.outputs.maps import areas, drawn, inline, pack, payload
from infraplan.outputs.maps import page as page_module
from infraplan.outputs.rounding import shown_share
from infraplan.planning.package import CONTRACTS, Package

AREAS = ("map", "mappoints", "maptools", "mapshare")
KEYS = {
    language: {
        key.partition(".")[2] for key in words.load(language).entries if key.partition(".")[0] in AREAS
    }
    for language in words.LANGUAGES
}
FOLDER = inline.Path(payload.__file__).parent


def build_map(results, **options):
    return maps.build_map(edition_of(results), **options)


@pytest.fixture(scope="module")
def page(results):
    return build_map(results)


def test_no_link_leads_out_of_the_page(page):
    assert not re.search(r"<(script|link|img|iframe)[^>]*\s(src|href)=", page)
    assert not re.search(r"url\((?!data:|#)", page)


def test_what_a_layer_is_taken_to_be_is_told(page):
    assert "fiber antas följa väg" in page


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
    script = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.js"))
    asked = set(re.findall(r'\bt\("([a-z_.]+)"', script))
    asked |= set(re.findall(r'data-t="([a-z_]+)"', (FOLDER / "page.html").read_text("utf-8")))
    assert len(asked) > 60
    assert asked <= set(page_module._dictionaries()["sv"])


def test_every_layer_that_is_packed_has_a_style_and_a_name():
    named = {name for name in drawn.VERTICES if name not in {"zones", "parts", "streams"}} | set(
        drawn._POINTS
    )
    assert named <= set(styles.STYLES)
    assert {f"layer.{name}" for name in named - {"localities"}} <= KEYS["sv"]


def test_no_name_of_the_script_is_given_twice():
    # Parts share one scope: of two functions of a name the later silently takes the place of the other.
    given = [
        name
        for part in page_module._SCRIPT_PARTS
        for name in re.findall(
            r"^(?:async )?(?:function\*? |const |let |class )(\w+)",
            (FOLDER / f"{part}.js").read_text("utf-8"),
            re.MULTILINE,
        )
    ]
    assert len(given) > 150
    assert [name for name in set(given) if given.count(name) > 1] == []


def test_every_part_of_the_script_is_in_the_page():
    assert {path.stem for path in FOLDER.glob("*.js")} == set(page_module._SCRIPT_PARTS)
    assert {path.stem for path in FOLDER.glob("*.css")} == set(page_module._STYLE_PARTS)


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
    assert shown_share(share, target, met) == shown


TILES = maps.Tiles(url="https://tiles.example.org/{z}/{x}/{y}.png", attribution="<b>Somebody</b>")


def test_a_background_opens_the_policy_for_its_host_alone(build):
    run = build()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', build_map(run, tiles=TILES))[1]
    plain = re.search(r'Content-Security-Policy" content="([^"]+)"', build_map(run))[1]
    hashes = re.compile(r"'sha256-[^']+'")
    assert hashes.sub("", policy) == hashes.sub("", plain).replace("blob:", "blob: https://tiles.example.org")
    assert "https://" not in plain


@pytest.mark.parametrize(
    "url",
    [
        "http://tiles.example.org/{z}/{x}/{y}.png",
        "https://tiles.example.org/{z}/{x}.png",
        "https://{s}.example.org/{z}/{x}/{y}.png",
        "https://a.org;script-src/{z}/{x}/{y}",
        "https://a.org 'unsafe-inline'/{z}/{x}/{y}",
        "https://user@a.org/{z}/{x}/{y}",
        "https://*/{z}/{x}/{y}",
        "https:///{z}/{x}/{y}",
        "//a.org/{z}/{x}/{y}",
        "https://å.org/{z}/{x}/{y}",
        "",
    ],
)
def test_an_address_that_is_no_background_is_refused(url):
    with pytest.raises(OutputError) as refused:
        maps.Tiles(url=url, attribution="Somebody")
    assert refused.value.key == "tiles_address"


def test_a_background_of_nobody_is_refused():
    with pytest.raises(OutputError):
        maps.Tiles(url=TILES.url, attribution=" ")


def test_areas_that_fit_are_left_as_they_are():
    table = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 100), box(100, 0, 200, 100)], crs="EPSG:3006")
    assert areas.make_coverage(table) is table
    assert areas.make_coverage(table.iloc[:0]).empty


@given(st.integers(0, 2**32 - 1))
def test_small_overlaps_and_gaps_between_neighbours_are_closed(seed):
    rng = np.random.default_rng(seed)
    edge = np.cumsum(rng.uniform(400, 900, 6))
    # Each of five strips draws its borders for itself, up to two metres wrong.
    shapes = [
        shapely.Polygon(
            [
                (left + rng.uniform(-2, 2), 0),
                (right + rng.uniform(-2, 2), 0),
                (right + rng.uniform(-2, 2), 5_000),
                (left + rng.uniform(-2, 2), 5_000),
            ]
        )
        for left, right in pairwise(edge)
    ]
    table = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:3006", index=list("abcde"))
    fitted = areas.make_coverage(table)
    assert fitted is not None
    assert list(fitted.index) == list("abcde")
    assert shapely.coverage_is_valid(np.asarray(fitted.geometry.array, dtype=object))
    assert np.abs(fitted.area.to_numpy() - table.area.to_numpy()).max() < 0.01 * table.area.max() + 400
    thin = pack.simplify_to(fitted, 10, coverage=True)
    assert shapely.coverage_is_valid(np.asarray(thin.geometry.array, dtype=object))


def test_areas_that_lie_upon_each_other_are_told_apart(build):
    table = gpd.GeoDataFrame(
        geometry=[box(0, 0, 100_000, 100_000), box(50_000, 0, 150_000, 100_000)], crs="EPSG:3006"
    )
    assert areas.make_coverage(table) is None
    edition = edition_of(build(municipalities=2))
    zones = edition.zones[edition.zones["kind"] == "municipality"].copy()
    zones.geometry = [zones.geometry.iloc[0]] * len(zones)
    upon = replace(edition, tables={**edition.tables, "zones": zones})
    found = payload.build_payload(upon)
    assert found["apart"] == ["land"]
    assert found["layers"]["land"]["count"] == len(zones)


def test_holes_turn_the_other_way():
    ring = shapely.Polygon(
        box(18, 66, 20, 68).exterior.coords, [box(18.5, 66.5, 19, 67).exterior.coords[::-1]]
    )
    table = gpd.GeoDataFrame(geometry=[ring, shapely.reverse(ring)], crs="EPSG:4326")
    for [[outer, hole]] in pack.pack_areas(table):
        turns = [
            shapely.LinearRing(np.cumsum(np.reshape(steps, (-1, 2)), axis=0)).is_ccw
            for steps in (outer, hole)
        ]
        assert turns[0] != turns[1]


def test_columns_that_a_level_lacks_are_left_out(results):
    edition = edition_of(results)
    bare = {
        name: table[["geometry"]]
        if isinstance(table, gpd.GeoDataFrame) and name not in {"zones", "roads"}
        else table
        for name, table in edition.tables.items()
    }
    found = payload.build_payload(replace(edition, tables=bare, level="public"))
    assert found["layers"]["routes"]["columns"].keys() <= {"all"}
    assert found["layers"]["white_spots"]["columns"].keys() == {"id"}


def test_a_figure_that_is_hidden_has_neither_share_nor_base(results):
    edition = edition_of(results)
    targets = edition.table("targets").astype({"base": "float64", "connected": "float64"})
    targets.loc[targets.index[0], ["base", "share", "connected"]] = float("nan")
    found = payload.build_payload(replace(edition, tables={**edition.tables, "targets": targets}))["targets"][
        0
    ]
    assert found["base"] is None
    assert found["share"] is None
    assert found["shares"][0] is None


def test_bands_are_packed_where_routes_may_not_be_seen(results):
    edition = edition_of(results)
    bands = gpd.GeoDataFrame(geometry=[edition.shapes("routes").buffer(250).union_all()], crs=edition.crs)
    tables = {name: table for name, table in edition.tables.items() if name != "routes"} | {
        "corridors": bands
    }
    layers = payload.build_payload(replace(edition, tables=tables))["layers"]
    assert layers["corridors"]["shape"] == "area"
    assert "routes" not in layers
    assert "drops" not in layers


@pytest.mark.parametrize(
    ("figures", "pages"),
    [
        ({}, set()),
        (
            {
                "mobile": pd.DataFrame(
                    {
                        "zone_id": ["study", "gone"],
                        "zone_kind": "study",
                        "operator": "",
                        "road_class": "",
                        "share": [0.98765, 1.0],
                    }
                )
            },
            {"mobile"},
        ),
    ],
)
def test_pages_are_packed_of_tables_that_there_are(results, figures, pages):
    edition = edition_of(results)
    known = {
        name: table
        for name, table in edition.tables.items()
        if name not in {"mobile", "mobile_operators", "public_shares", "service_shares"}
    }
    found = payload.build_payload(replace(edition, tables=known | figures))["pages"]
    assert set(found) == pages
    if pages:
        assert found["mobile"]["share"] == [0.988]


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
    manifest = json.loads((write_results(bare, tmp_path, pack=False) / "manifest.json").read_text("utf-8"))
    assert manifest["totals"]["plan"]["cost_sek"] == 0
    assert json.loads((tmp_path / "routes.geojson").read_text("utf-8"))["features"] == []
    assert compare(tmp_path, tmp_path).white_spots.empty


def test_the_important_roads_are_carried_first(build, monkeypatch):
    run = build()
    roads = run.layers.tables["roads"]
    monkeypatch.setitem(drawn.VERTICES, "roads", 1)
    found = payload.build_payload(
        edition_of(replace(run, layers=replace(run.layers, tables={"roads": roads})))
    )["layers"]["roads"]
    assert found["columns"]["road_class"] == ["1"]


def test_odd_areas_are_packed():
    table = gpd.GeoDataFrame(
        geometry=[shapely.MultiPolygon([box(18, 66, 19, 67), box(20, 66, 21, 67)])], crs="EPSG:4326"
    )
    assert [len(part) for part in pack.pack_areas(table)[0]] == [1, 1]
