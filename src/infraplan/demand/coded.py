"""Zones of statistics, elections and a study's own: DeSO, electoral districts, any areas with a code."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from infraplan.config import LayerName
from infraplan.demand.zonetable import NOISE_M2, find_overlaps, make_zones
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather

CODED: Mapping[str, LayerName] = {"deso": "deso", "district": "districts", "area": "areas"}
"""Kind of zone -> the layer that it is made of."""
_FACTS: Mapping[str, LayerName] = {"municipality": "municipalities", "locality": "localities", **CODED}


def build_coded(layers: Layers, area: BaseGeometry, crs: str) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the zones of all these kinds that the study's area touches, whole, and the faults.

    Rows of one code are one zone. A zone without a name is called by its code.
    """
    parts, found = [], []
    for kind, layer in CODED.items():
        table = layers.get(layer)
        if table is not None:
            zones, kind_faults = _build(table, kind, area)
            parts.append(zones)
            found.append(kind_faults)
    zones = pd.concat([part for part in parts if len(part)] or [make_zones([], [], "area", [])])
    return zones, gather(found, crs)


def zone_facts(layers: Layers) -> dict[str, pd.DataFrame]:
    """Return what the zone layers say of their zones, beside code, name and shape: also what travels along.

    Returns
    -------
    dict
        Kind of zone -> a table on zone_id, for each zone layer that the study has. Of several rows of a code
        the first that says something counts.
    """
    found = {}
    for kind, layer in _FACTS.items():
        table = layers.get(layer)
        if table is not None:
            # A locality without a code goes by its row's name.
            code = table["code"].where(table["code"] != "", table.index)
            facts = pd.DataFrame(table.drop(columns=[table.geometry.name, "code", "name"]))
            facts = facts.groupby(f"{kind}:" + code).first()
            found[kind] = facts.set_axis(pd.Index(facts.index, dtype="str", name="zone_id"))
    return found


def _build(table: gpd.GeoDataFrame, kind: str, area: BaseGeometry) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    layer = CODED[kind]
    inside = _touches(table, area)
    used = table[inside].assign(name=table["name"].where(table["name"] != ""))
    merged = used.dissolve(by="code", aggfunc="first")
    codes = [str(code) for code in merged.index]
    names = merged["name"].where(merged["name"].notna(), merged.index)
    zones = make_zones(
        codes, list(names), kind, list(merged.geometry), population=merged["population"].to_numpy("float64")
    )
    found = [_overlapping(merged, layer), _told_twice(used, layer)]
    if not inside.all():
        values = {"count": int((~inside).sum())}
        found.append(faults("outside_study", layer, severity="info", values=values))
    return zones, gather(found, table.crs)


def _touches(table: gpd.GeoDataFrame, area: BaseGeometry) -> pd.Series:
    """Tell which zones lie in the area, with more than the noise of a common border."""
    shapely.prepare(area)
    shapes = table.geometry.to_numpy()
    touched = shapely.intersects(area, shapes)
    doubtful = np.flatnonzero(touched & ~shapely.contains_properly(area, shapes))
    touched[doubtful] = shapely.area(shapely.intersection(shapes[doubtful], area)) > NOISE_M2
    return pd.Series(touched, index=table.index)


def _overlapping(merged: gpd.GeoDataFrame, layer: LayerName) -> gpd.GeoDataFrame:
    one, other, shared = find_overlaps(merged)
    codes = merged.index.to_numpy()
    values = [
        {"other": str(code), "area_m2": round(shape.area)}
        for code, shape in zip(codes[other], shared, strict=True)
    ]
    return faults(
        "overlapping_zones",
        layer,
        severity="warning",
        feature_ids=list(codes[one]),
        shapes=list(shared),
        crs=merged.crs,
        values=values,
    )


def _told_twice(used: gpd.GeoDataFrame, layer: LayerName) -> gpd.GeoDataFrame:
    """Report the codes whose rows have different names or numbers of inhabitants."""
    differing: dict[str, list[str]] = {}
    for column in ("name", "population"):
        said = used[["code", column]].dropna().drop_duplicates()
        for code in said.loc[said["code"].duplicated(), "code"].unique():
            differing.setdefault(str(code), []).append(column)
    codes = sorted(differing)
    values = [{"columns": ", ".join(differing[code])} for code in codes]
    return faults("zone_told_twice", layer, severity="warning", feature_ids=codes, values=values)
