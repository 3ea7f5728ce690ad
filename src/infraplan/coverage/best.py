"""The best that each premises has or could have, and how many independent networks that makes."""

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.counting import find_greatest, find_positions
from infraplan.coverage.offers import group_offers
from infraplan.coverage.plans import find_in_time, find_there
from infraplan.coverage.reliable import Bools, Smalls, code_networks
from infraplan.demand.places import Ints
from infraplan.layers.state_aid_rules import StateAidRules
from infraplan.tables import COLOURS, STATUSES

_TOLD = ("down_mbps", "up_mbps", "technology", "operator")


def find_best(
    premises: gpd.GeoDataFrame, service: pd.DataFrame, rules: StateAidRules, study: Study
) -> pd.DataFrame:
    """Return the best of each status at each premises, and its state-aid colour.

    The best is the fastest down; of equals the fastest up, then the first technology, then the first operator
    in the order of the alphabet. An unknown speed is slower than any: where nothing else is there, the speed
    is 0 and the technology tells that something is. Plans count when they are decided, whatever their date.

    Networks are independent when their operators use different ones (``coverage.networks``). All offers
    without an operator are taken as one network of its own: nobody can tell whose they are; a study that can
    says ``networks = { "" = "the network" }``. Which networks count is up to the rules.

    Returns
    -------
    DataFrame
        BEST, on the index of the premises, with technologies, operators and colours as categories.
    """
    position = find_positions(service["premises_id"], premises.index)
    known = position >= 0
    columns = _count(position, service, len(premises), rules, study)
    told, rank = _rank_offers(service)
    counted = known & ((service["status"] != "planned").to_numpy() | service["decided"].to_numpy())
    for status in STATUSES:
        rows = counted & (service["status"] == status).to_numpy()
        best = find_greatest(rank, position, rows, len(premises), least=-1)
        # Position -1, of nothing, is the last row.
        columns |= {_column(status, name): told[name].array.take(best % len(told)) for name in told.columns}
    ordered = {name: columns[name] for name in tables.BEST.names}
    return pd.DataFrame(ordered, index=premises.index, copy=False)


def _count(
    position: Ints, service: pd.DataFrame, premises: int, rules: StateAidRules, study: Study
) -> dict[str, object]:
    """Return the columns that count what is reliable and whose networks there are."""
    known, down = position >= 0, service["down_mbps"].to_numpy()
    counts = known & _find_counted(service, rules, study)
    networks = _count_networks(position, service["operator"], counts, premises, study)
    colour = (networks > 0).astype(np.int8) + (networks >= rules.colours.black_from)
    rows = known & find_there(service) & service["reliable"].to_numpy() & ~np.isnan(down)
    return {
        "reliable_mbps": find_greatest(down, position, rows, premises, least=0.0),
        "networks": networks,
        "colour": pd.Categorical.from_codes(colour, pd.Index(COLOURS)),
    }


def _column(status: str, name: str) -> str:
    """Return the name in BEST of a column of SERVICE."""
    return f"{status}_{'mbps' if name == 'down_mbps' else name}"


def _rank_offers(service: pd.DataFrame) -> tuple[pd.DataFrame, Smalls]:
    """Return the different offers, the worst first and nothing at all last, and the place of each row's."""
    offers, offer = group_offers(service, _TOLD)
    texts = offers[["technology", "operator"]].astype("str")
    offers = offers.assign(technology=texts["technology"], operator=texts["operator"])
    order = offers.sort_values(
        list(_TOLD), ascending=[True, True, False, False], na_position="first", kind="stable"
    ).index.to_numpy()
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order))
    nothing = pd.DataFrame({"down_mbps": [0.0], "up_mbps": [0.0], "technology": [""], "operator": [""]})
    told = pd.concat([offers.iloc[order], nothing], ignore_index=True).fillna({"down_mbps": 0.0})
    return told.astype({"technology": "category", "operator": "category"}), place[offer]


def _find_counted(service: pd.DataFrame, rules: StateAidRules, study: Study) -> Bools:
    """Return which rows are of a network that the rules count."""
    in_time = find_in_time(service, study.study.year, rules.horizon.years)
    sure = service["status"].isin(rules.counts.statuses).to_numpy(dtype=bool)
    planned = (service["status"] == "planned").to_numpy()
    fast = service["down_mbps"].to_numpy() >= rules.speed.down_mbps
    reliable = service["reliable"].to_numpy() | (not rules.counts.reliable_only)
    counted: Bools = sure & (~planned | in_time) & fast & reliable
    return counted


def _count_networks(position: Ints, operators: pd.Series, counts: Bools, premises: int, study: Study) -> Ints:
    """Return how many different networks the rows that count are of, at each premises."""
    network, names = code_networks(operators[counts], study.coverage.networks)
    # Sorted, equal pairs are neighbours: np.unique takes ten times as long.
    pair = position[counts] * len(names) + network
    pair.sort()
    first = np.ones(len(pair), dtype=bool)
    first[1:] = pair[1:] != pair[:-1]
    return np.bincount(pair[first] // max(len(names), 1), minlength=premises).astype(np.int64)
