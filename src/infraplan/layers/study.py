"""The study file: TOML to a checked ``Study`` with absolute paths."""

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pyproj import CRS
from pyproj.exceptions import CRSError

from infraplan.config import Layer, Study
from infraplan.coverconfig import Published
from infraplan.errors import MissingFileError, StudyError
from infraplan.layers.catalog import CATALOG
from infraplan.layers.coordinates import COORDINATES
from infraplan.layers.studyfile import StudyFile, list_files
from infraplan.layers.tomlfile import build, nearest, read_toml, unknown_name

CODE_DIGITS = 4
"""Of a Swedish municipality's code."""

_WEB_MERCATOR = 3857

_File = TypeVar("_File", Layer, Published)


def read_study(path: str | Path) -> Study:
    """Read a study file, or the ``study.toml`` of a folder.

    Raises
    ------
    StudyError
        The first thing in it that cannot be: file, key, problem and remedy in one line.
    """
    file = Path(path)
    if file.is_dir():
        file = file / "study.toml"
    if not file.is_file():
        raise StudyError("missing_study", file=path)
    study = build(Study, {**read_toml(file), "file": file}, file)
    _check_study_crs(study, file)
    if study.study.municipalities and "municipalities" not in study.layers:
        raise StudyError("municipalities_without_layer", file=file)
    for part in list_files(study):
        _check_layer(part, file)
    home = file.absolute().parent
    layers = {name: tuple(_placed(layer, home) for layer in its) for name, its in study.layers.items()}
    published = tuple(_placed(table, home) for table in study.published)
    info = study.study
    if is_swedish(study):
        codes = tuple(code.zfill(CODE_DIGITS) for code in info.municipalities)
        info = info.model_copy(update={"municipalities": codes})
    earlier = tuple(Path(os.path.normpath(home / folder)) for folder in study.progress.earlier)
    progress = study.progress.model_copy(update={"earlier": earlier})
    placed = {"layers": layers, "published": published, "progress": progress, "file": home / file.name}
    return study.model_copy(update={"study": info, **placed})


def find_missing_files(study: Study) -> Iterator[tuple[str, MissingFileError]]:
    """Yield the labels of the files that are not there, with the error that says so."""
    for part in list_files(study):
        if not part.layer.path.exists():
            where = {"file": study_name(study), "key": f"{part.head} path"}
            yield part.label, _missing_file(part.layer.path, where)


def study_name(study: Study) -> str:
    """Return what to call the study in an error: its file, or its name where it has none."""
    return str(study.file) if study.file else study.study.name


def is_swedish(study: Study) -> bool:
    """Tell whether a study lies in Sweden, going by its CRS."""
    return CRS.from_user_input(study.study.crs).name.startswith("SWEREF99")


def _missing_file(path: Path, where: dict[str, str]) -> MissingFileError:
    r"""Return the error for a file that is not there; backslashes are what Windows parts folders with.

    Within TOML's quotation marks some of them have become signs of their own: data\new is data, a line, ew.
    """
    if not str(path).isprintable() or (os.sep != "\\" and "\\" in str(path)):
        return MissingFileError("missing_file_backslash", **where, path=ascii(str(path)))
    return MissingFileError("missing_file", **where, path=path)


def _placed(file: _File, home: Path) -> _File:
    return file.model_copy(update={"path": Path(os.path.normpath(home / file.path))})


def _check_study_crs(study: Study, file: Path) -> None:
    """Refuse what cannot measure: degrees, feet, and Web Mercator (2.4 times long in Luleå)."""
    crs = _known_crs(study.study.crs, "[study] crs", file)
    metric = crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info[:2])
    if not metric or crs.to_epsg() == _WEB_MERCATOR:
        raise StudyError("study_crs_not_metric", file=file, crs=study.study.crs)


def _check_layer(part: StudyFile, file: Path) -> None:
    layer, head = part.layer, part.head
    if layer.crs is not None:
        _known_crs(layer.crs, f"{head} crs", file)
    if layer.encoding is not None and not _is_encoding(layer.encoding):
        raise StudyError("unknown_encoding", file=file, key=f"{head} encoding", encoding=layer.encoding)
    kind = CATALOG[part.name]
    fields = {field.name: field for field in kind.fields}
    known = [*fields, *([kind.key] if kind.key else []), *COORDINATES]
    for section in ("columns", "values"):
        for ours in getattr(layer, section):
            # A name that is nobody's travels along; one that is nearly ours was meant to be ours.
            if ours not in known and nearest(ours, known):
                raise unknown_name(file, f"{head} {section}", ours, known)
    for ours, mapping in layer.values.items():
        choices = fields[ours].choices if ours in fields else ()
        for value in mapping.values():
            if choices and str(value) not in choices:
                raise unknown_name(file, f"{head} values.{ours}", str(value), choices)


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True


def _known_crs(text: str, key: str, file: Path) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise StudyError("unknown_crs", file=file, key=key, crs=text) from error
