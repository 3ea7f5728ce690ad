import numpy as np
import pytest
import shapely

from infraplan.services import build_roads, find_stops
from infraplan.services.roads import find_speeds_kmh


@pytest.fixture
def build(make):
    def run(lines, study=None, **columns):
        table = make.layer("roads", make.lines(*lines), **columns)
        return build_roads(make.layers(roads=table), study or make.study())

    return run


@pytest.fixture
def stop(make):
    def run(xy, roads, reach_m=1_000.0):
        return find_stops(np.array([make.move(shapely.Point(p)) for p in xy]), roads, reach_m)

    return run


def ways(roads):
    """Return the pairs of places between which one may drive an edge, by rounded coordinates."""
    xy = shapely.get_coordinates(roads.graph.nodes.geometry) - [500_000, 7_300_000]
    name = [tuple(np.rint(place).astype(int).tolist()) for place in xy]
    streets = roads.metres
    rows = zip(streets.tails, streets.heads, streets.forward, streets.backward, strict=True)
    found = set()
    for tail, head, forward, backward in rows:
        found |= {(name[tail], name[head])} if forward else set()
        found |= {(name[head], name[tail])} if backward else set()
    return found


def test_only_roads_for_cars_are_used(build):
    roads, faults = build([[(0, 0), (100, 0)], [(0, 0), (0, 100)]], net=["motor", "foot"])
    assert ways(roads) == {((0, 0), (100, 0)), ((100, 0), (0, 0))}
    assert not len(faults)


@pytest.mark.parametrize("lines", [[], [[(0, 0), (100, 0)]], [[(0, 0), (0.01, 0)]]])
def test_no_roads_for_cars_is_told(build, lines):
    roads, faults = build(lines, net="foot" if lines and lines[0][1] == (100, 0) else "motor")
    assert roads is None
    assert faults["rule"].tolist() == ["service_no_roads"]
    assert faults["severity"].tolist() == ["info"]


def test_ends_that_are_joined_and_roads_that_are_too_short_are_counted(build):
    _, faults = build([[(0, 0), (100, 0)], [(50, 1), (50, 90)], [(200, 0), (200.01, 0)]])
    assert faults["values"].tolist() == [{"ends": 1, "short": 1}]


def test_one_way_roads_are_driven_as_they_are_drawn(build):
    roads, _ = build(
        [[(0, 0), (100, 0)], [(0, 50), (100, 50)], [(50, 0), (50, 50)]],
        oneway=["forward", "backward", "both"],
    )
    assert ways(roads) == {
        ((0, 0), (50, 0)),
        ((50, 0), (100, 0)),
        ((100, 50), (50, 50)),
        ((50, 50), (0, 50)),
        ((50, 0), (50, 50)),
        ((50, 50), (50, 0)),
    }


def test_a_one_way_road_that_crosses_itself_is_driven_round(build):
    """Noding takes such a road apart, and may turn its pieces."""
    knot = [(0, 0), (100, 0), (100, 100), (50, 100), (50, -100)]
    for line, oneway in ((knot, "forward"), (knot[::-1], "backward")):
        roads, _ = build([line], oneway=[oneway])
        (edge,) = np.flatnonzero(roads.metres.tails == roads.metres.heads)
        loop = shapely.get_coordinates(roads.graph.edges.geometry[edge]) - [500_000, 7_300_000]
        turned = not shapely.is_ccw(shapely.linearrings(loop))
        assert (roads.metres.forward[edge], roads.metres.backward[edge]) == (not turned, turned)
        assert ways(roads) - {((50, 0), (50, 0))} == {((0, 0), (50, 0)), ((50, 0), (50, -100))}


def test_a_bridge_does_not_join_what_it_crosses(build):
    roads, _ = build([[(0, 0), (100, 0)], [(50, -50), (50, 50)]], bridge=[False, True])
    assert len(roads.graph.nodes) == 4
    assert len(np.unique(roads.part)) == 2


def test_speeds_are_those_stated_else_the_studys_for_the_class(make):
    table = make.layer(
        "roads",
        make.lines(*[[(0, 0), (1, 0)]] * 3),
        road_class=["7", "2", "unknown"],
        speed_kmh=[30.0, np.nan, np.nan],
    )
    services = make.study(speed_kmh={"2": 81.0}).services
    assert find_speeds_kmh(table, services).tolist() == [30.0, 81.0, 50.0]


def test_costs_are_whole_millimetres_and_milliseconds(make, build):
    roads, _ = build([[(0, 0), (1000, 0)]], speed_kmh=[36.0])
    metres = 1000 * make.stretch
    assert roads.metres.costs.tolist() == [round(1000 * metres)]
    assert roads.minutes.costs.tolist() == [round(1000 * metres / 10)]


def test_a_point_meets_each_part_of_the_network_once_nearest_first(build, stop):
    roads, _ = build([[(0, 0), (100, 0)], [(0, 50), (100, 50)], [(100, 50), (200, 50)]])
    stops = stop([(25, 40), (25, 20), (90, 3000)], roads)
    assert stops.point.tolist() == [0, 0, 1, 1]
    assert np.rint(stops.away_m).tolist() == [10, 40, 20, 30]
    y = shapely.get_coordinates(shapely.get_point(roads.graph.edges.geometry.to_numpy()[stops.edge], 0))[:, 1]
    assert (y - 7_300_000).tolist() == [50, 0, 0, 50]
    assert stops.share == pytest.approx([0.25] * 4)


def test_nothing_stops_on_a_bridge_or_in_a_street_that_leads_nowhere(build, stop):
    """The third road can be entered and never left again."""
    roads, _ = build(
        [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)], [(200, 0), (200, 99)]],
        bridge=[False, True, False, False],
        oneway=["both", "both", "forward", "both"],
    )
    stops = stop([(149, 1), (290, 1)], roads)
    assert stops.point.tolist() == [0, 1]
    ends = shapely.get_coordinates(
        shapely.line_interpolate_point(
            roads.graph.edges.geometry.to_numpy()[stops.edge], stops.share, normalized=True
        )
    )
    assert np.rint(ends - [500_000, 7_300_000]).tolist() == [[100, 0], [200, 1]]


def test_the_reach_itself_is_within_reach_and_nothing_beyond(build, stop):
    roads, _ = build([[(0, 0), (100, 0)]])
    assert stop([(50, 30)], roads, 30.0).point.tolist() == [0]
    assert stop([(50, 30.001)], roads, 30.0).point.tolist() == []
    assert stop([(50, 0), (50, 1)], roads, 0.0).point.tolist() == [0]


def test_stops_are_the_nearest_of_all_roads(make, build, stop):
    """Many small parts, some near each other: as a comparison of all with all says."""
    random = np.random.default_rng(5)
    corner = random.uniform(0, 4_000, (120, 2))
    lines = [
        [tuple(a), tuple(a + step)]
        for a, step in zip(corner, random.uniform(-200, 200, (120, 2)), strict=True)
    ]
    roads, _ = build(lines)
    xy = random.uniform(0, 4_000, (80, 2))
    points = [make.move(shapely.Point(p)) for p in xy]
    stops = stop(xy, roads, 400.0)
    edges = roads.graph.edges.geometry.to_numpy()
    part = roads.part[roads.metres.tails]
    for number, point in enumerate(points):
        away = shapely.distance(edges, point)
        nearest = {}
        for edge in np.lexsort((np.arange(len(edges)), away)):
            if away[edge] <= 400.0:
                nearest.setdefault(part[edge], edge)
        assert stops.edge[stops.point == number].tolist() == list(nearest.values())


@pytest.mark.parametrize("oneway", [["forward"] * 2, ["backward"] * 2, ["forward", "backward"]])
def test_roads_that_lead_nobody_back_are_none(build, oneway):
    roads, faults = build([[(0, 0), (100, 0)], [(100, 0), (200, 0)]], oneway=oneway)
    assert roads is None
    assert faults["rule"].tolist() == ["service_no_way_back"]


def test_a_ring_driven_one_way_leads_back(build, stop):
    ring = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 0)]]
    roads, faults = build(ring, oneway=["forward"] * 3)
    assert not len(faults)
    assert len(stop([(50, 10)], roads).point) == 1
