"""Published shares beside computed ones: what may explain that they differ."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.published_words import name_definition, say_verdict
from infraplan.layers.published_layouts import read_published_rules
from infraplan.tables import DEFINITION
from infraplan.words import load

PARTS = tuple(column.name for column in DEFINITION)
"""What makes a definition."""

_NOISE = 1e-9  # of binary fractions
_FINEST = 12  # decimals of a per cent that are looked at


@dataclass(frozen=True)
class Figure:
    """A published share: half a unit of its last digit is ``rounding``, its base NaN where not published."""

    share: float
    bound: str
    rounding: float
    base: float

    def fits(self, shares: Any) -> Any:
        """Tell which shares say the same: within rounding, or inside of an open bound (>99)."""
        if self.bound == "above":
            return np.asarray(shares) > self.share
        if self.bound == "below":
            return np.asarray(shares) < self.share
        return np.abs(np.asarray(shares) - self.share) <= self.rounding + _NOISE


@dataclass(frozen=True)
class Options:
    """All definitions of a zone that count somebody: parts (n × 5), shares, reached and bases (n)."""

    parts: NDArray[np.object_]
    shares: NDArray[np.float64]
    reached: NDArray[np.int64]
    bases: NDArray[np.int64]

    def find(self, definition: tuple[Any, ...]) -> int:
        """Return where a definition stands, -1 for nowhere."""
        found = np.flatnonzero(self._differing(definition) == 0)
        return int(found[0]) if len(found) else -1

    def find_nearest(self, definition: tuple[Any, ...], figure: Figure) -> int:
        """Return the other definition whose share is nearest to a published one, -1 for none.

        Of several within its rounding the one that differs in the fewest parts; then the nearer, the first.
        """
        differing = self._differing(definition)
        away = np.abs(self.shares - figure.share)
        beyond = np.where(figure.fits(self.shares), 0.0, away)
        order = np.lexsort((away, differing, beyond))
        others = order[differing[order] > 0]
        return int(others[0]) if len(others) else -1

    def _differing(self, definition: tuple[Any, ...]) -> NDArray[np.int64]:
        wanted = np.empty(len(definition), dtype=object)
        wanted[:] = definition
        return np.asarray((self.parts != wanted).sum(axis=1), dtype=np.int64)


def compare_published(
    published: pd.DataFrame, switchboard: pd.DataFrame, zones: gpd.GeoDataFrame, study: Study
) -> pd.DataFrame:
    """Return the published figures of the study's zones beside what is computed here.

    The verdict is the first that holds: ``same`` (within rounding), ``other_year``, ``other_base``
    (``judge``), ``other_definition`` (another fits within rounding), ``near`` (within one percentage point),
    ``unexplained``; ``not_computed`` where the zone or definition is not there or counts nobody. Figures of
    other zones, and cells without a share, are not compared.

    Parameters
    ----------
    published
        PUBLISHED; its ``rounding`` (``layers.read_published``) is told from the shares where it lacks it.

    Returns
    -------
    DataFrame
        COMPARED, in the order of ``published``.
    """
    ids = published["zone_kind"].astype("str") + ":" + published["zone_code"].astype("str")
    rounding = published["rounding"] if "rounding" in published else tell_rounding(published)
    kept = published["share"].notna() & ids.isin(zones.index)
    figures = published.assign(zone_id=ids, rounding=rounding)[kept]
    options = _gather(switchboard[switchboard["zone_id"].isin(set(figures["zone_id"]))])
    rows = [_compare(row, options.get(row["zone_id"]), study) for row in figures.to_dict("records")]
    nothing: pd.DataFrame = tables.empty(tables.COMPARED)
    if not rows:
        return nothing
    described = figures.drop(columns="zone_name").reset_index(drop=True).join(pd.DataFrame(rows))
    names = zones["name"].astype("str").to_dict()
    compared = described.assign(zone_name=described["zone_id"].map(names).fillna("").astype("str"))
    renamed = compared.rename(columns={"share": "published", "base": "base_published"})
    return renamed[nothing.columns].astype({"nearest": "str", "said": "str"}).rename_axis("row")


def judge(figure: Figure, options: Options, at: int, *, same_year: bool, base_jump: float) -> str:
    """Return what explains the difference between a published share and a computed one, the first that holds.

    Two bases are others where they differ by more than ``base_jump``, relative to the published one, or where
    those reached here make the published share of the published base.

    Parameters
    ----------
    at
        The published definition among the options.
    """
    computed = options.shares[at]
    if figure.fits(computed):
        return "same"
    if not same_year:
        return "other_year"
    if figure.base > 0:
        jump = abs(options.bases[at] / figure.base - 1.0)
        if jump > base_jump or figure.fits(options.reached[at] / figure.base):
            return "other_base"
    others = figure.fits(options.shares)
    others[at] = False
    if others.any():
        return "other_definition"
    near = abs(computed - figure.share) <= read_published_rules().near.share + _NOISE
    return "near" if near else "unexplained"


def tell_rounding(published: pd.DataFrame) -> pd.Series:
    """Return half a unit of the last digit that each measure of a table is published with, as a share.

    >>> tell_rounding(pd.DataFrame({"table": "a", "measure": "b", "share": [0.88, 0.905]})).tolist()
    [0.0005, 0.0005]
    """
    percent = (100.0 * published["share"]).round(_FINEST - 2)
    digits = percent.map(lambda value: _count_decimals(float(value)))
    most = digits.groupby([published["table"], published["measure"]]).transform("max")
    return 0.005 * 10.0 ** -most.astype("float64")


def _count_decimals(value: float) -> int:
    if not np.isfinite(value):
        return 0
    return len(f"{value:.{_FINEST - 2}f}".rstrip("0").partition(".")[2])


def _gather(switchboard: pd.DataFrame) -> dict[str, Options]:
    """Return the options of each zone; definitions that count nobody are none."""
    counted = switchboard[switchboard["share"].notna()]
    return {str(zone_id): _options(rows) for zone_id, rows in counted.groupby("zone_id", observed=True)}


def _options(rows: pd.DataFrame) -> Options:
    return Options(
        rows[list(PARTS)].astype("object").to_numpy(),
        rows["share"].to_numpy(dtype=np.float64),
        rows["reached"].to_numpy(dtype=np.int64),
        rows["base"].to_numpy(dtype=np.int64),
    )


def _compare(row: dict[Any, Any], options: Options | None, study: Study) -> dict[str, Any]:
    """Return what COMPARED adds to a published figure."""
    words = load(study.study.language)
    definition = tuple(row[part] for part in PARTS)
    figure = Figure(row["share"], row["bound"], row["rounding"], row["base"])
    at = nearest = -1
    # What is no definition of ours, such as mobile coverage, is near to none.
    if options is not None and row["counts"]:
        at, nearest = options.find(definition), options.find_nearest(definition, figure)
    told: dict[str, Any] = {"computed": np.nan, "base_computed": 0, "verdict": "not_computed"}
    if options is not None and at >= 0:
        year, jump = study.study.year, study.progress.base_jump
        verdict = judge(figure, options, at, same_year=row["year"] == year, base_jump=jump)
        told = {"computed": options.shares[at], "base_computed": options.bases[at], "verdict": verdict}
    told |= {"difference": told["computed"] - figure.share, "nearest": "", "nearest_share": np.nan}
    other: tuple[Any, ...] = ()
    if options is not None and nearest >= 0:
        other = tuple(options.parts[nearest])
        told |= {"nearest": name_definition(other, words), "nearest_share": options.shares[nearest]}
    said = say_verdict(row | told, definition, other, study)
    return told | {"said": said}
