"""Targets over the years: series with their breaks, the pace since the last one, and when it is enough."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.breaks import Moved, find_breaks
from infraplan.coverage.outlook import find_outlooks
from infraplan.coverage.progress_words import say_break
from infraplan.coverage.series import find_aims, gather_series
from infraplan.layers.official_targets import OfficialTargets
from infraplan.tables import BROKEN, SERIES
from infraplan.words import load


@dataclass(frozen=True)
class Progress:
    """How figures go over the years.

    Attributes
    ----------
    series
        SERIES.
    breaks
        BROKEN: where a series breaks.
    pace
        PACE: each series against each target.
    faults
        Years that came twice, zones that are not the study's, targets of which there are no figures.
    """

    series: pd.DataFrame
    breaks: pd.DataFrame
    pace: pd.DataFrame
    faults: gpd.GeoDataFrame


def evaluate_progress(
    published: pd.DataFrame,
    switchboard: pd.DataFrame,
    runs: Sequence[tuple[int, pd.DataFrame]],
    zones: gpd.GeoDataFrame,
    official: OfficialTargets,
    study: Study,
    *,
    moved: Moved | None = None,
) -> Progress:
    """Put yearly figures into series, find their breaks, and hold each against its targets.

    Each published measure of a zone is a series, whichever of the tables its years come from. Own runs make
    one for each definition that a target asks for, named after the first that does; the two are never mixed.

    Parameters
    ----------
    published
        PUBLISHED, with ``rounding`` where it is known.
    switchboard
        SWITCHBOARD of this run, whose year is the study's.
    runs
        Year and SWITCHBOARD of earlier runs. This run goes before another of its year.
    zones
        ZONES.
    official
        The official targets; those of mobile networks have no series.
    moved
        Definitions that changed between own runs, from ``find_moved``.
    """
    aims = find_aims(study, official)
    every = [(study.study.year, switchboard), *runs]
    figures, faults = gather_series(published, every, zones, aims, study)
    broken = find_breaks(figures, study, moved)
    return Progress(
        series=_describe(figures.assign(after_break=broken["kind"]), SERIES),
        breaks=_tell_breaks(figures.join(broken), study),
        pace=find_outlooks(figures, broken["kind"], aims, study),
        faults=faults,
    )


def _tell_breaks(figures: pd.DataFrame, study: Study) -> pd.DataFrame:
    words = load(study.study.language)
    rows = figures[figures["kind"] != ""]
    said = [say_break(row, words) for row in rows.to_dict("records")]
    return _describe(rows.assign(said=pd.Series(said, rows.index, dtype="str")), BROKEN)


def _describe(rows: pd.DataFrame, contract: tables.Contract) -> pd.DataFrame:
    """Return rows as their contract asks."""
    nothing: pd.DataFrame = tables.empty(contract)
    if rows.empty:
        return nothing
    return rows[nothing.columns].reset_index(drop=True).rename_axis("row")
