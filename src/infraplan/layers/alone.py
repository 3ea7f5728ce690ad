"""What is read is left alone: GDAL writes no file of its own beside it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyogrio


@contextmanager
def reading_alone() -> Iterator[None]:
    """Keep GDAL from leaving ``<name>.aux.xml`` beside a GeoPackage that has metadata of its own."""
    before = pyogrio.get_gdal_config_option("GDAL_PAM_ENABLED")
    pyogrio.set_gdal_config_options({"GDAL_PAM_ENABLED": "NO"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"GDAL_PAM_ENABLED": before})
