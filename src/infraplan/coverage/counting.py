"""Counting by position: rows of service to premises, statuses to ranks, premises to groups of the same zones.

A country has millions of premises and of rows. Text is looked up once, here; all else works on small numbers.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from infraplan.coverage.reliable import Bools
from infraplan.demand.places import Ints
from infraplan.tables import STATUSES

Bytes = NDArray[np.int8]
UNRANKED = len(STATUSES)
"""Rank of what no definition counts: a plan that is not decided."""
_ROWS = 1 << 20
"""Rows taken at a time."""


def make_categories(premises_ids: pd.Index) -> pd.CategoricalDtype:
    """Return ids as the categories of a table that names them by position.

    pandas asks categories whether they repeat, and from then on keeps each id as an object of Python, in a
    table to look it up by: of five million premises that is more than all their rows of service take. A copy
    has not been asked.
    """
    return deepcopy(pd.CategoricalDtype(pd.Index(premises_ids)))


def find_categories(ids: pd.Series, premises: pd.Index) -> pd.CategoricalDtype:
    """Return the premises as categories: those that some ids have already, where they are the same."""
    known = ids.dtype
    if isinstance(known, pd.CategoricalDtype) and known.categories.equals(premises):
        return known
    return make_categories(premises)


def find_positions(premises_ids: pd.Series, premises: pd.Index) -> Ints:
    """Return where among the premises each id stands, -1 for an id that is none of theirs."""
    if isinstance(premises_ids.dtype, pd.CategoricalDtype):
        known, codes = premises_ids.cat.categories, premises_ids.cat.codes.to_numpy()
        if known.equals(premises):
            return codes.astype(np.int64)
        return np.append(_look_up(known, premises), -1)[codes]
    return _look_up(premises_ids, premises)


def find_greatest(
    values: NDArray[Any], position: Ints, rows: Bools, count: int, *, least: float
) -> NDArray[Any]:
    """Return the greatest value that some rows give each premises, and what is least where none does.

    Parameters
    ----------
    values, position, rows
        A row each: its value, the position of its premises, whether it counts.
    count
        How many premises there are.
    """
    greatest = np.full(count, least, dtype=values.dtype)
    for start in range(0, len(rows), _ROWS):
        some = slice(start, start + _ROWS)
        np.maximum.at(greatest, position[some][rows[some]], values[some][rows[some]])
    return greatest


def translate(values: pd.Series, to: Callable[[str], int]) -> Bytes:
    """Return a small number for each text; each different text is asked about once."""
    codes, met = pd.factorize(values)
    return np.array([to(text) for text in met], dtype=np.int8)[codes]


def rank_statuses(service: pd.DataFrame) -> Bytes:
    """Return the position of each row's status in STATUSES; past the last for a plan that is not decided."""
    rank = translate(service["status"], STATUSES.index)
    undecided = (rank == STATUSES.index("planned")) & ~service["decided"].to_numpy()
    return np.where(undecided, np.int8(UNRANKED), rank)


def group_premises(membership: pd.DataFrame, pattern: Ints | None = None) -> tuple[Ints, Ints]:
    """Return which premises lie in the same zones of every kind, and have the same pattern.

    A country has far fewer such groups than premises: what is summed by group first is cheap to sum by zone.

    Parameters
    ----------
    membership
        From ``demand.assign_zones``.
    pattern
        A number from 0 on for each premises; none where only the zones matter.

    Returns
    -------
    tuple
        The group of each premises, numbered from 0, and the position of a premises of each group.
    """
    codes = [membership[kind].cat.codes.to_numpy() for kind in membership.columns]
    sizes = [len(membership[kind].cat.categories) + 1 for kind in membership.columns]
    if pattern is not None:
        codes, sizes = [*codes, pattern - 1], [*sizes, int(pattern.max(initial=0)) + 1]
    key = np.zeros(len(membership), dtype=np.int64)
    room = 1
    for code, size in zip(codes, sizes, strict=True):
        if room * size > np.iinfo(np.int64).max:
            key, room = pd.factorize(key)[0].astype(np.int64), len(key)
        key, room = key * size + code + 1, room * size
    group, met = pd.factorize(key)
    first = np.empty(len(met), dtype=np.int64)
    # Of what is assigned to one place the last stays: backwards, the first premises of the group.
    first[group[::-1]] = np.arange(len(group))[::-1]
    return group.astype(np.int64), first


def sum_groups(group: Ints, count: int, amounts: Sequence[Ints]) -> Ints:
    """Return each amount summed by group, of shape (groups, amounts)."""
    sums = [np.bincount(group, weights=amount, minlength=count) for amount in amounts]
    return np.column_stack(sums).astype(np.int64)


def _look_up(ids: pd.Series | pd.Index, premises: pd.Index) -> Ints:
    # Arrow's table of texts is built and asked in less than half the time and memory of the index's own.
    asked, known = (pa.array(texts.array, type=pa.large_string()) for texts in (ids, premises))
    found = pc.index_in(asked, value_set=known)
    positions: Ints = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    return positions
