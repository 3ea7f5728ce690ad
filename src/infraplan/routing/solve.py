"""The search for a cheap tree and for its proof, in a graph of any size."""

import numpy as np

from infraplan.routing import programme
from infraplan.routing.branch import prove_by_cases
from infraplan.routing.dual import ascend, price_edges, start_ascent
from infraplan.routing.graph import Costs, Graph, Mask, with_costs
from infraplan.routing.plain import choose_runner
from infraplan.routing.reduce import find_needless, project_prices
from infraplan.routing.regions import join_regions, span_nodes
from infraplan.routing.search import (
    BUILD_WORK,
    PASS_WORK,
    UNLIMITED,
    Search,
    ascend_and_prune,
    find_tree,
    finish,
    is_joined,
    run_ascent,
)
from infraplan.routing.stage import Stage, build, disturb, improve, lift_all, project_all, restrict

_ROUNDS = 3
"""Ascents before the restarts."""
_TURNS = 4
"""Restarts before the next ascent; more and more where none finds a better tree."""
_WORTH = 0.98
"""Share of edges that a reduction must leave at most, to pay for renumbering the rest."""
_HALVINGS = 6
"""Times that the union of some trees is reduced."""
_SHRUNK = 0.9
"""Share of its edges that must be left at most to try again."""
_TRIES = 3
"""Trees at disturbed costs in a union that reductions do not settle."""
_HUB = 1_000
"""Edges of a terminal above which ascents end there."""
_FEW = 3_000
"""Edges up to which a proof by cases is worth trying."""
_PROGRAMME = _TURNS + _TURNS // 2
"""Restarts after which the linear programme proves instead: once, where no end makes its edges dear."""
_PLAIN = 2_000
"""Edges given, below which nothing is compiled."""
_CASES = 20
"""Cases looked at for each restart that found nothing better."""


def solve(search: Search, graph: Graph, terminal: Mask, *, seed: int, high: int, bits: int) -> None:
    """Find a cheap tree of a connected graph with two terminals or more.

    Parameters
    ----------
    search
        Holds the trees and the bound that are found, and says when to stop.
    graph, terminal
        The problem.
    seed
        For roots and disturbances.
    high
        What the edges at ends cost more than they do.
    bits
        By so many bits costs may grow.
    """
    random = np.random.default_rng(seed)
    stage = restrict(Stage(graph, terminal, 0, ()))
    if stage.solved:
        finish(search, stage)
        return
    first = span_nodes(stage.graph, join_regions(stage.graph, stage.terminals), stage.terminal)
    search.offer(stage.price(first), lift_all(stage, first))
    stage = _drop_needless(search, stage, 40)
    stage, prices = _begin(search, stage, random)
    turns, known = _TURNS, search.best
    while not stage.solved and search.may_go_on():
        _restart(search, stage, prices, random, (high, bits, turns))
        # What an ascent proves depends on its guide: another pays once the best tree is another.
        if search.best < known and search.may_go_on():
            stage, prices = _prove_and_fix(search, stage, random)
            known = search.best
        else:
            if len(stage.graph.costs) <= _FEW:
                if turns != _PROGRAMME or search.shift:
                    prove_by_cases(search, stage, random, _CASES * turns)
                else:
                    # By its module: it chooses its own kernels, whoever goes these steps.
                    run = choose_runner(len(graph.costs), _PLAIN)
                    programme.prove_by_programme(search, stage, run)
            turns += turns // 2
    if stage.solved:
        finish(search, stage)


def _begin(search: Search, stage: Stage, random: np.random.Generator) -> tuple[Stage, Costs]:
    """Alternate ascents from several roots, trees over what they leave free, and reductions."""
    prices = stage.graph.costs
    for turn in range(_ROUNDS):
        if stage.solved or not search.may_go_on():
            break
        known, size = search.best, len(stage.graph.costs)
        stage, prices = _prove_and_fix(search, stage, random, guided=turn > 0)
        if search.best == known and len(stage.graph.costs) == size:
            break
    return stage, prices


def _choose_root(stage: Stage, random: np.random.Generator) -> int:
    """Return where an ascent ends: any terminal, or the network that is there, where that is large.

    A set that grows round a node of thousands of edges looks at all of them at each step; it need not grow
    round the root.
    """
    root = int(random.choice(stage.terminals))
    degree = np.diff(stage.graph.starts)[stage.terminals]
    return int(stage.terminals[degree.argmax()]) if degree.max() > _HUB else root


def _prove_and_fix(
    search: Search, stage: Stage, random: np.random.Generator, *, guided: bool = True
) -> tuple[Stage, Costs]:
    """Run an ascent, look for a tree where it ends, and drop the edges of which it says that none is better.

    Return the stage and what each edge costs beyond the bound.
    """
    terminals = stage.terminals
    guide = project_all(stage, search.pool[0][1]) if guided else None
    ascent = run_ascent(search, stage, _choose_root(stage, random), guide)
    if not search.may_go_on():
        return stage, stage.graph.costs
    prices = price_edges(stage.graph, ascent, terminals)
    ascend_and_prune(search, stage, ascent)
    keep = prices + (ascent.bound + stage.fixed_cost) <= search.best
    if keep.mean() > _WORTH:
        return stage, prices
    smaller = restrict(stage, keep)
    if smaller.solved:
        return smaller, prices
    if not is_joined(smaller):
        search.prove(search.best)
        return stage, prices
    prices = project_prices(smaller.traces[-1], prices)
    size = len(smaller.graph.costs)
    needless = find_needless(smaller.graph, smaller.terminal, 100)
    if search.may_go_on(100 * size) and needless.mean() > 1 - _WORTH:
        smaller = restrict(smaller, ~needless)
        prices = project_prices(smaller.traces[-1], prices)
    return smaller, prices


def _drop_needless(search: Search, stage: Stage, steps: int) -> Stage:
    """Return the stage without the edges that the bottleneck test finds needless."""
    if stage.solved or not search.may_go_on(100 * len(stage.graph.costs)):
        return stage
    return restrict(stage, ~find_needless(stage.graph, stage.terminal, steps))


def _restart(
    search: Search, stage: Stage, prices: Costs, random: np.random.Generator, numbers: tuple[int, int, int]
) -> None:
    """Make trees at disturbed costs, by turns from nothing and from the best, and combine them with it."""
    high, bits, turns = numbers
    for turn in range(turns):
        if not search.may_go_on(len(stage.graph.costs)):
            break
        known = [project_all(stage, tree) for _, tree in search.pool]
        core = _choose_core(stage, prices, known, random)
        if core.solved:
            break
        start = project_all(core, search.pool[0][1]) if turn % 2 else None
        new = _try_disturbed(search, core, random, (high, bits), start)
        picks = random.choice(len(known), min(len(known), int(random.integers(0, 4))), replace=False)
        union = np.logical_or.reduce([known[0], project_all(stage, new), *(known[pick] for pick in picks)])
        before = search.best
        _combine(search, restrict(stage, union), random, (high, bits))
        if search.best < before:
            find_tree(search, stage, project_all(stage, search.pool[0][1]))


def _choose_core(stage: Stage, prices: Costs, trees: list[Mask], random: np.random.Generator) -> Stage:
    """Return the stage with those edges only that known trees use or that the ascent finds cheap."""
    wanted = int(random.uniform(1.5, 4.0) * max(tree.sum() for tree in trees))
    keep = np.logical_or.reduce(trees)
    if wanted < len(prices):
        keep |= prices <= np.partition(prices, wanted)[wanted]
        return restrict(stage, keep)
    return restrict(stage)


def _try_disturbed(
    search: Search,
    stage: Stage,
    random: np.random.Generator,
    numbers: tuple[int, int],
    start: Mask | None = None,
) -> Mask:
    """Improve a tree at disturbed costs, then at costs ever nearer the true ones, and offer it.

    Without start it is built at disturbed costs too. It is returned as edges of the first graph.
    """
    graph, terminal = stage.graph, stage.terminal
    factors = (random.random(len(graph.costs)) * random.uniform(0.05, 0.5) * (1 << numbers[1])).astype(
        np.int64
    )
    tree = start
    if tree is None:
        search.may_go_on(BUILD_WORK * len(graph.costs))
        tree = build(stage, disturb(graph.costs, *numbers, factors), int(random.choice(stage.terminals)))
    for share in (1, 2):
        disturbed = with_costs(graph, disturb(graph.costs, *numbers, factors // share))
        if search.may_go_on(PASS_WORK * len(graph.costs)):
            tree, _ = improve(disturbed, tree, terminal)
    return lift_all(stage, find_tree(search, stage, tree, share=1e-6))


def _combine(search: Search, union: Stage, random: np.random.Generator, numbers: tuple[int, int]) -> None:
    """Look for a better tree among the edges of some known ones, which are few.

    What an ascent on them rules out leaves fewer still, often none: then no combination is better.
    """
    for _ in range(_HALVINGS):
        if union.solved or not search.may_go_on():
            break
        ascent = start_ascent(union.graph, union.terminals, _choose_root(union, random))
        ascent, work = ascend(union.graph, ascent, UNLIMITED)
        if not search.may_go_on(work):
            return
        ascend_and_prune(search, union, ascent)
        prices = price_edges(union.graph, ascent, union.terminals)
        smaller = restrict(union, prices + (ascent.bound + union.fixed_cost) < search.best)
        if not smaller.solved and not is_joined(smaller):
            return
        small = len(smaller.graph.costs) < _SHRUNK * len(union.graph.costs)
        union = smaller
        if not small:
            break
    if union.solved:
        search.offer(union.fixed_cost, lift_all(union, np.zeros(len(union.graph.costs), np.bool_)))
        return
    for _ in range(_TRIES):
        if search.may_go_on():
            _try_disturbed(search, union, random, numbers)
