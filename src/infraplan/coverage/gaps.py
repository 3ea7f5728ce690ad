"""Who misses service, by which rule, and what that means for support (PTS building list)."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.counting import Bytes, find_greatest, find_positions
from infraplan.coverage.plans import find_in_time, find_plan_years, find_there
from infraplan.coverage.reliable import Bools
from infraplan.coverconfig import Gaps
from infraplan.demand.dasymetric import Floats
from infraplan.spatial import label_chains
from infraplan.tables import WHITE_SPOT_RULES

_ROWS = 1 << 20
"""Rows of service that are judged at a time."""


def find_white_spots(premises: gpd.GeoDataFrame, service: pd.DataFrame, study: Study) -> gpd.GeoDataFrame:
    """Return the premises without reliable service at ``gaps.down_mbps``, there or decided in time.

    Asked about are premises with households or workplaces, and holiday homes where the study says so. A plan
    is in time that is due by the end of the study's year + ``plan_years``. Eligible for support is whoever
    lies outside localities; unsure where the sources do not say (``settlement_known``), or fibre is estimated
    to pass.
    """
    rule, best = _judge(premises.index, service, study)
    is_white = _asked(premises, study.gaps) & (rule >= 0)
    white = premises[is_white]
    rules = pd.Series(np.array(WHITE_SPOT_RULES)[rule[is_white]], index=white.index, dtype="str")
    spots = white.assign(
        best_down_mbps=best[is_white],
        rule=rules,
        white_spot_id=_number_chains(white, study.gaps.chain_m),
        eligible=_eligible(white, rules),
    )
    return spots[[*tables.WHITE_SPOTS.names, "geometry"]]


def _asked(premises: gpd.GeoDataFrame, gaps: Gaps) -> Bools:
    lived_in = (premises["households"] > 0) | (premises["workplaces"] > 0)
    asked: Bools = (lived_in | ((premises["kind"] == "holiday") & gaps.holiday_homes)).to_numpy()
    return asked


def _judge(premises: pd.Index, service: pd.DataFrame, study: Study) -> tuple[Bytes, Floats]:
    """Return for each premises the rule that makes it a white spot, and the best speed.

    Of several rules, as of several rows, the first counts, which is the nearest to ending the white spot:

    - passed_only: reliable and fast enough, but only estimated as passed, and the study does not count that;
    - plan_undecided: a plan would do, but nobody has decided it;
    - plan_undated, plan_overdue, plan_too_late: a decided plan would do, but has no date, one before the
      study's year with nothing there, or one after its horizon;
    - not_reliable: fast enough, by a technology that is not reliable;
    - too_slow: something is there or decided;
    - no_service: nothing is.

    Returns
    -------
    rule, best_down_mbps
        A position in WHITE_SPOT_RULES, -1 for no white spot; the best that is there or decided, 0 for none.
    """
    # Positions instead of ids, and some rows at a time: a country has ten million rows of service.
    position = find_positions(service["premises_id"], premises)
    known, count = position >= 0, len(premises)
    starts = range(0, max(len(service), 1), _ROWS)
    of_row = np.concatenate([_judge_rows(service.iloc[at : at + _ROWS], study) for at in starts])
    # The first rule is the greatest of the negative positions.
    rule: Bytes = -find_greatest(-of_row, position, known, count, least=-WHITE_SPOT_RULES.index("no_service"))
    down = service["down_mbps"].to_numpy()
    counts = known & _is_certain(service) & ~np.isnan(down)
    return rule, find_greatest(down, position, counts, count, least=0.0)


def _judge_rows(service: pd.DataFrame, study: Study) -> Bytes:
    """Return the rule that each row would decide by itself, -1 where it leaves no white spot."""
    gaps = study.gaps
    down = service["down_mbps"].to_numpy()
    fast = down >= gaps.down_mbps
    would_do = fast & service["reliable"].to_numpy()
    there, passed = find_there(service), (service["status"] == "passed_estimated").to_numpy()
    planned, decided = (service["status"] == "planned").to_numpy(), service["decided"].to_numpy()
    certain = _is_certain(service)
    due = find_plan_years(service["planned_by"])
    in_time = find_in_time(service, study.study.year, gaps.plan_years)
    holds = {
        "too_slow": ~fast & certain,
        "not_reliable": fast & ~would_do & certain,
        "plan_too_late": would_do & planned & (due > study.study.year + gaps.plan_years),
        "plan_overdue": would_do & planned & (due < study.study.year),
        "plan_undated": would_do & planned & np.isnan(due),
        "plan_undecided": would_do & planned & ~decided,
        "passed_only": would_do & passed,
    }
    rule = np.full(len(service), WHITE_SPOT_RULES.index("no_service"), dtype=np.int8)
    # The nearest to ending the white spot comes last: what is written later stays.
    for name, rows in holds.items():
        rule[rows] = WHITE_SPOT_RULES.index(name)
    rule[would_do & (there | in_time | (passed & gaps.passed_is_served))] = -1
    return rule


def _is_certain(service: pd.DataFrame) -> Bools:
    """Return whether each row is there or decided."""
    decided: Bools = (service["status"] == "planned").to_numpy() & service["decided"].to_numpy()
    return find_there(service) | decided


def _eligible(white: gpd.GeoDataFrame, rule: pd.Series) -> pd.Series:
    known = white.get("settlement_known", pd.Series(data=True, index=white.index))
    inside = white["settlement_class"] == "locality"
    unsure = ~known | ((rule == "passed_only") & ~inside)
    return pd.Series(np.select([unsure, inside], ["unsure", "no"], "yes"), index=white.index, dtype="str")


def _number_chains(white: gpd.GeoDataFrame, chain_m: float) -> pd.Series:
    """Name chains W0001, W0002, … by households, most first, then from west to east."""
    if white.empty:
        return pd.Series(index=white.index, dtype="str")
    xy = shapely.get_coordinates(white.geometry.to_numpy())
    chain = label_chains(xy, chain_m)
    size = pd.DataFrame({"households": white["households"], "x": xy[:, 0], "y": xy[:, 1]}).groupby(chain)
    order = size.agg({"households": "sum", "x": "min", "y": "min"}).sort_values(
        ["households", "x", "y"], ascending=[False, True, True]
    )
    names = pd.Series(
        [f"W{number:04d}" for number in range(1, len(order) + 1)], index=order.index, dtype="str"
    )
    return pd.Series(names[chain].to_numpy(), index=white.index, dtype="str")
