"""All layers of a study, read, checked and counted."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types as pdt
from shapely.geometry.base import BaseGeometry

from infraplan.config import Layer, LayerName, Study
from infraplan.errors import InfraplanError, LayerError, MissingFileError, StudyError
from infraplan.layers import rules
from infraplan.layers.area import check_studied, find_area, find_rim, find_studied, mend_codes
from infraplan.layers.catalog import CATALOG
from infraplan.layers.columns import (
    COUNTS,
    Mapped,
    find_column,
    find_columns,
    find_left_out,
    map_columns,
)
from infraplan.layers.faults import faults, gather
from infraplan.layers.files import checksum, is_raster, read_source
from infraplan.layers.joining import Earlier, find_copies, join_tables, tell_apart
from infraplan.layers.parse import to_text
from infraplan.layers.placing import Located, locate, move, project
from infraplan.layers.public_kinds import is_protected
from infraplan.layers.sieve import Mask, Sieve
from infraplan.layers.source import Shapes, Source, listed, unreadable
from infraplan.layers.study import find_missing_files
from infraplan.layers.studyfile import StudyFile, list_files
from infraplan.layers.task import Task

if TYPE_CHECKING:
    from infraplan.layers.raster import Mosaic, Raster

Report = Callable[[str, int, int], None]
"""Called with a file's label, how many files have been read, and how many there are."""

_MOJIBAKE = "Ã[¥¤¶…„–\x85\x84\x96]"  # å ä ö Å Ä Ö in UTF-8, read as if they were not
_SAMPLE = 10_000  # rows in which it is looked for


@dataclass(frozen=True)
class Layers:
    """What the study's files hold, after reading.

    Attributes
    ----------
    tables
        Layer name -> table in the study's CRS with the columns of ``catalog.CATALOG``; the index is the
        feature id (text, unique). Layers that the study lacks are absent; rasters are in ``rasters``.
    rasters
        Layer name -> descriptions of its rasters (``layers.raster.Raster``) in the order of the study, cells
        read on demand in windows.
    faults
        Contract FAULTS; ``layer`` is the label of the file.
    counts
        A row a file (index ``layer``, its label: "footprints", "footprints 2"): rows_in, left_out (by
        ``where``, or as no part of what is studied), repaired, set_aside, used; rows_in = left_out +
        set_aside + used always. These are rows of the file: a line of several parts is one row and several
        features.
    sources
        A row a file: path (relative to the study), sha256, bytes, crs, source, licence, date, level,
        modelled, assumption, defaults (the columns that got their default).
    area
        What the study covers: the union of its municipalities, or None.
    """

    tables: Mapping[LayerName, gpd.GeoDataFrame]
    faults: gpd.GeoDataFrame
    counts: pd.DataFrame
    sources: pd.DataFrame
    area: BaseGeometry | None = None
    rasters: Mapping[LayerName, tuple["Raster", ...]] = field(default_factory=dict)

    def get(self, name: LayerName) -> gpd.GeoDataFrame | None:
        """Return a layer's table, or None where the study has none or no row of it could be used."""
        table = self.tables.get(name)
        return table if table is not None and len(table) else None

    def mosaic(self, name: LayerName) -> "Mosaic | None":
        """Return a layer's rasters as one, or None where the study has none."""
        from infraplan.layers.raster import Mosaic  # noqa: PLC0415  (rasterio is loaded only for rasters)

        return Mosaic(self.rasters[name]) if name in self.rasters else None


@dataclass(frozen=True)
class _Read:
    """One file, read: a table, or a raster."""

    file: StudyFile
    described: dict[str, Any]
    table: gpd.GeoDataFrame | None = None
    raster: "Raster | None" = None
    earlier: Earlier = field(default_factory=Earlier)
    """What this file and those before it in the layer hold."""
    codes: frozenset[str] = frozenset()
    """Of municipalities, all that the file has."""
    others: Shapes = field(default_factory=lambda: np.array([], dtype=object))
    """Municipalities of the file that the study is not about."""
    counts: dict[str, int] = field(default_factory=dict)
    faults: list[gpd.GeoDataFrame] = field(default_factory=list)


def read_layers(study: Study, *, report: Report | None = None, strict: bool = True) -> Layers:
    """Read all layers of a study, the municipalities first: the others are held against them.

    Parameters
    ----------
    strict
        Whether a file that cannot be used as a whole stops the reading. Otherwise it becomes a fault of
        severity ``error`` without a feature id, and is absent.

    Raises
    ------
    MissingFileError
        A file is not there; all files are looked for before any is read.
    LayerError
        A file cannot be used as a whole.
    StudyError
        The study's municipalities are not in their layer.
    """
    missing = dict(find_missing_files(study))
    if strict and missing:
        raise next(iter(missing.values()))
    files = sorted(list_files(study), key=lambda file: _ORDER.index(file.name))
    read: dict[str, _Read] = {}
    unusable: list[gpd.GeoDataFrame] = []
    place = _Place()
    for done, file in enumerate(files):
        if report is not None:
            report(file.label, done, len(files))
        try:
            if file.label in missing:
                raise missing[file.label]
            earlier = next((part.earlier for part in reversed(_of(file.name, read))), Earlier())
            read[file.label] = _read_file(Task(file, study, place.area, place.rim), earlier)
        except (LayerError, MissingFileError) as error:
            if strict:
                raise
            unusable.append(whole_layer_fault(error, file.label))
        if file.name == "municipalities" and file.number == file.of:
            try:
                place = _find_place(_of(file.name, read), study)
            except StudyError as error:
                if strict:
                    raise
                unusable.append(whole_layer_fault(error, file.name))
    return _gather_layers(read, unusable, study, place.area)


@dataclass(frozen=True)
class _Place:
    """What the study covers, as ``Task`` wants it; nothing until the municipalities are read."""

    area: BaseGeometry | None = None
    rim: BaseGeometry | None = None


def _of(name: LayerName, read: Mapping[str, _Read]) -> list[_Read]:
    return [part for part in read.values() if part.file.name == name]


def _find_place(parts: list[_Read], study: Study) -> _Place:
    """Return what the study's municipalities cover, whichever file each is in."""
    if not parts:
        return _Place()
    check_studied(frozenset().union(*(part.codes for part in parts)), study)
    tables = [part.table for part in parts if part.table is not None]
    area = find_area(join_tables(tables, CATALOG["municipalities"]), study)
    others = np.concatenate([part.others for part in parts])
    return _Place(area, find_rim(area, others, study.demand.border_m))


def _gather_layers(
    read: Mapping[str, _Read],
    unusable: list[gpd.GeoDataFrame],
    study: Study,
    area: BaseGeometry | None,
) -> Layers:
    """Put the files of each layer under each other."""
    tables: dict[LayerName, gpd.GeoDataFrame] = {}
    rasters: dict[LayerName, tuple[Raster, ...]] = {}
    for name in dict.fromkeys(part.file.name for part in read.values()):
        parts = _of(name, read)
        if found := [part.table for part in parts if part.table is not None]:
            tables[name] = join_tables(found, CATALOG[name])
        if cells := tuple(part.raster for part in parts if part.raster is not None):
            rasters[name] = cells
    told = [*unusable, *(part for file in read.values() for part in file.faults), *_find_repeated(read)]
    return Layers(
        tables=tables,
        rasters=rasters,
        faults=gather(told, study.study.crs),
        counts=_gather({label: file.counts for label, file in read.items() if file.counts}, _COUNTED),
        sources=_gather({label: file.described for label, file in read.items()}, _DESCRIBED),
        area=area,
    )


def _find_repeated(read: Mapping[str, _Read]) -> Iterator[gpd.GeoDataFrame]:
    """Yield a fault for each file that its layer has had before, read in the same way."""
    seen: dict[str, str] = {}
    for label, part in read.items():
        told = part.file.layer.model_dump(mode="json", include=set(_READ_BY))
        key = f"{part.file.name} {part.described['sha256']} {told}"
        if key in seen:
            values = {"path": part.described["path"], "other": seen[key]}
            yield faults("file_twice", label, severity="warning", values=values)
        seen.setdefault(key, label)


_ORDER: tuple[LayerName, ...] = ("municipalities", *(name for name in CATALOG if name != "municipalities"))
_READ_BY = ("layer", "theme", "columns", "values", "where", "crs", "swap")
_MAY_BE_PROTECTED: tuple[LayerName, ...] = ("public_buildings", "service_points")
_COUNTED = ("rows_in", "left_out", "repaired", "set_aside", "used")
_STATED = ("source", "licence", "date", "level", "modelled", "assumption")
_DESCRIBED = ("path", "sha256", "bytes", "crs", *_STATED, "defaults")


def whole_layer_fault(error: InfraplanError, layer: str) -> gpd.GeoDataFrame:
    """Return an error about a whole layer as a fault; its sentence is the error's own."""
    return faults(error.key, layer, severity="error", values=dict(error.values))


def _read_file(task: Task, earlier: Earlier) -> _Read:
    """Take one file of a layer to its table.

    All rows stay in place, used or not, until the last step: so a row is always the row of the file.
    """
    name, layer = task.kind.name, task.layer
    described = _describe(layer, task.study)
    if is_raster(name, layer.path):
        return _open_raster(task, described, earlier)
    source = read_source(task.file)
    columns = find_columns(source.frame, task)
    left_out = find_left_out(source.frame, task)
    beyond, codes = np.zeros(len(left_out), dtype=bool), frozenset[str]()
    remarks = list(_remark_rows(source, left_out, task))
    located = locate(source, task, columns)
    sieve = Sieve(used=~left_out)
    mapped = map_columns(source.frame, columns, task, sieve)
    if source.ragged is not None:
        sieve.find("ragged_row", source.ragged)
    if name == "municipalities":
        mapped = _with_codes(mapped, task, sieve)
        codes = frozenset(mapped.frame["code"])
        beyond = sieve.used & ~find_studied(mapped.frame["code"], task.study)
        left_out |= beyond
        sieve.used &= ~left_out
    shapes, earlier = _sift(located, mapped, task, sieve, earlier)
    table, ids = _build_table(mapped, shapes, task, sieve, earlier)
    hidden = is_protected(mapped.frame).to_numpy(bool) if name in _MAY_BE_PROTECTED else None
    found = sieve.faults(task.file.label, ids, shapes, task.crs, hidden)
    return _Read(
        task.file,
        described | {"crs": located.crs.to_string() if located.crs else "", "defaults": mapped.defaults},
        table=table,
        earlier=earlier.joined(table.index, pd.Series(ids)[sieve.used]) if task.file.of > 1 else earlier,
        codes=codes,
        others=move(located, beyond, task.crs),
        counts=_count(source, left_out, sieve),
        faults=[*remarks, *_remarks(source, located, task), *found],
    )


def _open_raster(task: Task, described: dict[str, Any], earlier: Earlier) -> _Read:
    # rasterio is loaded only where there are rasters.
    from infraplan.layers.rasterfile import read_raster_file, remark_raster  # noqa: PLC0415

    raster = read_raster_file(task)
    told = described | {"crs": raster.crs.to_string(), "defaults": ()}
    found = list(remark_raster(raster, task))
    return _Read(task.file, told, raster=raster, earlier=earlier, faults=found)


def _with_codes(mapped: Mapped, task: Task, sieve: Sieve) -> Mapped:
    codes = mend_codes(mapped.frame["code"], task.study, sieve)
    return replace(mapped, frame=mapped.frame.assign(code=codes), ids=codes)


def _sift(
    located: Located, mapped: Mapped, task: Task, sieve: Sieve, earlier: Earlier
) -> tuple[Shapes, Earlier]:
    """Ask all rules that look at shapes; return the shapes in the study's CRS, mended."""
    kind = task.kind
    optional = np.zeros(len(located.shapes), dtype=bool)
    if "none" in kind.shapes:
        optional = (mapped.frame["premises_id"] != "").to_numpy(dtype=bool)
    shapes = project(located, task, sieve, optional=optional)
    shapes = rules.mend_shapes(shapes, kind, sieve)
    rules.check_area(shapes, task, sieve)
    rules.check_dates(mapped, kind, sieve)
    rules.check_rooms(mapped, task, sieve)
    # Roads drawn twice get in each other's way, whatever they are called; other things may share a place.
    names = [field.name for field in kind.fields if field.name != "name"] if kind.name == "roads" else None
    rules.find_duplicates(shapes, mapped, kind, names, sieve)
    copies = find_copies(shapes, mapped, names, file=task.file, earlier=earlier, sieve=sieve)
    return shapes, copies.add_to(earlier, sieve.used)


def _build_table(
    mapped: Mapped, shapes: Shapes, task: Task, sieve: Sieve, earlier: Earlier
) -> tuple[gpd.GeoDataFrame, NDArray[np.object_]]:
    """Return the file's table, and the ids of all its rows, which no earlier file of the layer has used."""
    head, tail = task.file.label.replace(" ", "-"), f"@{task.file.number}"
    numbered = pd.Series([f"{head}-{row}" for row in range(1, len(shapes) + 1)], dtype="str")
    ids = mapped.ids.where(mapped.ids != "", numbered)
    rows = np.flatnonzero(sieve.used)
    ids.iloc[rows] = tell_apart(ids.iloc[rows], taken=earlier.ids, tail=tail)
    counted = any(column.name in COUNTS for column in task.kind.fields)
    at, parts = rules.explode(shapes[rows], counted=counted)
    of = pd.Series(at)
    names = ids.iloc[rows[at]].reset_index(drop=True)
    numbers = "/" + (of.groupby(of).cumcount() + 1).astype("str")
    names = names + numbers.where(of.duplicated(keep=False), "")
    names = tell_apart(names, taken=earlier.names, tail=tail)
    frame = mapped.frame.iloc[rows[at]].set_axis(pd.Index(names, name="feature_id", dtype="str"))
    return gpd.GeoDataFrame(frame, geometry=parts, crs=task.crs), ids.to_numpy(dtype=object)


def _count(source: Source, left_out: Mask, sieve: Sieve) -> dict[str, int]:
    rows, left, used = len(left_out), int(left_out.sum()), int(sieve.used.sum())
    return {
        "rows_in": rows + source.left_out,
        "left_out": left + source.left_out,
        "repaired": int(sieve.repaired.sum()),
        "set_aside": rows - left - used,
        "used": used,
    }


def _remark_rows(source: Source, left_out: Mask, task: Task) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is odd about a file of which nothing is left to use."""
    if len(left_out) and left_out.all():
        column = next(iter(task.layer.where))
        cells = to_text(source.frame[find_column(column, source.frame, "where", task)])
        values = {"count": len(cells), "column": column, "found": listed(list(dict.fromkeys(cells)))}
        yield faults("nothing_kept", task.file.label, severity="warning", values=values)
    elif not len(left_out) and not source.left_out:
        yield faults("no_rows", task.file.label, severity="warning")


def _remarks(source: Source, located: Located, task: Task) -> list[gpd.GeoDataFrame]:
    """Return what is odd about a file that can be used all the same."""
    found: list[tuple[str, dict[str, str]]] = [("reader_remark", {"remark": text}) for text in source.remarks]
    found += source.told
    if located.contradicted is not None and located.crs is not None:
        said, stated = located.contradicted.to_string(), located.crs.to_string()
        found.append(("crs_contradicted", {"said": said, "stated": stated}))
    found += [
        ("garbled_text", {"column": column, "value": value}) for column, value in _find_garbled(source.frame)
    ]
    return [faults(rule, task.file.label, severity="warning", values=values) for rule, values in found]


def _find_garbled(frame: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield columns whose Swedish letters were read in the wrong encoding, with an example."""
    for column, values in frame.head(_SAMPLE).items():
        if pdt.is_string_dtype(values.dtype):
            garbled = values[values.str.contains(_MOJIBAKE, na=False)]
            if len(garbled):
                yield str(column), str(garbled.iloc[0])


def _describe(layer: Layer, study: Study) -> dict[str, Any]:
    """Return what is known of a layer's file before it is read."""
    try:
        sha256, size = checksum(layer.path)
    except OSError as error:
        raise unreadable(layer.path, error.strerror or error) from error
    home = study.file.parent if study.file else Path.cwd()
    stated = layer.model_dump(include=set(_STATED))
    stated["date"] = layer.date.isoformat() if layer.date else ""
    path = Path(os.path.relpath(layer.path, home)).as_posix()
    return {"path": path, "sha256": sha256, "bytes": size} | stated


def _gather(rows: Mapping[str, Mapping[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Put a row a file under each other."""
    layers = pd.Index(list(rows), name="layer", dtype="str")
    return pd.DataFrame(list(rows.values()), columns=list(columns), index=layers)
