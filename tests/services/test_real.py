"""Ways to pharmacies in Andorra against networkx on the same roads."""

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely

from infraplan.config import Study, StudyInfo
from infraplan.coverconfig import Services
from infraplan.demand import build_premises, build_zones
from infraplan.layers import read_layers
from infraplan.services import build_roads, find_distances, gather_places, gather_points

CRS = "EPSG:25831"
LAYERS = ("municipalities", "buildings", "roads", "service_points")
KEYS = {"municipalities": {"columns": {"code": "ref"}, "where": {"admin_level": ("7",)}}}


@pytest.fixture(scope="module")
def andorra(shared_data: Path):
    file = {"path": shared_data / "andorra" / "andorra.osm.pbf"}
    study = Study(
        study=StudyInfo(name="Andorra", year=2021, crs=CRS, language="en"),
        layers={name: {**file, **KEYS.get(name, {})} for name in LAYERS},
        services=Services(kinds=("pharmacy",)),
    )
    layers = read_layers(study)
    zones, _ = build_zones(layers, study)
    premises, _ = build_premises(layers, zones, study)
    points, faults = gather_points(layers, zones, study)
    roads, _ = build_roads(layers, study)
    assert not (faults["severity"] == "warning").any()
    return premises, gather_places(points), roads, study


class Country:
    """The roads as networkx sees them, without anything of ours but the noded edges and their directions."""

    def __init__(self, roads):
        self.edges = roads.graph.edges
        self.forward, self.backward = roads.metres.forward, roads.metres.backward
        self.graph = nx.DiGraph()
        ends = zip(self.edges["tail"], self.edges["head"], self.edges["length_m"], strict=True)
        for (tail, head, metres), ahead, back in zip(ends, self.forward, self.backward, strict=True):
            for one, other in [(tail, head)] * int(ahead) + [(head, tail)] * int(back):
                if metres < self.graph.get_edge_data(one, other, {"metres": np.inf})["metres"]:
                    self.graph.add_edge(one, other, metres=metres)
        main = max(nx.strongly_connected_components(self.graph), key=len)
        inside = self.edges["tail"].isin(main) & self.edges["head"].isin(main)
        self.main = self.edges[inside & (self.edges["level"] == 0)]

    def meet(self, point):
        """Return the nearest road that hangs together with most, how far along it, and how far away."""
        lines = self.main.geometry.to_numpy()
        away = shapely.distance(lines, point)
        edge = self.main.iloc[int(np.argmin(away))]
        return edge, edge.geometry.project(point, normalized=True), away.min()

    def search(self, stop):
        """Return the metres from a stop to every node."""
        edge, share, away = stop
        ends = [(edge["head"], (1 - share) * edge["length_m"])] if self.forward[edge.name] else []
        ends += [(edge["tail"], share * edge["length_m"])] if self.backward[edge.name] else []
        found = {}
        for node, metres in ends:
            ways = nx.single_source_dijkstra_path_length(self.graph, node, weight="metres")
            for x, more in ways.items():
                found[x] = min(found.get(x, np.inf), away + metres + more)
        return found

    def measure(self, origin, reached, stop):
        """Return the metres from an origin, whose search is done, to a stop."""
        edge, share, away = stop
        length = edge["length_m"]
        ways = [np.inf]
        ways += [reached[edge["tail"]] + share * length] if self.forward[edge.name] else []
        ways += [reached[edge["head"]] + (1 - share) * length] if self.backward[edge.name] else []
        step = (share - origin[1]) * length
        if edge.name == origin[0].name and (self.forward if step >= 0 else self.backward)[edge.name]:
            ways.append(origin[2] + abs(step))
        return min(ways) + away


def test_distances_to_pharmacies_are_those_of_networkx(andorra):
    premises, places, roads, study = andorra
    homes = premises.iloc[:: len(premises) // 12]
    rows, _ = find_distances(homes, places, roads, study)
    country = Country(roads)
    assert len(country.main) > 0.9 * len(country.edges)
    stops = [country.meet(point) for point in places.geometry]
    asked = 0
    for home, row in zip(homes.geometry, rows.itertuples(), strict=True):
        origin = country.meet(home)
        if origin[2] > study.services.attach_m:
            continue
        reached = country.search(origin)
        ways = [(country.measure(origin, reached, stop), i) for i, stop in enumerate(stops)]
        best = sorted(ways)[:2]
        assert [row.nearest_id, row.second_id] == [places.index[i] for _, i in best]
        # Straight ways are on the ellipsoid there and planar here; stretches are whole millimetres there.
        assert [row.nearest_m, row.second_m] == pytest.approx([metres for metres, _ in best], abs=0.2)
        asked += 1
    assert asked > 10
    assert rows["nearest_m"].max() > 1000


def test_every_building_of_andorra_has_a_distance_or_a_reason(andorra):
    premises, places, roads, study = andorra
    rows, _ = find_distances(premises, places, roads, study)
    assert len(places) > 20
    assert rows["premises_id"].astype("str").tolist() == premises.index.tolist()
    assert (rows["nearest_m"].notna() == (rows["reason"] == "")).all()
    assert (rows["reason"] == "").mean() > 0.99
    near = rows[rows["second_m"].notna()]
    assert (near["nearest_m"] <= near["second_m"]).all()
    assert (near["nearest_min"] <= near["second_min"]).all()
    # No road is shorter than the straight way; the plane of the zone is up to 0.04 % short.
    known = (rows["reason"] == "").to_numpy()
    ends = places.geometry.loc[rows["nearest_id"].astype("str")[known]].to_numpy()
    straight = shapely.distance(premises.geometry.to_numpy()[known], ends)
    assert (rows["nearest_m"][known] > 0.999 * straight).all()
