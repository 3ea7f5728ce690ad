"""The pace of a share against closed forms, and whether the interval holds what it says."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import linregress, t

from infraplan.coverage.pace import LEVEL, fit_pace

shares_of_years = st.lists(
    st.tuples(st.integers(0, 30), st.floats(0.0, 1.0)),
    min_size=3,
    max_size=12,
    unique_by=lambda pair: pair[0],
)


def split(pairs):
    pairs = sorted(pairs)
    return np.array([float(year) for year, _ in pairs]), np.array([share for _, share in pairs])


def draw(seed, count, figures=6, slope=0.02, scatter=0.006):
    rng = np.random.default_rng(seed)
    years = np.arange(float(figures))
    return years, slope * years + rng.normal(0.0, scatter, (count, figures))


@settings(max_examples=50)
@given(shares_of_years)
def test_the_pace_is_the_slope_of_least_squares(pairs):
    years, shares = split(pairs)
    pace = fit_pace(years, shares)
    assert pace.slope == pytest.approx(np.polyfit(years, shares, 1)[0], abs=1e-9)
    stderr = np.nan_to_num(linregress(years, shares).stderr)  # of equal shares it is none
    quantile = t.ppf(0.9, len(years) - 2)
    # The slope's own uncertainty is that of one figure over the root of the weight.
    assert pace.reach / math.sqrt(pace.weight) == pytest.approx(quantile * stderr, rel=1e-6, abs=1e-9)


def hand_bounds(pace, gap):
    """Return where the bounds of what is ahead reach the gap, by looking for their roots."""

    def bound(h, side):
        return (
            pace.slope * h
            + side * pace.reach * math.sqrt(1 + 2 * h * pace.ahead / pace.weight + h * h / pace.weight)
            - gap
        )

    def first(side, far=1e7):
        if bound(0.0, side) >= 0:
            return 0.0
        return brentq(bound, 0.0, far, args=(side,)) if bound(far, side) > 0 else math.inf

    return first(1), first(-1)


@settings(max_examples=50)
@given(shares_of_years, st.floats(0.001, 1.0))
def test_earliest_and_latest_are_where_the_bounds_reach_the_target(pairs, gap):
    pace = fit_pace(*split(pairs))
    edge = pace.slope**2 - pace.reach**2 / pace.weight
    assume(abs(edge) > 1e-4)  # next to it the roots lie farther away than the oracle looks
    assume(pace.slope > 0 and not pace.slowing)
    expected, earliest, latest = pace.forecast(gap)
    low, high = hand_bounds(pace, gap)
    assert expected == pytest.approx(gap / pace.slope)
    assert earliest == pytest.approx(low, rel=1e-5, abs=1e-6)
    assert latest == pytest.approx(high, rel=1e-5, abs=1e-6)
    assert earliest <= expected * (1 + 1e-9)
    assert latest >= expected * (1 - 1e-9)


@settings(max_examples=50)
@given(shares_of_years, st.floats(0.01, 1.0))
def test_a_share_that_does_not_grow_never_gets_there(pairs, gap):
    years, shares = split(pairs)
    pace = fit_pace(years, shares)
    assume(pace.slope <= 0)
    expected, earliest, latest = pace.forecast(gap)
    assert math.isnan(expected)
    assert latest == math.inf
    steep = pace.slope**2 > pace.reach**2 / pace.weight * (1 + 1e-6)
    if steep and gap > pace.reach:
        # The upper bound may touch the target for a while; where it does not, there is no earliest.
        ahead = np.linspace(0.0, 1_000.0, 20_001)
        band = pace.reach * np.sqrt(1 + 2 * ahead * pace.ahead / pace.weight + ahead**2 / pace.weight)
        touches = (pace.slope * ahead + band - gap).max()
        assume(abs(touches) > 1e-6)
        assert math.isnan(earliest) == (touches < 0)


@pytest.mark.parametrize("count", [3, 4, 10])
@pytest.mark.parametrize("slope", [0.001, 0.02, 0.3])
def test_without_scatter_the_interval_is_the_year(count, slope):
    years = np.arange(2016.0, 2016.0 + count)
    pace = fit_pace(years, 0.1 + slope * (years - 2016.0))
    assert not pace.slowing
    for gap in (slope / 2, slope * 3, slope * 40):
        assert pace.forecast(gap) == pytest.approx((gap / slope,) * 3, rel=1e-9)


def test_two_figures_have_a_pace_and_no_interval():
    pace = fit_pace(np.array([2018.0, 2022.0]), np.array([0.5, 0.6]))
    assert pace.slope == pytest.approx(0.025)
    expected, earliest, latest = pace.forecast(0.05)
    assert expected == pytest.approx(2.0)
    assert math.isnan(earliest)
    assert latest == math.inf


def test_equal_figures_never_get_anywhere():
    pace = fit_pace(np.array([2018.0, 2019.0, 2022.0]), np.full(3, 0.5))
    assert (pace.slope, pace.reach) == (0.0, 0.0)
    assert math.isnan(pace.forecast(0.1)[0])
    assert pace.forecast(0.1)[2] == math.inf


def test_rounded_figures_are_no_surer_than_their_rounding():
    years, shares = np.array([2018.0, 2019.0, 2020.0]), np.array([0.80, 0.82, 0.84])
    exact, rounded = fit_pace(years, shares), fit_pace(years, shares, rounding=0.005)
    assert exact.reach == pytest.approx(0.0, abs=1e-12)
    # An error of rounding is uniform within half a unit: its standard deviation is that over the root of 3.
    assert rounded.reach == pytest.approx(t.ppf(0.9, 1) * 0.005 / math.sqrt(3))
    _, earliest, latest = rounded.forecast(0.11)
    assert earliest < 5.5 < latest


def test_scatter_that_shows_is_not_replaced_by_rounding():
    years, shares = np.arange(4.0), np.array([0.1, 0.3, 0.25, 0.5])
    assert fit_pace(years, shares, rounding=0.005) == fit_pace(years, shares)


def test_a_forecast_may_start_from_a_later_year():
    years, shares = np.arange(4.0), np.array([0.1, 0.21, 0.29, 0.4])
    at_last, later = fit_pace(years, shares), fit_pace(years, shares, last_year=6.0)
    assert later.ahead == at_last.ahead + 3.0
    assert later.slope == at_last.slope
    # Further from the middle of the figures the slope's uncertainty weighs more.
    assert later.forecast(0.3)[2] > at_last.forecast(0.3)[2]


TRIALS = 4_000


@pytest.mark.parametrize(
    ("figures", "ahead"), [(3, 2.0), (4, 5.0), (6, 1.0), (6, 8.0), (10, 4.0), (10, 20.0)]
)
def test_the_interval_holds_the_year_four_times_in_five(figures, ahead):
    slope = 0.02
    years, drawn = draw(figures, TRIALS, figures, slope)
    when = years[-1] + ahead
    held = 0
    for shares in drawn:
        _, earliest, latest = fit_pace(years, shares).forecast(slope * when - shares[-1])
        held += earliest <= when - years[-1] <= latest
    # Four standard deviations of a binomial of 4 000 are 2.5 percentage points. Above, there is room for what
    # makes the interval wider than it need be: the last figure is in its own scatter (at most 2 points for
    # near years, by simulation), and one series in ten is taken for slowing, which opens the upper end.
    margin = 4 * math.sqrt(LEVEL * (1 - LEVEL) / TRIALS)
    assert LEVEL - margin <= held / TRIALS <= LEVEL + margin + 0.03


def test_one_steady_series_in_ten_is_taken_for_slowing():
    years, drawn = draw(5, TRIALS, 7)
    share = np.mean([fit_pace(years, shares).slowing for shares in drawn])
    assert share == pytest.approx((1 - LEVEL) / 2, abs=4 * math.sqrt(0.1 * 0.9 / TRIALS))


def test_a_share_that_levels_off_has_no_upper_end():
    # A fifth of those missing are reached each year: 95 % only in 2028, though a line promises more.
    years = np.arange(2014.0, 2023.0)
    missing = 0.6 * 0.8 ** (years - 2014.0)
    rng = np.random.default_rng(7)
    shares = 1.0 - missing + rng.normal(0.0, 0.002, len(years))
    pace = fit_pace(years, shares)
    expected, earliest, latest = pace.forecast(0.95 - shares[-1])
    truth = math.log(0.05 / 0.6) / math.log(0.8) + 2014.0 - 2022.0
    assert expected < truth
    assert pace.slowing
    assert latest == math.inf
    assert earliest <= truth


def test_a_share_that_speeds_up_is_not_slowing():
    years = np.arange(6.0)
    assert not fit_pace(years, 0.1 + 0.01 * years**2).slowing
    assert not fit_pace(years[:3], np.array([0.1, 0.5, 0.6])).slowing  # three figures bend any way
    assert fit_pace(years, np.sqrt(years) / 3).slowing


@settings(max_examples=50)
@given(shares_of_years, st.floats(0.05, 1.0), st.floats(0.001, 0.2))
@example([(0, 0.0), (1, 0.1), (2, 0.2)], 0.5, 0.1)
def test_a_higher_pace_is_there_earlier(pairs, gap, more):
    years, shares = split(pairs)
    slow, fast = fit_pace(years, shares), fit_pace(years, shares + more * (years - years[-1]))
    assert fast.slope == pytest.approx(slow.slope + more)
    assume(slow.slope > 1e-3)
    slow_years, fast_years = slow.forecast(gap), fast.forecast(gap)
    assert fast_years[0] < slow_years[0]
    assert fast_years[1] <= slow_years[1] + 1e-9
    assume(fast.slowing == slow.slowing)  # the same figures about the line, but for the last digit
    assert fast_years[2] <= slow_years[2] * (1 + 1e-6)


@settings(max_examples=50)
@given(shares_of_years, st.floats(0.05, 1.0), st.integers(-500, 2_000))
def test_other_years_of_the_same_distance_say_the_same(pairs, gap, shift):
    years, shares = split(pairs)
    here, there = fit_pace(years, shares), fit_pace(years + shift, shares)
    assert there.slope == pytest.approx(here.slope, abs=1e-9)
    assume(here.slope > 1e-3)
    assume(abs(here.slope**2 - here.reach**2 / here.weight) > 1e-6)
    assume(here.slowing == there.slowing)
    assert there.forecast(gap) == pytest.approx(here.forecast(gap), rel=1e-4)


@settings(max_examples=50)
@given(shares_of_years, st.floats(1e-6, 1.0))
def test_no_figures_make_a_warning(pairs, gap):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected, earliest, latest = fit_pace(*split(pairs)).forecast(gap)
    assert math.isnan(earliest) or earliest >= 0
    assert math.isnan(expected) or expected > 0
    assert latest > 0
