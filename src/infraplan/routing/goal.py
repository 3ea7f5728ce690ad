"""What a tree must keep to, what a search for it knows, and how a tree is made to keep to it."""

from dataclasses import dataclass, field

import numpy as np

from infraplan.routing.collect import Bound, Found, narrow, span, take
from infraplan.routing.graph import FAR
from infraplan.routing.prize_kernels import grow_tree, shed_branches
from infraplan.routing.prizes import Part
from infraplan.routing.result import Watch

_ROUNDS = 4
"""Of filling up and trimming."""
_ROUND_WORK = 300.0
"""Steps an edge of a round, as of ``Watch``."""


@dataclass(frozen=True)
class Goal:
    """What a tree must keep to: collect at least a quota, or cost no more than a budget."""

    quota: float | None
    budget: float

    def holds(self, tree: Found) -> bool:
        """Tell whether a tree will do."""
        return tree.cost <= self.budget if self.quota is None else tree.prize >= self.quota

    def rate(self, tree: Found) -> tuple[float, float]:
        """Return what is to be as little as possible: cost, or what the tree fails to collect."""
        return (tree.cost, -tree.prize) if self.quota is not None else (-tree.prize, tree.cost)

    def bound(self, part: Part, proof: float, multiplier: float) -> float:
        """Return what cost must be at least, or minus what prizes can be at most, by a proof at one price.

        Lagrange: any tree's cost plus the multiplied prizes that it leaves is at least what was proven.
        """
        if self.quota is not None:
            return proof - multiplier * (part.total - self.quota) if self.quota < part.total else proof
        return (proof - self.budget) / multiplier - part.total

    def reach(self, part: Part, best: Found, multiplier: float) -> float:
        """Return what a better tree's cost and multiplied lost prizes come to at most."""
        if self.quota is not None:
            return best.cost + (multiplier * (part.total - self.quota) if self.quota < part.total else 0.0)
        return self.budget + multiplier * (part.total - best.prize)


@dataclass
class Search:
    """A part under search: it narrows as proofs and trees come closer."""

    part: Part
    root: int
    goal: Goal
    watch: Watch
    best: Found
    bound: float
    given: float
    whole: bool
    pool: list[Found] = field(default_factory=list)


def fix(search: Search, proof: Bound, multiplier: float) -> None:
    """Drop the edges that no better tree uses from the part, the best tree and the others."""
    limit = search.goal.reach(search.part, search.best, multiplier)
    part, keep = narrow(search.part, search.root, proof, limit)
    if not search.goal.holds(search.best) or search.best.chosen[~keep].any():
        return
    search.part = part
    search.best = search.best._replace(chosen=search.best.chosen[keep])
    search.pool = [tree._replace(chosen=tree.chosen[keep]) for tree in search.pool]


def prove(search: Search, bound: float) -> None:
    """Take note of a bound."""
    search.bound = max(search.bound, tighten(search, bound))


def tighten(search: Search, bound: float) -> float:
    """Return the least value that a bound leaves, where all values are whole numbers the next of these."""
    if not search.whole or not np.isfinite(bound):
        return bound
    # Proofs are exact but for the last product and sum.
    return float(np.ceil(bound - 1e-7 - 1e-12 * abs(bound)))


def offer(search: Search, tree: Found) -> bool:
    """Keep a tree that will do if it is the best so far; tell whether it is."""
    goal = search.goal
    if not goal.holds(tree) or (goal.holds(search.best) and goal.rate(tree) >= goal.rate(search.best)):
        return False
    search.best = tree
    report(search)
    return True


def report(search: Search) -> None:
    """Tell the watch how far the search is."""
    value = search.goal.rate(search.best)[0]
    if search.goal.quota is None:
        search.watch.report(search.given - value, search.given - search.bound)
    else:
        search.watch.report(value, min(search.bound, value))


def repair(search: Search, tree: Found, anchor: int | None = None) -> Found:
    """Fill a tree up or trim it until it will do and nothing more can go, or come.

    A free tree keeps its anchor, or else its greatest prize.
    """
    part, goal = search.part, search.goal
    free = _pick_inside(part, tree) if anchor is None else anchor
    root = search.root if part.root >= 0 else free
    bare, run = part.without_tolls(), part.run
    going = search.watch.may_go_on
    for number in range(_ROUNDS):
        if number and not going(_ROUND_WORK * len(part.costs)):
            break
        before = tree
        if goal.quota is None:
            over = int(np.ceil((tree.cost - goal.budget) * part.scale))
            if over > 0:
                shed = run(shed_branches)(bare, tree.chosen, root, part.prizes, np.inf, over)
                tree = take(part, *shed)
            spend = int(min((goal.budget - tree.cost) * part.scale, float(int(FAR) >> 1)))
            inside = run(grow_tree)(bare, tree.inside, part.ends, part.prizes, np.inf, max(spend, 0))
            wider = span(part, root, inside, going)
            tree = wider if goal.holds(wider) else tree
        else:
            need = goal.quota - tree.prize
            if need > 0:
                inside = run(grow_tree)(bare, tree.inside, part.ends, part.prizes, need, int(FAR) >> 1)
                tree = span(part, root, inside, going)
            spare = tree.prize - goal.quota
            if spare >= 0:
                kept, inside = run(shed_branches)(bare, tree.chosen, root, part.prizes, spare, 0)
                tree = span(part, root, inside, going) if kept.sum() < tree.chosen.sum() else tree
        if goal.rate(tree) == goal.rate(before):
            break
    return tree


def _pick_inside(part: Part, tree: Found) -> int:
    """Return the node of a free tree that is never taken off it: the greatest prize at no end."""
    return int(np.argmax(np.where(tree.inside & ~part.ends, part.prizes, -1.0)))


def is_enough(goal: Goal, tree: Found) -> bool:
    """Tell whether a price can fall: the tree has its quota, or costs more than the budget."""
    return tree.prize >= goal.quota if goal.quota is not None else tree.cost > goal.budget
