"""How small counts are hidden in each table that leaves the house, so that none gives another's away."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.coverage.cells import suppress_cells
from infraplan.outputs.suppress import (
    SMALLEST_CELL,
    blank,
    find_small_zones,
    suppress_areas,
    suppress_zones,
)
from infraplan.tables import DEFINITION, HOUSING

Hide = Callable[..., pd.DataFrame]
"""Called with a table, and by name the zones ``hidden`` in any case and the ``least`` count that is shown."""

_DEFINITION = [column.name for column in DEFINITION if column.name != "unit"]
_FOUR = ("connected", "orderable", "passed_estimated", "planned")
_COVERED = ("technology", "use", "level", "of", "road_class")
_OF = ("of", "road_class")
_BUILDINGS = ("buildings", "fibre", "fibre_orderable", "wifi", "wifi_unknown", "mobile")


def hide_figures(
    tables: Mapping[str, pd.DataFrame], *, least: int = SMALLEST_CELL
) -> dict[str, pd.DataFrame]:
    """Return tables with small counts blanked, and what they could be worked out from.

    Zones of few households or workplaces, and their partners, are blanked in every table about people: each
    table shows the same bases.
    """
    told = tables.get("switchboard", tables.get("targets"))
    hidden = find_small_zones(told, least=least) if told is not None and len(told) else frozenset()
    found = {
        name: HIDE[name](table, hidden=hidden, least=least) if name in HIDE else table
        for name, table in tables.items()
    }
    if "white_spot_areas" in found:
        found["white_spot_areas"] = suppress_areas(gpd.GeoDataFrame(tables["white_spot_areas"]), least=least)
    if "cells" in found:
        cells = gpd.GeoDataFrame(tables["cells"])
        mixed = _find_mixed(cells, tables.get("white_spot_areas"), found.get("white_spot_areas"))
        found["cells"] = suppress_cells(cells, least=least, also=mixed)
    return found


def _find_mixed(
    cells: gpd.GeoDataFrame, areas: pd.DataFrame | None, told: pd.DataFrame | None
) -> NDArray[np.bool_] | None:
    """Return the cells that meet a white-spot area whose counts are shown, and one whose are hidden.

    Who is not reached in the cell, less the area that is shown, would be the one that is hidden.
    """
    if not isinstance(areas, gpd.GeoDataFrame) or told is None or "suppressed" not in told:
        return None
    tree = shapely.STRtree(cells.geometry.array)
    met = np.zeros((2, len(cells)), dtype=bool)
    hidden = told["suppressed"].to_numpy(dtype=bool)
    for row, part in zip(met, (areas.geometry.array[~hidden], areas.geometry.array[hidden]), strict=True):
        row[np.unique(tree.query(part, predicate="intersects")[1])] = True
    found: NDArray[np.bool_] = np.logical_and.reduce(met, axis=0)
    return found


def _of_zones(
    *by: str,
    counts: Sequence[str],
    base: str | None = "base",
    also: Sequence[str] = ("share",),
    apart: Sequence[str] = (),
) -> Hide:
    return partial(suppress_zones, by=by, counts=counts, base=base, also=also, apart=apart)


def _hide_operators(
    table: pd.DataFrame, *, hidden: Collection[str] = (), least: int = SMALLEST_CELL
) -> pd.DataFrame:
    """Hide how much so many operators cover: together that is all in the zone."""
    whole = table.groupby([*_COVERED, "zone_id"], observed=True, sort=False)["amount"].transform("sum")
    hide = _of_zones(*_COVERED, counts=("amount",), base="whole", apart=_OF)
    return hide(table.assign(whole=whole), hidden=hidden, least=least).drop(columns="whole")


def _hide_buildings(
    table: pd.DataFrame, *, hidden: Collection[str] = (), least: int = SMALLEST_CELL
) -> pd.DataFrame:
    """Hide few public buildings, and all housing where it less the kinds that are shown would tell them.

    Buildings are not people: zones of few people may have many, and ``hidden`` is not asked.
    """
    del hidden
    hide = _of_zones("kind", counts=_BUILDINGS, base="buildings", apart=("kind",))
    found = hide(table, least=least)
    lost = found["suppressed"] & table["kind"].isin(HOUSING) & (table["buildings"] > 0)
    whole = table["kind"] == "housing"
    again = hide(table[whole], hidden=set(table.loc[lost, "zone_id"]), least=least)
    rows = whole.to_numpy(dtype=bool, copy=True)
    rows[rows] = again["suppressed"].to_numpy(dtype=bool)
    return blank(table, [*_BUILDINGS, "share"], rows | found["suppressed"].to_numpy(dtype=bool))


def _hide_changes(
    table: pd.DataFrame, *, hidden: Collection[str] = (), least: int = SMALLEST_CELL
) -> pd.DataFrame:
    """Hide all parts of a change with a small one: they add up."""
    sizes = table.assign(base=table["base"].abs(), reached=table["reached"].abs())
    hide = _of_zones("measure", counts=("base", "reached"), base=None, also=())
    rows = hide(sizes, hidden=hidden, least=least)["suppressed"]
    return blank(table, ["base", "reached", "share_points"], rows.to_numpy(dtype=bool))


def _hide_groups(
    table: pd.DataFrame, *, hidden: Collection[str] = (), least: int = SMALLEST_CELL
) -> pd.DataFrame:
    """Hide small groups of a breakdown, and those from which they could be worked out."""
    also = ["share", "behind", "zones", "lowest", "p10", "median", "highest"]
    del hidden
    groups = table.assign(zone_kind=table["breakdown"], zone_id=table["group"])
    hide = _of_zones("measure", counts=("base", "reached"))
    rows = hide(groups, least=least)["suppressed"].to_numpy(dtype=bool)
    return blank(table, ["base", "reached", *also], rows)


def _hide_breaks(
    table: pd.DataFrame, *, hidden: Collection[str] = (), least: int = SMALLEST_CELL
) -> pd.DataFrame:
    del least
    rows = table["zone_id"].isin(list(hidden)).to_numpy(dtype=bool)
    return blank(table, ["base_change", "share_change", "said"], rows)


HIDE: dict[str, Hide] = {
    "targets": _of_zones("target", counts=("base", *_FOUR, "reached", "missing")),
    "official": _of_zones("target", counts=("base", "reached", "missing"), apart=("target",)),
    "switchboard": _of_zones(*_DEFINITION, counts=("base", "reached")),
    "state_aid": _of_zones(counts=("premises", "households", "workplaces"), base=None, also=()),
    "mobile": _of_zones(*_COVERED, counts=("base", "reached"), apart=_OF),
    "mobile_operators": _hide_operators,
    "public_shares": _hide_buildings,
    "service_shares": _of_zones(
        "service",
        "within_km",
        counts=("households", "within", "unreached"),
        base="households",
        also=("share", "median_km", "p90_km", "furthest_km", "median_min"),
    ),
    "indicators": _of_zones("indicator", counts=("base", "reached", "unknown"), apart=("indicator",)),
    "series": _of_zones("measure", "source", "year", counts=("base", "reached"), apart=("measure", "source")),
    "breaks": _hide_breaks,
    "pace": _of_zones("measure", "target", counts=("missing",), base=None, also=("share", "said")),
    "compared": _of_zones(
        "table",
        "measure",
        "year",
        counts=("base_computed",),
        base=None,
        also=("computed", "difference", "nearest_share", "said"),
    ),
    "changes": _hide_changes,
    "spread": _hide_groups,
}
"""How small counts are hidden, by table."""
