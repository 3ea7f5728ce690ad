"""Who gets fibre, radio or satellite, by hand on a plain with a ridge."""

from math import ceil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from lanes import make_study

from infraplan import tables
from infraplan.layers.raster import read_raster
from infraplan.planning import technology
from infraplan.planning.technology import choose_technology, list_masts, name_technology, say_reason
from infraplan.words import load

CRS = "EPSG:3006"
X, Y = 500_000.0, 7_300_000.0
RADIO, SECTOR, SATELLITE = 500, 1_000, 800


@pytest.fixture(scope="module")
def priced(dear_book):
    prices = {"radio_premises": RADIO, "radio_sector": SECTOR, "satellite_premises": SATELLITE}
    return dear_book.model_copy(
        update={
            name: getattr(dear_book, name).model_copy(update={"low": base, "base": base, "high": base})
            for name, base in prices.items()
        }
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Ten kilometres of plain eastwards, with a ridge of 300 m at 6 km; further on all is void."""
    cells = np.zeros((4, 120), "float32")
    cells[:, 60] = 300.0
    cells[:, 100:] = -9999.0
    path = tmp_path_factory.mktemp("terrain") / "plain.tif"
    profile = {"driver": "GTiff", "height": 4, "width": 120, "count": 1, "dtype": "float32", "crs": CRS}
    place = Affine(100.0, 0, X, 0, -100.0, Y + 200)
    with rasterio.open(path, "w", **profile, nodata=-9999.0, transform=place) as file:
        file.write(cells, 1)
    return read_raster(path)


def make_points(name="premises_id", **east_m):
    index = pd.Index(list(east_m), name=name, dtype="str")
    places = gpd.points_from_xy([X + at for at in east_m.values()], [Y] * len(east_m))
    return gpd.GeoDataFrame(index=index, geometry=places, crs=CRS)


def make_masts(kind="mast", **east_m):
    masts = make_points("id", **east_m)
    return masts.assign(kind=pd.Series(kind, index=masts.index, dtype="str"))


def make_plan(served=(), **unserved):
    """Return served and unserved, each with one household and a workplace, and the reason of the latter."""
    tables_ = []
    for names in (served, unserved):
        index = pd.Index(list(names), name="premises_id", dtype="str")
        tables_.append(pd.DataFrame({"households": 1, "workplaces": 1}, index=index))
    return tables_[0], tables_[1].assign(reason=pd.Series(unserved, index=tables_[1].index, dtype="str"))


def choose(priced, elevation, masts, east_m, *, served=(), fibre=None, study=None, **unserved):
    prices = pd.Series(fibre or {}, dtype="float64")
    table = choose_technology(
        make_points(**east_m),
        *make_plan(served, **unserved),
        prices,
        masts,
        elevation,
        study or make_study(),
        priced,
    )
    tables.check(table, tables.TECHNOLOGY)
    return table


def test_fibre_then_a_mast_in_sight_then_satellite(priced, plain):
    table = choose(
        priced,
        plain,
        make_masts(hill=3_050.0),
        {"a": 1_050.0, "b": 2_050.0, "behind": 8_050.0, "void": 10_550.0, "far": 13_500.0},
        served=["a"],
        fibre={"a": 1_000.4, "b": 2_000.0},
        b="not_chosen",
        behind="too_far",
        void="island",
        far="over_budget",
    )
    assert table["technology"].to_dict() == {
        "a": "fibre",
        "b": "radio",
        "behind": "satellite",
        "void": "satellite",
        "far": "satellite",
    }
    assert table["reason"].to_dict() == {
        "a": "planned",
        "b": "beyond_goal in_sight",
        "behind": "no_road no_sight",
        "void": "island no_elevation",
        "far": "over_budget no_mast",
    }
    # Two units at 1 000.4; a radio and a whole sector.
    assert table["price_sek"].tolist() == [2_001, RADIO + SECTOR, SATELLITE, SATELLITE, SATELLITE]
    assert table["mast_id"].tolist() == ["", "hill", "", "", ""]
    assert table.loc["b", "distance_m"] == 1_000.0
    assert table["distance_m"].isna().tolist() == [True, False, True, True, True]
    assert table["down_mbps"].tolist() == [1_000.0, *[100.0] * 4]
    assert table["meets"].tolist() == [True, True, False, False, False]
    assert table["fibre_sek"].isna().tolist() == [False, False, True, True, True]


def test_without_masts_or_terrain_nobody_gets_radio(priced, plain):
    place = {"b": 2_050.0}
    no_masts = choose(priced, plain, None, place, b="excluded")
    no_terrain = choose(priced, None, make_masts(hill=3_050.0), place, b="no_go")
    no_antenna = choose(priced, plain, make_masts("silo", hill=3_050.0), place, b="not_counted")
    assert no_masts["reason"].tolist() == ["excluded no_mast"]
    assert no_terrain["reason"].tolist() == ["no_go no_elevation"]
    assert no_antenna["reason"].tolist() == ["not_counted no_mast"]


def test_one_mast_in_sight_is_enough_and_one_unknown_line_leaves_doubt(priced, plain):
    masts = make_masts(near=5_050.0, void=10_550.0, other=9_550.0)
    table = choose(
        priced, plain, masts, {"b": 7_050.0, "c": 3_050.0}, b="not_chosen", c="not_chosen",
        study=make_study(technology={"radio_range_m": 7_500.0}),
    )  # fmt: skip
    # From b the ridge hides the nearest, from c the two beyond it.
    assert table["mast_id"].to_dict() == {"b": "other", "c": "near"}
    doubt = choose(priced, plain, masts.loc[["near", "void"]], {"b": 7_050.0}, b="not_chosen")
    assert doubt["reason"].tolist() == ["beyond_goal no_elevation"]


def test_fibre_that_is_too_dear_is_pointed_out_whether_it_is_planned_or_not(priced, plain):
    homes = dict.fromkeys("abcde", 1_000.0)
    fibre = {"a": 5_000.0, "b": 5_001.0, "c": 5_000.0, "d": 5_001.0, "e": 9_999.0}
    table = choose(
        priced, plain, None, homes, served=["a", "b"], fibre=fibre, c="not_chosen", d="over_budget",
        e="excluded", study=make_study(technology={"fibre_max_sek": 5_000}),
    )  # fmt: skip
    assert table["reason"].tolist() == [
        "planned",
        "planned too_dear",
        "beyond_goal no_mast",
        "too_dear no_mast",
        "excluded no_mast",
    ]
    assert table["technology"].tolist() == ["fibre", "fibre", *["satellite"] * 3]


@pytest.mark.parametrize(
    ("technology", "speed", "meets"),
    [
        ({}, 100, {"radio": True, "satellite": False}),
        ({"radio_mbps": 99}, 100, {"radio": False, "satellite": False}),
        ({"satellite_counts": True}, 100, {"radio": True, "satellite": True}),
        ({"satellite_counts": True, "satellite_mbps": 99}, 100, {"radio": True, "satellite": False}),
        ({}, None, {"radio": True, "satellite": False}),
        ({"radio_mbps": 40}, None, {"radio": True, "satellite": False}),
    ],
)
def test_what_meets_the_target_of_the_plan_or_ends_a_white_spot(priced, plain, technology, speed, meets):
    plan = {"goal": "target", "target": "90%"} if speed else {}
    study = make_study(0.9, technology=technology, plan=plan, gaps={"down_mbps": 40})
    table = choose(
        priced, plain, make_masts(hill=3_050.0), {"b": 2_050.0, "c": 8_050.0}, b="not_chosen",
        c="not_chosen", study=study,
    )  # fmt: skip
    assert dict(zip(table["technology"], table["meets"], strict=True)) == meets


@given(
    masts=st.lists(st.sampled_from(["north", "south", "west"]), min_size=1, max_size=40),
    per_sector=st.integers(1, 12),
)
def test_those_on_a_mast_share_its_sectors_to_the_crown(priced, masts, per_sector):
    index = pd.Index([f"p{number:02}" for number in range(len(masts))], name="premises_id")
    table = pd.DataFrame(
        {"households": 1, "workplaces": 0, "technology": "radio", "mast_id": masts, "fibre_sek": np.nan},
        index=index[::-1],
    )
    price = pd.Series(technology._price(table, priced, per_sector), index=table.index)
    for _, each in price.groupby(table["mast_id"]):
        assert each.sum() == len(each) * RADIO + ceil(len(each) / per_sector) * SECTOR
        assert each.max() - each.min() <= 1
        assert each.sort_index().is_monotonic_decreasing


@pytest.mark.parametrize(
    ("kind", "tower_type", "counts"),
    [
        ("mast", "", True),
        ("Telemast", "", True),
        ("communication", "", True),
        ("communication", "observation", True),
        ("mast", "communication", True),
        ("mast", "lighting", False),
        ("tower", "communication", True),
        ("tower", "", False),
        ("tower", "bell_tower", False),
        ("silo", "", False),
        ("", "", False),
    ],
)
@pytest.mark.parametrize("column", ["tower_type", "tower:type"])
def test_a_mast_is_what_its_type_or_else_its_kind_says(kind, tower_type, counts, column):
    masts = make_masts(kind, m=0.0)
    assert list_masts(masts.assign(**{column: tower_type})).index.tolist() == ["m"] * counts
    if not tower_type:
        assert list_masts(masts).index.tolist() == ["m"] * counts


def test_no_candidates_give_an_empty_table(priced, plain):
    assert choose(priced, plain, make_masts(hill=0.0), {}).empty
    assert choose(priced, plain, make_masts(hill=0.0).iloc[:0], {"b": 0.0}, b="island")[
        "reason"
    ].tolist() == ["island no_mast"]


def test_the_reason_is_said_with_distance_and_price(priced, plain):
    table = choose(
        priced, plain, make_masts(hill=3_050.0), {"a": 0.0, "b": 1_550.0, "c": 8_050.0}, served=["a"],
        fibre={"a": 61_000.4, "b": 54_321.0}, b="not_chosen", c="too_far",
        study=make_study(technology={"fibre_max_sek": 60_000}),
    )  # fmt: skip
    said = {name: say_reason(row, load("en")) for name, row in table.iterrows()}
    assert said["a"] == (
        "The plan builds fibre here. Fibre costs SEK 61,000 a household or workplace here: more than the "
        "study's limit."
    )
    assert said["b"] == (
        "The plan's goal is reached without fibre here, which would cost SEK 54,321 a household or "
        "workplace. A mast 1.5 km away has a clear line of sight: fixed wireless costs SEK 1,500, with a "
        "share of the mast's equipment."
    )
    assert said["c"] == (
        "No road is near enough to bring fibre along. The terrain hides every mast within range: satellite "
        "costs SEK 800."
    )
    swedish = say_reason(table.loc["b"], load("sv"))
    assert "1,5 km" in swedish
    assert "54\u00a0321 kronor" in swedish


def test_every_reason_and_technology_has_its_words():
    words = load("sv")
    for reason in [*technology._WHY_NO_FIBRE.values(), "planned", "too_dear"]:
        for second in ["in_sight", "no_mast", "no_sight", "no_elevation"]:
            row = {"fibre_sek": np.nan, "price_sek": 1, "distance_m": 1.0, "reason": f"{reason} {second}"}
            assert say_reason(row, words).count(".") >= 2
    names = {name_technology(name, words) for name in tables.TECHNOLOGY.columns[2].choices}
    assert len(names) == 4
