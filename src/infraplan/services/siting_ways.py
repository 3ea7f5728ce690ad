"""Ways along the roads from many premises to each of many places, some places at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from infraplan.network.lines import Floats, Ints, Lines
from infraplan.services.distance import join_places
from infraplan.services.roads import CarRoads, Stops, find_stops, make_places, take_stops

_CELLS = 4_000_000
"""Ways that are held at once."""


class Ways(NamedTuple):
    """Ways to some places: the first of them, and millimetres, infinite for none; shape (places, origins)."""

    first: int
    mm: Floats


@dataclass(frozen=True)
class WayFinder:
    """The way from each origin to each place.

    A way begins at the nearest road of the origin from which the place can be reached, and ends where the
    place meets the roads, as ways to service do; the straight ways to and from the roads are part of it.

    Attributes
    ----------
    roads
        The roads that cars use.
    points, stops
        The origins, and where they meet the roads.
    reach_m
        How far from any road a place may be.
    """

    roads: CarRoads
    points: Lines
    stops: Stops
    reach_m: float

    @property
    def origins(self) -> int:
        """How many origins there are."""
        return len(self.points)

    def find(self, points: Lines, *, limit_mm: float = np.inf) -> Iterator[Ways]:
        """Yield the ways to points, some points at a time; ways longer than the limit may be missing."""
        joined = join_places(points, self.roads, self.reach_m)
        matrix, nodes = _build_matrix(self.roads, joined, len(points))
        ends = _find_ends(self.roads, self.stops)
        step = max(1, _CELLS // max(len(self.stops.point), nodes, 1))
        for first in range(0, len(points), step):
            which = np.arange(first, min(first + step, len(points)))
            known = dijkstra(matrix, indices=nodes + which, limit=limit_mm)[:, :nodes]
            mm = np.minimum(known[:, ends.tail] + ends.back, known[:, ends.head] + ends.ahead)
            _meet_on_edge(mm, self.roads, self.stops, take_stops(joined, _rows_of(joined, which)), first)
            yield Ways(first, self._take_first(mm))

    def _take_first(self, mm: Floats) -> Floats:
        """Return for each origin the way from the nearest of its stops that has one."""
        point = self.stops.point
        rank = np.arange(len(point)) - np.searchsorted(point, point)
        found = np.full((len(mm), self.origins), np.inf)
        found[:, point[rank == 0]] = mm[:, rank == 0]
        for turn in range(1, int(rank.max(initial=0)) + 1):
            rows = np.flatnonzero(rank == turn)
            own = found[:, point[rows]]
            found[:, point[rows]] = np.where(np.isinf(own), mm[:, rows], own)
        return found


class _Ends(NamedTuple):
    """What the way from a stop to the tail and the head of its edge costs, infinite where it cannot go."""

    tail: Ints
    head: Ints
    back: Floats
    ahead: Floats


def make_finder(origins: Lines, roads: CarRoads, reach_m: float) -> WayFinder:
    """Return what finds the ways from points."""
    return WayFinder(roads, origins, find_stops(origins, roads, reach_m), reach_m)


def _build_matrix(roads: CarRoads, joined: Stops, count: int) -> tuple[csr_array, int]:
    """Return the arcs against the way that they are gone, with a node a place after those of the roads."""
    streets = roads.metres
    nodes = len(streets.starts) - 1
    places = make_places(joined, roads, minutes=False)
    edge, along = places.edges, places.along
    left = streets.costs[edge] - along
    # At an end of its edge a place is that node, whichever way the edge may be gone.
    ahead = streets.forward[edge] | (along == 0)
    back = streets.backward[edge] | ((left == 0) & (along > 0))
    place = nodes + joined.point
    rows = np.r_[np.repeat(np.arange(nodes), np.diff(streets.starts)), place[ahead], place[back]]
    columns = np.r_[streets.nodes, streets.tails[edge[ahead]], streets.heads[edge[back]]]
    costs = np.r_[
        streets.costs[streets.edges], (along + places.away)[ahead], (left + places.away)[back]
    ].astype(np.float64)
    order = np.lexsort((costs, columns, rows))
    rows, columns, costs = rows[order], columns[order], costs[order]
    # Of parallel arcs the shortest: a sparse matrix would add them up.
    first = np.r_[np.True_, (np.diff(rows) != 0) | (np.diff(columns) != 0)][: len(rows)]
    starts = np.searchsorted(rows[first], np.arange(nodes + count + 1))
    shape = (nodes + count, nodes + count)
    return csr_array((costs[first], columns[first], starts), shape=shape), nodes


def _find_ends(roads: CarRoads, stops: Stops) -> _Ends:
    streets, places = roads.metres, make_places(stops, roads, minutes=False)
    edge, along, away = places
    left = streets.costs[edge] - along
    back = np.where(streets.backward[edge] | (along == 0), along + away, np.inf)
    ahead = np.where(streets.forward[edge] | (left == 0), left + away, np.inf)
    return _Ends(streets.tails[edge].astype(np.int64), streets.heads[edge].astype(np.int64), back, ahead)


def _rows_of(joined: Stops, which: Ints) -> Ints:
    begin, end = np.searchsorted(joined.point, [which[0], which[-1] + 1])
    return np.arange(begin, end)


def _meet_on_edge(mm: Floats, roads: CarRoads, stops: Stops, joined: Stops, first: int) -> None:
    """Enter ways along one edge, which pass none of its ends."""
    streets = roads.metres
    here, there = make_places(stops, roads, minutes=False), make_places(joined, roads, minutes=False)
    order = np.argsort(here.edges, kind="stable")
    begin, end = (np.searchsorted(here.edges[order], there.edges, side) for side in ("left", "right"))
    place = np.repeat(np.arange(len(there.edges)), end - begin)
    offset = np.arange(len(place)) - np.repeat(np.cumsum(end - begin) - (end - begin), end - begin)
    stop = order[begin[place] + offset]
    forth = there.along[place] - here.along[stop]
    edge = there.edges[place]
    allowed = np.where(forth >= 0, streets.forward[edge], streets.backward[edge]) | (forth == 0)
    cost = np.where(allowed, np.abs(forth) + here.away[stop] + there.away[place], np.inf)
    np.minimum.at(mm, (joined.point[place] - first, stop), cost)
