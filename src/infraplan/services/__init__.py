"""Access to service by road: distances, shares, what a closure costs, and where digital service can help."""

from infraplan.services.access import ServiceAccess, evaluate_services
from infraplan.services.buildings import find_kinds, translate_buildings
from infraplan.services.closures import evaluate_closures
from infraplan.services.digital import find_digital
from infraplan.services.distance import find_distances, join_places
from infraplan.services.points import gather_places, gather_points
from infraplan.services.public import evaluate_public
from infraplan.services.roads import CarRoads, Stops, build_roads, find_stops, make_places
from infraplan.services.shares import count_shares
from infraplan.services.siting import find_sites

__all__ = [
    "CarRoads",
    "ServiceAccess",
    "Stops",
    "build_roads",
    "count_shares",
    "evaluate_closures",
    "evaluate_public",
    "evaluate_services",
    "find_digital",
    "find_distances",
    "find_kinds",
    "find_sites",
    "find_stops",
    "gather_places",
    "gather_points",
    "join_places",
    "make_places",
    "translate_buildings",
]
