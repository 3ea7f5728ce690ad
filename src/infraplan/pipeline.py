"""The whole line once: a study in, results out. Only here and on the command line is the clock read."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from infraplan import tables
from infraplan.config import CostBook, Study
from infraplan.coverage import (
    build_areas,
    count_missing,
    evaluate_fixed,
    evaluate_targets,
    find_reached,
    find_white_spots,
)
from infraplan.demand import build_premises, build_zones
from infraplan.errors import PlanError, StudyError
from infraplan.layers import Layers, read_cost_book, read_layers
from infraplan.layers.faults import faults, gather
from infraplan.layers.read import whole_layer_fault
from infraplan.network import (
    Attachment,
    RouteGraph,
    add_access,
    attach_premises,
    bridge_islands,
    build_graph,
    check_graph,
    check_network,
)
from infraplan.outputs import Results, write_results
from infraplan.planning import Effort, Plan, check_plan, make_plan
from infraplan.planning.plan import units
from infraplan.routing import Progress

log = logging.getLogger(__name__)

Report = Callable[[str], None]
"""Called with a stage's name (a key under ``cli.stages``) when it begins."""


@dataclass(frozen=True)
class Coverage:
    """What is known before any plan: who is there, what they can have, who misses."""

    layers: Layers
    zones: gpd.GeoDataFrame
    premises: gpd.GeoDataFrame
    service: pd.DataFrame
    targets: pd.DataFrame
    white_spots: gpd.GeoDataFrame
    white_spot_areas: gpd.GeoDataFrame
    faults: gpd.GeoDataFrame


@dataclass
class Clock:
    """Tells when a stage begins, and keeps how long each took."""

    report: Report = field(default=lambda _stage: None)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage."""
        self.report(name)
        begin = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - begin, 3)


def run(
    study: Study,
    folder: Path | None = None,
    *,
    report: Report = lambda _stage: None,
    progress: Progress | None = None,
) -> Results:
    """Run a study from files to a checked plan, and write the results into a folder where one is given.

    ``progress`` is told how the search for a better plan goes, and may end it (``routing.Progress``).

    Raises
    ------
    InfraplanError
        What the study, a file or the folder lacks, in one line.
    """
    clock = Clock(report)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    coverage = run_coverage(study, clock=clock)
    book = _book(study)
    plan, plan_faults = run_plan(study, coverage, book, clock=clock, progress=progress)
    results = Results(
        study=study,
        layers=coverage.layers,
        book=book,
        zones=coverage.zones,
        premises=coverage.premises,
        service=coverage.service,
        targets=coverage.targets,
        white_spots=coverage.white_spots,
        white_spot_areas=coverage.white_spot_areas,
        plan=plan,
        faults=gather([coverage.faults, plan_faults], study.study.crs),
        started=started,
        seconds=clock.seconds,
    )
    if folder is not None:
        with clock.stage("write"):
            write_results(results, folder)
    return results


def run_coverage(study: Study, *, clock: Clock | None = None) -> Coverage:
    """Run a study as far as targets and white spots."""
    clock = clock or Clock()
    crs = study.study.crs
    with clock.stage("read"):
        layers = read_layers(study)
    with clock.stage("demand"):
        zones, zone_faults = build_zones(layers, study)
        tables.check(zones, tables.ZONES, crs=crs)
        premises, premises_faults = build_premises(layers, zones, study)
        tables.check(premises, tables.PREMISES, crs=crs)
    with clock.stage("coverage"):
        service, service_faults = evaluate_fixed(premises, layers, study)
        tables.check(service, tables.SERVICE)
        targets = evaluate_targets(premises, service, zones, study)
        tables.check(targets, tables.TARGETS)
    with clock.stage("gaps"):
        white_spots = find_white_spots(premises, service, study)
        tables.check(white_spots, tables.WHITE_SPOTS, crs=crs)
        areas = build_areas(white_spots, premises, zones, study)
        tables.check(areas, tables.WHITE_SPOT_AREAS, crs=crs)
    log.info("%d premises, %d white spots", len(premises), len(white_spots))
    found = gather([layers.faults, zone_faults, premises_faults, service_faults], crs)
    return Coverage(layers, zones, premises, service, targets, white_spots, areas, found)


def run_plan(
    study: Study,
    coverage: Coverage,
    book: CostBook,
    *,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> tuple[Plan, gpd.GeoDataFrame]:
    """Build the network, plan for the study's goal, and check the plan from scratch."""
    clock = clock or Clock()
    roads = coverage.layers.get("roads")
    if roads is None:
        raise PlanError("no_roads", study=study.file or study.study.name)
    candidates, aim = find_candidates(study, coverage)
    premises = gpd.GeoDataFrame(coverage.premises.loc[candidates.index])
    budget_sek = study.plan.budget_sek if study.plan.goal == "budget" else None
    with clock.stage("network"):
        graph, attachment, found = _build_network(roads, coverage, premises, book, study)
    with clock.stage("plan"):
        plan = make_plan(
            graph,
            attachment.node_of,
            attachment.roots,
            candidates,
            unattached=attachment.unattached,
            aim=aim,
            budget_sek=budget_sek,
            effort=Effort(study.plan.gap, study.plan.time_limit_s, progress),
        )
        for table, contract in (
            (plan.routes, tables.ROUTES),
            (plan.served, tables.SERVED),
            (plan.unserved, tables.UNSERVED),
        ):
            tables.check(table, contract, crs=study.study.crs)
    with clock.stage("check"):
        wrong = check_plan(
            plan,
            graph,
            attachment.roots.tolist(),
            premises,
            book,
            aim=aim,
            budget_sek=budget_sek,
            bridge_m=study.network.bridge_m,
        )
        if wrong:
            raise PlanError("plan_check_failed", count=len(wrong), first=wrong[0])
    return plan, found


def _build_network(
    roads: gpd.GeoDataFrame,
    coverage: Coverage,
    premises: gpd.GeoDataFrame,
    book: CostBook,
    study: Study,
) -> tuple[RouteGraph, Attachment, gpd.GeoDataFrame]:
    """Return the graph that the plan is made on, how some premises meet it, and the faults."""
    graph, graph_faults = build_graph(roads, book, study)
    doctor = check_graph(graph, coverage.premises, study)
    graph, access_faults = add_access(graph, coverage.layers, coverage.premises, book, study)
    attachment = attach_premises(graph, premises, book, study)
    graph, bridge_faults = bridge_islands(attachment, book, study)
    found = gather([graph_faults, access_faults, bridge_faults, doctor], study.study.crs)
    return graph, attachment, found


def check(study: Study, *, report: Report = lambda _stage: None) -> tuple[Layers, gpd.GeoDataFrame]:
    """Read every layer, go on past those that cannot be used, and call in the network doctor.

    Returns
    -------
    layers, faults
        What could be read, and the faults of all that was looked at (contract FAULTS).
    """
    clock = Clock(report)
    crs = study.study.crs
    with clock.stage("read"):
        layers = read_layers(study, strict=False)
    with clock.stage("demand"):
        try:
            zones, zone_faults = build_zones(layers, study)
        except StudyError as error:
            # Nothing is left to look at; why each layer is out stands among its faults.
            return layers, gather([layers.faults, whole_layer_fault(error, "premises")], crs)
        premises = tables.empty(tables.PREMISES, crs)
        if any(layers.get(name) is not None for name in ("premises", "buildings", "addresses")):
            premises, premises_faults = build_premises(layers, zones, study)
        else:
            premises_faults = faults("nothing_to_serve", "premises", severity="error", crs=crs)
    with clock.stage("doctor"):
        roads = layers.get("roads")
        if roads is None:
            doctor = faults("nothing_to_follow", "roads", severity="error", crs=crs)
        else:
            doctor = check_network(roads, premises, study)
    return layers, gather([layers.faults, zone_faults, premises_faults, doctor], crs)


def find_candidates(study: Study, coverage: Coverage) -> tuple[pd.DataFrame, tuple[str, int] | None]:
    """Return whom the goal asks about, and for a target the unit and how many more of it are needed.

    *All* and *budget* ask about the white spots; *target* about everybody whom the target's own rule does
    not count yet.
    """
    target = study.plan_target
    if target is None:
        return pd.DataFrame(coverage.white_spots[["households", "workplaces"]]), None
    reached = find_reached(coverage.premises, coverage.service, target)
    missing = coverage.premises.loc[~reached, ["households", "workplaces"]]
    missing = missing[units(missing, target.of) > 0]
    everybody = units(coverage.premises, target.of)
    needed = count_missing(int(everybody.sum()), int(everybody[reached].sum()), target.share)
    return pd.DataFrame(missing), (target.of, needed)


def _book(study: Study) -> CostBook:
    home = study.file.parent if study.file is not None else None
    return read_cost_book(study.costs.book, relative_to=home)
