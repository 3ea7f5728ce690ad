"""Households and workplaces of premises that state none: from the people of their zone, or by kind."""

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from infraplan.config import Demand
from infraplan.demand.dasymetric import Floats, Ints, count_households, share_out
from infraplan.demand.places import find_inside, first_of_each, nearest
from infraplan.demand.rows import of_kind
from infraplan.layers.faults import faults, gather

Counted = Literal["households", "workplaces"]


def fill_households(
    rows: gpd.GeoDataFrame, population: gpd.GeoDataFrame | None, area: BaseGeometry, demand: Demand
) -> tuple[pd.Series, gpd.GeoDataFrame]:
    """Return whole households a row, and the faults.

    What a row states stands. The other rows of a population zone share what is left of its households: those
    that the zone states, else its inhabitants by ``persons_per_household``; by floor area, among premises
    that are lived in (others only where there are no such). Without people anywhere, an assumed number a
    kind.
    """
    if population is not None:
        population = population[population["population"].notna() | population["households"].notna()]
    if population is None or not len(population):
        return _assume(rows, "households", demand)
    stated = population["households"].to_numpy(dtype="float64")
    rest = np.isnan(stated)
    totals = _whole(np.where(rest, 0.0, stated))
    totals[rest] = count_households(
        population["population"].to_numpy(dtype="float64")[rest],
        persons_per_household=demand.persons_per_household,
        seed=demand.seed,
    )
    return _fill_from_zones(rows, "households", population, totals, area, demand)


def fill_workplaces(
    rows: gpd.GeoDataFrame, population: gpd.GeoDataFrame | None, area: BaseGeometry, demand: Demand
) -> tuple[pd.Series, gpd.GeoDataFrame]:
    """Return whole workplaces a row, and the faults: as ``fill_households``, from those that zones state."""
    if population is not None:
        population = population[population["workplaces"].notna()]
    if population is None or not len(population):
        return _assume(rows, "workplaces", demand)
    totals = _whole(population["workplaces"].to_numpy(dtype="float64"))
    return _fill_from_zones(rows, "workplaces", population, totals, area, demand)


def _rule(rule: str, of: Counted) -> str:
    return rule if of == "households" else f"{rule}_workplaces"


def _assume(rows: gpd.GeoDataFrame, of: Counted, demand: Demand) -> tuple[pd.Series, gpd.GeoDataFrame]:
    free = rows[of].isna().to_numpy()
    assumed = np.where(free, _assumed(rows, of, demand), 0)
    filled = pd.Series(_whole(rows[of].fillna(0.0).to_numpy()) + assumed, index=rows.index)
    parts = [_rounded(rows, of)]
    for source, chosen in rows[free].groupby("source"):
        values = {"count": len(chosen), "total": int(filled[chosen.index].sum())}
        parts.append(faults(f"assumed_{of}", str(source), severity="info", values=values))
    return filled, gather(parts, rows.crs)


def _fill_from_zones(
    rows: gpd.GeoDataFrame,
    of: Counted,
    population: gpd.GeoDataFrame,
    totals: Ints,
    area: BaseGeometry,
    demand: Demand,
) -> tuple[pd.Series, gpd.GeoDataFrame]:
    zone_of, overlap_faults = _zone_of(rows, population, demand)
    free = rows[of].isna().to_numpy()
    stated = _whole(rows[of].fillna(0.0).to_numpy())
    placed = zone_of >= 0
    taken = np.bincount(zone_of[placed], stated[placed], minlength=len(totals)).astype(np.int64)
    left = np.maximum(totals - taken, 0)
    sharing = np.where(free, zone_of, -1)
    given = share_out(left, sharing, _weights(rows, of, sharing, demand), seed=demand.seed)
    members = np.bincount(zone_of[placed], minlength=len(totals))
    found = [
        _rounded(rows, of),
        overlap_faults,
        _without_premises(population, totals, members == 0, area, of),
        _differing(
            totals,
            taken + np.bincount(zone_of[placed], given[placed], minlength=len(totals)),
            members > 0,
            of,
        ),
        _outside(rows, free & ~placed, of),
    ]
    return pd.Series(stated + given, index=rows.index), gather(found, rows.crs)


def _zone_of(
    rows: gpd.GeoDataFrame, population: gpd.GeoDataFrame, demand: Demand
) -> tuple[Ints, gpd.GeoDataFrame]:
    """Return the position of each row's zone, -1 for none: the first area around, else the nearest place."""
    places = rows.geometry.to_numpy()
    is_point = (population.geom_type == "Point").to_numpy()
    areas, points = np.flatnonzero(~is_point), np.flatnonzero(is_point)
    shapes = population.geometry.to_numpy()
    place, inside = find_inside(places, shapes[areas])
    zone = first_of_each(place, inside, count=len(rows))
    again = np.flatnonzero(place[1:] == place[:-1]) + 1
    # Premises on the line between two zones are in both, but the zones do not overlap.
    again = again[shapely.contains(shapes[areas[inside[again]]], places[place[again]])]
    near = nearest(places, shapes[points], reach_m=demand.point_reach_m)
    in_area, near_point = zone >= 0, near >= 0
    found = np.full(len(rows), -1, dtype=np.int64)
    found[near_point] = points[near[near_point]]
    found[in_area] = areas[zone[in_area]]
    return found, _overlapping(population, areas[inside[again]])


def _weights(rows: gpd.GeoDataFrame, of: Counted, zone_of: Ints, demand: Demand) -> Floats:
    """Return each row's claim on its zone; rows of the second choice have one where the zone has no other."""
    size, first_choice = _sizes(rows, of, demand)
    inside = zone_of >= 0
    has_first = np.zeros(int(zone_of.max(initial=-1)) + 1, dtype=bool)
    has_first[zone_of[inside & first_choice]] = True
    claims: NDArray[np.bool_] = first_choice | (inside & ~np.append(has_first, False)[zone_of])
    return size * claims


def _sizes(rows: gpd.GeoDataFrame, of: Counted, demand: Demand) -> tuple[Floats, NDArray[np.bool_]]:
    assumed = _assumed(rows, of, demand)
    if of == "workplaces":
        return np.maximum(assumed, 1).astype(np.float64), assumed > 0
    by_floor = (rows["floor_m2"].fillna(0.0) / of_kind(rows, "dwelling_m2", demand)).to_numpy("float64")
    by_address = np.where(rows["addresses"] > 0, np.maximum(assumed, rows["addresses"]), 0)
    size = np.maximum(by_floor, by_address)
    return np.where(size > 0, size, np.maximum(assumed, 1)), of_kind(rows, "lived_in", demand) > 0


def _assumed(rows: gpd.GeoDataFrame, of: Counted, demand: Demand) -> Ints:
    """Return what is assumed by kind; households for each address of the premises."""
    each = of_kind(rows, of, demand).astype(np.int64)
    if of == "workplaces":
        return each
    addresses: Ints = rows["addresses"].to_numpy(np.int64)
    return each * np.maximum(addresses, 1)


def _whole(values: Floats) -> Ints:
    whole: Ints = np.floor(values + 0.5).astype(np.int64)
    return whole


def _rounded(rows: gpd.GeoDataFrame, of: Counted) -> gpd.GeoDataFrame:
    broken = rows[rows[of].notna() & (rows[of] % 1 != 0)]
    parts = [
        faults(
            "fraction_rounded", str(source), severity="repaired", values={"count": len(chosen), "column": of}
        )
        for source, chosen in broken.groupby("source")
    ]
    return gather(parts, rows.crs)


def _without_premises(
    population: gpd.GeoDataFrame, totals: Ints, lonely: NDArray[np.bool_], area: BaseGeometry, of: Counted
) -> gpd.GeoDataFrame:
    """Return the zones whose people found no premises: row by row in the study, as one count outside it."""
    lost = lonely & (totals > 0)
    shapely.prepare(area)
    inside = shapely.intersects(area, shapely.point_on_surface(population.geometry.to_numpy()))
    here, elsewhere = lost & inside, lost & ~inside
    chosen = population[here]
    parts = [
        faults(
            _rule("zone_without_premises", of),
            "population",
            severity="warning",
            feature_ids=list(chosen.index),
            shapes=list(chosen.geometry),
            crs=population.crs,
            values=[{"total": int(total)} for total in totals[here]],
        )
    ]
    if elsewhere.any():
        parts.append(
            faults("outside_study", "population", severity="info", values={"count": int(elsewhere.sum())})
        )
    return gather(parts, population.crs)


def _differing(totals: Ints, given: Ints, used: NDArray[np.bool_], of: Counted) -> gpd.GeoDataFrame:
    """Return one fault where premises state other numbers than their zone does."""
    other = used & (totals != given)
    values = {
        "count": int(other.sum()),
        "zones": int(totals[other].sum()),
        "premises": int(given[other].sum()),
    }
    ids = ("",) if other.any() else ()
    return faults(
        _rule("zone_total_differs", of), "population", severity="warning", feature_ids=ids, values=values
    )


def _outside(rows: gpd.GeoDataFrame, lost: NDArray[np.bool_], of: Counted) -> gpd.GeoDataFrame:
    parts = [
        faults(
            _rule("outside_population", of), str(source), severity="warning", values={"count": len(chosen)}
        )
        for source, chosen in rows[lost].groupby("source")
    ]
    return gather(parts, rows.crs)


def _overlapping(population: gpd.GeoDataFrame, losers: Ints) -> gpd.GeoDataFrame:
    zone, count = np.unique(losers, return_counts=True)
    return faults(
        "overlapping_population",
        "population",
        severity="warning",
        feature_ids=list(population.index[zone]),
        shapes=list(population.geometry.iloc[zone]),
        crs=population.crs,
        values=[{"count": int(n)} for n in count],
    )
