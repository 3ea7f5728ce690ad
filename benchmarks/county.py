"""A made county for the benchmark of planning: a size and a seed tell all about its layers.

Roads are a bent grid, dense in villages and wide between them, with lakes in it and many dead ends; fibre
lies along main roads; premises crowd round hamlets. Nothing of it is a real place; it is in SWEREF 99 TM.
"""

from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from router.instances import join_grid
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import KDTree

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Lines = NDArray[np.object_]

CRS = "EPSG:3006"
CORNER = np.array([600_000.0, 7_300_000.0])
EVERY = 35
"""Crossings between main roads, and between the villages that lie where they meet."""
SOFT = (
    "nature_reserve",
    "natura_2000",
    "water_protection",
    "shore_protection",
    "heritage",
    "landscape_protection",
)
HARD = ("national_park", "habitat_protection", "interim_ban")
SOILS = ("rock", "till", "coarse", "fine", "clay", "peat", "unknown")
VITAL = ("hospital", "health_centre", "fire_station", "town_hall", "school", "library")
STUDY = """\
[study]
name = "A made county"
crs = "EPSG:3006"
language = "en"
year = 2026

{layers}
[[targets]]
name = "100 Mbit/s, 95 %"
down_mbps = 100
share = 0.95
counts = "proximity"

[[targets]]
name = "1 Gbit/s, 98 %"
down_mbps = 1000
share = 0.98
counts = "proximity"

[costs]
book = "norrland-2026"

[plan]
goal = "target"
target = "100 Mbit/s, 95 %"
"""


class Size(NamedTuple):
    """How large a county is: crossings a side, and how many there are of the rest."""

    side: int
    spots: int
    served: int
    areas: int
    soils: int
    ducts_m: float
    municipalities: int = 14


COUNTY = Size(495, 61_000, 20_000, 2_000, 3_000, 500_000.0)
"""About 300 000 stretches of road."""
TINY = Size(40, 150, 60, 12, 10, 4_000.0, 3)


class Roads(NamedTuple):
    """Crossings, shape (n, 2), and stretches between them: ends, lines, and whether on a main road."""

    places: Floats
    ends: Ints
    lines: Lines
    main: NDArray[np.bool_]


def write_county(folder: Path, size: Size = COUNTY, *, seed: int = 1) -> Path:
    """Write a county's layers and its study into a folder, and return the study's path."""
    layers = make_county(size, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in layers.items():
        table.to_file(folder / f"{name}.fgb", driver="FlatGeobuf", engine="pyogrio")
    text = "".join(
        f'[layers.{name}]\npath = "{name}.fgb"\nsource = "made by a benchmark"\nmodelled = true\n\n'
        for name in layers
    )
    study = folder / "study.toml"
    study.write_text(STUDY.format(layers=text), "utf-8")
    return study


def make_county(size: Size = COUNTY, *, seed: int = 1) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of a county by name."""
    random = np.random.default_rng(seed)
    roads = make_roads(size.side, random)
    frame = shapely.box(*np.r_[roads.places.min(axis=0) - 500, roads.places.max(axis=0) + 500])
    fibre = roads.lines[roads.main & (shapely.get_coordinates(shapely.centroid(roads.lines))[:, 0] % 7 > 0.5)]
    spots, served = place_premises(roads, fibre, size, random)
    homes = np.r_[spots, served]
    middles = village_middles(roads, size.side)
    layers = {
        "municipalities": make_municipalities(frame, size.municipalities, random),
        "premises": make_premises(homes, random),
        "connected": make_table(served[::2], technology="fibre", down_mbps=1000.0, status="connected"),
        "roads": make_road_table(roads, random),
        "fibre_lines": make_table(fibre, kind="trunk"),
        "localities": make_localities(middles, random),
        "ducts": make_ducts(roads, size.ducts_m, random),
        "planned_works": make_works(roads, max(size.side // 5, 2), random),
        "water": make_water(frame, roads, size.side, random),
        "railways": make_table([make_river(frame, random, across=True)], kind="rail"),
        "ground": make_ground(frame, size.soils, random),
        "public_buildings": make_public(homes, max(len(homes) // 300, 4), random),
        "masts": make_table(shapely.points(random.choice(roads.places, max(size.side // 4, 3))), kind="mast"),
    }
    hard = max(size.areas // 40, 1)
    layers["no_go"] = make_areas(roads, hard, HARD, random, metres=200.0)
    layers["protected"] = make_areas(roads, size.areas - hard, SOFT, random, metres=500.0)
    return layers


def make_roads(side: int, random: np.random.Generator) -> Roads:
    """Return roads that hang together: a spanning tree of a grid with holes, and some other stretches."""
    step = 90.0 + 220.0 * (1 - np.cos(2 * np.pi * np.arange(side) / EVERY))
    along = np.cumsum(step)
    column, row = (part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side)))
    places = CORNER + np.c_[along[column], along[row]]
    places += random.normal(0, 0.2, places.shape) * np.c_[step[column], step[row]]
    main = (column % EVERY == 0) | (row % EVERY == 0)
    ends = join_grid(side)
    # Lakes take what lies in them, but for the main roads.
    lakes = random.random((max(side * side // 1500, 1), 2)) * side
    away, _ = KDTree(lakes).query(np.c_[column, row])
    dry = (away > 4.0) | main
    ends = ends[dry[ends].all(axis=1)]
    high = main[ends].all(axis=1) & ~(
        (column[ends] % EVERY != 0).any(axis=1) & (row[ends] % EVERY != 0).any(axis=1)
    )
    lots = np.where(high, 0.01, 1.0) * (random.random(len(ends)) + 0.1)
    whole = minimum_spanning_tree(csr_array((lots, tuple(ends.T)), shape=(side**2, side**2))).tocoo()
    number = whole.row.astype(np.int64) * side**2 + whole.col
    kept = high | np.isin(ends[:, 0] * side**2 + ends[:, 1], number) | (random.random(len(ends)) < 0.3)
    ends, high = ends[kept], high[kept]
    _, part = connected_components(csr_array((np.ones(len(ends)), tuple(ends.T)), shape=(side**2, side**2)))
    largest = part[ends[:, 0]] == np.bincount(part[ends[:, 0]]).argmax()
    ends, high = ends[largest], high[largest]
    return Roads(places, ends, bend(places, ends, random), high)


def bend(places: Floats, ends: Ints, random: np.random.Generator) -> Lines:
    """Return lines of four points between the ends."""
    start, stop = places[ends[:, 0]], places[ends[:, 1]]
    way = stop - start
    side = np.c_[-way[:, 1], way[:, 0]]
    inner = [start + share * way + random.normal(0, 0.06, (len(ends), 1)) * side for share in (0.33, 0.67)]
    return shapely.linestrings(np.stack([start, *inner, stop], axis=1))


def make_road_table(roads: Roads, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return roads with classes and surfaces: main roads are asphalt, villages half, the rest gravel."""
    short = shapely.length(roads.lines) < 200.0
    lot = random.random(len(roads.lines))
    kind = np.where(
        roads.main, np.where(lot < 0.3, "2", "4"), np.where(short, "7", np.where(lot < 0.4, "8", "9"))
    )
    paved = roads.main | (short & (lot < 0.6)) | (lot < 0.05)
    return make_table(
        roads.lines,
        road_class=kind,
        surface=np.where(paved, "asphalt", "gravel"),
        bridge=lot > 0.998,
        name=np.where(roads.main, "Länsvägen", ""),
    )


def place_premises(
    roads: Roads, fibre: Lines, size: Size, random: np.random.Generator
) -> tuple[Lines, Lines]:
    """Return points of premises out of reach of fibre, and of some that it reaches, crowded round hamlets."""
    middle = roads.places[roads.ends].mean(axis=1)
    hamlets = roads.places[random.choice(roads.ends[:, 0], max(size.spots // 20, 3))]
    away, _ = KDTree(hamlets).query(middle)
    crowd = 0.02 + np.exp(-away / 300.0)
    at = random.choice(len(middle), 3 * (size.spots + size.served), p=crowd / crowd.sum())
    along = random.uniform(0.02, 0.98, len(at))
    foot = shapely.get_coordinates(shapely.line_interpolate_point(roads.lines[at], along, normalized=True))
    turn = random.uniform(0, 2 * np.pi, len(at))
    off = random.uniform(15, 70, len(at))
    points = shapely.points(foot + off[:, None] * np.c_[np.cos(turn), np.sin(turn)])
    tree = shapely.STRtree(fibre)
    near = np.zeros(len(points), np.bool_)
    near[tree.query(points, predicate="dwithin", distance=51.0)[0]] = True
    spots = points[~near][: size.spots]
    return spots, np.r_[points[near], points[~near][size.spots :]][: size.served]


def make_premises(points: Lines, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return premises of one household, a few of none with a workplace, a few of many."""
    lot = random.random(len(points))
    kind = np.where(lot < 0.93, "single", np.where(lot < 0.97, "workplace", "multi"))
    households = np.select([kind == "single", kind == "multi"], [1, random.integers(3, 12, len(points))], 0)
    return make_table(
        points,
        premises_id=[f"H{number:06d}" for number in range(len(points))],
        kind=kind,
        households=households,
        workplaces=np.where(kind == "workplace", 1, 0),
    )


def make_municipalities(frame: shapely.Polygon, count: int, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return municipalities that fill the frame."""
    low, high = np.array(frame.bounds[:2]), np.array(frame.bounds[2:])
    seeds = shapely.MultiPoint(low + random.random((count, 2)) * (high - low))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame))
    cells = shapely.segmentize(shapely.intersection(cells, frame), 1_000.0)
    codes = [f"25{number:02d}" for number in range(count)]
    return make_table(cells, code=codes, name=[f"Kommun {code}" for code in codes])


def village_middles(roads: Roads, side: int) -> Floats:
    """Return the crossings of main roads."""
    number = np.arange(0, side, EVERY)
    return roads.places[(number[:, None] * side + number).ravel()]


def make_localities(middles: Floats, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return a disc of people round some villages."""
    chosen = middles[random.random(len(middles)) < 0.5] if len(middles) > 8 else middles
    people = random.integers(60, 3_000, len(chosen))
    return make_table(
        shapely.buffer(shapely.points(chosen), 300.0 + people / 5),
        code=[f"T{number:04d}" for number in range(len(chosen))],
        name=[f"Byn {number}" for number in range(len(chosen))],
        population=people.astype(np.float64),
    )


def make_ducts(roads: Roads, metres: float, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return ducts 3 m beside roads, some of them the builder's own, until there are so many metres."""
    order = random.permutation(np.flatnonzero(~roads.main))
    lines = roads.lines[order[np.cumsum(shapely.length(roads.lines[order])) <= metres]]
    lot = random.random(len(lines))
    return make_table(
        shapely.transform(lines, lambda points: points + 2.0),
        owner=np.where(lot < 0.4, "Stadsnätet", "Andra"),
        own=lot < 0.4,
        free_capacity=np.floor(4 * lot),
        price_sek_m=np.where(lot < 0.7, np.nan, 12.0),
    )


def make_works(roads: Roads, count: int, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return planned works along stretches of road."""
    lines = roads.lines[random.choice(len(roads.lines), count, replace=False)]
    years = random.integers(2025, 2030, count)
    return make_table(
        lines,
        start=[f"{year}-04-01" for year in years],
        end=[f"{year + 1}-10-31" for year in years],
        kind="vatten",
        share=np.where(random.random(count) < 0.5, 0.5, np.nan),
    )


def make_water(
    frame: shapely.Polygon, roads: Roads, side: int, random: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return rivers across the county, and lakes."""
    rivers = [make_river(frame, random, across=number % 2 == 0) for number in range(max(side // 15, 2))]
    lakes = wobble(random.choice(roads.places, max(side * side // 1500, 1)), 150.0, random)
    return make_table([*rivers, *lakes], kind=["river"] * len(rivers) + ["lake"] * len(lakes))


def make_river(frame: shapely.Polygon, random: np.random.Generator, *, across: bool) -> shapely.LineString:
    """Return a line of a point each kilometre that wanders from side to side."""
    low, high = np.array(frame.bounds[:2]), np.array(frame.bounds[2:])
    ahead, beside = (0, 1) if across else (1, 0)
    steps = np.arange(low[ahead], high[ahead], 1_000.0)
    start = random.uniform(low[beside], high[beside])
    points = np.empty((len(steps), 2))
    points[:, ahead], points[:, beside] = steps, start + np.cumsum(random.normal(0, 250.0, len(steps)))
    return shapely.LineString(points)


def make_ground(frame: shapely.Polygon, count: int, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return soils that fill the frame."""
    low, high = np.array(frame.bounds[:2]), np.array(frame.bounds[2:])
    seeds = shapely.MultiPoint(low + random.random((count, 2)) * (high - low))
    cells = shapely.segmentize(shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame)), 300.0)
    table = make_table(shapely.intersection(cells, frame))
    return table.assign(**{"class": random.choice(SOILS, len(table))})


def make_public(homes: Lines, count: int, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return public buildings in some of the premises."""
    chosen = homes[random.choice(len(homes), count, replace=False)]
    kinds = random.choice(VITAL, count)
    return make_table(chosen, kind=kinds, name=[f"{kind} {number}" for number, kind in enumerate(kinds)])


def make_areas(
    roads: Roads, count: int, kinds: tuple[str, ...], random: np.random.Generator, *, metres: float
) -> gpd.GeoDataFrame:
    """Return areas of 60 corners of some kinds."""
    shapes = wobble(random.choice(roads.places, count) + random.normal(0, 400, (count, 2)), metres, random)
    return make_table(shapes, kind=random.choice(kinds, count), name=[f"Området {n}" for n in range(count)])


def wobble(middles: Floats, metres: float, random: np.random.Generator) -> Lines:
    """Return polygons of 60 corners about so large round some places."""
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    size = metres * random.lognormal(0, 0.5, (len(middles), 1))
    wave = 1 + 0.25 * np.sin(3 * turn + random.uniform(0, 6, (len(middles), 1))) + 0.1 * np.sin(11 * turn)
    rings = middles[:, None, :] + (size * wave)[:, :, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return shapely.polygons(rings)


def make_table(shapes: object, **columns: object) -> gpd.GeoDataFrame:
    """Return shapes with columns in the county's coordinate system."""
    shapes = np.asarray(shapes, object)
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=range(len(shapes))), geometry=shapes, crs=CRS)
