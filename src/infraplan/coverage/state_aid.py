"""State-aid colours by zone: how many premises, households and workplaces are white, grey and black."""

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.demand.membership import name_zones, sum_by_zone
from infraplan.layers.state_aid_rules import StateAidRules
from infraplan.tables import COLOURS, STATE_AID

_COUNTED = ("premises", "households", "workplaces")


def count_colours(
    premises: gpd.GeoDataFrame,
    best: pd.DataFrame,
    membership: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    rules: StateAidRules,
) -> pd.DataFrame:
    """Return what there is of each colour in each zone, also where that is nothing.

    Every premises counts, holiday homes too: the guidelines ask about addresses, not about who lives there.

    Parameters
    ----------
    best
        From ``best.find_best``, on the index of the premises.
    membership
        From ``demand.membership.assign_zones``.

    Returns
    -------
    DataFrame
        STATE_AID: the zones in the order of ``sum_by_zone``, each with all colours.
    """
    sums = sum_by_zone(membership, _split(premises, best["colour"]))
    named = name_zones(sums.index, zones)
    numbers = sums.to_numpy().reshape(len(sums) * len(COLOURS), len(_COUNTED))
    table = named.loc[named.index.repeat(len(COLOURS))].reset_index(drop=True)
    table = table.assign(
        colour=pd.Categorical.from_codes(
            np.tile(np.arange(len(COLOURS)), len(sums)), categories=pd.Index(COLOURS)
        ),
        down_mbps=rules.speed.down_mbps,
        **dict(zip(_COUNTED, numbers.T, strict=True)),
    )
    return table[STATE_AID.names].rename_axis("row")


def _split(premises: gpd.GeoDataFrame, colour: pd.Series) -> pd.DataFrame:
    """Return what each premises counts as, a column a colour and unit."""
    columns = {}
    for name in COLOURS:
        is_it = (colour == name).to_numpy()
        columns[f"{name} premises"] = is_it.astype(np.int64)
        for unit in _COUNTED[1:]:
            columns[f"{name} {unit}"] = np.where(is_it, premises[unit].to_numpy(), 0)
    return pd.DataFrame(columns, index=premises.index)
