"""Nearest sources against networkx, which knows nothing of labels: one search a source."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.routing.graph import FAR
from infraplan.routing.nearest import (
    Places,
    find_at_nodes,
    find_at_places,
    find_nearest,
    find_parts,
    make_streets,
    search_nearest,
)

COMPILED, INTERPRETED = 0, 1 << 60
"""Values of ``small`` that choose the path."""


def places(rows):
    table = np.array(rows, np.int64).reshape(-1, 3)
    return Places(*table.T)


def ways_by_networkx(case):
    """Return cost and number of each source from each origin: every place is a node, every edge cut there."""
    count, edges, targets, sources, origins = case
    graph = nx.DiGraph()
    graph.add_nodes_from(("node", x) for x in range(count))

    def add(one, other, cost):
        if not graph.has_edge(one, other) or graph[one][other]["cost"] > cost:
            graph.add_edge(one, other, cost=cost)

    for number, (tail, head, cost, forward, backward) in enumerate(edges):
        cuts = sorted({0, cost, *(along for edge, along, _ in (*targets, *origins) if edge == number)})
        graph.add_nodes_from(("place", number, along) for along in cuts)
        for end, node in ((0, tail), (cost, head)):
            add(("place", number, end), ("node", node), 0)
            add(("node", node), ("place", number, end), 0)
        for one, other in pairwise(cuts):
            if forward:
                add(("place", number, one), ("place", number, other), other - one)
            if backward:
                add(("place", number, other), ("place", number, one), other - one)
    for source, (edge, along, away) in zip(sources, targets, strict=True):
        add(("place", edge, along), ("source", source), away)
    found = []
    for edge, along, away in origins:
        cost = nx.single_source_dijkstra_path_length(graph, ("place", edge, along), weight="cost")
        found.append(sorted((cost[x] + away, x[1]) for x in cost if x[0] == "source"))
    return found


def solve(case, k, small):
    count, edges, targets, sources, origins = case
    tails, heads, costs, forward, backward = (list(column) for column in zip(*edges, strict=True))
    streets = make_streets(
        count, tails, heads, costs, forward=np.array(forward, bool), backward=np.array(backward, bool)
    )
    search = search_nearest(streets, places(targets), sources, k=k, small=small)
    found = find_at_places(search, places(origins), small=small)
    return [
        [(int(cost), int(source)) for cost, source in zip(costs, row, strict=True) if source >= 0]
        for row, costs in zip(found.sources, found.costs, strict=True)
    ]


@st.composite
def cases(draw):
    """Draw small graphs with many ties, parallel edges, loops, islands and one-way streets."""
    count = draw(st.integers(1, 7))
    node = st.integers(0, count - 1)
    way = st.sampled_from([(True, True), (True, True), (True, False), (False, True), (False, False)])
    drawn = draw(st.lists(st.tuples(node, node, st.integers(0, 4), way), min_size=1, max_size=12))
    # Which end a place on an edge of no length lies at is not said: such edges may be gone both ways.
    edges = [(*rest, cost, *(ways if cost else (True, True))) for *rest, cost, ways in drawn]

    def draw_places(most, least=0):
        numbers = draw(st.lists(st.integers(0, len(edges) - 1), min_size=least, max_size=most))
        return [(e, draw(st.integers(0, edges[e][2])), draw(st.integers(0, 2))) for e in numbers]

    targets, origins = draw_places(6), draw_places(6, 1)
    sources = [draw(st.integers(0, 3)) for _ in targets]
    return count, edges, targets, sources, origins


@settings(max_examples=300)
@given(cases(), st.integers(1, 4))
def test_nearest_sources_are_those_of_networkx(case, k):
    oracle = [row[:k] for row in ways_by_networkx(case)]
    assert solve(case, k, COMPILED) == oracle
    assert solve(case, k, INTERPRETED) == oracle


@pytest.mark.parametrize("one_way", [False, True])
def test_a_town_is_as_networkx_says(one_way):
    random = np.random.default_rng(3)
    count, many = 400, 900
    ends = random.integers(0, count, (many, 2))
    # Costs of few kinds tie often.
    costs = random.integers(0, 4, many)
    forward = random.random(many) < 0.8 if one_way else np.ones(many, bool)
    backward = random.random(many) < 0.8 if one_way else np.ones(many, bool)
    streets = make_streets(count, *ends.T, costs, forward=forward, backward=backward)
    edge = random.integers(0, many, 30)
    targets = Places(edge, np.zeros(30, np.int64), random.integers(0, 3, 30))
    sources = random.permutation(30) // 2
    graph = nx.DiGraph()
    graph.add_nodes_from(range(count))
    for (tail, head), cost, ahead, back in zip(ends.tolist(), costs.tolist(), forward, backward, strict=True):
        for one, other, free in ((tail, head, ahead), (head, tail, back)):
            if free and (not graph.has_edge(one, other) or graph[one][other]["cost"] > cost):
                graph.add_edge(one, other, cost=cost)
    turned = graph.reverse()
    best = [[] for _ in range(count)]
    for source in range(15):
        reach = {}
        for at, away in zip(ends[edge, 0][sources == source], targets.away[sources == source], strict=True):
            for x, cost in nx.single_source_dijkstra_path_length(turned, int(at), weight="cost").items():
                reach[x] = min(reach.get(x, 1 << 60), cost + int(away))
        for x, cost in reach.items():
            best[x].append((cost, source))
    found = find_at_nodes(search_nearest(streets, targets, sources, k=3))
    for x, row in enumerate(best):
        expected = [*sorted(row)[:3], *[(int(FAR), -1)] * 3][:3]
        assert list(zip(found.costs[x].tolist(), found.sources[x].tolist(), strict=True)) == expected


def test_of_equally_near_sources_the_lowest_is_first():
    street = make_streets(3, [0, 1], [1, 2], [5, 5])
    both = Places(np.array([0, 1]), np.array([0, 5]), np.array([0, 0]))
    middle = Places(np.array([0]), np.array([5]), np.array([0]))
    for sources in ([0, 1], [1, 0]):
        assert find_nearest(street, both, sources, middle).sources.tolist() == [[0, 1]]


def test_a_source_at_several_places_is_one():
    street = make_streets(2, [0], [1], [9])
    shops = places([(0, 1, 0), (0, 3, 0), (0, 9, 0)])
    found = find_nearest(street, shops, [0, 0, 1], places([(0, 2, 0)]))
    assert found.sources.tolist() == [[0, 1]]
    assert found.costs.tolist() == [[1, 7]]


def test_one_way_is_gone_round():
    """A ring of four streets of 10, one way: what lies just behind is nearly a whole round away."""
    ring = make_streets(4, [0, 1, 2, 3], [1, 2, 3, 0], [10] * 4, backward=np.zeros(4, bool))
    found = find_nearest(ring, places([(0, 4, 0)]), [0], places([(0, 5, 0), (0, 3, 0), (3, 10, 2)]), k=1)
    assert found.costs.ravel().tolist() == [39, 1, 6]
    assert find_parts(ring).tolist() == [0, 0, 0, 0]


def test_a_place_at_the_end_of_a_one_way_street_is_the_crossing():
    streets = make_streets(3, [0, 1], [1, 2], [4, 6], backward=np.array([False, True]))
    found = find_nearest(streets, places([(1, 6, 0)]), [0], places([(0, 4, 0), (0, 0, 0)]), k=1)
    assert found.costs.ravel().tolist() == [6, 10]


def test_nobody_and_nothing():
    street = make_streets(2, [0], [1], [9])
    nothing = places([])
    found = find_nearest(street, nothing, [], places([(0, 4, 0)]))
    assert found.sources.tolist() == [[-1, -1]]
    assert found.costs.tolist() == [[FAR, FAR]]
    assert find_nearest(street, places([(0, 1, 0)]), [0], nothing).sources.shape == (0, 2)
    empty = make_streets(0, [], [], [])
    assert find_at_nodes(search_nearest(empty, nothing, [])).costs.shape == (0, 2)
    assert find_parts(empty).tolist() == []


def test_parts_are_left_by_no_street_that_cannot_be_gone_back():
    forward_only = make_streets(5, [0, 1, 3], [1, 2, 4], [1, 1, 1], backward=np.array([True, False, True]))
    assert find_parts(forward_only).tolist() == [0, 0, 1, 2, 2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"targets": [(1, 0, 0)]}, "targets"),
        ({"targets": [(0, 10, 0)]}, "beyond the end"),
        ({"targets": [(0, -1, 0)]}, "targets.along"),
        ({"origins": [(0, 0, -1)]}, "places.away"),
        ({"sources": [0, 1]}, "sources has 2 values"),
        ({"sources": [-1]}, "sources"),
        ({"k": 0}, "k is 0"),
        ({"sources": [1 << 59]}, "larger unit"),
    ],
)
def test_wrong_numbers_are_refused(change, said):
    given = {"targets": [(0, 1, 0)], "sources": [0], "origins": [(0, 1, 0)], "k": 2} | change
    street = make_streets(2, [0], [1], [9])
    with pytest.raises(ValueError, match=said):
        find_nearest(
            street, places(given["targets"]), given["sources"], places(given["origins"]), k=given["k"]
        )


@pytest.mark.parametrize(
    ("numbers", "ways", "said"),
    [
        (([0], [1], [1.5]), {}, "whole"),
        (([0], [2], [1]), {}, "heads"),
        (([0], [1], [1, 2]), {}, "costs has 2 values"),
        (([0], [1], [1]), {"forward": np.array([1])}, "yes or no"),
        (([0], [1], [1]), {"backward": np.array([True, False])}, "yes or no"),
    ],
)
def test_wrong_streets_are_refused(numbers, ways, said):
    with pytest.raises(ValueError, match=said):
        make_streets(2, *numbers, **ways)
