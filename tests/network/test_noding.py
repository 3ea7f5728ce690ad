"""Where roads meet, and where they only seem to."""

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString

from infraplan.network.lines import cut_lines, spread
from infraplan.network.noding import node_roads

ACROSS, ALONG = [(0, -50), (0, 50)], [(-50, 0), (50, 0)]


def parts(roads, snap_m=0.05) -> tuple[int, int, int]:
    """Return the number of segments, of nodes, and of connected parts."""
    segments = node_roads(roads, snap_m=snap_m)
    graph = nx.MultiGraph(zip(segments["tail"], segments["head"], strict=True))
    assert set(graph) == set(range(len(graph)))
    return len(segments), len(graph), nx.number_connected_components(graph)


def test_roads_that_cross_on_the_ground_join(make_roads):
    assert parts(make_roads(ALONG, ACROSS)) == (4, 5, 1)


@pytest.mark.parametrize(
    "how", [{"bridge": True}, {"tunnel": True}, {"layer": 2}, {"bridge": True, "layer": 1}]
)
def test_a_bridge_or_tunnel_does_not_join_what_it_crosses(make_roads, how):
    assert parts(make_roads(ALONG, {"at": ACROSS, **how})) == (2, 4, 2)


def test_two_bridges_at_one_level_that_cross_join(make_roads):
    assert parts(make_roads({"at": ALONG, "bridge": True}, {"at": ACROSS, "layer": 1})) == (4, 5, 1)


def test_a_bridge_joins_the_roads_at_its_ends(make_roads):
    over = {"at": [(0, 0), (100, 0)], "bridge": True}
    assert parts(make_roads([(-50, 0), (0, 0)], over, [(100, 0), (150, 0)])) == (3, 4, 1)


def test_a_junction_joins_though_the_other_road_has_no_vertex_there(make_roads):
    assert parts(make_roads(ALONG, [(0, 0), (0, 50)])) == (3, 4, 1)


def test_a_bridge_that_comes_down_on_a_ground_road_joins_it(make_roads):
    assert parts(make_roads(ALONG, {"at": [(0, 0), (0, 50)], "bridge": True})) == (3, 4, 1)


def test_a_ground_road_that_ends_under_a_bridge_beside_its_like_does_not_join_the_bridge(make_roads):
    bridge = {"at": ALONG, "bridge": True}
    assert parts(make_roads(bridge, [(0, -50), (0, 0)], [(0, 0), (0, 50)])) == (3, 5, 2)


def test_a_ground_road_that_would_hang_loose_joins_the_bridge(make_roads):
    assert parts(make_roads({"at": ALONG, "bridge": True}, [(0, -50), (0, 0)])) == (3, 4, 1)


def test_ends_within_the_snapping_distance_are_one_node_and_lie_at_one_place(make_roads):
    roads = make_roads([(0, 0), (50, 0)], [(50.03, 0.02), (99, 0)])
    assert parts(roads) == (2, 3, 1)
    first, second = node_roads(roads, snap_m=0.05).geometry
    assert first.coords[-1] == second.coords[0]
    assert parts(roads, snap_m=0.01) == (2, 4, 2)


def test_ends_on_both_sides_of_a_cell_border_are_one_node(make_roads):
    assert parts(make_roads([(0, 0), (50.0004, 0)], [(50.0006, 0), (99, 0)]), snap_m=0.0) == (2, 3, 1)


def test_a_road_drawn_twice_becomes_parallel_edges(make_roads):
    assert parts(make_roads(ALONG, ALONG)) == (2, 2, 1)


def test_roads_that_overlap_part_of_the_way_part_where_they_do(make_roads):
    # 0–60 and 40–100: each is cut once, where the other begins or ends, not at vertices in between.
    roads = make_roads([(0, 0), (45, 0), (50, 0), (60, 0)], [(40, 0), (50, 0), (55, 0), (100, 0)])
    assert parts(roads) == (4, 4, 1)


def test_a_road_that_crosses_itself_is_cut_there(make_roads):
    assert parts(make_roads([(0, 0), (100, 0), (100, 50), (50, 50), (50, -50)])) == (3, 3, 1)


def test_a_lollipop_is_a_stick_and_a_loop(make_roads):
    segments = node_roads(make_roads([(0, 0), (50, 0), (80, 30), (80, -30), (50, 0)]), snap_m=0.05)
    assert sorted(segments["tail"] == segments["head"]) == [False, True]


def test_a_roundabout_is_cut_where_roads_leave_it(make_roads):
    ring = [(10, 0), (0, 10), (-10, 0), (0, -10), (10, 0)]
    assert parts(make_roads(ring, [(-10, 0), (-90, 0)], [(0, 10), (0, 90)], [(10, 0), (90, 0)])) == (6, 6, 1)


def test_a_vertex_that_two_roads_share_joins_them(make_roads):
    assert parts(make_roads([(-50, 1), (0, 0), (50, 1)], [(-50, -1), (0, 0), (50, -1)])) == (4, 5, 1)


def test_a_road_shorter_than_the_snapping_distance_leaves_nothing(make_roads):
    segments = node_roads(make_roads(ALONG, [(0, 20), (0.01, 20)]), snap_m=0.05)
    assert set(segments["road_id"]) == {"r0"}


def test_columns_travel_and_multilines_and_heights_are_understood(make_roads):
    roads = make_roads(ALONG, ACROSS)
    roads.geometry = [
        MultiLineString([LineString([(0, 0, 7), (9, 0, 8)]), LineString([(50, 0, 9), (60, 0, 9)])]),
        LineString([(20, 5, 1), (30, 5, 2)]),
    ]
    segments = node_roads(roads.assign(owner=["county", "state"]), snap_m=0.05)
    assert segments["owner"].tolist() == ["county", "county", "state"]
    assert segments["road_id"].tolist() == ["r0", "r0", "r1"]
    assert not segments.geometry.has_z.any()


def test_an_argument_is_never_changed(make_roads):
    roads = make_roads(ALONG, ACROSS, [(0, 0), (10, 10), (10, 0), (0, 10)])
    before = roads.copy(deep=True)
    node_roads(roads, snap_m=0.05)
    assert roads.equals(before)


def test_no_roads_have_no_segments(make_roads):
    assert len(node_roads(make_roads(ALONG).iloc[:0], snap_m=0.05)) == 0


point = st.tuples(st.integers(0, 6), st.integers(0, 6))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(point, min_size=2, max_size=5), min_size=1, max_size=6))
def test_segments_meet_only_at_ends_and_cover_the_roads(make_roads, drawn):
    drawn = [[(10 * x, 10 * y) for x, y in line] for line in drawn if len(set(line)) > 1]
    if not drawn:
        return
    roads = make_roads(*drawn)
    segments = node_roads(roads, snap_m=0.001)
    lines = segments.geometry.to_numpy()
    theirs = shapely.union_all(roads.geometry.to_numpy())
    assert shapely.hausdorff_distance(shapely.union_all(lines), theirs) < 0.01
    # As often covered as drawn, except where a road runs back over itself.
    assert shapely.length(lines).sum() >= theirs.length - 0.05
    assert shapely.length(lines).sum() <= shapely.length(roads.geometry.to_numpy()).sum() + 0.05
    first, second = shapely.STRtree(lines).query(lines, predicate="crosses")
    touch = shapely.intersection(lines[first], lines[second])
    ends = shapely.union_all(shapely.get_point(np.repeat(lines, 2), np.tile([0, -1], len(lines))))
    assert (shapely.distance(shapely.get_parts(touch), ends) < 0.01).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.0, 100.0), max_size=12), st.floats(0.001, 5.0))
def test_places_are_gathered_and_cut_without_loss(places, gap):
    line = np.array([LineString([(0, 0), (30, 0), (30, 40), (60, 40)])])
    along = np.array(places)
    which = np.zeros(len(along), np.int64)
    kept, place_of = spread(which, along, shapely.length(line), gap)
    assert (np.diff(along[kept]) > gap).all()
    where = shapely.get_coordinates(shapely.line_interpolate_point(line[which[kept]], along[kept]))
    pieces, line_of = cut_lines(line, which[kept], along[kept], where)
    assert len(pieces) == len(kept) + 1 == len(line_of)
    assert shapely.length(pieces).sum() == pytest.approx(100.0)
    assert np.diff([0.0, *along[kept], 100.0]) == pytest.approx(shapely.length(pieces))
    assert ((place_of >= 0) == ((along > gap) & (along < 100.0 - gap))).all()
