"""Who is where: zones, and one row a premises with its households and workplaces."""

from infraplan.demand.dasymetric import count_households, share_out
from infraplan.demand.premises import build_premises
from infraplan.demand.zones import build_zones

__all__ = ["build_premises", "build_zones", "count_households", "share_out"]
