"""Several finished studies as one region: their municipalities side by side, and where they do not fit."""

from infraplan.outputs.region.join import Region, join
from infraplan.outputs.region.told import tell_region
from infraplan.outputs.region.write import write_region

__all__ = ["Region", "join", "tell_region", "write_region"]
