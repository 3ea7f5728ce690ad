"""Where people live: GeoNames' places, and modelled villages along the roads, with the households of each."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from infraplan.demo.norrbotten import CRS, Array, Norrbotten

VILLAGE_GAP_M = 1_600.0
TOWN_GAP_M = 2_500.0
OFF_AXIS_M = 1_200.0
WINDS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


@dataclass(frozen=True)
class Sizes:
    """How much of everything a place holds: one entry a place, the last the houses outside all places."""

    households: NDArray[np.int64]
    flats: NDArray[np.int64]
    houses: NDArray[np.int64]
    doubles: NDArray[np.int64]


def apportion(total: int, weights: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Share out a whole number by weights (largest remainder).

    >>> apportion(10, np.array([1.0, 1.0, 2.0])).tolist()
    [3, 2, 5]
    """
    if not weights.any():
        weights = np.ones(len(weights))
    exact = total * weights / weights.sum()
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    largest = np.argsort(whole - exact, kind="stable")[: total - whole.sum()]
    whole[largest] += 1
    return whole


def build_places(
    county: Norrbotten, code: str, axes: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Build the places of a municipality, each with ``households``, ``listed`` (in GeoNames), ``on_axis``.

    Villages are real ones that main roads pass, and modelled ones strung along these roads, which follow the
    valleys; some of the modelled lie off them. The sizes of all villages are modelled.
    """
    figures, assumed = county.municipalities.loc[code], county.model["places"]
    listed = county.settlements[county.settlements["municipality"] == code]
    households = np.round(
        listed["model_population"] * county.households(code) / figures["population_2025"]
    ).astype(np.int64)
    towns = pd.DataFrame(
        {
            "name": listed["name"],
            "code": "GN" + listed.index.astype(str),
            "households": households,
            "listed": True,
            "on_axis": True,
        }
    )
    inner = shapely.buffer(figures.geometry, -400.0)
    known = county.villages["name"][shapely.within(county.villages.geometry.to_numpy(), inner)].tolist()
    in_villages = round((county.households(code) - int(households.sum())) * (1 - assumed["dispersed"]))
    count = max(4, round(in_villages / assumed["village_households"]))
    fixed = np.array([county.spots[name] for name in [*towns["name"], *known]])
    spots, on_axis = _spread_villages(fixed, axes, inner, count - len(known), rng, off=assumed["off_trunk"])
    xy = np.concatenate([fixed, spots])
    away = cKDTree(xy[: len(towns)]).query(xy[len(towns) :])[0]
    real = np.arange(len(away)) < len(known)
    order = np.argsort(np.argsort(away / 30_000.0 - 1.0 * real + rng.gumbel(0.0, 0.6, len(away))))
    villages = pd.DataFrame(
        {
            "name": known + [""] * len(spots),
            "code": [f"{code}-M{i:03d}" for i in range(1, len(away) + 1)],
            "households": _village_sizes(in_villages, len(away), assumed["largest_village"], rng)[order],
            "listed": False,
            "on_axis": [True] * len(known) + on_axis.tolist(),
        }
    )
    return gpd.GeoDataFrame(
        pd.concat([towns, villages], ignore_index=True), geometry=gpd.points_from_xy(*xy.T, crs=CRS)
    )


def _village_sizes(total: int, count: int, largest: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Share out households by rank (Zipf), none above the largest that GeoNames could have left out."""
    weights = rng.lognormal(0.0, 0.2, count) / (np.arange(count) + 2.0) ** 0.8
    for _ in range(20):
        weights = np.minimum(weights, largest / total * weights.sum())
    return apportion(total, weights)


def _spread_villages(
    fixed: Array,
    axes: gpd.GeoDataFrame,
    inner: shapely.Geometry,
    count: int,
    rng: np.random.Generator,
    *,
    off: float,
) -> tuple[Array, NDArray[np.bool_]]:
    """Choose where modelled villages lie: on main roads, rather near towns, or some kilometres off them."""
    shapely.prepare(inner)
    roads = shapely.union_all(axes.geometry.to_numpy())
    shapely.prepare(roads)
    vertices = shapely.get_coordinates(roads)
    vertices = vertices[shapely.contains_xy(inner, *vertices.T)]
    close = cKDTree(fixed).query(vertices)[0]
    chosen = list(fixed)
    on_axis: list[bool] = []
    for vertex in vertices[np.argsort(close / 40_000.0 + rng.gumbel(0.0, 0.5, len(vertices)))]:
        if len(on_axis) >= count:
            break
        beside = rng.random() < off
        spot = _beside(vertex, rng) if beside else vertex
        gap = np.hypot(*(np.array(chosen) - spot).T).min()
        if gap < (TOWN_GAP_M if beside else VILLAGE_GAP_M):
            continue
        if beside and not (
            shapely.contains_xy(inner, *spot) and shapely.distance(roads, shapely.Point(spot)) > OFF_AXIS_M
        ):
            continue
        chosen.append(spot)
        on_axis.append(not beside)
    return np.array(chosen[len(fixed) :]).reshape(-1, 2), np.array(on_axis, dtype=bool)


def _beside(vertex: Array, rng: np.random.Generator) -> Array:
    angle, reach = rng.uniform(0.0, 2 * np.pi), rng.uniform(2_000.0, 9_000.0)
    spot: Array = np.round(vertex + reach * np.array([np.cos(angle), np.sin(angle)]), 2)
    return spot


def share_out(county: Norrbotten, code: str, places: gpd.GeoDataFrame) -> Sizes:
    """Share out dwellings so that households and permanent small houses of the municipality come out exactly.

    A house holds one household, some in the country two; the others live in flats, more so in towns.
    """
    model = county.model
    total = county.households(code)
    houses = int(county.municipalities.loc[code, "small_houses_2014"])
    scattered = total - int(places["households"].sum())
    households = np.append(places["households"].to_numpy(np.int64), scattered)
    doubles = round(houses * model["people"]["double"])
    ladder, flats = model["flats"], model["people"]["households"] / model["people"]["population"]
    wish = np.select(
        [households >= 8_000 * flats, households >= 1_500 * flats, households >= 200 * flats],
        [ladder["town"], ladder["small_town"], ladder["locality"]],
        ladder["village"],
    )
    wish[-1] = ladder["village"] / 3
    in_flats = _level(total - houses - doubles, households, wish)
    in_houses = households - in_flats
    twice = np.minimum(
        apportion(doubles, in_houses * np.where(wish > ladder["village"], 0.1, 1.0)), in_houses // 2
    )
    twice[np.argmax(in_houses)] += doubles - twice.sum()
    return Sizes(households, in_flats, in_houses - twice, twice)


def _level(total: int, households: NDArray[np.int64], wish: NDArray[np.float64]) -> NDArray[np.int64]:
    """Share out the households in flats by ``wish``, all raised or lowered until they sum to ``total``."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if (np.minimum(wish * middle, 0.93) * households).sum() < total else (low, middle)
        )
    flats = apportion(total, np.minimum(wish * high, 0.93) * households)
    flats[(flats == 1) & (households > 1)] = 2
    flats[np.argmax(flats)] += total - flats.sum()
    return flats


def describe_villages(places: gpd.GeoDataFrame, county: Norrbotten) -> pd.DataFrame:
    """Say where places lie: ``town`` (the nearest real place), ``km`` to it and ``wind`` (of ``WINDS``)."""
    real = pd.concat([county.settlements[["name", "geometry"]], county.villages[["name", "geometry"]]])
    spots, theirs = (shapely.get_coordinates(table.geometry.to_numpy()) for table in (places, real))
    away, which = cKDTree(theirs).query(spots)
    east, north = (spots - theirs[which]).T
    wind = np.round(np.arctan2(east, north) / (np.pi / 4)).astype(int) % len(WINDS)
    km = np.maximum(1, np.round(away / 1_000.0)).astype(int)
    towns = real["name"].to_numpy()[which]
    return pd.DataFrame({"town": towns, "km": km, "wind": np.array(WINDS)[wind]})
