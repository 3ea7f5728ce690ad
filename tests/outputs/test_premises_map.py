"""Premises packed for the map page: near enough, complete, with the class that their service asks for."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from shapely import Point

from infraplan.outputs import edition_of
from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.premises import CLASSES, IDS_UP_TO, find_signs_zoom, pack_premises
from infraplan.outputs.maps.quantise import (
    WORLD_BITS,
    decode_varints,
    encode_varints,
    find_grid,
    find_keys,
    from_grid,
    pack_keys,
    pack_numbers,
    to_grid,
    unpack_bytes,
    unpack_keys,
    unpack_numbers,
)
from infraplan.tables import STATUSES
from infraplan.words import LANGUAGES, load

CRS = "EPSG:3006"
STEP_M = 2 * np.pi * 6_378_137.0 / 2**WORLD_BITS
"""Of the grid, at the equator of web maps."""
PLACES = st.lists(
    st.tuples(st.floats(300_000, 900_000), st.floats(6_150_000, 7_650_000)), min_size=1, max_size=60
)
LIMITS = {"access": 2, "proximity": 3, "planned": 4}
"""How many statuses a rule counts."""


def make_facts(xy, *, seed=0, **columns):
    random = np.random.default_rng(seed)
    count = len(xy)
    known = {
        "households": random.integers(0, 5, count),
        "workplaces": random.integers(0, 2, count),
        "white_spot": random.random(count) < 0.3,
        **{f"{name}_mbps": random.choice([0.0, 30.0, 99.9, 100.0, 5_000.0], count) for name in STATUSES},
        **columns,
    }
    index = pd.Index([f"P{number}" for number in range(count)], name="premises_id")
    return gpd.GeoDataFrame(known, index=index, geometry=[Point(place) for place in xy], crs=CRS)


def make_targets(*rows):
    names = ("target", "down_mbps", "counts")
    return pd.DataFrame([dict(zip(names, row, strict=True)) for row in rows], columns=list(names))


def make_edition(**tables):
    about = {"parameters": {"study": {"name": "A", "crs": CRS, "language": "en", "year": 2026}}}
    return Edition(about=about, tables=tables, level="internal")


def unpack(packed):
    """Return the rows that a page reads: place in the grid, kind, amounts, class and counted by question."""
    rows = pd.DataFrame(find_grid(unpack_keys(packed["places"])), columns=["x", "y"])
    for name in ("kind", "households", "workplaces"):
        rows[name] = unpack_numbers(packed[name])
    for number, question in enumerate(packed["questions"]):
        rows[f"class{number}"] = np.array(question["classes"])[rows["kind"]]
        rows[f"counted{number}"] = np.array(question["counted"])[rows[f"class{number}"]]
    return rows


@given(PLACES)
def test_places_come_back_within_half_a_step(places):
    xy = np.array(places)
    back = from_grid(find_grid(find_keys(to_grid(xy, CRS))), CRS)
    # A step in metres on the ground is less than one at the equator; both ways may be off by a half.
    assert np.abs(back - xy).max() <= 0.5 * STEP_M * np.sqrt(2)
    mercator = from_grid(to_grid(xy, CRS), "EPSG:3857")
    exact = gpd.GeoSeries.from_xy(*xy.T, crs=CRS).to_crs("EPSG:3857").get_coordinates().to_numpy()
    assert np.abs(mercator - exact).max() <= 0.5 * STEP_M + 1e-6


@given(
    arrays.arrays(np.uint32, st.tuples(st.integers(1, 50), st.just(2)), elements=st.integers(0, 2**24 - 1))
)
def test_keys_tell_the_grid_and_squares_are_runs(grid):
    keys = find_keys(grid)
    assert np.array_equal(find_grid(keys), grid)
    for bits in (1, 4, 9, 15):
        square = {(x >> bits, y >> bits): key >> (2 * bits) for (x, y), key in zip(grid.tolist(), keys.tolist(), strict=True)}  # fmt: skip  # noqa: E501
        assert len(set(square.values())) == len(square)
        assert all(
            square[x >> bits, y >> bits] == key >> (2 * bits)
            for (x, y), key in zip(grid.tolist(), keys.tolist(), strict=True)
        )


@given(arrays.arrays(np.uint64, st.integers(0, 60), elements=st.integers(0, 2**48 - 1)))
def test_sorted_keys_survive_the_journey(keys):
    keys = np.sort(keys)
    packed = json.loads(json.dumps(pack_keys(keys)))
    assert np.array_equal(unpack_keys(packed), keys)
    assert sum(count for _, _, count in packed["tiles"]) == len(keys)


@given(arrays.arrays(np.uint32, st.integers(0, 60)))
def test_varints_are_those_of_leb128(values):
    raw = encode_varints(values)
    expected = bytearray()
    for value in values.tolist():
        rest = value
        while rest > 127:
            expected.append(rest & 127 | 128)
            rest >>= 7
        expected.append(rest)
    assert raw == bytes(expected)
    assert np.array_equal(decode_varints(raw), values)


@given(arrays.arrays(np.int64, st.integers(0, 30), elements=st.integers(0, 2**32 - 1)))
def test_numbers_survive_in_the_smallest_type(values):
    packed = pack_numbers(values)
    greatest = values.max(initial=0)
    assert packed["type"] == ("u1" if greatest < 2**8 else "u2" if greatest < 2**16 else "u4")
    assert np.array_equal(unpack_numbers(packed), values)


@settings(max_examples=20)
@pytest.mark.parametrize("rule", LIMITS)
@given(places=PLACES, speed=st.sampled_from([1.0, 30.0, 99.95, 100.0, 2_500.0]), seed=st.integers(0, 9))
def test_shares_are_those_of_a_count(rule, places, speed, seed):
    facts = make_facts(np.array(places), seed=seed)
    packed = pack_premises(make_edition(facts=facts, targets=make_targets(("a", speed, rule))))
    rows = unpack(packed)
    fast = [facts[f"{name}_mbps"] >= speed for name in STATUSES[: LIMITS[rule]]]
    reached = np.logical_or.reduce(fast)
    for unit in ("households", "workplaces"):
        assert rows[unit].sum() == facts[unit].sum()
        assert rows.loc[rows["counted0"], unit].sum() == facts.loc[reached, unit].sum()


@settings(max_examples=20)
@given(places=PLACES, seed=st.integers(0, 9))
def test_the_order_of_the_table_changes_no_total(places, seed):
    facts = make_facts(np.array(places), seed=seed)
    mixed = facts.sample(frac=1.0, random_state=seed)
    targets = make_targets(("a", 100.0, "access"), ("b", 30.0, "planned"))
    both = [unpack(pack_premises(make_edition(facts=table, targets=targets))) for table in (facts, mixed)]
    ours, theirs = (rows.sort_values(list(rows.columns)).to_numpy() for rows in both)
    assert np.array_equal(ours, theirs)


def test_each_premises_is_of_the_first_class_that_fits():
    speeds = [
        (100, 100, 0, 0),
        (0, 100, 0, 0),
        (0, 0, 100, 100),
        (30, 0, 0, 100),
        (30, 0, 0, 0),
        (0,) * 4,
        (0,) * 4,
    ]
    spots = [True, False, False, False, True, True, False]
    columns = {f"{name}_mbps": np.array(speeds, float)[:, i] for i, name in enumerate(STATUSES)}
    facts = make_facts([(700_000 + 5_000 * i, 7_300_000) for i in range(7)], white_spot=spots, **columns)
    served = pd.DataFrame(index=pd.Index(["P4"]))
    packed = pack_premises(
        make_edition(facts=facts, served=served, targets=make_targets(("a", 100.0, "access")))
    )
    rows = unpack(packed)
    ids = unpack_bytes(packed["ids"]).decode().split("\n")
    found = {key: CLASSES[place].key for key, place in zip(ids, rows["class0"], strict=True)}
    assert [found[f"P{i}"] for i in range(7)] == [row.key for row in CLASSES]
    assert found["P0"] == packed["classes"][0]["key"] == "connected"


def test_speeds_told_are_never_above_those_that_are():
    facts = make_facts(
        [(700_000, 7_300_000)], connected_mbps=[99.9], orderable_mbps=[np.nan], planned_mbps=[-5.0]
    )
    packed = pack_premises(make_edition(facts=facts, targets=make_targets(("a", 50.0, "access"))))
    (kind,) = unpack_numbers(packed["kind"])
    told = [packed["kinds"][name][kind] for name in ("connected", "orderable", "planned")]
    assert told == [50.0, 0.0, 0.0]


def test_without_targets_or_speeds_the_question_is_who_is_no_white_spot():
    facts = make_facts([(700_000, 7_300_000 + 900 * i) for i in range(20)])
    bare = facts[["households", "geometry"]]
    spots = facts[facts["white_spot"]]
    for edition in (
        make_edition(facts=facts),
        make_edition(premises=bare, white_spots=spots, targets=make_targets(("a", 100.0, "access"))),
    ):
        packed = pack_premises(edition)
        assert [question["target"] for question in packed["questions"]] == [None]
        rows = unpack(packed)
        expected = facts.loc[~facts["white_spot"], "households"].sum()
        assert rows.loc[rows["counted0"], "households"].sum() == expected


def test_columns_that_a_level_lacks_are_left_out():
    facts = make_facts([(700_000, 7_300_000)])
    only = facts[["geometry"]]
    packed = pack_premises(make_edition(facts=only))
    assert unpack_numbers(packed["households"]).tolist() == [0]
    assert packed["questions"][0]["target"] is None


@pytest.mark.parametrize("name", ["facts", "premises"])
def test_nobody_and_nowhere_are_not_drawn(name):
    facts = make_facts([(700_000, 7_300_000), (700_001, 7_300_000)])
    assert pack_premises(make_edition()) is None
    assert pack_premises(make_edition(**{name: facts.iloc[:0]})) is None
    nowhere = facts.set_geometry([Point(), None], crs=CRS)
    assert pack_premises(make_edition(**{name: nowhere})) is None
    half = facts.set_geometry([Point(), facts.geometry.iloc[1]], crs=CRS)
    assert pack_premises(make_edition(**{name: half}))["count"] == 1


def test_what_is_told_of_a_run_is_what_its_targets_say(results):
    edition = edition_of(results)
    facts = make_facts(results.premises.get_coordinates().to_numpy()).set_axis(results.premises.index)
    packed = pack_premises(replace(edition, tables={**edition.tables, "facts": facts}))
    assert [question["target"] for question in packed["questions"]] == list(
        edition.table("targets")["target"].unique()
    )
    assert packed["count"] == len(results.premises)


def test_equal_editions_are_packed_alike():
    facts = make_facts([(700_000, 7_300_000), (700_000, 7_300_000)])
    once, twice = (json.dumps(pack_premises(make_edition(facts=facts.copy()))) for _ in range(2))
    assert once == twice


def test_ids_travel_up_to_a_number(monkeypatch):
    facts = make_facts([(700_000, 7_300_000), (500_000, 6_500_000)])
    evil = facts.set_axis(pd.Index(["a\nb", "</script>\ud800"], dtype=object, name="premises_id"))
    ids = unpack_bytes(pack_premises(make_edition(facts=evil))["ids"]).decode().split("\n")
    assert ids == ["a b", "</script>?"]
    monkeypatch.setattr("infraplan.outputs.maps.premises.IDS_UP_TO", 1)
    assert "ids" not in pack_premises(make_edition(facts=facts))
    assert IDS_UP_TO > 128_000


def test_signs_begin_where_half_of_the_places_are_alone():
    def zoom_of(metres):
        xy = np.column_stack([700_000 + metres * np.arange(40), np.full(40, 7_300_000)])
        return find_signs_zoom(np.sort(find_keys(to_grid(xy, CRS))))

    zooms = [zoom_of(metres) for metres in (2_000, 200, 50, 20, 3)]
    assert zooms == sorted(zooms)
    assert zooms[0] == 11
    assert zooms[-1] > 16
    # At zoom 14 a bin is 16 pixels of 9.55 m at the equator, about 58 m here.
    assert zoom_of(130) == 13


def test_even_strewn_places_take_less_than_six_letters_each():
    random = np.random.default_rng(1)
    xy = random.uniform((300_000, 6_200_000), (900_000, 7_600_000), (100_000, 2))
    keys = np.sort(find_keys(to_grid(xy, CRS)))
    assert len(pack_keys(keys)["steps"]) / len(keys) < 5.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_reads_as_words(language):
    entries = load(language).entries
    assert {f"mappoints.premises_class.{row.key}" for row in CLASSES} <= set(entries)
    assert len({entries[f"mappoints.premises_class.{row.key}"] for row in CLASSES}) == len(CLASSES)
