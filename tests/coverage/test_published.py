"""Published shares beside computed ones: each verdict by hand, and that each figure gets one."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from infraplan import tables
from infraplan.config import Study, StudyInfo
from infraplan.coverage.published import compare_published, tell_rounding
from infraplan.words import load

ACCESS = ("orderable", "households", False, 100.0, "all")
PASSED = ("passed", "households", False, 100.0, "all")
PARTS = ("counts", "unit", "holiday_homes", "down_mbps", "technologies")
ZONE = "municipality:2513"


def switch(rows, zone=ZONE):
    """Return a switchboard of one zone: definition -> (base, reached)."""
    frame = pd.DataFrame(
        [
            {
                "zone_id": zone,
                "zone_name": "Överkalix",
                "zone_kind": "municipality",
                **dict(zip(PARTS, definition, strict=True)),
                "base": base,
                "reached": reached,
                "share": reached / base if base else np.nan,
            }
            for definition, (base, reached) in rows.items()
        ]
    ).rename_axis("row")
    tables.check(frame, tables.SWITCHBOARD)
    return frame


def publish(*figures, rounding=0.0005):
    """Return published figures: changes to an exact share of access in Överkalix, 2026, base unknown."""
    usual = {
        "table": "PTS hushåll",
        "zone_kind": "municipality",
        "zone_code": "2513",
        "zone_name": "ÖVERKALIX",
        "year": 2026,
        "measure": "Tillgång 100",
        **dict(zip(PARTS, ACCESS, strict=True)),
        "share": 0.88,
        "bound": "exact",
        "base": np.nan,
        "source": "PTS",
    }
    frame = pd.DataFrame([usual | figure for figure in figures]).rename_axis("row")
    tables.check(frame, tables.PUBLISHED)
    return frame if rounding is None else frame.assign(rounding=rounding)


@pytest.fixture
def zones():
    names = {"study": "Test", ZONE: "Överkalix", "municipality:2514": "Kalix"}
    kinds = [zone_id.partition(":")[0] for zone_id in names]
    frame = {"name": list(names.values()), "kind": kinds, "population": np.nan}
    index = pd.Index(names, name="zone_id", dtype="str")
    return gpd.GeoDataFrame(frame, index=index, geometry=[shapely.box(0, 0, 1, 1)] * 3, crs=3006)


@pytest.fixture
def compare(zones):
    def go(published, switchboard, language="sv", **changes):
        study = Study(study=StudyInfo(name="Test", year=2026, language=language), **changes)
        compared = compare_published(published, switchboard, zones, study)
        tables.check(compared, tables.COMPARED)
        return compared

    return go


# Definitions of 1 000 households: access 861, passed 970, planned 880.
BOARD = {ACCESS: (1_000, 861), PASSED: (1_000, 970)}

VERDICTS = [
    ("same", {"share": 0.861}, BOARD),
    ("same", {"share": 0.8606}, BOARD),  # 86,06 % rounded to 86,1
    ("same", {"share": 0.86, "bound": "above"}, BOARD),
    ("same", {"share": 0.87, "bound": "below"}, BOARD),
    ("same", {"share": 0.861, "year": 2020, "base": 10.0}, BOARD),  # equal figures need no explanation
    ("other_year", {"share": 0.88, "year": 2024}, BOARD),
    ("other_year", {"share": 0.97, "year": 2024, "base": 10.0}, BOARD),
    ("other_base", {"share": 0.88, "base": 1_112.0}, BOARD),
    ("other_base", {"share": 0.95, "base": 899.0}, BOARD),
    ("other_base", {"share": 0.8968, "base": 960.0}, BOARD),  # 861 of theirs, though 4 % is no jump
    ("other_definition", {"share": 0.97}, BOARD),
    ("other_definition", {"share": 0.97, "base": 1_099.0}, BOARD),
    ("other_definition", {"share": 0.96, "bound": "above"}, BOARD),
    ("near", {"share": 0.871}, BOARD),
    ("near", {"share": 0.851}, BOARD),
    ("near", {"share": 0.861, "bound": "above"}, {ACCESS: (1_000, 861)}),
    ("unexplained", {"share": 0.88}, BOARD),
    ("unexplained", {"share": 0.88, "base": 1_050.0}, BOARD),
    ("unexplained", {"share": 0.99, "bound": "above"}, BOARD),
    ("not_computed", {"down_mbps": 1.0}, BOARD),
    ("not_computed", {"zone_code": "2514"}, BOARD),
    ("not_computed", {}, {ACCESS: (0, 0)}),
    ("not_computed", {"counts": "", "unit": "", "technologies": "", "down_mbps": 0.0}, BOARD),
]


@pytest.mark.parametrize(("verdict", "figure", "board"), VERDICTS)
def test_a_verdict(compare, verdict, figure, board):
    row = compare(publish(figure), switch(board)).iloc[0]
    assert row["verdict"] == verdict
    assert row["said"].startswith("PTS räknar ")


def test_all_verdicts_are_shown_here():
    assert {verdict for verdict, _, _ in VERDICTS} == set(tables.VERDICTS)


def test_a_row_says_what_is_beside_what(compare):
    row = compare(publish({"base": 1_010.0}), switch(BOARD)).iloc[0]
    assert (row["zone_id"], row["zone_name"], row["zone_kind"]) == (ZONE, "Överkalix", "municipality")
    assert row["published"] == 0.88
    assert row["computed"] == 0.861
    assert row["difference"] == pytest.approx(-0.019)
    assert (
        row["nearest"] == "passerad (homes passed), hushåll, utan fritidshus, minst 100 Mbit/s, alla tekniker"
    )
    assert row["nearest_share"] == 0.97
    assert (row["base_published"], row["base_computed"]) == (1_010.0, 1_000)
    assert row["said"] == (
        "PTS räknar 88,0\u00a0%, vi 86,1\u00a0%: ingen definition här förklarar skillnaden."
        " Närmast är passerad (homes passed) (97,0\u00a0%)."
    )


def test_what_is_said_in_english(compare):
    said = compare(publish({"share": 0.97}), switch(BOARD), language="en")["said"].iloc[0]
    assert said == (
        "PTS counts 97.0%, we 86.1%, but another definition gives their figure."
        " Nearest is homes passed (97.0%)."
    )
    bound = compare(publish({"share": 0.99, "bound": "above"}, rounding=0.005), switch(BOARD), language="en")
    assert bound["said"].iloc[0].startswith("PTS counts more than 99%, we 86.1%: no definition")


def test_bases_are_told_where_they_differ(compare):
    said = compare(publish({"base": 1_500.0}), switch(BOARD))["said"].iloc[0]
    assert "de räknar på 1\u00a0500 hushåll, vi på 1\u00a0000" in said


def test_how_far_bases_may_differ_is_the_studys_to_say(compare):
    row = publish({"base": 1_050.0})
    assert compare(row, switch(BOARD))["verdict"].tolist() == ["unexplained"]
    assert compare(row, switch(BOARD), progress={"base_jump": 0.04})["verdict"].tolist() == ["other_base"]


def test_of_definitions_that_fit_the_one_that_differs_least_is_named(compare):
    board = {
        ACCESS: (1_000, 861),
        ("planned", "workplaces", False, 30.0, "wired"): (1_000, 880),
        ("orderable", "households", False, 30.0, "all"): (2_500, 2_201),  # 88,04 %
    }
    row = compare(publish({}), switch(board)).iloc[0]
    assert row["verdict"] == "other_definition"
    assert "Närmast är minst 30 Mbit/s (88,0" in row["said"]


def test_nothing_is_nearest_where_there_is_no_other(compare):
    row = compare(publish({}), switch({ACCESS: (1_000, 500)})).iloc[0]
    assert row["nearest"] == ""
    assert np.isnan(row["nearest_share"])
    assert row["said"].endswith("förklarar skillnaden.")


def test_mobile_coverage_is_near_to_no_definition_of_fixed(compare):
    mobile = {"counts": "", "unit": "", "technologies": "", "down_mbps": 10.0, "share": 0.97}
    row = compare(publish(mobile), switch(BOARD)).iloc[0]
    assert (row["verdict"], row["nearest"]) == ("not_computed", "")


def test_other_zones_and_empty_cells_are_not_compared(compare):
    others = [{"zone_code": "2580"}, {"zone_kind": "county", "zone_code": "25"}, {"share": np.nan}]
    assert compare(publish(*others, {}), switch(BOARD))["published"].tolist() == [0.88]
    assert compare(publish(*others), switch(BOARD)).empty
    assert compare(publish({}).iloc[:0], switch(BOARD)).empty


def test_text_as_categories_is_text(compare):
    board = switch(BOARD)
    text = ["zone_id", "zone_name", "zone_kind", "counts", "unit", "technologies"]
    kinds = board.astype(dict.fromkeys(text, "category"))
    assert compare(publish({}), kinds).equals(compare(publish({}), board))


def test_rounding_is_told_from_the_shares_of_the_same_measure_where_it_is_not_given(compare):
    whole = publish({"share": 0.86}, {"share": 0.9}, rounding=None)
    assert compare(whole, switch(BOARD))["verdict"].tolist() == ["same", "unexplained"]
    finer = publish({"share": 0.86}, {"share": 0.905}, {"share": np.nan}, rounding=None)
    assert compare(finer, switch(BOARD))["verdict"].tolist() == ["near", "unexplained"]
    assert tell_rounding(finer).tolist() == [0.0005] * 3


SHARES = st.floats(0, 1, allow_nan=False)


@given(
    published=st.lists(
        st.fixed_dictionaries(
            {
                "share": st.one_of(SHARES, st.just(np.nan)),
                "bound": st.sampled_from(["exact", "above", "below"]),
                "base": st.one_of(st.just(np.nan), st.floats(0, 1e7)),
                "year": st.integers(1990, 2100),
                "zone_code": st.sampled_from(["2513", "2514", "2580", ""]),
                "counts": st.sampled_from([*tables.COUNTS, ""]),
                "down_mbps": st.sampled_from([0.0, 1.0, 100.0, 1_000.0]),
            }
        ),
        max_size=4,
    ),
    counted=st.lists(st.tuples(st.integers(0, 10_000), SHARES), min_size=8, max_size=8),
    rounding=st.sampled_from([0.0, 5e-5, 5e-3]),
)
def test_each_figure_of_the_studys_zones_gets_a_verdict_that_holds(published, counted, rounding):
    names = {ZONE: "Överkalix", "municipality:2514": "Kalix"}
    frame = {"name": list(names.values()), "kind": "municipality", "population": np.nan}
    index = pd.Index(names, name="zone_id", dtype="str")
    zones = gpd.GeoDataFrame(frame, index=index, geometry=[shapely.box(0, 0, 1, 1)] * 2, crs=3006)
    definitions = itertools.product(tables.COUNTS, ["households"], [False], [100.0, 1_000.0], ["all"])
    board = {d: (base, int(base * share)) for d, (base, share) in zip(definitions, counted, strict=True)}
    given_rows = [
        row for row in published if row["share"] == row["share"] and row["zone_code"] in ("2513", "2514")
    ]
    table = publish(*(published or [{}]), rounding=rounding).iloc[: len(published)]
    study = Study(study=StudyInfo(name="Test", year=2026))
    compared = compare_published(table, switch(board), zones, study)
    tables.check(compared, tables.COMPARED)
    assert compared["published"].tolist() == [row["share"] for row in given_rows]
    assert (compared["said"] != "").all()
    for row in compared.to_dict("records"):
        assert_verdict(row, board, rounding)


def assert_verdict(row, board, rounding):
    """Work a verdict out from its words, by a second road: only the clear cases of each."""
    key = tuple(row[part] for part in PARTS)
    known = row["zone_id"] == ZONE and board.get(key, (0, 0))[0] > 0
    assert (row["verdict"] == "not_computed") == (not known)
    if not known:
        return
    base, reached = board[key]
    away = abs(reached / base - row["published"])
    if row["bound"] == "exact":
        assert (row["verdict"] == "same") == (away <= rounding + 1e-9)
    if row["verdict"] == "same":
        return
    assert (row["verdict"] == "other_year") == (row["year"] != 2026)
    if row["verdict"] == "other_year":
        return
    if row["base_published"] > 0 and abs(base / row["base_published"] - 1) > 0.1:
        assert row["verdict"] == "other_base"
    if np.isnan(row["base_published"]) or row["base_published"] == 0:
        assert row["verdict"] != "other_base"
    if row["verdict"] == "near":
        assert away <= 0.01 + 2e-9
    if row["verdict"] == "unexplained":
        assert away > 0.01
    others = [reached / base for d, (base, reached) in board.items() if base and d != key]
    if row["verdict"] in ("near", "unexplained") and row["bound"] == "exact":
        assert all(abs(share - row["published"]) > rounding for share in others)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_verdict_has_its_sentence(language):
    assert {f"published.{verdict}" for verdict in tables.VERDICTS} <= load(language).entries.keys()


@pytest.mark.parametrize(("share", "said"), [(0.861, "samma tal"), (0.5, "olika år")])
def test_figures_of_another_year_say_so_and_are_explained_by_no_other_definition(compare, share, said):
    row = compare(publish({"share": share, "year": 2020}), switch(BOARD)).iloc[0]
    assert "(2020), vi 86,1" in row["said"]
    assert "(2026)" in row["said"]
    assert said in row["said"]
    assert "Närmast" not in row["said"]
