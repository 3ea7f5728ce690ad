"""Zones: what there is in the layers, by kind."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box
from shapely.geometry import LineString

from infraplan import tables
from infraplan.config import Demand
from infraplan.demand import build_zones
from infraplan.demand.placing import assign_municipality
from infraplan.demand.zones import disc_radius_m
from infraplan.errors import StudyError


def test_without_municipalities_one_zone_goes_around_everything(layer, layers, study):
    found = layers(
        premises=layer("premises", [Point(0, 0), Point(1000, 0)]),
        roads=layer("roads", [LineString([(0, 0), (0, 900)])]),
    )
    zones, faults = build_zones(found, study())
    tables.check(zones, tables.ZONES, crs="EPSG:3006")
    assert list(zones.index) == ["study", "class:outside"]
    assert zones.geometry["study"].covers(Point(0, 900))
    assert {"no_municipalities", "no_localities"} == set(faults["rule"])


def test_a_single_house_is_a_study_too(layer, layers, study):
    zones, _ = build_zones(layers(premises=layer("premises", [Point(5, 5)])), study())
    assert zones.geometry["study"].area > 0


def test_nothing_at_all_is_the_users_error(layers, study):
    with pytest.raises(StudyError, match="no municipalities, premises"):
        build_zones(layers(), study())


def test_the_study_is_the_union_of_its_municipalities(layer, layers, study):
    rows = layer(
        "municipalities",
        [box(0, 0, 10, 10), box(10, 0, 20, 10), box(50, 0, 60, 10)],
        code=["02", "01", "01"],
        name=["B", "A", "A"],
    )
    zones, faults = build_zones(layers(municipalities=rows), study())
    assert list(zones.index) == ["study", "municipality:01", "municipality:02", "class:outside"]
    assert zones.geometry["municipality:01"].area == 200
    assert zones.geometry["study"].area == 300
    assert zones.loc["municipality:02", "name"] == "B"
    assert "overlapping_municipalities" not in set(faults["rule"])


def test_the_study_may_name_some_of_them(layer, layers, study):
    rows = layer("municipalities", [box(0, 0, 10, 10), box(10, 0, 20, 10)], code=["01", "02"])
    zones, _ = build_zones(layers(municipalities=rows), study(municipalities=("02",)))
    assert list(zones.index) == ["study", "municipality:02", "class:outside"]
    with pytest.raises(StudyError, match=r"9999.*01, 02"):
        build_zones(layers(municipalities=rows), study(municipalities=("9999",)))


def test_overlapping_municipalities_are_reported_with_their_overlap(layer, layers, study):
    rows = layer("municipalities", [box(0, 0, 10, 10), box(8, 0, 20, 10)], code=["01", "02"])
    _, faults = build_zones(layers(municipalities=rows), study())
    fault = faults[faults["rule"] == "overlapping_municipalities"].iloc[0]
    assert (fault["feature_id"], fault["values"], fault.geometry.area) == ("01", {"other": "02"}, 20)


def localities(layer, layers, study, shapes, **columns):
    whole = layer("municipalities", [box(-1e5, -1e5, 1e5, 1e5)], code=["01"])
    found = layers(municipalities=whole, localities=layer("localities", shapes, **columns))
    return build_zones(found, study())


def test_settlement_classes_by_inhabitants_and_by_statement(layer, layers, study):
    squares = [box(i * 100, 0, i * 100 + 10, 10) for i in range(6)]
    zones, faults = localities(
        layer, layers, study, squares,
        code=[*"ABCDE", ""], population=[200, 199, 50, 49, np.nan, np.nan],
        settlement_class=["", "", "", "", "", "small_locality"],
    )  # fmt: skip
    found = zones.loc[[f"locality:{code}" for code in "ABCE5"], "settlement_class"]
    assert list(found) == ["locality", "small_locality", "small_locality", "locality", "small_locality"]
    assert zones.loc["place:D", "kind"] == "place"
    assert zones.loc["locality:E", "class_known"] == False  # noqa: E712
    assert list(faults.loc[faults["rule"] == "locality_size_unknown", "feature_id"]) == ["E"]
    assert zones.geometry["class:locality"].area == 200
    assert zones.geometry["class:small_locality"].area == 300
    assert zones.geometry["class:outside"].area == 4e10 - 500


def test_pieces_of_one_locality_are_one_zone(layer, layers, study):
    zones, _ = localities(
        layer, layers, study, [box(0, 0, 1, 1), box(5, 0, 6, 1)], code=["A", "A"], population=[300, 300]
    )
    assert zones.geometry["locality:A"].area == 2
    assert zones.loc["locality:A", "population"] == 300


def test_points_have_an_extent_by_inhabitants_and_hamlets_are_places(layer, layers, study):
    zones, faults = localities(
        layer, layers, study, [Point(0, 0), Point(9000, 0)], code=["A", "B"], population=[1000.0, np.nan]
    )
    # 1.963 x 1000 ** 0.654 = 179.8 ha
    assert zones.geometry["class:locality"].area == pytest.approx(1.798e6, rel=0.01)
    assert zones.loc["place:B", "kind"] == "place"
    assert "locality_as_point" in set(faults["rule"])


def test_localities_outside_the_study_are_left_out_and_counted(layer, layers, study):
    shapes = [box(2e5, 0, 3e5, 10), box(1e5, 0, 1.1e5, 10), Point(2e5, 5), Point(1e5 + 100, 0)]
    zones, faults = localities(layer, layers, study, shapes, code=list("ABCD"), population=[500.0] * 4)
    assert [z for z in zones.index if z.startswith("locality")] == ["locality:D"]
    assert faults.loc[faults["rule"] == "outside_study", "values"].tolist() == [{"count": 3}]


def test_radii_follow_the_localities_of_norrbotten(shared_data):
    rows = pd.read_csv(shared_data / "norrbotten" / "tatorter_2020.csv")
    power, factor = np.polyfit(np.log(rows["population"]), np.log(rows["area_ha"]), 1)
    assert Demand().locality_area_ha == pytest.approx(np.exp(factor), abs=0.001)
    assert Demand().locality_area_power == pytest.approx(power, abs=0.001)
    modelled = np.pi * disc_radius_m(rows["population"], Demand()) ** 2 / 1e4
    assert modelled.sum() == pytest.approx(rows["area_ha"].sum(), rel=0.1)


def test_every_locality_of_norrbotten_lies_in_its_own_municipality(shared_data, layer, layers, study):
    rows = pd.read_csv(shared_data / "norrbotten" / "tatorter_2020.csv", dtype={"mun_code": str})
    points = gpd.GeoSeries(gpd.points_from_xy(rows["lon"], rows["lat"]), crs="EPSG:4326").to_crs("EPSG:3006")
    borders = gpd.read_file(shared_data / "norrbotten" / "municipalities.gpkg")
    found = layers(
        municipalities=layer(
            "municipalities", borders.geometry, code=list(borders["code"]), name=list(borders["name"])
        ),
        localities=layer(
            "localities", points, code=list(rows["code"]), population=list(rows["population"].astype(float))
        ),
    )
    zones, _ = build_zones(found, study())
    placed = assign_municipality(points, zones, np.array([], dtype=object), Demand())
    assert list(placed["municipality"]) == list(rows["mun_code"])
    assert not placed["near_border"].any()
    assert (zones["kind"].value_counts()[["municipality", "locality"]] == [14, 89]).all()
    assert (zones.loc[zones["kind"] == "locality", "settlement_class"] == "locality").all()
    assert zones["population"].sum() == 207_398
