"""Points gathered to chains: two are in one chain when steps of limited length lead from one to the other."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay

_CORNERS = 3
_FLAT_M = 1e-3
"""Places on a line, to within a millimetre, span no triangle."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def label_chains(xy: Floats, step_m: float) -> Ints:
    """Return the chain of each point (single linkage), numbered from 0.

    The steps of a Delaunay triangulation are enough: it holds the shortest tree that spans all points. All
    pairs within reach, of which a town has hundreds of millions, are never listed.

    Parameters
    ----------
    xy
        Shape (points, 2), metres.
    step_m
        Longest step, itself allowed.

    >>> label_chains(np.array([[0.0, 0.0], [900.0, 0.0], [400.0, 0.0], [400.0, 0.0]]), 500.0)
    array([0, 0, 0, 0])
    """
    places, place_of = np.unique(xy, axis=0, return_inverse=True)
    tail, head = _steps(places).T
    short = np.hypot(*(places[tail] - places[head]).T) <= step_m
    tail, head = tail[short], head[short]
    links = coo_array((np.ones(len(tail)), (tail, head)), shape=(len(places), len(places)))
    _, chain = connected_components(links, directed=False)
    return np.asarray(chain, dtype=np.int64)[place_of]


def _steps(places: Floats) -> Ints:
    """Return pairs of neighbours among different places, shape (steps, 2)."""
    if len(places) <= _CORNERS:
        return np.column_stack(np.triu_indices(len(places), k=1)).astype(np.int64)
    centred = places - places.mean(axis=0)
    _, spread, directions = np.linalg.svd(centred, full_matrices=False)
    if spread[1] < _FLAT_M:
        along = np.argsort(centred @ directions[0], kind="stable")
        return np.column_stack([along[:-1], along[1:]])
    made = Delaunay(centred)
    corners = made.simplices
    # Places too close for the triangulation to tell apart are merged into one of them: keep them with it.
    merged = made.coplanar[:, [0, 2]]
    steps = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]], merged])
    return steps.astype(np.int64)
