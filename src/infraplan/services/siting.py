"""Where best to put service points or small data centres, by road, with a proof of how good that is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan import tables
from infraplan.config import Study
from infraplan.coverconfig import Siting
from infraplan.demand.quantiles import find_quantiles
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.network.lines import Floats, Ints
from infraplan.services.buildings import translate_buildings
from infraplan.services.roads import MM_PER_M, CarRoads, build_roads
from infraplan.services.shares import M_PER_KM
from infraplan.services.siting_demand import Demand, Problem, bound_all, make_problem
from infraplan.services.siting_models import Choice, choose_sites, cover_all
from infraplan.services.siting_places import find_candidates, find_existing, name_places
from infraplan.services.siting_ways import WayFinder, make_finder

_MM_PER_KM = MM_PER_M * M_PER_KM
_HALF = 50
_LEAST_GAP = 1e-9
"""A smaller one is of rounding."""


@dataclass(frozen=True)
class _Places:
    """Where something is or could be: ``existing`` and ``candidates`` with name and municipality."""

    existing: gpd.GeoDataFrame
    candidates: gpd.GeoDataFrame


@dataclass(frozen=True)
class _Asked:
    """A question with all that answers it."""

    question: Siting
    places: _Places
    finder: WayFinder
    premises: gpd.GeoDataFrame
    """Where somebody lives or works: the finder's origins."""
    zones: gpd.GeoDataFrame


@dataclass(frozen=True)
class _Answer:
    """The candidates chosen, the method that was followed, and the objective with its bound."""

    chosen: Ints
    method: str
    objective: float
    bound: float


def find_sites(
    premises: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    layers: Layers,
    study: Study,
    *,
    roads: CarRoads | None = None,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the answer to each ``[[siting]]`` of a study: the best places, those that are there among them.

    ``p_median``: the shortest ways in all (Hakimi, 1964; ReVelle and Swain, 1970). Who can reach none of the
    chosen counts as having the longest way that anybody has to any place in question. ``coverage``: the most
    within reach (Church and ReVelle, 1974). ``all``: the fewest that have everybody within reach who can be
    (Toregas et al., 1971); where that takes more than ``places``, the question is answered as coverage.

    Each premises has its own ways, to the millimetre. Where there are too many of them, premises of a square
    are taken as one while choosing; objective and bound are of all premises still.

    Parameters
    ----------
    roads
        From ``build_roads``, where they are built already.

    Returns
    -------
    siting
        Contract SITING: question after question, in each the places with most households first. ``objective``
        is in household-km (``p_median``), households within reach (``coverage``) or new places (``all``), of
        the unit that the question weighs by; ``bound`` is what no answer can better.
    faults
        Contract FAULTS.
    """
    crs, found = study.study.crs, []
    questions = study.siting
    if not questions:
        return tables.empty(tables.SITING, crs), gather([], crs)
    if roads is None:
        roads, road_faults = build_roads(layers, study)
        found.append(road_faults[road_faults["rule"] == "service_no_roads"])
    if roads is None:
        return tables.empty(tables.SITING, crs), gather(found, crs)
    layers, _ = translate_buildings(layers)
    somebody = premises[(premises["households"] + premises["workplaces"] > 0).to_numpy()]
    finder = make_finder(somebody.geometry.to_numpy(), roads, study.services.attach_m)
    parts = []
    for question in questions:
        places = _Places(
            find_existing(question, zones, layers, study) if question.existing else _no_places(crs),
            find_candidates(question, zones, layers, roads, study),
        )
        rows, told = _answer(_Asked(question, places, finder, somebody, zones))
        parts.append(rows)
        found += told
    whole = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return gpd.GeoDataFrame(whole.rename_axis("row"), geometry="geometry", crs=crs), gather(found, crs)


def _no_places(crs: Any) -> gpd.GeoDataFrame:
    return tables.empty(tables.SERVICE_POINTS, crs)[["name", "municipality", "geometry"]]


def _answer(asked: _Asked) -> tuple[gpd.GeoDataFrame, list[gpd.GeoDataFrame]]:
    """Return the rows of one question, and what is told of it."""
    question, places = asked.question, asked.places
    nothing, told = tables.empty(tables.SITING, asked.premises.crs), []
    weight = _weigh(asked.premises, question)
    if question.existing and not len(places.existing):
        told.append(_tell(question, "siting_no_existing", "warning", kinds=", ".join(question.existing)))
    if not weight.any():
        return nothing, [*told, _tell(question, "siting_nobody", "warning")]
    if not len(places.candidates):
        told.append(_tell(question, "siting_no_candidates", "warning", candidates=question.candidates))
        return nothing, told
    demand = Demand(np.flatnonzero(weight > 0), weight[weight > 0])
    problem = make_problem(
        question, asked.finder, demand, (_shapes(places.existing), _shapes(places.candidates))
    )
    answer = _choose(asked, problem, demand)
    told += _report(question, problem, answer)
    return _make_rows(asked, answer), told


def _weigh(premises: gpd.GeoDataFrame, question: Siting) -> Ints:
    columns = question.weight.split("+")
    weights: Ints = premises[columns].sum(axis=1).to_numpy(np.int64)
    return weights


def _shapes(places: gpd.GeoDataFrame) -> "NDArray[np.object_]":
    return np.asarray(places.geometry.to_numpy(), dtype=object)


def _choose(asked: _Asked, problem: Problem, demand: Demand) -> _Answer:
    """Return which candidates are best, and how good they can be at most."""
    question = asked.question
    method = question.method
    if method == "all":
        choice = cover_all(problem.pairs)
        if len(choice.chosen) <= question.places:
            return _Answer(choice.chosen, method, float(choice.value), choice.bound)
        method = "coverage"
    if problem.square_m:
        choice, proof = choose_sites(problem.pairs, question.places, most=0)
        value, most = bound_all(
            question,
            asked.finder,
            demand,
            problem,
            chosen=choice.chosen,
            proof=proof,
            points=_shapes(asked.places.candidates),
        )
        choice = Choice(choice.chosen, value, max(most, float(value)))
    else:
        choice, _ = choose_sites(problem.pairs, question.places)
    if method == "p_median":
        objective, bound = ((problem.without - gain) / _MM_PER_KM for gain in (choice.value, choice.bound))
        return _Answer(choice.chosen, method, objective, max(bound, 0.0))
    return _Answer(
        choice.chosen, method, float(problem.without + choice.value), problem.without + choice.bound
    )


def _find_gap(answer: _Answer) -> float:
    """Return how far an answer may be from the best, relative to the larger of the two."""
    most = max(answer.objective, answer.bound)
    gap = abs(answer.objective - answer.bound) / most if most > 0 else 0.0
    return gap if gap > _LEAST_GAP else 0.0


def _make_rows(asked: _Asked, answer: _Answer) -> gpd.GeoDataFrame:
    """Return a row a place, with whose nearest it is."""
    existing, chosen = asked.places.existing, asked.places.candidates.iloc[answer.chosen]
    sites = gpd.GeoDataFrame(pd.concat([part for part in (existing, chosen) if len(part)] or [chosen]))
    count = len(sites)
    nearest, km = _find_nearest(asked.finder, _shapes(sites))
    households = asked.premises["households"].to_numpy(np.int64)
    furthest = np.full(count + 1, -np.inf)
    lived_in = households > 0
    np.maximum.at(furthest, nearest[lived_in], np.where(nearest >= 0, km, -np.inf)[lived_in])
    counted = np.bincount(nearest + 1, households, minlength=count + 1)[1:].astype(np.int64)
    table = gpd.GeoDataFrame(
        {
            "problem": asked.question.name,
            "method": answer.method,
            "rank": 0,
            "site_id": sites.index.to_numpy(object),
            "name": name_places(sites, asked.zones).to_numpy(object),
            "municipality": sites["municipality"].to_numpy(object),
            "existing": np.arange(count) < len(existing),
            "households": counted,
            "median_km": find_quantiles(nearest, km, households, _HALF, count=count),
            "furthest_km": np.where(np.isfinite(furthest[:count]), furthest[:count], np.nan),
            "objective": answer.objective,
            "bound": answer.bound,
            "gap": _find_gap(answer),
        },
        geometry=_shapes(sites),
        crs=asked.premises.crs,
    ).astype(dict.fromkeys(("problem", "method", "site_id", "name", "municipality"), "str"))
    # Places that are there, outside of the study, and nearest for nobody, tell nothing.
    table = table[~(table["existing"] & (table["municipality"] == "") & (table["households"] == 0))]
    table = table.iloc[np.lexsort((table["site_id"], table["existing"], -table["households"]))]
    return table.assign(rank=np.arange(1, len(table) + 1)).rename_axis("row")


def _find_nearest(finder: WayFinder, points: "NDArray[np.object_]") -> tuple[Ints, Floats]:
    """Return the nearest place of each origin, −1 for none, the first of equals, and the way to it in km."""
    best = np.full(finder.origins, np.inf)
    nearest = np.full(finder.origins, -1, np.int64)
    for ways in finder.find(points):
        which = np.argmin(ways.mm, axis=0)
        mm = np.take_along_axis(ways.mm, which[None, :], axis=0)[0]
        closer = mm < best
        best[closer], nearest[closer] = mm[closer], ways.first + which[closer]
    return nearest, best / _MM_PER_KM


def _report(question: Siting, problem: Problem, answer: _Answer) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is told of an answer: who is left out, how many places it took, what is not proven."""
    if problem.unreachable:
        rule = "siting_beyond" if question.method == "all" else "siting_unreachable"
        values = {"amount": problem.unreachable, "reach_km": question.reach_km}
        yield _tell(question, rule, "warning", **values)
    if not len(problem.pairs.site) and not problem.unreachable:
        yield _tell(question, "siting_enough", "info")
    elif question.method != "all" and len(answer.chosen) < question.places:
        values = {"places": question.places, "chosen": len(answer.chosen)}
        yield _tell(question, "siting_fewer", "info", **values)
    if question.method == "all" and answer.method != "all":
        yield _tell(question, "siting_too_few", "warning", places=question.places)
    if problem.square_m:
        yield _tell(question, "siting_squares", "info", size_m=round(problem.square_m))
    gap = _find_gap(answer)
    if gap > 0:
        yield _tell(question, "siting_unproven", "info", percent=f"{100 * gap:.2g}")


def _tell(question: Siting, rule: str, severity: str, **values: object) -> gpd.GeoDataFrame:
    return faults(rule, "siting", severity=severity, values={"problem": question.name, **values})
