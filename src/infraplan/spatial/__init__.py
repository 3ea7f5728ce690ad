"""Points against points, lines and areas: numbers and shapes in, positions and numbers out."""

from infraplan.spatial.chains import label_chains
from infraplan.spatial.inside import AreaIndex, build_index, find_best, find_groups, find_pairs
from infraplan.spatial.near import find_nearest, find_nearest_line, find_within

__all__ = [
    "AreaIndex",
    "build_index",
    "find_best",
    "find_groups",
    "find_nearest",
    "find_nearest_line",
    "find_pairs",
    "find_within",
    "label_chains",
]
