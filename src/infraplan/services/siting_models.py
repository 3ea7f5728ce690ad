"""The programmes of siting, solved by HiGHS where they fit: the p-median, coverage, set cover."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, vstack

from infraplan.services.siting_search import (
    Bound,
    Floats,
    Ints,
    Pairs,
    choose_greedily,
    drop_useless,
    exchange,
    find_value,
    fix_sites,
    prove_by_lagrange,
    remove_gains,
    take_pairs,
)

MOST_EXACT = 120_000
"""Larger programmes, by their entries, are not given to the solver: the bound is Lagrange's."""
_ENTRIES = 3
"""Of a node of the tree of preferences: itself, its parent, its site."""
_SURE = 1e-6
"""So much the solver may err in a number of sites."""
_MOST_BRANCHES = 2_000
"""The solver's work is limited in nodes of its search, never in time: the same answer on any machine."""
_SCALE = 1e6
"""What the objective comes to at most in the solver's numbers."""
_OPTIONS = {
    "output_flag": False,
    "parallel": "off",
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 1e-7,
    "mip_max_nodes": _MOST_BRANCHES,
}


class Choice(NamedTuple):
    """Sites chosen, what they give, and what no choice can exceed (of a cover: how many sites it needs)."""

    chosen: Ints
    value: int
    bound: float


@dataclass(frozen=True)
class _Programme:
    """Most of ``amounts @ x`` for ``matrix @ x >= least``; the first columns are sites, in or out.

    Attributes
    ----------
    sites
        The sites of the first columns; shape (s,).
    amounts
        Of all columns, which lie between 0 and 1; shape (columns,).
    matrix, least
        Shapes (rows, columns) and (rows,).
    """

    sites: Ints
    amounts: Floats
    matrix: csr_array
    least: Floats


class _Answer(NamedTuple):
    """Columns of the sites taken, what no other answer exceeds, and whether the answer is proven best."""

    taken: Ints
    bound: float
    proven: bool


def choose_sites(pairs: Pairs, places: int, *, most: int = MOST_EXACT) -> tuple[Choice, Bound | None]:
    """Return the choice of at most so many sites with the greatest weighted gain.

    Greedy and exchange first. Then the whole programme, if it fits; if not, Lagrange's bound, and the
    programme of those sites that it leaves in doubt, if that fits. A choice has no site that adds nothing.

    Parameters
    ----------
    most
        What fits, in entries of the programme.

    Returns
    -------
    choice, prices
        ``bound`` is at least what any choice gives; the same as ``value`` when the choice is proven best. The
        prices of Lagrange where they were needed.
    """
    if (pairs.gain == 1).all() and most:
        pairs = drop_dominated(merge_rows(pairs))
    chosen = exchange(pairs, choose_greedily(pairs, places))
    value, bound, proof = find_value(pairs, chosen), np.inf, None
    sure, core = np.empty(0, np.int64), pairs
    programme = _build(pairs, most)
    if programme is None:
        proof, met = prove_by_lagrange(pairs, places, chosen, enough=most // _ENTRIES)
        if find_value(pairs, met) > value:
            chosen = exchange(pairs, met)
            value = find_value(pairs, chosen)
        bound = float(proof.most)
        sure, others = fix_sites(pairs, places, proof, value)
        kept = np.zeros(pairs.sites, np.bool_)
        kept[others] = True
        left = remove_gains(pairs, sure)
        core = take_pairs(left, kept[left.site])
        programme = _build(core, most) if value < bound else None
    if programme is not None:
        given = find_value(pairs, sure)
        found, beyond = _solve(programme, core, places - len(sure))
        found = np.union1d(found, sure)
        if find_value(pairs, found) > value:
            chosen, value = found, find_value(pairs, found)
        # What Lagrange ruled out is no better than what is known.
        bound = min(bound, max(float(value), given + beyond))
    return Choice(drop_useless(pairs, chosen), value, max(bound, float(value))), proof


def cover_all(pairs: Pairs) -> Choice:
    """Return the fewest sites that give every row something; each row must have a site that does.

    Set cover; ``value`` is how many sites, ``bound`` how many any choice needs at least.
    """
    merged = drop_dominated(merge_rows(pairs._replace(gain=np.ones_like(pairs.gain))))
    chosen = drop_useless(merged, choose_greedily(merged, merged.sites))
    if not len(chosen):
        return Choice(chosen, 0, 0.0)
    sites, column = np.unique(merged.site, return_inverse=True)
    shape = (len(merged.weight), len(sites))
    matrix = csr_array((np.ones(len(column)), (merged.row, column)), shape=shape)
    programme = _Programme(sites, np.full(len(sites), -1.0), matrix, np.ones(shape[0]))
    answer = _run(programme, np.searchsorted(sites, chosen))
    found = drop_useless(merged, sites[answer.taken])
    if len(found) < len(chosen) and find_value(merged, found) == int(merged.weight.sum()):
        chosen = found
    fewest = len(chosen) if answer.proven else ceil(-answer.bound - _SURE)
    return Choice(chosen, len(chosen), float(min(fewest, len(chosen))))


def merge_rows(pairs: Pairs) -> Pairs:
    """Return pairs in which rows with the same sites and gains are one, with their weights together."""
    order = np.lexsort((pairs.site, pairs.row))
    row, site, gain = pairs.row[order], pairs.site[order], pairs.gain[order]
    there, starts = np.unique(row, return_index=True)
    both = np.stack([site, gain], axis=1)
    number: dict[bytes, int] = {}
    parts = np.split(both, starts[1:])[: len(there)]
    of = np.array([number.setdefault(part.tobytes(), len(number)) for part in parts], np.int64)
    weight = np.bincount(of, pairs.weight[there], minlength=len(number)).astype(np.int64)
    _, first = np.unique(of, return_index=True)
    position = np.full(len(pairs.weight), -1)
    position[there[first]] = np.arange(len(first))
    picked = take_pairs(pairs, position[pairs.row] >= 0)
    return picked._replace(row=position[picked.row], weight=weight)


def drop_dominated(pairs: Pairs) -> Pairs:
    """Return the pairs without sites all of whose rows another has too, of equal ones all but the first.

    For gains of one each: no choice needs them.
    """
    shape = (pairs.sites, len(pairs.weight))
    serves = csr_array((np.ones(len(pairs.site)), (pairs.site, pairs.row)), shape=shape)
    shared = (serves @ serves.T).tocoo()
    size = np.bincount(pairs.site, minlength=pairs.sites)
    one, other = shared.coords
    inside = (shared.data == size[one]) & ((size[other] > size[one]) | (other < one))
    kept = np.ones(pairs.sites, np.bool_)
    kept[one[inside & (one != other)]] = False
    return take_pairs(pairs, kept[pairs.site])


def _build(pairs: Pairs, most: int) -> _Programme | None:
    """Return the programme of pairs, None where it has more entries than that."""
    if (pairs.gain == 1).all():
        return _count_covered(pairs) if len(pairs.site) <= most else None
    return _share_orders(pairs, most)


def _count_covered(pairs: Pairs) -> _Programme:
    """Return the programme of coverage: a row counts if one of its sites is chosen."""
    sites, column = np.unique(pairs.site, return_inverse=True)
    rows, width = len(pairs.weight), len(sites) + len(pairs.weight)
    entry = np.r_[np.ones(len(column)), np.full(rows, -1.0)]
    place = np.r_[pairs.row, np.arange(rows)], np.r_[column, len(sites) + np.arange(rows)]
    amounts = np.r_[np.zeros(len(sites)), pairs.weight.astype(np.float64)]
    return _Programme(sites, amounts, csr_array((entry, place), shape=(rows, width)), np.zeros(rows))


def _share_orders(pairs: Pairs, most: int) -> _Programme | None:
    """Return the programme of the p-median, in which rows that prefer the same sites so far are one.

    The orders in which rows prefer sites make a tree; a node stands for the first sites of an order, and
    counts if its parent does or the last of its sites is chosen. A row whose best is the third of its order
    has the third gain: what is gained over the fourth, over the fifth and so on, added up (Church, 2003, lets
    rows share closest sites so). None where the tree has more than a third of so many nodes.
    """
    tree = _grow_tree(pairs, most // _ENTRIES)
    if tree is None:
        return None
    site, parent, amount = tree
    count = len(site)
    sites, column = np.unique(site, return_inverse=True)
    node, child = np.arange(count), np.flatnonzero(parent >= 0)
    entry = np.r_[np.full(count, -1.0), np.ones(count + len(child))]
    place = (
        np.r_[node, node, child],
        np.r_[len(sites) + node, column, len(sites) + parent[child]],
    )
    matrix = csr_array((entry, place), shape=(count, len(sites) + count))
    amounts = np.r_[np.zeros(len(sites)), amount.astype(np.float64)]
    return _Programme(sites, amounts, matrix, np.zeros(count))


def _grow_tree(pairs: Pairs, most: int) -> tuple[Ints, Ints, Ints] | None:
    """Return of each node its last site, its parent, −1 for none, and what it adds if it counts."""
    order = np.lexsort((pairs.site, -pairs.gain, pairs.row))
    row, site, gain = pairs.row[order], pairs.site[order], pairs.gain[order]
    new = np.r_[np.True_, row[1:] != row[:-1]][: len(row)]
    beyond = np.where(np.r_[new[1:], np.True_][: len(row)], 0, np.r_[gain[1:], 0][: len(row)])
    amount = ((gain - beyond) * pairs.weight[row]).astype(np.float64)
    starts = np.flatnonzero(new)
    ends = np.r_[starts[1:], len(row)][: len(starts)]
    at = np.full(len(starts), -1, np.int64)
    empty = np.empty(0, np.int64)
    levels, count, depth = [(empty, empty, empty)], 0, 0
    while len(starts):
        # One level a turn: rows at the same node that prefer the same site next stay together.
        here = starts + depth
        met, first, node = np.unique(
            (at + 1) * pairs.sites + site[here], return_index=True, return_inverse=True
        )
        if count + len(met) > most:
            return None
        added = np.bincount(node, amount[here], minlength=len(met)).astype(np.int64)
        levels.append((site[here[first]], at[first], added))
        at, count, depth = count + node, count + len(met), depth + 1
        on = starts + depth < ends
        starts, ends, at = starts[on], ends[on], at[on]
    site, parent, total = (np.concatenate(column) for column in zip(*levels, strict=True))
    return site, parent, total


def _solve(programme: _Programme, pairs: Pairs, places: int) -> tuple[Ints, float]:
    """Return the sites that the solver chooses, and what no choice of so many can exceed."""
    if not len(programme.sites) or places <= 0:
        return np.empty(0, np.int64), 0.0
    width = len(programme.amounts)
    budget = np.zeros((1, width))
    budget[0, : len(programme.sites)] = -1.0
    limited = replace(
        programme,
        matrix=csr_array(vstack([programme.matrix, csr_array(budget)], format="csr")),
        least=np.r_[programme.least, -float(places)],
    )
    start = exchange(pairs, choose_greedily(pairs, places))
    answer = _run(limited, np.searchsorted(programme.sites, start))
    found = programme.sites[answer.taken]
    if len(found) > places or find_value(pairs, found) < find_value(pairs, start):
        found = start
    # A proof holds as far as the solver's tolerance, some millionths of a millionth of all.
    return found, float(find_value(pairs, found)) if answer.proven else answer.bound


def _run(programme: _Programme, start: Ints) -> _Answer:
    """Return the solver's answer; it begins with a choice of some of the sites."""
    import highspy  # noqa: PLC0415  (slow to load, and only needed here)

    width, sites = len(programme.amounts), len(programme.sites)
    scale = _SCALE / max(float(np.abs(programme.amounts).sum()), 1.0)
    model: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in _OPTIONS.items():
        model.setOptionValue(name, value)
    nothing = np.empty(0, np.int32)
    ends = np.zeros(width), np.ones(width)
    model.addCols(
        width, -programme.amounts * scale, *ends, 0, np.zeros(width, np.int32), nothing, np.empty(0)
    )
    whole = np.arange(sites, dtype=np.int32)
    model.changeColsIntegrality(sites, whole, np.full(sites, highspy.HighsVarType.kInteger))
    matrix = programme.matrix
    model.addRows(
        len(programme.least),
        programme.least,
        np.full(len(programme.least), np.inf),
        matrix.nnz,
        matrix.indptr[:-1].astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data.astype(np.float64),
    )
    known = np.zeros(sites)
    known[start] = 1.0
    model.setSolution(sites, whole, known)
    model.run()
    shares = np.array(model.getSolution().col_value)[:sites]
    return _Answer(
        np.flatnonzero(shares > 0.5),  # noqa: PLR2004  (one or nought, as near as the solver comes)
        -float(model.getInfo().mip_dual_bound) / scale,
        model.getModelStatus().name == "kOptimal",
    )
