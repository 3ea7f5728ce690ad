"""All or nothing: files are made in a hidden folder, sealed by one renaming, then moved to their places.

A process that dies before the seal leaves the earlier files as they were, and the next one sweeps its rest
away. One that dies after it leaves a sealed folder, and whoever opens the folder next moves the rest. One
writer at a time: the second is told so.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyogrio
from filelock import FileLock, Timeout

from infraplan.errors import InfraplanError, OutputError

STAGING = ".infraplan-staging"
SEALED = ".infraplan-sealed"
LOCK = ".infraplan-lock"
MANIFEST = "manifest.json"
PLAN_PACKAGE, PACKAGE = "plan.gpkg", "coverage.gpkg"
"""All layers of a run with a plan, and of one without."""
FACTS = "facts.parquet"
"""A row a premises with all that is known of it."""

_SAID = {
    errno.EEXIST: "output_not_folder",
    errno.ENOTDIR: "output_not_folder",
    errno.EACCES: "output_forbidden",
    errno.EPERM: "output_forbidden",
    errno.EROFS: "output_forbidden",
    errno.ENOSPC: "output_full",
    errno.EDQUOT: "output_full",
}
_NO_ROOM = 1_000_000
"""Bytes. GDAL does not say that a disk is full; with less than this left, it is."""


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give an empty hidden folder; when all went well, its files go to ``folder``, the manifest last.

    Raises
    ------
    OutputError
        The folder is a file, may not be written, is full, or another run is writing there.
    """
    folder = Path(folder).absolute()
    with _told(folder), _made(folder), _locked(folder):
        _move_sealed(folder)
        staging = folder / STAGING
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        try:
            with _told(folder):
                yield staging
            _check_free(folder, staging)
            staging.replace(folder / SEALED)
            _move_sealed(folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder, and those above it that are missing; where all that follows fails, take them away."""
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for path in new:
                path.rmdir()
        raise


def check_folder(folder: Path) -> None:
    """Hold what can be known of a folder before work begins that is to be written into it; nothing is made.

    Raises
    ------
    OutputError
        The folder, or what it would be made in, is a file or may not be written.
    """
    folder = Path(folder).absolute()
    with _told(folder):
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir():
        raise OutputError("output_not_folder", path=nearest)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError("output_forbidden", path=nearest)


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a path to write one file at; when all went well, it takes the place of ``path``.

    Raises
    ------
    OutputError
        As ``staged``.
    """
    path = Path(path)
    with staged(path.parent) as staging:
        yield staging / path.name


def settle(folder: Path) -> None:
    """Move what a killed process had finished but not yet put in its place.

    Raises
    ------
    OutputError
        As ``staged``.
    """
    folder = Path(folder).absolute()
    if (folder / SEALED).is_dir():
        with _told(folder), _locked(folder):
            _move_sealed(folder)


def _check_free(folder: Path, staging: Path) -> None:
    """Stop before the first file is moved where one of them could not be."""
    for name in sorted(path.name for path in staging.iterdir()):
        if (folder / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))


def _move_sealed(folder: Path) -> None:
    sealed = folder / SEALED
    if not sealed.is_dir():
        return
    for path in sorted(sealed.iterdir(), key=lambda p: (p.name == MANIFEST, p.name)):
        os.replace(path, folder / path.name)  # noqa: PTH105  (the same, said as what it is: atomic)
    sealed.rmdir()


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
        path = error.filename2 or error.filename or folder
        raise OutputError(key, path=path, problem=error.strerror or error) from error
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        key = "output_full" if shutil.disk_usage(folder).free < _NO_ROOM else "cannot_write"
        raise OutputError(key, path=folder, problem=" ".join(str(error).split())) from error
