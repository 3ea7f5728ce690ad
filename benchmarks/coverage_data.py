"""A made country for the coverage benchmark: premises along streets, fibre in some of them, coverage areas.

Everything follows from a seed. Settlements follow a power law and gather around the larger ones; houses
stand along streets, an eighth of them along roads between settlements; 42 % are connected by fibre, street by
street.
Coverage areas have borders that stay rough down to the last corner, and holes.
"""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CORNER = np.array([300_000.0, 6_200_000.0])
SPEEDS = (10.0, 30.0, 100.0, 300.0)
SIDES_KM = {
    20_000: (70, 70),
    200_000: (250, 250),
    1_000_000: (350, 500),
    2_000_000: (450, 600),
    5_000_000: (500, 900),
}
"""Premises -> how far their country reaches east and north."""

_BENDS = 5
"""Corners of a street."""
_TAKE_UP = 0.55
_RURAL = 0.13


class Country(NamedTuple):
    """Who lives where, and where fibre lies.

    Attributes
    ----------
    xy
        Premises, shape (premises, 2), metres, in no order.
    connected
        Whether they have fibre, shape (premises,).
    fibre
        The lines of streets with fibre.
    beside_fibre
        Whether there is fibre in their street, shape (premises,).
    """

    xy: Floats
    connected: Bools
    fibre: NDArray[np.object_]
    beside_fibre: Bools


class Towns(NamedTuple):
    """Settlements, the largest first: houses, centre, and the share of their streets that has fibre."""

    houses: Ints
    centre: Floats
    fibre: Floats


class Streets(NamedTuple):
    """Lines of five corners, shape (streets, 5, 2), what their houses weigh, and whether they have fibre."""

    corners: Floats
    weight: Floats
    fibre: Bools


def make_country(premises: int) -> Country:
    """Return a country of so many premises, one of ``SIDES_KM``."""
    random = np.random.default_rng(premises)
    sides = 1000.0 * np.array(SIDES_KM[premises])
    towns = make_towns(random, premises, sides)
    streets, roads = make_streets(random, towns), make_roads(random, towns)
    rural = int(_RURAL * premises)
    in_towns = place_houses(random, streets, premises - rural, lambda n: random.uniform(8.0, 35.0, n))
    along_roads = place_houses(random, roads, rural, lambda n: 10.0 + random.exponential(60.0, n))
    order = random.permutation(premises)
    xy = np.concatenate([in_towns[0], along_roads[0]])[order]
    beside = np.concatenate([in_towns[1], along_roads[1]])[order]
    wired = beside & (random.random(premises) < _TAKE_UP)
    lines = np.concatenate([streets.corners[streets.fibre], roads.corners[roads.fibre]])
    return Country(np.round(xy + CORNER, 1), wired, shapely.linestrings(lines + CORNER), beside)


def make_towns(random: np.random.Generator, premises: int, sides: Floats) -> Towns:
    count = max(20, premises // 60)
    weight = np.arange(1, count + 1) ** -0.9
    houses = np.maximum(3, weight / weight.sum() * (1 - _RURAL) * premises).astype(np.int64)
    centre = random.uniform(0.03, 0.97, (count, 2)) * sides
    large = max(3, count // 50)
    near = np.flatnonzero((random.random(count) < 0.5) & (np.arange(count) >= large))
    around = centre[random.integers(0, large, len(near))]
    centre[near] = around + random.normal(0.0, 0.04 * sides[0], (len(near), 2))
    centre = np.clip(centre, 0.01 * sides, 0.99 * sides)
    has_any = random.random(count) < 0.55 + 0.4 * (1 - np.arange(count) / count) ** 2
    return Towns(houses, centre, np.where(has_any, 0.95, 0.0))


def make_streets(random: np.random.Generator, towns: Towns) -> Streets:
    number = np.maximum(1, towns.houses // 12)
    town = np.repeat(np.arange(len(number)), number)
    radius = (np.sqrt(towns.houses * 1200.0 / np.pi) + 60.0)[town]
    away, turn = radius * np.sqrt(random.random(len(town))), random.uniform(0, 2 * np.pi, len(town))
    start = towns.centre[town] + away[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    # Streets of a town follow two directions, more or less.
    heading = random.uniform(0, np.pi, len(number))[town] + random.integers(0, 4, len(town)) * np.pi / 2
    heading += random.normal(0, 0.1, len(town))
    length = random.uniform(120.0, 320.0, len(town))
    corners = bend(random, start, heading, length, 6.0)
    fibre = random.random(len(town)) < towns.fibre[town]
    return Streets(corners, (towns.houses / number)[town], fibre)


def make_roads(random: np.random.Generator, towns: Towns) -> Streets:
    """Return roads from each settlement to the two nearest, cut into pieces of some 250 m."""
    near = cKDTree(towns.centre).query(towns.centre, k=3)[1][:, 1:]
    ends = np.unique(np.sort(np.column_stack([np.repeat(np.arange(len(near)), 2), near.ravel()])), axis=0)
    tail, head = towns.centre[ends[:, 0]], towns.centre[ends[:, 1]]
    length = np.hypot(*(head - tail).T)
    number = np.maximum(1, (length / 1000.0).astype(np.int64))
    road = np.repeat(np.arange(len(ends)), number)
    piece = np.arange(len(road)) - np.repeat(np.cumsum(number) - number, number)
    step = (head - tail)[road] / number[road][:, None]
    heading = np.arctan2(step[:, 1], step[:, 0])
    corners = bend(random, tail[road] + piece[:, None] * step, heading, np.hypot(*step.T), 30.0)
    both = (towns.fibre[ends] > 0).all(axis=1)
    fibre = (both & (random.random(len(ends)) < 0.6))[road]
    return Streets(corners, length[road] / number[road], fibre)


def bend(random: np.random.Generator, start: Floats, heading: Floats, length: Floats, by_m: float) -> Floats:
    """Return lines of five corners that wander off their heading."""
    along = np.column_stack([np.cos(heading), np.sin(heading)])
    across = np.column_stack([-along[:, 1], along[:, 0]])
    wander = np.cumsum(random.normal(0.0, by_m, (len(start), _BENDS)), axis=1)
    wander[:, 0] = 0.0
    steps = length[:, None] * np.linspace(0.0, 1.0, _BENDS)
    return start[:, None] + steps[..., None] * along[:, None] + wander[..., None] * across[:, None]


def place_houses(
    random: np.random.Generator, streets: Streets, count: int, draw_offset
) -> tuple[Floats, Bools]:
    """Return houses beside streets, and whether the street has fibre."""
    street = random.choice(len(streets.weight), count, p=streets.weight / streets.weight.sum())
    along = random.random(count) * (_BENDS - 1)
    before = np.minimum(along.astype(np.int64), _BENDS - 2)
    tail, head = streets.corners[street, before], streets.corners[street, before + 1]
    step = head - tail
    across = np.column_stack([-step[:, 1], step[:, 0]]) / np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    offset = random.choice([-1.0, 1.0], count) * draw_offset(count)
    return tail + (along - before)[:, None] * step + offset[:, None] * across, streets.fibre[street]


def make_coverage(
    country: Country, areas: int = 2000, corners: int = 10_000, *, deep: float = 8.0
) -> tuple[NDArray[np.object_], Floats]:
    """Return coverage areas, on average so deep, and the speed of each."""
    random = np.random.default_rng(areas + corners)
    low, high = country.xy.min(axis=0), country.xy.max(axis=0)
    radius = np.sqrt(deep * (high - low).prod() / areas / np.pi)
    anywhere = random.uniform(low, high, (areas, 2))
    at_homes = country.xy[random.integers(0, len(country.xy), areas)]
    centre = np.where(random.random((areas, 1)) < 0.6, at_homes, anywhere)
    speed = random.choice(SPEEDS, areas, p=[0.25, 0.30, 0.30, 0.15])
    return np.array([draw_area(random, middle, radius, corners) for middle in centre]), speed


def draw_area(random: np.random.Generator, centre: Floats, radius: float, corners: int) -> shapely.Polygon:
    """Return an area with a rough border and ten to thirty holes around its middle.

    The border's distance is noise whose waves are the weaker the shorter they are, by the power of 1.1.
    """
    waves = np.arange(1, corners // 2 + 1)
    phase = np.exp(1j * random.uniform(0, 2 * np.pi, len(waves)))
    noise = np.fft.irfft(np.concatenate([[0.0], waves**-1.1 * phase]), corners)
    away = 0.85 * radius * np.exp(random.normal(0.0, 0.4) + 0.35 * noise / noise.std())
    holes = int(random.integers(10, 30))
    opening = np.pi / holes
    rings = []
    for hole in range(holes):
        # Each has a sector of its own, within the nearest border there.
        sector = np.arange(int((hole - 0.5) * corners / holes), int((hole + 0.5) * corners / holes)) % corners
        middle = 0.5 * away[sector].min()
        size = 0.6 * middle * np.sin(opening) * random.uniform(0.2, 1.0)
        wavy = size * (0.8 + 0.2 * np.sin(3 * turns(80) + random.uniform(0.0, 6.0)))
        rings.append(
            centre + middle * circle(np.array([2 * opening * hole])) + wavy[:, None] * circle(turns(80))
        )
    return shapely.Polygon(centre + away[:, None] * circle(turns(corners)), rings)


def turns(count: int) -> Floats:
    return np.linspace(0.0, 2 * np.pi, count, endpoint=False)


def circle(angle: Floats) -> Floats:
    return np.column_stack([np.cos(angle), np.sin(angle)])
