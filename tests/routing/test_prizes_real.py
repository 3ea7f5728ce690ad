"""Trees that collect prizes on real fibre graphs: certificates, and the same answer again."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from oracles import collected, is_forest, joins, price, read_instance, touched

from infraplan.routing import budget_tree, prize_collecting_tree, quota_tree


@pytest.fixture(scope="module")
def towns(shared_data):
    """Return two graphs with households on their terminals, five of which are the network that is there."""
    found = {}
    for name in ("009", "067"):
        path = shared_data / f"steiner/pace2018_track3_{name}.gr.gz"
        tails, heads, costs, terminals = (np.array(column) for column in read_instance(path))
        random = np.random.default_rng(0)
        prizes = np.zeros(max(tails.max(), heads.max()) + 1)
        prizes[terminals] = np.maximum(1, np.round(random.lognormal(1.0, 1.0, len(terminals))))
        found[name] = (tails, heads, costs, prizes), random.choice(terminals, 5, replace=False)
    return found


def check(tree, graph, roots):
    """Check a tree by code of the tests' own."""
    tails, heads, costs, prizes = graph
    edges = list(zip(tails.tolist(), heads.tolist(), costs.tolist(), strict=True))
    chosen, roots = tree.edges.tolist(), roots.tolist()
    nodes = touched(edges, chosen) | set(roots)
    assert is_forest(edges, chosen, roots)
    assert joins(edges, chosen, nodes, roots)
    assert price(edges, chosen) == tree.cost
    assert tree.prize == pytest.approx(collected(nodes, prizes))


@pytest.mark.parametrize("name", ["009", "067"])
def test_prizes_of_a_town_are_within_a_hundredth_of_a_percent(name, towns):
    (tails, heads, costs, prizes), roots = towns[name]
    worth = prizes * (16e6 / prizes.sum())
    tree = prize_collecting_tree(tails, heads, costs, worth, roots=roots)
    check(tree, (tails, heads, costs, worth), roots)
    assert tree.gap <= 1e-4
    assert tree.cost + worth.sum() - tree.prize == pytest.approx(tree.lower_bound, rel=1e-4)


@pytest.mark.parametrize("name", ["009", "067"])
def test_quota_and_budget_of_a_town_are_within_three_thousandths(name, towns):
    graph, roots = towns[name]
    total = graph[3].sum()
    most = quota_tree(*graph, 0.95 * total, roots=roots, gap=0.003)
    check(most, graph, roots)
    assert most.prize >= 0.95 * total
    assert most.gap <= 0.003
    half = budget_tree(*graph, 0.5 * most.cost, roots=roots, gap=0.003)
    check(half, graph, roots)
    assert half.cost <= 0.5 * most.cost
    assert half.gap <= 0.003


def test_same_answer_again_and_beside_others(towns):
    graph, roots = towns["009"]
    total = graph[3].sum()

    def solve(share):
        return quota_tree(*graph, share * total, roots=roots, gap=0.01)

    shares = (0.5, 0.8, 0.9, 0.99)
    alone = [solve(share) for share in shares]
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(solve, shares))
    for one, other in zip(alone, beside, strict=True):
        assert one.edges.tolist() == other.edges.tolist()
        assert (one.cost, one.lower_bound, one.ended) == (other.cost, other.lower_bound, other.ended)


def test_a_limit_of_no_time_gives_a_tree_and_a_bound(towns):
    graph, roots = towns["067"]
    total = graph[3].sum()
    quota = quota_tree(*graph, 0.8 * total, roots=roots, time_limit_s=0.0)
    budget = budget_tree(*graph, 1e7, roots=roots, time_limit_s=0.0)
    longer = quota_tree(*graph, 0.8 * total, roots=roots, gap=0.01)
    for tree in (quota, budget):
        check(tree, graph, roots)
        assert tree.ended == "time"
    assert quota.prize >= 0.8 * total
    assert quota.lower_bound <= longer.cost <= quota.cost
    assert budget.cost <= 1e7
    assert budget.lower_bound >= budget.prize
