"""Measure mobile coverage of a county: a raster of 80 M cells, 150 000 premises, 30 000 km of road.

``python benchmarks/mobile.py`` makes the raster (a GeoTIFF in tiles, deflated, dBm) and the rest in a
temporary folder and measures the stage in a process of its own; ``--size tiny`` shows that the measurement
works, ``--operators 4`` gives each of four a raster. Nothing of it is a real place.
"""

import argparse
import resource
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from affine import Affine
from measure import measure
from rasterio.windows import Window

from infraplan import tables
from infraplan.config import Study, StudyInfo
from infraplan.coverage.mobile import evaluate_mobile
from infraplan.coverage.mobile_maps import first_area
from infraplan.demand.membership import assign_zones
from infraplan.layers import Layers
from infraplan.layers.catalog import CATALOG
from infraplan.layers.mobile_rules import read_mobile_rules
from infraplan.layers.raster import read_raster
from infraplan.spatial import build_index

CRS = "EPSG:3006"
CORNER = np.array([400_000.0, 7_200_000.0])
TARGET = "60 s, memory bounded by the window"


class Size(NamedTuple):
    """Cells a side of 50 m, and how much lies among them."""

    rows: int
    columns: int
    premises: int
    road_km: int


SIZES = {"county": Size(10_000, 8_000, 150_000, 30_000), "tiny": Size(300, 200, 500, 100)}
CELL_M = 50.0
TILE = 512


def write_raster(path: Path, size: Size, seed: int) -> None:
    """Write a raster of signal: waves around masts, weaker with distance, rough from cell to cell."""
    random = np.random.default_rng(seed)
    masts = random.random((400, 2)) * (size.rows, size.columns)
    tree = shapely.STRtree(shapely.points(masts))
    profile = {"driver": "GTiff", "width": size.columns, "height": size.rows, "count": 1, "dtype": "int16"}
    place = Affine(CELL_M, 0.0, CORNER[0], 0.0, -CELL_M, CORNER[1] + size.rows * CELL_M)
    storage = {"tiled": True, "blockxsize": TILE, "blockysize": TILE, "compress": "deflate"}
    with rasterio.open(path, "w", **profile, crs=CRS, transform=place, nodata=-32768, **storage) as file:
        for top in range(0, size.rows, TILE):
            for left in range(0, size.columns, TILE):
                height, width = min(TILE, size.rows - top), min(TILE, size.columns - left)
                row, column = np.mgrid[top : top + height, left : left + width]
                coarse = shapely.points(row[::16, ::16].ravel(), column[::16, ::16].ravel())
                _, away = tree.query_nearest(coarse, return_distance=True, all_matches=False)
                away = np.kron(away.reshape(row[::16, ::16].shape), np.ones((16, 16)))[:height, :width]
                cells = np.rint(-70 - 14 * np.log2(1 + away / 20) + random.normal(0, 2, away.shape))
                cells[cells < -130] = -32768
                file.write(cells.astype("int16"), 1, window=Window(left, top, width, height))


def make_table(name: str, shapes: np.ndarray, **columns: object) -> gpd.GeoDataFrame:
    """Return a layer as it is read."""
    index = pd.Index(np.arange(len(shapes)).astype(str), dtype="str")
    defaults = {field.name: "" if field.default is None else field.default for field in CATALOG[name].fields}
    return gpd.GeoDataFrame(pd.DataFrame(defaults | columns, index=index), geometry=shapes, crs=CRS)


def make_roads(size: Size, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return roads of 1 km, bent every 50 m, along straight ways of 50 km."""
    extent = np.array([size.columns, size.rows]) * CELL_M
    ways = -(-size.road_km // 50)
    start = CORNER + random.random((ways, 2)) * extent
    heading = random.random(ways) * 2 * np.pi
    along = np.arange(1_001) * CELL_M
    step = np.stack([np.cos(heading), np.sin(heading)], axis=1)
    places = start[:, None] + along[:, None] * step[:, None] + random.normal(0, 5, (ways, 1_001, 2))
    # What would leave the county turns back at its border.
    places = CORNER + extent - np.abs(extent - np.mod(places - CORNER, 2 * extent))
    parts = np.stack([places[:, at * 20 : at * 20 + 21] for at in range(50)], axis=1).reshape(-1, 21, 2)
    numbers = np.repeat(np.arange(ways), 50).astype(str)
    classes = np.repeat(random.integers(0, 8, ways), 50).astype(str)
    return make_table("roads", shapely.linestrings(parts), road_number=numbers, road_class=classes)


def make_zones(size: Size) -> gpd.GeoDataFrame:
    """Return a county of 14 municipalities with borders of many corners."""
    width, height = size.columns * CELL_M, size.rows * CELL_M
    across = np.linspace(0, width, 2_001)
    waves = [np.sin(across / 2_000 + at) * height / 100 * (0 < at < 7) for at in range(8)]
    lines = [np.stack([across, height * at / 7 + wave], axis=1) for at, wave in enumerate(waves)]
    shapes = [
        shapely.polygons(np.r_[low[half], high[half][::-1]] + CORNER)
        for low, high in pairwise(lines)
        for half in (slice(0, 1_001), slice(1_000, None))
    ]
    kinds = ["study", *["municipality"] * 14, "locality"]
    ids = ["study", *(f"municipality:{code}" for code in range(14)), "locality:a"]
    middle = shapely.box(*CORNER + 1_000, *CORNER + 3_000)
    frame = pd.DataFrame({"name": ids, "kind": kinds, "population": np.nan}, index=pd.Index(ids, dtype="str"))
    frame = frame.rename_axis("zone_id")
    return gpd.GeoDataFrame(frame, geometry=[shapely.union_all(shapes), *shapes, middle], crs=CRS)


def make_premises(size: Size, zones: gpd.GeoDataFrame, random: np.random.Generator) -> gpd.GeoDataFrame:
    """Return premises strewn evenly."""
    xy = CORNER + random.random((size.premises, 2)) * (size.columns * CELL_M, size.rows * CELL_M)
    points = shapely.points(xy)
    municipal = zones[zones["kind"] == "municipality"]
    at = first_area(build_index(municipal.geometry.to_numpy()), xy)
    frame = pd.DataFrame(
        {
            "households": random.integers(0, 3, size.premises),
            "workplaces": random.integers(0, 2, size.premises),
            "kind": random.choice(["single", "holiday"], size.premises),
            "municipality": municipal.index.str.partition(":").get_level_values(2).to_numpy()[at],
            "locality": "",
            "settlement_class": "outside",
            "source": "made",
            "vintage": "",
        },
        index=pd.Index(np.arange(size.premises).astype(str), dtype="str", name="premises_id"),
    )
    return gpd.GeoDataFrame(frame, geometry=points, crs=CRS)


def run(folder: Path, size: Size) -> None:
    """Evaluate what lies in a folder, and say what came of it."""
    random = np.random.default_rng(1)
    zones = make_zones(size)
    premises = make_premises(size, zones, random)
    rasters = tuple(
        read_raster(path, holds="dbm", stated={"operator": path.stem, "technology": "4g", "use": "hand"})
        for path in sorted(folder.glob("*.tif"))
    )
    layers = Layers(
        tables={"roads": make_roads(size, random)},
        rasters={"mobile_coverage": rasters},
        faults=tables.empty(tables.FAULTS, CRS),
        counts=pd.DataFrame(),
        sources=pd.DataFrame(),
    )
    study = Study(study=StudyInfo(name="A made county", year=2026, language="en"))
    found = evaluate_mobile(
        premises, assign_zones(premises, zones), zones, layers, read_mobile_rules("2026"), study
    )
    whole = found.mobile.query(
        "zone_id == 'study' and level == 'data_10' and operator == '' and technology == ''"
    )
    shares = ", ".join(f"{row.of} {row.share:.3f}" for row in whole.itertuples() if row.road_class == "")
    print(f"{shares}; {len(found.mobile)} rows of shares, {len(found.mobile_gaps)} stretches", end="")


def main() -> None:
    """Print one row, or be the process that is measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--size", choices=SIZES, default="county")
    parser.add_argument("--operators", type=int, default=1)
    parser.add_argument("--run", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run(options.run, SIZES[options.size])
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(options.operators):
            write_raster(folder / f"operator{number}.tif", SIZES[options.size], number)
        measured = measure(sys.executable, __file__, "--run", name, "--size", options.size)
    title = f"mobile coverage of a made {options.size}, {options.operators} raster(s)"
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    notes = f"{used.ru_utime + used.ru_stime:.1f} s of CPU; {measured.out}"
    print(f"| {title} | {TARGET} | {measured.seconds:.2f} | {measured.memory_mb:.0f} | {notes} |")


if __name__ == "__main__":
    main()
