"""In which order a plan's branches pay: the best subtree at every price."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from infraplan.routing.arguments import check_amounts
from infraplan.routing.forest import NONE, Forest, check_length
from infraplan.routing.problem import Floats, Ints, Mask


@dataclass(frozen=True)
class Peeling:
    """How the best subtree grows as more is paid for a unit of prize.

    The first bundles, as many as one likes, are the subtree that costs least for what it collects; sums of
    their costs and prizes are the corners of the lower convex hull of all subtrees.

    Attributes
    ----------
    enters
        The price at which each edge enters, inf where no prize lies behind it, shape (m,).
    bundle
        The bundle of each edge, −1 where it never enters, shape (m,).
    cost, prize, price
        Of each bundle: the sums over its edges and the nodes that these lead to, and the price of a unit of
        prize from which it pays, never falling, shapes (k,). A bundle hangs on a root or on earlier bundles.
    given
        Prizes of roots, collected at no cost.
    """

    enters: Floats
    bundle: Ints
    cost: Floats
    prize: Floats
    price: Floats
    given: float


def peel(forest: Forest, costs: ArrayLike, prizes: ArrayLike) -> Peeling:
    """Find for each branch the price of a unit of prize from which the best subtree holds it.

    At a price, a subtree is best whose prizes exceed its costs by most. These subtrees grow with the price.
    The cheapest bundle (by cost for its prize) that is left either hangs on what is there, and enters, or is
    joined to the dearer one that it hangs on, as nobody gets it without that: the decomposition that Horn
    (1972) and Sidney (1975) found for jobs that wait for others. O(m log m).

    Bundles of one price are joined where one hangs on the other; else the one nearer to a root comes first.

    Parameters
    ----------
    forest
        The plan's tree.
    costs
        Of each edge, shape (m,).
    prizes
        Of each node, shape (n,); those outside the forest count for nothing.

    Raises
    ------
    ValueError
        A cost or prize is negative or not finite, or lengths differ.

    Examples
    --------
    >>> from infraplan.routing import grow_forest
    >>> road = grow_forest([0, 1, 1], [1, 2, 3], [0], count=4)
    >>> peeling = peel(road, [6, 1, 8], [0, 0, 4, 2])
    >>> peeling.bundle.tolist(), peeling.cost.tolist(), peeling.prize.tolist(), peeling.price.tolist()
    ([0, 0, 1], [7.0, 8.0], [4.0, 2.0], [1.75, 4.0])
    """
    cost, prize = check_amounts("costs", costs), check_amounts("prizes", prizes)
    check_length("costs", cost, len(forest.child), "the forest's edges")
    check_length("prizes", prize, len(forest.parent), "the forest's nodes")
    top, price, joined = _merge(forest, cost, prize)
    # Rounded sums may undercut an earlier price by the last digit.
    price = np.maximum.accumulate(price)
    number = np.lexsort((forest.rank[top], price))
    bundle = _label(forest, top[number], joined)
    kept = bundle >= 0
    several = len(top)
    roots = forest.order[forest.parent[forest.order] < 0]
    return Peeling(
        np.r_[price[number], inf][bundle],
        bundle,
        _sum_up(bundle[kept], cost[kept], several),
        _sum_up(bundle[kept], prize[forest.child[kept]], several),
        price[number],
        float(prize[roots].sum()),
    )


def _sum_up(bundle: Ints, values: Floats, several: int) -> Floats:
    sums = np.zeros(several, np.float64)
    np.add.at(sums, bundle, values)
    return sums


def _merge(forest: Forest, costs: Floats, prizes: Floats) -> tuple[Ints, Floats, Mask]:
    """Return the uppermost node and the price of each bundle that enters, and which nodes joined another.

    A bundle goes by its uppermost node; ``into`` leads from a node that was joined to the bundle above it.
    """
    above, rank = forest.parent.tolist(), forest.rank.tolist()
    prize = prizes.tolist()
    cost = np.r_[costs, 0.0][forest.parent_edge].tolist()
    into = list(range(len(above)))
    there = (forest.parent < 0).tolist()
    price = [_divide(c, p) for c, p in zip(cost, prize, strict=True)]
    # Of equal ones the deepest first: it is joined to what it hangs on before that enters.
    heap = [(price[x], -rank[x], x) for x in forest.order.tolist() if not there[x] and price[x] < inf]
    heapify(heap)
    tops, prices = [], []
    while heap:
        now, _, x = heappop(heap)
        if there[x] or into[x] != x or price[x] != now:
            continue
        top = _find(into, above[x])
        if there[top]:
            there[x] = True
            tops.append(x)
            prices.append(now)
            continue
        into[x] = top
        cost[top] += cost[x]
        prize[top] += prize[x]
        price[top] = _divide(cost[top], prize[top])
        heappush(heap, (price[top], -rank[top], top))
    joined = np.array(into, np.int64) != np.arange(len(into))
    return np.array(tops, np.int64), np.array(prices, np.float64), joined


def _divide(cost: float, prize: float) -> float:
    return cost / prize if prize > 0 else inf


def _find(into: list[int], x: int) -> int:
    """Return the uppermost node of the bundle of a node, halving the way to it."""
    while into[x] != x:
        into[x] = into[into[x]]
        x = into[x]
    return x


def _label(forest: Forest, tops: Ints, joined: Mask) -> Ints:
    """Return the bundle of each edge: its own below an uppermost node, that of the edge above if joined."""
    number = np.full(len(forest.parent), NONE, np.int64)
    number[tops] = np.arange(len(tops))
    bundle, above, follows = number.tolist(), forest.parent.tolist(), joined.tolist()
    for x in forest.order.tolist():
        if follows[x]:
            bundle[x] = bundle[above[x]]
    return np.array(bundle, np.int64)[forest.child]
