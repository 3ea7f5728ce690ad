"""Dates of decided plans, as operators write them."""

import pandas as pd


def read_years(dates: pd.Series) -> pd.Series:
    """Return the year of each ISO 8601 date, NaN where there is none or it cannot be read.

    >>> read_years(pd.Series(["2027-06-30", "2028", "soon", ""])).tolist()
    [2027.0, 2028.0, nan, nan]
    """
    read = pd.to_datetime(dates.astype("str"), format="ISO8601", errors="coerce", utc=True)
    return read.dt.year.astype("float64")
