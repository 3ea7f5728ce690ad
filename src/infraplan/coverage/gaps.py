"""Who misses service, by which rule, and what that means for support (PTS building list)."""

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.chains import label_chains
from infraplan.coverconfig import Gaps
from infraplan.layers.dates import read_years

_THERE = ("connected", "orderable")


def find_white_spots(premises: gpd.GeoDataFrame, service: pd.DataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return the premises without reliable service at ``gaps.down_mbps``, there or decided in time.

    Asked about are premises with households or workplaces, and holiday homes where the study says so. A plan
    is in time that is due by the end of the study's year + ``plan_years``. Eligible for support is whoever
    lies outside localities; unsure where the sources do not say (``settlement_known``), or fibre is estimated
    to pass.
    """
    asked = _asked(premises, study.gaps)
    verdict = _judge(asked, service, study)
    white = asked[verdict["rule"] != ""]
    verdict = verdict.loc[white.index]
    spots = white.assign(
        best_down_mbps=verdict["best_down_mbps"],
        rule=verdict["rule"],
        white_spot_id=_number_chains(white, study.gaps.chain_m),
        eligible=_eligible(white, verdict["rule"]),
    )
    return spots[[*tables.WHITE_SPOTS.names, "geometry"]]


def _asked(premises: gpd.GeoDataFrame, gaps: Gaps) -> gpd.GeoDataFrame:
    lived_in = (premises["households"] > 0) | (premises["workplaces"] > 0)
    return premises[lived_in | ((premises["kind"] == "holiday") & gaps.holiday_homes)]


def _judge(asked: gpd.GeoDataFrame, service: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return for each premises the rule that makes it a white spot, "" for none, and the best speed.

    Of several rules the first counts, which is the nearest to ending the white spot:

    - passed_only: reliable and fast enough, but only estimated as passed, and the study does not count that;
    - plan_undated, plan_overdue, plan_too_late: a decided plan would do, but has no date, one before the
      study's year with nothing there, or one after its horizon;
    - not_reliable: fast enough, by a technology that is not reliable;
    - too_slow: something is there or decided;
    - no_service: nothing is.
    """
    gaps = study.gaps
    # Positions instead of ids: a county has a million rows of service.
    position = asked.index.get_indexer(service["premises_id"])
    service, position = service[position >= 0], position[position >= 0]
    status = service["status"]
    there, planned, passed = status.isin(_THERE), status == "planned", status == "passed_estimated"
    fast = service["down_mbps"] >= gaps.down_mbps
    would_do = fast & service["reliable"]
    year = read_years(service.loc[planned, "planned_by"]).reindex(service.index)
    in_time = planned & year.between(study.study.year, study.study.year + gaps.plan_years)
    holds = {
        "": would_do & (there | in_time | (passed & gaps.passed_is_served)),
        "passed_only": would_do & passed,
        "plan_undated": would_do & planned & year.isna(),
        "plan_overdue": would_do & planned & (year < study.study.year),
        "plan_too_late": would_do & planned & year.notna(),
        "not_reliable": fast & ~would_do & (there | planned),
        "too_slow": ~fast & (there | planned),
    }
    rule = np.full(len(asked), "no_service", dtype=object)
    for name in reversed(holds):
        rule[position[holds[name]]] = name
    best = np.zeros(len(asked))
    certain = (there | planned) & service["down_mbps"].notna()
    np.maximum.at(best, position[certain], service.loc[certain, "down_mbps"])
    return pd.DataFrame({"rule": pd.array(rule, dtype="str"), "best_down_mbps": best}, index=asked.index)


def _eligible(white: gpd.GeoDataFrame, rule: pd.Series) -> pd.Series:
    known = white.get("settlement_known", pd.Series(data=True, index=white.index))
    inside = white["settlement_class"] == "locality"
    unsure = ~known | ((rule == "passed_only") & ~inside)
    return pd.Series(np.select([unsure, inside], ["unsure", "no"], "yes"), index=white.index, dtype="str")


def _number_chains(white: gpd.GeoDataFrame, chain_m: float) -> pd.Series:
    """Name chains W0001, W0002, … by households, most first, then from west to east."""
    if white.empty:
        return pd.Series(index=white.index, dtype="str")
    x, y = white.geometry.x, white.geometry.y
    chain = label_chains(np.column_stack([x, y]), chain_m)
    size = pd.DataFrame({"households": white["households"], "x": x, "y": y}).groupby(chain)
    order = size.agg({"households": "sum", "x": "min", "y": "min"}).sort_values(
        ["households", "x", "y"], ascending=[False, True, True]
    )
    names = pd.Series(
        [f"W{number:04d}" for number in range(1, len(order) + 1)], index=order.index, dtype="str"
    )
    return pd.Series(names[chain].to_numpy(), index=white.index, dtype="str")
