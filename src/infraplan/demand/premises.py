"""One row a premises: where it is, who is there."""

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from infraplan.config import Study
from infraplan.demand.households import fill_households, fill_workplaces
from infraplan.demand.places import Shapes
from infraplan.demand.placing import assign_municipality, assign_settlement
from infraplan.demand.rows import gather_rows
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.tables import PREMISES


def build_premises(
    layers: Layers, zones: gpd.GeoDataFrame, study: Study
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the premises of a study and the faults found on the way.

    From the layer ``premises``, or made of buildings and addresses (``rows``); households and workplaces as
    stated, from the population, or assumed (``households``). Beside the contract PREMISES the table has
    ``settlement_known``: whether the sources say on which side of a locality's border the premises lies.

    Raises
    ------
    StudyError
        The study has neither premises nor buildings nor addresses.
    """
    rows, row_faults = gather_rows(layers, study)
    demand, population = study.demand, layers.get("population")
    area: BaseGeometry = zones.geometry.loc["study"]
    # Before premises outside the study are left out: a zone that crosses the border has people there too.
    households, household_faults = fill_households(rows, population, area, demand)
    workplaces, workplace_faults = fill_workplaces(rows, population, area, demand)
    municipality = assign_municipality(rows.geometry, zones, _other_municipalities(layers, study), demand)
    settlement = assign_settlement(rows.geometry, zones, demand)
    if layers.get("localities") is None:
        settlement["settlement_known"] = False
    rows = rows.assign(households=households, workplaces=workplaces)
    table = gpd.GeoDataFrame(pd.concat([rows, municipality, settlement], axis=1), crs=study.study.crs)
    used, place_faults = _leave_out(table, zones, study)
    found = [row_faults, household_faults, workplace_faults, place_faults, *_unknown_population(population)]
    return used[[*PREMISES.names, "settlement_known", "geometry"]], gather(found, study.study.crs)


def _other_municipalities(layers: Layers, study: Study) -> Shapes:
    table, wanted = layers.get("municipalities"), study.study.municipalities
    if table is None or not wanted:
        return np.array([], dtype=object)
    shapes: Shapes = table.geometry[~table["code"].isin(wanted)].to_numpy()
    return shapes


def _leave_out(
    table: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, study: Study
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Leave out premises outside the municipalities that the study names; report those outside all."""
    found = [_report(table[table["near_border"]], "near_border")]
    if not (zones["kind"] == "municipality").any():
        return table, gather(found, table.crs)
    outside = table["municipality"] == ""
    if not study.study.municipalities:
        found.append(_report(table[outside], "outside_municipalities"))
        return table, gather(found, table.crs)
    for source, chosen in table[outside].groupby("source"):
        found.append(faults("outside_study", str(source), severity="info", values={"count": len(chosen)}))
    return table[~outside], gather(found, table.crs)


def _report(rows: gpd.GeoDataFrame, rule: str) -> gpd.GeoDataFrame:
    parts = [
        faults(
            rule,
            str(source),
            severity="warning",
            feature_ids=list(chosen.index),
            shapes=list(chosen.geometry),
            crs=rows.crs,
            values=[{"municipality": code} for code in chosen["municipality"]],
        )
        for source, chosen in rows.groupby("source")
    ]
    return gather(parts, rows.crs)


def _unknown_population(population: gpd.GeoDataFrame | None) -> list[gpd.GeoDataFrame]:
    if population is None:
        return []
    known = population[["population", "households", "workplaces"]].notna().any(axis=1)
    count = int((~known).sum())
    return (
        [faults("population_unknown", "population", severity="info", values={"count": count})]
        if count
        else []
    )
