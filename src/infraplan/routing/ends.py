"""Ends, as houses are, that no route may pass: which of its edges each should have."""

import numpy as np
from scipy.sparse.csgraph import breadth_first_order

from infraplan.routing.problem import Floats, Ints, Problem
from infraplan.routing.trees import adjacency, measure_from


def find_start(problem: Problem) -> Ints:
    """Return the root, or where its edges lead if it is an end itself."""
    root = problem.terminals[:1]
    if not problem.ends[root[0]]:
        return root
    own = (problem.tails == root) | (problem.heads == root)
    return np.asarray((problem.tails + problem.heads)[own] - root)


def find_core(problem: Problem, edges: Ints, least: int) -> Ints:
    """Return the nodes by which a tree serves at least so many terminals; all, where there are none."""
    tails, heads = problem.tails[edges], problem.heads[edges]
    graph = adjacency(problem.count, tails, heads, np.ones(len(edges)))
    order, before = breadth_first_order(graph, problem.terminals[0], directed=True)
    served = np.zeros(problem.count, np.int64)
    served[problem.terminals] = 1
    counts, parents = served.tolist(), before.tolist()
    for node in order[:0:-1].tolist():
        counts[parents[node]] += counts[node]
    inner = order[~problem.ends[order]]
    core = inner[np.array(counts)[inner] >= least]
    return np.asarray(core if len(core) else inner)


def choose_drops(problem: Problem, nodes: Ints, costs: Floats) -> Ints:
    """Return the edge of each end that begins the cheapest way to some nodes."""
    drops = np.flatnonzero(problem.at_end)
    away = measure_from(problem, np.flatnonzero(~problem.at_end), nodes, costs)
    tail_ends = problem.ends[problem.tails[drops]]
    end = np.where(tail_ends, problem.tails[drops], problem.heads[drops])
    foot = np.where(tail_ends, problem.heads[drops], problem.tails[drops])
    order = np.lexsort((drops, costs[drops] + away[foot], end))
    _, first = np.unique(end[order], return_index=True)
    return np.asarray(drops[order[first]])
