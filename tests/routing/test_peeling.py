"""The best subtree at every price, against all subtrees of small trees."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from woods import every_subtree, lower_nodes, rows, ways_up, woods

from infraplan.routing import grow_forest, peel


def solve(wood, costs, prizes):
    tails, heads, roots, count = wood
    return peel(grow_forest(tails, heads, roots, count=count), costs, prizes)


def draw_case(data, wood):
    return data.draw(rows(wood, 0, 8))[0], data.draw(rows(wood, 0, 4))[1]


def weigh(wood, costs, prizes, chosen):
    """Return the prize and the cost of a subtree, what its roots have included."""
    lower = lower_nodes(wood)
    prize = sum(prizes[root] for root in wood[2]) + sum(prizes[lower[edge]] for edge in chosen)
    return prize, sum(costs[edge] for edge in chosen)


def lower_hull(points):
    """Return the corners of the lower convex hull from the point of least prize to that of most."""
    cheapest = {}
    for prize, cost in points:
        cheapest[prize] = min(cost, cheapest.get(prize, cost))
    hull = []
    for x, y in sorted(cheapest.items()):
        while len(hull) > 1 and (hull[-1][1] - hull[-2][1]) * (x - hull[-1][0]) >= (y - hull[-1][1]) * (
            hull[-1][0] - hull[-2][0]
        ):
            hull.pop()
        hull.append((x, y))
    return hull


@settings(deadline=None)
@given(woods(), st.data())
def test_bundles_are_the_lower_hull_of_all_subtrees(wood, data):
    costs, prizes = draw_case(data, wood)
    peeling = solve(wood, costs, prizes)
    corners = [(peeling.given, 0.0)]
    for number in range(len(peeling.price)):
        if number and peeling.price[number] == peeling.price[number - 1]:
            corners.pop()
        whole = slice(number + 1)
        corners.append((peeling.given + peeling.prize[whole].sum(), peeling.cost[whole].sum()))
    assert corners == lower_hull(weigh(wood, costs, prizes, chosen) for chosen in every_subtree(wood))


@settings(deadline=None)
@given(woods(7), st.data())
def test_kept_edges_are_best_at_every_price(wood, data):
    costs, prizes = draw_case(data, wood)
    peeling = solve(wood, costs, prizes)
    weights = [(chosen, *weigh(wood, costs, prizes, chosen)) for chosen in every_subtree(wood)]
    # Prices of a branch are fractions of small numbers: between two of them lies one of these.
    for price in {Fraction(n, 60) for n in range(0, 500, 7)} | {
        Fraction(p).limit_denominator(99) for p in peeling.price.tolist()
    }:
        kept = {edge for edge, enters in enumerate(peeling.enters) if enters <= float(price)}
        best = max(price * prize - cost for _, prize, cost in weights)
        prize, cost = weigh(wood, costs, prizes, kept)
        assert price * prize - cost == best
        # Of all that are best it collects most.
        assert prize == max(prize for _, prize, cost in weights if price * prize - cost == best)


@given(woods(), st.data())
def test_bundles_hang_on_earlier_ones_and_add_up(wood, data):
    costs, prizes = draw_case(data, wood)
    peeling = solve(wood, costs, prizes)
    ways, lower = ways_up(wood), lower_nodes(wood)
    begins = [0] * len(peeling.price)
    for edge, bundle in enumerate(peeling.bundle.tolist()):
        above = ways[lower[edge]][0][1:2]
        if bundle < 0:
            assert peeling.enters[edge] == np.inf
            assert not any(prizes[x] for x, (edges, _) in ways.items() if edge in edges)
            continue
        assert peeling.enters[edge] == peeling.price[bundle]
        begins[bundle] += not above or peeling.bundle[above[0]] != bundle
        if above and peeling.bundle[above[0]] != bundle:
            assert 0 <= peeling.bundle[above[0]] < bundle
            assert peeling.enters[above[0]] < peeling.enters[edge]
    assert begins == [1] * len(begins)
    assert (np.diff(peeling.price) >= 0).all()
    assert (peeling.prize > 0).all()
    assert (peeling.cost / peeling.prize).tolist() == peeling.price.tolist()
    for bundle in range(len(begins)):
        edges = np.flatnonzero(peeling.bundle == bundle).tolist()
        assert peeling.cost[bundle] == sum(costs[edge] for edge in edges)
        assert peeling.prize[bundle] == sum(prizes[lower[edge]] for edge in edges)
    assert peeling.given == sum(prizes[root] for root in wood[2])


def test_broken_amounts_keep_prices_rising():
    random = np.random.default_rng(3)
    below = np.arange(1, 400)
    forest = grow_forest((random.random(399) * below).astype(int), below, [0], count=400)
    peeling = peel(forest, random.random(399).round(1), random.random(400).round(1))
    assert (np.diff(peeling.price) >= 0).all()
    np.testing.assert_allclose(peeling.cost / peeling.prize, peeling.price)


@pytest.mark.parametrize(
    ("tails", "roots", "prizes", "bundle", "price"),
    [
        ([], [], [2, 2, 2, 2], [], []),
        ([0, 1, 2], [0], [9, 0, 0, 0], [-1, -1, -1], []),
        ([0, 1, 2], [0], [9, 0, 0, 1], [0, 0, 0], [6.0]),
        ([0, 1, 2], [0], [0, 1, 1, 1], [0, 1, 2], [1.0, 2.0, 3.0]),
        ([0, 0, 0], [0], [0, 1, 2, 3], [0, 1, 2], [1.0, 1.0, 1.0]),
        ([0, 1, 1], [0], [0, 1, 2, 3], [0, 0, 0], [1.0]),
    ],
)
def test_nothing_a_path_a_star_and_ties(tails, roots, prizes, bundle, price):
    heads = list(range(1, len(tails) + 1))
    peeling = peel(grow_forest(tails, heads, roots, count=4), [1, 2, 3][: len(tails)], prizes)
    assert peeling.bundle.tolist() == bundle
    assert peeling.price.tolist() == price
    assert peeling.given == sum(prizes[root] for root in roots)


def test_what_costs_nothing_comes_first():
    forest = grow_forest([0, 1, 0, 3], [1, 2, 3, 4], [0], count=5)
    peeling = peel(forest, [0, 0, 0, 5], [0, 0, 3, 0, 1])
    assert peeling.bundle.tolist() == [0, 0, 1, 1]
    assert peeling.price.tolist() == [0.0, 5.0]


def test_long_path_enters_at_once_from_its_far_end():
    count = 100_000
    forest = grow_forest(np.arange(count - 1), np.arange(1, count), [0], count=count)
    peeling = peel(forest, np.ones(count - 1), np.arange(count))
    assert peeling.price.tolist() == [2 / count]
    assert not peeling.bundle.any()


@pytest.mark.parametrize(
    ("costs", "prizes", "message"),
    [
        ([-1], [0, 0], r"costs\[0\] is -1"),
        ([1], [0, np.inf], r"prizes\[1\] is inf"),
        ([1, 1], [0, 0], r"costs has shape \(2,\)"),
        ([1], [0], r"prizes has shape \(1,\)"),
    ],
)
def test_refuses_broken_amounts(costs, prizes, message):
    with pytest.raises(ValueError, match=message):
        peel(grow_forest([0], [1], [0], count=2), costs, prizes)
