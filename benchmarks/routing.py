"""Measure the router on one core: CPU seconds, compile time apart, every tree checked by code of its own.

``python benchmarks/routing.py [SECONDS [NAME …]] [--networkx]`` prints the table. Names are those of the
instances in ``../shared/data/steiner`` (``129``), or ``million`` for the generated graph. With ``--networkx``
its Steiner tree (Mehlhorn's) is made of each graph, where it is done in two minutes.
"""

import gzip
import multiprocessing
import resource
import sys
import time
from pathlib import Path

import numpy as np

from infraplan.routing import steiner_tree

DATA = Path(__file__).parents[2] / "shared" / "data" / "steiner"
OPTIMA = {
    "009": 15_841_596,
    "067": 30_854_904,
    "121": 279_512_692,
    "129": 177_909_660,
    "139": 207_889_674,
    "191": 976_812_226,
    "195": 1_405_593_856,
    "081": 3_484_028,
    "163": 13_300_990,
    "181": 19_938_744,
    "183": 24_819_583,
}
PATIENCE_S = 120


def read(name: str):
    """Return the edges, shape (m, 3), and the terminals of an instance."""
    if name.startswith("roads"):
        return make_roads(int(name.removeprefix("roads")))
    if name == "million":
        return make_roads(1_000_000)
    with gzip.open(DATA / f"pace2018_track3_{name}.gr.gz", "rt") as lines:
        words = [line.split() for line in lines]
    edges = np.array([word[1:] for word in words if word[:1] == ["E"]], np.int64)
    return edges, np.array([int(word[1]) for word in words if word[:1] == ["T"]], np.int64)


def make_roads(size: int, seed: int = 1):
    """Return a road-like graph of about so many edges: a bent grid with gaps, and a house on a twentieth."""
    random = np.random.default_rng(seed)
    side = int(np.sqrt(size / 1.5))
    x, y = (np.indices((side, side)) + random.normal(0, 0.22, (2, side, side))) * 100
    number = np.arange(side * side).reshape(side, side)
    pairs = np.r_[
        np.c_[number[:, :-1].ravel(), number[:, 1:].ravel()], np.c_[number[:-1].ravel(), number[1:].ravel()]
    ]
    pairs = pairs[random.random(len(pairs)) < 0.75]
    metres = np.hypot(*(place.ravel()[pairs[:, 0]] - place.ravel()[pairs[:, 1]] for place in (x, y)))
    metres *= 1 + random.exponential(0.12, len(metres))
    costs = np.round(metres * random.choice([35, 60, 110], len(metres), p=[0.35, 0.45, 0.2])) + 1
    terminals = random.choice(side * side, size // 20, replace=False)
    return np.c_[pairs, costs.astype(np.int64)], terminals


def check(edges, terminals, tree) -> None:
    """Fail unless the tree joins all terminals that it says, costs what it says and holds no cycle."""
    above = {}

    def find(node):
        while above.setdefault(node, node) != node:
            above[node] = above[above[node]]
            node = above[node]
        return node

    for tail, head, _ in edges[tree.edges].tolist():
        a, b = find(tail), find(head)
        assert a != b, "a cycle"
        above[a] = b
    wanted = set(terminals.tolist()) - set(tree.unreached.tolist())
    assert len({find(node) for node in wanted}) <= 1, "a terminal is not joined"
    assert sum(edges[tree.edges, 2].tolist()) == tree.cost


def solve(name: str, seconds: float):
    """Return the tree, CPU seconds to the first tree and to the first bound, and to the end."""
    edges, terminals = read(name)
    begin = time.process_time()
    first: dict[str, tuple[float, float]] = {}

    def progress(best: float, bound: float, _: float) -> bool:
        used = time.process_time() - begin
        first.setdefault("tree", (used, best))
        if bound:
            first.setdefault("bound", (used, bound))
        return used > seconds

    tree = steiner_tree(*edges.T, terminals, progress=progress, time_limit_s=10 * seconds)
    used = time.process_time() - begin
    check(edges, terminals, tree)
    return tree, first, used


def run_networkx(edges, terminals, answers) -> None:
    import networkx as nx  # noqa: PLC0415

    graph = nx.Graph()
    # The cheapest of parallel edges is the last to be added.
    graph.add_weighted_edges_from(edges[np.argsort(-edges[:, 2])].tolist())
    begin = time.process_time()
    largest = max(nx.connected_components(graph), key=len)
    graph = graph.subgraph(largest)
    wanted = [node for node in terminals.tolist() if node in largest]
    tree = nx.algorithms.approximation.steiner_tree(graph, wanted, method="mehlhorn")
    answers.put((tree.size("weight"), time.process_time() - begin))


def compare(name: str) -> tuple[float, float] | None:
    """Return what networkx makes of an instance, and its CPU seconds, unless it takes too long."""
    answers = multiprocessing.Queue()
    other = multiprocessing.Process(target=run_networkx, args=(*read(name), answers))
    other.start()
    other.join(PATIENCE_S)
    if other.is_alive():
        other.kill()
        return None
    return answers.get()


def row(name: str, seconds: float, *, networkx: bool) -> str:
    tree, first, used = solve(name, seconds)
    known = OPTIMA.get(name)
    gap = f"{100 * (tree.cost / known - 1):.4f}" if known else ""
    cells = [name, f"{tree.cost:.0f}", gap, f"{100 * tree.gap:.4f}", f"{used:.1f}", f"{first['tree'][0]:.2f}"]
    cells.append(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f}")
    if networkx:
        theirs = compare(name)
        cells += [f"{theirs[0]:.0f}", f"{theirs[1]:.1f}"] if theirs else ["", f"over {PATIENCE_S}"]
    return "| " + " | ".join(cells) + " |"


def measure_growth() -> str:
    """Return how the seconds an edge to the first proven bound grow with the edges."""
    sizes = (10_000, 100_000, 1_000_000)
    spent = [solve(f"roads{size}", 0.0001 * size / 10)[1].get("bound", (np.nan,))[0] for size in sizes]
    each = [1e6 * second / size for second, size in zip(spent, sizes, strict=True)]
    slope = np.polyfit(np.log(sizes), np.log(each), 1)[0]
    return f"µs an edge to the first bound: {', '.join(f'{one:.2f}' for one in each)}; slope {slope:.2f}"


def main() -> None:
    """Print the table."""
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    networkx = "--networkx" in sys.argv
    seconds = float(words[0]) if words else 10.0
    solve("009", 3.0)
    solve("roads4000", 1.0)
    print("| instance | cost | gap to optimum % | certificate % | CPU s | first tree s | peak MB |", end="")
    print(" networkx | its s |" if networkx else "")
    print("|---" * (9 if networkx else 7) + "|")
    for name in words[1:] or [*OPTIMA, "million"]:
        print(row(name, seconds, networkx=networkx), flush=True)
    print()
    print(measure_growth())


if __name__ == "__main__":
    main()
