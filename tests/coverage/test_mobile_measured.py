"""Measurements against the declared map, by hand and counted one by one."""

import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, box

from infraplan import tables
from infraplan.config import Mobile
from infraplan.coverage.mobile_maps import build_maps
from infraplan.coverage.mobile_measured import compare_measured
from infraplan.layers.faults import describe
from infraplan.layers.mobile_rules import read_mobile_rules
from infraplan.words import load

RULES = read_mobile_rules("2026")
WHOLE = box(0, 0, 1_000, 1_000)


@pytest.fixture
def compare(layer, layers, study, zones, premises):
    def build(points, observed=None, houses=(), mobile=None, **columns):
        maps_of = layer(
            "mobile_coverage",
            [box(0, 0, 500, 1_000), box(0, 0, 300, 1_000), box(0, 500, 1_000, 1_000)],
            operator=["A", "A", "B"],
            technology=["4g", "5g", "4g"],
            down_mbps=[10.0, 100.0, 30.0],
        )
        columns = {"date": "2026-05-01", "operator": "A", "technology": "4g"} | columns
        named = {"mobile_coverage": maps_of, "measurements": layer("measurements", points, **columns)}
        if observed is not None:
            named["observations"] = layer("observations", **observed)
        found = layers(**named)
        wanted = study(mobile=mobile or Mobile())
        maps, _ = build_maps(found, RULES, wanted)
        parted = zones(
            [
                ("study", "", WHOLE),
                ("municipality", "W", box(0, 0, 500, 1_000)),
                ("municipality", "E", box(500, 0, 1_000, 1_000)),
                ("place", "by", Point(1, 1)),
            ]
        )
        result = compare_measured(found, maps, premises(list(houses)), parted, wanted)
        tables.check(result[0], tables.MEASURED)
        tables.check(result[1], tables.DISAGREEMENTS, crs="EPSG:3006")
        for language in ("sv", "en"):
            describe(result[2], load(language))
        return result

    return build


def row(measured, level, *, operator="", technology="", zone="study"):
    keyed = measured.set_index(["zone_id", "operator", "technology", "level"])
    return keyed.loc[
        (zone, operator, technology, level), ["both", "map_only", "measured_only", "neither"]
    ].tolist()


def test_what_both_say_at_each_class(compare):
    points = [Point(100, 100), Point(400, 100), Point(400, 200), Point(900, 100), Point(900, 200)]
    measured, differ, faults = compare(
        points, down_mbps=[12.0, 5.0, np.nan, np.nan, 35.0], no_service=[False, False, True, True, False]
    )
    assert row(measured, "call") == [2, 1, 1, 1]
    assert row(measured, "data_10") == [1, 2, 1, 1]
    assert row(measured, "data_30") == [0, 0, 1, 4]
    assert row(measured, "data_10", zone="municipality:W") == [1, 2, 0, 0]
    assert row(measured, "data_10", operator="A", technology="4g", zone="municipality:E") == [0, 0, 1, 1]
    study = measured.query(
        "zone_id == 'study' and operator == '' and technology == '' and level == 'data_10'"
    )
    assert study["agreement"].item() == pytest.approx(2 / 5)
    assert study["wrong_yes"].item() == pytest.approx(2 / 3)
    assert differ[["level", "declared", "measured", "municipality"]].to_numpy().tolist() == [
        ["data_10", True, False, "W"],
        ["data_10", True, False, "W"],
        ["data_10", False, True, "E"],
    ]
    assert not len(faults)


def test_where_the_map_never_says_yes_no_share_of_it_is_wrong(compare):
    measured, *_ = compare([Point(900, 100)], down_mbps=12.0)
    assert measured["wrong_yes"].isna().all()
    assert set(measured["agreement"]) == {0.0, 1.0}


def test_each_is_held_against_its_own_operator_technology_and_use(compare):
    place = [Point(100, 700)] * 5
    measured, *_ = compare(
        place,
        operator=["A", "A", "A", "B", "B"],
        technology=["4g", "NR", "", "4g", "5g"],
        use=["hand", "car", "roof", "hand", "hand"],
        down_mbps=120.0,
    )
    # A declares 10 by 4G and 100 by 5G, B 30 by 4G.
    assert row(measured, "data_100") == [2, 0, 3, 0]
    assert row(measured, "data_30") == [3, 0, 2, 0]
    assert row(measured, "call", operator="B", technology="5g") == [0, 0, 1, 0]
    assert row(measured, "data_100", operator="A", technology="5g") == [1, 0, 0, 0]
    assert row(measured, "data_100", operator="A") == [2, 0, 1, 0]


def test_signal_counts_by_the_limits_of_its_technology(compare):
    measured, _, faults = compare(
        [Point(100, 100)] * 4, technology=["4g", "4g", "6g", "4g"], dbm=[-105.0, -120.0, -80.0, np.nan]
    )
    assert row(measured, "data_10") == [1, 1, 0, 0]
    assert faults[["rule", "severity"]].to_numpy().tolist() == [["measured_nothing", "warning"]]
    assert faults["values"].iloc[0] == {"count": 2}


def test_a_call_that_fails_is_told_even_where_the_class_agrees(compare):
    mobile = Mobile(level="data_30")
    _, differ, _ = compare([Point(400, 100)], no_service=True, mobile=mobile)
    assert differ[["level", "declared", "measured"]].to_numpy().tolist() == [["call", True, False]]


def test_what_is_old_of_others_undated_or_outside_is_left_out_and_told(compare):
    points = [Point(100, 100)] * 5 + [Point(5_000, 100)]
    columns = {
        "date": ["2022-12-31", "2023-01-01", "2026", "soon", "2026", "2026"],
        "operator": ["A", "A", "C", "A", "A", "A"],
        "down_mbps": 12.0,
    }
    measured, _, faults = compare(points, **columns)
    assert row(measured, "call") == [2, 0, 0, 0]
    assert dict(zip(faults["rule"], [v["count"] for v in faults["values"]], strict=True)) == {
        "measured_operator": 1,
        "measured_undated": 1,
        "measured_old": 1,
        "outside_study": 1,
    }
    measured, _, faults = compare(points, mobile=Mobile(measured_years=0), **columns)
    assert row(measured, "call") == [3, 0, 0, 0]
    assert "measured_old" not in set(faults["rule"])


def test_confirmed_observations_are_measurements_of_a_call(compare):
    observed = {
        "shapes": [
            Point(400, 100),
            Point(900, 100),
            None,
            LineString([(0, 10), (100, 10)]),
            Point(400, 100),
            None,
            Point(400, 1),
        ],
        "says": ["no_mobile", "mobile", "no_mobile", "no_mobile", "no_mobile", "mobile", "line"],
        "premises_id": ["", "", "0", "", "", "nobody", ""],
        "date": "2026-01-01",
        "operator": ["A", "A", "", "B", "A", "A", ""],
        "confirmed": [True, True, True, True, False, True, True],
    }
    measured, differ, faults = compare([], observed, houses=[Point(900, 900)])
    # No mobile: A says yes; mobile: A says no; any operator says yes at the house; B says no by the line.
    assert row(measured, "call") == [0, 2, 1, 1]
    assert set(measured["level"]) == {"call"}
    assert differ[["level", "declared", "measured", "operator"]].to_numpy().tolist() == [
        ["call", True, False, "A"],
        ["call", False, True, "A"],
        ["call", True, False, ""],
    ]
    assert differ.geometry.iloc[2] == Point(900, 900)
    assert dict(zip(faults["rule"], [v["count"] for v in faults["values"]], strict=True)) == {
        "observed_unconfirmed": 1,
        "observed_nowhere": 1,
    }


def test_ids_of_both_layers_stay_apart(compare):
    observed = {
        "shapes": [Point(400, 100)],
        "says": "no_mobile",
        "date": "2026-01-01",
        "confirmed": True,
    }
    _, differ, _ = compare([Point(400, 100)], observed, no_service=True)
    assert differ.index.tolist() == ["0", "observation 0"]


@pytest.mark.parametrize("seed", range(3))
def test_sums_are_those_of_counting_one_by_one(compare, seed):
    random = np.random.default_rng(seed)
    count = 60
    xy = random.random((count, 2)) * 1_000
    table = pd.DataFrame(
        {
            "operator": random.choice(["A", "B"], count),
            "technology": random.choice(["4g", "5g", ""], count),
            "down_mbps": random.choice([0.0, 3.0, 15.0, 60.0, 200.0], count),
        }
    )
    measured, *_ = compare([Point(p) for p in xy], **table.to_dict("list"))
    declared = [("A", "4g", 10, (0, 500, 0)), ("A", "5g", 100, (0, 300, 0)), ("B", "4g", 30, (0, 1_000, 500))]
    for level, least in (("call", 0.0), ("data_10", 10), ("data_30", 30), ("data_100", 100)):
        for operator in ("", "A", "B"):
            for technology in ("", "4g", "5g"):
                expected = [0, 0, 0, 0]
                for (x, y), one in zip(xy, table.itertuples(), strict=True):
                    if operator not in ("", one.operator) or technology not in ("", one.technology):
                        continue
                    said = any(
                        name == one.operator
                        and one.technology in ("", by)
                        and x <= east
                        and y >= south
                        and speed >= least
                        for name, by, speed, (_, east, south) in declared
                    )
                    met = one.down_mbps > 0 and one.down_mbps >= least
                    expected[
                        {(True, True): 0, (True, False): 1, (False, True): 2, (False, False): 3}[said, met]
                    ] += 1
                if sum(expected):
                    assert row(measured, level, operator=operator, technology=technology) == expected


def test_without_measurements_there_is_nothing(compare):
    measured, differ, faults = compare([])
    assert len(measured) == len(differ) == len(faults) == 0
