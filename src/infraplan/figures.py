"""The figures beside the plan: definitions side by side, mobile, years, services, measures of one's own."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from infraplan import coverage, services, tables
from infraplan.config import LayerName, Study
from infraplan.coverconfig import Coverage as Definitions
from infraplan.layers import Layers
from infraplan.layers.faults import gather
from infraplan.layers.mobile_rules import MobileRules, read_mobile_rules
from infraplan.layers.official_targets import OfficialTargets, read_official_targets
from infraplan.layers.published import read_published
from infraplan.layers.state_aid_rules import read_state_aid_rules
from infraplan.layers.technology_rules import TechnologyRules
from infraplan.outputs.finished import Earlier

Stage = Callable[[str], AbstractContextManager[None]]
"""Called with a stage's name (a key under ``cli.stages``), which lasts as long as the context."""
Tables = dict[str, pd.DataFrame]
_FIXED: tuple[LayerName, ...] = ("connected", "footprints", "fibre_lines", "fibre_nodes")
"""Layers that say who has fixed networks."""
Faults = list[gpd.GeoDataFrame]


@dataclass(frozen=True)
class Known:
    """What figures are made of: who is there, what they can have, who misses."""

    study: Study
    layers: Layers
    zones: gpd.GeoDataFrame
    membership: pd.DataFrame
    premises: gpd.GeoDataFrame
    service: pd.DataFrame
    white_spots: gpd.GeoDataFrame
    observed: pd.DataFrame
    technologies: TechnologyRules

    @property
    def home(self) -> Path | None:
        """Where relative paths of rule files start."""
        return self.study.file.parent if self.study.file is not None else None


def build_figures(
    known: Known, *, stage: Stage, earlier: Sequence[Earlier] = ()
) -> tuple[Tables, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the tables of ``tables.FIGURES`` by name, the facts by premises, and the faults.

    A table for which the study has no layers is empty.
    """
    found: Tables = {}
    faults: Faults = []

    def add(part: Tables, wrong: Faults) -> None:
        found.update(part)
        faults.extend(wrong)

    with stage("coverage"):
        add(*_count_fixed(known))
    rules = read_mobile_rules(known.study.mobile.rules, relative_to=known.home)
    with stage("mobile"):
        reached, counted, wrong = _count_mobile(known, rules)
        add(counted, wrong)
    official = read_official_targets(
        known.study.coverage.official, relative_to=known.home, levels=rules.level_ids
    )
    with stage("years"):
        mobile = found["mobile"] if len(found["mobile"]) else None
        held = coverage.evaluate_official(found["switchboard"], mobile, official, known.zones, known.study)
        found["official"] = held.assign(measured=held["measured"] & _is_measured(held, known))
        add(*_compare_years(known, found, official, earlier))
    with stage("services"):
        add(*_measure_services(known, found, reached))
    with stage("measures"):
        facts = coverage.build_facts(
            known.premises,
            known.membership,
            known.white_spots,
            found,
            services=known.study.services.kinds,
        )
        found |= _measure(known, found, facts)
    crs = known.study.study.crs
    for name, contract in tables.FIGURES.items():
        table = found.setdefault(name, tables.empty(contract, crs))
        tables.check(table, contract, crs=crs if contract.geometry else None)
    return found, facts, gather(faults, crs)


def _count_fixed(known: Known) -> tuple[Tables, Faults]:
    rules = read_state_aid_rules(known.study.coverage.state_aid, relative_to=known.home)
    who = (known.premises, known.service)
    best = coverage.find_best(*who, rules, known.study)
    cells, wrong = coverage.count_cells(*who, known.white_spots, known.study)
    where = (known.membership, known.zones)
    return {
        "switchboard": coverage.evaluate_switchboard(*who, *where, known.technologies.wired),
        "best": best,
        "state_aid": coverage.count_colours(known.premises, best, *where, rules),
        "cells": cells,
        "observed": known.observed,
    }, [wrong]


def _count_mobile(known: Known, rules: MobileRules) -> tuple[pd.Series, Tables, Faults]:
    """Return which operators reach each public building, and the tables."""
    counted = coverage.evaluate_mobile(
        known.premises, known.membership, known.zones, known.layers, rules, known.study
    )
    names = (
        "mobile",
        "mobile_operators",
        "mobile_premises",
        "mobile_white_spots",
        "mobile_gaps",
        "measured",
        "disagreements",
    )
    return counted.public_operators, {name: getattr(counted, name) for name in names}, [counted.faults]


def _is_measured(official: pd.DataFrame, known: Known) -> pd.Series:
    """Return which targets the study has layers for: without any of fixed networks, 0 % would be untrue."""
    has_fixed = any(known.layers.get(name) is not None for name in _FIXED)
    measured: pd.Series = (official["measure"] != "fixed") | has_fixed
    return measured


def _compare_years(
    known: Known, found: Tables, official: OfficialTargets, earlier: Sequence[Earlier]
) -> tuple[Tables, Faults]:
    published, wrong = read_published(known.study, municipalities=known.layers.get("municipalities"))
    compared = coverage.compare_published(published, found["switchboard"], known.zones, known.study)
    runs = [(run.year, run.switchboard) for run in earlier]
    settled = [(run.year, run.definitions) for run in earlier]
    ours = known.study.coverage.model_dump(mode="json")
    progress = coverage.evaluate_progress(
        published,
        found["switchboard"],
        runs,
        known.zones,
        official,
        known.study,
        moved=coverage.find_moved([(known.study.study.year, ours), *settled]),
    )
    made: Tables = {
        "compared": compared,
        "series": progress.series,
        "breaks": progress.breaks,
        "pace": progress.pace,
    }
    if earlier:
        latest = max(earlier, key=lambda run: run.year)
        made["changes"] = coverage.split_change(
            latest.facts,
            _redo(known, Definitions.model_validate(latest.definitions)),
            _state(known.premises, found["best"]),
            known.zones,
            known.study,
            from_year=latest.year,
        )
    return made, [wrong, progress.faults]


def _redo(known: Known, definitions: Definitions) -> pd.DataFrame:
    """Return what today's premises would have by the definitions of an earlier run."""
    study = known.study.model_copy(update={"coverage": definitions})
    service, _ = coverage.evaluate_fixed(known.premises, known.layers, known.technologies, study)
    service, _, _ = coverage.apply_observations(
        service, known.premises, known.layers, known.technologies, study
    )
    rules = read_state_aid_rules(study.coverage.state_aid, relative_to=known.home)
    return _state(known.premises, coverage.find_best(known.premises, service, rules, study))


def _state(premises: gpd.GeoDataFrame, best: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(premises.drop(columns=premises.geometry.name)).join(best)


def _measure_services(known: Known, found: Tables, reached: pd.Series) -> tuple[Tables, Faults]:
    who = (known.premises, known.membership, known.zones, known.layers)
    best, mobile = found["best"], found["mobile_premises"]
    access = services.evaluate_services(*who, known.study)
    named = pd.concat([reached, mobile["operator_names"].astype("str")]) if len(mobile) else None
    public, shares, wrong = services.evaluate_public(
        *who, known.service, mobile, known.study, mobile_operators=named
    )
    sites, unsited = services.find_sites(
        known.premises, known.zones, known.layers, known.study, roads=access.roads
    )
    digital = services.find_digital(
        known.premises, access.distances, best, mobile if len(mobile) else None, known.study
    )
    return {
        "distances": access.distances,
        "service_shares": access.service_shares,
        "closures": access.closures,
        "digital": digital,
        "public": public,
        "public_shares": shares,
        "siting": sites,
    }, [access.faults, wrong, unsited]


def _measure(known: Known, found: Tables, facts: gpd.GeoDataFrame) -> Tables:
    where = (known.membership, known.zones)
    return {
        "indicators": coverage.evaluate_indicators(facts, found, *where, known.study),
        "spread": coverage.evaluate_spread(facts, known.membership, known.layers, known.study),
    }
