"""Stretches without coverage, by hand and against roads walked metre by metre."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from infraplan import tables
from infraplan.config import Mobile
from infraplan.coverage.mobile_chains import chain_lines
from infraplan.coverage.mobile_gaps import find_gaps
from infraplan.coverage.mobile_lines import cut_lines
from infraplan.coverage.mobile_maps import build_maps
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.layers.mobile_rules import read_mobile_rules
from infraplan.spatial import build_index

RULES = read_mobile_rules("2026")
# On the middle meridian of SWEREF 99 TM, where a metre of the plane is 1/0.9996 on the ground.
X, Y = 500_000.0, 7_300_000.0
METRE = 0.9996


def at(*xy):
    return [(X + x * METRE, Y + y * METRE) for x, y in xy]


def area(x0, y0, x1, y1):
    return box(*at((x0, y0))[0], *at((x1, y1))[0])


@pytest.fixture
def gaps(layer, layers, study, zones):
    """Return stretches of lines (drawn in metres on the ground), with areas of (operator, speed, shape)."""

    def build(lines, covered, places=(), municipalities=None, columns=None, **mobile):
        parted = zones(
            [
                ("municipality", code, shape)
                for code, shape in municipalities or [("A", area(-50_000, -50_000, 50_000, 50_000))]
            ]
        )
        named = zones([("place", name, Point(at(xy)[0])) for name, xy in places])
        columns = {"kind": "road", "road_number": "97", "name": "", "road_class": "3"} | (columns or {})
        table = layer("roads", [LineString(at(*line)) for line in lines]).assign(**columns)
        rows = layer(
            "mobile_coverage",
            [shape for *_, shape in covered],
            operator=[name for name, *_ in covered],
            down_mbps=[speed for _, speed, _ in covered],
        )
        wanted = study(mobile=Mobile(**{"least_gap_m": 0.0} | mobile))
        maps, _ = build_maps(layers(mobile_coverage=rows), RULES, wanted)
        pieces = cut_lines(
            table.geometry.to_numpy(), maps, build_index(parted.geometry.to_numpy()), step_m=50
        )
        found, faults = find_gaps(table, pieces, maps, named, parted=parted, study=wanted)
        tables.check(found, tables.MOBILE_GAPS, crs="EPSG:3006")
        return found, faults, (table, _, maps)

    return build


def told(found, *columns):
    return [tuple(row) for row in found[list(columns)].round(2).to_numpy(dtype=object).tolist()]


EVERYWHERE = ("A", 0.001, area(-40_000, -40_000, 40_000, 40_000))
NOWHERE = ("A", 10.0, area(-41_000, -41_000, -40_900, -40_900))


def test_a_stretch_is_told_from_where_to_where(gaps):
    covered = [
        ("A", 30.0, area(-100, -100, 1_000, 100)),
        ("A", 10.0, area(3_000, -100, 6_000, 100)),
        EVERYWHERE,
    ]
    places = [("West", (100, 500)), ("Middle", (1_900, 400)), ("East", (4_900, -300))]
    found, faults, _ = gaps([[(0, 0), (5_000, 0)]], covered, places)
    assert told(found[found["operator"] == ""], "from_m", "to_m", "length_m") == [(1_000, 3_000, 2_000)]
    row = found.iloc[0]
    assert (row["from_place"], row["to_place"], row["road_from"], row["road_to"]) == (
        "Middle",
        "Middle",
        "West",
        "East",
    )
    assert (row["kind"], row["road_number"], row["road_class"], row["municipality"]) == (
        "road",
        "97",
        "3",
        "A",
    )
    assert (row["emergency"], row["to_call_m"], row["no_call_m"]) == ("other_operator", 0, 0)
    assert shapely.get_coordinates(row.geometry) == pytest.approx(np.array(at((1_000, 0), (3_000, 0))))
    assert not len(faults)


def test_a_stretch_goes_on_from_line_to_line_however_they_are_drawn(gaps):
    lines = [[(2_000, 0), (1_000, 0)], [(0, 0), (1_000, 0)], [(3_000, 500), (2_000, 0)]]
    found, *_ = gaps(lines, [("A", 10.0, area(-9, -9, 500, 9)), ("A", 10.0, area(2_999, 400, 3_009, 600))])
    whole = found[found["operator"] == ""]
    end = 2_000 + np.hypot(1_000, 500)
    assert len(whole) == 1
    assert whole["from_m"].iloc[0] == pytest.approx(500, abs=0.01)
    assert whole["to_m"].iloc[0] == pytest.approx(end, abs=2)
    xy = shapely.get_coordinates(whole.geometry.iloc[0])
    assert (np.diff(xy[:, 0]) > 0).all()
    assert len(xy) == 4
    assert whole.geometry.iloc[0].length == pytest.approx(METRE * whole["length_m"].iloc[0], rel=1e-6)


def test_other_roads_do_not_go_on_and_forks_end_a_road(gaps):
    lines = [
        [(0, 0), (1_000, 0)],
        [(1_000, 0), (2_000, 0)],
        [(1_000, 0), (1_000, 700)],
        [(2_000, 0), (2_500, 0)],
    ]
    numbers = ["97", "97", "97", "374"]
    found, *_ = gaps(lines, [NOWHERE], columns={"road_number": numbers})
    assert sorted(told(found[found["operator"] == ""], "road_number", "length_m")) == [
        ("374", 500),
        ("97", 700),
        ("97", 1_000),
        ("97", 1_000),
    ]
    # A side road of another number is no fork.
    found, *_ = gaps(lines, [NOWHERE], columns={"road_number": ["97", "97", "1", "374"]})
    assert sorted(told(found[found["operator"] == ""], "length_m")) == [(500,), (700,), (2_000,)]


def test_a_name_stands_for_a_missing_number_and_classes_are_told_apart(gaps):
    lines = [[(0, 0), (1_000, 0)], [(1_000, 0), (2_000, 0)], [(2_000, 0), (3_000, 0)]]
    columns = {"road_number": "", "name": ["Byvägen", "Byvägen", "Byvägen"], "road_class": ["5", "5", "6"]}
    found, *_ = gaps(lines, [NOWHERE], columns=columns)
    assert told(found[found["operator"] == ""], "road_class", "name", "from_m", "to_m") == [
        ("5", "Byvägen", 0, 2_000),
        ("6", "Byvägen", 0, 1_000),
    ]


def test_emergency_and_the_way_to_a_call(gaps):
    line = [[(0, 0), (10_000, 0)]]
    call = [("B", 0.001, area(-9, -9, 2_000, 9)), ("B", 0.001, area(5_000, -9, 9_000, 9))]
    found, *_ = gaps(line, [NOWHERE, *call])
    assert told(found[found["operator"] == ""], "emergency", "to_call_m", "no_call_m", "length_m") == [
        # 3 000 m between two that can: 1 500; the last 1 000 m have a call on one side only.
        ("no_call", 1_500, 4_000, 10_000)
    ]
    found, *_ = gaps(line, [NOWHERE, call[0]])
    assert told(found.iloc[:1], "emergency", "to_call_m", "no_call_m") == [("no_call", 8_000, 8_000)]
    found, *_ = gaps(line, [NOWHERE])
    assert found.iloc[0][["emergency", "no_call_m"]].tolist() == ["no_call", pytest.approx(10_000, abs=0.01)]
    assert np.isnan(found.iloc[0]["to_call_m"])


def test_of_each_operator_too_where_they_are_few(gaps):
    line = [[(0, 0), (4_000, 0)]]
    covered = [("A", 10.0, area(-9, -9, 1_000, 9)), ("B", 10.0, area(500, -9, 3_000, 9))]
    found, *_ = gaps(line, covered)
    assert told(found, "operator", "from_m", "to_m", "emergency", "no_call_m") == [
        ("", 3_000, 4_000, "no_call", 1_000),
        ("A", 1_000, 4_000, "no_call", 1_000),
        ("B", 0, 500, "other_operator", 0),
        ("B", 3_000, 4_000, "no_call", 1_000),
    ]
    assert found.index.tolist() == ["gap-1", "gap-2", "gap-3", "gap-4"]
    found, *_ = gaps(line, [*covered, *((name, 10.0, area(500, -9, 3_000, 9)) for name in "CDE")])
    assert set(found["operator"]) == {""}


def test_short_stretches_are_counted(gaps):
    covered = [("A", 10.0, area(-9, -9, 1_000, 9)), ("A", 10.0, area(1_100, -9, 2_000, 9)), EVERYWHERE]
    found, faults, _ = gaps([[(0, 0), (2_200, 0)]], covered, least_gap_m=150)
    assert told(found[found["operator"] == ""], "from_m") == [(2_000,)]
    rows = dict(zip(faults["rule"], faults["values"], strict=True))
    assert {rule: (v["count"], v["metres"]) for rule, v in rows.items()} == {
        "mobile_short_gaps": (1, 100),
        "mobile_short_gaps_of": (1, 100),
    }


def test_a_stretch_across_a_border_is_one_and_of_where_most_of_it_lies(gaps):
    halves = [("A", area(-9, -500, 1_400, 500)), ("B", area(1_400, -500, 9_000, 500))]
    found, *_ = gaps([[(0, 0), (3_000, 0)]], [NOWHERE], municipalities=halves)
    assert told(found[found["operator"] == ""], "municipality", "length_m") == [("B", 3_000)]
    found, *_ = gaps([[(0, 0), (2_800, 0)]], [NOWHERE], municipalities=halves)
    assert told(found[found["operator"] == ""], "municipality") == [("A",)]  # of equals the first
    # Outside of all the study does not know: the road goes on behind it.
    apart = [("A", area(-9, -500, 1_000, 500)), ("B", area(2_000, -500, 9_000, 500))]
    found, *_ = gaps([[(0, 0), (3_000, 0)]], [NOWHERE], municipalities=apart)
    assert told(found[found["operator"] == ""], "municipality", "from_m", "to_m") == [
        ("A", 0, 1_000),
        ("B", 2_000, 3_000),
    ]


def test_railways_are_told_apart_from_roads(gaps):
    columns = {"kind": ["road", "railway"], "road_number": ["97", ""], "road_class": ["3", ""]}
    found, *_ = gaps([[(0, 0), (500, 0)], [(500, 0), (900, 0)]], [NOWHERE], columns=columns)
    assert told(found[found["operator"] == ""], "kind", "length_m") == [("railway", 400), ("road", 500)]


def test_no_lines_and_no_gaps(gaps):
    found, faults, _ = gaps([[(0, 0), (500, 0)]], [("A", 10.0, area(-100, -100, 1_000, 100))])
    assert len(found) == len(faults) == 0
    found, *_ = gaps([], [NOWHERE])
    assert len(found) == 0


@pytest.mark.parametrize("seed", range(5))
def test_stretches_are_what_is_not_covered(gaps, seed):
    random = np.random.default_rng(seed)
    nodes = random.integers(0, 12, (9, 2)) * 300.0
    pairs = {tuple(sorted(pair)) for pair in random.integers(0, 9, (14, 2)).tolist() if pair[0] != pair[1]}
    lines = [[tuple(nodes[a]), tuple(nodes[b])] for a, b in sorted(pairs) if (nodes[a] != nodes[b]).any()]
    covered = [
        (random.choice(["A", "B"]), random.choice([0.001, 10.0]), Point(at(tuple(xy))[0]).buffer(300))
        for xy in random.random((12, 2)) * 3_600
    ]
    columns = {"road_number": random.choice(["1", "2"], len(lines))}
    found, _, (table, _, maps) = gaps(lines, covered, columns=columns)
    for operator in ("", *maps.operators):
        of = [s for name, speed, s in covered if speed >= 10 and operator in ("", name)]
        union = shapely.union_all(of)
        bare = shapely.difference(table.geometry.to_numpy(), union)
        rows = found[found["operator"] == operator]
        assert rows.geometry.length.sum() == pytest.approx(shapely.length(bare).sum(), abs=1e-5)
        places = shapely.line_interpolate_point(
            rows.geometry.to_numpy(), random.random(len(rows)), normalized=True
        )
        inside = shapely.intersects(union, places) & (shapely.distance(union.boundary, places) > 1e-6)
        assert not inside.any()
        geodesic = geodesic_lengths(rows.geometry.to_numpy(), "EPSG:3006")
        assert rows["length_m"].to_numpy() == pytest.approx(geodesic, abs=1e-3)
        assert (rows["to_m"] - rows["from_m"]).to_numpy() == pytest.approx(rows["length_m"].to_numpy())
    white = found[found["operator"] == ""]
    all_of = shapely.union_all([s for *_, s in covered])
    # Step by step, for shapely forgets what a line passes twice.
    steps = [(row, step) for row, line in enumerate(white.geometry) for step in pairwise(line.coords)]
    bare = shapely.length(shapely.difference([LineString(step) for _, step in steps], all_of))
    silent = np.bincount([row for row, _ in steps], bare, minlength=len(white))
    # In the plane of the middle meridian lengths are 0.9996 of those on the ground.
    assert white["no_call_m"].to_numpy() * METRE == pytest.approx(silent, abs=1e-2)
    assert ((white["emergency"] == "no_call") == (white["no_call_m"] > 0)).all()


def test_lengths_are_geodesic_where_the_plane_is_not(gaps):
    x = 420_000 / METRE  # near Haparanda the plane is 0.17 % too long
    zone = [("A", area(400_000, -50_000, 450_000, 50_000))]
    found, *_ = gaps([[(x, 0), (x + 1_000 / METRE, 0)]], [NOWHERE], municipalities=zone)
    line = found.geometry.iloc[0]
    geod = pyproj.Geod(ellps="GRS80")
    to_degrees = pyproj.Transformer.from_crs("EPSG:3006", "EPSG:4326", always_xy=True)
    assert line.length == pytest.approx(1_000)
    assert found["length_m"].iloc[0] == pytest.approx(
        geod.line_length(*to_degrees.transform(*line.xy)), abs=1e-3
    )
    assert found["length_m"].iloc[0] < 998.5


edges = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=12)


@given(edges, st.permutations(range(7)))
def test_chains_are_the_ways_between_forks(pairs, order):
    nodes = [(100.0 * (number // 2), 100.0 * place) for number, place in enumerate(order)]
    pairs = [(a, b) for a, b in pairs if a != b]
    lines = np.array([LineString([nodes[a], nodes[b]]) for a, b in pairs], dtype=object)
    length = shapely.length(lines) if len(lines) else np.empty(0)
    chains = chain_lines(lines, length, np.zeros(len(lines), dtype=np.int64))
    # Oracle: lines are linked at nodes where exactly two of them end.
    links = nx.Graph()
    links.add_nodes_from(range(len(pairs)))
    for node in range(7):
        here = [number for number, pair in enumerate(pairs) for end in pair if end == node]
        if len(here) == 2 and here[0] != here[1]:
            links.add_edge(*here)
    expected = {frozenset(part) for part in nx.connected_components(links)}
    found = {frozenset(np.flatnonzero(chains.chain == c).tolist()) for c in np.unique(chains.chain)}
    assert found == expected
    for number in range(len(chains.ends)):
        own = np.flatnonzero(chains.chain == number)
        own = own[np.argsort(chains.begin_m[own])]
        assert chains.begin_m[own] == pytest.approx(np.cumsum([0, *length[own][:-1]]))
        ways = [pairs[line][::-1] if chains.turned[line] else pairs[line] for line in own]
        assert all(one[1] == other[0] for one, other in pairwise(ways))
        assert chains.ends[number].tolist() == [*nodes[ways[0][0]], *nodes[ways[-1][1]]]
        if ways[0][0] != ways[-1][1]:
            assert tuple(chains.ends[number][:2]) <= tuple(chains.ends[number][2:])


def test_rings_and_lines_that_end_where_they_start():
    lines = np.array(
        [LineString([(0, 0), (1, 0), (1, 1), (0, 0)]), LineString([(0, 0), (-1, 0)])], dtype=object
    )
    chains = chain_lines(lines, shapely.length(lines), np.array([0, 1]))
    assert sorted(chains.chain.tolist()) == [0, 1]
    assert chains.begin_m.tolist() == [0, 0]
    none = chain_lines(np.array([], dtype=object), np.empty(0), np.empty(0, np.int64))
    assert none.ends.shape == (0, 4)
