"""Figures by squares and hexagons, and what of them can be published."""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.counting import UNRANKED, find_positions, rank_statuses
from infraplan.coverconfig import Grid
from infraplan.demand.dasymetric import Ints
from infraplan.demand.grids import COARSER, cell_shapes, find_coarser, number_cells
from infraplan.layers.faults import faults, gather
from infraplan.tables import COUNTS

Bools = NDArray[np.bool_]

COUNTED = ("premises", "households", "workplaces", "units", *COUNTS, "white_spots")
"""Columns of CELLS that are blanked where few would be told of."""


def count_cells(
    premises: gpd.GeoDataFrame, service: pd.DataFrame, white_spots: gpd.GeoDataFrame, study: Study
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the figures of each occupied cell of the study's grids, and the faults.

    The four numbers count households and workplaces at ``gaps.down_mbps``, by any technology, each with all
    surer ones; undecided plans count in none. A cell belongs to the municipality where most of its households
    are, then households and workplaces, then premises, then to the lowest code. Cells of fewer households and
    workplaces than ``zones.least``, but some, are ``suppressed``: see ``suppress_cells``.

    Ids begin with the grid, for a square of 250 m and one of 1 km may have the same official ``code``.

    Raises
    ------
    StudyError
        A grid is H3, and its library is not installed.
    """
    amounts = _amounts(premises, service, white_spots, study.gaps.down_mbps)
    municipality, codes = pd.factorize(premises["municipality"], sort=True)
    parts, found = [], []
    for grid in dict.fromkeys(study.zones.grids):
        cell, ids = number_cells(premises.geometry, grid, resolution=study.zones.h3_resolution)
        inside = np.flatnonzero(cell >= 0)
        if len(inside) < len(cell):
            values = {"count": len(cell) - len(inside), "grid": grid}
            found.append(faults("outside_grid", "premises", severity="warning", values=values))
        counted = _count(cell[inside], ids, municipality[inside], amounts.iloc[inside], codes)
        parts.append(_describe(counted, grid, study))
    if not parts:
        return tables.empty(tables.CELLS, study.study.crs), gather(found, study.study.crs)
    cells = gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=study.study.crs)
    return cells, gather(found, study.study.crs)


def _amounts(
    premises: gpd.GeoDataFrame, service: pd.DataFrame, white_spots: gpd.GeoDataFrame, down_mbps: float
) -> pd.DataFrame:
    """Return what is summed: premises, households, workplaces, the four numbers, white spots."""
    households, workplaces = premises["households"].to_numpy(), premises["workplaces"].to_numpy()
    fast = service[service["down_mbps"] >= down_mbps]
    place = find_positions(fast["premises_id"], premises.index)
    rank = np.full(len(premises), UNRANKED, dtype=np.int8)
    np.minimum.at(rank, place[place >= 0], rank_statuses(fast)[place >= 0])
    units = households + workplaces
    counted = {name: units * (rank <= surest) for surest, name in enumerate(COUNTS)}
    white = premises.index.isin(white_spots.index)
    return pd.DataFrame(
        {
            "premises": 1,
            "households": households,
            "workplaces": workplaces,
            "units": units,
            **counted,
            "white_spots": white,
        }
    )


def _count(
    cell: Ints, ids: pd.Index, municipality: Ints, amounts: pd.DataFrame, codes: pd.Index
) -> pd.DataFrame:
    """Return the amounts of each cell, on the ids, and its municipality."""
    sums = {
        name: np.bincount(cell, values.to_numpy(), minlength=len(ids)).astype(np.int64)
        for name, values in amounts.items()
    }
    # A cell and a municipality, for each that share premises: few more than cells.
    pair, met = pd.factorize(cell * len(codes) + municipality)
    of_cell, of_municipality = np.divmod(met, max(len(codes), 1))
    weights = [np.bincount(pair, amounts[name]) for name in ("households", "workplaces", "premises")]
    households, workplaces, premises = weights
    order = np.lexsort((of_municipality, -premises, -(households + workplaces), -households, of_cell))
    first = order[np.flatnonzero(np.diff(of_cell[order], prepend=-1))]
    return pd.DataFrame({"municipality": codes[of_municipality[first]], **sums}, index=ids)


def _describe(counted: pd.DataFrame, grid: Grid, study: Study) -> gpd.GeoDataFrame:
    """Return the counts of a grid's cells as rows of CELLS."""
    code = counted.index.to_series()
    units = counted["units"]
    table = counted.assign(
        grid=pd.Series(grid, index=counted.index, dtype="str"),
        code=code,
        municipality=counted["municipality"].astype("str"),
        down_mbps=study.gaps.down_mbps,
        suppressed=(units > 0) & (units < study.zones.least),
        geometry=cell_shapes(code, grid, study.study.crs),
    )
    table.index = pd.Index(f"{grid}:" + code, dtype="str", name="cell_id")
    return gpd.GeoDataFrame(table[[*tables.CELLS.names, "geometry"]], crs=study.study.crs)


def suppress_cells(cells: gpd.GeoDataFrame, *, least: int = 5, also: Bools | None = None) -> gpd.GeoDataFrame:
    """Return the cells as they can be published: counts of few blanked, and what they could be had from.

    Blanked are cells of fewer households and workplaces than ``least``, but some, and those that are
    ``suppressed``; cells in which any other count is so small, or the number of those whom one of the four
    does not count; and ``also`` others that the caller must hide. The totals of municipalities are known, and
    those of larger squares that are shown: in each, the smallest of the other cells go too until at least two
    are blanked, and each of these could be anything from one to ``least - 1`` (or to two) for all that the
    total tells. Where all parts of a larger square are blanked and this is still not so, the square itself
    is.

    A municipality without other cells keeps its few blanked ones as they are: its own total has then to be
    hidden. Grids that are no part of each other, published side by side, can tell more than each alone.

    Returns
    -------
    GeoDataFrame
        The same rows; the counts nullable integers, missing where blanked, and ``suppressed`` so.
    """
    units = cells["units"].to_numpy(dtype=np.int64)
    few = cells["suppressed"].to_numpy(dtype=bool) | ((units > 0) & (units < least))
    # The run may have been stricter than asked for here.
    small = max(least - 1, int(units[few].max(initial=0)))
    told = _find_few(cells, units, small) | (np.False_ if also is None else also)
    # Where nobody lives or works there is nothing to hide others behind.
    hidden = few | (told & (units > 0))
    most = max(small, 2)
    # Files write the municipality of what lies outside all as nothing.
    whole = pd.factorize(cells["grid"] + ":" + cells["municipality"].fillna(""))[0].astype(np.int64)
    parent = _find_parents(cells)
    while True:
        before = hidden
        hidden, _ = _hide_partners(hidden, units, _open(hidden, units, parent), whole, most)
        hidden = _hide_parts(hidden, units, parent, most)
        if (hidden == before).all():
            break
    hidden = hidden | told
    blanked = {name: cells[name].astype("Int64").mask(hidden) for name in COUNTED if name in cells}
    return cells.assign(**blanked, suppressed=hidden)


def _find_few(cells: gpd.GeoDataFrame, units: Ints, small: int) -> Bools:
    """Return cells in which some count that is shown, or what the four numbers leave, is one to ``small``."""
    counts = [cells[name].to_numpy(dtype=np.int64) for name in COUNTED if name in cells]
    left = [units - cells[name].to_numpy(dtype=np.int64) for name in COUNTS]
    told = np.stack([*counts, *left])
    found: Bools = np.logical_or.reduce((told > 0) & (told <= small), axis=0)
    return found


def _find_parents(cells: gpd.GeoDataFrame) -> Ints:
    """Return the row of the larger square that each row is a part of, -1 for none in the table."""
    grid, code = cells["grid"], cells["code"]
    parent = np.full(len(cells), -1, dtype=np.int64)
    for fine, coarse in COARSER.items():
        parts, wholes = np.flatnonzero(grid == fine), np.flatnonzero(grid == coarse)
        place = pd.Index(code.iloc[wholes]).get_indexer(find_coarser(code.iloc[parts], fine))
        parent[parts] = np.append(wholes, -1)[place]
    return parent


def _hide_parts(hidden: Bools, units: Ints, parent: Ints, most: int) -> Bools:
    """Hide further parts of squares that are shown, and a part of each that is hidden; else the square."""
    parts = np.flatnonzero((parent >= 0) & (units > 0))
    of = parent[parts]
    shown = ~hidden[of]
    few = units[parts[shown]]
    told, safe = _hide_partners(hidden[parts[shown]], few, few - 1, of[shown], most)
    found = hidden.copy()
    found[parts[shown]] = told
    found[of[shown][~safe]] = True
    # A square that is hidden is the sum of its parts.
    order = parts[~shown][np.lexsort((units[parts[~shown]], ~hidden[parts[~shown]], of[~shown]))]
    found[order[np.flatnonzero(np.diff(parent[order], prepend=-1))]] = True
    return found


def _open(hidden: Bools, units: Ints, parent: Ints) -> Ints:
    """Return by how much each cell, once hidden, could be less: down to one, or to what its parts tell.

    A part that is shown is known, a hidden one is one at least; with a square its smallest part is hidden.
    """
    open_ = np.maximum(units - 1, 0)
    parts = np.flatnonzero((parent >= 0) & (units > 0))
    of = parent[parts]
    least = np.full(len(units), np.iinfo(np.int64).max)
    np.minimum.at(least, of, open_[parts])
    some = np.zeros(len(units), dtype=bool)
    some[of[hidden[parts]]] = True
    by_part = np.bincount(of, open_[parts] * hidden[parts], minlength=len(units)).astype(np.int64)
    return np.select([some, least < np.iinfo(np.int64).max], [by_part, least], open_)


def _hide_partners(hidden: Bools, units: Ints, open_: Ints, whole: Ints, most: int) -> tuple[Bools, Bools]:
    """Hide the smallest others of each whole until each hidden one could be ``most`` for all its total tells.

    Returns what is hidden, and whether the whole of each row keeps its secret.
    """
    order = np.lexsort((units, ~hidden, units == 0, whole))
    group = whole[order]
    start = np.flatnonzero(np.diff(group, prepend=-1))
    size = np.diff(start, append=len(group))
    rank = np.arange(len(group)) - np.repeat(start, size)
    total = np.cumsum(open_[order])
    total -= np.repeat(total[start] - open_[order][start], size)
    # The most that each can be is its least and all that the others could be less.
    secret = (rank > 0) & (total >= most - 1) & (units[order] > 0)
    already = np.repeat(np.add.reduceat(hidden[order].astype(np.int64), start), size) if len(start) else rank
    secret &= rank + 1 >= already
    enough = np.where(secret, rank, len(group))
    enough = np.repeat(np.minimum.reduceat(enough, start), size) if len(start) else rank
    found, safe = np.empty_like(hidden), np.empty_like(hidden)
    found[order] = (already > 0) & (units[order] > 0) & (rank <= enough) | hidden[order]
    safe[order] = (already == 0) | (enough < len(group))
    return found, safe
