"""How fast a share grows, and when it reaches a target: numbers only.

The pace is the slope of the straight line of least squares, and the share goes on from the last figure, where
the place is today: with the pace that is needed the target is then reached just in its year. A straight line
and not a logistic curve: it says what "at today's pace" says, in percentage points a year, and it can reach
100 %, which is a target. But it promises too much where the pace falls off, as it does when only the dearest
are left. So where the figures bend down more than their scatter explains, the interval has no upper end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

LEVEL = 0.8
"""Probability that the interval holds the year, if figures scatter about a straight line."""

_LEAST = 3
"""Figures from which there is scatter to tell an interval from."""
_NOISE = 1e-9  # of binary fractions

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pace:
    """A straight line through figures, and how far they scatter about it.

    Attributes
    ----------
    slope
        A year's change.
    reach
        How far one figure can be off, at LEVEL; NaN for two figures.
    ahead
        Years from the mean of the years to the one that a forecast starts from.
    weight
        Sum of squares of the years about their mean.
    slowing
        Whether the figures bend down more than their scatter explains.
    """

    slope: float
    reach: float
    ahead: float
    weight: float
    slowing: bool

    def forecast(self, gap: float) -> tuple[float, float, float]:
        """Return the years until the share has grown by ``gap``: expected, at the earliest, at the latest.

        The line of the last figure is off by that figure's scatter, and by the slope's the further one goes.
        Earliest and latest are where the bounds of that reach the target (Fieller): the years h for which
        (slope h - gap)² <= reach² (1 + 2 h ahead / weight + h² / weight). NaN is never or, of the earliest,
        unknown; inf at the latest is never or unknown.
        """
        expected = gap / self.slope if self.slope > 0 else np.nan
        if np.isnan(self.reach):
            return expected, np.nan, np.inf
        # a h² - 2 b h + c <= 0, its discriminant written so that it is exactly 0 where nothing scatters.
        noise = self.reach**2
        a = self.slope**2 - noise / self.weight
        b = self.slope * gap + noise * self.ahead / self.weight
        c = gap**2 - noise
        bend = 2.0 * self.slope * gap * self.ahead + gap**2 + noise * (self.ahead**2 / self.weight - 1.0)
        inside = noise * (self.slope**2 + bend / self.weight)
        root = float(np.sqrt(max(0.0, inside)))
        earliest = 0.0
        if c > 0:
            # The least root above 0, in the form that keeps its digits.
            earliest = c / (b + root) if inside >= 0 and b + root > 0 else np.nan
        steady = self.slope > 0 and a > 0 and not self.slowing
        return expected, earliest, (b + root) / a if steady else np.inf


def fit_pace(years: Floats, shares: Floats, *, last_year: float | None = None, rounding: float = 0.0) -> Pace:
    """Fit a straight line to two figures or more, of different years.

    Parameters
    ----------
    years, shares
        Of shape (figures,).
    last_year
        The year that forecasts start from; the last of the years where not given.
    rounding
        Half a unit of the last digit of the shares: scatter is never taken as less than what it hides.
    """
    about = years - years.mean()
    weight = float(about @ about)
    slope = float(about @ (shares - shares.mean())) / weight
    reach = np.nan
    if len(years) >= _LEAST:
        off = shares - shares.mean() - slope * about
        free = len(years) - 2
        reach = float(stdtrit(free, (1 + LEVEL) / 2)) * _scatter(off, free, rounding)
    last = float(years.max()) if last_year is None else last_year
    return Pace(slope, reach, last - float(years.mean()), weight, _is_slowing(about, shares, rounding))


def _scatter(off: Floats, free: int, rounding: float) -> float:
    """Return the standard deviation of what is off, at least that of a uniform rounding error."""
    return float(np.sqrt(max(float(off @ off) / free, rounding**2 / 3.0)))


def _is_slowing(about: Floats, shares: Floats, rounding: float) -> bool:
    """Tell whether a parabola through the figures bends down by more than its own uncertainty at LEVEL."""
    free = len(about) - 3
    if free < 1:
        return False
    design = np.vander(about, 3)
    found, *_ = np.linalg.lstsq(design, shares)
    unsure = np.linalg.inv(design.T @ design)[0, 0]
    limit = float(stdtrit(free, (1 + LEVEL) / 2)) * _scatter(shares - design @ found, free, rounding)
    span = float(np.ptp(about))
    return bool(found[0] + limit * np.sqrt(unsure) < -_NOISE / span**2)
