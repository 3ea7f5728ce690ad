"""Who is estimated as passed by fibre: nobody says so, but fibre lies within a stated distance."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import spatial
from infraplan.coverage.counting import find_categories, find_positions
from infraplan.coverconfig import Coverage
from infraplan.demand.dasymetric import Floats
from infraplan.demand.places import Ints, Shapes
from infraplan.layers import Layers
from infraplan.tables import SERVICE

_SAME = {
    "technology": "fibre",
    "status": "passed_estimated",
    "evidence": "modelled",
    "planned_by": "",
    "observation": "",
}


def find_passed(
    premises: gpd.GeoDataFrame, fibre: pd.DataFrame, layers: Layers, coverage: Coverage
) -> pd.DataFrame:
    """Return service rows of premises near existing fibre, each with its distance to the nearest.

    PTS's absolute proximity, by distance alone: within ``passed_m`` of a fibre line, a fibre node or premises
    that are connected by fibre. Whoever has fibre declared at ``passed_mbps`` needs no estimate; a slower
    fibre subscription puts nobody out of fibre's proximity (PTS-ER-2018:7 counts "1 Gbit/s or fibre in
    absolute proximity"). Of equally near fibre the first counts: lines, nodes, then connected premises.

    Parameters
    ----------
    fibre
        SERVICE: what is declared of fibre.

    Returns
    -------
    DataFrame
        SERVICE, with text as categories; those of ``premises_id`` are the premises.
    """
    xy = shapely.get_coordinates(premises.geometry.to_numpy())
    whose = find_positions(fibre["premises_id"], premises.index)
    in_full = fibre["status"].isin(["connected", "orderable"]) & (fibre["down_mbps"] >= coverage.passed_mbps)
    silent = np.ones(len(premises), dtype=bool)
    silent[whose[in_full.to_numpy()]] = False
    asked = np.flatnonzero(silent)
    wired = np.flatnonzero((fibre["status"] == "connected").to_numpy())
    # The first row of each premises tells its operator.
    wired = _find_first(wired, whose, len(premises))
    lines, nodes = _read_fibre(layers)
    sites = np.concatenate([shapely.get_coordinates(nodes[0]), xy[whose[wired]]])
    operators = pd.concat([lines[1], nodes[1], fibre["operator"].iloc[wired].astype("str")])
    which, distance = _find_nearest(xy[asked], lines[0], sites, coverage.passed_m)
    near = which >= 0
    whose_row = pd.Categorical.from_codes(
        asked[near].astype(np.int32), dtype=find_categories(fibre["premises_id"], premises.index)
    )
    return _lay_out(whose_row, operators.iloc[which[near]], distance[near], coverage)


def _find_first(rows: Ints, whose: Ints, premises: int) -> Ints:
    """Return the first of the rows of each premises, in their order."""
    first = np.full(premises, -1, dtype=np.int64)
    # Of what is assigned to one place the last stays: backwards, the first row of the premises.
    first[whose[rows][::-1]] = rows[::-1]
    return np.sort(first[first >= 0])


def _read_fibre(layers: Layers) -> tuple[tuple[Shapes, pd.Series], tuple[Shapes, pd.Series]]:
    """Return shapes and operators of fibre lines, and of fibre nodes that are somewhere."""
    found = []
    for name in ("fibre_lines", "fibre_nodes"):
        table = layers.get(name)
        if table is None:
            found.append((np.empty(0, dtype=object), pd.Series(dtype="str")))
        else:
            shapes = table.geometry.to_numpy()
            there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
            found.append((shapes[there], table["operator"][there].astype("str")))
    return found[0], found[1]


def _find_nearest(xy: Floats, lines: Shapes, sites: Floats, reach_m: float) -> tuple[Ints, Floats]:
    """Return the nearest of lines and sites, numbered in this order, and its distance; -1, NaN for none."""
    line, to_line = spatial.find_nearest_line(xy, lines, reach_m)
    site, to_site = spatial.find_nearest(xy, sites, reach_m)
    by_site = (site >= 0) & ((line < 0) | (to_site < to_line))
    return np.where(by_site, len(lines) + site, line), np.where(by_site, to_site, to_line)


def _lay_out(
    premises_ids: pd.Categorical, operators: pd.Series, distance_m: Floats, coverage: Coverage
) -> pd.DataFrame:
    first = np.zeros(len(premises_ids), dtype=np.int8)
    same = {name: pd.Categorical.from_codes(first, pd.Index([text])) for name, text in _SAME.items()}
    rows = {
        "premises_id": premises_ids,
        "operator": operators.astype("category").array,
        "distance_m": distance_m,
    }
    numbers = pd.DataFrame(rows | same).assign(
        down_mbps=coverage.passed_mbps, up_mbps=np.nan, decided=True, reliable=True, price_sek=np.nan
    )
    return numbers[SERVICE.names]
