"""All layers of a study, read, checked and counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from infraplan.config import LayerName, Study


@dataclass(frozen=True)
class Layers:
    """What the study's files hold, after reading.

    Attributes
    ----------
    tables
        Layer name -> table in the study's CRS with the columns of ``catalog.CATALOG``; the index is the feature id
        (text, unique). Layers that the study lacks are absent; rasters are in ``rasters``.
    rasters
        Layer name -> opened description of a raster (``layers.raster.Raster``), cells read on demand in windows.
    faults
        Contract FAULTS.
    counts
        A row a layer (index ``layer``): rows_in, left_out (by ``where``), repaired, set_aside, used;
        rows_in = left_out + set_aside + used always.
    sources
        A row a layer: path (relative to the study), sha256, bytes, crs, source, licence, date, level, modelled, assumption,
        defaults (the columns that got their default).
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


def read_layers(study: Study) -> Layers:
    """Read all layers."""
    raise NotImplementedError
