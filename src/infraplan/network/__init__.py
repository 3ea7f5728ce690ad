"""Roads to a graph with prices, and premises, existing fibre and road islands joined to it."""

from infraplan.network.access import add_access
from infraplan.network.areas import find_areas
from infraplan.network.costs import price_edges
from infraplan.network.doctor import check_graph, check_network
from infraplan.network.graph import RouteGraph, build_graph
from infraplan.network.islands import bridge_islands
from infraplan.network.snap import Attachment, attach_premises
from infraplan.network.survey import cut_graph, survey, take_out

__all__ = [
    "Attachment",
    "RouteGraph",
    "add_access",
    "attach_premises",
    "bridge_islands",
    "build_graph",
    "check_graph",
    "check_network",
    "cut_graph",
    "find_areas",
    "price_edges",
    "survey",
    "take_out",
]
