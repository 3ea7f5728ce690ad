"""Measure the whole coverage stage: five million premises in 290 municipalities, all definitions in one pass.

``python benchmarks/stage.py`` prints the table. Each country is made in a process of its own
(``stage_data.py``), and measured in another, which loads its kernels on a small country first. What is
measured is the stage: service, zones, targets, the switchboard in all zones, official targets, the best
offers and state-aid colours, and white spots. Peak memory is that of the whole process, with the layers and
premises that it has read; what it was before the stage stands in brackets.

``--size 1000000`` measures another size, ``--mix deep`` a country that is covered eight times over.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from measure import measure, peak_mb
from stage_data import MIXES, Made, read_country

from infraplan import coverage
from infraplan.config import Study, StudyInfo, Target
from infraplan.demand import assign_zones
from infraplan.layers.official_targets import read_official_targets
from infraplan.layers.state_aid_rules import read_state_aid_rules
from infraplan.layers.technology_rules import read_technology_rules
from infraplan.spatial.__main__ import main as load_kernels

SMALL, COUNTRY = 200_000, 5_000_000
WARM = 20_000
LIMIT_S, LIMIT_MB = 60.0, 4_000.0
STUDY = Study(
    study=StudyInfo(name="Landet", year=2026),
    targets=(
        Target(name="100 Mbit/s", down_mbps=100, share=0.95),
        Target(name="1 Gbit/s", down_mbps=1000, share=0.98, counts="proximity"),
    ),
)
HEAD = (
    "| premises | service rows | wall s | CPU s | µs each | peak MB (before) | verdict | CPU s of each |\n"
    "|---|---|---|---|---|---|---|---|"
)
Answer = TypeVar("Answer")


class Case(NamedTuple):
    """A country, and whether it is held against the target or only shows what a stress costs."""

    count: int
    mix: str
    has_target: bool = True


CASES = (Case(SMALL, "sweden"), Case(COUNTRY, "sweden"), Case(COUNTRY, "deep", has_target=False))


class Clock:
    """Keeps the wall and CPU seconds of each part."""

    def __init__(self) -> None:
        self.took: dict[str, tuple[float, float]] = {}
        self.peak: dict[str, float] = {}

    def part(self, name: str, work: Callable[[], Answer]) -> Answer:
        """Return what some work returns, and keep what it took."""
        wall, cpu = time.perf_counter(), time.process_time()
        answer = work()
        self.took[name] = time.perf_counter() - wall, time.process_time() - cpu
        self.peak[name] = find_peak()
        return answer


def find_peak() -> float:
    return peak_mb(resource.getrusage(resource.RUSAGE_SELF))


def run_stage(made: Made, clock: Clock) -> dict[str, int]:
    """Run the stage, and return how much it made; all of it stays in memory, as a run keeps it."""
    layers, premises, zones = made
    rules, aid = read_technology_rules("2026"), read_state_aid_rules("eu-2023")
    official = read_official_targets("sweden")
    part = clock.part
    service, _ = part("service", lambda: coverage.evaluate_fixed(premises, layers, rules, STUDY))
    member = part("zones", lambda: assign_zones(premises, zones))
    targets = part("targets", lambda: coverage.evaluate_targets(premises, service, member, zones, STUDY))
    board = part(
        "switchboard",
        lambda: coverage.evaluate_switchboard(premises, service, member, zones, rules.wired),
    )
    held = part("official", lambda: coverage.evaluate_official(board, None, official, zones, STUDY))
    best = part("best", lambda: coverage.find_best(premises, service, aid, STUDY))
    colours = part("state aid", lambda: coverage.count_colours(premises, best, member, zones, aid))
    white = part("white spots", lambda: coverage.find_white_spots(premises, service, STUDY))
    made_of = {"targets": targets, "definitions": board, "official": held, "colours": colours}
    return {name: len(table) for name, table in made_of.items()} | {
        "premises": len(best),
        "rows": len(service),
        "white_spots": len(white),
        "chains": white["white_spot_id"].nunique(),
    }


def run_once(folder: Path, warm: Path) -> dict[str, Any]:
    """Return what the stage took of a country in a folder, after one of another that only warms up."""
    load_kernels()
    run_stage(read_country(warm), Clock())
    made = read_country(folder)
    before, clock = find_peak(), Clock()
    found = run_stage(made, clock)
    return found | {"took": clock.took, "peaks": clock.peak, "before_mb": before, "peak_mb": find_peak()}


def measure_case(case: Case, folder: Path) -> dict[str, Any]:
    """Return what the stage took of a case, each step in a process of its own."""
    here = Path(__file__).resolve().parent
    warm, cold = folder / "warm", folder / "country"
    for place, count in ((warm, WARM), (cold, case.count)):
        place.mkdir()
        measure(sys.executable, str(here / "stage_data.py"), str(count), case.mix, str(place))
    out = measure(sys.executable, str(here / "stage.py"), "--run", str(cold), str(warm)).out
    found: dict[str, Any] = json.loads(out)
    return found


def render(case: Case, found: dict[str, Any], usual_us: float) -> str:
    """Return a row of the table; ``usual_us`` is what a premises takes at the small size."""
    wall, cpu = (sum(times[i] for times in found["took"].values()) for i in (0, 1))
    each = 1e6 * cpu / case.count
    good = wall <= LIMIT_S and found["peak_mb"] <= LIMIT_MB and each <= usual_us
    verdict = ("met" if good else "**missed**") if case.has_target else "stress, no target"
    parts = ", ".join(f"{name} {times[1]:.1f}" for name, times in found["took"].items())
    return (
        f"| {case.count:,}, {case.mix} | {found['rows']:,} | {wall:.1f} | {cpu:.1f} | {each:.1f} |"
        f" {found['peak_mb']:.0f} ({found['before_mb']:.0f}) | {verdict} | {parts} |"
    )


def main() -> None:
    """Print a row a case."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--size", type=int, help="one size only, of those of coverage_data")
    parser.add_argument("--mix", choices=MIXES, default="sweden")
    parser.add_argument("--run", type=Path, nargs=2, metavar=("FOLDER", "WARM"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run_once(*options.run)))
        return
    cases = CASES if options.size is None else (Case(options.size, options.mix, has_target=False),)
    print(HEAD)
    usual_us = float("inf")
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            found = measure_case(case, Path(folder))
        print(render(case, found, usual_us), flush=True)
        if case.count == SMALL:
            usual_us = 1e6 * sum(times[1] for times in found["took"].values()) / SMALL


if __name__ == "__main__":
    main()
