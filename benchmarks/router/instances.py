"""Graphs to route on: real ones beside the checkout, and made ones that a seed and a size tell all about."""

import gzip
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DATA = Path(__file__).parents[3] / "shared" / "data" / "steiner"
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
"""Proven optima of the real graphs, PACE 2018 track 3."""
PRIZE_OPTIMA = {"009": 9_776_685, "067": 18_375_064, "121": 172_441_073}
"""Proven least costs and prizes left, with the households that ``draw_households`` draws.

Found by ``steiner_tree`` itself, with time: each prize is an end that hangs on its node, or on a root at its
worth. That of 129 is between 104 641 538 and 104 655 451.
"""
MILLION = "towns-648-50000"
"""A million edges."""
ROOTS = 5
"""Nodes of a real graph that are made the network that is there, where prizes are collected."""


class Graph(NamedTuple):
    """Edges ``(tail, head, cost)``, shape (m, 3), and the nodes to be joined."""

    edges: Ints
    terminals: Ints


class Households(NamedTuple):
    """Households at each node, shape (n,), none at the roots; and the roots."""

    counts: Floats
    roots: Ints


def read_graph(name: str) -> Graph:
    """Return a real graph by its number, or a made one: ``towns-560-50000``, ``towns-560-50000-mixed``."""
    if not name.startswith("towns"):
        return read_file(DATA / f"pace2018_track3_{name}.gr.gz")
    side, houses, *how = name.split("-")[1:]
    towns = max(int(houses) // 125, 1)
    graph = make_towns(int(side), int(houses), towns=towns)
    return relabel(graph) if how else graph


def read_file(path: Path) -> Graph:
    """Return the graph of a gzipped file in the format of PACE 2018; nodes keep their numbers."""
    with gzip.open(path, "rt") as lines:
        words = [line.split() for line in lines]
    edges = np.array([word[1:] for word in words if word[:1] == ["E"]], np.int64)
    return Graph(edges, np.array([int(word[1]) for word in words if word[:1] == ["T"]], np.int64))


def make_towns(side: int, houses: int, *, towns: int = 400, cut: float = 0.28, seed: int = 1) -> Graph:
    """Return roads with houses along them, most of them in towns.

    Roads are a grid of ``side`` by ``side`` crossings about 100 m apart, bent, with gaps that leave it whole;
    a metre costs 35, 60 or 110 by its surface. A road is as likely to get a house as it is near to towns.
    Houses stand 3–25 m off the road at 40 a metre, and some roads have a node that is nothing.
    """
    random = np.random.default_rng(seed)
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    x = 100 * (column + random.normal(0, 0.22, column.shape)).ravel()
    y = 100 * (row + random.normal(0, 0.22, row.shape)).ravel()
    roads = join_grid(side)
    tail, head = roads.T
    metres = np.hypot(x[tail] - x[head], y[tail] - y[head])
    metres *= 1 + random.exponential(0.12, len(roads))
    lots = random.random(len(roads)) + 1
    whole = minimum_spanning_tree(csr_array((lots, (tail, head)), shape=(side**2, side**2))).tocoo()
    kept = np.isin(tail * side**2 + head, whole.row.astype(np.int64) * side**2 + whole.col)
    kept |= random.random(len(roads)) > 2 * cut
    roads, metres = roads[kept], metres[kept]
    costs = metres * random.choice([35.0, 60.0, 110.0], len(roads), p=[0.35, 0.45, 0.2])
    middle = np.c_[x[roads].mean(axis=1), y[roads].mean(axis=1)]
    crowd = spread_towns(middle, side, towns, random)
    at = np.sort(random.choice(len(roads), houses, p=crowd / crowd.sum()))
    bends = random.integers(0, 2, len(roads))
    return add_houses(roads, costs, bends, np.bincount(at, minlength=len(roads)), random)


def join_grid(side: int) -> Ints:
    """Return pairs of neighbours, rows first."""
    number = np.arange(side * side).reshape(side, side)
    across = np.c_[number[:, :-1].ravel(), number[:, 1:].ravel()]
    return np.r_[across, np.c_[number[:-1].ravel(), number[1:].ravel()]]


def spread_towns(places: Floats, side: int, towns: int, random: np.random.Generator) -> Floats:
    """Return how crowded each place is: a little everywhere, and bells of towns, few of them large."""
    centres = random.random((towns, 2)) * side * 100
    widths, weights = random.lognormal(6.3, 0.6, towns), random.pareto(1.2, towns) + 0.2
    order = np.argsort(places[:, 0])
    places, crowd = places[order], np.full(len(places), 0.02)
    for centre, width, weight in zip(centres, widths, weights, strict=True):
        strip = slice(*np.searchsorted(places[:, 0], centre[0] + 4 * width * np.array([-1, 1])))
        away = ((places[strip] - centre) ** 2).sum(axis=1) / (2 * width * width)
        crowd[strip] += np.where(away < 8, weight * np.exp(-away), 0.0)
    return crowd[np.argsort(order)]


def add_houses(roads: Ints, costs: Floats, bends: Ints, houses: Ints, random: np.random.Generator) -> Graph:
    """Return the graph in which each road is cut at its houses and bends, and each house is led in."""
    points = bends + houses
    # By lot, road after road: where its points are, then how far off its houses stand.
    draws = points + houses
    lots = random.random(draws.sum())
    road = np.repeat(np.arange(len(roads)), draws)
    turn = count_within(draws)
    is_point = turn < points[road]
    at, off = road[is_point], lots[~is_point]
    share = lots[is_point][np.lexsort((lots[is_point], at))]
    # Numbers rise along a road; each point that has a house is followed by the house.
    rank = count_within(points)
    housed = rank < houses[at]
    first = len(roads) and int(roads.max()) + 1
    number = first + np.arange(len(at)) + np.cumsum(housed) - housed
    starts = np.flatnonzero(rank == 0)
    before, since = np.r_[0, number[:-1]], np.r_[0.0, share[:-1]]
    before[starts], since[starts] = roads[at[starts], 0], 0.0
    last, reached = roads[:, 0].copy(), np.zeros(len(roads))
    ends = np.r_[starts[1:], len(at)] - 1
    last[at[ends]], reached[at[ends]] = number[ends], share[ends]
    along = np.c_[before, number, costs[at] * (share - since) + 1]
    lead = np.c_[number[housed], number[housed] + 1, (3 + 22 * off) * 40]
    rest = np.c_[last, roads[:, 1], costs * (1 - reached) + 1]
    edges = np.r_[along, lead, rest]
    edges[:, 2] = np.round(edges[:, 2]).clip(1)
    return Graph(edges.astype(np.int64), number[housed] + 1)


def count_within(sizes: Ints) -> Ints:
    """Return 0, 1, … for each of some groups, one after another."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def relabel(graph: Graph, seed: int = 1) -> Graph:
    """Return the graph with its nodes numbered by lot."""
    name = np.random.default_rng(seed).permutation(int(graph.edges[:, :2].max()) + 1)
    return Graph(np.c_[name[graph.edges[:, :2]], graph.edges[:, 2]], name[graph.terminals])


def crop(graph: Graph, count: int) -> Graph:
    """Return so many nodes around a terminal, less what bridges lead to; all of them are to be joined."""
    tail, head, cost = graph.edges.T
    size = int(max(tail.max(), head.max())) + 1
    roads = csr_array((cost, (tail, head)), shape=(size, size))
    near = breadth_first_order(roads, graph.terminals[0], directed=False, return_predecessors=False)[:count]
    inside = graph.edges[np.isin(tail, near) & np.isin(head, near)]
    roads = nx.Graph(inside[:, :2].tolist())
    roads.remove_edges_from(list(nx.bridges(roads)))
    part = np.array(sorted(max(nx.connected_components(roads), key=len)))
    return Graph(inside[np.isin(inside[:, 0], part) & np.isin(inside[:, 1], part)], part)


def draw_households(graph: Graph, seed: int = 0) -> Households:
    """Return households at the terminals, by lot, but for a few terminals that are roots."""
    random = np.random.default_rng(seed)
    counts = np.zeros(int(graph.edges[:, :2].max()) + 1)
    terminals = graph.terminals
    counts[terminals] = np.maximum(1, np.round(random.lognormal(1.0, 1.0, len(terminals))))
    roots = random.choice(terminals, ROOTS, replace=False)
    counts[roots] = 0
    return Households(counts, roots)


def draw_graph(count: int, seed: int) -> Graph:
    """Return a ring of so many nodes with twice as many chords, costs by lot; all nodes are to be joined."""
    random = np.random.default_rng(seed)
    order = random.permutation(count)
    chords = random.integers(0, count, (2 * count, 2))
    pairs = np.unique(np.sort(np.r_[np.c_[order, np.roll(order, 1)], chords], axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return Graph(np.c_[pairs, random.integers(1, 100, len(pairs))], np.arange(count))
