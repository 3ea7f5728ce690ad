"""Measure trees for prizes, quotas, budgets and rings on real fibre graphs: gap, certificate, CPU seconds.

``python benchmarks/prizes.py [009 …]`` prints the table. Households are drawn for each terminal, five of them
are the network that is there. Every answer is re-costed, and its connectivity checked, by the tests' oracles.
"""

import sys
import time
from pathlib import Path

import networkx as nx
import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "routing"))

from oracles import collected, joins, price, read_instance, touched  # noqa: E402

from infraplan.routing import budget_tree, prize_collecting_tree, quota_tree, two_connected  # noqa: E402

RINGS = ("009", "121")
NAMES = ("009", "067", "121", "129", "139")


def instance(name: str):
    """Return a graph with households on its terminals, and five roots."""
    path = ROOT.parent / "shared" / "data" / "steiner" / f"pace2018_track3_{name}.gr.gz"
    tails, heads, costs, terminals = (np.array(column) for column in read_instance(path))
    random = np.random.default_rng(0)
    prizes = np.zeros(max(tails.max(), heads.max()) + 1)
    prizes[terminals] = np.maximum(1, np.round(random.lognormal(1.0, 1.0, len(terminals))))
    roots = random.choice(terminals, 5, replace=False)
    prizes[roots] = 0
    return tails, heads, costs, prizes, roots


def measure(name: str, work: str, solve, graph, prizes, roots) -> object:
    """Print one row and return the answer."""
    begin = time.process_time()
    tree = solve()
    seconds = time.process_time() - begin
    edges = list(zip(*(column.tolist() for column in graph), strict=True))
    chosen = tree.edges.tolist()
    nodes = touched(edges, chosen) | set(roots.tolist())
    assert joins(edges, chosen, nodes, roots.tolist())
    assert price(edges, chosen) == tree.cost
    assert abs(collected(nodes, prizes) - tree.prize) < 1e-6 * tree.prize
    print(
        f"| {name} | {work} | {tree.cost:.0f} | {tree.prize:.0f} | {tree.lower_bound:.0f} "
        f"| {100 * tree.gap:.4f} | {seconds:.1f} | {tree.ended} |",
        flush=True,
    )
    return tree


def main(names: tuple[str, ...], limit: float) -> None:
    """Print the table."""
    print("| instance | work | cost | prize | bound | certificate % | CPU s | ended |")
    print("|---|---|---|---|---|---|---|---|")
    warm_up()
    for name in names:
        measure_all(name, limit)
        if name in RINGS:
            measure_ring(name, limit)


def measure_all(name: str, limit: float) -> None:
    """Print the rows of one instance."""
    *graph, prizes, roots = instance(name)
    options = {"roots": roots, "time_limit_s": limit}
    total = prizes.sum()
    everything = quota_tree(*graph, prizes, total, roots=roots, time_limit_s=limit)
    worth = prizes * (everything.cost / total)
    jobs = {
        "everything": (prizes, lambda: quota_tree(*graph, prizes, total, **options)),
        "prizes": (worth, lambda: prize_collecting_tree(*graph, worth, **options)),
        "quota 95 %": (prizes, lambda: quota_tree(*graph, prizes, 0.95 * total, **options)),
        "budget 50 %": (prizes, lambda: budget_tree(*graph, prizes, 0.5 * everything.cost, **options)),
    }
    for work, (amounts, solve) in jobs.items():
        measure(name, work, solve, graph, amounts, roots)


def measure_ring(name: str, limit: float) -> None:
    """Print the row of a network that no single cut divides."""
    *graph, _, _ = instance(name)
    terminals = read_instance(ROOT.parent / "shared" / "data" / "steiner" / f"pace2018_track3_{name}.gr.gz")[
        3
    ]
    begin = time.process_time()
    tree = two_connected(*graph, terminals, time_limit_s=limit)
    seconds = time.process_time() - begin
    edges = list(zip(*(column.tolist() for column in graph), strict=True))
    assert price(edges, tree.edges.tolist()) == tree.cost
    network = nx.MultiGraph(edges[number][:2] for number in tree.edges.tolist())
    whole = nx.MultiGraph(edge[:2] for edge in edges)
    assert nx.is_connected(network)
    assert set(terminals) <= set(network)
    ours = {frozenset(edge) for edge in nx.bridges(network)} - {frozenset(edge) for edge in nx.bridges(whole)}
    assert not ours
    print(
        f"| {name} | ring | {tree.cost:.0f} | – | {tree.lower_bound:.0f} | {100 * tree.gap:.4f} "
        f"| {seconds:.1f} | {tree.ended} |",
        flush=True,
    )


def warm_up() -> None:
    """Compile every kernel before anything is timed."""
    *graph, prizes, roots = instance("067")
    quota_tree(*graph, prizes, 0.5 * prizes.sum(), roots=roots, time_limit_s=1.0)
    budget_tree(*graph, prizes, 1e6, roots=roots, time_limit_s=1.0)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or NAMES, limit=10.0)
