"""Whether the light reaches everybody: the loss on its way to each premises against what equipment bears."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan.config import Study
from infraplan.planning.design import count_joints, find_nodes
from infraplan.routing import grow_forest, path_sums

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_NOISE_DB = 1e-9
"""A budget that is kept to less than this is kept: below lies the noise of adding up."""
_DROP_SPLICES = 2
"""Of each drop: where it leaves the cable, and in the house."""
_PARTS = ("fibre", "splices", "connectors", "splitter", "margin")


def check_optics(routes: pd.DataFrame, served: pd.DataFrame, roots: Ints, study: Study) -> pd.DataFrame:
    """Add up the loss to each of the served by ``[optics]``.

    Fibre from the equipment to the premises; splices at both ends of the drop, in the cabinet and where
    cables end; connectors; the splitter, where the architecture has one; and what is kept for ageing.

    Parameters
    ----------
    routes
        As ``design_network`` returns them, a forest on the roots.
    served
        Contract SERVED.
    roots
        Nodes where the existing network is joined, shape (r,).

    Returns
    -------
    DataFrame
        Contract OPTICS. ``breaks`` is one of fibre, splices, connectors, splitter and margin.

    Raises
    ------
    ValueError
        The routes are no forest on the roots, or premises are not at it.
    """
    ends = np.concatenate([routes["tail"], routes["head"], roots, [0]]).astype(np.int64)
    forest = grow_forest(routes["tail"], routes["head"], roots, count=int(ends.max()) + 1)
    node = find_nodes(served, forest)
    edge = forest.parent_edge[node]
    cabinet = np.append(routes["cabinet_id"].to_numpy(object), "")[edge]
    joints = path_sums(forest, count_joints(routes, forest, study.design))[node].astype(np.int64)
    splices = joints + np.where(edge < 0, 0, _DROP_SPLICES) + (cabinet != "")
    distance = path_sums(forest, routes["length_m"])[node]
    parts = _add_losses(distance, splices, study)
    loss = parts.sum(axis=1)
    budget = study.optics.settle(study.design.architecture).budget_db
    left = float(budget or 0.0) - loss
    ok = left >= -_NOISE_DB
    largest = np.array(_PARTS, object)[parts.argmax(axis=1)]
    return pd.DataFrame(
        {
            "cabinet_id": pd.Series(cabinet, index=served.index, dtype="str"),
            "distance_m": distance,
            "splices": splices,
            "loss_db": loss,
            "left_db": left,
            "ok": ok,
            "breaks": pd.Series(np.where(ok, "", largest), index=served.index, dtype="str"),
        },
        index=served.index,
    )


def _add_losses(distance_m: Floats, splices: Ints, study: Study) -> Floats:
    """Return the parts of each loss in dB, in the order of their names, shape (p, 5)."""
    optics = study.optics
    parts = np.zeros((len(distance_m), len(_PARTS)))
    parts[:, 0] = (distance_m + optics.node_m) / 1_000.0 * optics.fibre_db_km
    parts[:, 1] = splices * optics.splice_db
    parts[:, 2] = optics.connectors * optics.connector_db
    parts[:, 3] = optics.splitter_db if study.design.architecture == "gpon" else 0.0
    parts[:, 4] = optics.margin_db
    return parts
