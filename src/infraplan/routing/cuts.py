"""Proof by the linear programme of directed cuts, and by cases where that is not whole."""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from math import inf
from time import monotonic

import numpy as np

from infraplan.routing.collect import improve, span
from infraplan.routing.cut_rows import Frame, begin_rows, limit_columns, make_frame, separate
from infraplan.routing.goal import Search, offer, prove, repair, report, tighten
from infraplan.routing.graph import with_costs
from infraplan.routing.linear import (
    Answer,
    Programme,
    Sides,
    add_rows,
    solve_programme,
    start_programme,
    weigh,
)
from infraplan.routing.problem import Ints
from infraplan.routing.regions import join_nearest

_WHOLE = 1e-6
"""From a whole number so far a share counts as one."""
_SAME = 1e-9
"""Share of a bound by which it must rise to have risen."""
_STEPS = 1_000_000
"""Simplex steps of one solution, at most."""
_STEP_WORK = 6.0
"""Work of a simplex step for each row, as of ``Watch``."""
_GAIN = 1e-4
"""Of the gap, which a round of cuts must close to be followed by another in a case."""
_TRIED = 8
"""Nodes tried before one is chosen to tell cases apart."""
_TRIAL = 60
"""Simplex steps of each trial."""
_BETWEEN = 5
"""Rounds of cuts between two trees."""
_ROUNDS = 2
"""Rounds of cuts in any case."""
_BEGIN_STEPS = 50
"""What it takes to begin, as simplex steps."""
_DEAREST = float(1 << 45)
"""Units that any prize is worth at most: more than all edges cost."""
_RAY = float(1 << 30)
"""Units in the greatest of Farkas's multipliers."""


@dataclass
class Cuts:
    """A linear programme under way.

    Attributes
    ----------
    search, frame, programme
        What is looked for, what the columns are, and the rows.
    unit
        What costs are divided by in the programme.
    reserve, deadline
        Work that is to be left, and when to end, as of ``time.monotonic``.
    """

    search: Search
    frame: Frame
    programme: Programme
    unit: float
    reserve: float
    deadline: float

    def may_go_on(self, work: float = 0.0) -> bool:
        """Count some work and tell whether there is time and reason to go on."""
        watch = self.search.watch
        return watch.may_go_on(work) and watch.work > self.reserve and not self.left_s() <= 0.0

    def left_s(self) -> float:
        """Return the seconds that are left."""
        return inf if self.deadline == inf else self.deadline - monotonic()

    def left_steps(self) -> int:
        """Return the simplex steps that are left."""
        work = (self.search.watch.work - self.reserve) / (_STEP_WORK * len(self.programme.least))
        return max(int(min(work, _STEPS)) - _BEGIN_STEPS, 0)


@dataclass
class Case:
    """Limits of the columns, and what trees within them are proven to cost at least (as in a search)."""

    bound: float
    low: Sides
    high: Sides


def prove_by_cuts(search: Search, share: float) -> None:
    """Prove more about the part of a search than an ascent does, and find better trees on the way.

    The relaxation is solved by cutting planes (Koch & Martin 1998); its quota is a row, so it finds the best
    price by itself. A budget is turned round: what is to be collected is what may be possible at most, until
    that is proven to cost too much. Then nodes are decided, most promising case first: the tree holds one or
    not. It ends after a share of the time or work that is left.
    """
    if not len(search.part.costs):
        return
    cuts = _start(search, share)
    waiting = [(search.bound, 0, Case(search.bound, *limit_columns(cuts.frame)))]
    closed, number = inf, 0
    while waiting and cuts.may_go_on():
        case = heappop(waiting)[2]
        answer = _tighten_case(cuts, case, alone=number == 0)
        if case.bound < search.goal.rate(search.best)[0]:
            column = -1 if answer is None else _choose_column(cuts, case, answer)
            if column < 0:
                closed = min(closed, case.bound)
            else:
                for child in _split(case, column):
                    number += 1
                    heappush(waiting, (child.bound, number, child))
        best = search.goal.rate(search.best)[0]
        prove(search, min([closed, best, *(entry[0] for entry in waiting[:1])]))
        report(search)
        if search.bound >= min(best, closed):
            break


def _start(search: Search, share: float) -> Cuts:
    part, watch = search.part, search.watch
    frame = make_frame(part, search.root)
    unit = float(part.costs.mean()) or 1.0
    nothing = np.zeros(len(frame.owner))
    costs = np.where(frame.usable, part.costs[frame.graph.edges] / unit, 0.0)
    prizes = np.where(frame.prized, part.prizes, 0.0)
    programme = start_programme(
        np.r_[costs, np.zeros(len(prizes))], *limit_columns(frame), np.r_[nothing, prizes]
    )
    add_rows(programme, *begin_rows(frame))
    reserve = 0.0 if watch.work == inf else (1.0 - share) * watch.work
    left = watch.left_s()
    return Cuts(search, frame, programme, unit, reserve, inf if left is None else monotonic() + share * left)


def _tighten_case(cuts: Cuts, case: Case, *, alone: bool) -> Answer | None:
    """Add cuts until none is short, and raise the case's bound; return the last shares if there are any."""
    search, frame = cuts.search, cuts.frame
    wanted = frame.prized | (case.high[len(frame.owner) :] == 0)
    wanted[frame.root] = False
    for turn in count(1):
        answer = _solve(cuts, case)
        known, best = case.bound, search.goal.rate(search.best)[0]
        price = _raise_bound(cuts, case, answer)
        if alone:
            prove(search, case.bound)
            report(search)
        if case.bound >= best or answer.ended == "stopped" or not cuts.may_go_on():
            return None
        if answer.ended == "none":
            if case.bound == known:
                return None
            continue
        matrix, least, most, work = separate(frame, answer.shares, wanted)
        cuts.may_go_on(work)
        slow = not alone and turn > _ROUNDS and case.bound - known < _GAIN * (best - known)
        done = slow or (matrix.shape[0] == 0 and case.bound - known <= _SAME * abs(known))
        if done or (alone and turn % _BETWEEN == 0):
            _find_trees(cuts, answer, price)
        if done:
            return answer
        if matrix.shape[0]:
            add_rows(cuts.programme, matrix, least, most)
    return None


def _solve(cuts: Cuts, case: Case, steps: int = _STEPS) -> Answer:
    """Solve the programme of a case: a quota, or what is possible for a budget at most, is collected."""
    part, goal = cuts.frame.part, cuts.search.goal
    spare = part.total - (goal.quota if goal.quota is not None else -case.bound)
    steps, limit_s = min(steps, cuts.left_steps()), max(cuts.left_s(), 0.0)
    answer = solve_programme(
        cuts.programme, case.low, case.high, max(spare, 0.0), steps=steps, limit_s=limit_s
    )
    cuts.may_go_on((_BEGIN_STEPS + answer.steps) * _STEP_WORK * len(cuts.programme.least))
    return answer


def _raise_bound(cuts: Cuts, case: Case, answer: Answer) -> float:
    """Raise the case's bound by what the rows' prices prove, fix columns by it; return what a prize costs."""
    search, part, goal = cuts.search, cuts.frame.part, cuts.search.goal
    if answer.ended == "none":
        case.bound = max(case.bound, tighten(search, _bound_prizes(cuts, case, answer)))
        return 0.0
    price = (-answer.first if answer.first < 0 else 0.0) * cuts.unit
    prices = answer.prices * (cuts.unit * part.scale)
    weighed = weigh(cuts.programme, _count_costs(cuts, 1.0, price), prices, case.low, case.high)
    if weighed is None:
        return price
    value, spare = weighed
    if goal.quota is not None or price > 0:
        case.bound = max(case.bound, tighten(search, goal.bound(part, value / part.scale, price)))
    elif value > goal.budget * part.scale * (1 + 1e-9):
        case.bound = inf
    # What better trees come to at most.
    over = goal.reach(part, search.best, price) * (1 + 1e-9) * part.scale - value
    case.high[(spare > over) & (case.low == 0)] = 0
    case.low[(-spare > over) & (case.high == 1)] = 1
    return price


def _bound_prizes(cuts: Cuts, case: Case, answer: Answer) -> float:
    """Return a bound where so much cannot be collected, by Farkas's multipliers; none if they prove nothing.

    They are prices at which the prizes that are left come to more than may be left.
    """
    part, goal = cuts.frame.part, cuts.search.goal
    price = -answer.first if answer.first < 0 else 0.0
    most = max(price, float(np.abs(answer.prices).max(initial=0.0)), 1e-300)
    if not most < inf:
        return -inf
    price *= _RAY / most / part.scale
    prices = answer.prices * (_RAY / most)
    weighed = weigh(cuts.programme, _count_costs(cuts, 0.0, price), prices, case.low, case.high)
    if weighed is None:
        return -inf
    value, _ = weighed
    if price == 0.0:
        return inf if value > 0 else -inf
    left = value / part.scale / price * (1 - 1e-9)
    if goal.quota is None:
        return left - part.total
    return inf if left > (part.total - goal.quota) * (1 + 1e-9) else -inf


def _count_costs(cuts: Cuts, each: float, price: float) -> Ints:
    """Return costs times a factor and prizes times a price in whole units, rounded down, for each column."""
    part, frame = cuts.frame.part, cuts.frame
    prizes = np.where(frame.prized, part.prizes, 0.0)
    costs = np.floor(part.costs * (each * part.scale))[frame.graph.edges]
    # At a lower price any bound holds as well.
    worth = np.minimum(np.floor(prizes * (price * part.scale)), _DEAREST)
    whole: Ints = np.r_[costs, worth].astype(np.int64)
    return whole


def _find_trees(cuts: Cuts, answer: Answer, price: float) -> None:
    """Look for trees where the shares are great: edges are the cheaper the more of them is taken."""
    search, frame = cuts.search, cuts.frame
    part, run, going = frame.part, frame.part.run, cuts.may_go_on
    arcs = len(frame.owner)
    taken = np.zeros(len(part.costs))
    np.add.at(taken, frame.graph.edges, np.clip(answer.shares[:arcs], 0.0, 1.0))
    cheap = (frame.graph.costs * (1.0 - np.minimum(taken, 1.0))).astype(np.int64)
    graph = with_costs(part.graph, part.graph.costs - frame.graph.costs + cheap)
    terminal = frame.prized & (answer.shares[arcs:] < 0.5)  # noqa: PLR2004  (more than half of it)
    terminal[frame.root] = True
    inside = run(join_nearest)(graph, terminal, frame.root)
    tree = span(part, frame.root, inside, going)
    offer(search, repair(search, tree))
    units = part.count_units(price)
    offer(search, repair(search, improve(part, frame.root, tree.chosen, units, going)))


def _choose_column(cuts: Cuts, case: Case, answer: Answer) -> int:
    """Return the column to tell cases apart by, −1 where all shares are whole.

    Nodes with a prize that is uncertain come first. Each of a few is tried for some steps: both halves should
    gain much ("strong branching").
    """
    arcs = len(cuts.frame.owner)
    doubt = np.minimum(answer.shares, 1.0 - answer.shares)
    doubt[case.high == case.low] = 0.0
    left = doubt[arcs:]
    if left.max() <= _WHOLE:
        return int(doubt.argmax()) if doubt.max() > _WHOLE else -1
    weight = np.round(left * (1.0 + np.where(cuts.frame.prized, cuts.frame.part.prizes, 0.0)), 6)
    order = np.lexsort((-np.diff(cuts.frame.graph.starts), -weight))
    order = order[left[order] > _WHOLE]
    # Nodes along one way have the same share: of these one is tried.
    _, first = np.unique(np.round(answer.shares[arcs + order], 6), return_index=True)
    tried = arcs + order[np.sort(first)[:_TRIED]]
    scores = []
    for column in tried.tolist():
        trials = [_solve(cuts, child, _TRIAL) for child in _split(case, column)]
        gains = [inf if one.ended == "none" else max(one.value - answer.value, 1e-6) for one in trials]
        scores.append(gains[0] * gains[1])
    return int(tried[int(np.argmax(scores))])


def _split(case: Case, column: int) -> tuple[Case, Case]:
    """Return a case in which a column is nought, and one in which it is one."""
    high, low = case.high.copy(), case.low.copy()
    high[column], low[column] = 0, 1
    return Case(case.bound, case.low.copy(), high), Case(case.bound, low, case.high.copy())
