"""The county's main roads: hand-placed courses, made to wind, noded and cut at the municipal borders."""

import geopandas as gpd
import numpy as np
import shapely

from infraplan.demo.lines import CM, insert_points, node_roads, road_table, split_roads, stack, wander
from infraplan.demo.norrbotten import CRS, Array, Norrbotten

STEP_M = 700.0
BRIDGE_EVERY_M = 20_000.0


def build_axes(county: Norrbotten, *, seed: int) -> gpd.GeoDataFrame:
    """Build the main roads of the whole county, each piece with the ``municipality`` where it lies."""
    roads = node_roads(stack([table for i in range(len(county.axes)) for table in _axis(county, i, seed)]))
    lines = roads.geometry.to_numpy()
    borders = shapely.boundary(county.municipalities.geometry.to_numpy())
    road, border = shapely.STRtree(borders).query(lines, predicate="crosses")[:2]
    parts, pair = shapely.get_parts(shapely.intersection(lines[road], borders[border]), return_index=True)
    dots = shapely.get_type_id(parts) == 0
    cuts = np.round(shapely.get_coordinates(parts[dots]), CM)
    roads = roads.set_geometry(gpd.GeoSeries(insert_points(lines, road[pair[dots]], cuts), crs=CRS))
    pieces = split_roads(roads, cuts)
    return pieces.assign(municipality=_find_municipality(pieces, county))


def _axis(county: Norrbotten, i: int, seed: int) -> list[gpd.GeoDataFrame]:
    """Return one road, its bridges as roads of their own."""
    row = county.axes.iloc[i]
    rng = np.random.default_rng([seed, i])
    xy = wander(np.array([county.spots[name] for name in row["course"].split(" > ")]), rng, step_m=STEP_M)
    length = float(np.hypot(*np.diff(xy, axis=0).T).sum())
    starts = np.unique(rng.integers(2, len(xy) - 3, size=round(length / BRIDGE_EVERY_M)))
    about = {"road_class": row["road_class"], "surface": row["surface"], "name": row["name"], "use": "axis"}
    bridges = [shapely.LineString(xy[k : k + 2]) for k in starts]
    return [road_table(_between(xy, starts), **about), road_table(bridges, **about, bridge=True)]


def _between(xy: Array, starts: np.ndarray) -> list[shapely.LineString]:
    edges = np.concatenate([[0], np.repeat(starts, 2) + np.tile([0, 1], len(starts)), [len(xy) - 1]]).reshape(
        -1, 2
    )
    return [shapely.LineString(xy[a : b + 1]) for a, b in edges if b > a]


def _find_municipality(pieces: gpd.GeoDataFrame, county: Norrbotten) -> np.ndarray:
    middles = pieces.geometry.interpolate(0.5, normalized=True)
    tree = shapely.STRtree(county.municipalities.geometry.to_numpy())
    found = tree.query_nearest(middles.to_numpy(), all_matches=False)[1]
    codes: np.ndarray = county.municipalities.index.to_numpy()[found]
    return codes
