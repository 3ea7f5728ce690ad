"""What a study covers: its municipalities."""

from collections.abc import Collection

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from infraplan.config import Study
from infraplan.errors import StudyError
from infraplan.layers.sieve import Mask, Sieve
from infraplan.layers.source import Shapes, listed
from infraplan.layers.study import CODE_DIGITS, is_swedish, study_name


def mend_codes(codes: pd.Series, study: Study, sieve: Sieve) -> pd.Series:
    """Return municipality codes with the leading zero that spreadsheets drop (380 is 0380); Sweden only."""
    if not is_swedish(study):
        return codes
    short = codes.str.fullmatch(rf"\d{{{CODE_DIGITS - 1}}}")
    mended = codes.where(~short, "0" + codes)
    named = {"value": codes.to_numpy(dtype=object), "code": mended.to_numpy(dtype=object)}
    sieve.find("leading_zero", short.to_numpy(dtype=bool), **named)
    return mended


def find_studied(codes: pd.Series, study: Study) -> Mask:
    """Tell which municipalities the study is about, shape (n,)."""
    asked = _asked(study)
    return codes.isin(asked).to_numpy(dtype=bool) if asked else np.ones(len(codes), dtype=bool)


def check_studied(codes: Collection[str], study: Study) -> None:
    """Hold the municipalities that the study is about against those that its files have.

    Raises
    ------
    StudyError
        It names one that they do not have.
    """
    absent = [code for code in _asked(study) if code not in codes]
    if absent:
        found = listed(sorted(codes))
        raise StudyError("no_such_municipality", file=study_name(study), code=absent[0], found=found)


def _asked(study: Study) -> list[str]:
    return [code.zfill(CODE_DIGITS) if is_swedish(study) else code for code in study.study.municipalities]


def find_area(municipalities: gpd.GeoDataFrame, study: Study) -> BaseGeometry:
    """Return the union of the municipalities.

    Raises
    ------
    StudyError
        There is none that can be used.
    """
    area = shapely.union_all(municipalities.geometry.to_numpy())
    if area.is_empty:
        raise StudyError("empty_area", file=study_name(study))
    return area


def find_rim(area: BaseGeometry, others: Shapes, border_m: float) -> BaseGeometry:
    """Return the area with a border so wide around it, but for what other municipalities of the file hold."""
    # A border of a hundred thousand corners need not be widened at each of them.
    wide = area.simplify(border_m / 100).buffer(border_m)
    return shapely.union(area, shapely.difference(wide, shapely.union_all(others)))
