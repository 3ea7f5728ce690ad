"""The buildings of one municipality as premises, along its roads and off them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from infraplan.demo.lines import CM
from infraplan.demo.norrbotten import CRS, Array, Norrbotten
from infraplan.demo.places import Sizes, apportion

VILLAGE = 40
"""Buildings below which a place is strung along its road."""
ISLAND_HOUSES = 12
CLEAR_M = 8.0
"""No house stands closer to the middle of a road."""
REMOTE_M = (650.0, 3_500.0)
"""How far from any road remote houses lie."""


@dataclass(frozen=True)
class Slots:
    """Where buildings can stand: nearest ``place``, how far ``away`` its centre is, ``use`` of the road."""

    xy: Array
    place: NDArray[np.int64]
    away: NDArray[np.float64]
    use: NDArray[np.object_]


def build_premises(
    county: Norrbotten,
    code: str,
    roads: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    sizes: Sizes,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Build a row a building: ``households``, ``workplaces``, ``kind`` and ``place`` (its row there, or −1).

    Households, small houses and holiday homes of the municipality come out exactly as published or derived.
    """
    figures, model = county.municipalities.loc[code], county.model
    slots = find_slots(roads, places, figures.geometry, model["premises"], rng)
    free = np.ones(len(slots.xy), dtype=bool)
    homes = [_settle(k, slots, free, sizes, places, rng) for k in range(len(places))]
    scattered = _scatter(slots, free, sizes, rng)
    cabins = _cabins(slots, free, int(figures["holiday_homes_2014"]), model["premises"]["lakeside"], rng)
    dwellings = pd.concat([*homes, scattered, cabins], ignore_index=True)
    dwellings = _move_off_road(dwellings, roads, figures.geometry, model["premises"], rng)
    total = round(county.households(code) * model["people"]["workplaces_per_household"])
    work = _workplaces(slots, free, dwellings, total, model["people"], rng)
    whole = work.sort_values(["place", "kind"], kind="stable", ignore_index=True)
    whole.index = pd.Index(
        [f"{code}-{i:05d}" for i in range(1, len(whole) + 1)], name="premises_id", dtype="str"
    )
    geometry = gpd.points_from_xy(whole["x"], whole["y"], crs=CRS)
    return gpd.GeoDataFrame(whole.drop(columns=["x", "y"]), geometry=geometry)


def find_slots(
    roads: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    border: shapely.Geometry,
    spacing: Mapping[str, float],
    rng: np.random.Generator,
) -> Slots:
    """Find where buildings can stand: on both sides of roads, closest in streets, clear of all roads."""
    lines = roads.geometry.to_numpy()
    use = roads["use"].to_numpy()
    town = np.isin(use, ["street", "collector", "link"])
    every = np.where(town, spacing["house_spacing_m"], spacing["village_spacing_m"])
    count = np.where(roads["layer"] == 0, np.maximum(shapely.length(lines) - 16.0, 0.0) // every, 0)
    which = np.repeat(np.arange(len(lines)), count.astype(np.int64))
    order = np.arange(len(which)) - np.searchsorted(which, which)
    at = 10.0 + (order + 0.5 + rng.uniform(-0.25, 0.25, len(which))) * every[which]
    xy, which = _both_sides(
        lines, which, at, np.where(town[which], 13.0, 18.0), np.where(town[which], 5.0, 45.0), rng
    )
    clear = shapely.contains_xy(border, *xy.T)
    clear[clear] &= _clear_of(lines, xy[clear])
    xy, which = xy[clear], which[clear]
    away, place = cKDTree(np.column_stack([places.geometry.x, places.geometry.y])).query(xy)
    marked = roads["place"].to_numpy(np.int64)[which]
    return Slots(xy, np.where(marked >= 0, marked, place), away, use[which])


def _both_sides(
    lines: NDArray[np.object_],
    which: NDArray[np.int64],
    at: Array,
    nearest: Array,
    spread: Array,
    rng: np.random.Generator,
) -> tuple[Array, NDArray[np.int64]]:
    """Return a point on either side of each place ``at`` along a line, mostly near the road; and its line."""
    foot = shapely.get_coordinates(shapely.line_interpolate_point(lines[which], at))
    run = foot - shapely.get_coordinates(shapely.line_interpolate_point(lines[which], at - 2.0))
    run /= np.maximum(np.hypot(*run.T), 1e-9)[:, None]
    normal = np.column_stack([-run[:, 1], run[:, 0]])
    left = foot + normal * (nearest + spread * rng.random(len(at)) ** 2)[:, None]
    right = foot - normal * (nearest + spread * rng.random(len(at)) ** 2)[:, None]
    return np.round(np.concatenate([left, right]), CM), np.concatenate([which, which])


def _clear_of(lines: NDArray[np.object_], xy: Array) -> NDArray[np.bool_]:
    clear = np.ones(len(xy), dtype=bool)
    clear[shapely.STRtree(lines).query(shapely.points(xy), predicate="dwithin", distance=CLEAR_M)[0]] = False
    return clear


def _settle(
    k: int,
    slots: Slots,
    free: NDArray[np.bool_],
    sizes: Sizes,
    places: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Fill the slots of a place from its centre outwards, flats in the middle; they are not ``free`` then."""
    blocks = _blocks(int(sizes.flats[k]), rng)
    wanted = len(blocks) + int(sizes.houses[k])
    open_land = free & ~np.isin(slots.use, ["lake", "island"])
    mine = np.flatnonzero(open_land & (slots.place == k))
    if len(mine) < wanted:
        # A place cut short by the border or its neighbours takes the nearest slots of others.
        others = np.flatnonzero(open_land & (slots.place != k))
        near = np.hypot(*(slots.xy[others] - [places.geometry.x.iloc[k], places.geometry.y.iloc[k]]).T)
        mine = np.concatenate([mine, others[np.argsort(near)][: wanted - len(mine)]])
    reach, bonus = (
        (120.0 + 28.0 * wanted, 0.25) if wanted < VILLAGE else (250.0 + 40.0 * np.sqrt(wanted), 0.8)
    )
    key = (
        (slots.away[mine] / reach) ** 2
        + rng.gumbel(0.0, 0.3, len(mine))
        - bonus * (slots.use[mine] == "street")
    )
    chosen = mine[np.argsort(key)][:wanted]
    free[chosen] = False
    central = chosen[np.argsort(slots.away[chosen] / reach + rng.gumbel(0.0, 0.35, len(chosen)))]
    return _homes(slots.xy[central], blocks, int(sizes.doubles[k]), k)


def _homes(xy: Array, blocks: NDArray[np.int64], doubles: int, place: int) -> pd.DataFrame:
    """Put blocks of flats at the first points, houses at the others, the last of them with two households."""
    households = np.ones(len(xy), dtype=np.int64)
    households[len(xy) - doubles :] = 2
    households[: len(blocks)] = blocks
    kind = np.where(np.arange(len(xy)) < len(blocks), "multi", "single")
    return _rows(xy, kind, households, place)


def _blocks(flats: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Divide the flats of a place into houses, larger ones in larger places; none has fewer than two."""
    mean = float(np.clip(2.5 + 0.35 * np.sqrt(flats), 2.5, 16.0))
    count = max(1, min(flats // 2, round(flats / mean))) if flats else 0
    return apportion(flats - 2 * count, rng.lognormal(0.0, 0.8, count)) + 2


def _rows(
    xy: Array, kind: NDArray[np.str_] | str, households: NDArray[np.int64] | int, place: int
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "x": xy[:, 0],
            "y": xy[:, 1],
            "kind": kind,
            "households": households,
            "workplaces": 0,
            "place": place,
        }
    )


def _scatter(slots: Slots, free: NDArray[np.bool_], sizes: Sizes, rng: np.random.Generator) -> pd.DataFrame:
    """Put the houses outside all places along roads, in clusters of farms; some of them on the island."""
    blocks = _blocks(int(sizes.flats[-1]), rng)
    wanted = len(blocks) + int(sizes.houses[-1])
    island = rng.permutation(np.flatnonzero(slots.use == "island"))[: min(ISLAND_HOUSES, wanted // 4)]
    open_land = np.flatnonzero(free & np.isin(slots.use, ["axis", "by_road", "side"]))
    clusters = make_waves(slots.xy[open_land], (500.0, 2_200.0, 9_000.0), rng)
    key = 0.9 * clusters + rng.gumbel(0.0, 0.5, len(open_land)) - slots.away[open_land] / 12_000.0
    chosen = np.concatenate([island, open_land[np.argsort(-key)][: wanted - len(island)]])
    free[chosen] = False
    return _homes(slots.xy[rng.permutation(chosen)], blocks, int(sizes.doubles[-1]), -1)


def make_waves(xy: Array, lengths_m: Sequence[float], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a smooth random field at points, with about unit variance: what is near is alike."""
    field = np.zeros(len(xy))
    for length in lengths_m:
        for angle, phase in rng.uniform(0.0, 2 * np.pi, (3, 2)):
            field += np.cos(2 * np.pi * (xy @ [np.cos(angle), np.sin(angle)]) / length + phase)
    unit: NDArray[np.float64] = field / np.sqrt(1.5 * len(lengths_m))
    return unit


def _cabins(
    slots: Slots, free: NDArray[np.bool_], count: int, lakeside: float, rng: np.random.Generator
) -> pd.DataFrame:
    """Put holiday homes along the shores of lakes, a few elsewhere in the country."""
    shore = np.flatnonzero(free & (slots.use == "lake"))
    elsewhere = np.flatnonzero(free & np.isin(slots.use, ["side", "by_road"]))
    lakes = rng.permutation(shore)[: round(lakeside * count)]
    chosen = np.concatenate([lakes, rng.permutation(elsewhere)[: count - len(lakes)]])
    free[chosen] = False
    return _rows(slots.xy[chosen], "holiday", 0, -1)


def _move_off_road(
    dwellings: pd.DataFrame,
    roads: gpd.GeoDataFrame,
    border: shapely.Geometry,
    shares: Mapping[str, float],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Move some houses and holiday homes outside places to where no road leads."""
    lone = dwellings.index[(dwellings["place"] < 0) & (dwellings["kind"] == "single")]
    cabins = dwellings.index[dwellings["kind"] == "holiday"]
    houses = max(3, round(shares["remote"] * len(lone)))
    retreats = round(shares["remote_holiday"] * len(cabins))
    movers = np.concatenate([rng.permutation(lone)[:houses], rng.permutation(cabins)[:retreats]])
    box, tree = shapely.bounds(border), shapely.STRtree(roads.geometry.to_numpy())
    spots = np.round(rng.uniform(box[:2], box[2:], (60 * len(movers) + 3_000, 2)), CM)
    spots = spots[shapely.contains_xy(border, *spots.T)]
    away = tree.query_nearest(shapely.points(spots), all_matches=False, return_distance=True)[1]
    fits = spots[(away > REMOTE_M[0]) & (away < REMOTE_M[1])][: len(movers)]
    moved = dwellings.copy()
    moved.loc[movers[: len(fits)], ["x", "y"]] = fits
    return moved


def _workplaces(
    slots: Slots,
    free: NDArray[np.bool_],
    dwellings: pd.DataFrame,
    total: int,
    assumed: Mapping[str, float],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the dwellings, some with a workplace at home or below, and premises of workplaces only."""
    whole = dwellings.copy()
    houses, blocks = (whole.index[whole["kind"] == kind] for kind in ("single", "multi"))
    inside = (whole.loc[houses, "place"] >= 0).to_numpy()
    own = houses[np.argsort(rng.gumbel(0.0, 1.0, len(houses)) + 0.9 * inside)][
        : round(assumed["at_home"] * total)
    ]
    below = blocks[np.argsort(rng.random(len(blocks)))]
    below = below[: min(len(blocks), round(assumed["below_flats"] * total))]
    whole.loc[own, "workplaces"] = 1
    whole.loc[below, "workplaces"] = 1
    rest = total - len(own) - len(below)
    settled = whole[whole["place"] >= 0]
    weight = np.bincount(settled["place"], settled["households"], minlength=int(slots.place.max()) + 1)
    open_land = np.flatnonzero(free & np.isin(slots.use, ["street", "collector", "axis", "by_road"]))
    size = weight[slots.place[open_land]]
    count = max(1, round(rest / assumed["workplaces_a_building"]))
    key = (
        np.log(size + 3.0)
        - slots.away[open_land] / (200.0 + 30.0 * np.sqrt(size))
        + rng.gumbel(0.0, 0.7, len(open_land))
    )
    chosen = open_land[np.argsort(-key)][:count]
    free[chosen] = False
    staffed = _rows(slots.xy[chosen], "workplace", 0, -1)
    staffed["place"] = np.where(
        slots.away[chosen] < 400.0 + 60.0 * np.sqrt(weight[slots.place[chosen]]), slots.place[chosen], -1
    )
    staffed["workplaces"] = 1 + apportion(rest - len(chosen), rng.lognormal(0.0, 1.0, len(chosen)))
    return pd.concat([whole, staffed], ignore_index=True)
