"""OpenStreetMap files (PBF) to tables, a theme at a time."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.errors import LayerError
from infraplan.layers.osm_tags import (
    Group,
    Theme,
    assign_columns,
    assign_kinds,
    find_left_out,
    fits_any,
    load_themes,
)

GROUPS: tuple[Group, ...] = get_args(Group)
_ELEMENTS = {"n": "node", "w": "way", "r": "relation"}


def read_osm(path: Path, theme: str) -> gpd.GeoDataFrame:
    """Read a theme of an OpenStreetMap file.

    The file is read once (twice where multipolygon relations may occur: their members are looked up first),
    with the locations of its nodes in memory. In themes of points an area becomes a point inside it.

    Parameters
    ----------
    path
        A PBF file.
    theme
        roads, buildings, addresses, amenities, places, admin, masts, power_lines, railways or water;
        ``public_buildings`` and ``service_points`` are the two groups of ``amenities``.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, in the file's order: ``osm_id`` (``way/123``; a second service at one place is
        ``way/123:parcel``), the theme's tags (``""`` where absent) and the catalogue's columns. The geometry
        of objects whose nodes or members are not all in the file is None. ``attrs["left_out"]`` counts what
        was not taken, by reason.

    Raises
    ------
    LayerError
        The file cannot be read to its end, or has nothing of the theme.
    """
    spec = _theme("amenities" if theme in GROUPS else theme, path)
    tags, shapes = _collect(path, spec)
    reasons = find_left_out(tags, spec)
    kept = reasons == ""
    table = assign_columns(tags[kept], spec)
    frame = gpd.GeoDataFrame(table, geometry=_shaped(shapes[kept.to_numpy()], spec), crs="EPSG:4326")
    if spec.kinds:
        frame = assign_kinds(frame, spec)
    if theme in GROUPS:
        frame = frame[frame["group"] == theme]
    if frame.empty:
        raise LayerError("osm_nothing", file=path, theme=theme)
    frame = frame.reset_index(drop=True)
    frame.attrs["left_out"] = reasons[~kept].value_counts().to_dict()
    return frame


def count_themes(path: Path) -> dict[str, int]:
    """Count the objects of each theme by their tags alone, to see what a file can give.

    Raises
    ------
    LayerError
        The file cannot be read to its end.
    """
    themes = load_themes()
    names = tuple(dict.fromkeys(name for theme in themes.values() for name in theme.read))
    keys = dict.fromkeys(key for theme in themes.values() for key in theme.keys)
    rows = [
        (_ELEMENTS[thing.type_str()], *(thing.tags.get(name, "") for name in names))
        for thing in _things(path, keys=tuple(keys))
    ]
    found = pd.DataFrame(rows, columns=["element", *names], dtype="str")
    counts = {}
    for name, theme in themes.items():
        its = found[found["element"].isin(theme.elements) & fits_any(found, theme.select)]
        its = its[find_left_out(its, theme) == ""]
        counts[name] = len(its)
        for group in GROUPS if theme.kinds else ():
            choices = [tags for kind in theme.kinds if kind.group == group for tags in kind.any]
            counts[group] = int(fits_any(its, choices).sum())
    return counts


def read_header(path: Path) -> tuple[tuple[float, float, float, float] | None, dt.date | None]:
    """Return the box (degrees: west, south, east, north) and the date that a file states of itself."""
    header = osmium.FileProcessor(str(path)).header
    box, stamp = header.box(), header.get("osmosis_replication_timestamp")
    corners = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
    return corners if box.valid() else None, dt.date.fromisoformat(stamp[:10]) if stamp else None


def _theme(name: str, path: Path) -> Theme:
    themes = load_themes()
    if name not in themes:
        raise LayerError("osm_theme", file=path, theme=name, known=", ".join([*themes, *GROUPS]))
    return themes[name]


def _collect(path: Path, spec: Theme) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return the tags of the objects that the theme selects, with ``osm_id``, and their shapes as read."""
    areas = spec.shape != "line" and "relation" in spec.elements
    names = spec.read
    tags: dict[str, tuple[str, ...]] = {}
    shapes: dict[str, str | None] = {}
    factory = osmium.geom.WKBFactory()
    for thing in _things(path, keys=spec.keys, locations=True, areas=areas):
        element, number = _identity(thing)
        if element in spec.elements:
            name = f"{element}/{number}"
            tags.setdefault(name, tuple(thing.tags.get(tag, "") for tag in names))
            # A closed way comes twice: as a line, and as the area that it encloses.
            shapes[name] = _wkb(thing, spec, factory) or shapes.get(name)
    table = pd.DataFrame(tags.values(), columns=names, dtype="str")
    table.insert(0, "osm_id", pd.Series(list(tags), dtype="str"))
    chosen = fits_any(table, spec.select).to_numpy()
    wkb = np.fromiter(shapes.values(), dtype="object", count=len(shapes))[chosen]
    return table[chosen].reset_index(drop=True), shapely.from_wkb(wkb)


def _things(
    path: Path, *, keys: tuple[str, ...], locations: bool = False, areas: bool = False
) -> Iterator[Any]:
    """Yield the objects of a file that have one of the tags."""
    has_key = osmium.filter.KeyFilter(*keys)
    try:
        processor = osmium.FileProcessor(str(path))
        if locations:
            processor = processor.with_locations()
        if areas:
            processor = processor.with_areas(has_key)
        yield from processor.with_filter(has_key)
    except RuntimeError as error:  # all that osmium says
        problem = str(error).splitlines()[0].rstrip(".")
        raise LayerError("osm_unreadable", file=path, problem=problem) from error


def _identity(thing: Any) -> tuple[str, int]:
    if thing.is_area():
        return ("way" if thing.from_way() else "relation"), thing.orig_id()
    return _ELEMENTS[thing.type_str()], thing.id


def _wkb(thing: Any, spec: Theme, factory: osmium.geom.WKBFactory) -> str | None:
    """Return an object's shape, None where the file has not all of it, or where its area brings it."""
    try:
        if thing.is_area():
            return str(factory.create_multipolygon(thing))
        if thing.is_node():
            return str(factory.create_point(thing))
        if thing.is_way() and (spec.shape == "line" or not thing.is_closed()):
            return str(factory.create_linestring(thing))
    except (RuntimeError, osmium.InvalidLocationError):
        return None
    return None


def _shaped(shapes: NDArray[np.object_], spec: Theme) -> NDArray[np.object_]:
    """Return shapes as the theme wants them: points inside areas; no lines where areas are wanted."""
    shaped = shapes.copy()
    if spec.shape == "point":
        shaped[:] = shapely.point_on_surface(shapes)
    if spec.shape == "area":
        shaped[shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING] = None
    return shaped
