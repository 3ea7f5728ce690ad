"""Answers to routing questions by the plainest means: nothing here shares code with the solver.

Graphs are lists of ``(tail, head, cost)`` with nodes from 0. Brute force looks at every set of nodes (or of
edges), so it is meant for nine nodes or fewer; dynamic programming for ten terminals or fewer.
"""

import gzip
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import combinations
from pathlib import Path

Edge = tuple[int, int, float]

OPTIMA = {
    "009": 15_841_596,
    "067": 30_854_904,
    "121": 279_512_692,
    "129": 177_909_660,
    "139": 207_889_674,
    "191": 976_812_226,
    "195": 1_405_593_856,
    "081": 3_484_028,
    "163": 13_300_990,
    "181": 19_938_744,
    "183": 24_819_583,
}
"""Proven optima of the real instances of PACE 2018, track 3."""


def read_instance(path: Path) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return tails, heads, costs and terminals of a gzipped instance, nodes from 0."""
    edges, terminals = [], []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            word = line.split()
            if word[:1] == ["E"]:
                edges.append((int(word[1]) - 1, int(word[2]) - 1, int(word[3])))
            elif word[:1] == ["T"]:
                terminals.append(int(word[1]) - 1)
    tails, heads, costs = (list(column) for column in zip(*edges, strict=True))
    return tails, heads, costs, terminals


class Groups:
    """Nodes that hang together, after some were joined."""

    def __init__(self, joined: Iterable[int] = ()) -> None:
        self.above: dict[int, int] = {}
        first = None
        for node in joined:
            first = node if first is None else first
            self.join(first, node)

    def find(self, node: int) -> int:
        while self.above.get(node, node) != node:
            node = self.above[node]
        return node

    def join(self, one: int, other: int) -> bool:
        """Join two groups; tell whether they were two."""
        a, b = self.find(one), self.find(other)
        self.above[max(a, b)] = self.above[min(a, b)] = min(a, b)
        return a != b


def price(edges: Sequence[Edge], chosen: Iterable[int]) -> float:
    return sum(edges[number][2] for number in chosen)


def is_forest(edges: Sequence[Edge], chosen: Iterable[int], roots: Iterable[int] = ()) -> bool:
    """Tell whether the chosen edges close no ring, roots being one node."""
    groups = Groups(roots)
    return all(groups.join(*edges[number][:2]) for number in chosen)


def joins(
    edges: Sequence[Edge], chosen: Iterable[int], wanted: Iterable[int], roots: Iterable[int] = ()
) -> bool:
    """Tell whether the chosen edges join all wanted nodes to a root, or without roots to each other."""
    groups = Groups(roots)
    for number in chosen:
        groups.join(*edges[number][:2])
    return len({groups.find(node) for node in [*wanted, *list(roots)[:1]]}) <= 1


def touched(edges: Sequence[Edge], chosen: Iterable[int]) -> set[int]:
    return {node for number in chosen for node in edges[number][:2]}


def ends_are_leaves(
    edges: Sequence[Edge], chosen: Iterable[int], ends: Iterable[int], roots: Iterable[int] = ()
) -> bool:
    """Tell whether each end that is no root has one chosen edge at most, and none to another end."""
    closed = set(ends) - set(roots)
    degree = dict.fromkeys(closed, 0)
    for number in chosen:
        at = closed & set(edges[number][:2])
        if len(at) > 1:
            return False
        for node in at:
            degree[node] += 1
    return all(value <= 1 for value in degree.values())


def every_tree(
    count: int, edges: Sequence[Edge], roots: Iterable[int] = (), ends: Iterable[int] = ()
) -> dict[frozenset[int], float]:
    """Return the cheapest tree on every set of nodes that has one, by its nodes.

    With roots each set holds all of them, joined for nothing; without, the empty tree is among the sets.
    Ends have one edge, to a node that is none.
    """
    roots = set(roots)
    closed = set(ends) - roots
    found: dict[frozenset[int], float] = {} if roots else {frozenset(): 0}
    order = sorted(edges, key=lambda edge: edge[2])
    others = [node for node in range(count) if node not in roots]
    for size in range(len(others) + 1):
        for some in combinations(others, size):
            nodes = roots | set(some)
            cost = _cost_on(order, nodes, closed, roots) if nodes else None
            if cost is not None:
                found[frozenset(nodes)] = cost
    return found


def _cost_on(order: Sequence[Edge], nodes: set[int], closed: set[int], roots: set[int]) -> float | None:
    """Return the cost of the cheapest tree on just these nodes, None where there is none."""
    if len(nodes) == 1:
        return 0
    inner = nodes - closed
    groups, cost, parts = Groups(roots), 0.0, len(inner) - max(len(roots) - 1, 0)
    hung = set()
    for a, b, c in order:
        if a in inner and b in inner:
            if groups.join(a, b):
                cost, parts = cost + c, parts - 1
        elif {a, b} <= nodes and (a in inner) != (b in inner) and a != b:
            end = b if a in inner else a
            if end not in hung:
                hung.add(end)
                cost += c
    return cost if parts == 1 and hung == nodes & closed else None


def best_steiner(trees: dict[frozenset[int], float], terminals: Iterable[int]) -> float | None:
    wanted = set(terminals)
    return min((cost for nodes, cost in trees.items() if wanted <= nodes), default=None)


def collected(nodes: Iterable[int], prizes: Sequence[float]) -> float:
    return sum(prizes[node] for node in nodes)


def best_prize(trees: dict[frozenset[int], float], prizes: Sequence[float]) -> float:
    """Return the least cost of a tree plus the prizes that it leaves."""
    return min(cost + sum(prizes) - collected(nodes, prizes) for nodes, cost in trees.items())


def best_quota(trees: dict[frozenset[int], float], prizes: Sequence[float], quota: float) -> float | None:
    """Return the least cost of a tree that collects the quota, None where none does."""
    return min((cost for nodes, cost in trees.items() if collected(nodes, prizes) >= quota), default=None)


def best_budget(trees: dict[frozenset[int], float], prizes: Sequence[float], budget: float) -> float:
    """Return the most prize of a tree within the budget."""
    return max(collected(nodes, prizes) for nodes, cost in trees.items() if cost <= budget)


def best_steiner_of_few(count: int, edges: Sequence[Edge], terminals: Sequence[int]) -> float:
    """Return the cost of an optimal Steiner tree: dynamic programming over sets of terminals.

    Dreyfus and Wagner (1971) in the form of Erickson, Monma and Veinott (1987): the best tree for a set of
    terminals that ends in a node either branches there into two smaller sets or came along a path.
    """
    near: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for a, b, c in edges:
        near[a].append((b, c))
        near[b].append((a, c))
    last, few = terminals[-1], terminals[:-1]
    best = [[float("inf")] * count for _ in range(1 << len(few))]
    for bit, node in enumerate(few):
        best[1 << bit][node] = 0.0
    for group in range(1, 1 << len(few)):
        row = best[group]
        part = (group - 1) & group
        while part > group ^ part:
            one, other = best[part], best[group ^ part]
            row = [min(c, a + b) for a, b, c in zip(one, other, row, strict=True)]
            part = (part - 1) & group
        best[group] = _spread(near, row)
    return best[-1][last] if few else 0.0


def _spread(near: list[list[tuple[int, float]]], start: list[float]) -> list[float]:
    """Return the least of a start's value and the way there, for each node (Dijkstra)."""
    away = list(start)
    heap = [(value, node) for node, value in enumerate(start) if value < float("inf")]
    heap.sort()
    while heap:
        value, node = heappop(heap)
        if value > away[node]:
            continue
        for other, cost in near[node]:
            if value + cost < away[other]:
                away[other] = value + cost
                heappush(heap, (value + cost, other))
    return away


def twice_joined(edges: Sequence[Edge], chosen: Iterable[int], wanted: Iterable[int]) -> bool:
    """Tell whether all wanted nodes stay joined whichever chosen edge is cut.

    Excused are edges that divide them in the whole graph as well.
    """
    chosen, wanted, every = list(chosen), list(wanted), range(len(edges))
    if not joins(edges, chosen, wanted):
        return False
    return all(
        joins(edges, [other for other in chosen if other != cut], wanted)
        or not joins(edges, [other for other in every if other != cut], wanted)
        for cut in chosen
    )


def best_twice_joined(
    edges: Sequence[Edge], wanted: Sequence[int], given: Iterable[int] = ()
) -> float | None:
    """Return the least cost of edges, the given ones among them, that join wanted nodes twice; or None."""
    given = set(given)
    free = [number for number in range(len(edges)) if number not in given]
    best = None
    for size in range(len(free) + 1):
        for some in combinations(free, size):
            chosen = [*given, *some]
            cost = price(edges, chosen)
            if (best is None or cost < best) and twice_joined(edges, chosen, wanted):
                best = cost
    return best
