"""Who has fibre: premises chosen to give the published share, and the cables along roads that reach them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from infraplan.demo.lines import Ints, merge_lines, number_points
from infraplan.demo.norrbotten import CRS, Array, Norrbotten
from infraplan.demo.premises import make_waves

CITY_NETWORK, OPERATORS = "Modellnät", ("Operatör A", "Operatör B", "Operatör C")
DETOUR = {"0": 1.0, "1": 1.0, "2": 1.0, "3": 1.0, "4": 1.1, "5": 1.1, "6": 1.2, "7": 1.2}
"""Cables rather follow larger roads: a metre weighs this much by road class, others ``DETOUR_ELSE``."""
DETOUR_ELSE = 1.3
BEYOND = 4.0
"""A metre outside the municipality weighs this much more: its network stays at home where it can."""


@dataclass(frozen=True)
class Access:
    """The layers of fibre, and ``served``: which premises have access (connected or orderable)."""

    connected: gpd.GeoDataFrame
    fibre_lines: gpd.GeoDataFrame
    fibre_nodes: gpd.GeoDataFrame
    served: NDArray[np.bool_]


@dataclass(frozen=True)
class _Web:
    """The roads as a graph, grown from ``hub``: the node ``before`` each, the road ``by`` which."""

    tails: Ints
    heads: Ints
    before: Ints
    by: Ints
    hub: int
    xy: Array


def build_access(
    county: Norrbotten,
    code: str,
    premises: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> Access:
    """Build fibre so that households with access are the municipality's share, towns and country apart."""
    web = _grow(roads, places)
    road = shapely.STRtree(roads.geometry.to_numpy()).query_nearest(
        premises.geometry.to_numpy(), all_matches=False
    )[1]
    reached = (web.before[web.tails[road]] >= 0) | (web.tails[road] == web.hub)
    urban = np.isin(
        premises["place"],
        np.flatnonzero(places["households"] >= county.model["places"]["locality_households"]),
    )
    households = premises["households"].to_numpy(np.int64)
    in_town, wish = find_shares(county, code, households, urban)
    quarters = _town_keys(premises, places, road, county.model["access"], rng)
    served = _choose(urban & reached, quarters, households, in_town)
    rest = wish - int(households[served].sum())
    served |= _choose(~urban & reached, _village_keys(premises, places, web, rng), households, rest)
    cables = _cables(web, np.unique(road[served]))
    return Access(
        _connections(premises[served], county.model["access"], rng),
        _cable_lines(roads.iloc[cables]),
        _fibre_nodes(places, premises["place"].to_numpy()[served], web),
        served,
    )


def find_shares(county: Norrbotten, code: str, households: Ints, urban: NDArray[np.bool_]) -> tuple[int, int]:
    """Find how many households shall have access: in localities, and in all.

    The country's share is the town's times ``rural_to_urban``, as in Gällivare in 2020, unless the towns
    cannot hold as much.
    """
    access, share = county.model["access"], float(county.municipalities.loc[code, "share"])
    town, land = int(households[urban].sum()), int(households[~urban].sum())
    wish = share * (town + land)
    in_town = min(access["highest_urban"], wish / (town + access["rural_to_urban"] * land)) * town
    return round(in_town), round(wish)


def _grow(roads: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> _Web:
    """Grow shortest paths along the roads from the largest place."""
    ends = np.stack(
        [shapely.get_coordinates(shapely.get_point(roads.geometry.to_numpy(), i)) for i in (0, -1)]
    )
    number = number_points(ends.reshape(-1, 2))
    tails, heads = number.reshape(2, -1)
    xy = np.zeros((number.max() + 1, 2))
    xy[number] = ends.reshape(-1, 2)
    dearer = roads["road_class"].map(DETOUR).fillna(DETOUR_ELSE) * np.where(
        roads["use"] == "beyond", BEYOND, 1.0
    )
    weigh = 1.0 + (roads.geometry.length * dearer).to_numpy()
    # Of parallel roads only the shortest may count: a sparse matrix would add them up.
    order = np.argsort(weigh, kind="stable")
    pair = np.sort(np.stack([tails, heads], axis=1), axis=1)
    best = order[np.unique(pair[order], axis=0, return_index=True)[1]]
    best = best[tails[best] != heads[best]]
    graph = coo_array((weigh[best], (tails[best], heads[best])), shape=(len(xy), len(xy))).tocsr()
    centre = places.geometry.iloc[int(np.argmax(places["households"]))]
    hub = int(np.argmin(np.hypot(*(xy - [centre.x, centre.y]).T)))
    before = dijkstra(graph, directed=False, indices=hub, return_predecessors=True)[1].astype(np.int64)
    by = np.full(len(xy), -1, dtype=np.int64)
    for near, far in ((tails[best], heads[best]), (heads[best], tails[best])):
        grown = before[far] == near
        by[far[grown]] = best[grown]
    return _Web(tails, heads, before, by, hub, xy)


def _town_keys(
    premises: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    road: Ints,
    assumed: Mapping[str, Any],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Say who comes first in localities: quarter by quarter, the middle and flats before others.

    Few streets are left out of a quarter that has fibre: whoever lacks it lies mostly in quarters without.
    """
    xy, place = shapely.get_coordinates(premises.geometry.to_numpy()), premises["place"].to_numpy()
    street = rng.gumbel(0.0, assumed["street_luck"], road.max() + 1)[road]
    away = shapely.distance(premises.geometry.to_numpy(), places.geometry.to_numpy()[place])
    reach = 200.0 + 30.0 * np.sqrt(places["households"].to_numpy()[place])
    key = (
        make_waves(xy, assumed["quarters_m"], rng)
        + street
        + rng.gumbel(0.0, 0.1, len(xy))
        - 1.3 * away / reach
    )
    return _rank_kinds(premises, key, multi=0.4, holiday=-2.0)


def _rank_kinds(premises: gpd.GeoDataFrame, key: NDArray[np.float64], **bonus: float) -> NDArray[np.float64]:
    ranked: NDArray[np.float64] = key + premises["kind"].map(bonus).fillna(0.0).to_numpy()
    return ranked


def _village_keys(
    premises: gpd.GeoDataFrame, places: gpd.GeoDataFrame, web: _Web, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Say who comes first in the country: whole villages, large ones and those near the hub before others."""
    spots = np.column_stack([places.geometry.x, places.geometry.y])
    from_hub = np.hypot(*(spots - web.xy[web.hub]).T)
    village = (
        np.log(places["households"].to_numpy() + 1.0)
        + rng.gumbel(0.0, 0.8, len(places))
        - from_hub / 15_000.0
    )
    xy = shapely.get_coordinates(premises.geometry.to_numpy())
    tree = shapely.STRtree(places.geometry.to_numpy())
    near, away = tree.query_nearest(premises.geometry.to_numpy(), all_matches=False, return_distance=True)
    key = 1.5 * village[near[1]] - away / 1_500.0 + rng.gumbel(0.0, 0.2, len(xy))
    return _rank_kinds(premises, key, holiday=-4.0)


def _choose(
    candidates: NDArray[np.bool_], key: NDArray[np.float64], households: Ints, wish: int
) -> NDArray[np.bool_]:
    """Choose candidates by key until their households are as near ``wish`` as they come."""
    order = np.flatnonzero(candidates)[np.argsort(-key[candidates], kind="stable")]
    held = np.cumsum(households[order])
    chosen = np.zeros(len(key), dtype=bool)
    if len(order):
        chosen[order[: 1 + int(np.argmin(np.abs(held - wish)))]] = True
    return chosen


def _cables(web: _Web, wanted: Ints) -> Ints:
    """Return the roads that cables follow: those wanted, and the way back from each to the hub."""
    used = np.zeros(len(web.tails), dtype=bool)
    used[wanted] = True
    nodes = np.unique(np.concatenate([web.tails[wanted], web.heads[wanted]]))
    while len(nodes):
        # Where the road that leads here is in use already, the way back is followed from its other end.
        fresh = nodes[(web.by[nodes] >= 0) & ~used[web.by[nodes]]]
        used[web.by[fresh]] = True
        nodes = np.unique(web.before[fresh])
    return np.flatnonzero(used)


def _cable_lines(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kind = np.where(roads["use"].isin(["axis", "by_road", "beyond"]), "backbone", "access")
    tables = []
    for name, fibres in (("backbone", 288.0), ("access", 96.0)):
        lines = gpd.GeoSeries(merge_lines(roads.geometry.to_numpy()[kind == name]), crs=CRS)
        about = {"operator": CITY_NETWORK, "kind": name, "capacity": fibres}
        tables.append(gpd.GeoDataFrame(about, geometry=lines, index=lines.index))
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=CRS)


def _connections(
    served: gpd.GeoDataFrame, assumed: Mapping[str, Any], rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return a row a premises with access: what can be had there, and whether it is connected already."""
    down = rng.choice(assumed["speeds_mbps"], len(served), p=assumed["speeds_share"])
    cable_down, cable_up = assumed["cable_mbps"]
    cable = (
        (served["kind"] == "multi").to_numpy()
        & (served["households"] > assumed["cable_from_flats"]).to_numpy()
        & (rng.random(len(served)) < assumed["cable_share"])
    )
    wait = (rng.random(len(served)) < assumed["orderable"]) & ~cable
    return gpd.GeoDataFrame(
        {
            "premises_id": served.index,
            "down_mbps": np.where(cable, cable_down, down),
            "up_mbps": np.where(cable, cable_up, down),
            "technology": np.where(cable, "cable", "fibre"),
            "operator": np.where(cable, OPERATORS[0], CITY_NETWORK),
            "status": np.where(wait, "orderable", "connected"),
        },
        geometry=served.geometry.to_numpy(),
        crs=CRS,
    )


def _fibre_nodes(places: gpd.GeoDataFrame, served_places: Ints, web: _Web) -> gpd.GeoDataFrame:
    """Return a node in each place with fibre, at a road junction, and the hub."""
    with_fibre = places.iloc[np.unique(served_places[served_places >= 0])]
    near = [int(np.argmin(np.hypot(*(web.xy - [p.x, p.y]).T))) for p in with_fibre.geometry]
    nodes = np.unique(np.array([web.hub, *near], dtype=np.int64))
    core = nodes == web.hub
    return gpd.GeoDataFrame(
        {
            "operator": CITY_NETWORK,
            "kind": np.where(core, "core", "access"),
            "capacity": np.where(core, 2_880.0, 288.0),
        },
        geometry=gpd.points_from_xy(*web.xy[nodes].T, crs=CRS),
    )
