"""Coordinates in columns to points: those that the study names, else those with a name that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from infraplan.layers.parse import to_numbers, to_text
from infraplan.layers.source import Shapes
from infraplan.layers.squares import squares
from infraplan.layers.tabular import fold
from infraplan.layers.task import Task

Pair: TypeAlias = tuple[str, str]
"""Our names of the columns that hold east and north, or longitude and latitude."""

_LON_LAT: Pair = ("lon", "lat")
_X_Y: Pair = ("x", "y")

# Folded names of columns, after "SWEREF 99 TM" and the like has been taken from their front.
_NAMES = {
    "lon": ("lon", "long", "lng", "longitude", "longitud"),
    "lat": ("lat", "latitude", "latitud"),
    "x": (
        "x",
        "e",
        "east",
        "easting",
        "ost",
        "ostlig",
        "xkoord",
        "xkoordinat",
        "xcoord",
        "ekoord",
        "ekoordinat",
    ),
    "y": (
        "y",
        "n",
        "north",
        "northing",
        "nord",
        "nordlig",
        "ykoord",
        "ykoordinat",
        "ycoord",
        "nkoord",
        "nkoordinat",
    ),
    "square_m": ("rutstorl",),
    "square_id": ("rutid", "rutidscb", "rutidinspire"),
    "wkt": ("wkt", "geom", "geometry", "geometri", "thegeom", "shape"),
}
_FRONTS = ("sweref99tm", "sweref99", "sweref", "rt90", "wgs84", "koordinat", "coordinate")

COORDINATES = tuple(_NAMES)
"""Names under ``columns`` of a study that mean where a row of a table lies."""

HEADER_WORDS = frozenset(name for names in _NAMES.values() for name in names)


@dataclass(frozen=True)
class Placed:
    """Where the rows of a table lie: shapes, and the CRS where the columns imply one."""

    shapes: Shapes
    crs: CRS | None = None


def find_places(frame: pd.DataFrame, task: Task, columns: Mapping[str, str]) -> Placed | None:
    """Make points of a table's coordinates, squares of SCB's ids, or shapes of WKT; None without any.

    Longitude and latitude imply WGS 84 unless the study states a CRS; a stated CRS that is projected looks
    for east and north first. Squares imply SWEREF 99 TM, and go before points.

    Parameters
    ----------
    columns
        Our names -> the file's, as the study says, already found in the file.
    """
    found = {ours: columns[ours] for ours in COORDINATES if ours in columns} or _recognise(frame, task)
    if "square_id" in found:
        sizes = frame[found["square_m"]] if "square_m" in found else None
        shapes = squares(frame[found["square_id"]], sizes=sizes, file=task.layer.path)
        return Placed(np.asarray(shapes, dtype=object), shapes.crs)
    stated = CRS.from_user_input(task.layer.crs) if task.layer.crs else None
    orders = (_X_Y, _LON_LAT) if stated is not None and stated.is_projected else (_LON_LAT, _X_Y)
    for pair in orders:
        if pair[0] in found and pair[1] in found:
            implied = CRS.from_epsg(4326) if pair == _LON_LAT and stated is None else None
            return Placed(_points(frame[found[pair[0]]], frame[found[pair[1]]]), implied)
    return Placed(_from_wkt(to_text(frame[found["wkt"]]))) if "wkt" in found else None


def _recognise(frame: pd.DataFrame, task: Task) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in frame.columns:
        name = fold(column)
        front = next((front for front in _FRONTS if name.startswith(front)), "")
        for ours, names in _NAMES.items():
            if name.removeprefix(front) in names:
                found.setdefault(ours, column)
    if task.kind.name != "population":
        found.pop("square_id", None)  # it says in which square a thing lies, not what the thing is
    if "wkt" in found and not _looks_like_wkt(to_text(frame[found["wkt"]])):
        del found["wkt"]
    return found


def _points(x: pd.Series, y: pd.Series) -> Shapes:
    east, north = to_numbers(x).to_numpy(), to_numbers(y).to_numpy()
    shapes = shapely.points(east, north)
    shapes[np.isnan(east) | np.isnan(north)] = None
    return np.asarray(shapes, dtype=object)


def _from_wkt(text: pd.Series) -> Shapes:
    shapes = shapely.from_wkt(text.to_numpy(dtype=object), on_invalid="ignore")
    return np.asarray(shapely.force_2d(shapes), dtype=object)


def _looks_like_wkt(text: pd.Series) -> bool:
    words = text[text != ""].head(10).str.upper()
    return bool(words.str.match(r"(MULTI)?(POINT|LINESTRING|POLYGON)").any())
