"""The rows of the table, group by group: what is measured, and what it should come to."""

import os
from collections.abc import Callable, Iterator

import numpy as np

from router.instances import MILLION, OPTIMA
from router.process import choose_cache, empty_cache, run_apart, run_compiled
from router.solve import (
    find_better,
    find_first,
    find_prizes,
    find_reinforcement,
    find_reinforcements,
    find_ring,
    find_tree,
    measure_loading,
    run_networkx,
)
from router.table import Figures, Row, Target

KINDS = ("tree", "prizes", "quota", "budget", "rings")
FIBRE = ("009", "067", "121", "129", "139", "191", "195")
ROADS = ("081", "163", "181", "183")
COMPARED = ("129", "163", "191", "195", MILLION)
LARGE = ("191",)
PRIZES = ("009", "067", "121", "129")
RINGS = ("009", "067")
DRAWN = 20
"""Graphs by lot, of 20, 40, … nodes and about three times as many edges."""
GROWN = ("towns-65-500-mixed", "towns-205-5000-mixed", "towns-648-50000-mixed")
PATIENCE_S = 150.0
"""By the clock, for networkx: two minutes, and half of one to make its graph."""
LOG_SLOPE = float(np.log(np.log(1e6) / np.log(1e4)) / np.log(1e6 / 1e4))
"""How steeply log n itself grows from 10 000 to 1 000 000, on scales that are both logarithmic."""

Rows = Iterator[Row]


def at_most(**limits: float) -> tuple[Target, ...]:
    return tuple(Target(figure, "≤", limit) for figure, limit in limits.items())


def measure_compiling(_: float | None) -> Rows:
    """Measure what is compiled once on a machine, and what each process then loads."""
    empty_cache(choose_cache())
    for how, work in (
        ("cold", "all kernels compiled, once on a machine"),
        ("warm", "loaded, once a process"),
    ):
        yield Row(f"kernels, {how}", work, figures={"seconds": run_apart(measure_loading, KINDS)})


def measure_fibre(seconds: float | None) -> Rows:
    goals = ((10.0, at_most(gap=0.02, certificate=0.05)), (60.0, at_most(gap=0.005, certificate=0.02)))
    for limit, targets in goals[: 1 if seconds else 2]:
        for name in FIBRE:
            yield measure_tree(f"fibre {name}", name, targets, seconds or limit)


def measure_roads(seconds: float | None) -> Rows:
    for name in ROADS:
        yield measure_tree(f"roads {name}", name, at_most(gap=0.4, certificate=1.2), seconds or 30.0)


def measure_million(seconds: float | None) -> Rows:
    goals = ((15.0, at_most(certificate=1.1, memory=1000)), (30.0, at_most(cost=470.4e6, memory=1000)))
    for limit, targets in goals[: 1 if seconds else 2]:
        yield measure_tree("million", MILLION, targets, seconds or limit)


def measure_tree(title: str, name: str, targets: tuple[Target, ...], seconds: float) -> Row:
    figures = run_compiled(find_tree, name, seconds)
    return Row(f"{title} in {seconds:g} s", "Steiner tree", targets, figures, seconds)


def measure_against_networkx(_: float | None) -> Rows:
    for name in COMPARED:
        title = f"networkx {'million' if name == MILLION else name}"
        theirs = (
            None
            if name == MILLION and has_little_memory()
            else run_apart(run_networkx, name, patience_s=PATIENCE_S)
        )
        if theirs is None:
            yield Row(title, "not measured", note="networkx wants more time or memory")
            continue
        note = f"networkx: {theirs['cost']:.0f} in {theirs['seconds']:.1f} s, {theirs['memory']:.0f} MB"
        sooner = run_compiled(find_better, name, theirs["cost"])
        sooner["value"] = theirs["seconds"] / sooner.pop("better")
        kept = {figure: sooner[figure] for figure in ("tree", "value")}
        target = (Target("value", "≥", 100),)
        yield Row(f"{title}, sooner", "times sooner that ours is better", target, kept, note=note)
        ours = run_compiled(find_tree, name, theirs["seconds"])
        # Where no optimum is known, the bound that our tree has: what is better is seen smaller than it is.
        least = OPTIMA.get(name, ours["cost"] / (1 + ours["certificate"] / 100))
        ours["value"] = (ours["cost"] - least) / (theirs["cost"] - least)
        note = f"networkx: gap {100 * (theirs['cost'] / least - 1):.4f} %"
        yield Row(
            f"{title}, equal time",
            "our gap in theirs",
            at_most(value=0.1),
            ours,
            theirs["seconds"],
            note if name in OPTIMA else f"{note} to our bound",
        )


def has_little_memory() -> bool:
    """Tell whether networkx might not find room for a million edges; not where that is not known."""
    if "SC_AVPHYS_PAGES" not in os.sysconf_names:
        return False
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") < 3e9


def measure_prizes(seconds: float | None) -> Rows:
    for limit in (seconds,) if seconds else (2.0, 10.0):
        for name in PRIZES:
            figures = run_compiled(find_prizes, "prizes", name, limit)
            targets = at_most(gap=0.001, certificate=0.01)
            yield Row(f"prizes {name} in {limit:g} s", "prize-collecting", targets, figures, limit)


def measure_limits(seconds: float | None) -> Rows:
    for name in (*PRIZES, *LARGE):
        limit, certificate = (120.0, 1.0) if name in LARGE else (10.0, 0.3)
        limit = seconds or limit
        for work, title in (("quota", "quota 95 %"), ("budget", "budget 50 %")):
            figures = run_compiled(find_prizes, work, name, limit)
            targets = at_most(certificate=certificate)
            yield Row(f"{work} {name} in {limit:g} s", title, targets, figures, limit)


def measure_rings(seconds: float | None) -> Rows:
    limit, short = seconds or 10.0, seconds or 1.0
    for name in RINGS:
        figures = run_compiled(find_ring, name, limit)
        yield Row(f"rings {name} in {limit:g} s", "rings through terminals", (), figures, limit)
    work, targets = "spanning tree of 1 500 nodes reinforced, to networkx's", at_most(value=1.0)
    for name in RINGS:
        figures = run_compiled(find_reinforcement, name, limit)
        note = f"networkx: {figures.pop('theirs'):.0f}, its reinforcement in {figures.pop('spent'):.1f} s"
        yield Row(f"reinforced {name} in {limit:g} s", work, targets, figures, limit, note)
    figures = run_compiled(find_reinforcements, DRAWN, short)
    title = f"reinforced {DRAWN} by lot in {short:g} s each"
    yield Row(title, "spanning trees reinforced, the worst to networkx's", targets, figures, DRAWN * short)


def measure_growth(_: float | None) -> Rows:
    spent: list[Figures] = []
    for name in GROWN:
        figures = run_compiled(find_first, name)
        edges = figures.pop("edges")
        each = {figure: 1e6 * figures[figure] / edges for figure in ("tree", "bound")}
        spent.append({"edges": edges, **each})
        note = f"{each['tree']:.2f} µs an edge to the first tree, {each['bound']:.2f} to the first bound"
        yield Row(f"growth, {edges:.0f} edges", "nodes numbered by lot", figures=figures, note=note)
    edges = np.log([one["edges"] for one in spent])
    for figure in ("tree", "bound"):
        slope = float(np.polyfit(edges, np.log([one[figure] for one in spent]), 1)[0])
        target = at_most(value=round(LOG_SLOPE, 3))
        note = f"log n: {LOG_SLOPE:.3f}"
        yield Row(
            f"growth, slope to the first {figure}", "of seconds an edge", target, {"value": slope}, note=note
        )


GROUPS: dict[str, Callable[[float | None], Rows]] = {
    "compile": measure_compiling,
    "fibre": measure_fibre,
    "roads": measure_roads,
    "million": measure_million,
    "networkx": measure_against_networkx,
    "prizes": measure_prizes,
    "limits": measure_limits,
    "rings": measure_rings,
    "growth": measure_growth,
}
"""What can be measured apart from the rest, and how; each is given the seconds that stand for its own."""
UNLIMITED = ("compile", "networkx", "growth")
"""Groups that take the time they need."""
