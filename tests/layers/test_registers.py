"""Public registers and the FCC's availability, in made files of their layouts, from init to tables."""

import json
import tomllib

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.fixed import evaluate_fixed
from infraplan.errors import LayerError
from infraplan.layers.presets import load_presets
from infraplan.layers.read import read_layers
from infraplan.layers.recognise import look_through, write_study
from infraplan.layers.registers import is_register, read_register
from infraplan.layers.study import read_study
from infraplan.layers.technology_rules import read_technology_rules

PRESETS = {preset.id: preset for preset in load_presets()}


def kinds(name):
    return dict(PRESETS[name])["values"]["kind"]


def only(folder):
    (finding,) = look_through(folder)
    return finding


def draft(folder, crs=None):
    """Write a study of a folder and read it back as the programme does."""
    text = write_study(folder, look_through(folder), name="A", year=2026)
    Study.model_validate(tomllib.loads(text))
    if crs:
        text = text.replace("EPSG:3006", crs, 1)
    (folder / "study.toml").write_text(text, "utf-8")
    return read_study(folder / "study.toml")


def put_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return path


def put_book(path, header, *rows, sheet="Blad1"):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in (header, *rows):
        book.active.append(row)
    book.save(path)
    return path


# Skolverket


def school(code, forms, lat="66.39", lon="22.65", status="AKTIV"):
    """Return a unit as v2 gives it."""
    place = {"latitude": lat, "longitude": lon}
    visited = {
        "type": "BESOKSADRESS",
        "streetAddress": "Skolgatan 1",
        "postalCode": "956 31",
        "locality": "ÖVERKALIX",
    }
    attributes = {
        "displayName": f"Skola {code}",
        "status": status,
        "municipalityCode": "2513",
        "schoolUnitType": "SKOLENHET",
        "schoolTypes": forms,
        "addresses": [
            {
                "type": "POSTADRESS",
                "streetAddress": "Box 1",
                "geoCoordinates": {"latitude": "1", "longitude": "1"},
            },
            {**visited, "geoCoordinates": place},
        ],
    }
    included = {
        "organizationNumber": "2120002635",
        "attributes": {"displayName": "Överkalix", "organizerType": "KOMMUN"},
    }
    return {
        "data": {"type": "schoolunit", "schoolUnitCode": code, "attributes": attributes},
        "included": included,
    }


def old_school(code, *forms, lat="66.39", lon="22.65", status="Aktiv"):
    """Return a unit as v1 gives it."""
    place = {"Koordinat_WGS84_Lat": lat, "Koordinat_WGS84_Lng": lon, "Koordinat_SweRef_E": "0"}
    info = {
        "SkolaNamn": f"Skola {code}",
        "Namn": f"Skola {code}",
        "Status": status,
        "Skolenhetskod": code,
        "Besoksadress": {"Adress": "Skolgatan 1", "Postnr": "956 31", "Ort": "ÖVERKALIX", "GeoData": place},
        "Skolformer": [{"type": form, "Benamning": form} for form in forms],
    }
    return {"SkolenhetInfo": info}


UNITS = [
    school("01234567", ["FTH", "FKLASS", "GR"]),
    school("22222222", ["FSK"], lon="22.66"),
    school("33333333", ["VUX"], lon="22.67"),
    school("44444444", ["GR"], lon="22.68", status="UPPHORT"),
    school("55555555", ["GY"], lat=None, lon=None),
]
OLD_UNITS = [
    old_school("01234567", "Fritidshem", "Förskoleklass", "Grundskola"),
    old_school("22222222", "Förskola", lon="22.66"),
    old_school("33333333", "Vuxenutbildning", lon="22.67"),
    old_school("44444444", "Grundskola", lon="22.68", status="Vilande"),
    old_school("55555555", "Gymnasieskola", lat="", lon=""),
]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(UNITS),
        json.dumps(UNITS, indent=2),
        "\n".join(json.dumps(unit) for unit in UNITS) + "\n",
        "\ufeff" + json.dumps({"units": 5, "data": UNITS}),
        json.dumps({"Skolenheter": OLD_UNITS}),
        json.dumps(OLD_UNITS),
    ],
)
def test_school_units_of_both_versions(tmp_path, content):
    (tmp_path / "skolor.json").write_text(content, "utf-8")
    assert only(tmp_path).preset.id == "skolverket_units"
    layers = read_layers(draft(tmp_path))
    table = layers.tables["public_buildings"]
    assert table["kind"].to_dict() == {"01234567": "school", "22222222": "kindergarten", "33333333": "other"}
    assert table["name"].tolist() == ["Skola 01234567", "Skola 22222222", "Skola 33333333"]
    assert table.to_crs(4326).geometry.x.tolist() == pytest.approx([22.65, 22.66, 22.67])
    counts = layers.counts.loc["public_buildings"]
    assert counts[["rows_in", "left_out", "set_aside", "used"]].tolist() == [5, 1, 1, 3]
    assert layers.faults["rule"].tolist() == ["missing_geometry"]


def test_who_runs_a_school_and_where_it_is_visited(tmp_path):
    frame = read_register(put_json(tmp_path / "s.json", UNITS[0])).frame
    (row,) = frame.to_dict("records")
    assert row["organizer"] == "Överkalix"
    assert row["schoolTypes"] == "FTH,FKLASS,GR"
    assert (row["streetAddress"], row["latitude"]) == ("Skolgatan 1", "66.39")
    assert row["schoolUnitCode"] == "01234567"


def test_a_list_of_schools_has_no_places_and_says_so(tmp_path):
    listed = [{"schoolUnitCode": "01234567", "name": "Skola", "status": "AKTIV"}]
    put_json(tmp_path / "s.json", {"data": {"type": "schoolunit", "attributes": listed}})
    finding = only(tmp_path)
    assert finding.preset.id == "skolverket_list"
    assert not finding.usable
    text = write_study(tmp_path, [finding], name="A", year=2026)
    assert "listan säger inte var skolorna ligger" in text
    assert "public_buildings" not in draft(tmp_path).layers


def test_koladas_units_have_no_places_and_say_so(tmp_path):
    units = [{"id": "V15E251300101", "municipality": "2513", "title": "Skola"}]
    put_json(tmp_path / "k.json", {"count": 1, "values": units})
    assert only(tmp_path).preset.id == "kolada_units"
    (tmp_path / "k.json").unlink()
    (tmp_path / "k.csv").write_text(
        "id;municipality;title\nV23E251300101;2513;Boende\nV29E1;2513;Hem\n", "utf-8"
    )
    finding = only(tmp_path)
    assert finding.preset.id == "kolada_units"
    assert "Gruppbostäder" in write_study(tmp_path, [finding], name="A", year=2026)


def test_another_table_of_ids_and_titles_is_none_of_koladas(tmp_path):
    (tmp_path / "k.csv").write_text("id;municipality;title\n1;2513;Boende\n", "utf-8")
    assert only(tmp_path).preset is None


@pytest.mark.parametrize(
    "content",
    ["", "{", '{"schoolUnitCode": ', "[1, 2]", '"schoolUnitCode"', '{"Skolenheter": []}', "[" * 9_999],
)
def test_registers_that_are_broken(tmp_path, content):
    path = tmp_path / "s.json"
    path.write_text(content, "utf-8")
    with pytest.raises(LayerError, match=r"s\.json"):
        read_register(path)
    assert only(tmp_path).preset is None


def test_geojson_of_schools_is_no_register(tmp_path):
    frame = gpd.GeoDataFrame({"schoolUnitCode": ["1"]}, geometry=[shapely.Point(22, 66)], crs=4326)
    frame.to_file(tmp_path / "s.json", driver="GeoJSON")
    assert not is_register(tmp_path / "s.json")
    assert not is_register(tmp_path / "none.json")


KEYS = [
    "schoolUnitCode",
    "data",
    "attributes",
    "addresses",
    "geoCoordinates",
    "schoolTypes",
    "included",
    "SkolenhetInfo",
    "Skolformer",
    "Besoksadress",
    "GeoData",
    "Kommun",
    "values",
    "id",
    "type",
]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_a_table_of_text_or_an_error(tmp_path_factory, value):
    path = put_json(tmp_path_factory.mktemp("j") / "s.json", [value, {"schoolUnitCode": "1"}])
    frame = read_register(path).frame
    assert (frame.dtypes == "str").all()
    assert frame.notna().all(axis=None)
    assert frame["schoolUnitCode"].iloc[-1] == "1"


# Health centres

POINTS = {
    "Populärnamn": ["Överkalix hälsocentral", "Sunderby sjukhus", "Jokkmokk servicepunkt"],
    "UtbudspunktID": ["1", "2", "3"],
    "FghKlass": ["Hälsocentral", "Sjukhus", "Servicepunkt"],
    "Ägare": ["Region Norrbotten"] * 3,
    "Xkoord": [7_372_000, 7_300_000, 7_390_000],  # RT 90: north
    "Ykoord": [1_820_000, 1_770_000, 1_650_000],
    "Sweref99X": [7_373_000, 7_301_000, 7_391_000],  # north
    "Sweref99Y": [867_000, 817_000, 690_000],
    "Latitude": [66.3, 65.7, 66.6],
    "Longitude": [23.2, 21.9, 19.3],
    "Kommun": ["Överkalix", "Luleå", "Jokkmokk"],
}


def put_points(folder, *lacking):
    frame = pd.DataFrame(POINTS).drop(columns=list(lacking))
    return put_book(folder / "Utbudspunkter.xlsx", list(frame.columns), *frame.to_numpy().tolist())


def test_health_centres_are_hospitals_and_nurses_points_are_not(tmp_path):
    put_points(tmp_path)
    assert only(tmp_path).preset.id == "utbudspunkter"
    table = read_layers(draft(tmp_path)).tables["public_buildings"]
    assert table["kind"].to_dict() == {"1": "health_centre", "2": "hospital", "3": "other"}
    assert table["operator"].tolist() == ["Region Norrbotten"] * 3
    assert table.to_crs(4326).geometry.y.tolist() == pytest.approx([66.3, 65.7, 66.6])


def test_without_degrees_x_is_north(tmp_path):
    put_points(tmp_path, "Latitude", "Longitude")
    table = read_layers(draft(tmp_path)).tables["public_buildings"]
    assert table.geometry.x.tolist() == [867_000, 817_000, 690_000]
    assert table.geometry.y.tolist() == [7_373_000, 7_301_000, 7_391_000]


def test_with_rt_90_alone_the_axes_are_turned_and_the_system_is_asked_for(tmp_path):
    put_points(tmp_path, "Latitude", "Longitude", "Sweref99X", "Sweref99Y")
    finding = only(tmp_path)
    assert (finding.columns["x"], finding.columns["y"]) == ("Ykoord", "Xkoord")
    assert finding.crs is None
    assert {"axes_swapped", "table_crs"} <= set(finding.traps)
    study = draft(tmp_path)
    (layer,) = study.layers["public_buildings"]
    stated = study.model_copy(
        update={"layers": {"public_buildings": (layer.model_copy(update={"crs": "EPSG:3021"}),)}}
    )
    north = read_layers(stated).tables["public_buildings"].to_crs(4326).geometry.y
    assert north.tolist() == pytest.approx([66.3, 65.7, 66.6], abs=0.2)


def test_a_service_point_is_two_things_and_nobody_guesses_which(tmp_path):
    (tmp_path / "servicepunkter.csv").write_text("namn;lat;lon\nA;66.3;23.2\n", "utf-8")
    finding = only(tmp_path)
    assert finding.preset.id == "word_service_points"
    assert not finding.usable
    assert "två olika saker" in write_study(tmp_path, [finding], name="A", year=2026)
    assert not draft(tmp_path).layers


def test_a_list_of_health_centres_by_its_name(tmp_path):
    (tmp_path / "halsocentraler.csv").write_text("namn;lat;lon\nA;66.3;23.2\n", "utf-8")
    table = read_layers(draft(tmp_path)).tables["public_buildings"]
    assert table["kind"].tolist() == ["health_centre"]


# PTS parcels

PARCELS = [
    "DB_ID_2026",
    "Aktör",
    "OMBUD/BENÄMNING",
    "ADRESS",
    "POSTNUMMER",
    "ORT",
    "Typ av servicepunkt",
    "Leveransfrekvens\n(dgr/vecka)",
    "uuidadrpl",
    "n",
    "e",
    "kn",
    "kluster_id",
]


def test_agents_and_lockers_both_hand_out_parcels(tmp_path):
    rows = [
        [1, "X", "Butiken", "Vägen 1", "95631", "Överkalix", kind, 5, "u", "7373000", "867000", "2513", 7]
        for kind in ("Ombud", "Paketbox/skåp", None)
    ]
    put_book(tmp_path / "ombud.xlsx", PARCELS, *rows, sheet="sp2026")
    assert only(tmp_path).preset.id == "pts_parcels"
    table = read_layers(draft(tmp_path)).tables["service_points"]
    assert set(table["kind"]) == {"parcel"}
    assert set(table.geometry.x) == {867_000}


@pytest.mark.parametrize("name", ["skolverket_units", "utbudspunkter", "word_health_centres"])
def test_kinds_are_those_of_public_buildings(name):
    assert set(kinds(name).values()) <= set(tables.PUBLIC_KINDS)


def test_kinds_of_parcels_are_services():
    assert set(kinds("pts_parcels").values()) <= set(tables.SERVICES)


# FCC

FCC = (
    "frn,provider_id,brand_name,location_id,technology,max_advertised_download_speed,max_advertised_upload_speed,"
    "low_latency,business_residential_code,state_usps,block_geoid,h3_res8_id"
)
IDS = ["1000000001", "1000000002", "1000000003", "0000000004"]


def put_fcc(folder, *rows, header=FCC):
    lines = [f"0003768165,130317,{row},VT,500110102002027,882bab5303fffff" for row in rows]
    path = folder / "bdc_50_FibertothePremises_fixed_broadband_J25.csv"
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


def put_premises(folder):
    points = [shapely.Point(500_000 + 100 * i, 4_900_000) for i in range(len(IDS))]
    frame = {"premises_id": IDS, "households": [1] * 4, "workplaces": [0] * 4, "kind": ["single"] * 4}
    gpd.GeoDataFrame(frame, geometry=points, crs=32618).to_file(folder / "premises.gpkg")


def serve(folder):
    """Return layers and service of a folder of premises and FCC's rows."""
    put_premises(folder)
    study = draft(folder, crs="EPSG:32618")
    layers = read_layers(study)
    premises = layers.tables["premises"].rename_axis("premises_id")
    premises = premises.assign(
        municipality="", locality="", settlement_class="outside", source="", vintage=""
    )
    premises[["households", "workplaces"]] = premises[["households", "workplaces"]].astype("int64")
    service, found = evaluate_fixed(premises, layers, read_technology_rules("2026"), study)
    tables.check(service, tables.SERVICE)
    return layers, service, found


def test_availability_becomes_service(tmp_path):
    put_fcc(
        tmp_path,
        "Xfinity,1000000001,40,1200,35,1,X",
        "Fibra,1000000001,50,1000,1000,1,R",
        "Kopparn,1000000002,10,100,10,1,R",
        "Luften,1000000002,70,100,20,1,R",
        "Licens,1000000002,71,100,20,1,R",
        "Regel,1000000002,72,100,20,1,R",
        "Sky,1000000003,60,100,3,0,X",
        "Low,1000000003,61,220,25,1,X",
        "Firma,1000000003,50,1000,1000,1,B",
        "Noll,0000000004,0,50,5,1,R",
    )
    layers, service, found = serve(tmp_path)
    assert PRESETS["fcc_availability"].layer == "footprints"
    rows = service.astype({"premises_id": "str", "operator": "str", "technology": "str", "status": "str"})
    told = rows.set_index("operator")[["premises_id", "technology", "down_mbps", "up_mbps", "reliable"]]
    assert {name: tuple(row) for name, row in zip(told.index, told.to_numpy(), strict=True)} == {
        "Xfinity": ("1000000001", "cable", 1200, 35, True),
        "Fibra": ("1000000001", "fibre", 1000, 1000, True),
        "Kopparn": ("1000000002", "vdsl", 100, 10, False),
        "Luften": ("1000000002", "unknown", 100, 20, False),
        "Licens": ("1000000002", "fwa", 100, 20, True),
        "Regel": ("1000000002", "fwa", 100, 20, True),
        "Sky": ("1000000003", "satellite", 100, 3, False),
        "Low": ("1000000003", "satellite", 220, 25, False),
        "Noll": ("0000000004", "unknown", 50, 5, False),
    }
    assert set(rows["status"]) == {"orderable"}
    assert layers.counts.loc["footprints", ["rows_in", "left_out", "used"]].tolist() == [10, 1, 9]
    assert "unmatched_id" not in set(found["rule"])


def test_what_the_file_is_taken_for_and_what_is_said_of_it(tmp_path):
    put_fcc(tmp_path, "Fibra,1000000001,50,1000,1000,1,R")
    finding = only(tmp_path)
    assert finding.preset.id == "fcc_availability"
    assert finding.columns == {
        "premises_id": "location_id",
        "operator": "brand_name",
        "down_mbps": "max_advertised_download_speed",
        "up_mbps": "max_advertised_upload_speed",
    }
    text = write_study(tmp_path, [finding], name="A", year=2026)
    assert "olicensierad radio (70)".casefold() in text.casefold()
    assert "tio siffror" in text


def test_every_code_of_technology_is_known_to_the_rules():
    codes = dict(PRESETS["fcc_availability"])["values"]["technology"]
    assert set(codes) == {"0", "10", "40", "50", "60", "61", "70", "71", "72"}
    rules = read_technology_rules("2026")
    assert not {codes["70"], codes["60"], codes["61"], codes["0"]} & (rules.reliable | set(rules.within_m))


def test_the_same_offer_twice_is_one(tmp_path):
    put_fcc(
        tmp_path,
        "Fibra,1000000001,50,1000,1000,1,R",
        "Fibra,1000000001,50,1000,1000,1,R",
        "Fibra,1000000001,50,500,500,1,X",
        "Fibra,1000000001,50,300,300,1,B",
    )
    _, service, _ = serve(tmp_path)
    assert service[["down_mbps", "up_mbps"]].to_numpy().tolist() == [[1_000, 1_000]]


def test_speeds_that_are_words_and_locations_that_nobody_knows(tmp_path):
    put_fcc(
        tmp_path,
        "Fibra,1000000001,50,fast,1000,1,R",
        "Fibra,1000000002,50,1000,fast,1,R",
        "Fibra,9999999999,50,1000,1000,1,R",
        "Fibra,,50,1000,1000,1,R",
        "Fibra,1000000003,99,1000,1000,1,R",
    )
    layers, service, found = serve(tmp_path)
    assert service["premises_id"].astype("str").tolist() == ["1000000002", "1000000003"]
    assert service["technology"].astype("str").tolist() == ["fibre", "unknown"]
    assert sorted(layers.faults["rule"]) == sorted(
        ["missing_value", "not_a_number", "not_a_number", "missing_geometry", "unknown_value"]
    )
    assert found["rule"].tolist().count("unmatched_id") == 1


def test_a_file_of_words_for_speeds_stops(tmp_path):
    put_fcc(tmp_path, *[f"Fibra,{1_000_000_000 + i},50,fast,1000,1,R" for i in range(12)])
    with pytest.raises(LayerError, match="max_advertised_download_speed"):
        read_layers(draft(tmp_path, crs="EPSG:32618"))


@pytest.mark.parametrize(
    ("gone", "lacking"), [("location_id", "premises_id"), ("max_advertised_download_speed", "down_mbps")]
)
def test_a_file_that_lacks_a_column_is_asked_for_it(tmp_path, gone, lacking):
    put_fcc(tmp_path, "Fibra,1000000001,50,1000,1000,1,R", header=FCC.replace(gone, "x1"))
    finding = only(tmp_path)
    assert finding.preset.id == "fcc_availability"
    assert finding.lacking == (lacking,)
    assert "footprints" not in draft(tmp_path).layers
