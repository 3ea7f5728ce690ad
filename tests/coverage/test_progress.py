"""Figures over the years: the real break of Gällivare, each kind of break and outlook by hand."""

import csv
import math
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan import tables
from infraplan.bundled import bundled
from infraplan.config import Study
from infraplan.coverage import Progress, evaluate_progress, find_moved
from infraplan.layers.faults import describe
from infraplan.layers.official_targets import OfficialTargets, read_official_targets
from infraplan.layers.published import read_published
from infraplan.words import load

PARTS = ("counts", "unit", "holiday_homes", "down_mbps", "technologies")
ACCESS = ("orderable", "households", False, 100.0, "all")
BOTH = ("orderable", "households+workplaces", False, 100.0, "all")
HOME = "municipality:2523"
NOBODY = OfficialTargets(name="none", year=2026)
TARGET = {"name": "95", "down_mbps": 100, "share": 0.95, "of": "households"}


@pytest.fixture
def zones():
    return make_zones()


def make_zones():
    names = {
        "study": ("Test", "study"),
        HOME: ("Gällivare", "municipality"),
        "municipality:2580": ("Luleå", "municipality"),
        "class:outside": ("Utanför", "settlement_class"),
        "deso:A": ("A", "deso"),
    }
    frame = pd.DataFrame(list(names.values()), columns=["name", "kind"]).assign(population=np.nan)
    index = pd.Index(names, name="zone_id", dtype="str")
    return gpd.GeoDataFrame(frame.set_index(index), geometry=[shapely.box(0, 0, 1, 1)] * len(names), crs=3006)


def make_study(language="sv", year=2026, targets=(TARGET,), **sections):
    about = {"name": "Test", "year": year, "language": language}
    return Study.model_validate({"study": about, "targets": list(targets)} | sections)


def publish(years, definition=ACCESS, **columns):
    """Return published figures of Gällivare: year -> share, or (share, base), or (share, base, bound)."""
    rows = [(year, *(figure if isinstance(figure, tuple) else (figure,))) for year, figure in years.items()]
    frame = pd.DataFrame(
        [
            {
                "table": "T",
                "zone_kind": "municipality",
                "zone_code": "2523",
                "zone_name": "GÄLLIVARE",
                "year": row[0],
                "measure": "Minst 100",
                **dict(zip(PARTS, definition, strict=True)),
                "share": row[1],
                "bound": row[3] if len(row) > 3 else "exact",
                "base": float(row[2]) if len(row) > 2 else np.nan,
                "source": "PTS",
                "rounding": 0.0,
            }
            | columns
            for row in rows
        ]
    ).rename_axis("row")
    tables.check(frame, tables.PUBLISHED)
    return frame


def put(*parts):
    return pd.concat(parts, ignore_index=True).rename_axis("row")


def switch(figures, definition=ACCESS):
    """Return a switchboard of one definition: zone -> (base, reached)."""
    kinds = {"study": "study", "municipality": "municipality", "class": "settlement_class", "deso": "deso"}
    frame = pd.DataFrame(
        [
            {
                "zone_id": zone,
                "zone_name": "as it was called",
                "zone_kind": kinds[zone.partition(":")[0]],
                **dict(zip(PARTS, definition, strict=True)),
                "base": base,
                "reached": reached,
                "share": reached / base if base else np.nan,
            }
            for zone, (base, reached) in figures.items()
        ]
    ).rename_axis("row")
    tables.check(frame, tables.SWITCHBOARD)
    return frame


NO_RUN = tables.empty(tables.SWITCHBOARD)
NONE_PUBLISHED = tables.empty(tables.PUBLISHED)


def evaluate(published=NONE_PUBLISHED, switchboard=NO_RUN, runs=(), study=None, official=NOBODY):
    study = study or make_study()
    found = evaluate_progress(published, switchboard, runs, make_zones(), official, study)
    tables.check(found.series, tables.SERIES)
    tables.check(found.breaks, tables.BROKEN)
    tables.check(found.pace, tables.PACE)
    tables.check(found.faults, tables.FAULTS, crs=study.study.crs)
    said = describe(found.faults, load(study.study.language))
    assert not said[["message", "remedy"]].isin([""]).to_numpy().any()
    return found


def only(table):
    assert len(table) == 1
    return table.iloc[0]


# The real break


@pytest.fixture
def real():
    measures = {
        "at_100": {"down_mbps": 100},
        "at_30": {"down_mbps": 30},
        "fibre": {"counts": "connected", "down_mbps": 1000, "technologies": "wired"},
        "near_fibre": {"counts": "passed", "down_mbps": 1000, "technologies": "wired"},
    }
    path = bundled("norrbotten", "published.csv")
    table = {"name": "Gällivare", "path": path, "columns": {"base": "households"}, "measures": measures}
    study = make_study(published=[table])
    published, _ = read_published(study)
    return evaluate(published, study=study)


def test_the_break_of_2021_is_found_and_nothing_else(real):
    breaks = real.breaks[real.breaks["zone_id"] == HOME]
    found = dict(zip(zip(breaks["measure"], breaks["year"], strict=True), breaks["kind"], strict=True))
    assert found == {
        ("at_100", 2021): "both",
        ("at_30", 2021): "both",
        ("near_fibre", 2021): "both",
        ("fibre", 2021): "base_jump",  # 75.59 to 75.84: the share rose
    }
    at_100 = breaks.set_index("measure").loc["at_100"]
    assert at_100["base_change"] == pytest.approx(8_664 / 10_274 - 1)  # -15.7 %
    assert at_100["share_change"] == pytest.approx(0.8091 - 0.8304)
    assert at_100["said"] == (
        "Serien bryts 2021: underlaget minskade från 10\u00a0274 till 8\u00a0664 hushåll (15,7 procent), och"
        " andelen minskade med 2,1 procentenheter. Takten räknas bara från det året."
    )
    assert len(real.breaks) == len(breaks)


def test_the_series_hold_every_published_figure(real):
    with Path(bundled("norrbotten", "published.csv")).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = {
        (row["code"], measure, int(row["year"]), float(row[measure]), row["households"])
        for row in rows
        for measure in ("at_100", "at_30", "fibre", "near_fibre")
        if row[measure]
    }
    made = real.series[["zone_id", "measure", "year", "share", "base"]].itertuples(index=False, name=None)
    ours = {
        (
            zone.partition(":")[2],
            measure,
            year,
            round(100 * share, 2),
            "" if math.isnan(base) else f"{base:.0f}",
        )
        for zone, measure, year, share, base in made
    }
    assert ours == {figure for figure in wanted if figure[0] in ("2523", "2580")}
    absent = real.faults[real.faults["rule"] == "progress_zones"]
    values = only(absent)["values"]
    assert (values["count"], values["zones"]) == (len(wanted) - len(ours), 2)


def test_no_trend_is_drawn_over_the_break(real):
    row = only(real.pace[real.pace["zone_id"] == HOME])
    assert (row["measure"], row["target"], row["method"]) == ("at_100", "95", "two_points")
    assert (row["first_year"], row["last_year"], row["years"]) == (2021, 2022, 2)
    assert row["pace"] == pytest.approx(0.8453 - 0.8091)
    assert row["missing"] == math.ceil(0.95 * 8_718) - round(0.8453 * 8_718)


# Breaks


BREAKS = [
    ("base_jump", {2019: (0.5, 1_000), 2020: (0.5, 1_100)}),
    ("base_jump", {2019: (0.5, 1_000), 2020: (0.5, 900)}),
    ("", {2019: (0.5, 1_000), 2020: (0.5, 1_099)}),
    ("", {2019: (0.5, 1_000), 2020: (0.5, 901)}),
    ("share_fall", {2019: 0.83, 2020: 0.82}),
    ("share_fall", {2019: (0.83, 1_000), 2020: (0.82, 1_000)}),
    ("", {2019: 0.83, 2020: 0.8201}),
    ("", {2019: 0.2, 2020: 0.9}),
    ("both", {2019: (0.83, 1_000), 2020: (0.8, 1_200)}),
    ("base_jump", {2019: (0.5, 1_000), 2024: (0.5, 1_200)}),  # the next year that is there
    ("base_jump", {2018: (0.5, 1_000), 2019: 0.5, 2020: (0.5, 1_200)}),  # a base unknown in between
    ("", {2019: (0.5, 1_000), 2020: 0.5}),
    ("", {2019: 0.5, 2020: (0.5, 1_000)}),
    # More than 99 % may be less than 99.9 %, or not: nobody knows that the share fell.
    ("", {2019: 1.0, 2020: (0.99, np.nan, "above")}),
    ("share_fall", {2019: (0.99, np.nan, "above"), 2020: 0.98}),
    ("", {2019: (0.02, np.nan, "below"), 2020: 0.01}),
    ("share_fall", {2019: 0.03, 2020: (0.02, np.nan, "below")}),
]


@pytest.mark.parametrize(("kind", "years"), BREAKS)
def test_a_break(kind, years):
    found = evaluate(publish(years))
    last = max(years)
    assert found.series["after_break"].tolist() == [""] * (len(years) - 1) + [kind]
    assert dict(zip(found.breaks["year"], found.breaks["kind"], strict=True)) == (
        {last: kind} if kind else {}
    )


def test_the_limits_of_a_break_are_the_studys_to_say():
    years = {2019: (0.5, 1_000), 2020: (0.48, 1_150)}
    loose = make_study(progress={"base_jump": 0.2, "share_fall": 0.05})
    assert evaluate(publish(years), study=loose).breaks.empty
    strict = make_study(progress={"base_jump": 0.0, "share_fall": 0.0})
    assert evaluate(publish(years), study=strict).breaks["kind"].tolist() == ["both"]
    # Even where any change is a break, none is none.
    same = {2019: (0.5, 1_000), 2020: (0.5, 1_000)}
    assert evaluate(publish(same), study=strict).breaks.empty


def test_another_source_is_a_break_whatever_the_figures_do():
    published = put(
        publish({2018: (0.5, 1_000), 2019: (0.55, 1_010)}),
        publish({2020: (0.6, 1_300)}, source="Region", table="R"),
    )
    found = evaluate(published)
    row = only(found.breaks)
    assert (row["kind"], row["year"]) == ("source", 2020)
    assert row["said"] == (
        "Serien bryts 2020: källan byts från PTS till Region, och underlaget ökade från 1\u00a0010 till"
        " 1\u00a0300 hushåll (28,7 procent), och andelen ökade med 5,0 procentenheter."
        " Takten räknas bara från det året."
    )
    assert only(found.pace)["method"] == "too_short"


def test_tables_of_one_publisher_are_one_series():
    published = put(
        *(publish({year: 0.5 + 0.02 * (year - 2018)}, table=f"T{year}") for year in range(2018, 2023))
    )
    found = evaluate(published)
    assert found.breaks.empty
    assert only(found.pace)["years"] == 5


def test_what_is_said_of_a_break_in_english():
    years = {2019: (0.83, 1_000), 2020: (0.8, 1_200)}
    said = only(evaluate(publish(years), study=make_study("en")).breaks)["said"]
    assert said == (
        "The series breaks in 2020: the base grew from 1,000 to 1,200 households (20.0 per cent), and the"
        " share fell by 3.0 percentage points. The pace is counted from that year only."
    )


def test_a_measure_that_is_none_of_ours_breaks_too_and_has_no_pace():
    found = evaluate(publish({2019: (0.83, 1_000), 2020: (0.8, 1_200)}, ("", "", False, 0.0, "")))
    assert "till 1\u00a0200 enheter" in only(found.breaks)["said"]
    assert found.pace.empty


def find_breaks_by_hand(rows, base_jump, share_fall):
    """Return the year -> kind of a series of (year, share in thousandths, base or None)."""
    kinds, base = {}, None
    for before, row in zip([None, *rows], rows, strict=False):
        jumps = before is not None and base and row[2] and abs(row[2] - base) * 100 >= base_jump * base
        falls = before is not None and before[1] - row[1] >= share_fall
        jumps = jumps and row[2] != base
        kind = {(True, True): "both", (True, False): "base_jump", (False, True): "share_fall"}
        if jumps or falls:
            kinds[row[0]] = kind[bool(jumps), falls]
        base = row[2] or base
    return kinds


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(2000, 2020), st.integers(0, 1_000), st.none() | st.integers(80, 130)),
        unique_by=lambda row: row[0],
        max_size=10,
    ),
    st.randoms(),
)
def test_breaks_are_those_of_the_rule(rows, shuffle):
    figures = {year: (share / 1_000, np.nan if base is None else base) for year, share, base in rows}
    given_rows = list(figures.items())
    shuffle.shuffle(given_rows)
    found = evaluate(publish(dict(given_rows)) if rows else NONE_PUBLISHED)
    assert found.series["year"].tolist() == sorted(figures)
    wanted = find_breaks_by_hand(sorted(rows), 10, 10)
    assert dict(zip(found.breaks["year"], found.breaks["kind"], strict=True)) == wanted
    # The pace knows only what comes after the last of them.
    for row in found.pace.to_dict("records"):
        assert row["first_year"] == max(wanted, default=min(figures))


# Series


def test_own_runs_make_a_series_a_definition_and_zone():
    runs = [
        (2024, switch({"study": (100, 60), HOME: (80, 50), "class:outside": (20, 2), "deso:A": (10, 1)})),
        (2025, switch({"study": (100, 70), HOME: (80, 58), "class:outside": (20, 4)})),
    ]
    now = switch({"study": (100, 80), HOME: (80, 66), "class:outside": (20, 6), "deso:A": (10, 5)})
    found = evaluate(switchboard=now, runs=runs)
    assert found.series["zone_id"].tolist() == ["study"] * 3 + [HOME] * 3 + ["class:outside"] * 3
    assert found.series["zone_name"].unique().tolist() == ["Test", "Gällivare", "Utanför"]  # today's names
    assert found.series["year"].tolist() == [2024, 2025, 2026] * 3
    assert found.series["share"].tolist()[:3] == [0.6, 0.7, 0.8]
    assert found.series["reached"].tolist()[:3] == [60.0, 70.0, 80.0]
    assert set(found.series["measure"]) == {"95"}
    assert set(found.series["source"]) == {"egen beräkning"}
    row = found.pace.iloc[0]
    assert (row["method"], row["years"], row["missing"]) == ("trend", 3, 15)
    assert (row["reached_year"], row["earliest_year"], row["latest_year"]) == (2028, 2028, 2028)
    assert found.faults.empty


def test_a_definition_is_one_series_though_several_targets_ask_for_it():
    targets = [
        TARGET,
        TARGET | {"name": "99", "share": 0.99},
        TARGET | {"name": "near", "counts": "proximity"},
    ]
    passed = ("passed", *ACCESS[1:])
    now = put(switch({"study": (100, 80)}), switch({"study": (100, 90)}, passed))
    found = evaluate(switchboard=now, study=make_study(targets=targets))
    assert found.series["measure"].tolist() == ["95", "near"]
    assert found.pace[["measure", "target"]].to_numpy().tolist() == [
        ["95", "95"],
        ["95", "99"],
        ["near", "near"],
    ]
    assert found.pace["missing"].tolist() == [15, 19, 5]


def test_official_targets_have_series_too_and_join_those_of_the_study():
    official = read_official_targets("sweden")
    study = make_study(targets=[TARGET, TARGET | {"name": "both", "of": "households+workplaces"}])
    now = put(switch({"study": (100, 80)}), switch({"study": (150, 120)}, BOTH))
    found = evaluate(switchboard=now, study=study, official=official)
    assert found.series["measure"].tolist() == ["95", "both"]
    pairs = found.pace[["measure", "target", "target_year"]].to_numpy().tolist()
    assert ["both", "2020-100", 2020] in pairs
    assert ["95", "2020-100", 2020] not in pairs  # own series are held against their own definition only
    alone = evaluate(switchboard=now, study=make_study(targets=()), official=official)
    assert alone.series["measure"].tolist() == ["2020-100"]


def test_published_and_own_figures_are_never_one_series():
    published = publish({2024: 0.5, 2025: 0.6}, measure="95")
    found = evaluate(published, switch({HOME: (80, 66)}), [(2025, switch({HOME: (80, 60)}))])
    assert found.series[["measure", "year", "source"]].to_numpy().tolist() == [
        ["95 (egen beräkning)", 2025, "egen beräkning"],
        ["95 (egen beräkning)", 2026, "egen beräkning"],
        ["95", 2024, "PTS"],
        ["95", 2025, "PTS"],
    ]
    assert found.pace["share"].tolist() == [66 / 80, 0.6]


def test_own_series_come_first_then_zones_and_measures_in_their_order():
    published = put(
        publish({2025: 0.5}, zone_code="2580", measure="b"),
        publish({2025: 0.5, 2024: 0.4}, measure="b"),
        publish({2025: 0.5}, measure="a"),
    )
    found = evaluate(published, switch({"municipality:2580": (80, 66), HOME: (80, 60)}))
    assert found.series[["zone_id", "measure", "year"]].to_numpy().tolist() == [
        [HOME, "95", 2026],
        ["municipality:2580", "95", 2026],
        [HOME, "b", 2024],
        [HOME, "b", 2025],
        [HOME, "a", 2025],
        ["municipality:2580", "b", 2025],
    ]


@pytest.mark.parametrize("categorical", [False, True])
def test_a_run_read_back_from_a_file_is_as_good(categorical):
    run = switch({"study": (100, 70), HOME: (80, 58)})
    read = run.reset_index(drop=True).rename_axis("fid").astype({"base": "int32", "holiday_homes": "int32"})
    if categorical:
        texts = ["zone_id", "zone_name", "zone_kind", "counts", "unit", "technologies"]
        read = read.astype(dict.fromkeys(texts, "category"))
    now = switch({"study": (100, 80), HOME: (80, 66)})
    pd.testing.assert_frame_equal(
        evaluate(switchboard=now, runs=[(2025, read)]).pace,
        evaluate(switchboard=now, runs=[(2025, run)]).pace,
    )


def test_a_year_twice_counts_once():
    runs = [
        (2025, switch({"study": (100, 70)})),
        (2025, switch({"study": (100, 1)})),
        (2026, switch({"study": (9, 1)})),
    ]
    found = evaluate(switchboard=switch({"study": (100, 80)}), runs=runs)
    assert found.series["reached"].tolist() == [70.0, 80.0]
    assert found.faults["rule"].tolist() == ["progress_run_twice"] * 2
    assert [value["year"] for value in found.faults["values"]] == ["2025", "2026"]
    published = put(publish({2020: 0.5, 2021: 0.6}), publish({2021: 0.9}, table="another"))
    twice = evaluate(published)
    assert twice.series["share"].tolist() == [0.5, 0.6]
    fault = only(twice.faults)
    assert (fault["rule"], fault["feature_id"]) == ("progress_year_twice", HOME)


def test_figures_without_a_share_are_none():
    found = evaluate(publish({2020: 0.5, 2021: np.nan, 2022: 0.6}), switch({"study": (0, 0), HOME: (10, 5)}))
    assert found.series[["measure", "year"]].to_numpy().tolist() == [
        ["95", 2026],
        ["Minst 100", 2020],
        ["Minst 100", 2022],
    ]
    assert found.faults.empty


def test_zones_that_are_not_the_studys_are_told():
    county = publish({2020: 0.5, 2021: 0.6}, zone_kind="county", zone_code="25")
    run = switch({"study": (100, 70), "municipality:0180": (5, 5), "deso:B": (5, 5)})
    found = evaluate(put(county, publish({2020: 0.5})), switch({"study": (100, 80)}), [(2025, run)])
    assert len(found.series) == 3
    values = found.faults.set_index("rule")["values"]
    assert values["progress_zones"] == {"count": 2, "zones": 1}
    assert values["progress_run_zones"] == {"year": "2025", "zones": "1"}


def test_a_target_of_a_speed_that_is_not_computed_is_told():
    study = make_study(targets=[TARGET | {"down_mbps": 250}])
    found = evaluate(switchboard=switch({"study": (100, 80)}), study=study)
    assert found.series.empty
    assert only(found.faults)["rule"] == "progress_speed"


def test_nothing_comes_of_nothing():
    found = evaluate()
    assert isinstance(found, Progress)
    assert [len(table) for table in (found.series, found.breaks, found.pace, found.faults)] == [0, 0, 0, 0]


def test_one_run_is_a_series_of_one_year():
    found = evaluate(switchboard=switch({"study": (100, 80)}))
    assert len(found.series) == 1
    row = only(found.pace)
    assert (row["method"], row["years"], row["missing"]) == ("too_short", 1, 15)
    assert math.isnan(row["pace"])
    assert math.isnan(row["reached_year"])


def test_the_arguments_are_left_alone():
    published, now = publish({2020: (0.5, 100), 2021: (0.4, 200)}), switch({"study": (100, 80)})
    runs = [(2025, switch({"study": (100, 70)}))]
    copies = [table.copy() for table in (published, now, runs[0][1])]
    evaluate(published, now, runs)
    for table, copy in zip((published, now, runs[0][1]), copies, strict=True):
        pd.testing.assert_frame_equal(table, copy)


# Outlooks

LINE = {2020 + year: (0.80 + 0.02 * year, 1_000) for year in range(5)}
WAVY = {2020: 0.80, 2021: 0.83, 2022: 0.84, 2023: 0.87, 2024: 0.88}

SAID = [
    (
        "reaches",
        {year + 2: figure for year, figure in WAVY.items()},
        {},
        (
            "I dagens takt (2,0 procentenheter per år, 2022–2026) nås målet 95 procent år 2030"
            " (80-procentigt osäkerhetsintervall 2029–2031)."
        ),
    ),
    (
        "a line",
        {year + 2: figure for year, figure in LINE.items()},
        {"year": 2028},
        (
            "I dagens takt (2,0 procentenheter per år, 2022–2026) nås målet 95 procent år 2030"
            " (80-procentigt osäkerhetsintervall: bara 2030); 70 hushåll saknas."
            " För att nå målet 2028 krävs 3,5 procentenheter per år."
        ),
    ),
    (
        "overdue",
        {year - 10: figure for year, figure in LINE.items()},
        {"year": 2025},
        (
            "I takten 2010–2014 (2,0 procentenheter per år) skulle målet 95 procent ha nåtts 2018"
            " (80-procentigt osäkerhetsintervall: bara 2018), men nyare tal finns inte; 70 hushåll saknas."
            " Målåret 2025 har passerat."
        ),
    ),
    (
        "no upper end",
        {2022: 0.80, 2023: 0.84, 2024: 0.835, 2025: 0.83, 2026: 0.85},
        {},
        (
            "I dagens takt (0,9 procentenheter per år, 2022–2026) nås målet 95 procent år 2038"
            " (80-procentigt osäkerhetsintervall: tidigast 2032, utan övre gräns)."
        ),
    ),
    (
        "slowing",
        {2022: 0.50, 2023: 0.70, 2024: 0.80, 2025: 0.85, 2026: 0.87},
        {},
        (
            "I dagens takt (8,9 procentenheter per år, 2022–2026) nås målet 95 procent år 2027"
            " (80-procentigt osäkerhetsintervall: tidigast 2027, utan övre gräns)."
            " Takten avtar, så det kan dröja längre."
        ),
    ),
    (
        "never",
        {2024: 0.4000, 2025: 0.4005, 2026: 0.4010},
        {},
        "I dagens takt (0,05 procentenheter per år, 2024–2026) nås målet 95 procent inte inom 50 år.",
    ),
    (
        "still",
        {2024: (0.4, 10), 2025: (0.4, 10), 2026: (0.4, 10)},
        {},
        "Andelen står still (2024–2026): i dagens takt nås målet 95 procent aldrig; 6 hushåll saknas.",
    ),
    (
        "falling",
        {2024: 0.410, 2025: 0.405, 2026: 0.400},
        {},
        "Andelen minskar (−0,5 procentenheter per år, 2024–2026): i dagens takt nås målet 95 procent aldrig.",
    ),
    (
        "two points",
        {2025: 0.88, 2026: 0.9},
        {},
        (
            "I dagens takt (2,0 procentenheter per år, 2025–2026) nås målet 95 procent år 2029"
            " (bara två år, så osäkerheten är okänd)."
        ),
    ),
    (
        "too short",
        {2026: (0.9, 2_000)},
        {"year": 2031},
        (
            "Det finns för få jämförbara år för att räkna en takt mot målet 95 procent: andelen är 90 procent"
            " (2026); 100 hushåll saknas. För att nå målet 2031 krävs 1,0 procentenheter per år."
        ),
    ),
    (
        "reached",
        {2025: 0.94, 2026: (0.9512, 2_000)},
        {"year": 2025},
        "Målet 95 procent är nått: andelen är 95,12 procent (2026).",
    ),
]


@pytest.mark.parametrize(
    ("years", "target", "said"), [case[1:] for case in SAID], ids=[case[0] for case in SAID]
)
def test_what_is_said(years, target, said):
    study = make_study(targets=[TARGET | target])
    assert only(evaluate(publish(years), study=study).pace)["said"] == said
    english = only(evaluate(publish(years), study=make_study("en", targets=[TARGET | target])).pace)["said"]
    assert "{" not in english
    # The same numbers, in the same order but for who is missing.
    numbers = re.compile(r"\d+(?:[.,]\d+)?")
    assert sorted(numbers.findall(english.replace(",", ""))) == sorted(
        number.replace(",", ".") for number in numbers.findall(said.replace("80-procentigt", "80"))
    )


def test_what_is_said_in_english():
    study = make_study("en", targets=[TARGET | {"year": 2028}])
    assert only(evaluate(publish({year + 2: f for year, f in LINE.items()}), study=study).pace)["said"] == (
        "At today's pace (2.0 percentage points a year, 2022–2026) the target of 95 per cent is"
        " reached in 2030 (80% uncertainty interval: 2030 alone); households still missing: 70."
        " Reaching the target in 2028 takes 3.5 percentage points a year."
    )


def test_a_target_that_is_counted_otherwise_is_told():
    study = make_study(targets=[TARGET | {"of": "households+workplaces"}])
    said = only(evaluate(publish(WAVY), study=study).pace)["said"]
    assert said.endswith(" Målet räknas annorlunda: hushåll och arbetsställen.")


def test_a_published_series_is_held_only_against_what_counts_the_same():
    others = [
        TARGET | {"of": "workplaces"},
        TARGET | {"name": "b", "down_mbps": 30},
        TARGET | {"name": "c", "counts": "planned"},
    ]
    assert evaluate(publish(WAVY), study=make_study(targets=others)).pace.empty
    wired = publish(WAVY, (*ACCESS[:4], "wired"))
    assert len(evaluate(wired).pace) == 1


def outlook(years, target=TARGET, **changes):
    return only(evaluate(publish(years), study=make_study(targets=[target], **changes)).pace)


def test_with_the_pace_that_is_needed_the_target_is_reached_in_its_year():
    row = outlook(LINE | {2025: (0.9, 1_000)}, TARGET | {"share": 0.96, "year": 2028}, year=2025)
    assert row["needed_pace"] == pytest.approx((0.96 - 0.9) / 3)
    assert row["pace"] == pytest.approx(row["needed_pace"])
    assert row["reached_year"] == 2028


def test_a_year_that_has_passed_needs_no_pace():
    assert math.isnan(outlook(LINE, TARGET | {"year": 2024})["needed_pace"])
    assert math.isnan(outlook(LINE, TARGET | {"year": 2025})["needed_pace"])  # it is 2026
    assert not math.isnan(outlook(LINE, TARGET | {"year": 2025}, year=2025)["needed_pace"])
    assert math.isnan(outlook(LINE)["needed_pace"])


@pytest.mark.parametrize(("share", "reached"), [(0.88, True), (0.8800001, False)])
def test_a_share_of_exactly_the_target_reaches_it(share, reached):
    row = outlook(LINE, TARGET | {"share": share})
    assert (row["method"] == "reached") == reached
    assert (row["missing"] == 0) == reached
    assert row["reached_year"] == (2024 if reached else 2025)


def test_per_cent_that_are_a_hair_off_in_binary_reach_their_target():

    row = outlook({2024: (np.nextafter(0.57, 0), 1_000)}, TARGET | {"share": 0.57})
    assert (row["method"], row["missing"]) == ("reached", 0)


def test_a_target_is_reached_since_the_year_from_which_all_figures_reach_it():
    row = outlook({2020: 0.955, 2021: 0.949, 2022: 0.96, 2023: 0.951})
    assert (row["method"], row["reached_year"]) == ("reached", 2022)
    assert (row["earliest_year"], row["latest_year"]) == (2022, 2022)


def test_bounds_are_no_points_of_the_line():
    years = {2020: 0.95, 2021: 0.965, 2022: 0.98, 2023: (0.99, np.nan, "above")}
    row = outlook(years, TARGET | {"share": 0.999}, year=2023)
    assert (row["years"], row["last_year"], row["share"]) == (3, 2023, 0.99)
    assert row["pace"] == pytest.approx(0.015)
    assert row["reached_year"] == 2024
    assert outlook(years, TARGET | {"share": 0.99})["method"] == "reached"
    only_bounds = {2020: (0.99, np.nan, "above"), 2021: (0.99, np.nan, "above")}
    row = outlook(only_bounds, TARGET | {"share": 0.999})
    assert (row["method"], row["years"]) == ("too_short", 0)
    below = {2020: (0.01, np.nan, "below")}
    assert outlook(below, TARGET | {"share": 0.01})["method"] == "too_short"


def test_gaps_between_years_are_years():
    row = outlook({2014: 0.60, 2015: 0.62, 2020: 0.72, 2024: 0.80})
    assert row["pace"] == pytest.approx(0.02)
    assert row["reached_year"] == 2032


def test_beyond_the_horizon_is_never():
    slow = {2024: 0.400, 2025: 0.405, 2026: 0.410}
    assert math.isnan(outlook(slow, progress={"horizon": 100})["reached_year"])  # in 108 years
    row = outlook(slow, TARGET | {"share": 0.5}, progress={"horizon": 18})
    assert (row["reached_year"], row["latest_year"]) == (2044, 2044)
    row = outlook(slow, TARGET | {"share": 0.5}, progress={"horizon": 17})
    assert math.isnan(row["reached_year"])
    assert math.isnan(row["earliest_year"])
    assert row["latest_year"] == math.inf


def test_what_is_not_reached_yet_is_not_reached_this_year():
    # The last figure is within its scatter of the target: next year is the earliest all the same.
    row = outlook({2022: 0.90, 2023: 0.94, 2024: 0.931, 2025: 0.935, 2026: 0.9499})
    assert row["method"] == "trend"
    assert row["earliest_year"] == 2027


def test_rounding_is_told_from_the_shares_where_the_table_lacks_it():
    whole = publish({2022: 0.80, 2023: 0.82, 2024: 0.84, 2025: 0.86, 2026: 0.88})
    study = make_study(targets=[TARGET | {"share": 0.94}])
    sure, rounded = (
        only(evaluate(table, study=study).pace) for table in (whole, whole.drop(columns="rounding"))
    )
    assert sure["earliest_year"] == sure["latest_year"]
    assert rounded["earliest_year"] < rounded["latest_year"]


def test_missing_is_as_exact_as_the_share_is_written():
    now = switch({"study": (20, 18)})
    assert only(evaluate(switchboard=now).pace)["missing"] == 1
    assert math.isnan(outlook(WAVY)["missing"])


figures = st.dictionaries(st.integers(2000, 2025), st.integers(0, 1_000), min_size=1, max_size=8)


@settings(max_examples=25)
@given(figures, st.integers(1, 1_000), st.integers(1, 100))
def test_what_holds_of_every_outlook(years, share, horizon):
    target = TARGET | {"share": share / 1_000, "year": 2030}
    row = outlook(
        {year: (value / 1_000, 1_000) for year, value in years.items()}, target, progress={"horizon": horizon}
    )
    last = max(years)
    reached = years[last] >= share
    assert (row["method"] == "reached") == reached
    assert row["missing"] == max(0, share - years[last])
    assert row["first_year"] <= row["last_year"] == last
    assert row["years"] <= len(years)
    told = [row[name] for name in ("earliest_year", "reached_year", "latest_year")]
    assert all(math.isnan(year) or year == int(year) for year in told if math.isfinite(year))
    if reached:
        assert len(set(told)) == 1
        assert told[0] <= last
        return
    known = [year for year in told if not math.isnan(year)]
    assert known == sorted(known)
    assert all(year > last and (year <= last + horizon or year == math.inf) for year in known)
    if row["method"] == "too_short":
        assert row["years"] < 2
    elif not math.isnan(row["reached_year"]):
        ahead = row["reached_year"] - last
        assert row["pace"] * ahead >= share / 1_000 - row["share"] - 1e-6
        assert row["pace"] * (ahead - 1) < share / 1_000 - row["share"] + 1e-6
    assert row["needed_pace"] * (2030 - last) == pytest.approx(share / 1_000 - row["share"])


@settings(max_examples=10)
@given(figures, st.integers(1, 60))
def test_later_years_say_the_same_later(years, shift):
    here = outlook({year: value / 1_000 for year, value in years.items()})
    there = outlook({year + shift: value / 1_000 for year, value in years.items()})
    assert there["pace"] == pytest.approx(here["pace"], abs=1e-9, nan_ok=True)
    for name in ("reached_year", "earliest_year", "latest_year"):
        assert there[name] == pytest.approx(here[name] + shift, nan_ok=True)


def test_a_country_has_a_series_for_each_municipality():
    names = pd.Index(
        ["study", *(f"municipality:{code:04}" for code in range(290))], dtype="str", name="zone_id"
    )
    frame = pd.DataFrame(
        {"name": names, "kind": ["study", *["municipality"] * 290], "population": np.nan}, index=names
    )
    country = gpd.GeoDataFrame(frame, geometry=[shapely.box(0, 0, 1, 1)] * 291, crs=3006)
    rng = np.random.default_rng(1)

    def run(year):
        reached = rng.integers(50 * (year - 2015), 60 * (year - 2015), 291)
        return switch({zone: (1_000, int(count)) for zone, count in zip(names, reached, strict=True)})

    runs = [(year, run(year)) for year in range(2018, 2026)]
    found = evaluate_progress(NONE_PUBLISHED, run(2026), runs, country, NOBODY, make_study())
    assert len(found.series) == 291 * 9
    assert len(found.pace) == 291


def test_a_progress_is_a_value():
    found = evaluate()
    assert replace(found, series=found.series) is not found
    with pytest.raises(AttributeError):
        found.series = found.breaks


# A definition that changes between own runs


def test_a_run_by_another_definition_breaks_the_series_of_what_it_touches():
    passed = ("passed", "households+workplaces", False, 100.0, "all")
    study = make_study(
        targets=[
            {"name": "access", "down_mbps": 100, "share": 0.95, "counts": "access"},
            {"name": "near", "down_mbps": 100, "share": 0.95, "counts": "proximity"},
        ]
    )
    access = ("orderable", "households+workplaces", False, 100.0, "all")

    def run(reached):
        return put(
            switch({"study": (100, reached)}, access), switch({"study": (100, reached + 10)}, passed)
        ).rename_axis("row")

    moved = find_moved([(2026, {"passed_m": 75.0}), (2025, {"passed_m": 50.0}), (2024, {"passed_m": 50.0})])
    assert moved == {2026: {"passed_m": (50.0, 75.0)}}
    found = evaluate_progress(
        NONE_PUBLISHED,
        run(60),
        [(2025, run(50)), (2024, run(40))],
        make_zones(),
        NOBODY,
        study,
        moved=moved,
    )
    broken = only(found.breaks)
    assert (broken["measure"], broken["year"], broken["kind"]) == ("near", 2026, "definition")
    assert "coverage.passed_m 50 → 75" in broken["said"]
    methods = found.pace.set_index("measure")["method"].to_dict()
    assert methods == {"access": "trend", "near": "too_short"}


def test_definitions_of_the_first_run_of_a_year_count_and_unknown_settings_are_no_change():
    runs = [(2026, {"passed_m": 50.0, "networks": {"a": "b"}}), (2026, {"passed_m": 90.0})]
    assert find_moved([*runs, (2025, {"networks": {}}), (2024, {"passed_m": 10.0})]) == {}


@pytest.mark.parametrize(
    ("bound", "said"), [("above", "är mer än 99 procent"), ("exact", "andelen är 99 procent")]
)
def test_a_share_of_which_a_bound_is_known_is_told_as_one(bound, said):
    target = {"name": "t", "down_mbps": 100, "share": 0.98, "counts": "access", "of": "households"}
    published = publish({2024: (0.97, 1000), 2025: (0.99, 1000, bound)})
    found = evaluate(published, study=make_study(targets=[target])).pace
    assert only(found)["method"] == "reached"
    assert said in only(found)["said"]
