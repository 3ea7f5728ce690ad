"""Distances to service: by hand, and against networkx, which is told the roads and nothing of ours."""

import itertools

import networkx as nx
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.services import build_roads, find_distances

TO_DEGREES = pyproj.Transformer.from_crs("EPSG:3006", "EPSG:4619", always_xy=True)
GRS80 = pyproj.Geod(ellps="GRS80")
ROUNDING_M = 0.02
"""Each stretch is rounded to a millimetre, and no way here has forty."""


@pytest.fixture(scope="module")
def measure(make, evaluate):
    """Return a function that gives the distances of some premises, by premises and service."""

    def run(lines, points, homes, study=None, kinds="grocery", **columns):
        kinds = [kinds] * len(points) if isinstance(kinds, str) else kinds
        layers = make.layers(
            roads=make.layer("roads", make.lines(*lines), **columns),
            service_points=make.points(kinds, points),
        )
        found = evaluate(layers, make.premises(homes), study or make.study(tuple(dict.fromkeys(kinds))))
        rows = found.distances.astype({"premises_id": "str", "service": "str"})
        return rows.set_index(["premises_id", "service"]), found

    return run


ROAD = [[(0, 0), (1000, 0)]]


def test_a_way_goes_straight_to_the_road_along_it_and_straight_on(make, measure):
    rows, _ = measure(ROAD, [(100, 30), (900, -40)], [(400, 20)], speed_kmh=72.0)
    row = rows.loc[("h0", "grocery")]
    assert row["nearest_id"] == "0"
    assert row["second_id"] == "1"
    assert row["nearest_m"] == pytest.approx(350 * make.stretch, abs=0.002)
    assert row["second_m"] == pytest.approx(560 * make.stretch, abs=0.002)
    # Beside the road at 20 km/h, the speed of the least class; on it at 72.
    minutes = make.stretch * (50 / 20 + 300 / 72) * 3.6 / 60
    assert row["nearest_min"] == pytest.approx(minutes, abs=1e-4)
    assert row["reason"] == ""


def test_nothing_is_measured_as_the_crow_flies(measure):
    """The shop across the stream is 60 m away, and 2 km by the bridge."""
    rows, _ = measure([[(0, 0), (1000, 0), (1000, 50), (0, 50)]], [(0, 55), (800, -5)], [(0, -5)], study=None)
    row = rows.loc[("h0", "grocery")]
    assert row["nearest_id"] == "1"
    assert row["second_m"] > 2000


def test_time_is_a_search_of_its_own(make, measure):
    """The nearer shop lies along a slow road."""
    rows, _ = measure(
        [[(-500, 0), (0, 0)], [(0, 0), (900, 0)]], [(-500, 0), (900, 0)], [(0, 0)], speed_kmh=[10.0, 90.0]
    )
    row = rows.loc[("h0", "grocery")]
    assert row["nearest_id"] == "0"
    assert row["nearest_min"] == pytest.approx(make.stretch * 0.6, abs=1e-4)
    assert row["second_min"] == pytest.approx(make.stretch * 3.0, abs=1e-4)


def test_of_equally_near_points_the_lowest_id_is_first(measure):
    rows, _ = measure(ROAD, [(700, 0), (300, 0)], [(500, 10)])
    assert rows.loc[("h0", "grocery"), ["nearest_id", "second_id"]].tolist() == ["0", "1"]


def test_two_points_at_one_place_are_one_choice(measure):
    rows, _ = measure(ROAD, [(100, 0), (103, 0), (900, 0)], [(0, 0)])
    assert rows.loc[("h0", "grocery"), ["nearest_id", "second_id"]].tolist() == ["0", "2"]


def test_why_there_is_no_distance(measure, make):
    """An island of roads 5 km away, a house beyond all roads, and a service that nobody offers."""
    study = make.study(("grocery", "fuel", "library"))
    rows, found = measure(
        [*ROAD, [(9000, 0), (9500, 0)]],
        [(100, 0), (9100, 0)],
        [(0, 0), (9400, 0), (4500, 0)],
        study,
        kinds=["grocery", "fuel"],
    )
    assert rows["reason"].tolist() == [
        *["", "island", "too_far_from_road"],
        *["island", "", "too_far_from_road"],
        *["no_service"] * 3,
    ]
    none = rows["reason"] != ""
    assert (rows.loc[none, ["nearest_id", "second_id"]] == "").all(axis=None)
    assert rows.loc[none, ["nearest_m", "nearest_min", "second_m", "second_min"]].isna().all(axis=None)
    told = found.faults.set_index("rule")["values"]
    assert told["service_too_far_from_road"] == {
        "services": "grocery, fuel",
        "count": 1,
        "households": 1,
        "attach_m": 1000,
    }
    assert [values["services"] for values in told["service_on_island"]] == ["grocery", "fuel"]
    assert told["service_without_points"] == {"service": "library"}


def test_a_house_beside_a_loose_road_takes_the_next_that_leads_there(measure, make):
    rows, found = measure([*ROAD, [(400, 100), (500, 100)]], [(0, 0)], [(450, 90)])
    assert rows.loc[("h0", "grocery"), "nearest_m"] == pytest.approx(540 * make.stretch, abs=0.002)
    told = found.faults.set_index("rule")["values"]
    assert told["service_past_island"]["count"] == 1


def test_a_shop_in_a_yard_that_is_drawn_apart_is_reached_from_the_yard_and_from_outside(measure, make):
    rows, _ = measure([*ROAD, [(400, 100), (500, 100)]], [(450, 90)], [(0, 0), (500, 105)])
    assert rows.loc[("h0", "grocery"), "nearest_m"] == pytest.approx(540 * make.stretch, abs=0.002)
    assert rows.loc[("h1", "grocery"), "nearest_m"] == pytest.approx(65 * make.stretch, abs=0.002)


def test_a_shop_on_a_loose_road_is_not_reached_straight_by_its_far_neighbours(measure, make):
    """The loose road beside the house does not lead to the shop 900 m away."""
    rows, _ = measure([*ROAD, [(20, 30), (40, 30)]], [(940, 20)], [(30, 40)])
    assert rows.loc[("h0", "grocery"), "nearest_m"] == pytest.approx((40 + 910 + 20) * make.stretch, abs=0.01)


def test_the_second_is_what_is_left_if_the_first_closes(measure, make):
    """Who lives on an island with a shop of its own, beside the main roads, then drives from those."""
    rows, _ = measure([*ROAD, [(400, 100), (500, 100)]], [(450, 300), (0, 0)], [(450, 90)])
    # The first shop lies beside the island's road, and within reach of the main road too.
    row = rows.loc[("h0", "grocery")]
    assert row["nearest_id"] == "0"
    assert row["nearest_m"] == pytest.approx(210 * make.stretch, abs=0.002)
    assert row["second_id"] == "1"
    assert row["second_m"] == pytest.approx(540 * make.stretch, abs=0.002)


def test_a_shop_too_far_from_any_road_is_told_and_never_reached(measure):
    rows, found = measure(ROAD, [(500, 1500)], [(0, 0)])
    assert rows["reason"].tolist() == ["no_service"]
    assert found.faults.query("rule == 'service_point_far'")["feature_id"].tolist() == ["0"]


def test_squares_stand_for_who_lives_in_them(make, measure):
    """As Pipos does: two houses of one square have the distance of its middle."""
    study = make.study(from_squares=True)
    rows, _ = measure(ROAD, [(0, 0)], [(510, 3), (740, 200), (760, 10)], study)
    distance = rows["nearest_m"].to_numpy()
    assert distance[:2] == pytest.approx([(625 + 125) * make.stretch] * 2, abs=0.002)
    assert distance[2] == pytest.approx((875 + 125) * make.stretch, abs=0.002)


@pytest.mark.parametrize("lack", ["roads", "service_points", "both"])
def test_without_roads_or_points_tables_are_empty_and_it_is_told(make, evaluate, lack):
    layers = {
        "roads": make.layer("roads", make.lines(*ROAD)),
        "service_points": make.points(["grocery"], [(0, 0)]),
    }
    kept = {} if lack == "both" else {name: table for name, table in layers.items() if name != lack}
    found = evaluate(make.layers(**kept), make.premises([(0, 0)]), make.study())
    assert not len(found.distances)
    assert not len(found.service_shares)
    assert not len(found.closures)
    assert {"service_no_roads", "service_no_points"} & set(found.faults["rule"])
    assert set(found.faults["severity"]) == {"info"}


def test_nobody_has_no_distances(make, evaluate):
    layers = make.layers(
        roads=make.layer("roads", make.lines(*ROAD)), service_points=make.points(["grocery"], [(0, 0)])
    )
    found = evaluate(layers, make.premises([]), make.study())
    assert not len(found.distances)
    assert len(found.service_shares)
    assert not found.service_shares["households"].any()
    assert found.service_shares["share"].isna().all()


# Against networkx


@st.composite
def towns(draw):
    """Draw streets between the crossings of a grid, some one way, some missing, and an island."""
    side, step = 4, 200
    crossings = [(x * step, y * step) for x in range(side) for y in range(side)]
    near = [
        (a, b) for a in crossings for b in crossings if a < b and abs(a[0] - b[0]) + abs(a[1] - b[1]) == step
    ]
    streets = draw(st.lists(st.sampled_from(near), min_size=4, max_size=len(near), unique=True))
    streets += [((3000, 0), (3200, 0)), ((3200, 0), (3200, 200))]
    oneway = [draw(st.sampled_from(["both", "both", "both", "forward", "backward"])) for _ in streets]
    speed = [draw(st.sampled_from([20.0, 50.0, 90.0])) for _ in streets]
    # Off the lines of the grid, so that no two streets are equally near.
    place = st.tuples(
        st.one_of(st.integers(-40, 640), st.integers(2950, 3250)).map(lambda x: x + 0.37),
        st.integers(-40, 640),
    )
    points = draw(st.lists(place, min_size=1, max_size=5, unique=True))
    homes = draw(st.lists(place, min_size=1, max_size=5))
    return streets, oneway, speed, points, homes


class Oracle:
    """The roads as networkx sees them: a node a crossing and a place, in metres or seconds."""

    def __init__(self, make, town, reach_m, *, by_time=False):
        self.make, self.reach_m, self.by_time = make, reach_m, by_time
        self.streets, self.oneway, self.speed, points, homes = town
        self.lines = [make.move(shapely.LineString(street)) for street in self.streets]
        self.graph = nx.MultiDiGraph()
        self.cuts = {number: {0.0, 1.0} for number in range(len(self.streets))}
        plain = nx.DiGraph()
        for (a, b), way in zip(self.streets, self.oneway, strict=True):
            plain.add_edges_from([(a, b)] * (way != "backward") + [(b, a)] * (way != "forward"))
        parts = list(nx.strongly_connected_components(plain))
        self.part = {node: number for number, nodes in enumerate(parts) for node in nodes}
        self.homes = [self.meet(home) for home in homes]
        self.points = [self.join(point) for point in points]
        for number, street in enumerate(self.streets):
            self.add_street(number, street)
        for number, stops in enumerate(self.points):
            for _, street, share, away in stops:
                self.graph.add_edge(("place", street, share), ("point", number), cost=self.beside(away))

    def geod(self, line):
        return GRS80.line_length(*TO_DEGREES.transform(*shapely.get_coordinates(line).T))

    def beside(self, away):
        return away / (20 / 3.6) if self.by_time else away

    def meet(self, xy):
        """Return the nearest place of every part: planar distance, street, share, metres."""
        point, found = self.make.move(shapely.Point(xy)), {}
        for number, (street, line) in enumerate(zip(self.streets, self.lines, strict=True)):
            part = self.part[street[0]]
            away = line.distance(point)
            if part != self.part[street[1]] or away > self.reach_m:
                continue
            share = line.project(point, normalized=True)
            foot = line.interpolate(share, normalized=True)
            found[part] = min(
                found.get(part, (np.inf,)),
                (away, number, share, self.geod(shapely.LineString([point, foot]))),
            )
        stops = sorted(found.values())
        for _, number, share, _ in stops:
            self.cuts[number].add(share)
        return stops

    def join(self, xy):
        """Return the nearest place, and the nearest of the longest part."""
        stops = self.meet(xy)
        inside = {}
        for (a, b), line in zip(self.streets, self.lines, strict=True):
            if self.part[a] == self.part[b]:
                inside[self.part[a]] = inside.get(self.part[a], 0) + round(1000 * self.geod(line))
        longest = sorted(stops, key=lambda stop: -inside[self.part[self.streets[stop[1]][0]]])
        return [*stops[:1], *longest[:1]]

    def add_street(self, number, street):
        line, cuts = self.lines[number], sorted(self.cuts[number])
        length = self.geod(line) / (self.speed[number] / 3.6 if self.by_time else 1)
        for share, node in ((0.0, street[0]), (1.0, street[1])):
            self.graph.add_edge(node, ("place", number, share), cost=0)
            self.graph.add_edge(("place", number, share), node, cost=0)
        for a, b in itertools.pairwise(cuts):
            one, other, cost = ("place", number, a), ("place", number, b), (b - a) * length
            if self.oneway[number] != "backward":
                self.graph.add_edge(one, other, cost=cost)
            if self.oneway[number] != "forward":
                self.graph.add_edge(other, one, cost=cost)

    def ways(self, home, without=()):
        """Return the cost of each point from a home, begun at the nearest place from which one is reached."""
        for _, street, share, away in self.homes[home]:
            cost = nx.single_source_dijkstra_path_length(self.graph, ("place", street, share), weight="cost")
            found = {
                number: cost["point", number] + self.beside(away)
                for number in range(len(self.points))
                if ("point", number) in cost and number not in without
            }
            if found:
                return found
        return {}

    def two_ways(self, home):
        """Return the least cost, and that without the point which has it."""
        found = self.ways(home)
        if not found:
            return [np.nan, np.nan]
        first = min(found, key=found.get)
        left = self.ways(home, (first,))
        return [found[first], min(left.values(), default=np.nan)]


@settings(max_examples=25)
@given(town=towns())
def test_distances_and_times_are_those_of_networkx(make, town):
    streets, oneway, speed, points, homes = town
    table = make.layer("roads", make.lines(*streets), oneway=oneway, speed_kmh=speed)
    study = make.study()
    roads, _ = build_roads(make.layers(roads=table), study)
    places = make.points(["grocery"] * len(points), points).assign(service="grocery")
    rows, _ = find_distances(make.premises(homes), places, roads, study)
    told = rows[["nearest_m", "second_m"]].to_numpy()
    minutes = rows[["nearest_min", "second_min"]].to_numpy()
    metres, seconds = Oracle(make, town, 1000.0), Oracle(make, town, 1000.0, by_time=True)
    for number in range(len(homes)):
        expected = metres.two_ways(number)
        np.testing.assert_allclose(told[number], expected, rtol=0, atol=ROUNDING_M)
        np.testing.assert_allclose(60 * minutes[number], seconds.two_ways(number), rtol=0, atol=ROUNDING_M)
        if np.isfinite(told[number]).all() and told[number, 1] - told[number, 0] > 2 * ROUNDING_M:
            ways = metres.ways(number)
            assert rows["nearest_id"].iloc[number] == str(min(ways, key=ways.get))
