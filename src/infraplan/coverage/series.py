"""Yearly figures to series: one a zone and measure, published ones and those of own runs apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.config import Study, Target
from infraplan.coverage.published import PARTS, tell_rounding
from infraplan.layers.faults import faults, gather
from infraplan.layers.official_targets import FixedTarget, OfficialTargets
from infraplan.tables import SERIES, SPEEDS_MBPS
from infraplan.words import load

OWN_KINDS = ("study", "municipality", "settlement_class")
"""Kinds of zones that own runs make series of."""
KEY = ("own", "zone_id", "measure", *PARTS)
"""What one series is: published or own, the zone, the measure and its definition."""
FIGURES = (*SERIES.names[:-1], "own", "rounding")
"""Of figures on their way: SERIES all but the break; whether own; half a unit of the last digit."""

COUNTS_OF = {"access": "orderable", "proximity": "passed", "planned": "planned"}
"""What a study's target counts -> the same in the switchboard."""

Definition = tuple[str, str, bool, float, str]
"""The parts of a definition, in the order of DEFINITION."""

_LAYER = "progress"
"""What stands for the layer in faults of own runs."""


@dataclass(frozen=True)
class Aim:
    """A target and the definition that it is counted by; ``year`` is 0 where it names none."""

    name: str
    share: float
    year: int
    counts: str
    unit: str
    holiday_homes: bool
    down_mbps: float
    technologies: str

    @property
    def definition(self) -> Definition:
        """Its parts, in the order of DEFINITION."""
        return self.counts, self.unit, self.holiday_homes, self.down_mbps, self.technologies


def find_aims(study: Study, official: OfficialTargets) -> list[Aim]:
    """Return the study's targets, then the official ones of fixed networks by year."""
    own = [_read_target(target) for target in study.targets]
    fixed = [target for target in official.in_order if isinstance(target, FixedTarget)]
    return own + [Aim(t.id, t.share, t.year, *(getattr(t, part) for part in PARTS)) for t in fixed]


def gather_series(
    published: pd.DataFrame,
    runs: Sequence[tuple[int, pd.DataFrame]],
    zones: gpd.GeoDataFrame,
    aims: Sequence[Aim],
    study: Study,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return the figures of all series, each in the order of its years, and the faults.

    A figure without a share, published or of a zone where nobody is counted, is none. Of two of one year the
    first counts.

    Parameters
    ----------
    published
        PUBLISHED; its ``rounding`` is told from the shares where it lacks it.
    runs
        Year and SWITCHBOARD of own runs, this one first. Text may be plain or categories.
    zones
        ZONES: figures of other zones are left out and counted in a fault.

    Returns
    -------
    tuple
        A table with the columns ``FIGURES``, own series first, zones in the order of ``zones``; FAULTS.
    """
    found: list[gpd.GeoDataFrame] = []
    theirs = _gather_published(published, zones, found)
    names = _name_own(aims, set(theirs["measure"]), load(study.study.language).text("progress.own"))
    ours = [
        _pick(run, year, definition, name, zones, study)
        for year, run in _sift_runs(runs, zones, found)
        for definition, name in names.items()
    ]
    found += [_tell_not_counted(aim) for aim in aims if aim.down_mbps not in SPEEDS_MBPS]
    figures = pd.concat([*ours, theirs], ignore_index=True)
    figures = _keep_first(figures, found)
    order = _order(figures, zones)
    return figures.iloc[order].reset_index(drop=True), gather(found, study.study.crs)


def number_series(figures: pd.DataFrame) -> pd.Series:
    """Return the number of the series that each figure belongs to, from 0 on in the order of the table."""
    return figures.groupby(list(KEY), sort=False, observed=True).ngroup()


def _read_target(target: Target) -> Aim:
    return Aim(
        name=target.name,
        share=target.share,
        year=target.year or 0,
        counts=COUNTS_OF[target.counts],
        unit=target.of,
        holiday_homes=False,
        down_mbps=target.down_mbps,
        technologies="all",
    )


def _name_own(aims: Sequence[Aim], taken: set[str], own: str) -> dict[Definition, str]:
    """Return each definition that is aimed at with the name of the first target of it."""
    names: dict[Definition, str] = {}
    for aim in aims:
        if aim.down_mbps in SPEEDS_MBPS:
            names.setdefault(aim.definition, f"{aim.name} ({own})" if aim.name in taken else aim.name)
    return names


def _tell_not_counted(aim: Aim) -> gpd.GeoDataFrame:
    speeds = ", ".join(f"{speed:g}" for speed in SPEEDS_MBPS)
    values = {"target": aim.name, "speed": f"{aim.down_mbps:g}", "speeds": speeds}
    return faults("progress_speed", _LAYER, severity="info", values=values)


def _gather_published(
    published: pd.DataFrame, zones: gpd.GeoDataFrame, found: list[gpd.GeoDataFrame]
) -> pd.DataFrame:
    """Return the published figures of the study's zones that have a share."""
    rounding = published["rounding"] if "rounding" in published else tell_rounding(published)
    zone = published["zone_kind"].astype("str") + ":" + published["zone_code"].astype("str")
    figures = published.assign(rounding=rounding, zone_id=zone)[published["share"].notna()]
    known = figures["zone_id"].isin(zones.index)
    if not known.all():
        elsewhere = figures.loc[~known, ["zone_kind", "zone_code", "zone_name"]].drop_duplicates()
        values = {"count": int((~known).sum()), "zones": len(elsewhere)}
        found.append(faults("progress_zones", "published", severity="info", values=values))
    figures = _name(figures[known], zones)
    # People are whole, though a share with decimals makes fractions of them.
    return figures.assign(reached=(figures["share"] * figures["base"]).round(), own=False)[list(FIGURES)]


def _sift_runs(
    runs: Sequence[tuple[int, pd.DataFrame]], zones: gpd.GeoDataFrame, found: list[gpd.GeoDataFrame]
) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the first run of each year, its rows of the study's zones."""
    seen: set[int] = set()
    for year, run in runs:
        if year in seen:
            values = {"year": str(year)}
            found.append(faults("progress_run_twice", _LAYER, severity="warning", values=values))
            continue
        seen.add(year)
        rows = run[run["zone_kind"].isin(OWN_KINDS)]
        known = rows["zone_id"].isin(zones.index)
        if not known.all():
            values = {"year": str(year), "zones": str(rows.loc[~known, "zone_id"].nunique())}
            found.append(faults("progress_run_zones", _LAYER, severity="info", values=values))
        yield year, rows[known]


def _pick(
    run: pd.DataFrame,
    year: int,
    definition: Definition,
    name: str,
    zones: gpd.GeoDataFrame,
    study: Study,
) -> pd.DataFrame:
    """Return the figures of one definition of a run, of the zones where somebody is counted."""
    rows = run["base"] > 0
    for part, value in zip(PARTS, definition, strict=True):
        rows &= run[part] == value
    picked = _name(run.loc[rows, ["zone_id", "base", "reached"]], zones)
    told: dict[str, Any] = dict(zip(PARTS, definition, strict=True))
    return picked.astype({"base": "float64", "reached": "float64"}).assign(
        measure=name,
        **told,
        year=year,
        share=picked["reached"] / picked["base"],
        bound="exact",
        source=load(study.study.language).text("progress.own"),
        own=True,
        rounding=0.0,
    )[list(FIGURES)]


def _name(figures: pd.DataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return figures with the name and kind of their zones, text as text."""
    ids = figures["zone_id"].astype("str")
    texts = [column.name for column in SERIES.columns if column.kind == "text"]
    return figures.astype(dict.fromkeys(figures.columns.intersection(texts), "str")).assign(
        zone_id=ids,
        zone_name=zones["name"].astype("str").reindex(ids).to_numpy(),
        zone_kind=zones["kind"].astype("str").reindex(ids).to_numpy(),
    )


def _keep_first(figures: pd.DataFrame, found: list[gpd.GeoDataFrame]) -> pd.DataFrame:
    """Keep the first figure of a year in each series; the others are faults."""
    twice = figures.duplicated([*KEY, "year"])
    if twice.any():
        rows = figures[twice]
        values = [
            {"measure": measure, "zone": zone, "year": str(year), "share": f"{100.0 * share:.2f}"}
            for measure, zone, year, share in zip(
                rows["measure"], rows["zone_name"], rows["year"], rows["share"], strict=True
            )
        ]
        ids = rows["zone_id"].tolist()
        found.append(
            faults("progress_year_twice", "published", severity="warning", feature_ids=ids, values=values)
        )
    return figures[~twice]


def _order(figures: pd.DataFrame, zones: gpd.GeoDataFrame) -> np.ndarray:
    """Return the positions of figures: own series first, by zone, as the measures first come, by year."""
    measure = figures.groupby(["own", "measure", *PARTS], sort=False).ngroup()
    zone = zones.index.get_indexer(figures["zone_id"])
    return np.lexsort((figures["year"], measure, zone, ~figures["own"].astype("bool")))
