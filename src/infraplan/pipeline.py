"""The whole line once: a study in, results out. Only here and on the command line is the clock read."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd

from infraplan import tables
from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.coverage import (
    apply_observations,
    build_areas,
    evaluate_fixed,
    evaluate_targets,
    find_white_spots,
)
from infraplan.demand import assign_zones, build_premises, build_zones, find_unplaced
from infraplan.errors import InfraplanError, PlanError, StudyError
from infraplan.figures import Known, build_figures
from infraplan.layers import Layers, read_cost_book, read_layers
from infraplan.layers.area_rules import read_area_rules
from infraplan.layers.faults import faults, gather
from infraplan.layers.mobile_rules import read_mobile_rules
from infraplan.layers.official_targets import read_official_targets
from infraplan.layers.published import read_published
from infraplan.layers.read import whole_layer_fault
from infraplan.layers.state_aid_rules import read_state_aid_rules
from infraplan.layers.support_rules import SupportRules, read_support_rules
from infraplan.layers.technology_rules import read_technology_rules
from infraplan.network import (
    Attachment,
    add_access,
    attach_premises,
    bridge_islands,
    build_graph,
    check_graph,
    check_network,
    cut_graph,
    find_areas,
    price_edges,
    survey,
)
from infraplan.outputs import Covered, Results, check_folder, write_results
from infraplan.outputs.finished import read_earlier
from infraplan.planning import (
    Effort,
    Package,
    Plan,
    Setting,
    build_package,
    check_plan,
    find_candidates,
    find_others,
    make_plan,
)
from infraplan.routing import Progress
from infraplan.services import translate_buildings

log = logging.getLogger(__name__)

Report = Callable[[str], None]
"""Called with a stage's name (a key under ``cli.stages``) when it begins."""


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
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begin, 3)


def run(
    study: Study,
    folder: Path | None = None,
    *,
    pack: bool = True,
    report: Report = lambda _stage: None,
    progress: Progress | None = None,
) -> Results:
    """Run a study from files to a checked plan, and write the results into a folder where one is given.

    Without ``pack`` these are tables and layers alone, without maps, papers and workbook.
    ``progress`` is told how the search for a better plan goes, and may end it (``routing.Progress``).

    Raises
    ------
    InfraplanError
        What the study, a file or the folder lacks, in one line.
    """
    clock = Clock(report)
    # First of all what may be wrong without any work: nobody waits for a plan that cannot be priced or kept.
    book = _book(study)
    if folder is not None:
        check_folder(folder)
    covered = run_coverage(study, clock=clock)
    plan, package, plan_faults = run_plan(study, covered, book, clock=clock, progress=progress)
    known = {part.name: getattr(covered, part.name) for part in fields(Covered)}
    known["faults"] = gather([covered.faults, plan_faults], study.study.crs)
    results = Results(**known, book=book, plan=plan, package=package)
    if folder is not None:
        with clock.stage("write"):
            write_results(results, folder, pack=pack)
    return results


def run_coverage(
    study: Study, folder: Path | None = None, *, pack: bool = True, clock: Clock | None = None
) -> Covered:
    """Run a study as far as it goes without a plan, and write what is found where a folder is given.

    Raises
    ------
    InfraplanError
        What the study, a file or the folder lacks, in one line.
    """
    if folder is not None:
        check_folder(folder)
    clock = clock or Clock()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    crs = study.study.crs
    with clock.stage("read"):
        # What buildings are called becomes what they are, before anybody asks for them.
        layers, kind_faults = translate_buildings(read_layers(study))
    with clock.stage("demand"):
        zones, zone_faults = build_zones(layers, study)
        tables.check(zones, tables.ZONES, crs=crs)
        premises, premises_faults = build_premises(layers, zones, study)
        tables.check(premises, tables.PREMISES, crs=crs)
        membership = assign_zones(premises, zones)
        unplaced = find_unplaced(premises, membership)
    with clock.stage("coverage"):
        rules = read_technology_rules(study.coverage.technologies, relative_to=_home(study))
        service, service_faults = evaluate_fixed(premises, layers, rules, study)
        service, observed, observed_faults = apply_observations(service, premises, layers, rules, study)
        tables.check(service, tables.SERVICE)
        targets = evaluate_targets(premises, service, membership, zones, study)
        tables.check(targets, tables.TARGETS)
    with clock.stage("gaps"):
        white_spots = find_white_spots(premises, service, study)
        tables.check(white_spots, tables.WHITE_SPOTS, crs=crs)
        areas = build_areas(white_spots, premises, zones, study)
        tables.check(areas, tables.WHITE_SPOT_AREAS, crs=crs)
    known = Known(study, layers, zones, membership, premises, service, white_spots, observed, rules)
    earlier = [read_earlier(folder) for folder in study.progress.earlier]
    figures, facts, figure_faults = build_figures(known, stage=clock.stage, earlier=earlier)
    log.info("%d premises, %d white spots", len(premises), len(white_spots))
    others = (
        kind_faults,
        zone_faults,
        premises_faults,
        unplaced,
        service_faults,
        observed_faults,
        figure_faults,
    )
    covered = Covered(
        study=study,
        layers=layers,
        zones=zones,
        premises=premises,
        service=service,
        targets=targets,
        white_spots=white_spots,
        white_spot_areas=areas,
        faults=gather([layers.faults, *others], crs),
        started=started,
        seconds=clock.seconds,
        figures=figures,
        facts=facts,
    )
    if folder is not None:
        with clock.stage("write"):
            write_results(covered, folder, pack=pack)
    return covered


def run_plan(
    study: Study,
    coverage: Covered,
    book: CostBook,
    *,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> tuple[Plan, Package, gpd.GeoDataFrame]:
    """Build the network, plan for the study's goal, check the plan, and add what else is asked of it."""
    clock = clock or Clock()
    roads = coverage.layers.get("roads")
    if roads is None:
        raise PlanError("no_roads", study=study.file or study.study.name)
    known = (coverage.premises, coverage.service, coverage.white_spots)
    candidates, goal = find_candidates(study, *known)
    everybody = candidates.index.union(find_others(study, *known), sort=False)
    with clock.stage("network"):
        attachment, areas, found = _build_network(
            roads, coverage, gpd.GeoDataFrame(coverage.premises.loc[everybody]), book, study
        )
    setting = Setting(
        coverage.layers,
        coverage.premises,
        coverage.zones,
        coverage.service,
        coverage.white_spots,
        areas,
        book,
        study,
    )
    rules = _support_rules(study)
    effort = Effort(study.plan.gap, study.plan.time_limit_s, progress)
    with clock.stage("plan"):
        plan = make_plan(attachment, candidates, goal, setting, effort=effort)
        for table, contract in (
            (plan.routes, tables.ROUTES),
            (plan.served, tables.SERVED),
            (plan.unserved, tables.UNSERVED),
            (plan.cabinets, tables.CABINETS),
            (plan.bill, tables.BILL),
            (plan.projects, tables.PROJECTS),
            (plan.phases, tables.PHASES),
        ):
            tables.check(table, contract, crs=study.study.crs)
    with clock.stage("check"):
        wrong = check_plan(plan, attachment, candidates, setting)
        if wrong:
            raise PlanError("plan_check_failed", count=len(wrong), first=wrong[0])
    with clock.stage("package"):
        package = build_package(plan, attachment, candidates, setting, rules=rules, effort=effort)
    return plan, package, found


def _build_network(
    roads: gpd.GeoDataFrame,
    coverage: Covered,
    premises: gpd.GeoDataFrame,
    book: CostBook,
    study: Study,
) -> tuple[Attachment, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the priced graph and how some premises meet it, the areas that it lies in, and the faults."""
    layers = coverage.layers
    graph, graph_faults = build_graph(roads, study)
    doctor = check_graph(graph, coverage.premises, study)
    rules = read_area_rules(study.areas.rules, relative_to=_home(study))
    areas, area_faults = find_areas(layers, rules, study)
    graph, closed = cut_graph(graph, layers, areas, study)
    graph, access_faults = add_access(graph, layers, coverage.premises, study)
    attachment = attach_premises(graph, premises, study, closed=closed)
    graph, bridge_faults = bridge_islands(attachment, study)
    attachment = survey(replace(attachment, graph=graph), layers, areas, study)
    graph = attachment.graph
    priced = replace(graph, edges=price_edges(graph.edges, book, study.design))
    found = gather([graph_faults, area_faults, access_faults, bridge_faults, doctor], study.study.crs)
    return replace(attachment, graph=priced), areas, found


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
        rules = _check_rules(study)
        layers = read_layers(study, strict=False)
        municipalities = layers.get("municipalities")
        _, published = read_published(study, municipalities=municipalities, strict=False)
    with clock.stage("demand"):
        try:
            zones, zone_faults = build_zones(layers, study)
        except StudyError as error:
            # Nothing is left to look at; why each layer is out stands among its faults.
            return layers, gather(
                [rules, layers.faults, published, whole_layer_fault(error, "premises")], crs
            )
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
    return layers, gather([rules, layers.faults, published, zone_faults, premises_faults, doctor], crs)


def _check_rules(study: Study) -> gpd.GeoDataFrame:
    """Return the files of rules and prices that the study names and a run could not use."""
    rules = (
        (read_technology_rules, study.coverage.technologies),
        (read_state_aid_rules, study.coverage.state_aid),
        (read_official_targets, study.coverage.official),
        (read_mobile_rules, study.mobile.rules),
        (read_area_rules, study.areas.rules),
        (read_cost_book, study.costs.book),
        (read_support_rules, study.support.rules),
    )
    found = []
    for read, name in rules:
        try:
            if name:
                read(name, relative_to=_home(study))
        except InfraplanError as error:
            found.append(whole_layer_fault(error, "rules"))
    return gather(found, study.study.crs)


def _book(study: Study) -> CostBook:
    return read_cost_book(study.costs.book, relative_to=_home(study), year=study.costs.year)


def _support_rules(study: Study) -> SupportRules | None:
    name = study.support.rules
    return read_support_rules(name, relative_to=_home(study)) if name else None


def _home(study: Study) -> Path | None:
    return study.file.parent if study.file is not None else None
