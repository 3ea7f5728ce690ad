"""Coordinates in columns to points: those that the study names, else those with a name that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from infraplan.layers.parse import to_numbers, to_text
from infraplan.layers.source import Shapes
from infraplan.layers.squares import look_like_squares, squares
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
    "square_m": ("rutstorl", "squarem"),
    "square_id": ("rutid", "rutidscb", "rutidinspire", "ruta", "squareid", "grdid", "gridid", "cellcode"),
    "wkt": ("wkt", "geom", "geometry", "geometri", "thegeom", "shape"),
}
_IN_SQUARES = ("population", "footprints", "mobile_coverage")
"""Layers of what is told by squares."""
_FRONTS = ("sweref99tm", "sweref99", "sweref", "rt90", "wgs84", "koordinat", "coordinate")

COORDINATES = tuple(_NAMES)
"""Names under ``columns`` of a study that mean where a row of a table lies."""

HEADER_WORDS = frozenset(name for names in _NAMES.values() for name in names)


@dataclass(frozen=True)
class Placed:
    """Where the rows of a table lie: shapes, and the CRS where the columns imply one."""

    shapes: Shapes
    crs: CRS | None = None
    strange: NDArray[np.object_] | None = None
    """Ids of squares that are none, "" for the others, shape (n,); None where rows do not lie in squares."""


def find_places(frame: pd.DataFrame, task: Task, columns: Mapping[str, str]) -> Placed | None:
    """Make points of a table's coordinates, squares of their ids, or shapes of WKT; None without any.

    Longitude and latitude imply WGS 84 unless the study states a CRS; a stated CRS that is projected looks
    for east and north first. Squares imply their grid's CRS; those that the study names go before points, and
    so do those of a population.

    Parameters
    ----------
    columns
        Our names -> the file's, as the study says, already found in the file.
    """
    found = {ours: columns[ours] for ours in COORDINATES if ours in columns} or _recognise(
        frame, task, columns
    )
    if "square_id" in found:
        sizes = frame[found["square_m"]] if "square_m" in found else None
        return _place_squares(frame[found["square_id"]], sizes, task)
    stated = CRS.from_user_input(task.layer.crs) if task.layer.crs else None
    orders = (_X_Y, _LON_LAT) if stated is not None and stated.is_projected else (_LON_LAT, _X_Y)
    for pair in orders:
        if pair[0] in found and pair[1] in found:
            implied = CRS.from_epsg(4326) if pair == _LON_LAT and stated is None else None
            return Placed(_points(frame[found[pair[0]]], frame[found[pair[1]]]), implied)
    return Placed(_from_wkt(to_text(frame[found["wkt"]]))) if "wkt" in found else None


def _place_squares(ids: pd.Series, sizes: pd.Series | None, task: Task) -> Placed:
    shapes = squares(ids, sizes=sizes, file=task.layer.path)
    text = to_text(ids)
    strange = text.where(shapes.isna(), "").to_numpy(dtype=object)
    return Placed(np.asarray(shapes, dtype=object), shapes.crs, strange)


def _recognise(frame: pd.DataFrame, task: Task, columns: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in frame.columns:
        name = fold(column)
        front = next((front for front in _FRONTS if name.startswith(front)), "")
        for ours, names in _NAMES.items():
            if name.removeprefix(front) in names:
                found.setdefault(ours, column)
    if "square_id" in found and not _are_squares(frame[found["square_id"]], task):
        del found["square_id"]
    if "wkt" in found and not _looks_like_wkt(to_text(frame[found["wkt"]])):
        del found["wkt"]
    # Whatever says better where a row lies goes before squares, but where people live in them.
    better = {"x", "lon", "wkt"} & set(found) or "premises_id" in columns
    if better and task.kind.name != "population":
        found.pop("square_id", None)
    return found


def _are_squares(ids: pd.Series, task: Task) -> bool:
    """Tell whether a column says which square a row is, and not only in which a thing lies."""
    return task.kind.name in _IN_SQUARES and look_like_squares(ids)


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
