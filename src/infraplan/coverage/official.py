"""How far each zone is from the official targets of each year, each counted as it is meant."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.targets import count_missing
from infraplan.demand.membership import name_zones
from infraplan.demand.places import Ints
from infraplan.layers.official_targets import FixedTarget, MobileTarget, OfficialTargets
from infraplan.words import Language


def evaluate_official(
    switchboard: pd.DataFrame,
    mobile: pd.DataFrame | None,
    official: OfficialTargets,
    zones: gpd.GeoDataFrame,
    study: Study,
) -> pd.DataFrame:
    """Hold each zone against each official target, in the order of their years.

    A zone of which there is nothing to count has no share and has not met the target, but misses nothing.

    Parameters
    ----------
    switchboard
        SWITCHBOARD: a target of fixed networks is the one combination of it that the rule file names.
    mobile
        MOBILE, or None where the study has no mobile coverage. A zone is held against a mobile target where
        the table tells of it. A target that it tells nothing of has one row, for the study, that says that it
        is not measured.
    official
        The targets, and why each is counted as it is.
    zones
        ZONES, for their names.
    study
        For the language.

    Returns
    -------
    DataFrame
        OFFICIAL; text as categories. ``unit`` of mobile targets names the places that were counted, or is m.
    """
    nothing: pd.DataFrame = tables.empty(tables.OFFICIAL)
    if not official.in_order:
        return nothing
    covered: pd.DataFrame = tables.empty(tables.MOBILE) if mobile is None else mobile
    counted = [
        _count_fixed(switchboard, target)
        if isinstance(target, FixedTarget)
        else _count_mobile(covered, target)
        for target in official.in_order
    ]
    numbers = pd.concat([part.numbers for part in counted], ignore_index=True)
    named = name_zones(pd.Index(numbers["zone_id"], dtype="str"), zones).astype("category")
    about = [
        _describe(target, part, study.study.language)
        for target, part in zip(official.in_order, counted, strict=True)
    ]
    which = np.repeat(np.arange(len(counted)), [len(part.numbers) for part in counted])
    parts = [named, numbers.drop(columns="zone_id"), _spread(pd.DataFrame(about), which)]
    return pd.concat(parts, axis=1)[nothing.columns].rename_axis("row")


class _Counted(NamedTuple):
    """What a target counts: a row a zone, in which unit, and of mobile targets in which use."""

    numbers: pd.DataFrame
    unit: str
    use: str = ""


def _count_fixed(switchboard: pd.DataFrame, target: FixedTarget) -> _Counted:
    """Return the figures of the target's combination in every zone."""
    rows = np.ones(len(switchboard), dtype=np.bool_)
    for name in ("counts", "unit", "holiday_homes", "down_mbps", "technologies"):
        rows &= (switchboard[name] == getattr(target, name)).to_numpy()
    return _Counted(_hold(switchboard[rows], target.share), target.unit)


def _count_mobile(mobile: pd.DataFrame, target: MobileTarget) -> _Counted:
    """Return the figures of any operator's coverage, what is counted of each zone put together."""
    rows = mobile["of"].isin(target.things) & mobile["road_class"].isin(target.road_classes or ("",))
    for name, value in (("operator", ""), ("technology", target.technology), ("level", target.level)):
        rows &= mobile[name] == value
    found = mobile[rows].astype({"zone_id": "str"})
    use = next((use for use in target.use if (found["use"] == use).any()), None)
    if use is None:
        return _Counted(_not_measured(), "+".join(target.of) or "m", target.use[0])
    found = found[found["use"] == use]
    met = set(found["of"])
    sums = found.groupby("zone_id", sort=False)[["base", "reached"]].sum().reset_index()
    numbers = _hold(sums.assign(share=sums["reached"] / sums["base"].where(sums["base"] > 0)), target.share)
    return _Counted(numbers, "+".join(of for of in target.of if of in met) or "m", use)


def _hold(counted: pd.DataFrame, share: float) -> pd.DataFrame:
    """Hold the figures of each zone against a share; metres are told whole, compared to the millimetre."""
    base, reached = (_thousandths(counted[name]) for name in ("base", "reached"))
    missing = [
        -(-count_missing(whole, there, share) // _THOUSAND)
        for whole, there in zip(base.tolist(), reached.tolist(), strict=True)
    ]
    return pd.DataFrame(
        {
            "zone_id": counted["zone_id"].astype("str"),
            "base": counted["base"].round().astype("int64"),
            "reached": counted["reached"].round().astype("int64"),
            "share": counted["share"].astype("float64"),
            "missing": np.array(missing, dtype=np.int64),
            "met": (base > 0) & (np.array(missing) == 0),
            "measured": True,
        }
    )


_THOUSAND = 1_000


def _thousandths(amounts: pd.Series) -> Ints:
    whole: Ints = np.rint(amounts.to_numpy(dtype="float64") * _THOUSAND).astype(np.int64)
    return whole


def _not_measured() -> pd.DataFrame:
    """Return one row for the study, which tells that there is nothing to tell."""
    figures = {"base": 0, "reached": 0, "share": np.nan, "missing": 0, "met": False, "measured": False}
    return pd.DataFrame({"zone_id": pd.array(["study"], dtype="str"), **figures})


def _describe(target: FixedTarget | MobileTarget, counted: _Counted, language: Language) -> dict[str, object]:
    """Return what a target is, the same for every zone."""
    return {
        "target": target.id,
        "year": target.year,
        **_combine(target),
        "unit": counted.unit,
        "use": counted.use,
        "target_share": target.share,
        "said": target.say(language),
        "why": target.explain(language),
        "source": target.source,
        "guess": target.guess,
    }


def _combine(target: FixedTarget | MobileTarget) -> dict[str, object]:
    """Return the combination that a target is."""
    if isinstance(target, FixedTarget):
        return {
            "measure": "fixed",
            "counts": target.counts,
            "holiday_homes": target.holiday_homes,
            "down_mbps": target.down_mbps,
            "technologies": target.technologies,
        }
    return {
        "measure": target.measure,
        "counts": target.level,
        "holiday_homes": "holiday_homes" in target.of,
        "down_mbps": np.nan,
        "technologies": target.technology,
    }


def _spread(about: pd.DataFrame, which: Ints) -> pd.DataFrame:
    """Return the rows of what is said of each target for each zone; text is kept once."""
    texts = [name for name in about.columns if isinstance(about[name].iloc[0], str)]
    return about.astype(dict.fromkeys(texts, "category")).iloc[which].reset_index(drop=True)
