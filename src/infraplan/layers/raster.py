"""Rasters: described when opened, cells read on demand in windows."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
"""Cells a side of the windows in which points are looked up."""


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
    """

    path: Path
    crs: CRS
    transform: Affine
    shape: tuple[int, int]
    nodata: float | None
    dtype: str
    bounds: tuple[float, float, float, float]
    meanings: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)

    def sample(self, points: gpd.GeoSeries) -> pd.Series:
        """Return the value of the cell that each point lies in.

        Points in another CRS are reprojected. NaN outside the raster, in cells without data, and for missing
        points.
        """
        shapes = points.where(~points.is_empty)
        values = self.sample_at(shapes.x.to_numpy(), shapes.y.to_numpy(), points.crs)
        return pd.Series(values, index=points.index)

    def sample_at(self, x: NDArray[np.float64], y: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
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
        return values

    def window(self, bounds: tuple[float, float, float, float]) -> tuple[NDArray[np.float64], Affine]:
        """Return the cells that touch a box, and their transform.

        Parameters
        ----------
        bounds
            Least x, least y, greatest x, greatest y, in the raster's CRS.

        Returns
        -------
        tuple
            Cells of shape (rows, columns), NaN without data, none where the box is outside; their transform.
        """
        wanted = rasterio.windows.from_bounds(*bounds, transform=self.transform)
        top, left = max(0, int(np.floor(wanted.row_off))), max(0, int(np.floor(wanted.col_off)))
        bottom = min(self.shape[0], int(np.ceil(wanted.row_off + wanted.height)))
        right = min(self.shape[1], int(np.ceil(wanted.col_off + wanted.width)))
        place = self.transform @ Affine.translation(left, top)
        if bottom <= top or right <= left:
            return np.empty((0, 0)), place
        return self._read(rasterio.windows.Window(left, top, right - left, bottom - top)), place

    def _cells(
        self, x: NDArray[np.float64], y: NDArray[np.float64], crs: CRS
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the row and column of each place, NaN for a missing one."""
        if crs != self.crs:
            x, y = Transformer.from_crs(crs, self.crs, always_xy=True).transform(x, y)
            # Infinite where this CRS has no such place.
            x, y = np.where(np.isfinite(x), x, np.nan), np.where(np.isfinite(y), y, np.nan)
        inverse = ~self.transform
        columns = inverse.a * x + inverse.b * y + inverse.c
        rows = inverse.d * x + inverse.e * y + inverse.f
        return np.floor(rows), np.floor(columns)

    def _read(self, window: rasterio.windows.Window) -> NDArray[np.float64]:
        try:
            with open_cells(self.path) as source:
                cells = source.read(1, window=window, masked=True)
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

    def sample_at(self, x: NDArray[np.float64], y: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
        """Return the value at coordinates in ``crs``, shapes (n,); NaN where no raster has data."""
        values = np.full(len(x), np.nan)
        for raster in self.rasters:
            open_ = np.flatnonzero(np.isnan(values))
            values[open_] = raster.sample_at(x[open_], y[open_], crs)
        return values


def read_raster(
    path: Path, *, crs: str | None = None, meanings: Mapping[str, Mapping[str, Scalar]] | None = None
) -> Raster:
    """Open a raster (GeoTIFF, ASCII grid or ERDAS Imagine) and describe its first band.

    Parameters
    ----------
    path
        The file.
    crs
        What the study says of a file that does not say.
    meanings
        What the study says that the cells mean.

    Raises
    ------
    LayerError
        The file is no raster, does not say where it lies, or neither it nor the study says its CRS.
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
        return Raster(
            path=path,
            crs=_crs(path, source.crs.to_wkt() if source.crs else crs),
            transform=source.transform,
            shape=(source.height, source.width),
            nodata=source.nodata,
            dtype=source.dtypes[0],
            bounds=tuple(source.bounds),
            meanings=meanings or {},
        )


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
