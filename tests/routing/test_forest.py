"""Rooted forests and sums along them, against walks from node to node."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from woods import lower_nodes, rows, ways_up, woods

from infraplan.routing import grow_forest, path_sums, sum_below
from infraplan.routing.forest import number_depth_first


def grow(wood):
    tails, heads, roots, count = wood
    return grow_forest(tails, heads, roots, count=count)


@given(woods())
def test_forest_is_what_a_walk_to_the_root_meets(wood):
    forest, ways = grow(wood), ways_up(wood)
    assert sorted(forest.order.tolist()) == sorted(ways)
    assert (np.diff(forest.depth[forest.order]) >= 0).all()
    assert forest.rank[forest.order].tolist() == list(range(len(ways)))
    for node in range(wood[3]):
        edges, nodes = ways.get(node, ([], []))
        assert forest.parent[node] == (nodes[1] if edges else -1)
        assert forest.parent_edge[node] == (edges[0] if edges else -1)
        assert forest.depth[node] == len(nodes) - 1
        assert forest.root[node] == (nodes[-1] if nodes else -1)
        assert forest.rank[node] >= 0 or node not in ways
    assert dict(enumerate(forest.child.tolist())) == lower_nodes(wood)


@given(woods(), st.data())
def test_sums_agree_with_walks(wood, data):
    lengths, values = data.draw(rows(wood, -5, 9))
    lengths = [abs(length) for length in lengths]
    forest, ways = grow(wood), ways_up(wood)
    below, away = sum_below(forest, values), path_sums(forest, lengths)
    for node in range(wood[3]):
        if node in ways:
            assert below[node] == sum(values[x] for x, (_, nodes) in ways.items() if node in nodes)
            assert away[node] == sum(lengths[edge] for edge in ways[node][0])
        else:
            assert below[node] == values[node]
            assert np.isnan(away[node])
    assert below.dtype == np.int64
    assert sum_below(forest, np.array(values, float)).tolist() == below.tolist()


@given(woods())
def test_depth_first_numbers_of_a_subtree_are_a_row(wood):
    number, size = number_depth_first(grow(wood))
    ways = ways_up(wood)
    assert sorted(number[list(ways)].tolist()) == list(range(len(ways)))
    for node in range(wood[3]):
        below = sorted(number[x] for x, (_, nodes) in ways.items() if node in nodes)
        assert below == (list(range(number[node], number[node] + size[node])) if node in ways else [])


@given(woods(), st.randoms(use_true_random=False))
def test_order_and_direction_of_edges_do_not_change_the_order_of_nodes(wood, random):
    tails, heads, roots, count = wood
    turned = [pair[:: random.choice([1, -1])] for pair in zip(tails, heads, strict=True)]
    random.shuffle(turned)
    other = grow_forest([a for a, _ in turned], [b for _, b in turned], roots, count=count)
    assert other.order.tolist() == grow(wood).order.tolist()


def test_long_path_needs_no_recursion():
    forest = grow_forest(np.arange(1, 100_000), np.arange(99_999), [0], count=100_000)
    assert forest.depth.tolist() == list(range(100_000))
    assert sum_below(forest, np.ones(100_000, np.int32)).tolist() == list(range(100_000, 0, -1))
    assert path_sums(forest, np.full(99_999, 0.5))[-1] == 49_999.5
    assert number_depth_first(forest)[0].tolist() == list(range(100_000))


def test_nothing_is_a_forest():
    for roots, count in (([], 0), ([], 3), ([2, 2], 3)):
        forest = grow_forest([], [], roots, count=count)
        assert forest.order.tolist() == sorted(set(roots))
        assert len(forest.child) == 0
        assert sum_below(forest, [1.5] * count).tolist() == [1.5] * count
        assert np.isnan(path_sums(forest, [])).sum() == count - len(set(roots))


@pytest.mark.parametrize(
    ("tails", "heads", "roots", "message"),
    [
        ([0, 2], [1, 3], [0], "edges at positions 1 hang on no root"),
        ([0, 2], [1, 3], [], "edges at positions 0, 1 hang on no root"),
        ([2, 0, 1, 2], [3, 1, 2, 0], [0], "edges at positions 2 close a circle"),
        ([0, 1], [1, 0], [0], "edges at positions 1 close a circle"),
        ([0, 1], [1, 1], [0], "edges at positions 1 close a circle"),
        ([0, 1], [1, 2], [0, 2], "edges at positions 1 close a circle"),
        ([0, 0], [1, 2], [0, 2], "edges at positions 1 close a circle"),
        ([0] * 13, [1] * 13, [0], r"edges at positions 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more close"),
        ([0], [4], [0], r"heads\[0\] is 4: nodes are numbered from 0 to 3"),
        ([-1], [2], [0], r"tails\[0\] is -1"),
        ([0], [1], [9], r"roots\[0\] is 9"),
        ([0, 1], [1], [0], r"heads has shape \(1,\)"),
    ],
)
def test_refuses_what_is_no_forest_and_says_where(tails, heads, roots, message):
    with pytest.raises(ValueError, match=message):
        grow_forest(tails, heads, roots, count=4)


def test_refuses_rows_of_another_length():
    forest = grow_forest([0], [1], [0], count=2)
    with pytest.raises(ValueError, match=r"values has shape \(3,\)"):
        sum_below(forest, [1, 2, 3])
    with pytest.raises(ValueError, match=r"lengths has shape \(2,\)"):
        path_sums(forest, [1, 2])
    with pytest.raises(ValueError, match=r"lengths\[0\] is nan"):
        path_sums(forest, [np.nan])


def test_who_needs_only_forests_waits_for_no_compiler():
    told = subprocess.run(
        [sys.executable, "-c", "import sys, infraplan.routing; print('numba' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["False"]
