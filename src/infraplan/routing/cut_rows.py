"""Directed cuts of a part in which a tree collects prizes: the rows of its linear programme."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array, hstack, vstack

from infraplan.routing.cut_kernels import find_short
from infraplan.routing.graph import Graph, Mask, find_twins
from infraplan.routing.linear import Sides
from infraplan.routing.prizes import Part
from infraplan.routing.problem import Floats, Ints

_UNITS = 1 << 20
"""Whole units in an arc that is chosen: flows are exact."""
_SLACK = 1e-3
"""By which a row must fail to be worth it."""
_MOST = 1 << 18
"""Arcs of all cuts of one round."""


@dataclass(frozen=True)
class Frame:
    """What the columns are: each arc, then for each node whether the tree leaves it out.

    Attributes
    ----------
    part, graph, root
        Where the tree lies, at what edges really cost, and where it begins.
    twins, owner
        The arc of the same edge at its other end, and the node into which an arc leads, shape (2m,).
    usable
        Arcs that a tree away from the root may use, shape (2m,).
    prized
        Whether a node may be wanted, shape (n,).
    """

    part: Part
    graph: Graph
    root: int
    twins: NDArray[np.int64]
    owner: Ints
    usable: Mask
    prized: Mask


def make_frame(part: Part, root: int) -> Frame:
    """Return the columns of a part."""
    graph = part.without_tolls()
    owner = np.repeat(np.arange(len(part.names)), np.diff(graph.starts))
    usable = (owner != root) & ~part.ends[graph.nodes]
    prized = part.prizes > 0
    prized[root] = False
    twins = part.run(find_twins)(graph.starts, graph.edges)
    return Frame(part, graph, root, twins, owner, usable, prized)


def limit_columns(frame: Frame) -> tuple[Sides, Sides]:
    """Return the least and the most of each column."""
    left = ~frame.part.must
    left[frame.root] = False
    high = np.r_[frame.usable, left].astype(np.int8)
    return np.zeros(len(high), np.int8), high


def begin_rows(frame: Frame) -> tuple[csr_array, Floats, Floats]:
    """Return the rows of single nodes, and the least and the most of each.

    One arc leads into a node that is not left out, and as much or more out of one without a prize (Koch &
    Martin 1998).
    """
    inner, outer = _count_arcs(frame)
    count = inner.shape[0]
    entered = np.flatnonzero(np.arange(count) != frame.root)
    passed = np.flatnonzero((np.arange(count) != frame.root) & ~frame.prized & (np.diff(inner.indptr) > 0))
    one = hstack([inner, eye_array(count, dtype=np.int64)], format="csr")[entered]
    through = hstack([outer - inner, csr_array((count, count), dtype=np.int64)], format="csr")[passed]
    matrix = csr_array(vstack([one, through], format="csr", dtype=np.int64))
    least = np.r_[np.ones(len(entered)), np.zeros(len(passed))]
    return matrix, least, np.r_[np.ones(len(entered)), np.full(len(passed), np.inf)]


def _count_arcs(frame: Frame) -> tuple[csr_array, csr_array]:
    """Return matrices that count the usable arcs into each node and out of it, shapes (n, 2m)."""
    arcs = np.flatnonzero(frame.usable)
    shape = (len(frame.part.names), len(frame.owner))
    ones = np.ones(len(arcs), np.int64)
    inner = csr_array((ones, (frame.owner[arcs], arcs)), shape=shape)
    return inner, csr_array((ones, (frame.graph.nodes[arcs], arcs)), shape=shape)


def separate(frame: Frame, shares: Floats, wanted: Mask) -> tuple[csr_array, Floats, Floats, int]:
    """Return rows that do not hold, the least and most of each, and the work: cuts around wanted nodes.

    Each set of nodes without the root is entered as often as any node in it. Among those of an arc out of a
    node by another than its own edge.
    """
    arcs = len(frame.owner)
    ways = np.where(frame.usable, np.clip(shares[:arcs], 0.0, 1.0), 0.0)
    needs = 1.0 - shares[arcs:]
    targets = np.argsort(-needs, kind="stable")
    targets = targets[wanted[targets] & (needs[targets] > _SLACK)]
    # A unit more in each arc: of cuts with as little room those with few arcs are found.
    room = np.round(ways * _UNITS).astype(np.int64) + frame.usable
    owner, ends, found, work = frame.part.run(find_short)(
        frame.graph,
        frame.twins,
        room,
        targets.astype(np.int32),
        ((needs[targets] - _SLACK) * _UNITS).astype(np.int64),
        (frame.root, _MOST),
    )
    row = np.repeat(np.arange(len(ends)), np.diff(np.r_[0, ends]))
    kept = frame.usable[found]
    places = np.r_[row[kept], np.arange(len(ends))], np.r_[found[kept], arcs + owner.astype(np.int64)]
    cuts = csr_array((np.ones(len(places[0]), np.int64), places), shape=(len(ends), len(shares)))
    passing = _find_passing(frame, ways)
    matrix = csr_array(vstack([cuts, passing], format="csr", dtype=np.int64))
    least = np.r_[np.ones(len(ends)), np.zeros(passing.shape[0])]
    return matrix, least, np.full(len(least), np.inf), int(work)


def _find_passing(frame: Frame, ways: Floats) -> csr_array:
    """Return rows for arcs that take more than what comes into their node from elsewhere."""
    source, owner, arcs = frame.graph.nodes, frame.owner, len(frame.owner)
    into = np.bincount(owner, weights=ways, minlength=len(frame.part.names))
    short = np.flatnonzero(
        (ways - (into[source] - ways[frame.twins]) > _SLACK) & (source != frame.root) & frame.usable
    )
    inner = _count_arcs(frame)[0]
    width = arcs + len(frame.part.names)
    own = csr_array(
        (np.ones(len(short), np.int64), (np.arange(len(short)), short)), shape=(len(short), width)
    )
    back = csr_array(
        (frame.usable[frame.twins[short]].astype(np.int64), (np.arange(len(short)), frame.twins[short])),
        shape=(len(short), width),
    )
    wide = hstack([inner, csr_array((inner.shape[0], width - arcs), dtype=np.int64)], format="csr")
    rows = csr_array(wide[source[short]] - own - back)
    rows.eliminate_zeros()
    return rows
