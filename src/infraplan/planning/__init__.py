"""White spots to a plan for a goal, an independent check of it, and all that a council asks of it."""

from infraplan.planning.asked import find_candidates, find_others
from infraplan.planning.check import check_plan
from infraplan.planning.draft import draw_network, units
from infraplan.planning.model import Draft, Effort, Goal, Plan, Setting
from infraplan.planning.package import Package, build_package
from infraplan.planning.plan import make_plan

__all__ = [
    "Draft",
    "Effort",
    "Goal",
    "Package",
    "Plan",
    "Setting",
    "build_package",
    "check_plan",
    "draw_network",
    "find_candidates",
    "find_others",
    "make_plan",
    "units",
]
