"""Who is estimated as passed by fibre: nobody says so, but fibre lies within a stated distance."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.config import LayerName
from infraplan.coverconfig import Coverage
from infraplan.demand.places import Shapes
from infraplan.layers import Layers
from infraplan.tables import SERVICE

_LINES_AND_NODES: tuple[LayerName, ...] = ("fibre_lines", "fibre_nodes")


def find_passed(
    premises: gpd.GeoDataFrame, declared: pd.DataFrame, layers: Layers, coverage: Coverage
) -> pd.DataFrame:
    """Return service rows of premises near existing fibre, each with its distance to the nearest.

    PTS's absolute proximity, by distance alone: within ``passed_m`` of a fibre line, a fibre node or premises
    that are connected by fibre. Whoever has fibre declared at ``passed_mbps`` needs no estimate; a slower
    fibre subscription puts nobody out of fibre's proximity (PTS-ER-2018:7 counts "1 Gbit/s or fibre in
    absolute proximity").
    """
    fibre = declared[declared["technology"] == "fibre"]
    in_full = fibre["status"].isin(["connected", "orderable"]) & (fibre["down_mbps"] >= coverage.passed_mbps)
    offered = fibre.loc[in_full, "premises_id"]
    asked = premises[~premises.index.isin(offered)]
    shapes, operators = _find_fibre(premises, fibre[fibre["status"] == "connected"], layers)
    (point, shape), distance = shapely.STRtree(shapes).query_nearest(
        asked.geometry.to_numpy(),
        max_distance=np.nextafter(coverage.passed_m, np.inf),
        return_distance=True,
        all_matches=True,
    )
    # Of equally near fibre the first counts.
    order = np.lexsort((shape, point))
    _, first = np.unique(point[order], return_index=True)
    chosen = order[first]
    rows = pd.DataFrame(
        {"premises_id": asked.index[point[chosen]].to_numpy(), "distance_m": distance[chosen]}
    )
    return rows.assign(
        operator=operators[shape[chosen]],
        technology="fibre",
        down_mbps=coverage.passed_mbps,
        up_mbps=np.nan,
        status="passed_estimated",
        evidence="modelled",
        planned_by="",
        decided=True,
        reliable=True,
        price_sek=np.nan,
        observation="",
    ).astype({column.name: "str" for column in SERVICE.columns if column.kind == "text"})


def _find_fibre(premises: gpd.GeoDataFrame, connected: pd.DataFrame, layers: Layers) -> tuple[Shapes, Shapes]:
    """Return the shapes and operators of existing fibre: lines, nodes, then connected premises."""
    existing = [table for name in _LINES_AND_NODES if (table := layers.get(name)) is not None]
    sites = connected.drop_duplicates("premises_id").set_index("premises_id")
    points = premises.geometry.loc[sites.index].to_numpy()
    shapes = np.concatenate([*(table.geometry.to_numpy() for table in existing), points])
    operators = [table["operator"].to_numpy(object) for table in (*existing, sites)]
    return shapes, np.concatenate(operators)
