"""Zones of statistics, elections and a study's own, from their layers."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Polygon, box

from infraplan import tables
from infraplan.config import Layer, Study, StudyInfo
from infraplan.demand import assign_zones, build_zones, find_unplaced, sum_by_zone, zone_facts
from infraplan.layers.faults import describe
from infraplan.layers.read import read_layers
from infraplan.words import load

CRS = "EPSG:3006"
WHOLE = box(0, 0, 100, 100)


@pytest.fixture
def build(layer, layers, study):
    """Return the zones and faults of a study of a square of 100 m, with the layers given."""

    def go(**named):
        municipality = layer("municipalities", [WHOLE], code=["01"], name=["A"])
        return build_zones(layers(municipalities=municipality, **named), study())

    return go


def place(xy, **columns):
    """Return premises at points; what the tests do not ask about is the same for all."""
    defaults = {"municipality": "01", "locality": "", "settlement_class": "outside", "households": 1}
    frame = gpd.GeoDataFrame(defaults | columns, index=range(len(xy)), geometry=shapely.points(xy), crs=CRS)
    frame.index = frame.index.astype("str").rename("premises_id")
    return frame


def rule(faults, name):
    return faults[faults["rule"] == name]


@pytest.mark.parametrize(("name", "kind"), [("deso", "deso"), ("districts", "district"), ("areas", "area")])
def test_zones_of_a_layer_follow_the_others_by_code(layer, build, name, kind):
    rows = layer(name, [box(50, 0, 100, 100), box(0, 0, 50, 100)], code=["2", "1"], name=["", "West"])
    rows["population"] = [7.0, np.nan]
    zones, faults = build(**{name: rows})
    tables.check(zones, tables.ZONES, crs=CRS)
    assert list(zones.index) == ["study", "municipality:01", "class:outside", f"{kind}:1", f"{kind}:2"]
    assert set(zones["kind"][-2:]) == {kind}
    assert zones["name"][-2:].tolist() == ["West", "2"]
    assert zones["population"].iloc[-1] == 7
    assert np.isnan(zones["population"].iloc[-2])
    assert set(faults["rule"]) == {"no_localities"}


def test_zones_that_the_study_touches_stay_whole_and_others_are_counted(layer, build):
    shapes = [box(90, 0, 200, 100), box(100, 0, 200, 100), box(500, 0, 600, 9), box(-50, 99.999, 50, 150)]
    zones, faults = build(areas=layer("areas", shapes, code=list("abcd")))
    assert [i for i in zones.index if i.startswith("area")] == ["area:a"]
    assert zones.geometry["area:a"].area == 110 * 100
    assert rule(faults, "outside_study")["values"].tolist() == [{"count": 3}]
    assert rule(faults, "outside_study")["layer"].tolist() == ["areas"]


def test_all_zones_outside_the_study_leave_no_kind(layer, build):
    zones, faults = build(deso=layer("deso", [box(500, 0, 600, 9)], code=["a"]))
    assert "deso" not in set(zones["kind"])
    assert rule(faults, "outside_study")["values"].tolist() == [{"count": 1}]


def test_an_empty_layer_is_no_kind_and_no_fault(layer, build):
    zones, faults = build(areas=layer("areas", [], code=[]))
    assert "area" not in set(zones["kind"])
    assert set(faults["rule"]) == {"no_localities"}


def test_rows_of_one_code_are_one_zone_and_told_of_where_they_differ(layer, build):
    shapes = [box(i * 10, 0, i * 10 + 5, 10) for i in range(6)]
    rows = layer("areas", shapes, code=list("aabbcc"), name=["A", "A", "B", "Bee", "", "C"])
    rows["population"] = [5.0, 5.0, 1.0, 2.0, np.nan, 3.0]
    zones, faults = build(areas=rows)
    assert zones.geometry[["area:a", "area:b", "area:c"]].area.tolist() == [100] * 3
    assert zones.loc[["area:a", "area:b", "area:c"], "name"].tolist() == ["A", "B", "C"]
    assert zones.loc[["area:a", "area:b", "area:c"], "population"].tolist() == [5, 1, 3]
    told = rule(faults, "zone_told_twice")
    assert told["feature_id"].tolist() == ["b"]
    assert told["values"].tolist() == [{"columns": "name, population"}]


def test_zones_that_overlap_are_reported_and_premises_belong_to_the_first_code(layer, build):
    rows = layer("areas", [box(40, 0, 80, 100), box(0, 0, 50, 100)], code=["b", "a"])
    zones, faults = build(areas=rows)
    fault = rule(faults, "overlapping_zones").iloc[0]
    assert (fault["layer"], fault["feature_id"], fault["values"]) == (
        "areas", "a", {"other": "b", "area_m2": 1000},
    )  # fmt: skip
    assert fault.geometry.equals(box(40, 0, 50, 100))
    for language in ("en", "sv"):
        said = describe(faults, load(language))["message"].iloc[-1]
        assert all(part in said for part in ("areas", "a", "b", "1"))
    premises = place([(45, 5), (40, 5), (50, 5), (60, 5), (80, 5), (80.001, 5)])
    zone = assign_zones(premises, zones)["area"]
    assert zone[:5].tolist() == ["area:a", "area:a", "area:a", "area:b", "area:b"]
    assert zone.isna().tolist() == [False] * 5 + [True]


@pytest.mark.parametrize("gap", [0.0, 1e-4, -1e-4])
def test_neighbours_do_not_overlap_and_their_border_belongs_to_the_first_code(layer, build, gap):
    rows = layer("areas", [box(0, 0, 50 - gap, 100), box(50, 0, 100, 100)], code=["b", "a"])
    zones, faults = build(areas=rows)
    assert rule(faults, "overlapping_zones").empty
    zone = assign_zones(place([(50, 5), (50, 0), (49, 5), (0, 0)]), zones)["area"]
    assert zone.tolist() == ["area:a", "area:a", "area:b", "area:b"]


def test_a_sliver_along_kilometres_is_noise_and_a_wedge_is_not(layer, layers, study):
    west = box(0, 0, 50_000, 100_000)
    for east, overlaps in ((box(49_999.95, 0, 90_000, 100_000), 0), (box(49_999, 0, 90_000, 100_000), 1)):
        found = layers(
            municipalities=layer("municipalities", [box(0, 0, 1e5, 1e5)], code=["01"]),
            areas=layer("areas", [west, east], code=["a", "b"]),
        )
        _, faults = build_zones(found, study())
        assert len(rule(faults, "overlapping_zones")) == overlaps


def test_premises_in_no_zone_are_reported_once_a_kind(layer, build):
    rows = layer("areas", [box(0, 0, 50, 100)], code=["a"])
    deso = layer("deso", [WHOLE], code=["d"])
    zones, _ = build(areas=rows, deso=deso)
    premises = place([(10, 10), (60, 60), (70, 70)], households=[1, 2, 3])
    membership = assign_zones(premises, zones)
    faults = find_unplaced(premises, membership)
    tables.check(faults, tables.FAULTS, crs=CRS)
    assert faults[["rule", "layer", "severity"]].to_numpy().tolist() == [["outside_zones", "areas", "info"]]
    assert faults["values"].tolist() == [{"count": 2, "households": 5}]
    assert find_unplaced(premises[:1], membership[:1]).empty


def test_a_zone_without_premises_has_a_base_of_zero(layer, build):
    rows = layer("districts", [box(0, 0, 50, 100), box(50, 0, 100, 100)], code=["a", "b"])
    zones, _ = build(districts=rows)
    premises = place([(10, 10)])
    sums = sum_by_zone(assign_zones(premises, zones), premises[["households"]])
    assert sums["households"].to_dict() == {
        "study": 1, "municipality:01": 1, "class:outside": 1, "district:a": 1, "district:b": 0,
    }  # fmt: skip


def test_what_zones_bring_along_is_kept_by_zone(layer, layers):
    deso = layer("deso", [box(0, 0, 1, 1), box(1, 0, 2, 1), box(2, 0, 3, 1)], code=["b", "a", "b"])
    deso["share_65"] = [np.nan, 0.25, 0.5]
    deso["population"] = [4.0, 5.0, 6.0]
    places = layer("localities", [box(0, 0, 1, 1)], ids=["7"], population=[300.0])
    facts = zone_facts(layers(deso=deso, localities=places))
    assert set(facts) == {"deso", "locality"}
    assert facts["deso"]["share_65"].to_dict() == {"deso:a": 0.25, "deso:b": 0.5}
    assert facts["deso"].index.name == "zone_id"
    assert facts["deso"].columns.tolist() == ["population", "share_65"]
    assert facts["locality"]["population"].to_dict() == {"locality:7": 300}


@pytest.fixture
def read(tmp_path):
    """Return the layers and zones of a study read from files, in a 20 km square at Luleå."""

    def go(rows, **settings):
        whole = {"code": ["2580"], "name": ["Luleå"]}
        frame = gpd.GeoDataFrame(whole, geometry=[box(818_000, 7_278_000, 838_000, 7_298_000)], crs=CRS)
        frame.to_file(tmp_path / "m.gpkg")
        rows.to_file(tmp_path / "deso.gpkg")
        named = {"municipalities": {"path": tmp_path / "m.gpkg"}, "deso": {"path": tmp_path / "deso.gpkg"}}
        named["deso"] |= settings
        info = StudyInfo(name="t", year=2026, crs=CRS)
        read_study = Study(study=info, layers={k: Layer.model_validate(v) for k, v in named.items()})
        layers = read_layers(read_study, strict=False)
        return layers, *build_zones(layers, read_study)

    return go


def at(dx, dy, size=1_000):
    return box(820_000 + dx, 7_280_000 + dy, 820_000 + dx + size, 7_280_000 + dy + size)


def test_zones_in_another_crs_are_brought_into_the_studys(read):
    rows = gpd.GeoDataFrame({"code": ["2580A1"]}, geometry=[at(0, 0)], crs=CRS).to_crs("EPSG:4326")
    _, zones, _ = read(rows)
    assert zones.loc["deso:2580A1"].geometry.symmetric_difference(at(0, 0)).area < 1


def test_zones_without_a_code_or_a_shape_are_set_aside_with_a_fault(read):
    rows = gpd.GeoDataFrame(
        {"code": ["2580A1", None, "", "2580A4"]}, geometry=[at(0, 0), at(1000, 0), at(2000, 0), None], crs=CRS
    )
    layers, zones, _ = read(rows)
    assert [i for i in zones.index if i.startswith("deso")] == ["deso:2580A1"]
    aside = layers.faults[(layers.faults["layer"] == "deso") & (layers.faults["severity"] == "error")]
    assert sorted(aside["rule"]) == ["missing_geometry", "missing_value", "missing_value"]


def test_a_broken_ring_is_mended_on_the_way_in(read):
    bow = Polygon([(820_000, 7_280_000), (821_000, 7_281_000), (821_000, 7_280_000), (820_000, 7_281_000)])
    layers, zones, faults = read(gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[bow, at(0, 0)], crs=CRS))
    assert "mended_geometry" in set(layers.faults["rule"])
    assert zones.geometry["deso:a"].is_valid
    assert zones.geometry["deso:a"].area == 500_000
    assert rule(faults, "overlapping_zones")["values"].tolist() == [{"other": "b", "area_m2": 500_000}]


def test_a_code_in_two_rows_of_different_names_is_read_as_one_zone(read):
    rows = gpd.GeoDataFrame(
        {"code": ["a", "a"], "name": ["One", "Two"], "share_65": [0.1, 0.2]},
        geometry=[at(0, 0), at(5000, 0)],
        crs=CRS,
    )
    layers, zones, faults = read(rows)
    assert zones.geometry["deso:a"].area == 2_000_000
    assert rule(faults, "zone_told_twice")["values"].tolist() == [{"columns": "name"}]
    assert zone_facts(layers)["deso"]["share_65"].tolist() == [0.1]


def test_a_file_without_zones_leaves_no_kind(read):
    _, zones, _ = read(gpd.GeoDataFrame({"code": []}, geometry=[], crs=CRS))
    assert "deso" not in set(zones["kind"])
