"""New rows of service from confirmed observations: what was measured, and what was found undeclared."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.config import Study
from infraplan.coverage.reliable import Exchanges, find_reliable
from infraplan.layers import Layers
from infraplan.layers.technology_rules import TechnologyRules


@dataclass(frozen=True)
class Setting:
    """What tells where a new row is, how fast it is taken to be and whether it is reliable."""

    premises: gpd.GeoDataFrame
    layers: Layers
    rules: TechnologyRules
    study: Study


def make_measured(service: pd.DataFrame, slow: pd.DataFrame) -> pd.DataFrame:
    """Return what takes the place of offers that were measured to be slower than they claim.

    Parameters
    ----------
    slow
        A row an offer: ``row``, its position in ``service``; ``observation_id``; what was measured,
        ``said_mbps`` and ``said_up_mbps``.
    """
    return service.iloc[slow["row"].to_numpy()].assign(
        down_mbps=slow["said_mbps"].to_numpy(),
        up_mbps=slow["said_up_mbps"].to_numpy(),
        evidence="observed",
        observation=slow["observation_id"].to_numpy(),
    )


def make_found(new: pd.DataFrame, shapes: gpd.GeoSeries, setting: Setting) -> pd.DataFrame:
    """Return service and lines that were seen and that nobody declares.

    Parameters
    ----------
    new
        A row a premises: its ``position``, ``observation_id``, and what was ``said_…``.
    shapes
        Where each was seen, on any index, None for an observation that names its premises.
    """
    is_line = (new["says"] == "line").to_numpy()
    told = new["said_technology"].to_numpy(dtype=object)
    technology = np.where(told != "", told, np.where(is_line, "fibre", "unknown"))
    coverage = setting.study.coverage
    down = new["said_mbps"].to_numpy()
    down = np.where(np.isnan(down) & (technology == "fibre"), coverage.passed_mbps, down)
    places = setting.premises.geometry.to_numpy()[new["position"].to_numpy()]
    offers = pd.DataFrame(
        {
            "technology": pd.Series(technology, dtype="str"),
            "operator": new["said_operator"].to_numpy(),
            "exchange_m": np.nan,
        }
    )
    exchanges = Exchanges.find(setting.layers, coverage.networks)
    xy = shapely.get_coordinates(places)
    reliable, _ = find_reliable(offers, np.arange(len(new)), xy, setting.rules, exchanges)
    return pd.DataFrame(
        {
            "premises_id": setting.premises.index.to_numpy()[new["position"].to_numpy()],
            "operator": offers["operator"],
            "technology": offers["technology"],
            "down_mbps": down,
            "up_mbps": new["said_up_mbps"].to_numpy(),
            "status": np.where(is_line, "passed_estimated", "connected"),
            "evidence": "observed",
            "planned_by": "",
            "decided": True,
            "reliable": reliable,
            "price_sek": np.nan,
            "distance_m": np.where(is_line, shapely.distance(shapes.to_numpy(), places), np.nan),
            "observation": new["observation_id"].to_numpy(),
        }
    )
