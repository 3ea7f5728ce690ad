"""Vector files to sources: whatever GDAL's file drivers read, and GeoParquet."""

import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pandas.api import types as pdt
from pyogrio.errors import DataLayerError, DataSourceError

from infraplan.errors import LayerError
from infraplan.layers.gdal import reading_alone
from infraplan.layers.source import Source, choose_part, unreadable

_IN_ZIP = (".gpkg", ".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".shp", ".fgb")
GDAL_SUFFIXES = (*_IN_ZIP, ".gdb", ".zip")

_STYLES = "layer_styles"  # QGIS keeps its styles in a table beside the layers


def read_vector(
    path: Path, *, name: str, head: str = "", part: str | None = None, encoding: str | None = None
) -> Source:
    """Read one layer of a vector file.

    Parameters
    ----------
    name
        The study's layer, which decides between several of the file.
    head
        The file's table in the study, for errors, where it is not that of the layer.
    part
        The layer of the file, where the study says.

    Raises
    ------
    LayerError
        The file cannot be read, or does not say which of its layers is meant.
    """
    with warnings.catch_warnings(record=True) as caught, reading_alone():
        warnings.simplefilter("always")
        try:
            parts = _find_parts(path)
            dataset, layer = parts[choose_part(path, list(parts), part, name, head)]
            frame = pyogrio.read_dataframe(
                dataset,
                layer=layer,
                encoding=encoding,
                force_2d=True,
                on_invalid="ignore",
                datetime_as_string=True,
            )
            expected = pyogrio.read_info(dataset, layer=layer, encoding=encoding)["features"]
        except (DataSourceError, DataLayerError, ValueError, LookupError, zipfile.BadZipFile) as error:
            if isinstance(error, LayerError):
                raise
            raise unreadable(path, error) from error
    remarks = [str(warning.message) for warning in caught if issubclass(warning.category, RuntimeWarning)]
    if len(frame) < expected:
        remarks.append(f"{len(frame)} < {expected}")
    return _source(frame, tuple(dict.fromkeys(remarks)))


def read_parquet(path: Path) -> Source:
    """Read a GeoParquet file, or a plain Parquet table.

    Raises
    ------
    LayerError
        The file cannot be read.
    """
    try:
        try:
            return _source(gpd.read_parquet(path))
        except ValueError as error:
            if "geo metadata" not in str(error):
                raise
            return _source(pd.read_parquet(path))
    except (ValueError, OSError, LookupError) as error:
        raise unreadable(path, error) from error


def _find_parts(path: Path) -> dict[str, tuple[str, str]]:
    """Return the layers of a file, or of all files in a zip: name -> (dataset, layer)."""
    if path.suffix.casefold() != ".zip":
        datasets = [str(path)]
    else:
        with zipfile.ZipFile(path) as archive:
            members = [
                m for m in archive.namelist() if m.casefold().endswith(_IN_ZIP) and "__MACOSX" not in m
            ]
        datasets = [f"/vsizip/{{{path}}}/{member}" for member in sorted(members)]
    found = [
        (str(layer), dataset, kind) for dataset in datasets for layer, kind in pyogrio.list_layers(dataset)
    ]
    if not found:
        raise LayerError("nothing_inside", file=path)
    # A table without geometry beside one with it is not what a map layer means.
    spatial = [entry for entry in found if entry[2] is not None] or found
    return {layer: (dataset, layer) for layer, dataset, _ in spatial if layer != _STYLES or len(spatial) == 1}


def _source(table: pd.DataFrame, remarks: tuple[str, ...] = ()) -> Source:
    """Part a table into plain columns and shapes, heights left behind."""
    shapes = crs = None
    if isinstance(table, gpd.GeoDataFrame):
        crs = table.crs
        shapes = table.geometry.force_2d().to_numpy()
    columns = {str(name): _plain(table[name]) for name in table.columns if not _is_geometry(table[name])}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(table)))
    return Source(frame, shapes, crs, remarks)


def _is_geometry(values: pd.Series) -> bool:
    return isinstance(values.dtype, gpd.array.GeometryDtype)


def _plain(values: pd.Series) -> pd.Series:
    """Return a column without lists and nested tables, which become text."""
    values = values.reset_index(drop=True)
    kind = pdt.infer_dtype(values, skipna=True)
    return values.astype(str).where(values.notna(), "") if kind in {"mixed", "bytes"} else values
