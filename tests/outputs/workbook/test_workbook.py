"""The workbook read back: formulas that come to what they say, text that is never one, the same bytes."""

import re
from dataclasses import replace
from zipfile import ZipFile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.outputs import edition_of
from infraplan.outputs.workbook import book, write_workbook
from infraplan.words import LANGUAGES, load


@pytest.fixture(scope="module")
def edition(results):
    return edition_of(results)


@pytest.fixture(scope="module")
def path(edition, tmp_path_factory):
    return write_workbook(edition, tmp_path_factory.mktemp("workbook") / "plan.xlsx", language="en")


def read(path):
    """Return the workbook's formulas and its values."""
    return openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)


def cells(sheet, reference):
    """Return the values of a range such as $A$4:$A$9, or of one cell."""
    found = sheet[reference.replace("$", "")]
    return [cell.value for row in found for cell in row] if isinstance(found, tuple) else found.value


def compute(formula, here, values):
    """Work a formula of ours out, from the values of other cells: an oracle of our own, not Excel's."""
    text = formula.removeprefix("=")

    def take(match):
        sheet = values[match["sheet"]] if match["sheet"] else here
        return repr(cells(sheet, match["cells"]))

    reference = r"(?:'(?P<sheet>[^']+)'!)?(?P<cells>\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)"
    text = re.sub(reference, take, text).replace('"<="&', "")
    # What remains is Python but for the sign of equality.
    text = re.sub(r"(?<![<>=])=(?!=)", "==", text)
    known = {
        "SUM": lambda values: sum(values) if isinstance(values, list) else values,
        "ROUND": lambda value, digits: float(np.floor(value * 10**digits + 0.5) / 10**digits),
        "IF": lambda test, one, other: one if test else other,
        "AND": lambda *tests: all(tests),
        "SUMIF": sum_if,
        "COUNTIF": lambda keys, most: sum(key <= most for key in keys),
    }
    lazy = re.sub(r'IF\(0==0,"",.*', '""', text)
    return eval(lazy, {"__builtins__": {}}, known)  # noqa: S307  (formulas of our own, in a test)


def sum_if(keys, wanted, amounts):
    fits = (lambda key: key == wanted) if isinstance(wanted, str) else (lambda key: key <= wanted)
    return sum(amount for key, amount in zip(keys, amounts, strict=True) if fits(key))


def test_every_formula_carries_the_value_that_it_comes_to(path):
    formulas, values = read(path)
    found = 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    found += 1
                    shown = values[sheet.title][cell.coordinate].value
                    worth = compute(cell.value, values[sheet.title], values)
                    assert (shown or 0) == pytest.approx(worth or 0), (sheet.title, cell.coordinate)
    assert found > 20


def test_sums_are_the_plans(path, edition):
    _, values = read(path)
    told = {row[0]: row[1] for row in values.worksheets[0].iter_rows(values_only=True)}
    plan = edition.about["totals"]["plan"]
    assert told["Investment, base (SEK)"] == plan["cost_sek"]
    assert told["Investment, low (SEK)"] == plan["cost_low_sek"]
    assert told["Households reached (number)"] == plan["served"]["households"]
    assert told["Total"] == edition.table("bill")["cost_sek"].sum() == plan["cost_sek"]


def test_what_is_left_to_finance_is_what_the_report_says(edition, tmp_path):
    projects = edition.table("projects")
    rows = {
        "buildings": projects["premises"], "eligible": projects["premises"], "unsure": 0,
        "eligible_sek": projects["cost_sek"], "own_sek": 10_000 * projects["premises"],
        "support_sek": projects["cost_sek"] // 3,
    }  # fmt: skip
    support = pd.DataFrame(rows, index=projects.index)
    support["left_sek"] = projects["cost_sek"] - support["own_sek"] - support["support_sek"]
    some = replace(edition, tables={**edition.tables, "support": support})
    formulas, values = read(write_workbook(some, tmp_path / "plan.xlsx", language="en"))
    told = {row[0]: row[1] for row in values.worksheets[0].iter_rows(values_only=True)}
    assert told["Left to finance (SEK)"] == told["Then left to finance (SEK)"] == support["left_sek"].sum()
    assert told["Connection fee per building (SEK)"] == 10_000
    rows = {row[0].value: row[1] for row in formulas.worksheets[0].iter_rows() if row[0].value}
    page = values.worksheets[0]
    page[rows["Connection fee per building (SEK)"].coordinate] = 0
    left = compute(rows["Then left to finance (SEK)"].value, page, values)
    assert left == support["left_sek"].sum() + support["own_sek"].sum()


def test_a_dearer_world_and_a_smaller_budget_change_what_fits(path):
    formulas, values = read(path)
    rows = {row[0].value: row[1] for row in formulas.worksheets[0].iter_rows() if row[0].value}
    page = values.worksheets[0]
    page[rows["Higher prices (share)"].coordinate] = 0.5
    page[rows["Budget (SEK)"].coordinate] = 1
    total = page[rows["Investment, base (SEK)"].coordinate].value
    costs = rows["Investment at those prices (SEK)"]
    assert compute(costs.value, page, values) == pytest.approx(1.5 * total)
    fits = rows["Projects that the budget covers (number)"]
    assert compute(fits.value, page, values) == 0


def test_every_row_of_a_table_is_there(path, edition):
    _, values = read(path)
    sheets = {"Projects": "projects", "Bill of materials": "bill", "White spots": "white_spots"}
    for name, table in sheets.items():
        assert values[name].max_row == book.FIRST_ROW + len(edition.table(table))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_says_its_level_and_what_it_is_not_for(edition, tmp_path, language):
    _, values = read(write_workbook(edition, tmp_path / "plan.xlsx", language=language))
    words = load(language)
    for sheet in values:
        text = " ".join(str(cell.value) for row in sheet.iter_rows(max_row=3) for cell in row)
        assert words.text("map.not_for_excavation") in text
        assert words.text("map.level.internal") in text


def test_it_is_the_same_each_time(edition, path, tmp_path):
    again = write_workbook(edition, tmp_path / "again.xlsx", language="en")
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("evil", ["=cmd()", "+1", "@SUM(A1)", "-2", "{=1}", "http://example.com", "\ttab"])
def test_text_is_never_a_formula_or_a_link(edition, tmp_path, evil):
    projects = edition.table("projects").assign(name=evil)
    bad = replace(edition, tables={**edition.tables, "projects": projects})
    formulas, _ = read(write_workbook(bad, tmp_path / "plan.xlsx", language="en"))
    cell = formulas["Projects"]["B4"]
    assert (cell.data_type, cell.value, cell.hyperlink) == ("s", evil, None)


@given(st.text())
def test_any_text_can_be_said(text):
    said = book.speakable(text)
    said.encode("utf-8")
    assert len(said) <= 32_767
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", said)


def test_a_long_text_is_cut_and_ends_so(edition, tmp_path):
    sources = [{**row, "assumption": "x" * 40_000} for row in edition.about["inputs"]]
    long = replace(edition, about={**edition.about, "inputs": sources})
    _, values = read(write_workbook(long, tmp_path / "plan.xlsx", language="en"))
    texts = [str(cell.value) for row in values["Sources"].iter_rows() for cell in row]
    assert any(text.endswith("x …") for text in texts)


def test_a_table_longer_than_a_sheet_says_so(edition, tmp_path, monkeypatch):
    monkeypatch.setattr(book, "MOST_ROWS", book.FIRST_ROW + 5)
    _, values = read(write_workbook(edition, tmp_path / "plan.xlsx", language="en"))
    assert values["White spots"].max_row == book.FIRST_ROW + 5
    assert "shows 5 of 12 rows" in values["White spots"]["A2"].value


def test_hidden_counts_stay_empty_and_their_sums_are_the_plans(edition, tmp_path):
    projects = edition.table("projects").astype({"households": "float64"})
    projects.iloc[0, projects.columns.get_loc("households")] = np.nan
    some = replace(edition, tables={**edition.tables, "projects": projects})
    formulas, values = read(write_workbook(some, tmp_path / "plan.xlsx", language="en"))
    told = {row[0].value: row[1] for row in formulas.worksheets[0].iter_rows() if row[0].value}
    assert told["Households reached (number)"].data_type == "n"
    assert (
        told["Households reached (number)"].value == edition.about["totals"]["plan"]["served"]["households"]
    )
    heads = [cell.value for cell in values["Projects"][3]]
    column = heads.index("Households (number)")
    assert None in [row[column].value for row in values["Projects"].iter_rows(min_row=4)]


def test_a_run_without_plan_has_the_sheets_that_it_can_have(edition, tmp_path):
    names = ("zones", "targets", "white_spots", "faults")
    totals = {key: value for key, value in edition.about["totals"].items() if key != "plan"}
    bare = replace(
        edition,
        about={**edition.about, "totals": totals},
        tables={name: edition.table(name) for name in names},
    )
    formulas, _ = read(write_workbook(bare, tmp_path / "plan.xlsx", language="en"))
    assert formulas.sheetnames == ["Summary", "Targets", "White spots", "Faults", "Sources"]


def test_an_edition_of_nothing_has_a_summary(edition, tmp_path):
    nothing = replace(edition, about={**edition.about, "totals": {}, "inputs": []}, tables={})
    formulas, _ = read(write_workbook(nothing, tmp_path / "plan.xlsx"))
    assert len(formulas.sheetnames) == 1


def test_empty_tables_are_tables(edition, tmp_path):
    empty = {name: table.iloc[:0] for name, table in edition.tables.items()}
    formulas, _ = read(write_workbook(replace(edition, tables=empty), tmp_path / "plan.xlsx", language="en"))
    assert "White spots" in formulas.sheetnames


def test_nothing_in_the_file_leads_out(path):
    with ZipFile(path) as archive:
        names = archive.namelist()
        assert not [name for name in names if "external" in name.lower() or "vba" in name.lower()]
        relations = [archive.read(name).decode() for name in names if name.endswith(".rels")]
    assert not any('TargetMode="External"' in text for text in relations)


def test_shares_are_rounded_once(path, edition):
    _, values = read(path)
    heads = [cell.value for cell in values["Targets"][3]]
    share = heads.index("Share (%)")
    told = [row[share].value for row in values["Targets"].iter_rows(min_row=4)]
    for shown, (_, row) in zip(told, edition.table("targets").iterrows(), strict=True):
        assert pd.isna(row["share"]) or abs(shown - row["share"]) <= 0.001
        assert row["met"] or pd.isna(row["share"]) or shown < row["target_share"]
