"""State-aid colours by zone: how many premises, households and workplaces are white, grey and black."""

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan.coverage.counting import group_premises, sum_groups
from infraplan.demand.membership import name_zones, sum_by_zone
from infraplan.demand.places import Ints
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
    colour = pd.Categorical(best["colour"], categories=COLOURS).codes.astype(np.int64)
    group, first = group_premises(membership, colour)
    units = [premises[unit].to_numpy(dtype=np.int64) for unit in _COUNTED[1:]]
    amounts = sum_groups(group, len(first), [np.ones_like(group), *units])
    members = membership.iloc[first]
    sums = sum_by_zone(members, pd.DataFrame(_split(colour[first], amounts), index=members.index))
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


def _split(colour: Ints, amounts: Ints) -> Ints:
    """Return what each group of premises of a colour counts as; shape (groups, colours x amounts)."""
    split = np.zeros((len(colour), len(COLOURS), amounts.shape[1]), dtype=np.int64)
    split[np.arange(len(colour)), colour] = amounts
    return split.reshape(len(colour), -1)
