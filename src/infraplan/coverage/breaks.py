"""Breaks in series: a base that jumps, a share that falls, another source. No trend is drawn across one."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan.config import Study
from infraplan.coverage.series import number_series

_NOISE = 1e-9  # of binary fractions


def find_breaks(figures: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return what changes from one figure of a series to the next, and how the series breaks there.

    A base jumps when it grows or shrinks by at least ``progress.base_jump`` of the last one known. A share
    falls when it is certain to have fallen by at least ``progress.share_fall``: of >99 and 99.2 nobody can
    tell. Another source is a break whatever the figures do.

    Parameters
    ----------
    figures
        From ``gather_series``.

    Returns
    -------
    DataFrame
        On the index of ``figures``: ``kind`` (empty for none), ``base_change``, ``share_change`` (NaN where
        unknown), ``base_before`` and ``source_before``.
    """
    series = number_series(figures)
    before = figures.groupby(series)[["share", "bound", "source"]].shift()
    first = ~series.duplicated()
    base_before = figures.groupby(series)["base"].ffill().groupby(series).shift()
    base_change = (figures["base"] / base_before.where(base_before > 0)) - 1.0
    share_change = figures["share"] - before["share"]
    jumps = _exceeds(base_change.abs(), study.progress.base_jump)
    certain = (before["bound"] != "below") & (figures["bound"] != "above")
    falls = _exceeds(-share_change, study.progress.share_fall) & certain.to_numpy(dtype=np.bool_)
    moved = ~first & (figures["source"] != before["source"])
    kind = np.select([moved, jumps & falls, jumps, falls], ["source", "both", "base_jump", "share_fall"], "")
    return pd.DataFrame(
        {
            "kind": pd.Series(kind, index=figures.index, dtype="str"),
            "base_change": base_change,
            "share_change": share_change,
            "base_before": base_before,
            "source_before": before["source"].fillna("").astype("str"),
        }
    )


def _exceeds(change: pd.Series, limit: float) -> NDArray[np.bool_]:
    # A change of nothing is none, though the limit be 0.
    found: NDArray[np.bool_] = (change >= limit - _NOISE).to_numpy() & (change > _NOISE).to_numpy()
    return found
