"""Premises, buildings and addresses as they come, put into rows that the rest of the stage can count with.

A row has ``households`` and ``workplaces`` (NaN where the source does not say), ``kind``, ``addresses`` (how
many lie in it), ``floor_m2`` (NaN where the source has only a point), ``source``, ``vintage`` and a point.
"""

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.config import Demand, LayerName, Study
from infraplan.demand.dasymetric import Floats
from infraplan.demand.places import nearest
from infraplan.errors import StudyError
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather

_PIECE = r"#\d+$"
"""The reader writes ``id#2`` for the second row of an id: pieces of one building."""


def gather_rows(layers: Layers, study: Study) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return one row a premises, sorted by id, and the faults.

    From the layer ``premises`` where it is there, else from buildings and the addresses that lie in none.

    Raises
    ------
    StudyError
        The study has none of the three.
    """
    premises = layers.get("premises")
    buildings, addresses = layers.get("buildings"), layers.get("addresses")
    found: list[gpd.GeoDataFrame] = []
    if premises is not None:
        rows = _row_each(premises, "premises", study)
    elif buildings is not None:
        rows, found = _from_buildings(buildings, addresses, study)
    elif addresses is not None:
        rows = _row_each(addresses.assign(kind="single"), "addresses", study).assign(addresses=1)
    else:
        raise StudyError("no_premises", file=study.file or study.study.name)
    rows.index = pd.Index(rows.index, dtype="str", name="premises_id")
    return rows.sort_index(), gather(found, study.study.crs)


def of_kind(
    table: pd.DataFrame,
    field: Literal["lived_in", "dwelling_m2", "levels", "households", "workplaces"],
    demand: Demand,
) -> Floats:
    """Return what the study takes for granted about each row, by its kind."""
    values: Floats = (
        table["kind"].map({name: getattr(kind, field) for name, kind in demand.kinds}).to_numpy("float64")
    )
    return values


def _row_each(table: gpd.GeoDataFrame, layer: LayerName, study: Study) -> gpd.GeoDataFrame:
    shapes = table.geometry.to_numpy()
    levels = of_kind(table, "levels", study.demand)
    if "levels" in table.columns:
        levels = table["levels"].where(table["levels"] > 0, levels).to_numpy(dtype="float64")
    area = shapely.area(shapes)
    columns = {
        "households": table["households"].astype("float64"),
        "workplaces": table["workplaces"].astype("float64"),
        "kind": table["kind"].astype("str"),
        "addresses": 0,
        "floor_m2": np.where(area > 0, area * levels, np.nan),
        "source": pd.Series(layer, index=table.index, dtype="str"),
        "vintage": pd.Series(_vintage(layer, study), index=table.index, dtype="str"),
    }
    frame = pd.DataFrame(columns, index=table.index)
    return gpd.GeoDataFrame(frame, geometry=shapely.point_on_surface(shapes), crs=table.crs)


def _vintage(layer: LayerName, study: Study) -> str:
    """Return the date of a layer, of several files the oldest; "" where one does not say."""
    dates = [file.date for file in study.layers.get(layer, ())]
    known = [date.isoformat() for date in dates if date is not None]
    return min(known) if known and len(known) == len(dates) else ""


def _from_buildings(
    buildings: gpd.GeoDataFrame, addresses: gpd.GeoDataFrame | None, study: Study
) -> tuple[gpd.GeoDataFrame, list[gpd.GeoDataFrame]]:
    is_premises = buildings["kind"] != "none"
    used = buildings[is_premises]
    found = []
    if not is_premises.all():
        values = {"count": int((~is_premises).sum())}
        found.append(faults("not_premises", "buildings", severity="info", values=values))
    building = pd.Series(used.index.astype("str").str.replace(_PIECE, "", regex=True), index=used.index)
    rows = _join_pieces(_row_each(used, "buildings", study), building)
    if addresses is None:
        return rows, found
    piece = nearest(addresses.geometry.to_numpy(), used.geometry.to_numpy(), reach_m=study.demand.address_m)
    alone = piece < 0
    joined = addresses[~alone].groupby(building.to_numpy()[piece[~alone]])
    counts = joined[["households", "workplaces"]].sum(min_count=1).reindex(rows.index)
    rows = rows.assign(
        addresses=joined.size().reindex(rows.index, fill_value=0).astype("int64"),
        households=rows["households"].fillna(counts["households"]),
        workplaces=rows["workplaces"].fillna(counts["workplaces"]),
    )
    own = _row_each(addresses[alone].assign(kind="single"), "addresses", study).assign(addresses=1)
    # Two registers number their rows each in its own way.
    own.index = "address:" + own.index.astype("str")
    return gpd.GeoDataFrame(
        pd.concat([part for part in (rows, own) if len(part)] or [rows]), crs=rows.crs
    ), found


def _join_pieces(rows: gpd.GeoDataFrame, building: pd.Series) -> gpd.GeoDataFrame:
    """Return one row a building: its largest piece with the floor of all; counts are repeated, not added."""
    order = (
        rows.assign(building=building)
        .sort_index()
        .sort_values("floor_m2", ascending=False, kind="stable", na_position="last")
    )
    pieces = order.groupby("building", sort=True)
    joined = order.drop_duplicates("building").set_index("building").sort_index()
    return joined.assign(
        floor_m2=pieces["floor_m2"].sum(min_count=1),
        households=pieces["households"].max(),
        workplaces=pieces["workplaces"].max(),
    )
