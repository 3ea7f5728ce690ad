"""Tables of figures: told in both languages, written, and hidden where they are small or protected."""

import dataclasses
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from infraplan import tables
from infraplan.config import Study, StudyInfo
from infraplan.coverconfig import Siting
from infraplan.outputs.export import FORMATS, export
from infraplan.outputs.figuretext import tell_coverage
from infraplan.outputs.placetext import tell_places
from infraplan.outputs.suppress import suppress_zones
from infraplan.outputs.write import PROTECTED, write_results
from infraplan.words import load

CRS = "EPSG:3006"
STUDY = Study(
    study=StudyInfo(name="t", year=2026),
    siting=tuple(Siting(name=name, method=name, reach_km=5) for name in ("p_median", "coverage", "all")),
)
ROWS = 6
TEXTS = {
    "zone_id": ["study", "municipality:2500"],
    "zone_kind": ["study", "municipality"],
    "operator": ["", "Operatör A"],
    "technology": [""],
    "road_class": [""],
    "level": ["call", "data_10"],
    "service": list(tables.SERVICES),
    "measure": ["fixed", "mobile_places", "mobile_roads", "mobile_railways"],
    "kind": ["school", "housing"],
    "grid": ["sweref_1km"],
}


def cycle(values, count):
    return [values[i % len(values)] for i in range(count)]


def column_values(column, count, name):
    if column.choices:
        return cycle(column.choices, count)
    if column.kind == "text":
        return cycle(TEXTS.get(column.name, [f"{name} <{column.name}>"]), count)
    return {"int": [40 + i for i in range(count)], "float": [0.5] * count, "bool": [True] * count}[
        column.kind
    ]


def invent(contract, count=ROWS):
    """Return a table of a contract: every choice of a column, and something in each cell."""
    count = max(count, *(len(column.choices) for column in contract.columns))
    frame = pd.DataFrame({c.name: column_values(c, count, contract.name) for c in contract.columns})
    keys = range(count) if contract.key == "row" else [f"{contract.key}-{i}" for i in range(count)]
    frame.index = pd.Index(list(keys), name=contract.key)
    if not contract.geometry:
        return frame
    shape = {
        "Point": Point(810_000, 7_400_000),
        "LineString": LineString([(810_000, 7_400_000), (811_000, 7_400_000)]),
        "Polygon": box(810_000, 7_400_000, 811_000, 7_401_000),
    }[contract.geometry[0]]
    return gpd.GeoDataFrame(frame, geometry=[shape] * count, crs=CRS)


@pytest.fixture(scope="module")
def figures():
    found = {name: invent(contract) for name, contract in tables.FIGURES.items()}
    every = pd.DataFrame(
        list(
            product(
                ["study"],
                tables.COUNTS,
                [("households", False), ("households", True), ("workplaces", False),
                 ("households+workplaces", False), ("households+workplaces", True)],
                [30.0, 100.0, 1000.0],
                tables.WIRED,
            )
        ),
        columns=["zone_id", "counts", "of", "down_mbps", "technologies"],
    )  # fmt: skip
    found["switchboard"] = every.assign(
        unit=[of[0] for of in every["of"]],
        holiday_homes=[of[1] for of in every["of"]],
        zone_name="Överkalix",
        zone_kind="study",
        base=200,
        reached=np.arange(len(every)),
        share=np.arange(len(every)) / 200,
    ).drop(columns="of")
    limits = pd.DataFrame(list(product(tables.SERVICES, [2.0, 5.0, 10.0])), columns=["service", "within_km"])
    shares = invent(tables.SERVICE_SHARES, len(limits))
    shares = shares.assign(zone_kind="study", zone_id="study", unreached=3)
    found["service_shares"] = shares.assign(**{name: limits[name].to_numpy() for name in limits})
    colours = found["state_aid"].assign(zone_kind="study", zone_id="study")
    found["state_aid"] = colours.drop_duplicates("colour")
    official = found["official"].assign(counts="orderable", unit="households", technologies="all")
    towns = official.iloc[:2].assign(zone_kind="municipality", zone_id=["municipality:1", "municipality:2"])
    towns = towns.assign(measure="fixed", measured=True)
    found["official"] = pd.concat([official, towns], ignore_index=True).rename_axis("row")
    found["spread"] = found["spread"].assign(suppressed=False)
    asked = {"zone_kind": "study", "zone_id": "study", "level": STUDY.mobile.level, "use": STUDY.mobile.use}
    found["mobile_operators"] = found["mobile_operators"].assign(**asked)
    squares = [f"{810_000 + 1_000 * i}7400000" for i in range(len(found["cells"]))]
    found["cells"] = found["cells"].assign(code=squares)
    return found


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_table_is_told_in_both_languages(figures, language):
    words = load(language)
    told = f"{tell_coverage(figures, words)}\n{tell_places(figures, words, STUDY)}"
    titles = [text for key, text in words.entries.items() if key.startswith("figures.title_")]
    assert len(titles) == 17
    for title in titles:
        assert title in told
    assert "nan" not in told


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_study_without_figures_says_nothing_of_them(language):
    nothing = {name: tables.empty(contract, CRS) for name, contract in tables.FIGURES.items()}
    assert tell_coverage(nothing, load(language)) == tell_places(nothing, load(language), STUDY) == ""


def test_the_definitions_of_the_least_and_the_greatest_share_are_told(figures):
    board = figures["switchboard"]
    shown = board.assign(share=board["share"].where(board["down_mbps"] == 100))
    told = tell_coverage({"switchboard": shown}, load("en"))
    # Shares of the made table rise by half a per cent from row to row; the first of 100 Mbit/s is its third.
    assert "At 100 Mbit/s the whole study is at 1.0% or at 58.5%, depending on what is counted" in told
    assert "households, connected, 100 Mbit/s, wired only – or households and workplaces and holiday" in told
    unknown = tell_coverage({"switchboard": board.assign(share=np.nan)}, load("en"))
    assert "depending on what is counted" not in unknown


def test_every_kind_of_building_and_service_has_a_name():
    for language in ("sv", "en"):
        entries = load(language).entries
        assert {f"figures.building_{kind}" for kind in (*tables.PUBLIC_KINDS, "housing")} <= entries.keys()
        assert {f"figures.service_{kind}" for kind in tables.SERVICES} <= entries.keys()
        assert {f"figures.emergency_{kind}" for kind in tables.EMERGENCY} <= entries.keys()


@pytest.fixture(scope="module")
def run(results, figures):
    """Return a run with a protected building, whose traces can be looked for."""
    public = figures["public"].assign(name="OPEN", operator="OPEN", kind="care_home", protected=False)
    secret = public.iloc[:1].rename(index=lambda _: "PROTECTED-ID")
    secret = secret.assign(kind="protected_housing", name="PROTECTED-NAME", operator="PROTECTED-OWNER")
    flagged = (
        public.iloc[1:2]
        .rename(index=lambda _: "PROTECTED-FLAGGED")
        .assign(name="PROTECTED-BY-FLAG", protected=True)
    )
    layer = gpd.GeoDataFrame(
        {
            "kind": ["protected_housing", "school", "Skyddat boende"],
            "name": ["PROTECTED-INPUT", "OPEN", "PROTECTED-BY-WORD"],
            "wifi": "unknown",
        },
        index=pd.Index(["PROTECTED-ROW", "B2", "PROTECTED-ROW-2"], name="feature_id"),
        geometry=[Point(810_000, 7_400_000), Point(811_000, 7_400_000), Point(812_000, 7_400_000)],
        crs=CRS,
    )
    layers = dataclasses.replace(
        results.layers,
        tables={**results.layers.tables, "public_buildings": layer},
        sources=results.layers.sources.assign(level="public"),
    )
    together = gpd.GeoDataFrame(pd.concat([public.iloc[2:], secret, flagged]), geometry="geometry", crs=CRS)
    together.index.name = "building_id"
    return dataclasses.replace(results, layers=layers, figures={**figures, "public": together})


@pytest.fixture(scope="module")
def out(run, tmp_path_factory):
    return write_results(run, tmp_path_factory.mktemp("figures"), pack=False)


def test_each_table_is_a_file_of_its_own_but_those_by_premises(out):
    names = {path.name for path in out.iterdir()}
    assert {f"{name}.csv" for name in tables.FIGURES if name not in tables.BY_PREMISES} <= names
    assert not {f"{name}.csv" for name in tables.BY_PREMISES} & names


def test_protected_buildings_are_in_the_internal_file_alone(out):
    for path in out.iterdir():
        held = b"PROTECTED" in path.read_bytes()
        assert held == (path.name == PROTECTED), path.name
    assert b"PROTECTED-NAME" in (out / PROTECTED).read_bytes()


def test_protected_buildings_make_a_run_internal(out, run):
    assert run.protected["name"].tolist() == ["PROTECTED-NAME", "PROTECTED-BY-FLAG"]
    assert '"level": "internal"' in (out / "manifest.json").read_text("utf-8")


@pytest.mark.parametrize("level", ["public", "restricted", "internal"])
def test_no_export_holds_them(out, tmp_path, level, undrawn_maps):
    for path in export(out, tmp_path, level=level, formats=list(FORMATS)):
        assert b"PROTECTED" not in path.read_bytes()


def test_the_public_sees_no_single_operator(out, tmp_path):
    export(out, tmp_path, level="public", formats=["csv"], pack=False)
    mobile = pd.read_csv(tmp_path / "mobile_public.csv", dtype="str", keep_default_na=False)
    assert len(mobile)
    assert set(mobile["operator"]) == {""}
    gaps = pd.read_csv(tmp_path / "mobile_gaps_public.csv", dtype="str", keep_default_na=False)
    assert set(gaps["operator"]) == {""}


def zones(kind, codes, bases):
    return pd.DataFrame({"zone_kind": kind, "zone_id": [f"{kind}:{c}" for c in codes], "base": bases})


def test_a_zone_hidden_alone_in_its_municipality_takes_another_with_it():
    deso = zones("deso", ["2505A1", "2505A2", "2506A1", "2506A2", "2506A3"], [3, 90, 2, 50, 40])
    found = suppress_zones(deso, by=[], counts=["base"], base="base")
    assert found["suppressed"].tolist() == [True, True, True, False, True]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12))
def test_no_hidden_count_is_the_whole_less_the_others(bases):
    table = zones("municipality", [str(2500 + i) for i in range(len(bases))], bases)
    found = suppress_zones(table, by=[], counts=["base"], base="base")
    hidden = found["suppressed"]
    assert hidden[table["base"] < 5].all()
    assert hidden.sum() != 1 or len(bases) == 1
    assert found.loc[~hidden, "base"].tolist() == table.loc[~hidden, "base"].tolist()
    assert found.loc[hidden, "base"].isna().all()


def test_stretches_in_all_are_as_long_without_a_call_as_their_silent_parts(figures):
    gaps = (
        figures["mobile_gaps"]
        .iloc[:2]
        .assign(operator="", emergency="no_call", length_m=[5_000.0, 3_000.0], no_call_m=[1_000.0, 500.0])
    )
    said = tell_places({"mobile_gaps": gaps}, load("en"), STUDY)
    assert "2 stretches of 8.0 km; on 1.5 km of them" in said


def test_no_share_is_rounded_up_to_a_target_that_is_not_met(figures):
    row = (
        figures["official"]
        .iloc[:1]
        .assign(
            zone_kind="study", measured=True, measure="fixed", share=0.94996, target_share=0.95, met=False
        )
    )
    assert "94.9%" in tell_coverage({"official": row}, load("en"))
    own = figures["indicators"].iloc[:1].assign(zone_kind="study", share=0.94996, goal=0.95, met=False)
    assert "94.9%" in tell_places({"indicators": own}, load("en"), STUDY)
    assert "95.0%" in tell_places({"indicators": own.assign(goal=np.nan)}, load("en"), STUDY)


def test_of_a_published_series_the_latest_year_is_shown_with_its_bound():
    row = invent(tables.COMPARED, 2).iloc[:2].assign(table="T", zone_id="municipality:2523", measure="at_100")
    rows = row.assign(year=[2016, 2022], bound=["exact", "above"], published=[0.5004, 0.99])
    told = tell_coverage({"compared": rows}, load("en"))
    assert "2022" in told
    assert "> 99.0%" in told
    assert "2016" not in told


def test_a_break_says_of_which_series_it_is():
    rows = invent(tables.BROKEN, 1).iloc[:1]
    told = pd.concat([rows, rows, rows], ignore_index=True).assign(
        zone_id=["municipality:2523", "municipality:2523", "class:outside"],
        zone_name="Gällivare",
        zone_kind=["municipality", "municipality", "settlement_class"],
        measure=["at_100", "at_30", "at_30"],
        said="Serien bryts 2021.",
    )
    assert tell_coverage({"breaks": told}, load("sv")) == "Gällivare (at_100, at_30): Serien bryts 2021."


def told(figures, study=STUDY, language="en"):
    return tell_places(figures, load(language), study)


def test_the_number_of_operators_is_told_by_road_class_and_in_its_own_unit(figures):
    head = {"zone_kind": "study", "technology": "", "use": "hand", "level": "data_10"}
    rows = [
        ("homes", "", 0, 25.0),
        ("homes", "", 2, 75.0),
        ("roads", "", 0, 8_000.0),
        ("roads", "", 1, 2_000.0),
        ("roads", "3", 1, 2_000.0),
        ("area", "", 2, 3e6),
    ]
    table = pd.DataFrame(rows, columns=["of", "road_class", "operators", "amount"]).assign(**head)
    other = table.assign(level="call", amount=1e9)
    said = told({"mobile_operators": pd.concat([table, other])})
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "Of In all 0 op. 1 op. 2 op." in lines
    assert "Homes 100 25.0% 0.0% 75.0%" in lines
    assert "Roads 10 km 80.0% 20.0% 0.0%" in lines
    assert "Roads, class 3 2 km 0.0% 100.0% 0.0%" in lines
    assert "Land area 3 km² 0.0% 0.0% 100.0%" in lines


def test_what_coverage_means_is_said_with_stretches_and_white_spots(figures):
    gaps = figures["mobile_gaps"].assign(operator="", emergency="other_operator")
    spots = figures["mobile_white_spots"]
    said = told({"mobile_gaps": gaps, "mobile_white_spots": spots})
    assert said.count("Coverage means 10 Mbit/s, in hand here") == 2
    assert "a call goes through" in said
    own = STUDY.model_copy(update={"mobile": STUDY.mobile.model_copy(update={"level": "own_class"})})
    assert "Coverage means own_class, in hand here" in told({"mobile_white_spots": spots}, own)


def test_digital_service_is_told_beside_mobile_coverage(figures):
    rows = (
        figures["digital"]
        .iloc[:3]
        .assign(can=[False, False, True], mobile_operators=[0, 2, 2], households=[1_000, 200, 7])
    )
    said = told({"digital": rows})
    assert "1,207 households have more than 10 km" in said
    assert "for 1,200 of them no fixed network of 30 Mbit/s or more is known" in said
    assert "Of them 200 have mobile coverage of 10 Mbit/s." in said
    assert "Of them" not in told({"digital": rows.assign(mobile_operators=-1)})


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("p_median", "p_median: 1,234 km in all from households to the nearest place."),
        ("coverage", "coverage: 1,234 households within 5 km."),
        (
            "all",
            "all: 1,234 new places are needed for all households that can be reached to have 5 km at most.",
        ),
    ],
)
def test_an_answer_says_what_it_comes_to(figures, method, said):
    rows = figures["siting"].iloc[:1].assign(problem=method, method=method, objective=1_234.0)
    assert said in told({"siting": rows})


def test_who_is_behind_leaves_out_what_follows_from_the_group_itself(figures):
    rows = (
        figures["spread"]
        .iloc[:3]
        .assign(
            breakdown="distance_to_town",
            measure=["town within 10 km", "library within 10 km", "library within 10 km"],
            group=["10–30", "10–30", "unknown"],
            base=100.0,
            behind=0.5,
            suppressed=False,
        )
    )
    said = told({"spread": rows})
    assert "town within 10 km" not in said
    assert "unknown" not in said
    assert said.count("library within 10 km") == 1


def test_who_is_behind_is_told_of_those_who_are_with_a_spread_where_there_is_one(figures):
    rows = (
        figures["spread"]
        .iloc[:3]
        .assign(
            breakdown=["Äldre", "Äldre", "Register"],
            measure=["behind", "ahead", "alone"],
            group=["0.3–0.45", "≥ 0.4", "v1.5"],
            base=100.0,
            behind=[0.1, -0.1, 0.2],
            zones=[4, 4, 1],
            lowest=0.25,
            highest=0.75,
            suppressed=False,
        )
    )
    said = told({"spread": rows}, language="sv")
    assert "Äldre: 0,3–0,45" in said
    assert "25,0\u00a0%–75,0\u00a0%" in said
    assert "ahead" not in said
    (alone,) = [line for line in said.splitlines() if "alone" in line]
    assert alone.rstrip().endswith("–")
    assert "v1.5" in alone
