"""Steiner trees with a proven bound, what follows from a finished one, nearest sources: numbers only."""

from typing import TYPE_CHECKING, Any

from infraplan.routing.cabinets import Cabinets, place_cabinets
from infraplan.routing.forest import Forest, grow_forest, path_sums, sum_below
from infraplan.routing.peeling import Peeling, peel
from infraplan.routing.pieces import Split, split
from infraplan.routing.steiner import Ended, Progress, Tree, steiner_tree

if TYPE_CHECKING:
    from infraplan.routing.lagrange import budget_tree, quota_tree
    from infraplan.routing.nearest import (
        Nearest,
        Places,
        Search,
        Streets,
        find_at_nodes,
        find_at_places,
        find_nearest,
        find_parts,
        make_streets,
        search_nearest,
    )
    from infraplan.routing.prize import prize_collecting_tree
    from infraplan.routing.ring_ways import find_near, second_ways
    from infraplan.routing.rings import two_connected

__all__ = [
    "Cabinets",
    "Ended",
    "Forest",
    "Nearest",
    "Peeling",
    "Places",
    "Progress",
    "Search",
    "Split",
    "Streets",
    "Tree",
    "budget_tree",
    "find_at_nodes",
    "find_at_places",
    "find_near",
    "find_nearest",
    "find_parts",
    "grow_forest",
    "make_streets",
    "path_sums",
    "peel",
    "place_cabinets",
    "prize_collecting_tree",
    "quota_tree",
    "search_nearest",
    "second_ways",
    "split",
    "steiner_tree",
    "sum_below",
    "two_connected",
]

_LATER = {
    "budget_tree": "lagrange",
    "quota_tree": "lagrange",
    "prize_collecting_tree": "prize",
    "Nearest": "nearest",
    "Places": "nearest",
    "Search": "nearest",
    "Streets": "nearest",
    "find_at_nodes": "nearest",
    "find_at_places": "nearest",
    "find_nearest": "nearest",
    "find_parts": "nearest",
    "make_streets": "nearest",
    "search_nearest": "nearest",
    "find_near": "ring_ways",
    "second_ways": "ring_ways",
    "two_connected": "rings",
}


def __getattr__(name: str) -> Any:
    """Import what needs numba when it is first asked for: who needs only small trees does not wait for it."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
