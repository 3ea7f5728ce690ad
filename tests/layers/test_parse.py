import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.layers.parse import cell_text, to_dates, to_flags, to_numbers, to_text

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (2506.0, "2506"),
        (1.5, "1.5"),
        (np.float64(3), "3"),
        (np.int64(7), "7"),
        (None, ""),
        (float("nan"), ""),
        (pd.NaT, ""),
        (pd.NA, ""),
        (True, "true"),
        (np.bool_(0), "false"),
        ("  A\u030alvsbyn ", "Ålvsbyn"),
        (dt.datetime(2026, 1, 15), "2026-01-15"),  # noqa: DTZ001  (workbooks know no time zones)
        (dt.datetime(2026, 1, 15, 8, 30), "2026-01-15 08:30:00"),  # noqa: DTZ001
        (dt.date(2026, 1, 15), "2026-01-15"),
    ],
)
def test_cells_become_text(cell: object, text: str) -> None:
    assert cell_text(cell) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7343210,5", 7343210.5),
        (f"7{NBSP}343{NBSP}210,5", 7343210.5),
        (f"7{NARROW}343 210.5", 7343210.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567),
        ("1'234", 1234),
        ("−5", -5),
        ("+5", 5),
        ("1e3", 1000),
        (".5", 0.5),
        ("", math.nan),
        ("-", math.nan),
        ("two", math.nan),
        (">99", math.nan),
        ("1e999", math.nan),
        ("inf", math.nan),
        ("0x10", math.nan),
        ("1_000", math.nan),
        ("1,2,3.4.5", math.nan),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: float) -> None:
    assert to_numbers(pd.Series([text])).tolist() == pytest.approx([number], nan_ok=True)


def test_numeric_columns_stay_and_lose_their_infinities() -> None:
    assert to_numbers(pd.Series([1, 2])).tolist() == [1.0, 2.0]
    assert to_numbers(pd.Series([1.0, np.inf])).isna().tolist() == [False, True]


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_number_written_in_swedish_comes_back(number: float) -> None:
    text = f"{number:,.3f}".replace(",", NBSP).replace(".", ",").replace("-", "−")
    assert to_numbers(pd.Series([text])).iloc[0] == pytest.approx(float(f"{number:.3f}"))


@given(st.lists(st.text(max_size=12)))
def test_any_text_is_a_number_a_flag_and_a_date_or_none(texts: list[str]) -> None:
    text = to_text(pd.Series(texts, dtype="object"))
    assert not text.isna().any()
    assert len(to_numbers(text)) == len(to_flags(text)) == len(to_dates(text)) == len(texts)


def test_yes_and_no_in_two_languages() -> None:
    words = pd.Series(["1", "-1", "Ja", "JA", "true", "yes", "0", "Nej", "false", "no", "kanske", ""])
    assert to_flags(words).tolist() == pytest.approx([1.0] * 6 + [0.0] * 4 + [math.nan] * 2, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-01-15", "2026-01-15"),
        ("20260115", "2026-01-15"),
        ("2026/01/15", "2026-01-15"),
        ("2026-01-15T08:30:00Z", "2026-01-15"),
        ("2026-01", "2026-01"),
        ("2026", "2026"),
        ("2026-13-01", ""),
        ("2026-02-30", ""),
        ("15/1 2026", ""),
        ("soon", ""),
    ],
)
def test_dates_become_iso(text: str, date: str) -> None:
    assert to_dates(pd.Series([text], dtype="str")).tolist() == [date]
