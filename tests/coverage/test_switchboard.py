"""Every definition of every zone, against a count in plain loops."""

import math
from itertools import pairwise, product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point, box

from infraplan import tables
from infraplan.coverage.switchboard import evaluate_switchboard, rank_definitions
from infraplan.demand import assign_zones

CRS = "EPSG:3006"
STATUSES = ["connected", "orderable", "passed_estimated", "planned"]
COUNTS = ["connected", "orderable", "passed", "planned"]
UNITS = ["households", "workplaces", "households+workplaces"]
WIRED = frozenset({"fibre", "cable"})
DEFINITION = ["counts", "unit", "holiday_homes", "down_mbps", "technologies"]
KIND = {"class": "settlement_class"}


def make_zones(*rows):
    """Make zones of (id, box); the kind is what the id begins with."""
    ids = [zone_id for zone_id, _ in rows]
    kinds = [KIND.get(head := zone_id.split(":")[0], head) for zone_id in ids]
    frame = pd.DataFrame({"name": [f"the {i}" for i in ids], "kind": kinds, "population": np.nan})
    frame.index = pd.Index(ids, dtype="str", name="zone_id")
    return gpd.GeoDataFrame(frame, geometry=[box(*corners) for _, corners in rows], crs=CRS)


ALL = (-1, -1, 9, 9)
ZONES = make_zones(
    ("study", ALL), ("municipality:1", ALL), ("municipality:2", ALL), ("locality:L", ALL),
    ("class:locality", ALL), ("class:outside", ALL),
    ("deso:west", (-1, -1, 4, 9)), ("deso:east", (5, -1, 9, 9)),
    ("place:P", ALL), ("area:small", (0, 0, 1, 1)), ("area:empty", (8, 8, 9, 9)),
)  # fmt: skip

# The fixtures only build tables of what they are given: nothing stays between two examples.
by_example = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=40,
)

homes = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 2),
        st.sampled_from(["single", "holiday", "workplace"]),
        st.sampled_from(["", "1", "2", "3"]),
        st.sampled_from(["", "L"]),
        st.sampled_from(["locality", "small_locality", "outside"]),
        st.integers(0, 7),
    ),
    max_size=12,
)
offers = st.lists(
    st.tuples(
        st.integers(0, 13),
        st.sampled_from([0.0, 29.9, 30.0, 99.0, 100.0, 999.0, 1000.0, 1e4, math.nan, math.inf]),
        st.sampled_from(STATUSES),
        st.sampled_from(["fibre", "cable", "fwa", ""]),
        st.booleans(),
    ),
    max_size=25,
)


def make_premises(build, rows):
    names = ("households", "workplaces", "kind", "municipality", "locality", "settlement_class")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return build([Point(row[6], 0.5) for row in rows], ids=[f"p{i}" for i in range(len(rows))], **columns)


def make_service(build, rows):
    plain = [(f"p{home}", speed, status) for home, speed, status, _, _ in rows]
    return build(plain, technology=[row[3] for row in rows], decided=[row[4] for row in rows])


def lies_in(row, zone_id):
    kind, _, code = zone_id.partition(":")
    west, south, east, north = ZONES.geometry[zone_id].bounds
    own = {"study": "", "municipality": row[3], "locality": row[4], "class": row[5]}
    return own[kind] == code if kind in own else west <= row[6] <= east and south <= 0.5 <= north


def count_as(row, unit, holiday_homes):
    households = row[0]
    if holiday_homes and row[2] == "holiday" and households == 0:
        households = 1
    return {"households": households, "workplaces": row[1], "households+workplaces": households + row[1]}[
        unit
    ]


def is_reached(home, rows, counts, speed, technologies):
    accepted = STATUSES[: COUNTS.index(counts) + 1]
    return any(
        of == home
        and offered >= speed
        and status in accepted
        and (status != "planned" or decided)
        and (technologies == "all" or technology in WIRED)
        for of, offered, status, technology, decided in rows
    )


def brute_force(rows, have):
    """Count one definition, zone and premises after the other."""
    for zone_id in ZONES.index:
        if zone_id.startswith("place"):
            continue
        inside = [i for i, row in enumerate(rows) if lies_in(row, zone_id)]
        for unit, holiday_homes in product(UNITS, [False, True]):
            if unit == "workplaces" and holiday_homes:
                continue
            amount = {i: count_as(rows[i], unit, holiday_homes) for i in inside}
            for counts, speed, technologies in product(COUNTS, [30.0, 100.0, 1000.0], ["wired", "all"]):
                reached = sum(amount[i] for i in inside if is_reached(i, have, counts, speed, technologies))
                base = sum(amount.values())
                yield (zone_id, counts, unit, holiday_homes, speed, technologies, base, reached)


def evaluate(build_premises, build_service, rows, have, **changes):
    premises = make_premises(build_premises, rows)
    service = make_service(build_service, have).astype(changes)
    return evaluate_switchboard(premises, service, assign_zones(premises, ZONES), ZONES, WIRED)


@by_example
@given(rows=homes, have=offers)
def test_every_number_equals_a_count_in_plain_loops(premises, service, rows, have):
    made = evaluate(premises, service, rows, have)
    tables.check(made, tables.SWITCHBOARD)
    columns = ["zone_id", *DEFINITION, "base", "reached"]
    found = list(made[columns].astype({"zone_id": "str"}).itertuples(index=False, name=None))
    assert sorted(found) == sorted(brute_force(rows, have))
    assert len(made) == 120 * (len(ZONES) - 1)
    for share, base, reached in made[["share", "base", "reached"]].itertuples(index=False):
        assert math.isnan(share) if base == 0 else share == reached / base


@by_example
@given(rows=homes, have=offers)
def test_each_wider_definition_holds_the_narrower(premises, service, rows, have):
    made = evaluate(premises, service, rows, have)
    reached = made.set_index(["zone_id", *DEFINITION])["reached"].sort_index()

    def at(**levels):
        return reached.xs(tuple(levels.values()), level=tuple(levels)).to_numpy()

    for name, order in (
        ("counts", COUNTS),
        ("technologies", ["wired", "all"]),
        ("down_mbps", [1000, 100, 30]),
    ):
        for narrow, wide in pairwise(order):
            assert (at(**{name: narrow}) <= at(**{name: wide})).all()
    households, workplaces, both = (at(unit=unit, holiday_homes=False) for unit in UNITS)
    assert (both == households + workplaces).all()
    with_holiday, both_with = (at(unit=unit, holiday_homes=True) for unit in (UNITS[0], UNITS[2]))
    assert (both_with == with_holiday + workplaces).all()
    assert (with_holiday >= households).all()


@by_example
@given(rows=homes, have=offers)
def test_municipalities_sum_to_the_study_where_all_lie_in_one(premises, service, rows, have):
    rows = [(*row[:3], "1" if row[3] != "2" else "2", *row[4:]) for row in rows]
    made = evaluate(premises, service, rows, have)
    by_kind = made.groupby(["zone_kind", *DEFINITION], observed=True)[["base", "reached"]].sum()
    pd.testing.assert_frame_equal(by_kind.loc["municipality"], by_kind.loc["study"])


@pytest.mark.parametrize("known", ["same", "some", "more"])
def test_texts_as_categories_count_the_same(premises, service, known):
    rows = [(1, 1, "single", "1", "", "outside", i % 8) for i in range(6)]
    have = [(i % 8, 100.0 * i, STATUSES[i % 4], ["fibre", "fwa"][i % 2], i % 3 > 0) for i in range(16)]
    ids = {"same": range(6), "some": [5, 3, 1], "more": [9, *reversed(range(8))]}[known]
    kept = [row for row in have if row[0] in ids]
    plain = evaluate(premises, service, rows, kept)
    texts = {"premises_id": pd.CategoricalDtype([f"p{i}" for i in ids])}
    texts |= dict.fromkeys(["status", "technology"], "category")
    pd.testing.assert_frame_equal(plain, evaluate(premises, service, rows, kept, **texts))


def test_more_rows_than_are_taken_at_a_time(premises, service, monkeypatch):
    rows = [(i % 3, i % 2, "single", str(i % 3), "", "outside", i % 8) for i in range(40)]
    have = [(i % 45, 50.0 * (i % 25), STATUSES[i % 4], "fibre", True) for i in range(100)]
    at_once = evaluate(premises, service, rows, have)
    monkeypatch.setattr("infraplan.coverage.switchboard._ROWS", 24)
    monkeypatch.setattr("infraplan.coverage.switchboard._GROUPS", 3)
    pd.testing.assert_frame_equal(at_once, evaluate(premises, service, rows, have))


def test_a_holiday_home_counts_once_however_it_is_known(premises, service):
    rows = [(0, 0, "holiday", "", "", "outside", 0), (2, 0, "holiday", "", "", "outside", 0),
            (0, 1, "workplace", "", "", "outside", 0)]  # fmt: skip
    made = evaluate(premises, service, rows, [(0, 100.0, "connected", "fibre", True)])
    study = made[(made["zone_id"] == "study") & (made["counts"] == "connected") & (made["down_mbps"] == 100)]
    study = study[study["technologies"] == "wired"].set_index(["unit", "holiday_homes"])
    assert study["base"].to_dict() == {
        ("households", False): 2, ("households", True): 3, ("workplaces", False): 1,
        ("households+workplaces", False): 3, ("households+workplaces", True): 4,
    }  # fmt: skip
    assert study["reached"].to_dict() == {
        ("households", False): 0, ("households", True): 1, ("workplaces", False): 0,
        ("households+workplaces", False): 0, ("households+workplaces", True): 1,
    }  # fmt: skip


def test_nobody_and_nothing(premises, service):
    nobody = evaluate(premises, service, [], [(0, 100.0, "connected", "fibre", True)])
    tables.check(nobody, tables.SWITCHBOARD)
    assert len(nobody) == 120 * 10
    assert (nobody[["base", "reached"]] == 0).all(axis=None)
    assert nobody["share"].isna().all()
    nothing = evaluate(premises, service, [(1, 0, "single", "1", "", "outside", 0)], [])
    assert nothing["reached"].sum() == 0
    assert nothing.loc[nothing["zone_id"] == "study", "share"].dropna().eq(0).all()


def test_a_share_can_be_made_again_from_the_tables_alone(premises, service):
    random = np.random.default_rng(3)
    rows = [
        (int(random.integers(0, 4)), 1, "single", str(random.integers(0, 3)), "", "outside", 0)
        for _ in range(50)
    ]
    homes, speeds = random.integers(0, 50, 60), random.choice([30, 100], 60)
    have = [
        (int(home), float(speed), str(random.choice(STATUSES)), "fwa", True)
        for home, speed in zip(homes, speeds, strict=True)
    ]
    made = evaluate(premises, service, rows, have)
    asked = made.query(
        "zone_id == 'municipality:1' and counts == 'orderable' and unit == 'households' "
        "and not holiday_homes and down_mbps == 100 and technologies == 'all'"
    )
    people, lines = make_premises(premises, rows), make_service(service, have)
    fast = lines.query("down_mbps >= 100 and status in ['connected', 'orderable']")["premises_id"]
    inside = people[people["municipality"] == "1"]
    expected = inside.loc[inside.index.isin(fast), "households"].sum() / inside["households"].sum()
    assert 0 < expected < 1
    assert asked["share"].tolist() == [expected]


def test_definitions_of_a_zone_from_the_least_share_to_the_greatest(premises, service):
    rows = [(1, 0, "single", "1", "", "outside", 0), (1, 0, "single", "2", "", "outside", 0)]
    have = [(0, 100.0, "connected", "fwa", True), (1, 1000.0, "passed_estimated", "fibre", True)]
    made = evaluate(premises, service, rows, have)
    ranked = rank_definitions(made, "study")
    assert len(ranked) == 120
    shares = ranked["share"].to_numpy()
    known = shares[~np.isnan(shares)]
    assert (np.diff(known) >= 0).all()
    assert np.isnan(shares[len(known) :]).all()
    assert set(ranked.loc[ranked["share"] == 1, "technologies"]) == {"all"}
    assert ranked.index.isin(made.index[made["zone_id"] == "study"]).all()
    best = made.loc[ranked.index[: len(known)], [*DEFINITION, "share"]]
    pd.testing.assert_frame_equal(best, ranked.iloc[: len(known)][best.columns])
    # Of equal shares the order of the switchboard stays.
    assert all(row < after for (row, x), (after, y) in pairwise(ranked["share"].items()) if x == y)
    assert not len(rank_definitions(made, "nowhere"))
