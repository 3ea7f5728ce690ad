"""What each premises can have over fixed networks: declared, decided, or estimated from existing fibre."""

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import tables
from infraplan.config import LayerName, Study
from infraplan.coverage.matching import match_premises
from infraplan.coverage.passed import find_passed
from infraplan.demand.places import find_inside
from infraplan.layers import Layers
from infraplan.layers.dates import read_years
from infraplan.layers.faults import faults, gather

_AREAS = ("Polygon", "MultiPolygon")


def evaluate_fixed(
    premises: gpd.GeoDataFrame, layers: Layers, study: Study
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return what each premises has or could have, several rows a premises, and the faults.

    From the connected premises (by id or position), from footprints (areas that premises lie in, or lists),
    and estimated from existing fibre (``passed.find_passed``).
    """
    parts, found = [], []
    connected, footprints = layers.get("connected"), layers.get("footprints")
    if connected is not None:
        # Fibre that does not say how fast it is can do what any fibre can.
        silent = connected["down_mbps"].isna() & (connected["technology"] == "fibre")
        speed = connected["down_mbps"].mask(silent, study.coverage.passed_mbps)
        connected = connected.assign(down_mbps=speed, planned_by="")
        rows, wrong = _from_list(connected, "connected", premises, layers, study)
        parts.append(rows)
        found += [wrong, _unknown_speed(connected, "connected")]
    if footprints is not None:
        is_area = footprints.geom_type.isin(_AREAS)
        rows, wrong = _from_list(footprints[~is_area], "footprints", premises, layers, study)
        parts += [_from_areas(footprints[is_area], premises), rows]
        found += [wrong, _unknown_speed(footprints, "footprints"), _unreadable_dates(footprints)]
    declared = _stack(parts)
    service = _stack([declared, find_passed(premises, declared, layers, study.coverage)])
    return service, gather(found, study.study.crs)


def _stack(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    nothing: pd.DataFrame = tables.empty(tables.SERVICE)
    filled = [part[nothing.columns] for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True).rename_axis("row") if filled else nothing


def _from_areas(footprints: gpd.GeoDataFrame, premises: gpd.GeoDataFrame) -> pd.DataFrame:
    point, area = find_inside(premises.geometry.to_numpy(), footprints.geometry.to_numpy())
    return _declare(footprints.iloc[area], premises.index[point])


def _from_list(
    table: gpd.GeoDataFrame, layer: LayerName, premises: gpd.GeoDataFrame, layers: Layers, study: Study
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    found = match_premises(table, premises, reach_m=study.coverage.match_m)
    matched = found >= 0
    rows = _declare(table[matched], premises.index[found[matched]])
    return rows, _unmatched(table[~matched], layer, layers, study)


def _declare(rows: gpd.GeoDataFrame, premises_ids: pd.Index) -> pd.DataFrame:
    columns = ["operator", "technology", "down_mbps", "up_mbps", "status", "planned_by", "price_sek"]
    ids = pd.array(premises_ids.to_numpy(), dtype="str")
    declared = pd.DataFrame(rows[columns]).reset_index(drop=True)
    return declared.assign(
        premises_id=ids,
        evidence=pd.Series("declared", declared.index, dtype="str"),
        distance_m=np.nan,
        decided=rows["decided"].to_numpy() if "decided" in rows else True,
        reliable=declared["technology"].isin(["fibre", "cable", "vdsl", "fwa"]),
        observation=pd.Series("", declared.index, dtype="str"),
    )


def _unmatched(table: gpd.GeoDataFrame, layer: LayerName, layers: Layers, study: Study) -> gpd.GeoDataFrame:
    """Return the faults of rows without premises; those outside the study are only counted."""
    if layers.area is not None:
        shapely.prepare(layers.area)
    placed = (table.geom_type == "Point") & ~table.geometry.is_empty
    outside = placed & (False if layers.area is None else ~table.geometry.intersects(layers.area))
    here, nowhere = table[placed & ~outside], table[~placed]
    parts = [
        faults(
            "unmatched_connection",
            layer,
            severity="warning",
            feature_ids=list(here.index),
            shapes=list(here.geometry),
            crs=study.study.crs,
            values={"match_m": study.coverage.match_m},
        ),
        faults(
            "unmatched_id",
            layer,
            severity="warning",
            feature_ids=list(nowhere.index),
            values=[{"premises_id": text} for text in nowhere["premises_id"]],
        ),
    ]
    if outside.any():
        parts.append(faults("outside_study", layer, severity="info", values={"count": int(outside.sum())}))
    return gather(parts, study.study.crs)


def _unknown_speed(table: gpd.GeoDataFrame, layer: LayerName) -> gpd.GeoDataFrame:
    count = int(table["down_mbps"].isna().sum())
    return faults(
        "speed_unknown", layer, severity="info", feature_ids=("",) * bool(count), values={"count": count}
    )


def _unreadable_dates(footprints: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    wrong = footprints[(footprints["planned_by"] != "") & read_years(footprints["planned_by"]).isna()]
    return faults(
        "plan_date_unreadable",
        "footprints",
        severity="warning",
        feature_ids=list(wrong.index),
        shapes=list(wrong.geometry),
        crs=wrong.crs,
        values=[{"date": text} for text in wrong["planned_by"]],
    )
