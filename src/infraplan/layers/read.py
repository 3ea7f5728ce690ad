"""All layers of a study, read, checked and counted."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pandas.api import types as pdt
from shapely.geometry.base import BaseGeometry

from infraplan.config import Layer, LayerName, Study
from infraplan.errors import InfraplanError, LayerError, MissingFileError, StudyError
from infraplan.layers import rules
from infraplan.layers.area import find_area, find_rim, find_studied, mend_codes
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
from infraplan.layers.parse import to_text
from infraplan.layers.placing import Located, locate, move, project
from infraplan.layers.sieve import Mask, Sieve
from infraplan.layers.source import Shapes, Source, listed, unreadable
from infraplan.layers.study import find_missing_files
from infraplan.layers.task import Task

if TYPE_CHECKING:
    from infraplan.layers.raster import Raster

Report = Callable[[str, int, int], None]
"""Called with a layer's name, how many have been read, and how many there are."""

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
        Layer name -> description of a raster (``layers.raster.Raster``), cells read on demand in windows.
    faults
        Contract FAULTS.
    counts
        A row a layer (index ``layer``): rows_in, left_out (by ``where``, or as no part of what is studied),
        repaired, set_aside, used; rows_in = left_out + set_aside + used always. These are rows of the file: a
        line of several parts is one row and several features.
    sources
        A row a layer: path (relative to the study), sha256, bytes, crs, source, licence, date, level,
        modelled, assumption, defaults (the columns that got their default).
    area
        What the study covers: the union of its municipalities, or None.
    """

    tables: Mapping[LayerName, gpd.GeoDataFrame]
    faults: gpd.GeoDataFrame
    counts: pd.DataFrame
    sources: pd.DataFrame
    area: BaseGeometry | None = None
    rasters: Mapping[LayerName, object] = field(default_factory=dict)

    def get(self, name: LayerName) -> gpd.GeoDataFrame | None:
        """Return a layer's table, or None where the study has none or no row of it could be used."""
        table = self.tables.get(name)
        return table if table is not None and len(table) else None


@dataclass(frozen=True)
class _Read:
    """One layer, read: a table, or a raster."""

    described: dict[str, Any]
    table: gpd.GeoDataFrame | None = None
    raster: object = None
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
        severity ``error`` without a feature id, and its layer is absent.

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
    names = [name for name in _ORDER if name in study.layers]
    read: dict[LayerName, _Read] = {}
    unusable: list[gpd.GeoDataFrame] = []
    area: BaseGeometry | None = None
    rim: BaseGeometry | None = None
    for done, name in enumerate(names):
        if report is not None:
            report(name, done, len(names))
        try:
            if name in missing:
                raise missing[name]
            read[name] = _read_layer(Task(CATALOG[name], study.layers[name], study, area, rim))
            if name == "municipalities":
                area = find_area(read[name].table, study)
                rim = find_rim(area, read[name].others, study.demand.border_m)
        except (LayerError, MissingFileError, StudyError) as error:
            if strict:
                raise
            unusable.append(whole_layer_fault(error, name))
    found = [part for layer in read.values() for part in layer.faults]
    return Layers(
        tables={name: layer.table for name, layer in read.items() if layer.table is not None},
        rasters={name: layer.raster for name, layer in read.items() if layer.raster is not None},
        faults=gather([*unusable, *found], study.study.crs),
        counts=_gather({name: layer.counts for name, layer in read.items() if layer.counts}, _COUNTED),
        sources=_gather({name: layer.described for name, layer in read.items()}, _DESCRIBED),
        area=area,
    )


_ORDER: tuple[LayerName, ...] = ("municipalities", *(name for name in CATALOG if name != "municipalities"))
_COUNTED = ("rows_in", "left_out", "repaired", "set_aside", "used")
_STATED = ("source", "licence", "date", "level", "modelled", "assumption")
_DESCRIBED = ("path", "sha256", "bytes", "crs", *_STATED, "defaults")


def whole_layer_fault(error: InfraplanError, layer: str) -> gpd.GeoDataFrame:
    """Return an error about a whole layer as a fault; its sentence is the error's own."""
    return faults(error.key, layer, severity="error", values=dict(error.values))


def _remark_raster(raster: "Raster", task: Task) -> Iterator[gpd.GeoDataFrame]:
    """Yield what makes a raster of no use, though it can be read."""
    name, crs = task.kind.name, task.study.study.crs
    if name == "ground" and not raster.meanings.get("class"):
        yield faults("ground_without_classes", name, severity="warning", crs=crs)
    if task.area is not None:
        wanted = shapely.box(*gpd.GeoSeries([task.area], crs=crs).to_crs(raster.crs).total_bounds)
        if not wanted.intersects(shapely.box(*raster.bounds)):
            yield faults("raster_elsewhere", name, severity="warning", crs=crs)


def _read_layer(task: Task) -> _Read:
    """Take one layer from its file to its table.

    All rows stay in place, used or not, until the last step: so a row is always the row of the file.
    """
    name, layer = task.kind.name, task.layer
    described = _describe(layer, task.study)
    if is_raster(name, layer.path):
        from infraplan.layers.raster import read_raster  # noqa: PLC0415  (rasterio is loaded only for rasters)

        meanings = layer.values  # noqa: PD011  (a key of the study file, no frame's cells)
        raster = read_raster(layer.path, crs=layer.crs, meanings=meanings)
        told = described | {"crs": raster.crs.to_string(), "defaults": ()}
        return _Read(told, raster=raster, faults=list(_remark_raster(raster, task)))
    source = read_source(name, layer)
    columns = find_columns(source.frame, task)
    left_out = find_left_out(source.frame, task)
    beyond = np.zeros(len(left_out), dtype=bool)
    remarks = list(_remark_rows(source, left_out, task))
    located = locate(source, task, columns)
    sieve = Sieve(used=~left_out)
    mapped = map_columns(source.frame, columns, task, sieve)
    if source.ragged is not None:
        sieve.find("ragged_row", source.ragged)
    if name == "municipalities":
        mapped = _with_codes(mapped, task, sieve)
        beyond = sieve.used & ~find_studied(mapped.frame["code"], task.study)
        left_out |= beyond
        sieve.used &= ~left_out
    shapes = _sift(located, mapped, task, sieve)
    table, ids = _build_table(mapped, shapes, task, sieve)
    return _Read(
        described | {"crs": located.crs.to_string() if located.crs else "", "defaults": mapped.defaults},
        table=table,
        others=move(located, beyond, task.crs),
        counts=_count(source, left_out, sieve),
        faults=[*remarks, *_remarks(source, located, task), *sieve.faults(name, ids, shapes, task.crs)],
    )


def _with_codes(mapped: Mapped, task: Task, sieve: Sieve) -> Mapped:
    codes = mend_codes(mapped.frame["code"], task.study, sieve)
    return replace(mapped, frame=mapped.frame.assign(code=codes), ids=codes)


def _sift(located: Located, mapped: Mapped, task: Task, sieve: Sieve) -> Shapes:
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
    return shapes


def _build_table(
    mapped: Mapped, shapes: Shapes, task: Task, sieve: Sieve
) -> tuple[gpd.GeoDataFrame, NDArray[np.object_]]:
    """Return the layer's table, and the ids of all rows of the file."""
    numbered = pd.Series([f"{task.kind.name}-{row}" for row in range(1, len(shapes) + 1)], dtype="str")
    ids = mapped.ids.where(mapped.ids != "", numbered)
    rows = np.flatnonzero(sieve.used)
    ids.iloc[rows] = tell_apart(ids.iloc[rows])
    counted = any(column.name in COUNTS for column in task.kind.fields)
    at, parts = rules.explode(shapes[rows], counted=counted)
    of = pd.Series(at)
    names = ids.iloc[rows[at]].reset_index(drop=True)
    numbers = "/" + (of.groupby(of).cumcount() + 1).astype("str")
    names = tell_apart(names + numbers.where(of.duplicated(keep=False), ""))
    frame = mapped.frame.iloc[rows[at]].set_axis(pd.Index(names, name="feature_id", dtype="str"))
    return gpd.GeoDataFrame(frame, geometry=parts, crs=task.crs), ids.to_numpy(dtype=object)


def tell_apart(ids: pd.Series) -> pd.Series:
    """Return ids with the later ones of equals numbered: A, A#2, A#3."""
    while ids.duplicated().any():
        copy = ids.groupby(ids).cumcount() + 1
        ids = ids.where(copy == 1, ids + "#" + copy.astype("str"))
    return ids


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
        yield faults("nothing_kept", task.kind.name, severity="warning", values=values)
    elif not len(left_out) and not source.left_out:
        yield faults("no_rows", task.kind.name, severity="warning")


def _remarks(source: Source, located: Located, task: Task) -> list[gpd.GeoDataFrame]:
    """Return what is odd about a file that can be used all the same."""
    found: list[tuple[str, dict[str, str]]] = [("reader_remark", {"remark": text}) for text in source.remarks]
    if located.contradicted is not None and located.crs is not None:
        said, stated = located.contradicted.to_string(), located.crs.to_string()
        found.append(("crs_contradicted", {"said": said, "stated": stated}))
    found += [
        ("garbled_text", {"column": column, "value": value}) for column, value in _find_garbled(source.frame)
    ]
    return [faults(rule, task.kind.name, severity="warning", values=values) for rule, values in found]


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


def _gather(rows: Mapping[LayerName, Mapping[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Put a row a layer under each other."""
    layers = pd.Index(list(rows), name="layer", dtype="str")
    return pd.DataFrame(list(rows.values()), columns=list(columns), index=layers)
