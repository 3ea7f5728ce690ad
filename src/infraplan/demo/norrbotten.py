"""The bundled data of Norrbotten, and the numbers that the model assumes."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.bundled import bundled
from infraplan.errors import StudyError

CRS = "EPSG:3006"
ROOM_M = 800.0
"""A town whose point lies outside its municipality's coarse border is modelled this far inside."""

Array = NDArray[np.float64]
Model = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Norrbotten:
    """The county: what is published, and what is assumed.

    Attributes
    ----------
    municipalities
        Index ``code``; borders, figures of population and houses, ``share`` with access at 100 Mbit/s, its
        ``year`` and ``status`` (published or assumed).
    settlements
        GeoNames' places as points; index ``geonameid``.
    villages
        Smaller real villages that main roads pass, as points placed by hand: ``name``.
    axes
        A row a main road: ``name``, ``road_class``, ``surface``, ``course`` (places and waypoints by name).
    spots
        Place or waypoint -> x, y; places outside their coarse borders are moved inside.
    model
        ``data/norrbotten/model.toml``: a table a subject.
    targets
        The national targets from the same file.
    published
        Shares that have been published of some municipalities, a row a municipality and year.
    """

    municipalities: gpd.GeoDataFrame
    settlements: gpd.GeoDataFrame
    villages: gpd.GeoDataFrame
    axes: pd.DataFrame
    spots: Mapping[str, Array]
    model: Model
    targets: Sequence[Mapping[str, Any]]
    published: pd.DataFrame

    def households(self, code: str) -> int:
        """Return the households of a municipality: its inhabitants over the county's persons a household."""
        people = self.model["people"]
        share = float(people["households"] / people["population"])
        return round(int(self.municipalities.loc[code, "population_2025"]) * share)

    def check_code(self, code: str) -> None:
        """Hold a municipality's code against the list.

        Raises
        ------
        StudyError
            It is none of the 14.
        """
        if code not in self.municipalities.index:
            found = ", ".join(f"{c} {name}" for c, name in self.municipalities["name"].items())
            raise StudyError("no_demo_municipality", code=str(code), found=found)


@cache
def read_norrbotten() -> Norrbotten:
    """Read the bundled data; they never change while we run."""
    folder = bundled("norrbotten")
    text = {"code": "str", "municipality": "str", "road_class": "str", "name": "str"}
    borders = gpd.read_file(folder / "municipalities.geojson").set_index("code").to_crs(CRS)
    shares = pd.read_csv(folder / "shares.csv", dtype=text).set_index("code")
    settlements = _points(
        pd.read_csv(folder / "settlements.csv", dtype=text, keep_default_na=False).set_index("geonameid")
    )
    waypoints = _points(pd.read_csv(folder / "waypoints.csv", dtype=text))
    model = tomllib.loads((folder / "model.toml").read_text("utf-8"))
    names = pd.concat([waypoints["name"], settlements["name"]])
    points = np.concatenate([waypoints.geometry.to_numpy(), _move_inside(settlements, borders)])
    xy = np.round(shapely.get_coordinates(points), 2)
    return Norrbotten(
        municipalities=borders.join(shares[["share", "year", "status"]]),
        settlements=settlements,
        villages=waypoints[waypoints["village"] == "yes"],
        axes=pd.read_csv(folder / "axes.csv", dtype=text),
        spots=dict(zip(names, xy, strict=True)),
        targets=model.pop("targets"),
        published=pd.read_csv(folder / "published.csv", dtype="str", keep_default_na=False),
        model=model,
    )


def _move_inside(settlements: gpd.GeoDataFrame, borders: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return the places, those outside their coarse borders moved to where a town has room inside."""
    points = settlements.geometry.to_numpy()
    homes = borders.geometry.loc[settlements["municipality"]].to_numpy()
    shortest = shapely.shortest_line(shapely.buffer(homes, -ROOM_M), points)
    moved: NDArray[np.object_] = np.where(
        shapely.within(points, homes), points, shapely.get_point(shortest, 0)
    )
    return moved


def _points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    points = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=points).to_crs(CRS)
