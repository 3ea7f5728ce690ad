"""Not a byte of what must stay in the house is in what leaves it, however deep a file packs it."""

import base64
import dataclasses
import json
import re
import sqlite3
import zipfile
import zlib
from html import escape
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd
import pikepdf
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from shapely import LineString, Point

from infraplan.config import Layer
from infraplan.layers.gdal import reading_alone
from infraplan.outputs import edition_of, export, write_results
from infraplan.outputs.exchange import FORMATS
from infraplan.outputs.redact import redact

X, Y = 800_000.0, 7_400_000.0
NODE = Point(806_111.37, 7_408_603.83)
"""A node of the existing network close to where the planned routes begin."""
CAPACITY = 79_197_919

NAMES = (
    "OPERATÖR-HEMLIG & Co",
    "NOD-HEMLIG",
    "SKYDDAT-HEMLIG",
    "SJUKHUS-HEMLIG",
    "DUCT-HEMLIG",
    "WORKS-HEMLIG",
    "AREA-HEMLIG",
    "CABINET-HEMLIG",
    "MAST-HEMLIG",
    "RING-HEMLIG",
    "KONTAKT-HEMLIG",
    "KÄLLA-HEMLIG",
    "ANTAGANDE-HEMLIGT",
    "PERSON-HEMLIG",
    "fil-hemlig.gpkg",
    "lager-hemligt",
    "PREMISES-HEMLIG",
    "FÖRBUD-HEMLIGT",
    "EGET-HEMLIGT",
)
CHECKSUM = "deadbeef" * 8
SECRETS = (*NAMES, CHECKSUM, str(CAPACITY), "777+888", "806111.37", "7408603.83")


def make_secret_layers(layers):
    """Return input layers with names, places and numbers that nobody outside may see."""
    found = dict(layers.tables)
    node = gpd.GeoDataFrame(
        {"operator": NAMES[0], "kind": "NOD-HEMLIG", "capacity": CAPACITY},
        index=pd.Index(["NOD-HEMLIG"], name="feature_id"),
        geometry=[NODE],
        crs="EPSG:3006",
    )
    line = node.set_geometry([LineString([NODE, (X, Y + 7_500)])]).assign(kind="access")
    buildings = found["public_buildings"]
    more = buildings.iloc[[0, 0]].assign(
        kind=["hospital", "protected_housing"], name=["SJUKHUS-HEMLIG", "SKYDDAT-HEMLIG"], operator=NAMES[0]
    )
    seen = node.assign(author="PERSON-HEMLIG", date="2026-01-01", says="no_service")
    found |= {
        "fibre_nodes": node,
        "masts": node.assign(name="MAST-HEMLIG"),
        "exchanges": node.assign(name="NOD-HEMLIG"),
        "fibre_lines": line,
        "ducts": line.assign(owner=NAMES[0]).set_axis(pd.Index(["DUCT-HEMLIG"], name="duct_id")),
        "public_buildings": gpd.GeoDataFrame(pd.concat([buildings, more]), crs="EPSG:3006"),
        "mobile_coverage": found["mobile_coverage"].assign(operator=NAMES[0], secret="EGET-HEMLIGT"),  # noqa: S106
        "observations": seen.drop(columns=["operator", "kind"]),
    }
    sources = layers.sources
    extra = sources.iloc[[0] * 5].set_axis(
        pd.Index(["fibre_nodes", "masts", "exchanges", "ducts", "observations"], name="layer")
    )
    told = pd.concat([sources, extra])
    told = told.assign(
        path="fil-hemlig.gpkg",
        sha256=CHECKSUM,
        source=["KÄLLA-HEMLIG"] * len(told),
        assumption="ANTAGANDE-HEMLIGT",
        # What is public of its own is shown: its owner's words with it.
        level="internal",
    )
    return dataclasses.replace(layers, tables=found, sources=told)


def make_secret_plan(plan):
    rename = {name: f"PREMISES-HEMLIG-{name}" for name in plan.served.index}
    return rename, dataclasses.replace(
        plan,
        routes=plan.routes.assign(
            duct_id="DUCT-HEMLIG", owner=NAMES[0], cables="777+888", works_id="WORKS-HEMLIG",
            areas="AREA-HEMLIG", reason="EGET-HEMLIGT", existing="leased_duct", room=CAPACITY,
            fibres=CAPACITY, cabinet_id="CABINET-HEMLIG",
        ),
        served=plan.served.rename(index=rename),
        unserved=plan.unserved.rename(index=lambda name: f"PREMISES-HEMLIG-{name}"),
        cabinets=plan.cabinets.rename(index=lambda name: f"CABINET-HEMLIG-{name}"),
        bill=plan.bill.assign(source="KÄLLA-HEMLIG", detail="DUCT-HEMLIG"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def secret(results):
    """Return a run in which everything that must not leave the house has a name that can be looked for."""
    rename, plan = make_secret_plan(results.plan)
    package = results.package
    follows = dataclasses.replace(
        package,
        optics=package.optics.rename(index=rename).assign(cabinet_id="CABINET-HEMLIG"),
        technology=package.technology.rename(index=rename).assign(mast_id="MAST-HEMLIG"),
        rings=package.rings.assign(name="RING-HEMLIG"),
        permits=package.permits.assign(name="AREA-HEMLIG", area_id="AREA-HEMLIG"),
        codigging=package.codigging.assign(contact="KONTAKT-HEMLIG", works_id="WORKS-HEMLIG"),
    )
    ids = {name: f"PREMISES-HEMLIG-{name}" for name in results.premises.index}
    study = results.study.model_copy(
        update={
            "layers": {"ducts": (Layer(path="/hem/fil-hemlig.gpkg", layer="lager-hemligt"),)},
            "plan": results.study.plan.model_copy(update={"exclude": ("FÖRBUD-HEMLIGT",)}),
            "coverage": results.study.coverage.model_copy(update={"networks": {NAMES[0]: NAMES[0]}}),
        }
    )
    public = gpd.GeoDataFrame(
        {"kind": ["hospital", "protected_housing"], "name": ["SJUKHUS-HEMLIG", "SKYDDAT-HEMLIG"],
         "operator": NAMES[0], "municipality": "2500", "settlement_class": "outside", "premises_id": "",
         "households": 0, "connection": "fibre", "down_mbps": 100.0, "orderable": "fibre", "wifi": "no",
         "fixed_operators": NAMES[0], "mobile_operators": NAMES[0], "protected": [False, True],
         "without_fibre": False, "source": "public_buildings"},
        index=pd.Index(["B1", "B2"], name="building_id"), geometry=[NODE, NODE], crs="EPSG:3006",
    )  # fmt: skip
    return dataclasses.replace(
        results,
        study=study,
        plan=plan,
        package=follows,
        layers=make_secret_layers(results.layers),
        premises=results.premises.rename(index=ids),
        facts=results.premises.rename(index=ids).assign(connected_operator=NAMES[0]),
        white_spots=results.white_spots.rename(index=ids).assign(owner=NAMES[0]),
        figures={"public": public},
    )


@pytest.fixture(scope="module")
def folder(secret, tmp_path_factory):
    return write_results(secret, tmp_path_factory.mktemp("secret"), pack=False)


def spell(text: str) -> set[bytes]:
    """Return a text as files may write it: in other encodings, and escaped for HTML, JSON, addresses."""
    ways = {
        text,
        escape(text),
        quote(text),
        quote(text, safe=""),
        json.dumps(text)[1:-1],
        escape(text, quote=False),
    }
    ways |= {"".join(f"&#{ord(sign)};" if ord(sign) > 127 or sign in "&<>" else sign for sign in text)}
    found = {way.encode(code) for way in ways for code in ("utf-8", "utf-16-le", "utf-16-be")}
    return found | {text.encode("latin-1")}


def unpack(data: bytes, depth: int = 0):
    """Yield bytes, and all that is packed in them: zipped, deflated, in base64, as numbers of a page."""
    yield data
    if depth > 4:
        return
    if data[:4] == b"PK\x03\x04":
        yield from unpack_zip(data, depth)
    elif data[:4] == b"%PDF":
        yield from unpack_pdf(data)
    for at in (found.start() for found in re.finditer(rb"\x1f\x8b\x08", data)):
        inflate = zlib.decompressobj(31)
        try:
            yield from unpack(inflate.decompress(data[at:]), depth + 1)
        except zlib.error:
            continue  # the three bytes were no beginning
    for found in re.finditer(rb"[A-Za-z0-9+/]{64,}={0,2}", data):
        text = found[0].rstrip(b"=")
        text = text[: len(text) - (len(text) % 4 == 1)]
        yield from unpack(base64.b64decode(text + b"=" * (-len(text) % 4)), depth + 1)


def unpack_zip(data, depth):
    import io  # noqa: PLC0415

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield archive.comment
        for name in archive.namelist():
            yield name.encode()
            yield from unpack(archive.read(name), depth + 1)


def unpack_pdf(data):
    import io  # noqa: PLC0415

    with pikepdf.open(io.BytesIO(data)) as document:
        for found in document.objects:
            if isinstance(found, pikepdf.Stream):
                yield found.read_bytes()
            yield from (bytes(text) for text in find_strings(found))


def find_strings(value, depth=0):
    if isinstance(value, pikepdf.String):
        yield bytes(value)
        yield str(value).encode()
    elif depth < 3 and isinstance(value, pikepdf.Array):
        for part in value:
            yield from find_strings(part, depth + 1)
    elif depth < 3 and isinstance(value, pikepdf.Dictionary):
        for part in value.values():
            yield from find_strings(part, depth + 1)


def read_packed(path):
    """Yield all that a file holds, what its format packs by itself among it."""
    yield path.name.encode()
    yield from unpack(path.read_bytes())
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield repr(table.schema.metadata).encode()
        yield from (repr(key).encode() for key in (table.schema.metadata or {}).values())
        yield "\n".join(map(str, table.drop_columns(shapes_of(table)).to_pylist())).encode()
    elif path.suffix == ".gpkg":
        with sqlite3.connect(path) as base:
            assert base.execute("PRAGMA freelist_count").fetchone() == (0,)
            names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                yield repr(base.execute(f'SELECT * FROM "{name}"').fetchall()).encode()  # noqa: S608
        base.close()


def shapes_of(table):
    return [name for name in ("geometry", "bbox") if name in table.column_names]


def find_secrets(folder) -> dict[str, set[str]]:
    """Return the secrets that each file of a folder holds."""
    ways = {secret: spell(secret) for secret in SECRETS}
    found: dict[str, set[str]] = {}
    for path in sorted(folder.iterdir()):
        for data in read_packed(path):
            told = {secret for secret, spelt in ways.items() if any(way in data for way in spelt)}
            if told:
                found.setdefault(path.name, set()).update(told)
    return found


# PMTiles and KML hold the same layers, and take their own programs: tried with the others where they are.
PACKED = [name for name in FORMATS if name != "pmtiles"]


@pytest.fixture(scope="module", params=["public", "restricted"])
def exported(request, folder, tmp_path_factory):
    where = tmp_path_factory.mktemp(request.param)
    export(folder, where, level=request.param, formats=PACKED)
    return request.param, where


def test_no_secret_is_in_any_file(exported):
    level, where = exported
    assert find_secrets(where) == {}
    names = {path.name for path in where.iterdir()}
    assert all(level in name for name in names)
    assert {
        f"map_{level}.html",
        f"plan_{level}.xlsx",
        f"infraplan_{level}.gpkg",
        f"export_{level}.json",
    } <= names


def test_the_search_finds_every_secret_where_there_are_any(folder, tmp_path):
    export(folder, tmp_path, level="internal", formats=PACKED)
    found = find_secrets(tmp_path)
    of_study = {"fil-hemlig.gpkg", "lager-hemligt", CHECKSUM, "FÖRBUD-HEMLIGT"}  # in the manifest of the run
    assert set(SECRETS) - of_study <= set().union(*found.values()) | {"SKYDDAT-HEMLIG"}
    assert of_study <= find_secrets(folder)["manifest.json"] | {CHECKSUM}
    # In packed ones too: else the search would be blind to them.
    for name in (
        "map_internal.html",
        "plan_internal.xlsx",
        "infraplan_internal.gpkg",
        "fibre_nodes_internal.parquet",
    ):
        assert found[name], name


def test_each_file_says_its_level_and_what_it_is_not_for(exported):
    level, where = exported
    about = json.loads((where / f"export_{level}.json").read_text("utf-8"))
    assert about["level"] == level
    assert "Ledningskollen" in about["not_for_excavation"]
    assert set(about["files"]) == {path.name for path in where.iterdir()} - {f"export_{level}.json"}
    assert all(row["date"] for row in about["sources"])
    assert about["suppressed_below"] == (5 if level == "public" else None)
    assert about["holds"]


def read_shapes(where):
    with reading_alone():
        for path in sorted(where.iterdir()):
            if path.suffix in (".gpkg", ".fgb", ".geojson"):
                for layer, kind in pyogrio.list_layers(path):
                    if kind is not None:
                        yield layer, gpd.read_file(path, layer=layer).to_crs("EPSG:3006")


def test_no_corner_of_any_shape_is_a_place_of_the_network(exported, secret):
    level, where = exported
    # What is planned is at round places in the made-up run, on the grid of generalised lines.
    planned = [*secret.plan.routes.geometry, *secret.plan.cabinets.geometry] if level == "public" else []
    places = shapely.get_coordinates([NODE, *planned])
    corners = {}
    for layer, table in read_shapes(where):
        corners.setdefault(layer, []).append(shapely.get_coordinates(table.geometry.to_numpy()))
    assert len(corners) > 3
    for layer, found in corners.items():
        assert distance_to(places, np.vstack(found)).min() > 1.0, layer


def distance_to(places, corners):
    tree = shapely.STRtree(shapely.points(places))
    _, distance = tree.query_nearest(shapely.points(corners), return_distance=True, all_matches=False)
    return distance


def test_the_corners_of_public_bands_are_far_from_the_network(secret):
    found = redact(edition_of(secret), "public").shapes("corridors")
    trenches = secret.plan.routes.query("kind != 'drop'")
    corners = shapely.points(shapely.get_coordinates(found.geometry.to_numpy()))
    ends = shapely.points(shapely.get_coordinates(trenches.geometry.iloc[[0, -1]].to_numpy()))
    assert shapely.distance(corners, NODE).min() > 0.0
    assert min(shapely.distance(end, corners).min() for end in ends) >= 40.0
    assert shapely.union_all(trenches.geometry).difference(found.union_all()).length < 1e-6
