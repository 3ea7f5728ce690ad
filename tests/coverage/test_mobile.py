"""The whole of mobile coverage: shares against every premises asked by itself, white spots, bad input."""

import dataclasses
from itertools import product

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from shapely import LineString, Point, box

from infraplan import tables
from infraplan.config import Mobile
from infraplan.coverage import evaluate_mobile
from infraplan.coverage.mobile_shares import find_profiles
from infraplan.demand.membership import assign_zones
from infraplan.errors import StudyError
from infraplan.layers.faults import describe
from infraplan.layers.mobile_rules import read_mobile_rules
from infraplan.words import load

RULES = read_mobile_rules("2026")
X, Y = 700_000.0, 7_300_000.0
LEVELS = {"call": 0.0, "data_10": 10.0, "data_30": 30.0, "data_100": 100.0}


def square(x0, y0, x1, y1):
    return box(X + x0, Y + y0, X + x1, Y + y1)


@pytest.fixture
def parted(zones):
    return zones(
        [
            ("study", "", square(0, 0, 1_000, 1_000)),
            ("municipality", "W", square(0, 0, 500, 1_000)),
            ("municipality", "E", square(500, 0, 1_000, 1_000)),
            ("locality", "L", square(0, 0, 200, 200)),
            ("settlement_class", "locality", square(0, 0, 200, 200)),
            ("settlement_class", "outside", square(0, 0, 1_000, 1_000)),
        ]
    )


@pytest.fixture
def evaluate(layers, premises, parted, study):
    def build(houses=None, rasters=(), mobile=None, zones=parted, **named):
        houses = premises([]) if houses is None else houses
        found = dataclasses.replace(
            layers(**named), rasters={"mobile_coverage": tuple(rasters)} if rasters else {}
        )
        wanted = study(mobile=mobile or Mobile())
        result = evaluate_mobile(houses, assign_zones(houses, zones), zones, found, RULES, wanted)
        for field in dataclasses.fields(result):
            if field.name == "public_operators":
                continue
            contract = getattr(tables, field.name.upper())
            crs = "EPSG:3006" if contract.geometry else None
            tables.check(getattr(result, field.name), contract, crs=crs)
        for language in ("sv", "en"):
            describe(result.faults, load(language))
        return result

    return build


def pick(table, **wanted):
    """Return the rows that have what is wanted; what is not named is any, or the usual."""
    usual = {
        "zone_id": "study",
        "operator": "",
        "technology": "",
        "use": "hand",
        "level": "data_10",
        "road_class": "",
    }
    for name, value in (usual | wanted).items():
        if name in table:
            table = table[table[name] == value]
    return table


def share(result, of, **wanted):
    rows = pick(result.mobile, of=of, **wanted)
    assert len(rows) == 1
    return rows["reached"].item(), rows["base"].item()


def random_houses(premises, random, count):
    xy = random.random((count, 2)) * 1_000
    west = xy[:, 0] < 500
    inner = (xy < 200).all(axis=1)
    return premises(
        [Point(X + x, Y + y) for x, y in xy],
        households=random.integers(0, 5, count),
        workplaces=random.integers(0, 3, count),
        kind=random.choice(["single", "holiday", "workplace"], count),
        municipality=np.where(west, "W", "E"),
        locality=np.where(inner, "L", ""),
        settlement_class=np.where(inner, "locality", "outside"),
    )


@pytest.mark.parametrize("seed", range(2))
def test_shares_are_those_of_asking_every_premises(evaluate, premises, layer, seed):
    random = np.random.default_rng(seed)
    houses = random_houses(premises, random, 60)
    shapes = [square(x, y, x + 400, y + 300) for x, y in random.random((14, 2)) * 800]
    columns = {
        "operator": random.choice(["A", "B", "C"], 14),
        "technology": random.choice(["4g", "5g", ""], 14),
        "use": random.choice(["hand", "car"], 14),
        "down_mbps": random.choice([5.0, 10.0, 30.0, 100.0], 14),
    }
    result = evaluate(houses, mobile_coverage=layer("mobile_coverage", shapes, **columns))
    areas = pd.DataFrame(columns)
    inside = shapely.intersects(houses.geometry.to_numpy()[:, None], np.array(shapes))
    amounts = {
        "homes": houses["households"],
        "workplaces": houses["workplaces"],
        "holiday_homes": (houses["kind"] == "holiday").astype("int64"),
    }
    members = {
        "study": pd.Series(data=True, index=houses.index),
        "municipality:W": houses["municipality"] == "W",
        "locality:L": houses["locality"] == "L",
        "class:outside": houses["settlement_class"] == "outside",
    }
    keyed = result.mobile[result.mobile["road_class"] == ""].astype({"zone_id": "object"})
    names = ["zone_id", "operator", "technology", "use", "level", "of"]
    shares = {tuple(row[:6]): row[6:] for row in keyed[[*names, "reached", "base"]].itertuples(index=False)}
    told = 0
    for operator, technology, use, level in product(("", *"ABC"), ("", "4g", "5g"), ("hand", "car"), LEVELS):
        stands = ["hand"] if use == "hand" else ["hand", "car"]
        chosen = areas["use"].isin(stands) & (areas["down_mbps"] >= LEVELS[level])
        chosen &= (operator == "") | (areas["operator"] == operator)
        chosen &= (technology == "") | (areas["technology"] == technology)
        covered = inside[:, chosen].any(axis=1)
        for zone, of in product(members, amounts):
            base = amounts[of][members[zone]].sum()
            found = shares.get((zone, operator, technology, use, level, of))
            if found:
                told += 1
                assert found == (amounts[of][covered & members[zone]].sum(), base)
            else:
                fine = use == "car" or (operator and technology) or zone == "locality:L"
                assert not base or (zone != "study" and fine)
        if not operator:
            counts = sum(
                inside[:, chosen & (areas["operator"] == name)].any(axis=1).astype(int) for name in "ABC"
            )
            rows = pick(result.mobile_operators, technology=technology, use=use, level=level, of="homes")
            expected = amounts["homes"].groupby(counts).sum()
            assert (
                dict(zip(rows["operators"], rows["amount"], strict=True)) == expected[expected > 0].to_dict()
            )
            assert rows["share"].sum() == pytest.approx(1)
    assert (result.mobile["share"] == result.mobile["reached"] / result.mobile["base"]).all()
    assert told > 300


def test_homes_count_households_and_holiday_homes_premises(evaluate, premises, layer):
    houses = premises(
        [Point(X + x, Y + 100) for x in (100, 300, 600)],
        households=[3, 0, 2],
        workplaces=[0, 1, 1],
        kind=["multi", "holiday", "holiday"],
        municipality=["W", "W", "E"],
    )
    found = layer("mobile_coverage", [square(0, 0, 400, 400)], operator="A", down_mbps=10.0)
    result = evaluate(houses, mobile_coverage=found)
    assert share(result, "homes") == (3, 5)
    assert share(result, "workplaces") == (1, 2)
    assert share(result, "holiday_homes") == (1, 2)
    assert share(result, "holiday_homes", zone_id="municipality:E") == (0, 1)
    assert not len(pick(result.mobile, of="workplaces", zone_id="class:locality"))


def test_roads_by_class_railways_public_buildings_and_land(evaluate, layer):
    lines = [LineString([(X, Y + y), (X + 1_000, Y + y)]) for y in (100, 500, 900)]
    result = evaluate(
        mobile_coverage=layer("mobile_coverage", [square(0, 0, 250, 600)], operator="A", down_mbps=10.0),
        roads=layer(
            "roads",
            [*lines, lines[0]],
            road_class=["1", "5", "9", "1"],
            net=["motor", "motor", "motor", "foot"],
        ),
        railways=layer("railways", [lines[1]]),
        public_buildings=layer(
            "public_buildings",
            [Point(X + 9, Y + 9), square(600, 0, 700, 10), Point(X - 9, Y), *[Point(X + 9, Y + 9)] * 2],
            kind=["school", "school", "school", "Skyddat boende", "school"],
            protected=[False, False, False, False, True],
        ),
        water=layer("water", [square(0, 0, 500, 500), square(900, 0, 1_100, 1_000), lines[0]]),
    )
    reached, base = share(result, "roads")
    assert (reached / base, base) == (pytest.approx(0.25, abs=1e-5), pytest.approx(2_000, rel=1e-3))
    assert share(result, "roads", road_class="1")[1] == pytest.approx(base / 2, rel=1e-5)
    assert set(result.mobile["road_class"]) == {"", "1", "5"}
    assert share(result, "railways", zone_id="municipality:W")[0] == pytest.approx(250, rel=1e-3)
    assert share(result, "railways", zone_id="municipality:E")[0] == 0
    assert share(result, "public_buildings") == (1, 2)
    # Whoever may see protected buildings sees what reaches them.
    assert result.public_operators.tolist() == ["A", "", "", "A", "A"]
    assert share(result, "area") == (pytest.approx(25_000), pytest.approx(1_000_000 - 350_000))
    assert (
        dict(zip(result.faults["rule"], result.faults["values"], strict=True))["mobile_other_roads"]["count"]
        == 2
    )
    land = pick(result.mobile_operators, of="area")
    assert land["amount"].sum() == pytest.approx(650_000)


def test_areas_that_overlap_count_once(evaluate, layer):
    shapes = [square(0, 0, 600, 1_000), square(400, 0, 800, 1_000), square(400, 0, 800, 1_000)]
    result = evaluate(
        mobile_coverage=layer("mobile_coverage", shapes, operator=["A", "A", "B"], down_mbps=10.0)
    )
    assert share(result, "area")[0] == pytest.approx(800_000)
    rows = pick(result.mobile_operators, of="area")
    assert dict(zip(rows["operators"], rows["amount"], strict=True)) == pytest.approx(
        {0: 200_000, 1: 400_000, 2: 400_000}
    )


def test_white_spots_where_people_normally_are(evaluate, premises, layer):
    houses = premises(
        [Point(X + x, Y + 100) for x in (100, 300, 500, 700, 900, 950)],
        households=[1, 1, 1, 0, 0, 0],
        workplaces=[0, 0, 0, 1, 0, 0],
        kind=["single", "single", "single", "workplace", "holiday", "public"],
    )
    found = layer(
        "mobile_coverage",
        [square(0, 0, 200, 200), square(0, 0, 400, 200), square(0, 0, 600, 200)],
        operator=["A", "B", "C"],
        down_mbps=[10.0, 4.0, np.nan],
    )
    result = evaluate(houses, mobile_coverage=found)
    numbers = result.mobile_premises[["operators", "call_operators", "mobile_mbps"]]
    assert numbers.to_numpy().tolist() == [[1, 3, 10], [0, 2, 4], [0, 1, 0], *[[0, 0, 0]] * 3]
    assert result.mobile_premises["operator_names"].tolist() == ["A", "", "", "", "", ""]
    spots = result.mobile_white_spots
    assert spots.index.tolist() == ["1", "2", "3", "4"]
    assert spots["best_mbps"].tolist() == [4, 0, 0, 0]
    assert spots["emergency"].tolist() == ["other_operator"] * 2 + ["no_call"] * 2


def test_use_decides_and_stands_in(evaluate, premises, layer):
    houses = premises([Point(X + 100, Y + 100)])
    for stated, asked, covered in (
        ("hand", "car", 1),
        ("car", "hand", 0),
        ("roof", "roof", 1),
        ("car", "roof", 1),
    ):
        found = layer("mobile_coverage", [square(0, 0, 200, 200)], operator="A", use=stated, down_mbps=10.0)
        result = evaluate(houses, mobile=Mobile(use=asked), mobile_coverage=found)
        assert share(result, "homes", use=asked) == (covered, 1)
        assert ("mobile_no_use" in set(result.faults["rule"])) == (not covered)


def test_a_raster_of_signal_does_as_its_squares_do(evaluate, premises, layer, raster):
    random = np.random.default_rng(4)
    cells = random.choice([-9999.0, -120.0, -112.0, -106.0, -98.0, -80.0], (20, 20))
    row, column = np.indices(cells.shape)
    squares = shapely.box(X + 50 * column, Y + 950 - 50 * row, X + 50 * column + 50, Y + 1_000 - 50 * row)
    houses = random_houses(premises, random, 80)
    roads = layer("roads", [LineString([(X, Y + 3), (X + 997, Y + 991)])], road_class="2")
    coverage = layer(
        "mobile_coverage", squares[cells > -999], operator="R", technology="4g", dbm=cells[cells > -999]
    )
    drawn = evaluate(houses, mobile_coverage=coverage, roads=roads)
    counted = evaluate(houses, [raster(cells, (X, Y + 1_000), holds="dbm")], roads=roads)
    for name in ("mobile", "mobile_operators", "mobile_premises", "mobile_white_spots", "mobile_gaps"):
        one, other = getattr(drawn, name), getattr(counted, name)
        if name == "mobile_gaps":
            assert shapely.equals_exact(one.geometry, other.geometry, 1e-6).all()
            one, other = one.drop(columns="geometry"), other.drop(columns="geometry")
        pd.testing.assert_frame_equal(
            pd.DataFrame(one), pd.DataFrame(other), rtol=1e-6, check_categorical=False
        )


def test_a_raster_that_ends_before_the_study_is_told(evaluate, raster):
    result = evaluate(rasters=[raster(np.full((10, 20), 12.0), (X, Y + 1_000))])
    assert share(result, "area") == (500_000, 1_000_000)
    fault = result.faults[result.faults["rule"] == "mobile_raster_ends"]
    assert fault["values"].item() == {"operator": "R", "technology": "4g", "use": "hand", "percent": 50}
    both = [raster(np.full((10, 20), 12.0), (X, Y + 1_000)), raster(np.full((10, 20), 12.0), (X, Y + 500))]
    assert not len(evaluate(rasters=both).faults)


def test_a_raster_in_another_crs_and_without_nodata(evaluate, premises, layer, raster):
    houses = premises([Point(X + 500, Y + 500), Point(X + 20, Y + 500)], municipality=["E", "W"])
    lon, lat = Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True).transform(X + 250, Y)
    cells = raster(np.full((60, 100), 40.0), (lon, lat + 0.03), 0.001, crs="EPSG:4326", nodata=None)
    road = layer("roads", [LineString([(X, Y + 500), (X + 1_000, Y + 500)])], road_class="2")
    result = evaluate(houses, [cells], roads=road)
    assert share(result, "homes", level="data_30") == (1, 2)
    assert share(result, "homes", level="data_100") == (0, 2)
    reached, base = share(result, "area", level="data_30")
    assert reached / base == pytest.approx(0.75, abs=0.05)
    reached, base = share(result, "roads", level="data_30")
    assert reached / base == pytest.approx(0.75, abs=0.05)
    assert "mobile_raster_ends" in set(result.faults["rule"])


def test_rasters_of_signal_that_the_rules_cannot_tell_are_left_out(evaluate, raster):
    result = evaluate(rasters=[raster(np.full((2, 2), -12.0), (X, Y), holds="dbm", technology="6g")])
    assert result.faults["rule"].tolist() == ["mobile_raster_no_limits"]
    assert result.faults["values"].iloc[0]["technology"] == "6g"
    assert len(result.mobile) == 0


def test_areas_that_say_too_little(evaluate, layer):
    shapes = [square(100 * at, 0, 100 * at + 100, 1_000) for at in range(7)]
    found = layer(
        "mobile_coverage",
        shapes,
        operator=["", "A", "A", "A", "A", "A", " "],
        technology=["4g", "", "6g", "4g", "4g", "4g", "4g"],
        down_mbps=[10.0, np.nan, np.nan, 0.0, np.nan, np.nan, np.nan],
        dbm=[np.nan, np.nan, -50.0, np.nan, -150.0, -105.0, np.nan],
    )
    result = evaluate(mobile_coverage=found)
    rules = dict(zip(result.faults["rule"], result.faults["feature_id"], strict=True))
    assert rules == {
        "mobile_no_operator": "0",
        "mobile_no_speed": "1",
        "mobile_no_limits": "2",
        "mobile_zero_speed": "3",
        "mobile_weak_signal": "4",
    }
    assert share(result, "area", level="call")[0] == pytest.approx(300_000)
    assert share(result, "area")[0] == pytest.approx(100_000)


def test_without_maps_there_are_no_white_spots(evaluate, premises, layer):
    result = evaluate(premises([Point(X + 1, Y + 1)]))
    assert {field.name: len(getattr(result, field.name)) for field in dataclasses.fields(result)} == {
        field.name: 0 for field in dataclasses.fields(result)
    }
    nobody = layer("mobile_coverage", [square(0, 0, 9, 9)], operator="")
    assert not len(evaluate(premises([Point(X + 1, Y + 1)]), mobile_coverage=nobody).mobile_white_spots)


def test_without_municipalities_the_study_is_all(evaluate, layer, zones):
    alone = zones([("study", "", square(0, 0, 1_000, 1_000))])
    road = layer("roads", [LineString([(X - 100, Y + 9), (X + 900, Y + 9)])], road_class="3")
    found = layer("mobile_coverage", [square(0, 0, 100, 100)], operator="A", down_mbps=10.0)
    result = evaluate(zones=alone, mobile_coverage=found, roads=road)
    assert set(result.mobile["zone_id"]) == {"study"}
    assert result.mobile_gaps["municipality"].tolist() == ["", ""]
    assert result.mobile_gaps["from_place"].tolist() == ["", ""]
    assert share(result, "roads")[1] == pytest.approx(900, rel=1e-3)


def test_a_class_that_the_rules_do_not_have(evaluate, layer):
    found = layer("mobile_coverage", [square(0, 0, 9, 9)], operator="A")
    with pytest.raises(StudyError, match=r"data_20.*call, data_10"):
        evaluate(mobile=Mobile(level="data_20"), mobile_coverage=found)


def test_profiles_are_the_different_columns():
    random = np.random.default_rng(1)
    parts = [random.integers(0, 3, (4, size)).astype(np.int8) for size in (50, 0, 30)]
    distinct, own = find_profiles(parts, 4)
    assert (
        len(np.unique(distinct, axis=1).T) == distinct.shape[1] == len(np.unique(np.hstack(parts), axis=1).T)
    )
    for part, number in zip(parts, own, strict=True):
        assert (distinct[:, number] == part).all()
