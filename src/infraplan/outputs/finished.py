"""A finished run, read back from its folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from infraplan.errors import InfraplanError, OutputError
from infraplan.layers.gdal import reading_alone
from infraplan.outputs.manifest import checksum
from infraplan.outputs.manifestfile import read_manifest
from infraplan.outputs.staging import FACTS, MANIFEST, PACKAGE, PLAN_PACKAGE, settle

_FOR_QGIS = ("layer_styles", "zone_shares")
"""Styles, and the zones drawn with the shares of another table."""


@dataclass(frozen=True)
class Run:
    """A folder that ``write_results`` has filled, and its manifest."""

    folder: Path
    manifest: dict[str, Any]

    def path(self, name: str) -> Path:
        """Return the path of one of the run's files.

        Raises
        ------
        OutputError
            The file is gone, or is no longer what the run wrote.
        """
        path = self.folder / name
        said = self.manifest["outputs"].get(name)
        if said is None or not path.is_file():
            raise OutputError("run_lacks_file", folder=self.folder, file=name)
        if checksum(path) != said["sha256"]:
            raise OutputError("run_altered", folder=self.folder, file=name)
        return path

    @cached_property
    def package(self) -> Path:
        """Path of the GeoPackage with all layers: that of a run with a plan, or without; checked once."""
        return self.path(PACKAGE if PACKAGE in self.manifest["outputs"] else PLAN_PACKAGE)

    @property
    def layers(self) -> list[str]:
        """Names of the layers in the GeoPackage, without what stands in it for QGIS alone."""
        with reading_alone(), self._whole(self.package.name):
            return [str(name) for name, _ in pyogrio.list_layers(self.package) if name not in _FOR_QGIS]

    def layer(self, name: str) -> pd.DataFrame:
        """Return a layer of the GeoPackage, its first column as index, with its geometry where it has one."""
        with reading_alone(), self._whole(self.package.name):
            table: pd.DataFrame = pyogrio.read_dataframe(self.package, layer=name)
        return table.set_index(table.columns[0])

    def facts(self) -> gpd.GeoDataFrame:
        """Return the table of all that is known of each premises."""
        path = self.path(FACTS)
        with self._whole(FACTS):
            return gpd.read_parquet(path)

    @contextmanager
    def _whole(self, file: str) -> Iterator[None]:
        """Tell the user of a file that its reader cannot understand: it has the run's name, and no more."""
        try:
            yield
        except InfraplanError:
            raise
        except (OSError, ValueError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError):
            raise OutputError("run_altered", folder=self.folder, file=file) from None


@dataclass(frozen=True)
class Earlier:
    """What a later study compares itself with: figures of an earlier run."""

    year: int
    switchboard: pd.DataFrame
    facts: pd.DataFrame
    """A row a premises: contract PREMISES without geometry, and the columns of BEST."""
    definitions: dict[str, Any]
    """``[coverage]`` of its study."""


def read_earlier(folder: Path) -> Earlier:
    """Return the figures of an earlier run.

    Raises
    ------
    OutputError
        The folder holds no run, or one without figures.
    """
    run = open_run(folder)
    if FACTS not in run.manifest["outputs"] or "switchboard" not in run.layers:
        raise OutputError("run_lacks_file", folder=folder, file=FACTS)
    facts = pd.DataFrame(run.facts().drop(columns="geometry"))
    parameters = run.manifest["parameters"]
    return Earlier(
        int(parameters["study"]["year"]), run.layer("switchboard"), facts, dict(parameters["coverage"])
    )


def open_run(folder: Path) -> Run:
    """Open the folder of a finished run.

    Raises
    ------
    OutputError
        The folder holds no run, or one that this version cannot read.
    """
    folder = Path(folder)
    settle(folder)
    return Run(folder, read_manifest(folder / MANIFEST))
