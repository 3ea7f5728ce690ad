"""Files shaped like those of each source are recognised; strange folders harm nothing."""

import json
import shutil
import tomllib
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from infraplan.config import Study
from infraplan.demand.rows import gather_rows
from infraplan.errors import MissingFileError
from infraplan.layers.drafts import choose
from infraplan.layers.read import read_layers
from infraplan.layers.recognise import describe, look_through, write_study
from infraplan.layers.study import read_study
from infraplan.words import load

AT = (800_000, 7_500_000)
SHAPES = {
    "point": Point(AT),
    "line": LineString([AT, (AT[0] + 100, AT[1])]),
    "area": box(*AT, AT[0] + 50, AT[1] + 50),
}


def put(path, shape, *, layer=None, crs="EPSG:3006", **columns):
    """Write a row or more of a source's columns."""
    table = pd.DataFrame(
        {name: values if isinstance(values, list) else [values] for name, values in columns.items()}
    )
    frame = gpd.GeoDataFrame(table, geometry=[SHAPES[shape]] * len(table), crs=crs)
    frame.to_file(path, layer=layer or path.stem, engine="pyogrio")
    return path


def put_csv(path, text):
    path.write_text(text, "utf-8")
    return path


def put_raster(path, cells, crs="EPSG:3006"):
    cells = np.asarray(cells)
    shape = {"height": cells.shape[0], "width": cells.shape[1], "count": 1, "dtype": cells.dtype}
    with rasterio.open(
        path, "w", driver="GTiff", crs=crs, transform=Affine(10, 0, 8e5, 0, -10, 7.5e6), **shape
    ) as file:
        file.write(cells, 1)
    return path


def only(folder):
    (finding,) = look_through(folder)
    return finding


def draft(folder, findings=None):
    """Write a study of a folder and read it back as the programme does."""
    text = write_study(folder, look_through(folder) if findings is None else findings, name="A", year=2026)
    Study.model_validate(tomllib.loads(text))
    (folder / "study.toml").write_text(text, "utf-8")
    return read_study(folder / "study.toml")


# What each source looks like: file, layer in it, geometry, columns

NVDB = {
    "ROUTE_ID": "1:2",
    "FROM_MEASURE": 0.0,
    "TO_MEASURE": 1.0,
    "Klass_181": 7,
    "Slitl_152": 2,
    "Vagtr_474": 1,
    "Konst_190": 3,
    "Namn_130": "Storgatan",
    "Kateg_380": 4,
    "Farjeled": None,
    "Bredd_156": 6.1,
}
BYGGNAD = {
    "objektidentitet": "a",
    "objekttypnr": 2061,
    "objekttyp": "Bostad",
    "andamal1": "Bostad;Flerfamiljshus",
    "andamal2": "",
    "byggnadsnamn1": "",
    "husnummer": 1,
    "huvudbyggnad": "Ja",
    "insamlingslage": "Takkant",
}
TOPO = {"objektidentitet": "a", "skapad": "2020-01-01", "objekttypnr": 2061, "objekttyp": "Bostad"}
ADRESS = {
    "objektidentitet": "a",
    "statusforbelagenhetsadress": "Gällande",
    "adressplatstyp": "Gatuadressplats",
    "adressomrade_faststalltnamn": "Storgatan",
    "adressplatsnummer": 7,
    "bokstavstillagg": "B",
    "postnummer": 98492,
    "kommunkod": "2521",
}

NVR = {
    "NVRID": "2000123",
    "NAMN": "Blåkölen",
    "SKYDDSTYP": "Naturreservat",
    "BESLUTSSTATUS": "Gällande",
    "FORVALTARE": "Länsstyrelsen",
}
LAMNING = {
    "uuid": "a",
    "lamningsnummer": "L1943:7827",
    "raa_nummer": "Pajala 1:1",
    "lamningstyp": "Boplats",
    "antikvariskbedomning": "Fornlämning",
}

SOURCES = [
    ("vagar.gpkg", "TNE_FT_VAGDATA", "line", NVDB, "nvdb_homogenised"),
    ("a.gpkg", "b", "line", NVDB, "nvdb_homogenised"),
    (
        "Norrbottens_lan.gpkg",
        "NVDB_DK_O_71_FunkVagklass",
        "line",
        {"ELEMENT_ID": "a", "START_MEASURE": 0.0, "END_MEASURE": 1.0, "EXTENT_LENGTH": 9.0, "KLASS": 7},
        "nvdb_by_type",
    ),
    (
        "Tillganglighetsvagnat_250101.gpkg",
        "net",
        "line",
        {"extlen": 9.0, "klass_181": 7, "f_hogst_225": 70, "b_hogst_225": 70, "typ_41": 0, "networkgrp": 0},
        "pipos_roads",
    ),
    ("a.gpkg", "net", "line", {"extlen": 9.0, "klass_181": 7, "f_hogst_225": 70}, "pipos_roads"),
    ("byggnad_kn2521.gpkg", "byggnad", "area", BYGGNAD, "byggnad"),
    ("byggnadsverk_kn2521.gpkg", "byggnad", "area", {**TOPO, "andamal1": "Bostad;"}, "topografi10_byggnad"),
    ("byggnadsverk_sverige.gpkg", "byggnad", "area", TOPO, "topografi50_byggnad"),
    ("belagenhetsadresser_kn2521.gpkg", "belagenhetsadress", "point", ADRESS, "belagenhetsadress"),
    (
        "fastigheter.gpkg",
        "registerenhetsomradesyta",
        "area",
        {"objektidentitet": "a", "objekttyp": "b", "kommunnamn": "Pajala", "trakt": "X", "etikett": "1:2"},
        "registerenhet",
    ),
    (
        "kommun-lan-rike_aktuell.gpkg",
        "kommun",
        "area",
        {"kommunkod": "2521", "lanskod": "25", "namnKortform": "Pajala", "landareal_varde": 1.0},
        "kommun",
    ),
    ("granser.shp", "granser", "area", {"KnKod": "2521", "KnNamn": "Pajala", "LnKod": "25"}, "kommun"),
    (
        "kommun-lan-rike_aktuell.gpkg",
        "lan",
        "area",
        {"lanskod": "25", "lansbokstav": "BD", "namnKortform": "Norrbotten"},
        "lan_rike",
    ),
    (
        "kommunikation_sverige.gpkg",
        "vaglinje",
        "line",
        {**TOPO, "vardvagnummer": "99", "bro_och_tunnel": "Tunnel"},
        "topografi_vaglinje",
    ),
    ("ledningar_sverige.gpkg", "ledningslinje", "line", TOPO, "topografi_ledningslinje"),
    ("byggnadsverk_kn2521.gpkg", "byggnadsanlaggningspunkt", "point", TOPO, "topografi_mast"),
    ("mark_sverige.gpkg", "mark", "area", TOPO, "topografi_mark"),
    ("marktacke_kn2521.gpkg", "mark", "area", TOPO, "topografi_mark"),
    ("naturvard_sverige.gpkg", "skyddadnatur", "area", TOPO, "topografi_skyddadnatur"),
    ("militartomrade_sverige.gpkg", "militart_omrade", "area", TOPO, "topografi_militart"),
    ("kulturhistorisklamning_sverige.gpkg", "kultur_lamning_punkt", "point", TOPO, "topografi_kulturlamning"),
    (
        "kommunikation_sverige.gpkg",
        "ralstrafik",
        "line",
        {**TOPO, "bro_och_tunnel": "Tunnel"},
        "topografi_ralstrafik",
    ),
    ("hydro_sverige.gpkg", "hydrolinje", "line", {**TOPO, "storleksklass": 2}, "topografi_hydrolinje"),
    ("hydrografi_sverige.gpkg", "hydrolinje", "line", TOPO, "topografi_hydrolinje"),
    ("kommunikation_sverige.gpkg", "farjeled", "line", TOPO, "topografi_other"),
    ("nvr.gpkg", "SkyddadeOmraden", "area", NVR, "naturvardsregistret"),
    (
        "NR_polygon.shp",
        "NR_polygon",
        "area",
        {name[:10]: value for name, value in NVR.items()},
        "naturvardsregistret",
    ),
    (
        "reservat.gpkg",
        "PS.ProtectedSites.NR",
        "area",
        {key.lower(): value for key, value in NVR.items()},
        "naturvardsregistret",
    ),
    ("nvr.gpkg", "SkyddadePunkter", "point", NVR, "naturvardsregistret_punkter"),
    (
        "n2k.gpkg",
        "PS.ProtectedSites.Natura2000",
        "area",
        {"omradesnamn": "Torneälven", "omradestyp": "SCI", "naturtyper": "3210"},
        "natura_2000",
    ),
    (
        "vatten.gpkg",
        "AM.drinkingWaterProtectionArea",
        "area",
        {"nvrid": "2001", "namn": "Pajala", "beslutsstatus": "Gällande"},
        "vattenskyddsomraden",
    ),
    ("sks.shp", "sks", "area", {"Beteckn": "SK 1-2000", "Biotyp": 8}, "skogsstyrelsen_biotopskydd"),
    (
        "lämningar_län_norrbotten.gpkg",
        "lämningar_län_norrbotten_polygon",
        "area",
        LAMNING,
        "raa_lamningar",
    ),
    (
        "lämningar_län_norrbotten.gpkg",
        "lämningar_län_norrbotten_point",
        "point",
        LAMNING,
        "raa_lamningar_punkter",
    ),
    (
        "lämningar_län_norrbotten.gpkg",
        "lämningar_län_norrbotten_lägesosäkerhet",
        "area",
        {"uuid": "a", "lamningsnummer": "L1943:7827"},
        "raa_lagesosakerhet",
    ),
    (
        "Järnvägsnät_grundegenskaper3_0_GeoPackage.gpkg",
        "Järnvägsnät_med_grundegenskaper3_0",
        "line",
        {"Status": "Öppen", "SpTyp": "nhsp", "Bandel": "111", "Straknamn": "Malmbanan"},
        "njdb",
    ),
    ("sameby_talma.gpkg", "vinterbete", "area", {"ID": 1, "NAMN": "Talma"}, "word_reindeer"),
    ("jarnvag.shp", "jarnvag", "line", {"ID": 1}, "word_railways"),
    ("vattendrag.gpkg", "vattendrag", "line", {"ID": 1}, "word_water"),
    (
        "t.gpkg",
        "Tatorter_2023",
        "area",
        {"tatortskod": "2521TC101", "tatort": "Pajala", "bef": 1, "kommun": "2521"},
        "scb_tatorter",
    ),
    ("s.gpkg", "Smaorter_2023", "area", {"smaort": "S1", "bef": 60}, "scb_smaorter"),
    (
        "orter.gpkg",
        "orter",
        "area",
        {
            "tatortskod": ["2521TC101", None],
            "tatort": ["Pajala", None],
            "smaort": [None, "S1"],
            "bef": [1, 1],
        },
        "scb_tatorter",
    ),
    (
        "f.gpkg",
        "Fritidshusomraden_2020",
        "area",
        {"fritidshus": "2521F1", "kommunnamn": "Pajala", "area_ha": 3},
        "scb_fritidshus",
    ),
    (
        "d.gpkg",
        "DeSO_2025",
        "area",
        {"desokod": "2521A0010", "regsokod": "2521R001", "kommunkod": "2521"},
        "scb_deso",
    ),
    (
        "b.gpkg",
        "befolkning_1km_2025",
        "area",
        {
            "rutid_scb": "8000007500000",
            "rutid_inspire": "SE_CRS3006RES1000mN7500000E800000",
            "rutstorl": 1000,
            "beftotalt": 9,
            "man": 5,
            "kvinna": 4,
        },
        "scb_squares",
    ),
    (
        "g.gpkg",
        "grundlager",
        "area",
        {"jg2": 95, "jg2_tx": "Sandig morän", "kartering": "x", "geom_area": 1.0},
        "sgu_jordarter",
    ),
    ("g.gpkg", "ytlager", "area", {"jy1": 1, "jy1_tx": "Torv"}, "sgu_other"),
    (
        "roads.gpkg",
        "roads",
        "line",
        {"osm_id": 1, "highway": "track", "surface": "mud", "maxspeed": "", "oneway": ""},
        "osm_roads_table",
    ),
    (
        "x.gpkg",
        "premises",
        "point",
        {"premises_id": "a", "households": 1, "workplaces": 0, "kind": "single"},
        "own_premises",
    ),
    (
        "mina_hus.gpkg",
        "lager1",
        "point",
        {"premises_id": "a", "households": 1, "workplaces": 0},
        "own_premises",
    ),
    (
        "roads.gpkg",
        "roads",
        "line",
        {"road_id": "a", "road_class": "7", "surface": "gravel", "net": "motor"},
        "own_roads",
    ),
    ("stadsnat.gpkg", "Fiberkablar", "line", {"ID": 1, "AGARE": "X"}, "word_fibre_lines"),
    ("optokanalisation.shp", "optokanalisation", "line", {"ID": 1}, "word_ducts"),
    ("markskåp.gpkg", "skåp", "point", {"ID": 1}, "word_fibre_nodes"),
    ("master_2024.gpkg", "master_2024", "point", {"ID": 1}, "word_masts"),
]


@pytest.mark.parametrize(("file", "layer", "shape", "columns", "preset"), SOURCES)
def test_a_source_is_recognised(tmp_path, file, layer, shape, columns, preset):
    put(tmp_path / file, shape, layer=layer, **columns)
    finding = only(tmp_path)
    assert finding.preset is not None
    assert finding.preset.id == preset
    assert finding.evidence
    assert draft(tmp_path).study.name == "A"


def test_a_road_of_nvdb_is_mapped(tmp_path):
    put(tmp_path / "vagar.gpkg", "line", layer="TNE_FT_VAGDATA", **NVDB)
    roads = draft(tmp_path).layers["roads"][0]
    assert roads.columns == {
        "road_class": "Klass_181",
        "surface": "Slitl_152",
        "net": "Vagtr_474",
        "bridge": "Konst_190",
        "tunnel": "Konst_190",
        "layer": "Konst_190",
        "name": "Namn_130",
    }
    values = dict(roads)["values"]
    assert values["surface"]["2"] == values["surface"]["grus"] == "gravel"
    assert values["tunnel"]["3"] is True
    assert roads.crs is None


def test_a_building_of_lantmateriet_is_mapped_and_its_traps_are_told(tmp_path):
    put(tmp_path / "byggnad_kn2521.gpkg", "area", layer="byggnad", **BYGGNAD)
    buildings = draft(tmp_path).layers["buildings"][0]
    assert buildings.columns == {
        "building_id": "objektidentitet",
        "kind": "andamal1",
        "name": "byggnadsnamn1",
    }
    assert dict(buildings)["values"]["kind"]["Bostad;Flerfamiljshus"] == "multi"
    text = (tmp_path / "study.toml").read_text("utf-8")
    assert "fritidshus går inte att skilja" in text
    assert "inte unik" in text


def test_which_municipalities_it_is_about_is_asked(tmp_path):
    put(tmp_path / "kommun.gpkg", "area", kommunkod="2521", namnKortform="Pajala")
    assert draft(tmp_path).study.municipalities == ()
    assert '# municipalities = ["…"]  # koder' in (tmp_path / "study.toml").read_text("utf-8")


def test_the_pieces_of_a_building_are_one_premises(tmp_path):
    pieces = gpd.GeoDataFrame(
        [BYGGNAD, BYGGNAD, {**BYGGNAD, "objektidentitet": "b"}],
        geometry=[box(0, 0, 10, 10), box(10, 0, 14, 10), box(90, 0, 99, 10)],
        crs=3006,
    )
    pieces["geometry"] = pieces.translate(*AT)
    pieces.to_file(tmp_path / "byggnad_kn2521.gpkg", layer="byggnad")
    study = draft(tmp_path)
    layers = read_layers(study)
    assert layers.faults[["rule", "feature_id"]].to_numpy().tolist() == [["piece_of_building", "a#2"]]
    rows, _ = gather_rows(layers, study)
    assert rows["floor_m2"].to_dict() == {"a": 3 * 140, "b": 3 * 90}  # three storeys in a block of flats


def test_older_buildings_are_spelt_with_a_space(tmp_path):
    put(tmp_path / "by.shp", "area", ANDAMAL_1T="Bostad; Flerfamiljshus", OBJEKTTYP="Bostad")
    assert only(tmp_path).preset.id == "byggnad"
    buildings = dict(draft(tmp_path).layers["buildings"][0])
    assert buildings["columns"]["kind"] == "ANDAMAL_1T"
    assert buildings["values"]["kind"]["Bostad; Flerfamiljshus"] == "multi"


def test_addresses_in_force_are_kept(tmp_path):
    put(tmp_path / "a.gpkg", "point", layer="belagenhetsadress", **ADRESS)
    addresses = draft(tmp_path).layers["addresses"][0]
    assert addresses.where == {"statusforbelagenhetsadress": ("Gällande", "Gallande")}
    assert addresses.columns["street"] == "adressomrade_faststalltnamn"


def test_the_byggnad_of_three_sources_are_told_apart(tmp_path):
    put(tmp_path / "a.gpkg", "area", layer="byggnad", **BYGGNAD)
    put(tmp_path / "b.gpkg", "area", layer="byggnad", **TOPO, andamal1="Bostad;")
    put(tmp_path / "c.gpkg", "area", layer="byggnad", **TOPO)
    findings = look_through(tmp_path)
    assert [finding.preset.id for finding in findings] == [
        "byggnad",
        "topografi10_byggnad",
        "topografi50_byggnad",
    ]
    assert choose(findings)["buildings"].schema.path.name == "a.gpkg"
    assert "de flesta småhus saknas" in write_study(tmp_path, findings[2:], name="A", year=2026)


def test_a_column_not_there_is_asked_for(tmp_path):
    put(tmp_path / "d.gpkg", "area", layer="befolkning_1km_2025", rutid_scb="8000007500000", rutstorl=1000)
    finding = only(tmp_path)
    assert finding.lacking == ("population",)
    study = draft(tmp_path)
    assert "population" not in study.layers
    text = (tmp_path / "study.toml").read_text("utf-8")
    assert '# population = "…"' in text
    uncommented = [line.removeprefix("# ") for line in text.split("\n") if line.startswith("# ")]
    tables = uncommented[uncommented.index("[layers.population]") :]
    assert tomllib.loads("\n".join(tables))["layers"]["population"]["columns"]["zone_id"] == "rutid_scb"
    assert "8000007500000" in text


def test_small_areas_with_people_are_zones_and_people(tmp_path):
    """One file, two layers: where figures are given, and how many live there."""
    put(
        tmp_path / "d.gpkg", "area", layer="DeSO_2025", desokod="2521A0010", regsokod="x", befolkning_2024=700
    )
    study = draft(tmp_path)
    assert study.layers["deso"][0].columns == {"code": "desokod", "population": "befolkning_2024"}
    people = study.layers["population"][0].columns
    assert (people["zone_id"], people["population"]) == ("desokod", "befolkning_2024")
    layers = read_layers(
        study.model_copy(update={"study": study.study.model_copy(update={"municipalities": ()})})
    )
    assert layers.tables["deso"][["code", "population"]].to_numpy().tolist() == [["2521A0010", 700]]
    assert layers.tables["population"]["population"].tolist() == [700]


def test_small_areas_without_people_are_zones_alone(tmp_path):
    put(
        tmp_path / "r.gpkg",
        "area",
        layer="RegSO_2025",
        regsokod="2521R001",
        regsonamn="Pajala",
        kommunkod="2521",
    )
    finding = only(tmp_path)
    assert finding.preset.id == "scb_regso"
    layers = read_layers(draft(tmp_path))
    assert layers.tables["areas"][["code", "name", "kind"]].to_numpy().tolist() == [
        ["2521R001", "Pajala", "regso"]
    ]


def test_electoral_districts_are_zones(tmp_path):
    put(tmp_path / "VD_25_20220910.gpkg", "area", layer="VD_25", Lkfv="25210101", Vdnamn="Pajala centrum")
    assert only(tmp_path).preset.id == "val_valdistrikt"
    layers = read_layers(draft(tmp_path))
    table = layers.tables["districts"]
    assert table[["code", "name"]].to_numpy().tolist() == [["25210101", "Pajala centrum"]]


def test_a_file_without_crs_gets_that_of_its_source_or_is_asked_for(tmp_path):
    put(tmp_path / "a.shp", "area", jg2=95, jg2_tx="Sandig morän")
    put(tmp_path / "fiber.shp", "line", ID=1)
    for name in ("a.prj", "fiber.prj"):
        (tmp_path / name).unlink()
    ground, fibre = look_through(tmp_path)
    assert ground.crs == "EPSG:3006"
    assert fibre.crs is None
    assert "no_crs" in fibre.traps


def test_a_study_that_was_begun_so_reads_its_layers(tmp_path):
    put(tmp_path / "vagar.gpkg", "line", layer="TNE_FT_VAGDATA", **NVDB)
    put(tmp_path / "byggnad_kn2521.gpkg", "area", layer="byggnad", **BYGGNAD)
    put(tmp_path / "adresser.gpkg", "point", layer="belagenhetsadress", **ADRESS)
    put_csv(tmp_path / "befolkning_1km_2025.csv", "rutid_scb;rutstorl;beftotalt\n8000007500000;1000;9\n")
    layers = read_layers(draft(tmp_path))
    assert layers.faults.empty
    road = layers.tables["roads"].iloc[0]
    assert (road["road_class"], road["surface"], road["net"]) == ("7", "gravel", "motor")
    assert (road["bridge"], road["tunnel"], road["layer"], road["name"]) == (False, True, -1, "Storgatan")
    assert layers.tables["buildings"]["kind"].tolist() == ["multi"]
    assert layers.tables["addresses"]["postcode"].tolist() == ["98492"]
    square = layers.tables["population"]
    assert square.geometry.iloc[0].bounds == (800_000, 7_500_000, 801_000, 7_501_000)
    assert square["population"].tolist() == [9]


def test_protected_areas_are_read_by_kind_and_those_not_in_force_are_left_out(tmp_path):
    kinds = ["Nationalpark", "Vattenskyddsområde", "Naturreservat"]
    states = ["Gällande", "Gällande", "Upphävt"]
    three = {name: [value] * 3 for name, value in NVR.items()}
    rows = {**three, "NVRID": list("123"), "SKYDDSTYP": kinds, "BESLUTSSTATUS": states}
    put(tmp_path / "nvr.gpkg", "area", layer="SkyddadeOmraden", **rows)
    layers = read_layers(draft(tmp_path))
    table = layers.tables["protected"]
    assert table["kind"].tolist() == ["national_park", "water_protection"]
    assert table["name"].tolist() == ["Blåkölen", "Blåkölen"]
    assert layers.counts.loc["protected", "left_out"] == 1


def test_monuments_are_read_by_how_they_were_judged(tmp_path):
    judged = [
        "Fornlämning",
        "Möjlig fornlämning",
        "Ej kulturhistorisk lämning",
        "Ingen antikvarisk bedömning",
    ]
    rows = {**{k: [v] * 4 for k, v in LAMNING.items()}, "uuid": list("abcd"), "antikvariskbedomning": judged}
    put(tmp_path / "a.gpkg", "area", layer="lämningar_län_norrbotten_polygon", **rows)
    table = read_layers(draft(tmp_path)).tables["heritage"]
    assert table["kind"].tolist() == ["heritage", "possible_heritage", "possible_heritage"]
    assert table["uncertainty_m"].tolist() == [0, 0, 0]


def test_one_kind_stands_for_all_values_and_for_none(tmp_path):
    columns = {"omradesnamn": ["A", "B", "C"], "omradestyp": ["SPA", None, "SPA/SCI"]}
    put(tmp_path / "natura_2000.gpkg", "area", **columns, naturtyper=["", "", ""])
    table = read_layers(draft(tmp_path)).tables["protected"]
    assert table["kind"].tolist() == ["natura_2000"] * 3
    assert table["name"].tolist() == ["A", "B", "C"]


def test_grounds_of_reindeer_herding_need_no_column_of_their_kind(tmp_path):
    put(tmp_path / "sameby.gpkg", "area", layer="flyttled", ID=[1, 2], NAMN=["Talma", ""])
    assert read_layers(draft(tmp_path)).tables["reindeer"]["kind"].tolist() == ["reindeer", "reindeer"]


def test_lines_of_the_map_become_railways_and_water(tmp_path):
    two, three = ({name: [value] * count for name, value in TOPO.items()} for count in (2, 3))
    rails = {**two, "objekttyp": ["Järnväg", "Museijärnväg"], "bro_och_tunnel": ["Tunnel", ""]}
    put(tmp_path / "kommunikation_sverige.gpkg", "line", layer="ralstrafik", **rails)
    water = {**three, "objektidentitet": list("abc"), "storleksklass": [1, 2, 4]}
    put(tmp_path / "hydro_sverige.gpkg", "line", layer="hydrolinje", **water)
    tables = read_layers(draft(tmp_path)).tables
    assert tables["railways"]["kind"].tolist() == ["rail", "museum"]
    assert tables["water"]["kind"].tolist() == ["stream", "river", "river"]


def test_closed_railways_are_left_out(tmp_path):
    rows = {
        "Status": ["Öppen", "Stängd"],
        "SpTyp": ["nhsp"] * 2,
        "Straknamn": ["Malmbanan", "Haparandabanan"],
    }
    put(tmp_path / "njdb.gpkg", "line", layer="Järnvägsnät_med_grundegenskaper3_0", **rows)
    assert read_layers(draft(tmp_path)).tables["railways"]["name"].tolist() == ["Malmbanan"]


# Tables


def test_squares_in_a_table_need_no_coordinates(tmp_path):
    put_csv(tmp_path / "befolkning_1km_2025.csv", "rutid_scb;rutstorl;beftotalt\n8000007500000;1000;9\n")
    finding = only(tmp_path)
    assert finding.preset.id == "scb_squares"
    assert finding.columns == {
        "zone_id": "rutid_scb",
        "square_id": "rutid_scb",
        "square_m": "rutstorl",
        "population": "beftotalt",
    }


def test_bought_squares_with_a_count_of_unknown_name_ask_for_it(tmp_path):
    put_csv(tmp_path / "order_4711.csv", "Rutid,Antal\n8000007500250,9\n")
    finding = only(tmp_path)
    assert finding.preset.id == "scb_squares"
    assert finding.lacking == ("population",)


@pytest.mark.parametrize(
    ("header", "row", "columns", "crs"),
    [
        ("e,n", "800000,7500000", {"x": "e", "y": "n"}, "EPSG:3006"),
        ("X,Y", "7500000.5,800000", {"x": "Y", "y": "X"}, "EPSG:3006"),
        ("X,Y", "1700000,7500000", {"x": "X", "y": "Y"}, None),
        ("Longitude,Latitude", "20.1,66.2", {"lon": "Longitude", "lat": "Latitude"}, None),
    ],
)
def test_coordinates_of_tables_are_found_and_put_right(tmp_path, header, row, columns, crs):
    put_csv(tmp_path / "connected.csv", f"premises_id,down_mbps,technology,{header}\na,100,fibre,{row}\n")
    finding = only(tmp_path)
    assert finding.preset.id == "own_connected"
    assert {
        ours: theirs for ours, theirs in finding.columns.items() if ours in {"x", "y", "lon", "lat"}
    } == columns
    assert finding.crs == crs
    assert ("axes_swapped" in finding.traps) == (columns.get("x") == "Y")


def test_a_sheet_of_parcel_agents_is_recognised(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "om"
    sheet = book.create_sheet("sp2026")
    sheet.append(["DB_ID_2026", "Aktör", "OMBUD/BENÄMNING", "ADRESS", "Typ av servicepunkt", "n", "e", "kn"])
    sheet.append([1, "X", "Butiken", "Vägen 1", "Ombud", "7500000", "800000", "2521"])
    book.save(tmp_path / "ombud.xlsx")
    finding = only(tmp_path)
    assert finding.preset.id == "pts_parcels"
    assert finding.schema.layer == "sp2026"
    assert finding.columns == {
        "kind": "Typ av servicepunkt",
        "name": "OMBUD/BENÄMNING",
        "operator": "Aktör",
        "x": "e",
        "y": "n",
    }
    assert draft(tmp_path).layers["service_points"][0].layer == "sp2026"


GEONAMES = (
    "geonameid\tname\tasciiname\talternatenames\tlatitude\tlongitude\tfeatureclass\tfeaturecode\tpopulation\n"
)


def test_geonames_with_a_header_is_used_and_without_one_asked_for(tmp_path):
    row = ["603570", "Överkalix", "Overkalix", "", "66.32", "22.85", "P", "PPL", *[""] * 6, "1000", *[""] * 4]
    put_csv(tmp_path / "SE.txt", "\t".join(row) + "\n")
    finding = only(tmp_path)
    assert finding.preset.id == "geonames_bare"
    assert not finding.usable
    put_csv(tmp_path / "SE.txt", GEONAMES + "\t".join([*row[:8], "1000"]) + "\n")
    finding = only(tmp_path)
    assert finding.preset.id == "geonames"
    assert finding.where == {"featureclass": ("P",)}
    assert draft(tmp_path).layers["population"][0].columns["lon"] == "longitude"


# Rasters


@pytest.mark.parametrize(
    ("file", "cells", "preset"),
    [
        ("nmd2018bas_ogeneraliserad_v1_1.tif", np.array([[2, 111]], "uint8"), "nmd2018"),
        ("NMD2023bas_v2_1.tif", np.array([[200, 111]], "uint16"), "nmd2023"),
        ("nmdbas.tif", np.array([[42, 118]], "uint8"), "nmd2018"),
        ("nmdbas.tif", np.array([[4211, 118]], "uint16"), "nmd2023"),
        ("m638_49.tif", np.array([[310.5, 311.0]], "float32"), "elevation"),
        ("63925_6950_25.tif", np.array([[310.5, 311.0]], "float32"), "elevation"),
        ("orto.tif", np.array([[1, 2, 7, 250]], "uint8"), None),
        ("andorra_srtm90.tif", np.array([[310, 311]], "int16"), "elevation"),
    ],
)
def test_rasters_are_told_by_name_and_values(tmp_path, file, cells, preset):
    put_raster(tmp_path / file, cells)
    finding = only(tmp_path)
    assert (finding.preset.id if finding.preset else None) == preset
    draft(tmp_path)


# Open Fibre Data Standard


def feature(shape, **properties):
    return {"type": "Feature", "properties": properties, "geometry": shape}


def test_spans_and_nodes_of_the_fibre_standard_are_recognised(tmp_path):
    network = {"id": "n", "name": "Nätet"}
    span = feature(
        {"type": "LineString", "coordinates": [[20, 66], [20.1, 66]]},
        id="s",
        network=network,
        featureType="span",
        start={"id": "a"},
        end={"id": "b"},
        fibreCount=96,
        status="operational",
    )
    node = feature(
        {"type": "Point", "coordinates": [20, 66]},
        id="a",
        network=network,
        featureType="node",
        status="operational",
        accessPoint=True,
    )
    for name, its in (("spans", span), ("nodes", node)):
        collection = {"type": "FeatureCollection", "features": [its]}
        (tmp_path / f"{name}.geojson").write_text(json.dumps(collection))
    layers = draft(tmp_path).layers
    assert layers["fibre_lines"][0].path.name == "spans.geojson"
    assert layers["fibre_lines"][0].columns == {"capacity": "fibreCount"}
    assert layers["fibre_lines"][0].where == {"status": ("operational",)}
    assert layers["fibre_nodes"][0].path.name == "nodes.geojson"


def test_a_network_package_of_the_fibre_standard_without_a_network_is_said_to_be_elsewhere(tmp_path):
    (tmp_path / "net.json").write_text(json.dumps({"networks": [{"id": "n", "nodes": [], "spans": []}]}))
    finding = only(tmp_path)
    assert finding.preset.id == "ofds_json"
    assert "länkar" in write_study(tmp_path, [finding], name="A", year=2026)


# Choosing, asking


def test_of_two_files_the_better_is_chosen_and_the_other_stands_as_a_comment(tmp_path):
    put(tmp_path / "a.gpkg", "line", layer="vaglinje", **TOPO)
    put(tmp_path / "b.gpkg", "line", layer="TNE_FT_VAGDATA", **NVDB)
    assert draft(tmp_path).layers["roads"][0].path.name == "b.gpkg"
    text = (tmp_path / "study.toml").read_text("utf-8")
    assert '# path = "a.gpkg"' in text


def test_all_that_is_essential_is_asked_for(tmp_path):
    text = write_study(tmp_path, [], name="A", year=2026)
    assert text.count("SAKNAS") == 3
    study = draft(tmp_path, [])
    assert study.study.crs == "EPSG:3006"
    assert (study.targets[0].down_mbps, study.targets[0].share) == (100, 0.95)
    assert study.targets[0].source


def test_what_is_not_recognised_is_shown_with_its_columns(tmp_path):
    put(tmp_path / "okänt.gpkg", "area", FOO="Ärta", BAR=3)
    finding = only(tmp_path)
    assert finding.preset is None
    text = write_study(tmp_path, [finding], name="A", year=2026)
    assert "#   FOO: Ärta" in text
    assert "#   BAR: 3" in text


def test_one_sign_is_no_recognition(tmp_path):
    put(tmp_path / "a.gpkg", "area", layer="b", kommunkod="2521")
    assert only(tmp_path).preset is None


def test_several_layers_of_a_file_are_named(tmp_path):
    put(tmp_path / "a.gpkg", "area", layer="byggnad", **BYGGNAD)
    put(tmp_path / "a.gpkg", "point", layer="belagenhetsadress", **ADRESS)
    layers = draft(tmp_path).layers
    assert layers["buildings"][0].layer == "byggnad"
    assert layers["addresses"][0].layer == "belagenhetsadress"


def test_a_zip_is_looked_into(tmp_path):
    inner = put(tmp_path / "byggnad_kn2521.gpkg", "area", layer="byggnad", **BYGGNAD)
    with zipfile.ZipFile(tmp_path / "byggnad_kn2521.zip", "w") as archive:
        archive.write(inner, "kn2521/byggnad_kn2521.gpkg")
    inner.unlink()
    assert only(tmp_path).preset.id == "byggnad"
    assert draft(tmp_path).layers["buildings"][0].path.name == "byggnad_kn2521.zip"


def test_evidence_is_told_in_both_languages(tmp_path):
    put(tmp_path / "a.gpkg", "area", layer="byggnad", **BYGGNAD)
    finding = only(tmp_path)
    assert "lagrets namn byggnad" in describe(finding, load("sv"))
    assert "the layer's name byggnad" in describe(finding, load("en"))
    assert 'language = "en"' in write_study(tmp_path, [finding], name="A", year=2026, language="en")


def test_results_and_hidden_files_are_passed_over(tmp_path):
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "manifest.json").write_text("{}")
    put(tmp_path / "result" / "roads.gpkg", "line", road_class="7")
    put(tmp_path / ".roads.gpkg", "line", layer="roads", road_class="7")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert look_through(tmp_path) == []


# Strange folders


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(MissingFileError, match="no such folder"):
        look_through(tmp_path / "nowhere")


ENDINGS = [
    ".gpkg",
    ".shp",
    ".geojson",
    ".json",
    ".csv",
    ".txt",
    ".xlsx",
    ".tif",
    ".osm.pbf",
    ".zip",
    ".fgb",
    ".gdb",
    ".doc",
]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "content", [b"", bytes(range(256)) * 20, b"{", b"PK\x03\x04", b"SQLite format 3\x00", b"a\n"]
)
def test_files_that_are_not_what_they_say_are_findings(tmp_path, ending, content):
    (tmp_path / f"a{ending}").write_bytes(content)
    finding = only(tmp_path)
    assert finding.problem or finding.preset is None
    assert "\n" not in describe(finding, load("sv"))
    assert draft(tmp_path).layers == {}


HOSTILE = [
    '"quoted".gpkg',
    "it's.gpkg",
    "new\nline.gpkg",
    "tab\t.gpkg",
    "emoji 🏔.gpkg",
    "back\\slash.gpkg",
    "]].gpkg",
    "# hash.gpkg",
    "\x7f.gpkg",
    "\u202e.gpkg",
    "a" * 200 + ".gpkg",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_inside_their_strings(tmp_path, name):
    plain = put(tmp_path / "plain.gpkg", "area", layer="byggnad", **BYGGNAD)
    plain.rename(tmp_path / name)
    shutil.copy(tmp_path / name, tmp_path / f"other {name}"[:250])
    layers = draft(tmp_path).layers
    # GDAL opens no file with a control character in its name.
    assert name.isprintable() == ("buildings" in layers) or "\u202e" in name or "\x7f" in name
    assert all(layer.path.name in {name, f"other {name}"} for (layer,) in layers.values())


def test_a_name_that_is_no_text_is_a_finding(tmp_path):
    path = tmp_path / "\udcff\udcfe.gpkg"
    path.write_bytes(b"x")
    finding = only(tmp_path)
    assert finding.problem == "name"
    assert draft(tmp_path).layers == {}


@settings(max_examples=50, deadline=None)
@given(name=st.text(min_size=1), column=st.text(min_size=1), value=st.text())
def test_any_text_in_a_study_is_valid_toml(tmp_path_factory, name, column, value):
    folder = tmp_path_factory.mktemp("any")
    with (folder / "a.csv").open("w", encoding="utf-8", errors="replace", newline="") as file:
        pd.DataFrame({column: [value], "b": [1]}).to_csv(file, index=False)
    text = write_study(folder, look_through(folder), name=name, year=2026)
    assert tomllib.loads(text)["study"]["name"] == name


def test_two_hundred_nested_files_take_no_time(tmp_path):
    for number in range(200):
        folder = tmp_path / f"{number % 10}" / "deeper"
        folder.mkdir(parents=True, exist_ok=True)
        put_csv(folder / f"table{number}.csv", "FOO,BAR\n1,2\n")
    findings = look_through(tmp_path)
    assert len(findings) == 200
    assert draft(tmp_path, findings).layers == {}


# Real data


def test_andorra_is_recognised(shared_data):
    folder = shared_data / "andorra"
    findings = look_through(folder)
    chosen = choose(findings)
    # The file itself says more than tables made from it.
    from_osm = (
        "roads",
        "buildings",
        "addresses",
        "municipalities",
        "masts",
        "power_lines",
        "service_points",
        "water",
    )
    assert {chosen[layer].schema.path.name for layer in from_osm} == {"andorra.osm.pbf"}
    assert chosen["elevation"].schema.path.name == "andorra_srtm90.tif"
    study = Study.model_validate(tomllib.loads(write_study(folder, findings, name="Andorra", year=2026)))
    assert study.study.crs == "EPSG:32631"
    assert str(study.layers["buildings"][0].date) == "2021-10-28"


@pytest.mark.parametrize(
    ("folder", "file", "layer", "preset"),
    [
        ("norrbotten", "municipalities.gpkg", "municipalities", "own_municipalities"),
        ("norrbotten", "tatorter_2020.csv", "localities", "scb_tatorter"),
        ("dalarna", "population_1km_2025.csv", "population", "scb_squares"),
    ],
)
def test_real_swedish_files_are_recognised(shared_data, folder, file, layer, preset):
    chosen = choose(look_through(shared_data / folder))
    assert chosen[layer].schema.path.name == file
    assert chosen[layer].preset.id == preset


def test_holiday_home_areas_are_known_though_not_used(shared_data):
    findings = look_through(shared_data / "dalarna")
    assert "scb_fritidshus" in {finding.preset.id for finding in findings if finding.preset}


def test_roads_of_trafikverket_bring_speed_number_and_way(tmp_path):
    """Numbers and words of both generations; what stands for no limit is unknown, and no fault."""
    told = {
        "F_Hogst_225": ["70", "1000", "varierande", "gångfart"],
        "B_Hogst_225": ["80", "50", "50", "50"],
        "Huvnr_556_1": ["97", "392", "", "0"],
        "B_ForbjudenFardriktning": ["-1", "0", "Ja", ""],
        "Klass_181": [2, 3, 4, 5],
    }
    shapes = [LineString([(AT[0], AT[1] + 99 * at), (AT[0] + 100, AT[1] + 99 * at)]) for at in range(4)]
    frame = gpd.GeoDataFrame(
        {"ROUTE_ID": list("abcd"), "Vagtr_474": 1, **told}, geometry=shapes, crs="EPSG:3006"
    )
    frame.to_file(tmp_path / "nvdb.gpkg", layer="TNE_FT_VAGDATA")
    layers = read_layers(draft(tmp_path))
    table = layers.tables["roads"]
    assert table["speed_kmh"].fillna(-1).tolist() == [70, -1, -1, 5]
    assert table["road_number"].tolist() == ["97", "392", "", "0"]
    assert table["oneway"].tolist() == ["forward", "both", "forward", "both"]
    assert not layers.faults["rule"].isin(["unknown_value", "not_a_number", "beyond_limit"]).any()


def test_tables_of_openstreetmap_bring_speed_number_and_way(tmp_path):
    """As osmium writes them, and as Geofabrik does, where 0 stands for no limit."""
    shapes = [LineString([(AT[0], AT[1] + 99 * at), (AT[0] + 100, AT[1] + 99 * at)]) for at in range(5)]
    told = {
        "highway": "primary",
        "maxspeed": ["50", "0", "", "none", "90"],
        "ref": ["97", "", "", "", "E10"],
        "oneway": ["yes", "T", "B", "-1", "no"],
    }
    frame = gpd.GeoDataFrame({"osm_id": range(5), **told, "surface": ""}, geometry=shapes, crs="EPSG:3006")
    frame.to_file(tmp_path / "roads.gpkg")
    layers = read_layers(draft(tmp_path))
    table = layers.tables["roads"]
    assert table["speed_kmh"].fillna(-1).tolist() == [50, -1, -1, -1, 90]
    assert table["oneway"].tolist() == ["forward", "backward", "both", "backward", "both"]
    assert table["road_number"].tolist() == ["97", "", "", "", "E10"]
    assert not layers.faults["rule"].isin(["unknown_value", "not_a_number", "beyond_limit"]).any()
