"""How sure costs and the order of projects are: all prices of the cost book drawn anew, many times.

Each price is drawn from a triangle: its low and high are the least and the most that it can be, its base is
the most likely. Read so, what is drawn never leaves the low and high estimates that stand beside every cost,
and nothing is assumed that the cost book does not say; a triangle is wider, so more careful, than a PERT
distribution on the same three numbers. (Where a cost book's low and high are rather what one tender in ten is
below or above, the true spread is larger.)

One price is one draw for all projects: dear rock is dear everywhere. Prices move together by one common
factor (a Gaussian copula): dear years are dear for all methods. Quantities are taken as planned.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from infraplan import tables
from infraplan.config import Study
from infraplan.network.costs import to_crowns
from infraplan.planning.phases import fill_phase, find_above, make_queue

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLAN = "plan"
"""The row of the whole plan."""
_SHARES = (0.1, 0.5, 0.9)
_ON_TOP = ("design", "margin")
_REDRAWN = 500
"""Draws in which the first phase is chosen anew: the share is then known within some two hundredths."""
_NOISE_DIGITS = 6
"""What equal projects cost is equal to so many digits: no order is decided by rounding errors."""


@dataclass(frozen=True)
class _Rows:
    """What a set of rows of the bill can cost in each project, and where between low and high it is likely.

    ``low`` and ``span`` have shape (s, n) for s prices in n projects, ``mode`` and ``draw`` (s,): the most
    likely part of the span, and the number of the draw that decides it.
    """

    low: Floats
    span: Floats
    mode: Floats
    draw: Ints


def sample_costs(
    bill: pd.DataFrame, projects: pd.DataFrame, study: Study, *, gain: pd.Series
) -> pd.DataFrame:
    """Return how far costs may be off, and how firmly projects keep their places.

    Parameters
    ----------
    bill
        Contract BILL. Rows of one item and detail have one price, as have all splices, and all trenches of a
        laying method with the care in areas that is a multiple of it. ``design`` and ``margin`` are drawn
        alike and come on top of what is drawn for the rest.
    projects
        Contract PROJECTS; ``above`` and ``cost_sek`` are read.
    gain
        What each project gives, in households or the target's unit; index ``project_id``. One that it does
        not name gives nothing.

    Returns
    -------
    DataFrame
        Contract RISK: a row for each project, and ``plan`` for all together. The first phase is chosen anew
        at the prices of each of the first 500 draws, as ``assign_phases`` chooses it; for ``plan`` that is
        the share of draws in which everything fits. Ranks are by cost a unit of gain, of equals the lowest id
        first, those that give nothing last.
    """
    costs = draw_costs(bill, projects.index, study)
    worth = gain.reindex(projects.index, fill_value=0).to_numpy(np.float64)
    quantiles = to_crowns(np.quantile(np.column_stack([costs, costs.sum(axis=1)]), _SHARES, axis=0))
    rank = _rank(projects["cost_sek"].to_numpy(np.float64)[None, :], worth, projects.index)[0]
    ranks = _rank(costs, worth, projects.index)
    low, high = (np.quantile(ranks, share, axis=0, method="inverted_cdf") for share in (0.1, 0.9))
    return pd.DataFrame(
        {
            **dict(zip(("p10_sek", "p50_sek", "p90_sek"), quantiles, strict=True)),
            "first_phase_share": _choose_first(costs[:_REDRAWN], projects, study, worth),
            **{
                name: np.append(values, 0).astype(np.int64)
                for name, values in (("rank", rank), ("rank_low", low), ("rank_high", high))
            },
        },
        index=pd.Index([*projects.index, PLAN], dtype="str", name="project_id"),
    )


def draw_costs(bill: pd.DataFrame, projects: pd.Index, study: Study) -> Floats:
    """Return what each project costs at prices drawn together, shape (draws, projects), in kronor."""
    built = _gather(bill[~bill["item"].isin(_ON_TOP)], projects)
    tops = [_gather_percent(bill, name, projects) for name in _ON_TOP]
    ranks = draw_ranks(
        study.risk.draws,
        int(built.draw.max(initial=-1)) + 1 + len(_ON_TOP),
        study.risk.correlation,
        seed=study.risk.seed,
    )
    parts = _find_part(ranks[:, built.draw + len(_ON_TOP)], built.mode)
    costs: Floats = parts @ built.span + built.low.sum(axis=0)
    for number, top in enumerate(tops):
        costs *= 1.0 + top.low + _find_part(ranks[:, [number]], top.mode) @ top.span
    return costs.round(_NOISE_DIGITS)


def draw_ranks(draws: int, prices: int, correlation: float, *, seed: int) -> Floats:
    """Return numbers, each uniform between 0 and 1, that rise together, shape (draws, prices).

    A Gaussian copula with one factor: any two prices' normal scores have the given correlation.
    """
    random = np.random.default_rng(seed)
    common = random.standard_normal((draws, 1))
    own = random.standard_normal((draws, prices))
    return np.asarray(ndtr(np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own))


def _find_part(ranks: Floats, mode: Floats) -> Floats:
    """Return the quantiles of triangles from 0 to 1 with the given modes, shape (draws, s)."""
    rising = np.sqrt(ranks * mode)
    falling = 1.0 - np.sqrt((1.0 - ranks) * (1.0 - mode))
    return np.asarray(np.where(ranks < mode, rising, falling))


def _gather(rows: pd.DataFrame, projects: pd.Index) -> _Rows:
    """Return prices by item and detail; a row whose price differs within it has a triangle of its own."""
    apart = np.where(rows["price"].isna(), np.arange(len(rows)), -1)
    shape, _ = pd.factorize(pd.MultiIndex.from_arrays([rows["item"], rows["detail"], apart]), sort=True)
    amounts = _sum_up(rows, shape, projects)
    # The price of which the row's is a multiple: the laying method, whatever share of it is left to pay.
    method = rows["detail"].str.replace(r" \S+ %$", "", regex=True)
    civil = rows["item"].isin(["trench", "soft_area"])
    item = rows["item"].where(~civil, "trench")
    detail = method.where(civil, rows["detail"].where(rows["item"] != "splice", ""))
    price, _ = pd.factorize(pd.MultiIndex.from_arrays([item, detail]), sort=True)
    draw = np.zeros(amounts.shape[1], np.int64)
    draw[shape] = price
    return _Rows(amounts[0], amounts[2] - amounts[0], _find_mode(amounts.sum(axis=2)), draw)


def _gather_percent(bill: pd.DataFrame, name: str, projects: pd.Index) -> _Rows:
    """Return what comes on top as a share of what is before it in each project."""
    before = bill[~bill["item"].isin(_ON_TOP[_ON_TOP.index(name) :])]
    of = _sum_up(before, np.zeros(len(before), np.int64), projects)
    rows = bill[bill["item"] == name]
    on_top = _sum_up(rows, np.zeros(len(rows), np.int64), projects)
    share = np.divide(on_top, of, out=np.zeros_like(of), where=of > 0)
    whole = np.divide(
        on_top.sum(axis=2), of.sum(axis=2), out=np.zeros(of.shape[:2]), where=of.sum(axis=2) > 0
    )
    return _Rows(share[0], share[2] - share[0], _find_mode(whole), np.zeros(1, np.int64))


def _sum_up(rows: pd.DataFrame, shape: Ints, projects: pd.Index) -> Floats:
    """Return low, base and high costs by price and project, shape (3, s, n)."""
    place = projects.get_indexer(pd.Index(rows["project_id"]))
    sums = np.zeros((len(tables.MONEY), int(shape.max(initial=0)) + 1, len(projects)))
    for amounts, column in zip(sums, tables.MONEY, strict=True):
        np.add.at(amounts, (shape[place >= 0], place[place >= 0]), rows[column].to_numpy()[place >= 0])
    return sums


def _find_mode(amounts: Floats) -> Floats:
    """Return where base lies between low and high, from 0 to 1, of sums of shape (3, s)."""
    low, base, high = amounts
    part = np.divide(base - low, high - low, out=np.zeros_like(low), where=high > low)
    return np.asarray(np.clip(part, 0.0, 1.0))


def _rank(costs: Floats, gain: Floats, names: pd.Index) -> Ints:
    """Return the rank of each project by cost a unit, 1 the cheapest, shape (draws, n)."""
    by_name = np.argsort(names.to_numpy(object), kind="stable")
    price = np.divide(costs, gain, out=np.full(costs.shape, np.inf), where=gain > 0).round(_NOISE_DIGITS)
    order = np.argsort(price[:, by_name], axis=1, kind="stable")
    ranks = np.empty(costs.shape, np.int64)
    np.put_along_axis(ranks, by_name[order], np.arange(1, len(names) + 1)[None, :], axis=1)
    return ranks


def _choose_first(costs: Floats, projects: pd.DataFrame, study: Study, gain: Floats) -> Floats:
    """Return how often each project, and last the whole plan, is in the first phase, shape (n + 1,)."""
    budget_sek = study.phases.budget_sek_per_year
    if budget_sek is None or projects.empty:
        return np.ones(len(projects) + 1)
    order = np.argsort(projects.index.to_numpy(object), kind="stable")
    queue = make_queue(find_above(projects["above"].iloc[order]), np.zeros(len(order), np.bool_))
    chosen = np.empty(costs.shape, np.bool_)
    for drawn, first in zip(costs, chosen, strict=True):
        first[order] = fill_phase(queue, drawn[order], gain[order], budget_sek)
    return np.append(chosen.mean(axis=0), chosen.all(axis=1).mean())
