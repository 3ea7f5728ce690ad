"""What a plan asks of others: permits for the areas that it is dug through, works to dig together with."""

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan import tables
from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.layers.dates import read_years
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.network.costs import itemise
from infraplan.network.lines import Floats, Ints

_BASE = 1
"""Of low, base and high."""
_OF = ["project_id", "phase"]


def list_permits(
    routes: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, book: CostBook, study: Study
) -> pd.DataFrame:
    """List the permits that each project needs, with the trench in each area and what care there costs.

    Where areas overlap, trench counts in each, so that metres of different areas do not add up; what care
    adds is paid once, and stands with the area whose care is dearest. Ducts that are there need no digging,
    and no permit.

    Parameters
    ----------
    routes
        Contract ROUTES. Roads are cut at borders, and lie in an area as a whole; drops and links lie in it as
        far as they do.
    areas
        Areas by ``area_id``: ``kind``, ``name``, ``factor``, ``permit_sv``, ``permit_en``, ``authority``,
        ``lead_time_weeks``, ``source_rule`` and geometry in the CRS of the routes.
    study
        Says in which language a permit is named.

    Returns
    -------
    DataFrame
        Contract PERMITS: a row a project and area, by project and from the longest trench down. ``extra_sek``
        adds up to the items ``soft_area`` of the routes, base.
    """
    dug = routes[(routes["existing"] == "new").to_numpy()]
    edge, area = _find_pairs(dug["areas"], areas.index)
    if not len(edge):
        return pd.DataFrame(tables.empty(tables.PERMITS))
    ground = areas.iloc[area]
    pairs = dug[_OF].iloc[edge].reset_index(drop=True)
    pairs["area"] = area
    pairs["metres"] = _metres_within(dug.iloc[edge], ground)
    pairs["extra_sek"] = np.where(
        _is_dearest(edge, ground["factor"].to_numpy(np.float64)),
        _price_items(dug, {"soft_area"}, book, study)[edge],
        0,
    )
    rows = pairs.groupby([*_OF, "area"], as_index=False).sum()
    order = np.lexsort((rows["area"], -rows["metres"], rows["phase"], rows["project_id"]))
    rows = rows.iloc[order].reset_index(drop=True).rename_axis("row")
    told = areas.iloc[rows["area"].to_numpy()]
    names = {"kind": "kind", "name": "name", "permit": f"permit_{study.study.language}"}
    names |= {"authority": "authority", "source": "source_rule"}
    table: pd.DataFrame = rows.assign(
        area_id=_text(told.index),
        **{name: _text(told[column]) for name, column in names.items()},
        lead_time_weeks=told["lead_time_weeks"].to_numpy(np.float64),
    )
    return table[tables.PERMITS.names]


def list_codigging(
    routes: gpd.GeoDataFrame, works: gpd.GeoDataFrame, book: CostBook, study: Study, *, first_year: int
) -> pd.DataFrame:
    """List the planned works that each project digs together with, and what that saves.

    The saving is what the trench and the care that it takes would cost alone, less what they cost with the
    works' share. It is counted where the works and the phase meet in time, which ``in_time`` says; elsewhere
    it is what there would be to save if they did.

    Parameters
    ----------
    routes
        Contract ROUTES; ``works_id`` is that of the survey.
    works
        The layer ``planned_works``, by the works' id.
    first_year
        When the first phase is built; each later one follows a year on.

    Returns
    -------
    DataFrame
        Contract CODIGGING: a row a project and works, from the largest saving down.
    """
    shared = routes[((routes["works_id"] != "") & (routes["existing"] == "new")).to_numpy()]
    if shared.empty:
        return pd.DataFrame(tables.empty(tables.CODIGGING))
    trench = {"trench", "soft_area"}
    left = shared["works_id"].map(works["share"].fillna(study.works.share)).astype("float64")
    alone, together = (
        _price_items(shared.assign(works_share=share), trench, book, study) for share in (1.0, left)
    )
    pairs = shared[[*_OF, "works_id"]].assign(metres=shared["length_m"], saved_sek=alone - together)
    rows = pairs.groupby([*_OF, "works_id"], as_index=False).sum()
    order = np.lexsort((rows["works_id"], rows["project_id"], -rows["saved_sek"]))
    rows = rows.iloc[order].reset_index(drop=True).rename_axis("row")
    told = works.loc[rows["works_id"]].set_axis(rows.index)
    table: pd.DataFrame = rows.assign(
        works_id=_text(rows["works_id"]),
        name=told["name"].where(told["name"] != "", told["kind"]).astype("str"),
        **{name: told[name].astype("str") for name in ("contact", "start", "end")},
        in_time=_meets(told, rows["phase"], first_year),
    )
    return table[tables.CODIGGING.names]


def find_late(routes: pd.DataFrame, works: gpd.GeoDataFrame, *, first_year: int) -> pd.Index:
    """Return the edges that are priced as shared with works that their phase does not meet in time."""
    shared = routes[(routes["works_share"] < 1.0).to_numpy()]
    told = works.loc[shared["works_id"]].set_axis(shared.index)
    late: pd.Index = shared.index[~_meets(told, shared["phase"], first_year).to_numpy()]
    return late


def _meets(works: pd.DataFrame, phase: pd.Series, first_year: int) -> pd.Series:
    """Tell whether a phase's year lies within the works' time, row by row."""
    year = first_year + phase - 1
    return (read_years(works["start"]) <= year) & (year <= read_years(works["end"]))


def _find_pairs(named: pd.Series, areas: pd.Index) -> tuple[Ints, Ints]:
    """Return which edge lies in which area, as positions in both, shapes (k,)."""
    ids = named.reset_index(drop=True).str.split().explode().dropna()
    area = areas.get_indexer(pd.Index(ids))
    if (area < 0).any():
        raise KeyError(ids.iloc[int(np.argmin(area))])
    return ids.index.to_numpy(np.int64), area.astype(np.int64)


def _metres_within(edges: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> Floats:
    """Return how much of each edge lies in the area in the same place, shape (k,)."""
    metres: Floats = edges["length_m"].to_numpy(np.float64).copy()
    crossing = np.flatnonzero(edges["kind"] != "road")
    lines, shapes = edges.geometry.to_numpy(), areas.geometry.to_numpy()
    inside = shapely.intersection(lines[crossing], shapes[crossing])
    parts, owner = shapely.get_parts(inside, return_index=True)
    runs = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    within = np.zeros(len(crossing))
    np.add.at(within, owner[runs], geodesic_lengths(parts[runs], edges.crs))
    metres[crossing] = within
    return metres


def _is_dearest(edge: Ints, factor: Floats) -> NDArray[np.bool_]:
    """Tell in which of its areas an edge's care is dearest: in one, of equals the first named, shape (k,)."""
    order = np.lexsort((-np.nan_to_num(factor, nan=1.0), edge))
    dearest = np.zeros(len(edge), np.bool_)
    dearest[order[np.unique(edge[order], return_index=True)[1]]] = True
    return dearest


def _price_items(routes: gpd.GeoDataFrame, names: Collection[str], book: CostBook, study: Study) -> Ints:
    """Return what items of some names cost, base, for each edge, shape (n,)."""
    crowns = np.zeros(len(routes), np.int64)
    for item in itemise(routes, book, study.design):
        if item.name in names:
            np.add.at(crowns, item.edge, item.crowns[:, _BASE])
    return crowns


def _text(values: pd.Series | pd.Index) -> pd.Series:
    return pd.Series(values.to_numpy(), dtype="str")
