"""The roads of one municipality: main and by-roads, streets, forest and lake roads, and one road island."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree

from infraplan.demo import streets
from infraplan.demo.lines import CM, Lines, join_loose, node_roads, road_table, split_roads, stack, wander
from infraplan.demo.norrbotten import CRS, Array

STREETS_FROM = 40
"""Buildings from which a place has streets; smaller ones have lanes off their road."""
SIDE_ROAD_EVERY_M = 2_400.0
TWIG_EVERY_M = 2_000.0
ISLAND_GAP_M = 900.0
SHORT_CUT_M = (4_000.0, 14_000.0)
LONELY_M = 1_500.0
"""From a place, where a road passes over or under a main road; no shorter main road is passed."""
CLEAR_M = 950.0
"""What such a passing needs around it."""
PAVED_FROM = 60
"""Buildings from which the streets of a place have asphalt."""


@dataclass(frozen=True)
class Site:
    """A municipality before its roads: ``inner`` is its border drawn in, ``buildings`` a number a place."""

    inner: shapely.Geometry
    places: gpd.GeoDataFrame
    buildings: NDArray[np.float64]
    holiday_homes: int

    @property
    def xy(self) -> Array:
        """Where the places are, shape (n, 2)."""
        return np.column_stack([self.places.geometry.x, self.places.geometry.y])

    @property
    def radius_m(self) -> NDArray[np.float64]:
        """How far the built-up part of each place reaches, roughly."""
        return 150.0 + 40.0 * np.sqrt(self.buildings)


def build_roads(
    site: Site, axes: gpd.GeoDataFrame, beyond: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Build all roads of a municipality, noded: every junction is an end that its roads share.

    ``axes`` are the main roads inside it, ``beyond`` those outside, which hold the inner ones together.
    """
    base = node_roads(stack([axes, _by_roads(site, axes, rng)]))
    side = _side_roads(site, base, rng, every_m=SIDE_ROAD_EVERY_M, reach_m=1_300.0, road_class="8")
    twigs = _side_roads(site, side, rng, every_m=TWIG_EVERY_M, reach_m=600.0, road_class="9")
    drawn = [
        base.assign(joins=-1),
        side,
        twigs.assign(joins=twigs["joins"] + len(base)),
        _lanes(site, base, rng),
        _flyovers(site, base, rng),
        _streets(site, base, rng),
        _lake_roads(site, base, rng),
        beyond.assign(joins=-1, use="beyond"),
    ]
    roads = _node(stack(drawn))
    outside = (roads["use"] == "beyond").to_numpy()
    links = join_loose(roads, outside | (roads["use"] == "axis").to_numpy(), outside)
    roads = _node(stack([roads, links])) if len(links) else roads
    pieces = split_roads(stack([roads, _island(site, roads, rng)]))
    # A vertex rounded to the centimetre has moved its line a hair, which can make a crossing anew.
    return split_roads(node_roads(pieces))


def _node(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Node the roads where they cross, and where one ``joins`` another with its first point."""
    joining = np.flatnonzero(roads["joins"] >= 0) if "joins" in roads else np.zeros(0, dtype=np.int64)
    starts = shapely.get_coordinates(shapely.get_point(roads.geometry.to_numpy()[joining], 0))
    which = roads["joins"].to_numpy(np.int64)[joining] if len(joining) else joining
    return node_roads(roads, which, starts).drop(columns="joins", errors="ignore")


def _clip(roads: gpd.GeoDataFrame, inner: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the roads that begin inside, each as far as it stays inside."""
    lines = roads.geometry.to_numpy().copy()
    starts = shapely.get_coordinates(shapely.get_point(lines, 0))
    begins = shapely.contains_xy(inner, *starts.T)
    for i in np.flatnonzero(begins & ~shapely.contains_properly(inner, lines)):
        xy = shapely.get_coordinates(lines[i])
        last = int(np.argmin(shapely.contains_xy(inner, *xy.T)))
        begins[i] = last > 1
        lines[i] = shapely.LineString(xy[:last]) if last > 1 else lines[i]
    return roads.set_geometry(gpd.GeoSeries(lines, index=roads.index, crs=CRS))[begins].reset_index(drop=True)


def _by_roads(site: Site, axes: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the roads from villages off the main roads to them, and some across from village to village."""
    xy, vertices = site.xy, shapely.get_coordinates(axes.geometry.to_numpy())
    off = np.flatnonzero(~site.places["on_axis"].to_numpy(bool))
    lines = [
        _way(vertices[i], xy[k], rng) for i, k in zip(cKDTree(vertices).query(xy[off])[1], off, strict=True)
    ]
    to_villages = road_table(
        lines, road_class="6", use="by_road", surface=list(rng.choice(["asphalt", "gravel"], len(lines)))
    )
    across = [_way(xy[a], xy[b], rng) for a, b in _short_cuts(site, axes)]
    return _clip(stack([to_villages, road_table(across, road_class="7", use="by_road")]), site.inner)


def _short_cuts(site: Site, axes: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Choose pairs of neighbouring places with no main road between them."""
    xy = site.xy
    if len(xy) < 4:  # noqa: PLR2004  (no triangulation of fewer)
        return np.zeros((0, 2), dtype=np.int64)
    corners = Delaunay(xy).simplices
    pairs = np.unique(
        np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0
    )
    lengths = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    middles = shapely.points((xy[pairs[:, 0]] + xy[pairs[:, 1]]) / 2)
    away = shapely.distance(middles, shapely.union_all(axes.geometry.to_numpy()))
    fits = (lengths > SHORT_CUT_M[0]) & (lengths < SHORT_CUT_M[1]) & (away > 0.22 * lengths)
    chosen: NDArray[np.int64] = pairs[fits][np.argsort(lengths[fits])][: len(xy) // 3]
    return chosen


def _way(start: Array, end: Array, rng: np.random.Generator, *, step_m: float = 450.0) -> shapely.LineString:
    """Draw a by-road between two points, bowed to one side; short ones wind at a smaller scale."""
    run = end - start
    bow = (start + end) / 2 + rng.normal(0.0, 0.10) * np.array([-run[1], run[0]])
    step_m = min(step_m, max(60.0, float(np.hypot(*run)) / 14.0))
    return shapely.LineString(wander(np.array([start, bow, end]), rng, step_m=step_m))


def _side_roads(
    site: Site,
    base: gpd.GeoDataFrame,
    rng: np.random.Generator,
    *,
    every_m: float,
    reach_m: float,
    road_class: str,
) -> gpd.GeoDataFrame:
    """Return gravel roads off ``base`` that end in the forest; ``joins`` is the row that each begins on."""
    which, starts, normals = _along(base.geometry.to_numpy(), every_m, rng)
    turn = rng.normal(0.0, 0.45, len(starts))
    heading = np.arctan2(normals[:, 1], normals[:, 0]) + turn
    reach = np.clip(reach_m * rng.lognormal(0.0, 0.6, len(starts)), 250.0, 6_000.0)
    ends = starts + reach[:, None] * np.column_stack([np.cos(heading), np.sin(heading)])
    away, nearest = cKDTree(site.xy).query(starts)
    fits = away > 2.0 * site.radius_m[nearest]
    lines = [_way(a, b, rng, step_m=350.0) for a, b in zip(starts[fits], ends[fits], strict=True)]
    return _clip(road_table(lines, road_class=road_class, use="side", joins=which[fits]), site.inner)


def _along(lines: Lines, every_m: float, rng: np.random.Generator) -> tuple[NDArray[np.int64], Array, Array]:
    """Choose points along lines: number of the line, the points, and the unit normal to a side of each."""
    lengths = shapely.length(lines)
    which = np.repeat(np.arange(len(lines)), rng.poisson(lengths / every_m))
    at = rng.uniform(0.05, 0.95, len(which)) * lengths[which]
    starts = np.round(shapely.get_coordinates(shapely.line_interpolate_point(lines[which], at)), CM)
    run = shapely.get_coordinates(shapely.line_interpolate_point(lines[which], at + 5.0)) - starts
    run /= np.maximum(np.hypot(*run.T), 1e-9)[:, None]
    side = rng.choice([-1.0, 1.0], len(which))[:, None]
    return which, starts, np.column_stack([-run[:, 1], run[:, 0]]) * side


def _lanes(site: Site, base: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return short lanes off the road through villages too small for streets."""
    which, starts, normals = _along(base.geometry.to_numpy(), 260.0, rng)
    away, place = cKDTree(site.xy).query(starts)
    fits = (site.buildings[place] < STREETS_FROM) & (away < 100.0 + 24.0 * site.buildings[place])
    which, starts, normals, place = which[fits], starts[fits], normals[fits], place[fits]
    reach = rng.uniform(100.0, 520.0, (len(starts), 1))
    ends = starts + reach * normals + rng.normal(0.0, 40.0, (len(starts), 2))
    lines = [_way(a, b, rng, step_m=120.0) for a, b in zip(starts, ends, strict=True)]
    return _clip(road_table(lines, use="street", joins=which, place=place), site.inner)


def _streets(site: Site, base: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the streets of the larger places, district by district, and what joins the districts."""
    vertices = shapely.get_coordinates(base.geometry.segmentize(60.0).to_numpy())
    near = cKDTree(vertices)
    large = np.flatnonzero(site.buildings >= STREETS_FROM)
    centres = {k: streets.build_districts(site.xy[k], site.buildings[k], vertices, rng) for k in large}
    owner = np.repeat(large, [len(centres[k]) for k in large])
    spots = np.concatenate([np.zeros((0, 2)), *centres.values()])
    tables = []
    for i, (k, spot) in enumerate(zip(owner, spots, strict=True)):
        one, two = vertices[near.query(spot, k=2)[1]]
        heading = float(np.arctan2(*(two - one)[::-1])) + rng.normal(0.0, 0.15)
        corners = 2 + round(site.buildings[k] / len(centres[k]) / streets.houses_a_node(site.buildings[k]))
        grid = streets.build_grid(spot, heading, corners, np.delete(spots, i, axis=0), site.inner, rng)
        tables.append(
            road_table(
                grid,
                road_class="7",
                surface="asphalt" if site.buildings[k] >= PAVED_FROM else "gravel",
                use="street",
                place=k,
            )
        )
    joined = [
        (spot, earlier[np.argmin(np.hypot(*(earlier - spot).T))], k)
        for k in large
        for spot, earlier in ((c, centres[k][:j]) for j, c in enumerate(centres[k]) if j)
    ]
    lines = [_way(a, b, rng, step_m=250.0) for a, b, _ in joined]
    collectors = road_table(
        lines, road_class="5", surface="asphalt", use="collector", place=[k for *_, k in joined]
    )
    return stack([*tables, _clip(collectors, site.inner)]).assign(joins=-1) if tables else road_table([])


def _lake_roads(site: Site, base: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return roads to modelled lakes and along their shores, where holiday homes lie."""
    vertices = shapely.get_coordinates(base.geometry.to_numpy())
    vertices = vertices[shapely.contains_xy(site.inner, *vertices.T)]
    count = max(3, site.holiday_homes // 13)
    from_towns = cKDTree(site.xy)
    lines = []
    for start in vertices[rng.integers(0, len(vertices), count)]:
        angle, radius = rng.uniform(0.0, 6.28), np.clip(350.0 * rng.lognormal(0.0, 0.5), 180.0, 1_500.0)
        lake = start + (radius + rng.uniform(500.0, 2_800.0)) * np.array([np.cos(angle), np.sin(angle)])
        away, place = from_towns.query(lake)
        if away < radius + 1.5 * site.radius_m[place]:
            continue
        turn = np.linspace(0.0, rng.uniform(2.0, 5.0) * rng.choice([-1, 1]), 24) + angle + np.pi
        bays, coves = (np.sin(waves * turn + rng.uniform(0.0, 6.28)) for waves in (2, 3))
        ring = radius * (1.0 + 0.22 * bays + 0.12 * coves)
        shore = np.round(lake + ring[:, None] * np.column_stack([np.cos(turn), np.sin(turn)]), CM)
        way = shapely.get_coordinates(_way(start, shore[0], rng, step_m=300.0))
        lines.append(shapely.LineString(np.concatenate([way, shore[1:]])))
    return _clip(road_table(lines, use="lake").assign(joins=-1), site.inner)


def _flyovers(site: Site, base: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return a forest road that passes over a main road on a bridge, and one that passes under it."""
    rows = np.flatnonzero((base["use"] == "axis") & (base.geometry.length > LONELY_M))
    line, spots, normals = _along(base.geometry.to_numpy()[rows], 250.0, rng)
    tables = []
    for i, over in zip(_lonely_spots(site, spots, rng), (True, False), strict=False):
        axis, spot, normal = base.geometry.iloc[rows[line[i]]], spots[i], normals[i]
        at = shapely.line_locate_point(axis, shapely.Point(spot))
        start = shapely.get_coordinates(
            axis.interpolate(at + 450.0 if at + 500.0 < axis.length else at - 450.0)
        )[0]
        near, far, end = (np.round(spot + reach * normal, CM) for reach in (35.0, -35.0, -800.0))
        ramp = shapely.LineString(np.round([start, (start + spot) / 2 + 130.0 * normal, near], CM))
        crossing = road_table(
            [shapely.LineString([near, far])], bridge=over, tunnel=not over, layer=1 if over else -1
        )
        ways = road_table([ramp, _way(far, end, rng, step_m=300.0)]).assign(joins=[rows[line[i]], -1])
        tables += [ways, crossing.assign(joins=-1)]
    return stack(tables).assign(road_class="8", use="side") if tables else road_table([])


def _lonely_spots(site: Site, spots: Array, rng: np.random.Generator) -> list[int]:
    """Choose two points on main roads: as far from places as may be, apart, and clear of the border."""
    room = np.flatnonzero(shapely.contains(site.inner, shapely.buffer(shapely.points(spots), CLEAR_M)))
    away = np.minimum(cKDTree(site.xy).query(spots[room])[0], LONELY_M)
    ranked = room[np.lexsort((rng.random(len(room)), -away))]
    if not len(ranked):
        return []
    apart = ranked[np.hypot(*(spots[ranked] - spots[ranked[0]]).T) > 2 * CLEAR_M]
    return [int(i) for i in (ranked[0], *apart[:1])]


def _island(site: Site, roads: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return a small network that no road leads to, as beyond a river without a bridge."""
    tree = shapely.STRtree(roads.geometry.to_numpy())
    box = shapely.bounds(site.inner)
    spots = rng.uniform(box[:2], box[2:], (4_000, 2))
    spots = spots[shapely.contains_xy(shapely.buffer(site.inner, -2_000.0), *spots.T)]
    away = tree.query_nearest(shapely.points(spots), all_matches=False, return_distance=True)[1]
    from_places = cKDTree(site.xy).query(spots)[0]
    wanted = np.where(away > ISLAND_GAP_M + 1_300.0, from_places + away, np.inf)
    if not np.isfinite(wanted).any():
        wanted = -away
    heart = spots[np.argmin(wanted)]
    angle = rng.uniform(0.0, np.pi)
    ahead = np.array([np.cos(angle), np.sin(angle)])
    spine = shapely.get_coordinates(_way(heart - 900.0 * ahead, heart + 900.0 * ahead, rng, step_m=250.0))
    aside = np.array([-ahead[1], ahead[0]])
    spurs = [
        _way(spine[i], spine[i] + side * rng.uniform(250.0, 500.0) * aside, rng, step_m=150.0)
        for i, side in ((len(spine) // 4, 1.0), (len(spine) // 2, -1.0), (3 * len(spine) // 4, 1.0))
    ]
    return _clip(road_table([shapely.LineString(spine), *spurs], use="island"), site.inner)
