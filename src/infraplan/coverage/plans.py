"""When plans of service are due."""

import numpy as np
import pandas as pd

from infraplan.coverage.reliable import Bools
from infraplan.demand.dasymetric import Floats
from infraplan.layers.dates import read_years


def find_plan_years(planned_by: pd.Series) -> Floats:
    """Return the year of each date, NaN for none; each different date is read once.

    >>> find_plan_years(pd.Series(["2027-06-30", "", "2027-06-30"])).tolist()
    [2027.0, nan, 2027.0]
    """
    code, met = pd.factorize(planned_by)
    years: Floats = read_years(pd.Series(met, dtype="str")).to_numpy()[code]
    return years


def find_in_time(service: pd.DataFrame, year: int, years: int) -> Bools:
    """Return whether each row is a decided plan that is due from a year until the end of the years after."""
    in_time: Bools = (service["status"] == "planned").to_numpy() & service["decided"].to_numpy()
    # Of a country's rows few are plans: only their dates are read.
    due = find_plan_years(service["planned_by"][in_time])
    in_time[in_time] = (due >= year) & (due <= year + years)
    return in_time


def find_there(service: pd.DataFrame) -> Bools:
    """Return whether each row is there: connected or orderable."""
    there: Bools = np.asarray(service["status"].isin(["connected", "orderable"]), dtype=bool)
    return there
