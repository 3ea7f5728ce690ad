"""Series held against targets: the pace since the last break, when it reaches each, what it would take."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import ceil, isnan
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.pace import Pace, fit_pace
from infraplan.coverage.progress_words import say_outlook
from infraplan.coverage.published import PARTS
from infraplan.coverage.series import Aim, number_series
from infraplan.coverage.targets import count_missing
from infraplan.tables import PACE

_HAIR = 1e-6  # of a year: half a minute
_NOISE = 1e-12  # of binary fractions; a share of ten million is coarser
_TWO = 2  # figures make a line

Figure = Mapping[Any, Any]


@dataclass(frozen=True)
class Stretch:
    """The figures of a series since its last break, by year, and their pace (None for too few of them)."""

    figures: Sequence[Figure]

    @property
    def last(self) -> Figure:
        """The last figure, which forecasts start from; a bound (>99) stands for its limit."""
        return self.figures[-1]

    @cached_property
    def points(self) -> list[Figure]:
        """The exact figures: a bound is no point of a line."""
        return [figure for figure in self.figures if figure["bound"] == "exact"]

    @cached_property
    def pace(self) -> Pace | None:
        """The line through the points."""
        if len(self.points) < _TWO:
            return None
        years, shares = (np.array([float(p[name]) for p in self.points]) for name in ("year", "share"))
        rounding = max(float(point["rounding"]) for point in self.points)
        return fit_pace(years, shares, last_year=float(self.last["year"]), rounding=rounding)

    def find_reached(self, share: float) -> float:
        """Return the year since which all figures reach a share, NaN where the last does not."""
        year = np.nan
        for figure in reversed(self.figures):
            # Less than 1 % is not 1 %, while more than 99 % is 99 %.
            if figure["bound"] == "below" or figure["share"] < share - _NOISE:
                break
            year = float(figure["year"])
        return year


def find_outlooks(figures: pd.DataFrame, kinds: pd.Series, aims: Sequence[Aim], study: Study) -> pd.DataFrame:
    """Return the pace of each series towards each target that it can be held against.

    Parameters
    ----------
    figures
        From ``gather_series``.
    kinds
        Kind of break at each figure, empty for none.
    aims
        The targets.

    Returns
    -------
    DataFrame
        PACE. Years are whole: a target is reached in the first year whose figure would show it.
    """
    rows = []
    records = figures.assign(kind=kinds, series=number_series(figures)).to_dict("records")
    for _, group in groupby(records, key=itemgetter("series")):
        known = list(group)
        start = max((at for at, figure in enumerate(known) if figure["kind"]), default=0)
        stretch = Stretch(known[start:])
        rows += [_look_ahead(stretch, aim, study) for aim in _find_held(stretch.last, aims)]
    nothing: pd.DataFrame = tables.empty(PACE)
    if not rows:
        return nothing
    return pd.DataFrame(rows)[nothing.columns].astype(nothing.dtypes.to_dict()).rename_axis("row")


def _find_held(figure: Figure, aims: Sequence[Aim]) -> Iterator[Aim]:
    """Yield the targets that a series can be held against.

    One of own runs where the definitions are the same. A published one where it counts the same at the same
    speed, and some of the same: publishers give households where targets ask for workplaces too.
    """
    definition = tuple(figure[part] for part in PARTS)
    for aim in aims:
        same = aim.definition == definition
        alike = (aim.counts, aim.down_mbps) == (figure["counts"], figure["down_mbps"])
        some = set(aim.unit.split("+")) & set(str(figure["unit"]).split("+"))
        if same or (alike and some and not figure["own"]):
            yield aim


def _look_ahead(stretch: Stretch, aim: Aim, study: Study) -> dict[str, Any]:
    """Return a row of PACE."""
    last = stretch.last
    reached = stretch.find_reached(aim.share)
    row = {name: last[name] for name in PACE.names if name in last} | {
        "target": aim.name,
        "target_share": aim.share,
        "target_year": aim.year,
        "first_year": stretch.figures[0]["year"],
        "last_year": last["year"],
        "years": len(stretch.points),
        "missing": _count_missing(last, aim.share, met=not isnan(reached)),
        "needed_pace": np.nan,
    }
    row |= _forecast(stretch, aim.share, study.progress.horizon)
    if not isnan(reached):
        row |= dict.fromkeys(("reached_year", "earliest_year", "latest_year"), reached)
        row["method"] = "reached"
    elif aim.year > last["year"] and aim.year >= study.study.year:
        row["needed_pace"] = (aim.share - last["share"]) / (aim.year - last["year"])
    return row | {"said": say_outlook(row | {"bound": last["bound"]}, aim, study)}


def _count_missing(figure: Figure, share: float, *, met: bool) -> float:
    if isnan(figure["base"]):
        return np.nan
    return 0.0 if met else float(count_missing(round(figure["base"]), round(figure["reached"]), share))


def _forecast(stretch: Stretch, share: float, horizon: int) -> dict[str, Any]:
    """Return the pace, and when it reaches a share from the last figure on."""
    last, pace = stretch.last, stretch.pace
    never = {"reached_year": np.nan, "earliest_year": np.nan, "latest_year": np.inf}
    if pace is None:
        return {"pace": np.nan, "slowing": False, "method": "too_short"} | never
    found = zip(never, pace.forecast(share - last["share"]), strict=True)
    years = {
        name: last["year"] + max(1.0, ceil(ahead - _HAIR))
        for name, ahead in found
        if ahead <= horizon + _HAIR
    }
    method = "two_points" if len(stretch.points) == _TWO else "trend"
    return {"pace": pace.slope, "slowing": pace.slowing, "method": method} | never | years
