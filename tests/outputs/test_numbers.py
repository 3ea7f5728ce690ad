"""A number is rounded once: map, report, workbook and tables say the same."""

import csv
import re
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser

import openpyxl
import pytest

from infraplan.outputs import read_edition, write_results
from infraplan.outputs.maps.pack import expand
from infraplan.outputs.report import phrases
from infraplan.outputs.rounding import shown_share
from infraplan.words import load

WORDS = load("sv")


class Cells(HTMLParser):
    """The rows of all tables of a page, as texts."""

    def __init__(self):
        super().__init__()
        self.rows, self.cell = [], None

    def handle_starttag(self, tag, _attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.cell = ""

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.cell is not None:
            self.rows[-1].append(" ".join(self.cell.split(" ")).strip())
            self.cell = None


@pytest.fixture(scope="module")
def out(results, tmp_path_factory):
    """Return a run in which a share lies half-way between two tenths of a per cent."""
    targets = results.targets.copy()
    first = targets.index[(targets["zone_kind"] == "study") & targets["decides"]][0]
    half = {
        "base": 1600,
        "reached": 100,
        "missing": 1420,
        "share": 0.0625,
        "target_share": 0.95,
        "met": False,
    }
    targets.loc[first, list(half)] = list(half.values())
    return write_results(replace(results, targets=targets), tmp_path_factory.mktemp("numbers"))


@pytest.fixture(scope="module")
def targets(out):
    """Return the targets of the whole study as the CSV file has them."""
    with (out / "targets.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["zone_kind"] == "study"]


def share_of(row):
    return shown_share(float(row["share"]), float(row["target_share"]), row["met"] == "True")


def payload(out, name):
    html = (out / name).read_text("utf-8")
    return expand(re.search(r'id="payload">([A-Za-z0-9+/=]+)<', html)[1])


def test_a_half_is_rounded_away_from_nought(targets):
    assert 0.063 in [share_of(row) for row in targets if float(row["share"]) == 0.0625]


@pytest.mark.parametrize("name", ["map.html", "internal_map.html"])
def test_the_map_says_the_shares_of_the_table(out, targets, name):
    page = payload(out, name)
    whole = next(i for i, zone in enumerate(page["zones"]) if zone["kind"] == "study")
    shown = {
        (row["target"], row["unit"]): (row["share"], row["base"], row["reached"])
        for row in page["targets"]
        if row["zone"] == whole
    }
    told = {
        (row["target"], row["unit"]): (share_of(row), int(row["base"]), int(row["reached"]))
        for row in targets
    }
    assert shown == told


def test_the_workbook_says_the_shares_of_the_table(out, targets):
    sheet = openpyxl.load_workbook(out / "plan.xlsx", data_only=True)[WORDS.text("workbook.sheet.targets")]
    heads = [cell.value for cell in sheet[3]]
    wanted = partial(map, lambda name: heads.index(WORDS.text(f"workbook.head.{name}")))
    target, unit, share, base = wanted(("target", "unit", "share", "base"))
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    for row in targets:
        named = (row["target"], WORDS.text(f"map.unit.{row['unit']}"), int(row["base"]))
        found = [line[share] for line in rows if (line[target], line[unit], line[base]) == named]
        assert share_of(row) in found


def test_the_report_says_the_share_of_the_table(out, targets):
    text = (out / "report.html").read_text("utf-8")
    cells = Cells()
    cells.feed(text)
    for row in targets:
        if row["decides"] == "True":
            said = WORDS.share(share_of(row))
            assert any(row["target"] in line and said in line for line in cells.rows), (row["target"], said)


def test_money_is_the_same_everywhere(out):
    edition = read_edition(out)
    plan = edition.about["totals"]["plan"]
    for name in ("map.html", "internal_map.html"):
        assert payload(out, name)["totals"]["plan"]["cost_sek"] == plan["cost_sek"]
    summary = openpyxl.load_workbook(out / "plan.xlsx", data_only=True).worksheets[0]
    told = {row[0]: row[1] for row in summary.iter_rows(values_only=True)}
    assert told[WORDS.text("workbook.plan_cost_sek")] == plan["cost_sek"]
    with (out / "bill.csv").open(encoding="utf-8-sig", newline="") as file:
        assert sum(int(row["cost_sek"]) for row in csv.DictReader(file)) == plan["cost_sek"]
    said = phrases.money_range(plan["cost_low_sek"], plan["cost_high_sek"], WORDS)
    for name in ("report.html", "memo.html"):
        assert said in (out / name).read_text("utf-8").replace("&nbsp;", "\u00a0"), name
