"""Measure distances to service: 150 000 premises, 300 000 stretches of road, 8 services.

``python benchmarks/services.py`` prints a row with the CPU seconds of a run, the median of ``--runs``, each
in a process of its own; distances from some premises are held against networkx. ``--size tiny`` shows that
the measurement works.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from county import COUNTY, CRS, TINY, Roads, Size, make_road_table, make_roads
from measure import peak_mb

from infraplan import tables
from infraplan.config import Study, StudyInfo
from infraplan.coverconfig import Services
from infraplan.demand import assign_zones, build_zones
from infraplan.layers import Layers
from infraplan.layers.catalog import CATALOG
from infraplan.services import (
    CarRoads,
    ServiceAccess,
    Stops,
    build_roads,
    evaluate_services,
    find_stops,
    gather_places,
    join_places,
)

KINDS = ("grocery", "fuel", "pharmacy", "cash", "payment", "parcel", "health_centre", "school")
LIMIT = "30 s, equal to networkx"
SAMPLE = 3


class Asked(NamedTuple):
    """How many premises, and points of each service."""

    roads: Size
    premises: int
    points: int


SIZES = {"county": Asked(COUNTY, 150_000, 60), "tiny": Asked(TINY, 500, 4)}


def make_input(asked: Asked, *, seed: int = 1) -> tuple[gpd.GeoDataFrame, Layers]:
    """Return premises beside the roads of a made county, and its layers."""
    random = np.random.default_rng(seed)
    roads = make_roads(asked.roads.side, random)
    road_table = fill("roads", make_road_table(roads, random))
    points = place(roads, asked.points * len(KINDS), random)
    service = gpd.GeoDataFrame({"kind": np.repeat(KINDS, asked.points)}, geometry=points, crs=CRS)
    layers = Layers(
        tables={"roads": road_table, "service_points": fill("service_points", service)},
        faults=tables.empty(tables.FAULTS, CRS),
        counts=pd.DataFrame(),
        sources=pd.DataFrame(),
    )
    premises = fill(None, gpd.GeoDataFrame(geometry=place(roads, asked.premises, random), crs=CRS))
    return premises.rename_axis("premises_id"), layers


def place(roads: Roads, count: int, random: np.random.Generator) -> Any:
    """Return points up to 50 m beside the roads."""
    lines = roads.lines[random.integers(0, len(roads.lines), count)]
    foot = shapely.line_interpolate_point(lines, random.random(count), normalized=True)
    return shapely.points(shapely.get_coordinates(foot) + random.uniform(-50, 50, (count, 2)))


def fill(layer: str | None, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table with ids of its own and the columns of its layer, or of premises."""
    usual = {"households": 1, "workplaces": 0, "kind": "single", "settlement_class": "outside"}
    fields = {f.name: f.default for f in CATALOG[layer].fields} if layer else dict.fromkeys(
        tables.PREMISES.names, ""
    ) | usual  # fmt: skip
    lacking = {name: value for name, value in fields.items() if name not in table}
    return table.assign(**lacking).set_axis(pd.Index([f"{layer or 'H'}{n:06d}" for n in range(len(table))]))


def run(size: str) -> dict[str, Any]:
    """Measure once, and hold some of the answer against networkx."""
    premises, layers = make_input(SIZES[size])
    study = Study(study=StudyInfo(name="A made county", year=2026, crs=CRS), services=Services(kinds=KINDS))
    zones, _ = build_zones(layers, study)
    membership = assign_zones(premises, zones)
    begin = time.process_time()
    access = evaluate_services(premises, membership, zones, layers, study)
    seconds = time.process_time() - begin
    memory = peak_mb(resource.getrusage(resource.RUSAGE_SELF))
    begin = time.process_time()
    build_roads(layers, study)
    roads_s = time.process_time() - begin
    check(access, premises, layers, study)
    return {"seconds": seconds, "roads_s": roads_s, "memory_mb": memory, "rows": len(access.distances)}


def check(access: ServiceAccess, premises: gpd.GeoDataFrame, layers: Layers, study: Study) -> None:
    """Hold the nearest of some premises against a search of networkx on the same roads."""
    roads, _ = build_roads(layers, study)
    assert roads is not None
    graph = nx.MultiDiGraph()
    streets = roads.metres
    for edge, (tail, head, cost) in enumerate(zip(streets.tails, streets.heads, streets.costs, strict=True)):
        if streets.forward[edge]:
            graph.add_edge(int(tail), int(head), cost=int(cost))
        if streets.backward[edge]:
            graph.add_edge(int(head), int(tail), cost=int(cost))
    homes = premises.iloc[:: max(len(premises) // SAMPLE, 1)]
    stops = find_stops(homes.geometry.to_numpy(), roads, study.services.attach_m)
    places = gather_places(access.service_points)
    joined = join_places(places.geometry.to_numpy(), roads, study.services.attach_m)
    for row, home in enumerate(homes.index):
        graph.remove_nodes_from(["home", *(f"p{n}" for n in range(len(places)))])
        begin = add_place(graph, roads, "home", stops, int(np.flatnonzero(stops.point == row)[0]))
        for number, point in enumerate(joined.point):
            end = add_place(graph, roads, f"p{point}", joined, number)
            if end.edge == begin.edge:
                graph.add_edge("home", f"p{point}", cost=abs(end.along - begin.along) + end.away + begin.away)
        cost = nx.single_source_dijkstra_path_length(graph, "home", weight="cost")
        for service in study.services.kinds:
            rows = np.flatnonzero(places["service"] == service)
            reached = sorted(cost[f"p{n}"] for n in rows if f"p{n}" in cost)[:2]
            told = access.distances.query("premises_id == @home and service == @service").iloc[0]
            found = [told["nearest_m"], told["second_m"]]
            assert np.allclose(np.array(reached) / 1_000, found, rtol=0, atol=1e-6), (home, service)


class Place(NamedTuple):
    """Where something meets an edge, in whole millimetres."""

    edge: int
    along: int
    away: int


def add_place(graph: nx.MultiDiGraph, roads: CarRoads, name: str, stops: Stops, row: int) -> Place:
    """Join a place to the ends of its edge, which may be driven both ways."""
    edge, streets = int(stops.edge[row]), roads.metres
    cost = int(streets.costs[edge])
    place = Place(edge, round(stops.share[row] * cost), round(stops.away_m[row] * 1_000))
    for node, rest in (
        (int(streets.tails[edge]), place.along),
        (int(streets.heads[edge]), cost - place.along),
    ):
        graph.add_edge(name, node, cost=rest + place.away)
        graph.add_edge(node, name, cost=rest + place.away)
    return place


def measure_apart(size: str, runs: int) -> list[dict[str, Any]]:
    """Return what each run measured, in processes of their own."""
    command = [sys.executable, str(Path(__file__)), "--size", size, "--once"]
    return [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(runs)
    ]


def render(size: str, measured: list[dict[str, Any]]) -> str:
    """Return a row of the table."""
    seconds, roads_s, memory = (
        statistics.median(one[name] for one in measured) for name in ("seconds", "roads_s", "memory_mb")
    )
    asked = SIZES[size]
    work = f"service distances, {asked.premises} premises, {len(KINDS)} services, a made {size}"
    note = f"roads {roads_s:.1f}; {measured[0]['rows']} rows, with shares and closures"
    return f"| {work} | {LIMIT} | {seconds:.2f} | {memory:.0f} | {note} |"


def main() -> None:
    """Print one row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--size", choices=SIZES, default="county")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--once", action="store_true", help="print one measurement as JSON")
    options = parser.parse_args()
    if options.once:
        print(json.dumps(run(options.size)))
    else:
        print(render(options.size, measure_apart(options.size, options.runs)))


if __name__ == "__main__":
    main()
