"""One raster of a study: which band, what its cells mean, and what is odd about them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from infraplan.config import Scalar
from infraplan.layers.faults import faults
from infraplan.layers.kinds import Field
from infraplan.layers.parse import cell_text, to_number
from infraplan.layers.raster import Floats, Raster, read_raster
from infraplan.layers.task import Task

_STRONGEST_DBM = -1.0
"""No receiver meets more: 0 is how files without a value for "no data" write that there is no signal."""
_EXAMPLES = 5


def read_raster_file(task: Task) -> Raster:
    """Open the raster of a study's file as the study says.

    ``columns`` names the band (``{ dbm = "1" }``; the first where it does not), ``values`` what is the same
    in all cells (``operator."*"``) or what single cells mean.

    Raises
    ------
    LayerError
        It cannot be used, does not say what its cells hold where that is needed, or not whose they are.
    """
    layer, kind = task.layer, task.kind
    meanings = layer.values
    holds = _find_holds(task, meanings) if kind.name == "mobile_coverage" else ""
    cells = holds or next((field.name for field in kind.fields), kind.name)
    fields = {field.name: field for field in kind.fields}
    return read_raster(
        layer.path,
        crs=layer.crs,
        meanings={
            ours: _numbers(ours, its, task) if ours == holds else its for ours, its in meanings.items()
        },
        band=layer.columns.get(cells, "1"),
        holds=holds,
        stated=_find_stated(task, meanings) if holds else {},
        limits=_find_limits(fields[holds]) if holds else (-np.inf, np.inf),
    )


def remark_raster(raster: Raster, task: Task) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is odd about a raster that can be used all the same."""
    name, label, crs = task.kind.name, task.file.label, task.crs
    if name == "ground" and not raster.meanings.get("class"):
        yield faults("ground_without_classes", label, severity="warning", crs=crs)
    if task.area is not None:
        wanted = shapely.box(*gpd.GeoSeries([task.area], crs=crs).to_crs(raster.crs).total_bounds)
        if not wanted.intersects(shapely.box(*raster.bounds)):
            yield faults("raster_elsewhere", label, severity="warning", crs=crs)
            return
    if raster.nodata is None:
        yield faults("raster_no_nodata", label, severity="info", crs=crs)
    if raster.holds or raster.meanings.get("class"):
        yield from _remark_cells(raster, task)


@dataclass
class _Seen:
    """Cells that mean nothing, out of all that were looked at."""

    silent: int = 0
    total: int = 0
    examples: tuple[str, ...] = ()

    def add(self, cells: Floats, silent: Floats) -> None:
        self.total += len(cells)
        self.silent += len(silent)
        if len(self.examples) < _EXAMPLES:
            found = (*self.examples, *(cell_text(value) for value in np.unique(silent)[:_EXAMPLES]))
            self.examples = tuple(dict.fromkeys(found))[:_EXAMPLES]


def _remark_cells(raster: Raster, task: Task) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is said of cells that ``values`` does not name, and of those that cannot be."""
    unnamed, impossible = _Seen(), _Seen()
    named = raster.meanings.get(raster.holds or "class", {})
    known = raster.stored(np.array([to_number(text) for text in named if text != "*"]))
    for cells in raster.look():
        strange = np.zeros(len(cells), dtype=bool)
        if named and "*" not in named:
            strange = ~np.isin(cells, known)
            unnamed.add(cells, cells[strange])
        if raster.holds:
            impossible.add(cells, cells[~strange & np.isnan(raster.tell(cells))])
    values = {
        "column": raster.holds or "class",
        "low": f"{raster.limits[0]:g}",
        "high": f"{raster.limits[1]:g}",
    }
    for rule, seen in (("raster_cells_unnamed", unnamed), ("raster_cells_impossible", impossible)):
        if seen.silent:
            severity = "error" if seen.silent == seen.total else "warning"
            told = {"count": seen.silent, "total": seen.total, "found": ", ".join(seen.examples)}
            yield faults(rule, task.file.label, severity=severity, crs=task.crs, values=values | told)


def _find_holds(task: Task, meanings: Mapping[str, Mapping[str, Scalar]]) -> str:
    """Return which of our columns the cells of a mobile raster are."""
    told = [name for name in ("dbm", "down_mbps") if name in task.layer.columns]
    told = told or [name for name in ("dbm", "down_mbps") if name in meanings]
    if len(told) > 1:
        raise task.error("raster_holds_two", "columns")
    if not told:
        raise task.error("raster_holds_nothing", "columns")
    return told[0]


def _find_stated(task: Task, meanings: Mapping[str, Mapping[str, Scalar]]) -> dict[str, Scalar]:
    """Return what is the same in all cells, with the catalogue's defaults."""
    stated: dict[str, Scalar] = {}
    for field in task.kind.fields:
        if field.kind != "text":
            continue
        said = meanings.get(field.name, {}).get("*", field.default)
        if field.required and not cell_text(said):
            raise task.error("raster_lacks", f"values.{field.name}", column=field.name)
        stated[field.name] = cell_text(said)
    return stated


def _find_limits(field: Field) -> tuple[float, float]:
    low = -np.inf if field.minimum is None else field.minimum
    high = np.inf if field.maximum is None else field.maximum
    return (low, _STRONGEST_DBM) if field.name == "dbm" else (low, high)


def _numbers(ours: str, meanings: Mapping[str, Scalar], task: Task) -> dict[str, Scalar]:
    """Return what cells mean as numbers.

    Raises
    ------
    LayerError
        Theirs or ours is none.
    """
    told: dict[str, Scalar] = {}
    for theirs, meaning in meanings.items():
        cell, number = to_number(theirs), to_number(cell_text(meaning))
        if np.isnan(number) or (np.isnan(cell) and theirs != "*"):
            said = f"{theirs} = {cell_text(meaning)}"
            raise task.error("raster_value_no_number", f"values.{ours}", said=said)
        told["*" if theirs == "*" else repr(cell)] = number
    return told
