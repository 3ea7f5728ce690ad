"""A study's own indicators: a rule over a table's columns, counted in every zone."""

from collections.abc import Mapping
from difflib import get_close_matches

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.rules import Answer, RuleProblemError, ask
from infraplan.coverage.targets import count_missing
from infraplan.coverconfig import Indicator
from infraplan.demand import assign_zones, name_zones, sum_by_zone
from infraplan.errors import StudyError
from infraplan.layers.public_kinds import is_protected

_ROWS = "rows"
_ZONED = ("study", "municipality", "locality", "settlement_class")
"""Kinds of zones that a table other than the premises can tell by its columns."""


def evaluate_indicators(
    facts: gpd.GeoDataFrame,
    found: Mapping[str, pd.DataFrame],
    membership: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    study: Study,
) -> pd.DataFrame:
    """Return each indicator of the study in each zone.

    Parameters
    ----------
    facts
        From ``build_facts``: the table ``premises`` that rules are asked of.
    found
        The other tables, by name.
    membership
        Of the premises.

    Returns
    -------
    DataFrame
        Contract INDICATORS. What a rule cannot be asked of, for want of a number, is in ``unknown``, and not
        reached.

    Raises
    ------
    StudyError
        A rule cannot be read, names a column that the table lacks, or compares words with numbers.
    """
    parts = []
    for indicator in study.indicators:
        table = facts if indicator.table == "premises" else _leave_out_protected(found[indicator.table])
        its_zones = membership if indicator.table == "premises" else _find_zones(table, zones)
        amounts = count_amounts(indicator, table, study)
        parts.append(_describe(sum_by_zone(its_zones, amounts), indicator, zones))
    if not parts:
        nothing: pd.DataFrame = tables.empty(tables.INDICATORS)
        return nothing
    whole: pd.DataFrame = pd.concat(parts, ignore_index=True)[tables.INDICATORS.names].rename_axis("row")
    return whole


def count_amounts(indicator: Indicator, table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return ``base``, ``reached`` and ``unknown`` of each row of a table, in what the indicator counts.

    Raises
    ------
    StudyError
        As ``evaluate_indicators``.
    """
    answer = _ask(indicator, table, study)
    weight = _weigh(indicator, table, study)
    return pd.DataFrame(
        {
            "base": weight,
            "reached": np.where(answer.yes & answer.known, weight, 0.0),
            "unknown": np.where(answer.known, 0.0, weight),
        },
        index=table.index,
    )


def _ask(indicator: Indicator, table: pd.DataFrame, study: Study) -> Answer:
    """Ask an indicator's rule of a table; a rule that cannot be asked is the study file's mistake."""
    try:
        return ask(indicator.rule, table)
    except RuleProblemError as error:
        raise _tell(error, indicator, table, study) from error


def _weigh(indicator: Indicator, table: pd.DataFrame, study: Study) -> np.ndarray:
    if indicator.of == _ROWS:
        return np.ones(len(table))
    names = [name.strip() for name in indicator.of.split("+")]
    for name in names:
        if name not in table.columns or not pd.api.types.is_numeric_dtype(table[name].dtype):
            raise _tell(RuleProblemError("rule_no_count", column=name), indicator, table, study)
    return table[names].fillna(0.0).sum(axis=1).to_numpy(dtype="float64")


def _tell(error: RuleProblemError, indicator: Indicator, table: pd.DataFrame, study: Study) -> StudyError:
    columns = [str(name) for name in table.columns if name != "geometry"]
    told = error.values  # noqa: PD011  (an error's)
    wanted = told.get("column", "")
    near = get_close_matches(wanted, columns, n=3, cutoff=0.5) or columns
    where = {"file": str(study.file or study.study.name), "name": indicator.name, "rule": indicator.rule}
    return StudyError(error.key, **where, **told, found=", ".join(near))


def _leave_out_protected(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without protected buildings, of which not even how many there are is told."""
    return table[~is_protected(table)] if "protected" in table.columns else table


def _find_zones(table: pd.DataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the membership of rows that name their municipality or settlement class."""
    known = [kind for kind in _ZONED if kind == "study" or kind in table.columns]
    return assign_zones(gpd.GeoDataFrame(table), zones[zones["kind"].isin(known)])


def _describe(sums: pd.DataFrame, indicator: Indicator, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    base, reached = sums["base"].to_numpy(), sums["reached"].to_numpy()
    share = np.divide(reached, base, out=np.full(len(base), np.nan), where=base > 0)
    goal = np.nan if indicator.goal is None else indicator.goal
    named = name_zones(sums.index, zones)
    return named.assign(
        indicator=indicator.name,
        purpose=indicator.purpose,
        table=indicator.table,
        of=indicator.of,
        base=base,
        reached=reached,
        unknown=sums["unknown"].to_numpy(),
        share=share,
        goal=goal,
        met=[_is_met(b, r, indicator.goal) for b, r in zip(base, reached, strict=True)],
    ).astype(dict.fromkeys(("indicator", "purpose", "table", "of"), "str"))


def _is_met(base: float, reached: float, goal: float | None) -> bool:
    """Tell whether a goal is met; of whole numbers exactly, as a target is."""
    if goal is None or base <= 0:
        return False
    if float(base).is_integer() and float(reached).is_integer():
        return count_missing(int(base), int(reached), goal) == 0
    return reached >= goal * base
