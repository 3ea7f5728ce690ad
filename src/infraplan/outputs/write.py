"""Results into a folder, all or nothing: staged in a hidden folder, then moved, the manifest last.

A run that is killed while it computes or writes leaves the earlier result as it was; the next one sweeps its
rest away. One writer at a time: the second is told so.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from filelock import FileLock, Timeout

from infraplan import words
from infraplan.errors import InfraplanError, OutputError
from infraplan.layers.faults import describe
from infraplan.outputs import manifest
from infraplan.outputs.delimited import to_csv
from infraplan.outputs.finished import remap
from infraplan.outputs.geojson import to_geojson, to_points
from infraplan.outputs.gpkg import write_gpkg
from infraplan.outputs.maps import build_map
from infraplan.outputs.results import Results
from infraplan.tables import TARGETS
from infraplan.words import Words

STAGING = ".infraplan-staging"
LOCK = ".infraplan-lock"
MANIFEST = "manifest.json"

_SAID = {
    errno.EEXIST: "output_not_folder",
    errno.ENOTDIR: "output_not_folder",
    errno.EACCES: "output_forbidden",
    errno.EPERM: "output_forbidden",
    errno.EROFS: "output_forbidden",
    errno.ENOSPC: "output_full",
    errno.EDQUOT: "output_full",
}


def write_results(results: Results, folder: Path) -> Path:
    """Write all that a run leaves into ``folder`` (made where it is missing), and return it.

    Raises
    ------
    OutputError
        The folder is a file, may not be written, is full, or another run is writing there.
    """
    folder = Path(folder)
    with staged(folder) as staging:
        for name, text in _texts(results).items():
            _write(staging / name, text)
        write_gpkg(results, staging / "plan.gpkg")
        _write(staging / MANIFEST, manifest.to_json(manifest.build(results, staging)))
    return folder


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give an empty hidden folder; when all went well, its files go to ``folder``, the manifest last.

    Raises
    ------
    OutputError
        As ``write_results``.
    """
    folder = Path(folder).absolute()
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            staging = folder / STAGING
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            try:
                yield staging
                for path in sorted(staging.iterdir(), key=lambda p: (p.name == MANIFEST, p.name)):
                    os.replace(path, folder / path.name)  # noqa: PTH105  (the same, said as what it is: atomic)
            finally:
                shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a path to write one file at; when all went well, it takes the place of ``path``.

    Raises
    ------
    OutputError
        As ``write_results``.
    """
    path = Path(path)
    with staged(path.parent) as staging:
        yield staging / path.name


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OutputError("output_busy", folder=folder) from None
    try:
        yield
    finally:
        # Removed while held, so that nobody can lock the old file in between; Windows removes it by itself.
        with suppress(OSError):
            (folder / LOCK).unlink()
        lock.release()


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn what the system says about a folder into one line for the user."""
    try:
        yield
    except InfraplanError:
        raise
    except OSError as error:
        key = _SAID.get(error.errno or 0, "cannot_write")
        raise OutputError(key, path=error.filename or folder, problem=error.strerror or error) from error
    except pyogrio.errors.DataSourceError as error:
        raise OutputError("cannot_write", path=folder, problem=" ".join(str(error).split())) from error


def write_faults(faults: gpd.GeoDataFrame, folder: Path, speech: Words) -> Path:
    """Write faults alone, as a table and as a map layer, into ``folder``, and return it."""
    with staged(folder) as staging:
        for name, text in _fault_texts(faults, speech).items():
            _write(staging / name, text)
    return folder


def write_map(folder: Path, path: Path, language: str) -> Path:
    """Write the map of the finished run in ``folder`` to ``path``, a language first, and return the path."""
    write_text(path, remap(folder, language))
    return path


def write_text(path: Path, text: str) -> None:
    """Write a text file, all or nothing."""
    with atomic(path) as staging:
        _write(staging, text)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _texts(results: Results) -> dict[str, str]:
    speech = words.load(results.study.study.language)
    return {
        "map.html": build_map(results),
        "white_spots.geojson": to_geojson(results.white_spots),
        "white_spot_areas.geojson": to_geojson(results.white_spot_areas),
        "routes.geojson": to_geojson(results.plan.routes),
        "targets.csv": to_csv(results.targets, TARGETS.names),
        **_fault_texts(results.faults, speech),
    }


def _fault_texts(faults: gpd.GeoDataFrame, speech: Words) -> dict[str, str]:
    said = describe(faults, speech)
    return {
        "faults.csv": to_csv(pd.DataFrame(said.drop(columns=said.geometry.name))),
        "faults.geojson": to_geojson(to_points(said)),
    }
