"""A linear programme that is solved again and again, with ever more rows, by the dual simplex method."""

from dataclasses import dataclass
from math import inf
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from infraplan.routing.problem import Floats, Ints

Sides = NDArray[np.int8]


_OPTIONS = {
    "output_flag": False,
    "presolve": "off",
    "solver": "simplex",
    "simplex_strategy": 1,
    "parallel": "off",
    "threads": 1,
    "random_seed": 0,
}
"""One thread and no presolve: the same answer always, and each solution begins where the last one ended."""

_GREATEST = float(1 << 46)
"""Of the sum of all prices in whole units, with 60 000 columns of costs to 2**45 each."""


@dataclass
class Programme:
    """A programme: the least of ``costs @ x`` for ``least <= matrix @ x <= most`` and x between limits.

    Attributes
    ----------
    model
        What solves it, and remembers where the last solution was.
    matrix, least, most
        Rows of whole numbers, shapes (r, columns) and (r,). One row more comes before them: what all columns
        may use of something, in floating point.
    """

    model: Any
    matrix: csr_array
    least: Floats
    most: Floats


@dataclass(frozen=True)
class Answer:
    """What the solver says: it works in floating point, and is not to be believed.

    Attributes
    ----------
    ended
        Whether the shares are the best ones, or there are none, or the solver was stopped.
    value
        What the shares cost.
    shares
        One for each column.
    prices, first
        What each row costs, and the row before them; where there are no shares, why: Farkas's multipliers.
    steps
        Iterations.
    """

    ended: Literal["best", "none", "stopped"]
    value: float
    shares: Floats
    prices: Floats
    first: float
    steps: int


def start_programme(costs: Floats, low: Sides, high: Sides, use: Floats) -> Programme:
    """Return a programme with one row: what all columns use together, not limited yet."""
    import highspy  # noqa: PLC0415  (slow to load, and only needed here)

    model: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in _OPTIONS.items():
        model.setOptionValue(name, value)
    width = len(costs)
    nothing = np.empty(0, np.int32)
    model.addCols(
        width,
        costs,
        low.astype(np.float64),
        high.astype(np.float64),
        0,
        np.zeros(width, np.int32),
        nothing,
        np.empty(0),
    )
    programme = Programme(model, csr_array((0, width), dtype=np.int64), np.empty(0), np.empty(0))
    _pass_rows(model, csr_array(use[None, :]), np.array([-inf]), np.array([inf]))
    return programme


def add_rows(programme: Programme, matrix: csr_array, least: Floats, most: Floats) -> None:
    """Add rows of whole numbers."""
    _pass_rows(programme.model, matrix, least, most)
    programme.matrix = csr_array(vstack([programme.matrix, matrix], format="csr", dtype=np.int64))
    programme.least = np.r_[programme.least, least]
    programme.most = np.r_[programme.most, most]


def _pass_rows(model: Any, matrix: csr_array, least: Floats, most: Floats) -> None:
    model.addRows(
        len(least),
        least,
        most,
        matrix.nnz,
        matrix.indptr[:-1].astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.float64),
    )


def solve_programme(
    programme: Programme, low: Sides, high: Sides, most: float, *, steps: int, limit_s: float = inf
) -> Answer:
    """Return the best shares within limits that use so much at most, from where the last ones were.

    The solver stops after so many steps or seconds.
    """
    model = programme.model
    model.changeRowBounds(0, -inf, most)
    width = len(low)
    model.changeColsBounds(
        width, np.arange(width, dtype=np.int32), low.astype(np.float64), high.astype(np.float64)
    )
    model.setOptionValue("simplex_iteration_limit", steps)
    model.setOptionValue("time_limit", inf if limit_s == inf else model.getRunTime() + limit_s)
    model.run()
    info, status = model.getInfo(), model.getModelStatus().name
    solution = model.getSolution()
    shares, prices = np.array(solution.col_value), np.array(solution.row_dual)
    ended: Literal["best", "none", "stopped"] = "best" if status == "kOptimal" else "stopped"
    if status == "kInfeasible":
        ended = "none"
        _, known, ray = model.getDualRay()
        prices = np.array(ray) if known else np.zeros(len(prices))
    if not len(prices):
        prices = np.zeros(len(programme.least) + 1)
    return Answer(
        ended,
        float(info.objective_function_value),
        shares,
        prices[1:],
        float(prices[0]),
        max(int(info.simplex_iteration_count), 0),
    )


def weigh(
    programme: Programme, costs: Ints, prices: Floats, low: Sides, high: Sides
) -> tuple[int, Ints] | None:
    """Return what whole costs come to at least, and what of them no row has asked for, below nought if more.

    Lagrange: whatever the prices are, cut to whole units they prove a bound that is added up in whole
    numbers. A price has the side of its row that has a limit, or is none. Nothing is returned for prices so
    great that whole numbers could not hold the sums.
    """
    if not np.abs(prices).sum() < _GREATEST:
        return None
    whole = np.trunc(prices).astype(np.int64)
    whole[(whole > 0) & np.isinf(programme.least)] = 0
    whole[(whole < 0) & np.isinf(programme.most)] = 0
    sides = np.where(whole > 0, programme.least, np.where(whole < 0, programme.most, 0.0)).astype(np.int64)
    spare = costs - programme.matrix.T @ whole
    return int(whole @ sides) + int(np.where(spare > 0, low * spare, high * spare).sum()), spare
