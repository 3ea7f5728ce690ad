"""What a plan does for each target: the share before it, and with it."""

import geopandas as gpd
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage import count_missing, find_reached
from infraplan.planning.draft import units


def count_effect(
    served: pd.DataFrame, premises: gpd.GeoDataFrame, service: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """Count each target of the study before the plan, and with everybody whom it serves.

    Whom fibre passes can have ``[coverage] passed_mbps``: a faster target gains nothing.
    """
    rows = []
    for target in study.targets:
        worth, before = units(premises, target.of), find_reached(premises, service, target)
        gains = premises.index.isin(served.index) & (study.coverage.passed_mbps >= target.down_mbps)
        base, there, then = (int(worth[who].sum()) for who in (before | True, before, before | gains))
        rows.append(
            {
                "target": target.name,
                "unit": target.of,
                "base": base,
                "before": there,
                "after": then,
                "share_before": there / base if base else float("nan"),
                "share_after": then / base if base else float("nan"),
                "target_share": target.share,
                "met": bool(base) and count_missing(base, then, target.share) == 0,
            }
        )
    nothing: pd.DataFrame = tables.empty(tables.EFFECT)
    table = pd.DataFrame(rows, index=pd.RangeIndex(len(rows), name="row"))
    return table[tables.EFFECT.names].astype({"target": "str", "unit": "str"}) if rows else nothing
