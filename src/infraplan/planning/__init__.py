"""White spots to a plan for a goal, and an independent check of it."""

from infraplan.planning.check import check_plan
from infraplan.planning.model import Plan
from infraplan.planning.plan import Effort, make_plan

__all__ = ["Effort", "Plan", "check_plan", "make_plan"]
