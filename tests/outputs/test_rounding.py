import math

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infraplan.outputs import rounding

UNKNOWN = (None, pd.NA, pd.NaT, float("nan"), float("inf"), "", "text")
SHARES = st.floats(0.0, 1.0)
MONEY = st.floats(-1e10, 1e10)


@pytest.mark.parametrize("value", UNKNOWN)
@pytest.mark.parametrize(
    "rule",
    [
        rounding.shown_share,
        rounding.shown_points,
        rounding.shown_count,
        rounding.shown_sek,
        rounding.shown_tkr,
        rounding.shown_mnkr,
        rounding.said_mnkr,
        rounding.shown_km,
        rounding.shown_m,
    ],
)
def test_what_is_not_known_is_none(rule, value):
    assert rule(value) is None


@pytest.mark.parametrize("value", UNKNOWN)
@pytest.mark.parametrize("rule", [rounding.said_mnkr_range, rounding.shown_share_range])
def test_a_range_without_an_end_is_none(rule, value):
    assert rule(value, 1.0) is None
    assert rule(0.0, value) is None


@given(share=SHARES, target=SHARES)
@example(share=0.94996, target=0.95)
@example(share=0.9999, target=1.0)
def test_a_share_is_never_rounded_up_to_an_unmet_target(share, target):
    met = share >= target
    shown = rounding.shown_share(share, target, met)
    # Targets in tenths of a per cent, as programmes have them, are compared as they are shown.
    if not met:
        assert shown < target
    assert abs(shown - share) <= 0.0015
    assert shown == round(shown, 3)


@given(low=MONEY, high=MONEY)
@example(low=38_400_000.0, high=51_200_000.0)
def test_a_range_of_money_holds_the_true_one(low, high):
    low, high = sorted((low, high))
    told = rounding.said_mnkr_range(low, high)
    # To a krona: what is less is noise of the division by a million.
    assert told[0] * 1e6 <= low + 1.0
    assert told[1] * 1e6 >= high - 1.0
    assert told[1] - told[0] <= (high - low) / 1e6 + 2.0


@given(low=SHARES, high=SHARES)
def test_a_range_of_shares_holds_the_true_one_and_stays_within_all(low, high):
    low, high = sorted((low, high))
    told = rounding.shown_share_range(low, high)
    assert 0.0 <= told[0] <= low + 1e-6
    assert high - 1e-6 <= told[1] <= 1.0


@pytest.mark.parametrize(
    ("sek", "said"),
    [
        (3_149_000, 3.1),
        (9_949_000, 9.9),
        (9_960_000, 10.0),
        (63_249_000, 63.0),
        (0, 0.0),
        (-12_600_000, -13.0),
    ],
)
def test_text_says_whole_millions_from_ten(sek, said):
    assert rounding.said_mnkr(sek) == said


@given(sek=st.integers(-(10**11), 10**11))
def test_thousands_and_millions_tell_the_same_amount(sek):
    assert math.isclose(rounding.shown_tkr(sek) * 1e3, sek, abs_tol=500.0)
    assert math.isclose(rounding.shown_mnkr(sek) * 1e6, sek, abs_tol=50_001.0)
    assert rounding.shown_sek(sek) == sek


def test_cells_of_a_file_read_back_are_told_alike():
    assert rounding.shown_share("0.2134") == rounding.shown_share(0.2134) == 0.213
    assert rounding.shown_km(163_500.5) == 163.5
