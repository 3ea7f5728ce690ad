"""GeoJSON, CSV and cells: what other programs must be able to read."""

import csv
import io
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from infraplan import tables
from infraplan.outputs.cells import plain
from infraplan.outputs.delimited import to_csv
from infraplan.outputs.geojson import to_geojson, to_points

CRS = "EPSG:3006"


def frame(shapes, **columns):
    index = pd.Index([f"f{i}" for i in range(len(shapes))], name="feature")
    return gpd.GeoDataFrame(columns, index=index, geometry=shapes, crs=CRS)


def test_geojson_is_wgs84_in_lon_lat_order():
    # Lantmäteriet's worked example of SWEREF 99 TM: N 6097106.672, E 356083.438 is 55° N, 12° 45' E.
    found = json.loads(to_geojson(frame([Point(356_083.438, 6_097_106.672)])))
    assert found["features"][0]["geometry"]["coordinates"] == [12.75, 55.0]
    assert "crs" not in found


def test_geojson_winds_exteriors_counter_clockwise_and_holes_clockwise():
    hole = [(810_002, 7_400_002), (810_008, 7_400_002), (810_008, 7_400_008), (810_002, 7_400_008)]
    clockwise = Polygon(
        [(810_000, 7_400_000), (810_000, 7_400_010), (810_010, 7_400_010), (810_010, 7_400_000)], [hole]
    )
    geometry = json.loads(to_geojson(frame([clockwise])))["features"][0]["geometry"]
    assert geometry["type"] == "MultiPolygon"
    exterior, inner = geometry["coordinates"][0]
    assert shapely.is_ccw(shapely.linearrings(exterior))
    assert not shapely.is_ccw(shapely.linearrings(inner))


def test_geojson_has_one_geometry_type_where_areas_mix():
    squares = [box(810_000, 7_400_000, 810_100, 7_400_100), box(810_200, 7_400_000, 810_300, 7_400_100)]
    found = json.loads(to_geojson(frame([squares[0], MultiPolygon(squares)])))
    assert {f["geometry"]["type"] for f in found["features"]} == {"MultiPolygon"}


def test_geojson_rounds_to_six_decimals_and_stays_valid():
    # A sliver of 3 cm: rounding its corners one by one could make it cross itself.
    sliver = Polygon(
        [(810_000, 7_400_000), (810_400, 7_400_000.03), (810_800, 7_400_000), (810_400, 7_399_999.9)]
    )
    found = to_geojson(frame([sliver, box(810_000, 7_400_000, 810_000.01, 7_400_000.01)]))
    for feature in json.loads(found)["features"]:
        flat = np.array(shapely.get_coordinates(shapely.geometry.shape(feature["geometry"])))
        assert (np.round(flat, 6) == flat).all()
    assert shapely.is_valid(shapely.geometry.shape(json.loads(found)["features"][0]["geometry"]))


def test_a_line_shorter_than_the_rounding_stays_a_line():
    speck = LineString([(810_000.0, 7_400_000.0), (810_000.01, 7_400_000.01)])
    mark = LineString([(810_000.0, 7_400_000.0), (810_050.0, 7_400_000.0)])
    first, second = (
        f["geometry"]["coordinates"] for f in json.loads(to_geojson(frame([speck, mark])))["features"]
    )
    assert first[0] != first[1]
    assert second == [[round(x, 6), round(y, 6)] for x, y in second]


def test_geojson_writes_missing_numbers_as_null_and_ids_twice():
    table = frame([Point(810_000, 7_400_000)], speed=[float("nan")], name=['Å "citat" <b>'], met=[True])
    feature = json.loads(to_geojson(table))["features"][0]
    assert feature["id"] == "f0"
    assert feature["properties"] == {"feature": "f0", "speed": None, "name": 'Å "citat" <b>', "met": True}


@pytest.mark.parametrize("contract", [tables.WHITE_SPOTS, tables.WHITE_SPOT_AREAS, tables.ROUTES])
def test_geojson_of_nothing_is_an_empty_collection(contract):
    assert json.loads(to_geojson(tables.empty(contract, CRS))) == {
        "type": "FeatureCollection",
        "features": [],
    }


def test_geojson_leaves_out_rows_without_a_place():
    found = json.loads(
        to_geojson(to_points(frame([None, Polygon(), box(0, 0, 9, 9), LineString([(0, 0), (2, 2)])])))
    )
    assert [f["id"] for f in found["features"]] == ["f2", "f3"]
    assert {f["geometry"]["type"] for f in found["features"]} == {"Point"}


def read_csv(text):
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_csv_defuses_formulas_but_not_negative_numbers():
    rows = read_csv(
        to_csv(pd.DataFrame({"name": ["=1+1", "+46", "-x", "@a", "\t=1", "plain"], "n": [-1, 2, 3, 4, 5, 6]}))
    )
    assert [row["name"] for row in rows] == ["'=1+1", "'+46", "'-x", "'@a", "'\t=1", "plain"]
    assert rows[0]["n"] == "-1"


def test_csv_defuses_formulas_in_heads_behind_line_breaks_and_in_full_width():
    text = to_csv(pd.DataFrame({"=1": ["\n=1+1", "\uff1d1+1", "\uff20SUM(1)"]}))
    rows = read_csv(text)
    assert [row["'=1"] for row in rows] == ["'\n=1+1", "'\uff1d1+1", "'\uff20SUM(1)"]


def test_csv_writes_points_as_decimals_and_nothing_for_missing():
    rows = read_csv(to_csv(pd.DataFrame({"a": [0.5, np.nan], "b": [True, False]})))
    assert rows == [{"a": "0.5", "b": "True"}, {"a": "", "b": "False"}]


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=20),
        min_size=1,
        max_size=5,
    )
)
def test_csv_gives_back_every_text(texts):
    rows = read_csv(to_csv(pd.DataFrame({"t": pd.Series(texts, dtype="object")})))
    assert [row["t"].removeprefix("'") for row in rows] == [t.removeprefix("'") for t in texts]


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4)
)
def test_cells_are_always_json(value):
    json.dumps(plain(value), allow_nan=False).encode("utf-8")


def test_cells_lose_their_library():
    values = [np.int64(3), np.float64("inf"), np.bool_(1), pd.NA, pd.NaT, pd.Timestamp(2026, 1, 15), "\ud800"]
    assert [plain(v) for v in values] == [3, None, True, None, None, "2026-01-15T00:00:00", "?"]
