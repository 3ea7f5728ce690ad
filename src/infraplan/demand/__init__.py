"""Who is where: zones, and one row a premises with its households and workplaces."""

from infraplan.demand.coded import zone_facts
from infraplan.demand.dasymetric import count_households, share_out
from infraplan.demand.membership import assign_zones, find_unplaced, name_zones, sum_by_zone
from infraplan.demand.premises import build_premises
from infraplan.demand.zones import build_zones

__all__ = [
    "assign_zones",
    "build_premises",
    "build_zones",
    "count_households",
    "find_unplaced",
    "name_zones",
    "share_out",
    "sum_by_zone",
    "zone_facts",
]
