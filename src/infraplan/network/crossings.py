"""How often each trench crosses roads, railways, water and power lines."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from infraplan.config import LayerName
from infraplan.layers.read import Layers
from infraplan.network.graph import RouteGraph
from infraplan.network.lines import GRID_M, Floats, Ints, Lines
from infraplan.network.snap import find_ground

_BORE_M = 30.0
"""What is crossed again within this distance is bored in one go, as tracks side by side."""
_TOUCH_M = 0.01
"""What is met nearer than this to an end of an edge is met at its node."""
_PASSED = 2
"""Ends of edges at a node that is no junction; and ends of a path."""
_STRAIGHT = 1e-6
"""Sine of the angle below which a drop leads straight on from its road, to neither side."""

_LAYERS: dict[str, LayerName] = {
    "cross_railway": "railways",
    "cross_water": "water",
    "cross_power_line": "power_lines",
}


def count_crossings(graph: RouteGraph, layers: Layers) -> pd.DataFrame:
    """Count what each edge crosses.

    Railways, water and power lines. A crossing is a place, or a stretch along or within: a lake is crossed
    once. Crossings no more than 30 m apart along the trench are one, bored in one go: tracks side by side, a
    line drawn twice, a stream and the lake that it runs through. So are those on both sides of a node that
    joins just two edges (drops aside), and all that meet at one node: cutting an edge changes no sum. Such a
    crossing is counted for the lowest-numbered of its edges. Where an edge ends, and no other begins, a touch
    is no crossing. Edges on bridges cross too, for the duct hangs on the bridge; those in tunnels do not.

    Roads are crossed by drops and links alone: the side roads of a road are in the price of its metre. They
    cross roads on the ground wherever they meet them between their own ends. A trench lies on that side of a
    road on which most of its premises lie, the left one if they are even; a drop to the other side crosses
    the road that it starts from once more.

    Returns
    -------
    DataFrame
        Columns cross_road, cross_railway, cross_water and cross_power_line, int64, on the index of the edges.
    """
    lines = graph.edges.geometry.to_numpy()
    counts = {"cross_road": _count_met_roads(graph, lines) + _count_own_roads(graph, lines)}
    tree = shapely.STRtree(lines)
    open_air = graph.edges["level"].to_numpy() >= 0
    for column, layer in _LAYERS.items():
        table = layers.get(layer)
        met = _find_met(tree, lines, np.empty(0, object) if table is None else table.geometry.to_numpy())
        met = met.take(open_air[met.edge])
        counts[column] = _count_once(graph, shapely.length(lines), met)
    return pd.DataFrame(counts, index=graph.edges.index)


@dataclass(frozen=True)
class _Met:
    """Stretches of edges that meet something, from ``begin_m`` to ``end_m`` along them; shapes (k,)."""

    edge: Ints
    begin_m: Floats
    end_m: Floats

    def take(self, rows: NDArray[np.bool_]) -> "_Met":
        return _Met(self.edge[rows], self.begin_m[rows], self.end_m[rows])

    def gather(self, lengths: Floats, gap_m: float) -> "_Met":
        """Return the stretches by edge and along it, those no more than a gap apart as one."""
        # On one axis, with more than the gap between any two edges.
        base = np.cumsum(lengths + gap_m + 1.0) - lengths
        order = np.lexsort((self.begin_m, self.edge))
        begin, end, edge = self.begin_m[order], self.end_m[order], self.edge[order]
        reach = np.maximum.accumulate(base[edge] + end)
        first = np.flatnonzero(np.r_[True, (base[edge] + begin)[1:] - reach[:-1] > gap_m][: len(edge)])
        last = np.r_[first[1:], len(edge)][: len(first)] - 1
        return _Met(edge[first], begin[first], reach[last] - base[edge[last]])


def _find_met(tree: shapely.STRtree, lines: Lines, shapes: Lines) -> _Met:
    """Find where edges meet lines, and which stretches of them lie within areas."""
    parts = shapely.get_parts(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    thin, wide = (parts[shapely.get_dimensions(parts) == dimension] for dimension in (1, 2))
    at_lines, in_areas = _meet_lines(tree, lines, thin), _find_within(tree, lines, wide)
    return _Met(
        np.r_[at_lines.edge, in_areas.edge],
        np.r_[at_lines.begin_m, in_areas.begin_m],
        np.r_[at_lines.end_m, in_areas.end_m],
    )


def _meet_lines(tree: shapely.STRtree, lines: Lines, others: Lines) -> _Met:
    """Find where edges meet other lines, or run along them."""
    # Span by span: a shore may have a hundred thousand vertices.
    xy, owner = shapely.get_coordinates(others, return_index=True)
    start = np.flatnonzero(owner[1:] == owner[:-1])
    spans = shapely.linestrings(np.stack([xy[start], xy[start + 1]], axis=1))
    span, edge = tree.query(spans, predicate="dwithin", distance=GRID_M)
    return _meet(lines, edge, spans, span)


def _find_within(tree: shapely.STRtree, lines: Lines, areas: Lines) -> _Met:
    """Find the stretches of edges within areas: between two borders each is in or out as its middle is."""
    borders = _meet_lines(tree, lines, shapely.get_parts(shapely.boundary(areas)))
    near = np.unique(tree.query(areas)[1])
    edge = np.r_[near, near, borders.edge, borders.edge]
    at = np.r_[np.zeros(len(near)), shapely.length(lines[near]), borders.begin_m, borders.end_m]
    order = np.lexsort((at, edge))
    edge, at = edge[order], at[order]
    real = np.flatnonzero((np.diff(edge) == 0) & (np.diff(at) > _TOUCH_M))
    edge, begin, end = edge[real], at[real], at[real + 1]
    middles = shapely.line_interpolate_point(lines[edge], (begin + end) / 2)
    # Areas ask, not middles: what asks is prepared.
    within = np.unique(shapely.STRtree(middles).query(areas, predicate="intersects")[1])
    return _Met(edge[within], begin[within], end[within])


@dataclass(frozen=True)
class _Spans:
    """The straight spans of lines, in order; ``first`` and ``count`` say which are those of each line."""

    start: Floats
    step: Floats
    along_m: Floats
    first: Ints
    count: Ints

    @classmethod
    def of(cls, lines: Lines) -> Self:
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        rows = np.flatnonzero((owner[1:] == owner[:-1]) & (np.diff(xy, axis=0) != 0.0).any(axis=1))
        step, owner = xy[rows + 1] - xy[rows], owner[rows]
        count = np.bincount(owner, minlength=len(lines))
        first = np.cumsum(count) - count
        before = np.r_[0.0, np.cumsum(np.hypot(*step.T))]
        return cls(xy[rows], step, before[:-1] - before[first[owner]], first, count)

    def expand(self, lines: Ints) -> tuple[Ints, Ints]:
        """Return a row a span of each of the lines: which of them, and the span."""
        count = self.count[lines]
        which = np.repeat(np.arange(len(lines)), count)
        number = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        return which, self.first[lines][which] + number


def _meet(lines: Lines, edge: Ints, others: Lines, other: Ints) -> _Met:
    """Find where each edge meets the other line of its pair.

    To the millimetre, which overlays of exact geometry are not: an edge that was cut no longer lies exactly
    on what it ran along.
    """
    ours, theirs = _Spans.of(lines), _Spans.of(others)
    pair, mine = ours.expand(edge)
    row, its = theirs.expand(other[pair])
    pair, mine = pair[row], mine[row]
    begin, end = _touch(ours.start[mine], ours.step[mine], theirs.start[its], theirs.step[its])
    met = begin <= end
    span, along_m = np.hypot(*ours.step[mine[met]].T), ours.along_m[mine[met]]
    return _Met(edge[pair[met]], along_m + begin[met] * span, along_m + end[met] * span)


def _touch(start: Floats, step: Floats, other: Floats, its_step: Floats) -> tuple[Floats, Floats]:
    """Return between which parts, 0–1, of one span another touches it; ∞ and −∞ where it does not.

    Spans that touch cross, or an end of one lies on the other; where they run together, two ends do.
    """

    def project(offset: Floats, onto: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        part = np.clip((offset * onto).sum(axis=1) / (onto**2).sum(axis=1), 0.0, 1.0)
        return part, np.hypot(*(offset - part[:, None] * onto).T) <= GRID_M

    offset = other - start
    turn = _cross(step, its_step)
    slanting = np.where(turn == 0.0, np.inf, turn)
    ours, its = _cross(offset, its_step) / slanting, _cross(offset, step) / slanting
    crosses = (turn != 0.0) & (ours >= 0.0) & (ours <= 1.0) & (its >= 0.0) & (its <= 1.0)
    part = [ours, *(np.full(len(turn), end) for end in (0.0, 1.0))]
    touches = [crosses, project(-offset, its_step)[1], project(step - offset, its_step)[1]]
    for end in (offset, offset + its_step):
        at, near = project(end, step)
        part.append(at)
        touches.append(near)
    places, real = np.stack(part), np.stack(touches)
    return np.where(real, places, np.inf).min(axis=0), np.where(real, places, -np.inf).max(axis=0)


def _cross(first: Floats, second: Floats) -> Floats:
    return np.asarray(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])


def _count_once(graph: RouteGraph, lengths: Floats, met: _Met) -> Ints:
    """Count the crossings of each edge, those that go on over a node for the lowest-numbered edge alone."""
    met = met.gather(lengths, _BORE_M)
    shared = np.bincount(np.r_[graph.tails, graph.heads], minlength=len(graph.nodes)) > 1
    # No trench goes on from premises, however many drops may lead there.
    shared &= (graph.nodes["kind"] == "road").to_numpy()
    nodes, touches = _find_ends(graph, lengths, met)
    loose = (touches & ~shared[nodes]).any(axis=0) & (met.end_m - met.begin_m <= _TOUCH_M)
    met = met.take(~loose)
    nodes, touches = _find_ends(graph, lengths, met)
    end, crossing = np.nonzero(touches & shared[nodes])
    first, second = _find_bored_on(graph, lengths, met)
    size = len(met.edge) + len(graph.nodes)
    rows, columns = np.r_[crossing, first], np.r_[len(met.edge) + nodes[end, crossing], second]
    joined = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size))
    label = connected_components(joined, directed=False)[1][: len(met.edge)]
    lowest = np.unique(label, return_index=True)[1]
    return np.bincount(met.edge[lowest], minlength=len(graph.edges))


def _find_ends(graph: RouteGraph, lengths: Floats, met: _Met) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the nodes at both ends of each stretch's edge, and whether it touches them; shapes (2, k)."""
    nodes = np.stack([graph.tails[met.edge], graph.heads[met.edge]])
    return nodes, np.stack([met.begin_m, lengths[met.edge] - met.end_m]) <= _TOUCH_M


def _find_bored_on(graph: RouteGraph, lengths: Floats, met: _Met) -> tuple[Ints, Ints]:
    """Return pairs of stretches on different edges with no more than ``_BORE_M`` and no junction between.

    Between them lie the rest of their edges and perhaps whole short edges; these, joined at nodes where just
    two edges meet, are paths with at most one stretch at either end.
    """
    goes_on = (graph.edges["kind"] != "drop").to_numpy()
    meeting = np.r_[graph.tails[goes_on], graph.heads[goes_on]]
    passed = np.bincount(meeting, minlength=len(graph.nodes)) == _PASSED
    bare = goes_on & (graph.edges["level"] >= 0).to_numpy() & (lengths <= _BORE_M)
    bare[met.edge] = False
    between = np.flatnonzero(bare)
    parts, label = _join_edges(graph, between, passed)

    outer = np.flatnonzero(np.r_[True, np.diff(met.edge) != 0][: len(met.edge)])
    inner = np.r_[outer[1:], len(met.edge)][: len(outer)] - 1
    stretch = np.r_[outer, inner]
    node = np.r_[graph.tails[met.edge[outer]], graph.heads[met.edge[inner]]]
    away_m = np.r_[met.begin_m[outer], lengths[met.edge[inner]] - met.end_m[inner]]
    reaches = passed[node] & goes_on[met.edge[stretch]] & (away_m <= _BORE_M)
    stretch, away_m, part = stretch[reaches], away_m[reaches], label[len(between) + node[reaches]]
    total_m = np.bincount(
        np.r_[label[: len(between)], part], weights=np.r_[lengths[between], away_m], minlength=parts
    )
    near = (np.bincount(part, minlength=parts) == _PASSED) & (total_m <= _BORE_M)
    stretch, part = stretch[near[part]], part[near[part]]
    first, second = stretch[np.argsort(part, kind="stable")].reshape(-1, 2).T
    return first, second


def _join_edges(graph: RouteGraph, edges: Ints, passed: NDArray[np.bool_]) -> tuple[int, Ints]:
    """Join edges at the nodes that are passed; return the number of parts, and each edge's and node's."""
    ends = np.r_[graph.tails[edges], graph.heads[edges]]
    rows = np.tile(np.arange(len(edges)), 2)[passed[ends]]
    columns = len(edges) + ends[passed[ends]]
    size = len(edges) + len(graph.nodes)
    joined = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size))
    parts, label = connected_components(joined, directed=False)
    return int(parts), label


def _count_met_roads(graph: RouteGraph, lines: Lines) -> Ints:
    """Count the places at which drops and links cross roads between their own ends."""
    cross = np.flatnonzero(graph.edges["kind"] != "road")
    roads = lines[find_ground(graph)]
    edge, road = shapely.STRtree(roads).query(lines[cross], predicate="dwithin", distance=GRID_M)
    lengths = shapely.length(lines)
    met = _meet(lines, cross[edge], roads, road).gather(lengths, _TOUCH_M)
    met = met.take((met.begin_m > _TOUCH_M) & (met.end_m < lengths[met.edge] - _TOUCH_M))
    return np.bincount(met.edge, minlength=len(lines))


def _count_own_roads(graph: RouteGraph, lines: Lines) -> Ints:
    """Count for each drop whether it crosses the road that it starts from, to reach the side of the few."""
    drop, road, left = _find_sides(graph, lines)
    side = pd.DataFrame({"road": road, "left": left, "premises": graph.heads[drop]}).drop_duplicates()
    majority = np.bincount(side["road"], weights=np.where(side["left"], 1, -1)) >= 0
    return np.bincount(drop[left != majority[road]], minlength=len(lines))


def _find_sides(graph: RouteGraph, lines: Lines) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return the drops that leave a road to a side, the number of that road, and whether it is the left.

    Where several roads meet, a drop starts from that of the lowest-numbered edge. At a bend it leaves both
    edges; the sum of their directions tells the sides apart.
    """
    drop = np.flatnonzero(graph.edges["kind"] == "drop")
    ground = find_ground(graph)
    node = np.r_[graph.tails[ground], graph.heads[ground]]
    ahead = np.vstack([_find_direction(lines[ground], 0, 1), _find_direction(lines[ground], -2, -1)])
    road = np.tile(pd.factorize(graph.edges["road_id"].iloc[ground])[0], 2)
    foot = np.isin(node, graph.tails[drop])
    ends = pd.DataFrame(
        {"node": node, "edge": np.tile(ground, 2), "road": road, "x": ahead[:, 0], "y": ahead[:, 1]}
    )
    ends = ends[foot].sort_values(["node", "edge"])
    ends = ends[ends["road"] == ends.groupby("node")["road"].transform("first")]
    feet = ends.groupby("node").agg({"road": "first", "x": "sum", "y": "sum"})

    drop = drop[np.isin(graph.tails[drop], feet.index)]
    feet = feet.loc[graph.tails[drop]]
    away = _find_direction(lines[drop], 0, -1)
    sine = feet["x"].to_numpy() * away[:, 1] - feet["y"].to_numpy() * away[:, 0]
    aside = np.abs(sine) > _STRAIGHT
    return drop[aside], feet["road"].to_numpy()[aside], sine[aside] > 0.0


def _find_direction(lines: Lines, start: int, stop: int) -> Floats:
    """Return the unit vector from one vertex of each line to another, shape (n, 2); zero where they agree."""
    step = np.subtract(*(shapely.get_coordinates(shapely.get_point(lines, end)) for end in (stop, start)))
    return np.asarray(step / np.maximum(np.hypot(*step.T), GRID_M)[:, None])
