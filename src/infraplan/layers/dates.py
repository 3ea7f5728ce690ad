"""Dates of decided plans, as operators write them."""

import pandas as pd


def read_years(dates: pd.Series) -> pd.Series:
    """Return the year of each ISO 8601 date as written, NaN where there is none or it cannot be read.

    A clock's offset from UTC moves no date over the turn of a year.

    >>> read_years(pd.Series(["2027-06-30", "2028", "soon", ""])).tolist()
    [2027.0, 2028.0, nan, nan]
    >>> read_years(pd.Series(["2029-12-31T23:30:00-05:00", "2030-01-01T00:30:00+02:00"])).tolist()
    [2029.0, 2030.0]
    """
    text = dates.astype("str").str.strip()
    read = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    return pd.to_numeric(text.str[:4].where(read.notna())).astype("float64")
