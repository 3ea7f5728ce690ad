"""All of access to service by road, in one call."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.services.closures import evaluate_closures
from infraplan.services.distance import REASONS, Ways, find_distances
from infraplan.services.points import gather_places, gather_points
from infraplan.services.roads import CarRoads, build_roads, find_far_points
from infraplan.services.shares import count_shares


@dataclass(frozen=True)
class ServiceAccess:
    """Distances to service and what follows from them: tables of the contracts of these names, and faults."""

    service_points: gpd.GeoDataFrame
    distances: pd.DataFrame
    service_shares: pd.DataFrame
    closures: pd.DataFrame
    faults: gpd.GeoDataFrame
    roads: CarRoads | None = None
    """That cars drive on, for who asks more of them; None where they were not needed."""


def evaluate_services(
    premises: gpd.GeoDataFrame,
    membership: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    layers: Layers,
    study: Study,
) -> ServiceAccess:
    """Return how far it is by road to each service of a study, and what closing a place would cost.

    Without roads for cars, or without any service point, the tables of distances are empty and a fault of
    severity ``info`` says so.

    Parameters
    ----------
    premises
        Contract PREMISES.
    membership
        From ``demand.assign_zones``.
    """
    crs = study.study.crs
    points, point_faults = gather_points(layers, zones, study)
    if not len(points):
        none = faults("service_no_points", "service_points", severity="info")
        return _nothing(points, gather([point_faults, none], crs))
    roads, road_faults = build_roads(layers, study)
    if roads is None:
        return _nothing(points, gather([point_faults, road_faults], crs))
    places = gather_places(points)
    distances, ways = find_distances(premises, places, roads, study)
    found = [
        point_faults,
        road_faults,
        find_far_points(places, roads, study),
        _report_premises(ways, premises, study),
    ]
    return ServiceAccess(
        points,
        distances,
        count_shares(ways, premises, membership, zones, study),
        evaluate_closures(ways, premises, places, study),
        gather(found, crs),
        roads,
    )


def _nothing(points: gpd.GeoDataFrame, found: gpd.GeoDataFrame) -> ServiceAccess:
    distances, shares, closures = (
        tables.empty(contract) for contract in (tables.DISTANCES, tables.SERVICE_SHARES, tables.CLOSURES)
    )
    return ServiceAccess(points, distances, shares, closures, found)


def _report_premises(ways: dict[str, Ways], premises: gpd.GeoDataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return how many premises have no way to services, by reason, or begin it at another road.

    Services about which the same premises are told share a fault.
    """
    told: dict[tuple[str, bytes], list[str]] = {}
    for service, found in ways.items():
        for rule, chosen in (
            ("service_too_far_from_road", found.reason == REASONS.index("too_far_from_road")),
            ("service_on_island", found.reason == REASONS.index("island")),
            ("service_past_island", found.past),
        ):
            if chosen.any():
                told.setdefault((rule, chosen.tobytes()), []).append(service)
    households = premises["households"].to_numpy()
    parts = []
    for (rule, mask), services in told.items():
        chosen = np.frombuffer(mask, np.bool_)
        values = {
            "services": ", ".join(services),
            "count": int(chosen.sum()),
            "households": int(households[chosen].sum()),
            "attach_m": round(study.services.attach_m),
        }
        severity = "info" if rule == "service_past_island" else "warning"
        parts.append(faults(rule, "premises", severity=severity, values=values))
    return gather(parts, premises.crs)
