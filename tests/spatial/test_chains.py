"""Chains against all pairs, few and many points alike: the same chains, by the same numbers."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from infraplan.spatial import arrays, label_chains
from infraplan.spatial.chains import gather_few, gather_many

FAR = np.array([700_000.0, 7_300_000.0])
COUNTRY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def chain_by_all_pairs(xy, step):
    """Return chains numbered by their westernmost, then southernmost point, from every pair of points."""
    away = xy[:, None] - xy[None]
    near = np.sqrt((away**2).sum(axis=2)) <= step
    graph = nx.from_numpy_array(near)
    parts = sorted(nx.connected_components(graph), key=lambda part: min(tuple(xy[i]) for i in part))
    chain = np.empty(len(xy), np.int64)
    for number, part in enumerate(parts):
        chain[list(part)] = number
    return chain.tolist()


places = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=50)


@COUNTRY
@given(places, st.sampled_from([0.5, 1.0, 2**0.5, 2.0, 3.0, 5.0, 13.0]), st.sampled_from([1.0, 0.1, 100.0]))
@example([(0, 0), (9, 0), (4, 0)], 5.0, 100.0)
@example([(0, 0), (3, 1), (6, 2), (12, 4)], 3.2, 100.0)
@example([(0, 0), (0, 0)], 0.5, 1.0)
@example([(5, 5)], 0.5, 1.0)
def test_chains_are_those_of_all_pairs_with_steps_of_just_the_length(way, points, step, unit):
    xy = np.array(points, dtype=float) * unit
    assert label_chains(xy, step * unit).tolist() == chain_by_all_pairs(xy, step * unit)
    shifted = xy + FAR
    assert label_chains(shifted, step * unit).tolist() == chain_by_all_pairs(shifted, step * unit)


@pytest.mark.parametrize("seed", range(12))
def test_chains_of_clusters_are_those_of_all_pairs(way, seed):
    random = np.random.default_rng(seed)
    centres = random.uniform(0, 40_000, (30, 2))
    xy = centres[random.integers(0, 30, 600)] + random.normal(0, [1e-4, 50, 800][seed % 3], (600, 2))
    xy[:100, 1] = 7_300_000
    assert label_chains(xy, 500.0).tolist() == chain_by_all_pairs(xy, 500.0)


def test_a_chain_needs_each_of_its_steps(way):
    steps = np.arange(40) * 500.0
    xy = np.column_stack([np.concatenate([steps, steps]), np.repeat([0.0, 500.5], 40)])
    xy = xy[np.random.default_rng(1).permutation(80)]
    chain = label_chains(xy, 500.0)
    assert np.array_equal(chain, (xy[:, 1] > 0).astype(int))
    assert label_chains(xy, np.nextafter(500.0, 0)).max() == 79
    gone = xy[~((xy[:, 0] == 5000) & (xy[:, 1] == 0))]
    assert label_chains(gone, 500.0).max() == 2


@pytest.mark.parametrize("scale", [1e-3, 1e6, 1e11])
def test_any_scale_of_coordinates(way, scale):
    random = np.random.default_rng(3)
    xy = np.round(random.uniform(0, 4000, (300, 2))) * scale
    for step in (60.0, 150.0):
        assert label_chains(xy, step * scale).tolist() == chain_by_all_pairs(xy, step * scale)


def test_whole_metres_at_the_edge_of_what_counts(way):
    random = np.random.default_rng(4)
    xy = random.integers(0, 60, (300, 2)) * 100.0 + 9e14
    assert label_chains(xy, 300.0).tolist() == chain_by_all_pairs(xy, 300.0)


def test_the_same_place_many_times(way):
    xy = np.repeat([[3.0, 4.0], [0.0, 0.0], [-0.0, 0.0]], 50, axis=0)
    assert set(label_chains(xy, 0.0).tolist()) == {0, 1}
    assert label_chains(xy, 0.0)[0] == 1
    assert label_chains(xy, 5.0).max() == 0
    assert label_chains(xy, np.nextafter(5.0, 0)).max() == 1


def test_points_almost_on_a_line(way):
    x = np.arange(50) * 300.0
    assert label_chains(np.column_stack([x, x * 0.1 + 1e-7 * (np.arange(50) % 2)]), 310.0).max() == 0


def test_points_that_lie_nowhere_are_in_no_chain(way):
    xy = [[0.0, 0.0], [np.nan, 0.0], [1.0, np.inf], [1.0, 0.0], [2e15, 0.0]]
    assert label_chains(xy, 1.0).tolist() == [0, -1, -1, 0, -1]
    assert label_chains(xy, np.inf).tolist() == [0, -1, -1, 0, -1]
    assert label_chains([[np.nan, np.nan]], 1.0).tolist() == [-1]
    assert label_chains(np.empty((0, 2)), 1.0).tolist() == []
    assert label_chains([[-1e15, -1e15], [1e15, 1e15]], np.inf).tolist() == [0, 0]


@pytest.mark.parametrize("step", [-1.0, np.nan])
def test_a_step_is_a_length(way, step):
    with pytest.raises(ValueError, match="reach"):
        label_chains([[0.0, 0.0]], step)


def test_a_dense_town_is_one_chain_without_listing_its_pairs(way):
    xy = np.random.default_rng(0).uniform(0, 1500, (30_000, 2))
    assert label_chains(xy, 500.0).max() == 0


def test_two_crowds_just_out_of_reach_are_two_chains():
    random = np.random.default_rng(5)
    xy = np.column_stack([np.zeros(20_000), random.uniform(0, 300, 20_000)])
    xy[::2, 0] = 500.001
    assert np.array_equal(gather_many(xy, 500.0), (xy[:, 0] > 0).astype(int))
    assert gather_many(xy, 500.001).max() == 0


def test_steps_too_short_for_cells_are_gathered_all_the_same(monkeypatch):
    monkeypatch.setattr(arrays, "LARGE", 0)
    xy = np.array([[0.0, 0.0], [1e9, 0.0], [1e9, 0.5], [5.0, 7.0]])
    assert label_chains(xy, 0.5).tolist() == [0, 2, 2, 1]
    assert label_chains(xy, 0.0).tolist() == [0, 2, 3, 1]


@pytest.mark.parametrize("step", [40.0, 300.0, 1500.0])
def test_both_ways_number_a_region_alike(step):
    random = np.random.default_rng(6)
    centres = random.uniform(0, 100_000, (900, 2))
    xy = np.round(centres[random.integers(0, 900, 20_000)] + random.normal(0, 200, (20_000, 2)), 1) + FAR
    few, many = gather_few(xy, step), gather_many(xy, step)
    assert 1 < few.max() < 20_000 - 1
    assert np.array_equal(few, many)
