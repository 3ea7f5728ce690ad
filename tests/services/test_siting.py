from functools import partial
from itertools import combinations, pairwise

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from infraplan import tables
from infraplan.coverconfig import Siting
from infraplan.demand import build_premises, build_zones
from infraplan.demo import build
from infraplan.services import build_roads, find_distances, find_sites, gather_places, gather_points
from infraplan.services import siting as module
from infraplan.services.siting_demand import make_problem
from infraplan.services.siting_places import MOST_JUNCTIONS, find_candidates
from infraplan.services.siting_ways import make_finder

LINE = [0, 1000, 2000, 3000, 4000]
"""A road with a crossing a kilometre, in metres."""


@pytest.fixture(scope="module")
def street(make):
    """Return a road of four kilometres with a stub at each crossing."""
    stubs = [[(x, 0), (x, 50)] for x in LINE]
    steps = [[(a, 0), (b, 0)] for a, b in pairwise(LINE)]
    return make.layer("roads", make.lines(*steps, *stubs), road_class="5")


@pytest.fixture(scope="module")
def ask(make):
    def run(question, premises, roads, **named):
        study = make.study(place_m=1.0).model_copy(
            update={
                "siting": tuple(Siting(**q) for q in ([question] if isinstance(question, dict) else question))
            }
        )
        named = named if roads is None else named | {"roads": roads}
        layers = make.layers(**named)
        zones, _ = make.zones(layers, study, premises)
        siting, faults = find_sites(premises, zones, layers, study)
        tables.check(siting, tables.SITING, crs=make.crs)
        tables.check(faults, tables.FAULTS, crs=make.crs)
        return siting, dict(zip(faults["rule"], faults["values"], strict=True))

    return run


def nodes_at(make, xs, ids=None, **columns):
    return make.layer("fibre_nodes", [shapely.Point(x, 0) for x in xs], ids, **columns)


def asked(**more):
    return {"name": "Q", "candidates": "nodes", **more}


def test_the_median_is_where_the_ways_are_shortest(make, ask, street):
    premises = make.premises([(x, 0) for x in LINE], households=[5, 1, 1, 1, 1])
    siting, told = ask(asked(), premises, street, fibre_nodes=nodes_at(make, LINE, "abcde"))
    (row,) = siting.to_dict("records")
    # From a: 1 + 2 + 3 + 4 km; from b: 5 + 1 + 2 + 3.
    assert row["site_id"] == "a"
    assert row["objective"] == pytest.approx(10 * make.stretch, rel=1e-6)
    assert (row["bound"], row["gap"], row["rank"], row["existing"]) == (row["objective"], 0.0, 1, False)
    assert (row["households"], row["median_km"]) == (9, 0.0)
    assert row["furthest_km"] == pytest.approx(4 * make.stretch, rel=1e-6)
    assert told == {}


def test_households_workplaces_or_both_weigh(make, ask, street):
    premises = make.premises([(0, 0), (4000, 0)], households=[3, 0], workplaces=[0, 4])
    nodes = nodes_at(make, [0, 4000], "ab")
    for weight, site in (("households", "a"), ("workplaces", "b"), ("households+workplaces", "b")):
        siting, _ = ask(asked(weight=weight), premises, street, fibre_nodes=nodes)
        assert siting["site_id"].tolist() == [site]


def test_what_is_there_stays_and_new_places_make_ways_shorter(make, ask, street):
    premises = make.premises([(x, 0) for x in LINE])
    points = make.points(["parcel", "grocery"], [(0, 0), (3000, 0)], "pg")
    question = asked(existing=("parcel",), places=1)
    siting, told = ask(
        question, premises, street, service_points=points, fibre_nodes=nodes_at(make, LINE, "abcde")
    )
    assert siting["site_id"].tolist() == ["d", "p"]
    assert siting["existing"].tolist() == [False, True]
    assert siting["households"].tolist() == [3, 2]
    assert siting["objective"].iloc[0] == pytest.approx(3 * make.stretch, rel=1e-6)
    assert told == {}


def test_enough_is_enough(make, ask, street):
    premises = make.premises([(0, 0)])
    named = {"service_points": make.points(["parcel"], [(0, 0)], "p"), "fibre_nodes": nodes_at(make, LINE)}
    for method in ("p_median", "coverage", "all"):
        question = asked(existing=("parcel",), method=method, places=2)
        siting, told = ask(question, premises, street, **named)
        assert siting["site_id"].tolist() == ["p"]
        assert siting["gap"].tolist() == [0.0]
        assert "siting_enough" in told


def test_of_equal_places_the_first_by_id_is_chosen(make, ask, street):
    premises = make.premises([(0, 0), (4000, 0)])
    for ids in ("ab", "ba"):
        siting, _ = ask(asked(), premises, street, fibre_nodes=nodes_at(make, [0, 4000], ids))
        assert siting["site_id"].tolist() == ["a"]


def test_more_places_than_candidates_are_those_that_help(make, ask, street):
    premises = make.premises([(0, 0), (4000, 0)])
    siting, told = ask(asked(places=5), premises, street, fibre_nodes=nodes_at(make, LINE, "abcde"))
    assert siting["site_id"].tolist() == ["a", "e"]
    assert siting["objective"].tolist() == [0.0, 0.0]
    assert told["siting_fewer"] == {"problem": "Q", "places": 5, "chosen": 2}


def test_coverage_reaches_most(make, ask, street):
    premises = make.premises([(x, 0) for x in LINE], households=[1, 1, 1, 1, 7])
    question = asked(method="coverage", reach_km=1.2)
    siting, _ = ask(question, premises, street, fibre_nodes=nodes_at(make, LINE, "abcde"))
    # d and e both reach the last two; all whose nearest it is are told.
    assert siting["site_id"].tolist() == ["d"]
    assert siting[["objective", "bound"]].iloc[0].tolist() == [9.0, 9.0]
    question = asked(method="coverage", reach_km=0.9)
    siting, _ = ask(question, premises, street, fibre_nodes=nodes_at(make, LINE, "abcde"))
    assert siting["site_id"].tolist() == ["e"]


def test_all_takes_as_few_places_as_it_can(make, ask, street):
    premises = make.premises([(x, 0) for x in LINE])
    question = asked(method="all", reach_km=1.2, places=3)
    siting, told = ask(question, premises, street, fibre_nodes=nodes_at(make, LINE, "abcde"))
    assert set(siting["method"]) == {"all"}
    assert siting["objective"].tolist() == siting["bound"].tolist() == [2.0, 2.0]
    assert told == {}


def test_all_with_too_few_places_is_answered_as_coverage(make, ask, street):
    premises = make.premises([(x, 0) for x in LINE])
    question = asked(method="all", reach_km=1.2, places=1)
    siting, told = ask(question, premises, street, fibre_nodes=nodes_at(make, LINE, "abcde"))
    assert siting[["method", "objective"]].to_numpy().tolist() == [["coverage", 3.0]]
    assert told["siting_too_few"] == {"problem": "Q", "places": 1}


def test_who_cannot_be_reached_is_told_and_left_out(make, ask, street):
    premises = make.premises([(0, 0), (9000, 9000)], households=[1, 6])
    siting, told = ask(asked(), premises, street, fibre_nodes=nodes_at(make, [0, 4000], "ab"))
    assert siting[["site_id", "households"]].to_numpy().tolist() == [["a", 1]]
    assert told["siting_unreachable"]["amount"] == 6
    question = asked(method="all", reach_km=1)
    far = make.premises([(2000, 0), (0, 0)], households=[4, 1])
    siting, told = ask(question, far, street, fibre_nodes=nodes_at(make, [0], "a"))
    assert siting["site_id"].tolist() == ["a"]
    assert told["siting_beyond"]["amount"] == 4


def test_nobody_reachable_is_no_new_place(make, ask, street):
    premises = make.premises([(9000, 9000)])
    for method in ("p_median", "coverage", "all"):
        siting, _ = ask(asked(method=method), premises, street, fibre_nodes=nodes_at(make, LINE))
        assert len(siting) == 0


def test_an_island_counts_as_far_as_the_longest_way(make, ask, street):
    island = make.layer("roads", make.lines([(0, 5000), (100, 5000)]), ["i"], road_class="5")
    roads = pd.concat([street, island])
    premises = make.premises([(0, 0), (4000, 0), (50, 5000)], households=[2, 2, 1])
    nodes = make.layer("fibre_nodes", [shapely.Point(p) for p in ((0, 0), (4000, 0), (50, 5000))], "abc")
    siting, _ = ask(asked(), premises, roads, fibre_nodes=nodes)
    # One of the ends saves two households 4 km; the island's place saves one.
    assert siting["site_id"].tolist() == ["a"]
    assert siting["objective"].iloc[0] == pytest.approx((2 * 4 + 4) * make.stretch, rel=1e-5)
    siting, _ = ask(asked(places=3), premises, roads, fibre_nodes=nodes)
    assert sorted(siting["site_id"]) == ["a", "b", "c"]


def test_without_roads_candidates_or_people_there_is_no_answer(make, ask, street):
    premises = make.premises([(0, 0)])
    siting, told = ask(asked(), premises, None, fibre_nodes=nodes_at(make, [0]))
    assert (len(siting), set(told)) == (0, {"service_no_roads"})
    siting, told = ask(asked(), premises, street)
    assert (len(siting), set(told)) == (0, {"siting_no_candidates"})
    nobody = make.premises([(0, 0)], households=[0])
    siting, told = ask(asked(), nobody, street, fibre_nodes=nodes_at(make, [0]))
    assert (len(siting), set(told)) == (0, {"siting_nobody"})
    siting, told = ask(asked(existing=("parcel",)), premises, street, fibre_nodes=nodes_at(make, [0]))
    assert (len(siting), set(told)) == (1, {"siting_no_existing"})
    siting, told = ask([], premises, street)
    assert (len(siting), told) == (0, {})


def test_protected_buildings_are_never_candidates_and_kinds_are_understood(make, ask, street):
    shapes = [shapely.Point(x, 0) for x in (0, 1000, 2000, 3000)]
    kinds = ["hälsocentral", "skyddat boende", "health_centre", "bibliotek"]
    buildings = make.layer(
        "public_buildings", shapes, "abcd", kind=kinds, protected=[False, False, True, False]
    )
    premises = make.premises([(x, 0) for x in LINE])
    question = asked(candidates="public_buildings", places=9)
    siting, _ = ask(question, premises, street, public_buildings=buildings)
    assert sorted(siting["site_id"]) == ["a", "d"]
    question = asked(candidates="public_buildings", candidate_kinds=("health_centre",), places=9)
    siting, _ = ask(question, premises, street, public_buildings=buildings)
    assert sorted(siting["site_id"]) == ["a"]


def test_candidates_are_of_every_sort(make, ask, street):
    premises = make.premises([(x, 0) for x in LINE])
    localities = make.layer(
        "localities",
        [shapely.box(-100, -100, 100, 100), shapely.Point(4000, 0)],
        ["L1", "L2"],
        code=["L1", "L2"],
        name=["Byn", "Fjärran"],
        population=[300.0, 10.0],
    )
    siting, _ = ask(asked(candidates="localities", places=2), premises, street, localities=localities)
    assert sorted(siting["site_id"]) == ["locality:L1", "place:L2"]
    assert sorted(siting["name"]) == ["Byn", "Fjärran"]
    points = make.points(["grocery", "parcel", "fuel"], [(0, 0), (0, 0.5), (4000, 0)], "xyz")
    siting, _ = ask(asked(candidates="service_points", places=3), premises, street, service_points=points)
    assert sorted(siting["site_id"]) == ["x", "z"]
    siting, _ = ask(asked(candidates="roads", places=9), premises, street, localities=localities)
    # Where three roads meet: the crossings inside the road; its ends are bends.
    assert len(siting) == 3
    assert set(siting["name"]) == {"Byn", "Fjärran"}


def test_places_outside_of_the_municipality_will_not_do(make, ask, street):
    area = make.layer("municipalities", [shapely.box(-50, -50, 2500, 50)], ["2513"], code=["2513"])
    premises = make.premises([(2400, 0)], municipality="2513")
    nodes = nodes_at(make, [0, 3500], "ab")
    siting, _ = ask(asked(), premises, street, fibre_nodes=nodes, municipalities=area)
    assert siting["site_id"].tolist() == ["a"]
    assert siting["municipality"].tolist() == ["2513"]


def test_junctions_are_thinned(make):
    study = make.study()
    grid = [[(x, 0), (x, 8000)] for x in range(0, 8001, 200)] + [
        [(0, y), (8000, y)] for y in range(0, 8001, 200)
    ]
    layers = make.layers(roads=make.layer("roads", make.lines(*grid)))
    zones, _ = make.zones(layers, study, make.premises([(0, 0), (8000, 8000)]))
    roads, _ = build_roads(layers, study)
    found = find_candidates(Siting(**asked(candidates="roads")), zones, layers, roads, study)
    assert 100 < len(found) <= MOST_JUNCTIONS
    assert found.index.is_unique


@pytest.fixture(scope="module")
def town(make):
    """Return a town by lot: one-way streets, islands, houses beside them, some in the same place."""

    def build_town(seed):
        random = np.random.default_rng(seed)
        xy = random.integers(0, 30, (14, 2)) * 100.0
        pairs = {tuple(sorted(random.choice(14, 2, replace=False))) for _ in range(20)}
        lines = [[xy[a], xy[b]] for a, b in sorted(pairs) if (xy[a] != xy[b]).any()]
        ways = random.choice(["both", "both", "forward", "backward"], len(lines))
        homes = xy[random.integers(0, 14, 25)] + random.integers(-3, 4, (25, 2)) * 40.0
        sites = xy[random.integers(0, 14, 6)] + random.integers(-2, 3, (6, 2)) * 30.0
        roads = make.layer("roads", make.lines(*lines), road_class="5", oneway=list(ways))
        return roads, make.premises(homes, households=random.integers(0, 5, 25)), sites

    return build_town


@pytest.mark.parametrize("seed", range(4))
def test_ways_are_those_of_service(make, town, seed):
    roads, premises, sites = town(seed)
    study = make.study(("grocery",), place_m=0.0)
    points = make.points(["grocery"] * len(sites), sites)
    layers = make.layers(roads=roads, service_points=points)
    zones, _ = make.zones(layers, study, premises)
    cars, _ = build_roads(layers, study)
    finder = make_finder(premises.geometry.to_numpy(), cars, 1000.0)
    for place in gather_places(gather_points(layers, zones, study)[0]).index:
        alone = make.layers(roads=roads, service_points=points.loc[[place]])
        places = gather_places(gather_points(alone, zones, study)[0])
        _, ways = find_distances(premises, places, cars, study)
        (found,) = finder.find(places.geometry.to_numpy())
        metres = np.where(np.isinf(found.mm[0]), np.nan, found.mm[0] / 1000)
        np.testing.assert_array_equal(metres, ways["grocery"].metres[:, 0])


@pytest.mark.parametrize("seed", range(3))
def test_ways_between_crossings_are_those_of_networkx(make, town, seed):
    roads, _, _ = town(seed)
    study = make.study()
    cars, _ = build_roads(make.layers(roads=roads), study)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(cars.part)))
    columns = (
        cars.metres.tails,
        cars.metres.heads,
        cars.metres.costs,
        cars.metres.forward,
        cars.metres.backward,
    )
    for tail, head, cost, forward, backward in zip(*(column.tolist() for column in columns), strict=True):
        for a, b in [(tail, head)] * forward + [(head, tail)] * backward:
            graph.add_edge(a, b, weight=cost)
    inside = np.unique(np.r_[cars.graph.tails[cars.stops], cars.graph.heads[cars.stops]])
    points = cars.graph.nodes.geometry.to_numpy()[inside]
    finder = make_finder(points, cars, 0.0)
    (found,) = finder.find(points)
    for row, target in enumerate(inside.tolist()):
        lengths = nx.single_source_dijkstra_path_length(graph.reverse(copy=False), target)
        for column, origin in enumerate(inside.tolist()):
            # Crossings in the same place meet; only those of one part are asked about.
            if cars.part[origin] == cars.part[target]:
                assert found.mm[row, column] == lengths[origin]


def solve_by_hand(mm, weight, places, question):
    """Return the best objective over all subsets, from the definition."""
    longest = mm[np.isfinite(mm)].max(initial=0.0) + 1.0
    counted = np.isfinite(mm).any(axis=0)
    values = []
    for size in range(places + 1):
        for some in combinations(range(len(mm)), size):
            nearest = mm[list(some)].min(axis=0, initial=np.inf)
            if question == "p_median":
                values.append((weight * np.where(np.isinf(nearest), longest, nearest))[counted].sum() / 1e6)
            else:
                values.append(-float(weight[nearest <= 700_000].sum()))
    return min(values)


@pytest.mark.parametrize("method", ["p_median", "coverage"])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("squares", [False, True])
def test_answers_are_the_best_of_all_subsets(make, ask, town, seed, method, squares, monkeypatch):
    roads, premises, sites = town(seed)
    if squares:
        monkeypatch.setattr(module, "make_problem", partial(make_problem, most_pairs=30))
    nodes = make.layer("fibre_nodes", [shapely.Point(p) for p in sites])
    siting, told = ask(asked(method=method, places=2, reach_km=0.7), premises, roads, fibre_nodes=nodes)
    cars, _ = build_roads(make.layers(roads=roads), make.study())
    somebody = premises[premises["households"] > 0]
    finder = make_finder(somebody.geometry.to_numpy(), cars, 1000.0)
    mm = np.concatenate([ways.mm for ways in finder.find(nodes.geometry.to_numpy())])
    best = solve_by_hand(mm, somebody["households"].to_numpy(), 2, method)
    sign = 1 if method == "p_median" else -1
    objective, bound = (sign * siting[name].iloc[0] for name in ("objective", "bound"))
    assert bound <= best + 1e-9 <= objective + 2e-9
    assert ("siting_squares" in told) <= squares
    if "siting_squares" not in told:
        assert objective == pytest.approx(best, abs=1e-9)
        assert siting["gap"].iloc[0] == 0.0
    else:
        assert siting["gap"].iloc[0] == pytest.approx(
            abs(objective - bound) / max(abs(objective), abs(bound)), abs=1e-9
        )


@pytest.fixture(scope="module")
def demo(make):
    found = build(municipality="2513", language="en")
    nodes, points = found["fibre_nodes"], found["service_points"]
    layers = make.layers(
        premises=found["premises"],
        municipalities=found["municipalities"].reset_index(),
        localities=found["localities"].reset_index(),
        roads=found["roads"].assign(speed_kmh=np.nan, oneway="both"),
        fibre_nodes=nodes.set_axis([f"n{i}" for i in range(len(nodes))]),
        service_points=points.set_axis([f"s{i}" for i in range(len(points))]),
    )
    study = make.study()
    zones, _ = build_zones(layers, study)
    premises, _ = build_premises(layers, zones, study)
    roads, _ = build_roads(layers, study)
    return layers, study, zones, premises, roads


def test_the_demos_parcel_points_are_the_best_of_all_pairs(make, demo):
    layers, study, zones, premises, roads = demo
    question = Siting(name="P", places=2, candidates="localities", existing=("parcel",))
    siting, _ = find_sites(
        premises, zones, layers, study.model_copy(update={"siting": (question,)}), roads=roads
    )
    places = find_candidates(question, zones, layers, roads, study)
    lived_in = premises[premises["households"] > 0]
    finder = make_finder(lived_in.geometry.to_numpy(), roads, study.services.attach_m)
    points = layers.tables["service_points"]
    there = points[points["kind"] == "parcel"].geometry.to_numpy()
    base, mm = (
        np.concatenate([ways.mm for ways in finder.find(some)])
        for some in (there, places.geometry.to_numpy())
    )
    known = np.isfinite(base.min(axis=0))
    weight, base, mm = lived_in["households"].to_numpy()[known], base.min(axis=0)[known], mm[:, known]
    sums = {
        pair: (np.minimum(base, mm[list(pair)].min(axis=0)) @ weight) / 1e6
        for pair in combinations(range(len(places)), 2)
    }
    best = min(sums, key=sums.get)
    new = siting[~siting["existing"]]
    assert sorted(new["site_id"]) == sorted(places.index[list(best)])
    assert siting["objective"].iloc[0] == pytest.approx(sums[best], rel=1e-12)
    assert siting["gap"].tolist() == [0.0] * len(siting)
    assert siting["rank"].tolist() == list(range(1, len(siting) + 1))


def test_the_demos_data_centre_reaches_most_of_all_nodes(make, demo):
    layers, study, zones, premises, roads = demo
    question = Siting(name="D", method="coverage", reach_km=25.0, candidates="nodes")
    siting, _ = find_sites(
        premises, zones, layers, study.model_copy(update={"siting": (question,)}), roads=roads
    )
    finder = make_finder(premises.geometry.to_numpy(), roads, study.services.attach_m)
    nodes = layers.tables["fibre_nodes"].geometry.to_numpy()
    mm = np.concatenate([ways.mm for ways in finder.find(nodes)])
    reached = (mm <= 25e6) @ premises["households"].to_numpy()
    assert siting["objective"].tolist() == siting["bound"].tolist() == [reached.max()]
