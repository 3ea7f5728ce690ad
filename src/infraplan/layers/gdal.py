"""GDAL's settings, for as long as they are needed."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pyogrio


@contextmanager
def gdal_set(**options: str) -> Iterator[None]:
    """Set GDAL's options, and set them back."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def reading_alone() -> AbstractContextManager[None]:
    """Keep GDAL from leaving ``<name>.aux.xml`` beside a GeoPackage that has metadata of its own."""
    return gdal_set(GDAL_PAM_ENABLED="NO")
