"""OpenStreetMap files: what each theme takes, checked by hand-made files and by the counts of a real one."""

from pathlib import Path

import geopandas as gpd
import osmium
import pandas as pd
import pytest
from pyproj import Geod

from infraplan.config import Layer, Study, StudyInfo
from infraplan.errors import LayerError
from infraplan.layers import read_layers
from infraplan.layers.catalog import CATALOG
from infraplan.layers.osm import count_themes, read_osm
from infraplan.layers.osm_tags import load_themes

CORNERS = {1: (20.0, 66.0), 2: (20.01, 66.0), 3: (20.01, 66.01), 4: (20.0, 66.01)}


def write(path: Path, *, nodes=(), ways=(), relations=(), corners=CORNERS) -> Path:
    """Write a PBF: four corners, then nodes (id, lon/lat, tags), ways (id, nodes, tags) and relations."""
    with osmium.SimpleWriter(str(path)) as file:
        for number, place in corners.items():
            file.add_node(osmium.osm.mutable.Node(id=number, location=place, version=1))
        for number, place, tags in nodes:
            file.add_node(osmium.osm.mutable.Node(id=number, location=place, tags=tags, version=1))
        for number, refs, tags in ways:
            file.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags, version=1))
        for number, members, tags in relations:
            file.add_relation(osmium.osm.mutable.Relation(id=number, members=members, tags=tags, version=1))
    return path


@pytest.fixture
def pbf(tmp_path):
    return tmp_path / "a.osm.pbf"


def roads(pbf, *tags):
    write(pbf, ways=[(10 + i, [1, 2], its) for i, its in enumerate(tags)])
    return read_osm(pbf, "roads")


def test_a_road_gets_the_columns_of_the_catalogue(pbf):
    tags = {"highway": "primary", "name": "Storgatan", "bridge": "yes", "layer": "1", "maxspeed": "70"}
    (road,) = roads(pbf, tags).to_dict("records")
    assert road["osm_id"] == "way/10"
    assert (road["road_class"], road["surface"], road["net"]) == ("2", "asphalt", "motor")
    assert (road["bridge"], road["tunnel"], road["layer"]) == (True, False, 1)
    assert (road["name"], road["maxspeed"], road["ref"]) == ("Storgatan", "70", "")
    assert list(road["geometry"].coords) == [(20.0, 66.0), (20.01, 66.0)]


@pytest.mark.parametrize(
    ("tags", "column", "value"),
    [
        ({"highway": "motorway"}, "road_class", "0"),
        ({"highway": "unclassified"}, "surface", "unknown"),
        ({"highway": "unclassified", "surface": "compacted"}, "surface", "gravel"),
        ({"highway": "unclassified", "surface": "asphalt;gravel"}, "surface", "unknown"),
        ({"highway": "track"}, "surface", "gravel"),
        ({"highway": "track"}, "road_class", "9"),
        ({"highway": "track", "tracktype": "grade1"}, "road_class", "8"),
        ({"highway": "path"}, "net", "foot"),
        ({"highway": "path"}, "road_class", "unknown"),
        ({"highway": "cycleway"}, "net", "cycle"),
        ({"highway": "residential", "bridge": "no"}, "bridge", False),
        ({"highway": "residential", "bridge": "viaduct"}, "bridge", True),
        ({"highway": "residential", "tunnel": "culvert"}, "tunnel", True),
        ({"highway": "residential", "tunnel": "building_passage"}, "tunnel", False),
        ({"highway": "residential", "surface": "gravel"}, "osm_surface", "gravel"),
        ({"highway": "primary", "maxspeed": "50"}, "speed_kmh", 50.0),
        ({"highway": "primary", "maxspeed": "30 mph"}, "speed_kmh", 48.3),
        ({"highway": "primary", "maxspeed": "70 km/h"}, "speed_kmh", 70.0),
        ({"highway": "primary", "maxspeed:forward": "50", "maxspeed:backward": "70"}, "speed_kmh", 70.0),
        ({"highway": "primary", "ref": "E 10;97"}, "road_number", "E 10;97"),
        ({"highway": "primary"}, "road_number", ""),
        ({"highway": "primary"}, "oneway", "both"),
        ({"highway": "primary", "oneway": "yes"}, "oneway", "forward"),
        ({"highway": "primary", "oneway": "-1"}, "oneway", "backward"),
        ({"highway": "primary", "oneway": "-1"}, "osm_oneway", "-1"),
        ({"highway": "primary", "oneway": "reversible"}, "oneway", "both"),
        ({"highway": "motorway"}, "oneway", "forward"),
        ({"highway": "motorway", "oneway": "no"}, "oneway", "both"),
        ({"highway": "residential", "junction": "roundabout"}, "oneway", "forward"),
        ({"highway": "residential", "junction": "roundabout", "oneway": "-1"}, "oneway", "backward"),
    ],
)
def test_what_tags_of_a_road_become(pbf, tags, column, value):
    assert roads(pbf, tags)[column].tolist() == [value]


@pytest.mark.parametrize(
    "said", ["SE:urban", "none", "walk", "signals", "", "fast", "5000", "50;70", "٥٠", "50mph50"]
)
def test_a_speed_that_is_none_is_unknown(pbf, said):
    assert roads(pbf, {"highway": "primary", "maxspeed": said})["speed_kmh"].isna().all()


def test_roads_of_a_study_have_speeds_numbers_and_ways(pbf, tmp_path):
    write(pbf, ways=[(10, [1, 2], {"highway": "primary", "maxspeed": "70", "ref": "97", "oneway": "yes"})])
    study = Study(study=StudyInfo(name="t", year=2026), layers={"roads": Layer(path=pbf)})
    layers = read_layers(study)
    (road,) = layers.tables["roads"].to_dict("records")
    assert (road["speed_kmh"], road["road_number"], road["oneway"]) == (70.0, "97", "forward")
    assert layers.faults.empty


def test_roads_left_out_are_counted_by_reason(pbf):
    table = roads(
        pbf,
        {"highway": "residential"},
        {"highway": "pedestrian", "area": "yes"},
        {"highway": "construction"},
        {"highway": "proposed"},
        {"route": "ferry"},
        {"highway": "platform"},
        {"waterway": "river"},
    )
    assert len(table) == 1
    assert table.attrs["left_out"] == {"area": 1, "not_there": 2, "ferry": 1, "not_a_road": 1}


def test_a_road_whose_nodes_are_missing_is_kept_without_geometry(pbf):
    write(
        pbf,
        ways=[
            (10, [1, 99], {"highway": "track"}),
            (11, [1, 1], {"highway": "track"}),
            (12, [1, 2], {"highway": "track"}),
        ],
    )
    table = read_osm(pbf, "roads")
    assert table["osm_id"].tolist() == ["way/10", "way/11", "way/12"]
    assert table.geometry.isna().tolist() == [True, True, False]


def test_buildings_come_from_ways_and_relations(pbf):
    write(
        pbf,
        nodes=[(9, (20.5, 66.5), {"building": "cabin"})],
        ways=[
            (10, [1, 2, 3, 4, 1], {"building": "apartments", "building:levels": "3"}),
            (11, [1, 2, 3, 1], {}),
            (12, [1, 2], {"building": "yes"}),
        ],
        relations=[
            (20, [("w", 11, "outer")], {"type": "multipolygon", "building": "school"}),
            (21, [("w", 999, "outer")], {"type": "multipolygon", "building": "house"}),
        ],
    )
    table = read_osm(pbf, "buildings").set_index("osm_id")
    assert table["kind"].to_dict() == {
        "way/10": "multi",
        "way/12": "single",
        "relation/20": "public",
        "relation/21": "single",
    }
    assert table.geometry.isna().to_dict() == {
        "way/10": False,
        "way/12": True,
        "relation/20": False,
        "relation/21": True,
    }
    assert table.loc["way/10", "levels"] == 3
    assert table.loc["relation/20"].geometry.area == pytest.approx(0.5 * 0.01**2)


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"building": "yes"}, "single"),
        ({"building": "yes", "amenity": "school"}, "public"),
        ({"building": "yes", "shop": "bakery"}, "workplace"),
        ({"building": "apartments", "shop": "bakery"}, "multi"),
        ({"building": "garage"}, "none"),
        ({"building": "made_up"}, "single"),
    ],
)
def test_what_a_building_is(pbf, tags, kind):
    write(pbf, ways=[(10, [1, 2, 3, 4, 1], tags)])
    assert read_osm(pbf, "buildings")["kind"].tolist() == [kind]


def test_an_address_on_a_building_becomes_a_point_inside_it(pbf):
    write(
        pbf,
        nodes=[
            (
                9,
                (20.5, 66.5),
                {"addr:housenumber": "7B", "addr:place": "Aareavaara", "addr:postcode": "984 92"},
            )
        ],
        ways=[
            (10, [1, 2, 3, 4, 1], {"addr:housenumber": "1", "addr:street": "Storgatan", "building": "yes"})
        ],
    )
    table = read_osm(pbf, "addresses").set_index("osm_id")
    assert table[["street", "number", "postcode"]].to_numpy().tolist() == [
        ["Aareavaara", "7B", "984 92"],
        ["Storgatan", "1", ""],
    ]
    assert set(table.geom_type) == {"Point"}
    house = read_osm(pbf, "buildings").geometry.iloc[0]
    assert house.contains(table.loc["way/10"].geometry)


@pytest.mark.parametrize(
    ("tags", "kinds"),
    [
        ({"amenity": "hospital", "name": "Pajala hälsocentral"}, ["health_centre"]),
        ({"amenity": "hospital", "name": "Sunderby sjukhus"}, ["hospital"]),
        ({"amenity": "social_facility", "social_facility": "group_home"}, ["group_home"]),
        (
            {
                "amenity": "social_facility",
                "social_facility": "group_home",
                "social_facility:for": "juvenile",
            },
            ["youth_home"],
        ),
        (
            {
                "amenity": "social_facility",
                "social_facility": "group_home",
                "social_facility:for": "child;mental",
            },
            ["youth_home"],
        ),
        (
            {"amenity": "social_facility", "social_facility": "group_home", "social_facility:for": "senior"},
            ["group_home"],
        ),
        ({"amenity": "social_facility", "social_facility": "nursing_home"}, ["care_home"]),
        (
            {"amenity": "social_facility", "social_facility": "group_home", "social_facility:for": "refugee"},
            ["group_home"],
        ),
        ({"amenity": "townhall"}, ["town_hall"]),
        ({"shop": "convenience", "post_office": "post_partner", "atm": "yes"}, ["grocery", "cash", "parcel"]),
        ({"amenity": "fuel", "shop": "convenience"}, ["grocery", "fuel"]),
        ({"amenity": "bank"}, []),
        ({"amenity": "bench"}, []),
    ],
)
def test_what_an_amenity_is(pbf, tags, kinds):
    write(pbf, nodes=[(9, (20.5, 66.5), tags), (10, (20.6, 66.6), {"amenity": "library"})])
    table = read_osm(pbf, "amenities")
    found = table[table["osm_id"].str.startswith("node/9")]
    assert found["kind"].tolist() == kinds
    assert table["osm_id"].is_unique
    assert found["osm_id"].head(1).tolist() == ["node/9"][: len(kinds)]


def test_the_two_groups_of_amenities_are_themes_of_their_own(pbf):
    write(pbf, nodes=[(9, (20.5, 66.5), {"amenity": "library", "internet_access": "wlan"})])
    table = read_osm(pbf, "public_buildings")
    assert table[["kind", "wifi"]].to_numpy().tolist() == [["library", "yes"]]
    with pytest.raises(LayerError, match="service_points"):
        read_osm(pbf, "service_points")


def test_a_border_takes_its_code_and_a_cut_border_has_no_shape(pbf):
    its = {"type": "boundary", "boundary": "administrative", "admin_level": "7"}
    write(
        pbf,
        ways=[(10, [1, 2, 3, 4, 1], {"boundary": "administrative"})],
        relations=[
            (20, [("w", 10, "outer")], {**its, "ref": "2521", "name": "Pajala"}),
            (21, [("w", 999, "outer")], {**its, "ref": "2523"}),
        ],
    )
    table = read_osm(pbf, "admin")
    assert table[["osm_id", "code"]].to_numpy().tolist() == [["relation/20", "2521"], ["relation/21", "2523"]]
    assert table.geometry.isna().tolist() == [False, True]


def test_railways_in_use_above_ground_are_taken(pbf):
    tags = [
        {"railway": "rail", "name": "Malmbanan"},
        {"railway": "tram", "tunnel": "no"},
        {"railway": "rail", "tunnel": "yes"},
        {"railway": "abandoned"},
        {"railway": "platform"},
    ]
    write(pbf, ways=[(10 + i, [1, 2], its) for i, its in enumerate(tags)])
    table = read_osm(pbf, "railways")
    assert table[["kind", "name"]].to_numpy().tolist() == [["rail", "Malmbanan"], ["tram", ""]]
    assert table.attrs["left_out"] == {"tunnel": 1}
    assert count_themes(pbf)["railways"] == 2


def test_water_comes_as_lines_and_as_areas(pbf):
    write(
        pbf,
        ways=[
            (10, [1, 2], {"waterway": "stream", "name": "Bäcken"}),
            (11, [2, 3], {"waterway": "river", "tunnel": "culvert"}),
            (12, [1, 2, 3, 4, 1], {"natural": "water", "water": "reservoir"}),
            (13, [1, 2, 3, 1], {}),
            (14, [1, 2, 3, 1], {"natural": "water"}),
            (15, [1, 3], {"waterway": "ditch"}),
        ],
        relations=[
            (20, [("w", 13, "outer")], {"type": "multipolygon", "natural": "water", "water": "river"}),
            (21, [("w", 10, "main_stream")], {"type": "waterway", "waterway": "river"}),
        ],
    )
    table = read_osm(pbf, "water").set_index("osm_id")
    assert table["kind"].to_dict() == {
        "way/10": "stream",
        "way/12": "lake",
        "way/14": "water",
        "relation/20": "river",
    }
    assert table.loc["way/10", "name"] == "Bäcken"
    assert table.geom_type.tolist() == ["LineString", *["MultiPolygon"] * 3]
    assert table.attrs["left_out"] == {"tunnel": 1, "gathered": 1}
    assert count_themes(pbf)["water"] == 4


@pytest.mark.parametrize(
    "content", [b"", b"no PBF at all", b"\x00\x00\x00\x0e\n\tOSMHeader", bytes(range(256)) * 9]
)
def test_what_is_no_pbf_is_said_in_one_line(pbf, content):
    pbf.write_bytes(content)
    for read in (lambda: read_osm(pbf, "roads"), lambda: count_themes(pbf)):
        with pytest.raises(LayerError, match=r"a\.osm\.pbf") as caught:
            read()
        assert "\n" not in str(caught.value)
        assert "\n" not in caught.value.say("sv")


def test_a_file_that_is_not_there_is_said(pbf):
    with pytest.raises(LayerError, match=r"a\.osm\.pbf"):
        read_osm(pbf, "roads")


def test_nothing_of_a_theme_is_an_error(pbf):
    write(pbf, ways=[(10, [1, 2], {"highway": "track"})])
    with pytest.raises(LayerError, match="masts"):
        read_osm(pbf, "masts")


def test_a_file_without_any_object_has_nothing_of_a_theme(pbf):
    write(pbf, corners={})
    assert set(count_themes(pbf).values()) == {0}
    with pytest.raises(LayerError, match="roads"):
        read_osm(pbf, "roads")


def test_an_unknown_theme_names_those_that_there_are(pbf):
    with pytest.raises(LayerError, match=r"'rivers'.*roads, .*service_points"):
        read_osm(pbf, "rivers")


def test_themes_give_what_the_catalogue_asks():
    themes = {kind.theme: kind for kind in CATALOG.values() if kind.theme}
    assert set(themes) <= {*load_themes(), "public_buildings", "service_points"}
    for name, kind in themes.items():
        theme = load_themes().get(name, load_themes()["amenities"])
        choices = {field.name: field.choices for field in kind.fields if field.choices}
        for rule in theme.rules:
            given = {rule.value, rule.otherwise, *rule.values.values()} - {None}  # noqa: PD011
            assert rule.column not in choices or given <= set(choices[rule.column]), rule


# The real file


@pytest.fixture(scope="module")
def andorra(shared_data):
    return shared_data / "andorra" / "andorra.osm.pbf"


def test_the_roads_of_andorra(andorra):
    table = read_osm(andorra, "roads")
    # 4 981 ways carry highway=*; 17 of them are squares and rest areas (area=yes).
    assert table.attrs["left_out"] == {"area": 17}
    assert len(table) == 4981 - 17
    assert (table["osm_bridge"].replace("no", "") != "").sum() == table["bridge"].sum()
    motor = table[table["net"] == "motor"]
    metres = sum(Geod(ellps="WGS84").geometry_length(line) for line in motor.geometry)
    assert metres == pytest.approx(826_000, abs=1_000)


def test_the_buildings_of_andorra(andorra):
    table = read_osm(andorra, "buildings")
    assert table.attrs["left_out"] == {}
    element = table["osm_id"].str.split("/").str[0].value_counts().to_dict()
    assert element == {"way": 5019, "relation": 12}
    assert table.geometry.notna().all()


@pytest.mark.parametrize(("theme", "count"), [("addresses", 251), ("masts", 15), ("power_lines", 22)])
def test_other_themes_of_andorra(andorra, theme, count):
    assert len(read_osm(andorra, theme)) == count


def test_the_waters_of_andorra(andorra):
    table = read_osm(andorra, "water")
    # Eight relations gather a river's ways; 102 stretches of water run in tunnels and culverts.
    assert table.attrs["left_out"] == {"tunnel": 102, "gathered": 8}
    kinds = table["kind"].value_counts()
    assert kinds[["stream", "canal"]].tolist() == [436, 3]
    assert len(table) == 436 + 3 + 45 + 220
    assert set(table.geometry.dropna().geom_type) == {"LineString", "MultiPolygon"}


def test_andorra_has_no_railway(andorra):
    with pytest.raises(LayerError, match="railways"):
        read_osm(andorra, "railways")


def test_the_places_of_andorra(andorra):
    # place=unknown (6), country and square are left out.
    table = read_osm(andorra, "places")
    assert table.attrs["left_out"] == {"not_a_settlement": 8}
    assert len(table) == 119
    assert table["population"].notna().sum() == 4


def test_the_masts_of_andorra(andorra):
    assert (read_osm(andorra, "masts")["kind"] == "communication").sum() == 5


def test_the_parishes_of_andorra(andorra):
    table = read_osm(andorra, "admin")
    whole = table[table.geometry.notna()]
    # 27 more relations are borders of France and Spain whose members lie outside the extract.
    assert len(whole) == 11
    assert sorted(whole.loc[whole["admin_level"] == "7", "code"]) == list("1234567")


def test_the_amenities_of_andorra(andorra):
    table = read_osm(andorra, "amenities")
    amenities, shops = table["amenity"].value_counts(), table["shop"].value_counts()
    assert amenities[["school", "hospital", "library", "townhall"]].tolist() == [13, 8, 5, 6]
    services = table[~table["osm_id"].str.contains(":")]
    assert (services["amenity"] == "pharmacy").sum() == 30
    assert (services["amenity"] == "fuel").sum() == 44
    assert shops["supermarket"] == 40
    kinds = table["kind"].value_counts()
    assert kinds[["school", "hospital", "library", "town_hall", "pharmacy", "fuel"]].tolist() == [
        13,
        8,
        5,
        6,
        30,
        44,
    ]


def test_counting_agrees_with_reading(andorra):
    counts = count_themes(andorra)
    for theme in ("roads", "buildings", "addresses", "places", "admin", "masts", "power_lines", "water"):
        assert counts[theme] == len(read_osm(andorra, theme)), theme
    for group in ("public_buildings", "service_points"):
        places = read_osm(andorra, group)["osm_id"].str.split(":").str[0]
        assert counts[group] == places.nunique(), group


def test_tables_are_plain_and_have_no_missing_text(andorra):
    table = read_osm(andorra, "roads")
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.crs == "EPSG:4326"
    texts = table.drop(columns="geometry").select_dtypes("str")
    assert not texts.isna().any().any()
    assert pd.api.types.is_bool_dtype(table["bridge"])
