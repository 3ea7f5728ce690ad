"""A bound for networks without bridges: the linear programme of all cuts, and which edges it rules out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from infraplan.routing.graph import Costs, Mask, Nodes
from infraplan.routing.problem import Floats, Ints
from infraplan.routing.ring_flow_kernels import find_cuts
from infraplan.routing.ring_reduce import Network

_UNITS = 1 << 20
"""Whole units in an edge that is chosen: flows are exact."""
_SLACK = 1e-4
"""By which a cut must be short to be worth a row."""


@dataclass(frozen=True)
class Rows:
    """Inequalities that hold for some cheapest network: ``matrix @ x >= needs``.

    Attributes
    ----------
    matrix
        Whole numbers, shape (rows, m).
    needs
        Edges needed across a cut, or nought for what keeps edges from ending nowhere, shape (rows,).
    """

    matrix: csr_array
    needs: Costs

    def take(self, chosen: NDArray[np.bool_]) -> "Rows":
        """Return some of the rows."""
        return Rows(self.matrix[np.flatnonzero(chosen)], self.needs[chosen])

    def join(self, other: "Rows") -> "Rows":
        """Return these rows and others."""
        return Rows(
            csr_array(vstack([self.matrix, other.matrix], format="csr", dtype=np.int64)),
            np.r_[self.needs, other.needs],
        )


@dataclass(frozen=True)
class Answer:
    """What a linear programme says.

    Attributes
    ----------
    shares
        How much of each edge it takes, shape (m,).
    spare
        Of each edge's cost what no row has asked for; below nought where more was asked, shape (m,).
    bound
        No network within the limits costs less, in whole units.
    tight
        Rows that bind, shape (rows,).
    steps
        What it took to solve it.
    """

    shares: Floats
    spare: Costs
    bound: int
    tight: Mask
    steps: int


def begin_rows(network: Network, ends: Nodes, edges: Nodes) -> Rows:
    """Return some cuts, as where each ends and their edges, and those around single wanted nodes."""
    graph = network.graph
    lengths = np.diff(graph.starts)
    arcs = np.repeat(network.wanted, lengths)
    single = _make_cuts(graph.edges[arcs], np.cumsum(lengths[network.wanted]), len(graph.costs))
    return single.join(_make_cuts(edges, ends, len(graph.costs)))


def _make_cuts(edges: NDArray[np.integer], ends: NDArray[np.integer], width: int) -> Rows:
    matrix = csr_array(
        (np.ones(len(edges), np.int64), edges, np.r_[0, ends].astype(np.int64)), shape=(len(ends), width)
    )
    return Rows(matrix, np.full(len(ends), 2))


def separate(network: Network, shares: Floats) -> Rows:
    """Return inequalities that do not hold: cuts, and nodes at which something ends."""
    dangling = _find_dangling(network, shares)
    room = np.round(np.clip(shares, 0.0, 1.0) * _UNITS).astype(np.int64)
    need = int((2.0 - _SLACK) * _UNITS)
    ends, edges = network.run(find_cuts)(network.graph, room, network.wanted, network.start, need)
    return _make_cuts(edges, ends, len(shares)).join(dangling)


def _find_dangling(network: Network, shares: Floats) -> Rows:
    """Return rows for nodes not wanted with an edge that is taken more than all others of the node.

    A cheapest network without needless edges has none that ends there.
    """
    graph = network.graph
    count = len(network.wanted)
    node = np.repeat(np.arange(count), np.diff(graph.starts))
    total = np.bincount(node, weights=shares[graph.edges], minlength=count)
    settled = network.wanted | (np.bincount(node, weights=network.given[graph.edges], minlength=count) > 0)
    arcs = np.flatnonzero((2.0 * shares[graph.edges] > total[node] + _SLACK) & ~settled[node])
    lengths = np.diff(graph.starts)[node[arcs]]
    ends = np.cumsum(lengths)
    places = np.repeat(graph.starts[node[arcs]] - (ends - lengths), lengths) + np.arange(lengths.sum())
    edges = graph.edges[places]
    values = np.where(edges == np.repeat(graph.edges[arcs], lengths), -1, 1)
    matrix = csr_array((values.astype(np.int64), edges, np.r_[0, ends]), shape=(len(arcs), len(shares)))
    return Rows(matrix, np.zeros(len(arcs), np.int64))


def move_rows(rows: Rows, old: Network, new: Network) -> Rows:
    """Return the rows in a network that was restricted.

    A chain crosses a cut if an odd number of its edges does: the nodes inside can be on whichever side.
    """
    kept = np.flatnonzero(old.member >= 0)
    place = np.full(len(old.given), -1)
    place[old.member[kept]] = new.member[kept]
    inside = np.flatnonzero(place >= 0)
    shape = (len(old.given), len(new.given))
    moved = rows.matrix @ csr_array((np.ones(len(inside), np.int64), (inside, place[inside])), shape=shape)
    moved = csr_array(moved)
    cut = np.repeat(rows.needs > 0, np.diff(moved.indptr))
    moved.data[cut] %= 2
    moved.eliminate_zeros()
    says = (rows.needs > 0) | (moved.min(axis=1).toarray().ravel() < 0)
    return Rows(moved, rows.needs).take(says)


def solve_rows(costs: Costs, rows: Rows, low: Ints, high: Ints, limit: float | None = None) -> Answer | None:
    """Return the cheapest shares between limits for which all rows hold, None if there are none.

    The solver works in floating point and is not believed: its prices, none below nought, are cut to whole
    units, and whatever they are, they prove a bound that is added up in whole numbers.
    """
    from scipy.optimize import linprog  # noqa: PLC0415  (slow to load, and only needed here)

    unit = max(float(costs.mean()), 1.0)
    options = {"presolve": False} | ({} if limit is None else {"time_limit": limit})
    found = linprog(
        costs / unit,
        A_ub=-rows.matrix.astype(np.float64),
        b_ub=-rows.needs.astype(np.float64),
        bounds=np.c_[low, high],
        method="highs",
        options=options,
    )
    if found.x is None or found.ineqlin.marginals is None:
        return None
    prices = np.floor(np.maximum(-found.ineqlin.marginals, 0.0) * unit).astype(np.int64)
    spare = costs - rows.matrix.T @ prices
    bound = int(rows.needs @ prices) + int(np.where(spare > 0, low * spare, high * spare).sum())
    return Answer(found.x, spare, bound, (prices > 0) | (found.ineqlin.residual < _SLACK), found.nit)
