"""QGIS styles: read back from the package, in the palette's colours, by columns that are there."""

import dataclasses
import re
import sqlite3
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box

from infraplan.outputs.edition import edition_of
from infraplan.outputs.gpkg import write_gpkg
from infraplan.outputs.looks import ZONE_SHARES, Look, look_of, zone_shares
from infraplan.outputs.qml import to_qml
from infraplan.outputs.styles import NO_SHARE, SHARE_BREAKS, SHARE_COLOURS, STYLES

CRS = "EPSG:3006"
KINDS = {"POINT": ("marker", "0"), "LINESTRING": ("line", "1"), "POLYGON": ("fill", "2")}


def parse(look):
    return ET.fromstring(to_qml(look))  # noqa: S314  (our own text)


def colours(symbol, key):
    return ["#{:02x}{:02x}{:02x}".format(*map(int, found.get("value").split(",")[:3]))
            for found in symbol.iter("Option") if found.get("name") == key]  # fmt: skip


@pytest.mark.parametrize("name", STYLES)
def test_every_style_is_a_qgis_document_in_its_colour(name):
    style = STYLES[name]
    root = parse(Look(style))
    kind = root.find("renderer-v2/symbols/symbol").get("type")
    assert kind == {"line": "line", "area": "fill"}.get(style.symbol, "marker")
    assert colours(root, "line_color" if style.symbol == "line" else "outline_color")[-1] == style.stroke


def test_a_cased_line_has_its_casing_beneath():
    layers = parse(Look(STYLES["routes"])).findall("renderer-v2/symbols/symbol/layer")
    assert [colours(layer, "line_color") for layer in layers] == [["#ffffff"], [STYLES["routes"].stroke]]


@pytest.fixture(scope="module")
def edition(results):
    edition = edition_of(results)
    cells = gpd.GeoDataFrame(
        {"units": [10, 0], "orderable": [6, 0]},
        index=pd.Index(["c1", "c2"], name="cell_id"),
        geometry=[box(820_000, 7_350_000, 821_000, 7_351_000), box(821_000, 7_350_000, 822_000, 7_351_000)],
        crs=CRS,
    )
    public = gpd.GeoDataFrame(
        {"connection": ["fibre", "none", "other"], "name": list("abc")},
        index=pd.Index(["p1", "p2", "p3"], name="building_id"),
        geometry=[Point(820_000 + i, 7_350_000) for i in range(3)],
        crs=CRS,
    )
    gaps = gpd.GeoDataFrame(
        {"emergency": ["no_call"], "name": ["E10"]},
        index=pd.Index(["g1"], name="gap_id"),
        geometry=[LineString([(820_000, 7_350_000), (821_000, 7_350_000)])],
        crs=CRS,
    )
    return dataclasses.replace(
        edition, tables={**edition.tables, "cells": cells, "public": public, "mobile_gaps": gaps}
    )


@pytest.fixture(scope="module")
def package(edition, tmp_path_factory):
    path = tmp_path_factory.mktemp("styles") / "plan.gpkg"
    write_gpkg(edition, path)
    with sqlite3.connect(path) as found:
        yield found


def test_every_styled_layer_is_there_with_its_kind_and_its_columns(package):
    styles = package.execute(
        "SELECT f_table_name, f_geometry_column, styleQML, useAsDefault FROM layer_styles"
    ).fetchall()
    asked = "SELECT table_name, column_name, geometry_type_name FROM gpkg_geometry_columns"
    told = {name: (column, kind) for name, column, kind in package.execute(asked)}
    # Faults are of any kind: each has the shape of what it is a fault of.
    assert {row[0] for row in styles} == set(told) - {"faults"}
    # QGIS as municipalities have it warns of later ones.
    assert package.execute("PRAGMA user_version").fetchone() == (10300,)
    for name, geometry, text, default in styles:
        root = ET.fromstring(text)  # noqa: S314  (our own text)
        column, kind = told[name]
        assert geometry == column
        assert default
        symbol_type, number = KINDS[kind.removeprefix("MULTI")]
        assert {symbol.get("type") for symbol in root.iter("symbol")} == {symbol_type}, name
        assert root.find("layerGeometryType").text == number
        columns = {row[1] for row in package.execute(f"PRAGMA table_info('{name}')")}
        renderer = root.find("renderer-v2")
        by = renderer.get("attr", "")
        assert set(re.findall(r'"(\w+)"', by) or filter(None, [by])) <= columns, name
        for label in root.iter("text-style"):
            assert label.get("fieldName") in columns
        symbols = {symbol.get("name") for symbol in renderer.find("symbols")}
        used = {
            found.get("symbol") for box in ("ranges", "categories") for found in renderer.findall(f"{box}/*")
        }
        assert used <= symbols


def test_columns_of_the_style_table_are_those_of_qgis(package):
    columns = [row[1] for row in package.execute("PRAGMA table_info('layer_styles')")]
    assert columns == [
        "id",
        "f_table_catalog",
        "f_table_schema",
        "f_table_name",
        "f_geometry_column",
        "styleName",
        "styleQML",
        "styleSLD",
        "useAsDefault",
        "description",
        "owner",
        "ui",
        "update_time",
    ]


def range_of(root, value):
    """Return the colour that QGIS fills a value with: that of the first range which has it."""
    renderer = root.find("renderer-v2")
    for found in renderer.find("ranges"):
        if float(found.get("lower")) <= value <= float(found.get("upper")):
            (symbol,) = [s for s in renderer.find("symbols") if s.get("name") == found.get("symbol")]
            return colours(symbol, "color")[0]
    return None


@pytest.mark.parametrize("name", [ZONE_SHARES, "cells"])
def test_shares_have_the_colours_of_the_map(name):
    table = gpd.GeoDataFrame(
        {"share": [0.5], "orderable": [1], "units": [2]},
        geometry=[box(0, 0, 1, 1)],
        crs=CRS,
    )
    root = parse(look_of(name, table, "sv"))
    limits = (0.0, *SHARE_BREAKS)
    # A share belongs to the first break that it is below.
    assert [range_of(root, share) for share in limits] == list(SHARE_COLOURS)
    assert [range_of(root, share - 0.001) for share in SHARE_BREAKS] == list(SHARE_COLOURS[:-1])
    assert range_of(root, 1.0) == SHARE_COLOURS[-1]
    assert range_of(root, -1.0) == NO_SHARE


def test_zones_have_the_share_of_the_first_target(edition):
    found = zone_shares(edition)
    targets = edition.table("targets")
    first = targets[targets["decides"] & (targets["target"] == targets["target"].iloc[0])].set_index(
        "zone_id"
    )["share"]
    assert set(found.index) == set(edition.table("zones").index) & set(first.index)
    assert (found["share"] - first.loc[found.index]).abs().max() <= 0.001
    assert found.area.is_monotonic_decreasing


@pytest.mark.parametrize("gone", ["zones", "targets"])
def test_without_zones_or_targets_there_are_no_shares(edition, gone):
    tables = {name: table for name, table in edition.tables.items() if name != gone}
    assert zone_shares(dataclasses.replace(edition, tables=tables)) is None


def lines(**columns):
    return gpd.GeoDataFrame(columns, geometry=[LineString([(0, 0), (1, i)]) for i in range(3)], crs=CRS)


def test_phases_differ_by_their_dash_and_drops_are_thin():
    look = look_of("routes", lines(kind=["road", "road", "drop"], phase=[1, 2, 2]), "en")
    root = parse(look)
    values = [found.get("value") for found in root.iter("category")]
    assert values == ["1", "2", "drop", ""]
    symbols = root.findall("renderer-v2/symbols/symbol")
    dashes = [
        [o.get("value") for o in symbol.iter("Option") if o.get("name") == "customdash"][-1]
        for symbol in symbols
    ]
    assert dashes[0] != dashes[1]
    assert dashes[0] == dashes[3]
    assert colours(symbols[0], "line_color") == ["#ffffff", STYLES["routes"].stroke]
    assert colours(symbols[2], "line_color") == [STYLES["drops"].stroke]


def test_a_level_without_the_columns_is_drawn_as_one():
    look = look_of("routes", lines(length_m=[1.0, 2.0, 3.0]), "en")
    assert look.kind == "single"
    assert parse(look).find("renderer-v2").get("type") == "singleSymbol"


def test_connections_differ_by_shape_as_well_as_by_colour():
    table = gpd.GeoDataFrame({"connection": ["fibre"]}, geometry=[Point(0, 0)], crs=CRS)
    root = parse(look_of("public", table, "sv"))
    shapes = [o.get("value") for o in root.iter("Option") if o.get("name") == "name" and o.get("value")]
    assert len(set(shapes[:3])) == 3
    assert {"Ansluten med fiber", "Inte ansluten"} <= {found.get("label") for found in root.iter("category")}


def test_layers_that_the_map_does_not_draw_have_no_style():
    assert look_of("faults", lines(a=[1, 2, 3]), "en") is None


def test_zones_are_labelled_by_name():
    table = gpd.GeoDataFrame({"name": ['<b>"å"'], "share": [1.0]}, geometry=[box(0, 0, 1, 1)], crs=CRS)
    root = parse(look_of(ZONE_SHARES, table, "sv"))
    assert root.get("labelsEnabled") == "1"
    assert root.find("labeling/settings/text-style").get("fieldName") == "name"
