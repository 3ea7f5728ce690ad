"""Whom a study's goal asks about, what it must serve and what it must not."""

import geopandas as gpd
import pandas as pd

from infraplan.config import Study
from infraplan.coverage import find_missing
from infraplan.errors import StudyError
from infraplan.planning.model import Goal


def find_candidates(
    study: Study, premises: gpd.GeoDataFrame, service: pd.DataFrame, white_spots: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, Goal]:
    """Return whom the study's goal asks about (households and workplaces by ``premises_id``), and the goal.

    *All* and *budget* ask about the white spots; *target* about everybody whom the target's own rule does not
    count yet. What is forced is asked about in any case.

    Raises
    ------
    StudyError
        Something is forced and excluded, or nothing has the name of what is.
    """
    target, wish = study.plan_target, study.plan
    forced = _find_named("force", study, premises, white_spots)
    excluded = _find_named("exclude", study, premises, white_spots)
    both = sorted(forced & excluded)
    if both:
        raise StudyError("premises_forced_and_excluded", file=_file(study), premises=both[0], count=len(both))
    if target is None:
        missing, needed = white_spots.index, None
    else:
        missing, needed = find_missing(premises, service, target)
    asked = missing.union(pd.Index(sorted(forced), dtype="str"), sort=False)
    return pd.DataFrame(premises.loc[asked, ["households", "workplaces"]]), Goal(
        kind=wish.goal,
        unit="households" if target is None else target.of,
        needed=needed,
        counted=frozenset() if target is None else forced.difference(missing),
        budget_sek=wish.budget_sek if wish.goal == "budget" else None,
        forced=forced,
        excluded=excluded,
    )


def find_others(
    study: Study, premises: gpd.GeoDataFrame, service: pd.DataFrame, white_spots: gpd.GeoDataFrame
) -> pd.Index:
    """Return whom any target of the study asks about, and the white spots: all that may be planned for."""
    found: pd.Index = white_spots.index
    for target in study.targets:
        found = found.union(find_missing(premises, service, target)[0], sort=False)
    return found


def _find_named(
    key: str, study: Study, premises: gpd.GeoDataFrame, white_spots: gpd.GeoDataFrame
) -> frozenset[str]:
    """Return the premises that a study forces or excludes.

    It names premises, white-spot areas, localities or municipalities by their ids; of an area only white
    spots are forced, and everybody is excluded.
    """
    found: set[str] = set()
    for name in getattr(study.plan, key):
        if not name:
            # What lies outside all localities has no locality's id: an empty name is a slip, not all of it.
            raise StudyError("nothing_so_named", file=_file(study), key=f"[plan] {key}", name=name)
        one = set(premises.index[premises.index == name])
        zone = set(premises.index[(premises["municipality"] == name) | (premises["locality"] == name)])
        spots = set(white_spots.index[white_spots["white_spot_id"] == name])
        if not one | zone | spots:
            raise StudyError("nothing_so_named", file=_file(study), key=f"[plan] {key}", name=name)
        found |= one | spots | (zone & set(white_spots.index) if key == "force" else zone)
    return frozenset(found)


def _file(study: Study) -> str:
    return str(study.file or study.study.name)
