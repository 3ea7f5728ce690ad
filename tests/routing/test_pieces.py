"""Pieces of a forest, against all ways to cut small ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from woods import lower_nodes, rows, ways_up, woods

from infraplan.routing import grow_forest, split


def grow(wood):
    tails, heads, roots, count = wood
    return grow_forest(tails, heads, roots, count=count)


def hangs_together(wood, edges):
    """Tell whether edges make one piece: nodes they share join them."""
    ends = [{wood[0][edge], wood[1][edge]} for edge in edges]
    joined = ends.pop()
    while touching := [pair for pair in ends if pair & joined]:
        ends = [pair for pair in ends if not pair & joined]
        joined = joined.union(*touching)
    return not ends


def every_cut(wood, edges):
    """Yield every partition of edges into sets."""
    if not edges:
        yield []
        return
    for cut in every_cut(wood, edges[1:]):
        yield [[edges[0]], *cut]
        for number, part in enumerate(cut):
            yield [*cut[:number], [edges[0], *part], *cut[number + 1 :]]


def fits(weights, limits, edges):
    return all(sum(row[edge] for edge in edges) <= most for row, most in zip(weights, limits, strict=True))


def list_pieces(cut):
    return [np.flatnonzero(cut.piece == number).tolist() for number in range(len(cut.top))]


@settings(deadline=None)
@given(woods(14), st.data())
def test_pieces_are_connected_within_limits_and_numbered_from_the_roots(wood, data):
    weights = [data.draw(rows(wood, 0, 6))[0] for _ in range(2)]
    limits = data.draw(st.tuples(st.integers(1, 15), st.one_of(st.integers(1, 15), st.just(np.inf))))
    least = data.draw(st.none() | st.tuples(st.integers(0, 15), st.integers(0, 15)))
    cut = split(grow(wood), weights, limits, least=least)
    ways, lower = ways_up(wood), lower_nodes(wood)
    pieces = list_pieces(cut)
    assert sorted(edge for piece in pieces for edge in piece) == list(range(len(wood[0])))
    for number, piece in enumerate(pieces):
        assert hangs_together(wood, piece)
        assert fits(weights, limits, piece) != (number in cut.oversized)
        assert number not in cut.oversized or len(piece) == 1
        assert cut.weight[:, number].tolist() == [sum(row[edge] for edge in piece) for row in weights]
        top = min((ways[lower[edge]][1][1] for edge in piece), key=lambda node: len(ways[node][0]))
        above = ways[top][0][:1]
        assert cut.top[number] == top
        assert cut.above[number] == (cut.piece[above[0]] if above else -1)
        assert cut.above[number] < number


@settings(deadline=None)
@given(woods(6), st.data())
def test_pieces_are_not_many_more_than_need_be(wood, data):
    row = data.draw(rows(wood, 0, 5))[0]
    limit = data.draw(st.integers(5, 10))
    cuts = every_cut(wood, list(range(len(row))))
    fewest = min(
        len(cut)
        for cut in cuts
        if all(fits([row], [limit], part) and hangs_together(wood, part) for part in cut)
    )
    assert fewest <= len(split(grow(wood), [row], [limit]).top) <= fewest + 1


@settings(deadline=None)
@given(woods(14), st.data())
def test_no_piece_that_falls_short_fits_with_one_that_it_touches(wood, data):
    weights = [data.draw(rows(wood, 0, 6))[0] for _ in range(2)]
    limits, least = [data.draw(st.tuples(st.integers(6, 15), st.integers(6, 15))) for _ in range(2)]
    forest = grow(wood)
    cut = split(forest, weights, limits, least=least)
    pieces = list_pieces(cut)
    for piece in pieces:
        if any(sum(row[edge] for edge in piece) < floor for row, floor in zip(weights, least, strict=True)):
            for other in pieces:
                if other != piece and hangs_together(wood, piece + other):
                    assert not fits(weights, limits, piece + other)
    assert len(pieces) <= len(split(forest, weights, limits).top)


@pytest.mark.parametrize(("edges", "limit"), [(10, 1), (10, 3), (10, 10), (10, 99), (1, 1), (20_000, 7)])
def test_path_and_star_of_equal_edges_are_cut_into_as_few_as_can_be(edges, limit):
    path = grow_forest(np.arange(edges), np.arange(1, edges + 1), [0], count=edges + 1)
    star = grow_forest(np.zeros(edges, int), np.arange(1, edges + 1), [0], count=edges + 1)
    for forest in (path, star):
        cut = split(forest, np.ones((1, edges)), [limit])
        assert len(cut.top) == -(-edges // limit)
        assert cut.weight.max() <= limit
    assert split(path, np.ones((1, edges)), [limit]).above.tolist() == [*range(-1, -(-edges // limit) - 1)]


def test_trees_at_one_root_are_joined_those_at_two_are_not():
    forest = grow_forest([0, 0, 3], [1, 2, 4], [0, 3], count=5)
    assert split(forest, [[1, 1, 1]], [9], least=[9]).piece.tolist() == [0, 0, 1]


def test_heavy_edge_is_a_piece_alone():
    forest = grow_forest([0, 1, 2, 2], [1, 2, 3, 4], [0], count=5)
    cut = split(forest, [[1, 50, 1, 1]], [10], least=[10])
    assert cut.piece.tolist() == [0, 1, 2, 2]
    assert cut.above.tolist() == [-1, 0, 1]
    assert cut.oversized.tolist() == [1]


def test_small_piece_goes_to_the_lightest_that_it_fits_with():
    # Three roads meet at the end of the first: no two fit together, nor does the first with the second.
    forest = grow_forest([0, 1, 1, 1], [1, 2, 3, 4], [0], count=5)
    weights = [[3, 8, 2, 2], [0, 3, 9, 8]]
    assert split(forest, weights, [10, 10]).piece.tolist() == [0, 1, 2, 3]
    assert split(forest, weights, [10, 10], least=[0, 0]).piece.tolist() == [0, 1, 2, 3]
    assert split(forest, weights, [10, 10], least=[0, 1]).piece.tolist() == [0, 1, 2, 0]


def test_long_path_needs_no_recursion():
    forest = grow_forest(np.arange(99_999), np.arange(1, 100_000), [0], count=100_000)
    cut = split(forest, np.ones((1, 99_999)), [1_000], least=[500])
    assert len(cut.top) == 100
    assert cut.above.tolist() == list(range(-1, 99))


def test_nothing_is_no_piece():
    cut = split(grow_forest([], [], [1], count=2), [[], []], [1, 1], least=[1, 1])
    assert (len(cut.piece), len(cut.above), cut.weight.shape, len(cut.oversized)) == (0, 0, (2, 0), 0)


@pytest.mark.parametrize(
    ("weights", "limits", "least", "message"),
    [
        ([[1]], [0], None, r"limits\[0\] is 0: give numbers above 0"),
        ([[1]], [np.nan], None, r"limits\[0\] is nan"),
        ([[1]], [-1], None, r"limits\[0\] is -1"),
        ([[1]], [1, 2], None, r"limits has shape \(2,\)"),
        ([[1]], [1], [-2], r"least\[0\] is -2"),
        ([[1]], [1], 2, r"least has shape \(\)"),
        ([[-1]], [1], None, r"weights\[0\]\[0\] is -1"),
        ([[1], [1, 2]], [1, 1], None, r"weights\[1\] has shape \(2,\)"),
    ],
)
def test_refuses_broken_measures(weights, limits, least, message):
    with pytest.raises(ValueError, match=message):
        split(grow_forest([0], [1], [0], count=2), weights, limits, least=least)
