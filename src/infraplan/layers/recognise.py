"""Recognise the files of a folder, and write the study file that they can begin."""

from collections.abc import Iterator
from pathlib import Path

from infraplan.errors import MissingFileError
from infraplan.layers.drafts import describe, write_study
from infraplan.layers.matching import Finding, find_matches
from infraplan.layers.schemas import READERS, Schema, Unreadable, read_schemas

__all__ = ["Finding", "describe", "look_through", "write_study"]

# What belongs to another file, or is no data: not looked at.
_BESIDE = {
    *(
        ".aux",
        ".cpg",
        ".dbf",
        ".gpkg-shm",
        ".gpkg-wal",
        ".idx",
        ".ovr",
        ".prj",
        ".qix",
        ".qml",
        ".qpj",
        ".sbn",
    ),
    *(".sbx", ".shx", ".sld", ".tfw", ".xml", ".htm", ".html", ".lock", ".md", ".pdf", ".qgz", ".toml"),
}
_RESULTS = ("manifest.json", "faults.geojson")
"""What folders of finished runs and checks hold: no input."""


def look_through(folder: Path) -> list[Finding]:
    """Recognise what lies in a folder and the folders in it, from schemas and a few rows.

    Hidden files, links to folders and the results of finished runs are passed over.

    Returns
    -------
    list of Finding
        In the order of the files' names; what was not recognised or cannot be read is there too.

    Raises
    ------
    MissingFileError
        There is no such folder.
    """
    if not folder.is_dir():
        raise MissingFileError("missing_folder", folder=folder)
    return list(_look_into(folder))


def _look_into(folder: Path) -> Iterator[Finding]:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        yield Finding(Schema(path=folder, layer=folder.name), problem=error.strerror or str(error))
        return
    for path in paths:
        if path.name.startswith(".") or path.suffix.casefold() in _BESIDE:
            continue
        if not path.is_dir() or path.suffix.casefold() == ".gdb":
            yield from _look_at(path)
        elif not path.is_symlink() and not any((path / name).is_file() for name in _RESULTS):
            yield from _look_into(path)


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
