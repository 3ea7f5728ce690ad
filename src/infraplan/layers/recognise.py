"""Recognise the files of a folder, and write the study file that they can begin."""

from collections.abc import Iterator
from pathlib import Path

from infraplan.layers.drafts import write_study
from infraplan.layers.matching import Finding, find_matches
from infraplan.layers.schemas import READERS, Schema, Unreadable, read_schemas

__all__ = ["Finding", "look_through", "write_study"]

# What belongs to another file, or is no data: not even looked at.
_BESIDE = {
    ".dbf",
    ".shx",
    ".prj",
    ".cpg",
    ".qpj",
    ".qix",
    ".sbn",
    ".sbx",
    ".xml",
    ".qml",
    ".qgz",
    ".sld",
    ".tfw",
    ".ovr",
    ".aux",
    ".md",
    ".pdf",
    ".html",
    ".htm",
    ".toml",
    ".lock",
    ".dat",
    ".map",
    ".id",
    ".ind",
    ".mid",
    ".gpkg-wal",
    ".gpkg-shm",
}


def look_through(folder: Path) -> list[Finding]:
    """Recognise what lies in a folder and the folders in it, from schemas and a few rows.

    Returns
    -------
    list of Finding
        In the order of the files' names; what was not recognised or cannot be read is there too.
    """
    return [finding for path in _files(folder) for finding in _look_at(path)]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and path.suffix.casefold() != ".gdb":
            yield from _files(path)
        elif path.suffix.casefold() not in _BESIDE:
            yield path


def _look_at(path: Path) -> list[Finding]:
    bare = Schema(path=path, layer=path.stem)
    if path.suffix.casefold() not in READERS:
        return [Finding(bare, problem="format")]
    if not _has_name(path):
        return [Finding(bare, problem="name")]
    try:
        return [finding for schema in read_schemas(path) for finding in find_matches(schema)]
    except Unreadable as error:
        return [Finding(bare, problem=str(error))]


def _has_name(path: Path) -> bool:
    """Tell whether a path can be written in a study file: some old archives leave names that are no text."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True
