"""Who gets what: fixed service, shares against targets, who misses and where."""

from infraplan.coverage.areas import build_areas
from infraplan.coverage.best import find_best
from infraplan.coverage.breaks import find_moved
from infraplan.coverage.cells import count_cells
from infraplan.coverage.changes import split_change
from infraplan.coverage.facts import build_facts
from infraplan.coverage.fixed import evaluate_fixed
from infraplan.coverage.gaps import find_white_spots
from infraplan.coverage.indicators import evaluate_indicators
from infraplan.coverage.mobile import MobileCoverage, evaluate_mobile
from infraplan.coverage.observations import apply_observations
from infraplan.coverage.official import evaluate_official
from infraplan.coverage.progress import Progress, evaluate_progress
from infraplan.coverage.published import compare_published
from infraplan.coverage.spread import evaluate_spread
from infraplan.coverage.state_aid import count_colours
from infraplan.coverage.switchboard import evaluate_switchboard, rank_definitions
from infraplan.coverage.targets import count_missing, evaluate_targets, find_missing, find_reached

__all__ = [
    "MobileCoverage",
    "Progress",
    "apply_observations",
    "build_areas",
    "build_facts",
    "compare_published",
    "count_cells",
    "count_colours",
    "count_missing",
    "evaluate_fixed",
    "evaluate_indicators",
    "evaluate_mobile",
    "evaluate_official",
    "evaluate_progress",
    "evaluate_spread",
    "evaluate_switchboard",
    "evaluate_targets",
    "find_best",
    "find_missing",
    "find_moved",
    "find_reached",
    "find_white_spots",
    "rank_definitions",
    "split_change",
]
