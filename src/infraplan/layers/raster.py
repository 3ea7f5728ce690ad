"""Rasters: described when opened, cells read on demand in windows."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import rasterio.windows
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError

from infraplan.config import Scalar
from infraplan.errors import LayerError

_DRIVERS = {".asc": "AAIGrid", ".img": "HFA"}
"""Formats beside GeoTIFF that hold their own cells; others of GDAL fetch them, even over the network."""
TILE = 512
"""Cells a side of the windows in which cells are read: a whole raster may not fit in memory."""
_NOISE = 1e-6
"""Part of a cell that reckoning may be wrong by."""
_LOOKED_AT = 7
"""Windows along each side of a raster in which it is looked for what is odd about its cells."""

Box: TypeAlias = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """What a raster file is; its cells stay in the file.

    Attributes
    ----------
    shape
        Rows, columns.
    bounds
        Least x, least y, greatest x, greatest y, in ``crs``.
    meanings
        What the study says that its cells mean: our column -> their value, as text -> our value.
    band
        Which of the file's, from 1.
    holds
        Our column whose numbers the cells are ("dbm", "down_mbps"), "" for none. Cells are then told as
        ``meanings`` says, else by the file's own scale; what it does not name is no data, nor what cannot be.
    stated
        Our columns that are the same in all cells: operator, technology, use.
    scale
        What cells are multiplied by, and what is then added.
    limits
        Least and greatest of what can be.
    """

    path: Path
    crs: CRS
    transform: Affine
    shape: tuple[int, int]
    nodata: float | None
    dtype: str
    bounds: Box
    meanings: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    band: int = 1
    holds: str = ""
    stated: Mapping[str, Scalar] = field(default_factory=dict)
    scale: tuple[float, float] = (1.0, 0.0)
    limits: tuple[float, float] = (-np.inf, np.inf)

    def sample(self, points: gpd.GeoSeries) -> pd.Series:
        """Return the value of the cell that each point lies in.

        Points in another CRS are reprojected. NaN outside the raster, in cells without data, and for missing
        points.
        """
        shapes = points.where(~points.is_empty)
        values = self.sample_at(shapes.x.to_numpy(), shapes.y.to_numpy(), points.crs)
        return pd.Series(values, index=points.index)

    def sample_at(self, x: Floats, y: Floats, crs: CRS) -> Floats:
        """Return the same for coordinates in ``crs``, shapes (n,): millions need not become points."""
        rows, columns = self._cells(x, y, crs)
        values = np.full(len(x), np.nan)
        inside = np.flatnonzero(
            (rows >= 0) & (rows < self.shape[0]) & (columns >= 0) & (columns < self.shape[1])
        )
        rows, columns = rows[inside].astype(np.int64), columns[inside].astype(np.int64)
        across = -(-self.shape[1] // TILE)
        which, tiles = pd.factorize(rows // TILE * across + columns // TILE)
        sizes = np.bincount(which, minlength=len(tiles))
        parts = np.split(np.argsort(which, kind="stable"), np.cumsum(sizes) - sizes)[1:]
        for number, at in zip(tiles, parts, strict=True):
            top, left = number // across * TILE, number % across * TILE
            height, width = min(TILE, self.shape[0] - top), min(TILE, self.shape[1] - left)
            cells = self._read(rasterio.windows.Window(left, top, width, height))
            values[inside[at]] = cells[rows[at] - top, columns[at] - left]
        return self.tell(values)

    def window(self, bounds: Box) -> tuple[Floats, Affine]:
        """Return the cells that touch a box, and their transform.

        All of them at once: what may be more than memory holds is for ``windows``.

        Parameters
        ----------
        bounds
            Least x, least y, greatest x, greatest y, in the raster's CRS.

        Returns
        -------
        tuple
            Cells of shape (rows, columns), NaN without data, none where the box is outside; their transform.
        """
        window = self._find_window(bounds)
        return (
            self.tell(self._read(window)) if window.height else np.empty((0, 0)),
            self.transform @ Affine.translation(window.col_off, window.row_off),
        )

    def windows(self, bounds: Box | None = None, size: int = TILE) -> Iterator[tuple[Floats, Affine]]:
        """Yield the cells that touch a box, or all, in windows of ``size`` cells a side, and their transform.

        Windows lie as they do in the file, row by row, so that each of its tiles is read once.
        """
        whole = self._find_window(self.bounds if bounds is None else bounds)
        bottom, right = whole.row_off + whole.height, whole.col_off + whole.width
        for top in range(whole.row_off // size * size, bottom, size):
            for left in range(whole.col_off // size * size, right, size):
                first_row, first_column = max(top, whole.row_off), max(left, whole.col_off)
                height, width = min(top + size, bottom) - first_row, min(left + size, right) - first_column
                window = rasterio.windows.Window(first_column, first_row, width, height)
                place = self.transform @ Affine.translation(first_column, first_row)
                yield self.tell(self._read(window)), place

    def look(self) -> Iterator[Floats]:
        """Yield cells with data as the file has them, of windows that are spread evenly over the raster.

        A small raster is seen whole, of a large one 49 windows.
        """
        rows, columns = (range(0, length, TILE) for length in self.shape)
        for top in _spread(rows):
            for left in _spread(columns):
                height, width = min(TILE, self.shape[0] - top), min(TILE, self.shape[1] - left)
                cells = self._read(rasterio.windows.Window(left, top, width, height))
                yield cells[~np.isnan(cells)]

    def tell(self, cells: Floats) -> Floats:
        """Return what cells of the file mean, NaN where they mean nothing or what cannot be."""
        if not self.holds:
            return cells if self.meanings else self._rescale(cells)
        told = self._translate(cells) if self.meanings.get(self.holds) else self._rescale(cells)
        return np.where((told >= self.limits[0]) & (told <= self.limits[1]), told, np.nan)

    def stored(self, values: Floats) -> Floats:
        """Return numbers as the file's cells have them: in 32 bits 0.1 is another number."""
        return values.astype(self.dtype).astype("float64") if self.dtype.startswith("float") else values

    def _rescale(self, cells: Floats) -> Floats:
        return cells if self.scale == (1.0, 0.0) else cells * self.scale[0] + self.scale[1]

    def _translate(self, cells: Floats) -> Floats:
        meanings = self.meanings[self.holds]
        theirs = self.stored(np.array([float(text) for text in meanings if text != "*"]))
        ours = np.array([float(meaning) for text, meaning in meanings.items() if text != "*"])
        told = np.where(np.isnan(cells), np.nan, float(meanings.get("*", np.nan)))
        order = np.argsort(theirs)
        if len(order):
            at = np.minimum(np.searchsorted(theirs[order], cells), len(order) - 1)
            told = np.where(theirs[order][at] == cells, ours[order][at], told)
        return told

    def _find_window(self, bounds: Box) -> rasterio.windows.Window:
        """Return the cells that touch a box, of whatever way the raster is turned; none outside."""
        inverse = ~self.transform
        corners = [inverse @ (x, y) for x in bounds[::2] for y in bounds[1::2]]
        columns, rows = zip(*corners, strict=True)
        # What noise of reckoning puts beyond the border of a cell does not touch the next.
        left, top = (max(0, int(np.floor(min(along) + _NOISE))) for along in (columns, rows))
        right, bottom = (
            min(length, int(np.ceil(max(along) - _NOISE)))
            for along, length in ((columns, self.shape[1]), (rows, self.shape[0]))
        )
        if bottom <= top or right <= left:
            return rasterio.windows.Window(left, top, 0, 0)
        return rasterio.windows.Window(left, top, right - left, bottom - top)

    def _cells(self, x: Floats, y: Floats, crs: CRS) -> tuple[Floats, Floats]:
        """Return the row and column of each place, NaN for a missing one."""
        if crs != self.crs:
            x, y = Transformer.from_crs(crs, self.crs, always_xy=True).transform(x, y)
            # Infinite where this CRS has no such place.
            x, y = np.where(np.isfinite(x), x, np.nan), np.where(np.isfinite(y), y, np.nan)
        inverse = ~self.transform
        columns = inverse.a * x + inverse.b * y + inverse.c
        rows = inverse.d * x + inverse.e * y + inverse.f
        return np.floor(rows), np.floor(columns)

    def _read(self, window: rasterio.windows.Window) -> Floats:
        try:
            with open_cells(self.path) as source:
                cells = source.read(self.band, window=window, masked=True)
        except RasterioError as error:
            raise _unreadable(self.path, error) from error
        return np.asarray(cells.astype("float64").filled(np.nan))


@dataclass(frozen=True)
class Mosaic:
    """Several rasters of the same thing as one: the first that has data at a place tells.

    Attributes
    ----------
    rasters
        At least one.
    """

    rasters: tuple[Raster, ...]

    @property
    def crs(self) -> CRS:
        """That of the first raster."""
        return self.rasters[0].crs

    @property
    def transform(self) -> Affine:
        """That of the first raster."""
        return self.rasters[0].transform

    def sample_at(self, x: Floats, y: Floats, crs: CRS) -> Floats:
        """Return the value at coordinates in ``crs``, shapes (n,); NaN where no raster has data."""
        values = np.full(len(x), np.nan)
        for raster in self.rasters:
            open_ = np.flatnonzero(np.isnan(values))
            values[open_] = raster.sample_at(x[open_], y[open_], crs)
        return values


def read_raster(
    path: Path,
    *,
    crs: str | None = None,
    meanings: Mapping[str, Mapping[str, Scalar]] | None = None,
    band: str = "1",
    holds: str = "",
    stated: Mapping[str, Scalar] | None = None,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> Raster:
    """Open a raster (GeoTIFF, ASCII grid or ERDAS Imagine) and describe one of its bands.

    Parameters
    ----------
    path
        The file.
    crs
        What the study says of a file that does not say.
    meanings, holds, stated, limits
        See ``Raster``; the numbers of cells, ours and theirs, are numbers or text that is one.
    band
        Its number, or its name in the file.

    Raises
    ------
    LayerError
        The file is no raster, has no such band, does not say where it lies, or neither it nor the study says
        its CRS.
    """
    with warnings.catch_warnings():
        # Said below, in our words.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            source = open_cells(path)
        except RasterioIOError as error:
            raise _unreadable(path, error) from error
    with source:
        if source.transform.is_identity:
            raise LayerError("raster_not_placed", file=path)
        number = _find_band(source, band, path)
        dtype = source.dtypes[number - 1]
        if dtype.startswith("complex"):
            raise LayerError("raster_unreadable", file=path, problem=dtype)
        return Raster(
            path=path,
            crs=_crs(path, source.crs.to_wkt() if source.crs else crs),
            transform=source.transform,
            shape=(source.height, source.width),
            nodata=source.nodatavals[number - 1],
            dtype=dtype,
            bounds=_find_bounds(source),
            meanings=meanings or {},
            band=number,
            holds=holds,
            stated=stated or {},
            scale=(source.scales[number - 1], source.offsets[number - 1]),
            limits=limits,
        )


def _find_band(source: rasterio.DatasetReader, asked: str, path: Path) -> int:
    """Return the number of a band."""
    names = [description or "" for description in source.descriptions]
    if asked in names:
        return names.index(asked) + 1
    if asked.isdecimal() and 1 <= int(asked) <= source.count:
        return int(asked)
    found = ", ".join(f"{number} {name}".strip() for number, name in enumerate(names, start=1))
    raise LayerError("raster_no_band", file=path, band=asked, found=found)


def _find_bounds(source: rasterio.DatasetReader) -> Box:
    """Return the box around a raster, which may be turned."""
    corners = [source.transform @ (x, y) for x in (0, source.width) for y in (0, source.height)]
    x, y = zip(*corners, strict=True)
    return min(x), min(y), max(x), max(y)


def _spread(starts: range) -> list[int]:
    """Return some of the places where windows begin, spread evenly."""
    if len(starts) <= _LOOKED_AT:
        return list(starts)
    return [starts[round(at)] for at in np.linspace(0, len(starts) - 1, _LOOKED_AT)]


def open_cells(path: Path) -> rasterio.DatasetReader:
    """Open a raster as the format that its name says, never as one that GDAL finds in it."""
    return rasterio.open(path, driver=_DRIVERS.get(path.suffix.casefold(), "GTiff"))


def _crs(path: Path, text: str | None) -> CRS:
    if text is None:
        raise LayerError("raster_no_crs", file=path)
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise LayerError("raster_bad_crs", file=path, crs=text) from error


def _unreadable(path: Path, error: Exception) -> LayerError:
    return LayerError("raster_unreadable", file=path, problem=" ".join(str(error).split()))
