"""Streets of towns and villages: warped grids that grow outwards, in districts with headings of their own."""

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import cKDTree

from infraplan.demo.lines import CM, Lines
from infraplan.demo.norrbotten import Array

ROW_M = 86.0
"""Between parallel streets: two gardens deep."""
CROSS_M = 170.0
"""Between cross streets."""
DISTRICT_HOUSES = 330


def houses_a_node(buildings: float) -> float:
    """Return how many houses share a street corner: few in a village with wide gardens, more in a town."""
    return float(np.interp(buildings, [40.0, 400.0, 5_000.0], [3.0, 4.0, 6.5]))


def build_districts(centre: Array, buildings: int, near: Array, rng: np.random.Generator) -> Array:
    """Choose the centres, shape (k, 2), of a place's districts: its own, and others by ``near`` roads."""
    count = max(1, round(buildings / DISTRICT_HOUSES))
    density = houses_a_node(buildings)
    reach = float(np.sqrt(buildings / count / density * ROW_M * CROSS_M / np.pi))
    chosen: list[Array] = [centre]
    spread = reach * 1.25 * float(np.sqrt(count))
    while len(chosen) < count:
        spots = centre + rng.normal(0.0, spread * 0.75, (60, 2))
        away = np.hypot(*(spots - centre).T)
        cost = away + 0.9 * cKDTree(near).query(spots)[0] + rng.uniform(0.0, spread, 60)
        gap = np.min(np.hypot(*np.moveaxis(spots[:, None] - np.array(chosen)[None], 2, 0)), axis=1)
        cost = np.where(gap > 1.6 * reach, cost, np.inf)
        if np.isfinite(cost).any():
            chosen.append(spots[np.argmin(cost)])
        else:
            spread *= 1.1
    centres: Array = np.stack(chosen).round(CM)
    return centres


def build_grid(
    centre: Array,
    heading: float,
    corners: int,
    others: Array,
    border: shapely.Geometry,
    rng: np.random.Generator,
) -> Lines:
    """Build the streets of one district, connected, inside the border and on its side of other districts."""
    half = int(np.ceil(np.sqrt(corners) * 1.1)) + 2
    u, v = (
        axis.ravel().astype(float) for axis in np.meshgrid(*[np.arange(-half, half + 1)] * 2, indexing="ij")
    )
    xy = centre + _warp(u, v, heading, rng)
    mine = np.hypot(*(xy - centre).T)
    allowed = shapely.contains_xy(border, *xy.T)
    if len(others):
        allowed &= cKDTree(others).query(xy)[0] > mine + 45.0
    lobes = (
        1.0
        + 0.28 * np.sin(2 * np.arctan2(v, u) + rng.uniform(0, 6.28))
        + 0.2 * np.sin(3 * np.arctan2(v, u) + rng.uniform(0, 6.28))
    )
    order = np.argsort(
        np.where(allowed, mine * lobes + rng.uniform(0.0, 70.0, len(mine)), np.inf), kind="stable"
    )
    chosen = order[: min(corners, int(allowed.sum()))]
    tails, heads = _street_pairs(u, v, chosen, rng)
    return _curve(xy[tails], xy[heads], rng)


def _warp(u: Array, v: Array, heading: float, rng: np.random.Generator) -> Array:
    """Bend the grid in slow waves and shake it a little, then turn it to the heading."""
    phase = rng.uniform(0.0, 6.28, 4)
    x = CROSS_M * u + 34.0 * np.sin(0.75 * v + phase[0]) + 18.0 * np.sin(1.7 * v + phase[1])
    y = ROW_M * v + 46.0 * np.sin(0.55 * u + phase[2]) + 15.0 * np.sin(1.3 * u + phase[3])
    x, y = x + rng.normal(0.0, 9.0, len(u)), y + rng.normal(0.0, 4.0, len(u))
    cos, sin = np.cos(heading), np.sin(heading)
    turned: Array = np.round(np.column_stack([cos * x - sin * y, sin * x + cos * y]), CM)
    return turned


def _street_pairs(
    u: Array, v: Array, chosen: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ends of the streets: neighbours in the grid, with gaps, held together by a spanning tree."""
    place = {(a, b): k for k, (a, b) in zip(chosen, zip(u[chosen], v[chosen], strict=True), strict=True)}
    along = [(k, place[a + 1, b]) for (a, b), k in place.items() if (a + 1, b) in place]
    across = [(k, place[a, b + 1]) for (a, b), k in place.items() if (a, b + 1) in place]
    pairs = np.array(along + across, dtype=np.int64).reshape(-1, 2)
    lengths = np.concatenate([rng.uniform(0.2, 1.0, len(along)), rng.uniform(0.8, 1.6, len(across))])
    keep = rng.random(len(pairs)) < np.repeat([0.92, 0.5], [len(along), len(across)])
    graph = coo_array((lengths, (pairs[:, 0], pairs[:, 1])), shape=(len(u), len(u)))
    tree = minimum_spanning_tree(graph.tocsr()).tocoo()
    held = set(zip(tree.coords[0].tolist(), tree.coords[1].tolist(), strict=True))
    keep |= np.fromiter(((a, b) in held for a, b in pairs.tolist()), bool, len(pairs))
    return pairs[keep, 0], pairs[keep, 1]


def _curve(tails: Array, heads: Array, rng: np.random.Generator) -> Lines:
    runs = heads - tails
    bend = rng.normal(0.0, 0.035, (len(runs), 1))
    middles = np.round((tails + heads) / 2 + bend * np.column_stack([-runs[:, 1], runs[:, 0]]), CM)
    lines: Lines = shapely.linestrings(np.stack([tails, middles, heads], axis=1))
    return lines
