"""Published tables in the layouts of PTS, Kolada and others: each figure is used, or a fault says why not."""

import math
import re

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infraplan import tables
from infraplan.bundled import bundled
from infraplan.config import Study, StudyInfo
from infraplan.coverconfig import Measure, Published
from infraplan.errors import LayerError, MissingFileError
from infraplan.layers.faults import describe
from infraplan.layers.published import read_published
from infraplan.layers.published_layouts import find_definition, read_published_rules
from infraplan.layers.published_shares import read_share
from infraplan.layers.published_zones import Register
from infraplan.layers.study import read_study
from infraplan.words import load

NORRBOTTEN = {"2505": "Arvidsjaur", "2513": "Överkalix", "2514": "Kalix", "2580": "Luleå"}
TECHNOLOGY = [
    "Årtal",
    "Kommunkod",
    "Kommunnamn",
    "Område",
    "Antal hushåll",
    "Tillgång via xDSL",
    "Tillgång via fiber eller fiber-lan",
    "I närhet av fiber",
    "Total tillgång (trådbunden och trådlös accessteknik)",
]


def write_book(path, **sheets):
    """Write sheets of rows; ``_`` in their names stands for a space."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name.replace("_", " "))
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def register(names):
    return pd.DataFrame({"code": list(names), "name": list(names.values())})


@pytest.fixture
def read(tmp_path):
    """Return a reader of one table: its text, or its path; faults are held to have sentences."""

    def go(file, names=NORRBOTTEN, **changes):
        path = file
        if isinstance(file, str):
            path = tmp_path / "tabell.csv"
            path.write_text(file, "utf-8")
        table = Published.model_validate({"name": "PTS", "path": path, **changes})
        study = Study(study=StudyInfo(name="t", year=2026), published=(table,))
        used, found = read_published(study, municipalities=register(names))
        tables.check(used, tables.PUBLISHED)
        tables.check(found, tables.FAULTS)
        for language in ("en", "sv"):
            said = describe(found, load(language))
            assert (said[["message", "remedy"]] != "").all(axis=None)
        return used, found

    return go


def rules(found):
    """Return the rules of faults but for the one about municipalities that are not there."""
    return [rule for rule in found["rule"] if rule != "published_without_zone"]


def shares(used):
    return [None if math.isnan(share) else round(share, 12) for share in used["share"]]


def say(found, rule, language="en"):
    rows = found[found["rule"] == rule]
    return describe(rows, load(language))["message"].tolist()


# PTS: technology


def test_the_workbook_of_technology(tmp_path, read):
    rows = [
        TECHNOLOGY,
        [2023, 2513, "Överkalix", "total", 1_690, 0.2, 0.55, 0.7, 1],
        [2024, 2513, "Överkalix", "total", 1_700, 0.1, 0.6025, 0.8, 1],
        [2024, 2513, "Överkalix", "glesbebyggt", 900, 0.1, 0.4, 0.5, 1],
        [2024, 380, "Uppsala", "total", 110_000, 0.1, 0.9, 0.95, 1],
    ]
    work = [
        [*TECHNOLOGY[:4], "Antal arbetsställen", *TECHNOLOGY[6:8]],
        [2024, 2513, "Överkalix", "total", 300, 0.5, 0.6],
    ]
    path = write_book(
        tmp_path / "teknik.xlsx", Info=[["Om"]], Teknik_kommun_hushåll=rows, Teknik_kommun_arbetsställen=work
    )
    used, found = read(path, layout="pts_technology", source="PTS 2025")
    fibre = used[used["measure"] == "Tillgång via fiber eller fiber-lan"]
    assert fibre["zone_code"].tolist() == ["2513", "2513", "0380", "2513"]
    assert fibre["year"].tolist() == [2023, 2024, 2024, 2024]
    assert fibre["share"].tolist() == [0.55, 0.6025, 0.9, 0.5]
    assert fibre["base"].tolist() == [1_690, 1_700, 110_000, 300]
    assert fibre["unit"].tolist() == ["households"] * 3 + ["workplaces"]
    assert fibre["rounding"].tolist() == [0.00005] * 3 + [0.005]
    assert (fibre[["counts", "down_mbps", "technologies"]] == ["orderable", 1_000.0, "wired"]).all(axis=None)
    assert set(used["zone_kind"]) == {"municipality"}
    assert set(used["source"]) == {"PTS 2025"}
    near = used[used["measure"] == "I närhet av fiber"]
    assert set(near["counts"]) == {"passed"}
    assert rules(found) == ["published_part", "published_measure_unknown"]
    assert found["values"].iloc[0]["count"] + found["values"].iloc[1]["count"] + len(used) == 4 * 4 + 2


@pytest.mark.parametrize("code", [2513, "2513", "2513.0", " 2513 "])
@pytest.mark.parametrize("header", ["Kommunkod", "KOMMUN KOD", "Kod"])
def test_codes_are_found_however_they_are_called(tmp_path, read, code, header):
    rows = [
        ["PTS 2024"],
        [],
        [header, "Kommun", "År", "I närhet av fiber"],
        [code, "Överkalix kommun", "okt 2024", 0.8],
    ]
    path = write_book(tmp_path / "t.xlsx", Blad1=rows)
    used, found = read(path, layout="pts_technology")
    assert used[["zone_code", "year", "share"]].to_numpy().tolist() == [["2513", 2024, 0.8]]
    assert rules(found) == []


def test_zones_by_name_alone(tmp_path, read):
    names = ["ÖVERKALIX", "Luleå kommun", "Riket", "Norrbottens län", "Umeå", ""]
    rows = [["Årtal", "Kommunnamn", "I närhet av fiber"], *([2024, name, 0.5] for name in names)]
    used, found = read(write_book(tmp_path / "t.xlsx", A=rows), layout="pts_technology")
    assert used[["zone_kind", "zone_code"]].to_numpy().tolist() == [
        ["municipality", "2513"],
        ["municipality", "2580"],
        ["nation", "00"],
        ["county", ""],
        ["municipality", ""],
    ]
    assert found["rule"].tolist() == ["published_zone_unknown", "published_without_zone"]


def test_names_that_lost_their_rings_and_dots_are_found_but_habo_is_not_habo():
    plain = Register(NORRBOTTEN, plain=True)
    assert plain.find("", "Overkalix").code == "2513"
    assert Register(NORRBOTTEN).find("", "Overkalix").code == ""
    both = {"0305": "Håbo", "0643": "Habo"}
    assert Register(both).find("", "Håbo").code == "0305"
    assert Register(both).find("", "habo kommun").code == "0643"
    assert Register(both, plain=True).find("", "Habo").code == ""
    assert Register({"0305": "Håbo"}).find("643", "Habo").problem == ""
    assert Register({"0180": "Stockholm"}).find("180", "Stockholms stad").problem == ""


@pytest.mark.parametrize(
    ("code", "kind", "mended"),
    [
        ("0", "nation", "00"),
        ("0000", "nation", "00"),
        ("00", "nation", "00"),
        ("3", "county", "03"),
        ("25", "county", "25"),
        ("0025", "county", "25"),
        ("114", "municipality", "0114"),
        ("2513A0010", "deso", "2513A0010"),
        ("2513TB101", "locality", "2513TB101"),
        ("G35891", "area", "G35891"),
    ],
)
def test_codes_of_sweden(code, kind, mended):
    zone = Register({}).find(code, "")
    assert (zone.kind, zone.code) == (kind, mended)


def test_codes_of_other_countries_stay_as_they_are():
    assert Register({}, swedish=False).find("007", "X").code == "007"


def test_shifted_codes_are_set_aside_with_code_and_name(read):
    text = (
        "kommunkod;kommun;år;I närhet av fiber\n2505;Överkalix;2024;0,5\n2513;Kalix;2024;0,6\n"
        "2514;Kalix;2024;0,7\n2506;Arjeplog;2024;0,1\n"
    )
    used, found = read(text)
    assert used["zone_code"].tolist() == ["2514", "2506"]
    assert rules(found) == ["published_code_and_name"] * 2
    assert set(found["severity"]) == {"warning"}
    first, second = say(found, "published_code_and_name")
    assert "2505 Överkalix" in first
    assert "2505 Arvidsjaur" in first
    assert "row 1" in first
    assert "2513 Kalix" in second
    assert "2513 Överkalix" in second
    named, _ = read(text, columns={"zone_name": "kommun"})
    assert named["zone_code"].tolist() == ["2513", "2514", ""]


def test_municipalities_that_are_not_there_are_told(read):
    _, found = read("kod;år;I närhet av fiber\n2513;2024;0,5\n2514;2024;0,5\n")
    (message,) = say(found, "published_without_zone")
    assert "2 of the study's municipalities: 2505 Arvidsjaur, 2580 Luleå" in message
    _, found = read("kod;år;I närhet av fiber\n25;2024;0,5\n")
    assert found.empty


# PTS: mobile

MOBILE = [
    ["Mobiltäckning"],
    ["Alla operatörer"],
    [
        "Kommun/Län/Riket",
        "Kod",
        "Yttäckning 10 Mbit/s",
        None,
        "Totalt alla områden,\ndär man normalt befinner sig",
        None,
    ],
    [None, None, 2022, 2023, 2022, 2023],
    ["Riket", "00", "88,0 %", ">99", 0.97, ">99%"],
    ["Norrbottens län", "25", "-", "<1", 0.5, "51,5 %"],
    ["Överkalix", "2513", "60%", "61,5%", 0.9, ">99"],
]


@pytest.mark.parametrize("labels", [2, 3])
def test_the_workbook_of_mobile_coverage(tmp_path, read, labels):
    rows = [list(row) for row in MOBILE]
    if labels == 3:
        rows[2][:2], rows[3][:2] = [None, None], MOBILE[2][:2]
    used, found = read(write_book(tmp_path / "m.xlsx", Totalt=rows), layout="pts_mobile")
    assert rules(found) == []
    assert len(used) == 12
    area = used[used["measure"] == "Yttäckning 10 Mbit/s"]
    assert area[["zone_kind", "zone_code", "year"]].to_numpy().tolist() == [
        ["nation", "00", 2022],
        ["nation", "00", 2023],
        ["county", "25", 2022],
        ["county", "25", 2023],
        ["municipality", "2513", 2022],
        ["municipality", "2513", 2023],
    ]
    assert shares(area) == [0.88, 0.99, None, 0.01, 0.6, 0.615]
    assert area["bound"].tolist() == ["exact", "above", "exact", "below", "exact", "exact"]
    assert set(area["rounding"]) == {0.0005}
    total = used[used["measure"] == "Totalt alla områden, där man normalt befinner sig"]
    assert shares(total) == [0.97, 0.99, 0.5, 0.515, 0.9, 0.99]
    assert (used[["counts", "unit", "technologies"]] == "").all(axis=None)
    assert (used["down_mbps"] == 0).all()


def test_zones_without_any_header_are_told_by_their_digits(tmp_path, read):
    rows = [[None, None, *MOBILE[2][2:]], *MOBILE[3:]]
    used, _ = read(write_book(tmp_path / "m.xlsx", A=rows), layout="pts_mobile")
    assert used["zone_code"].drop_duplicates().tolist() == ["00", "25", "2513"]
    assert used["zone_name"].drop_duplicates().tolist() == ["Riket", "Norrbottens län", "Överkalix"]


def test_a_year_may_stand_in_the_title_alone(tmp_path, read):
    rows = [
        ["Täckning oktober 2025"],
        ["Kommun/Län/Riket", "Kod", "Alla operatörer - yta"],
        ["Kalix", "2514", ">99"],
    ]
    used, _ = read(write_book(tmp_path / "m.xlsx", A=rows), layout="pts_mobile")
    assert used[["zone_code", "year", "measure"]].to_numpy().tolist() == [
        ["2514", 2025, "Alla operatörer - yta"]
    ]
    used, _ = read("kod;I närhet av fiber\n2514;0,5\n", name="PTS 2024")
    assert used["year"].tolist() == [2024]
    with pytest.raises(LayerError, match="year"):
        read("kod;I närhet av fiber\n2514;0,5\n", name="PTS 2024 och 2025")


def test_which_operators_sheet_is_meant_is_asked(tmp_path, read):
    path = write_book(tmp_path / "m.xlsx", Telia=MOBILE, Tre=MOBILE)
    with pytest.raises(LayerError, match=r'\[\[published\]\] "PTS" sheet.*Telia, Tre|Telia, Tre.*sheet'):
        read(path, layout="pts_mobile")
    assert len(read(path, layout="pts_mobile", sheet="tre")[0]) == 12
    with pytest.raises(LayerError, match="Tele2"):
        read(path, layout="pts_mobile", sheet="Tele2")


# Any table


def test_a_mobile_measure_can_be_mapped(tmp_path, read):
    path = write_book(tmp_path / "m.xlsx", A=MOBILE)
    used, _ = read(path, layout="pts_mobile", measures={"Yttäckning 10 Mbit/s": {"down_mbps": 10}})
    assert set(used.loc[used["measure"] == "Yttäckning 10 Mbit/s", "down_mbps"]) == {10.0}


KOLADA_100 = "Tillgång till fast bredband om minst 100 Mbit/s, andel (%)"
KOLADA_1G = "Hushåll med tillgång till eller möjlighet att ansluta till bredband om minst 1 Gbit/s, andel (%)"


def test_kolada_with_a_row_a_figure(read):
    text = (
        "kpi;title;municipality_id;municipality;year;value\n"
        f"N07900;{KOLADA_100};2513;Överkalix;2023;55,1\n"
        f"N07917;{KOLADA_1G};2513;Överkalix;2023;88,2\n"
        f"N1;{KOLADA_1G[:8]} i glesbebyggt område {KOLADA_1G[8:]};2513;Överkalix;2023;44,4\n"
    )
    used, found = read(text, columns={"measure": "title", "share": "value"})
    assert used[["counts", "unit", "down_mbps", "technologies"]].to_numpy().tolist() == [
        ["orderable", "households", 100.0, "all"],
        ["passed", "households", 1_000.0, "all"],
    ]
    assert used["share"].tolist() == [0.551, 0.882]
    assert rules(found) == ["published_measure_unknown"]


def test_years_as_columns(read):
    text = "kommun;2020;2021;2022\nÖverkalix;55,0;60,5;..\nKalix;70,0;80,0;90,0\n"
    used, found = read(text, measures={"snabbt": {"unit": "households+workplaces", "down_mbps": 30}})
    assert used["year"].tolist() == [2020, 2021, 2022] * 2
    assert shares(used) == [0.55, 0.605, None, 0.7, 0.8, 0.9]
    assert set(used["measure"]) == {"snabbt"}
    assert set(used["unit"]) == {"households+workplaces"}
    assert rules(found) == []
    by_name, _ = read(text, name=KOLADA_100)
    assert set(by_name["down_mbps"]) == {100.0}
    with pytest.raises(LayerError, match="measures"):
        read(text)


def test_years_as_columns_with_a_row_a_measure(read):
    text = f'nyckeltal,kommun,2020,2021\n"{KOLADA_100}",Kalix,50,60\n"{KOLADA_1G}",Kalix,70,80\n'
    used, _ = read(text, columns={"measure": "nyckeltal"})
    assert used[["counts", "year", "share"]].to_numpy().tolist() == [
        ["orderable", 2020, 0.5],
        ["orderable", 2021, 0.6],
        ["passed", 2020, 0.7],
        ["passed", 2021, 0.8],
    ]


def test_a_column_of_shares_and_one_of_bases(read):
    text = "kod;namn;tid;andel;hushåll\n2514;Kalix;2022-10-01;85,26;8 718\n"
    columns = {"year": "tid", "share": "andel", "base": "hushåll"}
    used, _ = read(text, columns=columns, measures={"andel": {"counts": "passed"}})
    assert used[["year", "share", "base", "counts"]].to_numpy().tolist() == [[2022, 0.8526, 8718, "passed"]]


def test_gallivare_as_its_company_publishes_it(read):
    """The one full municipal series found; 2021 its base fell by 16 %."""
    text = (
        "År;Kommunkod;Antal hushåll;>=30 Mbit/s;>=100 Mbit/s;Tillgång via fiber;I närhet av fiber\n"
        "2016;2523;9 425;84,86;50,04;26,71;-\n"
        "2020;2523;10 274;92,60;83,04;75,59;83,42\n2021;2523;8 664;91,05;80,91;75,84;81,69\n"
    )
    measures = {">=30 Mbit/s": {"down_mbps": 30}, ">=100 Mbit/s": {"down_mbps": 100}}
    used, found = read(text, {"2523": "Gällivare"}, measures=measures)
    assert len(used) == 12
    assert found.empty
    fast = used[used["down_mbps"] == 100]
    assert fast["share"].tolist() == pytest.approx([0.5004, 0.8304, 0.8091])
    assert fast["base"].tolist() == [9_425, 10_274, 8_664]
    assert set(fast["rounding"]) == {0.00005}


# Shares


def one(*cells, header="I närhet av fiber", **others):
    rows = [f"{2000 + i};2513;Överkalix;{cell}" for i, cell in enumerate(cells)]
    return "\n".join([f"år;kod;namn;{header}", *rows]) + "\n"


@pytest.mark.parametrize(
    ("cells", "percent", "expected"),
    [
        (["0,5", "0,88"], None, [0.5, 0.88]),
        (["50", "88"], None, [0.5, 0.88]),
        (["0,5", "88"], True, [0.005, 0.88]),
        (["0,5", "1"], True, [0.005, 0.01]),
        (["0,5 %", "1"], None, [0.005, 1.0]),
        (["1"], None, [1.0]),
        (["0", "0"], None, [0.0, 0.0]),
        (["0,4", *["50"] * 19], None, [0.004, *[0.5] * 19]),
        ([">99", "0,98"], None, [0.99, 0.98]),
        ([">0,99", "0,98"], None, [0.99, 0.98]),
        (["<1", "<1 %"], None, [0.01, 0.01]),
        (["mer än 99 %", "över 98", "≥ 97,5"], None, [0.99, 0.98, 0.975]),
        (["100", "99,9"], None, [1.0, 0.999]),
        (["1e-2", "1E0"], None, [0.01, 1.0]),
    ],
)
def test_per_cent_or_not_is_told_by_the_column(read, cells, percent, expected):
    used, found = read(one(*cells), percent=percent)
    assert shares(used) == [pytest.approx(share) for share in expected]
    assert rules(found) == []


@pytest.mark.parametrize(
    ("cells", "rule", "value"),
    [
        (["50", "101"], "published_over_one", "101"),
        (["0,5", "1,01"], "published_over_one", "1,01"),
        (["1,01"], "published_over_one", "1,01"),
        (["0,5", "101 %"], "published_over_one", "101 %"),
        ([">101", "0,5"], "published_over_one", ">101"),
        (["0,5", "-0,1"], "published_negative", "-0,1"),
        (["0,5", "−3 %"], "published_negative", "−3 %"),
        (["0,5", "många"], "published_not_a_share", "många"),
        (["0,5", ">"], "published_not_a_share", ">"),
        (["0,5", "1.2.3"], "published_not_a_share", "1.2.3"),
        (["0,5", "inf"], "published_not_a_share", "inf"),
        (["0,5", "1e999"], "published_not_a_share", "1e999"),
        ([*["0,5"] * 19, "88"], "published_over_one", "88"),
    ],
)
def test_what_is_no_share_is_set_aside_with_file_row_value_and_rule(read, cells, rule, value):
    used, found = read(one(*cells))
    assert len(used) == len(cells) - 1
    assert rules(found) == [rule]
    assert found["severity"].iloc[0] == "error"
    (message,) = say(found, rule, "sv")
    row = cells.index(value) + 1
    assert message.startswith(f"tabell.csv, rad {row} under rubriken")
    assert value in message
    assert found["feature_id"].iloc[0] == f"PTS-{row}"


def test_a_column_in_two_scales_is_set_aside_where_nothing_tells(read):
    used, found = read(one("0,5", "60", "0,9", "-"))
    assert shares(used) == [None]
    assert rules(found) == ["published_scale"] * 3
    used, found = read(one("0,5", "60", "0,9", "-"), percent=True)
    assert shares(used) == [0.005, 0.6, 0.009, None]


@pytest.mark.parametrize("cell", ["-", "..", "", "–", "--", "…", "uppgift saknas", "NA"])
def test_a_cell_without_a_figure_has_no_share(read, cell):
    used, found = read(one("0,5", cell))
    assert shares(used) == [0.5, None]
    assert used["bound"].tolist() == ["exact", "exact"]
    assert rules(found) == []


def test_a_year_twice_keeps_the_first_that_has_a_share(read):
    rows = [
        "2024;2513;-",
        "2024;2513;0,5",
        "2024;2513;0,5",
        "2024;2513;0,7",
        "2024;2514;0,6",
        "2023;2513;0,4",
    ]
    used, found = read("\n".join(["år;kod;I närhet av fiber", *rows]))
    assert shares(used) == [0.5, 0.6, 0.4]
    assert rules(found) == ["published_twice"] * 3
    assert [fault["row"] for fault in found["values"][:3]] == ["1", "3", "4"]


def test_zones_known_by_name_alone_are_not_the_same(read):
    used, found = read("år;kommun;I närhet av fiber\n2024;Umeå;0,5\n2024;Vännäs;0,6\n2024;Umeå;0,7\n")
    assert shares(used) == [0.5, 0.6]
    assert rules(found) == ["published_twice"]


def test_a_base_of_none_has_no_share(read):
    rows = ["2024;2513;0;0,5", "2023;2513;0;-", "2022;2513;x;0,4", "2021;2513;-5;0,3", "2020;2513;..;0,2"]
    text = "\n".join(["år;kod;Antal hushåll;I närhet av fiber", *rows])
    used, found = read(text)
    assert shares(used) == [None, 0.4, 0.3, 0.2]
    assert used["base"].isna().tolist() == [False, True, True, True]
    assert rules(found) == ["published_base", "published_base", "published_base_zero"]
    assert found["severity"].tolist()[:3] == ["repaired", "repaired", "error"]


@pytest.mark.parametrize("year", ["igår", "20244", "2020-2021", "", "24"])
def test_a_year_that_is_none(read, year):
    used, found = read(f"år;kod;I närhet av fiber\n{year};2513;0,5\n2024;2514;0,5\n")
    assert used["year"].tolist() == [2024]
    assert rules(found) == ["published_year"]


CELLS = st.one_of(
    st.text(max_size=8),
    st.from_regex(r"[<>≥≤]? ?-?\d{0,3}([.,]\d{0,3})? ?%?", fullmatch=True),
    st.sampled_from(["-", "..", ">99", "<1", "101 %", "0", "1", "1,01"]),
)


@given(CELLS)
@example("1e400")
@example(".")
@example("٣")
def test_any_cell_is_a_number_or_none(text):
    number, bound, decimals, _ = read_share(text)
    assert math.isnan(number) or math.isfinite(number)
    assert bound in ("exact", "above", "below")
    assert decimals >= 0
    if not math.isnan(number):
        assert re.search(r"[0-9]", text)


@given(st.decimals(0, 100, places=2), st.sampled_from(["{} %", "{}%", " {} procent", ">{}", "< {}"]))
def test_a_number_is_read_as_it_is_written(value, form):
    for text in (form.format(value), form.format(str(value).replace(".", ","))):
        number, bound, decimals, percent = read_share(text)
        assert (number, decimals) == (float(value), 2)
        assert percent == ("%" in form or "procent" in form)
        assert bound == ("above" if ">" in form else "below" if "<" in form else "exact")


@settings(max_examples=30)  # each writes a workbook
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["2513", "2514", "380", "", "x", "2505"]),
            st.sampled_from(["Överkalix", "Kalix", "", "Uppsala"]),
            st.sampled_from(["2023", "2024", "igår", ""]),
            st.sampled_from(["100", "0", "", "-1", "x"]),
            CELLS,
            CELLS,
        ),
        min_size=1,
        max_size=6,
    ),
    percent=st.sampled_from([None, True, False]),
)
def test_each_figure_is_used_or_a_fault(tmp_path_factory, rows, percent):
    path = tmp_path_factory.mktemp("p") / "t.xlsx"
    header = ["kod", "kommun", "år", "Antal hushåll", "I närhet av fiber", "Tillgång via fiber"]
    cells = [[re.sub(r"[\x00-\x1f=\ud800-\udfff]", "", cell) for cell in row] for row in rows]
    filled = [row for row in cells if any(cell.strip() for cell in row)]
    if not filled:
        return
    write_book(path, A=[header, *cells])
    table = Published(name="PTS", path=path, percent=percent)
    study = Study(study=StudyInfo(name="t", year=2026), published=(table,))
    used, found = read_published(study, municipalities=register(NORRBOTTEN))
    tables.check(used, tables.PUBLISHED)
    aside = [rule for rule in rules(found) if rule != "published_base"]
    assert len(used) + len(aside) == 2 * len(filled)
    kept = used["share"].dropna()
    assert ((kept >= 0) & (kept <= 1)).all()
    assert not used[["zone_kind", "zone_code", "zone_name", "year", "measure"]].duplicated().any()
    describe(found, load("sv"))


# Files


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kod;I närhet av fiber\n2513;0,5\n", "year"),
        ("år;I närhet av fiber\n2024;0,5\n", "zone_code"),
        ("år;kod;namn\n2024;2513;Överkalix\n", "share"),
        ("år;kod;I närhet av fiber\n", "empty"),
        ("", "empty"),
    ],
)
def test_a_table_that_lacks_something(read, text, said):
    with pytest.raises(LayerError, match=said):
        read(text)


def test_columns_that_are_named_wrong(read):
    text = "år;kod;I närhet av fiber\n2024;2513;0,5\n"
    with pytest.raises(LayerError, match="kommunkod"):
        read(text, columns={"zone_code": "kommunkod"})
    with pytest.raises(LayerError, match="zon"):
        read(text, columns={"zon": "kod"})


def test_files_that_cannot_be_read(tmp_path, read):
    broken = tmp_path / "b.xlsx"
    broken.write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(LayerError, match=r"b\.xlsx"):
        read(broken)
    pdf = tmp_path / "b.pdf"
    pdf.write_bytes(b"%PDF")
    with pytest.raises(LayerError, match="pdf"):
        read(pdf)
    with pytest.raises(MissingFileError, match=r"\[\[published\]\]"):
        read(tmp_path / "none.csv")


def test_a_file_of_no_use_is_a_fault_where_the_reading_goes_on(tmp_path):
    (tmp_path / "a.csv").write_text("kod;namn\n2513;x\n", "utf-8")
    (tmp_path / "b.csv").write_text("år;kod;I närhet av fiber\n2024;2513;0,5\n", "utf-8")
    published = tuple(Published(name=name, path=tmp_path / f"{name}.csv") for name in "abc")
    study = Study(study=StudyInfo(name="t", year=2026), published=published)
    used, found = read_published(study, strict=False)
    assert used["table"].tolist() == ["b"]
    assert found["rule"].tolist() == ["missing_column", "missing_file"]
    assert describe(found, load("sv"))["message"].str.contains(r"[ac]\.csv").all()


@pytest.mark.parametrize("shift", [0, 1])
def test_the_codes_of_norrbotten_as_they_are_and_shifted(shared_data, tmp_path, shift):
    """A public file has them one off: 2505 = Överkalix."""
    area = gpd.read_file(shared_data / "norrbotten" / "municipalities.gpkg")
    shares = pd.read_csv(bundled("norrbotten", "shares.csv"), dtype=str)
    shares["code"] = np.roll(shares["code"], shift)
    shares.to_csv(tmp_path / "shares.csv", index=False)
    measures = {"share": {"down_mbps": 100}}
    table = Published(name="a", path=tmp_path / "shares.csv", columns={"share": "share"}, measures=measures)
    study = Study(study=StudyInfo(name="t", year=2026), published=(table,))
    used, found = read_published(study, municipalities=area)
    assert len(used) == (0 if shift else 14)
    assert rules(found) == ["published_code_and_name"] * (14 if shift else 0)


def test_paths_start_from_the_study_and_its_municipalities_are_known(tmp_path, area):
    (tmp_path / "pts.csv").write_text(
        "kod;namn;år;I närhet av fiber\n2580;Kiruna;2024;0,5\n2581;Piteå;2024;0,6\n", "utf-8"
    )
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "t"\nyear = 2026\n[layers.municipalities]\npath = "municipalities.gpkg"\n'
        '[[published]]\nname = "PTS"\npath = "pts.csv"\n',
        "utf-8",
    )
    study = read_study(tmp_path)
    assert study.published[0].path == tmp_path / "pts.csv"
    used, found = read_published(study)
    assert used["zone_code"].tolist() == ["2581"]
    assert found["rule"].tolist() == ["published_code_and_name", "published_without_zone"]


def test_no_tables_are_an_empty_table():
    used, found = read_published(Study(study=StudyInfo(name="t", year=2026)))
    tables.check(used, tables.PUBLISHED)
    assert used.empty
    assert found.empty


# What is known


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Tillgång via fiber eller fiber-lan", ("orderable", 1_000.0, "wired", "households")),
        ("Tillgång via\n fiber", ("orderable", 1_000.0, "wired", "households")),
        ("I absolut närhet av fiber", ("passed", 1_000.0, "wired", "households")),
        ("Tillgång via trådbunden accessteknik", ("orderable", 1.0, "wired", "households")),
        ("Total tillgång (trådbunden och trådlös accessteknik)", ("orderable", 1.0, "all", "households")),
        (KOLADA_100, ("orderable", 100.0, "all", "households")),
        (KOLADA_1G, ("passed", 1_000.0, "all", "households")),
        ("Arbetsställen med tillgång till 30 Mbit/s", ("orderable", 30.0, "all", "workplaces")),
        ("Hushåll och företag, tillgång 100 Mbit/s", ("orderable", 100.0, "all", "households+workplaces")),
        ("Tillgång via xDSL", None),
        ("Tillgång via NR (5G)", None),
        ("Hushåll i tätort med tillgång till 100 Mbit/s", None),
        ("Folkmängd", None),
    ],
)
def test_measures_that_are_known(name, expected):
    found = find_definition(name, "", Published(name="a", path="a.csv"))
    said = found and (found.counts, found.down_mbps, found.technologies, found.unit)
    assert said == expected


def test_what_the_study_says_goes_first():
    table = Published(name="a", path="a.csv", measures={"I närhet av fiber": Measure(counts="planned")})
    found = find_definition("i närhet av FIBER", "workplaces", table)
    assert found == Measure(counts="planned")


def test_all_that_is_known_has_a_source():
    assert all(known.source and known.why for known in read_published_rules().measures)
    assert read_published_rules().near.source
