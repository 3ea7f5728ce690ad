"""What people measure and say on the spot, and where the copper ends: all of it invented."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.demo.access import OPERATORS
from infraplan.demo.norrbotten import CRS
from infraplan.words import Words

Assumed = Mapping[str, Any]


def build_exchanges(places: gpd.GeoDataFrame, names: Sequence[str], copper: Assumed) -> gpd.GeoDataFrame:
    """Build a telephone exchange in the middle of each place that has VDSL."""
    has_vdsl = (places["households"] >= copper["vdsl_from_households"]).to_numpy()
    return gpd.GeoDataFrame(
        {"operator": OPERATORS[0], "name": np.array(names, dtype=object)[has_vdsl]},
        geometry=places.geometry.to_numpy()[has_vdsl],
        crs=CRS,
    )


def price_orders(connected: gpd.GeoDataFrame, order: Assumed, rng: np.random.Generator) -> pd.Series:
    """Return what it costs to be connected where that can be ordered, to the nearest hundred kronor."""
    prices = rng.lognormal(np.log(order["median_sek"]), order["spread"], len(connected))
    return pd.Series(np.round(prices, -2), index=connected.index).where(connected["status"] == "orderable")


def build_measurements(
    roads: gpd.GeoDataFrame, mobile: gpd.GeoDataFrame, assumed: Assumed, year: int, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Build a drive test along the main roads: mostly what the maps say, and less rather than more."""
    axes = roads[roads["use"] == "axis"].geometry.to_numpy()
    some = np.repeat(axes, rng.poisson(shapely.length(axes) / assumed["every_m"]))
    points = shapely.line_interpolate_point(some, rng.random(len(some)), normalized=True)
    operator = rng.choice(OPERATORS, len(points))
    declared = np.zeros(len(points))
    for row in mobile.sort_values("down_mbps").itertuples():
        inside = shapely.intersects(points, row.geometry) & (operator == row.operator)
        declared[inside] = row.down_mbps
    weaker = rng.random(len(points)) < assumed["wrong_yes"]
    stronger = rng.random(len(points)) < assumed["wrong_no"]
    speed = np.where(declared > 0, declared * rng.uniform(1.0, 3.0, len(points)), 0.0)
    speed = np.where((declared > 0) & weaker, declared * rng.uniform(0.0, 0.5, len(points)), speed)
    speed = np.where((declared == 0) & stronger, rng.uniform(10.0, 20.0, len(points)), speed)
    day = rng.integers(1, 29, len(points))
    return gpd.GeoDataFrame(
        {
            "date": [f"{year - 1}-09-{number:02d}" for number in day],
            "operator": operator,
            "technology": "4g",
            "use": "car",
            "down_mbps": np.round(speed, 1),
            "no_service": speed < 1.0,
            "source": "drive test",
        },
        geometry=points,
        crs=CRS,
    )


def build_observations(
    premises: gpd.GeoDataFrame,
    connected: gpd.GeoDataFrame,
    assumed: Assumed,
    speech: Words,
    year: int,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Build what a village association reports: connections that are not there or are, silent spots."""
    homes = premises[premises["kind"] == "single"]
    listed = homes.index.isin(connected["premises_id"])
    wanted = [
        (says, confirmed, homes.index[listed if says in ("no_service", "too_slow") else ~listed])
        for says, confirmed in zip(assumed["says"], assumed["confirmed"], strict=True)
    ]
    rows = [(says, confirmed, rng.choice(ids)) for says, confirmed, ids in wanted if len(ids)]
    table = pd.DataFrame(rows, columns=["says", "confirmed", "premises_id"])
    mobile = table["says"].isin(["no_mobile", "mobile"])
    return gpd.GeoDataFrame(
        {
            "date": f"{year - 1}-11-15",
            "author": speech.text("demo.observer"),
            "says": table["says"],
            "premises_id": table["premises_id"].where(~mobile, ""),
            "technology": "",
            "down_mbps": np.where(table["says"] == "too_slow", assumed["slow_mbps"], np.nan),
            "evidence": speech.text("demo.evidence"),
            "confirmed": table["confirmed"],
            "confirmed_by": np.where(table["confirmed"], speech.text("demo.confirmed_by"), ""),
        },
        geometry=homes.geometry.loc[table["premises_id"]].to_numpy(),
        crs=CRS,
    )
