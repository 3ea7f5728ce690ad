"""What lies nearest, against a brute force."""

import numpy as np
import pytest

from infraplan.spatial import find_nearest, find_within


def brute(points, sites, reach):
    """Return the nearest site of each point and its distance, by measuring all pairs."""
    away = np.sqrt(((points[:, None] - sites[None]) ** 2).sum(axis=2))
    away = np.column_stack([away, np.full(len(points), np.inf)])
    least = away.min(axis=1)
    found = (least <= reach) & np.isfinite(least)
    return np.where(found, away.argmin(axis=1), -1), np.where(found, least, np.nan)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("reach", [0.0, 1.0, 5.0, np.inf])
def test_the_nearest_equals_a_brute_force(seed, reach):
    random = np.random.default_rng(seed)
    points, sites = (random.integers(0, 12, (random.integers(0, 40), 2)).astype(float) for _ in range(2))
    site, distance = find_nearest(points, sites, reach)
    expected = brute(points, sites, reach)
    assert np.array_equal(site, expected[0])
    assert np.array_equal(distance, expected[1], equal_nan=True)
    assert np.array_equal(find_within(points, sites, reach), expected[0] >= 0)
