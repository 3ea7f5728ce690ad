"""Breaks in series: a base that jumps, a share that falls, another source or definition.

No trend is drawn across one.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan.config import Study
from infraplan.coverage.series import number_series
from infraplan.tables import COUNTS

Moved = Mapping[int, Mapping[str, tuple[Any, Any]]]
"""Year -> setting of ``[coverage]`` -> what it was in the run before, and what it is."""

_TOUCHES = {
    "match_m": "connected",
    "observed_m": "connected",
    "technologies": "connected",
    "order_max_sek": "orderable",
    "passed_m": "passed",
    "passed_mbps": "passed",
}
"""Settings that decide who counts as what -> the surest that they touch; so they do all after it."""

_NOISE = 1e-9  # of binary fractions


def find_moved(definitions: Sequence[tuple[int, Mapping[str, Any]]]) -> Moved:
    """Return which definitions changed from one own run to the next.

    Parameters
    ----------
    definitions
        Year and ``[coverage]`` of each own run, this one first: of two of one year the first counts.
    """
    by_year: dict[int, Mapping[str, Any]] = {}
    for year, settings in definitions:
        by_year.setdefault(year, settings)
    return {
        after: changed
        for before, after in pairwise(sorted(by_year))
        if (changed := dict(_differ(by_year[before], by_year[after])))
    }


def _differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for setting in _TOUCHES:
        # What a run of another version did not know it did not say.
        if setting in before and setting in after and before[setting] != after[setting]:
            yield setting, (before[setting], after[setting])


def find_breaks(figures: pd.DataFrame, study: Study, moved: Moved | None = None) -> pd.DataFrame:
    """Return what changes from one figure of a series to the next, and how the series breaks there.

    A base jumps when it grows or shrinks by at least ``progress.base_jump`` of the last one known. A share
    falls when it is certain to have fallen by at least ``progress.share_fall``: of >99 and 99.2 nobody can
    tell. Another source is a break whatever the figures do,
    and so is, for own runs, a changed definition of what they count.

    Parameters
    ----------
    figures
        From ``gather_series``.
    moved
        From ``find_moved``; None where the definitions of all runs are the same.

    Returns
    -------
    DataFrame
        On the index of ``figures``: ``kind`` (empty for none), ``base_change``, ``share_change`` (NaN where
        unknown), ``base_before``, ``source_before`` and ``settings``: what changed of the definition.
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
    other = (~first & (figures["source"] != before["source"])).to_numpy(dtype=np.bool_)
    settings = _find_settings(figures, first, moved or {})
    redefined = settings != ""
    kind = np.select(
        [other, redefined, jumps & falls, jumps, falls],
        ["source", "definition", "both", "base_jump", "share_fall"],
        "",
    )
    return pd.DataFrame(
        {
            "kind": pd.Series(kind, index=figures.index, dtype="str"),
            "base_change": base_change,
            "share_change": share_change,
            "base_before": base_before,
            "source_before": before["source"].fillna("").astype("str"),
            "settings": pd.Series(settings, index=figures.index, dtype="str"),
        }
    )


def _find_settings(figures: pd.DataFrame, first: pd.Series, moved: Moved) -> NDArray[np.object_]:
    """Return what changed of each figure's definition since the run before, "" for nothing."""
    told = np.full(len(figures), "", dtype=object)
    own = (~first & figures["own"].astype("bool")).to_numpy(dtype=np.bool_)
    counted = figures["counts"].map({counts: place for place, counts in enumerate(COUNTS)}).to_numpy()
    for year, changed in moved.items():
        for setting, (before, after) in changed.items():
            counts = counted >= COUNTS.index(_TOUCHES[setting])
            touched = own & counts & (figures["year"] == year).to_numpy()
            said = f"coverage.{setting} {_write(before)} → {_write(after)}"
            told[touched] = [f"{text}, {said}" if text else said for text in told[touched]]
    return told


def _write(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _exceeds(change: pd.Series, limit: float) -> NDArray[np.bool_]:
    # A change of nothing is none, though the limit be 0.
    found: NDArray[np.bool_] = (change >= limit - _NOISE).to_numpy() & (change > _NOISE).to_numpy()
    return found
