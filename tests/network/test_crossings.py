"""What a trench crosses, drawn on a napkin: tracks, lakes, streams, and the road to a house beyond it."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, Polygon, box

from infraplan.network.crossings import count_crossings
from infraplan.network.graph import build_graph
from infraplan.network.snap import attach_premises, find_ground
from infraplan.network.split import add_drops, add_links, add_nodes, split_edges

CRS = "EPSG:3006"
ORIGIN = (500_000.0, 7_300_000.0)
"""Where ``make_roads`` lays its roads."""

COLUMNS = ["cross_road", "cross_railway", "cross_water", "cross_power_line"]
ROAD = [(0, 0), (200, 0)]
TRACK = [(100, -50), (100, 50)]


def here(shape):
    return shapely.transform(shape, lambda xy: xy + ORIGIN)


@pytest.fixture(scope="session")
def lay(make_roads, make_study):
    """Return a function that makes a graph of roads, with drops and links from foot to end."""

    def make(*roads, drops=(), links=()):
        graph, _ = build_graph(make_roads(*roads), make_study())
        for kind, ends in (("drop", drops), ("link", links)):
            if not len(ends):
                continue
            points = shapely.points(np.array(ends, float) + ORIGIN)
            ground = find_ground(graph)
            lines = graph.edges.geometry.to_numpy()[ground]
            near = shapely.STRtree(lines).nearest(points[:, 0])
            along = shapely.line_locate_point(lines[near], points[:, 0])
            graph, feet = split_edges(graph, ground[near], along, gap_m=0.05)
            # Drops to one place lead to one premises.
            places, which = np.unique(shapely.get_coordinates(points[:, 1]), axis=0, return_inverse=True)
            heads, part = len(graph.nodes) + which.ravel(), np.zeros(len(places), np.int64)
            node = {"drop": "premises", "link": "road"}[kind]
            graph = add_nodes(graph, shapely.points(places), node, part, access=False)
            graph = {"drop": add_drops, "link": add_links}[kind](graph, feet, heads)
        return graph

    return make


@pytest.fixture(scope="session")
def count(make_layers):
    """Return a function that counts the crossings of a graph with layers of metre coordinates."""

    def make(graph, **layers):
        tables = {
            name: gpd.GeoDataFrame(
                geometry=[here(s if hasattr(s, "geom_type") else LineString(s)) for s in shapes], crs=CRS
            )
            for name, shapes in layers.items()
        }
        counts = count_crossings(graph, make_layers(**tables))
        assert counts.columns.tolist() == COLUMNS
        assert (counts.dtypes == np.int64).all()
        assert counts.index.equals(graph.edges.index)
        return counts

    return make


def test_nothing_is_crossed_where_there_is_nothing(lay, count):
    assert (count(lay(ROAD)) == 0).all(axis=None)
    assert (
        count(lay(ROAD), railways=[], water=[LineString()], power_lines=[TRACK]).sum() == [0, 0, 0, 1]
    ).all()


@pytest.mark.parametrize("layer", ["railways", "water", "power_lines"])
def test_a_line_across_is_one_crossing_of_its_own_column(lay, count, layer):
    found = count(lay(ROAD), **{layer: [TRACK, [(0, 9), (200, 9)]]})
    column = {"railways": "cross_railway", "water": "cross_water", "power_lines": "cross_power_line"}[layer]
    assert found.iloc[0].to_dict() == {name: int(name == column) for name in COLUMNS}


@pytest.mark.parametrize(
    ("tracks", "crossings"),
    [
        pytest.param([TRACK, [(104, -50), (104, 50)]], 1, id="double track"),
        pytest.param([[(x, -50), (x, 50)] for x in (80, 95, 110, 125)], 1, id="a yard"),
        pytest.param([TRACK, TRACK], 1, id="drawn twice"),
        pytest.param([[(50, -50), (50, 50)], [(80, -50), (80, 50)]], 1, id="just near enough"),
        pytest.param([[(50, -50), (50, 50)], [(81, -50), (81, 50)]], 2, id="two lines"),
        pytest.param([[(50, -50), (50, 50), (150, 50), (150, -50)]], 2, id="one line twice"),
        pytest.param([[(20, 50), (20, 0), (180, 0), (180, 50)]], 1, id="along the road"),
        pytest.param([[(20, 50), (60, 0), (100, 50)]], 1, id="touches"),
        pytest.param([MultiLineString([TRACK, [(10, -9), (10, 9)]])], 2, id="in parts"),
        pytest.param([[(100, 1), (100, 50)]], 0, id="ends before"),
    ],
)
def test_tracks_of_every_kind(lay, count, tracks, crossings):
    assert count(lay(ROAD), railways=tracks)["cross_railway"].tolist() == [crossings]


def test_a_track_through_a_node_is_crossed_once_by_the_first_of_its_edges(lay, count):
    graph = lay([(0, 0), (100, 0)], [(200, 0), (100, 0)])
    assert count(graph, railways=[TRACK])["cross_railway"].tolist() == [1, 0]
    graph = lay([(100, 0), (0, 0)], [(100, 0), (200, 0)])
    assert count(graph, railways=[TRACK])["cross_railway"].tolist() == [1, 0]


def test_a_track_through_a_junction_is_crossed_once_in_all(lay, count):
    graph = lay(ROAD, [(100, 0), (150, 90)], [(100, 0), (50, -90)])
    assert len(graph.edges) == 4
    assert count(graph, railways=[TRACK])["cross_railway"].sum() == 1


def test_tracks_on_both_sides_of_a_node_are_one_crossing_but_not_of_a_junction(lay, count):
    tracks = [[(95, -50), (95, 50)], [(112, -50), (112, 50)]]
    halves = [[(0, 0), (100, 0)], [(100, 0), (200, 0)]]
    assert count(lay(*halves), railways=tracks)["cross_railway"].tolist() == [1, 0]
    # A short edge between them.
    thirds = [[(0, 0), (100, 0)], [(100, 0), (105, 0)], [(105, 0), (200, 0)]]
    assert count(lay(*thirds), railways=tracks)["cross_railway"].tolist() == [1, 0, 0]
    assert count(lay(*halves, [(100, 0), (100, 40)]), railways=tracks)["cross_railway"].tolist() == [1, 1, 0]
    # A drop is no junction.
    graph = lay(*halves, drops=[((100, 0), (100, 20))])
    assert count(graph, railways=tracks)["cross_railway"].tolist() == [1, 0, 0]


def test_a_road_that_ends_at_a_track_does_not_cross_it_unless_a_drop_goes_on(lay, count):
    assert count(lay([(0, 0), (100, 0)]), railways=[TRACK])["cross_railway"].tolist() == [0]
    graph = lay([(0, 0), (100, 0)], drops=[((100, 0), (130, 0))])
    assert count(graph, railways=[TRACK])["cross_railway"].sum() == 1


def test_drops_that_touch_where_they_end_do_not_cross(lay, count):
    graph = lay([(0, 0), (0, 99)], [(50, -99), (50, 99)], drops=[((0, 20), (25, 20)), ((50, 20), (25, 20))])
    assert count(graph, railways=[[(25, -9), (25, 99)]])["cross_railway"].sum() == 0


LAKE = box(50, -40, 150, 40)
BAYS = Polygon([(10, -9), (190, -9), (190, 9), (120, 9), (120, -5), (60, -5), (60, 9), (10, 9)])


@pytest.mark.parametrize(
    ("water", "crossings"),
    [
        pytest.param([LAKE], 1, id="a lake"),
        pytest.param([LAKE, [(100, -40), (100, 40)], [(70, -90), (70, 90)]], 1, id="streams through it"),
        pytest.param([LAKE, [(10, -90), (10, 90)]], 2, id="a lake, and a stream well before it"),
        pytest.param([LAKE, box(150, -40, 170, 40)], 1, id="a lake on two sheets"),
        pytest.param([BAYS], 2, id="two bays"),
        pytest.param([Polygon(LAKE.exterior, [box(80, -20, 120, 20).exterior])], 2, id="an island"),
        pytest.param([box(-50, -50, 250, 50)], 1, id="all in water"),
        pytest.param([box(50, 0.5, 150, 40)], 0, id="beside it"),
        pytest.param([Point(100, 0)], 0, id="a spring"),
    ],
)
def test_water_of_every_kind(lay, count, water, crossings):
    assert count(lay(ROAD), water=water)["cross_water"].tolist() == [crossings]


def test_a_lake_is_crossed_once_however_the_road_over_it_is_cut(lay, count):
    graph = lay(ROAD, drops=[((x, 0), (x, 20)) for x in (40, 60, 100, 140)])
    found = count(graph, water=[LAKE])["cross_water"]
    assert found[graph.edges["kind"] == "road"].sum() == 1


def test_a_road_that_ends_on_the_shore_does_not_cross_but_one_that_ends_in_the_lake_does(lay, count):
    assert count(lay([(0, 0), (50, 0)]), water=[LAKE])["cross_water"].tolist() == [0]
    assert count(lay([(0, 0), (70, 0)]), water=[LAKE])["cross_water"].tolist() == [1]


def test_every_drop_to_a_house_in_a_lake_crosses_the_shore(lay, count):
    roads = [(0, 0), (0, 200)], [(200, 0), (200, 200)]
    graph = lay(*roads, drops=[((0, 100), (100, 100)), ((200, 100), (100, 100))])
    found = count(graph, water=[box(50, 50, 150, 150)])["cross_water"]
    assert found[graph.edges["kind"] == "drop"].tolist() == [1, 1]


def test_bridges_cross_what_is_below_and_tunnels_cross_nothing(lay, count):
    layers = {"railways": [TRACK], "water": [LAKE], "power_lines": [TRACK]}
    found = count(lay({"at": ROAD, "bridge": True}), **layers)
    assert found.iloc[0].tolist() == [0, 1, 1, 1]
    found = count(lay({"at": ROAD, "tunnel": True}), **layers)
    assert found.iloc[0].tolist() == [0, 0, 0, 0]


def of_drops(graph, found):
    return found["cross_road"][graph.edges["kind"] != "road"].tolist()


def test_a_drop_does_not_cross_the_road_that_it_starts_from(lay, count):
    graph = lay(ROAD, drops=[((50, 0), (50, 30)), ((100, 0), (120, 30)), ((200, 0), (230, 0))])
    assert of_drops(graph, count(graph)) == [0, 0, 0]


def test_a_drop_to_the_side_of_the_few_crosses_its_road(lay, count):
    houses = [((50, 0), (50, -30)), ((100, 0), (100, -30)), ((150, 0), (150, 30))]
    graph = lay(ROAD, drops=houses)
    assert of_drops(graph, count(graph)) == [0, 0, 1]


def test_sides_are_even_and_the_trench_lies_on_the_left(lay, count):
    houses = [((50, 0), (50, 30)), ((150, 0), (150, -30))]
    graph = lay(ROAD, drops=houses)
    assert of_drops(graph, count(graph)) == [0, 1]
    graph = lay(ROAD[::-1], drops=houses)
    assert of_drops(graph, count(graph)) == [1, 0]


def test_a_premises_with_two_drops_counts_once_and_one_straight_ahead_not_at_all(lay, count):
    # Right: one premises by two drops; left: one premises; ahead: one. Even, so the trench lies on the left.
    houses = [((50, 0), (60, -30)), ((70, 0), (60, -30)), ((150, 0), (150, 30)), ((200, 0), (240, 0))]
    graph = lay(ROAD, drops=houses)
    assert of_drops(graph, count(graph)) == [1, 1, 0, 0]


def test_each_road_has_its_own_side(lay, count):
    houses = [((50, 0), (50, 30)), ((60, 0), (60, 30)), ((50, 300), (50, 270)), ((60, 300), (60, 330))]
    graph = lay(ROAD, [(0, 300), (200, 300)], drops=[*houses, ((70, 300), (70, 280)), ((70, 0), (70, -20))])
    assert of_drops(graph, count(graph)) == [0, 0, 0, 1, 0, 1]


def test_at_a_bend_the_sides_are_those_of_both_edges(lay, count):
    bend = [(0, 0), (100, 0), (100, 100)]
    # The bend turns left; outside it is the right, though the drop starts straight ahead of the first edge.
    houses = [((100, 0), (120, -20)), ((50, 0), (50, 20)), ((100, 50), (80, 50))]
    graph = lay(bend, drops=houses)
    assert of_drops(graph, count(graph)) == [1, 0, 0]


def test_drops_and_links_cross_the_roads_between_their_ends(lay, count):
    roads = [[(0, y), (200, y)] for y in (0, 30, 60)]
    graph = lay(*roads, drops=[((50, 0), (50, 50))], links=[((100, 60), (100, -20))])
    # The drop leads to the left. The link crosses the roads at 30 m and at 0 m, not its own.
    assert of_drops(graph, count(graph)) == [1, 2]


def test_a_drop_through_a_junction_crosses_once_and_not_over_bridges_or_tunnels(lay, count):
    over = [{"at": [(0, 40), (200, 40)], how: True} for how in ("bridge", "tunnel")]
    graph = lay(ROAD, [(50, 20), (150, 20)], [(100, 20), (150, 90)], *over, drops=[((100, 0), (100, 60))])
    assert of_drops(graph, count(graph)) == [1]


def test_a_drop_along_a_road_crosses_it_once_or_not_at_all_where_it_leaves_it(lay, count):
    along = [(0, 50), (0, 60), (0, 70), (0, 90)]
    graph = lay([(-50, 0), (50, 0)], along, drops=[((0, 0), (0, 120))])
    assert of_drops(graph, count(graph)) == [1]
    graph = lay([(0, 0), (0, 40), (0, 70), (50, 90)], links=[((0, 0), (0, 120))])
    assert of_drops(graph, count(graph)) == [0]


def test_a_graph_of_links_and_premises_as_the_stages_make_it(make_roads, make_points, make_study, count):
    graph, _ = build_graph(make_roads(ROAD, [(0, 60), (200, 60)]), make_study())
    places = {"a": (50, 20), "b": (90, 20), "c": (130, -20)}
    graph = attach_premises(graph, make_points(**places), make_study(candidates=2, attach_m=200.0)).graph
    found = count(graph)["cross_road"]
    heads = graph.edges["head"].map(
        dict(zip(range(len(graph.nodes) - 3, len(graph.nodes)), "abc", strict=True))
    )
    # All lie right of the second road. a and b lie left of the first; c has to cross that either way.
    assert found.groupby(heads).apply(list).to_dict() == {"a": [0, 0], "b": [0, 0], "c": [1, 1]}


def count_along(line, shapes, gap_m=30.0):
    """Count what one line crosses, by overlays of the whole line with everything."""
    parts = []
    for shape in shapes:
        least = 0.01 if shape.geom_type == "Polygon" else 0.0
        shared = shapely.get_parts(line.intersection(shape))
        parts += [part for part in shared if not part.is_empty and part.length >= least]
    spans = sorted(sorted(line.project(Point(p.coords[end])) for end in (0, -1)) for p in parts)
    crossings, reach = 0, -np.inf
    for begin, end in spans:
        crossings += begin - reach > gap_m
        reach = max(reach, end)
    return crossings


def draw_water(rng):
    tracks = shapely.linestrings(rng.uniform(-20, 420, (rng.integers(1, 8), 4, 2)))
    lakes = shapely.buffer(shapely.points(rng.uniform(0, 400, (rng.integers(0, 5), 2))), 40.0)
    return [*tracks, *lakes]


def wiggle(rng):
    """Return a road that does not cross itself."""
    return np.c_[np.linspace(0, 400, 9), rng.uniform(100, 300, 9)]


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 8))
def test_a_road_crosses_the_same_however_it_is_cut_and_as_overlays_say(lay, count, seed, cuts):
    rng = np.random.default_rng(seed)
    road, shapes = wiggle(rng), draw_water(rng)
    graph = lay(road)
    (line,) = graph.edges.geometry
    expected = count_along(LineString(road), shapes)
    assert count(graph, water=shapes)["cross_water"].tolist() == [expected]
    # At the very places where it meets something, too.
    met = here(shapely.union_all(shapes)).intersection(line)
    at = [line.project(Point(place)) for place in shapely.get_coordinates(met)]
    for along in (rng.uniform(0, line.length, cuts), np.array(at), np.r_[at, rng.uniform(0, line.length, 9)]):
        cut, _ = split_edges(graph, np.zeros(len(along), np.int64), along, gap_m=0.05)
        assert count(cut, water=shapes)["cross_water"].sum() == expected


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_roads_between_junctions_cross_as_overlays_of_each_say(lay, count, seed):
    rng = np.random.default_rng(seed)
    grid = [[(x, 0), (x, 300)] for x in (50, 150, 250)] + [[(0, y), (300, y)] for y in (50, 150, 250)]
    graph = lay(*grid)
    assert len(graph.edges) == 24
    tracks = list(shapely.linestrings(rng.uniform(0, 300, (6, 3, 2))))
    expected = [count_along(line, [here(track) for track in tracks]) for line in graph.edges.geometry]
    assert count(graph, railways=tracks)["cross_railway"].tolist() == expected


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_random_drops_and_links_cross_what_overlays_and_majorities_say(lay, count, seed):
    rng = np.random.default_rng(seed)
    roads = [[(0, y), (400, y + rng.uniform(-20, 20))] for y in (0, 100, 200, 300)]
    feet = [(x, np.interp(x, *zip(*road, strict=True))) for road in roads for x in rng.uniform(20, 380, 3)]
    drops = [(foot, rng.uniform((0, -50), (400, 350))) for foot in feet]
    links = [(foot, rng.uniform((0, -50), (400, 350))) for foot in feet[::4]]
    graph = lay(*roads, drops=drops, links=links)
    lines = [LineString(road) for road in roads]
    expected = [sum(LineString(ends).crosses(line) for line in lines) for ends in (*drops, *links)]
    right = []
    for number, (foot, head) in enumerate((*drops, *links)):
        # The road that a trench starts from is met at its foot, now and then by a hair's breadth beyond.
        own = min(lines, key=Point(foot).distance)
        expected[number] -= LineString((foot, head)).crosses(own)
        (x0, y0), (x1, y1) = own.coords
        right.append((x1 - x0) * (head[1] - y0) < (y1 - y0) * (head[0] - x0))
    for number in range(len(drops)):
        of_road = right[number // 3 * 3 : number // 3 * 3 + 3]
        expected[number] += right[number] != (sum(of_road) >= 2)
    # Edges stand in the order in which they were added: links were added last.
    assert of_drops(graph, count(graph)) == expected


def test_an_argument_is_never_changed(lay, make_layers):
    graph = lay(ROAD, drops=[((50, 0), (50, 30))])
    table = gpd.GeoDataFrame(geometry=[here(LineString(TRACK)), None], crs=CRS)
    layers = make_layers(railways=table)
    before = graph.edges.copy(deep=True), table.copy(deep=True)
    count_crossings(graph, layers)
    assert graph.edges.equals(before[0])
    assert table.equals(before[1])
