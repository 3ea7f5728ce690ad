"""Measure the coverage engine against what else there is: CPU seconds of one machine, answers held equal.

``python benchmarks/coverage_bench.py`` prints the table; ``--only within,best`` measures some rows. A peer
that is not installed is skipped: DuckDB is no part of the package, and comes by ``pip install --target FOLDER
duckdb`` and ``PYTHONPATH=FOLDER``. Everybody runs in this process with two threads, one after the other, once
without being measured and then five times, of which the median counts; seconds are those of all threads.

(It may not be named ``coverage``: numba would take it for the package that measures tests.)
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from coverage_data import Country, make_country, make_coverage

from infraplan import spatial

CRS = "EPSG:3006"
WITHIN_M = 50.0
LIBRARIES = ("geopandas", "shapely", "numpy", "scipy", "numba", "duckdb")

RUNS = 5
_EASY_S = 60.0
"""What takes longer than this is run only once, without a run before."""


@dataclass(frozen=True)
class Row:
    """What a work took, and what a peer took for the same.

    Attributes
    ----------
    work, peer
        What was done, and by what else.
    ours_s, peer_s
        CPU seconds; None for a peer that is not there.
    target
        How many times as fast we are to be.
    note
        What else is to be known.
    """

    work: str
    peer: str
    ours_s: float
    peer_s: float | None
    target: float
    note: str = ""

    def render(self) -> str:
        """Return a row of the table."""
        start = f"| {self.work} | {self.ours_s:.3f} | {self.peer} |"
        if self.peer_s is None:
            return f"{start} | | {self.target:g} | skipped: {self.note} |"
        ratio = self.peer_s / self.ours_s
        verdict = "met" if ratio >= self.target else "**missed**"
        said = f"{verdict}: {self.note}" if self.note else verdict
        return f"{start} {self.peer_s:.2f} | {ratio:.0f} | {self.target:g} | {said} |"


HEAD = "| work | ours, CPU s | peer | peer, CPU s | ratio | target | verdict |\n|---|---|---|---|---|---|---|"


def measure(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Return the median of the CPU seconds that a work takes, and what it returns."""
    seconds = []
    answer = None
    while len(seconds) <= runs:
        begin = time.process_time()
        answer = work()
        seconds.append(time.process_time() - begin)
        if seconds[0] > _EASY_S:
            return seconds[0], answer
    return statistics.median(seconds[1:]), answer


def check(ours: Any, theirs: Any, peer: str) -> None:
    """Stop where answers differ."""
    if not np.array_equal(ours, theirs, equal_nan=True):
        raise SystemExit(f"{peer} has another answer: {np.count_nonzero(ours != theirs)} differ")


def within(runs: int) -> Iterator[Row]:
    """Ask who of two millions lies within 50 m of a connected address."""
    country, points, sites = make_points(2_000_000)
    work = f"within 50 m, {spell(len(points))} × {spell(len(sites))}"
    seconds, near = measure(find_near(points, sites), runs)

    def by_geopandas() -> np.ndarray:
        joined = gpd.sjoin(points, sites, predicate="dwithin", distance=WITHIN_M)
        return np.isin(points.index, joined.index)

    theirs, answer = measure(by_geopandas, runs)
    check(near, answer, "geopandas")
    yield Row(f"{work}, from tables", "geopandas sjoin dwithin", seconds, theirs, 12)
    # DuckDB has its coordinates in columns: so have we.
    homes, wired = country.xy, country.xy[country.connected]
    seconds, _ = measure(lambda: spatial.find_within(homes, wired, WITHIN_M), runs)
    work = f"{work}, from columns"
    if find_spec("duckdb") is None:
        yield Row(work, "DuckDB cell join in SQL", seconds, None, 5, "not installed")
        return
    theirs, answer = measure(join_cells(country), runs)
    check(near, answer, "DuckDB")
    yield Row(work, "DuckDB cell join in SQL", seconds, theirs, 5)


def buffers(runs: int) -> Iterator[Row]:
    """Answer the same for 200 000 against what many write first: circles, their union, a join."""
    _, points, sites = make_points(200_000)
    seconds, near = measure(find_near(points, sites), runs)

    def by_buffers() -> np.ndarray:
        around = gpd.GeoDataFrame(geometry=[sites.buffer(WITHIN_M).union_all()], crs=CRS).explode()
        return np.isin(points.index, gpd.sjoin(points, around, predicate="within").index)

    theirs, answer = measure(by_buffers, runs)
    missed = np.count_nonzero(near & ~answer)
    if (answer & ~near).any():
        raise SystemExit("a circle of chords holds what is not within")
    work = f"within 50 m, {spell(len(points))} × {spell(len(sites))}, from tables"
    yield Row(work, "geopandas buffer, union, sjoin", seconds, theirs, 100, f"the circles miss {missed}")


def best(runs: int) -> Iterator[Row]:
    """Find the best speed of 200 000 premises in 2 000 areas with 23 M corners, the index kept."""
    country, points, _ = make_points(200_000)
    shapes, speed = make_coverage(country)
    areas = gpd.GeoDataFrame({"speed": speed}, geometry=shapes, crs=CRS)
    begin = time.process_time()
    index = spatial.build_index(areas.geometry.to_numpy())
    spatial.find_best(index, country.xy, speed)
    built = time.process_time() - begin
    seconds, fastest = measure(
        lambda: spatial.find_best(index, shapely.get_coordinates(points.geometry.to_numpy()), speed), runs
    )

    def by_geopandas() -> np.ndarray:
        joined = gpd.sjoin(points, areas, predicate="within")
        return joined["speed"].groupby(joined.index).max().reindex(points.index).to_numpy()

    theirs, answer = measure(by_geopandas, runs)
    check(fastest, answer, "geopandas")
    corners = shapely.get_num_coordinates(shapes).sum() / 1e6
    work = f"best speed, {spell(len(points))} in {spell(len(areas))} areas of {corners:.0f} M corners"
    yield Row(work, "geopandas sjoin within", seconds, theirs, 4, f"the index took {built:.1f} s once")


ROWS: dict[str, Callable[[int], Iterator[Row]]] = {"within": within, "buffers": buffers, "best": best}
"""What can be measured alone; each yields a row a peer."""


@cache
def make_points(premises: int) -> tuple[Country, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return a made country, its premises and those that are connected."""
    country = make_country(premises)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*country.xy.T), crs=CRS)
    return country, points, points[country.connected]


def find_near(points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> Callable[[], np.ndarray]:
    """Return what asks us, from the same tables that others get."""
    shapes = points.geometry.to_numpy(), sites.geometry.to_numpy()
    return lambda: spatial.find_within(*(shapely.get_coordinates(one) for one in shapes), WITHIN_M)


def join_cells(country: Country) -> Callable[[], np.ndarray]:
    """Return what asks DuckDB: cells of the distance, each site in its own and the eight around it."""
    import duckdb  # noqa: PLC0415 (may be missing)

    database = duckdb.connect()
    database.execute("SET threads = 2")
    for name, xy in (("premises", country.xy), ("sites", country.xy[country.connected])):
        table = pd.DataFrame({"id": np.arange(len(xy)), "x": xy[:, 0], "y": xy[:, 1]})
        database.register("table_now", table)
        database.execute(f"CREATE TABLE {name} AS SELECT * FROM table_now")  # noqa: S608 (names are ours)
    question = """
        WITH near AS (
            SELECT x, y, floor(x / 50)::INTEGER + dx.step AS cx, floor(y / 50)::INTEGER + dy.step AS cy
            FROM sites, (VALUES (-1), (0), (1)) AS dx(step), (VALUES (-1), (0), (1)) AS dy(step)
        )
        SELECT id FROM premises AS p SEMI JOIN near AS s
        ON floor(p.x / 50)::INTEGER = s.cx AND floor(p.y / 50)::INTEGER = s.cy
        AND sqrt((p.x - s.x) * (p.x - s.x) + (p.y - s.y) * (p.y - s.y)) <= 50
    """

    def ask() -> np.ndarray:
        found = np.zeros(len(country.xy), dtype=bool)
        found[database.execute(question).fetchnumpy()["id"]] = True
        return found

    return ask


def spell(count: int) -> str:
    return f"{count:,}".replace(",", " ")


def describe_machine() -> str:
    """Return where this is measured, and with what."""
    versions = []
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"no {name}")
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{machine}, {', '.join(versions)}"


def read_rows(text: str) -> list[str]:
    """Return the rows that are asked for, in the table's order."""
    asked = set(text.split(","))
    if unknown := asked - set(ROWS):
        msg = f"{', '.join(sorted(unknown))}: the rows are {', '.join(ROWS)}"
        raise argparse.ArgumentTypeError(msg)
    return [name for name in ROWS if name in asked]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--only", type=read_rows, default=list(ROWS), metavar=",".join(ROWS))
    parser.add_argument("--runs", type=int, default=RUNS, help="of which the median counts")
    options = parser.parse_args()
    print(describe_machine(), HEAD, sep="\n\n")
    for name in options.only:
        for row in ROWS[name](options.runs):
            print(row.render(), flush=True)


if __name__ == "__main__":
    main()
