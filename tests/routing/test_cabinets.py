"""Cabinets on a forest, against all ways to place them on small ones."""

from collections import Counter
from itertools import product
from math import ceil, inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from woods import rows, ways_up, woods

from infraplan.routing import grow_forest, place_cabinets


def place(wood, lengths, demand, **options):
    tails, heads, roots, count = wood
    return place_cabinets(grow_forest(tails, heads, roots, count=count), lengths, demand, **options)


def list_stands(wood, lengths, node, reach_m, closed):
    """Return where a cabinet for a node may stand, from it upwards, and whether it is near enough."""
    if node not in ways_up(wood):
        return [], False
    edges, nodes = ways_up(wood)[node]
    away = [sum(lengths[edge] for edge in edges[:number]) for number in range(len(nodes))]
    stands = [(x, far) for x, far in zip(nodes, away, strict=True) if x not in closed]
    near = [x for x, far in stands if far <= reach_m]
    return (near, True) if near else ([x for x, _ in stands[:1]], False)


def draw_case(data, wood, most_demand):
    lengths = data.draw(rows(wood, 0, 5))[0]
    demand = data.draw(rows(wood, 0, most_demand))[1]
    closed = data.draw(st.lists(st.integers(0, wood[3] - 1), max_size=4))
    reach_m = data.draw(st.one_of(st.integers(0, 15), st.just(inf)))
    return lengths, demand, {"closed": closed, "reach_m": reach_m}


@settings(deadline=None)
@given(woods(12), st.data())
def test_every_limit_is_kept_or_named(wood, data):
    lengths, demand, options = draw_case(data, wood, 4)
    most = data.draw(st.integers(1, 9))
    placed = place(wood, lengths, demand, most=most, **options)
    ways = ways_up(wood)
    too_far, too_many = [], []
    load = [0] * len(placed.node)
    for node, several in enumerate(demand):
        stands, near = list_stands(wood, lengths, node, **options)
        if not several:
            assert placed.cabinet[node] == -1
            continue
        too_far += [] if near else [node]
        if not stands:
            assert placed.cabinet[node] == -1
            assert np.isnan(placed.distance_m[node])
            continue
        too_many += [node] if several > most else []
        cabinet = placed.cabinet[node]
        load[cabinet] += several
        assert placed.node[cabinet] in stands
        between = ways[node][1].index(placed.node[cabinet])
        assert placed.distance_m[node] == sum(lengths[edge] for edge in ways[node][0][:between])
    assert placed.load.tolist() == load
    assert placed.too_far.tolist() == too_far
    assert placed.too_many.tolist() == too_many
    for number, several in enumerate(load):
        nodes = np.flatnonzero(placed.cabinet == number).tolist()
        assert 0 < several <= most or (len(nodes) == 1 and nodes[0] in too_many)


@settings(deadline=None)
@given(woods(7), st.data())
def test_for_the_distance_alone_no_fewer_serve_all(wood, data):
    lengths, demand, options = draw_case(data, wood, 1)
    placed = place(wood, lengths, demand, most=inf, **options)
    ranges = [
        set(stands)
        for node, several in enumerate(demand)
        if several and (stands := list_stands(wood, lengths, node, **options)[0])
    ]
    nodes = [node for node in range(wood[3]) if node not in options["closed"]]
    fewest = min(
        sum(taken)
        for taken in product([0, 1], repeat=len(nodes))
        if all(any(take and x in stands for take, x in zip(taken, nodes, strict=True)) for stands in ranges)
    )
    assert len(placed.node) == fewest


@settings(deadline=None, max_examples=300)
@given(woods(6), st.data(), st.integers(1, 3))
def test_of_single_premises_no_fewer_serve_all_within_both_limits(wood, data, most):
    lengths, demand, options = draw_case(data, wood, 1)
    placed = place(wood, lengths, demand, most=most, **options)
    ranges = [
        stands
        for node, several in enumerate(demand)
        if several and (stands := list_stands(wood, lengths, node, **options)[0])
    ]
    fewest = min(
        sum(ceil(several / most) for several in Counter(choice).values()) for choice in product(*ranges)
    )
    assert len(placed.node) == fewest


@settings(deadline=None)
@given(woods(12), st.data(), st.integers(1, 9))
def test_cabinets_stand_as_low_as_all_that_they_serve_allow(wood, data, most):
    lengths, demand, options = draw_case(data, wood, 3)
    placed = place(wood, lengths, demand, most=most, **options)
    ways = ways_up(wood)
    for number, stand in enumerate(placed.node.tolist()):
        served = np.flatnonzero(placed.cabinet == number).tolist()
        common = [x for x in ways[served[0]][1] if all(x in ways[node][1] for node in served)]
        assert next(x for x in common if x not in options["closed"]) == stand
    depth = [len(ways[node][0]) for node in placed.node.tolist()]
    assert depth == sorted(depth)


@pytest.mark.parametrize("most", [1, 7, 48, 1_000_000])
def test_as_few_as_can_be_where_all_are_near(most):
    random = np.random.default_rng(1)
    below = np.arange(1, 5_000)
    forest = grow_forest((random.random(4_999) * below).astype(int), below, [0], count=5_000)
    demand = random.integers(0, 2, 5_000)
    placed = place_cabinets(forest, np.ones(4_999), demand, most=most, reach_m=inf)
    assert len(placed.node) == ceil(demand.sum() / most)
    mixed = place_cabinets(
        forest, np.ones(4_999), demand * random.integers(1, 8, 5_000), most=48, reach_m=inf
    )
    assert len(mixed.node) <= 1.02 * ceil(mixed.load.sum() / 48)


def test_long_path_has_a_cabinet_every_reach():
    count = 100_000
    forest = grow_forest(np.arange(count - 1), np.arange(1, count), [0], count=count)
    placed = place_cabinets(forest, np.ones(count - 1), np.ones(count, int), most=inf, reach_m=99)
    assert placed.node.tolist() == list(range(0, count, 100))
    assert placed.distance_m.max() == 99


def test_star_is_served_from_its_root():
    forest = grow_forest(np.zeros(9, int), np.arange(1, 10), [0], count=10)
    placed = place_cabinets(forest, np.full(9, 50.0), [0] + [1] * 9, most=4, reach_m=50, closed=range(1, 10))
    assert placed.node.tolist() == [0, 0, 0]
    assert placed.load.tolist() == [4, 4, 1]


def test_houses_out_of_reach_or_without_an_open_node_are_named():
    forest = grow_forest([0, 1, 3], [1, 2, 4], [0, 3], count=6)
    placed = place_cabinets(forest, [10, 90, 5], [0, 0, 3, 0, 1, 2], most=48, reach_m=50, closed=[2, 3, 4])
    assert placed.node.tolist() == [1]
    assert placed.cabinet.tolist() == [-1, -1, 0, -1, -1, -1]
    assert placed.distance_m[2] == 90
    assert placed.too_far.tolist() == [2, 4, 5]


def test_a_block_with_more_than_a_cabinet_takes_has_one_alone():
    forest = grow_forest([0, 1, 1], [1, 2, 3], [0], count=4)
    placed = place_cabinets(forest, [5, 5, 5], [1, 0, 60, 2], most=48, reach_m=100)
    assert placed.too_many.tolist() == [2]
    assert placed.load[placed.cabinet[[2, 0, 3]]].tolist() == [60, 3, 3]


def test_nothing_needs_no_cabinet():
    for roots, count in (([], 0), ([1], 2)):
        placed = place_cabinets(
            grow_forest([], [], roots, count=count), [], [0] * count, most=48, reach_m=1500
        )
        assert (len(placed.node), len(placed.too_far)) == (0, 0)
        assert placed.cabinet.tolist() == [-1] * count
    alone = place_cabinets(grow_forest([], [], [1], count=2), [], [0, 3], most=48, reach_m=0)
    assert alone.node.tolist() == [1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"demand": [0, 0.5]}, r"demand\[1\] is 0\.5: premises are whole numbers"),
        ({"demand": [0, -1]}, r"demand\[1\] is -1"),
        ({"demand": [1]}, r"demand has shape \(1,\)"),
        ({"lengths": [1, 2]}, r"lengths has shape \(2,\)"),
        ({"most": 0}, "most is 0: a cabinet takes one"),
        ({"most": np.nan}, "most is nan"),
        ({"reach_m": -1}, "reach_m is -1"),
        ({"closed": [2]}, r"closed\[0\] is 2"),
    ],
)
def test_refuses_what_is_no_question(change, message):
    forest = grow_forest([0], [1], [0], count=2)
    given_ = {"lengths": [1], "demand": [0, 1], "most": 48, "reach_m": 100.0} | change
    with pytest.raises(ValueError, match=message):
        place_cabinets(forest, **given_)
