"""Compile the kernels now, so that the first large study need not wait: ``python -m infraplan.spatial``."""

import numpy as np
import shapely

from infraplan.spatial import chains, swift
from infraplan.spatial.swift_areas import SwiftAreas


def main() -> None:
    """Ask one question of each kind."""
    points = np.random.default_rng(0).uniform(0.0, 100.0, (1000, 2))
    swift.sites_within(points, points[::3].copy(), 10.0)
    swift.nearest_sites(points, points[::3].copy(), 10.0)
    swift.nearest_segments(points, points.reshape(-1, 4), np.arange(len(points) // 2), 10.0)
    chains.gather_many(points, 5.0)
    areas = SwiftAreas(shapely.buffer(shapely.points(points[:50]), 20.0))
    areas.find_groups(points, np.arange(50))
    areas.find_best(points, np.arange(50.0))


if __name__ == "__main__":
    main()
